"""The command line: briefs made, verified, compared; ledgers checked, stored, searched, ranked."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from analysis.store_command import add_store

DONE, SOME_FAILED, WRONG_SPEC, INTERRUPTED = 0, 1, 2, 130
STOPPED = "stopped; run it again: what is done is kept"
CHECKED = Path(__file__).resolve().parents[1] / "reports" / "generated" / "check"


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Do what the command line asks.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after `python -m analysis`.

    Returns
    -------
    int
        0 if all went well, 1 if something failed, 2 if the request or `briefs.yml` is wrong, 130
        if it was stopped from the keyboard.

    Examples
    --------
    >>> main(["brief", "--language", "tlh"])
    2
    """
    asked = _parser().parse_args(arguments)
    try:
        return asked.do(asked)
    except KeyboardInterrupt:
        return _complain([STOPPED], INTERRUPTED)
    except OSError as refusal:
        return _complain([_unwritten(refusal)], SOME_FAILED)


def _unwritten(refusal: OSError) -> str:
    """Say what a full disk, a folder that may not be written, or a share that is gone asks for."""
    from analysis.briefs import lines  # noqa: PLC0415

    where = f"{refusal.filename}: " if refusal.filename else ""
    remedy = lines.say("failure.unwritten.remedy")
    return lines.say("failure.mended", line=f"{where}{refusal.strerror or refusal}", remedy=remedy)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Make briefs, renew notebooks, and check, store, search or rank ledgers.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_briefs(commands)
    _add_records(commands)
    refresh = commands.add_parser(
        "refresh",
        help="execute the notebooks in place",
        description=(
            "Write the English prose of the catalogue into the notebooks, execute each in place "
            "with its defaults, and store the outputs."
        ),
    )
    refresh.add_argument("names", nargs="*", metavar="NAME", help="notebooks (default: all)")
    refresh.set_defaults(do=_refresh)
    check = commands.add_parser(
        "check",
        help="read an office's folder and tell what is wrong with it",
        description=(
            "Read every CSV, XLSX and XLS file of a folder, hold them against the dictionary and "
            "against each other, and write all findings as a workbook into "
            "reports/generated/check. Exit code: 0 nothing refused, 1 refusals, 2 no such folder "
            "or no table to hold them against."
        ),
    )
    check.add_argument("folder", metavar="FOLDER", help="folder of the office's ledgers")
    check.set_defaults(do=_check)
    _add_scan(commands)
    add_store(commands)
    visits = commands.add_parser(
        "visits",
        help="write the list of households to visit, for the office alone",
        description=(
            "Rank the households that have left poverty by their chance of falling back, and write "
            "those that can be visited, by household code, into .office/visits, which is never "
            "published. Exit code: 0 written, 1 too few have fallen back to rank anybody, 2 no "
            "such place."
        ),
    )
    visits.add_argument("place", metavar="PLACE", help="folder of the place under data/")
    visits.set_defaults(do=_visits)
    return parser


def _add_briefs(commands) -> None:
    brief = commands.add_parser(
        "brief",
        help="make briefs as PDF",
        description=(
            "Run the notebooks of each brief that have changed, and make what has changed of each "
            "edition into reports/generated. Exit code: 0 all made, 1 some failed, 2 briefs.yml is "
            "wrong."
        ),
    )
    brief.add_argument(
        "names", nargs="*", metavar="NAME", help="briefs, or editions of one (default: all)"
    )
    brief.add_argument(
        "--language", action="append", default=[], help="zh or en (default: what the brief says)"
    )
    brief.add_argument("--list", action="store_true", help="list the editions, and make none")
    brief.add_argument("--workers", type=_count, help="tasks at a time (default: one a core)")
    brief.add_argument(
        "--kernels", action="store_true", help="run each chapter in a kernel of its own (slower)"
    )
    brief.add_argument(
        "--dask", metavar="ADDRESS", help="do the work on a Dask cluster: tcp://host:8786, or local"
    )
    brief.set_defaults(do=_brief)


