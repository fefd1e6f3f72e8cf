"""Whole numbers that add up: shares of a total, and counts moved to a total one by one."""

import numpy as np


def apportion(total: int, weights, *, lowest=0, highest=None) -> np.ndarray:
    """
    Share a whole number out by weights, within bounds, without remainder.

    Parameters
    ----------
    total : int
        The number to share.
    weights : array_like
        Not negative, one a part.
    lowest, highest : int or array_like
        Bounds of each part; no upper bound unless given.

    Returns
    -------
    ndarray of int
        Parts that add up to ``total``.

    Raises
    ------
    ValueError
        The bounds leave no way to add up to the total.

    Examples
    --------
    >>> apportion(10, [1, 1, 2]).tolist()
    [3, 2, 5]
    >>> apportion(10, [1, 1, 2], highest=[9, 9, 4]).tolist()
    [4, 2, 4]
    """
    weights = np.asarray(weights, dtype=float)
    lowest = np.broadcast_to(np.asarray(lowest, dtype=np.int64), weights.shape)
    unbounded = total if highest is None else highest
    highest = np.maximum(np.broadcast_to(np.asarray(unbounded, dtype=np.int64), weights.shape), 0)
    if not lowest.sum() <= total <= np.maximum(highest, lowest).sum():
        raise ValueError(
            f"{total} cannot be shared among {len(weights)} parts that hold "
            f"{lowest.sum()} at least and {highest.sum()} at most; change the bounds"
        )
    parts = np.array(lowest)
    while (rest := total - parts.sum()) > 0:
        room = np.maximum(highest - parts, 0)
        parts += np.minimum(_shares(rest, np.where(room > 0, weights + 1e-12, 0.0)), room)
    return parts


def _shares(total: int, weights: np.ndarray) -> np.ndarray:
    exact = total * weights / weights.sum()
    parts = np.floor(exact).astype(np.int64)
    largest = np.argsort(-(exact - parts), kind="stable")[: total - parts.sum()]
    parts[largest] += 1
    return parts


def moved_to_total(values, total: int, rng, *, lowest: int = 1, highest: int = 9) -> np.ndarray:
    """
    Move randomly chosen whole numbers by one until they add up.

    Parameters
    ----------
    values : array_like of int
        Numbers within the bounds.
    total : int
        The sum they shall have.
    rng : Generator
        Source of chance.
    lowest, highest : int
        Bounds of each number.

    Returns
    -------
    ndarray of int
        Numbers that add up to ``total``.

    Raises
    ------
    ValueError
        The bounds leave no way to add up to the total.

    Examples
    --------
    >>> int(moved_to_total([3, 3, 3], 11, np.random.default_rng(1)).sum())
    11
    """
    values = np.array(values, dtype=np.int64)
    if not lowest * len(values) <= total <= highest * len(values):
        raise ValueError(
            f"{len(values)} numbers from {lowest} to {highest} cannot add up to {total}"
        )
    while gap := total - values.sum():
        room = np.flatnonzero(values < highest if gap > 0 else values > lowest)
        chosen = rng.permutation(room)[: abs(gap)]
        values[chosen] += np.sign(gap)
    return values


def ranks_within(groups: np.ndarray, values: np.ndarray) -> np.ndarray:
    """
    Rank values from the smallest, 0, inside each group.

    Parameters
    ----------
    groups : ndarray of int
        Group of each value.
    values : ndarray of float
        The values.

    Returns
    -------
    ndarray of int
        Ranks from 0, in the order of the values given.

    Examples
    --------
    >>> ranks_within(np.array([1, 0, 1, 0]), np.array([5.0, 2.0, 4.0, 3.0])).tolist()
    [1, 0, 0, 1]
    """
    order = np.lexsort((values, groups))
    sizes = np.bincount(groups)
    starts = np.repeat(np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.arange(len(values)) - starts
    return ranks
