"""What room the columns and rows of a printed table are given, from how wide their texts are set.

Lengths are in points. The page is told them: finding them there costs a second setting of every
cell, and a language that is slow at it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from itertools import pairwise
from math import ceil, inf
from operator import le
from typing import NamedTuple

LINE = 160 / 25.4 * 72
CAPITALS = 0.733
# A character that the face does not have comes from another; none draws one wider than this.
UNKNOWN = 2.0
# Kerning hardly ever widens; where it does, not by so much in a line.
SPARE = 0.5
BOLD = 1.1
NARROWEST = 2.5
# Between the lines of a cell, of a heading and of what stands below a table, in parts of its type.
BETWEEN_LINES = 0.5
# What stands below a table: its type and the space above its first line.
NOTE = 7.6
ABOVE_NOTE = 7.4
# So much of a line stays empty where the next word does not fit.
RAGGED = 24
# A line may break after a stroke, so that an address takes more than one.
UNBROKEN = re.compile(r"[^\s/\u2e80-\U0010ffff]+/*|/+|[\u2e80-\U0010ffff]")
CHINESE = re.compile(r"([!-~]*)([\u4e00-\u9fff]+)")
# Words of headings that no break may split.
WHOLE = re.compile(
    "发生率|贫困人口|贫困村|返贫|退出|不达标|未达标|达标|专项资金|包含|计划|收入|增幅|误差|对象"
    "|随机|线性|比例|绝对值|中位数|最多|所需|同时|两项|区间|人口|贫困"
)
# How wide a digit or a sign of a bold heading is beside a Chinese character.
LATIN = 0.75
# So few Chinese characters are one word.
ONE_WORD = 6
MEETING = re.compile(r"(?<=[\u2e80-\uffff])(?=[!-~])|(?<=[!-~])(?=[\u2e80-\uffff])")


class Type(NamedTuple):
    """How large a table is set, and the space around its cells.

    `widest` is what a column may ask for; words that no break may split get more.
    """

    size: float
    side: float
    above: float
    widest: float = inf


ROOMY = Type(8.5, 5.2, 4.2)
CROWDED = Type(7.4, 3.4, 4.2)
# Of tables at the end that list what the brief was made of.
DENSE = Type(7.4, 3.5, 2.6, LINE / 3)


def table(
    headings: Sequence[Sequence[str]],
    rows: Sequence[Sequence[str]],
    aligns: Sequence[str],
    known: Mapping[str, float],
    kinds: tuple[Type, Type] = (ROOMY, CROWDED),
) -> dict[str, object]:
    """
    Give every column its width, and every row that is one line its height.

    Parameters
    ----------
    headings : sequence of sequence of str
        The lines of each column's heading.
    rows : sequence of sequence of str
        The cells.
    aligns : sequence of str
        "left" or "right", for each column.
    known : mapping of str to float
        How wide the face draws a character, in parts of the size of the type.
    kinds : tuple of Type
        How it is set if that fits the line, and how if it does not.

    Returns
    -------
    dict
        `size` of the type; `capitals`, the height of its capitals; `above`, the space above and
        below the text of a cell; for each column `shares`, its part of the line, and `insets`, the
        space left and right; `heights` of the rows, None where a row may be more than one line;
        `headings`, in lines of which none leaves a single Chinese character to the next; `head`,
        the height of their row, None where one of them may take more lines than it has.

    Examples
    --------
    >>> room = table([["Year"]], [["2017"]], ["left"], dict.fromkeys("Year2017", 0.5))
    >>> room["shares"], [round(height, 1) for height in room["heights"]]
    ([1.0], [14.6])
    """
    columns = list(zip(*rows, strict=True)) or [()] * len(headings)
    measure = cache(partial(drawn, known=known))
    kind, given = _given(headings, columns, aligns, kinds, measure)
    insets = _insets(aligns, kind)
    inner = [(a - sum(b)) / kind.size + SPARE / 2 for a, b in zip(given, insets, strict=True)]
    one_line = [all(map(le, map(measure, row), inner)) and "\n" not in "".join(row) for row in rows]
    height = _height(1, kind)
    broken = [
        [part for line in lines for part in _in_halves(line, width, measure)]
        for lines, width in zip(headings, inner, strict=True)
    ]
    fits = all(
        _bold(line, measure) <= width
        for lines, width in zip(broken, inner, strict=True)
        for line in lines
    )
    return {
        "size": kind.size,
        "capitals": CAPITALS,
        "above": kind.above,
        "shares": [one / LINE for one in given],
        "insets": insets,
        "heights": [height if one else None for one in one_line],
        "headings": broken,
        "head": _height(max(map(len, broken)), kind) if fits else None,
    }


def below(note: str, known: Mapping[str, float]) -> float:
    """
    Measure the space that a note takes below a table, at the least a line.

    Parameters
    ----------
    note : str
        The note.
    known : mapping of str to float
        How wide the face draws a character, in parts of the size of the type.

    Returns
    -------
    float
        Points, with the space above the note.

    Examples
    --------
    >>> round(below("Source: none.", {}), 1)
    13.0
    """
    lines = max(1, ceil(drawn(note, known) * NOTE / (LINE - RAGGED)))
    return ABOVE_NOTE + NOTE * (CAPITALS * lines + BETWEEN_LINES * (lines - 1))


def drawn(text: str, known: Mapping[str, float]) -> float:
    """
    Measure a text at least as wide as it is set on one line.

    The page puts a quarter between Chinese and Latin; kerning hardly ever widens, so a half is
    spare.

    Parameters
    ----------
    text : str
        The text.
    known : mapping of str to float
        How wide the face draws a character, in parts of the size of the type.

    Returns
    -------
    float
        Parts of the size of the type, 0.5 or more.

    Examples
    --------
    >>> drawn("aa", {"a": 0.5})
    1.5
    """
    meetings = 0 if text.isascii() else len(MEETING.findall(text))
    try:
        letters = sum(map(known.__getitem__, text))
    except KeyError:
        letters = sum(known.get(letter, UNKNOWN) for letter in text)
    return SPARE + 0.25 * meetings + letters


def _given(
    headings: Sequence[Sequence[str]],
    columns: Sequence[Sequence[str]],
    aligns: Sequence[str],
    kinds: tuple[Type, Type],
    measure: Callable[[str], float],
) -> tuple[Type, list[float]]:
    """Share the line out: with whole headings if they fit, or broken ones, or smaller, or less."""
    kind = kinds[0]
    widest = [max([NARROWEST, *map(measure, column)]) for column in columns]
    wholes = [max(_bold(line, measure) for line in lines) for lines in headings]
    wants = list(map(max, wholes, widest))
    if sum(_outer(wants, aligns, kind)) > LINE:
        floors = [_floor(lines, measure) for lines in headings]
        wants = list(map(max, floors, widest))
        kind = kind if sum(_outer(wants, aligns, kind)) <= LINE else kinds[1]
    given = _outer(wants, aligns, kind)
    if sum(given) > LINE:
        needs = list(map(max, floors, (_word(column, measure) for column in columns)))
        given = _shared(needs, wants, aligns, kind)
    return kind, [one * LINE / sum(given) for one in given]


def _height(lines: int, kind: Type) -> float:
    return 2 * kind.above + kind.size * (CAPITALS * lines + BETWEEN_LINES * (lines - 1))


def _floor(heading: Sequence[str], measure: Callable[[str], float]) -> float:
    """Say how narrow a column may be for its heading, which is bold."""
    return max(NARROWEST, BOLD * max(_in_two_lines(line, measure) for line in heading))


def _in_two_lines(heading: str, measure: Callable[[str], float]) -> float:
    """Measure the wider line of a heading, broken where it reads best."""
    halves = _between_words(heading, measure)
    if len(halves) < 2:
        whole = measure(heading)
        return whole if whole <= 6 else whole / 2 + 1.5
    return max(map(measure, halves))


def _in_halves(line: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break a heading that is too long in two, where it reads best."""
    if CHINESE.fullmatch(line):
        return _between_characters(line, width - SPARE)
    return [line] if _bold(line, measure) <= width else _between_words(line, measure)


