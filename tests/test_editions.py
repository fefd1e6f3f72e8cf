"""Monthly editions of the chapters with a deadline: before it, on its day, and after it."""

import pytest
from projects import noted, run_cells

from analysis import words

pytestmark = pytest.mark.slow


@pytest.fixture
def said(monkeypatch):
    return noted(monkeypatch)


def _holds(content, english, chinese):
    return english in content["text"]["en"] and chinese in content["text"]["zh"]


@pytest.mark.parametrize(("until", "overdue"), [("2018-08-31", 5), ("2019-01-31", 19)])
def test_chart_table_and_offices_agree_on_what_is_overdue(root, said, until, overdue):
    names = run_cells(root / "notebooks" / "06_task_progress.ipynb", until=until)
    total, counted, late = names["total"], names["counted"], names["late"]
    assert len(counted) == total["judged"] == 19
    assert total["overdue"] == overdue <= total["late_low"]
    for language in words.LANGUAGES:
        called = [row[-1] for row in said["tasks.forecast"]["rows"][language]]
        assert called.count(words.say("term.task_overdue", language)) == overdue
        assert str(overdue) in said["tasks.progress.overdue"]["headline"][language]
        assert str(overdue) in said["tasks.late_finding.overdue"]["text"][language]
    assert late["late_expected"].sum() == pytest.approx(total["late_expected"])
    of_office = counted[counted["verdict"] == "overdue"].merge(names["leading"], on="task")
    least = of_office.groupby("department_zh").size()
    assert (late.set_index("department_zh")["late_low"].loc[least.index] >= least).all()
    over = until > "2018-12-31"
    assert ("tasks.pace.none" in said) == ("tasks.timeline.over" in said) == over
    if over:
        assert _holds(said["tasks.paced.passed"], "deadline has passed", "时限已过")
        answer = said["tasks.answer.unreported.passed.over"]
        assert _holds(answer, "deadline has passed", "时限已全部过去")


PLACES = {"wenshan": {"place": "wenshan"}, "demo_county": {"place": "demo_county", "area": "SYND"}}


@pytest.mark.parametrize(
    ("place", "kind", "until"),
    [
        ("wenshan", "needed", "2018-11-30"),
        ("demo_county", "counted", "2018-12-31"),
        ("wenshan", "needed", "2019-01-31"),
    ],
)
def test_the_chapter_of_incidence_says_that_the_year_is_over(root, said, place, kind, until):
    path = root / "notebooks" / "02_poverty_incidence.ipynb"
    names = run_cells(path, before="incidence-exit-years", until=until, draws=200, **PLACES[place])
    needed, answer = f"incidence.{kind}.passed", names["expected"]["verdict"]
    over = until >= "2018-12-31"
    assert (needed in said) == (f"incidence.answer.passed.{answer}" in said) == over
    assert (f"incidence.answer.{answer}" in said) != over
    for key in (needed, f"incidence.answer.passed.{answer}") if over else ():
        assert _holds(said[key], "31 December 2018, has passed", "2018年12月31日的期限已过")


NO_TIME = {
    "no_month": ("no whole month", "不足一个整月"),
    "passed": ("31 December 2018, has passed", "2018年12月31日的期限已过"),
}


@pytest.mark.parametrize(
    ("place", "until", "why"),
    [("demo_county", "2018-12-30", "no_month"), ("wenshan", "2019-01-31", "passed")],
)
def test_the_chapter_of_exits_plans_nothing_for_a_deadline_gone_by(root, said, place, until, why):
    path = root / "notebooks" / "05_exit_readiness.ipynb"
    names = run_cells(path, until=until, **PLACES[place])
    for key in (f"planning.answer.{why}", f"planning.plan.{why}"):
        assert _holds(said[key], *NO_TIME[why])
    assert "planning.printed.none" in said
    assert not names["plan"].villages
    give = names["give"].set_index("limit")
    # Where the villages can be planned at all, the months that it would take are told.
    assert ("deadline" in give.index) == (place == "wenshan")
    assert place != "wenshan" or give.loc["deadline", "now"] == 0 < give.loc["deadline", "needed"]
