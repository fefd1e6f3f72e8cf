"""How often the intervals of completion hold: on synthetic cities, and where the model is wrong.

`python -m tests.references_tasks` prints the table of docs/methods/tasks.md.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from analysis import tables, tasks
from analysis.synthetic.ledgers import task_reports

START = "2018-01-01"
MONTHS = [str(month) for month in pd.period_range("2018-01", "2023-12", freq="M")]
NEVER = "9998"
DAYS = ("2018-02-20", "2018-03-28", "2018-04-12", "2018-07-12", "2018-10-12")
TASKS = 25


def coverage(
    seeds: Iterable[int], days: Sequence[str], generate: Callable
) -> tuple[dict[float, float], pd.DataFrame, int]:
    """Share of the tasks not yet done whose true day lies inside the 80 % and 90 % interval."""
    held, size, ahead = {0.8: 0, 0.9: 0}, 0, []
    for seed in seeds:
        plan, reports, completed = generate(np.random.default_rng(seed))
        for day in days:
            known = tasks.known_reports(reports, day)
            paces = tasks.learned_paces(tasks.histories(known, plan, START))
            for share in held:
                found = tasks.finish_days(paces, plan, start=START, share=share)
                left = found[~found["reported_done"]].merge(completed, on="task")
                high = left["finish_high"].fillna("9999")
                held[share] += left["completed_on"].between(left["finish_low"], high).sum()
            size += len(left)
            ahead.append(left.merge(plan[["task", "deadline"]], on="task"))
    return {share: count / size for share, count in held.items()}, pd.concat(ahead), size


def city(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The tasks of the speech, with what a synthetic city reports on them and what was true."""
    reports, truth = task_reports("wenshan", MONTHS, rng)
    plan = tables.read("tasks", place="wenshan")
    completed = truth[["task", "completed_on"]].fillna(NEVER)
    return plan[plan["task"].isin(truth["task"])], reports, completed


def made(
    rng: np.random.Generator,
    *,
    level: float = 0.0,
    spread: float = 0.35,
    shape: float = 6.0,
    begins: float = 0.0,
    slowing: float = 0.0,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tasks of known level, spread and shape, that may begin late or slow down."""
    target = np.rint(np.exp(rng.uniform(np.log(5), np.log(5000), TASKS)))
    allowed = rng.integers(6, 19, TASKS)
    pace = target / allowed * np.exp(level + spread * rng.standard_normal(TASKS))
    months = np.arange(len(MONTHS))
    begun = np.clip(months + 1 - rng.uniform(0, 2 * begins, TASKS)[:, None], 0, 1)
    worked = begun * np.exp(-slowing * months)
    steps = pace[:, None] * rng.gamma(shape * np.maximum(worked, 1e-6)) / shape
    path = np.hstack([np.zeros((TASKS, 1)), np.cumsum(steps, axis=1)])
    ends = pd.date_range(START, periods=len(MONTHS), freq="ME")
    last = [pd.Timestamp(START) + pd.DateOffset(months=int(m), days=-1) for m in allowed]
    plan = pd.DataFrame(
        {"task": [f"T{n:02d}" for n in range(TASKS)], "target": target,
         "deadline": [f"{day:%Y-%m-%d}" for day in last]}
    )  # fmt: skip
    reports = plan[["task", "target"]].merge(pd.DataFrame({"month_end": ends}), how="cross")
    reports["done"] = np.minimum(np.floor(path[:, 1:].ravel()), reports["target"])
    reports["month"] = reports["month_end"].dt.strftime("%Y-%m")
    came = reports["month_end"] + pd.Timedelta(days=3)
    reports["reported_on"] = came.dt.strftime("%Y-%m-%d")
    return plan, reports, _completed(plan, path, ends)


def _completed(plan: pd.DataFrame, path: np.ndarray, ends: pd.DatetimeIndex) -> pd.DataFrame:
    days = np.append(0, (ends - pd.Timestamp(START)).days + 1)
    met = [np.interp(t, own, days, right=np.nan) for t, own in
           zip(plan["target"], path, strict=True)]  # fmt: skip
    day = pd.Timestamp(START) + pd.to_timedelta(np.ceil(met) - 1, "D")
    told = pd.Series(day).dt.strftime("%Y-%m-%d").fillna(NEVER)
    return pd.DataFrame({"task": plan["task"], "completed_on": told})


CASES = {
    "as the model says": {},
    "all a third slower than needed": {"level": -0.4},
    "paces far apart (spread 0.8)": {"spread": 0.8},
    "uneven months (shape 1.5)": {"shape": 1.5},
    "work begins up to two months late": {"begins": 1.0},
    "pace falls by 5 % a month": {"slowing": 0.05},
}


def main(seeds: int = 12) -> None:
    """Print one line a case and day."""
    for day in DAYS:
        held, _, size = coverage(range(seeds), [day], city)
        line = f"| synthetic city, {day} | {size} | {held[0.8]:.0%} | {held[0.9]:.0%} |"
        print(line, flush=True)
    for name, given in CASES.items():
        held, _, size = coverage(
            range(seeds), ["2018-04-12", "2018-07-12"], lambda rng, given=given: made(rng, **given)
        )
        print(f"| {name} | {size} | {held[0.8]:.0%} | {held[0.9]:.0%} |", flush=True)


if __name__ == "__main__":
    main()
