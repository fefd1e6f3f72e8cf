"""Inequality measures of incomes with weights.

Measures are of the population the weights stand for, without small-sample corrections. Where a
formula takes a logarithm or a negative power, `nonpositive` says what zero and negative incomes do.
"""

import numpy as np

from analysis.weighted import (
    ascending,
    mean,
    observations,
    quantile,
    ratio,
    sum_of_products,
    total,
)


def known_rule(rule, *allowed):
    """Give the rule back, or say which rules there are.

    Parameters
    ----------
    rule : str
    *allowed : str

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the rule is none of those allowed.

    Examples
    --------
    >>> known_rule("limit", "exclude", "limit")
    'limit'
    """
    if rule not in allowed:
        raise ValueError(f"nonpositive is {rule!r}; write one of {', '.join(allowed)}")
    return rule


def gini(income, weight):
    """Gini coefficient: twice the area between the Lorenz curve and equality.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan; zero counts; negative is allowed as long as the mean is above zero.
    weight : array_like, shape (n,), or None
        Persons.

    Returns
    -------
    float
        0..1 without negative incomes; nan when the incomes sum to zero or less.

    References
    ----------
    Lerman and Yitzhaki (1989), Improving the accuracy of estimates of Gini coefficients: the
    trapezoid under the Lorenz curve, free of the scale of the weights and of the order of ties.

    Examples
    --------
    >>> gini([1, 1, 1], None), gini([0, 0, 0, 1], None)
    (0.0, 0.75)
    """
    income, weight, cumulated = ascending(income, weight)
    received = weight * income
    income_total = float(received.sum())
    if not income_total > 0:
        return float("nan")
    middle = sum_of_products(received, cumulated - weight / 2) / float(cumulated[-1])
    return 2 * middle / income_total - 1


def lorenz_points(income, weight):
    """Corners of the Lorenz curve.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.

    Returns
    -------
    tuple of numpy.ndarray, shape (m + 1,)
        Cumulated shares of persons and of income, both from 0 to 1; the shares of income are nan
        when the incomes sum to zero or less.

    Examples
    --------
    >>> lorenz_points([3, 1], None)
    (array([0. , 0.5, 1. ]), array([0.  , 0.25, 1.  ]))
    """
    income, weight, cumulated = ascending(income, weight)
    received = np.cumsum(weight * income)
    if not sum_of_products(weight, income) > 0:
        return np.array([0.0, 1.0]), np.array([np.nan, np.nan])
    return (
        np.concatenate([[0.0], cumulated / cumulated[-1]]),
        np.concatenate([[0.0], received / received[-1]]),
    )


def lorenz_curve(income, weight, shares):
    """Share of all income that the poorest share of persons receives.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    shares : float or array_like
        Shares of persons from the poorest up, 0..1; straight lines between persons.

    Returns
    -------
    numpy.ndarray
        Shares of income, as many as `shares`.

    References
    ----------
    Lorenz (1905), Methods of measuring the concentration of wealth.

    Examples
    --------
    >>> lorenz_curve([1, 3], None, [0.25, 0.5, 1])
    array([0.125, 0.25 , 1.   ])
    """
    return np.interp(shares, *lorenz_points(income, weight))


def generalized_lorenz_curve(income, weight, shares):
    """Income of the poorest share of persons, spread over all persons.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    shares : float or array_like
        Shares of persons from the poorest up, 0..1.

    Returns
    -------
    numpy.ndarray
        Yuan; at share 1 it is the mean.

    References
    ----------
    Shorrocks (1983), Ranking income distributions.

    Examples
    --------
    >>> generalized_lorenz_curve([1, 3], None, [0.5, 1])
    array([0.5, 2. ])
    """
    return mean(income, weight) * lorenz_curve(income, weight, shares)


def has_power(income, power, nonpositive="exclude"):
    """Tell on which incomes a mean of this power is taken.

    Parameters
    ----------
    income : numpy.ndarray, shape (n,)
        Yuan.
    power : float
        Lowest power in the formula, 0 for the logarithm; a zero income stays if it is above zero.
    nonpositive : {"exclude", "limit"}
        "limit" keeps zero incomes for every power. Negative incomes are always left out.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)

    Examples
    --------
    >>> has_power(np.array([-1, 0, 1]), 0), has_power(np.array([-1, 0, 1]), 0.5)
    (array([False, False,  True]), array([False,  True,  True]))
    """
    known_rule(nonpositive, "exclude", "limit")
    return (income > 0) | ((income == 0) & (power > 0 or nonpositive == "limit"))


