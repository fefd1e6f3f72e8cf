"""The project and payment ledgers: from whom to whom, and how much of it is spent by when."""

import itertools

import pandas as pd

from analysis import microdata

STAGES = ("fund_source", "level", "sector", "township")
EXECUTION = [
    *("month", "approved_yuan", "disbursed_yuan", "spent_yuan"),
    *("execution_rate", "disbursement_rate", "carry_over_yuan", "unreported"),
]
CODE = "fund_"
LATER_DATES = ("started_on", "accepted_on", "ended_on")
NOT_NAMED, OTHERS = "not_named", "other_townships"


def known_by(projects, payments, until):
    """Leave out of both ledgers what was not known on a day.

    Parameters
    ----------
    projects : DataFrame
        Columns ``project, approved_on, started_on, accepted_on, ended_on`` (ISO dates).
    payments : DataFrame
        Columns ``project, month`` (``2017-03``).
    until : str
        ISO date. Its month counts whole, as payments have no day.

    Returns
    -------
    (DataFrame, DataFrame)
        Projects not approved later, what befell them later taken away; payments on these projects
        up to that month. A project without a date stays: `execution` names the fault.

    Examples
    --------
    >>> projects = pd.DataFrame({"project": ["p", "q"], "approved_on": ["2017-01-15", "2018-06-01"],
    ...     "started_on": ["2017-02-01", None], "accepted_on": ["2018-05-01", None],
    ...     "ended_on": [None, None]})
    >>> paid = pd.DataFrame({"project": ["p", "p", "q"],
    ...                      "month": ["2018-03", "2018-04", "2018-06"]})
    >>> known, before = known_by(projects, paid, "2018-03-28")
    >>> len(known), int(known["accepted_on"].count()), before["month"].tolist()
    (1, 0, ['2018-03'])
    """
    later = projects["approved_on"] > until
    known = projects[~later]
    befallen = {name: known[name].mask(known[name] > until) for name in LATER_DATES}
    unknown = payments["project"].isin(projects.loc[later, "project"])
    return known.assign(**befallen), payments[(payments["month"] <= until[:7]) & ~unknown]


def allocation(projects, by=STAGES):
    """Add up approved money by source, level, sector, township or any other columns.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        Columns ``approved_yuan`` and those of ``by``; one row a project.
    by : sequence of str
        Columns that make the cells.

    Returns
    -------
    DataFrame
        Columns of ``by``, ``projects``, ``approved_yuan`` (of those that name an amount), and
        ``without_amount``: projects whose amount is missing, which is not zero. A missing key is
        a cell of its own.

    Raises
    ------
    ValueError
        An amount is negative.

    Examples
    --------
    >>> projects = pd.DataFrame({"level": ["county", "county"], "approved_yuan": [5.0, None]})
    >>> allocation(projects, ["level"]).to_numpy().tolist()
    [['county', 2, 5.0, 1]]
    """
    rows = microdata.fetch(projects, ["approved_yuan"], by)
    _check_amounts(rows, ["approved_yuan"])
    rows = rows.assign(without_amount=rows["approved_yuan"].isna())
    return rows.groupby(list(by), as_index=False, dropna=False).agg(
        projects=("approved_yuan", "size"),
        approved_yuan=("approved_yuan", "sum"),
        without_amount=("without_amount", "sum"),
    )


def _check_amounts(rows, names):
    for name in names:
        negative = rows[rows[name] < 0]
        if len(negative):
            raise ValueError(
                f"{len(negative)} amounts of {name} are negative, the first is "
                f"{negative[name].iloc[0]:g}; book a refund as a row of its own ledger"
            )


