"""The same test on the ledger as it is recorded and, for a synthetic city, without its errors."""

from collections.abc import Mapping

import pandas as pd

from analysis.returns.hazard import thresholds
from analysis.returns.noise import under_noise
from analysis.returns.panel import known_rows, risk_panel
from analysis.returns.validation import compare_lists, out_of_time, score_lists
from analysis.returns.visits import share_at_risk

NEEDED = ("households", "members")
RECORDED, EXACT = "as_recorded", "without_errors"
Tables = Mapping[str, pd.DataFrame]


def versions(
    tables: Tables, settings: Mapping[str, float], *, synthetic: bool, seed: int
) -> dict[str, Tables]:
    """
    Give the ledger as an office would hold it, and the one without errors where there is one.

    Parameters
    ----------
    tables : mapping
        The contract's ``households`` and ``members``.
    settings : mapping
        As for `under_noise`.
    synthetic : bool
        Whether the ledgers are made up; real ones have errors of their own and get none.
    seed : int
        Seed of the errors.

    Returns
    -------
    dict
        ``as_recorded`` and, for a synthetic city, ``without_errors``.

    Raises
    ------
    ValueError
        The place does not keep both ledgers.

    Examples
    --------
    >>> kept = dict.fromkeys(NEEDED, pd.DataFrame())
    >>> list(versions(kept, {}, synthetic=False, seed=0))
    ['as_recorded']
    """
    if lacking := [name for name in NEEDED if name not in tables]:
        raise ValueError(
            f"place: its ledgers lack {' and '.join(lacking)}; who may fall back is told from "
            f"{' and '.join(NEEDED)}, in data/<place>/ledgers"
        )
    if not synthetic:
        return {RECORDED: tables}
    return {RECORDED: under_noise(tables, settings, seed=seed), EXACT: tables}


def compared_versions(
    held: Mapping[str, Tables],
    lines: pd.DataFrame,
    settings: Mapping[str, float],
    truth: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Compare lists of visits in a year not seen, on each version of the ledger.

    Parameters
    ----------
    held : mapping
        From `versions`.
    lines, settings
        As for `known_rows`.
    truth : DataFrame, optional
        As for `score_lists`.

    Returns
    -------
    DataFrame
        ``version`` and the columns of `compare_lists`.

    Examples
    --------
    >>> compared_versions({}, pd.DataFrame(), {}).empty
    True
    """
    found = {name: _compared(one, lines, settings, truth) for name, one in held.items()}
    if not found:
        return pd.DataFrame()
    return pd.concat(found, names=["version"]).reset_index("version").reset_index(drop=True)


def _compared(
    tables: Tables,
    lines: pd.DataFrame,
    settings: Mapping[str, float],
    truth: pd.DataFrame | None,
) -> pd.DataFrame:
    rows = known_rows(tables["households"], tables["members"], lines, settings)
    tested = out_of_time(risk_panel(rows), **thresholds(settings))
    visited = (tested["year"].max(), len(tested), settings["visits_share"])
    share = share_at_risk(tables["households"], *visited)
    return compare_lists(tested, score_lists(tested, truth), share=share)
