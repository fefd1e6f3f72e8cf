"""Projection: closed forms, invariances, and proof that nothing later than the cut enters."""

import math
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from projects import run_cells

from analysis import projection, tables
from analysis.projection import Paths, Scenario, State

NOTEBOOK = "notebooks/02_poverty_incidence.ipynb"
CUT = "2018-03-28"
STATE = State(2017, 100.0, 1000.0, 1000.0, 200.0, 10.0, 5.0, 20.0, 0.03, 0.9)
ALONE = Scenario((), 0, 0, 0.0, 0.0, 0.0, (0.0, 0.0), (1.0, 1.0))
LETTER = Scenario((3.0,), 0, 0, 1.0, 0.0, 0.0, (0.0, 0.0), (1.0, 1.0))


def _paces(pace, years=2, draws=50):
    return np.full((draws, years), pace), np.full((draws, years), pace)


def _steady(place="a", pace=0.2, group="ledger", years=range(2010, 2018)):
    columns = {"place": place, "group": group, "year_from": years, "year_to": years, "pace": pace}
    return pd.DataFrame(columns)


def test_pace_alone_takes_the_same_number_each_year():
    paths = projection.project(STATE, ALONE, _paces(0.1, years=4), seed=1)
    assert np.allclose(paths.incidence[0], [0.08, 0.06, 0.04, 0.02])


def test_no_more_exit_than_are_poor():
    paths = projection.project(STATE, ALONE, _paces(0.9, years=3), seed=1)
    assert (paths.incidence >= 0).all() and np.allclose(paths.incidence[:, -1], 0)


def test_plan_to_the_letter_takes_out_the_planned_villages_then_the_rest():
    paths = projection.project(STATE, LETTER, _paces(0.1), seed=1)
    assert paths.villages_out.tolist() == [[8.0, 10.0]] * 50


def test_plan_leaves_poor_in_exited_villages_up_to_the_line():
    incidence = projection.project(STATE, LETTER, _paces(0.1, draws=4000), seed=1).incidence[:, 0]
    # 2 of 5 equal villages stay with 40 poor; the 3 others may keep 1.5 each at 3 % of 50 persons.
    assert incidence.min() >= 0.04 - 1e-9
    assert incidence.max() <= 0.0445 + 1e-9
    assert incidence.max() > 0.044


def test_returns_raise_incidence():
    back = ALONE._replace(returns_low=0.05, returns_high=0.05)
    paths = projection.project(STATE, back, _paces(0.1, years=1), seed=1)
    assert np.allclose(paths.incidence, 0.08 + 0.05 * 100 / 1000)


def test_the_plan_reaches_only_the_poor_of_listed_villages():
    half = LETTER._replace(poor_in_listed=(0.5, 0.5))
    paths = projection.project(STATE, half, _paces(0.1, draws=4000), seed=1)
    # 2 of 5 villages keep 20 of the 50 listed poor; 10 of the 50 others leave at the pace.
    assert paths.incidence[:, 0].min() >= 0.02 + 0.04 - 1e-9
    assert paths.incidence[:, 0].max() <= 0.02 + 0.0045 + 0.04 + 1e-9


def test_where_nobody_returned_nobody_returns():
    none = ALONE._replace(returns_low=0.0, returns_high=0.0)
    paths = projection.project(STATE, none, _paces(0.1, years=1), seed=1)
    assert np.allclose(paths.incidence, 0.08)


def test_delivery_lies_between_pace_and_plan():
    def villages_out(delivery):
        scenario = LETTER._replace(delivery=delivery)
        return projection.project(STATE, scenario, _paces(0.1), seed=1).villages_out[0, 0]

    assert [villages_out(share) for share in (0.0, 0.5, 1.0)] == [6.0, 7.0, 8.0]


@given(
    pace=st.floats(0, 2),
    plan=st.floats(0, 60),
    delivery=st.floats(0, 1),
    out=st.integers(0, 50),
)
def test_units_out_never_shrink_nor_exceed_the_list(pace, plan, delivery, out):
    planned = np.array([plan, np.inf])
    ends = projection.units_out(50, out, np.full((1, 2), pace), planned, np.array([delivery]))[0]
    assert out <= ends[0] <= ends[1] <= 50
    assert (ends == np.floor(ends)).all()


