"""One answer a question: chosen by rule, cut to a sentence, gathered from what was run."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import exhibits, summary, words

ROOT = Path(__file__).resolve().parents[1]
FINDINGS = st.lists(
    st.fixed_dictionaries({"answer": st.sampled_from([None, 1, 2, 8]), "synthetic": st.booleans()})
)


@given(FINDINGS)
def test_the_first_finding_about_the_place_goes_before_any_made_up_one(findings):
    for question, chosen in zip(exhibits.QUESTIONS, summary.chosen(findings), strict=True):
        mine = [one for one in findings if one["answer"] == question]
        real = [one for one in mine if not one["synthetic"]]
        assert chosen is (real or mine or [None])[0]


@pytest.mark.parametrize(
    ("text", "language", "first"),
    [
        ("It fell to 3.1 %. Then it rose.", "en", "It fell to 3.1 %."),
        (
            "It is 5.42 % (80 % interval 1.6 to 4.0).",
            "en",
            "It is 5.42 % (80 % interval 1.6 to 4.0).",
        ),
        ("发生率为3.1%。此后上升。", "zh", "发生率为3.1%。"),
        ("", "en", ""),
    ],
)
def test_a_sentence_ends_at_its_full_stop_and_not_in_a_number(text, language, first):
    assert summary.first_sentence(text, language) == first


def _answers():
    """Keys of the sentences that stand on the cover, as the chapters call for them."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            named = re.search(r"exhibits\.finding\(\s*f?\"([^\"{]+)", source)
            if "answer=" in source and named:
                yield from words.keys(named[1])


def _told_first(key, language):
    filled = re.sub(r"\{(\w+):\w+\}", r"1<\1>", words.template(key, language))
    return set(re.findall(r"<(\w+)>", summary.first_sentence(filled, language)))


@pytest.mark.parametrize("key", sorted({*_answers(), *words.keys("summary.")}))
def test_the_cover_tells_the_same_numbers_in_both_languages(key):
    assert _told_first(key, "zh") == _told_first(key, "en")


def _notebook(folder, name, **finding):
    content = {"kind": "finding", "text": {"zh": "甲。乙。", "en": "One. Two."}} | finding
    cell = {"outputs": [{"data": {exhibits.MIME: content}}]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ipynb").write_text(json.dumps({"cells": [cell]}), encoding="utf-8")


def test_the_chapters_of_a_brief_that_was_made_are_gathered(tmp_path, monkeypatch):
    monkeypatch.setattr(summary, "ROOT", tmp_path)
    chapters = tmp_path / "reports" / "generated" / "songming" / "chapters"
    _notebook(chapters, "06_a", answer=7, status="synthetic", confidence="low")
    _notebook(chapters, "02_b", answer=2, status="projected", confidence=None)
    _notebook(chapters, "00_summary", answer=1, status="observed", confidence="high")
    answers = summary.answers("songming").set_index("number")
    assert answers["chapter"].dropna().to_dict() == {2: "02_b", 7: "06_a"}
    assert answers.loc[2, ["said_zh", "said_en"]].tolist() == ["甲。", "One."]
    assert answers.loc[2, "sureness"] == "confidence.cannot_tell"
    told = summary.counts(answers)
    assert told == {"questions": 8, "answered": 1, "synthetic": 1, "silent": 6}


def test_a_brief_that_was_not_made_is_named_with_those_that_were(tmp_path, monkeypatch):
    monkeypatch.setattr(summary, "ROOT", tmp_path)
    (tmp_path / "reports" / "generated" / "wenshan" / "chapters").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="there is: wenshan"):
        summary.answers("wenshann")
