"""An office's folder: clean ledgers give no finding, each way of breaking one gives its own."""

import csv
import datetime
import time
import zipfile

import numpy as np
import offices
import pandas as pd
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import __main__ as door
from analysis import tables, words
from analysis.synthetic import old_excel
from analysis.tables import cells, headers, sheets
from analysis.tables.findings import DOUBTS, REPAIRS

QUIET = {"absent_column"}


def rules(reading):
    """The rules found, without the note that a ledger of few columns lacks the others."""
    return sorted(set(reading.findings["rule"]) - QUIET)


def check(folder, changed, **options):
    """Write cells as a workbook, one sheet a ledger, and check the folder."""
    offices.write_workbook(folder / "台账.xlsx", changed, **options)
    return tables.check_folder(folder)


def position(name, column):
    """Where a column stands in the clean sheet."""
    return list(offices.titles(name)).index(column)


def put(name, column, row, value):
    """Put a value into a cell; row 1 is the first under the header."""

    def change(pages):
        pages[name][row][position(name, column)] = value

    return change


def let(name, column, row, value):
    """Let a cell of the typed tables be this value; row 1 is the first."""

    def change(frames):
        frames[name].loc[row - 1, column] = pd.NA if value is None else value

    return change


def retitle(name, column, title):
    """Give a column another title."""
    return put(name, column, 0, title)


def insert(name, row, *values):
    """Put a row in."""
    return lambda pages: pages[name].insert(row, list(values))


def drop(name, column):
    """Take a column out."""

    def change(pages):
        at = position(name, column)
        pages[name] = [row[:at] + row[at + 1 :] for row in pages[name]]

    return change


def both(*changes):
    """Several changes, one after the other."""

    def change(pages):
        for one in changes:
            one(pages)

    return change


def long_code(pages):
    put("members", "member", 1, int("53" + "1" * 16))(pages)


def incomes(title, *above, cells=(2.5, 2.5, 2.5, 2.5)):
    """The villages' income under a title, below other rows, in these cells."""
    column = "collective_income_yuan"
    values = (put("villages", column, row, cell) for row, cell in enumerate(cells, start=1))
    rows = (insert("villages", 0, *row) for row in reversed(above))
    return both(retitle("villages", column, title), *values, *rows)


def distances(title, cell):
    column = "water_distance_km"
    return both(retitle("households", column, title), put("households", column, 1, cell))


def income_is(yuan, row=0):
    return ("villages", "collective_income_yuan", row, yuan)


def distance_is(km):
    return ("households", "water_distance_km", 0, km)


INCOME = "集体经济收入"
LEFT = [""] * (list(offices.titles("villages")).index("collective_income_yuan"))
# Where the unit of a figure stands, and which holds if there are two: always the nearest.
UNITS_READ = [
    ("a bare 万", incomes(f"{INCOME}（万）"), ["header_unit"], income_is(25000)),
    (
        "a must behind the unit",
        incomes(f"{INCOME}（万元）（必填）"),
        ["header_unit"],
        income_is(25000),
    ),
    ("so much a year", incomes(f"{INCOME}（万元/年）"), ["header_unit"], income_is(25000)),
    ("hundreds of yuan", incomes(f"{INCOME}（百元）"), ["header_unit"], income_is(250)),
    ("a remark", incomes(f"{INCOME}（必填）"), [], income_is(2.5)),
    ("a plan's name", incomes(f"{INCOME}（十三五）"), [], income_is(2.5)),
    ("another currency", incomes(f"{INCOME}（美元）"), ["header_unit_unknown"], income_is(None)),
    ("two units", incomes(f"{INCOME}（元）（万元）"), ["header_unit_unknown"], income_is(None)),
    ("above", incomes(INCOME, ["某县村表"], ["单位：万元"]), ["unit_above"], income_is(25000)),
    ("beside its word", incomes(INCOME, ["单位：", "", "万元"]), ["unit_above"], income_is(25000)),
    ("one of several", incomes(INCOME, ["计量单位：人、万元"]), ["unit_above"], income_is(25000)),
    (
        "in the sheet's title",
        incomes(INCOME, ["某县村表（万元）"]),
        ["unit_above"],
        income_is(25000),
    ),
    (
        "behind an office",
        incomes(INCOME, ["填报单位：某办 单位：万元"]),
        ["unit_above"],
        income_is(25000),
    ),
    ("a county that begins as a unit", incomes(INCOME, ["单位：元谋县"]), [], income_is(2.5)),
    ("a bracket alone", incomes(INCOME, [*LEFT, "", "（万元）"]), ["unit_above"], income_is(25000)),
    ("over its group", incomes(INCOME, [*LEFT, "收入（万元）"]), ["unit_above"], income_is(25000)),
    ("over another group", incomes(INCOME, [*LEFT, "收入", "资金（万元）"]), [], income_is(2.5)),
    (
        "two at one place",
        incomes(INCOME, ["单位：元、万元"]),
        ["header_unit_unknown"],
        income_is(None),
    ),
    (
        "the title is nearer",
        incomes(f"{INCOME}（元）", ["单位：万元"]),
        ["unit_twice"],
        income_is(2.5),
    ),
    (
        "the nearer of two rows",
        incomes(INCOME, ["单位：元"], ["单位：万元"]),
        ["unit_above", "unit_twice"],
        income_is(25000),
    ),
    (
        "the cell is nearer still",
        incomes(f"{INCOME}（万元）", cells=("8000元", 1, 1, 1)),
        ["cell_unit", "header_unit"],
        income_is(8000),
    ),
    (
        "the cell says what its column says",
        incomes(f"{INCOME}（万元）", cells=("0.8万元", 1, 1, 1)),
        ["header_unit", "ten_thousands"],
        income_is(8000),
    ),
    (
        "the cell under a unit above",
        incomes(INCOME, ["单位：万元"], cells=("0.8亿", 1, 1, 1)),
        ["cell_unit", "unit_above"],
        income_is(80_000_000),
    ),
    *(
        (f"money above: {above}", incomes(INCOME, above), ["header_unit_unknown"], income_is(None))
        for above in (
            *(
                ["单位：美元"],
                ["某县村表", "单位：", "港元"],
                ["某县村表（万美元）"],
                ["单位：人、欧元"],
            ),
            *(["币种：英镑"], ["Unit: USD"], ["Unit: 10,000 yuan"], ["Units: thousand yuan"]),
            *(["单位：五百元"], ["单位：万元、美元"]),
        )
    ),
    *(
        (f"no money above: {above}", incomes(INCOME, above), [], income_is(2.5))
        for above in (
            *(["单位：户"], ["单位：个"], ["填报单位：文山县扶贫办"], ["单位：美元公司"]),
            *(["填报单位：广元市"], ["单位：公里"], ["Unit: household"], ["Unit: RMB"]),
        )
    ),
    ("RMB behind", incomes(INCOME, ["单位：万元人民币"]), ["unit_above"], income_is(25000)),
    ("half kilometres", distances("取水距离（里）", 5), ["header_unit"], distance_is(2.5)),
    ("minutes", distances("取水距离（分钟）", 15), ["header_unit_unknown"], distance_is(None)),
    (
        "an unheard unit",
        distances("取水距离（袋）", 15),
        ["header_unit_unknown"],
        distance_is(None),
    ),
]


