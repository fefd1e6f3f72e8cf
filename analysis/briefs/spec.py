"""What `briefs.yml` may say, checked before anything runs.

The runner accepts a misspelt parameter in silence, pastes a parameter's name into code, and follows
`../` in a path. So every name, type and value is held here against what the notebooks declare.
"""

import datetime
import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from analysis import words
from analysis.briefs import parameters
from analysis.briefs.parameters import shown

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{1,100}$")]
Values = dict[str, object]
LARGEST = 200_000
MOST_SAID = 20


class SpecError(ValueError):
    """A `briefs.yml` that cannot be run; one plain sentence for each thing that is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ChapterSpec(_Strict):
    """One chapter: a notebook and the parameters it gets beside those of the brief."""

    notebook: Name
    parameters: Values = Field(default_factory=dict)


class BriefSpec(_Strict):
    """One brief: titles from the catalogue, date, languages, chapters."""

    title: Key
    subtitle: Key | None = None
    author: Key = "press.author"
    date: datetime.date
    languages: list[Literal["zh", "en"]] = Field(default=["zh", "en"], min_length=1)
    parameters: Values = Field(default_factory=dict)
    chapters: list[ChapterSpec] = Field(min_length=1)


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
    """A brief ready to run: checked, with everything resolved."""

    name: str
    spec: BriefSpec
    chapters: Sequence[Chapter]

    def text(self, key: str | None, language: str) -> str:
        """Say a title of this brief; it may use the brief's parameters and its date."""
        if key is None:
            return ""
        values = dict(self.spec.parameters) | {"date": self.spec.date}
        return words.say(key, language, **values)


