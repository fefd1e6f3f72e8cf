"""What leaves the office: exhibits guarded by default, identifiers gone, every output searched."""

import datetime
import json
import random
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from analysis import disclosure, exhibits, funds, office, press, tables, words
from analysis.briefs import chapters
from analysis.charts import funds as fund_charts
from tests import offices
from tests.canaries import a_card, a_name, a_phone, an_id_number

CATALOGUE = """
own:
  rows:
    title: {zh: 各乡镇户数, en: Households by township}
  drawn:
    headline: {zh: "最多{most:count}户", en: "At most {most:count} households"}
    subtitle: {zh: 户, en: households}
    alt: {zh: "最多{most:count}户", en: "At most {most:count} households"}
    label: {zh: "{n:count}户", en: "{n:count}"}
  said:
    zh: "{year:year}有{few:count}户，占{share:percent1}"
    en: "{few:count}, or {share:percent1}, in {year:year}"
  counted:
    zh: "{year:year}有{households:count}户，占{share:percent1}"
    en: "{households:count}, or {share:percent1}, in {year:year}"
prose:
  first: {zh: "# 甲", en: "# A"}
"""
ROOT = Path(__file__).resolve().parents[1]
DATE = datetime.date(2018, 3, 28)
SYNTHETIC = {"status": "synthetic"}


@pytest.fixture(autouse=True)
def catalogue(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "own.yml").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_CATALOGUE", str(folder))
    words._read_folders.cache_clear()
    yield
    words._read_folders.cache_clear()


def frame(few=2, more=21, rest=(60, 90)):
    counts = [few, more, *rest]
    return pd.DataFrame(
        {"area": list("abcd"), "households": counts, "share": [n / 400 for n in counts]}
    )


def bars(axes, rows, *, say):
    axes.bar(rows["area"], rows["households"])


def test_a_table_of_a_register_is_protected_though_nobody_asked():
    content = exhibits.table("own.rows", frame(), **SYNTHETIC).content
    assert content["rows"]["en"] == [
        *[["a", "*", "*"], ["b", "*", "*"]],
        *[["c", "60", "15.0%"], ["d", "90", "22.5%"]],
    ]
    assert "不足5户或10人" in exhibits.source_line(content, "zh")
    assert "*" in exhibits.table("own.rows", frame(), **SYNTHETIC)._repr_mimebundle_()["text/html"]


def test_what_is_printed_is_not_and_cannot_be_claimed_of_a_register():
    assert exhibits.table("own.rows", frame()).content["rows"]["en"][0][1] == "2"
    disclosure.open_register()
    assert exhibits.table("own.rows", frame()).content["rows"]["en"][0][1] == "*"
    shown = exhibits.table("own.rows", frame(), public=True).content
    assert shown["rows"]["en"][0][1] == "2" and "withheld" not in shown
    with pytest.raises(ValueError, match="said to be public"):
        exhibits.table("own.rows", frame(), public=True, **SYNTHETIC)


def test_reading_ledgers_is_what_sets_the_guard():
    assert not disclosure.is_open()
    office.ledgers("wenshan", seed=1)
    assert disclosure.is_open()


@pytest.mark.parametrize(
    ("value", "share", "told"),
    [(400, 0.1, "400, or 10.0%, in 2017"), (3, 0.1, "(not published), or (not published), in 2017"),
     (0, 0.1, "0, or 10.0%, in 2017"), (80, 0.05, "(not published), or (not published), in 2017"),
     (80, 0.95, "(not published), or (not published), in 2017")],
)  # fmt: skip
def test_a_sentence_does_not_tell_what_a_table_hides(value, share, told):
    """5 % of 80 households is 4 of them, and 95 % leaves out 4."""
    said = exhibits.finding("own.said", few=value, share=share, year=2017, **SYNTHETIC)
    assert said.content["text"]["en"] == told


def test_a_chart_draws_what_its_table_shows():
    seen = []
    exhibits.figure(
        *("own.drawn", lambda axes, rows, say: seen.append(rows), frame()),
        **{"frame": frame()[["area", "households"]], "most": 90, **SYNTHETIC},
    )
    assert seen[0]["households"].isna().tolist() == [True, True, False, False]
    content = exhibits.figure(
        "own.drawn", bars, frame(), frame=frame(), most=90, **SYNTHETIC
    ).content
    assert "Not drawn" in exhibits.source_line(content, "en")
    other = pd.DataFrame({"place": range(9), "height": range(9)})
    with pytest.raises(ValueError, match="draws them all the same"):
        exhibits.figure("own.drawn", bars, other, frame=frame(), most=90, **SYNTHETIC)


