"""Variance of totals under a design, over many estimates at once.

Influence times weight is added up by sampling unit; what remains is a sparse table of units by
estimates and a few products of it.
"""

import numpy as np
import pandas as pd
from scipy import sparse


def unit_sums(stage, rows, values):
    """Add up values of some rows by sampling unit.

    Parameters
    ----------
    stage : Stage
        The last one of the design.
    rows : numpy.ndarray of int, shape (m,)
        Rows the values belong to; all others count zero.
    values : list of numpy.ndarray, shape (m,)
        Weighted influences.

    Returns
    -------
    scipy.sparse.csc_array
        Units by values.

    Examples
    --------
    >>> from analysis.survey.design import Design, stages
    >>> stage = stages(Design(None, clusters="v"), pd.DataFrame({"v": ["a", "b", "b"]}))[-1]
    >>> unit_sums(stage, np.array([1, 2]), [np.array([3.0, 4.0])]).toarray()
    array([[0.],
           [7.]])
    """
    inner, touched = pd.factorize(stage.unit[rows])
    sums = np.array([np.bincount(inner, v, minlength=len(touched)) for v in values])
    shape = (len(stage.stratum), len(values))
    starts = np.arange(len(values) + 1) * len(touched)
    return sparse.csc_array((sums.ravel(), np.tile(touched, len(values)), starts), shape=shape)


def side_by_side(tables):
    """Join sums by unit of several groups.

    Parameters
    ----------
    tables : list of scipy.sparse.csc_array
        With the same units.

    Returns
    -------
    scipy.sparse.csc_array

    Examples
    --------
    >>> one = sparse.csc_array(np.array([[3.0], [0.0]]))
    >>> side_by_side([one, one]).toarray()
    array([[3., 3.],
           [0., 0.]])
    """
    lengths = np.concatenate([np.diff(table.indptr) for table in tables])
    return sparse.csc_array(
        (
            np.concatenate([table.data for table in tables]),
            np.concatenate([table.indices for table in tables]),
            np.concatenate([[0], np.cumsum(lengths)]),
        ),
        shape=(tables[0].shape[0], len(lengths)),
    )


def covariance(totals, stages, lone):
    """Covariance of all estimates under a design.

    Parameters
    ----------
    totals : scipy.sparse.csc_array, shape (units of the last stage, estimates)
        From `unit_sums`.
    stages : list of Stage
        From the first to the last.
    lone : str
        Remedy for lone units, as in `Design`.

    Returns
    -------
    numpy.ndarray, shape (estimates, estimates)

    References
    ----------
    Särndal, Swensson and Wretman (1992), Model assisted survey sampling: ultimate clusters, and
    the terms of later stages times the share drawn before.

    Examples
    --------
    >>> from analysis.survey.design import Design, stages
    >>> rows = pd.DataFrame(index=range(2))
    >>> totals = sparse.csc_array(np.array([[1.0], [3.0]]))
    >>> covariance(totals, stages(Design(None), rows), "refuse")
    array([[4.]])
    """
    return sum(
        factor * _product(plus) - factor * _product(minus)
        for plus, minus, factor in _squares(totals, stages, lone)
    )


def variance(totals, stages, lone):
    """Variance of every estimate under a design: the diagonal of `covariance`.

    Parameters
    ----------
    totals : scipy.sparse.csc_array, shape (units of the last stage, estimates)
    stages : list of Stage
    lone : str

    Returns
    -------
    numpy.ndarray, shape (estimates,)

    Examples
    --------
    >>> from analysis.survey.design import Design, stages
    >>> rows = pd.DataFrame(index=range(2))
    >>> variance(sparse.csc_array(np.array([[1.0], [3.0]])), stages(Design(None), rows), "refuse")
    array([4.])
    """
    squares = sum(
        factor * (_diagonal(plus) - _diagonal(minus))
        for plus, minus, factor in _squares(totals, stages, lone)
    )
    return np.maximum(squares, 0)


def _product(table):
    product = table.T @ table
    return product.toarray() if sparse.issparse(product) else product


def _diagonal(table):
    if not sparse.issparse(table):
        return (table * table).sum(axis=0)
    return np.bincount(_columns(table), table.data**2, minlength=table.shape[1])


def _columns(table):
    return np.repeat(np.arange(table.shape[1]), np.diff(table.indptr))


def _squares(totals, stages, lone):
    """Tables whose squares, added and taken away, are the variance of each stage."""
    for level, stage in enumerate(stages):
        sums = _raised(totals, stages, level)
        yield *_deviations(sums, stage), _factor(stage, lone)
        if lone == "centre" and len(stage.lone):
            yield _around_mean(sums, stage), np.zeros((1, sums.shape[1])), 1.0


def _raised(totals, stages, level):
    """Sums by the units of a stage, from sums by the units of the last one."""
    stage = stages[level]
    if stage is stages[-1]:
        return totals
    shape = (len(stage.stratum), totals.shape[1])
    raised = stage.holder[totals.indices]
    sums = sparse.csc_array((totals.data, raised, totals.indptr), shape=shape, copy=True)
    sums.sum_duplicates()
    return sums


def _deviations(sums, stage):
    """Squares around the mean of the stratum: all squares, less the square of the sum."""
    stratum, strata, estimates = stage.stratum[sums.indices], len(stage.drawn), sums.shape[1]
    root = np.sqrt(stage.scale)
    within = sparse.csc_array((sums.data * root[stratum], sums.indices, sums.indptr), sums.shape)
    cell = stratum * estimates + _columns(sums)
    together = np.bincount(cell, sums.data, minlength=strata * estimates)
    return within, together.reshape(strata, estimates) * (root / np.sqrt(stage.drawn))[:, None]


def _factor(stage, lone):
    if lone != "average" or not len(stage.lone):
        return 1.0
    strata = len(stage.drawn)
    if strata == len(stage.lone):
        return float("nan")
    return strata / (strata - len(stage.lone))


def _around_mean(sums, stage):
    mean = np.asarray(sums.sum(axis=0)).ravel() / sums.shape[0]
    away = sums.tocsr()[stage.lone].toarray() - mean
    return np.sqrt(stage.scale[stage.stratum[stage.lone]])[:, None] * away
