"""Poverty measures: how many are poor, how deeply, how unequally.

A person is poor when the income is strictly below the line. The shortfall of a negative income is
cut at the line, so that nobody lacks more than the whole line, unless `cut=False`. `line` is
one number or one number for each row.
"""

import numpy as np

from analysis import inequality, weighted
from analysis.weighted import mean, observations, quantile, ratio, total


def is_poor(income, line):
    """Tell who is poor: an income strictly below the line.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    line : float or array_like, shape (n,)
        Yuan, above zero.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)

    Raises
    ------
    ValueError
        If a line is missing, zero or negative.

    Examples
    --------
    >>> is_poor([2299, 2300, 2301], 2300)
    array([ True, False, False])
    """
    return weighted.numbers(income, "income") < _lines(line)


def _lines(line):
    lines = np.asarray(line, dtype=float)
    if not (np.isfinite(lines) & (lines > 0)).all():
        wrong = lines[~(np.isfinite(lines) & (lines > 0))]
        raise ValueError(f"line: {wrong.flat[0]} is no poverty line; give yuan above zero")
    return lines


def shortfalls(income, line, *, cut=True):
    """Yuan that each person lacks to reach the line; zero for those who are not poor.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    cut : bool
        Count a negative income as zero, so that no shortfall exceeds the line.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Yuan, zero or more.

    Examples
    --------
    >>> shortfalls([-50, 40, 100], 100)
    array([100.,  60.,   0.])
    >>> shortfalls([-50, 40, 100], 100, cut=False)
    array([150.,  60.,   0.])
    """
    lines = _lines(line)
    income = weighted.numbers(income, "income")
    return np.maximum(lines - (np.maximum(income, 0) if cut else income), 0)


def gap_powers(income, line, order, *, cut=True):
    """Shortfall as a share of the line, raised to a power; zero for those who are not poor.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    order : float
        Zero or more; 0 marks the poor with one.
    cut : bool
        Count a negative income as zero.

    Returns
    -------
    numpy.ndarray, shape (n,)
        0..1 when cut.

    Raises
    ------
    ValueError
        If the order is negative.

    Examples
    --------
    >>> gap_powers([40, 100], 100, 2)
    array([0.36, 0.  ])
    """
    if order < 0:
        raise ValueError(f"order is {order}; the order of a poverty measure is zero or more")
    if order == 0:
        return is_poor(income, line).astype(float)
    gaps = shortfalls(income, line, cut=cut) / _lines(line)
    return gaps if order == 1 else gaps**order


def fgt(income, weight, line, order, *, cut=True):
    """Foster-Greer-Thorbecke measure of any order.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    order : float
        Zero or more: 0 counts the poor, 1 adds depth, 2 and above weigh the poorest more.
    cut : bool
        Count a negative income as zero.

    Returns
    -------
    float
        0..1 when cut; nan when the weights sum to zero.

    References
    ----------
    Foster, Greer and Thorbecke (1984), A class of decomposable poverty measures.

    Examples
    --------
    >>> fgt([50, 100, 200, 200], None, 100, 3)
    0.03125
    """
    return mean(gap_powers(income, line, order, cut=cut), weight)


def headcount_ratio(income, weight, line):
    """Share of persons who are poor (poverty incidence).

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.

    Returns
    -------
    float
        0..1.

    References
    ----------
    Foster, Greer and Thorbecke (1984), order 0.

    Examples
    --------
    >>> headcount_ratio([50, 100, 200, 200], None, 100)
    0.25
    """
    return fgt(income, weight, line, 0)


def headcount(income, weight, line):
    """Persons who are poor.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.

    Returns
    -------
    float
        Persons.

    Examples
    --------
    >>> headcount([50, 100], [4, 7], 100)
    4.0
    """
    return total(gap_powers(income, line, 0), weight)


def poverty_gap_index(income, weight, line, *, cut=True):
    """Average shortfall over all persons, as a share of the line.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    cut : bool
        Count a negative income as zero.

    Returns
    -------
    float
        0..1 when cut.

    References
    ----------
    Foster, Greer and Thorbecke (1984), order 1.

    Examples
    --------
    >>> poverty_gap_index([50, 100, 200, 200], None, 100)
    0.125
    """
    return fgt(income, weight, line, 1, cut=cut)


def poverty_severity(income, weight, line, *, cut=True):
    """Average squared shortfall over all persons, as a share of the squared line.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    cut : bool
        Count a negative income as zero.

    Returns
    -------
    float
        0..1 when cut.

    References
    ----------
    Foster, Greer and Thorbecke (1984), order 2.

    Examples
    --------
    >>> poverty_severity([50, 100, 200, 200], None, 100)
    0.0625
    """
    return fgt(income, weight, line, 2, cut=cut)


