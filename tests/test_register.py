"""The register as a panel: flows close, nothing depends on names or order, faults are refused."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from projects import run_cells

from analysis import exhibits, projection, register, tables

YEARS = [2015, 2016, 2017]
VILLAGES = ["v1", "v2"]
KEYS = ["year", "village"]


@st.composite
def panels(draw):
    """Households that come, go, move and change state at will, and members who change household."""
    homes = [f"h{number}" for number in range(draw(st.integers(1, 5)))]
    households = [
        {
            "household": home,
            "year": year,
            "village": draw(st.sampled_from(VILLAGES)),
            "size": draw(st.integers(0, 6)),
            "status": draw(st.sampled_from(register.STATES)),
        }
        for home in homes
        for year in YEARS
        if year == YEARS[0] or draw(st.booleans())
    ]
    members = [
        {
            "member": f"m{number}",
            "year": year,
            "household": home,
            "birth_year": born,
        }
        for number in range(draw(st.integers(0, 8)))
        for born in [draw(st.sampled_from([1980, *YEARS]))]
        for year in YEARS
        for home in [draw(st.sampled_from(homes))]
        if draw(st.booleans()) and (home, year) in {(r["household"], r["year"]) for r in households}
    ]
    everyone = pd.DataFrame(members, columns=["member", "year", "household", "birth_year"])
    there = pd.DataFrame(households)
    # A year in which every household is gone is a gap, and is refused elsewhere.
    keep = pd.DataFrame(
        [
            {"household": "z", "year": y, "village": "v1", "size": 1, "status": "never"}
            for y in YEARS
        ]
    )
    return pd.concat([there, keep], ignore_index=True), everyone.astype(
        {"year": int, "birth_year": int}
    )


def _stock(persons, poor):
    return persons[poor].groupby(["year", "village"])["persons"].sum()


def _assert_closes(table, stock):
    gains = table[list(register.GAINS)].sum(axis=1) + table["resized"]
    losses = table[list(register.LOSSES)].sum(axis=1)
    assert np.allclose(table["opening"] + gains - losses, table["closing"])
    for row in table.to_dict("records"):
        assert row["closing"] == stock.get((row["year"], row["village"]), 0)
        assert row["opening"] == stock.get((row["year"] - 1, row["village"]), 0)
    assert (table.drop(columns=["village", "resized"]).fillna(0) >= 0).all(axis=None)


@settings(max_examples=30)
@given(panels())
def test_flows_of_households_close_for_any_panel(panel):
    households, _ = panel
    rows = households.assign(persons=households["size"])
    stock = _stock(rows, rows["status"].isin(register.POOR))
    _assert_closes(register.flows(households), stock)


@settings(max_examples=30)
@given(panels())
def test_flows_of_members_close_for_any_panel(panel):
    households, members = panel
    rows = members.merge(households, on=["household", "year"]).assign(persons=1)
    stock = _stock(rows, rows["status"].isin(register.POOR))
    table = register.flows(households, members)
    _assert_closes(table, stock)
    assert (table["resized"] == 0).all()


@settings(max_examples=30)
@given(panels(), st.randoms())
def test_order_and_names_of_rows_do_not_matter(panel, random):
    households, members = panel
    names = [f"x{number}" for number in range(10)]
    random.shuffle(names)
    rename = dict(zip([*[f"h{n}" for n in range(6)], "z"], names, strict=False))
    first = register.flows(households, members)
    again = register.flows(
        households.replace({"household": rename}).sample(frac=1, random_state=1),
        members.replace({"household": rename}).sample(frac=1, random_state=2),
    )
    pd.testing.assert_frame_equal(first, again)


@settings(max_examples=30)
@given(panels())
def test_villages_add_up_to_the_whole_but_for_moves_between_them(panel):
    households, members = panel
    parts = register.flows(households, members).groupby("year").sum(numeric_only=True)
    whole = register.flows(households, members, area=None).set_index("year")
    moves = ["moved_in", "moved_out"]
    pd.testing.assert_frame_equal(
        parts.drop(columns=moves), whole.drop(columns=moves), check_dtype=False
    )
    assert np.allclose(
        parts["moved_in"] - parts["moved_out"], whole["moved_in"] - whole["moved_out"]
    )


def _household(rows):
    columns = ["household", "year", "village", "size", "status"]
    return pd.DataFrame(rows, columns=columns)


def _member(rows):
    return pd.DataFrame(rows, columns=["member", "household", "year", "birth_year"])


STORY = _household(
    [
        ("stays", 2016, "v", 3, "poor"),
        ("stays", 2017, "v", 3, "poor"),
        ("exits", 2016, "v", 2, "poor"),
        ("exits", 2017, "v", 3, "exited"),
        ("back", 2016, "v", 2, "exited"),
        ("back", 2017, "v", 2, "returned"),
        ("found", 2016, "v", 1, "never"),
        ("found", 2017, "v", 1, "poor"),
        ("struck", 2016, "v", 1, "poor"),
        ("moves", 2016, "v", 1, "poor"),
        ("moves", 2017, "w", 1, "poor"),
    ]
)
PERSONS = _member(
    [
        ("a", "stays", 2016, 1970),
        ("a", "stays", 2017, 1970),
        ("b", "stays", 2016, 1940),
        ("c", "stays", 2016, 1995),
        ("c", "back", 2017, 1995),
        ("d", "stays", 2017, 2017),
        ("e", "stays", 2017, 1990),
        ("f", "exits", 2016, 1970),
        ("f", "exits", 2017, 1970),
        ("g", "exits", 2016, 1971),
        ("g", "exits", 2017, 1971),
        ("h", "exits", 2017, 2017),
        ("i", "back", 2016, 1960),
        ("i", "back", 2017, 1960),
        ("j", "found", 2017, 1960),
        ("k", "struck", 2016, 1960),
        ("l", "moves", 2016, 1960),
        ("l", "moves", 2017, 1960),
    ]
)


def test_each_kind_of_event_lands_in_its_flow():
    row = register.flows(STORY, PERSONS).set_index("village").loc["v"]
    expected = {"opening": 7, "new": 1, "returned": 2, "born": 2, "moved_in": 1, "exited": 3}
    expected |= {"died": 1, "moved_out": 2, "removed": 1, "closing": 6}
    assert {name: row[name] for name in expected} == expected
    assert register.flows(STORY, PERSONS).set_index("village").loc["w", "moved_in"] == 1


def test_without_members_births_and_deaths_are_missing_not_zero():
    row = register.flows(STORY).set_index("village").loc["v"]
    assert np.isnan(row["born"]) and np.isnan(row["died"])
    assert (row["resized"], row["exited"]) == (1, 3)


@pytest.mark.parametrize("engine", ["polars", "lazy", "duckdb"])
def test_every_engine_gives_the_same_numbers(engine):
    connection = duckdb.connect()
    turn = {
        "polars": pl.from_pandas,
        "lazy": lambda frame: pl.from_pandas(frame).lazy(),
        "duckdb": connection.from_df,
    }[engine]
    given = turn(STORY), turn(PERSONS)
    pd.testing.assert_frame_equal(
        register.flows(*given).astype({"village": object}),
        register.flows(STORY, PERSONS).astype({"village": object}),
    )
    pd.testing.assert_frame_equal(
        register.transitions(given[0]).astype(object), register.transitions(STORY).astype(object)
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: pd.concat([frame, frame.head(1)]), "household stays in 2016"),
        (lambda frame: frame.replace({"status": {"exited": "out"}}), "'out' is not one of"),
        (lambda frame: frame.assign(size=frame["size"].where(frame.index > 0)), "missing size"),
        (lambda frame: frame.replace({"year": {2017: 2018}}), "needs every year"),
        (lambda frame: frame.assign(village=frame["village"].where(frame.index > 0)), "no village"),
    ],
)
def test_a_fault_in_the_panel_is_named(change, said):
    with pytest.raises(ValueError, match=said):
        register.flows(change(STORY))


def test_a_member_without_household_is_named():
    orphan = _member([("q", "nowhere", 2017, 1980)])
    with pytest.raises(ValueError, match="member q of household nowhere in 2017"):
        register.flows(STORY, pd.concat([PERSONS, orphan]))


def _terms(place, flows):
    facts = tables.read("facts", place=place).set_index("fact")["value"]
    return pd.DataFrame(
        [{"place": place, "flow": flow, "value": facts[fact]} for flow, fact in flows]
    )


EXITS = [f"A{number:02d}" for number in range(8, 13)]


@pytest.mark.parametrize(
    ("place", "flows", "residual"),
    [
        ("county_a", [*[("new", fact) for fact in EXITS], ("closing", "A13")], -240),
        (
            "county_a",
            [("opening", "A14"), *[("exited", f) for f in EXITS], ("closing", "A15")],
            215,
        ),
        (
            "township_b",
            [("opening", "B01"), ("new", "B14"), ("removed", "B18"), ("closing", "B20")],
            -185,
        ),
    ],
)
def test_the_real_ledgers_leave_their_residuals(place, flows, residual):
    rows = register.ledger_rows(_terms(place, flows), ["place"]).fillna({"opening": 0})
    told = register.residuals(rows).iloc[0]
    assert (told["residual"], told["verdict"]) == (residual, "open")


@settings(max_examples=30)
@given(panels())
def test_derived_flows_have_no_residual_and_no_breaks(panel):
    derived = register.flows(*panel)
    assert (register.residuals(derived)["verdict"] == "closes").all()
    assert register.breaks(derived, ["village"]).empty


def test_a_kept_ledger_is_reported_where_it_differs_and_not_mended():
    derived = register.flows(STORY, PERSONS)
    kept = derived.copy()
    kept.loc[0, "exited"] += 4
    found = register.compare_flows(derived, kept, KEYS)
    assert found[["village", "flow", "difference"]].to_numpy().tolist() == [["v", "exited", 4]]
    assert register.residuals(kept)["residual"].tolist() == [4, 0]


def test_a_missing_closing_or_flow_is_not_taken_as_zero():
    ledger = pd.DataFrame(
        {"opening": [5.0, 5.0], "exited": [2.0, np.nan], "closing": [np.nan, 5.0]}
    )
    told = register.residuals(ledger)
    assert told["verdict"].tolist() == ["cannot_tell", "closes"]
    assert told["unknown_flows"].tolist() == [7, 8]
    terms = pd.DataFrame({"place": "a", "flow": ["new", "new"], "value": [1.0, np.nan]})
    assert np.isnan(register.ledger_rows(terms, ["place"])["new"].iloc[0])


def test_transitions_count_every_household_once():
    moves = register.transitions(STORY).set_index(["from_state", "to_state"])["households"]
    assert moves.to_dict() == {
        ("exited", "returned"): 1,
        ("never", "poor"): 1,
        ("poor", "absent"): 1,
        ("poor", "exited"): 1,
        ("poor", "poor"): 2,
    }


@settings(max_examples=30)
@given(panels())
def test_transitions_agree_with_the_flows_and_shares_sum_to_one(panel):
    households, _ = panel
    moves = register.transitions(households)
    known = moves[moves["from_state"] != "absent"]
    assert np.allclose(known.groupby(["year", "from_state"])["share"].sum(), 1)
    out = moves[moves["from_state"].isin(register.POOR) & (moves["to_state"] == "exited")]
    exited = register.flows(households, area=None).set_index("year")["exited"]
    assert (
        out.groupby("year")["persons_to"].sum().reindex(exited.index, fill_value=0).eq(exited).all()
    )


def test_hazards_are_shares_with_exact_bounds():
    found = register.hazards(register.transitions(STORY), register.POOR, ["exited"]).iloc[0]
    assert (found["at_risk"], found["passed"]) == (4, 1)
    assert found["hazard_low"] == pytest.approx(0.0127, abs=1e-4)
    assert found["hazard_high"] == pytest.approx(0.7514, abs=1e-4)


def _villages(poor=True):
    return pd.DataFrame(
        {
            "village": ["v", "w", "v", "w"],
            "year": [2016, 2016, 2017, 2017],
            "poor_village": [poor, poor, poor, poor],
            "exited_year": [np.nan, np.nan, 2017.0, np.nan],
            "population": [100.0, 50.0, 100.0, 50.0],
        }
    )


def test_incidence_is_the_poor_over_the_population_and_zero_where_nobody_is():
    found = register.incidence(STORY, _villages(), area="village").set_index(["year", "village"])
    assert found["headcount_ratio"].tolist() == [0.07, 0.0, 0.06, 0.02]
    whole = register.incidence(STORY, _villages())
    assert whole["headcount_ratio"].tolist() == [7 / 150, 7 / 150]


def test_a_population_that_is_missing_leaves_the_ratio_missing():
    villages = _villages().assign(population=[100.0, np.nan, 100.0, 50.0])
    assert register.incidence(STORY, villages)["headcount_ratio"].isna().tolist() == [True, False]


def test_a_projection_takes_the_register_or_the_margins_by_one_interface():
    printed = tables.margins("wenshan")
    own = register.own_exits(STORY, _villages(), "x")
    assert own["person"][["opening", "exits"]].to_numpy().tolist() == [[7, 2]]
    assert own["village"][["opening", "exits"]].to_numpy().tolist() == [[2, 1]]
    common = pd.Series({"register_first_year": 2014, "village_first_year": 2016})
    from_margins = projection.own_exits(printed, "x", common, 2017)
    for unit in ("person", "village"):
        assert list(own[unit]) == list(from_margins[unit])
    paces = projection.learned_paces(tables.read("incidence"), tables.read("exit_paces"), own)
    assert {"x"} <= set(paces["person"]["place"]) & set(paces["unit"]["place"])
    counted = register.counted_margins(printed, STORY, _villages(), 2017, source="speech")
    state = projection.starting_state(counted, 2017)
    assert (state.poor, state.base_low, state.villages, state.villages_out) == (7, 150, 2, 1)
    assert state.incidence_line == printed.loc["incidence_threshold", "value"]
    returns = register.own_returns(STORY, "x")
    plans = projection.read_scenarios(tables.read("scenarios"), counted, returns)
    assert plans["historical_pace"].returns_high <= 1


def test_a_year_the_register_does_not_have_is_refused():
    with pytest.raises(ValueError, match="2020"):
        register.counted_margins(tables.margins("wenshan"), STORY, _villages(), 2020, source="s")


# ---- chapter 7 on other printed ledgers


@pytest.fixture
def seventh(root, monkeypatch):
    """Chapter 7 of the made-up county, and the keys of what it shows."""
    shown = {}
    for verb in ("finding", "table"):
        monkeypatch.setattr(exhibits, verb, _noted(getattr(exhibits, verb), shown))
    monkeypatch.setattr(exhibits, "figure", lambda key, *_, **values: shown.update({key: values}))
    path = root / "notebooks" / "07_register_flows.ipynb"
    return lambda **told: (run_cells(path, place="demo_county", **told), shown)[1]


def _noted(show, shown):
    def noting(*given, **values):
        exhibit = show(*given, **values)
        shown[exhibit.content["key"]] = values
        return exhibit

    return noting


@pytest.mark.parametrize("ledgers", [[], ["songming", "zone_c"]])
def test_ledgers_without_a_stock_leave_a_sentence(seventh, ledgers):
    shown = seventh(ledgers=ledgers)
    assert {"register.residuals.none", "register.answer.kept"} <= set(shown)
    assert "register.open" not in shown


def test_the_largest_residual_is_that_of_the_ledgers_named(seventh):
    shown = seventh(ledgers=["township_b"], checked="county_a")
    told = shown["register.open"]
    assert (told["statements"], told["largest"]) == (1, 185)
    assert told["share"] == pytest.approx(185 / 8242, abs=0.003)


def _printed(place):
    terms = tables.read("ledger_terms").query("place == @place")
    facts = tables.read("facts", place=place).assign(place=place)
    return register.printed_moves(register.printed_terms(terms, facts), facts, place)


def test_a_printed_check_counts_those_who_fell_back_among_all_who_had_exited():
    moves = _printed("township_b").set_index("to_state")
    assert moves["households"].to_dict() == {"returned": 21, "exited": 375 + 205 + 102 - 21}
    assert set(moves["year"]) == {2017}
    assert register.latest_return(moves.reset_index())["at_risk"] == 682


def test_a_ledger_that_prints_no_check_is_refused_by_name():
    with pytest.raises(ValueError, match=r"checked: .*'county_a'.*these do: township_b, by"):
        _printed("county_a")
