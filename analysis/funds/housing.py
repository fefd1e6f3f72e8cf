"""The state of housing: homes still unsafe, works done, and the money of both, by township."""

from analysis import disclosure, microdata
from analysis.disclosure import Cell, Equation, Tied
from analysis.statuses import POOR

UNSAFE = ("C", "D")
HOUSING = "housing"
HOMES = ("unsafe", "ungraded", "safe")
# Which of them no table prints, township by township; a reader who knows the poor can reckon them.
UNPRINTED = ("ungraded", "safe")


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
        whose house has no grade), ``safe`` (the others of them), ``works`` (housing projects),
        ``accepted`` of them, ``approved_yuan, spent_yuan``; most unsafe first. What a ledger that
        is lacking would tell is missing, not zero; no rows where there is no register.

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


def publishable_housing(homes):
    """Hide few unsafe homes, and those that tell of few safe ones beside the poor of a township.

    Parameters
    ----------
    homes : DataFrame
        From `housing`.

    Returns
    -------
    (DataFrame, dict)
        The table to print, what is hidden being missing and named in the column ``withheld``, and
        last, since its place would tell it; and
        for the sentences ``unsafe, ungraded, works, accepted`` of all townships, hidden ones being
        `words.WITHHELD`. How many are poor in each township is taken as known to every reader.

    Examples
    --------
    >>> import pandas as pd
    >>> homes = pd.DataFrame({"township": [*"abc"], "unsafe": [48, 60, 70], "ungraded": 0,
    ...                       "safe": [2, 30, 40], "works": 1, "accepted": 1})
    >>> shown, said = publishable_housing(homes)
    >>> shown["unsafe"].tolist(), int(said["unsafe"])
    ([70.0, nan, nan], 178)
    """
    frames = {"homes": homes[["unsafe"]], "rest": homes[[*UNPRINTED]]}
    frames |= {"all": homes[[*HOMES]].sum().to_frame().T}
    counts = {name: dict.fromkeys(frame, "household") for name, frame in frames.items()}
    safe = disclosure.protect_tied(frames, counts, _tied(len(homes)))
    gone = safe["homes"]["unsafe"].isna() & homes["unsafe"].notna()
    shown = homes.drop(columns=[*UNPRINTED])
    said = homes[["works", "accepted"]].sum().to_dict() | disclosure.values_of(safe["all"])
    return _hidden_last(shown, gone) if gone.any() else shown, said


def _hidden_last(homes, gone):
    shown = disclosure.withheld(homes, {"unsafe": gone.to_numpy()}).sort_values("township")
    return shown.sort_values("unsafe", ascending=False, kind="stable", ignore_index=True)


def _tied(townships):
    """Homes of each kind add up over townships, and in each and in all to those who are poor."""
    kinds = {"unsafe": "homes", **dict.fromkeys(UNPRINTED, "rest")}
    rest = [Cell("rest", row, kind) for row in range(townships) for kind in UNPRINTED]
    over = [
        Equation([Cell(table, row, kind) for row in range(townships)], [Cell("all", 0, kind)])
        for kind, table in kinds.items()
    ]
    within = [
        Equation([Cell(table, row, kind) for kind, table in kinds.items()])
        for row in range(townships)
    ]
    return Tied([*over, *within], unprinted=frozenset([*rest, Cell("all", 0, "safe")]))


def _homes(households):
    rows = microdata.fetch(households, ["year"], ["township", "status", "house_grade"])
    last = rows[rows["year"] == rows["year"].max()]
    poor, grade = last["status"].isin(POOR), last["house_grade"]
    unsafe, ungraded = poor & grade.isin(UNSAFE), poor & grade.isna()
    counts = last.assign(unsafe=unsafe, ungraded=ungraded, safe=poor & ~unsafe & ~ungraded)
    return counts.groupby("township")[[*HOMES]].sum()


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
