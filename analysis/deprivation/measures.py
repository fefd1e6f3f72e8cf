"""Alkire-Foster measures of a register: how many are poor, how intensely, and in what."""

from collections.abc import Sequence

import narwhals as nw
import numpy as np
import pandas as pd

from analysis.deprivation.scores import FLAG, SCORE, is_poor, known_weight, scored
from analysis.deprivation.specification import check_specification

WEIGHT = "_weight"
POOR = "_poor"


def alkire_foster(
    frame,
    specification: pd.DataFrame,
    *,
    poverty_cutoff: float,
    weight: str | None,
    by: Sequence[str] = (),
    rows: str | None = None,
) -> pd.DataFrame:
    """Headcount ratio, intensity and adjusted headcount ratio of multidimensional poverty.

    Parameters
    ----------
    frame : dataframe
        Register in pandas, Polars, DuckDB, PySpark or Arrow; one row a household or person.
    specification : pandas.DataFrame
        See `check_specification`.
    poverty_cutoff : float
        Share of weighted deprivations from which a household is poor, ratio in (0, 1].
    weight : str or None
        Column of persons or survey weights; None counts every row once.
    by : sequence of str
        Columns that make the groups.
    rows : str or None
        Column that says how many households a row stands for, where equal ones were put together.

    Returns
    -------
    pandas.DataFrame
        One row a group: rows, rows_missing (dropped by the missing rules), population,
        population_share, headcount, headcount_ratio (H), intensity (A, missing where nobody is
        poor), adjusted_headcount_ratio (M0 = H A), contribution (of the group to M0 of all).

    Raises
    ------
    ValueError
        If the specification, the cutoff or a weight is broken, or a column is not there.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 0.5, 1, "below", "drop"),
    ...                      ("school", "school", 0.5, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0, 0, 1, 1], "school": [0, 1, 1, 1]})
    >>> found = alkire_foster(homes, spec, poverty_cutoff=0.5, weight=None)
    >>> found[["headcount_ratio", "intensity", "adjusted_headcount_ratio"]].iloc[0].tolist()
    [0.5, 0.75, 0.375]
    """
    specification = check_specification(specification)
    people = _people(frame, specification, poverty_cutoff, weight, by, rows=rows)
    sums = people.with_columns(
        _headcount=(nw.col(WEIGHT) * nw.col(POOR)).fill_null(0.0),
        _deprivation=(nw.col(WEIGHT) * nw.col(POOR) * nw.col(SCORE)).fill_null(0.0),
        _rows_missing=nw.col(POOR).is_null().cast(nw.Int64) * nw.col("_rows"),
    )
    names = ["rows", "rows_missing", "population", "headcount", "deprivation"]
    return _ratios(_added(sums, names, by))


