"""What lies in a store's folder, and how its columns are given back."""

from __future__ import annotations

import glob
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

SCHEMA = 2
MANIFEST = "manifest.json"
ROWS, CODES, TOTALS = "households", "codes", "totals"
MEMORY = "3GB"
# An indicator of a packed column is 0 for no, 1 for yes, 2 for not known.
UNKNOWN = 2
# By limit of memory: opening one takes longer than many a question.
_OPENED: dict[str, duckdb.DuckDBPyConnection] = {}


@dataclass(frozen=True)
class Store:
    """
    A register written once, to be asked many times.

    Parameters
    ----------
    folder : Path
        The store.
    manifest : dict
        What was written: schema, area, columns, indicators, counts.
    memory : str
        Most memory DuckDB takes; what does not fit goes to disk.

    Examples
    --------
    >>> Store(Path("x"), {"area": "county"}).area
    'county'
    """

    folder: Path
    manifest: dict
    memory: str = MEMORY

    @property
    def area(self) -> str:
        """Column whose areas have a file each."""
        return self.manifest["area"]

    @property
    def columns(self) -> dict[str, dict]:
        """Columns of the rows: how each is kept."""
        return self.manifest["columns"]

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Open DuckDB within the store's memory."""
        return open_duckdb(self.memory)

    def relation(self, columns=None, *, decoded: bool = False, connection=None):
        """
        Give the rows as a DuckDB relation, for any measure that takes a dataframe.

        Parameters
        ----------
        columns : iterable of str, optional
            Columns; all by default.
        decoded : bool
            Give texts for codes; a group by numbers is faster, and `decode` gives back the texts.
        connection : DuckDBPyConnection, optional
            Where the relation lives; a connection of its own by default.

        Returns
        -------
        DuckDBPyRelation
            Numbers as they were before they were packed.
        """
        names = list(self.columns if columns is None else dict.fromkeys(columns))
        connection = connection or self.connection()
        return connection.sql(self.query(names, decoded=decoded))

    def query(
        self,
        columns,
        *,
        decoded: bool = False,
        file: str = "*.parquet",
        up_to: tuple[str, float] | None = None,
    ) -> str:
        """
        Say in SQL how columns are read from the store.

        Parameters
        ----------
        columns : iterable of str
        decoded : bool
            Texts for codes.
        file : str
            File of one area; all by default.
        up_to : tuple of str and float, optional
            A column of numbers and a number: rows that have more, or nothing, are not read. A row
            that has more by less than a hundredth may come.

        Returns
        -------
        str

        Raises
        ------
        KeyError
            The store has no such column.
        """
        for name in columns:
            self._check(name)
        coded = [name for name in columns if decoded and self.columns[name]["kind"] == "code"]
        shown = [
            f'"t_{name}".text AS "{name}"' if name in coded else f'{self.value(name)} AS "{name}"'
            for name in columns
        ]
        joins = [
            f"""LEFT JOIN read_parquet('{self.path(CODES, self._codebook(name))}') "t_{name}"
            ON "t_{name}".code = r."{name}" """
            for name in coded
        ]
        rows = f"read_parquet('{self.path(ROWS, file)}') r {' '.join(joins)}"
        return f"SELECT {', '.join(shown)} FROM {rows}" + (self._where(*up_to) if up_to else "")

    def _where(self, name: str, most: float) -> str:
        # Held against the number as it is kept, so that DuckDB need not unpack what it passes by.
        parts = self.columns[name].get("parts", 1)
        return f' WHERE r."{name}" <= {math.ceil(most * parts) if parts > 1 else most}'

    def value(self, name: str) -> str:
        """
        Say in SQL what a column of the rows `r` holds: numbers as they were, texts as codes.

        Parameters
        ----------
        name : str

        Returns
        -------
        str

        Raises
        ------
        KeyError
            The store has no such column.
        """
        parts = self._check(name).get("parts", 1)
        return f'r."{name}"' if parts == 1 else f'r."{name}" / {parts}.0'

    def _check(self, name: str) -> dict:
        if name not in self.columns:
            raise KeyError(f"the store has no column {name!r}; it has {', '.join(self.columns)}")
        return self.columns[name]

    def _codebook(self, name: str) -> str:
        return f"{self.columns[name]['codes']}.parquet"

    def path(self, *parts: str) -> str:
        """Name a file of the store, or a pattern of files, for reading in SQL."""
        return pattern(self.folder, *parts)

    def codes(self, column: str) -> pd.Series:
        """
        Give the texts of a column by code.

        Returns
        -------
        Series of str
            Indexed 0, 1, ...
        """
        kept = self.folder / CODES / self._codebook(column)
        return pd.read_parquet(kept).set_index("code")["text"].sort_index()

    def decode(self, table: pd.DataFrame) -> pd.DataFrame:
        """
        Give a small table its texts back, sorted by them as by the codes.

        Parameters
        ----------
        table : DataFrame
            Columns of codes keep the names they have in the store.

        Returns
        -------
        DataFrame
        """
        coded = [n for n in table if n in self.columns and self.columns[n]["kind"] == "code"]
        return table.assign(**{n: table[n].map(self.codes(n)).astype("str") for n in coded})

    def totals(self, name: str) -> pd.DataFrame:
        """
        Read a table of totals, such as `cells`, `incomes`, `moves` or `villages`.

        Returns
        -------
        DataFrame
            Codes as numbers.
        """
        return pd.read_parquet(self.folder / TOTALS / f"{name}.parquet")

    def summed(self, name: str, columns, by, connection) -> pd.DataFrame:
        """
        Add up columns of a table of totals by some of its keys.

        Parameters
        ----------
        name : str
            Table, as for `totals`.
        columns, by : sequence of str
        connection : DuckDBPyConnection
            From `connection`.

        Returns
        -------
        DataFrame
            Sorted by the keys, codes as numbers.
        """
        keys = ", ".join(f'"{key}"' for key in by)
        sums = ", ".join(f'sum("{column}")::DOUBLE AS "{column}"' for column in columns)
        path = self.path(TOTALS, f"{name}.parquet")
        asked = f"SELECT {keys + ',' if by else ''} {sums} FROM read_parquet('{path}')"
        return connection.sql(f"{asked} GROUP BY ALL ORDER BY ALL" if by else asked).df()


