"""Growth: closed forms, invariances, the reference outputs, faults put in on purpose."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import growth, inequality, poverty, tables

FEW = settings(max_examples=40, deadline=None)
rates = st.floats(-0.5, 1.0)
incomes = st.lists(st.floats(1, 1e5), min_size=1, max_size=30).map(np.array)


@st.composite
def two_rounds(draw):
    before, after = draw(incomes), draw(incomes)
    weights = [
        draw(st.lists(st.floats(0.1, 50), min_size=len(r), max_size=len(r)))
        for r in (before, after)
    ]
    return (
        before,
        after,
        {"weight_before": np.array(weights[0]), "weight_after": np.array(weights[1])},
    )


def headcount(line):
    return lambda income, weight: poverty.headcount_ratio(income, weight, line)


# Rates and gaps


@given(start=st.floats(1, 1e6), rate=rates, years=st.integers(1, 30))
def test_annualized_growth_undoes_compounding(start, rate, years):
    end = start * (1 + rate) ** years
    assert growth.annualized_growth(start, end, years) == pytest.approx(rate, abs=1e-9)


@pytest.mark.parametrize("arguments", [(0, 1, 1), (1, -2, 1), (1, 2, 0)])
def test_annualized_growth_refuses_what_has_no_rate(arguments):
    with pytest.raises(ValueError, match="must be above zero"):
        growth.annualized_growth(*arguments)


def test_printed_gap_of_the_speech():
    gap = growth.growth_gap(0.097, 0.093, rounding=0.001).iloc[0]
    assert [gap["growth_gap"], gap["growth_gap_low"], gap["growth_gap_high"]] == pytest.approx(
        [0.004, 0.003, 0.005]
    )
    assert gap["verdict"] == "passes"


@given(first=rates, second=rates)
def test_true_gap_lies_in_the_range_of_the_printed_one(first, second):
    printed = growth.growth_gap(round(first, 3), round(second, 3), rounding=0.001).iloc[0]
    assert printed["growth_gap_low"] - 1e-12 <= first - second <= printed["growth_gap_high"] + 1e-12


@given(first=rates, second=rates)
def test_gap_changes_sign_when_the_two_change_places(first, second):
    there, back = (
        growth.growth_gap(*pair, rounding=0.001).iloc[0]
        for pair in ((first, second), (second, first))
    )
    assert there["growth_gap"] == pytest.approx(-back["growth_gap"])
    assert there["growth_gap_low"] == pytest.approx(-back["growth_gap_high"])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (0.094, 0.093, "passes"),  # two rates that print differently differ
        (0.093, 0.093, "cannot_be_told_apart"),
        (0.093, 0.094, "fails"),
        (0.101, 0.100, "passes"),
    ],
)
def test_verdict_at_the_edge_of_the_printed_digit(first, second, expected):
    assert growth.growth_gap(first, second, rounding=0.001).loc[0, "verdict"] == expected


def test_equal_growth_known_exactly_fails():
    assert growth.growth_gap(0.05, 0.05).loc[0, "verdict"] == "fails"


def test_sampling_error_widens_the_range_until_nothing_can_be_told():
    wide = growth.growth_gap(0.097, 0.093, rounding=0.001, standard_error=0.05).iloc[0]
    assert wide["growth_gap_high"] == pytest.approx(0.005 + 1.959964 * 0.05)
    assert wide["verdict"] == "cannot_be_told_apart"


def test_verdict_refuses_a_missing_or_reversed_range():
    for low, high in ((0.2, 0.1), (np.nan, 0.1)):
        with pytest.raises(ValueError, match="lower bound"):
            growth.verdict(low, high)


def test_gap_refuses_impossible_options():
    with pytest.raises(ValueError, match="rounding"):
        growth.growth_gap(0.1, 0.1, rounding=-0.001)
    with pytest.raises(ValueError, match="confidence"):
        growth.growth_gap(0.1, 0.1, confidence=95)


@given(rate=rates, prices=st.floats(0.5, 2))
def test_real_growth_times_prices_is_nominal_growth(rate, prices):
    assert (1 + growth.real_growth(rate, prices)) * prices == pytest.approx(1 + rate)


# Indices, closing, the bar of next year


@given(st.lists(rates.filter(lambda rate: abs(rate) < 0.4), min_size=1, max_size=8), st.data())
def test_index_is_one_in_its_base_year_and_returns_its_growth(yearly, data):
    series = pd.Series(yearly, index=range(2011, 2011 + len(yearly)))
    base = data.draw(st.integers(2010, 2010 + len(yearly)))
    index = growth.chained_index(series, base)
    assert index[base] == pytest.approx(1)
    assert (index.pct_change().dropna() - series).abs().max() < 1e-12


def test_index_refuses_holes_and_far_base_years():
    holes = pd.Series({2011: 0.1, 2013: 0.1})
    with pytest.raises(ValueError, match=r"missing: \[2012\]"):
        growth.chained_index(holes, 2011)
    with pytest.raises(ValueError, match="base year 2020"):
        growth.chained_index(holes.rename({2013: 2012}), 2020)


@given(ratio=st.floats(0.1, 0.99), slow=st.floats(0, 0.1), faster=st.floats(0.001, 0.1))
def test_ratio_is_one_after_the_years_to_close(ratio, slow, faster):
    fast = slow + faster
    years = growth.years_to_close(ratio, fast, slow)
    assert ratio * ((1 + fast) / (1 + slow)) ** years == pytest.approx(1)


def test_gap_closes_never_or_at_once():
    assert growth.years_to_close(0.7, 0.05, 0.05) == np.inf
    assert growth.years_to_close(0.7, 0.04, 0.05) == np.inf
    assert growth.years_to_close(1.2, 0.04, 0.05) == 0


def test_closing_year_of_rounding_can_be_never():
    year = growth.closing_year(2017, 0.7, 0.087, 0.086, rounding=0.001)
    assert year["closing_year_low"] < year["closing_year"] < year["closing_year_high"] == np.inf


def test_closing_path_starts_at_the_ratio_and_follows_the_pace():
    path = growth.closing_path(2017, 0.5, 0.1, 0.05, last_year=2030, rounding=0.001)
    assert path.iloc[0][["level_ratio", "level_ratio_low", "level_ratio_high"]].tolist() == [
        0.5,
        0.5,
        0.5,
    ]
    assert path["level_ratio"].iloc[-1] == pytest.approx(0.5 * (1.1 / 1.05) ** 13)
    assert (path["level_ratio_low"] <= path["level_ratio"]).all() and (
        path["level_ratio"] <= path["level_ratio_high"]
    ).all()
    with pytest.raises(ValueError, match="before it starts"):
        growth.closing_path(2017, 0.5, 0.1, 0.05, last_year=2016)


def test_growth_needed_spans_the_largest_change_seen():
    history = pd.Series({2014: 0.109, 2015: 0.105, 2016: 0.094, 2017: 0.093})
    needed = growth.growth_needed(history)
    assert needed["reference_growth"].tolist() == pytest.approx([0.082, 0.093, 0.104])
    assert needed["growth_needed"].tolist() == pytest.approx([0.083, 0.094, 0.105])
    assert set(needed["confidence"]) == {0.75}
    with pytest.raises(ValueError, match="at least three"):
        growth.growth_needed(history.iloc[:2])


@pytest.mark.slow
def test_range_of_next_growth_holds_as_often_as_it_says():
    changes = np.random.default_rng(7).normal(size=(4000, 4))
    held = np.abs(changes[:, 3]) <= np.abs(changes[:, :3]).max(axis=1)
    assert held.mean() == pytest.approx(0.75, abs=0.02)


# What a sample can see

SURVEY = {
    "coefficient_of_variation": 0.6,
    "design_effect": 2.0,
    "panel_overlap": 0.8,
    "income_correlation": 0.7,
}


def test_standard_error_is_that_of_simulated_surveys():
    rng = np.random.default_rng(11)
    households, surveys, spread, rho = 300, 6000, 0.5, 0.6
    shocks = rng.normal(size=(2, surveys, households))
    second = rho * shocks[0] + np.sqrt(1 - rho**2) * shocks[1]
    rounds = np.exp(spread * np.stack([shocks[0], second])).mean(axis=2)
    variation = np.sqrt(np.exp(spread**2) - 1)
    stated = growth.growth_standard_error(
        households,
        growth=0.0,
        coefficient_of_variation=variation,
        panel_overlap=1.0,
        income_correlation=(np.exp(rho * spread**2) - 1) / (np.exp(spread**2) - 1),
    )
    assert np.std(rounds[1] / rounds[0]) == pytest.approx(stated, rel=0.05)


@given(gap=st.floats(0.002, 0.2), rate=st.floats(0, 0.2))
def test_needed_sample_is_the_first_that_sees_the_gap(gap, rate):
    needed = growth.households_needed(gap, growth=rate, **SURVEY)
    margins = 1.959964 * growth.growth_standard_error(
        np.array([needed, max(needed - 1, 1)]), growth=rate, **SURVEY
    )
    assert margins[0] <= gap * (1 + 1e-6)
    assert margins[1] >= gap * (1 - 1e-6)


def test_finite_population_and_reference_error_count():
    free = growth.households_needed(0.004, growth=0.097, **SURVEY)
    within = growth.households_needed(0.004, growth=0.097, population=79_000, **SURVEY)
    assert within == pytest.approx(free / (1 + free / 79_000), abs=1)
    assert growth.growth_standard_error(500, growth=0, population=500, **SURVEY) == 0
    assert growth.households_needed(0.004, growth=0.097, reference_error=0.01, **SURVEY) == np.inf
    assert growth.households_needed(0.004, growth=0.097, power=0.8, **SURVEY) > free


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("panel_overlap", 1.2),
        ("income_correlation", -2),
        ("design_effect", -1),
        ("coefficient_of_variation", -0.1),
    ],
)
def test_survey_refuses_impossible_assumptions(name, value):
    with pytest.raises(ValueError, match=name):
        growth.households_needed(0.004, growth=0.1, **SURVEY | {name: value})
    with pytest.raises(ValueError, match="households"):
        growth.growth_standard_error(0, growth=0.1, **SURVEY)


@pytest.fixture
def assumptions():
    rows = {
        "coefficient_of_variation": (0.6, 0.48, 0.71),
        "design_effect": (2.0, 1.0, 3.0),
        "panel_overlap": (0.75, 0.5, 1.0),
        "income_correlation": (0.7, 0.5, 0.9),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])


def test_cases_bound_every_mixture_of_assumptions(assumptions):
    sizes = growth.noise_cases(assumptions).apply(
        lambda case: growth.households_needed(0.004, growth=0.1, **case), axis=1
    )
    assert sizes["favourable"] < sizes["middle"] < sizes["unfavourable"]
    single = growth.households_by_assumption(0.004, assumptions, growth=0.1)
    assert (single["households_low"] >= sizes["favourable"]).all()
    assert (single["households_high"] <= sizes["unfavourable"]).all()
    assert (single["households_low"] <= sizes["middle"]).all()


def test_noise_band_falls_with_the_root_of_the_sample(assumptions):
    band = growth.noise_band([100, 400], assumptions, growth=0.1)
    for column in ("noise", "noise_low", "noise_high"):
        assert band[column].iloc[0] == pytest.approx(2 * band[column].iloc[1])
    assert (band["noise_low"] < band["noise"]).all() and (band["noise"] < band["noise_high"]).all()


def test_noise_table_takes_the_usual_sizes_and_all_households(assumptions):
    usual = pd.DataFrame(
        {"value": [100.0, 5000.0]}, index=["county_households", "province_households"]
    )
    table = growth.noise_table(
        0.004, pd.concat([assumptions, usual]), growth=0.1, population=50_000
    )
    middle = table.loc["middle"]
    survey = dict(growth.noise_cases(assumptions).loc["middle"])
    place = growth.growth_standard_error(100, growth=0.1, population=50_000, **survey)
    province = growth.growth_standard_error(5000, growth=0.1, **survey)
    assert middle["place_noise"] == pytest.approx(1.959964 * place)
    assert middle["gap_error"] == pytest.approx(np.hypot(place, province))
    assert middle["households_share"] * 50_000 == middle["households_needed"] <= 50_000
    with pytest.raises(ValueError, match="county_households, province_households"):
        growth.noise_table(0.004, assumptions, growth=0.1)


def test_shown_assumptions_are_those_of_the_error(assumptions):
    shown = growth.survey_assumptions(assumptions.assign(verification="assumed"))
    assert set(shown["assumption"]) == set(growth.noise_cases(assumptions))


def test_missing_assumption_is_named(assumptions):
    with pytest.raises(ValueError, match="design_effect"):
        growth.noise_cases(assumptions.drop(index="design_effect"))


@given(st.floats(0.1, 1.2))
def test_lognormal_variation_comes_back(spread):
    assert growth.lognormal_variation(np.exp(spread**2 / 2), 1.0) == pytest.approx(
        np.sqrt(np.exp(spread**2) - 1)
    )


# Series side by side


@pytest.fixture
def published():
    rows = [
        ("province", "rural", "2016", 2016, 9020.0, 0.094, None, "from-memory"),
        ("province", "rural", "2017", 2017, 9862.0, 0.093, None, "from-memory"),
        ("province", "rural", "2017H1", 2017, 4000.0, 0.5, None, "derived"),
        ("nation", "rural", "2016", 2016, 12363.0, 0.082, 0.062, "verified-read"),
        ("nation", "rural", "2017", 2017, 13432.0, 0.086, 0.073, "verified-read"),
        ("nation", "rural_poor_areas", "2016", 2016, 8452.0, 0.104, 0.084, "verified-read"),
        ("nation", "rural_poor_areas", "2017", 2017, 9377.0, 0.105, 0.091, "verified-read"),
        ("city", "rural", "2017", 2017, np.nan, 0.097, None, "verified-read"),
    ]
    columns = [
        "area",
        "population",
        "period",
        "year",
        "income_yuan",
        "nominal_growth",
        "real_growth",
    ]
    return pd.DataFrame(rows, columns=[*columns, "verification"]).assign(source="yearbook")


@pytest.fixture
def prices():
    return pd.DataFrame({"year": [2016, 2017], "rural_price_index": [1.019, 1.013]})


@pytest.fixture
def growths(published, prices):
    return growth.growth_table(published, prices)


def row(frame, area, population="rural", year=2017):
    found = frame[(frame["area"] == area) & (frame["population"] == population)]
    return (found[found["year"] == year] if "year" in found else found).iloc[0]


def test_growth_table_leaves_out_parts_of_a_year_and_deflates(growths):
    province = row(growths, "province")
    assert len(growths) == 7
    assert province["real_growth"] == pytest.approx(1.093 / 1.013 - 1)
    assert (
        province["real_basis"] == "deflated" and row(growths, "nation")["real_basis"] == "published"
    )


def test_levels_that_do_not_carry_the_printed_rate_are_found(growths):
    assert row(growths, "nation", "rural_poor_areas")["levels"] == "disagree"
    assert row(growths, "province")["levels"] == "agree"
    assert row(growths, "city")["levels"] == "untested"


def test_real_gap_is_the_nominal_one_over_prices(growths):
    city = row(growth.compared_with(growths, "province", 2017), "city")
    assert city["real_growth_gap"] == pytest.approx(0.004 / 1.013)
    assert city["verification"] == "from-memory" and city["same_population"]


def test_index_table_keeps_series_that_reach_the_base(growths):
    index = growth.index_table(growths, 2016)
    assert row(index, "city")["nominal_index"] == pytest.approx(1.097)
    assert "city" not in set(growth.index_table(growths, 2015)["area"])
    with pytest.raises(ValueError, match="base year 1999"):
        growth.index_table(growths, 1999)


def test_closing_table_says_what_happens(growths):
    closing = growth.closing_table(growths, "nation", 2017)
    assert row(closing, "province")["closes"] == "closes"
    assert "city" not in set(closing["area"])
    back = growth.closing_table(growths, "province", 2017)
    assert row(back, "nation")["closes"] == "closed"


def test_paths_reach_one_in_the_closing_year(growths):
    closing = growth.closing_table(growths, "nation", 2017)
    paths = growth.closing_paths(closing, 2080)
    province = paths[paths["area"] == "province"].set_index("year")["level_ratio"]
    closes = row(closing, "province")["closing_year"]
    assert province[int(np.floor(closes))] < 1 < province[int(np.ceil(closes))]


def test_roles_leave_out_strangers_and_refuse_one_area_twice(growths):
    roles = {"place": "city", "province": "province", "nation": "nation"}
    known = growth.with_roles(growths, **roles)
    assert set(known["role"]) == {"place", "province", "nation", "poor_areas"}
    assert growth.with_roles(growths.assign(area="elsewhere"), **roles).empty
    with pytest.raises(ValueError, match="must differ"):
        growth.with_roles(growths, **roles | {"place": "nation"})


@pytest.mark.parametrize(
    ("came", "outcome"), [(0.092, "inside"), (0.11, "outside"), (None, "unknown")]
)
def test_range_is_held_against_what_came(growths, came, outcome):
    needed = growth.growth_needed(pd.Series({2015: 0.105, 2016: 0.094, 2017: 0.093}))
    later = growths[growths["area"] == "province"].assign(year=2018, nominal_growth=came).head(1)
    held = growth.range_outcome(needed, later, "province").iloc[0]
    assert held["outcome"] == outcome
    assert held["reference_growth_low"] == pytest.approx(0.082)
    assert growth.range_outcome(needed, growths, "province")["outcome"].item() == "unknown"


def test_series_refuse_repeats_and_unknown_references(published, prices, growths):
    with pytest.raises(ValueError, match="more than one row"):
        growth.growth_table(pd.concat([published, published.tail(1)]), prices)
    with pytest.raises(
        ValueError, match="no growth of income is known in 2017 for rural of area x"
    ):
        growth.compared_with(growths, "x", 2017)
    with pytest.raises(ValueError, match="no level"):
        growth.level_ratios(growths, "city")


# Growth incidence


@given(two_rounds(), st.floats(0.01, 100), st.integers(1, 9))
@FEW
def test_curve_ignores_units_and_the_size_of_the_population(rounds, scale, copies):
    before, after, weights = rounds
    plain = growth.growth_incidence_curve(before, after, **weights)
    scaled = growth.growth_incidence_curve(before * scale, after * scale, **weights)
    more = growth.growth_incidence_curve(
        np.tile(before, copies),
        after,
        weight_before=np.tile(weights["weight_before"], copies),
        weight_after=copies * weights["weight_after"],
    )
    assert np.allclose(plain["growth"], scaled["growth"])
    assert np.allclose(plain["growth"], more["growth"])


@given(two_rounds(), rates)
@FEW
def test_even_growth_is_the_same_at_every_rank(rounds, rate):
    before, _, weights = rounds
    both = {"weight_before": weights["weight_before"], "weight_after": weights["weight_before"]}
    curve = growth.growth_incidence_curve(before, before * (1 + rate), **both)
    assert np.allclose(curve["growth"], rate)
    rate_of_poor = growth.pro_poor_growth(
        before, before * (1 + rate), np.median(before) + 1, **both
    )
    assert rate_of_poor["growth_of_poor"] == pytest.approx(rate, abs=1e-9)
    assert rate_of_poor["pro_poor_gap"] == pytest.approx(0, abs=1e-9)


def test_annual_curve_compounds_to_the_total():
    rounds = {"weight_before": [1, 2], "weight_after": [3, 1]}
    total = growth.growth_incidence_curve([1, 3], [2, 8], **rounds)["growth"]
    yearly = growth.growth_incidence_curve([1, 3], [2, 8], years=8, **rounds)["growth"]
    assert np.allclose((1 + yearly) ** 8 - 1, total)


def test_pro_poor_growth_is_the_area_under_the_curve():
    before, after = np.array([1.0, 2, 4, 8]), np.array([2.0, 3, 4, 9])
    ones = {"weight_before": np.ones(4), "weight_after": np.ones(4)}
    rate = growth.pro_poor_growth(before, after, 5, **ones)
    assert rate["headcount_ratio"] == 0.75
    assert rate["growth_of_poor"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert rate["growth_of_mean"] == pytest.approx(18 / 15 - 1)


def test_ranks_without_income_have_no_growth_and_are_reported():
    ones = {"weight_before": np.ones(4), "weight_after": np.ones(4)}
    before, after = np.array([-1.0, 0, 1, 8]), np.array([1.0, 1, 2, 9])
    assert growth.growth_incidence_curve(before, after, percentiles=[0.5, 0.75], **ones)[
        "growth"
    ].isna().tolist() == [True, False]
    rate = growth.pro_poor_growth(before, after, 5, **ones)
    assert rate["undefined_share"] == pytest.approx(2 / 3)
    assert rate["growth_of_poor"] == pytest.approx(1.0)


def test_nobody_poor_has_no_growth_of_the_poor():
    rate = growth.pro_poor_growth([5.0], [6.0], 1, weight_before=[1], weight_after=[1])
    assert rate["headcount_ratio"] == 0 and np.isnan(rate["growth_of_poor"])
    assert rate["undefined_share"] == 0


def test_band_of_replicates_has_their_standard_error():
    before, after = np.array([1.0, 2, 4]), np.array([2.0, 3, 6])
    ones = np.ones(3)
    first = np.array([[1, 0], [1, 1], [1, 2]])
    band = growth.growth_incidence_band(
        before,
        after,
        weight_before=ones,
        weight_after=ones,
        replicates_before=first,
        replicates_after=np.ones((3, 2)),
        percentiles=[0.5],
    )
    assert band["growth"].item() == 0.5
    assert band["standard_error"].item() == pytest.approx(np.sqrt((3 / 4 - 1.5) ** 2 / 2))
    assert band["growth_high"].item() == pytest.approx(
        0.5 + 1.959964 * band["standard_error"].item()
    )


@pytest.mark.slow
def test_band_covers_the_true_growth_as_often_as_it_says():
    rng = np.random.default_rng(3)
    ranks, truth, held = [0.1, 0.5, 0.9], 0.1, []
    for _ in range(200):
        before, after = np.exp(rng.normal(0, 0.6, 400)), 1.1 * np.exp(rng.normal(0, 0.6, 400))
        draws = rng.multinomial(400, np.full(400, 1 / 400), size=(2, 60))
        band = growth.growth_incidence_band(
            before,
            after,
            weight_before=np.ones(400),
            weight_after=np.ones(400),
            replicates_before=draws[0].T,
            replicates_after=draws[1].T,
            percentiles=ranks,
        )
        held.append((band["growth_low"] <= truth) & (truth <= band["growth_high"]))
    assert 0.91 <= np.mean(held) <= 0.985


def test_curve_refuses_what_is_not_a_distribution():
    ones = {"weight_before": [1, 1], "weight_after": [1, 1]}
    with pytest.raises(ValueError, match="one weight for each"):
        growth.growth_incidence_curve([1, 2, 3], [1, 2], **ones)
    with pytest.raises(ValueError, match="refused"):
        growth.growth_incidence_curve([1, np.nan], [1, 2], **ones)
    with pytest.raises(ValueError, match="percentiles"):
        growth.growth_incidence_curve([1, 2], [1, 2], percentiles=[0, 50], **ones)
    with pytest.raises(ValueError, match="weight above zero"):
        growth.growth_incidence_curve([1, 2], [1, 2], weight_before=[0, 0], weight_after=[1, 1])
    with pytest.raises(ValueError, match="above zero"):
        growth.growth_incidence_curve([1, 2], [1, 2], years=0, **ones)
    with pytest.raises(ValueError, match="replicate"):
        growth.growth_incidence_band(
            [1, 2],
            [1, 2],
            replicates_before=np.ones((2, 3)),
            replicates_after=np.ones((2, 2)),
            **ones,
        )


# Decompositions


@given(st.lists(st.tuples(st.floats(0.1, 1e4), st.floats(0, 1e4)), min_size=1, max_size=6))
def test_sources_add_up_to_total_growth(pairs):
    before, after = (pd.Series(values, dtype=float) for values in zip(*pairs, strict=True))
    parts = growth.growth_by_source(before, after)
    total = after.sum() / before.sum() - 1
    assert parts["contribution"].sum() == pytest.approx(total, rel=1e-9, abs=1e-9)
    assert np.allclose(parts["share_before"] * parts["growth"], parts["contribution"])


def test_sources_refuse_missing_and_lone_ones():
    before = pd.Series({"wage": 1.0, "business": 2.0})
    with pytest.raises(ValueError, match="transfer"):
        growth.growth_by_source(before, before.rename({"wage": "transfer"}))
    with pytest.raises(ValueError, match="missing is not zero"):
        growth.growth_by_source(before, pd.Series({"wage": 1.0, "business": np.nan}))


@given(two_rounds(), st.floats(0.5, 2e4))
@FEW
def test_growth_and_redistribution_add_up(rounds, line):
    before, after, weights = rounds
    split = growth.datt_ravallion(headcount(line), before, after, **weights)
    assert split["after"] == pytest.approx(
        poverty.headcount_ratio(after, weights["weight_after"], line)
    )
    assert split[["growth", "redistribution", "residual"]].sum() == pytest.approx(
        split["change"], abs=1e-12
    )
    assert split[["growth_shapley", "redistribution_shapley"]].sum() == pytest.approx(
        split["change"], abs=1e-12
    )


@given(two_rounds(), st.floats(0.5, 2))
@FEW
def test_even_growth_is_no_redistribution(rounds, factor):
    before, _, weights = rounds
    both = {"weight_before": weights["weight_before"], "weight_after": weights["weight_before"]}
    line = float(np.median(before)) * 1.0001
    split = growth.datt_ravallion(
        lambda y, w: poverty.poverty_gap_index(y, w, line), before, before * factor, **both
    )
    assert split["redistribution"] == pytest.approx(0, abs=1e-9)
    assert split["residual"] == pytest.approx(0, abs=1e-9)


def test_split_refuses_a_missing_measure_and_no_income():
    with pytest.raises(ValueError, match="missing"):
        growth.growth_redistribution(lambda mean, curve: np.nan)
    with pytest.raises(ValueError, match="above 0"):
        growth.datt_ravallion(headcount(1), [-1.0], [1.0], weight_before=[1], weight_after=[1])


@given(st.lists(st.floats(-5, 5), min_size=8, max_size=8))
def test_shapley_adds_up_and_gives_idle_factors_nothing(values):
    factors = ["mean", "curve", "line"]

    def value(changed):
        return values[sum(2**place for place, name in enumerate(factors[:2]) if name in changed)]

    parts = growth.shapley(value, factors)
    assert parts.sum() == pytest.approx(values[3] - values[0], abs=1e-9)
    assert parts["line"] == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match="twice"):
        growth.shapley(value, ["mean", "mean"])


def sectors(shares, levels):
    return pd.DataFrame({"population_share": shares, "poverty": levels}, index=list("abc"))


@given(*[st.lists(st.floats(0.01, 1), min_size=3, max_size=3) for _ in range(4)])
def test_sectors_add_up_to_the_change(first, last, before, after):
    shares = [np.array(part) / sum(part) for part in (first, last)]
    parts = growth.sector_change(sectors(shares[0], before), sectors(shares[1], after))
    whole = shares[1] @ np.array(after) - shares[0] @ np.array(before)
    assert parts["total"].sum() == pytest.approx(whole, abs=1e-12)


def test_sectors_refuse_shares_that_do_not_close():
    good, bad = sectors([0.5, 0.3, 0.2], [0, 0, 0]), sectors([0.5, 0.3, 0.1], [0, 0, 0])
    with pytest.raises(ValueError, match="add up to"):
        growth.sector_change(good, bad)
    with pytest.raises(ValueError, match="sector in one period only: c"):
        growth.sector_change(good, good.drop(index="c"))


def test_elasticity_of_a_known_power_law():
    means = np.array([100.0, 120.0])
    head = 0.2 * (means / 100) ** -2.5
    assert growth.growth_elasticity(head[0], head[1], means[0], means[1]) == pytest.approx(-2.5)
    for values in ((0.2, 0.1, 100, 100), (0.2, 0, 100, 120)):
        with pytest.raises(ValueError, match=r"mean|above zero"):
            growth.growth_elasticity(*values)


def group_table(income, weight, group):
    rows = {
        name: {
            "population_share": weight[group == name].sum() / weight.sum(),
            "mean": np.average(income[group == name], weights=weight[group == name]),
            "mld": inequality.mean_log_deviation(income[group == name], weight[group == name]),
        }
        for name in np.unique(group)
    }
    return pd.DataFrame.from_dict(rows, orient="index")


@given(*[st.lists(st.floats(1, 1e4), min_size=6, max_size=6).map(np.array) for _ in range(2)])
@FEW
def test_inequality_change_adds_up_and_starts_from_the_whole(first, last):
    group, ones = np.array(list("aabbcc")), np.ones(6)
    change = growth.mld_change(group_table(first, ones, group), group_table(last, ones, group))
    assert change["before"] == pytest.approx(inequality.mean_log_deviation(first, ones), abs=1e-9)
    parts = change[["within", "size_within", "size_between", "means", "residual"]]
    assert parts.sum() == pytest.approx(change["change"], abs=1e-9)
    still = growth.mld_change(group_table(first, ones, group), group_table(first, ones, group))
    assert still.drop(["before", "after"]).abs().max() < 1e-12


# The data the notebook reads


def test_sources_of_income_add_up_to_the_published_total():
    parts = (
        tables.read("income_sources").groupby(["area", "population", "year"])["income_yuan"].sum()
    )
    totals = tables.read("incomes").query("period == year.astype('str')")
    totals = totals.set_index(["area", "population", "year"])["income_yuan"]
    assert (parts == totals.reindex(parts.index)).all()


def test_survey_scenario_has_every_assumption():
    rows = tables.read("scenarios").query("scenario == 'income_survey'").set_index("parameter")
    table = growth.noise_table(0.004, rows, growth=0.097, population=78_900)
    assert table["households_needed"].is_monotonic_increasing
    assert (rows["low"] <= rows["value"]).all() and (rows["value"] <= rows["high"]).all()


def test_what_a_place_prints_stands_among_the_series_that_lack_it(published, prices):
    printed = pd.Series({"value": 0.099, "source": "report", "verification": "derived"})
    more = growth.growth_table(growth.with_printed(published, printed, "county", 2017), prices)
    own = row(growth.compared_with(more, "province", 2017), "county")
    assert own["growth_gap"] == pytest.approx(0.006)
    assert row(more, "county")[["source", "levels"]].tolist() == ["report", "untested"]
    index = growth.index_table(more, 2016)
    assert row(index, "county")["nominal_index"] == pytest.approx(1.099)


def test_a_growth_that_is_published_stays_and_half_a_year_is_none(published):
    printed = pd.Series({"value": 0.5, "source": "report", "verification": "derived"})
    assert growth.with_printed(published, printed, "city", 2017).equals(published)
    half = published.assign(period=published["period"].replace("2017", "2017H1"))
    assert len(growth.with_printed(half, printed, "city", 2017)) == len(half) + 1


@pytest.mark.parametrize("place", ["wenshan", "demo_county"])
def test_the_place_of_a_brief_is_compared_with_its_province(place):
    own = {"wenshan": "532601", "demo_county": "SYND"}[place]
    printed = tables.margins(place).loc["income_growth"]
    incomes = growth.with_printed(tables.read("incomes"), printed, own, 2017)
    growths = growth.growth_table(incomes, tables.read("prices").query("area == '100000'"))
    gaps = growth.compared_with(growths, "530000", 2017)
    assert row(gaps, own)["growth"] == printed["value"]


def test_nothing_later_enters_the_growth_table():
    until = "2018-03-28"
    known = growth.growth_table(
        tables.read("incomes", until=until), tables.read("prices", until=until)
    )
    assert known["year"].max() == 2017


# The field's own outputs


@pytest.fixture(scope="module")
def mexico(shared):
    return [
        pd.read_csv(shared / "reference" / "data" / f"mex_inc_{year}.csv.gz")
        for year in (2008, 2016)
    ]


@pytest.fixture(scope="module")
def reference(shared):
    rows = pd.read_csv(shared / "reference" / "sample.csv", dtype=str)
    return rows[(rows["dataset"] == "mex_inc_2008+mex_inc_2016") & (rows["trust"] == "use")]


def both_rounds(mexico):
    before, after = mexico
    weights = {"weight_before": before["factor"], "weight_after": after["factor"]}
    return before["income"], after["income"], weights


def test_curve_matches_the_reference(mexico, reference):
    before, after, weights = both_rounds(mexico)
    rows = reference[reference["measure"].isin(["GIC", "GIC_annualised"])]
    assert len(rows) >= 2
    for case in rows.to_dict("records"):
        rank, years = (
            float(case["group"].removeprefix("p=")),
            8 if "annualised" in case["measure"] else 1,
        )
        curve = growth.growth_incidence_curve(
            before, after, percentiles=[rank], years=years, **weights
        )
        assert curve["growth"].item() == pytest.approx(
            float(case["estimate"]), rel=float(case["tol_est_rel"])
        )


NAMES = {
    "P(mu08,L08)": "before",
    "P(mu16,L08)": "grown",
    "P(mu08,L16)": "redistributed",
    "P(mu16,L16)": "after",
}


def test_growth_and_redistribution_match_the_reference(mexico, reference):
    before, after, weights = both_rounds(mexico)
    rows = reference[reference["measure"].str.startswith("DattRavallion_FGT")]
    assert len(rows) >= 6
    for case in rows.to_dict("records"):
        line, order = float(case["params"].split(";")[0].split("=")[1]), int(case["measure"][17])
        split = growth.datt_ravallion(
            lambda y, w, line=line, order=order: poverty.fgt(y, w, line, order),
            before,
            after,
            **weights,
        )
        assert split[NAMES.get(case["group"], case["group"])] == pytest.approx(
            float(case["estimate"]), rel=float(case["tol_est_rel"])
        )


FITTED = {
    "headcount": "headcount_ratio",
    "poverty_gap": "poverty_gap_index",
    "poverty_severity": "poverty_severity",
}


def test_split_of_fitted_curves_matches_the_reference(shared):
    grouped = pytest.importorskip("analysis.grouped", reason="no fits of grouped data in this tree")
    rows = pd.read_csv(shared / "reference" / "sample.csv", dtype=str)
    # The reference's Beta form integrates coarsely; its quadratic form is exact.
    rows = rows[rows["measure"].str.fullmatch("DattRavallion_.*_LQ")]
    curves = [fitted(grouped, shared, name) for name in ("wbpip_gd_ex1", "wbpip_gd_ex3")]
    assert len(rows) >= 3
    for case in rows.to_dict("records"):
        name = FITTED[case["measure"].removeprefix("DattRavallion_").removesuffix("_LQ")]
        line = float(case["params"].split("z=")[1].split(";")[0])
        measure = partial(getattr(grouped, name), line=line)
        split = growth.growth_redistribution(
            lambda mean, curve, measure=measure: float(
                measure(curves[curve], mean=(100, 125)[mean])
            )
        )
        part = {"P(mu0,L0)": "before", "P(mu1,L1)": "after"}.get(case["group"], case["group"])
        assert split[part] == pytest.approx(float(case["estimate"]), rel=float(case["tol_est_rel"]))


def fitted(grouped, shared, name):
    points = pd.read_csv(shared / "reference" / "data" / f"{name}.csv.gz")
    return grouped.fit_quadratic(grouped.lorenz_points(points["weight"], points["welfare"]))


def test_inequality_by_education_starts_from_the_reference(mexico, reference):
    tables = [
        group_table(*(frame[name].to_numpy() for name in ("income", "factor", "education")))
        for frame in mexico
    ]
    change = growth.mld_change(*tables)
    rows = reference[reference["measure"] == "MLD_change_decomposition"].set_index("group")
    expected = float(rows.loc["mld_data1.mld_total", "estimate"])
    assert change["before"] == pytest.approx(expected, rel=1e-9)
    assert abs(change["residual"]) < 0.1 * abs(change["change"])


def test_pro_poor_growth_agrees_with_a_fine_grid(mexico):
    before, after, weights = both_rounds(mexico)
    rate = growth.pro_poor_growth(before, after, 15_000, years=8, **weights)
    ranks = (np.arange(100_000) + 0.5) / 100_000 * rate["headcount_ratio"]
    curve = growth.growth_incidence_curve(before, after, percentiles=ranks, years=8, **weights)
    assert rate["growth_of_poor"] == pytest.approx(curve["growth"].mean(), abs=1e-5)
