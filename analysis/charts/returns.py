"""Charts of the risk of falling back: what visits meet, and whether chances hold."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.charts import house

Say = Callable[..., str]
MEANINGS = {"model": "place", "rule": "province", "random": "unknown", "oracle": "history"}


def gain(axes: Axes, curves: pd.DataFrame, *, share: float, say: Say) -> None:
    """Draw the share of returns that visits meet, against the share of households visited.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    curves : DataFrame
        From `analysis.returns.gain_table`: ``share`` and a column for each list; where a share is
        missing the line has a gap.
    share : float
        Share of the households that can be visited, 0 to 1.
    say : callable
        Words in the language drawn.
    """
    lists = [name for name in MEANINGS if name in curves and curves[name].notna().any()]
    for name in lists:
        axes.plot(curves["share"], curves[name], **house.line(MEANINGS[name]))
    axes.axvline(share, **house.rule("target"))
    axes.annotate(
        say("returns.label.visits", share=share),
        (share, 1.0),
        xytext=(5, -9),
        textcoords="offset points",
        color=house.mark("target").colour,
    )
    axes.set_xlim(0, curves["share"].max())
    axes.set_ylim(0, 1)
    house.percent(axes.xaxis)
    house.percent(axes.yaxis)
    axes.set_xlabel(say("returns.label.share"))
    axes.set_ylabel(say("returns.label.recall"))
    ends = {name: curves.dropna(subset=[name]).iloc[-1] for name in lists}
    names = {name: say(f"returns.list.{name}") for name in lists}
    house.label_ends(
        axes,
        [(end["share"], end[name], names[name], MEANINGS[name]) for name, end in ends.items()],
    )


def reliability(axes: Axes, groups: pd.DataFrame, *, say: Say) -> None:
    """Draw what happened against what was expected, in groups from the lowest chance up.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    groups : DataFrame
        From `analysis.returns.reliability`.
    say : callable
        Words in the language drawn.
    """
    known = groups.dropna(subset=["expected_share"])
    for scale in (axes.set_xscale, axes.set_yscale):
        # Most groups lie near nothing; roots keep them apart, and the diagonal straight.
        scale("function", functions=(_root, np.square))
    far = known[["expected_share", "observed_share_high"]].max().max() * 1.05 if len(known) else 1
    axes.plot([0, far], [0, far], **house.rule("target"))
    axes.annotate(
        say("returns.label.exact"),
        (0.45 * far, 0.45 * far),
        xytext=(10, -10),
        textcoords="offset points",
        color=house.mark("target").colour,
    )
    axes.vlines(
        known["expected_share"],
        known["observed_share_low"],
        known["observed_share_high"],
        color=house.mark("observed").colour,
        linewidth=1.0,
    )
    axes.plot(known["expected_share"], known["observed_share"], **house.points("observed"))
    axes.set(xlim=(0, far), ylim=(0, far), xticks=_ticks(far), yticks=_ticks(far))
    house.percent(axes.xaxis)
    house.percent(axes.yaxis)
    axes.set_xlabel(say("returns.label.expected"))
    axes.set_ylabel(say("returns.label.observed"))


def _root(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(values, 0))


def _ticks(far: float) -> list[float]:
    return [step**2 / 100 for step in range(11) if step**2 / 100 <= far]