def quoted(path: Path) -> str:
    """
    Write a path so that it can stand in SQL between single quotes.

    Examples
    --------
    >>> quoted(Path("o'clock"))
    "o''clock"
    """
    return str(path).replace("'", "''")


def pattern(folder: Path, *parts: str) -> str:
    """
    Write what is read in a folder for SQL: only the parts may be a pattern, not the folder.

    Parameters
    ----------
    folder : Path
        It may be called by signs that patterns are made of.
    parts : str
        Below it; may hold ``*``.

    Returns
    -------
    str
        The path between quotes, every sign of the folder standing for itself.

    Examples
    --------
    >>> pattern(Path("final [2]"), "*.parquet")
    'final [[]2]/*.parquet'
    """
    return quoted(Path(glob.escape(str(folder)), *parts))


def open_duckdb(memory: str = MEMORY, folder: Path | None = None):
    """
    Open DuckDB within a limit of memory.

    Parameters
    ----------
    memory : str
        Limit, such as ``3GB``, of all that is asked in this process with the same limit.
    folder : Path, optional
        Where it puts what does not fit; such a DuckDB shares nothing with another.

    Returns
    -------
    DuckDBPyConnection

    Examples
    --------
    >>> open_duckdb("1GB").sql("SELECT 1").fetchall()
    [(1,)]
    """
    if folder is not None:
        return _quiet(_instance(memory, temp_directory=str(folder)))
    if memory not in _OPENED:
        # Files may be written anew between two questions, and their bytes would be kept in memory.
        _OPENED[memory] = _instance(memory, enable_external_file_cache=False)
    return _quiet(_OPENED[memory].cursor())


def _instance(memory: str, **settings: object):
    return duckdb.connect(config={"memory_limit": memory, **settings})


def _quiet(connection):
    # A bar in the middle of a notebook is no result.
    connection.execute("SET enable_progress_bar = false")
    return connection


def _close_all() -> None:
    """Its threads do not live on in a forked process, which would wait for them when it ends."""
    while _OPENED:
        _OPENED.popitem()[1].close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_close_all)


def read_store(folder: Path | str, *, memory: str = MEMORY) -> Store:
    """
    Open a store.

    Parameters
    ----------
    folder : path
        From `write_register`.
    memory : str
        Most memory DuckDB takes.

    Returns
    -------
    Store

    Raises
    ------
    FileNotFoundError
        There is no store in the folder.
    ValueError
        The store has another schema, a file of it has not the size that was written, or there are
        rows that were not written.

    Examples
    --------
    >>> read_store("nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no register store in 'nowhere'; write one with write_register
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise FileNotFoundError(
            f"there is no register store in '{folder}'; write one with write_register"
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValueError:
        raise ValueError(
            f"the {MANIFEST} of the store cannot be read; write the store again from the register"
        ) from None
    if manifest.get("schema") != SCHEMA:
        raise ValueError(
            f"the store has the schema {manifest.get('schema')}, this version reads {SCHEMA}; "
            "write the store again from the register"
        )
    _check_files(folder, manifest["files"])
    return Store(folder, manifest, memory)


def _check_files(folder: Path, written: dict[str, int]) -> None:
    for name, size in written.items():
        found = (folder / name).stat().st_size if (folder / name).is_file() else None
        if found != size:
            raise ValueError(
                f"the file {name} of the store has {found} bytes and was written with {size}; "
                "write the store again from the register"
            )
    # The rows are read by a pattern: a copy beside them would be counted as well.
    for path in (folder / ROWS).glob("*.parquet"):
        if f"{ROWS}/{path.name}" not in written:
            raise ValueError(f"the file {ROWS}/{path.name} was not written with the store; move it")


def refusal(rule: str) -> ValueError:
    """
    Make the error of a register that cannot be stored.

    Examples
    --------
    >>> refusal("column 'size' is missing")
    ValueError("the register is refused: column 'size' is missing")
    """
    return ValueError(f"the register is refused: {rule}")


def unpacked(column: str, place: int) -> str:
    """
    Say in SQL what one indicator of a packed column is: 0, 1 or 2 for not known.

    Parameters
    ----------
    column : str
    place : int
        Place of the indicator in the manifest.

    Returns
    -------
    str

    Examples
    --------
    >>> unpacked("passes", 1)
    '((passes >> 2) & 3)'
    """
    return f"(({column} >> {2 * place}) & 3)"
