"""Which fitted curve speaks: the World Bank's rule, and one profile with bounds from it."""

import numpy as np
import pandas as pd

from analysis.grouped import measures
from analysis.grouped.bounds import gap_bounds, gini_bounds, headcount_bounds
from analysis.grouped.curves import Curve, Quadratic, fit_beta, fit_lognormal, fit_quadratic

POVERTY = ["headcount_ratio", "poverty_gap_index", "poverty_severity", "watts_index"]
DISTRIBUTION = ["gini", "mean_log_deviation", "median", "polarization"]


def is_normal(curve: Curve, *, mean: float, line: float) -> bool:
    """Whether poverty can be read off the curve at this line.

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
    bool
        For a quadratic whether it rises and bends upwards; for the others whether some share of
        people has the income of the line.

    Raises
    ------
    ValueError
        If the mean or the line is not above 0.

    References
    ----------
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> from analysis.grouped.curves import Beta
    >>> is_normal(Beta(0.7, 1.2, 0.8), mean=100, line=20)
    False
    """
    found = bool(np.isfinite(measures.headcount_ratio(curve, mean=mean, line=line)))
    return found and (not isinstance(curve, Quadratic) or curve.normal)


def squared_error(points: pd.DataFrame, curve: Curve, *, below: float = 1.0) -> float:
    """Sum of squared differences between the points and the curve.

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points`.
    curve : Curve
        Fitted Lorenz curve.
    below : float
        Only points below this population share and the next one; a headcount ratio or 1.

    Returns
    -------
    float
        Squared shares of income; missing where `below` is.

    References
    ----------
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> from analysis.grouped.points import lorenz_points
    >>> points = lorenz_points([0.5, 1.0], [0.3, 1.0])
    >>> round(squared_error(points, Quadratic(1.0, -1.0, 0.0)), 4)
    0.0119
    """
    if np.isnan(below):
        return float("nan")
    share = points["population_share"].to_numpy()
    residual = points["income_share"].to_numpy() - curve.income_share(share)
    counted = min(int((share[:-1] < below).sum()) + 1, len(share)) if below < 1 else len(share) - 1
    return float(np.sum(residual[:counted] ** 2))


def compare_curves(points: pd.DataFrame, *, mean: float, line: float) -> pd.DataFrame:
    """Fit the three forms and set their poverty, inequality and fit side by side.

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points` or `points_from_groups`.
    mean : float
        Mean income per person, above 0.
    line : float
        Poverty line, above 0, in the unit of the mean.

    Returns
    -------
    pandas.DataFrame
        One row a form (quadratic, beta, lognormal): valid, normal, squared_error,
        squared_error_below_line, poverty, inequality, share_below_zero. The row of a form that
        the points cannot tell is missing but for `valid` and `normal`, which are False.

    Raises
    ------
    ValueError
        If the mean or the line is not above 0.

    References
    ----------
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> from analysis.grouped.points import points_from_groups
    >>> fifths = points_from_groups([3300, 8300, 11900, 16900, 31300], [0.2] * 5)
    >>> compare_curves(fifths, mean=14340, line=2952)["headcount_ratio"].round(3).to_dict()
    {'quadratic': 0.081, 'beta': 0.07, 'lognormal': 0.039}
    """
    forms = {"quadratic": fit_quadratic, "beta": fit_beta, "lognormal": fit_lognormal}
    rows = {}
    for name, fit in forms.items():
        curve = _fitted_or_none(fit, points)
        rows[name] = {"valid": False, "normal": False}
        if curve is not None:
            rows[name] = _row(points, curve, mean, line)
    return pd.DataFrame.from_dict(rows, orient="index")


def curve_for_poverty(comparison: pd.DataFrame) -> str | None:
    """Name the form that poverty is read from, by the World Bank's rule.

    A form that is valid and normal goes before one that is not; of two such forms the one that
    lies closer to the points up to the line is taken; in doubt the quadratic.

    Parameters
    ----------
    comparison : pandas.DataFrame
        Result of `compare_curves`.

    Returns
    -------
    str or None
        quadratic, beta, or None where neither form is normal.

    References
    ----------
    World Bank (2022). Poverty and Inequality Platform methodology handbook, grouped data.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"valid": [True, False], "normal": [True, True]}, index=["quadratic", "beta"]
    ... )
    >>> curve_for_poverty(table)
    'quadratic'
    """
    quadratic, beta = comparison.loc["quadratic"], comparison.loc["beta"]
    if not (quadratic["normal"] or beta["normal"]):
        return None
    if quadratic["normal"] and beta["normal"] and quadratic["valid"] == beta["valid"]:
        return _closer(comparison, "squared_error_below_line")
    if quadratic["normal"] and beta["normal"]:
        return "quadratic" if quadratic["valid"] else "beta"
    return "quadratic" if quadratic["normal"] else "beta"


