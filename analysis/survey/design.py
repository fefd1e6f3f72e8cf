"""Survey designs: how the rows were drawn, said by column names."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.microdata import names

LONE = {
    "certainty": "the unit was taken for certain, so it adds no variance",
    "centre": "spread around the mean of all units",
    "average": "take the average variance of the other strata",
}


class LoneUnitError(ValueError):
    """A stratum with a single sampling unit, whose variance cannot be estimated."""


@dataclass(frozen=True)
class Design:
    """A stratified, clustered, weighted sample, said by column names.

    Parameters
    ----------
    weight : str or None
        Column of weights, persons; None when every row stands for one.
    strata : str or tuple of str
        Columns whose values together are the strata of the first stage.
    clusters : str or tuple of str
        Columns of the sampling units, stage by stage, each within the stage before and the first
        within the strata; rows are the units when there are none.
    population : str or tuple of str
        Columns with the number of units there were to draw from, stage by stage; without them
        units count as drawn with replacement. Where there is one more than there are clusters,
        the last stage drew rows.
    lone : {"refuse", "certainty", "centre", "average"}
        What to do with a stratum of a single unit: refuse; count it as taken for certain; spread
        it around the mean of all units; or take the average of the other strata.

    References
    ----------
    Lumley (2004), Analysis of complex survey samples: the named remedies.

    Examples
    --------
    >>> Design("weight", strata="county", clusters="village").lone
    'refuse'
    """

    weight: str | None
    strata: str | tuple[str, ...] = ()
    clusters: str | tuple[str, ...] = ()
    population: str | tuple[str, ...] = ()
    lone: str = "refuse"

    def __post_init__(self):
        """Check the remedy and the number of stages."""
        if self.lone not in ("refuse", *LONE):
            raise ValueError(f"lone is {self.lone!r}; write refuse, {', '.join(LONE)}")
        if len(names(self.population)) > len(names(self.clusters)) + 1:
            raise ValueError("there are more columns of population than stages of sampling")


@dataclass(frozen=True)
class Census:
    """A register of everybody: no sampling error, but errors of measurement.

    Parameters
    ----------
    weight : str or None
        Column of persons a row stands for, as household size; None when every row is a person.
    income_error : float or None
        Share, 0..1, by which any recorded income may be off; then poverty at an absolute line has
        bounds for it. None when nothing is known of it: then nothing is reported.

    Examples
    --------
    >>> Census("household_size").weight
    'household_size'
    """

    weight: str | None = None
    income_error: float | None = None


class Stage(NamedTuple):
    """Sampling units of one stage.

    Parameters
    ----------
    unit : numpy.ndarray of int, shape (n,)
        Unit of each row.
    stratum : numpy.ndarray of int, shape (units,)
        Stratum of each unit; at a later stage the unit of the stage before.
    drawn : numpy.ndarray, shape (strata,)
        Units in each stratum.
    scale : numpy.ndarray, shape (strata,)
        What a squared deviation counts; a unit that is alone has no deviation.
    lone : numpy.ndarray of int
        Units that are alone in their stratum without having been taken for certain.
    holder : numpy.ndarray of int, shape (units of the last stage,)
        Unit of this stage in which each unit of the last stage lies.

    Examples
    --------
    >>> stages(Design(None), pd.DataFrame(index=range(2)))[0].drawn
    array([2])
    """

    unit: np.ndarray
    stratum: np.ndarray
    drawn: np.ndarray
    scale: np.ndarray
    lone: np.ndarray
    holder: np.ndarray


def columns_of(design):
    """Columns a design needs besides the weight.

    Parameters
    ----------
    design : Design

    Returns
    -------
    list of str

    Examples
    --------
    >>> columns_of(Design("w", strata="county", clusters=("village", "household")))
    ['county', 'village', 'household']
    """
    return [*names(design.strata), *names(design.clusters), *names(design.population)]


def stages(design, columns):
    """Number the units and strata of every stage that adds variance.

    Parameters
    ----------
    design : Design
    columns : pandas.DataFrame
        The columns of `columns_of`.

    Returns
    -------
    list of Stage
        From the first stage to the last.

    Raises
    ------
    LoneUnitError
        If a stratum has a single unit and the design refuses it.
    ValueError
        If a row has no stratum or unit, or a population is below the units drawn from it.

    Examples
    --------
    >>> sample = pd.DataFrame({"county": [1, 1, 2, 2], "village": [1, 2, 1, 2]})
    >>> stages(Design(None, "county", "village"), sample)[0].unit
    array([0, 1, 2, 3])
    """
    populations, clusters = names(design.population), names(design.clusters)
    within, share = _codes(columns, names(design.strata)), np.ones(1)
    found = []
    for level in range(max(len(populations), 1)):
        unit = _units(columns, within, clusters[level : level + 1])
        first = np.flatnonzero(~pd.Series(unit).duplicated().to_numpy())
        fraction = np.zeros(1)
        if populations:
            fraction = _fractions(columns[populations[level]].to_numpy(float)[first], within[first])
        stage = _stage(unit, within[first], fraction, share)
        if len(stage.lone) and design.lone == "refuse":
            _refuse_lone(design, columns.iloc[first[stage.lone]])
        found.append(stage)
        within, share = unit, (share * fraction * np.ones(len(stage.drawn)))[stage.stratum]
    return [stage._replace(holder=stage.unit[first]) for stage in found]


def _codes(columns, keys):
    if not keys:
        return np.zeros(len(columns), dtype=np.intp)
    if columns[keys].isna().any(axis=None):
        raise ValueError(f"a row has no value in {' or '.join(keys)}; every row needs its place")
    if len(keys) == 1:
        return pd.factorize(columns[keys[0]])[0]
    return columns.groupby(keys, sort=False).ngroup().to_numpy()


def _units(columns, within, keys):
    if not keys:
        return np.arange(len(columns))
    inner = _codes(columns, keys)
    return pd.factorize(within * (inner.max(initial=0) + 1) + inner)[0]


def _stage(unit, stratum, fraction, share):
    """Scale a stage: the part not drawn, times n / (n - 1), times the share drawn before."""
    drawn = np.bincount(stratum)
    scale = share * (1 - fraction) * np.where(drawn > 1, drawn / np.maximum(drawn - 1, 1), 1)
    alone = (drawn == 1) & (scale > 0)
    lone = np.flatnonzero(alone[stratum])
    return Stage(unit, stratum, drawn, scale, lone, np.arange(len(stratum)))


def _fractions(size, stratum):
    drawn = np.bincount(stratum)
    population = np.zeros(len(drawn))
    population[stratum] = size
    if not (population >= drawn).all():
        worst = int(np.argmin(population - drawn))
        raise ValueError(
            f"a stratum has {drawn[worst]} units drawn from a population of {population[worst]:g}; "
            "give the number of units there were to draw from"
        )
    return drawn / population


def _refuse_lone(design, rows):
    keys = names(design.strata)
    places = [", ".join(f"{k} {row[k]}" for k in keys) or "the whole" for _, row in rows.iterrows()]
    remedies = "; ".join(f"lone={name!r}: {what}" for name, what in LONE.items())
    raise LoneUnitError(
        f"{len(places)} strata have a single sampling unit, so that their variance cannot be "
        f"estimated: {'; '.join(places[:5])}. Join them with a like stratum, or choose {remedies}"
    )
