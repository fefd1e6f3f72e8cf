"""Units as offices write them, and which of several the figures of a column are in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit as written: which unit of the dictionary it measures, and how many of those it is."""

    kind: str
    scale: str


# A bare 万 counts whatever its column counts.
OWN = "own"
COUNTED = {"": OWN, "元": "yuan", "元/人": "yuan per person", "人": "person", "户": "household"}
MULTIPLES = {
    **{"百": "100", "千": "1000", "万": "10000", "十万": "100000", "百万": "1000000"},
    **{"千万": "10000000", "亿": "100000000"},
}
# Units of another kind than any column's stand here so that they are known for units, and refused.
UNITS = {
    **{f"{m}{w}": Unit(k, n) for m, n in MULTIPLES.items() for w, k in COUNTED.items()},
    **dict.fromkeys(("元", "人民币", "yuan", "rmb", "cny"), Unit("yuan", "1")),
    **{"元/人": Unit("yuan per person", "1")},
    **dict.fromkeys(("%", "百分比", "百分数"), Unit("share", "0.01")),
    **{"‰": Unit("share", "0.001"), "户": Unit("household", "1"), "家": Unit("household", "1")},
    **dict.fromkeys("人名口", Unit("person", "1")),
    **dict.fromkeys(("公里", "千米", "km"), Unit("km", "1")),
    **dict.fromkeys(("米", "m"), Unit("km", "0.001")),
    **dict.fromkeys(("里", "华里", "市里"), Unit("km", "0.5")),
    **dict.fromkeys(("平方米", "平米", "m2"), Unit("m2", "1")),
    **{"月": Unit("month", "1"), "个月": Unit("month", "1"), "年": Unit("year", "1")},
    **dict.fromkeys("个项条处组村次", Unit("", "1")),
    **dict.fromkeys(("分钟", "小时", "天", "日"), Unit("time", "1")),
    **dict.fromkeys(("亩", "公顷", "斤", "公斤", "千克", "吨", "kg"), Unit("produce", "1")),
}
LOOSE = {
    *(("yuan", "yuan per person"), ("", "person"), ("", "household")),
    *((OWN, kind) for kind in COUNTED.values() if kind != OWN),
}
# Money, and yet no factor is known: another currency, or a sum as the unit.
MONEY = "money"
OF_MONEY = re.compile(
    "(?:[0-9.,一二三四五六七八九十百千万亿拾佰仟]|ten|hundred|thousand|million|billion)*"
    "(?:(?:美|港|欧|日|韩|澳|加|澳大利亚|加拿大|新西兰|新加坡|新台|台|澳门|缅)?[元圆]|yuan|rmb|cny"
    "|美金|[港台韩葡缅]币|新台币|澳门币|英镑|越南?盾|泰铢|卢[布比]|瑞士法郎|基普|[$€£¥]|us[$]|hk[$]"
    "|usd|hkd|eur|jpy|gbp|krw|aud|cad|nzd|sgd|twd|mop|mmk|vnd|thb|rub|inr|chf|lak|dollars?|euros?)"
)
# A column of many units: each row's is told by another column, or another table.
ELSEWHERE = "see "
# In brackets and yet no unit that is known: one character that numbers nothing and is no remark,
# or a word that ends as units do. A remark such as 必填 or 十三五 is none.
UNIT_LIKE = re.compile(
    "[^0-9a-z一二三四五六七八九十注略选]|[百千万亿].{0,3}|[0-9,]+(?:元|yuan)"
    "|.{0,3}(?:元|里|米|亩|顷|斤|吨|尺|分钟|小时)(?:/.{1,3})?"
)
BY_YEAR = re.compile("(?:/|(?<=/人))年$")


def unit_of(word: str) -> Unit | None:
    """Read a unit.

    Parameters
    ----------
    word : str
        What is written, half-width and without spaces.

    Returns
    -------
    Unit or None
        None if it is not known. What is earned or paid in a year is in the same unit with and
        without "/年".

    Examples
    --------
    >>> unit_of("万元"), unit_of("元/人年").kind, unit_of("万美元").kind, unit_of("必填")
    (Unit(kind='yuan', scale='10000'), 'yuan per person', 'money', None)
    """
    bare = BY_YEAR.sub("", word)
    known = UNITS.get(bare) or UNITS.get(bare.replace("人民币", ""))
    return known or (Unit(MONEY, "") if OF_MONEY.fullmatch(bare) else None)


def is_unit(word: str) -> bool:
    """Tell a unit in the brackets of a title from a remark.

    Parameters
    ----------
    word : str
        What stands in the brackets.

    Returns
    -------
    bool
        It is a unit, known or not.

    Examples
    --------
    >>> is_unit("万元"), is_unit("美元"), is_unit("必填"), is_unit("十三五")
    (True, True, False, False)
    """
    return unit_of(word) is not None or bool(UNIT_LIKE.fullmatch(word))


def read_unit(
    named: Sequence[str], over: Sequence[Sequence[str]], wanted: str
) -> tuple[str | None, list[tuple[str, str, str]]]:
    """Say what the numbers of a column are multiplied by: the unit nearest to them holds.

    Parameters
    ----------
    named : sequence of str
        Units in the column's own title.
    over : sequence of sequence of str
        Units above the title, the nearest row first; those of another kind are for other columns,
        but all money is for columns of money.
    wanted : str
        The unit of the dictionary.

    Returns
    -------
    (str or None, list of (str, str, str))
        The factor, None if the unit is none of this column or there are two at one place; and what
        to tell: rule, value, expected.

    Examples
    --------
    >>> read_unit([], [["万元", "人"]], "yuan")
    ('10000', [('unit_above', '万元', '10000')])
    >>> read_unit(["元"], [["万元"]], "yuan")
    ('1', [('unit_twice', '元', '万元')])
    >>> read_unit([], [["美元", "户"]], "yuan")
    (None, [('header_unit_unknown', '美元', 'yuan')])
    >>> read_unit(["亩"], [], "see task")
    ('1', [])
    """
    if wanted.startswith(ELSEWHERE):
        return "1", []
    levels = [list(named), *(_fitting(words, wanted) for words in over)]
    first, *others = [level for level in levels if level] or [[]]
    scales = {_scale(word, wanted) for word in first} or {"1"}
    scale = scales.pop() if len(scales) == 1 else None
    if scale is None:
        return None, [("header_unit_unknown", "、".join(first), wanted or "-")]
    rule = "header_unit" if named else "unit_above"
    told = [] if scale == "1" else [(rule, first[0], scale)]
    unlike = [word for level in others for word in level if _scale(word, wanted) != scale]
    return scale, told + [("unit_twice", first[0], word) for word in unlike[:1]]


def _scale(word: str, wanted: str) -> str | None:
    unit = unit_of(word)
    same = unit and (unit.kind == wanted or (unit.kind, wanted) in LOOSE)
    return unit.scale if same else None


def _fitting(words: Sequence[str], wanted: str) -> list[str]:
    """Above a table a bare 万 is of money, and of 元/人 and 万元 each column has its own."""
    fit = [word for word in words if _scale(word, wanted)]
    money = wanted.startswith("yuan")
    if not money:
        fit = [word for word in fit if unit_of(word).kind != OWN]
    fit = [word for word in fit if unit_of(word).kind == wanted] or fit
    return fit + [word for word in words if money and unit_of(word).kind == MONEY]
