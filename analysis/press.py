"""Executed notebooks set as one typeset PDF in one language.

The press reads notebooks as plain JSON and takes from them prose, findings, tables and figures;
code and streams are never set. All of it goes to the Typst template as data, never as markup, so
that nothing a ledger holds can run or break the page.
"""

import datetime
import json
import os
import re
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import count
from pathlib import Path

from analysis import exhibits, fonts, marks, room, summary, words

TEMPLATE = Path(__file__).parents[1] / "reports" / "template" / "brief.typ"
UNIT = re.compile(r"\s*(?=[(（][^()（）]*[)）]$)")
# Notebooks are written in English, so their own prose can stand in an English brief.
OWN = "en"
# Id of the cell that papermill puts in, with what the chapter was told.
INJECTED = "injected-parameters"
PROVENANCE = ("kind", "note", "unverified_rows", "withheld", "rounded", "sources", "status")
FIGURE_PARTS = ("headline", "subtitle", "alt", "svg")
# What the page is told of them; the twins of the PDF show more.
ON_PAGE = {
    "figure": ("kind", "number", "headline", "subtitle", "alt", "source_line"),
    "table": ("kind", "number", "title", "rows", "source_line"),
}


class PressError(ValueError):
    """A brief that cannot be set; the message says in one sentence why."""


def chapter(notebook: Mapping, language: str, *, name: str) -> dict[str, object]:
    """
    Take from an executed notebook what a chapter of the brief shows.

    Parameters
    ----------
    notebook : mapping
        The executed notebook, as read from its JSON.
    language : str
        "zh" or "en".
    name : str
        Name of the notebook, for messages.

    Returns
    -------
    dict
        `title` (the H1 of the first prose cell) and `blocks`, in the order of the notebook.

    Raises
    ------
    PressError
        If an output is an error, the prose of a cell is neither in the catalogue nor, for an
        English brief, in the cell, there is no H1, or it is no executed notebook at all.

    Examples
    --------
    >>> chapter({"cells": []}, "en", name="01_empty")
    Traceback (most recent call last):
    ...
    analysis.press.PressError: 01_empty: the first prose cell has no H1; start it with '# '
    """
    blocks = [
        block
        for number, cell in numbered(_cells(notebook, name))
        for block in _cell_blocks(cell, language, f"{name}, cell {number} ({cell.get('id')})")
    ]
    if not blocks or (blocks[0]["kind"], blocks[0].get("level")) != ("heading", 1):
        raise PressError(f"{name}: the first prose cell has no H1; start it with '# '")
    if any(block.get("level") == 1 for block in blocks[1:]):
        raise PressError(f"{name}: there is a second H1; a chapter has one")
    return {"title": _plain(blocks[0]["children"]), "blocks": blocks[1:]}


def numbered(cells: Iterable[Mapping]) -> Iterator[tuple[int, Mapping]]:
    """
    Number cells as the notebook that an author wrote numbers them.

    Parameters
    ----------
    cells : iterable of mapping
        The cells of a notebook, executed or not.

    Yields
    ------
    (int, mapping)
        Number, from 1, and cell, without the one that papermill puts in.

    Examples
    --------
    >>> [number for number, _ in numbered([{"id": "a"}, {"id": INJECTED}, {"id": "b"}])]
    [1, 2]
    """
    return enumerate((cell for cell in cells if cell.get("id") != INJECTED), start=1)


def text_of(cell: Mapping, language: str) -> str:
    """
    Look the prose of a cell up; English that the catalogue lacks is what the cell itself says.

    Parameters
    ----------
    cell : mapping
        A cell of prose, as read from the JSON of its notebook.
    language : str
        "zh" or "en".

    Returns
    -------
    str
        Markdown, without white space around it.

    Raises
    ------
    ValueError
        If the catalogue lacks the prose, and the cell's own is not in the language asked for.

    Examples
    --------
    >>> text_of({"id": "no-where", "source": ["# Which schools?"]}, "en")
    '# Which schools?'
    """
    own = "".join(cell.get("source", "")).strip()
    if not words.has(f"prose.{cell['id']}") and (language == OWN or not own):
        return own
    return words.prose(cell["id"], language)


