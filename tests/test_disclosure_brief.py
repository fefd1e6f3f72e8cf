"""The whole brief: a count of people that one chapter hides stands in no other chapter either.

Every exhibit of the chapters is watched as it is made. `SAME` names the counts that are one and the
same in several exhibits: a cell of a table, a sum of cells or a value of a sentence.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from projects import run_cells

from analysis import disclosure, exhibits, office, synthetic, tables, words
from tests.references_disclosure import POOR

PLACE = "demo_county"
YEAR = 2017
pytestmark = pytest.mark.slow


class Told(NamedTuple):
    """A count as one exhibit tells it: which count it is, where it stands, what, and if hidden."""

    count: tuple
    where: str
    value: float
    hidden: bool


class Brief(NamedTuple):
    """What exhibits were given and what they show: tables and values of sentences, by key."""

    tables: dict
    said: dict


def _watched(monkeypatch):
    brief = Brief({}, {})
    hide, keep, draw = disclosure.guarded_frames, disclosure.guarded_values, exhibits.figure

    def frames(key, given):
        brief.tables[key] = safe = hide(key, given)
        return safe

    def values(key, texts, given):
        safe = keep(key, texts, given)
        brief.said.setdefault(key, {}).update(safe)
        return safe

    def undrawn(key, _, *data, **told):
        return draw(key, lambda *_, **__: None, *data, **told)

    monkeypatch.setattr(disclosure, "guarded_frames", frames)
    monkeypatch.setattr(disclosure, "guarded_values", values)
    monkeypatch.setattr(exhibits, "figure", undrawn)
    return brief


def _run(root, chapter, place):
    path = root / "notebooks" / f"{chapter}.ipynb"
    run_cells(path, place=place, area="SYND", horizon=2, draws=200)


def _shown(brief, key, column, **of) -> Iterator[tuple[pd.Series, float]]:
    """The rows of an exhibit's table that are asked for, and the number of a column, if shown."""
    for frame in brief.tables.get(key, [])[:1]:
        which = np.ones(len(frame), bool)
        for name, value in of.items():
            which &= frame[name].isin(np.atleast_1d(value)).to_numpy()
        for _, row in frame[which].iterrows():
            yield row, float(row[column])


def _told(brief) -> Iterator[Told]:
    """Every count that stands in several exhibits, as each tells it."""
    for name in ("exited", "returned", "new"):
        for row, value in _shown(brief, "register.years", f"{name}_persons"):
            yield _one(("persons", name, row["year"]), "register.years", value)
    flows = {"exit": "exited", "return": "returned", "new": "new"}
    for row, value in _shown(brief, "incidence.hazards", "passed_over", hazard_basis="counted"):
        yield _one(("persons", flows[row["passage"]], row["year"]), "incidence.hazards", value)
    yield from _stocks(brief)
    yield from _passages(brief)
    yield from _returns(brief)
    yield from _tests(brief)


def _stocks(brief):
    for row, value in _shown(brief, "register.years", "opening_persons"):
        yield _one(("poor persons", row["year"] - 1), "register.years", value)
    for key, column in (("years", "closing_persons"), ("closings", "closing_persons")):
        for row, value in _shown(brief, f"register.{key}", column):
            yield _one(("poor persons", row["year"]), f"register.{key}", value)
    for row, value in _shown(brief, "incidence.hazards", "at_risk", passage="exit"):
        if row["hazard_basis"] == "counted":
            yield _one(("poor persons", row["year"] - 1), "incidence.hazards", value)
    if "incidence.today.register" in brief.said:
        told = brief.said["incidence.today.register"]
        yield from _worked_out(("poor persons", YEAR), "incidence.today", told["poor"])
        yield from _worked_out(("poor households", YEAR), "incidence.today", told["households"])
    for _, value in _shown(brief, "exits.both", "units"):
        yield _one(("poor households", YEAR), "exits.both", value)
        break


def _passages(brief):
    ends = {"exit": (POOR, ["exited"]), "return": (["exited"], POOR)}
    for row, value in _shown(brief, "register.hazards", "passed_over"):
        count = ("households", row["passage"], row["year"])
        yield _one(count, "register.hazards", value)
        start, end = ends[row["passage"]]
        cells = brief.tables["register.states"][0]
        moved = cells["from_state"].isin([f"state_{one}" for one in start]) & cells[
            "to_state"
        ].isin([f"state_{one}" for one in end])
        summed = cells.loc[moved & cells["year"].eq(row["year"]), "households"].sum(skipna=False)
        yield from _worked_out(count, "register.states", summed)
    told = brief.said.get("register.states", {})
    for name, passage in (("exited", "exit"), ("returned", "return")):
        if name in told:
            yield from _worked_out(("households", passage, "all"), "register.states", told[name])
            rows = brief.tables["register.hazards"][0].query("passage == @passage")
            summed = rows["passed_over"].sum(skipna=False)
            yield from _worked_out(("households", passage, "all"), "register.hazards", summed)


def _returns(brief):
    last = ("households", "return", YEAR)
    if "register.answer.kept" in brief.said:
        yield from _worked_out(
            last, "register.answer", brief.said["register.answer.kept"]["passed"]
        )
    if "returns.odds" in brief.said:
        every = ("households", "return", "all")
        yield from _worked_out(every, "returns.odds", brief.said["returns.odds"]["events"])
        scores = brief.tables["returns.scores"][0].set_index("tested_on")["returns"]
        yield _one(last, "returns.scores", scores["test_time"])
        yield _one(every, "returns.scores", scores["test_village"])
        groups = brief.tables["returns.held"][0]["returns"]
        yield from _worked_out(last, "returns.held", groups.sum(skipna=False))
        yield from _ranked(brief, groups, len(groups))
        yield from _kinds(brief)


