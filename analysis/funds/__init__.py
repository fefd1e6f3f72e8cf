"""Where the money went, whether it was spent, whom it reached, how alike, and what followed."""

from analysis.funds.effects import effect, followed, placebo, verdict, village_panel
from analysis.funds.housing import housing, publishable_housing
from analysis.funds.ledger import allocation, execution, flow, known_by, links, nodes, year_ends
from analysis.funds.projects import (
    alike,
    collective_by_township,
    kinds,
    lasting,
    neighbour_pairs,
    sameness,
    similarity,
    survival,
    without_collective_income,
)
from analysis.funds.targeting import (
    by_incidence,
    concentration,
    concentration_curve,
    concentration_index,
    incidence_curve,
    per_head,
    per_head_rank,
    reach,
    with_poor,
)
from analysis.funds.totals import answerable, row, shares, told_by, yuan_per_person

__all__ = [
    "alike",
    "allocation",
    "answerable",
    "by_incidence",
    "collective_by_township",
    "concentration",
    "concentration_curve",
    "concentration_index",
    "effect",
    "execution",
    "flow",
    "followed",
    "housing",
    "incidence_curve",
    "kinds",
    "known_by",
    "lasting",
    "links",
    "neighbour_pairs",
    "nodes",
    "per_head",
    "per_head_rank",
    "placebo",
    "publishable_housing",
    "reach",
    "row",
    "sameness",
    "shares",
    "similarity",
    "survival",
    "told_by",
    "verdict",
    "village_panel",
    "with_poor",
    "without_collective_income",
    "year_ends",
    "yuan_per_person",
]
