"""Alkire-Foster measures of a sample with their standard errors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import microdata
from analysis.deprivation.change import change_influences, rates_of_change
from analysis.deprivation.influence import gathered, linear_measures
from analysis.deprivation.specification import check_specification
from analysis.survey import Design, proportion_interval, symmetric_interval
from analysis.survey.design import columns_of, stages
from analysis.survey.variance import unit_sums, variance


def estimates(
    frame,
    specification: pd.DataFrame,
    design: Design,
    *,
    poverty_cutoff: float,
    by: Sequence[str] = (),
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate every Alkire-Foster measure of every group, with error and interval.

    Groups are domains of one sample: the others stay in the design. A register of everybody has
    no sampling error; use `alkire_foster` for it.

    Parameters
    ----------
    frame : dataframe
        Survey in pandas, Polars, DuckDB or Arrow; one row a household or person.
    specification : pandas.DataFrame
        See `check_specification`.
    design : analysis.survey.Design
        Weight, strata and clusters by column name.
    poverty_cutoff : float
        Share of weighted deprivations from which a household is poor, ratio in (0, 1].
    by : sequence of str
        Columns that make the groups.
    level : float
        Coverage of the interval, ratio in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row a group and measure: measure, indicator (empty for the whole), estimate,
        standard_error, estimate_low, estimate_high (on the logit scale, so between 0 and 1),
        degrees_of_freedom, sampled (rows that count) and missing (rows the missing rules drop).

    Raises
    ------
    ValueError
        If the specification, the cutoff or a weight is broken, a column is not there, or a
        stratum has a single unit and the design refuses it.

    References
    ----------
    Alkire, S. et al. (2015). Multidimensional poverty measurement and analysis, chapter 8.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0] * 3 + [1] * 7})
    >>> found = estimates(homes, spec, Design(None), poverty_cutoff=1)
    >>> found[["measure", "estimate", "standard_error"]].head(1)
               measure  estimate  standard_error
    0  headcount_ratio       0.3        0.152753
    """
    sample = _sample(frame, specification, design, poverty_cutoff=poverty_cutoff, by=by)
    tables = [_levels(sample, group, level) for group in sample.groups]
    return _labelled(sample.keys, tables)


