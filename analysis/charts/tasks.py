"""Charts of tasks: last days by office, and what is done against what time asks."""

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.lines import Line2D

from analysis.charts import house
from analysis.marks import WITHHELD

Say = Callable[..., str]

# Ticks closer than this share of the axis would run into each other.
CLOSEST_TICKS = 0.1
LONGEST_LINE = 26


def deadlines(axes: Axes, counts: pd.DataFrame, day: str, *, say: Say) -> None:
    """Draw the last days of each office's tasks as numbered circles, those without a day aside.

    Days that are over stand left of the line of the brief.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    counts : DataFrame
        ``department_zh, department_en, deadline, tasks``, in the order of the rows.
    day : str
        ISO date of the brief.
    say : callable
        Words in the language drawn.
    """
    offices = counts["department_zh"].drop_duplicates().tolist()
    dated = counts.dropna(subset=["deadline"])
    days = pd.to_datetime(dated["deadline"])
    marked = [pd.Timestamp(day), *days]
    first, last = min(marked), max(marked)
    span = max((last - first).days, 30)
    aside = last + pd.Timedelta(days=round(0.13 * span))
    for row in counts.itertuples():
        whole = pd.notna(row.deadline)
        at = date2num(pd.Timestamp(row.deadline) if whole else aside)
        _numbered(axes, at, offices.index(row.department_zh), row.tasks, "place" if whole else None)
    axes.axvline(date2num(pd.Timestamp(day)), **house.rule("observed"))
    names = counts.drop_duplicates("department_zh")
    _rows(axes, [say("tasks.label.office", name_zh=row.department_zh, name_en=row.department_en)
                 for row in names.itertuples()])  # fmt: skip
    axes.set_xlim(date2num(first) - 0.02 * span, date2num(aside) + 0.05 * span)
    ticks = _apart(sorted(set(marked)), 1.2 * span)
    axes.set_xticks(
        [*map(date2num, ticks), date2num(aside)],
        [*(_day(tick, say) for tick in ticks), say("tasks.label.no_day")],
    )


def _numbered(axes: Axes, x: float, y: int, number: int, meaning: str | None) -> None:
    look = house.points(meaning or "unknown") | {"marker": "o", "markersize": 12}
    if meaning is None:
        look |= {"markerfacecolor": "white", "markeredgewidth": 1.2}
    axes.plot(x, y, **look)
    colour = "white" if meaning else "#333333"
    axes.annotate(str(number), (x, y), ha="center", va="center", color=colour, fontsize=8)


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False)
    for row in range(len(names)):
        axes.axhline(row, color="#E4E4E4", linewidth=0.6, zorder=0)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[["top", "bottom", "left", "right"]].set_visible(False)


def _apart(days: Sequence[pd.Timestamp], span: float) -> list[pd.Timestamp]:
    """Keep the days, from the last back, that leave room for their names."""
    kept: list[pd.Timestamp] = []
    for day in reversed(days):
        if not kept or (kept[0] - day).days >= CLOSEST_TICKS * span:
            kept.insert(0, day)
    return kept


def _day(day: pd.Timestamp, say: Say) -> str:
    return say("tasks.label.tick", day=day.day, name=f"tasks.month.{day.month}")


def progress(panels: Sequence[Axes], rows: pd.DataFrame, *, say: Say) -> None:
    """Draw what is done against the share of time gone, beside the day of completion.

    Parameters
    ----------
    panels : sequence of Axes
        Two, side by side.
    rows : DataFrame
        ``task_zh, task_en, done_share, due_share, finish, finish_low, finish_high, deadline``
        (ISO dates), ``chance_late``, the first on top; a missing figure is not drawn, an interval
        without an end runs to the edge, a share named in ``withheld`` is marked as not published.
    say : callable
        Words in the language drawn.
    """
    names = [_wrapped(say("tasks.label.office", name_zh=row.task_zh, name_en=row.task_en))
             for row in rows.itertuples()]  # fmt: skip
    for axes in panels:
        _rows(axes, names)
    dates = ["finish", "finish_low", "finish_high", "deadline"]
    placed = rows.reset_index(drop=True)
    placed[dates] = placed[dates].apply(pd.to_datetime)
    _done(panels[0], placed, say)
    _finish(panels[1], placed, say)
    panels[1].set_yticks([])


