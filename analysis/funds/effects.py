"""What followed the money: a panel of villages, and a verdict that may be "cannot be told".

A village is compared with itself in other years, and with all villages of the same year. What
chose the villages drops out as long as it does not change; what changes with the money does not.
The placebo, money of the year to come, looks for that.
"""

import numpy as np
import pandas as pd
from scipy.stats import t as student

from analysis import microdata

FEWEST_CLUSTERS = 10
FLAT = 1e-9  # share of an amount below which what is left of it is rounding
NEVER = "never"
SAME_YEAR, YEAR_BEFORE, EARLIER, AHEAD = (
    *("spent_yuan", "spent_before_yuan", "spent_earlier_yuan"),
    "spent_ahead_yuan",
)
TOGETHER = "together"


def village_panel(households, projects, payments):
    """Put village incomes beside the money spent there in the year and in the years around it.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        Columns ``household, year, village, size, status, income_per_person_yuan``.
    projects : any dataframe Narwhals reads
        Columns ``project, village``.
    payments : any dataframe Narwhals reads
        Columns ``project, month, spent_yuan``.

    Returns
    -------
    DataFrame
        Columns ``village, year``; ``income_yuan``, mean net income a person of the households that
        have one in every year, so that nobody moves the mean by coming or going; and in yuan a
        head of those on the register in its last year: ``spent_yuan`` in the year,
        ``spent_before_yuan`` in the year before, ``spent_earlier_yuan`` before that since the
        payments begin, ``spent_ahead_yuan`` in the year after. Years without a ledger of payments
        are missing, not zero.

    Examples
    --------
    >>> homes = pd.DataFrame({"household": "a", "year": [2016, 2017], "village": "v", "size": 4,
    ...                       "status": "poor", "income_per_person_yuan": [3000.0, 3500.0]})
    >>> projects = pd.DataFrame({"project": ["p"], "village": ["v"]})
    >>> paid = pd.DataFrame({"project": "p", "month": ["2016-02", "2017-03"],
    ...                      "spent_yuan": [80.0, 800.0]})
    >>> village_panel(homes, projects, paid)[["spent_yuan", "spent_before_yuan"]].values.tolist()
    [[20.0, nan], [200.0, 20.0]]
    """
    rows = microdata.fetch(
        households,
        ["year", "size", "income_per_person_yuan"],
        ["household", "village", "status"],
    )
    rows = rows[rows["status"] != NEVER]
    table = _followed_incomes(rows)
    heads = rows[rows["year"] == rows["year"].max()].groupby("village")["size"].sum()
    spent = _spent(projects, payments)
    for name, years in {SAME_YEAR: 0, YEAR_BEFORE: -1, AHEAD: 1}.items():
        table[name] = _moved(table, spent, years) / table["village"].map(heads)
    so_far = table.groupby("village")[YEAR_BEFORE].transform("cumsum")
    table[EARLIER] = so_far - table[YEAR_BEFORE]
    return table[["village", "year", "income_yuan", SAME_YEAR, YEAR_BEFORE, EARLIER, AHEAD]]


def _followed_incomes(rows):
    known = rows[rows["income_per_person_yuan"].notna() & (rows["size"] > 0)]
    seen = known.groupby("household")["year"].transform("size")
    kept = known[seen == rows["year"].nunique()].sort_values("year", kind="stable")
    weight = kept.groupby("household")["size"].transform("first")
    kept = kept.assign(weight=weight, received=weight * kept["income_per_person_yuan"])
    table = kept.groupby(["village", "year"], as_index=False)[["weight", "received"]].sum()
    table["income_yuan"] = table["received"] / table["weight"]
    return table.astype({"year": int})


def _spent(projects, payments):
    paid = microdata.fetch(payments, ["spent_yuan"], ["project", "month"])
    where = microdata.fetch(projects, [], ["project", "village"])
    paid = paid.merge(where, on="project", validate="many_to_one")
    paid["year"] = paid["month"].astype(str).str[:4].astype(int)
    return paid.groupby(["village", "year"])["spent_yuan"].sum()


def _moved(table, spent, years):
    """Spent so many years later: zero where the village had none, missing outside the ledger."""
    when = table["year"] + years
    cells = pd.MultiIndex.from_arrays([table["village"], when])
    values = spent.reindex(cells).fillna(0.0).set_axis(table.index)
    paid = spent.index.get_level_values("year")
    return values.where(when.between(paid.min(), min(paid.max(), table["year"].max())))


