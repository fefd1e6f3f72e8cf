"""Who is paired with whom: households without anybody, and persons with too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from scipy.stats import chi2_contingency

from analysis import marks
from analysis.statuses import REGISTERED
from analysis.tasks.departments import office_names


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
    ranked = ordered.sort_values("nobody", ascending=False, kind="stable", ignore_index=True)
    return marks.carried(ranked, paired)


def differ_by_chance(counts: pd.DataFrame) -> float:
    """Test whether groups differ in the share of households with nobody by more than chance.

    Parameters
    ----------
    counts : DataFrame
        From `pairing_counts`.

    Returns
    -------
    float
        Chance, 0 to 1, of differences as large if every household were left out equally often
        (chi-square of homogeneity); missing where there is nothing to compare.

    Examples
    --------
    >>> counts = pd.DataFrame({"households": [1000, 1000], "nobody": [20, 20]})
    >>> differ_by_chance(counts)
    1.0
    """
    known = counts.dropna(subset=["nobody"])
    cells = [known["nobody"].astype(float), (known["households"] - known["nobody"]).astype(float)]
    if len(known) < 2 or min(cell.sum() for cell in cells) == 0:
        return float("nan")
    return float(chi2_contingency(cells, correction=False).pvalue)


def helper_loads(
    ledgers: Mapping[str, pd.DataFrame], paired: pd.DataFrame, aliases: pd.DataFrame, most: float
) -> pd.DataFrame:
    """Count the households of each helping person, and who has too many, by department.

    Parameters
    ----------
    ledgers : mapping
        Tables by name; ``helpers`` (``household, helper, department``).
    paired : DataFrame
        From `pairing`: pairs with households that need not be helped are left out.
    aliases : DataFrame
        ``alias, department_zh``: one office under several names is one office.
    most : float
        Most households for one person.

    Returns
    -------
    DataFrame
        ``helping_department`` (missing where not told), ``helping_persons, pairs, heaviest`` (most
        households of one person), ``too_many`` (persons above the most), most above it first. The
        first row, ``all_departments``, counts them all. No code of a person or household.

    Examples
    --------
    >>> helpers = pd.DataFrame({"household": ["1", "2"], "helper": "a", "department": "扶贫办"})
    >>> aliases = pd.DataFrame({"alias": ["扶贫办"], "department_zh": ["市扶贫局"]})
    >>> paired = pd.DataFrame({"household": ["1", "2"]})
    >>> helper_loads({"helpers": helpers}, paired, aliases, most=1).iloc[1].astype(str).tolist()
    ['市扶贫局', '1', '2', '2', '1']
    """
    empty = pd.DataFrame(columns=["household", "helper", "department"], dtype="str")
    pairs = ledgers.get("helpers", empty).dropna(subset=["helper"])
    pairs = pairs[pairs["household"].isin(paired["household"])]
    named = pairs.assign(helping_department=office_names(pairs["department"], aliases))
    by = ["helping_department", "helper"]
    persons = named.groupby(by, dropna=False)["household"].nunique().rename("load").reset_index()
    loads = persons.assign(above=persons["load"] > most)
    every = loads.assign(helping_department="all_departments")
    counted = pd.concat([_loads(every), _loads(loads)], ignore_index=True)
    if loads.empty:
        nobody = {"helping_department": "all_departments", "helping_persons": 0, "pairs": 0}
        return pd.DataFrame([{**nobody, "heaviest": pd.NA, "too_many": 0}])
    return marks.carried(counted, pairs)


def _loads(loads: pd.DataFrame) -> pd.DataFrame:
    counted = loads.groupby("helping_department", dropna=False, as_index=False).agg(
        helping_persons=("helper", "size"),
        pairs=("load", "sum"),
        heaviest=("load", "max"),
        too_many=("above", "sum"),
    )
    return counted.sort_values(["too_many", "heaviest"], ascending=False, kind="stable")


def pairing_summary(paired: pd.DataFrame, loads: pd.DataFrame) -> dict[str, object]:
    """Sum up who is paired with whom.

    Parameters
    ----------
    paired : DataFrame
        From `pairing`.
    loads : DataFrame
        From `helper_loads`.

    Returns
    -------
    dict
        ``households, nobody, nobody_share`` (0 to 1), ``several, helping_persons, too_many,
        heaviest``; missing where the pairs are not known.

    Examples
    --------
    >>> paired = pd.DataFrame({"helping": pd.array([0, 2], dtype="Int64")})
    >>> loads = pd.DataFrame({"helping_persons": [2], "too_many": [0], "heaviest": [1]})
    >>> pairing_summary(paired, loads)["nobody"]
    1
    """
    known = len(paired) > 0 and paired["helping"].notna().all()
    nobody = int((paired["helping"] == 0).sum()) if known else None
    return {
        "households": len(paired),
        "nobody": nobody,
        "nobody_share": nobody / len(paired) if known else None,
        "several": int((paired["helping"] > 1).sum()) if known else None,
        **loads.iloc[0][["helping_persons", "too_many", "heaviest"]].to_dict(),
    }
