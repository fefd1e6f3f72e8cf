"""Inhabitants of villages: no share of them is told while those of some villages are missing."""

import pandas as pd

NAMED = 10


def require(villages: pd.DataFrame, year: int) -> None:
    """
    Refuse villages of a year whose population is missing, by their codes.

    Their poor and their money would be set against the people of the other villages; left out on
    both sides, their poor could be worked out from what else is published.

    Parameters
    ----------
    villages : DataFrame
        Columns ``village, population``, of one year.
    year : int
        That year, to name it.

    Raises
    ------
    ValueError
        Some village has no population; the message names the first ten.

    Examples
    --------
    >>> require(pd.DataFrame({"village": ["a", "b"], "population": [None, 100]}), 2017)
    Traceback (most recent call last):
    ...
    ValueError: the population (总人口数) of 2017 is missing in 1 of 2 villages: a; fill it in
    """
    lacking = villages.loc[villages["population"].isna(), "village"]
    if lacking.empty:
        return
    named = ", ".join(map(str, lacking.iloc[:NAMED])) + (", …" if len(lacking) > NAMED else "")
    raise ValueError(
        f"the population (总人口数) of {year} is missing in {len(lacking)} of {len(villages)} "
        f"villages: {named}; fill it in"
    )
