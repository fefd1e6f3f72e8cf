"""The tables of flows and passages made safe at once: each is made of the cells of the others."""

from itertools import pairwise

import numpy as np
import pandas as pd

from analysis import disclosure
from analysis.disclosure import Cell, Equation, Tied
from analysis.register.closings import KEPT, PASSAGES, flow_agreement, passage_table, yearly_closing
from analysis.register.flows import GAINS, LOSSES, flows
from analysis.register.states import ABSENT, passages, state_links, stocks, transitions
from analysis.statuses import POOR

OFF = ("never", ABSENT)
# The same event counted as persons by the ledger of flows and as households by the panel.
OTHER_EVENTS = {"new": (OFF, POOR), "removed": (POOR, OFF)}
STOCKS = ("opening_persons", "closing_persons")
STATES = {"poor": POOR, "exited": ("exited",)}
# The passage that those in a state are at risk of.
PASSAGE_OF = {"poor": "exit", "exited": "return"}
COUNTS = {
    "stocks": {f"{state}_{unit}s": unit for state in STATES for unit in ("household", "person")},
    "yearly": {f"{name}_persons": "person" for name in KEPT},
    "agreement": {"derived_persons": "person", "kept_persons": "person"},
    "links": {"households": "household"},
    "shares": {"at_risk": "household", "passed_over": "household"},
    "told": {"exited": "household", "returned": "household"},
    "answer": {"at_risk": "household", "passed": "household"},
    "paces": {"at_risk": "person", "passed_over": "person", "stayed": "person"},
    "risk": dict.fromkeys(["followed", "returned", "followed_last", "returned_last"], "household"),
}
MADE = {"shares": ["hazard", "hazard_low", "hazard_high"], "answer": ["hazard", "low", "high"]}
# The flow of the ledger that counts the persons of a passage.
FLOW_OF = {"exit": "exited", "return": "returned", "new": "new"}


def protected(ledgers):
    """Give the register's flows and passages as every chapter may publish them.

    Chapters print the same stocks and flows. Each takes them from here, so that none of them
    prints what another hides.

    Parameters
    ----------
    ledgers : mapping of str to DataFrame
        The contract's ``households``, and ``villages``, ``members`` and ``flows`` where kept.

    Returns
    -------
    dict of str to DataFrame
        As `publishable`.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": [*"abcabc"], "year": [2016] * 3 + [2017] * 3, "size": 4,
    ...     "status": ["poor", "poor", "exited", "exited", "poor", "exited"], "village": "v"})
    >>> safe = protected({"households": panel})
    >>> safe["paces"].query("passage == 'exit'")["passed_over"].tolist()
    [nan]
    >>> disclosure.values_of(safe["risk"])["followed"]
    WITHHELD
    """
    return publishable(**counted(ledgers))


def hides_poor(stocks, year):
    """Say whether how many are poor at the end of a year may not be told.

    Parameters
    ----------
    stocks : DataFrame
        As `protected` gives them.
    year : int
        The year.

    Returns
    -------
    bool
        True where the households or the persons are hidden.

    Examples
    --------
    >>> stocks = pd.DataFrame({"year": [2016, 2017], "poor_households": [30, None],
    ...                        "poor_persons": [90, None]})
    >>> hides_poor(stocks, 2016), hides_poor(stocks, 2017)
    (False, True)
    """
    return _hides(stocks, year, "poor")


def hides_start(stocks, year):
    """Say whether how many are poor or have exited at the end of a year may not be told.

    Parameters
    ----------
    stocks : DataFrame
        As `protected` gives them.
    year : int
        The year.

    Returns
    -------
    bool
        True where the households or the persons of either are hidden.

    Examples
    --------
    >>> stocks = pd.DataFrame({"year": [2017], "poor_households": 30, "poor_persons": 90,
    ...                        "exited_households": [None], "exited_persons": [None]})
    >>> hides_start(stocks, 2017)
    True
    """
    return any(_hides(stocks, year, state) for state in STATES)


def _hides(stocks, year, state):
    now = stocks.loc[stocks["year"] == year, [f"{state}_households", f"{state}_persons"]]
    return bool(now.isna().any(axis=None))


