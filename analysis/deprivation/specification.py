"""What counts as deprived, as data: indicators, dimensions, weights, cutoffs."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

COLUMNS = ["indicator", "dimension", "weight", "cutoff", "direction", "missing"]
DIRECTIONS = ("below", "above", "in", "not_in")
MISSING_RULES = ("drop", "reweight")
WEIGHT_NOISE = 1e-6


def check_specification(specification: pd.DataFrame) -> pd.DataFrame:
    """Check a specification of deprivations and give it with numbers for weights.

    Parameters
    ----------
    specification : pandas.DataFrame
        One row an indicator: indicator (the column of the register), dimension, weight (ratio),
        cutoff (a number, the name of a column that holds it, or for `in` and `not_in` values
        joined by `;`), direction (deprived if below, above, in, not_in), missing (drop the
        household, or reweight the indicators that are known).

    Returns
    -------
    pandas.DataFrame
        The same rows, weights as floats, other columns kept.

    Raises
    ------
    ValueError
        If a column or value is missing, an indicator stands twice, a word is unknown or the
        weights do not sum to 1.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> rows = [("income", "income", 0.5, "2952", "below", "drop"),
    ...         ("house_grade", "housing", 0.5, "C;D", "in", "reweight")]
    >>> check_specification(pd.DataFrame(rows, columns=COLUMNS)).weight.sum()
    np.float64(1.0)
    """
    absent = [name for name in COLUMNS if name not in specification]
    if absent:
        raise ValueError(f"The specification lacks the columns {absent}; it needs {COLUMNS}.")
    checked = specification.reset_index(drop=True)
    checked["weight"] = pd.to_numeric(checked["weight"], errors="coerce")
    _check_filled(checked)
    _check_words(checked)
    _check_weights(checked)
    return checked


def nested_weights(dimensions: Sequence[str]) -> np.ndarray:
    """Weights that are equal between dimensions and equal within each.

    Parameters
    ----------
    dimensions : sequence of str
        Dimension of each indicator.

    Returns
    -------
    numpy.ndarray
        Ratios that sum to 1, one an indicator.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> nested_weights(["health", "education", "education"]).tolist()
    [0.5, 0.25, 0.25]
    """
    sizes = Counter(dimensions)
    return np.array([1 / (len(sizes) * sizes[dimension]) for dimension in dimensions])


def leaning_weights(specification: pd.DataFrame, *, share: float = 0.5) -> dict[str, np.ndarray]:
    """Sets of weights in which one dimension after the other weighs more than the rest.

    Parameters
    ----------
    specification : pandas.DataFrame
        Specification of at least two dimensions.
    share : float
        Weight of the dimension leaned on, ratio in (0, 1); the others share the rest equally.

    Returns
    -------
    dict of numpy.ndarray
        By dimension leaned on, one weight an indicator.

    Raises
    ------
    ValueError
        If the share is not between 0 and 1 or there is only one dimension.

    References
    ----------
    Alkire, S. and Santos, M. E. (2014). Measuring acute poverty in the developing world:
    robustness and scope of the multidimensional poverty index.

    Examples
    --------
    >>> spec = pd.DataFrame({"dimension": ["a", "b", "c"]})
    >>> leaning_weights(spec)["a"].tolist()
    [0.5, 0.25, 0.25]
    """
    dimensions = specification["dimension"].tolist()
    sizes = Counter(dimensions)
    if not 0 < share < 1 or len(sizes) < 2:
        raise ValueError(
            f"A dimension cannot be given {share:g} of the weight among {len(sizes)} dimensions; "
            "the share lies between 0 and 1 and there are at least two dimensions."
        )
    rest = (1 - share) / (len(sizes) - 1)
    return {
        heavy: np.array([(share if name == heavy else rest) / sizes[name] for name in dimensions])
        for heavy in sizes
    }


def _check_filled(checked: pd.DataFrame) -> None:
    for name in COLUMNS:
        empty = checked.index[checked[name].isna()]
        if len(empty):
            raise ValueError(
                f"Specification, row {empty[0] + 1}, column {name}: the value is missing or not a "
                "number; fill it in."
            )
    repeated = checked["indicator"][checked["indicator"].duplicated()]
    if len(repeated):
        raise ValueError(
            f"Specification: the indicator {repeated.iloc[0]!r} stands twice; one row an indicator."
        )


def _check_words(checked: pd.DataFrame) -> None:
    for name, words in (("direction", DIRECTIONS), ("missing", MISSING_RULES)):
        unknown = checked[~checked[name].isin(words)]
        if len(unknown):
            row = unknown.iloc[0]
            raise ValueError(
                f"Specification, indicator {row['indicator']!r}: {name} is {row[name]!r}; write "
                f"one of {', '.join(words)}."
            )


def _check_weights(checked: pd.DataFrame) -> None:
    total = checked["weight"].sum()
    if (checked["weight"] <= 0).any() or abs(total - 1) > WEIGHT_NOISE:
        raise ValueError(
            f"Specification: the weights sum to {total:g}; they must be above 0 and sum to 1, as "
            "ratios and not per cent."
        )
