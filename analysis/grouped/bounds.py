"""Bounds that hold for every Lorenz curve through the published points.

No form is assumed. Within a group incomes lie between the means of the group below and the group
above, because the curve bends upwards; the bounds follow from that and from nothing else.
"""

import numpy as np
import pandas as pd

from analysis.grouped.points import corners


def headcount_bounds(
    points: pd.DataFrame,
    *,
    mean: float,
    line: float,
    lowest_income: float = 0.0,
    highest_income: float = np.inf,
) -> dict[str, float]:
    """Lowest and highest headcount ratio that any Lorenz curve through the points can have.

    Both are sharp: some distribution with these group means comes as close as one likes.

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points` or `points_from_groups`.
    mean : float
        Mean income per person, above 0.
    line : float
        Poverty line, above 0, in the unit of the mean.
    lowest_income, highest_income : float
        Limits of income, in the unit of the mean; minus infinity where losses count.

    Returns
    -------
    dict
        headcount_ratio_low and headcount_ratio_high, ratios in [0, 1].

    Raises
    ------
    ValueError
        If the limits exclude a group's mean, or the mean or the line is not above 0.

    References
    ----------
    Gastwirth, J. L. (1972). The estimation of the Lorenz curve and Gini index.
    Murray, D. (1978). Extreme values for Gini coefficients calculated from grouped data.

    Examples
    --------
    >>> from analysis.grouped.points import points_from_groups
    >>> points = points_from_groups([1000, 3000], [0.5, 0.5])
    >>> headcount_bounds(points, mean=2000, line=2000)
    {'headcount_ratio_low': 0.25, 'headcount_ratio_high': 1.0}
    """
    population, relative = _groups(points, mean, line, lowest_income, highest_income)
    limit = line / mean
    below = int(np.searchsorted(relative[1:-1], limit, side="left"))
    return {
        "headcount_ratio_low": _fewest_poor(population, relative, limit, below),
        "headcount_ratio_high": _most_poor(population, relative, limit, below),
    }


def gap_bounds(
    points: pd.DataFrame,
    *,
    mean: float,
    line: float,
    lowest_income: float = 0.0,
    highest_income: float = np.inf,
) -> dict[str, float]:
    """Lowest and highest poverty gap index that any Lorenz curve through the points can have.

    The lowest has everybody at the mean of the group; both are sharp.

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points` or `points_from_groups`.
    mean : float
        Mean income per person, above 0.
    line : float
        Poverty line, above 0, in the unit of the mean.
    lowest_income, highest_income : float
        Limits of income, in the unit of the mean; minus infinity where losses count.

    Returns
    -------
    dict
        poverty_gap_index_low and poverty_gap_index_high, ratios.

    Raises
    ------
    ValueError
        If the limits exclude a group's mean, or the mean or the line is not above 0.

    References
    ----------
    Gastwirth, J. L. (1972). The estimation of the Lorenz curve and Gini index.

    Examples
    --------
    >>> from analysis.grouped.points import points_from_groups
    >>> points = points_from_groups([1000, 3000], [0.5, 0.5])
    >>> gap_bounds(points, mean=2000, line=2000)
    {'poverty_gap_index_low': 0.25, 'poverty_gap_index_high': 0.5}
    """
    population, relative = _groups(points, mean, line, lowest_income, highest_income)
    limit = line / mean
    held = corners(points)[1]
    lowest = _lowest_curve(population, held, relative)
    return {
        "poverty_gap_index_low": float(np.max(limit * population - held) / limit),
        "poverty_gap_index_high": float(np.max(limit * lowest[0] - lowest[1]) / limit),
    }


def gini_bounds(
    points: pd.DataFrame, *, lowest_income: float = 0.0, highest_income: float = np.inf
) -> dict[str, float]:
    """Bounds on the Gini coefficient of every Lorenz curve through the points.

    The lower is sharp. The upper holds, but no single curve reaches it: it follows the lowest
    possible curve in every group at once.

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points` or `points_from_groups`.
    lowest_income, highest_income : float
        Limits of income as ratios to the mean.

    Returns
    -------
    dict
        gini_low and gini_high, ratios.

    Raises
    ------
    ValueError
        If the limits exclude a group's mean.

    References
    ----------
    Gastwirth, J. L. (1972). The estimation of the Lorenz curve and Gini index.
    Mehran, F. (1975). Bounds on the Gini index based on observed points of the Lorenz curve.

    Examples
    --------
    >>> from analysis.grouped.points import points_from_groups
    >>> gini_bounds(points_from_groups([1000, 3000], [0.5, 0.5]))["gini_low"]
    0.25
    """
    population, relative = _groups(points, 1.0, 1.0, lowest_income, highest_income)
    held = corners(points)[1]
    lowest = _lowest_curve(population, held, relative)
    return {
        "gini_low": float(1 - 2 * np.trapezoid(held, population)),
        "gini_high": float(1 - 2 * np.trapezoid(lowest[1], lowest[0])),
    }


def _groups(
    points: pd.DataFrame, mean: float, line: float, lowest: float, highest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Cumulative shares, and group means between the two limits, as ratios to the mean."""
    if not (mean > 0 and line > 0):
        raise ValueError(f"Mean {mean} and line {line} must both be numbers above 0.")
    population, held = corners(points)
    relative = np.maximum.accumulate(np.diff(held) / np.diff(population))
    if lowest / mean > relative[0] or highest / mean < relative[-1]:
        raise ValueError(
            f"Incomes between {lowest:g} and {highest:g} exclude a group's mean of "
            f"{relative[0] * mean:g} or {relative[-1] * mean:g}; widen the limits."
        )
    return population, np.concatenate([[lowest / mean], relative, [highest / mean]])


def _fewest_poor(population: np.ndarray, relative: np.ndarray, limit: float, below: int) -> float:
    """Share below when the last group under the line holds as many as it can at the line."""
    if below == 0 or limit > relative[-1]:
        return float(below > 0)
    own, under = relative[below], relative[below - 1]
    poor = (limit - own) / (limit - under)
    return float(population[below - 1] + (population[below] - population[below - 1]) * poor)


def _most_poor(population: np.ndarray, relative: np.ndarray, limit: float, below: int) -> float:
    """Share below when the first group at or over the line holds as many as it can just below."""
    if below == len(population) - 1 or limit <= relative[0]:
        return float(below > 0)
    own, over = relative[below + 1], relative[below + 2]
    poor = 1.0 if np.isinf(over) else (over - own) / (over - limit) if over > limit else 0.0
    return float(population[below] + (population[below + 1] - population[below]) * poor)


def _lowest_curve(
    population: np.ndarray, held: np.ndarray, relative: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the lowest curve: in each group the chords of its neighbours drawn on."""
    under, own, over = relative[:-2], relative[1:-1], relative[2:]
    width = np.diff(population)
    with np.errstate(invalid="ignore", divide="ignore"):
        near = np.where(np.isinf(over), 1.0, (over - own) / (over - under))
        at_under = np.where(over > under, near, 0.0)
        from_right = held[1:] - over * (1 - at_under) * width
        from_left = held[:-1] + under * at_under * width
    across, down = np.repeat(population, 2)[:-1], np.repeat(held, 2)[:-1]
    across[1::2] = population[:-1] + at_under * width
    down[1::2] = np.where(np.isinf(over), from_left, from_right)
    return across, down
