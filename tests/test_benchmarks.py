"""What the page of results says is what was measured, and the benchmarks have what they need."""

import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date

import numpy as np
import pytest

BIG = ["question_seconds", "times_scan", "clock_times_scan", "times_raw_scan"]
BIG += ["times_totals_scan", "peak_gib"]


def measured(root, size):
    path = root / "benchmarks" / "results" / f"register_questions_{size}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def table(root, beginning):
    """Rows of the table below a paragraph, as lists of texts."""
    text = (root / "benchmarks" / "results" / "README.md").read_text(encoding="utf-8")
    lines = text[text.index(beginning) :].split("\n\n")[1].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def number(cell):
    """What a cell says, and half of its last digit and a little, for rounded halves."""
    said = re.match(r"[0-9.]+", cell)[0]
    return pytest.approx(float(said), abs=0.51 * 10 ** -len(said.partition(".")[2]))


def test_the_page_of_a_hundred_million_says_what_was_measured(root):
    rows, questions = table(root, "A hundred million rows"), measured(root, "1e8")["questions"]
    assert len(rows) == len(questions) == 9
    for (name, *cells), question in zip(rows, questions, strict=True):
        assert name[:2] == question["question"][:2]
        for key, cell in zip(BIG, cells, strict=True):
            assert cell or key not in question, (name, key)
            assert not cell or question[key] == number(cell), (name, key)


def test_the_page_of_ten_million_and_a_million_says_what_was_measured(root):
    rows = table(root, "Ten million rows")
    ten, one = (measured(root, size)["questions"] for size in ("1e7", "1e6"))
    assert len(rows) == len(ten) == len(one) == 9
    for (name, *cells), big, small in zip(rows, ten, one, strict=True):
        found = [big["question_seconds"], 1 / big["times_pandas"], 1 / big["clock_times_pandas"]]
        found += [big["times_scan"], big["peak_gib"]]
        found += [small["question_seconds"], 1 / small["times_pandas"]]
        for value, cell in zip(found, cells, strict=True):
            assert value == number(cell), (name, cell)


@pytest.mark.parametrize("size", ["1e6", "1e7", "1e8"])
def test_results_say_when_and_on_what(root, size):
    assert {"date", "cores", "processor", "python", "duckdb"} <= set(measured(root, size))


def test_the_bench_installs_what_it_compares_with(root):
    text = (root / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^bench: \$\(EXTRAS\)", text, re.M)
    assert re.search(
        r"^openpyxl==", (root / "requirements-extras.lock").read_text(encoding="utf-8"), re.M
    )


@pytest.fixture
def measuring(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    return importlib.import_module("measuring")


def programs(root):
    """Names of the benchmarks that `make bench` runs."""
    text = (root / "Makefile").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"benchmarks/(\w+)\.py", text)))


def bench(root, place, program, *words):
    """What a run of a benchmark prints; it is run in a copy, whose results are its own."""
    shutil.copytree(
        root / "benchmarks", place, ignore=shutil.ignore_patterns("results", "__pycache__")
    )
    told = os.environ | {"PYTHONPATH": str(root), "OPENBLAS_NUM_THREADS": "1"}
    asked = [sys.executable, str(place / f"{program}.py"), *words]
    ended = subprocess.run(asked, capture_output=True, text=True, env=told, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_every_program_of_the_bench_is_told_whether_to_keep(root):
    text = (root / "Makefile").read_text(encoding="utf-8")
    runs = [line for line in text.splitlines() if re.search(r"benchmarks/\w+\.py", line)]
    assert len(runs) == 8 and all("$(KEPT)" in line for line in runs)
    assert re.search(r"^KEPT = \$\(if \$\(KEEP\),--keep\)$", text, re.M)
    for program in programs(root):
        source = (root / "benchmarks" / f"{program}.py").read_text(encoding="utf-8")
        assert "add_keep(" in source and re.search(r"\b(told|heading)\(", source), program


@pytest.mark.parametrize("keep", [False, True])
def test_results_change_only_when_asked(measuring, tmp_path, monkeypatch, capsys, keep):
    monkeypatch.setattr(measuring, "RESULTS", tmp_path / "results")
    with measuring.told("some_program", keep=keep):
        print("ours 1.0 s")
    said = capsys.readouterr().out
    heading, line, end = said.splitlines()
    assert heading.startswith(date.today().isoformat()) and " cores of " in heading
    assert line == "ours 1.0 s"
    kept = tmp_path / "results" / "some_program.txt"
    if keep:
        assert kept.read_text(encoding="utf-8") == f"{heading}\n{line}\n"
        assert end == "kept in benchmarks/results/some_program.txt"
    else:
        assert not kept.parent.exists()
        assert end == "printed only; --keep writes benchmarks/results/some_program.txt"


def test_a_run_that_fails_keeps_nothing(measuring, tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "RESULTS", tmp_path)
    with pytest.raises(ZeroDivisionError), measuring.told("some_program", keep=True):
        print(1 / 0)
    assert list(tmp_path.iterdir()) == []


def test_the_reader_tells_date_machine_and_memory_and_keeps_nothing(root, tmp_path):
    said = bench(root, tmp_path / "benchmarks", "county_workbooks", "--households", "20")
    assert said.startswith(date.today().isoformat())
    assert re.search(r"^read and checked .*, peak \d\.\d\d GiB$", said, re.M)
    assert "printed only" in said and not (tmp_path / "benchmarks/results").exists()


@pytest.mark.slow
def test_the_questions_tell_the_memory_of_both_sides_and_keep_nothing(root, tmp_path):
    kept = tmp_path / "benchmarks"
    words = ["--rows", "2000", "--runs", "1", "--only", "Q2"]
    said = bench(root, kept, "register_questions", *words)
    row = ast.literal_eval(next(line for line in said.splitlines() if line.startswith("{")))
    assert all(0.05 < row[f"{side}peak_gib"] < 2 for side in ("", "scan_", "pandas_"))
    assert not (kept / "results").exists()


def hold(mebibytes):
    """A program that holds so much for a moment."""
    return len(np.ones(mebibytes * 2**17))


def test_a_process_that_has_ended_since_it_was_seen_holds_nothing(measuring):
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        assert sleeper.pid in measuring.children(os.getpid())
        assert measuring.proportional(sleeper.pid) > 0
        sleeper.kill()
    assert measuring.children(sleeper.pid) == []
    assert measuring.proportional(sleeper.pid) == 0


def test_a_peak_is_that_of_the_program_and_not_of_who_asks(measuring):
    held = np.ones(2**26)  # half a GiB here
    little, much = (measuring.alone(hold, size) for size in (1, 301))
    assert much.found == 301 * 2**17
    assert much.gib - little.gib == pytest.approx(300 / 1024, rel=0.1)
    assert little.gib < held.nbytes / 2**30


def test_a_watch_sees_children_of_children(measuring):
    inner = "import time; held = bytearray(b'x') * (100 * 2**20); time.sleep(0.8)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    with measuring.Watch(every=0.05) as watch:
        subprocess.run([sys.executable, "-c", outer], check=True)
    assert 100 * 2**20 < watch.peak < 200 * 2**20
    assert watch.wall >= 0.8
