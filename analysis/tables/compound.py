"""Inside an XLS file, before anything opens it: chains that never end, and sheets too large.

An XLS file is a compound file: sectors of 512 or 4096 bytes, chained by a table, hold streams; the
stream of the workbook is a row of records. A reader that trusts them follows a ring of sectors for
ever, and sets memory aside for whatever a record says.

References
----------
Microsoft, [MS-CFB] Compound File Binary File Format, sections 2.2 to 2.6; [MS-XLS] Excel Binary
File Format, section 2.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from analysis.tables.package import Limits, Refusal, within

SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
HEADER, ENTRY = 512, 128
SECTOR_SIZES, MINI_SIZE, CUTOFF = {9: 512, 12: 4096}, 64, 4096
END, RESERVED = 0xFFFFFFFE, 0xFFFFFFFA
WORKBOOKS = ("Workbook", "Book")
# Records that put a cell somewhere: row in the first two bytes, column in the next two.
MANY_CELLS = frozenset({0x00BD, 0x00BE})
CELLS = MANY_CELLS | {0x0006, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x00D6, 0x00FD}
SHEET, DIMENSIONS, STRINGS, MERGED, LAST = 0x0085, 0x0200, 0x00FC, 0x00E5, 0x000A
# Records of a text, and where in them its length stands.
TEXTS = {0x0204: 6, 0x0207: 0}
SHORTEST_TEXT = 3


class _Compound(NamedTuple):
    """Sectors of one size, and the table that chains them."""

    sectors: bytes
    size: int
    chains: tuple[int, ...]


class _Extent(NamedTuple):
    """How far the records of a workbook reach, and how much they say there is."""

    rows: int = 1
    columns: int = 1
    merged: int = 0
    letters: int = 0
    texts: int = 0

    def joined(self, other: _Extent) -> _Extent:
        """The further of two places, and the sum of what is counted."""
        furthest = max(self.rows, other.rows), max(self.columns, other.columns)
        counted = (mine + more for mine, more in zip(self[2:], other[2:], strict=True))
        return _Extent(*furthest, *counted)


def is_old(path: Path) -> bool:
    """Say whether a file begins as an XLS file does.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
        True if it has the signature of a compound file.

    Examples
    --------
    >>> is_old(Path(__file__))
    False
    """
    with path.open("rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def look_inside_old(path: Path, limits: Limits) -> None:
    """Look at an XLS file before it is opened.

    Parameters
    ----------
    path : Path
        The file.
    limits : Limits
        What it may hold.

    Raises
    ------
    Refusal
        Larger than allowed, or its sectors or records are not in order.

    Examples
    --------
    >>> look_inside_old(Path(__file__), Limits())
    Traceback (most recent call last):
    ...
    analysis.tables.package.Refusal: unreadable: not a workbook of Excel 97
    """
    content = path.read_bytes()
    if not content.startswith(SIGNATURE) or len(content) < HEADER:
        raise Refusal("unreadable", "not a workbook of Excel 97")
    try:
        for stream in _workbooks(content):
            _check(_records_reach(stream), len(stream), limits)
    except (struct.error, IndexError) as fault:
        raise Refusal("unreadable", str(fault)) from None


def _workbooks(content: bytes) -> Iterator[bytes]:
    """Find the streams that a reader would take for the workbook."""
    file = _compound(content)
    directory, minis_at = struct.unpack_from("<I8xI", content, 48)
    listed = list(_entries(_chain(file, directory)))
    if not listed or listed[0][2] > len(content):
        raise Refusal("unreadable", "it lists no streams")
    _, started, _ = listed[0]
    small = _Compound(b"", MINI_SIZE, ())
    if struct.unpack_from("<I", content, 64)[0]:
        chains = _numbers(_chain(file, minis_at))
        small = _Compound(_chain(file, started), MINI_SIZE, chains)
    for name, start, size in listed:
        if name in WORKBOOKS:
            if size > len(content):
                raise Refusal("unreadable", f"{name} is not of the size it says")
            yield _chain(small if size < CUTOFF else file, start)[: size or None]


def _compound(content: bytes) -> _Compound:
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    if shift not in SECTOR_SIZES or mini_shift != 6:
        raise Refusal("unreadable", "its sectors are of no known size")
    size = SECTOR_SIZES[shift]
    file = _Compound(content[size:], size, ())
    # How many sectors it says its lists take: of the directory, of the chains, of the small ones.
    if any(struct.unpack_from("<I", content, at)[0] > len(content) // size for at in (40, 44, 64)):
        raise Refusal("unreadable", "it says it has more sectors than there are")
    tables = [at for at in _table_sectors(content, file) if at < RESERVED]
    if len(set(tables)) < len(tables):
        raise Refusal("unreadable", "a sector is used twice")
    return file._replace(chains=_numbers(b"".join(_sector(file, at) for at in tables)))


def _table_sectors(content: bytes, file: _Compound) -> list[int]:
    """List the sectors of the table of chains: 109 in the header, the others in a chain."""
    listed = list(_numbers(content[76:HEADER]))
    at, seen = struct.unpack_from("<I", content, 68)[0], set()
    while at < RESERVED:
        if at in seen:
            raise Refusal("unreadable", "a chain of sectors has no end")
        seen.add(at)
        *more, at = _numbers(_sector(file, at))
        listed += more
    return listed


def _sector(file: _Compound, at: int) -> bytes:
    start = at * file.size
    if start >= len(file.sectors):
        raise Refusal("unreadable", "a sector lies behind the end of the file")
    return file.sectors[start : start + file.size]


def _chain(file: _Compound, at: int) -> bytes:
    """Join a chain of sectors; one that is longer than its table goes in a ring."""
    parts: list[bytes] = []
    while at != END:
        if at >= len(file.chains) or len(parts) >= len(file.chains):
            raise Refusal("unreadable", "a chain of sectors has no end")
        parts.append(_sector(file, at))
        at = file.chains[at]
    return b"".join(parts)


def _numbers(held: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(held) // 4}I", held[: len(held) // 4 * 4])


def _entries(directory: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, first sector and size of all that the file lists."""
    for at in range(0, len(directory) - ENTRY + 1, ENTRY):
        name = directory[at : at + 64].decode("utf-16-le", errors="replace").split("\0")[0]
        yield name, *struct.unpack_from("<II", directory, at + 116)