def effect(panel, outcome, money, *, together=(), cluster="village", unit="village", level=0.9):
    """Estimate what amounts do to an outcome, with unit and year effects.

    Parameters
    ----------
    panel : DataFrame
        Columns ``year``, the unit, the cluster, the outcome and the amounts; a row with a missing
        value is left out. It need not be balanced.
    outcome : str
        Column, such as ``income_yuan``.
    money : str or sequence of str
        Columns of amounts; all are in one equation.
    together : sequence of str
        Amounts whose effects are added up in a further row, ``together``.
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
        There are fewer than two clusters, a unit lies in several, or the amounts do not vary
        apart from units and years, or do so in one cluster only.

    References
    ----------
    MacKinnon, Nielsen and Webb (2023), Cluster-robust inference: a guide to empirical practice:
    the variance CV3, by leaving out one cluster at a time, with G - 1 degrees of freedom. It
    holds its level with few or unequal clusters, where the usual variance is too small.

    Examples
    --------
    >>> panel = pd.DataFrame({"village": ["a", "a", "b", "b", "c", "c"], "year": [1, 2] * 3,
    ...                       "funds": [0, 4, 0, 2, 0, 0], "income": [5, 10.1, 3, 6.9, 2, 4.0]})
    >>> effect(panel, "income", "funds")["effect"].round(3).tolist()
    [0.775]
    """
    money = microdata.names(money)
    options = {"cluster": cluster, "unit": unit, "level": level}
    found, fault = _estimated(panel, outcome, money, together, **options)
    if fault:
        raise ValueError(fault)
    return found


def _estimated(panel, outcome, money, together, *, level, cluster="village", unit="village"):
    """The estimates and None, or None and why there are none."""
    rows = panel[[*dict.fromkeys([unit, "year", cluster]), outcome, *money]].dropna()
    fault = _unequal(rows, cluster, unit)
    if fault:
        return None, fault
    squares, products = _sums(rows, outcome, money, cluster, unit)
    fault = _flat(rows[money], squares, cluster)
    if fault:
        return None, fault
    slopes, cover = _jackknife(squares, products)
    picks = np.vstack([np.eye(len(money)), *([np.isin(money, together)] if together else [])])
    found = picks @ slopes[: len(money)]
    errors = np.sqrt(np.diag(picks @ cover[: len(money), : len(money)] @ picks.T))
    clusters = len(squares)
    width = student.ppf((1 + level) / 2, clusters - 1) * errors
    terms = [*money, *([TOGETHER] if together else [])]
    bounds = {"effect_low": found - width, "effect_high": found + width}
    counts = {"rows": len(rows), "units": rows[unit].nunique(), "clusters": clusters}
    estimates = {"term": terms, "effect": found, "error": errors}
    return pd.DataFrame(estimates | bounds).assign(**counts), None


def _sums(rows, outcome, money, cluster, unit):
    """Products of causes, and of causes and outcome, by cluster; units taken out."""
    years = pd.get_dummies(rows["year"], drop_first=True, dtype=float).to_numpy()
    values = np.column_stack([rows[[outcome, *money]].to_numpy(float), years])
    homes = pd.factorize(rows[unit])[0]
    means = [np.bincount(homes, column) / np.bincount(homes) for column in values.T]
    values = values - np.column_stack(means)[homes]
    codes, groups = pd.factorize(rows[cluster])
    y, x = values[:, 0], values[:, 1:]
    squares = np.zeros((len(groups), x.shape[1], x.shape[1]))
    products = np.zeros((len(groups), x.shape[1]))
    np.add.at(squares, codes, x[:, :, None] * x[:, None, :])
    np.add.at(products, codes, x * y[:, None])
    return squares, products


def _jackknife(squares, products):
    # Amounts are thousands and years are 0 or 1: scaled to one length, nothing is lost in solving.
    length = np.sqrt(np.diagonal(squares.sum(axis=0)))
    squares = squares / np.outer(length, length)
    products = products / length
    whole, sums = squares.sum(axis=0), products.sum(axis=0)
    slopes = np.linalg.solve(whole, sums)
    without = np.linalg.solve(whole - squares, (sums - products)[..., None])[..., 0]
    groups = len(squares)
    cover = (groups - 1) / groups * (without - slopes).T @ (without - slopes)
    return slopes / length, cover / np.outer(length, length)


def _unequal(rows, cluster, unit):
    if rows[cluster].nunique() < 2:
        return f"the panel has one {cluster} or none; errors need at least two clusters"
    if rows[[unit, cluster]].drop_duplicates()[unit].duplicated().any():
        return f"a {unit} lies in several of {cluster}; give a cluster that holds it whole"
    return None


def _flat(amounts, squares, cluster):
    names = ", ".join(amounts.columns)
    length = np.sqrt(np.diagonal(squares.sum(axis=0)))
    scale = np.maximum(amounts.abs().to_numpy(float).max(axis=0), 1e-300)
    if (length[: len(scale)] <= FLAT * scale).any() or (length == 0).any():
        return f"{names} does not vary apart from units and years"
    squares = squares / np.outer(length, length)
    left = squares.sum(axis=0) - np.concatenate([np.zeros((1, *squares.shape[1:])), squares])
    if (np.linalg.matrix_rank(left, tol=FLAT, hermitian=True) < len(length)).any():
        return f"{names} does not vary apart from units and years without one {cluster}"
    return None


