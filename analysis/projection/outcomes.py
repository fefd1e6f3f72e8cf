"""What drawn futures say: intervals, chances, years of exit, and what would have to be done."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from analysis import disclosure
from analysis.projection.flows import Paths, State

BAND_PROBABILITIES = (0.05, 0.10, 0.50, 0.90, 0.95)
DAYS_A_MONTH = 365.25 / 12
# Chances that tell of the number of poor from which they start.
OF_POOR = ("incidence_chance", "both_chance")


def fan(values: np.ndarray, years: Sequence[int]) -> pd.DataFrame:
    """Summarise draws by year as a median with an 80 % and a 90 % interval.

    Parameters
    ----------
    values : ndarray of shape (draws, years)
        Draws, such as ``Paths.incidence``.
    years : sequence of int
        One year a column.

    Returns
    -------
    DataFrame
        Columns ``year, median, low_90, low_80, high_80, high_90``, in the unit of the draws.

    Examples
    --------
    >>> fan(np.arange(101.0)[:, None], [2018])[["low_90", "median", "high_90"]].values.tolist()
    [[5.0, 50.0, 95.0]]
    """
    low_90, low_80, median, high_80, high_90 = np.quantile(values, BAND_PROBABILITIES, axis=0)
    bounds = {"low_90": low_90, "low_80": low_80, "high_80": high_80, "high_90": high_90}
    return pd.DataFrame({"year": list(years), "median": median, **bounds})


def incidence_fan(paths: Paths) -> pd.DataFrame:
    """Summarise projected incidence by year.

    Parameters
    ----------
    paths : Paths
        From `project`.

    Returns
    -------
    DataFrame
        As `fan`, 0 to 1.

    Examples
    --------
    >>> incidence_fan(Paths((2018,), np.array([[0.02]]), np.array([[9.0]])))["median"].tolist()
    [0.02]
    """
    return fan(paths.incidence, paths.years)


def yearly_exits(out: np.ndarray, start: float, years: Sequence[int]) -> pd.DataFrame:
    """Summarise how many units exit in each year.

    Parameters
    ----------
    out : ndarray of shape (draws, years)
        Units out at each year's end, from `units_out`.
    start : float
        Units out before the first year.
    years : sequence of int
        One year a column.

    Returns
    -------
    DataFrame
        As `fan`, in units a year.

    Examples
    --------
    >>> yearly_exits(np.array([[12.0, 20.0]]), 10, [2018, 2019])["median"].tolist()
    [2.0, 8.0]
    """
    return fan(np.diff(out, axis=1, prepend=start), years)


def by_scenario(summarise: Callable[[Paths], pd.DataFrame], runs: dict[str, Paths]) -> pd.DataFrame:
    """Summarise every run and stack the results.

    Parameters
    ----------
    summarise : callable
        Paths in, DataFrame out, such as `exit_chances` with its state given.
    runs : dict of Paths
        From `run_scenarios`.

    Returns
    -------
    DataFrame
        The stacked results with ``scenario`` as first column.

    Examples
    --------
    >>> paths = Paths((2018,), np.array([[0.02]]), np.array([[9.0]]))
    >>> by_scenario(incidence_fan, {"plan": paths})["scenario"].tolist()
    ['plan']
    """
    return stacked({name: summarise(paths) for name, paths in runs.items()}, "scenario")


def stacked(frames: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Stack frames with their keys as first column.

    Parameters
    ----------
    frames : dict of DataFrame
        By key.
    name : str
        Name of the new column.

    Returns
    -------
    DataFrame
        All rows, in the order of the keys.

    Examples
    --------
    >>> stacked({"a": pd.DataFrame({"x": [1]})}, "key").values.tolist()
    [['a', 1]]
    """
    return pd.concat(frames, names=[name]).reset_index(name).reset_index(drop=True)


