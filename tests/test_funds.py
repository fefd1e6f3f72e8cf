"""Funds: ratios to persons, shares, and which questions the printed figures answer."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import funds, tables


def _yearly(amounts, poor):
    years = range(2017 - len(amounts) + 1, 2018)
    money = pd.DataFrame({"year": list(years), "approved_yuan": amounts})
    heads = pd.DataFrame({"year": [years[0] - 1, *years], "poor_persons": poor})
    return funds.yuan_per_person(money, heads)


def test_yuan_per_person_is_a_ratio_of_the_printed_figures():
    row = _yearly([8.6095e10], [43_350_000, 30_460_000]).iloc[0]
    assert math.isclose(row["yuan_per_poor"], 8.6095e10 / 43_350_000)
    assert math.isclose(row["yuan_per_lifted"], 8.6095e10 / 12_890_000)
    assert row["yuan_per_lifted_low"] < row["yuan_per_lifted"] < row["yuan_per_lifted_high"]


def test_a_year_without_a_fall_beyond_rounding_is_left_out():
    assert _yearly([1e9, 1e9], [50_000, 45_000, 20_000])["year"].tolist() == [2017]


def test_a_year_without_headcounts_is_left_out():
    money = pd.DataFrame({"year": [2017], "approved_yuan": [1e9]})
    assert funds.yuan_per_person(money, pd.DataFrame({"year": [2016], "poor_persons": [9]})).empty


@given(st.lists(st.floats(0.1, 1e9), min_size=1, max_size=8), st.floats(0.01, 100))
def test_shares_sum_to_one_and_ignore_the_unit(amounts, unit):
    frame = pd.DataFrame({"yuan": amounts})
    first = funds.shares(frame, "yuan")["share"]
    second = funds.shares(frame * unit, "yuan")["share"]
    assert math.isclose(first.sum(), 1, rel_tol=1e-9)
    assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(first, second, strict=True))


def test_shares_of_nothing_are_refused():
    with pytest.raises(ValueError, match="total above zero"):
        funds.shares(pd.DataFrame({"yuan": [0.0]}), "yuan")


def test_the_levels_of_the_real_county_make_its_total():
    levels = tables.read("funds").query("area == '530127'")
    assert levels["approved_yuan"].sum() == 18_450_000
    assert tables.read("county_projects").query("area == '530127'")["projects"].sum() == 42


def test_a_redacted_figure_answers_nothing_and_a_printed_one_does():
    told = funds.answerable(
        tables.read("fund_questions", place="wenshan"), tables.read("facts", place="wenshan")
    ).set_index("question")["answer"]
    assert told["fund_city"] == "yes"
    assert told["fund_spent"] == "no"
    assert told["fund_total"] == "in_part"


@pytest.mark.parametrize("place", ["wenshan", "demo_county"])
def test_what_a_place_itself_put_in_does_not_tell_what_came_from_every_level(place):
    asked, facts = tables.read("fund_questions", place=place), tables.read("facts", place=place)
    told = funds.answerable(asked, facts).set_index("question")["answer"]
    assert (told["fund_city"], told["fund_total"]) == ("yes", "in_part")


def test_a_question_about_an_unknown_figure_is_refused():
    questions = pd.DataFrame({"question": ["q"], "facts": ["F999"]})
    with pytest.raises(KeyError, match="F999"):
        funds.answerable(questions, pd.DataFrame({"fact": ["F1"], "value": [1.0]}))
