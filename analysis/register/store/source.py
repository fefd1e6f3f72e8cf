"""The door of a store: any dataframe or Parquet in, held against the dictionary, NaN made NULL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import narwhals as nw

from analysis.register.store.layout import pattern, refusal
from analysis.tables import allowed_codes, columns_of

TABLE = "households"
# A register of one county has no column for it; one of a province has.
AREAS = ("county", "township", "village")
TEXT = ("text", "code")
WHOLE_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
# A column that is whole in hundredths is kept as a whole number: yuan come with fen.
PARTS = 100


@dataclass(frozen=True)
class Column:
    """
    A column of the register as the source has it.

    Parameters
    ----------
    name : str
    kind : {"code", "integer", "number", "boolean"}
    known : int
        Rows that have a value.
    low, high : float or None
    total : int or float or None
        Sum, in hundredths where ``parts`` is 100.
    parts : int
        1, or 100 where every value is whole in hundredths; 0 for any other float.
    """

    name: str
    kind: str
    known: int
    low: float | None = None
    high: float | None = None
    total: float | None = None
    parts: int = 1


def spooled(frame, folder: Path) -> str:
    """
    Give the Parquet files of a register, written first if it is a dataframe.

    Parameters
    ----------
    frame : path, str or any dataframe Narwhals reads
    folder : Path
        Where a dataframe is written to.

    Returns
    -------
    str
        File or pattern, ready for SQL between single quotes.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    if isinstance(frame, (str, Path)):
        path = Path(frame)
        if not path.exists():
            raise FileNotFoundError(f"there is no Parquet file or folder '{path}'")
        return pattern(path, "**", "*.parquet") if path.is_dir() else pattern(path)
    table = nw.from_native(frame)
    path = folder / "source.parquet"
    if isinstance(table, nw.LazyFrame):
        table.sink_parquet(str(path))
    else:
        nw.maybe_reset_index(table).write_parquet(str(path))
    return pattern(path, "*.parquet") if path.is_dir() else pattern(path)


def open_source(connection, files: str, area: str) -> dict[str, Column]:
    """
    Make the view `source` over the files, typed and checked by the dictionary.

    Parameters
    ----------
    connection : DuckDBPyConnection
    files : str
        From `spooled`.
    area : str
        Column whose areas get a file each; it may stand outside the dictionary.

    Returns
    -------
    dict of Column
        By name, in the order of the files.

    Raises
    ------
    ValueError
        A column is missing, unknown, of the wrong type, empty where it must not be, out of bounds.
    """
    connection.execute(f"CREATE VIEW raw AS SELECT * FROM read_parquet('{files}')")
    types = {row[0]: row[1] for row in connection.execute("DESCRIBE raw").fetchall()}
    kinds = _kinds(connection, types, area)
    chosen = ", ".join(_read(name, kind, types[name]) for name, kind in kinds.items())
    connection.execute(f"CREATE VIEW source AS SELECT {chosen} FROM raw")
    return _facts(connection, kinds, area)


def _kinds(connection, types: dict[str, str], area: str) -> dict[str, str]:
    rows = columns_of(TABLE).set_index("column")
    wanted = [*rows.index[rows["required"] == "yes"], area]
    for name in wanted:
        if name not in types:
            raise refusal(f"column {name!r} is missing; it has {', '.join(types)}")
    kinds = {}
    for name, found in types.items():
        if name not in rows.index and name not in (*AREAS, area):
            raise refusal(f"column {name!r} is not in data/dictionary.csv; describe it or drop it")
        kind = rows["type"].get(name, "code")
        kind = "code" if kind in TEXT else "number" if kind == "share" else kind
        if _fits(found, kind):
            kinds[name] = kind
        elif connection.execute(f'SELECT count("{name}") FROM raw').fetchall()[0][0]:
            raise refusal(f"column {name!r} holds {found}, not {_MEANT[kind]}")
        elif name in wanted:
            raise refusal(f"column {name!r} is empty")
    return kinds


_MEANT = {
    "code": "text; read codes as text, a number loses zeros and digits",
    "integer": "whole numbers",
    "number": "numbers",
    "boolean": "truth values",
}


def _fits(found: str, kind: str) -> bool:
    if kind == "code":
        return found == "VARCHAR" or found.startswith("ENUM")
    if kind == "boolean":
        return found == "BOOLEAN"
    return found.lstrip("U") in WHOLE_TYPES or found.startswith(("FLOAT", "DOUBLE", "DECIMAL"))


