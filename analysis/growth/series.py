"""Published income series set side by side: growth, indices, gaps, ratios of levels."""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from analysis.growth.rates import (
    annualized_growth,
    chained_index,
    closing_path,
    closing_year,
    growth_gap,
)
from analysis.growth.rates import real_growth as deflated_growth
from analysis.tables import MARKS

SERIES = ["area", "population"]


def growth_table(
    incomes: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    rounding: float = 0.001,
    level_rounding: float = 1.0,
) -> pd.DataFrame:
    """
    Growth of every annual series, nominal and real, and whether it fits the published levels.

    A printed growth rate is taken before one computed from levels: the statistical office
    compares like with like, while two printed levels may stand for different lists of places.
    Where no real growth is published, the nominal one is deflated by the prices given.

    Parameters
    ----------
    incomes : DataFrame
        `area, population, period, year, income_yuan, nominal_growth, real_growth, source,
        verification`; rows for parts of a year are left out.
    prices : DataFrame
        `year, rural_price_index` (over the year before), one row a year.
    rounding : float
        Worth of the last printed digit of a growth rate, a ratio.
    level_rounding : float
        Worth of the last printed digit of a level, yuan.

    Returns
    -------
    DataFrame
        One row a series and year: `area, population, year, income_yuan, nominal_growth,
        growth_of_levels, levels` ("agree", "disagree", "untested"), `real_growth, real_basis`
        ("published", "deflated", "unknown"), `source` and `verification`.

    Raises
    ------
    ValueError
        A series has two rows for a year, or the prices have.

    References
    ----------
    Levels agree with a printed rate when the ranges that rounding leaves to both overlap.

    Examples
    --------
    >>> incomes = pd.DataFrame({"area": "1", "population": "rural", "period": ["2016", "2017"],
    ...     "year": [2016, 2017], "income_yuan": [9020, 9862], "nominal_growth": [None, 0.093],
    ...     "real_growth": None, "source": "yearbook", "verification": "derived"})
    >>> prices = pd.DataFrame({"year": [2017], "rural_price_index": [1.013]})
    >>> growth_table(incomes, prices)[["levels", "real_growth"]].round(3).values.tolist()[1]
    ['agree', 0.079]
    """
    annual = incomes[incomes["period"] == incomes["year"].astype(str)].sort_values(
        [*SERIES, "year"]
    )
    _require_once("incomes", annual, [*SERIES, "year"])
    _require_once("prices", prices, ["year"])
    annual = annual.astype({"year": int}).reset_index(drop=True)
    before = _level_before(annual)
    of_levels = annualized_growth(before, annual["income_yuan"])
    nominal = annual["nominal_growth"].astype(float)
    deflator = annual["year"].map(prices.set_index("year")["rural_price_index"])
    published = annual["real_growth"].astype(float)
    deflated = deflated_growth(nominal.fillna(of_levels), deflator)
    return annual[[*SERIES, "year", "income_yuan"]].assign(
        nominal_growth=nominal.fillna(of_levels),
        growth_of_levels=of_levels,
        levels=_agreement(before, annual["income_yuan"], nominal, rounding, level_rounding),
        real_growth=published.fillna(deflated),
        real_basis=np.select(
            [published.notna(), deflated.notna()], ["published", "deflated"], "unknown"
        ),
        source=annual["source"],
        verification=annual["verification"],
    )


def with_printed(
    incomes: pd.DataFrame, printed: pd.Series, area: str, year: int, *, population: str = "rural"
) -> pd.DataFrame:
    """
    Put the growth that a place printed among the published series, where these lack it.

    Parameters
    ----------
    incomes : DataFrame
        As for `growth_table`.
    printed : Series
        ``value`` (a ratio), ``source, verification``, as a row of `tables.margins`.
    area, population : str
        Of the place; what it prints does not say whether it is nominal and is taken as such.
    year : int
        Year of the growth.

    Returns
    -------
    DataFrame
        The series, with one row more unless the place had one in that year.

    Examples
    --------
    >>> incomes = pd.DataFrame({"area": ["1"], "population": "rural", "period": "2017"})
    >>> printed = pd.Series({"value": 0.099, "source": "report", "verification": "derived"})
    >>> with_printed(incomes, printed, "2", 2017)["area"].tolist()
    ['1', '2']
    """
    whole = {"area": area, "population": population, "period": str(year)}
    if (incomes[list(whole)] == pd.Series(whole)).all(axis=1).any():
        return incomes
    row = whole | {"year": year}
    row |= {"nominal_growth": printed["value"], **printed[["source", "verification"]]}
    return pd.concat([incomes, pd.DataFrame([row])], ignore_index=True)


