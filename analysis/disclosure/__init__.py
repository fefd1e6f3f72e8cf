"""What leaves the office: small counts hidden, identifiers hashed, every output searched."""

from analysis.disclosure.attack import intervals
from analysis.disclosure.guard import (
    REGISTERS,
    bases_of,
    close_register,
    guarded_frames,
    guarded_values,
    is_guarded,
    is_open,
    open_register,
)
from analysis.disclosure.identifiers import admitted, office_key, pseudonymised
from analysis.disclosure.limits import Limit, counts_of, limits, said_to_count
from analysis.disclosure.protect import (
    WITHHELD,
    protect,
    protect_nested,
    protect_together,
    rounded,
    withheld,
)
from analysis.disclosure.relations import joined, row_sums
from analysis.disclosure.scanner import (
    describe_hits,
    persons_in,
    scan,
    scan_contents,
    scan_files,
    tokens_of,
)
from analysis.disclosure.tied import (
    Cell,
    Equation,
    Tied,
    picked,
    protect_tied,
    rows_unless,
    told_unless,
    values_of,
)

__all__ = [
    "REGISTERS",
    "WITHHELD",
    "Cell",
    "Equation",
    "Limit",
    "Tied",
    "admitted",
    "bases_of",
    "close_register",
    "counts_of",
    "describe_hits",
    "guarded_frames",
    "guarded_values",
    "intervals",
    "is_guarded",
    "is_open",
    "joined",
    "limits",
    "office_key",
    "open_register",
    "persons_in",
    "picked",
    "protect",
    "protect_nested",
    "protect_tied",
    "protect_together",
    "pseudonymised",
    "rounded",
    "row_sums",
    "rows_unless",
    "said_to_count",
    "scan",
    "scan_contents",
    "scan_files",
    "tokens_of",
    "told_unless",
    "values_of",
    "withheld",
]
