"""What stands in a file: its texts, piece by piece, whatever the file is packed or written in."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import io
import json
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from analysis.tables.package import SMALL, Limits, within

OFFICE = frozenset([".xlsx", ".xlsm", ".docx", ".pptx"])
MARKUP = frozenset([".html", ".htm", ".xhtml", ".svg", ".xml", ".mht"])
# A file in a file in a file; whoever packs deeper has something to hide.
DEEPEST = 3
LIMITS = Limits()
BOMS = (
    *((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")),
    *((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")),
)
# How much is looked at, and how often the empty byte stands where it is no chance.
SAMPLE, OFTEN = 4_096, 0.2
PLAIN = ("utf-16-le", "utf-16-be")
XMP = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)
DATA_URI = re.compile(
    r"data:([a-z]+/[\w.+-]+)?((?:;[\w=.-]+)*),([\w%+/=.~!*'()\r\n-]{8,})", re.ASCII
)
# The kinds of data that are text, and by which ending they are read.
WRITTEN = {"image/svg+xml": ".svg", "text/html": ".html", "application/json": ".json"}
WRITTEN |= {"application/pdf": ".pdf", "application/zip": ".zip", "": ".txt"}
HIDDEN = re.compile(r"<!--.*?-->|<(style|script)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
# Letters of a word may stand in several of these; those of two words never do.
INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|code|em|font|i|ins|kbd|mark|s|small|span|strong|sub|sup|tspan|u|wbr)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
LINES = re.compile(r'\s(?:d="[Mm]|transform="|points=")[-+\sA-Za-z0-9.,()]*"')
TAG = re.compile(r"<[^<>]*>")
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Letters of one cell may stand in several runs, those of two cells never touch.
RUNS = re.compile(r"</(?:\w+:)?(?:t|r|rPr)>|<(?:\w+:)?(?:t|r|rPr)\b[^>]*>")
REFUSALS = (
    *(OSError, ValueError, KeyError, RecursionError, RuntimeError, NotImplementedError, EOFError),
    *(zipfile.BadZipFile, zlib.error),
)
# With which an old workbook begins.
OLD = b"\xd0\xcf\x11\xe0"
# The flag of an entry whose name is in UTF-8.
UTF8 = 0x800
Part = tuple[str, str | None]


class Lines(str):
    """A text whose lines end where there was no more room, and perhaps within a name."""


def parts(name: str, content: bytes, depth: int = 0) -> Iterator[Part]:
    """
    Give the texts of a file, piece by piece.

    Parameters
    ----------
    name : str
        Name of the file, by whose ending it is read.
    content : bytes
        What it holds.
    depth : int
        In how many other files it lies.

    Yields
    ------
    (str, str or None)
        Where in the file, and the text; None for what cannot be opened.

    Examples
    --------
    >>> list(parts("a.txt", "某".encode("utf-16")))
    [('name', 'a.txt'), ('', '某')]
    """
    ending = Path(name).suffix.lower()
    yield "name", Path(name).name
    try:
        if depth > DEEPEST:
            raise ValueError(f"more than {DEEPEST} files in each other")
        for part, text in READERS.get(ending, _text)(content, depth):
            yield part, text
            yield from ((part, plain) for plain in _spelt(text))
    except REFUSALS:
        yield "", None


def _spelt(text: str | None) -> Iterator[str]:
    """Read what programs write in place of characters that are not of ASCII."""
    if text and ("\\" in text or "%" in text):
        found = [decode(run[0]) for search, decode in SPELT for run in search.finditer(text)]
        if found:
            yield "\n\n".join(found)


def _of_halves(run: str) -> str:
    halves = bytes.fromhex(run.replace("\\u", ""))
    return halves.decode("utf-16-be", errors="replace")


def _of_bytes(run: str) -> str:
    held = bytes.fromhex(run.replace("%", "").replace("\\x", ""))
    return held.decode("utf-8", errors="replace")


# As JSON has them, as addresses do, and as Python shows bytes.
SPELT = (
    (re.compile(r"(?:\\u[0-9a-fA-F]{4})+"), _of_halves),
    (re.compile(r"(?:%[0-9a-fA-F]{2}){2,}"), _of_bytes),
    (re.compile(r"(?:\\x[0-9a-fA-F]{2}){2,}"), _of_bytes),
)


def _decoded(content: bytes) -> str:
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return content.decode(encoding)
    for encoding in (*_halves(content), "utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", errors="replace")


def _halves(content: bytes) -> list[str]:
    """Of UTF-16 without a mark every other byte of what is plain is empty."""
    head = content[:SAMPLE]
    empty = [half.count(0) / max(len(half), 1) for half in (head[1::2], head[::2])]
    first = [name for name, share in zip(PLAIN, empty, strict=True) if share > OFTEN]
    return first if len(first) == 1 else []


def _text(content: bytes, depth: int) -> Iterator[Part]:
    text = _decoded(content)
    yield "", html.unescape(text)
    yield from _inside(text, depth)


def _markup(content: bytes, depth: int) -> Iterator[Part]:
    """Read a page as its reader does, for tags may part the letters of a word; then its tags."""
    text = _decoded(content)
    yield "", _stripped(text)
    # What is packed in a page is read by itself, and the lines of a drawing are no numbers.
    bare = LINES.sub("", DATA_URI.sub("", text))
    unread = [found[0] for search in (HIDDEN, TAG) for found in search.finditer(bare)]
    yield "", html.unescape("\n\n".join(unread))
    yield from _inside(text, depth)


def _stripped(text: str) -> str:
    joined = BREAK.sub("\n", INLINE.sub("", HIDDEN.sub("", text)))
    return html.unescape(TAG.sub("\n\n", joined))


def _inside(text: str, depth: int) -> Iterator[Part]:
    """Open what a text holds in data URIs: drawings, pages, files; not pictures and fonts."""
    for found in DATA_URI.finditer(text) if "data:" in text else ():
        kind = (found[1] or "").lower()
        ending = WRITTEN.get(kind, ".txt" if kind.startswith("text/") else "")
        if ending:
            yield from _below("data", f"data{ending}", _unpacked(found), depth)


def _unpacked(found: re.Match) -> bytes:
    held = urllib.parse.unquote_to_bytes(found[3])
    if ";base64" not in found[2]:
        return held
    try:
        return base64.b64decode(held + b"==")
    except binascii.Error:
        return held


def _below(place: str, name: str, content: bytes, depth: int) -> Iterator[Part]:
    for part, text in parts(name, content, depth + 1):
        yield (place if part in ("", "name") else f"{place} {part}"), text


def _json(content: bytes, depth: int) -> Iterator[Part]:
    yield from _told(json.loads(_decoded(content)), depth)


def _notebook(content: bytes, depth: int) -> Iterator[Part]:
    """Read a notebook cell by cell, so that it can be said in which one something was found."""
    book = json.loads(_decoded(content))
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        yield from _told(book, depth)
        return
    for number, cell in enumerate(cells, start=1):
        own = f" ({cell['id']})" if isinstance(cell, dict) and "id" in cell else ""
        yield from ((f"cell {number}{own}", text) for _, text in _told(cell, depth))
    yield from _told(book | {"cells": []}, depth)


def _told(content: object, depth: int) -> Iterator[Part]:
    """Read what JSON holds as the texts in it, for a name may stand in it as escapes."""
    texts = list(_strings(content))
    # Two ends of line, so that no number goes on from one text into the next.
    yield "", "\n\n".join(map(html.unescape, texts))
    for text in texts:
        if "</" in text:
            yield "", _stripped(text)
        yield from _inside(text, depth)


def _strings(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield name
            yield from _strings(value)
    elif isinstance(content, list):
        yield from _lines(content) or (text for item in content for text in _strings(item))
    elif content is not None:
        yield str(content)


def _lines(content: list) -> list[str]:
    """Join a text kept line by line; the cells of a table stay apart, or they would read as one."""
    if not all(isinstance(item, str) and item.endswith("\n") for item in content[:-1]):
        return []
    return ["".join(content)] if all(isinstance(item, str) for item in content[-1:]) else []


def _archive(content: bytes, depth: int) -> Iterator[Part]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name, held in _members(archive):
            yield from _below(name, name, held, depth)


def _office(content: bytes, depth: int) -> Iterator[Part]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name, held in _members(book):
            if name.lower().endswith((".xml", ".rels", ".vml")):
                joined = RUNS.sub("", _decoded(held))
                yield name, html.unescape(TAG.sub("\n", joined))
            else:
                yield from _below(name, name, held, depth)


def _old_workbook(content: bytes, depth: int) -> Iterator[Part]:
    """Read an old workbook cell by cell; under its name often lies a page or a plain table."""
    yield from _text(content, depth)
    if not content.startswith(OLD):
        return
    import python_calamine  # noqa: PLC0415 - only where there is an old workbook

    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        rows = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except python_calamine.CalamineError as refusal:
        raise ValueError(str(refusal)) from None
    for name, held in rows.items():
        yield name, "\n\n".join([name, *(_cell(cell) for row in held for cell in row)])


def _cell(value: object) -> str:
    """A number of a person may have been typed as a number, and has no decimals then."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Unpack an archive that is no larger than the files of an office may be."""
    within(sum(item.file_size for item in archive.infolist()), LIMITS.unpacked, "bytes")
    for item in archive.infolist():
        within(item.file_size // max(item.compress_size, 1), _ratio(item), "for one byte")
        if not item.is_dir():
            yield _name(item), archive.read(item)


def _name(item: zipfile.ZipInfo) -> str:
    """A packer on a Chinese desktop writes names as GBK, and says nothing of it."""
    if item.flag_bits & UTF8:
        return item.filename
    try:
        return item.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return item.filename


def _ratio(item: zipfile.ZipInfo) -> int:
    return LIMITS.ratio if item.file_size > SMALL else item.file_size


def _pdf(content: bytes, depth: int) -> Iterator[Part]:
    from analysis.disclosure import pdf  # noqa: PLC0415 - only where there is a PDF

    yield from ((place, Lines(text)) for place, text in pdf.texts(content))
    for said in XMP.findall(content):
        yield "metadata", html.unescape(said.decode("utf-8", errors="replace"))
    for name, held in pdf.attachments(content):
        yield from _below(name, name, held, depth)


READERS: dict[str, Callable[[bytes, int], Iterator[Part]]] = {
    **dict.fromkeys(OFFICE, _office),
    **dict.fromkeys(MARKUP, _markup),
    **{".xls": _old_workbook, ".pdf": _pdf, ".ipynb": _notebook, ".json": _json, ".zip": _archive},
}
