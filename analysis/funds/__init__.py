"""Where the money went, whether it was spent, whom it reached, how alike, and what followed."""

from analysis.funds.effects import effect, placebo, verdict, village_panel
from analysis.funds.ledger import allocation, execution, links
from analysis.funds.projects import (
    lasting,
    neighbour_pairs,
    sameness,
    similarity,
    survival,
    without_collective_income,
)
from analysis.funds.targeting import (
    concentration_curve,
    concentration_index,
    per_head,
    per_head_rank,
    reach,
)
from analysis.funds.totals import answerable, shares, yuan_per_person

__all__ = [
    "allocation",
    "answerable",
    "concentration_curve",
    "concentration_index",
    "effect",
    "execution",
    "lasting",
    "links",
    "neighbour_pairs",
    "per_head",
    "per_head_rank",
    "placebo",
    "reach",
    "sameness",
    "shares",
    "similarity",
    "survival",
    "verdict",
    "village_panel",
    "without_collective_income",
    "yuan_per_person",
]
