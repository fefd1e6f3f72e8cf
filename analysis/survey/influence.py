"""Influence functions: how much each person moves a measure.

A measure of a sample is, near enough, a total: value + sum of weight times influence. So one
variance of totals serves every measure. Each function here has the name and the arguments of its
measure in `weighted`, `poverty` or `inequality`, and takes arrays without missing incomes.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analysis import inequality, poverty, weighted
from analysis.weighted import sum_of_products


def _flat():
    return 0.0


class Linear(NamedTuple):
    """A measure, written as a total.

    Parameters
    ----------
    value : float
        The measure.
    influence : numpy.ndarray, shape (n,)
        Change of the measure for one more person like this one.
    slope : callable
        Gives the change of the measure for one more yuan in the poverty line, needed when the
        line is itself estimated; a call, since for a headcount it takes a density.

    Examples
    --------
    >>> mean(np.array([1.0, 3.0]), np.array([1.0, 1.0])).influence
    array([-0.5,  0.5])
    """

    value: float
    influence: np.ndarray
    slope: Callable[[], float] = _flat


def combine(value, *parts):
    """Apply the chain rule: influence of a function of measures.

    Parameters
    ----------
    value : float
        The function of the measures.
    *parts : tuple of float and Linear
        Derivative of the function by a measure, and the measure.

    Returns
    -------
    Linear

    References
    ----------
    Deville (1999), Variance estimation for complex statistics and estimators.

    Examples
    --------
    >>> part = Linear(4.0, np.array([1.0, -1.0]))
    >>> combine(2.0, (0.25, part)).influence
    array([ 0.25, -0.25])
    """
    influence = sum(derivative * part.influence for derivative, part in parts)
    return Linear(value, influence, lambda: sum(d * part.slope() for d, part in parts))


def quotient(upper, lower):
    """Influence of one measure over another.

    Parameters
    ----------
    upper, lower : Linear

    Returns
    -------
    Linear
        Nan when the lower is zero.

    Examples
    --------
    >>> one = Linear(1.0, np.array([0.5]))
    >>> quotient(one, one).influence
    array([0.])
    """
    value = weighted.ratio(upper.value, lower.value)
    inverse = weighted.ratio(1.0, lower.value)
    return combine(value, (inverse, upper), (-value * inverse, lower))


def density(income, weight, at):
    """Density of incomes at a point, by a normal kernel.

    The bandwidth is the standard deviation times the number of persons (the sum of the weights) to
    the power -1/5, as in convey and vardpoor; weights must therefore add up to persons.

    Parameters
    ----------
    income : numpy.ndarray, shape (n,)
        Yuan.
    weight : numpy.ndarray, shape (n,)
        Persons.
    at : float
        Yuan.

    Returns
    -------
    float
        Share of persons for each yuan.

    References
    ----------
    Osier (2009), Variance estimation for complex indicators of poverty and inequality.

    Examples
    --------
    >>> round(density(np.array([1.0, 3.0]), np.array([1.0, 1.0]), 2.0), 4)
    0.2369
    """
    persons = weight.sum()
    average = sum_of_products(weight, income) / persons
    spread = np.sqrt(sum_of_products(weight, (income - average) ** 2) / persons)
    width = spread * persons**-0.2
    if not width > 0:
        return float("nan")
    kernel = np.exp(-0.5 * ((income - at) / width) ** 2)
    return float(sum_of_products(weight, kernel) / (persons * width * np.sqrt(2 * np.pi)))


# Totals and means


def total(values, weight):
    """Influence of `weighted.total`: the values themselves."""
    return Linear(weighted.total(values, weight), values)


def mean(values, weight):
    """Influence of `weighted.mean`."""
    persons = weight.sum()
    value = weighted.ratio(sum_of_products(weight, values), persons)
    if np.isinf(value):
        return Linear(value, np.full(len(values), np.nan))
    return Linear(value, (values - value) / (persons or np.nan))


def ratio_of_totals(values, weight, denominator):
    """Influence of `weighted.ratio_of_totals`."""
    return quotient(total(values, weight), total(denominator, weight))


def _mean_of_known(values, weight):
    known = ~np.isnan(values)
    part = mean(np.where(known, values, 0), weight * known)
    return Linear(part.value, np.where(known, part.influence, 0))


# Quantiles and what lies below them


def quantile(income, weight, share=0.5, rule="inverse"):
    """Influence of `weighted.quantile`; the density at the quantile is by kernel."""
    value = weighted.quantile(income, weight, share, rule)
    dense = density(income, weight, value) * weight.sum()
    below = income <= value
    return Linear(value, (share - below) / (dense or np.nan))


def percentile_ratio(income, weight, upper=0.9, lower=0.1):
    """Influence of `inequality.percentile_ratio`."""
    return quotient(quantile(income, weight, upper), quantile(income, weight, lower))


def relative_line(income, weight, share=0.6, of="median"):
    """Influence of `poverty.relative_line`."""
    value = poverty.relative_line(income, weight, share, of)
    if of == "mean":
        return combine(value, (share, mean(income, weight)))
    return combine(value, (share, quantile(income, weight, 0.5 if of == "median" else of)))


def income_below(income, weight, share):
    """Influence of `inequality.income_below`; the density at the quantile cancels out."""
    value = inequality.income_below(income, weight, share)
    limit = weighted.quantile(income, weight, share)
    return Linear(value, np.minimum(income - limit, 0) + share * limit)


def share_ratio(income, weight, bottom, top):
    """Influence of `inequality.share_ratio`."""
    everybody, poorer = total(income, weight), income_below(income, weight, 1 - top)
    richest = combine(everybody.value - poorer.value, (1, everybody), (-1, poorer))
    return quotient(richest, income_below(income, weight, bottom))


def quintile_share_ratio(income, weight):
    """Influence of `inequality.quintile_share_ratio`."""
    return share_ratio(income, weight, 0.2, 0.2)


def palma_ratio(income, weight):
    """Influence of `inequality.palma_ratio`."""
    return share_ratio(income, weight, 0.4, 0.1)


def lorenz_curve(income, weight, shares):
    """Influence of `inequality.lorenz_curve` at one share."""
    value = float(inequality.lorenz_curve(income, weight, shares))
    part = quotient(income_below(income, weight, shares), total(income, weight))
    return part._replace(value=value)


def generalized_lorenz_curve(income, weight, shares):
    """Influence of `inequality.generalized_lorenz_curve` at one share."""
    value = float(inequality.generalized_lorenz_curve(income, weight, shares))
    part = quotient(income_below(income, weight, shares), total(np.ones(len(income)), weight))
    return part._replace(value=value)


# Poverty


def _one_line(line):
    return float(np.asarray(line, dtype=float).flat[0])


def fgt(income, weight, line, order, *, cut=True):
    """Influence of `poverty.fgt`."""
    part = mean(poverty.gap_powers(income, line, order, cut=cut), weight)
    if order == 0:
        return part._replace(slope=lambda: density(income, weight, _one_line(line)))
    return part._replace(slope=lambda: _fgt_slope(income, weight, line, order, cut))


def _fgt_slope(income, weight, line, order, cut):
    lower = poverty.fgt(income, weight, line, order - 1, cut=cut) if order >= 1 else np.nan
    return order * (lower - poverty.fgt(income, weight, line, order, cut=cut)) / _one_line(line)


def headcount_ratio(income, weight, line):
    """Influence of `poverty.headcount_ratio`."""
    return fgt(income, weight, line, 0)


def headcount(income, weight, line):
    """Influence of `poverty.headcount`."""
    part = total(poverty.gap_powers(income, line, 0), weight)
    return part._replace(slope=lambda: weight.sum() * density(income, weight, _one_line(line)))


def poverty_gap_index(income, weight, line, *, cut=True):
    """Influence of `poverty.poverty_gap_index`."""
    return fgt(income, weight, line, 1, cut=cut)


def poverty_severity(income, weight, line, *, cut=True):
    """Influence of `poverty.poverty_severity`."""
    return fgt(income, weight, line, 2, cut=cut)


def total_shortfall(income, weight, line, *, cut=True):
    """Influence of `poverty.total_shortfall`."""
    part = total(poverty.shortfalls(income, line, cut=cut), weight)
    return part._replace(slope=lambda: poverty.headcount(income, weight, line))


def average_shortfall(income, weight, line, *, cut=True):
    """Influence of `poverty.average_shortfall`."""
    return quotient(total_shortfall(income, weight, line, cut=cut), headcount(income, weight, line))


def income_gap_ratio(income, weight, line, *, cut=True):
    """Influence of `poverty.income_gap_ratio`."""
    return quotient(
        poverty_gap_index(income, weight, line, cut=cut), headcount_ratio(income, weight, line)
    )


def median_of_poor(income, weight, line):
    """Influence of `poverty.median_of_poor`: half the poor, who change when the line does."""
    value = poverty.median_of_poor(income, weight, line)
    share = headcount_ratio(income, weight, line)
    dense = density(income, weight, value)
    upto = Linear(0.0, ((income <= value) - share.value / 2) / weight.sum())
    return combine(value, (0.5 / dense, share), (-1 / dense, upto))


def median_gap_ratio(income, weight, line):
    """Influence of `poverty.median_gap_ratio`."""
    relative, line = income / line, _one_line(line)
    middle = median_of_poor(relative, weight, 1.0)
    return Linear(
        1 - middle.value, -middle.influence, lambda: (middle.value - middle.slope()) / line
    )


def watts_index(income, weight, line, *, nonpositive="no_gap"):
    """Influence of `poverty.watts_index`."""
    part = _mean_of_known(poverty.log_gaps(income, line, nonpositive=nonpositive), weight)
    poor = np.where(income > 0, poverty.is_poor(income, line), 0)
    return part._replace(slope=lambda: weighted.mean(poor, weight) / _one_line(line))


def average_time_to_exit(income, weight, line, growth, *, nonpositive="no_gap"):
    """Influence of `poverty.average_time_to_exit`."""
    watts = watts_index(income, weight, line, nonpositive=nonpositive)
    return combine(watts.value / growth, (1 / growth, watts))


def prosperity_gap(income, weight, standard, *, nonpositive="exclude"):
    """Influence of `poverty.prosperity_gap`."""
    factors = poverty.prosperity_factors(income, standard, nonpositive=nonpositive)
    return _mean_of_known(factors, weight)


def sen_index(income, weight, line):
    """Influence of `poverty.sen_index`: 2 FGT1 - FGT0 + 2 B / (N q), B the ranked poor incomes."""
    relative = np.maximum(income, 0) / line
    share, gap = headcount_ratio(relative, weight, 1.0), poverty_gap_index(relative, weight, 1.0)
    poor, persons = relative < 1, weight.sum()
    count = sum_of_products(weight, poor)
    if not count > 0:
        return Linear(share.value, np.zeros(len(income)))
    mass, moved, _ = _ranked(relative * poor, weight * poor)
    ranked = mass / (persons * count)
    influence = poor * moved / (persons * count) - ranked * (1 / persons + poor / count)
    return Linear(
        2 * gap.value - share.value + 2 * ranked,
        2 * gap.influence - share.influence + 2 * influence,
        lambda: _sen_slope(share, gap, ranked, persons / count) / _one_line(line),
    )


def _sen_slope(share, gap, ranked, persons_a_poor):
    """Derivative by the logarithm of the line: incomes shrink against it, and the next is poor."""
    next_poor = share.slope()
    ranked_moves = next_poor * (1 - ranked * persons_a_poor) - ranked
    return 2 * gap.slope() - next_poor + 2 * ranked_moves


def sen_shorrocks_thon_index(income, weight, line, *, cut=True):
    """Influence of `poverty.sen_shorrocks_thon_index`: twice the gaps, each times its rank."""
    gaps, persons = poverty.gap_powers(income, line, 1, cut=cut), weight.sum()
    mass, moved, rank = _ranked(gaps, weight)
    value = 2 * mass / persons**2
    widening = weight * rank * (1 - gaps) * (gaps > 0)
    return Linear(
        value,
        2 * moved / persons**2 - 2 * value / persons,
        lambda: 2 * widening.sum() / persons**2 / _one_line(line),
    )


# Inequality


def _ranked(values, weight):
    """Sum of values times rank, its change for one more person alike, and the ranks."""
    order = np.argsort(values)
    values, weight = values[order], weight[order]
    held, rank = weight * values, np.cumsum(weight) - weight / 2
    above = held.sum() - np.cumsum(held) + held / 2
    moved, ranks = np.empty_like(held), np.empty_like(held)
    moved[order], ranks[order] = values * rank + above, rank
    return sum_of_products(held, rank), moved, ranks


def gini(income, weight):
    """Influence of `inequality.gini`."""
    mass, moved, _ = _ranked(income, weight)
    persons, received = weight.sum(), sum_of_products(weight, income)
    if not received > 0:
        return Linear(float("nan"), np.full(len(income), np.nan))
    twice = 2 * mass / (persons * received)
    influence = 2 * moved / (persons * received) - twice / persons - twice * income / received
    return Linear(float(twice - 1), influence)


def generalized_entropy(income, weight, order, *, nonpositive="exclude"):
    """Influence of `inequality.generalized_entropy`."""
    value = inequality.generalized_entropy(income, weight, order, nonpositive=nonpositive)
    kept = inequality.has_power(income, order, nonpositive)
    relative, persons, _ = _relative(income, weight, kept)
    terms = inequality.entropy_terms(relative, order)
    influence = terms - value - _entropy_pull(value, order) * (relative - 1)
    return Linear(value, np.where(kept, influence / persons, 0))


def _relative(income, weight, kept):
    """Incomes over their mean among those kept, one elsewhere; the persons; the mean."""
    persons = sum_of_products(weight, kept) or np.nan
    average = sum_of_products(weight * kept, income) / persons
    return np.where(kept, income, average) / (average or np.nan), persons, average


def _entropy_pull(value, order):
    """Mean of relative income times the derivative of the entropy term."""
    return value + 1 if order == 1 else 1 / (order - 1) + order * value


def _entropy_slope(relative, order):
    return np.log(relative) + 1 if order == 1 else relative ** (order - 1) / (order - 1)


def mean_log_deviation(income, weight, *, nonpositive="exclude"):
    """Influence of `inequality.mean_log_deviation`."""
    return generalized_entropy(income, weight, 0, nonpositive=nonpositive)


def theil_index(income, weight):
    """Influence of `inequality.theil_index`."""
    return generalized_entropy(income, weight, 1)


def entropy_between(income, weight, group, order=0, *, nonpositive="exclude"):
    """Influence of `inequality.entropy_between`: by the weights, and by the means of the groups."""
    kept = inequality.has_power(income, order, nonpositive)
    weight = weight * kept
    means = inequality.group_means(income, weight, group)
    part = generalized_entropy(np.where(kept, means, 1), weight, order, nonpositive=nonpositive)
    relative, persons, average = _relative(means, weight, kept)
    pull = _entropy_slope(relative, order) - _entropy_pull(part.value, order)
    influence = part.influence + pull * (income - means) / (persons * average)
    return Linear(part.value, np.where(kept, influence, 0))


def entropy_within(income, weight, group, order=0, *, nonpositive="exclude"):
    """Influence of `inequality.entropy_within`."""
    whole = generalized_entropy(income, weight, order, nonpositive=nonpositive)
    between = entropy_between(income, weight, group, order, nonpositive=nonpositive)
    return combine(whole.value - between.value, (1, whole), (-1, between))


def atkinson_index(income, weight, aversion, *, nonpositive="exclude"):
    """Influence of `inequality.atkinson_index`."""
    value = inequality.atkinson_index(income, weight, aversion, nonpositive=nonpositive)
    kept = inequality.has_power(income, 1 - aversion, nonpositive)
    relative, persons, _ = _relative(income, weight, kept)
    equivalent = relative / ((1 - value) or np.nan)
    if aversion == 1:
        terms = np.log(equivalent)
    else:
        terms = (equivalent ** (1 - aversion) - 1) / (1 - aversion)
    influence = (value - 1) * (terms - (relative - 1)) / persons
    return Linear(value, np.where(kept, influence, 0))


def of(measure):
    """Find the influence function of a measure.

    Parameters
    ----------
    measure : callable
        A function of `weighted`, `poverty` or `inequality`, or a partial of one.

    Returns
    -------
    callable
        Takes the same arguments and gives a Linear.

    Raises
    ------
    ValueError
        If the measure has no influence function here; then use replicate weights.

    Examples
    --------
    >>> of(inequality.gini)(np.array([1.0, 3.0]), np.ones(2)).value
    0.25
    """
    plain = measure.func if isinstance(measure, functools.partial) else measure
    influence = globals().get(getattr(plain, "__name__", ""))
    if influence is None or plain.__module__ not in MODULES:
        name = getattr(plain, "__name__", plain)
        raise ValueError(f"{name} has no influence function; use replicate weights")
    if isinstance(measure, functools.partial):
        return functools.partial(influence, *measure.args, **measure.keywords)
    return influence


MODULES = (weighted.__name__, poverty.__name__, inequality.__name__)
