"""Questions to a stored register, as ratios to the bare scan of their columns and to plain pandas.

    python benchmarks/register_questions.py --rows 1e7
    python benchmarks/register_questions.py --rows 1e8 --folder FOLDER --only Q4 --keep

Makes a synthetic register and its store in a temporary folder (or in `--folder`, where they are
kept), then asks each question in turn with the scans, a few times, and takes the shortest; pandas
once. The bare scan reads the columns of the store's rows that the question is about and adds up
each; the raw scan reads those of the register as it came; the scan of totals, where a question is
answered from totals, reads the whole tables that it is answered from. Question, bare scan and
pandas run in a process of their own as well, for their peaks of memory. Ratios are of seconds of
processor, all cores together, and of seconds on the clock. Results are printed; with `--keep` they
are written into `results/` as well, where with `--only` the named question takes the place that it
had in those of this size and the others stay.
"""

import argparse
import json
import os
import shutil
import tempfile
import time
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import synthetic_register
from measuring import RESULTS, add_keep, alone, heading, keep_results, machine

from analysis import exits, inequality, poverty, tables, weighted
from analysis.deprivation.specification import COLUMNS
from analysis.register.store import questions, read_store, write_register

INCOME = "income_per_person_yuan"
LINES = pd.DataFrame(synthetic_register.LINES.items(), columns=["year", "line"])
GUARANTEES = [
    (INCOME, "income", "line_yuan", "below"),
    ("house_grade", "housing", "C;D", "in"),
    ("school_dropouts", "education", "0", "above"),
    ("uninsured_members", "medical", "0", "above"),
    ("members_without_pension", "pension", "0", "above"),
    ("safe_water", "water", "1", "below"),
]
SPECIFICATION = pd.DataFrame(
    [(i, d, 1 / 6, cutoff, direction, "drop") for i, d, cutoff, direction in GUARANTEES],
    columns=COLUMNS,
)
FGT = [poverty.headcount_ratio, poverty.poverty_gap_index, poverty.poverty_severity]
SHAPE = {"gini": inequality.gini} | {
    f"p{share}": partial(weighted.quantile, share=share / 100) for share in (10, 50, 90)
}
BY = ["county", "year"]
# Ten times as many rows as this do not fit into the memory of a plain machine as pandas holds them.
MOST_FOR_PANDAS = 2e7


PACK = tables.read("standards", pack="yunnan_2017")
MEASURES = tables.read("measures", place="standards")
LEDGER = "villages.parquet"


def write_village_ledger(store):
    """Write villages with what no household tells, beside the register: every asker reads it."""
    cells = store.decode(store.totals("villages")[["village", "year", "persons"]])
    rest = {"tap_water_share": 1.0, "three_phase_power": True, "hardened_road_share": 1.0}
    rest |= {"radio_tv_share": 1.0, "broadband": True, "clinic_m2": 100.0, "doctors": 1}
    rest |= {"venue": True, "collective_income_yuan": 20_000.0}
    ledger = cells.rename(columns={"persons": "population"}).assign(**rest)
    ledger.to_parquet(store.folder.parent / LEDGER, index=False)


def checklist(store):
    """The ten indicators of every village and year."""
    ledger = pd.read_parquet(store.folder.parent / LEDGER)
    filled = questions.village_indicators(store, ledger, MEASURES)
    return exits.judge(filled, PACK, MEASURES, "village", ["village", "year"])


# How it is asked, the columns of rows it is about, the totals it is answered from.
QUESTIONS = {
    "Q1 FGT by county and year, from totals": (
        lambda s: questions.profile(s, FGT, line=LINES, by=BY),
        [*BY, "size", INCOME],
        ["poverty"],
    ),
    "Q1 FGT by county and year, another line, from totals and poor rows": (
        lambda s: questions.profile(s, FGT, line=3000.0, by=BY),
        [*BY, "size", INCOME],
        [],
    ),
    "Q2 deprivations by village and year, from totals": (
        lambda s: questions.alkire_foster(s, poverty_cutoff=1 / 3, by=["village", "year"]),
        ["village", "year", "size", "deprivations"],
        ["deprivations"],
    ),
    "Q3 transitions of households by county, from totals": (
        lambda s: questions.transitions(s, area="county"),
        [*BY, "household", "status", "size"],
        ["moves"],
    ),
    "Q4 quantiles and Gini by county and year, from rows": (
        lambda s: questions.profile(s, SHAPE, by=BY),
        [*BY, "size", INCOME],
        [],
    ),
    "Q5 gain by tenths of transfers, from totals": (
        questions.gains_by_decile,
        ["year", "size", INCOME, f"{INCOME}_before", "transfer_yuan"],
        ["gains_transfer_yuan"],
    ),
    "Q5 gain by tenths of wages, from totals": (
        partial(questions.gains_by_decile, of="wage_yuan"),
        ["year", "size", INCOME, f"{INCOME}_before", "wage_yuan"],
        ["gains_wage_yuan"],
    ),
    "Q5 gain by number of measures received, from rows": (
        partial(questions.gains_by_decile, of="measures"),
        ["year", "size", INCOME, f"{INCOME}_before", "measures"],
        [],
    ),
    "Q6 ten indicators of every village, from totals": (
        checklist,
        ["village", "year", "size", "status", "passes", "school_dropouts"],
        ["villages"],
    ),
}
# The raw register has no links and no flags: the columns they are made of.
RAW = {
    f"{INCOME}_before": [INCOME],
    "deprivations": [INCOME, *(name for name, *_ in GUARANTEES)],
    "passes": ["house_grade", "moved_in", "uninsured_members", "members_without_pension"],
}


