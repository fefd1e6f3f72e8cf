"""The synthetic city: printed margins exact, tables that agree, causes that can be recovered."""

import numpy as np
import pandas as pd
import pytest
import python_calamine
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from analysis import exhibits, synthetic, tables
from analysis.synthetic.allotment import apportion, moved_to_total, ranks_within
from analysis.synthetic.settings import LAST_YEAR, YEARS
from analysis.synthetic.works import lagged

POOR = ["poor", "returned"]
SMALL = {"scale": 0.03, "seed": 3}
SMALLEST = {"scale": 0.01, "seed": 3}


@pytest.fixture(scope="module")
def made():
    return synthetic.city(seed=0)


@pytest.fixture(scope="module")
def printed():
    return tables.margins("wenshan")["value"]


@pytest.fixture(scope="module")
def last(made):
    return made.tables["households"].query("year == @LAST_YEAR")


@pytest.fixture(scope="module")
def villages(made):
    return made.tables["villages"].query("year == @LAST_YEAR")


# Printed margins ----------------------------------------------------------------------------------

SUMS = {
    "poor_households": lambda h, v: h["status"].isin(POOR).sum(),
    "poor_persons": lambda h, v: h.loc[h["status"].isin(POOR), "size"].sum(),
    "exited_persons": lambda h, v: h.loc[h["status"] == "exited", "size"].sum(),
    "unsafe_households": lambda h, v: (~h["moved_in"] & h["status"].isin(POOR)).sum(),
    "water_short_households": lambda h, v: (~h["safe_water"]).sum(),
    "water_short_persons": lambda h, v: h.loc[~h["safe_water"], "size"].sum(),
    "water_short_natural_villages": lambda h, v: h.loc[
        ~h["safe_water"], "natural_village"
    ].nunique(),
    "water_short_villages": lambda h, v: h.loc[~h["safe_water"], "village"].nunique(),
    "admin_villages": lambda h, v: v["village"].nunique(),
    "natural_villages": lambda h, v: v["natural_villages"].sum(),
    "poor_villages": lambda h, v: v["poor_village"].sum(),
    "exited_villages": lambda h, v: v["exited_year"].notna().sum(),
    "exited_villages_year": lambda h, v: (v["exited_year"] == LAST_YEAR).sum(),
    "poor_villages_left": lambda h, v: (v["poor_village"] & v["exited_year"].isna()).sum(),
}


@pytest.mark.parametrize("margin", SUMS)
def test_the_register_keeps_the_printed_margin(margin, last, villages, printed):
    assert SUMS[margin](last, villages) == printed[margin]


def test_ever_poor_persons_are_those_left_and_those_exited(last, printed):
    registered = last.loc[last["status"] != "never", "size"].sum()
    assert registered == printed["poor_persons"] + printed["exited_persons"] == 58_994


def test_the_printed_incidence_comes_out_of_the_population(villages, printed):
    margin = tables.margins("wenshan").loc["incidence"]
    share = printed["poor_persons"] / villages["population"].sum()
    assert margin["value_low"] <= share <= margin["value_high"]
    assert 301_972 <= villages["population"].sum() <= 302_530


def test_villages_that_had_exited_before_the_last_year(villages, printed):
    before = (villages["exited_year"] < LAST_YEAR).sum()
    assert before == printed["exited_villages"] - printed["exited_villages_year"] == 12


def test_pupils_out_of_school_are_the_printed_ones_by_age(made, last, villages, printed):
    members = made.tables["members"].query("year == @LAST_YEAR")
    age = LAST_YEAR - members["birth_year"]
    out = members[age.between(7, 15) & ~members["in_school"]]
    pupils = out["schooling"].value_counts()
    assert pupils["primary"] == printed["primary_dropouts"]
    assert pupils["middle"] == printed["junior_dropouts"]
    assert last["school_dropouts"].sum() == villages["school_dropouts"].sum() == len(out)


def test_the_citys_own_funds_of_the_last_year_are_the_printed_sum(made, printed):
    projects = made.tables["projects"]
    own = projects["level"].eq("county") & projects["fund_source"].eq("special")
    approved = projects["approved_on"].str.startswith(str(LAST_YEAR))
    assert projects.loc[own & approved, "approved_yuan"].sum() == printed["city_funds"]


