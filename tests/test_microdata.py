"""The frame layer: the same numbers from every engine, counts, lines, faults."""

from functools import partial

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from analysis import inequality, microdata, poverty, weighted
from analysis.microdata import RelativeLine

MEASURES = {f.__name__: f for f in (*poverty.CORE, *inequality.CORE)} | {
    "third": partial(poverty.fgt, order=3)
}


ENGINES = {
    "pandas": lambda table: table,
    "polars": pl.from_pandas,
    "polars lazy": lambda table: pl.from_pandas(table).lazy(),
    "arrow": pa.Table.from_pandas,
    "duckdb": lambda rows: duckdb.sql("select * from rows"),
}


@pytest.fixture(scope="module")
def register():
    """Persons of two years with zero, negative and missing incomes and a tie at the line."""
    random = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "yuan": random.lognormal(8, 0.7, 400).round(2),
            "persons": random.integers(1, 6, 400),
            "year": random.choice([2017, 2018], 400),
            "area": random.choice(["甲", "乙", "丙"], 400),
        }
    )
    table.loc[[0, 1, 2, 3], "yuan"] = [0.0, -120.0, np.nan, 2300.0]
    return table


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_same_numbers(register, engine):
    ask = {"income": "yuan", "weight": "persons", "line": 2300, "by": ["year", "area"]}
    expected = microdata.profile(register, MEASURES, **ask)
    found = microdata.profile(ENGINES[engine](register), MEASURES, **ask)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-12)


def test_what_needs_a_convention_is_counted(register):
    row = microdata.profile(
        register, [poverty.headcount_ratio], income="yuan", weight="persons", line=2300
    ).iloc[0]
    counts = ["missing_income", "negative_income", "zero_income", "at_line", "rows"]
    assert [row[name] for name in counts] == [1, 1, 1, 1, 400]
    known = register.dropna(subset=["yuan"])
    assert row["persons"] == known["persons"].sum()
    share = np.average(known["yuan"] < 2300, weights=known["persons"])
    assert row["headcount_ratio"] == pytest.approx(share, rel=1e-14)


def test_nan_and_null_are_both_missing():
    values = pa.array([1.0, float("nan"), None])
    rows = pa.table({"yuan": values, "persons": [1, 1, 1]})
    for frame in (rows, pl.from_arrow(rows), duckdb.sql("select * from rows")):
        row = microdata.profile(frame, [weighted.mean], income="yuan", weight="persons")
        assert row.loc[0, "missing_income"] == 2 and row.loc[0, "mean"] == 1


def test_a_missing_key_is_a_group_of_its_own_and_groups_are_sorted():
    table = pd.DataFrame({"yuan": [1, 2, 3], "area": ["b", None, "a"]})
    found = microdata.profile(table, [inequality.gini], income="yuan", weight=None, by="area")
    assert found["area"].fillna("?").tolist() == ["a", "b", "?"]
    assert found["persons"].tolist() == [1, 1, 1]


def test_lines_by_column_by_table_and_relative(register):
    ask = {"income": "yuan", "weight": "persons", "by": "year"}
    lines = pd.DataFrame({"year": [2018, 2017], "line": [2500.0, 2300.0]})
    by_table = microdata.profile(register, [poverty.headcount_ratio], line=lines, **ask)
    column = register.assign(z=register["year"].map({2017: 2300.0, 2018: 2500.0}))
    by_column = microdata.profile(column, [poverty.headcount_ratio], line="z", **ask)
    pd.testing.assert_frame_equal(by_table, by_column)
    assert by_table.loc[0, "headcount_ratio"] != by_table.loc[1, "headcount_ratio"]
    relative = RelativeLine(0.6, within=("year",))
    shares = microdata.profile(register, [poverty.headcount_ratio], line=relative, **ask)
    rows = register[(register["year"] == 2018) & register["yuan"].notna()]
    line = poverty.relative_line(rows["yuan"], rows["persons"])
    expected = poverty.headcount_ratio(rows["yuan"], rows["persons"], line)
    assert shares.loc[1, "headcount_ratio"] == pytest.approx(expected, rel=1e-14)


def test_rows_without_a_line_are_named(register):
    lines = pd.DataFrame({"year": [2017], "line": [2300.0]})
    with pytest.raises(ValueError, match="have no poverty line above zero, the first at year 2018"):
        microdata.profile(register, poverty.CORE, income="yuan", weight="persons", line=lines)
    twice = pd.DataFrame({"year": [2017, 2017], "line": [1.0, 2.0]})
    with pytest.raises(ValueError, match="names year 2017 twice"):
        microdata.profile(register, poverty.CORE, income="yuan", weight="persons", line=twice)
    with pytest.raises(KeyError, match="no column 'line'"):
        microdata.profile(
            register, poverty.CORE, income="yuan", weight=None, line=twice.drop(columns="line")
        )


def test_faults_name_the_column():
    table = pd.DataFrame({"yuan": [1.0, 2.0], "persons": [1.0, np.nan], "text": ["8千", "9"]})
    with pytest.raises(ValueError, match="column 'persons': 1 of 2 weights are missing"):
        microdata.profile(table, [inequality.gini], income="yuan", weight="persons")
    table["persons"] = [1, -1]
    with pytest.raises(ValueError, match="the first is -1"):
        microdata.profile(table, [inequality.gini], income="yuan", weight="persons")
    with pytest.raises(TypeError, match="column 'text' holds String values"):
        microdata.profile(table, [inequality.gini], income="text", weight=None)
    with pytest.raises(KeyError, match="no column 'income'; the columns are yuan"):
        microdata.profile(table, [inequality.gini], income="income", weight=None)
    with pytest.raises(ValueError, match="the measure needs line"):
        microdata.profile(table, [poverty.headcount_ratio], income="yuan", weight=None)
    with pytest.raises(TypeError, match="has no name"):
        microdata.profile(table, [partial(poverty.fgt, order=2)], income="yuan", weight=None)


def test_between_and_within_groups_over_a_frame(register):
    ask = {"income": "yuan", "weight": "persons", "group": "area"}
    parts = [inequality.entropy_between, inequality.entropy_within, inequality.mean_log_deviation]
    row = microdata.profile(register, parts, **ask).iloc[0]
    whole = row["entropy_between"] + row["entropy_within"]
    assert whole == pytest.approx(row["mean_log_deviation"], rel=1e-12)
