"""The tables of totals beside the rows: of poverty, deprivation, moves, gains."""

from __future__ import annotations

import pandas as pd

from analysis import aggregates
from analysis.exits.rollup import POOR, REGISTERED
from analysis.register.store.layout import ROWS, TOTALS, UNKNOWN, Store, quoted, unpacked

MONEY, TRANSFER = "income_per_person_yuan", "transfer_yuan"
GAINS = "gains_{}"


def begin(job) -> None:
    """
    Say how each table is counted from the rows of one area.

    Parameters
    ----------
    job
        The writing.
    """
    job.totals = {"cells": _cells(job), "moves": _moves(job), "villages": _villages(job)}
    if job.derived.flags:
        job.totals["deprivations"] = f"""SELECT {_places(job)}, year, deprivations,
            count(*) AS rows, sum(size) AS persons FROM part GROUP BY ALL"""
    job.counted = set()


def add(job, code: int) -> None:
    """
    Count one area.

    Parameters
    ----------
    job
        The writing; its table `part` holds the rows.
    code : int
        Code of the area.
    """
    for name, query in job.totals.items():
        made = f"INSERT INTO t_{name}" if name in job.counted else f"CREATE TABLE t_{name} AS"
        job.run(f"{made} {query.replace(':area', str(code))}")
        job.counted.add(name)


def end(job) -> None:
    """
    Write the tables.

    Parameters
    ----------
    job
        The writing.
    """
    for name in job.totals:
        path = quoted(job.new / TOTALS / f"{name}.parquet")
        job.run(
            f"""COPY (SELECT * FROM t_{name} ORDER BY ALL) TO '{path}'
            (FORMAT parquet, COMPRESSION zstd)"""
        )


def write_incomes(store: Store, columns: list[str]) -> None:
    """
    Add up by village and year what needs no line: persons, incomes, rows by their kind.

    Parameters
    ----------
    store : Store
        Its rows and codes.
    columns : list of str
        Columns of the groups.
    """
    with store.connection() as connection:
        rows = store.relation([*columns, MONEY, "size"], connection=connection)
        found = aggregates.sums(rows, income=MONEY, weight="size", by=columns)
    found.to_parquet(store.folder / TOTALS / "incomes.parquet", index=False)


def write_poverty(store: Store, columns: list[str], lines: dict[int, float]) -> None:
    """
    Add up by village and year what sums of poverty at the register's own lines are made of.

    Parameters
    ----------
    store : Store
        Its rows, codes and `incomes`.
    columns : list of str
        Columns of the groups.
    lines : dict
        Yuan by year; a year without a line is left out.
    """
    table = pd.DataFrame({"year": list(lines), aggregates.LINE: list(lines.values())})
    whole = store.totals("incomes")
    with store.connection() as connection:
        below = sums_below(store, None, table, columns, connection)
    found = aggregates.with_line(whole[whole["year"].isin(lines)], below, columns)
    found.to_parquet(store.folder / TOTALS / "poverty.parquet", index=False)


def write_gains(store: Store) -> None:
    """
    Add up the gains by year and money received, for every money that a household has a sum of.

    Parameters
    ----------
    store : Store
        Its rows.
    """
    for name, kept in store.columns.items():
        if name.endswith("_yuan") and name != MONEY and kept["kind"] == "integer":
            path = store.folder / TOTALS / f"{GAINS.format(name)}.parquet"
            gains_by_amount(store, name).to_parquet(path, index=False)


def gains_by_amount(store: Store, of: str) -> pd.DataFrame:
    """
    Add up the gains in income since the year before by money received.

    Parameters
    ----------
    store : Store
        Its rows.
    of : str
        Column of the money.

    Returns
    -------
    DataFrame
        Sorted: ``year, amount``, ``persons`` (of households with an income in both years),
        ``gain`` (yuan times persons).
    """
    kept = store.columns[MONEY]
    parts = kept.get("parts", 1)
    # Yuan kept as whole fen are added up as such: exact, and cheaper than numbers with a point.
    kind = "BIGINT" if parts > 1 or kept["kind"] == "integer" else "DOUBLE"
    gain = f"r.size * (r.{MONEY}::{kind} - r.{MONEY}_before::{kind})"
    with store.connection() as connection:
        return connection.sql(
            f"""SELECT r.year, {store.value(of)} AS amount, sum(r.size)::DOUBLE AS persons,
            sum({gain})::DOUBLE / {parts} AS gain
            FROM read_parquet('{store.path(ROWS, "*.parquet")}') r
            WHERE r.year > {store.manifest["years"][0]} AND r.{MONEY} IS NOT NULL
            AND r.{MONEY}_before IS NOT NULL AND amount IS NOT NULL GROUP BY ALL ORDER BY ALL"""
        ).df()


