"""Which cells to hide besides the small ones, so that no sum gives a hidden cell away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize, sparse

from analysis.disclosure.attack import islands, with_rests
from analysis.disclosure.relations import Sums

# Cells times cells to protect, beyond which the least cost is no longer sought.
LARGEST_PROGRAMME = 3_000
NODES = 500
CUTS = 40
# Cells hidden one after the other that are tried in the open again, the dearest first.
TRIED_AGAIN = 40
ROUNDS = 12
NOBODY = -1
# A cell to protect, and the cell whose content the reader knows besides what is published.
Pair = tuple[int, int]


class Problem(NamedTuple):
    """
    Cells, their sums, which of them are hidden whatever else is, and what hiding costs.

    Parameters
    ----------
    sums : Sums
        Sums among the cells.
    primary : array of bool
        Cells to hide whatever else is hidden.
    room : array of float
        For each cell, by how much more than its count a reader must think possible.
    cost : array of float
        What is lost when a cell is hidden, above 0.
    """

    sums: Sums
    primary: np.ndarray
    room: np.ndarray
    cost: np.ndarray


def complement(problem: Problem) -> np.ndarray:
    """
    Choose the cells to hide so that each small one could be larger than it is by its room.

    Each cell hidden for the sake of others could be larger or smaller by its room. That holds for a
    reader who knows every sum and, for the small cells, also for one who is the only household of
    another. Least cost where the table is small; where it is not, cell after cell by a linear
    programme, then without those that turn out not to be needed.

    Parameters
    ----------
    problem : Problem
        Cells, sums, room and costs.

    Returns
    -------
    array of bool
        Cells hidden, the primary ones among them. Cells of count zero are never added.

    References
    ----------
    Fischetti and Salazar-González (2001), Solving the cell suppression problem on tabular data with
    linear constraints, Management Science 47(7), 1008-1027.

    Examples
    --------
    >>> from analysis.disclosure.relations import joined
    >>> sums = joined(np.array([3.0, 40, 20, 63]), [(3, [0, 1, 2])])
    >>> first = np.array([True, False, False, False])
    >>> complement(Problem(sums, first, np.full(4, 5.0), np.array([2.0, 6, 5, 12]))).tolist()
    [True, False, True, False]
    """
    sums, primary = problem.sums, problem.primary
    usable = primary | ((sums.values[: sums.cells] > 0) & tied(sums, primary))
    movable = with_rests(sums, usable)
    pairs: list[Pair] = []
    hidden = primary
    for _ in range(ROUNDS):
        narrow = _pinned(problem, with_rests(sums, hidden), _pairs(problem, hidden))
        asked = [pair for pair in narrow if pair not in pairs]
        never = set(_pinned(problem, movable, asked))
        added = [pair for pair in asked if pair not in never]
        if not added:
            return hidden
        pairs += added
        hidden = _chosen(problem, usable, pairs)
    return usable


def tied(sums: Sums, some: np.ndarray) -> np.ndarray:
    """
    Find the cells that some chain of sums ties to given ones.

    Parameters
    ----------
    sums : Sums
        Sums among the cells.
    some : array of bool
        Cells to begin from.

    Returns
    -------
    array of bool
        The cells tied to any of them, themselves included.

    Examples
    --------
    >>> from analysis.disclosure.relations import joined
    >>> sums = joined(np.array([3.0, 4, 7, 9]), [(2, [0, 1])])
    >>> tied(sums, np.array([True, False, False, False])).tolist()
    [True, True, True, False]
    """
    island = islands(sums, np.ones(len(sums.values), bool))[: sums.cells]
    return np.isin(island, island[some])


def pinned(
    problem: Problem, free: np.ndarray, cells: Sequence[int], knower: int, way: int = 1
) -> list[int]:
    """
    Find the cells that cannot be larger by their room, for all that a reader knows.

    Parameters
    ----------
    problem : Problem
        Cells, sums and room.
    free : array of bool
        Cells and rests that the reader does not know.
    cells : sequence of int
        Positions of the cells asked about.
    knower : int
        Position of a hidden cell that the reader knows, or -1.
    way : int
        1 for larger, -1 for smaller.

    Returns
    -------
    list of int
        Those of the cells that are pinned.

    Examples
    --------
    >>> from analysis.disclosure.relations import joined
    >>> sums = joined(np.array([3.0, 4, 7]), [(2, [0, 1])])
    >>> problem = Problem(sums, np.array([True, False, False]), np.full(3, 4.0), np.ones(3))
    >>> free = np.array([True, True, False])
    >>> pinned(problem, free, [0], -1), pinned(problem, free, [0], 1)
    ([], [0])
    """
    columns = np.flatnonzero(free & (np.arange(len(free)) != knower))
    left = [cell for cell in cells if cell != knower]
    while left:
        moved = _moved(problem, columns, left, way)
        if not moved.any():
            return [at for at in left if not _moved(problem, columns, [at], way)[0]]
        left = [at for at, there in zip(left, moved, strict=True) if not there]
    return []


def _moved(problem: Problem, columns: np.ndarray, cells: Sequence[int], way: int) -> np.ndarray:
    """Move as many of the cells at once as the sums allow; what moves by its room is not pinned."""
    matrix = _equations(problem.sums, columns)
    number, asked = len(columns), len(cells)
    at, room = np.searchsorted(columns, cells), problem.room[list(cells)]
    picked = sparse.csr_array((np.ones(asked), (np.arange(asked), at)), shape=(asked, number))
    found = optimize.linprog(
        np.concatenate([np.zeros(number), -1 / room]),
        A_eq=sparse.hstack([matrix, sparse.csr_array((matrix.shape[0], asked))]),
        b_eq=np.zeros(matrix.shape[0]),
        A_ub=sparse.hstack([-way * picked, sparse.eye_array(asked)]),
        b_ub=np.zeros(asked),
        bounds=[*zip(_falls(problem, columns), [None] * number, strict=True), *_up_to(room)],
    )
    return found.x[number:] > room - 1e-6


def _falls(problem: Problem, columns: np.ndarray) -> np.ndarray:
    """How far a cell can fall: to nothing, or not at all where a difference is below it already."""
    return -np.maximum(problem.sums.values[columns], 0)


def _up_to(room: np.ndarray) -> list[tuple[None, float]]:
    return [(None, most) for most in room]


def _equations(sums: Sums, columns: np.ndarray) -> sparse.csr_array:
    matrix = sums.matrix[:, columns]
    return matrix[np.flatnonzero(np.diff(matrix.indptr))]


def _pinned(problem: Problem, free: np.ndarray, pairs: Iterable[Pair]) -> Iterator[Pair]:
    knowers: dict[int, list[int]] = {}
    for at, knower in pairs:
        knowers.setdefault(knower, []).append(at)
    for knower, cells in knowers.items():
        left = pinned(problem, free, cells, knower)
        # A large cell hidden for the sake of others is safe when it could as well be smaller.
        large = [at for at in left if problem.sums.values[at] >= problem.room[at]]
        left = set(left) - set(large) | set(pinned(problem, free, large, knower, way=-1))
        yield from ((at, knower) for at in sorted(left))


def _pairs(problem: Problem, hidden: np.ndarray) -> Iterator[Pair]:
    """List every hidden cell, and every small one against each lone household tied to it."""
    sums, first = problem.sums, np.flatnonzero(problem.primary)
    yield from ((int(at), NOBODY) for at in np.flatnonzero(hidden))
    island = islands(sums, with_rests(sums, hidden))
    for one in first[sums.values[first] == 1]:
        near = first[(island[first] == island[one]) & (first != one)]
        yield from ((int(at), int(one)) for at in near)


def _move(problem: Problem, columns: np.ndarray, at: int, cost: np.ndarray) -> np.ndarray | None:
    """Move cells at least cost so that one rises by its room and every sum stands."""
    sums, room, here = problem.sums, problem.room[at], columns == at
    matrix = _equations(sums, columns)
    # Up and down are two variables, so that either costs.
    up = [(room, room) if own else (0, None) for own in here]
    down = [(0, 0 if own else most) for own, most in zip(here, sums.values[columns], strict=True)]
    found = optimize.linprog(
        np.concatenate([cost, cost]),
        A_eq=sparse.hstack([matrix, -matrix]),
        b_eq=np.zeros(matrix.shape[0]),
        bounds=up + down,
    )
    return found.x[: len(columns)] - found.x[len(columns) :] if found.status == 0 else None


def _chosen(problem: Problem, usable: np.ndarray, pairs: Sequence[Pair]) -> np.ndarray:
    best = None
    if len(pairs) * usable.sum() <= LARGEST_PROGRAMME:
        best = _best(problem, usable, pairs)
    return _one_by_one(problem, usable, pairs) if best is None else best


def _best(problem: Problem, usable: np.ndarray, pairs: Sequence[Pair]) -> np.ndarray | None:
    """
    Hide at least cost: a choice, the bounds that it breaks, the next choice that keeps them.

    None where that does not end within the rounds and nodes allowed.
    """
    columns = np.flatnonzero(with_rests(problem.sums, usable))
    cells = columns[columns < problem.sums.cells]
    kept = problem.primary.copy()
    kept[[at for at, _ in pairs]] = True
    chosen, bounds = kept[cells], []
    for _ in range(CUTS):
        broken = [bound for pair in pairs for bound in _bound(problem, columns, chosen, pair)]
        if not broken:
            hidden = kept.copy()
            hidden[cells[chosen]] = True
            return hidden
        bounds += broken
        found = optimize.milp(
            problem.cost[cells],
            constraints=optimize.LinearConstraint(
                np.array([weights for weights, _ in bounds]), [least for _, least in bounds], np.inf
            ),
            bounds=optimize.Bounds(kept[cells].astype(float), 1.0),
            integrality=np.ones(len(cells)),
            options={"node_limit": NODES, "mip_rel_gap": 0.0},
        )
        if found.status != 0:
            return None
        chosen = found.x > 0.5
    return None


def _bound(
    problem: Problem, columns: np.ndarray, chosen: np.ndarray, pair: Pair
) -> Iterator[tuple[np.ndarray, float]]:
    """Say what any choice must keep that gives a cell its room, if this one does not."""
    room, number = problem.room[pair[0]], len(chosen)
    reach = np.where(columns == pair[1], 0.0, 2 * room)
    down, up = np.minimum(problem.sums.values[columns], reach), reach
    free = np.concatenate([chosen, np.ones(len(columns) - number, bool)])
    matrix = _equations(problem.sums, columns)
    found = optimize.linprog(
        -(columns == pair[0]).astype(float),
        A_eq=matrix,
        b_eq=np.zeros(matrix.shape[0]),
        bounds=np.column_stack([-down * free, up * free]),
    )
    if -found.fun < room - 1e-6:
        weights = found.lower.marginals * down - found.upper.marginals * up
        least = room - weights[number:].sum()
        yield np.minimum(weights[:number], least) / least, 1.0


def _one_by_one(problem: Problem, usable: np.ndarray, pairs: Sequence[Pair]) -> np.ndarray:
    """Make room for one cell after the other, then show again what was hidden in vain."""
    sums, hidden = problem.sums, problem.primary.copy()
    hidden[[at for at, _ in pairs]] = True
    kept, columns = hidden.copy(), np.flatnonzero(with_rests(sums, usable))
    for at, knower in pairs:
        if not pinned(problem, with_rests(sums, hidden), [at], knower):
            continue
        others = columns[columns != knower]
        paid = [0.0 if c >= sums.cells or hidden[c] else problem.cost[c] for c in others]
        moved = others[np.abs(_move(problem, others, at, np.array(paid))) > 1e-7]
        hidden[moved[moved < sums.cells]] = True
    return _without_needless(problem, kept, hidden, pairs)


def _without_needless(
    problem: Problem, kept: np.ndarray, hidden: np.ndarray, pairs: Sequence[Pair]
) -> np.ndarray:
    added = np.flatnonzero(hidden & ~kept)
    for cell in added[np.argsort(-problem.cost[added], kind="stable")][:TRIED_AGAIN]:
        hidden[cell] = False
        if any(_pinned(problem, with_rests(problem.sums, hidden), pairs)):
            hidden[cell] = True
    return hidden
