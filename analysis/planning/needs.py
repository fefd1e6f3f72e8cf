"""From verdicts to works: what each village and household lacks, and the case that follows."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.exits import (
    FAIL,
    PASS,
    POOR,
    UNKNOWN,
    household_totals,
    judge,
)
from analysis.planning.case import Case
from analysis.statuses import REGISTERED

HOUSEHOLD, VILLAGE, COUNTY = "household", "village", "county"
# Why a failing or unknown test keeps a unit out of every plan.
NOT_FILLED, NO_SIZE, NO_WORK = "not_filled", "no_size", "no_work"
# What people who leave the register solve, and no work.
BY_EXITS = ["incidence"]
# A share times a count is whole only up to this.
SLACK = 1e-6


def months_to(start: str, deadline: str, grace: int = 12) -> pd.PeriodIndex:
    """
    List the months of work: from the one after the start to the deadline's, and some after it.

    Where the deadline is not after the start's month, only those some are left.

    Parameters
    ----------
    start, deadline : str
        ISO dates.
    grace : int
        Months after the deadline, in case it has to move.

    Returns
    -------
    PeriodIndex
        Months in order.

    Examples
    --------
    >>> len(months_to("2018-03-28", "2018-12-31", grace=0))
    9
    >>> len(months_to("2018-12-31", "2018-12-31", grace=0))
    0
    """
    now, last = pd.Period(start, "M"), pd.Period(deadline, "M")
    return pd.period_range(now + 1, max(now, last) + grace, freq="M", name="month")


def time_left(start: str, deadline: str) -> str:
    """
    Say whether a deadline still leaves time to work.

    Parameters
    ----------
    start, deadline : str
        ISO dates.

    Returns
    -------
    str
        months; no_month where the deadline is ahead but ends the start's own month; or passed,
        from the day of the deadline on.

    Examples
    --------
    >>> time_left("2018-03-28", "2018-12-31"), time_left("2019-01-31", "2018-12-31")
    ('months', 'passed')
    """
    if len(months_to(start, deadline, grace=0)):
        return "months"
    return "no_month" if start < deadline else "passed"


def crews_by_month(crews: pd.DataFrame, months: pd.PeriodIndex) -> pd.DataFrame:
    """
    Lay the crews of the year out over the months of work.

    Parameters
    ----------
    crews : DataFrame
        The table ``crews``: ``trade, month_first, month_last, crews``; months of the year.
    months : PeriodIndex
        From `months_to`.

    Returns
    -------
    DataFrame
        One row a month, one column a trade; 0 in a month that no row covers.

    Examples
    --------
    >>> crews = pd.DataFrame({"trade": ["road"], "month_first": 6, "month_last": 9, "crews": 5})
    >>> crews_by_month(crews, months_to("2018-04-01", "2018-06-30", 0))["road"].tolist()
    [0.0, 5.0]
    """
    table = pd.DataFrame(0.0, index=months, columns=list(dict.fromkeys(crews["trade"])))
    for row in crews.itertuples():
        inside = (months.month >= row.month_first) & (months.month <= row.month_last)
        table.loc[inside, row.trade] += float(row.crews)
    return table


def funds_by_month(
    budget_yuan: float, at_start: float, months: pd.PeriodIndex, deadline: int
) -> pd.Series:
    """
    Lay the money out: a share at hand at the start, the rest in equal parts until the deadline.

    Parameters
    ----------
    budget_yuan : float
        All of it, 0 or more.
    at_start : float
        Share at hand in the first month, 0 to 1.
    months : PeriodIndex
        From `months_to`.
    deadline : int
        Months of work, 0 or more.

    Returns
    -------
    Series
        Yuan at hand up to each month; nothing is added after the deadline.

    Examples
    --------
    >>> funds_by_month(90.0, 0.5, months_to("2018-03-28", "2018-06-30", 1), 3).tolist()
    [45.0, 67.5, 90.0, 90.0]
    """
    passed = np.minimum(np.arange(len(months)) / max(deadline - 1, 1), 1.0)
    passed = np.where(np.arange(len(months)) >= deadline - 1, 1.0, passed)
    return pd.Series(budget_yuan * (at_start + (1 - at_start) * passed), index=months)


def resources(
    crews: pd.DataFrame, budget_yuan: float, at_start: float, *, start: str, deadline: str
) -> dict[str, object]:
    """
    Put crews, money and time together as `Case` takes them.

    Parameters
    ----------
    crews : DataFrame
        The table ``crews``.
    budget_yuan : float
        All the money, 0 or more.
    at_start : float
        Share of it at hand in the first month, 0 to 1.
    start, deadline : str
        ISO dates.

    Returns
    -------
    dict
        ``crews, funds``, and ``deadline`` (months of work until then; 0 where none is left).

    Examples
    --------
    >>> crews = pd.DataFrame({"trade": ["road"], "month_first": 1, "month_last": 12, "crews": 5})
    >>> resources(crews, 9.0, 1.0, start="2018-03-28", deadline="2018-12-31")["deadline"]
    9
    """
    months = months_to(start, deadline)
    last = len(months_to(start, deadline, grace=0))
    funds = funds_by_month(budget_yuan, at_start, months, last)
    return {"crews": crews_by_month(crews, months), "funds": funds, "deadline": last}


def still_allowed(persons: float, rule: Mapping[str, object]) -> int:
    """
    Count the poor that a rule on incidence still allows.

    Parameters
    ----------
    persons : float
        Everybody: the base of the rate.
    rule : mapping
        ``operator`` (< or <=) and ``threshold``, 0 to 1.

    Returns
    -------
    int
        Whole persons, 0 or more.

    Examples
    --------
    >>> still_allowed(1000, {"operator": "<", "threshold": 0.03})
    29
    """
    edge = persons * float(rule["threshold"])
    most = np.ceil(edge - SLACK) - 1 if rule["operator"] == "<" else np.floor(edge + SLACK)
    return int(max(most, 0))


def lacking(
    ledger: pd.DataFrame,
    standard: pd.DataFrame,
    measures: pd.DataFrame,
    works: pd.DataFrame,
    level: str,
) -> pd.DataFrame:
    """
    Say which works every unit of a ledger lacks under a standard, and how much of each.

    Parameters
    ----------
    ledger : DataFrame
        One row a unit, with the column ``household`` or ``village``.
    standard, measures : DataFrame
        As for `exits.judge`.
    works : DataFrame
        The table ``works``: ``kind, level, indicator, column, counted, of, reach``.
    level : str
        household or village.

    Returns
    -------
    DataFrame
        The unit, ``indicator, kind, units`` (whole numbers above zero; missing where the ledger
        does not hold what they are counted from). Of several works for the same column, a unit
        lacks the first whose reach is enough.

    Examples
    --------
    >>> from analysis import tables
    >>> villages = pd.DataFrame({"village": ["a"], "hardened_road_share": 0.7,
    ...                          "natural_villages": 8})
    >>> pack = tables.read("standards", pack="yunnan_2017").query("indicator == 'road'")
    >>> measures = tables.read("measures", place="standards")
    >>> works = tables.read("works", place="wenshan")
    >>> lacking(villages, pack, measures, works, "village")[["kind", "units"]].values.tolist()
    [['road', 3]]
    """
    asked = standard[standard["level"] == level]
    used = works[(works["level"] == level) & works["indicator"].isin(asked["indicator"])]
    found = [
        _lacking_part(ledger, asked, measures, rows, level)
        for _, rows in used.groupby(["indicator", "column"], sort=False)
    ]
    empty = pd.DataFrame(columns=[level, "indicator", "kind", "units"])
    return pd.concat(found, ignore_index=True) if found else empty


def _lacking_part(
    ledger: pd.DataFrame,
    asked: pd.DataFrame,
    measures: pd.DataFrame,
    rows: pd.DataFrame,
    level: str,
) -> pd.DataFrame:
    """Judge one column of one indicator, and count what the failing units lack."""
    name, column = rows["indicator"].iloc[0], rows["column"].iloc[0]
    part = measures[(measures["indicator"] == name) & (measures["column"] == column)]
    judged = judge(ledger, asked[asked["indicator"] == name], part, level, [level])
    fails = judged["verdict"].eq(FAIL).to_numpy()
    short = (judged["threshold"] - judged["value"]).to_numpy()[fails]
    enough = short[:, None] <= rows["reach"].fillna(np.inf).to_numpy(float)[None, :]
    first, solved = enough.argmax(axis=1), enough.any(axis=1)
    failing = ledger[fails]
    options = np.column_stack([_counted(failing, short, row) for row in rows.itertuples()])
    units = pd.array(options[np.arange(len(failing)), first], dtype="Int64")
    kinds = rows["kind"].to_numpy()[first]
    table = pd.DataFrame({level: failing[level].to_numpy(), "indicator": name})
    return table.assign(kind=kinds, units=units)[solved]


def _counted(failing: pd.DataFrame, short: np.ndarray, row) -> np.ndarray:
    if row.counted == "one":
        return np.ones(len(failing))
    column = row.column if row.counted == "count" else row.of
    if column not in failing:
        return np.full(len(failing), np.nan)
    base = failing[column].to_numpy(float, na_value=np.nan)
    return np.maximum(np.ceil(short * base - SLACK) if row.counted == "share" else base, 1)


def _stuck(
    judged: pd.DataFrame, lacks: pd.DataFrame, level: str, besides: Sequence[str]
) -> pd.DataFrame:
    """Give the verdicts that no plan can turn, with the reason; unknown is never pass."""
    rows = judged[judged["verdict"].eq(UNKNOWN) | ~judged["indicator"].isin(besides)]
    sized = lacks["units"].notna().groupby([lacks[level], lacks["indicator"]]).all()
    sized = sized.rename("sized").astype("boolean").reset_index()
    rows = rows[rows["verdict"] != PASS].merge(sized, how="left", on=[level, "indicator"])
    reasons = np.select(
        [rows["verdict"].eq(UNKNOWN), rows["sized"].isna(), ~rows["sized"].fillna(value=True)],
        [NOT_FILLED, NO_WORK, NO_SIZE],
        "",
    )
    return rows.assign(reason=reasons)[reasons != ""]


def ledger_case(
    villages: pd.DataFrame,
    households: pd.DataFrame,
    standard: pd.DataFrame,
    measures: pd.DataFrame,
    works: pd.DataFrame,
    *,
    crews: pd.DataFrame,
    funds: pd.Series,
    deadline: int,
) -> Case:
    """
    Make the case of a county from its ledgers of one year.

    Parameters
    ----------
    villages : DataFrame
        From `exits.village_indicators`, one year.
    households : DataFrame
        The register of the same year.
    standard, measures : DataFrame
        As for `exits.judge`; household, village and county rules are taken from it.
    works : DataFrame
        The table ``works``.
    crews, funds, deadline
        As in `Case`; from `crews_by_month` and `funds_by_month`.

    Returns
    -------
    Case
        A village or household that is unknown in a test, or fails one that no work solves, cannot
        be released. A village needs the household works of all its registered households where the
        standard asks the same of the village and no work of the village's own solves it.

    Examples
    --------
    >>> from analysis import tables
    >>> asked = ["incidence", "housing", "village_exit_share"]
    >>> pack = tables.read("standards", pack="yunnan_2017").query("indicator in @asked")
    >>> villages = pd.DataFrame({"village": ["a"], "population": 100, "poor_village": True,
    ...     "exited_year": None, "poor_persons": 8.0, "headcount_ratio": 0.08,
    ...     "safe_housing_share": 0.5})
    >>> households = pd.DataFrame({"household": ["1", "2"], "year": 2017, "village": "a",
    ...     "size": 4, "status": "poor", "house_grade": ["D", "B"], "moved_in": True,
    ...     "school_dropouts": 0})
    >>> works, crews = (tables.read(name, place="wenshan") for name in ("works", "crews"))
    >>> measures = tables.read("measures", place="standards")
    >>> at_hand = resources(crews, 1e6, 1.0, start="2018-03-28", deadline="2018-12-31")
    >>> case = ledger_case(villages, households, pack, measures, works, **at_hand)
    >>> case.village_units.to_numpy().tolist(), case.villages["persons_needed"].tolist()
    ([['a', 'house', 1]], [6.0])
    """
    rules_and_works = standard, measures, works
    registered, of_homes = _of_homes(households, *rules_and_works)
    held, wanted, stuck = _of_villages(villages, of_homes, *rules_and_works)
    groups, group_units = _groups(registered, of_homes, standard, measures)
    rules = standard.set_index(["level", "indicator"])
    open_villages = held[~held[VILLAGE].isin(stuck[VILLAGE])]
    wanted = wanted[~wanted[VILLAGE].isin(stuck[VILLAGE])].astype({"units": int})
    return Case(
        villages=_persons_needed(open_villages, rules),
        groups=groups,
        group_units=group_units,
        village_units=wanted.groupby([VILLAGE, "kind"], as_index=False)["units"].sum(),
        works=works.set_index("kind"),
        crews=crews,
        funds=funds,
        targets=_targets(villages, registered, of_homes, rules),
        deadline=deadline,
    )


def held_back(
    villages: pd.DataFrame,
    households: pd.DataFrame,
    standard: pd.DataFrame,
    measures: pd.DataFrame,
    works: pd.DataFrame,
    *,
    names: pd.DataFrame,
) -> pd.DataFrame:
    """
    Say why villages stand outside every plan: which test, and what the ledger would have to hold.

    Parameters
    ----------
    villages, households, standard, measures, works
        As for `ledger_case`.
    names : DataFrame
        Names of the columns of the villages' ledger: ``column, zh, en``.

    Returns
    -------
    DataFrame
        One row a test and reason, in the order of the standard: ``indicator``, ``reason``
        (not_filled: the test is unknown; no_size: how much is to be done is unknown; no_work: no
        work solves it), ``column_zh, column_en`` (the column to fill in; missing for no_work) and
        ``villages``. No rows where every village can be planned.

    Examples
    --------
    >>> from analysis import tables
    >>> pack = tables.read("standards", pack="yunnan_2017").query("indicator == 'road'")
    >>> villages = pd.DataFrame({"village": ["a", "b"], "poor_village": True, "exited_year": None,
    ...     "hardened_road_share": [0.5, None], "natural_villages": None})
    >>> homes = pd.DataFrame({"household": [], "village": [], "status": []}, dtype="str")
    >>> known = tables.read("measures", place="standards"), tables.read("works", place="wenshan")
    >>> back = held_back(villages, homes, pack, *known, names=tables.columns_of("villages"))
    >>> back[["reason", "villages"]].values.tolist()
    [['no_size', 1], ['not_filled', 1]]
    """
    _, of_homes = _of_homes(households, standard, measures, works)
    *_, stuck = _of_villages(villages, of_homes, standard, measures, works)
    counted_from = works[works["level"].eq(VILLAGE)].set_index("column")["of"].dropna()
    base = stuck["column"].map(counted_from)
    asked = stuck["missing"].where(stuck["reason"].eq(NOT_FILLED), base)
    asked = asked.where(stuck["reason"].ne(NO_WORK)).astype("str").rename("asked")
    counts = stuck.groupby(["number", "indicator", "reason", asked], dropna=False).size()
    table = counts.rename("villages").reset_index().drop(columns="number")
    titles = names.set_index("column")[["zh", "en"]].add_prefix("column_")
    return table.join(titles, on="asked")[
        ["indicator", "reason", "column_zh", "column_en", "villages"]
    ]


def _of_homes(households, standard, measures, works) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the registered, and the works of known size that they lack, with their village."""
    registered = households[households["status"].isin(REGISTERED)]
    lacks = lacking(registered, standard, measures, works, HOUSEHOLD).dropna(subset="units")
    sized = lacks.astype({"units": int})
    return registered, sized.merge(registered[[HOUSEHOLD, VILLAGE]], on=HOUSEHOLD)


