"""The method held against what came out later, and against naive forecasts."""

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from analysis import words
from analysis.projection.flows import Scenario, draw_delivery, units_out
from analysis.projection.outcomes import fan, stacked, yearly_exits
from analysis.projection.paces import draw_paces, exit_paces


def backtest(
    series: pd.DataFrame, place: str, observed: pd.DataFrame, *, first: int, draws: int, seed: int
) -> pd.DataFrame:
    """Forecast each year of a series from what stood before it, one year ahead.

    Parameters
    ----------
    series : DataFrame
        Columns ``year, headcount_ratio`` of one area and one statistical system.
    place : str
        Name of the series in ``observed``.
    observed : DataFrame
        Paces of all places, as for `draw_paces`; only years up to the origin are used.
    first : int
        First year that is forecast; at least two years must stand before it.
    draws, seed : int
        As for `draw_paces`.

    Returns
    -------
    DataFrame
        Columns ``year, actual_ratio, forecast, low_90, low_80, high_80, high_90, no_change,
        log_linear``.
        No change repeats the last incidence, log-linear its last proportional fall. A final zero
        is a declared end and is not forecast.

    Examples
    --------
    >>> from analysis.projection.paces import series_paces
    >>> series = pd.DataFrame({"year": range(2010, 2016),
    ...                        "headcount_ratio": [0.10, 0.09, 0.08, 0.07, 0.06, 0.05]})
    >>> paces = series_paces(series, "a")
    >>> backtest(series, "a", paces, first=2014, draws=500, seed=1)["actual_ratio"].tolist()
    [0.06, 0.05]
    """
    known = series[series["headcount_ratio"] > 0].set_index("year")["headcount_ratio"].astype(float)
    rows = []
    for year in known.index[known.index >= first]:
        seen = observed[observed["year_to"] < year]
        paces = draw_paces(seen, place, [year], group="series", draws=draws, seed=seed)
        rows.append(_one_ahead(known, paces, int(year)))
    return pd.DataFrame(rows)


def _one_ahead(known: pd.Series, paces: np.ndarray, year: int) -> dict[str, float]:
    last, before, start = known[year - 1], known[year - 2], known.iloc[0]
    bounds = fan(np.maximum(last - paces * start, 0), [year]).iloc[0].to_dict()
    bounds["forecast"] = bounds.pop("median")
    naive = {"no_change": last, "log_linear": last**2 / before}
    return {**bounds, "year": year, "actual_ratio": known[year], **naive}


def backtest_areas(
    survey: pd.DataFrame, observed: pd.DataFrame, *, first: int, draws: int, seed: int
) -> pd.DataFrame:
    """Run `backtest` on every area of a survey and mark each forecast.

    Parameters
    ----------
    survey : DataFrame
        Columns ``area, year, headcount_ratio``.
    observed, first, draws, seed
        As for `backtest`.

    Returns
    -------
    DataFrame
        As `backtest`, with ``area``, absolute errors ``error, no_change_error, log_linear_error``
        (0 to 1) and whether the intervals held the truth, ``held_80, held_90``.

    Examples
    --------
    >>> from analysis.projection.paces import series_paces
    >>> series = pd.DataFrame({"area": "a", "year": range(2010, 2014),
    ...                        "headcount_ratio": [0.10, 0.09, 0.08, 0.07]})
    >>> given = series, series_paces(series, "a")
    >>> backtest_areas(*given, first=2013, draws=500, seed=1)["held_90"].tolist()
    [True]
    """
    runs = {
        area: backtest(rows, area, observed, first=first, draws=draws, seed=seed)
        for area, rows in survey.groupby("area", sort=False)
    }
    errors = stacked(runs, "area")
    actual = errors["actual_ratio"]
    return errors.assign(
        held_80=actual.between(errors["low_80"], errors["high_80"]),
        held_90=actual.between(errors["low_90"], errors["high_90"]),
        error=(errors["forecast"] - actual).abs(),
        no_change_error=(errors["no_change"] - actual).abs(),
        log_linear_error=(errors["log_linear"] - actual).abs(),
    )


