"""The county's checklist from printed figures alone, today and if the plan is carried out."""

import math
from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from analysis import tables
from analysis.exits.judgement import FAIL, PASS, UNKNOWN, judge, verdicts

MOMENTS = ("today", "plan")
# The county's columns that a margin gives as it is; they describe today and nothing later.
MARGINS = {
    "headcount_ratio": "incidence",
    "income_growth": "income_growth",
    "province_income_growth": "province_income_growth",
}


def printed_county(margins: pd.DataFrame, statements: pd.DataFrame, year: int) -> pd.DataFrame:
    """Lay the printed figures out as the county's columns, today and under the plan.

    Parameters
    ----------
    margins : DataFrame
        From `tables.margins`: by part played, ``value, value_low, value_high``.
    statements : DataFrame
        What is said in words: ``column, value, year, lasts``.
    year : int
        The printed figures describe the end of this year; the plan is for the next.

    Returns
    -------
    DataFrame
        ``moment`` (today, plan), ``column, value, value_low, value_high``. Figures that are not
        printed have no row; what the plan does not name is not carried over to it.

    Examples
    --------
    >>> margins = pd.DataFrame({"value": [30.0, 41.0, 100.0]},
    ...     index=["exited_villages", "planned_village_exits", "poor_villages"])
    >>> margins = margins.assign(value_low=margins["value"], value_high=margins["value"])
    >>> said = pd.DataFrame(columns=["column", "value", "year", "lasts"])
    >>> printed_county(margins, said, 2017)[["moment", "value"]].values.tolist()
    [['today', 0.3], ['plan', 0.71]]
    """
    bounds = margins[["value", "value_low", "value_high"]].astype(float)
    rows = [
        ("today", column, *bounds.loc[margin])
        for column, margin in MARGINS.items()
        if margin in bounds.index
    ]
    for moment, parts in _villages_out(bounds).items():
        rows.append((moment, "village_exit_share", *parts))
    said = statements[
        (statements["year"] == year) | (statements["lasts"] & (statements["year"] < year))
    ]
    for row in said.itertuples():
        rows.extend((m, row.column, *[row.value] * 3) for m in MOMENTS[: 1 + bool(row.lasts)])
    columns = ["moment", "column", "value", "value_low", "value_high"]
    return pd.DataFrame(rows, columns=columns).dropna()


def _villages_out(bounds: pd.DataFrame) -> dict[str, pd.Series]:
    """Give the share of villages out, today and with the planned exits added."""
    every = bounds.reindex(["exited_villages", "planned_village_exits", "poor_villages"])
    out, planned, listed = every.iloc[0], every.iloc[1], every.iloc[2]
    whole = listed[["value", "value_high", "value_low"]].to_numpy()
    return {"today": out / whole, "plan": (out + planned) / whole}


def printed_checklist(
    standard: pd.DataFrame, measures: pd.DataFrame, county: pd.DataFrame
) -> pd.DataFrame:
    """Judge the county by its printed figures, within the rounding of their digits.

    Parameters
    ----------
    standard : DataFrame
        One pack with indicators of the county.
    measures : DataFrame
        The table ``measures``.
    county : DataFrame
        From `printed_county`.

    Returns
    -------
    DataFrame
        One row a moment and indicator, columns as `judge`. The verdict is that of every value the
        rounding allows; where they differ it is unknown.

    Examples
    --------
    >>> pack = pd.DataFrame({"level": ["county"], "number": [1], "indicator": ["incidence"],
    ...                      "operator": ["<"], "threshold": [0.03], "unit": ["share"]})
    >>> from analysis import tables
    >>> printed = pd.DataFrame({"moment": ["today"], "column": ["headcount_ratio"],
    ...     "value": [0.03], "value_low": [0.0295], "value_high": [0.0305]})
    >>> measures = tables.read("measures", place="standards")
    >>> printed_checklist(pack, measures, printed)["verdict"].tolist()
    ['unknown', 'unknown']
    """
    corners = pd.concat([_corners(county, moment) for moment in MOMENTS], ignore_index=True)
    judged = judge(corners, standard, measures, "county", ["moment", "corner"])
    unanimous = judged.groupby(["moment", "number"])["verdict"].nunique().eq(1)
    shown = judged[judged["corner"] == 0].drop(columns="corner").reset_index(drop=True)
    agreed = unanimous.loc[list(zip(shown["moment"], shown["number"], strict=True))].to_numpy()
    return shown.assign(verdict=np.where(agreed, shown["verdict"], UNKNOWN))


