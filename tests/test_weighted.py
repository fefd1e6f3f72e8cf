"""Checks of incomes and weights, sums, quantiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import weighted

few = settings(max_examples=40, deadline=None)

INCOMES = st.lists(st.integers(-50, 500), min_size=1, max_size=30)


def test_lengths_that_differ_are_named():
    with pytest.raises(ValueError, match="income has 2 values and weight has 3"):
        weighted.observations([1, 2], [1, 1, 1])


def test_a_missing_income_is_never_zero():
    with pytest.raises(ValueError, match=r"income: 1 of 3 .* position 1"):
        weighted.mean([1.0, np.nan, 3.0], None)


def test_every_row_needs_a_weight():
    with pytest.raises(ValueError, match=r"weight: 1 of 2 .* nan at position 0"):
        weighted.mean([1.0, 2.0], [np.nan, 1])
    with pytest.raises(ValueError, match="weight: 1 of 2 values are refused, the first is -1"):
        weighted.mean([1.0, 2.0], [1, -1])


@pytest.mark.parametrize("wrong", [["8千", "900"], [True, False], np.array(["2018"], "M8[Y]")])
def test_what_is_not_a_number_is_refused(wrong):
    with pytest.raises(TypeError, match=r"income holds .* not numbers"):
        weighted.observations(wrong, None)


def test_a_share_of_nobody_is_not_known():
    assert np.isnan(weighted.mean([], [])) and np.isnan(weighted.mean([5], [0]))
    assert np.isnan(weighted.quantile([5], [0]))


def test_quantile_rules():
    assert weighted.quantile([1, 2, 3, 4], None, 0.5) == 2
    assert weighted.quantile([1, 2, 3, 4], None, 0.5, rule="average") == 2.5
    assert weighted.quantile([1, 2, 3, 4], None, 0.51, rule="average") == 3
    assert weighted.quantile([1, 2, 3], [1, 1, 2], 0.55) == 3
    assert weighted.quantile([1, 2, 3], [1, 1, 2], 0.55, rule="nearest") == 2
    with pytest.raises(ValueError, match="share is 60"):
        weighted.quantile([1], None, 60)
    with pytest.raises(ValueError, match="rule is 'linear'"):
        weighted.quantile([1], None, 0.5, rule="linear")


def test_a_share_reached_exactly_survives_rounding():
    assert weighted.quantile(range(1, 11), [0.1] * 10, 0.3) == 3


@few
@given(INCOMES, st.floats(0, 1))
def test_quantile_of_weights_is_the_quantile_of_repeated_rows(income, share):
    weight = [1 + i % 3 for i in range(len(income))]
    repeated = np.repeat(income, weight)
    assert weighted.quantile(income, weight, share) == weighted.quantile(repeated, None, share)


@few
@given(INCOMES, st.floats(0.01, 0.99))
def test_quantile_agrees_with_numpy(income, share):
    expected = np.quantile(income, share, method="inverted_cdf")
    if abs(share * len(income) - round(share * len(income))) > 1e-9:
        assert weighted.quantile(income, None, share) == expected


def test_within_one_order_only_the_same_arrays_share_it(monkeypatch):
    income, weight = np.array([5.0, 3.0, 4.0]), np.array([1.0, 2.0, 0.0])
    sorts = []
    monkeypatch.setattr(weighted, "_ascending", lambda *of: sorts.append(of) or of)
    with weighted.one_order(income, weight):
        weighted.ascending(income, weight), weighted.ascending(income, weight)
        weighted.ascending(income.copy(), weight)
    weighted.ascending(income, weight)
    assert len(sorts) == 3
