"""Ledgers of flows, kept or printed, held against their own sums and against the panel."""

import numpy as np
import pandas as pd

from analysis import tables
from analysis.register.flows import FLOWS, GAINS, LOSSES, RESIZED

ENDS = ("opening", "closing")
# Households that had exited and were looked at again: no stock, so nothing to close.
CHECKED = "exits_checked"


def residuals(ledger):
    """Report what the flows of a ledger leave unexplained; nothing is forced to close.

    Parameters
    ----------
    ledger : DataFrame
        Columns ``opening, closing`` and any of ``new, returned, born, moved_in, exited, died,
        moved_out, removed, resized``, persons not negative except ``resized``.

    Returns
    -------
    DataFrame
        The ledger with ``computed`` (opening plus known gains less known losses), ``residual``
        (closing less computed, persons: above zero where more persons are left than the flows
        explain), ``residual_share`` (of the larger of opening and closing), ``unknown_flows`` (how
        many of the flows were not given) and ``verdict``: ``closes``, ``open`` or
        ``cannot_tell`` where opening or closing is missing. A flow that is not given is not zero:
        the residual then holds it.

    Raises
    ------
    KeyError
        There is no opening or no closing.

    Examples
    --------
    >>> row = {"opening": 8066, "new": 714, "removed": 353, "closing": 8242}
    >>> residuals(pd.DataFrame([row]))[["computed", "residual"]].values.tolist()
    [[8427.0, -185.0]]
    """
    _check_ends(ledger)
    given = ledger.reindex(columns=FLOWS).astype(float)
    signed = given[[*GAINS, RESIZED]].sum(axis=1) - given[list(LOSSES)].sum(axis=1)
    computed = given["opening"] + signed
    residual = given["closing"] - computed
    verdict = (
        residual.eq(0).map({True: "closes", False: "open"}).mask(residual.isna(), "cannot_tell")
    )
    return ledger.assign(
        computed=computed,
        residual=residual,
        residual_share=residual / given[["opening", "closing"]].max(axis=1),
        unknown_flows=unknown_flows(ledger).map(len),
        verdict=verdict,
    )


def _check_ends(ledger):
    missing = [name for name in ENDS if name not in ledger]
    if missing:
        raise KeyError(f"the ledger has no column {' and no column '.join(missing)}")


def unknown_flows(ledger):
    """List the flows that a ledger does not give, row by row.

    Parameters
    ----------
    ledger : DataFrame
        As for `residuals`.

    Returns
    -------
    Series of tuple of str

    Examples
    --------
    >>> row = {"opening": 5, "new": 1, "returned": 0, "born": 0, "moved_in": 0, "exited": 2,
    ...        "died": None, "moved_out": 0, "removed": 0, "closing": 4}
    >>> unknown_flows(pd.DataFrame([row])).tolist()
    [('died',)]
    """
    names = [*GAINS, *LOSSES]
    missing = ledger.reindex(columns=names).isna()
    return pd.Series(
        [tuple(name for name in names if row[name]) for row in missing.to_dict("records")],
        index=ledger.index,
        dtype=object,
    )


def printed_terms(terms, facts):
    """Look up the printed figure behind each term of a ledger.

    Parameters
    ----------
    terms : DataFrame
        Columns ``place, fact, value``; a term that is printed nowhere and known has a value and
        no fact.
    facts : DataFrame
        Columns ``place, fact, value``.

    Returns
    -------
    DataFrame
        The terms with their ``value``; that of a redacted figure is missing.

    Raises
    ------
    KeyError
        A term names a fact that its place does not have.

    Examples
    --------
    >>> terms = pd.DataFrame({"place": ["a"], "fact": ["F1"], "value": [None]})
    >>> facts = pd.DataFrame({"place": ["a"], "fact": ["F1"], "value": [7.0]})
    >>> printed_terms(terms, facts)["value"].tolist()
    [7.0]
    """
    figures = facts.set_index(["place", "fact"])["value"].astype(float)
    named = terms["fact"].notna()
    keys = pd.MultiIndex.from_frame(terms.loc[named, ["place", "fact"]])
    unknown = [" ".join(key) for key in keys if key not in figures.index]
    if unknown:
        raise KeyError(f"the terms name facts that are not there: {', '.join(unknown)}")
    value = terms["value"].astype(float)
    value[named] = figures.loc[keys].to_numpy()
    return terms.assign(value=value)


def ledger_rows(terms, keys):
    """Turn printed terms into rows of a ledger.

    Parameters
    ----------
    terms : DataFrame
        Columns ``flow`` (one of the names of `residuals`), ``value`` and the keys; several terms
        of one flow are added up.
    keys : list of str
        Columns that name a row, such as place and statement.

    Returns
    -------
    DataFrame
        One row a key in the order of first appearance, with opening and closing; a flow no term
        names is missing, as is a flow with a missing term.

    Raises
    ------
    ValueError
        A term names a flow that is none.

    Examples
    --------
    >>> terms = pd.DataFrame({"place": "a", "flow": ["opening", "exited", "exited", "closing"],
    ...                       "value": [10, 3, 2, 6]})
    >>> residuals(ledger_rows(terms, ["place"]))["residual"].tolist()
    [1.0]
    """
    unknown = sorted(set(terms["flow"]) - set(FLOWS))
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: not a flow; write one of {', '.join(FLOWS)}")
    frame = terms.assign(value=terms["value"].astype(float))
    order = frame[keys].drop_duplicates()
    for flow in [name for name in FLOWS if name in set(frame["flow"])]:
        named = frame[frame["flow"] == flow].groupby(keys, as_index=False)["value"]
        order = order.merge(named.sum(skipna=False).rename(columns={"value": flow}), "left", keys)
    ends = [name for name in ENDS if name not in order]
    return order.assign(**dict.fromkeys(ends, np.nan)).reset_index(drop=True)


