"""The batch against a plain loop, as a ratio in one run, with peak memory.

The plain loop is what an office would write without this project: for each county and each
language, papermill's command line for every chapter, one after the other, then nbconvert's page of
each executed notebook printed by a browser, which is what nbconvert's own `webpdf` does. It does
the same for both languages, so one is measured and counted twice. Without a browser it makes no
PDF, says so, and the ratio is the smaller. The batch makes the same editions of the same counties,
both languages, from nothing: PDF, web page, workbook and CSV. Every county is a copy of one place,
with the chapters of that place's brief, so all cost the same.

A sample is measured; a province is a sum: what is paid once (imports, chapters that do not depend
on the county) plus a cost for each county, taken from two sizes of sample. `--unchanged 129` times
a whole province in which nothing has changed: real files, copied from one county instead of run.
`--whole 129` runs a whole province for real, which takes the better part of two hours.

    python benchmarks/batch_of_counties.py --counties 1 3
    python benchmarks/batch_of_counties.py --loop           the loop alone
    python benchmarks/batch_of_counties.py --unchanged 129
    python benchmarks/batch_of_counties.py --whole 129 --loop
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from measuring import Watch, add_keep, told

from analysis.briefs import desk, outputs, read_editions, record

HOME = Path(__file__).resolve().parents[1]
PROVINCE = 129
LANGUAGES = ("zh", "en")
PLACE = "wenshan"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


def sample(folder, counties):
    """A project of so many counties, with the chapters of one place's brief."""
    shutil.copytree(HOME / "data", folder / "data")
    shutil.copytree(HOME / "notebooks", folder / "notebooks")
    (folder / "reports").mkdir()
    names = [f"county{number:03d}" for number in range(counties)]
    for name in names:
        shutil.copytree(folder / "data" / PLACE, folder / "data" / name)
        rename(folder / "data" / name, name)
    own = yaml.safe_load((HOME / "reports/briefs.yml").read_text(encoding="utf-8"))
    chapters = own["briefs"][PLACE]["chapters"]
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


def run(asked, root, language="en"):
    """Run a module of Python, or a program, to its end; it must not fail."""
    told = os.environ | {
        "ANALYSIS_LANGUAGE": language,
        "ANALYSIS_ROOT": str(root),
        "ANALYSIS_DATA": str(root / "data"),
        "PYTHONPATH": str(HOME),
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = asked if Path(asked[0]).is_absolute() else [sys.executable, "-m", *asked]
    ended = subprocess.run(command, cwd=root, env=told, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]


def plain_loop(root, name, chapters):
    """Papermill's command line for each chapter, then the browser's PDF; in one language."""
    for chapter in chapters:
        made = root / "loop" / f"{name}.{chapter}.ipynb"
        made.parent.mkdir(exist_ok=True)
        asked = ["papermill", f"notebooks/{chapter}.ipynb", str(made), "-r", "place", name]
        run([*asked, "--no-progress-bar"], root, LANGUAGES[0])
        if BROWSER:
            run(["nbconvert", "--to", "html", "--no-input", str(made)], root, LANGUAGES[0])
            print_page(made.with_suffix(".html"), root)


def print_page(page, root):
    """Let the browser print a page; it is told that there is no network, and does not wait."""
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    run([BROWSER, *quiet, f"--print-to-pdf={page.with_suffix('.pdf')}", page.as_uri()], root)
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def batch(root):
    run(["analysis", "brief"], root)


def measured(what, *arguments):
    with Watch() as watch:
        what(*arguments)
    return watch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counties", type=int, nargs=2, metavar=("FEW", "MORE"))
    parser.add_argument("--loop", action="store_true", help="the plain loop alone")
    parser.add_argument("--unchanged", type=int, metavar="COUNTIES")
    parser.add_argument("--whole", type=int, metavar="COUNTIES", help="run so many for real")
    add_keep(parser)
    asked = parser.parse_args()
    kind = "_unchanged" if asked.unchanged else "_whole" if asked.whole else ""
    with told(f"batch_of_counties{kind}", keep=asked.keep):
        if asked.unchanged:
            unchanged(asked.unchanged)
        else:
            made(asked)


def made(asked):
    """Measure the loop, the batch, or both and hold them against each other."""
    sizes = [asked.whole] if asked.whole else asked.counties
    loop = None if sizes and not asked.loop else of_loop()
    found = [] if asked.loop and not sizes else of_batch(sizes or (1, 3))
    if loop and found:
        compare(found, loop)


def of_loop():
    """Measure the loop of one county in one language, and say what it did."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (name,), chapters = sample(root, 1)
        loop = measured(plain_loop, root, name, chapters)
    printed = f"PDF by {Path(BROWSER).name}" if BROWSER else "no PDF: there is no browser here"
    print(f"plain loop, 1 county, 1 language, {len(chapters)} chapters ({printed}): {said(loop)}")
    return loop


def of_batch(sizes):
    """Measure the batch of two numbers of counties, each from nothing and then unchanged."""
    found = []
    for counties in sizes:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            sample(root, counties)
            found.append((counties, measured(batch, root)))
            print(f"batch, {counties} counties, {len(LANGUAGES)} languages: {said(found[-1][1])}")
            print(f"  again with nothing changed: {said(measured(batch, root))}", flush=True)
    return found


def said(watch):
    return f"{watch.wall:.1f} s, {watch.cpu:.1f} s CPU, {watch.peak / 2**20:.0f} MiB"


def unchanged(counties):
    """Time a run in which nothing has changed; all counties but one are copied, not run."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sample(root, counties)
        run(["analysis", "brief", "county-county000"], root)
        copy_to_all(root)
        again = measured(batch, root)
        size = sum(path.stat().st_size for path in (root / "reports").rglob("*") if path.is_file())
        print(
            f"{counties} counties, nothing changed: {said(again)}; {size / 2**20:.0f} MiB of files"
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


def compare(found, loop):
    """Hold a province made by the batch against the loop, in which one county is as another.

    Two sizes of sample carry the batch on to a province; one size is what was run.
    """
    (few, first), (more, second) = [*found, (0, None)][:2]
    for kind in ("wall", "cpu"):
        taken = getattr(first, kind)
        each = (getattr(second, kind) - taken) / (more - few) if second else taken / few
        once = taken - few * each
        counties = PROVINCE if second else few
        whole, plain = once + counties * each, counties * len(LANGUAGES) * getattr(loop, kind)
        print(
            f"{counties} counties, {kind}{', extrapolated' if second else ''}: batch {whole:.0f} s "
            f"({once:.1f} once, {each:.1f} each), loop {plain:.0f} s: {plain / whole:.1f} times"
        )


if __name__ == "__main__":
    main()
