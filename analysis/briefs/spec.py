"""What `briefs.yml` may say, checked before anything runs.

The runner accepts a misspelt parameter in silence, pastes a parameter's name into code, and follows
`../` in a path. So every name, type and value is held here against what the notebooks declare.
"""

import calendar
import datetime
import difflib
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from analysis import words
from analysis.briefs import form, parameters
from analysis.briefs.lines import say
from analysis.briefs.parameters import shown

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
KeptName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,149}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{1,100}$")]
Axis = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Values = dict[str, object]
LARGEST = 500_000
MOST_SAID = 20
MOST_EDITIONS, LONGEST_NAME = 5000, 150
# No clock of the system waits longer than a few centuries, and no office longer than a month.
TIME_LIMIT_SECONDS, LONGEST_LIMIT = 1800.0, 31 * 86_400.0
MONTH, LAST = "month", "last"
PREVIOUS = "previous"
PARAMETERS = "parameters"
MONTHS = r"(?:19[89]\d|20\d\d)-(?:0[1-9]|1[0-2])"
# Archives know no day before 1980.
EARLIEST, LATEST = datetime.date(1980, 1, 1), datetime.date(2099, 12, 31)
# A month has ended when it has ended where the offices are, wherever the machine stands.
BEIJING = datetime.timezone(datetime.timedelta(hours=8))
REMEDIES = {
    **dict.fromkeys(("model_type", "dict_type"), "mapping"),
    "list_type": "list",
    "string_type": "text",
    **dict.fromkeys(("date_type", "date_parsing", "greater_than_equal", "less_than_equal"), "day"),
    "time_limit": "seconds",
    "too_short": "one",
}
KEPT = "reports/kept"


class SpecError(ValueError):
    """A `briefs.yml` that cannot be run; one plain sentence for each thing that is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ChapterSpec(_Strict):
    """One chapter: a notebook and the parameters it gets beside those of the brief."""

    notebook: Name
    parameters: Values = Field(default_factory=dict)


class BriefSpec(_Strict):
    """One brief, or one template of many: titles from the catalogue, date, languages, chapters.

    `for` gives axes such as `place` or `month`, each with its values: there is one edition for each
    combination. A value is plain, or a mapping of a `name` and the parameters it stands for; the
    month `last` is the one before that of the day of the run. `revises` names a kept record;
    `previous` is that of the same edition of the month before, once it has been kept.
    """

    title: Key
    subtitle: Key | None = None
    author: Key = "press.author"
    date: Annotated[datetime.date, Field(ge=EARLIEST, le=LATEST)] | None = None
    languages: list[Literal["zh", "en"]] = Field(default=["zh", "en"], min_length=1)
    parameters: Values = Field(default_factory=dict)
    chapters: list[ChapterSpec] = Field(min_length=1)
    axes: dict[Axis, Annotated[list[object], Field(min_length=1)]] = Field(
        default_factory=dict, alias="for"
    )
    time_limit: float = Field(
        default=TIME_LIMIT_SECONDS, gt=0, le=LONGEST_LIMIT, allow_inf_nan=False
    )
    revises: KeptName | None = None


class FileSpec(_Strict):
    """The whole file: what all briefs share, and the briefs by name."""

    defaults: Values = Field(default_factory=dict)
    briefs: dict[Name, BriefSpec] = Field(min_length=1)


class Chapter(NamedTuple):
    """A chapter ready to run: where its notebook is, what it is told, what it declares."""

    name: str
    notebook: Path
    told: Mapping[str, object]
    effective: Mapping[str, object]


class Edition(NamedTuple):
    """A brief ready to run: checked, with everything resolved; `entry` is its key in the file.

    `unkept` is the edition of the month before, if it is to be revised and was not kept.
    """

    name: str
    entry: str
    spec: BriefSpec
    chapters: Sequence[Chapter]
    unkept: str | None = None

    def text(self, key: str | None, language: str) -> str:
        """Say a title of this brief; it may use the brief's parameters and its date."""
        if key is None:
            return ""
        values = dict(self.spec.parameters) | {"date": self.spec.date}
        return words.say(key, language, **values)


