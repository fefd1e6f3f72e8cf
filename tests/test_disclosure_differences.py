"""Numbers of one chapter taken from each other: no difference tells what a table hides."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from analysis import (
    disclosure,
    exits,
    office,
    planning,
    projection,
    register,
    returns,
    tables,
    words,
)
from analysis.charts import exits as exit_charts
from analysis.charts import incidence as charts

FEWEST = disclosure.limits()["household"].fewest
ROOM = disclosure.limits()["household"].room
GROUPS = 10


def is_few(number):
    return 0 < abs(number) < FEWEST


def ranked(seed):
    """Ten groups by their chance, and the curve of visits that passes through the highest."""
    rng = np.random.default_rng(seed)
    back = rng.poisson(np.geomspace(0.4, 40, GROUPS))
    groups = pd.DataFrame({"chance_group": np.arange(1, GROUPS + 1), "group_households": 60,
                           "returns": back, "expected_share": back / 60})  # fmt: skip
    groups = groups.assign(**dict.fromkeys(("observed_share", "observed_share_low"), back / 60))
    groups["observed_share_high"] = 0.9
    met = back[::-1].cumsum()[:4] / back.sum()
    gains = pd.DataFrame({"share": [0.1, 0.2, 0.3, 0.4], "model": met, "rule": met * 0.9,
                          "random": [0.1, 0.2, 0.3, 0.4]})  # fmt: skip
    return groups, gains


def scored(total, every):
    tests = {"tested_on": ["test_time", "test_village"], "expected": 1.0, "brier": 0.1,
             "calibration_error": 0.1, "brier_skill": 0.1, "returns": [total, every]}  # fmt: skip
    return pd.DataFrame(tests)


def most_returns(shown, curve, total, group):
    """The most that a group can hold for who knows the total, the groups and the curve shown."""
    known = [(np.ones(GROUPS), total)]
    known += [(np.eye(GROUPS)[at], n) for at, n in enumerate(shown) if not np.isnan(n)]
    known += [
        (np.arange(GROUPS) >= GROUPS - 1 - at, share * total)
        for at, share in enumerate(curve)
        if not np.isnan(share)
    ]
    rows, sums = zip(*known, strict=True)
    found = optimize.linprog(-np.eye(GROUPS)[group], A_eq=np.array(rows, float), b_eq=sums)
    return -found.fun


def pinned(groups, safe, gains):
    """Small groups that are hidden and yet cannot hold as many more as they must seem to."""
    total, back = groups["returns"].sum(), groups["returns"].to_numpy()
    shown, curve = safe.to_numpy(float), gains["model"].to_numpy(float)
    return [
        at
        for at in np.flatnonzero(np.isnan(shown))
        if is_few(back[at]) and most_returns(shown, curve, total, at) < back[at] + ROOM - 1e-6
    ]


@pytest.mark.parametrize("seed", range(8))
def test_the_curve_of_visits_does_not_tell_the_returns_that_the_groups_hide(seed):
    groups, gains = ranked(seed)
    total = groups["returns"].sum()
    risk = pd.DataFrame({"returned": [300.0], "returned_last": [float(total)]})
    safe = returns.publishable_test(risk, scored(total, 300), groups, gains, gains[-1:])
    assert not safe["groups"]["returns"].map(is_few).any()
    assert pinned(groups, safe["groups"]["returns"], safe["gains"]) == []
    assert safe["scores"]["returns"].tolist() == [total, 300]


def test_guarded_alone_the_groups_are_told_by_the_curve():
    """The test above can fail: the curve was published so before."""
    found = []
    for seed in range(8):
        groups, gains = ranked(seed)
        alone = disclosure.guarded_frames("returns.held", [groups])[0]["returns"]
        found += pinned(groups, alone, gains)
    assert found


def test_returns_that_the_flows_hide_are_hidden_in_the_test_too():
    groups, gains = ranked(1)
    total = groups["returns"].sum()
    for gone, row in (("returned", 1), ("returned_last", 0)):
        risk = pd.DataFrame({"returned": [300.0], "returned_last": [float(total)]})
        risk[gone] = np.nan
        safe = returns.publishable_test(risk, scored(total, 300), groups, gains, gains[-1:])
        assert np.isnan(safe["scores"]["returns"].iloc[row])
        assert not np.isnan(safe["scores"]["returns"].iloc[1 - row])
        if gone == "returned_last":
            assert not safe["groups"]["returns"].gt(0).any()
            assert safe["gains"][["model", "rule"]].isna().all(axis=None)


def test_of_few_returns_neither_those_met_nor_those_missed_are_told():
    groups, _ = ranked(1)
    met = [0.0, 2, 5, 8]
    gains = pd.DataFrame({"share": [0.05, 0.1, 0.3, 0.9], "rule": np.divide(met, 8.0)})
    risk = pd.DataFrame({"returned": [300.0], "returned_last": [8.0]})
    safe = returns.publishable_test(risk, scored(8, 300), groups[:0], gains, gains[-1:])["gains"][
        "rule"
    ]
    # Two of eight met are few, and five met leave three missed; none and all tell of nobody.
    assert safe.isna().tolist() == [False, True, True, False]


def compared(total, *met):
    """Lists of visits that met so many of the returns, beside what the model is ahead of them."""
    names = ["model", "rule", "random"]
    rows = pd.DataFrame({"version": "as_recorded", "list": names, "recall": np.divide(met, total),
                         "verdict": [None, "better", "better"]})  # fmt: skip
    rows["ahead"] = (rows["recall"].iloc[0] - rows["recall"]).where(rows.index > 0)
    return rows.assign(recall_low=0.1, recall_high=0.9, ahead_low=0.1, ahead_high=0.9)


# A curve that meets nobody and a share beside it: nothing there tells of few.
FAR = [pd.DataFrame({"share": [share], "model": [0.0], "rule": [0.0]}) for share in (0.0, 0.1)]


def test_a_list_and_the_points_of_its_curve_next_to_it_do_not_bound_each_other():
    """Of 40 returns the rule meets so many: a hidden number has room on both sides."""
    risk = pd.DataFrame({"returned": [300.0], "returned_last": [40.0]})
    gains = pd.DataFrame({"share": [0.0, 0.04, 0.08, 0.1], "model": np.divide([0, 9, 15, 20], 40)})
    for met, here, gone, told in (
        ([0, 6, 8, 12], 10, [False] * 4, True),
        ([0, 2, 4, 12], 5, [False, True, True, False], False),
        ([0, 0, 0, 5], 3, [False, False, True, True], False),
    ):
        curve = gains.assign(rule=np.divide(met, 40))
        beside = pd.DataFrame({"share": [0.09], "model": [17 / 40], "rule": [here / 40]})
        lists = returns.publishable_lists(risk, compared(40, 17, here, 2), curve, beside, 40)
        test = returns.publishable_test(risk, scored(40, 300), ranked(1)[0][:0], curve, beside)
        assert lists["recall"].notna().tolist() == [True, told, True]
        hidden = test["gains"]["rule"].isna()
        assert hidden.tolist() == gone and test["gains"]["model"].notna().all()


@pytest.mark.parametrize("met", [(20, 3, 2), (38, 20, 2), (20, 37, 2), (3, 20, 2), (20, 12, 2)])
def test_the_lists_and_the_answer_tell_of_no_few_met_or_missed(met):
    lists, total = compared(40, *met), 40
    risk = pd.DataFrame({"returned": [300.0], "returned_last": [40.0]})
    safe = returns.publishable_lists(risk, lists, *FAR, total)
    few = [is_few(n) or is_few(total - n) for n in met[:2]]
    assert safe["recall"].isna().tolist() == [*few, False]
    # What the model is ahead of a list tells the one by the other, of the random list as well.
    assert safe["ahead"].isna().tolist() == [True, any(few), few[0]]
    counts = {"visits": 50, "expected": 40.0}
    told = returns.answer(counts, safe, {"returns": 40, "expected": 40.0}, 0.05)
    assert [told[name] is words.WITHHELD for name in ("recall", "rule", "ahead")] == [
        *few,
        any(few),
    ]
    assert told["verdict"] == "better"


def test_the_lists_tell_nothing_of_returns_that_the_flows_hide():
    risk = pd.DataFrame({"returned": [300.0], "returned_last": [np.nan]})
    safe = returns.publishable_lists(risk, compared(40, 20, 12, 2), *FAR, 40)
    assert safe["recall"].isna().tolist() == [True, True, False]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_sentence_on_visits_and_the_table_of_kinds_differ_by_no_few(unstable, sudden, never, o):
    kinds = pd.DataFrame({"watched_as": ["unstable", "marginal", "sudden", "none", "unknown"]})
    kinds["watched_households"] = [unstable, 40, sudden + never, 500 + o, 30]
    kinds["watched_persons"] = kinds["watched_households"] * 4
    kinds["incomplete"] = [min(o % 7, unstable), 3, sudden, 500, 28]
    kinds["share"] = kinds["watched_households"] / kinds["watched_households"].sum()
    gaps = kinds["incomplete"].iloc[0] + sudden
    counts = {"exited": unstable + sudden + o, "unstable": unstable, "sudden": sudden,
              "incomplete": gaps}  # fmt: skip
    safe, told = returns.publishable_kinds(kinds, counts)
    said = {name: np.nan if n is words.WITHHELD else n for name, n in told.items()}
    shown = safe.set_index("watched_as")["watched_households"]
    assert not is_few(shown["sudden"] - said["sudden"])
    assert not is_few(said["exited"] - said["unstable"] - said["sudden"])
    # One hidden number is told by its twin, or by all the others and their sum.
    assert np.isnan(shown["unstable"]) == np.isnan(said["unstable"]) or unstable == 0
    assert shown.isna().sum() != 1
    assert safe.loc[safe["watched_households"].isna(), "share"].isna().all()
    gaps = safe["incomplete"]
    assert not any(map(is_few, gaps.dropna())) and gaps.isna()[1]
    assert not any(map(is_few, (safe["watched_households"] - gaps).dropna()))


KINDS = ("unstable", "marginal", "sudden", "none", "unknown")
# Of the kinds that hold both, households that have exited, and those never registered.
MIXED = KINDS[2:]


def with_gaps(exited, never, unregistered):
    """Households of each kind that lack a fact, of those that have exited and of the others."""
    gaps = [exited[0], never[0], *np.add(exited[1:], never[1:])]
    kinds = pd.DataFrame({"watched_as": KINDS, "watched_households": 200, "watched_persons": 800,
                          "share": 0.2, "incomplete": gaps})  # fmt: skip
    counts = {"exited": 800 - unregistered, "unstable": 200, "sudden": 200 - unregistered}
    return kinds, counts | {"incomplete": sum(exited)}


def most_gaps(shown, said, kind, unregistered):
    """The most households of a kind that may lack a fact, for who reads table and sentence."""
    out, never = ([f"{one} {who}" for one in MIXED] for who in ("exited", "never"))
    cells = {one: (f"{one} exited", f"{one} never") if one in MIXED else (one,) for one in KINDS}
    known = {("unstable", *out): said} | {cells[one]: shown[one] for one in KINDS}
    known = {parts: n for parts, n in known.items() if not np.isnan(n)}
    names = sorted(set().union(*cells.values()))
    rows = {parts: [name in parts for name in names] for parts in [*known, *cells.values()]}
    limit = [*(rows[cells[one]] for one in KINDS), [name in never for name in names]]
    found = optimize.linprog(
        -np.array(rows[cells[kind]], float), np.array(limit, float), [200] * 5 + [unregistered],
        np.array([rows[parts] for parts in known], float) if known else None,
        [*known.values()] or None)  # fmt: skip
    return -found.fun


def pinned_gaps(kinds, safe, said, unregistered):
    gaps, shown = kinds.set_index("watched_as")["incomplete"], safe.set_index("watched_as")
    most = {kind: most_gaps(shown["incomplete"], said, kind, unregistered) for kind in KINDS}
    return [kind for kind, n in gaps.items() if is_few(n) and most[kind] < n + ROOM - 1e-6]


GAPS = st.lists(st.integers(0, 9), min_size=4, max_size=4)


@settings(max_examples=30, deadline=None)
@given(GAPS, GAPS, st.sampled_from([0, 100]))
def test_the_sentence_on_visits_does_not_tell_how_few_of_a_kind_lack_a_fact(exited, never, more):
    kinds, counts = with_gaps(
        exited, [n if more or not at else 0 for at, n in enumerate(never)], more
    )
    safe, told = returns.publishable_kinds(kinds, counts)
    said = np.nan if told["incomplete"] is words.WITHHELD else told["incomplete"]
    assert not is_few(said)
    assert pinned_gaps(kinds, safe, said, more) == []
    assert not any(map(is_few, (safe["watched_households"] - safe["incomplete"]).dropna()))


def test_one_hidden_gap_is_not_the_sentence_less_the_others():
    kinds, counts = with_gaps([1, 0, 0, 22], [0, 0, 0, 0], 0)
    safe, told = returns.publishable_kinds(kinds, counts)
    assert told["incomplete"] is words.WITHHELD or safe["incomplete"].isna().sum() > 1
    alone = kinds.assign(incomplete=kinds["incomplete"].where(kinds["incomplete"] != 1))
    assert pinned_gaps(kinds, alone, counts["incomplete"], 0) == ["unstable"]


def failures(patterns):
    """Tests, how many households fail each and it alone, all poor and those who fail any."""
    rows, weights = np.array([p for p, _ in patterns], bool), np.array([n for _, n in patterns])
    alone = rows & (rows.sum(axis=1) == 1)[:, None]
    tests = {"failing": weights @ rows, "released": weights @ alone}
    fail = int(weights[rows.any(axis=1)].sum())
    return pd.DataFrame({"indicator": range(rows.shape[1]), **tests}), int(weights.sum()), fail


def most_released(safe, fail):
    """The most households that may fail each test alone, for who knows what is shown."""
    tests = len(safe)
    shown = safe["released"].to_numpy(float)
    bounds = [(0, None) if np.isnan(n) else (n, n) for n in shown]
    left = (fail - safe["failing"].to_numpy(float), np.ones((tests, tests)) - np.eye(tests))
    known = ~np.isnan(left[0])
    found = [
        optimize.linprog(-aim, A_ub=left[1][known], b_ub=left[0][known], bounds=bounds)
        for aim in np.eye(tests)
    ]
    return np.array([-one.fun for one in found])


PATTERNS = st.lists(
    st.tuples(st.tuples(*[st.booleans()] * 4), st.integers(1, 40)), min_size=3, max_size=9
)


@settings(max_examples=40)
@given(PATTERNS)
def test_no_difference_of_the_exit_tests_is_few_households(patterns):
    rows, poor, fail = failures(patterns)
    safe = exits.publishable_release(rows, poor=poor, fail=fail)
    for row in safe.itertuples():
        differences = (row.failing, row.released, row.failing - row.released,
                       poor - row.failing, fail - row.failing)  # fmt: skip
        # Nought is told always: what is left of the others then is all of them.
        assert row.failing == 0 or not any(map(is_few, differences))


def test_what_fails_one_test_alone_is_not_bounded_by_those_who_fail_any():
    patterns = [
        ((1, 0, 0, 0), 119),
        ((1, 1, 0, 0), 100),
        ((0, 1, 0, 0), 15),
        ((1, 0, 1, 1), 7),
        ((0, 0, 1, 0), 1),
        ((0, 0, 0, 1), 2),
        ((0, 1, 0, 1), 1),
        ((0,) * 4, 41),
    ]
    rows, poor, fail = failures(patterns)
    safe = exits.publishable_release(rows, poor=poor, fail=fail)
    few = rows["released"].map(is_few).to_numpy()
    alone = rows.astype(float).assign(released=rows["released"].where(~few))
    count = rows["released"].to_numpy()
    assert (most_released(safe, fail) - count)[few].min() >= ROOM - 1e-6
    assert (most_released(alone, fail) - count)[few].min() < ROOM
    assert safe["failing"].notna().all() and safe["released"].notna().any()


def test_a_pace_is_hidden_with_the_exits_that_it_tells():
    own = pd.DataFrame({"place": "x", "year_from": [2016, 2017], "year_to": [2016, 2017],
                        "opening": 400, "exits": [120, 7]})  # fmt: skip
    paces = {"person": projection.exit_paces(own), "unit": projection.exit_paces(own)}
    shown = pd.DataFrame({"passage": "exit", "year": [2016, 2017], "passed_over": [120.0, np.nan]})
    listed = projection.listed_paces(paces, "x", shown)
    gone = listed["kind"].eq("person") & listed["period"].eq("2017")
    assert listed["pace"].isna().equals(gone)
    assert projection.listed_paces(paces, "other", shown)["pace"].notna().all()


def test_the_shares_of_a_register_hide_what_its_flows_hide():
    panel = pd.DataFrame({
        "household": [*range(200)] * 2, "year": [2016] * 200 + [2017] * 200, "village": "v",
        "size": 3, "status": ["poor"] * 150 + ["exited"] * 50 + ["exited"] * 60 + ["poor"] * 90
        + ["returned"] * 2 + ["exited"] * 48})  # fmt: skip
    people = pd.DataFrame({"village": "v", "year": [2016, 2017], "population": 2000})
    safe = register.protected({"households": panel, "villages": people})
    back = safe["paces"].query("passage == 'return'")
    assert back["passed_over"].isna().all()
    assert disclosure.values_of(safe["risk"])["returned"] is words.WITHHELD
    known = projection.Evidence("register", None, {}, register.passages(panel, people),
                                safe["paces"])  # fmt: skip
    table = projection.hazards_ahead(known, 2017, horizon=1, draws=50, seed=1)
    row = table[table["passage"].eq("return") & table["year"].eq(2017)].iloc[0]
    assert row[["passed_over", "hazard", "hazard_low", "hazard_high"]].isna().all()
    assert table.loc[table["hazard_basis"] == "projected", "hazard"].notna().all()


def test_what_is_drawn_does_not_follow_a_hidden_passage():
    """The exits of the last year are hidden with the poor left, and are not learned from."""
    ahead = [
        projection.hazards_ahead(still_poor(few), 2017, horizon=1, draws=50, seed=1)
        for few in (2, 3)
    ]
    pd.testing.assert_frame_equal(*ahead)
    assert ahead[0].query("passage == 'exit'")["hazard"].isna().tolist() == [True, False]


@pytest.mark.parametrize(("poor", "verdict"), [(1, "below"), (19, "below"), (20, "untold")])
def test_incidence_is_called_below_its_line_with_room_to_spare(poor, verdict):
    """The line is at 30 of a thousand persons, the room ten: 21 and more might not be below it."""
    state = projection.State(2017, poor, 1000, 1000, 200, 10, 5, 20, 0.03, 0.9)
    chances = pd.DataFrame({"scenario": "s", "year": [2018, 2019], "incidence_chance": 1.0,
                            "villages_chance": [0.1, 0.6], "both_chance": 0.1})  # fmt: skip
    fans = pd.DataFrame({"scenario": [], "year": []})
    said = projection.summarise_scenario(fans, chances, {}, state, "s")
    assert said == {"year": 2018, "next_year": 2019, "villages": 0.1, "villages_next": 0.6,
                    "verdict": verdict}  # fmt: skip


def still_poor(households, size=3):
    """What chapter 02 knows of a register of which so many households are poor at the end."""
    out = ["exited"] * (200 - households)
    panel = pd.DataFrame({
        "household": [*range(200)] * 2, "year": [2016] * 200 + [2017] * 200, "village": "v",
        "size": size, "status": ["poor"] * 150 + ["exited"] * 50 + ["poor"] * households + out,
    })  # fmt: skip
    people = pd.DataFrame({"village": "v", "year": [2016, 2017], "population": 2000,
                           "poor_village": True, "exited_year": np.nan})  # fmt: skip
    kept = office.Office({"households": panel, "villages": people}, True, [{"id": "made_up"}])
    return projection.evidence(tables.margins("wenshan"), tables.read("scenarios"), place="x",
                               year=2017, kept=kept)  # fmt: skip


def incidence_shown(known):
    """The shares of a population that readers know, and what sentences tell of the poor."""
    margins = known.margins
    given = tables.read("incidence", until="2018-03-28"), ["100000"], margins
    table = projection.latest_incidence(*given, "x", 2017, hidden=known.hides_poor)
    told = margins["value"][["poor_persons", "poor_households", "incidence"]]
    return table, disclosure.told_unless(known.hides_poor, **told)


@pytest.mark.parametrize(("households", "size"), [(2, 3), (3, 3), (4, 3), (9, 1)])
def test_the_share_of_the_poor_does_not_tell_how_few_they_are(households, size):
    (one, said), (two, _) = map(incidence_shown, (still_poor(households, size), still_poor(1)))
    pd.testing.assert_frame_equal(one, two)
    own = one["area"].eq("x")
    assert one.filter(like="headcount_ratio")[own].isna().all(axis=None)
    assert one.filter(like="headcount_ratio")[~own].notna().all(axis=None)
    assert set(said.values()) == {words.WITHHELD}


@pytest.mark.parametrize("households", [0, 40])
def test_the_share_of_many_poor_and_of_none_is_shown(households):
    table, said = incidence_shown(still_poor(households))
    assert disclosure.WITHHELD not in table
    assert said["incidence"] == table["headcount_ratio"].iloc[-1] == households * 3 / 2000
    assert (said["poor_households"], said["poor_persons"]) == (households, households * 3)


def test_a_hidden_share_is_not_drawn():
    table, _ = incidence_shown(still_poor(3))
    survey = tables.read("incidence").query("area == '100000'").assign(meaning="nation")
    bands = {"low_80": 0.04, "low_90": 0.03, "high_80": 0.11, "high_90": 0.12}
    fans = pd.DataFrame({"scenario": "plan", "year": [2018, 2019], "median": [0.1, 0.05], **bands})
    mark, (axes, panel) = table.tail(1).assign(meaning="place"), plt.subplots(1, 2)[1]
    charts.standing(axes, survey, mark, say=lambda key, **_: key)
    charts.fans([panel], fans, mark.iloc[0], 0.03, say=lambda key, **_: key)
    assert "incidence.label.register" not in [text.get_text() for text in axes.texts]
    drawn = np.concatenate([line.get_ydata() for one in (axes, panel) for line in one.lines])
    assert set(drawn[~np.isnan(drawn)]) <= {*survey["headcount_ratio"], *fans["median"], 0.03}
    plt.close("all")


def judged_shown(households):
    """What chapter 05 shows of households that are poor, as many persons, and fail one test."""
    hidden, count = still_poor(households, size=1).hides_poor, [households, 0]
    verdicts = pd.DataFrame({"pass": 0, "fail": count[:1], "unknown": 0, "units": count[:1]})
    rows = pd.DataFrame({"indicator": ["income", "water"], "failing": count, "released": count})
    given = {"poor": households, "fail": households, "hidden": hidden}
    return (exits.publishable_verdicts(verdicts, hidden=hidden),
            exits.publishable_release(rows, **given),
            disclosure.told_unless(hidden, poor=households))  # fmt: skip


@pytest.mark.parametrize("households", [5, 9])
def test_the_exit_tests_do_not_tell_how_few_are_poor(households):
    (verdicts, rows, said), (*others, _) = judged_shown(households), judged_shown(7)
    for one, other in zip((verdicts, rows), others, strict=True):
        pd.testing.assert_frame_equal(one, other)
        assert one.select_dtypes("number").isna().all(axis=None)
    assert said == {"poor": words.WITHHELD}
    _, axes = plt.subplots()
    exit_charts.release(axes, rows, say=lambda key, **_: key)
    plt.close("all")


def test_the_exit_tests_of_many_poor_are_shown():
    verdicts, rows, said = judged_shown(40)
    assert verdicts["fail"].tolist() == [40] and rows["failing"].tolist() == [40, 0]
    assert said == {"poor": 40}


def test_of_a_real_plan_the_crews_of_hidden_works_are_hidden_everywhere():
    case = planning.two_villages()
    plan = planning.solve(case)
    homes = pd.DataFrame({"trade": ["housing"], "units": [None]})
    counted, more = planning.crew_months(case, plan), planning.worth(case, plan)
    use, limits, busiest = planning.publishable_use(counted, more, homes)
    assert use["share"].isna().equals(use["trade"].eq("housing"))
    assert limits["used"].isna().equals(limits["limit"].eq("crews_housing"))
    assert busiest == {"verdict": "hidden", "trade": "trade_housing"}


def test_the_months_of_crews_do_not_tell_the_works_in_few_households():
    homes = pd.DataFrame({"kind": ["house", "income", "tap", "school"], "cost_yuan": 1000.0,
                          "trade": ["housing", "extension", "water", None],
                          "level": "household", "unit": "household",
                          "units": [3, 28, 400, 40]})  # fmt: skip
    homes["total_yuan"] = homes["units"] * homes["cost_yuan"]
    use = pd.DataFrame({"trade": ["housing", "extension", "water", "road"], "month": "2018-04",
                        "at_work": [6.0, 2.8, 40.0, 5.0], "crews": 50.0})  # fmt: skip
    use["share"] = use["at_work"] / use["crews"]
    named = [*("crews_" + use["trade"]), "budget"]
    more = pd.DataFrame({"limit": named, "used": [*use["share"], 0.5]})
    safe = planning.publishable_works(homes)
    crews, limits, busiest = planning.publishable_use(use, more, safe)
    hidden = safe["units"].isna().tolist()
    assert hidden == [True, True, False, False]
    assert safe["total_yuan"].isna().tolist() == hidden
    for column in ("at_work", "share"):
        assert crews[column].isna().tolist() == [*hidden[:2], False, False]
    assert limits["used"].isna().tolist() == [*hidden[:2], False, False, False]
    assert busiest == {"verdict": "told", "trade": "trade_water", "used": 0.8}
    few = use.assign(at_work=use["at_work"].where(use["trade"] != "housing", 49.0))
    assert "used" not in planning.publishable_use(few, more, safe)[2]
    assert planning.publishable_use(use[:0], more, safe)[2] == {"verdict": "idle"}


def planned(units, counted_in):
    """Works of a plan, those of villages last: what each is counted in, and its crews."""
    trades = {"household": "extension", "pupil": None, "tap": "water", "village": "building"}
    rows = pd.DataFrame(
        {"units": units, "unit": counted_in, "total_yuan": 2000.0 * np.array(units)}
    )
    rows["level"] = np.where(rows["unit"].isin(["household", "pupil"]), "household", "village")
    return rows.assign(
        trade=rows["unit"].map(trades), unit=rows["unit"].replace("tap", "household")
    )


def test_taps_of_few_households_are_hidden_though_they_are_a_work_of_the_village():
    works = planned([400, 40, 3, 1], ["household", "pupil", "tap", "village"])
    safe = planning.publishable_works(works)
    # The cost of the plan less all others would tell it, so that another one goes with it.
    assert safe["units"].isna().tolist() == [False, True, True, False]
    assert safe["total_yuan"].isna().equals(safe["units"].isna())
    use = pd.DataFrame({"trade": ["water", "building"], "month": "2018-04", "at_work": [0.2, 3.0],
                        "crews": 50.0, "share": 0.1})  # fmt: skip
    more = pd.DataFrame({"limit": ["crews_water", "crews_building"], "used": [0.1, 0.1]})
    crews, limits, _ = planning.publishable_use(use, more, safe)
    assert crews["at_work"].isna().tolist() == limits["used"].isna().tolist() == [True, False]


def test_works_counted_in_places_are_shown_however_few():
    works = planned([400, 40, 30, 1], ["household", "pupil", "tap", "village"])
    assert planning.publishable_works(works).equals(works)


def test_a_plan_without_works_for_people_has_nothing_to_hide():
    works = planned([2, 1], ["village", "village"])
    assert planning.publishable_works(works).equals(works)
    assert planning.publishable_works(works.iloc[:0]).empty


def test_tables_without_rows_are_protected_as_they_are():
    none = pd.DataFrame({"indicator": [], "failing": [], "released": []})
    assert exits.publishable_release(none, poor=0, fail=0).empty