def test_works_are_the_printed_number(made, printed):
    projects = made.tables["projects"]
    solar, roads = (projects.query("kind == @kind") for kind in ("solar", "village_road"))
    assert solar["households_served"].sum() == printed["solar_households"]
    assert roads["village"].nunique() == len(roads) == printed["road_villages"]
    assert roads["township"].nunique() == printed["road_townships"]
    assert roads["accepted_on"].isna().all()
    assert projects["kind"].eq("venue").sum() == printed["venues_built"]
    paired = projects.loc[projects["fund_source"] == "firms", "village"]
    assert paired.nunique() == len(paired) == printed["paired_firms"]


def test_every_printed_department_helps(made, printed):
    assert made.tables["helpers"]["department"].nunique() == printed["helping_departments"]


def test_townships_are_those_the_speech_names(made):
    named = tables.read("townships", place="wenshan")["township_zh"] + synthetic.SUFFIX
    assert set(made.tables["villages"]["township"]) == set(named)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_margins_do_not_depend_on_the_seed(seed, printed):
    tables_ = synthetic.city(seed=seed).tables
    last = tables_["households"].query("year == @LAST_YEAR")
    villages = tables_["villages"].query("year == @LAST_YEAR")
    assert {name: count(last, villages) for name, count in SUMS.items()} == {
        name: printed[name] for name in SUMS
    }


# Tables agree -------------------------------------------------------------------------------------


def test_declared_size_is_the_number_of_members(made):
    households, members = made.tables["households"], made.tables["members"]
    counted = members.groupby(["household", "year"]).size()
    declared = households.set_index(["household", "year"])["size"]
    pd.testing.assert_series_equal(
        declared.sort_index(), counted.sort_index(), check_names=False, check_dtype=False
    )


def test_incomes_add_up_to_the_yuan(made):
    frame = made.tables["households"]
    total = (
        frame["wage_yuan"]
        + frame["business_yuan"]
        - frame["business_cost_yuan"]
        + frame["property_yuan"]
        + frame["transfer_yuan"]
    )
    assert np.allclose(frame["income_per_person_yuan"], total / frame["size"], atol=0.0051)
    sources = ["wage_yuan", "business_yuan", "business_cost_yuan", "property_yuan", "transfer_yuan"]
    assert (frame[sources] >= 0).all().all()


def test_flows_close_and_end_at_the_register(made, last):
    flows = made.tables["flows"]
    comes = flows[["opening", "new", "returned", "born", "moved_in"]].sum(axis=1)
    goes = flows[["exited", "died", "moved_out", "removed"]].sum(axis=1)
    assert (comes - goes == flows["closing"]).all()
    poor = last[last["status"].isin(POOR)].groupby("village")["size"].sum()
    closing = flows.query("year == @LAST_YEAR").set_index("village")["closing"]
    assert (closing == poor.reindex(closing.index).fillna(0)).all()
    by_year = flows.pivot_table(["opening", "closing"], "village", "year")
    for year in YEARS[1:]:
        assert (by_year["opening"][year] == by_year["closing"][year - 1]).all()


def test_only_legal_steps_between_states(made):
    frame = made.tables["households"].sort_values(["household", "year"])
    before = frame.groupby("household")["status"].shift()
    steps = set(zip(before.dropna(), frame["status"][before.notna()], strict=True))
    legal = {("poor", "poor"), ("poor", "exited"), ("exited", "exited"), ("exited", "returned")}
    legal |= {("returned", "returned"), ("returned", "exited"), ("never", "never")}
    assert steps == legal
    assert set(frame.groupby("household")["year"].diff().dropna()) == {1}


def test_years_of_coming_and_going_agree_with_the_status(made):
    frame = made.tables["households"]
    exited = frame["status"] == "exited"
    assert frame.loc[exited, "exited_year"].notna().all()
    assert (frame["exited_year"].dropna() <= frame["year"][frame["exited_year"].notna()]).all()
    assert (frame["recognised_year"] < frame["exited_year"]).dropna().all()
    assert frame.loc[frame["status"] == "returned", "returned_year"].notna().all()
    assert frame.loc[frame["status"] == "never", "recognised_year"].isna().all()


