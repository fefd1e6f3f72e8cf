"""The typefaces of the briefs: files from installed wheels or from the user's folder, nothing else.

System fonts are never consulted: they differ from machine to machine, and a missing face would be
noticed only by the reader of the printed page.
"""

import os
import unicodedata
from collections.abc import Mapping, Set
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

WHEELS = {
    "serif": ("pylopdf_fonts_zh_cn", "NotoSerifSC-Regular.otf"),
    "sans": ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),
    "bold": ("noto_cjk_sans_jp_bold", "NotoSansCJKjp-Bold.otf"),
}
# What the page may set besides what it is given: Latin, dashes and list markers, numbers.
ALWAYS = "".join(map(chr, [*range(0x20, 0x7F), *range(0x2010, 0x2028)])) + "一二三四五六七八九十"
ASCII = bytes(range(128))
# Latin letters, and signs that GB 2312 lacks.
LATIN_AND_SIGNS = frozenset((*range(0x20, 0x250), *range(0x2000, 0x2300)))
# What the page asks of a face by name; what is done unasked, such as kerning, is always kept.
FEATURES = ("pwid",)


class Face(NamedTuple):
    """One typeface: the file and the name of the family inside it."""

    path: Path
    family: str


def faces() -> dict[str, Face]:
    """
    Find the faces of the briefs: serif for prose, sans for charts and tables, bold for headings.

    A folder named in the environment variable ANALYSIS_FONTS may hold files called serif, sans or
    bold (.otf or .ttf); they take the place of those in the wheels.

    Returns
    -------
    dict of str to Face
        The three faces.

    Raises
    ------
    ValueError
        If a file is missing or is not a font.

    Examples
    --------
    >>> faces()["sans"].family
    'Noto Sans SC'
    """
    return {role: Face(path, _family(path)) for role, path in paths().items()}


def paths() -> dict[str, Path]:
    """
    Find the files of the faces without opening them.

    Returns
    -------
    dict of str to Path
        Role of the face to its file.

    Raises
    ------
    ValueError
        If a file is missing.

    Examples
    --------
    >>> sorted(paths())
    ['bold', 'sans', 'serif']
    """
    folder = os.environ.get("ANALYSIS_FONTS")
    return {role: _own(role, folder) or _from_wheel(role) for role in WHEELS}


def check_glyphs(text: str, roles: tuple[str, ...] = ("sans",)) -> None:
    """
    Refuse a text that the faces cannot draw.

    Parameters
    ----------
    text : str
        What will be drawn.
    roles : tuple of str
        The faces that may draw it.

    Raises
    ------
    ValueError
        If a character is in none of the faces; each is named.

    Examples
    --------
    >>> check_glyphs("贫困发生率 5.42%")
    """
    # Of what Python takes for a space, some ends a page or a line, and no drawing may hold it.
    drawn = {c for c in set(text) - set("\t\n\r") if unicodedata.category(c) != "Zs"}
    absent = drawn.difference(*(characters(faces()[role].path) for role in roles))
    if absent:
        named = ", ".join(f"{character!r} (U+{ord(character):04X})" for character in sorted(absent))
        raise ValueError(
            f"no typeface of the brief has {named}, needed in {text[:60]!r}; "
            "change the text or put a face that has it into the folder ANALYSIS_FONTS"
        )


def cut(text: str, folder: Path) -> dict[str, Path]:
    """
    Write the faces into a folder with no more in them than a text needs.

    The whole faces hold 30,000 characters and more, and a page that is set reads through them
    thousands of times; a brief needs about 1,500. The pages are the same.

    Parameters
    ----------
    text : str
        All that will be set, in any order.
    folder : Path
        Where the files are to be.

    Returns
    -------
    dict of str to Path
        Role of the face to its file.

    Raises
    ------
    ValueError
        If a file is missing or is not a font.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sorted(characters(cut("贫困", Path(folder))["sans"]) - set(ALWAYS))
    ['困', '贫']
    """
    # Nearly all of a brief is the paths of its charts, in letters that are always kept.
    rest = text.encode(errors="ignore").translate(None, ASCII).decode()
    drawn = {*map(ord, {*rest, *ALWAYS})}
    written = {}
    for role, path in paths().items():
        written[role] = folder / f"{role}{path.suffix}"
        written[role].write_bytes(_subset(path, drawn))
    return written


