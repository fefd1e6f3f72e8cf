"""A distribution of incomes carried forward: sorted once, then every draw is a search.

Growth moves everybody by one factor; a change of inequality moves everybody a share of the way to
the mean. Both are straight lines in income, so that the new headcount, gap and severity follow from
sums already made below one point of the old distribution.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr

from analysis import weighted

MEASURES = ["headcount_ratio", "poverty_gap_index", "poverty_severity"]
# So many numbers fit beside the processor, with what is worked out from them.
BLOCK = 1 << 16
SHOCK_CELLS = 1000
SHOCK_POINTS = 400


class Distribution(NamedTuple):
    """Incomes from the poorest up, and sums over all below each; entry 0 of a sum is nothing."""

    income: np.ndarray
    persons: np.ndarray
    total: np.ndarray
    squares: np.ndarray

    @property
    def mean(self) -> float:
        """Mean income."""
        return float(self.total[-1] / self.persons[-1])


def sorted_distribution(income: ArrayLike, weight: ArrayLike | None) -> Distribution:
    """Sort incomes once and sum what lies below each.

    Parameters
    ----------
    income : array_like, shape (n,)
        Any unit; a negative income counts as zero, as its gap is cut at the line.
    weight : array_like, shape (n,), or None
        Persons.

    Returns
    -------
    Distribution
        The input of every other function here.

    Raises
    ------
    ValueError
        Nobody has a known income and a weight.

    Examples
    --------
    >>> sorted_distribution([30, 10, 20], None).total.tolist()
    [0.0, 10.0, 30.0, 60.0]
    """
    income, weight, reached = weighted.ascending(income, weight)
    if not len(income):
        raise ValueError("income: nobody has a known income and a weight above zero")
    income = np.maximum(income, 0)
    received = weight * income
    return Distribution(income, _from_zero(reached), _summed(received), _summed(received * income))


def _summed(values: np.ndarray) -> np.ndarray:
    return _from_zero(np.cumsum(values))


def _from_zero(values: np.ndarray) -> np.ndarray:
    return np.concatenate(([0.0], values))


def binned_distribution(
    upper: ArrayLike, mean_income: ArrayLike, *, points: int = 50
) -> Distribution:
    """Spread equal bins of people over the incomes between their limits, straight in log income.

    Parameters
    ----------
    upper : array_like, shape (bins - 1,)
        Highest income of every bin but the last, ascending and above zero.
    mean_income : array_like, shape (bins,)
        Mean income of each bin; those of the two open ends say how long their tails are.
    points : int
        Points a bin.

    Returns
    -------
    Distribution
        Weights add up to 1.

    Raises
    ------
    ValueError
        The limits do not ascend from above zero, their number is not one less than the bins, or
        the mean of an open end lies on the wrong side of its limit.

    References
    ----------
    Cowell (2011), Measuring Inequality, section 4.3, for Pareto tails from means.

    Examples
    --------
    >>> hundred = np.exp(np.linspace(0, 2, 101))
    >>> spread = binned_distribution(hundred[1:-1], (hundred[1:] + hundred[:-1]) / 2)
    >>> round(float(shifted_poverty(spread, np.e, 0.0)["headcount_ratio"].iloc[0]), 3)
    0.5
    """
    upper, means = np.asarray(upper, float), np.asarray(mean_income, float)
    if len(upper) != len(means) - 1 or not (upper[0] > 0 and (np.diff(upper) > 0).all()):
        raise ValueError(
            f"upper: {len(upper)} limits for {len(means)} bins; give one less than there are bins, "
            "ascending from above zero"
        )
    if not (0 < means[0] < upper[0] and means[-1] > upper[-1]):
        raise ValueError(
            f"mean_income: {means[0]} is not below {upper[0]}, or {means[-1]} not above {upper[-1]}"
        )
    places = (np.arange(points) + 0.5) / points
    inner = np.interp(
        (np.arange((len(means) - 2) * points) + 0.5) / points, np.arange(len(upper)), np.log(upper)
    )
    # Power tails, as of Pareto, are the shapes whose mean is known from a limit and an exponent.
    lowest = upper[0] * places ** ((upper[0] - means[0]) / means[0])
    highest = upper[-1] * (1 - places) ** ((upper[-1] - means[-1]) / means[-1])
    income = np.concatenate([lowest, np.exp(inner), highest])
    return sorted_distribution(income, np.full(len(income), 1 / len(income)))


def shifted_poverty(
    distribution: Distribution,
    line: float,
    growth: ArrayLike,
    *,
    gini_change: ArrayLike = 0.0,
    pass_through: float = 1.0,
) -> pd.DataFrame:
    """Count the poor after growth of the mean and a change of inequality, one row a draw.

    Parameters
    ----------
    distribution : Distribution
        From `sorted_distribution` or `binned_distribution`.
    line : float
        Poverty line in the unit of income, above zero.
    growth : array_like, shape (draws,)
        Growth of the mean over the whole horizon as a change of its logarithm.
    gini_change : array_like, shape (draws,)
        Relative change of the Gini, -1 to below 1; -0.02 takes 2 % of it away.
    pass_through : float
        Share of the growth that reaches incomes.

    Returns
    -------
    DataFrame
        Columns ``headcount_ratio, poverty_gap_index, poverty_severity``, 0 to 1.

    Raises
    ------
    ValueError
        The line is not above zero, or a change of the Gini is outside -1 to 1.

    References
    ----------
    Kakwani (1993) for the shift to the mean, which scales the Lorenz curve's distance from the
    diagonal; Lakner and others (2020); Mahler and Newhouse (2024) for the pass-through.

    Examples
    --------
    >>> incomes = sorted_distribution([50, 90, 120, 300], None)
    >>> shifted_poverty(incomes, 100, [0.0, np.log(1.2)])["headcount_ratio"].tolist()
    [0.5, 0.25]
    """
    growth, change = np.broadcast_arrays(np.atleast_1d(growth).astype(float), gini_change)
    _require(line, change)
    slope, added = _moved(distribution.mean, pass_through * growth, change)
    # Left of what equals the line: whoever has the line is not poor.
    below, nothing = (
        np.searchsorted(distribution.income, (reached - added) / slope, side="left")
        for reached in (line, 0)
    )
    return _poverty_between(distribution, nothing, below, slope / line, added / line)


def _moved(mean: float, growth: np.ndarray, change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What every income is multiplied with, and what is added, in each draw."""
    factor = np.exp(growth)
    return factor * (1 + change), -change * mean * factor


