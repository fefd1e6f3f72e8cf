"""Chapters of a county that is through: nobody poor, and no village still in."""

import pytest
from projects import noted, run_cells

from analysis import exits, office

MADE_UP = {"place": "demo_county", "area": "SYND"}
YEAR = 2017
pytestmark = pytest.mark.slow


@pytest.fixture(params=[False, True], ids=["villages still in", "all villages out"])
def through(request, monkeypatch):
    """The made-up county after every household has exited, and every listed village or some."""
    kept = office.ledgers("demo_county")
    homes, villages = kept.tables["households"], kept.tables["villages"]
    last = homes["year"].eq(YEAR) & homes["status"].isin(exits.POOR)
    homes = homes.assign(status=homes["status"].mask(last, "exited"))
    if request.param:
        left = villages["poor_village"] & villages["exited_year"].isna()
        villages = villages.assign(exited_year=villages["exited_year"].mask(left, YEAR))
    tables = dict(kept.tables) | {"households": homes, "villages": villages}
    monkeypatch.setattr(office, "ledgers", lambda *_, **__: kept._replace(tables=tables))
    return request.param


@pytest.fixture
def said(monkeypatch):
    return noted(monkeypatch)


def _run(root, chapter, **told):
    return run_cells(root / "notebooks" / f"{chapter}.ipynb", **MADE_UP, **told)


def test_the_chapter_of_incidence_counts_nobody_among_all_its_people(root, through, said):
    names = _run(root, "02_poverty_incidence", horizon=2, draws=200)
    people = names["known"].margins.loc["rural_population", "value"]
    assert names["needed"]["persons"] == 0
    assert (names["needed"]["villages"] == 0) == through
    assert f" {people:,.0f} people" in said["incidence.today.register"]["text"]["en"]


def test_the_chapter_of_exits_plans_nothing_for_households_that_are_through(root, through, said):
    names = _run(root, "05_exit_readiness")
    assert names["plan"].persons == 0
    assert {"exits.release.none", "planning.home_works.none"} <= set(said)
    nothing = {"exits.readiness.none", "exits.binding.none", "planning.ways_out.none"}
    assert nothing & set(said) == (nothing if through else set())