def blocks_of(text: str, language: str, where: str) -> list[dict[str, object]]:
    """
    Turn prose into the nodes that the template renders.

    Parameters
    ----------
    text : str
        Markdown.
    language : str
        "zh" or "en".
    where : str
        Notebook and cell, for messages.

    Returns
    -------
    list of dict
        One node for each block.

    Raises
    ------
    PressError
        If the prose holds what the press does not set, such as a picture.

    Examples
    --------
    >>> blocks_of("## Why", "en", "11_schools, cell 2")[0]["level"]
    2
    """
    return [block for token in _markdown()(text) for block in _block(token, language, where)]


def document(
    chapters: Sequence[Mapping],
    *,
    language: str,
    title: str,
    subtitle: str,
    author: str,
    date: datetime.date,
    made: Mapping[str, object],
) -> dict[str, object]:
    """
    Gather a brief as the one piece of data that the template is given.

    Parameters
    ----------
    chapters : sequence of mapping
        What `chapter` gives, in order.
    language : str
        "zh" or "en".
    title, subtitle, author : str
        What the cover and the metadata of the PDF say.
    date : datetime.date
        Date of the brief.
    made : mapping
        What the last page says: notebooks, inputs, packages, code, fonts.

    Returns
    -------
    dict
        The brief, all texts and numbers, no markup.

    Examples
    --------
    >>> document([], language="en", title="T", subtitle="", author="", made={},
    ...          date=datetime.date(2018, 3, 28))["date"]["text"]
    '28 March 2018'
    """
    say = partial(words.say, language=language)
    numbers = _source_numbers(chapters)
    anchored = _anchored(_numbered(_sourced(chapters, language, numbers)))
    return {
        "language": language,
        "title": title,
        "subtitle": subtitle,
        "author": author,
        "date": {
            "year": date.year,
            "month": date.month,
            "day": date.day,
            "text": words.FORMATS["date"].sentence(date, language),
        },
        "labels": {key[len("press.") :]: say(key) for key in words.keys("press.")},
        "keywords": re.split("、|, ", say("press.keywords")),
        "marks": [_mark_meaning(mark, language) for mark in _mark_keys()],
        "answers": list(_answers(anchored, language)),
        "chapters": anchored,
        "sources": _source_list(chapters, language, numbers),
        "made": made,
    }


def typeset(brief: Mapping[str, object], *, template: Path = TEMPLATE) -> bytes:
    """
    Set a brief as a tagged PDF that Typst accepts as PDF/UA-1.

    Parameters
    ----------
    brief : mapping
        What `document` gives.
    template : Path
        The Typst page.

    Returns
    -------
    bytes
        The PDF; the same brief gives the same bytes.

    Raises
    ------
    PressError
        If a typeface or a glyph is missing, or Typst refuses the document.

    Examples
    --------
    >>> typeset.__name__
    'typeset'
    """
    import typst  # noqa: PLC0415 - not needed when nothing has changed

    told = {"brief": _page(brief), **_drawings(brief)}
    with tempfile.TemporaryDirectory(prefix="faces.") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = "".join([*told.values(), template.read_text(encoding="utf-8")])
        faces, families = _typst_fonts(fonts.cut(text, Path(folder)))
        inputs = told | {"faces": _said(families)}
        compiler = typst.Compiler(str(template), root=str(template.parent), font_paths=faces)
        try:
            pdf, said = compiler.compile_with_warnings(
                format="pdf", sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=_noon(brief)
            )
        except typst.TypstError as refusal:
            raise PressError(_refusal(refusal, brief)) from None
    if said:
        raise PressError(f"the brief cannot be set: {said[0].message}")
    return pdf