def scan(files, columns):
    """Read columns and add up each: a largest value would come from the file's statistics."""
    rows = f"read_parquet('{files}')"
    types = dict(
        duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE FROM {rows})").fetchall()
    )
    sums = [f"sum({_WEIGHED.get(types[name], '{}').format(name)})" for name in columns]
    return duckdb.sql(f"SELECT {', '.join(sums)} FROM {rows}").fetchall()


_WEIGHED = {"VARCHAR": 'strlen("{}")', "BOOLEAN": '"{}"::TINYINT'}


def raw_columns(columns):
    """Columns of the register as it came, for columns of the store."""
    return list(dict.fromkeys(name for column in columns for name in RAW.get(column, [column])))


def plain_fgt(path, line):
    """Q1 with pandas."""
    table = pd.read_parquet(path, columns=[*BY, "size", INCOME]).dropna(subset=[INCOME])
    line = table["year"].map(line) if isinstance(line, dict) else line
    gap = ((line - table[INCOME].clip(lower=0)) / line).clip(lower=0)
    parts = {"w": table["size"]} | {f"g{a}": table["size"] * (gap > 0) * gap**a for a in range(3)}
    sums = pd.DataFrame(parts).groupby([table[name] for name in BY]).sum()
    return sums[["g0", "g1", "g2"]].div(sums["w"], axis=0)


def plain_deprivation(path):
    """Q2 with pandas."""
    table = pd.read_parquet(
        path, columns=["village", "year", "size", *raw_columns(["deprivations"])]
    )
    lacks = pd.DataFrame(
        {
            "income": table[INCOME] < table["year"].map(synthetic_register.LINES),
            "housing": table["house_grade"].isin(["C", "D"]),
            "water": ~table["safe_water"].astype(bool),
        }
        | {name: table[name] > 0 for name, *_ in GUARANTEES[2:5]}
    )
    score = lacks.mean(axis=1)
    poor = (score >= 1 / 3 - 1e-8) & table[INCOME].notna()
    parts = {"w": table["size"] * table[INCOME].notna(), "h": table["size"] * poor}
    parts["m"] = table["size"] * poor * score
    return pd.DataFrame(parts).groupby([table["village"], table["year"]]).sum()


def plain_moves(path):
    """Q3 with pandas."""
    table = pd.read_parquet(path, columns=["household", *BY, "size", "status"])
    before = table.assign(year=table["year"] + 1)
    pairs = table.merge(before, on=["household", "year"], how="outer", suffixes=("", "_before"))
    keys = ["year", "county_before", "status_before", "status"]
    return pairs.groupby(keys, dropna=False, observed=True)[["size", "size_before"]].sum()


def plain_shape(path):
    """Q4 with pandas: sort once, then cumulated sums by group."""
    table = pd.read_parquet(path, columns=[*BY, "size", INCOME]).dropna(subset=[INCOME])
    table = table.sort_values([*BY, INCOME])
    groups = table.groupby(BY)["size"]
    rank = groups.cumsum() / groups.transform("sum")
    received = table["size"] * table[INCOME]
    middle = received * (rank - table["size"] / groups.transform("sum") / 2)
    keys = [table[name] for name in BY]
    gini = 2 * middle.groupby(keys).sum() / received.groupby(keys).sum() - 1
    at = [table[rank >= share].groupby(BY)[INCOME].first() for share in (0.1, 0.5, 0.9)]
    return pd.concat([gini, *at], axis=1)


