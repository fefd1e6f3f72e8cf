"""Cells as offices write them, read one by one: what was meant, and under which rule."""

from __future__ import annotations

import datetime
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from analysis.tables.codebook import allowed_codes

MISSING_MARKS = frozenset(
    {"—", "——", "－", "-", "--", "–", "/", "\\", "无", "暂无", "不详", "空", "…", "……", "x"}
    | {"n/a", "na", "#n/a", "null", "none", "nan"}
)
# 是/否 and 有/无 are how the two words are written in Chinese; the marks are repairs.
YES, NO = frozenset({"yes", "是", "有", "true"}), frozenset({"no", "否", "无", "false"})
YES_MARKS = frozenset({"√", "✓", "✔", "☑", "v", "y", "1", "对"})
NO_MARKS = frozenset({"×", "✗", "✘", "x", "n", "0", "没有", "未"})
SCALES = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
# What may stand after a number, by the unit of the dictionary.
SUFFIXES = {
    "yuan": ("元",),
    "yuan per person": ("元", "元/人"),
    "person": ("人", "个", "名"),
    "household": ("户",),
    "year": ("年", "年度"),
    "month": ("个月", "月"),
    "km": ("公里", "千米", "km"),
    "m2": ("平方米", "㎡", "m2", "平米"),
    "": ("个", "项"),
}
NUMBER = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?(万|亿)?(.*)", re.ASCII)
EXPONENT = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+", re.ASCII)
DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?: 00:00:00)?", re.ASCII)
PLAIN_DATE = re.compile(r"([12][0-9]{3})([0-9]{2})([0-9]{2})", re.ASCII)
MONTH = re.compile(r"([0-9]{4})(?:[-/.年]([0-9]{1,2})月?|([0-9]{2}))(?:[-/]0?1)?", re.ASCII)
# 2017.10 held as a number shows as 2017.1, so that January cannot be told from October.
LOST_ZERO = re.compile(r"[0-9]{4}\.1", re.ASCII)
LONGEST = 40
# What a cell of a spreadsheet can hold; only a file made by hand or by a program has more.
LONGEST_CELL = 32_767


class Cell(NamedTuple):
    """A cell as read: its text as the dictionary writes it (None if refused), and the rule."""

    text: str | None
    rule: str = ""


class Kind(NamedTuple):
    """What a column holds: type, unit and allowed values of the dictionary, scale of the header."""

    type: str
    unit: str = ""
    allowed: str = ""
    scale: str = "1"


def read_cell(text: str, kind: Kind, stored: bool = False) -> Cell:
    """Read one cell as an office wrote it.

    Parameters
    ----------
    text : str
        What stands in the cell.
    kind : Kind
        What the column holds; a number that names no unit is multiplied by its scale, ``10000``
        under 万元.
    stored : bool
        The workbook holds the cell as a number, not as text.

    Returns
    -------
    Cell
        Text as the dictionary writes it and the rule of the repair; text None and the rule of the
        refusal. What cannot be read stays as it is, for the check against the dictionary.

    Examples
    --------
    >>> read_cell("1.2万", Kind("number", "yuan"))
    Cell(text='12000', rule='ten_thousands')
    >>> read_cell("０１２", Kind("code"))
    Cell(text='012', rule='full_width')
    """
    if len(text) > LONGEST_CELL:
        return Cell(None, "long_cell")
    # What is short comes again from sheet to sheet; what is long would only fill the memory.
    return (_read_short if len(text) <= LONGEST else _read_cell)(text, kind, stored)


def _read_cell(text: str, kind: Kind, stored: bool) -> Cell:
    trimmed = _trimmed(text)
    if not trimmed:
        return Cell("")
    if stored and kind.type in ("code", "month", "date"):
        return _stored(text, kind.type)
    free = kind.type == "text" and not kind.allowed
    folded = trimmed if free else unicodedata.normalize("NFKC", trimmed).strip().replace("−", "-")
    read = _read(folded, kind)
    if read.rule or read.text == text:
        return read
    if read.text != folded:  # a word of the dictionary turned into its code, or a number scaled
        return read if trimmed == text else Cell(read.text, "spaces")
    return Cell(read.text, "spaces" if folded == trimmed else "full_width")


