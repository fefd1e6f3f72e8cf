"""A failure is one line: which notebook, which cell, what is wrong, and a remedy that works."""

import shutil
from types import SimpleNamespace

import pytest
from projects import CATALOGUE, make, make_project, notebook, spec

from analysis import tables, words
from analysis.briefs import faults

CELLS = {"cells": [{"id": "schools-read", "source": ["office.", "ledgers(place)"]}]}
PLACE = 'place: str = "demo_county"  # folder under data'
READ = "from analysis import office\nheld = office.ledgers(place)"


@pytest.fixture(scope="module", autouse=True)
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "own.yml").write_text(CATALOGUE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_CATALOGUE", str(folder))
        words._read_folders.cache_clear()
        yield
    words._read_folders.cache_clear()


@pytest.fixture
def project(tmp_path, root):
    """A project of two chapters that read the same ledgers."""
    folder = make_project(tmp_path / "project", root)
    shutil.copytree(root / "data", folder / "data", dirs_exist_ok=True)
    for name, title in (("01_first", "first-title"), ("02_second", "second-title")):
        (folder / f"notebooks/{name}.ipynb").write_text(notebook(title, PLACE, READ))
    chapters = [{"notebook": "01_first"}, {"notebook": "02_second"}]
    (folder / "reports/briefs.yml").write_text(
        spec(parameters={}, title="press.author", chapters=chapters)
    )
    return folder


def spoil(project, *rows):
    """Write a size that is no number into rows of a ledger."""
    ledgers = project / "data/demo_county/ledgers"
    (path,) = ledgers.glob("2016*.csv")
    lines = path.read_bytes().decode("gb18030").splitlines(keepends=True)
    for row in rows:
        cells = lines[row - 1].split(",")
        lines[row - 1] = ",".join([*cells[:3], "三人 | 半", *cells[4:]])
    path.write_bytes("".join(lines).encode("gb18030"))


def test_one_bad_row_is_one_short_line_for_all_chapters(project):
    spoil(project, 6)
    (said,) = make(project)[0].failures
    assert said.startswith("own: 01_first and 1 more: cell 3 (cell-1) of 01_first.ipynb failed: 20")
    assert "row 6 (column D 家庭人数): '三人 | 半' is not a whole number; write digits" in said
    assert said.endswith("`python -m analysis check data/demo_county/ledgers` lists every fault")
    assert "不是整数" not in said and "TableError" not in said and len(said) < 330


def test_the_line_is_in_the_language_of_the_reader(project, monkeypatch):
    spoil(project, 6, 7, 8)
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "zh")
    (said,) = make(project)[0].failures
    assert said.startswith(
        "own：01_first及另外1章：第3个单元格（cell-1，01_first.ipynb）出错：2016"
    )
    assert "不是整数" in said and "；另有2处" in said
    assert "whole number" not in said


def test_the_folder_that_is_named_is_one_that_check_accepts_when_it_is_good(project):
    """The folder above holds tables of another form, which `check` refuses even when good."""
    ledgers = project / "data/demo_county/ledgers"
    assert refusals(ledgers) == 0
    spoil(project, 6)
    (said,) = make(project)[0].failures
    assert project / said.split(" check ")[1].split("`")[0] == ledgers
    assert refusals(ledgers) == 1


def refusals(folder):
    return tables.check_folder(folder).findings["severity"].eq("refusal").sum()


def failed(ename, evalue, tmp_path, told=()):
    error = SimpleNamespace(ename=ename, evalue=evalue, source="office.ledgers(place)")
    return faults.failed_cell(error, CELLS, tmp_path / "a.ipynb", dict(told), tmp_path).failure


def test_a_fault_in_a_table_of_the_project_is_not_looked_for_in_the_ledgers(tmp_path):
    (tmp_path / "data/here/ledgers").mkdir(parents=True)
    said = failed(
        "TableError", "prices.csv, row 2: x | prices.csv 第2行：x", tmp_path, [("place", "here")]
    )
    assert said.remedy == "mend this table of the data folder and run again"
    empty = failed("TableError", "ledgers: none | ledgers：无", tmp_path, [("place", "here")])
    assert "check data/here/ledgers`" in empty.remedy


@pytest.mark.parametrize(
    ("ename", "remedy"),
    [
        ("ModuleNotFoundError", "install the package"),
        ("MemoryError", "ask for less"),
        ("FileNotFoundError", "put the file that is missing"),
        ("KeyError", "open notebooks/a.ipynb with the same parameters in JupyterLab"),
    ],
)
def test_each_error_has_its_remedy(ename, remedy, tmp_path):
    assert failed(ename, "", tmp_path).remedy.startswith(remedy)


def test_a_long_error_is_cut_and_stays_on_one_line(tmp_path):
    said = failed("ValueError", "x\n" * 10_000, tmp_path).said
    assert len(said) < faults.LONGEST + 100 and "\n" not in said


def test_a_language_that_there_is_not_is_english(tmp_path, monkeypatch):
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "tlh")
    assert failed("KeyError", "a", tmp_path).said.startswith("cell 1 (schools-read) of a.ipynb")


def test_chapters_that_failed_for_different_reasons_are_not_gathered(tmp_path):
    two = [("01_a", failed("KeyError", "a", tmp_path)), ("02_b", failed("KeyError", "b", tmp_path))]
    assert [chapter for chapter, _ in faults.told_once(two)] == ["01_a", "02_b"]


def test_one_reason_in_two_notebooks_is_said_once_though_the_remedy_names_each(tmp_path):
    said = "cell 3 of {}.ipynb failed: KeyError: 'poor_persons' is not there"
    two = [
        (name, faults.Failure(said.format(name), "cell-1", f"open {name}"))
        for name in ("01_a", "02_b")
    ]
    ((chapters, failure),) = faults.told_once(two)
    assert chapters == "01_a and 1 more" and failure.remedy == "open 01_a"


def test_a_table_saved_by_a_chinese_excel_is_named_once_for_all_chapters(project):
    read = "from analysis import tables\ntables.read('facts', place=place)"
    for name, title in (("01_first", "first-title"), ("02_second", "second-title")):
        (project / f"notebooks/{name}.ipynb").write_text(notebook(title, PLACE, read))
    path = project / "data/demo_county/facts.csv"
    path.write_bytes(path.read_text("utf-8").encode("gb18030"))
    (said,) = make(project)[0].failures
    assert said.startswith("own: 01_first and 1 more: ")
    assert "failed: facts.csv: is not UTF-8; save it as CSV UTF-8; mend this table" in said
