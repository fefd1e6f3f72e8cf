"""Flows between stages as ribbons, in plain matplotlib."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.path import Path

from analysis.charts import house

BAR, GAP, OPACITY = 0.05, 0.03, 0.28


def ribbons(
    axes: Axes,
    links: pd.DataFrame,
    amount: str,
    *,
    order: Sequence[str],
    looks: Callable,
    names: Callable,
) -> None:
    """Draw links between the nodes of neighbouring stages, each as wide as its amount.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    links : DataFrame
        Columns ``stage`` (0 for the first pair), ``source, target`` and the amount.
    amount : str
        Column, not negative.
    order : sequence of str
        Nodes from the top down; others stand below them as they appear.
    looks : callable
        Node to meaning of the palette.
    names : callable
        Node and amount to the words beside it.
    """
    stages = int(links["stage"].max()) + 2
    ranks = {node: rank for rank, node in enumerate(order)}
    placed = links.assign(**{end: links[end].map(ranks) for end in ("source", "target")})
    links = links.loc[placed.sort_values(["stage", "source", "target"], kind="stable").index]
    sizes = [_sizes(links, amount, stage, ranks) for stage in range(stages)]
    gap = GAP * max(column.sum() for column in sizes)
    bases = [_bases(column, gap) for column in sizes]
    for stage, column in enumerate(sizes):
        _nodes(axes, stage, pd.DataFrame({"size": column, "base": bases[stage]}), looks, names)
    shapes, colours = [], []
    for stage, rows in links.groupby("stage"):
        left, right = (bases[int(stage) + side].to_dict() for side in (0, 1))
        for source, target, size in rows[["source", "target", amount]].itertuples(index=False):
            shapes.append(_ribbon(stage, left[source], right[target], size))
            colours.append(house.mark(looks(source)).colour)
            left[source] += size
            right[target] += size
    # One collection: a hundred artists of their own take a second to draw.
    look = {"facecolors": colours, "alpha": OPACITY, "linewidths": 0}
    axes.add_collection(PathCollection(shapes, **look), autolim=False)
    axes.set_xlim(-0.1, stages - 0.5)
    axes.invert_yaxis()
    axes.set_axis_off()


def _sizes(links: pd.DataFrame, amount: str, stage: int, ranks: dict[str, int]) -> pd.Series:
    out = links[links["stage"] == stage].groupby("source", sort=False)[amount].sum()
    into = links[links["stage"] == stage - 1].groupby("target", sort=False)[amount].sum()
    sizes = pd.concat([out, into], axis=1).max(axis=1)
    return sizes.sort_index(key=lambda nodes: nodes.map(ranks), kind="stable")


def _bases(sizes: pd.Series, gap: float) -> pd.Series:
    return sizes.cumsum().shift(fill_value=0.0) + gap * np.arange(len(sizes))


def _nodes(axes: Axes, stage: int, nodes: pd.DataFrame, looks: Callable, names: Callable) -> None:
    box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8}
    for node, size, base in nodes.itertuples():
        look = house.mark(looks(node)).colour
        axes.bar(stage, size, BAR, bottom=base, color=look, align="edge", linewidth=0)
        place = (stage + BAR + 0.02, base + size / 2)
        axes.annotate(names(node, size), place, va="center", fontsize="small", bbox=box, zorder=5)


def _ribbon(stage: int, start: float, end: float, size: float) -> Path:
    """A ribbon of two cubic curves: few points, as a picture of hundreds is stored twice."""
    across = stage + BAR + np.array([0, 1 / 3, 2 / 3, 1]) * (1 - BAR)
    there = np.column_stack([across, [start, start, end, end]])
    back = there[::-1] + np.array([0, size])
    curve = [Path.CURVE4] * 3
    codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
    return Path(np.concatenate([there, back, there[:1]]), codes)
