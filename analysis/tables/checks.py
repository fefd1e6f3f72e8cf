"""Text held against the dictionary: every offender a finding, then typed columns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pandas as pd

from analysis.tables.codebook import allowed_codes, columns_of
from analysis.tables.files import find_file
from analysis.tables.findings import MASK, Where, a_finding, collected
from analysis.tables.persons import personal_numbers
from analysis.tables.raw import raw_table

# Above this a float no longer holds every whole number.
LARGEST = 2.0**53
NUMBERS = ("number", "integer", "share")
MARKS = ["verified-read", "derived", "assumed", "from-memory", "not-found"]
MONTH = r"[0-9]{4}-(0[1-9]|1[0-2])"
TRUTHS = {"yes": True, "no": False}
# Rule and what it asks for; no number of a person is shorter than a telephone's.
PERSONAL, SHORTEST = ("personal_cell", ""), 11
REFERENCES = {"source": ("sources", "source"), "area": ("areas", "area")}


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
        Findings; rows count from 1 with the header as row 1, as a spreadsheet shows them. Empty
        when all is well.

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
    letters = {title: letter_of(number) for number, title in enumerate(raw)}
    found = [
        a_finding(Where(file, "", 1, letters.get(column, ""), column, column), rule, value)
        for column, value, rule in _header_faults(raw, columns)
    ]
    for fault in faults(raw, name).to_dict("records"):
        letter = letters.get(fault["column"], "")
        where = Where(file, "", fault["label"] + 2, letter, fault["column"], fault["column"])
        found.append(a_finding(where, fault["rule"], fault["value"], fault["expected"]))
    return collected(found).sort_values("row", kind="stable", ignore_index=True)


def faults(raw: pd.DataFrame, name: str) -> pd.DataFrame:
    """List the cells of a table of text that break the dictionary.

    Parameters
    ----------
    raw : DataFrame
        The table as text; an absent figure is empty, a cell refused before is missing.
    name : str
        Table of the dictionary.

    Returns
    -------
    DataFrame
        One row a fault: ``label`` (of the row in ``raw``), ``column, value`` (masked if personal),
        ``rule, expected``.

    Examples
    --------
    >>> raw = pd.DataFrame({"area": ["100000", "100000"], "year": ["2017", "2017"]})
    >>> faults(raw, "prices")[["label", "rule"]].values.tolist()
    [[1, 'duplicate']]
    """
    columns = columns_of(name)
    found: list[tuple] = []
    for column in columns.to_dict("records"):
        if column["column"] in raw:
            found.extend(_column_faults(raw[column["column"]].str.strip(), column))
    found.extend(_duplicate_faults(raw, columns))
    return pd.DataFrame(found, columns=["label", "column", "value", "rule", "expected"])


def letter_of(number: int) -> str:
    """Name a column as a spreadsheet does.

    Parameters
    ----------
    number : int
        Position from 0.

    Returns
    -------
    str
        A, B, ..., Z, AA, ...

    Examples
    --------
    >>> letter_of(0), letter_of(25), letter_of(26)
    ('A', 'Z', 'AA')
    """
    head, last = divmod(number, 26)
    return (letter_of(head - 1) if head else "") + chr(ord("A") + last)


def _header_faults(raw: pd.DataFrame, columns: pd.DataFrame) -> Iterator[tuple]:
    known = set(columns["column"])
    yield from ((name, "", "missing_column") for name in columns["column"] if name not in raw)
    yield from ((name, name, "unknown_column") for name in raw if name not in known)


def _column_faults(values: pd.Series, column: dict) -> Iterator[tuple]:
    filled = values[values.notna() & values.ne("")]
    if column["required"] == "yes":
        yield from _offenders(values[values.eq("").fillna(False)], column, "required", "")
    typed = _typed(filled, column["type"])
    yield from _offenders(filled[typed.isna()], column, column["type"], column["unit"])
    yield from _range_faults(filled, typed, column)
    if column["allowed"]:
        codes = list(allowed_codes(column["allowed"]))
        yield from _offenders(filled[~filled.isin(codes)], column, "allowed", ", ".join(codes))
    if column["column"] in REFERENCES:
        yield from _reference_faults(filled, column)
    if column["personal"] != "yes" and column["type"] in ("code", "text"):
        yield from _offenders(filled[_personal(filled)], column | {"personal": "yes"}, *PERSONAL)


def _personal(filled: pd.Series) -> pd.Series:
    """A slip of the hand puts a telephone into any column; it must not travel on from there."""
    long = pd.Series(filled.unique(), dtype="str")
    long = long[long.str.len() >= SHORTEST]
    return filled.isin([text for text in long if any(personal_numbers(text))])


def _range_faults(filled: pd.Series, typed: pd.Series, column: dict) -> Iterator[tuple]:
    if column["type"] not in NUMBERS:
        return
    for bound, outside in (("lowest", typed.lt), ("highest", typed.gt)):
        if column[bound]:
            mask = outside(float(column[bound])).fillna(False)
            yield from _offenders(filled[mask], column, bound, column[bound])


def _reference_faults(filled: pd.Series, column: dict) -> Iterator[tuple]:
    table, key = REFERENCES[column["column"]]
    known = _known_codes(table, key)
    if column["table"] != table:
        unknown = filled[~filled.map(lambda text: set(text.split(";")) <= known)]
        yield from _offenders(unknown, column, f"unknown_{key}", f"data/{table}.csv")


@cache
def _known_codes(table: str, key: str) -> frozenset[str]:
    path = find_file(table)
    return frozenset(raw_table(path.read_bytes(), path.name)[key])


def _duplicate_faults(raw: pd.DataFrame, columns: pd.DataFrame) -> Iterator[tuple]:
    keys = [name for name in columns.loc[columns["key"] == "yes", "column"] if name in raw]
    if not keys:
        return
    personal = set(columns.loc[columns["personal"] == "yes", "column"])
    known = raw[keys].notna().all(axis=1) & raw[keys].ne("").all(axis=1)
    for label, values in raw.loc[known & raw.duplicated(keys), keys].iterrows():
        shown = ", ".join(MASK if key in personal else values[key] for key in keys)
        yield label, ", ".join(keys), shown, "duplicate", ""


def _offenders(values: pd.Series, column: dict, rule: str, expected: str) -> Iterator[tuple]:
    shown = (lambda _: MASK) if column["personal"] == "yes" else str
    for label, value in values.items():
        yield label, column["column"], shown(value), rule, expected


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
        numbers = _numbers(text)
        numbers = numbers.where(numbers.abs() <= LARGEST)
        if kind != "integer":
            return numbers
        return numbers.where(numbers == numbers.round()).astype("Int64")
    if kind == "date":
        dates = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
        return dates.dt.strftime("%Y-%m-%d").astype("str").where(dates.notna())
    if kind == "month":
        return text.where(text.str.fullmatch(MONTH).fillna(False).astype(bool))
    if kind == "boolean":
        return text.map(TRUTHS).astype("boolean")
    return text


def _numbers(text: pd.Series) -> pd.Series:
    """Read each distinct text once: a ledger repeats years, sizes and zeros."""
    of_row, distinct = pd.factorize(text, use_na_sentinel=False)
    numbers = pd.to_numeric(pd.Series(distinct), errors="coerce").astype(float)
    return pd.Series(numbers.to_numpy()[of_row], text.index, name=text.name)
