"""Two editions of a brief compared: every published number that changed, and why."""

import datetime
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from analysis import exhibits, press, words
from analysis.briefs import lines, published, record, spec
from analysis.briefs.spec import Edition

CHAPTER = "revision"
MOST_ROWS = 60
UNKEPT = "revision.finding_unkept"
NUMBER = r"[+\-−]?\d[\d,]*(?:\.\d+)?%?"
Texts = dict[str, str]


class NoRecord(ValueError):
    """There is no record of a brief where one is looked for."""


class Change(NamedTuple):
    """A published number that changed: where, from what, to what, for which causes.

    It is quiet where the two values side by side would tell of a few households or persons.
    """

    chapter: str
    cell: str
    where: Texts
    old: Texts
    new: Texts
    causes: tuple[str, ...]
    quiet: bool = False


class Record(NamedTuple):
    """A brief as it was published: how it was made, and its numbers."""

    facts: Mapping[str, object]
    numbers: Sequence[Mapping]


def read_published(path: Path) -> Record:
    """
    Read the record of a brief, kept or just made.

    Parameters
    ----------
    path : Path
        The folder of a brief, or the file of a kept record.

    Returns
    -------
    Record
        How it was made, and its numbers.

    Raises
    ------
    NoRecord
        If there is no whole record.

    Examples
    --------
    >>> read_published(Path("nowhere"))
    Traceback (most recent call last):
    ...
    analysis.briefs.revisions.NoRecord: nowhere: there is no record of a brief; make it first
    """
    if path.is_dir():
        facts = record.read_record(path / "run.json")
        numbers = record.read_rows(path / "published.json")
    else:
        kept = record.read_record(path)
        facts, numbers = kept.get("run"), kept.get("published")
    if not facts:
        raise NoRecord(lines.say("revision.no_record", path=str(path)))
    if not _is_whole(facts, numbers):
        raise NoRecord(lines.say("revision.damaged", path=str(path)))
    return Record(facts, numbers)


def _is_whole(facts: object, numbers: object) -> bool:
    """Tell whether a record has what is read of it; somebody may have edited it by hand."""
    if not (isinstance(facts, dict) and isinstance(numbers, list)):
        return False
    rows = [*(facts.get(part) or [None] for part in ("chapters", "inputs")), numbers]
    listed = all(isinstance(part, list) for part in rows)
    return (
        listed
        and all(isinstance(row, dict) for part in rows for row in part)
        and all(isinstance(facts.get(part), dict) for part in ("code", "packages", "outputs"))
    )


def find_record(name: str, root: Path, *, made_first: bool = False) -> Record:
    """
    Read a record by its name or its path.

    Parameters
    ----------
    name : str
        A record that was kept, an edition that stands in `reports/generated`, or a path.
    root : Path
        Folder of the project.
    made_first : bool
        Take the edition that stands before a record that was kept under the same name.

    Returns
    -------
    Record
        How it was made, and its numbers.

    Raises
    ------
    NoRecord
        If there is no such record, or the numbers that stand are of another run than it.

    Examples
    --------
    >>> find_record("nowhere", Path("project"))
    Traceback (most recent call last):
    ...
    analysis.briefs.revisions.NoRecord: nowhere: there is no record of a brief; make it first
    """
    kept, made = root / spec.KEPT / f"{name}.json", root / "reports" / "generated" / name
    places = (made, kept) if made_first else (kept, made)
    path = next((path for path in places if path.exists()), Path(name))
    found = read_published(path)
    if path.is_dir():
        _require_finished(path, found.facts, ["published.json"])
    return found


def _require_finished(folder: Path, facts: Mapping, names: Iterable[str]) -> None:
    """Refuse files beside the record of another run: one that was stopped leaves them so."""
    for name in names:
        noted = facts["outputs"].get(name)
        told = noted if isinstance(noted, dict) else {}
        file = str(told.get("file", name))
        if not record.stands(folder / file, told.get("sha256")):
            raise NoRecord(lines.say("revision.unfinished", brief=folder.name, file=file))


def issued(name: str, root: Path) -> list[str]:
    """
    Tell which editions a name stands for: itself, if it has been made, or those of an entry.

    Parameters
    ----------
    name : str
        An edition, or an entry of `briefs.yml`.
    root : Path
        Folder of the project.

    Returns
    -------
    list of str
        Names of editions.

    Raises
    ------
    SpecError
        If nothing is called so.

    Examples
    --------
    >>> issued.__name__
    'issued'
    """
    if (root / "reports" / "generated" / name).is_dir():
        return [name]
    path = root / "reports" / "briefs.yml"
    return [edition.name for edition in spec.read_editions(path, root, names=[name])]


