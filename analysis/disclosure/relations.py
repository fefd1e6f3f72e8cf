"""What a reader can add up: which cells of a table are the sum of which others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse


class Sums(NamedTuple):
    """Sums among cells: ``matrix @ cells == 0`` for the cells and the unlisted rests after them.

    ``values`` holds the cells and then, for each sum whose parts do not reach its total, the rest
    that no row lists and nobody publishes.
    """

    matrix: sparse.csr_array
    values: np.ndarray
    cells: int


def row_sums(
    frame: pd.DataFrame,
    by: Sequence[str],
    totals: Mapping[str, object],
    parents: Mapping[str, Mapping],
) -> list[tuple[int, list[int]]]:
    """
    List which rows are the sum of which others.

    Parameters
    ----------
    frame : DataFrame
        One row for each combination of ``by``.
    by : sequence of str
        Columns that tell the rows apart.
    totals : mapping
        Column of ``by`` to the label that stands for all of it.
    parents : mapping
        Column of ``by`` to a mapping of each label to the label it is part of.

    Returns
    -------
    list of (int, list of int)
        Position of a total, and the positions of its parts.

    Raises
    ------
    ValueError
        Two rows have the same labels.

    Examples
    --------
    >>> frame = pd.DataFrame({"area": ["a", "b", "all"]})
    >>> row_sums(frame, ["area"], {"area": "all"}, {})
    [(2, [0, 1])]
    """
    if frame.duplicated(list(by)).any():
        raise ValueError(f"two rows have the same {', '.join(by)}; a cell can stand only once")
    return [
        found
        for column in by
        for found in _column_sums(frame, by, column, totals.get(column), parents.get(column, {}))
    ]


def _column_sums(
    frame: pd.DataFrame, by: Sequence[str], column: str, total: object, parents: Mapping
) -> Iterator[tuple[int, list[int]]]:
    labels = frame[column].to_numpy(dtype=object)
    above = [parents.get(label, total) if label != total else None for label in labels]
    for positions in groups(frame, [name for name in by if name != column]):
        at = {labels[position]: int(position) for position in positions}
        parts: dict[int, list[int]] = {}
        for position in positions:
            if above[position] in at:
                parts.setdefault(at[above[position]], []).append(int(position))
        yield from parts.items()


def groups(frame: pd.DataFrame, names: Sequence[str]) -> list[np.ndarray]:
    """
    Give the positions of the rows that have the same labels.

    Parameters
    ----------
    frame : DataFrame
        Any table.
    names : sequence of str
        Columns of labels; with none, all rows are one group.

    Returns
    -------
    list of array of int
        Positions, group by group.

    Examples
    --------
    >>> groups(pd.DataFrame({"year": [2016, 2017, 2016]}), ["year"])
    [array([0, 2]), array([1])]
    """
    if not names:
        return [np.arange(len(frame))]
    number = frame.groupby(list(names), dropna=False, sort=False).ngroup().to_numpy()
    return [np.flatnonzero(number == group) for group in range(number.max(initial=-1) + 1)]


def joined(values: np.ndarray, sums: Sequence[tuple[int, Sequence[int]]]) -> Sums:
    """
    Write sums as equations, with the rests that the cells leave.

    Parameters
    ----------
    values : array of float
        Counts, one a cell; missing where a cell is unknown.
    sums : sequence of (int, sequence of int)
        Position of a total and of its parts.

    Returns
    -------
    Sums
        A sum whose total is unknown is left out: it tells nobody anything.

    Raises
    ------
    ValueError
        Parts add up to more than their total.

    Examples
    --------
    >>> joined(np.array([3.0, 4, 9]), [(2, [0, 1])]).values.tolist()
    [3.0, 4.0, 9.0, 2.0]
    """
    known = [(total, list(parts)) for total, parts in sums if not np.isnan(values[total])]
    rests = np.array([values[total] - np.nansum(values[parts]) for total, parts in known])
    if (rests < 0).any():
        total, parts = known[int(np.argmin(rests))]
        raise ValueError(
            f"{len(parts)} parts add up to {np.nansum(values[parts]):g}, more than their total "
            f"{values[total]:g}; the rows are not parts of it"
        )
    open_ended = np.flatnonzero(rests > 0)
    column = {row: len(values) + at for at, row in enumerate(open_ended)}
    entries = [
        (row, at, sign)
        for row, (total, parts) in enumerate(known)
        for at, sign in [
            (total, -1.0),
            *((part, 1.0) for part in parts if not np.isnan(values[part])),
            *([(column[row], 1.0)] if row in column else []),
        ]
    ]
    rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
    shape = (len(known), len(values) + len(open_ended))
    matrix = sparse.csr_array((signs, (rows, columns)), shape=shape)
    return Sums(matrix, np.concatenate([np.nan_to_num(values), rests[open_ended]]), len(values))
