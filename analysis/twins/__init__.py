"""What stands beside the PDF: the same brief as one web page, as a workbook, and as CSV files."""

from analysis.twins.numbers import number_shown
from analysis.twins.sheets import csv_file, csv_files, workbook
from analysis.twins.webpage import webpage

__all__ = ["csv_file", "csv_files", "number_shown", "webpage", "workbook"]
