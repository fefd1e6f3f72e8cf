"""Whether a notebook has the form of a chapter: told before it runs, and once more when it has run.

What the catalogue says is taken as it stands; what a notebook says itself is parsed here, so that
nothing has to run before its author is told what cannot be printed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from analysis import exhibits, press, words

H1 = re.compile(r"^ {0,3}#[ \t]+\S|^ {0,3}\S.*\n {0,3}=+[ \t]*$", re.MULTILINE)
FENCED = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1", re.MULTILINE | re.DOTALL)
VALUE = ("its value", "finding")
SPELT = {"zh": "Chinese", "en": "English"}
ADVICE = "show it with exhibits.{exhibit} (docs/lab.md says how)"
PROSE_ALONE = "no cell shows a finding, table or figure, so its chapter is prose alone"


def lacking(notebook: object, language: str, *, name: str) -> list[str]:
    """
    List what a notebook lacks to be a chapter, without running it.

    Parameters
    ----------
    notebook : object
        The notebook, as read from its JSON.
    language : str
        "zh" or "en".
    name : str
        Name of its file, for messages.

    Returns
    -------
    list of str
        One sentence for each thing, with what to do; empty if it can be printed.

    Examples
    --------
    >>> lacking({"cells": []}, "en", name="11_empty.ipynb")
    ["11_empty.ipynb has no title; begin its first cell of prose with '# '"]
    """
    spoken = list(_spoken(notebook))
    faults = [_lacking_text(cell, language, _where(name, number, cell)) for number, cell in spoken]
    known = [
        press.text_of(cell, language) if _is_known(cell, language) else None for _, cell in spoken
    ]
    return [*filter(None, faults), *_title_faults(known, name)]


def unprinted(notebook: Mapping, *, name: str) -> list[str]:
    """
    List what an executed notebook shows that a brief does not print.

    Parameters
    ----------
    notebook : mapping
        The executed notebook, as read from its JSON.
    name : str
        Name of its file, for messages.

    Returns
    -------
    list of str
        One sentence for each cell, with how to show it, and one if nothing is printed but prose.

    Examples
    --------
    >>> unprinted({"cells": []}, name="11_empty.ipynb")
    ['11_empty.ipynb: no cell shows a finding, table or figure, so its chapter is prose alone']
    """
    shown = [
        (number, cell, cell["outputs"])
        for number, cell in press.numbered(notebook["cells"])
        if cell.get("outputs")
    ]
    found = [
        f"{_where(name, number, cell)}: {what} is not printed; {ADVICE.format(exhibit=exhibit)}"
        for number, cell, outputs in shown
        for what, exhibit in _left_out(outputs)
    ]
    printed = any(_is_exhibit(output) for _, _, outputs in shown for output in outputs)
    return found if printed else [*found, f"{name}: {PROSE_ALONE}"]


def _spoken(notebook: object) -> Iterator[tuple[int, Mapping]]:
    """Number the cells of prose that say anything."""
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    for number, cell in enumerate(cells if isinstance(cells, list) else [], start=1):
        is_prose = isinstance(cell, Mapping) and cell.get("cell_type") == "markdown"
        if is_prose and "".join(cell.get("source", "")).strip():
            yield number, cell


def _where(name: str, number: int, cell: Mapping) -> str:
    return f"{name}, cell {number} ({cell.get('id', 'no id')})"


def _is_known(cell: Mapping, language: str) -> bool:
    key = cell.get("id")
    return isinstance(key, str) and (language == press.OWN or words.has(f"prose.{key}"))


def _lacking_text(cell: Mapping, language: str, where: str) -> str | None:
    key = cell.get("id")
    if not isinstance(key, str):
        return f"{where}: has no id; save the notebook again in JupyterLab, which gives it one"
    if words.has(f"prose.{key}"):
        return None
    if not _is_known(cell, language):
        return (
            f"{where}: has no {SPELT[language]} prose; add '{key}: {{zh: …, en: …}}' under 'prose:'"
            " in a YAML file of analysis/catalogue or of the folder ANALYSIS_CATALOGUE, or set the "
            f"brief in English alone ('languages: [{press.OWN}]')"
        )
    try:
        press.blocks_of(press.text_of(cell, language), language, where)
    except press.PressError as refusal:
        return f"{refusal}; take it out"
    return None


def _title_faults(known: Sequence[str | None], name: str) -> Iterator[str]:
    """Say whether there is one title, and first; a cell whose text is not known may hold it."""
    titles = sum(len(H1.findall(FENCED.sub("", text))) for text in known if text is not None)
    if not known or (known[0] is not None and not H1.match(known[0])):
        yield f"{name} has no title; begin its first cell of prose with '# '"
    elif titles > 1:
        yield f"{name} has {titles} titles; begin all headings but the first with '## '"


def _is_exhibit(output: Mapping) -> bool:
    return exhibits.MIME in output.get("data", {})


def _left_out(outputs: Sequence[Mapping]) -> list[tuple[str, str]]:
    """Name what a cell shows beside exhibits; of a picture nobody needs the value as well."""
    kinds = dict.fromkeys(filter(None, map(_kind, outputs)))
    return [kind for kind in kinds if len(kinds) == 1 or kind != VALUE]


def _kind(output: Mapping) -> tuple[str, str] | None:
    data = output.get("data", {})
    if output["output_type"] == "stream":
        return ("what it prints", "finding") if output["name"] == "stdout" else None
    if _is_exhibit(output) or not data:
        return None
    if any(kind.startswith("image/") for kind in data):
        return "its picture", "figure"
    return ("its table", "table") if "<table" in "".join(data.get("text/html", "")) else VALUE
