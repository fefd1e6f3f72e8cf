"""The state of housing: homes still unsafe, works done, and the money of both, by township."""

from analysis import microdata
from analysis.statuses import POOR

UNSAFE = ("C", "D")
HOUSING = "housing"


def housing(households, projects, payments):
    """Set the unsafe homes of those still poor beside the works and the money for housing.

    Parameters
    ----------
    households : any dataframe Narwhals reads
        Columns ``year, township, status, house_grade``; the last year counts.
    projects : any dataframe Narwhals reads
        Columns ``project, township, sector, approved_yuan, accepted_on``.
    payments : any dataframe Narwhals reads
        Columns ``project, spent_yuan``.

    Returns
    -------
    DataFrame
        One row a township of the register or of a housing project: ``township, unsafe``
        (households poor or fallen back in a house of grade C or D), ``ungraded`` (such households
        whose house has no grade), ``works`` (housing projects), ``accepted`` of them,
        ``approved_yuan, spent_yuan``; most unsafe first. What a ledger that is lacking would tell
        is missing, not zero; no rows where there is no register.

    Examples
    --------
    >>> import pandas as pd
    >>> homes = pd.DataFrame({"year": 2017, "township": "t", "status": ["poor", "exited"],
    ...                       "house_grade": ["D", "A"]})
    >>> works = pd.DataFrame({"project": ["p"], "township": "t", "sector": "housing",
    ...                       "approved_yuan": [900.0], "accepted_on": [None]})
    >>> paid = pd.DataFrame({"project": ["p", "p"], "spent_yuan": [100.0, 200.0]})
    >>> housing(homes, works, paid)[["unsafe", "works", "spent_yuan"]].values.tolist()
    [[1.0, 1.0, 300.0]]
    """
    table = _homes(households)
    works = microdata.fetch(
        projects, ["approved_yuan"], ["project", "township", "sector", "accepted_on"]
    )
    paid = microdata.fetch(payments, ["spent_yuan"], ["project"])
    built = _works(works, paid)
    if len(table):
        # A township where nobody is left in need may still have works under way.
        table = table.reindex(table.index.union(built["works"].index), fill_value=0)
    for name, values in built.items():
        known = len(paid) if name == "spent_yuan" else len(works)
        table[name] = values.reindex(table.index, fill_value=0) if known else float("nan")
    return table.sort_values("unsafe", ascending=False, kind="stable").reset_index()


def _homes(households):
    rows = microdata.fetch(households, ["year"], ["township", "status", "house_grade"])
    last = rows[rows["year"] == rows["year"].max()]
    poor, grade = last["status"].isin(POOR), last["house_grade"]
    counts = last.assign(unsafe=poor & grade.isin(UNSAFE), ungraded=poor & grade.isna())
    return counts.groupby("township")[["unsafe", "ungraded"]].sum()


def _works(works, paid):
    mine = works[works["sector"] == HOUSING]
    spent = mine["project"].map(paid.groupby("project")["spent_yuan"].sum()).fillna(0.0)
    groups = mine.assign(accepted=mine["accepted_on"].notna(), spent_yuan=spent).groupby("township")
    return {
        "works": groups.size(),
        "accepted": groups["accepted"].sum(),
        "approved_yuan": groups["approved_yuan"].sum(),
        "spent_yuan": groups["spent_yuan"].sum(),
    }
