"""Inside an XLSX file, before anything opens it: what would grow too large, and formula errors.

A sheet is laid out in memory as a full rectangle by whatever reads it, so two cells at opposite
corners cost as much as all between them; and a part of the archive may hold more than it says.
"""

from __future__ import annotations

import codecs
import copy
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
DIMENSION = re.compile(rb'<dimension ref="[A-Z]+[0-9]+:([A-Z]+)([0-9]+)"')
# A cell as every program writes it, its address first, which is quick to find; and an address
# wherever XML allows it. A row says its number where its cells say none.
CELL, ANY = b'<c r="', rb"""\br\s*=\s*["'](%s)["']"""
# An address of three letters and ten digits, with the mark that ends it.
LONGEST_ADDRESS = 14
ROW_TAG = re.compile(rb"<(?:[\w.-]+:)?row\b")
ODD = re.compile(
    rb"""<(?:[\w.-]+:)?(?:row|c)\b[^<]*?\br\s*=\s*["'](?![A-Za-z]{0,3}[0-9]{1,10}["'])"""
)
FAR_COLUMN, TWO_LETTERS, ROW = (
    rb"[A-Za-z]{3,}[0-9]+",
    rb"[A-Za-z]{2}[0-9]+",
    rb"[A-Za-z]*[0-9]{%d,}",
)
ROW_DIGITS = 7
ERROR = re.compile(rb'<c r="([A-Z]+)([0-9]+)"[^>]*\bt="e"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>')
# Below this a file is harmless however well it packs.
SMALL = 10_000_000
CHUNK = 2**20
# Bytes of a sheet whose cells are looked for at once, and where the reading of an address stands.
STEP = 2**24
LETTERS, DIGITS, CLOSED, ODD_ADDRESS = range(4)
NO_ADDRESS = "a cell has no plain address"
# The last record of an archive, and what stands before it where the archive is of 4 GB or more.
END, END_SIZE, LOCATOR, LOCATOR_SIZE = b"PK\5\6", 22, b"PK\6\7", 20
# What a part of a workbook may say of its encoding; in any other the searches here find nothing.
DECLARED = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
READ_AS = (b"utf-8", b"utf8", b"us-ascii", b"ascii")


class Limits(NamedTuple):
    """What a file may hold before it is refused unopened.

    ``size`` and ``unpacked`` in bytes; ``ratio`` of bytes unpacked to bytes packed; ``rows`` and
    ``columns`` of a sheet; ``area``, the cells of the smallest rectangle about all that is filled;
    ``merged``, the merged ranges of a sheet; ``files``, how many of them a folder may hold.
    """

    size: int = 200_000_000
    unpacked: int = 2_000_000_000
    ratio: int = 200
    rows: int = 1_048_576
    columns: int = 400
    area: int = 60_000_000
    merged: int = 100_000
    files: int = 2_000


class Refusal(ValueError):
    """A file that is not opened; ``rule``, ``value`` and ``expected`` go into its finding."""

    def __init__(self, rule: str, value: str = "", expected: str = "") -> None:
        self.rule, self.value, self.expected = rule, value, expected
        super().__init__(f"{rule}: {value} {expected}".strip())


def within(number: int, limit: int, unit: str) -> None:
    """Refuse a file that holds more than it may.

    Parameters
    ----------
    number, limit : int
        What it holds, and the most it may.
    unit : str
        What is counted, for the message.

    Raises
    ------
    Refusal
        More than the limit.

    Examples
    --------
    >>> within(3, 2, "rows")
    Traceback (most recent call last):
    ...
    analysis.tables.package.Refusal: too_large: 3 rows 2
    """
    if number > limit:
        raise Refusal("too_large", f"{number:,} {unit}", f"{limit:,}")


def look_inside(path: Path, limits: Limits) -> dict[str, dict[tuple[int, int], str]]:
    """Look at an XLSX file before it is opened.

    Parameters
    ----------
    path : Path
        The file, a zip archive.
    limits : Limits
        What it may hold.

    Returns
    -------
    dict
        For each sheet the errors of its formulas, which calamine gives as empty cells: (row,
        column), from 0, to the error.

    Raises
    ------
    Refusal
        Larger than allowed, not what it says it is, or not a workbook.

    Examples
    --------
    >>> look_inside(Path(__file__), Limits())
    Traceback (most recent call last):
    ...
    analysis.tables.package.Refusal: unreadable: File is not a zip file
    """
    try:
        with zipfile.ZipFile(path) as package:
            _check_ends(path)
            _check_sizes(package, limits)
            sheets = _sheet_parts(package)
            found = {part: _looked_at(package, part, limits) for part in _parts(package, sheets)}
            return {name: found[part] for name, part in sheets.items()}
    except Refusal:
        raise
    except (
        *(zipfile.BadZipFile, KeyError, ET.ParseError, NotImplementedError),
        *(RuntimeError, EOFError, OSError, OverflowError, ValueError, zlib.error, lzma.LZMAError),
    ) as fault:
        raise Refusal("unreadable", str(fault)) from None