def drawn_poverty(
    income: ArrayLike,
    weight: ArrayLike | None,
    line: float,
    growth: ArrayLike,
    *,
    gini_change: ArrayLike = 0.0,
    pass_through: float = 1.0,
) -> pd.DataFrame:
    """Count the poor as `shifted_poverty`, for many draws, and sort only the incomes in doubt.

    Whoever is poor in every draw, or in none, needs no order: on millions of incomes this costs
    less than to sort them once.

    Parameters
    ----------
    income : array_like, shape (n,)
        As for `sorted_distribution`.
    weight : array_like, shape (n,), or None
        Persons.
    line, growth, gini_change, pass_through
        As for `shifted_poverty`.

    Returns
    -------
    DataFrame
        As `shifted_poverty` gives it of the sorted distribution.

    Raises
    ------
    ValueError
        The line is not above zero, a change of the Gini is outside -1 to 1, or nobody has a known
        income and a weight.

    Examples
    --------
    >>> drawn_poverty([50, 90, 120, 300], None, 100, [0.0, np.log(1.2)])["headcount_ratio"].tolist()
    [0.5, 0.25]
    """
    growth, change = np.broadcast_arrays(np.atleast_1d(growth).astype(float), gini_change)
    _require(line, change)
    income, weight = weighted.observations(income, weight)
    everyone = float(weight.sum())
    if not everyone > 0:
        raise ValueError("income: nobody has a known income and a weight above zero")
    received = sum(
        weighted.sum_of_products(theirs, known) for known, theirs in _blocks(income, weight)
    )
    slope, added = _moved(received / everyone, pass_through * growth, change)
    doubts = [_between((reached - added) / slope) for reached in (0, line)]
    spread = _sorted_between(income, weight, _apart(doubts), (everyone, received))
    return shifted_poverty(spread, line, growth, gini_change=change, pass_through=pass_through)