def test_totals_among_the_rows_are_found_by_their_numbers():
    rows = pd.DataFrame(
        {"area": ["a", "b", "c"] * 2, "year": [2016] * 3 + [2017] * 3,
         "households": [3, 50, 53, 70, 82, 152]}
    )  # fmt: skip
    (safe,) = disclosure.guarded_frames("own.rows", [rows])
    gone = safe["households"].isna()
    assert gone[0] and (gone[1] or gone[2])
    values = rows["households"].to_numpy(float)
    sums = disclosure.joined(values, [(2, [0, 1]), (5, [3, 4])])
    assert disclosure.intervals(sums, gone.to_numpy(), [0])[0, 1] >= 8


def test_single_households_are_refused():
    with pytest.raises(ValueError, match="single persons or households"):
        exhibits.table("own.rows", frame().assign(household="SYNH1"), **SYNTHETIC)


def villages(poor):
    """Villages by poor persons; people and money a head in the same order."""
    people = [880 + 10 * at for at in range(len(poor))]
    frame = pd.DataFrame(
        {"village": [f"SYNV{at}" for at in range(len(poor))], "population": people}
    )
    return frame.assign(
        headcount_ratio=[few / all_ for few, all_ in zip(poor, people, strict=True)],
        yuan_per_head=[100.0 + few for few in poor],
    )


def test_a_share_of_the_people_of_a_village_is_a_count_of_its_poor():
    (safe,) = disclosure.guarded_frames("any", [villages([1, 40, 90, 200])])
    assert safe["headcount_ratio"].isna().tolist()[0] and safe["headcount_ratio"].isna().sum() >= 2


@pytest.mark.parametrize("share", [3 / 880, 0.0034, 0.9966, 0.003])
def test_a_rounded_share_still_tells_the_count(share):
    said = exhibits.finding("own.said", few=880, share=share, year=2017, **SYNTHETIC)
    assert "880" not in said.content["text"]["en"]


def targeting(poor):
    """The chart of money and the poor: what it draws, and its table."""
    drawn, fifths = [], funds.by_incidence(villages(poor))

    def draw(panels, *data, say):
        fund_charts.targeting(panels, *data, say=say)
        drawn.extend(line.get_xydata() for axes in panels for line in axes.lines)

    shown = exhibits.figure(
        *("funds.targeting", draw, funds.incidence_curve(fifths), fifths),
        **{"frame": fifths.drop(columns=["population", "poor_persons"]), "panels": (1, 2)},
        **{"leaning": "funds.leaning.cannot_tell", "half": 0.5, "villages": len(poor)},
        **{"index": 0.0, "index_low": -0.1, "index_high": 0.1, **SYNTHETIC},
    )
    return drawn, shown.content["drawn"]["rows"]["en"]


def test_the_chart_of_money_draws_no_single_village_and_no_fifth_of_few_poor():
    heads = villages([90, 80, 70, 60, 50, 40, 30, 20, 1, 1])
    drawn, rows = targeting([90, 80, 70, 60, 50, 40, 30, 20, 1, 1])
    assert max(map(len, drawn)) == 6, "a corner a fifth, and the origin"
    assert not {x for line in drawn[2:] for x, _ in line} & set(heads["headcount_ratio"])
    assert rows[4][2:] == ["*"] * 4 and sum(row[3] == "*" for row in rows) >= 2
    assert len(drawn[2]) == sum(row[3] != "*" for row in rows)
    assert all(row[3] != "*" for row in targeting([90, 80, 70, 60, 50, 40, 30, 20, 15, 11])[1])


def test_the_difference_of_two_nested_rules_is_a_count():
    rows = pd.DataFrame(
        {"pack": ["plain", "strict", "other"], "pass": [41, 0, 61], "fail": [245, 246, 225],
         "unknown": [0, 40, 0], "pass_share": [0.14, 0.0, 0.21]}
    )  # fmt: skip
    units = dict.fromkeys(["pass", "fail", "unknown"], "household")
    safe = disclosure.protect_nested(rows, units)
    assert safe[["pass", "fail", "unknown", "pass_share"]].isna().all(axis=1).tolist() == [
        *[False, True, False]
    ]
    apart = rows.assign(fail=[245, 266, 225])
    assert disclosure.protect_nested(apart, units).equals(apart)


