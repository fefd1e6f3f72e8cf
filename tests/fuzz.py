"""Fuzzing what comes from outside: ledgers, `briefs.yml`, notebooks and records read back.

`python -m tests.fuzz reader --seconds 3600` lets atheris search, steered by the code it reaches, in
a child process that may hold little memory; whatever kills the child is a crash too. The tests give
the same targets to hypothesis.
"""

from __future__ import annotations

import argparse
import io
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, suppress
from pathlib import Path

from analysis import press, tables
from analysis.briefs import parameters, record, spec
from analysis.synthetic import old_excel
from tests import offices

ROOT = Path(__file__).resolve().parents[1]
MEMORY = 2_500_000_000
LONGEST = 4_096
# Seconds of one child: what the search itself keeps of tens of thousands of inputs fills the memory
# that a child may hold, and must not be taken for a fault of the reader.
TURN = 600
# A run of a target is short, so that a sheet that takes long is a fault and not a large sheet.
LIMITS = tables.Limits(
    size=1_000_000, unpacked=5_000_000, ratio=200, rows=2_000, columns=100, area=100_000
)
TITLES = "户编号,年度,帮扶责任人,帮扶单位\n".encode()


def reader(data: bytes, folder: Path) -> None:
    """Read a folder with one file in it: whatever it holds, findings and no exception."""
    forms = (_csv, _csv_under_titles, _workbook_part, _bent_workbook, _bent_old_workbook, _plain)
    name, content = forms[data[0] % len(forms)](data[1:]) if data else ("a.csv", b"")
    path = folder / name
    path.write_bytes(content)
    try:
        reading = tables.check_folder(folder, limits=LIMITS)
        tables.describe_findings(reading.findings.head(20))
    finally:
        path.unlink()


def brief(data: bytes, folder: Path) -> None:
    """Read `briefs.yml`: the briefs, or a refusal of a bearable length."""
    path = folder / "briefs.yml"
    path.write_bytes(data)
    try:
        for edition in spec.read_editions(path, ROOT):
            edition.text(edition.spec.title, "en")
    except spec.SpecError as refusal:
        assert len(str(refusal)) < 100 * len(data) + 10_000, "the refusal is too long"


def notebook(data: bytes, folder: Path) -> None:
    """Read the parameters of a notebook, and a record: what they say, or one ValueError."""
    path = folder / "a.ipynb"
    path.write_bytes(data)
    found = record.read_record(path)
    assert isinstance(found, Mapping)
    try:
        parameters.declared(path)
    except ValueError as refusal:
        assert len(str(refusal)) < 100 * len(data) + 10_000, "the refusal is too long"
    with suppress(press.PressError):
        press.chapter(found, "en", name="a")


def every(data: bytes, folder: Path) -> None:
    """One of the three, by the first byte."""
    (reader, brief, notebook, reader)[data[0] % 4 if data else 0](data[1:], folder)


TARGETS: dict[str, Callable[[bytes, Path], None]] = {
    "reader": reader,
    "spec": brief,
    "notebook": notebook,
    "all": every,
}


def _plain(data: bytes) -> tuple[str, bytes]:
    return ("a.xlsx", "a.xls", "a.xlsm")[len(data) % 3], data


def _csv(data: bytes) -> tuple[str, bytes]:
    return "a.csv", data


def _csv_under_titles(data: bytes) -> tuple[str, bytes]:
    return "a.csv", TITLES + data


