"""The press: blocks from notebooks, hostile values as text, the same bytes, PDF/UA."""

import datetime
import io
import json
import re
from itertools import cycle

import pandas as pd
import pypdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from analysis import exhibits, fonts, press, room, words
from analysis.charts import house
from tests import reading

HOSTILE = [
    '#eval("1 + 1")',
    "#import sys",
    "*star* _under_ `tick`",
    "$ x^2 $",
    "<script>alert(1)</script>",
    "@fig-x <label>",
    "\\ backslash // comment",
    "= heading",
    "#[content]",
    '"quotes" {braces}',
]
KEYS = words.keys("column.")
LENGTHS = range(22, 40)
CATALOGUE = """
prose:
  own-title:
    zh: "# 发生率走向何处？\\n\\n县里还有多少人？\\n\\n1. 先看\\n2. 再看\\n\\n- 甲\\n- 乙"
    en: "# Where is incidence going?\\n\\nHow many **are** `left`?\\n\\n1. look\\n2. look again"
  own-hostile:
    zh: "## 井号 #eval(1)\\n\\n<b>粗</b> *强调* [链接](https://example.org)"
    en: "## Hash #eval(1)\\n\\n<b>bold</b> *stress* [link](https://example.org)\\n\\n> said"
  own-picture: {zh: "![图](x.png)", en: "![picture](x.png)"}
  own-second-title: {zh: "# 又一个", en: "# Another"}
  own-tofu: {zh: "# 缺字", en: "# Tofu ✗"}
own:
  said: {zh: "发生率{share:percent2}", en: "Incidence {share:percent2}"}
  rows:
    title: {zh: 各县, en: The counties}
  drawn:
    headline: {zh: 下降, en: Falls}
    subtitle: {zh: 年末, en: end of year}
    alt: {zh: 由高到低, en: from high to low}
"""


@pytest.fixture(autouse=True)
def catalogue(tmp_path, monkeypatch):
    (tmp_path / "own.yml").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_CATALOGUE", str(tmp_path))
    words._read_folders.cache_clear()
    yield
    words._read_folders.cache_clear()


def prose(name):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": ["not read"]}


def shown(exhibit):
    output = {"output_type": "execute_result", "data": exhibit._repr_mimebundle_()}
    return {"cell_type": "code", "id": "a", "metadata": {}, "source": [], "outputs": [output]}


def counties(rows):
    names = [HOSTILE[row] if row < len(HOSTILE) else f"county {row}" for row in range(rows)]
    frame = pd.DataFrame({"area": names, "year": 2017, "headcount": range(rows)})
    source = {
        "id": "a",
        "title_zh": "年鉴",
        "title_en": "Yearbook",
        "locator": "page 1",
        "locator_zh": "第1页",
        "verification": "from-memory",
    }
    return exhibits.table("own.rows", frame, sources=[source])


def draw(axes, *, say):
    axes.plot([2016, 2017], [0.08, 0.05], **house.line("place"))
    house.years(axes.xaxis)


def notebook():
    return {
        "cells": [
            prose("own-title"),
            prose("own-hostile"),
            shown(exhibits.finding("own.said", answer=2, confidence="moderate", share=0.0542)),
            shown(counties(80)),
            shown(exhibits.figure("own.drawn", draw, status="estimated")),
            shown(exhibits.finding("own.said", answer=1, status="projected", share=0.03)),
        ]
    }


def made(**other):
    row = {"path": "data/#eval(1).csv", "sha256": "ab" * 32}
    run = {"name": "notebooks/01.ipynb", "parameters": 'area = "#eval(1)"', "sha256": "cd" * 32}
    return {
        "notebooks": [run],
        "inputs": [row],
        "fonts": [row],
        "code": "ef" * 32,
        "packages": "pandas 3",
        "command": "python -m analysis brief own",
    } | other


def document(language="en", chapters=None, **other):
    chapters = chapters or [press.chapter(notebook(), language, name="01_own")]
    parts = {
        "title": "Poverty #eval(1)",
        "subtitle": "*not bold*",
        "author": "The office",
        "date": datetime.date(2018, 3, 28),
        "made": made(),
    }
    return press.document(chapters, language=language, **(parts | other))


