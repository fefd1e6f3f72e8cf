"""A reader with pencil and paper, who adds up the tables of flows across each other."""

import numpy as np
from scipy import optimize, sparse

from analysis import disclosure
from analysis.disclosure.relations import Sums

ON = ("opening", "new", "returned", "born", "moved_in")
GONE = ("exited", "died", "moved_out", "removed", "closing")
POOR = ("poor", "returned")
FLOW_OF = {"exit": "exited", "return": "returned", "new": "new"}
COUNTS = {
    "yearly": [f"{name}_persons" for name in (*ON, *GONE)],
    "agreement": ["derived_persons", "kept_persons"],
    "links": ["households"],
    "shares": ["at_risk", "passed_over"],
    "told": ["exited", "returned"],
    "answer": ["at_risk", "passed"],
    "paces": ["at_risk", "passed_over"],
    "risk": ["followed", "returned", "followed_last", "returned_last"],
    "stocks": [
        f"{state}_{unit}" for state in ("poor", "exited") for unit in ("households", "persons")
    ],
}


def counted(frames):
    """Every count that is known to the office: table, row, column."""
    return [
        (name, row, column)
        for name, columns in COUNTS.items()
        for column in columns
        if column in frames[name]
        for row in np.flatnonzero(frames[name][column].notna())
    ]


def _sums(frames):
    """Each sum as cells with their sign; what is known of it is its value."""
    yearly, links, shares = (frames[name] for name in ("yearly", "links", "shares"))
    for row in range(len(yearly)):
        yield {("yearly", row, f"{n}_persons"): 1 if n in ON else -1 for n in (*ON, *GONE)}
    for row in range(len(yearly) - 1):
        yield {("yearly", row, "closing_persons"): 1, ("yearly", row + 1, "opening_persons"): -1}
    last = np.flatnonzero(yearly["year"] >= links["year"].min())
    for at, flow in enumerate(frames["agreement"]["kept_flow"]):
        column = flow.replace("flow_", "") + "_persons"
        total = ("agreement", at, "kept_persons")
        yield {total: -1} | {("yearly", row, column): 1 for row in last}
        yield {total: -1, ("agreement", at, "derived_persons"): 1}
    for year in links["year"].unique()[:-1]:
        for state in (*POOR, "exited"):
            yield _links(links, year, target=[state]) | {
                cell: -1 for cell in _links(links, year + 1, source=[state])
            }
    for at, (passage, year) in enumerate(zip(shares["passage"], shares["year"], strict=True)):
        start, end = (POOR, ["exited"]) if passage == "exit" else (["exited"], POOR)
        yield _links(links, year, source=start) | {("shares", at, "at_risk"): -1}
        yield _links(links, year, source=start, target=end) | {("shares", at, "passed_over"): -1}
    for passage, name in (("exit", "exited"), ("return", "returned")):
        rows = np.flatnonzero(shares["passage"] == passage)
        yield {("told", 0, name): -1} | {("shares", at, "passed_over"): 1 for at in rows}
    yield {("answer", 0, "at_risk"): 1, ("shares", rows[-1], "at_risk"): -1}
    yield {("answer", 0, "passed"): 1, ("shares", rows[-1], "passed_over"): -1}
    yield from _persons(frames["paces"], yearly)
    yield from _risk(links)
    yield from _stocks(frames)


def _persons(paces, yearly):
    """Persons of chapter 02 beside those of chapter 07: apart by births and deaths alone."""
    at = {key: row for row, key in enumerate(zip(paces["passage"], paces["year"], strict=True))}
    own = {year: row for row, year in enumerate(yearly["year"])}
    for (passage, year), row in at.items():
        if year in own:
            flow = ("yearly", own[year], f"{FLOW_OF[passage]}_persons")
            yield {("paces", row, "passed_over"): 1, flow: -1}
            if passage == "exit":
                opening = ("yearly", own[year], "opening_persons")
                yield {("paces", row, "at_risk"): 1, opening: -1}
    for year in paces["year"].unique():
        yield {("paces", row, "at_risk"): 1 for (_, one), row in at.items() if one == year}


def _risk(links):
    """Households whose outcome chapter 09 follows: those still listed a year after an exit."""
    listed = [state for state in links["target"].unique() if state != "absent"]
    years = links.loc[links["source"].eq("exited") & links["target"].isin(listed), "year"]
    for name, targets in (("followed", listed), ("returned", POOR)):
        moves = [_links(links, year, source=["exited"], target=targets) for year in years.unique()]
        for total, summed in ((name, moves), (f"{name}_last", moves[-1:])):
            yield {("risk", 0, total): -1} | {cell: 1 for move in summed for cell in move}


