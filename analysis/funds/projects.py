"""What the industry projects are: alike from village to village, and how long they last."""

import itertools

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight

from analysis import microdata

INDUSTRY = "industry"
DAYS_A_YEAR = 365.25
TIE = 1e-9  # products of shares drift


def _named(projects):
    rows = microdata.fetch(projects, [], ["village", "sector", "kind"])
    return rows[(rows["sector"] == INDUSTRY) & rows["village"].notna() & rows["kind"].notna()]


def _industry(projects):
    rows = _named(projects)
    if rows.empty:
        raise ValueError("no industry project names both its village and its kind")
    return rows


def sameness(projects):
    """Measure how much the industry projects of villages are of the same kind.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        Columns ``village, sector, kind``; only the sector ``industry`` counts.

    Returns
    -------
    dict
        ``villages`` and ``projects`` with a kind, ``kinds``; ``commonest``, the kind that is in
        most villages; ``commonest_share`` of villages that have it; ``only_commonest_share`` of
        villages that have nothing else; ``herfindahl``, the chance that two projects drawn with
        replacement are of one kind; ``even_kinds``, its inverse: as many kinds of equal size.

    Raises
    ------
    ValueError
        No industry project names its village and its kind.

    References
    ----------
    Herfindahl (1950), Concentration in the steel industry; Hirschman (1964).

    Examples
    --------
    >>> projects = pd.DataFrame({"village": ["a", "b", "c"], "sector": "industry",
    ...                          "kind": ["pigs", "pigs", "herbs"]})
    >>> found = sameness(projects)
    >>> found["commonest"], round(found["commonest_share"], 2), round(found["herfindahl"], 2)
    ('pigs', 0.67, 0.56)
    """
    rows = _industry(projects)
    parts = rows["kind"].value_counts() / len(rows)
    spread = rows.groupby("kind")["village"].nunique().sort_index()
    commonest = spread.idxmax()
    kinds_there = rows.groupby("village")["kind"].nunique()
    has = rows.loc[rows["kind"] == commonest, "village"].unique()
    villages = rows["village"].nunique()
    herfindahl = float((parts**2).sum())
    return {
        "villages": villages,
        "projects": len(rows),
        "kinds": len(parts),
        "commonest": commonest,
        "commonest_share": len(has) / villages,
        "only_commonest_share": float((kinds_there[has] == 1).sum() / villages),
        "herfindahl": herfindahl,
        "even_kinds": 1 / herfindahl,
    }


def kinds(projects):
    """Count the villages in which each kind of industry project stands.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        As for `sameness`.

    Returns
    -------
    DataFrame
        Columns ``project_kind, projects, village_count`` and ``share`` of the villages with an
        industry project (0 to 1), commonest first; no rows where no project names village and kind.

    Examples
    --------
    >>> projects = pd.DataFrame({"village": ["a", "b", "b"], "sector": "industry",
    ...                          "kind": ["pigs", "pigs", "herbs"]})
    >>> kinds(projects)[["project_kind", "share"]].values.tolist()
    [['pigs', 1.0], ['herbs', 0.5]]
    """
    rows = _named(projects)
    table = rows.groupby("kind", as_index=False).agg(
        projects=("village", "size"), village_count=("village", "nunique")
    )
    table["share"] = table["village_count"] / max(1, rows["village"].nunique())
    table = table.rename(columns={"kind": "project_kind"})
    order = ["village_count", "project_kind"]
    return table.sort_values(order, ascending=[False, True], ignore_index=True)


def alike(projects, villages, *, draws, seed):
    """Say how alike the industry projects are, over all villages and between neighbours.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        As for `sameness`.
    villages : DataFrame
        Columns ``village, township``.
    draws, seed
        As for `similarity`.

    Returns
    -------
    dict
        As `sameness`, and as `similarity` with ``neighbours_verdict`` for ``verdict``; this is
        ``no_pairs`` where no two villages of a township both have a project, and nothing else is
        there where no project names both.

    Examples
    --------
    >>> alike(pd.DataFrame(columns=["village", "sector", "kind"]), None, draws=9, seed=1)
    {'neighbours_verdict': 'no_pairs'}
    """
    rows = _named(projects)
    if rows.empty:
        return {"neighbours_verdict": "no_pairs"}
    pairs = neighbour_pairs(villages)
    both = pairs["village"].isin(rows["village"]) & pairs["neighbour"].isin(rows["village"])
    near = similarity(projects, pairs, draws=draws, seed=seed) if both.any() else {}
    near["neighbours_verdict"] = near.pop("verdict", "no_pairs")
    return sameness(projects) | near


def neighbour_pairs(villages):
    """Pair the villages of one township: neighbours where no map is at hand.

    Parameters
    ----------
    villages : DataFrame
        Columns ``village, township``.

    Returns
    -------
    DataFrame
        Columns ``village, neighbour``, each pair once.

    Examples
    --------
    >>> villages = pd.DataFrame({"village": ["a", "b", "c"], "township": ["t", "t", "u"]})
    >>> neighbour_pairs(villages).to_dict("records")
    [{'village': 'a', 'neighbour': 'b'}]
    """
    listed = villages[["village", "township"]].drop_duplicates()
    pairs = [
        pair
        for _, names in listed.groupby("township")["village"]
        for pair in itertools.combinations(sorted(names), 2)
    ]
    return pd.DataFrame(pairs, columns=["village", "neighbour"])