def plain_gains(path, of):
    """Q5 with pandas."""
    names = ["household", "year", "size", INCOME, of]
    table = pd.read_parquet(path, columns=names)
    before = table[["household", "year", INCOME]].assign(year=table["year"] + 1)
    pairs = table.merge(before, on=["household", "year"], suffixes=("", "_before")).dropna()
    gain = pairs["size"] * (pairs[INCOME] - pairs[f"{INCOME}_before"])
    sums = pairs.assign(persons=pairs["size"], gain=gain, amount=pairs[of])
    return questions.tenths(
        sums.groupby(["year", "amount"], as_index=False)[["persons", "gain"]].sum()
    )


def plain_checklist(path):
    """Q6 with pandas: the villages filled from their households, and judged."""
    names = ["village", "year", "size", "status", "school_dropouts", *RAW["passes"]]
    table = pd.read_parquet(path, columns=names)
    dropouts = table.groupby(["village", "year"], as_index=False)["school_dropouts"].sum()
    listed = table[table["status"].isin(["poor", "returned", "exited"])]
    parts = {
        "village": listed["village"],
        "year": listed["year"],
        "poor": listed["size"].where(listed["status"] != "exited", 0),
        "housing": listed["house_grade"].isin(["A", "B"]) & listed["moved_in"],
        "medical": listed["uninsured_members"] == 0,
        "pension": listed["members_without_pension"] == 0,
    }
    found = pd.DataFrame(parts).groupby(["village", "year"], as_index=False)
    found = found.agg({"poor": "sum", "housing": "mean", "medical": "mean", "pension": "mean"})
    filled = pd.read_parquet(Path(path).parent / LEDGER).merge(dropouts, on=["village", "year"])
    return plain_verdicts(filled.merge(found, on=["village", "year"], how="left"))


def plain_verdicts(filled):
    """Ten indicators of villages with pandas: of two parts, the one that fails or falls short."""
    filled["incidence"] = filled["poor"].fillna(0) / filled["population"]
    filled["no_dropouts"] = filled["school_dropouts"] == 0
    judged = []
    for indicator, parts in TESTS.items():
        found = plain_part(filled, *parts[0])
        for other in (plain_part(filled, *part) for part in parts[1:]):
            short, others = (part["shortfall"].fillna(-1) for part in (found, other))
            nearer = (others == short) & (other["distance"] < found["distance"])
            found = found.mask((others > short) | nearer, other)
        judged.append(filled[["village", "year"]].assign(indicator=indicator).join(found))
    return pd.concat(judged, ignore_index=True)


TESTS = {
    "incidence": [("incidence", "<", 0.03)],
    "water": [("tap_water_share", "=", 1.0)],
    "power": [("three_phase_power", "=", 1.0)],
    "road": [("hardened_road_share", "=", 1.0)],
    "housing": [("housing", "=", 1.0)],
    "network": [("radio_tv_share", ">=", 0.99), ("broadband", "=", 1.0)],
    "education": [("no_dropouts", "=", 1.0)],
    "clinic": [("clinic_m2", ">=", 90.0), ("doctors", ">=", 1.0)],
    "venue": [("venue", "=", 1.0)],
    "collective_economy": [("collective_income_yuan", ">", 0.0)],
}


def plain_part(filled, column, operator, threshold):
    """One column held against its threshold."""
    value = filled[column].astype(float)
    distance = -(value - threshold).abs() if operator == "=" else value - threshold
    distance = -distance if operator == "<" else distance
    passes = distance > 0 if operator in "<>" else distance >= 0
    short = (-distance / (threshold or 1)).clip(lower=0).where(~passes, 0)
    verdict = np.select([value.isna(), passes], ["unknown", "pass"], "fail")
    found = {"value": value, "operator": operator, "threshold": threshold, "distance": distance}
    return pd.DataFrame(found | {"shortfall": short.where(value.notna()), "verdict": verdict})


PLAIN = [
    partial(plain_fgt, line=synthetic_register.LINES),
    partial(plain_fgt, line=3000.0),
    plain_deprivation,
    plain_moves,
    plain_shape,
    partial(plain_gains, of="transfer_yuan"),
    partial(plain_gains, of="wage_yuan"),
    partial(plain_gains, of="measures"),
    plain_checklist,
]


def timed(program):
    """Seconds on the clock and of both cores."""
    clock, cores = time.perf_counter(), time.process_time()
    program()
    return time.perf_counter() - clock, time.process_time() - cores


def ask(folder, name):
    """One question in a fresh process."""
    QUESTIONS[name][0](read_store(folder))


def forgotten(program, *arguments):
    """Do it and give nothing back: its peak is asked for, not what it found."""
    program(*arguments)


