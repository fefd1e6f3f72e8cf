"""Who grew: the growth incidence curve, its band, and the growth of the poor."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from analysis import weighted
from analysis.growth.rates import annualized_growth

Distribution = tuple[np.ndarray, np.ndarray]

PERCENTILES = np.arange(1, 100) / 100


def growth_incidence_curve(
    before: ArrayLike,
    after: ArrayLike,
    *,
    weight_before: ArrayLike,
    weight_after: ArrayLike,
    percentiles: ArrayLike = PERCENTILES,
    years: float = 1,
) -> pd.DataFrame:
    """
    Growth a year of income at each percentile of the distribution.

    The quantile at p is the smallest income whose cumulative weight share reaches p: an income
    that somebody has, never one between two persons. Ties share one income and need no rule. The
    curve compares the persons who hold a rank, not the same persons over time. Where the first
    quantile is zero or negative, growth is missing.

    Parameters
    ----------
    before, after : array_like
        Incomes in the two rounds, at the same prices, one value a record, none missing.
    weight_before, weight_after : array_like
        Persons a record stands for, 0 or more.
    percentiles : array_like
        Ranks, above 0 and up to 1.
    years : float
        Years between the rounds, above zero; 1 gives the total growth.

    Returns
    -------
    DataFrame
        Indexed by percentile: `before`, `after` (the unit of the incomes) and `growth` (ratio).

    Raises
    ------
    ValueError
        Incomes or weights are missing, of different length or negative in weight.

    References
    ----------
    Ravallion and Chen 2003, Measuring pro-poor growth. Quantiles: inverse of the distribution
    function, definition 1 of Hyndman and Fan 1996.

    Examples
    --------
    >>> curve = growth_incidence_curve([1, 2, 4], [2, 3, 4], weight_before=[1, 1, 1],
    ...                                weight_after=[1, 1, 1], percentiles=[0.3, 0.6, 0.9])
    >>> curve["growth"].tolist()
    [1.0, 0.5, 0.0]
    """
    ranks = _ranks(percentiles)
    first = _quantiles(_distribution(before, weight_before), ranks)
    last = _quantiles(_distribution(after, weight_after), ranks)
    index = pd.Index(ranks, name="percentile")
    return pd.DataFrame(
        {"before": first, "after": last, "growth": _rank_growth(first, last, years)}, index=index
    )


def growth_incidence_band(
    before: ArrayLike,
    after: ArrayLike,
    *,
    weight_before: ArrayLike,
    weight_after: ArrayLike,
    replicates_before: ArrayLike,
    replicates_after: ArrayLike,
    percentiles: ArrayLike = PERCENTILES,
    years: float = 1,
    scale: float | None = None,
    confidence: float = 0.95,
    degrees_of_freedom: float = np.inf,
) -> pd.DataFrame:
    """
    Growth incidence curve with a band from replicate weights.

    The band holds at each percentile, not for the whole curve at once. A register that counts
    everybody has no such error: use `growth_incidence_curve`.

    Parameters
    ----------
    before, after, weight_before, weight_after, percentiles, years
        As for `growth_incidence_curve`.
    replicates_before, replicates_after : array_like
        Replicate weights, one row a record and one column a replicate, the same number in both;
        column r of both is one draw of the design (a panel keeps its units together).
    scale : float, optional
        Factor on the sum of squared deviations; one over their number, the bootstrap's, if absent.
    confidence : float
        Coverage, between 0 and 1.
    degrees_of_freedom : float
        Of the t quantile; infinite gives the normal one.

    Returns
    -------
    DataFrame
        The curve with `standard_error`, `growth_low` and `growth_high` (ratios).

    Raises
    ------
    ValueError
        The two rounds have different numbers of replicates, or fewer than two.

    References
    ----------
    Replicate variance: Wolter 2007, Introduction to Variance Estimation.

    Examples
    --------
    >>> weights = np.ones((3, 2))
    >>> band = growth_incidence_band([1, 2, 4], [2, 3, 4], weight_before=[1, 1, 1],
    ...                              weight_after=[1, 1, 1], replicates_before=weights,
    ...                              replicates_after=weights, percentiles=[0.5])
    >>> band[["growth_low", "growth_high"]].to_numpy().tolist()
    [[0.5, 0.5]]
    """
    first, last = np.asarray(replicates_before, float), np.asarray(replicates_after, float)
    _require_replicates(first, last)
    curve = growth_incidence_curve(
        before,
        after,
        weight_before=weight_before,
        weight_after=weight_after,
        percentiles=percentiles,
        years=years,
    )
    ranks = curve.index.to_numpy()
    draws = _rank_growth(
        _replicate_quantiles(before, first, ranks), _replicate_quantiles(after, last, ranks), years
    )
    factor = 1 / first.shape[1] if scale is None else scale
    error = np.sqrt(factor * np.sum((draws - curve["growth"].to_numpy()) ** 2, axis=0))
    margin = stats.t.ppf((1 + confidence) / 2, degrees_of_freedom) * error
    return curve.assign(
        standard_error=error,
        growth_low=curve["growth"] - margin,
        growth_high=curve["growth"] + margin,
    )


def pro_poor_growth(
    before: ArrayLike,
    after: ArrayLike,
    line: float,
    *,
    weight_before: ArrayLike,
    weight_after: ArrayLike,
    years: float = 1,
) -> pd.Series:
    """
    Mean growth rate over the ranks that were poor at the start, beside the growth of the mean.

    The area under the growth incidence curve up to the first headcount ratio, divided by it; the
    steps of both distributions are followed exactly, without a grid. Ranks whose first income
    is zero or negative have no growth rate: they are left out and their share is reported.

    Parameters
    ----------
    before, after : array_like
        Incomes at the same prices.
    line : float
        Poverty line in the same unit; poor is strictly below.
    weight_before, weight_after : array_like
        Persons a record stands for, 0 or more.
    years : float
        Years between the rounds, above zero.

    Returns
    -------
    Series
        `headcount_ratio` before (0 to 1), `growth_of_poor`, `growth_of_mean` and their difference
        `pro_poor_gap` (ratios a year), `undefined_share` of the poor ranks (0 to 1). Growth of
        the poor is missing where nobody is poor.

    Raises
    ------
    ValueError
        As for `growth_incidence_curve`; or the mean is not above zero in both rounds.

    References
    ----------
    Ravallion and Chen 2003: the rate of pro-poor growth.

    Examples
    --------
    >>> rate = pro_poor_growth([1, 2, 4], [2, 3, 4], 3, weight_before=[1, 1, 1],
    ...                        weight_after=[1, 1, 1])
    >>> rate[["growth_of_poor", "growth_of_mean"]].round(4).tolist()
    [0.75, 0.2857]
    """
    start, end = _distribution(before, weight_before), _distribution(after, weight_after)
    headcount = float(start[1][start[0] < line].max(initial=0.0))
    width, growth = _steps_below(headcount, start, end, years)
    defined = np.isfinite(growth)
    covered = float(width[defined].sum())
    of_poor = weighted.ratio(width[defined] @ growth[defined], covered)
    of_mean = annualized_growth(
        weighted.mean(before, weight_before), weighted.mean(after, weight_after), years
    )
    return pd.Series(
        {
            "headcount_ratio": headcount,
            "growth_of_poor": of_poor,
            "growth_of_mean": of_mean,
            "pro_poor_gap": of_poor - of_mean,
            "undefined_share": 1 - covered / headcount if headcount > 0 else 0.0,
        }
    )


def _distribution(income: ArrayLike, weight: ArrayLike) -> Distribution:
    """Incomes from the poorest up, and the share of persons reached with each."""
    ordered, _, cumulated = weighted.ascending(income, weight)
    if not len(ordered):
        raise ValueError("no record has a weight above zero, so there is no distribution")
    return ordered, cumulated / cumulated[-1]


def _quantiles(distribution: Distribution, ranks: np.ndarray) -> np.ndarray:
    """Lowest income whose cumulated share reaches each rank."""
    ordered, reached = distribution
    position = np.searchsorted(reached, ranks - weighted.TIE)
    return ordered[np.minimum(position, len(ordered) - 1)]


def _replicate_quantiles(
    income: ArrayLike, replicates: np.ndarray, ranks: np.ndarray
) -> np.ndarray:
    return np.array([_quantiles(_distribution(income, column), ranks) for column in replicates.T])


def _rank_growth(first: np.ndarray, last: np.ndarray, years: float) -> np.ndarray:
    if not years > 0:
        raise ValueError(f"years between the rounds is {years}; it must be above zero")
    defined = (first > 0) & (last >= 0)
    ratio = np.divide(last, first, out=np.full(np.shape(first), np.nan), where=defined)
    return ratio ** (1 / years) - 1


def _steps_below(
    rank: float, start: Distribution, end: Distribution, years: float
) -> tuple[np.ndarray, np.ndarray]:
    """Widths and growth rates of the steps of the curve from rank 0 up to a rank."""
    edges = np.unique(np.concatenate([[0.0], start[1], end[1], [rank]]))
    edges = edges[edges <= rank]
    width, middle = np.diff(edges), (edges[1:] + edges[:-1]) / 2
    return width, _rank_growth(_quantiles(start, middle), _quantiles(end, middle), years)


def _ranks(percentiles: ArrayLike) -> np.ndarray:
    ranks = np.asarray(percentiles, float)
    if not np.all((ranks > 0) & (ranks <= 1)):
        raise ValueError(f"percentiles lie above 0 and up to 1; found {ranks.tolist()}")
    return ranks


def _require_replicates(first: np.ndarray, last: np.ndarray) -> None:
    if first.ndim != 2 or last.ndim != 2 or first.shape[1] != last.shape[1] or first.shape[1] < 2:
        raise ValueError(
            f"replicate weights have shapes {first.shape} and {last.shape}; give at least two "
            "columns and the same number in both rounds"
        )