def _bold(line: str, measure: Callable[[str], float]) -> float:
    """Measure the line of a heading; `BOLD` already spares something."""
    return BOLD * (measure(line) - SPARE) + SPARE / 2


def _between_words(line: str, measure: Callable[[str], float]) -> list[str]:
    """Break a line between words so that the wider part is as narrow as can be."""
    parts = line.split()
    halves = ([" ".join(parts[:cut]), " ".join(parts[cut:])] for cut in range(1, len(parts)))
    return min(halves, key=lambda two: max(map(measure, two)), default=[line])


def _between_characters(line: str, width: float) -> list[str]:
    """Break a Chinese heading that is too long after its number, or between words near its middle.

    Words stay whole as far as `WHOLE` knows them; of two places as near, the later one is taken.
    """
    parts = CHINESE.fullmatch(line)
    if LATIN * len(parts[1]) + len(parts[2]) <= width:
        return [line]
    if parts[1] and len(parts[2]) <= width:
        return [parts[1], parts[2]]
    inside = {at for word in WHOLE.finditer(line) for at in range(word.start() + 1, word.end())}
    cuts = [cut for cut in range(1, len(line)) if cut not in inside]
    cut = min(cuts, key=lambda cut: (abs(2 * cut - len(line)), -cut), default=len(line))
    return [part for part in (line[:cut], line[cut:]) if part]


def _word(cells: Sequence[str], measure: Callable[[str], float]) -> float:
    """Measure the longest word of a column."""
    short = [cell for cell in cells if len(cell) <= ONE_WORD]
    words = {*short, *UNBROKEN.findall("\n".join(cells))}
    return max(map(measure, words), default=0)


def _outer(ems: Sequence[float], aligns: Sequence[str], kind: Type) -> list[float]:
    """Add the space beside the cells of each column to its text; in points."""
    insets = _insets(aligns, kind)
    return [em * kind.size + sum(inset) for em, inset in zip(ems, insets, strict=True)]


def _shared(
    needs: Sequence[float], wants: Sequence[float], aligns: Sequence[str], kind: Type
) -> list[float]:
    """Have all give up, in proportion, what they want beyond the line, but nothing they need."""
    asked = map(max, needs, (min(want, kind.widest / kind.size) for want in wants))
    least, most = _outer(needs, aligns, kind), _outer(list(asked), aligns, kind)
    over = max(0, sum(most) - LINE) / max(1, sum(most) - sum(least))
    return [want - min(1, over) * (want - need) for need, want in zip(least, most, strict=True)]


def _insets(aligns: Sequence[str], kind: Type) -> list[tuple[float, float]]:
    """Give words that follow a column of numbers more space; they would otherwise touch it."""
    touching = [False, *((one, other) == ("right", "left") for one, other in pairwise(aligns))]
    return [(2.5 * kind.side if after else kind.side, kind.side) for after in touching]
