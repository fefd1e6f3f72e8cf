"""The inspection's rates: exact bounds, what they prove against a threshold, samples needed."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.exits.judgement import FAIL, PASS, UNKNOWN

LARGEST_SAMPLE = 250_000
_BELOW = ("<", "<=")


def rate_bounds(
    found: float, sampled: float, *, design_effect: float = 1.0, confidence: float = 0.95
) -> dict[str, float]:
    """Bound a rate found in a sample, exactly; each bound is one-sided.

    Parameters
    ----------
    found : float
        Households (or answers) that were found so, 0 to ``sampled``.
    sampled : float
        Households (or answers) looked at, above zero.
    design_effect : float
        How much larger the variance is than in a simple random sample, 1 or more; households of one
        village resemble each other. The sample counts as ``sampled / design_effect``.
    confidence : float
        Of each bound on its own, 0 to 1; the two together hold with ``2 * confidence - 1``.

    Returns
    -------
    dict
        ``rate, rate_low, rate_high`` (0 to 1) and ``effective_sample``.

    Raises
    ------
    ValueError
        A count, the design effect or the confidence is impossible.

    References
    ----------
    Clopper and Pearson (1934); Korn and Graubard (1998) for the effective sample.

    Examples
    --------
    >>> print(round(rate_bounds(20, 1575)["rate_high"], 4))
    0.0184
    """
    if not (sampled > 0 and 0 <= found <= sampled):
        raise ValueError(
            f"{found:g} found among {sampled:g} is impossible; write counts, not rates"
        )
    if not (design_effect >= 1 and 0.5 < confidence < 1):
        raise ValueError(
            f"a design effect of {design_effect:g} and a confidence of {confidence:g}: write 1 or "
            "more, and a confidence between 0.5 and 1"
        )
    effective, rate = sampled / design_effect, found / sampled
    low, high = proportion_confint(
        rate * effective, effective, alpha=2 * (1 - confidence), method="beta"
    )
    low, high = (0.0 if found == 0 else float(low)), (1.0 if found == sampled else float(high))
    return {"rate": rate, "rate_low": low, "rate_high": high, "effective_sample": effective}


def inspection_verdicts(
    counts: pd.DataFrame,
    standard: pd.DataFrame,
    *,
    design_effect: float = 1.0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell which rates of an inspection are proved to pass, proved to fail, or neither.

    Parameters
    ----------
    counts : DataFrame
        ``indicator, found, sampled``: households wrongly exited, missed, or content.
    standard : DataFrame
        One pack with these indicators: ``indicator, operator, threshold``.
    design_effect, confidence : float
        As for `rate_bounds`.

    Returns
    -------
    DataFrame
        The counts with ``rate, rate_low, rate_high, effective_sample, operator, threshold,
        verdict``: pass where the whole interval is on the right side of the threshold, fail where
        it is on the wrong one, unknown where the sample cannot tell (or is missing).

    Raises
    ------
    ValueError
        The standard does not have an indicator, or has it twice.

    Examples
    --------
    >>> rule = pd.DataFrame({"indicator": ["missed_rate"], "operator": ["<"], "threshold": [0.02]})
    >>> counts = pd.DataFrame({"indicator": "missed_rate", "found": [20, 25, 60], "sampled": 1575})
    >>> inspection_verdicts(counts, rule)["verdict"].tolist()
    ['pass', 'unknown', 'fail']
    """
    rules = standard[["indicator", "operator", "threshold"]]
    absent = sorted(set(counts["indicator"]) - set(rules["indicator"]))
    if absent:
        raise ValueError(f"the standard has no {', '.join(absent)}")
    merged = counts.merge(rules, on="indicator", how="left", validate="many_to_one")
    options = {"design_effect": design_effect, "confidence": confidence}
    bounds = pd.DataFrame([_bounds_of(row, options) for row in merged.itertuples()])
    judged = pd.concat([merged.reset_index(drop=True), bounds], axis=1)
    return judged.assign(verdict=[_proved(row) for row in judged.itertuples()])


def _bounds_of(row, options: dict[str, float]) -> dict[str, float]:
    if pd.isna(row.found) or pd.isna(row.sampled):
        return dict.fromkeys(("rate", "rate_low", "rate_high", "effective_sample"), math.nan)
    return rate_bounds(row.found, row.sampled, **options)


