"""Measures over any dataframe, by any grouping: the one place where frames become arrays.

A frame is anything Narwhals reads (pandas, Polars, DuckDB, PySpark, Arrow). Only the columns named
are fetched; what comes back is a small pandas table. Measures that are sums over persons are added
up by the engine itself where the rows are not in memory. Rows whose income is missing are left out
and counted, never filled; a missing weight or line is an error.
"""

import inspect
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

import narwhals as nw
import numpy as np
import pandas as pd

from analysis import aggregates, poverty, weighted

LINE = "line"


@dataclass(frozen=True)
class RelativeLine:
    """A poverty line drawn from the incomes themselves.

    Parameters
    ----------
    share : float
        Share of the middle income, above zero.
    of : {"median", "mean"} or float
        Which middle income; a number 0..1 names a quantile.
    within : tuple of str
        Columns that split the rows into populations with a line of their own, such as the year;
        empty for one line over all rows.

    References
    ----------
    Eurostat, at-risk-of-poverty threshold: 0.6 of the median.

    Examples
    --------
    >>> RelativeLine(0.5, of="mean", within=("year",)).share
    0.5
    """

    share: float = 0.6
    of: str | float = "median"
    within: tuple[str, ...] = ()


def names(columns):
    """Give column names as a list, whether one name or several were given.

    Parameters
    ----------
    columns : str or iterable of str or None

    Returns
    -------
    list of str

    Examples
    --------
    >>> names("area"), names(None), names(("area", "year"))
    (['area'], [], ['area', 'year'])
    """
    return [columns] if isinstance(columns, str) else list(columns or ())


def fetch(frame, numeric, other=()):
    """Fetch the named columns of any frame, numbers as float with nan for missing.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    numeric : iterable of str
        Columns that must hold numbers.
    other : iterable of str
        Columns taken as they are: keys, truth values.

    Returns
    -------
    pandas.DataFrame
        The columns asked for, each once.

    Raises
    ------
    KeyError
        If a column is not there.
    TypeError
        If a column of numbers holds something else.

    Examples
    --------
    >>> import pandas as pd
    >>> fetch(pd.DataFrame({"income": [1, None], "area": ["a", "b"]}), ["income"], ["area"])
       income area
    0     1.0    a
    1     NaN    b
    """
    table = nw.from_native(frame)
    schema = table.collect_schema()
    numeric, other = _required(schema, numeric, other)
    chosen = [nw.col(name).cast(nw.Float64) for name in numeric] + [nw.col(n) for n in other]
    table = table.select(*(chosen or [nw.col(next(iter(schema)))]))
    table = table.collect() if isinstance(table, nw.LazyFrame) else table
    return pd.DataFrame(
        {name: table.get_column(name).to_numpy() for name in numeric}
        | {name: table.get_column(name).to_pandas().to_numpy() for name in other},
        index=pd.RangeIndex(len(table)),
        copy=False,
    )


def _required(schema, numeric, other):
    numeric = list(dict.fromkeys(numeric))
    other = [name for name in dict.fromkeys(other) if name not in numeric]
    for name in numeric + other:
        _require(name, schema, name in numeric)
    return numeric, other


def _require(name, schema, numeric):
    if name not in schema:
        raise KeyError(f"there is no column {name!r}; the columns are {', '.join(schema)}")
    if numeric and not schema[name].is_numeric():
        raise TypeError(
            f"column {name!r} holds {schema[name]} values, not numbers; convert it when the table "
            "is read"
        )


def gather(frame, *, income, weight, line=None, by=(), keep=()):
    """Fetch incomes, weights, lines and groups under the names `income`, `weight`, `line`.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    income : str
        Column of incomes, yuan.
    weight : str or None
        Column of weights, persons; None when every row stands for one.
    line : float, str, pandas.DataFrame, RelativeLine or None
        One line; a column of lines; a table of lines by other columns, the lines in a column
        named `line`; or a relative line.
    by : str or iterable of str
        Columns that make the groups.
    keep : iterable of str
        Further columns to fetch.

    Returns
    -------
    tuple of pandas.DataFrame
        A row for each row of the frame: first `income` (nan where missing), `weight` and, if one
        was asked for, `line`; second the columns fetched, by their own names.

    Raises
    ------
    ValueError
        If a weight is missing or negative, or a row has no line.

    Examples
    --------
    >>> import pandas as pd
    >>> village = pd.DataFrame({"yuan": [900, 1200], "persons": [3, 4]})
    >>> gather(village, income="yuan", weight="persons", line=1000)[0]
       income  weight    line
    0   900.0     3.0  1000.0
    1  1200.0     4.0  1000.0
    """
    numeric = [income, *names(weight), *names(line if isinstance(line, str) else None)]
    keys = [*names(by), *_line_keys(line), *names(keep)]
    columns = fetch(frame, numeric, keys)
    core = pd.DataFrame({"income": columns[income]}, copy=False)
    core["weight"] = columns[weight] if weight else 1.0
    _check_weights(core["weight"].to_numpy(), weight)
    if line is not None:
        core[LINE] = _lines(line, columns, core)
    return core, columns


