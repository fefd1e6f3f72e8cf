"""The register written once: small, sorted, linked, with totals, and every measure over it."""

from analysis.register.store.layout import Store, read_store
from analysis.register.store.writing import write_register

__all__ = ["Store", "read_store", "write_register"]
