"""Villages without a population: refused by name wherever a share of the people is told."""

import re

import pandas as pd
import pytest

from analysis import explore, funds, inhabitants, projection, synthetic, tables
from analysis.office import Office


@pytest.fixture(scope="module")
def ledgers():
    return dict(synthetic.city(scale=0.03, seed=1).tables)


def _lacking(ledgers, year, count=1):
    """The ledgers with the population of some villages blank in a year, and these villages."""
    villages = ledgers["villages"].copy()
    rows = villages.index[villages["year"] == year][:count]
    villages["population"] = villages["population"].astype("Int64")
    villages.loc[rows, "population"] = pd.NA
    return ledgers | {"villages": villages}, villages.loc[rows, "village"].tolist()


def _reach(ledgers):
    return funds.with_poor(ledgers["villages"], ledgers["households"])


def _outlook(ledgers):
    return explore.start(ledgers, 2017)


def _evidence(ledgers):
    given = tables.margins("demo_county"), tables.read("scenarios")
    kept = Office(ledgers, True, [{"id": "synthetic_city"}])
    return projection.evidence(*given, place="demo_county", year=2017, kept=kept)


@pytest.mark.parametrize(
    ("tell", "year"), [(_reach, 2014), (_outlook, 2017), (_evidence, 2017)], ids=lambda each: each
)
def test_a_village_without_a_population_is_refused_by_name(ledgers, tell, year):
    every = int((ledgers["villages"]["year"] == year).sum())
    spoilt, (village,) = _lacking(ledgers, year)
    said = f"the population (总人口数) of {year} is missing in 1 of {every} villages: {village};"
    with pytest.raises(ValueError, match=re.escape(said)):
        tell(spoilt)
    assert tell(ledgers) is not None


def test_without_any_population_the_money_is_told_and_nothing_a_head(ledgers):
    spoilt, villages = _lacking(ledgers, 2014, count=None)
    money = pd.DataFrame({"village": villages, "yuan": 100.0})
    told, whole = (funds.reach(money, _reach(each)) for each in (spoilt, ledgers))
    assert told["yuan_share"].tolist() == whole["yuan_share"].tolist()
    assert told[["population_share", "yuan_per_head"]].isna().all(axis=None)
    assert not whole[["population_share", "yuan_per_head"]].isna().any(axis=None)


def test_of_many_villages_ten_are_named():
    villages = pd.DataFrame({"village": [f"v{n:02d}" for n in range(12)], "population": None})
    with pytest.raises(ValueError, match=r"12 of 12 villages: v00, .*, v09, …; fill"):
        inhabitants.require(villages, 2017)
