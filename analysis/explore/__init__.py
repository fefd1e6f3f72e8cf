"""The bench for analysts: what if the line, the growth or the plan were another?

The only part of the package that knows widgets; what a move does is worked out without them.
"""

from analysis.explore.outlook import (
    Move,
    Start,
    growth_spread,
    outlook,
    plan_curve,
    start,
    township_outlook,
    village_outlook,
    yuan_per_exit,
)
from analysis.explore.printed import Printed, printed
from analysis.explore.sliders import Bench, bench
from analysis.explore.view import Scene, chart, numbers, picture, searchable, write_view

__all__ = [
    "Bench",
    "Move",
    "Printed",
    "Scene",
    "Start",
    "bench",
    "chart",
    "growth_spread",
    "numbers",
    "outlook",
    "picture",
    "plan_curve",
    "printed",
    "searchable",
    "start",
    "township_outlook",
    "village_outlook",
    "write_view",
    "yuan_per_exit",
]
