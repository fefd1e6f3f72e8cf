"""Findings: what a reader met, where, under which rule, and what to do about it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import words
from analysis.tables.names import without_names
from analysis.tables.persons import SHORTEST, without_numbers

FINDING = [
    *("file", "sheet", "row", "letter", "column", "title"),
    *("value", "rule", "severity", "expected"),
]
SEVERITIES = ("refusal", "doubt", "repair")
MASK = "***"
LONGEST, LOOKED_AT = 500, 5_000
# Of one kind in one column nobody reads more, and millions would fill the memory.
MOST_TOLD = 10_000
# What moves the cursor of a terminal, turns the writing round, or cannot be written at all.
UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# A repair changes how a cell is written and never what it says; a doubt is read as it stands.
REPAIRS = frozenset(
    [
        "encoding",
        "file_left_out",
        "hidden_sheet",
        "note_sheet",
        "unread_column",
        "personal_column",
        "column_twice",
        "header_unit",
        "unit_above",
        "year_from_title",
        "merged_cell",
        "empty_row",
        "totals_row",
        "repeated_header",
        "note_row",
        "full_width",
        "spaces",
        "missing_mark",
        "thousands",
        "ten_thousands",
        "unit_suffix",
        "percent",
        "year_suffix",
        "date_form",
        "month_form",
        "truth_mark",
        "number_code",
    ]
)
DOUBTS = frozenset(
    [
        "absent_column",
        # Of two units the nearer holds; they may differ by ten thousand.
        "unit_twice",
        "cell_unit",
        "year_twice",
        "panel_gap",
        "cause_unlike_members",
        "child_worker",
        "worker_without_labour",
        "child_with_labour",
        "heads",
        "spouse_sex",
        "village_households",
        "population_missing",
        "helper_missing",
        "members_missing",
        "no_rows",
        # A ledger that does not close is reported, never forced: it is read as it stands.
        "flow_residual",
        "flow_opening",
        "flow_register",
    ]
)


class Where(NamedTuple):
    """The place of a finding: file, sheet, row as the spreadsheet counts, letter and title."""

    file: str = ""
    sheet: str = ""
    row: int = 0
    letter: str = ""
    column: str = ""
    title: str = ""


class TableError(ValueError):
    """A table breaks its dictionary; ``findings`` holds every offender, one a row."""

    def __init__(self, findings: pd.DataFrame) -> None:
        self.findings = findings
        super().__init__("\n".join(describe_findings(findings)))


def severity_of(rule: str) -> str:
    """Tell how grave a rule is.

    Parameters
    ----------
    rule : str
        Name of the rule.

    Returns
    -------
    str
        ``repair`` (the cell was read, written otherwise), ``doubt`` (it was read as it stands, and
        is worth a question) or ``refusal`` (it was not read, or it contradicts another cell).

    Examples
    --------
    >>> severity_of("thousands"), severity_of("number")
    ('repair', 'refusal')
    """
    if rule in REPAIRS:
        return "repair"
    return "doubt" if rule in DOUBTS else "refusal"


def a_finding(where: Where, rule: str, value: object = "", expected: object = "") -> dict:
    """Make one row of the table of findings.

    Parameters
    ----------
    where : Where
        The place.
    rule : str
        Name of the rule, a key of the catalogue under ``check.``.
    value, expected : object
        What stood there, already masked if its column is personal; what the rule asks for. What
        looks like an identity number or a telephone is masked in any column.

    Returns
    -------
    dict
        The columns of ``FINDING``.

    Examples
    --------
    >>> a_finding(Where("a.csv", row=3), "empty_row")["severity"]
    'repair'
    """
    place = {
        name: _masked(at) if at.__class__ is str else at for name, at in where._asdict().items()
    }
    told = {"value": _masked(str(value)), "rule": rule, "severity": severity_of(rule)}
    return {**place, **told, "expected": _masked(str(expected))}


def echoed(value: object) -> str:
    """Say what stands in a cell, for a slip of the hand puts a name into any column.

    Parameters
    ----------
    value : object
        The cell, from a column that is not personal.

    Returns
    -------
    str
        The value; of a word that may be a name no more than its first character. `a_finding` masks
        numbers of persons.

    Examples
    --------
    >>> echoed("8千"), echoed("某甲")
    ('8千', '某***')
    """
    text = str(value)
    return text if text.isascii() else without_names(text[:LOOKED_AT], MASK)


def first_of_each(keys: pd.Series) -> tuple[np.ndarray, dict[str, int]]:
    """Choose the findings that are told one by one: of each kind the first, as many as are read.

    Parameters
    ----------
    keys : Series
        What kind each finding is of.

    Returns
    -------
    (array of bool, dict)
        Which are told, and how many of each kind are not.

    Examples
    --------
    >>> first_of_each(pd.Series(["number", "month"]))
    (array([ True,  True]), {})
    """
    told = (keys.groupby(keys).cumcount() < MOST_TOLD).to_numpy()
    return told, keys[~told].value_counts(sort=False).to_dict()


def not_told(where: Where, rule: str, count: int) -> dict:
    """Make the finding that stands for those of one kind that are not told one by one.

    Parameters
    ----------
    where : Where
        The column.
    rule : str
        Rule of the findings that it stands for.
    count : int
        How many they are.

    Returns
    -------
    dict
        The columns of ``FINDING``, as grave as what it stands for.

    Examples
    --------
    >>> not_told(Where("a.csv"), "spaces", 70_000)["severity"]
    'repair'
    """
    expected = " ".join(words.say(f"check.{rule}.name", name) for name in words.LANGUAGES)
    return a_finding(where, "not_told", f"{count:,}", expected) | {"severity": severity_of(rule)}


def _masked(text: str) -> str:
    # Masked before it is cut, so that no part of a number is left at the end.
    masked = without_numbers(text[:LOOKED_AT], MASK) if len(text) >= SHORTEST else text
    return _shown(masked if len(masked) <= LONGEST else f"{masked[:LONGEST]}…")


def _shown(text: str) -> str:
    return text if text.isprintable() else UNSHOWN.sub("\ufffd", text)


def collected(*parts: pd.DataFrame | list[dict]) -> pd.DataFrame:
    """Put findings together into one table.

    Parameters
    ----------
    *parts : DataFrame or list of dict
        Findings, as tables or as rows of `a_finding`.

    Returns
    -------
    DataFrame
        Columns ``FINDING``; rows in the order given. Empty when there is none.

    Examples
    --------
    >>> len(collected([a_finding(Where("a.csv"), "empty_row")], collected()))
    1
    """
    frames = [pd.DataFrame(part, columns=FINDING) for part in parts if len(part)]
    if not frames:
        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in FINDING})
    return pd.concat(frames, ignore_index=True).astype({name: _dtype(name) for name in FINDING})


def _dtype(name: str) -> str:
    return "int64" if name == "row" else "str"


def explained(findings: pd.DataFrame) -> pd.DataFrame:
    """Add to each finding its message and its remedy, in Chinese and in English.

    Parameters
    ----------
    findings : DataFrame
        Columns ``FINDING``.

    Returns
    -------
    DataFrame
        The same rows, with ``message_zh, remedy_zh, message_en, remedy_en``.

    Examples
    --------
    >>> one = a_finding(Where("a.xlsx", "户", 12, "F", "size", "人口"), "integer", "8千")
    >>> explained(collected([one]))["message_en"].item()
    "'8千' is not a whole number"
    """
    parts = list(zip(findings["rule"], findings["value"], findings["expected"], strict=True))
    told = {
        f"{name}_{language}": pd.Series(
            [_say(rule, part, language, value, expected) for rule, value, expected in parts],
            index=findings.index,
            dtype="str",
        )
        for language in ("zh", "en")
        for name, part in (("message", "fault"), ("remedy", "remedy"))
    }
    return findings.assign(**told)


@lru_cache(maxsize=2**12)
def _say(rule: str, part: str, language: str, value: str, expected: str) -> str:
    return words.say(f"check.{rule}.{part}", language, value=value, expected=expected)


def describe_findings(findings: pd.DataFrame) -> list[str]:
    """Say each finding in one sentence, in English and in Chinese.

    Parameters
    ----------
    findings : DataFrame
        Columns ``FINDING``, as `check_table` gives them.

    Returns
    -------
    list of str
        One line a finding: where, what, which rule, what to do.

    Examples
    --------
    >>> one = a_finding(Where("a.xlsx", "户", 12, "F", "size", "人口"), "integer", "8千")
    >>> print(describe_findings(collected([one]))[0].split(" | ")[0])
    a.xlsx, sheet 户, row 12 (column F 人口): '8千' is not a whole number; write digits
    without point or unit
    """
    rows = explained(findings).to_dict("records")
    return [f"{_sentence(row, 'en')} | {_sentence(row, 'zh')}" for row in rows]


def _sentence(row: dict, language: str) -> str:
    return words.say(
        "check.sentence",
        language,
        place=_place(row, language),
        fault=row[f"message_{language}"],
        remedy=row[f"remedy_{language}"],
    )


def _place(row: dict, language: str) -> str:
    names = ("file", "sheet", "row", "letter" if row["letter"] else "title")
    texts = {name: str(row[name]) for name in (*names, "title")}
    told = {n: words.say(f"check.place.{n}", language, **texts) for n in names if row[n]}
    column = told.pop(names[-1], "")
    gap = " " if column and language == "en" else ""
    return {"en": ", ", "zh": " "}[language].join(told.values()) + gap + column


def summary_line(findings: pd.DataFrame, language: str) -> str:
    """Say in one line how many findings there are of each severity, and the commonest refusals.

    Parameters
    ----------
    findings : DataFrame
        Columns ``FINDING``.
    language : str
        ``zh`` or ``en``.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> summary_line(collected([a_finding(Where("a.csv", row=3), "empty_row")]), "en")
    '0 refusals, 0 doubts, 1 repairs'
    """
    counts = {f"{name}s": int((findings["severity"] == name).sum()) for name in SEVERITIES}
    refused = findings.loc[findings["severity"] == "refusal", "rule"].value_counts(sort=True)
    if refused.empty:
        return words.say("check.summary", language, **counts)
    rules = [f"{words.say(f'check.{rule}.name', language)} {n}" for rule, n in refused[:5].items()]
    return words.say("check.summary_refused", language, **counts, rules=rules)
