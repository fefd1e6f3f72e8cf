"""An office's folder read: every sheet found, every cell repaired or refused, all of it told."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis.tables.bodies import Part, read_body
from analysis.tables.checks import faults, typed_table
from analysis.tables.codebook import LEDGERS, columns_of
from analysis.tables.crosschecks import cross_check
from analysis.tables.findings import (
    TableError,
    Where,
    a_finding,
    collected,
    echoed,
    first_of_each,
    not_told,
)
from analysis.tables.headers import SEARCHED, AmbiguousHeaderError, find_header
from analysis.tables.package import Limits, Refusal
from analysis.tables.persons import personal_numbers
from analysis.tables.sheets import SUFFIXES, Sheet, open_file

DEFAULT = Limits()
# Between the column and the rule that make one kind of finding.
KIND = "/"


class Reading(NamedTuple):
    """An office's folder as read: tables by name, all findings, and where each row came from.

    ``origins`` holds for each table a frame with the index of the table: ``file, sheet, row``.
    """

    tables: dict[str, pd.DataFrame]
    findings: pd.DataFrame
    origins: dict[str, pd.DataFrame]


def read_folder(folder: Path | str, *, limits: Limits = DEFAULT) -> dict[str, pd.DataFrame]:
    """Read an office's folder, and refuse it if a cell of it is refused.

    Parameters
    ----------
    folder : path
        Folder with CSV, XLSX and XLS files, in any depth.
    limits : Limits
        What a file may hold.

    Returns
    -------
    dict
        The tables of ``LEDGERS`` that were found, checked and typed.

    Raises
    ------
    TableError
        At least one refusal; ``findings`` holds all findings.
    FileNotFoundError
        No such folder.

    Examples
    --------
    >>> read_folder("no such folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no folder 'no such folder'
    """
    reading = check_folder(folder, limits=limits)
    refused = reading.findings["severity"] == "refusal"
    if refused.any():
        raise TableError(reading.findings[refused])
    return reading.tables


def check_folder(
    folder: Path | str,
    *,
    limits: Limits = DEFAULT,
    progress: Callable[[Iterable[Path]], Iterable[Path]] = iter,
) -> Reading:
    """Read an office's folder and tell every repair, doubt and refusal at once.

    Parameters
    ----------
    folder : path
        Folder with CSV, XLSX and XLS files, in any depth.
    limits : Limits
        What a file may hold.
    progress : callable
        Wraps the files while they are read, such as ``tqdm``.

    Returns
    -------
    Reading
        The tables found, all findings, and the origin of every row.

    Raises
    ------
    FileNotFoundError
        No such folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_folder(folder).findings["rule"].tolist()
    ['no_files']
    """
    folder = Path(folder)
    paths = ledger_files(folder)
    if len(paths) > limits.files:
        told = a_finding(Where(folder.name), "too_large", f"{len(paths):,} files", limits.files)
        return Reading({}, collected([told]), {})
    wanted = [path for path in paths if path.suffix.lower() in SUFFIXES and _inside(path, folder)]
    left = sorted(set(paths).difference(wanted))
    found = [a_finding(Where(_name(path, folder)), "file_left_out") for path in left]
    found += [told for path in paths for told in _personal_name(Where(_name(path, folder)))]
    if not wanted:
        found.append(a_finding(Where(folder.name), "no_files"))
    parts = []
    with _uncollected():
        for path in progress(wanted):
            parts.extend(_read_file(path, _name(path, folder), limits, found))
        return _joined(parts, found)


def ledger_files(folder: Path) -> list[Path]:
    """List the files of an office's folder, hidden files and locks apart.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    list of Path
        Every file in any depth, sorted; also those that no reader opens.

    Raises
    ------
    FileNotFoundError
        No such folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "~$open.xlsx").write_text("")
    ...     ledger_files(Path(folder))
    []
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder '{folder}'")
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and _seen(path, folder)]


def _seen(path: Path, folder: Path) -> bool:
    """Hidden files and the locks of open workbooks (`~$...`) are not the office's tables."""
    return not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)


def _inside(path: Path, folder: Path) -> bool:
    """A link to a file elsewhere is not a file of the office."""
    return path.resolve().is_relative_to(folder.resolve())


def _name(path: Path, folder: Path) -> str:
    """The name of a file need not be text; what cannot be written is shown as such."""
    return os.fsencode(path.relative_to(folder).as_posix()).decode(errors="replace")