def backtest_summary(errors: pd.DataFrame, by: str) -> pd.DataFrame:
    """Say how far forecasts were off, and how often the stated intervals held the truth.

    Parameters
    ----------
    errors : DataFrame
        As `backtest_areas` gives it.
    by : str
        Column to group by, such as ``area``.

    Returns
    -------
    DataFrame
        One row a group: ``years_forecast``, mean absolute errors ``error, no_change_error,
        log_linear_error`` (0 to 1), coverage ``held_80, held_90`` with exact 90 % bounds
        ``held_90_low, held_90_high``: with few years these are wide, and say so.

    References
    ----------
    Clopper and Pearson (1934) for the bounds of the coverage.

    Examples
    --------
    >>> row = {"area": "a", "error": 0.01, "no_change_error": 0.02, "log_linear_error": 0.005,
    ...        "held_80": True, "held_90": True}
    >>> backtest_summary(pd.DataFrame([row]), "area")["held_90_low"].round(2).tolist()
    [0.05]
    """
    measures = ["error", "no_change_error", "log_linear_error", "held_80", "held_90"]
    grouped = errors.groupby(by, sort=False)
    summary = grouped[measures].mean()
    held, years = grouped["held_90"].sum(), grouped.size()
    low, high = proportion_confint(held, years, alpha=0.1, method="beta")
    summary = summary.assign(held_90_low=low, held_90_high=high)
    summary.insert(0, "years_forecast", years)
    return summary.reset_index()


def named_errors(summary: pd.DataFrame, **areas: str) -> dict[str, float]:
    """Name the mean absolute errors of areas, for a sentence.

    Parameters
    ----------
    summary : DataFrame
        From `backtest_summary`, indexed by area.
    **areas : str
        Name in the sentence and area code.

    Returns
    -------
    dict of float
        For each name its error, ``<name>_naive`` (log-linear) and ``<name>_still`` (no change).

    Examples
    --------
    >>> row = {"error": 0.1, "log_linear_error": 0.2, "no_change_error": 0.3}
    >>> named_errors(pd.DataFrame(row, index=["100000"]), nation="100000")["nation_still"]
    0.3
    """
    parts = {"": "error", "_naive": "log_linear_error", "_still": "no_change_error"}
    return {
        f"{name}{ending}": float(summary.loc[area, column])
        for name, area in areas.items()
        for ending, column in parts.items()
    }


def known_outcome(
    counties: pd.DataFrame, county: str, years: pd.DataFrame, scenario: str
) -> dict[str, object]:
    """Look up in which year a county exited, and which chance a projection had given that year.

    Parameters
    ----------
    counties : DataFrame
        Columns ``county_zh, batch_year``.
    county : str
        Name of the county in Chinese.
    years : DataFrame
        Columns ``scenario, exit_year, chance``, from `outcomes.exit_years`.
    scenario : str
        Scenario to look at.

    Returns
    -------
    dict
        ``verdict`` is ``known``, with ``actual`` and ``chance``, or ``unknown``. The chance is
        `words.WITHHELD` where ``years`` has no rows because it may not be told.

    Examples
    --------
    >>> counties = pd.DataFrame({"county_zh": ["甲县"], "batch_year": [2019]})
    >>> years = pd.DataFrame({"scenario": ["s"], "exit_year": [2019], "chance": [0.5]})
    >>> known_outcome(counties, "甲县", years, "s")
    {'verdict': 'known', 'actual': 2019, 'chance': 0.5}
    >>> known_outcome(counties, "乙县", years, "s")
    {'verdict': 'unknown'}
    """
    found = counties.loc[counties["county_zh"] == county, "batch_year"]
    if found.empty:
        return {"verdict": "unknown"}
    mine = years[years["scenario"] == scenario]
    later = found.iloc[0] > mine["exit_year"].max()
    rows = mine[mine["exit_year"].isna() if later else mine["exit_year"] == found.iloc[0]]
    chance = words.WITHHELD if years.empty else float(rows["chance"].sum())
    return {"verdict": "known", "actual": int(found.iloc[0]), "chance": chance}


