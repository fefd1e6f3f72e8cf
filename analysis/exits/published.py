"""What a brief may show of the households that fail each test, beside what it says of them all."""

from __future__ import annotations

import pandas as pd

from analysis import disclosure
from analysis.disclosure import Cell, Equation, Tied

COUNTS = ("failing", "released")


def publishable_release(released: pd.DataFrame, poor: int, fail: int) -> pd.DataFrame:
    """
    Hide few households that fail a test, pass it, fail another instead, or fail another as well.

    Households fail several tests, so no column adds up; but a reader takes the tests from each
    other and from those who fail at all.

    Parameters
    ----------
    released : DataFrame
        From `marginal_release`: ``failing`` and ``released``, households.
    poor : int
        Households judged.
    fail : int
        Those of them that fail a test.

    Returns
    -------
    DataFrame
        ``indicator, failing, released``, as given; what is hidden is missing and named in the
        column ``withheld``.

    Examples
    --------
    >>> released = pd.DataFrame({"indicator": ["income", "housing", "medical"],
    ...                          "failing": [226, 243, 8], "released": [119, 15, 1]})
    >>> safe = publishable_release(released, poor=286, fail=245)
    >>> safe["failing"].tolist(), safe["released"].tolist()
    ([226.0, nan, 8.0], [119.0, 15.0, nan])
    """
    failing = released["failing"]
    rest = {"passing": poor - failing, "others": fail - failing}
    rest |= {"further": failing - released["released"]}
    tests = released[["indicator", *COUNTS]].reset_index(drop=True)
    frames = {"tests": tests, "rest": pd.DataFrame(rest)}
    units = {
        "tests": dict.fromkeys(COUNTS, "household"),
        "rest": dict.fromkeys(rest, "household"),
    }
    rows = range(len(released))
    tied = Tied(
        [equation for row in rows for equation in _of_a_test(row)],
        unprinted=frozenset(Cell("rest", row, name) for row in rows for name in rest),
    )
    return disclosure.protect_tied(frames, units, tied)["tests"]


def _of_a_test(row: int) -> list[Equation]:
    failing, released = (Cell("tests", row, name) for name in COUNTS)
    passing, others, further = (Cell("rest", row, n) for n in ("passing", "others", "further"))
    return [
        Equation([failing, passing]),
        Equation([failing, others]),
        Equation([failing], [released, further]),
    ]
