"""What a reader of a brief sees of a place, and ways to change a household of its ledgers."""

import json

import pandas as pd
from projects import run_cells

from analysis import exhibits, exits, office

YEAR = 2017


def published(root, patch, held, chapters, **told):
    """Every exhibit of the chapters of a place: its texts, its tables and what its charts draw."""
    shown = []
    with patch.context() as patched:
        patched.setattr(office, "ledgers", lambda *_, **__: held)
        patched.setattr(
            office, "kept", lambda *_, **__: held if held.whose() != "synthetic" else None
        )
        for verb in ("finding", "table", "figure"):
            patched.setattr(exhibits, verb, _noting(getattr(exhibits, verb), shown))
        for chapter in chapters:
            (path,) = (root / "notebooks").glob(f"{chapter}_*.ipynb")
            run_cells(path, horizon=2, draws=200, **told)
    return shown


def _noting(show, shown):
    def noting(key, *given, **values):
        if given and callable(given[0]):
            given = (_undrawn(key, shown), *given[1:])
        exhibit = show(key, *given, **values)
        content = {name: said for name, said in exhibit.content.items() if name != "svg"}
        shown.append((exhibit.content["key"], json.dumps(content, ensure_ascii=False, default=str)))
        return exhibit

    return noting


def _undrawn(key, shown):
    def draw(_, *data, **__):
        told = [one.to_csv() if hasattr(one, "to_csv") else repr(one) for one in data]
        shown.append((f"{key} drawn", "\n".join(told)))

    return draw


def differences(one, other):
    """The exhibits that are not the same to the last byte, and what each said."""
    assert [key for key, _ in one] == [key for key, _ in other]
    pairs = zip(one, other, strict=True)
    return [(key, *_apart(before, after)) for (key, before), (_, after) in pairs if before != after]


def _apart(before, after):
    """Both texts from a little before the place where they part."""
    same = next(at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    return tuple(text[max(0, same - 60) : same + 60] for text in (before, after))


def few_poor(ledgers, households):
    """The ledgers after all poor households but so many exit in the last year; these are alike in
    size, and of villages where somebody died."""
    homes, flows = ledgers["households"], ledgers["flows"]
    poor = homes["year"].eq(YEAR) & homes["status"].isin(exits.POOR)
    died = flows.loc[flows["year"].eq(YEAR) & flows["died"].gt(0), "village"]
    alike = poor & homes["status"].eq("poor") & homes["size"].eq(4)
    stay = homes.index[alike & homes["village"].isin(died)][:households]
    gone = poor & ~homes.index.isin(stay)
    homes = homes.assign(status=homes["status"].mask(gone, "exited"))
    persons = homes[gone].groupby("village")["size"].sum()
    flows = with_flows(flows, exited=persons, closing=-persons)
    return dict(ledgers) | {"households": homes, "flows": flows}


def with_flows(flows, **added):
    """The ledger of flows with so many persons more, by village, in the last year."""
    last = flows["year"] == YEAR
    more = {
        name: flows[name] + flows["village"].map(persons).where(last).fillna(0).astype(int)
        for name, persons in added.items()
    }
    return flows.assign(**more)


def one_member_more(ledgers):
    """A poor household with a member more, who is then not among those who died."""
    homes = ledgers["households"]
    at = homes.index[homes["year"].eq(YEAR) & homes["status"].eq("poor")][0]
    one = pd.Series({homes.loc[at, "village"]: 1})
    sizes = homes["size"].where(homes.index != at, homes["size"] + 1)
    flows = with_flows(ledgers["flows"], died=-one, closing=one)
    return ledgers | {"households": homes.assign(size=sizes), "flows": flows}


def with_reports(ledgers, done):
    """The ledgers with what each task had done by the end of the first and the second month."""
    reports = ledgers["task_progress"].copy()
    for task, counts in done.items():
        own = reports.index[reports["task"].eq(task) & reports["month"].le("2018-02")]
        reports.loc[own, "done"] = [float(count) for count in counts]
    return dict(ledgers) | {"task_progress": reports}


def nearly_all_unsafe(ledgers, township, safe):
    """The ledgers with all homes of the poor of a township unsafe but so many."""
    homes = ledgers["households"]
    poor = homes["year"].eq(YEAR) & homes["status"].isin(exits.POOR)
    theirs = homes.index[poor & homes["township"].eq(township)]
    return _graded(_graded(ledgers, theirs, "C"), theirs[:safe], "A")


def one_home_swapped(ledgers, there, here):
    """A home of the poor made safe in one township, and one found unsafe in another."""
    homes = ledgers["households"]
    poor = homes["year"].eq(YEAR) & homes["status"].isin(exits.POOR)
    for township, grade, now in ((there, "C", "A"), (here, "A", "C")):
        mine = homes.index[poor & homes["township"].eq(township) & homes["house_grade"].eq(grade)]
        ledgers = _graded(ledgers, mine[-1:], now)
    return ledgers


def _graded(ledgers, rows, grade):
    homes = ledgers["households"]
    graded = homes["house_grade"].mask(homes.index.isin(rows), grade)
    return dict(ledgers) | {"households": homes.assign(house_grade=graded)}


def facts_of_one_changed(ledgers):
    """A poor household whose house, water, schooling and insurance are all found to be lacking."""
    homes = ledgers["households"]
    at = homes.index[homes["year"].eq(YEAR) & homes["status"].isin(exits.POOR)][:1]
    lacking = {"house_grade": "D", "safe_water": False, "school_dropouts": 1}
    changed = homes.copy()
    for name, value in lacking.items() | {"uninsured_members": 1}.items():
        changed.loc[at, name] = value
    return dict(ledgers) | {"households": changed}
