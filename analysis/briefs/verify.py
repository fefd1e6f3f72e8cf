"""A brief made again in a temporary place, and held against the one that was issued."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from analysis.briefs import GENERATED, ROOT, lines, make_briefs, record, revisions

SAME, DIFFERS, CHANGED = "verify.same", "verify.differs", "verify.changed"


def verify_brief(
    name: str, *, root: Path = ROOT, say: Callable[[str], None] = print, **options: object
) -> bool:
    """
    Make a brief again from nothing, and say whether it is the same, byte for byte.

    Parameters
    ----------
    name : str
        Name of the edition.
    root : Path
        Folder of the project.
    say : callable
        Told one line for each file, and one for everything that differs.
    **options
        As for `make_briefs`.

    Returns
    -------
    bool
        True if every file is the same.

    Raises
    ------
    ValueError
        If there is no record of the brief (`revisions.NoRecord`), or it cannot be made again.

    Examples
    --------
    >>> verify_brief.__name__
    'verify_brief'
    """
    issued = root / GENERATED / name
    old = revisions.read_published(issued)
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        reports = make_briefs(
            [name], root=root, generated=Path(folder), say=lambda line: None, **options
        )
        failures = [failure for report in reports for failure in report.failures]
        if failures:
            raise ValueError("\n".join(failures))
        found = dict(_files(issued, old.facts, Path(folder) / name))
        new = revisions.read_published(Path(folder) / name)
    same = set(found.values()) == {SAME}
    told = [lines.say(verdict, file=file) for file, verdict in found.items()]
    for line in told if same else [*told, *_reasons(old, new)]:
        say(line)
    return same


def _files(issued: Path, facts: Mapping, again: Path) -> Iterator[tuple[str, str]]:
    """Hold every file of a record against the file that stands there, and against the new one."""
    for chapter in facts["chapters"]:
        name = f"{chapter['name']}.ipynb"
        made = again / "chapters" / name
        yield name, _verdict(chapter["sha256"], issued / "chapters" / name, made)
    for output in facts["outputs"].values():
        name = output["file"]
        yield name, _verdict(output["sha256"], issued / name, again / name)


def _verdict(noted: str, issued: Path, made: Path) -> str:
    if not record.stands(issued, noted):
        return CHANGED
    return SAME if record.stands(made, noted) else DIFFERS


def _reasons(old: revisions.Record, new: revisions.Record) -> Iterator[str]:
    names = [chapter["name"] for chapter in new.facts["chapters"]]
    found: dict[str, list[str]] = {}
    for name in names:
        for cause in revisions.causes(old.facts, new.facts, name):
            found.setdefault(cause, []).append(name)
    for part in ("template", "fonts", "date", "revises", "title", "subtitle", "author"):
        if old.facts.get(part) != new.facts.get(part):
            found.setdefault(part, []).extend(names)
    if old.facts["code"]["sha256"] != new.facts["code"]["sha256"] and "code" not in found:
        found["press"] = names
    for cause, chapters in found.items():
        what = revisions.said_causes([cause], lines.language())
        yield lines.say("verify.since", what=what, chapters=", ".join(chapters))
    yield from revisions.note(revisions.compare(old, new), lines.language())
