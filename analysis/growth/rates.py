"""Growth rates, the gap between two of them, and where a gap leads."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

PASSES = "passes"
FAILS = "fails"
CANNOT_BE_TOLD_APART = "cannot_be_told_apart"


def annualized_growth(before: ArrayLike, after: ArrayLike, years: ArrayLike = 1) -> ArrayLike:
    """
    Growth a year that turns one level into another.

    Parameters
    ----------
    before, after : array_like
        Levels in the same unit and prices, above zero.
    years : array_like
        Years between them, above zero.

    Returns
    -------
    array_like
        Ratio a year, above -1; 0.1 is ten per cent. A Series stays a Series.

    Raises
    ------
    ValueError
        A level or the number of years is not above zero.

    References
    ----------
    Compound rate: (after / before) ** (1 / years) - 1.

    Examples
    --------
    >>> round(annualized_growth(9020, 9862), 4)
    0.0933
    """
    for name, value in (("before", before), ("after", after), ("years", years)):
        _require_positive(name, value)
    return (after / before) ** (1 / years) - 1


def real_growth(nominal_growth: ArrayLike, price_index: ArrayLike) -> ArrayLike:
    """
    Growth at constant prices.

    Parameters
    ----------
    nominal_growth : array_like
        Growth at current prices, a ratio above -1.
    price_index : array_like
        Prices of the year over prices of the year before, above zero; 1.013 is 1.3 per cent.

    Returns
    -------
    array_like
        Ratio, above -1.

    Raises
    ------
    ValueError
        A price index is not above zero.

    References
    ----------
    (1 + nominal_growth) / price_index - 1.

    Examples
    --------
    >>> round(real_growth(0.086, 1.013), 4)
    0.0721
    """
    _require_positive("price_index", price_index)
    return (1 + nominal_growth) / price_index - 1


def chained_index(growth: pd.Series, base_year: int) -> pd.Series:
    """
    Index that starts from yearly growth rates and is 1 in the base year.

    Parameters
    ----------
    growth : Series
        Growth over the year before, a ratio; the index is the year, without holes.
    base_year : int
        From the year before the first rate to the year of the last.

    Returns
    -------
    Series
        Index by year, one year longer than `growth`, above zero.

    Raises
    ------
    ValueError
        A year is missing between two others, or the base year is outside the series.

    References
    ----------
    Product of (1 + growth), divided by its value in the base year.

    Examples
    --------
    >>> chained_index(pd.Series({2016: 0.10, 2017: 0.20}), 2016).round(3).to_dict()
    {2015: 0.909, 2016: 1.0, 2017: 1.2}
    """
    known = growth.dropna().sort_index()
    years = list(range(int(known.index.min()) - 1, int(known.index.max()) + 1))
    _require_years(known, years, base_year)
    levels = pd.Series(np.cumprod([1.0, *(1 + known)]), index=years)
    return levels / levels[base_year]


def growth_gap(
    growth: ArrayLike,
    reference_growth: ArrayLike,
    *,
    rounding: float = 0.0,
    standard_error: ArrayLike = 0.0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Difference of two growth rates, the range it can have, and what follows.

    Each printed rate may be off by half of its last digit, so their difference may be off by one
    digit; this bound is hard. Sampling error widens the range further by its normal interval.

    Parameters
    ----------
    growth, reference_growth : array_like
        Ratios; two Series are matched by their index, a number stands against every row.
    rounding : float
        Worth of the last printed digit, a ratio: 0.001 where per cent have one decimal.
    standard_error : array_like
        Standard error of the gap from sampling, a ratio, 0 where only rounding counts.
    confidence : float
        Coverage of the sampling part, between 0 and 1.

    Returns
    -------
    DataFrame
        `growth`, `reference_growth`, `growth_gap`, `growth_gap_low`, `growth_gap_high` (ratios)
        and `verdict`; one row for numbers, the rows of the Series otherwise.

    Raises
    ------
    ValueError
        Rounding or a standard error is negative, or the confidence is not between 0 and 1.

    References
    ----------
    Interval arithmetic for the digits; normal interval for the sample.

    Examples
    --------
    >>> gap = growth_gap(0.097, 0.093, rounding=0.001)
    >>> gap.round(4).loc[0, ["growth_gap", "growth_gap_low", "growth_gap_high"]].tolist()
    [0.004, 0.003, 0.005]
    """
    _require_not_negative("rounding", rounding)
    _require_not_negative("standard_error", standard_error)
    frame = _pairs(growth, reference_growth)
    half_width = rounding + normal_quantile(confidence) * standard_error
    gap = frame["growth"] - frame["reference_growth"]
    low, high = gap - half_width, gap + half_width
    return frame.assign(
        growth_gap=gap, growth_gap_low=low, growth_gap_high=high, verdict=verdict(low, high)
    )


