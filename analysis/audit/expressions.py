"""Arithmetic on printed figures, each of which is known only to its last digit.

An expression is data: numbers, fact names, ``+ - * /``, ``min``, ``max``, ``abs``, ``ceil`` (the
next whole number), ``days`` between two dates, and comparisons. It is parsed, never executed.
Arithmetic is exact (fractions), so that two figures meet or do not meet without any slack for
floating point.
"""

import ast
import datetime
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction

LONGEST = 300
DEEPEST = 24
CORNERED = 8
COMPARISONS = {ast.Eq: "==", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
FUNCTIONS = ("min", "max", "abs", "ceil", "days")
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)

Interval = tuple[Fraction, Fraction]


class ExpressionError(ValueError):
    """An expression that is refused, or that its figures cannot answer."""


def parse(expression: str) -> ast.expr:
    """
    Read an expression and refuse everything that is not arithmetic on figures.

    Parameters
    ----------
    expression : str
        At most 300 characters and 24 levels deep; one comparison or chain of comparisons, on the
        outside only.

    Returns
    -------
    ast.expr
        The checked tree.

    Raises
    ------
    ExpressionError
        What is refused, and what is allowed instead.

    Examples
    --------
    >>> sorted(names(parse("F046 / F043 == F047")))
    ['F043', 'F046', 'F047']
    >>> parse("F046.__class__")
    Traceback (most recent call last):
    ...
    analysis.audit.expressions.ExpressionError: 'F046.__class__' holds 'F046.__class__', which is
    not arithmetic on figures; write numbers, fact ids, + - * /, min, max, abs, ceil, days,
    comparisons
    """
    if len(expression) > LONGEST:
        raise ExpressionError(
            f"an expression has {len(expression)} characters; {LONGEST} are allowed: split it"
        )
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ExpressionError(
            f"{expression!r} cannot be read; write it as (F065 + F066) / F004 >= F064"
        ) from None
    _check_outside(tree, expression)
    return tree


def names(tree: ast.expr) -> list[str]:
    """
    List the figures that an expression names, each once, in order of first appearance.

    Parameters
    ----------
    tree : ast.expr
        From `parse`.

    Returns
    -------
    list of str
        Fact names.

    Examples
    --------
    >>> names(parse("F103 / (F103 + F104)"))
    ['F103', 'F104']
    """
    return list(dict.fromkeys(_mentions(tree)))


def residuals(tree: ast.expr) -> list[tuple[ast.expr, str]]:
    """
    Turn a comparison into differences of its sides.

    Parameters
    ----------
    tree : ast.expr
        From `parse`.

    Returns
    -------
    list of (ast.expr, str)
        Left less right, and how it compares with zero; empty where nothing is compared.

    Examples
    --------
    >>> [(ast.unparse(tree), sign) for tree, sign in residuals(parse("F104 <= F044"))]
    [('F104 - F044', '<=')]
    """
    if not isinstance(tree, ast.Compare):
        return []
    sides = [tree.left, *tree.comparators]
    return [
        (ast.BinOp(left, ast.Sub(), right), COMPARISONS[type(sign)])
        for left, sign, right in zip(sides, tree.ops, tree.comparators, strict=False)
    ]


def interval(tree: ast.expr, figures: Mapping[str, Interval]) -> Interval:
    """
    Give the values an expression can take when every figure lies within its printed rounding.

    A figure that is named once enters by plain interval arithmetic, which is then exact. One named
    several times moves everywhere at once. Where it stands at most once above and once below the
    fraction bar of the whole, the expression only rises or only falls with it, so its two ends give
    the exact bounds. Otherwise the interval is safe but may be wide.

    Parameters
    ----------
    tree : ast.expr
        Arithmetic, without comparison.
    figures : mapping of str to (Fraction, Fraction)
        Lowest and highest value of each figure.

    Returns
    -------
    (Fraction, Fraction)
        Lowest and highest value; no value of the expression lies outside.

    Raises
    ------
    ExpressionError
        A figure is unknown, or a divisor can be zero.

    References
    ----------
    Moore, R. E., Kearfott, R. B. and Cloud, M. J. (2009). Introduction to Interval Analysis. SIAM,
    chapters 5 and 6 (dependency, monotonicity).

    Examples
    --------
    >>> persons, incidence = figure(16382), figure("0.0542", "0.00005")
    >>> low, high = interval(parse("F044 / F040"), {"F044": persons, "F040": incidence})
    >>> math.floor(low), math.ceil(high)
    (301972, 302531)
    """
    known = {name: _known(name, figures) for name in names(tree)}
    counted = Counter(_mentions(tree))
    repeated = [name for name in known if counted[name] > 1 and known[name][0] < known[name][1]]
    safe = _value(tree, known)
    if not repeated or len(repeated) > CORNERED or _bends(tree, repeated):
        return safe
    corners = itertools.product(*(known[name] for name in repeated))
    fixed = (dict(zip(repeated, [(end, end) for end in corner], strict=True)) for corner in corners)
    return _hull([_value(tree, known | ends) for ends in fixed])


