"""What is made of the executed chapters of a brief, and what looks through it before it is kept.

A new kind of output is one entry in `KINDS`: a function from a `Proof`, which holds everything in
one language, to the bytes of a file. An inspector is one entry in `INSPECTORS`: it is shown every
file before it is put in place, and names what must not leave.
"""

import io
import json
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from analysis import press
from analysis.briefs import lines, published, revisions
from analysis.briefs.spec import Edition
from analysis.briefs.workers import Failed, environment

NUMBERS = "published.json"
Files = Mapping[str, bytes]


class Proof(NamedTuple):
    """A brief in one language, ready to be made into a file."""

    edition: Edition
    language: str
    notebooks: Mapping[str, Mapping]
    document: Mapping[str, object]


class Order(NamedTuple):
    """What to make: outputs by name, from chapters and whose data, with what the last page says."""

    edition: Edition
    chapters: Files
    wanted: Sequence[str]
    made: Mapping[str, object]
    facts: Mapping[str, object]
    root: Path
    places: Collection[str] = ()


def _twin(kind: str, proof: Proof) -> bytes:
    from analysis import twins  # noqa: PLC0415 - not needed when nothing has changed

    return getattr(twins, kind)(proof.document)


def _tables(proof: Proof) -> bytes:
    """Pack the tables as CSV files into one archive, with no date in it but that of the brief."""
    from analysis import twins  # noqa: PLC0415

    day, packed = (*proof.edition.spec.date.timetuple()[:3], 12, 0, 0), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in twins.csv_files(proof.document).items():
            archive.writestr(zipfile.ZipInfo(name, day), content)
    return packed.getvalue()


KINDS: dict[str, Callable[[Proof], bytes]] = {
    "pdf": lambda proof: press.typeset(proof.document),
    "html": partial(_twin, "webpage"),
    "xlsx": partial(_twin, "workbook"),
    "csv.zip": _tables,
}
Inspector = Callable[[Files, Path, Collection[str]], Iterable[str]]


def _persons(files: Files, root: Path, places: Collection[str]) -> Iterable[str]:
    from analysis import disclosure  # noqa: PLC0415 - not needed when nothing has changed

    return disclosure.persons_in(files, root, places)


INSPECTORS: list[Inspector] = [_persons]


def names(edition: Edition) -> list[str]:
    """
    List the outputs of a brief.

    Parameters
    ----------
    edition : Edition
        The brief.

    Returns
    -------
    list of str
        The published numbers, and `language.kind` for each language and kind.

    Examples
    --------
    >>> names.__name__
    'names'
    """
    spoken = edition.spec.languages
    return [NUMBERS, *(f"{language}.{kind}" for language in spoken for kind in KINDS)]


def file_name(edition: Edition, output: str) -> str:
    """
    Tell the name of the file of an output.

    Parameters
    ----------
    edition : Edition
        The brief.
    output : str
        One of `names`.

    Returns
    -------
    str
        A name without a folder.

    Examples
    --------
    >>> file_name.__name__
    'file_name'
    """
    return output if output == NUMBERS else f"{edition.name}.{output}"


def make_outputs(order: Order) -> dict[str, bytes]:
    """
    Make outputs of a brief, in memory, and have them inspected.

    Parameters
    ----------
    order : Order
        What to make of what.

    Returns
    -------
    dict of str to bytes
        Name of the output to content.

    Raises
    ------
    Failed
        If the brief cannot be set, or an inspector found what must not leave.

    Examples
    --------
    >>> make_outputs.__name__
    'make_outputs'
    """
    # The tables that the pages are made with are those of the project they are made for.
    with environment({"ANALYSIS_DATA": str(order.root / "data")}):
        made = _made(order)
        named = {file_name(order.edition, name): one for name, one in made.items()}
        inspect(named, order.root, order.places)
    return made


def _made(order: Order) -> dict[str, bytes]:
    notebooks = {name: json.loads(content) for name, content in order.chapters.items()}
    numbers = published.shown(notebooks)
    try:
        revision = revisions.revision_chapter(order.edition, order.facts, numbers, order.root)
        proof = cache(partial(_proof, order, notebooks | revision))
        return {output: _make(output, proof, numbers) for output in order.wanted}
    except ValueError as refusal:
        raise Failed(str(refusal)) from None


def inspect(files: Files, root: Path, places: Collection[str] = ()) -> None:
    """
    Show files to every inspector before they are put in place.

    Parameters
    ----------
    files : mapping of str to bytes
        Name to content.
    root : Path
        Folder of the project.
    places : collection of str
        Folders under the data folder whose ledgers the files may have been made from.

    Raises
    ------
    Failed
        If an inspector names anything that must not leave.

    Examples
    --------
    >>> inspect({"a.csv": b"2018"}, Path())
    """
    found = hits(files, root, places)
    if found:
        raise Failed("; ".join(found), remedy=lines.say("failure.persons.remedy"))


def hits(files: Files, root: Path, places: Collection[str] = ()) -> list[str]:
    """
    Ask every inspector what must not leave.

    Parameters
    ----------
    files, root, places : object
        As for `inspect`.

    Returns
    -------
    list of str
        One sentence for each thing found; none if all is well.

    Examples
    --------
    >>> hits({"a.csv": b"2018"}, Path())
    []
    """
    return [said for inspector in INSPECTORS for said in inspector(files, root, places)]


def _make(output: str, proof: Callable[[str], Proof], numbers: Sequence[Mapping]) -> bytes:
    if output == NUMBERS:
        return (json.dumps(numbers, ensure_ascii=False) + "\n").encode()
    language, kind = output.split(".", maxsplit=1)
    return KINDS[kind](proof(language))


def _proof(order: Order, notebooks: Mapping[str, Mapping], language: str) -> Proof:
    document = _document(order, notebooks, language)
    return Proof(order.edition, language, notebooks, document)


def _document(order: Order, notebooks: Mapping[str, Mapping], language: str) -> dict[str, object]:
    edition = order.edition
    return press.document(
        [press.chapter(one, language, name=name) for name, one in notebooks.items()],
        language=language,
        title=edition.text(edition.spec.title, language),
        subtitle=edition.text(edition.spec.subtitle, language),
        author=edition.text(edition.spec.author, language),
        date=edition.spec.date,
        made=order.made,
    )
