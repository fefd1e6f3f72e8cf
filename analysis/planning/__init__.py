"""The cheapest way through: which villages, households and works, by when, within which limits."""

from analysis.planning.case import INFEASIBLE, OPTIMAL, STOPPED, Case, Plan, two_villages
from analysis.planning.limits import contradiction_names, contradictions, frontier, ways_out, worth
from analysis.planning.margins import margins_answer, margins_case, margins_range
from analysis.planning.model import (
    FEWEST_CREWS,
    LEAST_COST,
    MOST_VILLAGES,
    limit_names,
    most_villages,
    nearest_plan,
    possible,
    solve,
)
from analysis.planning.needs import (
    crews_by_month,
    funds_by_month,
    lacking,
    ledger_case,
    months_to,
    resources,
    still_allowed,
)
from analysis.planning.readout import (
    busiest_trade,
    crew_months,
    releases_by_township,
    works_by_kind,
    works_by_village,
)

__all__ = [
    "FEWEST_CREWS",
    "INFEASIBLE",
    "LEAST_COST",
    "MOST_VILLAGES",
    "OPTIMAL",
    "STOPPED",
    "Case",
    "Plan",
    "busiest_trade",
    "contradiction_names",
    "contradictions",
    "crew_months",
    "crews_by_month",
    "frontier",
    "funds_by_month",
    "lacking",
    "ledger_case",
    "limit_names",
    "margins_answer",
    "margins_case",
    "margins_range",
    "months_to",
    "most_villages",
    "nearest_plan",
    "possible",
    "releases_by_township",
    "resources",
    "solve",
    "still_allowed",
    "two_villages",
    "ways_out",
    "works_by_kind",
    "works_by_village",
    "worth",
]
