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
    ask = {"poverty_cutoff": poverty_cutoff, "weight": weight, "by": by}
    terms = poverty_terms(frame, check_specification(specification), **ask)
    return poverty_of_sums(_added(terms, by))


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
    ask = {"poverty_cutoff": poverty_cutoff, "weight": weight, "by": by}
    sums = _added(indicator_terms(frame, specification, **ask), by)
    return indicators_of_sums(sums, specification, by)


def poverty_terms(
    frame,
    specification: pd.DataFrame,
    *,
    poverty_cutoff: float,
    weight: str | None = None,
    by: Sequence[str] = (),
):
    """What each row adds to the sums that `poverty_of_sums` is made of.

    Parameters
    ----------
    frame, poverty_cutoff, weight, by
        As for `alkire_foster`.
    specification : pandas.DataFrame
        Checked specification.

    Returns
    -------
    narwhals.DataFrame or narwhals.LazyFrame
        The columns of `by`; `rows`, `rows_missing` and `bad_weight`, counts; the rest in
        proportion to the weight: `population`, `headcount`, `deprivation`.

    Raises
    ------
    ValueError
        If the cutoff is not in (0, 1] or a column is not there.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0, 1], "persons": [3, 4]})
    >>> poverty_terms(homes, spec, poverty_cutoff=1, weight="persons")["headcount"].to_list()
    [3.0, 0.0]
    """
    people = _people(frame, specification, poverty_cutoff, weight, by)
    poor = nw.col(WEIGHT) * nw.col(POOR)
    return people.select(
        *by,
        rows=nw.lit(1),
        rows_missing=nw.col(POOR).is_null().cast(nw.Int64),
        bad_weight="_bad_weight",
        population="_population",
        headcount=poor.fill_null(0.0),
        deprivation=(poor * nw.col(SCORE)).fill_null(0.0),
    )


def poverty_of_sums(sums: pd.DataFrame) -> pd.DataFrame:
    """Turn sums of `poverty_terms` into the measures.

    Parameters
    ----------
    sums : pandas.DataFrame
        One row a group: its columns, rows, rows_missing, population, headcount, deprivation.

    Returns
    -------
    pandas.DataFrame
        As `alkire_foster` gives it.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> sums = {"population": [4.0], "headcount": [2.0], "deprivation": [1.5]}
    >>> poverty_of_sums(pd.DataFrame(sums))["intensity"].tolist()
    [0.75]
    """
    population = sums["population"].where(sums["population"] > 0)
    poor = sums["headcount"].where(sums["headcount"] > 0)
    everything = sums["deprivation"].sum()
    found = sums.assign(
        population_share=sums["population"] / population.sum(),
        headcount_ratio=sums["headcount"] / population,
        intensity=sums["deprivation"] / poor,
        adjusted_headcount_ratio=sums["deprivation"] / population,
        contribution=sums["deprivation"] / (everything if everything > 0 else np.nan),
    )
    return found.drop(columns="deprivation")


def indicator_terms(
    frame,
    specification: pd.DataFrame,
    *,
    poverty_cutoff: float,
    weight: str | None = None,
    by: Sequence[str] = (),
):
    """What each row adds to the sums that `indicators_of_sums` is made of.

    Parameters
    ----------
    frame, specification, poverty_cutoff, weight, by
        As for `poverty_terms`.

    Returns
    -------
    narwhals.DataFrame or narwhals.LazyFrame
        The columns of `by`; `bad_weight`, a count; the rest in proportion to the weight:
        `population`, and for the indicator in row i of the specification `lack_i`, `poor_i`,
        `part_i` (in the score of the poor), `known_i`.

    Raises
    ------
    ValueError
        If the cutoff is not in (0, 1] or a column is not there.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0, 1, None]})
    >>> indicator_terms(homes, spec, poverty_cutoff=1)["known_0"].to_list()
    [1.0, 1.0, 0.0]
    """
    rows = specification.to_dict("records")
    people = _people(frame, specification, poverty_cutoff, weight, by)
    people = people.with_columns(_known=known_weight(rows))
    sums = [term for i, row in enumerate(rows) for term in _indicator_terms(i, row)]
    return people.select(*by, *sums, bad_weight="_bad_weight", population="_population")


def indicators_of_sums(
    sums: pd.DataFrame, specification: pd.DataFrame, by: Sequence[str]
) -> pd.DataFrame:
    """Turn sums of `indicator_terms` into the measures.

    Parameters
    ----------
    sums : pandas.DataFrame
        One row a group: its columns and the sums of `indicator_terms`.
    specification : pandas.DataFrame
        Checked specification.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        As `indicator_profile` gives it.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> sums = {"population": 4.0, "lack_0": 1.0, "poor_0": 1.0, "part_0": 1.0, "known_0": 4.0}
    >>> found = indicators_of_sums(pd.DataFrame([sums]), spec, [])
    >>> found["uncensored_headcount_ratio"].tolist()
    [0.25]
    """
    rows = specification.to_dict("records")
    tables = [_indicator_table(sums, row, i, by) for i, row in enumerate(rows)]
    table = pd.concat(tables, ignore_index=True)
    table["_order"] = np.tile(np.arange(len(sums)), len(rows))
    return table.sort_values("_order", kind="stable", ignore_index=True).drop(columns="_order")


def _people(frame, specification, poverty_cutoff, weight, by):
    poor = is_poor(poverty_cutoff)
    people = scored(frame, specification)
    columns = people.collect_schema()
    absent = [name for name in (*by, weight) if name and name not in columns]
    if absent:
        raise ValueError(f"The register has no column {', '.join(absent)}.")
    given = nw.col(weight).cast(nw.Float64) if weight else nw.lit(1.0)
    people = people.with_columns(poor.alias(POOR), given.alias(WEIGHT))
    own = nw.col(WEIGHT)
    return people.with_columns(
        _bad_weight=(own.is_null() | own.is_nan() | (own < 0)).cast(nw.Int64),
        _counted=nw.when(nw.col(POOR).is_null()).then(0.0).otherwise(1.0),
    ).with_columns(_population=own * nw.col("_counted"))


def _indicator_terms(i: int, row: dict) -> list[nw.Expr]:
    counted = nw.col(WEIGHT) * nw.col("_counted")
    flag = nw.col(FLAG.format(row["indicator"]))
    poor = (nw.col(WEIGHT) * nw.col(POOR) * flag).fill_null(0.0)
    part = poor * (row["weight"] / nw.col("_known"))
    terms = {
        "lack": (counted * flag).fill_null(0.0),
        "poor": poor,
        "part": nw.when(nw.col("_known") > 0).then(part).otherwise(0.0),
        "known": nw.when(flag.is_null()).then(0.0).otherwise(1.0) * counted,
    }
    return [term.alias(f"{name}_{i}") for name, term in terms.items()]


def _added(terms, by: Sequence[str]) -> pd.DataFrame:
    """Sums by group in pandas, groups in order; refuses weights that are missing or negative."""
    names = [name for name in terms.collect_schema() if name not in by]
    sums = [nw.col(name).sum() for name in names]
    found = terms.group_by(list(by)).agg(*sums) if by else terms.select(*sums)
    # DuckDB counts in 128 bits, and pandas then holds an object a number.
    counts = [name for name in ("rows", "rows_missing", "bad_weight") if name in names]
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