# What is broken -> the finding it must give, with the value that the tables then hold.
READ = [
    # title rows, headers
    ("title rows above", insert("helpers", 0, "某县结对帮扶花名册"), [], None),
    ("aliases", retitle("households", "household", "户编码"), [], None),
    ("English title", retitle("households", "size", "size"), [], None),
    ("line break in a title", retitle("households", "size", "家庭\n人口数"), [], None),
    ("full-width brackets", retitle("members", "months_worked", "务工时间（月）"), [], None),
    ("same unit in the header", retitle("households", "wage_yuan", "工资性收入（元）"), [], None),
    ("star of a must", retitle("households", "village", "*行政村"), [], None),
    ("extra column", retitle("helpers", "department", "民族"), ["unread_column"], None),
    (
        "ten thousand in the header",
        both(
            retitle("villages", "collective_income_yuan", "集体经济收入(万元)"),
            *(put("villages", "collective_income_yuan", row, 2.5) for row in range(1, 5)),
        ),
        ["header_unit"],
        ("villages", "collective_income_yuan", 0, 25000),
    ),
    (
        "per cent in the header",
        both(
            retitle("villages", "tap_water_share", "自来水普及率（%）"),
            *(put("villages", "tap_water_share", row, 95) for row in range(1, 5)),
        ),
        ["header_unit"],
        ("villages", "tap_water_share", 0, 0.95),
    ),
    (
        "wrong unit in the header",
        retitle("households", "wage_yuan", "工资性收入（人）"),
        ["header_unit_unknown"],
        None,
    ),
    ("a unit of the task's", retitle("task_progress", "done", "累计完成（亩）"), [], None),
    ("households as things", retitle("villages", "households", "总户数（个）"), [], None),
    *UNITS_READ,
    ("required column gone", drop("households", "size"), ["missing_column"], None),
    (
        "two columns of one name",
        retitle("households", "township", "行政村"),
        ["ambiguous_column", "missing_column"],
        None,
    ),
    (
        "a better column beside",
        retitle("households", "township", "村名"),
        ["column_twice"],
        ("households", "village", 0, "001"),
    ),
    (
        "year in the title only",
        both(drop("flows", "year"), insert("flows", 0, "2017年贫困人口动态表")),
        ["duplicate", "year_from_title"],
        ("flows", "year", 0, 2017),
    ),
    (
        "year of the title, not of filling in",
        both(
            drop("flows", "year"),
            insert("flows", 0, "填报单位：某办", "", "填报时间：2018年1月5日"),
            insert("flows", 0, "2017年贫困人口动态表"),
        ),
        ["duplicate", "year_from_title"],
        ("flows", "year", 0, 2017),
    ),
    (
        "two rows of two years",
        both(
            drop("flows", "year"),
            insert("flows", 0, "2017年贫困人口动态表"),
            insert("flows", 0, "2018年脱贫攻坚台账"),
        ),
        ["duplicate", "year_from_title", "year_twice"],
        ("flows", "year", 0, 2017),
    ),
    # rows
    ("empty row", insert("helpers", 2, "", "", ""), ["empty_row"], None),
    ("row of totals", insert("helpers", 4, "合  计", "", 3), ["totals_row"], None),
    ("subtotal", insert("helpers", 3, "甲镇小计", "", 2), ["totals_row"], None),
    (
        "header again",
        insert("helpers", 2, "户编号", "帮扶责任人", "帮扶单位"),
        ["repeated_header"],
        None,
    ),
    ("signature", insert("helpers", 4, "填表人：某某  审核人：某某"), ["note_row"], None),
    ("remark", insert("helpers", 4, "注：数据截至三月"), ["note_row"], None),
    ("the same row twice", lambda p: p["helpers"].append(p["helpers"][1]), ["duplicate"], None),
    # numbers
    (
        "ten thousand",
        put("households", "wage_yuan", 1, "0.3万"),
        ["ten_thousands"],
        ("households", "wage_yuan", 0, 3000),
    ),
    (
        "unit after a number",
        put("households", "wage_yuan", 1, "3000元"),
        ["unit_suffix"],
        ("households", "wage_yuan", 0, 3000),
    ),
    (
        "thousands",
        put("households", "wage_yuan", 1, "3,000"),
        ["thousands"],
        ("households", "wage_yuan", 0, 3000),
    ),
    (
        "full-width digits",
        put("households", "wage_yuan", 1, "３０００"),
        ["full_width"],
        ("households", "wage_yuan", 0, 3000),
    ),
    (
        "spaces around",
        put("households", "wage_yuan", 1, " 3000 "),
        ["spaces"],
        ("households", "wage_yuan", 0, 3000),
    ),
    (
        "an apostrophe",
        put("households", "household", 1, "'0001"),
        ["spaces"],
        ("households", "household", 0, "0001"),
    ),
    ("a number as text", put("households", "wage_yuan", 1, "3000"), [], None),
    (
        "a dash",
        put("villages", "clinic_m2", 1, "—"),
        ["missing_mark"],
        ("villages", "clinic_m2", 0, None),
    ),
    (
        "a stroke",
        put("villages", "clinic_m2", 1, "/"),
        ["missing_mark"],
        ("villages", "clinic_m2", 0, None),
    ),
    (
        "the word none",
        put("villages", "clinic_m2", 1, "无"),
        ["missing_mark"],
        ("villages", "clinic_m2", 0, None),
    ),
    (
        "per cent",
        put("villages", "tap_water_share", 1, "95%"),
        ["percent"],
        ("villages", "tap_water_share", 0, 0.95),
    ),
    (
        "eight thousand in words",
        put("households", "wage_yuan", 1, "8千"),
        ["number"],
        ("households", "wage_yuan", 0, None),
    ),
    ("about", put("households", "wage_yuan", 1, "约3000"), ["number"], None),
    ("grouped wrongly", put("households", "wage_yuan", 1, "30,00"), ["number"], None),
    ("a letter for a digit", put("households", "size", 1, "2l"), ["integer"], None),
    ("half a person", put("households", "size", 1, 2.5), ["integer"], None),
    ("a share above one", put("villages", "tap_water_share", 1, 95), ["highest"], None),
    (
        "a negative income",
        put("households", "wage_yuan", 1, -3000),
        ["lowest"],
        None,
    ),
    ("a required cell empty", put("households", "size", 1, ""), ["required"], None),
    # years, months, days
    (
        "year with its word",
        put("households", "year", 1, "2016年"),
        ["year_suffix"],
        ("households", "year", 0, 2016),
    ),
    (
        "month in Chinese",
        put("payments", "month", 1, "2017年3月"),
        ["month_form"],
        ("payments", "month", 0, "2017-03"),
    ),
    (
        "month in six digits",
        put("payments", "month", 1, "201703"),
        ["month_form"],
        ("payments", "month", 0, "2017-03"),
    ),
    ("month as a number", put("payments", "month", 1, 2017.1), ["number_month"], None),
    ("thirteenth month", put("payments", "month", 1, "2017-13"), ["month"], None),
    (
        "date with points",
        put("projects", "started_on", 1, "2017.3.1"),
        ["date_form"],
        ("projects", "started_on", 0, "2017-03-01"),
    ),
    (
        "date in Chinese",
        put("projects", "started_on", 1, "2017年3月1日"),
        ["date_form"],
        ("projects", "started_on", 0, "2017-03-01"),
    ),
    ("date as a serial number", put("projects", "started_on", 1, 42795), ["number_date"], None),
    ("thirtieth of February", put("projects", "started_on", 1, "2017-02-30"), ["date"], None),
    # marks and words
    (
        "a tick",
        put("households", "safe_water", 1, "√"),
        ["truth_mark"],
        ("households", "safe_water", 0, True),
    ),
    ("a cross", put("villages", "venue", 1, "×"), ["truth_mark"], ("villages", "venue", 0, False)),
    ("there is", put("villages", "venue", 1, "有"), [], ("villages", "venue", 0, True)),
    ("there is none", put("villages", "venue", 1, "无"), [], ("villages", "venue", 0, False)),
    ("perhaps", put("villages", "venue", 1, "在建"), ["boolean"], None),
    (
        "a state of the register",
        put("households", "status", 4, "已脱贫（享受政策）"),
        [],
        ("households", "status", 3, "exited"),
    ),
    ("an unknown state", put("households", "status", 1, "待定"), ["allowed"], None),
    # codes
    (
        "code stored as a number",
        put("helpers", "helper", 1, 11),
        ["number_code"],
        ("helpers", "helper", 0, "11"),
    ),
    ("eighteen digits as a number", long_code, ["long_number"], None),
    (
        "eighteen digits in E notation",
        put("members", "member", 1, "5.3E+17"),
        ["long_number"],
        None,
    ),
    ("code with a fraction", put("helpers", "helper", 1, 1.5), ["code_number"], None),
]

