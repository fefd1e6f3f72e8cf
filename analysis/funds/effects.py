"""What followed the money: a panel of villages, and a verdict that may be "cannot be told".

A village is compared with itself before and after, and with all villages of the same year. What
chose the villages drops out as long as it does not change; what changes with the money does not.
The placebo on the years before looks for that.
"""

import numpy as np
import pandas as pd
from scipy.stats import t as student

from analysis import microdata

CONVERGED = 1e-10
SWEEPS = 10_000
FEWEST_CLUSTERS = 10


def village_panel(households, projects, payments):
    """Put village incomes beside the money spent there up to each year's end.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        Columns ``household, year, village, size, income_per_person_yuan``; a household without an
        income is left out of the mean.
    projects : any dataframe Narwhals reads
        Columns ``project, village``.
    payments : any dataframe Narwhals reads
        Columns ``project, month, spent_yuan``.

    Returns
    -------
    DataFrame
        Columns ``village, year, persons, income_yuan`` (mean net income a person),
        ``funds_yuan`` (spent up to the year's end, a head of the first year's persons in the
        register, so that it does not move with the persons).

    Examples
    --------
    >>> homes = pd.DataFrame({"household": ["a", "a"], "year": [2016, 2017], "village": "v",
    ...                       "size": [4, 4], "income_per_person_yuan": [3000.0, 3500.0]})
    >>> projects = pd.DataFrame({"project": ["p"], "village": ["v"]})
    >>> paid = pd.DataFrame({"project": ["p"], "month": ["2017-03"], "spent_yuan": [800.0]})
    >>> village_panel(homes, projects, paid)["funds_yuan"].tolist()
    [0.0, 200.0]
    """
    rows = microdata.fetch(households, ["year", "size", "income_per_person_yuan"], ["village"])
    rows = rows[rows["income_per_person_yuan"].notna() & (rows["size"] > 0)]
    rows["received"] = rows["size"] * rows["income_per_person_yuan"]
    table = rows.groupby(["village", "year"], as_index=False)[["size", "received"]].sum()
    table["income_yuan"] = table["received"] / table["size"]
    table["persons"] = table["size"]
    first = table.groupby("village")["persons"].transform("first")
    table["funds_yuan"] = _spent_by(table, projects, payments) / first
    table["year"] = table["year"].astype(int)
    return table[["village", "year", "persons", "income_yuan", "funds_yuan"]]


def _spent_by(table, projects, payments):
    paid = microdata.fetch(payments, ["spent_yuan"], ["project", "month"])
    where = microdata.fetch(projects, [], ["project", "village"])
    paid = paid.merge(where, on="project", validate="many_to_one")
    paid["year"] = paid["month"].astype(str).str[:4].astype(float)
    cells = table[["village", "year"]].reset_index()
    both = cells.merge(paid, on="village", suffixes=("", "_paid"))
    spent = both[both["year_paid"] <= both["year"]].groupby("index")["spent_yuan"].sum()
    return spent.reindex(table.index, fill_value=0.0)


def effect(panel, outcome, money, *, cluster="village", unit="village", level=0.9):
    """Estimate what an amount does to an outcome, with village and year effects.

    Parameters
    ----------
    panel : DataFrame
        Columns ``year``, the unit, the cluster, the outcome and the amounts; a row with a missing
        value is left out. It need not be balanced.
    outcome : str
        Column, such as ``income_yuan``.
    money : str or sequence of str
        Columns of amounts; all are in one equation.
    cluster : str
        Column within which errors may be correlated in any way; a unit lies within one cluster.
    unit : str
        Column whose lasting differences are taken out.
    level : float
        Probability inside the interval, 0 to 1.

    Returns
    -------
    DataFrame
        One row an amount: ``term, effect`` (of one unit of the amount), ``error`` (standard
        error), ``effect_low, effect_high`` (Student's t, clusters less one), ``rows, units,
        clusters``.

    Raises
    ------
    ValueError
        An amount does not vary within units and years, or there are fewer than two clusters.

    References
    ----------
    Cameron and Miller (2015), A practitioner's guide to cluster-robust inference: clustered
    variance with the factor G/(G-1) (N-1)/(N-K); unit effects inside a cluster do not count in K.

    Examples
    --------
    >>> panel = pd.DataFrame({"village": ["a", "a", "b", "b", "c", "c"], "year": [1, 2] * 3,
    ...                       "funds": [0, 4, 0, 2, 0, 0], "income": [5, 10.1, 3, 6.9, 2, 4.0]})
    >>> effect(panel, "income", "funds")["effect"].round(3).tolist()
    [0.775]
    """
    money = microdata.names(money)
    keys = list(dict.fromkeys([unit, "year", cluster]))
    rows = panel[[*keys, outcome, *money]].dropna()
    values = _within(rows[[outcome, *money]].to_numpy(float), rows[unit], rows["year"])
    y, x = values[:, 0], values[:, 1:]
    _check_design(x, rows, cluster, money)
    root = np.linalg.inv(x.T @ x)
    slopes = root @ x.T @ y
    codes = pd.factorize(rows[cluster])[0]
    errors = np.sqrt(np.diag(_clustered(x, y - x @ slopes, root, codes, rows["year"].nunique())))
    clusters = rows[cluster].nunique()
    width = student.ppf((1 + level) / 2, clusters - 1) * errors
    counts = {"rows": len(rows), "units": rows[unit].nunique(), "clusters": clusters}
    estimate = {"term": money, "effect": slopes, "error": errors}
    bounds = {"effect_low": slopes - width, "effect_high": slopes + width}
    return pd.DataFrame(estimate | bounds).assign(**counts)