def test_nobody_exits_before_the_house_is_safe(made):
    frame = made.tables["households"]
    assert frame.loc[frame["status"] == "exited", "moved_in"].all()
    assert (frame["house_grade"].isin(["A", "B"]) == frame["moved_in"]).all()


def test_exited_villages_meet_the_line_for_villages(made, villages, last):
    poor = last[last["status"].isin(POOR)].groupby("village")["size"].sum()
    share = poor.reindex(villages["village"]).fillna(0).to_numpy() / villages["population"]
    assert (share[villages["exited_year"].notna()] < 0.03).all()


def test_money_is_approved_then_disbursed_then_spent(made):
    paid = made.tables["payments"].sort_values(["project", "month"])
    paid["spent"] = paid.groupby("project")["spent_yuan"].cumsum()
    paid["disbursed"] = paid.groupby("project")["disbursed_yuan"].cumsum()
    assert (paid["spent"] <= paid["disbursed"]).all()
    total = paid.groupby("project")["disbursed"].max()
    approved = made.tables["projects"].set_index("project")["approved_yuan"]
    assert (total <= approved.reindex(total.index)).all()


def test_money_is_spent_late_in_the_year_and_carried_over(made):
    paid = made.tables["payments"].merge(made.tables["projects"], on="project")
    month = paid["month"].str[5:].astype(int)
    spent = paid.groupby(month)["spent_yuan"].sum()
    assert spent[[10, 11, 12]].sum() > 2 * spent[[1, 2, 3]].sum()
    later = paid["month"].str[:4] > paid["approved_on"].str[:4]
    assert 0.1 < paid.loc[later, "spent_yuan"].sum() / paid["spent_yuan"].sum() < 0.6


def test_keys_hold_no_duplicate(made):
    keys = {
        "households": ["household", "year"],
        "members": ["member", "year"],
        "villages": ["village", "year"],
        "projects": ["project"],
        "payments": ["project", "month"],
        "task_progress": ["task", "month"],
        "helpers": ["household", "helper"],
        "flows": ["village", "year"],
    }
    for name, key in keys.items():
        assert not made.tables[name].duplicated(key).any(), name


# Plausible in the rest ----------------------------------------------------------------------------


def test_incomes_have_a_long_tail_and_villages_are_alike_inside(last):
    income = last.loc[last["status"] != "never", "income_per_person_yuan"]
    assert income.skew() > 0.7
    village = last.loc[income.index, "village"]
    between = income.groupby(village).mean().var() / income.var()
    assert 0.05 < between < 0.7


def test_most_of_the_poor_are_below_the_line_and_most_of_the_exited_above(last):
    line = tables.read("lines").query("line == 'register_exit' and year == @LAST_YEAR")
    below = last["income_per_person_yuan"] < line["line_yuan"].item()
    assert below[last["status"] == "poor"].mean() > 0.75
    assert 0 < below[last["status"] == "exited"].mean() < 0.1


def test_some_households_have_no_helper_and_some_have_two(made, last):
    listed = last.loc[last["status"] != "never", "household"]
    number = made.tables["helpers"].groupby("household").size().reindex(listed).fillna(0)
    assert set(number) == {0, 1, 2}


def test_reports_on_tasks_are_messy(made):
    reports = made.tables["task_progress"]
    tasks, months = reports["task"].nunique(), reports["month"].nunique()
    assert len(reports) < tasks * months
    targets = tables.read("tasks", place="wenshan").set_index("task")["target"]
    assert (reports["done"] <= reports["task"].map(targets)).all()


# Known causes -------------------------------------------------------------------------------------


def _within(panel, column):
    wide = panel.pivot_table(column, "village", "year").to_numpy(dtype=float)
    wide = wide - wide.mean(axis=1, keepdims=True)
    return (wide - wide.mean(axis=0)).ravel()


