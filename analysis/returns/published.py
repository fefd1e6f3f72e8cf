"""What the chapter on falling back may show: its tables count the same households in many ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from analysis import disclosure
from analysis.disclosure import Cell, Equation, Tied
from analysis.disclosure.protect import is_small
from analysis.returns.categories import MARGINAL, SUDDEN, UNSTABLE

PEOPLE = {"watched_households": "household", "watched_persons": "person"}
SAID = ("exited", "unstable", "sudden", "incomplete")
# What no table prints and a reader can nearly work out: differences of the two tables' numbers.
RESTS = ("never", "other", "complete", "gaps_out", "gaps_never", "whole_out", "whole_never")
LISTS = ("model", "rule", "oracle")
# The version of the ledgers whose curve is shown.
RECORDED = "as_recorded"
RECALL = ("recall", "recall_low", "recall_high")
AHEAD = ("ahead", "ahead_low", "ahead_high")
OBSERVED = ("observed_share", "observed_share_low", "observed_share_high")
SCORES = ("expected", "returns", "calibration_error", "brier", "brier_skill")
# Of which test the returns are those of the last year alone, and of which those of all years.
RETURNS_OF = {"test_time": "returned_last", "test_village": "returned"}


def publishable_kinds(
    kinds: pd.DataFrame, counts: dict[str, float]
) -> tuple[pd.DataFrame, dict[str, object]]:
    """
    Hide few households in the table of kinds and in the sentence that counts some of them again.

    Parameters
    ----------
    kinds : DataFrame
        From `kind_counts`.
    counts : dict
        From `visit_counts`, of the households that had exited alone.

    Returns
    -------
    (DataFrame, dict)
        Both, safe beside each other: how many were never on the register and are in sudden
        hardship is the difference of the two, and so is how many lack a fact or lack none. What is
        hidden is missing and named in the column ``withheld``, or is `words.WITHHELD`.

    Examples
    --------
    >>> kinds = pd.DataFrame({"watched_as": ["unstable", "sudden", "none"], "share": 0.1,
    ...     "watched_households": [60, 40, 900], "watched_persons": [200, 150, 3000],
    ...     "incomplete": 0})
    >>> said = {"exited": 500, "unstable": 60, "sudden": 38, "incomplete": 0}
    >>> publishable_kinds(kinds, said)[1]["sudden"]
    WITHHELD
    """
    said = pd.DataFrame([{name: float(counts[name]) for name in SAID}])
    gaps = kinds[["incomplete"]].assign(whole=kinds["watched_households"] - kinds["incomplete"])
    frames = {"kinds": kinds, "said": said, "gaps": gaps, "rest": _rests(kinds, said)}
    units = {name: dict.fromkeys(frames[name], "household") for name in ("said", "gaps", "rest")}
    safe = disclosure.protect_tied(
        frames, {"kinds": PEOPLE, **units}, _kinds_tied(kinds), others={"kinds": ["share"]}
    )
    gone = safe["gaps"]["incomplete"].isna().to_numpy()
    shown = (
        disclosure.withheld(safe["kinds"], {"incomplete": gone}) if gone.any() else safe["kinds"]
    )
    return shown, counts | disclosure.values_of(safe["said"])


def _rests(kinds: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Of the kinds that hold both: who has exited and who was never registered; what is left."""
    exited, unstable, sudden, incomplete = (said[name] for name in SAID)
    by_kind = kinds.set_index("watched_as")[["watched_households", "incomplete"]]
    every, gaps = by_kind.drop([MARGINAL, UNSTABLE], errors="ignore").sum()
    out, gaps_out = exited - unstable, incomplete - by_kind.loc[UNSTABLE, "incomplete"]
    never = by_kind.loc[SUDDEN, "watched_households"] - sudden
    lacking, whole = (gaps_out, gaps - gaps_out), (out - gaps_out, every - out - gaps + gaps_out)
    rests = [never, out - sudden, exited - incomplete, *lacking, *whole]
    return pd.DataFrame(dict(zip(RESTS, rests, strict=True)))


def _kinds_tied(kinds: pd.DataFrame) -> Tied:
    at = {kind: row for row, kind in enumerate(kinds["watched_as"])}
    every = {kind: Cell("kinds", row, "watched_households") for kind, row in at.items()}
    exited, unstable, sudden, incomplete = (Cell("said", 0, name) for name in SAID)
    never, other, complete, *parts = (Cell("rest", 0, name) for name in RESTS)
    equations = [
        # The shares tell how many households there are in all, and so nearly how many persons.
        *(Equation([Cell("kinds", row, name) for row in at.values()]) for name in PEOPLE),
        Equation([every[UNSTABLE]], [unstable]),
        Equation([every[SUDDEN]], [sudden, never]),
        Equation([exited], [unstable, sudden, other]),
        Equation([exited], [incomplete, complete]),
        *_gaps_tied(every, exited, incomplete, parts),
    ]
    events = [[Cell("kinds", row, name) for name in PEOPLE] for row in at.values()]
    whole = frozenset(Cell("gaps", row, "whole") for row in at.values())
    rest = frozenset(Cell("rest", 0, name) for name in RESTS)
    return Tied(equations, events, frozenset([exited]), rest | whole)


