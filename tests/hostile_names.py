"""Hostile names and plain data: `briefs.yml`, parameters, notebooks, records, names of tables."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from analysis import office, press, tables, words
from analysis.briefs import parameters, record, spec
from tests.hostile import Case

ROOT = Path(__file__).resolve().parents[1]
CELL = 'area: str = "530000"\nshare: float = 0.5\nyears: list[int] = [2017]\nseed: int = 1\n'
BRIEF = "title: press.author, date: 2018-03-28, chapters: [{notebook: 01_first}]"
DEEP = 100_000
PATHS = (
    *("../../etc/passwd", "/etc/passwd", "..", ".", "a/../../b", "..\\..\\windows", "C:\\secrets"),
    *("C:secrets", "\\\\host\\share", "file:///etc/passwd", "~root", "~", "a\0b", "a\nb", "", " "),
    *(
        "．．／etc",
        "x" * 5_000,
        "*",
        "?",
        "{0.__class__}",
        "$(id)",
        "%2e%2e%2f",
        "wenshan/../zone_c",
    ),
    *("wenshan\u202e", "ｗｅｎｓｈａｎ", "wenѕhan"),
)


def cases() -> Iterator[Case]:
    """Every case of a name, of `briefs.yml`, and of what is read back."""
    for door, listed in (
        ("briefs.yml", _specs()),
        ("parameters", _values()),
        ("notebook", _notebooks()),
        ("read back", [*_records(), *_executed()]),
        ("names of tables", _names()),
        ("catalogue", _templates()),
    ):
        yield from (Case(door, name, gets, run) for name, gets, run in listed)


def _refusal(kind: type[Exception], do: Callable[[], object]) -> str:
    """What a refusal says; one of another kind is a crash, and a long one is no sentence."""
    try:
        return f"taken: {do()!r:.100}"
    except kind as refusal:
        said = str(refusal)
        assert len(said) < 5_000, f"{len(said):,} characters of message"
        assert all(mark.isprintable() or mark == "\n" for mark in said), said
        return f"refused: {said}"


# ---- briefs.yml


def _project(folder: Path, cell: str = CELL) -> Path:
    (folder / "notebooks").mkdir()
    (folder / "data" / "reference").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "reference" / "areas.csv", folder / "data" / "reference")
    held = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": cell}
    (folder / "notebooks" / "01_first.ipynb").write_text(json.dumps({"cells": [held]}))
    return folder


def _brief(content: bytes | str) -> Callable[[Path], str]:
    def run(folder: Path) -> str:
        path = _project(folder) / "briefs.yml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return _refusal(spec.SpecError, lambda: spec.read_editions(path, folder)[0].name)

    return run


def _specs() -> Iterator[tuple]:
    plain, line = "refused: … write plain values only …", "refused: … line 1: … plain values only"
    tags = (
        *("!!python/object/apply:os.system [id]", "!!python/name:os.system", "!!python/module:os"),
        *("!!python/object/new:str [a]", "!!python/tuple [1]", "!include /etc/passwd", "!ENV x"),
        *("!!binary aWQ=", "!!js/function id", "!ruby/object:Gem {}", "!!python/bytes a"),
    )
    for tag in tags:
        gets = "refused: … does not fit …" if "binary" in tag else line
        yield f"the tag {tag}", gets, _brief(f"briefs: {tag}")
    bomb = "a: &a [1]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)
    )
    yield "aliases of aliases", "refused: … an alias is not taken …", _brief(bomb)
    yield "a list in itself", "refused: … an alias is not taken …", _brief("briefs: &a [*a]")
    yield "a mapping in itself", "refused: … an alias is not taken …", _brief("briefs: &a {b: *a}")
    yield "one plain alias", "refused: … an alias is not taken …", _brief("a: &a 1\nb: *a")
    merged = "x: &x {title: a}\nbriefs: {own: {<<: *x}}"
    yield "a mapping merged in", "refused: … an alias is not taken …", _brief(merged)
    for mark in "[{":
        yield f"3,000 times {mark}", plain, _brief(f"briefs: {mark * 3_000}")
    yield "lists 5,000 deep", plain, _brief("briefs: " + "- " * 5_000)
    yield "a file of 1 MB", "refused: … is larger than 500,000 bytes …", _brief("#" * 1_000_000)
    yield "3,000 keys", "refused: … and 2,9…more", _brief(_keys(3_000))
    twice = "".join("a: 1\n" for _ in range(5_000))
    yield "one key 5,000 times", "refused: … a stands twice …", _brief(twice)
    for defaults in ("text", "1", "[1]", "{title: [1]}"):
        told = "refused: … defaults…" if defaults != "{title: [1]}" else "refused: … is missing…"
        content = f"defaults: {defaults}\nbriefs: {{own: {{title: press.author}}}}"
        yield f"defaults that are {defaults}", told, _brief(content)
    for name, text in (("NUL", "briefs: \0"), ("ESC", "briefs: \x1b[2J"), ("a bell", "a: \a")):
        yield f"{name} in the file", plain, _brief(text)
    yield "a file in UTF-16", "refused: …", _brief(f"briefs: {{own: {{{BRIEF}}}}}".encode("utf-16"))
    yield "a file that is not UTF-8", plain, _brief(b"briefs: \xff\xfe\xfa")
    yield "an empty file", "refused: … does not fit …", _brief("")
    yield "two documents", plain, _brief("a: 1\n---\nb: 2\n")
    for day in ("2018-13-28", "2018-02-30", "0000-01-01", "99999-01-01", "1e999", "0x7e2"):
        yield f"the date {day}", "refused: …", _brief(_own(date=day))
    for digits in ("9" * 5_000, "0x" + "f" * 50_000, "0b" + "1" * 50_000, "1:" * 5_000 + "1"):
        yield (
            f"a date of {len(digits):,} digits, {digits[:2]}…",
            "refused: …",
            _brief(_own(date=digits)),
        )
    yield from _spec_names()


def _keys(number: int) -> str:
    return "".join(f"k{n}: 1\n" for n in range(number))


def _own(**changes: str) -> str:
    """A brief with some of its lines changed; the values are YAML as they stand."""
    lines = {"title": "press.author", "date": "2018-03-28", "chapters": "[{notebook: 01_first}]"}
    said = "".join(f"    {name}: {value}\n" for name, value in (lines | changes).items())
    return f"briefs:\n  own:\n{said}"


def _spec_names() -> Iterator[tuple]:
    for path in PATHS:
        quoted = json.dumps(path)
        told = "refused: … is not a plain name …" if len(path) < 1_000 else "refused: …"
        shown = f"{path!r:.40}"
        yield f"a brief named {shown}", told, _brief(f"briefs: {{{quoted}: {{{BRIEF}}}}}")
        yield f"a notebook named {shown}", told, _brief(_own(chapters=f"[{{notebook: {quoted}}}]"))
    for title in ("{0.__class__}", "../x", "prose", "x" * 5_000, "#eval(1)", "标题"):
        yield f"the title {title:.30}", "refused: …", _brief(_own(title=json.dumps(title)))
    for name in ("import os", "share; import os", "__import__('os')", "share\nimport os", "x=1"):
        told = "refused: … is not a parameter of …"
        value = f"{{{json.dumps(name)}: 1}}"
        yield f"a parameter named {name!r}", told, _brief(_own(parameters=value))
    values = {
        "area": ("'532601; import os'", "'../../etc'", "'{0.__class__}'", "532601", "'\\0'"),
        "share": (".inf", ".nan", "'0.5'", "true", "[0.5]", "'__import__(1)'", "1e999"),
        "seed": ("-1", "1.5", "0x" + "f" * 50_000, "'1'", "true", "null"),
        "years": ("[2017, 'x']", "{a: 1}", "2017", "[[2017]]", "[" + "a, " * 3_000 + "a]"),
    }
    for name, told in values.items():
        for value in told:
            own = _own(parameters=f"{{{name}: {value}}}")
            yield f"{name}: {value:.30}", f"refused: … {name} …", _brief(own)
    yield from _axes()
    for key in ("output", "__class__", "root", "cmd", "x" * 500, "{0}"):
        own = _own(**{json.dumps(key): "x"})
        yield f"the key {key:.30}", "refused: … there is no such key …", _brief(own)


def _axes() -> Iterator[tuple]:
    """What briefs are laid out over: each value becomes part of a file's name."""
    many = "[" + ", ".join(f"{{name: a{n}, seed: {n}}}" for n in range(80)) + "]"
    axes = {
        "6,400 editions": (f"{{seed: {many}, word: {many}}}", "refused: … are the most; split it…"),
        "a month of no year": ("{month: ['2018-13']}", "refused: … is not a month…"),
        "a month that is a path": ("{month: ['../x']}", "refused: … is not a plain name…"),
        "an axis that is code": ("{'import os': [a]}", "refused: … is not a plain name…"),
        "an axis without values": ("{seed: []}", "refused: … does not fit…"),
        "an axis that is a text": ("{seed: text}", "refused: … does not fit…"),
        "axes that are a list": ("[seed]", "refused: … does not fit…"),
        "a value that is a list": ("{seed: [[1]]}", "refused: … is not a plain name…"),
        "a value without a name": ("{seed: [{seed: 1}]}", "refused: … has no name…"),
        "a value named by a number of 50,000 digits": (
            f"{{seed: [0x{'f' * 50_000}]}}",
            "refused: … is not a plain name…",
        ),
        "two values of one name": ("{seed: [1, 1]}", "refused: … two editions are called…"),
    }
    for path in ("../x", "/etc/passwd", "a/b", "C:\\x", "a\0b", ".", "a b", "{0.__class__}", "%s"):
        quoted = json.dumps(path)
        told = "refused: … is not a plain name…"
        axes[f"a value named {path!r}"] = (f"{{seed: [{quoted}]}}", told)
        axes[f"a value called {path!r}"] = (f"{{seed: [{{name: {quoted}, seed: 1}}]}}", told)
    for name, (value, gets) in axes.items():
        yield name, gets, _brief(_own(**{"for": value}))


