"""Estimates of every group together with what their variances and covariances come from."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from analysis import microdata
from analysis.survey import influence
from analysis.survey.design import Design, columns_of, stages
from analysis.survey.replicates import Replicates
from analysis.survey.variance import covariance, side_by_side, unit_sums, variance


class Rows(NamedTuple):
    """What was fetched: arrays by name, the other columns, which rows count, and the groups."""

    arrays: dict
    columns: pd.DataFrame
    usable: np.ndarray
    keys: pd.DataFrame
    groups: list
    relative: microdata.RelativeLine | None


class Sample(NamedTuple):
    """Estimates in one row of labels each, their variances, and what covariances come from.

    `table` holds the deviations of each estimate in a column; it is None unless asked for.
    """

    labels: pd.DataFrame
    estimates: np.ndarray
    variances: np.ndarray
    table: object
    variance: Callable
    covariance: Callable


def fetched(frame, design, *, income, line=None, by=(), where=None, group=None, denominator=None):
    """Fetch what the measures and the design need; the arguments are those of `estimate`."""
    keep = [*microdata.names(where), *microdata.names(group), *_design_columns(design)]
    core, columns = microdata.gather(
        frame, income=income, weight=design.weight, line=line, by=by, keep=keep
    )
    arrays = {name: core[name].to_numpy() for name in core}
    if group:
        arrays["group"] = pd.factorize(columns[group])[0]
    if denominator:
        arrays["denominator"] = microdata.fetch(frame, [denominator])[denominator].to_numpy()
    keys, groups = microdata.grouped_rows(columns, by)
    relative = line if isinstance(line, microdata.RelativeLine) else None
    return Rows(arrays, columns, _usable(arrays, columns, where), keys, groups, relative)


def _design_columns(design):
    return columns_of(design) if isinstance(design, Design) else []


def _usable(arrays, columns, where):
    usable = ~np.isnan(arrays["income"])
    if "denominator" in arrays:
        usable &= ~np.isnan(arrays["denominator"])
    if where:
        inside = columns[where].to_numpy()
        if inside.dtype != bool:
            raise TypeError(f"column {where!r} holds {inside.dtype} values, not truth values")
        usable &= inside
    return usable


def _arrays(rows, chosen, weight=None):
    arrays = {name: array[chosen] for name, array in rows.arrays.items()}
    if weight is not None:
        arrays["weight"] = weight[chosen]
    return arrays


def sampled(rows, design, measures, *, joint=False):
    """Estimate every measure of every group; `joint` keeps what covariances come from."""
    if isinstance(design, Replicates):
        return _replicated(rows, design, measures)
    return _linearised(rows, design, measures, joint)


def labelled(rows, measures, freedom):
    """Give one row of keys and counts for each group and measure."""
    counts = []
    for group, degrees in zip(rows.groups, freedom, strict=True):
        inside = group[rows.usable[group]]
        count = microdata.counted({n: a[group] for n, a in rows.arrays.items()})
        count["persons"] = rows.arrays["weight"][inside].sum()
        counts.append({"degrees_of_freedom": degrees, "sampled": len(inside)} | count)
    labels = pd.concat([rows.keys, pd.DataFrame(counts, index=rows.keys.index)], axis=1)
    labels = labels.loc[labels.index.repeat(len(measures))].reset_index(drop=True)
    labels.insert(len(rows.keys.columns), "measure", list(measures) * len(rows.keys))
    return labels


# Linearisation


def _linearised(rows, design, measures, joint):
    layout = stages(design, rows.columns)
    lines = _line_influences(rows, layout[-1])
    values, blocks, squares, freedom = [], [], [], []
    for group in rows.groups:
        chosen = group[rows.usable[group]]
        arrays = _arrays(rows, chosen)
        parts = [_linear(m, arrays) for m in measures.values()]
        values += [part.value for part in parts]
        weighted = [arrays["weight"] * part.influence for part in parts]
        sums = unit_sums(layout[-1], chosen, weighted)
        sums = _with_line(rows, chosen, sums, parts, lines)
        squares.append(variance(sums, layout, design.lone))
        blocks += [sums] if joint else []
        freedom.append(_freedom(layout[0], chosen[rows.arrays["weight"][chosen] > 0]))
    return Sample(
        labelled(rows, measures, freedom),
        np.array(values),
        np.concatenate(squares),
        side_by_side(blocks) if joint else None,
        partial(variance, stages=layout, lone=design.lone),
        partial(covariance, stages=layout, lone=design.lone),
    )


def _linear(measure, arrays):
    return influence.of(measure)(**microdata.arguments(measure, arrays))


def _with_line(rows, chosen, sums, parts, lines):
    """Add the error of a relative line to the sums by unit."""
    if not lines or not len(chosen):
        return sums
    populations = {number for number, (inside, _) in enumerate(lines) if inside[chosen].any()}
    if len(populations) > 1:
        raise ValueError(
            "a group lies in several populations that have lines of their own; add the columns of "
            f"the line ({', '.join(rows.relative.within)}) to `by`"
        )
    slopes = sparse.csc_array([[part.slope() for part in parts]])
    return (sums + lines[populations.pop()][1] @ slopes).tocsc()


def _line_influences(rows, stage):
    """For each population with a relative line: its rows, and the line's sums by unit."""
    if rows.relative is None:
        return []
    found, known = [], ~np.isnan(rows.arrays["income"])
    for group in microdata.grouped_rows(rows.columns, rows.relative.within)[1]:
        chosen = group[known[group]]
        arrays = _arrays(rows, chosen)
        part = influence.relative_line(
            arrays["income"], arrays["weight"], rows.relative.share, rows.relative.of
        )
        inside = np.zeros(len(known), dtype=bool)
        inside[group] = True
        found.append((inside, unit_sums(stage, chosen, [arrays["weight"] * part.influence])))
    return found


def _freedom(stage, chosen):
    """Units less strata among the rows that count."""
    units = pd.unique(stage.unit[chosen])
    return float(len(units) - len(pd.unique(stage.stratum[units])))


# Replicates


def _replicated(rows, design, measures):
    weight = rows.arrays["weight"]
    if len(design.unit) != len(weight):
        raise ValueError(
            f"the replicate weights have {len(design.unit)} rows and the frame has {len(weight)}; "
            "make them from this frame"
        )
    whole = measured(rows, measures, weight)
    replicated = [
        measured(rows, measures, weight * factors[design.unit]) for factors in design.factors.T
    ]
    deviations = design.deviations(whole, np.array(replicated))
    return Sample(
        labelled(rows, measures, [design.degrees_of_freedom] * len(rows.groups)),
        whole,
        (deviations**2).sum(axis=0),
        deviations,
        lambda deviations: (deviations**2).sum(axis=0),
        lambda deviations: deviations.T @ deviations,
    )


def measured(rows, measures, weight, scale=1.0):
    """Compute every measure of every group under these weights, the relative line with them."""
    arrays = rows.arrays | {"weight": weight, "income": rows.arrays["income"] * scale}
    if rows.relative is not None:
        core = pd.DataFrame({"income": arrays["income"], "weight": weight})
        arrays["line"] = microdata.relative_lines(rows.relative, rows.columns, core)
    rows = rows._replace(arrays=arrays)
    values = []
    for group in rows.groups:
        found = _arrays(rows, group[rows.usable[group]])
        values += [m(**microdata.arguments(m, found)) for m in measures.values()]
    return np.array(values)