def similarity(projects, pairs, *, draws, seed):
    """Compare the kinds of industry projects in neighbouring villages with villages at large.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        As for `sameness`.
    pairs : DataFrame
        Columns ``village, neighbour``, such as `neighbour_pairs` gives.
    draws : int
        Relabellings of the villages.
    seed : int
        Seed of the relabellings.

    Returns
    -------
    dict
        ``pairs`` (both with a project), ``neighbours`` and ``all_villages``: mean share of kinds
        in common (0 to 1); ``chance``: share of relabellings in which neighbours are at least as
        alike, the observed one included; ``verdict``: ``alike`` below 0.05, else ``cannot_tell``.

    Raises
    ------
    ValueError
        No pair has projects on both sides.

    References
    ----------
    Jaccard (1912) for the similarity of two sets; Mantel (1967) for the permutation of labels.

    Examples
    --------
    >>> projects = pd.DataFrame({"village": ["a", "b", "c", "d"], "sector": "industry",
    ...                          "kind": ["pigs", "pigs", "herbs", "herbs"]})
    >>> pairs = pd.DataFrame({"village": ["a", "c"], "neighbour": ["b", "d"]})
    >>> found = similarity(projects, pairs, draws=99, seed=1)
    >>> found["neighbours"], round(found["all_villages"], 3)
    (1.0, 0.333)
    """
    rows = _industry(projects)
    names, alike = _shared_kinds(rows)
    place = {name: number for number, name in enumerate(names)}
    known = pairs[pairs["village"].isin(place) & pairs["neighbour"].isin(place)]
    if known.empty:
        raise ValueError("no two neighbouring villages both have an industry project")
    left, right = (known[side].map(place).to_numpy() for side in ("village", "neighbour"))
    observed = alike[left, right].mean()
    rng = np.random.default_rng(seed)
    orders = (rng.permutation(len(names)) for _ in range(draws))
    relabelled = [alike[order[left], order[right]].mean() for order in orders]
    chance = (1 + sum(value >= observed - 1e-12 for value in relabelled)) / (draws + 1)
    return {
        "pairs": len(known),
        "neighbours": float(observed),
        "all_villages": float(alike[np.triu_indices(len(names), 1)].mean()),
        "chance": chance,
        "verdict": "alike" if chance < 0.05 else "cannot_tell",
    }


def _shared_kinds(rows):
    table = pd.crosstab(rows["village"], rows["kind"]).clip(upper=1)
    has = table.to_numpy(float)
    common = has @ has.T
    count = has.sum(axis=1)
    return list(table.index), common / (count[:, None] + count[None, :] - common)


def survival(projects, until, *, by=None, level=0.9):
    """Estimate how long projects last; those still running count for as long as they have run.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        Columns ``started_on, ended_on`` (ISO dates; the end is missing while a project lasts)
        and that of ``by``. Projects that have not started are left out.
    until : str
        ISO date up to which the ledger is known; later ends are not yet known.
    by : str, optional
        Column that splits the projects.
    level : float
        Probability inside the bounds, 0 to 1.

    Returns
    -------
    DataFrame
        The column of ``by``, ``years, at_risk, ended, lasting, lasting_low, lasting_high``: the
        share that lasts longer than so many years, with bounds at each end of a project. No rows
        where no project has ended.

    Raises
    ------
    ValueError
        A project ends before it starts.

    References
    ----------
    Kaplan and Meier (1958); bounds on the log-log scale, Kalbfleisch and Prentice (1980).

    Examples
    --------
    >>> ends = ["2016-01-01", None]
    >>> projects = pd.DataFrame({"started_on": ["2015-01-01"] * 2, "ended_on": ends})
    >>> survival(projects, "2018-01-01")[["at_risk", "lasting"]].to_numpy().tolist()
    [[2.0, 0.5]]
    """
    rows = microdata.fetch(projects, [], ["started_on", "ended_on", *microdata.names(by)])
    rows = _durations(rows, until)
    if by is None:
        return _kaplan_meier(rows, level)
    parts = {key: _kaplan_meier(part, level) for key, part in rows.groupby(by)}
    return pd.concat(parts, names=[by]).reset_index(by).reset_index(drop=True)


def _durations(rows, until):
    last = pd.Timestamp(until)
    start, end = (pd.to_datetime(rows[name], errors="raise") for name in ("started_on", "ended_on"))
    wrong = rows[end < start]
    if len(wrong):
        first = wrong.iloc[0]
        raise ValueError(
            f"{len(wrong)} projects end before they start, the first on {first['ended_on']} "
            f"after a start on {first['started_on']}; mend the dates"
        )
    begun = start <= last
    ended = end <= last
    years = (end.where(ended, last) - start).dt.days / DAYS_A_YEAR
    return rows.assign(years=years, ended=ended.astype(int))[begun]


