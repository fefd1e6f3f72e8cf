"""What a notebook shows: findings, tables and figures, each in both languages from one run.

JupyterLab shows an exhibit as HTML or text, in the language of the environment variable
ANALYSIS_LANGUAGE (English unless told). The press reads the private part of the output, of the
type `MIME`, which holds every text in every language and nothing that is not shown.
"""

import io
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from analysis import fonts, marks, words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MIME = "application/vnd.county-brief.v1+json"
STATUSES = ("observed", "estimated", "projected", "synthetic")
CONFIDENCES = ("high", "moderate", "low", "cannot_tell")
# Sentences in the place of an exhibit without rows, and how sure each is.
OF_NOTHING = {"empty": "cannot_tell", "none": None}
QUESTIONS = range(1, 9)
UNVERIFIED = ("from-memory", "not-found", "assumed")
WIDTH_INCHES = 6.3
SPELT_OUT = 3
FIGURE_TEXTS = (".headline", ".subtitle", ".alt", ".note")

Texts = dict[str, str]


class Exhibit:
    """Something a notebook shows, in every language; made by `finding`, `table` and `figure`."""

    def __init__(self, content: Mapping[str, object], html: Texts, plain: Texts) -> None:
        self.content = content
        self._html = html
        self._plain = plain

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, object]:
        shown = language()
        return {
            MIME: self.content,
            "text/html": self._html[shown],
            "text/plain": self._plain[shown],
        }

    def __repr__(self) -> str:
        return self._plain[language()]


def finding(
    key: str,
    *,
    answer: int | None = None,
    status: str = "observed",
    confidence: str | None = None,
    sources: Sequence[Mapping[str, str]] = (),
    public: bool = False,
    **values: object,
) -> Exhibit:
    """
    State a finding: a sentence of the brief, made from numbers.

    Parameters
    ----------
    key : str
        Key of the sentence in the catalogue.
    answer : int, optional
        Number, 1 to 8, of the question that the finding answers; it then stands on the cover.
    status : str
        observed, estimated, projected or synthetic.
    confidence : str, optional
        high, moderate, low or cannot_tell.
    sources : sequence of mapping
        What `tables.sources` gives; a sentence that rests on a made-up source is synthetic.
    public : bool
        Whether it states printed figures alone. Otherwise, once a register has been read, numbers
        too small to publish are not told.
    **values
        Values of the sentence.

    Returns
    -------
    Exhibit
        The sentence in both languages.

    Raises
    ------
    ValueError
        If the key, a value, the question, the status or the confidence is unknown.

    Examples
    --------
    >>> finding("status.projected")
    projected
    """
    _check_one_of("status", status, STATUSES)
    _check_one_of("confidence", confidence, (None, *CONFIDENCES))
    _check_one_of("answer", answer, (None, *QUESTIONS))
    disclosure = _disclosure()
    if disclosure.is_guarded(status, sources, public, ()):
        values = disclosure.guarded_values(key, _templates(key, ("",)), values)
    text = _in_each_language(partial(words.say, key, **values))
    content = {
        "kind": "finding",
        "key": key,
        "answer": answer,
        "status": _status(status, sources),
        "confidence": confidence,
        "text": text,
    }
    html = {language: f"<p><strong>{escape(said)}</strong></p>" for language, said in text.items()}
    return Exhibit(content, html, text)


