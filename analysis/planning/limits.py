"""What binds, what a little more would buy, and which limits contradict each other."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.planning.case import Case, Plan
from analysis.planning.model import FEWEST_CREWS, limit_names, most_villages, possible, solve
from analysis.planning.programme import Programme
from analysis.planning.readout import crew_months

MILLION = 1e6
# A rate below this is the solver's rounding.
RATE = 1e-6
CREWS = "crews_"
TARGETS = {"villages", "persons"}


def contradictions(case: Case, *, seconds: float = 60.0) -> list[list[str]]:
    """
    Name limits that cannot be kept together, set by set; no part of a set contradicts itself.

    Each limit in turn is lifted for good where there is still no plan without it; what is left is
    the first set. Its limits of money, crews and time are then lifted, and the next is looked for.

    Parameters
    ----------
    case : Case
        What is to be planned.
    seconds : float
        Time for each search.

    Returns
    -------
    list of list of str
        Limits, as `model.limit_names` names them; empty where there is a plan. A set of nothing but
        targets asks for more than is listed.

    References
    ----------
    Chinneck and Dravnieks (1991), Locating minimal infeasible constraint sets in linear programs:
    the deletion filter.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> contradictions(two_villages()._replace(deadline=1))
    [['villages', 'deadline']]
    """
    found, lifted = [], set()
    while not possible(case, lifted, seconds=seconds):
        found.append(_contradiction(case, lifted, seconds))
        more = set(found[-1]) - TARGETS
        if not more:
            break
        lifted |= more
    return found


def _contradiction(case: Case, lifted: set[str], seconds: float) -> list[str]:
    """The deletion filter; targets are tried last, so that they stay where they can."""
    kept, gone = [], set(lifted)
    for limit in limit_names(case)[::-1]:
        if limit not in gone and possible(case, {*gone, limit}, seconds=seconds):
            kept.append(limit)
        else:
            gone.add(limit)
    return kept[::-1]


def ways_out(
    case: Case, contradicting: Sequence[Sequence[str]], *, seconds: float = 60.0
) -> pd.DataFrame:
    """
    Say by how much each of the contradicting limits would have to give.

    Parameters
    ----------
    case : Case
        What is to be planned.
    contradicting : sequence of sequence of str
        From `contradictions`.
    seconds : float
        Time for each search.

    Returns
    -------
    DataFrame
        ``number`` of the set, ``limit, measure, now, needed``: villages; months to the deadline;
        yuan; crews in the month that has fewest. ``needed`` is for this limit alone while the
        others of its set hold and those outside the set do not; of every set one limit has to give.
        No rows where nothing contradicts.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> case = two_villages()._replace(deadline=1)
    >>> ways_out(case, [["villages", "deadline"]])["needed"].tolist()
    [0.0, 2.0]
    """
    found = []
    for number, members in enumerate(contradicting, 1):
        outside = set(limit_names(case)) - set(members)
        for name in members:
            needed = _needed(case, name, outside, seconds)
            found.append((number, name, _measure(name), _now(case, name), needed))
    return pd.DataFrame(found, columns=["number", "limit", "measure", "now", "needed"])


def _measure(limit: str) -> str:
    known = {"villages": "village", "persons": "person", "deadline": "month", "budget": "yuan"}
    return known.get(limit, "crew")


def contradiction_names(contradicting: Sequence[Sequence[str]]) -> dict[str, object]:
    """
    Give the contradicting limits as terms of the catalogue.

    Parameters
    ----------
    contradicting : sequence of sequence of str
        From `contradictions`.

    Returns
    -------
    dict
        ``verdict`` (none, one, several; unlisted where more villages are asked for than can be
        planned), ``first`` and ``second`` set.

    Examples
    --------
    >>> contradiction_names([["villages", "budget"]])["first"]
    ['limit_villages', 'limit_budget']
    """
    named = [[f"limit_{limit}" for limit in members] for members in contradicting]
    verdict = ("none", "one", "several")[min(len(named), 2)]
    first, second, *_ = [*named, [], []]
    verdict = "unlisted" if first == ["limit_villages"] else verdict
    return {"verdict": verdict, "first": first, "second": second}


def _now(case: Case, limit: str) -> float:
    # Where no month is left, what is at hand now is what the next month finds.
    months = slice(0, max(case.deadline, 1))
    if limit == "budget":
        return float(case.funds.iloc[months].max())
    if limit == "deadline":
        return float(case.deadline)
    if limit.startswith(CREWS):
        return float(case.crews[limit.removeprefix(CREWS)].iloc[months].min())
    return float(case.targets[limit])


def _needed(case: Case, limit: str, outside: set[str], seconds: float) -> float:
    lifted = {*outside, limit}
    if limit == "deadline":
        return _first_month(case, outside, seconds)
    if limit == "villages":
        return most_villages(case, lifted, seconds=seconds)
    if limit.startswith(CREWS):
        trade = limit.removeprefix(CREWS)
        plan = solve(case, goal=FEWEST_CREWS, trade=trade, lifted=outside, seconds=seconds)
        return _now(case, limit) + plan.more_crews if plan.found else np.nan
    plan = solve(case, lifted=lifted, seconds=seconds)
    return plan.cost_yuan if limit == "budget" else plan.persons if plan.found else np.nan


def _first_month(case: Case, outside: set[str], seconds: float) -> float:
    """Search the first deadline with a plan; a later one is never worse."""
    early, late = case.deadline, len(case.crews)
    if not possible(case._replace(deadline=late), outside, seconds=seconds):
        return np.nan
    while late - early > 1:
        middle = (early + late) // 2
        if possible(case._replace(deadline=middle), outside, seconds=seconds):
            late = middle
        else:
            early = middle
    return float(late)


def frontier(
    case: Case,
    counts: Sequence[int],
    *,
    known: Plan | None = None,
    gap: float = 1e-3,
    seconds: float = 60.0,
) -> pd.DataFrame:
    """
    Give the least cost of releasing so many villages, whatever the budget.

    Parameters
    ----------
    case : Case
        What is to be planned; its crews and its deadline hold, its budget does not.
    counts : sequence of int
        Villages to release, ascending.
    known : Plan, optional
        A plan found before; where it is cheaper than one found here, within the gap, it stands.
    gap, seconds
        As for `solve`.

    Returns
    -------
    DataFrame
        ``villages, cost_yuan, cost_low_yuan`` (what no plan can go below), ``persons,
        within_budget``; costs are missing where crews and deadline do not allow so many.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> frontier(two_villages(), [1, 2])["cost_yuan"].tolist()
    [30000.0, nan]
    """
    rows = [_released(case, count, gap, seconds) for count in counts]
    table = pd.DataFrame(rows, columns=["villages", "cost_yuan", "cost_low_yuan", "persons"])
    if known is not None and known.found:
        cheaper = (table["villages"] <= len(known.villages)) & (
            table["cost_yuan"] > known.cost_yuan
        )
        table.loc[cheaper, ["cost_yuan", "persons"]] = known.cost_yuan, known.persons
    return table.assign(within_budget=table["cost_yuan"] <= _now(case, "budget"))


def frontier_rows(costs: pd.DataFrame, out: int) -> pd.DataFrame:
    """
    Count with the villages released those that were out before.

    Parameters
    ----------
    costs : DataFrame
        From `frontier`.
    out : int
        Villages out before.

    Returns
    -------
    DataFrame
        The same with ``villages_out``; no rows where none of these numbers can be released.

    Examples
    --------
    >>> costs = pd.DataFrame({"villages": [1, 2], "cost_yuan": [30.0, np.nan]})
    >>> frontier_rows(costs, 5)["villages_out"].tolist()
    [6, 7]
    """
    rows = costs.assign(villages_out=costs["villages"] + out)
    return rows if rows["cost_yuan"].notna().any() else rows.iloc[:0]


def frontier_answer(costs: pd.DataFrame, answer: Mapping[str, object]) -> dict[str, object]:
    """
    Read off the frontier what the villages needed and the villages planned cost.

    Parameters
    ----------
    costs : DataFrame
        From `frontier`.
    answer : mapping
        From `margins.margins_answer`: ``needed, planned``.

    Returns
    -------
    dict
        ``verdict`` (late where not both can be released by the deadline, short where more are
        needed than planned, else enough), ``cost`` and ``planned_cost``, yuan.

    Examples
    --------
    >>> costs = pd.DataFrame({"villages": [1, 2], "cost_yuan": [30.0, np.nan]})
    >>> frontier_answer(costs, {"needed": 1, "planned": 1})["verdict"]
    'enough'
    """
    both = [answer["needed"], answer["planned"]]
    cost, planned = costs.set_index("villages")["cost_yuan"].reindex(both)
    late = pd.isna(cost) or pd.isna(planned)
    verdict = "late" if late else "short" if answer["needed"] > answer["planned"] else "enough"
    return {"verdict": verdict, "cost": cost, "planned_cost": planned}


def _released(case: Case, count: int, gap: float, seconds: float) -> tuple:
    lifted = ["budget", "persons"]
    plan = solve(case.aiming(villages=count), lifted=lifted, gap=gap, seconds=seconds)
    persons = plan.persons if plan.found else np.nan
    return count, plan.cost_yuan, plan.cost_yuan * (1 - plan.gap), persons


def worth(case: Case, plan: Plan) -> pd.DataFrame:
    """
    Say what one more million or one more crew would buy.

    The rates are duals of the relaxation without whole numbers: of the least cost of this plan's
    villages, and of the most villages. For each limit that has a rate, the most villages are also
    found again, in whole numbers, with one unit more.

    Parameters
    ----------
    case : Case
        A case with a plan.
    plan : Plan
        From `solve`.

    Returns
    -------
    DataFrame
        One row a limit of crews or money: ``limit, used`` (share of what there is until the
        deadline, 0 to 1), ``saves_yuan`` and ``villages_rate`` (for one more crew in every month or
        one more million from the first), ``most`` and ``most_with`` (most villages now and with it;
        equal where the rate is zero).

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> case = two_villages()
    >>> worth(case, solve(case))["most_with"].tolist()
    [1.0, 1.0, 1.0]
    """
    persons = min(case.targets["persons"], plan.persons)
    free = case.aiming(villages=0, persons=persons)
    cheaper = _rates(free.aiming(villages=len(plan.villages)), "costs")
    more = _rates(free, "villages")
    most = most_villages(free)
    rows = []
    for name, rate in more.items():
        with_more = most_villages(_one_more(free, name)) if rate > RATE else most
        rows.append((name, _used(case, plan, name), cheaper[name], rate, most, with_more))
    columns = ["limit", "used", "saves_yuan", "villages_rate", "most", "most_with"]
    return pd.DataFrame(rows, columns=columns)


def _rates(case: Case, aim: str) -> dict[str, float]:
    """Sum the duals over the months: one crew more in each, one million more from the first on."""
    programme = Programme(case, frozenset(), None)
    told = programme.worth(programme.costs() if aim == "costs" else -programme.total("villages"))
    scale = {name: MILLION if name == "budget" else 1.0 for name in told}
    return {name: max(float(rates.sum()), 0.0) * scale[name] for name, rates in told.items()}


def _one_more(case: Case, limit: str) -> Case:
    if limit == "budget":
        return case._replace(funds=case.funds + MILLION)
    trade = limit.removeprefix(CREWS)
    return case._replace(crews=case.crews.assign(**{trade: case.crews[trade] + 1}))


def _used(case: Case, plan: Plan, limit: str) -> float:
    if limit == "budget":
        return plan.cost_yuan / _now(case, limit)
    use = crew_months(case, plan).query("trade == @limit.removeprefix(@CREWS)")
    return float(use["at_work"].sum() / use["crews"].sum()) if len(use) else 0.0
