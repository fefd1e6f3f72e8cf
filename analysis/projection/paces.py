"""Yearly exit paces: what places showed, and draws of the years to come.

The pace of a year is the part of a place's *first* stock of poor (persons, villages or counties)
that exits in it. Its logarithm has a level common to all places, a level of the place, a walk
common to all places and noise of the year; ledgers and survey series have noise of their own. With
few and short series the spreads cannot be known, so they are averaged over a grid by their
likelihood instead of being fixed.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from analysis import disclosure

PACE_LOWEST = 0.005
# A register to be emptied in the seven years 2014 to 2020 loses a seventh of itself a year.
LEVEL_MEAN, LEVEL_SD = math.log(1 / 7), 1.0
SPREADS = np.geomspace(0.05, 1.6, 5)
WALK_START = 2009
# Years of a series that tell a pace and how it varies.
SHORTEST = 3


def exit_paces(exits: pd.DataFrame) -> pd.DataFrame:
    """Turn the exits of ledgers into yearly paces.

    Parameters
    ----------
    exits : DataFrame
        Columns ``place, year_from, year_to, opening, exits``; ``opening`` is what was still poor
        at the start of the row, persons or villages or counties.

    Returns
    -------
    DataFrame
        Columns ``place, group, year_from, year_to, pace``; the pace is the share of the place's
        first opening that exits per year, at least 0.005.

    Raises
    ------
    ValueError
        Exits exceed the opening stock; the rows are named.

    Examples
    --------
    >>> row = {"place": "a", "year_from": 2014, "year_to": 2015, "opening": 100, "exits": 36}
    >>> exit_paces(pd.DataFrame([row]))["pace"].tolist()
    [0.18]
    """
    excess = exits[exits["exits"] > exits["opening"]]
    if len(excess):
        raise ValueError(f"more exits than poor at the start:\n{excess.to_string(index=False)}")
    ordered = exits.sort_values(["place", "year_from"], kind="stable")
    first = ordered.groupby("place")["opening"].transform("first")
    years = ordered["year_to"] - ordered["year_from"] + 1
    pace = (ordered["exits"] / first / years).astype(float).clip(lower=PACE_LOWEST)
    columns = ordered[["place", "year_from", "year_to"]]
    return columns.assign(group="ledger", pace=pace).reset_index(drop=True)


def series_paces(incidence: pd.DataFrame, place: str) -> pd.DataFrame:
    """Turn a published series of incidence into yearly paces.

    Parameters
    ----------
    incidence : DataFrame
        Columns ``year, headcount_ratio`` (0 to 1) of one area and one statistical system.
    place : str
        Name of the series in the result.

    Returns
    -------
    DataFrame
        As `exit_paces`: the yearly fall as a share of the first incidence, at least 0.005. A year
        without its predecessor gives none, nor does a year in which incidence is zero: that is a
        declared end, not a pace.

    Examples
    --------
    >>> series = pd.DataFrame({"year": [2015, 2016, 2017], "headcount_ratio": [0.10, 0.08, 0.07]})
    >>> series_paces(series, "nation")["pace"].round(3).tolist()
    [0.2, 0.1]
    """
    series = incidence.sort_values("year").set_index("year")["headcount_ratio"].astype(float)
    years = series.index.to_numpy(dtype=int)
    kept = (np.diff(years, prepend=years[0]) == 1) & (series > 0).to_numpy()
    fall = (-series.diff() / series.iloc[0])[kept].clip(lower=PACE_LOWEST)
    columns = {"year_from": years[kept], "year_to": years[kept], "pace": fall.to_numpy()}
    return pd.DataFrame({"place": place, "group": "series", **columns})


def own_exits(margins: pd.DataFrame, place: str, assumptions: pd.Series, year: int) -> dict:
    """Give a place's own exits so far, from its printed figures, as rows for `exit_paces`.

    Parameters
    ----------
    margins : DataFrame
        As for `starting_state`.
    place : str
        Name of the place in the result.
    assumptions : Series
        ``register_first_year`` and ``village_first_year``: first years of exits, not printed.
    year : int
        Last year of exits.

    Returns
    -------
    dict of DataFrame
        ``person`` and ``village``, each with columns ``place, year_from, year_to, opening, exits``.

    Examples
    --------
    >>> from analysis import tables
    >>> first = pd.Series({"register_first_year": 2014, "village_first_year": 2016})
    >>> own_exits(tables.margins("wenshan"), "wenshan", first, 2017)["village"]["exits"].tolist()
    [12.0, 18.0]
    """
    value = margins["value"].astype(float)
    stock = value["poor_persons"] + value["exited_persons"]
    before = value["exited_villages"] - value["exited_villages_year"]
    left = value["poor_villages"] - before
    first = int(assumptions["register_first_year"])
    first_village = int(assumptions["village_first_year"])
    persons = [(place, first, year, stock, value["exited_persons"])]
    villages = [
        (place, first_village, year - 1, value["poor_villages"], before),
        (place, year, year, left, value["exited_villages_year"]),
    ]
    columns = ["place", "year_from", "year_to", "opening", "exits"]
    return {
        "person": pd.DataFrame(persons, columns=columns),
        # Where villages first exited in this very year, there is none before it.
        "village": pd.DataFrame(villages, columns=columns).query("year_from <= year_to"),
    }


def survey_series(incidence: pd.DataFrame, areas: Sequence[str]) -> pd.DataFrame:
    """Take the survey series of some areas, each long enough to learn a pace from.

    Parameters
    ----------
    incidence : DataFrame
        Columns ``area, system, year``.
    areas : sequence of str
        Codes of the areas.

    Returns
    -------
    DataFrame
        Their rows of the survey.

    Raises
    ------
    ValueError
        An area has figures of fewer than three years; the message names it and those with more.

    Examples
    --------
    >>> from analysis import tables
    >>> survey_series(tables.read("incidence"), ["530000"])["area"].unique().tolist()
    ['530000']
    """
    survey = incidence[incidence["system"] == "survey"]
    figures = survey["area"].value_counts()
    enough = sorted(figures[figures >= SHORTEST].index)
    if lost := [area for area in areas if area not in enough]:
        raise ValueError(
            f"nation, province: the survey's incidence of {', '.join(lost)} is known for fewer "
            f"than {SHORTEST} years; areas with more: {', '.join(enough) or 'none'}; add it to "
            "data/reference/incidence.csv"
        )
    return survey[survey["area"].isin(areas)]


def learned_paces(
    incidence: pd.DataFrame, exits: pd.DataFrame, own: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Gather the paces of every place: persons from series and ledgers, units from ledgers.

    Parameters
    ----------
    incidence : DataFrame
        Columns ``area, system, year, headcount_ratio``; only the survey series teach a pace.
    exits : DataFrame
        Columns ``place, unit, year_from, year_to, opening, exits``; units are person, village or
        county.
    own : dict of DataFrame
        ``person`` and ``village`` exits of the place itself, from `own_exits`; may be empty.

    Returns
    -------
    dict of DataFrame
        ``person`` and ``unit`` (villages and counties), each as `exit_paces` gives it.

    Examples
    --------
    >>> from analysis import tables
    >>> paces = learned_paces(tables.read("incidence"), tables.read("exit_paces"), {})
    >>> sorted(paces["unit"]["place"].unique())
    ['100000', 'county_a']
    """
    survey = incidence[incidence["system"] == "survey"]
    whole = survey.groupby("area").filter(lambda rows: len(rows) >= SHORTEST)
    series = [series_paces(rows, area) for area, rows in whole.groupby("area")]
    persons = exits["unit"] == "person"
    own_persons, own_villages = (
        [own[unit]] if unit in own else [] for unit in ("person", "village")
    )
    return {
        "person": pd.concat(
            [*series, *map(exit_paces, [exits[persons], *own_persons])], ignore_index=True
        ),
        "unit": pd.concat(
            [exit_paces(rows) for rows in [exits[~persons], *own_villages]], ignore_index=True
        ),
    }


