"""Standard errors: influence by finite differences, closed forms, other tools, faults."""

import math
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import inequality, microdata, poverty, survey, weighted
from analysis.microdata import RelativeLine
from analysis.survey import influence
from tests import references

SMOOTH = {
    f.__name__: f
    for f in (
        weighted.total,
        weighted.mean,
        weighted.ratio_of_totals,
        poverty.headcount_ratio,
        poverty.headcount,
        poverty.poverty_gap_index,
        poverty.poverty_severity,
        poverty.total_shortfall,
        poverty.average_shortfall,
        poverty.income_gap_ratio,
        poverty.watts_index,
        poverty.sen_index,
        poverty.sen_shorrocks_thon_index,
        inequality.gini,
        inequality.mean_log_deviation,
        inequality.theil_index,
    )
} | {
    "third order": partial(poverty.fgt, order=3.5),
    "uncut": partial(poverty.fgt, order=2, cut=False),
    "watts without": partial(poverty.watts_index, nonpositive="exclude"),
    "exit": partial(poverty.average_time_to_exit, growth=0.05),
    "prosperity": partial(poverty.prosperity_gap, standard=2500.0),
    **{f"entropy {a}": partial(inequality.generalized_entropy, order=a) for a in (-1, 0.5, 1, 2)},
    **{f"atkinson {e}": partial(inequality.atkinson_index, aversion=e) for e in (0.5, 1, 2)},
    **{f"between {a}": partial(inequality.entropy_between, order=a) for a in (-1, 0, 0.5, 1, 2)},
    **{f"within {a}": partial(inequality.entropy_within, order=a) for a in (0, 1, 2)},
}
ROUGH = {
    "quantile": weighted.quantile,
    "percentile ratio": inequality.percentile_ratio,
    "line": poverty.relative_line,
    "below": partial(inequality.income_below, share=0.6),
    "quintiles": inequality.quintile_share_ratio,
    "palma": inequality.palma_ratio,
    "lorenz": partial(inequality.lorenz_curve, shares=0.4),
    "generalised lorenz": partial(inequality.generalized_lorenz_curve, shares=0.4),
    "median of poor": poverty.median_of_poor,
    "median gap": poverty.median_gap_ratio,
}


@pytest.fixture(scope="module")
def arrays():
    random = np.random.default_rng(1)
    income = random.lognormal(7, 0.8, 60)
    income[:3] = 0, -50, income[3]
    return {
        "income": income,
        "weight": random.uniform(0.5, 3, 60),
        "line": np.full(60, 900.0),
        "group": random.integers(0, 4, 60),
        "denominator": random.uniform(1, 2, 60),
    }


