"""From `briefs.yml` to PDF: checked first, run once, set in each language, recorded.

Nothing is run or set again whose inputs, code, parameters and typefaces have not changed. A run
that was killed leaves whole files only, and the next run does what is missing.
"""

import datetime
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from analysis import press
from analysis.briefs import record
from analysis.briefs.record import Surroundings
from analysis.briefs.spec import Chapter, Edition, SpecError, read_editions

__all__ = ["Report", "SpecError", "make_briefs", "read_editions"]

ROOT = Path(os.environ.get("ANALYSIS_ROOT", Path(__file__).resolve().parents[2]))


class Report(NamedTuple):
    """How a brief ended: what was run and set now, and one sentence for each failure."""

    name: str
    ran: Sequence[str]
    pressed: Sequence[str]
    failures: Sequence[str]


class _Desk(NamedTuple):
    """Where one brief is worked on."""

    edition: Edition
    folder: Path
    around: Surroundings

    def executed(self, chapter: Chapter) -> Path:
        return self.folder / "chapters" / f"{chapter.name}.ipynb"

    def pdf(self, language: str) -> Path:
        return self.folder / f"{self.edition.name}.{language}.pdf"


def make_briefs(
    names: Sequence[str] = (),
    *,
    languages: Sequence[str] = (),
    root: Path = ROOT,
    say: Callable[[str], None] = print,
) -> list[Report]:
    """
    Make briefs: run what has changed, set what has changed, leave the rest.

    Parameters
    ----------
    names : sequence of str
        Names in `reports/briefs.yml`; all, if empty.
    languages : sequence of str
        "zh", "en" or both; those of each brief, if empty.
    root : Path
        Folder of the project.
    say : callable
        Told one line for each thing that is done.

    Returns
    -------
    list of Report
        One for each brief, in the order of the file.

    Raises
    ------
    SpecError
        If `briefs.yml` cannot be run as it stands.

    Examples
    --------
    >>> make_briefs(["nowhere"], root=Path("nowhere"))
    Traceback (most recent call last):
    ...
    analysis.briefs.spec.SpecError: nowhere/reports/briefs.yml: there is no such file
    """
    path = root / "reports" / "briefs.yml"
    editions = read_editions(path, root, names=names, languages=languages)
    around = Surroundings(root)
    generated = root / "reports" / "generated"
    desks = [_Desk(edition, generated / edition.name, around) for edition in editions]
    outdated = [(desk, chapter) for desk in desks for chapter in _outdated(desk)]
    failures = _run(outdated, say) if outdated else {}
    return [_press(desk, [c for d, c in outdated if d is desk], failures, say) for desk in desks]


def _outdated(desk: _Desk) -> list[Chapter]:
    """List the chapters that have to be run."""
    return [chapter for chapter in desk.edition.chapters if not _is_current(desk, chapter)]


def _is_current(desk: _Desk, chapter: Chapter) -> bool:
    executed = desk.executed(chapter)
    noted = record.read_record(executed.with_suffix(".json"))
    wanted = desk.around.chapter_fingerprint(chapter)
    return noted.get("fingerprint") == wanted and record.stands(executed, noted.get("sha256"))


def _run(outdated: Sequence[tuple[_Desk, Chapter]], say: Callable[[str], None]) -> dict[Path, str]:
    """Run the chapters and note each beside its notebook; give what failed, by its output."""
    from analysis.briefs import chapters  # noqa: PLC0415 - not needed when nothing has changed

    at = {desk.executed(chapter): (desk, chapter) for desk, chapter in outdated}
    jobs = [
        chapters.Job(chapter.name, chapter.notebook, path, chapter.told, desk.around.root)
        for path, (desk, chapter) in at.items()
    ]
    failures: dict[Path, str] = {}
    with _progress(len(jobs), say) as tell:
        for outcome in chapters.run_chapters(jobs):
            path = outcome.job.output
            if outcome.failure:
                failures[path] = outcome.failure
            else:
                _note(*at[path], outcome.seconds)
            brief = at[path][0].edition.name
            ended = "FAILED" if outcome.failure else "done"
            tell(f"{brief}: {outcome.job.name} {ended} in {outcome.seconds:.1f} s")
    return failures