def index_table(growths: pd.DataFrame, base_year: int) -> pd.DataFrame:
    """
    Nominal and real index of every series that reaches the base year without a hole.

    Parameters
    ----------
    growths : DataFrame
        As `growth_table` gives it.
    base_year : int
        Year in which every index is 1.

    Returns
    -------
    DataFrame
        One row a series and year: `area, population, year, nominal_index, real_index`. Series
        whose rates do not reach the base year are absent.

    Raises
    ------
    ValueError
        No series reaches the base year.

    References
    ----------
    `chained_index` of the growth rates.

    Examples
    --------
    >>> growths = pd.DataFrame({"area": "1", "population": "rural", "year": [2016, 2017],
    ...                         "nominal_growth": [0.1, 0.2], "real_growth": [0.05, 0.1]})
    >>> index_table(growths, 2016).round(3)[["year", "nominal_index"]].values.tolist()
    [[2015.0, 0.909], [2016.0, 1.0], [2017.0, 1.2]]
    """
    found = {
        series: pd.DataFrame(
            {
                "nominal_index": _index_through(rows, "nominal_growth", base_year),
                "real_index": _index_through(rows, "real_growth", base_year),
            }
        )
        for series, rows in growths.groupby(SERIES, sort=False)
    }
    reached = {series: index for series, index in found.items() if len(index)}
    if not reached:
        raise ValueError(f"no income series has growth rates that reach the base year {base_year}")
    return pd.concat(reached, names=[*SERIES, "year"]).reset_index()


def compared_with(
    growths: pd.DataFrame,
    area: str,
    year: int,
    *,
    population: str = "rural",
    rounding: float = 0.001,
) -> pd.DataFrame:
    """
    Gap of every series against one of them in a year, with what limits the comparison.

    Parameters
    ----------
    growths : DataFrame
        As `growth_table` gives it.
    area, population : str
        The reference.
    year : int
        Year of the growth rates.
    rounding : float
        Worth of the last printed digit, a ratio.

    Returns
    -------
    DataFrame
        One row a series: `area, population`, the columns of `growth_gap`, `real_growth_gap`,
        `same_population` (both are the same kind of residents), `levels` and the weaker
        `verification` of the two. Series without growth in the year are absent.

    Raises
    ------
    ValueError
        The reference has no growth in the year.

    References
    ----------
    `growth_gap`; the range is that of rounding alone.

    Examples
    --------
    >>> growths = pd.DataFrame({"area": ["1", "2"], "population": "rural", "year": 2017,
    ...     "nominal_growth": [0.097, 0.093], "real_growth": [0.083, 0.079], "levels": "untested",
    ...     "verification": ["verified-read", "from-memory"]})
    >>> compared_with(growths, "2", 2017)[["verdict", "verification"]].values.tolist()
    [['passes', 'from-memory']]
    """
    rows = growths[(growths["year"] == year) & growths["nominal_growth"].notna()]
    reference = _reference(rows, area, population, year)
    others = rows.drop(index=reference.name).reset_index(drop=True)
    gaps = growth_gap(others["nominal_growth"], reference["nominal_growth"], rounding=rounding)
    return pd.concat([others[SERIES], gaps], axis=1).assign(
        real_growth_gap=others["real_growth"] - reference["real_growth"],
        same_population=others["population"] == reference["population"],
        levels=others["levels"],
        verification=_weaker(others["verification"], reference["verification"]),
    )


def level_ratios(growths: pd.DataFrame, area: str, *, population: str = "rural") -> pd.DataFrame:
    """
    Level of every series over that of one of them, year by year.

    Parameters
    ----------
    growths : DataFrame
        As `growth_table` gives it.
    area, population : str
        The reference.

    Returns
    -------
    DataFrame
        `area, population, year, level_ratio, verification` where both levels are published.

    Raises
    ------
    ValueError
        The reference has no level.

    References
    ----------
    Ratio of levels at current prices.

    Examples
    --------
    >>> growths = pd.DataFrame({"area": ["1", "2"], "population": "rural", "year": 2017,
    ...     "income_yuan": [9862.0, 13432.0], "verification": "derived"})
    >>> level_ratios(growths, "2")["level_ratio"].round(3).tolist()
    [0.734]
    """
    of_reference = (growths["area"] == area) & (growths["population"] == population)
    reference = growths[of_reference].set_index("year")
    if reference["income_yuan"].isna().all():
        raise ValueError(f"no level of income is published for {population} of area {area}")
    ratio = growths["income_yuan"] / growths["year"].map(reference["income_yuan"])
    others = growths[~of_reference & ratio.notna()]
    marks = _weaker(others["verification"], others["year"].map(reference["verification"]))
    return (
        others[[*SERIES, "year"]]
        .assign(level_ratio=ratio, verification=marks)
        .reset_index(drop=True)
    )


