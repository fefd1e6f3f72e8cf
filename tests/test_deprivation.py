"""Alkire-Foster: small registers by hand, axioms, every kind of frame, references, and faults."""

import warnings

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import deprivation
from analysis.survey import Design
from tests.references_deprivation import comparisons, design_error, disagreements, specification

COLUMNS = ["indicator", "dimension", "weight", "cutoff", "direction", "missing"]
AT = {"poverty_cutoff": 1 / 3, "weight": "members"}
GUARANTEES = pd.DataFrame(
    [
        ("income", "income", 1 / 3, "line", "below", "drop"),
        ("grade", "housing", 1 / 6, "C;D", "in", "reweight"),
        ("dropouts", "education", 1 / 6, "0", "above", "reweight"),
        ("insured", "medical", 1 / 9, 1, "below", "reweight"),
        ("pension", "pension", 1 / 9, 1, "below", "reweight"),
        ("water", "water", 1 / 9, "piped;well", "not_in", "reweight"),
    ],
    columns=COLUMNS,
)
REGISTER = pd.DataFrame(
    {
        "village": ["a", "a", "a", "b", "b", "b"],
        "members": [4.0, 2.0, 3.0, 5.0, 1.0, 2.0],
        "income": [2000.0, 2952.0, 9000.0, 2951.99, 8000.0, np.nan],
        "line": [2952.0] * 6,
        "grade": ["D", "C", "A", "B", None, "D"],
        "dropouts": [0, 1, 0, 0, 2, 0],
        "insured": [True, True, True, False, True, True],
        "pension": [1, 1, 1, 0, 0, 1],
        "water": ["piped", "river", "well", "piped", "piped", "well"],
    }
)
# Two indicators a row, weights of one half, so that every number below can be done by hand.
HALVES = specification(["water", "school"], ["water", "school"])
tables = st.lists(
    st.tuples(*[st.integers(0, 1)] * 4, st.floats(0.5, 9)), min_size=1, max_size=25
).map(lambda rows: pd.DataFrame(rows, columns=["w", "x", "y", "z", "members"]))
FOUR = specification(["w", "x", "y", "z"], ["one", "one", "two", "three"])


@pytest.fixture(scope="module")
def references(shared):
    """Every reference case beside ours."""
    return comparisons(shared / "reference")


def homes(*rows):
    """Households as (water, school, members)."""
    return pd.DataFrame(rows, columns=["water", "school", "members"])


# By hand ---------------------------------------------------------------------------------------


def test_scores_of_the_guarantees():
    scored = deprivation.deprivation_scores(REGISTER, GUARANTEES)
    # An income at the line is not below it; an unknown grade leaves five sixths to be scored.
    expected = [1 / 3 + 1 / 6, 1 / 6 + 1 / 6 + 1 / 9, 0, 1 / 3 + 2 / 9, (1 / 6 + 1 / 9) / (5 / 6)]
    assert scored["deprivation_score"].iloc[:5].tolist() == pytest.approx(expected)
    assert np.isnan(scored["deprivation_score"].iloc[5])
    assert np.isnan(scored["deprived_grade"].iloc[4])


def test_headcount_intensity_and_adjusted_ratio_by_hand():
    found = deprivation.alkire_foster(REGISTER, GUARANTEES, **AT).iloc[0]
    poor = {4: 1 / 2, 2: 4 / 9, 5: 5 / 9, 1: 1 / 3}
    assert found["rows"] == 6
    assert found["rows_missing"] == 1
    assert found["population"] == 15
    assert found["headcount"] == 12
    assert found["headcount_ratio"] == pytest.approx(12 / 15)
    deprivations = sum(people * score for people, score in poor.items())
    assert found["intensity"] == pytest.approx(deprivations / 12)
    assert found["adjusted_headcount_ratio"] == pytest.approx(deprivations / 15)


def test_indicators_by_hand():
    frame = homes((1, 1, 1), (1, 0, 2), (0, 0, 1))
    found = deprivation.indicator_profile(frame, HALVES, poverty_cutoff=1, weight="members")
    assert found["uncensored_headcount_ratio"].tolist() == [0.75, 0.25]
    assert found["censored_headcount_ratio"].tolist() == [0.25, 0.25]
    assert found["contribution"].tolist() == [0.5, 0.5]
    assert found["absolute_contribution"].sum() == 0.25


