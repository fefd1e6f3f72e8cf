"""Every engine forecast from every past origin, their combination, and what its intervals held."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from analysis.projection.distribution import crosses
from analysis.projection.engines import Engine, TooShort
from analysis.projection.intervals import (
    FEWEST,
    calibrated_band,
    chance_below,
    dates_below,
    drawn_paths,
    error_bound,
)

COMBINATION = "combination"
# Weights of past errors are no surer than this many percentage points.
FINEST = 0.0005


class Forecast(NamedTuple):
    """A calibrated forecast: `table` a row a year, `paths` draws by year, `weights` by engine."""

    table: pd.DataFrame
    paths: np.ndarray
    weights: pd.DataFrame
    errors: pd.DataFrame


def rolling_errors(
    engines: dict[str, Engine],
    actual: pd.Series,
    *,
    horizons: Sequence[int],
    breaks: Sequence[int] = (),
) -> pd.DataFrame:
    """Forecast from every year of a series as if it were the last known, and mark the forecasts.

    Parameters
    ----------
    engines : dict
        Engines by name, from `available_engines`.
    actual : Series
        Rate (0 to 1) by year.
    horizons : sequence of int
        Years ahead.
    breaks : sequence of int
        First years of a new survey; forecasts across one are left out.

    Returns
    -------
    DataFrame
        Columns ``engine, origin, year, horizon, forecast, actual_ratio, error`` (forecast less
        actual, 0 to 1). Where too little was known by an origin, an engine has no row. Leave a
        declared end, a zero that no trend reaches, out of ``actual``.

    Examples
    --------
    >>> from analysis.projection.engines import available_engines
    >>> series = pd.Series([0.4, 0.3, 0.2, 0.1], index=range(2010, 2014))
    >>> errors = rolling_errors(available_engines(series=series), series, horizons=[1])
    >>> errors.query("engine == 'last_fall'")["error"].abs().round(6).tolist()
    [0.0, 0.0]
    """
    rows = [
        row
        for origin in actual.index
        for name, engine in engines.items()
        for row in _from_origin(name, engine, actual, int(origin), horizons, breaks)
    ]
    columns = ["engine", "origin", "year", "forecast", "actual_ratio"]
    errors = pd.DataFrame(rows, columns=columns)
    errors.insert(3, "horizon", errors["year"] - errors["origin"])
    return errors.assign(error=errors["forecast"] - errors["actual_ratio"])


def _from_origin(  # noqa: PLR0917
    name: str,
    engine: Engine,
    actual: pd.Series,
    origin: int,
    horizons: Sequence[int],
    breaks: Sequence[int],
) -> list[tuple]:
    years = np.array([origin + step for step in horizons if origin + step in actual.index])
    years = years[~crosses(np.full(len(years), origin), years, breaks)].tolist()
    if not years:
        return []
    try:
        forecast = engine(origin, years)
    except TooShort:
        return []
    return [
        (name, origin, year, value, actual[year])
        for year, value in zip(years, forecast, strict=True)
    ]


def engine_weights(errors: pd.DataFrame, origin: int, horizon: int) -> pd.Series:
    """Weigh engines by how small their errors at a horizon were, as known at an origin.

    Parameters
    ----------
    errors : DataFrame
        From `rolling_errors`; only forecasts whose year had come by the origin are used.
    origin, horizon : int
        Last known year, years ahead.

    Returns
    -------
    Series
        By engine, adding up to 1: the inverse of the mean squared error over the forecasts that
        every engine made at this horizon; at all horizons where those are fewer than three;
        equal where those are.

    References
    ----------
    Bates and Granger (1969), The combination of forecasts; Stock and Watson (2004).

    Examples
    --------
    >>> past = [("a", 1, 2, 1, 0.01), ("b", 1, 2, 1, 0.02), ("a", 2, 3, 1, 0.01),
    ...         ("b", 2, 3, 1, -0.02), ("a", 3, 4, 1, -0.01), ("b", 3, 4, 1, 0.02)]
    >>> columns = ["engine", "origin", "year", "horizon", "error"]
    >>> engine_weights(pd.DataFrame(past, columns=columns), 4, 1).round(2).to_dict()
    {'a': 0.8, 'b': 0.2}
    """
    names = errors["engine"].unique()
    known = errors[errors["year"] <= origin]
    table = _side_by_side(known[known["horizon"] == horizon], names)
    if len(table) < FEWEST:
        table = _side_by_side(known, names)
    if len(table) < FEWEST:
        return pd.Series(1 / len(names), index=names)
    inverse = 1 / ((table**2).mean() + FINEST**2)
    return inverse / inverse.sum()


def _side_by_side(errors: pd.DataFrame, engines: np.ndarray) -> pd.DataFrame:
    table = errors.pivot_table("error", ["origin", "year", *_keys(errors)], "engine")
    return table.reindex(columns=engines).dropna()


def _keys(errors: pd.DataFrame) -> list[str]:
    return [name for name in ("series",) if name in errors]


def with_combination(errors: pd.DataFrame) -> pd.DataFrame:
    """Add the forecasts of the combination, each weighted by what was known at its origin.

    Parameters
    ----------
    errors : DataFrame
        From `rolling_errors`, of one series or, with a column ``series``, of several that share
        their weights.

    Returns
    -------
    DataFrame
        The same with rows of the engine ``combination``.

    Examples
    --------
    >>> rows = [("a", 1, 2, 1, 0.2, 0.1, 0.1), ("b", 1, 2, 1, 0.0, 0.1, -0.1)]
    >>> columns = ["engine", "origin", "year", "horizon", "forecast", "actual_ratio", "error"]
    >>> with_combination(pd.DataFrame(rows, columns=columns))["forecast"].tolist()
    [0.2, 0.0, 0.1]
    """
    combined = []
    for (origin, horizon), rows in errors.groupby(["origin", "horizon"]):
        present = errors[errors["engine"].isin(rows["engine"])]
        weights = engine_weights(present, origin, horizon)
        values = rows["forecast"] * rows["engine"].map(weights)
        keys = [*_keys(rows), "origin", "year", "horizon", "actual_ratio"]
        combined.append(values.groupby([rows[key] for key in keys]).sum().rename("forecast"))
    added = pd.concat([one.reset_index() for one in combined], ignore_index=True)
    added = added.assign(engine=COMBINATION, error=added["forecast"] - added["actual_ratio"])
    return pd.concat([errors, added], ignore_index=True)[list(errors.columns)]


def project_rate(
    engines: dict[str, Engine],
    actual: pd.Series,
    years: Sequence[int],
    *,
    line: float,
    draws: int,
    seed: int,
    breaks: Sequence[int] = (),
) -> Forecast:
    """Forecast a rate by the combination of engines, with intervals from its own past errors.

    Parameters
    ----------
    engines : dict
        Engines by name, from `available_engines`.
    actual : Series
        Rate (0 to 1) by year, to the last known year.
    years : sequence of int
        Years to come, ascending.
    line : float
        Rate to fall below, 0 to 1.
    draws, seed : int
        Number of draws and seed of the random numbers.
    breaks : sequence of int
        First years of a new survey.

    Returns
    -------
    Forecast
        ``table`` has columns ``year, forecast, low_80, high_80, low_90, high_90, errors, basis,
        chance_below, chance_first_below``.

    Raises
    ------
    ValueError
        Fewer than three past forecasts can be marked at a horizon.

    Examples
    --------
    >>> from analysis.projection.engines import available_engines
    >>> series = pd.Series(0.4 - 0.03 * np.arange(10), index=range(2010, 2020))
    >>> found = project_rate(available_engines(series=series), series, [2020], line=0.12,
    ...                      draws=1000, seed=1)
    >>> found.table["basis"].tolist(), bool(abs(found.table["forecast"][0] - 0.1) < 0.01)
    (['few_errors'], True)
    """
    origin = int(actual.index[-1])
    horizons = [year - origin for year in years]
    errors = rolling_errors(engines, actual, horizons=horizons, breaks=breaks)
    values = pd.DataFrame({name: _or_missing(engine, origin, years) for name, engine in
                           engines.items()}, index=horizons).dropna(axis=1)  # fmt: skip
    usable = errors[errors["engine"].isin(values.columns)]
    weights = pd.DataFrame({step: engine_weights(usable, origin, step) for step in horizons}).T
    forecast = (values * weights[values.columns]).sum(axis=1).to_numpy()
    marked = with_combination(usable)
    past = [_errors_at(marked, step) for step in horizons]
    paths = drawn_paths(forecast, past, draws=draws, seed=seed)
    table = calibrated_band(forecast, past)
    table.insert(0, "year", list(years))
    chances = dates_below(paths, years, line).loc[list(years)].to_numpy()
    table = table.assign(chance_below=chance_below(paths, line), chance_first_below=chances)
    return Forecast(table, paths, weights, marked)


def _or_missing(engine: Engine, origin: int, years: Sequence[int]) -> np.ndarray:
    try:
        return engine(origin, years)
    except TooShort:
        return np.full(len(years), np.nan)


def _errors_at(errors: pd.DataFrame, horizon: int) -> np.ndarray:
    rows = errors[(errors["engine"] == COMBINATION) & (errors["horizon"] == horizon)]
    return rows["error"].to_numpy()


def with_intervals(errors: pd.DataFrame, *, share: float = 0.9, scale: str) -> pd.DataFrame:
    """Put about each past forecast the interval that the errors known at its origin gave.

    Parameters
    ----------
    errors : DataFrame
        From `rolling_errors` or `with_combination`; errors of all ``series`` are taken together.
    share : float
        Share of the probability inside.
    scale : str
        ``points``: errors of the same horizon, as they are. ``probit``: errors of every horizon on
        the scale on which a lognormal distribution shifts with income, over the root of the years
        ahead; so that a high and a low line, and rounds of one year and of three, teach each other.

    Returns
    -------
    DataFrame
        Rows with three past errors or more, with ``low, high, held``.

    Raises
    ------
    ValueError
        Unknown scale.

    Examples
    --------
    >>> rows = [("a", y, y + 1, 1, 0.2, 0.2 + e, -e) for y, e in enumerate([.01, -.02, .01, .01])]
    >>> columns = ["engine", "origin", "year", "horizon", "forecast", "actual_ratio", "error"]
    >>> with_intervals(pd.DataFrame(rows, columns=columns), scale="points")["held"].tolist()
    [True]
    """
    if scale not in SCALES:
        raise ValueError(f"scale: {scale!r} is unknown; known are {', '.join(SCALES)}")
    ahead, back = SCALES[scale]
    root = np.sqrt(errors["horizon"]) if scale == "probit" else 1.0
    moved = errors.assign(
        place=ahead(errors["forecast"]),
        root=root,
        scaled=(ahead(errors["forecast"]) - ahead(errors["actual_ratio"])) / root,
    )
    rows = [_interval(row, moved, share, scale) for row in moved.to_dict("records")]
    found = pd.DataFrame([row for row in rows if row is not None])
    low, high = back(found["place"] - found["bound"]), back(found["place"] + found["bound"])
    held = found["actual_ratio"].between(low, high)
    return found.drop(columns=["place", "root", "scaled", "bound"]).assign(
        low=low, high=high, held=held
    )


def _interval(row: dict, errors: pd.DataFrame, share: float, scale: str) -> dict | None:
    known = errors[(errors["engine"] == row["engine"]) & (errors["year"] <= row["origin"])]
    if scale == "points":
        known = known[known["horizon"] == row["horizon"]]
    if len(known) < FEWEST:
        return None
    return row | {"bound": error_bound(known["scaled"], share) * row["root"]}


def _to_probit(rate: pd.Series) -> np.ndarray:
    return norm.ppf(np.clip(rate, FINEST, 1 - FINEST))


SCALES: dict[str, tuple[Callable, Callable]] = {
    "points": (np.asarray, lambda value: np.clip(value, 0, 1)),
    # What is clipped on the way there must not shut out a rate of nothing on the way back.
    "probit": (_to_probit, lambda value: np.where(norm.cdf(value) <= FINEST, 0, norm.cdf(value))),
}


def error_table(errors: pd.DataFrame, by: Sequence[str] = ("engine", "horizon")) -> pd.DataFrame:
    """Condense errors: how far off, which way, and how often the interval held.

    Parameters
    ----------
    errors : DataFrame
        From `rolling_errors`, `with_combination` or `with_intervals`.
    by : sequence of str
        Columns to group by.

    Returns
    -------
    DataFrame
        ``forecasts, error`` (mean absolute), ``bias``, ``worst`` (0 to 1), and where there are
        intervals ``held_90`` with its exact 90 % bounds ``held_90_low, held_90_high``.

    References
    ----------
    Clopper and Pearson (1934) for the bounds.

    Examples
    --------
    >>> rows = pd.DataFrame({"engine": "a", "horizon": 1, "error": [0.01, -0.03]})
    >>> error_table(rows)[["forecasts", "error", "bias"]].round(3).values.tolist()
    [[2.0, 0.02, -0.01]]
    """
    grouped = errors.groupby(list(by), sort=False)
    table = grouped["error"].agg(
        forecasts="size",
        error=lambda values: values.abs().mean(),
        bias="mean",
        worst=lambda values: values.abs().max(),
    )
    if "held" in errors:
        held, size = grouped["held"].sum(), grouped.size()
        low, high = proportion_confint(held, size, alpha=0.1, method="beta")
        table = table.assign(held_90=held / size, held_90_low=low, held_90_high=high)
    return table.reset_index()


def same_forecasts(errors: pd.DataFrame, engines: Iterable[Hashable]) -> pd.DataFrame:
    """Keep the forecasts that every one of some engines made, so that errors compare.

    Parameters
    ----------
    errors : DataFrame
        From `rolling_errors`, `with_combination` or `with_intervals`.
    engines : iterable
        Names.

    Returns
    -------
    DataFrame
        Rows of these engines at the origins and years that they share.

    Examples
    --------
    >>> rows = pd.DataFrame({"engine": ["a", "b", "a"], "origin": [1, 1, 2], "year": [2, 2, 3]})
    >>> same_forecasts(rows, ["a", "b"])["origin"].tolist()
    [1, 1]
    """
    names = list(engines)
    chosen = errors[errors["engine"].isin(names)]
    keys = [*_keys(chosen), "origin", "year"]
    made = chosen.groupby(keys)["engine"].transform("nunique")
    return chosen[made == len(names)].reset_index(drop=True)
