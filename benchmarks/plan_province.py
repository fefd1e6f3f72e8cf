"""Time of the plan at the size of a province: 8,500 villages, half of them poor and not out.

The villages are drawn from those of a synthetic city, each with its needs changed a little; crews,
money and targets grow with their number. The table printed gives rows and columns, seconds, the
gap, and the ratio to the city's own plan in the same run; every plan is checked against its limits.

Each is made and solved in a process of its own, whose peak of memory is told.

    python benchmarks/plan_province.py --times 61 --gap 0.005 --seconds 50 [--keep]
"""

import argparse
import time

import numpy as np
import pandas as pd
from measuring import add_keep, alone, told

from analysis import exits, office, planning, tables

BUDGET, AT_START = 1.6e8, 0.4


def city(place="wenshan", year=2017, pack="yunnan_2017"):
    """The case of one synthetic city."""
    books = office.ledgers(place).tables
    measures, rules = (
        tables.read("measures", place="standards"),
        tables.read("standards", pack=pack),
    )
    households = books["households"].query("year == @year")
    judged = exits.judge(households, rules, measures, "household", ["household", "year"])
    ledger = books["villages"].query("year == @year")
    villages = exits.village_indicators(ledger, households, judged, measures)
    size = planning.resources(
        tables.read("crews", place=place), BUDGET, AT_START, start="2018-03-28",
        deadline="2018-12-31",
    )  # fmt: skip
    works = tables.read("works", place=place)
    return planning.ledger_case(villages, households, rules, measures, works, **size)


def province(case, times, seed=0):
    """As many cities as asked for, their villages drawn with replacement, no two quite alike."""
    random = np.random.default_rng(seed)
    names = case.villages["village"].to_numpy()
    drawn = pd.DataFrame({"village": random.choice(names, len(names) * times)})
    drawn["own"] = [f"{place:05d}" for place in range(len(drawn))]
    groups = case.groups.merge(drawn, on="village").assign(village=lambda rows: rows["own"])
    units = case.group_units.merge(
        groups[["group", "own"]].assign(new=range(len(groups))), on="group"
    )
    needs = case.village_units.merge(drawn, on="village")
    # A household's works are counted in its groups; only those of the village itself may change.
    shared = needs["kind"].isin(case.group_units["kind"])
    changed = np.round(needs["units"] * random.uniform(0.7, 1.3, len(needs))).clip(lower=1)
    needs["units"] = np.where(shared, needs["units"], changed).astype(int)
    villages = case.villages.merge(drawn, on="village").assign(village=lambda rows: rows["own"])
    return case._replace(
        villages=villages[["village", "persons_needed"]],
        groups=groups.assign(group=range(len(groups))).drop(columns="own"),
        group_units=units.assign(group=units["new"])[["group", "kind", "units"]],
        village_units=needs.assign(village=needs["own"])[["village", "kind", "units"]],
        crews=case.crews * times,
        funds=case.funds * times,
        targets={name: number * times for name, number in case.targets.items()},
    )


def within_limits(case, plan):
    """The plan's crews and money, summed from its own tables."""
    use = planning.crew_months(case, plan)
    paid = plan.starts["units"] * plan.starts["kind"].map(case.works["cost_yuan"])
    spent = paid.groupby(plan.starts["month"]).sum().cumsum()
    funds = case.funds.to_numpy()[spent.index - 1]
    return bool(use["share"].fillna(0).le(1 + 1e-6).all() and (spent <= funds * (1 + 1e-6)).all())


def timed(case, gap, seconds):
    """Solve, and say how long it took and what came out."""
    start = time.perf_counter()
    plan = planning.solve(case, gap=gap, seconds=seconds)
    return {
        "villages": len(case.villages),
        "groups": len(case.groups),
        "seconds": time.perf_counter() - start,
        "status": plan.status,
        "gap": plan.gap,
        "released": len(plan.villages),
        "within_limits": within_limits(case, plan),
    }


def solved(times, gap, seconds):
    """The city's case if it is taken once, else a province's, made and solved."""
    case = city()
    return timed(case if times == 1 else province(case, times), gap, seconds)


def main():
    """Print the city and the province side by side."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=61)
    options.add_argument("--gap", type=float, default=0.005)
    options.add_argument("--seconds", type=float, default=50.0)
    add_keep(options)
    chosen = options.parse_args()
    with told("plan_province", keep=chosen.keep):
        runs = [alone(solved, times, chosen.gap, chosen.seconds) for times in (1, chosen.times)]
        rows = [run.found | {"peak_gib": run.gib} for run in runs]
        table = pd.DataFrame(rows, index=["city", "province"])
        table["ratio"] = table["seconds"] / table["seconds"].iloc[0]
        print(table.T.to_string())


if __name__ == "__main__":
    main()
