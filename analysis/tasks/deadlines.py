"""How much is asked by when: days left, and the pace that the deadline needs."""

from __future__ import annotations

import pandas as pd

DAYS_PER_MONTH = 365.25 / 12


def days_left(day: str, deadlines: pd.Series) -> pd.Series:
    """Count the days after a day up to and with the deadline.

    Parameters
    ----------
    day : str
        ISO date; the day itself is not counted, for it is over when it is reported on.
    deadlines : Series
        ISO dates, or missing.

    Returns
    -------
    Series of Int64
        Whole days; 0 on the last day, below 0 after it, missing without a deadline.

    Examples
    --------
    >>> days_left("2018-03-28", pd.Series(["2018-10-31", "2018-03-27", None])).tolist()
    [217, -1, <NA>]
    """
    left = pd.to_datetime(deadlines, format="%Y-%m-%d") - pd.Timestamp(day)
    return left.dt.days.astype("Int64")


def pace_needed(tasks: pd.DataFrame, units: pd.DataFrame, day: str) -> pd.DataFrame:
    """Give the pace that each task needs from a day on to be done on its last day.

    Parameters
    ----------
    tasks : DataFrame
        ``task, target, unit, deadline``; ``done`` if anything is done, else nothing is taken as
        done.
    units : DataFrame
        ``unit, adds_up``: whether works done add up to the target.
    day : str
        ISO date from which the pace is needed.

    Returns
    -------
    DataFrame
        The tasks with ``days_left, remaining`` (never below 0), ``per_day, per_month`` (a month
        is 30.44 days), and ``pace_basis``: ``needed``; ``done``; ``passed`` (the last day is over
        or is today); ``no_deadline``; ``no_number``; ``level`` (works do not add up). Only
        ``needed`` has a pace.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T22"], "target": [1692.0], "unit": ["household"],
    ...                       "deadline": ["2018-10-31"]})
    >>> units = pd.DataFrame({"unit": ["household"], "adds_up": [True]})
    >>> round(pace_needed(tasks, units, "2018-03-28")["per_day"].item(), 1)
    7.8
    """
    done = tasks.get("done", pd.Series(0.0, tasks.index)).fillna(0.0)
    found = tasks.assign(
        days_left=days_left(day, tasks["deadline"]),
        remaining=(tasks["target"] - done).clip(lower=0),
    )
    adds_up = found["unit"].map(units.set_index("unit")["adds_up"]).fillna(False).astype(bool)
    found["pace_basis"] = _basis(found, adds_up)
    days = found["days_left"].astype("Float64").where(found["pace_basis"] == "needed")
    found["per_day"] = (found["remaining"] / days).astype(float)
    found["per_month"] = found["per_day"] * DAYS_PER_MONTH
    return found


def _basis(found: pd.DataFrame, adds_up: pd.Series) -> pd.Series:
    """The first that holds, from the gravest down."""
    reasons = {
        "no_number": found["target"].isna(),
        "level": ~adds_up,
        "no_deadline": found["deadline"].isna(),
        "done": found["remaining"] == 0,
        "passed": found["days_left"].fillna(1) <= 0,
    }
    basis = pd.Series("needed", found.index)
    for name, holds in reversed(reasons.items()):
        basis = basis.mask(holds.astype(bool), name)
    return basis


def deadline_counts(tasks: pd.DataFrame, offices: pd.DataFrame) -> pd.DataFrame:
    """Count the tasks of each leading office by their last day.

    Parameters
    ----------
    tasks : DataFrame
        ``task, deadline``.
    offices : DataFrame
        Offices that lead, from `leads`.

    Returns
    -------
    DataFrame
        ``department_zh, department_en, deadline, tasks``; offices by their first day, those
        without a day last; ``deadline`` is missing for tasks without one.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1", "T2"], "deadline": ["2018-06-30", None]})
    >>> offices = pd.DataFrame({"task": ["T1", "T2"], "department_zh": "市水务局",
    ...                         "department_en": "water bureau"})
    >>> deadline_counts(tasks, offices)["tasks"].tolist()
    [1, 1]
    """
    by = ["department_zh", "department_en", "deadline"]
    rows = offices.merge(tasks[["task", "deadline"]], on="task")
    counts = rows.groupby(by, dropna=False).size().rename("tasks").reset_index()
    first = counts.groupby("department_zh")["deadline"].transform("min")
    order = counts.assign(first=first).sort_values(["first", "department_zh", "deadline"])
    return order.drop(columns="first").reset_index(drop=True)


