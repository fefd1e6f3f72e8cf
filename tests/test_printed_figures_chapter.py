"""Chapter 1 on other texts: figures that all agree."""

import json
from pathlib import Path

from analysis import exhibits, words

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "01_printed_figures.ipynb"
PLACE = "demo_county"


def _agree(data):
    """Put the two digits back that changed places."""
    path = data / PLACE / "facts.csv"
    text = path.read_text(encoding="utf-8")
    assert ",41.62,0.4162," in text
    path.write_text(text.replace(",41.62,0.4162,", ",41.26,0.4126,"), encoding="utf-8")


def _run(monkeypatch):
    """Run the chapter, and give what it shows by key."""
    shown = {}
    for verb in ("finding", "table", "figure"):
        monkeypatch.setattr(exhibits, verb, _kept(getattr(exhibits, verb), shown))
    names = {}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            names["place"] = PLACE
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
