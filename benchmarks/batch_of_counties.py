"""The batch against a plain loop, as a ratio in one run, with peak memory.

The plain loop is what an office would write without this project: for each county and each
language, papermill's command line for every chapter, one after the other, then nbconvert's browser
PDF of each executed notebook where a browser is at hand (`--browser`); without one the ratio is the
smaller. The batch makes the same editions of the same counties, both languages, from nothing, with
a PDF for each. Every county is a copy of one place, so all cost the same.

A sample is measured; a province is a sum: what is paid once (imports, chapters that do not depend
on the county) plus a cost for each county, taken from two sizes of sample. `--unchanged 129` times
a whole province in which nothing has changed: real files, copied from one county instead of run.

    python benchmarks/batch_of_counties.py --counties 2 4
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import yaml

from analysis.briefs import desk, outputs, read_editions, record

HOME = Path(__file__).resolve().parents[1]
PROVINCE = 129
LANGUAGES = ("zh", "en")
PLACE = "wenshan"


def sample(folder, counties):
    """A project of so many counties, with every notebook as a chapter."""
    shutil.copytree(HOME / "data", folder / "data")
    shutil.copytree(HOME / "notebooks", folder / "notebooks")
    (folder / "reports").mkdir()
    names = [f"county{number:03d}" for number in range(counties)]
    for name in names:
        shutil.copytree(folder / "data" / PLACE, folder / "data" / name)
        rename(folder / "data" / name, name)
    chapters = [
        {"notebook": path.stem} for path in sorted((folder / "notebooks").glob("[0-9]*.ipynb"))
    ]
    brief = {
        "title": "brief.wenshan.title",
        "date": "2018-03-28",
        "for": {"place": names},
        "chapters": chapters,
    }
    text = yaml.safe_dump({"briefs": {"county": brief}}).replace("'2018-03-28'", "2018-03-28")
    (folder / "reports/briefs.yml").write_text(text, encoding="utf-8")
    return names, [chapter["notebook"] for chapter in chapters]


def rename(folder, name):
    """Let every row of a county's tables name the county, where the tables name a place."""
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [name if cell == PLACE else cell for cell in row] for row in rows
            )


class Watch:
    """Wall seconds, CPU seconds and peak memory of everything below one process."""

    def __enter__(self):
        self.peak, self._ended = 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        self._wall, self._cpu = time.monotonic(), os.times()
        return self

    def __exit__(self, *_):
        ended = os.times()
        self.wall = time.monotonic() - self._wall
        self.cpu = sum(ended[2:4]) - sum(self._cpu[2:4])
        self._ended.set()
        self._thread.join()

    def _look(self):
        while not self._ended.wait(0.2):
            self.peak = max(self.peak, memory(os.getpid()))


def memory(process):
    """Bytes that the processes below one hold, shared pages counted once."""
    return sum(proportional(child) + memory(child) for child in children(process))


def children(process):
    try:
        return [
            int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()
        ]
    except OSError:
        return []


def proportional(process):
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def run(asked, root):
    told = os.environ | {
        "ANALYSIS_ROOT": str(root),
        "ANALYSIS_DATA": str(root / "data"),
        "PYTHONPATH": str(HOME),
        "OPENBLAS_NUM_THREADS": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", *asked],
        cwd=root,
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )


def plain_loop(root, names, chapters, browser):
    """Papermill's command line for each chapter, county and language, then the browser's PDF."""
    for name in names:
        for language in LANGUAGES:
            for chapter in chapters:
                made = root / "loop" / f"{name}.{language}.{chapter}.ipynb"
                made.parent.mkdir(exist_ok=True)
                asked = ["papermill", f"notebooks/{chapter}.ipynb", str(made), "-r", "place", name]
                ended = run([*asked, "--no-progress-bar"], root)
                assert ended.returncode == 0, ended.stderr[-2000:]
                if browser:
                    asked = ["nbconvert", "--to", "webpdf", "--no-input", str(made)]
                    ended = run([*asked, "--disable-chromium-sandbox"], root)
                    assert ended.returncode == 0, ended.stderr[-2000:]


def batch(root):
    ended = run(["analysis", "brief"], root)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def measured(what, *arguments):
    with Watch() as watch:
        what(*arguments)
    return watch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counties", type=int, nargs=2, default=(2, 4), metavar=("FEW", "MORE"))
    parser.add_argument("--unchanged", type=int, metavar="COUNTIES")
    parser.add_argument("--browser", action="store_true", help="with the loop's PDF by a browser")
    asked = parser.parse_args()
    if asked.unchanged:
        return unchanged(asked.unchanged)
    found = []
    for counties in asked.counties:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            names, chapters = sample(root, counties)
            found.append((counties, measured(batch, root), measured(batch, root)))
            if counties == asked.counties[0]:
                loop = measured(plain_loop, root, names[:1], chapters, asked.browser)
    report(found, loop, len(chapters))


def unchanged(counties):
    """Time a run in which nothing has changed; all counties but one are copied, not run."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sample(root, counties)
        ended = run(["analysis", "brief", "county-county000"], root)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        copy_to_all(root)
        again = measured(batch, root)
        size = sum(path.stat().st_size for path in (root / "reports").rglob("*") if path.is_file())
        print(
            f"{counties} counties, nothing changed: {again.wall:.1f} s, {again.cpu:.1f} s CPU, "
            f"{again.peak / 2**20:.0f} MiB; {size / 2**20:.0f} MiB of files"
        )


def copy_to_all(root):
    """Put the chapters and outputs of the first county in place for every other."""
    around = record.Surroundings(root)
    editions = read_editions(root / "reports/briefs.yml", root)
    desks = [desk.Desk(one, root / "reports/generated" / one.name, around) for one in editions]
    first, place = desks[0], editions[0].name.removeprefix("county-")
    made = {
        output: (first.folder / outputs.file_name(first.edition, output)).read_bytes()
        for output in outputs.names(first.edition)
    }
    for other in desks[1:]:
        pairs = zip(other.edition.chapters, first.edition.chapters, strict=True)
        for chapter, same in pairs:
            content, read = first.executed(same).read_bytes(), first.noted(same)["read"]
            own = [path for path in read if not path.startswith(f"data/{place}/")]
            desk.put_chapter(other, chapter, content, own, 1.0)
        desk.put_outputs(other, made, desk.outdated_outputs(other), 1.0)


def report(found, loop, chapters):
    print(f"{chapters} chapters, {len(LANGUAGES)} languages, {os.cpu_count()} cores")
    peak = loop.peak / 2**20
    print(f"plain loop, one county: {loop.wall:.1f} s, {loop.cpu:.1f} s CPU, {peak:.0f} MiB")
    for counties, made, again in found:
        print(
            f"batch, {counties} counties: {made.wall:.1f} s, {made.cpu:.1f} s CPU, "
            f"{made.peak / 2**20:.0f} MiB; again with nothing changed: {again.wall:.1f} s"
        )
    (few, first, _), (more, second, _) = found
    for kind in ("wall", "cpu"):
        each = (getattr(second, kind) - getattr(first, kind)) / (more - few)
        once = getattr(first, kind) - few * each
        whole, plain = once + PROVINCE * each, PROVINCE * getattr(loop, kind)
        print(
            f"{PROVINCE} counties, {kind}, extrapolated: batch {whole:.0f} s ({once:.1f} once, "
            f"{each:.1f} each), loop {plain:.0f} s: {plain / whole:.1f} times"
        )


if __name__ == "__main__":
    main()
