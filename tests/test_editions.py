"""Monthly editions of the chapters with a deadline: before it, on its day, and after it."""

import pytest
from projects import run_cells

from analysis import exhibits, words

pytestmark = pytest.mark.slow


@pytest.fixture
def said(monkeypatch):
    """What is shown in both languages, by key."""
    shown = {}
    for verb in ("finding", "table", "figure"):
        monkeypatch.setattr(exhibits, verb, _noted(getattr(exhibits, verb), shown))
    return shown


def _noted(show, shown):
    def noting(*given, **values):
        exhibit = show(*given, **values)
        shown[exhibit.content["key"]] = exhibit.content
        return exhibit

    return noting


def _holds(content, english, chinese):
    return english in content["text"]["en"] and chinese in content["text"]["zh"]


@pytest.mark.parametrize("until", ["2018-08-31", "2019-01-31"])
def test_chart_table_and_offices_agree_on_what_is_overdue(root, said, until):
    names = run_cells(root / "notebooks" / "06_task_progress.ipynb", until=until)
    total, counted, late = names["total"], names["counted"], names["late"]
    assert len(counted) == total["judged"] == 19
    assert total["overdue"] == {"2018-08-31": 5, "2019-01-31": 19}[until]
    for language in words.LANGUAGES:
        called = [row[-1] for row in said["tasks.forecast"]["rows"][language]]
        assert called.count(words.say("term.task_overdue", language)) == total["overdue"]
        assert f"{total['overdue']}" in said["tasks.progress.overdue"]["headline"][language]
        assert f"{total['overdue']}" in said["tasks.late_finding.overdue"]["text"][language]
    assert late["late_expected"].sum() == pytest.approx(total["late_expected"])
    overdue = counted[counted["verdict"] == "overdue"].merge(names["leading"], on="task")
    least = overdue.groupby("department_zh").size()
    assert (late.set_index("department_zh")["late_low"].loc[least.index] >= least).all()


def test_tasks_whose_deadlines_are_all_over_are_told_so(root, said):
    run_cells(root / "notebooks" / "06_task_progress.ipynb", until="2019-01-31")
    assert _holds(said["tasks.paced.passed"], "its deadline has passed", "时限已过")
    assert _holds(
        said["tasks.answer.unreported.passed.over"], "the deadline has passed", "时限已全部过去"
    )
    assert _holds(said["tasks.pace.none"], "has a day left", "没有剩余天数")
    assert "All 45" in said["tasks.timeline.over"]["headline"]["en"]


PLACES = {"wenshan": {"place": "wenshan"}, "demo_county": {"place": "demo_county", "area": "SYND"}}


@pytest.mark.parametrize(("place", "kind"), [("wenshan", "needed"), ("demo_county", "counted")])
@pytest.mark.parametrize("until", ["2018-11-30", "2018-12-31", "2019-01-31"])
def test_the_chapter_of_incidence_says_that_the_year_is_over(root, said, place, kind, until):
    path = root / "notebooks" / "02_poverty_incidence.ipynb"
    names = run_cells(path, before="incidence-exit-years", until=until, draws=200, **PLACES[place])
    needed, answer = f"incidence.{kind}.passed", names["expected"]["verdict"]
    over = until >= "2018-12-31"
    assert (needed in said) == (f"incidence.answer.passed.{answer}" in said) == over
    assert (f"incidence.answer.{answer}" in said) != over
    for key in (needed, f"incidence.answer.passed.{answer}") if over else ():
        assert _holds(said[key], "31 December 2018, has passed", "2018年12月31日的期限已过")
