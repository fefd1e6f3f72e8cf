"""The chart of the method draws every engine and names the ones that matter."""

import pandas as pd
from matplotlib.figure import Figure

from analysis import words
from analysis.charts import method

ERRORS = pd.DataFrame({
    "area": ["100000"] * 3 + ["530000"] * 2,
    "engine": ["combination", "no_change", "damped", "combination", "log_linear"],
    "forecasts": 7,
    "error_1": [0.003, 0.014, 0.005, 0.009, 0.007],
    "error_2": [0.008, 0.027, 0.010, 0.023, 0.015],
})  # fmt: skip


def _drawn():
    panels = Figure().subplots(1, 2)
    method.errors_ahead(panels, ERRORS, say=lambda key, **given: words.say(key, "zh", **given))
    return panels


def test_every_engine_has_its_line_with_its_errors():
    first, second = _drawn()
    assert [line.get_ydata().tolist() for line in first.lines] == [
        [0.003, 0.008], [0.014, 0.027], [0.005, 0.010]
    ]  # fmt: skip
    assert len(second.lines) == 2


def test_only_the_combination_and_the_naive_forecasts_are_named():
    named = [{text.get_text() for text in axes.texts} for axes in _drawn()]
    assert named == [{"组合预测", "不变"}, {"组合预测", "对数线性"}]


def test_panels_share_one_scale_that_starts_at_nothing():
    limits = [axes.get_ylim() for axes in _drawn()]
    assert limits[0] == limits[1] and limits[0][0] == 0 and limits[0][1] > 0.027
