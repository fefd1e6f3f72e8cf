"""Incidence and exited villages carried forward from a start, a scenario and drawn paces."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import disclosure
from analysis.projection.evidence import Evidence
from analysis.projection.hazards import Hazards, draw_hazards
from analysis.projection.paces import draw_paces, learned_paces, own_exits


class State(NamedTuple):
    """What is known of a place when the projection starts; counts of persons and of villages."""

    year: int
    poor: float
    base_low: float
    base_high: float
    first_stock: float
    villages: float
    villages_out: float
    admin_villages: float
    incidence_line: float
    village_share: float


class Scenario(NamedTuple):
    """How a plan becomes exits: kept and missed plans so far, or a fixed delivery."""

    planned_villages: tuple[float, ...]
    plans_kept: float
    plans_missed: float
    delivery: float
    returns_low: float
    returns_high: float
    village_poor_cv: tuple[float, float]
    poor_in_listed: tuple[float, float]


class Paths(NamedTuple):
    """Draws of the future: one row a draw, one column a year."""

    years: tuple[int, ...]
    incidence: np.ndarray
    villages_out: np.ndarray


STATE_MARGINS = (
    "poor_persons",
    "exited_persons",
    "incidence",
    "poor_villages",
    "exited_villages",
    "admin_villages",
    "incidence_threshold",
    "village_exit_share",
)


def starting_state(margins: pd.DataFrame, year: int) -> State:
    """Read the start of a projection from the printed figures of a place.

    Parameters
    ----------
    margins : DataFrame
        As `analysis.tables.margins` gives them: ``value, value_low, value_high`` by margin.
    year : int
        Year whose end the figures describe.

    Returns
    -------
    State
        Where the rural population is not printed, its bounds follow from the rounding of the
        incidence; ``rural_population`` of a register is counted, also where nobody is poor.

    Raises
    ------
    KeyError
        A figure is missing; the message names every one.
    ValueError
        The printed incidence may be nought, and then tells no population.

    Examples
    --------
    >>> from analysis import tables
    >>> state = starting_state(tables.margins("wenshan"), 2017)
    >>> round(state.base_low), round(state.base_high)
    (301972, 302530)
    """
    printed = _printed(margins, STATE_MARGINS)
    base_low, base_high = _base(margins, printed["poor_persons"])
    return State(
        year=year,
        poor=printed["poor_persons"],
        base_low=base_low,
        base_high=base_high,
        first_stock=printed["poor_persons"] + printed["exited_persons"],
        villages=printed["poor_villages"],
        villages_out=printed["exited_villages"],
        admin_villages=printed["admin_villages"],
        incidence_line=printed["incidence_threshold"],
        village_share=printed["village_exit_share"],
    )


def _base(margins: pd.DataFrame, poor: float) -> tuple[float, float]:
    if "rural_population" in margins.index:
        low, high = margins.loc["rural_population", ["value_low", "value_high"]]
        return float(low), float(high)
    incidence = margins.loc["incidence"]
    if not incidence["value_low"] > 0 or not poor > 0:
        raise ValueError(
            f"{poor:g} poor persons and an incidence of {incidence['value']:g} tell no population; "
            "print it as rural_population in margins.csv"
        )
    return poor / incidence["value_high"], poor / incidence["value_low"]


def latest_incidence(
    incidence: pd.DataFrame,
    areas: Sequence[str],
    margins: pd.DataFrame,
    area: str,
    year: int,
    *,
    hidden: bool = False,
) -> pd.DataFrame:
    """Set the printed incidence of a place beside the latest survey figures of other areas.

    Parameters
    ----------
    incidence : DataFrame
        Columns ``area, system, year, headcount_ratio, printed_decimals, source, verification``.
    areas : sequence of str
        Codes of the areas to set beside it.
    margins : DataFrame
        As for `starting_state`, with ``source`` and ``verification``.
    area : str
        Code of the place.
    year : int
        Year whose end the printed figure describes.
    hidden : bool
        Whether how many are poor in the place may not be told: nor may their share of a population
        that readers know.

    Returns
    -------
    DataFrame
        Columns ``area, system, year, headcount_ratio, headcount_ratio_low, headcount_ratio_high,
        source, verification``; the bounds are those of the printed digits. What is hidden is
        missing and named in the column ``withheld``.

    Examples
    --------
    >>> from analysis import tables
    >>> given = tables.read("incidence", until="2018-03-28"), ["100000"], tables.margins("wenshan")
    >>> latest_incidence(*given, "532601", 2017)["headcount_ratio"].tolist()
    [0.031, 0.0542]
    """
    survey = incidence[(incidence["system"] == "survey") & incidence["area"].isin(areas)]
    latest = survey.sort_values("year").groupby("area", sort=False).tail(1)
    half = 0.005 / 10.0 ** latest["printed_decimals"].astype(float)
    printed = margins.loc[["incidence"]].assign(area=area, system="register", year=year)
    printed = printed.rename(columns={"value": "headcount_ratio"})
    bounds = {
        "headcount_ratio_low": printed["value_low"],
        "headcount_ratio_high": printed["value_high"],
    }
    rows = [
        latest.assign(
            headcount_ratio_low=latest["headcount_ratio"] - half,
            headcount_ratio_high=latest["headcount_ratio"] + half,
        ),
        printed.assign(**bounds),
    ]
    shown = ["area", "system", "year", "headcount_ratio", *bounds, "source", "verification"]
    table = pd.concat([row[shown] for row in rows], ignore_index=True)
    own = table["area"].eq(area).to_numpy()
    shares = dict.fromkeys(["headcount_ratio", *bounds], own)
    return disclosure.withheld(table, shares) if hidden else table


def _printed(margins: pd.DataFrame, needed: Sequence[str]) -> pd.Series:
    absent = [name for name in needed if name not in margins.index]
    if absent:
        raise KeyError(f"the place prints no {', '.join(absent)}; add them to margins.csv")
    return margins.loc[list(needed), "value"].astype(float)


def read_scenario(
    scenarios: pd.DataFrame, name: str, margins: pd.DataFrame, returns: pd.DataFrame
) -> Scenario:
    """Put a named scenario together from its rows, the printed plan and observed returns.

    Parameters
    ----------
    scenarios : DataFrame
        Columns ``scenario, parameter, value``; rows of ``common`` hold for every scenario.
    name : str
        Scenario, such as ``plan_as_stated``.
    margins : DataFrame
        As for `starting_state`, with ``planned_village_exits``.
    returns : DataFrame
        Columns ``year_from, year_to, exited_persons, returned_persons``: what other places saw.

    Returns
    -------
    Scenario
        Yearly return rates span what was observed, where the scenario lets people return.

    Raises
    ------
    ValueError
        No such scenario; the message lists those there are.

    Examples
    --------
    >>> from analysis import tables
    >>> given = tables.read("scenarios"), "plan_as_stated", tables.margins("wenshan")
    >>> read_scenario(*given, tables.read("returns")).planned_villages
    (41.0,)
    """
    names = sorted(set(scenarios["scenario"]) - {"common"})
    if name not in names:
        raise ValueError(f"there is no scenario '{name}'; there are {', '.join(names)}")
    chosen = scenarios[scenarios["scenario"].isin(["common", name])]
    given = chosen.set_index("parameter")["value"]
    years = returns["year_to"] - returns["year_from"] + 1
    rates = (returns["returned_persons"] / returns["exited_persons"] / years).astype(float)
    return Scenario(
        planned_villages=(float(margins.loc["planned_village_exits", "value"]),),
        plans_kept=given.get("plans_kept", 0.0),
        plans_missed=given.get("plans_missed", 0.0),
        delivery=given.get("delivery", math.nan),
        returns_low=rates.min() * given["returns"],
        returns_high=rates.max() * given["returns"],
        village_poor_cv=_range(chosen, "village_poor_cv"),
        poor_in_listed=_range(chosen, "poor_in_listed_villages"),
    )


def _range(rows: pd.DataFrame, parameter: str) -> tuple[float, float]:
    row = rows[rows["parameter"] == parameter].iloc[0]
    return tuple(float(row["value"] if pd.isna(row[end]) else row[end]) for end in ("low", "high"))


def read_scenarios(
    scenarios: pd.DataFrame, margins: pd.DataFrame, returns: pd.DataFrame
) -> dict[str, Scenario]:
    """Put every scenario of a projection together.

    Parameters
    ----------
    scenarios, margins, returns : DataFrame
        As for `read_scenario`; a scenario of a projection is one that says whether people return.

    Returns
    -------
    dict of Scenario
        By name, in the order of the rows.

    Examples
    --------
    >>> from analysis import tables
    >>> given = tables.read("scenarios"), tables.margins("wenshan"), tables.read("returns")
    >>> list(read_scenarios(*given))
    ['historical_pace', 'plan_as_stated', 'plan_uncertain_delivery']
    """
    names = scenarios.loc[scenarios["parameter"] == "returns", "scenario"].unique()
    return {name: read_scenario(scenarios, name, margins, returns) for name in names}


def run_scenarios(
    state: State,
    scenarios: dict[str, Scenario],
    paces: dict[str, pd.DataFrame],
    place: str,
    *,
    horizon: int,
    draws: int,
    seed: int,
    passages: pd.DataFrame | None = None,
) -> dict[str, Paths]:
    """Project one place under several scenarios from the same drawn paces.

    Parameters
    ----------
    state : State
        Start, from `starting_state`.
    scenarios : dict of Scenario
        By name.
    paces : dict of DataFrame
        From `learned_paces`.
    place : str
        Name of the place in ``paces``.
    horizon : int
        Years ahead, at least 1.
    draws, seed : int
        As for `draw_paces`.
    passages : DataFrame, optional
        Of a register, as for `draw_hazards`: persons then move by its hazards, not by a pace.

    Returns
    -------
    dict of Paths
        By name of the scenario.

    Raises
    ------
    ValueError
        The horizon is below 1.

    Examples
    --------
    >>> state = State(2017, 100, 1000, 1000, 200, 10, 5, 20, 0.03, 0.9)
    >>> from analysis.projection.paces import exit_paces
    >>> own = pd.DataFrame([("a", 2016, 2017, 200, 100)],
    ...                    columns=["place", "year_from", "year_to", "opening", "exits"])
    >>> paces = {"person": exit_paces(own), "unit": exit_paces(own)}
    >>> none = Scenario((), 0, 0, 0.0, 0.0, 0.0, (0.0, 0.0), (1.0, 1.0))
    >>> runs = run_scenarios(state, {"none": none}, paces, "a", horizon=2, draws=50, seed=1)
    >>> runs["none"].years
    (2018, 2019)
    """
    if horizon < 1:
        raise ValueError(f"the horizon is {horizon} years; it must be at least 1")
    years = range(state.year + 1, state.year + horizon + 1)
    persons = draw_paces(paces["person"], place, years, draws=draws, seed=seed)
    villages = draw_paces(paces["unit"], place, years, draws=draws, seed=seed + 1)
    hazards = None
    if passages is not None:
        hazards = draw_hazards(passages, horizon, draws=draws, seed=seed)
    return {
        name: project(state, scenario, (persons, villages), seed=seed + 2, hazards=hazards)
        for name, scenario in scenarios.items()
    }


def forecast(
    scenarios: pd.DataFrame,
    *,
    known: Evidence,
    incidence: pd.DataFrame,
    exits: pd.DataFrame,
    returns: pd.DataFrame,
    place: str,
    year: int,
    **options: int,
) -> dict[str, Paths]:
    """Project a place under every scenario, by its register or its margins, whichever it has.

    Parameters
    ----------
    scenarios, returns : DataFrame
        As for `read_scenario`.
    known : Evidence
        From `evidence`: with a register, persons exit, fall back and are newly found by those of
        its hazards that may be published; with margins alone, they exit by learned paces and
        return as elsewhere.
    incidence, exits : DataFrame
        As for `learned_paces`.
    place : str
        Name of the place.
    year : int
        Year whose end is known.
    **options : int
        ``horizon, draws, seed`` of `run_scenarios`.

    Returns
    -------
    dict of Paths
        By name of the scenario.

    Examples
    --------
    >>> from analysis import tables
    >>> from analysis.projection.evidence import evidence
    >>> names = ("scenarios", "incidence", "exit_paces", "returns")
    >>> scenarios, incidence, exits, returns = map(tables.read, names)
    >>> known = evidence(tables.margins("wenshan"), scenarios, place="wenshan", year=2017)
    >>> given = {"incidence": incidence, "exits": exits, "returns": returns}
    >>> runs = forecast(scenarios, known=known, **given, place="wenshan", year=2017, horizon=1,
    ...                 draws=9, seed=1)
    >>> runs["plan_as_stated"].years
    (2018,)
    """
    own = known.own
    if known.passages is None:
        # Not printed but assumed, so that `sensitivity` may change it: when exits began.
        common = scenarios[scenarios["scenario"] == "common"].set_index("parameter")["value"]
        own = own_exits(known.margins, place, common, year)
    paces = learned_paces(incidence, exits, own)
    plans = read_scenarios(scenarios, known.margins, returns)
    state = starting_state(known.margins, year)
    return run_scenarios(state, plans, paces, place, passages=known.learnable, **options)


def sensitivity(
    scenarios: pd.DataFrame, name: str, run: Callable[[pd.DataFrame], dict[str, Paths]]
) -> list[tuple[pd.Series, float, Paths]]:
    """Run one scenario again with each assumption at either end of its range.

    Parameters
    ----------
    scenarios : DataFrame
        Columns ``scenario, parameter, value, low, high`` and more.
    name : str
        Scenario to run.
    run : callable
        Scenarios in, runs by name out, such as `forecast` with the rest given.

    Returns
    -------
    list of (Series, float, Paths)
        The row of the assumption, the value it was set to, and the run.

    Examples
    --------
    >>> row = {"scenario": "s", "parameter": "p", "value": 1.0, "low": 0.0, "high": 1.0}
    >>> tried = sensitivity(pd.DataFrame([row]), "s", lambda rows: {"s": rows["value"].iloc[0]})
    >>> [(value, float(paths)) for _, value, paths in tried]
    [(0.0, 0.0)]
    """
    mine = scenarios[scenarios["scenario"].isin(["common", name])]
    tried = []
    for place, row in mine.dropna(subset=["low", "high"]).iterrows():
        for end in sorted({row["low"], row["high"]} - {row["value"]}):
            changed = scenarios.copy()
            changed.loc[place, ["value", "low", "high"]] = end
            tried.append((row, float(end), run(changed)[name]))
    return tried


def project(
    state: State,
    scenario: Scenario,
    paces: tuple[np.ndarray, np.ndarray],
    *,
    seed: int,
    hazards: Hazards | None = None,
) -> Paths:
    """Carry incidence and exited villages forward, year by year.

    In each year exits are those of the pace, moved towards the plan by the delivery: 0 leaves the
    pace alone, 1 is the plan to the letter. The plan reaches the poor of listed villages only; the
    others exit at the pace. A village that exits may keep poor persons up to the incidence line.
    Some of those who exited return, where the scenario says so.

    Parameters
    ----------
    state : State
        Start, from `starting_state`.
    scenario : Scenario
        Plan and delivery.
    paces : tuple of two ndarrays of shape (draws, years)
        Drawn paces of persons and of villages, from `draw_paces`, for the years after the start.
    seed : int
        Seed of the random numbers.
    hazards : Hazards, optional
        Of a register, as many draws and years: they take the place of the pace of persons and of
        the returns seen elsewhere, and bring those newly found, where the scenario lets people
        return.

    Returns
    -------
    Paths
        Incidence (0 to 1) and villages out at each year's end.

    Examples
    --------
    >>> still = State(2017, 100, 1000, 1000, 200, 10, 5, 20, 0.03, 0.9)
    >>> none = Scenario((), 0, 0, 0.0, 0.0, 0.0, (0.0, 0.0), (1.0, 1.0))
    >>> quarter = np.full((3, 2), 0.25)
    >>> project(still, none, (quarter, quarter), seed=1).incidence[0].tolist()
    [0.05, 0.0]
    """
    person_paces, village_paces = paces
    draws, years = person_paces.shape
    rng = np.random.default_rng(seed)
    delivery = draw_delivery(scenario, draws, rng)
    base = rng.uniform(state.base_low, state.base_high, draws)
    planned = _planned(scenario.planned_villages, years)
    villages = units_out(state.villages, state.villages_out, village_paces, planned, delivery)
    listed = rng.uniform(*scenario.poor_in_listed, draws)
    kept_back = rng.uniform(0, 1, draws) * _kept_back_most(state, listed)
    shares = _planned_shares(state, scenario, planned, draws, rng) * (1 - kept_back)[:, None]
    returning = _between(scenario.returns_low, scenario.returns_high, draws, rng)
    moves = (
        _steady(state, person_paces, returning)
        if hazards is None
        else _hazardous(state, hazards, base, scenario.returns_high > 0)
    )
    stocks = (state.poor * listed, state.poor * (1 - listed), state.first_stock - state.poor)
    poor = _poor_ahead(stocks, moves, shares, delivery)
    ends = tuple(range(state.year + 1, state.year + years + 1))
    return Paths(ends, poor / base[:, None], villages)


class _Moves(NamedTuple):
    """Persons in motion, draws by years: to exit (numbers, or shares of the poor), back, new."""

    wanted: np.ndarray
    of_poor: bool
    returning: np.ndarray
    found: np.ndarray


def _steady(state: State, paces: np.ndarray, returning: np.ndarray) -> _Moves:
    back = np.broadcast_to(returning[:, None], paces.shape)
    return _Moves(paces * state.first_stock, False, back, np.zeros_like(paces))


def _hazardous(state: State, hazards: Hazards, base: np.ndarray, allowed: bool) -> _Moves:
    outside = np.maximum(base - state.first_stock, 0)[:, None]
    return _Moves(hazards.exit, True, hazards.back * allowed, hazards.new * outside * allowed)


def _poor_ahead(
    stocks: tuple[np.ndarray, np.ndarray, float],
    moves: _Moves,
    shares: np.ndarray,
    delivery: np.ndarray,
) -> np.ndarray:
    inside, outside, exited = stocks
    ends = []
    for year, planned in enumerate(shares.T):
        poor = np.maximum(inside + outside, 1e-9)
        wanted = moves.wanted[:, year]
        going = wanted if moves.of_poor else np.minimum(1, wanted / poor)
        leave_inside = inside * (going + delivery * (planned - going))
        leave_outside, back = outside * going, moves.returning[:, year] * exited
        coming = back + moves.found[:, year]
        inside, outside = inside - leave_inside, outside - leave_outside + coming
        exited = exited + leave_inside + leave_outside - back
        ends.append(inside + outside)
    return np.stack(ends, axis=1)


def draw_delivery(scenario: Scenario, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw how far plans are delivered: 0 as if there were none, 1 to the letter.

    Parameters
    ----------
    scenario : Scenario
        A fixed ``delivery``, or, where that is missing, plans kept and missed so far, from which
        Laplace's rule of succession gives a Beta distribution.
    draws : int
        Number of draws.
    rng : numpy Generator
        Source of the random numbers.

    Returns
    -------
    ndarray of shape (draws,)
        Delivery, 0 to 1.

    References
    ----------
    Gelman et al. (2013), Bayesian Data Analysis, section 2.1: Beta posterior under a flat prior.

    Examples
    --------
    >>> kept_one = Scenario((), 1, 0, math.nan, 0.0, 0.0, (0.0, 0.0), (1.0, 1.0))
    >>> drawn = draw_delivery(kept_one, 20000, np.random.default_rng(1))
    >>> bool(abs(drawn.mean() - 2 / 3) < 0.01)
    True
    """
    if not math.isnan(scenario.delivery):
        return np.full(draws, scenario.delivery)
    return rng.beta(1 + scenario.plans_kept, 1 + scenario.plans_missed, draws)


