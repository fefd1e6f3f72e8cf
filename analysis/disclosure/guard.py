"""The guard of the exhibits: what is made from a register is safe to show, whoever forgot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, combinations

import numpy as np
import pandas as pd

from analysis import marks, tables, words
from analysis.disclosure.limits import counts_of, limits, said_to_count
from analysis.disclosure.protect import (
    WITHHELD,
    Built,
    hidden_cells,
    is_small,
    nearest,
    rounded,
    withheld,
)
from analysis.disclosure.relations import groups

# Sources of rows about households; a made-up report is public as a real one is.
REGISTERS = frozenset(["office_ledgers", "synthetic_city", "synthetic_county"])
SHARES = ("percent", "chance", "number_points", "points")
LABELS = ("year", "date", "month", "text", "term", "word", "list")
# Decimals that a share was rounded to, if it ends there; one that goes on was not rounded.
ROUNDED_TO = range(2, 7)
EXACT = 1e-6
# More columns of labels than this are not searched for totals: the row is what is hidden then.
MOST_LABELS = 4
_state = {"opened": False}


def open_register() -> None:
    """
    Note that this process has read a register: from now on its exhibits are guarded.

    Examples
    --------
    >>> open_register()
    >>> is_open()
    True
    >>> close_register()
    """
    _state["opened"] = True


def close_register() -> None:
    """
    Forget that this process has read a register; for tests, which share one process.

    Examples
    --------
    >>> close_register()
    >>> is_open()
    False
    """
    _state["opened"] = False


def is_open() -> bool:
    """
    Tell whether this process has read a register.

    Returns
    -------
    bool
        True after `open_register`.

    Examples
    --------
    >>> is_open()
    False
    """
    return _state["opened"]


def is_guarded(
    status: str | None,
    sources: Sequence[Mapping[str, str]],
    public: bool,
    frames: Sequence[pd.DataFrame],
) -> bool:
    """
    Tell whether an exhibit is taken as made from a register.

    Parameters
    ----------
    status : str or None
        Status of the exhibit; None where each row says its own.
    sources : sequence of mapping
        Its sources.
    public : bool
        Whether the author says that it shows printed figures alone.
    frames : sequence of DataFrame
        What it shows.

    Returns
    -------
    bool
        True when status, sources, rows or the register read before say so, unless it is public.

    Raises
    ------
    ValueError
        It is said to be public, and its status, sources or rows are a register's.

    Examples
    --------
    >>> is_guarded("synthetic", [], False, []), is_guarded("observed", [], False, [])
    (True, False)
    """
    named = {source["id"] for source in sources} & REGISTERS
    made = status == marks.STATUS or named or marks.is_synthetic(*frames)
    if public and made:
        raise ValueError(
            "an exhibit said to be public shows rows of a register; leave out public=True"
        )
    return made or (is_open() and not public)


def guarded_frames(key: str, frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """
    Hide in the tables of one exhibit what is too small to publish, and what gives it away.

    What is left to see is rounded, if the office asks for it.

    Nothing is known here of what adds up to what, so every column is taken to add up to a total
    that stands elsewhere, rows that are the sum of others are found by their numbers, and all
    numbers of a row are hidden together. `protect` hides less, told how the table is built.

    Parameters
    ----------
    key : str
        Key of the exhibit.
    frames : sequence of DataFrame
        The table shown, or the table under a chart and what is drawn.

    Returns
    -------
    list of DataFrame
        The same tables; hidden numbers are missing and named in the column ``withheld``.

    Raises
    ------
    ValueError
        A table names single persons or households, or a chart draws what its table hides.

    Examples
    --------
    >>> shown = pd.DataFrame({"area": ["a", "b", "c"], "headcount": [3, 20, 900]})
    >>> guarded_frames("any", [shown])[0]["headcount"].tolist()
    [nan, nan, 900.0]
    """
    for frame in frames:
        _refuse_persons(key, frame)
    rows = [_hidden_rows(key, frame) for frame in frames]
    for at, frame in enumerate(frames):
        same = [two for two, other in enumerate(frames) if other.index.equals(frame.index)]
        rows[at] = np.logical_or.reduce([rows[two] for two in same])
    safe = [_without(key, frame, gone) for frame, gone in zip(frames, rows, strict=True)]
    _refuse_unlike(key, safe)
    return [_rounded_counts(key, frame) for frame in safe]


def guarded_values(
    key: str, texts: Sequence[str], values: Mapping[str, object]
) -> dict[str, object]:
    """
    Hide the numbers of a sentence if one of them is too small to publish.

    Parameters
    ----------
    key : str
        Key of the exhibit.
    texts : sequence of str
        The texts of the catalogue that the values fill.
    values : mapping
        The values.

    Returns
    -------
    dict
        The values; where one is small, every number that may be derived from it is
        `words.WITHHELD`. Counts are rounded, if the office asks for it.

    Examples
    --------
    >>> told = {"poor": 3, "share": 0.1, "year": 2017}
    >>> guarded_values("any", ["{poor:count} {share:percent1} {year:year}"], told)
    {'poor': WITHHELD, 'share': WITHHELD, 'year': 2017}
    """
    forms = dict(pair for text in texts for pair in words.placeholders(text))
    numbers = {
        name: form
        for name, form in forms.items()
        if form not in LABELS and name in values and _counts_people(key, name)
    }
    row = {name: _number(values[name]) for name in numbers}
    if _is_small_row(key, row, numbers):
        return {**values, **dict.fromkeys(numbers, words.WITHHELD)}
    counts = [name for name, form in numbers.items() if form == "count" and _base(key, name) > 1]
    return {**values, **{name: _about(values[name], _base(key, name)) for name in counts}}


def bases_of(key: str, frames: Sequence[pd.DataFrame]) -> dict[str, float]:
    """
    Tell to multiples of what the counts of an exhibit are rounded.

    Parameters
    ----------
    key : str
        Key of the exhibit.
    frames : sequence of DataFrame
        What it shows.

    Returns
    -------
    dict of str to float
        Unit to base, 2 or more; empty where nothing is rounded.

    Examples
    --------
    >>> bases_of("any", [pd.DataFrame({"headcount": [20]})])
    {}
    """
    names = {name for frame in frames for name in _counts(key, frame) if _base(key, name) > 1}
    shown = {said_to_count(key, name) for name in names}
    return {unit: limit.base for unit, limit in limits().items() if unit in shown}


def _base(key: str, name: str) -> float:
    """What only may count people is hidden where it is small; what surely does is rounded."""
    counted = said_to_count(key, name)
    return limits()[counted].base if counted in limits() else 1


def _about(value: object, base: float) -> object:
    """No one is no one, exactly; a number that is not there stays away."""
    count = _number(value)
    return words.About(nearest(count, base)) if count > 0 else value


def _rounded_counts(key: str, frame: pd.DataFrame) -> pd.DataFrame:
    for name in _counts(key, frame):
        if (base := _base(key, name)) > 1:
            frame = rounded(frame, [name], base)
    return frame


def _number(value: object) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan


def _counts_people(key: str, name: str) -> bool:
    return counts_of(key, name) in limits()


def _is_small_row(key: str, row: Mapping[str, float], forms: Mapping[str, str]) -> bool:
    """A count is small, or a share of a count is: a share with its denominator is a count."""
    counts = [name for name, form in forms.items() if form == "count"]
    if any(_is_few(key, name, row[name]) for name in counts):
        return True
    shares = [row[name] for name, form in forms.items() if form.startswith(SHARES)]
    return any(
        _is_few(key, name, implied)
        for name in counts
        for share in shares
        for implied in _implied(row[name], share)
    )


def _is_few(key: str, name: str, value: float) -> bool:
    return bool(is_small(np.array([value]), limits()[counts_of(key, name)].fewest)[0])


def _implied(count: float, share: float) -> Iterator[float]:
    """Give the parts of a count that a share speaks of, if it is a share of that count at all."""
    part = count * share
    slack = EXACT + count * _step(share)
    if 0 < share < 1 and np.isfinite(part) and abs(part - round(part)) <= slack:
        yield from (round(part), count - round(part))


def _step(share: float) -> float:
    """How far a share may stand from what it was before it was rounded."""
    ends = (at for at in ROUNDED_TO if abs(share - round(share, at)) < 1e-12)
    return next((0.5 * 10.0**-at for at in ends), 0.0)


def _refuse_persons(key: str, frame: pd.DataFrame) -> None:
    named = sorted(_personal_codes() & {*frame.columns, *filter(None, frame.index.names)})
    if named:
        raise ValueError(
            f"{key!r} shows single persons or households ({', '.join(named)}); a brief shows "
            "counts, so aggregate or drop the column"
        )


def _personal_codes() -> frozenset[str]:
    rows = tables.dictionary()
    return frozenset(rows.loc[(rows["personal"] == "yes") & (rows["type"] == "code"), "column"])


def _forms(key: str, frame: pd.DataFrame) -> dict[str, str]:
    """Format of each number of a table that may tell of people; a column without title has none."""
    told = {name: _form_of_number(name) for name in frame.select_dtypes("number")}
    return {n: f for n, f in told.items() if f not in LABELS and _counts_people(key, n)}


def _counts(key: str, frame: pd.DataFrame) -> list[str]:
    return [name for name, form in _forms(key, frame).items() if form == "count"]


def _form(name: object) -> str:
    if name in ("year", "batch_year"):
        return "year"
    return words.column_format(name) if words.has(f"column.{name}") else ""


def _form_of_number(name: object) -> str:
    """A number that the dictionary calls so many persons is a count, however it is written."""
    return "count" if _form(name) in ("text", "") and name in _people() else _form(name)


@cache
def _people() -> frozenset[str]:
    rows = tables.dictionary()
    counted = rows["unit"].isin(list(limits())) & rows["table"].isin(tables.LEDGERS)
    return frozenset(rows.loc[counted, "column"])


def _hidden_rows(key: str, frame: pd.DataFrame) -> np.ndarray:
    forms = _forms(key, frame)
    counts = {name: counts_of(key, name) for name, form in forms.items() if form == "count"}
    rows = frame[list(forms)].astype(float).to_dict("records") if counts else []
    small = np.array([_is_small_row(key, row, forms) for row in rows], dtype=bool)
    if not small.any():
        return np.zeros(len(frame), bool)
    if len(frame) == 1:
        return small
    padded, found = _assumed_sums(frame, list(counts))
    extra = len(padded) - len(frame)
    also = np.concatenate([small, np.zeros(extra, bool)])
    hidden = hidden_cells(padded, counts, Built(found, elsewhere=extra), limits(), also)
    return hidden[: len(frame)].any(axis=1) | small


def _assumed_sums(
    frame: pd.DataFrame, counts: Sequence[str]
) -> tuple[pd.DataFrame, list[tuple[int, list[int]]]]:
    """Give the counts, with totals that may stand elsewhere below, and what sums to what."""
    labelled = frame.reset_index() if frame.index.names != [None] else frame.reset_index(drop=True)
    labels = [n for n in labelled if labelled[n].dtype.kind not in "fc" and n not in counts]
    labels = [n for n in labels if n not in (WITHHELD, "verification") and _form(n) in LABELS]
    values, extra, found = labelled[list(counts)].astype(float), [], []
    for at in _label_groups(labelled, labels):
        tops = [_total_among(values[name].to_numpy()[at]) for name in counts]
        if len(set(tops)) == 1 and tops[0] is not None:
            found.append((int(at[tops[0]]), [int(p) for p in np.delete(at, tops[0])]))
        else:
            found.append((len(values) + len(extra), [int(p) for p in at]))
            extra.append(values.iloc[at].sum(min_count=1))
    return pd.concat([values, pd.DataFrame(extra, columns=list(counts))], ignore_index=True), found


def _label_groups(frame: pd.DataFrame, labels: Sequence[str]) -> Iterator[np.ndarray]:
    """Groups of at least two rows alike in some of their labels; each set of rows once."""
    few = labels[:MOST_LABELS]
    sets = chain.from_iterable(combinations(few, n) for n in range(max(len(few), 1)))
    seen = set()
    for names in sets:
        for at in groups(frame, names):
            if len(at) > 1 and at.tobytes() not in seen:
                seen.add(at.tobytes())
                yield at


def _total_among(values: np.ndarray) -> int | None:
    """Find the row that is the sum of the others."""
    top = int(np.argmax(np.nan_to_num(values)))
    rest = np.nansum(np.delete(values, top))
    return top if values[top] > 0 and abs(values[top] - rest) < 1e-9 else None


def _without(key: str, frame: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    if not rows.any():
        return frame
    plain = [n for n in frame.select_dtypes("number") if _form_of_number(n) not in LABELS]
    gone = [name for name in plain if _counts_people(key, name)]
    return withheld(frame, dict.fromkeys(gone, rows))


def _refuse_unlike(key: str, frames: Sequence[pd.DataFrame]) -> None:
    hides = [WITHHELD in frame and frame[WITHHELD].ne("").any() for frame in frames]
    if len(hides) > 1 and hides[0] and not any(hides[1:]):
        raise ValueError(
            f"{key!r} hides small counts in its table and draws them all the same; give both the "
            "same rows, or draw what disclosure.protect gives"
        )