def _kept(income, weight, power, nonpositive):
    income, weight = observations(income, weight)
    kept = has_power(income, power, nonpositive) & (weight > 0)
    return income[kept], weight[kept]


def generalized_entropy(income, weight, order, *, nonpositive="exclude"):
    """Generalised entropy of any order.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    order : float
        0 is the mean log deviation, 1 Theil's measure, 2 half the squared coefficient of variation;
        the lower, the more the poor end counts.
    nonpositive : {"exclude", "limit"}
        Negative incomes are left out. Zero incomes count for an order above 0; for the others
        "exclude" leaves them out, "limit" gives the limit, which is infinite.

    Returns
    -------
    float
        Zero or more; nan when nobody is counted.

    References
    ----------
    Shorrocks (1980), The class of additively decomposable inequality measures.

    Examples
    --------
    >>> round(generalized_entropy([1, 3], None, 2), 12)
    0.125
    """
    income, weight = _kept(income, weight, order, nonpositive)
    if order <= 0 and (income == 0).any():
        return float("inf")
    average = mean(income, weight)
    if not average > 0:
        return float("nan")
    return mean(entropy_terms(income / average, order), weight)


def entropy_terms(relative, order):
    """What each person adds to generalised entropy.

    Parameters
    ----------
    relative : numpy.ndarray, shape (n,)
        Income over mean income, above zero; zero is allowed for an order above 0.
    order : float
        As in `generalized_entropy`.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Examples
    --------
    >>> entropy_terms(np.array([0.5, 1.5]), 2)
    array([-0.375,  0.625])
    """
    if order == 0:
        return -np.log(relative)
    if order == 1:
        return relative * np.log(np.where(relative > 0, relative, 1))
    return (relative**order - 1) / (order * (order - 1))


def mean_log_deviation(income, weight, *, nonpositive="exclude"):
    """Logarithm of the mean less the mean of the logarithms: generalised entropy of order 0.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    nonpositive : {"exclude", "limit"}
        As in `generalized_entropy`.

    Returns
    -------
    float
        Zero or more.

    References
    ----------
    Theil (1967), Economics and information theory.

    Examples
    --------
    >>> round(mean_log_deviation([1, 3], None), 6)
    0.143841
    """
    return generalized_entropy(income, weight, 0, nonpositive=nonpositive)


def theil_index(income, weight):
    """Theil's measure: generalised entropy of order 1; a zero income adds nothing.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan; negative incomes are left out.
    weight : array_like, shape (n,), or None
        Persons.

    Returns
    -------
    float
        Zero or more.

    References
    ----------
    Theil (1967), Economics and information theory.

    Examples
    --------
    >>> round(theil_index([0, 2], None), 6)
    0.693147
    """
    return generalized_entropy(income, weight, 1)


def group_means(income, weight, group):
    """Give each person the mean income of the group.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    group : array_like, shape (n,)
        Which group a row belongs to, any values.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Yuan; zero for a group whose weights sum to zero.

    Examples
    --------
    >>> group_means([1, 3, 5], None, ["a", "a", "b"])
    array([2., 2., 5.])
    """
    income, weight = observations(income, weight)
    _, codes = np.unique(np.asarray(group), return_inverse=True)
    persons = np.bincount(codes, weight)
    received = np.bincount(codes, weight * income)
    return (received / np.where(persons > 0, persons, 1))[codes]


def entropy_between(income, weight, group, order=0, *, nonpositive="exclude"):
    """Generalised entropy that would remain if everybody had the mean of the group.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    group : array_like, shape (n,)
        Which group a row belongs to.
    order : float
        As in `generalized_entropy`; 0 is the mean log deviation.
    nonpositive : {"exclude", "limit"}
        As in `generalized_entropy`; the rows left out are the same.

    Returns
    -------
    float
        Zero or more.

    References
    ----------
    Shorrocks (1984), Inequality decomposition by population subgroups.

    Examples
    --------
    >>> round(entropy_between([1, 3, 4, 12], None, [1, 1, 2, 2]), 6)
    0.223144
    """
    income, weight = observations(income, weight)
    kept = has_power(income, order, nonpositive)
    means = group_means(income[kept], weight[kept], np.asarray(group)[kept])
    return generalized_entropy(means, weight[kept], order, nonpositive=nonpositive)


