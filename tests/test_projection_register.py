"""A register's hazards against known truth, and against what margins alone can say."""

import numpy as np
import pandas as pd
import pytest

from analysis import office, projection, register, synthetic, tables, words

NAMES = ("scenarios", "incidence", "exit_paces", "returns")
PACE = "historical_pace"


def _panel(rng, *, households=30_000, years=4, leave=0.25, back=0.03):
    """Households of size 4 in 60 villages that exit and fall back by known chances."""
    out = np.zeros(households, dtype=bool)
    fallen = np.zeros(households, dtype=bool)
    rows = []
    for year in range(years):
        status = np.where(out, "exited", np.where(fallen, "returned", "poor"))
        rows.append(pd.DataFrame({"year": 2014 + year, "status": status}).reset_index(names="at"))
        luck = rng.random(households)
        fallen = fallen & out | (out & (luck < back)) | (fallen & ~out)
        out = np.where(out, luck >= back, luck < leave)
    panel = pd.concat(rows, ignore_index=True)
    names = {
        "household": "h" + panel["at"].astype(str),
        "village": "v" + (panel["at"] % 60).astype(str),
    }
    return panel.assign(size=4, **names).drop(columns="at")


def _villages(panel, population=10_000):
    keys = panel[["village", "year"]].drop_duplicates()
    return keys.assign(population=population, poor_village=True, exited_year=np.nan)


def test_a_large_register_gives_back_the_chances_that_made_it():
    panel = _panel(np.random.default_rng(1))
    found = register.passages(panel, _villages(panel)).set_index(["passage", "year"])
    hazard = found["passed"] / found["at_risk"]
    assert hazard["exit"].to_numpy() == pytest.approx(0.25, abs=0.01)
    assert hazard["return"].to_numpy() == pytest.approx(0.03, abs=0.006)
    assert (hazard["new"] == 0).all()
    assert (found.loc["new", "at_risk"] == 60 * 10_000 - 120_000).all()
    # Each household passes alone: the design effect is its size, not that of the village.
    assert found.loc["exit", "design_effect"].between(2.5, 6).all()


def test_the_note_names_the_size_by_which_persons_pass_where_the_flows_take_another():
    panel = pd.DataFrame(
        {"household": list("abab"), "year": [2016, 2016, 2017, 2017], "village": "v"}
    ).assign(size=[4, 3, 5, 3], status=["poor", "poor", "exited", "poor"])
    exits = register.passages(panel, _villages(panel)).set_index("passage")["passed"]["exit"]
    assert (exits, register.flows(panel)["exited"].sum()) == (4, 5)
    assert "at the end of the year before" in words.template("incidence.hazards.note", "en")
    assert "上年末" in words.template("incidence.hazards.note", "zh")


def test_villages_that_pass_together_widen_the_interval():
    rows = {"passage": "exit", "year": [2015, 2016, 2017], "at_risk": 4000, "passed": 1000}
    alone = pd.DataFrame(rows).assign(design_effect=4.0)
    drawn = [
        projection.draw_hazards(alone.assign(design_effect=effect), 1, draws=8000, seed=3).exit
        for effect in (4.0, 160.0)
    ]
    narrow, wide = (np.ptp(np.quantile(values, [0.1, 0.9])) for values in drawn)
    assert wide > 1.5 * narrow
    assert abs(np.median(drawn[0]) - 0.25) < 0.03


def test_a_passage_never_seen_is_drawn_from_before_any_year_was_seen():
    nothing = pd.DataFrame(columns=["passage", "year", "at_risk", "passed", "design_effect"])
    drawn = projection.draw_hazards(nothing, 2, draws=4000, seed=1)
    assert np.median(drawn.exit) == pytest.approx(1 / 7, abs=0.02)
    assert all(values.shape == (4000, 2) for values in drawn)


@pytest.mark.parametrize(("level", "spread"), [(0.25, 0.3), (0.03, 0.5)])
def test_stated_intervals_hold_the_next_year_as_often_as_they_say(level, spread):
    rng = np.random.default_rng(11)
    held = []
    for seed in range(300):
        logits = np.log(level / (1 - level)) + spread * rng.standard_normal(4)
        chances = 1 / (1 + np.exp(-logits))
        passed = rng.binomial(1500, chances)
        seen = {"passage": "exit", "year": range(2015, 2018), "at_risk": 6000}
        seen = pd.DataFrame(seen).assign(passed=4 * passed[:3], design_effect=4.0)
        drawn = projection.draw_hazards(seen, 1, draws=1000, seed=seed).exit[:, 0]
        low, high = np.quantile(drawn, [0.1, 0.9])
        held.append(low <= passed[3] / 1500 <= high)
    # Binomial noise of 300 trials is 2.3 points; with three years the interval errs on the wide
    # side, since the spread of the shocks is hardly known.
    assert 0.75 <= np.mean(held) <= 0.93


