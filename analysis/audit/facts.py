"""The verdict on each printed figure, from the identities it takes part in."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analysis.audit import expressions
from analysis.audit.identities import CONTRADICTED, HOLDS, UNTESTABLE, identity_verdicts

CORRUPT = "corrupt"
VERDICTS = (HOLDS, CONTRADICTED, CORRUPT, UNTESTABLE)
CONFIRMING = ("equality", "standard", "ledger")
CONVICTING = ("equality", "standard", "ledger", "bound", "wording")
WEAK = ("outside_disagrees", "outside_agrees", "unobserved_flows", "rounding", "missing_term")
BOUNDING = ("bound", "wording")
NOTHING = (99, UNTESTABLE, "alone", None)
REDACTED = "x"
# What is shown of other ledgers, where there is none of them to show.
ELSEWHERE = [
    *("place", "title_zh", "title_en", "kind", "verdict", "reason"),
    *("result", "relative", "allowed_low", "allowed_high"),
]
RANGE = re.compile(r"(\d+)\s*[-–—~～至]\s*(\d+)")

Finding = tuple[str, str]


def fact_verdicts(facts: pd.DataFrame, tested: pd.DataFrame) -> pd.DataFrame:
    """
    Say of each printed figure whether it holds, and which identity decides.

    A figure holds when an identity that can confirm it does; a bound it satisfies is not enough.
    It is contradicted when an identity that judges it cannot be met; where that identity judges
    several figures, at least one of them is wrong. It is corrupt when the print itself is at fault:
    a range that lost its dash, a magnitude out of scale, or a twin of such a figure. Everything
    else cannot be tested, and the reason says why.

    Parameters
    ----------
    facts : pandas.DataFrame
        Columns ``fact, section, indicator_zh, indicator_en, printed, value, status``.
    tested : pandas.DataFrame
        From `identities.identity_verdicts`.

    Returns
    -------
    pandas.DataFrame
        The figures of the document (not those of other documents), with ``verdict``, ``reason``
        and the ``identity`` that decides (missing where none does).

    Raises
    ------
    ValueError
        An identity judges a figure that is not there.

    Examples
    --------
    >>> facts = pd.DataFrame({"fact": ["F085", "F093"], "printed": ["12", "1-2"],
    ...     "value": [12, 1.5], "status": "target"})
    >>> tested = pd.DataFrame({"identity": ["skills"], "expression": ["F085 == F093"],
    ...     "kind": ["equality"], "judges": ["F085"], "names": ["F085;F093"],
    ...     "verdict": ["contradicted"], "reason": ["apart"]})
    >>> fact_verdicts(facts, tested)[["fact", "verdict", "reason"]].values.tolist()
    [['F085', 'corrupt', 'lost_dash'], ['F093', 'cannot_be_tested', 'alone']]
    """
    own = facts[facts["status"] != "outside"]
    judged = _judged(tested)
    unknown = sorted(set(judged) - set(facts["fact"]) - set(facts["fact"] + "_listed"))
    if unknown:
        raise ValueError(f"identities.csv judges {', '.join(unknown)}, which facts.csv has not")
    broken = corrupt_figures(facts, tested)
    rows = [_verdict(fact, judged.get(fact["fact"], []), broken) for fact in own.to_dict("records")]
    columns = ["verdict", "reason", "identity"]
    return own.assign(**pd.DataFrame(rows, columns=columns, index=own.index))


def tested_elsewhere(
    books: Mapping[str, pd.DataFrame], rules: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Test the ledgers of other places by the same code.

    Parameters
    ----------
    books, rules : mapping of str to pandas.DataFrame
        By place: its printed figures, and the identities between them.

    Returns
    -------
    tuple of pandas.DataFrame
        From `identities.identity_verdicts` and from `fact_verdicts`, each with ``place``; no rows
        where no place is given.

    Examples
    --------
    >>> [len(each) for each in tested_elsewhere({}, {})]
    [0, 0]
    """
    tested = {place: identity_verdicts(rules[place], facts) for place, facts in books.items()}
    judged = {place: fact_verdicts(facts, tested[place]) for place, facts in books.items()}
    return _by_place(tested), _by_place(judged)


