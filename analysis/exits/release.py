"""What would be released: by one more solved indicator, in which order, and under which pack."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.exits.judgement import FAIL, PASS, UNKNOWN, VERDICTS, verdicts


def marginal_release(judged: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Count, for each indicator, the units that would pass if it alone were solved.

    Parameters
    ----------
    judged : DataFrame
        From `judge`; one year of it, or the same unit counts once a year.
    keys : sequence of str
        Columns that name a unit.

    Returns
    -------
    DataFrame
        One row an indicator, in the order of the pack: ``indicator``, units ``failing`` it and
        ``unknown`` in it, units ``released`` by solving it (they fail in it alone and everything
        else is known and passes), and ``released_at_most`` (nothing else is known to fail).

    Examples
    --------
    >>> judged = pd.DataFrame({"village": list("aabb"), "number": [1, 2, 1, 2],
    ...     "indicator": ["road", "venue"] * 2, "verdict": ["fail", "pass", "fail", "fail"]})
    >>> marginal_release(judged, ["village"])["released"].tolist()
    [1, 0]
    """
    keys = list(keys)
    failed = judged["verdict"].eq(FAIL)
    unknown = judged["verdict"].eq(UNKNOWN)
    groups = [judged[key] for key in keys]
    alone = failed & (failed.groupby(groups, dropna=False).transform("sum") == 1)
    certain = unknown.groupby(groups, dropna=False).transform("sum") == 0
    counted = judged[["number", "indicator"]].assign(
        failing=failed, unknown=unknown, released=alone & certain, released_at_most=alone
    )
    totals = counted.groupby(["number", "indicator"]).sum().astype(int)
    return totals.reset_index().drop(columns="number")


