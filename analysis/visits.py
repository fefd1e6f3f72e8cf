"""The door for a list of visits: written for the office, by household code, never for a brief."""

from pathlib import Path

import pandas as pd

from analysis import office, returns, tables, words

ROOT = Path(__file__).resolve().parents[1]
PRIVATE = ROOT / ".office" / "visits"
PUBLISHED = ROOT / "reports"
NATION = "100000"
LINE = "register_exit"


def write_visits(place: str, *, seed: int = 20180328, folder: Path = PRIVATE) -> tuple[Path, int]:
    """
    Write the households to visit in the year to come, by code, into a folder that is not shared.

    Parameters
    ----------
    place : str
        Folder of the place under the data folder.
    seed : int
        Seed of the synthetic city, where the place keeps no ledgers.
    folder : Path
        Where the workbook goes; not under the folder of reports.

    Returns
    -------
    (Path, int)
        The workbook, and the number of households in it; none where too few have fallen back.

    Raises
    ------
    ValueError
        The folder is one that is published, or the place keeps no members.
    KeyError
        The place keeps no ledgers and prints too few margins.

    Examples
    --------
    >>> write_visits("wenshan", folder=PUBLISHED / "generated")
    Traceback (most recent call last):
    ...
    ValueError: a list of households is not written under reports/; choose another folder
    """
    if folder.resolve().is_relative_to(PUBLISHED.resolve()):
        raise ValueError(
            "a list of households is not written under reports/; choose another folder"
        )
    held = office.ledgers(place, seed=seed, inside=True)
    for name in ("households", "members"):
        if name not in held.tables:
            raise ValueError(
                f"the ledgers of '{place}' hold no {name}, which the list of visits needs; "
                f"they hold {', '.join(sorted(held.tables))}"
            )
    visits = _visits(held)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{place}_{'synthetic' if held.synthetic else 'visits'}.xlsx"
    _write(visits, path)
    return path, len(visits)


def _visits(held: office.Office) -> pd.DataFrame:
    settings = tables.read("return_settings").set_index("setting")["value"]
    lines = tables.read("lines").query("line == @LINE")
    rules = returns.monitoring_line(lines, tables.read("monitoring_lines"), [NATION])
    rows = returns.known_rows(held.tables["households"], held.tables["members"], lines, settings)
    hazard = returns.fit_hazard(returns.risk_panel(rows), **returns.thresholds(settings))
    watched = returns.monitored(rows, rules, settings)
    last = watched[watched["year"] == watched["year"].max()]
    at_risk, year = int(last["status"].eq("exited").sum()), last["year"].max()
    known = (held.tables["households"], year, at_risk, settings["visits_share"])
    return returns.visit_list(last, hazard, share=returns.share_at_risk(*known))


def _write(visits: pd.DataFrame, path: Path) -> None:
    import xlsxwriter  # noqa: PLC0415 - the rest of the command line needs none of it

    # Codes stay text, and no cell is a formula whatever a code begins with.
    options = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(words.say("returns.sheet", "zh"))
        for column, name in enumerate(visits.columns):
            titles = [words.say(f"returns.column.{name}", language) for language in words.LANGUAGES]
            sheet.write_string(0, column, " / ".join(titles))
        for row, values in enumerate(visits.itertuples(index=False), start=1):
            for column, (name, value) in enumerate(zip(visits.columns, values, strict=True)):
                sheet.write(row, column, _cell(name, value))


def _cell(name: str, value: object) -> object:
    if name == "chance":
        return round(float(value), 4)
    prefix = {"reason": "feature_", "kind": "kind_"}.get(name)
    if prefix:
        return words.say(f"term.{prefix}{value}", "zh") if value else ""
    if name == "incomplete":
        return words.say(f"term.{str(bool(value)).lower()}", "zh")
    return int(value) if name in {"rank", "year"} else str(value)
