"""A view of the bench: the numbers of a move as a page, a picture, a table to search, and files."""

import base64
import io
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import NamedTuple

import itables
import pandas as pd
from matplotlib.figure import Figure

from analysis import disclosure, exhibits, press, twins, words
from analysis.briefs import ROOT
from analysis.charts import explore as charts
from analysis.charts import house
from analysis.explore.outlook import (
    Move,
    Start,
    outlook,
    plan_curve,
    township_outlook,
    village_outlook,
)

FOLDER = ROOT / "reports" / "generated" / "explore"
MEASURES = (
    *("below_ratio", "below_persons", "shortfall_yuan"),
    *("register_ratio", "exits", "villages_out", "plan_yuan"),
)
INCHES, DOTS = (7.6, 2.6), 100
MARGINS = {"left": 0.058, "right": 0.985, "bottom": 0.19, "wspace": 0.09}
CELL = 'style="padding: 2px 14px 2px 0; text-align: {}"'


class Scene(NamedTuple):
    """What a view shows besides the move: start, name of the place, threshold, language."""

    begun: Start
    place: str
    threshold: float | None
    language: str

    def say(self, key: str, **values: object) -> str:
        """Say a text of the bench in the language of the view."""
        return words.say(f"explore.{key}", self.language, **values)


def numbers(scene: Scene, move: Move) -> str:
    """Write what a move does as a table in HTML, under the mark of synthetic data.

    Parameters
    ----------
    scene : Scene
        What stays as it is.
    move : Move
        What the sliders say.

    Returns
    -------
    str
        HTML that fetches nothing; every cell has the class of its measure and moment.

    Examples
    --------
    >>> from analysis import synthetic
    >>> from analysis.explore import start
    >>> scene = Scene(start(synthetic.city(scale=0.03, seed=1).tables, 2017), "wenshan", 0.03, "en")
    >>> "Synthetic data" in numbers(scene, Move(3200, 0.1, 1, 1.0))
    True
    """
    return _heading(scene) + _table(scene, outlook(scene.begun, move))


def chart(scene: Scene, move: Move) -> str:
    """Draw what a move does as a picture in HTML, told in words to who cannot see it.

    Parameters
    ----------
    scene, move : Scene, Move
        As for `numbers`.

    Returns
    -------
    str
        HTML that holds the picture.

    Examples
    --------
    >>> from analysis import synthetic
    >>> from analysis.explore import start
    >>> scene = Scene(start(synthetic.city(scale=0.03, seed=1).tables, 2017), "wenshan", 0.03, "en")
    >>> chart(scene, Move(3200, 0.1, 1, 1.0))[:24]
    '<img alt="Two charts. Le'
    """
    shown = outlook(scene.begun, move)
    held = base64.b64encode(_drawn(scene, move, shown)).decode()
    return f'<img alt="{escape(_alt(scene, move, shown))}" src="data:image/png;base64,{held}">'


def _heading(scene: Scene) -> str:
    place = words.cell(scene.place, "text", scene.language)
    said = f"<h3>{escape(scene.say('place', place=place, year=scene.begun.year))}</h3>"
    if not scene.begun.synthetic:
        return said
    return f"{said}<p><strong>{escape(scene.say('synthetic'))}</strong></p>"


def _table(scene: Scene, shown: pd.DataFrame) -> str:
    heads = [scene.say(f"head.{name}") for name in ("measure", "today", "ahead", "range")]
    places = ["left", "right", "right", "left"]
    head = "".join(
        f"<th {CELL.format(place)}>{escape(text)}</th>"
        for text, place in zip(heads, places, strict=True)
    )
    moments = shown.set_index("moment")
    body = "".join(_row(scene, name, moments[name]) for name in MEASURES)
    note = f"<p><small>{escape(scene.say('range_note'))}</small></p>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def _row(scene: Scene, name: str, values: pd.Series) -> str:
    form = words.column_format(name)
    write = partial(words.cell, form=form, language=scene.language)
    cells = [
        f'<td class="{name}-{moment}" {CELL.format("right")}>{write(values[moment])}</td>'
        for moment in ("today", "ahead")
    ]
    title = f"<th {CELL.format('left')}>{escape(scene.say(f'row.{name}'))}</th>"
    cells.append(f"<td {CELL.format('left')}>{escape(_range(scene, name, values))}</td>")
    return f"<tr>{title}{''.join(cells)}</tr>"