def _add_records(commands) -> None:
    verify = commands.add_parser(
        "verify",
        help="make a brief again and say whether it is the same",
        description=(
            "Make a brief again in a temporary place and hold it against the one that stands, byte "
            "for byte. Exit code: 0 the same, 1 it differs or cannot be made, 2 wrong request."
        ),
    )
    verify.add_argument("name", metavar="BRIEF")
    verify.set_defaults(do=_verify)
    keep = commands.add_parser(
        "keep",
        help="keep the record of a brief that has been issued, or of all editions of an entry",
        description=(
            "Copy the record and the published numbers of a brief into reports/kept, for a later "
            "edition to revise: `revises: NAME` or `revises: previous` in briefs.yml."
        ),
    )
    keep.add_argument("names", metavar="BRIEF", nargs="+")
    keep.add_argument("--as", dest="kept_as", metavar="NAME", help="name of the record kept")
    keep.set_defaults(do=_keep)
    compare = commands.add_parser(
        "compare",
        help="list the published numbers that changed between two editions, and why",
        description=(
            "OLD and NEW are a kept record, an edition, or the path of either. Prints the revision "
            "note. Exit code: 0 compared, 2 no such record."
        ),
    )
    compare.add_argument("old", metavar="OLD")
    compare.add_argument("new", metavar="NEW")
    compare.add_argument("--language", action="append", help="zh or en (default: both)")
    compare.set_defaults(do=_compare)


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 256")
    return int(text)


def _brief(asked: argparse.Namespace) -> int:
    from analysis import briefs  # noqa: PLC0415 - the help needs none of it

    try:
        if asked.list:
            return _list(briefs, asked)
        reports = briefs.make_briefs(
            asked.names,
            languages=asked.language,
            say=_tell_step,
            workers=asked.workers,
            kernels=asked.kernels,
            cluster=asked.dask,
        )
    except briefs.SpecError as refusal:
        return _complain(str(refusal).splitlines(), WRONG_SPEC)
    except (ValueError, BlockingIOError) as refusal:
        return _complain([str(refusal)], SOME_FAILED)
    failures = [failure for report in reports for failure in report.failures]
    return _complain(failures, SOME_FAILED) if failures else DONE


def _list(briefs, asked: argparse.Namespace) -> int:
    path = briefs.ROOT / "reports" / "briefs.yml"
    told = {"names": asked.names, "languages": asked.language or ()}
    for edition in briefs.read_editions(path, briefs.ROOT, **told):
        spoken = ", ".join(edition.spec.languages)
        chapters = ", ".join(chapter.name for chapter in edition.chapters)
        _tell(f"{edition.name} ({spoken}; {edition.spec.date}): {chapters}")
    return DONE


def _verify(asked: argparse.Namespace) -> int:
    from analysis import briefs  # noqa: PLC0415
    from analysis.briefs import revisions, verify  # noqa: PLC0415

    try:
        same = verify.verify_brief(asked.name, say=_tell)
    except (briefs.SpecError, revisions.NoRecord) as refusal:
        return _complain(str(refusal).splitlines(), WRONG_SPEC)
    except ValueError as refusal:
        return _complain(str(refusal).splitlines(), SOME_FAILED)
    return DONE if same else SOME_FAILED


def _keep(asked: argparse.Namespace) -> int:
    if asked.kept_as and len(asked.names) > 1:
        return _complain(["--as names one record; keep the briefs one by one"], WRONG_SPEC)
    refused = [line for name in asked.names for line in _refused_to_keep(name, asked.kept_as)]
    return _complain(refused, WRONG_SPEC) if refused else DONE


def _refused_to_keep(name: str, kept_as: str | None) -> Iterator[str]:
    """Keep every record that a name stands for, and say which could not be."""
    from analysis.briefs import ROOT, revisions  # noqa: PLC0415

    try:
        names = [name] if kept_as else revisions.issued(name, ROOT)
    except ValueError as refusal:
        yield from str(refusal).splitlines()
        return
    for one in names:
        try:
            _tell(revisions.keep(one, kept_as or one, ROOT))
        except ValueError as refusal:
            yield str(refusal)


