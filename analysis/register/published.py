"""The tables of flows and passages made safe at once: each is made of the cells of the others."""

from itertools import pairwise

import numpy as np
import pandas as pd

from analysis import disclosure
from analysis.disclosure import Cell, Equation, Tied
from analysis.register.closings import KEPT, PASSAGES
from analysis.register.flows import GAINS, LOSSES
from analysis.register.states import ABSENT
from analysis.statuses import POOR

OFF = ("never", ABSENT)
# The same event counted as persons by the ledger of flows and as households by the panel.
OTHER_EVENTS = {"new": (OFF, POOR), "removed": (POOR, OFF)}
STOCKS = ("opening_persons", "closing_persons")
COUNTS = {
    "yearly": {f"{name}_persons": "person" for name in KEPT},
    "agreement": {"derived_persons": "person", "kept_persons": "person"},
    "links": {"households": "household"},
    "shares": {"at_risk": "household", "passed_over": "household"},
    "told": {"exited": "household", "returned": "household"},
    "answer": {"at_risk": "household", "passed": "household"},
}
MADE = {"shares": ["hazard", "hazard_low", "hazard_high"], "answer": ["hazard", "low", "high"]}


def publishable(yearly, agreement, links, shares):
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

    Returns
    -------
    dict of str to DataFrame
        ``yearly, agreement, links, shares``, and of one row each ``told`` (households that exited
        and returned in all years) and ``answer`` (as `latest_return` gives them). Hidden numbers
        are missing and named in the column ``withheld``. The opening and closing of a year and the
        households at risk stand elsewhere too: they are hidden only where nothing else helps.

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
    >>> safe = publishable(yearly, agreement, links, shares)
    >>> safe["yearly"]["withheld"].tolist(), safe["agreement"]["withheld"].tolist()
    (['exited_persons;died_persons'], ['derived_persons;kept_persons'])
    """
    frames = {"yearly": yearly, "agreement": agreement, "links": links, "shares": shares}
    frames = {name: frame.reset_index(drop=True) for name, frame in frames.items()}
    frames |= {"told": _totals(shares), "answer": _latest(shares)}
    counts = {
        name: {column: unit for column, unit in columns.items() if column in frames[name]}
        for name, columns in COUNTS.items()
    }
    return disclosure.protect_tied(frames, counts, ties(frames), others=MADE)


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
        passages between states and the households in a state from one year to the next.

    Examples
    --------
    >>> yearly = pd.DataFrame({"year": [2016, 2017], "opening_persons": [9.0, 7.0],
    ...                        "closing_persons": [7.0, 5.0]})
    >>> none = pd.DataFrame({"year": [], "source": [], "target": [], "passage": [],
    ...                      "kept_flow": []})
    >>> frames = {"yearly": yearly, "links": none, "shares": none, "agreement": none,
    ...           "told": none, "answer": none}
    >>> len(ties(frames).equations)
    5
    """
    equations = [
        *_by_year(frames["yearly"]),
        *_over_years(frames["yearly"], frames["agreement"], frames["links"]["year"]),
        *_stocks(frames["links"]),
        *_passed(frames["links"], frames["shares"]),
        *_said(frames["shares"]),
    ]
    return Tied(equations, [*_events(**frames)], _dear(frames))


def _totals(shares):
    sums = shares.groupby("passage")["passed_over"].sum()
    return pd.DataFrame({"exited": [sums["exit"]], "returned": [sums["return"]]})


def _latest(shares):
    last = shares[shares["passage"].eq("return")].tail(1).drop(columns="passage")
    names = {"passed_over": "passed", "hazard_low": "low", "hazard_high": "high"}
    return last.rename(columns=names).reset_index(drop=True)


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


def _stocks(links):
    """Who ends a year in a state begins the next in it; how many end the last is told elsewhere."""
    years = sorted(links["year"].unique())
    for before, year in pairwise(years):
        for state in (*POOR, "exited"):
            ended = _moved(links, year=[before], target=[state])
            yield Equation(ended, _moved(links, year=[year], source=[state]))
    for year in years[-1:]:
        yield Equation(_moved(links, year=[year], target=POOR))
        yield Equation(_moved(links, year=[year], target=["exited"]))


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


def _events(yearly, links, shares, **_):
    for passage, name in (("exit", "exited"), ("return", "returned")):
        for row in np.flatnonzero(shares["passage"].eq(passage)):
            year = shares["year"].iloc[row]
            yield [
                Cell("shares", int(row), "passed_over"),
                *_flow(yearly, name, yearly["year"] == year),
            ]
    for name, (start, end) in OTHER_EVENTS.items():
        for year in links["year"].unique():
            moved = _moved(links, year=[year], source=start, target=end)
            if len(moved) == 1:
                yield [*moved, *_flow(yearly, name, yearly["year"] == year)]


def _dear(frames):
    stocks = [cell for n in STOCKS for cell in _all(frames, "yearly", n) if n in frames["yearly"]]
    names = frames["agreement"]["kept_flow"].isin(["flow_opening", "flow_closing"])
    sums = [c for n in COUNTS["agreement"] for c in _cells("agreement", n, names)]
    at_risk = [cell for name in ("shares", "answer") for cell in _all(frames, name, "at_risk")]
    return frozenset([*stocks, *sums, *at_risk])


def _all(frames, name, column):
    return _cells(name, column, np.ones(len(frames[name]), bool))
