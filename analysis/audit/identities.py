"""Identities between printed figures: do they hold within the rounding of their digits?

Seven kinds compare, and differ in what a comparison may prove.

equality    arithmetic, or one thing printed twice: meets or does not, and so confirms or convicts
bound       a part within its whole, an order of dates: can convict, never confirm
standard    a plan or a claim against a standard: decides what it judges
wording     what the words around a blotted-out figure say of it
parallel    figures printed in one breath: proves nothing, carries a misprint from one to the other
magnitude   a figure against the scale of the place: flags a misprint, proves nothing else
ledger      stocks of two dates and the flows that were written down between them

Births, deaths, moves and corrections between the dates of a ledger were not written down. A ledger
is therefore not contradicted by a residual that they can explain: the identity states how far they
reach (``allowance_low``, ``allowance_high``), the residual is reported, and nothing is forced to
close. Only a residual beyond that contradicts.

Two more kinds, derivation and scenario, give a number and test nothing.
"""

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

import pandas as pd

from analysis.audit import expressions
from analysis.audit.expressions import ExpressionError, Interval

HOLDS, CONTRADICTED, UNTESTABLE, DERIVED = "holds", "contradicted", "cannot_be_tested", "derived"
COMPARING = ("equality", "parallel", "bound", "standard", "magnitude", "ledger", "wording")
GIVING = ("derivation", "scenario")
UNVERIFIED = ("from-memory", "not-found", "assumed")
COUNTED = ("person", "household", "village")
RESULT = ("result", "result_low", "result_high")
RELATIVE = ("relative", "relative_low", "relative_high")
ALLOWED = ("allowed_low", "allowed_high")
SIDES = {"==": "equals", "<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}

Figures = dict[str, Interval]


def figures(facts: pd.DataFrame) -> Figures:
    """
    Give every printed figure as the interval that its last digit leaves open.

    Parameters
    ----------
    facts : pandas.DataFrame
        Columns ``fact, value, resolution, listed_zh``; a missing value is a figure not printed.

    Returns
    -------
    dict of str to (Fraction, Fraction)
        Figures that are printed, and ``FACT_listed``: how many items the document lists for it.

    Raises
    ------
    ExpressionError
        A value or a resolution is not a number.

    Examples
    --------
    >>> facts = pd.DataFrame({"fact": ["F111", "F002"], "value": [3, None], "resolution": [0, None],
    ...                       "listed_zh": ["大龙潭;羊耳底;依格白", None]})
    >>> {name: int(low) for name, (low, high) in figures(facts).items()}
    {'F111': 3, 'F111_listed': 3}
    """
    printed = facts[facts["value"].notna()]
    listed = facts[facts["listed_zh"].notna()]
    resolution = printed["resolution"].fillna(0)
    known = map(expressions.figure, printed["value"], resolution)
    counts = (expressions.figure(len(items.split(";"))) for items in listed["listed_zh"])
    return dict(zip(printed["fact"], known, strict=True)) | dict(
        zip(listed["fact"] + "_listed", counts, strict=True)
    )


def identity_verdicts(identities: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """
    Test every identity with the rounding of the printed digits.

    Parameters
    ----------
    identities : pandas.DataFrame
        Columns ``identity, expression, kind, judges, allowance_low, allowance_high``.
    facts : pandas.DataFrame
        Columns ``fact, value, resolution, listed_zh, status, verification``.

    Returns
    -------
    pandas.DataFrame
        The identities with ``verdict`` (holds, contradicted, cannot_be_tested, derived),
        ``reason``, the figures it ``names`` (``;`` between them), and, in the units of the
        expression, ``result``, ``result_low``, ``result_high``: the residual (left less right) of
        a comparison, the number of a derivation. ``relative``, ``relative_low``, ``relative_high``
        give a residual as a ratio of the right side; ``allowed_low``, ``allowed_high`` how far a
        ledger's may reach.

    Raises
    ------
    ExpressionError
        An expression is refused, a kind is unknown, or a figure is named that nobody printed.

    Examples
    --------
    >>> facts = pd.DataFrame({"fact": ["F046", "F043", "F047"], "value": [1692, 4275, 0.3958],
    ...     "resolution": [0, 0, 0.00005], "listed_zh": None, "status": "observed",
    ...     "verification": "verified-read"})
    >>> share = pd.DataFrame({"identity": ["share"], "expression": ["F046 / F043 == F047"],
    ...     "kind": ["equality"], "judges": None, "allowance_low": None, "allowance_high": None})
    >>> identity_verdicts(share, facts)[["verdict", "reason"]].values.tolist()
    [['holds', 'meets']]
    """
    known = figures(facts)
    doubtful = set(facts.loc[facts["verification"].isin(UNVERIFIED), "fact"])
    absent = set(facts.loc[facts["value"].isna(), "fact"])
    rows = [
        _named(row, lambda row=row: _tested(row, known, absent, doubtful))
        for row in identities.astype(object).where(identities.notna(), None).to_dict("records")
    ]
    return identities.assign(**pd.DataFrame(rows, index=identities.index))


def bounds(identities: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """
    Bound each figure that is not printed, where an identity names it and nothing else unknown.

    Parameters
    ----------
    identities, facts : pandas.DataFrame
        As for `identity_verdicts`; ``facts`` also has ``unit``.

    Returns
    -------
    pandas.DataFrame
        One row a bound: ``fact, identity, side`` (at_least, at_most, equals, above, below),
        ``bound`` from the figures as printed, and ``bound_low, bound_high``, between which the
        bound lies whatever the rounding. Persons, households and villages are whole: "above
        7,314.5" reads "at least 7,315".

    Raises
    ------
    ExpressionError
        As for `identity_verdicts`.

    Examples
    --------
    >>> facts = pd.DataFrame({"fact": ["F044", "F040", "F055", "F056"],
    ...     "value": [16382, 0.0542, 0.03, None], "resolution": [0, 0.00005, 0, None],
    ...     "listed_zh": None, "unit": ["person", "share", "share", "person"]})
    >>> rule = pd.DataFrame({"identity": ["threshold"], "kind": ["standard"],
    ...     "expression": ["(F044 - F056) / (F044 / F040) < F055"]})
    >>> bounds(rule, facts)[["side", "bound", "bound_low", "bound_high"]].values.tolist()
    [['at_least', 7315.0, 7307.0, 7323.0]]
    """
    known = figures(facts)
    units = facts.set_index("fact")["unit"]
    rows = [
        {"fact": fact, "identity": row["identity"]}
        | _bound(expressions.solved(tree, fact, known), sign, known, whole=units[fact] in COUNTED)
        for row in identities[identities["kind"].isin(COMPARING)].to_dict("records")
        for tree, sign, fact in _open_sides(row["expression"], set(units.index) - set(known))
    ]
    columns = ["fact", "identity", "side", "bound", "bound_low", "bound_high"]
    return pd.DataFrame(rows, columns=columns)


def _named(row: Mapping, test: Callable[[], dict]) -> dict[str, object]:
    try:
        return test()
    except ExpressionError as error:
        raise ExpressionError(f"identity {row['identity']!r}: {error}") from None


def _tested(
    row: Mapping, known: Figures, absent: set[str], doubtful: set[str]
) -> dict[str, object]:
    tree = expressions.parse(row["expression"])
    _check_kind(row, isinstance(tree, ast.Compare))
    named = expressions.names(tree)
    common = dict.fromkeys([*RESULT, *RELATIVE, *ALLOWED], math.nan) | {"names": ";".join(named)}
    if absent & set(named):
        return common | {"verdict": UNTESTABLE, "reason": "missing_term"}
    if row["kind"] in GIVING:
        return common | {"verdict": DERIVED, "reason": "derived"} | _number(tree, known)
    sides = expressions.residuals(tree)
    truths = [_truth(expressions.interval(side, known), sign) for side, sign in sides]
    allowed = _allowance(row, known) if row["kind"] == "ledger" else {}
    verdict, reason = _verdict(truths, sides, known, allowed)
    if doubtful & set(named):
        verdict, reason = UNTESTABLE, f"outside_{'agrees' if verdict == HOLDS else 'disagrees'}"
    return common | {"verdict": verdict, "reason": reason} | _compared(tree, known) | allowed


def _check_kind(row: Mapping, compares: bool) -> None:
    fitting = COMPARING if compares else GIVING
    if row["kind"] not in fitting:
        raise ExpressionError(
            f"the identity {row['identity']!r} has the kind {row['kind']!r}; "
            f"{'a comparison' if compares else 'a number'} is one of {', '.join(fitting)}"
        )


def _truth(residual: Interval, sign: str) -> bool | None:
    """True where every value within the rounding satisfies it, False where none does."""
    low, high = residual
    match sign:
        case "==":
            return low <= 0 <= high
        case "<" | "<=":
            strict = sign == "<"
            return _decided(
                high < 0 or (high == 0 and not strict), low > 0 or (low == 0 and strict)
            )
    return _truth((-high, -low), MIRRORED[sign])


def _decided(always: bool, never: bool) -> bool | None:
    return True if always else False if never else None


def _verdict(
    truths: list, sides: list, known: Figures, allowed: Mapping[str, float]
) -> tuple[str, str]:
    if all(truths):
        return HOLDS, "meets"
    if False not in truths:
        return UNTESTABLE, "rounding"
    low, high = expressions.interval(sides[0][0], known)
    if allowed and allowed["allowed_low"] <= high and low <= allowed["allowed_high"]:
        return UNTESTABLE, "unobserved_flows"
    return CONTRADICTED, "beyond_allowance" if allowed else "apart"


def _allowance(row: Mapping, known: Figures) -> dict[str, float]:
    low, high = (
        expressions.interval(expressions.parse(row[side]), known)
        for side in ("allowance_low", "allowance_high")
    )
    return dict(zip(ALLOWED, (float(low[0]), float(high[1])), strict=True))


def _number(tree: ast.expr, known: Figures) -> dict[str, float]:
    low, high = expressions.interval(tree, known)
    ends = (_as_printed(tree, known), low, high)
    return dict(zip(RESULT, map(float, ends), strict=True))


def _compared(tree: ast.Compare, known: Figures) -> dict[str, float]:
    side, _ = expressions.residuals(tree)[0]
    right = _as_printed(side.right, known)
    found = _number(side, known)
    ratios = (found[name] / abs(float(right)) if right else math.nan for name in RESULT)
    return found | dict(zip(RELATIVE, ratios, strict=True))


def _open_sides(expression: str, absent: set[str]) -> Iterator[tuple[ast.expr, str, str]]:
    """Give the comparisons that name one absent figure, with its name."""
    for side, sign in expressions.residuals(expressions.parse(expression)):
        missing = absent & set(expressions.names(side))
        if len(missing) == 1:
            yield side, sign, missing.pop()


def _bound(
    solution: tuple[ast.expr, int], sign: str, known: Figures, *, whole: bool
) -> dict[str, object]:
    tree, rising = solution
    sign = sign if rising > 0 else MIRRORED[sign]
    ends = [_as_printed(tree, known), *expressions.interval(tree, known)]
    if whole:
        sign, ends = _whole(sign, ends)
    columns = ("bound", "bound_low", "bound_high")
    return {"side": SIDES[sign], **dict(zip(columns, map(float, ends), strict=True))}


def _whole(sign: str, ends: list[Fraction]) -> tuple[str, list[Fraction]]:
    if sign in (">", ">="):
        return ">=", [math.floor(end) + 1 if sign == ">" else math.ceil(end) for end in ends]
    if sign in ("<", "<="):
        return "<=", [math.ceil(end) - 1 if sign == "<" else math.floor(end) for end in ends]
    return sign, ends


def _as_printed(tree: ast.expr, known: Figures) -> Fraction:
    """Evaluate on the figures as printed, without their rounding."""
    middles = {name: (sum(known[name]) / 2,) * 2 for name in expressions.names(tree)}
    return expressions.interval(tree, middles)[0]
