"""From households to villages to the county: indicators that no ledger of that level holds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.exits.judgement import FAIL, PASS, UNKNOWN
from analysis.statuses import POOR, REGISTERED

HOUSEHOLD = ["household", "year"]
# Which row of the totals a village was found in.
PLACE = "_place"


def village_indicators(
    villages: pd.DataFrame,
    households: pd.DataFrame,
    judged_households: pd.DataFrame,
    measures: pd.DataFrame,
) -> pd.DataFrame:
    """Fill what the village ledger lacks from the households of the village.

    Parameters
    ----------
    villages : DataFrame
        ``village, year, population`` and what else the ledger holds.
    households : DataFrame
        ``household, year, village, size, status, school_dropouts``.
    judged_households : DataFrame
        From `judge`, with the keys ``household, year``.
    measures : DataFrame
        The table ``measures``; ``from_households`` names the columns to fill.

    Returns
    -------
    DataFrame
        The villages with ``poor_persons``, ``headcount_ratio`` (poor over population), and what
        was lacking of ``school_dropouts`` and the columns of ``measures``. A figure is missing
        where a household of the village has a missing part, where no household of the village is
        on the register, and where the population is missing.

    Raises
    ------
    ValueError
        A household lives in a village that is not in the ledger, or was not judged.

    Examples
    --------
    >>> villages = pd.DataFrame({"village": ["a"], "year": [2017], "population": [100]})
    >>> households = pd.DataFrame({"household": ["1"], "year": [2017], "village": ["a"],
    ...     "size": [4], "status": ["poor"], "school_dropouts": [0]})
    >>> judged = pd.DataFrame({"household": ["1"], "year": [2017], "indicator": ["housing"],
    ...                        "verdict": ["fail"]})
    >>> measures = pd.DataFrame({"level": ["village"], "column": ["safe_housing_share"],
    ...                          "from_households": ["housing"]})
    >>> found = village_indicators(villages, households, judged, measures)
    >>> found[["headcount_ratio", "safe_housing_share"]].values.tolist()
    [[0.04, 0.0]]
    """
    by = ["village", "year"]
    placed = households[by].merge(villages[by], how="left", indicator=True)["_merge"] == "both"
    _refuse(households[~placed.to_numpy()], "lives in a village that the village ledger lacks")
    totals = household_totals(households, by).join(
        household_shares(households, judged_households, measures, "village", by)
    )
    return filled_villages(villages, totals.reset_index())


def filled_villages(villages: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Fill what the village ledger lacks from totals of its households.

    Parameters
    ----------
    villages : DataFrame
        As for `village_indicators`.
    totals : DataFrame
        ``village, year, poor_persons`` and what may be lacking.

    Returns
    -------
    DataFrame
        As `village_indicators` gives it.

    Raises
    ------
    ValueError
        The totals have a village that the ledger lacks.

    Examples
    --------
    >>> villages = pd.DataFrame({"village": ["a"], "year": [2017], "population": [100]})
    >>> totals = villages[["village", "year"]].assign(poor_persons=4.0)
    >>> filled_villages(villages, totals)["headcount_ratio"].tolist()
    [0.04]
    """
    filled = _filled(villages, totals, ["village", "year"])
    ratio = filled["poor_persons"] / filled["population"]
    return _with_lacking(filled, "headcount_ratio", ratio)


def of_year(households: pd.DataFrame, year: int) -> pd.DataFrame:
    """Take the households of a year.

    Parameters
    ----------
    households : DataFrame
        With ``year``.
    year : int
        Year asked for.

    Returns
    -------
    DataFrame
        The rows of the year, at least one.

    Raises
    ------
    ValueError
        The ledgers hold no household of the year; the message names the years they hold.

    Examples
    --------
    >>> len(of_year(pd.DataFrame({"year": [2016, 2017, 2017]}), 2017))
    2
    """
    now = households[households["year"] == year]
    if now.empty:
        known = ", ".join(map(str, sorted(households["year"].unique())))
        raise ValueError(f"year: the ledgers hold no household of {year}; they hold {known}")
    return now