# What cannot be true -> the rules that say so, on typed tables.
CROSS = [
    (
        "size against members",
        let("households", "size", 1, 3),
        ["flow_register", "income_parts", "size_members"],
    ),
    ("orphan", let("members", "household", 1, "0009"), ["heads", "orphan_member", "size_members"]),
    (
        "unknown village",
        let("households", "village", 1, "009"),
        ["flow_register", "unknown_village"],
    ),
    (
        "income not its parts",
        let("households", "income_per_person_yuan", 1, 9999),
        ["income_parts"],
    ),
    ("exited before recognised", let("households", "exited_year", 4, 2012), ["years_order"]),
    ("returned without exit", let("households", "returned_year", 1, 2016), ["return_without_exit"]),
    ("exited without a year", let("households", "exited_year", 4, None), ["exit_without_year"]),
    ("poor after its exit", let("households", "exited_year", 2, 2016), ["poor_after_exit"]),
    ("not recognised", let("households", "recognised_year", 1, None), ["recognition_missing"]),
    (
        "recognised in another year",
        let("households", "recognised_year", 2, 2015),
        ["fixed_changed"],
    ),
    (
        "exit from an unsafe house",
        let("households", "house_grade", 4, "D"),
        ["exit_without_guarantees"],
    ),
    (
        "exit then poor",
        both(
            let("households", "status", 3, "exited"),
            let("households", "exited_year", 3, 2016),
            let("households", "status", 4, "poor"),
            let("households", "exited_year", 4, None),
        ),
        ["flow_register", "impossible_transition"],
    ),
    (
        "never poor, yet exited",
        let("households", "status", 4, "never"),
        ["impossible_transition", "never_with_years"],
    ),
    ("no cause", let("households", "main_cause", 1, None), ["cause_missing"]),
    ("no population", let("villages", "population", 1, None), ["population_missing"]),
    (
        "ill with nobody ill",
        let("households", "main_cause", 1, "illness"),
        ["cause_unlike_members"],
    ),
    ("pupil out of school", let("members", "in_school", 2, False), ["dropouts_members"]),
    ("uninsured member", let("members", "insured", 2, False), ["uninsured_members_sum"]),
    (
        "pensions of nobody",
        let("households", "members_without_pension", 1, 2),
        ["pension_members_sum"],
    ),
    (
        "child at work",
        let("members", "months_worked", 2, 3),
        ["child_worker", "worker_without_labour"],
    ),
    ("child with labour", let("members", "labour", 2, "able"), ["child_with_labour"]),
    ("two heads", let("members", "relation", 2, "head"), ["heads"]),
    (
        "spouse like the head",
        both(
            let("members", "relation", 2, "spouse"),
            let("members", "sex", 2, "male"),
            let("members", "sex", 4, "male"),
        ),
        ["spouse_sex"],
    ),
    ("another sex", let("members", "sex", 2, "male"), ["fixed_changed"]),
    (
        "born after the register",
        let("members", "birth_year", 2, 2020),
        ["born_later", "fixed_changed"],
    ),
    ("more households than there are", let("villages", "households", 1, 1), ["village_households"]),
    (
        "left a list it was not on",
        both(let("villages", "poor_village", 1, False), let("villages", "exited_year", 1, 2016)),
        ["village_exit"],
    ),
    ("accepted before the start", let("projects", "accepted_on", 1, "2017-01-01"), ["dates_order"]),
    ("payment of no project", let("payments", "project", 2, "P02"), ["unknown_project"]),
    (
        "more than approved",
        let("projects", "approved_yuan", 1, 150000),
        ["disbursed_over_approved"],
    ),
    ("more than disbursed", let("payments", "spent_yuan", 1, 120000), ["spent_over_disbursed"]),
    ("less done than before", let("task_progress", "done", 2, 50), ["progress_falls"]),
    (
        "helper of nobody",
        let("helpers", "household", 1, "0009"),
        ["helper_missing", "helper_orphan"],
    ),
    ("flow that does not close", let("flows", "closing", 4, 5), ["flow_register", "flow_residual"]),
    (
        "flow that does not follow",
        both(let("flows", "opening", 2, 5), let("flows", "exited", 2, 3)),
        ["flow_opening"],
    ),
]


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """The clean office as read."""
    return check(tmp_path_factory.mktemp("office"), offices.sheets())