def binding_counts(judged: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Say, for each indicator, how many units fail it, for how many it binds, and how far they are.

    Parameters
    ----------
    judged : DataFrame
        From `judge`, one year of it.
    keys : sequence of str
        Columns that name a unit.

    Returns
    -------
    DataFrame
        One row an indicator, in the order of the pack: ``indicator``, units ``failing`` it,
        ``unknown`` in it, those it ``binds`` (it is the furthest from its threshold, see
        `verdicts`), and ``typical`` and ``farthest``, median and largest shortfall of the failing
        as a share of the threshold; missing where none fails.

    Examples
    --------
    >>> judged = pd.DataFrame({"village": ["a", "a"], "number": [1, 2],
    ...     "indicator": ["road", "water"], "verdict": "fail", "distance": [-0.2, -0.5],
    ...     "shortfall": [0.2, 0.5], "unit": "share", "missing": None})
    >>> binding_counts(judged, ["village"])[["indicator", "binds"]].values.tolist()
    [['road', 0], ['water', 1]]
    """
    binding = verdicts(judged, keys)["binding"].value_counts()
    fails = judged["verdict"].eq(FAIL)
    rows = judged[["number", "indicator"]].assign(
        failing=fails, unknown=judged["verdict"].eq(UNKNOWN), short=judged["shortfall"].where(fails)
    )
    table = rows.groupby(["number", "indicator"]).agg(
        failing=("failing", "sum"),
        unknown=("unknown", "sum"),
        typical=("short", "median"),
        farthest=("short", "max"),
    )
    table = table.reset_index().drop(columns="number")
    table.insert(3, "binds", table["indicator"].map(binding).fillna(0).astype(int))
    return table


def greedy_order(judged: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Order the indicators so that each step releases as many units as it can.

    Parameters
    ----------
    judged : DataFrame
        From `judge`, one year of it.
    keys : sequence of str
        Columns that name a unit.

    Returns
    -------
    DataFrame
        One row a step: ``step, indicator, released, released_total``, and ``best_total``, the most
        that any set of so many indicators releases (every set is tried). Units with an unknown
        indicator are never released. A step that releases nobody takes the indicator that most of
        the units still held fail; the steps end when every unit that can be released is.

    Examples
    --------
    >>> judged = pd.DataFrame({"village": list("aabb"), "number": [1, 2, 1, 2],
    ...     "indicator": ["road", "venue"] * 2, "verdict": ["pass", "fail", "fail", "fail"]})
    >>> greedy_order(judged, ["village"])[["indicator", "released_total"]].values.tolist()
    [['venue', 1], ['road', 2]]
    """
    names, patterns, units = _failing_patterns(judged, list(keys))
    best = _best_totals(patterns, units, len(names))
    solved, steps, total = np.zeros(len(names), dtype=bool), [], 0
    while total < units.sum():
        chosen, gain = _next_step(patterns, units, solved)
        solved[chosen], total = True, total + gain
        row = {"indicator": names[chosen], "released": gain, "released_total": total}
        steps.append({"step": len(steps) + 1, **row, "best_total": best[len(steps) + 1]})
    columns = ["step", "indicator", "released", "released_total", "best_total"]
    return pd.DataFrame(steps, columns=columns)


def _failing_patterns(
    judged: pd.DataFrame, keys: list[str]
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Give the indicators, the distinct sets of them that units fail, and the units of each."""
    wide = _wide(judged, keys)
    held = wide[wide.ne(UNKNOWN).all(axis=1) & wide.eq(FAIL).any(axis=1)]
    if held.empty:
        return list(wide), np.zeros((0, wide.shape[1]), dtype=bool), np.zeros(0, dtype=int)
    patterns, units = np.unique(held.eq(FAIL).to_numpy(), axis=0, return_counts=True)
    return list(wide), patterns, units


def _wide(judged: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    order = judged[["number", "indicator"]].drop_duplicates().sort_values("number")["indicator"]
    cells = judged.set_index([*keys, "indicator"])["verdict"]
    return cells.unstack("indicator")[order.tolist()]  # noqa: PD010 - one verdict a cell, no mean


def _released(patterns: np.ndarray, units: np.ndarray, solved: np.ndarray) -> int:
    return int(units[~(patterns & ~solved).any(axis=1)].sum())


def _next_step(patterns: np.ndarray, units: np.ndarray, solved: np.ndarray) -> tuple[int, int]:
    before = _released(patterns, units, solved)
    held = units[:, None] * patterns * (patterns & ~solved).any(axis=1)[:, None]
    gains = [
        (_released(patterns, units, solved | (np.arange(len(solved)) == i)) - before, failing, -i)
        for i, failing in enumerate(held.sum(axis=0))
        if not solved[i]
    ]
    gain, _, place = max(gains)
    return -place, gain


def _best_totals(patterns: np.ndarray, units: np.ndarray, indicators: int) -> dict[int, int]:
    best = {}
    for size in range(1, indicators + 1):
        chosen = np.array(list(combinations(range(indicators), size)))
        sets = np.zeros((len(chosen), indicators), dtype=bool)
        sets[np.arange(len(chosen))[:, None], chosen] = True
        best[size] = max((_released(patterns, units, solved) for solved in sets), default=0)
    return best


def failure_patterns(judged: pd.DataFrame, keys: Sequence[str], most: int = 12) -> pd.DataFrame:
    """Group units that have the same verdict in every indicator.

    Parameters
    ----------
    judged : DataFrame
        From `judge`, one year of it.
    keys : sequence of str
        Columns that name a unit.
    most : int
        Largest number of patterns to give; the commonest come first.

    Returns
    -------
    DataFrame
        One row a pattern and indicator: ``pattern`` (1, 2, ...), ``units``, ``share`` of all units,
        ``indicator, verdict``.

    Examples
    --------
    >>> judged = pd.DataFrame({"village": ["a", "b", "c"], "number": 1, "indicator": "road",
    ...                        "verdict": ["fail", "pass", "fail"]})
    >>> failure_patterns(judged, ["village"])[["units", "verdict"]].values.tolist()
    [[2, 'fail'], [1, 'pass']]
    """
    wide = _wide(judged, list(keys))
    counts = wide.value_counts(sort=False).rename("units").reset_index()
    counts = counts.sort_values(["units", *wide], ascending=[False] + [True] * wide.shape[1])
    counts = counts.head(most).assign(share=lambda found: found["units"] / len(wide))
    counts.insert(0, "pattern", range(1, len(counts) + 1))
    long = counts.melt(
        ["pattern", "units", "share"], list(wide), var_name="indicator", value_name="verdict"
    )
    return long.sort_values("pattern", kind="stable", ignore_index=True)


def side_by_side(judged: Mapping[str, pd.DataFrame], keys: Sequence[str]) -> pd.DataFrame:
    """Set the verdicts of the same units under several packs side by side.

    Parameters
    ----------
    judged : mapping of str to DataFrame
        From `judge`, by pack.
    keys : sequence of str
        Columns that name a unit.

    Returns
    -------
    DataFrame
        The keys and, for each pack, ``<pack>`` (verdict) and ``<pack>_binding``; missing where a
        pack did not judge a unit.

    Examples
    --------
    >>> judged = pd.DataFrame({"village": ["a"], "number": 1, "indicator": "road", "distance": -1.0,
    ...     "verdict": "fail", "shortfall": 1.0, "unit": "share", "missing": None})
    >>> side_by_side({"own": judged}, ["village"]).values.tolist()
    [['a', 'fail', 'road']]
    """
    tables = [
        verdicts(rows, keys)
        .set_index(list(keys))[["verdict", "binding"]]
        .set_axis([pack, f"{pack}_binding"], axis=1)
        for pack, rows in judged.items()
    ]
    return pd.concat(tables, axis=1).reset_index()


def verdict_counts(judged: Mapping[str, pd.DataFrame], keys: Sequence[str]) -> pd.DataFrame:
    """Count units by verdict under each pack.

    Parameters
    ----------
    judged : mapping of str to DataFrame
        From `judge`, by pack.
    keys : sequence of str
        Columns that name a unit.

    Returns
    -------
    DataFrame
        One row a pack: ``pack``, units in ``pass, fail, unknown``, ``units``, ``pass_share`` and
        ``pass_share_high``, the share if every unknown unit passed.

    Examples
    --------
    >>> judged = pd.DataFrame({"village": ["a", "b"], "number": 1, "indicator": "road",
    ...     "unit": "yes", "verdict": ["pass", "unknown"], "distance": 0.0, "shortfall": 0.0,
    ...     "missing": None})
    >>> verdict_counts({"own": judged}, ["village"])["pass_share_high"].tolist()
    [1.0]
    """
    counts = pd.DataFrame(
        {
            pack: verdicts(rows, keys)["verdict"].value_counts().reindex(VERDICTS, fill_value=0)
            for pack, rows in judged.items()
        }
    ).T.rename_axis("pack")
    units = counts.sum(axis=1)
    return counts.assign(
        units=units,
        pass_share=counts[PASS] / units,
        pass_share_high=(counts[PASS] + counts[UNKNOWN]) / units,
    ).reset_index()
