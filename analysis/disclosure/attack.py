"""What a reader can work out of a table with hidden cells: the interval that each must lie in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import optimize, sparse

from analysis.disclosure.relations import Sums


def intervals(sums: Sums, hidden: np.ndarray, asked: Sequence[int]) -> np.ndarray:
    """
    Work out the narrowest interval of each hidden cell from all that is published.

    The reader knows every sum, every published cell, and that no count is negative.

    Parameters
    ----------
    sums : Sums
        Sums among the cells.
    hidden : array of bool
        Whether each cell is hidden; rests are hidden always.
    asked : sequence of int
        Positions of the hidden cells asked for.

    Returns
    -------
    array of shape (asked, 2)
        Lowest and highest count; the highest is infinite where no sum bounds it.

    Examples
    --------
    >>> from analysis.disclosure.relations import joined
    >>> sums = joined(np.array([3.0, 4, 7]), [(2, [0, 1])])
    >>> intervals(sums, np.array([True, True, False]), [0]).tolist()
    [[0.0, 7.0]]
    """
    free = with_rests(sums, hidden)
    island = islands(sums, free)
    return np.array([_interval(sums, free & (island == island[at]), at) for at in asked])


def with_rests(sums: Sums, hidden: np.ndarray) -> np.ndarray:
    """
    Add the rests, which nobody publishes, to the hidden cells.

    Parameters
    ----------
    sums : Sums
        Sums among the cells.
    hidden : array of bool
        Whether each cell is hidden.

    Returns
    -------
    array of bool
        One for each cell and each rest.

    Examples
    --------
    >>> from analysis.disclosure.relations import joined
    >>> with_rests(joined(np.array([3.0, 9]), [(1, [0])]), np.array([True, False])).tolist()
    [True, False, True]
    """
    return np.concatenate([hidden, np.ones(len(sums.values) - sums.cells, bool)])


def islands(sums: Sums, free: np.ndarray) -> np.ndarray:
    """
    Number the sets of free cells that no published sum ties to each other.

    Parameters
    ----------
    sums : Sums
        Sums among the cells.
    free : array of bool
        Whether each cell or rest is free to move.

    Returns
    -------
    array of int
        Number of the set; cells that are not free stand alone.

    Examples
    --------
    >>> from analysis.disclosure.relations import joined
    >>> sums = joined(np.array([3.0, 4, 7]), [(2, [0, 1])])
    >>> islands(sums, np.array([True, True, False])).tolist()
    [0, 0, 1]
    """
    used = sums.matrix @ sparse.diags_array(free.astype(float))
    return sparse.csgraph.connected_components(used.T @ used, directed=False)[1]


def _interval(sums: Sums, free: np.ndarray, at: int) -> tuple[float, float]:
    columns = np.flatnonzero(free)
    matrix = sums.matrix[:, columns]
    tied = np.flatnonzero(np.diff(matrix.indptr))
    if not len(tied):
        return 0.0, np.inf
    goal = (columns == at).astype(float)
    right = (matrix @ sums.values[columns])[tied]
    found = [
        optimize.linprog(sign * goal, A_eq=matrix[tied], b_eq=right, method="highs")
        for sign in (1.0, -1.0)
    ]
    high = np.inf if found[1].status == 3 else -found[1].fun
    return _whole(found[0].fun, np.ceil), _whole(high, np.floor)


def _whole(bound: float, to: np.ufunc) -> float:
    """Counts are whole; a bound within the solver's tolerance of a whole number is that number."""
    return float(to(np.round(bound, 6)))
