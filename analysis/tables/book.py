"""The workbook of findings: all of them at once, to be sorted and handed to who keeps the sheet."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from analysis import words
from analysis.tables.findings import SEVERITIES, explained, summary_line

# A sheet of Excel holds 1,048,576 rows; the gravest findings come first.
MOST_ROWS = 1_000_000
SHOWN = (
    *("severity", "file", "sheet", "row", "letter", "title", "value"),
    *("message_zh", "remedy_zh", "message_en", "remedy_en", "rule"),
)
WIDTHS = {"file": 24, "title": 18, "value": 18, "rule": 18}
MADE = datetime.datetime(2000, 1, 1)  # the same findings give the same file


def write_findings(findings: pd.DataFrame, path: Path) -> Path:
    """Write findings as a workbook, every cell as text, so that none can be a formula.

    Parameters
    ----------
    findings : DataFrame
        Columns ``FINDING``.
    path : Path
        File to write; its folder is made.

    Returns
    -------
    Path
        The file written: a sheet of counts by rule and a sheet of findings, refusals first.

    Examples
    --------
    >>> import tempfile
    >>> from analysis.tables.findings import Where, a_finding, collected
    >>> one = collected([a_finding(Where("a.csv", row=3), "empty_row")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_findings(one, Path(folder) / "findings.xlsx").name
    'findings.xlsx'
    """
    order = findings["severity"].map(SEVERITIES.index)
    ranked = findings.assign(order=order).sort_values("order", kind="stable")
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"created": MADE})
        bold = book.add_format({"bold": True})
        _write_counts(book, ranked, bold)
        _write_rows(book, explained(ranked.head(MOST_ROWS)), bold)
    return path


def _both(key: str) -> str:
    return " ".join(words.say(key, language) for language in words.LANGUAGES)


def _write_counts(book: xlsxwriter.Workbook, findings: pd.DataFrame, bold) -> None:
    page = book.add_worksheet(_both("check.book.summary"))
    page.set_column(0, 1, 40)
    for row, language in enumerate(words.LANGUAGES):
        page.write_string(row, 0, summary_line(findings, language), bold)
    counts = findings.groupby(["order", "rule"], sort=True).size()
    for row, ((order, rule), count) in enumerate(counts.items(), start=3):
        page.write_string(row, 0, _both(f"check.{rule}.name"))
        page.write_string(row, 1, _both(f"check.book.{SEVERITIES[order]}"))
        page.write_number(row, 2, count)


def _write_rows(book: xlsxwriter.Workbook, findings: pd.DataFrame, bold) -> None:
    page = book.add_worksheet(_both("check.book.findings"))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(findings), 1), len(SHOWN) - 1)
    for column, name in enumerate(SHOWN):
        page.set_column(column, column, WIDTHS.get(name, 40 if "_" in name else 10))
        page.write_string(0, column, _both(f"check.book.{name}"), bold)
    severities = {name: _both(f"check.book.{name}") for name in SEVERITIES}
    shown = findings[list(SHOWN)].assign(severity=findings["severity"].map(severities))
    for row, values in enumerate(shown.itertuples(index=False), start=1):
        for column, value in enumerate(values):
            if SHOWN[column] != "row":
                page.write_string(row, column, value)
            elif value:
                page.write_number(row, column, value)
