"""What was reported by a day, month by month, and what is odd about it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis import marks

REPORT = ["task", "month", "done", "reported_on"]


def reports_of(ledgers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Take the monthly reports from an office's ledgers.

    Parameters
    ----------
    ledgers : mapping
        Tables by name; an office may keep no ``task_progress``.

    Returns
    -------
    DataFrame
        ``task, month, done, reported_on``; no rows where the office keeps no such table.

    Examples
    --------
    >>> len(reports_of({}))
    0
    """
    empty = pd.DataFrame({name: pd.Series(dtype="object") for name in REPORT})
    return ledgers.get("task_progress", empty)


def known_reports(reports: pd.DataFrame, day: str) -> pd.DataFrame:
    """Keep the reports that had come in by a day, the latest one of each task and month.

    Parameters
    ----------
    reports : DataFrame
        ``task, month`` (2018-03), ``done`` (in all, up to the end of the month), ``reported_on``
        (ISO date; where missing, the first day after the month).
    day : str
        ISO date.

    Returns
    -------
    DataFrame
        ``task, month, month_end, done, reported_on, corrected`` (an earlier report of the same
        month was replaced), by task and month. Reports without a figure are left out.

    Examples
    --------
    >>> reports = pd.DataFrame({"task": "T1", "month": ["2018-02", "2018-03"], "done": [4.0, 9.0],
    ...                         "reported_on": ["2018-03-02", "2018-04-02"]})
    >>> known_reports(reports, "2018-03-28")["done"].tolist()
    [4.0]
    """
    first = pd.to_datetime(reports["month"].astype(str) + "-01", format="%Y-%m-%d")
    after = first + pd.offsets.MonthBegin(1)
    came = pd.to_datetime(reports["reported_on"], format="%Y-%m-%d").fillna(after)
    told = reports.assign(
        month=first.dt.strftime("%Y-%m"),
        month_end=after - pd.Timedelta(days=1),
        done=reports["done"].astype(float),
        reported_on=came,
    )
    told = told[told["done"].notna() & (came <= pd.Timestamp(day))]
    told = told.sort_values(["task", "month", "reported_on"], kind="stable")
    told["corrected"] = told.duplicated(["task", "month"], keep="first")
    columns = ["task", "month", "month_end", "done", "reported_on", "corrected"]
    last = told.drop_duplicates(["task", "month"], keep="last", ignore_index=True)[columns]
    return marks.carried(last, reports)


def settled_path(done: pd.Series) -> pd.Series:
    """Take back what a later report contradicts, for what is done cannot become undone.

    Parameters
    ----------
    done : Series
        Figures of one task in order of months.

    Returns
    -------
    Series
        Each figure, missing where a later one is below it: the later report is believed.

    Examples
    --------
    >>> settled_path(pd.Series([5.0, 9.0, 8.0])).tolist()
    [5.0, nan, 8.0]
    """
    later = done[::-1].cummin()[::-1]
    return done.astype(float).where(done <= later)


def flags(known: pd.DataFrame, tasks: pd.DataFrame, late_days: float) -> pd.DataFrame:
    """Say what is odd about each report.

    Parameters
    ----------
    known : DataFrame
        From `known_reports`, or from `published.publishable_reports`: whether a report repeats the
        month before is not said where its number may not be told.
    tasks : DataFrame
        ``task, target, deadline``.
    late_days : float
        Days after the month's end from which a report is late.

    Returns
    -------
    DataFrame
        One row a report and flag, ``task, month, flag``: ``unknown_task`` (not in the list of
        tasks), ``falls`` (below the month before), ``repeats`` (the same as the month before,
        though not done), ``gap`` (months left out before it), ``above_target``,
        ``after_deadline`` (on a month that begins after the last day), ``late``,
        ``early`` (came before its month was over), ``corrected``, ``no_number`` (the task has no
        target, or a target of zero).

    Examples
    --------
    >>> reports = pd.DataFrame({"task": "T1", "month": ["2018-01", "2018-02"],
    ...     "done": [5.0, 4.0], "reported_on": ["2018-02-02", "2018-03-02"]})
    >>> tasks = pd.DataFrame({"task": ["T1"], "target": [9.0], "deadline": ["2018-12-31"]})
    >>> flags(known_reports(reports, "2018-04-01"), tasks, 10)["flag"].tolist()
    ['falls']
    """
    rows = known.merge(tasks[["task", "target", "deadline"]], how="left", on="task")
    before = rows.groupby("task")["done"].shift()
    few = rows.get("few", pd.Series(False, rows.index))
    months = rows["month_end"].dt.to_period("M").astype("int64")
    start = pd.to_datetime(rows["month"] + "-01", format="%Y-%m-%d")
    odd = {
        "unknown_task": ~rows["task"].isin(tasks["task"]),
        "falls": rows["done"] < before,
        "repeats": (rows["done"] == before) & ~(rows["done"] >= rows["target"]) & ~few,
        "gap": months.groupby(rows["task"]).diff() > 1,
        "above_target": rows["target"].gt(0) & (rows["done"] > rows["target"]),
        "after_deadline": start > pd.to_datetime(rows["deadline"], format="%Y-%m-%d"),
        "late": (rows["reported_on"] - rows["month_end"]).dt.days > late_days,
        "early": rows["reported_on"] <= rows["month_end"],
        "corrected": rows["corrected"],
        "no_number": rows["task"].isin(tasks["task"]) & ~rows["target"].gt(0),
    }
    told = [rows.loc[holds.astype(bool), ["task", "month"]].assign(flag=name)
            for name, holds in odd.items()]  # fmt: skip
    found = pd.concat(told).sort_values(["task", "month"], kind="stable", ignore_index=True)
    return marks.carried(found, known)


def flag_counts(found: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Count the reports and tasks that each flag touches.

    Parameters
    ----------
    found : DataFrame
        From `flags`.
    known : DataFrame
        The reports, from `known_reports`.

    Returns
    -------
    DataFrame
        ``flag, reports, tasks, share`` (of all reports, 0 to 1), commonest first; the first row,
        ``all_reports``, counts them all and its share is missing.

    Examples
    --------
    >>> found = pd.DataFrame({"task": ["T1"], "month": ["2018-02"], "flag": ["falls"]})
    >>> known = pd.DataFrame({"task": ["T1", "T1"], "month": ["2018-01", "2018-02"]})
    >>> flag_counts(found, known)["reports"].tolist()
    [2, 1]
    """
    every = pd.DataFrame(
        {"flag": ["all_reports"], "reports": [len(known)], "tasks": [known["task"].nunique()]}
    )
    counted = found.groupby("flag").agg(reports=("month", "size"), tasks=("task", "nunique"))
    ranked = counted.reset_index().sort_values("reports", ascending=False, kind="stable")
    share = ranked["reports"] / max(len(known), 1)
    counts = pd.concat([every, ranked.assign(share=share)], ignore_index=True)
    return marks.carried(counts, known)
