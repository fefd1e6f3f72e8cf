"""A cell that failed, said on one line: which notebook, which cell, what is wrong, what to do."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from analysis import words
from analysis.briefs import lines, outputs, parameters
from analysis.briefs.workers import Failed, Failure, one_line

LONGEST, MASK = 300, "***"
TABLE_ERROR, BETWEEN = "TableError", " | "
REMEDIES = {
    TABLE_ERROR: "failure.remedy.table",
    "FileNotFoundError": "failure.remedy.missing",
    "UnicodeDecodeError": "failure.remedy.table",
    "MemoryError": "failure.remedy.memory",
    "ModuleNotFoundError": "failure.remedy.package",
}


def failed_cell(
    failure: Exception,
    source: Mapping,
    notebook: Path,
    told: Mapping[str, object],
    root: Path,
    *,
    places: Collection[str] = (),
) -> Failed:
    """
    Say why a chapter failed, in the language of whoever reads the run.

    Parameters
    ----------
    failure : papermill.PapermillExecutionError
        What stopped it.
    source : mapping
        The notebook before it ran.
    notebook : Path
        Its file.
    told : mapping
        The parameters it was given.
    root : Path
        Folder of the project.
    places : collection of str
        Folders below the data folder that it may have read.

    Returns
    -------
    Failed
        One line and the remedy, in the language of ANALYSIS_LANGUAGE, English if that is unset.

    Examples
    --------
    >>> from types import SimpleNamespace as Error
    >>> stopped = Error(ename="KeyError", evalue="'year'", source="a")
    >>> cells = {"cells": [{"id": "schools-read", "source": "a"}]}
    >>> failed_cell(stopped, cells, Path("11_schools.ipynb"), {}, Path()).failure.said
    "cell 1 (schools-read) of 11_schools.ipynb failed: KeyError: 'year'"
    """
    cells = ["".join(cell["source"]) for cell in source["cells"]]
    place = cells.index(failure.source) if failure.source in cells else None
    cell = "" if place is None else source["cells"][place].get("id", "")
    language, file = lines.language(), notebook.name
    reason = _without_persons(failure, _reason(failure, language), root, places, language)
    key = "failure.some_cell" if place is None else "failure.cell"
    number = 0 if place is None else place + 1
    said = words.say(key, language, number=number, cell=cell, file=file, reason=reason)
    folder = _ledgers(reason, notebook, told, root) if failure.ename == TABLE_ERROR else None
    return Failed(said, cell, _remedy(failure.ename, folder, file, language))


def told_once(failures: Sequence[tuple[str, Failure]]) -> list[tuple[str, Failure]]:
    """
    Gather what stopped several chapters alike, such as one row of a ledger.

    Parameters
    ----------
    failures : sequence of (str, Failure)
        Chapter and failure, one edition's.

    Returns
    -------
    list of (str, Failure)
        The first chapter of each kind, with how many more, and its failure.

    Examples
    --------
    >>> row = "of {}.ipynb failed: a.csv, row 3: 'x' is not a number"
    >>> told_once([(name, Failure(row.format(name))) for name in ("02_a", "04_b", "05_c")])[0][0]
    '02_a and 2 more'
    """
    alike: dict[str, list[tuple[str, Failure]]] = {}
    for chapter, failure in failures:
        # What is said of a cell after its notebook is the reason alone; a remedy may name the
        # notebook, so that it tells nothing apart.
        _, _, reason = failure.said.partition(".ipynb")
        alike.setdefault(reason or failure.said, []).append((chapter, failure))
    return [(_chapters([chapter for chapter, _ in kind]), kind[0][1]) for kind in alike.values()]


def _chapters(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    others = len(names) - 1
    return lines.say("failure.chapters", chapter=names[0], others=others)


def _reason(failure: Exception, language: str) -> str:
    """Say the first thing that is wrong; a table tells each of its faults in both languages."""
    if failure.ename != TABLE_ERROR:
        return _cut(one_line(f"{failure.ename}: {failure.evalue}").rstrip(": "))
    faults = failure.evalue.splitlines() or [""]
    # A value that holds the mark between the languages holds it in both of them.
    parts = faults[0].split(BETWEEN)
    spoken = {"en": parts[: len(parts) // 2], "zh": parts[len(parts) // 2 :]}
    first = _cut(one_line(BETWEEN.join(spoken[language])))
    more = len(faults) - 1
    return words.say("failure.first_of", language, reason=first, more=more) if more else first


def _without_persons(
    failure: Exception, reason: str, root: Path, places: Collection[str], language: str
) -> str:
    """What is said of a failure is kept and sent on, and an error names the row it stopped at."""
    # The whole of it: what is cut off or put on one line may be found no more.
    told = {"failure.txt": f"{failure.evalue}\n\n{reason}".encode(errors="replace")}
    if outputs.hits(told, root, places):
        return words.say("failure.withheld", language, error=failure.ename)
    from analysis.tables.persons import without_numbers  # noqa: PLC0415 - only where a cell failed

    # A number with a digit wrong is found by no check, and tells who it is all the same.
    return without_numbers(reason, MASK)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _remedy(error: str, folder: str | None, file: str, language: str) -> str:
    if folder:
        return words.say("failure.remedy.ledgers", language, folder=folder)
    return words.say(REMEDIES.get(error, "failure.remedy.look"), language, file=file)


def _ledgers(reason: str, notebook: Path, told: Mapping, root: Path) -> str | None:
    """Name the folder of the place's ledgers, if the fault is in one of its files."""
    declared = parameters.declared(notebook) if notebook.is_file() else {}
    default = declared["place"].default if "place" in declared else ""
    folder = root / "data" / str(told.get("place", default)) / "ledgers"
    held = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    if any(reason.startswith(name) for name in (folder.name, *held)):
        return folder.relative_to(root).as_posix()
    return None
