"""The page JupyterLab opens on: each notebook with the question it asks, in both languages."""

import json
from pathlib import Path

from analysis import press, words

NAME = "start.md"
PARTS = ("other", "lead", "language", "ledgers", "chapter")


def text(root: Path) -> str:
    """
    Write the start page for the notebooks there are.

    Parameters
    ----------
    root : Path
        Folder of the project, with `notebooks` in it.

    Returns
    -------
    str
        Markdown, Chinese first, then English.

    Examples
    --------
    >>> text(Path("nowhere")).splitlines()[0]
    '# 从这里开始'
    """
    paths = sorted((root / "notebooks").glob("[0-9]*.ipynb"))
    return "\n".join(_part(paths, language) for language in words.LANGUAGES)


def store(root: Path) -> bool:
    """
    Write the start page beside the notebooks where it differs from what is there.

    Parameters
    ----------
    root : Path
        Folder of the project.

    Returns
    -------
    bool
        True if it was written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store(Path(folder)), store(Path(folder))
    (True, False)
    """
    path, wanted = root / "notebooks" / NAME, text(root)
    if path.is_file() and path.read_text(encoding="utf-8") == wanted:
        return False
    press.write_whole(path, wanted.encode())
    return True


def _part(paths: list[Path], language: str) -> str:
    heads = [words.say(f"explore.start.{name}", language) for name in ("head", "question")]
    title = words.say("explore.start.title", language)
    rows = [f"| [{path.stem}]({path.name}) | {_question(path, language)} |" for path in paths]
    table = "\n".join([f"| {' | '.join(heads)} |", "|---|---|", *rows])
    level = "#" if language == words.LANGUAGES[0] else "##"
    other, lead, *notes = (words.say(f"explore.start.{name}", language) for name in PARTS)
    return "\n\n".join([f"{level} {title}", other, lead, table, *notes]) + "\n"


def _question(path: Path, language: str) -> str:
    """The H1 of a notebook; of one whose prose is not in the catalogue, what it says itself."""
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    known = words.has(f"prose.{first['id']}")
    prose = words.prose(first["id"], language) if known else "".join(first["source"])
    return prose.splitlines()[0].removeprefix("# ").replace("|", "\\|")
