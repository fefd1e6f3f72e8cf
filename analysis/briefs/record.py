"""What made a number: hashes of inputs, code, parameters, typefaces; versions of packages."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from analysis import fonts, press
from analysis.briefs import parameters, spec
from analysis.briefs.spec import Chapter, Edition

PRESS_ONLY = ("press.py", "room.py", "__main__.py", "briefs", "twins", "catalogue/twins.yml")
COMMON_FOLDERS = ("reference", "standards")
LEDGERS = "ledgers"
PACKAGES = (
    *("duckdb", "fonttools", "ipykernel", "matplotlib", "mistune", "narwhals", "nbclient", "numpy"),
    *("pandas", "papermill", "pyarrow", "pydantic", "python-calamine", "pyyaml", "scipy"),
    *("seaborn", "statsmodels", "typst", "uharfbuzz", "xlsxwriter"),
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


def bytes_hash(content: bytes) -> str:
    """
    Hash what a file is to hold.

    Parameters
    ----------
    content : bytes
        The content.

    Returns
    -------
    str
        SHA-256 in hexadecimal.

    Examples
    --------
    >>> len(bytes_hash(b""))
    64
    """
    return hashlib.sha256(content).hexdigest()


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
    """What the chapters of all briefs share, hashed once: data, code, fonts, versions.

    Data are hashed by place, so that a change in one county does not concern the others: a chapter
    depends on the folders of the places that its parameters name, and on all that is no place's.
    """

    def __init__(self, root: Path) -> None:
        code = [*folder_hashes(PACKAGE, PACKAGE), *_own_catalogue()]
        self.root = root
        self._stamps = _stamps(root)
        files = folder_hashes(root / "data", root)
        self.inputs = [file for file in files if not file["path"].endswith(".md")]
        self.code = content_hash(code)
        self.measures = content_hash([f for f in code if not f["path"].startswith(PRESS_ONLY)])
        self.fonts = _font_hashes()
        self.packages = package_versions()
        self.template = file_hash(press.TEMPLATE)
        self.places = frozenset(
            path.name
            for path in (root / "data").glob("*")
            if path.is_dir() and path.name not in COMMON_FOLDERS
        )
        self.known = frozenset(path.parent.name for path in (root / "data").glob("*/facts.csv"))
        self.notebook_hash = cache(file_hash)
        self.scope = cache(self._scope)
        self.commit = cache(lambda: commit(root))
        self.scope_hash = cache(lambda places: content_hash(self.scope(places)))

    def named_places(self, chapter: Chapter) -> frozenset[str]:
        """List the places that the parameters of a chapter name."""
        told = [one for value in chapter.effective.values() for one in parameters.listed(value)]
        return frozenset(one for one in told if isinstance(one, str)) & self.places

    def missing_places(self, chapter: Chapter) -> list[str]:
        """List the places that a chapter is to read and that have no printed figures."""
        told = (chapter.effective.get(name) for name in parameters.PLACES)
        return [one for value in told for one in parameters.listed(value) if one not in self.known]

    def places_of(self, paths: Iterable[str]) -> frozenset[str]:
        """List the places whose files are among some paths below the project."""
        return frozenset(_place(path) for path in paths) & self.places

    def moved(self, places: frozenset[str]) -> list[str]:
        """List the files, of these places or of none, that are not as they were hashed."""
        now, then = _stamps(self.root), self._stamps
        touched = {path for path in {*now, *then} if now.get(path) != then.get(path)}
        hashes = {file["path"]: file["sha256"] for file in self.inputs}
        return sorted(
            path
            for path in touched
            if _place(path) not in self.places - places
            and not (path in hashes and stands(self.root / path, hashes[path]))
        )

    def chapter_fingerprint(self, chapter: Chapter, places: frozenset[str]) -> str:
        """Hash all that the outcome of a chapter depends on, if it reads these places."""
        parts = [self.measures, self.fonts, self.packages, dict(chapter.effective)]
        hashes = [self.notebook_hash(chapter.notebook), self.scope_hash(places)]
        return content_hash([*hashes, *parts])

    def press_fingerprint(
        self, edition: Edition, output: str, chapters: Sequence[str], places: frozenset[str]
    ) -> str:
        """Hash all that one output of a brief depends on."""
        told = edition.spec.model_dump(mode="json", exclude={"languages", "time_limit", "axes"})
        parts = [self.scope_hash(places), self.code, self.fonts, self.packages, self.template]
        kept = [kept_hash(edition, self.root), edition.unkept]
        return content_hash([edition.name, output, told, kept, list(chapters), *parts])

    def _scope(self, places: frozenset[str]) -> list[dict[str, str]]:
        left_out = self.places - places
        return [file for file in self.inputs if _place(file["path"]) not in left_out]


def kept_path(edition: Edition, root: Path) -> Path | None:
    """
    Tell where the record is that a brief revises.

    Parameters
    ----------
    edition : Edition
        The brief.
    root : Path
        Folder of the project.

    Returns
    -------
    Path or None
        The kept record; None if the brief revises none.

    Examples
    --------
    >>> kept_path.__name__
    'kept_path'
    """
    revised = edition.spec.revises
    return root / spec.KEPT / f"{revised}.json" if revised else None


def kept_hash(edition: Edition, root: Path) -> str | None:
    """
    Hash the record that a brief revises.

    Parameters
    ----------
    edition : Edition
        The brief.
    root : Path
        Folder of the project.

    Returns
    -------
    str or None
        SHA-256 in hexadecimal; None if the brief revises none.

    Examples
    --------
    >>> kept_hash.__name__
    'kept_hash'
    """
    path = kept_path(edition, root)
    return file_hash(path) if path else None


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


def made(edition: Edition, around: Surroundings, places: frozenset[str]) -> dict[str, object]:
    """
    Gather what the last page of a brief says about how it was made.

    Parameters
    ----------
    edition : Edition
        The brief.
    around : Surroundings
        Data, code, fonts and versions.
    places : frozenset of str
        The places whose data its chapters read.

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
                "sha256": around.notebook_hash(chapter.notebook),
            }
            for chapter in edition.chapters
        ],
        "inputs": [_untold(file) for file in around.scope(places)],
        "fonts": around.fonts,
        "code": around.code,
        "packages": ", ".join(f"{name} {version}" for name, version in around.packages.items()),
        "command": f"python -m analysis brief {edition.name}",
    }