def _fund_effects(panel):
    panel = panel.sort_values(["village", "year"])
    panel["before"] = panel.groupby("village")["spent_per_person_yuan"].shift(fill_value=0.0)
    causes = np.column_stack([_within(panel, n) for n in ("spent_per_person_yuan", "before")])
    groups = pd.factorize(np.repeat(panel["village"].unique(), panel["year"].nunique()))[0]
    return sm.OLS(_within(panel, "income_per_person_yuan"), causes).fit(
        cov_type="cluster", cov_kwds={"groups": groups}
    )


def test_the_effect_of_funds_is_recovered_from_the_register(made):
    households = made.tables["households"].query("status != 'never'")
    years = households.groupby("household")["year"].transform("size")
    income = households[years == len(YEARS)].groupby(["village", "year"], as_index=False)[
        "income_per_person_yuan"
    ]
    panel = income.mean().merge(made.truth["village_years"], on=["village", "year"])
    fit = _fund_effects(panel)
    assert np.abs(fit.params - [0.02, 0.06]).max() < 0.02
    assert fit.params[1] / fit.bse[1] > 4


def test_spent_per_person_of_the_truth_comes_out_of_the_ledgers(made, last):
    paid = (
        made.tables["payments"]
        .merge(made.tables["projects"], on="project")
        .dropna(subset=["village"])
    )
    paid["year"] = paid["month"].str[:4].astype(int)
    spent = paid.groupby(["village", "year"])["spent_yuan"].sum()
    persons = last[last["status"] != "never"].groupby("village")["size"].sum()
    truth = made.truth["village_years"].set_index(["village", "year"])["spent_per_person_yuan"]
    ledger = (spent / persons.reindex(spent.index, level="village")).reindex(truth.index).fillna(0)
    assert np.allclose(truth, ledger)


def test_the_stated_interval_holds_the_effect_in_many_cities():
    holds = []
    for seed in range(60):
        fit = _fund_effects(synthetic.village_panel(seed=seed))
        low, high = fit.conf_int(0.1).T
        holds.append((low <= [0.02, 0.06]) & (high >= [0.02, 0.06]))
    assert 0.8 <= np.mean(holds) <= 0.98


def test_no_effect_is_found_where_there_is_none():
    effects = synthetic.Effects(funds=(0.0, 0.0))
    fits = [_fund_effects(synthetic.village_panel(seed=s, effects=effects)) for s in range(20)]
    assert np.abs(np.mean([fit.params for fit in fits], axis=0)).max() < 0.004


def test_the_odds_of_falling_back_are_recovered(made):
    risk = made.truth["returns"]
    causes = risk[["sick", "no_labour", "fell_ill", "lost_work"]].astype(float)
    causes = causes.assign(intercept=1.0, margin=risk["margin_yuan"] / 1000)
    fit = sm.Logit(risk["returned"].astype(float), causes).fit(disp=0)
    known = pd.Series(synthetic.Effects().returns)
    assert (((fit.params - known) / fit.bse).abs() < 3.5).all()
    assert 0.01 < risk["returned"].mean() < 0.06


def test_what_sets_the_risk_can_be_seen_in_the_ledgers(made):
    risk = made.truth["returns"].query("year == @LAST_YEAR").set_index("household")
    members = made.tables["members"].query("year == @LAST_YEAR")
    sick = members["health"].ne("healthy").groupby(members["household"]).any()
    able = members["labour"].isin(["able", "skilled"]).groupby(members["household"]).any()
    assert (sick.reindex(risk.index) == risk["sick"]).mean() > 0.85
    assert not able.reindex(risk.index)[risk["no_labour"]].any()


def test_a_blow_stands_in_the_ledger_of_its_year(made):
    risk = made.truth["returns"].query("year == @LAST_YEAR").set_index("household")
    members = made.tables["members"].query("year == @LAST_YEAR - 1")
    ill = members["health"].eq("serious").groupby(members["household"]).any()
    months = members.groupby("household")["months_worked"].sum()
    assert ill.reindex(risk.index)[risk["fell_ill"]].all()
    assert months.reindex(risk.index)[risk["lost_work"]].mean() < 0.3 * months.mean()
    assert not made.tables["members"].query("labour == 'none'")["months_worked"].any()


