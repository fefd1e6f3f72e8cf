"""A batch: many editions from one entry, whatever befalls one of them; its records compared."""

import contextlib
import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
import yaml
from projects import (
    CATALOGUE,
    FINDING,
    IMPORTS,
    PARAMETERS,
    Kept,
    contents,
    make,
    make_project,
    notebook,
)

from analysis import briefs, press, words
from analysis.__main__ import main
from analysis.briefs import chapters, outputs, published, record, revisions, verify, workers
from analysis.briefs.batch import Batch, said_seconds, time_left
from analysis.briefs.spec import SpecError, read_editions

PLACE = 'place: str = "north"  # folder\n' + PARAMETERS
READ = f"import os, pathlib\n{IMPORTS}\ndata = os.environ['ANALYSIS_DATA']"
OUTPUTS = 1 + 2 * len(outputs.KINDS)
ANY_FINDING = FINDING.replace(
    "area=area, share=share, word=word", "area='530000', share=0, word='a'"
)
HOME = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module", autouse=True)
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "own.yml").write_text(CATALOGUE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_CATALOGUE", str(folder))
        words._read_folders.cache_clear()
        yield folder
    words._read_folders.cache_clear()


@pytest.fixture(scope="module")
def kept(catalogue, tmp_path_factory, root):
    """One foreman for all batches of this module."""
    kept = Kept(make_project(tmp_path_factory.mktemp("kept") / "project", root))
    yield kept
    kept.leave()


@pytest.fixture(autouse=True)
def hired(kept, monkeypatch):
    monkeypatch.setattr(briefs, "hire", lambda *_: kept)


def write_spec(folder, **changes):
    brief = {
        "title": "own.title",
        "date": "2018-03-28",
        "parameters": {"area": "532601"},
        "chapters": [{"notebook": "01_first"}, {"notebook": "02_second"}],
    } | changes
    kept = {name: value for name, value in brief.items() if value is not None}
    text = yaml.safe_dump({"briefs": {"own": kept}}, allow_unicode=True)
    (folder / "reports/briefs.yml").write_text(text.replace("'2018-03-28'", "2018-03-28"))


def write_notebook(folder, name, *code):
    title = {"01_first": "first-title", "02_second": "second-title"}[name]
    (folder / f"notebooks/{name}.ipynb").write_text(notebook(title, *code))


@pytest.fixture
def project(tmp_path, root):
    """Two places, and a chapter that names one of them; the other chapter names none."""
    folder = make_project(tmp_path / "project", root)
    for place in ("north", "south"):
        (folder / "data" / place).mkdir()
        (folder / "data" / place / "facts.csv").write_text("fact,value\na,1\n")
    write_notebook(folder, "01_first", PLACE, IMPORTS, FINDING)
    write_spec(folder, **{"for": {"place": ["north", "south"]}})
    return folder


def ran(reports):
    return {report.name: list(report.ran) for report in reports}


# ---- editions from axes


def editions(project, *names):
    return read_editions(project / "reports/briefs.yml", project, names=names)


def test_an_entry_makes_an_edition_for_each_combination(project):
    counties = [
        {"name": "wen", "place": "north", "area": "532601"},
        {"name": "yun", "area": "530000"},
    ]
    axes = {"county": counties, "month": ["2018-02", "2018-03"]}
    write_spec(project, date=None, parameters={}, **{"for": axes})
    made = editions(project)
    names = ["own-wen-2018-02", "own-wen-2018-03", "own-yun-2018-02", "own-yun-2018-03"]
    assert [edition.name for edition in made] == names
    assert [str(edition.spec.date) for edition in made[:2]] == ["2018-02-28", "2018-03-31"]
    assert made[0].chapters[0].told == {"area": "532601"}
    assert [one.text(one.spec.title, "en")[-6:] for one in made[1:3]] == ["n City", "Yunnan"]
    assert [edition.name for edition in editions(project, "own-yun-2018-02")] == [names[2]]
    assert len(editions(project, "own")) == 4


def test_a_month_tells_the_chapters_what_was_known(project):
    write_notebook(project, "02_second", 'until: str = "2018-03-28"  # day', IMPORTS)
    write_spec(project, date=None, **{"for": {"month": ["2016-02"]}})
    first, second = editions(project)[0].chapters
    assert "until" not in first.effective
    assert second.told == {"until": "2016-02-29"}


DAY = date(2018, 3, 1)


def test_the_last_month_follows_the_day_of_the_run(project):
    write_notebook(project, "02_second", 'until: str = "2018-03-28"  # day', IMPORTS)
    write_spec(project, date=None, **{"for": {"place": ["north"], "month": ["last"]}})
    read = partial(read_editions, project / "reports/briefs.yml", project)
    for today, name in [
        (DAY, "2018-02"),
        (date(2018, 3, 31), "2018-02"),
        (date(2018, 1, 9), "2017-12"),
    ]:
        (edition,) = read(today=today)
        assert edition.name == f"own-{name}-north"
        assert edition.chapters[1].told == {"until": edition.spec.date.isoformat()}
        assert edition.spec.date.isoformat()[:7] == name
        assert (edition.spec.date + timedelta(days=1)).day == 1


def test_a_month_that_has_passed_is_asked_for_by_its_name(project):
    axes = {"place": ["north", "south"], "month": ["last"]}
    write_spec(project, date=None, **{"for": axes})
    read = partial(read_editions, project / "reports/briefs.yml", project, today=DAY)
    asked = [edition.name for edition in read(names=["own-2017-11-south", "own-2018-02-north"])]
    assert asked == ["own-2018-02-north", "own-2017-11-south"]
    assert len(read(names=["own"])) == 2
    with pytest.raises(SpecError, match="there is no brief 'own-2017-11-east'"):
        read(names=["own-2017-11-east"])
    write_spec(project, date=None, **{"for": axes | {"month": ["2018-02"]}})
    with pytest.raises(SpecError, match="there is no brief 'own-2017-11-north'"):
        read(names=["own-2017-11-north"])


def test_the_last_month_may_be_one_that_is_written_out(project):
    write_spec(project, date=None, **{"for": {"month": ["2018-01", "2018-02", "last"]}})
    made = read_editions(project / "reports/briefs.yml", project, today=DAY)
    assert [edition.name for edition in made] == ["own-2018-01", "own-2018-02"]


def test_every_month_makes_its_own_edition_and_verify_finds_the_one_before(project):
    write_notebook(project, "02_second", 'until: str = "2018-03-28"  # day', IMPORTS, ANY_FINDING)
    write_spec(
        project, date=None, parameters={}, title="press.author", **{"for": {"month": ["last"]}}
    )
    for month, name in [(3, "own-2018-02"), (4, "own-2018-03")]:
        (report,) = make(project, today=date(2018, month, 1))
        assert (report.name, report.failures, len(report.made)) == (name, [], OUTPUTS)
        again = make(project, today=date(2018, month, 28))[0]
        assert (again.name, again.made) == (name, [])
    noted = json.loads((project / "reports/generated/own-2018-02/run.json").read_text())
    assert noted["date"] == "2018-02-28"
    assert noted["chapters"][1]["parameters"] == {"until": "2018-02-28"}
    said = []
    assert verify.verify_brief("own-2018-02", root=project, say=said.append), said


def test_a_month_may_stand_for_parameters_of_its_own(project):
    axes = {"month": [{"name": "2018-02", "share": 0.25}]}
    write_spec(project, date=None, parameters={}, title="press.author", **{"for": axes})
    (edition,) = editions(project)
    assert (edition.name, str(edition.spec.date)) == ("own-2018-02", "2018-02-28")
    assert edition.chapters[0].told == {"share": 0.25}


@pytest.mark.parametrize("month", ["1979-12", "2100-01", "lsat", "2018-3", {"name": "last"}])
def test_a_month_that_cannot_be_dated_is_refused(month, project):
    write_spec(project, date=None, **{"for": {"month": [month]}})
    with pytest.raises(SpecError, match="is not a month; write it as 2018-03, from 1980 on, or as"):
        editions(project)


def _printed_example(project, root):
    """Write the entry that the document prints as the whole briefs.yml of a copy of the project."""
    text = (root / "docs/batch.md").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for part in ("notebooks", "data"):
        shutil.copytree(root / part, project / part, dirs_exist_ok=True)
    (project / "reports/briefs.yml").write_text(entry, encoding="utf-8")
    return yaml.safe_load(entry)["briefs"]["county"]


def test_the_example_of_the_document_lists_the_editions_it_says(project, root):
    printed = _printed_example(project, root)
    made = editions(project)
    assert [one.name for one in made] == [
        f"county-{place}-{month}"
        for place in ("wenshan", "demo")
        for month in printed["for"]["month"]
    ]
    assert made[2].text(made[2].spec.title, "en") == "Poverty in Demo County (made up)"
    named = re.findall(r"county-[a-z]+-\d{4}-\d\d", (root / "docs/batch.md").read_text("utf-8"))
    assert {one.name for one in made} & set(named) == {"county-wenshan-2018-03"}


@pytest.mark.slow
def test_the_example_of_the_document_runs_as_printed(project, root):
    _printed_example(project, root)
    assert [report.failures for report in make(project, languages=["en"])] == [[]] * 4


@pytest.mark.parametrize(
    ("axes", "fault"),
    [
        ({"place": ["../north"]}, "for > place: '../north' is not a plain name"),
        (
            {"place": [{"name": "x", "place": "../north"}]},
            "for > place > place: '../north' is not the name of a folder",
        ),
        ({"plcae": ["north"]}, "'plcae' is not a parameter of any chapter; did you mean 'place'?"),
        ({"share": [0.5]}, "0.5 is not a plain name; use a-z, 0-9, _ and - (no path, no code), or"),
        ({"place": [{"place": "north"}]}, "has no name; add a name of a-z"),
        ({"place": [{"name": "a/b", "place": "north"}]}, "'a/b' is not a plain name"),
        ({"place": ["north", "north"]}, "two editions are called 'own-north'"),
        ({"place": []}, "for > place: [] does not fit"),
        ({"Place; id": ["north"]}, "'Place; id' is not a plain name"),
        ({"month": ["2018-03"]}, "date: stands beside for > month, which gives the date"),
        ({"month": ["2018-13"]}, "for > month: '2018-13' is not a month; write it as 2018-03"),
        (
            {"one": [{"name": "x", "place": "north"}], "place": ["south"]},
            "for > place: 'place' is given under one too; give it under one of both",
        ),
        ({"years": list(range(100)), "area": list(range(100))}, "10000 editions, and 5000 are the"),
    ],
)
def test_a_wrong_axis_is_refused_with_value_and_remedy(project, axes, fault):
    write_spec(project, **{"for": axes})
    with pytest.raises(SpecError) as caught:
        editions(project)
    assert fault in str(caught.value)


def test_a_month_and_another_axis_do_not_both_say_until_when(project):
    axes = {"month": ["2018-03"], "end": [{"name": "x", "until": "2018-01-31"}]}
    write_spec(project, date=None, **{"for": axes})
    with pytest.raises(SpecError, match="for > month: 'until' is given under end too"):
        editions(project)


def test_a_fault_of_the_template_is_named_once_for_all_editions(project):
    write_spec(project, title="own.nothing", **{"for": {"place": ["north", "south"]}})
    with pytest.raises(SpecError) as caught:
        editions(project)
    assert len(str(caught.value).splitlines()) == 1


def test_a_wrong_key_in_every_value_of_an_axis_hides_no_other_fault(project):
    values = [{"name": f"c{n}", "yaer": 2017} for n in range(25)]
    chapters = [{"notebook": "99_gone"}]
    write_spec(project, title="own.nothing", chapters=chapters, **{"for": {"place": values}})
    with pytest.raises(SpecError) as caught:
        editions(project)
    said = str(caught.value)
    assert said.count("'yaer' is not a parameter") == 1 and "more" not in said
    assert "the catalogue has no text 'own.nothing'" in said
    assert "there is no notebook '99_gone'" in said


def test_a_title_that_asks_for_what_the_brief_lacks_is_refused_before_anything_runs(project):
    write_spec(project, parameters={})
    with pytest.raises(SpecError, match="asks for 'area'"):
        editions(project)


# ---- the same work once, and only what a change concerns


def test_the_same_work_is_done_once_and_shared(project):
    said = []
    reports = make(project, said=said)
    assert [report.failures for report in reports] == [[], []]
    assert sum("02_second done" in line for line in said) == 1
    made = project / "reports/generated"
    shared = [made / f"own-{place}/chapters/02_second.ipynb" for place in ("north", "south")]
    assert os.path.samefile(*shared)
    assert make(project)[0].made == []
    whole = contents(made)

    shutil.rmtree(made / "own-south")
    said.clear()
    assert make(project, said=said)[1].ran == ["02_second", "01_first"]
    assert not any("02_second done" in line for line in said)
    again = contents(made)
    unlike = {path.name for path in whole if again[path] != whole[path]}
    assert unlike <= {"run.json", "01_first.json"}


def test_a_change_in_one_place_does_not_concern_the_others(project):
    make(project)
    (project / "data/north/facts.csv").write_text("fact,value\na,2\n")
    assert ran(make(project)) == {"own-north": ["01_first"], "own-south": []}
    (project / "data/reference/areas.csv").write_text(
        (project / "data/reference/areas.csv").read_text() + "\n"
    )
    everything = {"own-north": ["01_first", "02_second"], "own-south": ["01_first", "02_second"]}
    assert {name: sorted(own) for name, own in ran(make(project)).items()} == everything


def test_a_chapter_that_was_seen_to_read_another_place_depends_on_it(project):
    stray = f"{READ}\nother = pathlib.Path(data, 'south', 'facts.csv').read_text()"
    write_notebook(project, "01_first", PLACE, stray, FINDING)
    make(project, "own-north")
    noted = project / "reports/generated/own-north/chapters/01_first.json"
    assert "data/south/facts.csv" in json.loads(noted.read_text())["read"]
    (project / "data/south/facts.csv").write_text("fact,value\na,3\n")
    assert ran(make(project, "own-north")) == {"own-north": ["01_first"]}


# ---- what goes wrong in one place stays there


def test_one_failing_county_stops_nobody_and_is_said_in_one_line(project):
    failing = f'{IMPORTS}\nassert place == "south", "the ledger of the north is empty"'
    write_notebook(project, "01_first", PLACE, failing, FINDING)
    north, south = make(project)
    assert (south.failures, len(south.made)) == ([], OUTPUTS)
    assert len(north.failures) == 1
    line = "own-north: 01_first: cell 3 (cell-1) of 01_first.ipynb failed: AssertionError: the "
    assert north.failures[0].startswith(line)
    summary = json.loads((project / "reports/generated/summary.json").read_text())
    assert (summary["exit_code"], summary["briefs"]) == (1, {"made": 1, "kept": 0, "failed": 1})
    assert summary["editions"][0]["failures"][0]["cell"] == "cell-1"
    assert summary["editions"][0]["failures"][0]["remedy"].startswith(
        "open notebooks/01_first.ipynb"
    )


def test_a_place_whose_folder_is_away_harms_no_other(project):
    """A folder that is shared over a network may be away for a night."""
    assert [report.failures for report in make(project)] == [[], []]
    before = (project / "reports/generated/own-north/own-north.en.pdf").read_bytes()
    (project / "data/north").rename(project / "away")
    (project / "data/common.csv").write_text("a\n1\n")
    lines = []
    north, south = make(project, said=lines)
    assert north.failures == [
        "own-north: 01_first: there is no data/north/facts.csv; "
        "put its folder in place, or mend its name in briefs.yml"
    ]
    assert (south.failures, len(south.made)) == ([], OUTPUTS)
    assert (project / "reports/generated/own-north/own-north.en.pdf").read_bytes() == before
    assert "own-north: what is in reports/generated/own-north is of an earlier run" in lines
    (project / "away").rename(project / "data/north")
    assert [report.failures for report in make(project)] == [[], []]


def test_a_run_speaks_the_language_of_whoever_reads_it(project, monkeypatch):
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "zh")
    (project / "data/north/facts.csv").unlink()
    lines = []
    north, _ = make(project, said=lines)
    assert north.failures == [
        "own-north：01_first：没有data/north/facts.csv；把该地的文件夹放到位，或改正briefs.yml中的名称"
    ]
    assert lines[0] == "own-north：01_first失败（1/3）"
    assert not [line for line in lines if re.search(r"\b(done|of|left|FAILED)\b", line)]
    assert make(project, "own-south", said=lines)[0].failures == []
    assert lines[-1] == "own-south：自上次运行以来没有变化，见reports/generated/own-south"