def _within(values, unit, year):
    """Take out unit and year means by turns until nothing is left of either."""
    groups = [pd.factorize(keys)[0] for keys in (unit, year)]
    counts = [np.bincount(codes) for codes in groups]
    scale = np.abs(values).max(axis=0, initial=1.0)
    for _ in range(SWEEPS):
        before = values
        for codes, count in zip(groups, counts, strict=True):
            means = [np.bincount(codes, column) / count for column in values.T]
            values = values - np.column_stack(means)[codes]
        if (np.abs(values - before) <= CONVERGED * scale).all():
            break
    return values


def _check_design(x, rows, cluster, money):
    if rows[cluster].nunique() < 2:
        raise ValueError(f"the panel has one {cluster}; errors need at least two clusters")
    size = rows[money].to_numpy(float).std(axis=0)
    flat = [
        name
        for name, left, whole in zip(money, x.std(axis=0), size, strict=True)
        if left <= 1e-8 * max(whole, 1e-300)
    ]
    if flat or np.linalg.matrix_rank(x) < len(money):
        raise ValueError(
            f"{', '.join(flat or money)} does not vary apart from units and years; no effect can "
            "be told from them"
        )


def _clustered(x, residual, root, codes, years):
    scores = np.column_stack([np.bincount(codes, column) for column in (x * residual[:, None]).T])
    groups, rows = len(scores), len(residual)
    parameters = x.shape[1] + years
    factor = groups / (groups - 1) * (rows - 1) / (rows - parameters)
    return factor * root @ scores.T @ scores @ root


def placebo(panel, outcome, money, *, cluster="village", unit="village", level=0.9):
    """Ask whether next year's money "moved" this year's outcome, which it cannot have done.

    Parameters
    ----------
    panel, outcome, cluster, unit, level
        As for `effect`.
    money : str
        Column of the amount so far, which does not fall.

    Returns
    -------
    DataFrame
        As `effect`, one row: the effect of the money of the year after, beside that of the year
        itself. An interval without zero says that the places that got money were already on
        another path.

    References
    ----------
    Angrist and Pischke (2009), Mostly harmless econometrics, section 5.2.1, after Granger.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> panel = pd.DataFrame({"village": np.repeat(range(20), 5), "year": list(range(5)) * 20})
    >>> panel["funds"] = rng.exponential(1, 100)
    >>> panel["funds"] = panel.groupby("village")["funds"].cumsum()
    >>> panel["income"] = rng.normal(size=100)
    >>> found = placebo(panel, "income", "funds").iloc[0]
    >>> bool(found["effect_low"] < 0 < found["effect_high"])
    True
    """
    ahead = panel[[unit, "year", money]].rename(columns={money: "next_year"})
    both = panel.merge(ahead.assign(year=ahead["year"] - 1), on=[unit, "year"])
    # Money of the year after alone: the step from the sum so far to the next.
    both["next_year"] = both["next_year"] - both[money]
    found = effect(both, outcome, [money, "next_year"], cluster=cluster, unit=unit, level=level)
    return found[found["term"] == "next_year"].reset_index(drop=True)


def verdict(found, before):
    """Say what followed the money, or that it cannot be told and why.

    Parameters
    ----------
    found : DataFrame
        From `effect`, one row.
    before : DataFrame
        From `placebo`, one row.

    Returns
    -------
    dict
        ``verdict``: ``raised``, ``lowered`` or ``cannot_tell``; ``reason``: ``clear``,
        ``few_clusters`` (fewer than ten), ``moved_before`` (the placebo's interval is without
        zero) or ``holds_zero``; ``effect, effect_low, effect_high, placebo_low, placebo_high``.

    Examples
    --------
    >>> one = pd.DataFrame({"effect": [0.3], "effect_low": [0.1], "effect_high": [0.5],
    ...                     "clusters": [60]})
    >>> other = one.assign(effect_low=-0.1)
    >>> verdict(one, other)["verdict"], verdict(one, one)["reason"]
    ('raised', 'moved_before')
    """
    row, early = found.iloc[0], before.iloc[0]
    zero, early_zero = (part["effect_low"] <= 0 <= part["effect_high"] for part in (row, early))
    reason = (
        "few_clusters"
        if row["clusters"] < FEWEST_CLUSTERS
        else "moved_before"
        if not early_zero
        else "holds_zero"
        if zero
        else "clear"
    )
    sign = "raised" if row["effect"] > 0 else "lowered"
    return {
        "verdict": sign if reason == "clear" else "cannot_tell",
        "reason": reason,
        **{name: float(row[name]) for name in ("effect", "effect_low", "effect_high")},
        "placebo_low": float(early["effect_low"]),
        "placebo_high": float(early["effect_high"]),
    }
