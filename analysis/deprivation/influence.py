"""Influence values of the Alkire-Foster measures: what each row adds to each estimate.

The variance of an estimate over a survey design is the variance of the weighted total of its
influence values over that design.
"""

import narwhals as nw
import numpy as np
import pandas as pd

from analysis.deprivation.scores import FLAG, SCORE, is_poor, scored
from analysis.deprivation.specification import check_specification


def influence_values(
    frame,
    specification: pd.DataFrame,
    *,
    poverty_cutoff: float,
    weight: str | None,
    inside: str | None = None,
) -> pd.DataFrame:
    """Influence value of every row on every Alkire-Foster measure.

    Parameters
    ----------
    frame : dataframe
        Survey in pandas, Polars, DuckDB or Arrow; one row a household or person.
    specification : pandas.DataFrame
        See `check_specification`.
    poverty_cutoff : float
        Share of weighted deprivations from which a household is poor, ratio in (0, 1].
    weight : str or None
        Column of survey weights; None counts every row once.
    inside : str or None
        Column that says which rows belong to the domain; rows outside have influence 0 and stay,
        since the design is that of the whole sample.

    Returns
    -------
    pandas.DataFrame
        Rows as in the frame; columns headcount_ratio, intensity, adjusted_headcount_ratio, and
        for every indicator uncensored_headcount_ratio, censored_headcount_ratio,
        absolute_contribution and contribution, each followed by `:` and the indicator. A measure
        that does not exist, such as intensity where nobody is poor, is missing.

    Raises
    ------
    ValueError
        If the specification or the cutoff is broken, or a column is not there.

    References
    ----------
    Deville, J.-C. (1999). Variance estimation for complex statistics and estimators.
    Alkire, S. et al. (2015). Multidimensional poverty measurement and analysis, chapter 8.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0, 1, 1, 1]})
    >>> influence_values(homes, spec, poverty_cutoff=1, weight=None)["headcount_ratio"].tolist()
    [0.1875, -0.0625, -0.0625, -0.0625]
    """
    specification = check_specification(specification)
    rows = gathered(
        frame, specification, poverty_cutoff=poverty_cutoff, weight=weight, inside=inside
    )
    linear = linear_measures(specification, rows)
    return pd.DataFrame({name: influence for name, (_, influence) in linear.items()})


def group_contribution_influence(
    frame,
    specification: pd.DataFrame,
    *,
    poverty_cutoff: float,
    weight: str | None,
    inside: str,
) -> np.ndarray:
    """Influence value of every row on the contribution of a group to M0.

    Parameters
    ----------
    frame : dataframe
        Survey in pandas, Polars, DuckDB or Arrow; one row a household or person.
    specification : pandas.DataFrame
        See `check_specification`.
    poverty_cutoff : float
        Share of weighted deprivations from which a household is poor, ratio in (0, 1].
    weight : str or None
        Column of survey weights; None counts every row once.
    inside : str
        Column that says which rows belong to the group.

    Returns
    -------
    numpy.ndarray
        One value a row.

    Raises
    ------
    ValueError
        If the specification or the cutoff is broken, or a column is not there.

    References
    ----------
    Deville, J.-C. (1999). Variance estimation for complex statistics and estimators.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0, 0, 1], "north": [True, False, False]})
    >>> group_contribution_influence(homes, spec, poverty_cutoff=1, weight=None,
    ...                              inside="north").tolist()
    [0.25, -0.25, 0.0]
    """
    specification = check_specification(specification)
    at = {"poverty_cutoff": poverty_cutoff, "weight": weight}
    rows = gathered(frame, specification, **at)
    belongs = gathered(frame, specification, **at, inside=inside)["counted"]
    deprivation = rows["score"] * rows["poor"]
    return _ratio(deprivation * belongs, deprivation, rows["weight"])[1]


def linear_measures(
    specification: pd.DataFrame, rows: dict[str, np.ndarray]
) -> dict[str, tuple[float, np.ndarray]]:
    """Value and influence values of every measure of some rows.

    Parameters
    ----------
    specification : pandas.DataFrame
        Checked specification.
    rows : dict of numpy.ndarray
        Result of `gathered`, or the same positions of each of its arrays.

    Returns
    -------
    dict of tuple
        By the names of `influence_values`.

    References
    ----------
    Deville, J.-C. (1999). Variance estimation for complex statistics and estimators.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> rows = gathered(pd.DataFrame({"water": [0, 1]}), spec, poverty_cutoff=1, weight=None)
    >>> float(linear_measures(spec, rows)["headcount_ratio"][0])
    0.5
    """
    poor, score, own = rows["poor"], rows["score"], rows["weight"]
    found = {
        "headcount_ratio": _ratio(poor, rows["counted"], own),
        "intensity": _ratio(score * poor, poor, own),
        "adjusted_headcount_ratio": _ratio(score * poor, rows["counted"], own),
    }
    for indicator in specification.to_dict("records"):
        found |= _indicator_measures(indicator, rows)
    return found