def _range(scene: Scene, name: str, values: pd.Series) -> str:
    form = words.column_format(name)
    ends = {"low": values["ahead_low"], "high": values["ahead_high"]}
    if all(pd.notna(end) for end in ends.values()):
        told = {end: words.cell(value, form, scene.language) for end, value in ends.items()}
        return scene.say("range", **told)
    if name == "villages_out":
        return scene.say("listed", listed=scene.begun.listed)
    if name == "register_ratio" and scene.threshold is not None:
        return scene.say("threshold", threshold=scene.threshold)
    return "" if name == "exits" else words.MISSING


def _alt(scene: Scene, move: Move, shown: pd.DataFrame) -> str:
    told = shown.set_index("moment")
    below, register = told["below_ratio"], told["register_ratio"]
    return scene.say(
        "alt", below=below["today"], below_ahead=below["ahead"], register=register["today"],
        register_ahead=register["ahead"], villages=move.villages,
    )  # fmt: skip


def picture(scene: Scene, move: Move) -> bytes:
    """Draw what a move does, to be sent: with parameters, the mark of synthetic data, no village.

    Parameters
    ----------
    scene, move : Scene, Move
        As for `numbers`.

    Returns
    -------
    bytes
        PNG.

    Examples
    --------
    >>> from analysis import synthetic
    >>> from analysis.explore import start
    >>> scene = Scene(start(synthetic.city(scale=0.03, seed=1).tables, 2017), "wenshan", 0.03, "en")
    >>> picture(scene, Move(3200, 0.1, 1, 1.0))[1:4]
    b'PNG'
    """
    place = words.cell(scene.place, "text", scene.language)
    said = [scene.say("place", place=place, year=scene.begun.year), caption(scene, move)]
    marked = [scene.say("synthetic_short")] if scene.begun.synthetic else []
    return _drawn(scene, move, outlook(scene.begun, move), "\n".join([" · ".join(said), *marked]))


def _drawn(scene: Scene, move: Move, shown: pd.DataFrame, above: str = "") -> bytes:
    held = io.BytesIO()
    curve = plan_curve(scene.begun, move.delivered)
    if above:
        # From one village to the next the whole curve would tell how many poor each has.
        curve = curve[curve["villages"].isin([0, move.villages, scene.begun.listed_left])]
    say = partial(words.say, language=scene.language)
    with house.house_style():
        # Margins are fixed: to fit them takes as long as to draw, and a move must not wait for it.
        canvas = Figure(figsize=INCHES, dpi=DOTS, layout="none")
        canvas.text(0.01, 0.985, above, va="top")
        panels = canvas.subplots(
            1, 2, sharey=True, gridspec_kw=MARGINS | {"top": 0.76 if above else 0.9}
        )
        charts.outlook(panels, shown, curve, move.villages, scene.threshold, say=say)
        canvas.savefig(held, format="png", metadata={"Software": None})
    return held.getvalue()


def caption(scene: Scene, move: Move) -> str:
    """Say the parameters of a move in one line.

    Parameters
    ----------
    scene, move : Scene, Move
        As for `numbers`.

    Returns
    -------
    str
        Line, growth, villages, share delivered.

    Examples
    --------
    >>> scene = Scene(None, "wenshan", None, "en")
    >>> caption(scene, Move(3200, 0.1, 1, 1.0))
    'Line 3,200 yuan, growth 10.0%, 1 villages, 100% delivered'
    """
    return scene.say("caption", **move._asdict())


def searchable(scene: Scene, move: Move) -> str:
    """Write the villages under a move as a table that can be searched and sorted, offline.

    Parameters
    ----------
    scene, move : Scene, Move
        As for `numbers`.

    Returns
    -------
    str
        HTML for an output of JupyterLab in which `itables.init_notebook_mode` was called.

    Examples
    --------
    >>> from analysis import synthetic
    >>> from analysis.explore import start
    >>> scene = Scene(start(synthetic.city(scale=0.03, seed=1).tables, 2017), "wenshan", 0.03, "en")
    >>> "https://" in searchable(scene, Move(3200, 0.1, 1, 1.0)).split("<script")[1]
    False
    """
    rows = village_outlook(scene.begun, move)
    head, cells, numeric = _shown(rows, scene.language)
    sides = {"dt-left": False, "dt-right": True}
    texts = {key.rsplit(".", 1)[-1] for key in words.keys("explore.search.")}
    said = caption(scene, move)
    return itables.to_html_datatable(
        pd.DataFrame(cells, columns=head),
        caption=f"{said} — {scene.say('synthetic_short')}" if scene.begun.synthetic else said,
        connected=False,
        display_logo_when_loading=False,
        showIndex=False,
        columnDefs=[
            {"className": side, "targets": [at for at, one in enumerate(numeric) if one is number]}
            for side, number in sides.items()
        ],
        classes="display compact",
        language={name: scene.say(f"search.{name}") for name in texts},
        lengthMenu=[10, 25, 50, 100],
        maxBytes=0,
        # Otherwise only the small arrows beside a heading sort, and the heading itself does not.
        text_in_header_can_be_selected=False,
    )


