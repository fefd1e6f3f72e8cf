"""Write a register once: coded, sorted by area, year and income, linked, with totals beside it.

Everything is made in a folder of its own beside the store's, read back, and only then given its
name: a store is whole or it is not there.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from analysis import marks
from analysis.register.store import totals
from analysis.register.store.derived import Derived, derived
from analysis.register.store.layout import (
    CODES,
    MANIFEST,
    MEMORY,
    ROWS,
    SCHEMA,
    TOTALS,
    Store,
    open_duckdb,
    pattern,
    quoted,
    read_store,
    refusal,
)
from analysis.register.store.source import (
    AREAS,
    Column,
    check_words,
    open_source,
    smallest_type,
    spooled,
)

INCOME = "income_per_person_yuan"
LINKED = ("status", "size", "village", INCOME)
BEFORE = "{}_before"
STAYS = "stays"
MAKING = ".{}.writing-"
# Rows of an area that wait in memory for the disk: many areas wait at once.
WAITING_ROWS = 20_000


def write_register(
    households,
    folder: Path | str,
    *,
    area: str | None = None,
    lines: pd.DataFrame | None = None,
    specification: pd.DataFrame | None = None,
    pack: pd.DataFrame | None = None,
    measures: pd.DataFrame | None = None,
    replace: bool = False,
    memory: str = MEMORY,
    progress: Callable = iter,
) -> Store:
    """
    Write a register as a store.

    Parameters
    ----------
    households : path or any dataframe Narwhals reads
        Columns of the table ``households`` of the dictionary, one row a household and year; or
        a Parquet file, or a folder of them.
    folder : path
        Store to make.
    area : str, optional
        Column whose areas get a file each, sorted by year and income; ``county`` where there is
        one, else ``township``, else ``village``.
    lines : DataFrame, optional
        Columns ``year, line_yuan``: what a specification may call ``line_yuan``.
    specification : DataFrame, optional
        As `analysis.deprivation.check_specification` takes it; the deprivations of every
        household are then kept as flags, with totals by village and year.
    pack, measures : DataFrame, optional
        A standard and the table ``measures``: whether each household passes the indicators that
        a village is judged by, with totals by village and year.
    replace : bool
        Put the new store in the place of one that is there.
    memory : str
        Most memory DuckDB takes; what does not fit goes to disk beside the store.
    progress : callable
        Wraps the areas while they are written, such as ``tqdm``.

    Returns
    -------
    Store
        After its totals were read back and found equal to those of the register.

    Raises
    ------
    FileExistsError
        The folder is there, and is not to be replaced or is no store.
    ValueError
        The register is refused; the message names the column.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": ["a", "a"], "year": [2016, 2017], "village": "v",
    ...                       "size": 4, "status": ["poor", "exited"]})
    >>> with tempfile.TemporaryDirectory() as place:
    ...     store = write_register(panel, Path(place) / "store")
    ...     store.totals("moves")[["households", "persons_from"]].values.tolist()
    [[1.0, 4.0]]
    """
    folder = Path(folder)
    _check_apart(households, folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    _check_place(folder, replace)
    with _making(folder) as made:
        new, work = made / "new", made / "work"
        # The register's own codes of households: the folder is open to its owner only.
        new.mkdir(mode=0o700)
        for name in (ROWS, CODES, TOTALS):
            (new / name).mkdir()
        work.mkdir()
        with open_duckdb(memory, work) as connection:
            job = _Job(connection, new, work, area)
            job.open(households)
            job.derived = derived(
                connection,
                job.columns,
                lines=lines,
                specification=specification,
                pack=pack,
                measures=measures,
            )
            job.write(progress)
            _write_manifest(job)
        _check_totals(read_store(new, memory=memory), job.columns)
        _check_place(folder, replace)
        _put(new, folder, made)
    return read_store(folder, memory=memory)


@contextmanager
def _making(folder: Path) -> Iterator[Path]:
    """A folder beside the store's, locked as long as its maker lives, and then removed."""
    made = Path(tempfile.mkdtemp(prefix=MAKING.format(folder.name), dir=folder.parent))
    with _lock(made):
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what killed writings left, rows of persons; a store they had set aside goes back."""
    for left in folder.parent.glob(glob.escape(MAKING.format(folder.name)) + "*"):
        with _lock(left) as is_left:
            if not is_left or not (left / "work").is_dir():
                continue
            if (left / "old").is_dir() and not folder.exists():
                os.replace(left / "old", folder)
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Whether nobody else holds the folder; a lock ends with the process that holds it."""
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        yield False
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(held)


def _check_apart(households, folder: Path) -> None:
    """The files of a folder are read again and again, those of its store would come among them."""
    if not isinstance(households, (str, Path)) or not Path(households).is_dir():
        return
    if folder.resolve().is_relative_to(Path(households).resolve()):
        raise refusal(f"'{folder}' lies in the folder that is read; choose another")


