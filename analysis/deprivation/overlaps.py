"""Which deprivations come together, and how far the result hangs on cutoff and weights."""

import itertools
from collections.abc import Mapping, Sequence

import narwhals as nw
import numpy as np
import pandas as pd

from analysis.deprivation.measures import alkire_foster
from analysis.deprivation.scores import FLAG, SCORE, scored
from analysis.deprivation.specification import check_specification


def overlaps(frame, specification: pd.DataFrame, *, weight: str | None) -> pd.DataFrame:
    """Count every combination of deprivations that occurs, the most frequent first.

    Nobody is left out: a household about which an indicator is not known stands in a combination
    where that indicator is missing.

    Parameters
    ----------
    frame : dataframe
        Register in pandas, Polars, DuckDB, PySpark or Arrow; one row a household or person.
    specification : pandas.DataFrame
        See `check_specification`.
    weight : str or None
        Column of persons or survey weights; None counts every row once.

    Returns
    -------
    pandas.DataFrame
        One row a combination: a column an indicator (true, false, missing), deprivations (how
        many), deprivation_score, rows, population, population_share (sums to 1).

    Raises
    ------
    ValueError
        If the specification is broken or the frame lacks a column.

    References
    ----------
    Lex, A. et al. (2014). UpSet: visualization of intersecting sets.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 0.5, 1, "below", "drop"),
    ...                      ("school", "school", 0.5, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0, 0, 1, 1], "school": [0, 1, 1, 1]})
    >>> overlaps(homes, spec, weight=None)[["water", "school", "rows"]].to_numpy().tolist()
    [[False, False, 2], [True, False, 1], [True, True, 1]]
    """
    specification = check_specification(specification)
    indicators = specification["indicator"].tolist()
    flags = [FLAG.format(name) for name in indicators]
    people = scored(frame, specification)
    people = people.select(
        *flags, SCORE, _weight=nw.col(weight).cast(nw.Float64) if weight else nw.lit(1.0)
    )
    sums = people.group_by(flags).agg(
        nw.col(SCORE).max(), rows=nw.len(), population=nw.col("_weight").sum()
    )
    table = (sums.collect() if isinstance(sums, nw.LazyFrame) else sums).to_pandas()
    table = table.rename(columns=dict(zip(flags, indicators, strict=True)))
    table[indicators] = table[indicators].astype("boolean")
    table.insert(len(indicators), "deprivations", table[indicators].sum(axis=1).astype(int))
    table["population_share"] = table["population"] / table["population"].sum()
    order = ["population", "deprivations", *indicators]
    return table.sort_values(order, ascending=[False] + [True] * (len(order) - 1)).reset_index(
        drop=True
    )


