"""Poverty and inequality from published group shares: fitted Lorenz curves, and bounds without one.

A county that publishes nothing but the mean incomes of five groups still gets a poverty rate:
`points_from_groups` makes the points, `grouped_profile` the rate with its bounds.
"""

from analysis.grouped.bounds import gap_bounds, gini_bounds, headcount_bounds
from analysis.grouped.choice import (
    compare_curves,
    curve_for_distribution,
    curve_for_poverty,
    grouped_profile,
    is_normal,
    squared_error,
)
from analysis.grouped.curves import (
    Beta,
    Curve,
    Lognormal,
    Quadratic,
    fit_beta,
    fit_lognormal,
    fit_quadratic,
    lognormal_from_gini,
)
from analysis.grouped.measures import (
    elasticities,
    gini,
    headcount_ratio,
    income_at,
    mean_log_deviation,
    median,
    polarization,
    poverty_gap_index,
    poverty_severity,
    quantile_shares,
    share_below_zero,
    watts_index,
)
from analysis.grouped.points import groups_mean, lorenz_points, points_from_groups

__all__ = [
    "Beta",
    "Curve",
    "Lognormal",
    "Quadratic",
    "compare_curves",
    "curve_for_distribution",
    "curve_for_poverty",
    "elasticities",
    "fit_beta",
    "fit_lognormal",
    "fit_quadratic",
    "gap_bounds",
    "gini",
    "gini_bounds",
    "grouped_profile",
    "groups_mean",
    "headcount_bounds",
    "headcount_ratio",
    "income_at",
    "is_normal",
    "lognormal_from_gini",
    "lorenz_points",
    "mean_log_deviation",
    "median",
    "points_from_groups",
    "polarization",
    "poverty_gap_index",
    "poverty_severity",
    "quantile_shares",
    "share_below_zero",
    "squared_error",
    "watts_index",
]
