"""The other ledgers of a synthetic city: villages by year, helpers, and reports on tasks."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis import tables
from analysis.marks import PREFIX
from analysis.synthetic.register import ABSENT, NEVER, Register
from analysis.synthetic.settings import LAST_YEAR, YEARS

POPULATION_GROWTH = 0.004
VILLAGE_COLUMNS = [
    "village", "year", "village_zh", "township", "poor_village", "exited_year", "population",
    "households", "natural_villages", "tap_water_share", "three_phase_power",
    "hardened_road_share", "safe_housing_share", "radio_tv_share", "broadband", "school_dropouts",
    "clinic_m2", "doctors", "venue", "collective_income_yuan",
]  # fmt: skip


def village_table(
    villages: pd.DataFrame, households: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """
    Write the villages out, one row a village and year.

    Parameters
    ----------
    villages : DataFrame
        As `villages.laid_out` gives it.
    households : DataFrame
        The contract's table.
    rng : Generator
        Source of chance.

    Returns
    -------
    DataFrame
        The contract's table ``villages``. A village that has exited meets the thresholds of its
        services from that year on.
    """
    number, shape = len(villages), (len(villages), len(YEARS))
    row, column = (at.ravel() for at in np.indices(shape))
    frame = villages.iloc[row][["village", "village_zh", "township", "poor_village", "exited_year"]]
    frame = frame.reset_index(drop=True).assign(year=YEARS[column])
    frame["population"] = _by_year(villages["population"]).ravel()
    frame["households"] = (frame["population"] / 3.84).round().astype(np.int64)
    frame["natural_villages"] = villages["natural_villages"].to_numpy()[row]
    exits = villages["exited_year"].fillna(LAST_YEAR + 99).to_numpy(dtype=int)
    ready = (exits[:, None] <= YEARS) | ~villages["poor_village"].to_numpy()[:, None]
    for name, values in _services(villages, ready, number, rng).items():
        frame[name] = values.ravel()
    frame = _from_households(frame, households)
    frame["exited_year"] = frame["exited_year"].mask(frame["exited_year"] > frame["year"])
    booleans = dict.fromkeys(("poor_village", "three_phase_power", "broadband", "venue"), "boolean")
    return frame.astype(booleans)[VILLAGE_COLUMNS]


def _by_year(population: pd.Series) -> np.ndarray:
    growth = (1 + POPULATION_GROWTH) ** (YEARS - LAST_YEAR)
    return np.rint(population.to_numpy()[:, None] * growth).astype(np.int64)


def _services(
    villages: pd.DataFrame, ready: np.ndarray, number: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    quality = rng.standard_normal((number, 1)) + 0.35 * (YEARS - LAST_YEAR)
    tap = _share(1.6 + quality + 0.4 * rng.standard_normal((number, 1)))
    dry = villages["water"].to_numpy()[:, None]
    income = np.where(rng.random((number, 1)) < 0.55, 0.0, rng.gamma(1.4, 14_000, (number, 1)))
    income = income * 1.2 ** (YEARS - LAST_YEAR)
    clinic = np.where(rng.random((number, 1)) < 0.7, rng.integers(90, 160, (number, 1)), 45)
    return {
        "tap_water_share": np.where(ready, 1.0, np.where(dry, 0.12, tap)).round(3),
        "three_phase_power": ready | (quality > -1.6),
        "hardened_road_share": np.where(ready, 1.0, _share(2.2 + 1.5 * quality)).round(3),
        "radio_tv_share": np.where(ready, 1.0, _share(3.0 + quality)).round(3),
        "broadband": ready | (quality > -1.0),
        "clinic_m2": np.where(ready, np.maximum(clinic, 90), clinic * np.ones(ready.shape)),
        "doctors": np.where(ready, 1, 0) + (rng.random((number, 1)) < 0.8),
        "venue": ready | (quality > -0.7),
        "collective_income_yuan": np.where(ready, np.maximum(income, 20_500), income).round(-2),
    }


def _share(logit: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-logit))


def _from_households(frame: pd.DataFrame, households: pd.DataFrame) -> pd.DataFrame:
    unsafe = households["house_grade"].isin(["C", "D"])
    counted = households.assign(unsafe=unsafe).groupby(["village", "year"])
    sums = counted[["unsafe", "school_dropouts"]].sum()
    frame = frame.merge(sums, how="left", left_on=["village", "year"], right_index=True)
    frame["school_dropouts"] = frame["school_dropouts"].fillna(0).astype(np.int64)
    frame["safe_housing_share"] = (1 - frame["unsafe"].fillna(0) / frame["households"]).round(4)
    return frame


def helper_table(
    register: Register,
    household_codes: np.ndarray,
    counts: Mapping[str, int],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """
    Pair the households still on the register with helpers, as unevenly as offices do.

    Parameters
    ----------
    register : Register
        As `households.placed` gives it.
    household_codes : ndarray of str
        Code of each household.
    counts : mapping
        As `settings.targets` gives them.
    rng : Generator
        Source of chance.

    Returns
    -------
    DataFrame
        The contract's table ``helpers``. About one household in fifty has none, one in
        twenty-five has two; some helpers have far too many.
    """
    listed = np.flatnonzero(~np.isin(register.state[:, -1], (ABSENT, NEVER)))
    luck = rng.random(len(listed))
    paired = np.repeat(listed, np.where(luck < 0.02, 0, np.where(luck > 0.96, 2, 1)))
    helpers = max(counts["helping_departments"], round(len(listed) / 5))
    load = rng.gamma(2.0, size=helpers)
    # Everyone helps somebody first, so that no department on the list is without a household.
    chosen = rng.choice(helpers, len(paired), p=load / load.sum())
    chosen[rng.permutation(len(paired))[:helpers]] = np.arange(helpers)[: len(paired)]
    department = np.concatenate(
        [
            np.arange(counts["helping_departments"]),
            rng.integers(0, counts["helping_departments"], helpers - counts["helping_departments"]),
        ]
    )
    frame = pd.DataFrame(
        {
            "household": household_codes[paired],
            "helper": [f"{PREFIX}A{at + 1:05d}" for at in chosen],
            "department": [f"{PREFIX}D{at + 1:03d}" for at in department[chosen]],
        }
    )
    return frame.drop_duplicates(["household", "helper"], ignore_index=True)


def task_reports(
    place: str, months: list[str], rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Draw what offices report on their tasks, and what was really done.

    Parameters
    ----------
    place : str
        Folder whose ``tasks`` are reported on; those with a target and a deadline.
    months : list of str
        Months of the reports, such as 2018-04.
    rng : Generator
        Source of chance.

    Returns
    -------
    reports : DataFrame
        The contract's table ``task_progress``: some months are missing, some figures rounded,
        some reports late, a few taken back.
    truth : DataFrame
        ``task, start, pace_per_month, target, finished_on`` (the day on which the target is met
        at the true pace), ``completed_on`` (the day on which it was really met, good months and
        bad; missing where it was not within the months).
    """
    tasks = tables.read("tasks", place=place)
    tasks = tasks[tasks["target"].notna() & tasks["deadline"].notna() & tasks["target"].gt(1)]
    tasks = tasks[~tasks["unit"].isin(["share", "bed", "m2", "kVA"])].reset_index(drop=True)
    truth = _true_paces(tasks, np.datetime64(months[0], "D"), rng)
    elapsed = np.arange(1, len(months) + 1)
    noise = rng.gamma(6.0, 1 / 6.0, (len(tasks), len(months)))
    done = np.cumsum(truth["pace_per_month"].to_numpy()[:, None] * noise, axis=1)
    truth["completed_on"] = _completed(done, truth, months)
    done = np.minimum(done, tasks["target"].to_numpy()[:, None])
    return _reported(tasks, done, months, elapsed, rng), truth


