"""Chapters run by papermill, each in a process of its own, two at a time.

A process for each chapter makes a time limit and a crash the affair of that chapter alone. The
processes are forked from a server that has imported papermill once, where the system can do that.
"""

import json
import multiprocessing
import os
import re
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import NamedTuple

from analysis import press

WORKERS = 2
TIME_LIMIT_SECONDS = 600.0


class Job(NamedTuple):
    """A chapter to run: the notebook, where to leave it executed, what to tell it."""

    name: str
    notebook: Path
    output: Path
    parameters: Mapping[str, object]
    root: Path


class Outcome(NamedTuple):
    """How a job ended: seconds it took, and one sentence if it failed."""

    job: Job
    seconds: float
    failure: str | None


class _Running(NamedTuple):
    job: Job
    process: multiprocessing.Process
    ear: Connection
    started: float


def run_chapters(
    jobs: Sequence[Job],
    *,
    workers: int = WORKERS,
    time_limit: float = TIME_LIMIT_SECONDS,
) -> Iterator[Outcome]:
    """
    Run chapters, a few at a time, and give each outcome as it comes.

    Parameters
    ----------
    jobs : sequence of Job
        What to run, longest first if known.
    workers : int
        How many at a time, 1 or more.
    time_limit : float
        Seconds that a chapter may take.

    Yields
    ------
    Outcome
        One for each job, in the order they end.

    Examples
    --------
    >>> list(run_chapters([]))
    []
    """
    context = _context()
    waiting, running = deque(jobs), []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_start(waiting.popleft(), context))
            for ended, failure in _ended(running, time_limit):
                running.remove(ended)
                yield Outcome(ended.job, time.monotonic() - ended.started, failure)
    finally:
        for left in running:
            left.process.kill()


def run_chapter(job: Job) -> None:
    """
    Run one chapter with papermill and leave the executed notebook, whole or not at all.

    Parameters
    ----------
    job : Job
        The chapter.

    Raises
    ------
    RuntimeError
        If a cell fails; the message names notebook, cell and error in one line.

    Examples
    --------
    >>> run_chapter.__name__
    'run_chapter'
    """
    import nbformat  # noqa: PLC0415 - two seconds of imports that only a run needs
    import papermill  # noqa: PLC0415
    from traitlets.config import Config  # noqa: PLC0415

    # A path would be read as a format string, so the notebook itself is handed over.
    source = nbformat.read(job.notebook, as_version=4)
    try:
        with tempfile.TemporaryDirectory(prefix="kernel-") as folder:
            ran = papermill.execute_notebook(
                source,
                None,
                parameters=dict(job.parameters),
                progress_bar=False,
                cwd=job.root,
                extra_arguments=["--IPKernelApp.log_level=50"],
                config=Config(_kernel_settings(folder)),
            )
    except papermill.PapermillExecutionError as failure:
        raise RuntimeError(_sentence(failure, source, job)) from None
    press.write_whole(job.output, _cleaned(ran))


def kernel_environment(root: Path) -> dict[str, str]:
    """
    Tell what a kernel needs in its environment.

    Parameters
    ----------
    root : Path
        Folder of the project.

    Returns
    -------
    dict of str to str
        This very package first on the path, and the project's own data, since theirs are the
        hashes recorded; and one thread for linear algebra, since chapters already share the cores.

    Examples
    --------
    >>> kernel_environment(Path("project"))["OPENBLAS_NUM_THREADS"]
    '1'
    """
    home = str(Path(__file__).resolve().parents[2])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "ANALYSIS_DATA": str(root / "data"),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(paths),
    }


def _start(job: Job, context) -> _Running:
    ear, mouth = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, mouth), name=job.name)
    process.start()
    mouth.close()
    return _Running(job, process, ear, time.monotonic())


def _work(job: Job, mouth: Connection) -> None:
    """Run one chapter in this process, and say how it ended."""
    os.environ.update(kernel_environment(job.root))
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        run_chapter(job)
        mouth.send(None)
    except Exception as failure:  # noqa: BLE001 - said in full to the parent, which decides
        mouth.send(f"{job.name}: {_one_line(str(failure) or type(failure).__name__)}")


def _die_with_parent() -> None:
    """End this process when the batch is killed, so that nobody works on for no one."""
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _ended(running: Sequence[_Running], time_limit: float) -> list[tuple[_Running, str | None]]:
    """Wait until a chapter has ended or has run out of time."""
    first = min(run.started for run in running)
    heard = wait([run.ear for run in running], max(0.0, first + time_limit - time.monotonic()))
    done = [(run, _last_word(run)) for run in running if run.ear in heard]
    if done:
        return done
    late = [run for run in running if time.monotonic() - run.started >= time_limit]
    for run in late:
        run.process.kill()
    said = f"took longer than the limit of {time_limit:.0f} s and was stopped"
    return [(run, f"{run.job.name}: {said}") for run in late]


def _last_word(run: _Running) -> str | None:
    try:
        said = run.ear.recv()
    except EOFError:
        said = f"{run.job.name}: its process died without a word (killed, or out of memory)"
    run.process.join()
    return said


def _context():
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["papermill", "analysis.briefs.chapters"])
    return context


def _kernel_settings(folder: str) -> dict[str, dict[str, str]]:
    """Let kernels talk through files of their own: two of them then never race for one port."""
    if os.name == "nt":
        return {}
    return {"KernelManager": {"transport": "ipc", "ip": f"{folder}/socket"}}


def _sentence(failure: Exception, source: Mapping, job: Job) -> str:
    cells = ["".join(cell["source"]) for cell in source["cells"]]
    place = cells.index(failure.source) if failure.source in cells else None
    named = "a cell" if place is None else f"cell {place + 1} ({source['cells'][place].get('id')})"
    return f"{named} of {job.notebook.name} failed: {failure.ename}: {failure.evalue}"


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " / ", re.sub(r"\x1b\[[0-9;]*m", "", text).strip())


def _cleaned(ran: Mapping) -> bytes:
    """Drop what differs from run to run: machine, paths, times, and the id drawn for parameters."""
    kept = json.loads(json.dumps(ran))
    kept["metadata"].pop("papermill", None)
    for cell in kept["cells"]:
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = "injected-parameters"
        for note in ("papermill", "execution"):
            cell["metadata"].pop(note, None)
    return (json.dumps(kept, ensure_ascii=False, indent=1) + "\n").encode()
