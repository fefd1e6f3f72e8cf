"""Hostile CSV files and folders: texts that are none, rows without end, names, links, pipes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.canaries import a_phone, an_id_number
from tests.hostile import Case, outcome
from tests.hostile_workbooks import old, put, whole

TITLES = "户编号,帮扶责任人,帮扶单位\n"
ROW = "0001,某某,某局\n"
TASKS = "任务编号,月份,累计完成\n"
PLAIN = (TITLES + ROW).encode()
BAD, LARGE = "refused: unreadable", "refused: too_large"


def cases() -> Iterator[Case]:
    """Every case of a CSV file and of a folder."""
    yield from (Case("CSV", name, gets, run) for name, gets, run in _csv())
    yield from (Case("folder", name, gets, run) for name, gets, run in _folders())


def _text(*rows: str) -> bytes:
    return (TITLES + "".join(rows)).encode()


def _no_cell() -> bytes:
    return (TASKS + "".join(f"T{n},x{n},y{n}\n" for n in range(11_000))).encode()


def _csv() -> Iterator[tuple]:
    contents: dict[str, tuple[str, Callable[[], bytes]]] = {
        "nothing": ("left out", lambda: b""),
        "the mark of UTF-8 and nothing": ("left out", lambda: b"\xef\xbb\xbf"),
        "the mark of UTF-16 and nothing": ("left out, told: encoding", lambda: b"\xff\xfe"),
        "NUL in a cell": ("read", lambda: _text("00\x0001,某某,某局\n")),
        "NUL alone": ("left out, told: note_sheet", lambda: bytes(1000)),
        "a quote that is not closed": (BAD, lambda: _text('0001,"某某,某局\n')),
        "a quote not closed for 200,000 letters": (BAD, lambda: _text('"' + "x" * 200_000)),
        "2,000,000 quotes": (BAD, lambda: _text('"' * 2_000_001)),
        "a cell of 40,000 letters": (
            "refused: long_cell",
            lambda: _text(f"0001,{'x' * 40_000},某局\n"),
        ),
        "a cell of 1,000,000 letters": (BAD, lambda: _text("x" * 1_000_000)),
        "1,000,000 columns": (LARGE, lambda: _text("," * 1_000_000)),
        "1,000,000 columns in quotes": (LARGE, lambda: _text('"",' * 1_000_000)),
        "1,000,000 titles": (LARGE, lambda: b"a," * 1_000_000),
        "61,000,000 empty cells": (LARGE, lambda: _text(("," * 300 + "\n") * 203_400)),
        "1,100,000 rows": (LARGE, lambda: _text("\n" * 1_100_000)),
        "1,100,000 rows that end as on an old Mac": (LARGE, lambda: _text("x\r" * 1_100_000)),
        "two encodings": (
            "refused: unknown_encoding",
            lambda: PLAIN + "0002,某某\n".encode("utf-16-le") + b"\xff\xff",
        ),
        "half a character of UTF-16": (
            "refused: unknown_encoding",
            lambda: b"\xff\xfe" + TITLES.encode("utf-16-le") + b"\x00\xd8",
        ),
        "half a character of UTF-8": ("refused: unknown_encoding", lambda: PLAIN + b"\xed\xa0\x80"),
        "bytes of a picture": (
            "refused: unknown_encoding",
            lambda: b"\x89PNG\r\n\x1a\n\xff\x00\xff",
        ),
        "an XLSX file": ("refused: unknown_encoding", whole),
        "an XLS file": ("refused: unknown_encoding", old),
        "a cell that is a formula": ("read", lambda: _text("0001,=1+1,@SUM(1)\n")),
        "a cell that starts a program": (
            "read, told: missing_mark",
            lambda: _text("0001,=cmd|' /C calc'!A0,x\n"),
        ),
        "a cell that moves the cursor": (
            "read, told: missing_mark",
            lambda: _text("0001,\x1b[2J\x1b[31m,x\n"),
        ),
        "a cell that turns the writing round": (
            "read, told: missing_mark",
            lambda: _text("0001,\u202eabc,x\n"),
        ),
        "a code of thousands of digits": (
            "read",
            lambda: _text(f"{'9' * 5000},某某,某局\n"),
        ),
        "titles of 20,000 letters": (
            "refused: unknown_sheet",
            lambda: "\n".join([",".join(["x" * 20_000] * 50)] * 20).encode(),
        ),
        "11,000 rows of which no cell can be read": (
            "refused: month, not_told, number",
            _no_cell,
        ),
        "a code that is a formula": ("read", lambda: _text("=1+1,某某,某局\n")),
    }
    for number in ("9" * 5000, "1e999", "inf", "nan", "٢٠١٧", "__import__('os')", "0x10", "1_0"):
        row = f"{TASKS}T1,2017-01,{number}\n".encode()
        gets = "missing_mark, required" if number == "nan" else "number"
        contents[f"a number of {number:.16}"] = (f"refused: {gets}", lambda row=row: row)
    for month in ("9" * 5000, "2017-99", "0000-00", "2017-1'; DROP", "{0.__class__}"):
        row = f"{TASKS}T1,{month},1\n".encode()
        contents[f"a month of {month:.16}"] = ("refused: month", lambda row=row: row)
    for name, (gets, make) in contents.items():
        yield name, gets, put("a.csv", make)


def _folders() -> Iterator[tuple]:
    names = {
        "a file name with a line break": "a\nb.csv",
        "a file name that moves the cursor": "\x1b[2Ja.csv",
        "a file name that turns the writing round": "a\u202evsc.csv",
        "a file name that is a formula": "=cmd|' 'C calc'!A0.csv",
        "a file name in markup": "<script>alert(1)<.csv",
        "a file name with a format in it": "{0.__class__}.csv",
        "a file name that is a placeholder": "{file:text}%s%n.csv",
        "a file name of 250 bytes": "x" * 246 + ".csv",
        "a file name with quotes": "a'; DROP TABLE x; --\".csv",
        "a file name that begins with a minus": "-rf.csv",
        "a file name of blanks": "   .csv",
        "a file name in capitals": "A.CSV",
    }
    for name, file in names.items():
        yield name, "read", put(file, lambda: PLAIN)
    yield "a file name that is not text", "read", _raw_name
    for kind, make in {"an identity": an_id_number, "a telephone": a_phone}.items():
        yield (
            f"a file name with {kind} number",
            "refused: personal_name",
            put(f"{make()}.csv", lambda: PLAIN),
        )
    yield "a hidden file", "left out", put(".a.csv", lambda: PLAIN)
    yield "the lock of an open workbook", "left out", put("~$a.xlsx", lambda: b"")
    yield "a program", "left out, told: file_left_out", put("a.exe", lambda: b"MZ")
    yield "a script", "left out, told: file_left_out", put("a.csv.sh", lambda: PLAIN)
    links = {
        "a link to a file outside": ("left out, told: file_left_out", _link_outside),
        "a link to the file of passwords": ("left out, told: file_left_out", _link("/etc/passwd")),
        "a link to a device without end": ("left out", _link("/dev/zero")),
        "a link to nothing": ("left out", _link("/nowhere/at/all")),
        "a link to itself": ("left out", _link("a.csv")),
        "a folder that is a link outside": ("left out", _folder_outside),
        "a folder that is a link to itself": ("read", _folder_loop),
        "a pipe": ("left out", lambda folder: os.mkfifo(folder / "a.csv")),
        "a folder named as a workbook": ("left out", lambda folder: (folder / "a.xlsx").mkdir()),
        "folders 100 deep": ("read", _deep),
        "2,001 files": (LARGE, _many),
    }
    for name, (gets, make) in links.items():
        yield name, gets, lambda folder, make=make: (make(folder), outcome(folder))[1]


def _raw_name(folder: Path) -> str:
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.csv"))).write_bytes(PLAIN)
    return outcome(folder)


def _link(target: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "a.csv").symlink_to(target)


def _link_outside(folder: Path) -> None:
    secret = folder.parent / "secret.csv"
    secret.write_bytes(PLAIN)
    (folder / "a.csv").symlink_to(secret)


def _folder_outside(folder: Path) -> None:
    secret = folder.parent / "secrets"
    secret.mkdir()
    (secret / "a.csv").write_bytes(PLAIN)
    (folder / "inner").symlink_to(secret)


def _folder_loop(folder: Path) -> None:
    (folder / "a.csv").write_bytes(PLAIN)
    (folder / "inner").symlink_to(folder)


def _deep(folder: Path) -> None:
    inner = folder.joinpath(*["x"] * 100)
    inner.mkdir(parents=True)
    (inner / "a.csv").write_bytes(PLAIN)


def _many(folder: Path) -> None:
    for number in range(2_001):
        (folder / f"{number}.csv").write_bytes(b"")