def compared(raw, store, *, pandas, runs, only):
    """Ask every question, in turn with its scans."""
    rows = []
    kept = store.path("households", "*.parquet")
    for (name, (question, columns, totals)), plain in zip(QUESTIONS.items(), PLAIN, strict=True):
        if not name.startswith(only):
            continue
        programs = {
            "question": partial(question, store),
            "scan": partial(scan, kept, columns),
            "raw_scan": partial(scan, raw, raw_columns(columns)),
        }
        if totals:
            programs["totals_scan"] = partial(scan_totals, store, totals)
        took = {key: [] for key in programs}
        for _ in range(runs):
            for key, program in programs.items():
                took[key].append(timed(program))
        if pandas:
            took["pandas"] = [timed(partial(plain, raw))]
        row = {"question": name} | {
            f"{key}_{unit}": min(run[at] for run in found)
            for key, found in took.items()
            for at, unit in enumerate(("seconds", "core_seconds"))
        }
        row["peak_gib"] = alone(ask, store.folder, name).gib
        row["scan_peak_gib"] = alone(scan, kept, columns).gib
        if pandas:
            row["pandas_peak_gib"] = alone(forgotten, plain, raw).gib
        row |= {"date": date.today().isoformat(), "load": os.getloadavg()[0]}
        rows.append(with_ratios(row))
        print(
            {key: round(v, 3) if isinstance(v, float) else v for key, v in row.items()}, flush=True
        )
    return rows


def scan_totals(store, totals):
    """Read every column of tables of totals and add up each."""
    for name in totals:
        files = store.path("totals", f"{name}.parquet")
        scan(files, duckdb.sql(f"FROM read_parquet('{files}') LIMIT 0").columns)


def with_ratios(row):
    """Ratios of core seconds and of seconds on the clock."""
    for other in ("scan", "raw_scan", "totals_scan", "pandas"):
        if f"{other}_seconds" in row:
            row[f"times_{other}"] = row["question_core_seconds"] / row[f"{other}_core_seconds"]
            row[f"clock_times_{other}"] = row["question_seconds"] / row[f"{other}_seconds"]
    return row


def written(raw, folder):
    """Write the store with everything that a question is answered from."""
    write_register(
        raw,
        folder,
        lines=LINES.rename(columns={"line": "line_yuan"}),
        specification=SPECIFICATION,
        pack=PACK,
        measures=MEASURES,
    )


def main():
    """Make the register and the store, ask, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=float, default=1e6)
    parser.add_argument("--folder", help="keep register and store here")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-pandas", dest="pandas", action="store_false")
    parser.add_argument("--only", default="", help="beginning of the question's name, such as Q4")
    add_keep(parser)
    asked = parser.parse_args()
    print(heading(), flush=True)
    folder = Path(asked.folder or tempfile.mkdtemp(prefix="register-"))
    try:
        pandas = asked.pandas and asked.rows <= MOST_FOR_PANDAS
        how = {"pandas": pandas, "runs": asked.runs, "only": asked.only, "keep": asked.keep}
        report(folder, int(asked.rows), **how)
    finally:
        if not asked.folder:
            shutil.rmtree(folder)


def report(folder, rows, *, keep, **how):
    """Print the results of one size, and keep them where that is asked."""
    raw = folder / "households.parquet"
    if not raw.exists():
        synthetic_register.write(folder, rows)
    path = RESULTS / f"register_questions_{rows:.0e}.json".replace("+0", "")
    found = json.loads(path.read_text(encoding="utf-8")) if keep and path.exists() else {}
    found |= {"rows": rows, **machine()}
    if not (folder / "store").exists():
        begun = time.perf_counter()
        _, memory, cores = alone(written, str(raw), folder / "store")
        found |= {"writing_gib": memory, "writing_core_seconds": cores}
        found["writing_seconds"] = time.perf_counter() - begun
    store = read_store(folder / "store")
    write_village_ledger(store)
    found["raw_bytes"] = raw.stat().st_size
    found["store_bytes"] = sum(store.manifest["files"].values())
    new = compared(str(raw), store, **how)
    kept = {row["question"]: row for row in [*found.get("questions", []), *new]}
    found["questions"] = [kept[name] for name in QUESTIONS if name in kept]
    table = pd.DataFrame(found["questions"]).set_index("question")
    ratios = [name for name in table if name.startswith("times") or "peak" in name]
    print(table[ratios].round(2).to_string())
    keep_results(path.name, json.dumps(found, indent=1) + "\n", keep=keep)


if __name__ == "__main__":
    main()