# ---- values of parameters, and the notebooks that declare them


def _values() -> Iterator[tuple]:
    kinds = {
        "str": (1, b"a", ["a"], {"a": 1}, None, "a\0b", "half \ud800"),
        "int": (1.5, "1", True, 2**70_000, float("inf")),
        "float": (float("nan"), float("inf"), "0.5", 1j),
        "list[str]": ("a", ["a", 1], [["a"]], "x" * 100_000),
    }
    for kind, values in kinds.items():
        for value in values:
            one = parameters.Parameter(kind, None)
            shown = parameters.shown(value).encode("ascii", "backslashreplace").decode()[:40]
            taken = kind == "int" and value == 2**70_000
            yield (
                f"{shown} as {kind}",
                "fits" if taken else "refused: …",
                partial(_problem, one, value),
            )
    for text in _code():
        yield f"the text {text!r:.40}", "arrives as the same text", partial(_injected, text)


def _code() -> tuple[str, ...]:
    return (
        *(
            '"; import os; os.system("id") #',
            "'; import os #",
            "\n    import os\n",
            "{area}",
            '"""',
        ),
        *(
            "\\",
            '\\"; import os',
            "__import__('os')",
            "${HOME}",
            "`id`",
            "{{7*7}}",
            "%(x)s",
            "\r\n",
        ),
        *("\u2028import os", "#eval(1)", "\ufeff", "f'{1}'", "</script>"),
    )


