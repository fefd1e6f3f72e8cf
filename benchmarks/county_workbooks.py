"""Seconds to read and check a county's workbooks: 16,000 households, 60,000 members, five years.

python benchmarks/county_workbooks.py
python benchmarks/county_workbooks.py --households 1000

Beside it the same files through pandas with openpyxl, where that is installed: read as text, and
nothing checked. Each reads in a process of its own, whose peak of memory is told. Seconds are those
of the processor, so that other work does not count.
"""

import argparse
import importlib.util
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter
from measuring import add_keep, alone, told

from analysis import tables

YEARS, VILLAGES = range(2013, 2018), 139


def household_years(count, random):
    """The register of every year: a third left in 2016."""
    rows = pd.MultiIndex.from_product([range(count), YEARS], names=["at", "year"]).to_frame(False)
    at, size = rows["at"], random.integers(3, 6, count)[rows["at"]]
    left = (at % 3 == 0) & (rows["year"] >= 2016)
    wage = np.exp(9 + 0.5 * random.standard_normal(len(rows))).round()
    return rows.assign(
        household=at.map("H{:06d}".format),
        village=(at % VILLAGES).map("532601{:06d}".format),
        township="甲镇",
        natural_village="上组",
        size=size,
        wage_yuan=wage,
        business_yuan=5000,
        business_cost_yuan=2000,
        property_yuan=100,
        transfer_yuan=900,
        income_per_person_yuan=((wage + 4000) / size).round(2),
        status=np.where(left, "已脱贫", "未脱贫"),
        attribute="一般贫困户",
        main_cause="缺技术",
        recognised_year=2013,
        exited_year=np.where(left, "2016", ""),
        returned_year="",
        house_grade="A级",
        moved_in="是",
        safe_water="是",
        water_distance_km=0.2,
        school_dropouts=0,
        uninsured_members=0,
        members_without_pension=0,
        measures=2,
    )


def member_years(households):
    """Every member of every year, the first the head."""
    rows = households.loc[households.index.repeat(households["size"]), ["household", "year"]]
    number = rows.groupby(["household", "year"]).cumcount()
    head = number == 0
    shown = {
        name: np.where(head, first, rest)
        for name, first, rest in [
            ("relation", "户主", "其他"),
            ("sex", "男", "女"),
            ("labour", "普通劳动力", "弱劳动力"),
        ]
    }
    return rows.assign(
        member=rows["household"] + "-" + number.astype(str),
        birth_year=1970 + number,
        schooling="初中",
        in_school="否",
        health="健康",
        insured="是",
        pension="是",
        months_worked=6,
        **shown,
    )


def write(frame, name, path):
    """One workbook, one sheet a year, under a title row and the dictionary's Chinese titles."""
    titles = tables.columns_of(name).set_index("column")["zh"]
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        for year, rows in frame.groupby("year"):
            page = book.add_worksheet(f"{year}年")
            page.write_string(0, 0, f"某县{year}年台账")
            cells = rows[list(titles.index)].astype(object).to_numpy().tolist()
            for at, values in enumerate([list(titles), *cells], start=1):
                page.write_row(at, 0, values)


def by_openpyxl(folder):
    """Every sheet as text, with pandas and openpyxl."""
    for path in sorted(Path(folder).glob("*.xlsx")):
        pd.read_excel(path, sheet_name=None, header=1, dtype=str, engine="openpyxl")


def by_project(folder):
    """Every table read and checked: how many rows, and what was found, in one sentence."""
    reading = tables.check_folder(folder)
    rows = {name: len(frame) for name, frame in reading.tables.items()}
    return rows, tables.summary_line(reading.findings, "en")


def compared(folder, count):
    """Write the county, read it, print the seconds and the memory of each."""
    households = household_years(count, np.random.default_rng(0))
    write(households, "households", Path(folder) / "户.xlsx")
    write(member_years(households), "members", Path(folder) / "人.xlsx")
    (rows, summary), gib, seconds = alone(by_project, folder)
    print(rows)
    print(summary)
    print(f"read and checked {seconds:.1f} s, peak {gib:.2f} GiB")
    if importlib.util.find_spec("openpyxl") is None:
        print("no ratio: openpyxl is not installed; make extras installs it")
        return
    _, gib, plain = alone(by_openpyxl, folder)
    print(f"pandas with openpyxl, unchecked {plain:.1f} s, peak {gib:.2f} GiB")
    print(f"ratio {seconds / plain:.2f}")


def main():
    """Read what the command line asks, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--households", type=int, default=16_000)
    add_keep(parser)
    asked = parser.parse_args()
    with told("county_workbooks", keep=asked.keep), tempfile.TemporaryDirectory() as folder:
        compared(folder, asked.households)


if __name__ == "__main__":
    main()
