"""The twins of the PDF: every text escaped, every number the one shown, the same bytes twice."""

import csv
import io
import math
import re
import shutil
import zipfile
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import exhibits, press, twins, words
from tests.test_press import CATALOGUE, HOSTILE, document, made, notebook, prose, shown

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", '=HYPERLINK("http://example.org")']
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.fixture(autouse=True)
def catalogue(tmp_path, monkeypatch):
    (tmp_path / "own.yml").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_CATALOGUE", str(tmp_path))
    words._read_folders.cache_clear()
    yield
    words._read_folders.cache_clear()


def formulas():
    frame = pd.DataFrame({"area": FORMULAS, "year": 2017, "headcount_ratio": [-0.01] * 5})
    return exhibits.table("own.rows", frame)


def drawn():
    frame = pd.DataFrame({"year": [2016, 2017], "headcount_ratio": [0.08, 0.0542]})
    return exhibits.figure("own.drawn", lambda axes, say: None, frame=frame, status="estimated")


def brief(language="en"):
    cells = [*notebook()["cells"], shown(formulas()), shown(drawn())]
    return document(language, [press.chapter({"cells": cells}, language, name="01_own")])


class Page(HTMLParser):
    def __init__(self, content):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(content.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.said.append(data)

    def values(self, name):
        return [attrs[name] for _, attrs in self.tags if name in attrs]


@given(
    st.floats(-1e7, 1e7).filter(lambda value: abs(value) > 1e-3),
    st.sampled_from(["percent0", "percent2", "number0", "number2", "count", "yuan", "points1"]),
    st.sampled_from(words.LANGUAGES),
)
def test_a_number_read_back_is_the_one_that_is_shown(value, form, language):
    text = words.cell(value, form, language)
    number = twins.number_shown(text)
    scale = 100 if form.startswith(("percent", "points")) else 1
    digits = int(form[-1]) if form[-1].isdigit() else 0
    back = number.value * (100 if form.startswith("percent") else 1)
    assert math.isclose(back, round(value * scale, digits), rel_tol=1e-9, abs_tol=1e-9)
    assert number.form.endswith("%") == form.startswith("percent")


@pytest.mark.parametrize("text", ["", "—", "under 1%", "2017年", "1.2万", "8千", "3.1%†", "--3"])
def test_what_is_no_number_stays_text(text):
    assert twins.number_shown(text) is None


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def test_no_cell_of_the_workbook_is_a_formula_and_none_leads_outside():
    for name, text in parts(twins.workbook(brief())).items():
        if name.startswith("xl/worksheets"):
            assert "<f>" not in text
        if name.endswith(".rels"):
            assert "External" not in text
        assert "vbaProject" not in name


def sheets(language="en"):
    content = twins.workbook(brief(language))
    return pd.read_excel(io.BytesIO(content), sheet_name=None, header=None, engine="calamine")


def test_the_workbook_has_one_table_a_sheet_with_its_numbers_title_and_source():
    read = sheets()
    assert list(read) == [
        "Contents",
        "Table 1",
        "Figure 1",
        "Table 2",
        "Figure 2",
        *list(read)[-1:],
    ]
    table = read["Table 1"]
    assert table.iloc[0, 0] == "Table 1 The counties"
    assert table.iloc[3 : 3 + len(HOSTILE), 0].tolist() == HOSTILE
    assert table.iloc[3:83, 2].tolist() == list(range(80))
    assert "Yearbook" in table.iloc[-1, 0]
    assert read["Table 2"].iloc[3:8, 2].tolist() == [-0.01] * 5


@pytest.mark.parametrize(("language", "unit"), [("zh", "村"), ("en", "villages")])
def test_the_unit_of_every_column_stands_above_it(language, unit):
    frame = pd.DataFrame({"area": ["a"], "villages": [12], "headcount_ratio": [0.05]})
    notebook = {"cells": [prose("own-title"), shown(exhibits.table("own.rows", frame))]}
    whole = document(language, [press.chapter(notebook, language, name="01_own")])
    content = io.BytesIO(twins.workbook(whole))
    read = pd.read_excel(content, sheet_name=None, header=None, engine="calamine")
    sheet = next(page for name, page in read.items() if name.endswith(" 1"))
    assert sheet.iloc[1, 1:3].tolist() == [unit, "%"]
    assert sheet.iloc[3, 1:3].tolist() == [12, 0.05]


def test_the_numbers_behind_a_chart_have_a_sheet_with_its_words():
    sheet = sheets("zh")["图 2"]
    assert sheet.iloc[4, :2].tolist() == [2017, 0.0542]
    assert {"年末", "由高到低"} <= set(sheet[0])


def test_csv_files_hold_plain_numbers_and_no_formula():
    files = twins.csv_files(brief())
    assert sorted(files) == ["figure-02.csv", "index.csv", "table-01.csv", "table-02.csv"]
    rows = list(csv.reader(io.StringIO(files["table-02.csv"].decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [f"'{text}" for text in FORMULAS]
    assert {row[2] for row in rows[1:]} == {"-0.01"}
    index = list(csv.DictReader(io.StringIO(files["index.csv"].decode("utf-8-sig"))))
    assert [row["name"] for row in index] == ["Table 1", "Figure 1", "Table 2", "Figure 2"]


def test_hostile_text_is_text_on_the_web_page():
    page = Page(twins.webpage(brief()))
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object", "link", "form"}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    said = "".join(page.said)
    assert all(text in said for text in (*HOSTILE, *FORMULAS, "Poverty #eval(1)"))


def test_the_web_page_fetches_nothing_and_every_link_leads_somewhere():
    page = Page(twins.webpage(brief()))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    inside = [href[1:] for href in page.values("href") if href.startswith("#")]
    assert inside and set(inside) <= set(ids)
    assert all(src.startswith("data:image/svg+xml") for src in page.values("src"))
    assert "default-src 'none'" in "".join(page.values("content"))


def test_the_web_page_says_its_language_and_the_words_of_each_chart():
    for language, said in (("zh", "由高到低"), ("en", "from high to low")):
        page = Page(twins.webpage(brief(language)))
        assert page.values("lang")[0] == {"zh": "zh-CN", "en": "en"}[language]
        assert page.values("alt") == [said, said]


def page_of(content, language, **more):
    notebook = {"cells": [prose("own-title"), shown(content)]}
    whole = document(language, [press.chapter(notebook, language, name="01_own")], **more)
    return twins.webpage(whole).decode()


def rows_of(names, *, locator="page 1", sources=0, **columns):
    source = {"title_zh": "年鉴", "title_en": "Yearbook", "locator": locator, "locator_zh": locator}
    given = [source | {"id": f"s{n}", "verification": "verified-read"} for n in range(sources)]
    frame = pd.DataFrame({"area": names, **columns, "headcount": range(len(names))})
    return exhibits.table("own.rows", frame, sources=given)


SENTENCE = "2018年,退出贫困村3个,脱贫x人<b>"
TITLE = "Statistics of rural poverty & its lines"


@pytest.mark.parametrize(
    ("language", "text", "run"),
    [
        ("en", f"A1: {SENTENCE} and more", SENTENCE.removesuffix("<b>")),
        ("en", "文山 & more", "文山"),
        ("zh", f"见{TITLE}第3页", TITLE.replace("&", "&amp;")),
    ],
)
def test_what_is_in_the_other_language_is_marked_as_such(language, text, run):
    page = page_of(rows_of([text], year=[2017]), language)
    other = {"en": "zh-CN", "zh": "en"}[language]
    assert f'<span lang="{other}">{run}</span>' in page
    assert text in "".join(Page(page.encode()).said)


@pytest.mark.parametrize("text", ["python -m analysis brief wenshan", "GitHub", "T19 Beijing"])
def test_a_command_or_a_name_in_a_chinese_page_is_no_english(text):
    assert "<span" not in page_of(rows_of([f"见{text}。"], year=[2017]), "zh")


def test_wide_signs_alone_are_no_chinese():
    assert "<span" not in page_of(rows_of(["＝1+1 and （synthetic）"], year=[2017]), "en")


def test_every_table_has_a_caption_of_its_own():
    page = twins.webpage(brief()).decode()
    captions = re.findall(r"<table><caption>(.+?)</caption>", page)
    assert len(captions) == page.count("<table")
    assert {"Table 1 The counties", "Sources"} <= set(captions)
    assert len(captions) == len(set(captions))


@pytest.mark.parametrize(
    ("names", "years", "naming"),
    [("abc", [2015, 2016, 2017], 1), ("aab", [2015, 2016, 2016], 2), ("aaa", [2017] * 3, 1)],
)
def test_the_columns_that_together_name_a_row_are_its_heads(names, years, naming):
    page = page_of(rows_of(list(names), year=years), "en")
    row = next(part for part in page.split("<tr>") if f">{names[0]}</th>" in part)
    assert row.count('scope="row"') == naming
    assert row.count("<td") == 3 - naming


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_source_named_by_its_number_leads_to_its_line_in_the_list(language):
    page = Page(page_of(rows_of(["a"], year=[2017], sources=6), language).encode())
    cited = [href for href in page.values("href") if href.startswith("#source-")]
    assert cited == [f"#source-{number}" for number in range(3, 7)]
    assert {href[1:] for href in cited} <= set(page.values("id"))


def test_the_contents_lead_to_every_section():
    page = twins.webpage(brief()).decode()
    listed = re.findall(r'href="#([\w-]+)"', page[page.index("<nav") : page.index("</nav>")])
    assert listed == re.findall(r'<section id="([\w-]+)"', page)
    assert listed[-2:] == ["sources", "made"]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_web_page_has_the_key_to_the_marks_and_all_that_the_last_page_tells(language):
    whole = brief(language)
    said = "\n".join(Page(twins.webpage(whole)).said)
    labels, told = whole["labels"], whole["made"]
    for mark in whole["marks"]:
        assert f"{mark['mark']}\n{mark['meaning']}" in said
    assert {"zh": "第1页", "en": "page 1"}[language] in said
    heads = ("marks_lead", "sources_lead", "made_lead", "code_version", "packages", "remake")
    assert all(labels[head] in said for head in heads)
    assert all(told[part] in said for part in ("code", "packages", "command"))
    run, face = told["notebooks"][0], told["fonts"][0]
    for part in (*run.values(), *face.values()):
        assert part in said


def test_a_notebook_without_parameters_says_so_and_no_subtitle_leaves_no_trace():
    run = made()["notebooks"][0] | {"parameters": ""}
    whole = document("en", subtitle="", made=made(notebooks=[run]))
    page = twins.webpage(whole).decode()
    assert f"{run['name']}\n{whole['labels']['no_parameters']}" in page
    assert "<p></p>" not in page


@pytest.mark.parametrize("twin", [twins.webpage, twins.workbook, twins.csv_files])
def test_the_same_brief_gives_the_same_bytes(twin):
    assert twin(brief()) == twin(brief())


def test_twins_number_their_tables_as_the_pdf_does():
    page = twins.webpage(brief()).decode()
    captions = re.findall(r"<figcaption>((?:Table|Figure) \d)", page)
    assert captions == ["Table 1", "Figure 1", "Table 2", "Figure 2"]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_axe_finds_nothing_on_the_page_in_a_real_browser(language, tmp_path):
    browser = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe here")
    path = tmp_path / "brief.html"
    path.write_bytes(twins.webpage(brief(language)))
    with browser.sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = started.new_page()
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
        found = axe.Axe().run(page, options={"runOnly": {"type": "tag", "values": rules}})
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
