"""Three forms of the Lorenz curve, each with its slope, its curvature and its inverse slope.

The slope of a Lorenz curve at a population share is the income of the person standing there as a
ratio to the mean; its inverse gives the share of people below an income.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import elementwise
from scipy.special import expit, ndtr, ndtri

# Beyond these logits a share differs from 0 or 1 by less than the smallest normal float.
LOGIT_RANGE = 700.0
FOLD = 1e-12
# The World Bank calls a quadratic valid while it leaves less than a tenth of income unexplained.
LEAST_INCOME_EXPLAINED = 0.9
# Where the World Bank looks at the slope and the curvature of a Beta curve.
SLOPE_CHECKED_AT = np.array([0.001, 0.051])
CURVATURE_CHECKED_AT = np.arange(0.001, 0.999, 0.05)


class Curve(Protocol):
    """What every measure on grouped data asks of a Lorenz curve."""

    def income_share(self, population_share: ArrayLike) -> np.ndarray:
        """Give the share of income that the poorest share of people holds."""

    def relative_income(self, population_share: ArrayLike) -> np.ndarray:
        """Give the income at a population share as a ratio to the mean."""

    def curvature(self, population_share: ArrayLike) -> np.ndarray:
        """Give the second derivative of the curve."""

    def share_below(self, relative_income: ArrayLike) -> np.ndarray:
        """Give the share of people below an income that is a ratio to the mean."""

    @property
    def valid(self) -> bool:
        """Whether the curve is a Lorenz curve throughout, by the World Bank's checks."""


