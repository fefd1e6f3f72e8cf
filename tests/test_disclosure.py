"""Suppression: known attacks fail, no more is hidden than need be, nothing shown is changed."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import disclosure
from analysis.disclosure import choice
from analysis.disclosure.choice import NOBODY, Problem, complement, pinned
from analysis.disclosure.protect import Built, hidden_cells

HOUSEHOLDS = {"households": "household"}
ROOM = disclosure.limits()["household"].room
FEWEST = disclosure.limits()["household"].fewest


def crossed(counts, extra=()):
    """A table of areas by states with all its totals."""
    counts = np.asarray(counts)
    whole = np.vstack([np.hstack([counts, counts.sum(1)[:, None]]), [*counts.sum(0), counts.sum()]])
    areas = [*(f"a{n}" for n in range(len(counts))), "all"]
    states = [*(f"s{n}" for n in range(counts.shape[1])), "all"]
    rows = [
        (a, s, n)
        for a, line in zip(areas, whole, strict=True)
        for s, n in zip(states, line, strict=True)
    ]
    return pd.DataFrame(rows, columns=["area", "state", "households"])


def protected(frame, **told):
    by = [name for name in ("area", "state") if name in frame]
    totals = {name: "all" for name in by}
    return disclosure.protect(frame, HOUSEHOLDS, by=by, **{"totals": totals, **told})


def attacked(frame, safe, **told):
    """What a reader can work out of each hidden cell: true count, lowest, highest."""
    by = [name for name in ("area", "state") if name in frame]
    found = disclosure.row_sums(
        frame, by, told.get("totals", dict.fromkeys(by, "all")), told.get("parents", {})
    )
    values = frame["households"].to_numpy(float)
    hidden = safe["households"].isna().to_numpy()
    at = np.flatnonzero(hidden)
    return values[at], disclosure.intervals(disclosure.joined(values, found), hidden, at)


def assert_safe(frame, safe, **told):
    small = frame["households"].between(1, FEWEST - 1)
    assert safe.loc[small, "households"].isna().all()
    if not small.any():
        return
    true, bounds = attacked(frame, safe, **told)
    up, down = bounds[:, 1] - true, true - bounds[:, 0]
    few = true < FEWEST
    assert (up[few] >= ROOM).all()
    assert (np.maximum(up, down)[~few] >= ROOM).all()


def test_one_small_cell_alone_in_row_and_column_takes_three_more_with_it():
    frame = crossed([[3, 40, 50], [60, 20, 70], [80, 90, 30]])
    safe = protected(frame)
    gone = safe.loc[safe["households"].isna(), ["area", "state"]].agg("".join, axis=1)
    assert len(gone) == 4 and "a0s0" in set(gone)
    assert_safe(frame, safe)


def test_without_its_complement_the_small_cell_is_known_to_the_unit():
    frame = crossed([[3, 40], [60, 20]])
    primary_only = frame.assign(
        households=frame["households"].astype(float).mask(frame["households"] == 3)
    )
    true, bounds = attacked(frame, primary_only)
    assert bounds.tolist() == [[true[0], true[0]]]


def test_two_small_cells_in_a_row_do_not_hide_each_other():
    """3 + 1 hidden of a published 4: neither can be above 4, so more has to go."""
    frame = pd.DataFrame({"area": ["a", "b", "c", "all"], "households": [3, 1, 30, 34]})
    safe = protected(frame)
    assert safe["households"].isna().tolist() == [True, True, True, False]


def test_a_lone_household_cannot_work_out_its_neighbour():
    """1 + 6 of 7: whoever is the 1 knows the 6; with 4 in place of 6 that is a small cell known."""
    frame = pd.DataFrame({"area": ["a", "b", "c", "d", "all"], "households": [1, 4, 9, 90, 104]})
    hidden = protected(frame)["households"].isna().to_numpy()
    found = disclosure.joined(frame["households"].to_numpy(float), [(4, [0, 1, 2, 3])])
    problem = Problem(found, hidden, np.full(5, ROOM), np.ones(5))
    assert pinned(problem, hidden, [1], 0) == []
    assert pinned(problem, np.array([True, True, False, False, False]), [1], 0) == [1]


def test_zeros_stay_and_a_table_without_small_counts_is_the_same_table():
    frame = crossed([[0, 40], [60, 0]])
    assert protected(frame) is frame
    with_small = crossed([[3, 40, 0], [60, 20, 7], [9, 50, 30]])
    assert protected(with_small).loc[2, "households"] == 0


def test_villages_townships_and_county_are_one_hierarchy():
    villages = {"v1": "t1", "v2": "t1", "v3": "t2", "v4": "t2", "t1": "county", "t2": "county"}
    counts = {"v1": 2, "v2": 30, "v3": 12, "v4": 40, "t1": 32, "t2": 52, "county": 84}
    frame = pd.DataFrame({"area": list(counts), "households": list(counts.values())})
    told = {"totals": {}, "parents": {"area": villages}}
    safe = protected(frame, **told)
    assert safe.loc[safe["households"].isna(), "area"].tolist() == ["v1", "v2"]
    assert_safe(frame, safe, **told)


def test_a_township_with_one_village_is_hidden_with_it():
    villages = {"v1": "t1", "v2": "t2", "v3": "t3", "t1": "c", "t2": "c", "t3": "c"}
    counts = {"v1": 2, "v2": 30, "v3": 50, "t1": 2, "t2": 30, "t3": 50, "c": 82}
    frame = pd.DataFrame({"area": list(counts), "households": list(counts.values())})
    safe = protected(frame, totals={}, parents={"area": villages})
    assert safe.loc[safe["households"].isna(), "area"].tolist() == ["v1", "v2", "t1", "t2"]


def test_parts_that_are_not_all_listed_leave_an_unpublished_rest():
    frame = pd.DataFrame({"area": ["a", "all"], "households": [3, 60]})
    assert protected(frame)["households"].isna().tolist() == [True, False]
    with pytest.raises(ValueError, match="more than their total"):
        protected(pd.DataFrame({"area": ["a", "b", "all"], "households": [3, 60, 10]}))


def test_columns_that_add_up_are_protected_cell_by_cell():
    frame = pd.DataFrame(
        {"area": ["a", "b", "c"], "poor": [2, 30, 25], "out": [40, 50, 9], "every": [42, 80, 34]}
    )
    counts = dict.fromkeys(["poor", "out", "every"], "household")
    safe = disclosure.protect(frame, counts, by=["area"], sums={"every": ["poor", "out"]})
    assert safe["withheld"].tolist() == ["poor;out", "", ""]


def test_shares_and_means_go_with_their_count():
    frame = pd.DataFrame(
        {
            "area": ["a", "b", "c", "all"],
            "households": [2, 30, 45, 77],
            "share": [0.02, 0.3, 0.4, 0.3],
            "yuan": 1.0,
        }
    )
    safe = protected(frame)
    assert safe["withheld"].tolist() == ["households;share;yuan"] * 2 + [""] * 2
    assert safe[["share", "yuan"]].isna().all(axis=1).tolist() == [True, True, False, False]


def test_tables_of_one_brief_hide_the_same_cells():
    whole = crossed([[3, 40, 50], [60, 20, 70], [80, 90, 30]])
    by_area = whole[whole["state"] == "all"].drop(columns="state").reset_index(drop=True)
    inner = whole[(whole["state"] != "all") & (whole["area"] != "all")].reset_index(drop=True)
    safe = disclosure.protect_together(
        {"inner": inner, "areas": by_area},
        HOUSEHOLDS,
        by=["area", "state"],
        totals={"area": "all", "state": "all"},
    )
    assert safe["areas"]["households"].notna().all()
    # Alone, the inner table would hide one cell; beside the totals of areas its row-mate goes too.
    gone = safe["inner"].loc[safe["inner"]["households"].isna()]
    assert gone["area"].value_counts()["a0"] == 2
    with pytest.raises(ValueError, match="two counts"):
        disclosure.protect_together(
            {"x": inner, "y": inner.assign(households=9)},
            HOUSEHOLDS,
            by=["area", "state"],
            totals={},
        )


def test_hiding_twice_is_hiding_once():
    safe = protected(crossed([[3, 40, 50], [60, 20, 70], [80, 90, 30]]))
    assert protected(safe) is safe


def least_cost(problem):
    """The cheapest safe choice, found by trying all of them."""
    cells = problem.sums.cells
    usable = np.asarray(problem.sums[1])[:cells] > 0
    rest = np.ones(len(problem.sums.values) - cells, bool)
    best = np.inf
    for chosen in product([False, True], repeat=cells):
        hidden = np.array(chosen)
        if (problem.primary & ~hidden).any() or (hidden & ~usable).any():
            continue
        if problem.cost[hidden].sum() < best and not any(
            pinned(problem, np.concatenate([hidden, rest]), [at], NOBODY)
            for at in np.flatnonzero(problem.primary)
        ):
            best = problem.cost[hidden].sum()
    return best


@pytest.mark.parametrize("counts", [[[3, 9], [20, 6]], [[2, 0], [7, 30]]])
def test_the_least_is_hidden(counts):
    frame = crossed(counts)
    values = frame["households"].to_numpy(float)
    found = disclosure.row_sums(frame, ["area", "state"], {"area": "all", "state": "all"}, {})
    sums = disclosure.joined(values, found)
    cost = np.log2(values + 2)
    problem = Problem(sums, (values > 0) & (values < FEWEST), np.full(9, ROOM), cost)
    assert cost[complement(problem)].sum() == pytest.approx(least_cost(problem))


TABLES = st.tuples(st.integers(2, 4), st.integers(1, 3)).flatmap(
    lambda shape: st.lists(
        st.lists(
            st.one_of(st.integers(0, 12), st.integers(0, 200)), min_size=shape[1], max_size=shape[1]
        ),
        min_size=shape[0],
        max_size=shape[0],
    )
)


@settings(max_examples=12)
@given(counts=TABLES, exact=st.booleans())
def test_no_reader_recovers_a_hidden_cell(counts, exact):
    frame = crossed(counts)
    with pytest.MonkeyPatch.context() as patch:
        if not exact:
            patch.setattr(choice, "LARGEST_PROGRAMME", 0)
        safe = protected(frame)
    assert_safe(frame, safe)
    shown = safe["households"].notna()
    assert (safe.loc[shown, "households"] == frame.loc[shown, "households"]).all()
    assert protected(frame)["households"].equals(protected(frame)["households"])


def test_the_choice_does_not_turn_on_what_is_hidden():
    """One household more in a hidden cell and one less in another: the same bytes are published."""
    counts = np.array([[2, 21, 50], [19, 42, 70], [80, 90, 30]])
    before = protected(crossed(counts))
    moved = counts + np.array([[1, -1, 0], [-1, 1, 0], [0, 0, 0]])
    assert before.loc[before["households"].isna(), "area"].tolist() == ["a0", "a0", "a1", "a1"]
    pd.testing.assert_frame_equal(protected(crossed(moved)), before)


def test_a_large_table_is_protected_one_cell_after_the_other():
    counts = np.floor(np.random.default_rng(3).exponential(25, (10, 5)))
    frame = crossed(counts)
    safe = protected(frame)
    assert_safe(frame, safe)
    assert safe["households"].isna().mean() < 0.5


def test_rounding_changes_no_count_by_more_than_half_its_base():
    frame = crossed([[3, 40], [60, 20]])
    apart = disclosure.rounded(frame, ["households"], 5)["households"] - frame["households"]
    assert apart.abs().max() <= 2.5
    with pytest.raises(ValueError, match="2 or more"):
        disclosure.rounded(frame, ["households"], 1)


def test_every_pair_of_columns_shares_the_row():
    frame = pd.DataFrame(
        {"area": ["a", "b", "c"], "households": [6, 9, 40], "persons": [8, 30, 150]}
    )
    counts = {"households": "household", "persons": "person"}
    hidden = hidden_cells(frame, counts, Built([]), disclosure.limits())
    assert [row.tolist() for row in hidden] == [[True, True], [False, False], [False, False]]
    assert all(a.tolist() == b.tolist() for a, b in combinations(hidden.T, 2))