def units_out(
    stock: float, out: float, paces: np.ndarray, planned: np.ndarray, delivery: np.ndarray
) -> np.ndarray:
    """Carry forward how many whole units (villages, counties) have exited.

    Parameters
    ----------
    stock, out : float
        Units on the list, and those already out.
    paces : ndarray of shape (draws, years)
        Yearly exits as shares of the stock.
    planned : ndarray of shape (years,)
        Planned exits of each year; infinite means all that are left.
    delivery : ndarray of shape (draws,)
        0 follows the pace, 1 the plan.

    Returns
    -------
    ndarray of shape (draws, years)
        Units out at each year's end, whole numbers, never above the stock.

    Examples
    --------
    >>> units_out(100, 30, np.array([[0.2, 0.2]]), np.array([41, np.inf]), np.array([1.0])).tolist()
    [[71.0, 100.0]]
    """
    now = np.full(len(paces), float(out))
    ends = []
    for pace, plan in zip(paces.T, planned, strict=True):
        steady = np.minimum(pace * stock, stock - now)
        now = now + steady + delivery * (np.minimum(plan, stock - now) - steady)
        ends.append(np.floor(now + 1e-9))
    return np.stack(ends, axis=1)


def _planned(villages: Sequence[float], years: int) -> np.ndarray:
    return np.array([*villages, *[np.inf] * years][:years], dtype=float)


