"""Whose a task is: one office under several names is one office."""

from __future__ import annotations

import re

import pandas as pd

BETWEEN = re.compile("[;；]")
ROLES = {"lead": "lead_department", "helps": "co_departments"}
NOBODY = "all"


def task_offices(tasks: pd.DataFrame, aliases: pd.DataFrame) -> pd.DataFrame:
    """List the offices of each task under one name each.

    Parameters
    ----------
    tasks : DataFrame
        ``task, lead_department, co_departments``; several names with ``;`` between them.
    aliases : DataFrame
        ``alias, department_zh, department_en, kind``: every way an office is written.

    Returns
    -------
    DataFrame
        One row a task, role (``lead``, ``helps``) and office: ``task, role, printed,
        department_zh, department_en, kind, matched``. A name that is no alias stands for itself,
        with ``kind`` missing and ``matched`` false. An office that both leads and helps leads.

    Raises
    ------
    ValueError
        A way of writing stands for two offices.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1"], "lead_department": ["扶贫办"],
    ...                       "co_departments": ["扶贫局;渔业局"]})
    >>> aliases = pd.DataFrame({"alias": ["扶贫办", "扶贫局"], "department_zh": "市扶贫局",
    ...                         "department_en": "poverty office", "kind": "office"})
    >>> task_offices(tasks, aliases)[["department_zh", "role", "matched"]].values.tolist()
    [['市扶贫局', 'lead', True], ['渔业局', 'helps', False]]
    """
    if aliases["alias"].duplicated().any():
        twice = sorted(aliases.loc[aliases["alias"].duplicated(), "alias"])
        raise ValueError(f"departments.csv: {', '.join(twice)} stands for two offices; keep one")
    parts = [_named(tasks, role, column) for role, column in ROLES.items()]
    named = pd.concat(parts, ignore_index=True)
    known = aliases.set_index("alias")[["department_zh", "department_en", "kind"]]
    found = named.join(known, on="printed")
    found["matched"] = found["department_zh"].notna()
    for column in ("department_zh", "department_en"):
        found[column] = found[column].fillna(found["printed"])
    return found.drop_duplicates(["task", "department_zh"], ignore_index=True)


def _named(tasks: pd.DataFrame, role: str, column: str) -> pd.DataFrame:
    split = tasks[column].fillna("").astype(str).map(BETWEEN.split)
    long = pd.DataFrame({"task": tasks["task"], "role": role, "printed": split}).explode("printed")
    long["printed"] = long["printed"].str.strip()
    return long[long["printed"] != ""]


def office_names(names: pd.Series, aliases: pd.DataFrame) -> pd.Series:
    """Put one name for each office in place of the ways it is written.

    Parameters
    ----------
    names : Series
        Names as written; may be missing.
    aliases : DataFrame
        ``alias, department_zh``.

    Returns
    -------
    Series
        One name an office; a name that is no alias stands for itself.

    Examples
    --------
    >>> aliases = pd.DataFrame({"alias": ["扶贫办"], "department_zh": ["市扶贫局"]})
    >>> office_names(pd.Series(["扶贫办", "渔业局"]), aliases).tolist()
    ['市扶贫局', '渔业局']
    """
    return names.map(aliases.set_index("alias")["department_zh"]).fillna(names)


def leads(offices: pd.DataFrame) -> pd.DataFrame:
    """Keep the offices that lead; a name that means everybody leads nothing.

    Parameters
    ----------
    offices : DataFrame
        From `task_offices`.

    Returns
    -------
    DataFrame
        Rows of the role ``lead`` whose ``kind`` is not ``all``.

    Examples
    --------
    >>> offices = pd.DataFrame({"task": ["T1", "T2"], "role": "lead", "kind": ["all", "office"]})
    >>> leads(offices)["task"].tolist()
    ['T2']
    """
    return offices[offices["role"].eq("lead") & offices["kind"].ne(NOBODY)]


def department_table(tasks: pd.DataFrame, offices: pd.DataFrame) -> pd.DataFrame:
    """Count the tasks of each office.

    Parameters
    ----------
    tasks : DataFrame
        ``task, target, deadline``.
    offices : DataFrame
        From `task_offices`.

    Returns
    -------
    DataFrame
        One row an office, most led tasks first: ``department_zh, department_en, names`` (ways it
        is written in the tasks), ``led, helped, with_deadline, with_number`` (of the led),
        ``first_deadline`` (of the led; missing where none has a day).

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1"], "target": [None], "deadline": ["2018-06-30"]})
    >>> offices = pd.DataFrame({"task": ["T1"], "role": ["lead"], "printed": ["扶贫办"],
    ...     "department_zh": ["市扶贫局"], "department_en": ["poverty office"]})
    >>> department_table(tasks, offices)[["led", "helped", "with_number"]].values.tolist()
    [[1, 0, 0]]
    """
    rows = offices.merge(tasks[["task", "target", "deadline"]], on="task")
    led = rows["role"] == "lead"
    counted = rows.assign(
        led=led,
        helped=~led,
        with_deadline=led & rows["deadline"].notna(),
        with_number=led & rows["target"].notna(),
        first_deadline=rows["deadline"].where(led),
    )
    found = counted.groupby(["department_zh", "department_en"], sort=False).agg(
        names=("printed", "nunique"),
        **{name: (name, "sum") for name in ("led", "helped", "with_deadline", "with_number")},
        first_deadline=("first_deadline", _earliest),
    )
    return found.reset_index().sort_values(["led", "helped"], ascending=False, kind="stable",
                                           ignore_index=True)  # fmt: skip


