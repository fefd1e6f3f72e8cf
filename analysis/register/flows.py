"""Yearly flows of the poor, derived from the panel.

Within a year the order is fixed: first persons are born, die or move, then a household's state
changes. So an exit counts a household with the persons it has when it leaves, as offices do.
"""

import numpy as np
import pandas as pd

from analysis import microdata
from analysis.statuses import POOR

GAINS = ("new", "returned", "born", "moved_in")
LOSSES = ("exited", "died", "moved_out", "removed")
RESIZED = "resized"
FLOWS = ("opening", *GAINS, *LOSSES, RESIZED, "closing")
STATES = ("never", "poor", "exited", "returned")
WHOLE = "whole"


def flows(households, members=None, *, area="village"):
    """Derive the flows of poor persons by year and area from the panel.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        Columns ``household, year, size, status`` and the area; one row a household and year.
    members : any dataframe Narwhals reads, optional
        Columns ``member, household, year, birth_year``. With members, births, deaths and moves are
        counted by person; without, they are missing and their sum is ``resized``.
    area : str or None
        Column whose areas are told apart, such as ``village`` or ``township``; None for the whole.

    Returns
    -------
    DataFrame
        Columns ``year``, the area and ``opening, new, returned, born, moved_in, exited, died,
        moved_out, removed, resized, closing``, persons. Opening plus gains plus ``resized`` less
        losses is closing, always. A year needs the year before it in the panel. A person who is
        in no household of the year while the household goes on counts as died: the register does
        not tell death from leaving. ``removed`` are those struck off without an exit.

    Raises
    ------
    ValueError
        A household or member stands twice in a year, years are missing in between, a status is
        unknown, a size is missing, or a member has no household.

    References
    ----------
    The rule of dynamic adjustment of the register: exit, return, new recognition, natural change.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": ["a", "b", "a", "b"], "year": [2016, 2016, 2017, 2017],
    ...     "village": "v", "size": [4, 3, 5, 3], "status": ["poor", "poor", "exited", "poor"]})
    >>> flows(panel)[["opening", "exited", "resized", "closing"]].values.tolist()
    [[7.0, 5.0, 1.0, 3.0]]
    """
    panel = panel_rows(households, area)
    if members is None:
        units = panel.assign(unit=panel["household"], birth_year=np.nan, persons=panel["size"])
    else:
        units = _member_rows(members, panel)
    total = _summed(_events(units, panel), units)
    if members is None:
        total[["born", "died"]] = np.nan
    total = total.reset_index()
    return total.drop(columns="area") if area is None else total.rename(columns={"area": area})


def panel_rows(households, area=None):
    """Fetch and check the register's panel.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        As for `flows`.
    area : str or None
        As for `flows`.

    Returns
    -------
    DataFrame
        Columns ``household, year, size, status, area, poor``; the area is ``whole`` without one.

    Raises
    ------
    ValueError
        As for `flows`.

    Examples
    --------
    >>> row = {"household": ["a"], "year": [2017], "size": [4], "status": ["returned"]}
    >>> panel_rows(pd.DataFrame(row))[["area", "poor"]].values.tolist()
    [['whole', True]]
    """
    rows = microdata.fetch(
        households, ["year", "size"], ["household", "status", *microdata.names(area)]
    )
    _check_panel(rows)
    rows["year"] = rows["year"].astype(int)
    rows["area"] = rows[area] if area else WHOLE
    if rows["area"].isna().any():
        raise ValueError(
            f"{rows['area'].isna().sum()} rows have no {area}; every household has one"
        )
    return rows.assign(poor=rows["status"].isin(POOR))


def _check_panel(rows):
    _check_once(rows, "household")
    unknown = rows.loc[~rows["status"].isin(STATES), "status"]
    if len(unknown):
        raise ValueError(f"status {unknown.iloc[0]!r} is not one of {', '.join(STATES)}")
    lost = rows[~(rows["size"] >= 0)]
    if len(lost):
        raise ValueError(
            f"{len(lost)} households have no size, the first is {lost['household'].iloc[0]} in "
            f"{lost['year'].iloc[0]:.0f}; a missing size is not zero, count the members"
        )
    years = np.unique(rows["year"].dropna())
    if (np.diff(years) != 1).any():
        raise ValueError(f"the panel has the years {years.tolist()}; a flow needs every year")


