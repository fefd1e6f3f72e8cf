"""Hostile input: each attack gets what the page says, in bounded time and memory; and fuzzing."""

import json
import signal
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import tables
from analysis.tables import cells, findings
from tests import fuzz, hostile

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are those of Linux")
READER, CASES = hostile.reader_cases(), hostile.cases()
OTHERS = CASES[len(READER) :]
SECONDS = 60


def names(listed):
    return [f"{case.door}-{number}" for number, case in enumerate(listed)]


def quick_and_slow(listed):
    """Every fourth case is quick enough for each run; the others are for the long one."""
    slow = [[], [pytest.mark.slow]]
    ids = names(listed)
    return [pytest.param(n, marks=slow[n % 4 > 0], id=ids[n]) for n in range(len(listed))]


@pytest.fixture(scope="module")
def tried(request, root):
    """What the reader's cases got that are run now, in one process that may hold little memory."""
    specs = [getattr(item, "callspec", None) for item in request.session.items]
    wanted = [spec.params["number"] for spec in specs if spec and "number" in spec.params]
    asked = [sys.executable, "-m", "tests.hostile", "--try", *map(str, wanted)]
    ended = subprocess.run(
        asked, cwd=root, capture_output=True, text=True, timeout=600, check=False
    )
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    return {result["number"]: result for result in found}, ended.stderr[-2_000:]


@pytest.fixture
def watchdog():
    """Nothing hangs: a case that is not over in a minute fails."""

    def bark(_number, _frame):
        raise TimeoutError(f"not over after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, bark)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@LINUX
@pytest.mark.parametrize("number", quick_and_slow(READER))
def test_the_reader_gives_each_attack_what_the_page_says(number, tried):
    results, said = tried
    assert number in results, f"the process ended at an earlier case or here: {said}"
    case, result = READER[number], results[number]
    assert hostile.holds(case, result["got"]), (case.name, result["got"])
    assert result["seconds"] < SECONDS


@LINUX
@pytest.mark.parametrize("case", OTHERS, ids=names(OTHERS))
def test_each_other_door_gives_each_attack_what_the_page_says(case, watchdog):
    got = hostile.try_case(case)
    assert hostile.holds(case, got), (case.name, got)


def test_there_are_many_cases_and_none_stands_twice():
    told = [(case.door, case.name) for case in CASES]
    assert len(told) >= 300
    assert len(set(told)) == len(told)


def test_the_page_lists_the_cases(root):
    assert (root / "docs" / "hostile.md").read_text(encoding="utf-8") == hostile.table()


def test_a_case_that_gets_something_else_is_seen():
    case = hostile.Case("a", "b", "refused: … plain name …", lambda folder: "")
    assert hostile.holds(case, "refused: 'x' is not a plain name; use a-z")
    assert not hostile.holds(case, "taken: plain name")
    assert not hostile.holds(case._replace(gets="read"), "read, told: spaces")


def test_of_many_faults_of_one_kind_the_first_are_told_and_the_others_counted(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(findings, "MOST_TOLD", 3)
    rows = "".join(f"T{number},2017-01,y{number}\n" for number in range(9))
    (tmp_path / "a.csv").write_text("任务编号,月份,累计完成\n" + rows, encoding="utf-8")
    reading = tables.check_folder(tmp_path)
    told = reading.findings.query("column == 'done'")
    assert told["rule"].tolist() == ["number"] * 3 + ["not_told"]
    last = told.iloc[-1]
    assert (last["value"], last["severity"], last["title"]) == ("6", "refusal", "累计完成")
    assert "number" in last["expected"]
    assert reading.tables["task_progress"]["done"].isna().all()


# ---- fuzzing without atheris

EXAMPLES = dict(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
TARGETS = ("reader", "spec", "notebook")


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.binary(max_size=200))
@settings(max_examples=30, **EXAMPLES)
def test_no_bytes_break_a_door(target, data, tmp_path):
    fuzz.TARGETS[target](data, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
@given(data=st.binary(max_size=fuzz.LONGEST))
@settings(max_examples=1_000, **EXAMPLES)
def test_a_minute_of_bytes_breaks_no_door(target, data, tmp_path):
    fuzz.TARGETS[target](data, tmp_path)


KINDS = sorted(
    {
        cells.Kind(row["type"], row["unit"], row["allowed"])
        for table in tables.LEDGERS
        for row in tables.columns_of(table).to_dict("records")
    }
)


@pytest.mark.slow
@given(st.text(max_size=60), st.sampled_from(KINDS), st.booleans())
@settings(max_examples=10_000, deadline=None)
def test_ten_thousand_cells_are_read_or_refused(text, kind, stored):
    read = cells.read_cell(text, kind, stored)
    assert read.text is not None or read.rule


def test_every_seed_of_the_search_reaches_its_door(tmp_path):
    for data in fuzz.seeds():
        fuzz.TARGETS["all"](data, tmp_path)
    reading = tables.check_folder(tmp_path)
    assert reading.tables == {}


@pytest.mark.slow
def test_a_minute_of_search_steered_by_the_code_reached_finds_no_crash(tmp_path):
    pytest.importorskip("atheris", reason="the extra fuzz is not installed, or not for this system")
    *_, last = fuzz.run("all", 60, tmp_path / "inputs")
    assert " 0 crashes, 0 deaths" in last
    assert not last.endswith(" 0 runs, 0 crashes, 0 deaths")