def _by_place(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame(columns=ELSEWHERE)
    return pd.concat(frames, names=["place"]).reset_index("place")


def ledgers_fared(tested: pd.DataFrame, judged: pd.DataFrame) -> dict[str, object]:
    """
    Count how ledgers fared under the identities, for a sentence.

    Parameters
    ----------
    tested : pandas.DataFrame
        From `tested_elsewhere`.
    judged : pandas.DataFrame
        From `tested_elsewhere`.

    Returns
    -------
    dict
        ``identities`` tested, those ``held``, ``excused`` (a residual that unrecorded births and
        deaths could explain) and ``alarms`` (contradicted); ``silent`` counts the ledgers of which
        no figure is confirmed; ``largest`` residual as a ratio of its line. ``told`` says which
        sentence fits: some or none raise an alarm, and whether any stock has flows to close it by.

    Examples
    --------
    >>> tested = pd.DataFrame({"place": ["a", "a"], "verdict": ["holds", "derived"],
    ...     "kind": "equality", "relative": 0.0, "reason": ["meets", "derived"]})
    >>> judged = pd.DataFrame({"place": ["a"], "verdict": ["cannot_be_tested"]})
    >>> fared = ledgers_fared(tested, judged)
    >>> fared["held"], fared["silent"], fared["told"]
    (1, 1, 'none_stockless')
    """
    stocks = tested.loc[tested["kind"] == "ledger", "relative"].astype(float)
    tests = tested[tested["verdict"] != "derived"]
    confirmed = (judged["verdict"] == HOLDS).groupby(judged["place"]).any()
    alarms = int((tests["verdict"] == CONTRADICTED).sum())
    return {
        "identities": len(tests),
        "held": int((tests["verdict"] == HOLDS).sum()),
        "excused": int((tests["reason"] == "unobserved_flows").sum()),
        "alarms": alarms,
        "silent": int((~confirmed).sum()),
        "largest": stocks.abs().max(),
        "told": ("some" if alarms else "none") + ("_stockless" if stocks.empty else ""),
    }


def corrupt_figures(facts: pd.DataFrame, tested: pd.DataFrame) -> dict[str, Finding]:
    """
    Find figures whose print is at fault.

    A figure lost its dash when it contradicts a range printed elsewhere for the same thing, and its
    digits are the two ends of that range. A figure is out of scale when an identity of the kind
    ``magnitude`` says so. A figure that is printed with the same digits as a corrupt one, and is
    tied to it by an identity, shares its fault.

    Parameters
    ----------
    facts, tested : pandas.DataFrame
        As for `fact_verdicts`.

    Returns
    -------
    dict of str to (str, str)
        Reason (lost_dash, magnitude, same_digits) and identity of each corrupt figure.

    Examples
    --------
    >>> facts = pd.DataFrame({"fact": ["F085", "F093"], "printed": ["12", "1-2"]})
    >>> tested = pd.DataFrame({"identity": ["skills"], "expression": ["F085 == F093"],
    ...     "kind": ["equality"], "judges": ["F085"], "names": ["F085;F093"],
    ...     "verdict": ["contradicted"]})
    >>> corrupt_figures(facts, tested)
    {'F085': ('lost_dash', 'skills')}
    """
    printed = dict(zip(facts["fact"], facts["printed"], strict=True))
    found = dict(_lost_dashes(printed, tested)) | dict(_out_of_scale(tested))
    twins = list(_twins(printed, tested))
    while new := {
        twin: ("same_digits", identity)
        for one, twin, identity in twins
        if one in found and twin not in found
    }:
        found |= new
    return found


def verdict_counts(verdicts: pd.DataFrame, by: str = "section") -> pd.DataFrame:
    """
    Count the verdicts in each section of the document, or in each of several documents.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        From `fact_verdicts`.
    by : str
        Column to count by.

    Returns
    -------
    pandas.DataFrame
        One row a section in the order of the document, one column a verdict, and ``figures``, their
        sum.

    Examples
    --------
    >>> verdicts = pd.DataFrame({"section": ["a", "a", "b"],
    ...                          "verdict": ["holds", "corrupt", "holds"]})
    >>> verdict_counts(verdicts)[["section", "holds", "corrupt", "figures"]].values.tolist()
    [['a', 1, 1, 2], ['b', 1, 0, 1]]
    """
    order = verdicts[by].unique()
    counts = pd.crosstab(verdicts[by], verdicts["verdict"]).reindex(order)
    counts = counts.reindex(columns=list(VERDICTS), fill_value=0)
    return counts.assign(figures=counts.sum(axis=1)).rename_axis(columns=None).reset_index()


def _judged(tested: pd.DataFrame) -> dict[str, list[dict]]:
    """Give each figure the identities that judge it: those that say so, else all that name it."""
    judged: dict[str, list[dict]] = {}
    whom = tested["judges"].fillna(tested["names"])
    for names, row in zip(whom, tested.to_dict("records"), strict=True):
        for name in names.split(";"):
            judged.setdefault(name, []).append(row)
    return judged


def _verdict(
    fact: Mapping, judged: Sequence[Mapping], broken: Mapping[str, Finding]
) -> tuple[str, str, str | None]:
    if fact["fact"] in broken:
        return CORRUPT, *broken[fact["fact"]]
    if fact["printed"] == REDACTED:
        return UNTESTABLE, "redacted", None
    outcomes = [(*_outcome(row), row["identity"]) for row in judged]
    _, verdict, reason, identity = min(outcomes, default=NOTHING, key=lambda outcome: outcome[0])
    return verdict, reason, None if reason == "alone" else identity


def _outcome(row: Mapping) -> tuple[int, str, str]:
    """Say what one identity proves of a figure, and how much that weighs: the least number wins."""
    kind, verdict, reason = row["kind"], row["verdict"], row["reason"]
    if verdict == CONTRADICTED and kind in CONVICTING:
        return 0, CONTRADICTED, "standard_missed" if kind == "standard" else reason
    if verdict == HOLDS and kind in CONFIRMING:
        return 1, HOLDS, "confirmed"
    if reason in WEAK:
        return 2 + WEAK.index(reason), UNTESTABLE, reason
    if kind in BOUNDING:
        return 2 + len(WEAK), UNTESTABLE, "only_bounds"
    return NOTHING[:3]


def _lost_dashes(printed: Mapping[str, str], tested: pd.DataFrame) -> Iterator[tuple[str, Finding]]:
    contradicted = tested[tested["verdict"] == CONTRADICTED]
    for one, other, identity in _pairs(contradicted):
        ends = RANGE.fullmatch(printed.get(other, ""))
        if ends and printed.get(one) == "".join(ends.groups()):
            yield one, ("lost_dash", identity)


def _out_of_scale(tested: pd.DataFrame) -> Iterator[tuple[str, Finding]]:
    flagged = tested[(tested["kind"] == "magnitude") & (tested["verdict"] == CONTRADICTED)]
    for name, rows in _judged(flagged).items():
        yield name, ("magnitude", rows[0]["identity"])


def _twins(printed: Mapping[str, str], tested: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for one, other, identity in _pairs(tested[tested["verdict"] == HOLDS]):
        if printed.get(one) is not None and printed.get(one) == printed.get(other):
            yield one, other, identity


def _pairs(tested: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Give both directions of every identity that sets one figure equal to another."""
    for row in tested.to_dict("records"):
        match expressions.parse(row["expression"]):
            case ast.Compare(
                left=ast.Name(id=one), ops=[ast.Eq()], comparators=[ast.Name(id=other)]
            ):
                yield one, other, row["identity"]
                yield other, one, row["identity"]
