"""What a place shows of itself: its register where it keeps one, else its printed margins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from analysis import register
from analysis.projection.paces import own_exits

if TYPE_CHECKING:
    from analysis.office import Office

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
    shown : DataFrame or None
        The same as it may be published, ``paces`` of `analysis.register.protected`.
    hides_poor : bool
        Whether how many are poor at the end of the year may not be told.
    hides_start : bool
        Whether that or how many have exited may not be told: a projection starts from both.
    """

    kind: str
    margins: pd.DataFrame
    own: dict[str, pd.DataFrame]
    passages: pd.DataFrame | None
    shown: pd.DataFrame | None = None
    hides_poor: bool = False
    hides_start: bool = False

    @property
    def learnable(self) -> pd.DataFrame | None:
        """Passages whose counts may be published; what is drawn from the others would tell them."""
        if self.passages is None or self.shown is None:
            return self.passages
        keys, counts = ["passage", "year"], ["at_risk", "passed_over"]
        there = self.passages[keys].merge(self.shown[[*keys, *counts]], on=keys, how="left")
        return self.passages[there[counts].notna().all(axis=1).to_numpy()]


def evidence(
    margins: pd.DataFrame,
    scenarios: pd.DataFrame,
    *,
    place: str,
    year: int,
    kept: Office | None = None,
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
    kept : Office, optional
        The ledgers that the place keeps, from `analysis.office.kept`; None where it keeps none.
        Those of a synthetic city are no evidence of a real place.

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
    if kept is None:
        common = scenarios[scenarios["scenario"] == "common"].set_index("parameter")["value"]
        return Evidence(MARGINS, margins, own_exits(margins, place, common, year), None)
    households, villages = (
        kept.tables[name][kept.tables[name]["year"] <= year] for name in ("households", "villages")
    )
    source = kept.sources[0]["id"]
    counted = register.counted_margins(margins, households, villages, year, source=source)
    own = register.own_exits(households, villages, place)
    passages = register.passages(households, villages)
    safe = register.protected(kept.tables)
    hides = (hidden(safe["stocks"], year) for hidden in (register.hides_poor, register.hides_start))
    return Evidence(REGISTER, counted, own, passages, safe["paces"], *hides)
