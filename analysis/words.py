"""Numbers and findings as sentences, in Chinese and in English.

Every word that leaves the office comes from the catalogue: YAML files of `key: {zh: ..., en: ...}`,
nested keys joined by dots. A text takes values by `{name:format}`, with the formats of this module
and nothing else, so that neither a value nor a text can run anything.
"""

import csv
import datetime
import math
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import yaml

from analysis import marks

LANGUAGES = ("zh", "en")
MISSING = "—"
MARK = "*"
_FOLDER = Path(__file__).parent / "catalogue"
_DATA = Path(__file__).resolve().parents[1] / "data"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Format(NamedTuple):
    """How a kind of value is written: in a sentence, in a cell, with which unit in the heading."""

    sentence: Callable[[object, str], str]
    cell: Callable[[object, str], str]
    unit: str | None = None
    numeric: bool = True


class Column(NamedTuple):
    """What a table shows for one column: its title in the language asked for, and its format."""

    title: str
    format: str


class _Withheld:
    """Stands for a number that must not leave the office; a sentence says that it is not told."""

    def __repr__(self) -> str:
        return "WITHHELD"


WITHHELD = _Withheld()


class About(float):
    """Stands for a count that was rounded; a sentence says so."""


def say(key: str, language: str, **values: object) -> str:
    """
    Say a sentence of the catalogue in one language, with its values written out.

    Parameters
    ----------
    key : str
        Key of the catalogue, nested keys joined by dots.
    language : str
        "zh" or "en".
    **values
        What the placeholders of the text ask for. Ratios are 0 to 1; money is in the unit the
        format names.

    Returns
    -------
    str
        The sentence.

    Raises
    ------
    ValueError
        If the key, the language, a value or a format is unknown, or a value is missing.

    Examples
    --------
    >>> say("status.projected", "en")
    'projected'
    """
    return _fill(template(key, language), partial(_value, key, values), language)


def template(key: str, language: str) -> str:
    """
    Look a text up as it stands in the catalogue, placeholders and all.

    Parameters
    ----------
    key : str
        Key of the catalogue.
    language : str
        "zh" or "en".

    Returns
    -------
    str
        The text.

    Raises
    ------
    ValueError
        If the catalogue has no such key or the language is neither "zh" nor "en".

    Examples
    --------
    >>> template("status.observed", "zh")
    '观测值'
    """
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    entry = catalogue().get(key)
    if entry is None:
        raise ValueError(f"the catalogue has no text {key!r}; add it to analysis/catalogue")
    return entry[language]


def has(key: str) -> bool:
    """
    Tell whether the catalogue holds a key.

    Parameters
    ----------
    key : str
        Key of the catalogue.

    Returns
    -------
    bool
        True if `say` knows the key.

    Examples
    --------
    >>> has("status.observed"), has("status.guessed")
    (True, False)
    """
    return key in catalogue()


def prose(cell: str, language: str) -> str:
    """
    Look up the prose of a notebook's cell, `prose.` and the id of the cell.

    Parameters
    ----------
    cell : str
        Id of the cell.
    language : str
        "zh" or "en".

    Returns
    -------
    str
        Markdown, without white space around it.

    Raises
    ------
    ValueError
        If the catalogue has no such prose.

    Examples
    --------
    >>> prose("no-where", "en")
    Traceback (most recent call last):
    ...
    ValueError: the catalogue has no text 'prose.no-where'; add it to analysis/catalogue
    """
    return template(f"prose.{cell}", language).strip()


def keys(prefix: str) -> list[str]:
    """
    List the keys of the catalogue that begin alike.

    Parameters
    ----------
    prefix : str
        How the keys begin.

    Returns
    -------
    list of str
        The keys, sorted.

    Examples
    --------
    >>> keys("status.")
    ['status.estimated', 'status.observed', 'status.projected', 'status.synthetic']
    """
    return sorted(key for key in catalogue() if key.startswith(prefix))


