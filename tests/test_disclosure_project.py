"""A batch over a register: whatever a notebook does with a name, the name stays in the office."""

import json
import shutil

import pytest

from tests.canaries import a_name, an_id_number
from tests.projects import CATALOGUE, FINDING, IMPORTS, PARAMETERS, make, make_project, notebook
from tests.projects import spec as a_spec

LEDGER = "data/north/ledgers/台账.csv"
READ = f'name = open("{LEDGER}", encoding="utf-8").read().split(",")[4]'
SHOWN = 'exhibits.finding("own.said", answer=1, area=area, share=share, word=name)'


@pytest.fixture(autouse=True)
def own_catalogue(tmp_path, monkeypatch):
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "own.yml").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_CATALOGUE", str(folder))


@pytest.fixture
def name():
    return a_name()


@pytest.fixture
def project(tmp_path, root, name):
    """Two places, one of which keeps a ledger with one person in it."""
    folder = make_project(tmp_path / "project", root)
    for table in (root / "data").glob("*.csv"):
        shutil.copy(table, folder / "data")
    for place in ("north", "south"):
        (folder / f"data/{place}/ledgers").mkdir(parents=True)
        (folder / f"data/{place}/facts.csv").write_text("fact,value\na,1\n")
    text = f"户编号,姓名,帮扶责任人,帮扶单位\n0001,{name},,\n"
    (folder / LEDGER).write_text(text, encoding="utf-8")
    return folder


def ran(project, *code, parameters=PARAMETERS, **options):
    """Run a brief of one chapter, which ends in this code."""
    book = notebook("first-title", parameters, IMPORTS, FINDING, *code)
    (project / "notebooks/01_first.ipynb").write_text(book, encoding="utf-8")
    (project / "reports/briefs.yml").write_text(a_spec(chapters=[{"notebook": "01_first"}]))
    return make(project, **options)[0]


def holding(project, *texts):
    """Name the files of the run in which one of the texts stands as it is."""
    files = [path for path in sorted((project / "reports").rglob("*")) if path.is_file()]
    return [p.name for p in files if any(text.encode() in p.read_bytes() for text in texts)]


PLACES = {
    "by default": 'place: str = "north"\n',
    "in a list": 'places: list[str] = ["south", "north"]\n',
    "by another name": 'township: str | None = "north"\n',
}


@pytest.mark.parametrize("declared", PLACES)
def test_a_name_is_searched_for_however_its_place_is_named(project, name, declared):
    assert ran(project, f"print({name!r})", parameters=PARAMETERS + PLACES[declared]).failures
    assert holding(project, name) == []


@pytest.mark.parametrize("shown", ["name", SHOWN])
def test_a_name_is_searched_for_where_the_notebook_only_opens_the_file(project, name, shown):
    assert ran(project, READ, shown).failures
    assert holding(project, name) == []


def test_a_name_is_searched_for_where_a_kernel_ran_the_chapter(project, name):
    assert ran(project, READ, "name", kernels=True).failures
    assert holding(project, name) == []


@pytest.mark.parametrize(
    "raised",
    ["raise ValueError(f'none of {who}')", "{}[who]", "raise ValueError('1' * 400 + '\\n' + who)"],
)
@pytest.mark.parametrize("kind", ["name", "number"])
def test_a_failure_repeats_no_person(project, name, raised, kind):
    who, said = (name if kind == "name" else an_id_number()), []
    place = 'place: str = "north"\n'
    told = ran(project, f"who = {who!r}", raised, parameters=PARAMETERS + place, said=said)
    assert told.failures
    assert holding(project, who) == []
    assert who not in "\n".join(said)
    summary = (project / "reports/generated/summary.json").read_text(encoding="utf-8")
    assert "names a person" in summary


def test_a_failure_masks_a_number_that_was_mistyped(project):
    number = an_id_number()
    wrong = number[:16] + str((int(number[16]) + 1) % 10) + number[17]
    assert ran(project, f"raise ValueError('row of {wrong}')").failures
    assert holding(project, wrong) == []


def test_a_table_read_by_a_path_from_the_project_is_noted_and_read_again_when_it_changes(project):
    read = "len(open('data/north/facts.csv').read())"
    ran(project, read)
    noted = json.loads((project / "reports/generated/own/chapters/01_first.json").read_text())
    assert "data/north/facts.csv" in noted["read"]
    (project / "data/north/facts.csv").write_text("fact,value\na,1\nb,2\n")
    assert list(make(project)[0].ran) == ["01_first"]
