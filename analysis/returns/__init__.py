"""Who may fall back: kinds that are monitored, chances, their test, and the list of visits."""

from analysis.returns.categories import (
    KINDS,
    kind_counts,
    line_watched,
    monitored,
    monitoring_line,
)
from analysis.returns.hazard import Hazard, chances, coefficients, fit_hazard, reasons, thresholds
from analysis.returns.noise import under_noise
from analysis.returns.panel import FEATURES, known_rows, risk_panel
from analysis.returns.published import publishable_kinds, publishable_lists, publishable_test
from analysis.returns.usual import group_means, lasting_means, usual_income
from analysis.returns.validation import (
    compare_lists,
    gain_curve,
    gain_table,
    out_of_time,
    out_of_village,
    reliability,
    rule_score,
    score_lists,
    score_table,
    scores,
    unbroken,
    village_folds,
)
from analysis.returns.versions import compared_versions, versions
from analysis.returns.visits import (
    CONFIDENCE,
    answer,
    expected_interval,
    share_at_risk,
    visit_counts,
    visit_list,
)

__all__ = [
    "CONFIDENCE",
    "FEATURES",
    "KINDS",
    "Hazard",
    "answer",
    "chances",
    "coefficients",
    "compare_lists",
    "compared_versions",
    "expected_interval",
    "fit_hazard",
    "gain_curve",
    "gain_table",
    "group_means",
    "kind_counts",
    "known_rows",
    "lasting_means",
    "line_watched",
    "monitored",
    "monitoring_line",
    "out_of_time",
    "out_of_village",
    "publishable_kinds",
    "publishable_lists",
    "publishable_test",
    "reasons",
    "reliability",
    "risk_panel",
    "rule_score",
    "score_lists",
    "score_table",
    "scores",
    "share_at_risk",
    "thresholds",
    "unbroken",
    "under_noise",
    "usual_income",
    "versions",
    "village_folds",
    "visit_counts",
    "visit_list",
]
