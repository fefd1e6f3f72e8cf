"""Charts of the plan: every figure in its cell, readable in grey, in both languages."""

from functools import partial

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis import exhibits, marks, words
from analysis.charts import house
from analysis.charts import planning as charts

USE = pd.DataFrame(
    {
        "trade": ["road", "road", "water", "water"],
        "month": ["2018-04", "2018-05"] * 2,
        "share": [1.0, 0.25, 0.0, None],
    }
)
COSTS = pd.DataFrame({"villages_out": [71, 90, 100], "cost_yuan": [7.2e7, 1.4e8, None]})
MARKS = {"must": 90, "budget_yuan": 1.6e8}


def drawn(draw, *data, language):
    with house.house_style():
        figure = Figure(figsize=(6.3, 3), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.subplots(), *data, say=partial(words.say, language=language))
        figure.canvas.draw()
        exhibits._check_glyphs(figure)
    return figure.axes[0]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_cell_is_filled_as_far_as_its_crews_work_and_says_so(language):
    axes = drawn(charts.crew_use, USE, language=language)
    filled = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_fill()]
    heights = [abs(patch.get_height()) / charts.FILLED for patch in filled]
    assert heights == [1.0, 0.25, 0.0, 0.0]
    assert [text.get_text() for text in axes.texts] == ["100%", "25%"]


def test_a_full_cell_is_darker_than_one_that_is_not():
    axes = drawn(charts.crew_use, USE, language="en")
    full, part, *_ = [patch for patch in axes.patches if patch.get_fill()]
    assert sum(full.get_facecolor()[:3]) < sum(part.get_facecolor()[:3])


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_frontier_names_every_number_and_what_is_not_possible(language):
    axes = drawn(charts.frontier, COSTS, MARKS, language=language)
    told = " ".join(text.get_text() for text in axes.texts)
    for out in (71, 90, 100):
        assert str(out) in told
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert [line.get_xdata().tolist() for line in hollow] == [[100]]


@pytest.mark.parametrize("hidden", [{71}, {71, 90}, {100}, {71, 90, 100}])
def test_what_may_not_be_published_is_neither_a_point_nor_impossible(hidden):
    away = COSTS["villages_out"].isin(hidden)
    withheld = away.map({True: "cost_yuan;villages_out", False: ""})
    costs = COSTS.astype(float).mask(away).assign(**{marks.WITHHELD: withheld})
    axes = drawn(charts.frontier, costs, MARKS, language="en")
    [line, hollow] = axes.lines[:2]
    assert set(line.get_xdata()) == {71, 90} - hidden
    assert set(hollow.get_xdata()) == {100} - hidden


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_name_on_the_frontier_runs_out_of_the_axes(language):
    axes = drawn(charts.frontier, COSTS, MARKS, language=language)
    box = axes.get_window_extent()
    for text in axes.texts:
        extent = text.get_window_extent()
        assert extent.x0 >= box.x0 - 1 and extent.x1 <= box.x1 + 1
