"""The case as a matrix: columns, rows by limit, and one call of the solver."""

import time
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from analysis.planning.case import Case

# As the solver counts them: a column of whole numbers; a problem without a plan.
WHOLE, IMPOSSIBLE = 1, 2
EVERY = ("villages", "households", "starts", "crews")
# Beyond so many villages, the relaxation alone says nearly all of them.
MANY = 300
# What the solver takes for a whole number, and what arithmetic does.
SOLVER, TINY, LEAST_SECONDS = 1e-6, 1e-9, 1.0


class Programme:
    """
    Columns in blocks, and rows; a row that belongs to a lifted limit is left out.

    Parameters
    ----------
    case : Case
        What is to be planned.
    lifted : frozenset of str
        Limits that do not hold.
    trade : str, optional
        Trade to which crews may be added.
    """

    def __init__(self, case: Case, lifted: frozenset[str], trade: str | None) -> None:
        self.case, self.lifted, self.trade = case, lifted, trade
        self.last = len(case.crews) if "deadline" in lifted else case.deadline
        self.slots = slots(case.works, self.last)
        self.shared = _shared(case)
        sizes = {
            "villages": len(case.villages),
            "households": len(case.groups),
            "shared": len(self.shared),
            "starts": len(self.slots),
            "crews": 1,
        }
        ends = np.cumsum([0, *sizes.values()])
        self.blocks = {name: slice(ends[i], ends[i + 1]) for i, name in enumerate(sizes)}
        self.size = int(ends[-1])
        self.limits = {**self._use_rows(), **self._reach_rows()}
        self.rows = [*self._village_rows(), *self._work_rows(), *self.limits.values()]

    def place(self, block: str, positions: np.ndarray) -> np.ndarray:
        """Turn positions inside a block into columns."""
        return self.blocks[block].start + np.asarray(positions, dtype=int)

    def total(self, block: str, values: object = 1.0) -> np.ndarray:
        """Give the coefficients that sum a block."""
        coefficients = np.zeros(self.size)
        coefficients[self.blocks[block]] = values
        return coefficients

    def costs(self) -> np.ndarray:
        """Give the yuan of every column."""
        return self.total("starts", self.slots["kind"].map(self.case.works["cost_yuan"]))

    def best(self, aim: np.ndarray, options: Mapping[str, float]):
        """
        Make an aim smallest, step by step, until the gap is as asked or the time is up.

        Every step gives a bound that holds for the whole problem, and a plan where it finds one;
        the gap is that of the best plan against the best bound.
        """
        clock, known, bound = _Clock(options["time_limit"]), None, -np.inf
        steps = [self._in_two_steps, self._in_one]
        if len(self.case.villages) > MANY:
            steps.insert(0, self._rounded)
        for step in steps:
            try:
                found, low = step(aim, dict(options) | clock.left())
            except TimeoutError:
                if known is None and step == steps[-1]:
                    raise
                continue
            if low is None:
                return None
            bound = max(bound, low)
            if found is not None and (known is None or found.fun < known.fun):
                known = found
            if known is not None:
                known.mip_gap = _gap(aim, known.fun, bound)
                if known.mip_gap <= options["mip_rel_gap"] + TINY:
                    break
        return known

    def _rounded(self, aim: np.ndarray, options: Mapping[str, float]) -> tuple:
        """Take the villages the relaxation favours, and round the households that exit up."""
        relaxed = run(aim, self._whole(), self._bounds(), self.rows, options)
        if relaxed is None:
            return None, None
        share = relaxed.x[self.blocks["villages"]]
        chosen = np.zeros(len(share))
        chosen[np.argsort(-share, kind="stable")[: int(np.ceil(share.sum() - TINY))]] = 1
        held = self._bounds(villages=chosen)
        fixed = run(aim, self._whole(), held, self.rows, options)
        if fixed is None:
            return None, relaxed.fun
        exits = np.ceil(fixed.x[self.blocks["households"]] - SOLVER)
        held = self._bounds(villages=chosen, households=exits)
        found = run(aim, self._whole("starts", "crews"), held, self.rows, options)
        return found, relaxed.fun

    def _in_two_steps(self, aim: np.ndarray, options: Mapping[str, float]) -> tuple:
        """Villages whole first, then the rest whole for the villages chosen."""
        clock, half = _Clock(options["time_limit"]), {"mip_rel_gap": options["mip_rel_gap"] / 2}
        first = run(aim, self._whole("villages"), self._bounds(), self.rows, half | clock.left())
        if first is None:
            return None, None
        held = self._bounds(villages=np.round(first.x[self.blocks["villages"]]))
        return run(aim, self._whole(*EVERY), held, self.rows, half | clock.left()), _bound(first)

    def _in_one(self, aim: np.ndarray, options: Mapping[str, float]) -> tuple:
        found = run(aim, self._whole(*EVERY), self._bounds(), self.rows, options)
        return found, None if found is None else _bound(found)

    def _bounds(self, **held: np.ndarray) -> Bounds:
        """Give what each column may be; a block that is held may be nothing else."""
        lower, upper = np.zeros(self.size), np.full(self.size, np.inf)
        upper[self.blocks["villages"]] = 1
        upper[self.blocks["households"]] = self.case.groups["households"]
        upper[self.blocks["crews"]] = np.inf if self.trade else 0
        for block, values in held.items():
            lower[self.blocks[block]] = upper[self.blocks[block]] = values
        return Bounds(lower, upper)

    def _whole(self, *blocks: str) -> np.ndarray:
        """Mark the columns of whole numbers; shared units follow from the others."""
        whole = np.zeros(self.size)
        for block in blocks:
            whole[self.blocks[block]] = WHOLE
        return whole

    def matrix(self, height: int, *parts: tuple) -> sparse.csr_array:
        """Put (rows, columns, values) together."""
        rows, columns, values = (
            np.concatenate([np.asarray(p[i]) for p in parts]) for i in (0, 1, 2)
        )
        return sparse.csr_array((values, (rows, columns)), shape=(height, self.size))

    def _village_rows(self) -> list[LinearConstraint]:
        """A released village has its incidence down and every unit of what its households share."""
        case, shared = self.case, self.shared
        village = pd.Index(case.villages["village"])
        of_group = village.get_indexer(case.groups["village"])
        inside = np.flatnonzero(of_group >= 0)
        every = np.arange(len(village))
        incidence = self.matrix(
            len(village),
            (of_group[inside], self.place("households", inside),
             case.groups["persons"].to_numpy(float)[inside]),
            (every, self.place("villages", every),
             -case.villages["persons_needed"].to_numpy(float)),
        )  # fmt: skip
        own = np.arange(len(shared))
        whole = self.matrix(
            len(shared),
            (own, self.place("shared", own), np.ones(len(own))),
            (own, self.place("villages", village.get_indexer(shared["village"])),
             -shared["units"].to_numpy(float)),
        )  # fmt: skip
        return [LinearConstraint(incidence, 0, np.inf), LinearConstraint(whole, 0, np.inf)]

    def _work_rows(self) -> list[LinearConstraint]:
        """What is begun covers what the released villages and the exiting households need."""
        case, shared = self.case, self.shared
        kinds, own = pd.Index(case.works.index), np.arange(len(shared))
        asked = case.group_units.merge(case.groups[["group", "village"]], on="group")
        pair = pd.MultiIndex.from_frame(shared[["village", "kind"]])
        of_pair = pair.get_indexer(pd.MultiIndex.from_frame(asked[["village", "kind"]]))
        group = pd.Index(case.groups["group"]).get_indexer(asked["group"])
        units, both = asked["units"].to_numpy(float), of_pair >= 0
        cover = self.matrix(
            len(shared),
            (own, self.place("shared", own), np.ones(len(own))),
            (of_pair[both], self.place("households", group[both]), -units[both]),
        )
        begun = self._begun(kinds)
        need = self.matrix(
            len(kinds),
            begun,
            self._village_works(kinds, pair),
            (kinds.get_indexer(asked["kind"])[~both], self.place("households", group[~both]),
             -units[~both]),
            (kinds.get_indexer(shared["kind"]), self.place("shared", own), -np.ones(len(own))),
        )  # fmt: skip
        must = np.array([case.targets.get(kind, 0) for kind in kinds], dtype=float)
        return [
            LinearConstraint(cover, 0, np.inf),
            LinearConstraint(need, 0, np.inf),
            LinearConstraint(self.matrix(len(kinds), begun), must, np.inf),
        ]

    def _use_rows(self) -> dict[str, LinearConstraint]:
        rows = {}
        for name, use, most in use_limits(self.case, self.slots, self.lifted):
            wide = np.zeros((len(most), self.size))
            wide[:, self.blocks["starts"]] = use
            wide[:, self.blocks["crews"]] = -float(name == f"crews_{self.trade}")
            rows[name] = at_most(wide, most)
        return rows

    def _reach_rows(self) -> dict[str, LinearConstraint]:
        persons = self.total("households", self.case.groups["persons"].to_numpy(float))
        reached = {"villages": self.total("villages"), "persons": persons}
        return {
            name: at_least(coefficients, self.case.targets.get(name, 0))
            for name, coefficients in reached.items()
            if name not in self.lifted
        }

    def worth(self, aim: np.ndarray) -> dict[str, np.ndarray] | None:
        """Give, per row of each limit, the fall of the aim for one unit more (no whole numbers)."""
        uses = {name: row for name, row in self.limits.items() if np.isfinite(row.ub).all()}
        rows = [*uses.values(), *(_turned(row) for row in self.rows if row not in uses.values())]
        found = linprog(
            aim,
            A_ub=sparse.vstack([row.A for row in rows]),
            b_ub=np.concatenate([np.broadcast_to(row.ub, row.A.shape[0]) for row in rows]),
            bounds=np.column_stack([np.zeros(self.size), self._bounds().ub]),
        )
        if found.x is None:
            return None
        per_row, worth = -found.ineqlin.marginals, {}
        for name, row in uses.items():
            scale = np.maximum(_most(self.case, name), 1.0)
            worth[name], per_row = per_row[: len(row.ub)] / scale, per_row[len(row.ub) :]
        return worth

    def _begun(self, kinds: pd.Index) -> tuple:
        places = np.arange(len(self.slots))
        rows = kinds.get_indexer(self.slots["kind"])
        return rows, self.place("starts", places), np.ones(len(places))

    def _village_works(self, kinds: pd.Index, pair: pd.MultiIndex) -> tuple:
        lacks = self.case.village_units
        alone = lacks[pair.get_indexer(pd.MultiIndex.from_frame(lacks[["village", "kind"]])) < 0]
        village = pd.Index(self.case.villages["village"]).get_indexer(alone["village"])
        rows = kinds.get_indexer(alone["kind"])
        return rows, self.place("villages", village), -alone["units"].to_numpy(float)


