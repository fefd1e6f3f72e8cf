"""Charts of flows: drawn in both languages, ribbons add up to their nodes, every node is named."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import register, words
from analysis.charts import house
from analysis.charts import register as charts

STATES = pd.DataFrame(
    [
        ("a", 2015, "poor"),
        ("b", 2015, "poor"),
        ("c", 2015, "never"),
        ("a", 2016, "exited"),
        ("b", 2016, "poor"),
        ("c", 2016, "poor"),
        ("a", 2017, "returned"),
        ("b", 2017, "exited"),
    ],
    columns=["household", "year", "status"],
).assign(size=3)
RESIDUALS = pd.DataFrame(
    {
        "place": ["county_a", "township_b"],
        "statement": ["exits_in_all", "register_over_time"],
        "residual": [-240.0, 215.0],
        "residual_share": [-0.002, 0.02],
    }
)
LINKS = register.state_links(register.transitions(STATES))
DRAWN = {
    "residuals": (charts.residuals, RESIDUALS, ("−240", "215")),
    "state_flow": (charts.state_flow, LINKS, ()),
    "state_flow_withheld": (charts.state_flow, LINKS.assign(households=np.nan), ()),
}


def _draw(name, language):
    draw, data, _ = DRAWN[name]
    with house.house_style():
        figure = Figure(figsize=(6.5, 3), layout="constrained")
        axes = figure.subplots()
        draw(axes, data, say=lambda key, **values: words.say(key, language, **values))
        figure.draw_without_rendering()
    return axes


def _texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_chart_is_drawn_in_both_languages(name, language):
    written = " ".join(_texts(_draw(name, language)))
    assert all(part in written for part in DRAWN[name][2])


def test_every_state_of_every_year_is_named_with_its_households():
    texts = _texts(_draw("state_flow", "en"))
    nodes = texts[: -LINKS["stage"].nunique() - 1]
    assert nodes == [
        "poor 2",
        "never registered 1",
        "poor 2",
        "exited 1",
        "returned 1",
        "exited 1",
        "not on the books 1",
    ]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_with_passages_withheld_no_state_is_said_to_be_empty(language):
    said = _texts(_draw("state_flow_withheld", language))
    assert said == [words.say("register.label.withheld", language)]


def test_ribbons_fill_their_nodes_and_keep_to_the_left_of_the_next():
    axes = _draw("state_flow", "en")
    (ribbons,) = axes.collections
    assert len(ribbons.get_paths()) == len(LINKS)
    bars = sum(patch.get_height() for patch in axes.patches if patch.get_x() == 0)
    assert np.isclose(bars, LINKS.loc[LINKS["stage"] == 0, "households"].sum())
