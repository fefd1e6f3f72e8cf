"""Headers found: which table a sheet holds, where its header stands, which column is which."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from analysis.tables.codebook import LEDGERS, columns_of
from analysis.tables.published import read
from analysis.tables.units import is_unit, read_unit, unit_of

SEARCHED = 20
FEWEST = 3
# No title is longer; a sheet of long texts is searched no longer than any other.
LONGEST = 200
YEAR = re.compile(r"(?<![0-9])(20[0-9]{2})\s*(?:年|\Z)")
DAY = r"20[0-9]{2}\s*年\s*[0-9]{1,2}\s*月\s*[0-9]{1,2}\s*日"
# When a sheet was filled in, printed or sent: after such a word, or a day in a cell of its own. The
# day as of which it holds, behind 截至 or within a title, is none.
WORKED_ON = (
    "填报|填表|填写|填制|制表|制作|编制|上报|报送|打印|导出|下载|审核|审批|审定|签字|录入|更新"
)
FILLED_IN = re.compile(
    rf"(?:{WORKED_ON})(?!单位)(?:(?:(?!截)[^0-9]){{0,30}}{DAY}"
    r"|\s*(?:时间|日期|日)[:\s]*20[0-9]{2}\s*年?(?:\s*[0-9]{1,2}\s*月)?)"
    rf"|{DAY}\s*(?:{WORKED_ON})|^[^\S\n]*(?:(?:时间|日期)[:\s]*)?{DAY}[^\S\n]*$",
    re.MULTILINE,
)
BRACKETS = re.compile(r"^(.*)[(\[【](?:单位:?)?([^()\[\]【】]*)[)\]】]$")
IN_BRACKETS = re.compile(r"[(\[【](?:单位:?)?([^()\[\]【】]*)[)\]】]")
# Above a table; 单位 is also an office's word for an office, so that what follows must be units.
# In English a unit is of several words, and a number in it has commas.
SAID_UNIT = re.compile(
    r"(?:(?:单 ?位|币 ?种) ?[:为]?|\b(?:units?|currency) ?:) ?"
    r"((?:(?:[0-9][0-9,.]*|ten|hundred|thousand|million|billion) ){0,3}[^ :()\[\]【】]{1,30})"
)
BETWEEN = re.compile("[、,;和及.。]")
KINDS_OF_TITLES = ("name", "id_number", "phone", "bank_card", "address")
MEASURES = ("number", "integer", "share")


class Header(NamedTuple):
    """A header: its table, rows it stands in, and what each column of the sheet is.

    ``columns`` maps the position in the sheet to the column of the dictionary, ``titles`` to the
    title as written, ``scales`` what its numbers are multiplied by; ``notes`` are (position, rule,
    value, expected).
    """

    table: str
    first: int
    span: int
    columns: dict[int, str]
    titles: dict[int, str]
    scales: dict[int, str]
    notes: tuple[tuple[int, str, str, str], ...]


class AmbiguousHeaderError(ValueError):
    """A header that fits several tables equally well; ``tables`` are their names."""

    def __init__(self, tables: list[str]) -> None:
        self.tables = tables
        super().__init__(f"the header fits several tables: {', '.join(tables)}")


def normal_title(title: object) -> str:
    """Write a title the one way in which titles are compared.

    Parameters
    ----------
    title : object
        The cell.

    Returns
    -------
    str
        Without spaces, line breaks and stars, half-width, lower case.

    Examples
    --------
    >>> normal_title("家庭 人口数（人）*")
    '家庭人口数(人)'
    """
    folded = unicodedata.normalize("NFKC", str(title)[:LONGEST]).lower()
    return re.sub(r"[\s*·_]+", "", folded)


def bare_title(title: object) -> str:
    """Write a title without what stands in brackets behind it, and without a colon.

    Parameters
    ----------
    title : object
        The cell.

    Returns
    -------
    str
        As `normal_title`, without a unit, a remark or "(必填)".

    Examples
    --------
    >>> bare_title("户主姓名（必填）："), bare_title("计划资金（万元）")
    ('户主姓名', '计划资金')
    """
    bare = normal_title(title).rstrip(":")
    while (found := BRACKETS.match(bare)) and found[1]:
        bare = found[1].rstrip(":")
    return bare


def is_of_names(title: object) -> bool:
    """Tell whether a column of this title holds names of persons.

    Parameters
    ----------
    title : object
        The cell.

    Returns
    -------
    bool
        It is one of the titles of ``data/identifiers.csv``, or has a word of names in it or one of
        persons at its end, and no word of what else is kept of a person.

    Examples
    --------
    >>> is_of_names("残疾人姓名(必填)"), is_of_names("户主签名"), is_of_names("与户主关系")
    (True, True, False)
    """
    bare = bare_title(title)
    named = is_of_names_alone(title) or bare.endswith(tuple(_listed("name_ending")))
    return named and (bare in _listed("name") or not _has(bare, "no_name_within"))


def is_of_names_alone(title: object) -> bool:
    """Tell whether the title says that names are asked for, so that no cell is an office's.

    Parameters
    ----------
    title : object
        The cell.

    Returns
    -------
    bool
        It is a title of ``data/identifiers.csv``, or has a word of names in it.

    Examples
    --------
    >>> is_of_names_alone("帮扶责任人姓名"), is_of_names_alone("帮扶责任人")
    (True, False)
    """
    bare = bare_title(title)
    return bare in _listed("name") or _has(bare, "name_within")


def _has(bare: str, kind: str) -> bool:
    return any(word in bare for word in _listed(kind))


@cache
def titles_of(table: str) -> dict[str, tuple[str, int]]:
    """Give every title under which a column of a table is known.

    Parameters
    ----------
    table : str
        Table of the dictionary.

    Returns
    -------
    dict
        Title to column and rank; a column's own titles rank before its aliases, in their order.

    Examples
    --------
    >>> titles_of("households")[normal_title("户编码")]
    ('household', 3)
    """
    known: dict[str, tuple[str, int]] = {}
    for row in columns_of(table).to_dict("records"):
        aliases = row["aliases"].split("|") if row["aliases"] else []
        for rank, title in enumerate([row["zh"], row["column"], row["en"], *aliases]):
            known.setdefault(normal_title(title), (row["column"], rank))
    return known


def find_header(rows: list[list]) -> Header | None:
    """Find the header of a sheet among its first rows, one row high or two.

    Parameters
    ----------
    rows : list of list
        The cells of the sheet.

    Returns
    -------
    Header or None
        None if no row is like the header of a ledger.

    Raises
    ------
    AmbiguousHeaderError
        The header fits two tables equally well.

    Examples
    --------
    >>> header = find_header([["某县任务进度表"], ["任务编号", "月份", "累计完成"]])
    >>> header.table, header.first, header.columns
    ('task_progress', 1, {0: 'task', 1: 'month', 2: 'done'})
    """
    best, score = [], (0, 0.0)
    for span in (1, 2):
        for first in range(min(SEARCHED, len(rows) - span + 1)):
            titles = _titles(rows[first : first + span])
            for table in LEDGERS:
                found = _matches(titles, table)
                fit = (len(set(found.values())), len(found) / len(titles_of(table)))
                if fit > score and _enough(table, found):
                    best, score = [(table, first, span, titles)], fit
                elif fit == score and best and best[0][1:3] == (first, span):
                    best.append((table, first, span, titles))
    if len(best) > 1:
        raise AmbiguousHeaderError([table for table, *_ in best])
    return _header(*best[0], rows) if best else None


def _enough(table: str, found: dict[int, tuple[str, int]]) -> bool:
    """Three columns make a ledger, or all those without which it says nothing."""
    columns, named = columns_of(table), {column for column, _ in found.values()}
    required = set(columns.loc[columns["required"] == "yes", "column"])
    return len(named) >= FEWEST or required <= named


def _titles(rows: list[list]) -> dict[int, tuple[str, ...]]:
    """Title of each column, most exact first: group and title, title, or group that runs down."""
    if len(rows) == 1:
        return {at: (str(cell),) for at, cell in enumerate(rows[0]) if str(cell).strip()}
    groups, group, found = rows[0], "", {}
    for at, cell in enumerate(rows[1]):
        above = str(groups[at]).strip() if at < len(groups) else ""
        group, title = above or group, str(cell).strip()
        if title:
            found[at] = (group + title, title) if group else (title,)
        elif above:
            found[at] = (above,)
    return found


def _matches(titles: dict[int, tuple[str, ...]], table: str) -> dict[int, tuple[str, int]]:
    known = titles_of(table)
    found = ((at, _known(candidates, known)) for at, candidates in titles.items())
    return {at: match for at, match in found if match}


def _known(candidates: tuple[str, ...], known: dict) -> tuple[str, int] | None:
    for candidate in candidates:
        title, bare = normal_title(candidate), bare_title(candidate)
        if title in known or bare in known:
            return known.get(title) or known[bare]
    return None


def _header(
    table: str, first: int, span: int, titles: dict[int, tuple[str, ...]], rows: list[list]
) -> Header:
    matches = _matches(titles, table)
    shown = {at: " ".join(candidates[-1].split()) for at, candidates in titles.items()}
    notes = [(at, _unread(title), title, "") for at, title in shown.items() if at not in matches]
    columns = _chosen(matches, notes, shown)
    over = rows[: first + span - 1][::-1]
    scales = _scales(table, columns, shown, over, notes)
    columns = {at: column for at, column in columns.items() if at in scales}
    return Header(table, first, span, columns, shown, scales, tuple(notes))


def _unread(title: str) -> str:
    listed = {normal_title(title), bare_title(title)} & personal_titles()
    return "personal_column" if listed or is_of_names(title) else "unread_column"


@cache
def personal_titles() -> frozenset[str]:
    """Give the titles under which offices keep names, numbers and addresses of persons.

    Returns
    -------
    frozenset of str
        Titles of ``data/identifiers.csv``, written the one way.

    Examples
    --------
    >>> "身份证号码" in personal_titles(), "人均纯收入" in personal_titles()
    (True, False)
    """
    return frozenset().union(*map(_listed, KINDS_OF_TITLES))


@cache
def _listed(kind: str) -> frozenset[str]:
    rows = read("identifiers").set_index("kind")["titles"]
    return frozenset(normal_title(title) for title in rows[kind].split("|"))


def _chosen(matches: dict, notes: list, shown: dict) -> dict[int, str]:
    chosen = {}
    for column in dict.fromkeys(column for column, _ in matches.values()):
        ranks = {at: rank for at, (name, rank) in matches.items() if name == column}
        best = [at for at, rank in ranks.items() if rank == min(ranks.values())]
        rule = "column_twice" if len(best) == 1 else "ambiguous_column"
        left = [at for at in ranks if at not in best or len(best) > 1]
        notes.extend((at, rule, shown[at], column) for at in left)
        chosen |= {best[0]: column} if len(best) == 1 else {}
    return dict(sorted(chosen.items()))


def _scales(table: str, columns: dict, shown: dict, over: list[list], notes: list) -> dict:
    """Factor of each column whose unit can be read; only figures have one."""
    specs, scales = columns_of(table).set_index("column"), dict.fromkeys(columns, "1")
    for at, column in columns.items():
        if specs.loc[column, "type"] in MEASURES:
            named = [word for word in _in_brackets(shown[at]) if is_unit(word)]
            above = [_units_over(row, at) for row in over]
            scales[at], told = read_unit(named, above, specs.loc[column, "unit"])
            notes.extend((at, *one) for one in told)
    return {at: scale for at, scale in scales.items() if scale}


def _in_brackets(title: object) -> list[str]:
    return IN_BRACKETS.findall(normal_title(title))


def _units_over(row: list, at: int) -> list[str]:
    """Units that a row above the titles names for a column: for the sheet, or in its group."""
    told = [word for cells in SAID_UNIT.findall(_folded(row)) for word in _listed_units(cells)]
    told += [word for word in _in_brackets(_group(row, at)) if unit_of(word)]
    return list(dict.fromkeys(told))


def _folded(row: list) -> str:
    text = unicodedata.normalize("NFKC", " ".join(str(cell)[:LONGEST] for cell in row))
    return " ".join(text.lower().split())


def _listed_units(text: str) -> list[str]:
    """A comma or a stroke stands between two units, or within one."""
    whole = text.replace(" ", "")
    parts = [whole] if unit_of(whole) else BETWEEN.split(text)
    words = [word for part in parts for word in ([part] if unit_of(part) else part.split("/"))]
    return [word for word in words if unit_of(word)]


def _group(row: list, at: int) -> str:
    """A title stands over the columns to its right up to the next; a mere bracket over them all."""
    filled = [(place, str(cell)) for place, cell in enumerate(row) if str(cell).strip()]
    if len(filled) == 1 and IN_BRACKETS.fullmatch(normal_title(filled[0][1])):
        return filled[0][1]
    return next((text for place, text in reversed(filled) if place <= at), "")


def year_of(*texts: str) -> tuple[str | None, list[str]]:
    """Find the one year that titles, sheet name and file name speak of.

    Parameters
    ----------
    *texts : str
        The texts, the nearest to the table first; a row has a line for each cell.

    Returns
    -------
    (str or None, list of str)
        The year of the first text that names any; None if it names two, or none does. When a sheet
        was filled in is no year of it. And the years of the texts that speak of others.

    Examples
    --------
    >>> year_of("填报时间：2018年1月5日", "某县2017年贫困户信息表", "Sheet1")
    ('2017', [])
    >>> year_of("2016年至2017年", "2018"), year_of("2017年度", "2018年")
    ((None, []), ('2017', ['2018']))
    """
    named = [found for text in texts if (found := _years(text))]
    if not named or len(named[0]) > 1:
        return None, []
    [year] = named[0]
    return year, sorted(set().union(*(other for other in named if year not in other)))


def _years(text: str) -> set[str]:
    return set(YEAR.findall(FILLED_IN.sub("", unicodedata.normalize("NFKC", text))))
