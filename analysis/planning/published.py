"""What a brief may show of a plan: works in few households, and the crews that would tell them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import disclosure, words
from analysis.disclosure import Cell, Equation, Tied
from analysis.planning.limits import CREWS
from analysis.planning.readout import busiest_trade


def publishable_homes(homes: pd.DataFrame) -> pd.DataFrame:
    """
    Hide works in few households, and what their sum, or the cost of the plan, would tell of them.

    Parameters
    ----------
    homes : DataFrame
        Rows of `works_by_kind` for works in households.

    Returns
    -------
    DataFrame
        The same rows; ``units`` and ``total_yuan`` that are hidden are missing and named in the
        column ``withheld``.

    Examples
    --------
    >>> homes = pd.DataFrame({"kind": ["income", "school", "pension"], "units": [28, 1, 12],
    ...                       "total_yuan": [168000.0, 1000.0, 1200.0]})
    >>> publishable_homes(homes)["units"].tolist()
    [28.0, nan, nan]
    """
    homes = homes.reset_index(drop=True)
    summed = Equation([Cell("homes", row, "units") for row in range(len(homes))])
    safe = disclosure.protect_tied(
        {"homes": homes},
        {"homes": {"units": "person"}},
        Tied([summed]),
        others={"homes": ["total_yuan"]},
    )
    return safe["homes"]


def publishable_use(
    use: pd.DataFrame, limits: pd.DataFrame, homes: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, object]]:
    """
    Hide the work of crews whose units of work are hidden: one is so many times the other.

    Parameters
    ----------
    use : DataFrame
        From `crew_months`.
    limits : DataFrame
        From `worth`.
    homes : DataFrame
        From `publishable_homes`, with ``trade``.

    Returns
    -------
    (DataFrame, DataFrame, dict)
        ``use`` and ``limits`` with what is hidden missing and named in the column ``withheld``, and
        `busiest_trade` of all, whose ``used`` is `words.WITHHELD` where it is of these.

    Examples
    --------
    >>> homes = pd.DataFrame({"trade": ["housing"], "units": [None]})
    >>> use = pd.DataFrame({"trade": ["housing"], "month": "2018-04", "at_work": [1.5],
    ...                     "crews": [28.0], "share": [0.05]})
    >>> limits = pd.DataFrame({"limit": ["crews_housing", "budget"], "used": [0.1, 0.2]})
    >>> crews, left, told = publishable_use(use, limits, homes)
    >>> crews["at_work"].tolist(), left["used"].tolist(), told
    ([nan], [nan, 0.2], {'trade': 'trade_housing', 'used': WITHHELD})
    """
    trades = homes.loc[homes["units"].isna(), "trade"].dropna()
    busiest = busiest_trade(use)
    if busiest.get("trade") in set("trade_" + trades):
        busiest |= {"used": words.WITHHELD}
    return (
        _without(use, use["trade"].isin(trades), ["at_work", "share"]),
        _without(limits, limits["limit"].isin(CREWS + trades), ["used"]),
        busiest,
    )


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


def _without(frame: pd.DataFrame, gone: pd.Series, names: list[str]) -> pd.DataFrame:
    hidden = dict.fromkeys(names, gone.to_numpy())
    return disclosure.withheld(frame, hidden) if gone.any() else frame
