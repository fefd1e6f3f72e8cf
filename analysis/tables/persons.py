"""Numbers that tell who a person is: identity numbers, telephones, bank cards."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

# Neither a longer code nor the digits behind a decimal point is a number of a person.
BEFORE, AFTER = r"(?<![0-9A-Za-z.])", r"(?![0-9A-Za-z]|\.\d*[1-9])"
ID_NUMBER = re.compile(
    rf"{BEFORE}([1-8]\d{{5}})(?:((?:18|19|20)\d{{6}})\d{{3}}[\dXx]|(\d{{6}})\d{{3}}){AFTER}"
)
PHONE = re.compile(rf"{BEFORE}(?:\+?86[- ]?)?(1[3-9]\d)([- ]?)(\d{{4}})\2(\d{{4}}){AFTER}")
BANK_CARD = re.compile(
    rf"{BEFORE}(?:62|4\d|5[1-5])(?:\d{{14,17}}|\d{{2}}(?: \d{{4}}){{3}}(?: \d{{1,3}})?){AFTER}"
)
PROVINCES = frozenset(
    [
        *(*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55)),
        *(*range(61, 66), 71, 81, 82),
    ]
)
YEARS = ("19", "20")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def personal_numbers(text: str) -> Iterator[tuple[str, str]]:
    """Find the numbers of persons in a text, and leave amounts, codes and hashes alone.

    Parameters
    ----------
    text : str
        Any text; full-width digits count as digits.

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
    plain = unicodedata.normalize("NFKC", text)
    yield from (("id_number", m[0]) for m in ID_NUMBER.finditer(plain) if _is_id(m))
    yield from (("phone", m[0]) for m in PHONE.finditer(plain) if _is_phone(m))
    cards = (m[0] for m in BANK_CARD.finditer(plain) if not ID_NUMBER.fullmatch(m[0]))
    yield from (("bank_card", card) for card in cards if _passes_luhn(card))


def _is_id(match: re.Match) -> bool:
    born = match[2] or f"19{match[3]}"
    if int(match[1][:2]) not in PROVINCES or not _is_day(born):
        return False
    return match[2] is None or _check_digit(match[0]) == match[0][-1].upper()


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
    years = match[2] == " " and match[3][:2] in YEARS and match[4][:2] in YEARS
    return match[4] != "0000" and not years


def _passes_luhn(card: str) -> bool:
    digits = [int(digit) for digit in reversed(card.replace(" ", ""))]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
