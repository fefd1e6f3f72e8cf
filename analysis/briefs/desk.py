"""Where one brief is worked on: its folder, what stands there, what has to be done."""

import datetime
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from analysis import press
from analysis.briefs import outputs, record
from analysis.briefs.record import Surroundings
from analysis.briefs.spec import Chapter, Edition


class Desk(NamedTuple):
    """One edition, the folder it is made in, and what it shares with the others."""

    edition: Edition
    folder: Path
    around: Surroundings

    def executed(self, chapter: Chapter) -> Path:
        """Tell where a chapter lies when it has been run."""
        return self.folder / "chapters" / f"{chapter.name}.ipynb"

    def noted(self, chapter: Chapter) -> Mapping[str, object]:
        """Read what was noted beside a chapter when it was run."""
        return record.read_record(self.executed(chapter).with_suffix(".json"))

    def places(self, chapter: Chapter) -> frozenset[str]:
        """List the places a chapter depends on: those it names, and those it was seen to read."""
        return self.around.named_places(chapter) | self._strayed(chapter)

    def all_places(self) -> frozenset[str]:
        """List the places that the chapters of the brief depend on."""
        return frozenset().union(*(self.places(chapter) for chapter in self.edition.chapters))

    def moved(self) -> list[str]:
        """List what is not as it was hashed, of all that the pages are made of."""
        template = press.TEMPLATE
        same = record.stands(template, self.around.template)
        return [*([] if same else [template.name]), *self.around.moved(self.all_places())]

    def fingerprint(self, chapter: Chapter) -> str:
        """Hash all that the outcome of a chapter depends on."""
        return self.around.chapter_fingerprint(chapter, self.places(chapter))

    def _strayed(self, chapter: Chapter) -> frozenset[str]:
        noted = self.noted(chapter)
        return self.strayed(noted.get("read", ()))

    def strayed(self, read: Sequence[str] | None) -> frozenset[str]:
        """List the places that a chapter read from, by the files it was seen to open."""
        # Who listed the whole folder, or ran where nobody could see, may have read anything.
        if read is None or "data" in read:
            return self.around.places
        return self.around.places_of(read)


def is_current(desk: Desk, chapter: Chapter) -> bool:
    """
    Tell whether a chapter stands as it would be if it were run now.

    Parameters
    ----------
    desk : Desk
        The brief.
    chapter : Chapter
        The chapter.

    Returns
    -------
    bool
        True if it need not be run.

    Examples
    --------
    >>> is_current.__name__
    'is_current'
    """
    noted = desk.noted(chapter)
    current = noted.get("fingerprint") == desk.fingerprint(chapter)
    return current and record.stands(desk.executed(chapter), noted.get("sha256"))


def job_key(desk: Desk, chapter: Chapter) -> str:
    """
    Hash what makes two chapters of one batch the same work: it is then done once.

    Parameters
    ----------
    desk : Desk
        The brief.
    chapter : Chapter
        The chapter.

    Returns
    -------
    str
        SHA-256 in hexadecimal.

    Examples
    --------
    >>> job_key.__name__
    'job_key'
    """
    around = desk.around
    return around.chapter_fingerprint(chapter, around.named_places(chapter))


def open_folder(desk: Desk, chapter: Chapter) -> None:
    """
    Make the folders of a brief and of its chapters, and see that they can be written.

    Parameters
    ----------
    desk : Desk
        The brief.
    chapter : Chapter
        One of its chapters.

    Raises
    ------
    OSError
        If nothing can be put there.

    Examples
    --------
    >>> open_folder.__name__
    'open_folder'
    """
    chapters = desk.executed(chapter).parent
    chapters.mkdir(parents=True, exist_ok=True)
    for folder in (desk.folder, chapters):
        # Neither the rights of a folder nor those of the account tell: a share may be read-only.
        tempfile.TemporaryFile(dir=folder).close()


