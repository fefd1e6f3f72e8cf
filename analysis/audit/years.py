"""Which year is meant where a document's years were shifted?

Words around a printed year say whether it is over, running or to come. A countdown ("643 days to
the end of 2019") dates the document once the year it counts to is believed. Each candidate for that
year makes some printed years possible and others not; the candidate that lets most of them stand
wins. A printed year is believed unless it cannot be true; one that cannot is confined by its words,
by the other years of its sentence, and by the other places where the same year was printed.
"""

import datetime
import math
import re
from collections.abc import Mapping

import pandas as pd

REACH = 3
OVER = ("last_year", "since", "past")
TOLD = ("none", "one", "two")
YEAR, GAP = "{year}", "…"

Span = tuple[float, float]


def mention_meanings(sentences: pd.DataFrame, markers: pd.DataFrame) -> pd.DataFrame:
    """
    Read from the words around each printed year whether it is over, running or to come.

    A marker that holds ``{year}`` speaks of the year it touches, any other of all years of the
    sentence; the first kind goes first.

    Parameters
    ----------
    sentences : pandas.DataFrame
        One row a printed year: ``mention, sentence, printed_year, occurrence, quote_zh``.
    markers : pandas.DataFrame
        Columns ``marker, meaning``; ``…`` in a marker is a gap.

    Returns
    -------
    pandas.DataFrame
        The mentions with ``marker`` and ``meaning``.

    Raises
    ------
    ValueError
        No marker speaks of a mention, or two disagree.

    Examples
    --------
    >>> sentences = pd.DataFrame({"mention": ["S1", "S2"], "sentence": [1, 2],
    ...     "printed_year": [2018, 2018], "occurrence": [1, 1],
    ...     "quote_zh": ["过去的2018年", "到2018年底必须实现"]})
    >>> markers = pd.DataFrame({"marker": ["过去的{year}年", "必须"],
    ...                         "meaning": ["last_year", "future"]})
    >>> mention_meanings(sentences, markers)["meaning"].tolist()
    ['last_year', 'future']
    """
    found = [_meaning(row, markers) for row in sentences.to_dict("records")]
    columns = ["marker", "meaning"]
    return sentences.assign(**pd.DataFrame(found, columns=columns, index=sentences.index))


def deadline_candidates(mentions: pd.DataFrame, days: int) -> pd.DataFrame:
    """
    Try each year that the countdown could run to, and count the printed years that could stand.

    Parameters
    ----------
    mentions : pandas.DataFrame
        From `mention_meanings`; one of them is the anchor of the countdown.
    days : int
        Days left to the last day of the anchor's year.

    Returns
    -------
    pandas.DataFrame
        ``deadline_year``, ``document_date`` (ISO), ``kept`` and ``mentions``: printed years that
        can be true, and all of them; the best first.

    Raises
    ------
    ValueError
        There is not exactly one year that a countdown runs to.

    Examples
    --------
    >>> mentions = pd.DataFrame({"mention": ["S1", "S2"], "sentence": [1, 2],
    ...     "printed_year": [2019, 2018], "meaning": ["anchor", "this_year"]})
    >>> deadline_candidates(mentions, 643).head(1)
       deadline_year document_date  kept  mentions
    0           2019    2018-03-28     2         2
    """
    anchors = mentions.loc[mentions["meaning"] == "anchor", "printed_year"]
    if len(anchors) != 1:
        raise ValueError(f"a countdown must run to one year; {len(anchors)} are marked as anchor")
    middle = int(anchors.iloc[0])
    rows = [_candidate(mentions, year, days) for year in range(middle - REACH, middle + REACH + 1)]
    columns = ["deadline_year", "document_date", "kept", "mentions"]
    ranked = pd.DataFrame(rows, columns=columns)
    return ranked.sort_values("kept", ascending=False, kind="stable", ignore_index=True)


def resolved_years(mentions: pd.DataFrame, days: int, *, one_meaning: bool = True) -> pd.DataFrame:
    """
    Find the true year of each printed one.

    Parameters
    ----------
    mentions : pandas.DataFrame
        From `mention_meanings`.
    days : int
        Days left to the last day of the anchor's year.
    one_meaning : bool
        Assume that one printed year, wherever it cannot be true and its words say it is over,
        stands for one true year.

    Returns
    -------
    pandas.DataFrame
        The mentions with ``year_low, year_high`` (missing: open to that side), ``year_verdict``
        (as_printed, shifted) and ``why`` (believed, same_printed_year, else its meaning).

    Raises
    ------
    ValueError
        Two candidates for the deadline explain equally much, or the years cannot be reconciled.

    Examples
    --------
    >>> mentions = pd.DataFrame({"mention": ["S1", "S2", "S3"], "sentence": [1, 2, 3],
    ...     "printed_year": [2019, 2018, 2018], "meaning": ["anchor", "this_year", "last_year"]})
    >>> resolved_years(mentions, 643)[["year_high", "why"]].values.tolist()
    [[2019, 'believed'], [2018, 'believed'], [2017, 'last_year']]
    """
    deadline = _best(deadline_candidates(mentions, days))
    alone = _ordered(mentions, _domains(mentions, deadline, days))
    believed = _believed(mentions, alone)
    spans = alone | {name: (year, year) for name, year in believed.items()}
    if one_meaning:
        spans = _reconciled(mentions, spans, believed)
    return _described(mentions, spans, alone, believed)


