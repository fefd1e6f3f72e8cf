"""Who is paired with whom: households without anybody, and persons with too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

REGISTERED = ("poor", "returned", "exited")


def pairing(
    ledgers: Mapping[str, pd.DataFrame], year: int, statuses: Sequence[str] = REGISTERED
) -> pd.DataFrame:
    """Count, for each registered household of a year, the persons who help it.

    Parameters
    ----------
    ledgers : mapping
        Tables by name: ``households`` (``household, year, township, status``) and ``helpers``
        (``household, helper``).
    year : int
        Year of the register.
    statuses : sequence of str
        States that must be helped; those who have exited keep their help by policy.

    Returns
    -------
    DataFrame
        One row a household: ``household, township, status, helping`` (persons; missing where the
        office keeps no table of pairs).

    Raises
    ------
    KeyError
        The office keeps no register of households.

    Examples
    --------
    >>> households = pd.DataFrame({"household": ["1", "2"], "year": 2017, "township": "甲镇",
    ...                            "status": ["poor", "exited"]})
    >>> helpers = pd.DataFrame({"household": ["1"], "helper": ["a"]})
    >>> pairing({"households": households, "helpers": helpers}, 2017)["helping"].tolist()
    [1, 0]
    """
    if "households" not in ledgers:
        raise KeyError("the office keeps no table 'households'; who must be helped is not known")
    register = ledgers["households"]
    wanted = register["year"].eq(year) & register["status"].isin(list(statuses))
    listed = register.loc[wanted, ["household", "township", "status"]].reset_index(drop=True)
    if "helpers" not in ledgers:
        return listed.assign(helping=pd.array([pd.NA] * len(listed), dtype="Int64"))
    pairs = ledgers["helpers"].dropna(subset=["helper"]).groupby("household")["helper"].nunique()
    helping = listed["household"].map(pairs).fillna(0).astype("Int64")
    return listed.assign(helping=helping)


def pairing_counts(paired: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count households with nobody, with one and with several persons, by group.

    Parameters
    ----------
    paired : DataFrame
        From `pairing`.
    by : str
        ``township`` or ``status``.

    Returns
    -------
    DataFrame
        ``by, households, nobody, nobody_share`` (0 to 1), ``several``; most with nobody first;
        missing where the pairs are not known. No code of a household.

    Examples
    --------
    >>> paired = pd.DataFrame({"household": ["1", "2"], "township": "甲镇", "status": "poor",
    ...                        "helping": pd.array([0, 2], dtype="Int64")})
    >>> pairing_counts(paired, "township").values.tolist()
    [['甲镇', 2, 1, 0.5, 1]]
    """
    counted = paired.assign(nobody=paired["helping"] == 0, several=paired["helping"] > 1)
    sums = counted.groupby(by, as_index=False).agg(
        households=("household", "size"),
        nobody=("nobody", lambda own: own.sum(skipna=False)),
        several=("several", lambda own: own.sum(skipna=False)),
    )
    sums["nobody_share"] = sums["nobody"].astype("Float64") / sums["households"]
    ordered = sums[[by, "households", "nobody", "nobody_share", "several"]]
    return ordered.sort_values("nobody", ascending=False, kind="stable", ignore_index=True)


def helper_loads(
    ledgers: Mapping[str, pd.DataFrame], paired: pd.DataFrame, most: float
) -> pd.DataFrame:
    """Count the households of each helping person, and who has too many, by department.

    Parameters
    ----------
    ledgers : mapping
        Tables by name; ``helpers`` (``household, helper, department``).
    paired : DataFrame
        From `pairing`: pairs with households that need not be helped are left out.
    most : float
        Most households for one person.

    Returns
    -------
    DataFrame
        ``department`` (missing where not told), ``helping_persons, households, heaviest`` (most
        households of one person), ``too_many`` (persons above the most), most above it first. No
        rows where the office keeps no table of pairs.

    Examples
    --------
    >>> helpers = pd.DataFrame({"household": ["1", "2"], "helper": "a", "department": "b"})
    >>> paired = pd.DataFrame({"household": ["1", "2"]})
    >>> helper_loads({"helpers": helpers}, paired, most=1).values.tolist()
    [['b', 1, 2, 2, 1]]
    """
    empty = pd.DataFrame(columns=["household", "helper", "department"])
    pairs = ledgers.get("helpers", empty).dropna(subset=["helper"])
    pairs = pairs[pairs["household"].isin(paired["household"])]
    persons = pairs.groupby(["department", "helper"], dropna=False)["household"].nunique()
    loads = persons.rename("load").reset_index().assign(above=lambda rows: rows["load"] > most)
    counted = loads.groupby("department", dropna=False, as_index=False).agg(
        helping_persons=("helper", "size"),
        households=("load", "sum"),
        heaviest=("load", "max"),
        too_many=("above", "sum"),
    )
    return counted.sort_values(["too_many", "heaviest"], ascending=False, kind="stable",
                               ignore_index=True)  # fmt: skip
