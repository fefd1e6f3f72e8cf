"""The file of a chart: shorter than Matplotlib writes it, and the same picture."""

import io
import xml.etree.ElementTree as tree
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import typst
from matplotlib.figure import Figure

from analysis import fonts
from analysis.charts import drawing, house

NUMBERS = np.random.default_rng(1).normal(size=(2, 40))


def everything(axes, name):
    axes.plot(*NUMBERS, marker="o", alpha=0.5)
    axes.fill_between(np.sort(NUMBERS[0]), NUMBERS[1], hatch="//", alpha=0.3)
    axes.bar([-2, 2], [-1e5, 2], hatch="..", edgecolor="white", clip_on=True)
    axes.set_ylim(-3, 3)
    axes.set_ylabel(f"{name}\nin two lines")
    axes.text(0.3, 0.2, "over", bbox={"fc": "red", "ec": "none", "alpha": 0.3})
    axes.text(-2, 1.2, "lined", bbox={"fc": "red", "ec": "blue", "lw": 6, "alpha": 0.3})
    axes.annotate(name, (0, 0), (1, 2), rotation=30, arrowprops={"arrowstyle": "->"})


@pytest.fixture(params=["a & <b> #c", "贫困"])
def written(request):
    with house.house_style():
        canvas = Figure(figsize=(5, 3))
        everything(canvas.subplots(), request.param)
        file = io.StringIO()
        canvas.savefig(file, format="svg", metadata={"Date": None})
    return request.param, file.getvalue()


def pressed(svg, folder):
    (folder / "page.typ").write_text('#set page(width: 400pt, height: 300pt)\n#image("it.svg")')
    (folder / "it.svg").write_text(svg, encoding="utf-8")
    faces = typst.Fonts(False, False, [str(Path(fonts.paths()["sans"]).parent)])
    return typst.Compiler(str(folder / "page.typ"), font_paths=faces).compile(format="pdf")


def picture(svg, folder):
    pdf = pressed(svg, folder)
    return pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_numpy().astype(int)


def test_what_is_seen_stays(written, tmp_path):
    before, after = (picture(svg, tmp_path) for svg in (written[1], drawing.condensed(written[1])))
    assert (before < 128).mean() > 0.01
    assert np.abs(before - after).mean() < 0.2
    assert (np.abs(before - after) > 64).mean() < 2e-4


def test_less_is_written_and_every_text(written):
    name, svg = written
    short = drawing.condensed(svg)
    assert len(short) < 0.75 * len(svg)
    assert "metadata" not in short and "patch_1" not in short
    texts = [[part.text for part in tree.fromstring(one).iter(f"{{{drawing.SVG}}}text")]
             for one in (svg, short)]  # fmt: skip
    assert texts[0] == texts[1] and texts[0].count(name) == 2


def test_what_is_short_stays_as_it_is(written):
    short = drawing.condensed(written[1])
    assert drawing.condensed(short) == short


@pytest.mark.parametrize(
    ("told", "kept"),
    [("0.129", "0.13"), ("-0.0012", "0"), ("1234.567", "1234.57"), ("54321.987654", "54321.987654"),
     ("0.005000", "0.01"), ("7", "7"), ("100.000", "100")],
)  # fmt: skip
def test_places_are_told_to_a_hundredth(told, kept):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="453.600001pt"><path d="M {} 0" /></svg>'
    assert drawing.condensed(svg.format(told)) == svg.format(kept)


def test_texts_in_parts_are_whole():
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text>a<tspan>b</tspan>c</text></svg>'
    assert drawing.condensed(svg) == svg


def test_a_scale_is_never_rounded():
    scaled = '<text transform="translate(1.2345 2) scale(0.0012 -0.0012)">a</text>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{scaled}</svg>'
    assert drawing.condensed(svg) == svg


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("fill: #ffffff; opacity: 0.75", "fill: #ffffff; fill-opacity: 0.75"),
        ("fill: #ff0000; opacity: 0.3; stroke: #0000ff", None),
        ("fill: none; opacity: 0.3; stroke: #0000ff", None),
    ],
)
def test_only_an_area_without_a_line_lets_through_by_its_colour(told, kept):
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0 0" style="{}" /></svg>'
    assert drawing.condensed(svg.format(told)) == svg.format(kept or told)


def test_a_filled_area_takes_no_object_of_its_own_in_a_pdf(tmp_path):
    area = '<path d="M 0 0 L 9 0 L 9 9 z" style="fill: #ff0000; opacity: 0.3" />'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{area}</svg>'
    assert b"/Transparency" in pressed(svg, tmp_path)
    assert b"/Transparency" not in pressed(drawing.condensed(svg), tmp_path)
