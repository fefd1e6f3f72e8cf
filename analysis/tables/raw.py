"""A CSV file of the data folder as text, before anything is asked of its cells."""

from __future__ import annotations

import re
from io import BytesIO

import pandas as pd

from analysis.tables.findings import TableError, Where, a_finding, collected

# What pandas says of a file that is no table; it counts rows from 1 here, from 0 there.
MANY_CELLS = re.compile(r"Expected \d+ fields in line (\d+), saw (\d+)")
OPEN_QUOTE = re.compile(r"EOF inside string starting at row (\d+)")


def raw_table(content: bytes, file: str) -> pd.DataFrame:
    """Read the bytes of a CSV file of the data folder as text.

    Parameters
    ----------
    content : bytes
        The file.
    file : str
        Its name, for the finding.

    Returns
    -------
    DataFrame
        One column a column of the file; an absent figure is empty.

    Raises
    ------
    TableError
        It is no table in UTF-8; the finding names the row, where one is at fault.

    Examples
    --------
    >>> raw_table("户,年\\n0012,2017\\n".encode(), "a.csv")["户"].item()
    '0012'
    """
    try:
        raw = pd.read_csv(BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise _unread(file, "not_utf8") from None
    except pd.errors.EmptyDataError:
        raise _unread(file, "empty_file") from None
    except pd.errors.ParserError as fault:
        raise _misshapen(file, fault) from None
    if not isinstance(raw.index, pd.RangeIndex):
        # More cells than titles in the first row are taken for names of rows, in silence.
        raise _unread(file, "many_cells", 2, raw.columns.size + raw.index.nlevels)
    return raw


def _misshapen(file: str, fault: Exception) -> Exception:
    """Tell the row that pandas names; what else stops it is not the table's fault."""
    if many := MANY_CELLS.search(str(fault)):
        return _unread(file, "many_cells", int(many[1]), many[2])
    if opened := OPEN_QUOTE.search(str(fault)):
        return _unread(file, "open_quote", int(opened[1]) + 1)
    return fault


def _unread(file: str, rule: str, row: int = 0, value: object = "") -> TableError:
    return TableError(collected([a_finding(Where(file, row=row), rule, value)]))
