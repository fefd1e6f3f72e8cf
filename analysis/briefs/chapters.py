"""One chapter run by papermill: from a notebook and its parameters to the executed notebook."""

import ast
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from analysis import press
from analysis.briefs import faults, outputs, record
from analysis.briefs.workers import FORKS, Failed, Failure, environment

# Sliders and tables to search live in a kernel; stored, they would be dead, large, and never alike.
LIVE = "live"
# What is kept of a chapter is the same bytes in whatever language its messages are read.
STORED = {"ANALYSIS_LANGUAGE": "en"}
# A chapter is Python, whatever a notebook says of its kernel: one made by a program says nothing,
# and one from another machine may name a kernel of that machine.
PYTHON = {"kernel_name": "python3", "language": "python"}
WATCHED = frozenset(["open", "os.scandir", "os.listdir"])
_read: set[str] = set()
_watched: set[Path] = set()


class Job(NamedTuple):
    """A chapter to run: the notebook and its hash, what to tell it, if in a kernel, whose data."""

    name: str
    notebook: Path
    parameters: Mapping[str, object]
    root: Path
    kernel: bool = not FORKS
    places: frozenset[str] = frozenset()
    sha256: str | None = None


class Executed(NamedTuple):
    """An executed notebook, and the files below `data` it read; None where nobody could see."""

    content: bytes
    read: tuple[str, ...] | None


def run_chapter(job: Job) -> Executed:
    """
    Run one chapter with papermill, in a process that does nothing else before or after.

    Parameters
    ----------
    job : Job
        The chapter.

    Returns
    -------
    Executed
        The executed notebook, without anything that differs from run to run.

    Raises
    ------
    Failed
        If a cell fails; it names cell and error, and says what to do. If the notebook is not the
        one that was hashed.

    Examples
    --------
    >>> run_chapter.__name__
    'run_chapter'
    """
    import nbformat  # noqa: PLC0415 - two seconds of imports that only a run needs
    import papermill  # noqa: PLC0415

    os.environ.update(kernel_environment(job.root))
    watch(job.root)
    # A path would be read as a format string, so the notebook itself is handed over.
    source = nbformat.reads(_hashed(job).decode(), as_version=4)
    try:
        with environment(STORED), tempfile.TemporaryDirectory(prefix="kernel-") as folder:
            ran = papermill.execute_notebook(
                source,
                None,
                parameters=dict(job.parameters),
                progress_bar=False,
                cwd=job.root,
                **PYTHON,
                **_engine(job, folder),
            )
        _refuse_errors(ran)
    except papermill.PapermillExecutionError as failure:
        given = (source, job.notebook, job.parameters, job.root)
        raise faults.failed_cell(failure, *given, places=_places(job)) from None
    content = _cleaned(ran)
    outputs.inspect({f"{job.name}.ipynb": content}, job.root, _places(job))
    return Executed(content, None if job.kernel else tuple(sorted(_read)))


def _hashed(job: Job) -> bytes:
    """Read a notebook, and refuse one that an analyst has saved since the run began."""
    content = job.notebook.read_bytes()
    if job.sha256 not in (None, record.bytes_hash(content)):
        raise Failed(*Failure.of("moved", path=f"notebooks/{job.notebook.name}"))
    return content


def _refuse_errors(ran: Mapping) -> None:
    """Let a cell that leaves by `sys.exit()` fail: papermill stops there and calls it done."""
    import papermill  # noqa: PLC0415

    for number, cell in enumerate(ran["cells"]):
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                error = (output[part] for part in ("ename", "evalue", "traceback"))
                count = cell["execution_count"]
                raise papermill.PapermillExecutionError(number, count, cell["source"], *error)


def _places(job: Job) -> set[str]:
    """List the places whose people may stand in a chapter: named to it, or seen to be read."""
    every = (job.root / "data").glob("*/") if job.kernel or "data" in _read else ()
    read = {parts[1] for parts in (path.split("/") for path in _read) if len(parts) > 2}
    return {*job.places, *read, *(path.name for path in every)}