def deadline_summary(
    tasks: pd.DataFrame, offices: pd.DataFrame, day: str, soon: str
) -> dict[str, object]:
    """Sum up which deadlines have fallen due, and whose are due next.

    Parameters
    ----------
    tasks : DataFrame
        ``task, deadline``.
    offices : DataFrame
        Offices that lead, from `leads`.
    day : str
        ISO date; a deadline on it has fallen due.
    soon : str
        ISO date up to which deadlines are near; the next one is near in any case.

    Returns
    -------
    dict
        ``dated`` (tasks with a last day), ``fallen`` (of them due by the day), ``left``, ``soon``,
        ``by_soon`` (of those left, due by then), ``last`` (the last day of all; missing if none has
        a day), ``at_last`` (due on it), ``offices_zh, offices_en`` (the offices of those due by
        ``soon``, first day first; a dash alone if there is none), and ``stage``: ``ahead`` (no
        deadline has fallen due), ``over`` (all have), else ``due``.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1", "T2"], "deadline": ["2018-06-30", None]})
    >>> offices = pd.DataFrame({"task": ["T1"], "department_zh": ["市水务局"],
    ...                         "department_en": ["water bureau"]})
    >>> deadline_summary(tasks, offices, "2018-03-28", "2018-06-30")["offices_en"]
    ['water bureau']
    """
    days = tasks["deadline"].dropna()
    ahead = tasks[tasks["deadline"] > day].sort_values("deadline", kind="stable")
    soon = max(soon, ahead["deadline"].min()) if len(ahead) else soon
    near = ahead[ahead["deadline"] <= soon]
    whose = near.merge(offices, on="task").drop_duplicates("department_zh")
    last, fallen = days.max() if len(days) else None, len(days) - len(ahead)
    return {
        "dated": len(days),
        "fallen": fallen,
        "left": len(ahead),
        "soon": soon,
        "by_soon": len(near),
        "last": last,
        "at_last": int((days == last).sum()),
        "stage": "ahead" if not fallen else "due" if len(ahead) else "over",
        **{f"offices_{language}": whose[f"department_{language}"].tolist() or ["—"]
           for language in ("zh", "en")},
    }  # fmt: skip


def told_pace(needed: pd.DataFrame, task: str) -> dict[str, object]:
    """Give the pace of one task as the values of a sentence.

    Parameters
    ----------
    needed : DataFrame
        From `pace_needed`, with the names of its units and tasks.
    task : str
        Code of a task that has a pace, or had one before its deadline fell due.

    Returns
    -------
    dict
        ``task_zh, task_en, unit_zh, unit_en, remaining, deadline, days_left, per_day, per_month``,
        ``pace_basis`` (``needed``, or ``passed``) and ``days_over`` (since the deadline).

    Raises
    ------
    KeyError
        The task never had a pace; the message lists those that have or had.

    Examples
    --------
    >>> needed = pd.DataFrame({"task": ["T1"], "pace_basis": ["needed"], "per_day": [7.8]})
    >>> told_pace(needed, "T2")
    Traceback (most recent call last):
    ...
    KeyError: "the task 'T2' has no pace; those that have one: T1"
    """
    paced = needed[needed["pace_basis"].isin(["needed", "passed"])].set_index("task")
    if task not in paced.index:
        listed = ", ".join(paced.index) or "none"
        raise KeyError(f"the task {task!r} has no pace; those that have one: {listed}")
    columns = ["task_zh", "task_en", "unit_zh", "unit_en", "remaining", "deadline", "days_left",
               "per_day", "per_month", "pace_basis"]  # fmt: skip
    told = paced.loc[task]
    return told[columns].to_dict() | {"days_over": -told["days_left"]}
