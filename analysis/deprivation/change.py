"""Change of multidimensional poverty between two years, and what it is made of."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

MEASURES = ["headcount_ratio", "intensity", "adjusted_headcount_ratio"]


def changes(
    before: pd.DataFrame, after: pd.DataFrame, *, years: float, by: Sequence[str] = ()
) -> pd.DataFrame:
    """Absolute and relative change of every measure, in all and a year.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Results of `alkire_foster` for two years, the same groups.
    years : float
        Years between them, above 0.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        One row a group and measure: measure, before, after, absolute_change, relative_change,
        annualized_absolute_change, annualized_relative_change; all ratios.

    Raises
    ------
    ValueError
        If the years are not above 0 or a group is in one table only.

    References
    ----------
    Alkire, S., Roche, J. M. and Vaz, A. (2017). Changes over time in multidimensional poverty.

    Examples
    --------
    >>> first = pd.DataFrame({"headcount_ratio": [0.4], "intensity": [0.5],
    ...                       "adjusted_headcount_ratio": [0.2]})
    >>> changes(first, first / 2, years=2)["relative_change"].tolist()
    [-0.5, -0.5, -0.5]
    """
    if not years > 0:
        raise ValueError(f"{years} years lie between the two tables; give a number above 0.")
    both = _paired(before, after, by)
    tables = [
        both[list(by)].join(
            pd.DataFrame(
                {"before": both[f"{name}_before"], "after": both[f"{name}_after"]}
                | rates_of_change(both[f"{name}_before"], both[f"{name}_after"], years=years)
            ).assign(measure=name)
        )
        for name in MEASURES
    ]
    table = pd.concat(tables, keys=range(len(MEASURES))).sort_index(level=1, sort_remaining=True)
    first = [*by, "measure", "before", "after"]
    rest = [name for name in table if name not in first]
    return table[[*first, *rest]].reset_index(drop=True)


def rates_of_change(before, after, *, years: float) -> dict[str, np.ndarray]:
    """Change of numbers between two years, absolute and relative, in all and a year.

    Parameters
    ----------
    before, after : float or array
        The numbers in the two years.
    years : float
        Years between them, above 0.

    Returns
    -------
    dict of numpy.ndarray
        absolute_change, relative_change (missing where it started at 0),
        annualized_absolute_change, annualized_relative_change.

    References
    ----------
    Alkire, S., Roche, J. M. and Vaz, A. (2017). Changes over time in multidimensional poverty.

    Examples
    --------
    >>> {name: round(float(value), 3) for name, value in rates_of_change(0.4, 0.1, years=2).items()}
    {'absolute_change': -0.3, 'relative_change': -0.75,
     'annualized_absolute_change': -0.15, 'annualized_relative_change': -0.5}
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    ratio = after / np.where(before > 0, before, np.nan)
    return {
        "absolute_change": after - before,
        "relative_change": ratio - 1,
        "annualized_absolute_change": (after - before) / years,
        "annualized_relative_change": ratio ** (1 / years) - 1,
    }


def change_influences(
    before: float,
    after: float,
    before_influence: np.ndarray,
    after_influence: np.ndarray,
    *,
    years: float,
) -> pd.DataFrame:
    """Influence values of the four changes of one measure, by the chain rule.

    Parameters
    ----------
    before, after : float
        The measure in the two years.
    before_influence, after_influence : numpy.ndarray
        Its influence values over the rows of both years together, 0 outside the year.
    years : float
        Years between them, above 0.

    Returns
    -------
    pandas.DataFrame
        Columns absolute_change, relative_change, annualized_absolute_change and
        annualized_relative_change, one value a row.

    References
    ----------
    Deville, J.-C. (1999). Variance estimation for complex statistics and estimators.

    Examples
    --------
    >>> change_influences(0.4, 0.2, np.array([0.1, 0]), np.array([0, 0.1]), years=2).iloc[1].round(
    ...     3
    ... ).tolist()
    [0.1, 0.25, 0.05, 0.177]
    """
    absolute = after_influence - before_influence
    ratio = after / before if before else np.nan
    relative = (after_influence - ratio * before_influence) / (before or np.nan)
    yearly = (
        ratio ** (1 / years - 1) / years * relative if ratio else np.full_like(relative, np.nan)
    )
    return pd.DataFrame(
        {
            "absolute_change": absolute,
            "relative_change": relative,
            "annualized_absolute_change": absolute / years,
            "annualized_relative_change": yearly,
        }
    )


