"""House style: one look for every chart, and a palette by meaning rather than by order.

The colours are those of Okabe and Ito, darkened where they would be pale on white paper. Each
meaning also has its own marker, line or hatch, so that no chart needs colour to be read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analysis import fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

STYLE = Path(__file__).parents[1] / "house.mplstyle"


class Mark(NamedTuple):
    """How one meaning looks: colour, marker, line style, hatch."""

    colour: str
    marker: str
    line: str
    hatch: str = ""


PALETTE = {
    "observed": Mark("#1F2A36", "o", "-"),
    "projected": Mark("#0072B2", "D", "--", "//"),
    "estimated": Mark("#4B8FBF", "d", (0, (4, 1, 1, 1)), "\\\\"),
    "synthetic": Mark("#7A7A7A", "x", (0, (1, 1)), ".."),
    "target": Mark("#C8102E", "_", (0, (6, 2)), ""),
    "place": Mark("#0072B2", "o", "-"),
    "province": Mark("#C26A00", "s", "-", "//"),
    "nation": Mark("#6B6B6B", "^", "-", ".."),
    "poor_areas": Mark("#00795C", "v", "-", "++"),
    "plan": Mark("#00795C", "P", (0, (5, 1, 1, 1)), "\\\\"),
    "history": Mark("#9C4F96", "X", (0, (2, 1)), ".."),
    "uncertain": Mark("#56B4E9", "h", (0, (3, 1, 1, 1, 1, 1)), "//"),
    "band": Mark("#9CC7E4", "", "-", ""),
    "passes": Mark("#00795C", "o", "-", ""),
    "fails": Mark("#C8102E", "X", "--", "xx"),
    "corrupt": Mark("#9C4F96", "D", ":", "//"),
    "unknown": Mark("#8A8A8A", "s", ":", ".."),
    "muted": Mark("#B5B5B5", ".", "-", ""),
}
"""What a colour means, in every chart of every brief."""


def mark(meaning: str) -> Mark:
    """
    Look up how a meaning is drawn.

    Parameters
    ----------
    meaning : str
        A key of `PALETTE`.

    Returns
    -------
    Mark
        Its colour, marker, line style and hatch.

    Raises
    ------
    ValueError
        If the palette has no such meaning.

    Examples
    --------
    >>> mark("target").colour
    '#C8102E'
    """
    if meaning not in PALETTE:
        raise ValueError(f"the palette has no {meaning!r}; it has {', '.join(PALETTE)}")
    return PALETTE[meaning]


def line(meaning: str) -> dict[str, object]:
    """
    Give the options that draw a line with markers, for `Axes.plot`.

    Parameters
    ----------
    meaning : str
        A key of `PALETTE`.

    Returns
    -------
    dict
        Keyword arguments of `Axes.plot`.

    Examples
    --------
    >>> line("observed")["marker"]
    'o'
    """
    look = mark(meaning)
    return {"color": look.colour, "marker": look.marker, "linestyle": look.line}


def points(meaning: str) -> dict[str, object]:
    """
    Give the options that draw markers without a line, for `Axes.plot`.

    Parameters
    ----------
    meaning : str
        A key of `PALETTE`.

    Returns
    -------
    dict
        Keyword arguments of `Axes.plot`.

    Examples
    --------
    >>> points("observed")["linestyle"]
    'none'
    """
    return line(meaning) | {"linestyle": "none"}


def rule(meaning: str) -> dict[str, object]:
    """
    Give the options that draw a line without markers, for `Axes.axhline` or `Axes.plot`.

    Parameters
    ----------
    meaning : str
        A key of `PALETTE`.

    Returns
    -------
    dict
        Keyword arguments of `Axes.axhline`.

    Examples
    --------
    >>> rule("target")["color"]
    '#C8102E'
    """
    look = mark(meaning)
    return {"color": look.colour, "linestyle": look.line, "linewidth": 1.1}


def bar(meaning: str) -> dict[str, object]:
    """
    Give the options that draw bars, for `Axes.bar` and `Axes.barh`.

    Parameters
    ----------
    meaning : str
        A key of `PALETTE`.

    Returns
    -------
    dict
        Keyword arguments of `Axes.bar`.

    Examples
    --------
    >>> bar("province")["hatch"]
    '//'
    """
    look = mark(meaning)
    return {"color": look.colour, "hatch": look.hatch, "edgecolor": "white", "linewidth": 0}


def band(meaning: str = "projected", *, share: float = 0.8) -> dict[str, object]:
    """
    Give the options that fill an interval, for `Axes.fill_between`; wider is paler.

    Parameters
    ----------
    meaning : str
        A key of `PALETTE`.
    share : float
        Share of the probability inside the interval, 0 to 1.

    Returns
    -------
    dict
        Keyword arguments of `Axes.fill_between`.

    Examples
    --------
    >>> band(share=0.9)["alpha"] < band(share=0.5)["alpha"]
    True
    """
    opacity = round(0.12 + 0.4 * (1 - share), 3)
    return {"color": mark(meaning).colour, "alpha": opacity, "linewidth": 0}


def label_ends(axes: "Axes", labels: Sequence[tuple[float, float, str, str]]) -> None:
    """
    Name lines at their ends instead of in a legend, moving names apart where they would overlap.

    Parameters
    ----------
    axes : Axes
        The axes, with everything drawn and the limits final.
    labels : sequence of (x, y, text, meaning)
        End of each line in data coordinates, its name, and its meaning in `PALETTE`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> label_ends(Figure().subplots(), [(1.0, 0.5, "target", "target")])
    """
    ordered = sorted(labels, key=lambda label: label[1])
    heights = [axes.transData.transform((x, y))[1] for x, y, *_ in ordered]
    step = 11 * axes.figure.dpi / 72
    for (x, y, text, meaning), height, place in zip(
        ordered, heights, spread(heights, step), strict=True
    ):
        axes.annotate(
            text,
            (x, y),
            xytext=(6, (place - height) * 72 / axes.figure.dpi),
            textcoords="offset points",
            va="center",
            color=mark(meaning).colour,
            annotation_clip=False,
        )


def spread(heights: Sequence[float], step: float) -> list[float]:
    """
    Move ascending heights apart until neighbours are at least a step from each other.

    Parameters
    ----------
    heights : sequence of float
        Heights in ascending order.
    step : float
        Smallest distance, positive.

    Returns
    -------
    list of float
        New heights, each group of neighbours centred where it was.

    Examples
    --------
    >>> spread([0.0, 0.0, 9.0], 1.0)
    [-0.5, 0.5, 9.0]
    """
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _start(groups[-1], step) < _end(groups[-2], step) + step:
            groups[-2:] = [groups[-2] + groups[-1]]
    return [_start(group, step) + place * step for group in groups for place in range(len(group))]


def percent(axis: "Axis", digits: int = 0) -> None:
    """
    Write the ticks of an axis of ratios as per cent; a tick between two of them has its digit.

    Parameters
    ----------
    axis : Axis
        `axes.xaxis` or `axes.yaxis`.
    digits : int
        Digits after the point.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axis = Figure().subplots().yaxis
    >>> percent(axis)
    >>> [axis.get_major_formatter()(tick) for tick in (0.0, 0.025, 0.05)]
    ['0%', '2.5%', '5%']
    """
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415 - charts alone need matplotlib

    def written(ratio: float, _place: object = None) -> str:
        value = round(100 * ratio, 9)
        return f"{value:.{digits}f}%" if value == round(value, digits) else f"{value:g}%"

    axis.set_major_formatter(FuncFormatter(written))


def thousands(axis: "Axis") -> None:
    """
    Write the ticks of an axis with thousands separators.

    Parameters
    ----------
    axis : Axis
        `axes.xaxis` or `axes.yaxis`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> thousands(Figure().subplots().yaxis)
    """
    from matplotlib.ticker import StrMethodFormatter  # noqa: PLC0415

    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def years(axis: "Axis") -> None:
    """
    Put the ticks of an axis of years on whole years.

    Parameters
    ----------
    axis : Axis
        `axes.xaxis` or `axes.yaxis`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> years(Figure().subplots().xaxis)
    """
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter  # noqa: PLC0415

    axis.set_major_locator(MaxNLocator(integer=True))
    axis.set_major_formatter(StrMethodFormatter("{x:.0f}"))


@contextmanager
def house_style() -> Iterator[None]:
    """
    Draw in the house style, with the faces of the briefs and no other.

    Raises
    ------
    ValueError
        If a typeface is missing.

    Examples
    --------
    >>> import matplotlib
    >>> with house_style():
    ...     matplotlib.rcParams["svg.fonttype"]
    'none'
    """
    import matplotlib  # noqa: PLC0415
    from matplotlib.font_manager import fontManager  # noqa: PLC0415

    face = fonts.faces()["sans"]
    if all(entry.fname != str(face.path) for entry in fontManager.ttflist):
        # A system font of the same name would win by chance; the file we were given has to.
        fontManager.ttflist = [e for e in fontManager.ttflist if e.name != face.family]
        fontManager.addfont(face.path)
    with matplotlib.rc_context({}, fname=STYLE):
        matplotlib.rcParams["font.family"] = [face.family]
        yield


def _start(group: list[float], step: float) -> float:
    return sum(group) / len(group) - (len(group) - 1) * step / 2


def _end(group: list[float], step: float) -> float:
    return sum(group) / len(group) + (len(group) - 1) * step / 2
