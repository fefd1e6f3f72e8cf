"""Questions to a store: every measure, from its totals, by DuckDB, or one area at a time.

No question holds more rows in memory than those of one area, but for the few measures that need
every income of the groups asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import accumulate

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis import aggregates, microdata
from analysis.deprivation import check_specification
from analysis.deprivation.measures import (
    indicator_terms,
    indicators_of_sums,
    poverty_of_sums,
    poverty_terms,
)
from analysis.exits import filled_villages
from analysis.register.states import ABSENT, with_shares
from analysis.register.store.layout import ROWS, TOTALS, UNKNOWN, Store
from analysis.register.store.totals import GAINS, TRANSFER, gains_by_amount, sums_below

INCOME, WEIGHT = "income_per_person_yuan", "size"
DECILES = 10
# The C library gives every freed array of a county back to the system, and the next one comes page
# by page, a third of the work; once it has freed an array of this size it keeps them.
KEPT_BYTES = 30 * 2**20
# Rows of totals held at once.
BATCH = 2**18


def profile(store: Store, measures, *, income=INCOME, weight=WEIGHT, line=None, by=()):
    """
    Measure every group of a stored register.

    Parameters
    ----------
    store : Store
    measures, income, weight, line, by
        As for `analysis.microdata.profile`; the keys of a table of lines and the groups are the
        texts of the register.

    Returns
    -------
    DataFrame
        As `analysis.microdata.profile` gives it.

    Examples
    --------
    >>> import tempfile
    >>> from analysis import poverty
    >>> from analysis.register.store import write_register
    >>> panel = pd.DataFrame({"household": ["a", "b"], "year": 2017, "village": "v", "size": [4, 1],
    ...     "status": "poor", "income_per_person_yuan": [2000.0, 4000.0]})
    >>> with tempfile.TemporaryDirectory() as place:
    ...     store = write_register(panel, f"{place}/store")
    ...     found = profile(store, [poverty.headcount_ratio], line=2952, by="village")
    >>> found[["village", "headcount_ratio"]].values.tolist()
    [['v', 0.8]]
    """
    measures, by = microdata.named(measures), microdata.names(by)
    ask = {"income": income, "weight": weight, "line": encoded(store, line), "by": by}
    if all(aggregates.is_sum(measure) for measure in measures.values()):
        found = _added(store, measures, ask)
    elif {store.area, "year"} == set(by) and income == INCOME and weight in (WEIGHT, None):
        found = _by_cell(store, measures, ask)
    else:
        found = _in_parts(store, measures, ask)
    return store.decode(found).sort_values(by, ignore_index=True) if by else found


def _added(store: Store, measures: dict, ask: dict) -> pd.DataFrame:
    """Sums over persons: from totals as far as they go, the rest from rows that may be poor."""
    line, by, names = ask["line"], ask["by"], aggregates.wanted(measures)
    if not _is_whole(store, ask):
        return _profiled(store, measures, ask)
    own = _at_own_lines(store, line)
    known = (*aggregates.COUNTS, *names)
    counted = [n for n in dict.fromkeys(known) if own or n not in aggregates.AT_LINE]
    with store.connection() as connection:
        table = store.summed("poverty" if own else "incomes", counted, by, connection)
        if not own and line is not None:
            below = sums_below(store, names, line, by, connection)
            table = aggregates.with_line(table, below, by)
    return aggregates.of_sums(table, measures, by)


def _is_whole(store: Store, ask: dict) -> bool:
    """Whether totals of persons were kept by these groups, and can be completed at this line."""
    kept = INCOME in store.columns and (ask["income"], ask["weight"]) == (INCOME, WEIGHT)
    kept = kept and set(ask["by"]) <= {store.area, "village", "year"}
    line = ask["line"]
    if isinstance(line, pd.DataFrame):
        return kept and _every_cell_has_a_line(store, line)
    return kept and (line is None or (isinstance(line, (int, float)) and 0 < line < np.inf))


def _every_cell_has_a_line(store: Store, line: pd.DataFrame) -> bool:
    keys = [name for name in line if name != microdata.LINE]
    if not 0 < len(line) <= aggregates.MOST_LINES or not set(keys) <= {store.area, "year"}:
        return False
    cells = _cells(store).merge(line, on=keys, how="left") if keys else pd.DataFrame()
    lines = cells.get(microdata.LINE, pd.Series(np.nan))
    return not line.duplicated(keys).any() and bool(lines.between(0, np.inf, "neither").all())


def _cells(store: Store) -> pd.DataFrame:
    return store.totals("cells").rename(columns={"area": store.area})


def _at_own_lines(store: Store, line) -> bool:
    """Whether the lines asked for are those the totals were made at, for every year."""
    own = {int(year): value for year, value in store.manifest["lines"].items()}
    first, last = store.manifest["years"]
    if not isinstance(line, pd.DataFrame) or set(line) != {"year", "line"}:
        return False
    asked = dict(zip(line["year"], line["line"], strict=True))
    return all(year in own and asked.get(year) == own[year] for year in range(first, last + 1))


def encoded(store: Store, line):
    """
    Give a table of lines the codes of the store for the texts in its keys.

    Parameters
    ----------
    store : Store
    line : DataFrame or anything else
        Anything else is given back.

    Returns
    -------
    DataFrame or anything else

    Examples
    --------
    >>> encoded(None, 2952)
    2952
    """
    if not isinstance(line, pd.DataFrame):
        return line
    coded = [n for n in line if n in store.columns and store.columns[n]["kind"] == "code"]
    numbers = {name: _numbers(store, name, line[name]) for name in coded}
    return line.assign(**numbers)


def _numbers(store: Store, name: str, texts: pd.Series) -> pd.Series:
    codes = store.codes(name)
    return texts.map(pd.Series(codes.index, index=codes.to_numpy()))


def _needed(ask: dict) -> list[str]:
    line = ask["line"]
    keys = [n for n in line if n != "line"] if isinstance(line, pd.DataFrame) else []
    within = getattr(line, "within", ())
    named = [line] if isinstance(line, str) else []
    wanted = [ask["income"], *microdata.names(ask["weight"]), *ask["by"], *keys, *within, *named]
    return list(dict.fromkeys(wanted))


def _profiled(store: Store, measures: dict, ask: dict, where: str = "true") -> pd.DataFrame:
    with store.connection() as connection:
        rows = store.relation(_needed(ask), connection=connection).filter(where)
        return microdata.profile(rows, measures, **ask)


def _in_parts(store: Store, measures: dict, ask: dict) -> pd.DataFrame:
    """The rows of one area or one year at a time, where no group has more."""
    cut = next((name for name in (store.area, "year") if name in ask["by"]), None)
    if cut is None or _crosses(ask["line"], cut):
        return _profiled(store, measures, ask)
    values = sorted(store.totals("cells")["area" if cut == store.area else "year"].unique())
    tables = [_profiled(store, measures, ask, f'"{cut}" = {value}') for value in values]
    return pd.concat(tables, ignore_index=True)


def _crosses(line, cut: str) -> bool:
    return isinstance(line, microdata.RelativeLine) and cut not in line.within


def _by_cell(store: Store, measures: dict, ask: dict) -> pd.DataFrame:
    """The rows of an area and year lie together, from the poorest up."""
    if not isinstance(ask["line"], (int, float, pd.DataFrame, type(None))):
        return _in_parts(store, measures, ask)
    areas = _cells_by_area(store, ask["line"])
    columns = [INCOME, *microdata.names(ask["weight"])]
    np.empty(KEPT_BYTES, np.uint8)
    tables = _read_ahead(partial(_rows_of, store, columns), list(areas))
    rows = [
        row
        for own, table in zip(areas.values(), tables, strict=True)
        for row in _cells_of(store, measures, ask, cells=own, table=table)
    ]
    return pd.DataFrame(rows)[[*ask["by"], *(n for n in rows[0] if n not in ask["by"])]]


def _rows_of(store: Store, columns: list[str], area: int):
    file = pq.ParquetFile(store.folder / ROWS / f"{area:06d}.parquet")
    return file.read(columns=columns, use_threads=False)


def _read_ahead(read: Callable, areas: Sequence):
    """Read the next area while one is measured; two threads that both measure wait on Python."""
    with ThreadPoolExecutor(1) as reader:
        coming = [reader.submit(read, area) for area in areas[:1]]
        for area in areas[1:]:
            coming.append(reader.submit(read, area))
            yield coming.pop(0).result()
        yield coming.pop().result()


def _cell_lines(cells: pd.DataFrame, line):
    if not isinstance(line, pd.DataFrame):
        return np.nan if line is None else float(line)
    rows = cells.assign(income=0.0, weight=1.0)
    return microdata.gather(rows, income="income", weight="weight", line=line)[0]["line"].to_numpy()


def _cells_by_area(store: Store, line) -> dict[int, list[dict]]:
    """Plain dictionaries: there are a thousand, and each is looked at on its own."""
    cells = _cells(store)
    listed: dict[int, list[dict]] = {}
    for cell in cells.assign(line=_cell_lines(cells, line)).to_dict("records"):
        listed.setdefault(cell[store.area], []).append(cell)
    return listed


def _cells_of(store: Store, measures: dict, ask: dict, *, cells, table) -> list[dict]:
    ends, rows = accumulate(cell["rows"] for cell in cells), []
    for cell, end in zip(cells, ends, strict=True):
        here = table.slice(end - cell["rows"], cell["rows"])
        arrays = _arrays(store, here, ask, cell["line"])
        keys = {name: cell[name] for name in ask["by"]}
        rows.append(keys | microdata.measured(arrays, measures))
    return rows


def _arrays(store: Store, rows, ask: dict, line: float) -> dict[str, np.ndarray]:
    """Incomes, weights and lines of one cell as measures take them."""
    income = rows[INCOME].to_numpy() / float(store.columns[INCOME].get("parts", 1))
    weight = rows[WEIGHT].to_numpy().astype(float) if ask["weight"] else np.ones(len(income))
    arrays = {"income": income, "weight": weight}
    return arrays if ask["line"] is None else arrays | {"line": np.broadcast_to(line, len(income))}


def alkire_foster(
    store: Store,
    *,
    poverty_cutoff: float,
    weights: pd.Series | None = None,
    weight: str | None = WEIGHT,
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """
    Measure multidimensional poverty from the totals of a store.

    Parameters
    ----------
    store : Store
        Written with a specification.
    poverty_cutoff : float
        As for `analysis.deprivation.alkire_foster`.
    weights : Series, optional
        Other weights by indicator, ratios that sum to 1; an indicator without one is left out.
    weight : str or None
        ``size`` counts persons, None households.
    by : sequence of str
        Among the area of the store, ``village``, ``year``.

    Returns
    -------
    DataFrame
        As `analysis.deprivation.alkire_foster` gives it.

    Raises
    ------
    ValueError
        The store has no deprivations, or none by these groups.
    """
    terms = partial(poverty_terms, poverty_cutoff=poverty_cutoff)
    sums = _of_patterns(store, terms, _specification(store, weights), weight, microdata.names(by))
    return store.decode(poverty_of_sums(sums))


def indicator_profile(
    store: Store,
    *,
    poverty_cutoff: float,
    weights: pd.Series | None = None,
    weight: str | None = WEIGHT,
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """
    Measure deprivation in every indicator from the totals of a store.

    Parameters
    ----------
    store, poverty_cutoff, weights, weight, by
        As for `alkire_foster`.

    Returns
    -------
    DataFrame
        As `analysis.deprivation.indicator_profile` gives it.

    Raises
    ------
    ValueError
        The store has no deprivations, or none by these groups.
    """
    specification, by = _specification(store, weights), microdata.names(by)
    terms = partial(indicator_terms, poverty_cutoff=poverty_cutoff)
    sums = _of_patterns(store, terms, specification, weight, by)
    return store.decode(indicators_of_sums(sums, specification, by))


def _of_patterns(store: Store, terms: Callable, specification, weight, by) -> pd.DataFrame:
    """Sums by group of what each pattern of deprivations adds, times those who have it."""
    path = store.folder / TOTALS / "deprivations.parquet"
    _check_groups(store, by)
    codes = pq.read_table(path, columns=["deprivations"]).column(0).unique().to_numpy()
    patterns = terms(_flags(store, codes), specification).to_pandas()
    patterns = patterns.set_axis(codes).drop(columns="bad_weight")
    counted = pq.ParquetFile(path).iter_batches(
        BATCH, columns=list(dict.fromkeys([*by, "deprivations", "rows", "persons"]))
    )
    sums = pd.concat([_runs(batch, patterns, weight, by) for batch in counted])
    return (sums.groupby(by).sum() if by else sums.agg(["sum"])).reset_index(drop=not by)


def _check_groups(store: Store, by: list[str]) -> None:
    kept = list(dict.fromkeys([store.area, "village", "year"]))
    if not set(by) <= {*kept}:
        raise ValueError(
            f"the store keeps deprivations by {', '.join(kept)}, not by {', '.join(by)}; ask "
            "analysis.deprivation of store.relation()"
        )


def _runs(batch, patterns: pd.DataFrame, weight, by: list[str]) -> pd.DataFrame:
    """Sums over rows that lie together; a group may come again, in this batch or another."""
    column = {name: batch.column(name).to_numpy() for name in batch.schema.names}
    new = np.zeros(batch.num_rows, bool)
    new[0] = True
    for name in by:
        new[1:] |= np.diff(column[name]) != 0
    starts = np.flatnonzero(new)
    place = patterns.index.get_indexer(column["deprivations"])
    found = {name: column[name][starts] for name in by}
    for name, term in patterns.items():
        times = column["persons" if weight and not name.startswith("rows") else "rows"]
        found[name] = np.add.reduceat(times * term.to_numpy()[place], starts)
    return pd.DataFrame(found)


def _specification(store: Store, weights) -> pd.DataFrame:
    if not store.manifest["indicators"]:
        raise ValueError(
            "the store was written without a specification of deprivations; write it again with "
            "one, or ask analysis.deprivation of store.relation()"
        )
    written = pd.DataFrame(store.manifest["specification"])
    # What is kept is deprived or not: the cutoffs were applied when the store was written.
    specification = written.assign(cutoff="0", direction="above")
    if weights is not None:
        specification = specification[specification["indicator"].isin(weights.index)]
        specification = specification.assign(weight=specification["indicator"].map(weights))
    return check_specification(specification)


def _flags(store: Store, codes: np.ndarray) -> pa.Table:
    """Unpack patterns of deprivations: 1, 0, or missing."""
    found = {}
    for place, name in enumerate(store.manifest["indicators"]):
        flag = codes >> 2 * place & 3
        found[name] = pa.array(flag.astype(float), mask=flag == UNKNOWN)
    return pa.table(found)


def transitions(store: Store, *, area: str | None = None) -> pd.DataFrame:
    """
    Count the households that pass from each state to each other, from the totals of a store.

    Parameters
    ----------
    store : Store
    area : str or None
        The area of the store, ``village``, or None for all.

    Returns
    -------
    DataFrame
        As `analysis.register.transitions` gives it, ready for `analysis.register.hazards`.
    """
    moves = store.totals("moves")
    states = store.codes("status")
    ends = {f"{end}_state": moves[f"{end}_state"].map(states) for end in ("from", "to")}
    moves = moves.assign(**{name: column.fillna(ABSENT) for name, column in ends.items()})
    keys = ["year", *microdata.names(area), "from_state", "to_state"]
    sums = moves.groupby(keys, as_index=False)[["households", "persons_from", "persons_to"]].sum()
    found = store.decode(sums)
    return with_shares(found.sort_values(keys, ignore_index=True), keys[:-1])


def gains_by_decile(store: Store, of: str = TRANSFER) -> pd.DataFrame:
    """
    Average the gain in income since the year before over tenths of persons, by money received.

    Parameters
    ----------
    store : Store
    of : str
        Column of whole yuan a household: the tenths are made by it. Households with the same
        amount stay in one tenth, that of their middle person.

    Returns
    -------
    DataFrame
        ``year, decile`` (1 to 10), ``lowest, highest`` (yuan a household), ``persons`` (of
        households with an income in both years), ``gain`` (yuan a person).

    Raises
    ------
    KeyError
        The store has no such column.
    """
    for name in (of, INCOME):
        store.value(name)
    kept = GAINS.format(of)
    at_hand = f"{TOTALS}/{kept}.parquet" in store.manifest["files"]
    return tenths(store.totals(kept) if at_hand else gains_by_amount(store, of))


def tenths(sums: pd.DataFrame) -> pd.DataFrame:
    """
    Put sums by amount together into tenths of persons.

    Parameters
    ----------
    sums : DataFrame
        ``year, amount, persons, gain`` (yuan times persons), sorted by year and amount.

    Returns
    -------
    DataFrame
        As `gains_by_decile` gives it.

    Examples
    --------
    >>> sums = pd.DataFrame({"year": 2017, "amount": range(20), "persons": 1, "gain": range(20)})
    >>> tenths(sums)["gain"].tolist()[:2]
    [0.5, 2.5]
    """
    persons = sums.groupby("year")["persons"]
    middle = (persons.cumsum() - sums["persons"] / 2) / persons.transform("sum")
    decile = np.minimum((middle * DECILES).astype(int), DECILES - 1) + 1
    found = sums.assign(decile=decile).groupby(["year", "decile"], as_index=False)
    found = found.agg(
        lowest=("amount", "min"),
        highest=("amount", "max"),
        persons=("persons", "sum"),
        gain=("gain", "sum"),
    )
    return found.assign(gain=found["gain"] / found["persons"])


def village_indicators(
    store: Store, villages: pd.DataFrame, measures: pd.DataFrame
) -> pd.DataFrame:
    """
    Fill what the village ledger lacks from the totals of a store.

    Parameters
    ----------
    store : Store
        Written with a pack and its measures.
    villages, measures : DataFrame
        As for `analysis.exits.village_indicators`.

    Returns
    -------
    DataFrame
        As `analysis.exits.village_indicators` gives it, ready for `analysis.exits.judge`.

    Raises
    ------
    ValueError
        The store was written without a pack, or has a village that the ledger lacks.
    """
    if not store.manifest["passes"]:
        raise ValueError("the store was written without a pack; write it again with one")
    keys = ["village", "year"]
    # Texts of a hundred thousand rows cost more than their numbers, and nobody asks for the area.
    unasked = {store.area} - {"village"}
    totals = store.decode(store.totals("villages").drop(columns=[*unasked], errors="ignore"))
    asked = measures[(measures["level"] == "village") & measures["from_households"].notna()]
    columns = asked.drop_duplicates("column").set_index("from_households")["column"]
    counts = dict.fromkeys(["poor_persons", "registered_persons", "school_dropouts"], float)
    kept = totals[[*keys, *counts]].astype(counts)
    for indicator, column in columns.items():
        if indicator in totals:
            kept[column] = totals[indicator].where(totals[f"{indicator}_unknown"].ne(True))
    return filled_villages(villages, kept)


def by_area(store: Store, function: Callable, columns: Sequence[str]) -> pd.DataFrame:
    """
    Ask any function of the rows, one area at a time.

    Parameters
    ----------
    store : Store
    function : callable
        Takes a DataFrame of one area's rows with the texts of the register, gives a DataFrame.
    columns : sequence of str
        Columns it needs.

    Returns
    -------
    DataFrame
        What it gave for each area, one below the other, the area in front where it is not there.

    Examples
    --------
    >>> import tempfile
    >>> from analysis import register
    >>> panel = pd.DataFrame({"household": ["a", "a"], "year": [2016, 2017], "village": "v",
    ...                       "size": 4, "status": ["poor", "exited"]})
    >>> with tempfile.TemporaryDirectory() as place:
    ...     store = register.write_register(panel, f"{place}/store")
    ...     by_area(store, register.flows, panel.columns)[["village", "exited"]].values.tolist()
    [['v', 4.0]]
    """
    tables = []
    with store.connection() as connection:
        for code, name in store.codes(store.area).items():
            query = store.query(list(columns), decoded=True, file=f"{code:06d}.parquet")
            table = function(connection.sql(query).df())
            tables.append(table if store.area in table else _in_front(table, store.area, name))
    return pd.concat(tables, ignore_index=True)


def _in_front(table: pd.DataFrame, area: str, name: str) -> pd.DataFrame:
    return pd.concat([pd.Series(name, table.index, name=area), table], axis=1)