def indicator_profile(
    frame,
    specification: pd.DataFrame,
    *,
    poverty_cutoff: float,
    weight: str | None,
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """Deprivation in every indicator: uncensored, among the poor, and its part in poverty.

    Parameters
    ----------
    frame : dataframe
        Register in pandas, Polars, DuckDB, PySpark or Arrow; one row a household or person.
    specification : pandas.DataFrame
        See `check_specification`.
    poverty_cutoff : float
        Share of weighted deprivations from which a household is poor, ratio in (0, 1].
    weight : str or None
        Column of persons or survey weights; None counts every row once.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        One row a group and indicator: indicator, dimension, weight, uncensored_headcount_ratio,
        censored_headcount_ratio, absolute_contribution (sums to M0), contribution (ratio, sums to
        1; missing where nobody is poor). Households that the missing rules drop are in none.

    Raises
    ------
    ValueError
        If the specification, the cutoff or a weight is broken, or a column is not there.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 0.5, 1, "below", "drop"),
    ...                      ("school", "school", 0.5, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0, 0, 1, 1], "school": [0, 1, 1, 1]})
    >>> found = indicator_profile(homes, spec, poverty_cutoff=1, weight=None)
    >>> found[["uncensored_headcount_ratio", "censored_headcount_ratio"]].to_numpy().tolist()
    [[0.5, 0.25], [0.25, 0.25]]
    """
    specification = check_specification(specification)
    people = _people(frame, specification, poverty_cutoff, weight, by)
    rows = specification.to_dict("records")
    people = people.with_columns(_known=known_weight(rows)).with_columns(*_indicator_sums(rows))
    names = [f"{part}_{i}" for i in range(len(rows)) for part in ("lack", "poor", "part", "known")]
    sums = _added(people, ["population", *names], by)
    tables = [_indicator_table(sums, row, i, by) for i, row in enumerate(rows)]
    table = pd.concat(tables, ignore_index=True)
    table["_order"] = np.tile(np.arange(len(sums)), len(rows))
    return table.sort_values("_order", kind="stable", ignore_index=True).drop(columns="_order")


def _people(frame, specification, poverty_cutoff, weight, by, *, rows=None):
    poor = is_poor(poverty_cutoff)
    people = scored(frame, specification)
    columns = people.collect_schema()
    needed = [*by, *(name for name in (weight, rows) if name)]
    absent = [name for name in needed if name not in columns]
    if absent:
        raise ValueError(f"The register has no column {', '.join(absent)}.")
    given = nw.col(weight).cast(nw.Float64) if weight else nw.lit(1.0)
    people = people.with_columns(poor.alias(POOR), given.alias(WEIGHT))
    own = nw.col(WEIGHT)
    return people.with_columns(
        _rows=nw.col(rows) if rows else nw.lit(1),
        _bad_weight=(own.is_null() | own.is_nan() | (own < 0)).cast(nw.Int64),
        _counted=nw.when(nw.col(POOR).is_null()).then(0.0).otherwise(1.0),
    ).with_columns(_population=own * nw.col("_counted"))


def _indicator_sums(rows: list[dict]) -> list[nw.Expr]:
    counted = nw.col(WEIGHT) * nw.col("_counted")
    sums = []
    for i, row in enumerate(rows):
        flag = nw.col(FLAG.format(row["indicator"]))
        lack = (counted * flag).fill_null(0.0)
        poor = (nw.col(WEIGHT) * nw.col(POOR) * flag).fill_null(0.0)
        known = nw.when(flag.is_null()).then(0.0).otherwise(1.0) * counted
        part = poor * (row["weight"] / nw.col("_known"))
        part = nw.when(nw.col("_known") > 0).then(part).otherwise(0.0)
        named = {"lack": lack, "poor": poor, "part": part, "known": known}
        sums += [value.alias(f"_{name}_{i}") for name, value in named.items()]
    return sums


def _added(people, names: Sequence[str], by: Sequence[str]) -> pd.DataFrame:
    """Sums by group in pandas, groups in order; refuses weights that are missing or negative."""
    wanted = list(dict.fromkeys([*names, "bad_weight"]))
    sums = [nw.col(f"_{name}").sum().alias(name) for name in wanted]
    found = people.group_by(list(by)).agg(*sums) if by else people.select(*sums)
    # DuckDB counts in 128 bits, and pandas then holds an object a number.
    counts = [name for name in ("rows", "rows_missing", "bad_weight") if name in wanted]
    found = found.with_columns(nw.col(*counts).cast(nw.Int64))
    table = (found.collect() if isinstance(found, nw.LazyFrame) else found).to_pandas()
    bad = int(table["bad_weight"].sum())
    if bad:
        raise ValueError(
            f"{bad} rows have a weight that is missing or below 0; every household needs its "
            "number of persons. Mend them or leave them out."
        )
    table = table.sort_values(list(by), ignore_index=True) if by else table
    return table.drop(columns="bad_weight")


def _ratios(table: pd.DataFrame) -> pd.DataFrame:
    population = table["population"].where(table["population"] > 0)
    poor = table["headcount"].where(table["headcount"] > 0)
    table["population_share"] = table["population"] / population.sum()
    table["headcount_ratio"] = table["headcount"] / population
    table["intensity"] = table["deprivation"] / poor
    table["adjusted_headcount_ratio"] = table["deprivation"] / population
    everything = table["deprivation"].sum()
    table["contribution"] = table["deprivation"] / (everything if everything > 0 else np.nan)
    return table.drop(columns="deprivation")


def _indicator_table(sums: pd.DataFrame, row: dict, i: int, by: Sequence[str]) -> pd.DataFrame:
    known = sums[f"known_{i}"].where(sums[f"known_{i}"] > 0)
    population = sums["population"].where(sums["population"] > 0)
    parts = [name for name in sums if name.startswith("part_")]
    everything = sums[parts].sum(axis=1)
    table = sums[list(by)].copy()
    table["indicator"], table["dimension"] = row["indicator"], row["dimension"]
    table["weight"] = row["weight"]
    table["uncensored_headcount_ratio"] = sums[f"lack_{i}"] / known
    table["censored_headcount_ratio"] = sums[f"poor_{i}"] / known
    table["absolute_contribution"] = sums[f"part_{i}"] / population
    table["contribution"] = sums[f"part_{i}"] / everything.where(everything > 0)
    return table
