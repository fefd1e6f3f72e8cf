"""What followed the money: the known effect comes back, and doubt is said where there is doubt."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis import funds, synthetic

EFFECTS = {
    "spent_yuan": 0.02,
    "spent_before_yuan": 0.06,
    "together": 0.08,
    "spent_earlier_yuan": 0.0,
    "spent_ahead_yuan": 0.0,
}
MONEY = ["spent_yuan", "spent_before_yuan"]


def _columns(frame):
    """Name the columns of a synthetic panel as `village_panel` does; before it nothing is known."""
    frame = frame.sort_values(["village", "year"])
    spent = frame.groupby("village")["spent_per_person_yuan"]
    before = spent.shift()
    return pd.DataFrame(
        {
            "village": frame["village"],
            "year": frame["year"],
            "income_yuan": frame["income_per_person_yuan"],
            "spent_yuan": frame["spent_per_person_yuan"],
            "spent_before_yuan": before,
            "spent_earlier_yuan": before.groupby(frame["village"]).cumsum() - before,
            "spent_ahead_yuan": spent.shift(-1),
        }
    )


def _panel(seed=0, **options):
    return _columns(synthetic.village_panel(seed=seed, **options))


def _found(panel, **options):
    return funds.effect(panel, "income_yuan", MONEY, together=MONEY, **options).set_index("term")


def _by_dummies(panel):
    rows = panel.dropna(subset=[*MONEY, "income_yuan"])
    dummies = pd.get_dummies(rows[["village", "year"]].astype(str), drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([rows[MONEY], dummies], axis=1))
    return sm.OLS(rows["income_yuan"], design).fit().params[MONEY].to_numpy()


@pytest.mark.parametrize("balanced", [True, False])
def test_estimate_and_error_are_those_of_dummies_and_of_leaving_out_each_village(balanced):
    panel = _panel(1, villages=14)
    panel = panel if balanced else panel.sample(frac=0.85, random_state=1)
    ours = _found(panel)
    whole = _by_dummies(panel)
    kept = panel.dropna(subset=[*MONEY, "income_yuan"])
    names = kept["village"].unique()
    without = np.array([_by_dummies(kept[kept["village"] != name]) for name in names])
    assert ours.loc[MONEY, "effect"].to_numpy() == pytest.approx(whole, rel=1e-6)
    share = (len(names) - 1) / len(names)
    errors = np.sqrt(share * ((without - whole) ** 2).sum(axis=0))
    assert ours.loc[MONEY, "error"].to_numpy() == pytest.approx(errors, rel=1e-5)
    both = np.sqrt(share * ((without - whole).sum(axis=1) ** 2).sum())
    assert ours.loc["together", "error"] == pytest.approx(both, rel=1e-5)
    assert ours.loc["together", "effect"] == pytest.approx(whole.sum(), rel=1e-6)


def test_levels_of_villages_and_years_and_the_order_of_rows_do_not_matter():
    panel = _panel(2)
    moved = panel.sample(frac=1, random_state=3)
    moved["income_yuan"] += 1000 * (pd.factorize(moved["village"])[0] % 7)
    moved["income_yuan"] += 500 * (moved["year"] - 2013) ** 2
    first, second = _found(panel), _found(moved)
    for column in ("effect", "error", "effect_low", "effect_high"):
        assert first[column].to_numpy() == pytest.approx(second[column].to_numpy(), rel=1e-6)


def test_an_effect_is_in_the_unit_of_the_money():
    panel = _panel(2)
    wan = panel.assign(**{name: panel[name] / 10_000 for name in MONEY})
    assert _found(wan)["effect"].to_numpy() == pytest.approx(
        10_000 * _found(panel)["effect"].to_numpy()
    )


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"spent_yuan": 5.0}, {}, "does not vary apart from units and years"),
        ({"county": "x"}, {"cluster": "county"}, "at least two clusters"),
        ({"county": [str(row % 2) for row in range(80)]}, {"cluster": "county"}, "several of"),
    ],
)
def test_a_panel_that_cannot_tell_is_refused(change, options, said):
    panel = _panel(1, villages=20).assign(**change)
    with pytest.raises(ValueError, match=said):
        _found(panel, **options)


def test_money_in_one_village_alone_is_refused():
    panel = _panel(1, villages=20)
    other = panel["village"] != panel["village"].iloc[0]
    panel.loc[other, ["spent_yuan", "spent_before_yuan"]] = 0.0
    with pytest.raises(ValueError, match="without one village"):
        _found(panel)


def _verdict(panel):
    return funds.verdict(funds.followed(panel))


def test_a_clear_effect_is_told():
    told = _verdict(_panel(4))
    assert told["verdict"] == "raised"
    assert told["low"] < EFFECTS["together"] < told["high"]


def test_money_that_lowers_income_is_told_so():
    panel = _panel(4)
    panel["income_yuan"] -= 0.3 * panel["spent_yuan"]
    assert _verdict(panel)["verdict"] == "lowered"


def test_places_already_on_another_path_are_found_by_the_placebo():
    panel = _panel(4)
    panel["income_yuan"] += 0.2 * panel["spent_ahead_yuan"].fillna(0.0)
    assert (_verdict(panel)["verdict"], _verdict(panel)["reason"]) == (
        "cannot_tell",
        "moved_before",
    )


def test_an_effect_lost_in_noise_cannot_be_told():
    panel = _panel(6)
    panel["income_yuan"] += np.random.default_rng(1).normal(0, 20_000, len(panel))
    assert _verdict(panel)["verdict"] == "cannot_tell"


def test_too_few_villages_give_no_estimate():
    assert _verdict(_panel(7, villages=8)) == {"verdict": "no_estimate", "reason": "too_little"}


def test_three_years_give_an_estimate_that_the_placebo_cannot_test():
    told = _verdict(_panel(3, years=3))
    assert (told["verdict"], told["reason"]) == ("cannot_tell", "not_tested")


def test_a_lasting_effect_is_not_taken_for_one_of_the_year_and_the_next():
    panel = _panel(5, effects=synthetic.Effects(funds=(0.05, 0.05, 0.05, 0.05)))
    found = funds.followed(panel).set_index("term")
    row = found.loc["together"]
    assert row["effect_low"] < 0.10 < row["effect_high"]
    assert found.loc["spent_earlier_yuan", "effect_low"] > 0


@pytest.mark.slow
def test_the_intervals_hold_a_known_effect_as_often_as_they_say():
    """200 synthetic cities of 139 villages and four years, at the level of villages."""
    found = [funds.followed(_panel(seed)).set_index("term") for seed in range(200)]
    for term, truth in EFFECTS.items():
        held = [one.effect_low[term] <= truth <= one.effect_high[term] for one in found]
        assert 0.85 <= np.mean(held) <= 0.95, term


@pytest.mark.slow
def test_the_ledgers_of_small_cities_lead_to_the_known_effect():
    """The whole path, from households, projects and payments, where villages are few (17)."""
    rows = []
    for seed in range(20):
        made = synthetic.city(seed=seed, scale=0.12).tables
        panel = funds.village_panel(made["households"], made["projects"], made["payments"])
        rows.append(funds.followed(panel).set_index("term"))
    effects = np.array([one.effect["together"] for one in rows])
    held = [one.effect_low["together"] <= 0.08 <= one.effect_high["together"] for one in rows]
    placebo = [one.loc["spent_ahead_yuan"] for one in rows]
    clear = [one["effect_low"] <= 0 <= one["effect_high"] for one in placebo]
    assert 0.8 <= np.mean(held) <= 1.0
    assert np.mean(clear) >= 0.8
    assert abs(effects.mean() - 0.08) < 3 * effects.std() / np.sqrt(len(effects))


def _homes():
    return pd.DataFrame(
        {
            "household": ["a", "b", "c", "a", "b", "d", "e"],
            "year": [2016, 2016, 2016, 2017, 2017, 2017, 2017],
            "village": "v",
            "size": [4, 1, 2, 5, 5, 2, 9],
            "status": ["poor"] * 6 + ["never"],
            "income_per_person_yuan": [1000.0, 6000.0, 9000.0, 2000.0, 7000.0, 1.0, 1.0],
        }
    )


def test_the_panel_follows_the_same_households_with_their_first_sizes():
    projects = pd.DataFrame({"project": ["p"], "village": ["v"]})
    paid = pd.DataFrame({"project": ["p"], "month": ["2016-01"], "spent_yuan": [12.0]})
    table = funds.village_panel(_homes(), projects, paid)
    # c leaves and d comes; a and b count with four persons and one.
    assert table["income_yuan"].tolist() == [2000, 3000]


def test_money_counts_in_its_year_a_head_of_the_last_register_and_unknown_years_are_missing():
    projects = pd.DataFrame({"project": ["p", "q", "r"], "village": ["v", "v", None]})
    paid = pd.DataFrame(
        {
            "project": ["p", "q", "q", "r"],
            "month": ["2016-12", "2017-01", "2018-01", "2016-01"],
            "spent_yuan": [24.0, 120.0, 900.0, 5e6],
        }
    )
    table = funds.village_panel(_homes(), projects, paid)
    assert table["spent_yuan"].tolist() == [2, 10]
    assert table["spent_before_yuan"].isna().tolist() == [True, False]
    assert table["spent_ahead_yuan"].isna().tolist() == [False, True]
    assert table["spent_ahead_yuan"].iloc[0] == 10
