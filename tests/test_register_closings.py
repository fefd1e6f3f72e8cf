"""Whether kept ledgers close: sums by year and township, faults found where they were put."""

import numpy as np
import pandas as pd
import pytest

from analysis import office, register, synthetic

KEYS = ["year", "village"]


@pytest.fixture(scope="module")
def city():
    return synthetic.city(scale=0.03, seed=1).tables


@pytest.fixture(scope="module")
def derived(city):
    return register.flows(city["households"], city["members"])


def test_the_synthetic_ledger_closes_in_every_village_and_year(city):
    yearly = register.yearly_closing(city["flows"])
    assert (yearly["residual"] == 0).all() and (yearly["closed"] == yearly["ledgers"]).all()
    assert register.closing_summary(yearly)["verdict"] == "all"
    assert (
        yearly["opening_persons"].iloc[1:].to_numpy() == yearly["closing_persons"].iloc[:-1]
    ).all()


def test_a_fault_is_reported_with_its_size_and_place_and_is_not_set_off(city):
    kept = city["flows"].copy()
    last = kept.index[kept["year"] == 2017][:2]
    kept.loc[last, "closing"] += [7, -7]
    yearly = register.yearly_closing(kept).set_index("year")
    assert yearly["residual"].tolist() == [0, 0, 0, 0]
    assert (yearly["ledgers"] - yearly["closed"]).tolist() == [0, 0, 0, 2]
    towns = register.township_residuals(kept, city["villages"])
    assert towns["gross_residual"].sum() == 14 and towns["gross_residual"].is_monotonic_decreasing
    assert register.closing_summary(yearly.reset_index())["verdict"] == "some"


def test_a_flow_that_is_not_kept_is_missing_and_stands_in_what_is_left_over(city):
    kept = city["flows"].drop(columns=["died", "moved_out"])
    yearly = register.yearly_closing(kept)
    assert yearly[["died_persons", "moved_out_persons"]].isna().all(axis=None)
    assert (yearly["not_kept"] == 2).all()
    lost = city["flows"].groupby("year")[["died", "moved_out"]].sum().sum(axis=1)
    assert np.allclose(yearly["residual"], -lost)


def test_a_village_without_a_township_keeps_its_residual(city):
    kept = city["flows"].copy()
    kept.loc[0, "closing"] += 3
    villages = city["villages"][city["villages"]["village"] != kept.loc[0, "village"]]
    towns = register.township_residuals(kept, villages)
    assert towns["township"].isna().iloc[0] and towns["gross_residual"].iloc[0] == 3
    assert towns["ledgers"].sum() == len(kept)


def test_flows_kept_agree_with_the_panel_but_for_those_it_cannot_tell(city, derived):
    found = register.flow_agreement(derived, city["flows"]).set_index("kept_flow")
    alike = [f"flow_{name}" for name in ("opening", "new", "returned", "exited", "closing")]
    assert (found.loc[alike, "gross_residual"] == 0).all()
    gone = found.loc[["flow_died", "flow_moved_out", "flow_removed"]].sum()
    assert abs(gone["derived_persons"] - gone["kept_persons"]) <= 0.02 * gone["kept_persons"] + 3
    spoilt = city["flows"].assign(exited=city["flows"]["exited"] + 1)
    told = register.flow_agreement(derived, spoilt).set_index("kept_flow").loc["flow_exited"]
    assert told["alike"] == 0 and told["gross_residual"] == told["ledgers"]


def test_without_members_births_and_deaths_are_not_compared(city):
    found = register.flow_agreement(register.flows(city["households"]), city["flows"])
    assert not {"flow_born", "flow_died"} & set(found["kept_flow"])
    assert "flow_exited" in set(found["kept_flow"])


def test_passages_agree_with_the_panel(city):
    moves = register.transitions(city["households"])
    table = register.passage_table(moves).set_index(["passage", "year"])
    last = register.latest_return(moves)
    assert last["passed"] == table.loc[("return", 2017), "passed"]
    assert last["low"] < last["hazard"] < last["high"]
    status = city["households"].set_index(["household", "year"])["status"]
    before, after = (status.xs(year, level="year") for year in (2016, 2017))
    out = before.isin(register.POOR) & after.reindex(before.index).eq("exited")
    assert table.loc[("exit", 2017), "passed"] == out.sum()


def test_an_office_that_keeps_no_moves_gets_its_residual_and_no_refusal():
    held = office.ledgers("demo_county")
    yearly = register.yearly_closing(held.tables["flows"])
    assert (yearly["not_kept"] == 2).all() and (yearly["closed"] < yearly["ledgers"]).all()
    assert yearly["residual"].abs().max() < 0.01 * yearly["opening_persons"].max()
    assert yearly["moved_in_persons"].isna().all()


def test_passages_of_people_follow_the_transitions(city):
    found = register.passages(city["households"], city["villages"]).set_index(["passage", "year"])
    moves = register.transitions(city["households"]).query("year == 2017")
    out = moves[moves["from_state"].isin(register.POOR) & moves["to_state"].eq("exited")]
    assert found.loc[("exit", 2017), "passed"] == out["persons_from"].sum()
    assert (found["design_effect"] >= 1).all() and (found["passed"] <= found["at_risk"]).all()


def _status(village, year):
    return "exited" if year == 2017 and village < 5 else "poor"


def test_the_design_effect_is_that_of_villages_that_pass_as_one():
    rows = [
        (f"h{village}{at}", year, f"v{village}", 2, _status(village, year))
        for village in range(20)
        for at in range(10)
        for year in (2016, 2017)
    ]
    panel = pd.DataFrame(rows, columns=["household", "year", "village", "size", "status"])
    villages = panel[["village", "year"]].drop_duplicates().assign(population=100)
    found = register.passages(panel, villages).set_index("passage")
    # Twenty people who pass as one count as one: the effect is their number, up to the correction.
    assert found.loc["exit", "design_effect"] == pytest.approx(20 * 20 / 19)
    assert found.loc["exit", ["at_risk", "passed"]].tolist() == [400, 100]
