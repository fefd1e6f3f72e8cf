"""Exit tests: any standard against households, villages, county; and what an inspection proves."""

from analysis.exits.inspection import (
    composite_incidence,
    errors_allowed,
    inspection_outcomes,
    inspection_verdicts,
    rate_bounds,
    sample_needed,
    samples_needed,
    village_design_effect,
)
from analysis.exits.judgement import (
    FAIL,
    PASS,
    UNKNOWN,
    judge,
    required_parts,
    verdicts,
    with_lines,
)
from analysis.exits.printed import (
    checklist_counts,
    checklist_table,
    measurable,
    printed_checklist,
    printed_county,
    village_plan_summary,
)
from analysis.exits.release import (
    failure_patterns,
    greedy_order,
    marginal_release,
    side_by_side,
    verdict_counts,
)
from analysis.exits.rollup import (
    POOR,
    county_indicators,
    household_shares,
    household_totals,
    township_indicators,
    village_indicators,
)

__all__ = [
    "FAIL",
    "PASS",
    "POOR",
    "UNKNOWN",
    "checklist_counts",
    "checklist_table",
    "composite_incidence",
    "county_indicators",
    "errors_allowed",
    "failure_patterns",
    "greedy_order",
    "household_shares",
    "household_totals",
    "inspection_outcomes",
    "inspection_verdicts",
    "judge",
    "marginal_release",
    "measurable",
    "printed_checklist",
    "printed_county",
    "rate_bounds",
    "required_parts",
    "sample_needed",
    "samples_needed",
    "side_by_side",
    "township_indicators",
    "verdict_counts",
    "verdicts",
    "village_design_effect",
    "village_indicators",
    "village_plan_summary",
    "with_lines",
]