@cache
def everyday(path: Path):
    """
    Cut a face once to what nearly every brief stays within, so that each is cut from less.

    Parameters
    ----------
    path : Path
        The font file.

    Returns
    -------
    uharfbuzz.Face
        The face with GB 2312, Latin letters and signs, as far as the file has them.

    Raises
    ------
    ValueError
        If the file is not a font.

    Examples
    --------
    >>> everyday(paths()["sans"]).glyph_count < 10_000
    True
    """
    import uharfbuzz  # noqa: PLC0415 - not needed when nothing has changed

    return uharfbuzz.Face(uharfbuzz.Blob(_kept(_face(path), _everyday_characters())))


@cache
def characters(path: Path) -> frozenset[str]:
    """
    List the characters that a font file can draw.

    Parameters
    ----------
    path : Path
        The font file.

    Returns
    -------
    frozenset of str
        The characters.

    Raises
    ------
    ValueError
        If the file is not a font.

    Examples
    --------
    >>> "贫" in characters(paths()["sans"])
    True
    """
    return frozenset(advances(path))


@cache
def advances(path: Path) -> Mapping[str, float]:
    """
    Tell how wide a font file draws each character.

    Parameters
    ----------
    path : Path
        The font file.

    Returns
    -------
    mapping of str to float
        Character to its width in parts of the size of the type, 0 or more.

    Raises
    ------
    ValueError
        If the file is not a font.

    Examples
    --------
    >>> advances(paths()["sans"])["贫"]
    1.0
    """
    with _open(path) as font:
        widths, size = font["hmtx"].metrics, font["head"].unitsPerEm
        return {chr(code): widths[name][0] / size for code, name in font.getBestCmap().items()}


def _subset(path: Path, drawn: Set[int]) -> bytes:
    face = everyday(path) if drawn <= _everyday_characters() else _face(path)
    return _kept(face, drawn)


def _face(path: Path):
    import uharfbuzz  # noqa: PLC0415 - not needed when nothing has changed

    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
    if face.glyph_count == 0:
        raise ValueError(f"{path} is not a font file; replace it")
    return face


@cache
def _everyday_characters() -> frozenset[int]:
    """List what nearly every brief stays within: GB 2312, Latin letters and signs."""
    places = (bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    listed = "".join(place.decode("gb2312", "ignore") for place in places)
    return LATIN_AND_SIGNS.union(map(ord, listed))


def _kept(face, drawn: Set[int]) -> bytes:
    """Keep what draws some characters, with the typographic features of the page."""
    import uharfbuzz  # noqa: PLC0415

    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.set(drawn)
    wanted.layout_feature_tag_set.update(int.from_bytes(tag.encode()) for tag in FEATURES)
    # What a face keeps once for several characters is written out: who reads it is spared the way.
    # Hints are for screens of few dots; paper does not ask for them.
    flags = uharfbuzz.SubsetFlags
    wanted.flags |= flags.CFF_IDENTITY_CHARSET | flags.DESUBROUTINIZE | flags.NO_HINTING
    return uharfbuzz.subset(face, wanted).blob.data


@cache
def _family(path: Path) -> str:
    with _open(path) as font:
        return font["name"].getBestFamilyName()


def _open(path: Path):
    from fontTools.ttLib import TTFont, TTLibError  # noqa: PLC0415 - heavy, and often not needed

    try:
        return TTFont(path, lazy=True)
    except TTLibError:
        raise ValueError(f"{path} is not a font file; replace it") from None


def _own(role: str, folder: str | None) -> Path | None:
    if folder is None:
        return None
    if not Path(folder).is_dir():
        raise ValueError(f"the font folder {folder} (ANALYSIS_FONTS) does not exist")
    found = sorted(path for path in Path(folder).iterdir() if path.stem.lower() == role)
    return found[0] if found else None


def _from_wheel(role: str) -> Path:
    package, name = WHEELS[role]
    try:
        path = Path(str(files(package))) / name
    except ModuleNotFoundError:
        path = None
    if path is None or not path.is_file():
        raise ValueError(
            f"the {role} typeface {name} is missing; install the package "
            f"{package.replace('_', '-')}, or put {role}.otf into the folder ANALYSIS_FONTS"
        )
    return path