def read_editions(
    path: Path, root: Path, *, names: Sequence[str] = (), languages: Sequence[str] = ()
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
        The briefs wanted; all, if empty.
    languages : sequence of str
        The languages wanted; those of each brief, if empty.

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
    _check_wanted("brief", names, list(spec.briefs), path)
    _check_wanted("language", languages, words.LANGUAGES, path)
    chosen = {name: brief for name, brief in spec.briefs.items() if not names or name in names}
    problems = [p for name, brief in chosen.items() for p in _problems(name, brief, root)]
    if problems:
        raise _refused(path, problems)
    return [_edition(name, brief, root, languages) for name, brief in chosen.items()]


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
    """
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there is {', '.join(known)}" if known else "there is none"


class _Loader(yaml.SafeLoader):
    """Plain values only, no key twice, and nothing that stands for a copy of something else."""

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node:
        if self.check_event(yaml.AliasEvent):
            # Ten lines of aliases of aliases are a billion values once they are written out.
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, "an alias is not taken", mark)
        return super().compose_node(parent, index)


def _mapping_once(loader: _Loader, node: yaml.MappingNode) -> dict:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    times = Counter(map(repr, keys))
    twice = {_plain(key) for key in keys if times[repr(key)] > 1}
    if twice:
        raise yaml.constructor.ConstructorError(
            None, None, f"{', '.join(sorted(twice)[:5])} stands twice", node.start_mark
        )
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_once)


def _load(path: Path) -> object:
    if not path.is_file():
        raise SpecError(f"{path}: there is no such file")
    if path.stat().st_size > LARGEST:
        raise SpecError(f"{path}: is larger than {LARGEST:,} bytes; a list of briefs is not")
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as refusal:
        mark = refusal.problem_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise SpecError(f"{path}{line}: {refusal.problem}; write plain values only") from None
    except (yaml.YAMLError, ValueError, RecursionError) as refusal:
        why = f"{refusal!s:.200}"
        raise SpecError(f"{path}: cannot be read ({why}); write plain values only") from None


def _validate(loaded: object, path: Path) -> FileSpec:
    try:
        return FileSpec.model_validate(_with_defaults(loaded))
    except ValidationError as refusal:
        raise _refused(path, [_sentence(error) for error in refusal.errors()]) from None


def _refused(path: Path, sentences: Sequence[str]) -> SpecError:
    """Put all that is wrong into one refusal, as far as anybody reads it."""
    more = len(sentences) - MOST_SAID
    told = [*sentences[:MOST_SAID], *([f"and {more:,} more"] if more > 0 else [])]
    return SpecError("\n".join(f"{path}: {sentence}" for sentence in told))


def _with_defaults(loaded: object) -> object:
    """Give every brief what `defaults` says and it does not say itself."""
    if not isinstance(loaded, dict) or not isinstance(loaded.get("briefs"), dict):
        return loaded
    defaults = loaded.get("defaults") or {}
    if not isinstance(defaults, dict):
        return loaded
    filled = {
        name: {**defaults, **brief} if isinstance(brief, dict) else brief
        for name, brief in loaded["briefs"].items()
    }
    return loaded | {"briefs": filled}


def _sentence(error: Mapping) -> str:
    """Say one refusal of the spec in plain words: which key, which value, what to do."""
    where = " > ".join(_plain(part) for part in error["loc"] if part != "[key]") or "the file"
    value = shown(error["input"])
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no such key; {nearest(_plain(error['loc'][-1]), _keys())}"
    if error["type"] == "missing":
        return f"{where}: is missing; add it"
    if error["type"] == "string_pattern_mismatch":
        return f"{where}: {value} is not a plain name; use a-z, 0-9, _ and - (no path, no code)"
    if error["type"] == "literal_error":
        return f"{where}: {value} is not known; it is {error['ctx']['expected']}"
    return f"{where}: {value} does not fit; {error['msg'][0].lower()}{error['msg'][1:]}"


def _plain(part: object) -> str:
    return part[:100] if isinstance(part, str) and part.isprintable() else shown(part)


def _keys() -> set[str]:
    return {key for model in (FileSpec, BriefSpec, ChapterSpec) for key in model.model_fields}


def _check_wanted(what: str, wanted: Sequence[str], known: Sequence[str], path: Path) -> None:
    for name in wanted:
        if name not in known:
            raise SpecError(f"{path}: there is no {what} {name!r}; {nearest(name, known)}")


def _problems(name: str, brief: BriefSpec, root: Path) -> Iterator[str]:
    """List what is wrong between a brief and the catalogue, the notebooks and the areas."""
    here = f"briefs > {name}"
    for key in (brief.title, brief.subtitle, brief.author):
        if key is not None and not words.has(key):
            yield f"{here}: the catalogue has no text {key!r}; add it in zh and en"
    declared: dict[str, parameters.Parameter] = {}
    for number, chapter in enumerate(brief.chapters, start=1):
        where = f"{here} > chapters > {number}"
        try:
            own = _declared(chapter.notebook, root)
        except ValueError as refusal:
            yield f"{where}: {refusal}"
            continue
        declared |= own
        told = chapter.parameters
        yield from _wrong_values(f"{where} > parameters", told, own, chapter.notebook, root)
    shared = brief.parameters
    yield from _wrong_values(f"{here} > parameters", shared, declared, "any chapter", root)


def _declared(notebook: str, root: Path) -> dict[str, parameters.Parameter]:
    path = _notebook(notebook, root)
    if not path.is_file():
        known = [path.stem for path in path.parent.glob("*.ipynb")]
        raise ValueError(f"there is no notebook {notebook!r}; {nearest(notebook, known)}")
    return parameters.declared(path)


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
            yield f"{where}: {shown(name)} is not a parameter of {holder}; {meant}"
            continue
        problem = parameters.problem(name, value, declared[name], root)
        if problem:
            yield f"{where} > {name}: {problem}"


def _notebook(name: str, root: Path) -> Path:
    return root / "notebooks" / f"{name}.ipynb"


def _edition(name: str, brief: BriefSpec, root: Path, languages: Sequence[str]) -> Edition:
    kept = [language for language in brief.languages if not languages or language in languages]
    if not kept:
        spoken, asked = ", ".join(brief.languages), ", ".join(languages)
        raise SpecError(f"the brief {name} is set in {spoken}, not in {asked}; add it to languages")
    spec = brief.model_copy(update={"languages": kept})
    seen: dict[str, int] = {}
    return Edition(name, spec, [_chapter(chapter, brief, root, seen) for chapter in brief.chapters])


def _chapter(chapter: ChapterSpec, brief: BriefSpec, root: Path, seen: dict[str, int]) -> Chapter:
    path = _notebook(chapter.notebook, root)
    declared = parameters.declared(path)
    shared = {name: value for name, value in brief.parameters.items() if name in declared}
    told = shared | chapter.parameters
    effective = {name: told.get(name, one.default) for name, one in declared.items()}
    seen[path.stem] = seen.get(path.stem, 0) + 1
    again = "" if seen[path.stem] == 1 else f"-{seen[path.stem]}"
    return Chapter(f"{path.stem}{again}", path, told, effective)
