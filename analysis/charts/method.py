"""Charts of the method: how far each engine was off, by years ahead."""

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts import house

Say = Callable[..., str]
MEANINGS = {"combination": "projected", "no_change": "synthetic", "log_linear": "history"}


def errors_ahead(panels: Sequence[Axes], errors: pd.DataFrame, *, say: Say) -> None:
    """Draw the mean absolute error of every engine by years ahead, panels on one scale.

    The combination and the two naive forecasts are named; the other engines stay in the background.

    Parameters
    ----------
    panels : sequence of Axes
        One an area.
    errors : DataFrame
        Columns ``area, engine, error_1, error_2, ...`` (0 to 1).
    say : callable
        Words in the language drawn.
    """
    ahead = [name for name in errors if name.startswith("error_")]
    for axes, (area, rows) in zip(panels, errors.groupby("area", sort=False), strict=True):
        labels = [_line(axes, row, ahead, say) for _, row in rows.iterrows()]
        axes.set_title(say(f"term.{area}"), loc="left")
        axes.set_xlabel(say("method.label.years"))
        axes.set_ylim(0, errors[ahead].max().max() * 1.08)
        house.percent(axes.yaxis)
        house.years(axes.xaxis)
        house.label_ends(axes, [label for label in labels if label is not None])


def _line(axes: Axes, row: pd.Series, ahead: Sequence[str], say: Say) -> tuple | None:
    meaning = MEANINGS.get(row["engine"], "muted")
    steps = [int(name.removeprefix("error_")) for name in ahead]
    named = row["engine"] in MEANINGS
    axes.plot(steps, row[list(ahead)], zorder=3 if named else 2, **house.line(meaning))
    if not named:
        return None
    return steps[-1], row[ahead[-1]], say(f"term.{row['engine']}"), meaning
