"""What a brief may show of a plan: works for few people, and the crews that would tell them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import disclosure
from analysis.disclosure import Cell, Equation, Tied
from analysis.planning.limits import CREWS
from analysis.planning.readout import busiest_trade

# What a work of a village is counted in where it is not counted in people.
PLACES = ("village", "natural_village")
# Whether one more million is shown to lower the cost, and to release more.
BUYS = {
    (True, True): "possible",
    (True, False): "no_more",
    (False, True): "no_cheaper",
    (False, False): "no_use",
}


def publishable_works(works: pd.DataFrame) -> pd.DataFrame:
    """
    Hide works for few people, and what their sum, or the cost of the plan, would tell of them.

    Parameters
    ----------
    works : DataFrame
        From `works_by_kind`, with ``level`` and ``unit``.

    Returns
    -------
    DataFrame
        The same rows; ``units`` and ``total_yuan`` that are hidden are missing and named in the
        column ``withheld``. A work of a village that is counted in households, such as taps, is
        one for people; what is counted in places is not.

    Examples
    --------
    >>> works = pd.DataFrame({"kind": ["income", "school", "pension", "tap", "clinic"],
    ...     "level": ["household"] * 3 + ["village"] * 2, "units": [28, 1, 12, 40, 1],
    ...     "unit": ["household", "pupil", "person", "household", "village"],
    ...     "total_yuan": [168000.0, 1000.0, 1200.0, 80000.0, 150000.0]})
    >>> publishable_works(works)["units"].tolist()
    [28.0, nan, nan, 40.0, 1.0]
    """
    people = (works["level"].ne("village") | ~works["unit"].isin(PLACES)).to_numpy()
    told = works.loc[people, ["units"]]
    summed = Equation([Cell("told", row, "units") for row in range(len(told))])
    safe = disclosure.protect_tied({"told": told}, {"told": {"units": "person"}}, Tied([summed]))
    gone = pd.Series(data=False, index=works.index)
    gone[people] = safe["told"]["units"].isna()
    return _without(works, gone, ["units", "total_yuan"])


def publishable_use(
    use: pd.DataFrame, limits: pd.DataFrame, works: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, object]]:
    """
    Hide the work of crews whose units of work are hidden: one is so many times the other.

    Parameters
    ----------
    use : DataFrame
        From `crew_months`.
    limits : DataFrame
        From `worth`.
    works : DataFrame
        From `publishable_works`, with ``trade``.

    Returns
    -------
    (DataFrame, DataFrame, dict)
        ``use`` and ``limits`` with what is hidden missing and named in the column ``withheld``, and
        `busiest_trade` of all with a ``verdict``: told; hidden, without ``used``, where it is of
        these; or idle where no crew works.

    Examples
    --------
    >>> works = pd.DataFrame({"trade": ["housing"], "units": [None]})
    >>> use = pd.DataFrame({"trade": ["housing"], "month": "2018-04", "at_work": [1.5],
    ...                     "crews": [28.0], "share": [0.05]})
    >>> limits = pd.DataFrame({"limit": ["crews_housing", "budget"], "used": [0.1, 0.2]})
    >>> crews, left, told = publishable_use(use, limits, works)
    >>> crews["at_work"].tolist(), left["used"].tolist(), told
    ([nan], [nan, 0.2], {'verdict': 'hidden', 'trade': 'trade_housing'})
    """
    trades = works.loc[works["units"].isna(), "trade"].dropna()
    return (
        _without(use, use["trade"].isin(trades), ["at_work", "share"]),
        _without(limits, limits["limit"].isin(CREWS + trades), ["used"]),
        _busiest_told(busiest_trade(use), set("trade_" + trades)),
    )


def plan_verdict(verdict: str, saves_yuan: float, villages_rate: float) -> str:
    """
    Say of a plan what is left to tell of one more million, as far as its numbers are not nothing.

    Parameters
    ----------
    verdict : str
        From `nearest_plan`.
    saves_yuan, villages_rate : float
        Of the budget, from `worth`: yuan, and villages (0 or more).

    Returns
    -------
    str
        Of a possible plan: possible; no_cheaper where the million saves nothing that is shown in
        ten thousands of yuan; no_more where it releases no hundredth of a village; no_use where it
        does neither. Any other verdict as it is.

    Examples
    --------
    >>> plan_verdict("possible", 0.0, 0.2), plan_verdict("possible", 0.0, 0.0)
    ('no_cheaper', 'no_use')
    """
    if verdict != "possible":
        return verdict
    return BUYS[round(saves_yuan / 1e4) > 0, round(villages_rate, 2) > 0]


def named(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """
    Pick columns of a table of the plan under the names by which they are shown.

    Parameters
    ----------
    frame : DataFrame
        Any table of a plan.
    columns : sequence of str
        Its columns to show.

    Returns
    -------
    DataFrame
        The columns with ``plan_`` before their names, and what is hidden in them.

    Examples
    --------
    >>> safe = pd.DataFrame({"units": [None], "kind": ["house"], "withheld": ["units;total_yuan"]})
    >>> named(safe, ["units"]).to_dict("list")
    {'plan_units': [None], 'withheld': ['plan_units']}
    """
    shown = disclosure.picked(frame, columns).rename(columns={n: f"plan_{n}" for n in columns})
    if disclosure.WITHHELD not in shown:
        return shown
    under = shown[disclosure.WITHHELD].str.replace(r"(\w+)", r"plan_\1", regex=True)
    return shown.assign(**{disclosure.WITHHELD: under})


def _busiest_told(busiest: dict[str, object], hidden: set[str]) -> dict[str, object]:
    if not busiest:
        return {"verdict": "idle"}
    if busiest["trade"] in hidden:
        return {"verdict": "hidden", "trade": busiest["trade"]}
    return {"verdict": "told"} | busiest


def _without(frame: pd.DataFrame, gone: pd.Series, names: list[str]) -> pd.DataFrame:
    hidden = dict.fromkeys(names, gone.to_numpy())
    return disclosure.withheld(frame, hidden) if gone.any() else frame
