"""The dictionary: one row a column of every table, and what can be said from it."""

from __future__ import annotations

from functools import cache

import pandas as pd

from analysis.tables import files
from analysis.tables.raw import raw_table

# The ledgers of an office: described in the dictionary, supplied by the office.
LEDGERS = (
    *("households", "members", "villages", "projects"),
    *("payments", "task_progress", "helpers", "flows"),
)
FRICTIONLESS = {
    "text": {"type": "string"},
    "code": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "share": {"type": "number"},
    "date": {"type": "date"},
    "month": {"type": "yearmonth"},
    "boolean": {"type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]},
}


@cache
def dictionary() -> pd.DataFrame:
    """Give the dictionary: one row a column of every table.

    Returns
    -------
    DataFrame
        Columns ``table, column, zh, en, aliases, type, unit, lowest, highest, allowed, personal,
        required, key, source``; all text.

    Raises
    ------
    TableError
        The file is no table in UTF-8.

    Examples
    --------
    >>> rows = dictionary()
    >>> bool((rows["table"] == "incidence").any())
    True
    """
    path = files.DATA / "dictionary.csv"
    return raw_table(path.read_bytes(), path.name)


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


def allowed_codes(text: str) -> dict[str, list[str]]:
    """Read the cell ``allowed`` of the dictionary.

    Parameters
    ----------
    text : str
        Codes with ``|`` between; after a code ``:`` and the words offices write for it, with ``;``
        between.

    Returns
    -------
    dict
        Code to its words; empty when anything is allowed.

    Examples
    --------
    >>> allowed_codes("male:男;男性|female:女")
    {'male': ['男', '男性'], 'female': ['女']}
    """
    if not text:
        return {}
    parts = (part.partition(":") for part in text.split("|"))
    return {code: words.split(";") if words else [] for code, _, words in parts}


def table_schema(name: str) -> dict:
    """Give the dictionary's rows of one table as a Table Schema.

    Parameters
    ----------
    name : str
        Table of the dictionary.

    Returns
    -------
    dict
        ``fields`` with name, title, type and constraints, ``missingValues`` and ``primaryKey``;
        ready for JSON.

    Raises
    ------
    KeyError
        The dictionary does not know the table.

    References
    ----------
    Frictionless Standards, Table Schema, https://specs.frictionlessdata.io/table-schema/

    Examples
    --------
    >>> table_schema("payments")["primaryKey"]
    ['project', 'month']
    """
    columns = columns_of(name)
    schema = {"fields": [_field(row) for row in columns.to_dict("records")], "missingValues": [""]}
    keys = columns.loc[columns["key"] == "yes", "column"].tolist()
    return schema | ({"primaryKey": keys} if keys else {})


def _field(row: dict) -> dict:
    whole = row["type"] == "integer"
    bounds = {"minimum": row["lowest"], "maximum": row["highest"]}
    rules = {name: int(text) if whole else float(text) for name, text in bounds.items() if text}
    codes = list(allowed_codes(row["allowed"]))
    rules |= {"required": row["required"] == "yes"} | ({"enum": codes} if codes else {})
    titles = {"title": row["zh"], "description": row["en"]}
    return {"name": row["column"], **titles, **FRICTIONLESS[row["type"]], "constraints": rules}