def _seed(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        pages = {"helpers": offices.sheets()["helpers"]}
        if name.endswith("xls"):
            old_excel.write_xls(path, "helpers", pages["helpers"])
        else:
            offices.write_workbook(path, pages)
        return path.read_bytes()


WORKBOOK, OLD_WORKBOOK = _seed("a.xlsx"), _seed("a.xls")
with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as _package:
    PARTS = {name: _package.read(name) for name in _package.namelist()}


def _workbook_part(data: bytes) -> tuple[str, bytes]:
    """A workbook of which one part is changed in a few places."""
    names = sorted(PARTS)
    name = names[data[0] % len(names)] if data else names[0]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        for part, content in PARTS.items():
            package.writestr(part, _bent(content, data[1:]) if part == name else content)
    return "a.xlsx", written.getvalue()


def _bent_workbook(data: bytes) -> tuple[str, bytes]:
    return "a.xlsx", _bent(WORKBOOK, data)


def _bent_old_workbook(data: bytes) -> tuple[str, bytes]:
    return "a.xls", _bent(OLD_WORKBOOK, data)


def _bent(content: bytes, data: bytes) -> bytes:
    """Change a file where the data say: place in two bytes, how many go, what comes instead."""
    bent = bytearray(content)
    for at in range(0, len(data) - 3, 8):
        place = int.from_bytes(data[at : at + 2], "big") % (len(bent) + 1)
        gone, come = data[at + 2], data[at + 3 : at + 8]
        bent[place : place + (gone % 16 if gone < 128 else len(come))] = come
    return bytes(bent)


# ---- an hour of it


def run(name: str, seconds: float, corpus: Path) -> Iterator[str]:
    """Search in child processes until the time is over; give a line for each crash, and a last."""
    corpus.mkdir(parents=True, exist_ok=True)
    # What an earlier search noted would hide the same crash in this one.
    for noted in corpus.parent.glob(f"{corpus.name}.*"):
        noted.unlink()
    for number, seed in enumerate(seeds() if name == "all" else ()):
        (corpus / f"seed-{number}").write_bytes(seed)
    started, crashes, deaths = time.monotonic(), set(), 0
    while (left := seconds - (time.monotonic() - started)) > 1:
        turn = str(int(min(left, TURN)))
        asked = [sys.executable, "-m", "tests.fuzz", name, "--seconds", turn]
        ended = subprocess.run(
            [*asked, "--corpus", str(corpus), "--child"],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        (corpus.parent / f"{corpus.name}.log").write_bytes(ended.stderr[-20_000:])
        if ended.returncode:
            deaths += 1
            held = corpus.parent / f"{corpus.name}.current"
            shutil.copy(held, corpus.parent / f"{corpus.name}.death-{deaths}")
            yield f"the child died with {ended.returncode} after {_minutes(started)}"
        found = {path for path in corpus.parent.glob(f"{corpus.name}.crash-*.txt")}
        yield from (path.read_text().splitlines()[-1] for path in sorted(found - crashes))
        crashes |= found
    count = corpus.parent / f"{corpus.name}.count"
    runs = count.read_text() if count.exists() else "?"
    yield f"{_minutes(started)}, {runs} runs, {len(crashes)} crashes, {deaths} deaths"


def _minutes(started: float) -> str:
    return f"{(time.monotonic() - started) / 60:.1f} min"


def seeds() -> Iterator[bytes]:
    """Whole files of each kind, for the target `all`: where a search from nothing takes long."""
    yield from (bytes([0, form, *range(40)]) for form in range(6))
    yield bytes([0, 1]) + "0001,2017,某某,某局\n合计,,,\n".encode() * 3
    yield bytes([1]) + (ROOT / "reports" / "briefs.yml").read_bytes()[:LONGEST]
    yield bytes([1]) + b"briefs: {a: {title: press.author, date: 2018-03-28, chapters: []}}"
    tags = '{"cells": [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": '
    yield bytes([2]) + f'{tags}[], "source": ["seed: int = 1"]}}]}}'.encode()


def child(name: str, seconds: float, corpus: Path) -> None:
    """Search in this process; a crash is noted once for each place in the code, and left behind."""
    import atheris

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for module in [m for n, m in sys.modules.items() if n.startswith("analysis.")]:
        for key, value in list(vars(module).items()):
            if type(value).__name__ == "function" and value.__module__ == module.__name__:
                setattr(module, key, atheris.instrument_func(value))
    at = corpus.parent / corpus.name
    folder = Path(tempfile.mkdtemp())
    count = int(text) if (text := _text(Path(f"{at}.count"))) else 0

    def one(data: bytes) -> None:
        nonlocal count
        count += 1
        Path(f"{at}.current").write_bytes(data)
        if count % 100 == 0:
            Path(f"{at}.count").write_text(str(count))
        try:
            with redirect_stderr(io.StringIO()):
                TARGETS[name](data, folder)
        except BaseException as fault:
            if isinstance(fault, KeyboardInterrupt):
                raise
            _note_crash(f"{at}", data, fault)

    options = [f"-max_total_time={seconds:.0f}", f"-max_len={LONGEST}", "-timeout=30"]
    atheris.Setup([sys.argv[0], *options, "-rss_limit_mb=2048", str(corpus)], one)
    atheris.Fuzz()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _note_crash(at: str, data: bytes, fault: BaseException) -> None:
    frames = traceback.extract_tb(fault.__traceback__)
    last = next((f for f in reversed(frames) if "analysis" in f.filename), frames[-1])
    key = f"{type(fault).__name__}-{Path(last.filename).stem}-{last.lineno}"
    path = Path(f"{at}.crash-{key}.txt")
    if not path.exists():
        path.with_suffix(".bin").write_bytes(data)
        path.write_text("".join(traceback.format_exception(fault)) + f"\n{key}: {fault!s:.200}\n")


def main() -> int:
    """Fuzz one target for some seconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=main.__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--corpus", type=Path, default=None, help="where inputs are kept")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    corpus = asked.corpus or Path(tempfile.gettempdir()) / f"fuzz-{asked.target}"
    if asked.child:
        child(asked.target, asked.seconds, corpus)
        return 0
    last = ""
    for last in run(asked.target, asked.seconds, corpus):
        print(last, flush=True)
    return 0 if " 0 crashes, 0 deaths" in last else 1


if __name__ == "__main__":
    sys.exit(main())
