"""Charts of income: drawn in both languages, no label on another, nothing computed wrong."""

from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from analysis import exhibits, growth, tables, words
from analysis.charts import house
from analysis.charts import income as charts

UNTIL = "2018-03-28"
ROLES = {"place": "532601", "province": "530000", "nation": "100000"}


@pytest.fixture(scope="module")
def growths():
    incomes, prices = (tables.read(name, until=UNTIL) for name in ("incomes", "prices"))
    return growth.growth_table(incomes, prices)


@pytest.fixture(scope="module")
def noise():
    survey = tables.read("scenarios").query("scenario == 'income_survey'").set_index("parameter")
    options = {"growth": 0.097, "population": 78_900}
    gap = growth.growth_gap(0.097, 0.093, rounding=0.001).iloc[0]
    band = growth.noise_band(np.geomspace(30, 78_000, 100), survey, **options)
    sizes = pd.Series({"usual": 110, "all": 78_900})
    return band, gap, growth.noise_table(0.004, survey, **options), sizes


@pytest.fixture(scope="module")
def index(growths):
    return growth.with_roles(growth.index_table(growths, 2016).dropna(), **ROLES), 2016


@pytest.fixture(scope="module")
def levels(growths):
    closing = growth.with_roles(growth.closing_table(growths, "100000", 2017), **ROLES)
    paths = growth.with_roles(growth.closing_paths(closing, 2075), **ROLES)
    observed = growth.with_roles(growth.level_ratios(growths, "100000"), **ROLES)
    return observed[observed["role"].isin(paths["role"])], paths, closing


@pytest.fixture(scope="module")
def parts():
    before = pd.Series({"wage": 50.0, "business": 40.0, "property": 2.0, "transfer": 8.0})
    return (growth.growth_by_source(before, before.add([4, -2, 0.3, 1])),)


@pytest.fixture(scope="module")
def curve():
    ranks = np.arange(1, 100) / 100
    rates = pd.DataFrame({"growth": 0.12 - 0.05 * ranks}, index=ranks)
    return rates.assign(growth_low=rates - 0.02, growth_high=rates + 0.02), 0.09, 0.2


CHARTS = [
    (charts.gap_against_noise, "noise", (1, 1)),
    (charts.indices, "index", (1, 2)),
    (charts.ratios, "levels", (1, 1)),
    (charts.sources, "parts", (1, 1)),
    (charts.growth_incidence, "curve", (1, 1)),
]


def drawn(draw, data, panels, language):
    canvas = Figure(figsize=(exhibits.WIDTH_INCHES, 3.6), layout="constrained")
    draw(canvas.subplots(*panels), *data, say=partial(words.say, language=language))
    return canvas


def overlaps(canvas):
    FigureCanvasAgg(canvas).draw()
    labels = [label for label in canvas.findobj(Annotation) if label.get_text()]
    boxes = [(label.get_text(), label.get_window_extent().padded(-1)) for label in labels]
    return [
        (one, other)
        for (one, box), (other, second) in combinations(boxes, 2)
        if box.overlaps(second)
    ]


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize(("draw", "data", "panels"), CHARTS)
def test_labels_stand_clear_of_each_other(draw, data, panels, language, request):
    with house.house_style():
        assert overlaps(drawn(draw, request.getfixturevalue(data), panels, language)) == []


def test_waterfall_ends_at_the_sum(parts):
    with house.house_style():
        canvas = drawn(charts.sources, parts, (1, 1), "en")
    bars = canvas.axes[0].patches
    total = parts[0]["contribution"].sum()
    assert bars[-1].get_height() == pytest.approx(total)
    assert bars[-2].get_y() + bars[-2].get_height() == pytest.approx(total)


def test_carried_forward_ratios_stop_at_one(levels):
    with house.house_style():
        canvas = drawn(charts.ratios, levels, (1, 1), "en")
    heights = np.concatenate([line.get_ydata() for line in canvas.axes[0].lines])
    assert np.nanmax(np.asarray(heights, float)) <= 1