def exit_chances(paths: Paths, state: State) -> pd.DataFrame:
    """Give the chance that the county's tests are met at each year's end.

    Parameters
    ----------
    paths : Paths
        From `project`.
    state : State
        For the incidence line and the share of villages that must be out.

    Returns
    -------
    DataFrame
        Columns ``year, incidence_chance, villages_chance, both_chance``, 0 to 1.

    Examples
    --------
    >>> state = State(2017, 100, 1000, 1000, 200, 10, 5, 20, 0.03, 0.9)
    >>> paths = Paths((2018,), np.array([[0.02], [0.04]]), np.array([[9.0], [9.0]]))
    >>> exit_chances(paths, state).values.tolist()
    [[2018.0, 0.5, 1.0, 0.5]]
    """
    low, out = _passes(paths, state)
    return pd.DataFrame(
        {
            "year": list(paths.years),
            "incidence_chance": low.mean(axis=0),
            "villages_chance": out.mean(axis=0),
            "both_chance": (low & out).mean(axis=0),
        }
    )


def publishable_chances(chances: pd.DataFrame, *, hidden: bool) -> pd.DataFrame:
    """Hide the chances that rest on a number of poor which may not be told.

    Parameters
    ----------
    chances : DataFrame
        From `exit_chances`.
    hidden : bool
        Whether the number from which the projection starts is hidden.

    Returns
    -------
    DataFrame
        The same rows; what is hidden is missing and named in the column ``withheld``. The chance of
        the villages stays.

    Examples
    --------
    >>> chances = pd.DataFrame({"incidence_chance": [0.9], "villages_chance": 0.5,
    ...                         "both_chance": 0.4})
    >>> publishable_chances(chances, hidden=True)["withheld"].tolist()
    ['incidence_chance;both_chance']
    """
    rows = np.ones(len(chances), bool)
    return disclosure.withheld(chances, dict.fromkeys(OF_POOR, rows)) if hidden else chances


def surely_below(state: State) -> bool:
    """Say whether incidence is below its line, and would be with more poor than a reader may tell.

    Parameters
    ----------
    state : State
        Start of a projection.

    Returns
    -------
    bool
        True where the room that a hidden count must have lies below the line as well: to say so
        then tells nothing of the count.

    Examples
    --------
    >>> state = State(2017, 12, 1000, 1000, 200, 10, 5, 20, 0.03, 0.9)
    >>> surely_below(state), surely_below(state._replace(poor=25))
    (True, False)
    """
    room = disclosure.limits()["person"].room
    return bool(state.poor + room < state.incidence_line * state.base_low)


def exit_years(paths: Paths, state: State) -> pd.DataFrame:
    """Give the distribution of the first year in which both tests are met.

    Parameters
    ----------
    paths, state
        As for `exit_chances`.

    Returns
    -------
    DataFrame
        Columns ``exit_year, chance``; the last row, year missing, is "later".

    Examples
    --------
    >>> state = State(2017, 100, 1000, 1000, 200, 10, 5, 20, 0.03, 0.9)
    >>> paths = Paths((2018,), np.array([[0.02], [0.04]]), np.array([[9.0], [9.0]]))
    >>> exit_years(paths, state)["chance"].tolist()
    [0.5, 0.5]
    """
    low, out = _passes(paths, state)
    passed = np.maximum.accumulate(low & out, axis=1)
    chance = np.diff(passed.mean(axis=0), prepend=0.0)
    years = pd.array([*paths.years, None], dtype="Int64")
    return pd.DataFrame({"exit_year": years, "chance": [*chance, 1 - passed[:, -1].mean()]})


def _passes(paths: Paths, state: State) -> tuple[np.ndarray, np.ndarray]:
    needed = math.ceil(state.village_share * state.villages - 1e-9)
    return paths.incidence < state.incidence_line, paths.villages_out >= needed


