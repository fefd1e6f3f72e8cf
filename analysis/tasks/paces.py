"""The pace of each task, learned from its own months and from those of the other tasks.

Work done is a gamma process: in a month a task of pace r adds a gamma amount with mean r and shape
k. The paces of a place's tasks, each over the pace its deadline needs, are lognormal. Level, spread
and shape are not known either; they are averaged over a grid.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import gammainc, gammaincc, gammaln, logsumexp

from analysis.tasks.deadlines import DAYS_PER_MONTH
from analysis.tasks.reports import known_reports, settled_path

LOG_PACES = np.linspace(-5.0, 4.0, 151)
SHAPES = np.array([0.5, 1.0, 2.0, 4.0, 6.0, 9.0, 14.0, 24.0])
LEVELS = np.linspace(-2.0, 2.0, 21)
LEVEL_SD = 0.75
SPREADS = np.array([0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4])
# Shares of smaller works are blurred by counting in whole units.
COUNTED_WELL = 20
SMALLEST_SHARE = 0.02
SHORTEST_MONTHS = 20 / DAYS_PER_MONTH
WITHOUT_DEADLINE_MONTHS = 12.0


class Paces(NamedTuple):
    """
    What is known of the paces of tasks.

    Parameters
    ----------
    tasks : DataFrame
        As `histories` gives it, one row a task.
    chance : ndarray of shape (tasks, LOG_PACES, SHAPES)
        Chance of each log pace, over the pace needed, and of each shape; sums to 1 a task.

    Examples
    --------
    >>> learned_paces(histories(*_example())).chance.sum().round(6)
    np.float64(1.0)
    """

    tasks: pd.DataFrame
    chance: np.ndarray


def _example() -> tuple[pd.DataFrame, pd.DataFrame, str]:
    reports = pd.DataFrame({"task": "T1", "month": ["2018-01", "2018-02"], "done": [30.0, 60.0],
                            "reported_on": None})  # fmt: skip
    tasks = pd.DataFrame({"task": ["T1"], "target": [120.0], "deadline": ["2018-06-30"]})
    return known_reports(reports, "2018-03-28"), tasks, "2018-01-01"


def histories(known: pd.DataFrame, tasks: pd.DataFrame, start: str) -> pd.DataFrame:
    """Sum up the reports of each task for the model of its pace.

    Parameters
    ----------
    known : DataFrame
        From `known_reports`.
    tasks : DataFrame
        ``task, target, deadline``. Tasks without a target above zero, and reports on tasks that
        are not listed, are left out.
    start : str
        ISO date from which the reported work counts; nothing was done before it.

    Returns
    -------
    DataFrame
        One row a task with a report: ``task, target, allowed`` (months from the start to the last
        day, at least 20 days; 12 where there is no last day), ``elapsed, done, last_end`` (at the
        last month reported as not done: months, amount, day; 0 and the start where there is
        none), ``finish_after`` (months from there to the end of the month reported as done),
        ``finish_end`` (that day), ``step`` (unit in which it is reported), ``lengths, shares``
        (months and shares of the work of each stretch between reports).

    Examples
    --------
    >>> histories(*_example())[["elapsed", "done", "target"]].round(1).values.tolist()
    [[1.9, 60.0, 120.0]]
    """
    listed = tasks.loc[tasks["target"].gt(0), ["task", "target", "deadline"]]
    rows = known.merge(listed, on="task")
    begun = pd.Timestamp(start)
    rows = rows.assign(elapsed=((rows["month_end"] - begun).dt.days + 1) / DAYS_PER_MONTH)
    rows = rows[rows["elapsed"] > 0]
    rows = rows.assign(done=rows.groupby("task", sort=False)["done"].transform(settled_path))
    rows = rows.dropna(subset="done")
    told = [_history(own, begun) for _, own in rows.groupby("task", sort=False)]
    columns = ["task", "target", "allowed", "elapsed", "done", "last_end", "finish_after",
               "finish_end", "step", "lengths", "shares"]  # fmt: skip
    return pd.DataFrame(told, columns=columns)


def _history(own: pd.DataFrame, begun: pd.Timestamp) -> dict[str, object]:
    target, deadline = own["target"].iloc[0], pd.Timestamp(own["deadline"].iloc[0])
    allowed = ((deadline - begun).days + 1) / DAYS_PER_MONTH
    under, over = own[own["done"] < target], own[own["done"] >= target].head(1)
    elapsed, done = np.append(0.0, under["elapsed"]), np.append(0.0, under["done"])
    finish = over["elapsed"].iloc[0] if len(over) else np.nan
    return {
        "task": own["task"].iloc[0],
        "target": target,
        "allowed": WITHOUT_DEADLINE_MONTHS if pd.isna(deadline) else max(allowed, SHORTEST_MONTHS),
        "elapsed": elapsed[-1],
        "done": done[-1],
        "last_end": under["month_end"].iloc[-1] if len(under) else begun - pd.Timedelta(days=1),
        "finish_after": finish - elapsed[-1],
        "finish_end": over["month_end"].iloc[0] if len(over) else pd.NaT,
        "step": _step(own["done"]),
        "lengths": np.diff(elapsed),
        "shares": np.diff(done) / done[-1] if done[-1] > 0 else np.empty(0),
    }


def _step(done: pd.Series) -> float:
    """Whole units, tenths or hundredths, as the figures are written."""
    return next((s for s in (1.0, 0.1) if np.allclose(done / s, (done / s).round())), 0.01)


def learned_paces(tasks: pd.DataFrame) -> Paces:
    """Learn the pace of every task from its months and from the other tasks.

    Parameters
    ----------
    tasks : DataFrame
        From `histories`.

    Returns
    -------
    Paces
        Chances of paces and shapes, task by task.

    Raises
    ------
    ValueError
        There is no task with a report.

    References
    ----------
    van Noortwijk (2009), A survey of the application of gamma processes in maintenance,
    Reliability Engineering and System Safety 94, for the process; the level and spread between
    tasks are those of a hierarchical model (Gelman et al., Bayesian Data Analysis, chapter 5).

    Examples
    --------
    >>> paces = learned_paces(histories(*_example()))
    >>> pace = (np.exp(LOG_PACES) * paces.chance.sum(axis=2)).sum()
    >>> bool(1.1 < pace < 1.8)
    True
    """
    if tasks.empty:
        raise ValueError("no task with a number has a report; nothing can be learned of its pace")
    likelihood = _likelihoods(tasks)
    between, level_odds = _between_tasks()
    own = np.einsum("iuk,hu->ihk", likelihood, between, optimize=True)
    odds = np.log(own).sum(axis=0) + level_odds[:, None] + _evenness(tasks)
    weight = np.exp(odds - logsumexp(odds))
    chance = likelihood * np.einsum("ihk,hu->iuk", weight / own, between, optimize=True)
    return Paces(tasks, chance / chance.sum(axis=(1, 2), keepdims=True))


def _between_tasks() -> tuple[np.ndarray, np.ndarray]:
    """Chance of each log pace under each pair of level and spread, and the log odds of the pair."""
    level, spread = (part.ravel()[:, None] for part in np.meshgrid(LEVELS, SPREADS))
    density = np.exp(-0.5 * ((LOG_PACES - level) / spread) ** 2) + 1e-300
    return density / density.sum(axis=1, keepdims=True), -0.5 * (level[:, 0] / LEVEL_SD) ** 2


def _likelihoods(tasks: pd.DataFrame) -> np.ndarray:
    """Chance of what each task reports, up to a factor, under each log pace and shape."""
    names = ("target", "allowed", "elapsed", "done", "step", "finish_after")
    column = {name: tasks[name].to_numpy(float)[:, None, None] for name in names}
    pace = np.exp(LOG_PACES)[:, None] * column["target"] / column["allowed"]
    amount, age = SHAPES / pace, SHAPES * np.maximum(column["elapsed"], 1e-9)
    upper = gammainc(age, (column["done"] + column["step"]) * amount)
    reported = np.maximum(upper - gammainc(age, column["done"] * amount), 1e-200)
    reported = np.where(column["elapsed"] > 0, reported, 1.0)
    left = remaining(tasks)[:, None, None] * amount
    after = np.nan_to_num(column["finish_after"], nan=1.0)
    finished = np.maximum(gammaincc(SHAPES * after, left), 1e-200)
    told = reported * np.where(np.isnan(column["finish_after"]), 1.0, finished)
    return told / told.max(axis=(1, 2), keepdims=True)


def remaining(tasks: pd.DataFrame) -> np.ndarray:
    """Give the work left after the last report, from the middle of what the report can mean.

    Parameters
    ----------
    tasks : DataFrame
        From `histories`.

    Returns
    -------
    ndarray
        In the unit of the task, above 0. A report of 3 dwellings means 3 and a part of the fourth.

    Examples
    --------
    >>> float(remaining(histories(*_example()))[0])
    59.5
    """
    half = np.where(tasks["elapsed"] > 0, tasks["step"] / 2, 0.0)
    return np.maximum(tasks["target"] - tasks["done"] - half, tasks["step"] / 2).to_numpy(float)


def _evenness(tasks: pd.DataFrame) -> np.ndarray:
    """Log chance of how each task's work is shared between its months, under each shape."""
    told = np.zeros(len(SHAPES))
    for task in tasks[tasks["done"] >= COUNTED_WELL * tasks["step"]].itertuples():
        ages = SHAPES[:, None] * task.lengths
        shares = np.maximum(task.shares, SMALLEST_SHARE)
        told += gammaln(ages.sum(axis=1)) - gammaln(ages).sum(axis=1)
        told += ((ages - 1) * np.log(shares)).sum(axis=1)
    return told
