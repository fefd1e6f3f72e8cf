"""The plan: optimal where it can be enumerated, inside every limit, honest about contradictions."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import exits, planning, tables, words
from analysis.planning import Case

MONTHS = pd.Index([f"2018-{month:02d}" for month in range(4, 13)], name="month")
MEASURES = tables.read("measures", place="standards")
PACK = tables.read("standards", pack="yunnan_2017")
WORKS = tables.read("works", place="wenshan")
CREWS = tables.read("crews", place="wenshan")
KINDS = pd.DataFrame(
    {
        "kind": ["road", "house", "income"],
        "trade": ["road", "housing", None],
        "cost_yuan": [500.0, 300.0, 60.0],
        "crew_months": [2.0, 2.0, 0.0],
        "months": [2, 3, 1],
    }
).set_index("kind")


def a_case(roads, houses, others, *, must, budget=1e6, crews=(2, 4), deadline=6, size=4.0, stay=1):
    """One village a place in the lists: roads it lacks, unsafe houses, poor households beside them.

    All but `stay` of a village's poor households must exit before it is released.
    """
    names = [f"v{place}" for place in range(len(roads))]
    counts = [*houses, *others]
    groups = pd.DataFrame({"village": names * 2, "households": counts, "persons": size})
    groups.insert(0, "group", range(len(groups)))
    unsafe = groups.index[: len(names)].to_numpy()
    units = pd.concat(
        [
            pd.DataFrame({"group": unsafe, "kind": "house", "units": 1}),
            pd.DataFrame({"group": groups["group"], "kind": "income", "units": 1}),
        ]
    )
    lacks = pd.DataFrame(
        {
            "village": names * 2,
            "kind": ["road"] * len(names) + ["house"] * len(names),
            "units": [*roads, *houses],
        }
    )
    poor = np.array(houses) + np.array(others)
    return Case(
        villages=pd.DataFrame(
            {"village": names, "persons_needed": size * np.maximum(poor - stay, 0)}
        ),
        groups=groups,
        group_units=units.reset_index(drop=True),
        village_units=lacks[lacks["units"] > 0].reset_index(drop=True),
        works=KINDS,
        crews=pd.DataFrame({"road": float(crews[0]), "housing": float(crews[1])}, index=MONTHS),
        funds=pd.Series(float(budget), index=MONTHS),
        targets={"villages": must, "persons": 0.0},
        deadline=deadline,
    )


def room(crews, crew_months, months, deadline):
    """Units of one kind that fit before the deadline: whole units, batch after batch."""
    at_once = int(crews / (crew_months / months) + 1e-9)
    return at_once * (deadline // months)


def village_cost(place, roads, houses, others, stay):
    """By hand: every road and house, and income projects for all but those that may stay."""
    exits_needed = max(houses[place] + others[place] - stay, 0)
    return roads[place] * 500 + houses[place] * 300 + exits_needed * 60


def by_enumeration(case, roads, houses, others, stay=1):
    """Try every set of villages; of one trade a kind, so the batches above are exact."""
    best = np.inf
    room_road = room(case.crews["road"].iloc[0], 2, 2, case.deadline)
    room_house = room(case.crews["housing"].iloc[0], 2, 3, case.deadline)
    for chosen in product([0, 1], repeat=len(roads)):
        inside = [place for place, taken in enumerate(chosen) if taken]
        fits = sum(roads[p] for p in inside) <= room_road
        fits &= sum(houses[p] for p in inside) <= room_house
        cost = sum(village_cost(p, roads, houses, others, stay) for p in inside)
        if fits and len(inside) >= case.targets["villages"] and cost <= case.funds.iloc[0]:
            best = min(best, cost)
    return best


def keeps_every_limit(case, plan, lifted=()):
    """Checked from the plan's own tables, without the programme's matrices."""
    last = len(case.crews) if "deadline" in lifted else case.deadline
    works = case.works.loc[plan.starts["kind"]]
    ends = plan.starts["month"].to_numpy() + works["months"].to_numpy() - 1
    assert plan.starts["month"].ge(1).all() and (ends <= last).all()
    begun = plan.starts.groupby("kind")["units"].sum()
    needed = plan.units.groupby("kind")["units"].sum()
    assert begun.to_dict() == needed[needed > 0].to_dict()
    for month in range(1, len(case.crews) + 1):
        busy = (plan.starts["month"].to_numpy() <= month) & (month <= ends)
        rate = (works["crew_months"] / works["months"]).to_numpy() * plan.starts["units"]
        for trade in case.crews:
            if f"crews_{trade}" not in lifted:
                used = rate[busy & works["trade"].eq(trade).to_numpy()].sum()
                assert used <= case.crews[trade].iloc[month - 1] + 1e-6
        paid = plan.starts["month"] <= month
        spent = (works["cost_yuan"].to_numpy() * plan.starts["units"])[paid].sum()
        if "budget" not in lifted:
            assert spent <= case.funds.iloc[month - 1] * (1 + 1e-6)
    passes_what_it_must(case, plan, lifted)


def passes_what_it_must(case, plan, lifted=()):
    exited = plan.exits.groupby("village")["persons"].sum()
    needed = case.villages.set_index("village")["persons_needed"]
    for village in plan.villages:
        assert exited.get(village, 0) >= needed[village] - 1e-6
    done = plan.units.set_index(["village", "kind"])["units"]
    lacks = case.village_units[case.village_units["village"].isin(plan.villages)]
    for row in lacks.itertuples():
        assert done[(row.village, row.kind)] >= row.units
    asked = plan.exits.merge(case.group_units, on="group")
    asked = (asked["units"] * asked["households"]).groupby([asked["village"], asked["kind"]]).sum()
    for key, units in asked.items():
        assert done[key] >= units
    held = plan.exits.merge(case.groups, on="group", suffixes=("", "_there"))
    assert (held["households"] <= held["households_there"]).all()
    if "villages" not in lifted:
        assert len(plan.villages) >= case.targets["villages"]
    if "persons" not in lifted:
        assert plan.persons >= case.targets["persons"] - 1e-6


few = st.integers(0, 3)
villages_of = st.integers(2, 6).flatmap(
    lambda n: st.tuples(*[st.lists(few, min_size=n, max_size=n) for _ in range(3)])
)


@settings(max_examples=16)
@given(villages_of, st.data())
def test_the_plan_is_the_best_of_all_sets_of_villages(lists, data):
    roads, houses, others = lists
    must = data.draw(st.integers(0, len(roads)))
    budget = data.draw(st.sampled_from([1200, 4000, 1e6]))
    crews = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    case = a_case(roads, houses, others, must=must, budget=budget, crews=crews)
    plan, best = planning.solve(case, gap=0.0), by_enumeration(case, roads, houses, others)
    assert plan.found == np.isfinite(best)
    if plan.found:
        assert plan.cost_yuan == pytest.approx(best)
        keeps_every_limit(case, plan)


@settings(max_examples=6)
@given(villages_of, st.sampled_from([600, 1500, 3000]), st.sampled_from([0, 500, 2000]))
def test_more_money_never_costs_more_nor_releases_fewer(lists, budget, more):
    case = a_case(*lists, must=1, budget=budget)
    richer = case._replace(funds=case.funds + more)
    poor, rich = planning.solve(case, gap=0.0), planning.solve(richer, gap=0.0)
    assert rich.found or not poor.found
    if poor.found:
        assert rich.cost_yuan <= poor.cost_yuan + 1e-6
    free = case.aiming(villages=0)
    most = planning.most_villages(free, gap=0.0)
    assert planning.most_villages(richer.aiming(villages=0), gap=0.0) >= most


def test_a_household_work_that_the_village_needs_too_is_paid_once():
    case = a_case([0], [2], [0], must=1, stay=0)
    assert planning.solve(case).cost_yuan == 2 * 300 + 2 * 60


def test_households_of_a_village_left_in_may_exit_alone():
    case = a_case([3, 3], [2, 1], [0, 1], must=0).aiming(persons=8.0)
    plan = planning.solve(case)
    assert plan.villages == () and plan.cost_yuan == min(300 + 120, 2 * 360)
    keeps_every_limit(case, plan)


def test_units_that_must_be_done_whoever_exits_are_done():
    case = a_case([1], [1], [1], must=0).aiming(road=3)
    plan = planning.solve(case)
    assert plan.units.to_dict("records") == [{"village": "", "kind": "road", "units": 3}]
    assert plan.cost_yuan == 1500


def test_work_begins_as_early_as_the_crews_allow():
    plan = planning.solve(a_case([5], [0], [0], must=1))
    assert plan.starts.to_numpy().tolist() == [["road", 1, 2], ["road", 3, 2], ["road", 5, 1]]


def test_money_that_comes_late_moves_the_work():
    case = a_case([1], [0], [0], must=1)
    late = case._replace(funds=pd.Series([0.0, 0, 500, 500, 500, 500, 500, 500, 500], MONTHS))
    assert planning.solve(late).starts["month"].tolist() == [3]


def test_the_same_case_gives_the_same_plan():
    case = a_case([1, 2, 0, 1], [2, 0, 3, 1], [1, 1, 1, 4], must=2)
    first, second = planning.solve(case), planning.solve(case)
    for left, right in zip(first, second, strict=True):
        assert left.equals(right) if hasattr(left, "equals") else left == right


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"budget": 900}, ["villages", "budget"]),
        ({"deadline": 1}, ["villages", "deadline"]),
        ({"crews": (0, 4)}, ["villages", "crews_road"]),
    ],
)
def test_a_planted_contradiction_is_found_and_nothing_else(fault, expected):
    case = a_case([1, 1], [0, 0], [1, 1], must=2, **fault)
    assert planning.contradictions(case) == [expected]


def test_a_contradiction_of_crews_and_time_names_both_and_both_ways_out():
    case = a_case([2, 2], [0, 0], [0, 0], must=2, crews=(1, 4), deadline=4)
    found = planning.contradictions(case)
    assert found == [["villages", "deadline", "crews_road"]]
    out = planning.ways_out(case, found).set_index("limit")["needed"]
    assert out.to_dict() == {"villages": 1.0, "deadline": 8.0, "crews_road": 2.0}


def test_no_part_of_a_contradiction_contradicts_itself():
    case = a_case([2, 1, 3], [2, 2, 0], [2, 1, 1], must=3, budget=3000, crews=(1, 2), deadline=5)
    names = set(planning.limit_names(case))
    for members in planning.contradictions(case):
        outside = names - set(members)
        assert not planning.possible(case, outside)
        assert all(planning.possible(case, outside | {name}) for name in members)


def test_two_contradictions_are_both_named():
    case = a_case([2, 2], [4, 4], [0, 0], must=2, budget=2000, crews=(1, 9), deadline=4)
    assert planning.contradictions(case) == [
        ["villages", "budget"],
        ["villages", "deadline", "crews_road"],
    ]


def test_asking_for_more_villages_than_there_are_is_said_to_be_a_matter_of_targets():
    assert planning.contradictions(a_case([1], [0], [0], must=2)) == [["villages"]]


def test_where_there_is_a_plan_nothing_contradicts():
    case = a_case([1], [0], [0], must=1)
    assert planning.contradictions(case) == []
    assert planning.ways_out(case, []).empty


@pytest.mark.parametrize(
    ("verdict", "saves", "rate", "told"),
    [("possible", 5_000, 0.004, "no_use"), ("possible", 4_999, 0.006, "no_cheaper"),
     ("possible", 5_001, 0.004, "no_more"), ("possible", 5_001, 0.006, "possible"),
     ("impossible", 0.0, 0.0, "impossible")],
)  # fmt: skip
def test_a_sentence_on_the_plan_never_says_that_nothing_is_saved_in_figures(
    verdict, saves, rate, told
):
    values = {"villages": 2, "persons": 300, "cost": 1e6, "left": 1e6, "gap": 0.001}
    values |= {"whose": "plan_own", "saves": saves, "rate": rate}
    assert planning.plan_verdict(verdict, saves, rate) == told
    for language in words.LANGUAGES:
        said = words.say(f"planning.plan.{told}", language, **values)
        assert not re.search(r"\D0(\.00)?( million|万元| of|个村)", said)


def test_one_more_crew_is_worth_the_village_that_waits_for_it():
    case = a_case([4, 4], [0, 0], [1, 1], must=1, crews=(2, 4), deadline=4)
    worth = planning.worth(case, planning.solve(case)).set_index("limit")
    assert worth.loc["crews_road", ["most", "most_with"]].tolist() == [1, 1]
    assert worth.loc["crews_road", "villages_rate"] == pytest.approx(0.5)
    two_more = case._replace(crews=case.crews + 2)
    assert planning.most_villages(two_more) == 2
    assert worth.loc["budget", "villages_rate"] == 0


def test_a_million_is_worth_the_villages_it_pays_for():
    case = a_case([1] * 4, [0] * 4, [1] * 4, must=1, budget=600, crews=(9, 9))
    dear = case._replace(works=case.works.assign(cost_yuan=case.works["cost_yuan"] * 1000))
    dear = dear._replace(funds=case.funds * 1000)
    worth = planning.worth(dear, planning.solve(dear)).set_index("limit").loc["budget"]
    assert worth["villages_rate"] == pytest.approx(2.0)
    assert (worth["most"], worth["most_with"]) == (1, 3)


def test_the_frontier_rises_and_ends_where_crews_do():
    case = a_case([1, 2, 3], [0, 1, 2], [1, 1, 1], must=1, budget=800, crews=(2, 4), deadline=4)
    costs = planning.frontier(case, [0, 1, 2, 3], gap=0.0)
    assert costs["cost_yuan"].tolist()[:3] == [0, 500, 500 + 1000 + 300 + 60]
    assert costs["cost_yuan"].isna().tolist() == [False, False, False, True]
    assert costs["within_budget"].tolist() == [True, True, False, False]


def test_the_works_of_the_villages_are_those_of_the_months():
    case = a_case([2, 2, 1], [3, 1, 2], [2, 2, 2], must=3, crews=(2, 4), deadline=9)
    plan = planning.solve(case)
    dealt = planning.works_by_village(case, plan)
    assert dealt.groupby(["village", "kind"])["units"].sum().to_dict() == (
        plan.units.set_index(["village", "kind"])["units"].to_dict()
    )
    months = case.crews.index[plan.starts["month"] - 1]
    begun = plan.starts["units"].groupby([plan.starts["kind"], months]).sum()
    assert dealt.groupby(["kind", "month"])["units"].sum().to_dict() == begun.to_dict()


def test_a_limit_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="crews_bridge"):
        planning.solve(planning.two_villages(), lifted=["crews_bridge"])


def villages_ledger(**changes):
    whole = {
        "village": ["a"],
        "year": 2017,
        "population": 1000,
        "households": 250,
        "natural_villages": 8,
        "poor_village": True,
        "exited_year": [None],
        "poor_persons": 40.0,
        "headcount_ratio": 0.04,
        "tap_water_share": 1.0,
        "three_phase_power": True,
        "hardened_road_share": 1.0,
        "safe_housing_share": 1.0,
        "radio_tv_share": 1.0,
        "broadband": True,
        "school_dropouts": 0,
        "clinic_m2": 100,
        "doctors": 1,
        "venue": True,
        "collective_income_yuan": 20000,
    }
    return pd.DataFrame(whole | changes)


def households_ledger(**changes):
    whole = {
        "household": [f"h{place:02d}" for place in range(10)],
        "year": 2017,
        "village": "a",
        "size": 4,
        "status": "poor",
        "income_per_person_yuan": 3000.0,
        "line_yuan": 3200.0,
        "house_grade": "B",
        "moved_in": True,
        "school_dropouts": 0,
        "uninsured_members": 0,
        "members_without_pension": 0,
        "measures": 1,
    }
    return pd.DataFrame(whole | changes)


def ledger_case(villages, households, **options):
    size = planning.resources(CREWS, 1e8, 1.0, start="2018-03-28", deadline="2018-12-31")
    return planning.ledger_case(villages, households, PACK, MEASURES, WORKS, **size | options)


def test_a_village_that_lacks_nothing_but_incidence_needs_only_its_households():
    case = ledger_case(villages_ledger(), households_ledger())
    plan = planning.solve(case)
    # 40 poor of 1,000: 29 may stay, so 11 persons or three households of four must exit.
    assert case.villages["persons_needed"].tolist() == [11.0]
    assert plan.units.to_numpy().tolist() == [["a", "income", 3]]
    assert plan.cost_yuan == 3 * 6000


def test_what_a_village_lacks_is_counted_in_the_units_of_its_works():
    changed = {
        "tap_water_share": 0.9,
        "hardened_road_share": 0.7,
        "radio_tv_share": 0.5,
        "broadband": False,
        "clinic_m2": 60,
        "doctors": 0,
    }
    case = ledger_case(villages_ledger(**changed), households_ledger())
    assert case.village_units.set_index("kind")["units"].to_dict() == {
        "broadband": 1,
        "clinic": 1,
        "doctor": 1,
        "road": 3,
        "signal": 4,
        "tap": 25,
    }


def test_a_village_needs_the_houses_of_all_its_registered_households():
    status = ["poor"] * 8 + ["exited", "never"]
    homes = households_ledger(status=status, house_grade=["D"] * 2 + ["B"] * 6 + ["C", "C"])
    case = ledger_case(villages_ledger(safe_housing_share=0.7), homes)
    assert case.village_units.to_numpy().tolist() == [["a", "house", 3]]


def test_large_shortfalls_of_income_need_assistance():
    homes = households_ledger(income_per_person_yuan=[2200.0] + [1000.0] * 9)
    case = ledger_case(villages_ledger(), homes)
    found = case.group_units.set_index("kind")["units"].to_dict()
    assert found == {"income": 1, "assistance": 4}


@pytest.mark.parametrize("column", ["tap_water_share", "clinic_m2", "venue"])
def test_a_village_with_an_unknown_test_is_not_released(column):
    case = ledger_case(villages_ledger(**{column: [None]}), households_ledger())
    assert case.villages.empty
    assert planning.solve(case.aiming(villages=0, persons=0)).villages == ()


def test_a_household_with_an_unknown_test_does_not_exit():
    homes = households_ledger(house_grade=[None] + ["B"] * 9)
    case = ledger_case(villages_ledger(), homes)
    assert case.groups["households"].sum() == 9


def test_a_test_without_a_work_keeps_a_village_in():
    works = WORKS[WORKS["kind"] != "road"]
    size = planning.resources(CREWS, 1e8, 1.0, start="2018-03-28", deadline="2018-12-31")
    ledger = villages_ledger(hardened_road_share=0.5)
    case = planning.ledger_case(ledger, households_ledger(), PACK, MEASURES, works, **size)
    assert case.villages.empty


def test_households_without_support_are_reached_whoever_exits():
    case = ledger_case(villages_ledger(), households_ledger(measures=[0, 0] + [1] * 8))
    assert case.targets["support"] == 2


def test_the_targets_are_those_of_the_county():
    many = pd.concat([villages_ledger(village=[f"v{n}"]) for n in range(10)], ignore_index=True)
    many.loc[:1, "exited_year"] = 2016
    homes = households_ledger(village=[f"v{n}" for n in range(10)], size=50)
    case = ledger_case(many, homes)
    # 90 % of ten less the two out; 500 poor of 10,000, of whom 299 may stay.
    assert case.targets == {"villages": 7, "persons": 201.0}


def margins_case(**options):
    size = planning.resources(CREWS, 3e8, 1.0, start="2018-03-28", deadline="2018-12-31")
    margins = tables.margins("wenshan")
    return planning.margins_case(margins, PACK, WORKS, **size | options)


def test_the_printed_figures_alone_ask_for_sixty_villages():
    case = margins_case()
    assert case.targets["villages"] == 60
    homes = case.groups["households"] * case.groups["persons"]
    assert homes.sum() == pytest.approx(16382)
    units = case.village_units.groupby("kind")["units"].sum()
    assert units.to_dict() == {"house": 1692, "school": 110, "tap": 1621}


def test_forty_one_villages_are_not_enough_and_sixty_are():
    case = margins_case(unevenness=0.9, income=False)
    costs = planning.frontier(case, [41, 60])
    found = planning.margins_range(costs, costs, tables.margins("wenshan"))
    assert found["villages_out"].tolist() == [71, 90]
    assert found["enough"].tolist() == [False, True]
    assert found["cost_low_yuan"].is_monotonic_increasing


def test_uneven_villages_make_the_first_ones_cheaper():
    alike = planning.frontier(margins_case(income=False), [41])["cost_yuan"].iloc[0]
    uneven = planning.frontier(margins_case(income=False, unevenness=0.9), [41])
    assert uneven["cost_yuan"].iloc[0] < alike


def test_a_place_that_prints_too_little_is_told_what_is_missing():
    size = planning.resources(CREWS, 3e8, 1.0, start="2018-03-28", deadline="2018-12-31")
    few_margins = tables.margins("wenshan").drop("incidence")
    with pytest.raises(KeyError, match="incidence"):
        planning.margins_case(few_margins, PACK, WORKS, **size)


@pytest.mark.parametrize(("persons", "homes", "left"), [(0, 0, 0), (0, 0, 5), (3, 1, 2)])
def test_a_rate_printed_as_zero_asks_nobody_to_exit(persons, homes, left):
    size = planning.resources(CREWS, 3e8, 1.0, start="2018-03-28", deadline="2018-12-31")
    printed = {"poor_persons": persons, "poor_households": homes, "incidence": 0.0}
    margins = tables.margins("wenshan")
    for name, value in (printed | {"poor_villages_left": left}).items():
        margins.loc[name, "value"] = value
    case = planning.margins_case(margins, PACK, WORKS, **size)
    assert case.targets["persons"] == 0
    assert case.villages["persons_needed"].tolist() == [0] * left
    assert planning.solve(case.aiming(villages=left)).villages == tuple(case.villages["village"])


def test_rainy_months_have_the_crews_of_the_rain():
    months = planning.months_to("2018-03-28", "2018-12-31", grace=0)
    road = planning.crews_by_month(CREWS, months)["road"]
    assert road.loc["2018-07"] < road.loc["2018-05"] == road.loc["2018-11"]


@pytest.mark.parametrize(
    ("start", "left", "months"),
    [
        ("2018-11-30", "months", 1),
        ("2018-12-01", "no_month", 0),
        ("2018-12-30", "no_month", 0),
        ("2018-12-31", "passed", 0),
        ("2019-03-31", "passed", 0),
    ],
)
def test_a_deadline_gone_by_leaves_no_month_and_asks_for_some_from_now_on(start, left, months):
    at_hand = planning.resources(CREWS, 9.0, 0.5, start=start, deadline="2018-12-31")
    assert planning.time_left(start, "2018-12-31") == left
    assert at_hand["deadline"] == months
    assert len(at_hand["crews"]) == len(at_hand["funds"]) == months + 12
    assert at_hand["crews"].index[0] == pd.Period(start, "M") + 1
    # Nothing more comes in after the deadline.
    assert at_hand["funds"].iloc[-12:].eq(9.0).all()


def test_a_case_without_a_month_left_is_short_of_nothing_but_time():
    case = planning.two_villages()._replace(deadline=0)
    verdict, plan = planning.nearest_plan(case)
    assert (verdict, plan.villages, plan.cost_yuan) == ("impossible", (), 0.0)
    against = planning.contradictions(case)
    assert against == [["villages", "deadline"]]
    give = planning.ways_out(case, against).set_index("limit")
    assert give.loc["deadline", ["now", "needed"]].tolist() == [0, 2]
    money = planning.ways_out(case, [["villages", "budget"]]).set_index("limit")
    assert money.loc["budget", "now"] == case.funds.iloc[0]


def test_every_work_solves_an_indicator_that_its_column_measures():
    measured = MEASURES.set_index(["level", "indicator", "column"]).index
    keys = WORKS[["level", "indicator", "column"]]
    assert all(tuple(row) in measured for row in keys.itertuples(index=False))
    assert set(WORKS["trade"].dropna()) == set(CREWS["trade"])


def test_low_and_high_prices_hold_the_price():
    assert (WORKS["cost_low_yuan"] <= WORKS["cost_yuan"]).all()
    assert (WORKS["cost_yuan"] <= WORKS["cost_high_yuan"]).all()


def test_binding_counts_agree_with_the_verdicts():
    villages = pd.DataFrame(
        {"village": list("abc"), "tap_water_share": [0.5, 1, None], "hardened_road_share": 0.8}
    )
    standard = PACK[PACK["indicator"].isin(["water", "road"])]
    judged = exits.judge(villages, standard, MEASURES, "village", ["village"])
    counted = exits.binding_counts(judged, ["village"]).set_index("indicator")
    assert counted["binds"].to_dict() == {"water": 1, "road": 2}
    assert counted["failing"].to_dict() == {"water": 1, "road": 3}
    assert counted.loc["road", "farthest"] == pytest.approx(0.2)


@pytest.mark.slow
def test_a_thousand_villages_keep_every_limit_with_a_stated_gap():
    random = np.random.default_rng(7)
    lists = [random.integers(0, 4, 1000).tolist() for _ in range(3)]
    case = a_case(*lists, must=700, budget=2e6, crews=(900, 1500), stay=2)
    plan = planning.solve(case, gap=0.005)
    assert plan.gap <= 0.005
    keeps_every_limit(case, plan)
    cost = [village_cost(place, *lists, 2) for place in range(1000)]
    assert plan.cost_yuan >= sum(sorted(cost)[:700]) - 1e-6


def test_the_relaxation_chooses_as_well_as_the_whole_where_there_are_many(monkeypatch):
    case = a_case([1, 2, 0, 3, 1, 2], [2, 0, 3, 1, 0, 1], [1, 2, 1, 0, 3, 2], must=4)
    whole = planning.solve(case, gap=0.0)
    monkeypatch.setattr("analysis.planning.programme.MANY", 0)
    rounded = planning.solve(case, gap=0.0)
    assert rounded.cost_yuan == pytest.approx(whole.cost_yuan)
    keeps_every_limit(case, rounded)