def summarise_scenario(
    fans: pd.DataFrame, chances: pd.DataFrame, runs: dict[str, Paths], state: State, scenario: str
) -> dict[str, float]:
    """Put the numbers of one scenario together, for the sentence that answers the question.

    Parameters
    ----------
    fans, chances : DataFrame
        From `by_scenario` with `incidence_fan` and `exit_chances`; at least two years. Fans without
        rows where the number of poor is hidden.
    runs : dict of Paths
        From `run_scenarios`.
    state : State
        As for `exit_chances`.
    scenario : str
        Scenario to put together.

    Returns
    -------
    dict
        First and next year, ``median, low, high`` (80 %) and chance ``below`` in the first year,
        chances ``both`` and ``both_next``, most likely ``exit_year`` with its ``exit_chance``;
        ``verdict`` is ``year``, or ``later`` where an exit after that year, the last, is likelier.
        Without fans: chances ``villages, villages_next`` that so many are out; ``verdict`` is
        ``below`` where incidence surely is below its line, else ``untold``.

    Examples
    --------
    >>> state = State(2017, 100, 1000, 1000, 200, 10, 5, 20, 0.03, 0.9)
    >>> runs = {"s": Paths((2018, 2019), np.array([[0.04, 0.02]]), np.array([[9.0, 9.0]]))}
    >>> chances = by_scenario(lambda paths: exit_chances(paths, state), runs)
    >>> given = by_scenario(incidence_fan, runs), chances, runs, state, "s"
    >>> summarise_scenario(*given)["exit_year"]
    2019
    """
    chance = chances[chances["scenario"] == scenario].set_index("year")
    year, next_year = chance.index[:2]
    years = {"year": int(year), "next_year": int(next_year)}
    if fans.empty:
        return years | _of_villages(chance["villages_chance"], state)
    fan_rows = fans[fans["scenario"] == scenario].set_index("year")
    return {
        **years,
        **fan_rows.loc[year, ["median", "low_80", "high_80"]].set_axis(["median", "low", "high"]),
        "below": chance.loc[year, "incidence_chance"],
        "both": chance.loc[year, "both_chance"],
        "both_next": chance.loc[next_year, "both_chance"],
        **_likeliest(exit_years(runs[scenario], state)),
    }


def _of_villages(chance: pd.Series, state: State) -> dict[str, object]:
    first, second = chance.iloc[:2]
    verdict = "below" if surely_below(state) else "untold"
    return {"villages": first, "villages_next": second, "verdict": verdict}


def _likeliest(exits: pd.DataFrame) -> dict[str, object]:
    """Name the year of the greatest chance, or the last one where most chance lies beyond it."""
    year, chance = exits.loc[exits["chance"].idxmax()]
    later = pd.isna(year)
    return {
        "verdict": "later" if later else "year",
        "exit_year": int(exits["exit_year"].max() if later else year),
        "exit_chance": float(chance),
    }


def sensitivity_table(
    tried: Sequence[tuple[pd.Series, float, Paths]], state: State
) -> pd.DataFrame:
    """Say what each changed assumption does to the chances of the first two years.

    Parameters
    ----------
    tried : sequence of (Series, float, Paths)
        From `sensitivity`.
    state : State
        As for `exit_chances`.

    Returns
    -------
    DataFrame
        Columns ``assumption_zh, assumption_en, set_to, median_first, incidence_first,
        both_second``: median incidence and its chance to pass in the first year, and the
        chance of both tests in the second.

    Examples
    --------
    >>> state = State(2017, 100, 1000, 1000, 200, 10, 5, 20, 0.03, 0.9)
    >>> paths = Paths((2018, 2019), np.array([[0.04, 0.02]]), np.array([[9.0, 9.0]]))
    >>> row = pd.Series({"title_zh": "甲", "title_en": "a"})
    >>> sensitivity_table([(row, 0.5, paths)], state)["both_second"].tolist()
    [1.0]
    """
    rows = []
    for row, value, paths in tried:
        chances = exit_chances(paths, state)
        rows.append(
            {
                "assumption_zh": row["title_zh"],
                "assumption_en": row["title_en"],
                "set_to": f"{value:g}",
                "median_first": float(np.median(paths.incidence[:, 0])),
                "incidence_first": chances["incidence_chance"].iloc[0],
                "both_second": chances["both_chance"].iloc[1],
            }
        )
    return pd.DataFrame(rows)


