"""Notebooks are thin: one question each, nothing defined or looped, prose from the catalogue."""

import ast
import json
import shutil
from pathlib import Path

import pytest

from analysis import words
from analysis.briefs import refresh

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
FORBIDDEN = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.Try,
    ast.With,
    ast.Global,
)
CHECKED, IGNORED = "nbval-check-output", "nbval-ignore-output"
LONGEST_CELL, LONGEST_LINE = 6, 110


def _cells(path, kind=None):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if kind in (None, cell["cell_type"])]


def _tags(cell):
    return cell["metadata"].get("tags", [])


def _source(cell):
    return "".join(cell["source"])


def _code(path):
    return [cell for cell in _cells(path, "code") if "parameters" not in _tags(cell)]


def pytest_generate_tests(metafunc):
    if "notebook" in metafunc.fixturenames:
        metafunc.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_notebooks():
    assert [path.stem[:2] for path in NOTEBOOKS][:4] == ["00", "01", "02", "03"]


def test_first_cell_is_the_only_h1_and_asks_a_question(notebook):
    prose = [_source(cell) for cell in _cells(notebook, "markdown")]
    assert _cells(notebook)[0]["cell_type"] == "markdown"
    assert [text.startswith("# ") for text in prose] == [True] + [False] * (len(prose) - 1)
    assert prose[0].splitlines()[0].endswith("?")


def test_one_typed_and_commented_parameters_cell_comes_second(notebook):
    tagged = [cell for cell in _cells(notebook) if "parameters" in _tags(cell)]
    assert tagged == [_cells(notebook)[1]]
    source = _source(tagged[0])
    names = [node.target.id for node in ast.parse(source).body]
    assert len(names) == len(set(names))
    for line, node in zip(source.splitlines(), ast.parse(source).body, strict=True):
        assert isinstance(node, ast.AnnAssign) and node.value is not None
        assert "  # " in line


def test_cells_are_short(notebook):
    for cell in _code(notebook):
        lines = _source(cell).splitlines()
        assert len(lines) <= LONGEST_CELL, cell["id"]
        assert max(map(len, lines)) <= LONGEST_LINE, cell["id"]


def test_nothing_is_defined_looped_or_printed(notebook):
    for cell in _code(notebook):
        for node in ast.walk(ast.parse(_source(cell))):
            assert not isinstance(node, FORBIDDEN), cell["id"]
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
            assert called not in {"print", "open", "exec", "eval", "Path"}, cell["id"]


def test_no_path_is_named(notebook):
    for cell in _cells(notebook, "code"):
        for node in ast.walk(ast.parse(_source(cell))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "/" not in node.value and "\\" not in node.value, cell["id"]


def test_imports_stand_in_one_hidden_cell(notebook):
    importing = [
        cell
        for cell in _code(notebook)
        if any(
            isinstance(node, ast.Import | ast.ImportFrom)
            for node in ast.walk(ast.parse(_source(cell)))
        )
    ]
    assert len(importing) == 1
    assert importing[0]["metadata"]["jupyter"]["source_hidden"] is True


def test_prose_is_that_of_the_catalogue(notebook):
    for cell in _cells(notebook, "markdown"):
        assert _source(cell) == words.template(f"prose.{cell['id']}", "en").strip()


def test_published_numbers_are_checked_and_charts_are_not(notebook):
    for cell in _code(notebook):
        source = _source(cell)
        if "exhibits.figure(" in source:
            assert IGNORED in _tags(cell), cell["id"]
            assert "frame=" in source, f"{cell['id']} draws a chart without its numbers"
        elif "exhibits." in source:
            assert CHECKED in _tags(cell), cell["id"]


def test_every_cell_was_run_in_order_without_error(notebook):
    code = _cells(notebook, "code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert all(output["output_type"] != "error" for cell in code for output in cell["outputs"])


def test_kernel_is_named(notebook):
    metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
    assert metadata["kernelspec"]["name"] == "python3"


def test_a_notebook_answers_a_question_of_the_brief(notebook):
    if notebook.stem in {"00_summary", "10_explore"}:
        pytest.skip("it gathers the answers of the others, or asks what if")
    assert any("answer=" in _source(cell) for cell in _code(notebook))


@pytest.mark.parametrize("number", ["02", "04"])
def test_a_chart_carries_both_languages(number):
    path = next(path for path in NOTEBOOKS if path.stem.startswith(number))
    drawn = [
        output["data"]["application/vnd.county-brief.v1+json"]
        for cell in _cells(path, "code")
        for output in cell["outputs"]
        if "application/vnd.county-brief.v1+json" in output.get("data", {})
    ]
    figures = [content for content in drawn if content["kind"] == "figure"]
    assert figures and all(set(content["svg"]) == {"zh", "en"} for content in figures)


def test_the_readme_shows_the_chart_as_last_drawn(tmp_path):
    notebook, _, chart = refresh.README_CHART
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / f"{notebook}.ipynb", tmp_path / "notebooks")
    assert refresh.store_readme_chart(tmp_path)
    assert (tmp_path / chart).read_bytes() == (ROOT / chart).read_bytes()
    assert chart in (ROOT / "README.md").read_text(encoding="utf-8")
