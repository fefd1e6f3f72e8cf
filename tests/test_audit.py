"""Identities, verdicts and years: closed forms, invariances, injected faults, the carried data."""

import re
from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import audit, tables

PLACES = ["wenshan", "county_a", "township_b", "songming", "zone_c"]
LEDGERS = PLACES[1:]


def read(place):
    return tables.read("facts", place=place), tables.read("identities", place=place)


def answers(facts, identities):
    return audit.identity_verdicts(identities, facts)


def verdicts(facts, identities):
    return audit.fact_verdicts(facts, answers(facts, identities)).set_index("fact")


def changed(facts, fact, **values):
    row = facts["fact"] == fact
    assert row.any()
    return facts.assign(**{name: facts[name].mask(row, new) for name, new in values.items()})


def make_facts(**values):
    """One row a keyword: value, or (value, resolution)."""
    pairs = {
        name: value if isinstance(value, tuple) else (value, 0) for name, value in values.items()
    }
    return pd.DataFrame(
        {
            "fact": list(pairs),
            "section": "all",
            "indicator_zh": "",
            "indicator_en": "",
            "printed": ["x" if value is None else str(value) for value, _ in pairs.values()],
            "value": [value for value, _ in pairs.values()],
            "resolution": [half for _, half in pairs.values()],
            "unit": "person",
            "status": "observed",
            "listed_zh": None,
            "verification": "verified-read",
        }
    )


def make_identities(expression, kind="equality", **columns):
    blank = dict.fromkeys(("judges", "allowance_low", "allowance_high"))
    row = {"identity": "it", "expression": expression, "kind": kind} | blank | columns
    return pd.DataFrame([row]).astype(object)


def verdict(expression, kind="equality", *, facts, **columns):
    row = answers(facts, make_identities(expression, kind, **columns)).iloc[0]
    return row["verdict"], row["reason"]


# --- identities -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "kind", "expected"),
    [
        ("a + b == c", "equality", ("holds", "meets")),
        ("a + b == c + 1", "equality", ("contradicted", "apart")),
        ("a / c == r", "equality", ("holds", "meets")),
        ("a / c == r + 0.002", "equality", ("contradicted", "apart")),
        ("a <= c", "bound", ("holds", "meets")),
        ("c < c", "bound", ("contradicted", "apart")),
        ("c <= c", "bound", ("holds", "meets")),
        ("0 < r < 1", "bound", ("holds", "meets")),
        ("0.1 < r < 0.2", "bound", ("contradicted", "apart")),
        ("r > 0.3003", "bound", ("cannot_be_tested", "rounding")),
        ("a + hidden == c", "equality", ("cannot_be_tested", "missing_term")),
        ("a / c", "derivation", ("derived", "derived")),
    ],
)
def test_verdicts_of_identities(expression, kind, expected):
    facts = make_facts(a=30, b=70, c=100, r=(0.3, 0.0005), hidden=None)
    assert verdict(expression, kind, facts=facts) == expected


def test_a_figure_that_is_not_verified_neither_confirms_nor_convicts():
    facts = make_facts(a=1, b=1, c=2)
    facts.loc[1:, "verification"] = "from-memory"
    assert verdict("a == b", facts=facts) == ("cannot_be_tested", "outside_agrees")
    assert verdict("a == c", facts=facts) == ("cannot_be_tested", "outside_disagrees")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (1000, ("holds", "meets")),
        (1040, ("cannot_be_tested", "unobserved_flows")),
        (970, ("cannot_be_tested", "unobserved_flows")),
        (1051, ("contradicted", "beyond_allowance")),
        (969, ("contradicted", "beyond_allowance")),
    ],
)
def test_a_ledger_is_contradicted_only_beyond_its_allowance(now, expected):
    allowance = {"allowance_low": "-0.03 * start", "allowance_high": "0.05 * start"}
    facts = make_facts(now=now, start=1000)
    assert verdict("now == start", "ledger", facts=facts, **allowance) == expected
    if expected[0] != "holds":
        assert verdict("now == start", facts=facts) == ("contradicted", "apart")


