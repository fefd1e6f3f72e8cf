"""The store: the numbers of the register itself, refusals by column, whole or not there."""

import argparse
import json
import re
import shutil
import subprocess
import sys
import textwrap
from functools import partial

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from analysis import deprivation, exits, inequality, microdata, poverty, register, tables, weighted
from analysis import store_command as command
from analysis.__main__ import main
from analysis.deprivation.specification import COLUMNS
from analysis.register.store import Store, questions, read_store, write_register
from analysis.register.store.layout import MANIFEST

INCOME = "income_per_person_yuan"
YEARS = [2014, 2015, 2016, 2017]
LINES = pd.DataFrame({"year": YEARS, "line_yuan": [2800.0, 2855.0, 2952.0, 2952.0]})
LINE = LINES.rename(columns={"line_yuan": "line"})
SPECIFICATION = pd.DataFrame(
    [
        (INCOME, "income", 0.25, "line_yuan", "below", "drop"),
        ("house_grade", "housing", 0.25, "C;D", "in", "reweight"),
        ("school_dropouts", "education", 0.25, "0", "above", "drop"),
        ("safe_water", "water", 0.25, "1", "below", "drop"),
    ],
    columns=COLUMNS,
)
POVERTY = [
    poverty.headcount_ratio,
    poverty.poverty_gap_index,
    poverty.poverty_severity,
    poverty.watts_index,
    poverty.average_shortfall,
]
SHAPE = {
    "gini": inequality.gini,
    "median": weighted.quantile,
    "top": partial(weighted.quantile, share=0.9),
    "sen": poverty.sen_index,
}


@pytest.fixture(scope="module")
def households():
    """Two counties of three villages; households that come, go and move between counties."""
    random = np.random.default_rng(5)
    number = np.arange(300)
    rows = pd.MultiIndex.from_product([number, YEARS], names=["at", "year"]).to_frame(index=False)
    count = len(rows)
    village = rows["at"] % 6
    moved = (rows["at"] % 50 == 7) & (rows["year"] >= 2016)
    village = np.where(moved, (village + 3) % 6, village)
    income = np.round(random.lognormal(8, 0.6, count), 2)
    income[:4] = [0.0, -120.55, np.nan, 2952.0]
    flag = pd.Series(random.random(count) < 0.8, dtype="boolean").mask(random.random(count) < 0.05)
    table = pd.DataFrame(
        {
            "household": "H" + rows["at"].map("{:05d}".format),
            "year": rows["year"],
            "county": np.where(village < 3, "甲县", "乙县"),
            "village": "SYN" + pd.Series(village).astype(str),
            "size": random.integers(1, 8, count),
            INCOME: income,
            "status": random.choice(["never", "poor", "exited", "returned"], count),
            "house_grade": pd.Series(random.choice(["A", "B", "C", "D"], count)).mask(
                random.random(count) < 0.05
            ),
            "moved_in": True,
            "safe_water": flag,
            "school_dropouts": random.integers(0, 2, count),
            "uninsured_members": 0,
            "members_without_pension": random.integers(0, 2, count),
            "measures": random.integers(0, 4, count),
            "transfer_yuan": random.integers(0, 900, count),
            "wage_yuan": random.integers(0, 90, count) * 100.0,
            "property_yuan": random.integers(0, 90, count) / 10,
        }
    )
    return table[random.random(count) > 0.05].reset_index(drop=True)


@pytest.fixture(scope="module")
def pack():
    return tables.read("standards", pack="yunnan_2017")


@pytest.fixture(scope="module")
def measures():
    return tables.read("measures", place="standards")


@pytest.fixture(scope="module")
def store(households, pack, measures, tmp_path_factory):
    given = {"lines": LINES, "specification": SPECIFICATION, "pack": pack, "measures": measures}
    return write_register(households, tmp_path_factory.mktemp("store") / "store", **given)


def same(found, wanted, rtol=1e-12):
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=rtol)