def closing_table(
    growths: pd.DataFrame,
    area: str,
    year: int,
    *,
    population: str = "rural",
    rounding: float = 0.001,
) -> pd.DataFrame:
    """
    Year in which each series would reach the level of one of them at the gap of a year.

    Parameters
    ----------
    growths : DataFrame
        As `growth_table` gives it.
    area, population : str
        The reference.
    year : int
        Year of levels and growth rates.
    rounding : float
        Worth of the last printed digit of a growth rate, a ratio.

    Returns
    -------
    DataFrame
        One row a series with level and growth in the year: `area, population, year, level_ratio,
        growth, reference_growth, closing_year, closing_year_low, closing_year_high` (missing
        where it never comes or has come), `closes` ("closes", "closed", "never", or "unsure"
        where rounding leaves both) and `verification`.

    Raises
    ------
    ValueError
        The reference has no growth or no level in the year.

    References
    ----------
    `closing_year`. Arithmetic on one year's gap, not a forecast.

    Examples
    --------
    >>> growths = pd.DataFrame({"area": ["1", "2"], "population": "rural", "year": 2017,
    ...     "income_yuan": [9862.0, 13432.0], "nominal_growth": [0.093, 0.086], "levels": "agree",
    ...     "real_growth": [0.079, 0.072], "verification": "derived"})
    >>> closing_table(growths, "2", 2017)[["closing_year", "closes"]].round().values.tolist()
    [[2065.0, 'closes']]
    """
    ratios = level_ratios(growths, area, population=population)
    gaps = compared_with(growths, area, year, population=population, rounding=rounding)
    rows = ratios[ratios["year"] == year].merge(
        gaps[[*SERIES, "growth", "reference_growth"]], on=SERIES
    )
    years = pd.DataFrame(
        [
            closing_year(year, row.level_ratio, row.growth, row.reference_growth, rounding=rounding)
            for row in rows.itertuples()
        ],
        columns=["closing_year", "closing_year_low", "closing_year_high"],
        index=rows.index,
    )
    closes = np.select(
        [
            rows["level_ratio"] >= 1,
            np.isinf(years["closing_year_low"]),
            np.isinf(years["closing_year_high"]),
        ],
        ["closed", "never", "unsure"],
        "closes",
    )
    ahead = years.where(np.isfinite(years)).mask(rows["level_ratio"] >= 1)
    shown = pd.concat([rows.drop(columns="verification"), ahead], axis=1)
    return shown.assign(closes=closes, verification=rows["verification"])


def closing_paths(
    closing: pd.DataFrame, last_year: int, *, rounding: float = 0.001
) -> pd.DataFrame:
    """
    Ratio of levels year by year for every series of a closing table.

    Parameters
    ----------
    closing : DataFrame
        As `closing_table` gives it.
    last_year : int
        Last year of the paths.
    rounding : float
        Worth of the last printed digit of a growth rate, a ratio.

    Returns
    -------
    DataFrame
        `area, population` and the columns of `closing_path`.

    Raises
    ------
    ValueError
        The table is empty, or the last year is before its year.

    References
    ----------
    `closing_path`.

    Examples
    --------
    >>> closing = pd.DataFrame({"area": ["1"], "population": ["rural"], "year": [2017],
    ...                         "level_ratio": [0.5], "growth": [0.1], "reference_growth": [0.05]})
    >>> closing_paths(closing, 2018)["level_ratio"].round(4).tolist()
    [0.5, 0.5238]
    """
    paths = {
        (row.area, row.population): closing_path(
            row.year,
            row.level_ratio,
            row.growth,
            row.reference_growth,
            last_year=last_year,
            rounding=rounding,
        )
        for row in closing.itertuples()
    }
    return pd.concat(paths, names=SERIES).reset_index(SERIES).reset_index(drop=True)


def with_roles(frame: pd.DataFrame, *, place: str, province: str, nation: str) -> pd.DataFrame:
    """
    Say of each series which part it plays, and leave out those that play none.

    Parameters
    ----------
    frame : DataFrame
        Rows with `area` and `population`.
    place, province, nation : str
        Area codes.

    Returns
    -------
    DataFrame
        The rows with a column `role`: "place", "province", "nation", "poor_areas" (of the nation)
        or "province_poor_areas".

    Raises
    ------
    ValueError
        Two of the areas are the same.

    References
    ----------
    The palette of charts goes by these roles.

    Examples
    --------
    >>> frame = pd.DataFrame({"area": ["1", "3"], "population": "rural"})
    >>> with_roles(frame, place="3", province="2", nation="1")["role"].tolist()
    ['nation', 'place']
    """
    if len({place, province, nation}) < 3:
        raise ValueError(f"place {place}, province {province} and nation {nation} must differ")
    roles = {
        (place, "rural"): "place",
        (province, "rural"): "province",
        (nation, "rural"): "nation",
        (nation, "rural_poor_areas"): "poor_areas",
        (province, "rural_poor_areas"): "province_poor_areas",
    }
    series = pd.Series(list(zip(frame["area"], frame["population"], strict=True)), frame.index)
    return frame.assign(role=series.map(roles)).dropna(subset="role")


