"""The command line: `python -m analysis brief`, `refresh`, `check FOLDER`, `visits PLACE`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

DONE, SOME_FAILED, WRONG_SPEC = 0, 1, 2
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
        0 if all went well, 1 if something failed, 2 if the request or `briefs.yml` is wrong.

    Examples
    --------
    >>> main(["brief", "--language", "tlh"])
    2
    """
    asked = _parser().parse_args(arguments)
    return asked.do(asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Make the briefs, renew the notebooks, check ledgers, or list visits.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    brief = commands.add_parser(
        "brief",
        help="make briefs as PDF",
        description=(
            "Run the notebooks of each brief that have changed, and set one PDF for each language "
            "into reports/generated. Exit code: 0 all made, 1 some failed, 2 briefs.yml is wrong."
        ),
    )
    brief.add_argument("names", nargs="*", metavar="NAME", help="briefs to make (default: all)")
    brief.add_argument(
        "--language", action="append", default=[], help="zh or en (default: what the brief says)"
    )
    brief.add_argument("--list", action="store_true", help="list the briefs, and make none")
    brief.set_defaults(do=_brief)
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
            "reports/generated/check. Exit code: 0 nothing refused, 1 refusals, 2 no such folder."
        ),
    )
    check.add_argument("folder", metavar="FOLDER", help="folder of the office's ledgers")
    check.set_defaults(do=_check)
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


def _brief(asked: argparse.Namespace) -> int:
    from analysis import briefs  # noqa: PLC0415 - the help needs none of it

    try:
        if asked.list:
            return _list(briefs)
        reports = briefs.make_briefs(asked.names, languages=asked.language)
    except briefs.SpecError as refusal:
        return _complain(str(refusal).splitlines(), WRONG_SPEC)
    except ValueError as refusal:
        return _complain([str(refusal)], SOME_FAILED)
    failures = [failure for report in reports for failure in report.failures]
    return _complain(failures, SOME_FAILED) if failures else DONE


def _list(briefs) -> int:
    for edition in briefs.read_editions(briefs.ROOT / "reports" / "briefs.yml", briefs.ROOT):
        spoken = ", ".join(edition.spec.languages)
        chapters = ", ".join(chapter.name for chapter in edition.chapters)
        print(f"{edition.name} ({spoken}; {edition.spec.date}): {chapters}")
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
    except FileNotFoundError as refusal:
        return _complain([str(refusal)], WRONG_SPEC)
    name = f"{Path(asked.folder).resolve().name}.xlsx"
    path = str(tables.write_findings(reading.findings, CHECKED / name))
    for language in words.LANGUAGES:
        print(tables.summary_line(reading.findings, language))
        print(words.say("check.door.written", language, path=path))
    refused = reading.findings["severity"].eq("refusal").any()
    return SOME_FAILED if refused else DONE


def _visits(asked: argparse.Namespace) -> int:
    from analysis import visits, words  # noqa: PLC0415

    try:
        path, number = visits.write_visits(asked.place)
    except (FileNotFoundError, KeyError, ValueError) as refusal:
        return _complain([str(refusal)], WRONG_SPEC)
    for language in words.LANGUAGES:
        said = {"visits": number, "place": asked.place, "path": str(path)}
        print(words.say("returns.visits.written", language, **said))
    return DONE if number else SOME_FAILED


def _complain(sentences: Sequence[str], code: int) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