def _proved(row) -> str:
    worst, best = (
        (row.rate_high, row.rate_low) if row.operator in _BELOW else (row.rate_low, row.rate_high)
    )
    if math.isnan(worst):
        return UNKNOWN
    return PASS if _meets(worst, row) else UNKNOWN if _meets(best, row) else FAIL


def _meets(rate: float, row) -> bool:
    meets = {"<": rate < row.threshold, "<=": rate <= row.threshold}
    meets |= {">": rate > row.threshold, ">=": rate >= row.threshold}
    return meets[row.operator]


def composite_incidence(
    persons: dict[str, float], wrong: dict[str, float], missed: dict[str, float]
) -> dict[str, float]:
    """Put the poor on the register, those wrongly taken off and those missed over all.

    Parameters
    ----------
    persons : dict
        ``poor`` on the register, ``exited``, ``unregistered``, ``rural_population``.
    wrong, missed : dict
        ``rate, rate_low, rate_high`` of wrong exits (of the exited) and of the missed (of the
        unregistered), from `rate_bounds`. For a stated confidence of both bounds together, give
        them half the error each.

    Returns
    -------
    dict
        ``rate, rate_low, rate_high``, 0 to 1.

    Raises
    ------
    ValueError
        The rural population is not above zero or is less than its parts.

    References
    ----------
    国开办发〔2017〕56号: poor left, wrongly exited and missed, over the rural
    population.

    Examples
    --------
    >>> persons = {"poor": 200, "exited": 800, "unregistered": 9000, "rural_population": 10000}
    >>> rates = {"rate": 0.01, "rate_low": 0.0, "rate_high": 0.02}
    >>> print(round(composite_incidence(persons, rates, rates)["rate_high"], 4))
    0.0396
    """
    parts = persons["poor"] + persons["exited"] + persons["unregistered"]
    if not persons["rural_population"] >= max(parts, 1):
        raise ValueError(
            f"the rural population is {persons['rural_population']:g} and its parts sum to "
            f"{parts:g}; give the population that the register is drawn from"
        )
    return {
        name: (
            persons["poor"]
            + persons["exited"] * wrong[name]
            + persons["unregistered"] * missed[name]
        )
        / persons["rural_population"]
        for name in ("rate", "rate_low", "rate_high")
    }


def sample_needed(
    threshold: float,
    true_rate: float,
    *,
    confidence: float = 0.95,
    power: float = 0.8,
    design_effect: float = 1.0,
) -> int:
    """Count the households an inspection must look at to claim that a rate is below a threshold.

    Parameters
    ----------
    threshold : float
        The rate that must be proved not to be reached, 0 to 1. For approval of at least 90 %, give
        0.1 and the rate of disapproval.
    true_rate : float
        What the rate really is, 0 or more and below the threshold.
    confidence : float
        Of the upper bound, one-sided.
    power : float
        Chance that the inspection succeeds in proving it, 0 to 1.
    design_effect : float
        As for `rate_bounds`.

    Returns
    -------
    int
        From this sample on, the chance never falls below ``power``; it moves in small steps, since
        counts are whole.

    Raises
    ------
    ValueError
        The true rate is not below the threshold, or more than 250,000 would be needed.

    References
    ----------
    Chernick and Liu (2002), The saw-toothed behavior of power versus sample size.

    Examples
    --------
    >>> sample_needed(0.02, 0.0)
    149
    """
    if not 0 <= true_rate < threshold < 1:
        raise ValueError(
            f"a true rate of {true_rate:g} can never be proved to be below {threshold:g}"
        )
    largest = 256
    while largest <= LARGEST_SAMPLE:
        sizes = np.arange(1, largest + 1)
        enough = _power(sizes, threshold, true_rate, confidence) >= power
        last = int(sizes[~enough].max(initial=0))
        # The chance may dip again a little later; half the range must lie behind the last dip.
        if last < largest / 2:
            return math.ceil((last + 1) * design_effect)
        largest *= 2
    raise ValueError(f"more than {LARGEST_SAMPLE:,} households would be needed")


def _power(sizes: np.ndarray, threshold: float, true_rate: float, confidence: float) -> np.ndarray:
    # The largest count whose exact upper bound stays below the threshold.
    critical = stats.binom.ppf(1 - confidence, sizes, threshold) - 1
    return np.where(critical < 0, 0.0, stats.binom.cdf(critical, sizes, true_rate))


