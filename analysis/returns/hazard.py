"""The chance of falling back within a year: a discrete-time hazard, or a refusal."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from analysis.returns.panel import FEATURES

LIKELIHOOD, FIRTH, REFUSED = "maximum_likelihood", "firth", "refused"
LINKS = {"logit": sm.families.links.Logit, "cloglog": sm.families.links.CLogLog}
# What an odds ratio is told for, where one unit of the feature would be a strange step.
STEPS = {"usual_income": 0.1}
# A standardised log odds beyond this is the mark of a feature that tells the outcome apart.
SEPARATED = 8.0


@dataclass(frozen=True)
class Hazard:
    """
    A fitted hazard, or why there is none.

    Parameters
    ----------
    method : str
        ``maximum_likelihood``, ``firth`` (penalised: few returns, or a feature that tells them
        apart) or ``refused``.
    features, dropped : tuple of str
        What is used, and what is not because it never differs.
    link : str
        ``logit`` or ``cloglog``.
    centre, scale : Series
        Mean (which also stands in for what is missing) and spread of each feature where fitted.
    params : Series
        ``intercept`` and one for each standardised feature.
    covariance : DataFrame
        Of the parameters, clustered by village under maximum likelihood.
    households, events : int
        Household-years and returns fitted on.

    Examples
    --------
    >>> nothing = pd.DataFrame({"returned": [0.0], "margin": [1.0], "village": ["v"]})
    >>> fit_hazard(nothing, ["margin"], enough=10, least=3).method
    'refused'
    """

    method: str
    features: tuple[str, ...]
    dropped: tuple[str, ...]
    link: str
    centre: pd.Series
    scale: pd.Series
    params: pd.Series
    covariance: pd.DataFrame
    households: int
    events: int


def fit_hazard(
    panel: pd.DataFrame,
    features: Sequence[str] = FEATURES,
    *,
    enough: float,
    least: float,
    link: str = "logit",
) -> Hazard:
    """
    Fit the chance of falling back within a year to what was known before.

    Parameters
    ----------
    panel : DataFrame
        From `risk_panel`; rows whose outcome is not known are left out.
    features : sequence of str
        Columns used. A missing value is filled with the mean of the rows fitted on; the household
        is kept.
    enough, least : float
        Returns (or, if fewer, non-returns) for each feature under which the penalised fit is used,
        and under which nothing is fitted.
    link : str
        ``logit``, or ``cloglog`` (proportional hazards seen once a year). The penalised fit is a
        logit.

    Returns
    -------
    Hazard
        The fit, or a refusal.

    References
    ----------
    Jenkins (1995) on discrete-time hazards; Firth (1993) and Heinze and Schemper (2002) on the
    penalised fit; Puhr and others (2017) on its intercept; Peduzzi and others (1996) on events.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> panel = pd.DataFrame({"margin": rng.normal(size=900), "village": np.arange(900) % 30})
    >>> panel["returned"] = (rng.random(900) < expit(-2 - panel["margin"])).astype(float)
    >>> fit_hazard(panel, ["margin"], enough=10, least=3).method
    'maximum_likelihood'
    """
    rows = panel[panel["returned"].notna()]
    outcome = rows["returned"].to_numpy(dtype=float)
    filled = rows[list(features)].astype(float)
    centre, scale = filled.mean(), filled.std(ddof=0)
    used = [name for name in features if scale[name] > 1e-12]
    rarer = min(outcome.sum(), len(outcome) - outcome.sum())
    told = (tuple(used), tuple(name for name in features if name not in used))
    facts = (centre[used], scale[used])
    counts = (len(rows), int(outcome.sum()))
    if not used or rarer < max(least * len(used), 1):
        nothing = pd.Series(dtype=float), pd.DataFrame(dtype=float)
        return Hazard(REFUSED, *told, link, *facts, *nothing, *counts)
    design = _design(filled, centre[used], scale[used])
    fitted = None
    if rarer >= enough * len(used):
        fitted = _likelihood(outcome, design, rows["village"], link)
    if fitted is not None:
        return Hazard(LIKELIHOOD, *told, link, *facts, *fitted, *counts)
    return Hazard(FIRTH, *told, "logit", *facts, *_firth(outcome, design), *counts)


def _design(filled: pd.DataFrame, centre: pd.Series, scale: pd.Series) -> pd.DataFrame:
    design = (filled[list(centre.index)].astype(float).fillna(centre) - centre) / scale
    design.insert(0, "intercept", 1.0)
    return design


def _likelihood(
    outcome: np.ndarray, design: pd.DataFrame, village: pd.Series, link: str
) -> tuple[pd.Series, pd.DataFrame] | None:
    groups = pd.factorize(village)[0]
    clustered = {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    model = sm.GLM(outcome, design, family=sm.families.Binomial(LINKS[link]()))
    with warnings.catch_warnings():
        # Separation is dealt with below: the penalised fit takes over.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            fit = model.fit(maxiter=50, **(clustered if groups.max() else {}))
        except np.linalg.LinAlgError:
            return None
    settled = fit.converged and np.isfinite(fit.params).all() and np.isfinite(fit.bse).all()
    if not settled or fit.params.drop("intercept").abs().max() > SEPARATED:
        return None
    return fit.params, fit.cov_params()


def _firth(outcome: np.ndarray, design: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """Maximise the likelihood times the root of the information, then set the mean right."""
    x, params = design.to_numpy(), np.zeros(design.shape[1])
    for _ in range(100):
        chance = expit(x @ params)
        weight = chance * (1 - chance)
        inverse = np.linalg.pinv(x.T @ (weight[:, None] * x))
        leverage = weight * np.einsum("ij,jk,ik->i", x, inverse, x)
        step = inverse @ (x.T @ (outcome - chance + leverage * (0.5 - chance)))
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        params = params + step
        if np.abs(step).max() < 1e-8:
            break
    # The penalty draws chances towards one half; the mean chance has to be the share seen.
    rest = x @ params - params[0]
    params[0] = brentq(lambda level: expit(level + rest).mean() - outcome.mean(), -40, 40)
    names = design.columns
    return pd.Series(params, names), pd.DataFrame(inverse, names, names)


def chances(hazard: Hazard, panel: pd.DataFrame) -> pd.Series:
    """
    Give the chance of falling back within a year of each household.

    Parameters
    ----------
    hazard : Hazard
        From `fit_hazard`.
    panel : DataFrame
        With the features of the fit; missing ones are filled as in the fit.

    Returns
    -------
    Series
        Chances, 0 to 1, on the index of the panel; all missing where the fit was refused.

    Examples
    --------
    >>> none = fit_hazard(pd.DataFrame({"returned": [0.0], "margin": [1.0], "village": "v"}),
    ...                   ["margin"], enough=10, least=3)
    >>> chances(none, pd.DataFrame({"margin": [0.5]})).tolist()
    [nan]
    """
    if hazard.method == REFUSED:
        return pd.Series(np.nan, panel.index)
    design = _design(panel, hazard.centre, hazard.scale)
    inverse = LINKS[hazard.link]().inverse
    return pd.Series(inverse((design @ hazard.params).to_numpy()), panel.index)


def coefficients(hazard: Hazard, *, level: float = 0.9) -> pd.DataFrame:
    """
    Give what each feature does to the odds of falling back.

    Parameters
    ----------
    hazard : Hazard
        From `fit_hazard`.
    level : float
        Level of the interval, 0 to 1.

    Returns
    -------
    DataFrame
        ``feature, log_odds, log_odds_low, log_odds_high`` for one unit of the feature (under
        cloglog: log hazards), ``odds_ratio, odds_ratio_low, odds_ratio_high`` for a usual
        income higher by a tenth of the line, and for one of the rest against none; missing where
        the fit was refused or the feature never differs.

    Examples
    --------
    >>> none = fit_hazard(pd.DataFrame({"returned": [0.0], "margin": [1.0], "village": "v"}),
    ...                   ["margin"], enough=10, least=3)
    >>> coefficients(none)["log_odds"].tolist()
    [nan]
    """
    names = [*hazard.features, *hazard.dropped]
    variance = pd.Series(np.diag(hazard.covariance), hazard.covariance.index, dtype=float)
    slope = hazard.params.reindex(names) / hazard.scale.reindex(names)
    error = np.sqrt(variance.reindex(names)) / hazard.scale.reindex(names)
    reach = norm.ppf(0.5 + level / 2) * error
    table = pd.DataFrame(
        {"log_odds": slope, "log_odds_low": slope - reach, "log_odds_high": slope + reach}
    )
    steps = pd.Series(STEPS).reindex(names).fillna(1.0)
    ratios = np.exp(table.mul(steps, axis=0)).rename(
        columns=lambda name: name.replace("log_odds", "odds_ratio")
    )
    return table.join(ratios).rename_axis("feature").reset_index()


def reasons(hazard: Hazard, panel: pd.DataFrame) -> pd.Series:
    """
    Name the feature that raises each household's chance the most above the average household's.

    Parameters
    ----------
    hazard : Hazard
        From `fit_hazard`, not refused.
    panel : DataFrame
        With the features of the fit.

    Returns
    -------
    Series of str
        A feature, or an empty text where none raises it.

    Examples
    --------
    >>> none = fit_hazard(pd.DataFrame({"returned": [0.0], "margin": [1.0], "village": "v"}),
    ...                   ["margin"], enough=10, least=3)
    >>> reasons(none, pd.DataFrame({"margin": [0.5]})).tolist()
    ['']
    """
    if hazard.method == REFUSED:
        return pd.Series("", panel.index)
    design = _design(panel, hazard.centre, hazard.scale)
    raised = (design * hazard.params).drop(columns="intercept")
    return raised.idxmax(axis=1).where(raised.max(axis=1) > 0, "")


def thresholds(settings: Mapping[str, float]) -> dict[str, float]:
    """
    Take from the settings what `fit_hazard` asks for.

    Parameters
    ----------
    settings : mapping
        ``events_enough, events_least``.

    Returns
    -------
    dict
        ``enough, least``.

    Examples
    --------
    >>> thresholds({"events_enough": 10, "events_least": 3})
    {'enough': 10, 'least': 3}
    """
    return {"enough": settings["events_enough"], "least": settings["events_least"]}
