"""Cost of ten thousand draws of growth over ten million incomes, in sorts of those incomes.

    python benchmarks/distribution_draws.py --rows 10000000 --draws 10000 [--keep]

The table printed gives seconds and the ratio to one numpy sort in the same run: draws straight
from the incomes, of growth alone and with a change of inequality; making the distribution, then
the draws of growth, with a change of inequality, and with personal shocks. The peak of memory is
that of a process that makes the incomes and does the one thing, with what it needs for it.
"""

import argparse
import time
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from measuring import add_keep, alone, told

from analysis import projection

LINE = 2300.0


def seconds(program):
    """Seconds of processor, least of three runs: other work on the machine does not count."""
    took = []
    for _ in range(3):
        start = time.process_time()
        program()
        took.append(time.process_time() - start)
    return min(took)


class Given(NamedTuple):
    """Incomes with weights, and what is drawn."""

    incomes: np.ndarray
    weights: np.ndarray
    growth: np.ndarray
    change: np.ndarray

    def spread(self):
        """The distribution of the incomes."""
        return projection.sorted_distribution(self.incomes, self.weights)


def made(rows, draws):
    """Incomes, weights and draws, the same at every call."""
    rng = np.random.default_rng(0)
    incomes = np.exp(8.3 + 0.7 * rng.standard_normal(rows))
    weights = rng.uniform(1, 3, rows)
    growth = 0.08 + 0.02 * rng.standard_normal(draws)
    return Given(incomes, weights, growth, 0.01 * rng.standard_normal(draws))


def from_incomes(given, change=0.0):
    """Poverty after every draw, from incomes in any order."""
    return projection.drawn_poverty(
        given.incomes, given.weights, LINE, given.growth, gini_change=change
    )


def from_spread(given, spread, **changes):
    """Poverty after every draw, from a distribution."""
    return projection.shifted_poverty(spread, LINE, given.growth, **changes)


# What is done with the incomes alone, and with their distribution beside them.
UNSORTED = {
    "sort": lambda given: np.sort(given.incomes),
    "order of a sort": lambda given: np.argsort(given.incomes),
    "draws of growth from incomes in any order": from_incomes,
    "draws with inequality from incomes in any order": lambda g: from_incomes(g, g.change),
    "distribution": Given.spread,
}
SORTED = {
    "draws of growth": from_spread,
    "draws with inequality": lambda g, s: from_spread(g, s, gini_change=g.change),
    "draws with shocks": lambda g, s: projection.shocked_poverty(s, LINE, g.growth, shock=0.2),
}


def once(name, rows, draws):
    """One thing done once, with the incomes made for it."""
    given = made(rows, draws)
    if name in UNSORTED:
        UNSORTED[name](given)
    else:
        SORTED[name](given, given.spread())


def check(given, spread):
    """Both ways must give the same poverty."""
    for change in (0.0, given.change):
        wanted = from_spread(given, spread, gini_change=change)
        np.testing.assert_allclose(from_incomes(given, change), wanted, rtol=1e-9)


def compared(rows, draws):
    """Print seconds, ratios and peaks."""
    given = made(rows, draws)
    spread = given.spread()
    check(given, spread)
    took = {name: seconds(partial(do, given)) for name, do in UNSORTED.items()}
    took |= {name: seconds(partial(do, given, spread)) for name, do in SORTED.items()}
    peaks = {name: alone(once, name, rows, draws).gib for name in took}
    took["distribution and draws of growth"] = took["distribution"] + took["draws of growth"]
    table = pd.DataFrame({"seconds": took})
    table["sorts"] = table["seconds"] / took["sort"]
    table["orders"] = table["seconds"] / took["order of a sort"]
    table["peak_gib"] = pd.Series(peaks)
    print(table.round(3).to_string(na_rep=""))


def main():
    """Read what the command line asks, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--draws", type=int, default=10_000)
    add_keep(parser)
    asked = parser.parse_args()
    with told(f"distribution_draws_{asked.rows:.0e}".replace("+0", ""), keep=asked.keep):
        compared(asked.rows, asked.draws)


if __name__ == "__main__":
    main()
