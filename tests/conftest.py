"""Fixtures that every test module shares."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

from analysis import disclosure, tables

# The same examples on every machine: a stranger's first run must not fail by chance. To search
# further, run with `--hypothesis-profile=search`.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("steady")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def no_register():
    """Forget the registers that other tests have read; a notebook has a process of its own."""
    disclosure.close_register()
    yield
    disclosure.close_register()


@pytest.fixture(scope="session")
def root() -> Path:
    """Folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference data that is not part of the project; tests skip where it is absent."""
    folder = Path(os.environ.get("ANALYSIS_SHARED", ROOT.parent / "shared"))
    if not (folder / "reference").is_dir():
        pytest.skip("the folder of reference outputs is not on this machine")
    return folder


@pytest.fixture
def data_copy(tmp_path, monkeypatch):
    """A copy of the data folder that a test may spoil; the tables are read from it."""
    folder = tmp_path / "data"
    shutil.copytree(tables.DATA, folder)
    monkeypatch.setattr(tables.files, "DATA", folder)
    tables.dictionary.cache_clear()
    tables.checks._known_codes.cache_clear()
    yield folder
    tables.dictionary.cache_clear()
    tables.checks._known_codes.cache_clear()


@pytest.fixture
def coarse(data_copy):
    """An office that rounds what it publishes: households to fives, persons to tens."""
    path = data_copy / "disclosure.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("parameter")
    rows.loc["base_households", "value"], rows.loc["base_persons", "value"] = "5", "10"
    rows.to_csv(path)
    disclosure.limits.cache_clear()
    yield
    disclosure.limits.cache_clear()