def gathered(
    frame,
    specification: pd.DataFrame,
    *,
    poverty_cutoff: float,
    weight: str | None,
    inside: str | None = None,
) -> dict[str, np.ndarray]:
    """Fetch what the measures of a sample need, as arrays.

    Parameters
    ----------
    frame : dataframe
        Survey in pandas, Polars, DuckDB or Arrow; one row a household or person.
    specification : pandas.DataFrame
        Checked specification.
    poverty_cutoff : float
        Ratio in (0, 1].
    weight : str or None
        Column of survey weights; None counts every row once.
    inside : str or None
        Column that says which rows belong to the domain.

    Returns
    -------
    dict of numpy.ndarray
        weight, counted (1 where the row belongs and has a score), poor, score, known (weight of
        the known indicators) and the deprivations, one value a row.

    Raises
    ------
    ValueError
        If the cutoff is broken, a column is not there or a weight is missing or below 0.

    References
    ----------
    Alkire, S. and Foster, J. (2011). Counting and multidimensional poverty measurement.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> frame = pd.DataFrame({"water": [0.0, 1.0, None]})
    >>> gathered(frame, spec, poverty_cutoff=1, weight=None)["counted"].tolist()
    [1.0, 1.0, 0.0]
    """
    table = _fetched(frame, specification, poverty_cutoff, [weight, inside])
    own = table[weight].to_numpy(float) if weight else np.ones(len(table))
    if not (own >= 0).all():
        raise ValueError(
            "A weight is missing or below 0; every row of a sample needs one. Rows outside the "
            "domain are marked by `inside`, not by their weight."
        )
    belongs = table[inside].astype(bool).to_numpy() if inside else np.ones(len(table), bool)
    counted = belongs & table["_poor"].notna().to_numpy()
    flags = [FLAG.format(name) for name in specification["indicator"]]
    rows = {flag: np.where(counted, table[flag].to_numpy(float), np.nan) for flag in flags}
    known = ~np.isnan(np.array(list(rows.values())))
    return rows | {
        "weight": own,
        "counted": counted.astype(float),
        "poor": np.where(counted, table["_poor"].to_numpy(float), 0.0),
        "score": np.where(counted, table[SCORE].to_numpy(float), 0.0),
        "known": specification["weight"].to_numpy() @ known,
    }


def _fetched(frame, specification, poverty_cutoff, columns) -> pd.DataFrame:
    poor = is_poor(poverty_cutoff)
    people = scored(frame, specification).with_columns(_poor=poor)
    flags = [FLAG.format(name) for name in specification["indicator"]]
    wanted = dict.fromkeys([*flags, SCORE, "_poor", *(name for name in columns if name)])
    table = people.select(*wanted)
    return (table.collect() if isinstance(table, nw.LazyFrame) else table).to_pandas()


def _indicator_measures(
    indicator: dict, rows: dict[str, np.ndarray]
) -> dict[str, tuple[float, np.ndarray]]:
    name, own = indicator["indicator"], rows["weight"]
    flag = rows[FLAG.format(name)]
    known, lacks = (~np.isnan(flag)).astype(float), np.nan_to_num(flag)
    known_weight = np.where(rows["known"] > 0, rows["known"], 1.0)
    part = rows["poor"] * lacks * indicator["weight"] / known_weight
    deprivation = rows["score"] * rows["poor"]
    return {
        f"uncensored_headcount_ratio:{name}": _ratio(lacks, known, own),
        f"censored_headcount_ratio:{name}": _ratio(lacks * rows["poor"], known, own),
        f"absolute_contribution:{name}": _ratio(part, rows["counted"], own),
        f"contribution:{name}": _ratio(part, deprivation, own),
    }


def _ratio(above: np.ndarray, below: np.ndarray, own: np.ndarray) -> tuple[float, np.ndarray]:
    """Ratio of two weighted totals and its influence values."""
    total = own @ below
    if not total > 0:
        return float("nan"), np.full(len(own), np.nan)
    value = own @ above / total
    return float(value), (above - value * below) / total
