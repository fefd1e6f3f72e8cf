"""The words: formats, refusals, and the catalogue itself."""

import datetime
import json
import math
import re

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from analysis import marks, words


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """Write a catalogue of the test's own; give the function that does it."""

    def write(text):
        (tmp_path / "own.yml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("ANALYSIS_CATALOGUE", str(tmp_path))
        words._read_folders.cache_clear()

    yield write
    words._read_folders.cache_clear()


@pytest.mark.parametrize(
    ("form", "value", "zh", "en"),
    [
        ("percent0", 0.385, "38%", "38%"),
        ("percent2", 0.05424, "5.42%", "5.42%"),
        ("percent1", -0.0042, "−0.4%", "−0.4%"),
        ("percent1", -0.0001, "0.0%", "0.0%"),
        ("points1", 0.004, "0.4个百分点", "0.4 percentage points"),
        ("count", 16382, "16,382", "16,382"),
        ("number2", 1234.5, "1,234.50", "1,234.50"),
        ("number", 2.0, "2", "2"),
        ("number", 10, "10", "10"),
        ("number", -0.25, "−0.25", "−0.25"),
        ("yuan", 9430, "9,430元", "9,430 yuan"),
        ("wan_yuan", 81e6, "8,100万元", "81 million yuan"),
        ("wan_yuan", 18_450_000, "1,845万元", "18.45 million yuan"),
        ("yi_yuan", 860.9e8, "860.90亿元", "86.09 billion yuan"),
        ("date", "2018-03-28", "2018年3月28日", "28 March 2018"),
        ("date", datetime.date(2018, 3, 28), "2018年3月28日", "28 March 2018"),
        ("month", "2018-03", "2018年3月", "March 2018"),
        ("year", 2018, "2018年", "2018"),
        ("text", "某县", "某县", "某县"),
        ("word", "status.projected", "预测值", "projected"),
        ("term", "532601", "文山市", "Wenshan City"),
        ("list", ["甲", "乙", "532601"], "甲、乙、文山市", "甲, 乙 and Wenshan City"),
    ],
)
def test_a_format_writes_its_value_in_both_languages(form, value, zh, en):
    sentence = words.FORMATS[form].sentence
    assert (sentence(value, "zh"), sentence(value, "en")) == (zh, en)


@given(st.floats(min_value=-1e6, max_value=1e6), st.sampled_from(["percent1", "count", "number2"]))
def test_a_number_reads_back_to_itself_within_its_digits(value, form):
    said = words.FORMATS[form].sentence(value, "en").replace("−", "-").replace(",", "")
    scale, digits = {"percent1": (100, 1), "count": (1, 0), "number2": (1, 2)}[form]
    assert float(said.removesuffix("%")) == pytest.approx(value * scale, abs=0.5001 * 10**-digits)


@pytest.mark.parametrize("value", [None, math.nan, pd.NA, pd.NaT])
def test_a_missing_value_is_a_dash_in_a_cell_and_an_error_in_a_sentence(value, catalogue):
    catalogue('own: {zh: "{n:count}人", en: "{n:count} persons"}')
    assert words.cell(value, "count", "en") == "—"
    with pytest.raises(ValueError, match=r"'own'.*'n'.*missing"):
        words.say("own", "en", n=value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{n}", "format '' is unknown"),
        ("{n:.2f}", "format '.2f' is unknown"),
        ("{n.__class__:text}", "must be {name:format}"),
        ("{n[0]:text}", "must be {name:format}"),
        ("{n!r:text}", "must be {name:format}"),
        ("{:text}", "must be {name:format}"),
    ],
)
def test_a_placeholder_is_a_name_and_a_named_format_only(text, fault, catalogue):
    catalogue(f'own: {{zh: "{text}", en: "{text}"}}')
    with pytest.raises(ValueError, match=fault.replace("{", r"\{").replace(".", r"\.")):
        words.say("own", "en", n="x")


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: words.say("no.such", "en"), "no text 'no.such'"),
        (lambda: words.say("status.observed", "fr"), "language 'fr'"),
        (lambda: words.say("exhibit.source", "en"), "asks for 'titles', which was not given"),
        (lambda: words.column("no_such_column", "en"), "'no_such_column' has no title"),
        (lambda: words.cell("12a", "count", "en"), "'12a' is not a number"),
        (lambda: words.cell(math.inf, "count", "en"), "inf is not a finite number"),
        (lambda: words.cell("28.3.2018", "date", "en"), "is not a date; write it as"),
        (lambda: words.cell(1, "money", "en"), "format 'money' is unknown"),
    ],
)
def test_a_refusal_names_what_it_refuses(call, fault):
    with pytest.raises(ValueError, match=fault):
        call()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("own: {zh: 只有中文}", "own.yml: 'own' lacks en"),
        ("own: {zh: 甲, en: yes}", "own.yml: 'own' lacks en"),
        ("own: {zh: 甲, en: first, second}", "'own' has the unknown part 'second'"),
        ("own: 甲", "'own' is not a pair of zh and en"),
        ("own: {zh: 甲, en: a, format: money}", "unknown format 'money'"),
        ("status: {observed: {zh: 甲, en: a}}", "'status.observed' stands in the catalogue twice"),
    ],
)
def test_a_faulty_catalogue_is_refused_by_key(text, fault, catalogue):
    catalogue(text)
    with pytest.raises(ValueError, match=fault):
        words.has("own")


