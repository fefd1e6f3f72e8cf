"""What notebooks show: both languages from one run, values as text, charts that do not change."""

import re
import xml.etree.ElementTree as tree
from itertools import pairwise

import pandas as pd
import pytest

from analysis import exhibits, fonts, tables, words
from analysis.charts import house

HOSTILE = ["<script>alert(1)</script>", "#eval(1)", "*b* _i_ $x$", '"><img src=x>', "{0}"]
CATALOGUE = """
own:
  said: {zh: "发生率{share:percent2}", en: "Incidence {share:percent2}"}
  rows:
    title: {zh: "{year:year}各地", en: "Areas in {year:year}"}
    note: {zh: 口径见附注, en: See the notes.}
  drawn:
    headline: {zh: 下降, en: Falls}
    subtitle: {zh: 年末, en: end of year}
    alt: {zh: "降到{share:percent1}", en: "Falls to {share:percent1}"}
    label: {zh: 本县, en: the county’s}
    tofu: {zh: ✗, en: ✗}
"""
SOURCES = [
    {
        "id": "a",
        "title_zh": "讲话",
        "title_en": "Speech",
        "locator": "",
        "locator_zh": "",
        "verification": "verified-read",
    },
    {
        "id": "b",
        "title_zh": "统计局",
        "title_en": "Statistics",
        "locator": "",
        "locator_zh": "",
        "verification": "from-memory",
    },
]


@pytest.fixture(autouse=True)
def catalogue(tmp_path, monkeypatch):
    (tmp_path / "own.yml").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_CATALOGUE", str(tmp_path))
    words._read_folders.cache_clear()
    yield
    words._read_folders.cache_clear()


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "area": ["532601", *HOSTILE],
            "year": [2017] * 6,
            "headcount_ratio": [0.0542, None, 0.1, 0.2, 0.3, 0.4],
            "headcount": [16382, 1, 2, 3, 4, 5],
            "verification": ["verified-read"] * 5 + ["from-memory"],
        }
    )


def draw(axes, share, *, say, key="own.drawn.label"):
    axes.plot([2016, 2017], [0.08, share], **house.line("place"))
    house.percent(axes.yaxis, 1)
    house.years(axes.xaxis)
    house.label_ends(axes, [(2017, share, say(key), "place")])


def bundle(exhibit):
    return exhibit._repr_mimebundle_()


def test_a_finding_is_said_in_both_languages_and_shown_in_one(monkeypatch):
    shown = exhibits.finding("own.said", answer=1, confidence="high", share=0.0542)
    assert shown.content["text"] == {"zh": "发生率5.42%", "en": "Incidence 5.42%"}
    assert bundle(shown)["text/plain"] == "Incidence 5.42%"
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "zh")
    assert bundle(shown)["text/html"] == "<p><strong>发生率5.42%</strong></p>"


def test_a_table_shows_titles_formats_terms_and_marks(frame):
    content = exhibits.table("own.rows", frame, sources=SOURCES, year=2017).content
    assert content["title"] == {"zh": "2017年各地", "en": "Areas in 2017"}
    assert [column["title"]["zh"] for column in content["columns"]] == [
        "地区",
        "年份",
        "贫困发生率",
        "贫困人口",
    ]
    assert content["rows"]["zh"][0] == ["文山市", "2017", "5.42%", "16,382"]
    assert content["rows"]["en"][1][2] == "—"
    assert content["rows"]["en"][5][0].endswith(" †")
    assert [column["align"] for column in content["columns"]] == ["left", "left", "right", "right"]


def test_the_source_line_names_note_sources_and_status_and_marks_the_unverified(frame):
    content = exhibits.table(
        "own.rows", frame, sources=SOURCES, status="estimated", year=2017
    ).content
    line = exhibits.source_line(content, "en")
    assert line.startswith("Note: See the notes. † ")
    assert "Source: Speech; Statistics [unverified]." in line
    assert line.endswith("Status: estimated.")


