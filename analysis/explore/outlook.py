"""What a move of the analyst does: incidence, exits and costs a year ahead, quick enough to watch.

What does not depend on the move is sorted and summed once, in `start`; a move is then a search in
the sorted incomes, a look-up in the sums over villages, and one pass over the households.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analysis import inhabitants, marks
from analysis.exits import POOR, of_year
from analysis.projection import (
    Distribution,
    growth_history,
    shifted_poverty,
    sorted_distribution,
)

INTERVAL = 0.8
MEDIAN = 0.5


class Move(NamedTuple):
    """What the analyst sets: line and growth of incomes, villages that exit and share delivered."""

    line: float
    growth: float
    villages: int
    delivered: float


class Start(NamedTuple):
    """A place at a year's end, sorted and summed once.

    ``people`` are the incomes of the ledger; ``income``, ``persons`` and ``village`` (its row in
    ``villages``) are those of its households. The first ``listed_left`` rows of ``villages`` are
    the listed ones not yet out, fewest poor first; ``leaving`` sums the poor over them.
    """

    year: int
    synthetic: bool
    people: Distribution
    income: np.ndarray
    persons: np.ndarray
    village: np.ndarray
    unknown: int
    villages: pd.DataFrame
    listed: int
    listed_left: int
    leaving: np.ndarray
    growth_spread: float
    yuan_per_exit: tuple[float, float, float]

    @property
    def population(self) -> float:
        """Rural persons of all villages."""
        return float(self.villages["population"].sum())

    @property
    def poor(self) -> float:
        """Persons whom the register holds to be poor."""
        return float(self.villages["poor_persons"].sum())


def start(ledgers: Mapping[str, pd.DataFrame], year: int) -> Start:
    """Sort and sum what every move needs of a place's ledgers.

    Parameters
    ----------
    ledgers : mapping of DataFrame
        ``households`` and ``villages`` of the contract; ``payments`` and ``flows`` give the money
        spent per person who exited.
    year : int
        Year whose end is today.

    Returns
    -------
    Start
        What `outlook` and `village_outlook` start from.

    Raises
    ------
    ValueError
        The ledgers hold no household of the year, or a village of it has no population.

    Examples
    --------
    >>> from analysis import synthetic
    >>> begun = start(synthetic.city(scale=0.03, seed=1).tables, 2017)
    >>> begun.listed, begun.listed_left, round(begun.poor)
    (3, 2, 491)
    """
    every = ledgers["households"]
    now = of_year(every, year)
    villages = _in_order(ledgers["villages"], now, year)
    left = villages["left"].to_numpy()
    income = now["income_per_person_yuan"].to_numpy(dtype=float, na_value=np.nan)
    persons = now["size"].to_numpy(dtype=float)
    return Start(
        year=year,
        synthetic=marks.is_synthetic(every, villages),
        people=_distribution(now),
        income=income,
        persons=persons,
        village=pd.Index(villages["village"]).get_indexer(now["village"]),
        unknown=int(persons[np.isnan(income)].sum()),
        villages=villages,
        listed=int(villages["poor_village"].sum()),
        listed_left=int(left.sum()),
        leaving=np.concatenate([[0.0], villages["poor_persons"].to_numpy()[left].cumsum()]),
        growth_spread=growth_spread(every, year),
        yuan_per_exit=yuan_per_exit(ledgers, year),
    )


def _in_order(villages: pd.DataFrame, households: pd.DataFrame, year: int) -> pd.DataFrame:
    """Villages of the year, those that may exit first, the least poor of them foremost."""
    poor = households[households["status"].isin(POOR)].groupby("village")["size"].sum()
    now = villages[villages["year"] == year]
    inhabitants.require(now, year)
    told = now[["village", "village_zh", "township", "population", "poor_village"]].assign(
        poor_persons=now["village"].map(poor).fillna(0).astype(float),
        left=now["poor_village"] & now["exited_year"].isna(),
    )
    told["headcount_ratio"] = told["poor_persons"] / told["population"].astype(float)
    return told.sort_values(
        ["left", "headcount_ratio", "village"], ascending=[False, True, True]
    ).reset_index(drop=True)


def _distribution(households: pd.DataFrame) -> Distribution:
    known = households.dropna(subset="income_per_person_yuan")
    return sorted_distribution(known["income_per_person_yuan"], known["size"])


def growth_spread(households: pd.DataFrame, year: int) -> float:
    """Say how far a year's growth of incomes may lie from the one set: half an 80 % interval.

    Parameters
    ----------
    households : DataFrame
        Columns ``year, income_per_person_yuan, size``, over several years.
    year : int
        Last year that is looked at.

    Returns
    -------
    float
        Change of the logarithm, above zero; missing where the ledgers hold fewer than three years.

    References
    ----------
    Prediction interval of a next value from few independent ones, by Student's t.

    Examples
    --------
    >>> rows = pd.DataFrame({"year": [2015, 2016, 2017], "size": 1,
    ...                      "income_per_person_yuan": [100.0, 110.0, 132.0]})
    >>> round(growth_spread(rows, 2017), 3)
    0.232
    """
    known = households[households["year"] <= year]
    rounds = {int(each): _distribution(rows) for each, rows in known.groupby("year")}
    growth = growth_history(rounds, rank=MEDIAN)["growth"]
    if len(growth) < 2:
        return math.nan
    wide = stats.t.ppf((1 + INTERVAL) / 2, len(growth) - 1)
    return float(wide * growth.std() * math.sqrt(1 + 1 / len(growth)))


def yuan_per_exit(ledgers: Mapping[str, pd.DataFrame], year: int) -> tuple[float, float, float]:
    """Divide the project money spent in a year by the persons who exited in it.

    Parameters
    ----------
    ledgers : mapping of DataFrame
        ``payments`` with ``month, spent_yuan`` and ``flows`` with ``year, exited``.
    year : int
        Last year that is looked at.

    Returns
    -------
    tuple of float
        Yuan per person: last year, lowest and highest year; missing where no year has both.

    Examples
    --------
    >>> payments = pd.DataFrame({"month": ["2016-03", "2017-03"], "spent_yuan": [300, 800]})
    >>> flows = pd.DataFrame({"year": [2016, 2017], "exited": [3, 4]})
    >>> yuan_per_exit({"payments": payments, "flows": flows}, 2017)
    (200.0, 100.0, 200.0)
    """
    if not {"payments", "flows"} <= set(ledgers):
        return (math.nan,) * 3
    payments, flows = ledgers["payments"], ledgers["flows"]
    spent = payments.groupby(payments["month"].astype(str).str[:4].astype(int))["spent_yuan"].sum()
    exited = flows.groupby(flows["year"].astype(int))["exited"].sum().astype(float)
    each = (spent.astype(float) / exited[exited > 0]).dropna().loc[:year]
    if each.empty:
        return (math.nan,) * 3
    return float(each.iloc[-1]), float(each.min()), float(each.max())


def outlook(begun: Start, move: Move) -> pd.DataFrame:
    """Put today and a year ahead side by side under a move.

    Parameters
    ----------
    begun : Start
        From `start`.
    move : Move
        Line above zero, growth above -1, villages from 0 to those left, share delivered 0 to 1.

    Returns
    -------
    DataFrame
        Rows ``moment``: today, ahead, ahead_low, ahead_high. By income: ``below_ratio`` (0 to 1),
        ``below_persons``, ``shortfall_yuan`` a year; the two ends are those of an 80 % interval
        of the year's growth. By the register and the plan: ``register_ratio`` (0 to 1),
        ``exits``, ``villages_out``, ``plan_yuan`` at the money spent per exit in the last, the
        cheapest and the dearest year. Missing where the ledgers do not tell.

    Raises
    ------
    ValueError
        A value of the move is out of its bounds.

    Examples
    --------
    >>> from analysis import synthetic
    >>> begun = start(synthetic.city(scale=0.03, seed=1).tables, 2017)
    >>> shown = outlook(begun, Move(line=3200, growth=0.1, villages=1, delivered=1.0))
    >>> shown.set_index("moment")["villages_out"].tolist()
    [1.0, 2.0, nan, nan]
    """
    _require(begun, move)
    moments = {"moment": ["today", "ahead", "ahead_low", "ahead_high"]}
    table = pd.DataFrame({**moments, **_below(begun, move), **_planned(begun, move)})
    return marks.marked(table) if begun.synthetic else table


def _require(begun: Start, move: Move) -> None:
    if not move.growth > -1:
        raise ValueError(f"growth: {move.growth} takes all income away; give a share such as 0.08")
    if not 0 <= move.villages <= begun.listed_left:
        raise ValueError(
            f"villages: {move.villages} cannot exit; {begun.listed_left} of the list are left"
        )
    if not 0 <= move.delivered <= 1:
        raise ValueError(f"delivered: {move.delivered} is no share of a plan; give 0 to 1")


def _below(begun: Start, move: Move) -> dict[str, pd.Series]:
    growth, away = math.log1p(move.growth), begun.growth_spread
    # The faster incomes grow, the fewer are poor: the high end of incidence is slow growth.
    ways = np.array([0.0, growth, growth + away, growth - away])
    known = np.flatnonzero(~np.isnan(ways))
    below = shifted_poverty(begun.people, move.line, ways[known]).set_index(known).reindex(range(4))
    everyone = begun.people.persons[-1]
    persons = below["headcount_ratio"] * everyone
    return {
        "below_ratio": persons / begun.population,
        "below_persons": persons,
        "shortfall_yuan": below["poverty_gap_index"] * move.line * everyone,
    }


def _planned(begun: Start, move: Move) -> dict[str, list[float]]:
    done = move.villages * move.delivered
    exits = float(np.interp(done, np.arange(len(begun.leaving)), begun.leaving))
    out = begun.listed - begun.listed_left
    last, cheapest, dearest = begun.yuan_per_exit
    return {
        "register_ratio": [
            begun.poor / begun.population,
            (begun.poor - exits) / begun.population,
            *[math.nan] * 2,
        ],
        "exits": [math.nan, exits, *[math.nan] * 2],
        "villages_out": [out, out + math.floor(done + 1e-9), *[math.nan] * 2],
        "plan_yuan": [math.nan, exits * last, exits * cheapest, exits * dearest],
    }


def village_outlook(begun: Start, move: Move) -> pd.DataFrame:
    """Say for each village what a move does in it.

    Parameters
    ----------
    begun : Start
        From `start`.
    move : Move
        As for `outlook`.

    Returns
    -------
    DataFrame
        Columns ``village`` (its name), ``township, inhabitants, poor_persons, headcount_ratio``
        (register, today), ``below_persons`` and ``lacking_yuan`` (incomes, a year ahead),
        ``planned``: True for a village that the plan lets exit. Counts and yuan, no household.

    Examples
    --------
    >>> from analysis import synthetic
    >>> begun = start(synthetic.city(scale=0.03, seed=1).tables, 2017)
    >>> rows = village_outlook(begun, Move(line=3200, growth=0.1, villages=1, delivered=1.0))
    >>> int(rows["planned"].sum()), len(rows)
    (1, 4)
    """
    gap = np.nan_to_num(move.line - np.maximum(begun.income * (1 + move.growth), 0), nan=0.0)
    lacking = np.maximum(gap, 0) * begun.persons
    below = (gap > 0) * begun.persons
    placed, size = begun.village >= 0, len(begun.villages)
    named = {"village_zh": "village", "population": "inhabitants"}
    columns = ["village", "township", "inhabitants", "poor_persons", "headcount_ratio"]
    told = begun.villages.drop(columns="village").rename(columns=named)[columns]
    table = told.assign(
        below_persons=np.bincount(begun.village[placed], below[placed], size),
        lacking_yuan=np.bincount(begun.village[placed], lacking[placed], size),
        planned=np.arange(size) < min(move.villages, begun.listed_left),
    )
    return marks.marked(table) if begun.synthetic else table


def township_outlook(villages: pd.DataFrame) -> pd.DataFrame:
    """Add the villages of each township up: the finest level that leaves the office.

    Parameters
    ----------
    villages : DataFrame
        From `village_outlook`.

    Returns
    -------
    DataFrame
        Columns ``township, planned_villages, inhabitants, poor_persons,
        headcount_ratio, below_persons, lacking_yuan``, the most poor first.

    Examples
    --------
    >>> rows = pd.DataFrame({"township": ["a", "a"], "village": ["b", "c"],
    ...     "planned": [True, False], "inhabitants": [10, 30], "poor_persons": [1, 3],
    ...     "headcount_ratio": [0.1, 0.1], "below_persons": [0, 2], "lacking_yuan": [0, 90]})
    >>> township_outlook(rows)["headcount_ratio"].tolist()
    [0.1]
    """
    table = villages.groupby("township", as_index=False).agg(
        planned_villages=("planned", "sum"),
        inhabitants=("inhabitants", "sum"),
        poor_persons=("poor_persons", "sum"),
        below_persons=("below_persons", "sum"),
        lacking_yuan=("lacking_yuan", "sum"),
    )
    table.insert(4, "headcount_ratio", table["poor_persons"] / table["inhabitants"])
    table = table.sort_values("poor_persons", ascending=False, ignore_index=True)
    return marks.carried(table, villages)


def plan_curve(begun: Start, delivered: float) -> pd.DataFrame:
    """Say what each number of villages would leave of the register's incidence.

    Parameters
    ----------
    begun : Start
        From `start`.
    delivered : float
        Share of the plan delivered, 0 to 1.

    Returns
    -------
    DataFrame
        Columns ``villages`` (0 to those left) and ``register_ratio`` (0 to 1).

    Examples
    --------
    >>> from analysis import synthetic
    >>> begun = start(synthetic.city(scale=0.03, seed=1).tables, 2017)
    >>> plan_curve(begun, 1.0)["register_ratio"].is_monotonic_decreasing
    True
    """
    villages = np.arange(begun.listed_left + 1)
    leaving = np.interp(villages * delivered, villages, begun.leaving)
    curve = pd.DataFrame(
        {"villages": villages, "register_ratio": (begun.poor - leaving) / begun.population}
    )
    return marks.marked(curve) if begun.synthetic else curve