def test_residual_and_interval_of_a_share():
    facts = make_facts(part=1692, whole=4275, share=(0.3958, 0.00005))
    row = answers(facts, make_identities("part / whole == share")).iloc[0]
    assert row["result"] == pytest.approx(1692 / 4275 - 0.3958, rel=1e-12)
    assert row["result_high"] - row["result_low"] == pytest.approx(0.0001, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.integers(1, 10**6), min_size=2, max_size=6),
    digits=st.integers(0, 3),
    data=st.data(),
)
def test_a_rounded_sum_holds_and_a_changed_figure_breaks_it(values, digits, data):
    half = 10**digits / 2 if digits else 0
    total = round(sum(values) / 10**digits) * 10**digits
    names = [f"v{place}" for place in range(len(values))]
    figures = dict(zip(names, values, strict=True)) | {"total": (total, half)}
    identity = f"{' + '.join(names)} == total"
    assert verdict(identity, facts=make_facts(**figures)) == ("holds", "meets")
    victim = data.draw(st.sampled_from(names))
    error = data.draw(st.sampled_from([-1, 1])) * (2 * half + 1)
    figures[victim] += error
    assert verdict(identity, facts=make_facts(**figures))[0] == "contradicted"


@settings(max_examples=40, deadline=None)
@given(part=st.integers(1, 500), rest=st.integers(1, 500), scale=st.sampled_from([0.01, 10, 10000]))
def test_the_unit_of_counts_does_not_matter(part, rest, scale):
    share = round(part / (part + rest), 3)
    found = [
        verdict(
            "part / (part + rest) == share",
            facts=make_facts(part=part * one, rest=rest * one, share=(share, 0.0005)),
        )
        for one in (1, scale)
    ]
    assert found == [("holds", "meets")] * 2


def test_faults_of_identities_are_named():
    facts = make_facts(a=1, b=0)
    with pytest.raises(audit.ExpressionError, match=r"identity 'it'.*no figure 'z'"):
        verdict("a == z", facts=facts)
    with pytest.raises(audit.ExpressionError, match=r"identity 'it'.*can be zero"):
        verdict("a / b == 1", facts=facts)
    with pytest.raises(audit.ExpressionError, match="kind 'derivation'"):
        verdict("a == b", "derivation", facts=facts)
    with pytest.raises(audit.ExpressionError, match="kind 'equality'"):
        verdict("a + b", facts=facts)
    with pytest.raises(ValueError, match="judges z, which"):
        verdicts(facts, make_identities("a == b", judges="z"))


# --- bounds of what is not printed --------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "side", "bound"),
    [
        ("hidden <= whole", "at_most", 100),
        ("hidden < whole", "at_most", 99),
        ("whole - hidden < part", "at_least", 71),
        ("whole - hidden <= part", "at_least", 70),
        ("whole / hidden == 8", "equals", 12.5),
        ("whole / hidden > 8", "at_most", 12),
        ("hidden / 3 >= part", "at_least", 90),
    ],
)
def test_bounds_of_a_redacted_count(expression, side, bound):
    facts = make_facts(hidden=None, whole=100, part=30)
    row = audit.bounds(make_identities(expression, "bound"), facts).iloc[0]
    assert (row["side"], row["bound"]) == (side, bound)


def test_two_unknowns_give_no_bound():
    facts = make_facts(hidden=None, other=None, whole=1)
    assert audit.bounds(make_identities("hidden + other == whole"), facts).empty


@settings(max_examples=60, deadline=None)
@given(poor=st.integers(1000, 50000), incidence=st.integers(301, 2500), line=st.integers(50, 300))
def test_the_bound_is_the_first_number_that_passes(poor, incidence, line):
    facts = make_facts(poor=poor, rate=incidence / 10000, line=line / 10000, exits=None)
    rule = make_identities("(poor - exits) / (poor / rate) < line", "standard")
    least = int(audit.bounds(rule, facts).iloc[0]["bound"])
    passing = [(poor - exits) * incidence < line * poor for exits in (least - 1, least)]
    assert passing == [False, True]


def test_what_the_speech_hides_is_bounded():
    bounds = audit.bounds(*reversed(read("wenshan"))).set_index("identity")
    exits = bounds.loc["incidence_below_threshold"]
    assert (exits["fact"], exits["side"], exits["bound"]) == ("F056", "at_least", 7315)
    assert (exits["bound_low"], exits["bound_high"]) == (7307, 7323)
    base = bounds.loc["incidence_of_base", ["bound_low", "bound", "bound_high"]]
    assert base.round().tolist() == [301972, 302251, 302530]


# --- verdicts of figures ------------------------------------------------------------------------


