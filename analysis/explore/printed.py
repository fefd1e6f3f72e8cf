"""Where the bench starts when its parameters do not say: at what the place prints of itself."""

from typing import NamedTuple

import pandas as pd

from analysis import tables
from analysis.explore.outlook import Start


class Printed(NamedTuple):
    """Growth of incomes, villages that the plan lets exit, and incidence to fall below."""

    growth: float
    villages: int
    threshold: float | None


def printed(
    begun: Start,
    place: str,
    *,
    growth: float | None = None,
    villages: int | None = None,
    threshold: float | None = None,
) -> Printed:
    """Take what is given, and from the printed figures of the place what is not.

    Parameters
    ----------
    begun : Start
        From `start`: no more villages can exit than are left in it.
    place : str
        Folder of the place under the data folder, with or without ``margins.csv``.
    growth, villages, threshold : float, int, float, optional
        What the analyst says; it is not changed.

    Returns
    -------
    Printed
        Where the place prints no growth, incomes stay; where it prints no plan, no village exits;
        where it prints no incidence to fall below, the threshold is None.

    Examples
    --------
    >>> from analysis import synthetic
    >>> from analysis.explore import start
    >>> begun = start(synthetic.city(scale=0.03, seed=1).tables, 2017)
    >>> printed(begun, "wenshan", growth=0.05)
    Printed(growth=0.05, villages=2, threshold=0.03)
    """
    value = _margins(place).astype(float).to_dict()
    plan = min(int(value.get("planned_village_exits", 0)), begun.listed_left)
    return Printed(
        growth=float(value.get("income_growth", 0.0)) if growth is None else growth,
        villages=plan if villages is None else villages,
        threshold=value.get("incidence_threshold") if threshold is None else threshold,
    )


def _margins(place: str) -> pd.Series:
    """Give the legible figures by their part; a place that keeps ledgers alone prints none."""
    try:
        return tables.margins(place)["value"].dropna()
    except FileNotFoundError:
        return pd.Series(dtype=float)
