"""Every engine back-tested on the real distributions of rural China, by hundredth of the people.

`python -m tests.references_projection FOLDER` prints the tables of `docs/methods/projection.md`.
Rules were fixed before the years that are forecast: rounds from 1990 on teach, 2011 to 2019 are
forecast, nothing is learned or forecast across the new survey of 2013.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import tables
from analysis.projection import distribution, engines, rolling

# International lines of 1.90, 3.20 and 5.50 dollars a day of 2011, and China's own, about 2.30.
LINES = (1.9, 2.3, 3.2, 5.5)
BREAKS = (2013,)
FIRST_YEAR, FIRST_FORECAST = 1990, 2011
HORIZONS = (1, 2, 3, 5)


def rounds(reference: Path) -> dict[int, distribution.Distribution]:
    """Distributions of consumption by year."""
    table = pd.read_csv(Path(reference) / "data" / "rural_china_100_bins.csv.gz")
    table = table[table["year"] >= FIRST_YEAR].sort_values(["year", "bin"])
    return {
        int(year): distribution.binned_distribution(
            rows["quantile"].to_numpy()[:-1], rows["avg_welfare"]
        )
        for year, rows in table.groupby("year")
    }


def rates(found: dict, line: float) -> pd.Series:
    """Share of people below a line by year."""
    return pd.Series(
        {
            year: distribution.shifted_poverty(item, line, 0.0)["headcount_ratio"].iloc[0]
            for year, item in found.items()
        }
    )


def known_growth(found: dict, rank: float | None):
    """Growth that a forecaster is told, as no forecaster is."""
    level = {
        year: item.mean if rank is None else float(distribution.income_at(item, rank))
        for year, item in found.items()
    }
    return lambda origin, year: float(np.log(level[year] / level[origin]))


def average_growth(found: dict):
    """Yearly growth of the median over the forecast years, as only hindsight knows it."""
    late = {year: item for year, item in found.items() if year >= FIRST_FORECAST - 1}
    history = distribution.growth_history(late, rank=0.5, breaks=BREAKS)
    yearly = history["growth"].mean()
    return lambda origin, year: float(yearly * (year - origin))


def official_growth():
    """Real growth of rural income as the statistics office prints it, before any survey is read."""
    table = tables.read("incomes")
    chosen = table.query("area == '100000' and population == 'rural' and period.str.len() == 4")
    yearly = np.log1p(chosen.set_index("year")["real_growth"])

    def growth(origin: int, year: int) -> float:
        span = range(origin + 1, year + 1)
        missing = [one for one in span if not np.isfinite(yearly.get(one, np.nan))]
        if missing:
            raise engines.TooShort(f"no official growth of {missing}")
        return float(sum(yearly[one] for one in span))

    return growth


def line_engines(found: dict, line: float) -> tuple[dict, dict]:
    """Engines that must forecast growth, and engines that are told."""
    series, means = rates(found, line), pd.Series({year: item.mean for year, item in found.items()})
    given = known_growth(found, None)
    forecasting = engines.available_engines(
        series=series, distributions=found, line=line, breaks=BREAKS
    )
    forecasting["elasticity"] = engines.elasticity_engine(series, means, breaks=BREAKS)
    told = {
        "neutral, told the average": engines.shift_engine(
            found, line, growth=average_growth(found)
        ),
        "neutral, told official growth": engines.shift_engine(
            found, line, growth=official_growth()
        ),
        "neutral, told the mean": engines.shift_engine(found, line, growth=given),
        "shape of the past, told the mean": engines.shift_engine(
            found, line, growth=given, shape=True, breaks=BREAKS
        ),
        "neutral, told the median": engines.shift_engine(
            found, line, growth=known_growth(found, 0.5)
        ),
        "elasticity, told the mean": engines.elasticity_engine(
            series, means, breaks=BREAKS, growth=given
        ),
    }
    return forecasting, told


def backtest(reference: Path, horizons=HORIZONS) -> pd.DataFrame:
    """Errors of every engine at every line, the combination with them."""
    found, forecasting, told = rounds(reference), [], []
    for line in LINES:
        actual = rates(found, line)
        for rows, some in zip((forecasting, told), line_engines(found, line), strict=True):
            errors = rolling.rolling_errors(some, actual, horizons=horizons, breaks=BREAKS)
            rows.append(errors.assign(series=line))
    combined = rolling.with_combination(pd.concat(forecasting, ignore_index=True))
    return pd.concat([combined, *told], ignore_index=True)


def summaries(errors: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Mean absolute errors by engine and horizon, and what the intervals held one year ahead."""
    tested = errors[errors["origin"] >= FIRST_FORECAST - 1]
    everywhere = tested[tested["engine"] != "neutral, told official growth"]["engine"].unique()
    compared = rolling.same_forecasts(tested, everywhere)
    late = rolling.same_forecasts(tested, tested["engine"].unique())
    held = rolling.with_intervals(errors, scale="probit")
    held = held[held["origin"] >= FIRST_FORECAST - 1]
    return {
        "error": _by_horizon(compared),
        "forecasts": compared.groupby("horizon").size() / compared["engine"].nunique(),
        "from 2013": _by_horizon(late),
        "forecasts from 2013": late.groupby("horizon").size() / late["engine"].nunique(),
        "held": rolling.error_table(held),
    }


def _by_horizon(errors: pd.DataFrame) -> pd.DataFrame:
    return rolling.error_table(errors).pivot_table("error", "engine", "horizon")


if __name__ == "__main__":
    with pd.option_context("display.width", 200):
        for name, table in summaries(backtest(Path(sys.argv[1]))).items():
            print(name, table.round(4).to_string(), sep="\n")
