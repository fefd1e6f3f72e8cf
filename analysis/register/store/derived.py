"""What a store keeps beside the columns of a register: deprivations and verdicts, packed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.deprivation.scores import FLAG, scored
from analysis.deprivation.specification import check_specification
from analysis.exits import judge
from analysis.register.store.layout import UNKNOWN, refusal

LINE = "line_yuan"
DEPRIVATIONS, PASSES = "deprivations", "passes"
# Two bits an indicator; 31 bits hold fifteen.
BITS, MOST_INDICATORS = 4, 15


@dataclass(frozen=True)
class Derived:
    """
    How the columns are made that no office sends.

    Parameters
    ----------
    lines : dict
        Yuan by year.
    specification : DataFrame or None
        Checked; its indicators have a flag each.
    passes : list of str
        Indicators of households that villages are judged by.
    read : str
        View that holds the register and the flags.
    joins : str
        Tables of verdicts, in SQL, that `read` called ``s`` is joined with.

    Examples
    --------
    >>> Derived({}, None, ["housing"], "source", "").packed()
    {'passes': '(coalesce(p_housing.passes, 2)::INTEGER * 1)::INTEGER'}
    """

    lines: dict[int, float]
    specification: pd.DataFrame | None
    passes: list[str]
    read: str
    joins: str

    @property
    def flags(self) -> list[str]:
        """Indicators that have a flag."""
        return [] if self.specification is None else self.specification["indicator"].tolist()

    def packed(self) -> dict[str, str]:
        """Say in SQL what each packed column is."""
        flags = [f'coalesce("{FLAG.format(name)}", {UNKNOWN})' for name in self.flags]
        passes = [f"coalesce(p_{name}.passes, {UNKNOWN})" for name in self.passes]
        columns = {DEPRIVATIONS: flags, PASSES: passes}
        return {name: _packed(values) for name, values in columns.items() if values}


def _packed(values: list[str]) -> str:
    # A verdict is a byte, and DuckDB multiplies bytes as bytes: the fourth not known is too large.
    sums = " + ".join(f"{value}::INTEGER * {BITS**place}" for place, value in enumerate(values))
    return f"({sums})::INTEGER"


def derived(connection, columns, *, lines, specification, pack, measures) -> Derived:
    """
    Work out deprivations and verdicts of the view `source`, as views and tables beside it.

    Parameters
    ----------
    connection : DuckDBPyConnection
    columns : iterable of str
        Columns of the register.
    lines, specification, pack, measures
        As for `analysis.register.write_register`.

    Returns
    -------
    Derived

    Raises
    ------
    ValueError
        The lines name a year twice, or there are more indicators than the flags hold.
    """
    lines = pd.DataFrame(columns=["year", LINE]) if lines is None else lines[["year", LINE]]
    if lines["year"].duplicated().any():
        raise refusal("the table of lines names a year twice; keep one line a year")
    if specification is not None:
        specification = check_specification(specification)
        _flag(connection, lines, specification)
    passes, joins = _judged(connection, columns, pack, measures)
    years = {int(year): float(line) for year, line in lines.to_numpy()}
    read = "source" if specification is None else "flagged"
    return Derived(years, specification, passes, read, joins)


def _flag(connection, lines: pd.DataFrame, specification: pd.DataFrame) -> None:
    """Ask the deprivations of every household of the one function that knows them."""
    _check_count(specification["indicator"])
    connection.register("given_lines", lines.astype({"year": int, LINE: float}))
    connection.execute("CREATE TABLE lines AS SELECT * FROM given_lines")
    rows = connection.sql("SELECT s.*, line_yuan FROM source s LEFT JOIN lines USING (year)")
    scored(rows, specification).to_native().create_view("flagged")


def _judged(connection, columns, pack, measures) -> tuple[list[str], str]:
    """Judge every combination of values once: a register holds few."""
    if pack is None or measures is None:
        return [], ""
    asked = set(measures["from_households"].dropna())
    rules = pack[(pack["level"] == "household") & pack["indicator"].isin(asked)]
    names = rules["indicator"].tolist()
    _check_count(names)
    one = (_judge_one(connection, columns, rules[rules["indicator"] == n], measures) for n in names)
    return names, "".join(one)


def _judge_one(connection, columns, rule: pd.DataFrame, measures: pd.DataFrame) -> str:
    """Make the table of one indicator's verdicts; gives its join."""
    name = rule["indicator"].iloc[0]
    parts = measures[(measures["level"] == "household") & (measures["indicator"] == name)]
    wanted = {*parts["column"], *parts["against"].dropna(), *parts["threshold_column"].dropna()}
    keys = [column for column in columns if column in wanted]
    shown = ", ".join(f's."{key}"' for key in keys)
    table = connection.sql(f"SELECT DISTINCT {shown or '1 AS one'} FROM source s").df()
    table = table.assign(combination=range(len(table)))
    verdict = judge(table, rule, measures, "household", ["combination"])["verdict"]
    codes = verdict.map({"pass": 1, "fail": 0, "unknown": UNKNOWN}).astype("int8")
    connection.register("judged", table[keys].assign(passes=codes.to_numpy()))
    connection.execute(f"CREATE TABLE p_{name} AS SELECT * FROM judged")
    same = " AND ".join(f's."{key}" IS NOT DISTINCT FROM p_{name}."{key}"' for key in keys)
    return f" LEFT JOIN p_{name} ON {same or 'true'}"


def _check_count(names) -> None:
    if len(names) > MOST_INDICATORS:
        raise refusal(f"{len(names)} indicators; the flags hold {MOST_INDICATORS}")
