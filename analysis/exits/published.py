"""What a brief may show of the households that fail each test, beside what it says of them all."""

from __future__ import annotations

import pandas as pd

from analysis import disclosure
from analysis.disclosure import Cell, Equation, Tied

COUNTS = ("failing", "released")
VERDICTS = ("pass", "fail", "unknown")


def publishable_verdicts(verdicts: pd.DataFrame, *, hidden: bool) -> pd.DataFrame:
    """
    Hide verdicts of which a stricter rule changes few, or that add up to a number that is hidden.

    Parameters
    ----------
    verdicts : DataFrame
        From `verdict_counts`, of the poor households.
    hidden : bool
        Whether how many households are poor may not be told.

    Returns
    -------
    DataFrame
        The same rows; what is hidden is missing and named in the column ``withheld``.

    Examples
    --------
    >>> rows = pd.DataFrame({"pass": [0], "fail": [6], "unknown": [0], "units": [6]})
    >>> publishable_verdicts(rows, hidden=True)["withheld"].tolist()
    ['pass;fail;unknown;units']
    """
    safe = disclosure.protect_nested(verdicts, dict.fromkeys(VERDICTS, "household"))
    return _all_hidden(safe) if hidden else safe


def publishable_release(
    released: pd.DataFrame, poor: int, fail: int, *, hidden: bool = False
) -> pd.DataFrame:
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
    hidden : bool
        Whether how many are judged may not be told: nor may how many of them fail.

    Returns
    -------
    DataFrame
        ``indicator, failing, released``, as given; what is hidden is missing and named in the
        column ``withheld``.

    Examples
    --------
    >>> released = pd.DataFrame({"indicator": ["income", "housing", "medical"],
    ...                          "failing": [226, 118, 8], "released": [119, 15, 1]})
    >>> safe = publishable_release(released, poor=286, fail=245)
    >>> safe["failing"].tolist(), safe["released"].tolist()
    ([226.0, 118.0, 8.0], [119.0, nan, nan])
    """
    failing = released["failing"]
    rest = {"passing": poor - failing, "others": fail - failing}
    alone = released["released"]
    rest |= {"further": failing - alone, "several": fail - failing - alone.sum() + alone}
    tests = released[["indicator", *COUNTS]].reset_index(drop=True)
    frames = {"tests": tests, "rest": pd.DataFrame(rest)}
    units = {
        "tests": dict.fromkeys(COUNTS, "household"),
        "rest": dict.fromkeys(rest, "household"),
    }
    rows = range(len(released))
    tied = Tied(
        [equation for row in rows for equation in _of_a_test(row, len(rows))],
        unprinted=frozenset(Cell("rest", row, name) for row in rows for name in rest),
    )
    return _all_hidden(tests) if hidden else disclosure.protect_tied(frames, units, tied)["tests"]


def _all_hidden(frame: pd.DataFrame) -> pd.DataFrame:
    return disclosure.withheld(frame, dict.fromkeys(frame.select_dtypes("number"), True))


def most_released(released: pd.DataFrame) -> dict[str, object]:
    """
    Name the test that alone holds back most of the households, as far as it may be told.

    Parameters
    ----------
    released : DataFrame
        From `publishable_release`, with ``test``.

    Returns
    -------
    dict
        ``test, failing, released``; what is hidden is `words.WITHHELD`. Empty where no household
        was judged.

    Examples
    --------
    >>> most_released(pd.DataFrame({"test": ["a", "b"], "failing": [9, 8], "released": [1, 7]}))
    {'test': 'b', 'failing': np.int64(8), 'released': np.int64(7)}
    >>> most_released(pd.DataFrame({"test": [], "failing": [], "released": []}))
    {}
    """
    if released.empty:
        return {}
    most = released.loc[[released["released"].fillna(0).idxmax()]]
    return disclosure.values_of(disclosure.picked(most, ["test", *COUNTS]))


def _of_a_test(row: int, tests: int) -> list[Equation]:
    """Who fails a test, passes it, fails others instead, and of these who fails one alone."""
    failing, released = (Cell("tests", row, name) for name in COUNTS)
    rest = (Cell("rest", row, name) for name in ("passing", "others", "further", "several"))
    passing, others, further, several = rest
    alone = [Cell("tests", other, "released") for other in range(tests) if other != row]
    return [
        Equation([failing, passing]),
        Equation([failing, others]),
        Equation([failing], [released, further]),
        Equation([others], [*alone, several]),
    ]
