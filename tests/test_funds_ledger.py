"""Money of the ledgers: sums kept, months closed, targeting, sameness, how long works last."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import funds, inequality, office

PROJECTS = pd.DataFrame(
    {
        "project": ["p1", "p2", "p3", "p4"],
        "village": ["a", "b", "a", "c"],
        "township": ["t", "t", "t", "u"],
        "fund_source": ["special", "special", "firms", "special"],
        "level": ["central", "county", "county", "central"],
        "sector": ["industry", "industry", "housing", "industry"],
        "kind": ["pigs", "pigs", "repair", "herbs"],
        "approved_yuan": [100.0, 50.0, np.nan, 30.0],
        "approved_on": ["2017-01-10", "2017-02-01", "2017-02-20", "2017-04-01"],
        "started_on": ["2015-01-01", "2015-01-01", "2016-01-01", "2019-01-01"],
        "ended_on": ["2016-01-01", None, None, None],
    }
)
PAYMENTS = pd.DataFrame(
    {
        "project": ["p1", "p1", "p2"],
        "month": ["2017-02", "2017-05", "2017-05"],
        "disbursed_yuan": [80.0, 20.0, 50.0],
        "spent_yuan": [40.0, 40.0, np.nan],
    }
)
ENGINES = [lambda frame: frame, pl.from_pandas, duckdb.from_df]


@pytest.mark.parametrize("turn", ENGINES)
def test_allocation_keeps_the_total_and_counts_what_has_no_amount(turn):
    cells = funds.allocation(turn(PROJECTS))
    assert cells["approved_yuan"].sum() == 180
    assert (cells["projects"].sum(), cells["without_amount"].sum()) == (4, 1)
    flow = funds.links(cells)
    assert flow.groupby("stage")["approved_yuan"].sum().tolist() == [180, 180, 180]


def test_a_flow_names_the_largest_townships_and_loses_no_money():
    projects = PROJECTS.assign(level=["central", None, "county", "central"])
    flow = funds.flow(projects, most=1)
    held = funds.nodes(flow)
    assert held.groupby("stage")["approved_yuan"].sum().tolist() == [180] * 4
    assert held.groupby("stage")["share"].sum().tolist() == pytest.approx([1] * 4)
    assert held.query("stage == 3")["node"].tolist() == ["t", "other_townships"]
    assert held.query("stage == 1")["node"].tolist() == ["fund_central", "not_named"]


def test_on_a_day_only_what_came_before_it_is_known():
    works = PROJECTS.assign(
        approved_on=["2017-01-10", "2017-02-28", "2017-03-01", None],
        accepted_on=["2017-02-28", "2017-03-01", "2017-04-01", None],
    )
    paid = pd.DataFrame(
        {
            "project": ["p1", "p1", "p3", "unknown"],
            "month": ["2017-02", "2017-03", "2017-02", "2017-02"],
        }
    )
    known, before = funds.known_by(works, paid, "2017-02-28")
    assert known["project"].tolist() == ["p1", "p2", "p4"]
    assert known["accepted_on"].dropna().tolist() == ["2017-02-28"]
    assert known["started_on"].dropna().tolist() == ["2015-01-01", "2015-01-01"]
    assert before["project"].tolist() == ["p1", "unknown"]


def test_a_ledger_that_is_lacking_gives_no_rows_rather_than_zeros():
    books = office.Office({}, False, [])
    works, paid, villages, homes = (
        books.table(name) for name in ("projects", "payments", "villages", "households")
    )
    assert funds.flow(works).empty
    assert funds.execution(PROJECTS, paid).empty
    assert funds.kinds(works).empty
    assert funds.survival(works, "2018-01-01").empty
    assert funds.collective_by_township(villages).empty
    assert funds.housing(homes, works, paid).empty
    places = funds.with_poor(villages, homes)
    heads = funds.per_head(PROJECTS, places)
    assert funds.reach(PROJECTS.rename(columns={"approved_yuan": "yuan"}), places).empty
    assert funds.by_incidence(heads).empty
    assert funds.concentration(heads, draws=9, seed=1) == {}
    panel = funds.village_panel(homes, works, paid)
    assert funds.verdict(funds.followed(panel))["verdict"] == "no_estimate"


def test_a_village_of_unknown_incidence_has_missing_poor_and_not_none():
    villages = pd.DataFrame(
        {
            "village": ["a", "b", "a"],
            "year": [2014, 2014, 2015],
            "township": "t",
            "poor_village": [True, False, True],
            "population": [100, 50, 100],
        }
    )
    homes = pd.DataFrame(
        {"village": ["a", "a", "a"], "year": [2014, 2014, 2015], "size": [3, 2, 9]}
    ).assign(status=["poor", "returned", "poor"])
    places = funds.with_poor(villages, homes).set_index("village")
    assert places["poor_persons"].tolist() == [5, 0]
    assert places["headcount_ratio"].tolist() == [0.05, 0]
    assert funds.with_poor(villages, homes.query("year == 2015"))["poor_persons"].isna().all()


@pytest.mark.parametrize("turn", ENGINES)
def test_execution_follows_every_month(turn):
    months = funds.execution(turn(PROJECTS), turn(PAYMENTS)).set_index("month")
    assert list(months.index) == ["2017-01", "2017-02", "2017-03", "2017-04", "2017-05"]
    assert months["approved_yuan"].tolist() == [100, 150, 150, 180, 180]
    assert months["execution_rate"].tolist() == [0, 40 / 150, 40 / 150, 40 / 180, 80 / 180]
    assert months["carry_over_yuan"].tolist() == [0, 40, 40, 40, 70]
    assert months["unreported"].tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("projects", "payments", "said"),
    [
        (PROJECTS.head(1), PAYMENTS, "the first is p2"),
        (PROJECTS, PAYMENTS.assign(spent_yuan=-1.0), "negative"),
        (PROJECTS.assign(approved_on=None), PAYMENTS, "date of approval"),
    ],
)
def test_a_faulty_ledger_is_named(projects, payments, said):
    with pytest.raises(ValueError, match=said):
        funds.execution(projects, payments)


places = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 9), st.integers(1, 20)), min_size=2, max_size=12
)


@settings(max_examples=50)
@given(places)
def test_concentration_by_itself_is_the_gini_and_minus_itself_its_reverse(rows):
    amount, _, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    if amount.sum() == 0:
        return
    gini = inequality.gini(amount, weight)
    assert funds.concentration_index(amount, amount, weight) == pytest.approx(gini, abs=1e-9)
    assert funds.concentration_index(amount, -amount, weight) == pytest.approx(-gini, abs=1e-9)


@settings(max_examples=50)
@given(places, st.permutations(range(12)))
def test_concentration_ignores_order_and_the_scale_of_the_rank(rows, order):
    kept = [rows[place] for place in order if place < len(rows)]
    first, second = (
        [np.array(column, dtype=float) for column in zip(*some, strict=True)]
        for some in (rows, kept)
    )
    if first[0].sum() == 0:
        return
    index = funds.concentration_index(*first)
    assert -1 <= index <= 1
    again = funds.concentration_index(second[0], np.exp(second[1]), second[2])
    assert again == pytest.approx(index, abs=1e-9)


def test_money_that_names_no_village_is_shown_and_not_spread():
    villages = pd.DataFrame(
        {
            "village": ["a", "b"],
            "poor_village": [True, False],
            "population": [100, 300],
            "poor_persons": [30, 10],
        }
    )
    money = pd.DataFrame({"village": ["a", "b", None], "yuan": [60.0, 20.0, 20.0]})
    table = funds.reach(money, villages).set_index("village_group")
    assert table["yuan_share"].tolist() == [0.6, 0.2, 0.2]
    assert table["poor_persons"].tolist()[:2] == [30, 10]
    assert pd.isna(table.loc["no_village", "poor_persons"])
    assert table.loc["poor_villages", ["population_share", "poor_share"]].tolist() == [0.25, 0.75]
    with pytest.raises(ValueError, match="z"):
        funds.reach(pd.DataFrame({"village": ["z"], "yuan": [1.0]}), villages)


def _heads(yuan, seed=3):
    rng = np.random.default_rng(seed)
    incidence = rng.random(60)
    persons = rng.integers(500, 2500, 60)
    frame = {"headcount_ratio": incidence, "population": persons}
    return pd.DataFrame(frame).assign(yuan_per_head=yuan(incidence, rng))


def test_the_leaning_of_money_is_told_where_there_is_one():
    poorer = _heads(lambda incidence, rng: 100 * incidence + rng.random(60))
    found = funds.concentration(poorer, draws=300, seed=1)
    assert found["verdict"] == "poorer_get_more"
    assert found["index_low"] < found["index"] < found["index_high"] < 0
    richer = _heads(lambda incidence, rng: 100 * (1 - incidence))
    assert funds.concentration(richer, draws=300, seed=1)["verdict"] == "richer_get_more"
    chance = _heads(lambda incidence, rng: rng.random(60))
    assert funds.concentration(chance, draws=300, seed=1)["verdict"] == "cannot_tell"


def test_equal_money_a_head_leaves_half_to_each_half():
    found = funds.concentration(_heads(lambda incidence, rng: 70.0), draws=50, seed=1)
    assert found["half"] == pytest.approx(0.5)
    assert found["index"] == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
def test_the_interval_of_the_index_holds_the_index_of_the_rule_behind_the_money():
    # Money follows a rule and chance; the index of many villages under the same rule is the truth.
    rng = np.random.default_rng(8)

    def villages(number):
        incidence = rng.beta(2, 6, number)
        yuan = 1000 * incidence**0.6 * rng.lognormal(0, 0.5, number)
        frame = {"headcount_ratio": incidence, "population": rng.integers(500, 2500, number)}
        return pd.DataFrame(frame).assign(yuan_per_head=yuan)

    many = villages(200_000)
    truth = funds.concentration_index(
        many["yuan_per_head"], -many["headcount_ratio"], many["population"]
    )
    found = [funds.concentration(villages(139), draws=100, seed=seed) for seed in range(50)]
    held = [row["index_low"] <= truth <= row["index_high"] for row in found]
    assert 0.8 <= np.mean(held) <= 0.98


def test_fifths_go_from_the_poorest_and_sum_to_the_whole():
    table = funds.by_incidence(_heads(lambda incidence, rng: 100 * incidence))
    assert table["headcount_ratio"].is_monotonic_decreasing
    assert table["village_count"].sum() == 60
    assert table[["population_share", "yuan_share"]].sum().tolist() == pytest.approx([1, 1])


def test_money_without_regard_to_incidence_cannot_be_told_apart():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"headcount_ratio": rng.random(40), "yuan_per_head": rng.random(40)})
    assert funds.per_head_rank(table, draws=300, seed=1)["verdict"] == "cannot_tell"
    table["yuan_per_head"] = -table["headcount_ratio"] + rng.normal(0, 0.1, 40)
    assert funds.per_head_rank(table, draws=300, seed=1)["verdict"] == "richer_get_more"


def test_sameness_is_one_when_all_raise_pigs_and_falls_with_variety():
    kinds = pd.DataFrame({"village": list("abcd"), "sector": "industry", "kind": "pigs"})
    alike = funds.sameness(kinds)
    assert (alike["herfindahl"], alike["commonest_share"], alike["only_commonest_share"]) == (
        1,
        1,
        1,
    )
    varied = funds.sameness(kinds.assign(kind=list("wxyz")))
    assert (varied["herfindahl"], varied["even_kinds"]) == (0.25, 4)
    renamed = funds.sameness(PROJECTS.replace({"kind": {"pigs": "zebu", "herbs": "ants"}}))
    assert renamed["herfindahl"] == funds.sameness(PROJECTS)["herfindahl"] == pytest.approx(5 / 9)


def test_neighbours_that_copy_each_other_are_found_and_chance_is_not():
    villages = pd.DataFrame(
        {"village": [f"v{n:02d}" for n in range(24)], "township": np.repeat(list("abcdef"), 4)}
    )
    pairs = funds.neighbour_pairs(villages)
    assert len(pairs) == 6 * 6
    copied = villages.assign(sector="industry", kind=villages["township"])
    assert funds.similarity(copied, pairs, draws=199, seed=1)["verdict"] == "alike"
    rng = np.random.default_rng(5)
    random = copied.assign(kind=rng.choice(list("xyz"), 24))
    assert funds.similarity(random, pairs, draws=199, seed=1)["verdict"] == "cannot_tell"


def test_survival_counts_running_projects_for_as_long_as_they_have_run():
    starts = ["2010-01-01"] * 4
    ends = ["2011-01-01", "2012-01-01", None, "2014-01-01"]
    curve = funds.survival(pd.DataFrame({"started_on": starts, "ended_on": ends}), "2013-01-01")
    # The fourth ends after the ledger closes: it is running.
    assert curve["lasting"].tolist() == pytest.approx([0.75, 0.5])
    assert (
        (curve["lasting_low"] < curve["lasting"]) & (curve["lasting"] < curve["lasting_high"])
    ).all()
    assert funds.lasting(curve, 1.5)["lasting"] == 0.75
    assert funds.lasting(curve, 1.5)["median"] == pytest.approx(2, abs=0.01)


def test_survival_without_an_end_or_start_and_with_a_wrong_date():
    running = pd.DataFrame({"started_on": ["2015-01-01"], "ended_on": [None]})
    assert funds.lasting(funds.survival(running, "2018-01-01"), 2)["lasting"] == 1
    assert funds.survival(running, "2014-01-01").empty
    with pytest.raises(ValueError, match="end before they start"):
        funds.survival(running.assign(ended_on="2014-01-01"), "2018-01-01")


def test_survival_covers_the_truth_of_exponential_lives():
    rng = np.random.default_rng(11)
    start = pd.Timestamp("2012-01-01") + pd.to_timedelta(rng.integers(0, 1500, 600), "D")
    end = start + pd.to_timedelta(rng.exponential(3 * 365.25, 600), "D")
    curve = funds.survival(
        pd.DataFrame({"started_on": start.astype(str), "ended_on": end.astype(str)}), "2018-03-01"
    )
    found = funds.lasting(curve, 2.0)
    assert found["lasting_low"] < np.exp(-2 / 3) < found["lasting_high"]


def test_an_unknown_collective_income_widens_the_share():
    villages = pd.DataFrame(
        {"village": list("abcd"), "year": 2017, "collective_income_yuan": [0, 1.0, None, None]}
    )
    row = funds.without_collective_income(villages).iloc[0]
    assert (row["share_low"], row["share_high"]) == (0.25, 0.75)


def test_townships_without_collective_income_add_up_and_poor_villages_are_told_apart():
    villages = pd.DataFrame(
        {
            "village": list("abcda"),
            "year": [2017] * 4 + [2016],
            "township": ["t", "t", "u", "u", "t"],
            "poor_village": pd.array([True, False, True, None, True], dtype="boolean"),
            "collective_income_yuan": [0.0, 0.0, 9.0, None, 0.0],
        }
    )
    table = funds.collective_by_township(villages).set_index("township")
    assert table["without"].to_dict() == {"t": 2, "u": 0}
    assert table["poor_without"].to_dict() == {"t": 1, "u": 0}
    assert table.loc["u", ["share_low", "share_high"]].tolist() == [0, 0.5]


def test_neighbours_are_not_compared_where_none_has_a_project():
    villages = pd.DataFrame({"village": ["a", "b"], "township": ["t", "u"]})
    projects = pd.DataFrame({"village": ["a", "b"], "sector": "industry", "kind": "pigs"})
    found = funds.alike(projects, villages, draws=9, seed=1)
    assert found["neighbours_verdict"] == "no_pairs"
    assert found["commonest_share"] == 1


def test_housing_counts_homes_of_the_last_year_and_keeps_works_of_other_sectors_out():
    homes = pd.DataFrame(
        {
            "year": [2017, 2017, 2017, 2017, 2016],
            "township": ["t", "t", "u", "u", "u"],
            "status": ["poor", "exited", "returned", "poor", "poor"],
            "house_grade": ["D", "D", "C", None, "D"],
        }
    )
    table = funds.housing(homes, PROJECTS.assign(accepted_on="2017-05-01"), PAYMENTS)
    table = table.set_index("township")
    assert table["unsafe"].to_dict() == {"t": 1, "u": 1}
    assert table["ungraded"].to_dict() == {"t": 0, "u": 1}
    assert table["works"].to_dict() == {"t": 1, "u": 0}
    assert table["accepted"].to_dict() == {"t": 1, "u": 0}
    unpaid = funds.housing(homes, PROJECTS.assign(accepted_on=None), PAYMENTS.iloc[:0])
    assert unpaid["spent_yuan"].isna().all()
    assert unpaid["works"].notna().all()


def test_housing_counts_the_works_of_townships_where_nobody_is_poor_any_more():
    homes = pd.DataFrame({"year": [2016, 2017, 2017], "township": ["u", "t", "v"],
                          "status": ["poor", "poor", "exited"], "house_grade": "D"})  # fmt: skip
    works = pd.DataFrame({"project": list("abcd"), "township": ["t", "u", "u", "v"],
                          "sector": "housing", "approved_yuan": 900.0,
                          "accepted_on": ["2017-05-01", "2017-05-01", None, None]})  # fmt: skip
    paid = pd.DataFrame({"project": list("abcd"), "spent_yuan": [1.0, 20.0, 300.0, 4000.0]})
    table = funds.housing(homes, works, paid).set_index("township")
    assert table["unsafe"].to_dict() == {"t": 1, "u": 0, "v": 0}
    assert table[["works", "accepted"]].sum().tolist() == [4, 2]
    assert table["spent_yuan"].to_dict() == {"t": 1, "u": 320, "v": 4000}
    # No register is no row; one in which nobody is poor is a row of none.
    assert funds.housing(homes.iloc[:0], works, paid).empty
    assert funds.housing(homes.iloc[2:], works, paid)["unsafe"].tolist() == [0, 0, 0]


def test_year_ends_keep_december_and_the_last_month():
    months = pd.DataFrame({"month": ["2016-11", "2016-12", "2017-01", "2017-02"]})
    assert funds.year_ends(months)["month"].tolist() == ["2016-12", "2017-02"]
