"""Charts of the audit: what holds, the plan against its standard, printed and true years."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts import house

Say = Callable[..., str]

MEANINGS = {
    "holds": "passes",
    "contradicted": "fails",
    "corrupt": "corrupt",
    "cannot_be_tested": "unknown",
    "redacted": "muted",
}
PRINTED = house.points("fails") | {"marker": "o", "markerfacecolor": "white"}
HOLLOW = {"marker": "s", "markerfacecolor": "none"}


def verdict_grid(axes: Axes, marks: pd.DataFrame, *, say: Say) -> None:
    """Draw one mark a printed figure, in the order of the document, one row a section.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    marks : DataFrame
        Columns ``section, answer``, one row a figure; answer is a key of `MEANINGS`.
    say : callable
        Words in the language drawn.
    """
    sections = marks["section"].unique().tolist()
    placed = marks.assign(
        x=marks.groupby("section").cumcount(), y=marks["section"].map(sections.index)
    )
    for answer, meaning in MEANINGS.items():
        rows = placed[placed["answer"] == answer]
        look = house.points(meaning) | (HOLLOW if answer == "redacted" else {})
        name = say(f"printed_figures.answered.{answer}", figures=len(rows))
        axes.plot(rows["x"], rows["y"], label=name, markersize=6.5, **look)
    _name_rows(axes, [say(f"term.{section}") for section in sections])
    axes.xaxis.set_visible(False)
    axes.spines[["bottom", "left"]].set_visible(False)
    axes.grid(visible=False)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, handletextpad=0.2)


def village_plan(axes: Axes, villages: pd.DataFrame, needed: float, *, say: Say) -> None:
    """Draw the villages out, planned and left as one bar against those that must be out.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    villages : DataFrame
        Columns ``part, villages`` in the order out, planned, left.
    needed : float
        Villages that must be out.
    say : callable
        Words in the language drawn.
    """
    ends = villages["villages"].cumsum().tolist()
    looks = (("observed", "white"), ("plan", "white"), ("muted", "#333333"))
    for row, end, (meaning, ink) in zip(villages.itertuples(), ends, looks, strict=True):
        start = end - row.villages
        axes.barh(0, row.villages, left=start, height=0.5, **house.bar(meaning))
        text = say(f"printed_figures.label.{row.part}", villages=row.villages)
        seen = needed if start < needed < end else end
        box = {"facecolor": house.mark(meaning).colour, "edgecolor": "none", "pad": 1.5}
        place = ((start + seen) / 2, 0)
        axes.annotate(text, place, ha="center", va="center", color=ink, bbox=box)
    axes.axvline(needed, ymin=0.04, ymax=0.7, **house.rule("target"))
    _note(axes, say("printed_figures.label.needed", villages=needed), (needed, 0.51), "center")
    _gap(axes, ends[1], needed, say=say)
    axes.set_xlim(0, ends[-1])
    axes.set_ylim(-0.36, 0.86)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)


def year_shift(axes: Axes, years: pd.DataFrame, now: float, *, say: Say) -> None:
    """Draw each printed year and the year it stands for, in the order of the document.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    years : DataFrame
        Columns ``mention, printed_year, year_low, year_high, why``; a missing end is open.
    now : float
        Date of the document as a year with its fraction, drawn where that year's mark stands.
    say : callable
        Words in the language drawn.
    """
    axes.axvline(now, **house.rule("target"))
    for place, row in enumerate(years.itertuples()):
        _mention(axes, place, row)
    for name, look in (("true", house.points("observed")), ("printed", PRINTED)):
        axes.plot([], [], label=say(f"printed_figures.label.{name}"), **look)
    _name_rows(axes, [_row_name(row, say) for row in years.itertuples()])
    _note(axes, say("printed_figures.label.now"), (now, -0.8), "center")
    house.years(axes.xaxis)
    drawn = years[["printed_year", "year_low", "year_high"]]
    axes.set_xlim(drawn.min().min() - 1.4, drawn.max().max() + 0.6)
    axes.grid(visible=False)
    axes.legend(loc="lower left")


def _mention(axes: Axes, place: int, row: tuple) -> None:
    later = pd.isna(row.year_high)
    meant = row.year_low if later else row.year_high
    if meant != row.printed_year:
        colour = house.mark("fails").colour
        _arrow(axes, (row.printed_year, place), (meant, place), color=colour, shrinkA=4)
        axes.plot(row.printed_year, place, **PRINTED)
    if later or pd.isna(row.year_low):
        colour = house.mark("observed").colour
        away = (meant + (0.8 if later else -0.8), place)
        _arrow(axes, (meant, place), away, color=colour, linestyle=":")
    axes.plot(meant, place, **house.points("observed"))


def _row_name(row: tuple, say: Say) -> str:
    return row.mention if row.why == "believed" else f"{say(f'term.{row.why}')}  {row.mention}"


def _gap(axes: Axes, reached: float, needed: float, *, say: Say) -> None:
    if reached >= needed:
        return
    _arrow(axes, (reached, 0.34), (needed, 0.34), color=house.mark("target").colour)
    text = say("printed_figures.label.gap", villages=needed - reached)
    _note(axes, text, ((reached + needed) / 2, 0.36), "center")


def _arrow(axes: Axes, start: tuple, end: tuple, **look: object) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "linewidth": 0.9, **look})


def _note(axes: Axes, text: str, place: tuple[float, float], side: str) -> None:
    colour = house.mark("target").colour
    axes.annotate(text, place, ha=side, va="bottom", color=colour, annotation_clip=False)


def _name_rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.9)