def household_totals(households: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Count the poor and the pupils who dropped out, by village, township or year.

    Parameters
    ----------
    households : DataFrame
        ``size, status, school_dropouts`` and the columns of ``by``.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    DataFrame
        Indexed by ``by``: ``poor_persons, registered_persons, school_dropouts``; missing where a
        household's part is missing.

    Examples
    --------
    >>> households = pd.DataFrame({"year": 2017, "size": [4, 3], "status": ["poor", "exited"],
    ...                            "school_dropouts": [1, None]})
    >>> household_totals(households, ["year"]).iloc[0].tolist()
    [4.0, 7.0, nan]
    """
    size, status = households["size"].astype("Float64"), households["status"]
    counted = households[list(by)].assign(
        poor_persons=_persons(size, status, POOR),
        registered_persons=_persons(size, status, REGISTERED),
        school_dropouts=households["school_dropouts"]
        .astype("Float64")
        .to_numpy(float, na_value=np.nan),
    )
    return counted.groupby(list(by)).sum(skipna=False)


def _persons(size: pd.Series, status: pd.Series, among: Sequence[str]) -> np.ndarray:
    persons = size.to_numpy(float, na_value=np.nan)
    return np.where(status.isna(), np.nan, np.where(status.isin(among), persons, 0.0))


def household_shares(
    households: pd.DataFrame,
    judged: pd.DataFrame,
    measures: pd.DataFrame,
    level: str,
    by: Sequence[str],
) -> pd.DataFrame:
    """Give the share of registered households that pass an indicator, by group.

    Parameters
    ----------
    households : DataFrame
        ``household, year, status`` and the columns of ``by``.
    judged : DataFrame
        From `judge`, with the keys ``household, year``.
    measures : DataFrame
        The table ``measures``; ``from_households`` says which indicator fills which column.
    level : str
        Level whose columns are filled: village or county.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    DataFrame
        Indexed by ``by``, one column of shares (0 to 1) a filled column; missing where the verdict
        of a household is unknown, or no household is on the register.

    Raises
    ------
    ValueError
        A household was not judged.

    Examples
    --------
    >>> households = pd.DataFrame({"household": ["1", "2"], "year": 2017, "status": "poor"})
    >>> judged = pd.DataFrame({"household": ["1", "2"], "year": 2017, "indicator": "support",
    ...                        "verdict": ["pass", "fail"]})
    >>> measures = pd.DataFrame({"level": ["county"], "column": ["support_share"],
    ...                          "from_households": ["support"]})
    >>> household_shares(households, judged, measures, "county", ["year"]).iloc[0].tolist()
    [0.5]
    """
    asked = measures[(measures["level"] == level) & measures["from_households"].notna()]
    columns = asked.drop_duplicates("column").set_index("from_households")["column"]
    rows = _registered(households, list(by)).merge(
        judged[[*HOUSEHOLD, "indicator", "verdict"]], on=HOUSEHOLD, how="left"
    )
    _refuse(rows[rows["indicator"].isna()], "was not judged; judge the same households")
    passes = rows["verdict"].map({PASS: 1.0, FAIL: 0.0, UNKNOWN: np.nan})
    rows["passes"] = passes.where(rows["status"].notna())
    shares = rows.groupby([*by, "indicator"])["passes"].mean(skipna=False)
    shares = shares.unstack("indicator")  # noqa: PD010 - one share a cell, no mean
    return shares.reindex(columns=columns.index).rename(columns=columns)


def _registered(households: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Keep the registered, and those of whom nobody knows whether they are."""
    kept = households["status"].isin(REGISTERED) | households["status"].isna()
    return households.loc[kept, list(dict.fromkeys([*HOUSEHOLD, *by, "status"]))]


def _refuse(rows: pd.DataFrame, rule: str) -> None:
    if len(rows):
        first = rows.iloc[0]
        raise ValueError(
            f"the household {first['household']} of {first['year']} {rule}; {len(rows)} such rows"
        )


def _filled(ledger: pd.DataFrame, totals: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    numbered = totals.assign(**{PLACE: np.arange(len(totals))})
    found = ledger[by].merge(numbered, on=by, how="left").set_axis(ledger.index)
    _refuse_lost(totals[by], found[PLACE])
    filled = ledger
    for column in totals.columns.difference(by, sort=False):
        filled = _with_lacking(filled, column, found[column])
    return filled


def _refuse_lost(totals: pd.DataFrame, found: pd.Series) -> None:
    there = np.zeros(len(totals), dtype=bool)
    there[found.dropna().astype(int)] = True
    lost = totals[~there]
    if len(lost):
        village, year = lost.sort_values([*totals]).iloc[0]
        raise ValueError(
            f"the village {village} of {year} is in the register and not in the village "
            f"ledger; {len(lost)} such villages and years"
        )


def _with_lacking(ledger: pd.DataFrame, column: str, values: pd.Series) -> pd.DataFrame:
    """Take what the ledger says, and the values only where it says nothing."""
    if column in ledger:
        values = ledger[column].astype("Float64").fillna(values.astype("Float64"))
    return ledger.assign(**{column: values.astype("Float64").to_numpy(float, na_value=np.nan)})


def township_indicators(villages: pd.DataFrame) -> pd.DataFrame:
    """Give incidence by township and year, and its fall from the year before.

    Parameters
    ----------
    villages : DataFrame
        From `village_indicators`: ``township, year, poor_persons, population``.

    Returns
    -------
    DataFrame
        ``township, year, poor_persons, population, headcount_ratio, headcount_ratio_fall``; the
        fall is missing in a year whose year before is not there.

    Examples
    --------
    >>> villages = pd.DataFrame({"township": "t", "year": [2016, 2017], "poor_persons": [10.0, 4.0],
    ...                          "population": 100.0})
    >>> township_indicators(villages)["headcount_ratio_fall"].round(6).tolist()
    [nan, 0.06]
    """
    by = ["township", "year"]
    sums = villages.groupby(by)[["poor_persons", "population"]].sum(skipna=False).reset_index()
    sums["headcount_ratio"] = sums["poor_persons"] / sums["population"]
    before = sums[[*by, "headcount_ratio"]].assign(year=sums["year"] + 1)
    joined = sums.merge(before, on=by, how="left", suffixes=("", "_before"))
    fall = joined["headcount_ratio_before"] - joined["headcount_ratio"]
    return joined.drop(columns="headcount_ratio_before").assign(headcount_ratio_fall=fall)


def county_indicators(
    villages: pd.DataFrame,
    households: pd.DataFrame,
    judged_households: pd.DataFrame,
    measures: pd.DataFrame,
    statistics: pd.DataFrame,
) -> pd.DataFrame:
    """Give the county's own figures by year: counted from the ledgers, joined with statistics.

    Parameters
    ----------
    villages : DataFrame
        From `village_indicators`, with ``poor_village`` and ``exited_year`` (missing while in).
    households, judged_households, measures
        As for `village_indicators`.
    statistics : DataFrame
        One row a year of what no ledger holds: ``year, income_growth, province_income_growth,
        balanced_education``, ...; a column that the ledgers would give is taken from here.

    Returns
    -------
    DataFrame
        One row a year: ``poor_persons, rural_population, headcount_ratio, poor_villages,
        villages_out, village_exit_share, tap_water_share``, the shares of registered households
        named in ``measures``, and the statistics.

    Examples
    --------
    >>> villages = pd.DataFrame({"village": list("ab"), "year": 2017, "poor_persons": [2.0, 1.0],
    ...     "population": 50.0, "poor_village": True, "exited_year": [2017.0, None]})
    >>> households = pd.DataFrame({"household": ["1"], "year": 2017, "status": "poor"})
    >>> judged = pd.DataFrame({"household": ["1"], "year": 2017, "indicator": "support",
    ...                        "verdict": "pass"})
    >>> measures = pd.DataFrame({"level": ["county"], "column": ["support_share"],
    ...                          "from_households": ["support"]})
    >>> county_indicators(villages, households, judged, measures, pd.DataFrame({"year": [2017]}))[
    ...     ["headcount_ratio", "village_exit_share", "support_share"]].values.tolist()
    [[0.03, 0.5, 1.0]]
    """
    counted = _village_sums(villages).join(
        household_shares(households, judged_households, measures, "county", ["year"])
    )
    counted["headcount_ratio"] = counted["poor_persons"] / counted["rural_population"]
    counted["village_exit_share"] = counted["villages_out"] / counted["poor_villages"]
    counted = counted.reset_index()
    own = [name for name in counted if name == "year" or name not in statistics]
    return counted[own].merge(statistics, on="year", how="left")


def _village_sums(villages: pd.DataFrame) -> pd.DataFrame:
    listed = villages["poor_village"].astype("Float64").to_numpy(float, na_value=np.nan)
    out = villages["exited_year"].le(villages["year"]).fillna(False).to_numpy(bool)
    parts = villages[["year", "poor_persons"]].assign(
        rural_population=villages["population"], poor_villages=listed, villages_out=listed * out
    )
    if "tap_water_share" in villages:
        parts["tap_water"] = villages["tap_water_share"] * villages["population"]
    sums = parts.groupby("year").sum(skipna=False).astype(float)
    if "tap_water" in sums:
        sums["tap_water_share"] = sums.pop("tap_water") / sums["rural_population"]
    return sums
