"""The sub-command `python -m analysis store FOLDER OUT`: an office's folder into a store."""

from __future__ import annotations

import argparse
import sys

DONE, REFUSED, WRONG_PLACE, INTERRUPTED = 0, 1, 2, 130
STOPPED = "stopped; run it again: a store is put in its place whole or not at all"
# What DuckDB makes of the keyboard's interrupt while it is at work: a plain RuntimeError.
CUT_SHORT = "Query interrupted"


def add_store(commands) -> None:
    """
    Add the sub-command to the command line.

    Parameters
    ----------
    commands : argparse._SubParsersAction
        Where sub-commands are added.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_store(parser.add_subparsers())
    >>> parser.parse_args(["store", "ledgers", "out"]).folder
    'ledgers'
    """
    store = commands.add_parser(
        "store",
        help="write a register once, sorted and coded, to be asked many times",
        description=(
            "Read the households of an office's folder, or of a Parquet file, and write them as a "
            "store. Exit code: 0 written and read back, 1 refused, 2 no such folder or file, no "
            "place to write to, or the store is there, 130 stopped from the keyboard."
        ),
    )
    store.add_argument("folder", metavar="FOLDER", help="folder of ledgers, or a Parquet file")
    store.add_argument("out", metavar="OUT", help="folder of the store to make")
    store.add_argument("--area", help="column whose areas get a file each")
    store.add_argument("--line", help="poverty line of data/reference/lines.csv to keep totals at")
    store.add_argument("--pack", help="exit standard of data/standards to judge households by")
    store.add_argument(
        "--specification",
        metavar="FILE",
        help="CSV of what counts as deprived: indicator,dimension,weight,cutoff,direction,missing",
    )
    store.add_argument(
        "--memory", default="3GB", help="most memory DuckDB takes (3GB); the rest goes to disk"
    )
    store.add_argument("--replace", action="store_true", help="replace a store that is there")
    store.set_defaults(do=write_store)


def write_store(asked: argparse.Namespace) -> int:
    """
    Write the store that the command line asks for.

    Parameters
    ----------
    asked : argparse.Namespace
        ``folder, out, area, line, pack, specification, memory, replace``.

    Returns
    -------
    int
        Exit code.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_store(parser.add_subparsers())
    >>> write_store(parser.parse_args(["store", "nowhere", "out"]))
    2
    """
    import duckdb  # noqa: PLC0415 - the help needs none of it
    from tqdm import tqdm  # noqa: PLC0415

    from analysis import tables  # noqa: PLC0415
    from analysis.register.store import write_register  # noqa: PLC0415

    try:
        store = write_register(
            _households(asked.folder, tables),
            asked.out,
            area=asked.area,
            lines=_lines(asked.line, tables),
            specification=_specification(asked.specification),
            pack=tables.read("standards", pack=asked.pack) if asked.pack else None,
            measures=tables.read("measures", place="standards"),
            replace=asked.replace,
            memory=asked.memory,
            progress=tqdm,
        )
    except KeyboardInterrupt:
        return _complain(STOPPED, INTERRUPTED)
    except OSError as refusal:
        return _complain(refusal, WRONG_PLACE)
    except (ValueError, RuntimeError, duckdb.Error) as refusal:
        stopped = isinstance(refusal, duckdb.InterruptException) or str(refusal) == CUT_SHORT
        return _complain(STOPPED, INTERRUPTED) if stopped else _complain(refusal, REFUSED)
    print(f"{store.folder}: {store.manifest['rows']} rows, {len(store.codes(store.area))} areas")
    return DONE


def _households(folder: str, tables):
    if folder.endswith(".parquet"):
        return folder
    found = tables.read_folder(folder)
    if "households" not in found:
        raise FileNotFoundError(f"'{folder}' holds no households; it holds {', '.join(found)}")
    return found["households"]


def _lines(name: str | None, tables):
    if name is None:
        return None
    lines = tables.read("lines")
    known = lines[lines["line"] == name]
    if known.empty:
        raise ValueError(
            f"there is no line {name!r}; there are {', '.join(lines['line'].unique())}"
        )
    return known[["year", "line_yuan"]]


def _specification(path: str | None):
    import pandas as pd  # noqa: PLC0415

    # As text: what a number is, the specification's own check says, by row and column.
    return None if path is None else pd.read_csv(path, dtype=str, encoding="utf-8-sig")


def _complain(refusal: Exception | str, code: int) -> int:
    # DuckDB adds its query, and a page of advice, below the sentence that says what is wrong.
    print(str(refusal).strip().splitlines()[0], file=sys.stderr)
    return code
