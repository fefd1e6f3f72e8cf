"""Several tables made safe at once, where equations that are told tie their cells to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from analysis import words
from analysis.disclosure.attack import islands
from analysis.disclosure.choice import Problem, complement
from analysis.disclosure.limits import Limit, limits
from analysis.disclosure.protect import ELSEWHERE, WITHHELD, is_small, withheld
from analysis.disclosure.relations import Sums

# What no table prints is lost to nobody; still as little of it as is needed.
UNPRINTED = 1e-3


class Cell(NamedTuple):
    """A count: name of its table, position of its row, column."""

    table: str
    row: int
    column: str


class Equation(NamedTuple):
    """
    Counts whose sum, less the sum of others, a reader knows, whatever it is.

    Parameters
    ----------
    plus, minus : sequence of Cell
        Counts added and taken off.
    """

    plus: Sequence[Cell]
    minus: Sequence[Cell] = ()


class Tied(NamedTuple):
    """
    What ties the counts of several tables.

    Parameters
    ----------
    equations : sequence of Equation
        What a reader can add up.
    events : sequence of sequence of Cell
        Counts of the same event, as households and as persons: one that is small hides all.
    dear : collection of Cell
        Counts that stand elsewhere too, and are hidden only where there is no other way.
    unprinted : collection of Cell
        Differences of printed counts, which no table prints: hidden at no loss.
    """

    equations: Sequence[Equation]
    events: Sequence[Sequence[Cell]] = ()
    dear: frozenset[Cell] = frozenset()
    unprinted: frozenset[Cell] = frozenset()


def protect_tied(
    frames: Mapping[str, pd.DataFrame],
    counts: Mapping[str, Mapping[str, str]],
    tied: Tied,
    *,
    others: Mapping[str, Sequence[str]] | None = None,
    allowed: Mapping[str, Limit] | None = None,
) -> dict[str, pd.DataFrame]:
    """
    Hide small counts of several tables, and what keeps the equations from giving them away.

    Parameters
    ----------
    frames : mapping
        Tables by name.
    counts : mapping
        Name of a table to its columns of counts, each with what it counts, household or person.
    tied : Tied
        What ties the counts.
    others : mapping, optional
        Name of a table to the columns made from its counts, hidden where one of them is.
    allowed : mapping, optional
        Limits by unit; those of ``data/disclosure.csv`` where none are given.

    Returns
    -------
    dict
        The tables; hidden numbers are missing and named in the column ``withheld``. A cell that an
        equation makes equal to another is hidden with it.

    References
    ----------
    Hundepool et al. (2012), Statistical Disclosure Control, Wiley, section 4.3, linked tables.

    Examples
    --------
    >>> years = pd.DataFrame({"year": [2016, 2017], "died": [40, 3], "exited": [90, 80]})
    >>> both = pd.DataFrame({"died": [43]})
    >>> tied = Tied([Equation([Cell("years", 0, "died"), Cell("years", 1, "died")],
    ...                       [Cell("both", 0, "died")])])
    >>> safe = protect_tied({"years": years, "both": both},
    ...     {"years": {"died": "person", "exited": "person"}, "both": {"died": "person"}}, tied)
    >>> safe["years"]["died"].isna().tolist(), safe["years"]["exited"].tolist()
    ([True, True], [90.0, 80.0])
    """
    allowed = allowed or limits()
    cells = [
        Cell(name, row, column)
        for name, columns in counts.items()
        for row in range(len(frames[name]))
        for column in columns
    ]
    units = [allowed[counts[cell.table][cell.column]] for cell in cells]
    hidden = _hidden(frames, cells, units, tied)
    return {
        name: _without(frame, name, hidden, counts[name], (others or {}).get(name, ()))
        for name, frame in frames.items()
    }


def picked(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """
    Pick columns of a protected table, with the note of what is hidden in these alone.

    Parameters
    ----------
    frame : DataFrame
        A table that `protect_tied` gives.
    columns : sequence of str
        Its columns to show.

    Returns
    -------
    DataFrame
        The columns and, where a number of theirs is hidden, ``withheld``.

    Examples
    --------
    >>> safe = pd.DataFrame({"n": [None, 20], "share": [0.1, 0.2], "withheld": ["n", ""]})
    >>> list(picked(safe, ["n"])), list(picked(safe, ["share"]))
    (['n', 'withheld'], ['share'])
    """
    noted = frame.get(WITHHELD, pd.Series("", index=frame.index)).str.split(";")
    named = noted.map(lambda names: ";".join(name for name in names if name in set(columns)))
    return frame[list(columns)].assign(**({WITHHELD: named} if named.any() else {}))


def values_of(frame: pd.DataFrame) -> dict[str, object]:
    """
    Give the numbers of a protected table of one row as values of a sentence.

    Parameters
    ----------
    frame : DataFrame
        A table that `protect_tied` gives.

    Returns
    -------
    dict
        Name to number, or `words.WITHHELD` where it is hidden.

    Examples
    --------
    >>> values_of(pd.DataFrame({"at_risk": [40.0], "passed": [None], "withheld": ["passed"]}))
    {'at_risk': np.float64(40.0), 'passed': WITHHELD}
    """
    gone = set(frame.get(WITHHELD, pd.Series([""])).iloc[0].split(";"))
    shown = frame.drop(columns=WITHHELD, errors="ignore")
    return {name: words.WITHHELD if name in gone else shown[name].iloc[0] for name in shown}


def told_unless(hidden: bool, **values: float) -> dict[str, object]:
    """
    Give numbers made from a count as values of a sentence, unless the count is hidden.

    Parameters
    ----------
    hidden : bool
        Whether the count is hidden where it stands itself.
    **values
        The count, or what is made from it, by name.

    Returns
    -------
    dict
        Name to number, or `words.WITHHELD` in place of each: also of nought, which made from a
        hidden count tells of it.

    Examples
    --------
    >>> told_unless(True, share=0.1, needed=0), told_unless(False, share=0.1)
    ({'share': WITHHELD, 'needed': WITHHELD}, {'share': 0.1})
    """
    return dict.fromkeys(values, words.WITHHELD) if hidden else values


def rows_unless(hidden: bool, frame: pd.DataFrame) -> pd.DataFrame:
    """
    Give a table made from a count, without its rows if the count is hidden.

    Parameters
    ----------
    hidden : bool
        Whether the count is hidden where it stands itself.
    frame : DataFrame
        The table; a sentence of the catalogue stands in its place where it has no rows.

    Returns
    -------
    DataFrame
        The table, or its columns alone.

    Examples
    --------
    >>> len(rows_unless(True, pd.DataFrame({"median": [0.1]})))
    0
    """
    return frame.iloc[:0] if hidden else frame


def _hidden(
    frames: Mapping[str, pd.DataFrame], cells: Sequence[Cell], units: Sequence[Limit], tied: Tied
) -> set[Cell]:
    values = np.array([float(frames[c.table][c.column].iloc[c.row]) for c in cells])
    small = is_small(values, np.array([unit.fewest for unit in units]))
    first = _with_events({c for c, few in zip(cells, small, strict=True) if few}, tied.events)
    primary = np.array([cell in first for cell in cells], dtype=bool)
    primary &= np.nan_to_num(values) != 0
    if not primary.any():
        return set()
    # What nobody prints is unknown as it is; it needs no room of its own unless it is small.
    rest = ~primary & np.array([cell in tied.unprinted for cell in cells])
    order = np.argsort(rest, kind="stable")
    kept, matrix = order[: (~rest).sum()], _matrix(cells, values, tied.equations)
    sums = Sums(matrix[:, order], np.nan_to_num(values)[order], len(kept))
    room, cost = np.array([unit.room for unit in units]), _cost(cells, values, tied)
    problem, same = _as_one(Problem(sums, primary[kept], room[kept], cost[kept]))
    # What no equation ties to each other is chosen apart, which is as good and far quicker.
    every = np.ones(len(problem.sums.values), bool)
    island = islands(problem.sums, every)[: problem.sums.cells]
    chosen = [
        complement(problem._replace(primary=problem.primary & (island == one)))
        for one in np.unique(island[problem.primary])
    ]
    gone = np.logical_or.reduce(chosen)[same] & (np.nan_to_num(values)[kept] != 0)
    return {cells[at] for at in kept[gone]}


def _as_one(problem: Problem) -> tuple[Problem, np.ndarray]:
    """Take cells whose difference a reader knows as one: they are hidden together or not at all.

    With it, the place of each cell among the new ones.
    """
    matrix, values, cells = problem.sums
    pairs = (np.diff(matrix.indptr) == 2) & (matrix.sum(axis=1) == 0)
    pairs &= np.diff(matrix[:, cells:].indptr) == 0
    alike = abs(matrix[np.flatnonzero(pairs)][:, :cells])
    number, same = sparse.csgraph.connected_components(alike.T @ alike, directed=False)
    places = np.concatenate([same, number + np.arange(len(values) - cells)])
    merged = sparse.csr_array((np.ones(len(places)), (np.arange(len(places)), places)))
    left = matrix[np.flatnonzero(~pairs)] @ merged
    left.eliminate_zeros()
    least, room = np.full(number, np.inf), np.zeros(number)
    np.minimum.at(least, same, values[:cells])
    np.maximum.at(room, same, problem.room)
    primary = np.bincount(same, problem.primary) > 0
    sums = Sums(left, np.concatenate([least, values[cells:]]), number)
    return Problem(sums, primary, room, np.bincount(same, problem.cost)), same


def _with_events(first: set[Cell], events: Sequence[Sequence[Cell]]) -> set[Cell]:
    return first | set(chain.from_iterable(event for event in events if first & set(event)))


def _matrix(
    cells: Sequence[Cell], values: np.ndarray, equations: Sequence[Equation]
) -> sparse.csr_array:
    """Write the equations; a count that is missing is as unknown to the reader as to us."""
    at = {cell: place for place, cell in enumerate(cells) if not np.isnan(values[place])}
    signed = [(row, cell, 1.0) for row, e in enumerate(equations) for cell in e.plus]
    signed += [(row, cell, -1.0) for row, e in enumerate(equations) for cell in e.minus]
    entries = [(row, at[cell], sign) for row, cell, sign in signed if cell in at]
    rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
    return sparse.csr_array((signs, (rows, columns)), shape=(len(equations), len(cells)))


def _cost(cells: Sequence[Cell], values: np.ndarray, tied: Tied) -> np.ndarray:
    """Say what is lost with a cell: its order of magnitude, and far more where it is no help."""
    size = np.ceil(np.log2(np.nan_to_num(values) + 1)) + 1
    times = np.ones(len(cells))
    times[[cell in tied.dear for cell in cells]] = ELSEWHERE
    times[[cell in tied.unprinted for cell in cells]] = UNPRINTED
    return size * times + 1e-4 * np.arange(len(cells)) / len(cells)


def _without(
    frame: pd.DataFrame,
    name: str,
    hidden: set[Cell],
    columns: Mapping[str, str],
    others: Sequence[str],
) -> pd.DataFrame:
    gone = {c: np.array([Cell(name, r, c) in hidden for r in range(len(frame))]) for c in columns}
    rows = np.logical_or.reduce(list(gone.values()))
    return withheld(frame, gone | dict.fromkeys(others, rows)) if rows.any() else frame