def test_contributions_make_the_whole_when_an_indicator_is_unknown():
    whole = deprivation.alkire_foster(REGISTER, GUARANTEES, **AT)["adjusted_headcount_ratio"][0]
    single = deprivation.indicator_profile(REGISTER, GUARANTEES, **AT).set_index("indicator")
    assert single["absolute_contribution"].sum() == pytest.approx(whole)
    # Of 14 people whose grade is known, 6 are poor and live in a house of grade C or D.
    assert single["censored_headcount_ratio"]["grade"] == pytest.approx(6 / 14)
    values = deprivation.influence_values(REGISTER, GUARANTEES, **AT)
    parts = values.filter(like="absolute_contribution:").sum(axis=1)
    assert parts.to_numpy() == pytest.approx(values["adjusted_headcount_ratio"].to_numpy())


def test_one_third_reaches_one_third():
    thirds = specification(["water", "school", "income"], ["a", "b", "c"])
    sixths = specification(list("abcdef"), list("abcdef"))
    one = pd.DataFrame({"water": [1], "school": [0], "income": [0]})
    two = pd.DataFrame(dict(zip("abcdef", [[1], [1], [0], [0], [0], [0]], strict=True)))
    for frame, spec in ((one, thirds), (two, sixths)):
        for cutoff in (1 / 3, 0.333333333, 0.3333333335):
            found = deprivation.alkire_foster(frame, spec, poverty_cutoff=cutoff, weight=None)
            assert found["headcount_ratio"].iloc[0] == 1
        found = deprivation.alkire_foster(frame, spec, poverty_cutoff=0.3334, weight=None)
        assert found["headcount_ratio"].iloc[0] == 0


def test_nobody_poor_has_no_intensity_and_everybody_poor_has_all():
    nobody = deprivation.alkire_foster(homes((0, 0, 1)), HALVES, **AT).iloc[0]
    assert nobody["headcount_ratio"] == nobody["adjusted_headcount_ratio"] == 0
    assert np.isnan(nobody["intensity"])
    assert np.isnan(nobody["contribution"])
    everybody = deprivation.alkire_foster(homes((1, 1, 1)), HALVES, **AT).iloc[0]
    assert everybody[["headcount_ratio", "intensity", "contribution"]].tolist() == [1, 1, 1]


def test_everything_missing_is_counted_and_gives_no_ratio():
    frame = homes((np.nan, 1, 1), (np.nan, np.nan, 2))
    found = deprivation.alkire_foster(frame, HALVES, **AT).iloc[0]
    assert (found["rows"], found["rows_missing"], found["population"]) == (2, 2, 0)
    assert np.isnan(found["headcount_ratio"])
    kept = deprivation.alkire_foster(frame, HALVES.assign(missing="reweight"), **AT).iloc[0]
    assert (kept["rows_missing"], kept["headcount_ratio"]) == (1, 1)


def test_overlaps_count_everybody_most_frequent_first():
    frame = homes((1, 1, 1), (1, 1, 4), (0, 0, 2), (1, 0, 2), (np.nan, 0, 1))
    found = deprivation.overlaps(frame, HALVES, weight="members")
    assert found["population"].tolist() == [5, 2, 2, 1]
    assert found["deprivations"].tolist() == [2, 0, 1, 0]
    assert found["rows"].tolist() == [2, 1, 1, 1]
    assert found["water"].isna().tolist() == [False, False, False, True]
    assert found["population_share"].sum() == pytest.approx(1)


def test_changes_by_hand():
    before = deprivation.alkire_foster(homes((1, 1, 1), (1, 1, 1), (0, 0, 2)), HALVES, **AT)
    after = deprivation.alkire_foster(homes((1, 0, 1), (0, 0, 3)), HALVES, **AT)
    found = deprivation.changes(before, after, years=2).set_index("measure")
    m0 = found.loc["adjusted_headcount_ratio"]
    assert (m0["before"], m0["after"]) == (0.5, 0.125)
    assert m0["absolute_change"] == -0.375
    assert m0["annualized_absolute_change"] == -0.1875
    assert m0["relative_change"] == -0.75
    assert m0["annualized_relative_change"] == pytest.approx(-0.5)


