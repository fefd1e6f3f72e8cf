"""Engines: closed forms, invariances, nothing from the future, calibration, and injected faults."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from analysis import inequality, poverty, projection, tables
from analysis.projection import distribution, rolling
from analysis.projection.trends import FORMS
from tests import references_projection

INCOMES = np.random.default_rng(1).lognormal(8, 0.6, 3000)
WEIGHTS = np.random.default_rng(2).uniform(0.5, 3, 3000)
SPREAD = projection.sorted_distribution(INCOMES, WEIGHTS)
LINE = 2300.0


def _walk(rng, years=30, noise=0.06):
    """A rate that falls in logs with noise, as a published series by year."""
    return pd.Series(0.5 * np.exp(np.cumsum(rng.normal(-0.08, noise, years))), range(1990, 2020))


def _measured(incomes, weights=WEIGHTS, line=LINE):
    return [poverty.fgt(incomes, weights, line, order) for order in range(3)]


@given(st.floats(-0.6, 0.6), st.floats(-0.3, 0.3))
def test_a_search_counts_what_moving_everybody_counts(growth, change):
    mean = np.average(INCOMES, weights=WEIGHTS)
    moved = np.exp(growth) * ((1 + change) * INCOMES - change * mean)
    found = projection.shifted_poverty(SPREAD, LINE, growth, gini_change=change).iloc[0]
    assert np.allclose(found, _measured(moved), rtol=1e-9, atol=1e-12)


def test_inequality_drift_scales_the_gini_and_keeps_the_mean():
    mean = np.average(INCOMES, weights=WEIGHTS)
    moved = 0.9 * INCOMES + 0.1 * mean
    assert np.average(moved, weights=WEIGHTS) == pytest.approx(mean)
    before = inequality.gini(INCOMES, WEIGHTS)
    assert inequality.gini(moved, WEIGHTS) == pytest.approx(0.9 * before)


def test_whoever_has_the_line_is_not_poor():
    equal = projection.sorted_distribution([90, 100, 110], None)
    found = projection.shifted_poverty(equal, 100, 0.0)["headcount_ratio"]
    assert found.iloc[0] == pytest.approx(1 / 3)


def test_only_the_passed_share_of_growth_counts():
    half = projection.shifted_poverty(SPREAD, LINE, 0.2, pass_through=0.5)
    pd.testing.assert_frame_equal(half, projection.shifted_poverty(SPREAD, LINE, 0.1))


@given(st.floats(0.01, 100))
def test_the_unit_of_money_does_not_matter(scale):
    other = projection.sorted_distribution(INCOMES * scale, WEIGHTS * 3)
    first = projection.shifted_poverty(SPREAD, LINE, [0.0, 0.1])
    second = projection.shifted_poverty(other, LINE * scale * (1 + 1e-12), [0.0, 0.1])
    assert np.allclose(first, second, rtol=1e-6)


def test_shocks_of_a_lognormal_widen_it_by_their_variance():
    ranks = (np.arange(200_000) + 0.5) / 200_000
    incomes = projection.sorted_distribution(np.exp(8 + 0.5 * norm.ppf(ranks)), None)
    found = projection.shocked_poverty(incomes, 2000, [0.0], shock=0.3)["headcount_ratio"].iloc[0]
    wide = np.hypot(0.5, 0.3)
    assert found == pytest.approx(norm.cdf((np.log(2000) - 8 + 0.3**2 / 2) / wide), abs=2e-5)


def test_shocks_equal_those_drawn():
    rng = np.random.default_rng(3)
    drawn = np.exp(0.25 * rng.standard_normal((200, 3000)) - 0.25**2 / 2) * INCOMES
    expected = np.mean([_measured(row) for row in drawn], axis=0)
    found = projection.shocked_poverty(SPREAD, LINE, 0.0, shock=0.25).iloc[0]
    assert np.allclose(found, expected, rtol=0.01)


def test_many_draws_with_shocks_equal_few():
    growth = np.linspace(-0.2, 0.3, 1500)
    many = projection.shocked_poverty(SPREAD, LINE, growth, shock=0.2)
    few = projection.shocked_poverty(SPREAD, LINE, growth[::500], shock=0.2)
    assert np.allclose(many.iloc[::500], few, atol=1e-5)


def test_a_level_growth_curve_is_growth_of_the_mean():
    moved = projection.reshaped(SPREAD, [0.1, 0.1, 0.1])
    first = projection.shifted_poverty(moved, LINE, 0.0)
    assert np.allclose(first, projection.shifted_poverty(SPREAD, LINE, 0.1))


def test_bins_give_back_a_lognormal_and_the_means_of_their_ends():
    ranks = np.arange(1, 100) / 100
    upper = np.exp(1 + 0.6 * norm.ppf(ranks))
    edges = np.concatenate(([-np.inf], norm.ppf(ranks), [np.inf]))
    means = np.exp(1 + 0.18) * np.diff(norm.cdf(edges - 0.6)) * 100
    found = projection.binned_distribution(upper, means, points=200)
    lines = np.exp(1 + 0.6 * norm.ppf([0.015, 0.2, 0.555]))
    rates = [projection.shifted_poverty(found, z, 0.0)["headcount_ratio"].iloc[0] for z in lines]
    assert np.allclose(rates, [0.015, 0.2, 0.555], atol=1e-3)
    assert found.income[:200].mean() == pytest.approx(means[0], rel=1e-3)
    assert found.mean == pytest.approx(np.exp(1.18), rel=5e-3)


@pytest.mark.parametrize(
    ("upper", "means"), [([2, 1], [1, 1, 3]), ([1, 2], [1, 3]), ([1, 2], [1.5, 1.5, 3])]
)
def test_bins_that_contradict_themselves_are_refused(upper, means):
    with pytest.raises(ValueError, match=r"upper|mean_income"):
        projection.binned_distribution(upper, means)


@pytest.mark.parametrize("line", [0, -1, np.nan])
def test_no_line_is_refused(line):
    with pytest.raises(ValueError, match="line"):
        projection.shifted_poverty(SPREAD, line, 0.1)


def test_growth_of_a_long_round_tells_as_many_years():
    rounds = pd.DataFrame({"year_from": [0, 3], "year_to": [3, 4], "growth": [0.02, 0.10]})
    drawn = projection.draw_growth(rounds, [5], 4, draws=20000, seed=1)
    assert np.median(drawn) == pytest.approx(0.04, abs=0.003)


def test_drawn_growth_holds_what_it_says():
    rng = np.random.default_rng(5)
    held = []
    for seed in range(300):
        growth = rng.normal(0.08, 0.02, 9)
        table = pd.DataFrame({"year_from": range(8), "year_to": range(1, 9), "growth": growth[:8]})
        drawn = projection.draw_growth(table, [9], 8, draws=400, seed=seed)
        low, high = np.quantile(drawn, [0.05, 0.95])
        held.append(low <= growth[8] <= high)
    assert 0.85 <= np.mean(held) <= 0.95


@pytest.mark.parametrize("form", FORMS)
def test_trends_stay_between_zero_and_one(form):
    rising = pd.Series([0.5, 0.8, 0.9, 0.97], index=range(2010, 2014))
    for series in (rising, 1 - rising, rising * 0):
        found = projection.trend_forecast(series, [2014, 2018], form)
        assert ((found >= 0) & (found <= 1)).all()


def test_trends_go_on_where_the_series_is_one():
    years = np.arange(2000, 2010)
    straight = pd.Series(0.5 - 0.02 * (years - 2000), years)
    assert np.allclose(projection.trend_forecast(straight, [2010, 2011], "linear"), [0.3, 0.28])
    assert np.allclose(projection.trend_forecast(straight, [2011], "last_fall"), 0.28)
    falling = pd.Series(0.5 * 0.9 ** (years - 2000), years)
    for form in ("log_linear", "local_trend"):
        assert np.allclose(projection.trend_forecast(falling, [2010], form), 0.5 * 0.9**10)


def test_a_trend_needs_years_and_a_known_form():
    short = pd.Series([0.1], index=[2010])
    with pytest.raises(ValueError, match="two years"):
        projection.trend_forecast(short, [2011], "linear")
    with pytest.raises(ValueError, match="unknown"):
        projection.trend_forecast(short, [2011], "cubic")


def _rounds(years):
    return {year: projection.sorted_distribution(INCOMES[:300] * 1.05**i, None)
            for i, year in enumerate(years)}  # fmt: skip


def _every_engine(series, rounds, paces):
    found = projection.available_engines(
        series=series, distributions=rounds, line=LINE, place="a", paces=paces
    )
    means = pd.Series({year: item.mean for year, item in rounds.items()})
    return found | {"elasticity": projection.elasticity_engine(series, means)}


def test_nothing_after_the_origin_enters_any_engine():
    years = range(2005, 2015)
    series = pd.Series(np.linspace(0.5, 0.2, 10), years)
    rounds, spoilt_rounds = _rounds(years), _rounds(years)
    spoilt = series.copy()
    for year in range(2011, 2015):
        spoilt[year] = 0.9
        spoilt_rounds[year] = projection.sorted_distribution(INCOMES[:300] / 7, None)

    def paces(one):
        frame = one.rename_axis("year").reset_index(name="headcount_ratio")
        return projection.series_paces(frame, "a")

    honest = _every_engine(series, rounds, paces(series))
    other = _every_engine(spoilt, spoilt_rounds, paces(spoilt))
    assert len(honest) == 15
    for name, engine in honest.items():
        assert np.array_equal(engine(2010, [2011, 2013]), other[name](2010, [2011, 2013])), name


def test_nothing_after_the_origin_enters_weights_or_intervals():
    series = _walk(np.random.default_rng(7))
    engines = projection.available_engines(series=series)
    errors = projection.rolling_errors(engines, series, horizons=[1])
    spoilt = errors.assign(error=errors["error"].where(errors["year"] <= 2010, 9.0))
    first = projection.engine_weights(errors, 2010, 1)
    assert np.array_equal(first, projection.engine_weights(spoilt, 2010, 1))
    assert not np.array_equal(first, projection.engine_weights(spoilt, 2012, 1))
    later = errors["year"] > 2010
    changed = errors.assign(forecast=errors["forecast"].where(~later, 0.0))
    held = [
        projection.with_intervals(one, scale="points").query("origin < 2010")[["low", "high"]]
        for one in (errors, changed)
    ]
    assert np.array_equal(*held)


def test_breaks_are_neither_learned_from_nor_forecast_across():
    rounds = _rounds(range(2010, 2016))
    rounds |= {year: projection.sorted_distribution(INCOMES[:300] * 9, None) for year in (2014, 15)}
    growth = projection.growth_history(rounds, breaks=[2014])["growth"]
    assert growth.max() < 0.06
    series = pd.Series(0.3, range(2010, 2016))
    engines = projection.available_engines(series=series)
    errors = projection.rolling_errors(engines, series, horizons=[1, 2], breaks=[2014])
    assert not ((errors["origin"] < 2014) & (errors["year"] >= 2014)).any()


def test_engines_follow_from_the_data():
    series = pd.Series([0.2, 0.1], index=[2010, 2011])
    assert set(projection.available_engines(series=series)) == set(FORMS)
    shifts = projection.available_engines(distributions=_rounds([2010, 2011]), line=LINE)
    assert not set(shifts) & set(FORMS)
    with pytest.raises(ValueError, match="nothing to forecast from"):
        projection.available_engines(line=LINE)


def test_an_engine_says_when_too_little_was_known():
    engine = projection.trend_engine(pd.Series([0.2, 0.1], index=[2010, 2011]), "linear")
    with pytest.raises(projection.TooShort, match="1 year known by 2010"):
        engine(2010, [2011])


def test_better_engines_weigh_more_and_weights_add_up():
    rng = np.random.default_rng(11)
    noise = {"good": 0.01, "bad": 0.04}
    rows = [
        (name, origin, origin + 1, 1, 0.3, 0.3 - error, error)
        for name, size in noise.items()
        for origin, error in enumerate(rng.normal(0, size, 40))
    ]
    columns = ["engine", "origin", "year", "horizon", "forecast", "actual_ratio", "error"]
    weights = projection.engine_weights(pd.DataFrame(rows, columns=columns), 40, 1)
    assert weights.sum() == pytest.approx(1)
    assert weights["good"] > 0.85


@pytest.mark.parametrize("count", [4, 9, 25])
def test_bounds_hold_as_often_as_they_say_on_errors_of_one_kind(count):
    rng = np.random.default_rng(count)
    drawn = rng.normal(0, 0.02, (3000, count + 1))
    held = [abs(row[-1]) <= projection.error_bound(row[:-1], 0.9) for row in drawn]
    assert 0.88 <= np.mean(held) <= 0.97


def test_bounds_of_heavy_tails_hold_too_where_errors_suffice():
    drawn = np.random.default_rng(1).standard_t(2, (3000, 20))
    held = [abs(row[-1]) <= projection.error_bound(row[:-1], 0.9) for row in drawn]
    assert 0.88 <= np.mean(held) <= 0.93


def test_intervals_of_simulated_series_hold_nine_in_ten():
    rng = np.random.default_rng(13)
    held = []
    for _ in range(6):
        series = _walk(rng)
        engines = {"log_linear": projection.trend_engine(series, "log_linear")}
        errors = projection.rolling_errors(engines, series, horizons=[1])
        held.append(projection.with_intervals(errors, scale="probit")["held"])
    assert 0.82 <= pd.concat(held).mean() <= 0.97


def test_a_faulty_engine_is_found_out():
    series = _walk(np.random.default_rng(17))
    honest = projection.trend_engine(series, "log_linear")
    engines = {"honest": honest, "cheat": lambda origin, years: honest(origin, years) * 0.7}
    table = projection.error_table(projection.rolling_errors(engines, series, horizons=[1]))
    error = table.set_index("engine")["error"]
    assert error["cheat"] > 2 * error["honest"]


@pytest.mark.parametrize("told", [1, 2])
def test_a_horizon_further_than_the_errors_is_refused_with_the_furthest(told):
    errors = [[0.01] * 4] * told + [[0.01, np.nan, 0.01]] * 2
    said = (
        rf"horizon: {told + 2} years ahead; .* {told + 1} years ahead 2 errors .*: {told} at most"
    )
    forecast = [0.1] * len(errors)
    with pytest.raises(ValueError, match=said):
        projection.calibrated_band(forecast, errors)
    with pytest.raises(ValueError, match=said):
        projection.drawn_paths(forecast, errors, draws=3, seed=1)


def test_too_few_errors_are_said_and_refused():
    band = projection.calibrated_band([0.1], [[0.01, -0.01, 0.02]])
    assert band["basis"].tolist() == ["few_errors"]
    with pytest.raises(ValueError, match="at least 3"):
        projection.error_bound([0.01, 0.02], 0.9)
    with pytest.raises(ValueError, match="unknown"):
        projection.with_intervals(pd.DataFrame(), scale="yuan")


def test_longer_horizons_are_never_surer():
    band = projection.calibrated_band([0.3, 0.3], [[0.05] * 9, [0.01] * 9])
    assert (np.diff(band["high_90"]) >= 0).all()
    paths = projection.drawn_paths([0.3, 0.3], [[0.05] * 9, [0.01] * 9], draws=200, seed=1)
    assert (np.abs(paths[:, 1] - 0.3) >= np.abs(paths[:, 0] - 0.3) - 1e-12).all()


def test_paths_agree_with_the_band():
    errors = [np.random.default_rng(4).normal(0, 0.02, 40)]
    paths = projection.drawn_paths([0.4], errors, draws=40000, seed=1)
    band = projection.calibrated_band([0.4], errors).iloc[0]
    low, high = np.quantile(paths, [0.05, 0.95])
    assert low == pytest.approx(band["low_90"], abs=0.002)
    assert high == pytest.approx(band["high_90"], abs=0.002)


def test_chances_of_dates_add_up():
    series = _walk(np.random.default_rng(19))
    engines = projection.available_engines(series=series)
    years = [2020, 2021, 2022]
    found = projection.project_rate(engines, series, years, line=0.04, draws=2000, seed=1)
    dates = projection.dates_below(found.paths, years, 0.04)
    assert dates.sum() == pytest.approx(1) and (dates >= -1e-12).all()
    table = found.table
    assert np.allclose(table["chance_first_below"], dates.loc[years])
    assert (table["chance_below"] <= table["chance_first_below"].cumsum() + 1e-12).all()
    assert table["basis"].eq("conformal").all()
    assert np.allclose(found.weights.sum(axis=1), 1)


def test_the_published_series_can_be_forecast():
    rates = tables.read("incidence").query("system == 'survey' and area == '100000'")
    series = rates.set_index("year")["headcount_ratio"].loc[:2017]
    engines = projection.available_engines(series=series)
    found = projection.project_rate(engines, series, [2018], line=0.03, draws=4000, seed=1)
    row = found.table.iloc[0]
    assert row["low_90"] <= 0.017 <= row["high_90"]
    assert row["chance_below"] > 0.8


@pytest.fixture(scope="module")
def china(shared):
    """Errors on the distributions of rural China."""
    return references_projection.backtest(shared / "reference")


def test_the_neutral_shift_told_the_mean_is_as_far_off_as_the_field_found(china):
    table = references_projection.summaries(china)["error"]
    assert table.loc["neutral, told the mean", 1] == pytest.approx(0.0072, abs=0.0001)
    assert table.loc["no_change", 1] == pytest.approx(0.0303, abs=0.0003)


def test_the_published_errors_are_those_that_come_out(china, root):
    page = (root / "docs" / "methods" / "projection.md").read_text(encoding="utf-8")
    table = references_projection.summaries(china)["error"]
    rows = dict(
        (cells[0].strip("` "), cells[1].strip())
        for cells in (line.strip("|").split("|") for line in page.splitlines() if "|" in line)
        if len(cells) > 4
    )
    for engine, error in table[1].items():
        assert rows[engine] == f"{100 * error:.2f}", engine


def test_ninety_percent_intervals_on_rural_china_hold(china):
    held = references_projection.summaries(china)["held"].query("horizon == 1")
    held = held.set_index("engine")["held_90"]
    assert 0.85 <= held["neutral_recent"] <= 0.95
    assert held["combination"] >= 0.85


def test_rounds_that_cross_a_break_are_told_apart():
    crossed = distribution.crosses([2010, 2012], [2012, 2014], [2013])
    assert crossed.tolist() == [False, True]
    assert not rolling.crosses([2010], [2012], []).any()


@pytest.mark.parametrize("spread_of_change", [0.0, 0.05, 0.4])
@pytest.mark.parametrize("line", [0.2, 1.0, 1.5, 40.0])
@pytest.mark.parametrize("block", [7, distribution.BLOCK])
def test_draws_from_incomes_in_any_order_are_those_of_the_sorted(
    line, spread_of_change, block, monkeypatch
):
    monkeypatch.setattr(distribution, "BLOCK", block)
    level = np.median(INCOMES)
    growth = np.random.default_rng(8).normal(0.05, 0.1, 200)
    incomes = np.append(np.random.default_rng(9).permutation(INCOMES), [-5.0, 0.0])
    weights = np.append(np.linspace(0, 2, len(INCOMES)), [1.0, 1.0])
    change = np.clip(np.random.default_rng(7).normal(0, spread_of_change, 200), -0.99, 0.99)
    ask = {"gini_change": change, "pass_through": 0.8}
    found = projection.drawn_poverty(incomes, weights, line * level, growth, **ask)
    spread = projection.sorted_distribution(incomes, weights)
    wanted = projection.shifted_poverty(spread, line * level, growth, **ask)
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-11)


def test_draws_at_a_tie_with_the_line():
    found = projection.drawn_poverty([100.0, 100.0, 90.0], None, 100, [0.0, -1e-9, 1e-9])
    assert found["headcount_ratio"].round(9).tolist() == [0.333333333, 1.0, 0.333333333]
    with pytest.raises(ValueError, match="nobody has a known income"):
        projection.drawn_poverty([], None, 100, 0.0)