def test_a_bound_does_not_confirm_and_an_equality_does():
    facts = make_facts(a=1, b=2, c=3)
    bounded = verdicts(facts, make_identities("a <= b", "bound"))
    assert bounded["reason"].tolist() == ["only_bounds", "only_bounds", "alone"]
    summed = verdicts(facts, make_identities("a + b == c"))
    assert summed["verdict"].tolist() == ["holds"] * 3


def test_a_contradiction_is_put_on_what_the_identity_judges():
    facts = make_facts(a=1, b=2, claim=9)
    named = verdicts(facts, make_identities("a > b", "standard", judges="claim"))
    assert named["verdict"].tolist() == ["cannot_be_tested", "cannot_be_tested", "contradicted"]
    assert named.loc["claim", "reason"] == "standard_missed"
    every = verdicts(facts, make_identities("a == b"))
    assert every["verdict"].tolist() == ["contradicted", "contradicted", "cannot_be_tested"]


@pytest.mark.parametrize(
    ("number", "written", "reason"),
    [
        ("12", "1-2", "lost_dash"),
        ("35", "3—5", "lost_dash"),
        ("1015", "10至15", "lost_dash"),
        ("13", "1-2", "apart"),
        ("21", "1-2", "apart"),
        ("1", "1-2", "confirmed"),
    ],
)
def test_a_lost_dash_is_found_from_the_range_elsewhere(number, written, reason):
    low, high = map(int, re.findall(r"\d+", written))
    facts = make_facts(a=int(number), b=((low + high) / 2, (high - low) / 2))
    facts["printed"] = [number, written]
    found = verdicts(facts, make_identities("a == b", judges="a"))
    assert found.loc["a", "reason"] == reason


def test_the_corrupt_figures_of_the_speech_are_found():
    found = verdicts(*read("wenshan"))
    corrupt = found[found["verdict"] == "corrupt"]["reason"].to_dict()
    assert corrupt == {
        "F016": "magnitude",
        "F053": "same_digits",
        "F085": "lost_dash",
        "F086": "same_digits",
    }
    facts, identities = read("wenshan")
    agreed = verdicts(changed(facts, "F093", printed="12", value=12, resolution=0), identities)
    assert agreed.loc[["F085", "F086", "F053"], "verdict"].tolist() == ["holds"] * 3


def test_verdicts_of_the_speech():
    found = verdicts(*read("wenshan"))
    assert found["verdict"].value_counts().to_dict() == {
        "cannot_be_tested": 87,
        "holds": 24,
        "corrupt": 4,
        "contradicted": 1,
    }
    assert found.loc["F072_stretch", "reason"] == "standard_missed"
    assert found.loc["F045", "reason"] == "outside_disagrees"
    assert (found.loc[found["printed"] == "x", "reason"] == "redacted").all()
    assert {"F040", "F044"} <= set(found.index[found["reason"] == "missing_term"])


@pytest.mark.parametrize("place", LEDGERS)
def test_other_ledgers_raise_no_alarm(place):
    found = verdicts(*read(place))
    assert set(found["verdict"]) <= {"holds", "cannot_be_tested"}
    assert "contradicted" not in set(answers(*read(place))["verdict"])


@pytest.mark.parametrize(
    ("place", "identity", "residual"),
    [
        ("county_a", "exits_by_year", 240),
        ("county_a", "register_less_exits", -215),
        ("township_b", "register_over_time", -185),
    ],
)
def test_residuals_of_other_ledgers_are_reported(place, identity, residual):
    row = answers(*read(place)).set_index("identity").loc[identity]
    assert row["result"] == residual
    assert row["reason"] == "unobserved_flows"


@pytest.mark.parametrize(
    ("place", "fact", "value"),
    [
        ("county_a", "A15", 8784),
        ("county_a", "A03", 0.167),
        ("county_a", "A09", 39272),
        ("township_b", "B20", 8942),
        ("township_b", "B15", 1890),
        ("songming", "C03", 2420000),
        ("zone_c", "D07", 0.019),
        ("wenshan", "F047", 0.3985),
        ("wenshan", "F043", 4257),
        ("wenshan", "F067", 29),
        ("wenshan", "F091", 193),
        ("wenshan", "F060", 0.092),
    ],
)
def test_a_changed_number_is_noticed(place, fact, value):
    facts, identities = read(place)
    found = verdicts(changed(facts, fact, value=value), identities)
    assert found.loc[fact, "verdict"] == "contradicted"


