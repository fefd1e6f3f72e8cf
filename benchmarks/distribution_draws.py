"""Cost of ten thousand draws of growth over ten million incomes, in sorts of those incomes.

    python benchmarks/distribution_draws.py --rows 10000000 --draws 10000

The table printed gives seconds and the ratio to one numpy sort in the same run: draws straight
from the incomes, of growth alone and with a change of inequality; making the distribution, then
the draws of growth, with a change of inequality, and with personal shocks.
"""

import argparse
import resource
import time

import numpy as np
import pandas as pd

from analysis import projection

LINE = 2300.0


def seconds(program):
    """Seconds of processor, least of three runs: other work on the machine does not count."""
    took = []
    for _ in range(3):
        start = time.process_time()
        found = program()
        took.append(time.process_time() - start)
    return min(took), found


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--draws", type=int, default=10_000)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    incomes = np.exp(8.3 + 0.7 * rng.standard_normal(given.rows))
    weights = rng.uniform(1, 3, given.rows)
    growth = 0.08 + 0.02 * rng.standard_normal(given.draws)
    change = 0.01 * rng.standard_normal(given.draws)
    sort, _ = seconds(lambda: np.sort(incomes))
    argsort, _ = seconds(lambda: np.argsort(incomes))
    made, spread = seconds(lambda: projection.sorted_distribution(incomes, weights))
    plain, _ = seconds(lambda: projection.shifted_poverty(spread, LINE, growth))
    turned, _ = seconds(
        lambda: projection.shifted_poverty(spread, LINE, growth, gini_change=change)
    )
    shocked, _ = seconds(lambda: projection.shocked_poverty(spread, LINE, growth, shock=0.2))
    drawn, found = seconds(lambda: projection.drawn_poverty(incomes, weights, LINE, growth))
    both, found_both = seconds(
        lambda: projection.drawn_poverty(incomes, weights, LINE, growth, gini_change=change)
    )
    for changed, given_by in ((0.0, found), (change, found_both)):
        wanted = projection.shifted_poverty(spread, LINE, growth, gini_change=changed)
        np.testing.assert_allclose(given_by, wanted, rtol=1e-9)
    took = {
        "sort": sort,
        "order of a sort": argsort,
        "draws of growth from incomes in any order": drawn,
        "draws with inequality from incomes in any order": both,
        "distribution": made,
        "draws of growth": plain,
        "draws with inequality": turned,
        "draws with shocks": shocked,
        "distribution and draws of growth": made + plain,
    }
    table = pd.DataFrame({"seconds": took})
    table["sorts"] = table["seconds"] / sort
    table["orders"] = table["seconds"] / argsort
    print(table.round(3).to_string())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak {peak:.2f} GiB, with the incomes and weights themselves")


if __name__ == "__main__":
    main()