def test_a_synthetic_name_says_so_in_the_language_of_the_page(catalogue):
    catalogue("a: {zh: '{one:text}、{all:list}', en: '{one:text}, {all:list}'}\n")
    name = f"上坪乡{marks.SUFFIX}"
    assert words.cell(name, "text", "zh") == name
    assert words.cell(name, "text", "en") == "上坪乡 (synthetic)"
    assert words.say("a", "en", one=name, all=[name, "乙乡"]) == (
        "上坪乡 (synthetic), 上坪乡 (synthetic) and 乙乡"
    )
    assert words.say("a", "zh", one=name, all=[name]) == f"{name}、{name}"
    for language in words.LANGUAGES:
        shown = pd.DataFrame({"township": [words.cell(name, "text", language)]})
        assert marks.is_synthetic(shown)


def test_a_text_with_markup_or_braces_is_said_as_it_stands(catalogue):
    catalogue('own: {zh: "{n:text}", en: "{n:text}"}')
    for value in ("{n:text}", "#eval(1)", "<b>", "{0.__class__}"):
        assert words.say("own", "en", n=value) == value


def test_every_text_has_the_same_placeholders_in_both_languages_with_known_formats():
    for key, entry in words.catalogue().items():
        if key.startswith("prose."):
            continue
        asked = {language: sorted(words.placeholders(entry[language])) for language in ("zh", "en")}
        # A name that the data hold in each language is given as name_zh and name_en.
        names = {
            language: sorted({name.removesuffix(f"_{language}") for name, _ in pairs})
            for language, pairs in asked.items()
        }
        assert names["zh"] == names["en"], key
        assert {form for pairs in asked.values() for _, form in pairs} <= set(words.FORMATS), key


def test_the_catalogue_reads_the_same_with_and_without_the_fast_yaml_library(root):
    """The slow reader is stricter: a question mark before a closing bracket wants quotes."""
    for path in sorted((root / "analysis" / "catalogue").glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        fast = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        assert yaml.load(text, Loader=yaml.SafeLoader) == fast, path.name


def test_no_text_is_empty_or_padded():
    for key, entry in words.catalogue().items():
        for language in words.LANGUAGES:
            assert entry[language].strip(), f"{key} is empty in {language}"
            assert key.startswith("prose.") or entry[language].strip() == entry[language], key


def test_chinese_texts_use_chinese_punctuation():
    """A half-width comma, colon, semicolon or bracket after a Chinese character is a slip."""
    slip = r"[\u4e00-\u9fff][,;:?!]"
    wrong = [
        k for k, e in words.catalogue().items() if pd.Series([e["zh"]]).str.contains(slip).any()
    ]
    assert not wrong, wrong


def test_prose_that_every_place_prints_claims_nothing_of_what_one_place_prints():
    claims = (
        r"speech (complains|wants|says)|survives|redacted|are blotted out,|only \w+, .* printed"
    )
    prose = {key: words.template(key, "en") for key in words.keys("prose.")}
    assert not [key for key, text in prose.items() if re.search(claims, text)]


def test_units_are_said_by_the_format_and_not_by_the_title():
    for key in words.keys("column."):
        name = key.removeprefix("column.")
        for language in words.LANGUAGES:
            form = words.FORMATS[words.column(name, language).format]
            if form.unit:
                assert words.template(form.unit, language) not in words.template(key, language), key


def test_importing_words_does_not_import_the_heavy_packages():
    import subprocess
    import sys

    asked = "import sys, analysis.words as w; w.catalogue(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert not {"pandas", "numpy", "matplotlib", "papermill"} & set(loaded.stdout.split())


def test_the_prose_of_every_notebook_is_the_catalogues_english(root):
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            if cell["cell_type"] == "markdown":
                said = words.prose(cell["id"], "en")
                assert "".join(cell["source"]) == said, f"{path.name}, {cell['id']}: make refresh"