@pytest.mark.parametrize("place", PLACES)
def test_every_figure_that_holds_can_be_broken(place):
    facts, identities = read(place)
    holding = verdicts(facts, identities).query("verdict == 'holds'").index
    values = facts.set_index("fact")["value"]
    for fact in holding:
        broken = verdicts(changed(facts, fact, value=values[fact] * 2 + 1), identities)
        assert broken.loc[fact, "verdict"] == "contradicted", fact


def test_counts_add_up_to_the_figures():
    facts, identities = read("wenshan")
    counts = audit.verdict_counts(verdicts(facts, identities).reset_index())
    assert counts["figures"].sum() == (facts["status"] != "outside").sum() == 116
    assert counts["section"].tolist()[0] == "achievements"


# --- years --------------------------------------------------------------------------------------


@cache
def read_mentions(drop=()):
    sentences = tables.read("sentences", place="wenshan")
    kept = sentences[~sentences["mention"].isin(drop)].reset_index(drop=True)
    return audit.mention_meanings(kept, tables.read("year_markers"))


def test_the_shift_of_years_is_found():
    years = audit.resolved_years(read_mentions(), 643).set_index("mention")
    over = years[years["meaning"].isin(["last_year", "since", "past"])]
    latest = over.groupby("printed_year")["year_high"].unique().map(list).to_dict()
    assert latest == {2018: [2017], 2019: [2016]}
    assert over.loc[over["printed_year"] == 2018, "year_low"].eq(2017).all()
    assert over.loc[over["printed_year"] == 2019, "year_low"].isna().all()
    rest = years.drop(over.index)
    assert (rest["year_verdict"] == "as_printed").all()
    assert (rest["year_low"] == rest["printed_year"]).all()


def test_the_countdown_dates_the_document():
    candidates = audit.deadline_candidates(read_mentions(), 643)
    assert audit.document_date(candidates) == "2018-03-28"
    assert candidates.loc[0, "kept"] > candidates.loc[1, "kept"]


def test_a_reader_dated_the_figures_alike():
    """The periods that a reader resolved by hand agree with those that are found."""
    facts, _ = read("wenshan")
    dated = audit.fact_years(facts, audit.resolved_years(read_mentions(), 643))
    read_as = dated["period_resolved"].str.extract(r"(\d{4})")[0].astype(float)
    agree = (read_as <= dated["year_high"]) & (dated["year_low"].fillna(0) <= read_as)
    checked = dated["period_resolved"].notna() & (dated["fact"] != "F041")
    assert checked.sum() > 40
    assert agree[checked].all()


def test_without_one_meaning_each_year_is_only_bounded():
    years = audit.resolved_years(read_mentions(), 643, one_meaning=False).set_index("mention")
    assert years.loc["S13", "year_high"] == 2017
    assert pd.isna(years.loc["S01", "year_low"])
    assert years.loc["S04", "year_high"] == 2016


@settings(max_examples=8, deadline=None)
@given(shift=st.integers(-300, 300))
def test_shifting_every_year_shifts_every_answer(shift):
    mentions = read_mentions()
    moved = mentions.assign(printed_year=mentions["printed_year"] + shift)
    before, after = (audit.resolved_years(each, 643) for each in (mentions, moved))
    assert (after["year_high"] - before["year_high"] == shift).all()
    assert (after["why"] == before["why"]).all()


def test_no_single_sentence_carries_the_finding():
    expected = audit.resolved_years(read_mentions(), 643).set_index("mention")["year_high"]
    for mention in read_mentions()["mention"]:
        if mention == "S06":  # the countdown itself
            continue
        years = audit.resolved_years(read_mentions(drop=(mention,)), 643).set_index("mention")
        if mention not in ("S03", "S04"):  # the sentence that orders the two past years
            assert (years["year_high"] == expected[years.index]).all(), mention


