"""The members of a synthetic city's households, and when they came and went."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.marks import PREFIX
from analysis.synthetic.settings import FIRST_YEAR, LAST_YEAR, YEARS

STAYS = LAST_YEAR + 99
ALWAYS = FIRST_YEAR - 1
HEAD, SPOUSE, CHILD, PARENT, GRANDCHILD = range(5)
RELATIONS = np.array(["head", "spouse", "child", "parent", "grandchild"])
HEALTHS = np.array(["healthy", "chronic", "serious", "disabled"])
SERIOUS = 2
SCHOOL_AGES = (7, 15)
FIRST_JUNIOR_AGE = 13
# Chance that a junior pupil was out of school in the years before the count that is printed.
EARLIER_DROPOUT = 0.012


def drawn_people(base: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """
    Draw everybody who ever lived in a household during the panel.

    Parameters
    ----------
    base : DataFrame
        One row a household: ``size`` at the end of the panel, ``sick``, ``no_labour``,
        ``recognised``.
    rng : Generator
        Source of chance.

    Returns
    -------
    DataFrame
        One row a person: ``at`` (row of the household), ``relation, male, birth_year, health``,
        ``entry`` and ``came`` (year and way of coming), ``left`` and ``went`` (year and way of
        leaving), codes of years far off for who was always there or stays.
    """
    people = _seated(base, rng)
    people = _aged(people, base, rng)
    people["health"] = _health(people, base, rng)
    people["entry"], people["came"] = _arrivals(people, rng)
    people["left"], people["went"] = STAYS, ""
    everybody = pd.concat([people, _departed(base, rng)], ignore_index=True)
    return everybody.sort_values("at", kind="stable", ignore_index=True)


def _seated(base: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    size = base["size"].to_numpy()
    at = np.repeat(np.arange(len(base)), size)
    seat = np.arange(len(at)) - np.repeat(np.cumsum(size) - size, size)
    others = rng.choice([CHILD, PARENT, GRANDCHILD], len(at), p=[0.7, 0.17, 0.13])
    second = np.where(rng.random(len(at)) < 0.85, SPOUSE, CHILD)
    relation = np.where(seat == 0, HEAD, np.where(seat == 1, second, others))
    alone = base["no_labour"].to_numpy()[at]
    relation = np.where(alone & (relation == CHILD), GRANDCHILD, relation)
    return pd.DataFrame({"at": at, "seat": seat, "relation": relation})


def _aged(people: pd.DataFrame, base: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    at, relation = people["at"].to_numpy(), people["relation"].to_numpy()
    old = base["no_labour"].to_numpy()
    head = np.where(
        old, rng.integers(64, 84, len(old)), np.clip(rng.normal(45, 9, len(old)), 24, 59)
    )[at]
    noise = rng.normal(0.0, 4.0, len(at))
    ages = [head, head - 2 + noise / 2, head - 25 + noise, head + 24 + noise, head - 48 + noise]
    lowest = [18, 20, 0, 61, 0]
    highest = [90, 90, 45, 95, 12]
    low, high = np.array(lowest)[relation], np.array(highest)[relation]
    kin_old = old[at] & (relation == SPOUSE)
    age = np.choose(relation, ages)
    # A young head has no grandchildren yet: a small child of the house instead.
    age = np.where(age < 0, rng.integers(0, 8, len(at)), age)
    age = np.clip(age, np.where(kin_old, 62, low), high).astype(int)
    age = np.where(old[at] & (relation == GRANDCHILD), np.clip(age, 0, 15), age)
    male = rng.random(len(at)) < np.where(relation == HEAD, 0.88, 0.52)
    head_male = male[np.searchsorted(at, at)]
    people["male"] = np.where(relation == SPOUSE, ~head_male, male)
    people["birth_year"] = LAST_YEAR - age
    return people


def _health(people: pd.DataFrame, base: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    # One member of a household with sickness is sick: the last seated, so that a head can work.
    at = people["at"].to_numpy()
    last = people["seat"].to_numpy() == base["size"].to_numpy()[at] - 1
    sick = base["sick"].to_numpy()[at] & last
    kind = rng.choice([1, 2, 3], len(at), p=[0.55, 0.2, 0.25])
    alone = base["size"].to_numpy()[at] == 1
    return np.where(sick, np.where(alone, 1, kind), 0)


def _arrivals(people: pd.DataFrame, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    born = people["birth_year"].to_numpy() >= FIRST_YEAR
    adult = np.isin(people["relation"], (SPOUSE, CHILD)) & (people["birth_year"] < FIRST_YEAR)
    moved = adult.to_numpy() & (people["seat"] > 0).to_numpy() & (rng.random(len(people)) < 0.012)
    year = np.where(
        born, people["birth_year"], np.where(moved, rng.choice(YEARS, len(people)), ALWAYS)
    )
    way = np.where(born, "born", np.where(moved, "moved_in", ""))
    # Somebody has to hold the house from the beginning.
    kept = (people["seat"] == 0).to_numpy()
    return np.where(kept, ALWAYS, year), np.where(kept, "", way)


def _departed(base: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    number = rng.poisson(0.012 * len(YEARS) * base["size"].to_numpy())
    at = np.repeat(np.arange(len(base)), number)
    died = rng.random(len(at)) < 0.6
    age = np.where(died, rng.integers(55, 92, len(at)), rng.integers(18, 35, len(at)))
    frame = pd.DataFrame(
        {
            "at": at,
            "seat": -1,
            "relation": np.where(died, PARENT, CHILD),
            "male": rng.random(len(at)) < np.where(died, 0.5, 0.25),
            "birth_year": LAST_YEAR - age,
            "health": np.where(base["sick"].to_numpy()[at] & died, 2, 0),
            "entry": ALWAYS,
            "came": "",
            "left": rng.choice(YEARS, len(at)),
            "went": np.where(died, "died", "moved_out"),
        }
    )
    # Who left before the household was recognised was never written down.
    return frame[frame["left"] > base["recognised"].to_numpy()[at]]


def out_of_school(
    people: pd.DataFrame,
    first: np.ndarray,
    second: np.ndarray,
    counts: Mapping[str, int],
    rng: np.random.Generator,
) -> np.ndarray:
    """
    Choose the pupils out of school: exactly the printed ones in the last year.

    Parameters
    ----------
    people : DataFrame
        As `drawn_people` gives it.
    first, second : ndarray of bool
        People from whom pupils are chosen, and from whom when the first are too few.
    counts : mapping
        As `settings.targets` gives them.
    rng : Generator
        Source of chance.

    Returns
    -------
    ndarray of bool
        People by years.

    Raises
    ------
    ValueError
        There are fewer pupils of an age than the printed number.
    """
    ages = YEARS[None, :] - people["birth_year"].to_numpy()[:, None]
    junior = (ages >= FIRST_JUNIOR_AGE) & (ages <= SCHOOL_AGES[1])
    out = junior & (rng.random(ages.shape) < EARLIER_DROPOUT)
    out[:, -1] = False
    primary = (ages[:, -1] >= SCHOOL_AGES[0]) & (ages[:, -1] < FIRST_JUNIOR_AGE)
    for group, name in ((primary, "primary_dropouts"), (junior[:, -1], "junior_dropouts")):
        preference = np.where(first, 1, 0) + rng.random(len(people)) * 1.2
        rows = np.flatnonzero(group & (first | second))
        if len(rows) < counts[name]:
            raise ValueError(f"{counts[name]} {name} are printed, but only {len(rows)} are of age")
        out[rows[np.argsort(-preference[rows])][: counts[name]], -1] = True
    return out


def present(people: pd.DataFrame) -> np.ndarray:
    """
    Say who is there at the end of each year.

    Parameters
    ----------
    people : DataFrame
        As `drawn_people` gives it.

    Returns
    -------
    ndarray of bool
        People by years, with the state before the first year in front.
    """
    years = np.concatenate([[ALWAYS], YEARS])[None, :]
    entry, left = people["entry"].to_numpy()[:, None], people["left"].to_numpy()[:, None]
    return (entry <= years) & (years < left)


def described(
    people: pd.DataFrame, out: np.ndarray, no_labour: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """
    Draw what the register says of each person in each year.

    Parameters
    ----------
    people : DataFrame
        As `drawn_people` gives it.
    out : ndarray of bool
        Out of school, people by years.
    no_labour : ndarray of bool
        Whether the person's household has nobody fit to work.
    rng : Generator
        Source of chance.

    Returns
    -------
    dict of ndarray
        ``health, schooling, in_school, labour, insured, pension, months_worked``, people by years.
    """
    age = YEARS[None, :] - people["birth_year"].to_numpy()[:, None]
    later = rng.random(len(people))[:, None] < 0.55
    pupil = (age >= 6) & ((age <= SCHOOL_AGES[1]) | ((age <= 18) & later))
    in_school = pupil & ~out
    labour = _labour(people, age, in_school, no_labour, rng)
    working = np.isin(labour, ("able", "skilled"))
    months = np.clip(rng.poisson(5.5, age.shape), 0, 12)
    # Insurance spread as the years went: nearly everybody at the end.
    care = rng.random(age.shape) < np.array([0.93, 0.96, 0.985, 0.997])
    old_age = rng.random(age.shape) < np.array([0.78, 0.86, 0.93, 0.985])
    return {
        "health": np.repeat(people["health"].to_numpy()[:, None], len(YEARS), axis=1),
        "schooling": _schooling(age, rng),
        "in_school": in_school,
        "labour": labour,
        "insured": care,
        "pension": old_age & (age >= 16) & ~in_school,
        "months_worked": np.where(working, months, 0),
        "pension_due": (age >= 16) & ~in_school,
    }


def struck(
    people: pd.DataFrame,
    there: np.ndarray,
    facts: Mapping[str, np.ndarray],
    fell_ill: np.ndarray,
    lost_work: np.ndarray,
) -> dict[str, np.ndarray]:
    """
    Write the blows of the years into what the register says of people.

    Parameters
    ----------
    people : DataFrame
        As `drawn_people` gives it.
    there : ndarray of bool
        Who is there, people by years.
    facts : mapping
        As `described` gives them.
    fell_ill, lost_work : ndarray of bool
        Households by years, as in `register.Register`.

    Returns
    -------
    dict of ndarray
        The facts. The oldest healthy adult of the household is seriously ill from that year on and
        works no more; who loses the work away keeps a fifth of the months of that year.
    """
    at = people["at"].to_numpy()
    health = facts["health"].copy()
    for column, year in enumerate(YEARS):
        grown = there[:, column] & (people["birth_year"].to_numpy() <= year - 18)
        rows = np.flatnonzero(grown & (health[:, column] == 0) & fell_ill[at, column])
        rows = rows[np.argsort(people["birth_year"].to_numpy()[rows], kind="stable")]
        _, first = np.unique(at[rows], return_index=True)
        health[rows[first], column:] = SERIOUS
    ill = (health == SERIOUS) & (facts["health"] != SERIOUS)
    months = np.where(lost_work[at], facts["months_worked"] // 5, facts["months_worked"])
    return {
        **facts,
        "health": health,
        "labour": np.where(ill, "none", facts["labour"]),
        "months_worked": np.where(ill, 0, months),
    }


def _labour(
    people: pd.DataFrame,
    age: np.ndarray,
    in_school: np.ndarray,
    no_labour: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    of_age = (age >= 16) & (age <= 60) & ~in_school
    skilled = (rng.random(len(people)) < 0.14)[:, None]
    health = people["health"].to_numpy()[:, None]
    head = (people["seat"] == 0).to_numpy()[:, None]
    fit = of_age & ((health == 0) | ((health == 1) & head)) & ~no_labour[:, None]
    weak = ((age >= 16) & ~in_school) & (health < 2) & (age <= 75)
    return np.where(fit, np.where(skilled, "skilled", "able"), np.where(weak, "weak", "none"))


def _schooling(age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    luck = rng.random(len(age))[:, None]
    adult = np.select(
        [(luck < 0.18) & (age > 40), luck < 0.55, luck < 0.9, luck < 0.97],
        ["none", "primary", "middle", "high"],
        "college",
    )
    return np.select(
        [age < 6, age < FIRST_JUNIOR_AGE, age <= SCHOOL_AGES[1], (age < 22) & (adult == "primary")],
        ["preschool", "primary", "middle", "middle"],
        adult,
    )


def member_table(
    people: pd.DataFrame,
    listed: np.ndarray,
    household_codes: np.ndarray,
    facts: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """
    Write the members out, one row a person and year.

    Parameters
    ----------
    people : DataFrame
        As `drawn_people` gives it.
    listed : ndarray of bool
        Whether the register lists the person at the end of the year, people by years.
    household_codes : ndarray of str
        Code of each household.
    facts : mapping
        As `described` gives them.

    Returns
    -------
    DataFrame
        The contract's table ``members``.
    """
    row, column = np.nonzero(listed)
    width = max(6, len(str(len(people))))
    codes = pd.Series([f"{PREFIX}M{at:0{width}d}" for at in range(1, len(people) + 1)], dtype="str")
    one = people.iloc[row]
    frame = {
        "member": codes.to_numpy()[row],
        "household": household_codes[one["at"].to_numpy()],
        "year": YEARS[column],
        "sex": np.where(one["male"], "male", "female"),
        "birth_year": one["birth_year"].to_numpy(),
        "relation": RELATIONS[one["relation"].to_numpy()],
        "schooling": facts["schooling"][row, column],
        "in_school": facts["in_school"][row, column],
        "health": HEALTHS[facts["health"][row, column]],
        "labour": facts["labour"][row, column],
        "insured": facts["insured"][row, column],
        "pension": facts["pension"][row, column],
        "months_worked": facts["months_worked"][row, column],
    }
    booleans = dict.fromkeys(("in_school", "insured", "pension"), "boolean")
    return pd.DataFrame(frame).astype(booleans)
