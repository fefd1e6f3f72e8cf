"""A synthetic city as the workbooks an office would hold, messy on purpose and without loss."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from analysis import tables
from analysis.synthetic.city import TABLES, City

FILES = {
    "households": "建档立卡户台账（模拟）",
    "members": "家庭成员台账（模拟）",
    "villages": "行政村台账（模拟）",
    "projects": "扶贫项目台账（模拟）",
    "payments": "资金拨付台账（模拟）",
    "task_progress": "任务进度台账（模拟）",
    "helpers": "结对帮扶台账（模拟）",
    "flows": "动态管理台账（模拟）",
}
BY_YEAR = ("households", "members")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
MARK = "模拟数据，不是任何地方的事实"
CHANCE_OF_ALIAS = 0.4


def write_workbooks(city: City, folder: Path, *, mess: float = 0.02, seed: int = 0) -> list[Path]:
    """
    Write a city as Excel workbooks with Chinese headers, as offices keep them.

    Parameters
    ----------
    city : City
        As `city.city` makes it.
    folder : Path
        Folder that is made when it is not there.
    mess : float
        Share, 0 to 1, of cells written in an untidy way (``1.2万``, ``8000元``, ``12,500``, full
        width, a dash for a missing value). At 0 the sheets are tidy: one header row, no title and
        no total. No way of writing loses a digit.
    seed : int
        The same seed gives the same mess.

    Returns
    -------
    list of Path
        One workbook a table; the households and the members have a sheet a year. Every title and
        file name says that the data are synthetic.

    Raises
    ------
    KeyError
        The dictionary does not describe a table or a column of the city.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    return [
        _write_book(folder / f"{FILES[name]}.xlsx", name, city.tables[name], mess, rng)
        for name in TABLES
    ]


def _write_book(
    path: Path, name: str, frame: pd.DataFrame, mess: float, rng: np.random.Generator
) -> Path:
    columns = described(name, frame)
    titles = _titles(columns, mess, rng)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True})
        for sheet, rows in _sheets(name, frame):
            cells = [_written(rows[key], columns[key], mess, rng) for key in frame.columns]
            page = book.add_worksheet(sheet)
            _write_sheet(page, f"{FILES[name]} {MARK}" if mess else "", titles, cells, bold)
    return path


def described(name: str, frame: pd.DataFrame) -> dict[str, dict]:
    rows = tables.columns_of(name).set_index("column", drop=False)
    unknown = sorted(set(frame.columns) - set(rows.index))
    if unknown:
        raise KeyError(f"data/dictionary.csv does not describe {unknown} of the table '{name}'")
    return rows.loc[list(frame.columns)].to_dict("index")


def _titles(columns: Mapping[str, dict], mess: float, rng: np.random.Generator) -> list[str]:
    titles = []
    for column in columns.values():
        aliases = column["aliases"].split("|") if column["aliases"] else []
        taken = aliases and mess and rng.random() < CHANCE_OF_ALIAS
        titles.append(aliases[0] if taken else column["zh"])
    return titles


def _sheets(name: str, frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    if name not in BY_YEAR:
        return [("模拟数据", frame)]
    return [(f"{year}年（模拟）", rows) for year, rows in frame.groupby("year")]


def _write_sheet(page, title: str, titles: list[str], cells: list[list], bold) -> None:
    start = 0
    if title:
        page.write_string(0, 0, title, bold)
        page.write_string(1, 0, "填报单位：模拟")
        start = 2
    page.write_row(start, 0, titles, bold)
    for row, values in enumerate(zip(*cells, strict=True), start=start + 1):
        page.write_row(row, 0, values)
    if title:
        _write_total(page, start + len(cells[0]) + 2, cells)


def _write_total(page, row: int, cells: list[list]) -> None:
    # A blank row stands above the total, as it does in many offices.
    page.write_string(row, 0, "合计")
    for column, values in enumerate(cells):
        if column and all(isinstance(value, int) for value in values):
            page.write_number(row, column, sum(values))


def _written(values: pd.Series, column: dict, mess: float, rng: np.random.Generator) -> list:
    cells = plain(values, column)
    untidy = np.flatnonzero(rng.random(len(cells)) < mess)
    for row in untidy:
        cells[row] = _untidy(cells[row], column, int(rng.integers(4)))
    return cells


def plain(values: pd.Series, column: dict) -> list:
    words = {True: "是", False: "否"} if column["type"] == "boolean" else _words(column["allowed"])
    said = values.map(words) if words else values
    return said.astype(object).where(values.notna(), None).tolist()


def _words(allowed: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in allowed.split("|") if ":" in part)
    return {code: words.split(";")[0] for code, _, words in pairs}


def _untidy(value, column: dict, way: int) -> object:
    if value is None:
        return "—"
    if column["type"] == "boolean":
        return "√" if value == "是" else "×"
    if column["type"] in ("date", "month"):
        return _said_date(value)
    if column["type"] == "share":
        return f"{Decimal(str(value)) * 100:f}%"
    if column["type"] in ("integer", "number") and value >= 0:
        return _untidy_number(value, column["unit"], way)
    return value


def _said_date(value: str) -> str:
    parts = [str(int(part)) for part in value.split("-")]
    return "".join(part + mark for part, mark in zip(parts, "年月日", strict=False))


def _untidy_number(value, unit: str, way: int) -> object:
    if unit == "year":
        return f"{value}年"
    if unit == "yuan" and way == 0 and value >= 10_000 and value % 100 == 0:
        return f"{(Decimal(int(value)) / 10_000).normalize():f}万"
    if unit == "yuan" and way == 1:
        return f"{value}元"
    if way == 2 and isinstance(value, int):
        return f"{value:,}"
    return str(value).translate(FULL_WIDTH) if isinstance(value, int) else value
