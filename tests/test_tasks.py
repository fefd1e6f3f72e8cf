"""Tasks: whose they are, the pace they need, what was reported, and who is paired with whom."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import synthetic, tables, tasks, words

LISTED = tables.read("tasks", place="wenshan")
ALIASES = tables.read("departments", place="wenshan")
UNITS = tables.read("task_units")
NAMED = tasks.task_offices(LISTED, ALIASES)
DAY = "2018-03-28"


def one_task(**other):
    row = {"task": "T1", "target": 100.0, "unit": "household", "deadline": "2018-12-31"}
    return pd.DataFrame([row | other]).astype({"target": float})


def reports(*rows):
    columns = ["task", "month", "done", "reported_on"]
    return pd.DataFrame(rows, columns=columns).astype({"done": float})


# Whose are the tasks?


def test_every_task_of_the_speech_has_an_office_and_every_name_is_known():
    assert NAMED["matched"].all()
    assert set(NAMED["task"]) == set(LISTED["task"])
    assert len(LISTED) == 54


def test_the_poverty_office_under_four_names_is_one():
    own = tasks.department_table(LISTED, NAMED).set_index("department_zh").loc["市扶贫局"]
    assert own["names"] == 4
    printed = LISTED["co_departments"].fillna("")
    helped = printed.str.contains("扶贫局|扶贫办|扶贫开发局").sum()
    assert own["helped"] == helped == 10


def test_an_unknown_name_is_reported_and_not_dropped():
    listed = LISTED.assign(lead_department=LISTED["lead_department"].replace("市水务局", "水利站"))
    named = tasks.task_offices(listed, ALIASES)
    assert set(named.loc[~named["matched"], "department_zh"]) == {"水利站"}
    assert tasks.office_summary(listed, named)["unmatched"] == 1
    assert "水利站" in tasks.department_table(listed, named)["department_zh"].tolist()


def test_an_office_that_leads_and_helps_under_another_name_counts_once():
    listed = one_task(lead_department="市扶贫办", co_departments="扶贫局；市教育局;")
    named = tasks.task_offices(listed, ALIASES)
    assert dict(zip(named["department_zh"], named["role"], strict=True)) == {
        "市扶贫局": "lead",
        "市教育局": "helps",
    }


def test_a_name_for_two_offices_is_refused():
    twice = pd.concat([ALIASES, ALIASES.head(1)])
    with pytest.raises(ValueError, match="市委、市政府 stands for two offices"):
        tasks.task_offices(LISTED, twice)


def test_led_tasks_add_up_to_all_tasks():
    table = tasks.department_table(LISTED, NAMED)
    assert table["led"].sum() == 54
    assert table["with_deadline"].sum() == LISTED["deadline"].notna().sum()


def test_a_task_of_everybody_has_no_office_of_its_own():
    lacking = tasks.open_points(LISTED, NAMED).set_index("task")
    assert lacking.index[lacking["no_lead"]].tolist() == ["T53"]
    nobody = one_task(lead_department=None, co_departments="教育局", task_zh="甲", task_en="a")
    assert tasks.open_points(nobody, tasks.task_offices(nobody, ALIASES))["no_lead"].all()


def test_open_points_are_those_of_the_list():
    listed = tasks.points_listed(tasks.open_points(LISTED, NAMED)).set_index("open_point")["tasks"]
    assert listed["no_deadline"] == LISTED["deadline"].isna().sum() == 9
    assert listed["no_number"] == LISTED["target"].isna().sum() == 18


# The pace needed


def test_housing_needs_7_8_dwellings_a_day():
    needed = tasks.pace_needed(LISTED, UNITS, DAY).set_index("task").loc["T22"]
    assert needed["days_left"] == 217
    assert needed["per_day"] == pytest.approx(1692 / 217)
    assert round(needed["per_day"], 1) == 7.8


@given(
    target=st.floats(1, 1e6),
    part=st.floats(0, 0.99),
    days=st.integers(1, 2000),
)
def test_the_pace_kept_up_ends_on_the_last_day(target, part, days):
    deadline = f"{pd.Timestamp(DAY) + pd.Timedelta(days=days):%Y-%m-%d}"
    listed = one_task(target=target, done=part * target, deadline=deadline)
    needed = tasks.pace_needed(listed, UNITS, DAY).iloc[0]
    assert part * target + needed["per_day"] * days == pytest.approx(target)
    assert needed["per_month"] / needed["per_day"] == pytest.approx(365.25 / 12)


@pytest.mark.parametrize(
    ("given", "basis"),
    [
        ({}, "needed"),
        ({"target": None}, "no_number"),
        ({"unit": "share"}, "level"),
        ({"unit": "no such unit"}, "level"),
        ({"deadline": None}, "no_deadline"),
        ({"done": 100.0}, "done"),
        ({"done": 130.0}, "done"),
        ({"target": 0.0}, "done"),
        ({"deadline": DAY}, "passed"),
        ({"deadline": "2017-12-31"}, "passed"),
    ],
)
def test_a_pace_is_given_only_where_it_means_something(given, basis):
    needed = tasks.pace_needed(one_task(**given), UNITS, DAY).iloc[0]
    assert needed["pace_basis"] == basis
    assert pd.notna(needed["per_day"]) == (basis == "needed")


def test_a_task_without_a_pace_is_named_with_those_that_have_one():
    needed = tasks.pace_needed(LISTED, UNITS, DAY)
    with pytest.raises(KeyError, match=r"T05.*T02"):
        tasks.told_pace(needed, "T05")


def test_units_of_the_tasks_are_all_known():
    assert set(LISTED["unit"].dropna()) <= set(UNITS["unit"])


def test_deadlines_add_up_and_stand_in_order():
    counts = tasks.deadline_counts(LISTED, NAMED[NAMED["role"] == "lead"])
    assert counts["tasks"].sum() == 54
    first = counts.groupby("department_zh", sort=False)["deadline"].min().fillna("9999")
    assert first.is_monotonic_increasing


@pytest.mark.parametrize(
    ("day", "soon", "stage", "numbers", "offices"),
    [
        (DAY, "2018-04-30", "ahead", (0, 45, 3), ["市教育局", "市发改局"]),
        # Fallen due is not near any more, and where nothing is near the next deadline is.
        ("2018-04-30", "2018-05-31", "due", (3, 42, 1), ["市发改局"]),
        ("2018-08-31", "2018-06-30", "due", (11, 34, 1), ["市住建局"]),
        ("2018-12-30", "2018-06-30", "due", (12, 33, 33), None),
        ("2018-12-31", "2018-06-30", "over", (45, 0, 0), ["—"]),
        ("2019-03-31", "2019-06-30", "over", (45, 0, 0), ["—"]),
    ],
)
def test_deadlines_that_fell_due_are_told_from_those_that_are_near(
    day, soon, stage, numbers, offices
):
    due = tasks.deadline_summary(LISTED, tasks.leads(NAMED), day, soon)
    assert due["stage"] == stage
    assert (due["fallen"], due["left"], due["by_soon"]) == numbers
    assert offices is None or due["offices_zh"] == offices
    assert due["dated"] == due["fallen"] + due["left"] == 45


@pytest.mark.parametrize(("day", "over"), [("2018-10-31", 0), ("2018-11-30", 30)])
def test_a_task_whose_deadline_fell_due_is_told_with_the_days_since(day, over):
    needed = tasks.pace_needed(LISTED, UNITS, day).assign(unit_zh="户", unit_en="household")
    told = tasks.told_pace(needed, "T22")
    assert (told["pace_basis"], told["days_over"]) == ("passed", over)
    for language in words.LANGUAGES:
        assert f"{over}" in words.say("tasks.paced.passed", language, **told)


# What was reported


def test_only_reports_that_had_come_in_count_and_the_last_of_a_month_stands():
    told = reports(
        ("T1", "2018-01", 5, "2018-02-02"),
        ("T1", "2018-01", 6, "2018-02-20"),
        ("T1", "2018-02", 9, "2018-04-01"),
        ("T1", "2018-03", None, None),
    )
    known = tasks.known_reports(told, DAY)
    assert known[["month", "done", "corrected"]].to_numpy().tolist() == [["2018-01", 6.0, True]]
    assert tasks.known_reports(told, "2018-02-10")["done"].tolist() == [5.0]


def test_a_report_without_its_day_counts_from_the_end_of_its_month():
    told = reports(("T1", "2018-02", 9, None))
    assert len(tasks.known_reports(told, "2018-02-28")) == 0
    assert len(tasks.known_reports(told, "2018-03-01")) == 1


@given(st.lists(st.integers(0, 50), max_size=12))
def test_the_settled_path_never_falls_and_keeps_the_last_word(done):
    path = tasks.settled_path(pd.Series(done, dtype=float)).dropna()
    assert path.is_monotonic_increasing
    assert not done or path.iloc[-1] == done[-1]
    assert set(path) <= set(done)


FAULTS = {
    "falls": [("T1", "2018-01", 9, "2018-02-02"), ("T1", "2018-02", 8, "2018-03-02")],
    "repeats": [("T1", "2018-01", 9, "2018-02-02"), ("T1", "2018-02", 9, "2018-03-02")],
    "gap": [("T1", "2018-01", 9, "2018-02-02"), ("T1", "2018-03", 20, "2018-04-02")],
    "above_target": [("T1", "2018-01", 101, "2018-02-02")],
    "after_deadline": [("T1", "2019-01", 9, "2019-02-02")],
    "late": [("T1", "2018-01", 9, "2018-02-12")],
    "early": [("T1", "2018-01", 9, "2018-01-20")],
    "corrected": [("T1", "2018-01", 9, "2018-02-02"), ("T1", "2018-01", 8, "2018-02-03")],
    "unknown_task": [("T9", "2018-01", 9, "2018-02-02")],
}


@pytest.mark.parametrize("flag", FAULTS)
def test_each_oddity_is_flagged_and_nothing_else(flag):
    known = tasks.known_reports(reports(*FAULTS[flag]), "2020-01-01")
    assert tasks.flags(known, one_task(), late_days=10)["flag"].tolist() == [flag]


@pytest.mark.parametrize("target", [None, 0.0])
def test_a_report_on_a_task_without_a_number_is_flagged(target):
    known = tasks.known_reports(reports(("T1", "2018-01", 9, "2018-02-02")), DAY)
    assert tasks.flags(known, one_task(target=target), 10)["flag"].tolist() == ["no_number"]


def test_a_clean_path_has_no_flag_and_done_may_stand_still():
    months = [("T1", f"2018-0{m}", done, f"2018-0{m + 1}-02") for m, done in
              enumerate((40, 80, 100, 100), start=1)]  # fmt: skip
    known = tasks.known_reports(reports(*months), "2018-06-01")
    found = tasks.flags(known, one_task(), 10)
    assert found.empty
    assert tasks.flag_counts(found, known)["reports"].tolist() == [4]


def test_an_office_without_reports_has_none():
    none = tasks.known_reports(tasks.reports_of({}), DAY)
    assert none.empty
    assert tasks.flag_counts(tasks.flags(none, LISTED, 10), none)["reports"].tolist() == [0]


# Pairing

HOUSEHOLDS = pd.DataFrame(
    {
        "household": list("abcde"),
        "year": 2017,
        "township": ["甲镇", "甲镇", "乙镇", "乙镇", "乙镇"],
        "status": ["poor", "returned", "exited", "never", "exited"],
    }
)
PAIRS = pd.DataFrame(
    {
        "household": ["a", "a", "b", "b", "d", "x"],
        "helper": ["1", "2", "1", "1", "3", "1"],
        "department": ["市扶贫办", "市扶贫局", "扶贫局", "扶贫局", "教育局", "扶贫局"],
    }
)
LEDGERS = {"households": HOUSEHOLDS, "helpers": PAIRS}


def test_households_that_must_be_helped_are_counted_by_township_without_their_codes():
    counts = tasks.pairing_counts(tasks.pairing(LEDGERS, 2017), "township").set_index("township")
    assert counts.loc["乙镇", ["households", "nobody", "several"]].tolist() == [2, 2, 0]
    assert counts.loc["甲镇", ["households", "nobody", "several"]].tolist() == [2, 0, 1]
    assert "household" not in counts


def test_who_must_be_helped_is_a_choice():
    assert len(tasks.pairing(LEDGERS, 2017, ("poor", "returned"))) == 2
    assert tasks.pairing(LEDGERS, 2016).empty


def test_loads_count_only_pairs_that_are_due_and_join_names_of_one_office():
    loads = tasks.helper_loads(LEDGERS, tasks.pairing(LEDGERS, 2017), ALIASES, most=1)
    rows = loads.set_index("helping_department")
    assert rows.index.tolist() == ["all_departments", "市扶贫局"]
    assert rows.loc["市扶贫局", ["helping_persons", "pairs", "heaviest", "too_many"]].tolist() == [
        2,
        3,
        2,
        1,
    ]


def test_without_a_table_of_pairs_it_cannot_be_told():
    ledgers = {"households": HOUSEHOLDS}
    paired = tasks.pairing(ledgers, 2017)
    counts = tasks.pairing_counts(paired, "township")
    loads = tasks.helper_loads(ledgers, paired, ALIASES, most=5)
    assert counts["nobody"].isna().all()
    assert tasks.pairing_summary(paired, loads)["nobody"] is None
    assert loads["helping_persons"].tolist() == [0]
    assert pd.isna(tasks.differ_by_chance(counts))
    with pytest.raises(KeyError, match="no table 'households'"):
        tasks.pairing({}, 2017)


def test_townships_that_differ_are_told_from_those_that_do_not():
    alike = pd.DataFrame({"households": [1000, 1000], "nobody": [20, 24]})
    apart = pd.DataFrame({"households": [1000, 1000], "nobody": [20, 60]})
    assert tasks.differ_by_chance(alike) > 0.3
    assert tasks.differ_by_chance(apart) < 0.001


def test_counts_of_a_synthetic_city_add_up():
    city = synthetic.city(scale=0.03, seed=3).tables
    paired = tasks.pairing(city, 2017)
    loads = tasks.helper_loads(city, paired, ALIASES, most=5)
    total = tasks.pairing_summary(paired, loads)
    assert tasks.pairing_counts(paired, "township")["nobody"].sum() == total["nobody"]
    assert loads["helping_persons"].iloc[1:].sum() == total["helping_persons"]
    pairs = city["helpers"].merge(paired, on="household")
    assert loads["pairs"].iloc[0] == len(pairs)
    assert total["households"] - total["nobody"] == pairs["household"].nunique()
