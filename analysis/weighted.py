"""Weighted numbers: the one place where incomes and weights are checked and summed.

Every measure takes `income` and `weight` as arrays of equal length. A weight says for how many
persons a row stands; `None` says that every row stands for one.
"""

from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

TIE = 1e-12  # relative slack when a cumulated weight is compared with a share: sums of floats drift


def numbers(values, name):
    """Give one-dimensional floats, or say why the values are not numbers.

    Parameters
    ----------
    values : array_like, shape (n,)
        Numbers; anything else is refused.
    name : str
        What the values are, for the message.

    Returns
    -------
    numpy.ndarray of float, shape (n,)

    Raises
    ------
    TypeError
        If the values are text, dates or truth values.
    ValueError
        If they are not one-dimensional.

    Examples
    --------
    >>> numbers([1, 2], "income")
    array([1., 2.])
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise TypeError(
            f"{name} holds {array.dtype} values, not numbers; convert it when the table is read"
        )
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions; give one value for each row")
    return array.astype(float, copy=False)


def observations(income, weight):
    """Check incomes and weights and give both as arrays of float.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan; zero and negative are allowed, missing is not.
    weight : array_like, shape (n,), or None
        Persons a row stands for, zero or more; None when every row stands for one.

    Returns
    -------
    tuple of numpy.ndarray
        Income and weight.

    Raises
    ------
    ValueError
        If lengths differ, an income or weight is missing or infinite, or a weight is negative.

    Examples
    --------
    >>> observations([3, 5], None)
    (array([3., 5.]), array([1., 1.]))
    """
    income = numbers(income, "income")
    weight = np.ones(len(income)) if weight is None else numbers(weight, "weight")
    if len(income) != len(weight):
        raise ValueError(
            f"income has {len(income)} values and weight has {len(weight)}; "
            "give one weight for each income"
        )
    if not _all_finite(income):
        _refuse(~np.isfinite(income), "income", income, "leave these rows out and count them")
    if not _all_finite(weight):
        _refuse(~np.isfinite(weight), "weight", weight, "every row needs a weight")
    if len(weight) and weight.min() < 0:
        _refuse(weight < 0, "weight", weight, "a weight is zero or more")
    return income, weight


def _all_finite(values):
    # One pass without a mask: a sum of finite numbers is finite, but where they overflow.
    return np.isfinite(values.sum()) or np.isfinite(values).all()


def _refuse(wrong, name, values, rule):
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"{name}: {int(wrong.sum())} of {len(values)} values are refused, the first is "
            f"{values[first]} at position {first}; {rule}"
        )


def ratio(part, whole):
    """Divide, with nan where the whole is zero: a share of nothing is not known.

    Parameters
    ----------
    part, whole : float

    Returns
    -------
    float

    Examples
    --------
    >>> ratio(1.0, 4.0), ratio(0.0, 0.0)
    (0.25, nan)
    """
    return float(part) / float(whole) if whole else float("nan")


def sum_of_products(left, right):
    """Sum of products of numbers already checked.

    Parameters
    ----------
    left, right : numpy.ndarray, shape (n,)

    Returns
    -------
    float

    Examples
    --------
    >>> sum_of_products(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    11.0
    """
    # Not a dot product: its threads cost more than they save on a village, and its last digits
    # depend on how many there are.
    return float((left * right).sum())


def total(values, weight):
    """Sum the values over all persons the rows stand for.

    Parameters
    ----------
    values : array_like, shape (n,)
    weight : array_like, shape (n,), or None

    Returns
    -------
    float
        In the unit of the values, times persons.

    Examples
    --------
    >>> total([2, 3], [10, 1])
    23.0
    """
    values, weight = observations(values, weight)
    return sum_of_products(weight, values)


def mean(values, weight):
    """Average the values over all persons the rows stand for.

    Parameters
    ----------
    values : array_like, shape (n,)
    weight : array_like, shape (n,), or None

    Returns
    -------
    float
        In the unit of the values; nan when the weights sum to zero.

    Examples
    --------
    >>> mean([2, 3], [3, 1])
    2.25
    """
    values, weight = observations(values, weight)
    return ratio(sum_of_products(weight, values), weight.sum())


def ratio_of_totals(values, weight, denominator):
    """Sum of the values over the sum of a second column.

    Parameters
    ----------
    values : array_like, shape (n,)
    weight : array_like, shape (n,), or None
    denominator : array_like, shape (n,)

    Returns
    -------
    float
        Nan when the denominators sum to zero.

    Examples
    --------
    >>> ratio_of_totals([2, 4], [1, 2], [5, 10])
    0.4
    """
    return ratio(total(values, weight), total(denominator, weight))


_KEPT = ContextVar("order_kept", default=None)


@contextmanager
def one_order(income, weight):
    """Sort these incomes once while the block runs, however many measures ask for their order.

    Parameters
    ----------
    income, weight : numpy.ndarray, shape (n,)
        Nobody may write into them meanwhile; only these very arrays are known again.

    Examples
    --------
    >>> income, weight = np.array([5.0, 3.0]), np.array([1.0, 2.0])
    >>> with one_order(income, weight):
    ...     quantile(income, weight), quantile(income, weight, share=0.9)
    (3.0, 5.0)
    """
    token = _KEPT.set({"of": (income, weight)})
    try:
        yield
    finally:
        _KEPT.reset(token)


def ascending(income, weight):
    """Sort by income, leave out rows that stand for nobody, and cumulate the weights.

    Parameters
    ----------
    income : array_like, shape (n,)
    weight : array_like, shape (n,), or None

    Returns
    -------
    tuple of numpy.ndarray
        Income, weight and cumulated weight, from the poorest up.

    Examples
    --------
    >>> ascending([5, 3, 9], [1, 2, 0])
    (array([3., 5.]), array([2., 1.]), array([2., 3.]))
    """
    kept = _KEPT.get()
    if kept is None or kept["of"][0] is not income or kept["of"][1] is not weight:
        return _ascending(income, weight)
    if "order" not in kept:
        kept["order"] = _ascending(income, weight)
    return kept["order"]


def _ascending(income, weight):
    income, weight = observations(income, weight)
    if len(weight) and not weight.min() > 0:
        income, weight = income[weight > 0], weight[weight > 0]
    if not (income[1:] >= income[:-1]).all():
        order = np.argsort(income)
        income, weight = income[order], weight[order]
    return income, weight, np.cumsum(weight)


def quantile(income, weight, share=0.5, rule="inverse"):
    """Income that a given share of the persons does not exceed.

    Parameters
    ----------
    income : array_like, shape (n,)
        Yuan.
    weight : array_like, shape (n,), or None
        Persons.
    share : float
        0..1; 0.5 is the median.
    rule : {"inverse", "average", "nearest"}
        "inverse" takes the lowest income whose cumulated share reaches `share`; "average" does the
        same, and where the share is reached exactly averages with the next income; "nearest"
        takes the income whose cumulated share is closest, the lower of two as close.

    Returns
    -------
    float
        Yuan; nan when nobody is counted.

    Raises
    ------
    ValueError
        If the share is outside 0..1 or the rule is not known.

    References
    ----------
    Hyndman and Fan (1996), Sample quantiles in statistical packages: types 1 and 2. The inverse is
    the rule of convey, laeken and microdf; nearest is that of the World Bank's wbpip.

    Examples
    --------
    >>> quantile([1, 2, 3, 4], None), quantile([1, 2, 3, 4], None, rule="average")
    (2.0, 2.5)
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; a share lies between 0 and 1")
    if rule not in QUANTILE_RULES:
        raise ValueError(f"rule is {rule!r}; write one of {', '.join(QUANTILE_RULES)}")
    income, _, cumulated = ascending(income, weight)
    if not len(income):
        return float("nan")
    return float(QUANTILE_RULES[rule](income, cumulated, share))


def _inverse(income, cumulated, share):
    return income[_position(cumulated, share)]


def _average(income, cumulated, share):
    here = _position(cumulated, share)
    exact = abs(cumulated[here] / cumulated[-1] - share) <= TIE and here + 1 < len(income)
    return (income[here] + income[here + exact]) / 2


def _nearest(income, cumulated, share):
    return income[np.argmin(np.abs(cumulated / cumulated[-1] - share))]


def _position(cumulated, share):
    reached = int(np.searchsorted(cumulated, (share - TIE) * cumulated[-1]))
    return min(reached, len(cumulated) - 1)


QUANTILE_RULES = {"inverse": _inverse, "average": _average, "nearest": _nearest}