def figure(value: object, resolution: object = 0) -> Interval:
    """
    Turn a printed figure into the interval that its last digit leaves open.

    Parameters
    ----------
    value, resolution : number or str
        Value and half the last printed digit, in the same unit.

    Returns
    -------
    (Fraction, Fraction)
        Value less and value plus the resolution, exact in decimals.

    Raises
    ------
    ExpressionError
        Either is not a finite number, or the resolution is negative.

    Examples
    --------
    >>> figure("0.0542", "0.00005") == (Fraction(5415, 100000), Fraction(5425, 100000))
    True
    """
    try:
        middle, half = Fraction(str(value)), Fraction(str(resolution))
    except ValueError:
        raise ExpressionError(f"{value!r} ± {resolution!r} is not a finite number") from None
    if half < 0:
        raise ExpressionError(f"the resolution {resolution!r} is negative; write half a digit")
    return middle - half, middle + half


def solved(tree: ast.expr, unknown: str, figures: Mapping[str, Interval]) -> tuple[ast.expr, int]:
    """
    Solve ``expression = 0`` for one figure, by undoing the arithmetic around it.

    Parameters
    ----------
    tree : ast.expr
        Arithmetic, without comparison, that names the unknown once.
    unknown : str
        Name of the figure.
    figures : mapping of str to (Fraction, Fraction)
        The other figures.

    Returns
    -------
    (ast.expr, int)
        The value of the unknown as an expression of the others; 1 if the first expression rises
        with the unknown, -1 if it falls.

    Raises
    ------
    ExpressionError
        The unknown stands there more than once, inside a function, or beside a factor that can be
        zero.

    Examples
    --------
    >>> tree, rising = solved(parse("F042 - F066"), "F066", {"F042": figure(70)})
    >>> [int(end) for end in interval(tree, {"F042": figure(70)})], rising
    ([70, 70], -1)
    """
    if _mentions(tree).count(unknown) != 1:
        raise ExpressionError(
            f"{unknown} must stand once in {ast.unparse(tree)!r} to be solved for"
        )
    target: ast.expr = ast.Constant(0)
    rising = 1
    while not isinstance(tree, ast.Name):
        tree, target, turn = _undone(tree, target, unknown, figures)
        rising *= turn
    return target, rising


def _check_outside(tree: ast.expr, expression: str) -> None:
    if not isinstance(tree, ast.Compare):
        return _check(tree, expression, 1)
    if any(type(sign) not in COMPARISONS for sign in tree.ops):
        raise _refusal(tree, expression)
    for side in (tree.left, *tree.comparators):
        _check(side, expression, 2)
    return None


def _check(node: ast.expr, expression: str, depth: int) -> None:
    if depth > DEEPEST:
        raise ExpressionError(
            f"{expression!r} is more than {DEEPEST} levels deep; split it into two expressions"
        )
    if not _allowed(node):
        raise _refusal(node, expression)
    if not _is_call(node, "days"):
        for part in _parts(node):
            _check(part, expression, depth + 1)


def _allowed(node: ast.expr) -> bool:
    match node:
        case ast.Name():
            return True
        case ast.Constant(value=value):
            return type(value) in (int, float) and math.isfinite(value)
        case ast.BinOp(op=sign):
            return isinstance(sign, ARITHMETIC)
        case ast.UnaryOp(op=sign):
            return isinstance(sign, ast.USub)
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]):
            return name in FUNCTIONS and _fitting(name, parts)
    return False


def _fitting(name: str, parts: list[ast.expr]) -> bool:
    if name == "days":
        return len(parts) == 2 and all(_date(part) for part in parts)
    return len(parts) == 1 if name in {"abs", "ceil"} else len(parts) >= 2


def _date(node: ast.expr) -> datetime.date | None:
    text = node.value if isinstance(node, ast.Constant) else None
    try:
        return datetime.date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _refusal(node: ast.expr, expression: str) -> ExpressionError:
    return ExpressionError(
        f"{expression!r} holds {ast.unparse(node)!r}, which is not arithmetic on figures; write "
        f"numbers, fact ids, + - * /, {', '.join(FUNCTIONS)}, comparisons"
    )