def test_the_luck_of_a_year_is_as_wide_as_the_odds_say(made):
    register = made.tables["households"].query("status != 'never'").sort_values("year")
    change = register.groupby("household")["income_per_person_yuan"].diff().std()
    width = 1_000 * np.pi / np.sqrt(3) / -synthetic.Effects().returns["margin"]
    assert change == pytest.approx(np.sqrt(2) * width, rel=0.05)


def test_blows_leave_everything_else_as_it_was():
    calm = synthetic.Effects(illness_share=0.0, work_lost_share=0.0)
    one, other = (
        synthetic.city(**SMALL, effects=effects).tables["projects"] for effects in (None, calm)
    )
    pd.testing.assert_frame_equal(one, other)


def test_works_are_late_by_the_known_median(made):
    delays = made.truth["delays"]
    own = np.log(delays["delay_days"].clip(lower=1)) - delays["township_effect"]
    assert np.exp(own.median()) == pytest.approx(synthetic.Effects().delay_median, rel=0.08)
    assert own.std() == pytest.approx(synthetic.Effects().delay_spread, rel=0.12)
    projects = made.tables["projects"].set_index("project")
    truth = delays.set_index("project")["accepted_on_true"]
    seen = projects["accepted_on"].dropna()
    assert (seen == truth.reindex(seen.index)).all()
    assert seen.max() <= "2018-03-28"


# Seeds, sizes, marks ------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_city_and_another_seed_another():
    one, same = synthetic.city(**SMALL), synthetic.city(**SMALL)
    for name in synthetic.TABLES:
        pd.testing.assert_frame_equal(one.tables[name], same.tables[name])
    other = synthetic.city(scale=SMALL["scale"], seed=4)
    assert not other.tables["households"].equals(one.tables["households"])


@pytest.mark.parametrize("scale", [0.03, 0.1, 0.5])
def test_a_smaller_place_keeps_its_scaled_margins(scale):
    made = synthetic.city(scale=scale, seed=2)
    last = made.tables["households"].query("year == @LAST_YEAR")
    villages = made.tables["villages"].query("year == @LAST_YEAR")
    for name in set(SUMS) - {"poor_villages_left", "water_short_natural_villages"}:
        assert SUMS[name](last, villages) == made.counts[name], name


@pytest.mark.slow
def test_a_province_can_be_made():
    panel = synthetic.village_panel(villages=8_500)
    assert panel["village"].nunique() == 8_500
    made = synthetic.city(scale=4)
    last = made.tables["households"].query("year == @LAST_YEAR")
    assert last.loc[last["status"].isin(POOR), "size"].sum() == 4 * 16_382


def test_everyone_can_be_listed():
    made = synthetic.city(**SMALL, everyone=True)
    last = made.tables["households"].query("year == @LAST_YEAR")
    population = made.tables["villages"].query("year == @LAST_YEAR")["population"].sum()
    assert last["size"].sum() == pytest.approx(population, rel=0.08)
    assert (last["status"] == "never").mean() > 0.6


def test_every_frame_is_marked_and_every_key_carries_the_mark(made):
    for name, frame in {**made.tables, **made.truth}.items():
        assert frame.attrs["status"] == "synthetic", name
    for name in set(synthetic.TABLES) - {"task_progress"}:
        codes = made.tables[name].iloc[:, 0]
        assert codes.str.startswith(synthetic.PREFIX).all(), name


def test_synthetic_rows_are_not_shown_as_observed():
    said = {"until": "2018-03-28"}
    marked = synthetic.marked(pd.DataFrame({"year": [2017]}))
    coded = pd.DataFrame({"year": [2017], "area": ["SYN001"]})
    for frame in (marked, coded):
        with pytest.raises(ValueError, match="synthetic rows as observed"):
            exhibits.table("incidence.anchors", frame, **said)
        shown = exhibits.table("incidence.anchors", frame, status="synthetic", **said)
        assert shown.content["status"] == "synthetic"


