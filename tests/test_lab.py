"""The bench for analysts: what a move does, the start page, a chapter of one's own, a browser."""

import ast
import contextlib
import csv
import io
import json
import math
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from projects import run_cells

from analysis import briefs, explore, office, poverty, startpage, synthetic, tables, words
from analysis.briefs import chapters
from analysis.charts import explore as charts_of_explore
from analysis.explore.outlook import yuan_per_exit
from tests import offices

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
YEAR = 2017
FIRST = explore.Move(line=3200.0, growth=0.097, villages=1, delivered=1.0)
PARTS = ("households", "villages", "payments", "flows")
MOVES = st.builds(
    explore.Move,
    line=st.floats(800, 9000),
    growth=st.floats(-0.3, 0.5),
    villages=st.integers(0, 2),
    delivered=st.floats(0, 1),
)


@pytest.fixture(scope="module")
def ledgers():
    made = synthetic.city(scale=0.03, seed=1).tables
    return {name: made[name] for name in PARTS}


@pytest.fixture(scope="module")
def begun(ledgers):
    return explore.start(ledgers, YEAR)


@pytest.fixture(scope="module")
def whole_city():
    return explore.start(office.ledgers("wenshan").tables, YEAR)


def scene(begun, language="en", **changes):
    return explore.Scene(begun, "wenshan", 0.03, language)._replace(**changes)


def by_moment(begun, move):
    return explore.outlook(begun, move).set_index("moment")


def real_office():
    """The ledgers of a small clean office, as a frame each: nothing in it is synthetic."""
    rows = offices.ledgers()
    frames = {name: pd.DataFrame(rows[name]).replace({"": pd.NA}) for name in PARTS}
    codes = {"未脱贫": "poor", "已脱贫": "exited"}
    frames["households"]["status"] = frames["households"]["status"].map(codes)
    return frames


# ---- what a move does


@given(move=MOVES)
def test_a_move_agrees_with_counting_every_household(begun, ledgers, move):
    now = ledgers["households"].query("year == @YEAR")
    income, persons = now["income_per_person_yuan"] * (1 + move.growth), now["size"]
    ahead = by_moment(begun, move).loc["ahead"]
    ratio = poverty.headcount_ratio(income, persons, move.line)
    gap = poverty.poverty_gap_index(income, persons, move.line)
    assert math.isclose(ahead["below_persons"], ratio * persons.sum(), abs_tol=1e-6)
    assert math.isclose(
        ahead["shortfall_yuan"], gap * move.line * persons.sum(), rel_tol=1e-9, abs_tol=1e-3
    )


@given(move=MOVES)
def test_villages_and_townships_add_up_to_the_place(begun, move):
    villages = explore.village_outlook(begun, move)
    townships = explore.township_outlook(villages)
    ahead = by_moment(begun, move).loc["ahead"]
    for rows in (villages, townships):
        assert rows["poor_persons"].sum() == begun.poor
        assert rows["inhabitants"].sum() == begun.population
        assert math.isclose(rows["below_persons"].sum(), ahead["below_persons"], abs_tol=1e-6)
        assert math.isclose(
            rows["lacking_yuan"].sum(), ahead["shortfall_yuan"], rel_tol=1e-9, abs_tol=1e-3
        )
    assert villages["planned"].sum() == townships["planned_villages"].sum() == move.villages


@given(move=MOVES, more=st.floats(0, 0.2))
def test_more_growth_a_lower_line_or_more_villages_never_leave_more_poor(begun, move, more):
    here = by_moment(begun, move)
    faster = by_moment(begun, move._replace(growth=move.growth + more))
    lower = by_moment(begun, move._replace(line=move.line * (1 - more)))
    further = by_moment(begun, move._replace(villages=2))
    assert faster.loc["ahead", "below_persons"] <= here.loc["ahead", "below_persons"]
    assert lower.loc["ahead", "below_persons"] <= here.loc["ahead", "below_persons"]
    assert further.loc["ahead", "register_ratio"] <= here.loc["ahead", "register_ratio"]
    low, middle, high = here.loc[["ahead_low", "ahead", "ahead_high"], "below_ratio"]
    assert low <= middle <= high