def _check_weights(weight, name):
    wrong = ~(weight >= 0) | np.isinf(weight)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"column {name!r}: {int(wrong.sum())} of {len(weight)} weights are missing, infinite "
            f"or negative, the first is {weight[first]} in row {first}; every row needs a weight "
            "of zero or more"
        )


def _line_keys(line):
    if isinstance(line, RelativeLine):
        return list(line.within)
    if isinstance(line, pd.DataFrame):
        return [name for name in line.columns if name != LINE]
    return []


def _lines(line, columns, core):
    if isinstance(line, RelativeLine):
        return relative_lines(line, columns, core)
    if isinstance(line, pd.DataFrame):
        return _joined(line, columns)
    lines = columns[line].to_numpy() if isinstance(line, str) else float(line)
    return _every_row_has_one(np.broadcast_to(lines, len(core)), columns, [])


def relative_lines(line, columns, core):
    """Give each row the relative line of its population.

    Parameters
    ----------
    line : RelativeLine
    columns : pandas.DataFrame
        The columns the line is drawn within.
    core : pandas.DataFrame
        `income`, nan where missing, and `weight`.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Yuan.

    Examples
    --------
    >>> core = pd.DataFrame({"income": [1.0, 2.0, 3.0], "weight": 1.0})
    >>> relative_lines(RelativeLine(0.5), core, core)
    array([1., 1., 1.])
    """
    lines = np.full(len(core), np.nan)
    income, weight = core["income"].to_numpy(), core["weight"].to_numpy()
    for rows in grouped_rows(columns, line.within)[1]:
        known = rows[~np.isnan(income[rows])]
        lines[rows] = poverty.relative_line(income[known], weight[known], line.share, line.of)
    return lines


def _check_lines(line):
    if LINE not in line:
        raise KeyError(
            f"the table of lines has no column {LINE!r}; its columns are {', '.join(line.columns)}"
        )
    keys = _line_keys(line)
    twice = line[line.duplicated(keys)]
    if len(twice):
        raise ValueError(f"the table of lines names {_key(twice, keys)} twice; keep one line")


def _joined(line, columns):
    _check_lines(line)
    keys = _line_keys(line)
    joined = columns[keys].merge(line, on=keys, how="left", sort=False)
    return _every_row_has_one(joined[LINE].to_numpy(float), columns, keys)


def _every_row_has_one(lines, columns, keys):
    missing = np.flatnonzero(~(lines > 0))
    if len(missing):
        where = _key(columns.iloc[missing[:1]], keys) if keys else f"row {missing[0]}"
        raise ValueError(
            f"{len(missing)} rows have no poverty line above zero, the first at {where}; give "
            "every row a line"
        )
    return lines


def _key(rows, keys):
    return ", ".join(f"{name} {rows[name].iloc[0]}" for name in keys)


def grouped_rows(columns, by):
    """Split the rows by columns and name the groups.

    Parameters
    ----------
    columns : pandas.DataFrame
    by : str or iterable of str
        Columns; none for one group of all rows. A missing key is a group of its own.

    Returns
    -------
    tuple of pandas.DataFrame and list of numpy.ndarray
        One row of keys for each group, sorted, and the positions of its rows.

    Examples
    --------
    >>> import pandas as pd
    >>> keys, rows = grouped_rows(pd.DataFrame({"area": ["b", "a", "b"]}), "area")
    >>> list(keys["area"]), rows
    (['a', 'b'], [array([1]), array([0, 2])])
    """
    by = names(by)
    if not by:
        return pd.DataFrame(index=[0]), [np.arange(len(columns))]
    grouping = columns.groupby(by, sort=True, dropna=False)
    codes = grouping.ngroup().to_numpy()
    keys = columns.loc[~pd.Series(codes).duplicated().to_numpy(), by]
    order = np.argsort(codes, kind="stable")
    cuts = np.flatnonzero(np.diff(codes[order])) + 1
    keys = keys.iloc[np.argsort(codes[keys.index])].reset_index(drop=True)
    return keys, np.split(order, cuts)


def named(measures):
    """Give measures a name each: a mapping stays, functions are named after themselves.

    Parameters
    ----------
    measures : mapping of str to callable, or iterable of callable

    Returns
    -------
    dict of str to callable

    Raises
    ------
    TypeError
        If a measure has no name of its own (as a partial): then give a mapping.

    Examples
    --------
    >>> from analysis import inequality
    >>> list(named([inequality.gini]))
    ['gini']
    """
    if hasattr(measures, "items"):
        return dict(measures)
    for measure in measures:
        if not hasattr(measure, "__name__"):
            raise TypeError(f"{measure!r} has no name; give measures as {{'name': measure}}")
    return {measure.__name__: measure for measure in measures}


