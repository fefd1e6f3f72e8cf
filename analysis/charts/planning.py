"""Charts of the plan: crews at work by trade and month, and cost by villages released."""

from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis import marks, words
from analysis.charts import house

Say = Callable[..., str]
FILLED = 0.62
FULL = 0.995
# Left of the first mark stands its name: a share of the width of all marks.
ROOM = 0.55


def crew_use(axes: Axes, use: pd.DataFrame, *, say: Say) -> None:
    """Draw one cell a trade and month, filled from below as far as its crews are at work.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    use : DataFrame
        Columns ``trade, month, share`` (0 to 1; missing where there are no crews), and
        ``withheld`` where some are not published.
    say : callable
        Words in the language drawn.
    """
    trades, months = use["trade"].unique().tolist(), use["month"].unique().tolist()
    hidden = use.get(marks.WITHHELD, pd.Series("", index=use.index)).ne("")
    for cell, gone in zip(use.itertuples(), hidden, strict=True):
        x, y = months.index(cell.month), trades.index(cell.trade)
        _cell(axes, x, y, 0.0 if pd.isna(cell.share) else cell.share, say)
        if gone:
            axes.text(x, y + FILLED / 2, words.MARK, ha="center", va="center", fontsize=7.5)
    names = [say(f"term.trade_{trade}") for trade in trades]
    axes.set_yticks([place + FILLED / 2 for place in range(len(trades))], names)
    axes.set_xticks(range(len(months)), [say("planning.label.month", month=m) for m in months])
    axes.set_xlim(-0.5, len(months) - 0.5)
    axes.set_ylim(len(trades) - 0.1, -0.2)
    axes.tick_params(length=0)
    axes.spines[["top", "bottom", "left", "right"]].set_visible(False)
    axes.grid(visible=False)


def _cell(axes: Axes, x: int, y: int, share: float, say: Say) -> None:
    colour = house.mark("projected" if share >= FULL else "band").colour
    filled = Rectangle((x - 0.46, y + FILLED), 0.92, -FILLED * min(share, 1.0))
    filled.set(facecolor=colour, edgecolor="none")
    axes.add_patch(filled)
    axes.add_patch(Rectangle((x - 0.46, y), 0.92, FILLED, fill=False, edgecolor="#9A9A9A", lw=0.6))
    if share > 0:
        told = say("planning.label.share", share=share)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        axes.text(x, y + FILLED / 2, told, ha="center", va="center", fontsize=7.5, bbox=box)


def frontier(axes: Axes, costs: pd.DataFrame, marks: Mapping[str, float], *, say: Say) -> None:
    """Draw the least cost against the villages that are then out.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    costs : DataFrame
        Columns ``villages_out, cost_yuan``; a missing cost is drawn as a hollow mark at the top,
        a number that may not be published not at all.
    marks : mapping
        ``must`` (villages that must be out) and ``budget_yuan``.
    say : callable
        Words in the language drawn.
    """
    costs = costs[~_hidden(costs)]
    found, lost = costs.dropna(subset=["cost_yuan"]), costs[costs["cost_yuan"].isna()]
    top = max([*found["cost_yuan"], marks["budget_yuan"]]) * 1.28
    axes.plot(found["villages_out"], found["cost_yuan"], **house.line("projected"))
    hollow = {"markerfacecolor": "white", "markeredgewidth": 1.4, "markersize": 8}
    lost = lost.assign(cost_yuan=top * 0.93)
    axes.plot(lost["villages_out"], lost["cost_yuan"], **house.points("unknown") | hollow)
    for row in found.itertuples():
        told = say("planning.label.point", yuan=row.cost_yuan, out=row.villages_out)
        _name(axes, row, told, (-8, 7))
    for row in lost.itertuples():
        _name(axes, row, say("planning.label.impossible", out=row.villages_out), (8, -13))
    _rules(axes, marks, say)
    axes.set_ylim(0, top)
    reached = [*costs["villages_out"], marks["must"]]
    first, last = min(reached), max(reached)
    span = max(last - first, 1)
    axes.set_xlim(first - ROOM * span, last + 0.05 * span)


def _hidden(costs: pd.DataFrame) -> pd.Series:
    """Find what may not be published: it is neither a point nor impossible."""
    told = costs.get(marks.WITHHELD, pd.Series("", index=costs.index))
    return told.str.contains("cost_yuan|villages_out")


def _name(axes: Axes, point, told: str, offset: tuple[float, float]) -> None:
    place = (point.villages_out, point.cost_yuan)
    axes.annotate(
        told, place, offset, textcoords="offset points", ha="right", va="center", fontsize=8
    )


def _rules(axes: Axes, marks: Mapping[str, float], say: Say) -> None:
    must, budget = marks["must"], marks["budget_yuan"]
    look = {"textcoords": "offset points", "fontsize": 8}
    axes.axvline(must, **house.rule("target"))
    colour = house.mark("target").colour
    told = say("planning.label.must", must=must)
    axes.annotate(told, (must, 0), (-5, 7), ha="right", color=colour, **look)
    axes.axhline(budget, **house.rule("observed"))
    told = say("planning.label.budget", yuan=budget)
    axes.annotate(told, (0, budget), (4, 4), xycoords=("axes fraction", "data"), **look)
    money = FuncFormatter(lambda yuan, _: say("planning.label.yuan", yuan=yuan))
    axes.yaxis.set_major_formatter(money)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(say("planning.label.villages"))