def _between(limits: np.ndarray) -> tuple[float, float]:
    """From the lowest limit to the highest, a hair wider: its last digit may come out otherwise."""
    return limits.min() * (1 - weighted.TIE), limits.max() * (1 + weighted.TIE)


def _apart(doubts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Two ranges of incomes as one where they meet; one that holds no income is left out."""
    (low, high), (lower, upper) = doubts
    if high >= lower:
        return [(min(low, lower), max(high, upper))]
    return [(low, high), (lower, upper)] if high > 0 else [(lower, upper)]


def _sorted_between(
    income: np.ndarray,
    weight: np.ndarray,
    doubts: list[tuple[float, float]],
    whole: tuple[float, float],
) -> Distribution:
    """Incomes in order within ranges; those below and between are one entry each, the rest one."""
    parts, last = [], -np.inf
    for low, high in doubts:
        sums, inside = _parted(income, weight, last, low, high)
        middle, persons, _ = weighted.ascending(*inside)
        entry = [max(last, 0.0), *sums]
        parts += [np.array([entry]).T, [middle, persons, persons * middle, persons * middle**2]]
        last = high
    found = np.concatenate(parts, axis=1)
    # Squares above the last range are never read: nobody there is poor in any draw.
    rest = [np.inf, *(total - sums.sum() for total, sums in zip(whole, found[1:3], strict=True)), 0]
    incomes, *sums = np.append(found, np.array([rest]).T, axis=1)
    return Distribution(incomes, *(_summed(each) for each in sums))


def _parted(
    income: np.ndarray, weight: np.ndarray, last: float, low: float, high: float
) -> tuple[np.ndarray, np.ndarray]:
    """Sum persons, incomes and squares from `last` to `low`; give incomes and weights to `high`."""
    sums, inside = np.zeros(3), []
    for known, theirs in _blocks(income, weight):
        inside.append(_picked(known, theirs, (known >= low) & (known <= high)))
        poor, held = _picked(known, theirs, (known > last) & (known < low))
        received = held * poor
        sums += held.sum(), received.sum(), (received * poor).sum()
    return sums, np.concatenate(inside, axis=1)


def _picked(income: np.ndarray, weight: np.ndarray, which: np.ndarray) -> np.ndarray:
    # Places are looked up faster than a mask is applied, the more so to two arrays.
    at = np.flatnonzero(which)
    return np.stack([income[at], weight[at]])


def _blocks(income: np.ndarray, weight: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Incomes and weights in pieces that stay beside the processor, none below zero."""
    for start in range(0, len(income), BLOCK):
        part = slice(start, start + BLOCK)
        yield np.maximum(income[part], 0), weight[part]


def _poverty_between(
    distribution: Distribution,
    nothing: np.ndarray,
    below: np.ndarray,
    slope: np.ndarray,
    start: np.ndarray,
) -> pd.DataFrame:
    # Those whom wider inequality would take below zero lack the whole line, and no more.
    without = distribution.persons[nothing] / distribution.persons[-1]
    persons, received, squares = (
        (part[below] - part[nothing]) / distribution.persons[-1]
        for part in (distribution.persons, distribution.total, distribution.squares)
    )
    rest = 1 - start
    gap = rest * persons - slope * received
    severity = rest**2 * persons - 2 * rest * slope * received + slope**2 * squares
    parts = np.column_stack([persons, gap, severity]) + without[:, None]
    return pd.DataFrame(np.clip(parts, 0, 1), columns=MEASURES)


def _require(line: float, change: np.ndarray) -> None:
    if not (np.isfinite(line) and line > 0):
        raise ValueError(f"line: {line} is no poverty line; give one above zero")
    if not ((change > -1) & (change < 1)).all():
        raise ValueError("gini_change: give a relative change between -1 and 1, such as -0.02")


def shocked_poverty(
    distribution: Distribution, line: float, growth: ArrayLike, *, shock: float
) -> pd.DataFrame:
    """Count the poor when, besides growth, every person meets a good or bad year of their own.

    Parameters
    ----------
    distribution : Distribution
        From `sorted_distribution` or `binned_distribution`.
    line : float
        Poverty line, above zero.
    growth : array_like, shape (draws,)
        As for `shifted_poverty`.
    shock : float
        Standard deviation of the logarithm of the personal factor, above zero; its mean is 1.

    Returns
    -------
    DataFrame
        As `shifted_poverty`. The shocks are integrated over the normal, not drawn, with people of
        neighbouring ranks taken together in a thousand cells.

    Raises
    ------
    ValueError
        The line or the shock is not above zero.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions, chapter 14, for
    the partial moments of the lognormal.

    Examples
    --------
    >>> equal = sorted_distribution([100.0], None)
    >>> round(float(shocked_poverty(equal, 100, 0.0, shock=0.2)["headcount_ratio"].iloc[0]), 4)
    0.5398
    """
    growth = np.atleast_1d(growth).astype(float)
    _require(line, np.zeros(1))
    if not shock > 0:
        raise ValueError(f"shock: {shock} is no spread; give a standard deviation above zero")
    income, weight = _cells(distribution)
    if len(growth) <= SHOCK_POINTS:
        return _shocked(income, weight, line, growth, shock)
    points = np.linspace(growth.min(), growth.max(), SHOCK_POINTS)
    table = _shocked(income, weight, line, points, shock)
    return pd.DataFrame({name: np.interp(growth, points, table[name]) for name in MEASURES})


def _cells(distribution: Distribution) -> tuple[np.ndarray, np.ndarray]:
    size = len(distribution.income)
    cuts = np.unique(np.linspace(0, size, min(size, SHOCK_CELLS) + 1).astype(int))
    weight = np.diff(distribution.persons[cuts])
    return np.diff(distribution.total[cuts]) / weight, weight / distribution.persons[-1]


def _shocked(
    income: np.ndarray, weight: np.ndarray, line: float, growth: np.ndarray, shock: float
) -> pd.DataFrame:
    relative = np.exp(growth)[:, None] * income / line
    with np.errstate(divide="ignore"):
        place = -np.log(relative) / shock + shock / 2
    below, first, second = (ndtr(place - order * shock) for order in range(3))
    gap = below - relative * first
    severity = below - 2 * relative * first + relative**2 * np.exp(shock**2) * second
    return pd.DataFrame(
        {name: part @ weight for name, part in zip(MEASURES, (below, gap, severity), strict=True)}
    )


def reshaped(distribution: Distribution, growth_by_rank: ArrayLike) -> Distribution:
    """Move every rank by its own growth: a growth incidence curve as a scenario.

    Parameters
    ----------
    distribution : Distribution
        From `sorted_distribution` or `binned_distribution`.
    growth_by_rank : array_like, shape (ranks,)
        Change of the logarithm of income at evenly spaced ranks from the poorest to the richest,
        straight between them.

    Returns
    -------
    Distribution
        Sorted again: those who pass others change places.

    Examples
    --------
    >>> reshaped(sorted_distribution([10, 20], None), [np.log(3), 0.0]).income.round(6).tolist()
    [22.795071, 26.32148]
    """
    curve = np.asarray(growth_by_rank, float)
    weight = np.diff(distribution.persons)
    ranks = (distribution.persons[1:] - weight / 2) / distribution.persons[-1]
    growth = np.interp(ranks, np.linspace(0, 1, len(curve)), curve)
    return sorted_distribution(distribution.income * np.exp(growth), weight)


def income_at(distribution: Distribution, ranks: ArrayLike) -> np.ndarray:
    """Read incomes at ranks, straight in income between neighbours.

    Parameters
    ----------
    distribution : Distribution
        From `sorted_distribution` or `binned_distribution`.
    ranks : array_like
        Shares of people from the poorest up, 0 to 1.

    Returns
    -------
    numpy.ndarray
        Income in its unit.

    Examples
    --------
    >>> float(income_at(sorted_distribution([10, 20, 30], None), 0.5))
    20.0
    """
    middles = (distribution.persons[1:] + distribution.persons[:-1]) / 2
    return np.interp(ranks, middles / distribution.persons[-1], distribution.income)


def growth_history(
    distributions: dict[int, Distribution],
    *,
    rank: float | None = None,
    breaks: Sequence[int] = (),
) -> pd.DataFrame:
    """Read yearly growth between neighbouring rounds of a survey.

    Parameters
    ----------
    distributions : dict of Distribution
        By year.
    rank : float or None
        Rank whose income is followed, 0 to 1; None follows the mean, which a few rich move.
    breaks : sequence of int
        First years of a new survey; growth across one is left out.

    Returns
    -------
    DataFrame
        Columns ``year_from, year_to, growth``: yearly change of the logarithm.

    Examples
    --------
    >>> rounds = {2010: sorted_distribution([1.0], None), 2012: sorted_distribution([4.0], None)}
    >>> growth_history(rounds)["growth"].round(3).tolist()
    [0.693]
    """
    years = np.array(sorted(distributions))
    level = [
        distributions[year].mean if rank is None else float(income_at(distributions[year], rank))
        for year in years
    ]
    growth = np.diff(np.log(level)) / np.diff(years)
    rounds = pd.DataFrame({"year_from": years[:-1], "year_to": years[1:], "growth": growth})
    return rounds[~crosses(rounds["year_from"], rounds["year_to"], breaks)].reset_index(drop=True)


def crosses(year_from: ArrayLike, year_to: ArrayLike, breaks: Sequence[int]) -> np.ndarray:
    """Tell which spans of years lead from one survey into another.

    Parameters
    ----------
    year_from, year_to : array_like of int, shape (n,)
        First and last year of each span.
    breaks : sequence of int
        First years of a new survey.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> crosses([2011, 2012, 2013], [2012, 2013, 2014], [2013])
    array([False,  True, False])
    """
    first, last = np.asarray(year_from), np.asarray(year_to)
    return np.any([(first < start) & (start <= last) for start in [*breaks, np.inf]], axis=0)


def draw_growth(
    history: pd.DataFrame, years: Sequence[int], origin: int, *, draws: int, seed: int
) -> np.ndarray:
    """Draw growth from an origin to each year to come, from the spread of growth so far.

    Parameters
    ----------
    history : DataFrame
        Columns ``year_from, year_to, growth`` (yearly); rows that end after the origin are left
        out.
    years : sequence of int
        Years to come, ascending.
    origin : int
        Last known year.
    draws, seed : int
        Number of draws and seed of the random numbers.

    Returns
    -------
    ndarray of shape (draws, len(years))
        Change of the logarithm since the origin. Independent years about an unknown mean:
        a round of three years tells three years about the mean, its error a third of the variance.

    Raises
    ------
    ValueError
        Fewer than two rounds of growth are known.

    References
    ----------
    Student's t predictive distribution of a normal sample: Gelman and others (2013), Bayesian Data
    Analysis, section 3.2.

    Examples
    --------
    >>> rounds = {"year_from": [1, 2, 3], "year_to": [2, 3, 4], "growth": [0.05, 0.06, 0.07]}
    >>> drawn = draw_growth(pd.DataFrame(rounds), [5, 6], 4, draws=4000, seed=1)
    >>> np.median(drawn, axis=0).round(2).tolist()
    [0.06, 0.12]
    """
    known = history[history["year_to"] <= origin]
    if len(known) < 2:
        raise ValueError(f"{len(known)} round of growth is known by {origin}; two are needed")
    mean, spread, lasted = _growth_moments(known)
    rng = np.random.default_rng(seed)
    scale = spread * np.sqrt((len(known) - 1) / rng.chisquare(len(known) - 1, (draws, 1)))
    level = mean + scale * rng.standard_normal((draws, 1)) / np.sqrt(lasted)
    ahead = np.array(years) - origin
    steps = np.sqrt(np.diff(ahead, prepend=0)) * rng.standard_normal((draws, len(ahead)))
    return level * ahead + scale * np.cumsum(steps, axis=1)


def _growth_moments(known: pd.DataFrame) -> tuple[float, float, float]:
    spans = (known["year_to"] - known["year_from"]).to_numpy(float)
    growth = known["growth"].to_numpy(float)
    mean = np.average(growth, weights=spans)
    spread = np.sqrt((spans * (growth - mean) ** 2).sum() / (len(known) - 1))
    return mean, spread, spans.sum()
