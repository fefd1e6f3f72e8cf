"""What the page of results says is what was measured, and the benchmarks have what they need."""

import json
import re

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
    assert len(rows) == len(questions) == 8
    for (name, *cells), question in zip(rows, questions, strict=True):
        assert name[:2] == question["question"][:2]
        for key, cell in zip(BIG, cells, strict=True):
            assert cell or key not in question, (name, key)
            assert not cell or question[key] == number(cell), (name, key)


def test_the_page_of_ten_million_and_a_million_says_what_was_measured(root):
    rows = table(root, "Ten million rows")
    ten, one = (measured(root, size)["questions"] for size in ("1e7", "1e6"))
    assert len(rows) == len(ten) == len(one) == 8
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
