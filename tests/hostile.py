"""Hostile input, made when it is needed: each door of the project, what is tried, what it gets.

`python -m tests.hostile` prints the table that stands in docs/hostile.md. Nothing here is stored as
a file: every attack is built in a folder of its own and goes with it.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from analysis import tables

# Beyond what the program itself takes.
MEMORY = 1_000_000_000


class Case(NamedTuple):
    """One attack: the door, what is tried, what it gets, and what tries it in an empty folder."""

    door: str
    name: str
    gets: str
    run: Callable[[Path], str]


def outcome(folder: Path) -> str:
    """Read a folder, and say in a few words what came of it."""
    reading = tables.check_folder(folder)
    told = reading.findings[~reading.findings["rule"].isin(["absent_column", "no_files"])]
    if not told["rule"].isin(["unreadable", "too_large"]).all():
        tables.write_findings(told, folder.parent / "findings.xlsx")
    rules = ", ".join(sorted(set(told["rule"])))
    if told["severity"].eq("refusal").any():
        return f"refused: {rules}"
    read = "read" if any(map(len, reading.tables.values())) else "left out"
    return f"{read}, told: {rules}" if rules else read


def holds(case: Case, got: str) -> bool:
    """Compare what an attack got with what it is to get; `…` stands for any words."""
    form = ".*".join(re.escape(part.strip()) for part in case.gets.split("…"))
    return re.fullmatch(form, got, re.DOTALL) is not None


def try_case(case: Case) -> str:
    """Run a case in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder) / "office"
        inner.mkdir()
        return case.run(inner)


def cases() -> list[Case]:
    """Every case of every door."""
    from tests import hostile_folders, hostile_names, hostile_texts, hostile_workbooks

    modules = (hostile_workbooks, hostile_folders, hostile_names, hostile_texts)
    return [case for module in modules for case in module.cases()]


def reader_cases() -> list[Case]:
    """The cases that a faulty reader would die of."""
    from tests import hostile_folders, hostile_workbooks

    return [*hostile_workbooks.cases(), *hostile_folders.cases()]


def table() -> str:
    """Write the cases as a page."""
    rows = [f"| {case.door} | {_cell(case.name)} | {_cell(case.gets)} |" for case in cases()]
    return "\n".join([PAGE.format(count=len(rows)), *rows, ""])


def _cell(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("|", "\\|").replace("`", "\\`")
    return escaped.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_").replace("$", "\\$")


PAGE = """# Hostile input

What comes from outside is never trusted: an office's files, `briefs.yml`, parameters, names, and
every text of a ledger on its way out. This page lists {count} attacks and what each gets. It is
made from the tests by `python -m tests.hostile > docs/hostile.md`; they build each attack when
they run. Files go to the reader in a process that may take 1 GB, so that one which would fill the
memory is seen to be refused before.

`refused` is followed by the rule of the finding or by words of the message, `told` by the rules of
findings that stop nothing. `left out` means that nothing was read from the file.

| Door | What is tried | What it gets |
|---|---|---|"""


def tried(wanted: set[int]) -> Iterator[dict]:
    """Run cases of the reader here, under a limit of memory; a line for each."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
    for number, case in enumerate(reader_cases()):
        if number not in wanted:
            continue
        started = time.process_time()
        try:
            got = try_case(case)
        except Exception as fault:  # noqa: BLE001 - said to the test, which fails
            got = f"broke: {type(fault).__name__}: {fault}"
        yield {"number": number, "got": got, "seconds": round(time.process_time() - started, 2)}


def main() -> None:
    """Print the page, or with `--try NUMBER …` what those cases of the reader get."""
    if "--try" in sys.argv:
        for result in tried({int(number) for number in sys.argv[2:]}):
            print(json.dumps(result), flush=True)
    else:
        print(table(), end="")


if __name__ == "__main__":
    main()