@pytest.mark.parametrize("by", [["county", "year"], ["year"], ["village", "year"], []])
@pytest.mark.parametrize("line", ["own", "other"])
def test_poverty_is_that_of_the_register(store, households, by, line):
    lines = LINE if line == "own" else LINE.assign(line=LINE["line"] * 1.1)
    ask = {"line": lines, "by": by}
    found = questions.profile(store, POVERTY, **ask)
    same(found, microdata.profile(households, POVERTY, income=INCOME, weight="size", **ask))


@pytest.mark.parametrize(
    "by", [["county", "year"], ["county"], ["village", "county"], ["year"], []]
)
def test_measures_that_need_every_income_are_those_of_the_register(store, households, by):
    ask = {"line": 2952, "by": by}
    positive = households[~(households[INCOME] < 0)]
    assert len(positive) < len(households)
    found = questions.profile(store, SHAPE, **ask)
    same(found, microdata.profile(households, SHAPE, income=INCOME, weight="size", **ask))


def test_lines_by_area_are_asked_by_their_names(store, households):
    lines = pd.DataFrame({"county": ["乙县", "甲县"], "line": [2500.0, 3000.0]})
    ask = {"line": lines, "by": ["county", "year"]}
    for measures in (POVERTY, SHAPE):
        found = questions.profile(store, measures, **ask)
        same(found, microdata.profile(households, measures, income=INCOME, weight="size", **ask))


@pytest.mark.parametrize("line", [-5.0, np.inf, LINE[LINE["year"] != 2016]])
def test_a_line_that_is_none_is_refused_as_of_the_register(store, households, line):
    for ask in (
        partial(questions.profile, store),
        partial(microdata.profile, households, income=INCOME, weight="size"),
    ):
        with pytest.raises(ValueError, match="no poverty line"):
            ask(POVERTY, line=line, by=["county"])


def test_only_rows_up_to_a_number_are_read(store, households):
    with store.connection() as connection:
        kept = connection.sql(store.query([INCOME], up_to=(INCOME, 2952.0))).df()[INCOME]
    wanted = households[INCOME][households[INCOME] <= 2952.0]
    assert sorted(kept) == sorted(wanted) and 2952.0 in set(kept)


def test_rows_come_back_as_they_went_in(store, households):
    names = list(households)
    kept = store.relation(names, decoded=True).df().sort_values(["household", "year"])
    wanted = households.sort_values(["household", "year"])
    same(
        kept.reset_index(drop=True).astype(object).where(lambda t: t.notna(), None),
        wanted.reset_index(drop=True).astype(object).where(lambda t: t.notna(), None),
    )


@pytest.mark.parametrize("by", [["county"], ["village", "year"], []])
@pytest.mark.parametrize("weight", ["size", None])
def test_deprivation_is_that_of_the_register(store, households, by, weight):
    rows = households.merge(LINES, on="year")
    ask = {"poverty_cutoff": 0.5, "weight": weight, "by": by}
    found = questions.alkire_foster(store, **ask)
    same(found, deprivation.alkire_foster(rows, SPECIFICATION, **ask))
    found = questions.indicator_profile(store, **ask)
    same(found, deprivation.indicator_profile(rows, SPECIFICATION, **ask))


def test_other_weights_need_no_new_store(store, households):
    rows = households.merge(LINES, on="year")
    weights = pd.Series({"house_grade": 0.7, "safe_water": 0.3})
    other = SPECIFICATION[SPECIFICATION["indicator"].isin(weights.index)]
    other = other.assign(weight=other["indicator"].map(weights))
    found = questions.alkire_foster(store, poverty_cutoff=0.3, weights=weights, by="year")
    wanted = deprivation.alkire_foster(rows, other, poverty_cutoff=0.3, weight="size", by=["year"])
    same(found, wanted)