def test_the_corpus_is_large_and_no_case_stands_twice():
    names = [name for name, *_ in READ + CROSS]
    assert len(READ) >= 60
    assert len(set(names)) == len(names)
    found = {rule for case in READ + CROSS for rule in case[2]}
    assert all(words.has(f"check.{rule}.fault") for rule in found)


def test_clean_ledgers_give_no_finding(clean):
    assert clean.findings.empty, tables.describe_findings(clean.findings)
    for name, rows in offices.ledgers().items():
        assert len(clean.tables[name]) == len(rows)
        assert list(clean.tables[name]) == list(tables.columns_of(name)["column"])


@pytest.mark.parametrize(
    ("change", "expected", "read"), [case[1:] for case in READ], ids=[case[0] for case in READ]
)
def test_a_broken_sheet_gives_its_finding_and_no_other(tmp_path, change, expected, read):
    pages = offices.sheets()
    change(pages)
    changed = {name: page for name, page in pages.items() if page != offices.sheets()[name]}
    reading = check(tmp_path, changed)
    assert rules(reading) == expected, tables.describe_findings(reading.findings)
    if read:
        name, column, row, value = read
        found = reading.tables[name][column].iloc[row]
        assert pd.isna(found) if value is None else found == value


@pytest.mark.parametrize("table", headers.LEDGERS)
def test_no_title_of_the_dictionary_is_taken_for_one_of_a_unit(table):
    known = headers.titles_of(table)
    plain = {column: title for title, (column, rank) in reversed(known.items()) if not rank}
    for title, (column, _) in known.items():
        found = headers.find_header([[title, *(plain[one] for one in plain if one != column)]])
        assert column in found.columns.values()
        assert not [note for note in found.notes if "unit" in note[1]], title


