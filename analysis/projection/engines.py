"""One interface over every way of forecasting a rate: `engine(origin, years)` gives rates.

An engine closes over its data, looks only at what is dated up to the origin, and raises `TooShort`
where that is not enough. Which engines there are follows from which data there are.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from analysis.projection import distribution as incomes
from analysis.projection.distribution import Distribution
from analysis.projection.paces import draw_paces
from analysis.projection.trends import FORMS, trend_forecast

Engine = Callable[[int, Sequence[int]], np.ndarray]


class TooShort(ValueError):
    """An engine cannot forecast from an origin: too little was known by then."""


def trend_engine(series: pd.Series, form: str) -> Engine:
    """Forecast from the published rate alone.

    Parameters
    ----------
    series : Series
        Rate (0 to 1) by year.
    form : str
        As for `trend_forecast`.

    Returns
    -------
    callable
        ``engine(origin, years)`` gives an array of rates.

    Examples
    --------
    >>> engine = trend_engine(pd.Series([0.4, 0.2, 0.9], index=[2010, 2011, 2012]), "log_linear")
    >>> engine(2011, [2012]).tolist()
    [0.1]
    """

    def forecast(origin: int, years: Sequence[int]) -> np.ndarray:
        known = series[series.index <= origin]
        # A final zero is a declared end: there is no trend to learn from it.
        _need(len(known[known > 0]), 3 if form in ("local_trend", "damped") else 2, "year", origin)
        return trend_forecast(known, years, form)

    return forecast


def shift_engine(
    distributions: dict[int, Distribution],
    line: float,
    *,
    breaks: Sequence[int] = (),
    rank: float | None = None,
    rounds: int | None = None,
    growth: Callable[[int, int], float] | None = None,
    shape: bool = False,
) -> Engine:
    """Forecast by moving the last known distribution against the line.

    Parameters
    ----------
    distributions : dict of Distribution
        By year.
    line : float
        In the unit of income, above zero.
    breaks : sequence of int
        First years of a new survey: nothing is learned across them.
    rank : float or None
        As for `growth_history`: whose growth is carried forward.
    rounds : int or None
        Rounds of growth that the average takes, the latest; None takes all.
    growth : callable or None
        ``growth(origin, year)``, the change of the logarithm, where it is known or forecast
        elsewhere (national accounts); None takes the average of the past.
    shape : bool
        Also carry forward how far growth at each rank was from that of the mean.

    Returns
    -------
    callable
        ``engine(origin, years)`` gives an array of rates.

    Examples
    --------
    >>> steady = incomes.sorted_distribution([50, 80, 120], None)
    >>> rounds = dict.fromkeys(range(2010, 2013), steady)
    >>> shift_engine(rounds, 100)(2012, [2013]).round(3).tolist()
    [0.667]
    """
    history = incomes.growth_history(distributions, rank=rank, breaks=breaks)

    def forecast(origin: int, years: Sequence[int]) -> np.ndarray:
        seen = {year: item for year, item in distributions.items() if year <= origin}
        _need(len(seen), 1, "distribution", origin)
        ahead = np.asarray(years) - max(seen)
        shifts = (
            _average_growth(history, origin, rounds) * ahead
            if growth is None
            else [growth(max(seen), int(year)) for year in years]
        )
        curve = _past_shape(seen, breaks, rounds) if shape else np.zeros(1)
        return np.array(
            [
                _after(seen[max(seen)], line, shift, curve * steps)
                for shift, steps in zip(shifts, ahead, strict=True)
            ]
        )

    return forecast


def _after(start: Distribution, line: float, shift: float, curve: np.ndarray) -> float:
    moved = incomes.reshaped(start, curve) if curve.any() else start
    return float(incomes.shifted_poverty(moved, line, shift)["headcount_ratio"].iloc[0])


def _average_growth(history: pd.DataFrame, origin: int, rounds: int | None) -> float:
    known = history[history["year_to"] <= origin]
    _need(len(known), 1, "round of growth", origin)
    latest = known if rounds is None else known.tail(rounds)
    return float(np.average(latest["growth"], weights=latest["year_to"] - latest["year_from"]))


def _past_shape(
    seen: dict[int, Distribution], breaks: Sequence[int], rounds: int | None
) -> np.ndarray:
    years, ranks = np.array(sorted(seen)), np.linspace(0, 1, 101)
    apart = np.log([incomes.income_at(seen[year], ranks) / seen[year].mean for year in years])
    kept = ~incomes.crosses(years[:-1], years[1:], breaks)
    _need(kept.sum(), 1, "round of growth", int(years[-1]))
    changes = (np.diff(apart, axis=0) / np.diff(years)[:, None])[kept]
    return changes[-(rounds or 0) :].mean(axis=0)


def flow_engine(
    series: pd.Series, place: str, observed: pd.DataFrame, *, draws: int = 2000, seed: int = 1
) -> Engine:
    """Forecast by the exits of a register: paces learned here and in other places.

    Parameters
    ----------
    series : Series
        Rate (0 to 1) by year.
    place : str
        Name of the series in ``observed``.
    observed : DataFrame
        Paces of all places, as for `draw_paces`.
    draws, seed : int
        As for `draw_paces`.

    Returns
    -------
    callable
        ``engine(origin, years)`` gives the median of the draws.

    Examples
    --------
    >>> from analysis.projection.paces import series_paces
    >>> series = pd.Series([0.10, 0.09, 0.08, 0.07], index=range(2010, 2014))
    >>> frame = series.rename_axis("year").reset_index(name="headcount_ratio")
    >>> engine = flow_engine(series, "a", series_paces(frame, "a"))
    >>> engine(2013, [2014]).round(2).tolist()
    [0.06]
    """

    def forecast(origin: int, years: Sequence[int]) -> np.ndarray:
        seen = observed[observed["year_to"] <= origin]
        known = series[series.index <= origin]
        _need(min(len(seen), len(known)), 1, "year of exits", origin)
        every = range(known.index[-1] + 1, max(years) + 1)
        paces = draw_paces(seen, place, every, group="series", draws=draws, seed=seed)
        paths = known.iloc[-1] - known.iloc[0] * np.cumsum(paces, axis=1)
        middle = pd.Series(np.median(np.maximum(paths, 0), axis=0), index=every)
        return middle.loc[list(years)].to_numpy()

    return forecast


def elasticity_engine(
    series: pd.Series,
    mean_income: pd.Series,
    *,
    breaks: Sequence[int] = (),
    growth: Callable[[int, int], float] | None = None,
) -> Engine:
    """Forecast by the last observed elasticity of the rate to mean income.

    Parameters
    ----------
    series : Series
        Rate (0 to 1) by year.
    mean_income : Series
        Mean real income by year.
    breaks : sequence of int
        First years of a new survey: no elasticity is taken across them.
    growth : callable or None
        As for `shift_engine`; None repeats the growth of the round that gave the elasticity.

    Returns
    -------
    callable
        ``engine(origin, years)`` gives an array of rates.

    References
    ----------
    Bourguignon (2003), The growth elasticity of poverty reduction.

    Examples
    --------
    >>> rate = pd.Series([0.4, 0.2], index=[2010, 2011])
    >>> engine = elasticity_engine(rate, pd.Series([1.0, 2.0], index=[2010, 2011]))
    >>> engine(2011, [2012]).round(3).tolist()
    [0.1]
    """
    paired = pd.DataFrame({"rate": series, "mean": mean_income}).dropna()

    def forecast(origin: int, years: Sequence[int]) -> np.ndarray:
        seen = paired[paired.index <= origin]
        if len(seen) and seen["rate"].iloc[-1] == 0:
            return np.zeros(len(years))
        known = np.log(seen[seen["rate"] > 0])
        rounds = known.diff()[~incomes.crosses(known.index - 1, known.index, breaks)].dropna()
        _need(len(rounds), 1, "round of growth", origin)
        last, spans = rounds.iloc[-1], pd.Series(known.index, known.index).diff()
        yearly = last["mean"] / spans[rounds.index[-1]]
        shifts = [
            yearly * (year - origin) if growth is None else growth(origin, int(year))
            for year in years
        ]
        logs = known["rate"].iloc[-1] + last["rate"] / last["mean"] * np.array(shifts)
        return np.clip(np.exp(logs), 0, 1)

    return forecast


def available_engines(
    *,
    series: pd.Series | None = None,
    distributions: dict[int, Distribution] | None = None,
    line: float | None = None,
    breaks: Sequence[int] = (),
    place: str | None = None,
    paces: pd.DataFrame | None = None,
) -> dict[str, Engine]:
    """Choose the engines by what data there is.

    Parameters
    ----------
    series : Series, optional
        Published rate by year: opens the trends.
    distributions : dict of Distribution, optional
        Incomes by year: with ``line`` opens the shifts, by the growth of the mean and of the
        median, over all rounds and the last few, with and without the past change of shape.
    line : float, optional
        Poverty line in the unit of the incomes.
    breaks : sequence of int
        First years of a new survey.
    place : str, optional
        Name of the series in ``paces``.
    paces : DataFrame, optional
        Paces of exits, as for `draw_paces`: with ``series`` and ``place`` opens the flows.

    Returns
    -------
    dict
        Engines by name.

    Raises
    ------
    ValueError
        No engine can be made of what was given.

    Examples
    --------
    >>> sorted(available_engines(series=pd.Series([0.2, 0.1], index=[2010, 2011])))
    ['damped', 'last_fall', 'linear', 'local_trend', 'log_linear', 'no_change']
    """
    engines: dict[str, Engine] = {}
    if series is not None:
        engines |= {form: trend_engine(series, form) for form in FORMS}
    if series is not None and place is not None and paces is not None:
        engines["flows"] = flow_engine(series, place, paces)
    if distributions is not None and line is not None:
        engines |= _shifts(distributions, line, breaks)
    if not engines:
        raise ValueError(
            "nothing to forecast from; give a published series, or distributions and a line"
        )
    return engines


def _shifts(distributions: dict[int, Distribution], line: float, breaks: Sequence[int]) -> dict:
    options = {
        "neutral_shift": {},
        "neutral_recent": {"rounds": 3},
        "neutral_last": {"rounds": 1},
        "median_shift": {"rank": 0.5},
        "median_recent": {"rank": 0.5, "rounds": 3},
        "shaped_shift": {"shape": True},
        "shaped_recent": {"shape": True, "rounds": 3},
    }
    return {
        name: shift_engine(distributions, line, breaks=breaks, **chosen)
        for name, chosen in options.items()
    }


def _need(found: int, needed: int, what: str, origin: int) -> None:
    if found < needed:
        raise TooShort(f"{found} {what} known by {origin}; {needed} needed")
