"""What was read once, kept as Parquet: read again only when the files or the reading change."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from importlib import metadata
from pathlib import Path

import pandas as pd
import pyarrow as pa

from analysis.tables import files
from analysis.tables.codebook import LEDGERS
from analysis.tables.ledgers import ledger_files, read_folder

HERE = Path(__file__).parent
STORE = HERE.parents[1] / ".cache" / "ledgers"
READERS = ("pandas", "pyarrow", "python-calamine")
BY_HAND = ("dictionary", "identifiers")
CONTENTS = "contents.json"
# Readings kept: one a place of a prefecture's counties, and some of the day before.
KEPT = 24


def cached_folder(folder: Path | str) -> dict[str, pd.DataFrame]:
    """Read an office's folder, or take what an earlier reading of the same files left.

    The store lies in ``.cache/ledgers`` of the project, or in the folder that the environment
    variable ``ANALYSIS_CACHE`` names; ``off`` reads anew each time. It holds the office's rows, so
    only its owner may open it, and it never stands among what leaves the office. A reading that
    was refused is not kept; one that is damaged is read anew, and every one where nothing can be
    kept.

    Parameters
    ----------
    folder : path
        As for `read_folder`.

    Returns
    -------
    dict
        As `read_folder`: the same tables, columns and types.

    Raises
    ------
    TableError
        At least one refusal.
    FileNotFoundError
        No such folder.

    Examples
    --------
    >>> cached_folder("no such folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no folder 'no such folder'
    """
    store = _store()
    if store is None:
        return read_folder(folder)
    place = store / reading_key(folder)
    found = _taken(place)
    if found is None:
        found = read_folder(folder)
        _keep(place, partial(_write_frames, found))
    return found


def reading_key(folder: Path | str) -> str:
    """Hash all that a reading depends on: files, names, titles, the code that reads.

    Parameters
    ----------
    folder : path
        As for `read_folder`.

    Returns
    -------
    str
        SHA-256 in hexadecimal.

    Raises
    ------
    FileNotFoundError
        No such folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     empty = reading_key(folder)
    ...     _ = (Path(folder) / "a.csv").write_text("x")
    ...     empty == reading_key(folder)
    False
    """
    folder = Path(folder)
    told = hashlib.sha256(_reader().encode())
    for path in ledger_files(folder):
        # The name of a file need not be text.
        told.update(os.fsencode(path.relative_to(folder)) + f"\0{_hash(path)}\n".encode())
    return told.hexdigest()


def kept_text(folder: Path | str, name: str, make: Callable[[], str]) -> str:
    """Take a text made from an office's folder, or make it and keep it until the folder changes.

    Parameters
    ----------
    folder : path
        As for `read_folder`.
    name : str
        What the text is called.
    make : callable
        Makes the text.

    Returns
    -------
    str
        The text, kept where readings are if anything can be, and open to their owner only.

    Raises
    ------
    FileNotFoundError
        No such folder.

    Examples
    --------
    >>> kept_text("no such folder", "names", str)
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no folder 'no such folder'
    """
    store = _store()
    if store is None:
        return make()
    place = store / f"{reading_key(folder)}.{name}"
    try:
        return (place / name).read_text(encoding="utf-8")
    except (OSError, ValueError):
        text = make()
    _keep(place, lambda aside: (aside / name).write_text(text, encoding="utf-8"))
    return text


def _reader() -> str:
    """Code that reads, and what it reads by: it tells columns, and which are of persons."""
    return " ".join([_code(), *(_hash(files.find_file(name)) for name in BY_HAND)])


@cache
def _code() -> str:
    versions = [f"{name} {metadata.version(name)}" for name in READERS]
    return " ".join([*versions, *(_hash(path) for path in sorted(HERE.glob("*.py")))])


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _store() -> Path | None:
    named = os.environ.get("ANALYSIS_CACHE", str(STORE))
    return None if named == "off" else Path(named)


def _taken(place: Path) -> dict[str, pd.DataFrame] | None:
    """Take a whole and undamaged reading; anything else counts as not there."""
    try:
        contents = json.loads((place / CONTENTS).read_text(encoding="utf-8"))
        if not isinstance(contents, dict) or not set(contents) <= set(LEDGERS):
            return None
        if any(_hash(_file(place, name)) != told for name, told in contents.items()):
            return None
        return {name: pd.read_parquet(_file(place, name)) for name in contents}
    except (OSError, ValueError, TypeError, pa.ArrowException):
        return None


def _file(place: Path, name: str) -> Path:
    return place / f"{name}.parquet"


def _keep(place: Path, write: Callable[[Path], object]) -> None:
    """Write aside and move into place at once, so that nobody meets half a reading."""
    aside = place.with_name(f"{place.name}.{uuid.uuid4().hex}")
    # A store that is full or another account's costs time; it stops nobody.
    try:
        aside.mkdir(parents=True, mode=0o700)
        write(aside)
        # What stands there is damaged, or another process has just written the same.
        shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
    _forget(place.parent)


def _write_frames(found: Mapping[str, pd.DataFrame], folder: Path) -> None:
    for name, frame in found.items():
        frame.to_parquet(_file(folder, name), compression="zstd")
    contents = {name: _hash(_file(folder, name)) for name in found}
    (folder / CONTENTS).write_text(json.dumps(contents), encoding="utf-8")


def _forget(store: Path) -> None:
    with suppress(OSError):
        for old in sorted(store.iterdir(), key=_age, reverse=True)[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)


def _age(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except OSError:
        return 0.0
