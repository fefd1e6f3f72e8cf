"""Measures that are sums over persons, counted where the rows are: DuckDB, Polars, Spark.

A frame that is not in memory need not be fetched for them: the engine adds up, and only a row for
each group comes back. The terms summed are those of `poverty`, said as expressions.
"""

import narwhals as nw
import numpy as np
import pandas as pd

from analysis import poverty, weighted

LINE = "line"
_INCOME, _WEIGHT, _LINE = "_income", "_weight", "_line"
# How a measure is made of sums: of whom over of what.
RATIOS = {
    weighted.mean: ("income", "persons"),
    poverty.headcount_ratio: ("poor", "persons"),
    poverty.poverty_gap_index: ("gap", "persons"),
    poverty.poverty_severity: ("gap_squared", "persons"),
    poverty.average_shortfall: ("shortfall", "poor"),
    poverty.income_gap_ratio: ("gap", "poor"),
    poverty.watts_index: ("log_gap", "persons"),
}
TOTALS = {
    weighted.total: "income",
    poverty.headcount: "poor",
    poverty.total_shortfall: "shortfall",
}
COUNTS = ("rows", "missing_income", "negative_income", "zero_income", "at_line")
# Sums that a line makes: rows above it add nothing.
AT_LINE = ("at_line", "poor", "shortfall", "gap", "gap_squared", "log_gap")
# A table of lines is said as one condition a line; more than this is faster fetched.
MOST_LINES = 200


def is_sum(measure):
    """Tell whether a measure is made of sums over persons.

    Parameters
    ----------
    measure : callable

    Returns
    -------
    bool

    Examples
    --------
    >>> from analysis import inequality
    >>> is_sum(poverty.headcount_ratio), is_sum(inequality.gini)
    (True, False)
    """
    return measure in RATIOS or measure in TOTALS


def can_add(frame, measures, line):
    """Tell whether an engine can count all measures without the rows being fetched.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    measures : iterable of callable
    line : float, str, pandas.DataFrame, object or None
        As in `analysis.microdata.gather`; a relative line needs the rows.

    Returns
    -------
    bool

    Examples
    --------
    >>> can_add(pd.DataFrame({"yuan": [1.0]}), [poverty.headcount_ratio], 2300)
    False
    """
    said = line is None or isinstance(line, (int, float, str))
    said = said or (isinstance(line, pd.DataFrame) and len(line) <= MOST_LINES)
    lazy = isinstance(nw.from_native(frame), nw.LazyFrame)
    return lazy and said and all(is_sum(measure) for measure in measures)


def added(frame, measures, *, income, weight, line=None, by=()):
    """Measure every group of a frame in its own engine.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
        Columns already checked to be there and to be numbers.
    measures : dict of str to callable
        Such as `can_add` allows.
    income : str
    weight : str or None
    line : float, str, pandas.DataFrame or None
    by : list of str

    Returns
    -------
    pandas.DataFrame
        As `analysis.microdata.profile` gives it.

    Raises
    ------
    ValueError
        If a weight is missing or negative, or a row has no line.

    Examples
    --------
    >>> import duckdb
    >>> village = duckdb.sql("select 900 yuan, 3 persons union all select 1200, 4")
    >>> table = added(village, {"poor": poverty.headcount}, income="yuan", weight="persons",
    ...               line=1000)
    >>> table["poor"].tolist()
    [3.0]
    """
    table = sums(frame, wanted(measures), income=income, weight=weight, line=line, by=by)
    return of_sums(table, measures, by)


def sums(frame, names=None, *, income, weight, line=None, by=()):
    """Add up what measures are made of, for every group of a frame, in its own engine.

    Parameters
    ----------
    frame, income, weight, line, by
        As for `added`.
    names : set of str, optional
        Sums needed; all by default.

    Returns
    -------
    pandas.DataFrame
        A row for each group, sorted: its keys, counts and sums. Sums of groups add up to those of
        the groups together.

    Raises
    ------
    ValueError
        If a weight is missing or negative, or a row has no line.

    Examples
    --------
    >>> village = pd.DataFrame({"yuan": [900.0, 1200.0], "persons": [3, 4]})
    >>> sums(village, income="yuan", weight="persons", line=1000)[["persons", "poor"]].values
    array([[7., 3.]])
    """
    rows = _prepared(frame, income, weight, line, by)
    table = _added_up(rows, _terms(line is not None, names), by)
    _check(table, income, weight, line)
    return table


