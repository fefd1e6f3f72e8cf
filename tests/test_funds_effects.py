"""What followed the money: the known effect comes back, and doubt is said where there is doubt."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis import funds

TRUTH = 0.3


def _panel(seed, villages=60, years=5, drift=0.0):
    """Villages whose poorer ones get more money, with errors that last from year to year."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 800, villages)
    trend = np.linspace(0, 1200, years)
    grant = rng.gamma(1.0, 400, (villages, years)) * (1 + (level[:, None] < 0))
    grant[:, 0] = 0
    money = grant.cumsum(axis=1)
    error = rng.normal(0, 150, (villages, years))
    for year in range(1, years):
        error[:, year] += 0.6 * error[:, year - 1]
    ahead = np.column_stack([grant[:, 1:], np.zeros(villages)])
    income = 5000 + level[:, None] + trend + TRUTH * money + error + drift * ahead
    return pd.DataFrame(
        {
            "village": np.repeat(np.arange(villages), years),
            "year": np.tile(np.arange(2013, 2013 + years), villages),
            "funds_yuan": money.ravel(),
            "income_yuan": income.ravel(),
        }
    )


def _found(panel, **options):
    return funds.effect(panel, "income_yuan", "funds_yuan", **options)


@pytest.mark.parametrize("balanced", [True, False])
def test_the_estimate_and_its_error_are_those_of_dummies_in_another_library(balanced):
    panel = _panel(1)
    panel = panel if balanced else panel.sample(frac=0.8, random_state=1)
    ours = _found(panel).iloc[0]
    dummies = pd.get_dummies(panel[["village", "year"]].astype(str), drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([panel[["funds_yuan"]], dummies], axis=1))
    fit = sm.OLS(panel["income_yuan"], design).fit(
        cov_type="cluster", cov_kwds={"groups": panel["village"]}
    )
    assert ours["effect"] == pytest.approx(fit.params["funds_yuan"], rel=1e-6)
    # The other library counts the village effects as parameters; they lie inside the clusters.
    rows, ours_k, theirs_k = len(panel), 1 + panel["year"].nunique(), design.shape[1]
    factor = np.sqrt((rows - theirs_k) / (rows - ours_k))
    assert ours["error"] == pytest.approx(fit.bse["funds_yuan"] * factor, rel=1e-5)


def test_levels_of_villages_and_years_and_the_order_of_rows_do_not_matter():
    panel = _panel(2)
    moved = panel.sample(frac=1, random_state=3)
    moved["income_yuan"] += 1000 * (moved["village"] % 7) + 500 * (moved["year"] - 2013) ** 2
    first, second = _found(panel).iloc[0], _found(moved).iloc[0]
    for column in ("effect", "error", "effect_low", "effect_high"):
        assert first[column] == pytest.approx(second[column], rel=1e-6)


def test_an_effect_is_in_the_unit_of_the_money():
    panel = _panel(2)
    wan = panel.assign(funds_yuan=panel["funds_yuan"] / 10_000)
    assert _found(wan)["effect"][0] == pytest.approx(10_000 * _found(panel)["effect"][0])


def test_money_that_is_the_same_everywhere_is_refused():
    panel = _panel(1)
    flat = panel.assign(funds_yuan=panel["year"] * 3.0)
    with pytest.raises(ValueError, match="does not vary apart from units and years"):
        _found(flat)
    with pytest.raises(ValueError, match="at least two clusters"):
        _found(panel.assign(county="x"), cluster="county")


def _verdict(panel):
    return funds.verdict(_found(panel), funds.placebo(panel, "income_yuan", "funds_yuan"))


def test_a_clear_effect_is_told():
    told = _verdict(_panel(4))
    assert told["verdict"] == "raised"
    assert told["effect_low"] < TRUTH < told["effect_high"]


def test_places_already_on_another_path_are_found_by_the_placebo():
    told = _verdict(_panel(4, drift=0.5))
    assert (told["verdict"], told["reason"]) == ("cannot_tell", "moved_before")


def test_an_effect_lost_in_noise_cannot_be_told():
    panel = _panel(6)
    panel["income_yuan"] += np.random.default_rng(1).normal(0, 20_000, len(panel))
    assert _verdict(panel)["verdict"] == "cannot_tell"


def test_too_few_villages_cannot_tell():
    panel = _panel(7, villages=8)
    assert _verdict(panel)["reason"] in {"few_clusters"}


@pytest.mark.slow
def test_the_intervals_hold_a_known_effect_as_often_as_they_say():
    held, placebo_clear = [], []
    for seed in range(200):
        panel = _panel(1000 + seed)
        row = _found(panel).iloc[0]
        early = funds.placebo(panel, "income_yuan", "funds_yuan").iloc[0]
        held.append(row["effect_low"] <= TRUTH <= row["effect_high"])
        placebo_clear.append(early["effect_low"] <= 0 <= early["effect_high"])
    assert 0.85 <= np.mean(held) <= 0.95
    assert 0.85 <= np.mean(placebo_clear) <= 0.95


def test_the_panel_counts_money_up_to_the_years_end_a_head_of_the_first_year():
    homes = pd.DataFrame(
        {
            "household": ["a", "b", "a", "b"],
            "year": [2016, 2016, 2017, 2017],
            "village": "v",
            "size": [4, 1, 5, 5],
            "income_per_person_yuan": [1000.0, 6000.0, 2000.0, np.nan],
        }
    )
    projects = pd.DataFrame({"project": ["p", "q"], "village": ["v", "v"]})
    paid = pd.DataFrame(
        {
            "project": ["p", "q", "q"],
            "month": ["2015-12", "2017-01", "2018-01"],
            "spent_yuan": [50.0, 100.0, 900.0],
        }
    )
    table = funds.village_panel(homes, projects, paid)
    assert table["income_yuan"].tolist() == [2000, 2000]
    assert table["funds_yuan"].tolist() == [10, 30]