def _forecast(known, place, year, **options):
    scenarios, incidence, exits, returns = (tables.read(name, until="2018-03-28") for name in NAMES)
    given = {"incidence": incidence, "exits": exits, "returns": returns}
    options = {"horizon": 2, "draws": 4000, "seed": 1} | options
    return projection.forecast(scenarios, known=known, **given, place=place, year=year, **options)


def _evidence(ledgers, margins, year):
    kept = None if ledgers is None else office.Office(ledgers, True, [{"id": "synthetic_city"}])
    scenarios = tables.read("scenarios")
    return projection.evidence(margins, scenarios, place="x", year=year, kept=kept)


@pytest.fixture(scope="module")
def city():
    return synthetic.city(seed=20180328).tables


def test_on_the_synthetic_city_the_register_is_surer_than_its_margins_and_still_right(city):
    """The panel is cut at 2016; the truth is the incidence of 2017 in the same panel."""
    printed = tables.margins("wenshan")
    cut = {name: city[name][city[name]["year"] <= 2016] for name in ("households", "villages")}
    truth = register.counted_margins(
        printed, city["households"], city["villages"], 2017, source="x"
    )
    truth = truth.loc["incidence", "value"]
    kept = _evidence(cut, printed, 2016)
    alone = _evidence(None, kept.margins, 2016)
    assert (kept.kind, alone.kind) == ("register", "margins")
    by_register, by_margins = (
        _forecast(known, "x", 2016)[PACE].incidence[:, 0] for known in (kept, alone)
    )
    for values in (by_register, by_margins):
        low, high = np.quantile(values, [0.05, 0.95])
        assert low <= truth <= high
    assert np.ptp(np.quantile(by_register, [0.1, 0.9])) < np.ptp(
        np.quantile(by_margins, [0.1, 0.9])
    )


def test_with_known_chances_the_register_finds_the_next_year_and_margins_are_less_sure():
    panel = _panel(np.random.default_rng(5), years=5)
    seen = {"households": panel[panel["year"] <= 2017], "villages": _villages(panel)}
    known = _evidence(seen, tables.margins("wenshan"), 2017)
    alone = _evidence(None, known.margins.fillna({"value": 0.0}), 2017)
    ahead, by_margins = (
        _forecast(evidence, "x", 2017)[PACE].incidence[:, 0] for evidence in (known, alone)
    )
    after = panel[(panel["year"] == 2018) & panel["status"].isin(register.POOR)]
    truth = after["size"].sum() / (60 * 10_000)
    low, high = np.quantile(ahead, [0.1, 0.9])
    assert low <= truth <= high
    assert np.abs(ahead - truth).mean() < 0.5 * np.abs(by_margins - truth).mean()


@pytest.mark.parametrize("still", [0, 1, 300])
def test_a_register_knows_its_people_however_few_are_still_poor(still):
    panel, printed = _panel(np.random.default_rng(5), households=3000), tables.margins("wenshan")
    last = panel["year"].eq(2017)
    poor = last & (panel.groupby("year").cumcount() < still)
    panel["status"] = np.where(poor, "poor", np.where(last, "exited", panel["status"]))
    known = _evidence({"households": panel, "villages": _villages(panel)}, printed, 2017)
    state = projection.starting_state(known.margins, 2017)
    assert (state.poor, state.base_low, state.base_high) == (4 * still, 600_000, 600_000)
    assert known.margins.loc["incidence", "value"] == pytest.approx(4 * still / 600_000)
    for paths in _forecast(known, "x", 2017, draws=200).values():
        assert ((paths.incidence >= 0) & (paths.incidence <= 1)).all()


def test_a_plan_to_the_letter_lets_nobody_back(city):
    known = _evidence({name: city[name] for name in ("households", "villages")},
                      tables.margins("wenshan"), 2017)  # fmt: skip
    runs = _forecast(known, "x", 2017)
    left = runs["plan_as_stated"].incidence
    assert (left[:, 1] <= left[:, 0]).all()
    assert np.median(runs[PACE].incidence[:, 1]) > np.median(left[:, 1])


def test_the_synthetic_register_does_not_drive_a_place_that_prints_margins_only():
    assert office.kept("wenshan") is None
    printed = tables.margins("wenshan", until="2018-03-28")
    known = projection.evidence(printed, tables.read("scenarios"), place="wenshan", year=2017)
    assert known.passages is None and known.margins is printed


def test_the_made_up_county_is_driven_by_its_register():
    kept = office.kept("demo_county")
    margins = tables.margins("demo_county")
    known = projection.evidence(
        margins, tables.read("scenarios"), place="demo_county", year=2017, kept=kept
    )
    assert known.kind == "register" and set(known.passages["year"]) == {2016, 2017}
    drawn = projection.draw_hazards(known.passages, 1, draws=99, seed=1)
    table = projection.hazard_table(known.passages, drawn, 2018)
    assert table.groupby("passage")["hazard_basis"].last().eq("projected").all()
    assert (table["hazard_low"] <= table["hazard"]).all()
    assert (table["hazard"] <= table["hazard_high"]).all()
