"""Every number that a brief publishes, as a list that a machine can read and compare."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from analysis import exhibits, words

Texts = Mapping[str, str]
SENTENCES = ("text", "title", "headline", "note")


class Item(NamedTuple):
    """One published sentence or number: where it stands, and what it says in each language."""

    place: tuple
    chapter: str
    cell: str
    part: str
    value: Texts
    title: Texts
    row: Texts
    column: Texts


def shown(notebooks: Mapping[str, Mapping]) -> list[dict[str, object]]:
    """
    List what executed chapters show: sentences, and tables, whether shown or drawn.

    Parameters
    ----------
    notebooks : mapping of str to mapping
        Name of the chapter to its executed notebook.

    Returns
    -------
    list of dict
        `chapter`, `cell`, `kind`, `key`, `status`, the sentences of the exhibit and, where it has a
        table, `columns` and `rows`; all that a reader sees is in both languages.

    Examples
    --------
    >>> content = {"kind": "finding", "key": "a", "status": "observed",
    ...            "text": {"zh": "8户", "en": "8 households"}}
    >>> cell = {"id": "one", "outputs": [{"data": {exhibits.MIME: content}}]}
    >>> shown({"01": {"cells": [cell]}})[0]["text"]["en"]
    '8 households'
    """
    return [
        {"chapter": name, "cell": cell["id"], **_kept(content)}
        for name, notebook in notebooks.items()
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if (content := output.get("data", {}).get(exhibits.MIME))
    ]


def items(published: Sequence[Mapping]) -> Iterator[Item]:
    """
    Take a list of exhibits apart into single sentences and numbers.

    Parameters
    ----------
    published : sequence of mapping
        What `shown` gives.

    Yields
    ------
    Item
        One sentence, or one cell of a table.

    Examples
    --------
    >>> list(items([]))
    []
    """
    for one in published:
        for part in SENTENCES:
            if one.get(part):
                yield _item(one, part, one[part])
        if "rows" in one:
            yield from _cells(one)


def _kept(content: Mapping) -> dict[str, object]:
    from analysis import disclosure  # noqa: PLC0415 - not needed when nothing has changed

    kept = {
        name: content[name] for name in ("kind", "key", "status", *SENTENCES) if content.get(name)
    }
    if any(source["id"] in disclosure.REGISTERS for source in content.get("sources", ())):
        kept["register"] = True
    frame = content if content["kind"] == "table" else content.get("drawn")
    return kept | ({"columns": frame["columns"], "rows": frame["rows"]} if frame else {})


def _cells(one: Mapping) -> Iterator[Item]:
    """Name a cell by the texts of its row; rows called the same are counted."""
    columns, rows = one["columns"], one["rows"]
    named = _naming(columns, rows["en"])
    seen: Counter = Counter()
    for number in range(len(rows["en"])):
        labels = {
            language: " · ".join(rows[language][number][place] for place in named)
            for language in words.LANGUAGES
        }
        seen[labels["en"]] += 1
        for place, column in enumerate(columns):
            if place not in named:
                value = {language: rows[language][number][place] for language in words.LANGUAGES}
                row = (labels["en"], seen[labels["en"]]) if named else ("", number)
                where = (*row, column["name"])
                told = {"title": one.get("title") or one.get("headline"), "row": labels}
                item = _item(one, "cell", value)
                yield item._replace(place=(*item.place, *where), column=column["title"], **told)


def _naming(columns: Sequence[Mapping], rows: Sequence[Sequence[str]]) -> list[int]:
    """Choose the columns that name a row: the first of words, and more until no two are alike.

    A row of numbers alone is told by its place: its first number moves as the others do.
    """
    words_ = [place for place, column in enumerate(columns) if column["align"] == "left"]
    for size in range(1, len(words_)):
        if len({tuple(row[place] for place in words_[:size]) for row in rows}) == len(rows):
            return words_[:size]
    return words_ if len(words_) < len(columns) else words_[:1]


def _item(one: Mapping, part: str, value: Texts) -> Item:
    place = (one["chapter"], one["cell"], one["kind"], one["key"], part)
    return Item(place, one["chapter"], one["cell"], part, value, {}, {}, {})