def year_shifts(years: pd.DataFrame) -> dict[str, object]:
    """
    Sum up, for a sentence, which printed years stand for others.

    Parameters
    ----------
    years : pandas.DataFrame
        From `resolved_years`.

    Returns
    -------
    dict
        ``mentions``, and ``shifted`` of them. ``told``: "none" is shifted; "one" printed year is,
        or "two" are, all over, the first for a single year; otherwise they are "listed". ``first,
        first_true, second, second_true``: the shifted years as printed, and the latest meant.

    Examples
    --------
    >>> years = pd.DataFrame({"printed_year": [2019, 2018], "year_low": [2019, 2017],
    ...     "year_high": [2019, 2017], "year_verdict": ["as_printed", "shifted"],
    ...     "meaning": ["anchor", "last_year"]})
    >>> year_shifts(years)
    {'mentions': 2, 'shifted': 1, 'told': 'one', 'first': 2018, 'first_true': 2017}
    """
    shifted = years[years["year_verdict"] == "shifted"]
    latest = shifted.groupby("printed_year")["year_high"].max()
    return {
        "mentions": len(years),
        "shifted": len(shifted),
        "told": _told(shifted),
        **dict(zip(("first", "second"), latest.index, strict=False)),
        **dict(zip(("first_true", "second_true"), latest, strict=False)),
    }


def document_date(candidates: pd.DataFrame) -> str:
    """
    Give the date of the document under the best candidate.

    Parameters
    ----------
    candidates : pandas.DataFrame
        From `deadline_candidates`.

    Returns
    -------
    str
        ISO date.

    Raises
    ------
    ValueError
        Two candidates explain equally much.

    Examples
    --------
    >>> document_date(pd.DataFrame({"deadline_year": [2019], "document_date": ["2018-03-28"],
    ...                             "kept": [16]}))
    '2018-03-28'
    """
    best = _best(candidates)
    return candidates.set_index("deadline_year").loc[best, "document_date"]


def year_fraction(date: str) -> float:
    """
    Place a date on an axis where a whole year's mark stands in the middle of that year.

    Parameters
    ----------
    date : str
        ISO date.

    Returns
    -------
    float
        The year, half a year less at its start and half a year more at its end.

    Examples
    --------
    >>> round(year_fraction("2018-03-28"), 2)
    2017.74
    """
    day = datetime.date.fromisoformat(date)
    start, end = datetime.date(day.year, 1, 1), datetime.date(day.year + 1, 1, 1)
    return day.year + (day - start) / (end - start) - 0.5


def fact_years(facts: pd.DataFrame, years: pd.DataFrame) -> pd.DataFrame:
    """
    Give each figure the year of the mention that dates it.

    Parameters
    ----------
    facts : pandas.DataFrame
        Columns ``fact, mention``.
    years : pandas.DataFrame
        From `resolved_years`.

    Returns
    -------
    pandas.DataFrame
        The facts that a printed year dates, with ``printed_year, year_low, year_high,
        year_verdict``.

    Raises
    ------
    ValueError
        A fact names a mention that is not there.

    Examples
    --------
    >>> years = pd.DataFrame({"mention": ["S1"], "printed_year": [2018], "year_low": [2017],
    ...                       "year_high": [2017], "year_verdict": ["shifted"]})
    >>> facts = pd.DataFrame({"fact": ["F001", "F004"], "mention": ["S1", None]})
    >>> fact_years(facts, years)[["fact", "year_high"]].values.tolist()
    [['F001', 2017]]
    """
    dated = facts[facts["mention"].notna()]
    unknown = sorted(set(dated["mention"]) - set(years["mention"]))
    if unknown:
        raise ValueError(f"facts.csv names the mentions {unknown}, which sentences.csv has not")
    columns = ["mention", "printed_year", "year_low", "year_high", "year_verdict"]
    return dated.merge(years[columns], on="mention")


def _told(shifted: pd.DataFrame) -> str:
    printed = sorted(shifted["printed_year"].unique())
    first = shifted[shifted["printed_year"].isin(printed[:1])]
    single = first["year_low"].eq(first["year_high"]).fillna(value=False).all()
    sayable = single and shifted["meaning"].isin(OVER).all() and len(printed) < len(TOLD)
    return TOLD[len(printed)] if sayable else "listed"


def _meaning(row: Mapping, markers: pd.DataFrame) -> tuple[str, str]:
    touching = markers["marker"].str.contains(YEAR, regex=False)
    for group in (markers[touching], markers[~touching]):
        fitting = [marker for marker in group.to_dict("records") if _speaks(marker["marker"], row)]
        meanings = {marker["meaning"] for marker in fitting}
        if len(meanings) > 1:
            raise ValueError(
                f"{row['mention']}: {row['quote_zh']!r} is read as {', '.join(sorted(meanings))} "
                "at once; make a marker more specific in year_markers.csv"
            )
        if meanings:
            return fitting[0]["marker"], fitting[0]["meaning"]
    raise ValueError(
        f"{row['mention']}: nothing in {row['quote_zh']!r} says when the year is; add a marker"
    )


