"""The scanner: looks through everything written for numbers and names of persons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from analysis import tables, words
from analysis.disclosure.contents import Lines, parts
from analysis.tables.headers import (
    SEARCHED,
    AmbiguousHeaderError,
    Header,
    find_header,
    is_of_names,
    is_of_names_alone,
    personal_titles,
)
from analysis.tables.names import CODE, USUAL, names_in_cell, names_in_text, names_over_lines
from analysis.tables.persons import folded, numbers_in

HIT = ["file", "part", "kind", "found"]


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
    for part, text in parts(name, content):
        hits = [("unreadable", "")] if text is None else _hits(text, known)
        yield from ((name, _shown(part, known), kind, shown) for kind, shown in hits)


def _shown(part: str, known: frozenset[str]) -> str:
    """The name of a part may be what was found."""
    return "***" if part and any(_hits(part, known)) else part


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
        Every cell under a title of names or of a code that the dictionary calls personal, if it
        is a Chinese name or at least six letters and digits long; names without the spaces and
        points in them.

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
    return frozenset(token for path in paths for token in _tokens_of_file(path))


def _tokens_of_file(path: Path) -> Iterator[str]:
    if path.suffix.lower() not in tables.sheets.SUFFIXES or path.name.startswith((".", "~$")):
        return
    for sheet in tables.sheets.open_file(path, tables.Limits()):
        for column in _columns_of_persons(sheet.rows):
            sure = is_of_names_alone(column[0])
            for cell in dict.fromkeys(column[1:]):
                tokens = names_in_cell(cell, sure=sure)
                yield from (token for token in tokens if not _says_no_person(token))


def _says_no_person(token: str) -> bool:
    """A long word of the briefs in a column of names is a heading or a remark, and no name."""
    return token in personal_titles() or (len(token) > USUAL and token in _own_words())


def _columns_of_persons(rows: list[list]) -> Iterator[list]:
    """Give the columns of names and of personal codes, each with its title first."""
    header = _header(rows)
    titles = header.titles if header else {}
    for at, title in titles.items():
        column = header.columns.get(at)
        if column in _personal_codes() or (column is None and is_of_names(title)):
            below = rows[header.first + header.span :]
            yield [title, *(row[at] for row in below if at < len(row))]


def _header(rows: list[list]) -> Header | None:
    """Find the header of a ledger, or of any other list with a column of names."""
    try:
        found = find_header(rows)
    except AmbiguousHeaderError:
        found = None
    if found:
        return found
    for first, row in enumerate(rows[:SEARCHED]):
        titles = {at: str(cell) for at, cell in enumerate(row) if is_of_names(cell)}
        # A row of figures is no header, though a word of one may stand in it.
        if titles and not any(str(cell).strip(".0123456789") == "" != cell for cell in row):
            return Header("", first, 1, {}, titles, {}, ())
    return None


@cache
def _personal_codes() -> frozenset[str]:
    rows = tables.dictionary()
    return frozenset(rows.loc[(rows["personal"] == "yes") & (rows["type"] == "code"), "column"])


def _hits(text: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    plain = folded(text)
    yield from ((kind, _masked(found)) for kind, found in numbers_in(plain))
    if known:
        yield from (("register", _masked(token)) for token in _tokens(plain, known))
    if known and isinstance(text, Lines):
        broken = names_over_lines(plain, known, _own_words())
        yield from (("register", _masked(token)) for token in broken)


def _masked(found: str) -> str:
    return found[0] + "***"


def _tokens(plain: str, known: frozenset[str]) -> Iterator[str]:
    yield from (word[0] for word in CODE.finditer(plain) if word[0] in known)
    yield from names_in_text(plain, known, _own_words())


@cache
def _own_words() -> str:
    """The words of the briefs themselves: a name that stands in them is found only on its own."""
    said = (entry["zh"] for entry in words.catalogue().values())
    return "\n".join([*said, *_titles_of_sources()])


def _titles_of_sources() -> list[str]:
    """What stands below exhibits: 于建 is a name, and stands in 关于建立; there may be none."""
    try:
        return tables.read("sources")["title_zh"].tolist()
    except FileNotFoundError:
        return []