def _personal_name(where: Where) -> list[dict]:
    """The name of a file or sheet is listed in a brief's inputs, so that it must name nobody."""
    named = any(personal_numbers(where.sheet or where.file))
    return [a_finding(where, "personal_name")] if named else []


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles while millions of cells are made: none refers to itself."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _read_file(path: Path, name: str, limits: Limits, found: list[dict]) -> list[Part]:
    try:
        return [part for sheet in open_file(path, limits) if (part := _part(sheet, name, found))]
    except Refusal as refusal:
        told = (refusal.rule, refusal.value, refusal.expected)
    except MemoryError:  # one file that is too large for this machine does not end the others
        told = ("too_large", f"{path.stat().st_size:,} bytes", "-")
    found.append(a_finding(Where(name), *told))
    return []


def _part(sheet: Sheet, file: str, found: list[dict]) -> Part | None:
    where = Where(file, sheet.name)
    found.extend(a_finding(where, rule, "", to) for rule, to in sheet.notes)
    found.extend(_personal_name(where) if sheet.name else [])
    if not sheet.rows:
        return None
    try:
        header = find_header(sheet.rows)
    except AmbiguousHeaderError as fault:
        found.append(a_finding(where, "ambiguous_sheet", "", ", ".join(fault.tables)))
        return None
    if header is None:
        found.extend(_without_header(sheet, where))
        return None
    part = read_body(sheet, header, where)
    found.extend(part.findings)
    return part


def _without_header(sheet: Sheet, where: Where) -> list[dict]:
    widths = [sum(1 for cell in row if str(cell).strip()) for row in sheet.rows]
    if not any(widths):
        return []
    rule = "unknown_sheet" if max(widths) > 2 else "note_sheet"
    return [a_finding(where, rule, "", SEARCHED)]


def _joined(parts: list[Part], found: list[dict]) -> Reading:
    tables, origins = {}, {}
    heads = {(part.file, part.sheet, part.table): part.heads for part in parts}
    for name in LEDGERS:
        mine = [part for part in parts if part.table == name]
        if not mine:
            continue
        text = pd.concat([_completed(part, name) for part in mine], ignore_index=True)
        origins[name] = pd.concat([part.origin for part in mine], ignore_index=True)
        faulty = faults(text, name)
        found.extend(_placed(faulty, name, origins, heads))
        tables[name] = typed_table(_without(text, faulty), name)
    for name, faulty in cross_check(tables).groupby("table", sort=False):
        found.extend(_placed(faulty, name, origins, heads))
    return Reading(tables, collected(found), origins)


def _without(text: pd.DataFrame, faulty: pd.DataFrame) -> pd.DataFrame:
    """What was refused is missing in the table; a row that stands twice stays, to be looked at."""
    for column, labels in faulty.groupby("column")["label"]:
        if column in text:
            text.loc[labels, column] = None
    return text


def _completed(part: Part, name: str) -> pd.DataFrame:
    """Columns that the sheet lacks: empty, or refused already where they are required."""
    columns = columns_of(name).set_index("column")["required"]
    absent = {
        column: (None if required == "yes" else "")
        for column, required in columns.items()
        if column not in part.text
    }
    return part.text.assign(**absent)[list(columns.index)].astype("str")


def _placed(faulty: pd.DataFrame, name: str, origins: dict, heads: dict) -> list[dict]:
    """Give faults of a table the place of their rows in the office's files."""
    titles = columns_of(name).set_index("column")["zh"]
    first, left = first_of_each(faulty["column"] + KIND + faulty["rule"])
    shown = faulty[first]
    places = origins[name].loc[shown["label"], ["file", "sheet", "row"]]
    told = []
    for fault, place in zip(shown.to_dict("records"), places.to_numpy(), strict=True):
        file, sheet, row = place
        column = fault["column"]
        letter, title = heads[file, sheet, name].get(column, ("", titles.get(column, column)))
        where = Where(file, sheet, int(row), letter, column, title)
        told.append(a_finding(where, fault["rule"], echoed(fault["value"]), fault["expected"]))
    for kind, count in left.items():
        column, rule = kind.split(KIND)
        where = Where(column=column, title=titles.get(column, column))
        told.append(not_told(where, rule, count))
    return told
