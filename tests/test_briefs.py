"""The briefs: the file is checked first, chapters run once, nothing is done twice or by halves."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from projects import (
    CATALOGUE,
    IMPORTS,
    PARAMETERS,
    WORD,
    contents,
    make,
    make_project,
    notebook,
    spec,
)

from analysis import briefs, press, words
from analysis.briefs import form, outputs, parameters, record, refresh
from analysis.briefs.spec import SpecError, read_editions
from analysis.briefs.workers import Failure, Outcome


@pytest.fixture(scope="module", autouse=True)
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "own.yml").write_text(CATALOGUE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_CATALOGUE", str(folder))
        words._read_folders.cache_clear()
        yield folder
    words._read_folders.cache_clear()


@pytest.fixture
def project(tmp_path, root):
    return make_project(tmp_path / "project", root)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, root):
    """A project whose brief has been made once."""
    folder = make_project(tmp_path_factory.mktemp("made") / "project", root)
    report = make(folder)[0]
    assert report.failures == []
    return folder


class Refusing:
    """Hands that do nothing that they are asked."""

    slots = 2

    def __init__(self):
        self.asked = []

    def start(self, task):
        self.asked.append(task.key)

    def ended(self):
        keys, self.asked = self.asked, []
        return [Outcome(key, 0.0, None, Failure("refused")) for key in keys]

    def stop(self):
        self.asked = []


def refused(project):
    with pytest.raises(SpecError) as caught:
        read_editions(project / "reports/briefs.yml", project)
    return str(caught.value)


# ---- the file is checked before anything runs


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"shre": 0.5}, "'shre' is not a parameter of any chapter; did you mean 'share'?"),
        ({"x = 1; import os": 1}, "'x = 1; import os' is not a parameter of any chapter; there is"),
        ({"share\nimport os": 1}, "is not a parameter of any chapter"),
        ({"__import__('os')": 1}, "is not a parameter of any chapter"),
        ({"share": "half"}, "share: 'half' is not float; write a number, shares as 0.03"),
        ({"share": float("nan")}, "share: nan is not float"),
        ({"share": True}, "share: True is not float"),
        ({"area": 532601}, "area: 532601 is not str; write it in quotes"),
        ({"area": "532699"}, "area: the area '532699' is not known; add it to data/reference"),
        ({"years": [2016, "2017"]}, "is not list[int]; write a whole number"),
        ({"years": 2016}, "years: 2016 is not list[int]"),
    ],
)
def test_a_wrong_parameter_is_refused_with_key_value_and_remedy(told, fault, project):
    (project / "reports/briefs.yml").write_text(spec(parameters={"area": "532601"} | told))
    assert "briefs.yml: briefs > own > parameters" in refused(project)
    assert fault in refused(project)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"titel": "own.title"}, "titel: there is no such key; did you mean 'title'?"),
        ({"title": "own.titles"}, "the catalogue has no text 'own.titles'"),
        ({"languages": ["zh", "fr"]}, "languages > 1: 'fr' is not known; it is 'zh' or 'en'"),
        ({"languages": []}, "languages: [] does not fit"),
        ({"chapters": []}, "chapters: [] does not fit"),
        (
            {"chapters": [{"notebook": "01_frist"}]},
            "no notebook '01_frist'; did you mean '01_first'",
        ),
        (
            {"chapters": [{"notebook": "../../etc/passwd"}]},
            "'../../etc/passwd' is not a plain name",
        ),
        ({"chapters": [{"notebook": "/etc/passwd"}]}, "'/etc/passwd' is not a plain name"),
        ({"chapters": ["01_first"]}, "chapters > 0: '01_first' does not fit"),
        ({"output": "../elsewhere"}, "output: there is no such key"),
        ({"date": "next month"}, "date: 'next month' does not fit; write a day from 1980-01-01"),
        ({"languages": ["zh", "zh"]}, "languages: ['zh', 'zh'] names one twice; write each once"),
    ],
)
def test_a_wrong_brief_is_refused_with_key_value_and_remedy(changes, fault, project):
    (project / "reports/briefs.yml").write_text(spec(**changes))
    assert fault in refused(project)


IN_CHINESE = [
    ({"titel": "own.title"}, "titel：没有这个键；是否想写'title'？"),
    ({"title": "own.titles"}, "文本目录中没有'own.titles'；请补上中文和英文"),
    ({"title": 1}, "title：1不合要求；请写成文字，加引号"),
    ({"languages": ["zh", "fr"]}, "languages > 1：'fr'不是可选的值；可选：'zh'或'en'"),
    ({"languages": []}, "languages：[]不合要求；请至少写一个"),
    ({"chapters": [{"notebook": "01_frist"}]}, "没有笔记本'01_frist'；是否想写'01_first'？"),
    ({"chapters": [{"notebook": "../x"}]}, "'../x'不是规范的名称；请只用"),
    ({"date": "next"}, "date：'next'不合要求；请写1980-01-01至2099-12-31之间的日期"),
    ({"time_limit": 0}, "time_limit：0不合要求；请写大于0、不超过2,678,400的秒数"),
    ({"revises": "none-such"}, "没有reports/kept/none-such.json；请先用keep保存那一版"),
    (
        {"for": {"place": ["a b"]}},
        "'a b'不是规范的名称；请只用a-z、0-9、_和-（不能是路径或代码），或写成{",
    ),
    ({"for": {"month": ["2018-13"]}}, "'2018-13'不是月份；请写成2018-03的形式"),
    ({"parameters": {"shre": 0.5}}, "'shre'不是任何一章的参数；是否想写'share'？"),
    ({"parameters": {"share": "half"}}, "'half'不是float；请写数字，比例写成0.03的形式"),
    (
        {"parameters": {"area": "532699"}},
        "没有代码为'532699'的地区；请加入data/reference/areas.csv",
    ),
]


@pytest.mark.parametrize(("changes", "fault"), IN_CHINESE)
def test_a_clerk_is_told_in_chinese_what_is_wrong(changes, fault, project, monkeypatch):
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "zh")
    (project / "reports/briefs.yml").write_text(spec(**changes), encoding="utf-8")
    said = refused(project)
    assert fault in said
    assert not re.search("[a-z]{2,} [a-z]{2,} [a-z]{2,}", said), said


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("briefs: {own: {title: a, title: b}}", "briefs.yml，第1行：title写了两次；只能写普通的值"),
        ("briefs: {own: &a {}, other: *a}", "第1行：不接受别名；只能写普通的值"),
        ("[]", "整个文件：[]不合要求；请在其下写键和值"),
        ("brief: {}", "brief：没有这个键；是否想写'briefs'？"),
    ],
)
def test_a_clerk_is_told_in_chinese_that_a_file_is_no_list(text, fault, project, monkeypatch):
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "zh")
    (project / "reports/briefs.yml").write_text(text)
    assert fault in refused(project)


@pytest.mark.parametrize(
    "name", ["../own", "/tmp/own", "own/../..", "Own brief", "", ".own", "own;id"]
)
def test_a_brief_cannot_name_a_path(name, project):
    text = yaml.safe_dump({"briefs": {name: yaml.safe_load(spec())["briefs"]["own"]}})
    (project / "reports/briefs.yml").write_text(text)
    assert "is not a plain name; use a-z, 0-9, _ and - (no path, no code)" in refused(project)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('briefs: !!python/object/apply:os.system ["id"]', "write plain values only"),
        ("briefs: !include /etc/passwd", "write plain values only"),
        ("briefs: {own: {title: a, title: b}}", "line 1: title stands twice"),
        ("briefs: [", "line 1: "),
        ("briefs: {own: {date: 2018-13-28}}", "cannot be read (month must be in 1..12)"),
        ("[" * 5000, "cannot be read"),
        ("", "does not fit"),
        ("brief: {}", "brief: there is no such key; did you mean 'briefs'?"),
        ("briefs: {}", "briefs: {} does not fit"),
    ],
)
def test_a_file_that_is_not_plain_yaml_is_refused(text, fault, project):
    (project / "reports/briefs.yml").write_text(text)
    assert fault in refused(project)


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("horizon = None", "the default of 'horizon' does not tell its type; write it as 'horizon"),
        ("horizon = None", "such as 'horizon: str | None = None'"),
        ("years = []", "such as 'years: list[str] = []'"),
        ("years = [2016, 'x']", "the default of 'years' does not tell its type"),
        ("import os", "'import os'; it may only say"),
        ("when: date = None", "the parameter 'when' has the type 'date'; use one of str, int"),
        ("size: int = len('abc')", "the default of 'size' is not a plain value"),
    ],
)
def test_a_notebook_declares_typed_parameters_and_nothing_else(cell, fault, project):
    (project / "notebooks/01_first.ipynb").write_text(notebook("first-title", cell))
    assert fault in refused(project)


def test_a_default_tells_the_type_of_a_parameter(tmp_path):
    cell = "a = 2\nb = 0.5\nc = 'x'\nd = True\ne = [2016, 2017]\nf = -1"
    (tmp_path / "a.ipynb").write_text(notebook("first-title", cell))
    kinds = {name: one.kind for name, one in parameters.declared(tmp_path / "a.ipynb").items()}
    assert list(kinds.values()) == ["int", "float", "str", "bool", "list[int]", "int"]


@pytest.mark.parametrize("day", ["1979-12-31", "2100-01-01", "0001-01-01"])
def test_a_day_that_no_archive_can_hold_is_refused(day, project):
    text = spec().replace("2018-03-28", day)
    (project / "reports/briefs.yml").write_text(text)
    assert "date: datetime.date(" not in refused(project)
    assert f"date: {day} does not fit; write a day from 1980-01-01 to 2099-12-31" in refused(
        project
    )


@pytest.mark.parametrize("value", [None, 1, 1.5, True, "x", [], ["x"], [[]], {}, {"a": 1}, {1: 2}])
def test_no_refusal_speaks_of_the_program(value, project):
    """Every place of the file gets every kind of value; no sentence may be that of the library."""
    whole = yaml.safe_load(spec())
    places = [whole, whole["briefs"], whole["briefs"]["own"], whole["briefs"]["own"]["chapters"][0]]
    said = []
    for place in places:
        for key in [*place, "for", "defaults", "time_limit", "subtitle", "revises", "languages"]:
            had = dict(place)
            place[key] = value
            (project / "reports/briefs.yml").write_text(yaml.safe_dump(whole))
            with contextlib.suppress(SpecError):
                read_editions(project / "reports/briefs.yml", project)
                continue
            said.append(refused(project))
            place.clear()
            place.update(had)
    whole = "\n".join(said)
    for word in (
        "instance of",
        "valid ",
        "Input",
        "input should",
        "Spec",
        "datetime.",
        "validation",
    ):
        assert word not in whole, word


# ---- what a notebook lacks to be a chapter


def plain_notebook(project, *cells, parameters="n = 3"):
    """Write a notebook as an analyst would, with nothing of it in the catalogue."""
    plain = json.loads(notebook("first-title", parameters, IMPORTS))
    prose = [{"cell_type": "markdown", "id": f"own-{n}", "metadata": {}} for n in range(len(cells))]
    said = [cell | {"source": [text]} for cell, text in zip(prose, cells, strict=True)]
    plain["cells"] = [*said, *plain["cells"][1:]]
    (project / "notebooks/11_plain.ipynb").write_text(json.dumps(plain))
    return plain


def ask_for_plain(project, *languages):
    changes = {"parameters": {}, "title": "press.author", "languages": list(languages)}
    text = spec(**changes, chapters=[{"notebook": "11_plain"}])
    (project / "reports/briefs.yml").write_text(text)


def test_all_that_a_notebook_lacks_is_said_before_anything_runs(project):
    plain_notebook(project, "Why?", "![a](b.png)", parameters="n = None\nm = open('x')")
    ask_for_plain(project, "zh", "en")
    lines = [line.split(" > chapters > 1: ")[1] for line in refused(project).splitlines()]
    wanted = [
        "11_plain.ipynb: the default of 'n' does not tell its type",
        "11_plain.ipynb: the default of 'm' is not a plain value",
        "11_plain.ipynb, cell 1 (own-0): has no Chinese prose; add 'own-0: {zh: …, en: …}'",
        "11_plain.ipynb, cell 2 (own-1): has no Chinese prose; add",
        "11_plain.ipynb, cell 2 (own-1): the press does not set image in prose; take it out",
        "11_plain.ipynb has no title; begin its first cell of prose with '# '",
    ]
    assert len(lines) == len(wanted)
    for line, begun in zip(lines, wanted, strict=True):
        assert line.startswith(begun)
    assert "analysis/catalogue or of the folder ANALYSIS_CATALOGUE" in lines[2]
    ended = run(project, "brief")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, len(wanted))
    assert not (project / "reports/generated").exists()


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ((), "has no title; begin its first cell"),
        (("# One", "# Two"), "has 2 titles; begin all headings but the first with '## '"),
        (("# One", "```\n# no title\n```"), None),
        (("One\n===", "Two:\n\n    # code"), None),
        (("# One", "a\n\n---\n\nb"), "does not set thematic break in prose; take it out"),
        (("# One", "  "), None),
    ],
)
def test_the_check_before_the_run_agrees_with_the_press(cells, fault, project):
    plain = plain_notebook(project, *cells)
    ask_for_plain(project, "en")
    if fault:
        assert fault in refused(project)
        with pytest.raises(press.PressError):
            press.chapter(plain, "en", name="11_plain")
    else:
        assert read_editions(project / "reports/briefs.yml", project)
        assert press.chapter(plain, "en", name="11_plain")["title"] == "One"


@pytest.mark.parametrize("spoilt", ["", "[]", "{", "{}", '{"cells": 1}', '{"cells": [1, {}]}'])
def test_what_is_no_notebook_is_refused_before_the_run(spoilt, project):
    (project / "notebooks/11_plain.ipynb").write_text(spoilt)
    ask_for_plain(project, "zh", "en")
    assert "briefs > own > chapters > 1: 11_plain.ipynb" in refused(project)


def test_a_notebook_without_ids_is_told_to_be_saved_again(project):
    plain = plain_notebook(project, "# One")
    del plain["cells"][0]["id"]
    (project / "notebooks/11_plain.ipynb").write_text(json.dumps(plain))
    ask_for_plain(project, "en")
    assert "cell 1 (no id): has no id; save the notebook again in JupyterLab" in refused(project)


def test_one_language_asked_for_needs_the_prose_of_that_language_alone(project):
    plain_notebook(project, "# One")
    ask_for_plain(project, "zh", "en")
    path = project / "reports/briefs.yml"
    assert read_editions(path, project, languages=["en"])
    with pytest.raises(SpecError, match="has no Chinese prose"):
        read_editions(path, project, languages=["zh"])


def test_refresh_leaves_prose_alone_that_the_catalogue_lacks(project):
    plain = plain_notebook(project, "# One")
    refresh.write_prose(project / "notebooks/11_plain.ipynb")
    kept = json.loads((project / "notebooks/11_plain.ipynb").read_text())
    assert kept["cells"][0]["source"] == plain["cells"][0]["source"]


SHOWN = ("pd.DataFrame({'a': [1]})", "print('so')", "plt.plot([1, 2])", "1 + 1", "a = 1")


def test_what_a_chapter_shows_and_no_brief_prints_is_said_once(project):
    plain = plain_notebook(project, "# One", parameters="n: int = 3")
    code = ["import pandas as pd\nimport matplotlib.pyplot as plt", *SHOWN]
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    plain["cells"] += [cell | {"id": f"c-{n}", "source": [one]} for n, one in enumerate(code)]
    (project / "notebooks/11_plain.ipynb").write_text(json.dumps(plain))
    ask_for_plain(project, "en")
    said = []
    assert make(project, said=said)[0].failures == []
    lines = [line.removeprefix("11_plain.ipynb") for line in said if line.startswith("11_plain.i")]
    advice = "is not printed; show it with exhibits.{} (docs/lab.md says how)"
    assert lines == [
        f", cell 5 (c-1): its table {advice.format('table')}",
        f", cell 6 (c-2): what it prints {advice.format('finding')}",
        f", cell 7 (c-3): its picture {advice.format('figure')}",
        f", cell 8 (c-4): its value {advice.format('finding')}",
        ": no cell shows a finding, table or figure, so its chapter is prose alone",
    ]
    assert (project / "reports/generated/own/own.en.pdf").is_file()


def test_nothing_is_said_of_chapters_that_show_exhibits(finished):
    for path in (finished / "reports/generated/own/chapters").glob("*.ipynb"):
        assert form.unprinted(json.loads(path.read_text(encoding="utf-8")), name=path.name) == []


def test_no_stored_notebook_shows_what_no_brief_prints(root):
    for edition in read_editions(root / "reports/briefs.yml", root):
        for chapter in edition.chapters:
            stored = json.loads(chapter.notebook.read_text(encoding="utf-8"))
            assert form.unprinted(stored, name=chapter.name) == []


def test_a_notebook_without_the_tag_takes_no_parameter(project):
    path = project / "notebooks/01_first.ipynb"
    path.write_text(path.read_text().replace('"parameters"', '"other"'))
    assert "chapters > 1 > parameters: 'share' is not a parameter of 01_first" in refused(project)


def test_every_fault_is_named_at_once(project):
    told = {"area": 532601, "shre": 1}
    (project / "reports/briefs.yml").write_text(spec(parameters=told, title="own.titles"))
    assert len(refused(project).splitlines()) == 3


def test_the_briefs_of_the_project_can_be_run(root):
    """Every brief names notebooks that are there, parameters they declare, and known titles."""
    for edition in read_editions(root / "reports/briefs.yml", root):
        for language in edition.spec.languages:
            assert edition.text(edition.spec.title, language)
        for chapter in edition.chapters:
            assert set(chapter.told) <= set(parameters.declared(chapter.notebook))


def test_a_wrong_spec_runs_nothing(project, monkeypatch):
    monkeypatch.setattr(briefs, "hire", lambda *_: pytest.fail("somebody was hired"))
    (project / "reports/briefs.yml").write_text(spec(parameters={"shre": 1}))
    with pytest.raises(SpecError):
        make(project)
    assert not (project / "reports/generated").exists()


# ---- what a run leaves


def test_a_run_leaves_both_languages_the_executed_notebooks_and_a_record(finished):
    made = finished / "reports/generated/own"
    left = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert left == {
        *("published.json", "run.json"),
        *(f"own.{language}.{kind}" for language in ("zh", "en") for kind in outputs.KINDS),
        *("chapters/01_first.ipynb", "chapters/01_first.json"),
        *("chapters/02_second.ipynb", "chapters/02_second.json"),
    }


def test_parameters_arrive_as_they_were_written(finished):
    executed = json.loads(
        (finished / "reports/generated/own/chapters/01_first.ipynb").read_text(encoding="utf-8")
    )
    text = executed["cells"][-1]["outputs"][0]["data"]["text/plain"]
    assert "".join(text) == f"Wenshan City: 25.0%, {WORD}"


def test_the_record_names_all_that_made_the_brief(finished):
    made = finished / "reports/generated/own"
    noted = json.loads((made / "run.json").read_text())
    assert [row["path"] for row in noted["inputs"]] == ["data/reference/areas.csv"]
    assert noted["chapters"][0]["parameters"]["share"] == 0.25
    assert noted["chapters"][1]["parameters"]["share"] == 0.5
    assert {"python", "pandas", "typst"} <= set(noted["packages"])
    assert len(noted["fonts"]) == 3
    assert len(noted["code"]["sha256"]) == 64
    for output in noted["outputs"].values():
        assert record.file_hash(made / output["file"]) == output["sha256"]


def test_nothing_that_is_left_names_a_folder_of_this_machine(finished):
    for path, content in contents(finished / "reports/generated").items():
        assert str(finished).encode() not in content, path


def test_nothing_changed_means_nothing_done(finished):
    before, said = contents(finished / "reports"), []
    report = make(finished, said=said)[0]
    assert (report.ran, report.made, report.failures) == ([], [], [])
    assert "nothing has changed" in said[0]
    assert contents(finished / "reports") == before


def test_the_unchanged_path_imports_nothing_heavy(finished, catalogue):
    asked = (
        "import sys; from pathlib import Path; from analysis.briefs import make_briefs;"
        f"make_briefs(root=Path({str(finished)!r}), say=print); print(*sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    heavy = {"pandas", "papermill", "matplotlib", "nbformat", "typst", "mistune", "fontTools"}
    assert "nothing has changed" in ended.stdout
    assert not heavy & set(ended.stdout.split())


def test_a_second_project_gives_the_same_bytes(finished, project):
    make(project)
    for name in ("own.zh.pdf", "own.en.pdf", "chapters/01_first.ipynb"):
        first = finished / "reports/generated/own" / name
        assert (project / "reports/generated/own" / name).read_bytes() == first.read_bytes()


@pytest.fixture
def copied(finished, tmp_path):
    """A made project that a test may change."""
    return shutil.copytree(finished, tmp_path / "copied")


def test_only_a_changed_notebook_runs_again(copied):
    path = copied / "notebooks/02_second.ipynb"
    path.write_text(path.read_text().replace("0.5  # ratio", "0.6  # ratio"))
    report = make(copied)[0]
    (edition,) = read_editions(copied / "reports/briefs.yml", copied)
    assert (report.ran, report.made) == (["02_second"], outputs.names(edition))


def test_changed_data_run_everything_again(copied, monkeypatch):
    monkeypatch.setattr(briefs, "hire", lambda *_: Refusing())
    (copied / "data/new.csv").write_text("a\n1\n")
    assert make(copied)[0].failures == ["own: 01_first and 1 more: refused"]


def test_a_damaged_or_missing_pdf_is_set_again_without_a_run(copied):
    made = copied / "reports/generated/own"
    wanted = (made / "own.zh.pdf").read_bytes()
    (made / "own.zh.pdf").write_bytes(b"%PDF damaged")
    (made / "own.en.pdf").unlink()
    report = make(copied)[0]
    assert (report.ran, report.made) == ([], ["zh.pdf", "en.pdf"])
    assert (made / "own.zh.pdf").read_bytes() == wanted


def test_one_language_may_be_asked_for(copied):
    for pdf in (copied / "reports/generated/own").glob("*.pdf"):
        pdf.unlink()
    report = make(copied, languages=["zh"])[0]
    assert report.made == ["zh.pdf"]
    assert not (copied / "reports/generated/own/own.en.pdf").exists()


def test_a_failing_chapter_says_where_and_leaves_the_last_brief_whole(copied):
    path = copied / "notebooks/02_second.ipynb"
    path.write_text(notebook("second-title", PARAMETERS, IMPORTS, 'raise KeyError("a\\nb")'))
    before, said = contents(copied / "reports"), []
    report = briefs.make_briefs(root=copied, say=said.append)[0]
    assert len(report.failures) == 1
    assert "of an earlier run" in said[-1]
    where = "own: 02_second: cell 4 (cell-2) of 02_second.ipynb failed: KeyError"
    assert report.failures[0].startswith(where)
    assert "; open notebooks/02_second.ipynb with the same parameters" in report.failures[0]
    assert "\n" not in report.failures[0]
    assert contents(copied / "reports") == before


# ---- the command line


def run(project, *words_, **environment):
    told = os.environ | {"ANALYSIS_ROOT": str(project)} | environment
    asked = [sys.executable, "-m", "analysis", *words_]
    return subprocess.run(asked, capture_output=True, text=True, check=False, env=told)


def test_the_command_line_says_nothing_changed_and_exits_0(finished):
    ended = run(finished, "brief")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (
        ended.stdout == "own: nothing has changed since the last run; see reports/generated/own\n"
    )


def test_the_command_line_exits_2_with_one_sentence_for_a_wrong_spec(project):
    (project / "reports/briefs.yml").write_text(spec(parameters={"shre": 1}))
    for asked in (["brief"], ["brief", "own"], ["brief", "--list"]):
        ended = run(project, *asked)
        assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1), ended.stderr
    assert "did you mean 'own'?" in run(project, "brief", "onw").stderr
    assert "there is no language 'fr'" in run(project, "brief", "--language", "fr").stderr


def test_the_command_line_lists_and_explains(finished):
    listed = run(finished, "brief", "--list").stdout
    assert listed == "own (zh, en; 2018-03-28): 01_first, 02_second\n"
    named = run(finished, "brief", "own", "--list", "--language", "en").stdout
    assert named == listed.replace("zh, en", "en")
    assert run(finished, "brief", "onw", "--list").returncode == 2
    assert "make briefs as PDF" in run(finished, "--help").stdout


def test_a_missing_typeface_fails_in_one_sentence(finished, tmp_path):
    (tmp_path / "bold.otf").write_bytes(b"no font")
    ended = run(finished, "brief", ANALYSIS_FONTS=str(tmp_path / "none"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "does not exist" in ended.stderr


# ---- stored notebooks


def test_refresh_writes_the_catalogues_english_and_only_then(project):
    path = project / "notebooks/02_second.ipynb"
    assert refresh.write_prose(path)
    assert json.loads(path.read_text())["cells"][0]["source"] == ["# Second"]
    assert not refresh.write_prose(path)


@pytest.mark.slow
def test_refresh_stores_outputs_and_is_the_same_twice(project):
    path = project / "notebooks/01_first.ipynb"
    refresh.refresh_notebooks(["01_first"], root=project)
    first = path.read_bytes()
    assert b"Yunnan: 50.0%, plain" in first
    refresh.refresh_notebooks(["01_first"], root=project)
    assert path.read_bytes() == first


def test_refresh_names_the_nearest_notebook(project):
    with pytest.raises(ValueError, match="no notebook '01_frist'; did you mean '01_first'"):
        refresh.refresh_notebooks(["01_frist"], root=project)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("place", "../data/wenshan", "is not the name of a folder"),
        ("place", "..", "is not the name of a folder"),
        ("until", "spring", "write it as 2018-03-28"),
        ("draws", -5, "write a whole number from 100"),
        ("seed", -1, "out of bounds"),
        ("horizon", 1, "from 2 to 20"),
    ],
)
def test_a_value_that_no_notebook_could_use_is_refused_before_anything_runs(
    root, name, value, said
):
    kind = type(value).__name__
    assert said in parameters.problem(name, value, parameters.Parameter(kind, value), root)


def test_a_language_the_brief_is_not_set_in_is_refused(project):
    path = project / "reports" / "briefs.yml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    for brief in spec["briefs"].values():
        brief["languages"] = ["zh"]
    path.write_text(yaml.safe_dump(spec, allow_unicode=True), encoding="utf-8")
    with pytest.raises(SpecError, match="is set in zh, not in en"):
        read_editions(path, project, languages=["en"])