def test_change_from_nothing_has_no_rate():
    nothing = deprivation.alkire_foster(homes((0, 0, 1)), HALVES, **AT)
    something = deprivation.alkire_foster(homes((1, 0, 1)), HALVES, **AT)
    found = deprivation.changes(nothing, something, years=1).set_index("measure")
    assert np.isnan(found.loc["headcount_ratio", "relative_change"])
    assert found.loc["headcount_ratio", "absolute_change"] == 1
    parts = deprivation.change_parts(nothing, something).iloc[0]
    assert (parts["incidence_effect"], parts["intensity_effect"]) == (0.5, 0)


# Axioms ----------------------------------------------------------------------------------------


def measured(frame, spec=FOUR, cutoff=1 / 3):
    return deprivation.alkire_foster(frame, spec, poverty_cutoff=cutoff, weight="members").iloc[0]


@settings(max_examples=25, deadline=None)
@given(tables, st.floats(0.1, 1))
def test_the_parts_make_the_whole(frame, cutoff):
    whole = measured(frame, cutoff=cutoff)
    single = deprivation.indicator_profile(frame, FOUR, poverty_cutoff=cutoff, weight="members")
    m0 = whole["adjusted_headcount_ratio"]
    assert single["absolute_contribution"].sum() == pytest.approx(m0, abs=1e-12)
    by_hand = (single["weight"] * single["censored_headcount_ratio"]).sum()
    assert by_hand == pytest.approx(m0, abs=1e-12)
    assert (
        single["censored_headcount_ratio"] <= single["uncensored_headcount_ratio"] + 1e-12
    ).all()
    groups = deprivation.alkire_foster(
        frame.assign(group=frame["w"] + 2 * frame["x"]),
        FOUR,
        poverty_cutoff=cutoff,
        weight="members",
        by=["group"],
    )
    added = groups["population_share"] @ groups["adjusted_headcount_ratio"]
    assert added == pytest.approx(m0, abs=1e-12)
    if whole["headcount_ratio"] > 0:
        assert whole["headcount_ratio"] * whole["intensity"] == pytest.approx(m0)
        assert groups["contribution"].sum() == pytest.approx(1)
        assert single["contribution"].sum() == pytest.approx(1)
        assert whole["intensity"] >= cutoff - 1e-8


@settings(max_examples=25, deadline=None)
@given(tables)
def test_replication_and_scale_of_weights_change_nothing(frame):
    once = measured(frame)
    twice = measured(pd.concat([frame, frame], ignore_index=True))
    scaled = measured(frame.assign(members=frame["members"] * 7))
    for name in ("headcount_ratio", "adjusted_headcount_ratio"):
        assert twice[name] == pytest.approx(once[name])
        assert scaled[name] == pytest.approx(once[name])


@settings(max_examples=25, deadline=None)
@given(tables, st.data())
def test_one_deprivation_more_is_never_better(frame, data):
    row = data.draw(st.integers(0, len(frame) - 1))
    column = data.draw(st.sampled_from(["w", "x", "y", "z"]))
    worse = frame.copy()
    worse.loc[row, column] = 1
    before, after = measured(frame), measured(worse)
    assert after["adjusted_headcount_ratio"] >= before["adjusted_headcount_ratio"] - 1e-12
    if before["headcount_ratio"] == after["headcount_ratio"] and frame.loc[row, column] == 0:
        scores = deprivation.deprivation_scores(frame, FOUR)["deprivation_score"]
        poor = scores[row] >= 1 / 3 - 1e-8
        same = after["adjusted_headcount_ratio"] == pytest.approx(
            before["adjusted_headcount_ratio"], abs=1e-12
        )
        # Focus on the poor: a lack among the others does not count; among the poor it does.
        assert same != poor


@settings(max_examples=15, deadline=None)
@given(tables)
def test_higher_cutoffs_find_fewer_poor(frame):
    found = deprivation.cutoff_sensitivity(
        frame, FOUR, poverty_cutoffs=[0.1, 0.3, 0.5, 1.0], weight="members"
    )
    assert (found["headcount_ratio"].diff().dropna() <= 1e-12).all()
    assert found["poverty_cutoff"].tolist() == [0.1, 0.3, 0.5, 1.0]