def links(cells, stages=STAGES, amount="approved_yuan"):
    """Join neighbouring stages of an allocation for a picture of the flow.

    Parameters
    ----------
    cells : DataFrame
        From `allocation`.
    stages : sequence of str
        Columns from left to right.
    amount : str
        Column that flows.

    Returns
    -------
    DataFrame
        Columns ``stage`` (0 for the first pair), ``source, target`` and the amount. What
        leaves a stage enters the next: every stage has the same total.

    Examples
    --------
    >>> cells = pd.DataFrame({"level": ["county", "county"], "sector": ["a", "b"],
    ...                       "approved_yuan": [5.0, 2.0]})
    >>> links(cells, ["level", "sector"])["approved_yuan"].tolist()
    [5.0, 2.0]
    """
    pairs = []
    for stage, (left, right) in enumerate(itertools.pairwise(stages)):
        flow = cells.groupby([left, right], as_index=False, dropna=False)[amount].sum()
        flow = flow.set_axis(["source", "target", amount], axis=1)
        pairs.append(flow.assign(stage=stage))
    joined = pd.concat(pairs, ignore_index=True)
    return joined.loc[joined[amount] > 0, ["stage", "source", "target", amount]].reset_index(
        drop=True
    )


def flow(projects, most=8):
    """Follow approved money from source to level, sector and township, ready for a picture.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        Columns ``fund_source, level, sector, township, approved_yuan``.
    most : int
        Townships shown by name, those with most money; the others are added up.

    Returns
    -------
    DataFrame
        As `links`; codes of source, level and sector begin with ``fund_``, so that none is taken
        for the name of a township; what the ledger does not name is ``not_named``. No rows where
        nothing was approved.

    Examples
    --------
    >>> projects = pd.DataFrame({"fund_source": "special", "level": "county", "sector": "industry",
    ...                          "township": ["a", "b", "b"], "approved_yuan": [5.0, 2.0, 2.0]})
    >>> flow(projects, most=1)["target"].tolist()
    ['fund_county', 'fund_industry', 'a', 'other_townships']
    """
    cells = allocation(projects)
    for name in STAGES:
        prefix = "" if name == "township" else CODE
        named = cells[name].notna()
        cells[name] = (prefix + cells[name].astype("str")).where(named, NOT_NAMED)
    named = cells[cells["township"] != NOT_NAMED].groupby("township")["approved_yuan"].sum()
    kept = [*named.nlargest(most).index, NOT_NAMED]
    cells["township"] = cells["township"].where(cells["township"].isin(kept), OTHERS)
    return links(cells)


def nodes(joined, amount="approved_yuan"):
    """Add up what each node of a flow holds.

    Parameters
    ----------
    joined : DataFrame
        From `links` or `flow`.
    amount : str
        Column that flows.

    Returns
    -------
    DataFrame
        Columns ``stage`` (0 for the first), ``node``, the amount, and ``share`` of its stage, 0
        to 1; largest first within a stage, and last what is not one place or is not named.

    Examples
    --------
    >>> joined = pd.DataFrame({"stage": 0, "source": ["x", "x"], "target": ["a", "b"],
    ...                        "approved_yuan": [1.0, 3.0]})
    >>> nodes(joined)["node"].tolist()
    ['x', 'b', 'a']
    """
    first = joined[joined["stage"] == 0].rename(columns={"source": "node"})
    others = joined.rename(columns={"target": "node"}).assign(stage=joined["stage"] + 1)
    both = pd.concat([first, others])[["stage", "node", amount]]
    table = both.groupby(["stage", "node"], as_index=False)[amount].sum()
    table["share"] = table[amount] / table.groupby("stage")[amount].transform("sum")
    table["last"] = table["node"].isin([OTHERS, NOT_NAMED])
    rising = ["stage", "last", amount]
    order = table.sort_values(rising, ascending=[True, True, False], kind="stable")
    return order.drop(columns="last").reset_index(drop=True)