def sums_at_line(frame, names=None, *, income, weight, line, by=()):
    """Add up what a line makes, for every group of rows that were checked before.

    Parameters
    ----------
    frame, names, income, weight, line, by
        As for `sums`; every row has a weight and a line.

    Returns
    -------
    pandas.DataFrame
        As `sums` gives it, with the sums of `AT_LINE` alone.

    Examples
    --------
    >>> village = pd.DataFrame({"yuan": [900.0, 1200.0], "persons": [3, 4]})
    >>> found = sums_at_line(village, {"poor"}, income="yuan", weight="persons", line=1000)
    >>> found[["at_line", "poor"]].values
    array([[0., 3.]])
    """
    terms = {name: term for name, term in _terms(True, names).items() if name in AT_LINE}
    return _added_up(_prepared(frame, income, weight, line, by), terms, by)


def _added_up(rows, terms, by):
    rows = rows.with_columns(**{f"_{name}_": term for name, term in terms.items()})
    totals = [nw.col(f"_{name}_").sum().alias(name) for name in terms]
    found = rows.group_by(by).agg(*totals) if by else rows.select(*totals)
    # DuckDB counts in 128 bits, and pandas then holds an object a number.
    whole = [name for name in terms if name in COUNTS or name.startswith("wrong_")]
    found = found.with_columns(nw.col(*whole).cast(nw.Int64))
    table = found.collect().to_pandas().fillna(dict.fromkeys(terms, 0))
    return table.sort_values(by, ignore_index=True) if by else table


def with_line(whole, below, by):
    """Put sums of all rows together with those that a line makes, of the rows not above it.

    Parameters
    ----------
    whole : pandas.DataFrame
        From `sums` of every row, without a line.
    below : pandas.DataFrame
        From `sums_at_line`, of at least the rows that are not above it.
    by : list of str

    Returns
    -------
    pandas.DataFrame
        As `sums` gives it of every row with the line; a group with nobody below has zeros.

    Examples
    --------
    >>> village = pd.DataFrame({"yuan": [900.0, 1200.0], "persons": [3, 4]})
    >>> ask = {"income": "yuan", "weight": "persons"}
    >>> below = sums_at_line(village[:1], line=1000, **ask)
    >>> with_line(sums(village, **ask), below, [])[["persons", "poor"]].values
    array([[7., 3.]])
    """
    made = [name for name in AT_LINE if name in below]
    if not by:
        return pd.concat([whole, below[made]], axis=1)
    return whole.merge(below[[*by, *made]], on=by, how="left").fillna(dict.fromkeys(made, 0))


def of_sums(table, measures, by):
    """Make measures of sums.

    Parameters
    ----------
    table : pandas.DataFrame
        From `sums`.
    measures : dict of str to callable
        Such as `is_sum` knows.
    by : list of str
        Columns that name the groups.

    Returns
    -------
    pandas.DataFrame
        As `analysis.microdata.profile` gives it.

    Examples
    --------
    >>> village = pd.DataFrame({"yuan": [900.0, 1200.0], "persons": [3, 4]})
    >>> table = sums(village, income="yuan", weight="persons", line=1000)
    >>> of_sums(table, {"poor": poverty.headcount}, [])["poor"].tolist()
    [3.0]
    """
    counts = [name for name in ("rows", "persons", *COUNTS[1:]) if name in table]
    found = table[[*by, *counts]].astype(dict.fromkeys([n for n in counts if n in COUNTS], "int64"))
    return found.assign(**{name: _of_sums(table, measure) for name, measure in measures.items()})