def verdict(gap_low: ArrayLike, gap_high: ArrayLike) -> ArrayLike:
    """
    Whether growth is above its reference, judged by the whole range of the gap.

    The bounds themselves are not reached: two rates that print differently differ. So a range
    that starts at exactly zero passes, and a range that ends there fails.

    Parameters
    ----------
    gap_low, gap_high : array_like
        Bounds of the gap, ratios.

    Returns
    -------
    str or ndarray of str
        "passes" (the range lies above zero), "fails" (it does not reach above zero) or
        "cannot_be_told_apart".

    Raises
    ------
    ValueError
        A lower bound is above its upper bound, or a bound is missing.

    References
    ----------
    The exit test asks for growth above the province's: equal growth fails.

    Examples
    --------
    >>> verdict(0.003, 0.005), verdict(-0.17, 0.18), verdict(-0.003, -0.001)
    ('passes', 'cannot_be_told_apart', 'fails')
    """
    # 0.094 - 0.093 - 0.001 is 1e-17 in floating point and would decide the verdict.
    low, high = np.round(np.asarray(gap_low, float), 12), np.round(np.asarray(gap_high, float), 12)
    if not np.all(low <= high):
        raise ValueError(
            f"the range of the gap runs from {gap_low} to {gap_high}; "
            "give a lower bound that is not above the upper bound, and no missing bound"
        )
    answer = np.select([high <= 0, low >= 0], [FAILS, PASSES], CANNOT_BE_TOLD_APART)
    return str(answer) if answer.ndim == 0 else answer


def years_to_close(
    ratio: ArrayLike, growth: ArrayLike, reference_growth: ArrayLike
) -> np.ndarray | float:
    """
    Years until one level reaches another if both keep their growth.

    Parameters
    ----------
    ratio : array_like
        Level over the level to reach, above zero.
    growth, reference_growth : array_like
        Growth a year of the two levels, ratios above -1.

    Returns
    -------
    float or ndarray
        Years, 0 where the level is already reached, infinite where the gap never closes.

    Raises
    ------
    ValueError
        A ratio, or one plus a growth rate, is not above zero.

    References
    ----------
    -log(ratio) / log((1 + growth) / (1 + reference_growth)).

    Examples
    --------
    >>> years_to_close(0.5, [0.10, 0.05], 0.05).round(1).tolist()
    [14.9, inf]
    """
    values = (("ratio", ratio), ("1 + growth", 1 + np.asarray(growth)))
    for name, value in (*values, ("1 + reference_growth", 1 + np.asarray(reference_growth))):
        _require_positive(name, value)
    distance = -np.log(np.asarray(ratio, float))
    pace = np.log1p(growth) - np.log1p(reference_growth)
    years = np.divide(
        distance, pace, out=np.full(np.shape(distance + pace), np.inf), where=pace > 0
    )
    return np.where(distance <= 0, 0.0, years)[()]


def closing_year(
    year: int,
    ratio: float,
    growth: float,
    reference_growth: float,
    *,
    rounding: float = 0.0,
) -> pd.Series:
    """
    Year in which a ratio of levels reaches one at the present gap of growth.

    Parameters
    ----------
    year : int
        Year of the ratio.
    ratio : float
        Level over the level to reach, above zero.
    growth, reference_growth : float
        Growth a year, ratios above -1.
    rounding : float
        Worth of the last printed digit of the growth rates, a ratio.

    Returns
    -------
    Series
        `closing_year`, and `closing_year_low` and `closing_year_high` from rounding alone;
        infinite where it never comes.

    Raises
    ------
    ValueError
        As for `years_to_close`.

    References
    ----------
    `years_to_close` at the gap and at both ends of its rounding range.

    Examples
    --------
    >>> closing_year(2017, 0.698, 0.105, 0.086, rounding=0.001).round(0).astype(int).tolist()
    [2038, 2037, 2039]
    """
    half = rounding / 2
    years = years_to_close(
        ratio,
        growth + np.array([0, half, -half]),
        reference_growth + np.array([0, -half, half]),
    )
    return pd.Series(year + years, ["closing_year", "closing_year_low", "closing_year_high"])