def test_draws_centre_on_a_steady_pace_and_widen_with_the_years():
    drawn = projection.draw_paces(_steady(), "a", [2018, 2021], draws=8000, seed=1)
    assert abs(np.median(drawn[:, 0]) - 0.2) < 0.01
    spread = np.subtract(*np.quantile(np.log(drawn), [0.95, 0.05], axis=0))
    assert spread[1] > spread[0]


def test_a_place_never_seen_is_less_certain():
    observed = pd.concat([_steady("a", 0.2), _steady("b", 0.1)], ignore_index=True)
    own = np.log(projection.draw_paces(observed, "a", [2018], draws=8000, seed=1))
    new = np.log(projection.draw_paces(observed, "c", [2018], draws=8000, seed=1))
    assert new.std() > 1.5 * own.std()


def test_names_and_order_of_rows_do_not_matter():
    observed = pd.concat([_steady("a", 0.2), _steady("b", 0.1)], ignore_index=True)
    renamed = observed.replace({"a": "x", "b": "y"}).iloc[::-1].reset_index(drop=True)
    first = projection.draw_paces(observed, "a", [2018], draws=500, seed=1)
    assert np.allclose(first, projection.draw_paces(renamed, "x", [2018], draws=500, seed=1))


@settings(deadline=None)
@given(scale=st.integers(2, 50))
def test_paces_do_not_depend_on_the_unit_of_counting(scale):
    exits = tables.read("exit_paces", until=CUT)
    larger = exits.assign(opening=exits["opening"] * scale, exits=exits["exits"] * scale)
    first, second = projection.exit_paces(exits), projection.exit_paces(larger)
    pd.testing.assert_frame_equal(first, second)


def test_more_exits_than_poor_are_refused():
    row = {"place": "a", "year_from": 2014, "year_to": 2014, "opening": 10, "exits": 11}
    with pytest.raises(ValueError, match="more exits than poor"):
        projection.exit_paces(pd.DataFrame([row]))


def test_nothing_observed_is_refused():
    with pytest.raises(ValueError, match="no exit pace"):
        projection.draw_paces(_steady().iloc[:0], "a", [2018], draws=10, seed=1)


def test_a_gap_in_the_series_and_a_declared_zero_give_no_pace():
    series = pd.DataFrame(
        {"year": [2010, 2012, 2013, 2014], "headcount_ratio": [0.2, 0.1, 0.08, 0]}
    )
    assert projection.series_paces(series, "a")["year_to"].tolist() == [2013]


def test_same_seed_same_draws_other_seed_others():
    drawn = [
        projection.draw_paces(_steady(), "a", [2018], draws=9, seed=seed) for seed in (1, 1, 2)
    ]
    assert (drawn[0] == drawn[1]).all() and (drawn[0] != drawn[2]).any()


@given(
    poor=st.integers(1, 50_000),
    base=st.integers(50_000, 400_000),
    line=st.floats(0.005, 0.2),
)
def test_persons_needed_is_the_least_number_that_passes(poor, base, line):
    state = STATE._replace(poor=poor, base_low=base, base_high=base, incidence_line=line)
    needed = projection.exits_needed(state, 0, CUT, "2018-12-31")["persons"]
    assert (poor - needed) / base < line + 1e-12
    if needed:
        assert (poor - needed + 1) / base >= line - 1e-12


def test_the_speech_needs_7315_persons_and_60_villages():
    state = projection.starting_state(tables.margins("wenshan"), 2017)
    needed = projection.exits_needed(state, 41, CUT, "2018-12-31")
    assert (needed["persons"], needed["persons_low"], needed["persons_high"]) == (7315, 7307, 7323)
    assert (needed["villages"], needed["reached"], needed["verdict"]) == (60, 71, "short")
    assert projection.exits_needed(state, 60, CUT, "2018-12-31")["verdict"] == "enough"