def test_what_was_not_known_is_not_marked_as_not_published():
    rows = frame().assign(yuan=[None, 1.0, 2.0, 3.0]).astype({"yuan": float})
    (safe,) = disclosure.guarded_frames("own.rows", [rows])
    assert safe["withheld"].tolist()[:2] == ["households;share", "households;share;yuan"]


@pytest.mark.parametrize(
    ("key", "told"),
    [("planning.plan.persons_only", {"listed": 9, "persons": 300, "cost": 2e6}),
     ("planning.contradiction.unlisted", {"villages": 9, "plannable": 0}),
     ("exits.answer.enough", {"out": 5, "must": 4, "needed": 3, "tests": 5, "passed_today": 2,
                              "failed_today": 2, "unknown_today": 1})],
)  # fmt: skip
def test_villages_are_not_people(key, told):
    said = exhibits.finding(key, whose="plan_synthetic", **told, **SYNTHETIC)
    assert "not published" not in said.content["text"]["en"]


def notebook(source, folder):
    """A chapter of one table, one chart and one sentence, executed as in a batch."""
    cells = [
        "from rows import exhibits, rows",
        "exhibits.table('own.rows', rows)",
        "exhibits.figure('own.drawn', lambda axes, rows, say: axes.bar(rows['area'], "
        "rows['households']), rows, frame=rows, most=rows['households'].max())",
        "told = rows.iloc[0].set_axis(['area', 'few', 'share'])",
        "exhibits.finding('own.said', year=2017, **told)",
    ]
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# A", id="first"),
            *(nbformat.v4.new_code_cell(cell, id=f"c{n}") for n, cell in enumerate(cells)),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )
    folder.mkdir()
    (folder / "rows.py").write_text(source, encoding="utf-8")
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(book, kernel_name="python3", resources=where, record_timing=False).execute()
    (folder / "out.ipynb").write_bytes(chapters._cleaned(book))
    return folder / "out.ipynb"


def counted(counts):
    return f"""import pandas as pd
from analysis import exhibits, disclosure
rows = pd.DataFrame({{"area": list("abcd"), "households": {counts}}})
rows["share"] = rows["households"] / rows["households"].sum()
disclosure.open_register()"""


def set_in_type(executed):
    content = json.loads(executed.read_text(encoding="utf-8"))
    part = press.chapter(content, "zh", name="own")
    made = {"notebooks": [], "inputs": [], "fonts": [], "code": "", "packages": "", "command": ""}
    told = {"title": "甲", "subtitle": "", "author": "", "made": made}
    return press.typeset(press.document([part], language="zh", date=DATE, **told))