def test_a_plan_lets_the_least_poor_village_exit_first_and_half_delivered_is_half(begun):
    villages = explore.village_outlook(begun, FIRST)
    left = begun.villages.query("left")
    assert villages.loc[villages["planned"], "poor_persons"].tolist() == [
        left.loc[left["headcount_ratio"].idxmin(), "poor_persons"]
    ]
    whole = by_moment(begun, FIRST).loc["ahead", "exits"]
    half = by_moment(begun, FIRST._replace(delivered=0.5)).loc["ahead"]
    assert half["exits"] == whole / 2 > 0
    assert half["villages_out"] == begun.listed - begun.listed_left


def test_the_plan_curve_is_what_the_moves_along_it_give(begun):
    curve = explore.plan_curve(begun, 0.7).set_index("villages")["register_ratio"]
    for villages in range(begun.listed_left + 1):
        move = FIRST._replace(villages=villages, delivered=0.7)
        assert curve[villages] == by_moment(begun, move).loc["ahead", "register_ratio"]


def test_the_whole_city_has_the_printed_incidence_and_plan(whole_city):
    shown = by_moment(whole_city, FIRST._replace(villages=41))
    assert round(shown.loc["today", "register_ratio"], 4) == 0.0542
    assert shown.loc[["today", "ahead"], "villages_out"].tolist() == [30, 71]


def test_equal_growth_every_year_leaves_no_spread():
    rows = {"year": [2015, 2016, 2017], "size": 1, "income_per_person_yuan": [100.0, 110, 121]}
    assert explore.growth_spread(pd.DataFrame(rows), YEAR) == pytest.approx(0, abs=1e-12)


def test_an_office_of_its_own_is_not_synthetic_and_says_what_it_cannot_tell():
    begun = explore.start(real_office(), YEAR)
    shown = by_moment(begun, FIRST)
    assert not begun.synthetic and "status" not in shown.attrs
    # Two years make one year of growth, which tells nothing about how years differ.
    assert shown.loc[["ahead_low", "ahead_high"], "below_ratio"].isna().all()
    assert shown.loc["ahead", "plan_yuan"] == shown.loc["ahead", "exits"] * 100_000 / 2
    for language in words.LANGUAGES:
        told = explore.numbers(scene(begun, language), FIRST)
        assert words.say("explore.synthetic", language) not in told
        assert explore.picture(scene(begun, language, threshold=None), FIRST)


def test_without_payments_or_flows_the_plan_has_no_cost(ledgers):
    begun = explore.start({name: ledgers[name] for name in PARTS[:2]}, YEAR)
    assert by_moment(begun, FIRST)["plan_yuan"].isna().all()
    assert words.MISSING in explore.numbers(scene(begun), FIRST)


@pytest.mark.parametrize(
    ("paid", "told"),
    [
        (("2016-03", "2017-03"), (200.0, 100.0, 200.0)),
        (("2016-03", "2016-04"), (1100 / 3,) * 3),
        (("2015-03", "2016-12"), (800 / 3,) * 3),
        (("2014-03", "2015-03"), None),
    ],
)
def test_ledgers_as_they_are_read_tell_what_an_exit_costs(paid, told):
    """Numbers read from files may be missing, and have other types than those made in memory."""
    payments = pd.DataFrame({"project": "p", "month": paid, "spent_yuan": ["300", "800"]})
    flows = pd.DataFrame({"village": "v", "year": ["2016", "2017"], "exited": ["3", "4"]})
    given = {"payments": payments, "flows": flows}
    read = {name: tables.typed_table(frame, name) for name, frame in given.items()}
    assert str(read["flows"]["year"].dtype) == "Int64"
    cost = yuan_per_exit(read, YEAR)
    assert cost == told if told else all(map(math.isnan, cost))