def _problem(one: parameters.Parameter, value: object, _folder: Path) -> str:
    said = parameters.problem("word", value, one, ROOT)
    assert said is None or (len(said) < 500 and said.isprintable())
    return "fits" if said is None else f"refused: {said}"


def _injected(text: str, _folder: Path) -> str:
    """What papermill writes into the notebook is one assignment of this very text."""
    from papermill.translators import PythonTranslator

    lines = ast.parse(PythonTranslator.codify({"word": text})).body
    same = len(lines) == 1 and ast.literal_eval(lines[0].value) == text
    return "arrives as the same text" if same else f"arrives as {ast.unparse(lines)}"


def _declared(content: str | bytes) -> Callable[[Path], str]:
    def run(folder: Path) -> str:
        path = folder / "a.ipynb"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return _refusal(ValueError, lambda: parameters.declared(path))

    return run


def _tagged(source: object) -> str:
    return json.dumps({"cells": [{"metadata": {"tags": ["parameters"]}, "source": source}]})


def _notebooks() -> Iterator[tuple]:
    none, python = "refused: … is not a notebook …", "refused: … is not Python"
    contents = {
        "nothing": "",
        "a list": "[]",
        "a number": "1",
        "no cells": "{}",
        "cells that are a number": '{"cells": 1}',
        "cells that are numbers": '{"cells": [1, 2]}',
        "tags that are a number": '{"cells": [{"metadata": {"tags": 1}, "source": ""}]}',
        "metadata that are a list": '{"cells": [{"metadata": [], "source": ""}]}',
        "a source that is a number": _tagged(1),
        "a source of numbers": _tagged([1, 2]),
        f"lists {DEEP:,} deep": "[" * DEEP,
        f"mappings {DEEP:,} deep": '{"cells":' * DEEP,
        "a number of 10,000 digits": "9" * 10_000,
        "bytes that are not UTF-8": b"\xff\xfe\xfa",
    }
    for name, content in contents.items():
        yield name, none, _declared(content)
    sources = {
        "a parameter that is no Python": ("a: int = ", python),
        "a parameter with NUL": ("a: int = 1\0", python),
        "brackets 100,000 deep": ("a: int = " + "(" * DEEP + ")" * DEEP, python),
        "a sum 100,000 long": ("a: int = " + "-" * DEEP + "1", "refused: …"),
        "code beside the parameters": ("import os", "refused: … it may only say …"),
        "a default that is code": ("a: int = __import__('os')", "refused: … not a plain value …"),
        "a default that is a list of all": (
            "a: int = [x for x in y]",
            "refused: … not a plain value …",
        ),
        "a type that is code": ("a: print(1) = 1", "refused: … has the type …"),
        "a name with a dot": ("a.b: int = 1", "refused: … it may only say …"),
        "a name in brackets": ("a[0]: int = 1", "refused: … it may only say …"),
        "a default of set and number": ("a: int = {1} + 1", "refused: … not a plain value …"),
        "a default of lists in a set": ("a: int = {[1]}", "refused: … not a plain value …"),
    }
    for name, (source, gets) in sources.items():
        yield name, gets, _declared(_tagged(source))


