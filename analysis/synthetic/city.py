"""One synthetic city: every ledger an office would hold, and the truth behind them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.marks import marked
from analysis.synthetic import flows, households, ledgers, people, register, villages, works
from analysis.synthetic.settings import YEARS, Effects, lines, targets

TABLES = [
    "households", "members", "villages", "projects", "payments", "task_progress", "helpers", "flows"
]  # fmt: skip


@dataclass(frozen=True)
class City:
    """
    The ledgers of a synthetic city, with the truth that made them.

    Parameters
    ----------
    tables : mapping
        Frames by the names of the contract: households, members, villages, projects, payments,
        task_progress, helpers, flows. Each is marked synthetic.
    truth : mapping
        Frames: ``effects`` (name and value of every known cause), ``village_years`` (funds per
        registered person, the income they brought, the true shock), ``returns`` (households at
        risk, covariates, true chance, outcome), ``delays`` (of works), ``tasks`` (true paces).
    counts : mapping
        The margins the city was held to.
    register : Register
        What the household ledger was written from, with the incomes nobody sees.
    layout : DataFrame
        The villages it was made in.

    Examples
    --------
    >>> sorted(city(scale=0.03).tables)[:3]
    ['flows', 'helpers', 'households']
    """

    tables: Mapping[str, pd.DataFrame]
    truth: Mapping[str, pd.DataFrame]
    counts: Mapping[str, int]
    register: register.Register
    layout: pd.DataFrame


def city(
    *,
    seed: int = 0,
    scale: float = 1.0,
    place: str = "wenshan",
    effects: Effects | None = None,
    counts: Mapping[str, int] | None = None,
    everyone: bool = False,
    months: tuple[str, ...] = ("2018-01", "2018-02", "2018-03"),
) -> City:
    """
    Make a synthetic city whose margins are the printed ones and whose causes are known.

    Parameters
    ----------
    seed : int
        The same seed gives the same city.
    scale : float
        1 is the printed city; 0.03 a township of about 500 households; 61 a province of 8,500
        villages.
    place : str
        Folder of the place whose margins, townships and tasks are used.
    effects : Effects, optional
        Known causes.
    counts : mapping, optional
        What the city is held to, as `settings.targets` gives it; the printed figures of the place
        unless given.
    everyone : bool
        Whether households that were never on the register are listed too; otherwise only those
        short of water are.
    months : tuple of str
        Months in which offices report on their tasks.

    Returns
    -------
    City
        Tables, truth and counts. The year 2017 is the state of the register in March 2018:
        nobody exits in the first months of a year.

    Raises
    ------
    ValueError
        The margins cannot be met at this scale.

    Examples
    --------
    >>> made = city(scale=0.03, seed=1)
    >>> made.tables["households"].attrs["status"]
    'synthetic'
    """
    effects = effects or Effects()
    rng = np.random.default_rng(seed)
    counts = counts or targets(place, scale=scale)
    layout = villages.laid_out(counts, place, effects, rng)
    base = register.drawn_households(layout, counts, rng)
    persons = np.bincount(base["at"], base["size"], len(layout))
    projects, payments, delays = works.funded(layout, persons, counts, effects, rng)
    spent = works.spent_per_person(projects, payments, layout["village"], persons)
    from_funds = works.lagged(spent, effects.funds)
    followed = register.followed(
        base, layout, from_funds, lines=lines(), counts=counts, effects=effects, rng=rng
    )
    placed = households.placed(followed, layout, counts, rng, everyone=everyone)
    made = _ledgers(placed, layout, counts, rng)
    reports, paces = ledgers.task_reports(place, list(months), rng)
    made |= {"projects": projects, "payments": payments, "task_progress": reports}
    truth = {
        "effects": _effect_table(effects),
        "village_years": _village_years(layout, spent, from_funds),
        "returns": _at_risk(placed),
        "delays": delays,
        "tasks": paces,
    }
    return City(
        {name: marked(made[name]) for name in TABLES},
        {name: marked(frame) for name, frame in truth.items()},
        counts,
        placed,
        layout,
    )


def _ledgers(
    placed: register.Register,
    layout: pd.DataFrame,
    counts: Mapping[str, int],
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    everybody = people.drawn_people(placed.base, rng)
    there = people.present(everybody)
    at = everybody["at"].to_numpy()
    listed = there[:, 1:] & (placed.state != register.ABSENT)[at]
    out = _dropouts(placed, everybody, listed, counts, rng)
    facts = people.described(everybody, out, placed.base["no_labour"].to_numpy()[at], rng)
    facts = people.struck(everybody, there[:, 1:], facts, placed.fell_ill, placed.lost_work)
    leaving = register.exits(placed.state)[at]
    facts["insured"] |= leaving
    facts["pension"] |= leaving & facts["pension_due"]
    sizes = _summed(at, there, len(placed.base))
    members = households.Counts(
        sizes[:, 1:],
        _summed(at, listed & out, len(placed.base)),
        _summed(at, listed & ~facts["insured"], len(placed.base)),
        _summed(at, listed & facts["pension_due"] & ~facts["pension"], len(placed.base)),
        _summed(at, listed & (facts["months_worked"] > 0), len(placed.base)),
        _fits(everybody, there[:, 1:], facts["in_school"], len(placed.base)),
    )
    codes = households.household_codes(placed.base)
    unsafe = households.unsafe_houses(placed, counts, rng)
    table = households.household_table(placed, layout, unsafe, members, rng)
    return {
        "households": table,
        "members": people.member_table(everybody, listed, codes, facts),
        "villages": ledgers.village_table(layout, table, rng),
        "helpers": ledgers.helper_table(placed, codes, counts, rng),
        "flows": flows.flow_table(placed, everybody, sizes, layout),
    }


def _dropouts(
    placed: register.Register,
    everybody: pd.DataFrame,
    listed: np.ndarray,
    counts: Mapping[str, int],
    rng: np.random.Generator,
) -> np.ndarray:
    last = placed.state[:, -1][everybody["at"].to_numpy()]
    poor = listed[:, -1] & np.isin(last, (register.POOR, register.RETURNED))
    # Nobody exits while a child of the household is out of school.
    leaving = register.exits(placed.state)[everybody["at"].to_numpy()]
    exited = listed[:, -1] & (last == register.EXITED) & ~leaving[:, -1]
    return people.out_of_school(everybody, poor, exited, counts, rng) & ~leaving


def _fits(
    everybody: pd.DataFrame, there: np.ndarray, in_school: np.ndarray, number: int
) -> dict[str, np.ndarray]:
    health = everybody["health"].to_numpy()[:, None]
    causes = {"illness": health > 0, "disability": health == 3, "schooling": in_school}
    at = everybody["at"].to_numpy()
    return {
        name: (_summed(at, there & cause, number) > 0).all(axis=1) for name, cause in causes.items()
    }


def _summed(at: np.ndarray, flags: np.ndarray, number: int) -> np.ndarray:
    columns = [np.bincount(at, column, number) for column in flags.T]
    return np.stack(columns, axis=1).astype(np.int64)


def _effect_table(effects: Effects) -> pd.DataFrame:
    rows = [(f"funds_lag_{lag}", value) for lag, value in enumerate(effects.funds)]
    rows += [(f"returns_{name}", value) for name, value in effects.returns.items()]
    names = [
        "village_shock",
        "shock_persistence",
        "household_shock",
        "illness_share",
        "work_lost_share",
        "delay_median",
        "delay_spread",
        "township_delay",
    ]
    rows += [(name, getattr(effects, name)) for name in names]
    return pd.DataFrame(rows, columns=["effect", "value"])


def _village_years(layout: pd.DataFrame, spent: np.ndarray, from_funds: np.ndarray) -> pd.DataFrame:
    row, column = (at.ravel() for at in np.indices(spent.shape))
    return pd.DataFrame(
        {
            "village": layout["village"].to_numpy(dtype=object)[row],
            "year": YEARS[column],
            "spent_per_person_yuan": spent.ravel(),
            "income_from_funds_yuan": from_funds.ravel(),
        }
    )


def _at_risk(placed: register.Register) -> pd.DataFrame:
    row, column = np.nonzero(~np.isnan(placed.hazard))
    base, before = placed.base.iloc[row], column - 1
    return pd.DataFrame(
        {
            "household": households.household_codes(placed.base)[row],
            "year": YEARS[column],
            "margin_yuan": placed.usual[row, before] - lines()[before],
            "sick": base["sick"].to_numpy(),
            "no_labour": base["no_labour"].to_numpy(),
            "fell_ill": placed.fell_ill[row, before],
            "lost_work": placed.lost_work[row, before],
            "true_chance": placed.hazard[row, column],
            "returned": placed.state[row, column] == register.RETURNED,
        }
    )
