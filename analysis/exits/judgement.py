"""Hold a ledger against a standard: pass, fail or unknown, and how far from each threshold."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import narwhals as nw
import numpy as np
import pandas as pd

from analysis import microdata

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"
VERDICTS = (PASS, FAIL, UNKNOWN)
# Of two verdicts on one unit the first decides.
_RANKED = (FAIL, UNKNOWN, PASS)
# Two ratios of whole numbers that differ at all differ by more than this.
SLACK = 1e-12
JUDGED = [
    *("number", "indicator", "column", "value", "operator", "threshold"),
    *("unit", "distance", "shortfall", "verdict", "missing"),
]
_SHOWN = ["number", "indicator", "column", "operator", "unit"]
_SIGNS = {">": 1.0, ">=": 1.0, "<": -1.0, "<=": -1.0}
_STRICT = (">", "<")
# Numbers of parts, verdicts and columns; small, since there is one for every unit and indicator.
CODE = np.int16


def judge(
    ledger, standard: pd.DataFrame, measures: pd.DataFrame, level: str, keys: Sequence[str]
) -> pd.DataFrame:
    """Judge every unit of a ledger by every indicator that a standard sets for its level.

    An indicator of several parts passes when all pass, fails when one fails, and is unknown
    otherwise; the row shows the part that decides.

    Parameters
    ----------
    ledger : any dataframe Narwhals reads
        One row a unit, such as a household in a year.
    standard : DataFrame
        One pack: ``level, number, indicator, operator, threshold, unit``.
    measures : DataFrame
        Which columns measure which indicator: the table ``measures``.
    level : str
        Level of the standard: household, village, township, county or audit.
    keys : sequence of str
        Columns that name a unit.

    Returns
    -------
    DataFrame
        The keys, then ``number, indicator, column, value, operator, threshold, unit, distance,
        shortfall, verdict, missing``; units in their order, indicators in that of the pack.
        ``distance`` is in ``unit``, below zero where the threshold is not reached; ``shortfall`` is
        the same as a share of the threshold, never below zero; ``missing`` names what is missing.

    Raises
    ------
    ValueError
        The pack has no indicator of this level, an indicator has no measure, a unit stands
        twice, or a key has the name of a column of the result.
    TypeError
        A column that must be a number or yes and no is text.

    References
    ----------
    The packs and their sources: data/standards.

    Examples
    --------
    >>> pack = pd.DataFrame({"level": ["village"], "number": [1], "indicator": ["road"],
    ...                      "operator": ["="], "threshold": [1.0], "unit": ["share"]})
    >>> from analysis import tables
    >>> villages = pd.DataFrame({"village": ["a", "b", "c"],
    ...                          "hardened_road_share": [1.0, 0.75, None]})
    >>> measures = tables.read("measures", place="standards")
    >>> judge(villages, pack, measures, "village", ["village"])["verdict"].tolist()
    ['pass', 'fail', 'unknown']
    """
    if taken := set(keys) & set(JUDGED):
        raise ValueError(f"the key '{taken.pop()}' is also a column of the judgement; rename it")
    parts = required_parts(standard, measures, level)
    table = _fetched(ledger, parts, list(keys))
    judged = _judged_parts(table, parts)
    decisive = [_decisive([judged[at] for at in own]) for own in _parts_of_indicators(parts)]
    return _side_by_side(table[list(keys)], parts, decisive)


def required_parts(standard: pd.DataFrame, measures: pd.DataFrame, level: str) -> pd.DataFrame:
    """Match every indicator of a level with the columns that measure it.

    Parameters
    ----------
    standard, measures : DataFrame
        As for `judge`.
    level : str
        Level of the standard.

    Returns
    -------
    DataFrame
        One row a part: ``number, indicator, column, transform, against, operator, threshold,
        unit, threshold_column``, the last five as they apply to the part.

    Raises
    ------
    ValueError
        The pack has no indicator of this level, or an indicator has no measure.

    Examples
    --------
    >>> from analysis import tables
    >>> pack = tables.read("standards", pack="yunnan_2017")
    >>> measures = tables.read("measures", place="standards")
    >>> parts = required_parts(pack, measures, "household")
    >>> parts.loc[parts["indicator"] == "housing", "column"].tolist()
    ['house_grade', 'moved_in']
    """
    asked = standard[standard["level"] == level]
    if asked.empty:
        there = ", ".join(standard["level"].unique())
        named = "".join(f" '{name}'" for name in standard.get("pack", pd.Series()).unique())
        raise ValueError(
            f"the standard{named} has no indicator of the level '{level}'; it has: {there}"
        )
    match = ["level", "indicator", "unit"]
    own = ["part", "column", "transform", "against", "threshold_column", "part_unit"]
    parts = asked[[*match, "number", "operator", "threshold"]].merge(
        measures[[*match, *own, "operator", "threshold"]],
        on=match,
        how="left",
        suffixes=("", "_of_part"),
    )
    lost = parts.loc[parts["column"].isna(), "indicator"].tolist()
    if lost:
        raise ValueError(
            f"no column measures {', '.join(lost)} at the level '{level}' in the unit of the "
            "standard; add a row to data/standards/measures.csv"
        )
    for name, kind in (("operator", object), ("threshold", float)):
        parts[name] = parts[f"{name}_of_part"].astype(kind).fillna(parts[name].astype(kind))
    return parts.assign(unit=parts["part_unit"].fillna(parts["unit"])).sort_values(
        ["number", "part"], ignore_index=True
    )


def _fetched(ledger, parts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    there = sorted(_wanted(parts).intersection(nw.from_native(ledger).collect_schema().names()))
    table = microdata.fetch(ledger, (), [*keys, *there])
    twice = table[table.duplicated(keys)]
    if len(twice):
        named = ", ".join(f"{key} {twice[key].iloc[0]}" for key in keys)
        raise ValueError(f"the ledger has {named} more than once; a unit is judged once")
    return table


def _wanted(parts: pd.DataFrame) -> set[str]:
    against = parts.loc[parts["transform"] == "share_without", "against"]
    return {*parts["column"], *parts["threshold_column"].dropna(), *against}


def _lacked(parts: pd.DataFrame) -> list[str]:
    """What can be missing, in the order of its codes."""
    return [*sorted(_wanted(parts)), "threshold"]


def _judged_parts(table: pd.DataFrame, parts: pd.DataFrame) -> list[dict[str, np.ndarray]]:
    codes = {name: code for code, name in enumerate(_lacked(parts))}
    named = parts.assign(row=np.arange(len(parts))).to_dict("records")
    return [_judged_part(table, part, codes) for part in named]


def _judged_part(table: pd.DataFrame, part: dict, codes: dict[str, int]) -> dict[str, np.ndarray]:
    """What one part finds of every unit: numbers, and codes of its verdict and what is missing."""
    value, needed = _TRANSFORMS[part["transform"]](table, part)
    threshold = _threshold(table, part)
    distance = _distance(value, threshold, part["operator"])
    known = np.isfinite(distance)
    passes = distance > SLACK if part["operator"] in _STRICT else distance >= -SLACK
    scale = np.where(np.abs(threshold) > 0, np.abs(threshold), np.inf)
    relative = np.where(np.isinf(scale), 1.0, -distance / scale)
    return {
        "part": np.full(len(table), part["row"], CODE),
        "value": value.astype(float),
        "threshold": threshold,
        "distance": distance,
        "shortfall": np.where(known, np.where(passes, 0.0, np.maximum(relative, 0.0)), np.nan),
        "verdict": np.where(known, np.where(passes, CODE(2), CODE(0)), CODE(1)),
        "missing": _missing(table, [*needed, *_own_threshold(part)], known, codes),
    }


def _threshold(table: pd.DataFrame, part: dict) -> np.ndarray:
    if pd.notna(part["threshold"]) or pd.isna(part["threshold_column"]):
        return np.full(len(table), part["threshold"], dtype=float)
    return _numbers(table, part["threshold_column"])


def _distance(value: np.ndarray, threshold: np.ndarray, operator: str) -> np.ndarray:
    if operator == "=":
        return 0.0 - np.abs(value - threshold)
    return _SIGNS[operator] * (value - threshold)


def _own_threshold(part: dict) -> list[str]:
    """Where the threshold comes from, unless the standard prints it."""
    column = part["threshold_column"]
    return [] if pd.notna(part["threshold"]) else [column if pd.notna(column) else "threshold"]


def _missing(
    table: pd.DataFrame, needed: list[str], known: np.ndarray, codes: dict[str, int]
) -> np.ndarray:
    """Code of the first column that is missing where a verdict is unknown, else -1."""
    # A value that is there but is no measurement, such as a share of nobody.
    lacking = np.where(known, CODE(-1), CODE(codes[needed[-1]]))
    for column in reversed(needed) if not known.all() else ():
        absent = table[column].isna().to_numpy() if column in table else True
        lacking = np.where(~known & absent, CODE(codes[column]), lacking)
    return lacking


def _numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    if column not in table:
        return np.full(len(table), np.nan)
    values = table[column]
    if values.dtype == object:
        values = values.convert_dtypes()
    if isinstance(values.dtype, pd.StringDtype):
        raise TypeError(
            f"the column {column} holds text such as {values.dropna().iloc[0]!r}; read the ledger "
            "through analysis.tables, which gives numbers and truth values"
        )
    numbers = values.astype("Float64").to_numpy(float, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _as_is(table: pd.DataFrame, part: dict) -> tuple[np.ndarray, list[str]]:
    return _numbers(table, part["column"]), [part["column"]]


def _share_without(table: pd.DataFrame, part: dict) -> tuple[np.ndarray, list[str]]:
    without, whole = _numbers(table, part["column"]), _numbers(table, part["against"])
    whole = np.where(whole > 0, whole, np.nan)
    return (whole - without) / whole, [part["column"], part["against"]]


def _none_left(table: pd.DataFrame, part: dict) -> tuple[np.ndarray, list[str]]:
    left = _numbers(table, part["column"])
    return np.where(np.isnan(left), np.nan, left == 0), [part["column"]]


def _one_of(table: pd.DataFrame, part: dict) -> tuple[np.ndarray, list[str]]:
    if part["column"] not in table:
        return np.full(len(table), np.nan), [part["column"]]
    values = table[part["column"]]
    found = values.isin(part["against"].split("|")).to_numpy(float)
    return np.where(values.isna(), np.nan, found), [part["column"]]


_TRANSFORMS: dict[str, Callable[[pd.DataFrame, dict], tuple[np.ndarray, list[str]]]] = {
    "as_is": _as_is,
    "share_without": _share_without,
    "none_left": _none_left,
    "one_of": _one_of,
}


def _parts_of_indicators(parts: pd.DataFrame) -> list[np.ndarray]:
    """Give the rows of each indicator's parts, in the order of the pack."""
    return list(parts.groupby("number", dropna=False).indices.values())