def _kept_back_most(state: State, listed: np.ndarray) -> np.ndarray:
    left = state.villages - state.villages_out
    a_village = (state.base_low + state.base_high) / 2 / state.admin_villages
    poor = np.maximum(state.poor * listed, 1e-9)
    return np.minimum(1, state.incidence_line * a_village * left / poor)


def _planned_shares(
    state: State, scenario: Scenario, planned: np.ndarray, draws: int, rng: np.random.Generator
) -> np.ndarray:
    left = int(state.villages - state.villages_out)
    variation = rng.uniform(*scenario.village_poor_cv, (draws, 1))
    poor = np.exp(np.sqrt(np.log1p(variation**2)) * rng.standard_normal((draws, left)))
    before = np.concatenate([np.zeros((draws, 1)), poor.cumsum(axis=1)], axis=1)
    ends = np.minimum(planned.cumsum(), left).astype(int)
    starts = np.concatenate([[0], ends[:-1]])
    remaining = before[:, [-1]] - before[:, starts]
    leaving = before[:, ends] - before[:, starts]
    # Once no listed village is left, the plan is that everyone still poor exits.
    return np.divide(leaving, remaining, out=np.ones_like(leaving), where=remaining > 0)


def _between(low: float, high: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    # Even in the logarithm, since what was seen spans two orders; from zero there is none.
    if low <= 0:
        return rng.uniform(0, high, draws)
    return np.exp(rng.uniform(math.log(low), math.log(high), draws))