def sums_below(store: Store, names, line, by: list[str], connection) -> pd.DataFrame:
    """
    Add up the rows that are not above a line, without those that are being unpacked.

    Parameters
    ----------
    store : Store
    names : set of str or None
        As for `analysis.aggregates.sums`.
    line : float or DataFrame
        Yuan; a table of lines by area or year in the codes of the store. Years that are not in
        it are left out.
    by : list of str
    connection : DuckDBPyConnection
        From `store.connection()`.

    Returns
    -------
    DataFrame
        As `analysis.aggregates.sums_at_line` gives it.
    """
    table = line if isinstance(line, pd.DataFrame) else pd.DataFrame({aggregates.LINE: [line]})
    keys = [name for name in table if name != aggregates.LINE]
    asked = store.query(
        dict.fromkeys([*by, *keys, MONEY, "size"]), up_to=(MONEY, table[aggregates.LINE].max())
    )
    rows = connection.sql(asked)
    if "year" in keys:
        rows = rows.filter(f"year IN ({', '.join(map(str, table['year'].unique()))})")
    return aggregates.sums_at_line(rows, names, income=MONEY, weight="size", line=line, by=by)


def _places(job) -> str:
    return ", ".join(f'"{name}"' for name in dict.fromkeys([job.area, "village"]))


def _cells(job) -> str:
    known = MONEY if MONEY in job.columns else "NULL"
    return f"""SELECT :area AS area, year, count(*) AS rows, count({known}) AS known,
        sum(size) AS persons FROM part GROUP BY year"""


def _moves(job) -> str:
    """Passages between states: into the year from the year before, and off the register."""
    places = [name for name in dict.fromkeys([job.area, "village"])]
    here = ", ".join(f'coalesce("{name}_before", "{name}") AS "{name}"' for name in places)
    first, last = job.columns["year"].low, job.columns["year"].high
    return f"""SELECT * EXCLUDE (size, size_before), count(*) AS households,
            sum(size_before) AS persons_from, sum(size) AS persons_to FROM (
        SELECT {here}, year::INTEGER AS year, status_before AS from_state, status AS to_state,
            size_before, size FROM part WHERE year > {first}
        UNION ALL
        SELECT {_places(job)}, year::INTEGER + 1, status, NULL, size, NULL FROM part
            WHERE year < {last} AND NOT stays) GROUP BY ALL"""


def _villages(job) -> str:
    states = job.run("SELECT code, text FROM c_status")
    poor, registered = (
        ", ".join(str(code) for code, text in states if text in among) or "NULL"
        for among in (POOR, REGISTERED)
    )
    dropouts = (
        "CASE WHEN count(school_dropouts) = count(*) THEN sum(school_dropouts) END"
        if "school_dropouts" in job.columns
        else "NULL::BIGINT"
    )
    shares = "".join(
        f""", avg({unpacked("passes", place)}) FILTER (status IN ({registered})) AS "{name}",
        bool_or({unpacked("passes", place)} = {UNKNOWN}) FILTER (status IN ({registered}))
            AS "{name}_unknown" """
        for place, name in enumerate(job.derived.passes)
    )
    return f"""SELECT {_places(job)}, year, count(*) AS rows, sum(size) AS persons,
        coalesce(sum(size) FILTER (status IN ({poor})), 0) AS poor_persons,
        coalesce(sum(size) FILTER (status IN ({registered})), 0) AS registered_persons,
        {dropouts} AS school_dropouts {shares} FROM part GROUP BY ALL"""
