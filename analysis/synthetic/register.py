"""The register of a synthetic city: incomes with known causes, exits, and those who fall back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.synthetic.allotment import moved_to_total, ranks_within
from analysis.synthetic.settings import FIRST_YEAR, LAST_YEAR, YEARS, Effects

ABSENT, POOR, EXITED, RETURNED, NEVER = range(5)
STATES = np.array(["absent", "poor", "exited", "returned", "never"])
SIZES = np.array([0.07, 0.14, 0.20, 0.26, 0.18, 0.09, 0.04, 0.015, 0.005])
# Yuan by which incomes rise in a year whatever is spent.
YEARLY_RISE = 430.0
EXIT_PACE = np.array([0.20, 0.26, 0.29, 0.25])
REMOVED_SHARE = 0.025
REMOVED_PACE = np.array([0.0, 0.2, 0.2, 0.6])
EXIT_AGAIN = 0.25


@dataclass(frozen=True)
class Register:
    """
    The register before it is written out: one row a household, one column a year.

    Parameters
    ----------
    base : DataFrame
        One row a household: ``at`` (row of the village), ``size`` (at the end of the panel),
        ``sick``, ``no_labour``, ``recognised``.
    income : ndarray
        Net income per person in yuan, households by years.
    state : ndarray of int
        ABSENT, POOR, EXITED, RETURNED or NEVER at the end of each year.
    usual : ndarray
        The income without the household's own luck of the year, yuan.
    fell_ill, lost_work : ndarray of bool
        Whether a member fell seriously ill, or the work away was lost, in each year.
    hazard : ndarray
        True chance of falling back in each year; missing for who was not at risk.
    """

    base: pd.DataFrame
    income: np.ndarray
    state: np.ndarray
    usual: np.ndarray
    fell_ill: np.ndarray
    lost_work: np.ndarray
    hazard: np.ndarray


def drawn_households(
    villages: pd.DataFrame, counts: Mapping[str, int], rng: np.random.Generator
) -> pd.DataFrame:
    """
    Draw the households ever on the register, with the persons the margins print.

    Parameters
    ----------
    villages : DataFrame
        As `villages.laid_out` gives it.
    counts : mapping
        As `settings.targets` gives them.
    rng : Generator
        Source of chance.

    Returns
    -------
    DataFrame
        One row a household: ``at, size, sick, no_labour, draw`` (what sets its income apart).
    """
    at = np.repeat(np.arange(len(villages)), villages["register"])
    sizes = rng.choice(np.arange(1, 10), len(at), p=SIZES)
    total = counts["poor_persons"] + counts["exited_persons"]
    base = pd.DataFrame({"at": at, "size": moved_to_total(sizes, total, rng)})
    base["sick"] = rng.random(len(at)) < 0.42
    base["no_labour"] = rng.random(len(at)) < np.where(base["size"] < 3, 0.3, 0.08)
    tail = rng.lognormal(7.1, 0.6, len(at))
    base["draw"] = tail - 250.0 * base["sick"] - 350.0 * base["no_labour"]
    return base


def followed(
    base: pd.DataFrame,
    villages: pd.DataFrame,
    from_funds: np.ndarray,
    *,
    lines: np.ndarray,
    counts: Mapping[str, int],
    effects: Effects,
    rng: np.random.Generator,
) -> Register:
    """
    Follow the households through the years, to the printed numbers at the end.

    Parameters
    ----------
    base : DataFrame
        As `drawn_households` gives it.
    villages : DataFrame
        As `villages.laid_out` gives it.
    from_funds : ndarray
        Yuan of income per person that funds brought, villages by years.
    lines : ndarray
        Poverty line of each year, yuan.
    counts : mapping
        As `settings.targets` gives them.
    effects : Effects
        Known causes.
    rng : Generator
        Source of chance.

    Returns
    -------
    Register
        Ends with exactly the printed poor and exited households and persons, and holds besides
        those who were struck off on the way.
    """
    # Blows come from a stream of their own, so that all else stays what it was without them.
    fell_ill, lost_work = _blows(base, effects, rng.spawn(1)[0])
    income, usual = _incomes(base, villages, from_funds, lines=lines, effects=effects, rng=rng)
    leavers = _leavers(base, villages, income, rng)
    base = base.assign(recognised=_recognised(leavers, rng))
    exit_year = _exit_years(base, villages, income, leavers, rng)
    blank = np.full(income.shape, ABSENT)
    known = Register(base, income, blank, usual, fell_ill, lost_work, blank * np.nan)
    register = _simulated(known, exit_year, lines=lines, effects=effects, rng=rng)
    register = _to_printed_households(register, villages, counts, rng)
    base = _to_printed_persons(register, counts, rng)
    return _with_removed(replace(register, base=base), rng)


def _blows(
    base: pd.DataFrame, effects: Effects, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    # Who has no labour has no work to lose; who lives alone and is sick already stays as he is.
    shape = (len(base), len(YEARS))
    well = ~(base["sick"] & base["size"].eq(1)).to_numpy()
    able = ~base["no_labour"].to_numpy()
    fell_ill = well[:, None] & (rng.random(shape) < effects.illness_share)
    return fell_ill, able[:, None] & (rng.random(shape) < effects.work_lost_share)


def _incomes(
    base: pd.DataFrame,
    villages: pd.DataFrame,
    from_funds: np.ndarray,
    *,
    lines: np.ndarray,
    effects: Effects,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    at = base["at"].to_numpy()
    shape = (len(base), len(YEARS))
    village = village_shocks(len(villages), effects, rng)
    # A skewed shock with mean nought: a good year is better than a bad year is bad.
    own = effects.household_shock * (rng.gamma(4.0, size=shape) - 4.0) / 2.0
    rise = YEARLY_RISE * (YEARS - LAST_YEAR)
    income = base["draw"].to_numpy()[:, None] + rise + village[at] + from_funds[at] + own
    income += (lines[-1] - _village_quantiles(at, income[:, -1], villages))[at][:, None]
    return income, income - own


def village_shocks(
    villages: int, effects: Effects, rng: np.random.Generator, *, years: int = len(YEARS)
) -> np.ndarray:
    """
    Draw the yearly shocks that the households of a village share.

    Parameters
    ----------
    villages : int
        Number of villages.
    effects : Effects
        ``village_shock`` and ``shock_persistence`` are used.
    rng : Generator
        Source of chance.
    years : int
        Number of years.

    Returns
    -------
    ndarray
        Yuan per person, villages by years; of the same spread in every year.

    Examples
    --------
    >>> village_shocks(2, Effects(village_shock=0.0), np.random.default_rng(0)).any()
    np.False_
    """
    news = effects.village_shock * rng.standard_normal((villages, years))
    kept = effects.shock_persistence
    shocks = news.copy()
    for year in range(1, years):
        shocks[:, year] = kept * shocks[:, year - 1] + np.sqrt(1 - kept**2) * news[:, year]
    return shocks


def _village_quantiles(at: np.ndarray, income: np.ndarray, villages: pd.DataFrame) -> np.ndarray:
    # The level of a village is such that its poor are about those below the line.
    order = np.lexsort((income, at))
    starts = np.cumsum(villages["register"].to_numpy()) - villages["register"].to_numpy()
    place = starts + np.minimum(villages["left"], villages["register"] - 1).to_numpy()
    return income[order][place]


def _leavers(
    base: pd.DataFrame, villages: pd.DataFrame, income: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    # What the office believes of a household, not what it earned to the yuan, decides.
    believed = income[:, -1] + 250.0 * rng.standard_normal(len(base))
    at = base["at"].to_numpy()
    return ranks_within(at, believed) >= villages["left"].to_numpy()[at]


def _recognised(leavers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    year = np.full(len(leavers), FIRST_YEAR - 1)
    luck = rng.random(len(leavers))
    late = rng.choice(YEARS, len(leavers), p=[0.1, 0.1, 0.25, 0.55])
    early = rng.choice(YEARS[:-2], len(leavers))
    year = np.where(leavers & (luck < 0.03), early, year)
    return np.where(~leavers & (luck < 0.15), late, year)


def _exit_years(
    base: pd.DataFrame,
    villages: pd.DataFrame,
    income: np.ndarray,
    leavers: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    score = -income[:, 1] + 700.0 * rng.standard_normal(len(base))
    rank = np.empty(leavers.sum())
    rank[np.argsort(score[leavers])] = (np.arange(len(rank)) + 0.5) / len(rank)
    year = np.full(len(base), LAST_YEAR + 99)
    year[leavers] = YEARS[np.searchsorted(np.cumsum(EXIT_PACE)[:-1], rank)]
    # A village has exited only when its households have.
    village = villages["exited_year"].fillna(LAST_YEAR + 99).to_numpy(dtype=int)
    year[leavers] = np.minimum(year, village[base["at"]])[leavers]
    return np.maximum(year, base["recognised"].to_numpy() + 1)


def _simulated(
    known: Register,
    exit_year: np.ndarray,
    *,
    lines: np.ndarray,
    effects: Effects,
    rng: np.random.Generator,
) -> Register:
    recognised = known.base["recognised"].to_numpy()
    state, hazard = known.state.copy(), known.hazard.copy()
    before = np.where(recognised < FIRST_YEAR, POOR, ABSENT)
    for column, year in enumerate(YEARS):
        now = np.where(recognised == year, POOR, before)
        now[(before == POOR) & (exit_year == year)] = EXITED
        at_risk = before == EXITED
        if column:
            causes = _causes_before(known, column, lines)[at_risk]
            hazard[at_risk, column] = return_hazard(causes, effects)
        luck = rng.random(len(recognised))
        now[at_risk & (luck < np.nan_to_num(hazard[:, column]))] = RETURNED
        now[(before == RETURNED) & (luck < EXIT_AGAIN)] = EXITED
        state[:, column] = before = now
    return replace(known, state=state, hazard=hazard)


def _causes_before(known: Register, column: int, lines: np.ndarray) -> pd.DataFrame:
    return known.base[["sick", "no_labour"]].assign(
        margin=(known.usual[:, column - 1] - lines[column - 1]) / 1000.0,
        fell_ill=known.fell_ill[:, column - 1],
        lost_work=known.lost_work[:, column - 1],
    )


def exits(state: np.ndarray) -> np.ndarray:
    """
    Say which households exit in which year.

    Parameters
    ----------
    state : ndarray of int
        As in `Register`.

    Returns
    -------
    ndarray of bool
        Households by years.

    Examples
    --------
    >>> exits(np.array([[POOR, EXITED, EXITED]])).tolist()
    [[False, True, False]]
    """
    before = np.column_stack([np.full(len(state), POOR), state[:, :-1]])
    return (state == EXITED) & (before != EXITED)


def return_hazard(causes: pd.DataFrame, effects: Effects) -> np.ndarray:
    """
    Give the true chance of falling back within a year.

    Parameters
    ----------
    causes : DataFrame
        One row a household that has exited, one column a cause of ``effects.returns``, as it
        stood the year before.
    effects : Effects
        ``returns`` holds the log odds.

    Returns
    -------
    ndarray
        Chances, 0 to 1.

    Examples
    --------
    >>> causes = pd.DataFrame(0.0, index=[0, 1], columns=list(Effects().returns)[1:])
    >>> causes.loc[1, "margin"] = 1.0
    >>> return_hazard(causes, Effects(returns=Effects.earlier())).round(4).tolist()
    [0.0198, 0.0121]
    """
    odds = dict(effects.returns)
    logit = odds.pop("intercept") + sum(value * causes[name] for name, value in odds.items())
    return (1.0 / (1.0 + np.exp(-logit))).to_numpy(dtype=float)


def _to_printed_households(
    register: Register,
    villages: pd.DataFrame,
    counts: Mapping[str, int],
    rng: np.random.Generator,
) -> Register:
    # For each who fell back one who was to stay leaves in the last year instead: those are not
    # yet at risk, so the chances of falling back stay what they are.
    last = register.state[:, -1]
    surplus = int(np.isin(last, (POOR, RETURNED)).sum()) - counts["poor_households"]
    base = register.base
    free = (last == POOR) & (base["recognised"] < LAST_YEAR).to_numpy()
    readiness = register.income[:, -1] + 500.0 * rng.standard_normal(len(base))
    order = np.lexsort((-readiness, ~_kept_exited(register, villages, free, readiness), ~free))
    register.state[order[:surplus], -1] = EXITED
    return register


def _kept_exited(
    register: Register, villages: pd.DataFrame, free: np.ndarray, readiness: np.ndarray
) -> np.ndarray:
    # A village that has exited stays below the line: for each who fell back there, one leaves.
    at = register.base["at"].to_numpy()
    fallen = np.bincount(at[register.state[:, -1] == RETURNED], minlength=len(villages))
    rank = ranks_within(at, np.where(free, -readiness, np.inf))
    exited = villages["exited_year"].notna().to_numpy()
    return free & exited[at] & (rank < fallen[at])


def _to_printed_persons(
    register: Register, counts: Mapping[str, int], rng: np.random.Generator
) -> pd.DataFrame:
    # Persons are swapped inside a village, so that its total stays what funds were divided by.
    base = register.base.copy()
    size, at = base["size"].to_numpy(copy=True), base["at"].to_numpy()
    poor = np.isin(register.state[:, -1], (POOR, RETURNED))
    while gap := counts["poor_persons"] - size[poor].sum():
        step = np.sign(gap)
        gains = _one_each(at, poor & _has_room(size, step), rng)
        losses = _one_each(at, ~poor & _has_room(size, -step), rng)
        both = rng.permutation(np.intersect1d(at[gains], at[losses]))[: abs(gap)]
        if not len(both):
            raise ValueError(
                f"no sizes of 1 to 9 give {counts['poor_persons']} persons in "
                f"{counts['poor_households']} poor households; try another seed or scale"
            )
        size[gains[np.isin(at[gains], both)]] += step
        size[losses[np.isin(at[losses], both)]] -= step
    return base.assign(size=size)


def _has_room(size: np.ndarray, step: int) -> np.ndarray:
    return size < 9 if step > 0 else size > 1


def _one_each(at: np.ndarray, allowed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows = rng.permutation(np.flatnonzero(allowed))
    _, first = np.unique(at[rows], return_index=True)
    return rows[first]


def _with_removed(register: Register, rng: np.random.Generator) -> Register:
    # Households struck off on the way: like those still poor, but better off.
    poor = np.flatnonzero(register.state[:, 0] == POOR)
    rows = rng.choice(poor, max(1, round(REMOVED_SHARE * len(register.base))), replace=False)
    base = register.base.iloc[rows].assign(recognised=FIRST_YEAR - 1)
    last = rng.choice(YEARS, len(rows), p=REMOVED_PACE)
    state = np.where(last[:, None] > YEARS, POOR, ABSENT)
    missing, none = np.full(state.shape, np.nan), np.zeros(state.shape, bool)
    return Register(
        pd.concat([register.base, base], ignore_index=True),
        np.concatenate([register.income, register.income[rows] + 1500.0]),
        np.concatenate([register.state, state]),
        np.concatenate([register.usual, register.usual[rows] + 1500.0]),
        np.concatenate([register.fell_ill, none]),
        np.concatenate([register.lost_work, none]),
        np.concatenate([register.hazard, missing]),
    )