def test_deprivation_is_added_up_batch_by_batch(store, monkeypatch):
    ask = {"poverty_cutoff": 0.5, "by": ["village", "year"]}
    whole = [
        ask_of(store, **ask) for ask_of in (questions.alkire_foster, questions.indicator_profile)
    ]
    monkeypatch.setattr(questions, "BATCH", 3)
    same(whole[0], questions.alkire_foster(store, **ask))
    same(whole[1], questions.indicator_profile(store, **ask))
    assert questions.alkire_foster(store, poverty_cutoff=0.5)["rows"].dtype == int


def test_deprivation_by_what_was_not_kept_is_refused(store):
    with pytest.raises(ValueError, match="by county, village, year, not by status"):
        questions.alkire_foster(store, poverty_cutoff=0.5, by="status")


@pytest.mark.parametrize("area", ["county", "village", None])
def test_transitions_and_hazards_are_those_of_the_register(store, households, area):
    found = questions.transitions(store, area=area)
    wanted = register.transitions(households, area=area)
    same(found, wanted)
    passed = [register.hazards(moves, ["poor"], ["exited"]) for moves in (found, wanted)]
    same(*passed)


def test_flows_one_area_at_a_time_are_those_of_the_register(households, tmp_path):
    settled = households[~households["household"].isin(_movers(households))]
    names = ["household", "year", "village", "size", "status"]
    kept = write_register(settled, tmp_path / "store")
    found = questions.by_area(kept, register.flows, names).drop(columns="county")
    wanted = register.flows(settled)
    by = ["year", "village"]
    same(found.sort_values(by, ignore_index=True), wanted.sort_values(by, ignore_index=True))


def _movers(households):
    counties = households.groupby("household")["county"].nunique()
    return counties.index[counties > 1]


@pytest.mark.parametrize("of", ["transfer_yuan", "wage_yuan", "property_yuan", "measures"])
def test_gains_by_tenths_of_money(store, households, of):
    # Money in whole yuan is added up when the store is written; anything else when it is asked for.
    kept = f"totals/gains_{of}.parquet" in store.manifest["files"]
    assert kept == (of in ("transfer_yuan", "wage_yuan"))
    before = households[["household", "year", INCOME]].assign(year=households["year"] + 1)
    rows = households.merge(before, on=["household", "year"], suffixes=("", "_before")).dropna(
        subset=[INCOME, f"{INCOME}_before"]
    )
    gain = rows["size"] * (rows[INCOME] - rows[f"{INCOME}_before"])
    sums = rows.assign(persons=rows["size"], gain=gain, amount=rows[of])
    sums = sums.groupby(["year", "amount"], as_index=False)[["persons", "gain"]].sum()
    found = questions.gains_by_decile(store, of)
    same(found, questions.tenths(sums), rtol=1e-9)
    assert of == "measures" or found.groupby("year")["decile"].nunique().eq(10).all()
    whole = found.groupby("year").apply(lambda t: (t["gain"] * t["persons"]).sum())
    np.testing.assert_allclose(whole, gain.groupby(rows["year"]).sum(), rtol=1e-9)


def test_villages_are_filled_and_judged_as_from_the_register(store, households, pack, measures):
    villages = households[["village", "year"]].drop_duplicates().assign(population=400)
    villages = villages.sort_values(["village", "year"], ignore_index=True)
    judged = exits.judge(households, pack, measures, "household", ["household", "year"])
    wanted = exits.village_indicators(villages, households, judged, measures)
    found = questions.village_indicators(store, villages, measures)
    same(found[wanted.columns], wanted)
    keys = ["village", "year"]
    same(*(exits.judge(t, pack, measures, "village", keys) for t in (found, wanted)))
    with pytest.raises(ValueError, match="not in the village ledger"):
        questions.village_indicators(store, villages.iloc[1:], measures)


@pytest.mark.parametrize("engine", ["polars", "polars lazy", "duckdb", "parquet"])
def test_every_kind_of_frame_makes_the_same_store(store, households, tmp_path, engine):
    if engine == "parquet":
        households.to_parquet(tmp_path / "rows.parquet")
    frame = {
        "polars": lambda: pl.from_pandas(households),
        "polars lazy": lambda: pl.from_pandas(households).lazy(),
        "duckdb": lambda: duckdb.from_df(households),
        "parquet": lambda: tmp_path / "rows.parquet",
    }[engine]()
    made = write_register(frame, tmp_path / "store", lines=LINES, specification=SPECIFICATION)
    for name in ("cells", "moves", "deprivations", "poverty"):
        same(made.totals(name), store.totals(name))