def test_the_mark_outlives_a_sum_and_a_file(made, tmp_path):
    villages = made.tables["villages"]
    by_township = villages.groupby("township", as_index=False).agg(people=("population", "sum"))
    assert synthetic.is_synthetic(by_township)
    by_township.to_csv(tmp_path / "sums.csv", index=False)
    assert synthetic.is_synthetic(pd.read_csv(tmp_path / "sums.csv"))
    assert not synthetic.is_synthetic(tables.read("facts", place="wenshan"))


DESCRIBED = set(tables.dictionary()["table"])
ledgers = pytest.mark.skipif(
    not set(synthetic.TABLES) <= DESCRIBED, reason="the dictionary does not describe the ledgers"
)


def _first_column_as_written(path):
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return [row[0] for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]


@ledgers
def test_every_workbook_says_that_it_is_synthetic(tmp_path):
    for path in synthetic.write_workbooks(synthetic.city(**SMALLEST), tmp_path):
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        assert all("模拟" in text for text in (path.name, *book.sheet_names))
        assert synthetic.workbooks.MARK in _first_column_as_written(path)[0]


@ledgers
def test_the_workbooks_read_back_without_loss(tmp_path):
    made = synthetic.city(**SMALLEST)
    synthetic.write_workbooks(made, tmp_path, mess=0.05)
    read = tables.read_folder(tmp_path)
    for name, frame in made.tables.items():
        key = list(tables.columns_of(name).query("key == 'yes'")["column"])
        assert synthetic.is_synthetic(read[name]) or name == "task_progress"
        before, after = (
            table.sort_values(key, ignore_index=True)[list(frame.columns)].convert_dtypes()
            for table in (frame, read[name])
        )
        pd.testing.assert_frame_equal(before, after, check_dtype=False, check_exact=True)


@ledgers
def test_the_tidy_workbooks_give_no_finding(tmp_path):
    synthetic.write_workbooks(synthetic.city(**SMALLEST), tmp_path, mess=0.0)
    # Some households have no helper, which is true and is said.
    assert set(tables.check_folder(tmp_path).findings["rule"]) <= {"helper_missing"}


def test_no_name_and_no_number_of_a_person(made):
    members = made.tables["members"]
    assert not {"name", "id_number", "phone"} & set(members.columns)
    texts = members[["member", "household"]].astype(str)
    assert not texts.apply(lambda column: column.str.contains(r"\d{15}")).any().any()


def test_a_place_without_a_margin_is_refused(monkeypatch):
    margins = tables.margins("wenshan").drop(index="city_funds")
    monkeypatch.setattr(tables, "margins", lambda place: margins)
    with pytest.raises(KeyError, match="city_funds"):
        synthetic.targets("wenshan")


# Whole numbers ------------------------------------------------------------------------------------


@given(st.integers(0, 500), st.lists(st.floats(0.01, 100), min_size=1, max_size=12))
def test_shares_add_up(total, weights):
    parts = apportion(total, weights)
    assert parts.sum() == total
    assert (parts >= 0).all()


def test_bounds_that_leave_no_way_are_refused():
    with pytest.raises(ValueError, match="cannot be shared"):
        apportion(10, [1, 1], highest=[4, 4])
    with pytest.raises(ValueError, match="cannot add up"):
        moved_to_total([1, 1], 30, np.random.default_rng(0))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.integers(0, 10**6))
def test_sizes_move_by_as_little_as_they_must(sizes, seed):
    total = min(9 * len(sizes), sum(sizes) + 5)
    moved = moved_to_total(sizes, total, np.random.default_rng(seed))
    assert moved.sum() == total
    assert np.abs(moved - sizes).sum() == total - sum(sizes)


def test_ranks_start_again_in_every_group():
    ranks = ranks_within(np.array([0, 1, 0, 1, 1]), np.array([2.0, 9.0, 1.0, 8.0, 7.0]))
    assert ranks.tolist() == [1, 2, 0, 1, 0]


def test_funds_work_with_the_stated_lag():
    assert lagged(np.array([[10.0, 0.0, 0.0]]), (0.1, 0.2)).tolist() == [[1.0, 2.0, 0.0]]