def _shared(case: Case) -> pd.DataFrame:
    """List village and kind where a released village and its exiting households need the same."""
    asked = case.group_units.merge(case.groups[["group", "village"]], on="group")
    pairs = asked[["village", "kind"]].drop_duplicates()
    return case.village_units.merge(pairs, on=["village", "kind"])


def slots(works: pd.DataFrame, last: int) -> pd.DataFrame:
    """
    List the months in which a unit of each kind may begin and still end in time.

    Parameters
    ----------
    works : DataFrame
        As in `Case`.
    last : int
        Month by whose end all works end, counted from 1.

    Returns
    -------
    DataFrame
        ``kind, month``.

    Examples
    --------
    >>> works = pd.DataFrame({"months": [2]}, index=pd.Index(["road"], name="kind"))
    >>> slots(works, 3)["month"].tolist()
    [1, 2]
    """
    pairs = [
        (kind, month)
        for kind, months in works["months"].items()
        for month in range(1, last - int(months) + 2)
    ]
    return pd.DataFrame(pairs, columns=["kind", "month"]).astype({"month": int})


def crew_use(works: pd.DataFrame, begun: pd.DataFrame, months: int, trade: str) -> np.ndarray:
    """
    Give the crews of a trade that one unit of each start keeps at work, month by month.

    Parameters
    ----------
    works : DataFrame
        As in `Case`.
    begun : DataFrame
        ``kind, month`` of each start.
    months : int
        Rows to give.
    trade : str
        Which trade.

    Returns
    -------
    ndarray
        One row a month, one column a start; the crew months of a unit spread evenly over it.

    Examples
    --------
    >>> works = pd.DataFrame({"trade": ["road"], "crew_months": [3.0], "months": [2]},
    ...                      index=pd.Index(["lane"], name="kind"))
    >>> crew_use(works, pd.DataFrame({"kind": ["lane"], "month": [2]}), 3, "road").ravel().tolist()
    [0.0, 1.5, 1.5]
    """
    own = works.loc[begun["kind"]]
    rate = np.where(own["trade"] == trade, own["crew_months"] / own["months"], 0.0)
    month = np.arange(1, months + 1)[:, None]
    start = begun["month"].to_numpy()
    at_work = (month >= start) & (month < start + own["months"].to_numpy())
    return at_work * rate


