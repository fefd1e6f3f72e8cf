"""How good a list of visits is: on years and villages it has not seen, against other lists."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from analysis.returns.hazard import chances, fit_hazard
from analysis.returns.panel import FEATURES

BETTER, WORSE, UNTOLD = "better", "worse", "cannot_be_told"


def out_of_time(
    panel: pd.DataFrame,
    features: Sequence[str] = FEATURES,
    *,
    enough: float,
    least: float,
    link: str = "logit",
) -> pd.DataFrame:
    """
    Give chances for the last year whose outcome is known, fitted on the years before it.

    Parameters
    ----------
    panel : DataFrame
        From `risk_panel`.
    features, enough, least, link
        As for `fit_hazard`.

    Returns
    -------
    DataFrame
        The rows of the last known year with ``chance``; missing where the fit was refused.

    Examples
    --------
    >>> panel = pd.DataFrame({"year": [2015, 2016], "returned": [0.0, 1.0], "margin": [1.0, 2.0],
    ...                       "village": "v"})
    >>> out_of_time(panel, ["margin"], enough=10, least=3)["chance"].tolist()
    [nan]
    """
    known = panel[panel["returned"].notna()]
    last = known[known["year"] == known["year"].max()]
    before = known[known["year"] < known["year"].max()]
    hazard = fit_hazard(before, features, enough=enough, least=least, link=link)
    return last.assign(chance=chances(hazard, last))


def village_folds(villages: pd.Series, folds: int = 5) -> pd.Series:
    """
    Deal the villages into folds of about equally many households.

    Parameters
    ----------
    villages : Series
        Village of each row.
    folds : int
        Number of folds.

    Returns
    -------
    Series of int
        Fold of each row; all rows of a village are in one fold.

    Examples
    --------
    >>> village_folds(pd.Series(["a", "a", "b", "c"]), 2).tolist()
    [0, 0, 1, 1]
    """
    sizes = villages.value_counts().rename_axis("village").reset_index(name="rows")
    sizes = sizes.sort_values(["rows", "village"], ascending=[False, True], ignore_index=True)
    lap, place = np.divmod(np.arange(len(sizes)), folds)
    # Back and forth, so that no fold gets all the large villages.
    dealt = np.where(lap % 2 == 0, place, folds - 1 - place)
    return villages.map(pd.Series(dealt, sizes["village"]))


def out_of_village(
    panel: pd.DataFrame,
    features: Sequence[str] = FEATURES,
    *,
    enough: float,
    least: float,
    link: str = "logit",
    folds: int = 5,
) -> pd.DataFrame:
    """
    Give chances for every village, fitted on the others alone.

    Parameters
    ----------
    panel : DataFrame
        From `risk_panel`.
    features, enough, least, link
        As for `fit_hazard`.
    folds : int
        Number of folds.

    Returns
    -------
    DataFrame
        The rows whose outcome is known, with ``fold`` and ``chance``.

    Examples
    --------
    >>> panel = pd.DataFrame({"returned": [0.0, 1.0], "margin": [1.0, 2.0], "village": ["a", "b"]})
    >>> out_of_village(panel, ["margin"], enough=10, least=3, folds=2)["chance"].isna().all()
    np.True_
    """
    known = panel[panel["returned"].notna()]
    known = known.assign(fold=village_folds(known["village"], folds), chance=np.nan)
    for fold in range(folds):
        inside = known["fold"] == fold
        hazard = fit_hazard(known[~inside], features, enough=enough, least=least, link=link)
        known.loc[inside, "chance"] = chances(hazard, known[inside])
    return known


def rule_score(rows: pd.DataFrame) -> pd.Series:
    """
    Rank households as offices do: those with the least income, in lines, first.

    Parameters
    ----------
    rows : DataFrame
        Columns ``income_yuan`` and ``line_yuan``.

    Returns
    -------
    Series
        The higher, the sooner visited. Who is below 1.5 lines comes before who is not; inside,
        the poorest first, which is the stronger form of the rule. Without income: last.

    Examples
    --------
    >>> rule_score(pd.DataFrame({"income_yuan": [3300.0, None], "line_yuan": 3000.0})).tolist()
    [-1.1, -inf]
    """
    return (-rows["income_yuan"] / rows["line_yuan"]).fillna(-np.inf)


def score_lists(rows: pd.DataFrame, truth: pd.DataFrame | None = None) -> dict[str, pd.Series]:
    """
    Put the lists of visits that are compared side by side.

    Parameters
    ----------
    rows : DataFrame
        From `out_of_time`.
    truth : DataFrame, optional
        The true chances of a synthetic city: ``household, year`` (in which it fell back or not),
        ``true_chance``.

    Returns
    -------
    dict of Series
        Scores of ``model, rule, random`` and, with the truth, ``oracle``: nobody can know more
        than the true chance.

    Examples
    --------
    >>> rows = pd.DataFrame({"chance": [0.1], "income_yuan": [3000.0], "line_yuan": [3000.0]})
    >>> list(score_lists(rows))
    ['model', 'rule', 'random']
    """
    random = pd.Series(0.0, rows.index)
    lists = {"model": rows["chance"], "rule": rule_score(rows), "random": random}
    if truth is None:
        return lists
    keys = pd.MultiIndex.from_arrays([rows["household"], rows["year"] + 1])
    true = truth.set_index(["household", "year"])["true_chance"].reindex(keys)
    return lists | {"oracle": pd.Series(true.to_numpy(), rows.index)}


def gain_table(
    rows: pd.DataFrame, scores: Mapping[str, pd.Series], shares: Sequence[float]
) -> pd.DataFrame:
    """
    Give the gain curve of each list at some shares of households visited.

    Parameters
    ----------
    rows : DataFrame
        Column ``returned``.
    scores : mapping
        From `score_lists`.
    shares : sequence of float
        Shares of the households visited, 0 to 1.

    Returns
    -------
    DataFrame
        ``share`` and a column for each list, 0 to 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"returned": [1, 0]})
    >>> gain_table(rows, {"random": pd.Series([0, 0])}, [0.5]).to_numpy().tolist()
    [[0.5, 0.5]]
    """
    curves = {name: gain_curve(one, rows["returned"], shares) for name, one in scores.items()}
    return pd.DataFrame({"share": shares, **curves})


def gain_curve(score: pd.Series, returned: pd.Series, shares: Sequence[float]) -> np.ndarray:
    """
    Give the share of all returns that is met when a share of the households is visited.

    Parameters
    ----------
    score : Series
        The higher, the sooner visited. Households of the same score are visited in an order left
        to chance, and the expected share is given.
    returned : Series
        1 for who fell back.
    shares : sequence of float
        Shares of the households visited, 0 to 1.

    Returns
    -------
    ndarray
        Recall, 0 to 1; missing where nobody fell back or a score is missing.

    Examples
    --------
    >>> gain_curve(pd.Series([3, 2, 1, 0]), pd.Series([1, 0, 1, 0]), [0.25, 0.5, 0.75]).tolist()
    [0.5, 0.5, 1.0]
    """
    ones = np.ones((1, len(score)))
    return _recalls(score.to_numpy(float), returned.to_numpy(float), ones, shares)[0]


def _recalls(
    score: np.ndarray, returned: np.ndarray, weights: np.ndarray, shares: Sequence[float]
) -> np.ndarray:
    """Recall by row of weights and by share; tied scores make one step."""
    if np.isnan(score).any() or not len(score):
        return np.full((len(weights), len(shares)), np.nan)
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, score[order][1:] != score[order][:-1]])
    heads = np.add.reduceat(weights[:, order], starts, axis=1).cumsum(axis=1)
    met = np.add.reduceat((weights * returned)[:, order], starts, axis=1).cumsum(axis=1)
    curves = [
        np.interp(np.asarray(shares) * many[-1], np.r_[0, many], np.r_[0, found])
        for many, found in zip(heads, met, strict=True)
    ]
    whole = met[:, -1:]
    return np.divide(curves, whole, out=np.full((len(whole), len(shares)), np.nan), where=whole > 0)


def compare_lists(
    rows: pd.DataFrame,
    scores: Mapping[str, pd.Series],
    *,
    share: float,
    draws: int = 400,
    seed: int = 0,
    level: float = 0.9,
) -> pd.DataFrame:
    """
    Compare lists of visits at equal visits, with intervals by drawing villages again.

    Parameters
    ----------
    rows : DataFrame
        Columns ``village`` and ``returned``, all known.
    scores : mapping
        Score of each household by name of the list; the first list is compared with the others.
    share : float
        Share of the households visited, 0 to 1.
    draws, seed : int
        Draws of villages, and their seed.
    level : float
        Level of the intervals, 0 to 1.

    Returns
    -------
    DataFrame
        ``list, recall, recall_low, recall_high`` and, for the first list less this one, ``ahead,
        ahead_low, ahead_high`` and ``verdict`` (the first is better, worse, or cannot_be_told).

    Examples
    --------
    >>> rows = pd.DataFrame({"village": list("abcd"), "returned": [1.0, 0.0, 1.0, 0.0]})
    >>> lists = {"model": pd.Series([4, 2, 3, 1]), "rule": pd.Series([1, 3, 2, 4])}
    >>> compare_lists(rows, lists, share=0.5)["recall"].tolist()
    [1.0, 0.0]
    """
    codes, villages = pd.factorize(rows["village"], sort=True)
    rng, number = np.random.default_rng(seed), max(len(villages), 1)
    drawn = rng.multinomial(number, np.full(number, 1 / number), size=draws)
    weights = np.vstack([np.ones(len(rows)), drawn[:, codes]]).astype(float)
    returned = rows["returned"].to_numpy(float)
    recalls = {
        name: _recalls(score.to_numpy(float), returned, weights, [share])[:, 0]
        for name, score in scores.items()
    }
    first = next(iter(recalls.values()))
    table = pd.DataFrame([_compared(name, one, first, level) for name, one in recalls.items()])
    table.loc[0, ["ahead", "ahead_low", "ahead_high"]] = np.nan
    return table.assign(verdict=table["verdict"].where(table.index > 0, None))


def _compared(name: str, one: np.ndarray, first: np.ndarray, level: float) -> dict[str, object]:
    ahead = first - one
    low, high = _interval(one, level)
    ahead_low, ahead_high = _interval(ahead, level)
    verdict = BETTER if ahead_low > 0 else WORSE if ahead_high < 0 else UNTOLD
    return {
        "list": name,
        "recall": one[0],
        "recall_low": low,
        "recall_high": high,
        "ahead": ahead[0],
        "ahead_low": ahead_low,
        "ahead_high": ahead_high,
        "verdict": verdict,
    }


def _interval(draws: np.ndarray, level: float) -> np.ndarray:
    if np.isnan(draws[1:]).all():
        return np.array([np.nan, np.nan])
    return np.nanquantile(draws[1:], [(1 - level) / 2, (1 + level) / 2])


def reliability(rows: pd.DataFrame, *, groups: int = 10, level: float = 0.9) -> pd.DataFrame:
    """
    Set the chances given beside what happened, in groups of equally many households.

    Parameters
    ----------
    rows : DataFrame
        Columns ``chance`` and ``returned``, all known.
    groups : int
        Number of groups, from the lowest chance up; fewer where chances tie.
    level : float
        Level of the Wilson intervals, 0 to 1.

    Returns
    -------
    DataFrame
        ``chance_group, group_households, returns, expected_share, observed_share,
        observed_share_low, observed_share_high``.

    Examples
    --------
    >>> rows = pd.DataFrame({"chance": [0.1, 0.1, 0.3, 0.3], "returned": [0, 0, 1, 0]})
    >>> reliability(rows, groups=2)["observed_share"].tolist()
    [0.0, 0.5]
    """
    place = rows["chance"].rank(method="average", pct=True).to_numpy()
    group = np.ceil(np.round(place * groups, 9)).clip(1, groups)
    table = rows.groupby(group).agg(
        group_households=("returned", "size"),
        returns=("returned", "sum"),
        expected_share=("chance", "mean"),
        observed_share=("returned", "mean"),
    )
    low, high = proportion_confint(table["returns"], table["group_households"], 1 - level, "wilson")
    table = table.assign(observed_share_low=low, observed_share_high=high).reset_index(drop=True)
    table.insert(0, "chance_group", np.arange(1, len(table) + 1))
    return table.astype({"returns": int})


def unbroken(groups: pd.DataFrame) -> pd.DataFrame:
    """
    Keep a row to show where a refused fit leaves no groups.

    Parameters
    ----------
    groups : DataFrame
        From `reliability`.

    Returns
    -------
    DataFrame
        The same, or one row with everything but the group missing.

    Examples
    --------
    >>> unbroken(pd.DataFrame({"chance_group": [], "returns": []})).to_numpy().tolist()
    [[1.0, nan]]
    """
    return groups if len(groups) else groups.reindex([0]).assign(chance_group=1)


def scores(rows: pd.DataFrame, groups: pd.DataFrame) -> dict[str, float]:
    """
    Say in a few numbers how far chances are from what happened.

    Parameters
    ----------
    rows : DataFrame
        Columns ``chance`` and ``returned``.
    groups : DataFrame
        From `reliability`.

    Returns
    -------
    dict
        ``calibration_error`` (mean distance of expected and observed share over the groups, 0 to
        1), ``brier`` (mean squared distance), ``brier_base`` (of the share seen, given to all) and
        ``brier_skill`` (1 is perfect, 0 no better than the share), ``expected``, ``returns``.

    References
    ----------
    Brier (1950), Verification of forecasts expressed in terms of probability.

    Examples
    --------
    >>> rows = pd.DataFrame({"chance": [0.5, 0.5], "returned": [1.0, 0.0]})
    >>> scores(rows, reliability(rows))["brier"]
    0.25
    """
    apart = (groups["expected_share"] - groups["observed_share"]).abs()
    returned, chance = rows["returned"], rows["chance"]
    brier, base = ((chance - returned) ** 2).mean(), returned.mean() * (1 - returned.mean())
    error = np.average(apart, weights=groups["group_households"]) if len(groups) else np.nan
    return {
        "calibration_error": float(error),
        "brier": float(brier),
        "brier_base": float(base),
        "brier_skill": float(1 - brier / base) if base else np.nan,
        "expected": float(chance.sum(min_count=1)),
        "returns": int(returned.sum()),
    }


def score_table(tests: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]) -> pd.DataFrame:
    """
    Put the scores of several tests into a table.

    Parameters
    ----------
    tests : mapping
        By name of the test: the rows with chances, and their `reliability`.

    Returns
    -------
    DataFrame
        ``tested_on, expected, returns, calibration_error, brier, brier_skill``.

    Examples
    --------
    >>> rows = pd.DataFrame({"chance": [0.5, 0.5], "returned": [1.0, 0.0]})
    >>> score_table({"all": (rows, reliability(rows))})["returns"].tolist()
    [1]
    """
    shown = ["expected", "returns", "calibration_error", "brier", "brier_skill"]
    rows = [{"tested_on": name, **scores(*test)} for name, test in tests.items()]
    return pd.DataFrame(rows)[["tested_on", *shown]]
