"""Chapter 1 on other texts: figures that all agree, years that are as printed or are not."""

from pathlib import Path

import pandas as pd
import pytest
from projects import run_cells

from analysis import audit, exhibits, words

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "01_printed_figures.ipynb"
PLACE = "demo_county"
TRUE = {"M01": 2017, "M02": 2017, "M03": 2014, "M07": 2017}


def _print_years(data, years):
    """Let sentences of the place name other years than they do."""
    path = data / PLACE / "sentences.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("mention")
    for mention, year in years.items():
        was = rows.loc[mention, "printed_year"]
        same = rows["quote_zh"] == rows.loc[mention, "quote_zh"]
        rows.loc[same, "quote_zh"] = rows.loc[same, "quote_zh"].str.replace(was, str(year))
        rows.loc[mention, "printed_year"] = str(year)
    rows.to_csv(path)


def _agree(data):
    """Put the two digits back that changed places."""
    path = data / PLACE / "facts.csv"
    text = path.read_text(encoding="utf-8")
    assert ",41.62,0.4162," in text
    path.write_text(text.replace(",41.62,0.4162,", ",41.26,0.4126,"), encoding="utf-8")


def _run(monkeypatch, **told):
    """Run the chapter, and give what it shows by key."""
    shown = {}
    for verb in ("finding", "table", "figure"):
        monkeypatch.setattr(exhibits, verb, _kept(getattr(exhibits, verb), shown))
    run_cells(NOTEBOOK, **{"place": PLACE, **told})
    return shown


def _kept(show, shown):
    def keeping(key, *data, **values):
        exhibit = show(key, *data, **values)
        shown[exhibit.content["key"]] = exhibit.content
        return exhibit

    return keeping


def test_figures_that_all_agree_are_said_to_do_so(data_copy, monkeypatch):
    _agree(data_copy)
    said = _run(monkeypatch)["printed_figures.failing.none"]
    assert {each: said["text"][each] for each in words.LANGUAGES} == {
        "en": "No figure is contradicted, corrupt in print or in doubt.",
        "zh": "没有矛盾、印刷有误或存疑的数字。",
    }
    assert said["status"] == "synthetic"


@pytest.mark.parametrize(
    ("printed", "told", "said"),
    [
        (TRUE, "none", "Each of 9 printed years can be the year meant"),
        ({"M03": 2014}, "one", "3 cannot be true; they date 4 of the printed figures. The past"),
        ({}, "two", "4 cannot be true; they date 4 of the printed figures. The past 2018 is 2017"),
        (TRUE | {"M03": 2019}, "listed", "1 cannot be true; they date 0"),
        (TRUE | {"M09": 2016}, "listed", "1 cannot be true; they date 0"),
    ],
)
def test_a_text_gets_its_chapter_whatever_its_years(data_copy, monkeypatch, printed, told, said):
    _print_years(data_copy, printed)
    shown = _run(monkeypatch)
    answer = shown[f"printed_figures.answer.{told}"]
    assert answer["answer"] == 8
    assert ("2017" in answer["text"]["zh"]) == (told in {"one", "two"})
    dated = shown[f"printed_figures.dated.{told}"]["text"]
    assert dated["en"].startswith("The speech was given on 20 January 2018.")
    assert said in dated["en"] and "讲话日期为2018年1月20日" in dated["zh"]
    moved = shown["printed_figures.timeline"]["headline"]
    assert moved["zh"].endswith(words.say(f"printed_figures.moved.{told}", "zh"))


def test_a_plan_that_suffices_is_not_said_to_fall_short_of_the_line():
    plan = {"villages": 14, "out": 5, "planned": 8, "reached": 13, "needed": 13}
    said = words.say("printed_figures.villages.alt", "en", **plan)
    assert said.endswith("stands at 13, the plan reaches 13.")


@pytest.mark.parametrize(
    ("ledgers", "residuals", "alarms", "said"),
    [
        ([], "residuals.none", None, None),
        (["demo_county"], "residuals.none", "some_stockless", "of 1 other ledgers, 1 raise"),
        (["county_a"], "residuals", "none", "of 1 other ledgers"),
    ],
)
def test_any_ledgers_can_be_tested_for_false_alarms(monkeypatch, ledgers, residuals, alarms, said):
    shown = _run(monkeypatch, ledgers=ledgers)
    assert f"printed_figures.{residuals}" in shown
    assert ("printed_figures.elsewhere.empty" in shown) == (not ledgers)
    found = [key.rsplit(".", 1)[1] for key in shown if key.startswith("printed_figures.alarms")]
    assert found == ([alarms] if alarms else [])
    if alarms:
        text = shown[f"printed_figures.alarms.{alarms}"]["text"]
        assert said in text["en"] and "1地" in text["zh"]


def test_an_alarm_is_told_with_and_without_a_stock():
    rows = pd.DataFrame(
        {
            "place": ["a", "a", "b"],
            "kind": ["ledger", "equality", "equality"],
            "verdict": ["cannot_be_tested", "contradicted", "holds"],
            "reason": ["unobserved_flows", "apart", "meets"],
            "relative": [-0.25, 9.0, 0.0],
        }
    )
    judged = rows[["place", "verdict"]]
    told = {name: audit.ledgers_fared(rows[rows["place"] == name], judged) for name in "ab"}
    assert (told["a"]["told"], told["a"]["largest"]) == ("some", 0.25)
    assert told["b"]["told"] == "none_stockless"
