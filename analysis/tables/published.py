"""Published tables: read, checked, typed, with the sources their rows name."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from analysis.tables.checks import MARKS, check_table, typed_table
from analysis.tables.files import find_file, place_folder
from analysis.tables.findings import TableError
from analysis.tables.raw import raw_table


def read(
    name: str, *, place: str | None = None, pack: str | None = None, until: str | None = None
) -> pd.DataFrame:
    """Read one table, checked and typed by the dictionary.

    Parameters
    ----------
    name : str
        Table of the dictionary, such as ``incidence``.
    place : str, optional
        Folder of the place for the tables every place has (``facts``, ``identities``, ...).
    pack : str, optional
        File of the pack for the table ``standards``, such as ``yunnan_2017``.
    until : str, optional
        ISO date: rows that were known later are left out.

    Returns
    -------
    DataFrame
        Shares 0 to 1, codes as text, absent figures missing.

    Raises
    ------
    TableError
        The file is no table, or breaks its dictionary; every offender is named.
    FileNotFoundError
        No such table or place; the message lists those there are.

    Examples
    --------
    >>> incidence = read("incidence", until="2018-03-28")
    >>> int(incidence.query("area == '100000'")["year"].max())
    2017
    """
    path = find_file(name, place=place, pack=pack)
    frame = _checked(path.read_bytes(), name, path.name)
    if until is None:
        return frame.copy()
    return frame[frame["known_from"] <= until].reset_index(drop=True)


@lru_cache(maxsize=128)
def _checked(content: bytes, name: str, file: str) -> pd.DataFrame:
    """Hold the same content against the dictionary once; who gets it copies it."""
    raw = raw_table(content, file)
    findings = check_table(raw, name, file)
    if len(findings):
        raise TableError(findings)
    return typed_table(raw, name)


def sources(*frames: pd.DataFrame) -> list[dict[str, str]]:
    """List the sources of the rows that are shown, each once, with its weakest mark.

    Parameters
    ----------
    *frames : DataFrame
        Tables with the columns ``source`` (ids, ``;`` between several) and ``verification``.

    Returns
    -------
    list of dict
        ``id, title_zh, title_en, locator, locator_zh, verification``, in order of first
        appearance.

    Examples
    --------
    >>> shown = pd.DataFrame({"source": ["speech"], "verification": ["verified-read"]})
    >>> sources(shown)[0]["verification"]
    'verified-read'
    """
    if not frames:
        return []
    marks = pd.concat([frame[["source", "verification"]] for frame in frames])
    marks = marks.assign(source=marks["source"].str.split(";")).explode("source")
    weakest = marks["verification"].map(MARKS.index).groupby(marks["source"], sort=False).max()
    titles = read("sources").set_index("source").fillna("")
    titles["locator_zh"] = titles["locator_zh"].where(titles["locator_zh"] != "", titles["locator"])
    return [
        {
            "id": source,
            **titles.loc[source, ["title_zh", "title_en", "locator", "locator_zh"]],
            "verification": MARKS[mark],
        }
        for source, mark in weakest.items()
    ]


def margins(place: str, *, until: str | None = None) -> pd.DataFrame:
    """Give the printed figures of a place by the part they play, whatever their ids there.

    Parameters
    ----------
    place : str
        Folder of the place, with ``facts.csv`` and ``margins.csv``.
    until : str, optional
        ISO date: as for `read`.

    Returns
    -------
    DataFrame
        Indexed by margin: ``value, value_low, value_high`` (from the rounding of the printed
        digits) and the columns of ``facts``.

    Raises
    ------
    KeyError
        A margin names a fact that the place does not have.

    Examples
    --------
    >>> int(margins("wenshan").loc["poor_persons", "value"])
    16382
    """
    facts = read("facts", place=place).set_index("fact")
    roles = read("margins", place=place, until=until)
    if roles.empty:
        raise KeyError(f"nothing was known of {place} by {until}; choose a later day")
    unknown = sorted(set(roles["fact"]) - set(facts.index))
    if unknown:
        raise KeyError(f"data/{place}/margins.csv names facts that are not there: {unknown}")
    shown = facts.loc[roles["fact"]].reset_index().set_index(pd.Index(roles["margin"]))
    shown["value_low"] = shown["value"] - shown["resolution"]
    shown["value_high"] = shown["value"] + shown["resolution"]
    return shown


def scenarios(place: str, *, until: str | None = None) -> pd.DataFrame:
    """Give the named assumptions, with the place's own in the stead of the common ones.

    Parameters
    ----------
    place : str
        Folder of the place; its ``scenarios.csv`` need not be there, nor hold every row.
    until : str, optional
        ISO date: as for `read`.

    Returns
    -------
    DataFrame
        The table ``scenarios``, each ``scenario`` and ``parameter`` once, in the common order; what
        only the place assumes comes last.

    Raises
    ------
    TableError
        A row breaks the dictionary.

    Examples
    --------
    >>> known = scenarios("wenshan").set_index(["scenario", "parameter"])
    >>> int(known.loc[("exit_plan", "budget_yuan"), "value"])
    160000000
    """
    common = read("scenarios", until=until)
    if not (place_folder(place) / "scenarios.csv").is_file():
        return common
    names = ["scenario", "parameter"]
    own = read("scenarios", place=place, until=until)
    both = pd.concat([common, own], ignore_index=True)
    last = both.groupby(names, sort=False).tail(1).set_index(names)
    return last.loc[both.set_index(names).index.unique()].reset_index()[common.columns]
