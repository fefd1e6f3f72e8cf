"""What made a number: hashes of inputs, code, parameters, typefaces; versions of packages."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from analysis import fonts, press
from analysis.briefs.spec import Chapter, Edition

PRESS_ONLY = ("press.py", "__main__.py", "briefs")
PACKAGES = (
    *("duckdb", "fonttools", "ipykernel", "matplotlib", "mistune", "narwhals", "nbclient", "numpy"),
    *("pandas", "papermill", "pyarrow", "pydantic", "pyyaml", "scipy", "seaborn", "statsmodels"),
    "typst",
)
PACKAGE = Path(__file__).parents[1]


def file_hash(path: Path) -> str:
    """
    Hash a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        SHA-256 in hexadecimal.

    Examples
    --------
    >>> len(file_hash(Path(__file__)))
    64
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_hash(content: object) -> str:
    """
    Hash a piece of plain data, whatever the order of its keys.

    Parameters
    ----------
    content : object
        Anything that JSON can say.

    Returns
    -------
    str
        SHA-256 in hexadecimal.

    Examples
    --------
    >>> content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    True
    """
    said = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def folder_hashes(folder: Path, root: Path) -> list[dict[str, str]]:
    """
    Hash every file below a folder, hidden files and byte code apart.

    Parameters
    ----------
    folder : Path
        The folder.
    root : Path
        Folder that the paths are told from, so that they are the same on every machine.

    Returns
    -------
    list of dict
        `path` and `sha256`, sorted by path.

    Examples
    --------
    >>> folder_hashes(Path("nowhere"), Path())
    []
    """
    return [
        {"path": path.relative_to(root).as_posix(), "sha256": file_hash(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _is_left_out(path.relative_to(folder))
    ]


class Surroundings:
    """What every chapter of every brief shares, hashed once: data, code, fonts, versions."""

    def __init__(self, root: Path) -> None:
        code = folder_hashes(PACKAGE, PACKAGE)
        self.root = root
        files = folder_hashes(root / "data", root)
        self.inputs = [file for file in files if not file["path"].endswith(".md")]
        self.code = content_hash(code)
        self.measures = content_hash([f for f in code if not f["path"].startswith(PRESS_ONLY)])
        self.fonts = _font_hashes()
        self.packages = package_versions()
        self.template = file_hash(press.TEMPLATE)

    def chapter_fingerprint(self, chapter: Chapter) -> str:
        """Hash all that the outcome of a chapter depends on."""
        parts = [self.inputs, self.measures, self.fonts, self.packages, dict(chapter.effective)]
        return content_hash([file_hash(chapter.notebook), *parts])

    def press_fingerprint(self, edition: Edition, language: str, chapters: Iterable[str]) -> str:
        """Hash all that the PDF of one language depends on."""
        spec = edition.spec.model_dump(mode="json", exclude={"languages"})
        parts = [self.inputs, self.code, self.fonts, self.packages, self.template]
        return content_hash([edition.name, language, spec, list(chapters), *parts])


@cache
def package_versions() -> dict[str, str]:
    """
    List the versions of Python and of the packages that the project names.

    Returns
    -------
    dict of str to str
        Name to version, sorted by name.

    Examples
    --------
    >>> "pandas" in package_versions()
    True
    """
    found = {name: _version(name) for name in PACKAGES}
    return {"python": platform.python_version()} | {n: v for n, v in found.items() if v}


def commit(root: Path) -> str | None:
    """
    Read which commit is checked out, where the project is a git repository.

    Parameters
    ----------
    root : Path
        Folder of the project.

    Returns
    -------
    str or None
        The commit; None where there is no repository.

    Examples
    --------
    >>> commit(Path("nowhere")) is None
    True
    """
    import subprocess  # noqa: PLC0415 - only for the record of a run

    asked = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return said.stdout.strip() or None


def said_parameters(chapter: Chapter) -> str:
    """
    Write the parameters of a chapter on one line.

    Parameters
    ----------
    chapter : Chapter
        The chapter.

    Returns
    -------
    str
        `name = value`, commas between.

    Examples
    --------
    >>> said_parameters(Chapter("a", Path("a"), {}, {"horizon": 2, "area": "532601"}))
    'horizon = 2, area = "532601"'
    """
    pairs = chapter.effective.items()
    return ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in pairs)


def made(edition: Edition, around: Surroundings) -> dict[str, object]:
    """
    Gather what the last page of a brief says about how it was made.

    Parameters
    ----------
    edition : Edition
        The brief.
    around : Surroundings
        Data, code, fonts and versions.

    Returns
    -------
    dict
        Texts only; nothing in it differs between two machines that ran the same.

    Examples
    --------
    >>> made.__name__
    'made'
    """
    return {
        "notebooks": [
            {
                "name": f"notebooks/{chapter.notebook.name}",
                "parameters": said_parameters(chapter),
                "sha256": file_hash(chapter.notebook),
            }
            for chapter in edition.chapters
        ],
        "inputs": around.inputs,
        "fonts": around.fonts,
        "code": around.code,
        "packages": ", ".join(f"{name} {version}" for name, version in around.packages.items()),
        "command": f"python -m analysis brief {edition.name}",
    }


def read_record(path: Path) -> Mapping[str, object]:
    """
    Read a record that an earlier run left, if it left a whole one.

    Parameters
    ----------
    path : Path
        The JSON file.

    Returns
    -------
    mapping
        The record; empty if there is none that can be read.

    Examples
    --------
    >>> read_record(Path("nowhere.json"))
    {}
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def stands(path: Path, sha256: object) -> bool:
    """
    Tell whether a file is there with the content that a record says.

    Parameters
    ----------
    path : Path
        The file.
    sha256 : object
        What the record says.

    Returns
    -------
    bool
        True if it is there unchanged.

    Examples
    --------
    >>> stands(Path("nowhere"), "00")
    False
    """
    return path.is_file() and file_hash(path) == sha256


def _is_left_out(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _font_hashes() -> list[dict[str, str]]:
    paths: Sequence[Path] = list(fonts.paths().values())
    return [{"path": path.name, "sha256": file_hash(path)} for path in paths]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