def closing_path(
    year: int,
    ratio: float,
    growth: float,
    reference_growth: float,
    *,
    last_year: int,
    rounding: float = 0.0,
) -> pd.DataFrame:
    """
    Ratio of two levels year by year if both keep their growth.

    Parameters
    ----------
    year, last_year : int
        First year, that of the ratio, and last year.
    ratio : float
        Level over reference level in the first year.
    growth, reference_growth : float
        Growth a year, ratios above -1.
    rounding : float
        Worth of the last printed digit of the growth rates, a ratio.

    Returns
    -------
    DataFrame
        One row a year: `year`, `level_ratio`, `level_ratio_low`, `level_ratio_high`.

    Raises
    ------
    ValueError
        The last year is before the first.

    References
    ----------
    ratio * ((1 + growth) / (1 + reference_growth)) ** years.

    Examples
    --------
    >>> closing_path(2017, 0.5, 0.10, 0.05, last_year=2018)["level_ratio"].round(4).tolist()
    [0.5, 0.5238]
    """
    if last_year < year:
        raise ValueError(f"the path ends in {last_year}, before it starts in {year}")
    elapsed, half = np.arange(last_year - year + 1), rounding / 2

    def level(shift: float) -> np.ndarray:
        return ratio * ((1 + growth + shift) / (1 + reference_growth - shift)) ** elapsed

    return pd.DataFrame(
        {
            "year": year + elapsed,
            "level_ratio": level(0.0),
            "level_ratio_low": level(-half),
            "level_ratio_high": level(half),
        }
    )


def growth_needed(history: pd.Series, *, rounding: float = 0.001) -> pd.DataFrame:
    """
    Growth needed next year to stay above a reference whose growth is not known yet.

    The reference is taken to grow as it did last year, give or take the largest change of its
    growth between two years seen so far. If the changes are exchangeable, the next one is inside
    with probability k / (k + 1), where k changes were seen; few changes say little.

    Parameters
    ----------
    history : Series
        Growth of the reference over the year before, a ratio; the index is the year, without
        holes, at least three years.
    rounding : float
        Worth of the last printed digit: the needed growth prints above the reference by this.

    Returns
    -------
    DataFrame
        Rows `slower`, `as_last_year`, `faster`: `year`, `reference_growth`, `growth_needed`
        (ratios) and `confidence` of the range (0 to 1).

    Raises
    ------
    ValueError
        Fewer than three years, or a year is missing between two others.

    References
    ----------
    Split conformal interval of the no-change forecast (Vovk, Gammerman and Shafer 2005).

    Examples
    --------
    >>> history = pd.Series({2014: 0.109, 2015: 0.105, 2016: 0.094, 2017: 0.093})
    >>> growth_needed(history)["growth_needed"].round(3).tolist()
    [0.083, 0.094, 0.105]
    """
    known = history.dropna().sort_index()
    if len(known) < 3:
        raise ValueError(f"growth of {len(known)} years is known; a range needs at least three")
    _require_years(known, list(known.index), known.index[-1])
    changes = known.diff().dropna().abs()
    reference = known.iloc[-1] + np.array([-1, 0, 1]) * changes.max()
    return pd.DataFrame(
        {
            "year": int(known.index[-1]) + 1,
            "reference_growth": reference,
            "growth_needed": reference + rounding,
            "confidence": len(changes) / (len(changes) + 1),
        },
        index=pd.Index(["slower", "as_last_year", "faster"], name="case"),
    )


def normal_quantile(confidence: float) -> float:
    """
    Half-width of a two-sided normal interval in standard errors.

    Parameters
    ----------
    confidence : float
        Coverage, between 0 and 1, both excluded.

    Returns
    -------
    float
        Above zero.

    Raises
    ------
    ValueError
        The confidence is not between 0 and 1.

    References
    ----------
    Quantile (1 + confidence) / 2 of the standard normal distribution.

    Examples
    --------
    >>> round(normal_quantile(0.95), 3)
    1.96
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it lies between 0 and 1, as 0.95")
    return float(stats.norm.ppf((1 + confidence) / 2))


def _pairs(growth: ArrayLike, reference_growth: ArrayLike) -> pd.DataFrame:
    columns = {"growth": growth, "reference_growth": reference_growth}
    if any(isinstance(values, pd.Series) for values in columns.values()):
        return pd.DataFrame(columns, dtype=float)
    return pd.DataFrame(
        {name: np.atleast_1d(values) for name, values in columns.items()}, dtype=float
    )


def _require_positive(name: str, value: ArrayLike) -> None:
    numbers = np.asarray(value, dtype=float)
    if np.any(numbers <= 0):
        raise ValueError(f"{name} is {numbers[numbers <= 0].min()}; it must be above zero")


def _require_not_negative(name: str, value: ArrayLike) -> None:
    if np.any(np.asarray(value, dtype=float) < 0):
        raise ValueError(f"{name} is {np.min(value)}; it must not be negative")


def _require_years(known: pd.Series, years: list[int], base_year: int) -> None:
    missing = sorted(
        set(range(int(known.index.min()), int(known.index.max()) + 1)) - set(known.index)
    )
    if missing or known.index.has_duplicates:
        raise ValueError(
            f"growth must be given once for every year from {known.index.min()} to "
            f"{known.index.max()}; missing: {missing or 'none'}, "
            f"repeated: {known.index[known.index.duplicated()].tolist() or 'none'}"
        )
    if base_year not in years:
        raise ValueError(f"the base year {base_year} is outside {years[0]} to {years[-1]}")