def entropy_within(income, weight, group, order=0, *, nonpositive="exclude"):
    """Generalised entropy inside the groups: the whole less what is between them.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    group : array_like, shape (n,)
        Which group a row belongs to.
    order : float
        As in `generalized_entropy`; 0 is the mean log deviation.
    nonpositive : {"exclude", "limit"}
        As in `generalized_entropy`.

    Returns
    -------
    float
        Zero or more.

    References
    ----------
    Shorrocks (1984), Inequality decomposition by population subgroups.

    Examples
    --------
    >>> round(entropy_within([1, 3, 4, 12], None, [1, 1, 2, 2]), 6)
    0.143841
    """
    whole = generalized_entropy(income, weight, order, nonpositive=nonpositive)
    return whole - entropy_between(income, weight, group, order, nonpositive=nonpositive)


def atkinson_index(income, weight, aversion, *, nonpositive="exclude"):
    """Share of all income that could be given up for an equal distribution of the same welfare.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    aversion : float
        Above zero; the higher, the more the poor end counts.
    nonpositive : {"exclude", "limit"}
        Negative incomes are left out. Zero incomes count for an aversion below 1; for the others
        "exclude" leaves them out, "limit" gives the limit, which is 1.

    Returns
    -------
    float
        0..1; nan when nobody is counted.

    Raises
    ------
    ValueError
        If the aversion is not above zero.

    References
    ----------
    Atkinson (1970), On the measurement of inequality.

    Examples
    --------
    >>> round(atkinson_index([1, 4], None, 1), 12)
    0.2
    """
    if not aversion > 0:
        raise ValueError(f"aversion is {aversion}; aversion to inequality is above zero")
    income, weight = _kept(income, weight, 1 - aversion, nonpositive)
    if aversion >= 1 and (income == 0).any():
        return 1.0
    average = mean(income, weight)
    if not average > 0:
        return float("nan")
    return 1 - _equivalent(income / average, weight, aversion)


def _equivalent(relative, weight, aversion):
    if aversion == 1:
        return float(np.exp(mean(np.log(relative), weight)))
    return mean(relative ** (1 - aversion), weight) ** (1 / (1 - aversion))


def income_below(income, weight, share):
    """Income of all persons up to a quantile.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    share : float
        0..1, the persons whose income equals the quantile included.

    Returns
    -------
    float
        Yuan.

    Examples
    --------
    >>> income_below([1, 2, 3, 4, 10], None, 0.4)
    3.0
    """
    income, weight = observations(income, weight)
    poorest = income <= quantile(income, weight, share)
    return float((weight * income)[poorest].sum())


def share_ratio(income, weight, bottom, top):
    """Income of the richest share of persons over the income of the poorest share.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    bottom, top : float
        Shares of persons, 0..1.

    Returns
    -------
    float
        Nan when the poorest receive nothing.

    References
    ----------
    Eurostat, S80/S20: persons above the upper quantile over persons up to the lower quantile.

    Examples
    --------
    >>> share_ratio([1, 2, 3, 4, 10], None, 0.4, 0.2)
    3.3333333333333335
    """
    richest = total(income, weight) - income_below(income, weight, 1 - top)
    return ratio(richest, income_below(income, weight, bottom))


def quintile_share_ratio(income, weight):
    """Income of the richest fifth over that of the poorest fifth (S80/S20).

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.

    Returns
    -------
    float
        One or more; nan when the poorest fifth receives nothing.

    References
    ----------
    Eurostat, income quintile share ratio.

    Examples
    --------
    >>> quintile_share_ratio([2, 3, 4, 5, 10], None)
    5.0
    """
    return share_ratio(income, weight, 0.2, 0.2)


def palma_ratio(income, weight):
    """Income of the richest tenth over that of the poorest four tenths.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.

    Returns
    -------
    float
        Zero or more; nan when the poorest four tenths receive nothing.

    References
    ----------
    Palma (2011), Homogeneous middles vs. heterogeneous tails.

    Examples
    --------
    >>> palma_ratio([1, 1, 1, 1, 2, 2, 2, 2, 2, 8], None)
    2.0
    """
    return share_ratio(income, weight, 0.4, 0.1)


def percentile_ratio(income, weight, upper=0.9, lower=0.1):
    """One quantile of income over another.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    upper, lower : float
        Shares, 0..1.

    Returns
    -------
    float
        Nan when the lower quantile is zero.

    Examples
    --------
    >>> percentile_ratio(range(1, 11), None)
    9.0
    """
    return ratio(quantile(income, weight, upper), quantile(income, weight, lower))


CORE = (
    gini,
    mean_log_deviation,
    theil_index,
    quintile_share_ratio,
    palma_ratio,
    percentile_ratio,
)