def printed_checklists(
    packs: Mapping[str, pd.DataFrame], measures: pd.DataFrame, county: pd.DataFrame, own: str
) -> dict[str, pd.DataFrame]:
    """Judge the county by the printed figures under each standard that has tests of a county.

    Parameters
    ----------
    packs : mapping of str to DataFrame
        Standards by name.
    measures, county : DataFrame
        As for `printed_checklist`.
    own : str
        Name of the place's own standard.

    Returns
    -------
    dict of str to DataFrame
        From `printed_checklist`; a standard of households or villages alone has none.

    Raises
    ------
    ValueError
        The own standard does not say which share of villages must be out, so that nothing tells
        what a plan lacks.

    Examples
    --------
    >>> from analysis import tables
    >>> packs = {name: tables.read("standards", pack=name)
    ...          for name in ("yunnan_2017", "guizhou_2017")}
    >>> measures = tables.read("measures", place="standards")
    >>> empty = pd.DataFrame(columns=["moment", "column", "value", "value_low", "value_high"])
    >>> list(printed_checklists(packs, measures, empty, "yunnan_2017"))
    ['yunnan_2017']
    """
    if not _sets_share(packs[own]):
        fitting = [
            name
            for name in tables.read("packs", place="standards")["pack"]
            if _sets_share(tables.read("standards", pack=name))
        ]
        raise ValueError(
            f"pack: the standard '{own}' has no test of the county 'village_exit_share', at which "
            f"a plan aims; these have it: {', '.join(fitting)}; any other can stand in others"
        )
    return {
        name: printed_checklist(rows, measures, county)
        for name, rows in packs.items()
        if rows["level"].eq("county").any()
    }


def _sets_share(standard: pd.DataFrame) -> bool:
    tests = standard[standard["level"] == "county"]
    return bool(tests["indicator"].eq("village_exit_share").any())


def _corners(county: pd.DataFrame, moment: str) -> pd.DataFrame:
    """Give the printed values in the first row, then every combination of their bounds."""
    rows = county[county["moment"] == moment].set_index("column")
    bounds = product(*rows[["value_low", "value_high"]].itertuples(index=False, name=None))
    values = pd.DataFrame([tuple(rows["value"]), *bounds], columns=rows.index)
    return values.assign(moment=moment, corner=range(len(values)))


def checklist_table(checklist: pd.DataFrame, standard: pd.DataFrame) -> pd.DataFrame:
    """Set today and the plan side by side, one row an indicator.

    Parameters
    ----------
    checklist : DataFrame
        From `printed_checklist`.
    standard : DataFrame
        The pack, for the titles.

    Returns
    -------
    DataFrame
        ``test_zh, test_en, operator, threshold``, then ``today, distance_today, plan,
        distance_plan`` (verdicts; distances of shares only, below zero where short).

    Examples
    --------
    >>> rows = pd.DataFrame({"moment": ["today", "plan"], "number": 1, "threshold": 0.9,
    ...     "unit": "share", "distance": [-0.6, -0.19], "verdict": "fail"})
    >>> pack = pd.DataFrame({"level": ["county"], "number": [1], "indicator_zh": ["村"],
    ...                      "indicator_en": ["villages"], "operator": [">="]})
    >>> checklist_table(rows, pack)[["today", "distance_plan"]].values.tolist()
    [['fail', -0.19]]
    """
    titles = standard[standard["level"] == "county"].set_index("number")
    table = titles[["indicator_zh", "indicator_en", "operator"]].set_axis(
        ["test_zh", "test_en", "operator"], axis=1
    )
    for moment in MOMENTS:
        rows = checklist[checklist["moment"] == moment].set_index("number")
        table["threshold"] = rows["threshold"] if moment == MOMENTS[0] else table["threshold"]
        table[moment] = rows["verdict"]
        table[f"distance_{moment}"] = rows["distance"].where(rows["unit"] == "share")
    return table.reset_index(drop=True)


