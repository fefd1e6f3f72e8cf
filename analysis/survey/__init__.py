"""Standard errors for every measure under stratified, clustered, weighted samples."""

from analysis.survey.comparison import differences, dominance, ranking
from analysis.survey.design import Census, Design, LoneUnitError
from analysis.survey.estimates import estimate, quantile_interval
from analysis.survey.intervals import proportion_interval, symmetric_interval
from analysis.survey.replicates import (
    Replicates,
    balanced_halves,
    bootstrap,
    given_replicates,
    jackknife,
)

__all__ = [
    "Census",
    "Design",
    "LoneUnitError",
    "Replicates",
    "balanced_halves",
    "bootstrap",
    "differences",
    "dominance",
    "estimate",
    "given_replicates",
    "jackknife",
    "proportion_interval",
    "quantile_interval",
    "ranking",
    "symmetric_interval",
]
