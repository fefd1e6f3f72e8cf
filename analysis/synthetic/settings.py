"""What the synthetic city is held to: printed margins, years, and the causes that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis import tables

FIRST_YEAR = 2014
LAST_YEAR = 2017
LAST_MONTH = "2018-03"
YEARS = np.arange(FIRST_YEAR, LAST_YEAR + 1)
# Counts that do not grow with the city: limits a planner names one by one.
COUNTS = (
    "admin_villages",
    "poor_villages",
    "exited_villages",
    "exited_villages_year",
    "natural_villages",
    "poor_households",
    "poor_persons",
    "exited_persons",
    "unsafe_households",
    "primary_dropouts",
    "junior_dropouts",
    "water_short_villages",
    "water_short_natural_villages",
    "water_short_households",
    "water_short_persons",
    "solar_households",
    "helping_departments",
    "venues_built",
    "road_townships",
    "road_villages",
    "paired_firms",
    "city_funds",
)

# Standard deviations of a year's luck, yuan per person: a household's own, and its village's.
HOUSEHOLD_SHOCK, VILLAGE_SHOCK = 450.0, 120.0
# What each cause takes from the income per person of the year after, yuan.
TAKEN_YUAN = {"sick": 230.0, "no_labour": 180.0, "fell_ill": 1_100.0, "lost_work": 900.0}
# Set by the share who fall back, about 2.4 % a year: a township printed 3.5 %, a county less.
RETURN_INTERCEPT = -4.4


def _log_odds() -> dict[str, float]:
    # Luck of logistic shape, as wide as the city's own, carries the usual income under the line.
    thousand = 1_000.0 * np.pi / np.sqrt(3.0) / np.hypot(HOUSEHOLD_SHOCK, VILLAGE_SHOCK)
    taken = {name: yuan / 1_000.0 * thousand for name, yuan in TAKEN_YUAN.items()}
    odds = {"intercept": RETURN_INTERCEPT, "margin": -thousand, **taken}
    return {name: round(float(value), 1) for name, value in odds.items()}


@dataclass(frozen=True)
class Effects:
    """
    The known causes of a synthetic city, given back with its data.

    Parameters
    ----------
    funds : tuple of float
        Yuan of yearly income per person for one yuan of funds spent per registered person, by
        lag in years: the first is the effect in the same year.
    village_shock, household_shock : float
        Standard deviation of the yearly shock a village shares, and of a household's own, yuan.
    shock_persistence : float
        Correlation, 0 to 1, of a village's shock with the one of the year before.
    returns : mapping
        Log odds of falling back in a year by what stood the year before: ``intercept``,
        ``margin`` (for 1,000 yuan of usual income above the line), ``sick``, ``no_labour``,
        ``fell_ill`` and ``lost_work``.
    illness_share, work_lost_share : float
        Share, 0 to 1, of households in which a member falls seriously ill in a year, and in which
        the work away from home is lost.
    delay_median, delay_spread : float
        Median delay of works in days, and its standard deviation in logs.
    township_delay : float
        Standard deviation in logs of the delay that the works of a township share.
    fund_spread : float
        Standard deviation in logs of a village's funds between years.
    targeting : float
        Elasticity of a village's funds to its share of poor people.
    poor_outside : float
        Share, 0 to 1, of the poor who live outside the poor villages that are left.

    Examples
    --------
    >>> Effects(funds=(0.0, 0.1)).funds
    (0.0, 0.1)
    """

    funds: tuple[float, ...] = (0.02, 0.06)
    village_shock: float = VILLAGE_SHOCK
    household_shock: float = HOUSEHOLD_SHOCK
    shock_persistence: float = 0.3
    returns: Mapping[str, float] = field(default_factory=_log_odds)
    illness_share: float = 0.02
    work_lost_share: float = 0.03
    delay_median: float = 40.0
    delay_spread: float = 0.7
    township_delay: float = 0.3
    fund_spread: float = 0.5
    targeting: float = 0.4
    poor_outside: float = 0.08

    @staticmethod
    def earlier() -> dict[str, float]:
        """
        Give the weaker odds of falling back that the city had first, to compare with.

        Returns
        -------
        dict
            Log odds, for ``returns``; income counted for a quarter of what the city's own
            incomes say, and no blow was known.

        Examples
        --------
        >>> Effects.earlier()["margin"]
        -0.5
        """
        return {"intercept": -3.9, "margin": -0.5, "sick": 0.9, "no_labour": 0.7}


def targets(
    place: str = "wenshan", *, scale: float = 1.0, others: Mapping[str, int] | None = None
) -> dict[str, int]:
    """
    Give the counts that a synthetic place is held to, from the printed margins.

    Parameters
    ----------
    place : str
        Folder under the data folder, with ``margins.csv``.
    scale : float
        1 keeps the printed figures; another factor multiplies every one and rounds to a whole
        number that is at least 1.
    others : mapping, optional
        Counts to take for the margins that the place does not print.

    Returns
    -------
    dict
        Counts by margin, with ``population_low``, ``population_high`` (rural people that the
        printed incidence allows) and ``exited_households`` (assumed: households as large as the
        poor ones, since none is printed).

    Raises
    ------
    KeyError
        The place has no such margin.

    Examples
    --------
    >>> counts = targets()
    >>> counts["poor_persons"], counts["population_low"], counts["population_high"]
    (16382, 301973, 302530)
    >>> targets(scale=0.03)["poor_households"]
    128
    """
    margins = tables.margins(place)
    others = others or {}
    missing = sorted(set(COUNTS) - set(margins.index) - set(others))
    if missing:
        raise KeyError(f"data/{place}/margins.csv has no margin {missing}; a city needs them all")
    counts = {
        name: _scaled(margins.loc[name, "value"], scale) if name in margins.index else others[name]
        for name in COUNTS
    }
    counts["population_low"], counts["population_high"] = _base(margins.loc["incidence"], counts)
    persons = counts["exited_persons"] / counts["poor_persons"]
    counts["exited_households"] = round(counts["poor_households"] * persons)
    return _consistent(counts)


def _scaled(value: float, scale: float) -> int:
    return max(1, round(value * scale))


def _base(incidence: pd.Series, counts: Mapping[str, int]) -> tuple[int, int]:
    poor = counts["poor_persons"]
    low = int(np.ceil(poor / incidence["value_high"]))
    return low, int(np.floor(poor / incidence["value_low"]))


def _consistent(counts: dict[str, int]) -> dict[str, int]:
    # Rounding of a small place must not leave more parts than the whole.
    counts["poor_villages"] = max(3, counts["poor_villages"])
    counts["admin_villages"] = max(counts["poor_villages"] + 1, counts["admin_villages"])
    counts["exited_villages"] = min(counts["exited_villages"], counts["poor_villages"] - 2)
    counts["exited_villages_year"] = min(counts["exited_villages_year"], counts["exited_villages"])
    left = counts["poor_villages"] - counts["exited_villages"]
    counts["water_short_villages"] = min(counts["water_short_villages"], left - 1)
    counts["road_villages"] = min(counts["road_villages"], left)
    floor = 6 * counts["water_short_villages"] + counts["admin_villages"]
    counts["natural_villages"] = max(counts["natural_villages"], floor)
    return counts


def lines(place_line: str = "register_exit") -> np.ndarray:
    """
    Give the poverty line of each year of the panel.

    Parameters
    ----------
    place_line : str
        Name of the line in the table ``lines``.

    Returns
    -------
    ndarray
        Yuan per person and year, one value a year of the panel.

    Examples
    --------
    >>> lines().tolist()
    [2800.0, 2968.0, 3146.0, 3335.0]
    """
    table = tables.read("lines").query("line == @place_line").set_index("year")
    return table.loc[YEARS, "line_yuan"].to_numpy(dtype=float)