@settings(max_examples=20, deadline=None)
@given(tables, tables)
def test_parts_of_a_change_leave_nothing_over(first, last):
    frames = [f.assign(group=f["w"]) for f in (first, last)]
    frames = [
        pd.concat(
            [f, pd.DataFrame({"group": [0, 1], "w": [0, 1], "members": 1.0})], ignore_index=True
        ).fillna(0)
        for f in frames
    ]
    at = {"poverty_cutoff": 1 / 3, "weight": "members"}
    by_group = [deprivation.alkire_foster(f, FOUR, **at, by=["group"]) for f in frames]
    total = [deprivation.alkire_foster(f, FOUR, **at) for f in frames]
    change = total[1]["adjusted_headcount_ratio"][0] - total[0]["adjusted_headcount_ratio"][0]
    parts = deprivation.group_change_parts(*by_group, by=["group"])
    effects = parts[["within_effect", "demographic_effect"]].to_numpy().sum()
    assert effects == pytest.approx(change, abs=1e-12)
    split = deprivation.change_parts(*total).iloc[0]
    assert split["absolute_change"] == pytest.approx(change, abs=1e-12)
    both = split["incidence_effect"] + split["intensity_effect"]
    assert both == pytest.approx(change, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(tables)
def test_influence_values_predict_one_person_more(frame):
    values = deprivation.influence_values(frame, FOUR, poverty_cutoff=1 / 3, weight="members")
    assert (frame["members"] @ values.fillna(0)).abs().max() < 1e-9
    step = 1e-6
    more = frame.copy()
    more.loc[0, "members"] += step
    for name in ("headcount_ratio", "adjusted_headcount_ratio"):
        slope = (measured(more)[name] - measured(frame)[name]) / step
        assert values[name][0] == pytest.approx(slope, abs=1e-5)


def test_influence_values_of_a_simple_sample_give_the_textbook_error():
    frame = homes(*[(1, 1, 1)] * 3, *[(0, 0, 1)] * 7)
    values = deprivation.influence_values(frame, HALVES, poverty_cutoff=1, weight=None)
    sample = pd.DataFrame({"weight": 1.0, "stratum": 1, "psu": range(10)})
    error = design_error(sample, values["headcount_ratio"].to_numpy())
    assert error == pytest.approx(np.sqrt(0.3 * 0.7 / 9))


def sampled(number=400, seed=3):
    """A stratified, clustered sample of two years whose units take part in both."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(random.integers(0, 2, (number, 4)), columns=list("wxyz")).astype(float)
    frame["stratum"] = random.integers(0, 3, number)
    frame["psu"] = 10 * frame["stratum"] + random.integers(0, 6, number)
    frame["weight"] = random.uniform(0.5, 3, number)
    frame["year"] = random.choice([2016.0, 2018.5], number)
    frame["area"] = random.choice(["a", "b"], number)
    frame.loc[random.random(number) < 0.05, "z"] = np.nan
    return frame


def test_estimates_are_the_measures_with_the_errors_of_the_design():
    frame, at = sampled(), {"poverty_cutoff": 1 / 3}
    design = Design("weight", "stratum", "psu")
    found = deprivation.estimates(frame, FOUR, design, **at, by=["area"])
    for area, part in found.groupby("area"):
        inside = frame["area"] == area
        total = deprivation.alkire_foster(frame[inside], FOUR, **at, weight="weight").iloc[0]
        whole = part[part["indicator"] == ""].set_index("measure")["estimate"]
        assert whole.to_dict() == pytest.approx(total[whole.index].to_dict())
        single = deprivation.indicator_profile(frame[inside], FOUR, **at, weight="weight")
        contribution = part[part["measure"] == "contribution"]["estimate"]
        assert contribution.tolist() == pytest.approx(single["contribution"].tolist())
        values = deprivation.influence_values(
            frame.assign(inside=inside), FOUR, **at, weight="weight", inside="inside"
        )
        errors = [design_error(frame, values[name].to_numpy()) for name in values]
        assert part["standard_error"].tolist() == pytest.approx(errors)
        assert (part["estimate_low"] < part["estimate"]).all()
        assert (part["missing"] == frame.loc[inside, "z"].isna().sum()).all()
        assert (part["degrees_of_freedom"] == 15).all()


def test_change_estimates_know_the_units_that_take_part_twice():
    frame, at = sampled(), {"poverty_cutoff": 1 / 3}
    design = Design("weight", "stratum", "psu")
    found = deprivation.change_estimates(frame, FOUR, design, **at, time="year")
    years = [frame[frame["year"] == year] for year in (2016, 2018.5)]
    ends = [deprivation.alkire_foster(f, FOUR, **at, weight="weight") for f in years]
    expected = deprivation.changes(*ends, years=2.5).set_index("measure")
    values = [
        deprivation.influence_values(
            frame.assign(now=frame["year"] == year), FOUR, **at, weight="weight", inside="now"
        )
        for year in (2016, 2018.5)
    ]
    for row in found[found["indicator"] == ""].to_dict("records"):
        assert row["estimate"] == pytest.approx(expected.loc[row["measure"], row["change"]])
        if row["change"] == "absolute_change":
            gap = (values[1] - values[0])[row["measure"]].to_numpy()
            assert row["standard_error"] == pytest.approx(design_error(frame, gap))
        assert row["told_from_noise"] == (row["estimate_low"] > 0 or row["estimate_high"] < 0)


def test_a_change_needs_two_years():
    frame = sampled()
    with pytest.raises(ValueError, match="1 years; a change needs two"):
        deprivation.change_estimates(
            frame[frame["year"] == 2016], FOUR, Design(None), poverty_cutoff=0.3, time="year"
        )


def test_a_lone_unit_is_refused():
    frame = sampled().assign(stratum=range(400))
    with pytest.raises(ValueError, match="single"):
        deprivation.estimates(frame, FOUR, Design("weight", "stratum", "psu"), poverty_cutoff=1 / 3)


def test_nobody_poor_has_an_error_of_nothing_and_no_intensity():
    frame = sampled().assign(w=0.0, x=0.0, y=0.0, z=0.0)
    found = deprivation.estimates(
        frame, FOUR, Design("weight", "stratum", "psu"), poverty_cutoff=0.5
    ).set_index("measure")
    assert found.loc["headcount_ratio", ["estimate", "standard_error"]].tolist() == [0, 0]
    assert np.isnan(found.loc["intensity", "estimate"])


def test_influence_of_a_change_is_its_slope():
    first, last, step = 0.4, 0.2, 1e-7
    moved = deprivation.change_influences(
        first, last, np.array([1.0]), np.array([0.5]), years=3
    ).iloc[0]

    def rates(before, after):
        ratio = after / before
        difference = after - before
        return np.array([difference, ratio - 1, difference / 3, ratio ** (1 / 3) - 1])

    slope = (rates(first + step, last + 0.5 * step) - rates(first, last)) / step
    assert moved.to_numpy() == pytest.approx(slope, rel=1e-5)


# Weights and cutoffs ---------------------------------------------------------------------------


def test_nested_and_leaning_weights():
    dimensions = ["health", "health", "education", "living"]
    weights = deprivation.nested_weights(dimensions)
    assert weights.tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 3, 1 / 3])
    leaning = deprivation.leaning_weights(pd.DataFrame({"dimension": dimensions}))
    assert leaning["living"].tolist() == [0.125, 0.125, 0.25, 0.5]
    assert all(w.sum() == pytest.approx(1) for w in leaning.values())


def test_sensitivity_to_weights_ranks_and_compares_groups():
    frame = homes((1, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 1)).assign(area=["a", "a", "b", "b"])
    found = deprivation.weight_sensitivity(
        frame,
        HALVES,
        alternatives=deprivation.leaning_weights(HALVES, share=0.9),
        poverty_cutoff=0.5,
        weight="members",
        by=["area"],
    )
    table = found.pivot_table(index="weights", columns="area", values="rank")
    assert table.loc["specification"].tolist() == [2, 1]
    assert table.loc["water"].tolist() == [1, 2]
    assert deprivation.robust_pairs(found, over="weights", by=["area"]) == 0
    cutoffs = deprivation.cutoff_sensitivity(
        frame, HALVES, poverty_cutoffs=[0.5, 1], weight="members", by=["area"]
    )
    assert deprivation.robust_pairs(cutoffs, over="poverty_cutoff", by=["area"]) == 1
    alone = cutoffs[cutoffs["area"] == "a"]
    assert np.isnan(deprivation.robust_pairs(alone, over="poverty_cutoff", by=["area"]))


# Frames ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["polars", "lazy", "duckdb", "arrow"])
def test_every_kind_of_frame_gives_the_same(kind):
    frame = {
        "polars": lambda: pl.from_pandas(REGISTER),
        "lazy": lambda: pl.from_pandas(REGISTER, nan_to_null=False).lazy(),
        "duckdb": lambda: duckdb.from_df(REGISTER),
        "arrow": lambda: pl.from_pandas(REGISTER).to_arrow(),
    }[kind]()
    for call in (
        lambda f: deprivation.alkire_foster(f, GUARANTEES, **AT, by=["village"]),
        lambda f: deprivation.indicator_profile(f, GUARANTEES, **AT, by=["village"]),
        lambda f: deprivation.overlaps(f, GUARANTEES, weight="members"),
        lambda f: deprivation.influence_values(f, GUARANTEES, **AT),
    ):
        pd.testing.assert_frame_equal(call(frame), call(REGISTER), check_dtype=False)


def test_scores_come_back_as_the_frame_they_came_in():
    scored = deprivation.deprivation_scores(pl.from_pandas(REGISTER).lazy(), GUARANTEES)
    assert isinstance(scored, pl.LazyFrame)
    assert REGISTER.columns.tolist() == scored.collect_schema().names()[: REGISTER.shape[1]]


def test_the_register_is_left_as_it_was():
    copy, spec = REGISTER.copy(deep=True), GUARANTEES.copy(deep=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        deprivation.indicator_profile(REGISTER, GUARANTEES, **AT)
        deprivation.overlaps(REGISTER, GUARANTEES, weight=None)
    pd.testing.assert_frame_equal(REGISTER, copy)
    pd.testing.assert_frame_equal(GUARANTEES, spec)


# References ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_reference_case_agrees_or_has_its_reason(references):
    wrong = disagreements(references)
    assert wrong.empty, wrong.to_string()
    assert set(references["tool"]) == {"convey", "mpindex", "mpitbR"}
    assert references.loc[references["tool"] == "convey", "difference"].max() < 1e-12
    errors = references[references["measure"].str.contains("error")]
    assert errors["difference"].max() < 1e-9


# Faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": [0.5, 0.6]}, "sum to 1"),
        ({"weight": [50, 50]}, "per cent"),
        ({"weight": [1.5, -0.5]}, "above 0"),
        ({"weight": [0.5, "half"]}, "missing or not a number"),
        ({"direction": ["below", "under"]}, "write one of below"),
        ({"missing": ["drop", "zero"]}, "write one of drop"),
        ({"indicator": ["water", "water"]}, "stands twice"),
        ({"cutoff": [0, None]}, "missing or not a number"),
        ({"cutoff": [0, "many"]}, "neither a number nor a column"),
        ({"indicator": ["water", "roof"]}, "no column 'roof'"),
    ],
)
def test_broken_specifications_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        deprivation.alkire_foster(homes((1, 1, 1)), HALVES.assign(**change), **AT)


def test_a_specification_without_a_column_is_refused():
    with pytest.raises(ValueError, match="lacks the columns"):
        deprivation.check_specification(HALVES.drop(columns="missing"))


@pytest.mark.parametrize("cutoff", [0, -0.1, 33, 1.01, np.nan])
def test_broken_cutoffs_are_refused(cutoff):
    with pytest.raises(ValueError, match="poverty cutoff"):
        deprivation.alkire_foster(homes((1, 1, 1)), HALVES, poverty_cutoff=cutoff, weight=None)


@pytest.mark.parametrize("weight", [-1.0, np.nan])
@pytest.mark.parametrize("as_frame", [pd.DataFrame, pl.from_pandas])
def test_broken_weights_are_refused(weight, as_frame):
    frame = as_frame(homes((1, 1, 1), (0, 0, weight)))
    with pytest.raises(ValueError, match="1 rows have a weight"):
        deprivation.alkire_foster(frame, HALVES, **AT)
    with pytest.raises(ValueError, match="weight is missing or below 0"):
        deprivation.influence_values(frame, HALVES, **AT)


def test_absent_columns_and_text_are_refused():
    with pytest.raises(ValueError, match="no column village"):
        deprivation.alkire_foster(homes((1, 1, 1)), HALVES, **AT, by=["village"])
    text = homes(("none", 1, 1))
    with pytest.raises(ValueError, match="not numbers"):
        deprivation.alkire_foster(text, HALVES, **AT)


def test_groups_in_one_year_only_are_named():
    first = deprivation.alkire_foster(REGISTER, GUARANTEES, **AT, by=["village"])
    last = first.assign(village=["a", "c"])
    with pytest.raises(ValueError, match="one year only: b, c"):
        deprivation.changes(first, last, years=1, by=["village"])
    with pytest.raises(ValueError, match="above 0"):
        deprivation.changes(first, first, years=0, by=["village"])


def test_leaning_on_an_only_dimension_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        deprivation.leaning_weights(pd.DataFrame({"dimension": ["one", "one"]}))
