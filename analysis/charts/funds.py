"""Charts of the money: yuan a person by year, and where a county's funds come from and go."""

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts import house
from analysis.charts.ribbons import ribbons

Say = Callable[..., str]
LEVELS = ("central", "province", "prefecture", "county")


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
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False)


def fund_flow(axes: Axes, links: pd.DataFrame, *, say: Say) -> None:
    """Draw money flowing from source to level to sector.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    links : DataFrame
        From `analysis.funds.links`.
    say : callable
        Words in the language drawn.
    """
    first = set(links.loc[links["stage"] == 0, "source"])
    ribbons(
        axes,
        links,
        "approved_yuan",
        order=LEVELS,
        looks=lambda node: "place" if node in first else "province",
        names=lambda node, yuan: say("funds.label.node", node=f"funds.node.{node}", yuan=yuan),
    )


def execution(axes: Axes, months: pd.DataFrame, *, say: Say) -> None:
    """Draw approved, disbursed and spent money up to each month; the gap is carried over.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    months : DataFrame
        From `analysis.funds.execution`.
    say : callable
        Words in the language drawn.
    """
    when = pd.to_datetime(months["month"])
    meanings = {"approved_yuan": "target", "disbursed_yuan": "projected", "spent_yuan": "observed"}
    axes.fill_between(
        when, months["spent_yuan"] / 1e4, months["disbursed_yuan"] / 1e4, **house.band()
    )
    ends = []
    for column, meaning in meanings.items():
        axes.plot(when, months[column] / 1e4, **house.rule(meaning))
        ends.append((when.iloc[-1], months[column].iloc[-1] / 1e4, column, meaning))
    axes.set_ylim(bottom=0)
    house.thousands(axes.yaxis)
    labels = [(x, y, say(f"funds.label.{column}"), meaning) for x, y, column, meaning in ends]
    house.label_ends(axes, [(axes.convert_xunits(x), *rest) for x, *rest in labels])


def concentration(axes: Axes, curve: pd.DataFrame, *, say: Say) -> None:
    """Draw the share of money over the share of persons, from the poorest village up.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    curve : DataFrame
        From `analysis.funds.concentration_curve`.
    say : callable
        Words in the language drawn.
    """
    axes.plot([0, 1], [0, 1], **house.rule("muted"))
    axes.plot(curve["persons_share"], curve["amount_share"], **house.rule("place"))
    axes.fill_between(
        curve["persons_share"], curve["persons_share"], curve["amount_share"], **house.band()
    )
    axes.set_xlabel(say("funds.label.persons_share"))
    axes.set_ylabel(say("funds.label.amount_share"))
    axes.text(0.6, 0.56, say("funds.label.equal"), va="top")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for axis in (axes.xaxis, axes.yaxis):
        house.percent(axis)