def test_a_brief_that_takes_too_long_or_dies_harms_no_other(project):
    wait = "import time; time.sleep(60 if place == 'north' else 0)"
    write_notebook(project, "01_first", PLACE, f"{IMPORTS}\n{wait}", FINDING)
    dies = f"{IMPORTS}\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    write_notebook(project, "02_second", PARAMETERS, dies)
    chosen = [{"notebook": "01_first"}]
    axes = {"for": {"place": ["north", "south"]}}
    write_spec(project, time_limit=12.0, chapters=chosen, **axes)
    north, south = make(project)
    assert "took longer than the time limit of its brief" in north.failures[0]
    assert "raise time_limit in briefs.yml" in north.failures[0]
    assert south.failures == []
    write_spec(project, chapters=[{"notebook": "02_second"}])
    died = make(project)[0].failures
    assert len(died) == 1 and "02_second: its process died without a word" in died[0]


def test_a_foreman_that_dies_fails_what_it_was_given_and_says_so(project):
    foreman = workers.Foreman(chapters.prepare, [str(project)], {})
    foreman.start(workers.Task("a", time.sleep, (60,), 60.0))
    foreman._process.kill()
    assert foreman.ended() == [] and foreman.alive, "the first death is made good"
    foreman._process.kill()
    outcome = foreman.ended()[0]
    assert outcome.key == "a" and "died without a word" in outcome.failure.said
    assert not foreman.alive
    foreman.stop()


