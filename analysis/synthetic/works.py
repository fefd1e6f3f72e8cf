"""Projects and payments of a synthetic city: sources, sectors, seasons, works and delays."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.marks import PREFIX
from analysis.synthetic.allotment import apportion
from analysis.synthetic.settings import LAST_MONTH, LAST_YEAR, YEARS, Effects

LEDGER_CLOSES = np.datetime64("2018-03-28")
# Yuan approved for a registered person in the first year, and what each year adds.
FIRST_FUNDS, ADDED_FUNDS = 1500.0, 1370.0
SOURCES = ["special", "integrated", "east_west", "firms", "other"]
SOURCE_SHARES = [0.52, 0.33, 0.05, 0.04, 0.06]
LEVELS = ["central", "province", "prefecture", "county"]
LEVEL_SHARES = [0.42, 0.30, 0.10, 0.18]
# Sector: share of projects, planned days of work, kinds with their shares.
SECTORS = {
    "industry": (0.46, 120, {"pigs": 0.42, "beef": 0.16, "chicken": 0.12, "vegetables": 0.12,
                             "herbs": 0.12, "fruit": 0.06}),
    "infrastructure": (0.28, 200, {"road": 0.5, "water": 0.3, "power": 0.12, "broadband": 0.08}),
    "housing": (0.10, 180, {"dangerous_house": 1.0}),
    "education": (0.04, 150, {"school": 0.5, "bursary": 0.5}),
    "health": (0.04, 160, {"clinic": 0.7, "insurance": 0.3}),
    "relocation": (0.02, 300, {"resettlement": 1.0}),
    "jobs": (0.04, 60, {"training": 0.6, "public_posts": 0.4}),
    "finance": (0.02, 30, {"small_loans": 1.0}),
}  # fmt: skip
# Money is spent late in the year; what is left over is spent in the next.
SEASON = np.array([0.2, 0.2, 0.5, 0.6, 0.8, 1.0, 1.0, 1.1, 1.3, 1.6, 2.0, 2.6])
MONTHS_OPEN = 21


def funded(
    villages: pd.DataFrame,
    persons: np.ndarray,
    counts: Mapping[str, int],
    effects: Effects,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """
    Draw the projects, what was paid on them by month, and how late their works were.

    Parameters
    ----------
    villages : DataFrame
        As `villages.laid_out` gives it.
    persons : ndarray of int
        Persons ever on the register in each village.
    counts : mapping
        As `settings.targets` gives them.
    effects : Effects
        Known causes.
    rng : Generator
        Source of chance.

    Returns
    -------
    projects : DataFrame
        The contract's table.
    payments : DataFrame
        The contract's table.
    delays : DataFrame
        The truth: ``project, planned_on, accepted_on_true, delay_days, township_effect``.
    """
    budget = village_budgets(villages["left"] / villages["register"], effects, rng)
    projects = _projects(villages, budget * persons[:, None], rng)
    projects = _printed_works(projects, villages, counts, rng)
    delays = _dates(projects, effects, rng)
    projects["approved_yuan"] = _city_funds(projects, counts)
    _numbered(projects, delays)
    payments = _payments(projects, rng)
    _close(projects, delays, rng)
    return projects[PROJECT_COLUMNS], payments, delays


PROJECT_COLUMNS = [
    "project", "village", "township", "sector", "kind", "fund_source", "level", "approved_yuan",
    "approved_on", "started_on", "accepted_on", "ended_on", "households_served", "persons_served",
]  # fmt: skip


def village_budgets(
    poor_share, effects: Effects, rng: np.random.Generator, *, years: int = len(YEARS)
) -> np.ndarray:
    """
    Draw the funds approved per registered person, by village and year.

    Parameters
    ----------
    poor_share : array_like
        Share, 0 to 1, of each village's register that is still poor at the end.
    effects : Effects
        ``targeting`` and ``fund_spread`` are used.
    rng : Generator
        Source of chance.
    years : int
        Years of the programme.

    Returns
    -------
    ndarray
        Yuan per registered person, villages by years.

    Examples
    --------
    >>> village_budgets([0.1, 0.5], Effects(), np.random.default_rng(0)).shape
    (2, 4)
    """
    share = np.clip(np.asarray(poor_share, dtype=float), 0.02, None)
    pull = (share / np.exp(np.log(share).mean())) ** effects.targeting
    luck = np.exp(effects.fund_spread * rng.standard_normal((len(share), years)))
    return pull[:, None] * luck * (FIRST_FUNDS + ADDED_FUNDS * np.arange(years))


def _projects(villages: pd.DataFrame, budget: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    number = np.clip(rng.poisson(1.0 + budget / 250_000), 1, 14)
    village, year = (at.ravel() for at in np.indices(budget.shape))
    village, year = (np.repeat(at, number.ravel()) for at in (village, year))
    share = rng.gamma(1.5, size=len(village))
    group = village * len(YEARS) + year
    share /= np.bincount(group, weights=share)[group]
    frame = villages.loc[village, ["village", "township", "part", "register"]].reset_index(
        drop=True
    )
    frame["year"] = YEARS[year]
    frame["approved_yuan"] = (share * budget[village, year]).round(-2).astype(np.int64) + 1000
    frame["fund_source"] = rng.choice(SOURCES, len(frame), p=SOURCE_SHARES)
    frame["level"] = rng.choice(LEVELS, len(frame), p=LEVEL_SHARES)
    frame["sector"] = _drawn({name: row[0] for name, row in SECTORS.items()}, len(frame), rng)
    return _served(_with_kinds(frame, rng), rng)


def _drawn(shares: Mapping[str, float], number: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(list(shares), number, p=np.array(list(shares.values())))


def _with_kinds(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    frame["kind"] = ""
    for sector, (_, _, kinds) in SECTORS.items():
        rows = frame["sector"].eq(sector)
        frame.loc[rows, "kind"] = _drawn(kinds, int(rows.sum()), rng)
    return frame


def _served(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    reach = rng.beta(1.2, 3.0, len(frame))
    frame["households_served"] = np.maximum(1, (reach * frame["register"]).astype(np.int64))
    frame["persons_served"] = (frame["households_served"] * 3.84).round().astype(np.int64)
    return frame


def _printed_works(
    projects: pd.DataFrame,
    villages: pd.DataFrame,
    counts: Mapping[str, int],
    rng: np.random.Generator,
) -> pd.DataFrame:
    projects["open"] = False
    projects = _set_kind(projects, "venue", counts["venues_built"], rng)
    projects = _set_firms(projects, counts["paired_firms"], rng)
    roads = _road_works(villages, counts, rng)
    return pd.concat([projects, roads, _solar_works(villages, counts)], ignore_index=True)


def _set_kind(
    projects: pd.DataFrame, kind: str, number: int, rng: np.random.Generator
) -> pd.DataFrame:
    last = projects["year"].eq(LAST_YEAR) & ~projects["level"].eq("county")
    rows = rng.permutation(np.flatnonzero(last))[:number]
    projects.loc[rows, "kind"] = kind
    projects.loc[rows, "sector"] = "infrastructure"
    return projects


def _set_firms(projects: pd.DataFrame, firms: int, rng: np.random.Generator) -> pd.DataFrame:
    # The printed number of villages, no more, has a firm at its side.
    rows = projects["fund_source"].eq("firms")
    projects.loc[rows, "fund_source"] = "other"
    first = projects.index[projects["sector"].eq("industry")].to_series()
    one_each = first.groupby(projects.loc[first, "village"].to_numpy()).first().to_numpy()
    projects.loc[rng.permutation(one_each)[:firms], "fund_source"] = "firms"
    return projects


def _road_works(
    villages: pd.DataFrame, counts: Mapping[str, int], rng: np.random.Generator
) -> pd.DataFrame:
    left = villages[villages["poor_village"] & villages["exited_year"].isna()]
    left = left.iloc[rng.permutation(len(left))]
    named = left["part"].eq("road")
    towns = left["township"].iloc[np.argsort(~named.to_numpy(), kind="stable")].unique()
    among = left[left["township"].isin(towns[: counts["road_townships"]])]
    # One village of each township first, so that none of the townships is left without.
    order = among.groupby("township").cumcount().sort_values(kind="stable").index
    chosen = among.loc[order].head(counts["road_villages"])
    roads = chosen[["village", "township", "part", "register"]].reset_index(drop=True)
    roads["approved_yuan"] = rng.gamma(6.0, 150_000, len(roads)).round(-3).astype(np.int64)
    roads = roads.assign(year=LAST_YEAR, fund_source="integrated", level="province", open=True)
    return _served(roads.assign(sector="infrastructure", kind="village_road"), rng)


def _solar_works(villages: pd.DataFrame, counts: Mapping[str, int]) -> pd.DataFrame:
    solar = villages["township"][villages["part"].eq("solar")]
    township = solar.iloc[0] if len(solar) else villages["township"].iloc[0]
    served = counts["solar_households"]
    row = {"village": pd.NA, "township": township, "part": "solar", "year": LAST_YEAR}
    row |= {"sector": "industry", "kind": "solar", "fund_source": "integrated"}
    row |= {"level": "province", "approved_yuan": served * 25_000, "open": True}
    row |= {"households_served": served, "persons_served": round(served * 2.9)}
    return pd.DataFrame([row])


def _city_funds(projects: pd.DataFrame, counts: Mapping[str, int]) -> np.ndarray:
    # The city's own special funds of the last year are printed: no other level is touched.
    yuan = projects["approved_yuan"].to_numpy(dtype=np.int64, copy=True)
    city = projects["level"].eq("county") & projects["fund_source"].eq("special")
    rows = (city & projects["year"].eq(LAST_YEAR)).to_numpy()
    if not rows.any():
        rows = projects.index == projects.index[projects["year"].eq(LAST_YEAR)][0]
        projects.loc[rows, ["level", "fund_source"]] = ["county", "special"]
    yuan[rows] = 100 * apportion(counts["city_funds"] // 100, yuan[rows], lowest=10)
    yuan[np.flatnonzero(rows)[0]] += counts["city_funds"] % 100
    return yuan


def _dates(projects: pd.DataFrame, effects: Effects, rng: np.random.Generator) -> pd.DataFrame:
    number = len(projects)
    january = (projects["year"] - 1970).to_numpy().astype("datetime64[Y]").astype("datetime64[D]")
    approved = january + rng.gamma(4.0, 28.0, number).clip(10, 330).astype(int)
    started = approved + rng.gamma(2.0, 25.0, number).astype(int)
    planned = started + projects["sector"].map({k: v[1] for k, v in SECTORS.items()}).to_numpy()
    towns, at = np.unique(projects["township"], return_inverse=True)
    town_effect = effects.township_delay * rng.standard_normal(len(towns))
    own = effects.delay_spread * rng.standard_normal(number)
    delay = np.exp(np.log(effects.delay_median) + town_effect[at] + own)
    projects["approved_on"], projects["started_on"] = approved, started
    return pd.DataFrame(
        {
            "planned_on": planned,
            "accepted_on_true": planned + delay.astype(int),
            "delay_days": delay.astype(int),
            "township_effect": town_effect[at],
        }
    )


def _numbered(projects: pd.DataFrame, delays: pd.DataFrame) -> None:
    width = max(4, len(str(len(projects))))
    codes = [f"{PREFIX}P{row:0{width}d}" for row in range(1, len(projects) + 1)]
    projects["project"] = codes
    delays.insert(0, "project", codes)


def _payments(projects: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    first = projects["approved_on"].to_numpy().astype("datetime64[M]")
    months = first[:, None] + np.arange(MONTHS_OPEN)
    season = SEASON[months.astype(int) % 12]
    pace = season * rng.gamma(1.2, size=months.shape) * (np.arange(MONTHS_OPEN) > 0)
    final = rng.beta(14.0, 1.0, len(projects))
    yuan = projects["approved_yuan"].to_numpy()
    spent = _whole_yuan(pace, yuan * final)
    out = season * rng.gamma(0.8, size=months.shape) * (np.arange(MONTHS_OPEN) < 12)
    disbursed = _whole_yuan(out, yuan * np.minimum(1.0, final + 0.03))
    _never_ahead(disbursed, spent)
    seen = (months <= np.datetime64(LAST_MONTH)) & ((spent > 0) | (disbursed > 0))
    row, _ = np.nonzero(seen)
    return pd.DataFrame(
        {
            "project": projects["project"].to_numpy()[row],
            "month": months[seen].astype(str),
            "disbursed_yuan": disbursed[seen],
            "spent_yuan": spent[seen],
        }
    )


def _whole_yuan(weights: np.ndarray, totals: np.ndarray) -> np.ndarray:
    share = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return np.diff(np.floor(share * totals[:, None]).astype(np.int64), axis=1, prepend=0)


def _never_ahead(disbursed: np.ndarray, spent: np.ndarray) -> None:
    # What is spent in a month has been disbursed by then.
    paid = np.maximum(np.cumsum(disbursed, axis=1), np.cumsum(spent, axis=1))
    disbursed[:] = np.diff(np.maximum.accumulate(paid, axis=1), axis=1, prepend=0)


def _close(projects: pd.DataFrame, delays: pd.DataFrame, rng: np.random.Generator) -> None:
    accepted = delays["accepted_on_true"].to_numpy().astype("datetime64[D]")
    done = (accepted <= LEDGER_CLOSES) & ~projects["open"].to_numpy(dtype=bool)
    industry = projects["sector"].eq("industry").to_numpy()
    short = industry & (rng.random(len(projects)) < 0.55)
    ended = accepted + np.where(short, rng.gamma(4.0, 80.0, len(projects)), 1e5).astype(int)
    for column, dates, known in (
        ("accepted_on", accepted, done),
        ("ended_on", ended, done & (ended <= LEDGER_CLOSES)),
    ):
        projects[column] = _iso(dates, known)
    for column in ("approved_on", "started_on"):
        dates = projects[column].to_numpy().astype("datetime64[D]")
        projects[column] = _iso(dates, dates <= LEDGER_CLOSES)
    for column in ("planned_on", "accepted_on_true"):
        dates = delays[column].to_numpy().astype("datetime64[D]")
        delays[column] = _iso(dates, np.ones(len(dates), dtype=bool))


def _iso(dates: np.ndarray, known: np.ndarray) -> pd.Series:
    return pd.Series(dates.astype(str), dtype="str").where(known)


def spent_per_person(
    projects: pd.DataFrame, payments: pd.DataFrame, villages: pd.Series, persons: np.ndarray
) -> np.ndarray:
    """
    Add up what was spent in each village and year, per registered person.

    Parameters
    ----------
    projects, payments : DataFrame
        The contract's tables.
    villages : Series
        Codes of the villages, in the order wanted.
    persons : ndarray of int
        Persons ever on the register in each village.

    Returns
    -------
    ndarray
        Yuan per person, villages by years.
    """
    paid = payments.merge(projects[["project", "village"]], on="project")
    paid["year"] = paid["month"].str[:4].astype(int)
    spent = paid.pivot_table(index="village", columns="year", values="spent_yuan", aggfunc="sum")
    table = spent.reindex(index=villages, columns=YEARS).fillna(0.0).to_numpy()
    return table / persons[:, None]


def lagged(spent: np.ndarray, effects: tuple[float, ...]) -> np.ndarray:
    """
    Add up the effects of funds of this year and of the years before.

    Parameters
    ----------
    spent : ndarray
        Yuan per person, villages by years; none was spent before the first year.
    effects : tuple of float
        Yuan of income per yuan, by lag.

    Returns
    -------
    ndarray
        Yuan of income per person, villages by years.

    Examples
    --------
    >>> lagged(np.array([[100.0, 200.0]]), (0.0, 0.5)).tolist()
    [[0.0, 50.0]]
    """
    total = np.zeros_like(spent)
    for lag, effect in enumerate(effects[: spent.shape[1]]):
        total[:, lag:] += effect * spent[:, : spent.shape[1] - lag]
    return total
