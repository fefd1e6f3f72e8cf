"""The stored notebooks renewed: English prose from the catalogue, outputs from a fresh run."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis import exhibits, press, startpage, words
from analysis.briefs import ROOT
from analysis.briefs.chapters import STORED, drop_live, kernel_environment
from analysis.briefs.spec import nearest

README_CHART = ("02_poverty_incidence", "incidence-fan-figure", "docs/incidence.svg")


def refresh_notebooks(
    names: Sequence[str] = (), *, root: Path = ROOT, say: Callable[[str], None] = print
) -> None:
    """
    Write the catalogue's English into the notebooks, and execute each in place.

    Parameters
    ----------
    names : sequence of str
        Notebooks, without folder and ending; all, if empty.
    root : Path
        Folder of the project.
    say : callable
        Told one line for each notebook.

    Raises
    ------
    ValueError
        If a notebook is not known or does not run.

    Examples
    --------
    >>> refresh_notebooks(["nowhere"], root=Path("nowhere"))
    Traceback (most recent call last):
    ...
    ValueError: there is no notebook 'nowhere'; there is none
    """
    known = {path.stem: path for path in sorted((root / "notebooks").glob("*.ipynb"))}
    # The summary gathers what the others say, so it comes last.
    for name in names or sorted(known, key=lambda one: one.startswith("00")):
        if name not in known:
            raise ValueError(f"there is no notebook {name!r}; {nearest(name, known)}")
        write_prose(known[name])
        _execute(known[name], root)
        _store_without_live(known[name])
        say(f"{name}: executed and stored")
    store_readme_chart(root)
    startpage.store(root)


def write_prose(path: Path) -> bool:
    """
    Write the English prose of the catalogue into a notebook where it differs.

    A cell whose prose is not in the catalogue keeps its own, which an English brief prints.

    Parameters
    ----------
    path : Path
        The notebook.

    Returns
    -------
    bool
        True if anything was changed.

    Examples
    --------
    >>> write_prose.__name__
    'write_prose'
    """
    before = path.read_text(encoding="utf-8")
    notebook = json.loads(before)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and words.has(f"prose.{cell.get('id')}"):
            cell["source"] = words.prose(cell["id"], "en").splitlines(keepends=True)
    after = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    if after == before:
        return False
    press.write_whole(path, after.encode())
    return True


def store_readme_chart(root: Path = ROOT) -> bool:
    """
    Store the chart that the README shows, as the notebook that draws it last drew it.

    Parameters
    ----------
    root : Path
        Folder of the project.

    Returns
    -------
    bool
        True if the chart was there to be stored.

    Examples
    --------
    >>> store_readme_chart(Path("nowhere"))
    False
    """
    name, cell_id, chart = README_CHART
    path = root / "notebooks" / f"{name}.ipynb"
    if not path.exists():
        return False
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    drawn = next(cell["outputs"][0]["data"] for cell in cells if cell["id"] == cell_id)
    press.write_whole(root / chart, drawn[exhibits.MIME]["svg"]["en"].encode())
    return True


def _execute(path: Path, root: Path) -> None:
    asked = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    asked += ["--ExecutePreprocessor.record_timing=False", "--log-level=ERROR", str(path)]
    told = os.environ | kernel_environment(root) | STORED
    ended = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=root, env=told)
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:]
        raise ValueError(f"{path.name} did not run: {' '.join(last)}")


def _store_without_live(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    drop_live(notebook)
    press.write_whole(path, (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode())
