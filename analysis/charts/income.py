"""Charts of income: gaps against noise, indices, ratios of levels, sources, and who grew."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.charts import house

Say = Callable[..., str]
ROLES = {
    "place": "place",
    "province": "province",
    "nation": "nation",
    "poor_areas": "poor_areas",
    "province_poor_areas": "history",
}


def gap_against_noise(
    axes: Axes,
    band: pd.DataFrame,
    gap: pd.Series,
    cases: pd.DataFrame,
    sizes: pd.Series,
    *,
    say: Say,
) -> None:
    """Draw the printed gap with its rounding against what samples of any size can see.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    band : DataFrame
        Columns ``households, noise, noise_low, noise_high``, in rising order of size.
    gap : Series
        ``growth_gap, growth_gap_low, growth_gap_high``.
    cases : DataFrame
        Rows ``favourable, middle``; column ``households_needed``.
    sizes : Series
        ``usual``, households in a county's sample, and ``all``, households in the place.
    say : callable
        Words in the language drawn.
    """
    axes.fill_between(
        band["households"], band["noise_low"], band["noise_high"], **house.band("band")
    )
    for bound in ("noise_low", "noise_high"):
        axes.plot(band["households"], band[bound], color=house.mark("place").colour, linewidth=0.6)
    axes.plot(band["households"], band["noise"], **house.rule("place") | {"linewidth": 1.6})
    axes.axhspan(gap["growth_gap_low"], gap["growth_gap_high"], **house.band("target", share=0.5))
    axes.axhline(gap["growth_gap"], **house.rule("target"))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(band["households"].min(), sizes["all"] * 1.15)
    axes.set_ylim(gap["growth_gap_low"] / 2.5, band["noise_high"].max() * 1.5)
    _log_points(axes)
    axes.set_xlabel(say("income.label.households"))
    axes.set_ylabel(say("income.label.points"))
    _noise_labels(axes, band, gap, say)
    _size_marks(axes, gap, cases, sizes, say)


def _points(value: float, _: int) -> str:
    return f"{100 * value:g}"


def _log_points(axes: Axes) -> None:
    axes.yaxis.set_major_locator(
        FixedLocator([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
    )
    axes.yaxis.set_major_formatter(_points)
    axes.yaxis.set_minor_locator(NullLocator())
    house.thousands(axes.xaxis)
    axes.xaxis.set_minor_locator(NullLocator())


def _noise_labels(axes: Axes, band: pd.DataFrame, gap: pd.Series, say: Say) -> None:
    middle = band.iloc[len(band) * 2 // 5]
    for bound, side, shift in (
        ("noise_high", "left", 4),
        ("noise", "right", -4),
        ("noise_low", "right", -5),
    ):
        axes.annotate(
            say(f"income.label.{bound}"),
            (middle["households"], middle[bound]),
            xytext=(shift, shift),
            textcoords="offset points",
            color=house.mark("place").colour,
            ha=side,
            va="bottom" if shift > 0 else "top",
        )
    axes.annotate(
        say("income.label.gap", **gap),
        (band["households"].min(), gap["growth_gap_low"]),
        xytext=(4, -4),
        textcoords="offset points",
        color=house.mark("target").colour,
        va="top",
    )


def _size_marks(
    axes: Axes, gap: pd.Series, cases: pd.DataFrame, sizes: pd.Series, say: Say
) -> None:
    top = axes.get_ylim()[1]
    for name, size in sizes.items():
        axes.axvline(size, color=house.mark("muted").colour, linewidth=0.9, zorder=0.5)
        axes.annotate(
            say(f"income.label.sample_{name}", households=size),
            (size, top),
            xytext=(3 if name == "usual" else -3, -2),
            textcoords="offset points",
            ha="left" if name == "usual" else "right",
            va="top",
            color=house.mark("nation").colour,
        )
    seen = cases["households_needed"][np.isfinite(cases["households_needed"])]
    inside = seen[seen <= axes.get_xlim()[1]].drop("unfavourable", errors="ignore")
    for size in inside:
        axes.plot(size, gap["growth_gap"], markersize=6, **house.points("observed"))
        axes.annotate(
            f"{size:,.0f}",
            (size, gap["growth_gap"]),
            xytext=(-5, -14),
            textcoords="offset points",
            ha="right",
            color=house.mark("observed").colour,
        )


def indices(panels: Sequence[Axes], series: pd.DataFrame, base_year: int, *, say: Say) -> None:
    """Draw nominal and real indices side by side on one scale.

    Parameters
    ----------
    panels : sequence of two Axes
        Nominal, then real.
    series : DataFrame
        Columns ``role, year, nominal_index, real_index``.
    base_year : int
        Year in which every index is 1.
    say : callable
        Words in the language drawn.
    """
    for axes, column in zip(panels, ("nominal_index", "real_index"), strict=True):
        axes.axhline(1, color=house.mark("muted").colour, linewidth=0.8)
        _lines_by_role(axes, series, column, say)
        axes.set_title(say(f"income.label.{column}", base_year=base_year), loc="left")
        house.years(axes.xaxis)
        # A long name beside the lines leaves a panel too narrow for every year.
        axes.set_xticks([series["year"].min(), series["year"].max()])
    values = series[["nominal_index", "real_index"]].to_numpy()
    low, high = np.nanmin(values), np.nanmax(values)
    room = (high - low) * 0.08
    for axes in panels:
        axes.set_ylim(low - room, high + room)
    for axes, column in zip(panels, ("nominal_index", "real_index"), strict=True):
        house.percent(axes.yaxis)
        house.label_ends(axes, _ends(series, column, say))


def _lines_by_role(axes: Axes, series: pd.DataFrame, column: str, say: Say) -> None:
    for role, rows in series.dropna(subset=column).groupby("role", sort=False):
        axes.plot(rows["year"], rows[column], **house.line(ROLES[role]))


def _ends(series: pd.DataFrame, column: str, say: Say) -> list[tuple[float, float, str, str]]:
    last = series.dropna(subset=column).sort_values("year").groupby("role", sort=False).tail(1)
    return [
        (row["year"], row[column], _named(row, column, say), ROLES[row["role"]])
        for _, row in last.iterrows()
    ]


def _named(row: pd.Series, column: str, say: Say) -> str:
    return say(f"income.series.{row['role']}", area=row["area"], value=row[column])


def ratios(
    axes: Axes, observed: pd.DataFrame, paths: pd.DataFrame, closing: pd.DataFrame, *, say: Say
) -> None:
    """Draw ratios of levels as observed, and carried forward at one year's gap until they close.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    observed : DataFrame
        Columns ``role, area, year, level_ratio``.
    paths : DataFrame
        Columns ``role, year, level_ratio, level_ratio_low, level_ratio_high``.
    closing : DataFrame
        Columns ``role, area, closing_year, closing_year_low, closing_year_high``; missing years
        are not marked.
    say : callable
        Words in the language drawn.
    """
    for role, rows in paths[paths["level_ratio_low"] <= 1].groupby("role", sort=False):
        bounds = (rows[bound].clip(upper=1) for bound in ("level_ratio_low", "level_ratio_high"))
        axes.fill_between(rows["year"], *bounds, **house.band(ROLES[role]))
        dashed = house.rule(ROLES[role]) | {"linestyle": house.mark("projected").line}
        axes.plot(rows["year"], rows["level_ratio"].where(rows["level_ratio"] <= 1), **dashed)
    _lines_by_role(axes, observed, "level_ratio", say)
    axes.axhline(1, **house.rule("target"))
    for row in closing.dropna(subset="closing_year").to_dict("records"):
        colour = house.mark(ROLES[row["role"]]).colour
        axes.plot(
            row["closing_year"], 1, marker=house.mark(ROLES[row["role"]]).marker, color=colour
        )
        axes.annotate(
            _closing_label(row, say),
            (row["closing_year"], 1),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=colour,
        )
    axes.set_xlim(observed["year"].min() - 1, paths["year"].max())
    axes.set_ylim(observed["level_ratio"].min() - 0.04, 1.09)
    house.percent(axes.yaxis)
    house.years(axes.xaxis)


def _closing_label(row: dict, say: Say) -> str:
    years = {name: round(row[name]) for name in ("closing_year", "closing_year_low")}
    name = say(f"income.series_short.{row['role']}", area=row["area"])
    if pd.isna(row["closing_year_high"]):
        return say("income.label.closing_open", name=name, **years)
    return say(
        "income.label.closing",
        name=name,
        **years,
        closing_year_high=round(row["closing_year_high"]),
    )


def sources(axes: Axes, parts: pd.DataFrame, *, say: Say) -> None:
    """Draw the contribution of each source of income to growth as a waterfall.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    parts : DataFrame
        Indexed by source; column ``contribution``, ratios that add up to total growth.
    say : callable
        Words in the language drawn.
    """
    ends = parts["contribution"].cumsum()
    starts = ends - parts["contribution"]
    meanings = np.where(parts["contribution"] < 0, "fails", "place")
    for place, (start, step, meaning) in enumerate(
        zip(starts, parts["contribution"], meanings, strict=True)
    ):
        axes.bar(place, step, bottom=start, width=0.62, **house.bar(meaning))
        axes.plot(
            [place - 0.31, place + 1.31],
            [start + step] * 2,
            **house.rule("nation") | {"linewidth": 0.6},
        )
    axes.bar(len(parts), ends.iloc[-1], width=0.62, **house.bar("observed"))
    steps = [*parts["contribution"], ends.iloc[-1]]
    for place, (top, step) in enumerate(
        zip([*np.maximum(starts, ends), max(ends.iloc[-1], 0)], steps, strict=True)
    ):
        axes.annotate(
            f"{100 * step:.1f}",
            (place, top),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
        )
    names = [*(say(f"term.{source}") for source in parts.index), say("income.label.total")]
    axes.set_xticks(range(len(names)), names)
    axes.axhline(0, color=house.mark("nation").colour, linewidth=0.8)
    axes.margins(y=0.15)
    axes.set_ylabel(say("income.label.points"))
    axes.yaxis.set_major_formatter(_points)


def growth_incidence(
    axes: Axes, curve: pd.DataFrame, growth_of_mean: float, headcount_ratio: float, *, say: Say
) -> None:
    """Draw growth at each rank of income, with its band if it has one.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    curve : DataFrame
        Indexed by percentile, 0 to 1; ``growth`` and, from a sample, ``growth_low, growth_high``.
    growth_of_mean : float
        Growth of mean income, a ratio.
    headcount_ratio : float
        Share of persons poor at the start, 0 to 1.
    say : callable
        Words in the language drawn.
    """
    if "growth_low" in curve:
        axes.fill_between(
            curve.index, curve["growth_low"], curve["growth_high"], **house.band("band", share=0.5)
        )
    axes.plot(curve.index, curve["growth"], **house.line("place") | {"marker": ""})
    axes.axhline(growth_of_mean, **house.rule("target"))
    axes.axvspan(0, headcount_ratio, color=house.mark("muted").colour, alpha=0.25, linewidth=0)
    axes.annotate(
        say("income.label.mean", growth=growth_of_mean),
        (1, growth_of_mean),
        xytext=(-2, 3),
        textcoords="offset points",
        ha="right",
        color=house.mark("target").colour,
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5},
    )
    axes.annotate(
        say("income.label.poor", share=headcount_ratio),
        (headcount_ratio, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        va="top",
    )
    axes.set_xlim(0, 1)
    axes.set_xlabel(say("income.label.rank"))
    house.percent(axes.xaxis)
    house.percent(axes.yaxis, 1)
