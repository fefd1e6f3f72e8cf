"""How small a gap of growth a household survey can see."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from analysis.growth.rates import normal_quantile

# End of each assumption's range that makes the sampling error small.
FAVOURABLE_END = {
    "coefficient_of_variation": "low",
    "design_effect": "low",
    "panel_overlap": "high",
    "income_correlation": "high",
}


def lognormal_variation(mean: ArrayLike, median: ArrayLike) -> ArrayLike:
    """
    Coefficient of variation of income that a published mean and median imply.

    Parameters
    ----------
    mean, median : array_like
        Of income per head, same unit, above zero, the mean not below the median.

    Returns
    -------
    array_like
        Standard deviation over mean, 0 or more.

    Raises
    ------
    ValueError
        A mean is below its median: such incomes are not lognormal.

    References
    ----------
    Lognormal: mean / median = exp(s**2 / 2), variation = sqrt(exp(s**2) - 1).
    Aitchison and Brown 1957.

    Examples
    --------
    >>> round(float(lognormal_variation(12363, 11149)), 3)
    0.479
    """
    skew = np.asarray(mean, float) / np.asarray(median, float)
    if np.any(skew < 1):
        raise ValueError(f"mean {mean} is below median {median}; incomes are then not lognormal")
    return np.sqrt(skew**2 - 1)


def growth_standard_error(
    households: ArrayLike,
    *,
    growth: ArrayLike,
    coefficient_of_variation: ArrayLike,
    design_effect: ArrayLike = 1.0,
    panel_overlap: ArrayLike = 0.0,
    income_correlation: ArrayLike = 0.0,
    population: ArrayLike = np.inf,
) -> ArrayLike:
    """
    Standard error of the growth of mean income between two rounds of a survey.

    Both rounds have the same size and the same relative spread of incomes. A household that is
    asked in both rounds cancels part of its own deviation.

    Parameters
    ----------
    households : array_like
        Households in a round, above zero.
    growth : array_like
        Growth of the mean, a ratio.
    coefficient_of_variation : array_like
        Standard deviation over mean of income, 0 or more.
    design_effect : array_like
        Variance over that of a simple random sample of households, above zero.
    panel_overlap : array_like
        Share of households asked in both rounds, 0 to 1.
    income_correlation : array_like
        Correlation of a household's income in the two rounds, -1 to 1.
    population : array_like
        Households in the area; the error is nil when all are asked.

    Returns
    -------
    array_like
        Ratio, 0 or more.

    Raises
    ------
    ValueError
        An argument is outside its range.

    References
    ----------
    First-order variance of a ratio of means with overlap (Kish 1965, section 12.4):
    (1 + g)**2 * deff * cv**2 / n * 2 * (1 - overlap * correlation) * (1 - n / N).

    Examples
    --------
    >>> round(float(growth_standard_error(100, growth=0.0, coefficient_of_variation=0.5)), 4)
    0.0707
    """
    _require_between("households", households, 1, population)
    unit_variance = _unit_variance(
        growth, coefficient_of_variation, design_effect, panel_overlap, income_correlation
    )
    unseen = 1 - np.asarray(households, float) / population
    return np.sqrt(unit_variance / households * unseen)


def households_needed(
    gap: ArrayLike,
    *,
    growth: ArrayLike,
    coefficient_of_variation: ArrayLike,
    design_effect: ArrayLike = 1.0,
    panel_overlap: ArrayLike = 0.0,
    income_correlation: ArrayLike = 0.0,
    population: ArrayLike = np.inf,
    reference_error: ArrayLike = 0.0,
    confidence: float = 0.95,
    power: float = 0.5,
) -> ArrayLike:
    """
    Smallest sample in which a gap of growth can be told from sampling noise.

    Parameters
    ----------
    gap : array_like
        Gap of growth to see, a ratio other than zero.
    growth, coefficient_of_variation, design_effect, panel_overlap, income_correlation, population
        As for `growth_standard_error`.
    reference_error : array_like
        Standard error of the growth compared with, 0 where it is taken as it is printed.
    confidence : float
        Of the two-sided test, between 0 and 1.
    power : float
        Probability to see a true gap of this size; at 0.5 the gap just equals its margin.

    Returns
    -------
    array_like
        Households in a round, rounded up; infinite where the reference alone hides the gap.

    Raises
    ------
    ValueError
        An argument is outside its range.

    References
    ----------
    `growth_standard_error` solved for the sample size; independent samples.

    Examples
    --------
    >>> float(households_needed(0.01, growth=0.0, coefficient_of_variation=0.5))
    19208.0
    """
    _require_between("power", power, 0, 1)
    unit_variance = _unit_variance(
        growth, coefficient_of_variation, design_effect, panel_overlap, income_correlation
    )
    margin = normal_quantile(confidence) + stats.norm.ppf(power)
    allowed = (np.asarray(gap, float) / margin) ** 2 - np.asarray(reference_error, float) ** 2
    needed = unit_variance / np.where(allowed > 0, allowed + unit_variance / population, np.nan)
    # The last digits of a float must not ask for one household more.
    return np.where(allowed > 0, np.ceil(np.round(needed, 6)), np.inf)[()]


def survey_assumptions(assumptions: pd.DataFrame) -> pd.DataFrame:
    """
    The assumptions that make the error of growth, as a table to show.

    Parameters
    ----------
    assumptions : DataFrame
        As for `noise_cases`, with `verification`.

    Returns
    -------
    DataFrame
        `assumption`, `assumed_value`, `assumed_low`, `assumed_high`, `assumption_basis` (where it
        comes from, a key of the catalogue's terms) and `verification`.

    Raises
    ------
    ValueError
        A parameter is missing.

    References
    ----------
    The parameters of `growth_standard_error`.

    Examples
    --------
    >>> rows = pd.DataFrame({"value": [0.6, 2, 0.8, 0.7], "low": 0.5, "high": 1.0,
    ...                      "verification": "assumed"}, index=list(FAVOURABLE_END))
    >>> survey_assumptions(rows)["assumed_value"].tolist()
    [0.6, 2.0, 0.8, 0.7]
    """
    _require_parameters(assumptions, FAVOURABLE_END)
    shown = assumptions.loc[list(FAVOURABLE_END), ["value", "low", "high", "verification"]]
    shown.columns = ["assumed_value", "assumed_low", "assumed_high", "verification"]
    shown.insert(3, "assumption_basis", shown.index + "_basis")
    return shown.rename_axis("assumption").reset_index()


def noise_cases(assumptions: pd.DataFrame) -> pd.DataFrame:
    """
    Assumptions about a survey put together: all favourable, central, all unfavourable.

    Parameters
    ----------
    assumptions : DataFrame
        Indexed by parameter (those of `FAVOURABLE_END`), with `value`, `low` and `high`.

    Returns
    -------
    DataFrame
        Rows `favourable`, `middle`, `unfavourable`; a column for each parameter.

    Raises
    ------
    ValueError
        A parameter is missing.

    References
    ----------
    Corners of the box of assumptions, since the error is monotone in each.

    Examples
    --------
    >>> rows = pd.DataFrame({"value": [0.6, 2, 0.8, 0.7], "low": [0.5, 1, 0.5, 0.5],
    ...                      "high": [0.7, 3, 1, 0.9]}, index=list(FAVOURABLE_END))
    >>> noise_cases(rows)["panel_overlap"].tolist()
    [1.0, 0.8, 0.5]
    """
    _require_parameters(assumptions, FAVOURABLE_END)
    other = {"low": "high", "high": "low"}
    cases = {
        parameter: [
            assumptions.loc[parameter, end],
            assumptions.loc[parameter, "value"],
            assumptions.loc[parameter, other[end]],
        ]
        for parameter, end in FAVOURABLE_END.items()
    }
    names = pd.Index(["favourable", "middle", "unfavourable"], name="case")
    return pd.DataFrame(cases, index=names, dtype=float)


def households_by_assumption(
    gap: float, assumptions: pd.DataFrame, *, growth: float, **options: float
) -> pd.DataFrame:
    """
    Smallest sample when one assumption moves over its range and the others stay central.

    Parameters
    ----------
    gap : float
        Gap of growth to see, a ratio.
    assumptions : DataFrame
        As for `noise_cases`.
    growth : float
        Growth of the mean, a ratio.
    **options : float
        Further arguments of `households_needed`.

    Returns
    -------
    DataFrame
        Indexed by parameter: `value`, `low`, `high` of the assumption, and `households_low` and
        `households_high`, the fewer and the more households needed over its range.

    Raises
    ------
    ValueError
        As for `noise_cases` and `households_needed`.

    References
    ----------
    One at a time, the others at their central value.

    Examples
    --------
    >>> rows = pd.DataFrame({"value": [0.6, 2, 0.8, 0.7], "low": [0.5, 1, 0.5, 0.5],
    ...                      "high": [0.7, 3, 1, 0.9]}, index=list(FAVOURABLE_END))
    >>> households_by_assumption(0.004, rows, growth=0.1).loc["design_effect"].round(1).tolist()
    [2.0, 1.0, 3.0, 92034.0, 276102.0]
    """
    central = noise_cases(assumptions).loc["middle"].to_dict()

    def needed(parameter: str) -> np.ndarray:
        ends = assumptions.loc[parameter, ["low", "high"]].to_numpy(float)
        return np.sort(
            households_needed(gap, growth=growth, **central | {parameter: ends}, **options)
        )

    sizes = pd.DataFrame([needed(name) for name in FAVOURABLE_END], index=list(FAVOURABLE_END))
    chosen = assumptions.loc[list(FAVOURABLE_END), ["value", "low", "high"]].astype(float)
    sizes.columns = ["households_low", "households_high"]
    return chosen.join(sizes).rename_axis("parameter")


def noise_band(
    households: ArrayLike,
    assumptions: pd.DataFrame,
    *,
    growth: float,
    population: float = np.inf,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Smallest gap of growth that samples of given sizes can tell from noise.

    Parameters
    ----------
    households : array_like
        Households in a round, above zero.
    assumptions : DataFrame
        As for `noise_cases`.
    growth : float
        Growth of the mean, a ratio.
    population : float
        Households in the area.
    confidence : float
        Of the two-sided interval, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a size: `households`, `noise` at the central assumptions, `noise_low` at the
        favourable and `noise_high` at the unfavourable ones (ratios).

    Raises
    ------
    ValueError
        As for `growth_standard_error`.

    References
    ----------
    Half-width of the normal interval of growth.

    Examples
    --------
    >>> rows = pd.DataFrame({"value": [0.6, 2, 0.8, 0.7], "low": [0.5, 1, 0.5, 0.5],
    ...                      "high": [0.7, 3, 1, 0.9]}, index=list(FAVOURABLE_END))
    >>> noise_band([100], rows, growth=0.1).round(3).to_dict("records")
    [{'households': 100, 'noise': 0.172, 'noise_low': 0.048, 'noise_high': 0.32}]
    """
    sizes = np.asarray(households)
    margin = normal_quantile(confidence)
    columns = {
        name: margin
        * growth_standard_error(sizes, growth=growth, population=population, **case.to_dict())
        for name, case in noise_cases(assumptions).iterrows()
    }
    return pd.DataFrame(
        {
            "households": sizes,
            "noise": columns["middle"],
            "noise_low": columns["favourable"],
            "noise_high": columns["unfavourable"],
        }
    )


def noise_table(
    gap: float,
    assumptions: pd.DataFrame,
    *,
    growth: float,
    population: float = np.inf,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    What samples of the usual size can see, and what it would take, case by case.

    Parameters
    ----------
    gap : float
        Gap of growth to see, a ratio.
    assumptions : DataFrame
        As for `noise_cases`, and the rows `county_households` and `province_households`: the usual
        size of a sample.
    growth : float
        Growth of the mean, a ratio.
    population : float
        Households in the place.
    confidence : float
        Of the two-sided interval, between 0 and 1.

    Returns
    -------
    DataFrame
        Indexed by case: the parameters of the survey; `place_noise` and `reference_noise`, the
        half-widths of the intervals of growth of place and province at the usual size, and
        `gap_error`, the standard error of their difference (ratios); `households_needed` in the
        place, the province's growth being taken as printed, and `households_share`, their share
        of all (0 to 1).

    Raises
    ------
    ValueError
        As for `noise_cases`.

    References
    ----------
    `growth_standard_error` and `households_needed`; the usual size is at its central value.

    Examples
    --------
    >>> names = [*FAVOURABLE_END, "county_households", "province_households"]
    >>> rows = pd.DataFrame({"value": [0.6, 2, 0.8, 0.7, 100, 5000],
    ...                      "low": [0.5, 1, 0.5, 0.5, 90, 2500],
    ...                      "high": [0.7, 3, 1, 0.9, 150, 9000]}, index=names)
    >>> table = noise_table(0.004, rows, growth=0.1)
    >>> table.loc["middle", ["place_noise", "households_needed"]].round(3).tolist()
    [0.172, 184068.0]
    """
    _require_parameters(assumptions, ["county_households", "province_households"])
    margin = normal_quantile(confidence)
    cases = noise_cases(assumptions)

    def noise(parameter: str, households_there: float) -> np.ndarray:
        size = assumptions.loc[parameter, "value"]
        return margin * growth_standard_error(
            size, growth=growth, population=households_there, **dict(cases.items())
        )

    needed = households_needed(
        gap, growth=growth, population=population, confidence=confidence, **dict(cases.items())
    )
    place = noise("county_households", population)
    reference = noise("province_households", np.inf)
    return cases.assign(
        place_noise=place,
        reference_noise=reference,
        gap_error=np.hypot(place, reference) / margin,
        households_needed=needed,
        households_share=needed / population,
    )


def _unit_variance(
    growth: ArrayLike,
    coefficient_of_variation: ArrayLike,
    design_effect: ArrayLike,
    panel_overlap: ArrayLike,
    income_correlation: ArrayLike,
) -> np.ndarray:
    """Sampling variance of growth times the number of households."""
    _require_between("coefficient_of_variation", coefficient_of_variation, 0, np.inf)
    _require_between("design_effect", design_effect, 0, np.inf)
    _require_between("panel_overlap", panel_overlap, 0, 1)
    _require_between("income_correlation", income_correlation, -1, 1)
    kept = 1 - np.asarray(panel_overlap) * np.asarray(income_correlation)
    spread = np.asarray(design_effect) * np.asarray(coefficient_of_variation) ** 2
    return (1 + np.asarray(growth)) ** 2 * spread * 2 * kept


def _require_between(name: str, value: ArrayLike, low: float, high: ArrayLike) -> None:
    numbers = np.asarray(value, dtype=float)
    if not np.all((numbers >= low) & (numbers <= high)):
        raise ValueError(f"{name} is {value}; it must lie between {low} and {high}")


def _require_parameters(assumptions: pd.DataFrame, names: Iterable[str]) -> None:
    missing = [name for name in names if name not in assumptions.index]
    if missing:
        raise ValueError(
            f"assumptions lack {', '.join(missing)}; add one row for each to the scenario"
        )
