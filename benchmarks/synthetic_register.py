"""A big made-up register for benchmarks: households of many counties over eight years.

    python benchmarks/synthetic_register.py --rows 1000000 FOLDER

Writes `households.parquet` in chunks, in the columns of the contract and a column `county`; rows
of a chunk stand by year, as offices send them. A row is a household in a year.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

YEARS = np.arange(2013, 2021)
VILLAGES_A_COUNTY = 100
CHUNK = 125_000  # households
LINES = dict(zip(YEARS.tolist(), [2736, 2800, 2855, 2952, 2952, 2995, 3218, 4000], strict=True))
STATES = np.array(["never", "poor", "exited", "returned"])
GRADES = np.array(["A", "B", "C", "D"])


def codes(prefix, numbers, width):
    """Texts such as `H0000012`, an Arrow array."""
    digits = [48 + (numbers // 10**place) % 10 for place in range(width - 1, -1, -1)]
    letters = np.empty((len(numbers), len(prefix) + width), dtype=np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    letters[:, len(prefix) :] = np.stack(digits, axis=1)
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * letters.shape[1]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    return pa.StringArray.from_buffers(len(numbers), *buffers[1:])


def chosen(names, numbers):
    """Texts by their numbers, an Arrow array."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int8)), names.tolist())


def states(random, income, lines):
    """Never, poor, exited or returned, year by year."""
    state = np.where(income[0] < lines[0], 1, 0)
    found = [state]
    for now, line in zip(income[1:], lines[1:], strict=True):
        below, luck = now < 1.2 * line, random.random(len(now))
        leaves = np.isin(state, (1, 3)) & ~below & (luck < 0.6)
        falls = (state == 2) & below & (luck < 0.3)
        enters = (state == 0) & (now < line) & (luck < 0.2)
        state = np.where(leaves, 2, np.where(falls, 3, np.where(enters, 1, state)))
        found.append(state)
    return np.array(found)


def chunk(first, count, households, counties, seed):
    """Some households in all their years, as an Arrow table."""
    random = np.random.default_rng([seed, first])
    shape = (len(YEARS), count)
    number = np.arange(first, first + count)
    village = number * (counties * VILLAGES_A_COUNTY) // households
    size = random.integers(1, 8, count)[None, :] + (random.random(shape) < 0.05)
    level = 8.1 + 0.5 * random.standard_normal(count) + 0.2 * np.sin(village)
    parts = level + 0.09 * np.arange(len(YEARS))[:, None] + 0.25 * random.standard_normal(shape)
    total = np.exp(parts) * size
    share = random.dirichlet([4, 3, 0.3, 2], count).T[:, None, :]
    wage, business, estate, transfer = np.floor(total * share).astype(np.int64)
    cost = np.floor(0.3 * business).astype(np.int64)
    income = np.round((wage + business - cost + estate + transfer) / size, 2)
    gone = random.random(shape) < 0.01
    missing = random.random(shape) < 0.002
    lines = np.array([LINES[year] for year in YEARS.tolist()])
    poor = parts - np.log(lines)[:, None]

    def lacking(scale):
        return (random.random(shape) < scale * np.exp(-0.4 * poor)).astype(np.int64)

    keep = ~gone.ravel()
    flat = {
        "size": size,
        "wage_yuan": wage,
        "business_yuan": business,
        "business_cost_yuan": cost,
        "property_yuan": estate,
        "transfer_yuan": transfer,
        "school_dropouts": lacking(0.02),
        "uninsured_members": np.minimum(lacking(0.05) * 2, size),
        "members_without_pension": np.minimum(lacking(0.1), size),
        "measures": random.integers(0, 6, shape),
    }
    arrays = {name: pa.array(values.ravel()[keep]) for name, values in flat.items()}
    everyone = np.tile(number, len(YEARS))[keep]
    place = np.tile(village, len(YEARS))[keep]
    grade = np.minimum(lacking(0.1) * 2 + (random.random(shape) < 0.4), 3).ravel()[keep]
    return pa.table(
        {
            "household": codes("H", everyone, 9),
            "year": np.repeat(YEARS, count)[keep],
            "county": codes("SYN", place // VILLAGES_A_COUNTY, 4),
            "village": codes("SYN", place, 7),
            "income_per_person_yuan": pa.array(income.ravel()[keep], mask=missing.ravel()[keep]),
            "status": chosen(STATES, states(random, income, lines).ravel()[keep]),
            "house_grade": chosen(GRADES, grade),
            "moved_in": pa.array((lacking(0.03) == 0).ravel()[keep]),
            "safe_water": pa.array((lacking(0.06) == 0).ravel()[keep]),
        }
        | arrays
    )


def write(folder, rows, *, counties=129, seed=1):
    """Write the register; gives the path of the file."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path, households = folder / "households.parquet", rows // len(YEARS)
    writer = None
    for first in range(0, households, CHUNK):
        count = min(CHUNK, households - first)
        table = chunk(first, count, households, counties, seed)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table, row_group_size=250_000)
    writer.close()
    return path


def main():
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--rows", type=float, default=1e6)
    parser.add_argument("--counties", type=int, default=129)
    asked = parser.parse_args()
    print(write(asked.folder, int(asked.rows), counties=asked.counties))


if __name__ == "__main__":
    main()