def _prepared(frame, income, weight, line, by):
    rows = nw.from_native(frame).lazy()
    value = nw.col(income).cast(nw.Float64)
    value = nw.when(~value.is_nan()).then(value)
    given = nw.col(weight).cast(nw.Float64) if weight else nw.lit(1.0)
    chosen = [*(nw.col(name) for name in by), value.alias(_INCOME), given.alias(_WEIGHT)]
    if line is not None:
        chosen.append(_line(line).alias(_LINE))
    return rows.select(*chosen)


def _line(line):
    if isinstance(line, str):
        return nw.col(line).cast(nw.Float64)
    if not isinstance(line, pd.DataFrame):
        return nw.lit(float(line))
    keys = [name for name in line.columns if name != LINE]
    found = nw.lit(None, dtype=nw.Float64)
    for row in line.to_dict("records"):
        here = nw.all_horizontal(*(nw.col(k) == row[k] for k in keys), ignore_nulls=False)
        found = nw.when(here).then(nw.lit(float(row[LINE]))).otherwise(found)
    return found


def wanted(measures):
    """Name the sums that measures are made of.

    Parameters
    ----------
    measures : dict of str to callable
        Such as `is_sum` knows.

    Returns
    -------
    set of str

    Examples
    --------
    >>> sorted(wanted({"poor": poverty.headcount_ratio}))
    ['persons', 'poor']
    """
    found = {"persons"}
    for measure in measures.values():
        found |= {TOTALS[measure]} if measure in TOTALS else set(RATIOS[measure])
    return found


def _terms(has_line, names):
    """What is summed; a row without an income adds to the counts alone."""
    income, weight = nw.col(_INCOME), nw.col(_WEIGHT)
    known = ~income.is_null()
    terms = {
        "rows": nw.lit(1),
        "wrong_weight": _count(weight.is_null() | ~weight.is_finite() | (weight < 0)),
        "wrong_income": _count(known & ~income.is_finite()),
        "missing_income": _count(income.is_null()),
        "negative_income": _count(known & (income < 0)),
        "zero_income": _count(known & (income == 0)),
    }
    if has_line:
        line = nw.col(_LINE)
        terms["wrong_line"] = _count(line.is_null() | ~line.is_finite() | (line <= 0))
        terms["at_line"] = _count(known & (income == line))
    sums = _sums(income, weight, known) | (_sums_below(income, weight) if has_line else {})
    return terms | {name: sums[name] for name in sums if names is None or name in names}


def _sums(income, weight, known):
    return {"persons": _of(known, weight), "income": _of(known, weight * income)}


def _sums_below(income, weight):
    line = nw.col(_LINE)
    below = income < line
    shortfall = line - nw.when(income < 0).then(0.0).otherwise(income)
    # Nothing for whoever is not poor: the engine works it out once for both its powers.
    gap = _of(below, shortfall / line)
    paying = below & (income > 0)
    return {
        "poor": _of(below, weight),
        "shortfall": _of(below, weight * shortfall),
        "gap": weight * gap,
        "gap_squared": weight * gap * gap,
        "log_gap": _of(paying, weight * (line / nw.when(paying).then(income)).log()),
    }


def _of(whom, term):
    return nw.when(whom).then(term).otherwise(0.0)


def _count(condition):
    return nw.when(condition).then(1).otherwise(0)


def _check(table, income, weight, line):
    rows = int(table["rows"].sum())
    wrong = int(table["wrong_income"].sum())
    if wrong:
        raise ValueError(f"column {income!r}: {wrong} of {rows} incomes are infinite; mend them")
    wrong = int(table["wrong_weight"].sum())
    if wrong:
        raise ValueError(
            f"column {weight!r}: {wrong} of {rows} weights are missing, infinite or negative; "
            "every row needs a weight of zero or more"
        )
    wrong = int(table["wrong_line"].sum()) if line is not None else 0
    if wrong:
        raise ValueError(f"{wrong} rows have no poverty line above zero; give every row a line")


def _of_sums(table, measure):
    if measure in TOTALS:
        return table[TOTALS[measure]].astype(float)
    part, whole = (table[name].to_numpy(float) for name in RATIOS[measure])
    return np.divide(part, whole, out=np.full(len(table), np.nan), where=whole != 0)
