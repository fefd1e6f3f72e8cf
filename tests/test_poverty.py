"""Poverty measures: closed forms, invariances, other tools, injected faults."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis import inequality, poverty

few = settings(max_examples=40, deadline=None)

LINE = 100.0
FGT = [lambda y, w, z, a=a: poverty.fgt(y, w, z, a) for a in (0, 0.5, 1, 2, 3)]
BOUNDED = [
    *FGT,
    poverty.sen_index,
    poverty.sen_shorrocks_thon_index,
    poverty.watts_index,
]
PLAIN = [*BOUNDED, poverty.headcount, poverty.total_shortfall]

incomes = st.lists(st.integers(0, 300), min_size=1, max_size=40)
both = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 9)), min_size=1, max_size=40)


@pytest.mark.parametrize("measure", PLAIN)
def test_nobody_poor(measure):
    assert measure([100, 150, 900], [1, 2, 3], LINE) == 0


@pytest.mark.parametrize("measure", [poverty.income_gap_ratio, poverty.average_shortfall])
def test_means_over_the_poor_are_not_known_when_nobody_is(measure):
    assert math.isnan(measure([100, 150], None, LINE))
    assert math.isnan(poverty.median_gap_ratio([100, 150], None, LINE))


def test_everybody_poor_and_equal():
    income = [50.0] * 4
    assert poverty.headcount_ratio(income, None, LINE) == 1
    assert poverty.poverty_gap_index(income, None, LINE) == 0.5
    assert poverty.poverty_severity(income, None, LINE) == 0.25
    assert poverty.watts_index(income, None, LINE) == pytest.approx(math.log(2))
    assert poverty.sen_index(income, None, LINE) == pytest.approx(0.5)
    assert poverty.sen_shorrocks_thon_index(income, None, LINE) == pytest.approx(0.5)
    assert poverty.median_gap_ratio(income, None, LINE) == 0.5
    assert poverty.average_shortfall(income, None, LINE) == 50


def test_everybody_without_income():
    zero = [0, 0]
    for measure in (*FGT, poverty.sen_index, poverty.sen_shorrocks_thon_index):
        assert measure(zero, None, LINE) == 1
    assert poverty.income_gap_ratio(zero, None, LINE) == 1


def test_one_person():
    assert poverty.headcount_ratio([40], [7], LINE) == 1
    assert poverty.headcount([40], [7], LINE) == 7
    assert poverty.total_shortfall([40], [7], LINE) == 420
    assert poverty.sen_index([40], [7], LINE) == pytest.approx(0.6)


def test_an_income_equal_to_the_line_is_not_poor():
    assert poverty.headcount_ratio([100, 99.99], None, LINE) == 0.5


def test_negative_income_is_poor_and_its_gap_is_cut():
    assert poverty.poverty_gap_index([-100, 100], None, LINE) == 0.5
    assert poverty.poverty_gap_index([-100, 100], None, LINE, cut=False) == 1.0
    assert poverty.total_shortfall([-100], None, LINE, cut=False) == 200


def test_watts_conventions_for_incomes_without_a_logarithm():
    income = [0, 50, 200, 200]
    half = math.log(2)
    assert poverty.watts_index(income, None, LINE) == pytest.approx(half / 4)
    assert poverty.watts_index(income, None, LINE, nonpositive="exclude") == pytest.approx(half / 3)
    assert poverty.watts_index(income, None, LINE, nonpositive="limit") == math.inf
    with pytest.raises(ValueError, match="nonpositive is 'drop'"):
        poverty.watts_index(income, None, LINE, nonpositive="drop")


def test_a_row_that_stands_for_nobody_makes_no_infinity():
    assert poverty.watts_index([0, 200], [0, 1], LINE, nonpositive="limit") == 0


def test_sen_takes_the_gini_of_the_poor_and_the_other_that_of_the_gaps():
    income = [20, 60, 100, 200]
    # H = 1/2, I = 0.6, Gini of (20, 60) = 1/4; the Gini of everybody would give 0.395
    assert poverty.sen_index(income, None, LINE) == pytest.approx(0.5 * (0.6 + 0.4 * 0.25))
    gaps = inequality.gini([0.8, 0.4, 0, 0], None)
    assert poverty.sen_shorrocks_thon_index(income, None, LINE) == pytest.approx(0.3 * (1 + gaps))


def test_years_to_the_line():
    assert poverty.average_time_to_exit([50, 50], None, LINE, math.log(2)) == pytest.approx(1)
    with pytest.raises(ValueError, match="growth is 0"):
        poverty.average_time_to_exit([50], None, LINE, 0)


def test_prosperity_gap():
    assert poverty.prosperity_gap([50, 200, 0], None, LINE) == 1.25
    assert poverty.prosperity_gap([50, 0], None, LINE, nonpositive="limit") == math.inf


def test_relative_lines():
    income, weight = [10, 20, 30, 100], [1, 1, 1, 2]
    assert poverty.relative_line(income, weight) == 18
    assert poverty.relative_line(income, weight, 0.5, of="mean") == 26
    assert poverty.relative_line(income, weight, 1, of=0.2) == 10
    with pytest.raises(ValueError, match="of is 'mode'"):
        poverty.relative_line(income, weight, of="mode")


@pytest.mark.parametrize("line", [0, -1, np.nan, [100, np.nan]])
def test_a_line_is_above_zero(line):
    with pytest.raises(ValueError, match="is no poverty line"):
        poverty.headcount_ratio([1, 2], None, line)


def test_a_measure_has_no_negative_order():
    with pytest.raises(ValueError, match="order is -1"):
        poverty.fgt([1], None, LINE, -1)


def test_one_line_a_row():
    lines = [100, 10]
    assert poverty.headcount_ratio([50, 50], None, lines) == 0.5
    assert poverty.sen_index([50, 5], None, lines) == pytest.approx(0.5)
    assert poverty.median_gap_ratio([50, 5], None, lines) == 0.5


@pytest.mark.parametrize("measure", BOUNDED)
@few
@given(data=both, factor=st.floats(0.01, 1000))
def test_scale_of_incomes_and_of_weights_is_free(measure, data, factor):
    income, weight = np.array(data, float).T
    plain = measure(income, weight, LINE)
    assert measure(income, weight * factor, LINE) == pytest.approx(plain, abs=1e-12)
    assume(not np.any((income / LINE < 1) != (income * factor / (LINE * factor) < 1)))
    assert measure(income * 4, weight, LINE * 4) == pytest.approx(plain, abs=1e-12)


@pytest.mark.parametrize("measure", PLAIN)
@few
@given(data=both)
def test_a_weight_is_a_number_of_equal_persons_in_any_order(measure, data):
    income, weight = np.array(data).T
    repeated = np.repeat(income, weight)[::-1]
    expected = measure(repeated, None, LINE)
    assert measure(income, weight, LINE) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "measure", [FGT[2], FGT[3], poverty.sen_shorrocks_thon_index, poverty.watts_index]
)
@few
@given(incomes, st.integers(0, 39), st.integers(0, 39), st.floats(0.1, 0.9))
def test_a_transfer_from_poorer_to_richer_never_lowers_poverty(measure, income, i, j, part):
    i, j = i % len(income), j % len(income)
    assume(0 < income[i] <= income[j])
    after = np.array(income, float)
    moved = after[i] * part
    after[[i, j]] += (-moved, moved) if i != j else (0, 0)
    assert measure(after, None, LINE) >= measure(income, None, LINE) - 1e-12


@pytest.mark.parametrize("measure", [*FGT, poverty.watts_index])
@few
@given(data=both)
def test_groups_add_up(measure, data):
    income, weight = np.array(data, float).T
    group = np.arange(len(income)) % 3
    parts = [
        measure(income[group == g], weight[group == g], LINE) * weight[group == g].sum()
        for g in np.unique(group)
    ]
    assert sum(parts) / weight.sum() == pytest.approx(measure(income, weight, LINE), abs=1e-12)


@few
@given(data=both)
def test_shortfall_identities(data):
    income, weight = np.array(data, float).T
    persons, gap = weight.sum(), poverty.poverty_gap_index(income, weight, LINE)
    total = poverty.total_shortfall(income, weight, LINE)
    assert total == pytest.approx(gap * LINE * persons)
    share = poverty.headcount_ratio(income, weight, LINE)
    if share:
        average = poverty.average_shortfall(income, weight, LINE)
        assert average == pytest.approx(poverty.income_gap_ratio(income, weight, LINE) * LINE)
        assert share * persons * average == pytest.approx(total)


@few
@given(incomes)
def test_severity_is_made_of_incidence_depth_and_inequality(income):
    income = np.array(income, float)
    poor = income < LINE
    assume(poor.any() and income[poor].sum() > 0)
    share, gap = poor.mean(), poverty.income_gap_ratio(income, None, LINE)
    unequal = 2 * inequality.generalized_entropy(income[poor], None, 2)
    expected = share * (gap**2 + (1 - gap) ** 2 * unequal)
    assert poverty.poverty_severity(income, None, LINE) == pytest.approx(expected, abs=1e-12)
