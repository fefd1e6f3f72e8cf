"""Tables made safe to publish: small counts hidden, and what would give them away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.disclosure.choice import Problem, complement
from analysis.disclosure.limits import Limit, limits
from analysis.disclosure.relations import joined, row_sums
from analysis.marks import WITHHELD

# A total that others publish is as good as never hidden; without it there might be no way at all.
ELSEWHERE = 1e4


class Built(NamedTuple):
    """
    What adds up to what in a table.

    Parameters
    ----------
    rows : sequence of (int, sequence of int)
        Position of a total row and of its parts.
    columns : mapping
        Column of counts to the columns that add up to it.
    elsewhere : int
        Number of last rows that others publish, so that hiding them here is no help.
    """

    rows: Sequence[tuple[int, Sequence[int]]]
    columns: Mapping = MappingProxyType({})
    elsewhere: int = 0


def protect(
    frame: pd.DataFrame,
    counts: Mapping[str, str],
    *,
    by: Sequence[str],
    totals: Mapping[str, object] | None = None,
    parents: Mapping[str, Mapping] | None = None,
    sums: Mapping[str, Sequence[str]] | None = None,
    allowed: Mapping[str, Limit] | None = None,
) -> pd.DataFrame:
    """
    Hide small counts, and as little else as keeps sums from giving them away.

    Counts that are parts of each other (``sums``) are hidden cell by cell, other counts with the
    whole row. Where a count is hidden, so is every other number of its row that is not in ``by``:
    shares, means and money would reveal it.

    Parameters
    ----------
    frame : DataFrame
        One row for each combination of ``by``, totals among the rows.
    counts : mapping
        Column to what it counts, household or person.
    by : sequence of str
        Columns that tell the rows apart.
    totals : mapping, optional
        Column of ``by`` to the label that stands for all of it.
    parents : mapping, optional
        Column of ``by`` to a mapping of each label to the one it is part of: village to township,
        township to county.
    sums : mapping, optional
        Column of counts to the columns of counts that add up to it.
    allowed : mapping, optional
        Limits by unit; those of ``data/disclosure.csv`` where none are given.

    Returns
    -------
    DataFrame
        The same rows; hidden numbers are missing and named in the column ``withheld``. Nothing
        changes where no count is small. A count of zero is published.

    Raises
    ------
    ValueError
        Two rows have the same labels, or parts add up to more than their total.

    References
    ----------
    Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapter 4.

    Examples
    --------
    >>> frame = pd.DataFrame({"area": ["a", "b", "c", "all"], "households": [2, 9, 40, 51]})
    >>> protect(frame, {"households": "household"}, by=["area"], totals={"area": "all"})
      area  households    withheld
    0    a         NaN  households
    1    b         NaN  households
    2    c        40.0
    3  all        51.0
    """
    allowed = allowed or limits()
    built = Built(row_sums(frame, by, totals or {}, parents or {}), sums or {})
    hidden = hidden_cells(frame, counts, built, allowed)
    if not hidden.any():
        return frame
    others = [name for name in frame.select_dtypes("number") if name not in {*by, *counts}]
    rows = hidden.any(axis=1)
    cells = {name: hidden[:, at] for at, name in enumerate(counts)} | dict.fromkeys(others, rows)
    return withheld(frame, cells)


def protect_together(
    frames: Mapping[str, pd.DataFrame],
    counts: Mapping[str, str],
    *,
    by: Sequence[str],
    totals: Mapping[str, object],
    parents: Mapping[str, Mapping] | None = None,
    allowed: Mapping[str, Limit] | None = None,
) -> dict[str, pd.DataFrame]:
    """
    Protect tables that are sums of each other as if they were one.

    A table that lacks a column of ``by`` holds totals over it; a cell that stands in two tables is
    hidden in both or in neither.

    Parameters
    ----------
    frames : mapping
        Tables by name.
    counts, by, totals, parents, allowed : object
        As for `protect`; each column of ``by`` that a table lacks needs its label in ``totals``.

    Returns
    -------
    dict
        The tables, protected.

    Raises
    ------
    ValueError
        A cell that stands in two tables has two counts.

    Examples
    --------
    >>> apart = {
    ...     "areas": pd.DataFrame({"area": ["a", "b"], "households": [2, 9]}),
    ...     "years": pd.DataFrame({"area": ["a", "b"], "year": 2017, "households": [2, 9]})}
    >>> safe = protect_together(apart, {"households": "household"}, by=["area", "year"],
    ...                         totals={"area": "all", "year": 0})
    >>> safe["areas"]["households"].isna().tolist() == safe["years"]["households"].isna().tolist()
    True
    """
    columns = [*by, *counts]
    labels = {name: totals[name] for name in by if name in totals}
    filled = {
        name: frame.assign(**{c: t for c, t in labels.items() if c not in frame})
        for name, frame in frames.items()
    }
    cells = pd.concat([frame[columns] for frame in filled.values()]).drop_duplicates()
    if cells.duplicated(list(by)).any():
        raise ValueError("a cell that stands in two tables has two counts; give the same counts")
    safe = protect(cells, counts, by=by, totals=totals, parents=parents, allowed=allowed).set_index(
        list(by)
    )
    return {name: _as_in(frame, filled[name], safe, by, counts) for name, frame in frames.items()}


def _as_in(
    frame: pd.DataFrame,
    filled: pd.DataFrame,
    safe: pd.DataFrame,
    by: Sequence[str],
    counts: Mapping[str, str],
) -> pd.DataFrame:
    there = safe.loc[pd.MultiIndex.from_frame(filled[list(by)]) if len(by) > 1 else filled[by[0]]]
    gone = {name: there[name].isna().to_numpy() & frame[name].notna() for name in counts}
    rows = np.logical_or.reduce(list(gone.values()))
    others = [name for name in frame.select_dtypes("number") if name not in {*by, *counts}]
    return withheld(frame, gone | dict.fromkeys(others, rows)) if rows.any() else frame


def protect_nested(
    frame: pd.DataFrame, counts: Mapping[str, str], *, allowed: Mapping[str, Limit] | None = None
) -> pd.DataFrame:
    """
    Hide rows whose counts differ from those of a row above by fewer than may be published.

    Rows count the same units under rules of which one is stricter than the other, so the difference
    of two rows is itself a count: of those who pass one rule and fail the other.

    Parameters
    ----------
    frame : DataFrame
        One row for each rule.
    counts : mapping
        Column to what it counts, household or person.
    allowed : mapping, optional
        Limits by unit; those of ``data/disclosure.csv`` where none are given.

    Returns
    -------
    DataFrame
        The same rows; in a row hidden every number is missing and named in the column
        ``withheld``.

    Examples
    --------
    >>> rules = pd.DataFrame({"pack": ["plain", "strict"], "fail": [245, 246]})
    >>> protect_nested(rules, {"fail": "household"})["fail"].tolist()
    [245.0, nan]
    """
    allowed = allowed or limits()
    values = frame[list(counts)].astype(float).to_numpy(na_value=np.nan)
    fewest = np.array([allowed[unit].fewest for unit in counts.values()])
    near = is_small(values[:, None] - values[None], fewest).any(axis=2)
    gone = np.zeros(len(frame), bool)
    for at in range(1, len(frame)):
        gone[at] = (near[at, :at] & ~gone[:at]).any()
    numbers = dict.fromkeys(frame.select_dtypes("number"), gone)
    return withheld(frame, numbers) if gone.any() else frame


def rounded(frame: pd.DataFrame, counts: Sequence[str], base: int) -> pd.DataFrame:
    """
    Round counts to a multiple of a base, each on its own.

    Rounded counts no longer add up. In place of hiding it is weak: sums of rounded counts, and
    shares made from the true ones, can narrow a cell to fewer values than the base. The guard
    rounds what is left after hiding, where ``data/disclosure.csv`` has a base above 1.

    Parameters
    ----------
    frame : DataFrame
        Any table.
    counts : sequence of str
        Columns of counts.
    base : int
        2 or more; halves go up.

    Returns
    -------
    DataFrame
        The table with rounded counts.

    Raises
    ------
    ValueError
        The base is below 2.

    Examples
    --------
    >>> rounded(pd.DataFrame({"households": [1, 3, 12]}), ["households"], 5)["households"].tolist()
    [0.0, 5.0, 10.0]
    """
    if base < 2:
        raise ValueError(f"the base {base} rounds nothing; it is 2 or more")
    return frame.assign(**{name: nearest(frame[name].astype(float), base) for name in counts})


def nearest(count: float, base: float) -> float:
    """
    Give the multiple of a base that a count is nearest to.

    Parameters
    ----------
    count : float
        One count, or an array or a series of them; a missing one stays missing.
    base : float
        Above 0; halves go up.

    Returns
    -------
    float
        The multiple, in the form the count came in.

    Examples
    --------
    >>> float(nearest(12.5, 5))
    15.0
    """
    return np.floor(count / base + 0.5) * base


def is_small(values: np.ndarray, fewest: float) -> np.ndarray:
    """
    Tell which counts are too small to publish.

    Parameters
    ----------
    values : array of float
        Counts or differences of counts.
    fewest : float
        Fewest that may be published.

    Returns
    -------
    array of bool
        True for what is not zero and nearer to zero than the fewest.

    Examples
    --------
    >>> is_small(np.array([0.0, 1, 4, 5, -2, np.nan]), 5).tolist()
    [False, True, True, False, True, False]
    """
    return (np.abs(values) > 0) & (np.abs(values) < fewest)


def hidden_cells(
    frame: pd.DataFrame,
    counts: Mapping[str, str],
    built: Built,
    allowed: Mapping[str, Limit],
    also: np.ndarray | None = None,
) -> np.ndarray:
    """
    Find which counts to hide.

    Parameters
    ----------
    frame : DataFrame
        The table.
    counts : mapping
        Column to what it counts.
    built : Built
        What adds up to what.
    allowed : mapping
        Limits by unit.
    also : array of bool, optional
        Rows to hide although none of their counts is small.

    Returns
    -------
    array of bool, shape (rows, counts)
        What is hidden.

    Examples
    --------
    >>> frame = pd.DataFrame({"households": [2, 9, 11]})
    >>> built = Built([(2, [0, 1])])
    >>> hidden_cells(frame, {"households": "household"}, built, limits()).tolist()
    [[True], [True], [False]]
    """
    names = list(counts)
    values = frame[names].astype(float).to_numpy(na_value=np.nan)
    fewest = np.array([allowed[counts[name]].fewest for name in names])
    small = is_small(values, fewest)
    if also is not None:
        small |= also[:, None]
    small &= ~np.isnan(values) & (values != 0)
    if not small.any():
        return small
    room = np.array([allowed[counts[name]].room for name in names])
    tied = sorted(
        {names.index(n) for total, parts in built.columns.items() for n in (total, *parts)}
    )
    if tied:
        across = {names.index(t): [names.index(p) for p in ps] for t, ps in built.columns.items()}
        first = small & np.isin(range(len(names)), tied)
        small |= _hidden_joint(values, first, built._replace(columns=across), room)
    return _hidden_rows(values, small, tied, built._replace(columns={}), room)


def _hidden_rows(
    values: np.ndarray, small: np.ndarray, tied: Sequence[int], built: Built, room: np.ndarray
) -> np.ndarray:
    """Hide the counts that are no parts of each other row by row, column after column."""
    loose = [at for at in range(values.shape[1]) if at not in tied]
    known, rows = ~np.isnan(values) & (values != 0), small.any(axis=1)
    for at in loose:
        first = (rows & known[:, at])[:, None]
        rows = rows | _hidden_joint(values[:, [at]], first, built, room[[at]])[:, 0]
    hidden = small.copy()
    hidden[:, loose] = (rows[:, None] & known)[:, loose]
    return hidden


def _hidden_joint(
    values: np.ndarray, first: np.ndarray, built: Built, room: np.ndarray
) -> np.ndarray:
    """Choose among the cells of all columns at once; cells are numbered row after row."""
    height, width = values.shape
    down = [
        (total * width + c, [part * width + c for part in parts])
        for total, parts in built.rows
        for c in range(width)
    ]
    side = [
        (row * width + total, [row * width + part for part in parts])
        for row in range(height)
        for total, parts in built.columns.items()
    ]
    sums = [*down, *side]
    dear = np.repeat([1.0, ELSEWHERE], [height - built.elsewhere, built.elsewhere])
    cost = _cost(values.ravel(), sums) * np.repeat(dear, width)
    equations = joined(values.ravel(), sums)
    problem = Problem(equations, first.ravel(), np.tile(room, height), cost)
    return complement(problem).reshape(values.shape)


def _cost(values: np.ndarray, sums: Sequence[tuple[int, Sequence[int]]]) -> np.ndarray:
    """
    Say what is lost with a cell: its order of magnitude, and more for a total.

    Exact counts would let the choice, which everybody sees, tell small differences of hidden ones.
    """
    times = np.ones(len(values))
    for total, parts in sums:
        times[total] += len(parts)
    size = np.ceil(np.log2(np.nan_to_num(np.abs(values)) + 1)) + 1
    return times * size + 1e-4 * np.arange(len(values)) / len(values)


def withheld(frame: pd.DataFrame, cells: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """
    Take numbers out of a table and note their names beside the row.

    A number that was missing before is unknown, not withheld, and gets no note.

    Parameters
    ----------
    frame : DataFrame
        The table.
    cells : mapping
        Column to the rows in which it is hidden.

    Returns
    -------
    DataFrame
        Hidden numbers are missing; the column ``withheld`` names them.

    Examples
    --------
    >>> withheld(pd.DataFrame({"n": [1, 20]}), {"n": np.array([True, False])})
          n withheld
    0   NaN        n
    1  20.0
    """
    cells = {name: gone & frame[name].notna().to_numpy() for name, gone in cells.items()}
    before = frame.get(WITHHELD, pd.Series("", index=frame.index)).str.split(";")
    now = [[name for name, gone in cells.items() if gone[at]] for at in range(len(frame))]
    named = [
        ";".join(dict.fromkeys(filter(None, [*b, *n]))) for b, n in zip(before, now, strict=True)
    ]
    shown = {name: frame[name].astype(float).mask(gone) for name, gone in cells.items()}
    return frame.assign(**shown, **{WITHHELD: named})
