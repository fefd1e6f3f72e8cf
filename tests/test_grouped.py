"""Grouped data: closed forms, invariances, the World Bank's numbers, and faults."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import beta as beta_function
from scipy.stats import norm

from analysis import grouped
from analysis.grouped import Beta, Lognormal, Quadratic
from tests.references_grouped import comparisons, disagreements, povcalnet_points

SHARES = np.linspace(0.05, 0.95, 19)
CURVES = [
    Quadratic(0.764374, -0.593426, 0.260592),  # an ellipse
    Quadratic(2.25, -3.0000000001, 0.1),  # nearly a parabola
    Quadratic(2.25, -3.0, 0.1),  # a parabola
    Quadratic(1.0145428773777316, 2.1263064631989006, 0.18315367671199032),  # a hyperbola
    Beta(0.7596427, 0.9653192, 0.4347353),
    Beta(0.55, 1.0, 0.6),
    Lognormal(0.6),
]
groups = st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(10, 1000)), min_size=4, max_size=8).map(
    lambda rows: (sorted(r[1] for r in rows), [r[0] / sum(x[0] for x in rows) for r in rows])
)


@pytest.fixture(scope="module")
def references(shared):
    """Every reference case beside ours."""
    return comparisons(shared / "reference")


# Closed forms ----------------------------------------------------------------------------------


@pytest.mark.parametrize("relative_line", [0.05, 0.3, 0.9, 2.0])
@pytest.mark.parametrize("sigma", [0.3, 0.8])
def test_lognormal_poverty_equals_its_closed_forms(sigma, relative_line):
    curve, at = Lognormal(sigma), {"mean": 1000, "line": 1000 * relative_line}
    d = np.log(relative_line) / sigma + sigma / 2
    head, held = norm.cdf(d), norm.cdf(d - sigma)
    second = np.exp(sigma**2) * norm.cdf(d - 2 * sigma)
    expected = {
        "headcount_ratio": head,
        "poverty_gap_index": head - held / relative_line,
        "poverty_severity": head - 2 * held / relative_line + second / relative_line**2,
        "watts_index": (np.log(relative_line) + sigma**2 / 2) * head + sigma * norm.pdf(d),
    }
    for name, value in expected.items():
        found = getattr(grouped, name)(curve, **at)
        assert found == pytest.approx(value, rel=1e-9, abs=1e-15)


def test_lognormal_inequality_equals_its_closed_forms():
    curve = Lognormal(0.7)
    assert grouped.gini(curve) == pytest.approx(2 * norm.cdf(0.7 / np.sqrt(2)) - 1, rel=1e-12)
    assert grouped.mean_log_deviation(curve) == pytest.approx(0.245, rel=1e-12)
    assert grouped.median(curve, mean=2) == pytest.approx(2 * np.exp(-0.245), rel=1e-12)


def test_beta_gini_and_severity_equal_their_closed_forms():
    curve = Beta(0.5, 0.9, 0.7)
    assert grouped.gini(curve) == pytest.approx(2 * 0.5 * beta_function(1.9, 1.7), rel=1e-12)
    z = 0.5
    head = float(grouped.headcount_ratio(curve, mean=1, line=z))
    gap = float(grouped.poverty_gap_index(curve, mean=1, line=z))
    parts = [
        weight * quad(lambda p, a, b: p**a * (1 - p) ** b, 0, head, args=powers, epsabs=1e-14)[0]
        for weight, powers in zip(
            (0.81, -1.26, 0.49), ((-0.2, 1.4), (0.8, 0.4), (1.8, -0.6)), strict=True
        )
    ]
    u = 1 - 1 / z
    datt = u * (2 * gap - u * head) + 0.25 / z**2 * sum(parts)
    assert grouped.poverty_severity(curve, mean=1, line=z) == pytest.approx(datt, rel=1e-9)


def test_quadratic_severity_equals_datts_closed_form():
    curve, z = CURVES[0], 0.5
    root = np.sqrt(curve.k)
    s1, s2 = (root - curve.n) / (2 * curve.m), -(root + curve.n) / (2 * curve.m)
    head = float(grouped.headcount_ratio(curve, mean=1, line=z))
    gap = float(grouped.poverty_gap_index(curve, mean=1, line=z))
    held = curve.income_share(head)
    logs = root / 16 * np.log((1 - head / s1) / (1 - head / s2))
    datt = 2 * gap - head - (curve.a * head + curve.b * held - logs) / z**2
    assert grouped.poverty_severity(curve, mean=1, line=z) == pytest.approx(datt, rel=1e-9)


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_watts_and_mld_equal_an_independent_quadrature(curve):
    start, z = grouped.share_below_zero(curve), 0.6
    head = float(grouped.headcount_ratio(curve, mean=1, line=z))
    watts, _ = quad(lambda p: np.log(z / curve.relative_income(p)), start, head, limit=500)
    mld, _ = quad(lambda p: -np.log(curve.relative_income(p)), start, 1, limit=500)
    assert grouped.watts_index(curve, mean=1, line=z) == pytest.approx(watts, abs=2e-9)
    assert grouped.mean_log_deviation(curve) == pytest.approx(mld, abs=2e-9)


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_slope_curvature_and_inverse_belong_to_the_curve(curve):
    step = 1e-6
    slope = (curve.income_share(SHARES + step) - curve.income_share(SHARES - step)) / (2 * step)
    bend = (curve.relative_income(SHARES + step) - curve.relative_income(SHARES - step)) / (
        2 * step
    )
    assert curve.relative_income(SHARES) == pytest.approx(slope, rel=1e-6)
    assert curve.curvature(SHARES) == pytest.approx(bend, rel=1e-5)
    assert curve.share_below(curve.relative_income(SHARES)) == pytest.approx(SHARES, rel=1e-10)


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_elasticities_are_the_slopes_they_claim(curve):
    mean, line, step = 100.0, 60.0, 1e-5
    found = grouped.elasticities(curve, mean=mean, line=line)
    for name in ("headcount_ratio", "poverty_gap_index", "poverty_severity"):
        measure = getattr(grouped, name)
        up, down = (measure(curve, mean=mean * f, line=line) for f in (1 + step, 1 - step))
        by_mean = (np.log(up) - np.log(down)) / (2 * step)
        assert found[f"{name}_to_mean"] == pytest.approx(by_mean, rel=1e-4)


def test_elasticity_to_gini_stretches_incomes_from_the_mean():
    curve, line, step = Lognormal(0.6), 0.6, 1e-5
    found = grouped.elasticities(curve, mean=1, line=line)

    def head(stretch):
        return curve.share_below(1 + (line - 1) / (1 + stretch))

    def gap(stretch):
        poor = head(stretch)
        held = poor + (1 + stretch) * (curve.income_share(poor) - poor)
        return poor - held / line

    for name, measure in (("headcount_ratio", head), ("poverty_gap_index", gap)):
        slope = (np.log(measure(step)) - np.log(measure(-step))) / (2 * step)
        assert found[f"{name}_to_gini"] == pytest.approx(slope, rel=1e-6)


# Ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_lines_beyond_the_curve_find_nobody_or_everybody(curve):
    assert grouped.headcount_ratio(curve, mean=1, line=1e12) == pytest.approx(1)
    assert grouped.poverty_gap_index(curve, mean=1, line=1e9) == pytest.approx(1, abs=1e-6)
    below = max(float(curve.relative_income(1e-300)) * 0.999, 1e-12)
    assert grouped.headcount_ratio(curve, mean=1, line=below) == pytest.approx(
        grouped.share_below_zero(curve), abs=1e-6
    )


def test_nobody_poor_gives_zeros_and_no_elasticity():
    curve, at = CURVES[0], {"mean": 100, "line": 1}
    for name in ("headcount_ratio", "poverty_gap_index", "poverty_severity", "watts_index"):
        assert getattr(grouped, name)(curve, **at) == 0
    assert (grouped.elasticities(curve, **at) == 0).all()


def test_folded_beta_curve_says_nothing_below_its_lowest_income():
    curve = Beta(0.716145, 1.171891, 0.784512)
    assert np.isnan(grouped.headcount_ratio(curve, mean=196.853, line=57.7917))
    assert not grouped.is_normal(curve, mean=196.853, line=57.7917)
    assert not curve.valid
    assert 0 < grouped.headcount_ratio(curve, mean=100, line=90) < 1


def test_beta_severity_without_a_finite_value_is_missing():
    assert np.isnan(grouped.poverty_severity(Beta(0.6, 0.4, 0.5), mean=1, line=0.5))


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_measures_order_and_scale(curve):
    lines = np.array([0.3, 0.5, 0.8, 1.1])
    heads = grouped.headcount_ratio(curve, mean=1, line=lines)
    gaps = grouped.poverty_gap_index(curve, mean=1, line=lines)
    assert (np.diff(heads) > 0).all()
    assert (np.diff(gaps * lines) > 0).all()
    scaled = grouped.poverty_severity(curve, mean=7300.0, line=7300.0 * lines)
    assert scaled == pytest.approx(grouped.poverty_severity(curve, mean=1, line=lines), rel=1e-10)


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_popshare_and_headcount_are_each_others_inverse(curve):
    line = grouped.income_at(curve, 0.25, mean=80.0)
    assert grouped.headcount_ratio(curve, mean=80.0, line=line) == pytest.approx(0.25, rel=1e-11)


@pytest.mark.parametrize("curve", CURVES, ids=repr)
@pytest.mark.parametrize("number", [2, 5, 10])
def test_quantile_shares_add_up_and_rise(curve, number):
    shares = grouped.quantile_shares(curve, number)
    assert shares.sum() == pytest.approx(1, abs=1e-12)
    assert (np.diff(shares) > 0).all()


@pytest.mark.parametrize("curve", [c for c in CURVES if not isinstance(c, Lognormal)], ids=repr)
def test_a_fit_finds_the_curve_it_was_drawn_from(curve):
    points = grouped.lorenz_points([*SHARES, 1], [*curve.income_share(SHARES), 1])
    fit = grouped.fit_beta if isinstance(curve, Beta) else grouped.fit_quadratic
    assert list(vars(fit(points)).values()) == pytest.approx(list(vars(curve).values()), rel=1e-8)


@settings(max_examples=60, deadline=None)
@given(groups, st.floats(0.05, 3.0))
def test_bounds_hold_for_curves_through_the_points(data, relative_line):
    incomes, shares = data
    points = grouped.points_from_groups(incomes, shares)
    mean = grouped.groups_mean(incomes, shares)
    line = relative_line * mean
    head = grouped.headcount_bounds(points, mean=mean, line=line)
    gap = grouped.gap_bounds(points, mean=mean, line=line)
    equal_within = sum(s for s, y in zip(shares, incomes, strict=True) if y < line - 1e-9 * line)
    assert 0 <= head["headcount_ratio_low"] <= equal_within + 1e-9
    assert equal_within - 1e-9 <= head["headcount_ratio_high"] <= 1
    low = sum(s * max(1 - y / line, 0) for s, y in zip(shares, incomes, strict=True))
    assert gap["poverty_gap_index_low"] == pytest.approx(low, abs=1e-9)
    assert gap["poverty_gap_index_high"] >= low - 1e-12
    assert gap["poverty_gap_index_high"] <= head["headcount_ratio_high"] + 1e-9


@settings(max_examples=60, deadline=None)
@given(groups, st.floats(0.05, 3.0), st.randoms(use_true_random=False))
def test_no_split_of_the_groups_breaks_the_bounds(data, relative_line, random):
    """Two incomes in each group that keep its mean and the order of groups."""
    incomes, shares = data
    mean = grouped.groups_mean(incomes, shares)
    points = grouped.points_from_groups(incomes, shares)
    line = relative_line * mean
    edges = [0.0, *incomes, 3 * incomes[-1]]
    people, floor = [], 0.0
    for i, (income, share) in enumerate(zip(incomes, shares, strict=True)):
        low = random.uniform(max(floor, edges[i]), income)
        high = random.uniform(income, edges[i + 2])
        part = (high - income) / (high - low) if high > low else 1.0
        people += [(low, share * part), (high, share * (1 - part))]
        floor = high
    poor = sum(share for income, share in people if income < line)
    gap = sum(share * max(1 - income / line, 0) for income, share in people)
    head = grouped.headcount_bounds(points, mean=mean, line=line)
    gaps = grouped.gap_bounds(points, mean=mean, line=line)
    assert head["headcount_ratio_low"] - 1e-9 <= poor <= head["headcount_ratio_high"] + 1e-9
    assert gaps["poverty_gap_index_low"] - 1e-9 <= gap <= gaps["poverty_gap_index_high"] + 1e-9


def test_bounds_are_reached():
    points = grouped.points_from_groups([1, 2, 6], [1 / 3] * 3)
    head = grouped.headcount_bounds(points, mean=3, line=3)
    # Group 2 at most all poor; at least (3 - 2) / (3 - 1) of it, with the rest at the line.
    assert head["headcount_ratio_high"] == pytest.approx(1.0)
    assert head["headcount_ratio_low"] == pytest.approx(1 / 3 + 1 / 6)
    head = grouped.headcount_bounds(points, mean=3, line=1.5)
    # Group 2 can hold people just under 1.5 only if others of it stand at 6.
    assert head["headcount_ratio_high"] == pytest.approx(1 / 3 + (6 - 2) / (6 - 1.5) / 3)
    assert head["headcount_ratio_low"] == pytest.approx((1.5 - 1) / 1.5 / 3)
    gap = grouped.gap_bounds(points, mean=3, line=1.5)
    # Four fifths of group 2 stand with group 1 at 1, the rest at 6: 0.6 of people lack a third.
    assert gap["poverty_gap_index_high"] == pytest.approx(0.2)


def test_limits_of_income_narrow_the_bounds():
    points, at = grouped.points_from_groups([1, 2, 6], [1 / 3] * 3), {"mean": 3, "line": 0.9}
    assert grouped.headcount_bounds(points, **at, lowest_income=1)["headcount_ratio_high"] == 0
    wide = grouped.gap_bounds(points, **at, lowest_income=-np.inf)["poverty_gap_index_high"]
    assert wide > grouped.gap_bounds(points, **at)["poverty_gap_index_high"]
    rich = grouped.headcount_bounds(points, mean=3, line=9, highest_income=8)
    assert rich == {"headcount_ratio_low": 1.0, "headcount_ratio_high": 1.0}
    with pytest.raises(ValueError, match="exclude a group's mean"):
        grouped.headcount_bounds(points, **at, lowest_income=1.5)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CURVES[3:]), st.floats(0.1, 2.0))
def test_bounds_hold_for_the_curve_the_points_come_from(curve, relative_line):
    start = grouped.share_below_zero(curve)
    shares = [0.2, 0.4, 0.6, 0.8]
    points = grouped.lorenz_points([*shares, 1], [*curve.income_share(shares), 1])
    lowest = {"lowest_income": -np.inf if start else 0.0}
    at = {"mean": 1.0, "line": relative_line}
    head = grouped.headcount_bounds(points, **at, **lowest)
    gap = grouped.gap_bounds(points, **at, **lowest)
    area = grouped.gini_bounds(points, **lowest)
    true = grouped.headcount_ratio(curve, **at), grouped.poverty_gap_index(curve, **at)
    assert head["headcount_ratio_low"] <= true[0] <= head["headcount_ratio_high"]
    assert gap["poverty_gap_index_low"] <= true[1] <= gap["poverty_gap_index_high"]
    assert area["gini_low"] <= grouped.gini(curve) <= area["gini_high"]


# The rule --------------------------------------------------------------------------------------

# Sixteen cases of the World Bank's rule: valid and normal of the quadratic, then of the Beta form;
# "closer" takes the smaller error up to the line, here that of the Beta form.
RULE = {
    (1, 1, 1, 1): "closer", (1, 1, 1, 0): "quadratic", (1, 0, 1, 1): "beta",
    (1, 1, 0, 1): "quadratic", (1, 1, 0, 0): "quadratic", (1, 0, 0, 1): "beta",
    (0, 1, 1, 1): "beta", (0, 1, 1, 0): "quadratic", (0, 0, 1, 1): "beta",
    (0, 1, 0, 1): "closer", (0, 1, 0, 0): "quadratic", (0, 0, 0, 1): "beta",
}  # fmt: skip


@pytest.mark.parametrize("flags", list(itertools.product((1, 0), repeat=4)))
def test_the_rule_case_by_case(flags):
    import pandas as pd

    valid_q, normal_q, valid_b, normal_b = flags
    table = pd.DataFrame(
        {
            "valid": [bool(valid_q), bool(valid_b)],
            "normal": [bool(normal_q), bool(normal_b)],
            "squared_error_below_line": [2.0, 1.0],
            "squared_error": [1.0, 2.0],
        },
        index=["quadratic", "beta"],
    )
    expected = RULE.get(flags)
    chosen = grouped.curve_for_poverty(table)
    assert chosen == ("beta" if expected == "closer" else expected)
    distribution = {(1, 1): "quadratic", (1, 0): "quadratic", (0, 1): "beta", (0, 0): None}
    assert grouped.curve_for_distribution(table) == distribution[valid_q, valid_b]


# References ------------------------------------------------------------------------------------


def test_every_reference_case_agrees_or_has_its_reason(references):
    wrong = disagreements(references)
    assert wrong.empty, wrong.to_string()
    assert len(references) > 900


def test_exact_quantities_of_wbpip_agree_to_nine_digits(references):
    exact = references[(references["tool"] == "wbpip") & (references["reason"] == "")]
    assert len(exact) > 60
    assert exact["difference"].max() < 1e-9


def test_povcalnet_headcounts_agree_in_percentage_points(references):
    povcalnet = references[references["tool"] == "PovcalNet"]
    for prefix, allowed in (("gq", 1e-5), ("beta", 1e-4)):
        heads = povcalnet[povcalnet["measure"] == f"{prefix} headcount_ratio"]
        assert len(heads) == 43
        assert (heads["ours"] - heads["theirs"]).abs().max() < allowed


def test_surveys_of_povcalnet_give_a_profile(shared):
    surveys = povcalnet_points(shared / "reference")
    for name, points in list(surveys.items())[::4]:
        profile = grouped.grouped_profile(points, mean=100.0, line=60.0)
        low, high = profile["headcount_ratio_low"], profile["headcount_ratio_high"]
        assert 0 <= low <= high <= 1, name
        assert profile["curve_for_poverty"] in ("quadratic", "beta"), name


# Groups and faults -----------------------------------------------------------------------------


def test_five_published_groups_give_a_rate_with_bounds():
    incomes, fifths = [3300, 8300, 11900, 16900, 31300], [0.2] * 5
    points = grouped.points_from_groups(incomes, fifths)
    mean = grouped.groups_mean(incomes, fifths)
    profile = grouped.grouped_profile(points, mean=mean, line=2952)
    assert profile["headcount_ratio_low"] == 0
    assert profile["headcount_ratio_high"] == pytest.approx(0.2 * 5000 / (8300 - 2952))
    assert profile["within_bounds"]
    assert profile["status"] == "estimated"


def test_groups_split_in_two_change_nothing():
    whole = grouped.points_from_groups([10, 20, 40], [0.5, 0.3, 0.2])
    split = grouped.points_from_groups([10, 10, 20, 40, 40], [0.2, 0.3, 0.3, 0.05, 0.15])
    for line in (5, 12, 25):
        assert grouped.headcount_bounds(whole, mean=19, line=line)[
            "headcount_ratio_low"
        ] == pytest.approx(
            grouped.headcount_bounds(whole, mean=19, line=line)["headcount_ratio_low"]
        )
        assert grouped.gap_bounds(split, mean=19, line=line)[
            "poverty_gap_index_low"
        ] == pytest.approx(grouped.gap_bounds(whole, mean=19, line=line)["poverty_gap_index_low"])


def test_two_points_leave_only_the_lognormal_form():
    points = grouped.lorenz_points([0.5, 1.0], [0.25, 1.0])
    comparison = grouped.compare_curves(points, mean=1, line=0.5)
    assert comparison["valid"].tolist() == [False, False, True]
    profile = grouped.grouped_profile(points, mean=1, line=0.5)
    assert profile["curve_for_poverty"] is None
    assert np.isnan(profile["headcount_ratio"])
    assert profile["headcount_ratio_high"] < 1


@pytest.mark.parametrize(
    ("population", "income", "message"),
    [
        ([0.2, 0.2, 1.0], [0.05, 0.1, 1.0], "does not exceed the point before"),
        ([0.4, 0.2, 1.0], [0.05, 0.1, 1.0], "does not exceed the point before"),
        ([20, 60, 100], [5, 35, 100], "not per cent"),
        ([0.2, 0.6, 1.0], [0.05, 1.35, 1.0], "is above 1"),
        ([0.2, 0.6, 1.0], [0.15, 0.30, 1.0], "groups stand poorest first"),
        ([0.2, np.nan, 1.0], [0.05, 0.35, 1.0], "missing"),
        ([0.2, 0.6], [0.05, 0.35], r"end at \(1, 1\)"),
        ([1.0], [1.0], "at least one point"),
        ([0.2, 0.6, 1.0], [0.3, 0.7, 1.0], "groups stand poorest first"),
    ],
)
def test_broken_points_are_refused(population, income, message):
    with pytest.raises(ValueError, match=message):
        grouped.lorenz_points(population, income)


def test_rounding_of_shares_is_forgiven_only_when_said():
    population, income = [0.1, 0.2, 1.0], [0.03, 0.0599, 1.0]
    with pytest.raises(ValueError, match="rounding"):
        grouped.lorenz_points(population, income)
    assert len(grouped.lorenz_points(population, income, rounding=5e-5)) == 3


@pytest.mark.parametrize(
    ("incomes", "shares", "message"),
    [
        ([10, 20, 40], [0.5, 0.3, 0.3], "sum to 1"),
        ([10, 20, 40], [50, 30, 20], "sum to 1"),
        ([20, 10, 40], [0.5, 0.3, 0.2], "poorest first"),
        ([10, np.nan, 40], [0.5, 0.3, 0.2], "missing"),
        ([10, 20], [0.5, 0.3, 0.2], "one share a group"),
        ([-30, 0, 10], [0.5, 0.3, 0.2], "not above 0"),
    ],
)
def test_broken_groups_are_refused(incomes, shares, message):
    with pytest.raises(ValueError, match=message):
        grouped.points_from_groups(incomes, shares)


def test_fits_refuse_what_they_cannot_tell():
    with pytest.raises(ValueError, match="cannot tell the three coefficients"):
        grouped.fit_quadratic(grouped.lorenz_points([0.3, 0.6, 1.0], [0.1, 0.3, 1.0]))
    diagonal = grouped.lorenz_points([*SHARES, 1], [*SHARES, 1])
    with pytest.raises(ValueError, match="diagonal"):
        grouped.fit_beta(diagonal)
    with pytest.raises(ValueError, match="lognormal"):
        grouped.fit_lognormal(diagonal)


@pytest.mark.parametrize(("mean", "line"), [(0, 1), (-1, 1), (1, 0), (1, np.nan), (np.nan, 1)])
def test_mean_and_line_must_be_above_zero(mean, line):
    with pytest.raises(ValueError, match="above 0"):
        grouped.headcount_ratio(CURVES[0], mean=mean, line=line)
    points = grouped.points_from_groups([1, 2], [0.5, 0.5])
    with pytest.raises(ValueError, match="above 0"):
        grouped.headcount_bounds(points, mean=mean, line=line)


def test_shares_and_ginis_given_in_per_cent_are_refused():
    with pytest.raises(ValueError, match="ratio"):
        grouped.income_at(CURVES[0], 25, mean=100)
    with pytest.raises(ValueError, match="per cent"):
        grouped.lognormal_from_gini(40)
    with pytest.raises(ValueError, match="at least 2"):
        grouped.quantile_shares(CURVES[0], 1)
