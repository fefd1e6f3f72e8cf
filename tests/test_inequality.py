"""Inequality measures: closed forms, invariances, decompositions, injected faults."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import inequality

few = settings(max_examples=40, deadline=None)

ENTROPIES = [partial(inequality.generalized_entropy, order=a) for a in (-1, 0, 0.5, 1, 2)]
ATKINSONS = [partial(inequality.atkinson_index, aversion=e) for e in (0.5, 1, 2)]
RELATIVE = [inequality.gini, *ENTROPIES, *ATKINSONS]
positive = st.lists(st.tuples(st.integers(1, 500), st.integers(1, 9)), min_size=1, max_size=30)


@pytest.mark.parametrize("measure", RELATIVE)
def test_equal_incomes_and_one_person(measure):
    assert measure([7.0, 7.0, 7.0], [1, 2, 3]) == pytest.approx(0, abs=1e-12)
    assert measure([7.0], [3]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("measure", [*RELATIVE, inequality.quintile_share_ratio])
def test_nothing_to_share_is_not_known(measure):
    assert math.isnan(measure([0, 0], None))
    assert math.isnan(measure([], []))


def test_one_person_has_everything():
    income = [0] * 9 + [1]
    assert inequality.gini(income, None) == pytest.approx(0.9)
    assert inequality.theil_index(income, None) == pytest.approx(math.log(10))
    assert inequality.generalized_entropy(income, None, 2) == pytest.approx(4.5)
    assert inequality.atkinson_index(income, None, 0.5) == pytest.approx(0.9)


def test_gini_of_a_uniform_distribution():
    assert inequality.gini(np.arange(1, 100_001) - 0.5, None) == pytest.approx(1 / 3, abs=1e-9)


def test_lognormal_incomes_have_known_measures():
    quantiles = (np.arange(200_000) + 0.5) / 200_000
    from scipy.stats import norm

    income = np.exp(0.6 * norm.ppf(quantiles))
    assert inequality.gini(income, None) == pytest.approx(2 * norm.cdf(0.6 / 2**0.5) - 1, abs=1e-4)
    assert inequality.mean_log_deviation(income, None) == pytest.approx(0.18, abs=1e-4)
    assert inequality.theil_index(income, None) == pytest.approx(0.18, abs=1e-3)
    assert inequality.atkinson_index(income, None, 1) == pytest.approx(
        1 - math.exp(-0.18), abs=1e-4
    )


def test_gini_is_free_of_the_scale_of_weights_where_some_tools_are_not():
    income, weight = np.array([1.0, 2.0, 5.0]), np.array([2.0, 1.0, 3.0])
    ranked = np.repeat(income, weight.astype(int))
    pairs = np.abs(ranked[:, None] - ranked).mean() / (2 * ranked.mean())
    assert inequality.gini(income, weight) == pytest.approx(pairs)
    assert inequality.gini(income, weight / weight.sum()) == pytest.approx(pairs)
    cumulated, mass = np.cumsum(weight), weight * income
    theirs = (mass @ (2 * cumulated - 1)) / (weight.sum() * mass.sum()) - 1
    assert abs(theirs - pairs) > 0.1


def test_zero_and_negative_incomes_follow_the_rule_that_is_named():
    income = [0, 1, 3]
    assert inequality.mean_log_deviation(income, None) == inequality.mean_log_deviation(
        [1, 3], None
    )
    assert inequality.mean_log_deviation(income, None, nonpositive="limit") == math.inf
    assert inequality.atkinson_index(income, None, 2, nonpositive="limit") == 1
    assert inequality.theil_index([-5, *income], None) == inequality.theil_index(income, None)
    assert inequality.theil_index(income, None) > inequality.theil_index([1, 3], None)


def test_lorenz_curves():
    assert inequality.lorenz_curve([1, 3], None, [0, 0.5, 1]) == pytest.approx([0, 0.25, 1])
    assert inequality.generalized_lorenz_curve([1, 3], [2, 2], 1) == pytest.approx(2)
    shares, received = inequality.lorenz_points([1, 3, 5], [1, 2, 1])
    area = np.trapezoid(received, shares)
    assert inequality.gini([1, 3, 5], [1, 2, 1]) == pytest.approx(1 - 2 * area)
    assert np.isnan(inequality.lorenz_curve([0, 0], None, 0.5))


def test_shares_of_the_top_over_the_bottom():
    income = range(1, 11)
    assert inequality.quintile_share_ratio(income, None) == pytest.approx(19 / 3)
    assert inequality.palma_ratio(income, None) == pytest.approx(10 / 10)
    assert inequality.percentile_ratio(income, None, 0.8, 0.2) == 4


def test_aversion_is_above_zero():
    with pytest.raises(ValueError, match="aversion is 0"):
        inequality.atkinson_index([1, 2], None, 0)


@pytest.mark.parametrize("measure", RELATIVE)
@few
@given(data=positive, factor=st.floats(0.001, 1000))
def test_scales_are_free_and_rows_may_be_repeated(measure, data, factor):
    income, weight = np.array(data).T
    plain = measure(income, weight)
    assert measure(income * factor, weight) == pytest.approx(plain, abs=1e-9)
    assert measure(income, weight * factor) == pytest.approx(plain, abs=1e-9)
    assert measure(np.repeat(income, weight)[::-1], None) == pytest.approx(plain, abs=1e-9)


@pytest.mark.parametrize("measure", RELATIVE)
@few
@given(positive, st.floats(1, 1000), st.floats(0.1, 0.9))
def test_a_transfer_from_richer_to_poorer_lowers_inequality(measure, data, richer, part):
    # The last is made richer than the first, so that there is always a transfer to make.
    income = np.append(np.array(data, float)[:, 0], data[0][0] + richer)
    i, j = 0, len(income) - 1
    after = income.copy()
    moved = (income[j] - income[i]) / 2 * part
    after[[i, j]] += moved, -moved
    before = measure(income, None)
    assert measure(after, None) <= before + 1e-12 * (1 + before)


@pytest.mark.parametrize("order", [-1, 0, 0.5, 1, 2])
@few
@given(data=positive)
def test_between_and_within_add_up(order, data):
    income, weight = np.array(data, float).T
    group = np.arange(len(income)) % 3
    between = inequality.entropy_between(income, weight, group, order)
    within = inequality.entropy_within(income, weight, group, order)
    whole = inequality.generalized_entropy(income, weight, order)
    assert between + within == pytest.approx(whole, abs=1e-12)
    assert between >= -1e-12 and within >= -1e-9
    means = [np.average(income[group == g], weights=weight[group == g]) for g in np.unique(group)]
    persons = [weight[group == g].sum() for g in np.unique(group)]
    expected = inequality.generalized_entropy(means, persons, order)
    assert between == pytest.approx(expected, abs=1e-12)


@few
@given(positive)
def test_mld_within_is_the_average_of_the_groups(data):
    income, weight = np.array(data, float).T
    group = np.arange(len(income)) % 2
    parts = [
        inequality.mean_log_deviation(income[group == g], weight[group == g])
        * weight[group == g].sum()
        for g in np.unique(group)
    ]
    within = inequality.entropy_within(income, weight, group)
    assert within == pytest.approx(sum(parts) / weight.sum(), abs=1e-12)