def table(
    key: str,
    frame: "pd.DataFrame",
    *,
    sources: Sequence[Mapping[str, str]] = (),
    status: str | None = "observed",
    public: bool = False,
    **values: object,
) -> Exhibit:
    """
    Show a table, titled and formatted by the catalogue.

    Where there are no rows, a sentence stands instead if the catalogue has one below the key:
    `empty` where nothing can be told, and which ledger would be needed; `none` where it is known
    that there is nothing to list.

    A column `verification` is not shown: rows that were not read in their source get a mark. Of two
    columns `title_zh` and `title_en`, each language shows its own, headed `title`. Numbers named in
    a column `withheld` are marked as not published.

    Parameters
    ----------
    key : str
        Key of the catalogue, with `title` and, if wanted, `note` below it.
    frame : pandas.DataFrame
        The rows; a named index is shown as the first columns.
    sources : sequence of mapping
        What `tables.sources` gives: id, title_zh, title_en, locator, locator_zh, verification. A
        table that rests on a made-up source is synthetic, whatever ``status`` says.
    status : str, optional
        observed, estimated, projected or synthetic; None where each row says its own.
    public : bool
        Whether it shows printed figures alone. Otherwise, once a register has been read, numbers
        too small to publish are hidden, with those that would give them away.
    **values
        Values of the title and the note.

    Returns
    -------
    Exhibit
        The table in both languages.

    Raises
    ------
    ValueError
        If a text, a column, a value or the status is unknown, the frame has no rows, or it names
        single persons or households of a register.

    Examples
    --------
    >>> import pandas as pd
    >>> table("status.observed", pd.DataFrame({"year": [2017]}))
    Traceback (most recent call last):
    ...
    ValueError: the catalogue has no text 'status.observed.title'; add it to analysis/catalogue
    """
    if said := _said_of_nothing(key, frame):
        given = {"status": status, "sources": sources, "public": public}
        return finding(f"{key}.{said}", confidence=OF_NOTHING[said], **given, **values)
    disclosure = _disclosure()
    guarded = disclosure.is_guarded(status, sources, public, [frame])
    if guarded:
        (frame,) = disclosure.guarded_frames(key, [frame])
        values = disclosure.guarded_values(key, _templates(key, (".title", ".note")), values)
    content = {
        "kind": "table",
        "key": key,
        "title": _in_each_language(partial(_named, f"{key}.title", status, sources, values)),
        **_frame_content(key, frame),
        **_provenance(key, sources, status, frame, values),
        **(_rounded_note(key, frame) if guarded else {}),
    }
    html = {language: _table_html(content, language) for language in words.LANGUAGES}
    plain = {language: _table_plain(content, language) for language in words.LANGUAGES}
    return Exhibit(content, html, plain)


def figure(
    key: str,
    draw: Callable,
    *data: object,
    sources: Sequence[Mapping[str, str]] = (),
    status: str = "observed",
    height: float = 3.2,
    frame: "pd.DataFrame | None" = None,
    panels: tuple[int, int] = (1, 1),
    public: bool = False,
    **values: object,
) -> Exhibit:
    """
    Show a chart, drawn once in each language.

    Parameters
    ----------
    key : str
        Key of the catalogue, with `headline` (the finding), `subtitle` (the statistic) and `alt`
        (what the chart shows, in words) below it, and, if wanted, `note`.
    draw : callable
        `draw(axes, *data, say=say)` puts marks on the axes; `say(key, **values)` gives text in the
        language being drawn.
    *data : object
        What is drawn.
    sources : sequence of mapping
        What `tables.sources` gives.
    status : str
        observed, estimated, projected or synthetic.
    height : float
        Height in inches; the width is that of the page's text.
    frame : pandas.DataFrame, optional
        The small table of the numbers drawn; without rows, the sentence `empty` or `none` stands
        instead of the chart, as in `table`.
    panels : (int, int)
        Rows and columns of axes; `draw` gets an array of axes where there are several.
    public : bool
        Whether it shows printed figures alone. Otherwise, once a register has been read, numbers
        too small to publish are missing in the data drawn and in their table.
    **values
        Values of the texts.

    Returns
    -------
    Exhibit
        The chart in both languages.

    Raises
    ------
    ValueError
        If a text, a value or the status is unknown, the typeface lacks a character, or the data
        of a register are small where their table is not.

    Examples
    --------
    >>> figure("status.observed", lambda axes, say: None)
    Traceback (most recent call last):
    ...
    ValueError: the catalogue has no text 'status.observed.headline'; add it to analysis/catalogue
    """
    if said := _said_of_nothing(key, frame):
        given = {"status": status, "sources": sources, "public": public}
        return finding(f"{key}.{said}", confidence=OF_NOTHING[said], **given, **values)
    disclosure = _disclosure()
    guarded = disclosure.is_guarded(status, sources, public, _frames([frame, *data]))
    if guarded:
        safe = iter(disclosure.guarded_frames(key, _frames([frame, *data])))
        frame, *data = [next(safe) if _is_frame(item) else item for item in (frame, *data)]
        values = disclosure.guarded_values(key, _templates(key, FIGURE_TEXTS), values)
    headline = _in_each_language(partial(_named, f"{key}.headline", status, sources, values))
    texts = {
        part: _in_each_language(partial(words.say, f"{key}.{part}", **values))
        for part in ("subtitle", "alt")
    }
    content = {
        "kind": "figure",
        "key": key,
        "headline": headline,
        **texts,
        "svg": _in_each_language(partial(_draw, draw, data, height, panels)),
        "drawn": None if frame is None else _frame_content(key, frame),
        **_provenance(key, sources, status, frame, values, *data),
        **(_rounded_note(key, frame, *data) if guarded else {}),
    }
    html = {language: _figure_html(content, language) for language in words.LANGUAGES}
    plain = {language: _figure_plain(content, language) for language in words.LANGUAGES}
    return Exhibit(content, html, plain)