def test_large_tasks_and_large_outcomes_pass_each_other_on_the_line(project):
    foreman = workers.Foreman(chapters.prepare, [str(project)], {})
    large = "x" * 4_000_000
    hung = threading.Timer(60, foreman._process.kill)
    hung.start()
    for number in range(6):
        foreman.start(workers.Task(str(number), str.upper, (large,), 50))
    told = [outcome for _ in range(6) for outcome in foreman.ended()]
    hung.cancel()
    foreman.stop()
    assert {len(outcome.result or "") for outcome in told} == {len(large)}


def test_a_second_run_in_the_same_folder_is_refused(project):
    with briefs._alone(project), pytest.raises(BlockingIOError, match="another run is at work"):
        make(project, generated=project)


# In a process of its own: a fork of one that has set a page before would wait for its threads.
INSPECTED = """
import os, sys
from functools import partial
from pathlib import Path
from analysis import briefs
from analysis.briefs import chapters, outputs, workers
root, ending = Path(sys.argv[1]), sys.argv[2]
os.environ.update(chapters.kernel_environment(root))
chapters.prepare(str(root))
briefs.hire = lambda *_: workers.Crew("fork")
def finds(files, root, places):
    return [f"{name} holds a name" for name in files if name.endswith(ending)]
outputs.INSPECTORS[:] = [finds]
print(briefs.make_briefs(["own-north"], root=root, say=lambda line: None)[0].failures[0])
"""


def inspected(project, ending):
    asked = [sys.executable, "-c", INSPECTED, str(project), ending]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=300).stdout


def test_nothing_an_inspector_names_is_put_in_place(project):
    assert inspected(project, ".pdf").strip() == (
        "own-north: own-north.zh.pdf holds a name; own-north.en.pdf holds a name; "
        "take it out of the notebook or of the table that is shown"
    )
    assert not list((project / "reports/generated/own-north").glob("*.*"))
    write_notebook(project, "01_first", PLACE, IMPORTS, FINDING, FINDING)
    assert "01_first.ipynb holds a name; take it out" in inspected(project, "01_first.ipynb")


def test_time_left_and_how_it_is_said():
    assert time_left([], {"a": [1.0]}, 2) == 0.0
    assert time_left(["a", "b"], {"a": [2.0], "b": [4.0, 6.0]}, 1) == 7.0
    assert said_seconds(99) == "99 s" and said_seconds(5999) == "100 min"


# ---- the two engines

SHOWS = """import sys, warnings
from IPython.display import HTML, display
import matplotlib.pyplot as plt, pandas as pd
"""
CELLS = (
    SHOWS,
    'print("a")\nprint("b", file=sys.stderr)\nprint("c")',
    'display(HTML("<b>1</b>"))\npd.DataFrame({"a": [1.5, None]})',
    "plt.plot([1, 2]); plt.title('t')",
    "_ + 1 if isinstance(_, int) else len(In), Out.keys()",
    "import asyncio\nawait asyncio.sleep(0)\n{1: (2, 3)}",
    "%matplotlib inline",
    "x: int = 3\nx;",
    "",
    "...",
)


def run_apart(job):
    hands = briefs.hire()
    hands.start(workers.Task("a", chapters.run_chapter, (job,), 100.0))
    return hands.ended()[0]


def in_both_engines(project, name):
    job = chapters.Job(name, project / f"notebooks/{name}.ipynb", {"share": 0.25}, project)
    return [run_apart(job._replace(kernel=kernel)) for kernel in (False, True)]


def test_both_engines_give_the_same_outputs_in_every_cell(project):
    write_notebook(project, "01_first", PARAMETERS, IMPORTS, FINDING, *CELLS)
    here, kernel = in_both_engines(project, "01_first")
    assert here.failure is None and kernel.failure is None
    assert json.loads(here.result.content) == json.loads(kernel.result.content)
    assert "data/reference/areas.csv" in here.result.read and kernel.result.read is None


@pytest.mark.parametrize(
    "metadata", [{}, {"kernelspec": {"name": "conda-r", "display_name": "R", "language": "R"}}]
)
def test_a_notebook_is_python_whatever_it_says_of_its_kernel(project, metadata):
    path = project / "notebooks/01_first.ipynb"
    write_notebook(project, "01_first", PARAMETERS, IMPORTS, FINDING)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"metadata": metadata}))
    here, kernel = in_both_engines(project, "01_first")
    assert here.failure is None and "25.0%" in here.result.content.decode()
    assert json.loads(here.result.content) == json.loads(kernel.result.content)


@pytest.mark.parametrize("cell", ["1 / 0", "def f(:", "%nothing"])
def test_both_engines_fail_in_the_same_words(project, cell):
    write_notebook(project, "02_second", PARAMETERS, IMPORTS, cell)
    here, kernel = in_both_engines(project, "02_second")
    assert here.failure == kernel.failure


def test_what_is_skipped_is_the_same(project):
    path = project / "notebooks/02_second.ipynb"
    write_notebook(project, "02_second", PARAMETERS, "1 / 0", "5")
    held = json.loads(path.read_text())
    held["cells"][2]["metadata"]["tags"] = ["skip-execution"]
    path.write_text(json.dumps(held))
    here, kernel = in_both_engines(project, "02_second")
    assert json.loads(here.result.content) == json.loads(kernel.result.content)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["04_fund_allocation", "07_register_flows"])
def test_a_chapter_of_the_project_is_the_same_in_both_engines(root, name):
    job = chapters.Job(name, root / f"notebooks/{name}.ipynb", {}, root)
    here, kernel = (run_apart(job._replace(kernel=kernel)) for kernel in (False, True))
    assert here.result.content == kernel.result.content