@pytest.mark.slow
def test_a_changed_hidden_cell_changes_no_published_byte(tmp_path, monkeypatch):
    """2 and 21 become 3 and 20: the total stands, and nobody outside can tell."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    one, two = (notebook(counted(counts), tmp_path / name) for counts, name in
                (([2, 21, 60, 90], "one"), ([3, 20, 60, 90], "two")))  # fmt: skip
    assert one.read_bytes() == two.read_bytes()
    assert "*" in one.read_text(encoding="utf-8")
    assert set_in_type(one) == set_in_type(two)


@pytest.fixture
def key(tmp_path, monkeypatch):
    path = tmp_path / "office" / "key"
    monkeypatch.setenv("ANALYSIS_OFFICE_KEY", str(path))
    return path


def test_codes_are_hashed_alike_in_every_table_and_need_the_key(key):
    households = pd.DataFrame({"household": ["H000001", "H000002", "SYNH3"], "size": [1, 2, 3]})
    helpers = pd.DataFrame({"household": ["H000002"], "helper": ["H000002"]})
    told = disclosure.admitted({"households": households, "helpers": helpers})
    codes = told["households"]["household"].tolist()
    assert codes[2] == "SYNH3" and not {"H000001", "H000002"} & set(codes)
    assert told["helpers"].loc[0, "household"] == codes[1] != told["helpers"].loc[0, "helper"]
    assert key.stat().st_mode & 0o777 == 0o600
    again = disclosure.admitted({"households": households})["households"]
    assert again["household"].tolist() == codes
    key.write_text("x" * 64)
    assert disclosure.admitted({"households": households})["households"]["household"][0] != codes[0]


def test_a_synthetic_city_needs_no_key(key):
    office.ledgers("wenshan", seed=1)
    assert not key.exists()


CANARIES = {"id_number": an_id_number, "phone": a_phone, "bank_card": a_card}


def outputs(folder, text):
    """One file of each kind that the suite writes, with a text in it."""
    import typst
    import xlsxwriter

    folder.mkdir(exist_ok=True)
    output = nbformat.v4.new_output("stream", text=f"said: {text}\n")
    cell = nbformat.v4.new_code_cell("1", outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "a.ipynb")
    for name in ("a.log", "a.csv", "a.html", "a.txt"):
        (folder / name).write_text(f"x,{text},1\n", encoding="utf-8")
    (folder / "run.json").write_text(json.dumps({"inputs": [{"path": text}]}), encoding="utf-8")
    with xlsxwriter.Workbook(folder / "a.xlsx") as book:
        book.add_worksheet().write_string(3, 3, text)
    for name, body in (("text", text), ("metadata", "x")):
        head = f'#set document(title: "{text if name == "metadata" else "x"}")\n'
        head += '#set text(font: "Noto Sans SC")\n'
        (folder / f"{name}.typ").write_text(head + body, encoding="utf-8")
        faces = sorted({str(path.parent) for path in exhibits.fonts.paths().values()})
        typst.compile(folder / f"{name}.typ", output=folder / f"{name}.pdf", font_paths=faces)
        (folder / f"{name}.typ").unlink()
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("kind", [*CANARIES, "register"])
def test_a_canary_is_found_in_every_kind_of_file_and_not_repeated(tmp_path, kind):
    text = CANARIES.get(kind, a_name)()
    there = outputs(tmp_path / "out", text)
    hits = disclosure.scan(tmp_path / "out", tokens={text})
    assert set(hits.loc[hits["kind"] == kind, "file"]) == there
    said = "".join(
        sentence for lang in ("zh", "en") for sentence in disclosure.describe_hits(hits, lang)
    )
    assert text not in said + hits.to_csv()


def test_what_cannot_be_opened_is_a_hit(tmp_path):
    (tmp_path / "broken.pdf").write_bytes(b"no PDF")
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    assert disclosure.scan(tmp_path)["kind"].tolist() == ["unreadable", "unreadable"]


def test_published_notebooks_and_data_raise_no_alarm(root):
    paths = [*sorted((root / "notebooks").glob("*.ipynb")), *sorted((root / "data").rglob("*.csv"))]
    assert disclosure.scan_files(paths).empty


def test_ordinary_numbers_raise_no_alarm():
    drawn = random.Random(1)
    texts = [f"{drawn.random() * 1e6!r} {drawn.getrandbits(256):064x}" for _ in range(2000)]
    texts += [f"M {drawn.uniform(0, 999):.6f} {drawn.uniform(0, 999):.6f}" for _ in range(5000)]
    texts += [f"{drawn.randint(1, 10**9):,} 2014 2015 2016 2017" for _ in range(2000)]
    texts += [str(drawn.randint(1, 10**6) * 10_000) for _ in range(2000)]
    assert not [hit for text in texts for hit in tables.persons.personal_numbers(text)]


def planted(table):
    """An office's sheets with personal columns, and a canary in every column of one table."""
    sheets = offices.sheets()
    own = {"姓名": a_name, "身份证号": an_id_number, "联系电话": a_phone, "银行卡号": a_card}
    for cells in sheets.values():
        cells[0] += list(own)
        for row in cells[1:]:
            row.extend([""] * len(own))
    kinds = [an_id_number, a_phone, a_card]
    canaries = [kinds[n % 3]() for n in range(len(offices.titles(table)))]
    canaries += [make() for make in own.values()]
    sheets[table][1] = canaries
    return sheets, canaries


def texts_of(told, made):
    """Everything that is handed on: the tables as admitted, the findings, their sentences."""
    handed = [frame.to_csv() for frame in disclosure.admitted(told).values()]
    return "".join([*handed, made.to_csv(), *tables.describe_findings(made)])


@pytest.mark.parametrize("table", tables.LEDGERS)
def test_a_canary_in_any_column_of_any_table_is_handed_on_nowhere(tmp_path, key, table):
    sheets, canaries = planted(table)
    offices.write_workbook(tmp_path / "台账.xlsx", sheets)
    reading = tables.check_folder(tmp_path)
    assert (reading.findings["rule"] == "personal_column").sum() == 4 * len(sheets)
    handed = texts_of(reading.tables, reading.findings)
    assert not [canary for canary in canaries if canary in handed]
    book = tables.write_findings(reading.findings, tmp_path / "found" / "a.xlsx")
    tokens = disclosure.tokens_of(tmp_path)
    assert canaries[-4] in tokens
    assert disclosure.scan_files([book], tokens=tokens).empty


