"""What an office knows of each household in each year, and who fell back in the year after."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis import microdata

KEYS = ["household", "year"]
SOURCES = ["wage_yuan", "business_yuan", "property_yuan", "transfer_yuan"]
BACK = ("poor", "returned")
ABLE = ("able", "skilled")
FEATURES = (
    "usual_income",
    "sick",
    "fell_ill",
    "no_labour",
    "work_lost",
    "transfer_share",
    "largest_source",
    "size",
)
# Incomes are compared in logs; below this many lines a loss of a business year says no more.
LEAST_LINES = 0.2


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
        ``luck_share``: variance of a year's luck over that of lasting differences in income.

    Returns
    -------
    DataFrame
        One row a household and year: ``household, year, village, status, income_yuan, line_yuan,
        income_before_yuan`` and `FEATURES`: ``usual_income`` (log of income over the line, averaged
        over the years so far, carried forward at the rise of the whole register, and drawn
        towards it the fewer years are known), ``sick, fell_ill, no_labour, work_lost`` (0 or 1),
        ``transfer_share, largest_source`` (0 to 1) and ``size``. What is not known is missing;
        ``incomplete`` says so.

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
    rows["usual_income"] = _usual_income(rows, settings["luck_share"])
    facts = _member_facts(members, settings["work_share"])
    rows = rows.merge(facts, on=KEYS, how="left")
    told = ["income_yuan", "sick", "work_lost", "transfer_share"]
    rows["incomplete"] = rows[told].isna().any(axis=1)
    return rows


def _household_rows(households: object, lines: pd.DataFrame) -> pd.DataFrame:
    numeric = ["year", "size", "income_per_person_yuan", *SOURCES]
    rows = microdata.fetch(households, numeric, ["household", "village", "status"])
    if rows.duplicated(KEYS).any():
        raise ValueError("a household stands twice in a year; run `make check` on the ledgers")
    rows["year"] = rows["year"].astype(int)
    lacking = sorted(set(rows["year"]) - set(lines["year"]))
    if lacking:
        raise ValueError(f"there is no poverty line for {lacking}; add it to reference/lines.csv")
    rows = rows.merge(lines[["year", "line_yuan"]], on="year", how="left")
    rows = rows.rename(columns={"income_per_person_yuan": "income_yuan"})
    rows = rows.sort_values(KEYS, ignore_index=True)
    return _with_sources(_with_history(rows))


def _with_history(rows: pd.DataFrame) -> pd.DataFrame:
    before = rows[[*KEYS, "income_yuan"]].assign(year=rows["year"] + 1)
    before = before.rename(columns={"income_yuan": "income_before_yuan"})
    return rows.merge(before, on=KEYS, how="left")


def _usual_income(rows: pd.DataFrame, luck_share: float) -> pd.Series:
    """Take the household's lasting place in the register from all its years so far."""
    ratio = (rows["income_yuan"] / rows["line_yuan"]).clip(lower=LEAST_LINES)
    lines = np.log(ratio)
    level = lines.where(rows["status"].ne("never")).groupby(rows["year"]).transform("mean")
    apart, household = lines - level, rows["household"]
    years = apart.notna().groupby(household).cumsum()
    total = apart.fillna(0).groupby(household).cumsum()
    return level + total.where(years > 0) / (years + luck_share)


def _with_sources(rows: pd.DataFrame) -> pd.DataFrame:
    whole = rows[SOURCES].sum(axis=1, min_count=len(SOURCES))
    whole = whole.where(whole > 0)
    rows["transfer_share"] = rows["transfer_yuan"] / whole
    rows["largest_source"] = rows[SOURCES].max(axis=1) / whole
    return rows.drop(columns=SOURCES)


def _member_facts(members: object, work_share: float) -> pd.DataFrame:
    people = microdata.fetch(
        members, ["year", "months_worked"], ["member", "household", "health", "labour"]
    )
    people["year"] = people["year"].astype(int)
    people = people.merge(_health_before(people), on=["member", "year"], how="left")
    serious = people["health"].eq("serious")
    people["new_illness"] = serious & people["before"].notna() & people["before"].ne("serious")
    people["ill"] = people["health"].notna() & people["health"].ne("healthy")
    people["worker"] = people["labour"].isin(ABLE)
    people["months"] = people["months_worked"].where(people["worker"])
    return _by_household(people, work_share)


def _health_before(people: pd.DataFrame) -> pd.DataFrame:
    before = people[["member", "year", "health"]].drop_duplicates(["member", "year"])
    return before.assign(year=before["year"] + 1).rename(columns={"health": "before"})


def _by_household(people: pd.DataFrame, work_share: float) -> pd.DataFrame:
    grouped = people.groupby(KEYS)
    some = grouped[["new_illness", "ill", "worker"]].sum().gt(0)
    months = grouped["months"].mean()
    usual = months.groupby("year").transform("median")
    lost = (months <= work_share * usual).astype(float)
    # Without anybody fit to work there is no work to lose; months not written down are not known.
    lost = lost.where(months.notna() | ~some["worker"])
    known = grouped["health"].count().gt(0)
    return pd.DataFrame(
        {
            "sick": some["ill"].astype(float).where(known),
            "fell_ill": some["new_illness"].astype(float).where(known),
            "no_labour": (~some["worker"]).astype(float),
            "work_lost": lost,
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
