"""Charts of the exit tests: readiness by shape and text, what is released, what is proved."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import words
from analysis.charts import house

Say = Callable[..., str]

MEANINGS = {"pass": "passes", "fail": "fails", "unknown": "unknown"}
HOLLOW = {"markerfacecolor": "white", "markeredgewidth": 1.4}


def checklist(axes: Axes, tests: pd.DataFrame, *, say: Say) -> None:
    """Draw one row a test and one column a moment: shape, word and figure in every cell.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    tests : DataFrame
        Columns ``moment, indicator, verdict, value, operator, threshold, unit``; a test without a
        figure shows its verdict alone.
    say : callable
        Words in the language drawn.
    """
    rows = tests["indicator"].drop_duplicates().tolist()
    columns = tests["moment"].drop_duplicates().tolist()
    for cell in tests.itertuples():
        x, y = columns.index(cell.moment), rows.index(cell.indicator)
        axes.plot(x, y, markersize=10, **_mark(cell.verdict))
        axes.annotate(
            _cell_text(cell, say), (x, y), (14, 0), textcoords="offset points", va="center"
        )
    _frame(axes, [say(f"term.test_{row}") for row in rows], len(columns))
    axes.set_xlim(-0.15, len(columns) - 0.1)
    axes.set_xticks(range(len(columns)), [say(f"term.{name}") for name in columns], ha="left")


def _mark(verdict: str) -> dict[str, object]:
    look = house.points(MEANINGS[verdict])
    return look | HOLLOW if verdict == "unknown" else look


def _cell_text(cell, say: Say) -> str:
    told = say(f"term.{cell.verdict}")
    if pd.isna(cell.value) or pd.isna(cell.threshold) or cell.unit != "share":
        return told
    figures = {"value": cell.value, "threshold": cell.threshold, "operator": cell.operator}
    return say("exits.label.cell", told=told, **figures)


def _frame(axes: Axes, names: list[str], columns: int) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[["top", "bottom", "left", "right"]].set_visible(False)
    axes.grid(visible=False)
    for row in range(len(names) - 1):
        axes.axhline(row + 0.5, color="#D8D8D8", linewidth=0.6)
    for column in range(columns - 1):
        axes.axvline(column + 0.85, color="#D8D8D8", linewidth=0.6)


def readiness(axes: Axes, patterns: pd.DataFrame, *, say: Say) -> None:
    """Draw a grid of shapes: one row a group of units with the same verdicts, largest on top.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    patterns : DataFrame
        Columns ``pattern, units, share, indicator, verdict``, as `exits.failure_patterns` gives.
    say : callable
        Words in the language drawn.
    """
    indicators = patterns["indicator"].drop_duplicates().tolist()
    placed = patterns.assign(
        x=patterns["indicator"].map(indicators.index), y=patterns["pattern"] - 1
    )
    for verdict in MEANINGS:
        cells = placed[placed["verdict"] == verdict]
        if len(cells):
            label = say(f"term.{verdict}")
            axes.plot(cells["x"], cells["y"], markersize=7.5, label=label, **_mark(verdict))
    groups = placed.drop_duplicates("pattern")
    names = [
        say("exits.label.group", units=row.units, share=row.share) for row in groups.itertuples()
    ]
    _frame(axes, names, 1)
    titles = [say(f"term.test_{name}") for name in indicators]
    axes.set_xticks(range(len(indicators)), titles, rotation=40, ha="left")
    axes.set_xlim(-0.5, len(indicators) - 0.5)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3, handletextpad=0.2)


def release(axes: Axes, released: pd.DataFrame, *, say: Say) -> None:
    """Draw, for each indicator, the units failing it and those it alone holds back.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    released : DataFrame
        Columns ``indicator, failing, released``, as `exits.marginal_release` gives.
    say : callable
        Words in the language drawn.
    """
    ordered = released.sort_values("released", kind="stable")
    names = [say(f"term.test_{name}") for name in ordered["indicator"]]
    axes.barh(names, ordered["failing"], 0.65, label=say("exits.label.failing"),
              **house.bar("muted"))  # fmt: skip
    axes.barh(names, ordered["released"], 0.65, label=say("exits.label.released"),
              **house.bar("projected"))  # fmt: skip
    for row, name in zip(ordered.itertuples(), names, strict=True):
        said = {"released": row.released, "failing": row.failing}
        end = max((count for count in said.values() if pd.notna(count)), default=0)
        hidden = {one: words.WITHHELD for one, count in said.items() if pd.isna(count)}
        none = len(hidden) == len(said)
        told = say("disclosure.withheld") if none else say("exits.label.bar", **said | hidden)
        axes.annotate(told, (end, name), (4, 0), textcoords="offset points", va="center")
    axes.set_xlim(0, np.fmax(ordered["failing"].max(), 1) * 1.25)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    axes.legend(loc="lower right")


def proof(panels, outcomes: pd.DataFrame, *, say: Say) -> None:
    """Draw the bounds of each number of errors against the threshold, one panel a design effect.

    Parameters
    ----------
    panels : sequence of Axes
        One a design effect.
    outcomes : DataFrame
        Columns ``effect, found, rate, rate_low, rate_high, threshold, verdict``.
    say : callable
        Words in the language drawn.
    """
    for axes, (effect, rows) in zip(panels, outcomes.groupby("effect", sort=False), strict=True):
        places = pd.Series(range(len(rows)), rows.index)
        for verdict, meaning in MEANINGS.items():
            own = rows[rows["verdict"] == verdict]
            reach = [own["rate"] - own["rate_low"], own["rate_high"] - own["rate"]]
            look = _mark(verdict) | {"label": say(f"exits.proof.{verdict}"), "markersize": 7}
            axes.errorbar(places[own.index], own["rate"], yerr=reach, elinewidth=1.2,
                          ecolor=house.mark(meaning).colour, **look)  # fmt: skip
        axes.axhline(rows["threshold"].iloc[0], **house.rule("target"))
        axes.set_title(say(f"term.{effect}"), loc="left")
        axes.set_xticks(places, [str(count) for count in rows["found"]])
        axes.set_xlabel(say("exits.label.errors"))
        axes.set_ylim(0, outcomes["rate_high"].max() * 1.08)
        house.percent(axes.yaxis)
    panels[0].legend(loc="upper left")
