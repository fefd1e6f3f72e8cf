"""Charts of the money: where it came from and went, whether it was spent, whom it reached."""

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, YearLocator

from analysis.charts import house
from analysis.charts.ribbons import ribbons

Say = Callable[..., str]
WAN = 1e4
GAP = house.band()
MOST_KINDS = 10
LEVELS = ("fund_central", "fund_province", "fund_prefecture", "fund_county")


def per_person(panels: Sequence[Axes], yearly: pd.DataFrame, *, say: Say) -> None:
    """Draw yuan per person still poor beside yuan per person lifted, one bar a year.

    Parameters
    ----------
    panels : sequence of Axes
        Two.
    yearly : DataFrame
        Columns ``year, yuan_per_poor, yuan_per_lifted, verification``; a year that was not read in
        its source is hatched.
    say : callable
        Words in the language drawn.
    """
    for axes, column in zip(panels, ("yuan_per_poor", "yuan_per_lifted"), strict=True):
        read = yearly["verification"].isin(["verified-read", "derived"])
        for rows, meaning in ((yearly[read], "observed"), (yearly[~read], "muted")):
            if len(rows):
                look = house.bar(meaning) | ({"hatch": "//"} if meaning == "muted" else {})
                label = say(f"funds.label.{'read' if meaning == 'observed' else 'unread'}")
                bars = axes.bar(rows["year"], rows[column], 0.65, label=label, **look)
                axes.bar_label(bars, [f"{value:,.0f}" for value in rows[column]], padding=2)
        axes.set_title(say(f"funds.label.{column}"), loc="left")
        axes.set_xticks(yearly["year"].tolist())
        axes.set_ylim(0, yearly[column].max() * 1.15)
        house.thousands(axes.yaxis)
    panels[0].legend(loc="upper left")


def parts(panels: Sequence[Axes], levels: pd.DataFrame, sectors: pd.DataFrame, *, say: Say) -> None:
    """Draw funds by level of government beside projects by sector, largest on top.

    Parameters
    ----------
    panels : sequence of Axes
        Two.
    levels : DataFrame
        Columns ``level, approved_yuan, share``.
    sectors : DataFrame
        Columns ``sector, projects, share``.
    say : callable
        Words in the language drawn.
    """
    money = [
        (say(f"term.{row.level}"), row.approved_yuan / 1e4, row.share)
        for row in levels.itertuples()
    ]
    counts = [(say(f"term.{row.sector}"), row.projects, row.share) for row in sectors.itertuples()]
    for axes, rows, title in zip(panels, (money, counts), ("levels", "sectors"), strict=True):
        _ranked(axes, sorted(rows, key=lambda row: row[1]), say)
        axes.set_title(say(f"funds.label.{title}"), loc="left")


def _ranked(axes: Axes, rows: Sequence[tuple[str, float, float]], say: Say) -> None:
    amounts = [float(amount) for _, amount, _ in rows]
    bars = axes.barh([name for name, *_ in rows], amounts, 0.65, **house.bar("place"))
    labels = [say("funds.label.part", amount=amount, share=share) for _, amount, share in rows]
    axes.bar_label(bars, labels, padding=3)
    axes.set_xlim(0, max(amounts) * 1.55)
    axes.xaxis.set_visible(False)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False)


def fund_flow(axes: Axes, links: pd.DataFrame, nodes: pd.DataFrame, *, say: Say) -> None:
    """Draw money flowing from source to level, sector and township.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    links : DataFrame
        From `analysis.funds.flow`.
    nodes : DataFrame
        From `analysis.funds.nodes`: the order of each stage from the top down.
    say : callable
        Words in the language drawn.
    """
    first = set(links.loc[links["stage"] == 0, "source"])
    ribbons(
        axes,
        links,
        "approved_yuan",
        order=list(dict.fromkeys([*LEVELS, *nodes["node"]])),
        looks=lambda node: "place" if node in first else "province",
        names=lambda node, yuan: say("funds.label.node", node=[node], wan=yuan / WAN),
    )


