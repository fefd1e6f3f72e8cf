"""Tables: the dictionary holds both ways, and every fault is named at once."""

import json
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import tables
from analysis.__main__ import main
from analysis.tables import codebook, headers, published, raw

PUBLISHED = sorted(path.stem for path in (tables.DATA / "reference").glob("*.csv"))


def _files():
    for path in sorted(tables.DATA.rglob("*.csv")):
        # What an office keeps is under its own titles; `check_folder` reads it.
        if path.name != "dictionary.csv" and path.parent.name != "ledgers":
            yield path


def _table_of(path):
    named = path.stem in ("packs", "measures")
    return "standards" if path.parent.name == "standards" and not named else path.stem


@pytest.mark.parametrize("path", list(_files()), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_file_keeps_to_the_dictionary(path):
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    findings = tables.check_table(raw, _table_of(path), path.name)
    assert findings.empty, "\n".join(tables.describe_findings(findings))


def test_dictionary_describes_no_table_that_is_not_there():
    there = {_table_of(path) for path in _files()}
    described = set(tables.dictionary()["table"])
    assert there <= described
    assert described - there <= set(tables.LEDGERS)


def test_dictionary_has_titles_in_both_languages_and_known_types():
    rows = tables.dictionary()
    assert (rows[["zh", "en", "type", "required", "personal"]] != "").all().all()
    assert set(rows["type"]) <= {
        "text",
        "code",
        "integer",
        "number",
        "share",
        "date",
        "boolean",
        "month",
    }
    assert not rows.duplicated(["table", "column"]).any()


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_rows_carry_source_and_mark(name):
    frame = tables.read(name)
    assert frame["source"].notna().all()
    assert frame["verification"].isin(tables.MARKS).all()


def test_codes_stay_text_and_shares_stay_shares():
    frame = tables.read("incidence")
    assert set(frame["area"].map(type)) == {str}
    assert frame["headcount_ratio"].between(0, 1).all()


def test_absent_figures_are_missing_never_zero():
    facts = tables.read("facts", place="wenshan")
    redacted = facts[facts["status"] == "redacted"]
    assert len(redacted) > 30
    assert redacted["value"].isna().all()


def test_until_leaves_out_what_was_known_later():
    cut = "2018-03-28"
    early, every = tables.read("incidence", until=cut), tables.read("incidence")
    assert (early["known_from"] <= cut).all()
    assert 0 < len(early) < len(every)


def _spoil(folder, change):
    path = folder / "reference" / "incidence.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False)
    with pytest.raises(tables.TableError) as caught:
        tables.read("incidence")
    return caught.value


def _put(column, row, value):
    return lambda frame: frame.assign(**{column: frame[column].where(frame.index != row, value)})


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        (_put("headcount_ratio", 2, "8千"), "share", "row 4 (column D headcount_ratio): '8千'"),
        (_put("headcount_ratio", 2, "10.2"), "highest", "above 1"),
        (_put("year", 0, "20l7"), "integer", "'20l7' is not a whole number"),
        (_put("year", 0, "2017.5"), "integer", "2017.5"),
        (_put("system", 1, "census"), "allowed", "survey, register, speech"),
        (_put("source", 3, "hearsay"), "unknown_source", "'hearsay' is not a known source"),
        (_put("area", 3, "999999"), "unknown_area", "'999999' is not a known area"),
        (_put("known_from", 3, "28.3.2018"), "date", "write 2018-03-28"),
        (_put("verification", 5, ""), "required", "must be filled"),
        (
            lambda f: f.drop(columns="year"),
            "missing_column",
            "(column year): the column is",
        ),
        (lambda f: f.assign(remark=""), "unknown_column", "remark"),
        (lambda f: pd.concat([f, f.iloc[[0]]]), "duplicate", "a second row with"),
    ],
)
def test_a_fault_is_refused_and_named(data_copy, change, rule, said):
    error = _spoil(data_copy, change)
    assert rule in set(error.findings["rule"])
    assert said in str(error)


@pytest.mark.parametrize(
    ("spoil", "rule", "row"),
    [
        (lambda text: text.encode("gb18030"), "not_utf8", 0),
        (lambda text: text.encode("utf-16"), "not_utf8", 0),
        (lambda _: b"", "empty_file", 0),
        (lambda text: _with_row(text, 2, "{},"), "many_cells", 2),
        (lambda text: _with_row(text, 3, "{},"), "many_cells", 3),
        (lambda text: _with_row(text, 3, '"{}'), "open_quote", 3),
    ],
)
@pytest.mark.parametrize("name", ["facts", "sources"])
def test_a_file_that_is_no_table_is_named_with_its_row(data_copy, name, spoil, rule, row):
    """Sources are also what other tables are held against."""
    path = data_copy / ("wenshan" if name == "facts" else ".") / f"{name}.csv"
    path.write_bytes(spoil(path.read_text("utf-8")))
    published._checked.cache_clear()
    with pytest.raises(tables.TableError) as caught:
        tables.read("facts", place="wenshan")
    (found,) = caught.value.findings.to_dict("records")
    assert (found["file"], found["row"], found["rule"]) == (path.name, row, rule)


