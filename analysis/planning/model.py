"""The plan: which villages, households and works, at least cost within limits, month by month."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint

from analysis.planning.case import INFEASIBLE, OPTIMAL, STOPPED, Case, Plan
from analysis.planning.programme import Programme, at_least, at_most, run, slots, use_limits

LEAST_COST, MOST_VILLAGES, FEWEST_CREWS = "least_cost", "most_villages", "fewest_crews"
# The second step is small: some hundred columns, whatever the number of villages.
SECOND_STEP = {"mip_rel_gap": 1e-3, "time_limit": 20.0}
GOALS = (LEAST_COST, MOST_VILLAGES, FEWEST_CREWS)


def limit_names(case: Case) -> list[str]:
    """
    Name every limit that can be lifted.

    Parameters
    ----------
    case : Case
        What is to be planned.

    Returns
    -------
    list of str
        ``villages`` and ``persons`` (what must be reached), ``deadline``, ``budget``, and
        ``crews_<trade>`` for every trade.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> limit_names(two_villages())
    ['villages', 'persons', 'deadline', 'budget', 'crews_road', 'crews_housing']
    """
    return ["villages", "persons", "deadline", "budget", *(f"crews_{t}" for t in case.crews)]


def solve(
    case: Case,
    *,
    goal: str = LEAST_COST,
    lifted: Collection[str] = (),
    trade: str | None = None,
    gap: float = 1e-3,
    seconds: float = 60.0,
) -> Plan:
    """
    Choose villages, households and works, then lay the works out as early as the limits allow.

    Parameters
    ----------
    case : Case
        What is to be planned.
    goal : str
        least_cost, most_villages (at least cost among those that release as many), or
        fewest_crews (added to ``trade`` in every month).
    lifted : collection of str
        Limits that do not hold, as `limit_names` names them.
    trade : str, optional
        The trade of the goal fewest_crews.
    gap : float
        Relative gap at which the search may stop, 0 or more.
    seconds : float
        Time for the search; a plan found by then is given with its gap.

    Returns
    -------
    Plan
        The plan, or one of the status infeasible.

    Raises
    ------
    ValueError
        The goal or a limit is unknown.
    TimeoutError
        Time was up before any plan was found or shown to be impossible.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> plan = solve(two_villages())
    >>> plan.villages, plan.cost_yuan
    (('b',), 30000.0)
    """
    unknown = sorted(set(lifted) - set(limit_names(case)))
    if unknown or goal not in GOALS:
        raise ValueError(f"unknown: {', '.join(unknown) or goal}; limits are {limit_names(case)}")
    programme = Programme(case, frozenset(lifted), trade if goal == FEWEST_CREWS else None)
    options = {"mip_rel_gap": gap, "time_limit": seconds}
    if goal == MOST_VILLAGES:
        options["time_limit"] /= 2
        most = _most(programme, options)
        if np.isnan(most):
            return _no_plan()
        programme.rows.append(at_least(programme.total("villages"), most))
    aim = programme.total("crews") if goal == FEWEST_CREWS else programme.costs()
    found = programme.best(aim, options)
    return _no_plan() if found is None else _told(programme, found)


def nearest_plan(case: Case, *, gap: float = 1e-3, seconds: float = 60.0) -> tuple[str, Plan]:
    """
    Give the cheapest plan that passes, or the nearest to it that there is.

    Parameters
    ----------
    case : Case
        What is to be planned.
    gap, seconds
        As for `solve`.

    Returns
    -------
    (str, Plan)
        possible; persons_only, where no village can be planned at all: the cheapest plan that
        lets enough persons exit; impossible: the plan that releases most villages; or none.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> verdict, plan = nearest_plan(two_villages().aiming(villages=2))
    >>> verdict, plan.villages
    ('impossible', ('b',))
    """
    plan = solve(case, gap=gap, seconds=seconds)
    if plan.found:
        return "possible", plan
    if case.villages.empty:
        plan = solve(case, lifted=["villages"], gap=gap, seconds=seconds)
        return "persons_only" if plan.found else "none", plan
    lifted = ["villages", "persons"]
    plan = solve(case, goal=MOST_VILLAGES, lifted=lifted, gap=gap, seconds=seconds)
    return "impossible" if plan.found else "none", plan


def most_villages(
    case: Case, lifted: Collection[str] = (), *, gap: float = 1e-3, seconds: float = 60.0
) -> float:
    """
    Count the villages that can be released at most.

    Parameters
    ----------
    case : Case
        What is to be planned.
    lifted : collection of str
        Limits that do not hold.
    gap, seconds
        As for `solve`.

    Returns
    -------
    float
        Villages; missing where there is no plan.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> most_villages(two_villages())
    1.0
    """
    programme = Programme(case, frozenset(lifted), None)
    return _most(programme, {"mip_rel_gap": gap, "time_limit": seconds})


def _most(programme: Programme, options: Mapping[str, float]) -> float:
    found = programme.best(-programme.total("villages"), options)
    return np.nan if found is None else float(round(-found.fun))


def possible(case: Case, lifted: Collection[str] = (), *, seconds: float = 60.0) -> bool:
    """
    Say whether there is any plan.

    Parameters
    ----------
    case : Case
        What is to be planned.
    lifted : collection of str
        Limits that do not hold.
    seconds : float
        Time for the search.

    Returns
    -------
    bool
        Whether every limit that holds can be kept at once.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> possible(two_villages().aiming(villages=2))
    False
    """
    programme = Programme(case, frozenset(lifted), None)
    options = {"mip_rel_gap": 0.0, "time_limit": seconds}
    return programme.best(np.zeros(programme.size), options) is not None


def _no_plan() -> Plan:
    exits = pd.DataFrame(columns=["group", "village", "households", "persons"])
    units = pd.DataFrame(columns=["village", "kind", "units"])
    starts = pd.DataFrame(columns=["kind", "month", "units"])
    return Plan(INFEASIBLE, np.nan, np.nan, (), exits, units, starts)


def _told(programme: Programme, found) -> Plan:
    case, values = programme.case, found.x
    out = np.round(values[programme.blocks["villages"]]) > 0
    exiting = np.round(values[programme.blocks["households"]]).astype(int)
    more = float(np.round(values[programme.blocks["crews"]])[0])
    groups = case.groups.assign(households=exiting, persons=exiting * case.groups["persons"])
    exits = groups.loc[exiting > 0, ["group", "village", "households", "persons"]]
    released = tuple(case.villages.loc[out, "village"])
    units = _units(case, released, exits)
    starts = _starts(
        _with_crews(case, programme.trade, more),
        units.groupby("kind")["units"].sum(),
        programme.lifted,
        programme.last,
    )
    cost = float((starts["kind"].map(case.works["cost_yuan"]) * starts["units"]).sum())
    status = OPTIMAL if found.status == 0 else STOPPED
    gap = float(found.mip_gap) if found.mip_gap is not None else 0.0
    return Plan(status, cost, gap, released, exits.reset_index(drop=True), units, starts, more)


def _with_crews(case: Case, trade: str | None, more: float) -> Case:
    if trade is None:
        return case
    return case._replace(crews=case.crews.assign(**{trade: case.crews[trade] + more}))


def _units(case: Case, released: tuple[str, ...], exits: pd.DataFrame) -> pd.DataFrame:
    """Sum what villages and households need; what both need counts once."""
    by = ["village", "kind"]
    lacks = case.village_units[case.village_units["village"].isin(released)]
    asked = exits.merge(case.group_units, on="group")
    asked["units"] *= asked["households"]
    both = pd.concat([lacks[[*by, "units"]], asked.groupby(by, as_index=False)["units"].sum()])
    units = both.groupby(by, as_index=False)["units"].max()
    return pd.concat([units, _unplaced(case, units)], ignore_index=True)


def _unplaced(case: Case, units: pd.DataFrame) -> pd.DataFrame:
    """Give the units that must be done whoever exits and that belong to no village of the plan."""
    done = units.groupby("kind")["units"].sum()
    short = {kind: case.targets.get(kind, 0) - done.get(kind, 0) for kind in case.works.index}
    rows = [("", kind, units_short) for kind, units_short in short.items() if units_short > 0]
    return pd.DataFrame(rows, columns=["village", "kind", "units"]).astype({"units": int})


def _starts(case: Case, totals: pd.Series, lifted: frozenset[str], last: int) -> pd.DataFrame:
    """Begin every unit as early as crews and money allow, each kind weighing alike."""
    totals = totals[totals > 0]
    begun = slots(case.works.loc[totals.index], last)
    if begun.empty:
        return begun.assign(units=0)
    kinds, every = totals.index.get_indexer(begun["kind"]), np.arange(len(begun))
    sums = sparse.csr_array((np.ones(len(begun)), (kinds, every)), (len(totals), len(begun)))
    held = [at_most(use, most) for _, use, most in use_limits(case, begun, lifted)]
    early = begun["month"].to_numpy() / totals.to_numpy(float)[kinds]
    rows = [LinearConstraint(sums, totals, totals), *held]
    found = run(early, np.ones(len(begun)), Bounds(0, np.inf), rows, SECOND_STEP)
    begun = begun.assign(units=np.round(found.x).astype(int))
    return begun[begun["units"] > 0].reset_index(drop=True)