def execution(panels: Sequence[Axes], months: pd.DataFrame, *, say: Say) -> None:
    """Draw approved, disbursed and spent money up to each month beside what is carried over.

    Parameters
    ----------
    panels : sequence of Axes
        Two.
    months : DataFrame
        From `analysis.funds.execution`.
    say : callable
        Words in the language drawn.
    """
    when = pd.to_datetime(months["month"])
    total, carried = panels
    meanings = {"approved_yuan": "target", "disbursed_yuan": "projected", "spent_yuan": "observed"}
    for column, meaning in meanings.items():
        label = say(f"funds.label.{column}")
        total.plot(when, months[column] / WAN, label=label, **house.rule(meaning))
    total.fill_between(when, months["spent_yuan"] / WAN, months["disbursed_yuan"] / WAN, **GAP)
    total.legend(loc="upper left")
    carried.fill_between(when, 0, months["carry_over_yuan"] / WAN, **GAP)
    carried.plot(when, months["carry_over_yuan"] / WAN, **house.rule("place"))
    for axes, title in ((total, "so_far"), (carried, "carried_over")):
        axes.set_title(say(f"funds.label.{title}"), loc="left")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(YearLocator())
        axes.xaxis.set_major_formatter(DateFormatter("%Y"))
        house.thousands(axes.yaxis)


def targeting(
    panels: Sequence[Axes], curve: pd.DataFrame, groups: pd.DataFrame, *, say: Say
) -> None:
    """Draw the concentration of money beside money a head against incidence, by groups of villages.

    No single village is drawn: its incidence and its share of people would give the number of its
    poor.

    Parameters
    ----------
    panels : sequence of Axes
        Two.
    curve : DataFrame
        From `analysis.funds.incidence_curve` of the groups: a corner a group.
    groups : DataFrame
        From `analysis.funds.by_incidence`: a point a group; one whose numbers are not published is
        left out.
    say : callable
        Words in the language drawn.
    """
    concentration, heads = panels
    _concentration(concentration, curve, say)
    means = groups[["headcount_ratio", "yuan_per_head"]].astype(float).dropna()
    label = say("funds.label.groups")
    heads.plot(*means.to_numpy().T, label=label, **house.line("place"))
    heads.set_xlabel(say("funds.label.incidence"))
    heads.set_title(say("funds.label.per_head"), loc="left")
    heads.set_xlim(left=0)
    heads.set_ylim(bottom=0)
    heads.legend(loc="upper left")
    house.percent(heads.xaxis)
    house.thousands(heads.yaxis)


def _concentration(axes: Axes, curve: pd.DataFrame, say: Say) -> None:
    persons, money = (curve[name].astype(float) for name in ("persons_share", "amount_share"))
    axes.plot([0, 1], [0, 1], **house.rule("muted"))
    axes.plot(persons, money, **house.rule("place"))
    axes.fill_between(persons, persons, money, **house.band())
    axes.set_xlabel(say("funds.label.persons_share"))
    axes.set_title(say("funds.label.amount_share"), loc="left")
    axes.text(0.98, 0.45, say("funds.label.equal"), va="top", ha="right")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for axis in (axes.xaxis, axes.yaxis):
        house.percent(axis)


def industry(panels: Sequence[Axes], kinds: pd.DataFrame, lives: pd.DataFrame, *, say: Say) -> None:
    """Draw in how many villages each kind of project stands beside how long projects last.

    Parameters
    ----------
    panels : sequence of Axes
        Two.
    kinds : DataFrame
        From `analysis.funds.kinds`; the ten commonest are drawn.
    lives : DataFrame
        From `analysis.funds.survival`; without rows, nothing has ended and no curve is drawn.
    say : callable
        Words in the language drawn.
    """
    bars, curve = panels
    rows = [
        (say("funds.label.kind", kind=[row.project_kind]), row.village_count, row.share)
        for row in kinds.head(MOST_KINDS).itertuples()
    ]
    _ranked(bars, rows[::-1], say)
    bars.set_title(say("funds.label.kinds"), loc="left")
    curve.set_title(say("funds.label.lasting"), loc="left")
    if lives.empty:
        curve.set_axis_off()
        curve.text(0, 0.9, say("funds.label.none_ended"), transform=curve.transAxes)
    else:
        _lasting(curve, lives, say)


def _lasting(axes: Axes, lives: pd.DataFrame, say: Say) -> None:
    years = [0.0, *lives["years"].astype(float)]
    low, share, high = (
        [1.0, *lives[name].astype(float)] for name in ("lasting_low", "lasting", "lasting_high")
    )
    axes.fill_between(years, low, high, step="post", **house.band("observed"))
    axes.step(years, share, where="post", **house.rule("observed"))
    axes.set_xlabel(say("funds.label.years"))
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.02)
    house.years(axes.xaxis)
    house.percent(axes.yaxis)
