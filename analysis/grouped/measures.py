"""Poverty and inequality of a Lorenz curve, exact to the last digits of quadrature.

Income at a population share is the mean times the slope of the curve. A person is poor when income
is strictly below the line; the curves have no ties. Incomes below zero, which some fitted curves
have near a share of zero, count with their whole gap; they have no logarithm, so `watts_index` and
`mean_log_deviation` leave those people out and `share_below_zero` says how many they are.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.integrate import tanhsinh

from analysis.grouped.curves import Curve

# Relative error asked of every integral, and the error at which it is called divergent.
QUADRATURE = 1e-14
UNSETTLED = 1e-6


def headcount_ratio(curve: Curve, *, mean: float, line: ArrayLike) -> np.ndarray:
    """Share of people whose income is below the line.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.
    mean : float
        Mean income per person, above 0.
    line : float or array
        Poverty line, above 0, in the unit of the mean.

    Returns
    -------
    float or numpy.ndarray
        Ratio in [0, 1]; missing where the curve never has the income of the line.

    Raises
    ------
    ValueError
        If the mean or a line is not above 0.

    References
    ----------
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> round(float(headcount_ratio(Lognormal(0.6), mean=1000, line=500)), 6)
    0.196208
    """
    return curve.share_below(_relative_line(mean, line))


def poverty_gap_index(curve: Curve, *, mean: float, line: ArrayLike) -> np.ndarray:
    """Mean shortfall from the line as a ratio to the line, the rest counted as zero.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.
    mean : float
        Mean income per person, above 0.
    line : float or array
        Poverty line, above 0, in the unit of the mean.

    Returns
    -------
    float or numpy.ndarray
        Ratio, at most the headcount ratio where no income is negative.

    Raises
    ------
    ValueError
        If the mean or a line is not above 0.

    References
    ----------
    Foster, J., Greer, J. and Thorbecke, E. (1984). A class of decomposable poverty measures.

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> round(float(poverty_gap_index(Lognormal(0.6), mean=1000, line=500)), 6)
    0.050606
    """
    relative = _relative_line(mean, line)
    poor = curve.share_below(relative)
    return poor - curve.income_share(poor) / relative


def poverty_severity(curve: Curve, *, mean: float, line: ArrayLike) -> np.ndarray:
    """Mean squared relative shortfall from the line, the rest counted as zero.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.
    mean : float
        Mean income per person, above 0.
    line : float or array
        Poverty line, above 0, in the unit of the mean.

    Returns
    -------
    float or numpy.ndarray
        Ratio, at most the poverty gap index where no income is negative.

    Raises
    ------
    ValueError
        If the mean or a line is not above 0.

    References
    ----------
    Foster, J., Greer, J. and Thorbecke, E. (1984). A class of decomposable poverty measures.

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> round(float(poverty_severity(Lognormal(0.6), mean=1000, line=500)), 6)
    0.019257
    """
    relative = _relative_line(mean, line)
    poor = curve.share_below(relative)
    return _integral(
        lambda p, t: (1 - curve.relative_income(p) / t) ** 2, np.zeros_like(poor), poor, relative
    )


def watts_index(curve: Curve, *, mean: float, line: ArrayLike) -> np.ndarray:
    """Mean logarithm of the line over income among the poor, the rest counted as zero.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.
    mean : float
        Mean income per person, above 0.
    line : float or array
        Poverty line, above 0, in the unit of the mean.

    Returns
    -------
    float or numpy.ndarray
        Not below 0; people without positive income are left out.

    Raises
    ------
    ValueError
        If the mean or a line is not above 0.

    References
    ----------
    Watts, H. W. (1968). An economic definition of poverty.

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> round(float(watts_index(Lognormal(0.6), mean=1000, line=500)), 6)
    0.065363
    """
    relative = _relative_line(mean, line)
    poor = curve.share_below(relative)
    start = np.minimum(share_below_zero(curve), poor)
    return _integral(lambda p, t: np.log(t / curve.relative_income(p)), start, poor, relative)


def share_below_zero(curve: Curve) -> float:
    """Share of people to whom the fitted curve gives a negative income.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.

    Returns
    -------
    float
        Ratio in [0, 1]; above zero it is the form of the curve that speaks, not the data.

    References
    ----------
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> from analysis.grouped.curves import Beta
    >>> share_below_zero(Beta(0.6, 0.9, 0.5)) > 0
    True
    """
    return float(np.nan_to_num(curve.share_below(0.0)))


def gini(curve: Curve) -> float:
    """Gini coefficient, twice the area between the curve and the diagonal.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.

    Returns
    -------
    float
        Ratio, in [0, 1] where no income is negative.

    References
    ----------
    Gastwirth, J. L. (1972). The estimation of the Lorenz curve and Gini index.

    Examples
    --------
    >>> from analysis.grouped.curves import lognormal_from_gini
    >>> round(gini(lognormal_from_gini(0.4)), 12)
    0.4
    """
    return float(1 - 2 * _integral(lambda p, _: curve.income_share(p), 0.0, 1.0, 1.0))


def mean_log_deviation(curve: Curve) -> float:
    """Mean logarithm of the mean over income.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.

    Returns
    -------
    float
        Not below 0 where no income is negative; people without positive income are left out.

    References
    ----------
    Theil, H. (1967). Economics and information theory.

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> round(mean_log_deviation(Lognormal(0.6)), 12)
    0.18
    """
    start = share_below_zero(curve)
    return float(-_integral(lambda p, _: np.log(curve.relative_income(p)), start, 1.0, 1.0))


def income_at(curve: Curve, population_share: ArrayLike, *, mean: float) -> np.ndarray:
    """Income of the person who stands at a population share, poorest first.

    This is also the poverty line that makes a given share of people poor.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.
    population_share : float or array
        Ratio in [0, 1].
    mean : float
        Mean income per person, above 0.

    Returns
    -------
    float or numpy.ndarray
        Income in the unit of the mean.

    Raises
    ------
    ValueError
        If a share is outside [0, 1] or the mean is not above 0.

    References
    ----------
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> round(float(income_at(Lognormal(0.6), 0.5, mean=1000)), 4)
    835.2702
    """
    share = np.asarray(population_share, float)
    if not ((share >= 0) & (share <= 1)).all():
        raise ValueError(
            f"Population share {population_share} is not between 0 and 1; give a ratio."
        )
    _check_above_zero("mean", mean)
    return mean * curve.relative_income(share)


def median(curve: Curve, *, mean: float) -> float:
    """Income that half of the people are below.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.
    mean : float
        Mean income per person, above 0.

    Returns
    -------
    float
        Income in the unit of the mean.

    Raises
    ------
    ValueError
        If the mean is not above 0.

    References
    ----------
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> round(median(Lognormal(0.6), mean=1000), 4)
    835.2702
    """
    return float(income_at(curve, 0.5, mean=mean))


def quantile_shares(curve: Curve, groups: int = 10) -> np.ndarray:
    """Shares of income held by equal groups of people, poorest first.

    The richest group holds what the others leave.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.
    groups : int
        Number of groups, at least 2.

    Returns
    -------
    numpy.ndarray
        Ratios that sum to 1.

    Raises
    ------
    ValueError
        If fewer than two groups are asked for.

    References
    ----------
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> quantile_shares(Lognormal(0.6), 2).round(4).tolist()
    [0.2743, 0.7257]
    """
    if groups < 2:
        raise ValueError(f"{groups} groups have no shares to compare; ask for at least 2.")
    held = curve.income_share(np.arange(1, groups) / groups)
    return np.diff(held, prepend=0.0, append=1.0)


def polarization(curve: Curve) -> float:
    """Wolfson's index of how far incomes stand from the middle.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.

    Returns
    -------
    float
        Not below 0; 0 where everybody has the same income.

    References
    ----------
    Wolfson, M. C. (1994). When inequalities diverge.
    Ravallion, M. and Chen, S. (1997). What can new survey data tell us about recent changes in
    distribution and poverty?

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> round(polarization(Lognormal(0.6)), 6)
    0.294197
    """
    lower_half = float(curve.income_share(0.5))
    return 2 * (1 - gini(curve) - 2 * lower_half) / float(curve.relative_income(0.5))


def elasticities(curve: Curve, *, mean: float, line: float) -> pd.Series:
    """Percentage changes of poverty for one per cent more mean income or Gini coefficient.

    The mean moves with the curve held; the Gini coefficient moves by stretching every income from
    the mean with the mean held. Where nobody is poor all are 0: little growth changes nothing.

    Parameters
    ----------
    curve : Curve
        Fitted Lorenz curve.
    mean : float
        Mean income per person, above 0.
    line : float
        Poverty line, above 0, in the unit of the mean.

    Returns
    -------
    pandas.Series
        For each of headcount_ratio, poverty_gap_index and poverty_severity the elasticity
        `_to_mean` and `_to_gini`, without unit.

    Raises
    ------
    ValueError
        If the mean or the line is not above 0.

    References
    ----------
    Kakwani, N. (1990). Poverty and economic growth, with application to Cote d'Ivoire.
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> from analysis.grouped.curves import Lognormal
    >>> found = elasticities(Lognormal(0.6), mean=1000, line=500)
    >>> round(float(found["headcount_ratio_to_mean"]), 4)
    -2.3508
    """
    head, gap, severity = (
        float(measure(curve, mean=mean, line=line))
        for measure in (headcount_ratio, poverty_gap_index, poverty_severity)
    )
    relative = line / mean
    at_line = _growth_at_line(curve, head, relative)
    to_mean = np.array([-at_line, 1 - _ratio(head, gap), 2 * (1 - _ratio(gap, severity))])
    stretch = 1 / relative - 1
    to_gini = np.array(
        [
            stretch * at_line,
            1 + stretch * _ratio(head, gap),
            2 + 2 * stretch * _ratio(gap, severity),
        ]
    )
    names = ["headcount_ratio", "poverty_gap_index", "poverty_severity"]
    values = np.concatenate([to_mean, to_gini]) if head != 0 else np.zeros(6)
    return pd.Series(values, [f"{name}_to_{of}" for of in ("mean", "gini") for name in names])


def _growth_at_line(curve: Curve, head: float, relative: float) -> float:
    if not 0 < head < 1:
        return 0.0 if head == 1 else np.nan
    return relative / (head * float(curve.curvature(head)))


def _ratio(above: float, below: float) -> float:
    return above / below if below else np.nan


def _relative_line(mean: float, line: ArrayLike) -> np.ndarray:
    _check_above_zero("mean", mean)
    _check_above_zero("line", line)
    return np.asarray(line, float) / mean


def _check_above_zero(name: str, value: ArrayLike) -> None:
    if not (np.asarray(value, float) > 0).all():
        raise ValueError(f"The {name} is {value}; it must be a number above 0.")


def _integral(
    integrand: Callable, start: ArrayLike, stop: ArrayLike, argument: ArrayLike
) -> np.ndarray:
    start, stop, argument = np.broadcast_arrays(start, stop, argument)
    with np.errstate(all="ignore"):
        found = tanhsinh(integrand, start, stop, args=(argument,), rtol=QUADRATURE)
        # A Beta curve with gamma up to a half has no finite severity; a number would be noise.
        diverges = found.error > UNSETTLED * (1 + np.abs(found.integral))
    return np.where(diverges | ~np.isfinite(found.integral), np.nan, found.integral)[()]