@pytest.mark.parametrize("start", ["2018-12-30", "2018-12-31", "2019-01-31"])
@pytest.mark.parametrize("planned", [41, 60])
def test_a_deadline_gone_by_asks_for_as_much_and_for_no_pace(start, planned):
    state = projection.starting_state(tables.margins("wenshan"), 2017)
    before = projection.exits_needed(state, planned, CUT, "2018-12-31")
    after = projection.exits_needed(state, planned, start, "2018-12-31")
    paces = ["persons_month", "villages_month"]
    over = start >= "2018-12-31"
    assert (after["verdict"] == "passed") == over
    assert [bool(np.isnan(after[name])) for name in paces] == [over, over]
    for name in set(before) - {*paces, "verdict"}:
        assert after[name] == before[name]


def test_a_missing_figure_is_named():
    with pytest.raises(KeyError, match="poor_persons"):
        projection.starting_state(tables.margins("wenshan").drop(index="poor_persons"), 2017)


@pytest.mark.parametrize("left", [0, 3])
def test_an_incidence_of_nought_tells_no_population(left):
    margins = tables.margins("wenshan").copy()
    margins.loc["poor_persons", "value"] = left
    margins.loc["incidence", ["value", "value_low", "value_high"]] = [0, 0, 5e-5]
    with pytest.raises(ValueError, match="print it as rural_population in margins"):
        projection.starting_state(margins, 2017)
    population = pd.Series(margins.loc["poor_persons"], name="rural_population")
    population[["value", "value_low", "value_high"]] = [300_000, 299_500, 300_500]
    printed = pd.concat([margins, population.to_frame().T])
    assert projection.starting_state(printed, 2017).base_low == 299_500


def test_unknown_scenario_says_which_there_are():
    given_tables = tables.read("scenarios"), "wishful", tables.margins("wenshan")
    with pytest.raises(ValueError, match="plan_as_stated"):
        projection.read_scenario(*given_tables, tables.read("returns"))


def test_chances_of_years_sum_to_one_and_match_the_chances_by_then():
    rng = np.random.default_rng(1)
    paths = Paths((2018, 2019), rng.uniform(0, 0.06, (500, 2)), rng.integers(5, 11, (500, 2)) * 1.0)
    years = projection.exit_years(paths, STATE)
    assert math.isclose(years["chance"].sum(), 1)
    first = projection.exit_chances(paths, STATE)["both_chance"].iloc[0]
    assert math.isclose(years["chance"].iloc[0], first)


@pytest.mark.parametrize(
    ("first", "second", "verdict", "year", "chance"),
    [
        (3, 2, "later", 2019, 0.5),
        (2, 6, "year", 2019, 0.6),
        (7, 1, "year", 2018, 0.7),
        (0, 0, "later", 2019, 1.0),
        (5, 0, "year", 2018, 0.5),
    ],
)
def test_the_likeliest_exit_is_a_year_only_where_no_more_chance_lies_beyond_all_years(
    first, second, verdict, year, chance
):
    incidence = np.full((10, 2), 0.05)
    incidence[:first, 0] = incidence[: first + second, 1] = 0.02
    runs = {"s": Paths((2018, 2019), incidence, np.full((10, 2), 9.0))}
    chances = projection.by_scenario(partial(projection.exit_chances, state=STATE), runs)
    fans = projection.by_scenario(projection.incidence_fan, runs)
    told = projection.summarise_scenario(fans, chances, runs, STATE, "s")
    assert (told["verdict"], told["exit_year"]) == (verdict, year)
    assert math.isclose(told["exit_chance"], chance)


def test_incidence_on_the_line_does_not_pass():
    paths = Paths((2018,), np.array([[0.03], [np.nextafter(0.03, 0)]]), np.full((2, 1), 9.0))
    assert projection.exit_chances(paths, STATE)["both_chance"].tolist() == [0.5]


def test_backtest_uses_nothing_from_the_year_it_forecasts_or_later():
    survey = tables.read("incidence").query("system == 'survey' and area == '100000'")
    observed = projection.series_paces(survey, "100000")
    later = observed["year_to"] >= 2016
    spoilt = observed.assign(pace=observed["pace"].where(~later, 0.9))
    options = {"first": 2016, "draws": 200, "seed": 1}
    clean = projection.backtest(survey, "100000", observed, **options).iloc[0]
    assert clean.equals(projection.backtest(survey, "100000", spoilt, **options).iloc[0])


