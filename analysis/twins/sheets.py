"""A brief as tables: a workbook with one table a sheet, and each table as a CSV file."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import xlsxwriter

from analysis.twins.numbers import number_shown

# What a spreadsheet would take for a formula, in whatever file it stands; a Chinese one takes the
# wide signs for the narrow.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
WIDEST, NARROWEST = 60, 8


class Listed(NamedTuple):
    """A table of the brief, or the numbers behind a chart, with all that is said about it."""

    file: str
    name: str
    chapter: str
    title: str
    said: Sequence[str]
    head: Sequence[str]
    units: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]


def listed(brief: Mapping[str, object]) -> Iterator[Listed]:
    """
    List the tables of a brief, and the numbers behind its charts, in the order they are printed.

    Parameters
    ----------
    brief : mapping
        What `press.document` gives.

    Yields
    ------
    Listed
        Named as on the page: Table 1, Figure 1.

    Examples
    --------
    >>> list(listed({"chapters": [], "labels": {}}))
    []
    """
    for chapter in brief["chapters"]:
        for block in chapter["blocks"]:
            if "number" in block:
                yield _listed(brief["labels"][block["kind"]], chapter["title"], block)


def _listed(label: str, chapter: str, block: Mapping) -> Listed:
    drawn = block["drawn"] if block["kind"] == "figure" else block
    columns, rows = (drawn["columns"], drawn["rows"]) if drawn else ([], [])
    said = [block["subtitle"], block["alt"]] if block["kind"] == "figure" else []
    return Listed(
        f"{block['kind']}-{block['number']:02d}",
        f"{label} {block['number']}",
        chapter,
        block["headline"] if block["kind"] == "figure" else block["title"],
        [*said, block["source_line"]],
        [" ".join(column["heading"]) for column in columns],
        [column["unit"] for column in columns],
        rows,
        [column["align"] == "right" or column["form"] == "year" for column in columns],
    )


def workbook(brief: Mapping[str, object]) -> bytes:
    """
    Write the tables of a brief, and the numbers behind its charts, as a workbook.

    Parameters
    ----------
    brief : mapping
        What `press.document` gives.

    Returns
    -------
    bytes
        The XLSX file: a sheet of contents, one table a sheet with title, units, note and source,
        and a sheet on how it was made. The same brief gives the same bytes; no cell is a formula.

    Examples
    --------
    >>> workbook.__name__
    'workbook'
    """
    written = io.BytesIO()
    day = brief["date"]
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(written, {"in_memory": True, **safe}) as book:
        created = datetime.datetime(day["year"], day["month"], day["day"])
        book.set_properties({"title": brief["title"], "created": created})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        tables = list(listed(brief))
        _write_contents(book, brief, tables, bold)
        for table in tables:
            _write_table(book, table, bold)
        _write_made(book, brief, bold)
    return written.getvalue()


def _write_contents(book, brief: Mapping, tables: Sequence[Listed], bold) -> None:
    page = book.add_worksheet(brief["labels"]["contents"])
    page.set_column(0, 0, 12)
    page.set_column(1, 2, WIDEST)
    page.write_string(0, 0, brief["title"], bold)
    page.write_string(1, 0, f"{brief['subtitle']} {brief['date']['text']}".strip())
    for at, answer in enumerate(brief["answers"], start=3):
        said = answer["text"] if not answer["anchor"] else f"{answer['text']} ({answer['status']})"
        page.write_number(at, 0, answer["answer"])
        page.write_string(at, 1, answer["question"])
        page.write_string(at, 2, said)
    for at, table in enumerate(tables, start=len(brief["answers"]) + 4):
        page.write_url(at, 0, f"internal:'{table.name}'!A1", string=table.name)
        page.write_string(at, 1, table.title)
        page.write_string(at, 2, f"{brief['labels']['chapter']}: {table.chapter}")


def _write_table(book, table: Listed, bold) -> None:
    page = book.add_worksheet(table.name)
    page.write_string(0, 0, f"{table.name} {table.title}", bold)
    for column, title in enumerate(table.head):
        page.write_string(1, column, table.units[column])
        page.write_string(2, column, title, bold)
        page.set_column(column, column, _width(table, column))
    for at, row in enumerate(table.rows, start=3):
        for column, text in enumerate(row):
            number = number_shown(text) if table.numeric[column] else None
            if number is None:
                page.write_string(at, column, text)
            else:
                page.write_number(at, column, number.value, _form(book, number.form))
    if table.head:
        page.freeze_panes(3, 0)
    for at, text in enumerate(table.said, start=len(table.rows) + 4):
        page.write_string(at, 0, text)


def _form(book, form: str):
    """One format of the workbook for each way of showing a number."""
    forms = book.__dict__.setdefault("number_forms", {})
    if form not in forms:
        forms[form] = book.add_format({"num_format": form})
    return forms[form]


def _width(table: Listed, column: int) -> int:
    texts = [table.head[column], *(row[column] for row in table.rows)]
    longest = max(sum(1 if ord(mark) < 0x2E80 else 2 for mark in text) for text in texts)
    return min(max(longest + 2, NARROWEST), WIDEST)


def _write_made(book, brief: Mapping, bold) -> None:
    labels, made = brief["labels"], brief["made"]
    page = book.add_worksheet(labels["made"][:31])
    page.set_column(0, 1, WIDEST)
    for row, pair in enumerate(_made_rows(labels, made, brief["sources"])):
        for column, text in enumerate(pair):
            page.write_string(row, column, text, bold if len(pair) == 1 else None)


def _made_rows(labels: Mapping, made: Mapping, sources: Sequence) -> Iterator[list[str]]:
    yield [labels["notebook"]]
    yield from ([run["name"], run["sha256"]] for run in made["notebooks"])
    yield [labels["inputs"]]
    untold = labels["in_record"]
    yield from ([file["path"], file["sha256"] or untold] for file in made["inputs"])
    yield [labels["sources"]]
    yield from ([title, where] for _, title, where, _ in sources)


def csv_files(brief: Mapping[str, object]) -> dict[str, bytes]:
    """
    Write each table of a brief, and the numbers behind each chart, as a CSV file.

    Parameters
    ----------
    brief : mapping
        What `press.document` gives.

    Returns
    -------
    dict of str to bytes
        Name of the file to its content: UTF-8 with the mark that spreadsheets look for, numbers
        without separators, per cent as shares; `index.csv` says what each holds and its source.

    Examples
    --------
    >>> sorted(csv_files({"chapters": [], "labels": {}}))
    ['index.csv']
    """
    files, index = {}, [["file", "name", "chapter", "title", "said"]]
    for table in listed(brief):
        name = f"{table.file}.csv"
        index.append([name, table.name, table.chapter, table.title, " ".join(table.said)])
        if table.head:
            files[name] = csv_file(table.head, table.rows, table.numeric)
    return {"index.csv": _csv(index), **files}


def csv_file(head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[bool]) -> bytes:
    """
    Write a table as it is shown as a CSV file that a spreadsheet can read and cannot run.

    Parameters
    ----------
    head : sequence of str
        Title of each column, with its unit.
    rows : iterable of sequence of str
        The cells as they are shown.
    numeric : sequence of bool
        Whether a column holds numbers; theirs are written plain, per cent as shares.

    Returns
    -------
    bytes
        UTF-8 with the mark that spreadsheets look for.

    Examples
    --------
    >>> csv_file(["Area", "Share"], [["=1+1", "5.42%"]], [False, True]).decode("utf-8-sig")
    "Area,Share\\r\\n'=1+1,0.0542\\r\\n"
    """
    return _csv([head, *(_plain_row(row, numeric) for row in rows)])


def _plain_row(row: Sequence[str], numeric: Sequence[bool]) -> list[str]:
    return [_plain(text) if number else text for text, number in zip(row, numeric, strict=True)]


def _plain(text: str) -> str:
    number = number_shown(text)
    return text if number is None else f"{number.value:.12g}"


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([[_harmless(text) for text in row] for row in rows])
    return written.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    """Keep a spreadsheet from running a text that looks like a formula; a number is none."""
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