def _ranked(brief, groups, number):
    """Of the households ranked highest: a group of the table, a step of the curve drawn."""
    total = brief.tables["returns.scores"][0]["returns"].iloc[0]
    key = next(key for key in brief.tables if key.startswith("returns.gain"))
    for frame in brief.tables[key]:
        share = frame["share" if "share" in frame else "share_visited"].round(6)
        met = (frame["model"] * total).set_axis(share)
        for rank in range(1, number + 1):
            top, under = round(rank / number, 6), round((rank - 1) / number, 6)
            if number == 10 and top in met.index:
                step = met[top] - (met.get(under, np.nan) if under else 0.0)
                yield from _worked_out(("rank", rank), f"{key} {len(frame)} rows", step)
    for rank in range(1, number + 1):
        yield _one(("rank", rank), "returns.held", groups.iloc[-rank])


def _kinds(brief):
    said = next(told for key, told in brief.said.items() if key.startswith("returns.visits"))
    kinds = brief.tables["returns.kinds"][0].set_index("watched_as")["watched_households"]
    if "unstable" in said:
        yield _one(("kind", "unstable"), "returns.kinds", kinds["kind_unstable"])
        yield from _worked_out(("kind", "unstable"), "returns.visits", said["unstable"])


def _tests(brief):
    for _, value in _shown(brief, "exits.release", "failing", test="test_housing"):
        yield _one(("unsafe homes", YEAR), "exits.release", value)
    if "funds.housing" in brief.said:
        yield from _worked_out(
            ("unsafe homes", YEAR), "funds.housing", brief.said["funds.housing"]["unsafe"]
        )


def _worked_out(count, where, value) -> Iterator[Told]:
    """A sum tells the count if all of it is shown, and hides nothing if not; nor does a sentence,
    which tells none of its numbers where one is small."""
    if value is not words.WITHHELD and not np.isnan(value):
        yield _one(count, where, value)


def _one(count, where, value):
    hidden = value is words.WITHHELD or (isinstance(value, float) and np.isnan(value))
    return Told(count, where, np.nan if hidden else float(value), hidden)


def _give_aways(told):
    """Counts that one exhibit hides and another prints."""
    frame = pd.DataFrame(told)
    for count, rows in frame.groupby("count", sort=False):
        if rows["hidden"].any() and not rows["hidden"].all():
            printed = rows[~rows["hidden"]]
            yield count, *printed[["where", "value"]].iloc[0], *rows.loc[rows["hidden"], "where"]


def _of(ledgers, townships):
    villages = ledgers["villages"]
    names = [villages["township"].unique()[at] for at in townships]
    kept = villages.loc[villages["township"].isin(names), "village"]
    return {
        name: rows[rows["village"].isin(kept)] if "village" in rows else rows
        for name, rows in ledgers.items()
    }


@pytest.mark.parametrize("townships", [range(5), [2, 3], [0]], ids=str)
def test_what_one_chapter_of_the_county_hides_no_other_prints(root, monkeypatch, townships):
    read = office.ledgers

    def some(*args, **told):
        held = read(*args, **told)
        return held._replace(tables=_of(held.tables, townships))

    monkeypatch.setattr(office, "ledgers", some)
    brief = _watched(monkeypatch)
    more = ("04_fund_allocation", "05_exit_readiness") if len(townships) == 5 else ()
    for chapter in ("02_poverty_incidence", "07_register_flows", *more):
        _run(root, chapter, PLACE)
    told = [*_told(brief)]
    assert len({one.count for one in told}) > 15
    assert not [*_give_aways(told)]
    if len(townships) < 5:
        assert sum(one.hidden for one in told) > 4, "nothing to hide proves nothing"


@pytest.mark.usefixtures("coarse")
def test_a_count_that_is_rounded_is_rounded_in_every_chapter(root, monkeypatch):
    """A sum of multiples is one too; a chapter that prints a true count shows that it does."""
    brief = _watched(monkeypatch)
    for chapter in ("02_poverty_incidence", "05_exit_readiness", "07_register_flows"):
        _run(root, chapter, PLACE)
    told = [one for one in _told(brief) if not one.hidden]
    bases = [10 if "persons" in one.count[0] else 5 for one in told]
    assert len({one.count for one in told}) > 15
    assert not [one for one, base in zip(told, bases, strict=True) if one.value % base]


def test_what_one_chapter_of_a_small_city_hides_no_other_prints(root, monkeypatch):
    made = synthetic.city(scale=0.08, seed=1, place="wenshan")
    source = tables.sources(pd.DataFrame({"source": ["synthetic_city"], "verification": "derived"}))
    held = office.Office(disclosure.admitted(made.tables), True, source, made.truth)
    monkeypatch.setattr(office, "ledgers", lambda *_, **__: held)
    brief = _watched(monkeypatch)
    for chapter in ("07_register_flows", "09_return_risk"):
        _run(root, chapter, "wenshan")
    told = [*_told(brief)]
    assert sum(one.hidden for one in told) > 4, "nothing to hide proves nothing"
    assert not [*_give_aways(told)]