def change_parts(
    before: pd.DataFrame, after: pd.DataFrame, *, by: Sequence[str] = ()
) -> pd.DataFrame:
    """Split the change of M0 of every group into fewer poor and less intense poverty.

    Each part is the mean over both orders of changing first one and then the other, so nothing
    is left over.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Results of `alkire_foster` for two years, the same groups.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        One row a group: absolute_change of M0, incidence_effect and intensity_effect that sum to
        it; a year in which nobody is poor lends the intensity of the other.

    Raises
    ------
    ValueError
        If a group is in one table only.

    References
    ----------
    Apablaza, M. and Yalonetzky, G. (2013). Decomposing multidimensional poverty dynamics.
    Shorrocks, A. (2013). Decomposition procedures for distributional analysis.

    Examples
    --------
    >>> first = pd.DataFrame({"headcount_ratio": [0.4], "intensity": [0.5],
    ...                       "adjusted_headcount_ratio": [0.2]})
    >>> second = pd.DataFrame({"headcount_ratio": [0.2], "intensity": [0.4],
    ...                        "adjusted_headcount_ratio": [0.08]})
    >>> change_parts(first, second).round(3).iloc[0].tolist()
    [-0.12, -0.09, -0.03]
    """
    both = _paired(before, after, by)
    h0, h1 = both["headcount_ratio_before"], both["headcount_ratio_after"]
    a0, a1 = both["intensity_before"], both["intensity_after"]
    a0, a1 = a0.fillna(a1).fillna(0.0), a1.fillna(a0).fillna(0.0)
    table = both[list(by)].copy()
    table["absolute_change"] = h1 * a1 - h0 * a0
    table["incidence_effect"] = (h1 - h0) * (a0 + a1) / 2
    table["intensity_effect"] = (a1 - a0) * (h0 + h1) / 2
    return table


def group_change_parts(
    before: pd.DataFrame, after: pd.DataFrame, *, by: Sequence[str]
) -> pd.DataFrame:
    """Split the change of M0 of all into changes within groups and shifts between them.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Results of `alkire_foster` for two years, the same groups.
    by : sequence of str
        Columns that make the groups.

    Returns
    -------
    pandas.DataFrame
        One row a group: within_effect and demographic_effect; all together they sum to the
        change of M0 of everybody.

    Raises
    ------
    ValueError
        If a group is in one table only.

    References
    ----------
    Apablaza, M. and Yalonetzky, G. (2013). Decomposing multidimensional poverty dynamics.

    Examples
    --------
    >>> first = pd.DataFrame({"area": ["a", "b"], "population_share": [0.5, 0.5],
    ...                       "headcount_ratio": [0.4, 0.2], "intensity": [0.5, 0.5],
    ...                       "adjusted_headcount_ratio": [0.2, 0.1]})
    >>> second = first.assign(population_share=[0.25, 0.75])
    >>> group_change_parts(first, second, by=["area"])["demographic_effect"].round(3).tolist()
    [-0.05, 0.025]
    """
    both = _paired(before, after, by)
    v0, v1 = both["population_share_before"], both["population_share_after"]
    m0, m1 = both["adjusted_headcount_ratio_before"], both["adjusted_headcount_ratio_after"]
    table = both[list(by)].copy()
    table["within_effect"] = (m1 - m0) * (v0 + v1) / 2
    table["demographic_effect"] = (v1 - v0) * (m0 + m1) / 2
    return table


def _paired(before: pd.DataFrame, after: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    keys = list(by)
    if not keys:
        return before.add_suffix("_before").join(after.add_suffix("_after"))
    both = before.merge(after, on=keys, how="outer", suffixes=("_before", "_after"), indicator=True)
    alone = both[both["_merge"] != "both"]
    if len(alone):
        names = alone[keys].astype(str).agg(" ".join, axis=1).tolist()
        raise ValueError(
            f"Groups in one year only: {', '.join(names)}. Map old codes to new ones first, or "
            "leave these groups out of both years."
        )
    return both