_read_short = lru_cache(maxsize=2**16)(_read_cell)


def _read(text: str, kind: Kind) -> Cell:
    code = _codes(kind.allowed).get(text)
    if code is not None:
        return Cell(code)
    if kind.type != "boolean" and (text.lower() in MISSING_MARKS or text == "×"):
        return Cell("", "missing_mark")
    return READERS.get(kind.type, _plain_text)(text, kind)


def _plain_text(text: str, _kind: Kind) -> Cell:
    return Cell(text)


def _code(text: str, _kind: Kind) -> Cell:
    return Cell(None, "long_number") if EXPONENT.fullmatch(text) else Cell(text)


def _trimmed(text: str) -> str:
    return text.strip(" \t\r\n\u3000\xa0\u200b\ufeff'`’‘")


@lru_cache
def _codes(allowed: str) -> dict[str, str]:
    codes = allowed_codes(allowed)
    return {word: code for code, words in codes.items() for word in (code, *words)}


def _truth(text: str, _kind: Kind) -> Cell:
    lower = text.lower()
    for plain, marks, meant in ((YES, YES_MARKS, "yes"), (NO, NO_MARKS, "no")):
        if lower in plain:
            return Cell(meant)
        if lower in marks:
            return Cell(meant, "truth_mark")
    return Cell("", "missing_mark") if lower in MISSING_MARKS else Cell(text)


def _number(text: str, kind: Kind) -> Cell:
    found = NUMBER.fullmatch(text.replace(" ", "")) if len(text) <= LONGEST else None
    if not found:
        return Cell(text)
    sign, whole, fraction, large, suffix = found.groups(default="")
    percent = kind.type == "share" and suffix == "%"
    if suffix and not percent and suffix not in SUFFIXES.get(kind.unit, ()):
        return Cell(text)
    own, of_column = _own_scale(large, suffix), Decimal(kind.scale)
    rule = _number_rule(whole, large, suffix)
    if own and of_column not in (1, own):
        rule = "cell_unit"
    scale = own or of_column
    if not rule and scale == 1:
        return Cell(text.replace(" ", "").removeprefix("+"), "spaces" if " " in text else "")
    value = Decimal(f"{sign}{whole.replace(',', '')}{fraction}") * scale
    return Cell(_plain(value), rule)


def _own_scale(large: str, suffix: str) -> Decimal | None:
    """A unit in the cell is nearer to the number than the column's, which then does not count."""
    if not large and not suffix:
        return None
    return SCALES[large] * (Decimal("0.01") if suffix == "%" else 1)


def _number_rule(whole: str, large: str, suffix: str) -> str:
    if suffix == "%":
        return "percent"
    if large:
        return "ten_thousands"
    if suffix:
        return "year_suffix" if suffix.startswith("年") else "unit_suffix"
    return "thousands" if "," in whole else ""


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _date(text: str, _kind: Kind) -> Cell:
    found = DATE.fullmatch(text) or PLAIN_DATE.fullmatch(text)
    if not found:
        return Cell(text)
    try:
        day = datetime.date(*(int(part) for part in found.groups())).isoformat()
    except ValueError:
        return Cell(text)
    return Cell(day, "" if text in (day, f"{day} 00:00:00") else "date_form")


def _month(text: str, _kind: Kind) -> Cell:
    if LOST_ZERO.fullmatch(text):
        return Cell(None, "number_month")
    found = MONTH.fullmatch(text.removesuffix(" 00:00:00"))
    month = int(found[2] or found[3]) if found else 0
    if not 1 <= month <= 12:
        return Cell(text)
    meant = f"{found[1]}-{month:02d}"
    # Excel keeps a month as its first day; that is how it stores it, not a fault of the office.
    return Cell(meant, "" if text in (meant, f"{meant}-01") else "month_form")


def _stored(text: str, kind: str) -> Cell:
    if kind != "code":
        return Cell(None, f"number_{kind}")
    if not re.fullmatch("[0-9]+", text, re.ASCII):
        return Cell(None, "code_number")
    return Cell(None, "long_number") if len(text) > 15 else Cell(text, "number_code")


READERS = {
    **{"boolean": _truth, "code": _code, "date": _date, "month": _month},
    **dict.fromkeys(("number", "integer", "share"), _number),
}
