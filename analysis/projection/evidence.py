"""What a place shows of itself: its register where it keeps one, else its printed margins."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from analysis import register
from analysis.projection.paces import own_exits

REGISTER, MARGINS = "register", "margins"


class Evidence(NamedTuple):
    """What a place shows of itself, from either kind of source, in one form.

    Parameters
    ----------
    kind : str
        ``register`` or ``margins``.
    margins : DataFrame
        As `tables.margins`: printed, or counted in the register.
    own : dict of DataFrame
        ``person`` and ``village``: its exits so far, for `learned_paces`.
    passages : DataFrame or None
        Who exited, fell back and was newly found, year by year; None where no register says.
    """

    kind: str
    margins: pd.DataFrame
    own: dict[str, pd.DataFrame]
    passages: pd.DataFrame | None


def evidence(
    margins: pd.DataFrame,
    scenarios: pd.DataFrame,
    *,
    place: str,
    year: int,
    ledgers: Mapping[str, pd.DataFrame] | None = None,
    source: str = "office_ledgers",
) -> Evidence:
    """Take what a place shows of itself from its register, or else from its printed margins.

    Parameters
    ----------
    margins : DataFrame
        From `tables.margins`.
    scenarios : DataFrame
        With the rows of ``common``: the first years of exits, which are not printed.
    place : str
        Name of the place.
    year : int
        Year whose end is described.
    ledgers : mapping of DataFrame, optional
        The ledgers that the place keeps, with ``households`` and ``villages``; None where it keeps
        none. Ledgers of a synthetic city are not evidence of a real place: pass none then.
    source : str
        Id of the ledgers in the list of sources.

    Returns
    -------
    Evidence
        Feeds `starting_state`, `learned_paces` and `forecast` whichever kind it is.

    Raises
    ------
    ValueError
        The register has no such year.

    Examples
    --------
    >>> from analysis import tables
    >>> given = tables.margins("wenshan"), tables.read("scenarios")
    >>> evidence(*given, place="wenshan", year=2017).kind
    'margins'
    """
    if ledgers is None:
        common = scenarios[scenarios["scenario"] == "common"].set_index("parameter")["value"]
        return Evidence(MARGINS, margins, own_exits(margins, place, common, year), None)
    households, villages = (
        ledgers[name][ledgers[name]["year"] <= year] for name in ("households", "villages")
    )
    counted = register.counted_margins(margins, households, villages, year, source=source)
    own = register.own_exits(households, villages, place)
    return Evidence(REGISTER, counted, own, register.passages(households, villages))
