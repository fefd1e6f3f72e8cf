"""The search for persons: names as offices write them, files as they are packed."""

import base64
import io
import json
import random
import string
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
import typst

from analysis import disclosure, exhibits, tables
from analysis.disclosure import contents, scanner
from analysis.synthetic import old_excel
from analysis.tables import headers, persons
from tests.canaries import a_card, a_name, a_phone, an_id_number

# ---- names


def ledger(folder, title, cell, code="0001"):
    folder.mkdir(exist_ok=True)
    text = f"户编号,{title},帮扶责任人,帮扶单位\n{code},{cell},,\n"
    (folder / "台账.csv").write_text(text, encoding="utf-8")
    return disclosure.tokens_of(folder)


def written(name):
    return {"a.csv": f"项目内容\n为{name}修路\n".encode()}


def found_in(text, tokens):
    return set(disclosure.scan_contents(written(text), tokens=tokens)["kind"])


PADS = ["", "\u3000", "\u3000\u3000", " ", "  "]
POINTS = ["·", "•", "・", ".", ""]


@pytest.mark.parametrize("kept", PADS, ids=repr)
@pytest.mark.parametrize("shown", PADS[:3], ids=repr)
def test_a_padded_name_is_found_without_its_pad_and_the_other_way_round(tmp_path, kept, shown):
    one, other = a_name()[:2]
    tokens = ledger(tmp_path, "姓名", one + kept + other)
    assert tokens == {one + other}
    assert found_in(one + shown + other, tokens) == {"register"}


def test_a_name_padded_with_a_space_is_found_where_a_word_begins(tmp_path):
    one, other = a_name()[:2]
    tokens = ledger(tmp_path, "姓名", one + other)
    assert found_in(f"，{one} {other}", tokens) == {"register"}
    # 最高 平均 is no 高平.
    assert found_in(f"最{one} {other}均", tokens) == set()


@pytest.mark.parametrize("kept", POINTS[:4])
@pytest.mark.parametrize("shown", POINTS)
def test_a_name_with_points_is_found_whatever_the_point(tmp_path, kept, shown):
    parts = [a_name() + a_name()[:1], a_name()]
    tokens = ledger(tmp_path, "姓名", kept.join(parts))
    assert tokens == {"".join(parts)}
    assert found_in(shown.join(parts), tokens) == {"register"}


@pytest.mark.parametrize(
    "title",
    ["贫困户姓名", "姓名(必填)", "户主姓名（必填）", "户主签名", "残疾人姓名", "学生姓名",
     "第一书记", "第一书记姓名", "户主签字：", "村支部书记", "项目负责人", "姓　名",
     "受益人[必填]", "户主名字*"],
)  # fmt: skip
def test_a_variant_of_a_title_of_names_is_known(tmp_path, title):
    name = a_name()
    assert ledger(tmp_path, title, name) == {name}
    found = tables.check_folder(tmp_path).findings.query("rule == 'personal_column'")
    assert found["title"].tolist() == [" ".join(title.split())]


@pytest.mark.parametrize(
    "title",
    ["与户主关系", "户主与申请人关系", "户主电话", "是否户主", "行政村", "计划资金（元）",
     "负责人职务", "第一书记单位", "受益人数", "书记编号", "人均纯收入", "户主年龄", "责任单位"],
)  # fmt: skip
def test_another_title_is_none_of_names(tmp_path, title):
    assert not headers.is_of_names(title)
    assert ledger(tmp_path, title, a_name()) == set()


def test_a_list_that_is_no_ledger_is_searched_for_names_too(tmp_path):
    name = a_name()
    text = f"第一书记花名册,,\n序号,行政村,第一书记\n1,某某村,{name}\n合计,,1\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert disclosure.tokens_of(tmp_path) == {name}


def test_places_offices_totals_and_remarks_do_not_become_names(tmp_path):
    text = "户编号,户主姓名,帮扶责任人,帮扶单位\n" + "".join(
        f"0001,{word},{office},\n"
        for word, office in [("合计", "某某村"), ("本人", "某某局"), ("户主姓名", "某镇中心小学")]
    )
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert disclosure.tokens_of(tmp_path) == set()


def test_a_long_name_without_points_is_one_where_a_column_holds_nothing_but_names(tmp_path):
    long = a_name() + a_name() + a_name()[:1]
    assert ledger(tmp_path, "姓名", long) == {long}
    for shown in (long, f"{long[:4]}·{long[4:]}", f"为{long}修路"):
        assert found_in(shown, {long}) == {"register"}
    assert ledger(tmp_path, "第一书记", long) == set()


def test_a_long_word_of_the_briefs_in_a_column_of_names_is_no_name(tmp_path, monkeypatch):
    word = a_name() + a_name()
    monkeypatch.setattr(scanner, "_own_words", lambda: f"各年{word}人数")
    assert ledger(tmp_path, "姓名", word) == set()


