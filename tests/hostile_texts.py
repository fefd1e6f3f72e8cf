"""Hostile texts of a ledger on their way out: each of them at each door, where it stays text."""

from __future__ import annotations

import csv
import datetime
import html
import io
import json
import os
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import python_calamine

from analysis import exhibits, press, tables, twins
from analysis.briefs import record
from analysis.tables.findings import Where, a_finding, collected
from analysis.twins.sheets import FORMULA
from tests.hostile import Case

TEXTS = (
    # the typesetter
    *('#eval("1 + 1")', '#read("/etc/passwd")', '#import "/etc/passwd"', "#while true {}"),
    *("@ref <label>", "$ x^2 $", "*star* _under_", "= heading", "\\#strike[x] // comment"),
    *('`#panic("x")`', '\\" + read("/etc/passwd") + \\"'),
    # the web page
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><iframe src=x>"),
    *("javascript:alert(1)", "<!-- ]]>", "&lt;b&gt;", "</title></main>"),
    *("<svg onload=alert(1)>", "' autofocus onfocus='alert(1)", "<base href=//example.org>"),
    # the spreadsheet
    *("=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", "＝1+1", "－1+1", "＠SUM(1)"),
    *('=HYPERLINK("http://example.org","x")', '=WEBSERVICE("http://example.org")', "'=1"),
    *('=DDE("cmd";"/C calc")', "_x000D_=1", "_x0041_", "sep=;", "[a]:*?/b"),
    # the chart
    *("$\\frac{$", "$\\input{x}$", "\\$5", "_hidden"),
    # formats, shells and databases
    *("{0.__class__}", "{word.__class__.__mro__}", "{word:text}", "%s%n", "{{7*7}}", "${HOME}"),
    *("__import__('os').system('id')", "'; DROP TABLE x; --", "`id`"),
)
# What no page can show, and what it gets where it is to be shown.
UNSHOWN = {
    "the sign that moves a cursor": "a\x1b[2Jb",
    "the sign that turns the writing round": "a\u202eb",
    "the end of a page": "a\x0cb",
    "NUL": "a\0b",
    "half a character": "a\ud800b",
    "a sign for private use": "a\ue000b",
}
CATALOGUE = """
own:
  said: {zh: "说：{word:text}", en: "It says {word:text}."}
  rows:
    title: {zh: 各项, en: The rows}
  drawn:
    headline: {zh: 图, en: Drawn}
    subtitle: {zh: 各项, en: the rows}
    alt: {zh: 各项文字, en: texts}
prose:
  own-title: {zh: "# 题", en: "# Title"}
"""


def cases() -> Iterator[Case]:
    """Every text at every door, and what cannot be shown at those that show."""
    doors = {
        "PDF": _in_pdf,
        "web page": _in_page,
        "workbook": _in_workbook,
        "CSV out": _in_csv,
        "chart": _in_chart,
        "sentence": _in_sentence,
        "record": _in_record,
        "findings": _in_findings,
    }
    for door, run in doors.items():
        for text in TEXTS:
            gets = "text"
            if door == "CSV out" and text.startswith(FORMULA):
                gets = "text, with ' before it"
            yield Case(door, text, gets, partial(_without_folder, run, text))
    tofu = "refused: no typeface of the brief has…"
    for name, text in UNSHOWN.items():
        # Half a character is in no ledger that was read: only `briefs.yml` could say it.
        if name != "half a character":
            yield Case("chart", name, tofu, partial(_refused, text))
        if text[1] != "\ue000":
            yield Case(
                "findings", name, "shown as \ufffd", partial(_without_folder, _replaced, text)
            )
        told = "fits" if name not in ("NUL", "half a character") else "refused: …"
        yield Case("parameters", f"a text with {name}", told, partial(_as_parameter, text))
    yield Case("PDF", "a sign for private use", "refused: …", partial(_unset, "a\ue000b"))


def _without_folder(run, text: str, _folder: Path) -> str:
    return run(text)


@contextmanager
def _own_words() -> Iterator[None]:
    before = os.environ.get("ANALYSIS_CATALOGUE")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "own.yml").write_text(CATALOGUE, encoding="utf-8")
        os.environ["ANALYSIS_CATALOGUE"] = folder
        try:
            yield
        finally:
            os.environ.pop("ANALYSIS_CATALOGUE")
            if before is not None:
                os.environ["ANALYSIS_CATALOGUE"] = before


def _draw(axes, texts, *, say) -> None:
    for number, text in enumerate(texts):
        axes.plot([0, 1], [number, number], label=text)
        axes.annotate(text, (0, number))
    axes.set_yticks(range(len(texts)), texts)


def _drawn(texts: tuple[str, ...]):
    return exhibits.figure("own.drawn", _draw, texts, height=8.0)


def _cell(exhibit) -> dict:
    output = {"output_type": "execute_result", "data": exhibit._repr_mimebundle_()}
    return {"cell_type": "code", "id": "a", "outputs": [output]}


