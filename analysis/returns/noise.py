"""A register as an office would hold it: incomes reported too low, cells empty, illness late."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

MONEY = [
    "wage_yuan", "business_yuan", "business_cost_yuan", "property_yuan", "transfer_yuan",
    "income_per_person_yuan",
]  # fmt: skip


def under_noise(
    tables: Mapping[str, pd.DataFrame], settings: Mapping[str, float], *, seed: int
) -> dict[str, pd.DataFrame]:
    """
    Spoil the ledgers of households and members as registers are spoilt.

    Parameters
    ----------
    tables : mapping
        The contract's ``households`` and ``members``.
    settings : mapping
        ``noise_underreport_share, noise_underreport_factor`` (some households report less in every
        year), ``noise_income_spread`` (error of each year in logs), ``noise_missing`` (share of
        incomes and months at work that are empty), ``noise_late`` (share of new serious illness
        that is written down a year late).
    seed : int
        Seed of the noise.

    Returns
    -------
    dict
        ``households`` and ``members``, with the columns they had. Who fell back is left as it is.

    Examples
    --------
    >>> from analysis.synthetic import city
    >>> made = city(scale=0.03, seed=1).tables
    >>> none = dict.fromkeys(["noise_underreport_share", "noise_income_spread", "noise_missing",
    ...                       "noise_late"], 0.0) | {"noise_underreport_factor": 0.8}
    >>> same = under_noise(made, none, seed=0)["members"]
    >>> same["health"].equals(made["members"]["health"])
    True
    """
    rng = np.random.default_rng(seed)
    return {
        "households": _misreported(tables["households"], settings, rng),
        "members": _late(tables["members"], settings, rng),
    }


def _misreported(
    households: pd.DataFrame, settings: Mapping[str, float], rng: np.random.Generator
) -> pd.DataFrame:
    spoilt = households.copy()
    code, names = pd.factorize(spoilt["household"])
    low = rng.random(len(names)) < settings["noise_underreport_share"]
    factor = np.where(low, settings["noise_underreport_factor"], 1.0)[code]
    factor = factor * np.exp(settings["noise_income_spread"] * rng.standard_normal(len(spoilt)))
    spoilt[MONEY] = spoilt[MONEY].mul(factor, axis=0)
    empty = rng.random(len(spoilt)) < settings["noise_missing"]
    spoilt["income_per_person_yuan"] = spoilt["income_per_person_yuan"].mask(empty)
    return spoilt


def _late(
    members: pd.DataFrame, settings: Mapping[str, float], rng: np.random.Generator
) -> pd.DataFrame:
    spoilt = members.sort_values(["member", "year"], kind="stable")
    before = spoilt.groupby("member")[["health", "labour"]].shift()
    new = spoilt["health"].eq("serious") & before["health"].notna()
    new &= before["health"].ne("serious") & (rng.random(len(spoilt)) < settings["noise_late"])
    spoilt[["health", "labour"]] = spoilt[["health", "labour"]].mask(new, before)
    empty = rng.random(len(spoilt)) < settings["noise_missing"]
    spoilt["months_worked"] = spoilt["months_worked"].astype(float).mask(empty)
    return spoilt.reindex(members.index)
