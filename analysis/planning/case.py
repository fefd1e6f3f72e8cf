"""What is to be planned, and a plan: two records that every part of this folder speaks in."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

OPTIMAL, STOPPED, INFEASIBLE = "optimal", "stopped", "infeasible"


class Case(NamedTuple):
    """
    What is to be done, with what, by when; one county or a whole province.

    Parameters
    ----------
    villages : DataFrame
        One row a village that may be released: ``village``, ``persons_needed`` (poor persons that
        must exit before its incidence passes).
    groups : DataFrame
        Poor households alike in village, size and needs: ``group, village, households``,
        ``persons`` (of each household).
    group_units : DataFrame
        ``group, kind, units``: what one household of the group lacks before it exits.
    village_units : DataFrame
        ``village, kind, units``: what must be finished in a village before it is released. Of a
        kind that households lack too, it holds every unit of the village's registered households.
    works : DataFrame
        Indexed by ``kind``: ``trade`` (missing where no crew is needed), ``cost_yuan``,
        ``crew_months`` and ``months`` (from start to end) of one unit.
    crews : DataFrame
        Crews at work, one row a month in order (its index names them), one column a trade; rows
        after the deadline say what there would be if it moved.
    funds : Series
        Yuan at hand up to each month, never falling; same index.
    targets : mapping
        Smallest numbers to reach: ``villages`` released, ``persons`` exited; a kind maps to the
        units that must be done whoever exits.
    deadline : int
        Months from the start, 0 (the deadline has passed) to the rows of ``crews``; all works end
        by then.

    Examples
    --------
    >>> Case._fields[-1]
    'deadline'
    """

    villages: pd.DataFrame
    groups: pd.DataFrame
    group_units: pd.DataFrame
    village_units: pd.DataFrame
    works: pd.DataFrame
    crews: pd.DataFrame
    funds: pd.Series
    targets: Mapping[str, float]
    deadline: int

    def aiming(self, **targets: float) -> "Case":
        """
        Give the same case with other numbers to reach.

        Parameters
        ----------
        **targets : float
            As in ``targets``; those not named stay.

        Returns
        -------
        Case
            The case.

        Examples
        --------
        >>> two_villages().aiming(villages=2).targets["villages"]
        2
        """
        return self._replace(targets={**self.targets, **targets})


class Plan(NamedTuple):
    """
    What was decided.

    Parameters
    ----------
    status : str
        optimal (within the gap asked for), stopped (time was up; a plan, with its gap), infeasible.
    cost_yuan : float
        Of all works; missing where there is no plan.
    gap : float
        How far, at most, the goal's value is from the best possible, as a share of it; 0 to 1.
    villages : tuple of str
        Villages released.
    exits : DataFrame
        ``group, village, households, persons``: households that exit and their persons.
    units : DataFrame
        ``village, kind, units`` of the works.
    starts : DataFrame
        ``kind, month, units`` begun, months counted from 1.
    more_crews : float
        Crews added to the trade asked for; 0 unless the goal is the fewest crews.

    Examples
    --------
    >>> Plan._fields[0]
    'status'
    """

    status: str
    cost_yuan: float
    gap: float
    villages: tuple[str, ...]
    exits: pd.DataFrame
    units: pd.DataFrame
    starts: pd.DataFrame
    more_crews: float = 0.0

    @property
    def found(self) -> bool:
        """Whether there is a plan at all."""
        return self.status != INFEASIBLE

    @property
    def persons(self) -> float:
        """Persons that exit."""
        return float(self.exits["persons"].sum())


def two_villages() -> Case:
    """
    Make a case small enough to solve in the head; the examples of this folder use it.

    Returns
    -------
    Case
        Village a lacks a road and two houses, village b one house; one village must be released
        in four months with one crew a trade and 100,000 yuan.

    Examples
    --------
    >>> two_villages().deadline
    4
    """
    months = pd.Index([f"2018-{month:02d}" for month in range(4, 10)], name="month")
    works = {"kind": ["road", "house"], "trade": ["road", "housing"], "months": [2, 2]}
    money = {"cost_yuan": [50_000.0, 30_000.0], "crew_months": [2.0, 2.0]}
    groups = {"group": [0, 1], "village": ["a", "b"], "households": [2, 1], "persons": [4.0, 3.0]}
    lacks = {"village": list("aab"), "kind": ["road", "house", "house"], "units": [1, 2, 1]}
    return Case(
        villages=pd.DataFrame({"village": ["a", "b"], "persons_needed": [4.0, 3.0]}),
        groups=pd.DataFrame(groups),
        group_units=pd.DataFrame({"group": [0, 1], "kind": "house", "units": 1}),
        village_units=pd.DataFrame(lacks),
        works=pd.DataFrame(works | money).set_index("kind"),
        crews=pd.DataFrame({"road": 1.0, "housing": 1.0}, index=months),
        funds=pd.Series(100_000.0, index=months),
        targets={"villages": 1, "persons": 0},
        deadline=4,
    )
