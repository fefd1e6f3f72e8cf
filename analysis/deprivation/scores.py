"""Deprivations and deprivation scores of every household, over any dataframe."""

import functools
import operator

import narwhals as nw
import pandas as pd

from analysis.deprivation.specification import check_specification

FLAG = "deprived_{}"
SCORE = "deprivation_score"
# Weights such as one third and their sums differ in the last digits; a score this close to the
# cutoff has reached it.
TOLERANCE = 1e-8


def deprivation_scores(frame, specification: pd.DataFrame):
    """Add to every household its deprivations and its deprivation score.

    Parameters
    ----------
    frame : dataframe
        Register in pandas, Polars, DuckDB, PySpark or Arrow; one row a household or person.
    specification : pandas.DataFrame
        See `check_specification`.

    Returns
    -------
    dataframe
        The same kind of frame with `deprived_<indicator>` (1, 0, missing) for every indicator and
        `deprivation_score` (ratio 0..1; missing where the missing rule drops the household or
        nothing is known).

    Raises
    ------
    ValueError
        If the specification is broken, the frame lacks an indicator or a column is text where a
        number is needed.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> rows = [("income", "income", 0.5, "2952", "below", "drop"),
    ...         ("grade", "housing", 0.5, "C;D", "in", "drop")]
    >>> from analysis.deprivation.specification import COLUMNS
    >>> homes = pd.DataFrame({"income": [2000.0, 5000.0], "grade": ["C", "A"]})
    >>> deprivation_scores(homes, pd.DataFrame(rows, columns=COLUMNS)).deprivation_score.tolist()
    [1.0, 0.0]
    """
    return scored(frame, check_specification(specification)).to_native()


def scored(frame, specification: pd.DataFrame):
    """Give the Narwhals frame behind `deprivation_scores`, for further expressions.

    Parameters
    ----------
    frame : dataframe
        Register.
    specification : pandas.DataFrame
        Checked specification.

    Returns
    -------
    narwhals.DataFrame or narwhals.LazyFrame
        Register with the columns of `deprivation_scores`.

    Raises
    ------
    ValueError
        If the frame lacks an indicator or a column is text where a number is needed.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> scored(pd.DataFrame({"water": [0, 1]}), spec)["deprived_water"].to_list()
    [1.0, 0.0]
    """
    register = nw.from_native(frame)
    schema = register.collect_schema()
    rows = specification.to_dict("records")
    flags = [_flag(row, schema).alias(FLAG.format(row["indicator"])) for row in rows]
    return register.with_columns(*flags).with_columns(_score(rows).alias(SCORE))


def known_weight(rows: list[dict]) -> nw.Expr:
    """Weight of the indicators that are known about a household.

    Parameters
    ----------
    rows : list of dict
        Rows of a checked specification.

    Returns
    -------
    narwhals.Expr
        Ratio in [0, 1] a row.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> frame = nw.from_native(pd.DataFrame({"deprived_a": [1.0, None], "deprived_b": [0.0, 1.0]}))
    >>> rows = [{"indicator": "a", "weight": 0.5}, {"indicator": "b", "weight": 0.5}]
    >>> frame.select(known=known_weight(rows))["known"].to_list()
    [1.0, 0.5]
    """
    return _total(
        nw.when(~_flag_column(row).is_null()).then(nw.lit(float(row["weight"]))).otherwise(0.0)
        for row in rows
    )


def is_poor(poverty_cutoff: float) -> nw.Expr:
    """Whether the deprivation score reaches the cutoff, within rounding; missing where it is.

    Parameters
    ----------
    poverty_cutoff : float
        Share of weighted deprivations from which a household is poor, ratio in (0, 1].

    Returns
    -------
    narwhals.Expr
        1.0, 0.0 or missing a row.

    Raises
    ------
    ValueError
        If the cutoff is not in (0, 1].

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> frame = nw.from_native(pd.DataFrame({"deprivation_score": [1 / 6 + 1 / 6, 0.3]}))
    >>> frame.select(poor=is_poor(1 / 3))["poor"].to_list()
    [1.0, 0.0]
    """
    if not 0 < poverty_cutoff <= 1:
        raise ValueError(
            f"The poverty cutoff is {poverty_cutoff}; give a ratio above 0 and at most 1, such as "
            "1/3, not per cent."
        )
    reached = nw.col(SCORE) >= poverty_cutoff - TOLERANCE
    return nw.when(~nw.col(SCORE).is_null()).then(reached.cast(nw.Float64))


def _score(rows: list[dict]) -> nw.Expr:
    counted = _total(_flag_column(row).fill_null(0.0) * float(row["weight"]) for row in rows)
    known = known_weight(rows)
    missing = [_flag_column(row).is_null() for row in rows if row["missing"] == "drop"]
    dropped = functools.reduce(operator.or_, [*missing, known <= 0])
    return nw.when(~dropped).then(counted / known)


def _flag_column(row: dict) -> nw.Expr:
    return nw.col(FLAG.format(row["indicator"]))


def _total(expressions) -> nw.Expr:
    return functools.reduce(operator.add, expressions)


def _flag(row: dict, schema) -> nw.Expr:
    name = row["indicator"]
    if name not in schema:
        raise ValueError(
            f"The register has no column {name!r}, which the specification calls an indicator; it "
            f"has {', '.join(schema)}."
        )
    missing = _is_missing(name, schema)
    limit, deprived = _deprived(row, schema)
    if limit is not None:
        missing = missing | _is_missing(limit, schema)
    return nw.when(~missing).then(deprived.cast(nw.Float64))


def _is_missing(name: str, schema) -> nw.Expr:
    column = nw.col(name)
    # DuckDB and Polars hold "not a number" beside null; both are missing here.
    return column.is_null() | column.is_nan() if schema[name].is_float() else column.is_null()


def _deprived(row: dict, schema) -> tuple[str | None, nw.Expr]:
    """Name of the column that holds the cutoff, if any, and the test."""
    if row["direction"] in ("in", "not_in"):
        inside = _inside(row, schema)
        return None, inside if row["direction"] == "in" else ~inside
    value = _number(row["indicator"], schema)
    limit, cutoff = _cutoff(row, schema)
    return limit, value < cutoff if row["direction"] == "below" else value > cutoff


def _inside(row: dict, schema) -> nw.Expr:
    listed = [part.strip() for part in str(row["cutoff"]).split(";")]
    if schema[row["indicator"]].is_numeric():
        return nw.col(row["indicator"]).cast(nw.Float64).is_in([float(part) for part in listed])
    return nw.col(row["indicator"]).cast(nw.String).is_in(listed)


def _number(name: str, schema) -> nw.Expr:
    if not (schema[name].is_numeric() or schema[name] == nw.Boolean):
        raise ValueError(
            f"Column {name!r} holds {schema[name]}, not numbers; `below` and `above` need numbers, "
            "`in` takes text."
        )
    return nw.col(name).cast(nw.Float64)


def _cutoff(row: dict, schema) -> tuple[str | None, nw.Expr]:
    text = str(row["cutoff"])
    if text in schema:
        return text, _number(text, schema)
    try:
        return None, nw.lit(float(text))
    except ValueError:
        raise ValueError(
            f"Specification, indicator {row['indicator']!r}: the cutoff {text!r} is neither a "
            "number nor a column of the register."
        ) from None
