"""A household's usual income, out of yearly incomes full of luck and of errors."""

import numpy as np
import pandas as pd
from scipy.stats import norm

# A business year's loss, or a slip of the pen, says no more than an income at these many lines.
LEAST_LINES, MOST_LINES = 0.2, 4.0
CELLS = 200
# Rounds of the fit: fewer and more gave the same list of visits.
ROUNDS = 50
TINY = 1e-12


def usual_income(rows: pd.DataFrame, luck_share: float) -> pd.Series:
    """
    Tell each household's usual income from its years so far, its village and the whole register.

    Parameters
    ----------
    rows : DataFrame
        ``household, village, year, status, income_yuan, line_yuan``, a row a household and year.
    luck_share : float
        Variance of a year's luck and error over that of lasting differences, used while each
        household is known for one year alone; afterwards it is measured on those known for more.

    Returns
    -------
    Series
        Lines above the line (0: at the line), on the index of the rows: the level of the village
        in the year, and what is expected of the household apart from it. No later year is used.
        Missing where no income of the household is known so far.

    Examples
    --------
    >>> rows = pd.DataFrame({"household": ["a", "b"], "village": "v", "year": 2014,
    ...     "status": "poor", "income_yuan": [2000.0, 4000.0], "line_yuan": 2000.0})
    >>> usual_income(rows, 0.5).between(0, 1, inclusive="neither").tolist()
    [True, True]
    """
    margin = (rows["income_yuan"] / rows["line_yuan"]).clip(LEAST_LINES, MOST_LINES) - 1
    registered = margin.where(rows["status"].ne("never"))
    level = pd.concat(
        group_means(registered[of.index], of["village"]) for _, of in rows.groupby("year")
    ).reindex(rows.index)
    apart = margin - level
    years = [_apart(rows, apart, year, luck_share) for year in rows["year"].unique()]
    return level + pd.concat(years).reindex(rows.index)


def _apart(rows: pd.DataFrame, apart: pd.Series, year: int, luck_share: float) -> pd.Series:
    known = apart.notna() & (rows["year"] <= year)
    means = apart[known].groupby(rows["household"]).agg(["mean", "count", "var"])
    on_register = rows.loc[known & rows["status"].ne("never"), "household"].unique()
    luck = _luck_variance(means.loc[on_register], luck_share)
    expected = lasting_means(means, means.loc[on_register], luck)
    return rows.loc[rows["year"] == year, "household"].map(expected)


def _luck_variance(means: pd.DataFrame, luck_share: float) -> float:
    several = means[means["count"] > 1]
    if several.empty:
        return float(np.nan_to_num(means["mean"].var()) * luck_share / (1 + luck_share))
    return float(np.average(several["var"], weights=several["count"] - 1))


def group_means(values: pd.Series, groups: pd.Series) -> pd.Series:
    """
    Give the mean of each group, drawn towards the mean of all as far as chance explains it.

    Parameters
    ----------
    values : Series
        Missing ones are left out.
    groups : Series
        Group of each value.

    Returns
    -------
    Series
        The best linear prediction in a one-way model, on the index of the values; both variances
        are taken from the values.

    References
    ----------
    Efron and Morris (1973), Stein's estimation rule and its competitors.

    Examples
    --------
    >>> group_means(pd.Series([1.0, 3.0, 2.0, 2.0]), pd.Series(list("aabb"))).tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    of = values.groupby(groups).agg(["mean", "count", "var"])
    filled, centre = of[of["count"] > 0], values.mean()
    count = filled["count"]
    inside = (filled["var"].fillna(0) * (count - 1)).sum() / max((count - 1).sum(), 1)
    spread = (count * (filled["mean"] - centre) ** 2).sum() / max(len(filled) - 1, 1)
    usual = (count.sum() - (count**2).sum() / max(count.sum(), 1)) / max(len(filled) - 1, 1)
    between = max(0.0, spread - inside) / max(usual, 1.0)
    kept = between / (between + inside / count) if between else 0 * count
    return groups.map((centre + kept * (filled["mean"] - centre)).reindex(of.index)).fillna(centre)


def lasting_means(means: pd.DataFrame, fitted: pd.DataFrame, luck: float) -> pd.Series:
    """
    Expect what lasts of each mean of a few years, each lasting value plus normal luck.

    Parameters
    ----------
    means : DataFrame
        ``mean`` and ``count`` (years it is the mean of), a row a household.
    fitted : DataFrame
        The same, of the households whose lasting values make the distribution; whatever shape
        makes these means most likely is taken for it.
    luck : float
        Variance of the luck of one year.

    Returns
    -------
    Series
        Mean of the posterior of the lasting value; it rises with the mean, for the same count.

    References
    ----------
    Kiefer and Wolfowitz (1956); Koenker and Mizera (2014), Convex optimization, shape constraints,
    compound decisions, and empirical Bayes rules.

    Examples
    --------
    >>> means = pd.DataFrame({"mean": [-1.0, 0.0, 1.0], "count": 1})
    >>> lasting_means(means, means, luck=1e6).abs().round(3).tolist()
    [0.0, 0.0, 0.0]
    """
    if fitted.empty:
        return pd.Series(np.nan, means.index)
    grid = np.linspace(fitted["mean"].min(), fitted["mean"].max(), CELLS)
    chance = {years: _chance(grid, luck / years) for years in means["count"].unique()}
    cells = np.rint(np.interp(fitted["mean"], grid, np.arange(CELLS))).astype(int)
    found = {
        years: np.bincount(cells[fitted["count"] == years], minlength=CELLS) for years in chance
    }
    lasting = _distribution(np.vstack(list(chance.values())), np.concatenate(list(found.values())))
    expected = pd.Series(np.nan, means.index)
    for years, of in means.groupby("count"):
        curve = chance[years] @ (lasting * grid) / (chance[years] @ lasting)
        expected[of.index] = np.interp(of["mean"], grid, curve)
    return expected


def _chance(grid: np.ndarray, variance: float) -> np.ndarray:
    """Give how likely each mean is, a row, for each lasting value, a column."""
    scale = max(np.sqrt(variance), (grid[-1] - grid[0]) / len(grid), TINY)
    return np.maximum(norm.pdf((grid[:, None] - grid) / scale), TINY)


def _distribution(chance: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Fit shares of the lasting values, by rounds of expectation and maximisation."""
    shares = np.full(chance.shape[1], 1 / chance.shape[1])
    for _ in range(ROUNDS):
        shares = shares * ((found / (chance @ shares)) @ chance) / found.sum()
    return shares