def test_the_start_of_a_kernel_is_tried_again(monkeypatch):
    from analysis.briefs import engine

    tries = []

    class Stubborn(engine._Client):
        def execute(self, **_):
            tries.append(1)
            self.begun = len(tries) == 5
            raise RuntimeError("Kernel died before replying to kernel_info")

    class Held:
        nb = json.loads(notebook("first-title", "a: int = 1"))

    monkeypatch.setattr(engine, "_Client", Stubborn)
    monkeypatch.setattr(engine, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(Held, "nb", engine.nbformat.from_dict(Held.nb))
    with pytest.raises(RuntimeError):
        engine.KernelEngine.execute_managed_notebook(Held, "python3")
    assert len(tries) == engine.STARTS
    with pytest.raises(RuntimeError):
        engine.KernelEngine.execute_managed_notebook(Held, "python3")
    assert len(tries) == 5


# ---- killed at any moment


def standing(made):
    """What is done: files that a record names and that are what it says, by their inode."""
    found = {}
    for noted in made.glob("*/chapters/*.json"):
        chapter = noted.with_suffix(".ipynb")
        if record.stands(chapter, record.read_record(noted).get("sha256")):
            found[chapter] = chapter.stat().st_ino
    for run in made.glob("*/run.json"):
        for output in json.loads(run.read_text())["outputs"].values():
            path = run.parent / output["file"]
            assert record.stands(path, output["sha256"])
            found[path] = path.stat().st_ino
    return found


def assert_whole(made):
    for path in made.rglob("*"):
        if path.suffix in {".json", ".ipynb"} and not path.name.startswith("."):
            json.loads(path.read_text())
        if path.suffix == ".pdf" and not path.name.startswith("."):
            assert path.read_bytes().rstrip().endswith(b"%%EOF")


KILLED = """
import os, random, signal, sys, time
from functools import partial
from pathlib import Path
from analysis import briefs
from analysis.briefs import chapters, workers
root = Path(sys.argv[1])
os.environ.update(chapters.kernel_environment(root))
chapters.prepare(str(root))
briefs.hire = lambda *_: workers.Crew("fork", 2)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        # Here the workers are forks of the batch, and hold its lock until they too are gone.
        while True:
            try:
                briefs.make_briefs(root=root, say=lambda line: None)
                os._exit(0)
            except BlockingIOError:
                time.sleep(0.01)
    seconds = float(line)
    end = time.monotonic() + seconds
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < end:
        time.sleep(0.002)
    if ended == (0, 0):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    print("killed" if ended == (0, 0) else "ended", flush=True)
"""


@pytest.mark.slow
def test_fifty_kills_lose_nothing_leave_nothing_by_halves_and_repeat_nothing(project):
    shares = [{"name": f"s{number}", "share": number / 100} for number in range(6)]
    write_notebook(project, "02_second", PARAMETERS, IMPORTS, FINDING)
    write_spec(project, **{"for": {"share": shares}})
    made, dice, kills = project / "reports/generated", random.Random(20180328), 0
    asked = [sys.executable, "-c", KILLED, str(project)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(asked, **pipes) as harness:
        whole = -time.monotonic()
        harness.stdin.write("600\n")
        harness.stdin.flush()
        assert harness.stdout.readline().strip() == "ended"
        whole += time.monotonic()
        shutil.rmtree(made)
        while kills < 50:
            before = standing(made)
            harness.stdin.write(f"{dice.uniform(0.0, whole / 3)}\n")
            harness.stdin.flush()
            ended = harness.stdout.readline().strip()
            assert_whole(made)
            after = standing(made)
            assert {path: after.get(path) for path in before} == before
            kills += ended == "killed"
            if ended == "ended":
                assert len(after) == 6 * (2 + OUTPUTS)
                shutil.rmtree(made)
        harness.stdin.close()
    assert all(report.failures == [] for report in make(project))
    assert len(standing(made)) == 6 * (2 + OUTPUTS)
    assert not [path for path in made.rglob(".*") if path.name != ".lock"]


def command(project, *words_, **environment):
    told = os.environ | {"ANALYSIS_ROOT": str(project), "PYTHONPATH": str(HOME)} | environment
    return [sys.executable, "-m", "analysis", *words_], told


@pytest.mark.slow
def test_a_killed_command_takes_everything_it_started_with_it(project):
    make(project)
    whole = contents(project / "reports/generated")
    shutil.rmtree(project / "reports/generated")
    for seconds in (0.6, 2.0, 3.5, 5.0):
        asked, told = command(project, "brief", ANALYSIS_MARK=str(project))
        started = subprocess.Popen(asked, env=told, stdout=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(seconds)
        started.send_signal(signal.SIGKILL)
        started.wait()
        assert_whole(project / "reports/generated")
    end = time.monotonic() + 60
    while (left := _marked(str(project))) and time.monotonic() < end:
        time.sleep(0.1)
    assert not left
    make(project)
    again = contents(project / "reports/generated")
    unlike = {path.name for path in whole if again[path] != whole[path]}
    assert unlike <= {"run.json", "01_first.json", "02_second.json"}


def _marked(mark):
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            found += [path] if f"ANALYSIS_MARK={mark}".encode() in path.read_bytes() else []
    return found


# ---- the record


@pytest.mark.slow
def test_two_folders_on_two_days_give_the_same_bytes(project, tmp_path):
    if not shutil.which("faketime"):
        pytest.skip("the program faketime, which changes the date, is not installed")
    other = shutil.copytree(project, tmp_path / "elsewhere" / "copy")
    made = []
    for folder, day in ((project, "2018-04-01 09:00:00"), (other, "2031-12-24 23:59:00")):
        asked, told = command(folder, "brief")
        faked = ["faketime", "-m", "-f", f"@{day}", *asked]
        subprocess.run(faked, env=told, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        written = json.loads((folder / "reports/generated/own-north/run.json").read_text())[
            "written"
        ]
        assert written[:4] == day[:4]
        made.append(folder / "reports/generated")
    files = [p.relative_to(made[0]) for p in contents(made[0]) if p.suffix != ".json"]
    assert len(files) == 2 * (2 + OUTPUTS - 1)
    for file in [*files, Path("own-north/published.json")]:
        assert (made[0] / file).read_bytes() == (made[1] / file).read_bytes(), file


def test_verify_says_same_or_what_differs(project):
    said = []
    assert make(project, "own-north")[0].failures == []
    assert verify.verify_brief("own-north", root=project, say=said.append)
    assert len(said) == 2 + OUTPUTS and all(line.startswith("same: ") for line in said)

    write_notebook(project, "01_first", PLACE.replace("0.5", "0.75"), IMPORTS, FINDING)
    said.clear()
    assert not verify.verify_brief("own-north", root=project, say=said.append)
    assert "differs: 01_first.ipynb" in said and "same: 02_second.ipynb" in said
    assert "changed since then: notebook (concerns 01_first)" in said
    assert any("50.0% → 75.0%" in line for line in said)
    assert "differs: own-north.en.pdf" in said


def test_verify_speaks_the_language_of_the_run(project, monkeypatch):
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "zh")
    make(project, "own-north")
    write_notebook(project, "01_first", PLACE.replace("0.5", "0.75"), IMPORTS, FINDING)
    (project / "reports/generated/own-north/own-north.zh.pdf").unlink()
    said = []
    assert not verify.verify_brief("own-north", root=project, say=said.append)
    assert {"不一致：01_first.ipynb", "一致：02_second.ipynb"} < {*said}
    assert "不一致：own-north.zh.pdf与记录所载不符，已被改动或移走" in said
    assert "此后有变动：笔记本（涉及01_first）" in said


def test_verify_says_that_a_subtitle_was_changed(project):
    make(project, "own-north")
    write_spec(project, subtitle="own.title", **{"for": {"place": ["north"]}})
    said = []
    assert not verify.verify_brief("own-north", root=project, say=said.append)
    assert "changed since then: subtitle" in "\n".join(said)


def test_verify_sees_a_file_that_was_tampered_with(project):
    make(project, "own-north")
    path = project / "reports/generated/own-north/own-north.zh.pdf"
    path.write_bytes(path.read_bytes() + b"\n")
    said = []
    assert not verify.verify_brief("own-north", root=project, say=said.append)
    assert "differs: own-north.zh.pdf is not the file that the record names" in "\n".join(said)


def test_compare_names_every_number_that_changed_and_why_and_the_brief_carries_the_note(project):
    stated = f"{READ}\nread = pathlib.Path(data, place, 'facts.csv').read_text()"
    moved = "share = share + float(read[-2]) / 100\n"
    write_notebook(project, "01_first", PLACE, stated, moved + FINDING)
    make(project, "own-north")
    assert revisions.keep("own-north", "march", project) == "reports/kept/march.json"
    old = revisions.find_record("march", project)
    assert revisions.compare(old, revisions.find_record("own-north", project)) == []

    (project / "data/north/facts.csv").write_text("fact,value\na,3\n")
    write_spec(project, revises="march", **{"for": {"place": ["north"]}})
    assert make(project)[0].failures == []
    new = revisions.find_record("own-north", project)
    (change,) = revisions.compare(old, new)
    assert (change.chapter, change.old["en"], change.new["en"]) == ("01_first", "51.0%", "53.0%")
    assert change.causes == ("data: data/north/facts.csv",)
    lines = revisions.note([change], "zh")
    assert "51.0% → 53.0%。原因：数据（data/north/facts.csv）" in lines[1]

    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(project / "reports/generated/own-north/own-north.en.pdf").pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "What was revised since the last edition?" in text
    assert "Published numbers that differ from the edition of 28 March 2018: 1." in text
    assert "51.0%" in text and "data/north/facts.csv" in text
    assert make(project)[0].made == []


def test_every_edition_of_an_entry_revises_that_of_the_month_before_once_it_is_kept(project):
    until = f'until: str = "2018-03-28"  # day\n{PARAMETERS}'
    write_notebook(project, "02_second", until, IMPORTS, f"share += int(until[6]) / 100\n{FINDING}")
    axes = {"month": ["2018-02"], "place": ["north", "south"]}
    write_spec(project, date=None, revises="previous", **{"for": axes})
    assert [edition.spec.revises for edition in editions(project)] == [None, None]
    said = []
    make(project, said=said)
    assert said[-1].startswith("own: editions without a revision note")
    assert "neither kept nor made here, such as own-2018-01-north: 2; if" in said[-1]
    assert "analysis keep" not in said[-1]
    summary = json.loads((project / "reports/generated/summary.json").read_text())
    assert [row["unkept"][-5:] for row in summary["editions"]] == ["north", "south"]
    made = project / "reports/generated/own-2018-02-north"
    page = (made / "own-2018-02-north.en.html").read_text()
    assert "No record of an edition of 31 January 2018 was kept" in page
    assert "没有留存2018年1月31日那一版的记录" in (made / "own-2018-02-north.zh.html").read_text()
    write_spec(project, date=None, revises="previous", **{"for": axes | {"month": ["2018-03"]}})
    (line,) = revisions.unkept(editions(project), project)
    assert "such as own-2018-02-north: 2; once it has been issued, `" in line
    assert line.split("`")[1] == "python -m analysis keep own-2018-02-north"
    south = made.with_name("own-2018-02-south").rename(project / "away")
    assert len(revisions.unkept(editions(project), project)) == 2
    south.rename(made.with_name("own-2018-02-south"))
    write_spec(project, date=None, revises="previous", **{"for": axes})
    assert revisions.issued("own-2018-02-north", project) == ["own-2018-02-north"]
    for name in revisions.issued("own", project):
        revisions.keep(name, name, project)
    write_spec(project, date=None, revises="previous", **{"for": axes | {"month": ["2018-03"]}})
    assert [edition.spec.revises for edition in editions(project)] == [
        "own-2018-02-north",
        "own-2018-02-south",
    ]
    assert [report.failures for report in make(project)] == [[], []]
    page = (project / "reports/generated/own-2018-03-south/own-2018-03-south.en.html").read_text()
    assert "was kept" not in page
    assert "differ from the edition of 28 February 2018: 1." in page
    write_spec(project, revises="previous", **{"for": {"place": ["north"]}})
    with pytest.raises(SpecError, match="previous is the month before; give the brief months"):
        editions(project)


def test_an_edition_made_anew_is_compared_with_its_record_kept_under_the_same_name(
    project, monkeypatch
):
    read = f"{READ}\nread = pathlib.Path(data, place, 'facts.csv').read_text()"
    write_notebook(project, "01_first", PLACE, read, f"share += int(read[-2]) / 100\n{FINDING}")
    make(project, "own-north")
    revisions.keep("own-north", "own-north", project)
    (project / "data/north/facts.csv").write_text("fact,value\na,4\n")
    make(project, "own-north")
    with pytest.raises(ValueError, match=r"json keeps other numbers.* --as NAME; .* remove the"):
        revisions.keep("own-north", "own-north", project)
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "zh")
    with pytest.raises(ValueError, match=r"未被覆盖；.*--as NAME；.*请先删除该文件再重新keep"):
        revisions.keep("own-north", "own-north", project)
    old = revisions.find_record("own-north", project)
    new = revisions.find_record("own-north", project, made_first=True)
    assert len(revisions.compare(old, new)) == 1


@pytest.mark.parametrize("unwritten", ["own-north.zh.pdf", "run.json"])
def test_what_a_stopped_run_left_is_neither_kept_nor_compared(project, monkeypatch, unwritten):
    read = f"{READ}\nread = pathlib.Path(data, place, 'facts.csv').read_text()"
    write_notebook(project, "01_first", PLACE, read, f"share += int(read[-2]) / 100\n{FINDING}")
    make(project, "own-north")
    revisions.keep("own-north", "first", project)
    (project / "data/north/facts.csv").write_text("fact,value\na,4\n")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(press, "write_whole", partial(stopped_at, unwritten, press.write_whole))
        make(project, "own-north")
    for asked in (["keep", "own-north", "--as", "b"], ["compare", "first", "own-north"]):
        assert "own-north was not finished: " in refused(project, *asked)
    make(project, "own-north")
    assert revisions.keep("own-north", "b", project) == "reports/kept/b.json"
    old, new = (revisions.find_record(name, project) for name in ("first", "b"))
    (change,) = revisions.compare(old, new)
    assert change.causes == ("data: data/north/facts.csv",)


def stopped_at(name, write, path, content):
    if path.name == name:
        raise KeyboardInterrupt
    write(path, content)


def refused(project, *words_):
    asked, told = command(project, *words_)
    ended = subprocess.run(asked, env=told, capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended
    return ended.stderr


def test_a_brief_is_kept_only_with_every_file_that_its_record_names(project):
    make(project, "own-north")
    (project / "reports/generated/own-north/own-north.en.xlsx").write_bytes(b"")
    with pytest.raises(revisions.NoRecord, match=r"own-north\.en\.xlsx is not the file that run"):
        revisions.keep("own-north", "own-north", project)
    assert not (project / "reports/kept").exists()


def shown_rows(rows, kind="table", left=(0,)):
    both = partial(dict.fromkeys, words.LANGUAGES)
    columns = [
        {"name": f"c{at}", "align": "left" if at in left else "right", "title": both(f"C{at}")}
        for at in range(len(rows[0]))
    ]
    exhibit = {"kind": kind, "key": "k", "title": both("T"), "columns": columns, "rows": both(rows)}
    return revisions.Record({"chapters": []}, [{"chapter": "01", "cell": "a", **exhibit}])


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ([["a", "4.31"], ["b", "5.0"]], [["a", "4.41"], ["b", "5.0"]], (0, 1)),
        ([["a", "4.31", "x"]], [["a", "4.41", "x"]], (0, 1, 2)),
        ([["−1.31", "9"], ["7", "8"]], [["−1.41", "9"], ["7", "8"]], ()),
    ],
    ids=["words alone", "words alone, three", "numbers alone"],
)
def test_a_number_that_changes_is_one_change_wherever_it_stands(before, after, left):
    (change,) = revisions.compare(shown_rows(before, left=left), shown_rows(after, left=left))
    assert (change.old["en"], change.new["en"]) in {("4.31", "4.41"), ("−1.31", "−1.41")}


def test_rows_called_alike_by_their_first_word_are_told_apart_by_the_next():
    rows = [["a", "x", "1"], ["a", "y", "2"]]
    moved = [["a", "x", "1"], ["a", "y", "3"]]
    (change,) = revisions.compare(*(shown_rows(one, left=(0, 1)) for one in (rows, moved)))
    assert "a · y" in change.where["en"]


def test_a_changed_text_of_the_offices_own_catalogue_makes_the_chapters_anew(project):
    own = Path(os.environ["ANALYSIS_CATALOGUE"]) / "more.yml"
    own.write_text("more: {said: {zh: 甲, en: A}}", encoding="utf-8")
    make(project, "own-north")
    assert make(project, "own-north")[0].made == []
    own.write_text("more: {said: {zh: 乙, en: B}}", encoding="utf-8")
    assert make(project, "own-north")[0].ran


def test_a_run_in_one_language_leaves_no_pages_of_older_data_in_the_other(project):
    make(project, "own-north")
    folder = project / "reports/generated/own-north"
    (project / "data/north/facts.csv").write_text("fact,value\na,7\n")
    make(project, "own-north", languages=["en"])
    assert not list(folder.glob("*.zh.*")) and len(list(folder.glob("*.en.*"))) == 4
    noted = json.loads((folder / "run.json").read_text())["outputs"]
    assert not [name for name in noted if name.startswith("zh.")]
    make(project, "own-north", languages=["zh"])
    assert len(list(folder.glob("*.en.*"))) == len(list(folder.glob("*.zh.*"))) == 4


def test_a_wrong_request_leaves_no_summary_of_an_earlier_run(project):
    make(project, "own-north")
    summary = project / "reports/generated/summary.json"
    assert summary.exists()
    with pytest.raises(SpecError):
        make(project, "nowhere")
    assert not summary.exists()


def test_the_keyboards_interrupt_is_said_in_one_line(project):
    write_notebook(project, "01_first", PLACE, f"import time\ntime.sleep(60)\n{IMPORTS}", FINDING)
    asked, told = command(project, "brief", "own-north")
    running = subprocess.Popen(asked, env=told, stderr=subprocess.PIPE, text=True)
    time.sleep(8)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "stopped; run it again: what is done is kept" in said and "Traceback" not in said


def edition(register=True, **counts):
    """One published table: a village, a year and what is counted there."""
    both = partial(dict.fromkeys, words.LANGUAGES)
    names = {"village": "甲", "year": "2017", **counts}
    columns = [
        {"name": name, "align": "left" if name == "village" else "right", "title": both(name)}
        for name in names
    ]
    table = {"kind": "table", "key": "register.held", "title": both("T"), "columns": columns}
    table |= {"rows": both([list(names.values())])} | ({"register": True} if register else {})
    return revisions.Record({"chapters": []}, [{"chapter": "07", "cell": "a", **table}])


@pytest.mark.parametrize(
    ("before", "after", "quiet"),
    [
        ("1,152", "1,150", True),
        ("1,152", "1,100", False),
        ("12", "*", True),
        ("*", "12", True),
        ("12", "—", False),
    ],
)
def test_what_would_tell_of_a_few_is_named_without_its_values(before, after, quiet):
    changes = revisions.compare(edition(persons=before), edition(persons=after))
    lines = revisions.note(changes, "en")
    assert [change.quiet for change in changes] == [quiet]
    assert (lines[-1] == "T; 甲; persons") == quiet
    assert (f"{before} → {after}" in " ".join(lines)) == (not quiet)
    shown = revisions._exhibits(changes, "2018-03-28")
    said = json.dumps([exhibit.content for exhibit in shown], ensure_ascii=False)
    assert (before in said) == (not quiet)
    assert ("Of these, not listed" in said) == quiet


def test_a_number_that_counts_nobody_or_stands_in_no_register_may_move_by_a_little():
    (villages,) = revisions.compare(edition(villages="12"), edition(villages="13"))
    (printed,) = revisions.compare(
        edition(register=False, persons="12"), edition(register=False, persons="13")
    )
    assert not villages.quiet and not printed.quiet


def test_a_sentence_that_moves_by_a_few_persons_is_quiet_in_a_chapter_of_a_register():
    sentence = {"chapter": "07", "cell": "b", "kind": "finding", "key": "register.said"}
    both = [edition(persons="100"), edition(persons="100")]
    for one, count in zip(both, (52, 45), strict=True):
        said = dict.fromkeys(words.LANGUAGES, f"{count} came back in 2017.")
        one.numbers.append(sentence | {"text": said})
    (change,) = revisions.compare(*both)
    assert change.quiet and "came back in 2017" in change.where["en"]


def test_no_published_page_tells_a_hash_of_a_ledger_by_which_a_cell_could_be_tried(project, root):
    (project / "data/north/ledgers").mkdir(parents=True)
    # The pages are searched for names, and what is a name stands in the tables of the project.
    for table in (root / "data").glob("*.csv"):
        shutil.copy(table, project / "data")

    def pages(households):
        ledger = f"village,unsafe_homes\n甲,{households}\n"
        (project / "data/north/ledgers/homes.csv").write_text(ledger, encoding="utf-8")
        make(project, "own-north")
        folder = project / "reports/generated/own-north"
        return {
            path.name: path.read_bytes()
            for path in folder.iterdir()
            if path.is_file() and path.name != "run.json"
        }

    first, second = pages(2), pages(3)
    assert first == second and len(first) > 6
    assert any(b"in the office" in page for page in first.values())
    (project / "data/north/facts.csv").write_text("fact,value\na,9\n")
    assert pages(3) != first


def test_causes_tell_data_code_and_parameters_apart():
    chapter = {
        "name": "a",
        "parameters": {"seed": 1},
        "notebook": {"sha256": "0"},
        "read": ["data/a.csv"],
    }
    facts = {
        "chapters": [chapter],
        "inputs": [{"path": "data/a.csv", "sha256": "0"}, {"path": "data/b.csv", "sha256": "0"}],
        "code": {"measures": "0"},
        "packages": {"pandas": "3.0"},
    }

    def with_(**changes):
        return facts | changes

    def causes(new):
        return revisions.causes(facts, new, "a")

    moved = [{"path": "data/a.csv", "sha256": "1"}, {"path": "data/b.csv", "sha256": "1"}]
    assert causes(facts) == []
    assert causes(with_(inputs=moved)) == ["data: data/a.csv"]
    assert causes(with_(code={"measures": "1"})) == ["code"]
    assert causes(with_(packages={"pandas": "3.1"})) == ["packages: pandas"]
    told = chapter | {"parameters": {"seed": 2}, "notebook": {"sha256": "1"}}
    assert causes(with_(chapters=[told])) == ["parameters: seed", "notebook"]
    assert causes(with_(chapters=[])) == ["chapter"]
    unseen = with_(chapters=[chapter | {"read": None}], inputs=moved)
    assert causes(unseen) == ["data: data/a.csv, data/b.csv"]


def test_numbers_of_tables_are_told_apart_by_row_and_column():
    def column(name, align):
        return {"name": name, "align": align, "title": {"zh": name, "en": name}}

    def one(value):
        rows = [["a", "1"], ["a", "2"], ["b", value]]
        table = {"columns": [column("place", "left"), column("poor", "right")], "rows": {}}
        texts = {"zh": "t", "en": "t"}
        told = {"chapter": "c", "cell": "i", "kind": "table", "key": "k", "title": texts}
        return [told | table | {"rows": {"zh": rows, "en": rows}}]

    assert len(list(published.items(one("3")))) == 4
    facts = {"chapters": []}
    (change,) = revisions.compare(
        revisions.Record(facts, one("3")), revisions.Record(facts, one("4"))
    )
    assert change.where["en"] == "t; b; poor" and (change.old["en"], change.new["en"]) == ("3", "4")
    gone = revisions.compare(revisions.Record(facts, one("3")), revisions.Record(facts, []))
    assert [change.new["en"] for change in gone] == [words.MISSING] * 4


def test_the_command_line_verifies_keeps_and_compares(project):
    make(project, "own-north")

    def run(*words_):
        asked, told = command(project, *words_)
        return subprocess.run(asked, env=told, capture_output=True, text=True, check=False)

    assert run("keep", "own-north", "--as", "first").stdout == "reports/kept/first.json\n"
    of_entry = run("keep", "own")
    assert of_entry.stdout == "reports/kept/own-north.json\n"
    assert (of_entry.returncode, "own-south" in of_entry.stderr) == (2, True)
    assert run("keep", "own-south", "own-north").stdout == "reports/kept/own-north.json\n"
    assert "keep the briefs one by one" in run("keep", "own-north", "b", "--as", "c").stderr
    same = run("compare", "first", "own-north", "--language", "en")
    assert (same.returncode, same.stdout) == (0, "No published number has changed.\n")
    for asked in (["compare", "first", "onw"], ["keep", "../own"], ["keep", "onw"]):
        ended = run(*asked)
        assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1), ended.stderr
    assert run("verify", "nowhere").returncode == 2
    write_spec(project, revises="nothing")
    assert "there is no reports/kept/nothing.json; keep that edition first" in run("brief").stderr


