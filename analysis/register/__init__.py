"""The household register as a panel: who came on, who went off, and what the ledgers leave open."""

from analysis.register.flows import FLOWS, GAINS, LOSSES, POOR, STATES, flows
from analysis.register.reconciliation import (
    breaks,
    compare_flows,
    ledger_rows,
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
    state_links,
    transitions,
)
from analysis.register.store import Store, read_store, write_register

__all__ = [
    "FLOWS",
    "GAINS",
    "LOSSES",
    "POOR",
    "STATES",
    "Store",
    "breaks",
    "compare_flows",
    "counted_margins",
    "flows",
    "hazards",
    "incidence",
    "ledger_rows",
    "own_exits",
    "own_returns",
    "printed_terms",
    "read_store",
    "residuals",
    "state_links",
    "transitions",
    "unknown_flows",
    "write_register",
]