@pytest.mark.parametrize(
    ("change", "expected"), [case[1:] for case in CROSS], ids=[case[0] for case in CROSS]
)
def test_what_cannot_be_true_is_found_and_nothing_else(clean, change, expected):
    frames = {name: frame.copy() for name, frame in clean.tables.items()}
    change(frames)
    found = tables.cross_check(frames)
    assert sorted(set(found["rule"])) == expected, found
    for faulty in found.to_dict("records"):
        assert faulty["label"] in frames[faulty["table"]].index


def test_a_finding_says_where_what_and_what_to_do_in_both_languages(tmp_path):
    pages = {"户": offices.sheets()["households"]}
    pages["户"][1][position("households", "size")] = "8千"
    found = check(tmp_path, {"户": [["某县花名册"], *pages["户"]]}).findings
    one = tables.explained(found[found["rule"] == "integer"]).iloc[0]
    where = ["file", "sheet", "row", "letter", "column", "title", "value", "severity"]
    assert one[where].tolist() == [
        *("台账.xlsx", "户", 3, "F", "size", "家庭人口数"),
        *("8千", "refusal"),
    ]
    assert one["message_en"] == "'8千' is not a whole number"
    assert one["remedy_zh"] == "请只写数字，不带小数点和单位"
    sentence = tables.describe_findings(found[found["rule"] == "integer"])[0]
    assert "台账.xlsx, sheet 户, row 3 (column F 家庭人口数): '8千' is not" in sentence
    assert "台账.xlsx 工作表“户” 第3行（F列 家庭人口数）：“8千”不是整数" in sentence


@pytest.mark.parametrize("above", ["单位：美元", "Unit: USD"])
def test_money_of_another_unit_above_is_refused_in_money_alone(tmp_path, above):
    pages = {"户": [["某县花名册"], [above], *offices.sheets()["households"]]}
    found = check(tmp_path, pages).findings
    found = found[found["rule"] == "header_unit_unknown"]
    spec = tables.columns_of("households").set_index("zh")["unit"]
    assert set(found["title"]) == set(spec.index[spec.str.startswith("yuan")])
    sentence = tables.describe_findings(found)[0]
    assert "台账.xlsx, sheet 户, row 3 (column " in sentence
    assert "convert the figures" in sentence and "折算" in sentence
    assert f"'{above.split()[-1].lower().removeprefix('单位：')}'" in sentence


def test_every_rule_has_its_words_and_every_word_its_rule():
    kept = {"sentence", "place", "summary", "summary_refused", "book", "door"}
    parts = [key.split(".")[1:] for key in words.keys("check.")]
    told = {part[0]: part[1] for part in parts if part[0] not in kept}
    for rule in told:
        assert all(words.has(f"check.{rule}.{part}") for part in ("name", "fault", "remedy"))
    assert set(told) >= REPAIRS | DOUBTS