def _check_once(rows, key):
    twice = rows[rows.duplicated([key, "year"])]
    if len(twice):
        first = twice.iloc[0]
        raise ValueError(
            f"{len(twice)} rows stand twice, the first is {key} {first[key]} in "
            f"{first['year']:.0f}; keep one row a {key} and year"
        )


def _member_rows(members, panel):
    rows = microdata.fetch(members, ["year", "birth_year"], ["member", "household"])
    _check_once(rows, "member")
    rows = rows.assign(year=rows["year"].astype(int), unit=rows["member"], persons=1.0)
    joined = rows.merge(panel, on=["household", "year"], how="left")
    orphans = joined[joined["area"].isna()]
    if len(orphans):
        first = orphans.iloc[0]
        raise ValueError(
            f"{len(orphans)} members have no household in the register, the first is member "
            f"{first['member']} of household {first['household']} in {first['year']}"
        )
    return joined


def _events(units, panel):
    """Put each unit's year beside the year before it, of itself and of its household."""
    columns = ["unit", "year", "household", "area", "status", "poor", "persons", "birth_year"]
    now = units[columns].assign(here=True)
    before = units[["unit", "year", "household", "area", "poor", "persons"]].assign(there=True)
    before["year"] += 1
    pairs = now.merge(before, on=["unit", "year"], how="outer", suffixes=("", "_before"))
    pairs = pairs[pairs["year"].between(panel["year"].min() + 1, panel["year"].max())]
    homes = panel[["household", "year", "status", "poor"]].assign(home=True)
    homes["year"] += 1
    pairs = pairs.merge(homes, on=["household", "year"], how="left", suffixes=("", "_home"))
    standing = panel[["household", "year"]].rename(columns={"household": "household_before"})
    pairs = pairs.merge(standing.assign(goes_on=True), on=["household_before", "year"], how="left")
    flags = ["here", "there", "poor", "poor_before", "poor_home", "home", "goes_on"]
    return pairs.assign(**{name: pairs[name].eq(True) for name in flags})


def _summed(pairs, units):
    was, poor, here = pairs["poor_before"], pairs["poor"], pairs["here"]
    # In the stock when states change: the household was poor, or split off from a poor one.
    carried = here & (pairs["poor_home"] | (~pairs["home"] & was))
    persons, before = pairs["persons"].fillna(0), pairs["persons_before"].fillna(0)
    moved = was & carried & (pairs["area"] != pairs["area_before"])
    baby = pairs["birth_year"] >= pairs["year"]
    back = (pairs["status_home"] == "exited") | (pairs["status"] == "returned")
    joined, left, out = carried & ~was, was & ~carried, carried & ~poor
    arriving = {
        "new": persons.where(~carried & poor & ~back),
        "returned": persons.where(~carried & poor & back),
        "born": persons.where(joined & baby),
        "moved_in": before.where(moved, persons.where(joined & ~baby)),
        "exited": persons.where(out & (pairs["status"] == "exited")),
        "removed": persons.where(out & (pairs["status"] != "exited")),
        RESIZED: (persons - before).where(was & carried),
        "closing": persons.where(poor),
    }
    leaving = {
        "opening": before.where(was),
        "died": before.where(left & ~here & pairs["goes_on"]),
        "moved_out": before.where(moved | (left & here)),
        "removed": before.where(left & ~here & ~pairs["goes_on"]),
    }
    arrivals = _by_area(arriving, pairs["year"], pairs["area"])
    departures = _by_area(leaving, pairs["year"], pairs["area_before"])
    total = arrivals.add(departures, fill_value=0)
    cells = pd.MultiIndex.from_product(
        [sorted(pairs["year"].unique()), sorted(units["area"].unique())], names=["year", "area"]
    )
    return total.reindex(index=cells, columns=FLOWS).fillna(0.0)


def _by_area(columns, year, area):
    frame = pd.DataFrame(columns).fillna(0.0)
    return frame.groupby([year, area.rename("area")]).sum()