def checklist_counts(checklists: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Count what passes, fails and is unknown, by pack and moment.

    Parameters
    ----------
    checklists : mapping of str to DataFrame
        From `printed_checklist`, by pack.

    Returns
    -------
    DataFrame
        ``pack, moment, passed, failed, unknown, verdict, binding``, as `verdicts`.

    Examples
    --------
    >>> rows = pd.DataFrame({"moment": ["today"], "number": 1, "indicator": "incidence",
    ...     "verdict": "fail", "distance": -0.1, "shortfall": 0.5, "unit": "share",
    ...     "missing": None})
    >>> checklist_counts({"own": rows})[["pack", "verdict", "binding"]].values.tolist()
    [['own', 'fail', 'incidence']]
    """
    counted = {pack: verdicts(rows, ["moment"]) for pack, rows in checklists.items()}
    table = pd.concat(counted, names=["pack"]).reset_index("pack").reset_index(drop=True)
    return table.drop(columns=["distance", "unit", "missing"])


def measurable(standards: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """Count how many indicators of each pack the agreed ledgers can judge.

    Parameters
    ----------
    standards : DataFrame
        Packs, one below another: ``pack, level, indicator, unit``.
    measures : DataFrame
        The table ``measures``; ``in_ledger`` tells whether a ledger holds the column.

    Returns
    -------
    DataFrame
        ``pack, level, indicators, measured``.

    Examples
    --------
    >>> packs = pd.DataFrame({"pack": ["own"], "level": ["village"], "indicator": ["road"],
    ...                       "unit": ["share"]})
    >>> measurable(packs, packs.assign(in_ledger=False))["measured"].tolist()
    [0]
    """
    match = ["level", "indicator", "unit"]
    whole = measures.groupby(match)["in_ledger"].all().astype(bool).rename("measured")
    joined = standards.merge(whole.reset_index(), on=match, how="left")
    joined["measured"] = joined["measured"].eq(True)
    counts = joined.groupby(["pack", "level"], sort=False)["measured"].agg(["size", "sum"])
    return counts.set_axis(["indicators", "measured"], axis=1).reset_index()


def village_plan_summary(checklist: pd.DataFrame, margins: pd.DataFrame) -> dict[str, float]:
    """Say in villages what the plan reaches and what it lacks.

    Parameters
    ----------
    checklist : DataFrame
        From `printed_checklist`, with the indicator ``village_exit_share``.
    margins : DataFrame
        With ``poor_villages``.

    Returns
    -------
    dict
        Villages: ``out`` under the plan, ``must`` be out, ``short`` of that (never below zero) and
        ``needed`` to exit from today on; tests: ``passed_today, failed_today, unknown_today,
        tests``; ``verdict`` is ``short`` or ``enough``.

    Examples
    --------
    >>> rows = pd.DataFrame({"moment": ["today", "plan"], "indicator": "village_exit_share",
    ...     "value": [0.3, 0.71], "threshold": 0.9, "verdict": "fail"})
    >>> found = village_plan_summary(rows, pd.DataFrame({"value": [100.0]}, ["poor_villages"]))
    >>> found["out"], found["must"], found["short"], found["needed"]
    (71, 90, 19, 60)
    """
    listed = margins.loc["poor_villages", "value"]
    share = checklist.query("indicator == 'village_exit_share'").set_index("moment")
    before, out = (round(share["value"][moment] * listed) for moment in MOMENTS)
    must = math.ceil(share["threshold"]["plan"] * listed - 1e-9)
    today = checklist.loc[checklist["moment"] == "today", "verdict"].value_counts()
    counts = {PASS: "passed_today", FAIL: "failed_today", UNKNOWN: "unknown_today"}
    return {
        "out": out,
        "must": must,
        "short": max(must - out, 0),
        "needed": max(must - before, 0),
        "verdict": "short" if must > out else "enough",
        "tests": int(today.sum()),
        **{name: int(today.get(verdict, 0)) for verdict, name in counts.items()},
    }
