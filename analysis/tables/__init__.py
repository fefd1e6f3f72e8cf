"""The only reader: tables come in as text, are held against the dictionary, and leave typed."""

from analysis.tables.book import write_findings
from analysis.tables.cache import cached_folder, kept_text
from analysis.tables.checks import MARKS, check_table, faults, typed_table
from analysis.tables.codebook import LEDGERS, allowed_codes, columns_of, dictionary, table_schema
from analysis.tables.crosschecks import cross_check
from analysis.tables.files import DATA, find_file, place_folder, places
from analysis.tables.findings import (
    FINDING,
    TableError,
    describe_findings,
    explained,
    summary_line,
)
from analysis.tables.ledgers import Reading, check_folder, read_folder
from analysis.tables.package import Limits
from analysis.tables.published import margins, read, scenarios, sources

__all__ = [
    "DATA",
    "FINDING",
    "LEDGERS",
    "MARKS",
    "Limits",
    "Reading",
    "TableError",
    "allowed_codes",
    "cached_folder",
    "check_folder",
    "check_table",
    "columns_of",
    "cross_check",
    "describe_findings",
    "dictionary",
    "explained",
    "faults",
    "find_file",
    "kept_text",
    "margins",
    "place_folder",
    "places",
    "read",
    "read_folder",
    "scenarios",
    "sources",
    "summary_line",
    "table_schema",
    "typed_table",
    "write_findings",
]
