"""Discrete-time hazards of a register: who exits, who falls back, who is newly found, year by year.

The hazard of a year is the share of those at risk who pass in it. Its logit has a level and a shock
of the year; what is counted has the noise of whole villages passing together besides. With few
years the spread of the shocks cannot be known, so it is averaged over a grid by its likelihood.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit, logsumexp

from analysis import disclosure

if TYPE_CHECKING:
    from analysis.projection.evidence import Evidence

# Even over the spread and not over its logarithm: few years do not show how far one may be off.
SPREADS = np.linspace(0.05, 1.25, 9)
# Before any year is seen: a register emptied in seven years, and what other ledgers saw of the
# rest; each may be off by a factor of about four and a half.
LEVELS = {"exit": logit(1 / 7), "return": logit(0.02), "new": logit(0.005)}
LEVEL_SD = 1.5
HALF = 0.5
COUNTS = ("at_risk", "passed_over")
MADE = ("hazard", "hazard_low", "hazard_high")


class Hazards(NamedTuple):
    """Draws of yearly hazards, one row a draw and one column a year, each 0 to 1.

    ``exit`` is of those poor at the start of the year, ``back`` of those out, ``new`` of those who
    were never on the register.
    """

    exit: np.ndarray
    back: np.ndarray
    new: np.ndarray


def draw_hazards(passages: pd.DataFrame, years: int, *, draws: int, seed: int) -> Hazards:
    """Draw the hazards of years to come from those that a register shows.

    Parameters
    ----------
    passages : DataFrame
        From `analysis.register.passages`: ``passage`` (exit, return, new), ``year, at_risk, passed,
        design_effect``.
    years : int
        Years to come.
    draws, seed : int
        Number of draws; seed of the random numbers.

    Returns
    -------
    Hazards
        A passage that the register never had at risk is drawn from before any year was seen.

    References
    ----------
    Singer and Willett (2003), Applied Longitudinal Data Analysis, chapter 11, for the logit hazard
    of discrete time; Gelman et al. (2013), section 5.4, for a normal level with spread averaged
    over a grid.

    Examples
    --------
    >>> rows = {"passage": "exit", "year": [2016, 2017], "at_risk": 4000, "passed": 1000}
    >>> drawn = draw_hazards(pd.DataFrame(rows).assign(design_effect=1.0), 1, draws=4000, seed=1)
    >>> bool(0.22 < np.median(drawn.exit) < 0.27)
    True
    """
    streams = np.random.default_rng(seed).spawn(len(LEVELS))
    return Hazards(
        *(
            _drawn(passages[passages["passage"] == name], level, (draws, years), stream)
            for (name, level), stream in zip(LEVELS.items(), streams, strict=True)
        )
    )


def _drawn(
    rows: pd.DataFrame, level: float, shape: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    seen, noise = _seen(rows[rows["at_risk"] > 0])
    points = [_posterior(seen, noise + spread**2, level) for spread in SPREADS]
    evidence, means, sds = (np.array(column) for column in zip(*points, strict=True))
    chosen = rng.choice(len(SPREADS), shape[0], p=np.exp(evidence - logsumexp(evidence)))
    levels = means[chosen] + sds[chosen] * rng.standard_normal(shape[0])
    # Whole villages will pass together in the years to come as they did before.
    shocks = np.sqrt(SPREADS[chosen, None] ** 2 + (noise[-1] if len(noise) else 0.0))
    return expit(levels[:, None] + shocks * rng.standard_normal(shape))


def _seen(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Logits of the hazards, and how far each may be off: the half keeps nought finite."""
    passed = rows["passed"].to_numpy(float) + HALF
    stayed = (rows["at_risk"] - rows["passed"]).to_numpy(float) + HALF
    noise = rows["design_effect"].to_numpy(float) * (1 / passed + 1 / stayed)
    return np.log(passed / stayed), noise