def listed_paces(
    paces: dict[str, pd.DataFrame], place: str, shown: pd.DataFrame | None
) -> pd.DataFrame:
    """List learned paces for a reader, each with the years it covers as a period.

    Parameters
    ----------
    paces : dict of DataFrame
        From `learned_paces`.
    place : str
        Name of the place whose own paces may come from a register.
    shown : DataFrame or None
        What may be published of that register, as in `analysis.projection.Evidence`.

    Returns
    -------
    DataFrame
        Columns ``kind, place, group, period, pace``; a period is ``2017`` or ``2014–2017``. A pace
        is a count of persons for whoever knows the first stock: where the exits of the year are
        hidden, so is it, named in the column ``withheld``.

    Examples
    --------
    >>> row = {"place": "a", "year_from": 2014, "year_to": 2015, "opening": 100, "exits": 36}
    >>> listed_paces({"person": exit_paces(pd.DataFrame([row]))}, "a", None)["period"].tolist()
    ['2014–2015']
    """
    rows = pd.concat(paces, names=["kind"]).reset_index("kind").reset_index(drop=True)
    first, last = rows["year_from"].astype(str), rows["year_to"].astype(str)
    period = first.where(first == last, first + "–" + last)
    listed = rows.assign(period=period)[["kind", "place", "group", "period", "pace"]]
    if shown is None:
        return listed
    few = shown.loc[shown["passage"].eq("exit") & shown["passed_over"].isna(), "year"]
    own = rows["kind"].eq("person") & rows["place"].eq(place)
    gone = (own & rows["year_to"].isin(few)).to_numpy()
    return disclosure.withheld(listed, {"pace": gone}) if gone.any() else listed


