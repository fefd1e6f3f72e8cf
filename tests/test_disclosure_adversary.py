"""The adversary on a whole brief: a hidden count changes, and no published byte does."""

import pandas as pd
import pytest
from adversary import (
    differences,
    facts_of_one_changed,
    few_poor,
    nearly_all_unsafe,
    one_home_swapped,
    one_member_more,
    published,
    with_reports,
)

from analysis import disclosure, office, register, synthetic, tables

COUNTY = {"place": "demo_county", "area": "SYND"}
CITY = {"place": "wenshan"}
COUNTY_CHAPTERS = ("02", "04", "05", "07")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def city():
    """A city of some two thousand households, with every ledger there is."""
    made = synthetic.city(scale=0.03, seed=1, place="wenshan")
    source = tables.sources(pd.DataFrame({"source": ["synthetic_city"], "verification": "derived"}))
    return office.Office(disclosure.admitted(made.tables), True, source, made.truth)


def _hold(root, monkeypatch, held, changed, chapters, **told):
    """Both ledgers give the same brief; the flows of the register, known to be safe, come first."""
    before, after = (register.protected(one.tables) for one in (held, changed))
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, after[name])
    briefs = (published(root, monkeypatch, one, chapters, **told) for one in (held, changed))
    assert differences(*briefs) == []


@pytest.mark.parametrize("change", [one_member_more, facts_of_one_changed])
def test_where_few_are_poor_one_of_them_changes_and_nothing_published_does(
    root, monkeypatch, change
):
    kept = office.ledgers("demo_county")
    few = few_poor(kept.tables, 3)
    held, changed = (kept._replace(tables=one) for one in (few, change(few)))
    _hold(root, monkeypatch, held, changed, COUNTY_CHAPTERS, **COUNTY)


@pytest.mark.parametrize(
    ("few", "changed"),
    [
        ({"T19": [30, 1198]}, {"T19": [30, 1196]}),
        ({"T19": [1, 30]}, {"T19": [4, 30]}),
        ({"T25": [2, 4]}, {"T25": [4, 4]}),
        ({"T25": [90, 98]}, {"T25": [90, 106]}),
        ({"T24": [1, 1]}, {"T24": [1, 2]}),
    ],
    ids=[
        "households left",
        "households begun",
        "pupils done",
        "pupils left",
        "three pupils in all",
    ],
)
def test_reports_of_few_done_or_left_change_and_nothing_published_does(
    root, monkeypatch, city, few, changed
):
    """Targets: 1,200 households, 107 pupils, 3 pupils."""
    both = (city._replace(tables=with_reports(city.tables, one)) for one in (few, changed))
    _hold(root, monkeypatch, *both, ["06"], **CITY)


def test_the_few_safe_homes_of_a_township_change_and_nothing_published_does(root, monkeypatch):
    """Two townships hide: the one where two poor households live safely, and another beside it."""
    kept = office.ledgers("demo_county")
    first, *_, last = sorted(kept.tables["households"]["township"].unique())
    few = nearly_all_unsafe(kept.tables, first, 2)
    both = (few, one_home_swapped(few, first, last))
    _hold(root, monkeypatch, *(kept._replace(tables=one) for one in both), ["04"], **COUNTY)