def _speaks(marker: str, row: Mapping) -> bool:
    quote, printed = row["quote_zh"], str(row["printed_year"])
    if YEAR not in marker:
        return marker in quote
    pattern = re.escape(marker).replace(re.escape(YEAR), f"(?P<year>{printed})")
    places = [match.start("year") for match in re.finditer(pattern.replace(GAP, ".*?"), quote)]
    return _place(quote, printed, int(row["occurrence"])) in places


def _place(quote: str, printed: str, occurrence: int) -> int:
    places = [match.start() for match in re.finditer(f"{printed}年", quote)]
    if occurrence > len(places):
        raise ValueError(f"{quote!r} does not hold {printed}年 {occurrence} times")
    return places[occurrence - 1]


def _candidate(mentions: pd.DataFrame, year: int, days: int) -> tuple[int, str, int, int]:
    spans = _ordered(mentions, _domains(mentions, year, days))
    return year, _written(year, days).isoformat(), len(_believed(mentions, spans)), len(mentions)


def _written(deadline_year: int, days: int) -> datetime.date:
    return datetime.date(deadline_year, 12, 31) - datetime.timedelta(days=int(days))


def _best(candidates: pd.DataFrame) -> int:
    best = candidates[candidates["kept"] == candidates["kept"].max()]
    if len(best) > 1:
        years = ", ".join(map(str, best["deadline_year"]))
        raise ValueError(
            f"the countdown could run to {years} equally well; more sentences are needed"
        )
    return int(best["deadline_year"].iloc[0])


def _domains(mentions: pd.DataFrame, deadline: int, days: int) -> dict[str, Span]:
    now = _written(deadline, days).year
    over = (-math.inf, now - 1)
    by_meaning = {
        "anchor": (deadline, deadline),
        "this_year": (now, now),
        "last_year": (now - 1, now - 1),
        "past": over,
        "since": over,
        "future": (now, math.inf),
    }
    return {
        row.mention: by_meaning[row.meaning]
        for row in mentions[["mention", "meaning"]].itertuples(index=False)
    }


def _ordered(mentions: pd.DataFrame, spans: dict[str, Span]) -> dict[str, Span]:
    """Put the year that something lasts since before the other years of its sentence."""
    bounded = dict(spans)
    for row in mentions[mentions["meaning"] == "since"].itertuples(index=False):
        others = mentions[(mentions["sentence"] == row.sentence) & (mentions["meaning"] != "since")]
        latest = min((spans[name][1] for name in others["mention"]), default=math.inf)
        low, high = spans[row.mention]
        bounded[row.mention] = low, min(high, latest - 1)
    return bounded


def _believed(mentions: pd.DataFrame, spans: dict[str, Span]) -> dict[str, int]:
    printed = mentions.set_index("mention")["printed_year"]
    return {name: int(year) for name, year in printed.items() if _within(year, spans[name])}


def _within(year: int, span: Span) -> bool:
    return span[0] <= year <= span[1]


def _reconciled(
    mentions: pd.DataFrame, spans: dict[str, Span], believed: Mapping[str, int]
) -> dict[str, Span]:
    while (narrowed := _ordered(mentions, _shared(mentions, spans, believed))) != spans:
        spans = narrowed
    return spans


def _shared(
    mentions: pd.DataFrame, spans: dict[str, Span], believed: Mapping[str, int]
) -> dict[str, Span]:
    doubtful = mentions[mentions["meaning"].isin(OVER) & ~mentions["mention"].isin(list(believed))]
    shared = dict(spans)
    for year, group in doubtful.groupby("printed_year")["mention"]:
        lows, highs = zip(*(spans[name] for name in group), strict=True)
        if max(lows) > min(highs):
            raise ValueError(
                f"the printed year {year} cannot stand for one year; see {list(group)}"
            )
        shared |= dict.fromkeys(group, (max(lows), min(highs)))
    return shared


def _described(
    mentions: pd.DataFrame,
    spans: Mapping[str, Span],
    alone: Mapping[str, Span],
    believed: Mapping[str, int],
) -> pd.DataFrame:
    names = mentions["mention"]
    confined = [spans[name] == alone[name] for name in names]
    reasons = mentions["meaning"].where(confined, "same_printed_year")
    kept = names.isin(list(believed))
    return mentions.assign(
        year_low=_years(spans[name][0] for name in names),
        year_high=_years(spans[name][1] for name in names),
        year_verdict=kept.map({True: "as_printed", False: "shifted"}),
        why=reasons.mask(kept, "believed"),
    )


def _years(ends) -> list[int | None]:
    return pd.array([None if math.isinf(end) else int(end) for end in ends], dtype="Int64")