def test_within_an_area_the_poorest_come_first(store):
    rows = pd.read_parquet(store.folder / "households" / "000000.parquet")
    assert rows.groupby("year")[INCOME].apply(lambda v: v.dropna().is_monotonic_increasing).all()
    assert rows["year"].is_monotonic_increasing
    assert rows[INCOME].dtype == "int32"


FAULTS = {
    "column 'status' is missing": lambda t: t.drop(columns="status"),
    "column 'colour' is not in data/dictionary.csv": lambda t: t.assign(colour="red"),
    "column 'household' holds BIGINT, not text": lambda t: t.assign(household=range(len(t))),
    "column 'size' runs from 0": lambda t: t.assign(size=0),
    "column 'size' holds parts of a whole": lambda t: t.assign(size=2.5),
    "column 'safe_water' holds VARCHAR, not truth values": lambda t: t.assign(safe_water="是"),
    "column 'village' is empty in 1 of": lambda t: t.assign(
        village=t["village"].mask(t.index == 3)
    ),
    "column 'status' holds '脱贫'; allowed are poor": lambda t: t.assign(status="脱贫"),
    "stands twice": lambda t: pd.concat([t, t.iloc[[5]]]),
    "column 'year' has gaps": lambda t: t[t["year"] != 2016],
    "it has no rows": lambda t: t.iloc[:0],
}


@pytest.mark.parametrize("said", FAULTS)
def test_a_wrong_register_is_refused_by_column_and_leaves_nothing(households, tmp_path, said):
    with pytest.raises(ValueError, match="the register is refused: ") as refusal:
        write_register(FAULTS[said](households), tmp_path / "store")
    assert said in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lost", ["every row", "one row"])
def test_an_indicator_that_nobody_knows_is_kept_as_unknown(
    households, pack, measures, tmp_path, lost
):
    rows = households.drop(columns="measures")
    if lost == "one row":
        rows = households.astype({"measures": "Int64"})
        rows.loc[0, "measures"] = pd.NA
    kept = write_register(rows, tmp_path / "store", pack=pack, measures=measures)
    assert kept.manifest["passes"][3] == "support"
    unknown = kept.totals("villages")["support_unknown"].dropna().astype(bool)
    assert unknown.all() if lost == "every row" else not unknown.all()


def test_a_household_twice_in_two_counties_is_refused(households, tmp_path):
    again = households.iloc[[5]].assign(county="丙县")
    with pytest.raises(ValueError, match="stands twice"):
        write_register(pd.concat([households, again]), tmp_path / "store")


def test_a_store_is_replaced_only_when_asked_and_never_half(households, tmp_path):
    place = tmp_path / "store"
    first = write_register(households, place)
    with pytest.raises(FileExistsError, match="choose another folder"):
        write_register(households, place)
    with pytest.raises(ValueError, match="refused"):
        write_register(households.drop(columns="size"), place, replace=True)
    assert read_store(place).manifest == first.manifest
    second = write_register(households[households["year"] > 2014], place, replace=True)
    assert second.manifest["rows"] < first.manifest["rows"]
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    with pytest.raises(FileExistsError, match="no register store"):
        write_register(households, tmp_path, replace=True)


@pytest.mark.parametrize("replace", [False, True])
def test_a_folder_that_came_to_be_meanwhile_stays(households, tmp_path, replace):
    place = tmp_path / "store"

    def meanwhile(areas):
        place.mkdir(exist_ok=True)
        (place / "notes.txt").write_text("of somebody else", encoding="utf-8")
        return areas

    with pytest.raises(FileExistsError, match="store' is"):
        write_register(households, place, progress=meanwhile, replace=replace)
    assert [path.name for path in place.iterdir()] == ["notes.txt"]
    assert list(tmp_path.iterdir()) == [place]