def column(name: str, language: str) -> Column:
    """
    Look up what a table shows for a column: title with unit, and format.

    Parameters
    ----------
    name : str
        Name of the column in the frame.
    language : str
        "zh" or "en".

    Returns
    -------
    Column
        Title, with the unit in brackets where the format has one, and the name of the format.

    Raises
    ------
    ValueError
        If columns.yml has no such column.

    Examples
    --------
    >>> column("income_yuan", "en")
    Column(title='Income (yuan)', format='yuan')
    """
    form = column_format(name)
    title, unit = template(f"column.{name}", language), FORMATS[form].unit
    return Column(_with_heading_unit(title, unit, language) if unit else title, form)


def column_format(name: str) -> str:
    """
    Look up how the numbers of a column are written.

    Parameters
    ----------
    name : str
        Name of the column in the frame.

    Returns
    -------
    str
        The name of a format; "text" where columns.yml names none.

    Raises
    ------
    ValueError
        If columns.yml has no such column.

    Examples
    --------
    >>> column_format("income_yuan")
    'yuan'
    """
    entry = catalogue().get(f"column.{name}")
    if entry is None:
        raise ValueError(f"the column {name!r} has no title; add it to catalogue/columns.yml")
    return entry.get("format", "text")


def cell(value: object, form: str, language: str) -> str:
    """
    Write one value for a table cell; a missing value is a dash.

    Parameters
    ----------
    value : object
        The value; a text that the catalogue holds under `term.` is translated.
    form : str
        Name of a format.
    language : str
        "zh" or "en".

    Returns
    -------
    str
        The text of the cell, without unit.

    Raises
    ------
    ValueError
        If the format is unknown or does not fit the value.

    Examples
    --------
    >>> cell(0.0542, "percent2", "en"), cell(float("nan"), "count", "en")
    ('5.42%', '—')
    """
    if _is_missing(value):
        return MISSING
    return _format(form).cell(value, language)


def placeholders(text: str) -> list[tuple[str, str]]:
    """
    List the placeholders of a text.

    Parameters
    ----------
    text : str
        A text of the catalogue.

    Returns
    -------
    list of (str, str)
        Name and format of each placeholder, in order.

    Raises
    ------
    ValueError
        If a placeholder is anything but `{name:format}`.

    Examples
    --------
    >>> placeholders("{area:term}: {share:percent1}")
    [('area', 'term'), ('share', 'percent1')]
    """
    return [(name, form) for _, name, form in _parts(text) if name is not None]


def catalogue() -> Mapping[str, Mapping[str, str]]:
    """
    Read the whole catalogue: the package's, and that of the folder in ANALYSIS_CATALOGUE.

    Returns
    -------
    Mapping
        Key to its texts by language.

    Raises
    ------
    ValueError
        If a key stands twice, or lacks one of the languages.

    Examples
    --------
    >>> sorted(catalogue()["status.observed"])
    ['en', 'zh']
    """
    return _read_folders(os.environ.get("ANALYSIS_CATALOGUE"))


@cache
def _read_folders(extra: str | None) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    folders = [_FOLDER, *([Path(extra)] if extra else [])]
    for path in sorted(path for folder in folders for path in folder.glob("*.yml")):
        for key, entry in _read_file(path):
            if key in found:
                raise ValueError(f"{path.name}: the key {key!r} stands in the catalogue twice")
            found[key] = entry
    return found | _area_names()


def _area_names() -> dict[str, dict[str, str]]:
    """Names of areas are data, not words; every table may need one, so they are read here, once."""
    path = Path(os.environ.get("ANALYSIS_DATA", _DATA)) / "reference" / "areas.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {f"term.{row['area']}": {name: row[name] for name in LANGUAGES} for row in rows}


def _read_file(path: Path) -> Iterable[tuple[str, dict[str, str]]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    nested = yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}
    prefix = "column." if path.name == "columns.yml" else ""
    return _flatten(nested, prefix, path.name)


def _flatten(nested: Mapping, prefix: str, file: str) -> Iterable[tuple[str, dict[str, str]]]:
    for name, entry in nested.items():
        key = f"{prefix}{name}"
        if not isinstance(entry, dict):
            raise ValueError(f"{file}: {key!r} is not a pair of zh and en texts")
        if any(isinstance(entry.get(language), str) for language in LANGUAGES):
            yield key, _entry(entry, key, file)
        else:
            yield from _flatten(entry, f"{key}.", file)