def test_unknown_incomes_are_counted_and_never_zero(ledgers):
    spoilt = ledgers["households"].copy()
    first = spoilt.index[spoilt["year"] == YEAR][0]
    spoilt["income_per_person_yuan"] = spoilt["income_per_person_yuan"].astype("Float64")
    spoilt.loc[first, "income_per_person_yuan"] = pd.NA
    begun = explore.start(ledgers | {"households": spoilt}, YEAR)
    assert begun.unknown == spoilt.loc[first, "size"]
    everyone = by_moment(begun, FIRST._replace(line=1e9)).loc["ahead", "below_persons"]
    assert everyone == begun.persons.sum() - begun.unknown
    assert explore.village_outlook(begun, FIRST._replace(line=1e9))["below_persons"].sum() == (
        everyone
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"growth": -1.0}, "takes all income away"),
        ({"line": 0.0}, "is no poverty line"),
        ({"villages": 3}, "3 cannot exit; 2 of the list are left"),
        ({"delivered": 1.2}, "is no share of a plan"),
    ],
)
def test_a_move_out_of_bounds_is_refused(changes, fault, begun):
    with pytest.raises(ValueError, match=fault):
        explore.outlook(begun, FIRST._replace(**changes))


def test_a_year_that_the_ledgers_do_not_hold_is_refused(ledgers):
    with pytest.raises(ValueError, match="no household of 1999; they hold 2014, 2015"):
        explore.start(ledgers, 1999)


def test_a_move_on_the_whole_city_takes_less_than_a_third_of_a_second(whole_city):
    """Time of this process, not of the clock: other work on the machine is not the move's."""
    shown, spent = scene(whole_city), []
    for step in range(7):
        move = FIRST._replace(villages=41, line=3200 + 50 * step)
        started = time.process_time()
        explore.numbers(shown, move)
        explore.chart(shown, move)
        spent.append(time.process_time() - started)
    assert statistics.median(spent) < 0.3


# ---- what is shown, and what is written down


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_view_says_that_it_is_synthetic_and_fetches_nothing(language, begun):
    shown = scene(begun, language)
    page = explore.numbers(shown, FIRST) + explore.chart(shown, FIRST)
    assert words.say("explore.synthetic", language) in page
    assert not re.search(r"https?://|<script", page)
    assert len(re.findall(r'<img alt="[^"]{60,}"', page)) == 1
    table = explore.searchable(shown, FIRST)
    assert words.say("explore.synthetic_short", language) in table
    assert not re.search(r"import [^;]*https?://|(?:src|href)=.?https?://[^ ]*\.(?:js|css)", table)


def test_hostile_names_of_places_are_text(ledgers):
    names = "<script>alert(1)</script>"
    villages = ledgers["villages"].assign(village_zh=names, township='=HYPERLINK("x")')
    begun = explore.start(ledgers | {"villages": villages}, YEAR)
    shown = scene(begun, place="<b>")
    assert "<b>" not in explore.numbers(shown, FIRST)
    assert names not in explore.searchable(shown, FIRST)