def _check_ends(path: Path) -> None:
    """Refuse an archive that could be taken for two: its one directory ends where the file does."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - END_SIZE - LOCATOR_SIZE, 0))
        locator, end = file.read(LOCATOR_SIZE), file.read()
    if len(end) != END_SIZE or not end.startswith(END) or locator.startswith(LOCATOR):
        raise Refusal("unreadable", "something follows the archive")
    held, begins = struct.unpack("<II", end[12:20])
    if begins + held != size - END_SIZE:
        raise Refusal("unreadable", "something stands before the archive")


def _check_sizes(package: zipfile.ZipFile, limits: Limits) -> None:
    items = package.infolist()
    unpacked, packed = (sum(sizes) for sizes in zip(*map(_sizes, items), strict=True))
    within(unpacked, limits.unpacked, "bytes")
    if unpacked > SMALL:
        within(unpacked // max(packed, 1), limits.ratio, "bytes unpacked for one packed")
    names = [item.filename.lower().replace("\\", "/") for item in items]
    if len(set(names)) < len(names):
        raise Refusal("unreadable", "two parts of one name")


def _sizes(item: zipfile.ZipInfo) -> tuple[int, int]:
    return item.file_size, item.compress_size


def _parts(package: zipfile.ZipFile, sheets: dict[str, str]) -> Iterator[str]:
    """Name the parts to look at: the sheets, and whatever else would be taken for one."""
    names = package.namelist()
    others = [name for name in names if "worksheets" in name.lower()]
    looked_at = dict.fromkeys([*sheets.values(), *others])
    for name in (name for name in names if name not in looked_at):
        _check_rest(package, name)
    yield from looked_at


def _check_rest(package: zipfile.ZipFile, name: str) -> None:
    """Hold every other part to the size it says, and those in XML to plain XML."""
    said = package.getinfo(name).file_size
    with package.open(_one_longer(package, name)) as part:
        head = part.read(CHUNK)
        held = len(head) + sum(len(chunk) for chunk in iter(lambda: part.read(CHUNK), b""))
    if held != said:
        raise Refusal("unreadable", f"{name} is not of the size it says")
    if name.lower().endswith((".xml", ".rels")):
        _check_plain(head, name)


def _check_plain(content: bytes, name: str) -> None:
    """Refuse XML that defines entities, or is written so that a search of its bytes finds none."""
    head = content.removeprefix(codecs.BOM_UTF8)
    said = DECLARED.match(head)
    if (said and said[1].lower() not in READ_AS) or b"\0" in head[:CHUNK]:
        raise Refusal("unreadable", f"{name} is not in UTF-8")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Refusal("unreadable", f"{name} defines entities")


def _looked_at(package: zipfile.ZipFile, part: str, limits: Limits) -> dict[tuple[int, int], str]:
    content = _content(package, part)
    _check_plain(content, part)
    _check_dimension(content, limits)
    _check_reach(content, limits)
    within(content.count(b"mergeCell "), limits.merged, "merged ranges")
    return _errors(content)


def _content(package: zipfile.ZipFile, name: str) -> bytes:
    """Read a part, and refuse it if it holds more than its entry says."""
    item = _one_longer(package, name)
    with package.open(item) as part:
        content = part.read(item.file_size)
    if len(content) != item.file_size - 1:
        raise Refusal("unreadable", f"{name} is not of the size it says")
    return content


def _one_longer(package: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """An entry that lets a part be read one byte beyond its end, where a lying one goes on."""
    item = copy.copy(package.getinfo(name))
    item.file_size += 1
    return item


def _check_dimension(content: bytes, limits: Limits) -> None:
    """Hold what a sheet says of itself to the limits."""
    said = DIMENSION.search(content, 0, 4096)
    if said:
        within(int(said[2]), limits.rows, "rows")
        within(number_of(said[1].decode()) + 1, limits.columns, "columns")


def _check_reach(content: bytes, limits: Limits) -> None:
    """Hold the furthest row and column of a sheet to the limits, whatever it says of itself."""
    rows, columns = _plain_reach(content) or _any_reach(content, limits)
    within(rows, limits.rows, "rows")
    within(columns, limits.columns, "columns")
    within(rows * columns, limits.area, "cells of the rectangle")


def _plain_reach(content: bytes) -> tuple[int, int] | None:
    """Give the furthest row and column where every cell is written plainly; None where not."""
    if b":c" in content:
        return None
    rows = columns = 0
    for begin in range(0, len(content), STEP):
        piece = content[begin : begin + STEP + len(CELL) + LONGEST_ADDRESS]
        cells = _plain_cells(np.frombuffer(piece + bytes(len(CELL) + LONGEST_ADDRESS), np.uint8))
        if cells is None:
            return None
        row, column = _furthest(*cells)
        rows, columns = max(rows, row), max(columns, column)
    return rows, columns


def _plain_cells(piece: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Give the bytes and where addresses begin; None where a cell may be written otherwise."""
    at = np.flatnonzero((piece[:-1][:STEP] == CELL[0]) & (piece[1:][:STEP] == CELL[1]))
    plain = np.ones(len(at), bool)
    for place, mark in enumerate(CELL[2:], start=2):
        plain &= piece[at + place] == mark
    # <cols>, <col>, <cfRule> and the like are no cells.
    third, fourth = (piece[at[~plain] + place] for place in (2, 3))
    others = (third == ord("f")) | ((third == ord("o")) & (fourth == ord("l")))
    return (piece, at[plain] + len(CELL)) if others.all() else None


