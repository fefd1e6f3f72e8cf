"""Replicate weights: given with the data, or made from a design."""

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import hadamard

from analysis import microdata
from analysis.survey.design import columns_of, stages


@dataclass(frozen=True, eq=False)
class Replicates:
    """A sample with replicate weights, from which any measure gets a standard error.

    The variance is `scale` times the sum of `coefficients` times squared deviations.

    Parameters
    ----------
    weight : str or None
        Column of the weights of the whole sample.
    factors : numpy.ndarray, shape (units, replicates)
        What the weight of each unit is multiplied by.
    unit : numpy.ndarray of int, shape (n,)
        Unit of each row.
    scale : float
        Above zero.
    coefficients : numpy.ndarray, shape (replicates,)
        Zero or more.
    centre : {"mean", "estimate"}
        Deviations from the mean of the replicates, or from the estimate of the whole sample.
    degrees_of_freedom : float
        For the intervals.

    References
    ----------
    Wolter (2007), Introduction to variance estimation.

    Examples
    --------
    >>> Replicates(None, np.ones((2, 2)), np.arange(2), 1.0, np.ones(2)).centre
    'mean'
    """

    weight: str | None
    factors: np.ndarray
    unit: np.ndarray
    scale: float
    coefficients: np.ndarray
    centre: str = "mean"
    degrees_of_freedom: float = field(default=float("inf"))

    def __post_init__(self):
        """Check the word for the centre."""
        if self.centre not in ("mean", "estimate"):
            raise ValueError(f"centre is {self.centre!r}; write mean or estimate")

    def deviations(self, whole, replicated):
        """Scale the replicates' deviations so that their squares add up to the variance.

        Parameters
        ----------
        whole : numpy.ndarray, shape (estimates,)
        replicated : numpy.ndarray, shape (replicates, estimates)

        Returns
        -------
        numpy.ndarray, shape (replicates, estimates)
        """
        counted = self.coefficients > 0
        centre = whole if self.centre == "estimate" else replicated[counted].mean(axis=0)
        return np.sqrt(self.scale * self.coefficients)[:, None] * (replicated - centre)


def given_replicates(
    frame, *, weight, columns, scale, coefficients=None, centre="mean", combined=True
):
    """Take replicate weights that came with the data.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    weight : str
        Column of the weights of the whole sample.
    columns : iterable of str
        Columns of replicate weights.
    scale : float
        As the producer of the data states it: 1 / (R - 1) for R bootstrap weights.
    coefficients : array_like or None
        One for each replicate; None for ones.
    centre : {"mean", "estimate"}
        What deviations are taken from.
    combined : bool
        Whether the columns are weights; otherwise they are factors of the weight.

    Returns
    -------
    Replicates

    Examples
    --------
    >>> import pandas as pd
    >>> sample = pd.DataFrame({"w": [1, 1], "r1": [2, 0], "r2": [0, 2]})
    >>> given_replicates(sample, weight="w", columns=["r1", "r2"], scale=0.5).factors
    array([[2., 0.],
           [0., 2.]])
    """
    columns = list(columns)
    table = microdata.fetch(frame, [weight, *columns])
    factors = table[columns].to_numpy()
    if combined:
        whole = table[weight].to_numpy()[:, None]
        factors = np.divide(factors, whole, out=np.zeros_like(factors), where=whole > 0)
    if not (factors >= 0).all():
        raise ValueError("replicate weights are missing or negative; each is zero or more")
    coefficients = np.ones(len(columns)) if coefficients is None else np.asarray(coefficients)
    rows = np.arange(len(factors))
    return Replicates(weight, factors, rows, scale, coefficients, centre, len(columns) - 1)


