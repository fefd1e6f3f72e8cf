"""What a ledger does not hold: the plan says which column is lacking, and plans around it."""

import re

import pandas as pd
import papermill
import pytest

from analysis import exits, planning, synthetic, tables, words
from analysis.planning.model import limit_names

PACK = tables.read("standards", pack="yunnan_2017")
MEASURES = tables.read("measures", place="standards")
WORKS = tables.read("works", place="demo_county")
CREWS = tables.read("crews", place="demo_county")
NAMES = tables.columns_of("villages")
YEAR = 2017


@pytest.fixture(scope="module")
def county():
    """The made-up county: no natural villages, no network, no venue; a city of its size has all."""
    return {name: rows for name, rows in synthetic.county().items()}


@pytest.fixture(scope="module")
def full():
    counts = synthetic.targets("demo_county", others=synthetic.targets(scale=0.065))
    return dict(synthetic.city(seed=20180120, counts=counts).tables)


def ledgers(made):
    households = made["households"].query("year == @YEAR")
    judged = exits.judge(households, PACK, MEASURES, "household", ["household", "year"])
    villages = made["villages"].query("year == @YEAR")
    return exits.village_indicators(villages, households, judged, MEASURES), households


def case_of(villages, households, budget=1e7):
    at_hand = planning.resources(CREWS, budget, 0.4, start="2018-03-28", deadline="2018-12-31")
    return planning.ledger_case(villages, households, PACK, MEASURES, WORKS, **at_hand)


def reasons(villages, households):
    back = planning.held_back(villages, households, PACK, MEASURES, WORKS, names=NAMES)
    return set(back[["indicator", "reason", "villages"]].itertuples(index=False, name=None))


def test_columns_that_are_not_kept_are_named_and_keep_every_village_out(county):
    villages, households = ledgers(county)
    left = int((villages["poor_village"] & villages["exited_year"].isna()).sum())
    assert reasons(villages, households) == {
        ("road", "no_size", left),
        ("network", "not_filled", left),
        ("venue", "not_filled", left),
    }
    case = case_of(villages, households)
    verdict, plan = planning.nearest_plan(case)
    assert (verdict, plan.villages) == ("persons_only", ())
    assert plan.persons >= case.targets["persons"] > 0
    assert planning.releases_by_township(case, plan, villages).empty
    costs = planning.frontier(case, [5, 8])
    assert planning.frontier_rows(costs, 5).empty
    assert planning.frontier_answer(costs, {"needed": 8, "planned": 8})["verdict"] == "late"


def test_the_same_county_with_every_column_kept_is_planned(full):
    villages, households = ledgers(full)
    assert reasons(villages, households) == set()
    case = case_of(villages, households, budget=1e9)
    verdict, plan = planning.nearest_plan(case)
    assert verdict == "possible"
    assert len(plan.villages) >= case.targets["villages"] > 0
    assert plan.persons >= case.targets["persons"]


def test_one_village_without_a_column_is_the_only_one_kept_out(full):
    villages, households = ledgers(full)
    held = villages[villages["poor_village"] & villages["exited_year"].isna()]
    short = held.loc[held["hardened_road_share"] < 1, "village"].iloc[0]
    for column in ("natural_villages", "venue", "population"):
        gap = villages.assign(
            **{column: villages[column].where(villages["village"] != short).astype("Float64")}
        )
        gap = gap.assign(headcount_ratio=gap["poor_persons"] / gap["population"])
        planned = set(case_of(gap, households).villages["village"])
        assert planned == set(held["village"]) - {short}, column
        assert {count for *_, count in reasons(gap, households)} == {1}


def test_a_failing_test_without_a_work_is_named(full):
    villages, households = ledgers(full)
    works = WORKS[WORKS["kind"] != "road"]
    back = planning.held_back(villages, households, PACK, MEASURES, works, names=NAMES)
    held = villages[villages["poor_village"] & villages["exited_year"].isna()]
    row = back.set_index("indicator").loc["road"]
    assert (row["reason"], row["villages"]) == ("no_work", (held["hardened_road_share"] < 1).sum())
    assert pd.isna(row["column_en"])


@pytest.mark.parametrize("all_out", [False, True])
def test_a_county_where_nobody_is_poor_has_a_plan_that_lets_nobody_exit(full, all_out):
    homes = full["households"]
    through = homes.assign(
        status=homes["status"].where(~homes["status"].isin(exits.POOR), "exited")
    )
    villages, households = ledgers(full | {"households": through})
    if all_out:
        villages = villages.assign(exited_year=villages["exited_year"].fillna(YEAR))
    case = case_of(villages, households, budget=1e9)
    assert case.groups.empty and case.group_units.empty and case.targets["persons"] == 0
    verdict, plan = planning.nearest_plan(case)
    assert (verdict, plan.persons) == ("possible", 0)
    assert len(plan.villages) >= case.targets["villages"]
    held = villages[villages["poor_village"] & villages["exited_year"].isna()]
    assert planning.contradictions(case.aiming(villages=len(held))) == []
    done = planning.works_by_kind(case, plan).query("level == 'household'")
    assert all_out == done.empty
    assert planning.publishable_works(done)["kind"].tolist() == done["kind"].tolist()


