"""The list of households to visit, by code; it stays in the office, a brief gets its counts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import norm

from analysis import disclosure
from analysis.returns.categories import SUDDEN, UNSTABLE
from analysis.returns.hazard import Hazard, chances, reasons
from analysis.statuses import REGISTERED

CONFIDENCE = {
    "better": "moderate",
    "worse": "moderate",
    "cannot_be_told": "low",
    "too_few": "cannot_tell",
}
VISIT_COLUMNS = ["rank", "household", "village", "year", "chance", "reason", "kind", "incomplete"]


def share_at_risk(households: pd.DataFrame, year: int, at_risk: int, share: float) -> float:
    """
    Turn visits to a share of the register into a share of the households that had exited.

    Parameters
    ----------
    households : DataFrame
        The register: ``year, status``.
    year : int
        Year whose end counts.
    at_risk : int
        Households that had exited by then and are ranked, 0 or more.
    share : float
        Share of the households on the register that can be visited, 0 to 1.

    Returns
    -------
    float
        0 to 1; ``share`` itself where nobody is at risk.

    References
    ----------
    Opinion on monitoring and help against falling back, State Council leading group, 2020, as
    reported: those to be watched are about 5 % of the register.

    Examples
    --------
    >>> register = pd.DataFrame({"year": 2017, "status": ["poor"] * 60 + ["exited"] * 40})
    >>> share_at_risk(register, 2017, 40, 0.05)
    0.125
    """
    registered = (households["year"].eq(year) & households["status"].isin(REGISTERED)).sum()
    return min(share * float(registered) / at_risk, 1.0) if at_risk else share


def visit_list(watched: pd.DataFrame, hazard: Hazard, *, share: float) -> pd.DataFrame:
    """
    Rank the households that had exited by their chance of falling back in the year to come.

    Parameters
    ----------
    watched : DataFrame
        Rows of the last year from `monitored`.
    hazard : Hazard
        Fitted on all years whose outcome is known.
    share : float
        Share of these households that can be visited, 0 to 1; from `share_at_risk`.

    Returns
    -------
    DataFrame
        ``rank`` (1 is visited first), ``household, village, year, chance, reason, kind,
        incomplete``. Codes only, nothing that names a person. Empty where the fit was refused.

    Examples
    --------
    >>> from analysis.returns.hazard import fit_hazard
    >>> none = fit_hazard(pd.DataFrame({"returned": [0.0], "margin": [1.0], "village": "v"}),
    ...                   ["margin"], enough=10, least=3)
    >>> rows = pd.DataFrame({"status": ["exited"], "household": ["H1"], "village": ["v"],
    ...     "year": [2017], "kind": ["none"], "incomplete": [False], "margin": [1.0]})
    >>> len(visit_list(rows, none, share=1.0))
    0
    """
    out = watched[watched["status"].eq("exited")]
    ranked = out.assign(chance=chances(hazard, out), reason=reasons(hazard, out))
    ranked = ranked.dropna(subset=["chance"])
    ranked = ranked.sort_values(["chance", "household"], ascending=[False, True])
    ranked = ranked.head(int(np.ceil(share * len(ranked)))).reset_index(drop=True)
    return ranked.assign(rank=np.arange(1, len(ranked) + 1))[VISIT_COLUMNS]


def visit_counts(watched: pd.DataFrame, hazard: Hazard, visits: pd.DataFrame) -> dict[str, float]:
    """
    Count what a brief may say of the list.

    Parameters
    ----------
    watched : DataFrame
        Rows of the last year from `monitored`.
    hazard : Hazard
        As for `visit_list`.
    visits : DataFrame
        From `visit_list`.

    Returns
    -------
    dict
        ``exited`` (households that had exited), ``expected`` (of them to fall back in the year
        to come), ``visits``, ``expected_met`` (by the visits), ``unstable`` and ``sudden``
        (exited households of these kinds), ``incomplete`` (with a fact missing, kept).

    Examples
    --------
    >>> visit_counts.__name__
    'visit_counts'
    """
    out = watched[watched["status"].eq("exited")]
    return {
        "exited": len(out),
        "expected": float(chances(hazard, out).sum()),
        "visits": len(visits),
        "expected_met": float(visits["chance"].sum()),
        "unstable": int(out["kind"].eq(UNSTABLE).sum()),
        "sudden": int(out["kind"].eq(SUDDEN).sum()),
        "incomplete": int(out["incomplete"].sum()),
    }


def expected_interval(
    expected: float, tested: Mapping[str, float], *, level: float = 0.9
) -> tuple[float, float]:
    """
    Give bounds for the number of households that will fall back.

    Parameters
    ----------
    expected : float
        Sum of the chances.
    tested : mapping
        ``expected`` and ``returns`` of the year the model had not seen, from `scores`.
    level : float
        Level of the interval, 0 to 1.

    Returns
    -------
    (float, float)
        Bounds from the chance of counts and, added to it, the error of the level in the year not
        seen; the lower is at least 0.

    Examples
    --------
    >>> low, high = expected_interval(100.0, {"expected": 100.0, "returns": 100})
    >>> low < 85 and high > 115
    True
    """
    missed = abs(tested["returns"] - tested["expected"]) / max(tested["expected"], 1.0)
    reach = float(np.hypot(norm.ppf(0.5 + level / 2) * np.sqrt(expected), missed * expected))
    return max(0.0, expected - reach), expected + reach


def answer(
    counts: Mapping[str, float], compared: pd.DataFrame, tested: Mapping[str, float], share: float
) -> dict[str, object]:
    """
    Gather what the answer to "who may fall back?" says.

    Parameters
    ----------
    counts : mapping
        From `visit_counts`.
    compared : DataFrame
        From `compare_lists` or `publishable_lists`, with the lists model, rule and random.
    tested : mapping
        From `scores`.
    share : float
        Share of the register visited, 0 to 1.

    Returns
    -------
    dict
        ``verdict`` (better, worse, cannot_be_told, or too_few where nothing could be fitted), the
        counts, their bounds, and recall and lead against the rule with bounds; `words.WITHHELD`
        where these are hidden.

    Examples
    --------
    >>> answer.__name__
    'answer'
    """
    lists = compared.set_index("list")
    model, rule = (disclosure.values_of(lists.loc[[name]]) for name in ("model", "rule"))
    refused = counts["visits"] == 0 or pd.isna(model["recall"])
    low, high = expected_interval(counts["expected"], tested)
    told = {name: model[name] for name in ("recall", "recall_low", "recall_high")}
    gained = {name: rule[name] for name in ("ahead", "ahead_low", "ahead_high")}
    verdict = "too_few" if refused else rule["verdict"]
    spread = {"expected_low": low, "expected_high": high, "share": share}
    return {"verdict": verdict, **counts, **spread, **told, "rule": rule["recall"], **gained}
