"""Where the tables lie: the data folder, its places and its packs."""

from __future__ import annotations

import os
from pathlib import Path

PATH_MARKS = frozenset('/\\:*?"<>|~')
LONGEST = 60

DATA = Path(os.environ.get("ANALYSIS_DATA", Path(__file__).resolve().parents[2] / "data"))


def find_file(name: str, *, place: str | None = None, pack: str | None = None) -> Path:
    """Find the file of a table.

    Parameters
    ----------
    name, place, pack : str
        As for `read`.

    Returns
    -------
    Path
        An existing CSV file inside the data folder.

    Raises
    ------
    FileNotFoundError
        Nothing there; the message says what is.

    Examples
    --------
    >>> find_file("incidence").name
    'incidence.csv'
    """
    for part in filter(None, (name, place, pack)):
        _check_plain(part)
    folders = [place] if place else ["standards"] if pack else ["reference", "."]
    candidates = [DATA / folder / f"{pack or name}.csv" for folder in folders]
    for path in candidates:
        if path.is_file() and path.resolve().is_relative_to(DATA.resolve()):
            return path
    there = sorted(path.stem for path in candidates[0].parent.glob("*.csv"))
    known = ", ".join(there) or "no table"
    raise FileNotFoundError(
        f"there is no table '{pack or name}' in data/{folders[0]}; found there: {known}"
    )


def place_folder(place: str) -> Path:
    """Give the folder of a place, whether it is there or not.

    Parameters
    ----------
    place : str
        Name of the place.

    Returns
    -------
    Path
        A folder right under the data folder.

    Raises
    ------
    FileNotFoundError
        The name is a path, so that it could lead elsewhere.

    Examples
    --------
    >>> place_folder("../secrets")
    Traceback (most recent call last):
    ...
    FileNotFoundError: there is no table under '../secrets': it is a path and not a name
    """
    _check_plain(place)
    return DATA / place


def _check_plain(name: str) -> None:
    """Refuse a name that is a path, on whatever system, or that no file could have."""
    bare = name.strip(". ")
    if not bare or len(name) > LONGEST or not name.isprintable() or set(name) & PATH_MARKS:
        raise FileNotFoundError(
            f"there is no table under {name[:LONGEST]!r}: it is a path and not a name"
        )


def places() -> list[str]:
    """List the places that have printed figures.

    Returns
    -------
    list of str
        Folders under the data folder that hold ``facts.csv``.

    Examples
    --------
    >>> "wenshan" in places()
    True
    """
    return sorted(path.parent.name for path in DATA.glob("*/facts.csv"))