def _is_call(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and node.func.id == name


def _parts(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Call(args=parts):
            return parts
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
    return []


def _mentions(tree: ast.expr) -> list[str]:
    return list(_walk(tree))


def _walk(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    for part in _parts(node):
        yield from _walk(part)


def _known(name: str, figures: Mapping[str, Interval]) -> Interval:
    if name not in figures:
        raise ExpressionError(f"there is no figure {name!r}; add it to facts.csv or mend the name")
    return figures[name]


def _value(node: ast.expr, figures: Mapping[str, Interval]) -> Interval:
    match node:
        case ast.Name(id=name):
            return figures[name]
        case ast.Constant(value=value):
            return figure(value)
        case ast.UnaryOp(operand=operand):
            return _negative(_value(operand, figures))
        case ast.BinOp(left=left, op=sign, right=right):
            return _combined(sign, _value(left, figures), _value(right, figures), node)
    if _is_call(node, "days"):
        first, last = map(_date, node.args)
        return figure((last - first).days)
    return _called(node.func.id, [_value(part, figures) for part in node.args])


def _called(name: str, values: list[Interval]) -> Interval:
    if name == "ceil":
        low, high = map(math.ceil, values[0])
        return Fraction(low), Fraction(high)
    return _absolute(values[0]) if name == "abs" else _extreme(name, values)


def _combined(sign: ast.operator, left: Interval, right: Interval, node: ast.expr) -> Interval:
    match sign:
        case ast.Add():
            return _sum(left, right)
        case ast.Sub():
            return _sum(left, _negative(right))
        case ast.Mult():
            return _product(left, right)
    if right[0] <= 0 <= right[1]:
        raise ExpressionError(
            f"{ast.unparse(node)!r} divides by {ast.unparse(node.right)!r}, which can be zero"
        )
    return _product(left, (1 / right[1], 1 / right[0]))


def _sum(left: Interval, right: Interval) -> Interval:
    return left[0] + right[0], left[1] + right[1]


def _negative(value: Interval) -> Interval:
    return -value[1], -value[0]


def _product(left: Interval, right: Interval) -> Interval:
    corners = [one * other for one in left for other in right]
    return min(corners), max(corners)


def _absolute(value: Interval) -> Interval:
    low, high = value
    return (Fraction(0) if low <= 0 <= high else min(abs(low), abs(high))), max(-low, high)


def _extreme(name: str, values: list[Interval]) -> Interval:
    choose: Callable = {"min": min, "max": max}[name]
    return choose(low for low, _ in values), choose(high for _, high in values)


def _hull(values: list[Interval]) -> Interval:
    return min(low for low, _ in values), max(high for _, high in values)


def _bends(tree: ast.expr, repeated: Iterable[str]) -> bool:
    """Tell whether the value may turn within the range of a figure that is named repeatedly."""
    powers = _powers(tree)
    return powers is None or any(power[name] > 1 for name in repeated for power in powers)


def _powers(node: ast.expr) -> tuple[Counter, Counter] | None:
    """Give the power of each figure above and below the fraction bar; None for a function."""
    match node:
        case ast.Name(id=name):
            return Counter([name]), Counter()
        case ast.Constant():
            return Counter(), Counter()
        case ast.UnaryOp(operand=operand):
            return _powers(operand)
        case ast.BinOp(left=left, op=sign, right=right):
            sides = _powers(left), _powers(right)
            return None if None in sides else _combined_powers(sign, *sides)
    return (Counter(), Counter()) if not _mentions(node) else None


def _combined_powers(
    sign: ast.operator, left: tuple[Counter, Counter], right: tuple[Counter, Counter]
) -> tuple[Counter, Counter]:
    (above, below), (other_above, other_below) = left, right
    match sign:
        case ast.Mult():
            return above + other_above, below + other_below
        case ast.Div():
            return above + other_below, below + other_above
    return (above + other_below) | (other_above + below), below + other_below


def _undone(
    node: ast.expr, target: ast.expr, unknown: str, figures: Mapping[str, Interval]
) -> tuple[ast.expr, ast.expr, int]:
    """Peel one operation off: the side with the unknown, its new target, and how it turns."""
    match node:
        case ast.UnaryOp(operand=operand):
            return operand, ast.UnaryOp(ast.USub(), target), -1
        case ast.BinOp(left=left, op=sign, right=right) if unknown in _mentions(left):
            return left, *_left_undone(sign, target, right, figures)
        case ast.BinOp(left=left, op=sign, right=right):
            return right, *_right_undone(sign, target, left, figures)
    raise ExpressionError(f"{unknown} stands inside {ast.unparse(node)!r}; that cannot be undone")


def _left_undone(
    sign: ast.operator, target: ast.expr, right: ast.expr, figures: Mapping[str, Interval]
) -> tuple[ast.expr, int]:
    match sign:
        case ast.Add():
            return ast.BinOp(target, ast.Sub(), right), 1
        case ast.Sub():
            return ast.BinOp(target, ast.Add(), right), 1
        case ast.Mult():
            return ast.BinOp(target, ast.Div(), right), _direction(right, figures)
    return ast.BinOp(target, ast.Mult(), right), _direction(right, figures)


def _right_undone(
    sign: ast.operator, target: ast.expr, left: ast.expr, figures: Mapping[str, Interval]
) -> tuple[ast.expr, int]:
    match sign:
        case ast.Add():
            return ast.BinOp(target, ast.Sub(), left), 1
        case ast.Sub():
            return ast.BinOp(left, ast.Sub(), target), -1
        case ast.Mult():
            return ast.BinOp(target, ast.Div(), left), _direction(left, figures)
    return ast.BinOp(left, ast.Div(), target), -_direction(left, figures)


def _direction(factor: ast.expr, figures: Mapping[str, Interval]) -> int:
    low, high = interval(factor, figures)
    if low <= 0 <= high:
        raise ExpressionError(f"{ast.unparse(factor)!r} can be zero; nothing can be solved for")
    return 1 if low > 0 else -1
