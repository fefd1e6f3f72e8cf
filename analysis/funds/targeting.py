"""Whom the money reached: poor villages, and places by their income or incidence."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata, spearmanr

from analysis import inhabitants, microdata
from analysis.statuses import POOR
from analysis.weighted import observations

FEWEST_VILLAGES = 3
GROUP_COLUMNS = [
    *("incidence_group", "village_count", "population_share"),
    *("headcount_ratio", "yuan_share", "yuan_per_head"),
    *("population", "poor_persons"),
]
REACH_COLUMNS = [
    *("village_count", "poor_persons", "yuan", "yuan_share", "population_share", "poor_share"),
    *("yuan_per_head", "yuan_per_poor"),
]


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
    persons, money = _corners(amount, rank, weight)
    return pd.DataFrame({"persons_share": persons, "amount_share": money})


def _corners(amount, rank, weight):
    amount, weight = observations(amount, weight)
    _, place = np.unique(np.asarray(rank, dtype=float), return_inverse=True)
    persons, money = np.bincount(place, weight), np.bincount(place, weight * amount)
    if not money.sum() > 0:
        raise ValueError("the amounts sum to zero or less; nothing can be concentrated")
    return [np.concatenate([[0], np.cumsum(part) / part.sum()]) for part in (persons, money)]


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
    persons, money = _corners(amount, rank, weight)
    return float(1 - 2 * np.trapezoid(money, persons))


def concentration(heads, *, draws, seed, level=0.9):
    """Say whether money goes to the poorer villages: the index, with an interval.

    Parameters
    ----------
    heads : DataFrame
        From `per_head`; villages without an incidence or inhabitants are left out.
    draws : int
        Bootstrap samples of villages.
    seed : int
        Seed of the samples.
    level : float
        Probability inside the interval, 0 to 1.

    Returns
    -------
    dict
        ``villages``; ``half``, share of the money that the poorer half of the inhabitants got (0
        to 1); ``index, index_low, index_high`` (-1 to 1); ``verdict``: ``poorer_get_more``,
        ``richer_get_more`` or ``cannot_tell``. Empty where fewer than three villages have both
        figures, or none has money.

    References
    ----------
    Kakwani, Wagstaff and van Doorslaer (1997); percentile bootstrap of whole villages, Efron and
    Tibshirani (1993).

    Examples
    --------
    >>> heads = pd.DataFrame({"headcount_ratio": [0.3, 0.2, 0.1, 0.0], "population": 10,
    ...                       "yuan_per_head": [8.0, 6.0, 2.0, 1.0]})
    >>> found = concentration(heads, draws=200, seed=1)
    >>> round(found["index"], 3), round(found["half"], 3), found["verdict"]
    (-0.368, 0.824, 'poorer_get_more')
    """
    known = _comparable(heads)
    if len(known) < FEWEST_VILLAGES or not known["yuan_per_head"].sum() > 0:
        return {}
    rows = known.to_numpy(float).T
    picks = np.random.default_rng(seed).integers(len(known), size=(draws, len(known)))
    drawn = [_index(rows[:, pick]) for pick in picks if rows[0, pick].sum() > 0]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    curve = concentration_curve(rows[0], -rows[1], rows[2])
    return {
        "villages": len(known),
        "half": float(np.interp(0.5, curve["persons_share"], curve["amount_share"])),
        "index": float(_index(rows)),
        "index_low": float(low),
        "index_high": float(high),
        "verdict": "poorer_get_more"
        if high < 0
        else "richer_get_more"
        if low > 0
        else "cannot_tell",
    }


def _leaning(low, high):
    return "poorer_get_more" if low > 0 else "richer_get_more" if high < 0 else "cannot_tell"


def _comparable(heads):
    known = heads[["yuan_per_head", "headcount_ratio", "population"]].astype(float).dropna()
    return known[known["population"] > 0]


def _index(rows):
    amount, incidence, weight = rows
    return concentration_index(amount, -incidence, weight)


def incidence_curve(heads):
    """Cumulate the money of villages over their inhabitants, from the highest incidence down.

    Parameters
    ----------
    heads : DataFrame
        From `per_head`, or from `by_incidence` for a curve of so many corners as there are groups.

    Returns
    -------
    DataFrame
        As `concentration_curve`; no rows where no village has money, incidence and inhabitants.

    Examples
    --------
    >>> heads = pd.DataFrame({"headcount_ratio": [0.1, 0.2], "population": 10,
    ...                       "yuan_per_head": [1.0, 3.0]})
    >>> incidence_curve(heads)["amount_share"].tolist()
    [0.0, 0.75, 1.0]
    """
    known = _comparable(heads)
    if not known["yuan_per_head"].sum() > 0:
        return pd.DataFrame(columns=["persons_share", "amount_share"])
    amount, incidence, weight = known.to_numpy(float).T
    return concentration_curve(amount, -incidence, weight)


def by_incidence(heads, groups=5):
    """Set money a head beside incidence for groups of villages, from the poorest.

    Parameters
    ----------
    heads : DataFrame
        From `per_head`.
    groups : int
        Groups of nearly equal numbers of villages.

    Returns
    -------
    DataFrame
        Columns ``incidence_group`` (1 for the highest incidence), ``village_count``,
        ``population_share``, ``headcount_ratio``, ``yuan_share`` (0 to 1), ``yuan_per_head`` and
        ``population, poor_persons`` (persons). No rows where there are fewer villages than groups
        or no money.

    Examples
    --------
    >>> heads = pd.DataFrame({"headcount_ratio": [0.1, 0.2], "population": 10,
    ...                       "yuan_per_head": [1.0, 3.0]})
    >>> by_incidence(heads, groups=2)["yuan_per_head"].tolist()
    [3.0, 1.0]
    """
    known = _comparable(heads)
    if len(known) < groups or not known["yuan_per_head"].sum() > 0:
        return pd.DataFrame(columns=GROUP_COLUMNS)
    place = (-known["headcount_ratio"]).rank(method="first")
    known["incidence_group"] = np.ceil(place * groups / len(known)).astype(int)
    known["yuan"] = known["yuan_per_head"] * known["population"]
    known["poor_persons"] = known["headcount_ratio"] * known["population"]
    table = known.groupby("incidence_group")[["population", "poor_persons", "yuan"]].sum()
    table["village_count"] = known.groupby("incidence_group").size()
    table["headcount_ratio"] = table["poor_persons"] / table["population"]
    table["yuan_per_head"] = table["yuan"] / table["population"]
    table["population_share"] = table["population"] / table["population"].sum()
    table["yuan_share"] = table["yuan"] / table["yuan"].sum()
    return table.reset_index()[GROUP_COLUMNS]


def with_poor(villages, households):
    """Set the poor of the register beside each village, in the first year of the villages.

    The first year, because that is the need the money was to answer; later incidence is also what
    the money left of it.

    Parameters
    ----------
    villages : any dataframe Narwhals reads
        Columns ``village, year, township, poor_village, population``.
    households : any dataframe Narwhals reads
        Columns ``village, year, size, status``.

    Returns
    -------
    DataFrame
        One row a village: ``village, year, township, poor_village, population, poor_persons``
        (poor or fallen back at the end of that year) and ``headcount_ratio`` (0 to 1). Both are
        missing, not zero, where the register has no rows of that year.

    Raises
    ------
    ValueError
        Some villages have a population in that year and others have none.

    Examples
    --------
    >>> villages = pd.DataFrame({"village": ["a"], "year": [2014], "township": "t",
    ...                          "poor_village": True, "population": 10})
    >>> homes = pd.DataFrame({"village": ["a", "a"], "year": 2014, "size": [3, 4],
    ...                       "status": ["poor", "exited"]})
    >>> with_poor(villages, homes)[["poor_persons", "headcount_ratio"]].values.tolist()
    [[3.0, 0.3]]
    """
    listed = microdata.fetch(
        villages, ["year", "population"], ["village", "township", "poor_village"]
    )
    listed = listed[listed["year"] == listed["year"].min()].reset_index(drop=True)
    if listed["population"].notna().any():
        inhabitants.require(listed, int(listed["year"].iloc[0]))
    rows = microdata.fetch(households, ["year", "size"], ["village", "status"])
    rows = rows[rows["year"] == listed["year"].min()]
    poor = rows[rows["status"].isin(POOR)].groupby("village")["size"].sum()
    persons = listed["village"].map(poor).astype(float)
    listed["poor_persons"] = persons.fillna(0.0) if len(rows) else persons
    listed["headcount_ratio"] = listed["poor_persons"] / listed["population"]
    return listed.astype({"year": "Int64"})


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
        ``no_village``: ``village_group, village_count, poor_persons, yuan``; ``yuan_share,
        population_share, poor_share`` (0 to 1); ``yuan_per_head, yuan_per_poor``. No rows where
        there are no villages or no money.

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
    if villages.empty or not money["yuan"].sum() > 0:
        return pd.DataFrame(columns=["village_group", *REACH_COLUMNS])
    unknown = sorted(set(money["village"].dropna()) - set(villages["village"]))
    if unknown:
        raise ValueError(f"money names villages that are not there: {', '.join(map(str, unknown))}")
    kind = villages["poor_village"].map({True: "poor_villages", False: "other_villages"})
    group = money["village"].map(kind.set_axis(villages["village"])).fillna("no_village")
    table = (
        villages.assign(village_group=kind)
        .groupby("village_group")[["population", "poor_persons"]]
        .sum(min_count=1)
    )
    table.insert(0, "village_count", villages.groupby(kind)["village"].nunique())
    table = table.join(money.groupby(group)["yuan"].sum().rename_axis("village_group"), how="outer")
    table["yuan"] = table["yuan"].fillna(0.0)
    order = [
        name for name in ("poor_villages", "other_villages", "no_village") if name in table.index
    ]
    return _reach_shares(table.loc[order]).reset_index()


def _reach_shares(table):
    return pd.DataFrame(
        {
            "village_count": table["village_count"],
            # Money for each poor person tells how many they are; said outright, they are guarded.
            "poor_persons": table["poor_persons"],
            "yuan": table["yuan"],
            "yuan_share": table["yuan"] / table["yuan"].sum(),
            "population_share": table["population"] / table["population"].sum(),
            "poor_share": table["poor_persons"] / table["poor_persons"].sum(),
            "yuan_per_head": table["yuan"] / table["population"],
            "yuan_per_poor": table["yuan"] / table["poor_persons"].where(table["poor_persons"] > 0),
        }
    )


def per_head(projects, places):
    """Set the money of each village per head beside its incidence.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        Columns ``village, approved_yuan``; projects without an amount are left out.
    places : DataFrame
        From `with_poor`: ``village, population, headcount_ratio`` (0 to 1) of one year.

    Returns
    -------
    DataFrame
        Columns ``village, population, headcount_ratio, yuan, yuan_per_head``: every village of
        the year; one without a project has zero yuan.

    Examples
    --------
    >>> places = pd.DataFrame({"village": ["a", "b"], "population": [10, 20],
    ...                        "headcount_ratio": [0.2, 0.1]})
    >>> projects = pd.DataFrame({"village": ["a"], "approved_yuan": [50.0]})
    >>> per_head(projects, places)["yuan_per_head"].tolist()
    [5.0, 0.0]
    """
    money = microdata.fetch(projects, ["approved_yuan"], ["village"])
    given = money.groupby("village")["approved_yuan"].sum()
    yuan = places["village"].map(given).astype(float).fillna(0.0)
    listed = places[["village", "population", "headcount_ratio"]]
    return listed.assign(yuan=yuan, yuan_per_head=yuan / listed["population"])


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
    return {
        "villages": len(known),
        "correlation": float(spearmanr(known[:, 0], known[:, 1]).statistic),
        "correlation_low": float(low),
        "correlation_high": float(high),
        "verdict": _leaning(low, high),
    }


def _correlations(left, right):
    left = left - left.mean(axis=1, keepdims=True)
    right = right - right.mean(axis=1, keepdims=True)
    scale = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    return (left * right).sum(axis=1) / np.where(scale > 0, scale, np.nan)
