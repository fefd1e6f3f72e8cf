"""Where the tables lie: the data folder, its places and its packs."""

from __future__ import annotations

import os
from pathlib import Path

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
