"""Numbers that tell who a person is: identity numbers, telephones, bank cards."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

# What no reader sees, and what may hide a number or a name from a search.
UNSEEN = re.compile(
    "[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef]"
    # The colours of a terminal, which a notebook keeps of what it printed.
    "|\x1b\\[[0-9;:]*m"
)
WIDE = re.compile("[\u2001\u2003\u3000]")
# Neither a longer code nor the digits behind a decimal point is a number of a person. What stands
# before is asked after the first digit, for which a search runs fast.
# The letters with which a word of TITLED ends are asked for when all else fits.
FIRST, AFTER = r"(?<![0-9A-CF-KM-Za-cf-km-z.].)", r"(?![0-9A-Za-z]|\.[0-9]*[1-9])"
TITLED = ("id", "tel", "phone", "mobile")
# Between the groups of a number, always the same; one point alone would be a decimal point.
MARK = r"\-\u2010-\u2015\u2212"
GAP = rf"(?: ?[.{MARK}\u3000] ?| )"
DASH = rf"(?: ?[{MARK}\u3000] ?| )"
# Where a line ends within a number; PDFium puts a mark of its own for a hyphen there.
LINE = r"[-\x02\ufffe]?[ \t]*\r?\n[ \t]*"
END = "[0-9Xx]"
ID_NUMBER = re.compile(
    rf"[1-8]{FIRST}(?:[0-9]{{14}}|[0-9]{{16}}{END}"
    rf"|[0-9]{{5}}({GAP})[0-9]{{4}}(?:[0-9]{{4}}|\1[0-9]{{4}}|\1[0-9]{{2}}\1[0-9]{{2}})"
    rf"\1[0-9]{{3}}(?:\1)?{END}"
    rf"|[0-9]{{2}}({GAP})[0-9]{{3}}\2[0-9]{{4}}(?:\2)?[0-9]{{4}}\2[0-9]{{3}}{END}"
    rf"|[0-9]{{3}}({GAP})(?:[0-9]{{4}}\3){{3}}[0-9]{END}"
    rf"|[0-9]{{5}}({GAP})[0-9]{{6}}\4[0-9]{{5}}{END}"
    rf"|[0-9]{{5}}{DASH}[0-9]{{11}}{END}|[0-9]{{13}}{DASH}[0-9]{{3}}{END}){AFTER}"
)
# Eighteen in all, so that two numbers below each other hide none that begins with the second.
SPLIT_ID = re.compile(
    rf"[1-8]{FIRST}(?=(?:(?:{LINE})?[0-9]){{16}}(?:{LINE})?{END}{AFTER})"
    rf"[0-9]{{0,16}}{LINE}[0-9]{{0,16}}{END}{AFTER}"
)
PHONE = re.compile(
    rf"[018]{FIRST}(?:(?<=1)|(?<=8)61|(?<=0)0861)[3-9][0-9]"
    rf"(?:({GAP}|)[0-9]{{4}}\1[0-9]{{4}}|[{MARK}][0-9]{{4}}{GAP}?[0-9]{{4}}){AFTER}"
)
# 955880 to 955888 are cards of the largest bank, from before all began with 62.
BANK_CARD = re.compile(
    rf"[4569]{FIRST}(?:(?<=6)2|(?<=4)[0-9]|(?<=5)[1-5]|(?<=9)5(?=588))(?:[0-9]{{14,17}}"
    rf"|[0-9]{{2}}({GAP})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}(?:\1[0-9]{{1,3}})?){AFTER}"
)
# A column of numbers of persons that was taken for one of counts.
THOUSANDS = re.compile(r",(?<=[0-9],)(?:[0-9]{3},){2,5}[0-9]{3}(?![0-9A-Za-z]|,[0-9])")
BEFORE = re.compile(r"(?<![0-9A-Za-z.,])[1-9][0-9]{0,2}\Z")
# No shorter run of digits is a number of a person.
SHORTEST = 11
# Where a number was mistyped no rule finds it, and it still tells who it is.
LONG = re.compile(
    rf"[0-9](?:[ {MARK}\u3000]?[0-9]){{14,}}[Xx]?|(?<![0-9])1[3-9][0-9]{{9}}(?![0-9])"
)
PROVINCES = frozenset(
    [
        *(*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55)),
        *(*range(61, 66), 71, 81, 82),
    ]
)
YEARS, CENTURIES = ("19", "20"), ("18", "19", "20")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def folded(text: str) -> str:
    """Write a text the one way in which it is searched for persons.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Half-width and without marks that nobody sees; wide spaces stay as one kind, for names are
        padded with them.

    Examples
    --------
    >>> folded("１３\u200b８\u3000元")
    '138\u3000元'
    """
    parts = WIDE.split(UNSEEN.sub("", text))
    return "\u3000".join(unicodedata.normalize("NFKC", part) for part in parts)


def personal_numbers(text: str) -> Iterator[tuple[str, str]]:
    """Find the numbers of persons in a text, and leave amounts, codes and hashes alone.

    Parameters
    ----------
    text : str
        Any text; full-width digits count as digits, and marks between groups of them as none.

    Yields
    ------
    (str, str)
        Kind (id_number, phone or bank_card) and the number as it stands. An identity number of 18
        digits passes its check digit, one of 15 a possible day of birth; a card passes its own.

    References
    ----------
    GB 11643-1999, Citizen identification number; ISO/IEC 7812-1, the check digit of cards.

    Examples
    --------
    >>> list(personal_numbers("13800000000 yuan, 0.13812345678, hash 9f13812345678a"))
    []
    """
    yield from numbers_in(folded(text))


def numbers_in(plain: str) -> Iterator[tuple[str, str]]:
    """Find the numbers of persons in a text that is folded already.

    Parameters
    ----------
    plain : str
        What `folded` gives.

    Yields
    ------
    (str, str)
        As `personal_numbers`.

    Examples
    --------
    >>> list(numbers_in("2014 2015 2016 2017"))
    []
    """
    yield from ((kind, match[0]) for kind, match in _numbers(plain))
    for number in _grouped(plain):
        yield from ((kind, number) for kind, _ in _numbers(number.replace(",", "")))


def without_numbers(text: str, mask: str) -> str:
    """Put a mask in place of the numbers of persons, also of those with a digit wrong.

    Parameters
    ----------
    text : str
        A text that is shown to somebody.
    mask : str
        What to show instead.

    Returns
    -------
    str
        The text itself if it holds none.

    Examples
    --------
    >>> without_numbers("call 139-1234-5678", "***"), without_numbers("2,017.5", "***")
    ('call ***', '2,017.5')
    """
    plain = folded(text) if sum(map(str.isdigit, text)) >= SHORTEST else ""
    spans = [match.span() for _, match in _numbers(plain)]
    for begin, end in sorted(spans, reverse=True):
        plain = plain[:begin] + mask + plain[end:]
    shown, others = LONG.subn(mask, plain)
    grouped = [number for number in _grouped(shown) if any(numbers_in(number))]
    for number in grouped:
        shown = shown.replace(number, mask)
    return shown if spans or others or grouped else text


def _grouped(plain: str) -> Iterator[str]:
    """Find what is long enough for a number of a person, and written as a count is."""
    for match in THOUSANDS.finditer(plain):
        first = BEFORE.search(plain[max(0, match.start() - 4) : match.start()])
        if first:
            yield first[0] + match[0]


def _numbers(plain: str) -> Iterator[tuple[str, re.Match]]:
    for kind, search, holds in RULES:
        yield from ((kind, m) for m in search.finditer(plain) if holds(m) and _begins(m))


def _begins(match: re.Match) -> bool:
    """A number may follow its title at once, and no other letters."""
    before = match.string[max(0, match.start() - 6) : match.start()].lower()
    return not before[-1:].isalpha() or not before[-1:].isascii() or before.endswith(TITLED)


def _is_id(number: str) -> bool:
    digits = re.sub("[^0-9Xx]", "", number)
    whole = len(digits) == 18
    born = digits[6:14] if whole else f"19{digits[6:12]}"
    if int(digits[:2]) not in PROVINCES or born[:2] not in CENTURIES or not _is_day(born):
        return False
    return not whole or _check_digit(digits) == digits[-1].upper()


def _is_whole_id(number: str) -> bool:
    """Two numbers below each other are of fifteen digits far too often."""
    return sum(mark.isalnum() for mark in number) == 18 and _is_id(number)


def _is_day(text: str) -> bool:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) <= date.today()
    except ValueError:
        return False


def _check_digit(number: str) -> str:
    """Check digit of GB 11643, from ISO 7064 MOD 11-2."""
    rest = sum(w * int(d) for w, d in zip(WEIGHTS, number[:17], strict=True)) % 11
    return "10X98765432"[rest]


def _is_phone(match: re.Match) -> bool:
    """A sum of money ends in zeros; and numbers side by side in a row of a table may be years."""
    digits = re.sub("[^0-9]", "", match[0])
    middle, last = digits[-8:-4], digits[-4:]
    years = match[1] == " " and middle[:2] in YEARS and last[:2] in YEARS
    return last != "0000" and not years


def _passes_luhn(card: str) -> bool:
    digits = [int(digit) for digit in reversed(re.sub("[^0-9]", "", card))]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_card(match: re.Match) -> bool:
    return _passes_luhn(match[0]) and not (len(match[0]) == 18 and _is_id(match[0]))


RULES = (
    ("id_number", ID_NUMBER, lambda match: _is_id(match[0])),
    ("id_number", SPLIT_ID, lambda match: _is_whole_id(match[0])),
    ("phone", PHONE, _is_phone),
    ("bank_card", BANK_CARD, _is_card),
)