def test_a_view_is_written_whole_with_its_parameters_and_no_household_or_village(
    begun, ledgers, tmp_path
):
    paths = explore.write_view(scene(begun, "zh"), FIRST, folder=tmp_path)
    assert [path.suffix for path in paths] == [".csv", ".csv", ".png"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    tables = [path.read_text("utf-8-sig") for path in paths[:2]]
    households = ledgers["households"]["household"].unique()
    villages = ledgers["villages"][["village", "village_zh"]].to_numpy().ravel()
    for text in tables:
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {row["性质"] for row in rows} == {"模拟数据"}
        assert {row["收入增速"] for row in rows} == {"0.097"}
        assert not any(name in text for name in [*households, *villages])
    townships = list(csv.DictReader(io.StringIO(tables[1])))
    told = [row["总人口"] for row in townships if row["总人口"] != words.MARK]
    assert told and sum(map(int, told)) <= begun.population


def test_small_counts_are_hidden_in_what_is_written(begun, ledgers, tmp_path):
    """A line that leaves few below it: their number is shown in the office, and not written."""
    few = FIRST._replace(line=float(np.sort(begun.income)[1]) * (1 + FIRST.growth) + 0.01)
    assert 0 < by_moment(begun, few).loc["ahead", "below_persons"] < 10
    paths = explore.write_view(scene(begun), few, folder=tmp_path)
    rows = list(csv.DictReader(io.StringIO(paths[0].read_text("utf-8-sig"))))
    assert rows[1]["Persons below"] == words.MARK
    assert not list(tmp_path.glob("*.png")), "the picture draws what the table hides"


def test_no_file_tells_from_one_village_to_the_next_how_many_poor_each_has(whole_city, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        charts_of_explore, "_by_villages", lambda _axes, curve, *_: drawn.append(curve)
    )
    explore.chart(scene(whole_city), FIRST)
    explore.picture(scene(whole_city), FIRST)
    on_screen, in_file = drawn
    assert on_screen["villages"].tolist() == list(range(whole_city.listed_left + 1))
    assert in_file["villages"].tolist() == [0, FIRST.villages, whole_city.listed_left]


def test_a_view_that_would_tell_of_a_person_is_not_written(ledgers, tmp_path):
    phone = "".join(["138", "0013", "8000"])
    villages = ledgers["villages"].assign(township=f"镇{phone}")
    begun = explore.start(ledgers | {"villages": villages}, YEAR)
    with pytest.raises(ValueError, match="phone"):
        explore.write_view(scene(begun), FIRST, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_same_view_gives_the_same_bytes(begun, tmp_path):
    shown = scene(begun)
    first = [path.read_bytes() for path in explore.write_view(shown, FIRST, folder=tmp_path / "a")]
    again = [path.read_bytes() for path in explore.write_view(shown, FIRST, folder=tmp_path / "b")]
    assert first == again


def test_a_formula_for_a_township_is_text_in_the_file(ledgers, tmp_path):
    villages = ledgers["villages"].assign(township='=HYPERLINK("http://example.org")')
    begun = explore.start(ledgers | {"villages": villages}, YEAR)
    path = explore.write_view(scene(begun), FIRST, folder=tmp_path)[1]
    row = next(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert row["Township"].startswith("'=")


# ---- sliders and buttons, without a browser


@pytest.fixture
def bench(begun, monkeypatch):
    monkeypatch.setenv("ANALYSIS_LANGUAGE", "zh")
    return explore.bench(begun, FIRST, "wenshan", 0.03)


def slider(bench, name):
    title = words.say(f"explore.slider.{name}", "zh")
    return next(child for child in bench.children if getattr(child, "description", "") == title)


def button(bench, name):
    title = words.say(f"explore.button.{name}", "zh")
    row = next(child for child in bench.children if hasattr(child, "children"))
    return next(child for child in row.children if child.description == title)


@pytest.mark.parametrize(
    ("name", "value"), [("line", 3300), ("growth", 0.2), ("villages", 2), ("delivered", 0.5)]
)
def test_each_slider_moves_the_numbers_and_the_picture_and_the_button_takes_it_back(
    name, value, bench
):
    row = next(child for child in bench.children if hasattr(child, "children"))
    shown = [child for child in bench.children if child is not row][-2:]
    before = [child.value for child in shown]
    slider(bench, name).value = value
    assert getattr(bench.move, name) == value
    assert all(child.value != old for child, old in zip(shown, before, strict=True))
    button(bench, "reset").click()
    assert bench.move == FIRST
    assert [child.value for child in shown] == before


def test_the_table_of_villages_is_renewed_when_asked(bench):
    said = [words.say("explore.caption", "zh", **FIRST._replace(line=line)._asdict())
            for line in (3200, 4000)]  # fmt: skip
    slider(bench, "line").value = 4000
    for caption, act in zip(said, (None, button(bench, "renew")), strict=True):
        if act:
            act.click()
        (shown,) = bench.villages.outputs
        assert caption in shown["data"]["text/html"]


def test_the_button_writes_the_view_and_says_where(bench, monkeypatch, tmp_path):
    into = partial(explore.write_view, folder=tmp_path)
    monkeypatch.setattr("analysis.explore.sliders.write_view", into)
    button(bench, "write").click()
    assert len(list(tmp_path.iterdir())) == 3
    name = next(path.name for path in tmp_path.iterdir() if "townships" not in path.name)
    assert any(name.removesuffix(".png") in said for said in _said(bench))


def test_the_button_says_what_was_not_written(bench, monkeypatch, tmp_path):
    def refused(*_):
        raise ValueError("a phone <in> it")

    monkeypatch.setattr("analysis.explore.sliders.write_view", refused)
    button(bench, "write").click()
    assert "a phone &lt;in&gt; it" in _said(bench)
    monkeypatch.setattr("analysis.explore.sliders.write_view", lambda *_: [tmp_path / "a.csv"])
    button(bench, "write").click()
    assert any("未附图" in said for said in _said(bench))


def _said(bench):
    row = next(child for child in bench.children if hasattr(child, "children"))
    texts = [child.value for child in bench.children if child is not row]
    return [text for text in texts if isinstance(text, str)]


# ---- house rules


def _imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name.split(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def test_only_the_bench_knows_widgets(root):
    shown = {"ipywidgets", "itables"}
    knowing = {p.parent for p in (root / "analysis").rglob("*.py") if shown & set(_imported(p))}
    assert knowing == {root / "analysis/explore"}


def test_the_bench_starts_at_the_plan_of_the_place(root):
    names = run_cells(root / "notebooks/10_explore.ipynb", place="demo_county")
    printed = tables.margins("demo_county")["value"]
    assert names["move"].villages == printed["planned_village_exits"] == 8
    assert names["move"].growth == printed["income_growth"]
    assert names["told"].threshold == printed["incidence_threshold"]
    assert names["bench"].move == names["move"]


def test_the_bench_starts_at_what_is_given_else_printed_else_nothing(begun):
    assert explore.printed(begun, "county_a") == (0.0, 0, None)
    assert explore.printed(begun, "wenshan") == (0.097, begun.listed_left, 0.03)
    given = {"growth": 0.0, "villages": 0, "threshold": 0.0}
    assert explore.printed(begun, "wenshan", **given) == (0.0, 0, 0.0)
    many = begun.listed_left + 1
    assert explore.printed(begun, "wenshan", villages=many).villages == many


def test_the_stored_notebook_holds_nothing_live(root):
    stored = json.loads((root / "notebooks/10_explore.ipynb").read_text(encoding="utf-8"))
    live = [cell for cell in stored["cells"] if chapters.LIVE in cell["metadata"].get("tags", [])]
    assert len(live) == 2 and all(cell["outputs"] == [] for cell in live)
    assert "widgets" not in stored["metadata"]


def test_the_start_page_lists_the_notebooks_there_are(root):
    stored = (root / "notebooks" / startpage.NAME).read_text(encoding="utf-8")
    assert stored == startpage.text(root)
    there = sorted(path.name for path in (root / "notebooks").glob("[0-9]*.ipynb"))
    listed = re.findall(r"\]\(([^)]+\.ipynb)\) \|", stored)
    assert listed == [*there, *there]


def test_a_notebook_whose_prose_is_its_own_is_listed_by_its_own_question(tmp_path):
    (tmp_path / "notebooks").mkdir()
    cell = {"id": "mine", "cell_type": "markdown", "source": ["# Is it | mine?\n", "\n", "Yes."]}
    (tmp_path / "notebooks/11_mine.ipynb").write_text(json.dumps({"cells": [cell]}))
    startpage.store(tmp_path)
    text = (tmp_path / "notebooks" / startpage.NAME).read_text(encoding="utf-8")
    assert text.count("| [11_mine](11_mine.ipynb) | Is it \\| mine? |") == 2
    assert not startpage.store(tmp_path)


# ---- a notebook of one's own becomes a chapter


def _own_copy(source, target, catalogue):
    """Copy a notebook under new ids, with prose of its own in both languages."""
    copied = json.loads(source.read_text(encoding="utf-8"))
    prose = {}
    for cell in copied["cells"]:
        old, cell["id"] = cell["id"], f"own-{cell['id']}"
        if cell["cell_type"] == "markdown":
            prose[cell["id"]] = {each: words.prose(old, each) for each in words.LANGUAGES}
    title = {"zh": "# 本地分析师的一章？", "en": "# Is this a chapter of the analyst's own?"}
    prose[copied["cells"][0]["id"]] = title
    target.write_text(json.dumps(copied, ensure_ascii=False), encoding="utf-8")
    own = {"prose": prose, "own_lab": {"title": {"zh": "自编简报", "en": "A brief of our own"}}}
    catalogue.mkdir()
    (catalogue / "own.yml").write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def own_project(root, tmp_path, monkeypatch):
    """A project with one notebook, copied under a new name, and one entry for it."""
    project = tmp_path / "project"
    (project / "notebooks").mkdir(parents=True)
    (project / "reports").mkdir()
    shutil.copytree(root / "data", project / "data")
    source, target = (root / "notebooks/10_explore.ipynb", project / "notebooks/11_own.ipynb")
    _own_copy(source, target, tmp_path / "catalogue")
    entry = {"title": "own_lab.title", "date": "DAY", "chapters": [{"notebook": "11_own"}]}
    text = yaml.safe_dump({"briefs": {"own": entry}}).replace("DAY", "2018-03-28")
    (project / "reports/briefs.yml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_CATALOGUE", str(tmp_path / "catalogue"))
    words._read_folders.cache_clear()
    yield project
    words._read_folders.cache_clear()


@pytest.mark.slow
def test_a_notebook_of_ones_own_becomes_a_chapter_by_one_entry(own_project):
    pypdf = pytest.importorskip("pypdf")
    said = []
    report = briefs.make_briefs((), root=own_project, say=said.append)[0]
    assert report.failures == [], said
    made = own_project / "reports/generated/own"
    for language, title in (("zh", "本地分析师的一章"), ("en", "chapter of the analyst's own")):
        pages = pypdf.PdfReader(made / f"own.{language}.pdf").pages
        text = "".join(page.extract_text() for page in pages).replace("\n", " ")
        assert title in text.replace("’", "'")
        assert words.say("status.synthetic", language) in text
    executed = (made / "chapters/11_own.ipynb").read_text(encoding="utf-8")
    assert "widget-view" not in executed and "1号村" not in executed


def _worked_example(root):
    """Read the notebook, the texts and the entry that the document shows, block by block."""
    text = (root / "docs/lab.md").read_text(encoding="utf-8")
    part = text.split("## A notebook of your own as a chapter")[1]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    cells = [
        nbformat.v4.new_markdown_cell(source.strip(), id="own-title")
        if kind == "markdown"
        else nbformat.v4.new_code_cell(source.strip(), id=f"own-{number}")
        for number, (kind, source) in enumerate(blocks)
        if kind in {"markdown", "python"}
    ]
    cells[1]["metadata"]["tags"] = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    written = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    return written, *(source for kind, source in blocks if kind == "yaml")


@pytest.fixture
def worked(root, tmp_path, monkeypatch):
    """The project as the document says to make it; gives what is to be added for Chinese."""
    written, texts, entry, prose = _worked_example(root)
    (tmp_path / "project/notebooks").mkdir(parents=True)
    (tmp_path / "project/reports").mkdir()
    (tmp_path / "texts").mkdir()
    shutil.copytree(root / "data", tmp_path / "project/data")
    nbformat.write(written, tmp_path / "project/notebooks/11_own_incomes.ipynb")
    (tmp_path / "texts/own.yml").write_text(texts, encoding="utf-8")
    (tmp_path / "project/reports/briefs.yml").write_text(entry, encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_CATALOGUE", str(tmp_path / "texts"))
    words._read_folders.cache_clear()
    yield tmp_path, prose
    words._read_folders.cache_clear()


def test_the_worked_example_of_the_document_becomes_a_chapter(worked):
    folder, _ = worked
    said = []
    report = briefs.make_briefs((), root=folder / "project", say=said.append)[0]
    assert report.failures == [], said
    assert not [line for line in said if line.startswith("11_own_incomes.ipynb")]
    made = folder / "project/reports/generated/own_incomes"
    published = json.loads((made / "published.json").read_text(encoding="utf-8"))
    assert any(
        "in Yunnan was 6,724 yuan in 2013 and 9,862 yuan in 2017" in str(one) for one in published
    )
    assert (made / "own_incomes.en.pdf").is_file() and not (made / "own_incomes.zh.pdf").exists()


def test_the_worked_example_needs_the_prose_of_the_catalogue_for_chinese_alone(worked):
    folder, prose = worked
    path = folder / "project/reports/briefs.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("[en]", "[zh, en]"), encoding="utf-8")
    with pytest.raises(briefs.SpecError, match=r"cell 1 \(own-title\): has no Chinese prose; add"):
        briefs.read_editions(path, folder / "project")
    (folder / "texts/prose.yml").write_text(prose, encoding="utf-8")
    words._read_folders.cache_clear()
    (edition,) = briefs.read_editions(path, folder / "project")
    assert edition.spec.languages == ["zh", "en"]


# ---- JupyterLab, with and without a browser


def test_make_lab_uses_the_configuration(root):
    text = (root / "Makefile").read_text(encoding="utf-8")
    assert "jupyter lab --config=notebooks/.lab/config.py" in text
    settings = json.loads((root / "notebooks/.lab/overrides.json").read_text(encoding="utf-8"))
    notes = settings["@jupyterlab/apputils-extension:notification"]
    assert notes == {"checkForUpdates": False, "fetchNews": "false"}


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def jupyter_lab(root, folder):
    """JupyterLab as `make lab` starts it, on copies of the notebooks, and ended in any case."""
    shutil.copytree(root / "notebooks", folder / "notebooks")
    port, token = _free_port(), "only-for-this-test"
    told = {
        **os.environ,
        **{f"JUPYTER_{part}_DIR": str(folder / part) for part in ("CONFIG", "DATA", "RUNTIME")},
        "HOME": str(folder),
        "PYTHONPATH": str(root),
        "ANALYSIS_LANGUAGE": "zh",
        "ANALYSIS_ROOT": str(folder),
        "OPENBLAS_NUM_THREADS": "1",
    }
    asked = [
        *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
        f"--config={folder}/notebooks/.lab/config.py",
        f"--LabApp.user_settings_dir={folder}/settings",
        f"--LabApp.workspaces_dir={folder}/workspaces",
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        f"--IdentityProvider.token={token}",
    ]
    with (folder / "lab.log").open("w") as log:
        started = subprocess.Popen(
            asked, env=told, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield _answering(f"http://127.0.0.1:{port}", started, folder / "lab.log"), token
    finally:
        started.send_signal(signal.SIGINT)
        with contextlib.suppress(ProcessLookupError):
            started.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)


def _answering(address, started, log, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end and started.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            return address
        time.sleep(0.5)
    raise AssertionError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


def _settled(page, selector, before=None):
    page.wait_for_function(
        "([where, old]) => { const found = document.querySelector(where);"
        " return found && found.innerText && found.innerText !== old; }",
        arg=[selector, before],
    )
    return page.locator(selector).first.inner_text()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_in_a_real_browser_the_bench_opens_runs_and_follows_a_slider(root, tmp_path):
    browser = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    outside = []
    with jupyter_lab(root, tmp_path) as (address, token), browser.sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = started.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(120_000)
        near = (address, address.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda asked: asked.url.startswith(near) or outside.append(asked.url))
        page.goto(f"{address}/?token={token}")
        page.wait_for_selector(".jp-MarkdownViewer h1:has-text('从这里开始')")
        page.click(".jp-MarkdownViewer a:has-text('10_explore') >> nth=0")
        # What is asked to run before the kernel is there is lost.
        page.wait_for_selector("#jp-main-statusbar :text('Python 3 (ipykernel) | Idle')")
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        before = _settled(page, "td.below_ratio-ahead")
        assert before == "2.89%"
        handle = page.locator(".widget-slider .noUi-handle").first
        handle.focus()
        handle.press("ArrowRight")
        assert float(_settled(page, "td.below_ratio-ahead", before)[:-1]) > float(before[:-1])
        _search(page)
        page.get_by_role("button", name=words.say("explore.button.write", "zh")).click()
        page.wait_for_selector(f"text={words.say('explore.written', 'zh', path='')[:4]}")
        started.close()
    assert outside == []
    made = sorted(path.suffix for path in (tmp_path / "reports/generated/explore").iterdir())
    assert made == [".csv", ".csv", ".png"]


def _search(page):
    """The table of villages is sorted by a click on a heading, and finds what is typed into it."""
    rows = ".jp-OutputArea table.dataTable tbody tr"
    page.wait_for_selector(rows)
    assert page.locator(rows).count() == 10
    page.locator(".jp-OutputArea table.dataTable thead .dt-column-title").nth(2).click()
    page.wait_for_selector(".jp-OutputArea thead th.dt-ordering-asc")
    told = page.locator(f"{rows} td:nth-child(3)").all_inner_texts()
    inhabitants = [int(text.replace(",", "")) for text in told]
    assert len(inhabitants) == 10 and inhabitants == sorted(inhabitants)
    page.locator(".dt-search input").first.fill("坝心乡")
    page.wait_for_function(
        "where => [...document.querySelectorAll(where)].every("
        "row => row.innerText.includes('坝心乡'))",
        arg=rows,
    )
    assert page.locator(rows).count() > 0