def read_editions(
    path: Path,
    root: Path,
    *,
    names: Sequence[str] = (),
    languages: Sequence[str] = (),
    today: datetime.date | None = None,
) -> list[Edition]:
    """
    Read `briefs.yml` and check all of it.

    Parameters
    ----------
    path : Path
        The file.
    root : Path
        Folder of the project, with `notebooks` and `data` in it.
    names : sequence of str
        The briefs wanted, or single editions of them; all, if empty. An entry whose month is `last`
        has the editions of other months too, when they are asked for by name.
    languages : sequence of str
        The languages wanted; those of each brief, if empty.
    today : datetime.date, optional
        The day of the run; that in Beijing, if not said.

    Returns
    -------
    list of Edition
        The briefs, ready to run.

    Raises
    ------
    SpecError
        If anything in the file, or a name or a language asked for, is not known.

    Examples
    --------
    >>> read_editions(Path("nowhere.yml"), Path())
    Traceback (most recent call last):
    ...
    analysis.briefs.spec.SpecError: nowhere.yml: there is no such file
    """
    spec = _validate(_load(path), path)
    _check_wanted("language", languages, words.LANGUAGES, path)
    _refuse([p for name, brief in spec.briefs.items() for p in _size_problems(name, brief)], path)
    month = _month_before(today or datetime.datetime.now(BEIJING).date())
    drafts = [d for name, brief in spec.briefs.items() for d in _drafts(name, brief, month)]
    standing = {draft.name for draft in drafts}
    drafts += _asked_again(spec, [name for name in dict.fromkeys(names) if name not in standing])
    _refuse(_name_problems([draft.name for draft in drafts]), path)
    _check_wanted("brief", names, [*spec.briefs, *(draft.name for draft in drafts)], path)
    chosen = [d for d in drafts if not names or {d.entry, d.name} & set(names)]
    entries = dict.fromkeys(draft.entry for draft in chosen)
    shelf = _Shelf(root, languages)
    _refuse([p for name in entries for p in _problems(name, spec.briefs[name], shelf)], path)
    editions = [_edition(draft, shelf) for draft in chosen]
    _refuse([p for edition in editions for p in _title_problems(edition)], path)
    return editions


def nearest(word: str, known: Iterable[str]) -> str:
    """
    Suggest what was meant, for the end of a message.

    Parameters
    ----------
    word : str
        What was written.
    known : iterable of str
        What could have been meant.

    Returns
    -------
    str
        A clause such as "did you mean 'horizon'?", or the list of what there is.

    Examples
    --------
    >>> nearest("horizn", ["area", "horizon"])
    "did you mean 'horizon'?"
    >>> nearest("x", ["wenshan", "wenshan"])
    'there is wenshan'
    """
    known = sorted(set(known))
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return say("spec.nearest.meant", meant=repr(close[0]))
    if not known:
        return say("spec.nearest.none")
    return say("spec.nearest.known", known=", ".join(known))


class _Loader(yaml.SafeLoader):
    """Plain values only, no key twice, and nothing that stands for a copy of something else."""

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node:
        if self.check_event(yaml.AliasEvent):
            # Ten lines of aliases of aliases are a billion values once they are written out.
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, say("spec.file.alias"), mark)
        return super().compose_node(parent, index)


def _mapping_once(loader: _Loader, node: yaml.MappingNode) -> dict:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    times = Counter(map(repr, keys))
    twice = {_plain(key) for key in keys if times[repr(key)] > 1}
    if twice:
        said = say("spec.file.twice", keys=", ".join(sorted(twice)[:5]))
        raise yaml.constructor.ConstructorError(None, None, said, node.start_mark)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_once)