def _of_villages(
    villages, of_homes, standard, measures, works
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Give the villages still in, what must be finished in each, and what keeps some of them in."""
    held = villages[villages["poor_village"] & villages["exited_year"].isna()]
    own = lacking(held, standard, measures, works, VILLAGE)
    common = _common(standard, works)
    shared = of_homes[of_homes["indicator"].isin(common) & of_homes[VILLAGE].isin(held[VILLAGE])]
    wanted = pd.concat([own, shared.drop(columns=HOUSEHOLD).astype({"units": "Int64"})])
    judged = judge(held, standard, measures, VILLAGE, [VILLAGE])
    return held, wanted, _stuck(judged, wanted, VILLAGE, BY_EXITS)


def _common(standard: pd.DataFrame, works: pd.DataFrame) -> set[str]:
    """Name the tests of a village that only works of its households can solve."""
    asked = standard.groupby("level")["indicator"].agg(set)
    solved = works.groupby("level")["indicator"].agg(set)
    return asked[VILLAGE] & solved.get(HOUSEHOLD, set()) - solved.get(VILLAGE, set())


def _persons_needed(villages: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    if (VILLAGE, "incidence") not in rules.index:
        return villages[[VILLAGE]].assign(persons_needed=0.0).reset_index(drop=True)
    rule = rules.loc[(VILLAGE, "incidence")]
    allowed = villages["population"].map(lambda persons: still_allowed(persons, rule))
    needed = (villages["poor_persons"] - allowed).clip(lower=0).astype(float)
    return villages[[VILLAGE]].assign(persons_needed=needed).reset_index(drop=True)


def _groups(registered, lacks, standard, measures) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put poor households alike in village, size and needs together; the unknown stay out."""
    judged = judge(registered, standard, measures, HOUSEHOLD, [HOUSEHOLD])
    stuck = _stuck(judged, lacks, HOUSEHOLD, [])[HOUSEHOLD]
    poor = registered[registered["status"].isin(POOR) & ~registered[HOUSEHOLD].isin(stuck)]
    told = (lacks["kind"] + ":" + lacks["units"].astype(str)).sort_values()
    needs = told.groupby(lacks[HOUSEHOLD]).agg("|".join)
    rows = poor[[VILLAGE, "size"]].assign(needs=poor[HOUSEHOLD].map(needs).fillna(""))
    sizes = rows.groupby([VILLAGE, "size", "needs"]).size().rename("households").reset_index()
    groups = sizes.rename(columns={"size": "persons"}).astype({"persons": float})
    groups.insert(0, "group", range(len(groups)))
    long = groups[["group"]].assign(told=groups["needs"].str.split("|")).explode("told")
    long = long[long["told"] != ""]
    parts = long["told"].str.rsplit(":", n=1, expand=True).reindex(columns=[0, 1])
    # Where nobody poor lacks anything there is no text to split, and kinds would be numbers.
    units = long[["group"]].assign(kind=parts[0].astype("str"), units=parts[1].astype(int))
    return groups.drop(columns="needs"), units.reset_index(drop=True)


def _targets(villages, registered, lacks, rules) -> dict[str, float]:
    """Read what the county must reach off its own rules; a rule it lacks asks for nothing."""
    targets: dict[str, float] = {"villages": 0, "persons": 0}
    listed = int(villages["poor_village"].sum())
    out = int((villages["poor_village"] & villages["exited_year"].notna()).sum())
    if (COUNTY, "village_exit_share") in rules.index:
        share = float(rules.loc[(COUNTY, "village_exit_share"), "threshold"])
        targets["villages"] = max(int(np.ceil(share * listed - SLACK)) - out, 0)
    if (COUNTY, "incidence") in rules.index:
        everybody = float(villages["population"].sum())
        poor = float(household_totals(registered, ["year"])["poor_persons"].sum())
        allowed = still_allowed(everybody, rules.loc[(COUNTY, "incidence")])
        targets["persons"] = max(poor - allowed, 0.0)
    if (COUNTY, "support") in rules.index:
        targets |= lacks[lacks["indicator"] == "support"].groupby("kind")["units"].sum().to_dict()
    return targets