def keep(name: str, kept_as: str, root: Path) -> str:
    """
    Keep the record of a brief that has been issued, for a later edition to revise.

    Parameters
    ----------
    name : str
        The edition, in `reports/generated`.
    kept_as : str
        Name of the record; a plain name.
    root : Path
        Folder of the project.

    Returns
    -------
    str
        Where it is kept, below the project.

    Raises
    ------
    ValueError
        If there is no such edition, a file of it is not the one that its record names, a name is
        none, or other numbers are kept under it: what was issued is not lost because a brief was
        made anew.

    Examples
    --------
    >>> keep("a", "../b", Path())
    Traceback (most recent call last):
    ...
    ValueError: '../b' is not a plain name; use a-z, 0-9, _ and -
    """
    for told in (name, kept_as):
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,149}", told):
            raise ValueError(lines.say("revision.name", value=repr(told)))
    path = Path(spec.KEPT) / f"{kept_as}.json"
    folder = root / "reports" / "generated" / name
    issued = read_published(folder)
    _require_finished(folder, issued.facts, issued.facts["outputs"])
    if (root / path).exists() and read_published(root / path).numbers != issued.numbers:
        told = {"path": path.as_posix(), "brief": name}
        raise ValueError(lines.say("revision.other_numbers", **told))
    press.write_whole(root / path, kept_record(issued))
    return path.as_posix()


def kept_record(issued: Record) -> bytes:
    """
    Write the record of a brief into one file, to be kept when the brief has been issued.

    Parameters
    ----------
    issued : Record
        What `read_published` gives.

    Returns
    -------
    bytes
        JSON.

    Examples
    --------
    >>> kept_record(Record({"brief": "a"}, []))[:8]
    b'{\\n "run"'
    """
    whole = {"run": issued.facts, "published": issued.numbers}
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def compare(old: Record, new: Record) -> list[Change]:
    """
    List every published number that changed from one edition to the other.

    Parameters
    ----------
    old, new : Record
        The two editions.

    Returns
    -------
    list of Change
        In the order of the new edition, then what is gone; empty if no number changed.

    Examples
    --------
    >>> compare(Record({}, []), Record({}, []))
    []
    """
    before = {item.place: item for item in published.items(old.numbers)}
    after = {item.place: item for item in published.items(new.numbers)}
    places = [*after, *(place for place in before if place not in after)]
    kept = registers([*old.numbers, *new.numbers])
    found = [_change(before.get(place), after.get(place), kept) for place in places]
    whys: dict[str, tuple[str, ...]] = {}
    changed = []
    for change in filter(None, found):
        if change.chapter not in whys:
            whys[change.chapter] = tuple(causes(old.facts, new.facts, change.chapter))
        changed.append(change._replace(causes=whys[change.chapter]))
    return changed


def registers(numbers: Iterable[Mapping]) -> set[str]:
    """
    List the chapters that show what was counted in a register.

    Parameters
    ----------
    numbers : iterable of mapping
        What `published.shown` gives.

    Returns
    -------
    set of str
        Names of chapters.

    Examples
    --------
    >>> registers([{"chapter": "07", "register": True}, {"chapter": "01"}])
    {'07'}
    """
    return {one["chapter"] for one in numbers if one.get("register")}


def causes(old: Mapping, new: Mapping, chapter: str) -> list[str]:
    """
    List what differs in how a chapter was made.

    Parameters
    ----------
    old, new : mapping
        Two run records.
    chapter : str
        Name of the chapter.

    Returns
    -------
    list of str
        `parameters: …`, `data: …`, `notebook`, `code`, `packages: …`; where several stand, any of
        them may have moved the number.

    Examples
    --------
    >>> causes({"chapters": []}, {"chapters": []}, "01_first")
    ['chapter']
    """
    before, after = _chapter(old, chapter), _chapter(new, chapter)
    if not (before and after):
        return ["chapter"]
    found = _named("parameters", _differing(before["parameters"], after["parameters"]))
    files = [{row["path"]: row["sha256"] for row in facts["inputs"]} for facts in (old, new)]
    read = None if None in (before["read"], after["read"]) else {*before["read"], *after["read"]}
    moved = [path for path in _differing(*files) if read is None or path in read]
    found += _named("data", moved)
    if before["notebook"]["sha256"] != after["notebook"]["sha256"]:
        found.append("notebook")
    if old["code"]["measures"] != new["code"]["measures"]:
        found.append("code")
    return found + _named("packages", _differing(old["packages"], new["packages"]))