def _wrapped(name: str) -> str:
    """A long English name takes two lines; the break is at the space nearest its middle."""
    spaces = [at for at, letter in enumerate(name) if letter == " "]
    if len(name) <= LONGEST_LINE or not spaces:
        return name
    cut = min(spaces, key=lambda at: abs(at - len(name) / 2))
    return f"{name[:cut]}\n{name[cut + 1 :]}"


def _done(axes: Axes, rows: pd.DataFrame, say: Say) -> None:
    done = rows["done_share"].clip(upper=1)
    axes.barh(rows.index, done.fillna(0), 0.55, **house.bar("band"))
    look = house.points("target") | {"marker": "|", "markersize": 11, "markeredgewidth": 2}
    axes.plot(rows["due_share"], rows.index, **look)
    hidden = rows.get(WITHHELD, pd.Series("", rows.index)).str.contains("done_share")
    for at, share in done.items():
        none = "disclosure.withheld" if hidden[at] else "tasks.label.none"
        told = say(none) if pd.isna(share) else say("tasks.label.share", share=share)
        edge = max(share if pd.notna(share) else 0, rows["due_share"].fillna(0)[at])
        axes.annotate(told, (edge, at), (5, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_xlim(0, 1.18)
    axes.set_xticks([0, 0.5, 1])
    house.percent(axes.xaxis)
    axes.set_title(say("tasks.label.done_title"), loc="left")
    _legend(axes, [(house.mark("band").colour, "s", say("tasks.label.done")),
                   (house.mark("target").colour, "|", say("tasks.label.due"))])  # fmt: skip


def _finish(axes: Axes, rows: pd.DataFrame, say: Say) -> None:
    told = rows.dropna(subset=["finish_low"])
    days = pd.concat([rows["deadline"], told["finish"], told["finish_low"]])
    ends = told["finish_high"].fillna(days.max())
    right = max(days.max(), ends.max()) + pd.Timedelta(days=95)
    line = house.mark("projected").colour
    for at, low, high in zip(told.index, told["finish_low"], ends, strict=True):
        axes.plot(date2num([low, high]), [at, at], color=line, linewidth=2.2)
    look = house.points("projected") | {"markersize": 5.5}
    middle = told.dropna(subset=["finish"])
    axes.plot(date2num(middle["finish"]), middle.index, **look)
    due = rows.dropna(subset=["deadline"])
    mark = house.points("target") | {"marker": "|", "markersize": 12, "markeredgewidth": 2}
    axes.plot(date2num(due["deadline"]), due.index, **mark)
    for at, chance in rows["chance_late"].dropna().items():
        text = say("tasks.label.chance", chance=chance)
        axes.annotate(text, (1, at), xycoords=("axes fraction", "data"), ha="right", va="center",
                      fontsize=8)  # fmt: skip
    _months(axes, days.min(), right, say)
    axes.set_title(say("tasks.label.finish_title"), loc="left")
    _legend(axes, [(line, "D", say("tasks.label.finish")),
                   (house.mark("target").colour, "|", say("tasks.label.deadline"))])  # fmt: skip


def _months(axes: Axes, first: pd.Timestamp, right: pd.Timestamp, say: Say) -> None:
    axes.set_xlim(date2num(first) - 10, date2num(right))
    span = (right - first).days
    firsts = list(pd.date_range(first, right - pd.Timedelta(days=80), freq="QS"))
    ticks = _apart(firsts, 2.9 * span)
    axes.set_xticks([date2num(tick) for tick in ticks], [_month(tick, say) for tick in ticks])


def _month(day: pd.Timestamp, say: Say) -> str:
    return say("tasks.label.month", year=day.year, name=f"tasks.month.{day.month}")


def _legend(axes: Axes, entries: Sequence[tuple[str, str, str]]) -> None:
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", label=label,
               markersize=9 if marker == "|" else 6, markeredgewidth=2 if marker == "|" else 1)
        for colour, marker, label in entries
    ]  # fmt: skip
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 0), handletextpad=0.3)
