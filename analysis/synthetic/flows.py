"""The flows of a synthetic register: opening, coming, going and closing, by village and year."""

import numpy as np
import pandas as pd

from analysis.synthetic.register import ABSENT, EXITED, NEVER, POOR, RETURNED, Register
from analysis.synthetic.settings import FIRST_YEAR, YEARS

FLOWS = ["opening", "new", "returned", "exited", "died", "born", "moved_in", "moved_out"]
FLOWS += ["removed", "closing"]


def flow_table(
    register: Register, people: pd.DataFrame, sizes: np.ndarray, villages: pd.DataFrame
) -> pd.DataFrame:
    """
    Count the persons on the register who are poor, as they come and go.

    Parameters
    ----------
    register : Register
        As `households.placed` gives it.
    people : DataFrame
        As `people.drawn_people` gives it.
    sizes : ndarray of int
        Persons of each household at the end of each year, the state before the first year in
        front.
    villages : DataFrame
        As `villages.laid_out` gives it.

    Returns
    -------
    DataFrame
        The contract's table ``flows``: opening + new + returned + born + moved_in - exited - died
        - moved_out - removed = closing, in every row.
    """
    first = np.where(register.base["recognised"].to_numpy() < FIRST_YEAR, POOR, ABSENT)
    first = np.where(register.state[:, 0] == NEVER, NEVER, first)
    before = np.column_stack([first, register.state[:, :-1]])
    counted = _households(before, register.state, sizes) | _natural(before, people)
    at, number = register.base["at"].to_numpy(), len(villages)
    frame = {
        name: np.stack([np.bincount(at, column, number) for column in values.T], axis=1)
        for name, values in counted.items()
    }
    village, year = (index.ravel() for index in np.indices((number, len(YEARS))))
    rows = {name: frame[name].ravel().astype(np.int64) for name in FLOWS}
    codes = villages["village"].to_numpy(dtype=object)
    return pd.DataFrame({"village": codes[village], "year": YEARS[year], **rows})


def _households(before: np.ndarray, now: np.ndarray, sizes: np.ndarray) -> dict[str, np.ndarray]:
    was, is_now = np.isin(before, (POOR, RETURNED)), np.isin(now, (POOR, RETURNED))
    last, size = sizes[:, :-1], sizes[:, 1:]
    return {
        "opening": was * last,
        "new": ((before == ABSENT) & (now == POOR)) * size,
        "returned": ((before == EXITED) & (now == RETURNED)) * size,
        "exited": (was & (now == EXITED)) * size,
        "removed": (was & (now == ABSENT)) * size,
        "closing": is_now * size,
    }


def _natural(before: np.ndarray, people: pd.DataFrame) -> dict[str, np.ndarray]:
    # Who is born into a household that is poor at the opening is poor; who comes with a household
    # that is newly recognised is counted there.
    was = np.isin(before, (POOR, RETURNED))
    counted = {}
    for way, year in (
        ("born", "entry"),
        ("moved_in", "entry"),
        ("died", "left"),
        ("moved_out", "left"),
    ):
        rows = people[people["came" if year == "entry" else "went"].eq(way)]
        table = np.zeros(before.shape)
        np.add.at(table, (rows["at"].to_numpy(), rows[year].to_numpy() - FIRST_YEAR), 1)
        counted[way] = table * was
    return counted
