"""The case from printed totals alone, where a place keeps no ledger of its villages."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.planning.case import Case
from analysis.planning.needs import SLACK, still_allowed

# Printed totals that name a work: margin and whether households or the village need it.
HOMES = {"house": ("unsafe_households",), "school": ("primary_dropouts", "junior_dropouts")}
SHARED = {"tap": ("water_short_households",)}
# In the place of a rate that rounds to zero, whose base cannot be told.
TINY = 1e-9
MARGINS = ("poor_villages_left", "poor_persons", "poor_households", "incidence", "admin_villages")


def margins_case(
    margins: pd.DataFrame,
    standard: pd.DataFrame,
    works: pd.DataFrame,
    *,
    crews: pd.DataFrame,
    funds: pd.Series,
    deadline: int,
    unevenness: float = 0.0,
    income: bool = True,
) -> Case:
    """
    Make a case from printed totals: what is not printed is not planned.

    Parameters
    ----------
    margins : DataFrame
        From `tables.margins`: ``poor_villages``, ``poor_villages_left``, ``exited_villages``,
        ``poor_persons``, ``poor_households``, ``incidence``, ``admin_villages``, and, where they
        are printed, unsafe houses, pupils out of school, households short of water.
    standard : DataFrame
        The pack: the village's and the county's rule on incidence, the share of villages.
    works : DataFrame
        The table ``works``.
    crews, funds, deadline
        As in `Case`.
    unevenness : float
        Coefficient of variation of the needs between villages, 0 (all alike) or more; needs and
        poor households then go to the villages as quantiles of a lognormal distribution.
    income : bool
        Whether every poor household needs an income project; how many do is not printed.

    Returns
    -------
    Case
        Villages named 1, 2, ... from the fewest needs to the most.

    Raises
    ------
    KeyError
        A total is not printed that no case can do without.

    Examples
    --------
    >>> from analysis import tables
    >>> from analysis.planning.needs import crews_by_month, funds_by_month, months_to
    >>> months = months_to("2018-03-28", "2018-12-31")
    >>> case = margins_case(
    ...     tables.margins("wenshan"), tables.read("standards", pack="yunnan_2017"),
    ...     tables.read("works", place="wenshan"), deadline=9,
    ...     crews=crews_by_month(tables.read("crews", place="wenshan"), months),
    ...     funds=funds_by_month(1.6e8, 0.4, months, 9))
    >>> len(case.villages), case.targets["villages"]
    (70, 60)
    """
    lost = [name for name in MARGINS if name not in margins.index]
    if lost:
        raise KeyError(f"no plan without the printed {', '.join(lost)}; add them to margins.csv")
    printed = margins["value"].astype(float)
    names = [f"{place:03d}" for place in range(1, round(printed["poor_villages_left"]) + 1)]
    weights = _weights(len(names), unevenness)
    groups, group_units = _groups(printed, names, weights, income)
    rules = standard.set_index(["level", "indicator"])
    return Case(
        villages=_villages(printed, names, groups, rules),
        groups=groups,
        group_units=group_units,
        village_units=_village_units(printed, names, weights),
        works=works.set_index("kind"),
        crews=crews,
        funds=funds,
        targets=_targets(printed, rules),
        deadline=deadline,
    )


def _weights(villages: int, unevenness: float) -> np.ndarray:
    """Give each village its share of the needs, from the smallest to the largest."""
    sigma = math.sqrt(math.log1p(unevenness**2))
    weights = np.exp(sigma * stats.norm.ppf((np.arange(villages) + 0.5) / villages))
    return weights / weights.sum()


def _dealt(total: float, weights: np.ndarray) -> np.ndarray:
    """Split a whole number by weights, the largest remainders rounded up."""
    exact = total * weights
    whole = np.floor(exact + SLACK)
    rest = round(total - whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:rest]] += 1
    return whole.astype(int)


def _everybody(printed: pd.Series) -> float:
    """Give the base of the printed rate; a rate printed as zero is below any line all the same."""
    return printed["poor_persons"] / max(printed["incidence"], TINY)


def _printed(printed: pd.Series, margins: tuple[str, ...]) -> float:
    return float(sum(printed.get(name, 0.0) for name in margins))


def printed_works(margins: pd.DataFrame) -> list[str]:
    """
    List the kinds of work whose number is printed, for the words of an exhibit.

    Parameters
    ----------
    margins : DataFrame
        From `tables.margins`.

    Returns
    -------
    list of str
        ``work_<kind>`` of each; ``work_none`` where there is none.

    Examples
    --------
    >>> from analysis import tables
    >>> printed_works(tables.margins("demo_county"))
    ['work_house']
    """
    sums = (HOMES | SHARED).items()
    kinds = [f"work_{kind}" for kind, names in sums if not margins.index.intersection(names).empty]
    return kinds or ["work_none"]


def _groups(
    printed: pd.Series, names: list[str], weights: np.ndarray, income: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make two groups a village, households in unsafe houses and the others, of average size."""
    unsafe = _dealt(_printed(printed, HOMES["house"]), weights)
    every = np.maximum(_dealt(printed["poor_households"], weights), unsafe)
    persons = printed["poor_persons"] / max(every.sum(), 1)
    counts = np.concatenate([unsafe, every - unsafe])
    groups = pd.DataFrame({"village": names * 2, "households": counts, "persons": persons})
    groups.insert(0, "group", range(len(groups)))
    first = groups.loc[: len(names) - 1, ["group"]].assign(kind="house", units=1)
    both = groups[["group"]].assign(kind="income", units=1) if income else first.iloc[:0]
    return groups, pd.concat([first, both], ignore_index=True)