KILLED = """
import os, sys
from analysis.register.store import write_register, writing
def die(*_):
    os.kill(os.getpid(), 9)
if sys.argv[3] == "between the renames":
    replace = os.replace
    os.replace = lambda old, new: (die if str(new) == sys.argv[2] else replace)(old, new)
    write_register(*sys.argv[1:3], replace=True)
write_register(*sys.argv[1:3], replace=True, progress=die)
"""


@pytest.mark.parametrize("when", ["among the areas", "between the renames"])
def test_the_next_writing_removes_what_a_killed_one_left(households, tmp_path, when):
    rows, place = tmp_path / "rows.parquet", tmp_path / "store"
    households.to_parquet(rows)
    first = write_register(rows, place)
    subprocess.run([sys.executable, "-c", KILLED, str(rows), str(place), when], check=False)
    assert len(list(tmp_path.glob(".store.*"))) == 1
    assert place.exists() == (when == "among the areas")
    with pytest.raises(FileExistsError):
        write_register(rows, place)
    assert read_store(place).manifest == first.manifest
    assert {path.name for path in tmp_path.iterdir()} == {"rows.parquet", "store"}


def test_a_writing_that_is_at_work_is_left_alone(households, tmp_path):
    def meanwhile(areas):
        write_register(households, tmp_path / "store")
        return areas

    kept = write_register(households, tmp_path / "store", progress=meanwhile, replace=True)
    assert kept.manifest["rows"] == len(households)


def test_totals_that_do_not_come_back_stop_the_writing(households, tmp_path, monkeypatch):
    from analysis.register.store import writing

    write_area = writing._Job._write_area

    def lose_a_row(job, code):
        write_area(job, code)
        path = job.new / "households" / f"{code:06d}.parquet"
        pd.read_parquet(path).iloc[1:].to_parquet(path)

    monkeypatch.setattr(writing._Job, "_write_area", lose_a_row)
    with pytest.raises(RuntimeError, match="nothing was put in place"):
        write_register(households, tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_or_foreign_store_is_refused(households, tmp_path):
    kept = write_register(households, tmp_path / "store")
    file = next((kept.folder / "households").iterdir())
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"households/0000\d\d.parquet of the store has"):
        read_store(kept.folder)
    manifest = kept.manifest | {"schema": 99}
    (kept.folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ValueError, match="the schema 99"):
        read_store(kept.folder)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are kept otherwise there")
def test_a_store_is_open_to_its_owner_only(households, tmp_path):
    kept = write_register(households, tmp_path / "store")
    assert kept.folder.stat().st_mode & 0o077 == 0


def test_rows_that_were_not_written_are_refused(households, tmp_path):
    kept = write_register(households, tmp_path / "store")
    file = next((kept.folder / "households").iterdir())
    shutil.copy(file, file.with_name("copy of it.parquet"))
    with pytest.raises(ValueError, match=r"copy of it.parquet was not written with the store"):
        read_store(kept.folder)


def test_a_manifest_that_cannot_be_read_is_named(households, tmp_path):
    kept = write_register(households, tmp_path / "store")
    (kept.folder / MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"manifest\.json of the store cannot be read"):
        read_store(kept.folder)


def test_a_store_inside_the_folder_that_is_read_is_refused(households, tmp_path):
    households.to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(ValueError, match="lies in the folder that is read"):
        write_register(tmp_path, tmp_path / "below" / "store")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.parquet"]


def test_folders_may_be_called_by_signs_of_patterns(households, tmp_path):
    given, asked = tmp_path / "终稿[2]*?", {"line": 2952, "by": ["county", "year"]}
    (given / "2017").mkdir(parents=True)
    households.to_parquet(given / "2017" / "rows [1].parquet")
    kept = write_register(given, tmp_path / "it's [a] store?")
    for measures in (POVERTY, SHAPE):
        wanted = microdata.profile(households, measures, income=INCOME, weight="size", **asked)
        same(questions.profile(kept, measures, **asked), wanted)
    again = write_register(given / "2017" / "rows [1].parquet", tmp_path / "store")
    assert again.manifest["rows"] == kept.manifest["rows"] == len(households)