def test_html_escapes_what_the_data_hold(frame):
    html = bundle(exhibits.table("own.rows", frame, year=2017))["text/html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert not re.search(r"<script|<img", html)


def test_a_frame_with_an_unknown_column_or_no_rows_is_refused(frame):
    with pytest.raises(ValueError, match="column 'secret' has no title"):
        exhibits.table("own.rows", frame.assign(secret=1), year=2017)
    with pytest.raises(ValueError, match=r"'own.rows' has no rows"):
        exhibits.table("own.rows", frame.head(0), year=2017)


def test_a_named_index_is_shown(frame):
    content = exhibits.table("own.rows", frame.set_index("area")[["headcount"]], year=2017).content
    assert [column["name"] for column in content["columns"]] == ["area", "headcount"]


@pytest.mark.parametrize(
    "wrong", [{"status": "guessed"}, {"confidence": "total"}, {"answer": 9}, {"answer": 0}]
)
def test_an_unknown_status_confidence_or_question_is_refused(wrong):
    with pytest.raises(ValueError, match="is not one of"):
        exhibits.finding("own.said", share=0.1, **wrong)


def test_a_figure_is_drawn_once_in_each_language_as_text():
    content = exhibits.figure("own.drawn", draw, 0.0542, share=0.0542).content
    assert "本县" in content["svg"]["zh"]
    assert "the county's" in content["svg"]["en"]
    assert content["alt"]["en"] == "Falls to 5.4%"
    for svg in content["svg"].values():
        assert set(re.findall(r"font-family: ([^;\"]+)", svg)) == {"'Noto Sans SC'"}
        assert tree.fromstring(svg).tag.endswith("svg")


def test_a_figure_is_the_same_bytes_again():
    first, second = (exhibits.figure("own.drawn", draw, 0.0542, share=0.0542) for _ in range(2))
    assert first.content == second.content


def test_a_glyph_that_the_face_lacks_stops_the_chart():
    def with_tofu(axes, *, say):
        draw(axes, 0.1, say=say, key="own.drawn.tofu")

    with pytest.raises(ValueError, match="no typeface of the brief has '✗'"):
        exhibits.figure("own.drawn", with_tofu, share=0.1)


def test_a_missing_typeface_stops_the_chart(monkeypatch):
    monkeypatch.setitem(fonts.WHEELS, "sans", ("no_such_package", "None.otf"))
    with pytest.raises(ValueError, match=r"None\.otf is missing"):
        exhibits.figure("own.drawn", draw, 0.1, share=0.1)


def test_panels_give_an_array_of_axes():
    seen = []
    exhibits.figure(
        "own.drawn", lambda axes, say: seen.append(axes.shape), panels=(1, 2), share=0.1
    )
    assert seen == [(2,), (2,)]


def test_no_two_meanings_look_alike():
    lines = {(mark.colour, str(mark.line), mark.marker) for mark in house.PALETTE.values()}
    assert len(lines) == len(house.PALETTE)
    for meaning in house.PALETTE:
        assert set(house.line(meaning)) == {"color", "marker", "linestyle"}


def test_the_palette_can_be_told_apart_by_colour_blind_readers_and_read_on_white():
    """Marks that stand side by side differ in lightness or marker; text colours have contrast 3."""
    for meaning in ("observed", "projected", "target", "place", "province", "nation", "plan"):
        assert contrast_on_white(house.mark(meaning).colour) >= 3, meaning


def contrast_on_white(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True)) + 0.05)


def test_labels_that_would_overlap_are_moved_apart_and_keep_their_order():
    places = house.spread([0.0, 1.0, 1.5, 40.0], 10.0)
    assert places == sorted(places)
    assert min(b - a for a, b in pairwise(places)) >= 10 - 1e-9


def test_each_language_reads_its_own_column():
    frame = pd.DataFrame(
        {"year": [2017], "status_en": ["seen"], "status_zh": ["所见"], "note": ["same"]}
    )
    content = exhibits.table("own.rows", frame, year=2017).content
    assert [column["name"] for column in content["columns"]] == ["year", "status", "note"]
    assert content["columns"][1]["title"]["en"] == words.column("status", "en").title
    assert content["rows"]["en"] == [["2017", "seen", "same"]]
    assert content["rows"]["zh"] == [["2017", "所见", "same"]]


def test_what_rests_on_a_made_up_source_is_synthetic_whatever_is_said():
    told = pd.DataFrame({"source": ["speech;synthetic_county"], "verification": ["derived"]})
    rows = pd.DataFrame({"year": [2017]})
    shown = [
        exhibits.finding("status.observed", sources=tables.sources(told)),
        exhibits.table("incidence.anchors", rows, sources=tables.sources(told), until="2018-03-28"),
    ]
    assert [exhibit.content["status"] for exhibit in shown] == ["synthetic"] * 2
    real = told.assign(source="speech")
    assert exhibits.finding("status.observed", sources=tables.sources(real)).content["status"] == (
        "observed"
    )