def write_whole(path: Path, content: bytes) -> None:
    """
    Write a file so that it is there whole or not at all.

    Parameters
    ----------
    path : Path
        Where the file is to be; its folder is made if need be.
    content : bytes
        What it is to hold.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a" / "brief.pdf", b"%PDF")
    ...     (Path(folder) / "a" / "brief.pdf").read_bytes()
    b'%PDF'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _page(brief: Mapping[str, object]) -> str:
    """Write down what the page is given; Chinese has no apostrophes, English sets them curly.

    No address is changed by that: in those, reading the prose has written them `%27`.
    """
    said = _said(_paged(brief))
    return said.replace("'", "’") if brief["language"] == "en" else said


def _paged(brief: Mapping[str, object]) -> dict[str, object]:
    """Give the page what it renders and no more, with every length that can be told beforehand."""
    known = fonts.advances(fonts.paths()["sans"])
    chapters = [
        chapter | {"blocks": [_block_on_page(block, known) for block in chapter["blocks"]]}
        for chapter in brief["chapters"]
    ]
    listed = {"sources": _sources_on_page(brief, known), "made": _made_on_page(brief, known)}
    return dict(brief) | listed | {"chapters": chapters, "line": room.LINE}


def _drawings(brief: Mapping[str, object]) -> dict[str, str]:
    """Hand the drawings over by themselves: they are most of a brief, and no part of its data."""
    blocks = (block for chapter in brief["chapters"] for block in chapter["blocks"])
    return {
        f"figure {block['number']}": block["svg"] for block in blocks if block["kind"] == "figure"
    }


def _sources_on_page(brief: Mapping, known: Mapping[str, float]) -> dict[str, object]:
    say = brief["labels"]
    headings = ["", say["source"], say["locator"], say["read"]]
    return _listed(headings, brief["sources"], known)


def _made_on_page(brief: Mapping, known: Mapping[str, float]) -> dict[str, object]:
    """List what the brief was made of; below each notebook stands what it was told."""
    say, made = brief["labels"], brief["made"]
    files = [say["file"], say["fingerprint"]]
    told = [
        [f"{run['name']}\n{run['parameters'] or say['no_parameters']}", run["sha256"]]
        for run in made["notebooks"]
    ]
    read = [[file["path"], file["sha256"] or say["in_record"]] for file in made["inputs"]]
    drawn = [[face["path"], face["sha256"]] for face in made["fonts"]]
    return made | {
        "notebooks": _listed([say["notebook_parameters"], say["fingerprint"]], told, known),
        "inputs": _listed(files, read, known),
        "fonts": _listed(files, drawn, known),
    }


def _listed(
    headings: Sequence[str], rows: Sequence[Sequence[str]], known: Mapping[str, float]
) -> dict[str, object]:
    """Lay out a table of the last pages, which is words alone and dense."""
    aligns = ["left"] * len(headings)
    lengths = room.table([[one] for one in headings], rows, aligns, known, (room.DENSE,) * 2)
    return {"aligns": aligns, "rows": rows, "room": lengths}


def _block_on_page(block: Mapping, known: Mapping[str, float]) -> Mapping[str, object]:
    if block["kind"] not in ON_PAGE:
        return block
    kept = {part: block[part] for part in ON_PAGE[block["kind"]]}
    if block["kind"] == "figure":
        return kept
    headings, aligns = ([one[part] for one in block["columns"]] for part in ("heading", "align"))
    lengths = room.table(headings, block["rows"], aligns, known)
    below = room.below(block["source_line"], known)
    return kept | {"aligns": aligns, "room": lengths | {"below": below}}


def _provenances(chapters: Iterable[Mapping]) -> Iterator[Mapping]:
    for part in chapters:
        yield from (block["provenance"] for block in part["blocks"] if "provenance" in block)


def _source_numbers(chapters: Iterable[Mapping]) -> dict[str, int]:
    """Number every source in the order in which the brief first names it."""
    named = [source["id"] for given in _provenances(chapters) for source in given["sources"]]
    return {name: number for number, name in enumerate(dict.fromkeys(named), start=1)}


def _sourced(
    chapters: Iterable[Mapping], language: str, numbers: Mapping[str, int]
) -> list[dict[str, object]]:
    return [
        {
            **part,
            "blocks": [_with_source_line(block, language, numbers) for block in part["blocks"]],
        }
        for part in chapters
    ]


def _with_source_line(
    block: Mapping, language: str, numbers: Mapping[str, int]
) -> dict[str, object]:
    kept = {name: value for name, value in block.items() if name != "provenance"}
    if "provenance" in block:
        kept["source_line"] = exhibits.source_line(block["provenance"], language, numbers)
    return kept


def _source_list(
    chapters: Iterable[Mapping], language: str, numbers: Mapping[str, int]
) -> list[list[str]]:
    """List the sources: number, title, where each stands, and the weakest mark of any use of it."""
    found: dict[str, list[Mapping]] = {}
    for given in _provenances(chapters):
        for source in given["sources"]:
            found.setdefault(source["id"], []).append(source)
    return [_source_row(number, found[name], language) for name, number in numbers.items()]


def _source_row(number: int, uses: Sequence[Mapping], language: str) -> list[str]:
    marks = {use["verification"] for use in uses}
    weakest = next((mark for mark in exhibits.UNVERIFIED if mark in marks), uses[0]["verification"])
    first = uses[0]
    return [
        str(number),
        first["title"][language],
        first["locator"][language] or words.MISSING,
        words.say(f"term.{weakest}", language),
    ]


def _cells(notebook: Mapping, name: str) -> list[Mapping]:
    """Give the cells of a notebook that has the form of one; a file may have been spoilt."""
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(map(_is_cell, cells)):
        raise PressError(f"{name}: is not an executed notebook; run it again")
    return cells


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, Mapping) or not isinstance(cell.get("cell_type"), str):
        return False
    if cell["cell_type"] != "code":
        return cell["cell_type"] != "markdown" or isinstance(cell.get("id"), str)
    outputs = cell.get("outputs")
    return isinstance(outputs, list) and all(map(_is_output, outputs))


def _is_output(output: object) -> bool:
    if not isinstance(output, Mapping) or not isinstance(output.get("data", {}), Mapping):
        return False
    if output.get("output_type") == "error":
        return {"ename", "evalue"} <= set(output)
    return isinstance(output.get("output_type"), str)


def _cell_blocks(cell: Mapping, language: str, where: str) -> Iterator[dict[str, object]]:
    if cell["cell_type"] == "markdown":
        yield from _prose(cell, language, where)
    elif cell["cell_type"] == "code":
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                raise PressError(
                    f"{where} ended in an error ({output['ename']}: {output['evalue']}); "
                    "a brief is set only from notebooks that ran to the end"
                )
            if exhibits.MIME in output.get("data", {}):
                yield _in_language(output["data"][exhibits.MIME], language)


def _prose(cell: Mapping, language: str, where: str) -> Iterator[dict[str, object]]:
    try:
        text = text_of(cell, language)
    except ValueError as refusal:
        raise PressError(f"{where}: {refusal}") from None
    yield from blocks_of(text, language, where)


@cache
def _markdown():
    import mistune  # noqa: PLC0415 - not needed when nothing has changed

    return mistune.create_markdown(renderer="ast", plugins=["table", "strikethrough"])


def _block(token: Mapping, language: str, where: str) -> Iterator[dict[str, object]]:
    """Turn one block of parsed Markdown into a node that the template renders."""
    kind = token["type"]
    if kind == "blank_line":
        return
    if kind in {"paragraph", "block_text"}:
        yield {"kind": "paragraph", "children": _spans(token, language, where)}
    elif kind == "heading":
        level = token["attrs"]["level"]
        yield {"kind": "heading", "level": level, "children": _spans(token, language, where)}
    elif kind == "list":
        yield {
            "kind": "list",
            "ordered": token["attrs"]["ordered"],
            "items": [_blocks(item, language, where) for item in token["children"]],
        }
    elif kind == "block_quote":
        yield {"kind": "quote", "children": _blocks(token, language, where)}
    elif kind in {"block_code", "block_html"}:
        yield {"kind": "paragraph", "children": [{"kind": "text", "text": token["raw"].strip()}]}
    else:
        raise PressError(f"{where}: the press does not set {kind.replace('_', ' ')} in prose")


def _blocks(token: Mapping, language: str, where: str) -> list[dict[str, object]]:
    return [block for child in token["children"] for block in _block(child, language, where)]


def _spans(token: Mapping, language: str, where: str) -> list[dict[str, object]]:
    return [_span(child, language, where) for child in token.get("children", [])]


def _span(token: Mapping, language: str, where: str) -> dict[str, object]:
    kind = token["type"]
    if kind in {"text", "codespan", "inline_html"}:
        return {"kind": "code" if kind == "codespan" else "text", "text": token["raw"]}
    if kind in {"softbreak", "linebreak"}:
        # Chinese is written without spaces, so a broken line of source leaves none behind.
        return {"kind": "text", "text": "" if language == "zh" else " "}
    if kind in {"strong", "emphasis"}:
        return {"kind": kind, "children": _spans(token, language, where)}
    if kind == "link" and token["attrs"]["url"].startswith(("https://", "http://")):
        url = token["attrs"]["url"]
        return {"kind": "link", "url": url, "children": _spans(token, language, where)}
    raise PressError(f"{where}: the press does not set {kind.replace('_', ' ')} in prose")


def _plain(spans: Iterable[Mapping]) -> str:
    return "".join(span.get("text") or _plain(span.get("children", [])) for span in spans)


def _in_language(content: Mapping, language: str) -> dict[str, object]:
    """Keep of an exhibit what one language needs, in the shape the template reads."""
    kept = {"kind": content["kind"], "status": _status(content, language)}
    if content["kind"] == "finding":
        return kept | {
            "text": content["text"][language],
            "answer": content["answer"],
            "synthetic": content["status"] == marks.STATUS,
            "confidence": _confidence(content, language),
        }
    kept["provenance"] = {part: content.get(part) for part in PROVENANCE}
    if content["kind"] == "figure":
        drawn = _tabled(content["drawn"], content["key"], language) if content["drawn"] else None
        return kept | {part: content[part][language] for part in FIGURE_PARTS} | {"drawn": drawn}
    return kept | {"title": content["title"][language]} | _tabled(content, content["key"], language)


def _tabled(content: Mapping, key: str, language: str) -> dict[str, object]:
    columns = [_column(column, key, language) for column in content["columns"]]
    return {"columns": columns, "rows": _rows(content, language)}


def _rows(content: Mapping, language: str) -> list[list[str]]:
    """Keep the mark of an unverified row on the line of what it marks."""
    return [[cell.replace(" †", "\u00a0†") for cell in row] for row in content["rows"][language]]


def _column(column: Mapping, key: str, language: str) -> dict[str, object]:
    """Break a heading before the unit in brackets, and say how the column is to be read."""
    heading = UNIT.split(column["title"][language], maxsplit=1)
    form = words.column_format(column["name"])
    told = "".join(heading[1:]).strip("(（）)")
    unit = told or _counted(key, column["name"], form, language)
    return {"heading": heading, "align": column["align"], "form": form, "unit": unit}


def _counted(key: str, name: str, form: str, language: str) -> str:
    """Name what a column counts, where the project knows."""
    if form != "count":
        return "%" if form.startswith("percent") else ""
    from analysis import disclosure  # noqa: PLC0415 - not needed when nothing has changed

    unit = f"unit_counted.{disclosure.said_to_count(key, name)}"
    return words.say(unit, language) if words.has(unit) else ""


def _status(content: Mapping, language: str) -> str:
    return words.say(f"status.{content['status']}", language) if content["status"] else ""


def _confidence(content: Mapping, language: str) -> dict[str, object] | None:
    grade = content["confidence"]
    if grade is None:
        return None
    filled = {"high": 3, "moderate": 2, "low": 1, "cannot_tell": 0}[grade]
    return {"text": words.say(f"confidence.{grade}", language), "filled": filled}


def _mark_keys() -> list[str]:
    return [
        *(f"status.{status}" for status in exhibits.STATUSES),
        *(f"confidence.{grade}" for grade in exhibits.CONFIDENCES),
        "press.unverified",
    ]


def _mark_meaning(key: str, language: str) -> dict[str, str]:
    meaning = words.say(f"meaning.{key.rsplit('.', maxsplit=1)[-1]}", language)
    return {"mark": words.say(key, language), "meaning": meaning}


def _answers(chapters: Sequence[Mapping], language: str) -> Iterator[dict[str, object]]:
    """Lift one finding for each question that a chapter answers, and say which none does."""
    found = [block for part in chapters for block in part["blocks"] if block.get("answer")]
    for number, block in (
        zip(exhibits.QUESTIONS, summary.chosen(found), strict=True) if found else ()
    ):
        asked = {"answer": number, "question": words.say(f"question.{number}", language)}
        if block is None:
            yield asked | {"text": words.say("summary.unanswered", language), "anchor": None}
        else:
            yield block | asked | {"text": summary.first_sentence(block["text"], language)}


def _numbered(chapters: Iterable[Mapping]) -> list[dict[str, object]]:
    """Number the tables, and the figures, through the whole brief."""
    numbers = {"table": count(1), "figure": count(1)}
    return [
        {**part, "blocks": [_with_number(block, numbers) for block in part["blocks"]]}
        for part in chapters
    ]


def _with_number(block: Mapping, numbers: Mapping[str, Iterator[int]]) -> Mapping[str, object]:
    kind = block["kind"]
    return {**block, "number": next(numbers[kind])} if kind in numbers else block


def _anchored(chapters: Sequence[Mapping]) -> list[dict[str, object]]:
    """Give every block a name of its own in the brief, so that a page can be referred to."""
    return [
        dict(chapter)
        | {
            "blocks": [
                block | {"anchor": f"chapter-{number}-block-{place}"}
                for place, block in enumerate(chapter["blocks"], start=1)
            ]
        }
        for number, chapter in enumerate(chapters, start=1)
    ]


def _typst_fonts(paths: Mapping[str, Path]) -> tuple[object, dict[str, str]]:
    import typst  # noqa: PLC0415

    opened = typst.Fonts(False, False, sorted({str(path.parent) for path in paths.values()}))
    by_path = {Path(font.path): font.family for font in opened.fonts()}
    for role, path in paths.items():
        if path not in by_path:
            raise PressError(f"the {role} typeface {path.name} cannot be read; replace the file")
    return opened, {role: by_path[path] for role, path in paths.items()}


def _noon(brief: Mapping) -> int:
    day = brief["date"]
    noon = datetime.datetime(day["year"], day["month"], day["day"], 12, tzinfo=datetime.UTC)
    return int(noon.timestamp())


def _refusal(refusal: Exception, brief: Mapping) -> str:
    message = refusal.message.removeprefix("PDF/UA-1 error: ").replace("`", "")
    undrawn = re.search(r'the text "(.+?)" could not be displayed', message)
    if not undrawn:
        return f"the brief cannot be set: {message}"
    holder = next((c["title"] for c in brief["chapters"] if undrawn[1] in _said(c)), None)
    where = f"chapter “{holder}”" if holder else "the cover or the last page"
    return (
        f"no typeface of the brief can draw {undrawn[1]!r} (in {where}); change the text or put a "
        "face that has it into the folder ANALYSIS_FONTS"
    )


def _said(content: object) -> str:
    return json.dumps(content, ensure_ascii=False)
