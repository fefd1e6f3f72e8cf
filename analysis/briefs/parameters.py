"""The parameters that a notebook declares, read from its code without running it."""

import ast
import csv
import datetime
import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pydantic import ConfigDict, TypeAdapter, ValidationError

from analysis.briefs.lines import say

_PLAIN: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
TYPES: dict[str, object] = {
    **_PLAIN,
    **{f"list[{name}]": list[kind] for name, kind in _PLAIN.items()},
    **{f"{name} | None": kind | None for name, kind in _PLAIN.items()},
}
BOUNDS = {
    "horizon": (2, 20),
    "draws": (100, 1_000_000),
    "seed": (0, 2**32 - 1),
    "year": (1949, 2100),
}
PLACES = ("place", "places", "ledgers")
FOLDER = r"[^\s./\\:*?\"<>|~\x00-\x1f][^/\\:*?\"<>|~\x00-\x1f]{0,59}"
LONGEST = 100
# Half of a character of two halves is not text: nothing can write it.
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


class Parameter(NamedTuple):
    """A parameter as its notebook declares it."""

    kind: str
    default: object


def declared(path: Path) -> dict[str, Parameter]:
    """
    Read the parameters of a notebook; one without a type has that of its default.

    Parameters
    ----------
    path : Path
        The notebook.

    Returns
    -------
    dict of str to Parameter
        Name to declared type and default; empty if no cell has the tag `parameters`.

    Raises
    ------
    ValueError
        If the cell holds anything but lines of `name: type = default`; one line for each.

    Examples
    --------
    >>> import tempfile
    >>> cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]},
    ...         "source": "horizon: int = 2  # years ahead"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.ipynb"
    ...     _ = path.write_text(json.dumps({"cells": [cell]}))
    ...     declared(path)
    {'horizon': Parameter(kind='int', default=2)}
    """
    found, faults = {}, []
    for line in (line for source in _tagged(path) for line in _lines(source, path.name)):
        try:
            name, found[name] = _parameter(line, path.name)
        except ValueError as refusal:
            faults.append(str(refusal))
    if faults:
        raise ValueError("\n".join(faults))
    return found


def listed(value: object) -> list:
    """
    List what a parameter names.

    Parameters
    ----------
    value : object
        A list, one value, or None.

    Returns
    -------
    list
        Its values.

    Examples
    --------
    >>> listed(["a"]), listed("a"), listed(None)
    (['a'], ['a'], [])
    """
    return value if isinstance(value, list) else [] if value is None else [value]


def shown(value: object) -> str:
    """
    Write a value for a message, however long or odd it is.

    Parameters
    ----------
    value : object
        A value of `briefs.yml`.

    Returns
    -------
    str
        Its plain form, at most `LONGEST` characters of it.

    Examples
    --------
    >>> shown("two"), len(shown("x" * 10_000))
    ("'two'", 101)
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, a list in itself
        return f"a {type(value).__name__} too long to show"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def problem(name: str, value: object, parameter: Parameter, root: Path) -> str | None:
    """
    Say what is wrong with a value, if anything is.

    Parameters
    ----------
    name : str
        Name of the parameter.
    value : object
        The value as it stands in the file.
    parameter : Parameter
        What the notebook declares.
    root : Path
        Folder of the project, whose table of areas holds the known codes.

    Returns
    -------
    str or None
        A clause with the value and the remedy; None if the value fits.

    Examples
    --------
    >>> problem("horizon", "two", Parameter("int", 2), Path())
    "'two' is not int; write a whole number"
    """
    try:
        _adapter(parameter.kind).validate_python(value)
    except ValidationError:
        plain = re.findall(r"\w+", parameter.kind.removeprefix("list["))[0]
        return _refusal("kind", value, kind=parameter.kind, remedy=say(f"spec.parameter.{plain}"))
    if isinstance(value, str) and UNWRITABLE.search(value):
        return _refusal("unwritable", value)
    if name.rsplit("_", maxsplit=1)[-1] in {"area", "areas"}:
        return _unknown_area(value, root)
    if name in PLACES:
        return _no_folder_name(value)
    if name == "until":
        return _not_a_day(value)
    return _out_of_bounds(name, value)


def known_areas(root: Path) -> frozenset[str]:
    """
    List the codes of the areas that the project has data for.

    Parameters
    ----------
    root : Path
        Folder of the project.

    Returns
    -------
    frozenset of str
        The codes in `data/reference/areas.csv`.

    Examples
    --------
    >>> known_areas(Path("nowhere"))
    frozenset()
    """
    path = root / "data" / "reference" / "areas.csv"
    if not path.is_file():
        return frozenset()
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(row["area"] for row in csv.DictReader(file))


def _refusal(key: str, value: object, **told: str) -> str:
    return say(f"spec.parameter.{key}", value=shown(value), **told)


def _unknown_area(value: object, root: Path) -> str | None:
    unknown = [code for code in listed(value) if code not in known_areas(root)]
    if not unknown:
        return None
    return _refusal("area", unknown[0])


@cache
def _adapter(kind: str) -> TypeAdapter:
    # Infinity and NaN are not numbers that an office can mean.
    config = ConfigDict(strict=True, allow_inf_nan=False)
    return TypeAdapter(TYPES[kind], config=config)


def _tagged(path: Path) -> list[str]:
    """Read the source of the cells that are tagged `parameters`."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [
            "".join(cell["source"])
            for cell in cells
            if "parameters" in cell.get("metadata", {}).get("tags", [])
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"{path.name}: is not a notebook") from None