# ---- what a run left, read back


def _records() -> Iterator[tuple]:
    for name, content in (
        *(
            ("nothing", b""),
            ("half a record", b'{"outputs": {'),
            ("a list", b"[]"),
            ("null", b"null"),
        ),
        *(("a number", b"1"), ("lists 100,000 deep", b"[" * DEEP), ("not UTF-8", b"\xff\xfe\xfa")),
        *(("a number of 10,000 digits", b"9" * 10_000), ("NUL", bytes(100)), ("words", b"none")),
        ("mappings 100,000 deep", b'{"a":' * DEEP),
    ):
        yield f"a record of {name}", "as if there were none", partial(_read_record, content)
    for sha in (None, 1, [], {}, "../x"):
        yield f"a hash that is {sha!r}", "not the file", partial(_stands, sha)


def _read_record(content: bytes, folder: Path) -> str:
    path = folder / "run.json"
    path.write_bytes(content)
    return "as if there were none" if record.read_record(path) == {} else "taken"


def _stands(sha: object, folder: Path) -> str:
    path = folder / "a.pdf"
    path.write_bytes(b"%PDF")
    return "the file" if record.stands(path, sha) else "not the file"


def _executed() -> Iterator[tuple]:
    again = "refused: … is not an executed notebook; run it again …"
    for name, cells in (
        *(("cells that are a number", 1), ("cells that are numbers", [1]), ("no cells", None)),
        *(("a cell of no kind", [{}]), ("a cell without outputs", [{"cell_type": "code"}])),
        ("prose without a name", [{"cell_type": "markdown"}]),
        ("outputs that are numbers", [{"cell_type": "code", "outputs": [1]}]),
        ("an output of no kind", [{"cell_type": "code", "outputs": [{}]}]),
        ("an error without words", [{"cell_type": "code", "outputs": [{"output_type": "error"}]}]),
        ("data that are a list", [_output(data=[])]),
    ):
        yield f"a notebook with {name}", again, partial(_chapter, cells)
    stream = _output(output_type="stream", text="#eval(1)" * 1_000_000)
    yield "a stream of 8 MB", "refused: … has no H1…", partial(_chapter, [stream])
    web = _output(data={"text/html": "<script>", "application/javascript": "alert(1)"})
    yield "an output that is a program", "refused: … has no H1…", partial(_chapter, [web])
    prose = {"cell_type": "markdown", "id": "{0.__class__}", "source": "# Title"}
    yield (
        "prose named by a format",
        "taken: {'title': 'Title', 'blocks': []}",
        partial(_chapter, [prose]),
    )


def _output(**parts: object) -> dict:
    return {"cell_type": "code", "outputs": [{"output_type": "display_data"} | parts]}


def _chapter(cells: object, _folder: Path) -> str:
    return _refusal(press.PressError, lambda: press.chapter({"cells": cells}, "en", name="a"))


# ---- names of tables, and texts of the catalogue


def _names() -> Iterator[tuple]:
    told = "refused: there is no table …"
    doors = {
        "table": tables.read,
        "place": lambda name: tables.read("facts", place=name),
        "pack": lambda name: tables.read("standards", pack=name),
        "place with ledgers": office.ledgers,
    }
    for path in PATHS:
        for what, read in doors.items():
            if path or what == "table":
                run = lambda _folder, read=read, path=path: _refusal(  # noqa: E731
                    FileNotFoundError, lambda: read(path)
                )
                yield f"a {what} named {path!r:.40}", told, run


def _templates() -> Iterator[tuple]:
    for text in (
        *("{0.__class__}", "{a.__class__}", "{a[0]}", "{a!r}", "{0}", "{}", "{a.b:text}", "{a b}"),
        *("{__import__('os')}", "{a!s:text}", "{", "}", "{a:{b}}"),
    ):
        yield f"the text {text}", "refused: …", partial(_template, text)


def _template(text: str, _folder: Path) -> str:
    def check() -> None:
        for _, form in words.placeholders(text):
            words.cell("x", form, "en")

    return _refusal(ValueError, check)