# ---- cells that stop without an error


@pytest.mark.parametrize("left", ["raise SystemExit", "import sys; sys.exit(0)"])
def test_a_cell_that_leaves_fails_its_chapter(project, left):
    path = project / "notebooks/02_second.ipynb"
    path.write_text(notebook("second-title", PARAMETERS, IMPORTS, left, FINDING))
    [report] = make(project, "own-north")
    [line] = report.failures
    assert "cell 4 (cell-2) of 02_second.ipynb failed" in line
    assert "SystemExit" in line and "SystemExit: ." not in line


def test_cells_are_numbered_as_their_author_numbers_them(project):
    """papermill puts a cell in; a plain print is named by its number in the notebook."""
    path = project / "notebooks/02_second.ipynb"
    path.write_text(notebook("second-title", PARAMETERS, IMPORTS, "1 + 1", FINDING))
    said = []
    make(project, "own-north", said=said)
    assert any("02_second.ipynb, cell 4 (cell-2)" in line for line in said), said


# ---- Dask


@pytest.mark.slow
def test_a_batch_on_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(project):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    make(project)
    here = contents(project / "reports/generated")
    shutil.rmtree(project / "reports/generated")
    killed = []

    def say(line):
        if not killed:
            victim = next(iter(cluster.workers.values()))
            killed.append(victim.pid)
            os.kill(victim.pid, signal.SIGKILL)

    asked = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(processes=True, silence_logs=50, **asked) as cluster:
        reports = briefs.make_briefs(root=project, say=say, cluster=cluster.scheduler_address)
        assert killed and [report.failures for report in reports] == [[], []]
    there = contents(project / "reports/generated")
    unlike = {path.name for path in here if there[path] != here[path]}
    assert unlike <= {"run.json", "01_first.json", "02_second.json"}


