"""What a change is made of: sources, growth and redistribution, sectors."""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis import weighted

MEAN = "mean"
DISTRIBUTION = "distribution"


def growth_by_source(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """
    Contribution of each source of income to the growth of total income.

    Parameters
    ----------
    before, after : Series
        Mean income a head by source (wage, business, property, transfer, ...), same unit and
        prices; a source nobody has is 0, a missing one is refused.

    Returns
    -------
    DataFrame
        Indexed by source: `before`, `after`, `share_before` (of the total), `growth` of the
        source (missing where it was not above zero), `contribution` to total growth (ratio; they
        add up to the total's growth) and `share_of_growth` (missing where the total stood still).

    Raises
    ------
    ValueError
        The sources differ, one is missing, or the total before is not above zero.

    References
    ----------
    contribution = (after - before) / total before = share before times growth of the source.

    Examples
    --------
    >>> before = pd.Series({"wage": 40.0, "business": 60.0})
    >>> after = pd.Series({"wage": 48.0, "business": 63.0})
    >>> growth_by_source(before, after)["contribution"].round(3).to_dict()
    {'wage': 0.08, 'business': 0.03}
    """
    _require_same("source", before, after)
    total = float(before.sum())
    if not total > 0:
        raise ValueError(f"total income before is {total}; it must be above zero")
    later = after.reindex(before.index)
    change = later - before
    whole = float(change.sum())
    return pd.DataFrame(
        {
            "before": before,
            "after": later,
            "share_before": before / total,
            "growth": change / before.where(before > 0),
            "contribution": change / total,
            "share_of_growth": change / whole if whole != 0 else np.nan,
        }
    ).rename_axis("source")


def shapley(value: Callable[[frozenset], float], factors: Sequence[str]) -> pd.Series:
    """
    Fair share of each factor in a change, over all orders in which the factors can change.

    Parameters
    ----------
    value : callable
        Takes the set of factors that have changed and gives the measure.
    factors : sequence of str
        Names, each once; the work doubles with each.

    Returns
    -------
    Series
        Contribution of each factor; they add up to the whole change.

    Raises
    ------
    ValueError
        A factor is named twice.

    References
    ----------
    Shapley 1953; Shorrocks 2013, Decomposition procedures for distributional analysis.

    Examples
    --------
    >>> shapley(lambda changed: 6.0 if len(changed) == 2 else 2.0 * ("a" in changed), ["a", "b"])
    a    4.0
    b    2.0
    dtype: float64
    """
    if len(set(factors)) != len(factors):
        raise ValueError(f"factors are named twice: {list(factors)}")
    count = len(factors)
    known = {
        frozenset(chosen): value(frozenset(chosen))
        for size in range(count + 1)
        for chosen in combinations(factors, size)
    }

    def contribution(factor: str) -> float:
        without = [chosen for chosen in known if factor not in chosen]
        return sum(
            factorial(len(chosen))
            * factorial(count - len(chosen) - 1)
            / factorial(count)
            * (known[chosen | {factor}] - known[chosen])
            for chosen in without
        )

    return pd.Series({factor: contribution(factor) for factor in factors})


def growth_redistribution(poverty: Callable[[int, int], float]) -> pd.Series:
    """
    Change of a poverty measure split into growth and redistribution.

    Works for any measure that a mean and a Lorenz curve determine: microdata through
    `datt_ravallion`, fitted curves of grouped data directly.

    Parameters
    ----------
    poverty : callable
        Takes the period (0 before, 1 after) of the mean and the period of the Lorenz curve, and
        gives the measure.

    Returns
    -------
    Series
        `before`, `grown` (new mean, old curve), `redistributed` (old mean, new curve), `after`;
        `change`; `growth`, `redistribution` and `residual` with the first period as reference,
        adding up to the change; `growth_shapley` and `redistribution_shapley`, which leave none.

    Raises
    ------
    ValueError
        The measure is missing in one of the four cases.

    References
    ----------
    Datt and Ravallion 1992, Journal of Development Economics 38; Kolenikov and Shorrocks 2005.

    Examples
    --------
    >>> split = growth_redistribution(lambda mean, curve: [[0.5, 0.4], [0.3, 0.1]][mean][curve])
    >>> split[["growth", "redistribution", "residual"]].round(3).tolist()
    [-0.2, -0.1, -0.1]
    """
    before, grown = poverty(0, 0), poverty(1, 0)
    redistributed, after = poverty(0, 1), poverty(1, 1)
    if not np.all(np.isfinite([before, grown, redistributed, after])):
        raise ValueError("the measure is missing in one of the four cases of mean and distribution")
    values = {
        frozenset(): before,
        frozenset({MEAN}): grown,
        frozenset({DISTRIBUTION}): redistributed,
        frozenset({MEAN, DISTRIBUTION}): after,
    }
    fair = shapley(values.__getitem__, [MEAN, DISTRIBUTION])
    return pd.Series(
        {
            "before": before,
            "grown": grown,
            "redistributed": redistributed,
            "after": after,
            "change": after - before,
            "growth": grown - before,
            "redistribution": redistributed - before,
            "residual": after - grown - redistributed + before,
            "growth_shapley": fair[MEAN],
            "redistribution_shapley": fair[DISTRIBUTION],
        }
    )


def datt_ravallion(
    measure: Callable[[np.ndarray, np.ndarray], float],
    before: ArrayLike,
    after: ArrayLike,
    *,
    weight_before: ArrayLike,
    weight_after: ArrayLike,
) -> pd.Series:
    """
    Growth and redistribution behind a change of any poverty measure, from records.

    The old curve with the new mean is every old income times the ratio of the weighted means, and
    the other way round. With the line of one year, incomes must be at the prices of that year.

    Parameters
    ----------
    measure : callable
        Takes incomes and weights and gives a number; the line is its own.
    before, after : array_like
        Incomes at the same prices, none missing.
    weight_before, weight_after : array_like
        Persons a record stands for.

    Returns
    -------
    Series
        As for `growth_redistribution`.

    Raises
    ------
    ValueError
        A weighted mean is not above zero.

    References
    ----------
    Datt and Ravallion 1992.

    Examples
    --------
    >>> poor = lambda income, weight: float(weight[income < 2].sum() / weight.sum())
    >>> split = datt_ravallion(poor, [1.0, 3.0], [2.0, 6.0], weight_before=[1, 1],
    ...                        weight_after=[1, 1])
    >>> float(split["growth"])
    -0.5
    """
    rounds = [
        weighted.observations(*pair) for pair in ((before, weight_before), (after, weight_after))
    ]
    means = [weighted.mean(income, weight) for income, weight in rounds]
    if not all(mean > 0 for mean in means):
        raise ValueError(
            f"mean income is {means[0]} before and {means[1]} after; both must be above 0"
        )

    def poverty(mean: int, distribution: int) -> float:
        income, weight = rounds[distribution]
        return float(measure(income * (means[mean] / means[distribution]), weight))

    return growth_redistribution(poverty)


def sector_change(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """
    Change of poverty within sectors, from moves between them, and from both at once.

    Parameters
    ----------
    before, after : DataFrame
        Indexed by sector: `population_share` (0 to 1, adding up to 1) and `poverty`, any measure
        that is a population-weighted mean of the sectors' (headcount ratio, gap, FGT, Watts).

    Returns
    -------
    DataFrame
        Indexed by sector: `within`, `shift`, `interaction` and their `total`. The columns add up
        to the change of poverty in the whole.

    Raises
    ------
    ValueError
        The sectors differ, a value is missing, or shares do not add up to 1.

    References
    ----------
    Ravallion and Huppi 1991, World Bank Economic Review 5.

    Examples
    --------
    >>> sectors = ["farm", "town"]
    >>> before = pd.DataFrame({"population_share": [0.8, 0.2], "poverty": [0.5, 0.1]}, sectors)
    >>> after = pd.DataFrame({"population_share": [0.7, 0.3], "poverty": [0.4, 0.1]}, sectors)
    >>> sector_change(before, after).sum().round(3).tolist()
    [-0.08, -0.04, 0.01, -0.11]
    """
    columns = ["population_share", "poverty"]
    _require_same("sector", before[columns], after[columns])
    for name, frame in (("before", before), ("after", after)):
        _require_shares(name, frame["population_share"])
    later = after.reindex(before.index)
    moved = later["population_share"] - before["population_share"]
    changed = later["poverty"] - before["poverty"]
    parts = pd.DataFrame(
        {
            "within": before["population_share"] * changed,
            "shift": moved * before["poverty"],
            "interaction": moved * changed,
        }
    )
    return parts.assign(total=parts.sum(axis=1)).rename_axis("sector")


def mld_change(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    """
    Change of the mean logarithmic deviation: inequality within groups, their size, their means.

    Parameters
    ----------
    before, after : DataFrame
        Indexed by group: `population_share` (0 to 1, adding up to 1), `mean` income (above 0) and
        `mld` inside the group.

    Returns
    -------
    Series
        `before`, `after`, `change`; `within` (inequality inside groups), `size_within` and
        `size_between` (moves between groups), `means` (relative incomes of the groups), and the
        `residual` that the last two terms leave, since they are approximations.

    Raises
    ------
    ValueError
        The groups differ, a value is missing, a mean is not above zero, or shares do not add up.

    References
    ----------
    Mookherjee and Shorrocks 1982, Economic Journal 92, equation 10: averages of both periods.

    Examples
    --------
    >>> groups = pd.DataFrame({"population_share": [0.5, 0.5], "mean": [1, 3], "mld": [0.1, 0.2]})
    >>> mld_change(groups, groups.assign(mld=[0.2, 0.2]))[["change", "within"]].round(3).tolist()
    [0.05, 0.05]
    """
    _require_same("group", before, after)
    later = after.reindex(before.index)
    first, last = _mld_terms("before", before), _mld_terms("after", later)
    middle, step = (first + last) / 2, last - first
    growth_of_means = np.log(later["mean"]) - np.log(before["mean"])
    parts = {
        "within": float(middle["share"] @ step["mld"]),
        "size_within": float(middle["mld"] @ step["share"]),
        "size_between": float((middle["relative"] - middle["log_relative"]) @ step["share"]),
        "means": float((middle["income_share"] - middle["share"]) @ growth_of_means),
    }
    levels = [
        float(terms["share"] @ (terms["mld"] - terms["log_relative"])) for terms in (first, last)
    ]
    change = levels[1] - levels[0]
    return pd.Series(
        {
            "before": levels[0],
            "after": levels[1],
            "change": change,
            **parts,
            "residual": change - sum(parts.values()),
        }
    )


def growth_elasticity(
    poverty_before: ArrayLike,
    poverty_after: ArrayLike,
    mean_before: ArrayLike,
    mean_after: ArrayLike,
) -> ArrayLike:
    """
    Per cent by which poverty changes for each per cent of growth in the mean.

    With the poverty after a change of the mean alone (`grown` of `growth_redistribution`) it is the
    elasticity of growth that leaves the distribution as it is; with poverty as it came, the total.

    Parameters
    ----------
    poverty_before, poverty_after : array_like
        Any poverty measure, above zero.
    mean_before, mean_after : array_like
        Mean income at the same prices, above zero, not equal.

    Returns
    -------
    array_like
        Elasticity, usually negative.

    Raises
    ------
    ValueError
        A value is not above zero, or the mean did not change.

    References
    ----------
    Ravallion and Chen 1997: change of log poverty over change of log mean.

    Examples
    --------
    >>> round(float(growth_elasticity(0.20, 0.10, 100, 125)), 2)
    -3.11
    """
    values = np.broadcast_arrays(poverty_before, poverty_after, mean_before, mean_after)
    if any(np.any(~(np.asarray(value, float) > 0)) for value in values):
        raise ValueError("an elasticity needs poverty and mean incomes above zero in both periods")
    growth = np.log(values[3] / values[2])
    if np.any(growth == 0):
        raise ValueError("the mean did not change, so poverty has no elasticity to it")
    return np.log(values[1] / values[0]) / growth


def _mld_terms(name: str, groups: pd.DataFrame) -> pd.DataFrame:
    _require_shares(name, groups["population_share"])
    if np.any(groups["mean"] <= 0):
        raise ValueError(f"a group's mean income {name} is not above zero")
    relative = groups["mean"] / (groups["population_share"] @ groups["mean"])
    return pd.DataFrame(
        {
            "share": groups["population_share"],
            "mld": groups["mld"],
            "relative": relative,
            "log_relative": np.log(relative),
            "income_share": groups["population_share"] * relative,
        }
    )


def _require_same(
    kind: str, before: pd.Series | pd.DataFrame, after: pd.Series | pd.DataFrame
) -> None:
    lone = sorted(map(str, before.index.symmetric_difference(after.index)))
    if lone:
        raise ValueError(f"{kind} in one period only: {', '.join(lone)}; give each in both")
    for name, values in (("before", before), ("after", after)):
        if values.index.has_duplicates or values.isna().to_numpy().any():
            raise ValueError(
                f"a {kind} {name} is repeated or has a missing value; missing is not zero"
            )


def _require_shares(name: str, shares: pd.Series) -> None:
    if not np.isclose(shares.sum(), 1, atol=1e-9) or np.any(shares < 0):
        raise ValueError(
            f"population shares {name} add up to {shares.sum()}; they must add up to 1"
        )