def _own_catalogue() -> list[dict[str, str]]:
    """Hash the texts of an office's own, which stand outside the project."""
    own = os.environ.get("ANALYSIS_CATALOGUE")
    return folder_hashes(Path(own), Path(own)) if own else []


def _untold(file: Mapping[str, str]) -> Mapping[str, str | None]:
    """Keep the hash of a ledger in the office: who lacks one cell of it could try that cell."""
    is_ledger = LEDGERS in Path(file["path"]).parts[2:-1]
    return {**file, "sha256": None} if is_ledger else file


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
    found = _read(path)
    return found if isinstance(found, dict) else {}


def read_rows(path: Path) -> list:
    """
    Read a list that an earlier run left, if it left a whole one.

    Parameters
    ----------
    path : Path
        The JSON file.

    Returns
    -------
    list
        Its items; empty if there is none that can be read.

    Examples
    --------
    >>> read_rows(Path("nowhere.json"))
    []
    """
    found = _read(path)
    return found if isinstance(found, list) else []


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


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
    try:
        return path.is_file() and file_hash(path) == sha256
    except OSError:
        # Another account's, perhaps: who cannot read it cannot say what it holds.
        return False


def _stamps(root: Path) -> dict[str, tuple[int, int]]:
    """Note when each file of the data was written, and how large it is."""
    paths = [path for path in (root / "data").rglob("*") if path.is_file() and path.suffix != ".md"]
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in paths
        if not _is_left_out(path.relative_to(root))
    }


def _place(path: str) -> str:
    """Name the folder below `data` that a file is in, if it is in one."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else ""


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
