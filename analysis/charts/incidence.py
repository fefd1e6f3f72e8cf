"""Charts of incidence: where it stands, where it may go, and how past forecasts fared."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.charts import house

Say = Callable[..., str]
LABEL = {
    "xytext": (5, 4),
    "textcoords": "offset points",
    "fontsize": 8,
    "bbox": {
        "boxstyle": "square,pad=0.12",
        "facecolor": "white",
        "edgecolor": "none",
        "alpha": 0.8,
    },
}


def standing(axes: Axes, survey: pd.DataFrame, register: pd.DataFrame, *, say: Say) -> None:
    """Draw survey series as lines and register figures as single points, never joined.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    survey : DataFrame
        Columns ``meaning, area, year, headcount_ratio``; one line an area.
    register : DataFrame
        Columns ``meaning, area, year, headcount_ratio``; one mark a row that has a figure.
    say : callable
        Words in the language drawn.
    """
    labels = []
    for (meaning, area), rows in survey.groupby(["meaning", "area"], sort=False):
        axes.plot(rows["year"], rows["headcount_ratio"], **house.line(meaning))
        name = say("incidence.label.survey", area=area)
        labels.append((rows["year"].iloc[-1], rows["headcount_ratio"].iloc[-1], name, meaning))
    for row in register.dropna(subset="headcount_ratio").itertuples():
        axes.plot(row.year, row.headcount_ratio, markersize=8, **house.points(row.meaning))
        name = say("incidence.label.register", area=row.area, share=row.headcount_ratio)
        labels.append((row.year, row.headcount_ratio, name, row.meaning))
    axes.set_ylim(0)
    axes.margins(x=0.04)
    house.percent(axes.yaxis)
    house.years(axes.xaxis)
    house.label_ends(axes, labels)


def fans(
    panels: Sequence[Axes], fans: pd.DataFrame, start: pd.Series, line: float, *, say: Say
) -> None:
    """Draw one fan a scenario, side by side on one scale, against the line to fall below.

    Parameters
    ----------
    panels : sequence of Axes
        One a scenario.
    fans : DataFrame
        Columns ``scenario, year, median, low_90, low_80, high_80, high_90``.
    start : Series
        ``year, headcount_ratio`` of the last observed figure; without one the fans begin later.
    line : float
        The incidence to fall below, 0 to 1.
    say : callable
        Words in the language drawn.
    """
    for axes, (scenario, rows) in zip(panels, fans.groupby("scenario", sort=False), strict=True):
        _fan(axes, rows, start)
        axes.axhline(line, **house.rule("target"))
        axes.set_title(say(f"term.{scenario}"), loc="left")
        axes.set_xticks([start["year"], *rows["year"]])
        axes.set_ylim(0, np.fmax(fans["high_90"].max(), start["headcount_ratio"]) * 1.12)
        house.percent(axes.yaxis)
    for axes in panels[1:]:
        axes.tick_params(labelleft=False)
    last = panels[-1]
    place = (last.get_xlim()[1], line)
    text = say("incidence.label.line", share=line)
    colour = house.mark("target").colour
    last.annotate(text, place, xytext=(-2, 3), textcoords="offset points", ha="right", color=colour)


def _fan(axes: Axes, rows: pd.DataFrame, start: pd.Series) -> None:
    years = [start["year"], *rows["year"]]
    for share, low, high in ((0.9, "low_90", "high_90"), (0.8, "low_80", "high_80")):
        bounds = ([start["headcount_ratio"], *rows[bound]] for bound in (low, high))
        axes.fill_between(years, *bounds, **house.band(share=share))
    axes.plot(years, [start["headcount_ratio"], *rows["median"]], **house.line("projected"))
    axes.plot(start["year"], start["headcount_ratio"], **house.points("observed"))
    for year, median in zip(rows["year"][:2], rows["median"][:2], strict=True):
        axes.annotate(f"{median:.1%}", (year, median), **LABEL)


def exit_years(axes: Axes, chances: pd.DataFrame, *, say: Say) -> None:
    """Draw the chance of each exit year, one group of bars a year, one bar a scenario.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    chances : DataFrame
        Columns ``scenario, exit_year, chance``; a missing year is "later".
    say : callable
        Words in the language drawn.
    """
    meanings = dict(
        zip(chances["scenario"].unique(), ("history", "plan", "projected"), strict=False)
    )
    years = chances["exit_year"].drop_duplicates().tolist()
    width = 0.8 / len(meanings)
    for place, (scenario, meaning) in enumerate(meanings.items()):
        rows = chances[chances["scenario"] == scenario]
        left = np.arange(len(years)) + (place - (len(meanings) - 1) / 2) * width
        bars = axes.bar(
            left, rows["chance"], width, label=say(f"term.{scenario}"), **house.bar(meaning)
        )
        axes.bar_label(
            bars,
            [say("incidence.label.chance", chance=chance) for chance in rows["chance"]],
            padding=1,
            fontsize=6.5,
        )
    names = [say("incidence.label.later") if pd.isna(year) else str(year) for year in years]
    axes.set_xticks(range(len(years)), names)
    axes.set_ylim(0, 1.12)
    house.percent(axes.yaxis)
    axes.legend(loc="upper right")


def hindcast(panels: Sequence[Axes], errors: pd.DataFrame, *, say: Say) -> None:
    """Draw each past forecast with its interval beside what came out.

    Parameters
    ----------
    panels : sequence of Axes
        One a series.
    errors : DataFrame
        Columns ``area, year, actual_ratio, forecast, low_90, high_90``.
    say : callable
        Words in the language drawn.
    """
    for axes, (area, rows) in zip(panels, errors.groupby("area", sort=False), strict=True):
        spread = [rows["forecast"] - rows["low_90"], rows["high_90"] - rows["forecast"]]
        axes.errorbar(
            rows["year"] + 0.12,
            rows["forecast"],
            yerr=spread,
            elinewidth=1,
            label=say("incidence.label.forecast"),
            **house.points("projected"),
        )
        axes.plot(
            rows["year"],
            rows["actual_ratio"],
            label=say("incidence.label.actual"),
            **house.points("observed"),
        )
        axes.set_title(say(f"term.{area}"), loc="left")
        axes.set_ylim(0)
        house.percent(axes.yaxis)
        house.years(axes.xaxis)
    panels[-1].legend(loc="upper right")