def change_estimates(
    frame,
    specification: pd.DataFrame,
    design: Design,
    *,
    poverty_cutoff: float,
    time: str,
    by: Sequence[str] = (),
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the change of every Alkire-Foster measure between two years, with its error.

    Sampling units that take part in both years count as the same units, so what they share does
    not count as noise.

    Parameters
    ----------
    frame : dataframe
        Both years in one frame: pandas, Polars, DuckDB or Arrow.
    specification : pandas.DataFrame
        See `check_specification`.
    design : analysis.survey.Design
        Weight, strata and clusters by column name.
    poverty_cutoff : float
        Share of weighted deprivations from which a household is poor, ratio in (0, 1].
    time : str
        Column of years, with two values; 2018.5 is the middle of a year.
    by : sequence of str
        Columns that make the groups.
    level : float
        Coverage of the interval, ratio in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row a group, measure and kind of change: measure, indicator (empty for the whole),
        change (as in `rates_of_change`), before, after, estimate, standard_error, estimate_low,
        estimate_high, degrees_of_freedom, and told_from_noise (the interval leaves out 0).

    Raises
    ------
    ValueError
        If the specification, the cutoff or a weight is broken, a column is not there, or the
        years are not two.

    References
    ----------
    Alkire, S., Roche, J. M. and Vaz, A. (2017). Changes over time in multidimensional poverty.

    Examples
    --------
    >>> from analysis.deprivation.specification import COLUMNS
    >>> spec = pd.DataFrame([("water", "water", 1.0, 1, "below", "drop")], columns=COLUMNS)
    >>> homes = pd.DataFrame({"water": [0] * 6 + [1] * 4 + [0] * 3 + [1] * 7,
    ...                       "year": [2016] * 10 + [2018] * 10})
    >>> found = change_estimates(homes, spec, Design(None), poverty_cutoff=1, time="year")
    >>> found[["change", "estimate", "standard_error", "told_from_noise"]].head(1)
                change  estimate  standard_error  told_from_noise
    0  absolute_change      -0.3        0.217643            False
    """
    sample = _sample(frame, specification, design, poverty_cutoff=poverty_cutoff, by=by, time=time)
    years = np.unique(sample.columns[time])
    if len(years) != 2 or np.isnan(years).any():
        raise ValueError(
            f"Column {time!r} holds {len(years)} years; a change needs two. Choose them first."
        )
    tables = [_changes(sample, group, time, years, level) for group in sample.groups]
    return _labelled(sample.keys, tables)


class _Sample(NamedTuple):
    specification: pd.DataFrame
    design: Design
    rows: dict
    columns: pd.DataFrame
    stages: list
    keys: pd.DataFrame
    groups: list


def _sample(frame, specification, design, *, poverty_cutoff, by, time=None) -> _Sample:
    specification = check_specification(specification)
    rows = gathered(frame, specification, poverty_cutoff=poverty_cutoff, weight=design.weight)
    numbers = [time] if time else []
    columns = microdata.fetch(frame, numbers, [*columns_of(design), *by])
    layout = stages(design, columns)
    return _Sample(
        specification, design, rows, columns, layout, *microdata.grouped_rows(columns, list(by))
    )


def _linear(sample: _Sample, group: np.ndarray) -> dict[str, tuple[float, np.ndarray]]:
    inside = {name: values[group] for name, values in sample.rows.items()}
    return linear_measures(sample.specification, inside)


def _standard_errors(sample: _Sample, group: np.ndarray, influences: list) -> np.ndarray:
    weight = sample.rows["weight"][group]
    sums = unit_sums(sample.stages[-1], group, [weight * values for values in influences])
    return np.sqrt(variance(sums, sample.stages, sample.design.lone))


def _freedom(sample: _Sample, group: np.ndarray) -> float:
    counted = (sample.rows["counted"][group] > 0) & (sample.rows["weight"][group] > 0)
    stage = sample.stages[0]
    units = np.unique(stage.unit[group[counted]])
    return float(len(units) - len(np.unique(stage.stratum[units])))


def _levels(sample: _Sample, group: np.ndarray, level: float) -> pd.DataFrame:
    linear = _linear(sample, group)
    table = _named(linear)
    table["estimate"] = [value for value, _ in linear.values()]
    influences = [influence for _, influence in linear.values()]
    table["standard_error"] = _standard_errors(sample, group, influences)
    sampled, freedom = int(sample.rows["counted"][group].sum()), _freedom(sample, group)
    bounds = [
        _interval(row.estimate, row.standard_error, freedom, sampled, level)
        for row in table.itertuples()
    ]
    table[["estimate_low", "estimate_high"]] = bounds
    return table.assign(degrees_of_freedom=freedom, sampled=sampled, missing=len(group) - sampled)


def _changes(sample, group, time, years, level) -> pd.DataFrame:
    when = sample.columns[time].to_numpy()[group]
    ends = [group[when == year] for year in years]
    linear = [_linear(sample, end) for end in ends]
    pairs = zip(linear[0].values(), linear[1].values(), strict=True)
    moved = [_moved(first, last, float(years[1] - years[0])) for first, last in pairs]
    kinds = list(moved[0][0]["change"])
    table = pd.concat([rates for rates, _ in moved], ignore_index=True)
    names = _named(linear[0])
    table = names.loc[names.index.repeat(len(kinds))].reset_index(drop=True).join(table)
    influences = [values[kind].to_numpy() for _, values in moved for kind in kinds]
    both = np.concatenate(ends)
    table["standard_error"] = _standard_errors(sample, both, influences)
    freedom = _freedom(sample, both)
    low, high = symmetric_interval(table["estimate"], table["standard_error"], freedom, level)
    table = table.assign(estimate_low=low, estimate_high=high, degrees_of_freedom=freedom)
    return table.assign(told_from_noise=(low > 0) | (high < 0))


def _moved(first: tuple, last: tuple, years: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rates of change of one measure, and their influence values over both years' rows."""
    (before, early), (after, late) = first, last
    rates = {
        name: float(value) for name, value in rates_of_change(before, after, years=years).items()
    }
    table = pd.DataFrame({"change": list(rates), "before": before, "after": after})
    table["estimate"] = list(rates.values())
    padded = np.append(early, 0 * late), np.append(0 * early, late)
    return table, change_influences(before, after, *padded, years=years)


def _named(linear: dict) -> pd.DataFrame:
    names = [name.partition(":") for name in linear]
    return pd.DataFrame([(name, of) for name, _, of in names], columns=["measure", "indicator"])


def _labelled(keys: pd.DataFrame, tables: list[pd.DataFrame]) -> pd.DataFrame:
    labels = keys.loc[keys.index.repeat([len(table) for table in tables])]
    table = pd.concat(tables, ignore_index=True)
    return labels.reset_index(drop=True).join(table)


def _interval(
    estimate: float, error: float, freedom: float, sampled: int, level: float
) -> tuple[float, float]:
    if 0 < estimate < 1:
        return proportion_interval(estimate, error, freedom, sampled, level=level)
    return symmetric_interval(estimate, error, freedom, level)