def _furthest(piece: np.ndarray, at: np.ndarray) -> tuple[int, int]:
    """Read addresses side by side, a byte of each at a time: letters, then digits, then a quote."""
    rows, columns = np.zeros(len(at), np.int64), np.zeros(len(at))
    state = np.full(len(at), LETTERS, np.uint8)
    for place in range(LONGEST_ADDRESS):
        byte = piece[at + place]
        digit = (byte >= ord("0")) & (byte <= ord("9")) & (state < CLOSED)
        letter = (byte | 32 >= ord("a")) & (byte | 32 <= ord("z")) & (state == LETTERS)
        closing = (byte == ord('"')) & (state == DIGITS)
        odd = ~(digit | letter | closing) & (state < CLOSED)
        rows[digit] = rows[digit] * 10 + byte[digit] - ord("0")
        columns[letter] = columns[letter] * 26 + (byte[letter] & 31)
        state[digit], state[closing], state[odd] = DIGITS, CLOSED, ODD_ADDRESS
        if (state >= CLOSED).all():
            break
    if (state != CLOSED).any():
        raise Refusal("unreadable", NO_ADDRESS)
    return int(rows.max(initial=0)), int(columns.max(initial=0))


def _any_reach(content: bytes, limits: Limits) -> tuple[int, int]:
    """Bound the furthest row and column of a sheet written in any way that XML allows."""
    if ODD.search(content):
        raise Refusal("unreadable", NO_ADDRESS)
    far = re.search(ANY % FAR_COLUMN, content)
    if far:
        letters = far[1].rstrip(b"0123456789").decode().upper()
        within(number_of(letters[:4]) + 1, limits.columns, "columns")
    pairs = {found[:2].upper() for found in re.findall(ANY % TWO_LETTERS, content)}
    columns = max((number_of(pair.decode()) + 1 for pair in pairs), default=26)
    more_rows, more_columns = _without_address(content)
    return _rows_at_most(content, limits) + more_rows, columns + more_columns


def _without_address(content: bytes) -> tuple[int, int]:
    """Count the rows, and the cells of the fullest, which may all follow on the furthest one."""
    starts = [found.start() for found in ROW_TAG.finditer(content)]
    ends = [*starts[1:], len(content)]
    cells = (
        content.count(b"<c", start, end) + content.count(b":c", start, end)
        for start, end in zip(starts, ends, strict=False)
    )
    return len(starts), max(cells, default=0)


def _rows_at_most(content: bytes, limits: Limits) -> int:
    """Bound the last row by its digits, for which a search or two is enough."""
    said = DIMENSION.search(content, 0, 4096)
    digits = len(said[2]) if said else 1
    while digits <= ROW_DIGITS and re.search(ANY % (ROW % (digits + 1)), content):
        digits += 1
    within(10 ** (digits - 1) if digits > ROW_DIGITS else 0, limits.rows, "rows")
    if digits < ROW_DIGITS:
        return min(10**digits, limits.rows)
    far = re.findall(ANY % (ROW % ROW_DIGITS), content)
    last = max((int(address[-ROW_DIGITS:]) for address in far), default=limits.rows)
    within(last, limits.rows, "rows")
    return last


class _Tags:
    """Attributes of the elements of one name, wherever they stand; no tree, however deep it is."""

    def __init__(self, name: str) -> None:
        self.name, self.found = name, []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Keep what an element says."""
        if tag.rpartition("}")[2] == self.name:
            self.found.append(attributes)

    def close(self) -> list[dict[str, str]]:
        """Give all that was found."""
        return self.found


def _attributes(package: zipfile.ZipFile, part: str, element: str) -> list[dict[str, str]]:
    content = _content(package, part)
    _check_plain(content, part)
    parser = ET.XMLParser(target=_Tags(element))
    parser.feed(content)
    return parser.close()


def _sheet_parts(package: zipfile.ZipFile) -> dict[str, str]:
    relations = _attributes(package, "xl/_rels/workbook.xml.rels", "Relationship")
    targets = {item.get("Id"): item.get("Target", "").lstrip("/") for item in relations}
    sheets = _attributes(package, "xl/workbook.xml", "sheet")
    found = {item.get("name", ""): targets.get(item.get(RELATION), "") for item in sheets}
    return {name: part if part.startswith("xl/") else f"xl/{part}" for name, part in found.items()}


def _errors(content: bytes) -> dict[tuple[int, int], str]:
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