def _lines(source: str, file: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"{file}: the cell of parameters is not Python") from None


def _parameter(line: ast.stmt, file: str) -> tuple[str, Parameter]:
    if _is_untyped(line):
        return _untyped(line, file)
    if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value):
        raise ValueError(
            f"{file}: the cell of parameters says {_code(line)}; "
            "it may only say 'name: type = default'"
        )
    kind = _code(line.annotation).strip("'")
    if kind not in TYPES:
        raise ValueError(
            f"{file}: the parameter {line.target.id!r} has the type {kind!r}; "
            f"use one of {', '.join(TYPES)}"
        )
    return line.target.id, Parameter(kind, _default(line.target.id, line.value, file))


def _is_untyped(line: ast.stmt) -> bool:
    return (
        isinstance(line, ast.Assign)
        and len(line.targets) == 1
        and isinstance(line.targets[0], ast.Name)
    )


def _untyped(line: ast.Assign, file: str) -> tuple[str, Parameter]:
    name = line.targets[0].id
    default = _default(name, line.value, file)
    kind = _kind(default)
    if kind is None:
        raise ValueError(
            f"{file}: the default of {name!r} does not tell its type; "
            f"write it as '{name}: TYPE = default', such as '{name}: {_likely(default)}'"
        )
    return name, Parameter(kind, default)


def _kind(default: object) -> str | None:
    """Tell the type of a default, if it leaves no doubt: an empty list may hold anything."""
    if not isinstance(default, list):
        return next((name for name, kind in _PLAIN.items() if type(default) is kind), None)
    kinds = {_kind(item) for item in default}
    held = kinds.pop() if len(kinds) == 1 else None
    return f"list[{held}]" if held in _PLAIN else None


def _code(node: ast.AST) -> str:
    try:
        return shown(ast.unparse(node))
    except (ValueError, RecursionError):
        return "what is too long to show"


def _likely(default: object) -> str:
    return "str | None = None" if default is None else "list[str] = []"


def _default(name: str, value: ast.expr, file: str) -> object:
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise ValueError(
            f"{file}: the default of {name!r} is not a plain value; "
            "write a number, a text in quotes, True, False, or a list of such"
        ) from None


def _no_folder_name(value: object) -> str | None:
    wrong = [one for one in listed(value) if not re.fullmatch(FOLDER, one)]
    if not wrong:
        return None
    return _refusal("folder", wrong[0])


def _not_a_day(value: object) -> str | None:
    try:
        datetime.date.fromisoformat(str(value))
    except ValueError:
        return _refusal("day", value)
    return None


def _out_of_bounds(name: str, value: object) -> str | None:
    lowest, highest = BOUNDS.get(name, (None, None))
    if lowest is None or lowest <= value <= highest:
        return None
    return _refusal("bounds", value, lowest=str(lowest), highest=str(highest))
