"""The household register as a panel: who came on, who went off, and what the ledgers leave open."""

from analysis.register.closings import (
    closing_summary,
    flow_agreement,
    latest_return,
    passage_table,
    township_residuals,
    yearly_closing,
)
from analysis.register.flows import FLOWS, GAINS, LOSSES, POOR, STATES, flows
from analysis.register.published import counted, hides_poor, hides_start, protected, publishable
from analysis.register.reconciliation import (
    CHECKED,
    breaks,
    compare_flows,
    ledger_rows,
    printed_moves,
    printed_terms,
    residuals,
    unknown_flows,
)
from analysis.register.states import (
    counted_margins,
    hazards,
    incidence,
    own_exits,
    own_returns,
    passages,
    state_links,
    stocks,
    transitions,
)
from analysis.register.store import Store, read_store, write_register

__all__ = [
    "CHECKED",
    "FLOWS",
    "GAINS",
    "LOSSES",
    "POOR",
    "STATES",
    "Store",
    "breaks",
    "closing_summary",
    "compare_flows",
    "counted",
    "counted_margins",
    "flow_agreement",
    "flows",
    "hazards",
    "hides_poor",
    "hides_start",
    "incidence",
    "latest_return",
    "ledger_rows",
    "own_exits",
    "own_returns",
    "passage_table",
    "passages",
    "printed_moves",
    "printed_terms",
    "protected",
    "publishable",
    "read_store",
    "residuals",
    "state_links",
    "stocks",
    "township_residuals",
    "transitions",
    "unknown_flows",
    "write_register",
    "yearly_closing",
]