def execution(projects, payments, until=None):
    """Follow money month by month: approved, disbursed, spent, and what is carried over.

    Parameters
    ----------
    projects : any dataframe Narwhals reads
        Columns ``project, approved_yuan, approved_on`` (ISO date).
    payments : any dataframe Narwhals reads
        Columns ``project, month`` (``2017-03``), ``disbursed_yuan, spent_yuan``.
    until : str, optional
        Last month; the last month of the payments by default.

    Returns
    -------
    DataFrame
        One row a month from the first approval or payment on, none left out: ``month``; up to its
        end ``approved_yuan, disbursed_yuan, spent_yuan``; ``execution_rate`` (spent over approved),
        ``disbursement_rate`` (disbursed over approved), 0 to 1 unless more was paid than
        approved; ``carry_over_yuan`` (disbursed and not spent) and ``unreported``: payment rows
        of the month with a missing amount, which is not zero. No rows where there are no
        payments: a ledger that is lacking is not money unspent.

    Raises
    ------
    ValueError
        A payment names a project that is not there, or an amount is negative.

    Examples
    --------
    >>> projects = pd.DataFrame({"project": ["p"], "approved_yuan": [10.0],
    ...                          "approved_on": ["2017-01-15"]})
    >>> paid = pd.DataFrame({"project": ["p"], "month": ["2017-03"], "disbursed_yuan": [8.0],
    ...                      "spent_yuan": [5.0]})
    >>> execution(projects, paid)[["execution_rate", "carry_over_yuan"]].iloc[-1].tolist()
    [0.5, 3.0]
    """
    granted = microdata.fetch(projects, ["approved_yuan"], ["project", "approved_on"])
    amounts = ["disbursed_yuan", "spent_yuan"]
    paid = microdata.fetch(payments, amounts, ["project", "month"])
    _check_amounts(granted, ["approved_yuan"])
    _check_amounts(paid, amounts)
    _check_known(granted, paid)
    if paid.empty:
        return pd.DataFrame(columns=EXECUTION)
    approved = granted.groupby(granted["approved_on"].astype(str).str[:7])["approved_yuan"].sum()
    table = paid.groupby("month")[amounts].sum()
    table["unreported"] = paid[amounts].isna().any(axis=1).groupby(paid["month"]).sum()
    table = table.join(approved.rename_axis("month"), how="outer")
    return _rates(_every_month(table, until or paid["month"].max()))


def _check_known(granted, paid):
    unknown = sorted(set(paid["project"]) - set(granted["project"]))
    if unknown:
        raise ValueError(
            f"{len(unknown)} projects are paid and not in the project ledger, the first is "
            f"{unknown[0]}; add them or mend the code"
        )
    undated = granted["approved_on"].isna().sum() if len(paid) else 0
    if undated:
        raise ValueError(f"{undated} projects have no date of approval; fill approved_on")


def _every_month(table, until):
    months = pd.period_range(table.index.min(), until, freq="M").astype(str)
    return table.reindex(months.rename("month")).fillna(0.0)


def _rates(table):
    amounts = ["approved_yuan", "disbursed_yuan", "spent_yuan"]
    total = table[amounts].cumsum()
    approved = total["approved_yuan"].where(total["approved_yuan"] > 0)
    return total.assign(
        execution_rate=total["spent_yuan"] / approved,
        disbursement_rate=total["disbursed_yuan"] / approved,
        carry_over_yuan=total["disbursed_yuan"] - total["spent_yuan"],
        unreported=table["unreported"].astype(int),
    ).reset_index()


def year_ends(months):
    """Keep the last month of each year of an execution, and the last of all.

    Parameters
    ----------
    months : DataFrame
        From `execution`.

    Returns
    -------
    DataFrame
        The same columns, fewer rows.

    Examples
    --------
    >>> year_ends(pd.DataFrame({"month": ["2016-11", "2016-12", "2017-01"]}))["month"].tolist()
    ['2016-12', '2017-01']
    """
    last = ~months["month"].astype(str).str[:4].duplicated(keep="last")
    return months[last].reset_index(drop=True)