@pytest.fixture(scope="module")
def sample():
    """Two years of a stratified sample of villages, all with the same villages in both years."""
    random = np.random.default_rng(5)
    village = np.repeat(np.arange(60), 20)
    table = pd.DataFrame({"village": village, "county": village // 10, "year": 2017})
    table = pd.concat([table, table.assign(year=2018)], ignore_index=True)
    effect = random.normal(0, 0.3, 60)[table["village"]]
    table["yuan"] = np.exp(7.5 + effect + random.normal(0, 0.5, len(table)))
    table.loc[table["year"] == 2018, "yuan"] *= 1.25
    table["persons"] = random.integers(1, 6, len(table)).astype(float)
    return table


DESIGN = survey.Design("persons", strata="county", clusters="village")


# Influence functions


@pytest.mark.parametrize("name", SMOOTH)
def test_influence_is_the_derivative_by_the_weight(arrays, name):
    measure, step = SMOOTH[name], 1e-4
    part = influence.of(measure)(**microdata.arguments(measure, arrays))
    moved = np.empty(60)
    for i in range(60):
        both = []
        for sign in (1, -1):
            weight = arrays["weight"].copy()
            weight[i] += sign * step
            both.append(measure(**microdata.arguments(measure, arrays | {"weight": weight})))
        moved[i] = (both[0] - both[1]) / (2 * step)
    assert part.value == pytest.approx(measure(**microdata.arguments(measure, arrays)), rel=1e-13)
    assert part.influence == pytest.approx(moved, abs=1e-8 * np.abs(moved).max())


@pytest.mark.parametrize("name", ROUGH)
def test_influence_by_density_agrees_with_the_bootstrap(name):
    random = np.random.default_rng(2)
    income = random.lognormal(7, 0.6, 4000)
    full = {"income": income, "weight": np.ones(4000), "line": np.full(4000, 900.0)}
    measure = ROUGH[name]
    part = influence.of(measure)(**microdata.arguments(measure, full))
    error = part.influence.std() * math.sqrt(4000)
    draws = []
    for _ in range(200):
        weight = np.bincount(random.integers(0, 4000, 4000), minlength=4000).astype(float)
        draws.append(measure(**microdata.arguments(measure, full | {"weight": weight})))
    assert part.value == pytest.approx(measure(**microdata.arguments(measure, full)), rel=1e-13)
    assert error == pytest.approx(np.std(draws), rel=0.2)


@pytest.mark.parametrize("name", ["poverty_gap_index", "total_shortfall", "watts_index", "exit"])
def test_slope_is_the_derivative_by_the_line(arrays, name):
    measure, step = SMOOTH[name], 1e-3
    given = {"income": arrays["income"], "weight": arrays["weight"]}
    higher, lower = (measure(**given, line=np.full(60, 900.0 + s)) for s in (step, -step))
    slope = influence.of(measure)(**given, line=arrays["line"]).slope()
    assert slope == pytest.approx((higher - lower) / (2 * step), rel=1e-6)


@pytest.mark.parametrize("name", ["headcount_ratio", "sen_index", "sen_shorrocks_thon_index"])
def test_slope_of_measures_that_take_in_new_poor(name):
    income = np.exp(7 + 0.8 * np.random.default_rng(3).standard_normal(100_000))
    weight, measure = np.ones(100_000), SMOOTH[name]
    slope = influence.of(measure)(income, weight, np.full(100_000, 900.0)).slope()
    rise = (measure(income, weight, 930.0) - measure(income, weight, 870.0)) / 60
    assert slope == pytest.approx(rise, rel=0.03)


def test_what_has_no_influence_function_says_so():
    with pytest.raises(ValueError, match="use replicate weights"):
        influence.of(np.mean)
    with pytest.raises(ValueError, match="is_poor has no influence function"):
        influence.of(poverty.is_poor)


# Designs and variances


def test_simple_random_sample_has_the_textbook_error():
    table = pd.DataFrame({"yuan": [1.0, 2.0, 4.0, 9.0]})
    row = survey.estimate(table, survey.Design(None), [weighted.mean], income="yuan").iloc[0]
    assert row["standard_error"] == pytest.approx(table["yuan"].std() / 2)
    assert row["degrees_of_freedom"] == 3
    table["villages"] = 8
    drawn = survey.Design(None, population="villages")
    without = survey.estimate(table, drawn, [weighted.mean], income="yuan").iloc[0]
    assert without["standard_error"] == pytest.approx(row["standard_error"] * math.sqrt(0.5))


def test_a_whole_population_drawn_has_no_sampling_error():
    table = pd.DataFrame({"yuan": [1.0, 2.0, 4.0], "all": 3})
    design = survey.Design(None, population="all")
    row = survey.estimate(table, design, [weighted.mean], income="yuan").iloc[0]
    assert row["standard_error"] == pytest.approx(0, abs=1e-12)


def test_domains_are_zero_weights_not_dropped_rows(sample):
    """Villages without a domain member still count as drawn."""
    table = sample.assign(inside=sample["village"] % 10 < 3)
    found = survey.estimate(
        table, DESIGN, [poverty.headcount_ratio], income="yuan", line=1500, where="inside"
    )
    zero = table["persons"].where(table["inside"], 0.0)
    by_weight = survey.estimate(
        table.assign(persons=zero), DESIGN, [poverty.headcount_ratio], income="yuan", line=1500
    )
    for name in ("estimate", "standard_error", "degrees_of_freedom"):
        assert found[name].item() == pytest.approx(by_weight[name].item(), rel=1e-12)
    dropped = survey.estimate(
        table[table["inside"]], DESIGN, [poverty.headcount_ratio], income="yuan", line=1500
    )
    assert found["standard_error"].item() != pytest.approx(dropped["standard_error"].item())


def test_a_missing_income_leaves_its_village_in_the_design(sample):
    table = sample.copy()
    table.loc[table["village"] == 7, "yuan"] = np.nan
    row = survey.estimate(table, DESIGN, [inequality.gini], income="yuan").iloc[0]
    assert row["missing_income"] == 40 and np.isfinite(row["standard_error"])
    inside = survey.estimate(
        table.fillna({"yuan": 1.0}).assign(known=table["yuan"].notna()),
        DESIGN,
        [inequality.gini],
        income="yuan",
        where="known",
    ).iloc[0]
    assert row["standard_error"] == pytest.approx(inside["standard_error"], rel=1e-13)


def test_the_same_from_polars(sample):
    ask = {"income": "yuan", "line": 1500, "by": "county"}
    measures = [poverty.headcount_ratio, inequality.gini]
    expected = survey.estimate(sample, DESIGN, measures, **ask)
    found = survey.estimate(pl.from_pandas(sample), DESIGN, measures, **ask)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-12)


def test_agrees_with_svy(sample):
    """Influence values handed to the library give the same errors as the short numpy variance."""
    svy = pytest.importorskip("svy")
    measures = {n: SMOOTH[n] for n in ("poverty_gap_index", "sen_index", "gini", "atkinson 1")}
    ours = survey.estimate(sample, DESIGN, measures, income="yuan", line=1500)
    given = {"income": sample["yuan"].to_numpy(), "weight": sample["persons"].to_numpy()}
    given["line"] = np.full(len(sample), 1500.0)
    table = sample.copy()
    for name, measure in measures.items():
        part = influence.of(measure)(**microdata.arguments(measure, given))
        table[name.replace(" ", "_")] = part.influence
    design = svy.Design(stratum="county", psu="village", wgt="persons")
    library = svy.Sample(pl.from_pandas(table), design)
    for name, error in zip(measures, ours["standard_error"], strict=True):
        theirs = library.estimation.total(name.replace(" ", "_")).estimates[0].se
        assert error == pytest.approx(theirs, rel=1e-10)


def test_lone_units_are_refused_with_remedies(sample):
    table = sample[(sample["county"] > 0) | (sample["village"] == 0)]
    ask = {"measures": [poverty.headcount_ratio], "income": "yuan", "line": 1500}
    with pytest.raises(survey.LoneUnitError, match=r"county 0.*certainty.*centre.*average"):
        survey.estimate(table, DESIGN, **ask)
    errors = {
        lone: survey.estimate(
            table, survey.Design("persons", "county", "village", lone=lone), **ask
        )["standard_error"].item()
        for lone in ("certainty", "centre", "average")
    }
    assert errors["average"] == pytest.approx(errors["certainty"] * math.sqrt(6 / 5))
    assert errors["centre"] > errors["certainty"]
    with pytest.raises(ValueError, match="lone is 'ignore'"):
        survey.Design("persons", lone="ignore")


def test_a_unit_that_was_the_whole_stratum_is_not_alone():
    table = pd.DataFrame({"yuan": [1.0, 2.0, 3.0], "county": [1, 1, 2], "villages": [4, 4, 1]})
    design = survey.Design(None, "county", population="villages")
    row = survey.estimate(table, design, [weighted.mean], income="yuan").iloc[0]
    assert row["standard_error"] == pytest.approx(math.sqrt(0.5 * 2 * 0.5) / 3)


def test_faults_of_the_design(sample):
    ask = {"measures": [weighted.mean], "income": "yuan"}
    with pytest.raises(ValueError, match="a row has no value in county"):
        survey.estimate(
            sample.assign(county=sample["county"].where(sample.index > 0)), DESIGN, **ask
        )
    small = survey.Design("persons", "county", "village", population="few")
    with pytest.raises(ValueError, match="10 units drawn from a population of 3"):
        survey.estimate(sample.assign(few=3), small, **ask)
    with pytest.raises(TypeError, match="column 'county' holds int64 values, not truth values"):
        survey.estimate(sample, DESIGN, where="county", **ask)


# Relative lines


def test_the_error_of_a_relative_line_is_part_of_the_error(sample):
    ask = {"measures": [poverty.headcount_ratio], "income": "yuan", "proportion": "symmetric"}
    line = poverty.relative_line(sample["yuan"], sample["persons"])
    fixed = survey.estimate(sample, DESIGN, line=line, **ask)
    moving = survey.estimate(sample, DESIGN, line=RelativeLine(), **ask)
    replicates = survey.bootstrap(sample, DESIGN, draws=300, seed=4)
    drawn = survey.estimate(sample, replicates, line=RelativeLine(), **ask)
    assert fixed["estimate"].item() == moving["estimate"].item() == drawn["estimate"].item()
    assert moving["standard_error"].item() == pytest.approx(
        drawn["standard_error"].item(), rel=0.25
    )
    # Villages that are poor lower the line with them: the error is half that at a fixed line.
    assert moving["standard_error"].item() < 0.6 * fixed["standard_error"].item()


def test_a_group_across_two_lines_is_refused(sample):
    line = RelativeLine(within=("year",))
    with pytest.raises(ValueError, match=r"add the columns of the line \(year\)"):
        survey.estimate(sample, DESIGN, [poverty.headcount_ratio], income="yuan", line=line)


# Replicates


@pytest.mark.parametrize("measure", [weighted.mean, inequality.gini, poverty.sen_index])
def test_replicates_agree_with_linearisation(sample, measure):
    ask = {"income": "yuan", "line": 1500}
    linear = survey.estimate(sample, DESIGN, [measure], **ask)["standard_error"].item()
    left_out = survey.estimate(sample, survey.jackknife(sample, DESIGN), [measure], **ask)
    assert left_out["standard_error"].item() == pytest.approx(linear, rel=0.02)
    drawn = survey.bootstrap(sample, DESIGN, draws=300, seed=1)
    drawn = survey.estimate(sample, drawn, [measure], **ask)
    assert drawn["standard_error"].item() == pytest.approx(linear, rel=0.15)


def test_plain_jackknife_of_a_mean_is_the_textbook_error():
    table = pd.DataFrame({"yuan": [1.0, 2.0, 4.0, 9.0]})
    replicates = survey.jackknife(table, survey.Design(None))
    row = survey.estimate(table, replicates, [weighted.mean], income="yuan").iloc[0]
    assert row["standard_error"] == pytest.approx(table["yuan"].std() / 2, rel=1e-12)


@pytest.mark.parametrize("fay", [0.0, 0.5])
def test_balanced_halves_of_a_total_are_exact(fay):
    random = np.random.default_rng(0)
    table = pd.DataFrame({"yuan": random.normal(10, 3, 14), "pair": np.repeat(range(7), 2)})
    table = table.sample(frac=1, random_state=1)
    design = survey.Design(None, "pair")
    exact = survey.estimate(table, design, [weighted.total], income="yuan")
    halves = survey.balanced_halves(table, design, fay=fay)
    found = survey.estimate(table, halves, [weighted.total], income="yuan")
    assert found["standard_error"].item() == pytest.approx(exact["standard_error"].item())
    with pytest.raises(ValueError, match="1 strata do not have two units"):
        survey.balanced_halves(pd.concat([table, table.iloc[:1]]), design)


def test_given_replicates_are_taken_as_they_are():
    table = pd.DataFrame({"yuan": [1.0, 3.0], "w": [1.0, 1.0], "a": [2.0, 0.0], "b": [0.0, 2.0]})
    given = survey.given_replicates(table, weight="w", columns=["a", "b"], scale=0.5)
    row = survey.estimate(table, given, [weighted.mean], income="yuan").iloc[0]
    assert row["estimate"] == 2 and row["standard_error"] == pytest.approx(1)
    with pytest.raises(ValueError, match="2 rows and the frame has 1"):
        survey.estimate(table.iloc[:1], given, [weighted.mean], income="yuan")
    with pytest.raises(ValueError, match="centre is 'median'"):
        survey.given_replicates(table, weight="w", columns=["a"], scale=1, centre="median")


def test_the_same_seed_draws_the_same_weights(sample):
    one, two = (survey.bootstrap(sample, DESIGN, draws=3, seed=9).factors for _ in range(2))
    assert (one == two).all()
    assert one.reshape(6, 10, 3).sum(axis=1) == pytest.approx(10)


# Intervals


def test_intervals_of_a_share_stay_inside_and_have_a_bound_where_nobody_is_poor(sample):
    none = survey.estimate(sample, DESIGN, [poverty.headcount_ratio], income="yuan", line=1).iloc[0]
    assert none["estimate"] == none["estimate_low"] == 0
    assert none["estimate_high"] == pytest.approx(1 - 0.025 ** (1 / len(sample)))
    few = survey.proportion_interval(0.01, 0.009, 50, 400)
    assert 0 < few[0] < 0.01 < few[1] < 1


@settings(max_examples=40, deadline=None)
@given(st.floats(0.02, 0.98), st.floats(0.001, 0.05), st.sampled_from([0.8, 0.95]))
def test_intervals_hold_the_share(share, error, level):
    for method in ("logit", "wilson", "korn_graubard"):
        low, high = survey.proportion_interval(share, error, 80, 5000, level=level, method=method)
        assert 0 <= low < share < high <= 1


def test_the_interval_of_a_median_holds_as_often_as_it_says():
    random, held = np.random.default_rng(11), 0
    for _ in range(150):
        table = pd.DataFrame({"yuan": random.lognormal(0, 1, 120)})
        row = survey.quantile_interval(table, survey.Design(None), 0.5, income="yuan").iloc[0]
        held += row["estimate_low"] <= 1 <= row["estimate_high"]
    assert 0.89 <= held / 150 <= 0.99


# Differences and dominance


def test_a_panel_shares_its_villages_and_two_samples_do_not(sample):
    ask = {
        "measures": [poverty.headcount_ratio],
        "income": "yuan",
        "line": 1500,
        "between": "year",
        "first": 2017,
        "second": 2018,
    }
    panel = survey.differences(sample, DESIGN, **ask).iloc[0]
    apart = survey.Design("persons", strata=("year", "county"), clusters="village")
    independent = survey.differences(sample, apart, **ask).iloc[0]
    years = survey.estimate(
        sample, apart, [poverty.headcount_ratio], income="yuan", line=1500, by="year"
    )
    errors = years["standard_error"]
    assert independent["standard_error"] == pytest.approx(math.hypot(*errors), rel=1e-12)
    assert panel["difference"] == independent["difference"] < 0
    assert panel["standard_error"] < 0.7 * independent["standard_error"]
    assert panel["distinguishable"]
    fewer = sample[(sample["year"] == 2017) | (sample["village"] % 10 < 2)]
    small = survey.differences(fewer, apart, **ask).iloc[0]
    assert [panel["degrees_of_freedom"], small["degrees_of_freedom"]] == [54, 6]
    jackknifed = survey.differences(sample, survey.jackknife(sample, DESIGN), **ask).iloc[0]
    assert jackknifed["standard_error"] == pytest.approx(panel["standard_error"], rel=0.02)


def test_differences_by_county_and_their_faults(sample):
    ask = {"measures": [inequality.gini], "income": "yuan", "between": "year"}
    table = survey.differences(sample, DESIGN, by="county", first=2017, second=2018, **ask)
    assert len(table) == 6 and not table["distinguishable"].all()
    with pytest.raises(ValueError, match="no row with 2020"):
        survey.differences(sample, DESIGN, first=2017, second=2020, **ask)
    with pytest.raises(ValueError, match="a census has no sampling error"):
        survey.differences(sample, survey.Census("persons"), first=2017, second=2018, **ask)


def test_dominance_bands_are_wider_than_intervals_and_rank(sample):
    ask = {"income": "yuan", "between": "year", "first": 2017, "second": 2018}
    table = survey.dominance(sample, DESIGN, lines=range(1000, 3001, 250), **ask)
    assert (table["difference"] < 0).all() and survey.ranking(table) == "second_lower"
    single = survey.differences(sample, DESIGN, [poverty.headcount_ratio], line=1500, **ask).iloc[0]
    band = table[table["line"] == 1500].iloc[0]
    assert band["difference"] == single["difference"]
    assert band["standard_error"] == pytest.approx(single["standard_error"], rel=1e-10)
    reach = {n: r["difference_high"] - r["difference"] for n, r in (("a", band), ("b", single))}
    assert reach["a"] > 1.1 * reach["b"]
    one = survey.dominance(sample, DESIGN, lines=[1500], **ask).iloc[0]
    widths = [row["difference_high"] - row["difference_low"] for row in (one, single)]
    assert widths[0] == pytest.approx(widths[1], rel=0.03)
    same = sample.assign(year=np.where(sample.index % 2, 2017, 2018))
    assert survey.ranking(survey.dominance(same, DESIGN, lines=[1500], **ask)) == "undecided"
    told = {"difference": [-1.0, 1.0], "distinguishable": [True, True]}
    assert survey.ranking(pd.DataFrame(told)) == "crossing"


# Census


def test_a_census_has_no_sampling_error_and_says_what_it_reports(sample):
    ask = {"measures": [poverty.headcount_ratio, inequality.gini], "income": "yuan", "line": 1500}
    plain = survey.estimate(sample, survey.Census("persons"), **ask)
    assert plain["standard_error"].isna().all() and (plain["uncertainty"] == "not_reported").all()
    assert plain.loc[0, "estimate"] == poverty.headcount_ratio(
        sample["yuan"], sample["persons"], 1500
    )
    off = survey.estimate(sample, survey.Census("persons", income_error=0.1), **ask)
    assert off["uncertainty"].tolist() == ["measurement", "not_reported"]
    low, high = (
        poverty.headcount_ratio(sample["yuan"] * f, sample["persons"], 1500) for f in (1.1, 0.9)
    )
    assert [low, high] == [off.loc[0, "estimate_low"], off.loc[0, "estimate_high"]]


# Other tools


@pytest.fixture(scope="module")
def compared(shared):
    return references.compare(shared / "reference")


def test_no_case_of_another_tool_is_unexplained(compared):
    listed = compared[compared["listed"]]
    wrong = listed[~listed["matched"] & (listed["reason"] == "")]
    assert not len(wrong), wrong[["case_id", "measure", "theirs", "ours"]].to_string()
    assert len(listed) >= 330 and listed["matched"].mean() > 0.95


def test_what_is_defined_alike_agrees_to_nine_digits(compared):
    listed = compared[compared["listed"] & compared["matched"]]
    loose = listed["fn"].isin(["svysen", "svysst", "svylorenz"])
    assert listed.loc[~loose & (listed["reason"] == ""), "difference"].max() < 1e-11
    assert listed.loc[listed["tolerance_se"] <= 1e-8, "difference_se"].max() < 1e-11


def test_densities_follow_convey_to_nine_digits(compared):
    """Quantiles, relative lines and what hangs on them, bandwidth included."""
    dense = compared["fn"].str.contains("svyarp|svypoormed|svyrmpg|svyiqalpha|svyfgt$")
    assert dense.sum() > 30
    assert compared.loc[dense, "difference_se"].max() < 1e-11


def test_the_summary_counts_every_case_once(compared):
    table = references.summary(compared)
    assert table["cases"].sum() == compared["listed"].sum()
    assert table["unexplained"].sum() == 0
    assert (table["matched"] + table["explained"] >= table["cases"]).all()


def test_the_report_says_that_nothing_is_unexplained(compared, monkeypatch):
    monkeypatch.setattr(references, "everything", lambda folder: compared)
    monkeypatch.setattr(references.Path, "is_file", lambda path: True)
    text = references.report("anywhere")
    assert text.endswith("unexplained: none") and "convey" in text
    first = compared.index[compared["listed"] & compared["matched"]][0]
    compared = compared.copy()
    compared.loc[first, ["matched", "reason"]] = [False, ""]
    monkeypatch.setattr(references, "everything", lambda folder: compared)
    assert references.report("anywhere").endswith("unexplained: 1")


def test_without_reference_outputs_the_report_says_so(tmp_path, capsys):
    assert references.main([str(tmp_path)]) == 0
    assert "nothing was compared" in capsys.readouterr().out