def _gaps_tied(
    every: dict[str, Cell], exited: Cell, incomplete: Cell, parts: Sequence[Cell]
) -> Iterator[Equation]:
    """All unstable households have exited, no marginal one has; of the others some have."""
    gaps = {kind: Cell("gaps", cell.row, "incomplete") for kind, cell in every.items()}
    mixed = [kind for kind in every if kind not in (MARGINAL, UNSTABLE)]
    gaps_out, gaps_never, whole_out, _ = parts
    yield Equation([incomplete], [gaps[UNSTABLE], gaps_out])
    yield Equation([gaps[kind] for kind in mixed], [gaps_out, gaps_never])
    yield Equation([exited], [every[UNSTABLE], gaps_out, whole_out])
    yield Equation([every[kind] for kind in mixed], parts)
    for kind, cell in every.items():
        yield Equation([cell], [gaps[kind], Cell("gaps", cell.row, "whole")])


def publishable_test(
    risk: pd.DataFrame,
    scores: pd.DataFrame,
    groups: pd.DataFrame,
    gains: pd.DataFrame,
    beside: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """
    Hide few returns in what tells of the test on a year not seen.

    Parameters
    ----------
    risk : DataFrame
        Table ``risk`` of `analysis.register.protected`: the returns that other chapters tell.
    scores : DataFrame
        From `score_table`, for ``test_time`` and ``test_village``.
    groups : DataFrame
        From `reliability`.
    gains : DataFrame
        From `gain_table`.
    beside : DataFrame
        From `gain_table`, for the one share at which `publishable_lists` compares the lists.

    Returns
    -------
    dict of DataFrame
        ``scores, groups, gains``: no group and no point of a curve gives few returns away, nor a
        number that another chapter hides; the points next to a list whose share is hidden are
        hidden too. Hidden numbers are missing and named in the column
        ``withheld``.

    Examples
    --------
    >>> risk = pd.DataFrame({"returned": [90.0], "returned_last": [40.0]})
    >>> scores = pd.DataFrame({"tested_on": ["test_time", "test_village"], "expected": 40.0,
    ...     "returns": [40, 90], "calibration_error": 0.1, "brier": 0.1, "brier_skill": 0.1})
    >>> groups = pd.DataFrame({"chance_group": [1, 2, 3, 4], "group_households": 100,
    ...     "returns": [0, 8, 4, 28], "observed_share": 0.1, "observed_share_low": 0.0,
    ...     "observed_share_high": 0.2})
    >>> gains = pd.DataFrame({"share": [0.25, 0.5], "model": [0.7, 0.8], "rule": [0.6, 0.7]})
    >>> safe = publishable_test(risk, scores, groups, gains, gains[:1])
    >>> safe["groups"]["returns"].tolist(), safe["gains"]["model"].tolist()
    ([0.0, nan, nan, 28.0], [0.7, nan])
    """
    hidden = {name: bool(risk[name].isna().any()) for name in RETURNS_OF.values()}
    gone = scores["tested_on"].map(RETURNS_OF).map(hidden).to_numpy(dtype=bool)
    safe = disclosure.withheld(scores, dict.fromkeys(SCORES, gone)) if gone.any() else scores
    total = float(scores.loc[scores["tested_on"] == "test_time", "returns"].iloc[0])
    ranked = _ranked(groups, gains, total, every=hidden["returned_last"])
    near, few = _nearest(gains["share"], beside), _few_of(beside, total).any()
    gone = {name: near & few[name] for name in few.index if few[name]}
    curve = disclosure.withheld(ranked["gains"], gone) if gone else ranked["gains"]
    return {"scores": safe, **ranked, "gains": curve}


def _nearest(shares: pd.Series, beside: pd.DataFrame) -> np.ndarray:
    """The points of a curve before and after the one that the lists add to it."""
    at = float(beside["share"].iloc[0])
    return (
        shares.eq(shares[shares <= at].max()) | shares.eq(shares[shares >= at].min())
    ).to_numpy()


def _few_of(points: pd.DataFrame, total: float) -> pd.DataFrame:
    """Where a list meets few of all returns, or misses few."""
    met = (points[[name for name in LISTS if name in points]] * total).round()
    fewest = disclosure.limits()["household"].fewest
    return is_small(met, fewest) | is_small(total - met, fewest)


def publishable_lists(
    risk: pd.DataFrame, lists: pd.DataFrame, gains: pd.DataFrame, beside: pd.DataFrame, total: float
) -> pd.DataFrame:
    """
    Hide the share of returns that a list would have met where it tells of few met or few missed.

    Parameters
    ----------
    risk : DataFrame
        As for `publishable_test`.
    lists : DataFrame
        From `compared_versions`.
    gains, beside : DataFrame
        As for `publishable_test`.
    total : float
        Returns of the year not seen.

    Returns
    -------
    DataFrame
        The same rows; hidden numbers are missing and named in the column ``withheld``. The lead
        of the model over a list is hidden where either of them is. So is the share of a list
        next to a point of its curve that tells of few: it would bound it.

    Examples
    --------
    >>> risk = pd.DataFrame({"returned": [90.0], "returned_last": [20.0]})
    >>> lists = pd.DataFrame({"version": "as_recorded", "list": ["model", "rule", "random"],
    ...     "recall": [0.5, 0.15, 0.1], "recall_low": 0.1, "recall_high": 0.6,
    ...     "ahead": [None, 0.35, 0.4], "ahead_low": 0.2, "ahead_high": 0.5})
    >>> gains = pd.DataFrame({"share": [0.05, 0.2], "model": [0.4, 0.6], "rule": [0.25, 0.3]})
    >>> safe = publishable_lists(risk, lists, gains, gains[:1], total=20.0)
    >>> safe["recall"].tolist(), safe["ahead"].tolist()
    ([0.5, nan, 0.1], [nan, nan, 0.4])
    """
    fewest = disclosure.limits()["household"].fewest
    met = (lists["recall"].astype(float) * total).round()
    few = is_small(met, fewest) | is_small(total - met, fewest) | risk["returned_last"].isna().any()
    near = _few_of(gains[_nearest(gains["share"], beside)], total).any()
    few |= lists["version"].eq(RECORDED) & lists["list"].isin(near.index[near])
    gone = lists["list"].isin(LISTS) & few
    if not gone.any():
        return lists
    model = lists["version"].isin(lists.loc[gone & lists["list"].eq("model"), "version"])
    cells = dict.fromkeys(RECALL, gone) | dict.fromkeys(AHEAD, gone | model)
    return disclosure.withheld(lists, {name: cell.to_numpy() for name, cell in cells.items()})


def _ranked(
    groups: pd.DataFrame, gains: pd.DataFrame, total: float, *, every: bool
) -> dict[str, pd.DataFrame]:
    """Hide groups and points of curves together, or all of them where their sum is hidden."""
    lists = [name for name in LISTS if name in gains]
    met = (gains[lists] * total).round()
    if every:
        rows = np.ones(len(groups), bool)
        nought = dict.fromkeys(lists, np.ones(len(gains), bool))
    else:
        frames = {"groups": groups[["returns"]], "gains": met}
        frames["missed"] = total - met
        counts = {name: dict.fromkeys(frame, "household") for name, frame in frames.items()}
        missed = [Cell("missed", row, name) for name in lists for row in range(len(gains))]
        whole = [Equation([Cell("gains", *cell[1:]), cell]) for cell in missed]
        tied = Tied([*_ranks(groups, gains["share"], lists), *whole], unprinted=frozenset(missed))
        safe = disclosure.protect_tied(frames, counts, tied)
        rows = (safe["groups"]["returns"].isna() & groups["returns"].notna()).to_numpy()
        nought = {name: (safe["gains"][name].isna() & met[name].notna()) for name in lists}
        nought = {name: gone.to_numpy() for name, gone in nought.items()}
    told = dict.fromkeys(["returns", *OBSERVED], rows)
    return {
        "groups": disclosure.withheld(groups, told) if rows.any() else groups,
        "gains": disclosure.withheld(gains, nought) if any(map(np.any, nought.values())) else gains,
    }


def _ranks(groups: pd.DataFrame, shares: pd.Series, lists: Sequence[str]) -> Iterator[Equation]:
    """All groups sum to what is told elsewhere, and the first so many to a point of the curve."""
    cells = [Cell("groups", row, "returns") for row in range(len(groups))]
    yield Equation(cells)
    sizes = groups["group_households"].to_numpy(dtype=float)
    visited = shares.to_numpy(dtype=float) * sizes.sum()
    for first in range(1, len(groups)):
        for row in np.flatnonzero(np.abs(visited - sizes[first:].sum()) <= 1.0):
            if "model" in lists:
                yield Equation(cells[first:], [Cell("gains", int(row), "model")])