def note(changes: Sequence[Change], language: str) -> list[str]:
    """
    Write the revision note in one language.

    Parameters
    ----------
    changes : sequence of Change
        What `compare` gives.
    language : str
        "zh" or "en".

    Returns
    -------
    list of str
        One line for each number, after a line that counts them; then, without their values, those
        that are quiet: whoever has both editions can subtract, and the office should know where.

    Examples
    --------
    >>> note([], "en")
    ['No published number has changed.']
    """
    if not changes:
        return [words.say("revision.none", language)]
    lines = [
        words.say(
            "revision.line",
            language,
            where=change.where[language],
            old=change.old[language],
            new=change.new[language],
            why=said_causes(change.causes, language),
        )
        for change in changes
        if not change.quiet
    ]
    quiet = [change.where[language] for change in changes if change.quiet]
    told = [words.say("revision.quiet", language, quiet=len(quiet)), *quiet] if quiet else []
    return [words.say("revision.count", language, changed=len(changes)), *lines, *told]


def said_causes(found: Iterable[str], language: str) -> str:
    """
    Say in words why a number changed.

    Parameters
    ----------
    found : iterable of str
        What `causes` gives.
    language : str
        "zh" or "en".

    Returns
    -------
    str
        The causes, separated as the language does it.

    Examples
    --------
    >>> said_causes(["data: data/reference/prices.csv", "code"], "en")
    'data (data/reference/prices.csv); code'
    """
    said = []
    for cause in found:
        kind, _, what = cause.partition(": ")
        named = words.say(f"revision.cause.{kind}", language)
        if not what:
            said.append(named)
        else:
            said.append(f"{named}（{what}）" if language == "zh" else f"{named} ({what})")
    if not said:
        return words.say("revision.cause.unknown", language)
    return ("；" if language == "zh" else "; ").join(said)


def revision_chapter(
    edition: Edition, facts: Mapping, numbers: Sequence[Mapping], root: Path
) -> dict[str, Mapping]:
    """
    Write the revision note as a chapter, if the brief revises an earlier one.

    Parameters
    ----------
    edition : Edition
        The brief.
    facts : mapping
        How it was made.
    numbers : sequence of mapping
        What it publishes.
    root : Path
        Folder of the project.

    Returns
    -------
    dict
        Name to notebook, in the shape of an executed one; empty if nothing is to be revised. Where
        the edition of the month before was not kept, it says so: no note is not no change.

    Raises
    ------
    ValueError
        If the record that is revised is not there.

    Examples
    --------
    >>> revision_chapter.__name__
    'revision_chapter'
    """
    path = record.kept_path(edition, root)
    if path is not None:
        old = read_published(path)
        changes = compare(old, Record(facts, numbers))
        return _as_chapter("revision-title", _exhibits(changes, old.facts["date"]))
    if edition.unkept is not None:
        before = edition.spec.date.replace(day=1) - datetime.timedelta(days=1)
        return _as_chapter("revision-unkept", [exhibits.finding(UNKEPT, date=before)])
    return {}


def _as_chapter(title: str, shown: Iterable[exhibits.Exhibit]) -> dict[str, Mapping]:
    cells = [{"cell_type": "markdown", "id": title, "source": "", "metadata": {}}]
    return {CHAPTER: {"cells": cells + [_cell(exhibit) for exhibit in shown]}}


def unkept(editions: Iterable[Edition], root: Path) -> list[str]:
    """
    Say which editions carry no note, since that of the month before was not kept.

    Parameters
    ----------
    editions : iterable of Edition
        The briefs of a run.
    root : Path
        Folder of the project.

    Returns
    -------
    list of str
        One line for each entry, in the language of ANALYSIS_LANGUAGE: how many, and what to do,
        which is another thing where the edition of the month before was never made here.

    Examples
    --------
    >>> unkept([], Path("project"))
    []
    """
    lacking: dict[tuple[str, str], list[str]] = {}
    for edition in editions:
        if edition.unkept is not None:
            stands = (root / "reports" / "generated" / edition.unkept / "run.json").is_file()
            key = "revision.unkept" if stands else "revision.unmade"
            lacking.setdefault((key, edition.entry), []).append(edition.unkept)
    return [
        lines.say(key, entry=entry, editions=len(names), kept=names[0])
        for (key, entry), names in lacking.items()
    ]


