"""When each task will be done, and the chance that it is late."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import gammainc, gammaincc

from analysis import marks
from analysis.tasks.deadlines import DAYS_PER_MONTH
from analysis.tasks.paces import (
    LOG_PACES,
    SHAPES,
    Paces,
    histories,
    learned_paces,
    remaining,
)

DAYS_PER_YEAR = 365.25
AHEAD = 80
NEGLIGIBLE = 3e-6
COARSE = 0.02
SLICES = 6
FINISH = ["finish", "finish_low", "finish_high"]
VERDICTS = ("done", "done_late", "overdue", "likely_late", "likely_on_time", "cannot_tell")


def projected(
    tasks: pd.DataFrame,
    units: pd.DataFrame,
    known: pd.DataFrame,
    *,
    start: str,
    day: str,
    share: float = 0.8,
    sure: float = 0.8,
    horizon_years: float = 10.0,
) -> pd.DataFrame:
    """Project the day on which each task is done, with an interval and the chance that it is late.

    Parameters
    ----------
    tasks : DataFrame
        ``task, target, unit, deadline``.
    units : DataFrame
        ``unit, adds_up``.
    known : DataFrame
        From `reports.known_reports`.
    start : str
        ISO date from which the reported work counts.
    day : str
        ISO date of the projection.
    share : float
        Share of the probability inside the interval, 0 to 1.
    sure : float
        Chance from which a task is called on time or late, 0.5 to 1.
    horizon_years : float
        Years after the start beyond which no day is given.

    Returns
    -------
    DataFrame
        The tasks with ``done, done_share`` (reported last), ``due_share`` (share of the time from
        the start to the last day that was over at the end of the month reported last, or on
        ``day`` where nothing is reported), ``finish, finish_low, finish_high``
        (ISO dates; missing beyond the horizon, and where the task is overdue and was last reported
        before its last day), ``chance_late`` (0 to 1; 1 where overdue; missing without a last
        day or a report), ``verdict`` (`VERDICTS`), ``reason`` (why it cannot be told:
        ``no_number``, ``level``, ``no_deadline``, ``no_reports``, ``too_wide``; else missing) and
        ``beyond`` (the interval ends beyond the horizon).

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1"], "target": [9.0], "unit": ["village"],
    ...                       "deadline": ["2018-12-31"]})
    >>> units = pd.DataFrame({"unit": ["village"], "adds_up": [True]})
    >>> known = pd.DataFrame({"task": ["T1"], "month_end": [pd.Timestamp("2018-02-28")],
    ...                       "done": [9.0]})
    >>> found = projected(tasks, units, known, start="2018-01-01", day="2018-03-28")
    >>> found[["verdict", "chance_late"]].values.tolist()
    [['done', 0.0]]
    """
    adds_up = tasks["unit"].map(units.set_index("unit")["adds_up"]).fillna(False).astype(bool)
    counted = tasks[adds_up & tasks["target"].gt(0)]
    histories_of = histories(known, counted, start)
    last = known.sort_values("month_end").drop_duplicates("task", keep="last")
    found = tasks.merge(last[["task", "done", "month_end"]], how="left", on="task")
    adds_up = adds_up.reset_index(drop=True)
    found["done_share"] = (found["done"] / found["target"].where(adds_up)).replace(np.inf, np.nan)
    seen = pd.to_datetime(found.pop("month_end")).fillna(pd.Timestamp(day))
    found["due_share"] = _time_over(seen, pd.Timestamp(start), found["deadline"])
    days = _no_days() if histories_of.empty else finish_days(
        learned_paces(histories_of), tasks, start=start, share=share, horizon_years=horizon_years
    )  # fmt: skip
    found = found.merge(days, how="left", on="task")
    found["beyond"] = found["task"].isin(days["task"]) & found["finish_high"].isna()
    found["verdict"] = _verdicts(found, sure, pd.Timestamp(day))
    found["reason"] = _reasons(found, adds_up)
    return marks.carried(_late_for_certain(found, seen), known)


def _late_for_certain(found: pd.DataFrame, seen: pd.Series) -> pd.DataFrame:
    overdue = found["verdict"] == "overdue"
    # That the last day went by without the work done refutes what an older report led to expect.
    refuted = overdue & (seen < pd.to_datetime(found["deadline"], format="%Y-%m-%d"))
    days = found[FINISH].mask(refuted)
    return found.assign(chance_late=found["chance_late"].mask(overdue, 1.0), **days)


def _time_over(seen: pd.Series, start: pd.Timestamp, deadlines: pd.Series) -> pd.Series:
    allowed = (pd.to_datetime(deadlines, format="%Y-%m-%d") - start).dt.days + 1
    return (((seen - start).dt.days + 1) / allowed.where(allowed > 0)).clip(0, 1)


def _no_days() -> pd.DataFrame:
    text = dict.fromkeys(("task", *FINISH), "str")
    other = {"chance_late": "float", "reported_done": "boolean"}
    kinds = {**text, **other}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def finish_days(
    paces: Paces, tasks: pd.DataFrame, *, start: str, share: float, horizon_years: float = 10.0
) -> pd.DataFrame:
    """Give the median day of completion of each task, the ends of an interval, and the chance.

    Parameters
    ----------
    paces : Paces
        From `paces.learned_paces`.
    tasks : DataFrame
        ``task, deadline``.
    start : str
        ISO date from which the reported work counts.
    share : float
        Share of the probability inside the interval, 0 to 1, the rest in equal parts on either
        side.
    horizon_years : float
        Years after the start beyond which no day is given.

    Returns
    -------
    DataFrame
        ``task, finish, finish_low, finish_high`` (ISO dates), ``chance_late, reported_done``.
        A task reported as done was done at any time between the report before and that one.

    Examples
    --------
    >>> from analysis.tasks.paces import _example
    >>> known, tasks, start = _example()
    >>> paces = learned_paces(histories(known, tasks, start))
    >>> found = finish_days(paces, tasks, start=start, share=0.8)
    >>> bool(found["finish_low"].item() < found["finish"].item() < found["finish_high"].item())
    True
    """
    rows = paces.tasks.merge(tasks[["task", "deadline"]], on="task")
    left, tails = remaining(rows), (0.5, (1 - share) / 2, (1 + share) / 2)
    until = pd.Timestamp(start) + pd.Timedelta(days=round(horizon_years * DAYS_PER_YEAR))
    told = []
    for place, row in enumerate(rows.itertuples()):
        allowed = (pd.Timestamp(row.deadline) - row.last_end).days
        if pd.isna(row.finish_after):
            cases = _cases(paces.chance[place], row, left[place])
            months, late = _ahead(cases, tails, allowed / DAYS_PER_MONTH)
        else:
            months = np.array(tails) * row.finish_after
            late = 1 - np.clip(allowed / (row.finish_end - row.last_end).days, 0, 1)
        finish, low, high = _days(row.last_end, months, until)
        told.append((row.task, finish, low, high, late, pd.notna(row.finish_after)))
    columns = ["task", *FINISH, "chance_late", "reported_done"]
    return pd.DataFrame(told, columns=columns).astype(
        {**dict.fromkeys(columns[:4], "str"), "reported_done": "boolean"}
    )


class _Cases(NamedTuple):
    """Every case of shape, pace (a month) and work left that a report allows, with its chance."""

    shape: np.ndarray
    pace: np.ndarray
    left: np.ndarray
    chance: np.ndarray


def _cases(chance: np.ndarray, row, left: float) -> _Cases:
    kept = chance > NEGLIGIBLE
    pace = (np.exp(LOG_PACES)[:, None] * row.target / row.allowed + 0 * SHAPES)[kept]
    shape = (SHAPES + 0 * LOG_PACES[:, None])[kept]
    whole = _Cases(shape, pace, np.full(len(pace), left), chance[kept] / chance[kept].sum())
    # Where one unit is much of the work, what part of the next is done matters.
    coarse = row.elapsed > 0 and row.step > COARSE * row.target
    return _sliced(whole, row) if coarse else whole


def _sliced(whole: _Cases, row) -> _Cases:
    edges = row.done + row.step * np.linspace(0, 1, SLICES + 1)[:, None]
    up_to = gammainc(whole.shape * row.elapsed, whole.shape * edges / whole.pace)
    odds = np.diff(up_to, axis=0) + 1e-12
    left = row.target - (edges[1:] + edges[:-1]) / 2 + 0 * odds
    chance = whole.chance * odds / odds.sum(axis=0)
    return _Cases(
        np.tile(whole.shape, SLICES), np.tile(whole.pace, SLICES), left.ravel(), chance.ravel()
    )


def _ahead(cases: _Cases, tails: tuple[float, ...], allowed: float) -> tuple[np.ndarray, float]:
    """Months from the last report to the quantiles asked for, and the chance of being late."""
    times = np.log(cases.left / cases.pace)
    middle = np.average(times, weights=cases.chance)
    spread = np.sqrt(np.average((times - middle) ** 2, weights=cases.chance))
    reach = 1.5 + 4 * spread + 3 / np.sqrt(1 + np.exp(middle))
    months = np.exp(np.linspace(middle - reach, middle + reach, AHEAD))
    quantiles = np.exp(np.interp(tails, _done_by(months, cases), np.log(months), right=np.inf))
    if np.isnan(allowed):
        return quantiles, np.nan
    return quantiles, 1 - float(_done_by(np.array([allowed]), cases)[0]) if allowed > 0 else 1.0


def _done_by(months: np.ndarray, cases: _Cases) -> np.ndarray:
    need = cases.shape * cases.left / cases.pace
    return gammaincc(cases.shape * months[:, None], need) @ cases.chance


def _days(start: pd.Timestamp, months: np.ndarray, until: pd.Timestamp) -> list[str | None]:
    """Days of so many months from a day; missing beyond the last."""
    most = (until - start).days
    days = np.ceil(np.minimum(months * DAYS_PER_MONTH, most + 1.0))
    ahead = [start + pd.Timedelta(days=int(count)) for count in days]
    return [f"{day:%Y-%m-%d}" if day <= until else None for day in ahead]


def _verdicts(found: pd.DataFrame, sure: float, day: pd.Timestamp) -> pd.Series:
    late, done = found["chance_late"], found["reported_done"].eq(True).fillna(False).astype(bool)
    over = pd.to_datetime(found["deadline"], format="%Y-%m-%d") < day
    verdict = pd.Series("cannot_tell", found.index)
    verdict = verdict.mask(late >= sure, "likely_late").mask(late <= 1 - sure, "likely_on_time")
    verdict = verdict.mask(over & late.notna(), "overdue")
    return verdict.mask(done, "done").mask(done & (late > 0.5), "done_late")


def _reasons(found: pd.DataFrame, adds_up: pd.Series) -> pd.Series:
    reasons = {
        "no_number": ~found["target"].gt(0),
        "level": ~adds_up,
        "no_reports": found["finish_low"].isna() & ~found["beyond"],
        "no_deadline": found["deadline"].isna(),
        "too_wide": found["chance_late"].notna(),
    }
    reason = pd.Series(pd.NA, found.index, dtype="object")
    for name, holds in reversed(reasons.items()):
        reason = reason.mask(holds, name)
    return reason.where(found["verdict"] == "cannot_tell")


def late_by_office(found: pd.DataFrame, offices: pd.DataFrame, share: float = 0.8) -> pd.DataFrame:
    """Give the number of late tasks to expect of each leading office, with an interval.

    Parameters
    ----------
    found : DataFrame
        From `projected`.
    offices : DataFrame
        Offices that lead, from `departments.leads`.
    share : float
        Share of the probability inside the interval, 0 to 1.

    Returns
    -------
    DataFrame
        One row an office, most expected first, those without a task whose chance is known last:
        ``department_zh, department_en, judged, late_expected, late_low, late_high`` (late
        tasks; the chances of the tasks are taken as independent), ``likely_late`` (called late or
        overdue), ``not_judged`` (its other tasks), ``apart`` (its interval overlaps that of no
        other office, so that its place in the list is not chance).

    Examples
    --------
    >>> found = pd.DataFrame({"task": ["T1", "T2"], "chance_late": [1.0, None],
    ...                       "verdict": ["overdue", "cannot_tell"]})
    >>> offices = pd.DataFrame({"task": ["T1", "T2"], "department_zh": "市水务局",
    ...                         "department_en": "water bureau"})
    >>> late_by_office(found, offices)[["late_expected", "not_judged"]].values.tolist()
    [[1.0, 1.0]]
    """
    rows = offices.merge(found[["task", "chance_late", "verdict"]], on="task")
    by = ["department_zh", "department_en"]
    told = [{**dict(zip(by, names, strict=True)), **_expected(own, share)}
            for names, own in rows.groupby(by)]  # fmt: skip
    ranked = pd.DataFrame(told).sort_values("late_expected", ascending=False, kind="stable")
    apart = ranked.assign(apart=_apart(ranked)).reset_index(drop=True)
    return marks.carried(apart, found)


def _expected(own: pd.DataFrame, share: float) -> dict[str, float]:
    chances = own["chance_late"].dropna().to_numpy(float)
    if not len(chances):
        ends = dict.fromkeys(("late_expected", "late_low", "late_high"), np.nan)
        return {"judged": 0, **ends, "likely_late": 0, "not_judged": len(own)}
    odds = np.ones(1)
    for chance in chances:
        odds = np.convolve(odds, [1 - chance, chance])
    low, high = np.searchsorted(odds.cumsum(), [(1 - share) / 2, (1 + share) / 2 - 1e-12])
    return {
        "judged": len(chances),
        "late_expected": chances.sum(),
        "late_low": int(low),
        "late_high": int(min(high, len(chances))),
        "likely_late": int(own["verdict"].isin(["likely_late", "overdue", "done_late"]).sum()),
        "not_judged": int(own["chance_late"].isna().sum()),
    }


def _apart(ranked: pd.DataFrame) -> list[bool]:
    low, high = ranked["late_low"].to_numpy(), ranked["late_high"].to_numpy()
    judged = np.flatnonzero(ranked["judged"] > 0)
    alone = [all(low[i] > high[j] or low[j] > high[i] for j in judged if j != i) for i in judged]
    apart = np.zeros(len(ranked), dtype=bool)
    apart[judged] = alone
    return apart.tolist()


def summary(found: pd.DataFrame, share: float = 0.8) -> dict[str, float]:
    """Sum the projection up over all tasks.

    Parameters
    ----------
    found : DataFrame
        From `projected`.
    share : float
        Share of the probability inside the interval, 0 to 1.

    Returns
    -------
    dict
        ``tasks, judged`` (with a chance), ``late`` (likely late, overdue or done late), ``on_time``
        (likely on time, or done in time), ``overdue`` (of those late), ``open`` (judged, but it
        cannot be told), ``not_judged``, ``no_reports`` (not judged for want of a report alone),
        ``late_expected, late_low, late_high`` (late tasks of those judged; missing if there are
        none), and ``verdict``: ``untold`` (none is judged), ``overdue`` (some are), else ``told``.

    Examples
    --------
    >>> found = pd.DataFrame({"chance_late": [1.0, None], "verdict": ["overdue", "cannot_tell"],
    ...                       "reason": [None, "no_reports"]})
    >>> summary(found)["late"], summary(found)["no_reports"]
    (1, 1)
    """
    judged = found["chance_late"].notna()
    counted = _expected(found, share)
    on_time = found["verdict"].isin(["likely_on_time", "done"]) & judged
    overdue = int(found["verdict"].eq("overdue").sum())
    return {
        "tasks": len(found),
        "judged": counted["judged"],
        "late": counted["likely_late"],
        "overdue": overdue,
        "on_time": int(on_time.sum()),
        "open": int((judged & found["verdict"].eq("cannot_tell")).sum()),
        "not_judged": counted["not_judged"],
        "no_reports": int(found["reason"].eq("no_reports").sum()),
        **{name: counted[name] for name in ("late_expected", "late_low", "late_high")},
        "verdict": "overdue" if overdue else "told" if counted["judged"] else "untold",
    }