def _posterior(seen: np.ndarray, variances: np.ndarray, level: float) -> tuple[float, float, float]:
    """Log evidence of what was seen, mean and standard deviation of the level given it."""
    precision = 1 / LEVEL_SD**2 + (1 / variances).sum()
    mean = (level / LEVEL_SD**2 + (seen / variances).sum()) / precision
    gap = level**2 / LEVEL_SD**2 + (seen**2 / variances).sum() - mean**2 * precision
    size = np.log(precision) + 2 * np.log(LEVEL_SD) + np.log(variances).sum()
    return -0.5 * (gap + size), mean, precision**-0.5


def hazard_table(passages: pd.DataFrame, drawn: Hazards, year: int) -> pd.DataFrame:
    """Set the hazards of the years seen beside that of the next year, with its interval.

    Parameters
    ----------
    passages : DataFrame
        As for `draw_hazards`.
    drawn : Hazards
        From `draw_hazards`.
    year : int
        The first year to come.

    Returns
    -------
    DataFrame
        ``passage, year, at_risk, passed_over`` (persons), ``hazard, hazard_low, hazard_high``
        (0 to 1, 80 %; of the years seen within the noise of villages), ``hazard_basis``: counted
        or projected.

    Examples
    --------
    >>> rows = {"passage": "exit", "year": [2017], "at_risk": [400], "passed": [100]}
    >>> rows = pd.DataFrame(rows).assign(design_effect=1.0)
    >>> found = hazard_table(rows, draw_hazards(rows, 1, draws=99, seed=1), 2018)
    >>> found[["passage", "hazard_basis"]].values.tolist()[:2]
    [['exit', 'counted'], ['exit', 'projected']]
    """
    seen, noise = _seen(passages)
    reach = 1.2816 * np.sqrt(noise)
    counted = (
        passages[["passage", "year", "at_risk", "passed"]]
        .rename(columns={"passed": "passed_over"})
        .assign(
            hazard=passages["passed"] / passages["at_risk"],
            hazard_low=expit(seen - reach),
            hazard_high=expit(seen + reach),
            hazard_basis="counted",
        )
    )
    ahead = pd.DataFrame(
        [
            {"passage": name, "year": year, "hazard_basis": "projected", **_middle(values[:, 0])}
            for name, values in zip(LEVELS, drawn, strict=True)
        ]
    )
    table = pd.concat([counted, ahead], ignore_index=True)
    order = {name: place for place, name in enumerate(LEVELS)}
    return table.sort_values(
        ["passage", "year"], key=lambda column: column.map(order).fillna(column), kind="stable"
    ).reset_index(drop=True)


def hazards_ahead(
    known: "Evidence", year: int, *, horizon: int, draws: int, seed: int
) -> pd.DataFrame:
    """Give the hazards that drive the projection of a place with a register.

    Parameters
    ----------
    known : Evidence
        From `analysis.projection.evidence`.
    year : int
        Last year known.
    horizon, draws, seed : int
        As for `forecast`, so that these are the hazards that it draws.

    Returns
    -------
    DataFrame
        As `hazard_table`; without rows where the place keeps no register. What the evidence may
        not show is missing and named in the column ``withheld``, and nothing is drawn from it.

    Examples
    --------
    >>> from collections import namedtuple
    >>> printed = namedtuple("Evidence", "passages")(None)
    >>> len(hazards_ahead(printed, 2017, horizon=1, draws=9, seed=1))
    0
    """
    if known.passages is None:
        return pd.DataFrame()
    drawn = draw_hazards(known.learnable, horizon, draws=draws, seed=seed)
    return _as_shown(hazard_table(known.passages, drawn, year + 1), known.shown)


def _as_shown(table: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    keys = ["passage", "year"]
    there = table[keys].merge(shown[[*keys, *COUNTS]], on=keys, how="left")
    counted = table["hazard_basis"].eq("counted").to_numpy()
    gone = {name: counted & there[name].isna().to_numpy() for name in COUNTS}
    rows = np.logical_or.reduce(list(gone.values()))
    return disclosure.withheld(table, gone | dict.fromkeys(MADE, rows)) if rows.any() else table


def _middle(values: np.ndarray) -> Mapping[str, float]:
    quantiles: Sequence[float] = np.quantile(values, [0.5, 0.1, 0.9])
    return dict(zip(["hazard", "hazard_low", "hazard_high"], quantiles, strict=True))