def put_chapter(
    desk: Desk, chapter: Chapter, content: bytes, read: Sequence[str] | None, seconds: float
) -> None:
    """
    Put an executed chapter in place, and note beside it what made it.

    Parameters
    ----------
    desk : Desk
        The brief.
    chapter : Chapter
        The chapter.
    content : bytes
        The executed notebook.
    read : sequence of str or None
        The files it was seen to read; None if nobody could see.
    seconds : float
        How long it took.

    Examples
    --------
    >>> put_chapter.__name__
    'put_chapter'
    """
    executed = desk.executed(chapter)
    executed.with_suffix(".json").unlink(missing_ok=True)
    press.write_whole(executed, content)
    noted = {
        "name": chapter.name,
        "notebook": {
            "path": f"notebooks/{chapter.notebook.name}",
            "sha256": desk.around.notebook_hash(chapter.notebook),
        },
        "parameters": dict(chapter.effective),
        "seed": chapter.effective.get("seed"),
        "read": None if read is None else list(read),
        "sha256": record.file_hash(executed),
        "seconds": round(seconds, 1),
    }
    places = desk.around.named_places(chapter) | desk.strayed(read)
    noted["fingerprint"] = desk.around.chapter_fingerprint(chapter, places)
    write_json(executed.with_suffix(".json"), noted)


def share_chapter(desk: Desk, chapter: Chapter, other: Desk, same: Chapter) -> None:
    """
    Put a chapter in place that another brief has run, by a link where the disk has them.

    Parameters
    ----------
    desk : Desk
        The brief that needs it.
    chapter : Chapter
        The chapter as this brief names it.
    other : Desk
        The brief that has it.
    same : Chapter
        The chapter as that brief names it.

    Examples
    --------
    >>> share_chapter.__name__
    'share_chapter'
    """
    theirs, ours = other.executed(same), desk.executed(chapter)
    ours.parent.mkdir(parents=True, exist_ok=True)
    temporary = ours.with_name(f".{ours.name}.shared")
    temporary.unlink(missing_ok=True)
    ours.with_suffix(".json").unlink(missing_ok=True)
    try:
        os.link(theirs, temporary)
    except OSError:
        shutil.copyfile(theirs, temporary)
    os.replace(temporary, ours)
    noted = dict(other.noted(same)) | {"name": chapter.name}
    write_json(ours.with_suffix(".json"), noted)


def outdated_outputs(desk: Desk) -> dict[str, str]:
    """
    List the outputs that have to be made.

    Parameters
    ----------
    desk : Desk
        A brief whose chapters are all current.

    Returns
    -------
    dict of str to str
        Name of the output to the fingerprint it will have.

    Examples
    --------
    >>> outdated_outputs.__name__
    'outdated_outputs'
    """
    noted = _noted_outputs(desk)
    fingerprint = _output_fingerprint(desk)
    found = {}
    for output in outputs.names(desk.edition):
        wanted = fingerprint(output)
        last = noted.get(output, {})
        path = desk.folder / outputs.file_name(desk.edition, output)
        if last.get("fingerprint") != wanted or not record.stands(path, last.get("sha256")):
            found[output] = wanted
    return found


def _noted_outputs(desk: Desk) -> dict[str, Mapping]:
    """Read what the record says of each output; what somebody spoilt in it is made again."""
    noted = record.read_record(desk.folder / "run.json").get("outputs")
    told = noted.items() if isinstance(noted, dict) else ()
    return {output: last for output, last in told if isinstance(last, dict)}


def order(desk: Desk, wanted: Sequence[str]) -> outputs.Order:
    """
    Gather what making the outputs needs.

    Parameters
    ----------
    desk : Desk
        A brief whose chapters are all current.
    wanted : sequence of str
        Names of the outputs.

    Returns
    -------
    outputs.Order
        Everything in memory, so that it can be made anywhere.

    Examples
    --------
    >>> order.__name__
    'order'
    """
    chapters = desk.edition.chapters
    return outputs.Order(
        desk.edition,
        {chapter.name: desk.executed(chapter).read_bytes() for chapter in chapters},
        list(wanted),
        record.made(desk.edition, desk.around, desk.all_places()),
        facts(desk),
        desk.around.root,
        desk.all_places(),
    )