def dask_process(name, *arguments):
    asked = [sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments]
    return subprocess.Popen(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_scheduler_that_is_gone_fails_what_it_was_asked_in_plain_words(project, tmp_path):
    pytest.importorskip("distributed", reason="Dask is not installed")
    told = tmp_path / "scheduler.json"
    scheduler = dask_process("scheduler", "--port", "0", "--scheduler-file", told, "--no-dashboard")
    while not (told.exists() and told.read_text()):
        time.sleep(0.1)
    address = json.loads(told.read_text())["address"]
    worker = dask_process("worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny")
    try:
        reports = briefs.make_briefs(root=project, say=lambda _: scheduler.kill(), cluster=address)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    failures = [failure for report in reports for failure in report.failures]
    assert failures and all("the Dask scheduler is gone; start it again" in one for one in failures)
    assert json.loads((project / "reports/generated/summary.json").read_text())["exit_code"] == 1
    assert [report.failures for report in make(project)] == [[], []]


def test_nobody_on_the_line_is_said_in_one_sentence(project):
    pytest.importorskip("distributed", reason="Dask is not installed")
    asked, told = command(project, "brief", "--dask", "tcp://127.0.0.1:1")
    told |= {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    ended = subprocess.run(asked, env=told, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "no Dask cluster answers at 'tcp://127.0.0.1:1'" in ended.stderr


# ---- whoever reads what a run says goes away


def read_one_line(project, *words_):
    """Run a command, read its first line, and close what it writes to: all of it, as `2>&1 |`."""
    asked, told = command(project, *words_, PYTHONUNBUFFERED="1")
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(asked, env=told, text=True, **streams) as running:
        first = running.stdout.readline()
        running.stdout.close()
        return first, running.wait(timeout=300)


def test_a_run_that_nobody_listens_to_any_more_makes_every_brief(project):
    (project / "data/south/facts.csv").unlink()
    first, code = read_one_line(project, "brief")
    assert "(1 of " in first and code == 1
    assert (project / "reports/generated/own-north/own-north.en.pdf").exists()
    (project / "data/south/facts.csv").write_text("fact,value\na,1\n")
    assert read_one_line(project, "brief")[1] == 0
    assert [report.made for report in make(project)] == [[], []]
    assert len(standing(project / "reports/generated")) == 2 * (2 + OUTPUTS)


def test_every_record_is_kept_though_nobody_reads_on(project):
    make(project)
    asked, told = command(project, "keep", "own", PYTHONUNBUFFERED="1")
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody:
        assert subprocess.run(asked, env=told, stdout=nobody, check=False).returncode == 0
    assert (project / "reports/kept/own-south.json").exists()


def test_a_log_on_a_full_disk_ends_no_batch(monkeypatch):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(sys, "stdout", Mock(**{"write.side_effect": full}))
    monkeypatch.setattr(briefs, "make_briefs", lambda *_, say=print, **__: [say("a: done")][:0])
    assert main(["brief"]) == 0


# ---- what an office's machine does to a folder


def test_a_folder_that_jupyterlab_left_beside_a_chapter_stops_no_run(project):
    make(project, "own-north")
    left = project / "reports/generated/own-north/chapters/.ipynb_checkpoints"
    left.mkdir()
    (left / "01_first-checkpoint.ipynb").write_text("{}")
    (project / "data/north/facts.csv").write_text("fact,value\na,5\n")
    assert make(project, "own-north")[0].failures == []
    assert left.exists()


def test_a_place_that_cannot_be_written_is_said_in_one_line(project):
    """A file where the folder should be: unlike a folder without rights, it stops root too."""
    (project / "reports/generated").write_text("")
    words_, told = command(project, "brief", "own-north")
    ended = subprocess.run(words_, env=told, capture_output=True, text=True, check=False)
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1 and "Not a directory; make room, or let the folder" in line


@pytest.mark.parametrize("name", ["north", "south"])
@pytest.mark.parametrize("shared", [False, True], ids=["run now", "shared from an earlier run"])
def test_a_brief_whose_folder_cannot_be_written_fails_alone(project, name, shared):
    """Another account made it: here a file in its place, since root may write into any folder."""
    other = {"north": "own-south", "south": "own-north"}[name]
    (project / "reports/generated").mkdir()
    if shared:
        make(project, other)
    (project / f"reports/generated/own-{name}").write_text("")
    reports = {report.name: report for report in make(project)}
    assert reports[f"own-{name}"].failures == [
        f"own-{name}: 01_first and 1 more: reports/generated/own-{name} cannot be written: "
        "Not a directory; make room, or let the folder be written, and run again: "
        "what is done is kept"
    ]
    assert (reports[other].failures, len(reports[other].made)) == ([], 0 if shared else OUTPUTS)
    summary = json.loads((project / "reports/generated/summary.json").read_text())
    assert (summary["exit_code"], summary["briefs"]["failed"]) == (1, 1)
    (project / f"reports/generated/own-{name}").unlink()
    assert [report.failures for report in make(project)] == [[], []]
    assert len(standing(project / "reports/generated")) == 2 * (2 + OUTPUTS)


def test_nothing_is_run_for_a_brief_whose_folder_cannot_be_written(project, monkeypatch):
    """Alone it has no chapter run; what another brief needs too is run for that one."""
    (project / "reports/generated").mkdir()
    (project / "reports/generated/own-north").write_text("")
    asked = []
    given = Batch._chapter_task
    monkeypatch.setattr(
        Batch,
        "_chapter_task",
        lambda self, work, limit: asked.append(work) or given(self, work, limit),
    )
    assert make(project, "own-north")[0].failures
    assert asked == []
    make(project)
    assert {desk.edition.name for work in asked for desk, _ in work.holders} == {"own-south"}


def test_an_output_that_cannot_be_written_fails_its_own_brief(project):
    there = project / "reports/generated/own-north/own-north.en.pdf"
    (there / "somebody").mkdir(parents=True)
    north, south = make(project)
    assert north.failures[0].startswith("own-north: reports/generated/own-north cannot be written:")
    assert (north.made, len(south.made), south.failures) == ([], OUTPUTS, [])


def test_a_disk_that_is_full_for_everything_is_said_of_every_brief(project, monkeypatch):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(press, "write_whole", Mock(side_effect=full))
    said = []
    with pytest.raises(OSError, match="No space left"):
        make(project, said=said)
    for name in ("north", "south"):
        line = (
            f"own-{name}: 01_first and 1 more: reports/generated/own-{name} cannot be written: No"
        )
        assert [one for one in said if one.startswith(line)]


def test_what_a_killed_run_left_and_nobody_may_remove_stops_no_run(project, monkeypatch):
    make(project, "own-north")
    (project / "reports/generated/own-north/.own-north.en.pdf.x").write_text("")
    removed = Path.unlink

    def refuse(path, **told):
        if path.parent.name == "own-north":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        removed(path, **told)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert make(project, "own-north")[0].failures == []
    assert make(project, "own-north")[0].failures == []
    assert not list((project / "reports/generated/own-north").glob(".*"))


def test_a_file_that_cannot_be_looked_at_is_made_again(tmp_path):
    """A name that no system takes: unlike a file without rights, it stops root too."""
    assert not record.stands(tmp_path / ("a" * 300), "00")


def test_a_disk_that_fills_up_on_the_way_is_said_in_one_line(project, monkeypatch, capsys):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(briefs, "make_briefs", Mock(side_effect=full))
    assert main(["brief"]) == 1
    assert capsys.readouterr().err.startswith("No space left on device; make room")


def test_what_a_cell_prints_costs_no_more_than_its_length():
    from analysis.briefs import engine

    def seconds(lines):
        started, outputs_ = time.process_time(), engine._Outputs()
        for _ in range(lines):
            outputs_.write("stdout", "x" * 80 + "\n")
        (stream,) = outputs_.whole()
        assert len(stream["text"]) == 81 * lines
        return time.process_time() - started

    assert seconds(40_000) < 40 * max(seconds(4_000), 0.01)


# ---- what all briefs share


def test_a_brief_keeps_the_parameters_of_the_defaults_that_it_does_not_name(project):
    write_spec(project)
    path = project / "reports/briefs.yml"
    whole = yaml.safe_load(path.read_text())
    whole["defaults"] = {"parameters": {"share": 0.1, "area": "530000"}}
    path.write_text(yaml.safe_dump(whole))
    (edition,) = editions(project)
    assert edition.spec.parameters == {"share": 0.1, "area": "532601"}
    assert edition.chapters[0].effective["share"] == 0.1


@pytest.mark.parametrize("limit", [0, 1e12, "30 min", float("inf"), True])
def test_a_time_limit_that_no_clock_waits_for_is_refused(project, limit):
    write_spec(project, time_limit=limit)
    with pytest.raises(SpecError, match=r"time_limit: .* fit; write a number of seconds above 0"):
        editions(project)


# ---- a cluster that comes apart


def test_a_foreman_of_a_worker_that_dies_is_replaced_there_too(monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed")
    from analysis.briefs import cluster

    done = workers.Outcome("a", 1.0, b"done", None)
    foreman = Mock(alive=True, **{"ended.side_effect": [[], [done]]})
    monkeypatch.setattr(cluster, "_foremen", {(threading.get_ident(), "same"): foreman})
    site = cluster.Site(Path(), {}, "same")
    assert cluster._do(workers.Task("a", print, (), 1.0), site) == done


@pytest.mark.slow
def test_a_cluster_without_workers_fails_what_it_was_asked_in_plain_words(project, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    from analysis.briefs import cluster

    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 3)
    asked = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(processes=True, silence_logs=50, **asked) as local:
        address = local.scheduler_address
        reports = briefs.make_briefs(root=project, say=lambda _: local.scale(0), cluster=address)
    failures = [failure for report in reports for failure in report.failures]
    assert failures and all("no worker of the Dask cluster is left" in one for one in failures)
    assert [report.failures for report in make(project)] == [[], []]


# ---- what a hung cell has started, and what a hand has spoilt


def test_what_a_hung_cell_has_started_ends_with_it(project):
    hung = "import subprocess\nsubprocess.run(['sleep', '987'], env={'ANALYSIS_MARK': data})"
    write_notebook(project, "01_first", PLACE, f"{READ}\n{hung}", FINDING)
    write_spec(project, time_limit=4, **{"for": {"place": ["north"]}})
    (report,) = make(project)
    assert "took longer than the time limit" in report.failures[0]
    assert not _left(project)


@pytest.mark.parametrize(
    "left",
    [
        "import subprocess\nsubprocess.Popen(['sleep', '987'], env={'ANALYSIS_MARK': data})",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(987,)).start()",
    ],
)
def test_what_a_cell_leaves_at_work_ends_with_its_chapter(project, left):
    write_notebook(project, "01_first", PLACE, f"{READ}\n{left}", FINDING)
    write_spec(project, time_limit=400, **{"for": {"place": ["north"]}})
    began = time.monotonic()
    (report,) = make(project)
    assert report.failures == [] and time.monotonic() - began < 400
    assert not _left(project)


def _left(project):
    """Wait a while for what a cell has started to end, and give what has not."""
    end = time.monotonic() + 10
    while (left := _marked(str(project / "data"))) and time.monotonic() < end:
        time.sleep(0.1)
    return left


@pytest.mark.parametrize(
    "run", [{"brief": "a"}, {"brief": "a", "outputs": [1]}, {"chapters": [1], "outputs": {"a": 1}}]
)
def test_a_record_that_was_spoilt_is_said_so_and_the_brief_made_again(project, run):
    make(project, "own-north")
    path = project / "reports/generated/own-north/run.json"
    path.write_text(json.dumps(run))
    with pytest.raises(revisions.NoRecord, match="the record is damaged; make the brief again"):
        revisions.find_record("own-north", project)
    assert len(make(project, "own-north")[0].made) == OUTPUTS
    assert revisions.find_record("own-north", project).numbers


def test_data_saved_while_the_run_is_at_work_are_in_no_record(project):
    """The chapter itself saves, after its data were hashed: a clerk with the ledger open."""
    save = f"{READ}\npathlib.Path(data, place, 'facts.csv').write_text('fact,value\\na,9\\n')"
    write_notebook(project, "01_first", PLACE, save, FINDING)
    (report,) = make(project, "own-north")
    assert report.failures == [
        "own-north: 01_first: data/north/facts.csv was changed while the run was at work; "
        "run it again"
    ]
    assert not (project / "reports/generated/own-north/run.json").exists()
    assert make(project, "own-north")[0].failures == []


def test_a_notebook_saved_while_the_run_is_at_work_is_not_what_was_hashed(
    project, kept, monkeypatch
):
    monkeypatch.setattr(kept, "slots", 1)
    path = project / "notebooks/02_second.ipynb"
    save = f"import pathlib\npathlib.Path({str(path)!r}).open('a').write(' ')"
    write_notebook(project, "01_first", PLACE, f"{IMPORTS}\n{save}", FINDING)
    moved = "own-north: 02_second: notebooks/02_second.ipynb was changed while the run was at work"
    assert make(project, "own-north")[0].failures == [f"{moved}; run it again"]
    write_notebook(project, "01_first", PLACE, IMPORTS, FINDING)
    assert make(project, "own-north")[0].failures == []


def test_a_page_saved_while_the_run_is_at_work_is_not_what_was_hashed(project, monkeypatch):
    template = project / "brief.typ"
    shutil.copy(press.TEMPLATE, template)
    monkeypatch.setattr(press, "TEMPLATE", template)
    save = f"import pathlib\npathlib.Path({str(template)!r}).open('a').write(' ')"
    write_notebook(project, "01_first", PLACE, f"{IMPORTS}\n{save}", FINDING)
    (report,) = make(project, "own-north")
    assert report.failures == [
        "own-north: brief.typ was changed while the run was at work; run it again"
    ]
    assert not (project / "reports/generated/own-north/run.json").exists()
    assert make(project, "own-north")[0].failures == []


def test_the_language_of_messages_is_in_nothing_that_is_made(project, monkeypatch):
    make(project, "own-north")
    made = contents(project / "reports/generated/own-north/chapters")
    shutil.rmtree(project / "reports/generated")
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "zh")
    monkeypatch.setattr(briefs, "hire", workers.hire)
    make(project, "own-north")
    again = contents(project / "reports/generated/own-north/chapters")
    assert {path: held for path, held in again.items() if path.suffix == ".ipynb"} == {
        path: held for path, held in made.items() if path.suffix == ".ipynb"
    }
    assert again


def test_data_of_another_place_saved_meanwhile_concern_nobody_else(project):
    save = f"{READ}\npathlib.Path(data, 'south', 'facts.csv').touch()"
    write_notebook(project, "01_first", PLACE, save, FINDING)
    assert make(project, "own-north")[0].failures == []
