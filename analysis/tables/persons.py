"""Numbers that tell who a person is: identity numbers, telephones, bank cards."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

# What no reader sees, and what may hide a number or a name from a search.
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
# Neither a longer code nor the digits behind a decimal point is a number of a person. What stands
# before is asked after the first digit, for which a search runs fast.
FIRST, AFTER = r"(?<![0-9A-Za-z.].)", r"(?![0-9A-Za-z]|\.[0-9]*[1-9])"
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
    rf"[018]{FIRST}(?:(?<=1)|(?<=8)61|(?<=0)0861)[3-9][0-9]({GAP}|)([0-9]{{4}})\1([0-9]{{4}}){AFTER}"
)
BANK_CARD = re.compile(
    rf"[456]{FIRST}(?:(?<=6)2|(?<=4)[0-9]|(?<=5)[1-5])(?:[0-9]{{14,17}}"
    rf"|[0-9]{{2}}({GAP})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}(?:\1[0-9]{{1,3}})?){AFTER}"
)
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
        Half-width and without marks that nobody sees; the wide space stays, for names are padded
        with it.

    Examples
    --------
    >>> folded("１３\u200b８\u3000元")
    '138\u3000元'
    """
    parts = UNSEEN.sub("", text).split("\u3000")
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
    return shown if spans or others else text


def _numbers(plain: str) -> Iterator[tuple[str, re.Match]]:
    yield from (("id_number", m) for m in ID_NUMBER.finditer(plain) if _is_id(m[0]))
    yield from (("id_number", m) for m in SPLIT_ID.finditer(plain) if _is_whole_id(m[0]))
    yield from (("phone", m) for m in PHONE.finditer(plain) if _is_phone(m))
    cards = (m for m in BANK_CARD.finditer(plain) if _passes_luhn(m[0]))
    yield from (("bank_card", m) for m in cards if not (len(m[0]) == 18 and _is_id(m[0])))


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
    gap, middle, last = match.groups()
    years = gap == " " and middle[:2] in YEARS and last[:2] in YEARS
    return last != "0000" and not years


def _passes_luhn(card: str) -> bool:
    digits = [int(digit) for digit in reversed(re.sub("[^0-9]", "", card))]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
