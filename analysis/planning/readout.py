"""The plan laid out for a reader: by kind of work, by month and trade, by village."""

import numpy as np
import pandas as pd

from analysis.planning.case import Case, Plan
from analysis.planning.programme import crew_use


def crew_months(case: Case, plan: Plan) -> pd.DataFrame:
    """
    Set the crews at work beside the crews there are, by trade and month.

    Parameters
    ----------
    case : Case
        What was planned.
    plan : Plan
        From `solve`.

    Returns
    -------
    DataFrame
        ``trade, month, at_work, crews, share`` (0 to 1), up to the deadline or the last work. No
        rows where there is no work.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> from analysis.planning.model import solve
    >>> case = two_villages()
    >>> crew_months(case, solve(case)).query("trade == 'housing'")["at_work"].tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    ends = plan.starts["month"] + plan.starts["kind"].map(case.works["months"]) - 1
    last = max(case.deadline, int(ends.max())) if len(ends) else 0
    months = [str(month) for month in case.crews.index[:last]]
    units = plan.starts["units"].to_numpy(float)
    tables = []
    for trade, crews in case.crews.items():
        use = crew_use(case.works, plan.starts, len(case.crews), trade) @ units
        part = {"trade": trade, "month": months, "at_work": use[:last]}
        tables.append(pd.DataFrame(part | {"crews": crews.to_numpy(float)[:last]}))
    table = pd.concat(tables, ignore_index=True)
    return table.assign(share=table["at_work"] / table["crews"].where(table["crews"] > 0))


def busiest_trade(use: pd.DataFrame) -> dict[str, object]:
    """
    Name the trade whose crews are used most until the last month shown.

    Parameters
    ----------
    use : DataFrame
        From `crew_months`.

    Returns
    -------
    dict
        ``trade``, as a term of the catalogue, and ``used``, 0 to 1; nothing where no crew works.

    Examples
    --------
    >>> use = pd.DataFrame({"trade": ["a", "b"], "at_work": [1.0, 3.0], "crews": [2.0, 4.0]})
    >>> busiest_trade(use)
    {'trade': 'trade_b', 'used': 0.75}
    """
    sums = use.groupby("trade", sort=False)[["at_work", "crews"]].sum()
    shares = (sums["at_work"] / sums["crews"]).dropna()
    if shares.empty:
        return {}
    return {"trade": f"trade_{shares.idxmax()}", "used": float(shares.max())}


def works_by_kind(case: Case, plan: Plan) -> pd.DataFrame:
    """
    Sum the plan by kind of work: the dearest first.

    Parameters
    ----------
    case : Case
        What was planned; its works with what else they hold (``title_zh, title_en, source``, ...).
    plan : Plan
        From `solve`.

    Returns
    -------
    DataFrame
        ``kind``, the columns of the works, ``units, total_yuan``, ``first_month`` of start and
        ``last_month`` of end.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> from analysis.planning.model import solve
    >>> case = two_villages()
    >>> works_by_kind(case, solve(case))[["kind", "units", "last_month"]].values.tolist()
    [['house', 1, '2018-05']]
    """
    starts = plan.starts.merge(case.works.reset_index()[["kind", "months"]], on="kind")
    starts["end"] = starts["month"] + starts["months"] - 1
    sums = starts.groupby("kind").agg(
        units=("units", "sum"), first=("month", "min"), last=("end", "max")
    )
    names = case.crews.index.astype(str)
    table = case.works.join(sums, how="inner").rename_axis("kind")
    table["total_yuan"] = table["units"] * table["cost_yuan"]
    table["first_month"] = names[table.pop("first").astype(int) - 1]
    table["last_month"] = names[table.pop("last").astype(int) - 1]
    return table.sort_values("total_yuan", ascending=False, kind="stable").reset_index()


def releases_by_township(case: Case, plan: Plan, villages: pd.DataFrame) -> pd.DataFrame:
    """
    Name the villages released, township by township.

    Parameters
    ----------
    case : Case
        What was planned.
    plan : Plan
        From `solve`.
    villages : DataFrame
        The ledger of one year: ``village, township``.

    Returns
    -------
    DataFrame
        ``township, villages`` released, ``named`` (their codes), ``persons`` that exit in them,
        ``total_yuan`` of their works; townships in the order of the ledger.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> from analysis.planning.model import solve
    >>> case, ledger = two_villages(), pd.DataFrame({"village": ["b"], "township": ["t"]})
    >>> releases_by_township(case, solve(case), ledger).values.tolist()
    [['t', 1, 'b', 3.0, 30000.0]]
    """
    out = villages.loc[villages["village"].isin(plan.villages), ["township", "village"]]
    persons = plan.exits.groupby("village")["persons"].sum()
    yuan = plan.units["units"] * plan.units["kind"].map(case.works["cost_yuan"])
    cost = yuan.groupby(plan.units["village"]).sum()
    out = out.assign(
        persons=out["village"].map(persons).fillna(0.0),
        total_yuan=out["village"].map(cost).fillna(0.0),
    )
    table = out.groupby("township", sort=False).agg(
        villages=("village", "size"),
        named=("village", ", ".join),
        persons=("persons", "sum"),
        total_yuan=("total_yuan", "sum"),
    )
    return table.reset_index()


def works_by_village(case: Case, plan: Plan) -> pd.DataFrame:
    """
    Give every village its works and the months in which they begin.

    Units of a kind are alike, so they go to the villages in the order of the ledger, those
    released first.

    Parameters
    ----------
    case : Case
        What was planned.
    plan : Plan
        From `solve`.

    Returns
    -------
    DataFrame
        ``village, released, kind, trade, month, units``; the village is empty for works of no
        village of the plan. Sums by kind and month are those of the plan.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> from analysis.planning.model import solve
    >>> case = two_villages()
    >>> works_by_village(case, solve(case)).values.tolist()
    [['b', True, 'house', 'housing', '2018-04', 1]]
    """
    order = {village: place for place, village in enumerate(plan.villages)}
    units = plan.units.assign(order=plan.units["village"].map(order).fillna(len(order)))
    units = units.sort_values(["order", "village"], kind="stable")
    parts = [
        _dealt(kind, rows, plan.starts[plan.starts["kind"] == kind])
        for kind, rows in units.groupby("kind", sort=False)
    ]
    columns = ["village", "released", "kind", "trade", "month", "units"]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    table["released"] = table["village"].isin(plan.villages)
    table["trade"] = table["kind"].map(case.works["trade"])
    table["month"] = case.crews.index.astype(str)[table["month"] - 1]
    return table[columns]


def _dealt(kind: str, rows: pd.DataFrame, starts: pd.DataFrame) -> pd.DataFrame:
    """Deal the units begun month by month out to the villages in their order."""
    needs, begun = rows["units"].cumsum().to_numpy(), starts["units"].cumsum().to_numpy()
    cuts = np.unique(np.concatenate([needs, begun]))
    sizes = np.diff(cuts, prepend=0)
    village = rows["village"].to_numpy()[np.searchsorted(needs, cuts)]
    month = starts["month"].to_numpy()[np.searchsorted(begun, cuts)]
    return pd.DataFrame({"village": village, "kind": kind, "month": month, "units": sizes})
