"""The made-up county: re-made alike, true to what it prints, read without a refusal."""

import pandas as pd
import pytest

from analysis import marks, office, register, synthetic, tables

PLACE = "demo_county"
FOLDER = tables.DATA / PLACE / "ledgers"


@pytest.fixture(scope="module")
def reading():
    return tables.check_folder(FOLDER)


@pytest.fixture(scope="module")
def made():
    return synthetic.county()


@pytest.fixture(scope="module")
def printed():
    return tables.margins(PLACE)["value"]


def test_making_it_again_gives_the_files_that_are_kept(tmp_path):
    again = {path.name: path.read_bytes() for path in synthetic.write_county(tmp_path)}
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert set(again) == set(kept)
    # Another version of the writer may pack an XLSX otherwise; its cells are compared below.
    plain = {name for name in kept if not name.endswith("xlsx")}
    assert {name for name in plain if kept[name] != again[name]} == set()
    assert sum(map(len, kept.values())) < 600_000


def test_its_folder_is_read_without_loss_and_without_a_refusal(reading, made):
    assert set(reading.findings["severity"]) == {"repair", "doubt"}
    assert set(reading.findings["rule"]) == {"absent_column", "encoding", "year_from_title"}
    assert set(reading.tables) == set(made)
    for name, frame in made.items():
        keys = [key for key in ("household", "village", "project", "year") if key in frame][:2]
        read, kept = (
            rows.sort_values(keys).reset_index(drop=True)[list(frame.columns)]
            for rows in (reading.tables[name], frame)
        )
        text = [key for key in frame if key in keys or key in ("village", "village_zh", "township")]
        read[text], kept[text] = (rows[text].astype("str") for rows in (read, kept))
        pd.testing.assert_frame_equal(read, kept, check_dtype=False, check_names=False)


def test_it_is_kept_otherwise_than_the_city(made):
    assert {path.suffix for path in FOLDER.iterdir()} == {".csv", ".xls", ".xlsx"}
    assert sorted(made["households"]["year"].unique()) == [2015, 2016, 2017]
    assert made["villages"]["township"].nunique() == 5
    assert not {"members", "payments", "helpers", "task_progress"} & set(made)


def test_every_row_says_that_it_is_synthetic(reading):
    for frame in reading.tables.values():
        code = frame["project"] if "project" in frame else frame["village"]
        assert code.str.startswith("SYN").all()
    assert reading.tables["villages"]["village_zh"].str.endswith(marks.SUFFIX).all()
    assert office.ledgers(PLACE).synthetic
    assert {row["id"] for row in office.ledgers(PLACE).sources} == {"synthetic_county"}


@pytest.mark.parametrize(
    "margin",
    ["poor_persons", "poor_households", "exited_persons", "poor_villages", "exited_villages",
     "exited_villages_year", "admin_villages"],
)  # fmt: skip
def test_its_ledgers_count_what_it_prints(reading, printed, margin):
    kept = reading.tables
    counted = register.counted_margins(
        tables.margins(PLACE), kept["households"], kept["villages"], 2017, source="arithmetic"
    )
    assert counted.loc[margin, "value"] == printed[margin]
    bounds = tables.margins(PLACE).loc["incidence", ["value_low", "value_high"]]
    assert bounds.iloc[0] <= counted.loc["incidence", "value"] <= bounds.iloc[1]


def test_townships_that_name_too_few_villages_are_refused(data_copy):
    path = data_copy / PLACE / "townships.csv"
    path.write_text(path.read_text("utf-8").replace(";码头", ""), "utf-8")
    with pytest.raises(ValueError, match="names 23 villages, not 24"):
        synthetic.county()


def test_a_sheet_too_large_for_the_old_form_is_refused(tmp_path):
    with pytest.raises(ValueError, match="write XLSX"):
        synthetic.old_excel.write_xls(tmp_path / "a.xls", "a", [["x" * 60] * 60] * 20)
