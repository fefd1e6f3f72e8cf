"""What room the columns and rows of a printed table are given, from how wide their texts are set.

Lengths are in points. The page is told them: finding them there costs a second setting of every
cell, and a language that is slow at it.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

LINE = 160 / 25.4 * 72
CAPITALS = 0.733
# A character that the face does not have comes from another, so nothing is known of the line.
UNKNOWN = 1000.0
WIDE = re.compile(r"[\u2e80-\U0010ffff]")
UNBROKEN = re.compile(r"[^\s\u2e80-\U0010ffff]+|[\u2e80-\U0010ffff]")
MEETING = re.compile(r"(?<=[\u2e80-\uffff])(?=[!-~])|(?<=[!-~])(?=[\u2e80-\uffff])")
ABOVE_AND_BELOW = 4.2


class Type(NamedTuple):
    """How large a table is set, the space beside its cells, and the letters that fill its line."""

    size: float
    side: float
    letters: int


ROOMY = Type(8.5, 5.2, 96)
CROWDED = Type(7.4, 3.4, 110)


def table(
    headings: Sequence[Sequence[str]],
    rows: Sequence[Sequence[str]],
    aligns: Sequence[str],
    known: Mapping[str, float],
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

    Returns
    -------
    dict
        `size` of the type; `capitals`, the height of its capitals; `above`, the space above and
        below the text of a cell; for each column `shares`, its part of the line, and `insets`, the
        space left and right; `heights` of the rows, None where a row may be more than one line.

    Examples
    --------
    >>> room = table([["Year"]], [["2017"]], ["left"], dict.fromkeys("Year2017", 0.5))
    >>> room["shares"], [round(height, 1) for height in room["heights"]]
    ([1.0], [14.6])
    """
    columns = list(zip(headings, zip(*rows, strict=True), strict=True))
    needs, wants = zip(*(_letters(*column) for column in columns), strict=True)
    kind = ROOMY if sum(wants) <= ROOMY.letters else CROWDED
    shares = _shares(needs, wants, kind.letters)
    insets = _insets(aligns, kind.side)
    inner = [
        (share * LINE - left - right) / kind.size
        for share, (left, right) in zip(shares, insets, strict=True)
    ]
    line = 2 * ABOVE_AND_BELOW + CAPITALS * kind.size
    fits = [all(drawn(c, known) <= w for c, w in zip(row, inner, strict=True)) for row in rows]
    return {
        "size": kind.size,
        "capitals": CAPITALS,
        "above": ABOVE_AND_BELOW,
        "shares": shares,
        "insets": insets,
        "heights": [line if one else None for one in fits],
    }


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
        Parts of the size of the type, 0.5 or more; beyond any line if a character is not known.

    Examples
    --------
    >>> drawn("aa", {"a": 0.5})
    1.5
    """
    meetings = 0 if text.isascii() else len(MEETING.findall(text))
    return 0.5 + 0.25 * meetings + sum([known.get(letter, UNKNOWN) for letter in text])


def letters(text: str) -> int:
    """
    Count the letters that a text is wide; a Chinese character is as wide as two.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    int
        0 or more.

    Examples
    --------
    >>> letters("a贫")
    3
    """
    return len(text) if text.isascii() else len(text) + len(WIDE.findall(text))


def _letters(heading: Sequence[str], cells: Sequence[str]) -> tuple[float, float]:
    """Count the letters a column needs for its longest word and wants for its longest cell.

    Two more are the space to its neighbours; headings are bold, so a little wider.
    """
    words = [max(map(letters, UNBROKEN.findall(cell)), default=0) for cell in cells]
    above = max(map(_in_two_lines, heading)) * 1.1
    need = 2 + max(*words, above, 5)
    return need, max(2 + max(map(letters, cells)), need)


def _in_two_lines(heading: str) -> int:
    """Count the letters of the wider line, broken where it reads best."""
    parts = heading.split()
    if len(parts) < 2:
        return letters(heading) if letters(heading) <= 12 else letters(heading) // 2 + 3
    return min(
        max(letters(" ".join(parts[:cut])), letters(" ".join(parts[cut:])))
        for cut in range(1, len(parts))
    )


def _shares(needs: Sequence[float], wants: Sequence[float], line: int) -> list[float]:
    """Share the line out; what all want beyond it, they give up in proportion."""
    over = max(0, sum(wants) - line) / max(1, sum(wants) - sum(needs))
    given = [want - min(1, over) * (want - need) for need, want in zip(needs, wants, strict=True)]
    return [one / sum(given) for one in given]


def _insets(aligns: Sequence[str], side: float) -> list[tuple[float, float]]:
    """Give words that follow a column of numbers more space; they would otherwise touch it."""
    touching = [False, *((one, other) == ("right", "left") for one, other in pairwise(aligns))]
    return [(2.5 * side if after else side, side) for after in touching]