def _decisive(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Keep, of an indicator's parts, the one that decides: failing, then unknown, then nearest."""
    found = parts[0]
    for other in parts[1:]:
        decides = _comes_first(other, found)
        found = {name: np.where(decides, other[name], found[name]) for name in found}
    return found


def _comes_first(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> np.ndarray:
    first = np.nan_to_num(one["distance"], nan=np.inf) < np.nan_to_num(
        other["distance"], nan=np.inf
    )
    for name, sign in (("shortfall", -1), ("verdict", 1)):
        own, others = (sign * np.nan_to_num(part[name]) for part in (one, other))
        first = (own < others) | ((own == others) & first)
    return first


def _side_by_side(
    units: pd.DataFrame, parts: pd.DataFrame, decisive: list[dict[str, np.ndarray]]
) -> pd.DataFrame:
    """One row a unit and indicator: units in their order, indicators in that of the pack."""
    found = {name: np.stack([own[name] for own in decisive], 1).ravel() for name in decisive[0]}
    shown, part = pd.DataFrame(parts[_SHOWN].to_dict("records")), found.pop("part")
    rows = np.repeat(np.arange(len(units)), len(decisive))
    taken = {name: (units[name].array, rows) for name in units}
    taken |= {name: (shown[name].array, part) for name in shown}
    taken["verdict"] = (pd.array(_RANKED, dtype="str"), found["verdict"])
    taken["missing"] = (pd.array(_lacked(parts), dtype="str"), found["missing"])
    with ThreadPoolExecutor(2) as both:
        columns = both.map(lambda pair: pair[0].take(pair[1], allow_fill=True), taken.values())
        found |= dict(zip(taken, columns, strict=True))
    return pd.DataFrame({name: found[name] for name in [*units, *JUDGED]})


def _ranked(judged: pd.DataFrame) -> pd.DataFrame:
    rank = judged["verdict"].map({name: rank for rank, name in enumerate(_RANKED)})
    return judged.assign(rank=rank, short=-judged["shortfall"].fillna(0.0))


def verdicts(judged: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Sum the indicators of each unit up to one verdict and the indicator that binds.

    Parameters
    ----------
    judged : DataFrame
        From `judge`.
    keys : sequence of str
        Columns that name a unit.

    Returns
    -------
    DataFrame
        The keys, ``passed, failed, unknown`` (indicators), ``verdict`` (fail where one fails, else
        unknown where one is unknown, else pass), and ``binding, distance, unit, missing``: the
        failing indicator with the largest shortfall in relation to its threshold; where none fails,
        the first that is unknown; missing where all pass. Ties go to the order of the pack.

    Examples
    --------
    >>> judged = pd.DataFrame({"village": ["a", "a"], "number": [1, 2],
    ...     "indicator": ["road", "venue"], "verdict": ["pass", "unknown"], "distance": [0.0, None],
    ...     "shortfall": [0.0, None], "unit": ["share", "yes"], "missing": [None, "venue"]})
    >>> verdicts(judged, ["village"])[["verdict", "binding", "missing"]].values.tolist()
    [['unknown', 'venue', 'venue']]
    """
    keys = list(keys)
    flags = judged[keys].assign(
        passed=judged["verdict"].eq(PASS),
        failed=judged["verdict"].eq(FAIL),
        unknown=judged["verdict"].eq(UNKNOWN),
    )
    counts = flags.groupby(keys, sort=False, dropna=False).sum().astype(int).reset_index()
    counts["verdict"] = np.select(
        [counts["failed"] > 0, counts["unknown"] > 0], [FAIL, UNKNOWN], PASS
    )
    worst = _ranked(judged).sort_values(["rank", "short", "number"], kind="stable")
    worst = worst[worst["verdict"] != PASS].drop_duplicates(keys)
    shown = worst[[*keys, "indicator", "distance", "unit", "missing"]]
    return counts.merge(shown.rename(columns={"indicator": "binding"}), on=keys, how="left")


def with_lines(ledger: pd.DataFrame, lines: pd.DataFrame, line: str) -> pd.DataFrame:
    """Give every row of a ledger the poverty line of its year.

    Parameters
    ----------
    ledger : DataFrame
        With ``year``.
    lines : DataFrame
        The table ``lines``: ``line, year, line_yuan``.
    line : str
        Which line: ``register_exit``, ``national_survey``, ``yunnan_exit``.

    Returns
    -------
    DataFrame
        The ledger with ``line_yuan``, yuan per person and year; missing in a year without a line.

    Raises
    ------
    ValueError
        There is no such line, or it stands twice for a year.

    Examples
    --------
    >>> lines = pd.DataFrame({"line": ["own"], "year": [2017], "line_yuan": [3335.0]})
    >>> with_lines(pd.DataFrame({"year": [2017, 2030]}), lines, "own")["line_yuan"].tolist()
    [3335.0, nan]
    """
    known = lines[lines["line"] == line].set_index("year")["line_yuan"]
    if known.empty:
        raise ValueError(f"there is no line '{line}'; there are {', '.join(set(lines['line']))}")
    if known.index.has_duplicates:
        raise ValueError(f"the line '{line}' stands twice for a year; choose one area first")
    return ledger.assign(line_yuan=ledger["year"].map(known).astype(float))