def range_outcome(needed: pd.DataFrame, growths: pd.DataFrame, area: str) -> pd.DataFrame:
    """
    Hold the range of a reference's growth against the growth that came.

    Parameters
    ----------
    needed : DataFrame
        As `growth_needed` gives it.
    growths : DataFrame
        As `growth_table` gives it, with the later year where it is known.
    area : str
        The reference.

    Returns
    -------
    DataFrame
        One row: `year`, `reference_growth_low`, `reference_growth_high`, `reference_growth` (as it
        came, missing where it is not known), `outcome` ("inside", "outside", "unknown") and
        `verification`.

    Raises
    ------
    ValueError
        The reference has two rows for the year.

    References
    ----------
    Inside includes the ends.

    Examples
    --------
    >>> needed = pd.DataFrame({"year": 2018, "reference_growth": [0.082, 0.093, 0.104]})
    >>> growths = pd.DataFrame({"area": ["1"], "population": ["rural"], "year": [2018],
    ...                         "nominal_growth": [0.092], "verification": ["derived"]})
    >>> range_outcome(needed, growths, "1")["outcome"].item()
    'inside'
    """
    low, high = needed["reference_growth"].min(), needed["reference_growth"].max()
    year = int(needed["year"].iloc[0])
    came = growths.query("area == @area and population == 'rural' and year == @year")
    _require_once("growth rates", came, [*SERIES, "year"])
    known = came["nominal_growth"].notna().any()
    growth = float(came["nominal_growth"].iloc[0]) if known else np.nan
    inside = "inside" if low - 1e-12 <= growth <= high + 1e-12 else "outside"
    row = {
        "year": year,
        "reference_growth_low": low,
        "reference_growth_high": high,
        "reference_growth": growth,
        "outcome": inside if known else "unknown",
        "verification": came["verification"].iloc[0] if known else "not-found",
    }
    return pd.DataFrame([row])


def _level_before(annual: pd.DataFrame) -> pd.Series:
    levels = annual.set_index([*SERIES, "year"])["income_yuan"].astype(float)
    wanted = annual[[*SERIES, "year"]].assign(year=annual["year"] - 1)
    return pd.Series(levels.reindex(pd.MultiIndex.from_frame(wanted)).to_numpy(), annual.index)


def _agreement(
    before: pd.Series, after: pd.Series, printed: pd.Series, rounding: float, level_rounding: float
) -> np.ndarray:
    half = level_rounding / 2
    low = (after - half) / (before + half) - 1
    high = (after + half) / (before - half) - 1
    untested = low.isna() | printed.isna()
    agree = (low <= printed + rounding / 2) & (high >= printed - rounding / 2)
    return np.select([untested, agree], ["untested", "agree"], "disagree")


def _index_through(rows: pd.DataFrame, column: str, base_year: int) -> pd.Series:
    """Index over the unbroken run of rates that reaches the base year; empty if none does."""
    rates = rows.set_index("year")[column].dropna().sort_index()
    run = rates.index - np.arange(len(rates))
    for _, unbroken in rates.groupby(run):
        if unbroken.index.min() - 1 <= base_year <= unbroken.index.max():
            return chained_index(unbroken, base_year)
    return pd.Series(dtype=float)


def _reference(rows: pd.DataFrame, area: str, population: str, year: int) -> pd.Series:
    found = rows[(rows["area"] == area) & (rows["population"] == population)]
    if found.empty:
        raise ValueError(
            f"no growth of income is known in {year} for {population} of area {area}; "
            f"areas with growth that year: {', '.join(sorted(set(rows['area']))) or 'none'}"
        )
    return found.iloc[0]


def _weaker(marks: pd.Series, other: pd.Series | Hashable) -> pd.Series:
    others = other if isinstance(other, pd.Series) else pd.Series(other, marks.index)
    ranks = pd.concat([marks.map(MARKS.index), others.map(MARKS.index)], axis=1)
    return ranks.max(axis=1).map(dict(enumerate(MARKS)))


def _require_once(name: str, frame: pd.DataFrame, keys: list[str]) -> None:
    repeated = frame[frame.duplicated(keys)]
    if len(repeated):
        raise ValueError(
            f"{name} have more than one row for {repeated[keys].to_dict('records')}; "
            "keep one of each"
        )
