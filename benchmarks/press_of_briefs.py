"""How long one PDF takes once its chapters have run, against the browser's print of the same brief.

Every brief of `reports/briefs.yml` that has been made is set again from its executed chapters: each
go in a process of its own, forked from one that has imported everything, as the batch does it. The
goes of briefs, languages and browser take turns, so that a machine whose speed changes changes all.
The clock stops when the PDF has been handed over: a batch waits for no process that ends.
The memory of ours is the most that the forked process held, with all that it shares with the one it
was forked from; that of the browser, of all its processes together, shared pages counted once, in
a go of its own, for looking takes time.

    make briefs
    python benchmarks/press_of_briefs.py --goes 7 [--keep]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import Watch, add_keep, told

from analysis.briefs import chapters, desk, outputs, read_editions, record

HOME = Path(__file__).resolve().parents[1]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]


def orders(root):
    """What to set: a brief and a language, with the executed chapters in memory."""
    around = record.Surroundings(root)
    for edition in read_editions(root / "reports/briefs.yml", root):
        one = desk.Desk(edition, root / "reports/generated" / edition.name, around)
        for language in edition.spec.languages:
            yield one, language, desk.order(one, [f"{language}.pdf"])


def apart(order):
    """Wall seconds until a forked process has handed a PDF over, and its peak of bytes."""
    started = time.monotonic()
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        with open(mouth, "wb") as line:
            line.writelines(outputs.make_outputs(order).values())
        os._exit(0)
    os.close(mouth)
    with open(ear, "rb") as line:
        made = line.read()
    seconds = time.monotonic() - started
    _, ended, used = os.wait4(child, 0)
    assert ended == 0 and made.startswith(b"%PDF"), "no PDF was set; run `make briefs` first"
    return seconds, used.ru_maxrss * 1024


def printed(page, folder):
    """Wall seconds of the browser's print of the web page of the same brief."""
    started = time.monotonic()
    made = folder / "page.pdf"
    command = [BROWSER, *QUIET, f"--print-to-pdf={made}", page.as_uri()]
    subprocess.run(command, capture_output=True, check=True)
    assert made.read_bytes().startswith(b"%PDF")
    return time.monotonic() - started


def held(page, folder):
    """Peak bytes of the browser's print of a page."""
    with Watch(every=0.05) as watch:
        printed(page, folder)
    return watch.peak


def measured(jobs, goes, folder):
    """Seconds and peak bytes of every brief and language, ours and those of a browser."""
    found = [{"ours": [], "ours_peak": 0, "theirs": [], "theirs_peak": 0} for _ in jobs]
    for go in range(goes):
        for (one, language, order), row in zip(jobs, found, strict=True):
            seconds, peak = apart(order)
            row["ours"].append(seconds)
            row["ours_peak"] = max(row["ours_peak"], peak)
            if BROWSER:
                page = one.folder / outputs.file_name(one.edition, f"{language}.html")
                row["theirs"].append(printed(page, folder))
                row["theirs_peak"] = row["theirs_peak"] if go else held(page, folder)
    return found


def said(ours, ours_peak, theirs, theirs_peak):
    """What came of one brief in one language, in words."""
    middle = statistics.median(ours)
    text = f"{middle:.2f} s ({min(ours):.2f} to {max(ours):.2f}), {ours_peak / 2**20:.0f} MiB"
    if theirs:
        times = statistics.median(theirs) / middle
        text += f"; the browser {times:.1f} times, {theirs_peak / 2**20:.0f} MiB"
    return text


def main():
    """Set every brief that has been made, again and again, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--goes", type=int, default=5)
    add_keep(parser)
    asked = parser.parse_args()
    chapters.prepare(str(HOME))
    # The look for names and numbers of persons is the batch's affair, not the press's.
    outputs.INSPECTORS.clear()
    jobs = list(orders(HOME))
    with told("press_of_briefs", keep=asked.keep), tempfile.TemporaryDirectory() as folder:
        for (one, language, _), row in zip(
            jobs, measured(jobs, asked.goes, Path(folder)), strict=True
        ):
            print(f"{one.edition.name}, {language}: {said(**row)}")


if __name__ == "__main__":
    sys.exit(main())
