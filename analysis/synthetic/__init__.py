"""Synthetic cities with a known truth, held to printed margins; marked synthetic everywhere."""

from analysis.marks import PREFIX, SUFFIX, is_synthetic, marked
from analysis.synthetic.city import TABLES, City, city
from analysis.synthetic.county import county, write_county
from analysis.synthetic.panel import village_panel
from analysis.synthetic.settings import Effects, targets
from analysis.synthetic.workbooks import write_workbooks

__all__ = [
    "PREFIX",
    "SUFFIX",
    "TABLES",
    "City",
    "Effects",
    "city",
    "county",
    "is_synthetic",
    "marked",
    "targets",
    "village_panel",
    "write_county",
    "write_workbooks",
]
