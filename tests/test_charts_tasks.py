"""Charts of tasks: both languages, every row named, marks by shape, nothing lost unreported."""

import itertools
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from analysis import exhibits, marks, tables, tasks, words
from analysis.charts import house
from analysis.charts import tasks as charts
from analysis.synthetic.ledgers import task_reports

DAY = "2018-03-28"
LISTED = tables.read("tasks", place="wenshan")
NAMED = tasks.task_offices(LISTED, tables.read("departments", place="wenshan"))
COUNTS = tasks.deadline_counts(LISTED, NAMED[NAMED["role"] == "lead"])
UNITS = tables.read("task_units")
REPORTS, _ = task_reports("wenshan", ["2018-01", "2018-02"], np.random.default_rng(2))


def projected(reports):
    known = tasks.known_reports(reports, DAY)
    found = tasks.projected(LISTED, UNITS, known, start="2018-01-01", day=DAY)
    adds_up = found["unit"].isin(UNITS.loc[UNITS["adds_up"], "unit"]) & found["target"].gt(1)
    return found[adds_up & found["deadline"].notna()]


def drawn(draw, *data, language, panels=(1, 1), height=5.6):
    with house.house_style():
        figure = Figure(figsize=(6.3, height), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.subplots(*panels), *data, say=partial(words.say, language=language))
        figure.canvas.draw()
        exhibits._check_glyphs(figure)
    return figure


def overlap(labels):
    boxes = [label.get_window_extent() for label in labels if label.get_text()]
    ordered = sorted(boxes, key=lambda box: box.x0)
    return [a for a, b in itertools.pairwise(ordered) if a.x1 > b.x0]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_timeline_counts_every_task_once_and_its_days_do_not_overlap(language):
    axes = drawn(charts.deadlines, COUNTS, DAY, language=language, height=4.4).axes[0]
    assert sum(int(text.get_text()) for text in axes.texts) == 54
    assert len(axes.get_yticklabels()) == COUNTS["department_zh"].nunique()
    assert not overlap(axes.get_xticklabels())


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("day", ["2018-04-30", "2018-08-31", "2018-12-31", "2019-03-31"])
def test_days_that_are_over_stay_on_the_timeline_left_of_its_line(day, language):
    axes = drawn(charts.deadlines, COUNTS, day, language=language, height=4.4).axes[0]
    left, right = axes.get_xlim()
    circles = [line for line in axes.lines if line.get_marker() == "o"]
    at = [line.get_xdata()[0] for line in circles]
    assert left < min(at) and max(at) < right
    fallen = COUNTS["deadline"].le(day).sum()
    assert sum(place <= date2num(pd.Timestamp(day)) for place in at) == fallen > 0
    assert not overlap(axes.get_xticklabels())


def test_tasks_without_a_day_have_a_shape_of_their_own():
    axes = drawn(charts.deadlines, COUNTS, DAY, language="en", height=4.4).axes[0]
    circles = [line for line in axes.lines if line.get_marker() == "o"]
    hollow = [line for line in circles if line.get_markerfacecolor() == "white"]
    assert len(hollow) == COUNTS["deadline"].isna().sum()


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("kept", [len(REPORTS), 9, 0])
def test_progress_names_each_task_and_says_what_is_not_reported(language, kept):
    rows = projected(REPORTS.head(kept))
    done, finish = drawn(charts.progress, rows, language=language, panels=(1, 2)).axes
    assert len(done.get_yticklabels()) == len(rows) == 19
    told = [text.get_text() for text in done.texts]
    assert told.count(words.say("tasks.label.none", language)) == rows["done"].isna().sum()
    assert len(finish.texts) == rows["chance_late"].notna().sum()
    assert not overlap(finish.get_xticklabels())


def test_progress_draws_what_it_was_given():
    rows = projected(REPORTS).reset_index(drop=True)
    done, finish = drawn(charts.progress, rows, language="en", panels=(1, 2)).axes
    widths = [bar.get_width() for bar in done.patches]
    assert widths == pytest.approx(rows["done_share"].fillna(0).tolist())
    shapes = {line.get_marker() for line in finish.lines if line.get_linestyle() == "None"}
    assert shapes == {"D", "|"}


def test_an_interval_without_an_end_runs_to_the_edge():
    rows = projected(REPORTS).head(3).assign(finish=None, finish_high=None)
    finish = drawn(charts.progress, rows, language="en", panels=(1, 2)).axes[1]
    lines = [line for line in finish.lines if line.get_linestyle() == "-" and
             len(line.get_xdata()) == 2]  # fmt: skip
    assert sum(line.get_linewidth() > 2 for line in lines) == 3


def test_synthetic_months_are_refused_under_another_name():
    known = tasks.known_reports(marks.marked(REPORTS), DAY)
    found = tasks.projected(LISTED, UNITS, known, start="2018-01-01", day=DAY)
    quality = tasks.flag_counts(tasks.flags(known, LISTED, 10), known)
    for made in (known, found, tasks.late_by_office(found, tasks.leads(NAMED)), quality):
        assert marks.is_synthetic(made)
    said = {"share": 0.8, "whose": "whose_own"}
    shown = found[["task_zh", "task_en", "finish"]]
    with pytest.raises(ValueError, match="shows synthetic rows as projected"):
        exhibits.table("tasks.late", shown, status="projected", **said)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_chapter_speaks_without_reports_and_without_pairs(language):
    found = tasks.projected(
        LISTED, UNITS, tasks.known_reports(tasks.reports_of({}), DAY), start="2018-01-01", day=DAY
    )
    total = tasks.summary(found)
    late = tasks.late_by_office(found, tasks.leads(NAMED))
    assert total["judged"] == 0 and late["late_expected"].isna().all()
    said = words.say("tasks.late_finding.untold", language, whose="whose_own", **total)
    unpaired = words.say("tasks.pairing.untold", language, whose="whose_own", households=3)
    assert words.say("term.whose_own", language).casefold() in said.casefold()
    assert "3" in unpaired


def test_every_value_the_chapter_may_show_has_words():
    flags = ["all_reports", "all_departments", "no_lead", "no_deadline", "no_number"]
    verdicts = [f"task_{verdict}" for verdict in tasks.VERDICTS]
    odd = ["falls", "repeats", "gap", "above_target", "after_deadline", "late", "early"]
    odd += ["corrected", "unknown_task", "no_number"]
    for name in [*flags, *verdicts, *(f"flag_{flag}" for flag in odd)]:
        assert words.has(f"term.{name}"), name
    assert {f"term.flag_{flag}" for flag in odd} == set(words.keys("term.flag_"))


def test_a_share_that_is_not_published_is_not_taken_for_a_report_that_is_lacking():
    rows = projected(REPORTS).head(2).assign(done_share=np.nan, withheld=["done_share", ""])
    figure = drawn(charts.progress, rows, language="en", panels=(1, 2))
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["(not published)", "no report"]
