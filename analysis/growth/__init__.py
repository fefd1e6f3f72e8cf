"""Change of incomes and of poverty: rates, gaps and their noise, curves, decompositions."""

from analysis.growth.curve import (
    growth_incidence_band,
    growth_incidence_curve,
    pro_poor_growth,
)
from analysis.growth.decomposition import (
    datt_ravallion,
    growth_by_source,
    growth_elasticity,
    growth_redistribution,
    mld_change,
    sector_change,
    shapley,
)
from analysis.growth.noise import (
    growth_standard_error,
    households_by_assumption,
    households_needed,
    lognormal_variation,
    noise_band,
    noise_cases,
)
from analysis.growth.rates import (
    annualized_growth,
    chained_index,
    closing_path,
    closing_year,
    growth_gap,
    growth_needed,
    real_growth,
    verdict,
    years_to_close,
)
from analysis.growth.series import (
    closing_table,
    compared_with,
    growth_table,
    index_table,
    level_ratios,
)

__all__ = [
    "annualized_growth",
    "chained_index",
    "closing_path",
    "closing_table",
    "closing_year",
    "compared_with",
    "datt_ravallion",
    "growth_by_source",
    "growth_elasticity",
    "growth_gap",
    "growth_incidence_band",
    "growth_incidence_curve",
    "growth_needed",
    "growth_redistribution",
    "growth_standard_error",
    "growth_table",
    "households_by_assumption",
    "households_needed",
    "index_table",
    "level_ratios",
    "lognormal_variation",
    "mld_change",
    "noise_band",
    "noise_cases",
    "pro_poor_growth",
    "real_growth",
    "sector_change",
    "shapley",
    "verdict",
    "years_to_close",
]