def prepare(root: str) -> None:
    """
    Import all that chapters and the press need, before any process is forked.

    Parameters
    ----------
    root : str
        Folder of the project.

    Examples
    --------
    >>> prepare.__name__
    'prepare'
    """
    watch(Path(root))
    names = {"analysis.briefs.engine", "typst", "uharfbuzz", *_imported(Path(root))}
    for name in sorted(names):
        # What cannot be imported fails the chapter that asks for it, in words that name it.
        with suppress(Exception):
            importlib.import_module(name)
    with suppress(ValueError, OSError):
        _read_ahead()
        # Tables are those of the project whose notebooks read any.
        if "analysis.tables" in names:
            importlib.import_module("analysis.disclosure").said_to_count("", "")


def _read_ahead() -> None:
    """Read what every brief needs: words, faces, style, how prose is marked."""
    from analysis import fonts, press, words  # noqa: PLC0415
    from analysis.charts import house  # noqa: PLC0415

    words.catalogue()
    fonts.check_glyphs("%")
    for path in fonts.paths().values():
        fonts.everyday(path)
    press.blocks_of("# *\n1. *\n- *", words.LANGUAGES[0], "")
    with house.house_style():
        pass


def watch(root: Path) -> None:
    """
    Note from now on every file below the data folder that this process opens.

    Parameters
    ----------
    root : Path
        Folder of the project.

    Examples
    --------
    >>> watch.__name__
    'watch'
    """
    if root not in _watched:
        _watched.add(root)
        home = os.path.abspath(root)
        sys.addaudithook(partial(_note, os.path.join(home, "data"), len(home) + 1))


def kernel_environment(root: Path) -> dict[str, str]:
    """
    Tell what a process that runs notebooks needs in its environment.

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
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(os.pathsep.join(paths).split(os.pathsep))),
    }


def _note(data: str, cut: int, event: str, arguments: tuple) -> None:
    if event not in WATCHED or not isinstance(arguments[0], (str, os.PathLike)):
        return
    # A notebook runs in the folder of the project, and may name its data from there.
    path = os.path.abspath(arguments[0])
    if event == "open" and path.startswith(data + os.sep):
        _read.add(path[cut:])
    elif event != "open" and path == data:
        _read.add("data")


def _imported(root: Path) -> Iterator[str]:
    """List the modules of the package that the notebooks import."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        with suppress(ValueError, KeyError, SyntaxError, OSError):
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            for cell in cells:
                if cell["cell_type"] == "code":
                    yield from _imports("".join(cell["source"]))


def _imports(source: str) -> Iterator[str]:
    if "import" not in source:
        return
    for line in ast.parse(source).body:
        if isinstance(line, ast.Import):
            yield from (one.name for one in line.names)
        elif isinstance(line, ast.ImportFrom) and line.module:
            yield line.module
            if line.module.split(".")[0] == "analysis":
                yield from (f"{line.module}.{one.name}" for one in line.names)


def _engine(job: Job, folder: str) -> dict[str, object]:
    from traitlets.config import Config  # noqa: PLC0415 - only a run needs it

    from analysis.briefs import engine  # noqa: PLC0415

    if not job.kernel:
        return {"engine_name": engine.HERE}
    return {"engine_name": engine.KERNEL, "config": Config(_kernel_settings(folder))}


def _kernel_settings(folder: str) -> dict[str, dict[str, str]]:
    """Let kernels talk through files of their own: two of them then never race for one port."""
    if os.name == "nt":
        return {}
    return {"KernelManager": {"transport": "ipc", "ip": f"{folder}/socket"}}


def drop_live(notebook: dict) -> None:
    """
    Take out of an executed notebook what only a kernel can keep alive.

    Parameters
    ----------
    notebook : dict
        The notebook, changed in place: cells tagged `live` lose their outputs, and the states of
        widgets go.

    Examples
    --------
    >>> cell = {"metadata": {"tags": ["live"]}, "outputs": ["a slider"]}
    >>> drop_live({"metadata": {"widgets": {}}, "cells": [cell]})
    >>> cell["outputs"]
    []
    """
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if LIVE in cell["metadata"].get("tags", []):
            cell["outputs"] = []


def _cleaned(ran: Mapping) -> bytes:
    """Drop what differs from run to run: machine, paths, times, and the id drawn for parameters."""
    kept = json.loads(json.dumps(ran))
    kept["metadata"].pop("papermill", None)
    drop_live(kept)
    for cell in kept["cells"]:
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = press.INJECTED
        for note in ("papermill", "execution"):
            cell["metadata"].pop(note, None)
    return (json.dumps(kept, ensure_ascii=False, indent=1) + "\n").encode()