def counted(ledgers):
    """Count the flows and passages of a register, as the office knows them.

    Parameters
    ----------
    ledgers : mapping of str to DataFrame
        As for `protected`.

    Returns
    -------
    dict of str to DataFrame
        What `publishable` asks for: ``yearly, agreement, links, shares, paces, stocks``.

    Examples
    --------
    >>> panel = pd.DataFrame({"household": ["a", "a"], "year": [2016, 2017], "size": 4,
    ...                       "status": ["poor", "exited"], "village": "v"})
    >>> counted({"households": panel})["links"]["households"].tolist()
    [1]
    """
    households = ledgers["households"]
    none = pd.DataFrame(columns=["village", "year", "population"])
    kept = ledgers.get("flows", none)
    villages = ledgers.get("villages", none.astype({"year": float, "population": float}))
    moves = transitions(households)
    derived = flows(households, ledgers.get("members"))
    over = {"passed": "passed_over"}
    return {
        "yearly": yearly_closing(kept),
        "agreement": flow_agreement(derived, kept),
        "links": state_links(moves),
        "shares": passage_table(moves).rename(columns=over),
        "paces": passages(households, villages).rename(columns=over),
        "stocks": stocks(households),
    }


def publishable(*, yearly, agreement, links, shares, paces, stocks):
    """Hide small counts of the tables of flows and passages so that none gives another's away.

    Parameters
    ----------
    yearly : DataFrame
        From `yearly_closing`; ``residual`` is taken as known to everybody.
    agreement : DataFrame
        From `flow_agreement`, over the years of the links.
    links : DataFrame
        From `state_links`.
    shares : DataFrame
        From `passage_table`, with ``passed`` called ``passed_over``.
    paces : DataFrame
        From `passages`, with ``passed`` called ``passed_over``.
    stocks : DataFrame
        From `analysis.register.stocks`.

    Returns
    -------
    dict of str to DataFrame
        ``yearly, agreement, links, shares, paces, stocks``, and of one row each ``told``
        (households that exited and returned in all years), ``answer`` (as `latest_return` gives
        them) and ``risk``: household-years after an exit whose outcome is known (``followed``),
        how many of them fell back (``returned``), and both for the last year. Hidden numbers are
        missing and named in the column ``withheld``. The opening and closing of a year, those at
        risk and the stocks stand elsewhere too: unless they are small, they are hidden only where
        nothing else helps.

    Examples
    --------
    >>> yearly = pd.DataFrame({"year": [2017], "opening_persons": [90.0], "exited_persons": [50.0],
    ...                        "died_persons": [3.0], "closing_persons": [37.0]})
    >>> agreement = pd.DataFrame({"kept_flow": ["flow_exited"], "derived_persons": [50.0],
    ...                           "kept_persons": [50.0]})
    >>> links = pd.DataFrame({"year": 2017, "source": ["poor", "poor", "exited"],
    ...                       "target": ["exited", "poor", "exited"], "households": [12, 9, 30]})
    >>> shares = pd.DataFrame({"passage": ["exit", "return"], "year": 2017, "at_risk": [21, 30],
    ...     "passed_over": [12, 0], "hazard": [0.57, 0.0], "hazard_low": 0.0, "hazard_high": 1.0})
    >>> paces = pd.DataFrame({"passage": [], "year": [], "at_risk": [], "passed_over": []})
    >>> stocks = pd.DataFrame({"year": [2017], "poor_households": 9, "poor_persons": 37,
    ...                        "exited_households": 42, "exited_persons": 160})
    >>> safe = publishable(yearly=yearly, agreement=agreement, links=links, shares=shares,
    ...                    paces=paces, stocks=stocks)
    >>> safe["yearly"]["withheld"].tolist(), safe["agreement"]["withheld"].tolist()
    (['exited_persons;died_persons'], ['derived_persons;kept_persons'])
    """
    told, paces = list(paces), paces.assign(stayed=paces["at_risk"] - paces["passed_over"])
    frames = {"yearly": yearly, "agreement": agreement, "links": links, "shares": shares}
    frames = {name: frame.reset_index(drop=True) for name, frame in frames.items()}
    frames |= {"paces": paces.reset_index(drop=True), "risk": _risk(links)}
    frames["stocks"] = stocks.reset_index(drop=True)
    frames |= {"told": _totals(shares), "answer": _latest(shares)}
    counts = {
        name: {column: unit for column, unit in columns.items() if column in frames[name]}
        for name, columns in COUNTS.items()
    }
    safe = disclosure.protect_tied(frames, counts, ties(frames), others=MADE)
    return safe | {"paces": disclosure.picked(safe["paces"], told)}


