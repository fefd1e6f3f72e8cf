"""A table with a text in each language shows each language its own."""

import pandas as pd

from analysis import exhibits, words


def test_each_language_reads_its_own_column(tmp_path, monkeypatch):
    (tmp_path / "extra.yml").write_text("t: {title: {zh: 表, en: Table}}", encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_CATALOGUE", str(tmp_path))
    frame = pd.DataFrame(
        {"year": [2017], "status_en": ["seen"], "status_zh": ["所见"], "note_en": ["alone"]}
    )
    titled = words.column("status", "en")
    frame = frame.rename(columns={"note_en": "note"})
    content = exhibits.table("t", frame).content
    assert [column["name"] for column in content["columns"]] == ["year", "status", "note"]
    assert content["columns"][1]["title"]["en"] == titled.title
    assert content["rows"]["en"] == [["2017", "seen", "alone"]]
    assert content["rows"]["zh"] == [["2017", "所见", "alone"]]
