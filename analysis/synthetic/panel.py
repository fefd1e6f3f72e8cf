"""Many cities quickly: only villages and years, with the same causes as the whole city."""

import numpy as np
import pandas as pd

from analysis.marks import PREFIX, marked
from analysis.synthetic.register import YEARLY_RISE, village_shocks
from analysis.synthetic.settings import FIRST_YEAR, Effects
from analysis.synthetic.works import lagged, village_budgets

HOUSEHOLDS = 110
CARRIED_OVER = 0.2


def village_panel(
    *, seed: int = 0, villages: int = 139, years: int = 4, effects: Effects | None = None
) -> pd.DataFrame:
    """
    Make the villages and years of a synthetic city, without its households.

    Parameters
    ----------
    seed : int
        The same seed gives the same panel.
    villages : int
        Number of villages.
    years : int
        Number of years; nothing was spent before the first.
    effects : Effects, optional
        Known causes.

    Returns
    -------
    DataFrame
        One row a village and year: ``village, year, poor_share`` (share of the register still
        poor at the end), ``approved_per_person_yuan``, ``spent_per_person_yuan`` (a fifth is
        carried over into the next year), ``income_per_person_yuan`` (mean of the register), and
        the truth ``income_from_funds_yuan``. Marked synthetic.

    Examples
    --------
    >>> panel = village_panel(villages=2, years=3)
    >>> panel.shape, panel.attrs["status"]
    ((6, 7), 'synthetic')
    """
    effects = effects or Effects()
    rng = np.random.default_rng(seed)
    poor_share = rng.beta(1.5, 3.0, villages)
    approved = village_budgets(poor_share, effects, rng, years=years)
    spent = (1 - CARRIED_OVER) * approved
    spent[:, 1:] += CARRIED_OVER * approved[:, :-1]
    from_funds = lagged(spent, effects.funds)
    own = effects.household_shock / np.sqrt(HOUSEHOLDS) * rng.standard_normal(spent.shape)
    shocks = village_shocks(villages, effects, rng, years=years) + own
    level = 2600.0 - 2500.0 * poor_share[:, None] + YEARLY_RISE * np.arange(years)
    row, column = (at.ravel() for at in np.indices(spent.shape))
    width = max(3, len(str(villages)))
    codes = np.array([f"{PREFIX}{at:0{width}d}" for at in range(1, villages + 1)], dtype=object)
    frame = {
        "village": codes[row],
        "year": FIRST_YEAR + column,
        "poor_share": poor_share[row],
        "approved_per_person_yuan": approved.ravel(),
        "spent_per_person_yuan": spent.ravel(),
        "income_per_person_yuan": (level + from_funds + shocks).ravel(),
        "income_from_funds_yuan": from_funds.ravel(),
    }
    return marked(pd.DataFrame(frame))