def _read(name: str, kind: str, found: str) -> str:
    """NaN is not NULL in DuckDB: it counts, sorts last and poisons sums."""
    column = f'"{name}"'
    if kind == "code":
        return f"{column}::VARCHAR AS {column}"
    if found in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN NOT isnan({column}) THEN {column}::DOUBLE END AS {column}"
    return f"{column}::DOUBLE AS {column}" if kind == "number" else column


def _facts(connection, kinds: dict[str, str], area: str) -> dict[str, Column]:
    asked = ["count(*)"]
    for name, kind in kinds.items():
        asked += _questions(name, kind)
    rows, *answers = connection.execute(f"SELECT {', '.join(asked)} FROM source").fetchall()[0]
    if not rows:
        raise refusal("it has no rows")
    answers, found = iter(answers), {}
    for name, kind in kinds.items():
        given = [next(answers) for _ in _questions(name, kind)]
        found[name] = _column(name, kind, *given)
        _check(found[name], rows, name == area)
    return found


def _questions(name: str, kind: str) -> list[str]:
    value = f'"{name}"'
    if kind in ("code", "boolean"):
        return [f"count({value})"]
    fen = f"round({value} * {PARTS})"
    return [
        *(f"count({value})", f"min({value})", f"max({value})"),
        f"bool_and({value} = trunc({value}))",
        f"bool_and({value} = {fen} / {PARTS}.0)",
        *(f"sum({value})", f"sum(CASE WHEN abs({value}) < 1e13 THEN {fen}::BIGINT END)"),
    ]


def _column(name, kind, known, *range_and_sums):
    if kind in ("code", "boolean") or not known:
        return Column(name, kind, known)
    low, high, whole, hundredths, total, fen = range_and_sums
    whole_range = max(abs(low), abs(high)) < 1e13
    if kind == "integer" and not whole:
        raise refusal(f"column {name!r} holds parts of a whole, such as in {low:g} to {high:g}")
    if whole and whole_range:
        return Column(name, "integer", known, int(low), int(high), int(fen) // PARTS)
    if hundredths and whole_range:
        low, high = round(low * PARTS), round(high * PARTS)
        return Column(name, "number", known, low, high, int(fen), PARTS)
    return Column(name, "number", known, low, high, total, 0)


def _check(column: Column, rows: int, is_area: bool) -> None:
    described = columns_of(TABLE).set_index("column")
    needed = is_area or (
        column.name in described.index and described.loc[column.name, "required"] == "yes"
    )
    if needed and column.known < rows:
        lost = rows - column.known
        raise refusal(f"column {column.name!r} is empty in {lost} of {rows} rows; each needs one")
    if column.low is None or column.name not in described.index:
        return
    parts = column.parts or 1
    low, high = described.loc[column.name, ["lowest", "highest"]]
    if (low and column.low / parts < float(low)) or (high and column.high / parts > float(high)):
        raise refusal(
            f"column {column.name!r} runs from {column.low / parts:g} to {column.high / parts:g}; "
            f"the dictionary allows {low or 'any'} to {high or 'any'}"
        )


def check_words(name: str, found: list[str]) -> None:
    """
    Refuse words that the dictionary does not allow in a column.

    Parameters
    ----------
    name : str
        Column.
    found : list of str
        Every word in it.

    Raises
    ------
    ValueError
        A word is not allowed.

    Examples
    --------
    >>> check_words("status", ["poor", "exited"])
    """
    rows = columns_of(TABLE)
    allowed = rows.loc[rows["column"] == name, "allowed"]
    codes = allowed_codes(allowed.iloc[0]) if len(allowed) else {}
    wrong = [word for word in found if codes and word not in codes]
    if wrong:
        raise refusal(f"column {name!r} holds {wrong[0]!r}; allowed are {', '.join(codes)}")


def smallest_type(low: int, high: int) -> str:
    """
    Name the smallest whole type of DuckDB that holds a range.

    Parameters
    ----------
    low, high : int

    Returns
    -------
    str

    Examples
    --------
    >>> smallest_type(0, 40), smallest_type(-1, 40000)
    ('TINYINT', 'INTEGER')
    """
    for bits, name in ((7, "TINYINT"), (15, "SMALLINT"), (31, "INTEGER")):
        if -(2**bits) <= low and high < 2**bits:
            return name
    return "BIGINT"
