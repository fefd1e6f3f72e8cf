"""Differences that can or cannot be told from noise, and dominance over a range of lines."""

from functools import partial

import numpy as np

from analysis import microdata, poverty
from analysis.survey.design import Census
from analysis.survey.intervals import symmetric_interval
from analysis.survey.sample import fetched, sampled

BAND_DRAWS = 20_000  # enough for the third digit of a 95 % band


def differences(frame, design, measures, *, between, first, second, by=(), level=0.95, **options):
    """Second less first, with the covariance of the two, and whether it can be told from noise.

    Two years of one panel, or two areas of one sample, share sampling units: their covariance
    follows from them. Two samples drawn apart are put into one frame, with the year among the
    strata; then the covariance is zero.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    design : Design or Replicates
    measures : mapping of str to callable, or iterable of callable
    between : str
        Column that tells the two apart, as the year.
    first, second
        The two values of that column.
    by : str or iterable of str
        Columns that make the groups in which the two are compared.
    level : float
        Coverage of the intervals, 0..1.
    **options
        `income`, `line`, `where`, `group`, `denominator` as in `estimate`.

    Returns
    -------
    pandas.DataFrame
        Keys, `measure`, `first`, `second`, `difference`, `standard_error`, `difference_low`,
        `difference_high`, `degrees_of_freedom` and `distinguishable`: whether zero is outside.

    Raises
    ------
    ValueError
        If the design is a census, or one of the two is not in the frame.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.survey.design import Design
    >>> sample = pd.DataFrame({"yuan": [9, 8, 15, 11, 7, 16], "year": [1, 1, 1, 2, 2, 2]})
    >>> differences(sample, Design(None, strata="year"), [poverty.headcount_ratio], income="yuan",
    ...             line=10, between="year", first=1, second=2)["distinguishable"].item()
    False
    """
    sample = _compared(frame, design, measures, between, by=by, **options)
    table, one, two = _pairs(sample.labels, between, first, second, microdata.names(by))
    change = sample.table[:, two] - sample.table[:, one]
    table["first"], table["second"] = sample.estimates[one], sample.estimates[two]
    table["difference"] = table["second"] - table["first"]
    table["standard_error"] = np.sqrt(sample.variance(change))
    bounds = symmetric_interval(
        table["difference"], table["standard_error"], table["degrees_of_freedom"], level
    )
    table["difference_low"], table["difference_high"] = bounds
    table["distinguishable"] = (bounds[0] > 0) | (bounds[1] < 0)
    return table


def _compared(frame, design, measures, between, **options):
    if isinstance(design, Census):
        raise ValueError(
            "a census has no sampling error; compare its two counts, and its flows in between"
        )
    by = [*microdata.names(options.pop("by", ())), between]
    rows = fetched(frame, design, by=by, **options)
    return sampled(rows, design, microdata.named(measures), joint=True)


def _pairs(labels, between, first, second, by):
    """Positions of the two estimates to compare, for each group and measure that has both."""
    keys = [*by, "measure"]
    wanted = labels.assign(position=np.arange(len(labels)))
    wanted = [wanted[wanted[between] == value] for value in (first, second)]
    for value, found in zip((first, second), wanted, strict=True):
        if not len(found):
            raise ValueError(f"column {between!r} has no row with {value!r}")
    columns = [*keys, "position", "degrees_of_freedom"]
    pairs = wanted[0][columns].merge(wanted[1][columns], on=keys, suffixes=("_one", "_two"))
    table = pairs[keys].copy()
    table["degrees_of_freedom"] = pairs[["degrees_of_freedom_one", "degrees_of_freedom_two"]].min(
        axis=1
    )
    return table, pairs["position_one"].to_numpy(), pairs["position_two"].to_numpy()