def _check(reach: _Extent, size: int, limits: Limits) -> None:
    within(reach.rows, limits.rows, "rows")
    within(reach.columns, limits.columns, "columns")
    within(reach.rows * reach.columns, limits.area, "cells of the rectangle")
    within(reach.merged, limits.merged, "merged ranges")
    # A letter takes a byte at least, and a text three: it cannot hold more than that.
    within(reach.letters, size, "letters")
    within(reach.texts, size // SHORTEST_TEXT, "texts")


def _records_reach(held: bytes) -> _Extent:
    """Walk the records as a reader does: those of the workbook, then each sheet where it begins."""
    reach, starts = _Extent(), []
    for kind, body in _records(held, 0):
        reach = reach.joined(_reach(kind, body))
        if kind == SHEET:
            starts.append(struct.unpack_from("<I", body)[0])
    walked = 0
    for start in starts:
        for kind, body in _records(held, start):
            walked += 4 + len(body)
            if walked > len(held):
                raise Refusal("unreadable", "two sheets are made of the same records")
            if kind in CELLS or kind in TEXTS or kind in (DIMENSIONS, MERGED):
                reach = reach.joined(_reach(kind, body))
    return reach


def _records(held: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(held):
        kind, size = struct.unpack_from("<HH", held, at)
        yield kind, held[at + 4 : at + 4 + size]
        at += 4 + size
        if kind == LAST:
            return


def _reach(kind: int, body: bytes) -> _Extent:
    """How far one record reaches."""
    letters = struct.unpack_from("<H", body, TEXTS[kind])[0] if kind in TEXTS else 0
    if kind in CELLS:
        row, column = struct.unpack_from("<HH", body)
        last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind in MANY_CELLS else 0
        return _Extent(row + 1, max(column, last) + 1, letters=letters)
    if kind == DIMENSIONS:
        return _said(body)
    if kind == MERGED:
        return _Extent(merged=struct.unpack_from("<H", body)[0])
    texts = struct.unpack_from("<4xI", body)[0] if kind == STRINGS else 0
    return _Extent(letters=letters, texts=texts)


def _said(body: bytes) -> _Extent:
    """Rows and columns that a sheet says it has."""
    if len(body) not in (10, 14):
        raise Refusal("unreadable", "a sheet does not say how large it is")
    form = "<IIHH" if len(body) == 14 else "<HHHH"
    first_row, rows, first_column, columns = struct.unpack_from(form, body)
    if rows and columns and (rows <= first_row or columns <= first_column):
        raise Refusal("unreadable", "a sheet ends before it begins")
    return _Extent(max(rows, 1), max(columns, 1))
