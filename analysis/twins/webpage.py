"""A brief as one web page: works offline, runs nothing, reads aloud in order."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from html import escape

from analysis import words
from analysis.twins import spoken

# Nothing may be fetched and nothing may run, whatever a ledger's text says.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
NUMBER = re.compile(r"\d+")
FACES = '"Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif'
STYLE = f"""
:root {{ color-scheme: light; }}
body {{ margin: 0; color: #1c2733; background: #fff; font: 16px/1.65 {FACES}; }}
header {{ background: #14304f; color: #fff; padding: 2rem max(1rem, calc(50% - 24rem)); }}
main, nav {{ max-width: 48rem; margin: 0 auto; padding: 1rem; }}
h1, h2, h3 {{ line-height: 1.3; }}
h2 {{ color: #14304f; border-bottom: 2px solid #14304f; margin-top: 3rem; }}
a {{ color: #14508c; }} header a {{ color: #fff; }}
.skip {{ position: absolute; left: -999rem; }}
.skip:focus {{ left: 1rem; top: 1rem; background: #fff; padding: .5rem; color: #14304f; }}
.finding {{ border-left: 4px solid #14304f; background: #f1f5f9; padding: .6rem 1rem; }}
.finding strong {{ display: block; }}
.mark, .source, .lead {{ color: #4a5868; font-size: .85rem; }}
figure {{ margin: 2rem 0; }} figcaption {{ font-weight: 600; }}
figcaption div {{ font-weight: 400; color: #4a5868; font-size: .9rem; }}
img {{ width: 100%; height: auto; }}
.scroll {{ overflow-x: auto; }}
nav ul {{ list-style: none; padding: 0; }}
caption {{ height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }}
table {{ border-collapse: collapse; width: 100%; font-size: .85rem; }}
th, td {{ padding: .3rem .6rem; text-align: left; vertical-align: top; }}
th, td {{ border-top: 1px solid #c9d1da; }}
thead th {{ border-bottom: 1px solid #14304f; border-top: 2px solid #14304f; }}
tbody th {{ font-weight: 400; }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
code {{ overflow-wrap: anywhere; }}
#marks dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; }}
#marks dt {{ font-weight: 600; }} #marks dd {{ margin: 0; }}
#made th {{ white-space: pre-line; }}
@media print {{ nav, .skip {{ display: none; }} }}
"""


def webpage(brief: Mapping[str, object]) -> bytes:
    """
    Write a brief as one HTML file.

    Parameters
    ----------
    brief : mapping
        What `press.document` gives; every text of it is escaped.

    Returns
    -------
    bytes
        The file, in UTF-8: charts inside it with their words beside them, tables with captions
        and headed columns and rows, what is in the other language marked, links to the sources, a
        link past the contents. The same brief gives the same bytes.

    Examples
    --------
    >>> webpage.__name__
    'webpage'
    """
    say = partial(words.say, language=brief["language"])
    body = spoken.marked("\n".join(_body(brief, say)), brief["language"])
    page = (
        f'<!DOCTYPE html>\n<html lang="{spoken.LANGUAGES[brief["language"]]}">\n<head>\n'
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(brief['title'])}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
    return page.encode()


def _body(brief: Mapping, say) -> Iterator[str]:
    labels = brief["labels"]
    yield f'<a class="skip" href="#main">{escape(say("twins.skip"))}</a>'
    yield "<header>" + _lines(
        f"<h1>{escape(brief['title'])}</h1>",
        f"<p>{escape(brief['subtitle'])}</p>" if brief["subtitle"] else "",
        f"<p>{escape(brief['author'])} · {escape(brief['date']['text'])}</p></header>",
    )
    yield f'<nav aria-label="{escape(labels["contents"])}">{_contents(brief)}</nav>'
    yield '<main id="main">'
    if brief["answers"]:
        yield _answers(brief, say)
    yield from _marks(brief)
    for number, chapter in enumerate(brief["chapters"], start=1):
        yield f'<section id="chapter-{number}"><h2>{number} {escape(chapter["title"])}</h2>'
        yield from (_block(block, labels, say) for block in chapter["blocks"])
        yield "</section>"
    yield from _last_pages(brief, labels)
    yield "</main>"


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _contents(brief: Mapping) -> str:
    labels = brief["labels"]
    front = [("answers", labels["answers"])] if brief["answers"] else []
    chapters = [
        (f"chapter-{number}", f"{number} {chapter['title']}")
        for number, chapter in enumerate(brief["chapters"], start=1)
    ]
    back = [("sources", labels["sources"])] if brief["sources"] else []
    parts = [*front, ("marks", labels["marks"]), *chapters, *back, ("made", labels["made"])]
    items = [f'<li><a href="#{anchor}">{escape(title)}</a></li>' for anchor, title in parts]
    return f"<ul>{''.join(items)}</ul>"


def _answers(brief: Mapping, say) -> str:
    labels = brief["labels"]
    items = "".join(_answer(answer, say) for answer in brief["answers"])
    return (
        f'<section id="answers"><h2>{escape(labels["answers"])}</h2>'
        f'<p class="lead">{escape(say("twins.answers_lead"))}</p><ol>{items}</ol></section>'
    )


def _answer(answer: Mapping, say) -> str:
    asked = f'<p class="lead">{escape(answer["question"])}</p>'
    if answer["anchor"] is None:
        return f"<li>{asked}<p>{escape(answer['text'])}</p></li>"
    see = f'<a href="#{answer["anchor"]}">{escape(say("twins.see"))}</a>'
    return f"<li>{asked}<p>{escape(answer['text'])}</p>{_mark(answer, see)}</li>"


def _mark(finding: Mapping, *more: str) -> str:
    sure = [escape(finding["confidence"]["text"])] if finding["confidence"] else []
    return f'<p class="mark">{" · ".join([escape(finding["status"]), *sure, *more])}</p>'


def _marks(brief: Mapping) -> Iterator[str]:
    labels = brief["labels"]
    yield f'<section id="marks"><h2>{escape(labels["marks"])}</h2>'
    yield f"<p>{escape(labels['marks_lead'])}</p><dl>"
    for mark in brief["marks"]:
        yield f"<dt>{escape(mark['mark'])}</dt><dd>{escape(mark['meaning'])}</dd>"
    yield "</dl></section>"


def _block(block: Mapping, labels: Mapping, say) -> str:
    kind = block["kind"]
    if "number" in block:
        named = f"{labels[kind]} {block['number']}"
        shown = _table_exhibit if kind == "table" else _figure_exhibit
        return shown(block, escape(named), say)
    if kind == "finding":
        return (
            f'<div class="finding" id="{block["anchor"]}"><strong>{escape(block["text"])}</strong>'
            f"{_mark(block)}</div>"
        )
    return _prose(block)


def _prose(block: Mapping) -> str:
    kind = block["kind"]
    if kind == "heading":
        level = min(block["level"] + 1, 6)
        return f"<h{level}>{_spans(block['children'])}</h{level}>"
    if kind == "list":
        tag = "ol" if block["ordered"] else "ul"
        items = ("".join(map(_prose, item)) for item in block["items"])
        return f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"
    if kind == "quote":
        return f"<blockquote>{''.join(map(_prose, block['children']))}</blockquote>"
    return f"<p>{_spans(block['children'])}</p>"


def _spans(spans: Sequence[Mapping]) -> str:
    return "".join(map(_span, spans))


def _span(span: Mapping) -> str:
    if span["kind"] == "link":
        return f'<a href="{escape(span["url"])}">{_spans(span["children"])}</a>'
    tags = {"code": "code", "strong": "strong", "emphasis": "em"}
    inner = escape(span["text"]) if "text" in span else _spans(span["children"])
    tag = tags.get(span["kind"])
    return f"<{tag}>{inner}</{tag}>" if tag else inner


def _table_exhibit(block: Mapping, named: str, say) -> str:
    caption = f"{named} {escape(block['title'])}"
    return (
        f'<figure id="{block["anchor"]}"><figcaption>{caption}</figcaption>'
        f"{_table(block, caption)}{_source(block, say)}</figure>"
    )


def _figure_exhibit(block: Mapping, named: str, say) -> str:
    held = base64.b64encode(block["svg"].encode()).decode()
    caption = f"{named} {escape(block['headline'])}"
    drawn = f"<details><summary>{escape(say('twins.drawn'))} ({named})</summary>{{}}</details>"
    return (
        f'<figure id="{block["anchor"]}"><figcaption>{caption}'
        f"<div>{escape(block['subtitle'])}</div></figcaption>"
        f'<img alt="{escape(block["alt"])}" src="data:image/svg+xml;base64,{held}">'
        f"{drawn.format(_table(block['drawn'], caption)) if block['drawn'] else ''}"
        f"{_source(block, say)}</figure>"
    )


def _source(block: Mapping, say) -> str:
    """Write the line below an exhibit; sources that it names by number are links to their list."""
    told = escape(say("exhibit.more_sources", named="", numbers="#")).split("#")
    before, after = map(re.escape, told)
    numbers = re.compile(rf"(?<={before})[\d†、, ]+(?={after})")
    line = numbers.sub(lambda found: NUMBER.sub(_cited, found[0]), escape(block["source_line"]))
    return f'<p class="source">{line}</p>'


def _cited(number: re.Match) -> str:
    return f'<a href="#source-{number[0]}">{number[0]}</a>'


def _table(content: Mapping, caption: str, anchors: Sequence[str] = ()) -> str:
    sides = ["number" if column["align"] == "right" else "" for column in content["columns"]]
    heads = [" ".join(column["heading"]) for column in content["columns"]]
    titles = "".join(
        f'<th{_classed(side)} scope="col">{escape(head)}</th>'
        for head, side in zip(heads, sides, strict=True)
    )
    naming = _naming(content)
    starts = [f'<tr id="{anchor}">' for anchor in anchors] or ["<tr>"] * len(content["rows"])
    rows = "".join(
        f"{start}{_cells(row, sides, naming)}</tr>"
        for start, row in zip(starts, content["rows"], strict=True)
    )
    # A table wider than the screen can be moved with the keyboard alone.
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table>'
        f"<caption>{caption}</caption>"
        f"<thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _naming(content: Mapping) -> list[int]:
    """Find the columns that name a row: the first, and those in words that tell rows apart."""
    named = [0]
    for place, column in enumerate(content["columns"]):
        if column["align"] == "left" and _told(content, [*named, place]) > _told(content, named):
            named.append(place)
    return named


def _told(content: Mapping, places: Sequence[int]) -> int:
    return len({tuple(row[place] for place in places) for row in content["rows"]})


def _cells(row: Sequence[str], sides: Sequence[str], naming: Sequence[int]) -> str:
    return "".join(
        f'<th{_classed(side)} scope="row">{escape(text)}</th>'
        if place in naming
        else f"<td{_classed(side)}>{escape(text)}</td>"
        for place, (text, side) in enumerate(zip(row, sides, strict=True))
    )


def _classed(side: str) -> str:
    return f' class="{side}"' if side else ""


def _last_pages(brief: Mapping, labels: Mapping) -> Iterator[str]:
    if brief["sources"]:
        heads = ["", labels["source"], labels["locator"], labels["read"]]
        yield f'<section id="sources"><h2>{escape(labels["sources"])}</h2>'
        yield f"<p>{escape(labels['sources_lead'])}</p>"
        anchors = [f"source-{number}" for number, *_ in brief["sources"]]
        yield _plain_table(heads, brief["sources"], escape(labels["sources"]), anchors)
        yield "</section>"
    yield f'<section id="made"><h2>{escape(labels["made"])}</h2>'
    yield f"<p>{escape(labels['made_lead'])}</p>"
    yield from _made(brief["made"], labels)
    yield "</section>"


def _made(made: Mapping, labels: Mapping) -> Iterator[str]:
    runs = [
        [f"{run['name']}\n{run['parameters'] or labels['no_parameters']}", run["sha256"]]
        for run in made["notebooks"]
    ]
    yield from _fingerprints("notebook", labels["notebook_parameters"], runs, labels)
    for head, files in (("inputs", made["inputs"]), ("typefaces", made["fonts"])):
        rows = [[file["path"], file["sha256"] or labels["in_record"]] for file in files]
        yield from _fingerprints(head, labels["file"], rows, labels)
    for head, part in (("code_version", "code"), ("packages", "packages"), ("remake", "command")):
        yield f"<h3>{escape(labels[head])}</h3><p><code>{escape(made[part])}</code></p>"


def _fingerprints(
    head: str, named: str, rows: Sequence[Sequence[str]], labels: Mapping
) -> Iterator[str]:
    yield f"<h3>{escape(labels[head])}</h3>"
    yield _plain_table([named, labels["fingerprint"]], rows, escape(labels[head]))


def _plain_table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    anchors: Sequence[str] = (),
) -> str:
    columns = [{"heading": [head or "#"], "align": "left"} for head in heads]
    return _table({"columns": columns, "rows": rows}, caption, anchors)
