"""Synthetic cities with a known truth, held to printed margins; marked synthetic everywhere."""

from analysis.synthetic.city import TABLES, City, city
from analysis.synthetic.marks import PREFIX, is_synthetic, marked
from analysis.synthetic.settings import Effects, targets

__all__ = ["PREFIX", "TABLES", "City", "Effects", "city", "is_synthetic", "marked", "targets"]
