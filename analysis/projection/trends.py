"""The published rate carried forward on its own trend; never below zero nor above one."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.holtwinters import Holt
from statsmodels.tsa.statespace.structural import UnobservedComponents

# Half of the smallest share that is printed with one decimal of a per cent.
LOWEST = 0.0005
DAMPING = 0.9


def trend_forecast(series: pd.Series, years: Sequence[int], form: str) -> np.ndarray:
    """Carry a rate forward by one form of trend.

    Parameters
    ----------
    series : Series
        Rate (0 to 1) by year, at least two years.
    years : sequence of int
        Years to come, ascending.
    form : str
        ``no_change`` repeats the last rate; ``log_linear`` its last proportional fall; ``linear``
        the mean yearly fall in points, ``last_fall`` the last one; ``local_trend`` is a random
        walk with drift of the logarithm; ``damped`` Holt's smoothed trend of the logarithm, each
        year 0.9 of the last.

    Returns
    -------
    ndarray of shape (len(years),)
        0 to 1.

    Raises
    ------
    ValueError
        Unknown form, fewer than two years, or a year that is not after the last.

    References
    ----------
    Gardner and McKenzie (1985) for the damped trend; Harvey (1989) for the local trend.

    Examples
    --------
    >>> rates = pd.Series([0.4, 0.2, 0.1], index=[2010, 2011, 2012])
    >>> trend_forecast(rates, [2013, 2014], "log_linear").tolist()
    [0.05, 0.025]
    >>> trend_forecast(rates, [2013, 2014], "linear").round(3).tolist()
    [0.0, 0.0]
    """
    known = series.sort_index().astype(float)
    ahead = np.asarray(years) - known.index[-1]
    if form not in FORMS:
        raise ValueError(f"form: {form!r} is unknown; known are {', '.join(FORMS)}")
    if len(known) < 2 or not (ahead > 0).all():
        raise ValueError(
            f"{len(known)} years to {known.index[-1]}, forecast to {list(years)}: a trend needs "
            "two years, and years to come"
        )
    return np.clip(FORMS[form](known, ahead), 0, 1)


def _no_change(known: pd.Series, ahead: np.ndarray) -> np.ndarray:
    return np.full(len(ahead), known.iloc[-1])


def _log_linear(known: pd.Series, ahead: np.ndarray) -> np.ndarray:
    last, before = np.maximum(known.iloc[-1], 0), np.maximum(known.iloc[-2], LOWEST)
    return last * (last / before) ** (ahead / (known.index[-1] - known.index[-2]))


def _linear(known: pd.Series, ahead: np.ndarray) -> np.ndarray:
    fall = (known.iloc[-1] - known.iloc[0]) / (known.index[-1] - known.index[0])
    return known.iloc[-1] + fall * ahead


def _last_fall(known: pd.Series, ahead: np.ndarray) -> np.ndarray:
    return _linear(known.iloc[-2:], ahead)


def _local_trend(known: pd.Series, ahead: np.ndarray) -> np.ndarray:
    model = UnobservedComponents(_yearly_logs(known), "random walk with drift")
    return _fitted(model, ahead, disp=False)


def _damped(known: pd.Series, ahead: np.ndarray) -> np.ndarray:
    model = Holt(_yearly_logs(known), damped_trend=True, initialization_method="legacy-heuristic")
    return _fitted(model, ahead, damping_trend=DAMPING)


def _yearly_logs(known: pd.Series) -> np.ndarray:
    # A year that was not surveyed lies on the straight line between its neighbours.
    years = np.arange(known.index[0], known.index[-1] + 1)
    return np.interp(years, known.index, np.log(known.clip(lower=LOWEST)))


def _fitted(model, ahead: np.ndarray, **options) -> np.ndarray:
    with warnings.catch_warnings():
        # Few or straight points leave the noise on its bound; the trend does not hang on it.
        for nuisance in (ConvergenceWarning, RuntimeWarning):
            warnings.simplefilter("ignore", nuisance)
        logs = model.fit(**options).forecast(int(ahead.max()))
    return np.exp(np.asarray(logs))[ahead - 1]


FORMS: dict[str, Callable[[pd.Series, np.ndarray], np.ndarray]] = {
    "no_change": _no_change,
    "log_linear": _log_linear,
    "linear": _linear,
    "last_fall": _last_fall,
    "local_trend": _local_trend,
    "damped": _damped,
}