def _disclosure():
    from analysis import disclosure  # noqa: PLC0415 - the press needs none of it

    return disclosure


def _templates(key: str, parts: Sequence[str]) -> list[str]:
    there = (f"{key}{part}" for part in parts)
    return [words.template(one, "en") for one in there if words.has(one)]


def _is_frame(item: object) -> bool:
    return hasattr(item, "select_dtypes")


def _frames(items: Sequence[object]) -> list:
    return [item for item in items if _is_frame(item)]


def _said_of_nothing(key: str, frame: "pd.DataFrame | None") -> str | None:
    nothing = frame is not None and frame.empty
    return next((part for part in OF_NOTHING if nothing and words.has(f"{key}.{part}")), None)


def language() -> str:
    """
    Tell in which language JupyterLab shows what a notebook shows.

    Returns
    -------
    str
        What the environment variable ANALYSIS_LANGUAGE says, "zh" or "en"; "en" if unset.

    Examples
    --------
    >>> language() in words.LANGUAGES
    True
    """
    return os.environ.get("ANALYSIS_LANGUAGE", "en")


def _in_each_language(write: Callable[..., str]) -> Texts:
    return {language: write(language=language) for language in words.LANGUAGES}


def _check_one_of(what: str, value: object, allowed: Sequence[object]) -> None:
    if value not in allowed:
        known = ", ".join(str(item) for item in allowed if item is not None)
        raise ValueError(f"{what} {value!r} is not one of {known}")


def _provenance(
    key: str,
    sources: Sequence[Mapping[str, str]],
    status: str | None,
    frame: "pd.DataFrame | None",
    values: Mapping[str, object],
    *data: object,
) -> dict[str, object]:
    _check_one_of("status", status, (None, *STATUSES))
    status = _status(status, sources)
    _refuse_unmarked(key, status, frame, *data)
    noted = words.has(f"{key}.note")
    return {
        "note": _in_each_language(partial(words.say, f"{key}.note", **values)) if noted else None,
        "status": status,
        "sources": [_source(source) for source in sources],
        "unverified_rows": frame is not None and any(_unverified(frame)),
        **_withheld_note(frame, *data),
    }


def _status(status: str | None, sources: Sequence[Mapping[str, str]]) -> str | None:
    """What rests on a made-up source is synthetic, whatever a chapter says of its kind."""
    made_up = any(marks.is_made_up(source["id"]) for source in sources)
    return marks.STATUS if made_up else status


def _named(
    key: str,
    status: str | None,
    sources: Sequence[Mapping[str, str]],
    values: Mapping[str, object],
    language: str,
) -> str:
    """Say a title; of what is synthetic, a title on its own must name it so."""
    text = words.say(key, language, **values)
    named = words.say("exhibit.names_synthetic", language).split("|")
    if _status(status, sources) != marks.STATUS or any(one in text.lower() for one in named):
        return text
    return words.say("exhibit.synthetic", language, text=text)


def _withheld_note(*data: object) -> dict[str, Texts]:
    """Say below what is hidden above; an exhibit that hides nothing has no such note."""
    if not any(any(map(len, _withheld(frame))) for frame in _frames(data)):
        return {}
    kind = "table" if len(data) == 1 else "figure"
    fewest = {f"{unit}s": limit.fewest for unit, limit in _disclosure().limits().items()}
    return {"withheld": _in_each_language(partial(words.say, f"disclosure.note.{kind}", **fewest))}


def _rounded_note(key: str, *data: object) -> dict[str, Texts]:
    """Say below what is rounded above."""
    bases = _disclosure().bases_of(key, _frames(data))
    return {"rounded": _in_each_language(partial(_said_rounded, bases))} if bases else {}


def _said_rounded(bases: Mapping[str, float], language: str) -> str:
    units = [words.say(f"disclosure.rounded.{u}", language, base=b) for u, b in bases.items()]
    return words.say("disclosure.rounded.note", language, units=units)


def _withheld(frame: "pd.DataFrame") -> list[set[str]]:
    if marks.WITHHELD not in frame:
        return [set()] * len(frame)
    return [set(filter(None, names.split(";"))) for names in frame[marks.WITHHELD]]