@pytest.fixture(scope="module")
def pdfs(tmp_path_factory):
    """Set the brief once in each language."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("catalogue")
        (folder / "own.yml").write_text(CATALOGUE, encoding="utf-8")
        patch.setenv("ANALYSIS_CATALOGUE", str(folder))
        words._read_folders.cache_clear()
        yield {language: press.typeset(document(language)) for language in words.LANGUAGES}


def text_of(pdf):
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "\n".join(page.extract_text() for page in pages)


def squeezed(text):
    """Drop white space and the hyphens of broken lines: where a line breaks says nothing."""
    return "".join(text.split()).replace("\u00ad", "").replace("’", "'")


def test_a_chapter_has_the_catalogues_title_and_the_notebooks_order():
    chapter = press.chapter(notebook(), "zh", name="01_own")
    assert chapter["title"] == "发生率走向何处？"
    kinds = [block["kind"] for block in chapter["blocks"]]
    assert kinds == [
        *("paragraph", "list", "list", "heading", "paragraph"),
        *("finding", "table", "figure", "finding"),
    ]


def test_code_streams_and_other_outputs_are_never_set():
    cells = notebook()["cells"]
    loud = {"output_type": "stream", "name": "stdout", "text": "secret"}
    bare = {"output_type": "execute_result", "data": {"text/html": "<p>secret</p>"}}
    quiet = {"cell_type": "code", "id": "b", "source": ["secret = 1"], "outputs": [loud, bare]}
    assert "secret" not in str(press.chapter({"cells": [*cells, quiet]}, "en", name="01"))


def test_an_error_output_stops_the_press_and_names_the_cell():
    error = {"output_type": "error", "ename": "KeyError", "evalue": "'year'"}
    failed = {"cell_type": "code", "id": "bad", "source": [], "outputs": [error]}
    with pytest.raises(
        press.PressError, match=r"01_own, cell 2 \(bad\) ended in an error .*KeyError"
    ):
        press.chapter({"cells": [prose("own-title"), failed]}, "en", name="01_own")


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ([prose("own-hostile")], "has no H1"),
        ([prose("own-title"), prose("own-second-title")], "a second H1"),
        ([prose("own-title"), prose("own-picture")], "does not set image"),
    ],
)
def test_a_notebook_that_breaks_the_form_is_refused(cells, fault):
    with pytest.raises(press.PressError, match=fault):
        press.chapter({"cells": cells}, "en", name="01_own")


def test_prose_that_the_catalogue_lacks_is_the_notebooks_own_in_english_alone():
    own = {"cell_type": "markdown", "id": "nowhere", "source": ["# Which schools?\n", "\n", "Two."]}
    chapter = press.chapter({"cells": [own]}, "en", name="01_own")
    assert chapter["title"] == "Which schools?" and len(chapter["blocks"]) == 1
    with pytest.raises(press.PressError, match=r"no text 'prose\.nowhere'"):
        press.chapter({"cells": [own]}, "zh", name="01_own")


def test_the_answers_stand_on_the_cover_in_the_order_of_the_questions():
    answers = document()["answers"]
    assert [answer["answer"] for answer in answers] == list(exhibits.QUESTIONS)
    assert [answer["answer"] for answer in answers if answer["anchor"]] == [1, 2]
    assert {answer["text"] for answer in answers[2:]} == {words.say("summary.unanswered", "en")}
    assert answers[1]["confidence"] == {"text": "moderate confidence", "filled": 2}


def test_values_come_out_as_they_stand_whatever_they_say(pdfs):
    for language, pdf in pdfs.items():
        said = squeezed(text_of(pdf))
        wanted = [*HOSTILE, "Poverty #eval(1)", "*not bold*", "data/#eval(1).csv"]
        for value in wanted:
            assert squeezed(value) in said, (language, value)


def test_the_pages_say_titles_sources_marks_and_how_they_were_made(pdfs):
    english, chinese = squeezed(text_of(pdfs["en"])), squeezed(text_of(pdfs["zh"]))
    for said in ("Table1", "Figure1", "Yearbook[unverified]", "Status:estimated.", "ab" * 32):
        assert squeezed(said) in english, said
    for said in ("表1", "图1", "年鉴〔未核实〕", "性质：估计值。", "目录", "结论", "下降"):
        assert squeezed(said) in chinese, said


def test_a_long_table_repeats_its_head_on_every_page(pdfs):
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdfs["en"])).pages]
    holding = [page for page in pages if "county " in page]
    assert len(holding) > 1
    assert all("Poor persons" in page for page in holding)


def test_the_pdf_is_tagged_and_says_title_author_date_and_language(pdfs):
    for language, pdf in pdfs.items():
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        root = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"].lower().startswith(language)
        assert reader.metadata.title == "Poverty #eval(1) · *not bold*"
        assert reader.metadata.author == "The office"
        assert reader.metadata.creation_date.date() == datetime.date(2018, 3, 28)
        assert reader.metadata["/Keywords"]
        assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()


def tags(element, kind):
    """List the elements of one kind below a structure element."""
    element = element.get_object()
    if isinstance(element, list):
        return [found for child in element for found in tags(child, kind)]
    if not isinstance(element, dict):
        return []
    own = [element] if element.get("/S") == kind else []
    return own + (tags(element["/K"], kind) if "/K" in element else [])


def test_every_picture_has_the_alternative_text_made_from_the_data(pdfs):
    for language, alt in (("zh", "由高到低"), ("en", "from high to low")):
        root = pypdf.PdfReader(io.BytesIO(pdfs[language])).trailer["/Root"]
        assert alt in [figure.get("/Alt") for figure in tags(root["/StructTreeRoot"], "/Figure")]


def said_of(block):
    """The texts of a block in the order in which they are to be heard."""
    if block["kind"] == "finding":
        return [block["text"], block["status"]]
    if block["kind"] == "table":
        heads = ["".join(column["heading"]) for column in block["columns"]]
        return [block["title"], *heads, *(cell for row in block["rows"] for cell in row)]
    if block["kind"] == "figure":
        return [block["headline"], block["subtitle"]]
    if block["kind"] == "list":
        return [text for item in block["items"] for one in item for text in said_of(one)]
    if block["kind"] == "quote":
        return [text for one in block["children"] for text in said_of(one)]
    return [press._plain(block["children"])]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_screen_reader_hears_cover_contents_and_every_block_in_order(pdfs, language):
    brief = document(language)
    heard = squeezed("".join(reading.read_aloud(pdfs[language])))
    chapter = brief["chapters"][0]
    wanted = [brief["author"], brief["title"], *(one["text"] for one in brief["answers"])]
    wanted += [brief["labels"]["contents"], chapter["title"]]
    wanted += [text for block in chapter["blocks"] for text in said_of(block)]
    wanted += [brief["labels"]["sources"], brief["labels"]["made"], brief["made"]["command"]]
    at = 0
    for text in map(squeezed, wanted):
        found = heard.find(text, at)
        assert found >= 0, f"{text!r} is not heard after {heard[max(0, at - 40) : at]!r}"
        at = found + len(text)


def test_tables_are_tagged_with_heads_and_every_row(pdfs):
    tree = pypdf.PdfReader(io.BytesIO(pdfs["en"])).trailer["/Root"]["/StructTreeRoot"]
    assert len(tags(tree, "/TH")) >= 3
    assert len(tags(tree, "/TR")) >= 81


@pytest.mark.parametrize(("author", "named"), [("The office of 文山", True), ("The office", False)])
def test_a_voice_is_told_where_an_english_page_quotes_chinese(author, named):
    cover = pypdf.PdfReader(io.BytesIO(press.typeset(document(author=author)))).pages[0]
    assert (b"/Lang(zh-CN)" in cover.get_contents().get_data()) is named


ALPHABETS = ["贫困户2017年Wa", "county's AVATAR fly", "0123,456.78%", "W’‘“”—…（）、", "iiii llll"]


def names(longest):
    """Texts of every length up to one, so that some just fit their column and some just do not."""
    rows = [(letters * 20)[:size] for letters in ALPHABETS for size in range(1, longest)]
    frame = pd.DataFrame({"area": rows, "place": rows, "year": 2017, "headcount": 9})
    return {"cells": [prose("own-title"), shown(exhibits.table("own.rows", frame))]}


def pictures(brief):
    with pypdfium2.PdfDocument(press.typeset(brief)) as book:
        return [page.render(scale=1).to_numpy() for page in book]


def unknown(lengths):
    return lengths | {"heights": [None] * len(lengths["heights"])}


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("longest", [30, 45])
def test_a_row_whose_height_is_known_is_set_as_one_whose_height_is_found(
    language, longest, monkeypatch
):
    brief = document(language, [press.chapter(names(longest), language, name="01_own")])
    made = []
    table = room.table
    monkeypatch.setattr(room, "table", lambda *asked: made.append(table(*asked)) or made[-1])
    known = pictures(brief)
    heights = [height for one in made for height in one["heights"]]
    assert 20 < sum(height is not None for height in heights) < len(heights)
    monkeypatch.setattr(room, "table", lambda *asked: unknown(table(*asked)))
    found = pictures(brief)
    assert len(known) == len(found)
    assert all((one == other).all() for one, other in zip(known, found, strict=True))


def headed(language, at_once):
    """Tables of all headings of the catalogue, some at once."""
    titles = [words.column(key[7:], language).title for key in KEYS]
    for start in range(0, len(titles), at_once):
        columns = [
            {"heading": press.UNIT.split(title), "align": align}
            for title, align in zip(titles[start : start + at_once], cycle(["left", "right"]))
        ]
        yield {
            "kind": "table",
            "title": str(start),
            "source_line": "Source: none.",
            "columns": columns,
            "rows": [["9.5%"] * len(columns)],
            "number": 1,
        }


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("at_once", [5, 8])
def test_a_head_whose_height_is_known_is_set_as_one_whose_height_is_found(
    language, at_once, monkeypatch
):
    chapter = {"title": "All", "blocks": list(headed(language, at_once))}
    brief = document(language) | {"answers": [], "chapters": [chapter]}
    made = []
    table = room.table
    monkeypatch.setattr(room, "table", lambda *asked: made.append(table(*asked)) or made[-1])
    known = pictures(brief)
    told = [one["head"] is not None for one in made]
    assert sum(told) > 0.8 * len(told)
    monkeypatch.setattr(room, "table", lambda *asked: table(*asked) | {"head": None})
    found = pictures(brief)
    assert len(known) == len(found)
    assert all((one == other).all() for one, other in zip(known, found, strict=True))


@pytest.fixture
def long_tables():
    """The pages of tables of every length, each with another of 14 rows below it."""

    def table(start, rows):
        frame = pd.DataFrame({"area": [f"{start}.{row}." for row in range(rows)], "year": 2017})
        return shown(exhibits.table("own.rows", frame))

    chapters = [
        press.chapter({"cells": [prose("own-second-title"), *tables]}, "en", name="01_own")
        for tables in ([table(f"above{n}", n), table(f"below{n}", 14)] for n in LENGTHS)
    ]
    with pypdfium2.PdfDocument(press.typeset(document("en", chapters))) as book:
        return [page.get_textpage().get_text_range() for page in book]


def test_a_long_table_is_not_torn_after_its_first_rows(long_tables):
    for rows in LENGTHS:
        (begun,) = (page for page in long_tables if f"below{rows}.0." in page)
        assert f"below{rows}.2." in begun, rows


def test_what_is_said_below_a_long_table_stands_with_its_last_row(long_tables):
    lasts = [f"above{n}.{n - 1}." for n in LENGTHS] + [f"below{n}.13." for n in LENGTHS]
    for page in long_tables:
        assert page.count("Status: observed") == sum(last in page for last in lasts), page


def test_a_long_chinese_heading_is_broken_in_its_middle():
    known = dict.fromkeys("中央专项扶贫资金年份", 1.0)
    headings = [["中央专项扶贫资金"], ["年份"]]
    told = room.table(headings, [["1", "年" * 60]], ["right", "left"], known)
    assert told["headings"] == [["中央专项", "扶贫资金"], ["年份"]]


@pytest.mark.parametrize(
    "broken",
    ["首年底|发生率达标", "中央|专项资金", "年初|贫困人口", "贫困人口|占比", "每个|贫困人口",
     "实际退出|县数", "区间包含|实际", "建档立卡|发生率", "住房|未达标户"],
)  # fmt: skip
def test_a_long_chinese_heading_is_broken_between_words(broken):
    title = broken.replace("|", "")
    assert title in {words.column(key[7:], "zh").title.split("（")[0] for key in KEYS}
    known = dict.fromkeys(title, 1.0)
    told = room.table([[title], ["年份"]], [["1", "年" * 60]], ["right", "left"], known)
    assert told["headings"][0] == broken.split("|")


def test_no_heading_of_the_catalogue_is_broken_inside_a_word_that_is_known():
    for key in KEYS:
        title = words.column(key[7:], "zh").title
        for width in range(2, len(title)):
            first, *_ = room._in_halves(title, width + room.SPARE, len)
            assert all(not one.start() < len(first) < one.end()
                       for one in room.WHOLE.finditer(title)), title  # fmt: skip


def test_a_chinese_heading_with_a_number_is_broken_after_it():
    known = dict.fromkeys("80%区间下限年", 0.6) | dict.fromkeys("区间下限年份", 1.0)
    headings = [["80%区间下限"], ["年份"]]
    told = room.table(headings, [["1", "年" * 60]], ["right", "left"], known)
    assert told["headings"] == [["80%", "区间下限"], ["年份"]]


@pytest.mark.parametrize(("beside", "head"), [(34, ["Share, low"]), (200, ["Share,", "low"])])
def test_a_heading_is_broken_only_where_the_line_is_full_and_between_words(beside, head):
    known = dict.fromkeys("Share, lowAre95%", 0.6)
    told = room.table([["Share, low"], ["Area"]], [["9%", "A " * beside]], ["right", "left"], known)
    assert told["headings"][0] == head
    lines = room.CAPITALS * len(head) + room.BETWEEN_LINES * (len(head) - 1)
    assert told["head"] == pytest.approx(told["size"] * lines + 2 * told["above"])


def test_long_texts_of_a_dense_table_share_its_line_evenly_whatever_one_of_them_holds():
    rows = [["a b " * 50, "https://" + "c/" * 300], ["a", "d"]]
    known = dict.fromkeys("abcd:/hts ", 0.5)
    told = room.table([["a"], ["b"]], rows, ["left"] * 2, known, (room.DENSE,) * 2)
    assert told["shares"] == pytest.approx([0.5, 0.5])


def test_a_cell_of_two_lines_is_not_taken_for_one():
    told = room.table([["a"]], [["a\nb"], ["a"]], ["left"], dict.fromkeys("ab", 0.5))
    assert told["heights"][0] is None and told["heights"][1] is not None


def test_a_short_verdict_stays_on_its_line_beside_a_long_text():
    known = dict.fromkeys("同一印刷年份原文依据", 1.0)
    told = room.table([["原文"], ["依据"]], [["原" * 90, "同一印刷年份"]], ["left"] * 2, known)
    inner = told["shares"][1] * room.LINE - sum(told["insets"][1])
    assert inner >= 6 * told["size"]


@given(
    st.lists(st.sampled_from(["left", "right"]), min_size=2, max_size=7).flatmap(
        lambda aligns: st.tuples(
            st.just(aligns),
            st.lists(st.text("不达标95.%", max_size=5), min_size=len(aligns), max_size=len(aligns)),
        )
    )
)
def test_no_cell_is_broken_where_the_line_has_room(asked):
    aligns, row = asked
    told = room.table([["栏"]] * len(row), [row], aligns, dict.fromkeys("不达标95.%", 1.0))
    assert sum(told["shares"]) == pytest.approx(1)
    assert None not in told["heights"]


def test_a_character_of_another_face_is_taken_for_as_wide_as_any():
    known = {"a": 0.5}
    assert room.drawn("aa", known) == 1.5
    assert room.drawn("a贫", known) == 3.25
    assert room.drawn("a贫", known | {"贫": 1.0}) == 2.25


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_pages_set_with_cut_faces_are_those_set_with_whole_ones(language, monkeypatch):
    brief = document(language, [press.chapter(names(40), language, name="01_own")])
    cut = pictures(brief)
    monkeypatch.setattr(fonts, "cut", lambda *_: fonts.paths())
    whole = pictures(brief)
    assert len(cut) == len(whole)
    assert all((one == other).all() for one, other in zip(cut, whole, strict=True))


@pytest.mark.parametrize(("language", "apostrophe"), [("zh", "'"), ("en", "’")])
def test_only_english_takes_curly_apostrophes_and_no_address_does(language, apostrophe):
    prose = "# T\n\nThe county's [page](https://example.org/o'brien).\n"
    chapter = {"title": "T", "blocks": press.blocks_of(prose, language, "01_own, cell 1")}
    page = json.loads(press._page(document(language, [chapter])))
    _, paragraph = page["chapters"][0]["blocks"]
    before, link, _ = paragraph["children"]
    assert before["text"] == f"The county{apostrophe}s "
    assert link["url"] == "https://example.org/o%27brien"


def test_faces_keep_what_the_page_asks_for_by_name(tmp_path):
    asked = re.findall(r"features: \((.*?)\)", press.TEMPLATE.read_text(encoding="utf-8"))
    tags = {tag for group in asked for tag in re.findall('"(.*?)"', group)}
    assert tags == set(fonts.FEATURES)
    with TTFont(fonts.cut("’", tmp_path)["sans"]) as face:
        kept = {record.FeatureTag for record in face["GSUB"].table.FeatureList.FeatureRecord}
    assert tags <= kept


def test_the_same_brief_gives_the_same_bytes(pdfs):
    assert press.typeset(document("en")) == pdfs["en"]
    assert press.typeset(document("zh")) == pdfs["zh"]


def test_only_the_faces_of_the_brief_are_in_the_pdf(pdfs):
    for pdf in pdfs.values():
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        used = {
            font.get_object()["/BaseFont"].split("+")[-1]
            for page in reader.pages
            for font in page["/Resources"].get("/Font", {}).values()
        }
        assert {name.removesuffix("-Identity-H") for name in used} <= {
            *("NotoSerifSC-Regular", "NotoSansSC-Regular", "NotoSansCJKjp-Bold")
        }


def test_a_missing_glyph_stops_the_press_and_names_character_and_chapter():
    chapter = press.chapter({"cells": [prose("own-tofu")]}, "en", name="01_own")
    with pytest.raises(press.PressError, match=r"can draw '✗' \(in chapter “Tofu ✗”\)"):
        press.typeset(document(chapters=[chapter]))


def test_a_missing_typeface_stops_the_press(monkeypatch):
    monkeypatch.setitem(fonts.WHEELS, "bold", ("no_such_package", "Bold.otf"))
    with pytest.raises(ValueError, match=r"bold typeface Bold\.otf is missing; install"):
        press.typeset(document())


def test_a_face_of_the_users_own_is_used(tmp_path, monkeypatch):
    (tmp_path / "serif.otf").write_bytes(fonts.paths()["sans"].read_bytes())
    monkeypatch.setenv("ANALYSIS_FONTS", str(tmp_path))
    reader = pypdf.PdfReader(io.BytesIO(press.typeset(document())))
    assert not any("Serif" in str(page["/Resources"].get("/Font")) for page in reader.pages)


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "brief.pdf"
    press.write_whole(path, b"old")
    monkeypatch.setattr(press.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        press.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [left.name for left in tmp_path.glob("*") if "brief" in left.name] == ["brief.pdf"]


def test_a_family_that_the_template_asks_for_in_vain_stops_the_press(tmp_path):
    """Typst itself only warns, and sets the text as nothing."""
    template = tmp_path / "page.typ"
    template.write_text('#set document(title: "T")\n#set text(font: "No Such Face")\ntext')
    with pytest.raises(press.PressError, match="unknown font family: no such face"):
        press.typeset(document(), template=template)


def test_sources_are_numbered_in_order_and_listed_once_with_their_weakest_mark():
    def block(*sources):
        given = [
            {
                "id": name,
                "title": {"zh": name, "en": name.upper()},
                "locator": {"zh": "", "en": ""},
                "verification": mark,
            }
            for name, mark in sources
        ]
        provenance = {
            "kind": "table",
            "note": None,
            "unverified_rows": False,
            "sources": given,
            "status": "observed",
        }
        return {"kind": "table", "provenance": provenance}

    read, memory = "verified-read", "from-memory"
    first = block(("a", read), ("b", read), ("c", memory), ("d", read))
    brief = press.document(
        [{"title": "T", "blocks": [first, block(("d", read), ("a", memory))]}],
        language="en",
        title="T",
        subtitle="",
        author="",
        made={},
        date=datetime.date(2018, 3, 28),
    )
    assert [row[:2] for row in brief["sources"]] == [["1", "A"], ["2", "B"], ["3", "C"], ["4", "D"]]
    assert [row[3] for row in brief["sources"]] == [
        "unverified",
        "read in the source",
        "unverified",
        "read in the source",
    ]
    lines = [node["source_line"] for node in brief["chapters"][0]["blocks"]]
    assert "A; B; and nos. 3†, 4 of the list" in lines[0]
    assert "D; A [unverified]" in lines[1]
