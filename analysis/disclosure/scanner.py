"""The scanner: looks through everything written for numbers and names of persons."""

from __future__ import annotations

import html
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from analysis import tables, words
from analysis.tables.headers import find_header, normal_title
from analysis.tables.persons import personal_numbers

HIT = ["file", "part", "kind", "found"]
XMP = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)
HAN = re.compile(r"[\u3400-\u9fff·]{2,}")
WORD = re.compile(r"[0-9A-Za-z]{6,}")
LONGEST_NAME = 4
SHEETS = frozenset([".xlsx", ".xlsm", ".docx", ".zip"])


def scan(folder: Path | str, *, tokens: Collection[str] = ()) -> pd.DataFrame:
    """
    Look through every file below a folder for what tells who a person is.

    Parameters
    ----------
    folder : path
        Folder of executed notebooks, logs, PDFs, pages, workbooks, tables and run records.
    tokens : collection of str
        Names and codes of the register, as `tokens_of` gives them.

    Returns
    -------
    DataFrame
        One row a hit: ``file, part, kind, found``; what was found is masked. Empty if all is well.

    Raises
    ------
    FileNotFoundError
        No such folder.

    Examples
    --------
    >>> scan("no such folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no folder 'no such folder'
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder '{folder}'")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    hits = scan_files(paths, tokens=tokens)
    return hits.assign(file=[Path(file).relative_to(folder).as_posix() for file in hits["file"]])


def scan_files(paths: Iterable[Path], *, tokens: Collection[str] = ()) -> pd.DataFrame:
    """
    Look through files for what tells who a person is.

    Parameters
    ----------
    paths : iterable of Path
        The files, of any kind; PDF and workbooks are opened, everything else is read as text.
    tokens : collection of str
        Names and codes of the register.

    Returns
    -------
    DataFrame
        One row a hit: ``file, part, kind`` (id_number, phone, bank_card, register or unreadable),
        ``found`` (masked).

    Examples
    --------
    >>> scan_files([]).columns.tolist()
    ['file', 'part', 'kind', 'found']
    """
    known = frozenset(tokens)
    found = [hit for path in paths for hit in _found(str(path), Path(path).read_bytes(), known)]
    return pd.DataFrame(found, columns=HIT).drop_duplicates(ignore_index=True)


def scan_contents(files: Mapping[str, bytes], *, tokens: Collection[str] = ()) -> pd.DataFrame:
    """
    Look through files that are not written yet for what tells who a person is.

    Parameters
    ----------
    files : mapping of str to bytes
        Name, by whose ending it is read, to content.
    tokens : collection of str
        Names and codes of the register.

    Returns
    -------
    DataFrame
        As `scan_files`.

    Examples
    --------
    >>> scan_contents({"a.txt": b"2018"}).empty
    True
    """
    known = frozenset(tokens)
    found = [hit for name, content in files.items() for hit in _found(name, content, known)]
    return pd.DataFrame(found, columns=HIT).drop_duplicates(ignore_index=True)


def persons_in(files: Mapping[str, bytes], _root: Path, places: Collection[str]) -> list[str]:
    """
    Name what must not leave the office, for whoever puts files in place.

    Parameters
    ----------
    files : mapping of str to bytes
        As for `scan_contents`.
    places : collection of str
        Folders under the data folder; names and codes in their ledgers are searched for.

    Returns
    -------
    list of str
        One sentence a hit; none if all is well.

    Examples
    --------
    >>> persons_in({"a.txt": b"2018"}, Path(), ["wenshan"])
    []
    """
    tokens = frozenset().union(*map(_tokens_of_place, places))
    return describe_hits(scan_contents(files, tokens=tokens), "en")


def _tokens_of_place(place: str) -> frozenset[str]:
    folder = tables.place_folder(place) / "ledgers"
    if not folder.is_dir():
        return frozenset()
    return frozenset(tables.kept_text(folder, "tokens", lambda: _joined(folder)).split())


def _joined(folder: Path) -> str:
    return "\n".join(sorted(tokens_of(folder)))


def _found(name: str, content: bytes, known: frozenset[str]) -> Iterator[tuple[str, ...]]:
    for part, text in _parts(name, content):
        hits = [("unreadable", "")] if text is None else _hits(text, known)
        yield from ((name, part, kind, shown) for kind, shown in hits)


def describe_hits(hits: pd.DataFrame, language: str) -> list[str]:
    """
    Say each hit in one sentence.

    Parameters
    ----------
    hits : DataFrame
        What `scan` gives.
    language : str
        "zh" or "en".

    Returns
    -------
    list of str
        Where, what kind, and what to do; never the number or the name itself.

    Examples
    --------
    >>> describe_hits(pd.DataFrame([("a.csv", "", "phone", "138***")], columns=HIT), "en")
    ['a.csv: a telephone number (138***); do not send this file, and find where it came in']
    """
    return [
        words.say(
            "disclosure.hit",
            language,
            place=f"{row.file} {row.part}".strip(),
            what=words.say(f"disclosure.kind.{row.kind}", language),
            found=row.found,
        )
        for row in hits.itertuples()
    ]


def tokens_of(folder: Path | str) -> frozenset[str]:
    """
    Collect the names and codes of people in an office's own files, to search outputs for them.

    Parameters
    ----------
    folder : path
        Folder of the office's ledgers.

    Returns
    -------
    frozenset of str
        Every cell under a title of a name or of a code that the dictionary calls personal, if it
        is a Chinese name or at least six letters and digits long.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = "户编号,姓名,帮扶责任人\\nH000001,某甲乙,G000001\\n"
    ...     _ = (Path(folder) / "a.csv").write_text(text, encoding="utf-8")
    ...     sorted(tokens_of(folder))
    ['G000001', 'H000001', '某甲乙']
    """
    paths = [path for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    cells = (cell for path in paths for cell in _personal_cells(path))
    texts = {unicodedata.normalize("NFKC", str(cell)).strip() for cell in cells}
    return frozenset(text for text in texts if _is_token(text))


def _is_token(text: str) -> bool:
    return bool(WORD.fullmatch(text) or (HAN.fullmatch(text) and len(text) <= LONGEST_NAME))


def _personal_cells(path: Path) -> Iterator[object]:
    if path.suffix.lower() not in tables.sheets.SUFFIXES or path.name.startswith((".", "~$")):
        return
    for sheet in tables.sheets.open_file(path, tables.Limits()):
        header = find_header(sheet.rows)
        if header is None:
            continue
        rows = sheet.rows[header.first + header.span :]
        for at, title in header.titles.items():
            if (
                header.columns.get(at) in _personal_codes()
                or normal_title(title) in _titles_of_names()
            ):
                yield from (row[at] for row in rows if at < len(row))


@cache
def _personal_codes() -> frozenset[str]:
    rows = tables.dictionary()
    return frozenset(rows.loc[(rows["personal"] == "yes") & (rows["type"] == "code"), "column"])


@cache
def _titles_of_names() -> frozenset[str]:
    rows = tables.read("identifiers").set_index("kind")["titles"]
    return frozenset(normal_title(title) for title in rows["name"].split("|"))


def _parts(name: str, content: bytes) -> Iterator[tuple[str, str | None]]:
    """Give the texts of a file, piece by piece; None for what cannot be opened."""
    ending = Path(name).suffix.lower()
    read: Callable = {".pdf": _pdf, ".ipynb": _json, ".json": _json}.get(ending, _text)
    yield "name", Path(name).name
    try:
        yield from (_zip if ending in SHEETS else read)(content)
    except (OSError, ValueError, KeyError, RecursionError, zipfile.BadZipFile):
        yield "", None


def _text(content: bytes) -> Iterator[tuple[str, str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            decoded = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        yield "", html.unescape(decoded)
        return
    yield "", content.decode("utf-8", errors="replace")


def _json(content: bytes) -> Iterator[tuple[str, str]]:
    """Read JSON as the texts in it, for a name may stand in it as escapes."""
    yield "", "\n".join(_strings(json.loads(content)))


def _strings(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield name
            yield from _strings(value)
    elif isinstance(content, list):
        yield from _lines(content) or (text for item in content for text in _strings(item))
    elif content is not None:
        yield html.unescape(str(content))


def _lines(content: list) -> list[str]:
    """Join a text kept line by line; the cells of a table stay apart, or they would read as one."""
    if not all(isinstance(item, str) and item.endswith("\n") for item in content[:-1]):
        return []
    return ["".join(content)] if all(isinstance(item, str) for item in content[-1:]) else []


def _zip(content: bytes) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            inside = book.read(name).decode("utf-8", errors="replace")
            # Letters of one cell may stand in several runs, those of two cells never touch.
            joined = re.sub(r"</(?:t|r|rPr)>|<(?:t|r|rPr)\b[^>]*>", "", inside)
            yield name, html.unescape(re.sub(r"<[^>]*>", "\n", joined))


def _pdf(content: bytes) -> Iterator[tuple[str, str]]:
    import pypdfium2 as pdfium  # noqa: PLC0415 - only where there is a PDF

    try:
        with pdfium.PdfDocument(content) as book:
            yield "metadata", "\n".join(book.get_metadata_dict().values())
            for number, page in enumerate(book, start=1):
                yield f"p. {number}", page.get_textpage().get_text_range()
    except pdfium.PdfiumError as refusal:
        raise ValueError(str(refusal)) from None
    for said in XMP.findall(content):
        yield "metadata", html.unescape(said.decode("utf-8", errors="replace"))


def _hits(text: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    yield from ((kind, _masked(found)) for kind, found in personal_numbers(text))
    if known:
        plain = unicodedata.normalize("NFKC", text)
        yield from (("register", _masked(token)) for token in _tokens(plain, known))


def _masked(found: str) -> str:
    return found[0] + "***"


def _tokens(plain: str, known: frozenset[str]) -> Iterator[str]:
    yield from (word[0] for word in WORD.finditer(plain) if word[0] in known)
    for run in HAN.finditer(plain):
        for size in range(2, LONGEST_NAME + 1):
            for at in range(len(run[0]) - size + 1):
                name = run[0][at : at + size]
                if name in known and (name == run[0] or name not in _own_words()):
                    yield name


@cache
def _own_words() -> str:
    """The words of the briefs themselves: a name that stands in them is found only on its own."""
    return "\n".join(entry["zh"] for entry in words.catalogue().values())
