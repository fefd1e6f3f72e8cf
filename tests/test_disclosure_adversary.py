"""The adversary on a whole brief: a hidden count changes, and no published byte does."""

import pandas as pd
import pytest
from adversary import differences, few_poor, one_member_more, published

from analysis import office, register

COUNTY = {"place": "demo_county", "area": "SYND"}
COUNTY_CHAPTERS = ("02", "04", "05", "07")
pytestmark = pytest.mark.slow


def _hold(root, monkeypatch, held, changed, chapters, **told):
    """Both ledgers give the same brief; the flows of the register, known to be safe, come first."""
    before, after = (register.protected(one.tables) for one in (held, changed))
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, after[name])
    briefs = (published(root, monkeypatch, one, chapters, **told) for one in (held, changed))
    assert differences(*briefs) == []


def test_where_few_are_poor_their_number_changes_and_nothing_published_does(root, monkeypatch):
    kept = office.ledgers("demo_county")
    few = few_poor(kept.tables, 3)
    held, changed = (kept._replace(tables=one) for one in (few, one_member_more(few)))
    _hold(root, monkeypatch, held, changed, COUNTY_CHAPTERS, **COUNTY)
