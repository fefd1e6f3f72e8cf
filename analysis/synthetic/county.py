"""A small made-up county whose office keeps fewer ledgers than a city's, in its own way."""

import csv
import datetime
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import xlsxwriter

from analysis import tables
from analysis.marks import PREFIX, SUFFIX, marked
from analysis.synthetic import old_excel
from analysis.synthetic.city import city
from analysis.synthetic.settings import targets
from analysis.synthetic.workbooks import MARK, described, plain

PLACE, SEED = "demo_county", 20180120
FIRST = 2015
# What the county does not print is as large against the city's as its poor are.
SIZE = 0.065
# The county's codes are its own, so that no row of it is taken for one of the city.
COUNTY_PREFIX = f"{PREFIX}D"
# Its ledger of flows has no column for these: they stay in what is left over.
NOT_KEPT = {
    "households": ["natural_village", "water_distance_km"],
    "villages": ["natural_villages", "radio_tv_share", "venue"],
    "projects": ["ended_on"],
    "flows": ["moved_in", "moved_out"],
}
INCOMES = ["wage_yuan", "business_yuan", "business_cost_yuan", "property_yuan", "transfer_yuan"]
MADE = datetime.datetime(2018, 1, 20)  # the same tables give the same files


def county(*, seed: int = SEED, place: str = PLACE) -> dict[str, pd.DataFrame]:
    """
    Make the ledgers of a small county: three years, five townships, no members, helpers or tasks.

    Parameters
    ----------
    seed : int
        The same seed gives the same county.
    place : str
        Folder of the place, whose margins it meets and whose townships name its villages.

    Returns
    -------
    dict of DataFrame
        ``households, villages, projects, flows``, each marked synthetic. In ``flows`` moves are
        not kept, so that some of its villages do not close.

    Raises
    ------
    ValueError
        The townships of the place name another number of villages than its margins print.

    Examples
    --------
    >>> made = county()
    >>> sorted(made), int(made["households"]["year"].min())
    (['flows', 'households', 'projects', 'villages'], 2015)
    """
    counts = targets(place, others=targets(scale=SIZE))
    names = _village_names(place, counts["admin_villages"])
    made = city(seed=seed, counts=counts).tables
    return {name: marked(_reshaped(made[name], name, names)) for name in NOT_KEPT}


def write_county(folder: Path, *, seed: int = SEED, place: str = PLACE) -> list[Path]:
    """
    Write the county's ledgers as its office keeps them: CSV in GB18030, XLSX and XLS.

    Parameters
    ----------
    folder : Path
        Folder that is made when it is not there.
    seed : int
        As for `county`.
    place : str
        As for `county`.

    Returns
    -------
    list of Path
        Six files; the same seed gives the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(write_county(Path(folder)))
    6
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = county(seed=seed, place=place)
    households = made["households"]
    of_year = {year: rows.drop(columns="year") for year, rows in households.groupby("year")}
    written = [
        _write_csv(
            folder / f"{year}年建档立卡户{SUFFIX}.csv", "households", of_year[year], "gb18030"
        )
        for year in sorted(of_year)[:-1]
    ]
    last = households[households["year"].eq(households["year"].max())]
    return [
        *written,
        _write_grouped(folder / f"建档立卡户{SUFFIX}.xlsx", last),
        _write_old(folder / f"行政村{SUFFIX}.xls", "villages", made["villages"]),
        _write_csv(folder / f"扶贫项目{SUFFIX}.csv", "projects", made["projects"], "utf-8-sig"),
        _write_book(folder / f"动态调整{SUFFIX}.xlsx", "flows", made["flows"]),
    ]


def _village_names(place: str, number: int) -> pd.DataFrame:
    """Give village and township by the order of the villages."""
    towns = tables.read("townships", place=place)
    named = towns.assign(village_zh=towns["villages_zh"].str.split(";")).explode("village_zh")
    if len(named) != number:
        raise ValueError(f"data/{place}/townships.csv names {len(named)} villages, not {number}")
    words = {"village_zh": named["village_zh"] + "村", "township": named["township_zh"]}
    return (pd.DataFrame(words) + SUFFIX).reset_index(drop=True)


def _reshaped(frame: pd.DataFrame, name: str, names: pd.DataFrame) -> pd.DataFrame:
    rows = frame.drop(columns=NOT_KEPT[name])
    if "year" in rows:
        rows = rows[rows["year"] >= FIRST].reset_index(drop=True)
    at = rows["village"].str.removeprefix(PREFIX).astype("Int64") - 1
    if "township" in rows:
        # What serves no one village, such as solar panels, is put in the first township.
        rows["township"] = names["township"].reindex(at.fillna(0).astype(int)).to_numpy()
    if "village_zh" in rows:
        rows["village_zh"] = names["village_zh"].reindex(at.astype(int)).to_numpy()
    for code in {"household", "village", "project"} & set(rows):
        rows[code] = rows[code].str.replace(f"^{PREFIX}", COUNTY_PREFIX, regex=True)
    return rows


def _cells(name: str, frame: pd.DataFrame) -> tuple[list[str], list[list]]:
    """Give the titles this office uses, and the rows under them as it writes them."""
    columns = described(name, frame)
    titles = [column["aliases"].split("|")[-1] or column["zh"] for column in columns.values()]
    cells = [plain(frame[key], columns[key]) for key in frame.columns]
    rows = [["" if cell is None else cell for cell in row] for row in zip(*cells, strict=True)]
    return titles, rows


def _write_csv(path: Path, name: str, frame: pd.DataFrame, encoding: str) -> Path:
    titles, rows = _cells(name, frame)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([[f"{path.stem} {MARK}"], titles, *rows])
    return path


def _write_old(path: Path, name: str, frame: pd.DataFrame) -> Path:
    titles, rows = _cells(name, frame)
    old_excel.write_xls(path, "Sheet1", [[MARK], titles, *rows])
    return path


def _write_book(path: Path, name: str, frame: pd.DataFrame) -> Path:
    titles, rows = _cells(name, frame)
    return _write_sheet(path, [f"{path.stem} {MARK}"], [titles], rows)


def _write_grouped(path: Path, frame: pd.DataFrame) -> Path:
    """Write households with a header of two rows: incomes stand under one merged title."""
    titles, rows = _cells("households", frame)
    first, last = (list(frame.columns).index(INCOMES[end]) for end in (0, -1))
    upper = ["家庭收支（元）" if first <= at <= last else title for at, title in enumerate(titles)]
    lower = [title if first <= at <= last else "" for at, title in enumerate(titles)]
    merged = (first, last)
    return _write_sheet(path, [f"{path.stem} {MARK}"], [upper, lower], rows, merged=merged)


def _write_sheet(
    path: Path,
    above: Sequence[str],
    headers: Sequence[Sequence[str]],
    rows: Sequence[Sequence],
    *,
    merged: tuple[int, int] | None = None,
) -> Path:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        book.set_properties({"created": MADE})
        page = book.add_worksheet("台账")
        bold = book.add_format({"bold": True, "align": "center"})
        for at, cells in enumerate([above, *headers]):
            page.write_row(at, 0, cells, bold)
        if merged:
            _merge(page, headers, len(above), merged, bold)
        for at, cells in enumerate(rows, start=len(above) + len(headers)):
            page.write_row(at, 0, cells)
    return path


def _merge(page, headers, top: int, merged: tuple[int, int], bold) -> None:
    first, last = merged
    page.merge_range(top, first, top, last, headers[0][first], bold)
    for at, title in enumerate(headers[0]):
        if not first <= at <= last:
            page.merge_range(top, at, top + 1, at, title, bold)