@pytest.mark.parametrize(
    ("name", "cached", "asked"),
    [
        ("dictionary", codebook.dictionary, lambda: tables.columns_of("prices")),
        ("identifiers", headers._listed, lambda: headers.is_of_names("户主")),
    ],
)
def test_what_the_reader_reads_by_is_named_when_it_is_no_table(data_copy, name, cached, asked):
    path = next(data_copy.rglob(f"{name}.csv"))
    path.write_bytes(path.read_text("utf-8").encode("gb18030"))
    cached.cache_clear()
    with pytest.raises(tables.TableError) as caught:
        asked()
    assert f"{name}.csv: is not UTF-8; save it as CSV UTF-8" in str(caught.value)
    assert "请另存为 UTF-8 格式的 CSV" in str(caught.value)


def test_an_office_is_told_that_the_dictionary_is_no_table(data_copy, capsys):
    path = data_copy / "dictionary.csv"
    path.write_bytes(path.read_text("utf-8").encode("gb18030"))
    tables.dictionary.cache_clear()
    assert main(["check", str(data_copy / "demo_county" / "ledgers")]) == 2
    told = capsys.readouterr().err
    assert "dictionary.csv: is not UTF-8; save it as CSV UTF-8" in told


def _with_row(text, row, form):
    """Spoil one row; quotes that others hold would close the one that is opened."""
    lines = text.replace('"', "").splitlines() if '"' in form else text.splitlines()
    lines[row - 1] = form.format(lines[row - 1])
    return "\n".join(lines).encode()


def test_a_fault_of_the_reader_itself_is_not_laid_to_the_table():
    fault = pd.errors.ParserError("out of memory")
    assert raw._misshapen("a.csv", fault) is fault


def test_all_faults_are_named_at_once_in_both_languages(data_copy):
    def twice(frame):
        return _put("year", 0, "x")(_put("headcount_ratio", 4, "y")(frame))

    error = _spoil(data_copy, twice)
    assert error.findings["value"].tolist() == ["x", "y"]
    assert "不是整数" in str(error) and "is not a whole number" in str(error)


def test_personal_values_are_masked(data_copy):
    dictionary = pd.read_csv(data_copy / "dictionary.csv", dtype=str, keep_default_na=False)
    mine = (dictionary["table"] == "incidence") & (dictionary["column"] == "year")
    dictionary.assign(personal=dictionary["personal"].where(~mine, "yes")).to_csv(
        data_copy / "dictionary.csv", index=False
    )
    error = _spoil(data_copy, _put("year", 0, "secret"))
    assert "secret" not in str(error)


def test_unknown_table_and_place_say_what_there_is():
    with pytest.raises(FileNotFoundError, match="incidence"):
        tables.read("incidenec")
    with pytest.raises(FileNotFoundError, match="no table"):
        tables.read("facts", place="../../etc")


def test_margins_point_at_facts():
    for place in tables.places():
        if (tables.DATA / place / "margins.csv").exists():
            shown = tables.margins(place)
            assert (shown["value_low"] <= shown["value"]).all()


@given(st.text(max_size=30))
def test_any_text_in_a_number_is_told_or_is_a_number(text):
    raw = pd.DataFrame({"area": ["100000"], "year": [text], "rural_price_index": ["1.01"]})
    findings = tables.check_table(raw, "prices", "prices.csv")
    faulty = (findings["column"] == "year").any()
    typed = tables.typed_table(raw, "prices")["year"]
    assert faulty or typed.notna().all()


def test_a_source_stands_somewhere_in_both_languages_and_in_chinese_without_english_words():
    listed = tables.read("sources").fillna("")
    told = tables.sources(pd.DataFrame({"source": listed["source"], "verification": "derived"}))
    for source in told:
        assert bool(source["locator"]) == bool(source["locator_zh"])
        for place in re.split("[;；] ?", source["locator_zh"]):
            said = re.sub(r"\S*[\d./]\S*", "", place)
            assert len(re.findall("[A-Za-z]+", said)) < 2, place


def test_sources_keep_the_weakest_mark():
    rows = pd.DataFrame(
        {"source": ["speech", "speech;memory"], "verification": ["verified-read", "from-memory"]}
    )
    marks = {source["id"]: source["verification"] for source in tables.sources(rows)}
    assert marks == {"speech": "from-memory", "memory": "from-memory"}


@pytest.mark.parametrize("name", sorted(set(tables.dictionary()["table"])))
def test_every_table_has_a_schema_that_json_can_hold(name):
    schema = json.loads(json.dumps(tables.table_schema(name), allow_nan=False))
    assert [field["name"] for field in schema["fields"]] == list(tables.columns_of(name)["column"])
    assert set(schema.get("primaryKey", [])) <= {field["name"] for field in schema["fields"]}


def test_schema_carries_bounds_codes_and_titles():
    fields = {field["name"]: field for field in tables.table_schema("households")["fields"]}
    assert fields["size"]["constraints"] == {"required": True, "minimum": 1, "maximum": 40}
    assert fields["house_grade"]["constraints"]["enum"] == ["A", "B", "C", "D"]
    assert fields["household"]["title"] == "户编号"
