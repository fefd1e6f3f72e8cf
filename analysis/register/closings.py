"""Whether the ledger that an office keeps closes: by year, by township, and against the panel."""

import numpy as np
import pandas as pd

from analysis.register.flows import FLOWS, RESIZED
from analysis.register.reconciliation import residuals
from analysis.register.states import hazards
from analysis.statuses import POOR

KEPT = tuple(name for name in FLOWS if name != RESIZED)
KEYS = ["year", "village"]
PASSAGES = {
    "exit": (POOR, ("exited",)),
    "return": (("exited",), POOR),
}


def yearly_closing(kept):
    """Add the ledgers of villages up by year, and say how many of them close.

    Parameters
    ----------
    kept : DataFrame
        The contract's table ``flows``: ``village, year, opening``, flows and ``closing``, persons.

    Returns
    -------
    DataFrame
        One row a year: the flows with ``_persons`` to their names, ``residual`` (closing less what
        the known flows make, persons, net), ``ledgers`` (of villages), ``closed`` (those whose
        residual is nought) and ``not_kept`` (how many of eight flows). A flow that no village
        keeps is missing.

    Examples
    --------
    >>> kept = pd.DataFrame({"village": ["a", "b"], "year": 2017, "opening": [9, 5],
    ...                      "exited": [4, 1], "closing": [5, 3]})
    >>> yearly_closing(kept)[["opening_persons", "residual", "ledgers", "closed"]].values.tolist()
    [[14.0, -1.0, 2.0, 1.0]]
    """
    told = residuals(kept.reindex(columns=[*KEYS, *KEPT]))
    by_year = told.groupby("year")
    table = by_year[list(KEPT)].sum(min_count=1).add_suffix("_persons").astype(float)
    table["residual"] = by_year["residual"].sum(min_count=1).astype(float)
    table["ledgers"] = by_year.size()
    table["closed"] = told["verdict"].eq("closes").groupby(told["year"]).sum()
    table["not_kept"] = by_year["unknown_flows"].max()
    return table.reset_index()


def township_residuals(kept, villages, *, most=8):
    """Add up what the ledgers of villages leave over, by township, the largest first.

    Parameters
    ----------
    kept : DataFrame
        As for `yearly_closing`.
    villages : DataFrame
        Columns ``village, township``, in any number of years.
    most : int
        Townships to give.

    Returns
    -------
    DataFrame
        ``township, ledgers`` (village-years), ``closed, residual`` (net) and ``gross_residual``
        (what is left over in either direction, which does not cancel), persons. A village that no
        township names stands under a missing one.

    Examples
    --------
    >>> kept = pd.DataFrame({"village": ["a", "b"], "year": 2017, "opening": [9, 5],
    ...                      "exited": [4, 1], "closing": [6, 3]})
    >>> towns = pd.DataFrame({"village": ["a", "b"], "township": "t"})
    >>> township_residuals(kept, towns)[["residual", "gross_residual"]].values.tolist()
    [[0.0, 2.0]]
    """
    towns = villages.drop_duplicates("village", keep="last")[["village", "township"]]
    told = residuals(kept.reindex(columns=[*KEYS, *KEPT])).merge(towns, on="village", how="left")
    told = told.assign(gross=told["residual"].abs(), closes=told["verdict"].eq("closes"))
    table = told.groupby("township", dropna=False).agg(
        ledgers=("village", "size"),
        closed=("closes", "sum"),
        residual=("residual", "sum"),
        gross_residual=("gross", "sum"),
    )
    ranked = table.sort_values("gross_residual", ascending=False, kind="stable")
    return ranked.head(most).reset_index()