@dataclass(frozen=True)
class Quadratic:
    """General quadratic Lorenz curve, L(1 - L) = a(P^2 - L) + bL(P - 1) + c(P - L).

    Where a + c is below 1 the curve ends at a + c: the rest of income goes to a share of people
    too small to see.

    Parameters
    ----------
    a, b, c : float
        Coefficients.

    References
    ----------
    Villasenor, J. and Arnold, B. C. (1989). Elliptical Lorenz curves.
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> round(float(Quadratic(0.76, -0.59, 0.26).income_share(0.5)), 4)
    0.2114
    """

    a: float
    b: float
    c: float

    @property
    def e(self) -> float:
        """Constant term that carries the curve through (1, 1)."""
        return -(self.a + self.b + self.c + 1)

    @property
    def m(self) -> float:
        """Quadratic coefficient of the discriminant."""
        return self.b**2 - 4 * self.a

    @property
    def n(self) -> float:
        """Linear coefficient of the discriminant."""
        return 2 * self.b * self.e - 4 * self.c

    @property
    def k(self) -> float:
        """Discriminant of the discriminant; the curve bends upwards where it is positive."""
        return self.n**2 - 4 * self.m * self.e**2

    @property
    def normal(self) -> bool:
        """Whether the curve rises and bends upwards, so that poverty can be read off it."""
        if self.e > 0 or self.c < 0:
            return False
        bends_upwards = 4 * self.m * self.e**2 < self.n**2
        return self.m < 0 or (bends_upwards and (self.n >= 0 or self.m < -self.n / 2))

    @property
    def valid(self) -> bool:
        """Whether the curve is normal and explains nearly all of income."""
        return self.normal and self.a + self.c >= LEAST_INCOME_EXPLAINED

    def income_share(self, population_share: ArrayLike) -> np.ndarray:
        """Give the share of income that the poorest share of people holds."""
        p = np.asarray(population_share, float)
        middle, root = self.b * p + self.e, self._root(p)
        # The smaller root of a quadratic; this form keeps its digits where the curve is near 0.
        with np.errstate(divide="ignore", invalid="ignore"):
            small = 2 * (self.a * p**2 + self.c * p) / (root - middle)
        return np.where(middle < 0, small, -(middle + root) / 2)[()]

    def relative_income(self, population_share: ArrayLike) -> np.ndarray:
        """Give the income at a population share as a ratio to the mean."""
        p = np.asarray(population_share, float)
        with np.errstate(divide="ignore"):
            return -self.b / 2 - (2 * self.m * p + self.n) / (4 * self._root(p))

    def curvature(self, population_share: ArrayLike) -> np.ndarray:
        """Give the second derivative of the curve."""
        with np.errstate(divide="ignore"):
            return self.k / (8 * self._root(np.asarray(population_share, float)) ** 3)

    def share_below(self, relative_income: ArrayLike) -> np.ndarray:
        """Give the share of people below an income that is a ratio to the mean."""
        t = np.asarray(relative_income, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = self._inverse_slope(t)
        lowest, highest = self.relative_income(0.0), self.relative_income(1.0)
        outside = np.where(t <= lowest, 0.0, np.where(t >= highest, 1.0, np.nan))
        return np.where((t > lowest) & (t < highest), np.clip(inside, 0, 1), outside)[()]

    def _root(self, p: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(self.m * p**2 + self.n * p + self.e**2, 0))

    def _inverse_slope(self, t: np.ndarray) -> np.ndarray:
        steep = self.b + 2 * t
        gap = steep**2 - self.m
        q = np.sqrt(self.k) * steep / np.sqrt(gap)
        # Two forms of the same root: each loses its digits where the other keeps them.
        far = (4 * steep**2 * self.e**2 - self.n**2) / (2 * gap) / (q - self.n)
        near = -(self.n + q) / (2 * self.m) if self.m else np.full_like(t, np.nan)
        return np.where(np.abs(q - self.n) >= np.abs(q + self.n), far, near)


@dataclass(frozen=True)
class Beta:
    """Beta Lorenz curve, L = P - theta P^gamma (1 - P)^delta.

    With gamma below 1 the incomes of a share of people near zero are negative; `share_below(0)`
    says how many.

    Parameters
    ----------
    theta, gamma, delta : float
        Coefficients; theta above 0.

    References
    ----------
    Kakwani, N. (1980). On a class of poverty measures.
    Datt, G. (1998). Computational tools for poverty measurement and analysis.

    Examples
    --------
    >>> round(float(Beta(0.75, 0.95, 0.45).income_share(0.5)), 4)
    0.2158
    """

    theta: float
    gamma: float
    delta: float

    @property
    def valid(self) -> bool:
        """Whether income is positive at 0.1 and 5.1 % and the curve bends upwards at 20 places."""
        rising = (self.relative_income(SLOPE_CHECKED_AT) >= 0).all()
        return bool(rising and (self.curvature(CURVATURE_CHECKED_AT) >= 0).all())

    @property
    def rising(self) -> tuple[float, float]:
        """Stretch of population shares on which income rises; (0, 1) for a true Lorenz curve."""
        total = self.gamma + self.delta
        if total <= 1:
            return 0.0, 1.0
        reach = np.sqrt(max(self.gamma * self.delta, 0.0) / (total - 1))
        low, high = (self.gamma - reach) / total, (self.gamma + reach) / total
        # A fold within rounding of an end is the end itself (gamma or delta of exactly 1).
        return float(low if low > FOLD else 0.0), float(high if high < 1 - FOLD else 1.0)

    def income_share(self, population_share: ArrayLike) -> np.ndarray:
        """Give the share of income that the poorest share of people holds."""
        p = np.asarray(population_share, float)
        return p - self.theta * p**self.gamma * (1 - p) ** self.delta

    def relative_income(self, population_share: ArrayLike) -> np.ndarray:
        """Give the income at a population share as a ratio to the mean."""
        p = np.asarray(population_share, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            powers = p ** (self.gamma - 1) * (1 - p) ** (self.delta - 1)
            return 1 - self.theta * powers * (self.gamma * (1 - p) - self.delta * p)

    def curvature(self, population_share: ArrayLike) -> np.ndarray:
        """Give the second derivative of the curve."""
        p = np.asarray(population_share, float)
        g, d = self.gamma, self.delta
        bend = g * (1 - g) * (1 - p) ** 2 + 2 * g * d * p * (1 - p) + d * (1 - d) * p**2
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.theta * p ** (g - 2) * (1 - p) ** (d - 2) * bend

    def share_below(self, relative_income: ArrayLike) -> np.ndarray:
        """Give the share of people below an income; missing where the curve has no such income."""
        t = np.asarray(relative_income, float)
        low, high = (self._logit(share) for share in self.rising)
        ends = self._income_at_logit(low), self._income_at_logit(high)
        # Past a true end of the curve nobody or everybody is below; past a fold nothing is known.
        below = 0.0 if self.rising[0] == 0 else np.nan
        above = 1.0 if self.rising[1] == 1 else np.nan
        outside = np.where(t <= ends[0], below, np.where(t >= ends[1], above, np.nan))
        inside = (t > ends[0]) & (t < ends[1])
        if not inside.any():
            return outside[()]
        target = np.where(inside, t, (max(ends[0], -1e9) + min(ends[1], 1e9)) / 2)
        found = elementwise.find_root(
            lambda x, y: self._income_at_logit(x) - y, (low, high), args=(target,)
        )
        return np.where(inside, expit(found.x), outside)[()]

    @staticmethod
    def _logit(share: float) -> float:
        if share in (0.0, 1.0):
            return (2 * share - 1) * LOGIT_RANGE
        return float(np.log(share / (1 - share)))

    def _income_at_logit(self, logit: ArrayLike) -> np.ndarray:
        x = np.asarray(logit, float)
        log_p, log_q = -np.logaddexp(0, -x), -np.logaddexp(0, x)
        powers = np.exp((self.gamma - 1) * log_p + (self.delta - 1) * log_q)
        return 1 - self.theta * powers * (self.gamma * np.exp(log_q) - self.delta * np.exp(log_p))


@dataclass(frozen=True)
class Lognormal:
    """Lorenz curve of lognormal incomes, L = N(N^-1(P) - sigma).

    Parameters
    ----------
    sigma : float
        Standard deviation of log income, above 0.

    References
    ----------
    Aitchison, J. and Brown, J. A. C. (1957). The lognormal distribution.

    Examples
    --------
    >>> round(float(Lognormal(0.3).income_share(0.1)), 12)
    0.056875989195
    """

    sigma: float

    @property
    def valid(self) -> bool:
        """Whether incomes differ at all; every such curve is a Lorenz curve."""
        return self.sigma > 0

    def income_share(self, population_share: ArrayLike) -> np.ndarray:
        """Give the share of income that the poorest share of people holds."""
        return ndtr(ndtri(np.asarray(population_share, float)) - self.sigma)

    def relative_income(self, population_share: ArrayLike) -> np.ndarray:
        """Give the income at a population share as a ratio to the mean."""
        return np.exp(self.sigma * ndtri(np.asarray(population_share, float)) - self.sigma**2 / 2)

    def curvature(self, population_share: ArrayLike) -> np.ndarray:
        """Give the second derivative of the curve."""
        q = ndtri(np.asarray(population_share, float))
        density = np.exp(-(q**2) / 2) / np.sqrt(2 * np.pi)
        return self.relative_income(population_share) * self.sigma / density

    def share_below(self, relative_income: ArrayLike) -> np.ndarray:
        """Give the share of people below an income that is a ratio to the mean."""
        t = np.asarray(relative_income, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            return ndtr(np.log(np.maximum(t, 0)) / self.sigma + self.sigma / 2)


def fit_quadratic(points: pd.DataFrame) -> Quadratic:
    """Fit the general quadratic Lorenz curve by least squares, leaving out the point (1, 1).

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points`; at least three points besides (1, 1).

    Returns
    -------
    Quadratic
        The fitted curve, valid or not; ask it.

    Raises
    ------
    ValueError
        If the points cannot tell three coefficients.

    References
    ----------
    Villasenor, J. and Arnold, B. C. (1989). Elliptical Lorenz curves.

    Examples
    --------
    >>> from analysis.grouped.points import lorenz_points
    >>> curve = Quadratic(0.8, -0.6, 0.3)
    >>> shares = [0.2, 0.4, 0.6, 0.8]
    >>> points = lorenz_points([*shares, 1], [*curve.income_share(shares), 1])
    >>> round(fit_quadratic(points).a, 9)
    0.8
    """
    p, share = _inner(points)
    terms = np.column_stack([p**2 - share, share * (p - 1), p - share])
    return Quadratic(*_least_squares(terms, share * (1 - share), "quadratic"))


def fit_beta(points: pd.DataFrame) -> Beta:
    """Fit the Beta Lorenz curve by least squares in logarithms, leaving out the point (1, 1).

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points`; at least three points besides (1, 1), below the diagonal.

    Returns
    -------
    Beta
        The fitted curve, valid or not; ask it.

    Raises
    ------
    ValueError
        If a point lies on the diagonal or the points cannot tell three coefficients.

    References
    ----------
    Kakwani, N. (1980). On a class of poverty measures.

    Examples
    --------
    >>> from analysis.grouped.points import lorenz_points
    >>> curve = Beta(0.7, 0.95, 0.5)
    >>> shares = [0.2, 0.4, 0.6, 0.8]
    >>> points = lorenz_points([*shares, 1], [*curve.income_share(shares), 1])
    >>> round(fit_beta(points).gamma, 9)
    0.95
    """
    p, share = _inner(points)
    if (p <= share).any():
        at = int(np.flatnonzero(p <= share)[0])
        raise ValueError(
            f"Point {at + 1} ({p[at]:g}, {share[at]:g}) lies on the diagonal; a Beta curve "
            "needs every point below it. With equal incomes no curve is needed."
        )
    terms = np.column_stack([np.ones_like(p), np.log(p), np.log(1 - p)])
    log_theta, gamma, delta = _least_squares(terms, np.log(p - share), "Beta")
    return Beta(float(np.exp(log_theta)), gamma, delta)


def fit_lognormal(points: pd.DataFrame) -> Lognormal:
    """Fit the lognormal Lorenz curve by least squares in probits, leaving out the point (1, 1).

    Parameters
    ----------
    points : pandas.DataFrame
        Result of `lorenz_points`; at least one point besides (1, 1), below the diagonal.

    Returns
    -------
    Lognormal
        The fitted curve.

    Raises
    ------
    ValueError
        If all incomes are equal or a share of income is not above 0.

    References
    ----------
    Aitchison, J. and Brown, J. A. C. (1957). The lognormal distribution.

    Examples
    --------
    >>> from analysis.grouped.points import lorenz_points
    >>> points = lorenz_points([0.5, 1], [float(Lognormal(0.6).income_share(0.5)), 1])
    >>> round(fit_lognormal(points).sigma, 9)
    0.6
    """
    p, share = _inner(points)
    inside = share > 0
    sigma = float(np.mean(ndtri(p[inside]) - ndtri(share[inside]))) if inside.any() else 0.0
    if sigma <= 0:
        raise ValueError(
            "The income shares equal the population shares, or none is above 0; no lognormal "
            "curve passes such points."
        )
    return Lognormal(sigma)


def lognormal_from_gini(gini: float) -> Lognormal:
    """Give the lognormal Lorenz curve that has a published Gini coefficient.

    Parameters
    ----------
    gini : float
        Gini coefficient, ratio in (0, 1).

    Returns
    -------
    Lognormal
        The curve.

    Raises
    ------
    ValueError
        If the coefficient is not between 0 and 1.

    References
    ----------
    Aitchison, J. and Brown, J. A. C. (1957). The lognormal distribution.

    Examples
    --------
    >>> round(lognormal_from_gini(0.4).sigma, 6)
    0.741614
    """
    if not 0 < gini < 1:
        raise ValueError(
            f"A Gini coefficient of {gini:g} is not between 0 and 1; give a ratio, not per cent."
        )
    return Lognormal(float(np.sqrt(2) * ndtri((gini + 1) / 2)))


def _inner(points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    inner = points.iloc[:-1]
    return inner["population_share"].to_numpy(), inner["income_share"].to_numpy()


def _least_squares(terms: np.ndarray, target: np.ndarray, form: str) -> tuple[float, ...]:
    solution, _, rank, _ = np.linalg.lstsq(terms, target, rcond=None)
    if rank < terms.shape[1]:
        raise ValueError(
            f"{len(target)} points besides (1, 1) cannot tell the three coefficients of a {form} "
            "Lorenz curve; give at least three distinct ones, or fit the lognormal curve."
        )
    return tuple(float(value) for value in solution)