def test_what_was_not_written_is_named(households, tmp_path, measures):
    kept = write_register(households, tmp_path / "store", area="village")
    with pytest.raises(ValueError, match="without a specification"):
        questions.alkire_foster(kept, poverty_cutoff=0.5)
    with pytest.raises(ValueError, match="without a pack"):
        questions.village_indicators(kept, households, measures)
    with pytest.raises(KeyError, match="the store has no column 'rent'"):
        kept.relation(["rent"])
    assert isinstance(kept, Store) and kept.area == "village"


def test_the_command_writes_a_store_and_says_what_is_wrong(households, tmp_path, capsys):
    parser = argparse.ArgumentParser()
    command.add_store(parser.add_subparsers())

    def run(*words):
        asked = parser.parse_args(["store", *words])
        return asked.do(asked)

    rows, out = str(tmp_path / "rows.parquet"), str(tmp_path / "out")
    households.to_parquet(rows)
    assert run(rows, out, "--pack", "yunnan_2017", "--line", "national_survey") == command.DONE
    assert f"{len(households)} rows, 2 areas" in capsys.readouterr().out
    assert {"poverty.parquet", "villages.parquet"} <= {
        path.name for path in (tmp_path / "out" / "totals").iterdir()
    }
    assert run(rows, out) == command.WRONG_PLACE
    assert run(rows, out, "--replace") == command.DONE
    assert run(rows, out, "--replace", "--line", "none") == command.REFUSED
    households.drop(columns="size").to_parquet(rows)
    assert run(rows, out, "--replace") == command.REFUSED
    assert "column 'size' is missing" in capsys.readouterr().err


def test_the_command_says_in_one_line_what_it_cannot_read_or_write(households, tmp_path, capsys):
    parser = argparse.ArgumentParser()
    command.add_store(parser.add_subparsers())

    def said(*words):
        asked = parser.parse_args(["store", *map(str, words)])
        return asked.do(asked), *capsys.readouterr().err.splitlines()

    rows, none, out = tmp_path / "rows.parquet", tmp_path / "none.parquet", tmp_path / "out"
    households.to_parquet(rows)
    none.write_bytes(b"no table at all")
    code, sentence = said(none, out)
    assert code == command.REFUSED and "No magic bytes" in sentence
    code, *_, sentence = said(rows, out, "--memory", "1MB")
    assert code == command.REFUSED and "Out of Memory" in sentence
    code, sentence = said(rows, rows / "store")
    assert code == command.WRONG_PLACE and str(rows) in sentence
    code, sentence = said(rows, out, "--line", "none")
    assert code == command.REFUSED and sentence.startswith("there is no line 'none'; there are")
    assert not out.exists()


def documented(root, beginning):
    """A block of code of the page on engines, without its indentation."""
    text = (root / "docs" / "engines.md").read_text(encoding="utf-8")
    block = re.search(rf"^    {re.escape(beginning)}.*?(?=^\S)", text, re.M | re.S)[0]
    return textwrap.dedent(block)


def guarantees_in(root, folder):
    """The documented specification, as a file of a folder."""
    path = folder / "guarantees.csv"
    path.write_text(documented(root, "indicator,dimension"), encoding="utf-8")
    return path