def test_faults_of_years_are_named():
    sentences = tables.read("sentences", place="wenshan")
    markers = tables.read("year_markers")
    with pytest.raises(ValueError, match=r"S01: nothing in .* says when"):
        audit.mention_meanings(sentences, markers[markers["marker"] != "取得了"])
    extra = pd.DataFrame({"marker": ["全市脱贫攻坚战"], "meaning": ["future"]})
    with pytest.raises(ValueError, match=r"S01: .* is read as future, past at once"):
        audit.mention_meanings(sentences, pd.concat([markers, extra]))
    with pytest.raises(ValueError, match="does not hold 2018年 3 times"):
        audit.mention_meanings(sentences.assign(occurrence=3), markers)
    with pytest.raises(ValueError, match="0 are marked as anchor"):
        audit.deadline_candidates(read_mentions(drop=("S06",)), 643)
    alone = read_mentions().query("mention == 'S06' or mention == 'S09'")
    with pytest.raises(ValueError, match="equally well"):
        audit.resolved_years(alone.assign(printed_year=[2019, 2017]), 643)
    facts, _ = read("wenshan")
    with pytest.raises(ValueError, match="names the mentions"):
        audit.fact_years(facts.assign(mention="S99"), audit.resolved_years(read_mentions(), 643))


# --- the data, both ways ------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_every_identity_and_every_figure_is_answered(place):
    facts, identities = read(place)
    answered = answers(facts, identities)
    assert answered["verdict"].notna().all() and len(answered) == len(identities)
    found = audit.fact_verdicts(facts, answered)
    assert set(found["verdict"]) <= {"holds", "contradicted", "corrupt", "cannot_be_tested"}
    assert found["reason"].notna().all()
    used = set(answered["names"].str.split(";").explode())
    used |= set(";".join(identities[["allowance_low", "allowance_high"]].fillna("").sum()).split())
    outside = set(facts.loc[facts["status"] == "outside", "fact"])
    assert {name for name in outside if any(name in text for text in used)} == outside


@pytest.mark.parametrize("place", PLACES)
def test_printed_text_and_value_agree(place):
    facts, _ = read(place)
    for row in facts[facts["printed"].notna()].itertuples():
        digits = re.fullmatch(r"([\d.]+)(万|‰)?", row.printed)
        if row.printed == "x":
            assert pd.isna(row.value) and row.status == "redacted", row.fact
        elif digits:
            scale = row.value / float(digits[1])
            powers = (0.001, 0.01, 1, 1e4, 1e8)
            assert any(abs(scale / power - 1) < 1e-9 for power in powers), row.fact
            assert row.resolution < abs(row.value), row.fact


def test_outside_figures_are_those_of_the_reference_tables():
    outside = read("wenshan")[0].set_index("fact")["value"]
    province = tables.read("incidence").query("area == '530000' and system == 'register'")
    assert outside["province_incidence_2017"] == province.set_index("year")["headcount_ratio"][2017]
    incomes = tables.read("incomes").query("area == '530000' and period == '2017'")
    assert outside["province_growth_2017"] == incomes["nominal_growth"].item()


def test_the_speech_is_carried_over_whole(shared):
    text = (shared / "facts" / "speech.txt").read_text(encoding="utf-8")
    text = "".join(re.sub(r"^\d+、", "", line) for line in text.splitlines())
    sentences = tables.read("sentences", place="wenshan")
    assert re.findall(r"(\d{4})年", text) == sentences["printed_year"].astype(str).tolist()
    squeezed = re.sub(r"\s", "", text)
    assert all(re.sub(r"\s", "", quote) in squeezed for quote in sentences["quote_zh"])
    facts, _ = read("wenshan")
    quotes = facts["quote_zh"].dropna()
    absent = [quote for quote in quotes if re.sub(r"\s", "", quote) not in squeezed]
    assert absent == []
    listed = facts["listed_zh"].dropna().str.split(";").explode()
    assert [item for item in listed if item not in squeezed] == []


def test_the_tables_are_carried_over_row_for_row(shared):
    first = pd.read_csv(shared / "facts" / "speech_facts.csv", dtype=str)
    facts, _ = read("wenshan")
    own = facts[facts["status"] != "outside"]
    assert own["source_fact"].unique().tolist() == first["id"].tolist()
    tasks = pd.read_csv(shared / "facts" / "tasks.csv", dtype=str)
    carried = tables.read("tasks", place="wenshan")
    assert carried["task"].tolist() == tasks["task_id"].tolist()
    named = set(carried["facts"].dropna().str.split(";").explode())
    assert named <= set(facts["fact"])
    conflicts = pd.read_csv(shared / "facts" / "speech_contradictions.csv", dtype=str)
    kept = tables.read("contradictions", place="wenshan")
    assert kept["contradiction"].tolist() == conflicts["id"].tolist()
