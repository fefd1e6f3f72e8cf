"""Published series of several areas: every engine back-tested, forecast, and judged."""

from collections.abc import Sequence

import pandas as pd

from analysis.projection.engines import available_engines
from analysis.projection.outcomes import stacked
from analysis.projection.rolling import (
    COMBINATION,
    error_table,
    project_rate,
    rolling_errors,
    with_combination,
    with_intervals,
)

BENCHMARKS = ("no_change", "log_linear")


def rolling_areas(
    survey: pd.DataFrame, paces: pd.DataFrame, *, horizons: Sequence[int]
) -> pd.DataFrame:
    """Back-test every engine on the published series of every area.

    Parameters
    ----------
    survey : DataFrame
        Columns ``area, year, headcount_ratio``; a final zero is a declared end and left out.
    paces : DataFrame
        Paces of exits, as for `draw_paces`.
    horizons : sequence of int
        Years ahead.

    Returns
    -------
    DataFrame
        As `rolling_errors`, with the combination and a column ``area``.

    Examples
    --------
    >>> survey = pd.DataFrame({"area": "a", "year": range(2010, 2015),
    ...                        "headcount_ratio": [0.20, 0.17, 0.14, 0.11, 0.08]})
    >>> from analysis.projection.paces import series_paces
    >>> errors = rolling_areas(survey, series_paces(survey, "a"), horizons=[1])
    >>> bool(errors.query("engine == 'last_fall'")["error"].abs().max() < 1e-9)
    True
    """
    return stacked(
        {
            area: with_combination(
                rolling_errors(
                    available_engines(series=series, place=area, paces=paces),
                    series,
                    horizons=horizons,
                )
            )
            for area, series in _series(survey).items()
        },
        "area",
    )


def _series(survey: pd.DataFrame) -> dict[str, pd.Series]:
    known = survey[survey["headcount_ratio"] > 0].sort_values("year")
    return {
        area: rows.set_index("year")["headcount_ratio"].astype(float)
        for area, rows in known.groupby("area", sort=False)
    }


def project_areas(
    survey: pd.DataFrame,
    paces: pd.DataFrame,
    *,
    horizon: int,
    line: float,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Forecast every area from its last known year.

    Parameters
    ----------
    survey, paces
        As for `rolling_areas`.
    horizon : int
        Years ahead.
    line : float
        Rate to fall below, 0 to 1.
    draws, seed : int
        Number of draws and seed of the random numbers.

    Returns
    -------
    DataFrame
        The tables of `project_rate`, with a column ``area``.

    Examples
    --------
    >>> survey = pd.DataFrame({"area": "a", "year": range(2010, 2018),
    ...                        "headcount_ratio": [0.3 - 0.03 * step for step in range(8)]})
    >>> from analysis.projection.paces import series_paces
    >>> given = survey, series_paces(survey, "a")
    >>> project_areas(*given, horizon=1, line=0.1, draws=500, seed=1)["basis"].tolist()
    ['few_errors']
    """
    tables = {}
    for area, series in _series(survey).items():
        engines = available_engines(series=series, place=area, paces=paces)
        last = int(series.index[-1])
        years = range(last + 1, last + horizon + 1)
        found = project_rate(engines, series, years, line=line, draws=draws, seed=seed)
        tables[area] = found.table
    return stacked(tables, "area")


def errors_by_horizon(errors: pd.DataFrame) -> pd.DataFrame:
    """Set the mean absolute errors of every engine side by side, a column a horizon.

    Parameters
    ----------
    errors : DataFrame
        From `rolling_areas`.

    Returns
    -------
    DataFrame
        Columns ``area, engine, forecasts`` (one year ahead), ``error_1, error_2, ...`` (0 to 1) at
        the horizons there are; rows by the error one year ahead. Only origins at which every
        engine of the area forecast count, so that errors compare.

    Examples
    --------
    >>> rows = [("a", "x", 1, 2, 1, 0.01), ("a", "x", 1, 3, 2, -0.02), ("a", "y", 1, 2, 1, 0.0)]
    >>> columns = ["area", "engine", "origin", "year", "horizon", "error"]
    >>> errors_by_horizon(pd.DataFrame(rows[:2], columns=columns)).values.tolist()
    [['a', 'x', 1, 0.01, 0.02]]
    """
    compared = _compared(errors)
    table = error_table(compared, ["area", "engine", "horizon"])
    wide = table.pivot_table("error", ["area", "engine"], "horizon").add_prefix("error_")
    first = table[table["horizon"] == table["horizon"].min()].set_index(["area", "engine"])
    wide.insert(0, "forecasts", first["forecasts"])
    wide = wide.rename_axis(columns=None).reset_index()
    return wide.sort_values(["area", "error_1", "engine"], ignore_index=True)


def _compared(errors: pd.DataFrame) -> pd.DataFrame:
    made = errors.groupby(["area", "origin", "year"])["engine"].transform("nunique")
    engines = errors.groupby("area")["engine"].transform("nunique")
    return errors[made == engines]


def accuracy(errors: pd.DataFrame, target: float) -> dict[str, object]:
    """Judge the combination one year ahead, against the benchmarks and a target.

    Parameters
    ----------
    errors : DataFrame
        From `rolling_areas`.
    target : float
        Mean absolute error that would be good enough, 0 to 1.

    Returns
    -------
    dict
        ``verdict`` (``met`` or ``missed``), ``error`` of the combination, ``no_change,
        log_linear``, the ``best`` engine afterwards and ``best_error`` (all over the same
        forecasts), ``forecasts``, and how many of ``intervals`` of 90 % ``held``.

    Examples
    --------
    >>> rows = [("a", name, y, y + 1, 1, 0.2 + e, 0.2, e)
    ...         for name, e in [("no_change", 0.02), ("log_linear", 0.01), ("combination", 0.01)]
    ...         for y in range(2010, 2015)]
    >>> columns = ["area", "engine", "origin", "year", "horizon", "forecast", "actual_ratio",
    ...            "error"]
    >>> found = accuracy(pd.DataFrame(rows, columns=columns), 0.005)
    >>> found["verdict"], found["held"], found["intervals"]
    ('missed', 2, 2)
    """
    ahead = errors[errors["horizon"] == 1]
    sizes = error_table(_compared(ahead), ["engine"]).set_index("engine")
    alone = ahead[ahead["engine"] == COMBINATION].groupby("area", sort=False)
    held = pd.concat([with_intervals(rows, scale="points") for _, rows in alone])["held"]
    best = sizes["error"].idxmin()
    return {
        "verdict": "met" if sizes.loc[COMBINATION, "error"] <= target else "missed",
        "error": float(sizes.loc[COMBINATION, "error"]),
        **{name: float(sizes.loc[name, "error"]) for name in BENCHMARKS},
        "best": best,
        "best_error": float(sizes.loc[best, "error"]),
        "forecasts": int(sizes.loc[COMBINATION, "forecasts"]),
        "held": int(held.sum()),
        "intervals": len(held),
    }
