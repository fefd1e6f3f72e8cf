"""The chart beside the sliders: incidence today and a year ahead, and what each village adds."""

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from analysis.charts import house

Say = Callable[..., str]


def outlook(
    panels: Sequence[Axes],
    shown: pd.DataFrame,
    curve: pd.DataFrame,
    villages: int,
    threshold: float | None,
    *,
    say: Say,
) -> None:
    """Draw two incidences from today to a year ahead, and the register's by villages exited.

    Parameters
    ----------
    panels : sequence of Axes
        Two, side by side.
    shown : DataFrame
        From `analysis.explore.outlook`.
    curve : DataFrame
        From `analysis.explore.plan_curve`.
    villages : int
        Number of villages that the plan lets exit.
    threshold : float or None
        Incidence below which the county passes, 0 to 1; none is drawn where none is known.
    say : callable
        Words in the language drawn.
    """
    _year_ahead(panels[0], shown.set_index("moment"), say)
    _by_villages(panels[1], curve, villages, say)
    for axes in panels:
        if threshold is not None:
            axes.plot([0, axes.dataLim.x1], [threshold] * 2, **house.rule("target"))
        axes.set_ylim(bottom=0)
        # Few ticks: their texts are most of the time that a redrawing takes.
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    if threshold is not None:
        panels[1].annotate(
            say("explore.label.threshold"), (0, threshold), xytext=(2, 3), fontsize=8,
            textcoords="offset points", color=house.mark("target").colour,
        )  # fmt: skip


def _year_ahead(axes: Axes, shown: pd.DataFrame, say: Say) -> None:
    below, register = shown["below_ratio"], shown["register_ratio"]
    if below.notna().all():
        ends = [[below["ahead"] - below["ahead_low"]], [below["ahead_high"] - below["ahead"]]]
        colour = house.mark("projected").colour
        axes.errorbar([1], [below["ahead"]], ends, color=colour, capsize=4, linewidth=1.2)
    axes.plot([0, 1], [below["today"], below["ahead"]], **house.line("projected"))
    axes.plot([0, 1], [register["today"], register["ahead"]], **house.line("plan"))
    axes.set_xticks([0, 1], [say("explore.label.today"), say("explore.label.ahead")])
    axes.set_xlim(-0.15, 1.4)
    axes.set_title(say("explore.label.year_ahead"))
    labels = [
        (1.04, below["ahead"], say("explore.label.below"), "projected"),
        (1.04, register["ahead"], say("explore.label.register"), "plan"),
    ]
    house.label_ends(axes, labels)


def _by_villages(axes: Axes, curve: pd.DataFrame, villages: int, say: Say) -> None:
    axes.plot(curve["villages"], curve["register_ratio"], **house.rule("plan"))
    at = curve.set_index("villages")["register_ratio"][villages]
    axes.plot([villages], [at], **house.points("plan") | {"markersize": 8})
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_xlabel(say("explore.label.villages"))
    axes.set_title(say("explore.label.by_villages"))
    axes.margins(x=0.03)