def _compare(asked: argparse.Namespace) -> int:
    from analysis import words  # noqa: PLC0415
    from analysis.briefs import ROOT, revisions  # noqa: PLC0415

    try:
        old = revisions.find_record(asked.old, ROOT)
        new = revisions.find_record(asked.new, ROOT, made_first=True)
        changes = revisions.compare(old, new)
        for language in asked.language or words.LANGUAGES:
            _tell("\n".join(revisions.note(changes, language)))
    except ValueError as refusal:
        return _complain([str(refusal)], WRONG_SPEC)
    return DONE


def _refresh(asked: argparse.Namespace) -> int:
    from analysis.briefs import refresh  # noqa: PLC0415

    try:
        refresh.refresh_notebooks(asked.names)
    except ValueError as refusal:
        return _complain([str(refusal)], SOME_FAILED)
    return DONE


def _check(asked: argparse.Namespace) -> int:
    from tqdm import tqdm  # noqa: PLC0415

    from analysis import tables, words  # noqa: PLC0415

    try:
        reading = tables.check_folder(asked.folder, progress=tqdm)
    except (FileNotFoundError, tables.TableError) as refusal:
        return _complain([str(refusal)], WRONG_SPEC)
    name = f"{Path(asked.folder).resolve().name}.xlsx"
    path = str(tables.write_findings(reading.findings, CHECKED / name))
    for language in words.LANGUAGES:
        _tell(tables.summary_line(reading.findings, language))
        _tell(words.say("check.door.written", language, path=path))
    refused = reading.findings["severity"].eq("refusal").any()
    return SOME_FAILED if refused else DONE


def _add_scan(commands) -> None:
    scan = commands.add_parser(
        "scan",
        help="search what is to leave the office for persons",
        description=(
            "Search every file of a folder for identity numbers, telephones and bank cards, and "
            "for names and codes of the ledgers. Exit code: 0 none, 1 found, 2 no such folder."
        ),
    )
    scan.add_argument("folder", metavar="FOLDER", help="folder of what is to leave")
    scan.add_argument("--ledgers", metavar="FOLDER", help="the office's own ledgers")
    scan.set_defaults(do=_scan)


def _scan(asked: argparse.Namespace) -> int:
    from analysis import disclosure  # noqa: PLC0415
    from analysis.briefs import lines  # noqa: PLC0415

    try:
        tokens = disclosure.tokens_of(asked.ledgers) if asked.ledgers else ()
        hits = disclosure.scan(asked.folder, tokens=tokens)
    except FileNotFoundError as refusal:
        return _complain([str(refusal)], WRONG_SPEC)
    found = disclosure.describe_hits(hits, lines.language())
    return _complain(found, SOME_FAILED) if found else DONE


def _visits(asked: argparse.Namespace) -> int:
    from analysis import visits, words  # noqa: PLC0415

    try:
        path, number = visits.write_visits(asked.place)
    except (FileNotFoundError, ValueError) as refusal:
        return _complain([str(refusal)], WRONG_SPEC)
    except KeyError as refusal:  # its own text has quotes around it
        return _complain([str(refusal.args[0])], WRONG_SPEC)
    for language in words.LANGUAGES:
        said = {"visits": number, "place": asked.place, "path": str(path)}
        _tell(words.say("returns.visits.written", language, **said))
    return DONE if number else SOME_FAILED


def _complain(sentences: Sequence[str], code: int) -> int:
    for sentence in sentences:
        _tell(sentence, sys.stderr)
    return code


def _tell_step(line: str) -> None:
    """Tell what a batch has done; a log that cannot be written, on a full disk, ends none."""
    with suppress(OSError):
        _tell(line)


def _tell(line: str, file: TextIO | None = None) -> None:
    """Print a line; who reads no further, such as `head`, ends no work and changes no exit code."""
    file = file or sys.stdout
    try:
        print(line, file=file, flush=True)
    except BrokenPipeError:
        # What is left unsaid would be tried again when Python ends, and be complained of.
        os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())


if __name__ == "__main__":
    sys.exit(main())
