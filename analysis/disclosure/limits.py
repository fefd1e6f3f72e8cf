"""From how many households or persons on a number may leave the office: data, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from analysis import tables


class Limit(NamedTuple):
    """The fewest that may be published, and the room a reader must have above a hidden count.

    Counts that are published are rounded to multiples of the base; 1 rounds nothing.
    """

    fewest: float
    room: float
    base: float = 1


@cache
def limits() -> Mapping[str, Limit]:
    """
    Read the limits of each unit that is a person or several.

    Returns
    -------
    mapping
        household and person to their limits.

    Examples
    --------
    >>> sorted(limits())
    ['household', 'person']
    """
    rows = tables.read("disclosure").set_index("parameter")["value"]
    units = {"household": "households", "person": "persons"}
    return {
        unit: Limit(rows[f"fewest_{name}"], rows[f"room_{name}"], rows.get(f"base_{name}", 1))
        for unit, name in units.items()
    }


def counts_of(exhibit: str, name: str) -> str:
    """
    Tell what a column of a table, or a value of a sentence, counts.

    Parameters
    ----------
    exhibit : str
        Key of the exhibit.
    name : str
        Name of the column or the value.

    Returns
    -------
    str
        What ``data/counted.csv`` says, the longest key first, the name before
        ``*``; person where it says nothing, which
        is the strictest.

    Examples
    --------
    >>> counts_of("exits.order", "released"), counts_of("any", "never_heard_of")
    ('village', 'person')
    """
    return said_to_count(exhibit, name) or "person"


def said_to_count(exhibit: str, name: str) -> str | None:
    """
    Tell what a column or a value is said to count.

    Parameters
    ----------
    exhibit, name : str
        As for `counts_of`.

    Returns
    -------
    str or None
        What ``data/counted.csv`` says; None where it says nothing.

    Examples
    --------
    >>> said_to_count("any", "never_heard_of") is None
    True
    """
    known = [*_counted().get(name, []), *_counted().get("*", [])]
    longest = sorted(known, key=lambda rule: -len(rule[0]))
    return next((counts for start, counts in longest if exhibit.startswith(start)), None)


@cache
def _counted() -> dict[str, list[tuple[str, str]]]:
    rows = tables.read("counted").fillna({"exhibit": ""})
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows.to_dict("records"):
        found.setdefault(row["name"], []).append((row["exhibit"], row["counts"]))
    return found
