"""Exit tests: three values, distances, what solving would release, figures carried upward."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from projects import run_cells

from analysis import exhibits, exits, tables

PACKS = sorted(
    path.stem
    for path in (tables.DATA / "standards").glob("*.csv")
    if path.stem not in ("packs", "measures")
)
MEASURES = tables.read("measures", place="standards")
KEYS = ["village"]


def pack(*rows, level="village"):
    """Write a pack of (indicator, operator, threshold, unit)."""
    columns = ["indicator", "operator", "threshold", "unit"]
    frame = pd.DataFrame(rows, columns=columns).assign(level=level)
    return frame.assign(number=range(1, len(frame) + 1))


def measure(indicator, unit, **other):
    row = dict.fromkeys(MEASURES.columns) | {"level": "village", "indicator": indicator}
    return row | {"unit": unit, "part": 1, "column": indicator, "transform": "as_is"} | other


def judge_values(values, operator, threshold, unit="share"):
    ledger = pd.DataFrame({"village": range(len(values)), "x": values})
    measures = pd.DataFrame([measure("x", unit)])
    return exits.judge(ledger, pack(("x", operator, threshold, unit)), measures, "village", KEYS)


def grid(*rows, names="abcdef"):
    """Write judgements by hand: one string a unit, P pass, F fail, U unknown."""
    words = {"P": "pass", "F": "fail", "U": "unknown"}
    return pd.DataFrame(
        [
            (unit, number, names[number - 1], words[letter], *cell)
            for unit, row in enumerate(rows)
            for number, letter in enumerate(row, 1)
            for cell in [(-1.0, 1.0, "yes", None) if letter == "F" else (0.0, 0.0, "yes", None)]
        ],
        columns=[
            *("village", "number", "indicator", "verdict"),
            *("distance", "shortfall", "unit", "missing"),
        ],
    )


# ---- closed forms of every operator


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        ("<", "pass", "fail", "fail"),
        ("<=", "pass", "pass", "fail"),
        (">", "fail", "fail", "pass"),
        (">=", "fail", "pass", "pass"),
        ("=", "fail", "pass", "fail"),
    ],
)
def test_an_operator_decides_below_at_and_above_its_threshold(operator, below, at, above):
    judged = judge_values([0.02, 0.03, 0.04], operator, 0.03)
    assert judged["verdict"].tolist() == [below, at, above]


@pytest.mark.parametrize(
    ("operator", "distances"),
    [
        *(("<", [0.01, 0.0, -0.02]), ("<=", [0.01, 0.0, -0.02])),
        *((">", [-0.01, 0.0, 0.02]), (">=", [-0.01, 0.0, 0.02]), ("=", [-0.01, 0.0, -0.02])),
    ],
)
def test_distance_is_in_the_unit_of_the_threshold_and_below_zero_where_short(operator, distances):
    judged = judge_values([0.02, 0.03, 0.05], operator, 0.03)
    assert np.allclose(judged["distance"], distances)


def test_shortfall_is_relative_to_the_threshold_and_whole_where_that_is_zero():
    assert np.allclose(judge_values([45.0, 90.0], ">=", 90.0, "m2")["shortfall"], [0.5, 0.0])
    assert judge_values([0.0], ">", 0.0, "yuan")["shortfall"].tolist() == [1.0]


def test_a_share_of_whole_numbers_at_its_threshold_is_at_it():
    judged = judge_values([3 / 100, 1 - 97 / 100, 0.1 * 3 / 10], "<", 0.03)
    assert judged["verdict"].tolist() == ["fail"] * 3


@given(st.sampled_from(["<", "<=", ">", ">="]), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_better_value_never_turns_a_pass_into_a_fail(operator, threshold, one, other):
    worse, better = sorted([one, other], reverse=operator in ("<", "<="))
    first, second = judge_values([worse, better], operator, threshold)["verdict"]
    assert (first, second) != ("pass", "fail")


@given(st.lists(st.integers(0, 6), min_size=2, max_size=2), st.integers(6, 9))
def test_fewer_without_insurance_never_turn_a_pass_into_a_fail(without, size):
    ledger = pd.DataFrame(
        {"village": [0, 1], "uninsured_members": sorted(without)[::-1], "size": size}
    )
    rule = pack(("medical", "=", 1.0, "share"), level="household")
    worse, better = exits.judge(ledger, rule, MEASURES, "household", KEYS)["verdict"]
    assert (worse, better) != ("pass", "fail")


# ---- unknown is never pass


@given(st.sampled_from(["<", "<=", ">", ">=", "="]), st.floats(0, 1))
def test_a_missing_value_is_unknown_whatever_the_threshold(operator, threshold):
    judged = judge_values([None, float("nan"), float("inf"), -float("inf")], operator, threshold)
    assert set(judged["verdict"]) == {"unknown"}
    assert set(judged["missing"]) == {"x"}


def test_a_column_that_is_not_there_is_named():
    rule = pack(("industry", ">=", 0.6, "share"))
    judged = exits.judge(pd.DataFrame({"village": [1]}), rule, MEASURES, "village", KEYS)
    assert judged[["verdict", "missing"]].to_numpy().tolist() == [
        ["unknown", "industry_households_share"]
    ]


def test_a_threshold_that_is_not_printed_comes_from_its_column_or_is_missing():
    rule = pack(("income", ">", None, "yuan_per_person"), level="household")
    ledger = pd.DataFrame(
        {"village": range(3), "income_per_person_yuan": 3336.0, "line_yuan": [3335.0, 3336.0, None]}
    )
    judged = exits.judge(ledger, rule, MEASURES, "household", KEYS)
    assert judged["verdict"].tolist() == ["pass", "fail", "unknown"]
    assert judged["missing"].tolist()[2] == "line_yuan"
    without = exits.judge(ledger.drop(columns="line_yuan"), rule, MEASURES, "household", KEYS)
    assert set(without["missing"]) == {"line_yuan"}


@pytest.mark.parametrize(
    ("grade", "moved_in", "verdict", "column"),
    [
        ("A", True, "pass", "house_grade"),
        ("B", False, "fail", "moved_in"),
        ("C", None, "fail", "house_grade"),
        ("A", None, "unknown", "moved_in"),
        (None, True, "unknown", "house_grade"),
        (None, False, "fail", "moved_in"),
    ],
)
def test_parts_fail_together_and_are_unknown_only_where_none_fails(
    grade, moved_in, verdict, column
):
    ledger = pd.DataFrame({"village": [1], "house_grade": pd.Series([grade], dtype="str")})
    ledger["moved_in"] = pd.array([moved_in], dtype="boolean")
    rule = pack(("housing", "=", 1.0, "yes"), level="household")
    judged = exits.judge(ledger, rule, MEASURES, "household", KEYS).iloc[0]
    assert (judged["verdict"], judged["column"]) == (verdict, column)


def test_a_share_of_nobody_is_unknown():
    ledger = pd.DataFrame({"village": [1], "uninsured_members": [0], "size": [0]})
    rule = pack(("medical", "=", 1.0, "share"), level="household")
    judged = exits.judge(ledger, rule, MEASURES, "household", KEYS).iloc[0]
    assert judged["verdict"] == "unknown" and pd.notna(judged["missing"])


def test_a_unit_passes_only_when_everything_is_known_and_passes():
    verdicts = exits.verdicts(grid("PP", "PU", "FU", "PF", "UU"), KEYS)
    assert verdicts["verdict"].tolist() == ["pass", "unknown", "fail", "fail", "unknown"]
    assert verdicts["binding"].tolist()[1:] == ["b", "a", "b", "a"]
    assert pd.isna(verdicts["binding"].iloc[0])


def test_the_binding_indicator_is_the_one_furthest_from_its_threshold():
    ledger = pd.DataFrame(
        {"village": [1], "clinic_m2": [80.0], "doctors": [1], "tap_water_share": 0.5}
    )
    rule = pack(("clinic", ">=", 90.0, "m2"), ("water", ">=", 0.98, "share"))
    found = exits.verdicts(exits.judge(ledger, rule, MEASURES, "village", KEYS), KEYS).iloc[0]
    assert (found["binding"], round(found["distance"], 6), found["unit"]) == (
        "water",
        -0.48,
        "share",
    )


# ---- packs


def _levels(name):
    rows = tables.read("standards", pack=name)
    return rows, rows["level"].unique()


@pytest.mark.parametrize("name", PACKS)
def test_every_pack_judges_an_empty_handed_unit_as_unknown(name):
    standard, levels = _levels(name)
    for level in levels:
        judged = exits.judge(pd.DataFrame({"village": [1, 2]}), standard, MEASURES, level, KEYS)
        assert len(judged) == 2 * (standard["level"] == level).sum()
        assert set(judged["verdict"]) == {"unknown"} and judged["missing"].notna().all()


@pytest.mark.parametrize("name", PACKS)
def test_every_pack_passes_a_unit_at_its_best(name):
    standard, levels = _levels(name)
    best = {"<": 0.0, "<=": 0.0, ">": 1e9, ">=": 1e9, "=": 1.0}
    for level in levels:
        parts = exits.required_parts(standard, MEASURES, level)
        ledger = pd.DataFrame({"village": [1], "size": 4.0})
        for part in parts.to_dict("records"):
            value = {"none_left": 0, "share_without": 0, "one_of": "A"}.get(part["transform"])
            ledger[part["column"]] = best[part["operator"]] if value is None else value
            if pd.notna(part["threshold_column"]):
                ledger[part["threshold_column"]] = 1.0
        judged = exits.judge(ledger, standard, MEASURES, level, KEYS)
        assert set(judged["verdict"]) == {"pass"}, judged
        assert exits.verdicts(judged, KEYS)["verdict"].tolist() == ["pass"]


def test_every_measure_is_asked_for_by_a_pack():
    match = ["level", "indicator", "unit"]
    asked = pd.concat([tables.read("standards", pack=name)[match] for name in PACKS])
    assert set(MEASURES[match].itertuples(index=False)) == set(asked.itertuples(index=False))


def test_the_west_is_held_to_three_per_cent():
    for name in ("national_2016", "inspection_2017", "yunnan_2017"):
        rows = tables.read("standards", pack=name)
        county = rows[(rows["level"] == "county") & rows["indicator"].str.contains("incidence")]
        assert county["threshold"].tolist() == [0.03]


def test_a_national_line_is_that_of_the_year():
    lines = tables.read("lines")
    ledger = pd.DataFrame({"village": [1, 2], "year": [2016, 2017]})
    ledger = exits.with_lines(ledger.assign(income_per_person_yuan=3200.0), lines, "register_exit")
    standard = tables.read("standards", pack="national_2016")
    judged = exits.judge(ledger, standard, MEASURES, "household", KEYS)
    income = judged[judged["indicator"] == "income"]
    assert income["threshold"].tolist() == [3146.0, 3335.0]
    assert income["verdict"].tolist() == ["pass", "fail"]


def test_polars_and_pandas_judge_alike():
    columns = {"village": ["a", "b", "c"], "venue": [True, None, False]}
    rule = pack(("venue", "=", 1.0, "yes"))
    frames = [pl.DataFrame(columns), pd.DataFrame(columns), pl.DataFrame(columns).lazy()]
    told = [exits.judge(f, rule, MEASURES, "village", KEYS)["verdict"].tolist() for f in frames]
    assert told == [["pass", "unknown", "fail"]] * 3


# ---- faults


def test_a_unit_that_stands_twice_is_refused_by_name():
    ledger = pd.DataFrame({"village": ["a", "a"], "venue": [True, False]})
    with pytest.raises(ValueError, match="village a more than once"):
        exits.judge(ledger, pack(("venue", "=", 1.0, "yes")), MEASURES, "village", KEYS)


def test_text_where_a_truth_value_belongs_is_refused():
    ledger = pd.DataFrame({"village": ["a"], "venue": ["yes"]})
    with pytest.raises(TypeError, match="column venue holds text such as 'yes'"):
        exits.judge(ledger, pack(("venue", "=", 1.0, "yes")), MEASURES, "village", KEYS)


def test_an_indicator_without_a_measure_is_refused():
    with pytest.raises(ValueError, match=r"no column measures cinema.*measures\.csv"):
        exits.required_parts(pack(("cinema", "=", 1.0, "yes")), MEASURES, "village")


def test_a_level_without_indicators_is_refused():
    with pytest.raises(ValueError, match="no indicator of the level 'township'"):
        exits.required_parts(pack(("venue", "=", 1.0, "yes")), MEASURES, "township")


def test_a_standard_without_a_level_is_named_with_the_levels_it_has():
    card = tables.read("standards", pack="guangxi_2017")
    with pytest.raises(ValueError, match=r"standard 'guangxi_2017' has .*'county'; it has: .*vill"):
        exits.required_parts(card, MEASURES, "county")


@pytest.mark.parametrize("name", PACKS)
def test_any_standard_stands_beside_the_own_and_the_own_says_what_a_plan_aims_at(name):
    packs = {each: tables.read("standards", pack=each) for each in PACKS}
    nothing = pd.DataFrame(columns=["moment", "column", "value", "value_low", "value_high"])
    rules = packs[name].query("level == 'county'")["indicator"]
    if "village_exit_share" in set(rules):
        judged = exits.printed_checklists(packs, MEASURES, nothing, name)
        assert set(judged) == {
            each for each, rows in packs.items() if "county" in set(rows["level"])
        }
        assert {"guizhou_2017", "guangxi_2017"}.isdisjoint(judged)
    else:
        with pytest.raises(ValueError, match=rf"pack: .*'{name}'.*these have it: yunnan_2017;"):
            exits.printed_checklists(packs, MEASURES, nothing, name)


def test_a_year_the_ledgers_lack_is_refused_with_those_they_hold(root):
    path = root / "notebooks" / "05_exit_readiness.ipynb"
    with pytest.raises(ValueError, match=r"year: .*2013; they hold 2015, 2016, 2017"):
        run_cells(path, place="demo_county", year=2013, before="exits-synthetic-packs")


def test_a_line_that_is_not_there_or_stands_twice_is_refused():
    lines = pd.DataFrame({"line": ["own", "own"], "year": [2017, 2017], "line_yuan": [1.0, 2.0]})
    with pytest.raises(ValueError, match="stands twice"):
        exits.with_lines(pd.DataFrame({"year": [2017]}), lines, "own")
    with pytest.raises(ValueError, match="there is no line 'other'"):
        exits.with_lines(pd.DataFrame({"year": [2017]}), lines, "other")


def test_a_key_that_the_judgement_uses_itself_is_refused():
    with pytest.raises(ValueError, match="the key 'unit'"):
        exits.judge(
            pd.DataFrame({"unit": [1]}),
            pack(("venue", "=", 1, "yes")),
            MEASURES,
            "village",
            ["unit"],
        )


# ---- release


def test_where_no_household_is_poor_no_test_holds_one_back():
    nobody = grid("FP").iloc[:0]
    counts = exits.verdict_counts({"own": nobody}, KEYS)
    assert counts[["pass", "fail", "unknown", "units"]].to_numpy().sum() == 0
    released = exits.publishable_release(exits.marginal_release(nobody, KEYS), poor=0, fail=0)
    assert exits.most_released(released.assign(test="test_" + released["indicator"])) == {}


def test_marginal_release_counts_those_failing_in_exactly_that_one():
    released = exits.marginal_release(grid("FP", "FF", "FU", "PF", "PP"), KEYS)
    assert released["failing"].tolist() == [3, 2]
    assert released["unknown"].tolist() == [0, 1]
    assert released["released"].tolist() == [1, 1]
    assert released["released_at_most"].tolist() == [2, 1]


def test_greedy_order_releases_everyone_who_can_be_and_nobody_unknown():
    order = exits.greedy_order(grid("FPP", "FPP", "FFP", "PFF", "PUF", "PPP"), KEYS)
    assert order["indicator"].tolist() == ["a", "b", "c"]
    assert order["released"].tolist() == [2, 1, 1]
    assert order["released_total"].tolist() == [2, 3, 4]


def test_greedy_is_held_against_the_best_set_of_its_size():
    judged = grid("FPP", "FPP", *["PFF"] * 5)
    order = exits.greedy_order(judged, KEYS)
    assert order["released_total"].tolist()[:2] == [2, 2]
    assert order["best_total"].tolist()[:2] == [2, 5]


verdict_rows = st.lists(st.text("PFU", min_size=3, max_size=3), min_size=1, max_size=12)


@settings(max_examples=30)
@given(verdict_rows)
def test_solving_an_indicator_releases_exactly_what_was_foretold(rows):
    judged = grid(*rows)
    before = exits.verdicts(judged, KEYS)["verdict"].eq("pass").sum()
    for told in exits.marginal_release(judged, KEYS).itertuples():
        solved = judged["indicator"].eq(told.indicator) & judged["verdict"].eq("fail")
        after = exits.verdicts(judged.assign(verdict=judged["verdict"].mask(solved, "pass")), KEYS)
        assert after["verdict"].eq("pass").sum() - before == told.released


@given(verdict_rows)
def test_greedy_never_beats_the_best_and_ends_with_it(rows):
    order = exits.greedy_order(grid(*rows), KEYS)
    assert (order["released_total"] <= order["best_total"]).all()
    releasable = sum("U" not in row and "F" in row for row in rows)
    assert order["released_total"].max() == releasable or (order.empty and not releasable)


def test_patterns_count_every_unit_once_and_commonest_first():
    patterns = exits.failure_patterns(grid("FP", "FP", "PP", "UF"), KEYS)
    units = patterns.drop_duplicates("pattern")["units"]
    assert units.tolist() == [2, 1, 1] and units.sum() == 4
    assert patterns["verdict"].tolist()[:2] == ["fail", "pass"]


def test_two_packs_stand_side_by_side():
    judged = {"one": grid("PP", "FP"), "two": grid("F", "P")}
    assert exits.side_by_side(judged, KEYS)[["one", "two", "two_binding"]].iloc[0].tolist() == [
        "pass",
        "fail",
        "a",
    ]
    counts = exits.verdict_counts(judged | {"three": grid("U", "P")}, KEYS).set_index("pack")
    assert counts["pass_share"].tolist() == [0.5, 0.5, 0.5]
    assert counts["pass_share_high"].tolist() == [0.5, 0.5, 1.0]


# ---- upward


@pytest.fixture
def ledgers():
    villages = pd.DataFrame(
        {
            "village": list("abc"),
            "township": ["t", "t", "s"],
            "year": 2017,
            "population": [100, 200, 100],
            "poor_village": pd.array([True, True, False], dtype="boolean"),
            "exited_year": pd.array([2017, None, None], dtype="Int64"),
            "safe_housing_share": [None, 0.25, None],
            "tap_water_share": [1.0, 0.5, 1.0],
        }
    )
    households = pd.DataFrame(
        {
            "household": list("123456"),
            "year": 2017,
            "village": list("aabbbc"),
            "size": [4, 3, 5, 2, 3, 6],
            "status": ["poor", "exited", "returned", "never", "exited", "poor"],
            "school_dropouts": [0, 0, 1, 0, 0, 0],
            "house_grade": list("CABABA"),
            "moved_in": True,
            "measures": [1, 2, 0, 0, 3, 1],
        }
    )
    return villages, households


def _upward(villages, households):
    standard = tables.read("standards", pack="yunnan_2017")
    judged = exits.judge(households, standard, MEASURES, "household", ["household", "year"])
    filled = exits.village_indicators(villages, households, judged, MEASURES)
    statistics = pd.DataFrame({"year": [2017], "income_growth": [0.097]})
    return filled, exits.county_indicators(filled, households, judged, MEASURES, statistics)


def test_villages_take_from_households_only_what_their_ledger_lacks(ledgers):
    villages, _ = _upward(*ledgers)
    assert villages["headcount_ratio"].tolist() == [0.04, 0.025, 0.06]
    assert villages["safe_housing_share"].tolist() == [0.5, 0.25, 1.0]
    assert villages["school_dropouts"].tolist() == [0.0, 1.0, 0.0]


def test_the_county_is_its_poor_over_its_people_and_its_villages_out(ledgers):
    county = _upward(*ledgers)[1].iloc[0]
    assert county["headcount_ratio"] == 15 / 400
    assert county["village_exit_share"] == 0.5
    assert county["support_share"] == 0.8
    assert county["tap_water_share"] == 0.75
    assert county["income_growth"] == 0.097


@pytest.mark.parametrize(
    ("table", "column", "lost"),
    [
        (1, "size", "headcount_ratio"),
        (1, "status", "headcount_ratio"),
        (1, "status", "support_share"),
        (1, "measures", "support_share"),
        (0, "population", "headcount_ratio"),
        (0, "poor_village", "village_exit_share"),
    ],
)
def test_one_missing_figure_makes_the_county_unknown_never_smaller(table, column, lost, ledgers):
    frames = list(ledgers)
    frames[table] = frames[table].assign(
        **{column: frames[table][column].mask([True] + [False] * (len(frames[table]) - 1))}
    )
    county = _upward(*frames)[1]
    assert county[lost].isna().all()


def test_a_village_without_registered_households_is_unknown_not_free_of_poverty(ledgers):
    villages, households = ledgers
    assert np.isnan(
        _upward(villages, households[households["village"] != "c"])[0]["headcount_ratio"].iloc[2]
    )


def test_a_household_of_an_unknown_village_is_refused(ledgers):
    villages, households = ledgers
    with pytest.raises(ValueError, match="household 6 of 2017 lives in a village that the village"):
        _upward(villages[villages["village"] != "c"], households)


def test_a_township_falls_by_its_own_incidence_of_the_year_before():
    villages = pd.DataFrame(
        {"township": list("aabb"), "year": [2016, 2017] * 2, "poor_persons": [10.0, 5, 8, None]}
    )
    towns = exits.township_indicators(villages.assign(population=100.0))
    assert np.allclose(
        towns["headcount_ratio_fall"], [np.nan, 0.05, np.nan, np.nan], equal_nan=True
    )


# ---- printed figures


def _printed(place="wenshan", **changed):
    margins = tables.margins(place)
    for name, value in changed.items():
        margins.loc[name, ["value", "value_low", "value_high"]] = value
    county = exits.printed_county(margins, tables.read("statements", place=place), 2017)
    standard = tables.read("standards", pack="yunnan_2017")
    return margins, exits.printed_checklist(standard, MEASURES, county)


def test_the_plan_of_the_speech_leaves_nineteen_villages_short():
    margins, checklist = _printed()
    found = exits.village_plan_summary(checklist, margins)
    assert (found["out"], found["must"], found["short"]) == (71, 90, 19)


def test_the_speech_tells_four_of_five_county_tests_today_and_two_under_its_plan():
    told = _printed()[1].set_index(["moment", "indicator"])["verdict"]
    assert told["today"].to_dict() == {
        "incidence": "fail",
        "income_growth": "pass",
        "village_exit_share": "fail",
        "support": "unknown",
        "balanced_education": "pass",
    }
    assert told["plan"][told["plan"] != "unknown"].to_dict() == {
        "village_exit_share": "fail",
        "balanced_education": "pass",
    }


@pytest.mark.parametrize(
    ("planned", "verdict", "short"), [(60, "pass", 0), (59, "fail", 1), (70, "pass", 0)]
)
def test_sixty_villages_would_be_enough_and_one_fewer_not(planned, verdict, short):
    margins, checklist = _printed(planned_village_exits=planned)
    plan = checklist.query("moment == 'plan' and indicator == 'village_exit_share'")
    assert plan["verdict"].tolist() == [verdict]
    assert exits.village_plan_summary(checklist, margins)["short"] == short


def test_a_figure_that_rounds_to_its_threshold_is_unknown():
    checklist = _printed(income_growth=0.093)[1]
    assert checklist.query("indicator == 'income_growth'")["verdict"].tolist()[0] == "unknown"


def test_a_share_of_rounded_figures_is_as_wide_as_both_allow():
    names = ["exited_villages", "planned_village_exits", "poor_villages"]
    margins = pd.DataFrame({"value": [30.0, 41, 100]}, index=names)
    margins = margins.assign(value_low=margins["value"] - 1, value_high=margins["value"] + 1)
    said = tables.read("statements", place="wenshan").head(0)
    plan = exits.printed_county(margins, said, 2017).iloc[1]
    assert np.allclose(plan[["value_low", "value_high"]].astype(float), [69 / 101, 73 / 99])


def test_a_certificate_lasts_and_another_statement_does_not():
    said = pd.DataFrame(
        {
            "column": ["a", "b", "c"],
            "value": 1.0,
            "year": [2016, 2016, 2018],
            "lasts": [True, False, True],
        }
    )
    county = exits.printed_county(tables.margins("wenshan"), said, 2017)
    assert county[county["column"].isin(list("abc"))]["column"].tolist() == ["a", "a"]


def test_what_the_ledgers_can_judge_is_counted_by_pack():
    standards = pd.concat([tables.read("standards", pack=name) for name in PACKS])
    counted = exits.measurable(standards, MEASURES).set_index(["pack", "level"])["measured"]
    assert counted["yunnan_2017"].to_dict() == {"household": 6, "village": 10, "county": 5}
    assert counted[("guangxi_2017", "village")] == 5
    fewer = MEASURES.assign(in_ledger=MEASURES["in_ledger"] & MEASURES["column"].ne("doctors"))
    lost = counted - exits.measurable(standards, fewer).set_index(["pack", "level"])["measured"]
    assert lost[lost > 0].index.tolist() == [("yunnan_2017", "village")]


@pytest.mark.slow
def test_a_test_that_no_ledger_tells_is_not_shown_as_one_that_no_village_fails(root, monkeypatch):
    shown, show = {}, exhibits.table
    monkeypatch.setattr(
        exhibits, "table", lambda key, *a, **b: shown.update({key: show(key, *a, **b)})
    )
    chapter = root / "notebooks" / "05_exit_readiness.ipynb"
    run_cells(chapter, before="exits-synthetic-order", place="demo_county")
    told = shown["exits.binding"].content
    names = [column["name"] for column in told["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in told["rows"]["en"]]
    untold = {row["test"]: row["unknown"] for row in rows if row["failing"] == "0"}
    assert sorted(untold.values()) == ["0", "9", "9"]
