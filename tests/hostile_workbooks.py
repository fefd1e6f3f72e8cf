"""Hostile workbooks: archives, sheets and XML of XLSX files, and sectors and records of XLS."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

from analysis.synthetic import old_excel
from tests import offices
from tests.hostile import Case, outcome

SHEET, BOOK, STYLES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"
RELATIONS, STRINGS = "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"
TYPES = "[Content_Types].xml"
TEXT = b'<c t="inlineStr"><is><t>x</t></is></c>'
BAD, LARGE = "refused: unreadable", "refused: too_large"
ZEROS = bytes(12_000_000)


def cases() -> Iterator[Case]:
    """Every case of a workbook."""
    for door, listed in (
        ("XLSX archive", [*_archives(), *_truncated("a.xlsx", whole(), XLSX_CUTS)]),
        ("XLSX sheet", [*_sheets(), *_merges(), *_values()]),
        ("XLSX parts", [*_xml(), *_links()]),
        ("XLS", [*_sectors(), *_records(), *_truncated("a.xls", old(), XLS_CUTS)]),
    ):
        yield from (Case(door, name, gets, run) for name, gets, run in listed)


@cache
def _written(suffix: str) -> bytes:
    cells = offices.sheets()["helpers"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        if suffix == ".xls":
            old_excel.write_xls(path, "helpers", cells)
        else:
            offices.write_workbook(path, {"helpers": cells})
        return path.read_bytes()


def whole() -> bytes:
    """A sound XLSX file."""
    return _written(".xlsx")


def old() -> bytes:
    """A sound XLS file."""
    return _written(".xls")


def parts() -> dict[str, bytes]:
    """The parts of the sound XLSX file."""
    with zipfile.ZipFile(io.BytesIO(whole())) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(content: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Pack parts as an archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as package:
        for name, part in content.items():
            package.writestr(name, part)
    return written.getvalue()


def put(name: str, make: Callable[[], bytes]) -> Callable[[Path], str]:
    """A case that puts one file into the folder."""

    def run(folder: Path) -> str:
        (folder / name).write_bytes(make())
        return outcome(folder)

    return run


def _file(content: Callable[[], bytes], name: str = "a.xlsx") -> Callable[[Path], str]:
    return put(name, content)


def _changed(part: str, *pairs: tuple[bytes, bytes], name: str = "a.xlsx"):
    """A workbook of which one part is changed; a change that finds nothing is a faulty test."""

    def make() -> bytes:
        held = parts()
        for old_, new in pairs:
            assert old_ in held[part], old_
            held[part] = held[part].replace(old_, new, 1)
        return packed(held)

    return put(name, make)


def _with(**more: bytes):
    return put("a.xlsx", lambda: packed(parts() | more))


def _rows(xml: bytes):
    return _changed(SHEET, (b"</sheetData>", xml + b"</sheetData>"))


def _cell(address: str, tag: str = '<c r="{}"><v>1</v></c>', row: str = "9"):
    return _rows(f'<row r="{row}">{tag.format(address)}</row>'.encode())


# ---- archives


def _archives() -> Iterator[tuple]:
    for name, content in (
        ("an empty file", b""),
        ("two letters of an archive", b"PK"),
        ("a PDF", b"%PDF-1.7 %%EOF"),
        ("a web page", b"<html><table><tr><td>1</td></tr></table></html>"),
        ("text", "户编号,年度\n".encode()),
        ("an archive in gzip", bytes.fromhex("1f8b0800") + bytes(40)),
        ("a shell script", b"#!/bin/sh\nreboot\n"),
        ("an archive of nothing", b"PK\5\6" + bytes(18)),
    ):
        yield f"{name} named .xlsx", BAD, put("a.xlsx", lambda content=content: content)
    yield "an old workbook named .xlsx", BAD, put("a.xlsx", old)
    yield "a new workbook named .xls", BAD, put("a.xls", whole)
    yield (
        "a document of Word named .xlsx",
        BAD,
        _file(lambda: packed({"word/document.xml": b"<a/>"})),
    )
    yield from _bombs()
    yield from _lies()
    for name in ("../../evil.xml", "/etc/evil.xml", "C:\\evil.xml", "xl/./evil.xml", "xl//evil"):
        more = {name: b"<a/>"}
        yield f"a part named {name}", "read", _file(lambda more=more: packed(parts() | more))
    yield "a sheet named twice", BAD, put("a.xlsx", partial(_twice, SHEET))
    yield "a sheet named again in capitals", BAD, _with(**{SHEET.upper(): b"<a/>"})
    yield (
        "5,000 empty parts",
        "read",
        _file(lambda: packed(parts() | {f"xl/media/{n}": b"" for n in range(5_000)})),
    )
    yield "a comment after the archive", BAD, put("a.xlsx", _commented)
    yield "something after the archive", BAD, put("a.xlsx", lambda: whole() + b"more")
    yield "another archive after it", BAD, put("a.xlsx", lambda: whole() + whole())
    yield "an archive of 4 GB and more, as it says", BAD, put("a.xlsx", _large_archive)
    yield (
        "a sheet named again with the other slash",
        BAD,
        _with(**{SHEET.replace("/", "\\"): b"<a/>"}),
    )
    yield "a program before the archive", BAD, _file(lambda: b"MZ" + bytes(500) + whole())
    yield (
        "an archive with an old workbook before it",
        BAD,
        put("a.xlsx", lambda: old() + whole()),
    )
    yield "an old workbook with an archive after it", BAD, put("a.xls", lambda: _ring() + whole())
    for method, name in ((zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")):
        yield f"parts packed by {name}", BAD, put("a.xlsx", partial(_packed_by, method))
    yield "a way of packing nobody knows", BAD, _file(lambda: _entry(SHEET, 10, 99, "<H"))
    yield "a part said to be encrypted", BAD, _file(lambda: _entry(SHEET, 8, 1, "<H"))
    yield "a workbook with a password", "refused: password", put("a.xlsx", encrypted)


def _packed_by(method: int) -> bytes:
    return packed(parts(), method)


def _bombs() -> Iterator[tuple]:
    for part in ("xl/media/image1.png", SHEET, STRINGS, STYLES, "docProps/core.xml"):
        yield f"12 MB of nothing in {part}", LARGE, _with(**{part: ZEROS})
    inner = {"xl/media/inner.zip": packed({"deep.zip": packed({"zeros": bytes(9_000_000)})})}
    yield "an archive in an archive in it", "read", _file(lambda: packed(parts() | inner))
    yield "parts laid over each other", BAD, put("a.xlsx", _overlapping)


def _commented() -> bytes:
    written = io.BytesIO(whole())
    with zipfile.ZipFile(written, "a") as package:
        package.comment = whole()
    return written.getvalue()


def _large_archive() -> bytes:
    """An end of the long form: a record and its place, before an end that says all is there."""
    content = whole()
    body, end = content[:-22], bytearray(content[-22:])
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 0, 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body), 1)
    held = struct.unpack_from("<I", end, 12)[0] + len(record) + len(locator)
    struct.pack_into("<I", end, 12, held)
    return body + record + locator + bytes(end)


def _twice(name: str) -> bytes:
    written = io.BytesIO(whole())
    with zipfile.ZipFile(written, "a") as package:
        package.NameToInfo.clear()
        package.writestr(name, b"<a/>")
    return written.getvalue()


def _overlapping() -> bytes:
    """Entries of other names that point at the data of the sheet."""
    content = bytearray(whole())
    place = _place(content, STYLES)
    content[place + 42 : place + 46] = content[_place(content, SHEET) + 42 :][:4]
    return bytes(content)


def _place(content: bytes, name: str) -> int:
    """Where the directory of the archive has a part."""
    at = content.index(b"PK\1\2")
    while content[at + 46 : at + 46 + len(name)] != name.encode():
        at = content.index(b"PK\1\2", at + 4)
    return at


def _entry(name: str, offset: int, value: int, form: str = "<I") -> bytes:
    content = bytearray(whole())
    struct.pack_into(form, content, _place(content, name) + offset, value)
    return bytes(content)


def _lies() -> Iterator[tuple]:
    for part in (SHEET, STRINGS, STYLES, TYPES, "docProps/app.xml"):
        yield f"{part} said to be of 10 bytes", BAD, _file(partial(_entry, part, 24, 10))
    for part in (SHEET, STYLES):
        yield f"{part} said to be of 4 GB", LARGE, _file(partial(_entry, part, 24, 0xFFFFFFFE))
        yield f"{part} said to lie elsewhere", BAD, _file(partial(_entry, part, 42, 7))
        yield f"{part} with a wrong sum", BAD, _file(partial(_entry, part, 16, 7))


XLSX_CUTS = (1, 4, 30, 100, 500, 1000, 2000, 3000, 4000, 5000, -1, -10, -22, -23, -100, -500)
XLS_CUTS = (1, 8, 100, 511, 512, 513, 1000, 1024, 1500, 1536, 2000, -3000, -2048, -1024)


def _truncated(name: str, content: bytes, cuts: tuple[int, ...]) -> Iterator[tuple]:
    for cut in cuts:
        where = f"after {cut:,} bytes" if cut > 0 else f"{-cut:,} bytes before its end"
        yield f"cut off {where}", BAD, put(name, lambda cut=cut: content[:cut])


def encrypted() -> bytes:
    """A compound file that holds an encrypted package and no workbook."""
    return old().replace("Workbook\0".encode("utf-16-le"), "EncryptedPackage\0".encode("utf-16-le"))


# ---- sheets


def _sheets() -> Iterator[tuple]:
    single, spaced = "<c r='{}'><v>1</v></c>", '<c  r = "{}" ><v>1</v></c>'
    late, prefixed = '<c s="0" r="{}"><v>1</v></c>', '<x:c r="{}"><x:v>1</x:v></x:c>'
    broken = '<c\n r\n=\n"{}"><v>1</v></c>'
    forms = {
        "as always": '<c r="{}"><v>1</v></c>',
        "in single quotes": single,
        "with spaces": spaced,
        "behind another attribute": late,
        "with a prefix": prefixed,
        "over several lines": broken,
    }
    for how, tag in forms.items():
        for address in ("XFD9", "ZZZZZZ9", "OK9", "A9999999", "A99999999999"):
            # An address that no sheet has is refused as such where its form is not the usual.
            odd = tag != forms["as always"] and address in ("ZZZZZZ9", "A99999999999")
            yield f"a cell at {address}, written {how}", BAD if odd else LARGE, _cell(address, tag)
    for address in ("xfd9", "zz9", "a9999999"):
        yield f"a cell at {address}, in small letters", LARGE, _cell(address, single)
    for address in ("&#88;FD9", "A1:B2", "$A$9", "9A", "A-1", " A9", "+9", "", "九"):
        yield f"a cell at {address!r}", BAD, _cell(address)
    corners = '<c r="A9"/><c r="NF1048576"/>'
    yield "two cells at opposite corners", LARGE, _cell("", corners)
    for row in ("900000000", "4294967290", "4294967297"):
        yield f"a cell without address in row {row}", LARGE, _rows(_row(row, TEXT))
    yield "300 cells without address in row 1,048,576", LARGE, _rows(_row("1048576", TEXT * 300))
    yield "16,000 cells without address", LARGE, _rows(_row("9", TEXT * 16_000))
    yield (
        "cells without address behind column NZ",
        LARGE,
        _rows(_row("9", b'<c r="NZ9"/>' + TEXT * 20)),
    )
    yield "a row numbered +900000000", BAD, _rows(_row("+900000000", TEXT))
    yield "a row numbered -1", BAD, _rows(_row("-1", TEXT))
    said = b'<dimension ref="A1:'
    for reach, gets in (("XFD9", LARGE), ("A9999999", LARGE), ("B2", "read"), ("A0", BAD)):
        change = (b'<dimension ref="A1:C4', said + reach.encode())
        yield f"a sheet that says it reaches to {reach}", gets, _changed(SHEET, change)
    yield "the sheet under another name", LARGE, put("a.xlsx", partial(_renamed, "sheet1.bin"))
    yield "a sheet in the folder above", LARGE, put("a.xlsx", partial(_renamed, "../sheet1.xml"))


def _row(number: str, cells: bytes) -> bytes:
    return f'<row r="{number}">'.encode() + cells + b"</row>"


def _renamed(name: str) -> bytes:
    held = parts()
    far = b'<row r="9"><c r="XFD9"><v>1</v></c></row></sheetData>'
    held[f"xl/worksheets/{name}"] = held.pop(SHEET).replace(b"</sheetData>", far)
    held[RELATIONS] = held[RELATIONS].replace(b"sheet1.xml", name.encode())
    return packed(held)


def _merged(*ranges: str):
    listed = "".join(f'<mergeCell ref="{one}"/>' for one in ranges)
    xml = f"</sheetData><mergeCells>{listed}</mergeCells>".encode()
    return _changed(SHEET, (b"</sheetData>", xml))


def _merges() -> Iterator[tuple]:
    many = [f"A{n}:B{n}" for n in range(2, 100_003)]
    yield "100,001 merged ranges", LARGE, _merged(*many)
    yield "a range merged down to row 1,048,576", "read, told: merged_cell", _merged("C2:C1048576")
    yield "a range merged over all columns", "read", _merged("A2:XFD2")
    yield "a range merged backwards", "read, told: merged_cell", _merged("C4:C2")
    yield "ranges merged over each other", "read, told: merged_cell", _merged("C2:C4", "C3:C4")
    for one in ("A0:A0", "A1", "foo", "", "A1:B2:C3", "AAAAAAAAA1:B2"):
        gets = "read" if one in ("A1", "AAAAAAAAA1:B2") else BAD
        yield f"a range merged at {one!r}", gets, _merged(one)


def _values() -> Iterator[tuple]:
    texts = (
        ("a cell of 40,000 letters", "x" * 40_000, "refused: long_cell"),
        ("a cell of 1,000,000 letters", "x" * 1_000_000, "refused: long_cell"),
        ("a text that begins as a formula", "=1+1", "read"),
        ("a text that starts a program", "=cmd|' /C calc'!A0", "read"),
        ("a text that turns the writing round", "\u202e0001", "read"),
        ("a text in markup", "&lt;script>alert(1)&lt;/script>", "read"),
        ("a text with a format in it", "{0.__class__}", "read"),
    )
    for name, text, gets in texts:
        cell = f'<row r="5"><c r="A5" t="inlineStr"><is><t>0009</t></is></c>{_inline("B5", text)}'
        yield name, gets, _rows(f"{cell}</row>".encode())
    kinds = (
        ("a shared text that is not there", "s", "99999999", BAD),
        ("a shared text numbered -1", "s", "-1", "read"),
        ("a number of 1e308", "n", "1e308", "refused: long_number"),
        ("a number of 1e999", "n", "1e999", "refused: code_number"),
        ("a number that is none", "n", "NaN", "refused: code_number"),
        ("a number in letters", "n", "many", BAD),
        ("a truth of 7", "b", "7", BAD),
        ("a type nobody knows", "zz", "1", BAD),
        ("a day before all days", "d", "-99999-01-01", "read"),
    )
    for name, kind, value, gets in kinds:
        cell = f'<c r="A5" t="{kind}"><v>{value}</v></c>{_inline("B5", "G9")}'
        yield name, gets, _rows(f'<row r="5">{cell}</row>'.encode())
    styled = f'<c r="A5" s="99999999"><v>1</v></c>{_inline("B5", "G9")}'
    yield (
        "a style that is not there",
        "read, told: number_code",
        _rows(f'<row r="5">{styled}</row>'.encode()),
    )


def _inline(address: str, text: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


# ---- XML, links and programs


def _xml() -> Iterator[tuple]:
    bomb = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    types = {
        "entities of entities": f'<!DOCTYPE x [<!ENTITY a "ha">{bomb}]>',
        "an entity from a file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        "an entity from the network": '<!DOCTYPE x [<!ENTITY a SYSTEM "http://example.org/">]>',
        "a parameter entity": '<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>',
        "a type from elsewhere": '<!DOCTYPE x SYSTEM "http://example.org/x.dtd">',
    }
    for part in (SHEET, BOOK, STRINGS, STYLES, RELATIONS):
        for what, text in types.items():
            change = (b"?>", f"?>{text}".encode())
            yield f"{what} in {part}", BAD, _changed(part, change)
    for part in (SHEET, BOOK, STRINGS, RELATIONS):
        for code in ("UTF-16", "UTF-7", "cp037"):
            yield f"{part} in {code}", BAD, put("a.xlsx", partial(_recoded, part, code))
    yield "NUL in a sheet", BAD, _changed(SHEET, (b"<sheetData>", b"<sheetData>\0"))
    yield "a sheet 300,000 elements deep", "read", _rows(_row("9", b"<a>" * 300_000))
    deep = (
        (b"<sheets>", b"<a>" * 100_000 + b"<sheets>"),
        (b"</sheets>", b"</sheets>" + b"</a>" * 100_000),
    )
    yield "a list of sheets 100,000 elements deep", "read", _changed(BOOK, *deep)
    yield "a sheet that is never closed", BAD, _changed(SHEET, (b"</sheetData>", b""))
    yield "a list of sheets that is never closed", BAD, _changed(BOOK, (b"</workbook>", b""))
    yield "a name of 3 MB", "read", _rows(_row("9", b"<" + b"a" * 3_000_000 + b"/>"))
    yield "an order to a program", "read", _changed(SHEET, (b"?>", b"?><?php exec('id') ?>"))
    yield "a text that is not UTF-8", BAD, _changed(STRINGS, (b"<t>", b"<t>\xff\xfe"))


def _recoded(part: str, code: str) -> bytes:
    held = parts()
    text = held[part].decode().replace("UTF-8", code)
    return packed(held | {part: text.encode(code, errors="replace")})


def _links() -> Iterator[tuple]:
    name = "a.xlsm"
    macros = {"xl/vbaProject.bin": b'Sub Auto_Open() Shell "calc" End Sub'}
    yield "macros", "read", put(name, lambda: packed(parts() | macros))
    embedded = {"xl/embeddings/oleObject1.bin": old()}
    yield "another workbook inside it", "read", _file(lambda: packed(parts() | embedded))
    link = {"xl/externalLinks/externalLink1.xml": b'<ddeLink ddeService="cmd" ddeTopic="/C calc"/>'}
    yield "a link to a program", "read", _file(lambda: packed(parts() | link))
    for target in (
        "http://example.org/sheet1.xml",
        "file:///etc/passwd",
        "../../../../etc/passwd",
        "/etc/passwd",
        "\\\\host\\share\\sheet1.xml",
        "",
    ):
        change = (b'Target="worksheets/sheet1.xml"', f'Target="{target}"'.encode())
        yield f"a sheet that lies at {target!r}", BAD, _changed(RELATIONS, change)
    formulas = ('HYPERLINK("http://example.org")', "cmd|'/C calc'!A0", 'WEBSERVICE("http://x")')
    for formula in formulas:
        cell = f'<c r="A5" t="str"><f>{formula}</f><v>0009</v></c>{_inline("B5", "G9")}'
        yield f"a cell worked out by {formula}", "read", _rows(_row("5", cell.encode()))
    again = b'<sheet name="again" sheetId="2" r:id="rId1"/></sheets>'
    yield "two sheets of one part", "refused: duplicate", _changed(BOOK, (b"</sheets>", again))
    absent = b'<sheet name="absent" sheetId="2" r:id="rId99"/></sheets>'
    yield "a sheet of no part", BAD, _changed(BOOK, (b"</sheets>", absent))
    for state in ("hidden", "veryHidden"):
        change = (b'sheetId="1"', f'sheetId="1" state="{state}"'.encode())
        yield f"a sheet that is {state}", "left out, told: hidden_sheet", _changed(BOOK, change)
    named = (b'name="helpers"', b'name="&lt;b&gt;{0.__class__}=1+1"')
    yield "a sheet named in markup", "read", _changed(BOOK, named)


# ---- XLS


def _bent(*changes: tuple[int, str, int]) -> bytes:
    content = bytearray(old())
    for at, form, value in changes:
        struct.pack_into(form, content, at, value)
    return bytes(content)


def _ring() -> bytes:
    """The chain of the workbook leads back to its own beginning."""
    return _bent((512 + 4 * 3, "<I", 2))


def _xls(*changes: tuple[int, str, int]):
    return put("a.xls", partial(_bent, *changes))


def _sectors() -> Iterator[tuple]:
    yield "a chain of sectors that is a ring", BAD, put("a.xls", _ring)
    yield "a directory that is a ring", BAD, _xls((512 + 4, "<I", 1))
    yield "a table that is a ring", BAD, _xls((68, "<I", 0), (512 + 508, "<I", 0))
    yield "a table listed twice", BAD, _xls((80, "<I", 0))
    yield "a table behind the end", BAD, _xls((76, "<I", 0x00FFFFFF))
    yield "a sector behind the end", BAD, _xls((512 + 4 * 3, "<I", 120))
    yield "a sector far behind the end", BAD, _xls((512 + 4 * 3, "<I", 0xFFFFFF00))
    yield "a directory behind the end", BAD, _xls((48, "<I", 0x7FFFFFFF))
    for at, what in ((40, "directory"), (44, "table"), (64, "table of small sectors")):
        yield f"a {what} said to take 4 billion sectors", BAD, _xls((at, "<I", 0xFFFFFFFF))
    for shift in (0, 1, 8, 31, 0xFFFF):
        yield f"sectors of 2 to the power of {shift}", BAD, _xls((30, "<H", shift))
    yield "small sectors of no size", BAD, _xls((32, "<H", 0))
    size = old().index("Workbook\0".encode("utf-16-le")) + 120
    yield "a workbook said to be of 4 GB", BAD, _xls((size, "<I", 0xFFFFFFFF))
    yield "a workbook said to be small", BAD, _xls((size, "<I", 100))
    root = old().index("Root Entry\0".encode("utf-16-le")) + 120
    yield "a root said to be of 4 GB", BAD, _xls((root, "<I", 0xFFFFFFFF))
    yield (
        "no workbook in it",
        BAD,
        put("a.xls", lambda: old().replace(b"W\0o\0r\0k\0", b"N\0o\0n\0e\0")),
    )
    for name, content in (("text", b"1,2"), ("a web page", b"<table><tr><td>1"), ("nothing", b"")):
        yield f"{name} named .xls", BAD, put("a.xls", lambda content=content: content)


def _records() -> Iterator[tuple]:
    book = 512 * 3
    content = old()
    dimensions = content.index(struct.pack("<HH", 0x0200, 14), book) + 4
    yield "a sheet said to have 4 billion rows", LARGE, _xls((dimensions + 4, "<I", 0xFFFFFFFF))
    yield "a sheet said to have 65,535 columns", LARGE, _xls((dimensions + 10, "<H", 0xFFFF))
    yield "a sheet that ends before it begins", BAD, _xls((dimensions, "<I", 900))
    yield "a sheet whose size is cut short", BAD, _xls((dimensions - 2, "<H", 4))
    label = content.index(struct.pack("<H", 0x0204), dimensions) + 4
    yield "a cell in column 65,535", LARGE, _xls((label + 2, "<H", 0xFFFF))
    yield (
        "a cell in row 65,535",
        "refused: empty_row, required",
        _xls((content.rindex(struct.pack("<H", 0x0204)) + 4, "<H", 0xFFFF)),
    )
    yield "a text said to be of 65,535 letters", LARGE, _xls((label + 6, "<H", 0xFFFF))
    yield "a record that goes on behind the end", BAD, _xls((label - 2, "<H", 0xFFFF))
    sheet = content.index(struct.pack("<H", 0x0085), book) + 4
    yield "a sheet that begins behind the end", BAD, _xls((sheet, "<I", 0x7FFFFFFF))
    yield "a sheet of no kind", BAD, _xls((sheet + 5, "<B", 9))
    for count in (0x7FFFFFFF, 0xFFFFFFFF):
        body = struct.pack("<HHII", 0x00FC, 8, count, count)
        yield f"{count:,} shared texts", LARGE, put("a.xls", partial(_before_sheet, body))
    locked = struct.pack("<HHH", 0x002F, 2, 1)
    yield "a password", "refused: password", put("a.xls", partial(_before_sheet, locked))
    twin = content[sheet - 4 : sheet + struct.unpack_from("<H", content, sheet - 2)[0]]
    yield "40 sheets of the same records", BAD, put("a.xls", partial(_before_sheet, twin * 40))


def _before_sheet(record: bytes) -> bytes:
    """Put a record among those of the workbook; the stream keeps its size."""
    content = bytearray(old())
    book = 512 * 3
    end = content.index(struct.pack("<HH", 0x000A, 0), book)
    stream = content[book:end] + record + content[end : len(content) - len(record)]
    sheet = stream.index(struct.pack("<H", 0x0085)) + 4
    moved = struct.unpack_from("<I", stream, sheet)[0] + len(record)
    struct.pack_into("<I", stream, sheet, moved)
    return bytes(content[:book] + stream)
