"""Numbers read back from the text that is shown, so that no twin holds more than the page does."""

from __future__ import annotations

import re
from typing import NamedTuple

SHOWN = re.compile(r"(?P<sign>[−-]?)(?P<whole>[0-9][0-9,]*)(?P<fraction>\.[0-9]+)?(?P<share>%?)")


class Number(NamedTuple):
    """A number with the digits that were shown: its value and how a spreadsheet shows the same."""

    value: float
    form: str


def number_shown(text: str) -> Number | None:
    """
    Read a number back from a cell of a brief.

    Parameters
    ----------
    text : str
        What the cell shows, such as ``5.42%`` or ``16,382``.

    Returns
    -------
    Number or None
        The value, a share 0 to 1 where it is in per cent, and a spreadsheet's number format with
        the same digits; None where the cell shows no number.

    Examples
    --------
    >>> number_shown("5.42%")
    Number(value=0.0542, form='0.00%')
    >>> number_shown("−1,200"), number_shown("under 1%")
    (Number(value=-1200.0, form='#,##0'), None)
    """
    found = SHOWN.fullmatch(text)
    if not found:
        return None
    fraction, share = found["fraction"] or "", bool(found["share"])
    digits = max(len(fraction) - 1, 0)
    value = float(f"{found['whole'].replace(',', '')}{fraction}")
    value = round(value / 100, digits + 2) if share else value
    whole = "#,##0" if "," in found["whole"] else "0"
    form = whole + ("." + "0" * digits if digits else "") + ("%" if share else "")
    return Number(-value if found["sign"] else value, form)
