"""A real Spark server on this machine, by Spark Connect: the measures give the same numbers."""

import importlib.util
import shutil
from functools import partial

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from analysis import deprivation, inequality, microdata, poverty, register
from analysis.deprivation.specification import COLUMNS
from analysis.microdata import RelativeLine

MISSING = [name for name in ("pyspark", "grpc") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, and none is here"),
    # PySpark's own warnings are not ours.
    pytest.mark.filterwarnings("ignore"),
]
SUMS = {f.__name__: f for f in poverty.CORE if microdata.aggregates.is_sum(f)}
MEASURES = {f.__name__: f for f in (*poverty.CORE, *inequality.CORE)} | {
    "third": partial(poverty.fgt, order=3)
}
SPECIFICATION = pd.DataFrame(
    [
        ("yuan", "income", 0.5, "2300", "below", "drop"),
        ("grade", "housing", 0.25, "C;D", "in", "reweight"),
        ("water", "water", 0.25, "1", "below", "reweight"),
    ],
    columns=COLUMNS,
)


@pytest.fixture(scope="session")
def spark():
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    builder = SparkSession.builder.remote("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def rows():
    """Households of two years: zero, negative and missing incomes, a tie at the line."""
    random = np.random.default_rng(3)
    count = 600
    table = pd.DataFrame(
        {
            "yuan": random.lognormal(8, 0.7, count).round(2),
            "persons": random.integers(1, 6, count),
            "year": np.repeat([2017, 2018], count // 2),
            "area": random.choice(["甲", "乙", "丙"], count),
            "household": np.tile([f"H{i:04d}" for i in range(count // 2)], 2),
            "status": random.choice(["poor", "exited", "never", "returned"], count),
            "grade": random.choice(["A", "B", "C", "D", None], count),
            "water": pd.Series(random.random(count) < 0.8),
        }
    )
    table.loc[[0, 1, 2, 3], "yuan"] = [0.0, -120.0, np.nan, 2300.0]
    return table


@pytest.fixture(scope="module")
def frames(rows, spark):
    frame = spark.createDataFrame(rows)
    assert type(frame).__module__.startswith("pyspark.sql.connect")
    return {
        "pandas": rows,
        "polars": pl.from_pandas(rows),
        "polars lazy": pl.from_pandas(rows).lazy(),
        "duckdb": duckdb.sql("select * from rows"),
        "pyspark": frame,
    }


def same(tables):
    wanted = tables.pop("pandas")
    for name, found in tables.items():
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-9, obj=name)


LINES = {
    "one": 2300,
    "by year": pd.DataFrame({"year": [2017, 2018], "line": [2300.0, 2500.0]}),
}


@pytest.mark.parametrize("measures", [SUMS, MEASURES], ids=["added in Spark", "fetched"])
@pytest.mark.parametrize("line", [*LINES, "relative"])
def test_poverty_and_inequality(frames, measures, line):
    drawn = LINES.get(line, RelativeLine(0.6, within=("year",)))
    ask = {"income": "yuan", "weight": "persons", "line": drawn, "by": ["year", "area"]}
    same({name: microdata.profile(frame, measures, **ask) for name, frame in frames.items()})


def test_sums_leave_the_rows_in_spark(frames, monkeypatch):
    def refuse(*_):
        raise AssertionError("rows were fetched")

    monkeypatch.setattr(microdata, "fetch", refuse)
    ask = {"income": "yuan", "weight": "persons", "line": 2300, "by": "area"}
    assert len(microdata.profile(frames["pyspark"], SUMS, **ask)) == 3


@pytest.mark.parametrize("by", [["area", "year"], []])
def test_deprivation(frames, by):
    ask = {"poverty_cutoff": 0.5, "weight": "persons", "by": by}
    for measure in (deprivation.alkire_foster, deprivation.indicator_profile):
        same({name: measure(frame, SPECIFICATION, **ask) for name, frame in frames.items()})


def test_transitions_of_the_register(frames):
    renamed = {"persons": "size"}
    named = {
        name: frame.withColumnsRenamed(renamed)
        if name == "pyspark"
        else frame.project("*, persons as size")
        if name == "duckdb"
        else frame.rename(columns=renamed)
        if name == "pandas"
        else frame.rename(renamed)
        for name, frame in frames.items()
    }
    same({name: register.transitions(frame, area="area") for name, frame in named.items()})


def test_a_store_from_spark_is_that_from_pandas(spark, rows, tmp_path):
    plain = rows.rename(columns={"persons": "size", "area": "village", "grade": "house_grade"})
    plain = plain.rename(columns={"yuan": "income_per_person_yuan", "water": "safe_water"})
    stores = {
        name: register.write_register(frame, tmp_path / name)
        for name, frame in (("pandas", plain), ("pyspark", spark.createDataFrame(plain)))
    }
    same({name: store.totals("moves") for name, store in stores.items()})


def test_faults_are_told_as_from_pandas(frames):
    ask = {"income": "yuan", "line": 2300}
    with pytest.raises(KeyError, match="no column 'people'"):
        microdata.profile(frames["pyspark"], SUMS, weight="people", **ask)
    with pytest.raises(TypeError, match="column 'grade' holds String"):
        microdata.profile(frames["pyspark"], SUMS, weight="grade", **ask)
    with pytest.raises(ValueError, match="rows have no poverty line above zero"):
        lines = pd.DataFrame({"year": [2017], "line": [2300.0]})
        microdata.profile(frames["pyspark"], SUMS, weight="persons", income="yuan", line=lines)