def _true_paces(
    tasks: pd.DataFrame, start: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    days = (pd.to_datetime(tasks["deadline"]) - pd.Timestamp(start)).dt.days.clip(lower=20)
    needed = tasks["target"] / (days / 30.4)
    pace = needed * np.exp(0.35 * rng.standard_normal(len(tasks)))
    finished = pd.Timestamp(start) + pd.to_timedelta((tasks["target"] / pace * 30.4).round(), "D")
    return pd.DataFrame(
        {
            "task": tasks["task"],
            "start": str(start),
            "pace_per_month": pace,
            "target": tasks["target"],
            "finished_on": finished.dt.strftime("%Y-%m-%d"),
        }
    )


def _completed(done: np.ndarray, truth: pd.DataFrame, months: list[str]) -> pd.Series:
    """The day of a month on which steady work within it meets the target."""
    ends = (np.array(months, dtype="datetime64[M]") + 1).astype("datetime64[D]")
    days = np.append(0.0, (ends - np.datetime64(months[0], "D")).astype(float))
    targets = truth["target"].to_numpy(float)
    paths = np.hstack([np.zeros((len(done), 1)), done])
    met = [np.interp(t, path, days, right=np.nan) for t, path in zip(targets, paths, strict=True)]
    met_on = pd.to_datetime(truth["start"]) + pd.to_timedelta(np.ceil(met) - 1, "D")
    return met_on.dt.strftime("%Y-%m-%d")


def _reported(
    tasks: pd.DataFrame,
    done: np.ndarray,
    months: list[str],
    elapsed: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    row, column = (at.ravel() for at in np.indices(done.shape))
    values = np.floor(done.ravel())
    rounded = (rng.random(len(values)) < 0.1) & (values > 100)
    values = np.where(rounded, np.round(values, -1), values)
    values = np.minimum(values, tasks["target"].to_numpy()[row])
    back = rng.random(len(values)) < 0.03
    values = np.where(back, np.floor(0.9 * values), values)
    last_day = (np.array(months, dtype="datetime64[M]") + 1).astype("datetime64[D]")[column]
    late = rng.integers(0, 6, len(values)) + np.where(rng.random(len(values)) < 0.08, 30, 0)
    frame = pd.DataFrame(
        {
            "task": tasks["task"].to_numpy()[row],
            "month": np.array(months)[column],
            "done": values,
            "reported_on": (last_day + late).astype(str),
        }
    )
    return frame[rng.random(len(frame)) > 0.06].reset_index(drop=True)