def ties(frames):
    """List what a reader can add up among the tables of flows and passages.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        The tables by the names that `publishable` gives them.

    Returns
    -------
    Tied
        Every year's sum of flows, openings that are closings of the year before, sums over years,
        passages between states, and who is poor or has exited at the end of each year.

    Examples
    --------
    >>> yearly = pd.DataFrame({"year": [2016, 2017], "opening_persons": [9.0, 7.0],
    ...                        "closing_persons": [7.0, 5.0]})
    >>> none = pd.DataFrame({"year": [], "source": [], "target": [], "passage": [],
    ...                      "kept_flow": []})
    >>> frames = {"yearly": yearly, "links": none, "shares": none, "agreement": none,
    ...           "told": none, "answer": none, "paces": none, "risk": none, "stocks": none}
    >>> len(ties(frames).equations)
    5
    """
    equations = [
        *_by_year(frames["yearly"]),
        *_over_years(frames["yearly"], frames["agreement"], frames["links"]["year"]),
        *_states(frames["links"]),
        *_stocks(frames),
        *_passed(frames["links"], frames["shares"]),
        *_said(frames["shares"]),
        *_persons(frames["paces"], frames["yearly"]),
        *_people(frames),
        *_followed(frames["links"], frames["risk"]),
    ]
    unprinted = frozenset(_all(frames, "paces", "stayed"))
    return Tied(equations, [*_events(**frames)], _dear(frames), unprinted)


def _totals(shares):
    sums = shares.groupby("passage")["passed_over"].sum().reindex([*PASSAGES], fill_value=0)
    return pd.DataFrame({"exited": [sums["exit"]], "returned": [sums["return"]]})


def _latest(shares):
    last = shares[shares["passage"].eq("return")].tail(1).drop(columns="passage")
    names = {"passed_over": "passed", "hazard_low": "low", "hazard_high": "high"}
    return last.rename(columns=names).reset_index(drop=True)


def _outcomes(links):
    """Which passages are those of households that had exited, and of them fell back."""
    out = links["source"].eq("exited") & links["target"].ne(ABSENT)
    return out, out & links["target"].isin(POOR), links["year"].eq(links.loc[out, "year"].max())


def _risk(links):
    out, back, last = _outcomes(links)
    which = {"followed": out, "returned": back, "followed_last": out & last}
    which["returned_last"] = back & last
    return pd.DataFrame(
        {name: [links.loc[rows, "households"].sum()] for name, rows in which.items()}
    )


def _cells(table, column, which):
    return [Cell(table, int(row), column) for row in np.flatnonzero(which)]


def _flow(yearly, name, which):
    column = f"{name}_persons"
    return _cells("yearly", column, which) if column in yearly else []


def _by_year(yearly):
    years = yearly["year"]
    for year in years:
        plus, minus = (
            [cell for name in names for cell in _flow(yearly, name, years == year)]
            for names in (("opening", *GAINS), (*LOSSES, "closing"))
        )
        yield Equation(plus, minus)
    for before, year in pairwise(years):
        opening = _flow(yearly, "opening", years == year)
        yield Equation(opening, _flow(yearly, "closing", years == before))


def _over_years(yearly, agreement, compared):
    for row, name in enumerate(agreement["kept_flow"]):
        kept = [Cell("agreement", row, "kept_persons")]
        flow = name.removeprefix("flow_")
        yield Equation(_flow(yearly, flow, yearly["year"].isin(compared)), kept)
        yield Equation([Cell("agreement", row, "derived_persons")], kept)


def _moved(links, **of):
    which = np.logical_and.reduce([links[name].isin(values) for name, values in of.items()])
    return _cells("links", "households", which)


def _states(links):
    """Who ends a year in a state begins the next in it."""
    for before, year in pairwise(sorted(links["year"].unique())):
        for state in (*POOR, "exited"):
            ended = _moved(links, year=[before], target=[state])
            yield Equation(ended, _moved(links, year=[year], source=[state]))


def _stocks(frames):
    """The poor and those out are whoever ended the year so; the first year only begins the next."""
    links, paces, yearly = (frames[name] for name in ("links", "paces", "yearly"))
    for year in frames["stocks"]["year"]:
        for state, names in STATES.items():
            ended = _moved(links, year=[year], target=names)
            begun = _moved(links, year=[year + 1], source=names)
            yield from _same(_stock(frames, f"{state}_households", year), ended or begun)
            at_risk = _paced(paces, "at_risk", year + 1, PASSAGE_OF[state])
            yield from _same(_stock(frames, f"{state}_persons", year), at_risk)
        closing = _flow(yearly, "closing", yearly["year"] == year)
        yield from _same(_stock(frames, "poor_persons", year), closing)