def county_batches(
    exits: pd.DataFrame,
    actual: pd.DataFrame,
    scenarios: dict[str, Scenario],
    *,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Hold the method against counties whose exit years came out later.

    Parameters
    ----------
    exits : DataFrame
        Exits of units known when the projection was made, as for `exit_paces`.
    actual : DataFrame
        One row a county, column ``batch_year``: the year in which it exited.
    scenarios : dict of Scenario
        By name; the plan taken is an even spread to the last year, as no yearly plan is known.
    draws, seed : int
        As for `draw_paces`.

    Returns
    -------
    DataFrame
        Columns ``scenario, year, actual_counties, expected_counties, counties_low, counties_high,
        held``: counties a year, with an 80 % interval.

    Examples
    --------
    >>> exits = pd.DataFrame([("n", 2016, 2016, 100, 25)],
    ...                      columns=["place", "year_from", "year_to", "opening", "exits"])
    >>> actual = pd.DataFrame({"batch_year": [2017, 2017, 2018, 2018]})
    >>> even = {"even": Scenario((), 0, 0, 1.0, 0, 0, (0, 0), (1, 1))}
    >>> county_batches(exits, actual, even, draws=50, seed=1)["expected_counties"].tolist()
    [2.0, 2.0]
    """
    counted = actual["batch_year"].value_counts().sort_index()
    years, stock = counted.index.tolist(), float(counted.sum())
    paces = draw_paces(exit_paces(exits), "counties", years, draws=draws, seed=seed)
    planned = np.array([stock / len(years)] * (len(years) - 1) + [np.inf])
    runs = {}
    for name, scenario in scenarios.items():
        delivery = draw_delivery(scenario, draws, np.random.default_rng(seed))
        runs[name] = yearly_exits(units_out(stock, 0, paces, planned, delivery), 0, years)
    batches = stacked(runs, "scenario")
    batches["actual_counties"] = batches["year"].map(counted)
    titles = {"median": "expected_counties", "low_80": "counties_low", "high_80": "counties_high"}
    batches = batches.rename(columns=titles)
    held = batches["actual_counties"].between(batches["counties_low"], batches["counties_high"])
    return batches.assign(held=held)[
        ["scenario", "year", "actual_counties", *titles.values(), "held"]
    ]


def batches_fared(batches: pd.DataFrame) -> dict[str, float]:
    """Put together how each scenario fared against the counties, for a sentence.

    Parameters
    ----------
    batches : DataFrame
        From `county_batches`, scenarios ``historical_pace`` and ``plan_uncertain_delivery``.

    Returns
    -------
    dict
        ``years``; for ``pace`` and ``uncertain`` the mean absolute error in counties a year, the
        years ``<name>_held`` by the 80 % interval, and its mean width ``<name>_width``.

    Examples
    --------
    >>> row = {"actual_counties": 15, "expected_counties": 13, "counties_low": 2,
    ...        "counties_high": 78, "held": True}
    >>> names = ["historical_pace", "plan_uncertain_delivery"]
    >>> fared = batches_fared(pd.DataFrame([{"scenario": name, **row} for name in names]))
    >>> fared["pace"], fared["pace_width"]
    (2.0, 76.0)
    """
    names = {"historical_pace": "pace", "plan_uncertain_delivery": "uncertain"}
    marked = batches.assign(
        off=(batches["expected_counties"] - batches["actual_counties"]).abs(),
        width=batches["counties_high"] - batches["counties_low"],
    )
    fared: dict[str, float] = {}
    for scenario, rows in marked.groupby("scenario"):
        name = names[scenario]
        held, off, width = rows["held"].sum(), rows["off"].mean(), rows["width"].mean()
        fared |= {name: float(off), f"{name}_held": int(held), f"{name}_width": float(width)}
        fared["years"] = len(rows)
    return fared