def test_where_not_even_what_must_be_done_is_paid_for_there_is_no_plan(county):
    case = case_of(*ledgers(county), budget=0.0)
    poor = case.groups["persons"] @ case.groups["households"]
    verdict, plan = planning.nearest_plan(case.aiming(persons=float(poor)))
    assert verdict == "none"
    assert planning.works_by_kind(case, plan).empty
    assert planning.crew_months(case, plan).empty
    assert planning.busiest_trade(planning.crew_months(case, plan)) == {}


def test_villages_that_cannot_be_planned_are_not_laid_to_money_or_crews(county):
    case = case_of(*ledgers(county)).aiming(villages=9)
    names = planning.contradiction_names(planning.contradictions(case))
    assert names["verdict"] == "unlisted"


def test_money_and_crews_are_said_to_buy_no_more_than_all_of_them_would(full):
    villages, households = ledgers(full)
    held = villages[villages["poor_village"] & villages["exited_year"].isna()]
    unknown = villages["village"] == held["village"].iloc[0]
    venue = villages["venue"].astype("Float64").mask(unknown)
    case = case_of(villages.assign(venue=venue), households, budget=1e6).aiming(villages=len(held))
    names = planning.contradiction_names(planning.contradictions(case))
    assert names["verdict"] == "unlisted"
    most = planning.most_villages(case, limit_names(case))
    assert planning.most_villages(case, {"villages", "persons"}) < most < len(held)
    given = {"whose": "plan_own", "villages": len(held), "plannable": len(case.villages)}
    for language in words.LANGUAGES:
        said = words.say("planning.contradiction.unlisted", language, **given)
        denied = re.split("[.。]", said)[-2]
        assert re.findall(r"\d+", denied) == [f"{most:.0f}"]


def test_crews_too_few_for_the_printed_works_are_said_to_be_late():
    margins = tables.margins("wenshan")
    money = planning.resources(
        tables.read("crews", place="wenshan").assign(crews=1),
        1.6e8,
        1.0,
        start="2018-03-28",
        deadline="2018-12-31",
    )
    works = tables.read("works", place="wenshan")
    case = planning.margins_case(margins, PACK, works, **money)
    costs = planning.frontier(case, [41, 60])
    told = planning.margins_range(costs, costs, margins)
    found = {"out": 71, "must": 90, "short": 19, "needed": 60, "verdict": "short"}
    assert planning.margins_answer(found, told, 41)["verdict"] == "late"


@pytest.mark.parametrize(("planned", "needed"), [(71, 60), (41, 71), (70.4, 70)])
def test_more_villages_planned_or_needed_than_are_left_are_said_to_contradict(planned, needed):
    margins = tables.margins("wenshan")
    margins.loc["planned_village_exits", "value"] = planned
    found = {"out": 71, "must": 90, "short": 19, "needed": needed, "verdict": "short"}
    numbers = planning.counts_asked(found, margins, [])
    costs = pd.DataFrame({"villages": numbers, "cost_low_yuan": 1.0, "cost_high_yuan": 2.0})
    answer = planning.margins_answer(found, costs, planned)
    assert answer["verdict"] == ("beyond" if 71 in (planned, needed) else "short")
    said = [words.say("planning.answer.beyond", language, **answer) for language in words.LANGUAGES]
    for text in said:
        assert re.findall(r"\d+", text) == [f"{round(planned)}", f"{needed}", "70"]


def test_numbers_of_villages_to_ask_for_follow_from_what_is_printed():
    margins = tables.margins("demo_county")
    assert planning.counts_asked({"needed": 8}, margins, [50]) == [8, 9]


@pytest.mark.parametrize("place", ["wenshan", "demo_county"])
def test_the_works_that_are_named_as_counted_are_those_that_cost(place):
    margins = tables.margins(place)
    at_hand = planning.resources(CREWS, 1e9, 1.0, start="2018-03-28", deadline="2018-12-31")
    case = planning.margins_case(margins, PACK, WORKS, income=False, **at_hand)
    needed = {*case.group_units["kind"], *case.village_units["kind"]}
    assert planning.printed_works(margins) == [f"work_{kind}" for kind in sorted(needed)]


def test_where_no_work_is_printed_none_is_named():
    assert planning.printed_works(tables.margins("demo_county").drop("unsafe_households")) == [
        "work_none"
    ]


@pytest.mark.slow
def test_the_chapter_runs_on_a_county_that_keeps_fewer_columns(tmp_path, root):
    papermill.execute_notebook(
        root / "notebooks" / "05_exit_readiness.ipynb",
        tmp_path / "05.ipynb",
        parameters={"place": "demo_county"},
        cwd=root / "notebooks",
    )
    text = (tmp_path / "05.ipynb").read_text(encoding="utf-8")
    assert "planning.plan.persons_only" in text
    assert "share of households with radio and television" in text
    assert "planning.answer.enough" in text
    assert "Works whose number is printed: houses; others are not counted." in text
