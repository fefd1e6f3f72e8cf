"""Whom the money reached: poor villages, and places by their income or incidence."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata, spearmanr

from analysis import microdata
from analysis.weighted import observations


def concentration_curve(amount, rank, weight):
    """Cumulate money over persons from the poorest place to the richest.

    Parameters
    ----------
    amount : array_like, shape (n,)
        Yuan a head; not negative.
    rank : array_like, shape (n,)
        What orders the places from poorest to richest: income, or incidence with a minus. Places
        with the same rank are one corner.
    weight : array_like, shape (n,), or None
        Persons.

    Returns
    -------
    DataFrame
        Columns ``persons_share, amount_share``, both from 0 to 1. Above the diagonal the money
        favours the poor; with the amount as its own rank this is the Lorenz curve.

    References
    ----------
    Kakwani (1977), Applications of Lorenz curves in economic analysis.

    Examples
    --------
    >>> concentration_curve([3, 1], [10, 20], None)["amount_share"].tolist()
    [0.0, 0.75, 1.0]
    """
    amount, weight = observations(amount, weight)
    _, place = np.unique(np.asarray(rank, dtype=float), return_inverse=True)
    persons, money = np.bincount(place, weight), np.bincount(place, weight * amount)
    if not money.sum() > 0:
        raise ValueError("the amounts sum to zero or less; nothing can be concentrated")
    corners = [np.concatenate([[0], np.cumsum(part) / part.sum()]) for part in (persons, money)]
    return pd.DataFrame({"persons_share": corners[0], "amount_share": corners[1]})


def concentration_index(amount, rank, weight):
    """Concentration index: minus twice the area between the curve and the diagonal.

    Parameters
    ----------
    amount, rank, weight
        As for `concentration_curve`.

    Returns
    -------
    float
        -1 to 1; below zero where money goes to the poorer, 0 where everybody has the same.

    References
    ----------
    Kakwani, Wagstaff and van Doorslaer (1997), Socioeconomic inequalities in health.

    Examples
    --------
    >>> concentration_index([3, 1], [10, 20], None), concentration_index([1, 1], [10, 20], None)
    (-0.25, 0.0)
    """
    curve = concentration_curve(amount, rank, weight)
    return float(1 - 2 * np.trapezoid(curve["amount_share"], curve["persons_share"]))


def reach(money, villages):
    """Say which share of the money reached poor villages, beside their share of persons.

    Parameters
    ----------
    money : DataFrame
        Columns ``village, yuan``; several rows a village are added up. A missing village is money
        that names none.
    villages : DataFrame
        Columns ``village, poor_village, population, poor_persons`` of one year.

    Returns
    -------
    DataFrame
        One row each for ``poor_villages``, ``other_villages`` and, where there is such money,
        ``no_village``: ``group, villages, yuan, yuan_share, population_share, poor_share`` (0 to
        1), ``yuan_per_head, yuan_per_poor``.

    Raises
    ------
    ValueError
        Money names a village that is not in the list.

    Examples
    --------
    >>> villages = pd.DataFrame({"village": ["a", "b"], "poor_village": [True, False],
    ...                          "population": [100, 300], "poor_persons": [20, 10]})
    >>> money = pd.DataFrame({"village": ["a", "b"], "yuan": [600.0, 200.0]})
    >>> reach(money, villages)[["yuan_share", "yuan_per_head"]].iloc[0].tolist()
    [0.75, 6.0]
    """
    unknown = sorted(set(money["village"].dropna()) - set(villages["village"]))
    if unknown:
        raise ValueError(f"money names villages that are not there: {', '.join(map(str, unknown))}")
    kind = villages["poor_village"].map({True: "poor_villages", False: "other_villages"})
    group = money["village"].map(kind.set_axis(villages["village"])).fillna("no_village")
    table = villages.assign(group=kind).groupby("group")[["population", "poor_persons"]].sum()
    table.insert(0, "villages", villages.groupby(kind)["village"].nunique())
    table = table.join(money.groupby(group)["yuan"].sum().rename_axis("group"), how="outer")
    table["yuan"] = table["yuan"].fillna(0.0)
    order = [
        name for name in ("poor_villages", "other_villages", "no_village") if name in table.index
    ]
    return _reach_shares(table.loc[order]).reset_index()


def _reach_shares(table):
    return pd.DataFrame(
        {
            "villages": table["villages"],
            "yuan": table["yuan"],
            "yuan_share": table["yuan"] / table["yuan"].sum(),
            "population_share": table["population"] / table["population"].sum(),
            "poor_share": table["poor_persons"] / table["poor_persons"].sum(),
            "yuan_per_head": table["yuan"] / table["population"],
            "yuan_per_poor": table["yuan"] / table["poor_persons"].where(table["poor_persons"] > 0),
        }
    )


def per_head(projects, villages, year):
    """Set the money of each village per head beside its incidence.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        Columns ``village, approved_yuan``; projects without an amount are left out.
    villages : any dataframe Narwhals reads
        Columns ``village, year, population, headcount_ratio`` (0 to 1).
    year : int
        Year of the villages.

    Returns
    -------
    DataFrame
        Columns ``village, population, headcount_ratio, yuan, yuan_per_head``: every village of
        the year; one without a project has zero yuan.

    Examples
    --------
    >>> villages = pd.DataFrame({"village": ["a", "b"], "year": 2016, "population": [10, 20],
    ...                          "headcount_ratio": [0.2, 0.1]})
    >>> projects = pd.DataFrame({"village": ["a"], "approved_yuan": [50.0]})
    >>> per_head(projects, villages, 2016)["yuan_per_head"].tolist()
    [5.0, 0.0]
    """
    listed = microdata.fetch(villages, ["year", "population", "headcount_ratio"], ["village"])
    listed = listed[listed["year"] == year].drop(columns="year")
    money = microdata.fetch(projects, ["approved_yuan"], ["village"])
    given = money.groupby("village")["approved_yuan"].sum()
    yuan = listed["village"].map(given).fillna(0.0)
    listed = listed[["village", "population", "headcount_ratio"]]
    return listed.assign(yuan=yuan, yuan_per_head=yuan / listed["population"]).reset_index(
        drop=True
    )


def per_head_rank(table, *, draws, seed, level=0.9):
    """Say whether poorer villages get more a head: the rank correlation, with an interval.

    Parameters
    ----------
    table : DataFrame
        From `per_head`; villages without an incidence are left out.
    draws : int
        Bootstrap samples of villages.
    seed : int
        Seed of the samples.
    level : float
        Probability inside the interval, 0 to 1.

    Returns
    -------
    dict
        ``villages``, ``correlation, correlation_low, correlation_high`` (-1 to 1), ``verdict``:
        ``poorer_get_more``, ``richer_get_more`` or ``cannot_tell``.

    Raises
    ------
    ValueError
        Fewer than three villages have both figures.

    References
    ----------
    Spearman (1904); percentile bootstrap, Efron and Tibshirani (1993).

    Examples
    --------
    >>> table = pd.DataFrame({"headcount_ratio": np.arange(9), "yuan_per_head": np.arange(9)})
    >>> per_head_rank(table, draws=200, seed=1)["verdict"]
    'poorer_get_more'
    """
    known = table[["headcount_ratio", "yuan_per_head"]].dropna().to_numpy(float)
    if len(known) < 3:
        raise ValueError(f"{len(known)} villages have incidence and money; at least 3 are needed")
    picks = np.random.default_rng(seed).integers(len(known), size=(draws, len(known)))
    drawn = known[picks]
    values = _correlations(rankdata(drawn[..., 0], axis=1), rankdata(drawn[..., 1], axis=1))
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    verdict = "poorer_get_more" if low > 0 else "richer_get_more" if high < 0 else "cannot_tell"
    return {
        "villages": len(known),
        "correlation": float(spearmanr(known[:, 0], known[:, 1]).statistic),
        "correlation_low": float(low),
        "correlation_high": float(high),
        "verdict": verdict,
    }


def _correlations(left, right):
    left = left - left.mean(axis=1, keepdims=True)
    right = right - right.mean(axis=1, keepdims=True)
    scale = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    return (left * right).sum(axis=1) / np.where(scale > 0, scale, np.nan)
