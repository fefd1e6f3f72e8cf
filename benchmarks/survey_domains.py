"""Speed of FGT 0, 1, 2 and Gini with standard errors over 100 domains, as ratios in one run.

Three programs answer the same question on the same register: this project, numpy written by hand
for this one question, and pandas without standard errors. `--svy` adds the package `svy`, which is
slow. The table printed gives seconds, the ratio to the hand-written numpy, and the peak of memory
of the program in a process of its own, the register itself in it.

    python benchmarks/survey_domains.py --rows 1000000
    python benchmarks/survey_domains.py --rows 10000000 --keep
"""

import argparse
import time

import numpy as np
import pandas as pd
import polars as pl
from measuring import add_keep, alone, told

from analysis import inequality, poverty, survey

LINE, DOMAINS, STRATA = 2300.0, 100, 50
MEASURES = [
    poverty.headcount_ratio,
    poverty.poverty_gap_index,
    poverty.poverty_severity,
    inequality.gini,
]


def register(rows):
    """A clustered sample: 50 persons a village, 20 villages or more a stratum, 100 domains."""
    random = np.random.default_rng(0)
    village = np.arange(rows) // 50
    return pd.DataFrame(
        {
            "yuan": np.exp(8.3 + 0.7 * random.standard_normal(rows)),
            "weight": random.uniform(1, 3, rows),
            "county": village % STRATA,
            "village": village,
            "domain": random.integers(0, DOMAINS, rows),
        }
    )


def by_project(table):
    """The question put to this project."""
    design = survey.Design("weight", strata="county", clusters="village")
    return survey.estimate(
        table, design, MEASURES, income="yuan", line=LINE, by="domain", proportion="symmetric"
    )["standard_error"].to_numpy()


def by_hand(table):
    """Numpy written for this one question."""
    income, weight, domain, village, county = (
        table[name].to_numpy() for name in ("yuan", "weight", "domain", "village", "county")
    )
    gap = np.maximum(LINE - income, 0) / LINE
    values = [(income < LINE).astype(float), gap, gap * gap]
    persons = np.bincount(domain, weight)
    influences = [
        (value - (np.bincount(domain, weight * value) / persons)[domain]) / persons[domain]
        for value in values
    ]
    influences.append(_gini_by_hand(income, weight, domain, persons))
    return np.array([_errors(weight * z, domain, village, county) for z in influences]).T.ravel()


def _gini_by_hand(income, weight, domain, persons):
    order = np.lexsort((income, domain))
    y, w, d = income[order], weight[order], domain[order]
    mass, received = w * y, np.bincount(d, w * y)
    starts_w, starts_m = np.cumsum(persons) - persons, np.cumsum(received) - received
    rank = np.cumsum(w) - w / 2 - starts_w[d]
    above = received[d] - (np.cumsum(mass) - mass / 2 - starts_m[d])
    gini = 2 * np.bincount(d, mass * rank) / (persons * received)
    moved = 2 * (y * rank + above) / (persons * received)[d]
    influence = np.empty_like(income)
    influence[order] = moved - (gini / persons)[d] - (gini / received)[d] * y
    return influence


def _errors(values, domain, village, county):
    villages = int(village.max()) + 1
    sums = np.bincount(village * DOMAINS + domain, values, minlength=villages * DOMAINS)
    sums = sums.reshape(villages, DOMAINS)
    stratum = county[np.searchsorted(village, np.arange(villages))]
    drawn = np.bincount(stratum, minlength=STRATA)
    total = np.zeros((STRATA, DOMAINS))
    np.add.at(total, stratum, sums)
    away = sums - (total / drawn[:, None])[stratum]
    return np.sqrt(((drawn / (drawn - 1))[stratum, None] * away**2).sum(axis=0))


def by_pandas(table):
    """The four point estimates with pandas, without errors."""
    table = table.sort_values(["domain", "yuan"])
    gap = (LINE - table["yuan"]).clip(lower=0) / LINE
    parts = {"w": table["weight"], "wy": table["weight"] * table["yuan"]}
    parts |= {f"g{a}": table["weight"] * (gap > 0) * gap**a for a in range(3)}
    cumulated = table.groupby("domain")["weight"].cumsum() - table["weight"] / 2
    parts["ranked"] = parts["wy"] * cumulated
    sums = pd.DataFrame(parts).groupby(table["domain"]).sum()
    gini = 2 * sums["ranked"] / (sums["w"] * sums["wy"]) - 1
    return np.array([*(sums[f"g{a}"] / sums["w"] for a in range(3)), gini])


def by_svy(table):
    """The three means of FGT with the package svy, by domain."""
    import svy  # noqa: PLC0415 - who does not ask for it shall not hold its memory

    gap = (LINE - table["yuan"]).clip(lower=0) / LINE
    table = table.assign(g0=(gap > 0).astype(float), g1=gap, g2=gap**2)
    design = svy.Design(stratum="county", psu="village", wgt="weight")
    sample = svy.Sample(pl.from_pandas(table), design)
    return [sample.estimation.mean(name, by="domain") for name in ("g0", "g1", "g2")]


def seconds(program, table, runs=3):
    """Seconds of processor, least of a few runs: other work on the machine does not count."""
    took = []
    for _ in range(runs):
        start = time.process_time()
        program(table)
        took.append(time.process_time() - start)
    return min(took)


def once(program, rows):
    """The register made and the question asked once."""
    program(register(rows))


def compared(rows, programs):
    """Print the seconds, the ratio and the peak of every program."""
    table = register(rows)
    np.testing.assert_allclose(by_project(table), by_hand(table), rtol=1e-9)
    took = {name: seconds(program, table, runs) for name, (program, runs) in programs.items()}
    peaks = {name: alone(once, program, rows).gib for name, (program, _) in programs.items()}
    print(f"{'':20} {'seconds':>8} {'ratio':>8} {'GiB':>8}")
    for name, value in took.items():
        ratio = value / took["numpy by hand"]
        print(f"{name:20} {value:8.3f} {ratio:8.2f} {peaks[name]:8.2f}")


def main():
    """Read what the command line asks, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--svy", action="store_true")
    add_keep(parser)
    asked = parser.parse_args()
    programs = {"numpy by hand": (by_hand, 3), "this project": (by_project, 3)}
    programs["pandas, no errors"] = (by_pandas, 3)
    if asked.svy:
        programs["svy, FGT only"] = (by_svy, 1)
    with told(f"survey_domains_{asked.rows:.0e}".replace("+0", ""), keep=asked.keep):
        compared(asked.rows, programs)


if __name__ == "__main__":
    main()
