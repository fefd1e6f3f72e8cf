"""Published group shares and group means as checked points of a Lorenz curve."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

FLOAT_NOISE = 1e-9
SUM_NOISE = 1e-6


def lorenz_points(
    population_share: Sequence[float],
    income_share: Sequence[float],
    *,
    rounding: float = 0.0,
) -> pd.DataFrame:
    """Check cumulative shares and give them as points of a Lorenz curve.

    A point listed twice is kept: a fit counts it twice, as the World Bank's fits do.

    Parameters
    ----------
    population_share : sequence of float
        Cumulative share of people, poorest first, ratios in (0, 1], ending at 1.
    income_share : sequence of float
        Cumulative share of income those people hold, ratios, ending at 1.
    rounding : float
        Largest rounding error of a published share; 0.00005 for shares printed as 12.34 %.

    Returns
    -------
    pandas.DataFrame
        Columns population_share and income_share, without (0, 0), ending at (1, 1).

    Raises
    ------
    ValueError
        If a share is missing, a percentage, out of order, or no convex curve passes the points.

    References
    ----------
    Gastwirth, J. L. (1972). The estimation of the Lorenz curve and Gini index.

    Examples
    --------
    >>> lorenz_points([0.2, 0.6, 1.0], [0.05, 0.35, 1.0]).income_share.tolist()
    [0.05, 0.35, 1.0]
    """
    points = pd.DataFrame(
        {
            "population_share": np.asarray(population_share, float),
            "income_share": np.asarray(income_share, float),
        }
    )
    _check_ratios(points)
    _check_order(points)
    _check_convex(points, rounding)
    return points


def points_from_groups(
    mean_income: Sequence[float], population_share: Sequence[float]
) -> pd.DataFrame:
    """Give the points of the Lorenz curve behind published mean incomes of groups.

    Fifths of households are not fifths of people: poor households are larger, so the shares of
    people belong here wherever they are published.

    Parameters
    ----------
    mean_income : sequence of float
        Mean income per person of each group, poorest first, in yuan.
    population_share : sequence of float
        Share of people in each group (not cumulative), ratios that sum to 1.

    Returns
    -------
    pandas.DataFrame
        Columns population_share and income_share, cumulative, ending at (1, 1).

    Raises
    ------
    ValueError
        If a value is missing, the shares do not sum to 1, or the means fall from group to group.

    References
    ----------
    National Bureau of Statistics of China, note on the five income groups of equal size.

    Examples
    --------
    >>> points_from_groups([1000, 3000], [0.5, 0.5]).income_share.tolist()
    [0.25, 1.0]
    """
    income, share = _checked_groups(mean_income, population_share)
    population = np.cumsum(share)
    held = np.cumsum(income * share)
    return lorenz_points(population / population[-1], held / held[-1])


def groups_mean(mean_income: Sequence[float], population_share: Sequence[float]) -> float:
    """Mean income of everybody from the mean incomes of groups.

    A published overall mean that differs says that the shares are not those behind the groups.

    Parameters
    ----------
    mean_income : sequence of float
        Mean income per person of each group, poorest first, in yuan.
    population_share : sequence of float
        Share of people in each group (not cumulative), ratios that sum to 1.

    Returns
    -------
    float
        Mean income per person, in yuan.

    Raises
    ------
    ValueError
        If a value is missing, the shares do not sum to 1, or the means fall from group to group.

    References
    ----------
    National Bureau of Statistics of China, note on the five income groups of equal size.

    Examples
    --------
    >>> groups_mean([1000, 3000], [0.5, 0.5])
    2000.0
    """
    income, share = _checked_groups(mean_income, population_share)
    return float(np.average(income, weights=share))


def corners(points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Give the distinct points with (0, 0) in front, as two arrays.

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points`.

    Returns
    -------
    tuple of numpy.ndarray
        Cumulative population shares and cumulative income shares, ratios.

    References
    ----------
    Gastwirth, J. L. (1972). The estimation of the Lorenz curve and Gini index.

    Examples
    --------
    >>> corners(lorenz_points([0.5, 1.0], [0.2, 1.0]))[1].tolist()
    [0.0, 0.2, 1.0]
    """
    distinct = points.drop_duplicates()
    population = np.concatenate([[0.0], distinct["population_share"].to_numpy()])
    income = np.concatenate([[0.0], distinct["income_share"].to_numpy()])
    return population, income