def use_limits(
    case: Case, begun: pd.DataFrame, lifted: Collection[str]
) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """
    Say what each start uses of crews and money, and how much there is.

    Parameters
    ----------
    case : Case
        What is to be planned.
    begun : DataFrame
        ``kind, month`` of each start.
    lifted : collection of str
        Limits that do not hold; they are left out.

    Returns
    -------
    list of (str, ndarray, ndarray)
        Name of the limit, what a unit of each start uses (one row a month), what there is by month:
        crews at work in the month, yuan at hand up to it. A unit is paid for when it begins.

    Examples
    --------
    >>> from analysis.planning.case import two_villages
    >>> begun = pd.DataFrame({"kind": ["road"], "month": [1]})
    >>> [name for name, *_ in use_limits(two_villages(), begun, {"budget"})]
    ['crews_road', 'crews_housing']
    """
    months = len(case.crews)
    used = [
        (f"crews_{trade}", crew_use(case.works, begun, months, trade), crews.to_numpy(float))
        for trade, crews in case.crews.items()
    ]
    yuan = begun["kind"].map(case.works["cost_yuan"]).to_numpy(float)
    paid = np.arange(1, months + 1)[:, None] >= begun["month"].to_numpy()
    used.append(("budget", paid * yuan, case.funds.to_numpy(float)))
    return [limit for limit in used if limit[0] not in lifted]