def _stocks(frames):
    """Who is poor or out at a year's end: told in sentences, and with whom the next begins."""
    links, yearly, paces = (frames[name] for name in ("links", "yearly", "paces"))
    at = {key: row for row, key in enumerate(zip(paces["passage"], paces["year"], strict=True))}
    for row, year in enumerate(frames["stocks"]["year"]):
        poor, out = (("stocks", row, f"{state}_persons") for state in ("poor", "exited"))
        for state, states in (("poor", POOR), ("exited", ["exited"])):
            for ends in ({"year": year, "target": states}, {"year": year + 1, "source": states}):
                if moved := _links(links, **ends):
                    yield moved | {("stocks", row, f"{state}_households"): -1}
        for own in np.flatnonzero(yearly["year"] == year):
            yield {poor: 1, ("yearly", own, "closing_persons"): -1}
        for passage, persons in (("exit", poor), ("return", out)):
            if (passage, year + 1) in at:
                yield {persons: 1, ("paces", at[passage, year + 1], "at_risk"): -1}
        parts = {
            ("return", "at_risk"): -1,
            ("exit", "passed_over"): -1,
            ("return", "passed_over"): 1,
        }
        known = {key: sign for key, sign in parts.items() if (key[0], year) in at}
        if known:
            yield {out: 1} | {("paces", at[n, year], column): s for (n, column), s in known.items()}


def _unit(table, column):
    return "person" if table == "paces" or column.endswith("_persons") else "household"


def _links(links, year, **ends):
    which = links["year"].eq(year)
    for end, states in ends.items():
        which &= links[end].isin(states)
    return {("links", row, "households"): 1 for row in np.flatnonzero(which)}


def given_away(frames, safe):
    """Hidden counts that the sums leave less room than the limits ask: cell, count, bounds."""
    cells, sums, hidden = _read(frames, safe)
    asked = np.flatnonzero(hidden)
    bounds = disclosure.intervals(sums, hidden, asked)
    found = [(cells[at], sums.values[at], *ends) for at, ends in zip(asked, bounds, strict=True)]
    return [one for one in found if _is_tight(*one)]


def moved(frames, safe):
    """The tables with hidden counts moved by one, one way for each, so that every sum stands."""
    cells, sums, hidden = _read(frames, safe)
    for at in np.flatnonzero(hidden):
        move = _move(sums, hidden, at)
        if move is not None and _are_alike(cells, sums.values, sums.values + move):
            yield _with(frames, cells, move)


def _read(frames, safe):
    cells = counted(frames)
    place = {cell: at for at, cell in enumerate(cells)}
    values = np.array([float(frames[name][column].iloc[row]) for name, row, column in cells])
    hidden = np.array([bool(np.isnan(safe[n][column].iloc[row])) for n, row, column in cells])
    rows = list(_sums(frames))
    matrix = sparse.lil_array((len(rows), len(cells)))
    for at, row in enumerate(rows):
        for cell, sign in row.items():
            if cell in place:
                matrix[at, place[cell]] = sign
    return cells, Sums(sparse.csr_array(matrix), values, len(cells)), hidden


def _move(sums, hidden, at):
    """The fewest cells that move by one with the one asked for."""
    up = np.where(np.arange(len(hidden)) == at, 1.0, 0.0)
    free = hidden & (sums.values > 0)
    found = optimize.milp(
        np.ones(2 * len(free)),
        constraints=optimize.LinearConstraint(sparse.hstack([sums.matrix, -sums.matrix]), 0, 0),
        bounds=optimize.Bounds(
            np.concatenate([up, 0 * up]), np.concatenate([free, free & (up == 0)])
        ),
        integrality=np.ones(2 * len(free)),
    )
    return found.x[: len(free)] - found.x[len(free) :] if found.status == 0 else None


def _are_alike(cells, before, after):
    """Of the same order of magnitude, and on the same side of the limit."""
    limits = disclosure.limits()
    fewest = np.array([limits[_unit(name, column)].fewest for name, _, column in cells])
    same = [int(a).bit_length() == int(b).bit_length() for a, b in zip(before, after, strict=True)]
    return all(same) and ((before < fewest) == (after < fewest)).all() and (after >= 0).all()


def _with(frames, cells, move):
    changed = {name: frame.copy() for name, frame in frames.items()}
    for (name, row, column), step in zip(cells, move, strict=True):
        changed[name].iloc[row, changed[name].columns.get_loc(column)] += step
    return changed


def _is_tight(cell, value, low, high):
    fewest, room, _ = disclosure.limits()[_unit(cell[0], cell[2])]
    return high < value + room and (value < fewest or low > value - room)


def small(frames):
    """The counts that may not be published."""
    return [
        (name, row, column)
        for name, row, column in counted(frames)
        if 0 < frames[name][column].iloc[row] < disclosure.limits()[_unit(name, column)].fewest
    ]
