"""Completion of tasks: closed forms, odd reports, and intervals that hold as often as they say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, gamma

from analysis import tables, tasks
from analysis.synthetic.ledgers import task_reports
from analysis.tasks import finish, paces
from tests import references_tasks

UNITS = tables.read("task_units")
START, DAY = "2018-01-01", "2018-04-12"
MONTHS = [f"2018-{month:02d}" for month in range(1, 13)]


def listed(*rows):
    columns = ["task", "target", "unit", "deadline"]
    return pd.DataFrame(rows, columns=columns).astype({"target": float})


def reported(task, *done, first=1, late=2):
    """Months from the first on; None is a month left out."""
    ends = pd.date_range("2018-01-01", periods=first + len(done), freq="ME")[first - 1 :]
    rows = [
        (task, f"{end:%Y-%m}", float(value), f"{end + pd.Timedelta(days=late):%Y-%m-%d}")
        for end, value in zip(ends, done, strict=False)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["task", "month", "done", "reported_on"])


def projected(plan, *reports, day=DAY, **other):
    known = tasks.known_reports(pd.concat(reports), day)
    return tasks.projected(plan, UNITS, known, start=START, day=day, **other).set_index("task")


def width(row):
    return pd.Timestamp(row["finish_high"]) - pd.Timestamp(row["finish_low"])


STEADY = listed(*[(f"T{n}", 1200, "household", "2018-12-31") for n in range(12)])
EVEN = [reported(f"T{n}", 100, 200, 300) for n in range(12)]
TASK = listed(("T1", 120, "household", "2018-12-31"))


def test_known_pace_and_shape_give_the_gamma_process_itself():
    known = tasks.known_reports(reported("T1", 30, 60), DAY)
    history = tasks.histories(known, TASK, START)
    row = next(history.itertuples())
    chance = np.zeros((len(paces.LOG_PACES), len(paces.SHAPES)))
    pace, shape = 80, 3
    chance[pace, shape] = 1.0
    k = paces.SHAPES[shape]
    monthly = np.exp(paces.LOG_PACES[pace]) * row.target / row.allowed
    left = tasks.remaining(history)[0]
    tails = (0.5, 0.1, 0.9)
    months, late = finish._ahead(finish._cases(chance, row, left), tails, 4.0)
    done_by = gamma.sf(left, k * months, scale=monthly / k)
    assert done_by == pytest.approx(tails, abs=0.005)
    assert late == pytest.approx(gamma.cdf(left, k * 4.0, scale=monthly / k), abs=1e-6)


def test_steady_work_ends_when_the_pace_says_and_many_tasks_alike_are_sure():
    found = projected(STEADY, *EVEN)
    assert found["finish"].between("2018-12-10", "2019-01-20").all()
    assert found["chance_late"].between(0.2, 0.8).all()
    assert max(width(row) for _, row in found.iterrows()) < pd.Timedelta(days=150)


def test_one_task_alone_is_less_sure_than_among_others_like_it():
    alone = projected(STEADY.head(1), EVEN[0]).iloc[0]
    among = projected(STEADY, *EVEN).iloc[0]
    widths = [
        pd.Timestamp(r["finish_high"]) - pd.Timestamp(r["finish_low"]) for r in (alone, among)
    ]
    assert widths[0] > 1.3 * widths[1]


def test_more_months_make_surer():
    few = projected(TASK, reported("T1", 10, 20))
    many = projected(TASK, reported("T1", *range(10, 110, 10)), day="2018-11-15")
    assert width(many.iloc[0]) < width(few.iloc[0]) / 3


@settings(max_examples=8, deadline=None)
@given(
    scale=st.sampled_from([10, 100, 1000]), done=st.lists(st.integers(1, 9), min_size=3, max_size=3)
)
def test_the_unit_of_the_work_does_not_matter(scale, done):
    path = np.cumsum(done) * 20
    small = projected(listed(("T1", 1000, "km", "2018-12-31")), reported("T1", *path))
    large = projected(
        listed(("T1", 1000 * scale, "km", "2018-12-31")), reported("T1", *(path * scale))
    )
    assert large["chance_late"].item() == pytest.approx(small["chance_late"].item(), abs=0.03)


def test_a_later_deadline_is_never_less_likely_kept():
    work = reported("T1", 10, 20, 31)
    days = ("2018-09-30", "2018-12-31", "2019-06-30")
    plans = [listed(("T1", 120, "household", day)) for day in days]
    chances = [projected(plan, work)["chance_late"].item() for plan in plans]
    assert chances == sorted(chances, reverse=True)


def test_the_wider_interval_holds_the_narrower():
    narrow, wide = (projected(STEADY, *EVEN, share=share).iloc[0] for share in (0.5, 0.9))
    assert wide["finish_low"] <= narrow["finish_low"] <= narrow["finish_high"]
    assert narrow["finish_high"] <= wide["finish_high"]


ODD = {
    "falls": (TASK, [30, 60, 50], "2018-12-31"),
    "falls_to_nothing": (TASK, [30, 60, 0], None),
    "repeats": (TASK, [30, 30, 30], None),
    "nothing_done": (TASK, [0, 0, 0], None),
    "a_month_missing": (TASK, [30, None, 90], None),
    "first_months_missing": (TASK, [None, None, 60], None),
    "one_report": (TASK, [30], None),
    "few_asked_for": (listed(("T1", 2, "village", "2018-12-31")), [0, 0, 1], None),
    "one_asked_for": (listed(("T1", 1, "village", "2018-12-31")), [0, 0, 0], None),
    "parts": (listed(("T1", 50, "km", "2018-12-31")), [0.25, 3.5, 7.75], None),
    "a_fortune": (listed(("T1", 1.5e8, "yuan", "2018-12-31")), [1e7, 2e7, 33333333], None),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_reports_give_a_day_or_none_and_a_chance(case):
    plan, done, _ = ODD[case]
    found = projected(plan, reported("T1", *done)).loc["T1"]
    assert 0 <= found["chance_late"] <= 1
    assert found["finish_low"] > "2018-01-01"
    ends = found[["finish_low", "finish", "finish_high"]].dropna().tolist()
    assert ends == sorted(ends)


def test_a_fall_is_believed_and_not_the_figure_before_it():
    fallen = projected(TASK, reported("T1", 30, 60, 50)).loc["T1"]
    never = projected(TASK, reported("T1", 30, None, 50)).loc["T1"]
    assert fallen["chance_late"] == never["chance_late"]
    assert fallen["done"] == 50


def test_standing_still_is_later_than_going_on():
    still = projected(TASK, reported("T1", 30, 30, 30)).loc["T1", "chance_late"]
    going = projected(TASK, reported("T1", 10, 20, 30)).loc["T1", "chance_late"]
    nothing = projected(TASK, reported("T1", 0, 0, 0)).loc["T1", "chance_late"]
    assert nothing > max(still, going)


@pytest.mark.parametrize("last", [120, 150])
def test_done_is_done_also_above_the_target(last):
    found = projected(TASK, reported("T1", 60, last)).loc["T1"]
    assert (found["verdict"], found["chance_late"]) == ("done", 0.0)
    assert "2018-02-01" <= found["finish_low"] < found["finish_high"] <= "2018-02-28"


@pytest.mark.parametrize(
    ("deadline", "verdict", "chance"),
    [("2018-02-28", "done", 0.0), ("2018-01-31", "done_late", 1.0), ("2018-02-14", None, None)],
)
def test_done_in_the_month_of_the_deadline_is_late_by_as_much_of_it(deadline, verdict, chance):
    found = projected(listed(("T1", 9, "village", deadline)), reported("T1", 4, 9)).loc["T1"]
    if verdict:
        assert (found["verdict"], found["chance_late"]) == (verdict, chance)
    else:
        assert found["chance_late"] == pytest.approx(0.5)


def test_not_done_after_the_deadline_is_overdue():
    plan = listed(("T1", 120, "household", "2018-02-28"))
    found = projected(plan, reported("T1", 30, 60, 90)).loc["T1"]
    assert (found["verdict"], found["chance_late"]) == ("overdue", 1.0)
    assert found["finish_low"] > "2018-03-31"


@pytest.mark.parametrize("day", ["2018-07-01", "2018-12-31"])
def test_what_no_report_says_was_done_in_time_is_late_for_certain(day):
    # Three months of four were done in two: but for the deadline gone by, on time for sure.
    plan = listed(("T1", 120, "household", "2018-06-30"))
    before = projected(plan, reported("T1", 45, 90), day="2018-06-30")
    after = projected(plan, reported("T1", 45, 90), day=day)
    assert before.loc["T1", "verdict"] == "likely_on_time"
    assert before.loc["T1", "finish_high"] < "2018-06-30"
    assert after.loc["T1", ["verdict", "chance_late"]].tolist() == ["overdue", 1.0]
    assert after.loc["T1", finish.FINISH].isna().all()
    assert not after.loc["T1", "beyond"]


def test_overdue_tasks_count_whole_among_the_late_to_expect():
    plan = listed(*[(f"T{n}", 1200, "household", f"2018-{n:02d}-28") for n in range(3, 13)])
    paces = [reported(f"T{n}", 150, 300) for n in range(3, 13)]
    offices = pd.DataFrame({"task": plan["task"], "department_zh": "甲", "department_en": "a"})
    seen = []
    for month in range(3, 13):
        found = projected(plan, *paces, day=f"2018-{month:02d}-29").reset_index()
        total, late = tasks.summary(found), tasks.late_by_office(found, offices).iloc[0]
        assert total["overdue"] == month - 2 <= total["late_low"] <= total["late_expected"]
        assert total["verdict"] == "overdue"
        assert late["late_expected"] == total["late_expected"]
        assert late["likely_late"] == total["late"] >= total["overdue"]
        seen.append(total["late_expected"])
    assert seen[-1] == 10 and np.all(np.diff(seen) >= 0)


CANNOT = {
    "no_number": (listed(("T1", None, "person", "2018-12-31")), [1, 2, 3]),
    "zero": (listed(("T1", 0, "person", "2018-12-31")), [1, 2, 3]),
    "level": (listed(("T1", 0.9, "share", "2018-12-31")), [0.1, 0.2, 0.3]),
    "no_deadline": (listed(("T1", 90, "person", None)), [10, 20, 30]),
    "no_reports": (listed(("T1", 90, "person", "2018-12-31")), []),
    "too_wide": (listed(("T1", 120, "household", "2018-12-31")), [10, 20, 30]),
}


@pytest.mark.parametrize("reason", CANNOT)
def test_what_cannot_be_told_says_why(reason):
    plan, done = CANNOT[reason]
    found = projected(plan, reported("T1", *done)).loc["T1"]
    assert found["verdict"] == "cannot_tell"
    assert found["reason"] == {"zero": "no_number"}.get(reason, reason)
    assert pd.isna(found["chance_late"]) == (reason != "too_wide")
    assert pd.isna(found["finish"]) == (reason not in {"too_wide", "no_deadline"})


def test_reports_on_tasks_that_are_not_listed_change_nothing():
    with_them = projected(TASK, reported("T1", 10, 20, 30), reported("T9", 1, 2, 3))
    pd.testing.assert_frame_equal(with_them, projected(TASK, reported("T1", 10, 20, 30)))


def test_work_that_stands_still_ends_beyond_the_horizon():
    plan = listed(("T1", 100000, "person", "2018-12-31"))
    found = projected(plan, reported("T1", 1, 1, 1), horizon_years=5.0).loc["T1"]
    assert found["beyond"] and pd.isna(found["finish_high"])
    assert found["verdict"] == "likely_late"


def test_nothing_reported_at_all_is_told_and_does_not_fail():
    found = projected(STEADY, reported("T0"))
    assert set(found["reason"]) == {"no_reports"}
    total = tasks.summary(found)
    assert (total["judged"], total["no_reports"]) == (0, 12)
    with pytest.raises(ValueError, match="nothing can be learned"):
        tasks.learned_paces(tasks.histories(tasks.known_reports(reported("T0"), DAY), TASK, START))


def test_late_tasks_by_office_are_exact_and_say_what_can_be_told_apart():
    rows = [(f"T{n}", chance) for n, chance in enumerate([0.5] * 10 + [1.0] * 9 + [None])]
    found = pd.DataFrame(rows, columns=["task", "chance_late"]).assign(verdict="cannot_tell")
    offices = pd.DataFrame({"task": found["task"], "department_zh": ["甲"] * 10 + ["乙"] * 10})
    offices["department_en"] = offices["department_zh"].map({"甲": "a", "乙": "b"})
    late = tasks.late_by_office(found, offices, 0.8).set_index("department_en")
    assert late.loc["a", ["late_low", "late_high"]].tolist() == [
        binom.ppf(0.1, 10, 0.5),
        binom.ppf(0.9, 10, 0.5),
    ]
    assert late.loc["b", ["judged", "late_expected", "late_low", "not_judged"]].tolist() == [
        9, 9.0, 9, 1
    ]  # fmt: skip
    assert late["apart"].tolist() == [True, True]
    assert not tasks.late_by_office(found.head(15), offices, 0.8)["apart"].any()


def test_the_truth_of_a_synthetic_city_agrees_with_its_reports():
    reports, truth = task_reports("wenshan", MONTHS, np.random.default_rng(5))
    full = reports.merge(truth[["task", "target", "completed_on"]], on="task")
    full = full[full["done"] >= full["target"]].groupby("task").first()
    month = full["completed_on"].str[:7].fillna("9999")
    assert (month <= full["month"]).all()
    assert len(full) > 5


@pytest.mark.slow
def test_intervals_hold_the_true_day_on_synthetic_cities_as_often_as_they_say():
    held, ahead, size = references_tasks.coverage(
        range(20), ("2018-03-28", "2018-07-12"), references_tasks.city
    )
    assert size > 600
    assert 0.74 < held[0.8] < 0.88
    assert 0.84 < held[0.9] < 0.96
    late = ahead["completed_on"] > ahead["deadline"]
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        among = ahead["chance_late"].between(low, high)
        assert late[among].mean() == pytest.approx(ahead.loc[among, "chance_late"].mean(), abs=0.1)
