"""What an office knows of each household in each year, and who fell back in the year after."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis import microdata
from analysis.returns.usual import usual_income

KEYS = ["household", "year"]
BACK = ("poor", "returned")
ABLE = ("able", "skilled")
FEATURES = (
    "usual_income",
    "sick",
    "no_labour",
    "struck_ill",
    "work_lost",
    "work_stopped",
)


def known_rows(
    households: object, members: object, lines: pd.DataFrame, settings: Mapping[str, float]
) -> pd.DataFrame:
    """
    Gather what the register says of each household at the end of each year, nothing later.

    Parameters
    ----------
    households, members : any dataframe Narwhals reads
        The contract's tables.
    lines : DataFrame
        Columns ``year`` and ``line_yuan``, one row a year.
    settings : mapping
        ``work_share``: share of the usual months under which work counts as lost;
        ``luck_share``: as for `usual_income`.

    Returns
    -------
    DataFrame
        One row a household and year: ``household, year, village, status, income_yuan, line_yuan,
        income_before_yuan, size, fell_ill`` (a member is seriously ill who was not, the year
        before) and `FEATURES`: ``usual_income`` (lines above the line, from `usual_income`) and, 0
        or 1, ``sick, no_labour, work_lost, struck_ill`` (``fell_ill``, unless that member's work
        had stopped a year earlier: then it is written down late) and ``work_stopped`` (a member fit
        to work had no month of it, and is not known to have had none the year before, while the
        household's work is not lost). What is not known is missing; ``incomplete`` says so.

    Raises
    ------
    ValueError
        A household stands twice in a year, or a year of the register has no line.

    Examples
    --------
    >>> from analysis.synthetic import city
    >>> lines = pd.DataFrame({"year": range(2014, 2018), "line_yuan": 3000.0})
    >>> made = city(scale=0.03, seed=1).tables
    >>> rows = known_rows(made["households"], made["members"], lines,
    ...                   {"work_share": 0.3, "luck_share": 0.5})
    >>> bool(rows["usual_income"].notna().all()), set(rows["fell_ill"].dropna())
    (True, {0.0, 1.0})
    """
    rows = _household_rows(households, lines)
    rows["usual_income"] = usual_income(rows, settings["luck_share"])
    facts = _member_facts(members, settings["work_share"])
    rows = rows.merge(facts, on=KEYS, how="left")
    told = ["income_yuan", "sick", "work_lost"]
    rows["incomplete"] = rows[told].isna().any(axis=1)
    return rows


def _household_rows(households: object, lines: pd.DataFrame) -> pd.DataFrame:
    numeric = ["year", "size", "income_per_person_yuan"]
    rows = microdata.fetch(households, numeric, ["household", "village", "status"])
    if rows.duplicated(KEYS).any():
        raise ValueError("a household stands twice in a year; run `make check` on the ledgers")
    rows["year"] = rows["year"].astype(int)
    lacking = sorted(set(rows["year"]) - set(lines["year"]))
    if lacking:
        raise ValueError(f"there is no poverty line for {lacking}; add it to reference/lines.csv")
    rows = rows.merge(lines[["year", "line_yuan"]], on="year", how="left")
    rows = rows.rename(columns={"income_per_person_yuan": "income_yuan"})
    return _with_history(rows.sort_values(KEYS, ignore_index=True))


def _with_history(rows: pd.DataFrame) -> pd.DataFrame:
    before = rows[[*KEYS, "income_yuan"]].assign(year=rows["year"] + 1)
    before = before.rename(columns={"income_yuan": "income_before_yuan"})
    return rows.merge(before, on=KEYS, how="left")


def _member_facts(members: object, work_share: float) -> pd.DataFrame:
    people = microdata.fetch(
        members, ["year", "months_worked"], ["member", "household", "health", "labour"]
    )
    people["year"] = people["year"].astype(int)
    people["worker"] = people["labour"].isin(ABLE)
    people["months"] = people["months_worked"].where(people["worker"])
    people = _with_year_before(people, ["health", "months"])
    serious, before = people["health"].eq("serious"), people["health_before"]
    people["newly_ill"] = serious & before.notna() & before.ne("serious")
    people["stopped"] = people["months"].eq(0) & people["months_before"].ne(0)
    people = _with_year_before(people, ["stopped"])
    people["struck"] = people["newly_ill"] & ~people["stopped_before"].eq(True)
    people["ill"] = people["health"].notna() & people["health"].ne("healthy")
    return _by_household(people, work_share)


def _with_year_before(people: pd.DataFrame, facts: list[str]) -> pd.DataFrame:
    keys = ["member", "year"]
    before = people[[*keys, *facts]].drop_duplicates(keys).assign(year=lambda one: one["year"] + 1)
    names = {name: f"{name}_before" for name in facts}
    return people.merge(before.rename(columns=names), on=keys, how="left")


def _by_household(people: pd.DataFrame, work_share: float) -> pd.DataFrame:
    grouped = people.groupby(KEYS)
    marks = ["newly_ill", "struck", "ill", "worker", "stopped"]
    some = grouped[marks].sum().gt(0)
    months = grouped["months"].mean()
    usual = months.groupby("year").transform("median")
    lost = (months <= work_share * usual).astype(float)
    # Without anybody fit to work there is no work to lose; months not written down are not known.
    lost = lost.where(months.notna() | ~some["worker"])
    known = grouped["health"].count().gt(0)
    return pd.DataFrame(
        {
            "sick": some["ill"].astype(float).where(known),
            "no_labour": (~some["worker"]).astype(float),
            "fell_ill": some["newly_ill"].astype(float).where(known),
            "struck_ill": some["struck"].astype(float).where(known),
            "work_lost": lost,
            "work_stopped": (some["stopped"] & lost.ne(1)).astype(float).where(lost.notna()),
        }
    ).reset_index()


def risk_panel(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Keep the households that had exited, with what became of them in the year after.

    Parameters
    ----------
    rows : DataFrame
        From `known_rows`.

    Returns
    -------
    DataFrame
        Rows of households that had exited at the end of ``year``, with ``returned`` (1 if poor
        again a year later, 0 if not, missing where the register does not reach or no longer lists
        the household).

    Examples
    --------
    >>> rows = pd.DataFrame({"household": ["a", "a", "b"], "year": [2016, 2017, 2016],
    ...                      "status": ["exited", "returned", "exited"]})
    >>> risk_panel(rows)["returned"].tolist()
    [1.0, nan]
    """
    after = rows[[*KEYS, "status"]].assign(year=rows["year"] - 1)
    panel = rows[rows["status"].eq("exited")].merge(
        after.rename(columns={"status": "after"}), on=KEYS, how="left"
    )
    back = panel["after"].isin(BACK).astype(float)
    panel["returned"] = np.where(panel["after"].isna(), np.nan, back)
    return panel.drop(columns="after")
