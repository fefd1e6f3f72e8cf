"""Numbers and names of nobody, made anew each time, to be looked for where none may be."""

import random
import string

from analysis.tables import persons


def an_id_number():
    body = f"5326{random.randint(1, 29):02d}19{random.randint(50, 99)}0{random.randint(1, 9)}12"
    body += f"{random.randint(0, 999):03d}"
    return body + persons._check_digit(body)


def a_phone():
    return f"139{random.randint(10**7, 10**8 - 2):08d}"[:10] + "7"


def a_card():
    body = f"6222{random.randint(0, 10**14 - 1):014d}"
    return next(body + d for d in string.digits if persons._passes_luhn(body + d))


def a_name():
    """Rare characters, in no word of a brief; none with which the word for a place ends."""
    marks = [chr(code) for code in range(0x9000, 0x9F00) if chr(code) not in "镇队部"]
    return "".join(random.choices(marks, k=3))
