"""Files of an office opened: CSV, XLSX and XLS become rows of cells, never more than the limits."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import python_calamine as calamine

from analysis.tables.compound import is_old, look_inside_old
from analysis.tables.package import Limits, Refusal, look_inside, within

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls"})
SUFFIXES = WORKBOOKS | {".csv"}
DELIMITERS = ",\t;"


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
    within(path.stat().st_size, limits.size, "bytes")
    if path.suffix.lower() == ".csv":
        yield _csv_sheet(path.read_bytes(), limits)
    else:
        yield from _workbook_sheets(path, limits)


def _csv_sheet(content: bytes, limits: Limits) -> Sheet:
    text, encoding = _decoded(content)
    within(text.count("\n"), limits.rows, "rows")
    head = text[:4000].split("\n")[:20]
    delimiter = max(DELIMITERS, key=lambda mark: sum(line.count(mark) for line in head))
    # As many cells as marks between them: counted before a row of them takes memory.
    within(text.count(delimiter), limits.area, "cells")
    try:
        rows = list(_csv_rows(text, delimiter, limits))
    except csv.Error as fault:
        raise Refusal("unreadable", str(fault)) from None
    return Sheet("", rows, notes=(("encoding", encoding),) if encoding else ())


def _csv_rows(text: str, delimiter: str, limits: Limits) -> Iterator[list[str]]:
    # Strict, since a quote that is never closed would take in the rows that follow, in silence.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number, row in enumerate(rows):
        within(number, limits.rows, "rows")
        within(len(row), limits.columns, "columns")
        yield row


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
    errors = look_inside(path, limits) if zipped else {}
    # A file may be both at once, and its name alone decides which of them is opened.
    if not zipped or is_old(path):
        look_inside_old(path, limits)
    try:
        with calamine.load_workbook(str(path)) as book:
            for about in book.sheets_metadata:
                yield _sheet(book, about, errors.get(about.name, {}), limits, zipped)
    except calamine.PasswordError:
        raise Refusal("password") from None
    except (calamine.CalamineError, OSError) as fault:
        raise Refusal("unreadable", str(fault)) from None
    except BaseException as fault:
        # A panic of the reader, which is written in Rust, is no Exception.
        if type(fault).__name__ != "PanicException":
            raise
        raise Refusal("unreadable", f"the reader gave up: {fault}") from None


def _sheet(book, about, errors: dict, limits: Limits, zipped: bool) -> Sheet:
    if about.typ != calamine.SheetTypeEnum.WorkSheet:
        return Sheet(about.name, [])
    if about.visible != calamine.SheetVisibleEnum.Visible:
        return Sheet(about.name, [], notes=(("hidden_sheet", ""),))
    sheet = book.get_sheet_by_name(about.name)
    within(sheet.total_height, limits.rows, "rows")
    within(sheet.total_width, limits.columns, "columns")
    merged = sheet.merged_cell_ranges if zipped else None
    return Sheet(about.name, sheet.to_python(skip_empty_area=False), merged or [], errors)