def _refuse_unmarked(key: str, status: str | None, *data: object) -> None:
    if status != marks.STATUS and marks.is_synthetic(*_frames(data)):
        raise ValueError(
            f"{key!r} shows synthetic rows as {status}; say status={marks.STATUS!r}, so that "
            "nobody takes them for facts about a place"
        )


def _source(source: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": source["id"],
        "title": {language: source[f"title_{language}"] for language in words.LANGUAGES},
        "locator": {"zh": source["locator_zh"], "en": source["locator"]},
        "verification": source["verification"],
    }


def _unverified(frame: "pd.DataFrame") -> list[bool]:
    if "verification" not in frame.columns:
        return [False] * len(frame)
    return [value in UNVERIFIED for value in frame["verification"]]


def _frame_content(key: str, frame: "pd.DataFrame") -> dict[str, object]:
    if frame.empty:
        raise ValueError(f"the table {key!r} has no rows; a brief does not show an empty table")
    noted = list(zip(_unverified(frame), _withheld(frame), strict=True))
    shown = frame.drop(columns=["verification", marks.WITHHELD], errors="ignore")
    if any(name is not None for name in shown.index.names):
        shown = shown.reset_index()
    spoken = {language: _spoken(shown, language) for language in words.LANGUAGES}
    names = list(spoken["en"].columns)
    forms = [words.column_format(name) for name in names]
    return {
        "columns": [_column_content(name) for name in names],
        "rows": {language: _rows(own, forms, noted, language) for language, own in spoken.items()},
    }


def _spoken(frame: "pd.DataFrame", language: str) -> "pd.DataFrame":
    """Of columns that stand in each language, keep the one asked for, under their common name."""
    stems = [name.removesuffix("_en") for name in frame.columns if name.endswith("_en")]
    common = [stem for stem in stems if f"{stem}_zh" in frame.columns]
    others = [other for other in words.LANGUAGES if other != language]
    unspoken = [f"{stem}_{other}" for stem in common for other in others]
    return frame.drop(columns=unspoken).rename(
        columns={f"{stem}_{language}": stem for stem in common}
    )


def _column_content(name: str) -> dict[str, object]:
    titled = {language: words.column(name, language) for language in words.LANGUAGES}
    numeric = words.FORMATS[titled["en"].format].numeric
    return {
        "name": name,
        "align": "right" if numeric else "left",
        "title": {language: column.title for language, column in titled.items()},
    }


def _rows(
    frame: "pd.DataFrame",
    forms: Sequence[str],
    noted: Sequence[tuple[bool, set[str]]],
    language: str,
) -> list[list[str]]:
    columns = list(zip(frame.columns, forms, strict=True))
    rows = [
        [
            words.MARK if name in hidden else words.cell(value, form, language)
            for value, (name, form) in zip(row, columns, strict=True)
        ]
        for row, (_, hidden) in zip(frame.itertuples(index=False, name=None), noted, strict=True)
    ]
    return [
        [f"{row[0]} †", *row[1:]] if unverified else row
        for row, (unverified, _) in zip(rows, noted, strict=True)
    ]


def _draw(
    draw: Callable, data: tuple, height: float, panels: tuple[int, int], language: str
) -> str:
    from matplotlib.figure import Figure  # noqa: PLC0415 - only charts need matplotlib

    from analysis.charts import house  # noqa: PLC0415

    with house.house_style():
        canvas = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
        draw(canvas.subplots(*panels), *data, say=partial(_say_in_chart, language=language))
        return _svg(canvas)


def _say_in_chart(key: str, *, language: str, **values: object) -> str:
    """Say a text for a chart; in the faces of the brief a curly English quote is far too wide."""
    text = words.say(key, language, **values)
    return text.translate(str.maketrans("‘’“”", "''\"\"")) if language == "en" else text


def _svg(canvas: "Figure") -> str:
    from analysis.charts import drawing  # noqa: PLC0415 - as above

    written = io.StringIO()
    with warnings.catch_warnings():
        # A missing glyph is only a warning there; here it is an error.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        _lay_out(canvas)
        canvas.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    _check_glyphs(canvas)
    return drawing.condensed(written.getvalue())


