"""An office's ledgers made at run time: clean ones, and the ways in which offices break them."""

import csv

import xlsxwriter

from analysis import tables

TRUTH = {True: "是", False: "否"}


def titles(name):
    """Chinese title of each column of a table."""
    columns = tables.columns_of(name)
    return dict(zip(columns["column"], columns["zh"], strict=True))


def _income(size, wage):
    return {
        **{"wage_yuan": wage, "business_yuan": 5000, "business_cost_yuan": 2000},
        **{"property_yuan": 100, "transfer_yuan": 900},
        "income_per_person_yuan": round((wage + 4000) / size, 2),
    }


def _household(code, year, status, village="001", **other):
    poor = status == "未脱贫"
    return {
        **{"household": code, "year": year, "village": village, "township": "甲镇"},
        **{"natural_village": "上组", "size": 2, **_income(2, 3000 if poor else 9000)},
        **{"status": status, "attribute": "一般贫困户", "main_cause": "缺技术"},
        **{"recognised_year": 2014, "exited_year": "" if poor else 2017, "returned_year": ""},
        **{"house_grade": "A级", "moved_in": True, "safe_water": True, "water_distance_km": 0.2},
        **{"school_dropouts": 0, "uninsured_members": 0, "members_without_pension": 1},
        **{"measures": 2, **other},
    }


def _members(code, year):
    shared = {"household": code, "year": year, "insured": True, "health": "健康"}
    head = {
        **{"member": f"{code}01", **shared, "sex": "男", "birth_year": 1975, "relation": "户主"},
        **{"schooling": "初中", "in_school": False, "labour": "普通劳动力"},
        **{"pension": True, "months_worked": 6},
    }
    child = {
        **{"member": f"{code}02", **shared, "sex": "女", "birth_year": 2006, "relation": "之女"},
        **{"schooling": "小学", "in_school": True, "labour": "无劳动力"},
        **{"pension": False, "months_worked": 0},
    }
    return [head, child]


def _village(code, name, year):
    return {
        **{"village": code, "year": year, "village_zh": name, "township": "甲镇"},
        **{"poor_village": True, "exited_year": "", "population": 400, "households": 100},
        **{"natural_villages": 5, "tap_water_share": 0.95, "three_phase_power": True},
        **{"hardened_road_share": 1, "safe_housing_share": 0.98, "radio_tv_share": 0.99},
        **{"broadband": True, "school_dropouts": 0, "clinic_m2": 80, "doctors": 1},
        **{"venue": True, "collective_income_yuan": 25000},
    }


def _flow(code, year, opening, exited):
    other = dict.fromkeys(("new", "returned", "died", "born", "moved_in", "moved_out"), 0)
    ends = {"removed": 0, "closing": opening - exited}
    return {"village": code, "year": year, "opening": opening, **other, "exited": exited, **ends}


def ledgers():
    """Every ledger of a small clean office, as rows of columns to what an office writes."""
    years = (2016, 2017)
    states = {"0001": ("未脱贫", "未脱贫"), "0002": ("未脱贫", "已脱贫"), "0003": ("未脱贫",) * 2}
    where = {"0001": "001", "0002": "001", "0003": "002"}
    pairs = [
        (code, year, state)
        for code, both in states.items()
        for year, state in zip(years, both, strict=True)
    ]
    return {
        "households": [_household(c, y, state, where[c]) for c, y, state in pairs],
        "members": [row for code, year, _ in pairs for row in _members(code, year)],
        "villages": [
            _village(c, n, y) for c, n in (("001", "石桥"), ("002", "柳井")) for y in years
        ],
        "projects": [
            {
                **{"project": "P01", "village": "001", "township": "甲镇", "sector": "产业"},
                **{"kind": "养猪", "fund_source": "专项资金", "level": "省级"},
                **{"approved_yuan": 200000, "approved_on": "2017-02-01"},
                **{"started_on": "2017-03-01", "accepted_on": "2017-09-01", "ended_on": ""},
                **{"households_served": 2, "persons_served": 4},
            }
        ],
        "payments": [
            {"project": "P01", "month": m, "disbursed_yuan": 100000, "spent_yuan": 50000}
            for m in ("2017-03", "2017-04")
        ],
        "task_progress": [
            {"task": "T01", "month": month, "done": done, "reported_on": f"{month}-28"}
            for month, done in (("2018-01", 100), ("2018-02", 250))
        ],
        "helpers": [
            {"household": code, "helper": f"G{code}", "department": "林业局"} for code in states
        ],
        "flows": [
            _flow("001", 2016, 4, 0),
            _flow("001", 2017, 4, 2),
            _flow("002", 2016, 2, 0),
            _flow("002", 2017, 2, 0),
        ],
    }


def sheet(name, rows):
    """Rows of a ledger as the cells of a sheet, under the dictionary's Chinese titles."""
    named = titles(name)
    cells = [
        [
            TRUTH.get(row.get(column), row.get(column))
            if isinstance(row.get(column), bool)
            else row.get(column, "")
            for column in named
        ]
        for row in rows
    ]
    return [list(named.values()), *cells]


def sheets():
    """Every clean ledger as cells."""
    return {name: sheet(name, rows) for name, rows in ledgers().items()}


def write_workbook(path, sheets, *, change=lambda book, pages: None):
    """Write cells as they are: text as text, numbers as numbers."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        pages = {}
        for name, cells in sheets.items():
            pages[name] = book.add_worksheet(name)
            for row, values in enumerate(cells):
                for column, value in enumerate(values):
                    if value != "":
                        pages[name].write(row, column, value)
        change(book, pages)


def write_csv(path, cells, encoding="utf-8-sig"):
    """Write one sheet as CSV."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(cells)
