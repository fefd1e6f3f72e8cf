"""Ledgers held against each other and against themselves: what cannot all be true.

Each check takes the tables (all columns of the dictionary, typed) and gives its faults, one a row:
``table, label`` (of the row), ``column, value, rule, expected``. None reads a file, and none says a
name or a code of a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from analysis.statuses import POOR, REGISTERED
from analysis.tables.findings import MASK

FAULT = ["table", "label", "column", "value", "rule", "expected"]
Tables = Mapping[str, pd.DataFrame]
HOUSEHOLD_YEAR = ["household", "year"]
ADULT, SCHOOL_FIRST, SCHOOL_LAST = 16, 7, 14
# Yuan per person: parts printed in whole yuan may miss their total by less than this.
ROUNDING = 1.0
FOLLOWS = {
    "poor": {"poor", "exited"},
    "exited": {"exited", "returned"},
    "returned": {"returned", "exited"},
    "never": {"never", "poor"},
}
PARTS = ("wage_yuan", "business_yuan", "property_yuan", "transfer_yuan")


def cross_check(tables: Tables) -> pd.DataFrame:
    """Run every check for which the tables are there.

    Parameters
    ----------
    tables : mapping
        Table of ``LEDGERS`` to its typed frame, with every column of the dictionary.

    Returns
    -------
    DataFrame
        Faults: ``table, label, column, value, rule, expected``.

    Examples
    --------
    >>> cross_check({}).columns.tolist()
    ['table', 'label', 'column', 'value', 'rule', 'expected']
    """
    found = [check(tables) for check, needs in _CHECKS.items() if needs <= set(tables)]
    found = [faulty for faulty in found if len(faulty)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=FAULT)


def _faults(table: str, rows: pd.DataFrame, column: str, rule: str, *said: object) -> pd.DataFrame:
    """Faults of these rows; ``said`` is the value and what is expected, for all or one a row."""
    value, expected = (*said, "", "")[:2]
    told = {"column": column, "value": _said(value), "rule": rule, "expected": _said(expected)}
    return pd.DataFrame({"table": table, "label": rows.index, **told}, columns=FAULT)


def _said(value: object) -> object:
    if not isinstance(value, pd.Series):
        return value
    return [_one(item) for item in value]


def _one(item: object) -> str:
    if pd.isna(item):
        return "—"
    return item if isinstance(item, str) else f"{float(item):.12g}"


def _true(mask: pd.Series) -> pd.Series:
    return mask.fillna(False).astype(bool)


def _known(rows: pd.DataFrame, keys: list[str], other: pd.DataFrame) -> pd.Series:
    there = pd.MultiIndex.from_frame(other[keys].drop_duplicates())
    return pd.Series(pd.MultiIndex.from_frame(rows[keys]).isin(there), index=rows.index)


def _in_years_of(rows: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Only years of which the other ledger says anything; a year it lacks is told once."""
    return rows[rows["year"].isin(other["year"].dropna().unique())]


def _counted(tables: Tables, counted: pd.Series, name: str) -> pd.DataFrame:
    """Households with members that year, and how many of these the mask counts."""
    members = tables["members"]
    counts = _true(counted).groupby([members["household"], members["year"]]).sum().rename(name)
    return tables["households"].join(counts, on=HOUSEHOLD_YEAR)


def _previous(rows: pd.DataFrame, keys: list[str], columns: list[str]) -> pd.DataFrame:
    """Each row beside the one of the same unit a year earlier, as ``<column>_before``."""
    once = rows.drop_duplicates([*keys, "year"])
    before = once[[*keys, "year", *columns]].assign(year=once["year"] + 1)
    joined = rows.reset_index(names="label").merge(
        before, on=[*keys, "year"], suffixes=("", "_before")
    )
    return joined.set_index("label")


def _size_against_members(tables: Tables) -> pd.DataFrame:
    """Find households that declare another size than they have members."""
    members = tables["members"]
    rows = _counted(tables, members["member"].notna(), "counted")
    rows = rows[_true(rows["size"].ne(rows["counted"]) & rows["counted"].notna())]
    return _faults("households", rows, "size", "size_members", rows["size"], rows["counted"])


def _members_without_household(tables: Tables) -> pd.DataFrame:
    """Find members whose household is not on the register of their year."""
    members = tables["members"].dropna(subset=HOUSEHOLD_YEAR)
    rows = members[~_known(members, HOUSEHOLD_YEAR, tables["households"])]
    return _faults("members", rows, "household", "orphan_member", MASK)