def cutoff_sensitivity(
    frame,
    specification: pd.DataFrame,
    *,
    poverty_cutoffs: Sequence[float],
    weight: str | None,
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """Alkire-Foster measures at several poverty cutoffs, groups ranked at each.

    Parameters
    ----------
    frame : dataframe
        Register in pandas, Polars, DuckDB, PySpark or Arrow; one row a household or person.
    specification : pandas.DataFrame
        See `check_specification`.
    poverty_cutoffs : sequence of float
        Ratios in (0, 1].
    weight : str or None
        Column of persons or survey weights; None counts every row once.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        Rows of `alkire_foster` for every cutoff, with poverty_cutoff in front and rank (1 is the
        poorest group by adjusted headcount ratio).

    Raises
    ------
    ValueError
        If the specification, a cutoff or a weight is broken, or a column is not there.

    References
    ----------
    Alkire, S. and Santos, M. E. (2014). Measuring acute poverty in the developing world:
    robustness and scope of the multidimensional poverty index.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 0.5, 1, "below", "drop"),
    ...                      ("school", "school", 0.5, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0, 0, 1, 1], "school": [0, 1, 1, 1]})
    >>> found = cutoff_sensitivity(homes, spec, poverty_cutoffs=[0.5, 1], weight=None)
    >>> found["headcount_ratio"].tolist()
    [0.5, 0.25]
    """
    tables = {
        cutoff: alkire_foster(frame, specification, poverty_cutoff=cutoff, weight=weight, by=by)
        for cutoff in poverty_cutoffs
    }
    return _stacked(tables, "poverty_cutoff")


def weight_sensitivity(
    frame,
    specification: pd.DataFrame,
    *,
    alternatives: Mapping[str, Sequence[float]],
    poverty_cutoff: float,
    weight: str | None,
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """Alkire-Foster measures under other weights of the indicators, groups ranked under each.

    Parameters
    ----------
    frame : dataframe
        Register in pandas, Polars, DuckDB, PySpark or Arrow; one row a household or person.
    specification : pandas.DataFrame
        See `check_specification`; its own weights come first, as `specification`.
    alternatives : mapping of str to sequence of float
        Weights by name, one an indicator, such as `leaning_weights` gives.
    poverty_cutoff : float
        Share of weighted deprivations from which a household is poor, ratio in (0, 1].
    weight : str or None
        Column of persons or survey weights; None counts every row once.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        Rows of `alkire_foster` for every set of weights, with weights in front and rank (1 is the
        poorest group by adjusted headcount ratio).

    Raises
    ------
    ValueError
        If the specification, the cutoff or a weight is broken, or a column is not there.

    References
    ----------
    Alkire, S. and Santos, M. E. (2014). Measuring acute poverty in the developing world:
    robustness and scope of the multidimensional poverty index.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 0.5, 1, "below", "drop"),
    ...                      ("school", "school", 0.5, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0, 0, 1, 1], "school": [0, 1, 1, 1]})
    >>> found = weight_sensitivity(homes, spec, alternatives={"water first": [0.8, 0.2]},
    ...                            poverty_cutoff=0.5, weight=None)
    >>> found["adjusted_headcount_ratio"].round(3).tolist()
    [0.375, 0.45]
    """
    sets = {"specification": specification["weight"], **alternatives}
    tables = {
        name: alkire_foster(
            frame,
            specification.assign(weight=np.asarray(weights)),
            poverty_cutoff=poverty_cutoff,
            weight=weight,
            by=by,
        )
        for name, weights in sets.items()
    }
    return _stacked(tables, "weights")


def robust_pairs(sensitivity: pd.DataFrame, *, over: str, by: Sequence[str]) -> float:
    """Share of pairs of groups that stand in the same order whatever the cutoff or weights.

    Parameters
    ----------
    sensitivity : pandas.DataFrame
        Result of `cutoff_sensitivity` or `weight_sensitivity`.
    over : str
        Column that says which cutoff or weights: poverty_cutoff or weights.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    float
        Ratio in [0, 1]; missing with fewer than two groups. A tie breaks no order.

    References
    ----------
    Alkire, S. and Santos, M. E. (2014). Measuring acute poverty in the developing world:
    robustness and scope of the multidimensional poverty index.

    Examples
    --------
    >>> table = pd.DataFrame({"poverty_cutoff": [0.3, 0.3, 0.5, 0.5], "area": ["a", "b"] * 2,
    ...                       "adjusted_headcount_ratio": [0.2, 0.1, 0.1, 0.1]})
    >>> robust_pairs(table, over="poverty_cutoff", by=["area"])
    1.0
    """
    wide = sensitivity.pivot_table(
        index=over, columns=list(by), values="adjusted_headcount_ratio"
    ).to_numpy()
    pairs = [wide[:, i] - wide[:, j] for i, j in itertools.combinations(range(wide.shape[1]), 2)]
    kept = [(gap >= 0).all() or (gap <= 0).all() for gap in pairs]
    return float(np.mean(kept)) if kept else float("nan")


def _stacked(tables: dict, name: str) -> pd.DataFrame:
    ranked = []
    for key, table in tables.items():
        table.insert(0, name, key)
        poorest = table["adjusted_headcount_ratio"].rank(ascending=False, method="min")
        ranked.append(table.assign(rank=poorest.astype("Int64")))
    return pd.concat(ranked, ignore_index=True)