def _kaplan_meier(rows, level):
    if not rows["ended"].any():
        columns = ["years", "at_risk", "ended", "lasting", "lasting_low", "lasting_high"]
        return pd.DataFrame(columns=columns, dtype=float)
    fit = SurvfuncRight(rows["years"].to_numpy(), rows["ended"].to_numpy())
    low, high = _log_log_bounds(fit, level)
    return pd.DataFrame(
        {
            "years": fit.surv_times,
            "at_risk": fit.n_risk.astype(float),
            "ended": fit.n_events.astype(float),
            "lasting": fit.surv_prob,
            "lasting_low": low,
            "lasting_high": high,
        }
    )


def _log_log_bounds(fit, level):
    share, error = fit.surv_prob, fit.surv_prob_se
    inside = (share > 0) & (share < 1)
    safe = np.where(inside, share, 0.5)
    width = norm.ppf((1 + level) / 2) * error / (safe * np.abs(np.log(safe)))
    low, high = (np.exp(np.log(safe) * np.exp(sign * width)) for sign in (1, -1))
    # Once every project seen has ended, the data bound the share no more.
    return np.where(inside, low, 0.0), np.where(inside, high, np.where(share > 0, 1.0, np.nan))


def lasting(curve, years):
    """Read from a survival curve the share that lasts longer than so many years.

    Parameters
    ----------
    curve : DataFrame
        From `survival`, of one group.
    years : float
        How long, not negative.

    Returns
    -------
    dict
        ``lasting, lasting_low, lasting_high``, 0 to 1; all 1 before the first end. ``median``:
        years after which half have ended, missing where the curve does not come down that far.

    Examples
    --------
    >>> curve = pd.DataFrame({"years": [1.0], "lasting": [0.4], "lasting_low": [0.1],
    ...                       "lasting_high": [0.7]})
    >>> lasting(curve, 2.0)["lasting"], lasting(curve, 0.5)["lasting"], lasting(curve, 2)["median"]
    (0.4, 1.0, 1.0)
    """
    parts = ["lasting", "lasting_low", "lasting_high"]
    passed = curve[curve["years"] <= years]
    shares = dict.fromkeys(parts, 1.0) if passed.empty else passed[parts].iloc[-1].to_dict()
    half = curve.loc[curve["lasting"] <= 0.5 + TIE, "years"]
    return shares | {"median": float(half.iloc[0]) if len(half) else float("nan")}


def without_collective_income(villages, *, by="year", line=0.0):
    """Count the villages without collective income, by year or any other column.

    Parameters
    ----------
    villages : any dataframe Narwhals reads
        Columns ``village, collective_income_yuan`` and that of ``by``.
    by : str
        Column that makes the groups.
    line : float
        Yuan; a village with this or less is without.

    Returns
    -------
    DataFrame
        The column of ``by``, ``village_count, known, without, share_low, share_high`` (0 to 1): an
        income that is missing is not zero, so the share lies between none and all of those being
        without.

    Examples
    --------
    >>> villages = pd.DataFrame({"village": ["a", "b", "c", "d"], "year": 2017,
    ...                          "collective_income_yuan": [0.0, 5000.0, 100.0, None]})
    >>> without_collective_income(villages).iloc[0].tolist()
    [2017.0, 4.0, 3.0, 1.0, 0.25, 0.5]
    """
    rows = microdata.fetch(villages, ["collective_income_yuan"], ["village", by])
    income = rows["collective_income_yuan"]
    counts = rows.assign(known=income.notna(), without=income <= line).groupby(by)
    table = counts.agg(
        village_count=("village", "size"), known=("known", "sum"), without=("without", "sum")
    )
    hidden = table["village_count"] - table["known"]
    return table.assign(
        share_low=table["without"] / table["village_count"],
        share_high=(table["without"] + hidden) / table["village_count"],
    ).reset_index()


def collective_by_township(villages):
    """Count, township by township, the villages without collective income in the last year.

    Parameters
    ----------
    villages : DataFrame
        Columns ``village, year, township, poor_village, collective_income_yuan``.

    Returns
    -------
    DataFrame
        As `without_collective_income` by ``township``, with ``poor_without``: those of them that
        are listed as poor; most without first. No rows where no income is known.

    Examples
    --------
    >>> villages = pd.DataFrame({"village": ["a", "b"], "year": 2017, "township": "t",
    ...                          "poor_village": [True, False], "collective_income_yuan": [0.0, 9]})
    >>> collective_by_township(villages)[["without", "poor_without"]].values.tolist()
    [[1, 1]]
    """
    last = villages[villages["year"] == villages["year"].max()]
    table = without_collective_income(last, by="township")
    listed = last[last["poor_village"].fillna(False).astype(bool)]
    poor = without_collective_income(listed, by="township").set_index("township")["without"]
    table["poor_without"] = table["township"].map(poor).fillna(0).astype(int)
    table = table if table["known"].sum() else table.iloc[:0]
    return table.sort_values(["without", "township"], ascending=[False, True], ignore_index=True)