def _note(desk: _Desk, chapter: Chapter, seconds: float) -> None:
    executed = desk.executed(chapter)
    noted = {
        "name": chapter.name,
        "notebook": {
            "path": f"notebooks/{chapter.notebook.name}",
            "sha256": record.file_hash(chapter.notebook),
        },
        "parameters": dict(chapter.effective),
        "seed": chapter.effective.get("seed"),
        "fingerprint": desk.around.chapter_fingerprint(chapter),
        "sha256": record.file_hash(executed),
        "seconds": round(seconds, 1),
    }
    _write_json(executed.with_suffix(".json"), noted)


def _press(
    desk: _Desk, ran: Sequence[Chapter], failures: dict[Path, str], say: Callable[[str], None]
) -> Report:
    """Set the languages that have changed, unless a chapter of the brief failed."""
    name = desk.edition.name
    paths = [desk.executed(chapter) for chapter in desk.edition.chapters]
    failed = [failures[path] for path in paths if path in failures]
    pressed: list[str] = []
    if not failed:
        try:
            pressed = _press_outdated(desk, say)
        except ValueError as refusal:
            failed = [f"{name}: {refusal}"]
    if failed and any(desk.pdf(language).exists() for language in desk.edition.spec.languages):
        say(f"{name}: the PDF in {_shown(desk)} is of an earlier run")
    if not (ran or pressed or failed):
        say(f"{name}: nothing has changed since the last run; see {_shown(desk)}")
    return Report(name, [chapter.name for chapter in ran], pressed, failed)


def _press_outdated(desk: _Desk, say: Callable[[str], None]) -> list[str]:
    started = time.monotonic()
    noted = dict(record.read_record(desk.folder / "run.json").get("outputs", {}))
    executed = [record.file_hash(desk.executed(chapter)) for chapter in desk.edition.chapters]
    outdated = {}
    for language in desk.edition.spec.languages:
        wanted = desk.around.press_fingerprint(desk.edition, language, executed)
        last = noted.get(language, {})
        current = record.stands(desk.pdf(language), last.get("sha256"))
        if not current or last.get("fingerprint") != wanted:
            outdated[language] = wanted
    for language, wanted in outdated.items():
        noted[language] = _set_one(desk, language) | {"fingerprint": wanted}
        say(f"{desk.edition.name}: {_shown(desk)}/{desk.pdf(language).name}")
    if outdated:
        _write_record(desk, noted, time.monotonic() - started)
    return list(outdated)


def _set_one(desk: _Desk, language: str) -> dict[str, str]:
    """Set the PDF of one language."""
    edition = desk.edition
    parts = [
        press.chapter(_read_json(desk.executed(chapter)), language, name=chapter.name)
        for chapter in edition.chapters
    ]
    brief = press.document(
        parts,
        language=language,
        title=edition.text(edition.spec.title, language),
        subtitle=edition.text(edition.spec.subtitle, language),
        author=edition.text(edition.spec.author, language),
        date=edition.spec.date,
        made=record.made(edition, desk.around),
    )
    path = desk.pdf(language)
    press.write_whole(path, press.typeset(brief))
    return {"file": path.name, "sha256": record.file_hash(path)}


def _write_record(desk: _Desk, outputs: dict[str, object], seconds: float) -> None:
    """Write the run record last: it stands only beside PDFs that are whole."""
    around = desk.around
    noted = {
        "brief": desk.edition.name,
        "date": desk.edition.spec.date.isoformat(),
        "outputs": outputs,
        "chapters": [
            _read_json(desk.executed(chapter).with_suffix(".json"))
            for chapter in desk.edition.chapters
        ],
        "inputs": around.inputs,
        "code": {"sha256": around.code, "commit": record.commit(around.root)},
        "template": around.template,
        "fonts": around.fonts,
        "packages": around.packages,
        "pressed_in_seconds": round(seconds, 2),
        "written": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    _write_json(desk.folder / "run.json", noted)


def _read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _write_json(path: Path, content: object) -> None:
    press.write_whole(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def _shown(desk: _Desk) -> str:
    return desk.folder.relative_to(desk.around.root).as_posix()


@contextmanager
def _progress(total: int, say: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Show a bar on a terminal, and a plain line for each step elsewhere."""
    if not sys.stderr.isatty():
        yield say
        return
    from tqdm import tqdm  # noqa: PLC0415 - only where there is a terminal

    with tqdm(total=total, unit="chapter", leave=False) as bar:

        def tell(line: str) -> None:
            bar.set_description_str(line.split(" in ", maxsplit=1)[0])
            bar.update()

        yield tell