def curve_for_distribution(comparison: pd.DataFrame) -> str | None:
    """Name the form that inequality is read from, by the World Bank's rule.

    Parameters
    ----------
    comparison : pandas.DataFrame
        Result of `compare_curves`.

    Returns
    -------
    str or None
        The valid form; of two the one closer to all points; None where neither is valid.

    References
    ----------
    World Bank (2022). Poverty and Inequality Platform methodology handbook, grouped data.

    Examples
    --------
    >>> table = pd.DataFrame({"valid": [False, True]}, index=["quadratic", "beta"])
    >>> curve_for_distribution(table)
    'beta'
    """
    valid = comparison.loc[["quadratic", "beta"], "valid"]
    if valid.all():
        return _closer(comparison, "squared_error")
    return str(valid.idxmax()) if valid.any() else None


def grouped_profile(
    points: pd.DataFrame,
    *,
    mean: float,
    line: float,
    lowest_income: float = 0.0,
    highest_income: float = np.inf,
) -> pd.Series:
    """Poverty and inequality behind published groups, with bounds that need no form.

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points` or `points_from_groups`.
    mean : float
        Mean income per person, above 0.
    line : float
        Poverty line, above 0, in the unit of the mean.
    lowest_income, highest_income : float
        Limits of income for the bounds, in the unit of the mean.

    Returns
    -------
    pandas.Series
        Poverty and share_below_zero from curve_for_poverty, inequality from
        curve_for_distribution, both named;
        `_low` and `_high` of headcount ratio, poverty gap index and Gini; within_bounds, False
        where the chosen curve contradicts the points; status, always estimated.

    Raises
    ------
    ValueError
        If the mean or the line is not above 0, or a limit excludes a group's mean.

    References
    ----------
    World Bank (2022). Poverty and Inequality Platform methodology handbook, grouped data.

    Examples
    --------
    >>> from analysis.grouped.points import points_from_groups
    >>> fifths = points_from_groups([3300, 8300, 11900, 16900, 31300], [0.2] * 5)
    >>> found = grouped_profile(fifths, mean=14340, line=2952)
    >>> found[["headcount_ratio_low", "headcount_ratio_high"]].astype(float).round(3).tolist()
    [0.0, 0.187]
    """
    comparison = compare_curves(points, mean=mean, line=line)
    poverty, distribution = curve_for_poverty(comparison), curve_for_distribution(comparison)
    limits = {"lowest_income": lowest_income, "highest_income": highest_income}
    relative = {name: limit / mean for name, limit in limits.items()}
    bounds = (
        headcount_bounds(points, mean=mean, line=line, **limits)
        | gap_bounds(points, mean=mean, line=line, **limits)
        | gini_bounds(points, **relative)
    )
    found = _cells(comparison, poverty, [*POVERTY, "share_below_zero"])
    found |= _cells(comparison, distribution, DISTRIBUTION)
    head = found["headcount_ratio"]
    inside = bounds["headcount_ratio_low"] <= head <= bounds["headcount_ratio_high"]
    names = {"curve_for_poverty": poverty, "curve_for_distribution": distribution}
    return pd.Series(found | bounds | names | {"within_bounds": inside, "status": "estimated"})


def _fitted_or_none(fit, points: pd.DataFrame) -> Curve | None:
    try:
        return fit(points)
    except ValueError:
        return None


def _row(points: pd.DataFrame, curve: Curve, mean: float, line: float) -> dict:
    at_line = {
        name: float(getattr(measures, name)(curve, mean=mean, line=line)) for name in POVERTY
    }
    head = at_line["headcount_ratio"]
    return {
        "valid": curve.valid,
        "normal": is_normal(curve, mean=mean, line=line),
        "squared_error": squared_error(points, curve),
        "squared_error_below_line": squared_error(points, curve, below=head),
        **at_line,
        "gini": measures.gini(curve),
        "mean_log_deviation": measures.mean_log_deviation(curve),
        "median": measures.median(curve, mean=mean),
        "polarization": measures.polarization(curve),
        "share_below_zero": measures.share_below_zero(curve),
    }


def _closer(comparison: pd.DataFrame, column: str) -> str:
    errors = comparison.loc[["quadratic", "beta"], column]
    return "quadratic" if errors["quadratic"] <= errors["beta"] else "beta"


def _cells(comparison: pd.DataFrame, form: str | None, names: list[str]) -> dict[str, float]:
    if form is None:
        return dict.fromkeys(names, float("nan"))
    return comparison.loc[form, names].to_dict()