def total_shortfall(income, weight, line, *, cut=True):
    """Money that would lift every poor person exactly to the line.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    cut : bool
        Count a negative income as zero.

    Returns
    -------
    float
        Yuan.

    Examples
    --------
    >>> total_shortfall([50, 100], [4, 7], 100)
    200.0
    """
    return total(shortfalls(income, line, cut=cut), weight)


def average_shortfall(income, weight, line, *, cut=True):
    """Yuan that a poor person lacks on average.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    cut : bool
        Count a negative income as zero.

    Returns
    -------
    float
        Yuan a poor person; nan when nobody is poor.

    Examples
    --------
    >>> average_shortfall([40, 80, 100], None, 100)
    40.0
    """
    return ratio(total_shortfall(income, weight, line, cut=cut), headcount(income, weight, line))


def income_gap_ratio(income, weight, line, *, cut=True):
    """Average shortfall of the poor, as a share of the line.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    cut : bool
        Count a negative income as zero.

    Returns
    -------
    float
        0..1 when cut; nan when nobody is poor.

    References
    ----------
    Sen (1976), Poverty: an ordinal approach to measurement.

    Examples
    --------
    >>> income_gap_ratio([40, 80, 100], None, 100)
    0.4
    """
    return ratio(
        poverty_gap_index(income, weight, line, cut=cut), headcount_ratio(income, weight, line)
    )


def median_gap_ratio(income, weight, line):
    """Distance of the median poor person from the line, as a share of the line.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero; the at-risk-of-poverty line makes it Eurostat's relative median gap.

    Returns
    -------
    float
        Above zero; nan when nobody is poor.

    References
    ----------
    Eurostat, relative median at-risk-of-poverty gap.

    Examples
    --------
    >>> median_gap_ratio([20, 40, 80, 100], None, 100)
    0.6
    """
    relative = weighted.numbers(income, "income") / _lines(line)
    return 1 - median_of_poor(relative, weight, 1)


def median_of_poor(income, weight, line):
    """Median income of the poor.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.

    Returns
    -------
    float
        Yuan; nan when nobody is poor.

    Examples
    --------
    >>> median_of_poor([20, 40, 80, 100], None, 100)
    40.0
    """
    income, weight = observations(income, weight)
    return quantile(income, np.where(is_poor(income, line), weight, 0))


def log_gaps(income, line, *, nonpositive="no_gap"):
    """Logarithm of line over income for the poor; zero for those who are not poor.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    nonpositive : {"no_gap", "exclude", "limit"}
        A zero or negative income has no logarithm: "no_gap" counts its gap as zero, "exclude"
        marks it nan so that the row is left out, "limit" gives infinity.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Examples
    --------
    >>> log_gaps([50, 100, 0], 100).round(4)
    array([0.6931, 0.    , 0.    ])
    """
    income = weighted.numbers(income, "income")
    stand_in = {"no_gap": 0.0, "exclude": np.nan, "limit": np.inf}[
        inequality.known_rule(nonpositive, "no_gap", "exclude", "limit")
    ]
    logarithm = np.log(_lines(line) / np.where(income > 0, income, np.inf).clip(max=line))
    return np.where(income > 0, logarithm, stand_in)


def watts_index(income, weight, line, *, nonpositive="no_gap"):
    """Average logarithm of line over income, the non-poor counting zero.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    nonpositive : {"no_gap", "exclude", "limit"}
        What a zero or negative income does: "no_gap" (the World Bank's practice) keeps the person
        in the population without a gap, which understates; "exclude" leaves the person out;
        "limit" gives the limit, which is infinite.

    Returns
    -------
    float
        Zero or more.

    References
    ----------
    Watts (1968), An economic definition of poverty; Zheng (1993).

    Examples
    --------
    >>> round(watts_index([50, 100, 200, 200], None, 100), 6)
    0.173287
    """
    return mean_of_known(log_gaps(income, line, nonpositive=nonpositive), weight)


def mean_of_known(values, weight):
    """Average over the rows that have a value; infinite when a counted value is.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Nan where a row is left out.
    weight : array_like, shape (n,), or None

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> mean_of_known(np.array([1.0, np.nan, 3.0]), None)
    2.0
    """
    _, weight = observations(np.zeros(len(values)), weight)
    counted = ~np.isnan(values) & (weight > 0)
    if np.isinf(values[counted]).any():
        return float("inf")
    return mean(values[counted], weight[counted])