def _load(path: Path) -> object:
    if not path.is_file():
        raise _refused(path, [say("spec.file.none")])
    if path.stat().st_size > LARGEST:
        raise _refused(path, [say("spec.file.large", most=f"{LARGEST:,}")])
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as refusal:
        mark, said = refusal.problem_mark, say("spec.file.line", why=str(refusal.problem))
        where = say("spec.at_line", path=str(path), line=str(mark.line + 1)) if mark else path
        raise _refused(where, [said]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as refusal:
        raise _refused(path, [say("spec.file.unread", why=f"{refusal!s:.200}")]) from None


def _validate(loaded: object, path: Path) -> FileSpec:
    try:
        return FileSpec.model_validate(_with_defaults(loaded))
    except ValidationError as refusal:
        raise _refused(path, [_sentence(error) for error in refusal.errors()]) from None


def _refused(path: Path | str, sentences: Sequence[str]) -> SpecError:
    """Put all that is wrong into one refusal, each once and as far as anybody reads it."""
    # A template repeats its faults in every value of its axes.
    once = list(dict.fromkeys(sentences))
    more = len(once) - MOST_SAID
    told = [*once[:MOST_SAID], *([say("spec.more", count=f"{more:,}")] if more > 0 else [])]
    return SpecError("\n".join(_fault(str(path), sentence) for sentence in told))


def _fault(where: str, what: str) -> str:
    return say("spec.fault", where=where, what=what)


def _faulty(where: str, key: str, **values: str) -> str:
    return _fault(where, say(f"spec.{key}", **values))


def _with_defaults(loaded: object) -> object:
    """Give every brief what `defaults` says and it does not say itself."""
    if not isinstance(loaded, dict) or not isinstance(loaded.get("briefs"), dict):
        return loaded
    defaults = loaded.get("defaults") or {}
    if not isinstance(defaults, dict):
        return loaded
    filled = {
        name: _filled(defaults, brief) if isinstance(brief, dict) else brief
        for name, brief in loaded["briefs"].items()
    }
    return loaded | {"briefs": filled}


def _filled(defaults: Mapping, brief: Mapping) -> dict:
    """Fill one brief; of the parameters that all share, it replaces those alone that it names."""
    shared, own = defaults.get(PARAMETERS), brief.get(PARAMETERS)
    both = isinstance(shared, dict) and isinstance(own, dict)
    return {**defaults, **brief, **({PARAMETERS: {**shared, **own}} if both else {})}


def _sentence(error: Mapping) -> str:
    """Say one refusal of the spec in plain words: which key, which value, what to do."""
    where = " > ".join(_plain(part) for part in error["loc"] if part != "[key]")
    given = error["input"]
    value = str(given) if isinstance(given, datetime.date) else shown(given)
    return _fault(where or say("spec.the_file"), _said(error, value))


def _said(error: Mapping, value: str) -> str:
    if error["type"] == "extra_forbidden":
        return say("spec.key.unknown", meant=nearest(_plain(error["loc"][-1]), _keys()))
    if error["type"] == "missing":
        return say("spec.key.missing")
    if error["type"] == "string_pattern_mismatch":
        return say("spec.key.name", value=value)
    if error["type"] == "literal_error":
        first, _, last = error["ctx"]["expected"].rpartition(" or ")
        known = say("spec.either", first=first, last=last)
        return say("spec.key.literal", value=value, known=known)
    kind = "time_limit" if "time_limit" in error["loc"][-1:] else error["type"]
    return say("spec.key.unfit", value=value, remedy=_remedy(REMEDIES.get(kind, "docs")))


def _remedy(kind: str) -> str:
    bounds = {"first": EARLIEST.isoformat(), "last": LATEST.isoformat()}
    return say(f"spec.remedy.{kind}", **bounds, most=f"{LONGEST_LIMIT:,.0f}")


def _plain(part: object) -> str:
    return part[:100] if isinstance(part, str) and part.isprintable() else shown(part)


def _keys() -> set[str]:
    models = (FileSpec, BriefSpec, ChapterSpec)
    fields = [item for model in models for item in model.model_fields.items()]
    return {field.alias or name for name, field in fields}


def _refuse(problems: Iterable[str], path: Path) -> None:
    said = list(problems)
    if said:
        raise _refused(path, said)


def _check_wanted(what: str, wanted: Sequence[str], known: Sequence[str], path: Path) -> None:
    for name in wanted:
        if name not in known:
            meant = nearest(name, known)
            raise _refused(path, [say(f"spec.wanted.{what}", name=repr(name), meant=meant)])


class _Shelf:
    """What the project has, each file read once: what notebooks declare, and what they lack."""

    def __init__(self, root: Path, languages: Sequence[str]) -> None:
        self.root = root
        self.languages = languages
        self.declared = cache(self._declared)
        self.lacking = cache(self._lacking)
        self._content = cache(self._read)

    def notebook(self, name: str) -> Path:
        return self.root / "notebooks" / f"{name}.ipynb"

    def spoken(self, brief: BriefSpec) -> list[str]:
        """Keep of the languages of a brief those that are asked for."""
        return [one for one in brief.languages if not self.languages or one in self.languages]

    def _declared(self, notebook: str) -> dict[str, parameters.Parameter]:
        path = self.notebook(notebook)
        if not path.is_file():
            known = [path.stem for path in path.parent.glob("*.ipynb")]
            meant = nearest(notebook, known)
            raise ValueError(say("spec.notebook", name=repr(notebook), meant=meant))
        return parameters.declared(path)

    def _lacking(self, notebook: str, language: str) -> list[str]:
        content = self._content(notebook)
        # What is no notebook at all, `declared` says.
        return form.lacking(content, language, name=f"{notebook}.ipynb") if content else []

    def _read(self, notebook: str) -> object:
        try:
            return json.loads(self.notebook(notebook).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None


class _Draft(NamedTuple):
    """One combination of the axes of a brief, not checked yet."""

    name: str
    entry: str
    brief: BriefSpec
    values: Values
    previous: str | None


def _size_problems(name: str, brief: BriefSpec) -> Iterator[str]:
    """List what makes the axes of a brief impossible to lay out."""
    here = f"briefs > {name}"
    if len(set(brief.languages)) < len(brief.languages):
        yield _faulty(f"{here} > languages", "languages", value=shown(brief.languages))
    for axis, values in brief.axes.items():
        for value in values:
            problem = _axis_problem(axis, value)
            if problem:
                yield _fault(f"{here} > for > {axis}", problem)
    size = math.prod(len(values) for values in brief.axes.values())
    if size > MOST_EDITIONS:
        yield _faulty(f"{here} > for", "axis.size", count=str(size), most=str(MOST_EDITIONS))
    if brief.date is None and MONTH not in brief.axes:
        yield _faulty(f"{here} > date", "key.missing")
    if brief.date is not None and MONTH in brief.axes:
        yield _faulty(f"{here} > date", "date_beside")


def _axis_problem(axis: str, value: object) -> str | None:
    if isinstance(value, dict) and "name" not in value:
        return say("spec.axis.nameless", value=shown(value))
    named = _value_name(value)
    if not isinstance(named, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", named):
        shape = f"{{name: …, {axis}: …}}"
        return say("spec.axis.name", value=shown(named), form=shape)
    if axis == MONTH and value != LAST and not re.fullmatch(MONTHS, named):
        return say("spec.axis.month", value=repr(named), last=LAST)
    return None


def _value_name(value: object) -> object:
    if isinstance(value, dict):
        return value["name"]
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**64
    return str(value) if is_number else value


def _month_before(day: datetime.date) -> str:
    return (day.replace(day=1) - datetime.timedelta(days=1)).isoformat()[:7]


def _asked_again(spec: FileSpec, names: Iterable[str]) -> Iterator[_Draft]:
    """Lay out the editions of months gone by that are asked for by name."""
    for wanted, (name, brief) in itertools.product(names, spec.briefs.items()):
        if LAST in brief.axes.get(MONTH, ()):
            for month in dict.fromkeys(re.findall(MONTHS, wanted)):
                yield from (d for d in _drafts(name, brief, month) if d.name == wanted)


def _drafts(name: str, brief: BriefSpec, month: str) -> Iterator[_Draft]:
    """Lay out every combination of the axes; ``month`` is the one that `last` stands for."""
    for combination in itertools.product(*_axes(brief, month).values()):
        named = dict(zip(brief.axes, combination, strict=True))
        values = [_axis_values(axis, value) for axis, value in named.items()]
        merged = {key: value for own in values for key, value in own.items()}
        dated = {"date": _last_day(_value_name(named[MONTH]))} if MONTH in named else {}
        before = {MONTH: _month_before(dated["date"])} if dated else {}
        full, previous = (_full_name(name, values) for values in (named, named | before))
        one = brief.model_copy(update=dated)
        yield _Draft(full, name, one, merged, previous if before else None)


def _full_name(name: str, named: Values) -> str:
    return "-".join([name, *(str(_value_name(value)) for value in named.values())])


def _axes(brief: BriefSpec, month: str) -> dict[str, list[object]]:
    if LAST not in brief.axes.get(MONTH, ()):
        return brief.axes
    months = [month if value == LAST else value for value in brief.axes[MONTH]]
    # The last month may be one of those that are written out.
    return brief.axes | {MONTH: [one for n, one in enumerate(months) if one not in months[:n]]}


def _axis_values(axis: str, value: object) -> Values:
    """Give the parameters that a value of an axis stands for; a month stands for a day."""
    if isinstance(value, dict):
        return {key: own for key, own in value.items() if key != "name"}
    return {"until": _last_day(value).isoformat()} if axis == MONTH else {axis: value}


def _last_day(month: str) -> datetime.date:
    year, number = int(month[:4]), int(month[5:])
    return datetime.date(year, number, calendar.monthrange(year, number)[1])


def _name_problems(names: Sequence[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield _faulty("briefs", "edition.twice", name=repr(name))
        if len(name) > LONGEST_NAME:
            yield _faulty("briefs", "edition.long", name=repr(name))


def _problems(name: str, brief: BriefSpec, shelf: _Shelf) -> Iterator[str]:
    """List what is wrong between a brief and the catalogue, the notebooks and the areas."""
    here = f"briefs > {name}"
    for key in (brief.title, brief.subtitle, brief.author):
        if key is not None and not words.has(key):
            yield _faulty(here, "text", text=repr(key))
    declared: dict[str, parameters.Parameter] = {}
    for number, chapter in enumerate(brief.chapters, start=1):
        yield from _chapter_problems(f"{here} > chapters > {number}", chapter, brief, shelf)
        with suppress(ValueError):
            declared |= shelf.declared(chapter.notebook)
    shared = partial(
        _wrong_values, declared=declared, holder=say("spec.any_chapter"), root=shelf.root
    )
    yield from shared(f"{here} > parameters", brief.parameters)
    if brief.revises == PREVIOUS and MONTH not in brief.axes:
        yield _faulty(f"{here} > revises", "revises.previous", previous=PREVIOUS)
    if brief.revises not in (None, PREVIOUS) and not _is_kept(brief.revises, shelf.root):
        yield _faulty(f"{here} > revises", "revises.none", path=f"{KEPT}/{brief.revises}.json")
    yield from _told_twice(f"{here} > for", brief.axes)
    for axis, values in brief.axes.items():
        for value in values:
            if axis != MONTH or isinstance(value, dict):
                yield from shared(f"{here} > for > {axis}", _axis_values(axis, value))


def _told_twice(where: str, axes: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """Name each parameter that two axes give: the last would win."""
    told = {axis: {*itertools.chain(*map(partial(_told, axis), own))} for axis, own in axes.items()}
    for (one, first), (other, second) in itertools.combinations(told.items(), 2):
        for name in sorted(first & second):
            yield _faulty(f"{where} > {other}", "axis.twice", name=repr(name), other=one)


def _told(axis: str, value: object) -> set[str]:
    """Name the parameters that a value of an axis gives, right or wrong."""
    plain = "until" if axis == MONTH else axis
    return value.keys() - {"name"} if isinstance(value, dict) else {plain}


def _is_kept(name: str, root: Path) -> bool:
    return (root / KEPT / f"{name}.json").is_file()


def _chapter_problems(
    where: str, chapter: ChapterSpec, brief: BriefSpec, shelf: _Shelf
) -> Iterator[str]:
    """List what is wrong with a notebook as a chapter, and with what it alone is told."""
    name, told = chapter.notebook, chapter.parameters
    lacking = [line for one in shelf.spoken(brief) for line in shelf.lacking(name, one)]
    try:
        own = shelf.declared(name)
    except ValueError as refusal:
        yield from (_fault(where, line) for line in str(refusal).splitlines())
    else:
        yield from _wrong_values(f"{where} > parameters", told, own, name, shelf.root)
    yield from (_fault(where, line) for line in lacking)


def _title_problems(edition: Edition) -> Iterator[str]:
    """Say every title once before anything runs: it may ask for what the brief does not have."""
    spec = edition.spec
    for key, language in itertools.product(
        (spec.title, spec.subtitle, spec.author), spec.languages
    ):
        try:
            edition.text(key, language)
        except ValueError as refusal:
            yield _fault(f"briefs > {edition.entry}", str(refusal))


def _wrong_values(
    where: str,
    told: Values,
    declared: Mapping[str, parameters.Parameter],
    holder: str,
    root: Path,
) -> Iterator[str]:
    for name, value in told.items():
        if name not in declared:
            meant = nearest(_plain(name), declared)
            told_of = {"name": shown(name), "holder": holder, "meant": meant}
            yield _faulty(where, "parameter.unknown", **told_of)
            continue
        problem = parameters.problem(name, value, declared[name], root)
        if problem:
            yield _fault(f"{where} > {name}", problem)


def _edition(draft: _Draft, shelf: _Shelf) -> Edition:
    spoken, kept = draft.brief.languages, shelf.spoken(draft.brief)
    if not kept:
        asked = {"spoken": ", ".join(spoken), "asked": ", ".join(shelf.languages)}
        raise SpecError(say("spec.wanted.spoken", brief=draft.name, **asked))
    shared = draft.brief.parameters | draft.values
    resolved = {"languages": kept, "parameters": shared, "axes": {}}
    wanted = draft.previous if draft.brief.revises == PREVIOUS else None
    unkept = wanted if wanted and not _is_kept(wanted, shelf.root) else None
    if wanted:
        resolved["revises"] = None if unkept else wanted
    seen: dict[str, int] = {}
    chapters = [_chapter(chapter, shared, shelf, seen) for chapter in draft.brief.chapters]
    brief = draft.brief.model_copy(update=resolved)
    return Edition(draft.name, draft.entry, brief, chapters, unkept)


def _chapter(chapter: ChapterSpec, shared: Values, shelf: _Shelf, seen: dict[str, int]) -> Chapter:
    """Resolve one chapter; it is told only what differs from the defaults."""
    path = shelf.notebook(chapter.notebook)
    declared = shelf.declared(chapter.notebook)
    given = {name: value for name, value in shared.items() if name in declared}
    given |= chapter.parameters
    effective = {name: given.get(name, one.default) for name, one in declared.items()}
    told = {name: value for name, value in effective.items() if value != declared[name].default}
    seen[path.stem] = seen.get(path.stem, 0) + 1
    again = "" if seen[path.stem] == 1 else f"-{seen[path.stem]}"
    return Chapter(f"{path.stem}{again}", path, told, effective)
