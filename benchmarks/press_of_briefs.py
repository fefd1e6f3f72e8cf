"""How long one PDF takes once its chapters have run, against the browser's print of the same brief.

Every brief of `reports/briefs.yml` that has been made is set again from its executed chapters: each
go in a process of its own, forked from one that has imported everything, as the batch does it. The
goes of briefs, languages and browser take turns, so that a machine whose speed changes changes all.

    make briefs
    python benchmarks/press_of_briefs.py --goes 7
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


def apart(what, *arguments):
    """Wall seconds of something done in a forked process; it must not fail."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        what(*arguments)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, "the forked process failed; run `make briefs` first"
    return time.monotonic() - started


def printed(page, folder):
    """Wall seconds of the browser's print of the web page of the same brief."""
    started = time.monotonic()
    made = folder / "page.pdf"
    command = [BROWSER, *QUIET, f"--print-to-pdf={made}", page.as_uri()]
    subprocess.run(command, capture_output=True, check=True)
    assert made.read_bytes().startswith(b"%PDF")
    return time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--goes", type=int, default=5)
    asked = parser.parse_args()
    chapters.prepare(str(HOME))
    # The look for names and numbers of persons is the batch's affair, not the press's.
    outputs.INSPECTORS.clear()
    jobs = list(orders(HOME))
    found = {(one.edition.name, language): ([], []) for one, language, _ in jobs}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(asked.goes):
            for one, language, order in jobs:
                ours, theirs = found[one.edition.name, language]
                ours.append(apart(outputs.make_outputs, order))
                if BROWSER:
                    page = outputs.file_name(one.edition, f"{language}.html")
                    theirs.append(printed(one.folder / page, Path(folder)))
    for (brief, language), (ours, theirs) in found.items():
        middle = statistics.median(ours)
        line = f"{brief}, {language}: {middle:.2f} s ({min(ours):.2f} to {max(ours):.2f})"
        told = f"; the browser {statistics.median(theirs) / middle:.1f} times" if theirs else ""
        print(line + told)


if __name__ == "__main__":
    sys.exit(main())