def average_time_to_exit(income, weight, line, growth, *, nonpositive="no_gap"):
    """Years until the poor reach the line if every income grows alike, averaged over all persons.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    growth : float
        Continuous growth a year, above zero; for growth r compounded yearly give log(1 + r).
    nonpositive : {"no_gap", "exclude", "limit"}
        As in `watts_index`.

    Returns
    -------
    float
        Years, the non-poor counting zero; divide by the headcount ratio for the years of the poor.

    Raises
    ------
    ValueError
        If growth is not above zero: then nobody exits.

    References
    ----------
    Morduch (1998), Poverty, economic growth, and average exit time.

    Examples
    --------
    >>> round(average_time_to_exit([50, 200], None, 100, 0.05), 3)
    6.931
    """
    if not growth > 0:
        raise ValueError(f"growth is {growth}; nobody reaches the line unless incomes grow")
    return watts_index(income, weight, line, nonpositive=nonpositive) / growth


def prosperity_factors(income, standard, *, nonpositive="exclude"):
    """Factor by which each income must be multiplied to reach a standard of prosperity.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    standard : float
        Yuan, above zero.
    nonpositive : {"exclude", "limit"}
        No factor lifts a zero or negative income: leave it out, or give infinity.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Examples
    --------
    >>> prosperity_factors([50, 200], 100)
    array([2. , 0.5])
    """
    income = weighted.numbers(income, "income")
    rule = inequality.known_rule(nonpositive, "exclude", "limit")
    stand_in = np.inf if rule == "limit" else np.nan
    return np.where(income > 0, _lines(standard) / np.where(income > 0, income, 1), stand_in)


def prosperity_gap(income, weight, standard, *, nonpositive="exclude"):
    """Average factor by which incomes must be multiplied to reach a standard of prosperity.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    standard : float
        Yuan, above zero.
    nonpositive : {"exclude", "limit"}
        As in `prosperity_factors`.

    Returns
    -------
    float
        Above zero; persons above the standard count less than one.

    References
    ----------
    Kraay, Lakner, Özler, Decerf, Jolliffe, Sterck and Yonzan (2023), A new distribution sensitive
    index for measuring welfare, poverty, and inequality.

    Examples
    --------
    >>> prosperity_gap([50, 200], None, 100)
    1.25
    """
    return mean_of_known(prosperity_factors(income, standard, nonpositive=nonpositive), weight)


def sen_index(income, weight, line):
    """Incidence, depth, and inequality among the poor in one number.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan; a negative income counts as zero.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.

    Returns
    -------
    float
        0..1; zero when nobody is poor.

    References
    ----------
    Sen (1976), in the form for large populations: H [I + (1 - I) G], with the income gap ratio I
    and the Gini coefficient G of the poor.

    Examples
    --------
    >>> round(sen_index([20, 60, 100, 200], None, 100), 6)
    0.35
    """
    income, weight = observations(income, weight)
    relative = np.maximum(income, 0) / _lines(line)
    share = headcount_ratio(relative, weight, 1)
    if not share > 0:
        return share
    gap = income_gap_ratio(relative, weight, 1)
    of_poor = inequality.gini(relative, np.where(relative < 1, weight, 0))
    return share * (gap + (1 - gap) * (0 if np.isnan(of_poor) else of_poor))


def sen_shorrocks_thon_index(income, weight, line, *, cut=True):
    """Poverty gap index, raised by the inequality of the gaps over all persons.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    line : float or array_like, shape (n,)
        Yuan, above zero.
    cut : bool
        Count a negative income as zero.

    Returns
    -------
    float
        0..1 when cut; zero when nobody is poor.

    References
    ----------
    Shorrocks (1995), Revisiting the Sen poverty index.

    Examples
    --------
    >>> round(sen_shorrocks_thon_index([20, 60, 100, 200], None, 100), 6)
    0.475
    """
    gaps = gap_powers(income, line, 1, cut=cut)
    average = mean(gaps, weight)
    return average * (1 + inequality.gini(gaps, weight)) if average else average


def relative_line(income, weight, share=0.6, of="median"):
    """Poverty line as a share of the median, of the mean, or of any quantile.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    share : float
        Above zero; Eurostat's at-risk-of-poverty line is 0.6.
    of : {"median", "mean"} or float
        A number 0..1 names a quantile.

    Returns
    -------
    float
        Yuan.

    Raises
    ------
    ValueError
        If `of` is neither.

    Examples
    --------
    >>> relative_line([10, 20, 30], None), relative_line([10, 20, 60], None, 0.5, of="mean")
    (12.0, 15.0)
    """
    if of == "mean":
        return share * mean(income, weight)
    if isinstance(of, str) and of != "median":
        raise ValueError(f"of is {of!r}; write median, mean or a share between 0 and 1")
    return share * quantile(income, weight, 0.5 if of == "median" else of)


CORE = (
    headcount_ratio,
    headcount,
    poverty_gap_index,
    poverty_severity,
    watts_index,
    sen_index,
    sen_shorrocks_thon_index,
    income_gap_ratio,
    total_shortfall,
    average_shortfall,
)