def placebo(panel, outcome, money, ahead, *, cluster="village", unit="village", level=0.9):
    """Ask whether next year's money "moved" this year's outcome, which it cannot have done.

    Parameters
    ----------
    panel, outcome, money, cluster, unit, level
        As for `effect`.
    ahead : str
        Column of the amount of the year to come.

    Returns
    -------
    DataFrame
        As `effect`, one row: that of ``ahead``, beside the other amounts. An interval without
        zero says that the places that got money were already on another path.

    References
    ----------
    Angrist and Pischke (2009), Mostly harmless econometrics, section 5.2.1, after Granger.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> panel = pd.DataFrame({"village": np.repeat(range(20), 5), "year": list(range(5)) * 20})
    >>> panel["funds"], panel["income"] = rng.exponential(1, 100), rng.normal(size=100)
    >>> panel["ahead"] = panel.groupby("village")["funds"].shift(-1)
    >>> found = placebo(panel, "income", "funds", "ahead").iloc[0]
    >>> bool(found["effect_low"] < 0 < found["effect_high"])
    True
    """
    causes = [*microdata.names(money), ahead]
    found = effect(panel, outcome, causes, cluster=cluster, unit=unit, level=level)
    return found[found["term"] == ahead].reset_index(drop=True)


def followed(panel, *, level=0.9):
    """Estimate what income followed each yuan spent in a village, and the placebo.

    Parameters
    ----------
    panel : DataFrame
        From `village_panel`.
    level : float
        Probability inside the intervals, 0 to 1.

    Returns
    -------
    DataFrame
        As `effect`: one row each for ``spent_yuan`` (income in the year itself),
        ``spent_before_yuan`` (in the year after), ``together`` (both), ``spent_earlier_yuan`` (in
        each later year) and ``spent_ahead_yuan``, the placebo; yuan a yuan. Terms the panel cannot
        estimate are left out, all of them where fewer than ten villages can be compared.

    Examples
    --------
    >>> columns = ["village", "year", "income_yuan", "spent_yuan", "spent_before_yuan"]
    >>> nothing = pd.DataFrame(columns=[*columns, "spent_earlier_yuan", "spent_ahead_yuan"])
    >>> followed(nothing).empty
    True
    """
    money, outcome = [SAME_YEAR, YEAR_BEFORE, EARLIER], "income_yuan"
    known = panel.dropna(subset=[outcome, *money])
    none = pd.DataFrame(columns=["term", "effect", "error", "effect_low", "effect_high", "units"])
    if known["village"].nunique() < FEWEST_CLUSTERS:
        return none
    found, fault = _estimated(panel, outcome, money, [SAME_YEAR, YEAR_BEFORE], level=level)
    if fault:
        return none
    early, _ = _estimated(panel, outcome, [*money, AHEAD], [], level=level)
    tested = [] if early is None else [early[early["term"] == AHEAD]]
    order = [SAME_YEAR, YEAR_BEFORE, TOGETHER, EARLIER, AHEAD]
    table = pd.concat([found, *tested]).set_index("term")
    return table.reindex([term for term in order if term in table.index]).reset_index()


def verdict(found):
    """Say what followed the money, or that it cannot be told and why.

    Parameters
    ----------
    found : DataFrame
        From `followed`.

    Returns
    -------
    dict
        ``verdict``: ``raised``, ``lowered``, ``cannot_tell``, or ``no_estimate`` where nothing
        was estimated; ``reason``: ``clear``, ``moved_before`` (the placebo's interval is without
        zero), ``not_tested`` (no placebo), ``holds_zero`` or ``too_little``; where there is an
        estimate ``effect, low, high`` of the year and the next together, and ``villages``.

    Examples
    --------
    >>> rows = pd.DataFrame({"term": ["together", "spent_ahead_yuan"], "effect": [0.3, 0.0],
    ...                      "effect_low": [0.1, -0.1], "effect_high": [0.5, 0.1], "units": 60})
    >>> verdict(rows)["verdict"], verdict(rows.head(1))["reason"]
    ('raised', 'not_tested')
    """
    rows = found.set_index("term")
    if rows.empty:
        return {"verdict": "no_estimate", "reason": "too_little"}
    row = rows.loc[TOGETHER]
    reason = _reason(row, rows.reindex([AHEAD]).iloc[0])
    sign = "raised" if row["effect"] > 0 else "lowered"
    return {
        "verdict": sign if reason == "clear" else "cannot_tell",
        "reason": reason,
        "effect": float(row["effect"]),
        "low": float(row["effect_low"]),
        "high": float(row["effect_high"]),
        "villages": int(row["units"]),
    }


def _reason(row, early):
    if pd.isna(early["effect"]):
        return "not_tested"
    if not early["effect_low"] <= 0 <= early["effect_high"]:
        return "moved_before"
    return "holds_zero" if row["effect_low"] <= 0 <= row["effect_high"] else "clear"