def test_titles_of_sources_give_no_name_away_that_happens_to_stand_in_them():
    """于建 is a name, and stands in 关于建立, the title of a decree."""
    said = tables.read("sources")["title_zh"]
    title = said[said.str.contains("关于建立")].iloc[0]
    assert found_in(f"资料来源：{title}。", {"于建"}) == set()
    assert found_in(f"户主：于建。资料来源：{title}。", {"于建"}) == {"register"}


def test_several_names_in_a_cell_are_several(tmp_path):
    one, two = a_name(), a_name()
    for cell in (f"{one}、{two}", f"{one} {two}", f"{one}（已故）；{two}"):
        assert {one, two} <= ledger(tmp_path, "姓名", cell)


# ---- files


def a_zip(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def svg(text):
    return f'<svg xmlns="http://www.w3.org/2000/svg"><text>{text}</text></svg>'.encode()


def embedded(text):
    return f'<img src="data:image/svg+xml;base64,{base64.b64encode(svg(text)).decode()}">'


def halves(text):
    return text[:2], text[2:]


def an_old_workbook(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xls"
        old_excel.write_xls(path, "rows", [["some", "column"], [1.0, text]])
        return path.read_bytes()


FORMS = {
    "data URI of a page": lambda t: {"a.html": embedded(t).encode()},
    "data URI of a notebook": lambda t: {"a.ipynb": json.dumps({"cells": [embedded(t)]}).encode()},
    "data URI with signs": lambda t: {
        "a.html": f'<a href="data:text/plain,{"".join(f"%{b:02X}" for b in t.encode())}">'.encode()
    },
    "tags between letters": lambda t: {"a.html": "<p>{}<b>{}</b></p>".format(*halves(t)).encode()},
    "tags in a notebook": lambda t: {
        "a.ipynb": json.dumps({"x": "<td>{}<i>{}</i></td>".format(*halves(t))}).encode()
    },
    "text of a drawing": lambda t: {"a.svg": svg("{}<tspan>{}</tspan>".format(*halves(t)))},
    "attribute": lambda t: {"a.html": f'<img alt="{t}">'.encode()},
    "remark": lambda t: {"a.html": f"<!-- {t} -->".encode()},
    "UTF-16": lambda t: {"a.csv": f"x,{t},1".encode("utf-16")},
    "UTF-16 without a mark": lambda t: {"a.csv": f"1,2,3,4,5,6,7,{t},1,2,3,4".encode("utf-16-le")},
    "UTF-32": lambda t: {"a.csv": f"x,{t},1".encode("utf-32")},
    "zip in a zip": lambda t: {"a.zip": a_zip({"b.zip": a_zip({"c.csv": f"x,{t}".encode()})})},
    "UTF-16 in a zip": lambda t: {"a.zip": a_zip({"c.csv": f"x,{t}".encode("utf-16")})},
    "name in a zip": lambda t: {"a.zip": a_zip({f"{t}.csv": b"x"})},
    "escapes in what a notebook printed": lambda t: {
        "a.ipynb": json.dumps({"cells": [{"source": [json.dumps({"a": t})]}]}).encode()
    },
    "escapes in a log": lambda t: {"a.log": json.dumps({"a": t}).encode()},
    "bytes in a log": lambda t: {"a.log": f"{t.encode()!r}".encode()},
    "address of a page": lambda t: {"a.html": f'<a href="?q={quote(t)}">x</a>'.encode()},
    "colours of a terminal": lambda t: {
        "a.log": "\x1b[1;31m{}\x1b[0m{}\x1b[m".format(*halves(t)).encode()
    },
    "marks of a variant": lambda t: {"a.txt": "{}\U000e0100{}".format(*halves(t)).encode()},
    "old workbook": lambda t: {"a.xls": an_old_workbook(t)},
    "file in a workbook": lambda t: {"a.xlsx": a_zip({"xl/embeddings/a.txt": t.encode()})},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["id_number", "phone", "register"])
def test_a_canary_is_found_however_the_file_is_made_and_not_repeated(form, kind):
    text = {"id_number": an_id_number, "phone": a_phone, "register": a_name}[kind]()
    hits = disclosure.scan_contents(FORMS[form](text), tokens={text})
    assert kind in set(hits["kind"])
    assert text not in hits.to_csv()
    assert not disclosure.describe_hits(hits, "zh")[0].count(text)


NUMBERS = {
    "after a word": lambda n, p, c: (f"ID{n}", f"tel{p}"),
    "over the end of a line of a page": lambda n, p, c: (f"<td>{n[:6]}<br/>{n[6:]}</td>",),
    "as counts": lambda n, p, c: (f"| {int(p):,} |", f"{int(c):,}"),
    "with one dash": lambda n, p, c: (f"{p[:3]}-{p[3:]}", f"{p[:3]}-{p[3:7]} {p[7:]}"),
}


@pytest.mark.parametrize("form", NUMBERS)
def test_a_number_is_found_however_it_is_written(form):
    for text in NUMBERS[form](an_id_number(), a_phone(), a_card()):
        assert not disclosure.scan_contents({"a.html": text.encode()}).empty, text[:3]
        assert not disclosure.scan_contents({"a.ipynb": json.dumps([text]).encode()}).empty


@pytest.mark.parametrize(
    "text",
    ["1,234,567,890,123", "8,513,912,345,677", "139-150 12345677", "13,912,340,000",
     "grid13912345", "5%20%30", "\\x00\\x01", "%FF%FE%41", "\\ud83d"],
)  # fmt: skip
def test_other_numbers_and_signs_are_none_of_persons(text):
    assert disclosure.scan_contents({"a.txt": text.encode()}, tokens={a_name()}).empty


def test_an_old_card_is_found():
    body = f"955880{random.randint(0, 10**12 - 1):012d}"
    card = next(body + d for d in string.digits if persons._passes_luhn(body + d))
    assert set(disclosure.scan_contents({"a.txt": card.encode()})["kind"]) == {"bank_card"}


def test_of_a_notebook_the_cell_is_named_and_nothing_outside_cells_is_missed():
    phone, name = a_phone(), a_name()
    cells = [{"id": "fine", "source": ["x"]}, {"id": "told", "outputs": [{"text": [phone]}]}]
    book = {"cells": cells, "metadata": {"by": name}}
    hits = disclosure.scan_contents({"a.ipynb": json.dumps(book).encode()}, tokens={name})
    assert set(zip(hits["part"], hits["kind"], strict=True)) == {
        ("cell 2 (told)", "phone"),
        ("", "register"),
    }
    cells[1]["id"] = phone
    hits = disclosure.scan_contents({"a.ipynb": json.dumps(book).encode()})
    assert set(hits["part"]) == {"***"}


def test_cells_beside_each_other_are_not_read_as_one():
    number = an_id_number()
    one, two = number[:6], number[6:]
    files = {
        "a.html": f"<tr><td>{one}</td><td>{two}</td></tr>".encode(),
        "a.ipynb": json.dumps({"rows": [[one, two]]}).encode(),
        "a.csv": f"{one},{two}".encode(),
    }
    assert disclosure.scan_contents(files).empty


@pytest.mark.parametrize("fault", ["deep", "bomb", "locked"])
def test_an_archive_that_cannot_be_looked_through_is_a_hit(fault, monkeypatch):
    content = b"x"
    for _ in range(contents.DEEPEST + 2):
        content = a_zip({"a.zip": content})
    if fault == "bomb":
        monkeypatch.setattr(contents, "LIMITS", tables.Limits(unpacked=3))
        content = a_zip({"a.csv": b"four"})
    if fault == "locked":
        content = a_zip({"a.csv": b"x"})
        content = content.replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1")
    assert "unreadable" in set(disclosure.scan_contents({"a.zip": content})["kind"])


def a_pdf(folder, body, tagged=True):
    path = folder / "a.typ"
    path.write_text('#set document(title: "x")\n#set text(font: "Noto Sans SC")\n' + body, "utf-8")
    faces = sorted({str(path.parent) for path in exhibits.fonts.paths().values()})
    return {"a.pdf": typst.compile(path, font_paths=faces)}


PDFS = {
    "alternative text": '#figure(rect[x], alt: "{}")',
    "link": '#link("https://example.org/?q={}")[x]',
    "over a line": "{0[0]}#linebreak(){0[1]}",
    "in a narrow cell": "#table(columns: (4em,), [{0[0]}#linebreak(){0[1]}])",
    "outline": "= {}",
    "file": '#pdf.attach("a.txt", bytes("{}"))',
}


@pytest.mark.parametrize("place", PDFS)
def test_a_canary_is_found_all_over_a_pdf(tmp_path, place):
    number = an_id_number()
    text = (number[:8], number[8:]) if "{0" in PDFS[place] else number
    files = a_pdf(tmp_path, PDFS[place].format(text))
    hits = disclosure.scan_contents(files)
    assert set(hits["kind"]) == {"id_number"}
    assert number not in hits.to_csv()


def test_a_name_broken_over_a_line_of_a_pdf_is_found_where_nothing_is_beside_it(tmp_path):
    name = a_name()
    narrow = f"#table(columns: (2.6em, 4em), inset: 0pt, [{name}], [x])"
    assert set(disclosure.scan_contents(a_pdf(tmp_path, narrow), tokens={name})["kind"]) == {
        "register"
    }
    apart = f"为{name[:2]}#linebreak(){name[2:]}修路"
    assert disclosure.scan_contents(a_pdf(tmp_path, apart), tokens={name}).empty


def test_an_actual_text_of_a_pdf_is_read(tmp_path):
    pypdf = pytest.importorskip("pypdf")
    number = an_id_number()
    files = a_pdf(tmp_path, '#figure(rect[x], alt: "x")')
    book = pypdf.PdfWriter(clone_from=io.BytesIO(files["a.pdf"]))
    for made in book._objects:
        if isinstance(made, pypdf.generic.DictionaryObject) and "/Alt" in made:
            text = pypdf.generic.TextStringObject(number)
            made[pypdf.generic.NameObject("/ActualText")] = text
            del made["/Alt"]
    held = io.BytesIO()
    book.write(held)
    assert set(disclosure.scan_contents({"a.pdf": held.getvalue()})["kind"]) == {"id_number"}