def _lay_out(canvas: "Figure") -> None:
    """Find the place of everything as `savefig` does, which draws the whole chart to find it."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415

    FigureCanvasSVG(canvas)
    canvas.dpi = FigureCanvasSVG.fixed_dpi
    canvas.get_layout_engine().execute(canvas)
    canvas.set_layout_engine("none")


def _check_glyphs(canvas: "Figure") -> None:
    from matplotlib.text import Text  # noqa: PLC0415

    shown = (text for text in canvas.findobj(Text) if text.get_visible())
    fonts.check_glyphs("".join(text.get_text() for text in shown))


def source_line(content: Mapping, language: str, numbers: Mapping[str, int] | None = None) -> str:
    """
    Write the line below an exhibit: note, sources, status.

    Parameters
    ----------
    content : mapping
        The private part of a table or a figure.
    language : str
        "zh" or "en".
    numbers : mapping, optional
        Number of each source in a list of sources; then only the first titles are spelt out.

    Returns
    -------
    str
        One line of text.

    Examples
    --------
    >>> source_line({"kind": "table", "note": None, "sources": [], "status": "observed",
    ...              "unverified_rows": False}, "en")
    'Status: observed.'
    """
    say = partial(words.say, language=language)
    parts = []
    if content["note"]:
        parts.append(say("exhibit.note", text=content["note"][language]))
    if content["unverified_rows"]:
        parts.append(say(f"exhibit.unverified_rows.{content['kind']}"))
    if content.get("withheld"):
        parts.append(content["withheld"][language])
    if content.get("rounded"):
        parts.append(content["rounded"][language])
    if content["sources"]:
        joined = _named_sources(content["sources"], language, numbers)
        parts.append(say("exhibit.source", titles=joined))
    if content["status"]:
        parts.append(say("exhibit.status", status=f"status.{content['status']}"))
    return ("" if language == "zh" else " ").join(parts)


def _named_sources(
    sources: Sequence[Mapping], language: str, numbers: Mapping[str, int] | None
) -> str:
    spelt = len(sources) if numbers is None or len(sources) <= SPELT_OUT else SPELT_OUT - 1
    titles = [_source_title(source, language) for source in sources[:spelt]]
    named = ("；" if language == "zh" else "; ").join(titles)
    if spelt == len(sources):
        return named
    rest = [(numbers[source["id"]], _is_unverified(source)) for source in sources[spelt:]]
    listed = "、" if language == "zh" else ", "
    shown = listed.join(f"{number}{'†' if mark else ''}" for number, mark in sorted(rest))
    return words.say("exhibit.more_sources", language, named=named, numbers=shown)


def _is_unverified(source: Mapping) -> bool:
    return source["verification"] in UNVERIFIED


def _source_title(source: Mapping, language: str) -> str:
    title = source["title"][language]
    if not _is_unverified(source):
        return title
    mark = f"term.{source['verification']}"
    return words.say("exhibit.marked", language, title=title, mark=mark)


def _table_html(content: Mapping, language: str) -> str:
    columns = content["columns"]
    head = "".join(_cell_html("th", c["title"][language], c["align"]) for c in columns)
    body = "".join(
        "<tr>" + "".join(map(_body_cell_html, row, columns)) + "</tr>"
        for row in content["rows"][language]
    )
    return (
        f"<table><caption>{escape(content['title'][language])}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p><small>{escape(source_line(content, language))}</small></p>"
    )


def _body_cell_html(text: str, column: Mapping) -> str:
    return _cell_html("td", text, column["align"])


def _cell_html(tag: str, text: str, align: str) -> str:
    return f'<{tag} style="text-align: {align}">{escape(text)}</{tag}>'


def _table_plain(content: Mapping, language: str) -> str:
    head = [column["title"][language] for column in content["columns"]]
    lines = [" | ".join(row) for row in [head, *content["rows"][language]]]
    return "\n".join([content["title"][language], *lines, source_line(content, language)])


def _figure_html(content: Mapping, language: str) -> str:
    svg = content["svg"][language]
    return (
        f"<figure><figcaption><strong>{escape(content['headline'][language])}</strong><br>"
        f"{escape(content['subtitle'][language])}</figcaption>"
        f'<div role="img" aria-label="{escape(content["alt"][language])}">{svg}</div>'
        f"<p><small>{escape(source_line(content, language))}</small></p></figure>"
    )


def _figure_plain(content: Mapping, language: str) -> str:
    lines = [content[part][language] for part in ("headline", "subtitle", "alt")]
    if content["drawn"]:
        drawn = content["drawn"]
        lines.append(" | ".join(column["title"][language] for column in drawn["columns"]))
        lines.extend(" | ".join(row) for row in drawn["rows"][language])
    return "\n".join([*lines, source_line(content, language)])