def _stock(frames, column, year):
    return _cells("stocks", column, frames["stocks"]["year"] == year)


def _same(cells, others):
    """What nothing is held against stays unknown."""
    if cells and others:
        yield Equation(cells, others)


def _passed(links, shares):
    for row, (passage, year) in enumerate(zip(shares["passage"], shares["year"], strict=True)):
        start, end = PASSAGES[passage]
        begun = _moved(links, year=[year], source=start)
        yield Equation(begun, [Cell("shares", row, "at_risk")])
        both = _moved(links, year=[year], source=start, target=end)
        yield Equation(both, [Cell("shares", row, "passed_over")])


def _said(shares):
    for passage, name in (("exit", "exited"), ("return", "returned")):
        rows = _cells("shares", "passed_over", shares["passage"].eq(passage))
        yield Equation(rows, [Cell("told", 0, name)])
    for row in np.flatnonzero(shares["passage"].eq("return"))[-1:]:
        for name, own in (("at_risk", "at_risk"), ("passed_over", "passed")):
            yield Equation([Cell("shares", int(row), name)], [Cell("answer", 0, own)])


def _persons(paces, yearly):
    """The persons of a passage and of the flow are the same, but for births and deaths."""
    for row, (passage, year) in enumerate(zip(paces["passage"], paces["year"], strict=True)):
        begun, gone = (Cell("paces", row, name) for name in ("at_risk", "passed_over"))
        yield Equation([begun], [gone, Cell("paces", row, "stayed")])
        pairs = [(gone, FLOW_OF[passage])] + [(begun, "opening")] * (passage == "exit")
        for cell, flow in pairs:
            if kept := _flow(yearly, flow, yearly["year"] == year):
                yield Equation([cell], kept)


def _people(frames):
    """Those at risk are the people of the place; who is out stayed out or came to be."""
    paces = frames["paces"]
    for year in sorted(paces["year"].unique()):
        yield Equation(_paced(paces, "at_risk", year))
        yield Equation(
            [
                *_stock(frames, "exited_persons", year),
                *_paced(paces, "passed_over", year, "return"),
            ],
            [
                *_paced(paces, "at_risk", year, "return"),
                *_paced(paces, "passed_over", year, "exit"),
            ],
        )


def _paced(paces, column, year, passage=None):
    which = paces["year"].eq(year) & (True if passage is None else paces["passage"].eq(passage))
    return _cells("paces", column, which)


def _followed(links, risk):
    if risk.empty:
        return
    out, back, last = _outcomes(links)
    for name, which in (("followed", out), ("returned", back)):
        yield Equation(_cells("links", "households", which), [Cell("risk", 0, name)])
        latest = Cell("risk", 0, f"{name}_last")
        yield Equation(_cells("links", "households", which & last), [latest])


def _events(yearly, links, shares, paces, stocks, **_):
    for row in range(len(stocks)):
        for state in STATES:
            yield [Cell("stocks", row, f"{state}_{unit}") for unit in ("households", "persons")]
    for passage, name in (("exit", "exited"), ("return", "returned")):
        for row in np.flatnonzero(shares["passage"].eq(passage)):
            year = shares["year"].iloc[row]
            yield [
                Cell("shares", int(row), "passed_over"),
                *_flow(yearly, name, yearly["year"] == year),
                *_paced(paces, "passed_over", year, passage),
            ]
            yield [
                Cell("shares", int(row), "at_risk"),
                *_paced(paces, "at_risk", year, passage),
            ]
    for name, (start, end) in OTHER_EVENTS.items():
        for year in links["year"].unique():
            moved = _moved(links, year=[year], source=start, target=end)
            if len(moved) == 1:
                yield [
                    *moved,
                    *_flow(yearly, name, yearly["year"] == year),
                    *_paced(paces, "passed_over", year, name),
                ]


def _dear(frames):
    stocks = [cell for n in STOCKS for cell in _all(frames, "yearly", n) if n in frames["yearly"]]
    names = frames["agreement"]["kept_flow"].isin(["flow_opening", "flow_closing"])
    sums = [c for n in COUNTS["agreement"] for c in _cells("agreement", n, names)]
    at_risk = [
        cell for name in ("shares", "answer", "paces") for cell in _all(frames, name, "at_risk")
    ]
    ends = [cell for name in COUNTS["stocks"] for cell in _all(frames, "stocks", name)]
    return frozenset([*stocks, *sums, *at_risk, *ends])


def _all(frames, name, column):
    return _cells(name, column, np.ones(len(frames[name]), bool))