def put_outputs(
    desk: Desk, made: Mapping[str, bytes], fingerprints: Mapping[str, str], seconds: float
) -> None:
    """
    Put outputs in place, and the run record last: it stands only beside files that are whole.

    Parameters
    ----------
    desk : Desk
        The brief.
    made : mapping of str to bytes
        Name of the output to content.
    fingerprints : mapping of str to str
        What each depends on.
    seconds : float
        How long making them took.

    Raises
    ------
    Failed
        If an inspector found what must not leave in the record.

    Examples
    --------
    >>> put_outputs.__name__
    'put_outputs'
    """
    noted = _noted_outputs(desk)
    gone = _stale(desk, noted, made)
    noted = {output: told for output, told in noted.items() if output not in gone}
    for output, content in made.items():
        name = outputs.file_name(desk.edition, output)
        sha256 = record.bytes_hash(content)
        noted[output] = {"file": name, "sha256": sha256, "fingerprint": fingerprints[output]}
    written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    whole = facts(desk) | {"outputs": noted, "made_in_seconds": round(seconds, 2)}
    run = as_json(whole | {"written": written})
    outputs.inspect({"run.json": run}, desk.around.root, desk.all_places())
    for output, content in made.items():
        press.write_whole(desk.folder / outputs.file_name(desk.edition, output), content)
    press.write_whole(desk.folder / "run.json", run)
    for output in gone:
        (desk.folder / outputs.file_name(desk.edition, output)).unlink(missing_ok=True)


def _stale(desk: Desk, noted: Mapping[str, Mapping], made: Mapping[str, bytes]) -> list[str]:
    """List outputs of an earlier run that this one does not make and that no longer hold.

    A run in one language would otherwise leave the other's pages beside a record of new inputs.
    """
    fingerprint = _output_fingerprint(desk)
    return [
        output
        for output, last in noted.items()
        if output not in made and last.get("fingerprint") != fingerprint(output)
    ]


def _output_fingerprint(desk: Desk) -> Callable[[str], str]:
    executed = [str(desk.noted(chapter).get("sha256")) for chapter in desk.edition.chapters]
    told, places = desk.around.press_fingerprint, desk.all_places()
    return lambda output: told(desk.edition, output, executed, places)


def facts(desk: Desk) -> dict[str, object]:
    """
    Gather what made a brief, for its record.

    Parameters
    ----------
    desk : Desk
        A brief whose chapters are all current.

    Returns
    -------
    dict
        Brief, date, chapters with parameters and seeds, inputs, code, template, fonts, packages.

    Examples
    --------
    >>> facts.__name__
    'facts'
    """
    around = desk.around
    return {
        "brief": desk.edition.name,
        "date": desk.edition.spec.date.isoformat(),
        "revises": desk.edition.spec.revises,
        **{part: getattr(desk.edition.spec, part) for part in ("title", "subtitle", "author")},
        "chapters": [dict(desk.noted(chapter)) for chapter in desk.edition.chapters],
        "inputs": around.scope(desk.all_places()),
        "code": {"sha256": around.code, "measures": around.measures, "commit": around.commit()},
        "template": around.template,
        "fonts": around.fonts,
        "packages": around.packages,
    }


def as_json(content: object) -> bytes:
    """
    Write plain data as a file of JSON holds it.

    Parameters
    ----------
    content : object
        Anything that JSON can say.

    Returns
    -------
    bytes
        UTF-8.

    Examples
    --------
    >>> as_json({})
    b'{}\\n'
    """
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def write_json(path: Path, content: object) -> None:
    """
    Write plain data into a file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    content : object
        Anything that JSON can say.

    Examples
    --------
    >>> write_json.__name__
    'write_json'
    """
    press.write_whole(path, as_json(content))