def test_a_header_of_two_rows_is_read(tmp_path):
    pages = {
        "动态": [
            ["2017年贫困人口动态", "", "", "", "", "", "", "", "", "", ""],
            ["行政村代码", "年初数", "增加", "", "", "", "减少", "", "", "", "年末数"],
            ["", "", "新识别", "返贫", "出生", "迁入", "脱贫", "死亡", "迁出", "剔除", ""],
            ["001", 10, 1, 0, 1, 0, 4, 1, 0, 1, 6],
        ]
    }
    reading = check(tmp_path, pages)
    assert rules(reading) == ["year_from_title"]
    row = reading.tables["flows"].iloc[0]
    assert row[["year", "opening", "new", "exited", "closing"]].tolist() == [2017, 10, 1, 4, 6]
    assert reading.origins["flows"]["row"].tolist() == [4]


def test_a_group_over_two_rows_tells_columns_of_one_name_apart():
    rows = [
        ["户编号", "年度", "安全住房", ""],
        ["", "", "等级", "入住情况"],
        ["1", 2017, "A", "是"],
    ]
    found = headers.find_header(rows)
    assert found.columns == {0: "household", 1: "year", 3: "moved_in"}


def test_the_unit_of_a_group_holds_for_its_money_and_for_nothing_else():
    rows = [
        ["项目编号", "项目类别", "资金来源", "投资（万元）", "", ""],
        ["", "", "", "批复金额", "受益户数", "批复日期"],
        ["P1", "产业", "专项资金", 35.5, 3, "2017-03-05"],
    ]
    found = headers.find_header(rows)
    assert found.columns[3] == "approved_yuan"
    assert {at: scale for at, scale in found.scales.items() if scale != "1"} == {3: "10000"}
    assert [note[1:] for note in found.notes] == [("unit_above", "万元", "10000")]


@pytest.mark.parametrize(
    ("texts", "year"),
    [
        (["填报单位：某办\n\n填报时间：2018年1月5日", "某县2017年度台账"], "2017"),
        (["填报单位：某办 填报时间：2018年1月5日", "某县2017年度台账"], "2017"),
        (["填报时间：\n2018年1月", "某县2017年度台账"], "2017"),
        (["填表人：某某 2018年1月5日", "Sheet1", "户2017"], "2017"),
        (["2018年1月5日填报", "2017年"], "2017"),
        (["\n2018年1月5日\n", "某县2017 年度台账"], "2017"),
        (["日期：2018年1月5日"], None),
        (["填报单位：某办\n2017年度"], "2017"),
        (["填报单位：某办 数据截至2017年12月31日"], "2017"),
        (["某县贫困户名单（2017年12月31日）"], "2017"),
        (["编制2017年度计划"], "2017"),
    ],
)
def test_the_day_of_filling_in_is_not_the_year_of_the_register(texts, year):
    assert headers.year_of(*texts) == (year, [])


def test_a_long_cell_does_not_hold_up_the_search_for_the_year():
    for text in ("\n" * 30_000, " " * 30_000, "填报" * 15_000, "2018年 " * 6_000):
        begun = time.process_time()
        headers.year_of(text)
        assert time.process_time() - begun < 2


def test_a_value_merged_over_rows_belongs_to_each_of_them(tmp_path):
    pages = {"payments": offices.sheets()["payments"]}

    def merge(_, written):
        written["payments"].merge_range(1, 0, 2, 0, "P01")

    reading = check(tmp_path, pages, change=merge)
    assert rules(reading) == ["merged_cell"]
    assert reading.tables["payments"]["project"].tolist() == ["P01", "P01"]


def test_sheets_are_chosen_by_their_header_and_put_together(tmp_path):
    whole = offices.sheets()["helpers"]
    pages = {
        "Sheet1": whole[:2],
        "说明": [["填报要求"], ["每户一行"]],
        "甲": [whole[0], *whole[2:]],
    }
    pages["乙"] = [["a", "b", "c"], [1, 2, 3]]
    reading = check(tmp_path, pages | {"藏": whole}, change=lambda _, p: p["藏"].hide())
    assert rules(reading) == ["hidden_sheet", "note_sheet", "unknown_sheet"]
    assert reading.tables["helpers"]["household"].tolist() == ["0001", "0002", "0003"]
    assert reading.origins["helpers"]["sheet"].tolist() == ["Sheet1", "甲", "甲"]


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", []), ("utf-8-sig", []), ("gb18030", ["encoding"]), ("utf-16", ["encoding"])],
)
def test_csv_keeps_its_codes_in_every_encoding(tmp_path, encoding, expected):
    offices.write_csv(tmp_path / "结对.csv", offices.sheets()["helpers"], encoding)
    reading = tables.check_folder(tmp_path)
    assert rules(reading) == expected
    assert reading.tables["helpers"]["household"].tolist() == ["0001", "0002", "0003"]


