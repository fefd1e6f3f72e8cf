"""Names of persons as offices write them: padded, with points in them, among words of an office."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from analysis.tables.persons import folded

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Between the parts of a name of a minority, in the forms that keyboards give.
POINTS = ".·•・‧∙⋅"
PAD = " \u3000"
RUN = re.compile(f"[{HAN}]+(?:[{PAD}{POINTS}]{{1,4}}[{HAN}]+)*")
GAP = re.compile(f"[{PAD}{POINTS}]+")
NAME = re.compile(f"[{HAN}]{{2,}}")
PIECE = f"(?<![{HAN}{POINTS}])([{HAN}{POINTS}]{{1,20}})"
BROKEN = re.compile(rf"{PIECE}[ \t]*\r?\n[ \t]*(?={PIECE}(?![{HAN}{POINTS}]))")
CODE = re.compile(r"[0-9A-Za-z]{6,}")
BRACKETED = re.compile(r"\([^()]*\)")
SEVERAL = re.compile(r"[、,;/|&\n\r]+")
USUAL, LONGEST = 4, 20
# Stand in columns of names, and in every brief: totals, marks of signing, words for nobody.
NO_NAMES = frozenset(
    [
        *("合计", "小计", "总计", "共计", "合计数", "姓名", "签名", "签字", "户主", "本人", "同上"),
        *("不详", "暂无", "没有", "空缺", "未知", "其他", "待定", "已签", "未签", "代签", "已签字"),
        *("盖章", "手印", "按手印", "在家", "外出", "去世", "已故", "死亡", "失联", "家属", "子女"),
        *("配偶", "父母", "贫困户", "脱贫户", "村民", "村干部", "第一书记", "书记", "模拟"),
    ]
)
# How words for a place or an office end; a cell under a title of names is not asked.
OFFICE = re.compile(
    r".{2,}(?:[村乡镇县市州局办委部站所组队屯寨厅]|街道|社区|中心|学校|小学|中学|医院|银行|公司|政府|单位"
    r"|联社|大学|学院|协会|商会|集团|项目|资金)"
)
# Of these a number is made when it is written in words, and a remark in place of one.
COUNTING = re.compile(
    "[零〇一二三四五六七八九十百千万亿两半几多余约近元角分人户口个名岁年月日号时点度倍平方米公里亩斤吨"
    "左右以上下至到共计合各每不足无有是否未已空缺暂待定核实查在建]+"
)


def names_in_cell(cell: object, *, sure: bool) -> Iterator[str]:
    """Find the names of persons, or their codes, in a cell of a column of names.

    Parameters
    ----------
    cell : object
        The cell.
    sure : bool
        The column holds names alone; otherwise places and offices are left out.

    Yields
    ------
    str
        Names without spaces and points; a code of six letters and digits or more as it stands.

    Examples
    --------
    >>> list(names_in_cell("某\u3000甲、某甲·某乙某丙（已故）", sure=True))
    ['某甲', '某甲某乙某丙']
    >>> list(names_in_cell("某某村", sure=False))
    []
    """
    text = BRACKETED.sub("", folded(str(cell))).strip()
    if CODE.fullmatch(text):
        yield text
    for part in SEVERAL.split(text):
        yield from (name for name in _names(part.strip(PAD + POINTS), sure) if _is_name(name, sure))


def _names(part: str, sure: bool) -> Iterator[str]:
    """A space may part two names or the two halves of one; a point only halves."""
    whole = GAP.sub("", part)
    # A long name is often typed without its points, where a column holds nothing but names.
    long = (sure and part == whole) or any(point in part for point in POINTS)
    most = LONGEST if long else USUAL
    pieces = part.split()
    yield from [whole] if len(whole) <= most else []
    if len(pieces) > 1 and all(len(piece) > 1 for piece in pieces):
        yield from (GAP.sub("", piece) for piece in pieces if len(piece) <= USUAL)


def _is_name(text: str, sure: bool) -> bool:
    named = NAME.fullmatch(text) and text not in NO_NAMES
    return bool(named and (sure or not OFFICE.fullmatch(text)))


def names_in_text(plain: str, known: frozenset[str], common: Collection[str] = ()) -> set[str]:
    """Find known names in a text, padded or not, with points or without.

    Parameters
    ----------
    plain : str
        A folded text.
    known : frozenset of str
        Names as `names_in_cell` gives them.
    common : str or collection of str
        Words that are also names: found only where they stand alone.

    Returns
    -------
    set of str
        Those that stand in the text.

    Examples
    --------
    >>> names_in_text("为某\u3000甲修路", frozenset(["某甲", "为修"]))
    {'某甲'}
    """
    runs = {match[0] for match in RUN.finditer(plain)}
    found = set().union(*(_names_in_run(run, known) for run in runs))
    bare = {GAP.sub("", run) for run in runs} if found else set()
    alone = bare | {piece for run in runs for piece in GAP.split(run)} if found else set()
    return {name for name in found if name in alone or name not in common}


def names_over_lines(
    plain: str, known: frozenset[str], common: Collection[str] = ()
) -> Iterator[str]:
    """Find known names that begin on one line and end on the next, with nothing beside them.

    Parameters
    ----------
    plain : str
        A folded text of a page, whose lines end where there was no more room.
    known : frozenset of str
        Names as `names_in_cell` gives them.
    common : str or collection of str
        Words that are also names, and are not found here.

    Yields
    ------
    str
        Those that stand over the end of a line.

    Examples
    --------
    >>> list(names_over_lines("1 某甲\\n乙 2", frozenset(["某甲乙"])))
    ['某甲乙']
    """
    for match in BROKEN.finditer(plain):
        name = GAP.sub("", match[1] + match[2])
        if name in known and name not in common:
            yield name


# Every brief says the same in four forms and two languages.
@lru_cache(maxsize=2**17)
def _names_in_run(run: str, known: frozenset[str]) -> frozenset[str]:
    pieces = GAP.split(run)
    found = {name for piece in pieces for name in _slices(piece, known)}
    if len(pieces) > 1:
        found.update(_across(run, known))
    return frozenset(found.union(_long("".join(pieces), known)))


def _slices(piece: str, known: frozenset[str]) -> Iterator[str]:
    for size in range(2, USUAL + 1):
        for at in range(len(piece) - size + 1):
            if piece[at : at + size] in known:
                yield piece[at : at + size]


def _across(run: str, known: frozenset[str]) -> Iterator[str]:
    """Find names with a gap in them; a mere space counts only where a word begins before it."""
    marks, gaps = _gaps(run)
    for size in range(2, USUAL + 1):
        for at in range(len(marks) - size + 1):
            if marks[at : at + size] in known:
                inner = [gaps[one] for one in range(at + 1, at + size) if one in gaps]
                if inner and (at in gaps or all(gap.strip(" ") for gap in inner)):
                    yield marks[at : at + size]


def _gaps(run: str) -> tuple[str, dict[int, str]]:
    """Give the characters of a run, and what stands before those that begin a word."""
    gaps, at = {0: " "}, 0
    for piece, gap in zip(GAP.split(run), [*GAP.findall(run), ""], strict=True):
        at += len(piece)
        gaps[at] = gap
    return GAP.sub("", run), gaps


def _long(marks: str, known: frozenset[str]) -> Iterator[str]:
    begun = _beginnings(known)
    for at in range(len(marks) - USUAL) if begun else ():
        for name in begun.get(marks[at : at + USUAL], ()):
            if marks.startswith(name, at):
                yield name


@lru_cache(maxsize=4)
def _beginnings(known: frozenset[str]) -> dict[str, list[str]]:
    begun: dict[str, list[str]] = {}
    for name in known:
        if len(name) > USUAL and NAME.fullmatch(name):
            begun.setdefault(name[:USUAL], []).append(name)
    return begun


def without_names(text: str, mask: str) -> str:
    """Show of words that may be a name no more than the first character.

    Parameters
    ----------
    text : str
        A cell that is shown to somebody, from any column.
    mask : str
        What to show instead of the rest.

    Returns
    -------
    str
        Words of counting, of places and of offices stay as they are.

    Examples
    --------
    >>> [without_names(text, "***") for text in ("某甲", "约3千元", "某某村")]
    ['某***', '约3千元', '某某村']
    """
    return RUN.sub(lambda run: _veiled(run[0], mask), text)


def _veiled(run: str, mask: str) -> str:
    whole = GAP.sub("", run)
    kept = len(whole) == 1 or COUNTING.fullmatch(whole) or OFFICE.fullmatch(whole)
    return run if kept or whole in NO_NAMES else whole[0] + mask