def _shown(frame: pd.DataFrame, language: str) -> tuple[list[str], list[list[str]], Sequence[bool]]:
    columns = [words.column(name, language) for name in frame.columns]
    cells = [
        [
            words.cell(value, column.format, language)
            for value, column in zip(row, columns, strict=True)
        ]
        for row in frame.itertuples(index=False, name=None)
    ]
    numeric = [words.FORMATS[column.format].numeric for column in columns]
    return [column.title for column in columns], cells, numeric


def write_view(scene: Scene, move: Move, *, folder: Path = FOLDER) -> list[Path]:
    """Write a view down: its numbers and the sums by township as CSV, its picture as PNG.

    Villages and households are not written, and small counts are hidden as in a brief, since the
    files may leave the office; a picture that would draw a hidden number is left out.

    Parameters
    ----------
    scene, move : Scene, Move
        As for `numbers`.
    folder : Path
        Where the files are to be.

    Returns
    -------
    list of Path
        The files; their names hold the parameters, so that the same view is the same file.

    Raises
    ------
    ValueError
        If a file holds what tells of a person: an identity number, a phone, a name of the ledgers.

    Examples
    --------
    >>> import tempfile
    >>> from analysis import synthetic
    >>> from analysis.explore import start
    >>> scene = Scene(start(synthetic.city(scale=0.03, seed=1).tables, 2017), "wenshan", 0.03, "en")
    >>> with tempfile.TemporaryDirectory() as place:
    ...     made = write_view(scene, Move(3200, 0.1, 1, 1.0), folder=Path(place))
    >>> [path.name for path in made][-1]
    'wenshan-2017-line3200-growth10.0-villages1-delivered100.en.png'
    """
    name = (
        f"{scene.place}-{scene.begun.year}-line{move.line:.0f}-growth{100 * move.growth:.1f}"
        f"-villages{move.villages}-delivered{100 * move.delivered:.0f}"
    )
    shown, townships = (
        outlook(scene.begun, move),
        township_outlook(village_outlook(scene.begun, move)),
    )
    view, sums = (
        _table_of(scene, move, "view", shown),
        _table_of(scene, move, "townships", townships),
    )
    files = {
        f"{name}.{scene.language}.csv": _csv(scene, move, view),
        f"{name}-townships.{scene.language}.csv": _csv(scene, move, sums),
    }
    if "withheld" not in view:
        files[f"{name}.{scene.language}.png"] = picture(scene, move)
    if told := disclosure.persons_in(files, ROOT, [scene.place]):
        raise ValueError("; ".join(told))
    for each, content in files.items():
        press.write_whole(folder / each, content)
    return [folder / each for each in files]


def _table_of(scene: Scene, move: Move, key: str, frame: pd.DataFrame) -> Mapping[str, object]:
    """Small counts are hidden as in a brief."""
    status = "synthetic" if scene.begun.synthetic else "projected"
    values = {"unknown": scene.begun.unknown, **move._asdict()}
    return exhibits.table(f"explore.{key}", frame, status=status, **values).content


def _csv(scene: Scene, move: Move, shown: Mapping) -> bytes:
    """Each row says the parameters and the status too."""
    told = {scene.say(f"slider.{name}"): f"{value:g}" for name, value in move._asdict().items()}
    said = words.column("status", scene.language).title
    told[said] = words.say(f"status.{shown['status']}", scene.language)
    head = [column["title"][scene.language] for column in shown["columns"]]
    numeric = [column["align"] == "right" for column in shown["columns"]]
    rows = [[*row, *told.values()] for row in shown["rows"][scene.language]]
    return twins.csv_file([*head, *told], rows, [*numeric, *[False] * len(told)])
