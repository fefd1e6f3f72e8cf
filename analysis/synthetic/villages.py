"""The villages of a synthetic city: where people live, which are poor, which have exited."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis import tables
from analysis.marks import PREFIX, SUFFIX
from analysis.synthetic.allotment import apportion
from analysis.synthetic.settings import LAST_YEAR, Effects

PERSONS_PER_HOUSEHOLD = 3.84
EXIT_INCIDENCE = 0.03
# Natural villages with water in each of the villages that are short of it.
WET_NATURALS = 4


def laid_out(
    counts: Mapping[str, int], place: str, effects: Effects, rng: np.random.Generator
) -> pd.DataFrame:
    """
    Lay the villages out, with whole numbers that add up to the printed margins.

    Parameters
    ----------
    counts : mapping
        As `settings.targets` gives them.
    place : str
        Folder whose ``townships`` name the townships.
    effects : Effects
        Known causes.
    rng : Generator
        Source of chance.

    Returns
    -------
    DataFrame
        One row a village: ``township`` (its name, with the mark), ``village, village_zh, part``
        (of the township in the speech), ``poor_village, exited_year, water, population,
        natural_villages, register, left`` (households ever on the register, and of those the
        ones still poor).
    """
    frame = _named(counts, place, rng)
    frame["exited_year"] = _exit_years(frame, counts, rng)
    frame["population"] = _populations(frame, counts, rng)
    frame["natural_villages"] = _natural_villages(frame, counts)
    frame["register"] = _registered(frame, counts, rng)
    frame["left"] = _left(frame, counts, effects, rng)
    return frame


def _named(counts: Mapping[str, int], place: str, rng: np.random.Generator) -> pd.DataFrame:
    number = counts["admin_villages"]
    towns = _townships(place, number)
    sizes = apportion(number, rng.gamma(6.0, size=len(towns)), lowest=_least(towns, counts, number))
    frame = towns.loc[towns.index.repeat(sizes)].reset_index(drop=True)
    order = frame.groupby("township").cumcount()
    names = frame["villages_zh"].fillna("").str.split(";")
    named = [
        row[at] if at < len(row) and row[at] else "" for row, at in zip(names, order, strict=True)
    ]
    width = max(3, len(str(number)))
    frame["village"] = [f"{PREFIX}{row:0{width}d}" for row in range(1, number + 1)]
    frame["village_zh"] = [
        f"{name or f'{at + 1}号'}村{SUFFIX}" for name, at in zip(named, order, strict=True)
    ]
    frame["water"] = _water_villages(frame, order, counts)
    frame["poor_village"] = _poor_villages(frame, counts, rng)
    frame["township"] = frame["township_zh"] + SUFFIX
    return frame


def _townships(place: str, villages: int) -> pd.DataFrame:
    towns = tables.read("townships", place=place)[
        ["township", "township_zh", "part", "villages_zh"]
    ]
    towns["part"] = towns["part"].fillna("")
    # A small place keeps the townships whose works are printed; a large one adds numbered ones.
    wanted = max(1, round(villages / 9.9))
    order = towns["part"].ne("water") * 2 - towns["part"].ne("")
    towns = towns.loc[order.sort_values(kind="stable").index].reset_index(drop=True)
    extra = range(len(towns) + 1, wanted + 1)
    more = pd.DataFrame(
        [(f"W{row:02d}", f"{row}号乡镇", "road" if row % 5 == 0 else "", "") for row in extra],
        columns=towns.columns,
    )
    kept = pd.concat([towns, more], ignore_index=True).iloc[:wanted]
    return kept.sort_values("township", ignore_index=True)


def _least(towns: pd.DataFrame, counts: Mapping[str, int], number: int) -> np.ndarray:
    least = np.full(len(towns), min(3, number // len(towns)))
    if len(towns) > 1:
        water = towns["part"].eq("water").to_numpy()
        least[water] = np.maximum(least[water], min(counts["water_short_villages"], 2) + 1)
    return least


def _water_villages(frame: pd.DataFrame, order: pd.Series, counts: Mapping[str, int]) -> np.ndarray:
    first = np.lexsort((order, ~frame["part"].eq("water")))
    water = np.zeros(len(frame), dtype=bool)
    water[first[: counts["water_short_villages"]]] = True
    return water


def _poor_villages(
    frame: pd.DataFrame, counts: Mapping[str, int], rng: np.random.Generator
) -> np.ndarray:
    score = rng.random(len(frame)) + frame["water"].to_numpy()
    poor = np.zeros(len(frame), dtype=bool)
    poor[np.argsort(-score)[: counts["poor_villages"]]] = True
    return poor


def _exit_years(
    frame: pd.DataFrame, counts: Mapping[str, int], rng: np.random.Generator
) -> pd.array:
    candidates = rng.permutation(np.flatnonzero(frame["poor_village"] & ~frame["water"]))
    exited = candidates[: counts["exited_villages"]]
    late = counts["exited_villages_year"]
    years = pd.array([pd.NA] * len(frame), dtype="Int64")
    years[exited[:late]] = LAST_YEAR
    years[exited[late:]] = LAST_YEAR - 1
    return years


def _populations(
    frame: pd.DataFrame, counts: Mapping[str, int], rng: np.random.Generator
) -> np.ndarray:
    total = int(rng.integers(counts["population_low"], counts["population_high"] + 1))
    # The villages short of water are as large as the printed figures make them, with room for the
    # households that have exited: those have water.
    water = frame["water"].to_numpy()
    short = int(np.ceil(1.35 * counts["water_short_persons"] / counts["water_short_villages"]))
    people = np.full(len(frame), short)
    rest = total - short * water.sum()
    weights = np.exp(0.3 * rng.standard_normal((~water).sum()))
    people[~water] = apportion(rest, weights, lowest=rest // (3 * len(weights)))
    return people


def _natural_villages(frame: pd.DataFrame, counts: Mapping[str, int]) -> np.ndarray:
    least = np.ones(len(frame), dtype=np.int64)
    short = -(-counts["water_short_natural_villages"] // counts["water_short_villages"])
    least[frame["water"]] = short + WET_NATURALS
    most = np.where(frame["water"], least, counts["natural_villages"])
    total = max(counts["natural_villages"], int(least.sum()))
    return apportion(total, frame["population"], lowest=least, highest=most)


def _registered(
    frame: pd.DataFrame, counts: Mapping[str, int], rng: np.random.Generator
) -> np.ndarray:
    poor = frame["poor_village"].to_numpy()
    share = np.where(poor, rng.beta(6.0, 18.0, len(frame)), rng.beta(4.0, 44.0, len(frame)))
    share[frame["water"]] = 0.3
    # The less poor villages exit first.
    share[frame["exited_year"].notna()] *= 0.7
    total = counts["poor_households"] + counts["exited_households"]
    households = (frame["population"] / PERSONS_PER_HOUSEHOLD).to_numpy()
    return apportion(total, households * share, lowest=2, highest=(0.75 * households).astype(int))


def _left(
    frame: pd.DataFrame, counts: Mapping[str, int], effects: Effects, rng: np.random.Generator
) -> np.ndarray:
    left = frame["poor_village"].to_numpy() & frame["exited_year"].isna().to_numpy()
    households = (frame["population"] / PERSONS_PER_HOUSEHOLD).to_numpy()
    # A third of the incidence at which a village may exit leaves room for those who fall back.
    outside = np.minimum(frame["register"] - 1, (EXIT_INCIDENCE / 3 * households).astype(int))
    most = np.where(left, (0.75 * frame["register"]).astype(int), outside)
    spread = frame["register"] * np.exp(0.5 * rng.standard_normal(len(frame)))
    elsewhere = round(effects.poor_outside * counts["poor_households"])
    elsewhere = max(
        min(elsewhere, int(most[~left].sum())), counts["poor_households"] - int(most[left].sum())
    )
    shares = np.zeros(len(frame), dtype=np.int64)
    shares[left] = apportion(
        counts["poor_households"] - elsewhere, spread[left], lowest=1, highest=most[left]
    )
    room = most[~left]
    if elsewhere > room.sum():
        # In a place of very few villages those left are too small for all their poor.
        room = frame["register"][~left] - 1
    shares[~left] = apportion(elsewhere, spread[~left], highest=room)
    return shares
