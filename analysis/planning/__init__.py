"""The cheapest way through: which villages, households and works, by when, within which limits."""

from analysis.planning.case import INFEASIBLE, OPTIMAL, STOPPED, Case, Plan, two_villages
from analysis.planning.limits import contradictions, frontier, ways_out, worth
from analysis.planning.margins import margins_case, margins_range
from analysis.planning.model import (
    FEWEST_CREWS,
    LEAST_COST,
    MOST_VILLAGES,
    limit_names,
    most_villages,
    possible,
    solve,
)
from analysis.planning.needs import (
    crews_by_month,
    funds_by_month,
    lacking,
    ledger_case,
    months_to,
    still_allowed,
)
from analysis.planning.readout import crew_months, works_by_kind, works_by_village

__all__ = [
    "FEWEST_CREWS",
    "INFEASIBLE",
    "LEAST_COST",
    "MOST_VILLAGES",
    "OPTIMAL",
    "STOPPED",
    "Case",
    "Plan",
    "contradictions",
    "crew_months",
    "crews_by_month",
    "frontier",
    "funds_by_month",
    "lacking",
    "ledger_case",
    "limit_names",
    "margins_case",
    "margins_range",
    "months_to",
    "most_villages",
    "possible",
    "solve",
    "still_allowed",
    "two_villages",
    "ways_out",
    "works_by_kind",
    "works_by_village",
    "worth",
]
