"""Files of an office opened: CSV, XLSX and XLS become rows of cells, never more than the limits."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import python_calamine as calamine

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls"})
SUFFIXES = WORKBOOKS | {".csv"}
DELIMITERS = ",\t;"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
DIMENSION = re.compile(rb'<dimension ref="[A-Z]+[0-9]+:([A-Z]+)([0-9]+)"')
ERROR = re.compile(rb'<c r="([A-Z]+)([0-9]+)"[^>]*\bt="e"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>')


class Limits(NamedTuple):
    """What a file may hold before it is refused unopened: bytes, bytes unpacked, rows, columns."""

    size: int = 200_000_000
    unpacked: int = 2_000_000_000
    rows: int = 1_048_576
    columns: int = 400


class Refusal(ValueError):
    """A file that is not opened; ``rule``, ``value`` and ``expected`` go into its finding."""

    def __init__(self, rule: str, value: str = "", expected: str = "") -> None:
        self.rule, self.value, self.expected = rule, value, expected
        super().__init__(f"{rule}: {value} {expected}".strip())


class Sheet(NamedTuple):
    """One sheet: its name, its rows of cells, merged ranges, formula errors, notes on the way in.

    ``merged`` are ((first row, first column), (last row, last column)) from 0, ``errors`` map
    (row, column) to the error, ``notes`` are (rule, expected) for the findings.
    """

    name: str
    rows: list[list]
    merged: list = []  # noqa: RUF012 - never changed
    errors: dict = {}  # noqa: RUF012
    notes: tuple = ()


def open_file(path: Path, limits: Limits) -> Iterator[Sheet]:
    """Open a file of an office and give its sheets one after the other.

    Parameters
    ----------
    path : Path
        A CSV, XLSX, XLSM or XLS file.
    limits : Limits
        What it may hold.

    Yields
    ------
    Sheet
        Hidden sheets are given without rows.

    Raises
    ------
    Refusal
        Too large, encrypted, unreadable, or of an unknown encoding.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_text("户编号,年度\\n0012,2017\\n", encoding="utf-8-sig")
    ...     [sheet] = open_file(path, Limits())
    >>> sheet.rows
    [['户编号', '年度'], ['0012', '2017']]
    """
    _within(path.stat().st_size, limits.size, "bytes")
    if path.suffix.lower() == ".csv":
        yield _csv_sheet(path.read_bytes(), limits)
    else:
        yield from _workbook_sheets(path, limits)


def _within(number: int, limit: int, unit: str) -> None:
    if number > limit:
        raise Refusal("too_large", f"{number:,} {unit}", f"{limit:,}")


def _csv_sheet(content: bytes, limits: Limits) -> Sheet:
    text, encoding = _decoded(content)
    _within(text.count("\n"), limits.rows, "rows")
    head = text[:4000].split("\n")[:20]
    delimiter = max(DELIMITERS, key=lambda mark: sum(line.count(mark) for line in head))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as fault:
        raise Refusal("unreadable", str(fault)) from None
    _within(max(map(len, rows), default=0), limits.columns, "columns")
    return Sheet("", rows, notes=(("encoding", encoding),) if encoding else ())


def _decoded(content: bytes) -> tuple[str, str]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _decode(content, "utf-16"), "UTF-16"
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return _decode(content, "gb18030"), "GB18030"


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise Refusal("unknown_encoding") from None


def _workbook_sheets(path: Path, limits: Limits) -> Iterator[Sheet]:
    zipped = zipfile.is_zipfile(path)
    errors = _look_inside(path, limits) if zipped else {}
    try:
        with calamine.load_workbook(str(path)) as book:
            for about in book.sheets_metadata:
                yield _sheet(book, about, errors.get(about.name, {}), limits, zipped)
    except calamine.PasswordError:
        raise Refusal("password") from None
    except (calamine.CalamineError, OSError) as fault:
        raise Refusal("unreadable", str(fault)) from None


def _sheet(book, about, errors: dict, limits: Limits, zipped: bool) -> Sheet:
    if about.typ != calamine.SheetTypeEnum.WorkSheet:
        return Sheet(about.name, [])
    if about.visible != calamine.SheetVisibleEnum.Visible:
        return Sheet(about.name, [], notes=(("hidden_sheet", ""),))
    sheet = book.get_sheet_by_name(about.name)
    _within(sheet.total_height, limits.rows, "rows")
    _within(sheet.total_width, limits.columns, "columns")
    merged = sheet.merged_cell_ranges if zipped else None
    return Sheet(about.name, sheet.to_python(skip_empty_area=False), merged or [], errors)


def _look_inside(path: Path, limits: Limits) -> dict[str, dict]:
    """Look at sizes before the workbook is opened, and at errors, which calamine gives as empty."""
    try:
        with zipfile.ZipFile(path) as package:
            _within(sum(item.file_size for item in package.infolist()), limits.unpacked, "bytes")
            parts = _sheet_parts(package)
            return {name: _errors(package.read(part), limits) for name, part in parts.items()}
    except (
        zipfile.BadZipFile,
        KeyError,
        ET.ParseError,
        NotImplementedError,
        RuntimeError,
    ) as fault:
        raise Refusal("unreadable", str(fault)) from None


def _sheet_parts(package: zipfile.ZipFile) -> dict[str, str]:
    relations = ET.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {item.get("Id"): item.get("Target", "").lstrip("/") for item in relations}
    sheets = ET.fromstring(package.read("xl/workbook.xml")).iterfind(".//{*}sheets/{*}sheet")
    found = {item.get("name", ""): targets.get(item.get(RELATION), "") for item in sheets}
    return {name: part if part.startswith("xl/") else f"xl/{part}" for name, part in found.items()}


def _errors(content: bytes, limits: Limits) -> dict[tuple[int, int], str]:
    dimension = DIMENSION.search(content, 0, 4096)
    if dimension:
        _within(int(dimension[2]), limits.rows, "rows")
        _within(number_of(dimension[1].decode()) + 1, limits.columns, "columns")
    if b't="e"' not in content:
        return {}
    cells = (found.groups() for found in ERROR.finditer(content))
    return {
        (int(row) - 1, number_of(letters.decode())): text.decode(errors="replace")
        for letters, row, text in cells
    }


def number_of(letters: str) -> int:
    """Give the position of a spreadsheet's column.

    Parameters
    ----------
    letters : str
        A, B, ..., Z, AA, ...

    Returns
    -------
    int
        Position from 0, the inverse of `checks.letter_of`.

    Examples
    --------
    >>> number_of("AA")
    26
    """
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