def _check_place(folder: Path, replace: bool) -> None:
    if not folder.exists():
        return
    if not replace:
        raise FileExistsError(f"'{folder}' is there; choose another folder, or ask to replace it")
    if not (folder / MANIFEST).is_file():
        raise FileExistsError(f"'{folder}' is no register store; it is not replaced")


def _put(new: Path, folder: Path, made: Path) -> None:
    """Two renames: between them the old store is aside, whole, in the folder of the making."""
    if folder.exists():
        os.replace(folder, made / "old")
    try:
        os.replace(new, folder)
    except OSError:
        if (made / "old").exists() and not folder.exists():
            os.replace(made / "old", folder)
        raise


class _Job:
    """One writing: the connection, where things go, and what was learnt of the register."""

    def __init__(self, connection, new: Path, work: Path, area: str | None):
        self.connection, self.new, self.work, self.area = connection, new, work, area
        self.columns: dict[str, Column] = {}
        self.derived: Derived | None = None

    def run(self, sql: str) -> list[tuple]:
        """Say one statement and take all it answers."""
        return self.connection.execute(sql).fetchall()

    def open(self, households) -> None:
        """Check the register and number its texts."""
        files = spooled(households, self.work)
        self.run(f"CREATE VIEW named AS SELECT * FROM read_parquet('{files}')")
        names = [row[0] for row in self.run("DESCRIBE named")]
        self.area = self.area or next((n for n in AREAS if n in names), AREAS[-1])
        self.columns = open_source(self.connection, files, self.area)
        for name in self.coded:
            self._number_texts(name)
        if self.run("SELECT count(DISTINCT year) <> max(year) - min(year) + 1 FROM source")[0][0]:
            raise refusal("column 'year' has gaps; a link to the year before needs every year")

    def _number_texts(self, name: str) -> None:
        ends = f', min("{self.area}") AS low, max("{self.area}") AS high'
        ends = ends if name == "household" else ""
        self.run(
            f"""CREATE TABLE "c_{name}" AS
            SELECT (row_number() OVER (ORDER BY text) - 1)::INTEGER AS code, * FROM (
                SELECT "{name}" AS text {ends} FROM source WHERE "{name}" IS NOT NULL GROUP BY 1)"""
        )
        if name != "household":
            words = self.run(f'SELECT text FROM "c_{name}" ORDER BY code')
            check_words(name, [word for (word,) in words])
        path = quoted(self.new / CODES / f"{name}.parquet")
        self.run(
            f"""COPY (SELECT code, text FROM "c_{name}" ORDER BY code) TO '{path}'
            (FORMAT parquet, COMPRESSION zstd)"""
        )

    def write(self, progress: Callable) -> None:
        """Write the areas and what is counted of each."""
        self._partition()
        self._find_movers()
        totals.begin(self)
        numbers = self.run(f'SELECT code FROM "c_{self.area}" ORDER BY code')
        for (code,) in progress(numbers):
            self._write_area(code)
        totals.end(self)

    def _partition(self) -> None:
        chosen = [self._kept(name) for name in self.columns]
        chosen += [f"{value} AS {name}" for name, value in self.derived.packed().items()]
        chosen.append(f'"c_{self.area}".code AS area_')
        joins = self.derived.joins + "".join(
            f' LEFT JOIN "c_{name}" ON "c_{name}".text = s."{name}"' for name in self.coded
        )
        self.run(f"SET partitioned_write_flush_threshold = {WAITING_ROWS}")
        self.run(
            f"""COPY (SELECT {", ".join(chosen)} FROM {self.derived.read} s {joins})
            TO '{quoted(self.work / "parts")}'
            (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (area_))"""
        )

    def _kept(self, name: str) -> str:
        column = self.columns[name]
        if column.kind == "code":
            return f'"c_{name}".code AS "{name}"'
        if column.low is None or not column.parts:
            return f's."{name}"'
        value = f's."{name}"' if column.parts == 1 else f'round(s."{name}" * {column.parts})'
        return f'({value})::{smallest_type(column.low, column.high)} AS "{name}"'

    def _find_movers(self) -> None:
        """Rows of the households that change area: their link lies in another file."""
        linked = ", ".join(f'r."{name}"' for name in self.linked)
        parts = pattern(self.work, "parts", "**", "*.parquet")
        self.run(
            f"""CREATE TABLE movers AS SELECT r.household, r.year, {linked}
            FROM read_parquet('{parts}', hive_partitioning = false) r
            JOIN (SELECT code FROM c_household WHERE low <> high) c ON c.code = r.household"""
        )
        self._refuse_twice("movers")

    @property
    def coded(self) -> list[str]:
        """Columns of texts, kept as whole numbers."""
        return [name for name, column in self.columns.items() if column.kind == "code"]

    @property
    def linked(self) -> list[str]:
        """Columns whose value of the year before is kept."""
        return [n for n in dict.fromkeys([*LINKED, self.area]) if n in self.columns]

    def _refuse_twice(self, rows: str) -> None:
        twice = self.run(
            f"""SELECT text, year FROM (SELECT household, year FROM {rows} GROUP BY ALL
            HAVING count(*) > 1 LIMIT 1) r JOIN c_household ON code = household"""
        )
        if twice:
            raise refusal(
                f"columns 'household' and 'year': {twice[0][0]} of {twice[0][1]} stands twice; "
                "keep one row a household and year"
            )

    def _write_area(self, code: int) -> None:
        self.run("DROP TABLE IF EXISTS part")
        before = ", ".join(
            f"""CASE WHEN lag(r.year) OVER w = r.year - 1 THEN lag(r."{name}") OVER w
            ELSE m."{name}" END AS "{BEFORE.format(name)}" """
            for name in self.linked
        )
        parts = pattern(self.work, "parts", f"area_={code}", "*.parquet")
        self.run(
            f"""CREATE TEMP TABLE part AS SELECT r.*, {before},
            coalesce(lead(r.year) OVER w = r.year + 1, false) OR n.year IS NOT NULL AS {STAYS}
            FROM read_parquet('{parts}', hive_partitioning = false) r
            LEFT JOIN movers m ON m.household = r.household AND m.year = r.year - 1
            LEFT JOIN movers n ON n.household = r.household AND n.year = r.year + 1
            WINDOW w AS (PARTITION BY r.household ORDER BY r.year)"""
        )
        self._refuse_twice("part")
        income = f"{INCOME} NULLS LAST, " if INCOME in self.columns else ""
        path = quoted(self.new / ROWS / f"{code:06d}.parquet")
        self.run(
            f"""COPY (SELECT * FROM part ORDER BY year, {income} household)
            TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"""
        )
        totals.add(self, code)
        shutil.rmtree(self.work / "parts" / f"area_={code}")