def at_least(coefficients: np.ndarray, least: float) -> LinearConstraint:
    """
    Ask that a sum reaches a number.

    Parameters
    ----------
    coefficients : ndarray
        One a column.
    least : float
        Smallest value of the sum.

    Returns
    -------
    LinearConstraint
        The row.

    Examples
    --------
    >>> at_least(np.ones(2), 1.0).A.shape
    (1, 2)
    """
    return LinearConstraint(sparse.csr_array(coefficients[None, :]), least, np.inf)


def at_most(use: np.ndarray, most: np.ndarray) -> LinearConstraint:
    """
    Ask that no sum exceeds its number.

    Parameters
    ----------
    use : ndarray
        One row a sum, one column a column.
    most : ndarray
        Largest value of each sum, 0 or more.

    Returns
    -------
    LinearConstraint
        The rows, in units of the limit: yuan and crews weigh alike in the solver's tolerance.

    Examples
    --------
    >>> at_most(np.full((1, 2), 5.0), np.array([10.0])).ub.tolist()
    [1.0]
    """
    scale = np.maximum(most, 1.0)
    return LinearConstraint(sparse.csr_array(use / scale[:, None]), -np.inf, most / scale)


def run(
    aim: np.ndarray,
    whole: np.ndarray,
    bounds: Bounds,
    rows: list[LinearConstraint],
    options: Mapping[str, float],
):
    """
    Call the solver.

    Parameters
    ----------
    aim : ndarray
        What is made smallest.
    whole : ndarray
        1 for columns of whole numbers.
    bounds : Bounds
        Smallest and largest value of each column.
    rows : list of LinearConstraint
        What must hold.
    options : mapping
        ``mip_rel_gap, time_limit``.

    Returns
    -------
    OptimizeResult or None
        Nothing where no plan exists.

    Raises
    ------
    TimeoutError
        Time was up before any plan was found or shown to be impossible.

    References
    ----------
    Huangfu and Hall (2018), Parallelizing the dual revised simplex method (HiGHS).

    Examples
    --------
    >>> row = at_least(np.ones(1), 1.5)
    >>> float(run(np.ones(1), np.ones(1), Bounds(0, 9), [row], {}).x[0])
    2.0
    """
    found = milp(aim, integrality=whole, bounds=bounds, constraints=rows, options=dict(options))
    if found.status == IMPOSSIBLE:
        return None
    if found.x is None:
        raise TimeoutError(f"no plan was found in the time given: {found.message}")
    return found


def _turned(row: LinearConstraint) -> LinearConstraint:
    return LinearConstraint(-row.A, -np.inf, -np.asarray(row.lb, dtype=float))


def _most(case: Case, limit: str) -> np.ndarray:
    return (case.funds if limit == "budget" else case.crews[limit.removeprefix("crews_")]).to_numpy(
        float
    )


def _bound(found) -> float:
    # Without a column of whole numbers the solver gives no bound: its value is one.
    return float(found.fun if found.mip_dual_bound is None else found.mip_dual_bound)


def _gap(aim: np.ndarray, value: float, bound: float) -> float:
    if not aim.any():
        return 0.0
    return max(value - bound, 0.0) / max(abs(value), 1.0)


class _Clock:
    """What is left of the time that several steps share."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> dict[str, float]:
        return {"time_limit": max(self.end - time.monotonic(), LEAST_SECONDS)}