def test_the_documented_command_answers_the_documented_questions(
    root, households, tmp_path, monkeypatch
):
    (tmp_path / "households").mkdir()
    households.to_parquet(tmp_path / "households" / "rows.parquet")
    households.to_parquet(tmp_path / "rows.parquet")
    guarantees = pd.read_csv(guarantees_in(root, tmp_path))
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(documented(root, "import pandas as pd"), found)
    ask = {"line": found["at"], "by": ["county", "year"], "income": INCOME, "weight": "size"}
    asked = [poverty.headcount_ratio, inequality.gini]
    same(found["found"], microdata.profile(households, asked, **ask))
    words = documented(root, ".venv/bin/python -m analysis store").split()[3:]
    words[1:3] = ["rows.parquet", "out"]
    assert main(words) == command.DONE
    by = ["village", "year"]
    asked = questions.alkire_foster(read_store(tmp_path / "out"), poverty_cutoff=1 / 3, by=by)
    same(asked, found["deprived"])
    lines = found["lines"].astype({"year": "int64"})
    wanted = deprivation.alkire_foster(
        households.merge(lines, on="year"), guarantees, poverty_cutoff=1 / 3, weight="size", by=by
    )
    same(asked, wanted)


def test_the_documented_call_takes_another_specification(root, store, households, tmp_path):
    page = (root / "docs" / "engines.md").read_text(encoding="utf-8")
    call = re.search(r"^\| another specification \| `(.+?), …\)`", page, re.M)[1]
    guarantees = pd.read_csv(guarantees_in(root, tmp_path))
    assert "line_yuan" not in store.relation().columns
    own = guarantees.replace({"cutoff": {"line_yuan": "3000"}})
    ask = {"poverty_cutoff": 1 / 3, "weight": "size", "by": ["county", "year"]}
    names = {"deprivation": deprivation, "store": store, "own": own, "ask": ask}
    found = eval(f"{call}, own, **ask)", names)
    same(found, deprivation.alkire_foster(households, own, **ask))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("indicator,weight\nsafe_water,1\n", "The specification lacks the columns"),
        ("indicator,dimension,weight,cutoff,direction,missing\nsafe_water,water,,1,below,drop\n",
         "Specification, row 1, column weight"),
        ("", "No columns to parse from file"),
    ],
)  # fmt: skip
def test_a_wrong_specification_is_refused_in_one_line(households, tmp_path, capsys, content, said):
    rows, path = tmp_path / "rows.parquet", tmp_path / "guarantees.csv"
    households.to_parquet(rows)
    path.write_text(content, encoding="utf-8")
    words = ["store", str(rows), str(tmp_path / "out"), "--specification"]
    assert main([*words, str(path)]) == command.REFUSED
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith(said)
    assert main([*words, str(tmp_path / "none.csv")]) == command.WRONG_PLACE
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "none.csv" in sentence and not (tmp_path / "out").exists()


AT_WORK = """
import os, signal, sys, threading
import duckdb
from analysis import __main__, store_command
from analysis.register.store import writing
def press():
    os.kill(os.getpid(), signal.SIGINT)
def ask(job, code):
    if sys.argv[1] == "query":
        threading.Timer(0.5, press).start()
        job.run("SELECT count(*) FROM range(100000000) a JOIN range(100000000) USING (range)")
    press()
writing._Job._write_area = ask
sys.exit(__main__.main(["store", *sys.argv[2:]]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the keyboard's interrupt is another there")
@pytest.mark.parametrize("when", ["query", "between queries"])
def test_the_keyboards_interrupt_ends_a_writing_in_one_line(households, tmp_path, when):
    rows = tmp_path / "rows.parquet"
    households.to_parquet(rows)
    words = [sys.executable, "-c", AT_WORK, when, str(rows), str(tmp_path / "out")]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 130 and ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1] == command.STOPPED
    assert [path.name for path in tmp_path.iterdir()] == ["rows.parquet"]


def test_the_mark_of_synthetic_rows_outlives_the_codes(store):
    assert store.manifest["synthetic"]


def test_a_process_that_forked_after_a_question_asks_on_and_ends(store):
    program = f"""
import os, sys
from analysis import poverty
from analysis.register.store import questions, read_store
store = read_store({str(store.folder)!r})
def ask():
    return questions.profile(store, [poverty.headcount_ratio], line=2500.0).to_json()
before = ask()
child = os.fork()
if child == 0:
    sys.exit(ask() != before)
assert os.waitpid(child, 0)[1] == 0 and ask() == before
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
