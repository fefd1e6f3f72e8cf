"""Tasks: whose they are, the pace their deadlines need, when they will be done, and pairing."""

from analysis.tasks.deadlines import DAYS_PER_MONTH, days_left, deadline_counts, pace_needed
from analysis.tasks.departments import department_table, leads, open_points, task_offices
from analysis.tasks.finish import VERDICTS, finish_days, late_by_office, projected
from analysis.tasks.paces import Paces, histories, learned_paces, remaining
from analysis.tasks.pairing import REGISTERED, helper_loads, pairing, pairing_counts
from analysis.tasks.reports import flag_counts, flags, known_reports, reports_of, settled_path

__all__ = [
    "DAYS_PER_MONTH",
    "REGISTERED",
    "VERDICTS",
    "Paces",
    "days_left",
    "deadline_counts",
    "department_table",
    "finish_days",
    "flag_counts",
    "flags",
    "helper_loads",
    "histories",
    "known_reports",
    "late_by_office",
    "leads",
    "learned_paces",
    "open_points",
    "pace_needed",
    "pairing",
    "pairing_counts",
    "projected",
    "remaining",
    "reports_of",
    "settled_path",
    "task_offices",
]
