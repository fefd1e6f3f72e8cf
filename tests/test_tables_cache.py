"""The cache of readings: the same frames as reading gives, and never a stale or broken one."""

import errno
import os
import subprocess
import sys

import pandas as pd
import pytest
from offices import ledgers, sheet, sheets, write_csv, write_workbook

from analysis import tables
from analysis.tables import cache


@pytest.fixture
def office(tmp_path, monkeypatch):
    """A clean office's folder, and an empty store."""
    monkeypatch.setenv("ANALYSIS_CACHE", str(tmp_path / "store"))
    folder = tmp_path / "office"
    folder.mkdir()
    write_workbook(folder / "all.xlsx", sheets())
    return folder


@pytest.fixture
def readings(monkeypatch):
    """How often a folder was really read."""
    counted = []

    def read(folder):
        counted.append(folder)
        return tables.read_folder(folder)

    monkeypatch.setattr(cache, "read_folder", read)
    return counted


def _same(one, other):
    assert list(one) == list(other)
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name], check_exact=True)


def test_a_second_reading_comes_from_the_store_with_the_same_types(office, readings):
    read = tables.read_folder(office)
    for _ in range(2):
        _same(tables.cached_folder(office), read)
    assert len(readings) == 1


def test_a_changed_cell_a_new_name_or_new_titles_are_read_anew(office, readings, data_copy):
    tables.cached_folder(office)
    rows = ledgers()
    rows["villages"][0]["population"] = 401
    cells = {name: sheet(name, part) for name, part in rows.items()}
    write_workbook(office / "all.xlsx", cells)
    assert tables.cached_folder(office)["villages"]["population"].iloc[0] == 401
    (office / "all.xlsx").rename(office / "every.xlsx")
    tables.cached_folder(office)
    for name in ("dictionary.csv", "identifiers.csv"):
        path = data_copy / name
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
        tables.cached_folder(office)
    assert len(readings) == 5


def test_new_reading_code_makes_another_key(office, monkeypatch):
    before = cache.reading_key(office)
    monkeypatch.setattr(cache, "_code", lambda: "other code")
    assert cache.reading_key(office) != before


@pytest.mark.parametrize("fault", ["cut", "flipped", "gone", "contents", "list"])
def test_a_damaged_store_is_read_anew_and_mended(office, readings, fault):
    read = tables.cached_folder(office)
    place = cache._store() / cache.reading_key(office)
    path = place / "households.parquet"
    content = bytearray(path.read_bytes())
    if fault == "cut":
        path.write_bytes(content[:100])
    elif fault == "flipped":
        content[200] ^= 255
        path.write_bytes(content)
    elif fault == "gone":
        path.unlink()
    else:
        text = "{" if fault == "contents" else '["households"]'
        (place / cache.CONTENTS).write_text(text, "utf-8")
    for _ in range(2):
        _same(tables.cached_folder(office), read)
    assert len(readings) == 2


def test_a_refused_folder_is_refused_each_time(office, readings):
    write_csv(office / "more.csv", [["任务编号", "月份", "累计完成"], ["T02", "2018-01", "8千"]])
    for _ in range(2):
        with pytest.raises(tables.TableError):
            tables.cached_folder(office)
    assert len(readings) == 2


def test_a_store_that_cannot_be_made_leaves_every_reading_a_new_one(office, readings, tmp_path):
    """A file in its place stops whoever would write there, and root too."""
    (tmp_path / "store").write_text("not a folder")
    for _ in range(2):
        _same(tables.cached_folder(office), tables.read_folder(office))
        assert cache.kept_text(office, "names", lambda: "text") == "text"
    assert len(readings) == 2


def test_a_store_that_is_full_keeps_no_half_a_reading(office, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache.Path, "write_text", full)
    assert tables.cached_folder(office)
    assert cache.kept_text(office, "names", lambda: "text") == "text"
    assert list(cache._store().iterdir()) == []


def test_the_store_can_be_turned_off_and_forgets_the_oldest(office, readings, monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 2)
    for number in range(4):
        (office / f"{number}.txt").write_text("x")
        tables.cached_folder(office)
    assert len(list(cache._store().iterdir())) == 2
    monkeypatch.setenv("ANALYSIS_CACHE", "off")
    tables.cached_folder(office)
    assert len(readings) == 5


def test_only_the_owner_may_open_the_store(office):
    tables.cached_folder(office)
    assert (cache._store() / cache.reading_key(office)).stat().st_mode & 0o077 == 0


def test_the_store_is_ignored_and_not_among_what_leaves_the_office(root):
    inside = cache.STORE.relative_to(root)
    assert inside.parts[0] == ".cache" and ".cache/" in (root / ".gitignore").read_text()


@pytest.mark.slow
def test_processes_that_read_at_once_do_not_disturb_each_other(office):
    code = (
        "import sys; from analysis import tables;"
        "print(len(tables.cached_folder(sys.argv[1])['households']))"
    )
    command = [sys.executable, "-c", code, str(office)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ, text=True)
        for _ in range(3)
    ]
    said = {process.communicate()[0].strip() for process in running}
    assert said == {"6"} and all(process.returncode == 0 for process in running)
    assert len(list(cache._store().iterdir())) == 1
