"""The schedules: each is held against the system that reads it, and its command is run."""

import configparser
import datetime
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest
import yaml
from projects import CATALOGUE, make_project, spec

from analysis.briefs import read_editions


@pytest.fixture
def schedule(root):
    return root / "reports" / "schedule"


def assert_lists_the_briefs(command, root):
    """Run the very words of a schedule, with `--list` so that nothing is made."""
    words = shlex.split(command)
    assert words[0].endswith(".venv/bin/python") and words[1:] == ["-m", "analysis", "brief"]
    asked = [sys.executable, *words[1:], "--list"]
    listed = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=root).stdout
    editions = read_editions(root / "reports/briefs.yml", root)
    assert len(listed.splitlines()) == len(editions)


def test_the_line_of_cron_has_five_fields_and_a_command_that_runs(schedule, root):
    lines = (schedule / "crontab").read_text(encoding="utf-8").splitlines()
    (line,) = [one for one in lines if re.match(r"[\d*]", one)]
    minute, hour, day, month, weekday, command = line.split(maxsplit=5)
    bounds = [(minute, 0, 59), (hour, 0, 23), (day, 1, 31), (month, 1, 12), (weekday, 0, 7)]
    for field, lowest, highest in bounds:
        numbers = [] if field == "*" else [int(one) for one in field.split(",")]
        assert all(lowest <= number <= highest for number in numbers)
    entered, ran = command.split(" && ")
    assert entered == 'cd "$PROJECT"' and "PROJECT=/srv/poverty-briefs" in lines
    assert_lists_the_briefs(ran.split(" >> ")[0], root)


def test_the_service_and_its_timer_pass_systemds_own_check(schedule, root, tmp_path):
    units = {
        name: (schedule / name).read_text("utf-8") for name in ("briefs.service", "briefs.timer")
    }
    service = configparser.ConfigParser(strict=False)
    service.optionxform = str
    service.read_string(units["briefs.service"])
    assert_lists_the_briefs(service["Service"]["ExecStart"], root)
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine; the files were parsed")
    placed = units["briefs.service"].replace("/srv/poverty-briefs/.venv/bin/python", sys.executable)
    (tmp_path / "briefs.service").write_text(placed.replace("/srv/poverty-briefs", str(root)))
    (tmp_path / "briefs.timer").write_text(units["briefs.timer"])
    asked = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no"]
    asked += [str(tmp_path / "briefs.timer"), str(tmp_path / "briefs.service")]
    checked = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_workflow_runs_a_target_of_the_makefile(schedule, root):
    text = (schedule / "github-workflow.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    # YAML 1.1 reads the key `on` as true.
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[-1] == "make briefs"
    dry = ["make", "--dry-run", "-o", ".venv/ready", "-C", str(root), *runs[-1].split()[1:]]
    said = subprocess.run(dry, capture_output=True, text=True, check=True).stdout
    assert "-m analysis brief" in said
    checked = subprocess.run(["bash", "-n", "-c", runs[0]], capture_output=True, check=False)
    assert checked.returncode == 0


def test_the_command_of_a_schedule_makes_a_new_edition_every_month(schedule, root, tmp_path):
    """The very words of the line of cron, on the first of two months."""
    make_project(tmp_path / "project", root)
    entry = {"title": "press.author", "for": {"month": ["last"]}, "date": None}
    kept = yaml.safe_load(spec(**entry))
    del kept["briefs"]["own"]["date"]
    path = tmp_path / "project/reports/briefs.yml"
    path.write_text(yaml.safe_dump(kept))
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/own.yml").write_text(CATALOGUE, encoding="utf-8")
    lines = (schedule / "crontab").read_text(encoding="utf-8").splitlines()
    command = next(one for one in lines if "&&" in one).split(" && ")[1].split(" >> ")[0]
    told = {"ANALYSIS_ROOT": str(tmp_path / "project")}
    told["ANALYSIS_CATALOGUE"] = str(tmp_path / "texts")
    asked = [sys.executable, *shlex.split(command)[1:], "--list"]
    listed = subprocess.run(
        asked, capture_output=True, text=True, check=True, cwd=root, env=os.environ | told
    ).stdout
    beijing = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
    ended = beijing.replace(day=1) - datetime.timedelta(days=1)
    assert listed.startswith(f"own-{ended:%Y-%m} (zh, en; {ended}): 01_first, ")


def test_the_log_of_cron_is_not_kept_by_git(schedule, root):
    line = (schedule / "crontab").read_text(encoding="utf-8").split(" >> ")[1]
    assert line.split()[0] in (root / ".gitignore").read_text(encoding="utf-8").splitlines()


def stand_in(monkeypatch):
    """Put modules of Airflow's names in place that note which operators are made."""
    made = []

    class Operator(SimpleNamespace):
        def __init__(self, **told):
            super().__init__(**told)
            made.append(self)

    class Dag(SimpleNamespace):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    for name, held in {
        "airflow": {"DAG": Dag},
        "airflow.providers.papermill.operators.papermill": {"PapermillOperator": Operator},
        "airflow.providers.standard.operators.bash": {"BashOperator": Operator},
    }.items():
        module = ModuleType(name)
        vars(module).update(held)
        monkeypatch.setitem(sys.modules, name, module)
    return made


def test_the_dag_has_the_batch_and_every_chapter_as_briefs_yml_tells_it(
    schedule, root, tmp_path, monkeypatch
):
    project = tmp_path / "project"
    shutil.copytree(root / "notebooks", project / "notebooks")
    shutil.copytree(root / "data", project / "data")
    (project / "reports").mkdir()
    shutil.copy(root / "reports/briefs.yml", project / "reports")
    made = stand_in(monkeypatch)
    monkeypatch.setenv("BRIEFS_PROJECT", str(project))
    runpy.run_path(str(schedule / "airflow_dag.py"))
    batch, *chapters = made
    assert_lists_the_briefs(batch.bash_command.split(" && ")[1], root)
    editions = read_editions(root / "reports/briefs.yml", root)
    wanted = [chapter for edition in editions for chapter in edition.chapters]
    assert [one.parameters for one in chapters] == [dict(chapter.told) for chapter in wanted]
    assert len({one.task_id for one in chapters}) == len(wanted)
    for one in chapters:
        assert one.input_nb.endswith(".ipynb") and one.output_nb.startswith(str(project))
        assert re.fullmatch(r"[\w.-]{1,250}", one.task_id)
