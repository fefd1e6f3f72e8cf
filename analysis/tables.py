"""The only reader: tables come in as text, are held against the dictionary, and leave typed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd

from analysis import words

DATA = Path(os.environ.get("ANALYSIS_DATA", Path(__file__).resolve().parents[1] / "data"))
FINDING = ["file", "row", "column", "value", "rule", "expected"]
# Above this a float no longer holds every whole number.
LARGEST = 2.0**53
NUMBERS = ("number", "integer", "share")
MARKS = ["verified-read", "derived", "assumed", "from-memory", "not-found"]
TRUTHS = {"yes": True, "no": False}
REFERENCES = {"source": ("sources", "source"), "area": ("areas", "area")}


class TableError(ValueError):
    """A table breaks its dictionary; ``findings`` holds every offender, one a row."""

    def __init__(self, findings: pd.DataFrame) -> None:
        self.findings = findings
        super().__init__("\n".join(describe_findings(findings)))


def describe_findings(findings: pd.DataFrame) -> list[str]:
    """Say each finding in one sentence, in English and in Chinese.

    Parameters
    ----------
    findings : DataFrame
        Columns ``file, row, column, value, rule, expected``, as `check_table` gives them.

    Returns
    -------
    list of str
        One line a finding: where, what, which rule, what to do.

    Examples
    --------
    >>> row = ["incomes.csv", 12, "income_yuan", "8千", "number", ""]
    >>> print(describe_findings(pd.DataFrame([row], columns=FINDING))[0].split(" | ")[0])
    incomes.csv, row 12, column income_yuan: '8千' is not a number; write digits only, such as 8000
    """
    return [
        " | ".join(
            words.say(f"check.{finding['rule']}", language, **finding) for language in ("en", "zh")
        )
        for finding in findings.astype(str).to_dict("records")
    ]


@cache
def dictionary() -> pd.DataFrame:
    """Give the dictionary: one row a column of every table.

    Returns
    -------
    DataFrame
        Columns ``table, column, zh, en, aliases, type, unit, lowest, highest, allowed, personal,
        required, key, source``; all text.

    Examples
    --------
    >>> rows = dictionary()
    >>> bool((rows["table"] == "incidence").any())
    True
    """
    return pd.read_csv(DATA / "dictionary.csv", dtype=str, keep_default_na=False)


def read(
    name: str, *, place: str | None = None, pack: str | None = None, until: str | None = None
) -> pd.DataFrame:
    """Read one table, checked and typed by the dictionary.

    Parameters
    ----------
    name : str
        Table of the dictionary, such as ``incidence``.
    place : str, optional
        Folder of the place for the tables every place has (``facts``, ``identities``, ...).
    pack : str, optional
        File of the pack for the table ``standards``, such as ``yunnan_2017``.
    until : str, optional
        ISO date: rows that were known later are left out.

    Returns
    -------
    DataFrame
        Shares 0 to 1, codes as text, absent figures missing.

    Raises
    ------
    TableError
        The file breaks its dictionary; every offender is named.
    FileNotFoundError
        No such table or place; the message lists those there are.

    Examples
    --------
    >>> incidence = read("incidence", until="2018-03-28")
    >>> int(incidence.query("area == '100000'")["year"].max())
    2017
    """
    path = find_file(name, place=place, pack=pack)
    raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    findings = check_table(raw, name, path.name)
    if len(findings):
        raise TableError(findings)
    frame = typed_table(raw, name)
    return frame if until is None else frame[frame["known_from"] <= until].reset_index(drop=True)


def find_file(name: str, *, place: str | None = None, pack: str | None = None) -> Path:
    """Find the file of a table.

    Parameters
    ----------
    name, place, pack : str
        As for `read`.

    Returns
    -------
    Path
        An existing CSV file inside the data folder.

    Raises
    ------
    FileNotFoundError
        Nothing there; the message says what is.

    Examples
    --------
    >>> find_file("incidence").name
    'incidence.csv'
    """
    folders = [place] if place else ["standards"] if pack else ["reference", "."]
    candidates = [DATA / folder / f"{pack or name}.csv" for folder in folders]
    for path in candidates:
        if path.is_file() and path.resolve().is_relative_to(DATA.resolve()):
            return path
    there = sorted(path.stem for path in candidates[0].parent.glob("*.csv"))
    known = ", ".join(there) or "no table"
    raise FileNotFoundError(
        f"there is no table '{pack or name}' in data/{folders[0]}; found there: {known}"
    )


def check_table(raw: pd.DataFrame, name: str, file: str) -> pd.DataFrame:
    """Hold a table of text against the dictionary.

    Parameters
    ----------
    raw : DataFrame
        The table as text, one column a column of the file.
    name : str
        Table of the dictionary.
    file : str
        Name of the file, for the findings.

    Returns
    -------
    DataFrame
        One row a finding: ``file, row, column, value, rule, expected``; rows count from 1 with
        the header as row 1, as a spreadsheet shows them. Empty when all is well.

    Raises
    ------
    KeyError
        The dictionary does not know the table.

    Examples
    --------
    >>> raw = pd.DataFrame({"area": ["100000"], "year": ["20l7"], "rural_price_index": ["1.013"]})
    >>> check_table(raw, "prices", "prices.csv")[["column", "value", "rule"]].values.tolist()[-1]
    ['year', '20l7', 'integer']
    """
    columns = columns_of(name)
    found = [*_header_findings(raw, columns)]
    for column in columns.to_dict("records"):
        if column["column"] in raw:
            found.extend(_column_findings(raw[column["column"]].str.strip(), column))
    found.extend(_duplicate_findings(raw, columns))
    findings = pd.DataFrame(found, columns=FINDING[1:]).sort_values("row", kind="stable")
    findings.insert(0, "file", file)
    return findings.reset_index(drop=True)


def columns_of(name: str) -> pd.DataFrame:
    """Give the dictionary's rows of one table.

    Parameters
    ----------
    name : str
        Table of the dictionary.

    Returns
    -------
    DataFrame
        The rows of `dictionary` for this table, in the order of the file.

    Raises
    ------
    KeyError
        The dictionary does not know the table.

    Examples
    --------
    >>> columns_of("prices")["column"].tolist()[:3]
    ['area', 'year', 'rural_price_index']
    """
    rows = dictionary()
    rows = rows[rows["table"] == name]
    if rows.empty:
        raise KeyError(f"data/dictionary.csv has no table '{name}'; describe its columns there")
    return rows


def _header_findings(raw: pd.DataFrame, columns: pd.DataFrame) -> Iterator[tuple]:
    known = set(columns["column"])
    yield from (
        (1, name, "", "missing_column", "") for name in columns["column"] if name not in raw
    )
    yield from ((1, name, name, "unknown_column", "") for name in raw if name not in known)


def _column_findings(values: pd.Series, column: dict) -> Iterator[tuple]:
    filled = values[values != ""]
    if column["required"] == "yes":
        yield from _offenders(values[values == ""], column, "required", "")
    typed = _typed(filled, column["type"])
    yield from _offenders(filled[typed.isna()], column, column["type"], column["unit"])
    yield from _range_findings(filled, typed, column)
    if column["allowed"]:
        allowed = column["allowed"].split("|")
        yield from _offenders(filled[~filled.isin(allowed)], column, "allowed", ", ".join(allowed))
    if column["column"] in REFERENCES:
        yield from _reference_findings(filled, column)


def _range_findings(filled: pd.Series, typed: pd.Series, column: dict) -> Iterator[tuple]:
    if column["type"] not in NUMBERS:
        return
    for bound, outside in (("lowest", typed.lt), ("highest", typed.gt)):
        if column[bound]:
            mask = outside(float(column[bound])).fillna(False)
            yield from _offenders(filled[mask], column, bound, column[bound])


def _reference_findings(filled: pd.Series, column: dict) -> Iterator[tuple]:
    table, key = REFERENCES[column["column"]]
    known = _known_codes(table, key)
    if column["table"] != table:
        unknown = filled[~filled.map(lambda text: set(text.split(";")) <= known)]
        yield from _offenders(unknown, column, f"unknown_{key}", f"data/{table}.csv")


@cache
def _known_codes(table: str, key: str) -> frozenset[str]:
    return frozenset(pd.read_csv(find_file(table), dtype=str, usecols=[key])[key])


def _duplicate_findings(raw: pd.DataFrame, columns: pd.DataFrame) -> Iterator[tuple]:
    keys = [name for name in columns.loc[columns["key"] == "yes", "column"] if name in raw]
    if not keys:
        return
    for row, value in raw.loc[raw.duplicated(keys), keys].iterrows():
        yield row + 2, ", ".join(keys), ", ".join(value), "duplicate", ""


def _offenders(values: pd.Series, column: dict, rule: str, expected: str) -> Iterator[tuple]:
    shown = (lambda _: "***") if column["personal"] == "yes" else str
    for row, value in values.items():
        yield row + 2, column["column"], shown(value), rule, expected


def typed_table(raw: pd.DataFrame, name: str) -> pd.DataFrame:
    """Turn a checked table of text into typed columns.

    Parameters
    ----------
    raw : DataFrame
        The table as text.
    name : str
        Table of the dictionary.

    Returns
    -------
    DataFrame
        Numbers as float or Int64, yes and no as boolean, everything else as text.

    Examples
    --------
    >>> raw = pd.DataFrame({"area": ["100000"], "year": ["2017"], "rural_price_index": ["1.013"]})
    >>> typed_table(raw, "prices").loc[0, "rural_price_index"].item()
    1.013
    """
    types = columns_of(name).set_index("column")["type"]
    return pd.DataFrame(
        {
            column: _typed(raw[column].str.strip(), types[column])
            for column in types.index
            if column in raw
        }
    )


def _typed(values: pd.Series, kind: str) -> pd.Series:
    text = values.where(values != "")
    if kind in NUMBERS:
        numbers = pd.to_numeric(text, errors="coerce").astype(float)
        numbers = numbers.where(numbers.abs() <= LARGEST)
        if kind != "integer":
            return numbers
        return numbers.where(numbers == numbers.round()).astype("Int64")
    if kind == "date":
        dates = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
        return dates.dt.strftime("%Y-%m-%d").astype("str").where(dates.notna())
    if kind == "boolean":
        return text.map(TRUTHS).astype("boolean")
    return text


def sources(*frames: pd.DataFrame) -> list[dict[str, str]]:
    """List the sources of the rows that are shown, each once, with its weakest mark.

    Parameters
    ----------
    *frames : DataFrame
        Tables with the columns ``source`` (ids, ``;`` between several) and ``verification``.

    Returns
    -------
    list of dict
        ``id, title_zh, title_en, locator, verification``, in order of first appearance.

    Examples
    --------
    >>> shown = pd.DataFrame({"source": ["speech"], "verification": ["verified-read"]})
    >>> sources(shown)[0]["verification"]
    'verified-read'
    """
    marks = pd.concat([frame[["source", "verification"]] for frame in frames])
    marks = marks.assign(source=marks["source"].str.split(";")).explode("source")
    weakest = marks["verification"].map(MARKS.index).groupby(marks["source"], sort=False).max()
    titles = read("sources").set_index("source").fillna("")
    return [
        {
            "id": source,
            **titles.loc[source, ["title_zh", "title_en", "locator"]],
            "verification": MARKS[mark],
        }
        for source, mark in weakest.items()
    ]


def margins(place: str, *, until: str | None = None) -> pd.DataFrame:
    """Give the printed figures of a place by the part they play, whatever their ids there.

    Parameters
    ----------
    place : str
        Folder of the place, with ``facts.csv`` and ``margins.csv``.
    until : str, optional
        ISO date: as for `read`.

    Returns
    -------
    DataFrame
        Indexed by margin: ``value, value_low, value_high`` (from the rounding of the printed
        digits) and the columns of ``facts``.

    Raises
    ------
    KeyError
        A margin names a fact that the place does not have.

    Examples
    --------
    >>> int(margins("wenshan").loc["poor_persons", "value"])
    16382
    """
    facts = read("facts", place=place).set_index("fact")
    roles = read("margins", place=place, until=until)
    if roles.empty:
        raise KeyError(f"nothing was known of {place} by {until}; choose a later day")
    unknown = sorted(set(roles["fact"]) - set(facts.index))
    if unknown:
        raise KeyError(f"data/{place}/margins.csv names facts that are not there: {unknown}")
    shown = facts.loc[roles["fact"]].reset_index().set_index(pd.Index(roles["margin"]))
    shown["value_low"] = shown["value"] - shown["resolution"]
    shown["value_high"] = shown["value"] + shown["resolution"]
    return shown


def places() -> list[str]:
    """List the places that have printed figures.

    Returns
    -------
    list of str
        Folders under the data folder that hold ``facts.csv``.

    Examples
    --------
    >>> "wenshan" in places()
    True
    """
    return sorted(path.parent.name for path in DATA.glob("*/facts.csv"))