def _entry(entry: dict[str, str], key: str, file: str) -> dict[str, str]:
    unknown = sorted(set(entry) - {*LANGUAGES, "format"})
    absent = [language for language in LANGUAGES if not isinstance(entry.get(language), str)]
    if unknown or absent:
        lacks, has = " and ".join(absent), ", ".join(map(repr, unknown))
        raise ValueError(
            f"{file}: {key!r} {f'lacks {lacks}' if absent else f'has the unknown part {has}'}; "
            "an entry is {zh: ..., en: ...}, a text with a comma or a colon in quotes"
        )
    if entry.get("format", "text") not in FORMATS:
        raise ValueError(f"{file}: {key!r} has the unknown format {entry['format']!r}")
    return entry


def is_withheld(text: str) -> bool:
    """
    Tell whether a text says of a number that it is not published.

    Parameters
    ----------
    text : str
        A sentence, or a cell of a table.

    Returns
    -------
    bool
        True where a number is hidden.

    Examples
    --------
    >>> is_withheld("*"), is_withheld("6 * 7"), is_withheld("of (not published) persons")
    (True, False, True)
    """
    return text == MARK or any(say("disclosure.withheld", one) in text for one in LANGUAGES)


@cache
def _parts(text: str) -> tuple[tuple[str, str | None, str], ...]:
    parts = tuple(Formatter().parse(text))
    for _, name, _, conversion in parts:
        if name is not None and (not name.isidentifier() or conversion):
            raise ValueError(f"the placeholder {name!r} in {text!r} must be {{name:format}}")
    return tuple((literal, name, form or "") for literal, name, form, _ in parts)


def _fill(text: str, value: Callable[[str], object], language: str) -> str:
    said = "".join(
        literal + ("" if name is None else _said(_format(form), value(name), language))
        for literal, name, form in _parts(text)
    )
    return said[:1].upper() + said[1:] if _starts_rounded(text, value) else said


def _starts_rounded(text: str, value: Callable[[str], object]) -> bool:
    literal, name, _ = next(iter(_parts(text)), ("", None, ""))
    return not literal and name is not None and isinstance(value(name), About)


def _said(form: Format, value: object, language: str) -> str:
    if value is WITHHELD:
        return say("disclosure.withheld", language)
    said = form.sentence(value, language)
    return say("disclosure.about", language, count=said) if isinstance(value, About) else said


def _format(form: str) -> Format:
    if form not in FORMATS:
        raise ValueError(f"the format {form!r} is unknown; there are {', '.join(FORMATS)}")
    return FORMATS[form]


def _value(key: str, values: Mapping[str, object], name: str) -> object:
    if name not in values:
        raise ValueError(f"the text {key!r} asks for {name!r}, which was not given")
    if _is_missing(values[name]):
        raise ValueError(f"the text {key!r} asks for {name!r}, which is missing in the data")
    return values[name]


def _is_missing(value: object) -> bool:
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and math.isnan(value)


def _number(value: object, _language: str, *, scale: float = 1, digits: int = 0) -> str:
    try:
        number = round(float(value) * scale, digits) + 0.0
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a number") from None
    except OverflowError:
        raise ValueError("a whole number is too large to be written") from None
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return f"{number:,.{digits}f}".replace("-", "−")


def _as_told(value: object, language: str) -> str:
    """Write what somebody chose as it was chosen: neither rounded nor filled up with zeros."""
    return _number(value, language, digits=6).rstrip("0").rstrip(".")


def _percent(value: object, language: str, *, digits: int) -> str:
    return _number(value, language, scale=100, digits=digits) + "%"


def _chance(value: object, language: str) -> str:
    """Draws never show that something cannot happen, so no chance is written as 0 or 100 %."""
    share = float(value)
    if share < 0.01:
        return say("unit.chance_low", language)
    if share > 0.99:
        return say("unit.chance_high", language)
    return _percent(share, language, digits=0)