def _check_ratios(points: pd.DataFrame) -> None:
    for column in points:
        values = points[column].to_numpy()
        missing = np.flatnonzero(~np.isfinite(values))
        if missing.size:
            raise ValueError(
                f"{column}, point {missing[0] + 1}: the share is missing; leave the point out "
                "of both lists or find the number."
            )
        above = np.flatnonzero(values > 1 + FLOAT_NOISE)
        if above.size:
            raise ValueError(
                f"{column}, point {above[0] + 1}: {values[above[0]]:g} is above 1; give ratios "
                "between 0 and 1, not per cent, and cumulative."
            )


def _check_order(points: pd.DataFrame) -> None:
    population, income = (points[column].to_numpy() for column in points)
    if len(points) < 2:
        raise ValueError(
            f"{len(points)} point given: a Lorenz curve needs at least one point and (1, 1)."
        )
    if abs(population[-1] - 1) > SUM_NOISE or abs(income[-1] - 1) > SUM_NOISE:
        raise ValueError(
            f"The last point is ({population[-1]:g}, {income[-1]:g}); cumulative shares end at "
            "(1, 1). Add up the group shares first, or add the last group."
        )
    steps = np.diff(population, prepend=0.0)
    gains = np.diff(income, prepend=0.0)
    repeated = (steps == 0) & (gains == 0)
    wrong = np.flatnonzero((steps <= 0) & ~repeated)
    if wrong.size:
        at = wrong[0]
        raise ValueError(
            f"population_share, point {at + 1}: {population[at]:g} does not exceed the point "
            "before it; cumulative shares rise from group to group, poorest first."
        )


def _check_convex(points: pd.DataFrame, rounding: float) -> None:
    population, income = corners(points)
    width = np.diff(population)
    relative = np.diff(income) / width
    drop = -np.diff(relative)
    allowed = FLOAT_NOISE + 2 * rounding * (1 / width[:-1] + 1 / width[1:])
    wrong = np.flatnonzero(drop > allowed)
    if wrong.size:
        at = wrong[0] + 1
        raise ValueError(
            f"income_share, group {at + 1}: its mean income is {relative[at]:g} of the mean, below "
            f"{relative[at - 1]:g} in the group before; groups stand poorest first. If the shares "
            "are rounded, say so with `rounding`."
        )


def _checked_groups(
    mean_income: Sequence[float], population_share: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    income, share = np.asarray(mean_income, float), np.asarray(population_share, float)
    if income.shape != share.shape:
        raise ValueError(
            f"{income.size} mean incomes, {share.size} population shares: give one share a group."
        )
    if not (np.isfinite(income).all() and np.isfinite(share).all()):
        raise ValueError("A mean income or a population share is missing; every group needs both.")
    if (share <= 0).any() or abs(share.sum() - 1) > SUM_NOISE:
        raise ValueError(
            f"The population shares sum to {share.sum():g}; they must be above 0 and sum to 1. "
            "Divide counts by their sum."
        )
    if income @ share <= 0:
        raise ValueError("The mean income of all groups is not above 0; no shares of it exist.")
    falls = np.flatnonzero(np.diff(income) < 0)
    if falls.size:
        raise ValueError(
            f"Mean income falls from group {falls[0] + 1} ({income[falls[0]]:g}) to the next "
            f"({income[falls[0] + 1]:g}); list the groups poorest first."
        )
    return income, share
