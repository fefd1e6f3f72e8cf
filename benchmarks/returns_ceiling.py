"""How many of those who fall back could anybody meet who sees the ledger of a synthetic city?

    python benchmarks/returns_ceiling.py --first 200 --cities 10

Prints, as shares of all expected returns met by visits to 5 % of households (mean, lowest and
highest city): the model, the model with one fact after another replaced by its true value, a
reader who knows how the city and its errors were made and draws the best conclusion from the
ledger, and the true chances. The reader is told more than any office could know: the true level of
each village in each year, who is sick or without labour, all true odds, and which blows struck in
earlier years. What he meets is therefore above what can be met, not below.
"""

import argparse
from functools import cache

import numpy as np
import pandas as pd
from scipy.interpolate import RegularGridInterpolator
from scipy.special import expit
from scipy.stats import gamma, norm, poisson

from analysis import returns, synthetic, tables
from analysis.synthetic import households
from analysis.synthetic.register import EXIT_PACE, EXITED, RETURNED
from analysis.synthetic.settings import YEARS

EFFECTS = synthetic.Effects()
ODDS = EFFECTS.returns
SETTINGS = tables.read("return_settings").set_index("setting")["value"]
LINES = tables.read("lines").query("line == 'register_exit'")
LINE = LINES.set_index("year")["line_yuan"].loc[YEARS].to_numpy(float)
SHARE, LIMITS = SETTINGS["visits_share"], returns.thresholds(SETTINGS)
NOW = 2  # the last year whose outcome is known, counted from the first
LUCK = EFFECTS.household_shock * (gamma.ppf((np.arange(400) + 0.5) / 400, 4.0) - 4.0) / 2.0
USUAL = np.arange(-2500.0, 16000.0, 40.0)
LOGS = np.linspace(np.log(50.0), np.log(40000.0), 500)
DRAWS = np.arange(-900.0, 9000.0, 50.0)
# What the city's makers put in: spreads of what an office believes, of the order of exits.
BELIEF, ORDER = 250.0, 700.0
MONTHS = poisson.pmf(np.arange(13), 5.5)
MONTHS[12] += poisson.sf(12, 5.5)
MONTHS_LOST = np.bincount(np.arange(13) // 5, weights=MONTHS, minlength=13)


@cache
def seen(low=-np.inf, high=np.inf):
    """Chance of a recorded income, in logs, and of an exit with a score between, by usual one."""
    table = np.empty((len(USUAL), len(LOGS)))
    for row, usual in enumerate(USUAL):
        income = usual + LUCK
        weight = norm.cdf((high + income) / ORDER) - norm.cdf((low + income) / ORDER)
        weight = np.where(income > 20, weight, 0.0) / len(LUCK)
        logs = np.log(np.maximum(income, 20.0))
        table[row] = norm.pdf(LOGS[:, None], logs, SETTINGS["noise_income_spread"]) @ weight
    return RegularGridInterpolator((USUAL, LOGS), table)


def at_risk(made):
    """Rows of the register that had exited and whose outcome is known."""
    held = made.register
    return np.flatnonzero((held.state[:, NOW] == EXITED) & ~np.isnan(held.hazard[:, NOW + 1]))


def recorded_incomes(made, noisy):
    """Incomes per person as recorded, added up from their sources where the cell is empty."""
    table = noisy["households"]
    whole = table[["wage_yuan", "business_yuan", "property_yuan", "transfer_yuan"]].sum(axis=1)
    income = ((whole - table["business_cost_yuan"]) / table["size"]).rename("income")
    frame = table[["household", "year"]].join(income)
    wide = frame.pivot_table(index="household", columns="year", values="income")
    return wide.reindex(households.household_codes(made.register.base)).to_numpy()


def exit_scores(made):
    """Bounds of the score for each year of exit, and the place of the last who stay, by village."""
    held, layout, rng = made.register, made.layout, np.random.default_rng(0)
    number = int(layout["register"].sum())
    at, income = held.base["at"].to_numpy()[:number], held.income[:number]
    believed = income[:, -1] + BELIEF * rng.standard_normal(number)
    ranked = pd.Series(believed).groupby(at).apply(lambda one: np.sort(one.to_numpy()))
    stay = np.minimum(layout["left"], layout["register"] - 1).to_numpy()
    last = np.array([ranked[row][stay[row]] for row in range(len(layout))])
    score = -income[:, 1] + ORDER * rng.standard_normal(number)
    bounds = np.quantile(score[believed >= last[at]], np.cumsum(EXIT_PACE)[:-1])
    return np.r_[-np.inf, bounds, np.inf], last


def log_odds(made, risk, usual, year):
    """True log odds of falling back without a blow, for each usual income."""
    base = made.register.base.iloc[risk]
    facts = ODDS["sick"] * base["sick"] + ODDS["no_labour"] * base["no_labour"]
    margin = (usual - LINE[year]) / 1000.0
    return ODDS["intercept"] + ODDS["margin"] * margin + facts.to_numpy(float)[:, None]


def posterior(made, noisy, risk):
    """Weights over what sets a household's usual income apart, and the usual income of each."""
    held = made.register
    base, sets_apart = held.base.iloc[risk], held.base["draw"].to_numpy()[risk]
    levels = held.usual[risk] - sets_apart[:, None]
    usual = DRAWS[None, :, None] + levels[:, None, :]
    tail = DRAWS + (250.0 * base["sick"] + 350.0 * base["no_labour"]).to_numpy()[:, None]
    logs = np.log(np.maximum(tail, 1e-9))
    prior = np.where(tail > 0, norm.logpdf(logs, 7.1, 0.6) - logs, -np.inf)
    low = SETTINGS["noise_underreport_share"]
    weights = prior[:, None, :] + np.log([1 - low, low])[:, None]
    bounds, last = exit_scores(made)
    incomes = recorded_incomes(made, noisy)[risk]
    everybody = [(-np.inf, np.inf, np.arange(len(risk)))]
    for year in range(NOW + 1):
        # The order of exits goes by the income of the second year.
        groups = exit_groups(made, risk, bounds) if year == 1 else everybody
        weights += seen_in(usual[:, :, year], incomes[:, year], groups)
    gap = usual[:, :, -1] - last[base["at"]][:, None]
    steps = np.arange(-6000.0, 20000.0, 40.0)
    leaves = norm.cdf((steps[:, None] + LUCK) / BELIEF).mean(axis=1)
    weights += np.log(np.maximum(np.interp(gap, steps, leaves), 1e-12))[:, None, :]
    weights += survived(made, risk, usual)[:, None, :]
    weights = np.exp(weights - weights.max(axis=(1, 2), keepdims=True)).sum(axis=1)
    return weights / weights.sum(axis=1, keepdims=True), usual[:, :, NOW]


def seen_in(usual, income, groups):
    """Log chance of a year's recorded income, with or without too low a report, and of the exit."""
    found = np.zeros((len(usual), 2, len(DRAWS)))
    for low, high, rows in groups:
        table = seen(low, high)
        for report, factor in enumerate((1.0, SETTINGS["noise_underreport_factor"])):
            logs = np.log(np.maximum(np.nan_to_num(income[rows], nan=3000.0) / factor, 51.0))
            points = np.clip(usual[rows], USUAL[0], USUAL[-1])
            both = np.stack(np.broadcast_arrays(points, np.minimum(logs, LOGS[-1])[:, None]), -1)
            found[rows, report] = np.log(np.maximum(table(both), 1e-300))
    found[np.isnan(income)] = 0.0
    return found


def exit_groups(made, risk, bounds):
    """Households by year of first exit, apart where the village's own exit may have set it."""
    exits = np.where(made.register.state[risk] == EXITED, YEARS, 9999).min(axis=1)
    village = made.layout["exited_year"].fillna(9999).to_numpy(int)
    forced = village[made.register.base["at"].to_numpy()[risk]] == exits
    for place, year in enumerate(YEARS[: NOW + 1]):
        for whether, high in ((False, bounds[place + 1]), (True, np.inf)):
            rows = np.flatnonzero((exits == year) & (forced == whether))
            yield bounds[place], high, rows


def survived(made, risk, usual):
    """Log chance of having fallen back, or not, in the years so far, their blows known."""
    held, found = made.register, 0.0
    for year in range(NOW):
        blow = ODDS["fell_ill"] * held.fell_ill[risk, year]
        blow = blow + ODDS["lost_work"] * held.lost_work[risk, year]
        chance = expit(log_odds(made, risk, usual[:, :, year], year) + blow[:, None])
        back = (held.state[risk, year + 1] == RETURNED)[:, None]
        was = (held.state[risk, year] == EXITED)[:, None]
        found = found + np.where(was, np.log(np.where(back, chance, 1 - chance)), 0.0)
    return found


def blows(made, noisy, risk):
    """Chance of (illness, work lost) in the year, from health and months written down so far."""
    codes = households.household_codes(made.register.base)[risk]
    people = noisy["members"].sort_values(["member", "year"])
    people["worker"] = people["labour"].isin(["able", "skilled"])
    before = people.groupby("member")[["health", "months_worked", "worker"]].shift()
    people = people.join(before.add_suffix("_before"))
    people = people[people["year"] == YEARS[NOW]]
    ill = people["health"].eq("serious") & people["health_before"].notna()
    new = people[ill & people["health_before"].ne("serious")].drop_duplicates("household")
    adult = people["health"].eq("healthy") & (people["birth_year"] <= YEARS[NOW] - 18)
    oldest = people[adult].sort_values(["birth_year", "member"]).drop_duplicates("household")
    table = np.empty((len(risk), 2, 2))
    for lost, months in enumerate((MONTHS, MONTHS_LOST)):
        cell = people["months_worked"].where(people["worker"])
        logs = np.log(np.maximum(months[cell.fillna(0).astype(int)], 1e-300))
        people["likely"] = np.where(cell.isna(), 0.0, logs)
        whole = people.groupby("household")["likely"].sum().reindex(codes).to_numpy()
        share = EFFECTS.work_lost_share
        chance = np.log(share if lost else 1 - share)
        hidden = whole + unwritten(oldest.assign(likely=people["likely"]), codes)
        table[:, 0, lost] = whole + np.log(1 - EFFECTS.illness_share) + chance
        table[:, 1, lost] = hidden + np.log(EFFECTS.illness_share) + chance
        on_time, late = written(new, codes)
        here = ~np.isnan(on_time)
        table[here, 1, lost] = (whole + on_time + chance)[here]
        table[here, 0, lost] = (whole + late + chance)[here]
    idle = made.register.base["no_labour"].to_numpy()[risk]
    table[idle, :, 1] = -1e9
    table = np.exp(table - table.max(axis=(1, 2), keepdims=True))
    return table / table.sum(axis=(1, 2), keepdims=True)


def unwritten(oldest, codes):
    """Log factor for an illness of the oldest healthy adult that is not written down yet."""
    one = oldest.set_index("household").reindex(codes)
    works = one["worker"].eq(True) & one["months_worked"].notna()
    found = np.log(SETTINGS["noise_late"]) - one["likely"].where(works, 0.0)
    found = found.where(~works | one["months_worked"].eq(0), -1e9)
    found = found.where(one["health_before"].notna(), -1e9)
    # Where nobody is left who could be written down as ill, nothing has been learnt.
    return found.where(one["health"].notna(), 0.0).to_numpy()


def written(new, codes):
    """Log chances that an illness written down this year is of this year, and of the last."""
    one, late = new.set_index("household").reindex(codes), SETTINGS["noise_late"]
    worked = one["worker_before"].eq(True) & one["months_worked_before"].notna()
    months = one["months_worked_before"].fillna(0).astype(int).to_numpy()
    now = (1 - late) * np.where(worked, MONTHS[months], 1.0)
    then = late * np.where(worked, months == 0, 1.0)
    here = one["health"].notna().to_numpy()
    shares = np.stack([now, then]) / (now + then)
    return np.where(here, np.log(np.maximum(shares, 1e-12)), np.nan)


def best_reader(made, noisy, risk):
    """Chances of a reader who knows how the city was made, blows known and as written down."""
    weights, usual = posterior(made, noisy, risk)
    odds, held = log_odds(made, risk, usual, NOW), made.register
    by_blow = np.stack(
        [
            [
                (weights * expit(odds + ill * ODDS["fell_ill"] + lost * ODDS["lost_work"])).sum(1)
                for lost in (0, 1)
            ]
            for ill in (0, 1)
        ],
        axis=-1,
    ).transpose(1, 2, 0)
    rows = np.arange(len(risk))
    ill, lost = (one[risk, NOW].astype(int) for one in (held.fell_ill, held.lost_work))
    return by_blow[rows, ill, lost], (by_blow * blows(made, noisy, risk)).sum(axis=(1, 2))


def true_facts(made, panel):
    """True values of the model's facts, on the rows of the panel."""
    held, year = made.register, panel["year"].to_numpy() - YEARS[0]
    codes = pd.Index(households.household_codes(held.base))
    row = codes.get_indexer(panel["household"])
    return {
        "usual_income": held.usual[row, year] / LINE[year] - 1,
        "sick": held.base["sick"].to_numpy(float)[row],
        "no_labour": held.base["no_labour"].to_numpy(float)[row],
        "struck_ill": held.fell_ill[row, year].astype(float),
        "work_lost": held.lost_work[row, year].astype(float),
    }


def met(score, chance):
    """Share of all expected returns that the visits meet."""
    return returns.gain_curve(pd.Series(np.asarray(score)), pd.Series(chance), [SHARE])[0]


def one_city(seed):
    """Shares met in one city by every list."""
    made = synthetic.city(seed=seed)
    noisy = returns.under_noise(made.tables, SETTINGS, seed=seed)
    panels = {
        name: returns.risk_panel(
            returns.known_rows(held["households"], held["members"], LINES, SETTINGS)
        )
        for name, held in (("model", noisy), ("model, ledger without errors", made.tables))
    }
    risk = at_risk(made)
    codes = households.household_codes(made.register.base)[risk]
    true = pd.Series(made.register.hazard[risk, NOW + 1], codes)

    def tested(panel):
        rows = returns.out_of_time(panel, **LIMITS)
        return met(rows["chance"], true.reindex(rows["household"]).to_numpy())

    found = {name: tested(panel) for name, panel in panels.items()}
    panel = panels["model"]
    facts = true_facts(made, panel)
    found |= {f"model, true {name}": tested(panel.assign(**{name: facts[name]})) for name in facts}
    blow = {name: facts[name] for name in ("struck_ill", "work_lost")}
    found["model, true blows"] = tested(panel.assign(**blow))
    found["model, all true"] = tested(panel.assign(**facts))
    known, read = best_reader(made, noisy, risk)
    found["best reader"] = met(read, true.to_numpy())
    found["best reader, blows known"] = met(known, true.to_numpy())
    found["best reader: expected over true returns"] = read.sum() / true.sum()
    found["true chances"] = met(true.to_numpy(), true.to_numpy())
    return found


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=200)
    parser.add_argument("--cities", type=int, default=10)
    given = parser.parse_args()
    found = pd.DataFrame(
        [one_city(seed) for seed in range(given.first, given.first + given.cities)]
    )
    print(found.agg(["mean", "min", "max"]).T.round(3).to_string())


if __name__ == "__main__":
    main()
