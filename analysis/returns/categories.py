"""The three kinds of households that are monitored: unstable, marginal, struck by a blow."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

UNSTABLE, MARGINAL, SUDDEN, NONE, UNKNOWN = KINDS = (
    "unstable",
    "marginal",
    "sudden",
    "none",
    "unknown",
)


def monitoring_line(lines: pd.DataFrame, rules: pd.DataFrame, areas: Sequence[str]) -> pd.DataFrame:
    """
    Give the income under which households are monitored in each year.

    Parameters
    ----------
    lines : DataFrame
        ``year, line_yuan``: the poverty line of each year.
    rules : DataFrame
        The table ``monitoring_lines``: ``area, year`` and either ``threshold_yuan`` or
        ``line_multiple``.
    areas : sequence of str
        Areas whose rule counts, the nearest first; the first that has a rule for a year gives it.

    Returns
    -------
    DataFrame
        ``year, monitoring_yuan, source, verification``, one row a year that has a rule.

    Examples
    --------
    >>> rules = pd.DataFrame({"area": ["100000"], "year": [2017], "line_multiple": [1.5],
    ...     "threshold_yuan": [None], "source": ["speech"], "verification": ["assumed"]})
    >>> lines = pd.DataFrame({"year": [2017], "line_yuan": [3000.0]})
    >>> monitoring_line(lines, rules, ["530000", "100000"])["monitoring_yuan"].tolist()
    [4500.0]
    """
    nearness = rules["area"].map({area: place for place, area in enumerate(areas)})
    held = rules.assign(nearness=nearness).dropna(subset=["nearness"])
    held = held.sort_values(["year", "nearness"]).drop_duplicates("year")
    held = held.merge(lines[["year", "line_yuan"]], on="year", how="left")
    multiple = held["line_multiple"].astype(float) * held["line_yuan"]
    held["monitoring_yuan"] = held["threshold_yuan"].astype(float).fillna(multiple)
    held = held.dropna(subset=["monitoring_yuan"])
    return held[["year", "monitoring_yuan", "source", "verification"]].reset_index(drop=True)


def line_watched(watching: pd.DataFrame, year: int, areas: Sequence[str]) -> pd.DataFrame:
    """
    Take the income under which households are monitored in one year.

    Parameters
    ----------
    watching : DataFrame
        From `monitoring_line`.
    year : int
        Year asked for.
    areas : sequence of str
        The areas whose rule was asked for, for the message.

    Returns
    -------
    DataFrame
        Its one row.

    Raises
    ------
    ValueError
        None of the areas has a rule for the year.

    Examples
    --------
    >>> watching = pd.DataFrame({"year": [2016, 2017], "monitoring_yuan": [4000.0, 4500.0]})
    >>> line_watched(watching, 2017, ["100000"])["monitoring_yuan"].tolist()
    [4500.0]
    """
    now = watching[watching["year"] == year]
    if now.empty:
        raise ValueError(
            f"areas: {', '.join(areas) or 'none named'}, without a line of monitoring for {year}; "
            "name one that has it in data/reference/monitoring_lines.csv, such as 100000"
        )
    return now


def monitored(
    rows: pd.DataFrame, monitoring: pd.DataFrame, settings: Mapping[str, float]
) -> pd.DataFrame:
    """
    Say of which kind each household is that is not poor on the register.

    Parameters
    ----------
    rows : DataFrame
        From `known_rows`.
    monitoring : DataFrame
        From `monitoring_line`.
    settings : mapping
        ``income_fall``: share by which income must have fallen to count as cut sharply.

    Returns
    -------
    DataFrame
        The rows whose status is exited or never, with ``kind``: ``unstable`` (exited, income below
        the line of monitoring), ``marginal`` (never registered, below it), ``sudden`` (above it,
        but a member fell seriously ill, work was lost, or income fell sharply), ``none`` or
        ``unknown`` (no income, or no line for the year). The rule besides asks for a judgement
        that there is a risk; that is not in the register.

    Examples
    --------
    >>> rows = pd.DataFrame({"status": ["exited", "never"], "year": 2017, "fell_ill": 0.0,
    ...     "work_lost": 0.0, "income_yuan": [4000.0, 9000.0], "income_before_yuan": 15000.0})
    >>> line = pd.DataFrame({"year": [2017], "monitoring_yuan": [5000.0]})
    >>> monitored(rows, line, {"income_fall": 0.3})["kind"].tolist()
    ['unstable', 'sudden']
    """
    watched = rows[rows["status"].isin(["exited", "never"])]
    watched = watched.merge(monitoring[["year", "monitoring_yuan"]], on="year", how="left")
    income, line = watched["income_yuan"], watched["monitoring_yuan"]
    fell = income < (1 - settings["income_fall"]) * watched["income_before_yuan"]
    blow = watched["fell_ill"].eq(1) | watched["work_lost"].eq(1) | fell
    out = watched["status"].eq("exited")
    cases = [income.isna() | line.isna(), (income < line) & out, income < line, blow]
    kinds = [UNKNOWN, UNSTABLE, MARGINAL, SUDDEN]
    return watched.assign(kind=np.select(cases, kinds, NONE))


def kind_counts(watched: pd.DataFrame) -> pd.DataFrame:
    """
    Count the households of each kind, and those not all of whose facts are known.

    Parameters
    ----------
    watched : DataFrame
        Rows of one year from `monitored`, with ``size`` and ``incomplete``.

    Returns
    -------
    DataFrame
        ``watched_as, watched_households, watched_persons, share`` (0 to 1, of the households
        given), ``incomplete`` (households); every kind has a row.

    Examples
    --------
    >>> watched = pd.DataFrame({"kind": ["none"], "size": [3.0], "incomplete": [False]})
    >>> kind_counts(watched)["watched_households"].tolist()
    [0, 0, 0, 1, 0]
    """
    table = watched.groupby("kind").agg(
        watched_households=("kind", "size"),
        watched_persons=("size", "sum"),
        incomplete=("incomplete", "sum"),
    )
    table = table.reindex(list(KINDS), fill_value=0).astype(int)
    table.insert(2, "share", table["watched_households"] / max(len(watched), 1))
    return table.rename_axis("watched_as").reset_index()