def flow_agreement(derived, kept):
    """Set each flow that the office keeps beside the one its panel gives, village by village.

    Parameters
    ----------
    derived : DataFrame
        From `analysis.register.flows` by village.
    kept : DataFrame
        As for `yearly_closing`.

    Returns
    -------
    DataFrame
        ``kept_flow``, ``derived_persons`` and ``kept_persons`` (sums over the villages and years
        in which both say something), ``ledgers`` compared, those ``alike``, and
        ``gross_residual`` (differences in either direction, persons). A flow that either side
        lacks is left out.

    Examples
    --------
    >>> one = pd.DataFrame({"year": 2017, "village": ["a", "b"], "exited": [5.0, 2.0]})
    >>> two = one.assign(exited=[6.0, 2.0])
    >>> flow_agreement(one, two)[["ledgers", "alike", "gross_residual"]].values.tolist()
    [[2.0, 1.0, 1.0]]
    """
    both = derived.merge(kept, on=KEYS, suffixes=("_derived", "_kept"))
    rows = []
    for name in KEPT:
        if not {f"{name}_derived", f"{name}_kept"} <= set(both):
            continue
        pair = both[[f"{name}_derived", f"{name}_kept"]].astype(float).dropna()
        if len(pair):
            rows.append({"kept_flow": f"flow_{name}", **_pair(pair.to_numpy())})
    columns = ["kept_flow", "derived_persons", "kept_persons", "ledgers", "alike", "gross_residual"]
    return pd.DataFrame(rows, columns=columns)


def _pair(values):
    gaps = values[:, 1] - values[:, 0]
    return {
        "derived_persons": values[:, 0].sum(),
        "kept_persons": values[:, 1].sum(),
        "ledgers": len(values),
        "alike": int((gaps == 0).sum()),
        "gross_residual": np.abs(gaps).sum(),
    }


def passage_table(moves):
    """Give the shares of households that exited and that fell back, by year, with exact bounds.

    Parameters
    ----------
    moves : DataFrame
        From `analysis.register.transitions`.

    Returns
    -------
    DataFrame
        ``passage`` (exit, return) and the columns of `analysis.register.hazards`.

    Examples
    --------
    >>> moves = pd.DataFrame({"year": 2017, "from_state": "poor", "to_state": ["exited", "poor"],
    ...                       "households": [1, 3]})
    >>> passage_table(moves)[["passage", "hazard"]].values.tolist()
    [['exit', 0.25]]
    """
    found = [hazards(moves, *ends).assign(passage=name) for name, ends in PASSAGES.items()]
    columns = ["passage", "year", "at_risk", "passed", "hazard", "hazard_low", "hazard_high"]
    return pd.concat(found, ignore_index=True)[columns]


def latest_return(moves):
    """Give the households that fell back in the last year in which any were at risk.

    Parameters
    ----------
    moves : DataFrame
        From `analysis.register.transitions`.

    Returns
    -------
    dict
        ``year, at_risk, passed`` (households), ``hazard, low, high`` (0 to 1, 90 %).

    Examples
    --------
    >>> moves = pd.DataFrame({"year": 2017, "from_state": "exited",
    ...                       "to_state": ["returned", "exited"], "households": [1, 3]})
    >>> float(latest_return(moves)["hazard"])
    0.25
    """
    last = hazards(moves, *PASSAGES["return"]).iloc[-1]
    ends = {"low": last["hazard_low"], "high": last["hazard_high"]}
    return {**last[["year", "at_risk", "passed", "hazard"]], **ends}


def closing_summary(yearly):
    """Put the numbers of the sentence on whether the ledger closes together.

    Parameters
    ----------
    yearly : DataFrame
        From `yearly_closing`.

    Returns
    -------
    dict
        ``verdict`` (all, some, none), ``ledgers``, ``closed, residual`` (net, of all years),
        ``first, last`` (years) and ``unknown`` (flows not kept).

    Examples
    --------
    >>> rows = {"year": [2016, 2017], "ledgers": 2, "closed": [2, 1], "residual": [0.0, 3.0]}
    >>> closing_summary(pd.DataFrame(rows).assign(not_kept=0))["verdict"]
    'some'
    """
    ledgers, closed = int(yearly["ledgers"].sum()), int(yearly["closed"].sum())
    verdict = "all" if closed == ledgers else "some" if closed else "none"
    return {
        "verdict": verdict,
        "ledgers": ledgers,
        "closed": closed,
        "residual": yearly["residual"].sum(),
        "first": int(yearly["year"].min()),
        "last": int(yearly["year"].max()),
        "unknown": int(yearly["not_kept"].max()),
    }