def village_design_effect(households_per_village: float, likeness: float) -> float:
    """Give the design effect of asking many households in each of a few villages.

    Parameters
    ----------
    households_per_village : float
        Households looked at in each village, 1 or more.
    likeness : float
        Correlation of the errors within a village, 0 to 1.

    Returns
    -------
    float
        1 or more.

    Raises
    ------
    ValueError
        A figure is impossible.

    References
    ----------
    Kish (1965), Survey Sampling: 1 + (m - 1) rho.

    Examples
    --------
    >>> village_design_effect(51, 0.02)
    2.0
    """
    if not (households_per_village >= 1 and 0 <= likeness <= 1):
        raise ValueError(
            f"{households_per_village:g} households a village with a correlation of {likeness:g} "
            "is impossible; write 1 or more, and a correlation between 0 and 1"
        )
    return 1 + (households_per_village - 1) * likeness


def errors_allowed(
    sampled: int, threshold: float, *, design_effect: float = 1.0, confidence: float = 0.95
) -> int:
    """Count the errors up to which an inspection still proves a rate below its threshold.

    Parameters
    ----------
    sampled : int
        Households looked at.
    threshold : float
        The rate that must be proved not to be reached, 0 to 1.
    design_effect, confidence : float
        As for `rate_bounds`.

    Returns
    -------
    int
        The largest number of errors; -1 where even none proves nothing.

    Examples
    --------
    >>> errors_allowed(1575, 0.02)
    22
    """
    options = {"design_effect": design_effect, "confidence": confidence}
    allowed = -1
    # The bound is never below the rate itself, so the search ends before the threshold.
    while (allowed + 1) < threshold * sampled:
        if rate_bounds(allowed + 1, sampled, **options)["rate_high"] >= threshold:
            break
        allowed += 1
    return allowed


def inspection_outcomes(
    found: Sequence[int],
    sampled: int,
    standard: pd.DataFrame,
    indicator: str,
    effects: Mapping[str, float],
) -> pd.DataFrame:
    """Say what each number of errors would prove, under each assumed design effect.

    Parameters
    ----------
    found : sequence of int
        Numbers of errors.
    sampled : int
        Households looked at.
    standard : DataFrame
        The pack of the inspection.
    indicator : str
        Which rate: ``wrong_exit_rate`` or ``missed_rate``.
    effects : mapping of str to float
        Design effects by name.

    Returns
    -------
    DataFrame
        ``effect, found, rate, rate_low, rate_high, threshold, verdict``, one row each.

    Examples
    --------
    >>> rule = pd.DataFrame({"indicator": ["missed_rate"], "operator": ["<"], "threshold": [0.02]})
    >>> inspection_outcomes([20], 1575, rule, "missed_rate", {"one": 1, "two": 2})[
    ...     "verdict"].tolist()
    ['pass', 'unknown']
    """
    counts = pd.DataFrame({"indicator": indicator, "found": list(found), "sampled": sampled})
    judged = {
        name: inspection_verdicts(counts, standard, design_effect=effect)
        for name, effect in effects.items()
    }
    table = pd.concat(judged, names=["effect"]).reset_index("effect")
    columns = ["effect", "found", "rate", "rate_low", "rate_high", "threshold", "verdict"]
    return table[columns].reset_index(drop=True)


def samples_needed(
    threshold: float, true_rates: Sequence[float], effects: Mapping[str, float]
) -> pd.DataFrame:
    """Give the sample that a proof would need, by true rate and design effect.

    Parameters
    ----------
    threshold : float
        The rate that must be proved not to be reached, 0 to 1.
    true_rates : sequence of float
        What the rate may really be, each below the threshold.
    effects : mapping of str to float
        Design effects by name.

    Returns
    -------
    DataFrame
        ``true_rate`` and, for each name, the households needed for a chance of 80 % with bounds of
        95 %, one-sided.

    Examples
    --------
    >>> samples_needed(0.02, [0.0], {"one": 1, "two": 2}).iloc[0].tolist()
    [0.0, 149.0, 298.0]
    """
    plain = {rate: sample_needed(threshold, rate) for rate in true_rates}
    sizes = {
        name: [math.ceil(size * effect) for size in plain.values()]
        for name, effect in effects.items()
    }
    return pd.DataFrame({"true_rate": list(plain), **sizes})
