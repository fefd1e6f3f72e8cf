"""The adversary on real chapters: hidden cells change, sums stand, and no published byte does."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from projects import run_cells

from analysis import disclosure, exhibits, exits, office, register
from analysis.disclosure import guard
from tests.references_disclosure import counted, given_away, moved, small
from tests.references_register import said

MADE_UP = {"place": "demo_county", "area": "SYND"}
CHAPTERS = ("05_exit_readiness", "07_register_flows")
PARTS = ("yearly", "agreement", "links", "shares", "paces", "stocks")
pytestmark = pytest.mark.slow


@pytest.fixture
def seen(monkeypatch):
    """What the exhibits of a chapter are given and what they show, as they are made."""
    seen, hide, draw = [], disclosure.guarded_frames, exhibits.figure

    def watched(key, frames):
        safe = hide(key, frames)
        seen.append((key, frames, safe))
        return safe

    def undrawn(key, _, *data, **values):
        return draw(key, lambda *_, **__: None, *data, **values)

    monkeypatch.setattr(disclosure, "guarded_frames", watched)
    monkeypatch.setattr(exhibits, "figure", undrawn)
    return seen


@pytest.fixture
def protected(root, seen, monkeypatch):
    """Tables of people of two chapters on the made-up county, whose author forgot to protect them:
    as counted, as published."""
    columns = ["indicator", "failing", "released"]
    monkeypatch.setattr(exits, "publishable_release", lambda released, **_: released[columns])
    for chapter in CHAPTERS:
        _run(root, chapter)
    return [(key, frames, safe) for key, frames, safe in seen if guard.WITHHELD in safe[0]]


def _run(root, chapter, **told):
    return run_cells(root / "notebooks" / f"{chapter}.ipynb", **MADE_UP, **told)


def _counts(key, frame):
    return [name for name, form in guard._forms(key, frame).items() if form == "count"]


def _hidden(frame, safe, name):
    return np.flatnonzero(safe[name].isna() & frame[name].notna() & (frame[name] > 0))


def _moves(sums, hidden, cells):
    """One more here and one less there, in two cells or in four, so that every sum stands."""
    for size in (2, 4):
        for chosen in combinations(hidden, size):
            for plus in combinations(range(size), size // 2):
                move = np.zeros(cells)
                move[list(chosen)] = [1 if at in plus else -1 for at in range(size)]
                if not (sums @ move).any():
                    yield move


def _alike(before, after, fewest):
    """Of the same order of magnitude, and on the same side of the limit."""
    return all(
        new > 0
        and int(old).bit_length() == int(new).bit_length()
        and (old < fewest) == (new < fewest)
        for old, new in zip(before, after, strict=True)
    )


def _changes(key, frame, safe, name):
    """The table with hidden counts moved, each way that leaves what is known of them as it was."""
    padded, found = guard._assumed_sums(frame, [name])
    sums = disclosure.joined(padded[name].to_numpy(float), found).matrix[:, : len(frame)]
    counts = frame[name].to_numpy(float)
    fewest = disclosure.limits()[guard.counts_of(key, name)].fewest
    for move in _moves(sums, _hidden(frame, safe, name), len(frame)):
        at = move != 0
        if _alike(counts[at], (counts + move)[at], fewest):
            yield frame.assign(**{name: counts + move})


def test_hidden_cells_of_real_chapters_change_and_nothing_published_does(protected):
    tried = 0
    for key, (frame, *_), (safe, *_) in protected:
        alone = guard.guarded_frames(key, [frame])[0]
        for name in _counts(key, frame):
            for changed in _changes(key, frame, safe, name):
                again = guard.guarded_frames(key, [changed])[0]
                pd.testing.assert_frame_equal(again, alone, check_dtype=False)
                tried += 1
    assert tried >= 8, "too few hidden cells could be changed for the test to prove anything"


def _of(tables, townships):
    """The ledgers of some townships alone, where counts are small."""
    villages = tables["villages"]
    kept = villages[villages["township"].isin(villages["township"].unique()[:townships])]
    return {
        name: rows[rows["village"].isin(kept["village"])] if "village" in rows else rows
        for name, rows in tables.items()
    }


def _flows_as_shown(seen, names):
    """The tables of chapters 02 and 07 as shown, beside what the office counted."""
    shown = {key: safe[0] for key, _, safe in seen}
    yearly = shown["register.years"].merge(shown["register.closings"][["year", "closing_persons"]])
    true = register.counted(names["held"].tables)
    paces = true["paces"][["passage", "year"]]
    safe = {
        "yearly": yearly,
        "agreement": shown["register.agreement"],
        "links": shown["register.states"],
        "shares": shown["register.hazards"],
        "paces": paces.merge(shown["incidence.hazards"], on=["passage", "year"], how="left"),
        **{name: names["safe"][name] for name in ("told", "answer", "risk", "stocks")},
    }
    return true | said(true), safe


@pytest.mark.parametrize("townships", [5, 2, 1])
def test_no_sum_across_the_tables_of_two_chapters_gives_a_hidden_count_away(
    root, seen, monkeypatch, townships
):
    read = office.ledgers

    def some(*args, **told):
        held = read(*args, **told)
        return held._replace(tables=_of(held.tables, townships))

    monkeypatch.setattr(office, "ledgers", some)
    _run(root, "02_poverty_incidence", horizon=2, draws=200)
    true, safe = _flows_as_shown(seen, _run(root, "07_register_flows"))
    assert len(safe["yearly"]) == len(true["yearly"])
    assert all(np.isnan(safe[name][column].iloc[row]) for name, row, column in small(true))
    assert sum(np.isnan(safe[name][column].iloc[row]) for name, row, column in counted(true)) > 5
    assert given_away(true, safe) == []


def test_hidden_flows_of_the_real_chapter_change_and_nothing_published_does(root, seen):
    _run(root, "02_poverty_incidence", horizon=2, draws=200)
    names = _run(root, "07_register_flows")
    true, safe = _flows_as_shown(seen, names)
    tried = 0
    for changed in moved(true, safe):
        parts = {name: changed[name] for name in PARTS}
        for name, frame in register.publishable(**parts).items():
            pd.testing.assert_frame_equal(frame, names["safe"][name], check_dtype=False)
        tried += 1
    assert tried >= 4, "too few hidden counts could be changed for the test to prove anything"
