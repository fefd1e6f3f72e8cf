"""Tasks: whose they are, the pace their deadlines need, when they will be done, and pairing."""

from analysis.tasks.deadlines import (
    DAYS_PER_MONTH,
    days_left,
    deadline_counts,
    deadline_summary,
    pace_needed,
    told_pace,
)
from analysis.tasks.departments import (
    department_table,
    leads,
    office_names,
    office_summary,
    open_points,
    points_listed,
    task_offices,
)
from analysis.tasks.finish import VERDICTS, finish_days, late_by_office, projected, summary
from analysis.tasks.paces import Paces, histories, learned_paces, remaining
from analysis.tasks.pairing import (
    REGISTERED,
    differ_by_chance,
    helper_loads,
    pairing,
    pairing_counts,
    pairing_summary,
)
from analysis.tasks.published import publishable_progress, publishable_reports
from analysis.tasks.reports import flag_counts, flags, known_reports, reports_of, settled_path

__all__ = [
    "DAYS_PER_MONTH",
    "REGISTERED",
    "VERDICTS",
    "Paces",
    "days_left",
    "deadline_counts",
    "deadline_summary",
    "department_table",
    "differ_by_chance",
    "finish_days",
    "flag_counts",
    "flags",
    "helper_loads",
    "histories",
    "known_reports",
    "late_by_office",
    "leads",
    "learned_paces",
    "office_names",
    "office_summary",
    "open_points",
    "pace_needed",
    "pairing",
    "pairing_counts",
    "pairing_summary",
    "points_listed",
    "projected",
    "publishable_progress",
    "publishable_reports",
    "remaining",
    "reports_of",
    "settled_path",
    "summary",
    "task_offices",
    "told_pace",
]
