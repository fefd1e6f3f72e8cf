"""The ledgers of a place: those its office keeps, or a synthetic city's where it keeps none."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from analysis import disclosure, marks, synthetic, tables

FOLDER = "ledgers"


class Office(NamedTuple):
    """
    The ledgers of a place, and what may be said of numbers made from them.

    Parameters
    ----------
    tables : mapping
        Frames by the names of the contract: households, members, villages, projects, payments,
        task_progress, helpers, flows. An office that keeps fewer has fewer.
    synthetic : bool
        Whether any row is made up.
    sources : list of dict
        What stands below an exhibit: the office's own ledgers, or the synthetic city.
    truth : mapping
        What made a synthetic city, as in `analysis.synthetic.City`; empty for real ledgers.

    Examples
    --------
    >>> ledgers("wenshan").synthetic
    True
    """

    tables: Mapping[str, pd.DataFrame]
    synthetic: bool
    sources: list[dict[str, str]]
    truth: Mapping[str, pd.DataFrame] = MappingProxyType({})

    def table(self, name: str) -> pd.DataFrame:
        """
        Give one ledger; one that the office does not keep has its columns and no rows.

        Parameters
        ----------
        name : str
            Name of the contract, such as projects.

        Returns
        -------
        DataFrame
            The rows, or none: measures then find nothing, and an exhibit says what is lacking.

        Raises
        ------
        KeyError
            The contract has no such ledger.

        Examples
        --------
        >>> len(Office({}, False, []).table("payments"))
        0
        """
        if name in self.tables:
            return self.tables[name]
        columns = tables.columns_of(name)["column"]
        return tables.typed_table(pd.DataFrame(columns=columns, dtype="str"), name)

    def status(self, wanted: str = "observed") -> str:
        """
        Give the status of a number made from these ledgers.

        Parameters
        ----------
        wanted : str
            Status it has when the ledgers are real: observed, estimated or projected.

        Returns
        -------
        str
            The same, or synthetic where the rows are.

        Examples
        --------
        >>> Office({}, True, []).status("estimated")
        'synthetic'
        """
        return marks.STATUS if self.synthetic else wanted

    def whose(self) -> str:
        """
        Say whose ledgers these are.

        Returns
        -------
        str
            ``own``: those the office keeps; ``made_up``: those that a made-up place keeps;
            ``synthetic``: a synthetic city's, because the place keeps none.

        Examples
        --------
        >>> ledgers("wenshan").whose(), ledgers("demo_county").whose()
        ('synthetic', 'made_up')
        """
        if not self.synthetic:
            return "own"
        return "synthetic" if self.truth else "made_up"


def keeps_ledgers(place: str) -> bool:
    """
    Say whether a place has ledgers of its own.

    Parameters
    ----------
    place : str
        Folder of the place under the data folder.

    Returns
    -------
    bool
        True where ``data/<place>/ledgers/`` is a folder.

    Raises
    ------
    FileNotFoundError
        The name is a path.

    Examples
    --------
    >>> keeps_ledgers("wenshan")
    False
    """
    return (tables.place_folder(place) / FOLDER).is_dir()


def ledgers(place: str, *, seed: int = 20180328, inside: bool = False) -> Office:
    """
    Read the ledgers a place keeps, or make those of a synthetic city on its printed margins.

    Codes of people come out hashed under the office's key, and what is shown later in this process
    is guarded (`analysis.disclosure`).

    Parameters
    ----------
    place : str
        Folder of the place under the data folder.
    seed : int
        Seed of the synthetic city; without meaning where the place keeps ledgers.
    inside : bool
        Whether the codes of people stay as the office writes them, for a list that does not leave
        it; otherwise they are hashed, and what is shown is guarded.

    Returns
    -------
    Office
        Tables, whether they are synthetic, and their source.

    Raises
    ------
    TableError
        A cell of the place's ledgers is refused; every offender is named.
    KeyError
        The place keeps no ledgers, and prints too few margins for a synthetic city.

    Examples
    --------
    >>> sorted(ledgers("wenshan", seed=1).tables)[:3]
    ['flows', 'helpers', 'households']
    """
    if keeps_ledgers(place):
        found, truth = tables.cached_folder(tables.place_folder(place) / FOLDER), {}
        made_up = marks.is_synthetic(*found.values())
        source = "synthetic_county" if made_up else "office_ledgers"
    else:
        made, made_up, source = synthetic.city(seed=seed, place=place), True, "synthetic_city"
        found, truth = made.tables, made.truth
    found = found if inside else disclosure.admitted(found)
    if made_up:
        found = {name: marks.marked(frame) for name, frame in found.items()}
    told = pd.DataFrame({"source": [source], "verification": ["derived"]})
    return Office(found, made_up, tables.sources(told), truth)


def kept(place: str) -> Office | None:
    """
    Read the ledgers a place keeps itself, or nothing where it keeps none.

    Parameters
    ----------
    place : str
        Folder of the place under the data folder.

    Returns
    -------
    Office or None
        As `ledgers` where the place keeps its own; None otherwise: the register of a synthetic
        city is no evidence of a real place.

    Raises
    ------
    TableError
        A cell of the place's ledgers is refused.

    Examples
    --------
    >>> kept("wenshan") is None
    True
    """
    return ledgers(place) if keeps_ledgers(place) else None