def _brief(texts: tuple[str, ...]) -> dict:
    """A brief whose rows, sources and titles are these texts."""
    frame = pd.DataFrame({"area": texts, "year": 2017})
    sources = [
        {
            "id": str(n),
            "title_zh": text,
            "title_en": text,
            "locator": text,
            "locator_zh": text,
            "verification": "derived",
        }
        for n, text in enumerate(texts)
    ]
    with _own_words():
        shown = [exhibits.table("own.rows", frame, sources=sources)]
        title = {"cell_type": "markdown", "id": "own-title"}
        notebook = {"cells": [title, *map(_cell, shown)]}
        chapter = press.chapter(notebook, "en", name="a")
        said = {"title": texts[0], "subtitle": texts[-1], "author": texts[1]}
        made = {name: [] for name in ("notebooks", "inputs", "fonts")} | {
            **{"code": "", "packages": texts[2], "command": texts[3]}
        }
        day = datetime.date(2018, 3, 28)
        return press.document([chapter], language="en", date=day, made=made, **said)


@cache
def _whole_brief() -> dict:
    return _brief(TEXTS)


@cache
def _pdf_text() -> str:
    import pypdf

    pages = pypdf.PdfReader(io.BytesIO(press.typeset(_whole_brief()))).pages
    return _squeezed("".join(page.extract_text() for page in pages))


def _squeezed(text: str) -> str:
    """Where a line breaks says nothing, quotes are set as quotes, and wide signs read as narrow."""
    plain = (
        unicodedata.normalize("NFKC", text)
        .translate(str.maketrans("‘’“”", "''\"\""))
        .replace("\u00ad", "")
    )
    return "".join(plain.split())


def _in_pdf(text: str) -> str:
    return "text" if _squeezed(text) in _pdf_text() else "lost"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said, self.tags = [], set()
        self.feed(twins.webpage(_whole_brief()).decode())

    def handle_starttag(self, tag, attrs):
        self.tags |= {tag, *(name for name, _ in attrs if name.startswith("on"))}

    def handle_data(self, data):
        self.said.append(data)


@cache
def _page() -> _Page:
    return _Page()


def _in_page(text: str) -> str:
    if _page().tags & {"script", "iframe", "object", "embed", "form", "link", "onerror", "base"}:
        return "runs"
    return "text" if text in _page().said else "lost"


@cache
def _sheets() -> tuple[set[str], bool]:
    content = twins.workbook(_whole_brief())
    book = python_calamine.load_workbook(io.BytesIO(content))
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    return {cell for row in rows for cell in row if isinstance(cell, str)}, _has_formula(content)


def _has_formula(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = [package.read(name) for name in package.namelist()]
    return any(b"<f>" in part or b'"External"' in part for part in parts)


def _in_workbook(text: str) -> str:
    cells, formula = _sheets()
    if formula:
        return "a formula"
    return "text" if text in cells else "lost"


@cache
def _csv_cells() -> set[str]:
    files = twins.csv_files(_whole_brief())
    texts = (content.decode("utf-8-sig") for content in files.values())
    return {cell for text in texts for row in csv.reader(io.StringIO(text)) for cell in row}


def _in_csv(text: str) -> str:
    if f"'{text}" in _csv_cells():
        return "text, with ' before it"
    return "text" if text in _csv_cells() else "lost"


@cache
def _svg_texts() -> tuple[str, ...]:
    with _own_words():
        svg = _drawn(TEXTS).content["svg"]["en"]
    found = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return tuple("".join(item.itertext()) for item in found)


def _in_chart(text: str) -> str:
    """Drawn as it stands: beside its line and as the name of a tick."""
    return "text" if _svg_texts().count(text) == 2 else "lost"


def _in_sentence(text: str) -> str:
    with _own_words():
        shown = exhibits.finding("own.said", word=text)._repr_mimebundle_()
    same = shown["text/plain"] == f"It says {text}."
    return "text" if same and html.escape(text) in shown["text/html"] else "lost"


def _in_record(text: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        content = {"parameters": {text: text}}
        press.write_whole(path, json.dumps(content, ensure_ascii=False).encode())
        return "text" if record.read_record(path) == content else "lost"


def _finding_cells(text: str) -> list[str]:
    where = Where(text, text, 3, "A", "size", text)
    found = collected([a_finding(where, "integer", text, text)])
    assert tables.describe_findings(found)
    with tempfile.TemporaryDirectory() as folder:
        path = tables.write_findings(found, Path(folder) / "a.xlsx")
        assert not _has_formula(path.read_bytes())
        return python_calamine.load_workbook(str(path)).get_sheet_by_index(1).to_python()[1]


def _in_findings(text: str) -> str:
    return "text" if _finding_cells(text).count(text) == 4 else "lost"


def _replaced(text: str) -> str:
    shown = "".join(mark if mark.isprintable() else "\ufffd" for mark in text)
    cells = _finding_cells(text)
    return "shown as \ufffd" if shown in cells and text not in cells else f"shown as {cells}"


def _refused(text: str, _folder: Path) -> str:
    try:
        with _own_words():
            _drawn((text,))
    except ValueError as refusal:
        return f"refused: {refusal}"
    return "drawn"


def _unset(text: str, _folder: Path) -> str:
    try:
        press.typeset(_brief((text,) * 4))
    except press.PressError as refusal:
        return f"refused: {refusal}"
    return "set"


def _as_parameter(text: str, _folder: Path) -> str:
    from analysis.briefs import parameters

    said = parameters.problem("word", text, parameters.Parameter("str", ""), Path())
    return "fits" if said is None else f"refused: {said}"
