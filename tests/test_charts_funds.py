"""Charts of the money: drawn in both languages, ribbons as wide as the money, nothing dropped."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import funds, words
from analysis.charts import funds as charts
from analysis.charts import house

PROJECTS = pd.DataFrame(
    {
        "fund_source": ["special", "firms", "special", None],
        "level": ["county", "central", "central", "county"],
        "sector": ["industry", "infrastructure", "industry", "housing"],
        "township": ["甲乡", "甲乡", "乙镇", "丙镇"],
        "approved_yuan": [3e6, 1e6, 2e6, 5e5],
    }
)
MONTHS = pd.DataFrame(
    {
        "month": ["2017-01", "2017-02", "2017-03"],
        "approved_yuan": [1e6, 2e6, 2e6],
        "disbursed_yuan": [0.0, 1e6, 1.5e6],
        "spent_yuan": [0.0, 2e5, 1e6],
        "carry_over_yuan": [0.0, 8e5, 5e5],
    }
)
HEADS = pd.DataFrame(
    {
        "headcount_ratio": [0.5, 0.4, 0.3, 0.2, 0.1],
        "population": 100,
        "yuan_per_head": [90.0, 50.0, 40.0, 10.0, 5.0],
    }
)
FIFTHS = funds.by_incidence(HEADS)
KINDS = funds.kinds(
    pd.DataFrame({"village": list("aab"), "sector": "industry", "kind": ["pigs", "养蜂", "pigs"]})
)
LIVES = funds.survival(
    pd.DataFrame({"started_on": ["2014-01-01"] * 3, "ended_on": ["2015-01-01", None, None]}),
    "2018-01-01",
)
FLOW = funds.flow(PROJECTS, most=2)
NODES = funds.nodes(FLOW)
DRAWN = {
    "fund_flow": (charts.fund_flow, (FLOW, NODES), 1),
    "execution": (charts.execution, (MONTHS,), 2),
    "targeting": (
        charts.targeting,
        (funds.incidence_curve(FIFTHS), FIFTHS),
        2,
    ),
    "industry": (charts.industry, (KINDS, LIVES), 2),
    "industry_running": (charts.industry, (KINDS, LIVES.iloc[:0]), 2),
}


def _draw(name, language="en"):
    draw, data, panels = DRAWN[name]
    with house.house_style():
        figure = Figure(figsize=(6.3, 3), layout="constrained")
        axes = figure.subplots(1, panels)
        draw(axes, *data, say=lambda key, **values: words.say(key, language, **values))
        figure.draw_without_rendering()
    return axes


def _texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_chart_is_drawn_in_both_languages(name, language):
    _draw(name, language)


def test_ribbons_fill_their_nodes_at_every_stage():
    axes = _draw("fund_flow")
    (ribbons,) = axes.collections
    assert len(ribbons.get_paths()) == len(FLOW)
    total = PROJECTS["approved_yuan"].sum()
    for stage in range(4):
        bars = [patch.get_height() for patch in axes.patches if patch.get_x() == stage]
        assert np.isclose(sum(bars), total)


def test_levels_stand_from_the_top_down_and_what_is_not_one_township_stands_last():
    texts = [text.rsplit(" ", 1)[0] for text in _texts(_draw("fund_flow"))]
    assert texts.index("central") < texts.index("county")
    assert texts[-3:] == ["甲乡", "乙镇", "other townships"]
    assert "not named" in texts


def test_carried_over_money_is_drawn_in_ten_thousands():
    _, carried = _draw("execution")
    assert carried.lines[0].get_ydata().tolist() == [0, 80, 50]


def test_a_kind_without_a_translation_keeps_the_words_of_the_office():
    bars, _ = _draw("industry")
    assert [label.get_text() for label in bars.get_yticklabels()] == ["养蜂", "pigs"]


def test_the_share_that_lasts_begins_at_all_and_steps_down_at_an_end():
    _, curve = _draw("industry")
    line = curve.lines[0]
    assert line.get_ydata()[0] == 1
    assert line.get_ydata()[-1] == pytest.approx(2 / 3)
    assert line.get_drawstyle() == "steps-post"


def test_where_nothing_has_ended_words_stand_instead_of_an_empty_curve():
    _, curve = _draw("industry_running")
    assert not curve.axison
    assert _texts(curve) == ["no project has ended"]
