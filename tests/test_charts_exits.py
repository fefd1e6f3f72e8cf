"""Charts of the exit tests: readable in grey, in both languages, nothing computed or lost."""

from functools import partial

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis import exhibits, exits, tables, words
from analysis.charts import exits as charts
from analysis.charts import house

MEASURES = tables.read("measures", place="standards")
PACK = tables.read("standards", pack="yunnan_2017")


@pytest.fixture(scope="module")
def checklist():
    statements = tables.read("statements", place="wenshan")
    county = exits.printed_county(tables.margins("wenshan"), statements, 2017)
    return exits.printed_checklist(PACK, MEASURES, county)


@pytest.fixture(scope="module")
def judged():
    villages = pd.DataFrame(
        {
            "village": list("abcd"),
            "headcount_ratio": [0.02, 0.05, 0.02, None],
            "tap_water_share": [1.0, 1.0, 0.5, 1.0],
        }
    )
    standard = PACK[PACK["indicator"].isin(["incidence", "water"])]
    return exits.judge(villages, standard, MEASURES, "village", ["village"])


@pytest.fixture(scope="module")
def outcomes():
    rules = tables.read("standards", pack="inspection_2017")
    effects = {"simple_sample": 1.0, "villages_alike": 2.0}
    return exits.inspection_outcomes([0, 25, 60], 1575, rules, "wrong_exit_rate", effects)


def drawn(draw, *data, language, panels=(1, 1)):
    with house.house_style():
        figure = Figure(figsize=(6.3, 3), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.subplots(*panels), *data, say=partial(words.say, language=language))
        figure.canvas.draw()
        exhibits._check_glyphs(figure)
    return figure


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_cell_of_the_checklist_says_its_verdict(checklist, language):
    axes = drawn(charts.checklist, checklist, language=language).axes[0]
    told = [words.say(f"term.{verdict}", language) for verdict in checklist["verdict"]]
    assert len(told) == 10
    assert all(text.startswith(word) for text, word in zip(texts(axes), told, strict=True))


def test_a_verdict_has_a_shape_of_its_own(checklist):
    axes = drawn(charts.checklist, checklist, language="en").axes[0]
    marks = zip(checklist["verdict"], axes.lines, strict=False)
    shapes = {(verdict, line.get_marker()) for verdict, line in marks}
    assert len(shapes) == len({shape for _, shape in shapes}) == 3


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_grid_names_each_group_with_its_size(judged, language):
    patterns = exits.failure_patterns(judged, ["village"])
    axes = drawn(charts.readiness, patterns, language=language).axes[0]
    assert len(axes.get_yticklabels()) == 4
    assert sum(len(line.get_xdata()) for line in axes.lines if line.get_label()[0] != "_") == 8


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_bars_are_as_long_as_the_counts_they_name(judged, language):
    released = exits.marginal_release(judged, ["village"])
    axes = drawn(charts.release, released, language=language).axes[0]
    assert sorted(bar.get_width() for bar in axes.patches) == [1, 1, 1, 1]
    assert len(texts(axes)) == len(released)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_proof_has_a_panel_and_a_threshold_for_each_design_effect(outcomes, language):
    figure = drawn(charts.proof, outcomes, language=language, panels=(1, 2))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [words.say(f"term.{name}", language) for name in outcomes["effect"].unique()]
    for axes in figure.axes:
        assert any(line.get_ydata()[0] == 0.02 for line in axes.lines if len(line.get_ydata()))


def test_every_indicator_of_every_pack_has_a_name():
    for name in tables.read("packs", place="standards")["pack"]:
        assert words.has(f"term.{name}")
        for indicator in tables.read("standards", pack=name)["indicator"]:
            assert words.has(f"term.test_{indicator}")
