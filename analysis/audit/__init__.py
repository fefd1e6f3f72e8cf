"""Do the printed figures of a document agree with each other, and with their own years?"""

from analysis.audit.expressions import ExpressionError
from analysis.audit.facts import (
    corrupt_figures,
    fact_verdicts,
    ledgers_fared,
    tested_elsewhere,
    verdict_counts,
)
from analysis.audit.identities import bounds, figures, identity_verdicts
from analysis.audit.years import (
    deadline_candidates,
    document_date,
    fact_years,
    mention_meanings,
    resolved_years,
    year_fraction,
    year_shifts,
)

__all__ = [
    "ExpressionError",
    "bounds",
    "corrupt_figures",
    "deadline_candidates",
    "document_date",
    "fact_verdicts",
    "fact_years",
    "figures",
    "identity_verdicts",
    "ledgers_fared",
    "mention_meanings",
    "resolved_years",
    "tested_elsewhere",
    "verdict_counts",
    "year_fraction",
    "year_shifts",
]