def _exhibits(changes: Sequence[Change], date: str) -> list[exhibits.Exhibit]:
    import pandas as pd  # noqa: PLC0415 - most briefs revise nothing

    day = datetime.date.fromisoformat(date)
    if not changes:
        return [exhibits.finding("revision.finding_none", date=day)]
    listed = [change for change in changes if not change.quiet]
    rows = [
        {
            f"{part}_{language}": text
            for language in words.LANGUAGES
            for part, text in (
                ("revised_number", change.where[language]),
                ("revised_old", change.old[language]),
                ("revised_new", change.new[language]),
                ("revised_why", said_causes(change.causes, language)),
            )
        }
        for change in listed[:MOST_ROWS]
    ]
    told = {"date": day, "changed": len(changes), "shown": len(rows), "listed": len(listed)}
    quiet = len(changes) - len(listed)
    shown = [exhibits.finding("revision.finding", **told)]
    if rows:
        shown += [exhibits.table("revision.changes", pd.DataFrame(rows), status=None, **told)]
    return shown + ([exhibits.finding("revision.finding_quiet", quiet=quiet)] if quiet else [])


def _cell(exhibit: exhibits.Exhibit) -> dict[str, object]:
    output = {"output_type": "execute_result", "data": {exhibits.MIME: exhibit.content}}
    return {"cell_type": "code", "id": "revision", "metadata": {}, "outputs": [output]}


def _change(
    old: published.Item | None, new: published.Item | None, kept: Collection[str]
) -> Change | None:
    item, nothing = new or old, dict.fromkeys(words.LANGUAGES, words.MISSING)
    before, after = (old.value if old else nothing), (new.value if new else nothing)
    if before == after:
        return None
    where = {language: _where(item, language) for language in words.LANGUAGES}
    said = {language: _moved(before[language], after[language]) for language in words.LANGUAGES}
    olds = {language: pair[0] for language, pair in said.items()}
    news = {language: pair[1] for language, pair in said.items()}
    quiet = item.chapter in kept and _tells_of_few(item, olds["en"], news["en"])
    return Change(item.chapter, item.cell, where, olds, news, (), quiet)


def _tells_of_few(item: published.Item, old: str, new: str) -> bool:
    """Whether one edition hides what the other says, or two counts of people lie close together."""
    from analysis import disclosure  # noqa: PLC0415 - not needed when nothing has changed

    if any(words.is_withheld(text) for text in (old, new)):
        return True
    counts = (
        disclosure.counts_of(item.place[3], item.place[-1]) if item.part == "cell" else "person"
    )
    limit = disclosure.limits().get(counts)
    before, after = (re.findall(NUMBER, text) for text in (old, new))
    if limit is None or len(before) != len(after):
        return False
    return any(_close(*pair, limit.fewest) for pair in zip(before, after, strict=True))


def _close(old: str, new: str, fewest: float) -> bool:
    old, new = (text.replace(",", "") for text in (old, new))
    return old != new and old.isdecimal() and new.isdecimal() and abs(int(new) - int(old)) < fewest


def _moved(old: str, new: str) -> tuple[str, str]:
    """Of two sentences that differ in numbers alone, keep the numbers that moved."""
    if old == new or re.sub(NUMBER, "0", old) != re.sub(NUMBER, "0", new):
        return old, new
    pairs = zip(re.findall(NUMBER, old), re.findall(NUMBER, new), strict=True)
    moved = [(before, after) for before, after in pairs if before != after]
    return ", ".join(one for one, _ in moved), ", ".join(one for _, one in moved)


def _where(item: published.Item, language: str) -> str:
    if item.part == "cell":
        told = {"title": item.title, "row": item.row, "column": item.column}
        spoken = {name: texts[language] for name, texts in told.items()}
        return words.say("revision.where_cell", language, **spoken)
    part = words.say(f"revision.part.{item.part}", language)
    return words.say("revision.where_text", language, part=part, text=item.value[language])


def _chapter(facts: Mapping, name: str) -> Mapping | None:
    return next((one for one in facts["chapters"] if one["name"] == name), None)


def _differing(old: Mapping, new: Mapping) -> list[str]:
    return [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]


def _named(kind: str, what: Sequence[str]) -> list[str]:
    return [f"{kind}: {', '.join(what)}"] if what else []
