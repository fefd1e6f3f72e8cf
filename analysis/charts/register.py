"""Charts of the register: what ledgers leave open, and the flow of households between states."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts import house
from analysis.charts.ribbons import ribbons

Say = Callable[..., str]
MEANINGS = {"poor": "fails", "returned": "corrupt", "exited": "passes", "never": "muted"}


def residuals(axes: Axes, rows: pd.DataFrame, *, say: Say) -> None:
    """Draw what each statement of a ledger leaves unexplained, as a bar from zero.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    rows : DataFrame
        Columns ``place, statement, residual, residual_share``.
    say : callable
        Words in the language drawn.
    """
    names = [
        say("register.label.statement", place=row.place, statement=row.statement)
        for row in rows.itertuples()
    ]
    axes.barh(range(len(rows)), rows["residual"], 0.6, **house.bar("place"))
    for place, row in enumerate(rows.itertuples()):
        text = say("register.label.residual", residual=row.residual, share=row.residual_share)
        side = 1 if row.residual > 0 else -1
        axes.annotate(
            text,
            (row.residual, place),
            xytext=(4 * side, 0),
            textcoords="offset points",
            va="center",
            ha="left" if side > 0 else "right",
        )
    axes.set_yticks(range(len(names)), names)
    axes.axvline(0, **house.rule("observed"))
    axes.margins(x=0.6)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines[["bottom", "left"]].set_visible(False)
    axes.tick_params(left=False)


def state_flow(axes: Axes, links: pd.DataFrame, *, say: Say) -> None:
    """Draw households passing between states from year to year.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    links : DataFrame
        From `analysis.register.state_links`: ``stage, year, source, target, households``.
    say : callable
        Words in the language drawn.
    """
    if links["households"].isna().any():
        # A ribbon left out would move all others, and a state would seem to hold fewer.
        axes.text(0.5, 0.5, say("register.label.withheld"), ha="center", va="center")
        axes.set_axis_off()
        return
    ribbons(
        axes,
        links,
        "households",
        order=list(MEANINGS),
        looks=lambda state: MEANINGS.get(state, "unknown"),
        names=lambda state, households: say(
            "register.label.state", state=f"register.state.{state}", households=households
        ),
    )
    years = links.groupby("stage")["year"].first()
    for stage, year in [(-1, years.iloc[0] - 1), *years.items()]:
        axes.text(
            stage + 1,
            -0.02,
            say("register.label.year", year=int(year)),
            transform=axes.get_xaxis_transform(),
            va="top",
        )
