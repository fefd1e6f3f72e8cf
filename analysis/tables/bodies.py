"""The body of a sheet under its header: rows sorted, cells read, every change a finding."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from itertools import repeat, zip_longest
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.tables.cells import Cell, Kind, read_cell
from analysis.tables.checks import letter_of
from analysis.tables.codebook import columns_of
from analysis.tables.findings import MASK, Where, a_finding, echoed, first_of_each, not_told
from analysis.tables.headers import Header, normal_title, year_of
from analysis.tables.sheets import Sheet

TOTALS = re.compile(r".{0,12}(合计|小计|总计|共计)[:：]?")
SIGNED = "填表|制表|填报|审核|单位负责|负责人|注|备注|说明|联系电话"
NOTES = re.compile(rf"(?:{SIGNED}).{{0,8}}[:：].*", re.DOTALL)
SIGN = re.compile("[计:：]")
NOT_ASCII = r"[^\x00-\x7F]"
NUMERIC = (int, float)
# A code that `read_cell` leaves as it is: with a digit, and without the E of a large number.
PLAIN_CODE = "[A-DF-Za-df-z0-9-]{0,20}[0-9][A-DF-Za-df-z0-9-]{0,20}"


class Part(NamedTuple):
    """What one sheet gives of a table.

    ``text`` holds its cells as the dictionary writes them, ``origin`` the file, sheet and row of
    each, ``heads`` the letter and title of each column.
    """

    file: str
    sheet: str
    table: str
    text: pd.DataFrame
    origin: pd.DataFrame
    heads: dict[str, tuple[str, str]]
    findings: list[dict]


class _Column(NamedTuple):
    """A column by its distinct cells: their text, which are stored as numbers, which each row has.

    Offices repeat themselves, so that a cell is read once and not once for every row.
    """

    texts: list[str]
    stored: list[bool]
    of_row: np.ndarray

    def text(self, row: int) -> str:
        return self.texts[self.of_row[row]]


class _Block(NamedTuple):
    """The cells under a header: as stored by row, by column, and which rows are kept."""

    sheet: Sheet
    header: Header
    where: Where
    rows: list[list]
    columns: list[_Column]
    kept: np.ndarray

    @property
    def start(self) -> int:
        return self.header.first + self.header.span

    def row(self, at: int) -> Where:
        return self.where._replace(row=int(at) + self.start + 1)

    def head(self, at: int) -> Where:
        title, name = self.header.titles[at], self.header.columns.get(at, "")
        letter = letter_of(at)
        return self.where._replace(row=self.start, letter=letter, column=name, title=title)


def read_body(sheet: Sheet, header: Header, where: Where) -> Part:
    """Read the rows under a header.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    header : Header
        Its header.
    where : Where
        File and sheet, for the findings.

    Returns
    -------
    Part
        Text of the dictionary's columns, the origin of each row, and the findings.

    Examples
    --------
    >>> from analysis.tables.headers import find_header
    >>> rows = [["任务编号", "月份", "累计完成"], ["T01", "2018年3月", "1,200"], ["合计", "", 1200]]
    >>> part = read_body(Sheet("", rows), find_header(rows), Where("a.csv"))
    >>> part.text[["task", "month", "done"]].values.tolist()
    [['T01', '2018-03', '1200']]
    >>> sorted({finding["rule"] for finding in part.findings} - {"absent_column"})
    ['month_form', 'thousands', 'totals_row']
    """
    block, told = _block(sheet, header, where)
    specs = columns_of(header.table).set_index("column")
    read = {name: _read_column(block, at, specs.loc[name]) for at, name in header.columns.items()}
    text = pd.DataFrame({name: cells for name, (cells, _) in read.items()}, dtype="str")
    year, noted = _year(block)
    text = text.assign(year=year) if year else text
    rows = np.flatnonzero(block.kept) + block.start + 1
    origin = pd.DataFrame({"file": where.file, "sheet": where.sheet, "row": rows})
    heads = {name: (letter_of(at), header.titles[at]) for at, name in header.columns.items()}
    findings = _header_findings(block, year) + noted + told
    findings += [] if block.kept.any() else [a_finding(where, "no_rows")]
    findings += [finding for _, of_column in read.values() for finding in of_column]
    return Part(where.file, where.sheet, header.table, text, origin, heads, findings)


def _block(sheet: Sheet, header: Header, where: Where) -> tuple[_Block, list[dict]]:
    rows = sheet.rows[header.first + header.span :]
    block = _Block(sheet, header, where, rows, [], np.ones(0, bool))
    told = _unmerge(block)
    columns = [_column(cells) for cells in zip_longest(*rows, fillvalue="")]
    width = max([len(columns), *(at + 1 for at in header.titles)])
    columns += [_column(("",) * len(rows)) for _ in range(width - len(columns))]
    kept = np.ones(len(rows), bool)
    block = block._replace(columns=columns, kept=kept)
    return block, told + _leave_out(block)


def _column(cells: tuple) -> _Column:
    # True equals 1.0, so that of a column with truths the kind has to count too.
    mixed = bool in set(map(type, cells))
    keys = [(type(cell), cell) for cell in cells] if mixed else cells
    at, distinct = pd.factorize(_objects(keys), use_na_sentinel=False)
    distinct = [cell for _, cell in distinct] if mixed else distinct
    texts = [cell if cell.__class__ is str else _as_text(cell) for cell in distinct]
    return _Column(texts, [type(cell) in NUMERIC for cell in distinct], at)


def _objects(items: Sequence) -> np.ndarray:
    return np.fromiter(items, dtype=object, count=len(items))


def _header_findings(block: _Block, year: str | None) -> list[dict]:
    header, columns = block.header, columns_of(block.header.table)
    told = [a_finding(block.head(at), rule, value, to) for at, rule, value, to in header.notes]
    for row in columns.to_dict("records"):
        there = row["column"] in header.columns.values() or (year and row["column"] == "year")
        if not there:
            rule = "missing_column" if row["required"] == "yes" else "absent_column"
            place = block.where._replace(row=block.start, column=row["column"], title=row["zh"])
            told.append(a_finding(place, rule, "", row["zh"]))
    return told


def _year(block: _Block) -> tuple[str | None, list[dict]]:
    header, where = block.header, block.where
    wanted = columns_of(header.table).set_index("column")["zh"].get("year")
    if not wanted or "year" in header.columns.values():
        return None, []
    above = ["\n".join(map(str, row)) for row in reversed(block.sheet.rows[: header.first])]
    year, others = year_of(*above, where.sheet, where.file.rsplit(".", 1)[0])
    place = where._replace(row=block.start, column="year", title=wanted)
    told = [a_finding(place, "year_from_title", "", year)] if year else []
    told += [a_finding(place, "year_twice", year, ", ".join(others))] if others else []
    return year, told


def _unmerge(block: _Block) -> list[dict]:
    """Give a value merged over several rows to each of them; merged over columns it is a label."""
    told, rows, start = [], block.rows, block.start
    for (top, left), (bottom, right) in block.sheet.merged:
        if top < start or left != right or top - start >= len(rows):
            continue
        value = rows[top - start][left] if left < len(rows[top - start]) else ""
        for row in rows[top - start + 1 : bottom - start + 1]:
            row[left : left + 1] = [value]
        place = block.row(top - start)._replace(letter=letter_of(left))
        told.append(a_finding(place, "merged_cell", "", bottom + 1))
    return told


def _as_text(value: object) -> str:
    if value.__class__ is float:
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _leave_out(block: _Block) -> list[dict]:
    """Tell rows of figures from empty rows, totals, notes and headers that a printer repeated."""
    blank = np.ones(len(block.rows), bool)
    for column in block.columns:
        blank &= np.array([not text or text.isspace() for text in column.texts], bool)[
            column.of_row
        ]
    # In place, so that the block and its caller see the same rows.
    block.kept[:] = ~blank
    last = int(np.flatnonzero(~blank)[-1]) + 1 if not blank.all() else 0
    # Empty rows that follow each other are told once: a far cell may leave a million before it.
    starts = np.flatnonzero(blank[:last] & ~np.append(False, blank[:last][:-1]))
    told = [a_finding(block.row(at), "empty_row") for at in starts]
    for at, (rule, value) in _odd_rows(block).items():
        block.kept[at] = False
        told.append(a_finding(block.row(at), rule, value))
    return told


def _odd_rows(block: _Block) -> dict[int, tuple[str, str]]:
    kinds = columns_of(block.header.table).set_index("column")["type"]
    named = [at for at, name in block.header.columns.items() if kinds[name] in ("code", "text")]
    found: dict[int, tuple[str, str]] = {}
    for at in sorted({0, 1, 2, *named} & set(range(len(block.columns)))):
        column, title = block.columns[at], normal_title(block.header.titles.get(at, ""))
        near = _near_odd(column.texts, title)
        odd = {one: rule for one in near if (rule := _odd(column.texts[one], title))}
        for row in np.flatnonzero(np.isin(column.of_row, list(odd))) if odd else ():
            told = odd[column.of_row[row]]
            if told[0] != "repeated_header" or _repeats(block, row):
                found.setdefault(row, told)
    return found


def _near_odd(texts: list[str], title: str) -> np.ndarray:
    """Name the few texts that `_odd` has to look at: with a sign of it, or written like a title."""
    told = pd.Series(texts, dtype="str")
    signed = told.str.contains(SIGN.pattern)
    like_title = told.str.contains(NOT_ASCII) != title.isascii()
    return np.flatnonzero(signed | like_title if title else signed)


def _odd(text: str, title: str) -> tuple[str, str] | None:
    short = re.sub(r"\s", "", text[:200]) if SIGN.search(text) else ""
    total = TOTALS.fullmatch(short)
    if total:
        return "totals_row", total[1]
    if NOTES.fullmatch(short):
        return "note_row", MASK
    same = title and len(text) < 200 and text.isascii() == title.isascii()
    return ("repeated_header", "") if same and normal_title(text) == title else None


def _repeats(block: _Block, row: int) -> bool:
    """One cell may be called like its column by chance; a repeated header repeats every title."""
    titles = block.header.titles.items()
    return all(
        normal_title(block.columns[at].text(row)) == normal_title(title) for at, title in titles
    )


def _read_column(block: _Block, at: int, spec: pd.Series) -> tuple[np.ndarray, list[dict]]:
    head = block.head(at)
    kind = Kind(spec["type"], spec["unit"], spec["allowed"], block.header.scales[at])
    column = block.columns[at]
    cells = _read_distinct(column, kind)
    of_kept = column.of_row[block.kept]
    read, rules, shown = (
        _objects(items)[of_kept]
        for items in ([c.text for c in cells], [c.rule for c in cells], column.texts)
    )
    _put_errors(block, at, read, rules, shown)
    rows = np.flatnonzero(block.kept)
    masked = spec["personal"] == "yes"
    ruled = np.flatnonzero(rules != "")
    first, left = first_of_each(pd.Series(rules[ruled], dtype="str"))
    told = [
        a_finding(head._replace(row=block.row(rows[one]).row), rules[one], *said)
        for one in ruled[first]
        for said in [(MASK, "") if masked else (echoed(shown[one]), echoed(read[one] or ""))]
    ]
    return read, told + [not_told(head, rule, count) for rule, count in left.items()]


def _read_distinct(column: _Column, kind: Kind) -> list[Cell]:
    """Read the distinct cells of a column; codes differ from row to row, and most need no look."""
    plain = repeat(False)
    if kind.type == "code" and not kind.allowed:
        plain = pd.Series(column.texts, dtype="str").str.fullmatch(PLAIN_CODE)
    return [
        Cell(text) if same and not stored else read_cell(text, kind, stored)
        for text, stored, same in zip(column.texts, column.stored, plain, strict=False)
    ]


def _put_errors(block: _Block, at: int, *columns: np.ndarray) -> None:
    """Calamine gives a formula's error as an empty cell; here it is refused instead."""
    rows = np.flatnonzero(block.kept)
    for (row, column), error in block.sheet.errors.items():
        one = np.searchsorted(rows, row - block.start)
        if column == at and one < len(rows) and rows[one] == row - block.start:
            for cells, value in zip(columns, (None, "error_cell", error), strict=True):
                cells[one] = value