def _with_unit(value: object, language: str, *, unit: str, plain: Callable) -> str:
    return say(f"{unit}_amount", language, amount=plain(value, language))


def _scaled(value: object, language: str, *, unit: float, digits: int) -> str:
    return _number(value, language, scale=1 / unit, digits=digits)


def _large_yuan(value: object, language: str, *, unit: str, size: float, digits: int) -> str:
    """Chinese counts money in ten thousands; English readers do not, so it counts in millions."""
    if language == "zh":
        return say(
            f"unit.{unit}_amount",
            language,
            amount=_scaled(value, language, unit=size, digits=digits),
        )
    name, scale = ("billion", 1e-9) if abs(float(value)) >= 1e9 else ("million", 1e-6)
    exact = float(value) * scale
    amount = _number(value, language, scale=scale, digits=0 if exact == round(exact) else 2)
    return say(f"unit.{name}_yuan_amount", language, amount=amount)


def _large(unit: str, size: float, digits: int) -> Format:
    sentence = partial(_large_yuan, unit=unit, size=size, digits=digits)
    return Format(sentence, partial(_scaled, unit=size, digits=digits), f"unit.{unit}")


def _parse_date(value: object) -> datetime.date:
    try:
        return datetime.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ValueError(f"{value!r} is not a date; write it as 2018-03-28") from None


def _date(value: object, language: str) -> str:
    day = _parse_date(value)
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _month(value: object, language: str) -> str:
    day = _parse_date(f"{str(value)[:7]}-01")
    if language == "zh":
        return f"{day.year}年{day.month}月"
    return f"{_MONTHS[day.month - 1]} {day.year}"


def _plain_year(value: object, _language: str) -> str:
    number = _number(value, "en").replace(",", "")
    if float(value) != int(number):
        raise ValueError(f"{value!r} is not a year")
    return number


def _year(value: object, language: str) -> str:
    return _plain_year(value, language) + ("年" if language == "zh" else "")


def _text(value: object, language: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text; give the placeholder a format for numbers")
    return marks.named(value, language)


def _word(value: object, language: str) -> str:
    return say(_text(value, language), language)


def _term(value: object, language: str) -> str:
    return say(f"term.{value}", language)


def _text_cell(value: object, language: str) -> str:
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return say(f"term.{str(value).lower()}", language)
    text = str(value)
    return say(f"term.{text}", language) if has(f"term.{text}") else marks.named(text, language)


def _list(value: object, language: str) -> str:
    if isinstance(value, str):
        raise ValueError(f"{value!r} is one text, not a list of texts")
    items = [_text_cell(item, language) for item in value]
    if language == "zh" or len(items) < 2:
        return "、".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _with_heading_unit(title: str, unit: str, language: str) -> str:
    return say("unit.heading", language, title=title, unit=say(unit, language))


def _measured(plain: Callable, unit: str) -> Format:
    return Format(partial(_with_unit, unit=unit, plain=plain), plain, unit)


def _same(write: Callable, *, numeric: bool = True) -> Format:
    return Format(write, write, None, numeric)


FORMATS: dict[str, Format] = {
    **{f"percent{n}": _same(partial(_percent, digits=n)) for n in range(4)},
    **{
        f"points{n}": _measured(partial(_number, scale=100, digits=n), "unit.points")
        for n in range(1, 3)
    },
    **{f"number{n}": _same(partial(_number, digits=n)) for n in range(3)},
    "number": _same(_as_told),
    "chance": _same(_chance),
    "number_points": _same(partial(_number, scale=100, digits=1)),
    "count": _same(_number),
    "yuan": _measured(_number, "unit.yuan"),
    "wan_yuan": _large("wan_yuan", 1e4, 0),
    "yi_yuan": _large("yi_yuan", 1e8, 2),
    "date": _same(_date, numeric=False),
    "month": _same(_month, numeric=False),
    "year": Format(_year, _plain_year, None, numeric=False),
    "text": Format(_text, _text_cell, None, numeric=False),
    "word": _same(_word, numeric=False),
    "term": _same(_term, numeric=False),
    "list": _same(_list, numeric=False),
}