def first_year_ahead(fans: pd.DataFrame, chances: pd.DataFrame) -> dict[str, float]:
    """Put the medians of the three scenarios one year ahead together, for the headline of the fans.

    Parameters
    ----------
    fans, chances : DataFrame
        From `by_scenario` with `incidence_fan` and `exit_chances`.

    Returns
    -------
    dict
        ``year``; median incidence ``pace, plan, uncertain``; ``chance`` that incidence passes at
        the pace of past years.

    Examples
    --------
    >>> names = ["historical_pace", "plan_as_stated", "plan_uncertain_delivery"]
    >>> fans = pd.DataFrame({"scenario": names, "year": 2018, "median": [0.04, 0.02, 0.03]})
    >>> chances = pd.DataFrame({"scenario": names, "year": 2018, "incidence_chance": [0.1, 1, 0.5]})
    >>> float(first_year_ahead(fans, chances)["uncertain"])
    0.03
    """
    year = fans["year"].min()
    median = fans[fans["year"] == year].set_index("scenario")["median"]
    chance = chances[chances["year"] == year].set_index("scenario")["incidence_chance"]
    return {
        "year": int(year),
        "pace": median["historical_pace"],
        "plan": median["plan_as_stated"],
        "uncertain": median["plan_uncertain_delivery"],
        "chance": chance["historical_pace"],
    }


def exits_needed(state: State, planned: float, start: str, end: str) -> dict[str, float | str]:
    """Count what must exit for the county to pass, with the range that rounding leaves.

    Parameters
    ----------
    state : State
        Start, from `starting_state`.
    planned : float
        Villages that the plan lets exit by the end.
    start, end : str
        ISO dates between which it must happen.

    Returns
    -------
    dict
        ``persons, persons_low, persons_high, villages`` to exit, the same a month
        (``persons_month, villages_month``), villages ``planned``, then ``reached``, and ``must``;
        ``verdict`` is ``enough`` where the plan reaches what must be out, else ``short``; it is
        ``passed``, and what a month would take is missing, where the end is not after the start.
        Incidence must end strictly below its line.

    Examples
    --------
    >>> state = State(2017, 100, 1000, 1000, 200, 10, 5, 20, 0.03, 0.9)
    >>> needed = exits_needed(state, 3, "2018-03-28", "2018-12-31")
    >>> needed["persons"], needed["villages"], needed["verdict"]
    (71, 4, 'short')
    """
    persons = _persons_needed(state)
    must = math.ceil(state.village_share * state.villages - 1e-9)
    villages = max(0, int(must - state.villages_out))
    reached = int(min(state.villages_out + planned, state.villages))
    passed = end <= start
    amounts = {"persons": persons["persons"], "villages": villages}
    return {
        **persons,
        "villages": villages,
        **{f"{name}_month": math.nan if passed else monthly_pace(amount, start, end)
           for name, amount in amounts.items()},
        "planned": planned,
        "reached": reached,
        "must": must,
        "verdict": "passed" if passed else "enough" if reached >= must else "short",
    }  # fmt: skip


def _persons_needed(state: State) -> dict[str, int]:
    middle = 2 / (1 / state.base_low + 1 / state.base_high)
    bases = {"persons": middle, "persons_low": state.base_high, "persons_high": state.base_low}
    return {
        name: max(0, math.floor(state.poor - state.incidence_line * base + 1e-9) + 1)
        for name, base in bases.items()
    }


def monthly_pace(amount: float, start: str, end: str) -> float:
    """Spread an amount over the months from one date to another.

    Parameters
    ----------
    amount : float
        What must be done.
    start, end : str
        ISO dates, the end after the start.

    Returns
    -------
    float
        Amount per month of 365.25 / 12 days.

    Raises
    ------
    ValueError
        The end is not after the start.

    Examples
    --------
    >>> round(monthly_pace(7315, "2018-03-28", "2018-12-31"))
    801
    """
    days = (pd.Timestamp(end) - pd.Timestamp(start)).days
    if days <= 0:
        raise ValueError(f"the end {end} is not after the start {start}")
    return amount / (days / DAYS_A_MONTH)