def printed_moves(terms, facts, place):
    """Count the households of a printed ledger that had exited, and those found poor again.

    Parameters
    ----------
    terms : DataFrame
        From `printed_terms`, with ``statement``; that of such a check is `CHECKED`.
    facts : DataFrame
        Columns ``place, fact, period_resolved``; the year is that of the returns.
    place : str
        Place whose ledger is asked.

    Returns
    -------
    DataFrame
        Columns ``year, from_state, to_state, households``, as `transitions` gives them.

    Raises
    ------
    ValueError
        The place prints no such check; the message names those that do.

    Examples
    --------
    >>> terms = pd.DataFrame({"place": "a", "statement": CHECKED, "flow": ["exited", "returned"],
    ...                       "fact": ["F1", "F2"], "value": [9.0, 2.0]})
    >>> facts = pd.DataFrame({"place": "a", "fact": ["F2"], "period_resolved": ["2017-09"]})
    >>> printed_moves(terms, facts, "a")[["year", "households"]].values.tolist()
    [[2017.0, 2.0], [2017.0, 7.0]]
    """
    own = terms[(terms["place"] == place) & (terms["statement"] == CHECKED)]
    if own.empty:
        _refuse_unchecked(place)
    out, back = (own[own["flow"] == flow] for flow in ("exited", "returned"))
    periods = facts[(facts["place"] == place) & facts["fact"].isin(back["fact"])]
    households = [back["value"].sum(), out["value"].sum() - back["value"].sum()]
    return pd.DataFrame(
        {
            "year": int(periods["period_resolved"].max()[:4]),
            "from_state": "exited",
            "to_state": ["returned", "exited"],
            "households": households,
        }
    )


def _refuse_unchecked(place):
    there = tables.read("ledger_terms").query("statement == @CHECKED")["place"].unique()
    raise ValueError(
        f"checked: the ledger of '{place}' prints no households that fell back; these do: "
        f"{', '.join(there) or 'none'}, by the statement {CHECKED} of reference/ledger_terms.csv"
    )


def compare_flows(derived, kept, keys):
    """Set flows derived from the panel beside those the office keeps.

    Parameters
    ----------
    derived : DataFrame
        From `flows`.
    kept : DataFrame
        The same keys and any of the flows, persons.
    keys : list of str
        Columns that name a row in both, such as year and village.

    Returns
    -------
    DataFrame
        Columns of the keys, ``flow, derived, kept, difference`` (kept less derived): the rows
        where the two differ or one side has no figure, in the order of keys.

    Examples
    --------
    >>> one = pd.DataFrame({"year": [2017], "exited": [5.0], "died": [1.0]})
    >>> two = pd.DataFrame({"year": [2017], "exited": [6.0], "died": [1.0]})
    >>> compare_flows(one, two, ["year"])[["flow", "difference"]].values.tolist()
    [['exited', 1.0]]
    """
    long = [
        frame.melt(keys, [name for name in FLOWS if name in frame and name in kept], "flow", name)
        for name, frame in (("derived", derived), ("kept", kept))
    ]
    both = long[0].merge(long[1], on=[*keys, "flow"], how="outer")
    both = both.assign(difference=both["kept"].astype(float) - both["derived"].astype(float))
    nowhere = both["kept"].isna() & both["derived"].isna()
    return both[(both["difference"] != 0) & ~nowhere].reset_index(drop=True)


def breaks(ledger, keys):
    """Find years whose opening is not the closing of the year before.

    Parameters
    ----------
    ledger : DataFrame
        Columns ``year, opening, closing`` and the keys.
    keys : list of str
        Columns that name a series, such as the village; may be empty.

    Returns
    -------
    DataFrame
        Columns of the keys, ``year, closing_before, opening, break`` (opening less the closing of
        the year before, persons), only where it is not zero.

    Examples
    --------
    >>> years = pd.DataFrame({"year": [2016, 2017], "opening": [9, 7], "closing": [6, 5]})
    >>> breaks(years, [])[["year", "break"]].values.tolist()
    [[2017, 1]]
    """
    before = ledger[[*keys, "year", "closing"]].rename(columns={"closing": "closing_before"})
    both = ledger.merge(before.assign(year=before["year"] + 1), on=[*keys, "year"])
    both["break"] = both["opening"] - both["closing_before"]
    columns = [*keys, "year", "closing_before", "opening", "break"]
    return both.loc[both["break"].ne(0) & both["break"].notna(), columns].reset_index(drop=True)