def test_old_workbooks_are_read_like_new_ones(tmp_path):
    pages = offices.sheets()
    for name in ("payments", "flows"):
        old_excel.write_xls(tmp_path / f"{name}.xls", name, pages[name])
    reading = tables.check_folder(tmp_path)
    flows, payments = reading.tables["flows"], reading.tables["payments"]
    assert rules(reading) == []
    assert flows["closing"].tolist() == [4, 2, 2, 2]
    assert payments["month"].tolist() == ["2017-03", "2017-04"]


def test_a_header_without_rows_is_told(tmp_path):
    reading = check(tmp_path, {"helpers": offices.sheets()["helpers"][:1]})
    assert rules(reading) == ["no_rows"]
    assert len(reading.tables["helpers"]) == 0


def test_a_code_of_eighteen_digits_survives_as_text_and_only_as_text(tmp_path):
    code = "53" + "2" * 15 + "X"
    for value, expected in ((code, []), (int("53" + "2" * 16), ["long_number"])):
        pages = {"helpers": offices.sheets()["helpers"]}
        pages["helpers"][1][1] = value
        reading = check(tmp_path, pages)
        assert rules(reading) == expected
    assert pd.isna(reading.tables["helpers"]["helper"].iloc[0])


def test_no_finding_shows_what_is_personal(tmp_path):
    secret, phone = "53" + "3" * 16, "138" + "0" * 8
    pages = offices.sheets()
    for name, column, value in [
        ("members", "member", int(secret)),
        ("members", "birth_year", f"{secret}年"),
        ("helpers", "household", f" {secret} "),
        ("households", "household", f"{secret}"),
        ("households", "size", secret),
        ("households", "wage_yuan", f"电话{phone}"),
        ("villages", "venue", f"{secret[:-1]}X"),
    ]:
        put(name, column, 1, value)(pages)
    pages["members"].append(pages["members"][2])
    pages["helpers"].append([f"填表人：{secret}"])
    found = check(tmp_path, pages).findings
    assert {"long_number", "integer", "spaces", "note_row", "duplicate"} <= set(found["rule"])
    path = tables.write_findings(found, tmp_path / "out" / "all.xlsx")
    told = found.to_csv() + "".join(tables.describe_findings(found))
    assert secret[:17] not in told and phone not in told
    assert secret[:15] not in str(_cells(path))


def _cells(path):
    book = python_calamine.load_workbook(str(path))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def test_the_workbook_holds_every_finding_and_no_formula(tmp_path):
    pages = {"payments": offices.sheets()["payments"]}
    pages["payments"][1][2] = "=cmd|' /C calc'!A0"
    pages["payments"][2][3] = "@SUM(1)"
    found = check(tmp_path, pages).findings
    path = tables.write_findings(found, tmp_path / "all.xlsx")
    with zipfile.ZipFile(path) as package:
        assert not [n for n in package.namelist() if b"<f>" in package.read(n)]
    counts, rows = _cells(path)
    assert len(rows) == 1 + len(found)
    assert "=cmd|' /C calc'!A0" in {cell for row in rows for cell in row}
    assert counts[0][0] == tables.summary_line(found, "zh")


def test_the_same_findings_give_the_same_bytes(tmp_path):
    found = tables.check_folder(tmp_path).findings
    paths = [tables.write_findings(found, tmp_path / f"{n}.xlsx") for n in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_formula_error_is_refused_where_calamine_is_silent(tmp_path):
    def spoil(_, written):
        written["payments"].write_formula(1, 2, "=1/0", None, "#DIV/0!")

    reading = check(tmp_path, {"payments": offices.sheets()["payments"]}, change=spoil)
    assert rules(reading) == ["error_cell"]
    assert reading.findings.query("rule == 'error_cell'")["value"].item() == "#DIV/0!"
    assert reading.tables["payments"]["disbursed_yuan"].isna().tolist() == [True, False]


def test_dates_and_months_stored_as_days_are_read(tmp_path):
    pages = {"payments": offices.sheets()["payments"], "projects": offices.sheets()["projects"]}

    def dated(book, written):
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        written["payments"].write_datetime(1, 1, datetime.datetime(2017, 3, 1), day)
        at = position("projects", "started_on")
        written["projects"].write_datetime(1, at, datetime.datetime(2017, 3, 1), day)

    reading = check(tmp_path, pages, change=dated)
    assert rules(reading) == []
    assert reading.tables["payments"]["month"].iloc[0] == "2017-03"
    assert reading.tables["projects"]["started_on"].iloc[0] == "2017-03-01"


@pytest.mark.parametrize(
    "limits",
    [{"size": 100}, {"unpacked": 100}, {"rows": 3}, {"columns": 2}],
    ids=lambda limits: next(iter(limits)),
)
def test_what_is_too_large_is_refused_before_it_is_opened(tmp_path, limits, monkeypatch):
    offices.write_workbook(tmp_path / "a.xlsx", {"helpers": offices.sheets()["helpers"]})
    monkeypatch.setattr(
        sheets.calamine, "load_workbook", lambda *_: pytest.fail("the workbook was opened")
    )
    reading = tables.check_folder(tmp_path, limits=tables.Limits(**limits))
    assert rules(reading) == ["too_large"]


def test_other_files_are_told_and_broken_ones_refused(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"not a workbook")
    (tmp_path / "b.xls").write_bytes(b"nor this")
    (tmp_path / "c.csv").write_bytes(b"\x81\xff\xff\x00")
    (tmp_path / "d.docx").write_bytes(b"")
    (tmp_path / "~$a.xlsx").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "e.xlsx", "w") as package:
        package.writestr("xl/workbook.xml", "<")
    reading = tables.check_folder(tmp_path)
    assert dict(zip(reading.findings["file"], reading.findings["rule"], strict=True)) == {
        "a.xlsx": "unreadable",
        "b.xls": "unreadable",
        "c.csv": "unknown_encoding",
        "d.docx": "file_left_out",
        "e.xlsx": "unreadable",
    }


