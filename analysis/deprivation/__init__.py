"""Alkire-Foster poverty over the guarantees, or over any other specification given as data.

A household is deprived in an indicator by its cutoff, and poor when its weighted deprivations
reach the poverty cutoff. `alkire_foster` counts, `indicator_profile` says in what.
"""

from analysis.deprivation.change import (
    change_influences,
    change_parts,
    changes,
    group_change_parts,
    rates_of_change,
)
from analysis.deprivation.errors import change_estimates, estimates
from analysis.deprivation.influence import group_contribution_influence, influence_values
from analysis.deprivation.measures import alkire_foster, indicator_profile
from analysis.deprivation.overlaps import (
    cutoff_sensitivity,
    overlaps,
    robust_pairs,
    weight_sensitivity,
)
from analysis.deprivation.scores import deprivation_scores
from analysis.deprivation.specification import (
    check_specification,
    leaning_weights,
    nested_weights,
)

__all__ = [
    "alkire_foster",
    "change_estimates",
    "change_influences",
    "change_parts",
    "changes",
    "check_specification",
    "cutoff_sensitivity",
    "deprivation_scores",
    "estimates",
    "group_change_parts",
    "group_contribution_influence",
    "indicator_profile",
    "influence_values",
    "leaning_weights",
    "nested_weights",
    "overlaps",
    "rates_of_change",
    "robust_pairs",
    "weight_sensitivity",
]