def jackknife(frame, design):
    """Leave out one first-stage unit at a time, the others of its stratum standing in.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    design : Design
        Without strata it is the plain jackknife (JK1), with strata the stratified one (JKn).

    Returns
    -------
    Replicates

    References
    ----------
    Wolter (2007), chapter 4.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.survey.design import Design
    >>> jackknife(pd.DataFrame({"w": [1, 1, 1]}), Design("w")).factors
    array([[0. , 1.5, 1.5],
           [1.5, 0. , 1.5],
           [1.5, 1.5, 0. ]])
    """
    stage = _first_stage(frame, design)
    drawn = stage.drawn[stage.stratum]
    same = stage.stratum[:, None] == stage.stratum[None, :]
    factors = np.where(same, (drawn / np.maximum(drawn - 1, 1))[:, None], 1.0)
    np.fill_diagonal(factors, np.where(drawn > 1, 0.0, 1.0))
    # One unit left out of n is a deviation of (n - 1) / n; the part drawn for certain has none.
    coefficients = stage.scale[stage.stratum] * ((drawn - 1) / drawn) ** 2
    return _made(design, stage, factors, 1.0, coefficients)


def bootstrap(frame, design, *, draws=500, seed):
    """Draw one unit fewer than there are from every stratum, with replacement, many times.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    design : Design
    draws : int
        Number of replicates.
    seed : int
        Start of the random numbers; the same seed gives the same weights.

    Returns
    -------
    Replicates

    References
    ----------
    Rao and Wu (1988), Resampling inference with complex survey data; Rao, Wu and Yue (1992).

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.survey.design import Design
    >>> bootstrap(pd.DataFrame({"w": [1, 1, 1]}), Design("w"), draws=4, seed=1).factors.sum(axis=0)
    array([3., 3., 3., 3.])
    """
    stage = _first_stage(frame, design)
    random = np.random.default_rng(seed)
    factors = np.ones((len(stage.stratum), draws))
    for stratum in np.flatnonzero(stage.drawn > 1):
        units, drawn = np.flatnonzero(stage.stratum == stratum), stage.drawn[stratum]
        hits = random.multinomial(drawn - 1, np.full(drawn, 1 / drawn), size=draws)
        factors[units] = hits.T * drawn / (drawn - 1)
    return _made(design, stage, factors, 1 / (draws - 1), np.ones(draws))


def balanced_halves(frame, design, *, fay=0.0):
    """Halve every stratum of two units in a balanced way (BRR).

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    design : Design
        With exactly two units in every stratum.
    fay : float
        0 leaves the other half out; above, below 1, it keeps that part of its weight.

    Returns
    -------
    Replicates

    Raises
    ------
    ValueError
        If a stratum does not have two units.

    References
    ----------
    McCarthy (1969), Pseudo-replication: half samples; Judkins (1990), Fay's method.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.survey.design import Design
    >>> sample = pd.DataFrame({"w": [1, 1, 1, 1], "county": [1, 1, 2, 2]})
    >>> balanced_halves(sample, Design("w", "county")).factors.shape
    (4, 4)
    """
    stage = _first_stage(frame, design)
    if not (stage.drawn == 2).all():
        raise ValueError(
            f"{int((stage.drawn != 2).sum())} strata do not have two units; balanced half samples "
            "need two in each: pair the units, or use the jackknife or bootstrap"
        )
    size = 1 << len(stage.drawn).bit_length()
    signs = hadamard(size)[1 : len(stage.drawn) + 1]
    second = np.zeros(len(stage.stratum), dtype=bool)
    second[np.unique(stage.stratum[::-1], return_index=True)[1]] = True
    side = np.where(second[::-1], -1, 1)[:, None]
    factors = 1 + (1 - fay) * side * signs[stage.stratum]
    return _made(design, stage, factors, 1 / (size * (1 - fay) ** 2), np.ones(size))


def _first_stage(frame, design):
    weights = [design.weight] if design.weight else []
    columns = microdata.fetch(frame, weights, columns_of(design))
    return stages(design, columns)[0]


def _made(design, stage, factors, scale, coefficients):
    freedom = len(stage.stratum) - len(stage.drawn)
    return Replicates(
        design.weight, factors, stage.unit, scale, coefficients, "mean", float(freedom)
    )