def test_read_folder_refuses_what_check_folder_tells(tmp_path):
    pages = {"helpers": offices.sheets()["helpers"]}
    check(tmp_path, pages)
    assert list(tables.read_folder(tmp_path)) == ["helpers"]
    pages["helpers"][1][0] = ""
    check(tmp_path, pages)
    with pytest.raises(tables.TableError, match="this column must be filled"):
        tables.read_folder(tmp_path)


def test_the_door_says_clean_refused_or_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(door, "CHECKED", tmp_path / "checked")
    folder = tmp_path / "某县"
    folder.mkdir()
    check(folder, offices.sheets())
    assert door.main(["check", str(folder)]) == 0
    assert "0 refusals, 0 doubts, 0 repairs" in capsys.readouterr().out
    check(folder, {"helpers": [["户编号", "帮扶责任人"], ["0001", "G1"], ["", "G2"]]})
    assert door.main(["check", str(folder)]) == 1
    assert "拒收1处" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "checked").iterdir()] == ["某县.xlsx"]
    assert [path.name for path in folder.iterdir()] == ["台账.xlsx"]
    assert door.main(["check", str(tmp_path / "nowhere")]) == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("table", tables.LEDGERS)
def test_no_title_means_two_columns_of_a_table(table):
    seen = {}
    for row in tables.columns_of(table).to_dict("records"):
        for title in [
            row["zh"],
            row["column"],
            row["en"],
            *filter(None, row["aliases"].split("|")),
        ]:
            assert seen.setdefault(headers.normal_title(title), row["column"]) == row["column"]


@pytest.mark.parametrize("table", tables.LEDGERS)
def test_the_words_of_a_code_mean_one_code(table):
    for row in tables.columns_of(table).to_dict("records"):
        codes = tables.allowed_codes(row["allowed"])
        said = [word for code, meant in codes.items() for word in (code, *meant)]
        assert len(said) == len(set(said)), row["column"]


KINDS = sorted(
    {
        cells.Kind(row["type"], row["unit"], row["allowed"])
        for table in tables.LEDGERS
        for row in tables.columns_of(table).to_dict("records")
    }
)
ODD = st.text(
    st.sampled_from("0123456789.,-+%eE万亿元千年月日人√×是否有无/— '\u3000０９Ｘ="), max_size=12
)


@given(st.one_of(st.text(max_size=30), ODD), st.sampled_from(KINDS), st.booleans())
@settings(max_examples=2000)
def test_no_text_of_a_cell_breaks_the_reader(text, kind, stored):
    read = cells.read_cell(text, kind, stored)
    if read.text is None:
        assert read.rule
    elif read.text != text and not read.rule:
        # Changed without a word: only a code for its word, a sign or the blank of an empty cell.
        assert (
            read.text == ""
            or kind.allowed
            or kind.type in ("boolean", "date", "month")
            or (text.lstrip("+") == read.text)
        )
    if read.text:
        again = cells.read_cell(read.text, kind)
        assert again.text == read.text or kind.type == "code"


@given(st.integers(-(10**9), 10**9), st.sampled_from(["", "元", "万", "万元"]))
def test_a_number_with_its_unit_reads_back(number, suffix):
    kind = cells.Kind("number", "yuan")
    read = cells.read_cell(f"{number}{suffix}", kind).text
    assert float(read) == number * (10_000 if "万" in suffix else 1)
    assert float(cells.read_cell(f"{number:,}{suffix}", kind).text) == float(read)


@given(st.lists(st.lists(st.text(max_size=8), max_size=4), max_size=8))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_csv_breaks_the_reader(tmp_path, rows):
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="", errors="replace") as file:
        csv.writer(file).writerows([["户编号", "年度", "帮扶责任人", "帮扶单位"], *rows])
    reading = tables.check_folder(tmp_path)
    kept = sum(len(frame) for frame in reading.tables.values())
    assert kept <= len(rows)


def test_cross_checks_run_on_tables_of_missing_figures(clean):
    bare = {
        name: frame.assign(
            **{
                c: pd.Series(np.nan, frame.index).astype(frame[c].dtype)
                for c in frame
                if c not in ("household", "member", "village")
            }
        )
        for name, frame in clean.tables.items()
    }
    assert set(tables.cross_check(bare).columns) == set(tables.cross_check(clean.tables).columns)