def _village_units(printed: pd.Series, names: list[str], weights: np.ndarray) -> pd.DataFrame:
    totals = {kind: _printed(printed, sum_of) for kind, sum_of in (HOMES | SHARED).items()}
    parts = [
        pd.DataFrame({"village": names, "kind": kind, "units": _dealt(total, weights)})
        for kind, total in totals.items()
    ]
    units = pd.concat(parts, ignore_index=True)
    return units[units["units"] > 0].reset_index(drop=True)


def _villages(
    printed: pd.Series, names: list[str], groups: pd.DataFrame, rules: pd.DataFrame
) -> pd.DataFrame:
    """Take every village to be of the average population; the printed rate gives the whole."""
    everybody = _everybody(printed) / printed["admin_villages"]
    poor = (groups["households"] * groups["persons"]).groupby(groups["village"]).sum()[names]
    allowed = still_allowed(everybody, rules.loc[("village", "incidence")])
    needed = (poor - allowed).clip(lower=0)
    return pd.DataFrame({"village": names, "persons_needed": needed.to_numpy()})


def _targets(printed: pd.Series, rules: pd.DataFrame) -> dict[str, float]:
    share = float(rules.loc[("county", "village_exit_share"), "threshold"])
    must = math.ceil(share * printed["poor_villages"] - SLACK)
    allowed = still_allowed(_everybody(printed), rules.loc[("county", "incidence")])
    return {
        "villages": max(must - round(printed["exited_villages"]), 0),
        "persons": max(printed["poor_persons"] - allowed, 0.0),
    }


def margins_range(least: pd.DataFrame, most: pd.DataFrame, margins: pd.DataFrame) -> pd.DataFrame:
    """
    Set the cheapest and the dearest reading of the printed totals side by side.

    Parameters
    ----------
    least, most : DataFrame
        From `limits.frontier` on the two readings: ``villages, cost_yuan``.
    margins : DataFrame
        From `tables.margins`: ``exited_villages, poor_villages, village_exit_share``.

    Returns
    -------
    DataFrame
        ``villages`` released, ``villages_out, enough`` (whether they are as many as must be),
        ``cost_low_yuan, cost_high_yuan``.

    Examples
    --------
    >>> costs = pd.DataFrame({"villages": [41, 60], "cost_yuan": [1.0, 2.0]})
    >>> from analysis import tables
    >>> margins_range(costs, costs, tables.margins("wenshan"))["enough"].tolist()
    [False, True]
    """
    out = least["villages"] + round(margins.loc["exited_villages", "value"])
    share = margins.loc["village_exit_share", "value"] * margins.loc["poor_villages", "value"]
    return pd.DataFrame(
        {
            "villages": least["villages"],
            "villages_out": out,
            "enough": out >= math.ceil(share - SLACK),
            "cost_low_yuan": least["cost_yuan"],
            "cost_high_yuan": most["cost_yuan"],
        }
    )


def counts_asked(
    found: Mapping[str, float], margins: pd.DataFrame, besides: Sequence[int]
) -> list[int]:
    """
    List the numbers of villages whose cost is worth knowing.

    Parameters
    ----------
    found : mapping
        From `exits.village_plan_summary`: ``needed``.
    margins : DataFrame
        From `tables.margins`: ``planned_village_exits, poor_villages_left``.
    besides : sequence of int
        Further numbers; those that are more than the villages left are dropped.

    Returns
    -------
    list of int
        Ascending: those planned, those needed, all that are left, and the further ones.

    Examples
    --------
    >>> from analysis import tables
    >>> counts_asked({"needed": 60}, tables.margins("wenshan"), [50, 900])
    [41, 50, 60, 70]
    """
    planned, left = margins.loc[["planned_village_exits", "poor_villages_left"], "value"]
    asked = {*besides, round(found["needed"]), round(planned), round(left)}
    return sorted(count for count in asked if count <= left)


def margins_answer(
    found: Mapping[str, float], costs: pd.DataFrame, planned: float
) -> dict[str, object]:
    """
    Put into numbers whether the villages planned are enough, and what it takes.

    Parameters
    ----------
    found : mapping
        From `exits.village_plan_summary`: ``out, must, short, needed, verdict``.
    costs : DataFrame
        From `margins_range` on `counts_asked`, which leaves out more villages than are left.
    planned : float
        Villages planned for the year.

    Returns
    -------
    dict
        Villages ``planned, out`` (before), ``reached`` (with the plan), ``must, short, needed``;
        ``left`` (the most that the costs know of); yuan ``low, high`` for those needed,
        ``planned_low, planned_high``; ``verdict``: that of ``found``, late where the crews cannot
        finish by the deadline, or beyond where more are planned or needed than are left.

    Examples
    --------
    >>> found = {"out": 71, "must": 90, "short": 19, "needed": 60, "verdict": "short"}
    >>> costs = pd.DataFrame({"villages": [41, 60], "cost_low_yuan": 1.0, "cost_high_yuan": 2.0})
    >>> margins_answer(found, costs, 41)["out"]
    30
    """
    both = [found["needed"], round(planned)]
    rows = costs.set_index("villages")[["cost_low_yuan", "cost_high_yuan"]]
    (low, high), (planned_low, planned_high) = rows.reindex(both).to_numpy()
    late = rows.reindex(both).isna().any(axis=None)
    beyond = not set(both) <= set(rows.index)
    return {
        "planned": round(planned),
        "out": found["out"] - round(planned),
        "reached": found["out"],
        **{name: found[name] for name in ("must", "short", "needed")},
        "left": rows.index.max(),
        "verdict": "beyond" if beyond else "late" if late else found["verdict"],
        "low": low,
        "high": high,
        "planned_low": planned_low,
        "planned_high": planned_high,
    }
