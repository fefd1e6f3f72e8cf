"""Intervals, chances and dates from the errors that the same method made before."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import t as student

FEWEST = 3


def errors_needed(share: float) -> int:
    """Count the past errors below which an interval of a share must lean on an assumed shape.

    Parameters
    ----------
    share : float
        Share of the probability inside, between 0 and 1.

    Returns
    -------
    int
        Errors; with fewer, even the largest of them is held too rarely.

    References
    ----------
    Lei and others (2018), Distribution-free predictive inference for regression.

    Examples
    --------
    >>> errors_needed(0.9)
    9
    """
    return int(np.ceil(share / (1 - share) - 1e-9))


def error_bound(errors: ArrayLike, share: float) -> float:
    """Give the size that the next absolute error stays within with a stated probability.

    Parameters
    ----------
    errors : array_like, shape (n,)
        Past errors on any scale, of either sign.
    share : float
        Between 0 and 1.

    Returns
    -------
    float
        With enough errors their order statistic ``ceil((n + 1) * share)``, which holds for any
        shape if the next error is one of the same kind; with fewer, Student's t about zero.

    Raises
    ------
    ValueError
        Fewer than three errors are known.

    References
    ----------
    Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World; Lei and others
    (2018) for the split form.

    Examples
    --------
    >>> error_bound(range(1, 10), 0.9)
    9.0
    >>> round(error_bound([1, -1, 1, -1], 0.9), 2)
    2.13
    """
    sizes = np.sort(np.abs(np.asarray(errors, float)))
    sizes = sizes[np.isfinite(sizes)]
    if len(sizes) < FEWEST:
        raise ValueError(
            f"{len(sizes)} past errors are known; at least {FEWEST} are needed for an interval"
        )
    if len(sizes) >= errors_needed(share):
        return float(sizes[int(np.ceil((len(sizes) + 1) * share - 1e-9)) - 1])
    return float(np.sqrt(np.mean(sizes**2)) * student.ppf((1 + share) / 2, len(sizes)))


def calibrated_band(
    forecast: ArrayLike, errors: Sequence[ArrayLike], shares: Sequence[float] = (0.8, 0.9)
) -> pd.DataFrame:
    """Put bounds about a forecast, horizon by horizon, from past errors at that horizon.

    Parameters
    ----------
    forecast : array_like, shape (years,)
        Rates, 0 to 1.
    errors : sequence of array_like
        Past errors (0 to 1) for each year of the forecast; a longer horizon is never held to be
        surer than a shorter one.
    shares : sequence of float
        Shares of the probability inside.

    Returns
    -------
    DataFrame
        Columns ``forecast, low_80, high_80, low_90, high_90, errors, basis``; ``basis`` is
        ``conformal`` where the errors suffice for every share, else ``few_errors``.

    Raises
    ------
    ValueError
        Fewer than three errors are known of a year ahead; the message says how far one can look.

    Examples
    --------
    >>> band = calibrated_band([0.10], [[0.01, -0.02, 0.01]], shares=[0.5])
    >>> band.round(3).to_dict("records")
    [{'forecast': 0.1, 'low_50': 0.09, 'high_50': 0.11, 'errors': 3, 'basis': 'conformal'}]
    """
    known = _errors_known(errors)
    forecast = np.asarray(forecast, float)
    band = pd.DataFrame({"forecast": forecast})
    for share in shares:
        sizes = np.maximum.accumulate([error_bound(past, share) for past in errors])
        band[f"low_{share:.0%}".rstrip("%")] = np.clip(forecast - sizes, 0, 1)
        band[f"high_{share:.0%}".rstrip("%")] = np.clip(forecast + sizes, 0, 1)
    enough = known >= errors_needed(max(shares))
    return band.assign(errors=known, basis=np.where(enough, "conformal", "few_errors"))


def _errors_known(errors: Sequence[ArrayLike]) -> np.ndarray:
    """Count the errors of each year ahead, and refuse the first of which too few are known."""
    known = np.array([np.isfinite(np.asarray(past, float)).sum() for past in errors])
    for years, count in enumerate(known):
        if count < FEWEST:
            raise ValueError(
                f"horizon: {len(known)} years ahead; of forecasts {years + 1} years ahead {count} "
                f"errors are known, and {FEWEST} are needed for an interval: {years} at most"
            )
    return known


def drawn_paths(
    forecast: ArrayLike, errors: Sequence[ArrayLike], *, draws: int, seed: int
) -> np.ndarray:
    """Draw paths about a forecast, as wide at each horizon as the errors made there.

    Parameters
    ----------
    forecast, errors
        As for `calibrated_band`.
    draws, seed : int
        Number of draws and seed of the random numbers.

    Returns
    -------
    ndarray of shape (draws, years)
        Rates, 0 to 1. The rank of the error stays the same along a path: what came too high stays
        too high. Beyond the ranks that the errors reach stands Student's t.

    Raises
    ------
    ValueError
        As for `calibrated_band`.

    Examples
    --------
    >>> drawn_paths([0.1], [[0.0, 0.0, 0.0]], draws=3, seed=1).ravel().tolist()
    [0.1, 0.1, 0.1]
    """
    _errors_known(errors)
    forecast = np.asarray(forecast, float)
    rank = np.random.default_rng(seed).uniform(-1, 1, draws)
    sizes = np.column_stack([_size_at(np.abs(rank), past) for past in errors])
    wider = np.maximum.accumulate(sizes, axis=1)
    return np.clip(forecast + np.sign(rank)[:, None] * wider, 0, 1)


def _size_at(rank: np.ndarray, errors: ArrayLike) -> np.ndarray:
    reached = np.arange(0.02, 0.99, 0.02)
    ranks = np.concatenate(([0.0], reached, [0.99, 0.999]))
    sizes = [0.0, *(error_bound(errors, share) for share in reached)]
    # The last two ranks lie beyond every short record: the tail of t, never less than the body.
    past = np.asarray(errors, float)[np.isfinite(np.asarray(errors, float))]
    tail = np.sqrt(np.mean(past**2)) * student.ppf((1 + ranks[-2:]) / 2, len(past))
    return np.interp(rank, ranks, np.maximum.accumulate([*sizes, *tail]))


def chance_below(paths: np.ndarray, line: float) -> np.ndarray:
    """Count the share of paths strictly below a line, year by year.

    Parameters
    ----------
    paths : ndarray of shape (draws, years)
        Rates, 0 to 1.
    line : float
        Rate to fall below.

    Returns
    -------
    ndarray of shape (years,)
        0 to 1.

    Examples
    --------
    >>> chance_below(np.array([[0.04, 0.02], [0.03, 0.03]]), 0.03).tolist()
    [0.0, 0.5]
    """
    return (paths < line).mean(axis=0)


def dates_below(paths: np.ndarray, years: Sequence[int], line: float) -> pd.Series:
    """Give the chance of each year to be the first strictly below a line.

    Parameters
    ----------
    paths : ndarray of shape (draws, years)
        Rates, 0 to 1.
    years : sequence of int
        Years of the columns, ascending.
    line : float
        Rate to fall below.

    Returns
    -------
    Series
        Chance by year; the entry ``later`` holds the paths that never fall below.

    Examples
    --------
    >>> dates_below(np.array([[0.04, 0.02], [0.03, 0.03]]), [2018, 2019], 0.03).to_dict()
    {2018: 0.0, 2019: 0.5, 'later': 0.5}
    """
    reached = np.maximum.accumulate(paths < line, axis=1).mean(axis=0)
    chances = np.diff(reached, prepend=0.0)
    return pd.Series([*chances, 1 - reached[-1]], index=[*years, "later"])
