"""Numbers and names of persons in cells: known in ordinary forms, repeated in no finding."""

import random

import pytest

from analysis import tables
from analysis.tables import headers, names, persons
from tests import offices
from tests.canaries import a_card, a_name, a_phone, an_id_number

GAPS = [" ", "-", "–", "\u00a0", "\u3000", ".", " - "]
SHAPES = {
    "id_number": (
        an_id_number,
        [(6, 8, 4), (6, 4, 4, 4), (3, 3, 8, 4), (4, 4, 4, 4, 2), (6, 6, 6)],
    ),
    "phone": (a_phone, [(3, 4, 4)]),
    "bank_card": (a_card, [(4, 4, 4, 4, 3)]),
}


def cut(number, shape, gap):
    starts = [sum(shape[:n]) for n in range(len(shape))]
    return gap.join(
        number[at : at + size] for at, size in zip(starts, shape, strict=True) if at < len(number)
    )


def kinds(text):
    return {kind for kind, _ in persons.personal_numbers(text)}


@pytest.mark.parametrize("gap", GAPS, ids=map(repr, GAPS))
@pytest.mark.parametrize("kind", SHAPES)
def test_a_number_is_found_and_masked_with_marks_between_its_groups(kind, gap):
    make, shapes = SHAPES[kind]
    for shape in shapes:
        number = make()
        text = f"某处{cut(number, shape, gap)}，某事"
        assert kind in kinds(text)
        masked = persons.without_numbers(text, "***")
        assert number[-4:] not in masked and masked.startswith("某处***")


def test_a_number_with_a_prefix_or_an_unseen_mark_is_found():
    phone, code = a_phone(), an_id_number()
    for text in (
        f"+86{phone}",
        f"0086{phone}",
        f"(+86){phone}",
        f"0086-{cut(phone, (3, 4, 4), '-')}",
    ):
        assert kinds(f"电话{text}") == {"phone"}, text
    for mark in "\u200b\u200d\u2060\ufeff\u00ad":
        assert "id_number" in kinds(f"{code[:9]}{mark}{code[9:]}")
        assert "phone" in kinds(f"{phone[:4]}{mark}{phone[4:]}")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n    ", "-\r\n"], ids=repr)
def test_an_identity_number_over_a_line_is_found_wherever_it_breaks(end):
    for at in range(1, 18):
        number = an_id_number()
        assert "id_number" in kinds(f"甲\n{number[:at]}{end}{number[at:]}\n乙")


def test_columns_of_numbers_are_no_identity_numbers():
    drawn = random.Random(1)
    rows = [[drawn.randint(1, 10 ** drawn.randint(1, 9)) for _ in range(6)] for _ in range(20_000)]
    for gap in (" ", "\n", ", "):
        text = "\n\n".join(gap.join(map(str, row)) for row in rows)
        assert "id_number" not in kinds(text)


def test_units_in_brackets_keep_their_meaning():
    rows = [["项目编号", "行政村", "计划资金（万元）", "批复日期(必填)"], ["P1", "001", 2, ""]]
    header = headers.find_header(rows)
    assert header.columns[2] == "approved_yuan" and header.scales[2] == "10000"
    assert header.columns[3] == "approved_on"


# ---- what the check of ledgers repeats


@pytest.mark.parametrize("table", tables.LEDGERS)
def test_identifiers_in_wrong_columns_are_repeated_nowhere(tmp_path, table):
    forms = [
        a_name,
        lambda: cut(a_phone(), (3, 4, 4), "."),
        lambda: cut(an_id_number(), (6, 8, 4), " "),
        lambda: cut(a_card(), (4, 4, 4, 4, 3), "-"),
        lambda: "\u3000".join(a_name()[:2]),
        lambda: f" {a_name()} ",
        lambda: cut(an_id_number()[:-1] + "0", (6, 4, 4, 4), " "),
    ]
    pages = offices.sheets()
    for turn in range(len(forms)):
        row = [forms[(n + turn) % len(forms)]() for n in range(len(pages[table][0]))]
        pages[table].append(row)
    planted = [cell.strip() for row in pages[table][-len(forms) :] for cell in row]
    offices.write_workbook(tmp_path / "台账.xlsx", pages)
    reading = tables.check_folder(tmp_path)
    said = "\n".join(tables.describe_findings(reading.findings)) + reading.findings.to_csv()
    assert len(reading.findings) > len(forms)
    assert not [cell for cell in planted if cell in said]
    assert not kinds(said)


def test_what_is_no_name_is_repeated_so_that_it_can_be_mended():
    kept = ["8千", "约3000", "在建", "某某村", "县财政局", "12.5.2017", "20l7", "—", "合计"]
    assert [names.without_names(text, "***") for text in kept] == kept
    name = a_name()
    assert names.without_names(f"电话 {name}", "***") == "电***"


@pytest.mark.parametrize("kind", SHAPES)
def test_a_number_in_the_name_of_a_file_or_a_sheet_is_refused_and_not_repeated(tmp_path, kind):
    number = SHAPES[kind][0]()
    page = offices.sheets()["helpers"]
    (tmp_path / number).mkdir()
    offices.write_workbook(tmp_path / "a.xlsx", {f"帮扶{number}": page})
    offices.write_workbook(tmp_path / f"帮扶_{number}.xlsx", {"帮扶": page[:1] + page[2:]})
    (tmp_path / number / "说明.docx").write_bytes(b"")
    found = tables.check_folder(tmp_path).findings
    named = found[found["rule"] == "personal_name"]
    assert sorted(zip(named["file"], named["sheet"], strict=True)) == sorted(
        [("***/说明.docx", ""), ("a.xlsx", "帮扶***"), ("帮扶_***.xlsx", "")]
    )
    assert set(named["severity"]) == {"refusal"}
    assert number not in found.to_csv() + "".join(tables.describe_findings(found))
    with pytest.raises(tables.TableError):
        tables.read_folder(tmp_path)


def test_the_names_that_offices_give_their_files_hold_no_number_of_a_person(tmp_path):
    page = offices.sheets()["helpers"]
    for name in ("532601_20171231", "2017年12月31日", "台账20180105123456", "V2017.12"):
        offices.write_workbook(tmp_path / f"{name}.xlsx", {f"表{name[:20]}": page})
    assert "personal_name" not in set(tables.check_folder(tmp_path).findings["rule"])
