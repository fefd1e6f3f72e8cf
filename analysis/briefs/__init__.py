"""From `briefs.yml` to what leaves the office: checked first, run once, recorded.

Nothing is run or made again whose inputs, code, parameters and typefaces have not changed. A run
that was killed leaves whole files only, and the next run does what is missing.
"""

import datetime
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from analysis.briefs import faults, form, revisions
from analysis.briefs.batch import PRESS, Batch, State, Trouble
from analysis.briefs.desk import Desk, write_json
from analysis.briefs.record import Surroundings
from analysis.briefs.spec import SpecError, read_editions
from analysis.briefs.workers import Hands, hire

__all__ = ["Report", "SpecError", "make_briefs", "read_editions"]

ROOT = Path(os.environ.get("ANALYSIS_ROOT", Path(__file__).resolve().parents[2]))
GENERATED = Path("reports") / "generated"


class Report(NamedTuple):
    """How a brief ended: what was run and made now, and one sentence for each failure."""

    name: str
    ran: Sequence[str]
    made: Sequence[str]
    failures: Sequence[str]


def make_briefs(
    names: Sequence[str] = (),
    *,
    languages: Sequence[str] = (),
    root: Path = ROOT,
    generated: Path | None = None,
    say: Callable[[str], None] = print,
    workers: int | None = None,
    kernels: bool = False,
    cluster: str | None = None,
    today: datetime.date | None = None,
) -> list[Report]:
    """
    Make briefs: run what has changed, make what has changed, leave the rest.

    Parameters
    ----------
    names : sequence of str
        Names in `reports/briefs.yml`, or of single editions; all, if empty.
    languages : sequence of str
        "zh", "en" or both; those of each brief, if empty.
    root : Path
        Folder of the project.
    generated : Path, optional
        Where the briefs are put; `reports/generated`, if not said.
    say : callable
        Told one line for each thing that is done.
    workers : int, optional
        How many tasks at a time; as many as there are cores, if not said.
    kernels : bool
        Run each chapter in a kernel of its own, even where that is not needed.
    cluster : str, optional
        Address of a Dask scheduler, or "local"; this machine's own processes, if not said.
    today : datetime.date, optional
        The day of the run; that in Beijing, if not said.

    Returns
    -------
    list of Report
        One for each brief, in the order of the file.

    Raises
    ------
    SpecError
        If `briefs.yml` cannot be run as it stands.
    BlockingIOError
        If another run is at work in the same folder.
    OSError
        If the summary cannot be written; what failed has been said then.

    Examples
    --------
    >>> make_briefs(["nowhere"], root=Path("nowhere"))
    Traceback (most recent call last):
    ...
    analysis.briefs.spec.SpecError: nowhere/reports/briefs.yml: there is no such file
    """
    path = root / "reports" / "briefs.yml"
    folder = (generated or root / GENERATED).resolve()
    # Whoever watches the summary must not take an earlier run's for this one's.
    (folder / "summary.json").unlink(missing_ok=True)
    editions = read_editions(path, root, names=names, languages=languages, today=today)
    root, started = root.resolve(), time.monotonic()
    with _alone(folder), _telling(say) as tell:
        around = Surroundings(root)
        desks = [Desk(edition, folder / edition.name, around) for edition in editions]
        for desk in desks:
            _sweep(desk.folder)
        batch = Batch(desks, tell, kernels=kernels)
        if not batch.idle:
            with _hands(around, workers, cluster) as hands:
                batch.run(hands)
        states = list(batch.states.values())
        reports = [_report(state) for state in states]
        try:
            write_json(folder / "summary.json", _summary(states, time.monotonic() - started))
        except OSError:
            # The run ends with this, and nobody would hear of the rest.
            for failure in [one for report in reports for one in report.failures]:
                say(failure)
            raise
    for line in [*_unprinted(states), *revisions.unkept(editions, root)]:
        say(line)
    return reports


def _unprinted(states: Sequence[State]) -> Iterator[str]:
    """Say of each notebook that was run, once, what it shows and no brief prints."""
    ran = {
        chapter.notebook.name: state.desk.executed(chapter)
        for state in states
        for chapter in state.desk.edition.chapters
        if chapter.name in set(state.ran) - {trouble.chapter for trouble in state.troubles}
    }
    for name, path in ran.items():
        yield from form.unprinted(json.loads(path.read_text(encoding="utf-8")), name=name)


def _report(state: State) -> Report:
    name = state.desk.edition.name
    printed = [chapter.name for chapter in state.desk.edition.chapters]
    # The press comes last, and chapters end in any order.
    troubles = sorted(state.troubles, key=lambda one: [*printed, PRESS].index(one.chapter))
    lines = [Trouble(*told).line(name) for told in faults.told_once(troubles)]
    return Report(name, state.ran, state.made, lines)


def _summary(states: Sequence[State], seconds: float) -> dict[str, object]:
    """Sum a run up for a machine that watches it."""
    rows = [_summary_row(state) for state in states]
    counts = {end: sum(row["ended"] == end for row in rows) for end in ("made", "kept", "failed")}
    written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    ended = {"exit_code": 1 if counts["failed"] else 0, "seconds": round(seconds, 1)}
    return {**ended, "written": written, "briefs": counts, "editions": rows}


def _summary_row(state: State) -> dict[str, object]:
    done = "made" if state.ran or state.made else "kept"
    return {
        "name": state.desk.edition.name,
        "ended": "failed" if state.troubles else done,
        "ran": state.ran,
        "made": state.made,
        "seconds": round(state.seconds, 1),
        "unkept": state.desk.edition.unkept,
        "failures": [
            {"chapter": trouble.chapter, **trouble.failure._asdict()} for trouble in state.troubles
        ],
    }


@contextmanager
def _hands(around: Surroundings, workers: int | None, address: str | None) -> Iterator[Hands]:
    """Hire whoever does the work, and let them go at the end, however it comes."""
    from analysis.briefs import chapters, cluster  # noqa: PLC0415 - not if nothing has changed

    told = chapters.kernel_environment(around.root)
    if address is None:
        hands = hire(chapters.prepare, [str(around.root)], told, workers)
    else:
        hands = cluster.join(address, cluster.site(around, told), workers)
    try:
        yield hands
    finally:
        hands.stop()


def _sweep(folder: Path) -> None:
    """Remove what a killed run had begun to write: whole files only ever get their own name."""
    # Where nothing can be removed nothing can be written, and that fails the brief in its turn.
    with suppress(OSError):
        for path in [*folder.glob(".*"), *(folder / "chapters").glob(".*")]:
            # A folder is somebody else's: JupyterLab leaves one where a notebook was saved.
            if not path.is_dir():
                path.unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one run at a time write into a folder; a lock ends with the process that holds it."""
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            said = f"another run is at work in {folder.name}; wait until it has ended"
            raise BlockingIOError(said) from None
        yield


@contextmanager
def _telling(say: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Show one line that renews itself on a terminal, and a line for each step elsewhere."""
    if not sys.stderr.isatty():
        yield say
        return
    from tqdm import tqdm  # noqa: PLC0415 - only where there is a terminal

    with tqdm(bar_format="{desc}", leave=False) as bar:
        yield bar.set_description_str