def arguments(measure, available):
    """Choose the columns a measure asks for by the names of its parameters.

    Parameters
    ----------
    measure : callable
        Takes `income` (or `values`), `weight` and perhaps `line`, `group`, `denominator`.
    available : mapping of str to array

    Returns
    -------
    dict of str to array

    Raises
    ------
    ValueError
        If the measure needs a column that was not given.

    Examples
    --------
    >>> from analysis import inequality
    >>> sorted(arguments(inequality.gini, {"income": 1, "weight": 2, "line": 3}))
    ['income', 'weight']
    """
    available = {"values": available.get("income"), **available}
    required = (_asked if isinstance(measure, Hashable) else _asked.__wrapped__)(measure)
    missing = [name for name in required if name not in available]
    if missing:
        raise ValueError(f"the measure needs {', '.join(missing)}; name it")
    return {name: available[name] for name in required}


@lru_cache
def _asked(measure):
    """Read once what a measure asks for: a register has thousands of groups."""
    asked = inspect.signature(measure).parameters.values()
    return [p.name for p in asked if p.default is p.empty and p.kind is not p.VAR_KEYWORD]


def profile(frame, measures, *, income, weight, line=None, by=(), group=None):
    """Measure every group of a frame.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    measures : mapping of str to callable, or iterable of callable
        Measures of `poverty` and `inequality`; options by `functools.partial`.
    income : str
        Column of incomes, yuan.
    weight : str or None
        Column of weights, persons; None when every row stands for one.
    line : float, str, pandas.DataFrame, RelativeLine or None
        As in `gather`.
    by : str or iterable of str
        Columns that make the groups; a missing key is a group of its own.
    group : str or None
        Column for measures between and within groups.

    Returns
    -------
    pandas.DataFrame
        A row for each group, sorted: its keys, `rows`, `persons` (weights of the rows with an
        income), the rows with `missing_income`, `negative_income`, `zero_income`, and if there is
        a line `at_line` (incomes equal to the line, which are not poor); then the measures.

    Examples
    --------
    >>> import pandas as pd
    >>> village = pd.DataFrame({"yuan": [900, 1000, None], "persons": [3, 1, 4]})
    >>> table = profile(village, [poverty.headcount_ratio], income="yuan", weight="persons",
    ...                 line=1000)
    >>> table.iloc[0].to_dict()
    {'rows': 3.0, 'persons': 4.0, 'missing_income': 1.0, 'negative_income': 0.0,
     'zero_income': 0.0, 'at_line': 1.0, 'headcount_ratio': 0.75}
    """
    measures = named(measures)
    if group is None and aggregates.can_add(frame, measures.values(), line):
        return _added(frame, measures, income=income, weight=weight, line=line, by=names(by))
    core, columns = gather(frame, income=income, weight=weight, line=line, by=by, keep=names(group))
    if group:
        core["group"] = columns[group].to_numpy()
    keys, groups = grouped_rows(columns, by)
    arrays = {name: core[name].to_numpy() for name in core}
    rows = [measured({n: a[r] for n, a in arrays.items()}, measures) for r in groups]
    return pd.concat([keys, pd.DataFrame(rows, index=keys.index)], axis=1)


def _added(frame, measures, *, income, weight, line, by):
    numeric = [income, *names(weight), *names(line if isinstance(line, str) else None)]
    if isinstance(line, pd.DataFrame):
        _check_lines(line)
    _required(nw.from_native(frame).collect_schema(), numeric, [*by, *_line_keys(line)])
    return aggregates.added(frame, measures, income=income, weight=weight, line=line, by=by)


def measured(arrays, measures):
    """Measure the rows of one group and count those that need a convention.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        `income`, nan where missing, `weight`, and perhaps `line` and `group`.
    measures : mapping of str to callable

    Returns
    -------
    dict
        The counts of `counted`, `persons` and the measures.

    Examples
    --------
    >>> rows = {"income": np.array([1.0, np.nan]), "weight": np.array([2.0, 5.0])}
    >>> from analysis import weighted
    >>> measured(rows, {"mean": weighted.mean})["persons"]
    2.0
    """
    counts = counted(arrays)
    if counts["missing_income"]:
        known = _known(arrays["income"], counts["missing_income"])
        arrays = {name: array[known] for name, array in arrays.items()}
    counts["persons"] = float(arrays["weight"].sum())
    with weighted.one_order(arrays["income"], arrays["weight"]):
        found = {name: measure(**arguments(measure, arrays)) for name, measure in measures.items()}
    return counts | found


def _known(income, missing):
    """Rows with an income; where the others lie at the end, as in sorted rows, none is copied."""
    first = len(income) - missing
    return slice(first) if np.isnan(income[first:]).all() else ~np.isnan(income)


def counted(arrays):
    """Count the rows that need a convention: missing, negative, zero, equal to the line.

    Parameters
    ----------
    arrays : mapping of str to numpy.ndarray
        `income`, and `line` if there is one.

    Returns
    -------
    dict of str to int

    Examples
    --------
    >>> counted({"income": np.array([-1.0, 0.0, np.nan])})["missing_income"]
    1
    """
    income = arrays["income"]
    counts = {
        "rows": len(income),
        "persons": float("nan"),
        "missing_income": int(np.count_nonzero(np.isnan(income))),
        "negative_income": int(np.count_nonzero(income < 0)),
        "zero_income": int(np.count_nonzero(income == 0)),
    }
    if LINE in arrays:
        counts["at_line"] = int(np.count_nonzero(income == arrays[LINE]))
    return counts
