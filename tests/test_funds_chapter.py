"""Chapter 4 on ledgers: real ones answer the question, lacking ones leave a sentence."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from projects import run_cells

from analysis import exhibits, marks, office, summary, synthetic, words

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "04_fund_allocation.ipynb"
PRINTED = {"city": 8.1e7, "persons": 16382, "silent": 6, "told": [0] * 7}
LAST = {"year": 2017, "yuan_per_lifted": 6679.0}


@pytest.fixture(scope="module")
def books():
    """Ledgers with no mark and no code of synthetic rows, as those of a real office."""
    return {name: _plain(frame) for name, frame in synthetic.city(scale=0.12).tables.items()}


def _plain(frame):
    texts = frame.select_dtypes(["object", "str"]).columns
    bare = {
        name: frame[name].str.replace(marks.PREFIX, "W").str.replace(marks.SUFFIX, "")
        for name in texts
    }
    made = pd.DataFrame(frame.assign(**bare))
    made.attrs = {}
    return made


def _cells():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    first = [cell["id"] for cell in code].index("funds-ledgers-read")
    start = [cell for cell in code[:first] if cell["id"] in {"funds-parameters", "funds-imports"}]
    return start + code[first:]


def _run(tables, monkeypatch, **parameters):
    """Run the chapter from the ledgers on, and give what it shows by key."""
    shown = {}
    for verb in ("finding", "table", "figure"):
        monkeypatch.setattr(exhibits, verb, _kept(getattr(exhibits, verb), shown))
    kept = office.Office(tables, False, [])
    monkeypatch.setattr(office, "ledgers", lambda *_, **__: kept)
    names = {**PRINTED, "last": LAST, "spoken": {}}
    for cell in _cells():
        exec("".join(cell["source"]), names)
        names |= parameters
    return shown


def _kept(show, shown):
    def keeping(key, *data, **values):
        # Drawing is tested elsewhere, and takes most of the time.
        data = (lambda *_, **__: None, *data[1:]) if show.__name__ == "figure" else data
        exhibit = show(key, *data, **values)
        shown[key] = exhibit.content
        return exhibit

    return keeping


def test_real_ledgers_answer_the_question(books, monkeypatch):
    shown = _run(books, monkeypatch)
    answer = shown["funds.answer_ledgers"]
    assert (answer["answer"], answer["status"]) == (4, "estimated")
    assert "was spent" in answer["text"]["en"]
    assert "funds.whose.own" in shown
    assert {content["status"] for content in shown.values()} <= {"observed", "estimated"}
    assert not any(content.get("confidence") == "cannot_tell" for content in shown.values())


def test_what_is_known_later_changes_nothing_that_is_said(books, monkeypatch):
    """The same edition, made again when the ledgers hold later months."""
    told = _run(books, monkeypatch)
    monkeypatch.undo()
    works, paid = books["projects"], books["payments"]
    approved = works.iloc[:1].assign(project="later", approved_on="2018-06-01", approved_yuan=9e9)
    running = works["accepted_on"].isna()
    ends = works["accepted_on"].mask(running, "2018-05-01")
    spent = paid.iloc[:2].assign(month="2018-06", project=[works["project"].iloc[0], "later"])
    later = {
        "projects": pd.concat([works.assign(accepted_on=ends), approved]),
        "payments": pd.concat([paid, spent]),
    }
    assert running.any()
    assert _run(books | later, monkeypatch) == told


@pytest.mark.parametrize(
    ("lacking", "silent"),
    [
        ("payments", {"execution", "year_ends", "terms"}),
        (
            "projects",
            {"flow", "execution", "year_ends", "reach", "targeting", "industry_running", "terms"},
        ),
        ("villages", {"reach", "targeting", "collective"}),
        ("households", {"targeting", "housing", "terms"}),
    ],
)
def test_a_ledger_that_is_lacking_leaves_a_sentence_in_its_place(
    books, lacking, silent, monkeypatch
):
    gone = {lacking, "payments"} if lacking == "projects" else {lacking}
    tables = {name: frame for name, frame in books.items() if name not in gone}
    shown = _run(tables, monkeypatch)
    empty = {key for key in shown if key.endswith(".empty")}
    assert empty == {f"funds.{name}.empty" for name in silent}
    answers = [key for key, content in shown.items() if content.get("answer") == 4]
    expected = {"households": "ledgers", "payments": "unpaid", "villages": "unreached"}
    assert answers == [f"funds.answer_{expected.get(lacking, 'printed')}"]


def test_approved_money_is_the_answer_where_no_payment_is_told(books, monkeypatch):
    lacking = {name: frame for name, frame in books.items() if name != "payments"}
    shown = _run(lacking, monkeypatch)
    said, approved = shown["funds.answer_unpaid"]["text"], books["projects"]["approved_yuan"].sum()
    for language in words.LANGUAGES:
        amount = words.FORMATS["wan_yuan"].sentence(approved, language)
        assert amount in summary.first_sentence(said[language], language)


def test_no_project_of_housing_is_counted_without_a_ledger_of_projects(books, monkeypatch):
    lacking = {name: books[name] for name in books.keys() - {"projects", "payments"}}
    homes = _run(lacking, monkeypatch)["funds.housing_alone"]
    kept = _run(books, monkeypatch)["funds.housing"]
    works = [column["name"] for column in homes["columns"]].index("works")
    assert {row[works] for row in homes["rows"]["en"]} == {words.MISSING}
    for language, projects in {"zh": "个住房项目", "en": "housing projects"}.items():
        assert re.search(rf"\d+ ?{projects}", kept["note"][language])
        assert not re.search(rf"\d+ ?{projects}", homes["note"][language])


def test_projects_that_all_run_are_not_said_to_last(books, monkeypatch):
    running = books | {"projects": books["projects"].assign(ended_on=None)}
    shown = _run(running, monkeypatch)
    assert "funds.industry" not in shown
    assert "cannot be told" in shown["funds.industry_running"]["note"]["en"]


def test_a_part_of_a_year_that_was_asked_for_is_told(books, monkeypatch):
    shown = _run(books, monkeypatch, years=1.5)["funds.industry"]
    for said in (shown["headline"], shown["note"], shown["alt"]):
        assert "1.5年" in said["zh"]
        assert "1.5 years" in said["en"]


def test_an_office_without_any_ledger_gets_the_printed_answer(monkeypatch):
    shown = _run({}, monkeypatch)
    assert shown["funds.answer_printed"]["confidence"] == "low"
    assert "funds.followed.no_estimate" in shown
    assert "funds.alike.no_pairs" in shown


def test_an_empty_table_without_a_sentence_is_still_an_error():
    with pytest.raises(ValueError, match="no rows"):
        exhibits.table("exits.county", pd.DataFrame(columns=["year"]), pack="yunnan_2017")


def test_a_ledger_that_is_not_kept_has_its_columns_and_no_rows():
    table = office.Office({}, False, []).table("payments")
    assert list(table.columns) == ["project", "month", "disbursed_yuan", "spent_yuan"]
    assert table.empty and table["spent_yuan"].dtype == float


def test_each_kind_of_ledgers_has_its_sentence_and_a_made_up_place_is_not_told_it_keeps_none():
    own, made_up, lent = (
        office.Office({}, False, []),
        office.Office({}, True, []),
        office.Office({}, True, [], {"returns": pd.DataFrame()}),
    )
    assert [each.whose() for each in (own, made_up, lent)] == ["own", "made_up", "synthetic"]
    said = [
        words.say("funds.whose.made_up", each, place=["demo_county"]) for each in words.LANGUAGES
    ]
    assert "没有" not in said[0] and "No ledgers" not in said[1]


@pytest.mark.parametrize(
    ("told", "silent"),
    [
        ({"year": 2018, "until": "2019-01-01"}, {"levels", "projects"}),
        ({"year": 2016}, {"levels", "projects"}),
        ({"example": "532601"}, {"projects"}),
        ({}, set()),
    ],
)
def test_a_year_or_county_that_was_not_read_leaves_a_sentence(told, silent, monkeypatch):
    shown = {}
    for verb in ("finding", "table", "figure"):
        monkeypatch.setattr(exhibits, verb, _kept(getattr(exhibits, verb), shown))
    names = run_cells(NOTEBOOK, before="funds-silence", **told)
    missing = {key for key in ("levels", "projects") if shown[f"funds.{key}"]["kind"] != "table"}
    assert missing == silent
    assert ("funds.county" in shown) == (not silent)
    for key in silent:
        said = shown[f"funds.{key}"]
        assert said["confidence"] == "cannot_tell"
        assert str(names["year"]) in said["text"]["en"] and str(names["year"]) in said["text"]["zh"]