def draw_paces(
    observed: pd.DataFrame,
    place: str,
    years: Sequence[int],
    *,
    group: str = "ledger",
    draws: int,
    seed: int,
) -> np.ndarray:
    """Draw the paces of a place in years to come, given what was observed anywhere.

    Parameters
    ----------
    observed : DataFrame
        Columns ``place, group, year_from, year_to, pace``, as `exit_paces` gives them.
    place : str
        Place to draw for; one that was never observed gets the spread between places.
    years : sequence of int
        Years to come, ascending.
    group : str
        ``ledger`` or ``series``: whose noise the place has.
    draws : int
        Number of draws.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    ndarray of shape (draws, len(years))
        Paces above 0, correlated between years as the model says.

    Raises
    ------
    ValueError
        Nothing was observed.

    References
    ----------
    Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, section 2.2, for the
    conditional normal; the components are a random effect and a random walk.

    Examples
    --------
    >>> steady = pd.DataFrame({"place": "a", "group": "ledger", "year_from": range(2010, 2018),
    ...                        "year_to": range(2010, 2018), "pace": 0.2})
    >>> ahead = draw_paces(steady, "a", [2018], draws=4000, seed=1)
    >>> bool(0.19 < np.median(ahead) < 0.21)
    True
    """
    if observed.empty:
        raise ValueError("no exit pace was observed; at least one year of one place is needed")
    target = pd.DataFrame({"place": place, "group": group, "year_from": years, "year_to": years})
    evidence, means, covariances = _posteriors(observed, target)
    chances = np.exp(evidence - logsumexp(evidence))
    rng = np.random.default_rng(seed)
    points = rng.choice(len(chances), size=draws, p=chances / chances.sum())
    roots = np.linalg.cholesky(covariances)[points]
    normal = rng.standard_normal((draws, len(target), 1))
    return np.exp(means[points] + (roots @ normal)[..., 0])


def _posteriors(
    observed: pd.DataFrame, target: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    groups = sorted(observed["group"].unique())
    spreads = np.array(list(itertools.product(SPREADS, repeat=2 + len(groups))))
    values = np.log(observed["pace"].to_numpy(float)) - LEVEL_MEAN
    noise = _noise(observed, groups, spreads) / _lengths(observed)
    seen = _covariances(observed, observed, spreads) + noise[:, :, None] * np.eye(len(observed))
    across = _covariances(target, observed, spreads)
    weights = np.linalg.solve(seen, values[:, None])
    gains = np.linalg.solve(seen, across.swapaxes(1, 2))
    means = LEVEL_MEAN + (across @ weights)[..., 0]
    ahead = _noise(target, groups, spreads)[:, :, None] * np.eye(len(target))
    covariances = _covariances(target, target, spreads) + ahead - across @ gains
    _, size = np.linalg.slogdet(seen)
    return -0.5 * (values @ weights[..., 0].T + size), means, covariances


def _covariances(rows: pd.DataFrame, columns: pd.DataFrame, spreads: np.ndarray) -> np.ndarray:
    same_place = rows["place"].to_numpy()[:, None] == columns["place"].to_numpy()[None, :]
    walked = np.minimum(_middles(rows)[:, None], _middles(columns)[None, :])
    place, walk = (spreads[:, part, None, None] ** 2 for part in (0, 1))
    return LEVEL_SD**2 + place * same_place + walk * walked


def _noise(rows: pd.DataFrame, groups: Sequence[str], spreads: np.ndarray) -> np.ndarray:
    # A group that was never observed borrows the noise of the first.
    column = [2 + (groups.index(group) if group in groups else 0) for group in rows["group"]]
    return spreads[:, column] ** 2


def _middles(rows: pd.DataFrame) -> np.ndarray:
    return ((rows["year_from"] + rows["year_to"]) / 2 - WALK_START).to_numpy(float)


def _lengths(rows: pd.DataFrame) -> np.ndarray:
    return (rows["year_to"] - rows["year_from"] + 1).to_numpy(float)
