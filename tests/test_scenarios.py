"""The place's own assumptions stand in the stead of the common ones."""

import pytest

from analysis import tables

HEAD = (
    "scenario,parameter,title_zh,title_en,value,low,high,unit,source,verification,"
    "known_from,known_from_basis,note\n"
)
ROW = "{},{},钱,money,{},,,yuan,assumption,assumed,2018-03-28,date of the plan,\n"
NAMES = ["scenario", "parameter"]


def test_a_row_of_the_place_replaces_the_common_one_and_no_other(data_copy):
    own = data_copy / "wenshan" / "scenarios.csv"
    own.write_text(HEAD + ROW.format("exit_plan", "budget_yuan", 5), encoding="utf-8")
    common, found = (
        rows.set_index(NAMES)["value"]
        for rows in (tables.read("scenarios"), tables.scenarios("wenshan"))
    )
    assert found.index.equals(common.index)
    assert found.loc[("exit_plan", "budget_yuan")] == 5
    rest = common.index != ("exit_plan", "budget_yuan")
    assert found[rest].equals(common[rest])
    other = tables.scenarios("zone_c").set_index(NAMES)["value"]
    assert other.equals(common)


def test_a_row_that_only_the_place_has_comes_last(data_copy):
    own = data_copy / "wenshan" / "scenarios.csv"
    own.write_text(HEAD + ROW.format("exit_plan", "reserve_yuan", 7), encoding="utf-8")
    found = tables.scenarios("wenshan")
    assert found[NAMES].iloc[-1].tolist() == ["exit_plan", "reserve_yuan"]
    assert len(found) == len(tables.read("scenarios")) + 1


def test_what_was_known_later_does_not_replace_anything(data_copy):
    own = data_copy / "wenshan" / "scenarios.csv"
    row = ROW.format("exit_plan", "budget_yuan", 5).replace("2018-03-28", "2018-06-01")
    own.write_text(HEAD + row, encoding="utf-8")
    found = tables.scenarios("wenshan", until="2018-03-28").set_index(NAMES)
    assert found.loc[("exit_plan", "budget_yuan"), "value"] == 160_000_000


def test_a_broken_row_of_the_place_is_refused(data_copy):
    own = data_copy / "wenshan" / "scenarios.csv"
    own.write_text(HEAD + ROW.format("exit_plan", "budget_yuan", "much"), encoding="utf-8")
    with pytest.raises(tables.TableError, match="value"):
        tables.scenarios("wenshan")