def test_backtest_of_the_nation_is_within_half_a_point():
    survey = tables.read("incidence").query("system == 'survey' and area in ['100000', '530000']")
    paces = projection.learned_paces(survey, tables.read("exit_paces"), {})["person"]
    errors = projection.backtest_areas(survey, paces, first=2013, draws=2000, seed=1)
    summary = projection.backtest_summary(errors, "area").set_index("area")
    assert summary.loc["100000", "error"] < 0.005
    assert (summary["error"] < summary["no_change_error"]).all()


@pytest.mark.slow
def test_intervals_hold_what_the_model_itself_would_bring():
    rng = np.random.default_rng(3)
    held = []
    for trial in range(150):
        levels = np.log(1 / 7) + rng.normal(0, 0.4, 4)
        values = np.exp(levels[:, None] + rng.normal(0, 0.2, (4, 6)))
        rows = [
            _steady(f"p{place}", values[place, :5], years=range(2013, 2018)) for place in range(4)
        ]
        drawn = projection.draw_paces(
            pd.concat(rows, ignore_index=True), "p0", [2018], draws=2000, seed=trial
        )
        low, high = np.quantile(drawn, [0.05, 0.95])
        held.append(low <= values[0, 5] <= high)
    assert 0.84 <= np.mean(held) <= 0.99


def _spoil_later_rows(folder):
    spoilt = 0
    for path in sorted(folder.rglob("*.csv")):
        if path.parent.name == "ledgers":
            continue
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        if "known_from" not in frame:
            continue
        later = frame["known_from"] > CUT
        for column in ("headcount_ratio", "exits", "counties", "returned_persons"):
            if column in frame:
                frame.loc[later, column] = "1"
                spoilt += later.sum()
        frame.to_csv(path, index=False)
    return spoilt


def test_nothing_known_after_the_cut_enters_the_projection(root, data_copy):
    clean = run_cells(root / NOTEBOOK, before="incidence-outcome")
    assert _spoil_later_rows(data_copy) > 10
    spoilt = run_cells(root / NOTEBOOK, before="incidence-outcome")
    for result in ("fans", "chances", "years", "paces", "anchors"):
        first, second = clean[result], spoilt[result]
        first, second = (
            (value if isinstance(value, dict) else {"": value}) for value in (first, second)
        )
        for name in first:
            pd.testing.assert_frame_equal(first[name], second[name])


def test_what_was_known_before_the_cut_does_enter(root, data_copy):
    clean = run_cells(root / NOTEBOOK, before="incidence-outcome")["fans"]
    path = data_copy / "reference" / "exit_paces.csv"
    frame = pd.read_csv(path, dtype=str)
    frame.loc[frame["known_from"] <= CUT, "exits"] = "1"
    frame.to_csv(path, index=False)
    assert not run_cells(root / NOTEBOOK, before="incidence-outcome")["fans"].equals(clean)


def test_the_readme_says_what_the_notebook_finds(root):
    chances = run_cells(root / NOTEBOOK, before="incidence-outcome")["chances"]
    uncertain = chances[chances["scenario"] == "plan_uncertain_delivery"].set_index("year")
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert "60 villages are needed, and the chance is below 1 %" in readme
    assert uncertain.loc[2018, "both_chance"] < 0.01
    assert "by the end of 2019 it is about 3 in 4" in readme
    assert 0.70 < uncertain.loc[2019, "both_chance"] < 0.80


@pytest.mark.parametrize("chapter", [NOTEBOOK, "notebooks/08_method_and_backtest.ipynb"])
@pytest.mark.parametrize("code", ["520000", "230000"])
def test_a_province_without_a_series_is_refused_by_name(root, chapter, code):
    said = rf"province: .* {code} .* 3 years; areas with more: 100000, 530000;"
    with pytest.raises(ValueError, match=said):
        run_cells(root / chapter, province=code, draws=200)
