"""Intervals around an estimate."""

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint


def symmetric_interval(value, standard_error, degrees_of_freedom, level=0.95):
    """Interval of equal reach to both sides, by Student's distribution.

    Parameters
    ----------
    value, standard_error, degrees_of_freedom : float or array_like
    level : float
        Coverage, 0..1.

    Returns
    -------
    tuple
        Low and high.

    Examples
    --------
    >>> low, high = symmetric_interval(10.0, 1.0, float("inf"))
    >>> print(round(low, 2), round(high, 2))
    8.04 11.96
    """
    reach = stats.t.ppf((1 + level) / 2, degrees_of_freedom) * standard_error
    return value - reach, value + reach


def proportion_interval(
    share, standard_error, degrees_of_freedom, sampled, *, level=0.95, method="logit"
):
    """Interval of a share that stays between 0 and 1.

    Parameters
    ----------
    share : float
        0..1.
    standard_error : float
    degrees_of_freedom : float
    sampled : int
        Rows in the group.
    level : float
        Coverage, 0..1.
    method : {"logit", "wilson", "korn_graubard"}
        At a share of exactly 0 or 1 the logit does not exist and the exact binomial interval
        (that of korn_graubard) is given.

    Returns
    -------
    tuple of float
        Low and high.

    References
    ----------
    Korn and Graubard (1998), Confidence intervals for proportions with small expected number of
    positive counts; Dean and Pagano (2015).

    Examples
    --------
    >>> [round(bound, 3) for bound in proportion_interval(0.1, 0.02, 100, 400)]
    [0.067, 0.147]
    """
    if method not in ("logit", "wilson", "korn_graubard"):
        raise ValueError(f"method is {method!r}; write logit, wilson, korn_graubard or symmetric")
    if not sampled or np.isnan(share):
        return float("nan"), float("nan")
    if method == "logit" and standard_error > 0:
        centre, reach = np.log(share / (1 - share)), standard_error / (share * (1 - share))
        bounds = symmetric_interval(centre, reach, degrees_of_freedom, level)
        return tuple(float(bound) for bound in 1 / (1 + np.exp(-np.array(bounds))))
    effective, reach = sampled, stats.t.ppf((1 + level) / 2, degrees_of_freedom)
    if standard_error > 0:
        narrower = (stats.t.ppf((1 + level) / 2, sampled - 1) / reach) ** 2
        effective = min(share * (1 - share) / standard_error**2 * narrower, sampled)
    tail = 2 * stats.norm.sf(reach) if method == "wilson" else 1 - level
    kind = "wilson" if method == "wilson" else "beta"
    return proportion_confint(share * effective, effective, alpha=tail, method=kind)