def _households_without_members(tables: Tables) -> pd.DataFrame:
    """Find households of which no member is listed in a year that lists members."""
    rows = _in_years_of(tables["households"], tables["members"]).dropna(subset=HOUSEHOLD_YEAR)
    rows = rows[~_known(rows, HOUSEHOLD_YEAR, tables["members"])]
    return _faults("households", rows, "household", "empty_household", MASK)


def _years_without_members(tables: Tables) -> pd.DataFrame:
    """Find years of the register for which the ledger of members has nobody."""
    rows = tables["households"].dropna(subset=["year"]).drop_duplicates("year")
    rows = rows[~rows["year"].isin(tables["members"]["year"])]
    return _faults("households", rows, "year", "members_missing", "", rows["year"])


def _villages_unknown(table: str, rows: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    villages = tables["villages"]
    keys = ["village", "year"] if "year" in rows else ["village"]
    rows = _in_years_of(rows, villages) if "year" in rows else rows
    rows = rows.dropna(subset=keys)
    rows = rows[~_known(rows, keys, villages)]
    return _faults(table, rows, "village", "unknown_village", rows["village"])


def _households_of_unknown_villages(tables: Tables) -> pd.DataFrame:
    """Find households whose village is not in the ledger of villages of that year."""
    return _villages_unknown("households", tables["households"], tables)


def _projects_of_unknown_villages(tables: Tables) -> pd.DataFrame:
    """Find projects whose village is in no year of the ledger of villages."""
    return _villages_unknown("projects", tables["projects"], tables)


def _flows_of_unknown_villages(tables: Tables) -> pd.DataFrame:
    """Find flows whose village is not in the ledger of villages of that year."""
    return _villages_unknown("flows", tables["flows"], tables)


def _income_against_parts(tables: Tables) -> pd.DataFrame:
    """Find incomes per person that are not the sum of their parts, less cost, over the size."""
    rows = tables["households"]
    net = rows[list(PARTS)].sum(axis=1, skipna=False) - rows["business_cost_yuan"]
    made = net / rows["size"].astype(float)
    rows = rows.assign(made=made.round(2))
    rows = rows[_true((rows["income_per_person_yuan"] - made).abs() > ROUNDING)]
    shown = rows["income_per_person_yuan"]
    return _faults(
        "households", rows, "income_per_person_yuan", "income_parts", shown, rows["made"]
    )


def _years_in_order(tables: Tables) -> pd.DataFrame:
    """Find households that left before they were recognised, or fell back before they left."""
    rows, found = tables["households"], []
    # A household may leave, fall back and leave again; its last exit then comes after its return.
    fallen = rows[_true(rows["status"].ne("exited"))]
    for part, later, earlier in (
        (rows, "exited_year", "recognised_year"),
        (fallen, "returned_year", "exited_year"),
    ):
        wrong = part[_true(part[later] < part[earlier])]
        shown = wrong[later], wrong[earlier]
        found.append(_faults("households", wrong, later, "years_order", *shown))
    return pd.concat(found)


def _exit_with_its_year(tables: Tables) -> pd.DataFrame:
    """Find households called exited without a year of exit, or with one still to come."""
    rows = tables["households"]
    late = rows["exited_year"].isna() | _true(rows["exited_year"] > rows["year"])
    rows = rows[_true(rows["status"].eq("exited")) & late]
    return _faults("households", rows, "status", "exit_without_year", rows["exited_year"])


def _return_with_its_year(tables: Tables) -> pd.DataFrame:
    """Find households called returned without a year of return, or with one still to come."""
    rows = tables["households"]
    late = rows["returned_year"].isna() | _true(rows["returned_year"] > rows["year"])
    rows = rows[_true(rows["status"].eq("returned")) & late]
    return _faults("households", rows, "status", "return_without_year", rows["returned_year"])


def _return_after_exit(tables: Tables) -> pd.DataFrame:
    """Find households that fell back without ever having left."""
    rows = tables["households"]
    rows = rows[rows["returned_year"].notna() & rows["exited_year"].isna()]
    return _faults("households", rows, "returned_year", "return_without_exit")


def _poor_after_exit(tables: Tables) -> pd.DataFrame:
    """Find households still called poor in or after their year of exit."""
    rows = tables["households"]
    left = rows["exited_year"].le(rows["year"]) & rows["returned_year"].isna()
    rows = rows[_true(rows["status"].eq("poor") & left)]
    return _faults("households", rows, "status", "poor_after_exit", rows["exited_year"])


def _recognised_in_time(tables: Tables) -> pd.DataFrame:
    """Find registered households without a year of recognition, or with a later one."""
    rows = tables["households"]
    late = rows["recognised_year"].isna() | _true(rows["recognised_year"] > rows["year"])
    rows = rows[rows["status"].isin(REGISTERED) & late]
    shown = rows["recognised_year"]
    return _faults("households", rows, "recognised_year", "recognition_missing", shown)


def _never_poor_without_years(tables: Tables) -> pd.DataFrame:
    """Find households called never poor that have a year of exit or return, or were recognised."""
    rows = tables["households"]
    years = rows[["exited_year", "returned_year"]].notna().any(axis=1)
    years |= _true(rows["recognised_year"] <= rows["year"])
    rows = rows[_true(rows["status"].eq("never")) & years]
    return _faults("households", rows, "status", "never_with_years")


def _exits_with_guarantees(tables: Tables) -> pd.DataFrame:
    """Find households that left this year with an unsafe house or water, or a child or an
    uninsured member left out.

    Whether an exit meets a province's standard is for the exit tests; this finds what no standard
    allows.
    """
    rows = tables["households"]
    lacks = {
        "house_grade": rows["house_grade"].isin(["C", "D"]),
        "safe_water": rows["safe_water"].eq(False),
        "school_dropouts": rows["school_dropouts"] > 0,
        "uninsured_members": rows["uninsured_members"] > 0,
    }
    lacking = pd.DataFrame({name: _true(mask) for name, mask in lacks.items()})
    wrong = _true(rows["status"].eq("exited") & rows["exited_year"].eq(rows["year"]))
    lacking = lacking[wrong & lacking.any(axis=1)]
    named = lacking.apply(lambda row: ", ".join(lacking.columns[row]), axis=1)
    named = named if len(lacking) else ""
    return _faults("households", lacking, "status", "exit_without_guarantees", "", named)


def _transitions(tables: Tables) -> pd.DataFrame:
    """Find changes of status from one year to the next that cannot happen."""
    rows = _previous(tables["households"], ["household"], ["status"])
    rows = rows.dropna(subset=["status", "status_before"])
    possible = rows["status_before"] + rows["status"]
    rows = rows[~possible.isin([old + new for old, then in FOLLOWS.items() for new in then])]
    now, before = rows["status"], rows["status_before"]
    return _faults("households", rows, "status", "impossible_transition", now, before)


def _years_without_gaps(tables: Tables) -> pd.DataFrame:
    """Find households that are on the register before and after a year, and not in it."""
    rows = tables["households"].dropna(subset=HOUSEHOLD_YEAR).sort_values(HOUSEHOLD_YEAR)
    before = rows.groupby("household")["year"].shift()
    rows = rows.assign(missed=rows["year"] - 1)[_true(rows["year"] - before > 1)]
    return _faults("households", rows, "year", "panel_gap", "", rows["missed"])


def _recognition_unchanged(tables: Tables) -> pd.DataFrame:
    """Find households whose year of recognition changes between years."""
    rows = _previous(tables["households"], ["household"], ["recognised_year"])
    rows = rows[_true(rows["recognised_year"] != rows["recognised_year_before"])]
    now, before = rows["recognised_year"], rows["recognised_year_before"]
    return _faults("households", rows, "recognised_year", "fixed_changed", now, before)


def _birth_unchanged(tables: Tables) -> pd.DataFrame:
    """Find members whose year of birth changes between years."""
    rows = _previous(tables["members"], ["member"], ["birth_year"])
    rows = rows[_true(rows["birth_year"] != rows["birth_year_before"])]
    return _faults("members", rows, "birth_year", "fixed_changed", MASK, MASK)


def _sex_unchanged(tables: Tables) -> pd.DataFrame:
    """Find members whose sex changes between years."""
    rows = _previous(tables["members"], ["member"], ["sex"]).dropna(subset=["sex", "sex_before"])
    rows = rows[rows["sex"] != rows["sex_before"]]
    return _faults("members", rows, "sex", "fixed_changed", rows["sex"], rows["sex_before"])


def _poor_with_cause(tables: Tables) -> pd.DataFrame:
    """Find poor households for which no main cause is given."""
    rows = tables["households"]
    rows = rows[_true(rows["status"].isin(POOR)) & rows["main_cause"].isna()]
    return _faults("households", rows, "main_cause", "cause_missing")


def _causes_like_members(tables: Tables) -> pd.DataFrame:
    """Find poor households whose cause is illness, disability or schooling, with no such member."""
    members, found = tables["members"], []
    fits = {
        "illness": members["health"].ne("healthy"),
        "disability": members["health"].eq("disabled"),
        "schooling": members["in_school"],
    }
    for cause, fit in fits.items():
        rows = _counted(tables, fit.fillna(True), "fitting")
        poor = rows["status"].eq("poor") & rows["main_cause"].eq(cause)
        rows = rows[_true(poor & rows["fitting"].eq(0))]
        shown = rows["main_cause"]
        found.append(_faults("households", rows, "main_cause", "cause_unlike_members", shown))
    return pd.concat(found)


def _dropouts_against_members(tables: Tables) -> pd.DataFrame:
    """Find households that declare fewer drop-outs than they have children out of school.

    Only ages that are of compulsory school age whatever the month of birth are counted.
    """
    members = tables["members"]
    age = members["year"] - members["birth_year"]
    out = age.between(SCHOOL_FIRST, SCHOOL_LAST) & members["in_school"].eq(False)
    rows = _counted(tables, out, "least")
    rows = rows[_true(rows["school_dropouts"] < rows["least"])]
    shown, least = rows["school_dropouts"], rows["least"]
    return _faults("households", rows, "school_dropouts", "dropouts_members", shown, least)


def _uninsured_against_members(tables: Tables) -> pd.DataFrame:
    """Find households that declare another number of uninsured than their members show."""
    insured = tables["members"]["insured"]
    rows = _counted(tables, insured.eq(False), "shown")
    unknown = _counted(tables, insured.isna(), "unknown")["unknown"]
    rows = rows[_true(rows["uninsured_members"].ne(rows["shown"]) & unknown.eq(0))]
    shown, count = rows["uninsured_members"], rows["shown"]
    return _faults("households", rows, "uninsured_members", "uninsured_members_sum", shown, count)


def _pensions_against_members(tables: Tables) -> pd.DataFrame:
    """Find households that declare more members without pension than can be without."""
    pension = tables["members"]["pension"]
    rows = _counted(tables, pension.eq(False) | pension.isna(), "most")
    rows = rows[_true(rows["members_without_pension"] > rows["most"])]
    shown, most = rows["members_without_pension"], rows["most"]
    return _faults(
        "households", rows, "members_without_pension", "pension_members_sum", shown, most
    )


def _born_by_then(tables: Tables) -> pd.DataFrame:
    """Find members of a register older than themselves."""
    rows = tables["members"]
    rows = rows[_true(rows["birth_year"] > rows["year"])]
    return _faults("members", rows, "birth_year", "born_later", MASK, rows["year"])


def _children_at_work(tables: Tables) -> pd.DataFrame:
    """Find members certainly under 16 with months of work."""
    rows = tables["members"]
    child = rows["year"] - rows["birth_year"] < ADULT - 1
    rows = rows[_true(child & (rows["months_worked"] > 0))]
    return _faults("members", rows, "months_worked", "child_worker", rows["months_worked"])


def _children_with_labour(tables: Tables) -> pd.DataFrame:
    """Find members certainly under 16 who count as able or skilled."""
    rows = tables["members"]
    child = rows["year"] - rows["birth_year"] < ADULT - 1
    rows = rows[_true(child & rows["labour"].isin(["able", "skilled"]))]
    return _faults("members", rows, "labour", "child_with_labour", rows["labour"])


def _work_without_labour(tables: Tables) -> pd.DataFrame:
    """Find members without labour capacity who have months of work."""
    rows = tables["members"]
    rows = rows[_true(rows["labour"].eq("none") & (rows["months_worked"] > 0))]
    return _faults("members", rows, "months_worked", "worker_without_labour", rows["months_worked"])


def _one_head(tables: Tables) -> pd.DataFrame:
    """Find households with no head or several, where the relation of every member is known."""
    relation = tables["members"]["relation"]
    rows = _counted(tables, relation.eq("head"), "heads")
    unknown = _counted(tables, relation.isna(), "unknown")["unknown"]
    rows = rows[_true(rows["heads"].ne(1) & unknown.eq(0))]
    return _faults("households", rows, "household", "heads", rows["heads"])


def _spouses(tables: Tables) -> pd.DataFrame:
    """Find _spouses of the same sex as the head."""
    members = tables["members"]
    heads = members[_true(members["relation"].eq("head"))].drop_duplicates(HOUSEHOLD_YEAR)
    heads = heads.set_index(HOUSEHOLD_YEAR)["sex"].rename("head_sex")
    rows = members[_true(members["relation"].eq("spouse"))].join(heads, on=HOUSEHOLD_YEAR)
    rows = rows[_true(rows["sex"].eq(rows["head_sex"]))]
    return _faults("members", rows, "sex", "spouse_sex")


def _households_of_villages(tables: Tables) -> pd.DataFrame:
    """Find villages with more registered households than households."""
    counts = tables["households"].groupby(["village", "year"]).size().rename("registered")
    rows = tables["villages"].join(counts, on=["village", "year"])
    rows = rows[_true(rows["registered"] > rows["households"])]
    shown, registered = rows["households"], rows["registered"]
    return _faults("villages", rows, "households", "village_households", shown, registered)


def _exits_of_poor_villages(tables: Tables) -> pd.DataFrame:
    """Find villages that left a list on which they never stood."""
    rows = tables["villages"]
    rows = rows[_true(rows["poor_village"].eq(False)) & rows["exited_year"].notna()]
    return _faults("villages", rows, "exited_year", "village_exit", rows["exited_year"])


def _villages_without_people(tables: Tables) -> pd.DataFrame:
    """Find villages without a population, of years in which others have one."""
    rows = tables["villages"]
    others = rows.groupby("year")["population"].transform("count") > 0
    rows = rows[rows["population"].isna() & others]
    return _faults("villages", rows, "population", "population_missing")


def _project_dates(tables: Tables) -> pd.DataFrame:
    """Find projects accepted before they started, or ended before they started."""
    rows, found = tables["projects"], []
    pairs = (("accepted_on", "started_on"), ("ended_on", "started_on"))
    for later, earlier in pairs:
        wrong = rows[_true(rows[later].fillna("9999").lt(rows[earlier].fillna("")))]
        found.append(_faults("projects", wrong, later, "dates_order", wrong[later], wrong[earlier]))
    return pd.concat(found)


def _payments_of_unknown_projects(tables: Tables) -> pd.DataFrame:
    """Find payments for projects that are not in the ledger of projects."""
    rows = tables["payments"].dropna(subset=["project"])
    rows = rows[~rows["project"].isin(tables["projects"]["project"])]
    return _faults("payments", rows, "project", "unknown_project", rows["project"])


def _so_far(tables: Tables) -> pd.DataFrame:
    rows = tables["payments"].sort_values(["project", "month"])
    sums = rows.groupby("project")[["disbursed_yuan", "spent_yuan"]].cumsum()
    return rows.assign(disbursed=sums["disbursed_yuan"], spent=sums["spent_yuan"])


def _disbursed_within_approved(tables: Tables) -> pd.DataFrame:
    """Find the month in which more has been disbursed for a project than was approved."""
    approved = tables["projects"].drop_duplicates("project").set_index("project")["approved_yuan"]
    rows = _so_far(tables).join(approved, on="project")
    rows = rows[rows["disbursed"] > rows["approved_yuan"] + ROUNDING].drop_duplicates("project")
    shown, most = rows["disbursed"], rows["approved_yuan"]
    return _faults("payments", rows, "disbursed_yuan", "disbursed_over_approved", shown, most)


def _spent_within_disbursed(tables: Tables) -> pd.DataFrame:
    """Find the month in which more has been spent on a project than was disbursed."""
    rows = _so_far(tables)
    rows = rows[rows["spent"] > rows["disbursed"] + ROUNDING].drop_duplicates("project")
    shown, most = rows["spent"], rows["disbursed"]
    return _faults("payments", rows, "spent_yuan", "spent_over_disbursed", shown, most)


def _progress_rises(tables: Tables) -> pd.DataFrame:
    """Find tasks of which less is done than the month before."""
    rows = tables["task_progress"].dropna(subset=["done"]).sort_values(["task", "month"])
    rows = rows.assign(before=rows.groupby("task")["done"].shift())
    rows = rows[rows["done"] < rows["before"]]
    return _faults("task_progress", rows, "done", "progress_falls", rows["done"], rows["before"])


def _helpers_of_unknown_households(tables: Tables) -> pd.DataFrame:
    """Find helpers paired with a household that is not on the register."""
    rows = tables["helpers"].dropna(subset=["household"])
    rows = rows[~rows["household"].isin(tables["households"]["household"])]
    return _faults("helpers", rows, "household", "helper_orphan", MASK)


def _households_without_helper(tables: Tables) -> pd.DataFrame:
    """Find households poor in the last year of the register that have no helper."""
    rows = tables["households"]
    rows = rows[_true(rows["year"].eq(rows["year"].max()))]
    rows = rows[_true(rows["status"].isin(POOR))]
    rows = rows[~rows["household"].isin(tables["helpers"]["household"])]
    return _faults("households", rows, "household", "helper_missing", MASK)


def _flows_close(tables: Tables) -> pd.DataFrame:
    """Find villages whose flows do not make their closing."""
    rows = tables["flows"]
    gains, losses = ["opening", "new", "returned", "born", "moved_in"], ["exited", "died"]
    losses = [*losses, "moved_out", "removed"]
    made = rows[gains].sum(axis=1, skipna=False) - rows[losses].sum(axis=1, skipna=False)
    rows = rows.assign(made=made)[_true(made != rows["closing"])]
    return _faults("flows", rows, "closing", "flow_residual", rows["closing"], rows["made"])


def _flows_follow(tables: Tables) -> pd.DataFrame:
    """Find villages whose opening is not the closing of the year before."""
    rows = _previous(tables["flows"], ["village"], ["closing"])
    rows = rows[_true(rows["opening"] != rows["closing_before"])]
    before = rows["closing_before"]
    return _faults("flows", rows, "opening", "flow_opening", rows["opening"], before)


def _flows_against_register(tables: Tables) -> pd.DataFrame:
    """Find villages whose closing is not the number of poor persons on the register."""
    register = tables["households"]
    poor = register["size"].where(_true(register["status"].isin(POOR)), 0)
    counts = poor.groupby([register["village"], register["year"]]).sum().rename("persons")
    rows = tables["flows"].join(counts, on=["village", "year"])
    rows = rows[_true(rows["closing"].ne(rows["persons"]) & rows["persons"].notna())]
    return _faults("flows", rows, "closing", "flow_register", rows["closing"], rows["persons"])


_CHECKS: dict[Callable[[Tables], pd.DataFrame], set[str]] = {
    _income_against_parts: {"households"},
    _years_in_order: {"households"},
    _exit_with_its_year: {"households"},
    _return_with_its_year: {"households"},
    _return_after_exit: {"households"},
    _poor_after_exit: {"households"},
    _recognised_in_time: {"households"},
    _never_poor_without_years: {"households"},
    _exits_with_guarantees: {"households"},
    _transitions: {"households"},
    _years_without_gaps: {"households"},
    _recognition_unchanged: {"households"},
    _poor_with_cause: {"households"},
    _size_against_members: {"households", "members"},
    _members_without_household: {"households", "members"},
    _households_without_members: {"households", "members"},
    _years_without_members: {"households", "members"},
    _causes_like_members: {"households", "members"},
    _dropouts_against_members: {"households", "members"},
    _uninsured_against_members: {"households", "members"},
    _pensions_against_members: {"households", "members"},
    _one_head: {"households", "members"},
    _birth_unchanged: {"members"},
    _sex_unchanged: {"members"},
    _born_by_then: {"members"},
    _children_at_work: {"members"},
    _children_with_labour: {"members"},
    _work_without_labour: {"members"},
    _spouses: {"members"},
    _households_of_unknown_villages: {"households", "villages"},
    _households_of_villages: {"households", "villages"},
    _projects_of_unknown_villages: {"projects", "villages"},
    _flows_of_unknown_villages: {"flows", "villages"},
    _exits_of_poor_villages: {"villages"},
    _villages_without_people: {"villages"},
    _project_dates: {"projects"},
    _payments_of_unknown_projects: {"payments", "projects"},
    _disbursed_within_approved: {"payments", "projects"},
    _spent_within_disbursed: {"payments"},
    _progress_rises: {"task_progress"},
    _helpers_of_unknown_households: {"helpers", "households"},
    _households_without_helper: {"helpers", "households"},
    _flows_close: {"flows"},
    _flows_follow: {"flows"},
    _flows_against_register: {"flows", "households"},
}
