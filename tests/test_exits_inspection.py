"""The inspection: exact bounds against closed forms, what they prove, samples needed."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from analysis import exits, tables

RULES = tables.read("standards", pack="inspection_2017")


def judged(indicator, found, sampled, **options):
    counts = pd.DataFrame({"indicator": [indicator], "found": [found], "sampled": [sampled]})
    return exits.inspection_verdicts(counts, RULES, **options).iloc[0]


@pytest.mark.parametrize(("found", "printed"), [(0, 0.0019), (20, 0.0184), (25, 0.0221)])
def test_the_bounds_of_a_usual_inspection_are_one_sided(found, printed):
    bounds = exits.rate_bounds(found, 1575)
    assert round(bounds["rate_high"], 4) == printed
    two_sided = exits.rate_bounds(found, 1575, confidence=0.975)
    assert round(two_sided["rate_high"], 4) > printed


@pytest.mark.parametrize("sampled", [1, 29, 1575])
def test_none_and_all_found_have_closed_forms(sampled):
    none, every = exits.rate_bounds(0, sampled), exits.rate_bounds(sampled, sampled)
    assert none["rate_low"] == 0 and every["rate_high"] == 1
    assert math.isclose(none["rate_high"], 1 - 0.05 ** (1 / sampled))
    assert math.isclose(every["rate_low"], 0.05 ** (1 / sampled))


@given(st.integers(1, 199), st.floats(0.6, 0.999))
def test_a_bound_is_where_the_binomial_tail_is_the_error(found, confidence):
    high = exits.rate_bounds(found, 200, confidence=confidence)["rate_high"]
    root = optimize.brentq(lambda p: stats.binom.cdf(found, 200, p) - (1 - confidence), 0, 1)
    assert math.isclose(high, root, rel_tol=1e-6)


@given(st.integers(0, 100), st.floats(1, 10))
def test_a_design_effect_counts_as_a_smaller_sample(found, effect):
    plain, clustered = (exits.rate_bounds(found, 100, design_effect=d) for d in (1, effect))
    assert clustered["rate_low"] <= plain["rate_low"] + 1e-12
    assert clustered["rate_high"] >= plain["rate_high"] - 1e-12
    assert math.isclose(clustered["effective_sample"], 100 / effect)


def test_the_upper_bound_covers_as_often_as_it_says():
    truth, sampled = 0.02, 400
    chance = stats.binom.pmf(np.arange(sampled + 1), sampled, truth)
    covers = [exits.rate_bounds(found, sampled)["rate_high"] >= truth for found in range(41)]
    assert chance[:41][covers].sum() + chance[41:].sum() >= 0.95


@pytest.mark.parametrize(
    ("indicator", "found", "verdict"),
    [
        ("wrong_exit_rate", 20, "pass"),
        ("wrong_exit_rate", 25, "unknown"),
        ("wrong_exit_rate", 31, "unknown"),
        ("wrong_exit_rate", 60, "fail"),
        ("missed_rate", 0, "pass"),
        ("approval", 1575, "pass"),
        ("approval", 1417, "unknown"),
        ("approval", 1300, "fail"),
        ("wrong_exit_rate", None, "unknown"),
    ],
)
def test_a_rate_is_proved_to_pass_to_fail_or_neither(indicator, found, verdict):
    assert judged(indicator, found, 1575)["verdict"] == verdict


def test_villages_that_resemble_take_a_proof_away():
    assert judged("wrong_exit_rate", 20, 1575, design_effect=2.0)["verdict"] == "unknown"


@given(st.integers(0, 1574))
def test_one_error_fewer_is_never_worse(found):
    rank = {"fail": 0, "unknown": 1, "pass": 2}
    more, fewer = (judged("missed_rate", f, 1575)["verdict"] for f in (found + 1, found))
    assert rank[fewer] >= rank[more]


@pytest.mark.parametrize(
    ("found", "sampled", "options", "fault"),
    [
        (3, 2, {}, "3 found among 2"),
        (0.01, 0, {}, "0.01 found among 0"),
        (-1, 10, {}, "-1 found"),
        (1, 10, {"design_effect": 0.5}, "design effect of 0.5"),
        (1, 10, {"confidence": 95}, "confidence of 95"),
    ],
)
def test_an_impossible_inspection_is_refused(found, sampled, options, fault):
    with pytest.raises(ValueError, match=fault):
        exits.rate_bounds(found, sampled, **options)


def test_a_rate_that_the_standard_does_not_have_is_refused():
    with pytest.raises(ValueError, match="the standard has no applause"):
        judged("applause", 1, 2)


def test_without_errors_the_sample_has_a_closed_form():
    for threshold in (0.01, 0.02, 0.1):
        need = math.floor(math.log(0.05) / math.log(1 - threshold)) + 1
        assert exits.sample_needed(threshold, 0.0) == need


@pytest.mark.parametrize("true_rate", [0.005, 0.01, 0.0127])
def test_the_sample_proves_as_often_as_it_says_and_no_smaller_one_always_does(true_rate):
    needed = exits.sample_needed(0.02, true_rate)
    assert _chance(needed, true_rate) >= 0.8
    assert _chance(needed - 1, true_rate) < 0.8


def _chance(sampled, true_rate):
    """Add up the chances of every count whose exact bound stays below 2 %."""
    counts = np.arange(int(0.02 * sampled) + 1)
    proved = [exits.rate_bounds(found, sampled)["rate_high"] < 0.02 for found in counts]
    return stats.binom.pmf(counts, sampled, true_rate)[proved].sum()


def test_a_design_effect_multiplies_the_sample():
    assert exits.sample_needed(0.02, 0.0, design_effect=2.5) == math.ceil(149 * 2.5)


@pytest.mark.parametrize(("true_rate", "fault"), [(0.02, "never be proved"), (0.01999, "250,000")])
def test_a_sample_that_cannot_prove_it_is_refused(true_rate, fault):
    with pytest.raises(ValueError, match=fault):
        exits.sample_needed(0.02, true_rate)


def test_composite_incidence_adds_the_wrongly_exited_and_the_missed():
    persons = {"poor": 200, "exited": 800, "unregistered": 9000, "rural_population": 10_000}
    wrong, missed = exits.rate_bounds(5, 500), exits.rate_bounds(0, 900)
    found = exits.composite_incidence(persons, wrong, missed)
    assert math.isclose(found["rate"], 0.02 + 0.08 * 0.01)
    assert found["rate_low"] < found["rate"] < found["rate_high"]
    none = exits.composite_incidence(persons, *[exits.rate_bounds(0, 10**9)] * 2)
    assert math.isclose(none["rate"], 0.02)


def test_a_population_smaller_than_its_parts_is_refused():
    rates = exits.rate_bounds(0, 10)
    persons = {"poor": 2, "exited": 8, "unregistered": 90, "rural_population": 99}
    with pytest.raises(ValueError, match="99 and its parts sum to 100"):
        exits.composite_incidence(persons, rates, rates)


def test_one_household_a_village_has_no_design_effect():
    assert exits.village_design_effect(1, 0.5) == 1
    assert exits.village_design_effect(54, 1) == 54
    with pytest.raises(ValueError, match="impossible"):
        exits.village_design_effect(0.5, 0.1)
