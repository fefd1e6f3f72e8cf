"""The household ledger of a synthetic city, written out from its register and its people."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.marks import PREFIX
from analysis.synthetic.allotment import moved_to_total
from analysis.synthetic.register import (
    ABSENT,
    EXITED,
    NEVER,
    POOR,
    RETURNED,
    SIZES,
    STATES,
    Register,
)
from analysis.synthetic.settings import FIRST_YEAR, LAST_YEAR, YEARS

GRADES = np.array(list("ABCD"))
NEVER_YEAR = LAST_YEAR + 99


def placed(
    register: Register,
    villages: pd.DataFrame,
    counts: Mapping[str, int],
    rng: np.random.Generator,
    *,
    everyone: bool,
) -> Register:
    """
    Put the households into natural villages and add those who were never on the register.

    Parameters
    ----------
    register : Register
        As `register.followed` gives it.
    villages : DataFrame
        As `villages.laid_out` gives it.
    counts : mapping
        As `settings.targets` gives them.
    rng : Generator
        Source of chance.
    everyone : bool
        Whether every rural household is added; otherwise only those short of water, whom the
        water ledger names.

    Returns
    -------
    Register
        Its ``base`` has the columns ``natural`` (number of the natural village) and ``dry``.
    """
    base = register.base
    naturals = villages["natural_villages"].to_numpy()
    dry_naturals = _dry_naturals(villages, counts)
    # Nobody exits without water: who has ever exited lives where there is some.
    exited = (register.state == EXITED).any(axis=1)
    first = np.where(exited, dry_naturals[base["at"]], 0)
    natural = rng.integers(first, naturals[base["at"]])
    dry = natural < dry_naturals[base["at"]]
    base = base.assign(natural=natural, dry=dry)
    others = _short_of_water(base, register.state, villages, dry_naturals, counts=counts, rng=rng)
    if everyone:
        others = pd.concat([others, _others(base, others, villages, dry_naturals, rng)])
    return _joined(register, base, others, rng)


def _dry_naturals(villages: pd.DataFrame, counts: Mapping[str, int]) -> np.ndarray:
    dry = np.zeros(len(villages), dtype=np.int64)
    rows = np.flatnonzero(villages["water"])
    total, parts = counts["water_short_natural_villages"], len(rows)
    dry[rows] = total // parts + (np.arange(parts) < total % parts)
    return dry


def _short_of_water(
    base: pd.DataFrame,
    state: np.ndarray,
    villages: pd.DataFrame,
    dry_naturals: np.ndarray,
    *,
    counts: Mapping[str, int],
    rng: np.random.Generator,
) -> pd.DataFrame:
    listed = base["dry"] & (state[:, -1] != ABSENT)
    households = counts["water_short_households"] - int(listed.sum())
    persons = counts["water_short_persons"] - int(base.loc[listed, "size"].sum())
    at = rng.choice(np.flatnonzero(villages["water"]), households)
    sizes = moved_to_total(rng.choice(np.arange(1, 10), households, p=SIZES), persons, rng)
    natural = rng.integers(0, dry_naturals[at])
    return pd.DataFrame({"at": at, "size": sizes, "natural": natural, "dry": True})


def _others(
    base: pd.DataFrame,
    dry: pd.DataFrame,
    villages: pd.DataFrame,
    dry_naturals: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    persons = np.bincount(base["at"], base["size"], len(villages))
    persons += np.bincount(dry["at"], dry["size"], len(villages))
    rest = np.maximum(0, villages["population"].to_numpy() - persons)
    at = np.repeat(np.arange(len(villages)), (rest / SIZES.dot(np.arange(1, 10))).astype(int))
    first, last = dry_naturals[at], villages["natural_villages"].to_numpy()[at]
    return pd.DataFrame(
        {
            "at": at,
            "size": rng.choice(np.arange(1, 10), len(at), p=SIZES),
            "natural": rng.integers(first, np.maximum(last, first + 1)),
            "dry": False,
        }
    )


def _joined(
    register: Register, base: pd.DataFrame, others: pd.DataFrame, rng: np.random.Generator
) -> Register:
    number = len(others)
    flags = {"sick": rng.random(number) < 0.15, "no_labour": rng.random(number) < 0.04}
    others = others.assign(recognised=NEVER_YEAR, **flags)
    level = rng.lognormal(9.05, 0.55, number)[:, None]
    growth = 1.09 ** (YEARS - LAST_YEAR)
    income = level * growth * np.exp(0.12 * rng.standard_normal((number, len(YEARS))))
    none = np.zeros(income.shape, bool)
    return Register(
        pd.concat([base, others], ignore_index=True),
        np.concatenate([register.income, income]),
        np.concatenate([register.state, np.full(income.shape, NEVER)]),
        np.concatenate([register.usual, income]),
        np.concatenate([register.fell_ill, none]),
        np.concatenate([register.lost_work, none]),
        np.concatenate([register.hazard, np.full(income.shape, np.nan)]),
    )


def unsafe_houses(
    register: Register, counts: Mapping[str, int], rng: np.random.Generator
) -> np.ndarray:
    """
    Choose whose house is not safe: exactly the printed number of poor households at the end.

    Parameters
    ----------
    register : Register
        As `placed` gives it.
    counts : mapping
        As `settings.targets` gives them.
    rng : Generator
        Source of chance.

    Returns
    -------
    ndarray of bool
        Households by years; a house that has become safe stays safe.
    """
    last = register.state[:, -1]
    # Who has exited once had a safe house by then.
    poor = np.flatnonzero((last == POOR) & ~(register.state == EXITED).any(axis=1))
    safe_from = np.full(len(last), FIRST_YEAR)
    worst = register.income[poor, -1] + 1500.0 * rng.standard_normal(len(poor))
    unsafe = poor[np.argsort(worst)[: counts["unsafe_households"]]]
    built = rng.choice(YEARS, len(last), p=[0.5, 0.15, 0.15, 0.2])
    exits = np.where(register.state == EXITED, YEARS, NEVER_YEAR).min(axis=1)
    # Nobody exits before the house is safe.
    safe_from = np.minimum(built, exits)
    safe_from[unsafe] = NEVER_YEAR
    safe_from[last == NEVER] = FIRST_YEAR
    return safe_from[:, None] > YEARS[None, :]


@dataclass(frozen=True)
class Counts:
    """Numbers that the household ledger takes from its members, households by years.

    ``fits`` says for illness, disability and schooling whether, in every year, some member makes
    it a possible cause.

    Examples
    --------
    >>> one = np.ones((1, 1), dtype=int)
    >>> Counts(one, one, one, one, one, fits={}).size.tolist()
    [[1]]
    """

    size: np.ndarray
    dropouts: np.ndarray
    uninsured: np.ndarray
    without_pension: np.ndarray
    workers: np.ndarray
    fits: Mapping[str, np.ndarray]


def household_codes(base: pd.DataFrame) -> np.ndarray:
    """
    Give each household its code.

    Parameters
    ----------
    base : DataFrame
        One row a household.

    Returns
    -------
    ndarray of str
        Codes that begin with the mark of synthetic data.

    Examples
    --------
    >>> household_codes(pd.DataFrame({"size": [3]})).tolist()
    ['SYNH00001']
    """
    width = max(5, len(str(len(base))))
    return np.array([f"{PREFIX}H{row:0{width}d}" for row in range(1, len(base) + 1)], dtype=object)


def household_table(
    register: Register,
    villages: pd.DataFrame,
    unsafe: np.ndarray,
    members: Counts,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """
    Write the households out, one row a household and year.

    Parameters
    ----------
    register : Register
        As `placed` gives it.
    villages : DataFrame
        As `villages.laid_out` gives it.
    unsafe : ndarray of bool
        As `unsafe_houses` gives it.
    members : Counts
        Numbers taken from the members.
    rng : Generator
        Source of chance.

    Returns
    -------
    DataFrame
        The contract's table ``households``.
    """
    facts = {
        **_identity(register, villages),
        **_incomes(register, members, rng),
        **_standing(register, members.fits, rng),
        **_guarantees(register, unsafe, rng),
        "school_dropouts": members.dropouts,
        "uninsured_members": members.uninsured,
        "members_without_pension": members.without_pension,
        "measures": np.where(register.state == NEVER, 0, 1 + rng.poisson(2.0, unsafe.shape)),
    }
    row, column = np.nonzero(register.state != ABSENT)
    whole = {name: _cells(values, row, column) for name, values in facts.items()}
    frame = pd.DataFrame(whole)
    frame.insert(1, "year", YEARS[column])
    years = ["recognised_year", "exited_year", "returned_year"]
    frame[years] = frame[years].astype("Int64").mask(frame[years] >= NEVER_YEAR)
    return frame.astype({"moved_in": "boolean", "safe_water": "boolean"})[HOUSEHOLD_COLUMNS]


HOUSEHOLD_COLUMNS = [
    "household", "year", "village", "township", "natural_village", "size", "wage_yuan",
    "business_yuan", "business_cost_yuan", "property_yuan", "transfer_yuan",
    "income_per_person_yuan", "status", "attribute", "main_cause", "recognised_year",
    "exited_year", "returned_year", "house_grade", "moved_in", "safe_water", "water_distance_km",
    "school_dropouts", "uninsured_members", "members_without_pension", "measures",
]  # fmt: skip


def _cells(values: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    return values[row] if values.ndim == 1 else values[row, column]


def _identity(register: Register, villages: pd.DataFrame) -> dict[str, np.ndarray]:
    base = register.base
    village = villages["village"].to_numpy(dtype=object)[base["at"]]
    natural = [f"{code}-{at + 1:02d}" for code, at in zip(village, base["natural"], strict=True)]
    return {
        "household": household_codes(base),
        "village": village,
        "township": villages["township"].to_numpy(dtype=object)[base["at"]],
        "natural_village": np.array(natural, dtype=object),
    }


def _incomes(
    register: Register, members: Counts, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    # Whole yuan add up: the business takes what the other sources leave, and may lose.
    size = members.size
    total = np.rint(register.income * size).astype(np.int64)
    positive = np.maximum(total, 0)
    shares = rng.gamma([3.2, 2.6, 0.08, 2.0], size=(len(size), 4))
    shares /= shares.sum(axis=1, keepdims=True)
    drift = np.exp(0.15 * rng.standard_normal((*size.shape, 4))) * shares[:, None, :]
    drift /= drift.sum(axis=2, keepdims=True)
    wage = np.where(members.workers > 0, positive * drift[:, :, 0], 0).astype(np.int64)
    property_ = (positive * drift[:, :, 2]).astype(np.int64)
    transfer = (positive * drift[:, :, 3]).astype(np.int64) + 60 * size
    net = total - wage - property_ - transfer
    cost = np.maximum(0, -net) + (np.abs(net) * rng.uniform(0.2, 0.8, size.shape)).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        per_person = np.round(total / size, 2)
    return {
        "size": size,
        "wage_yuan": wage,
        "business_yuan": net + cost,
        "business_cost_yuan": cost,
        "property_yuan": property_,
        "transfer_yuan": transfer,
        "income_per_person_yuan": per_person,
    }


# Causes that no member has to make possible, where no other is drawn.
CAUSES = {
    "disaster": 0.04, "land": 0.08, "water": 0.02, "skill": 0.32, "labour": 0.08,
    "capital": 0.26, "transport": 0.07, "motivation": 0.10, "other": 0.03,
}  # fmt: skip


def _standing(
    register: Register, fits: Mapping[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    base, state = register.base, register.state
    never = state[:, 0] == NEVER
    return {
        "status": STATES[state],
        "attribute": np.where(never, "general", _attributes(base, rng)),
        "main_cause": np.where(never, None, _causes(base, fits, rng)),
        "recognised_year": base["recognised"].to_numpy(),
        "exited_year": _last_year(state, EXITED),
        "returned_year": _last_year(state, RETURNED),
    }


def _attributes(base: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    luck = rng.random(len(base))
    alone = (base["no_labour"] & (base["size"] <= 2)).to_numpy()
    floor = luck < np.where(base["no_labour"] | base["sick"], 0.45, 0.1)
    return np.select(
        [alone & (luck < 0.35), floor], ["five_guarantees", "minimum_living"], "general"
    )


def _causes(
    base: pd.DataFrame, fits: Mapping[str, np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    luck = rng.random(len(base))
    common = rng.choice(list(CAUSES), len(base), p=list(CAUSES.values()))
    labour = base["no_labour"].to_numpy() & (luck > 0.4)
    dry = base["dry"].to_numpy() & (luck > 0.7)
    schooling = fits["schooling"] & (luck > 0.88)
    return np.select(
        [fits["disability"] & (luck < 0.6), fits["illness"] & (luck < 0.5), labour, dry, schooling],
        ["disability", "illness", "labour", "water", "schooling"],
        common,
    )


def _last_year(state: np.ndarray, wanted: int) -> np.ndarray:
    # The last year, so far, in which the household came into the state.
    came = (state == wanted) & np.column_stack(
        [np.ones(len(state), bool), state[:, 1:] != state[:, :-1]]
    )
    years = np.maximum.accumulate(np.where(came, YEARS, 0), axis=1)
    return np.where(years == 0, NEVER_YEAR, years)


def _guarantees(
    register: Register, unsafe: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    number = len(unsafe)
    good = np.where(rng.random(number) < 0.35, 0, 1)
    bad = np.where(rng.random(number) < 0.4, 2, 3)
    dry = register.base["dry"].to_numpy()
    far = np.round(rng.uniform(1.2, 4.5, number), 1)
    near = np.round(rng.beta(1.2, 5.0, number), 1)
    return {
        "house_grade": GRADES[np.where(unsafe, bad[:, None], good[:, None])],
        "moved_in": ~unsafe,
        "safe_water": ~dry,
        "water_distance_km": np.where(dry, far, near),
    }