@pytest.mark.slow
def test_a_chapter_on_an_office_full_of_names_tells_none(tmp_path, key, monkeypatch):
    """Names, codes and numbers stand in the sheets; the chapter, its PDF and its log have none."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    sheets = offices.sheets()
    for number, row in enumerate(sheets["households"]):
        row.extend(["姓名", "身份证号"] if number == 0 else [a_name(), an_id_number()])
    sheets["helpers"] = [
        [a_name() if cell == "G0001" else cell for cell in row] for row in sheets["helpers"]
    ]
    offices.write_workbook(tmp_path / "台账.xlsx", sheets)
    source = f"""from analysis import disclosure, exhibits, tables
told = disclosure.admitted(tables.read_folder({str(tmp_path)!r}))
rows = told["households"].groupby("township", as_index=False)["household"].nunique()
rows = rows.set_axis(["area", "households"], axis=1).assign(share=0.5)"""
    executed = notebook(source, tmp_path / "chapter")
    (tmp_path / "chapter" / "out.pdf").write_bytes(set_in_type(executed))
    tokens = disclosure.tokens_of(tmp_path)
    assert len(tokens) >= 7
    (tmp_path / "chapter" / "rows.py").unlink()
    assert disclosure.scan(tmp_path / "chapter", tokens=tokens).empty


def test_a_helper_by_name_is_collected_for_the_search_and_hashed_at_the_door(tmp_path, key):
    sheets = offices.sheets()
    sheets["helpers"][1][1] = "某甲乙"
    offices.write_workbook(tmp_path / "台账.xlsx", sheets)
    assert "某甲乙" in disclosure.tokens_of(tmp_path)
    told = disclosure.admitted(tables.check_folder(tmp_path).tables)
    assert "某甲乙" not in told["helpers"].to_csv()


@pytest.mark.usefixtures("coarse")
def test_an_office_may_round_what_is_not_hidden():
    rows = pd.DataFrame({"area": list("abcd"), "households": [0, 21, 63, 2], "headcount": 58.0})
    content = exhibits.table("own.rows", rows, **SYNTHETIC).content
    assert content["rows"]["en"] == [
        *[["a", "0", "60"], ["b", "*", "*"], ["c", "65", "60"], ["d", "*", "*"]]
    ]
    below = exhibits.source_line(content, "en")
    assert "households to the nearest multiple of 5 and persons to" in below
    assert "户数按5的倍数取整" in exhibits.source_line(content, "zh")
    printed = exhibits.table("own.rows", rows).content
    assert printed["rows"]["en"][1] == ["b", "21", "58"] and "rounded" not in printed


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize(
    ("few", "en", "zh"),
    [
        (63, "About 65, or 12.0%, in 2017", "2017年有约65户，占12.0%"),
        (0, "0, or 12.0%, in 2017", "2017年有0户，占12.0%"),
        (3, "(not published), or (not published), in 2017", "2017年有（不公布）户，占（不公布）"),
    ],
)
def test_a_sentence_says_that_its_count_is_rounded(few, en, zh):
    told = {"households": few, "share": 0.12, "year": 2017, **SYNTHETIC}
    said = exhibits.finding("own.counted", **told).content["text"]
    assert said == {"en": en, "zh": zh}


@pytest.mark.usefixtures("coarse")
def test_a_chart_draws_rounded_counts_and_says_so():
    seen = []
    content = exhibits.figure(
        *("own.drawn", lambda axes, rows, say: seen.append(rows), frame()),
        **{"frame": frame(), "most": 92, **SYNTHETIC},
    ).content
    assert seen[0]["households"].dropna().tolist() == [60, 90]
    assert "Rounded: " in exhibits.source_line(content, "en")


def test_a_title_that_does_not_name_what_is_synthetic_is_made_to():
    shown = exhibits.table("own.rows", frame(20), **SYNTHETIC).content["title"]
    assert shown == {"zh": "模拟数据：各乡镇户数", "en": "Synthetic: Households by township"}
    assert exhibits.table("own.rows", frame(20)).content["title"]["zh"] == "各乡镇户数"
