"""Charts of flows: drawn in both languages, ribbons add up to their nodes, every node is named."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import funds, register, words
from analysis.charts import funds as money_charts
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
CELLS = pd.DataFrame(
    {
        "fund_source": ["special", "firms", "special"],
        "level": ["county", "central", "central"],
        "sector": ["industry", "infrastructure", "industry"],
        "approved_yuan": [3e6, 1e6, 2e6],
    }
)
MONTHS = pd.DataFrame(
    {
        "month": ["2017-01", "2017-02", "2017-03"],
        "approved_yuan": [1e6, 2e6, 2e6],
        "disbursed_yuan": [0.0, 1e6, 1.5e6],
        "spent_yuan": [0.0, 2e5, 1e6],
    }
)
RESIDUALS = pd.DataFrame(
    {
        "place": ["county_a", "township_b"],
        "statement": ["exits_in_all", "register_over_time"],
        "residual": [-240.0, 215.0],
        "residual_share": [-0.002, 0.02],
    }
)
LINKS = register.state_links(register.transitions(STATES))
FLOW = funds.links(CELLS, ["fund_source", "level", "sector"])
DRAWN = {
    "residuals": (charts.residuals, RESIDUALS, ("−240", "215")),
    "state_flow": (charts.state_flow, LINKS, ()),
    "fund_flow": (money_charts.fund_flow, FLOW, ()),
    "execution": (money_charts.execution, MONTHS, ()),
    "concentration": (
        money_charts.concentration,
        funds.concentration_curve([3, 1], [1, 2], None),
        (),
    ),
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


@pytest.mark.parametrize("name", ["state_flow", "fund_flow"])
def test_ribbons_fill_their_nodes_and_keep_to_the_left_of_the_next(name):
    axes = _draw(name, "en")
    data, amount = (LINKS, "households") if name == "state_flow" else (FLOW, "approved_yuan")
    assert len(axes.collections) == len(data)
    bars = sum(patch.get_height() for patch in axes.patches if patch.get_x() == 0)
    assert np.isclose(bars, data.loc[data["stage"] == 0, amount].sum())


def test_levels_of_government_stand_from_the_top_down():
    texts = _texts(_draw("fund_flow", "en"))
    levels = [text.split()[0] for text in texts if text.split()[0] in money_charts.LEVELS]
    assert levels == ["central", "county"]