def _earliest(days: pd.Series) -> str | None:
    return min(days.dropna(), default=None)


def open_points(tasks: pd.DataFrame, offices: pd.DataFrame) -> pd.DataFrame:
    """List what a task does not say: who leads, by when, how much.

    Parameters
    ----------
    tasks : DataFrame
        ``task, task_zh, task_en, target, target_printed, deadline``.
    offices : DataFrame
        From `task_offices`.

    Returns
    -------
    DataFrame
        One row a task that lacks something, with yes-or-no columns ``no_lead`` (no office, or a
        name that means everybody), ``no_deadline, no_number``, and ``lacks``: how many of them.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1"], "task_zh": ["甲"], "task_en": ["a"],
    ...     "target": [3.0], "target_printed": ["3"], "deadline": [None]})
    >>> offices = pd.DataFrame({"task": ["T1"], "role": ["lead"], "kind": ["office"]})
    >>> open_points(tasks, offices)[["no_lead", "no_deadline", "no_number"]].values.tolist()
    [[False, True, False]]
    """
    found = tasks[["task", "task_zh", "task_en"]].assign(
        no_lead=~tasks["task"].isin(leads(offices)["task"]),
        no_deadline=tasks["deadline"].isna(),
        no_number=tasks["target"].isna(),
    )
    found["lacks"] = found[["no_lead", "no_deadline", "no_number"]].sum(axis=1)
    lacking = found[found["lacks"] > 0]
    return lacking.sort_values("lacks", ascending=False, kind="stable", ignore_index=True)


def points_listed(lacking: pd.DataFrame) -> pd.DataFrame:
    """List, for each thing a task can leave open, the tasks that do.

    Parameters
    ----------
    lacking : DataFrame
        From `open_points`.

    Returns
    -------
    DataFrame
        ``open_point`` (no_lead, no_deadline, no_number), ``tasks`` (how many), ``which_zh,
        which_en`` (their names; missing where there is none).

    Examples
    --------
    >>> lacking = pd.DataFrame({"task_zh": ["甲"], "task_en": ["a"], "no_lead": [False],
    ...                         "no_deadline": [True], "no_number": [True]})
    >>> points_listed(lacking)["tasks"].tolist()
    [0, 1, 1]
    """
    rows = []
    for point in ("no_lead", "no_deadline", "no_number"):
        own = lacking[lacking[point]]
        named = ("、".join(own["task_zh"]) or None, "; ".join(own["task_en"]) or None)
        rows.append((point, len(own), *named))
    return pd.DataFrame(rows, columns=["open_point", "tasks", "which_zh", "which_en"])


def office_summary(tasks: pd.DataFrame, offices: pd.DataFrame) -> dict[str, object]:
    """Sum up whose the tasks are.

    Parameters
    ----------
    tasks : DataFrame
        As for `open_points`.
    offices : DataFrame
        From `task_offices`.

    Returns
    -------
    dict
        ``tasks, leading`` (offices that lead), ``no_lead, no_deadline, no_number`` (tasks),
        ``unmatched`` (names that are no alias), and of the office written in most ways
        ``department_zh, department_en, names, led, helped``.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1"], "task_zh": ["甲"], "task_en": ["a"],
    ...     "target": [3.0], "target_printed": ["3"], "deadline": [None],
    ...     "lead_department": ["扶贫办"], "co_departments": [None]})
    >>> aliases = pd.DataFrame({"alias": ["扶贫办"], "department_zh": ["市扶贫局"],
    ...                         "department_en": ["poverty office"], "kind": ["office"]})
    >>> office_summary(tasks, task_offices(tasks, aliases))["no_deadline"]
    1
    """
    lacking = open_points(tasks, offices)
    written = department_table(tasks, offices).sort_values("names", kind="stable").iloc[-1]
    lacks = {name: int(lacking[name].sum()) for name in ("no_lead", "no_deadline", "no_number")}
    most = written[["department_zh", "department_en", "names", "led", "helped"]].to_dict()
    return {
        "tasks": len(tasks),
        "leading": leads(offices)["department_zh"].nunique(),
        "unmatched": int(offices.loc[~offices["matched"], "printed"].nunique()),
        **lacks,
        **most,
    }
