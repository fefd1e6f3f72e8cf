"""Estimates with standard errors and intervals, group by group."""

import numpy as np

from analysis import microdata, poverty, weighted
from analysis.survey.design import Census
from analysis.survey.intervals import proportion_interval, symmetric_interval
from analysis.survey.sample import fetched, labelled, measured, sampled


def estimate(
    frame,
    design,
    measures,
    *,
    income,
    line=None,
    by=(),
    where=None,
    group=None,
    denominator=None,
    level=0.95,
    proportion="logit",
):
    """Measure every group of a sample, with standard errors and intervals.

    Groups are domains: rows outside count zero, so that the sampling units outside still count as
    drawn. The same holds for rows without an income.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    design : Design, Replicates or Census
        How the rows were drawn. A census has no sampling error.
    measures : mapping of str to callable, or iterable of callable
        Measures of `weighted`, `poverty` and `inequality`; options by `functools.partial`.
    income : str
        Column of incomes, yuan.
    line : float, str, pandas.DataFrame, RelativeLine or None
        As in `microdata.gather`; the error of a relative line is part of the standard error.
    by : str or iterable of str
        Columns that make the groups.
    where : str or None
        Column of truth values: only these rows are in the groups.
    group : str or None
        Column for measures between and within groups.
    denominator : str or None
        Column for `weighted.ratio_of_totals`.
    level : float
        Coverage of the intervals, 0..1.
    proportion : {"logit", "wilson", "korn_graubard", "symmetric"}
        Kind of interval for a headcount ratio; all others are symmetric.

    Returns
    -------
    pandas.DataFrame
        A row for each group and measure: keys, `measure`, `estimate`, `standard_error`,
        `estimate_low`, `estimate_high`, `degrees_of_freedom`, the counts of `microdata.profile`,
        and `uncertainty`: "sampling", or for a census "measurement" or "not_reported".

    Raises
    ------
    LoneUnitError
        If a stratum has a single unit and the design refuses it.

    References
    ----------
    Deville (1999); Lumley (2010), Complex surveys.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.survey.design import Design
    >>> sample = pd.DataFrame({"yuan": [900, 1200, 1500, 800], "county": [1, 1, 2, 2]})
    >>> table = estimate(sample, Design(None, strata="county"), [poverty.headcount_ratio],
    ...                  income="yuan", line=1000)
    >>> table[["estimate", "standard_error"]].round(3).to_numpy().tolist()
    [[0.5, 0.354]]
    """
    rows = fetched(
        frame,
        design,
        income=income,
        line=line,
        by=by,
        where=where,
        group=group,
        denominator=denominator,
    )
    measures = microdata.named(measures)
    if isinstance(design, Census):
        return _census_table(rows, design, measures)
    sample = sampled(rows, design, measures)
    errors = np.sqrt(sample.variances)
    table = sample.labels.assign(estimate=sample.estimates, standard_error=errors)
    low, high = _intervals(table, measures, level, proportion)
    table = table.assign(estimate_low=low, estimate_high=high, uncertainty="sampling")
    return _ordered(table, rows.keys)


def quantile_interval(frame, design, share, *, income, by=(), where=None, level=0.95):
    """Estimate a quantile with an interval that needs no density.

    The interval of the share of persons up to the quantile is read off as incomes.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    design : Design or Replicates
    share : float
        0..1; 0.5 is the median.
    income : str
        Column of incomes, yuan.
    by : str or iterable of str
        Columns that make the groups.
    where : str or None
        Column of truth values: only these rows are in the groups.
    level : float
        Coverage, 0..1.

    Returns
    -------
    pandas.DataFrame
        As from `estimate`; the standard error is the width of the interval over that of a
        symmetric interval with a standard error of one.

    References
    ----------
    Woodruff (1952), Confidence intervals for medians and other position measures.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from analysis.survey.design import Design
    >>> table = quantile_interval(pd.DataFrame({"yuan": np.arange(100.0)}), Design(None), 0.5,
    ...                           income="yuan")
    >>> table[["estimate", "estimate_low", "estimate_high"]].to_numpy().tolist()
    [[49.0, 40.0, 59.0]]
    """
    rows = fetched(frame, design, income=income, by=by, where=where)
    found = _quantiles(rows, [share] * len(rows.groups))
    below = np.zeros(len(rows.usable))
    for group, value in zip(rows.groups, found, strict=True):
        below[group] = rows.arrays["income"][group] <= value
    reached = rows._replace(arrays=rows.arrays | {"income": below})
    sample = sampled(reached, design, {"quantile": weighted.mean})
    error = np.sqrt(sample.variances)
    freedom = sample.labels["degrees_of_freedom"].to_numpy()
    low, high = (
        _quantiles(rows, bound) for bound in symmetric_interval(share, error, freedom, level)
    )
    reach = symmetric_interval(0.0, 1.0, freedom, level)[1]
    table = sample.labels.assign(estimate=found, standard_error=(high - low) / (2 * reach))
    table = table.assign(estimate_low=low, estimate_high=high, uncertainty="sampling")
    return _ordered(table, rows.keys)


def _quantiles(rows, shares):
    found = []
    for group, share in zip(rows.groups, np.clip(shares, 0, 1), strict=True):
        chosen = group[rows.usable[group]]
        income, weight = rows.arrays["income"][chosen], rows.arrays["weight"][chosen]
        found.append(np.nan if np.isnan(share) else weighted.quantile(income, weight, share))
    return np.array(found)


def _ordered(table, keys):
    leading = [*keys.columns, "measure", "estimate", "standard_error"]
    leading += ["estimate_low", "estimate_high", "degrees_of_freedom"]
    return table[leading + [name for name in table.columns if name not in leading]]


def _census_table(rows, design, measures):
    error = design.income_error
    values = measured(rows, measures, rows.arrays["weight"])
    labels = labelled(rows, measures, [np.nan] * len(rows.groups))
    bounded = np.array([_falls_with_income(m) for m in measures.values()] * len(rows.groups))
    bounded &= error is not None and rows.relative is None
    low = high = np.full(len(values), np.nan)
    if bounded.any():
        low = measured(rows, measures, rows.arrays["weight"], 1 + error)
        high = measured(rows, measures, rows.arrays["weight"], 1 - error)
    table = labels.assign(estimate=values, standard_error=np.nan)
    table["estimate_low"] = np.where(bounded, low, np.nan)
    table["estimate_high"] = np.where(bounded, high, np.nan)
    table["uncertainty"] = np.where(bounded, "measurement", "not_reported")
    return _ordered(table, rows.keys)


def _falls_with_income(measure):
    return getattr(measure, "func", measure) in (
        poverty.headcount_ratio,
        poverty.headcount,
        poverty.fgt,
        poverty.poverty_gap_index,
        poverty.poverty_severity,
        poverty.total_shortfall,
        poverty.sen_shorrocks_thon_index,
    )


def _intervals(table, measures, level, proportion):
    low, high = symmetric_interval(
        table["estimate"], table["standard_error"], table["degrees_of_freedom"], level
    )
    shares = [name for name, m in measures.items() if m is poverty.headcount_ratio]
    chosen = np.flatnonzero(table["measure"].isin(shares))
    low, high = low.to_numpy().copy(), high.to_numpy().copy()
    for i in chosen if proportion != "symmetric" else ():
        row = table.iloc[i]
        low[i], high[i] = proportion_interval(
            row["estimate"],
            row["standard_error"],
            row["degrees_of_freedom"],
            row["sampled"],
            level=level,
            method=proportion,
        )
    return low, high