def dominance(
    frame,
    design,
    *,
    income,
    lines,
    between,
    first,
    second,
    order=0,
    where=None,
    level=0.95,
    seed=0,
):
    """Compare poverty at every line of a range, with a band that holds for all lines at once.

    Parameters
    ----------
    frame : any dataframe Narwhals reads
    design : Design or Replicates
    income : str
        Column of incomes, yuan.
    lines : iterable of float
        Yuan, above zero.
    between : str
        Column that tells the two apart.
    first, second
        The two values of that column.
    order : float
        0 compares incidence (dominance of the first order), 1 the gap (second), and so on.
    where : str or None
        Column of truth values: only these rows count.
    level : float
        Coverage of the band, 0..1.
    seed : int
        Start of the random numbers that give the width of the band.

    Returns
    -------
    pandas.DataFrame
        A row for each line: `line`, `first`, `second`, `difference`, `standard_error`,
        `difference_low`, `difference_high` (band), `distinguishable`.

    References
    ----------
    Atkinson (1987), On the measurement of poverty; Montiel Olea and Plagborg-Møller (2019),
    Simultaneous confidence bands.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.survey.design import Design
    >>> sample = pd.DataFrame({"yuan": [9, 8, 15, 11, 7, 16], "year": [1, 1, 1, 2, 2, 2]})
    >>> table = dominance(sample, Design(None, strata="year"), income="yuan", lines=[8.5, 10],
    ...                   between="year", first=1, second=2)
    >>> ranking(table)
    'undecided'
    """
    lines = [float(line) for line in lines]
    measures = {f"{line}": partial(poverty.fgt, line=line, order=order) for line in lines}
    sample = _compared(frame, design, measures, between, income=income, where=where)
    table, one, two = _pairs(sample.labels, between, first, second, [])
    common = sample.covariance(sample.table[:, two] - sample.table[:, one])
    table = table.assign(line=lines, first=sample.estimates[one], second=sample.estimates[two])
    table["difference"] = table["second"] - table["first"]
    table["standard_error"] = np.sqrt(np.maximum(np.diagonal(common), 0))
    reach = _band_reach(common, table["degrees_of_freedom"].min(), level, seed)
    table["difference_low"] = table["difference"] - reach * table["standard_error"]
    table["difference_high"] = table["difference"] + reach * table["standard_error"]
    table["distinguishable"] = (table["difference_low"] > 0) | (table["difference_high"] < 0)
    return table.drop(columns="measure")


def _band_reach(common, freedom, level, seed):
    """Standard errors to each side that hold for all estimates at once."""
    errors = np.sqrt(np.maximum(np.diagonal(common), 0))
    moving = errors > 0
    if not moving.any():
        return 0.0
    correlation = common[np.ix_(moving, moving)] / np.outer(errors[moving], errors[moving])
    random = np.random.default_rng(seed)
    normal = random.multivariate_normal(
        np.zeros(moving.sum()), correlation, BAND_DRAWS, method="eigh"
    )
    spread = 1.0
    if np.isfinite(freedom):
        spread = np.sqrt(random.chisquare(freedom, BAND_DRAWS) / freedom) if freedom > 0 else np.nan
    return float(np.quantile(np.abs(normal).max(axis=1) / spread, level))


def ranking(table):
    """Say in a word whether one of the two has less poverty at every line of a range.

    Parameters
    ----------
    table : pandas.DataFrame
        From `dominance`.

    Returns
    -------
    str
        "second_lower" or "first_lower": lower wherever the two can be told apart, and somewhere
        they can; "crossing": each is lower somewhere; "undecided": nowhere told apart.

    Examples
    --------
    >>> import pandas as pd
    >>> ranking(pd.DataFrame({"difference": [-0.2, 0.1], "distinguishable": [True, False]}))
    'second_lower'
    """
    told = table.loc[table["distinguishable"], "difference"]
    lower, higher = bool((told < 0).any()), bool((told > 0).any())
    words = {(True, True): "crossing", (True, False): "second_lower", (False, True): "first_lower"}
    return words.get((lower, higher), "undecided")