def _write_manifest(job: _Job) -> None:
    """Write the totals that are read from the store itself, and the manifest of all files."""
    manifest = _manifest(job)
    _write_totals_of_incomes(job, Store(job.new, manifest))
    files = sorted(path for path in job.new.rglob("*") if path.is_file())
    manifest["files"] = {
        path.relative_to(job.new).as_posix(): path.stat().st_size for path in files
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, default=str)
    (job.new / MANIFEST).write_text(text, encoding="utf-8")


def _write_totals_of_incomes(job: _Job, store: Store) -> None:
    if INCOME not in job.columns:
        return
    keys = list(dict.fromkeys([job.area, "village", "year"]))
    totals.write_incomes(store, keys)
    if job.derived.lines:
        totals.write_poverty(store, keys, job.derived.lines)
    totals.write_gains(store)


def _manifest(job: _Job) -> dict:
    villages = pd.DataFrame(job.run("SELECT text FROM c_village"))
    specification = job.derived.specification
    return {
        "schema": SCHEMA,
        "area": job.area,
        "synthetic": marks.is_synthetic(villages),
        "rows": job.columns["year"].known,
        "years": [job.columns["year"].low, job.columns["year"].high],
        "lines": job.derived.lines,
        "indicators": job.derived.flags,
        "specification": None
        if specification is None
        else specification.astype(object).to_dict("records"),
        "passes": job.derived.passes,
        "columns": _described(job),
    }


def _described(job: _Job) -> dict[str, dict]:
    described = {name: _description(column) for name, column in job.columns.items()}
    described |= {name: {"kind": "flags"} for name in job.derived.packed()}
    described |= {BEFORE.format(name): described[name] for name in job.linked}
    return described | {STAYS: {"kind": "boolean"}}


def _description(column: Column) -> dict:
    if column.kind == "code":
        return {"kind": "code", "codes": column.name}
    return {"kind": column.kind} | ({"parts": column.parts} if column.parts > 1 else {})


def _check_totals(store: Store, columns: dict[str, Column]) -> None:
    """Read back what was written: a sum of every number, the texts of every code."""
    with store.connection() as connection:
        for column in columns.values():
            if column.kind == "code" or column.total is None:
                continue
            found = connection.execute(
                f"""SELECT sum("{column.name}") FROM
                read_parquet('{store.path(ROWS, "*.parquet")}')"""
            ).fetchall()[0][0]
            _check_same(column.name, column.total, found, exact=column.parts > 0)
        counts = ", ".join(f'count("{name}")' for name in columns)
        rows = f"read_parquet('{store.path(ROWS, '*.parquet')}')"
        found = connection.execute(f"SELECT {counts} FROM {rows}").fetchall()[0]
    for column, count in zip(columns.values(), found, strict=True):
        _check_same(column.name, column.known, count, exact=True)


def _check_same(name: str, wanted: float, found: float, *, exact: bool) -> None:
    if abs(found - wanted) > (0 if exact else 1e-9 * abs(wanted)):
        raise RuntimeError(
            f"column {name!r} of the new store sums to {found} and the register's to {wanted}; "
            "nothing was put in place: write it again, and check the disk"
        )
