"""The typefaces of the briefs: files from installed wheels or from the user's folder, nothing else.

System fonts are never consulted: they differ from machine to machine, and a missing face would be
noticed only by the reader of the printed page.
"""

import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

WHEELS = {
    "serif": ("pylopdf_fonts_zh_cn", "NotoSerifSC-Regular.otf"),
    "sans": ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),
    "bold": ("noto_cjk_sans_jp_bold", "NotoSansCJKjp-Bold.otf"),
}


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
    drawn = {character for character in text if not character.isspace()}
    absent = drawn.difference(*(characters(faces()[role].path) for role in roles))
    if absent:
        named = ", ".join(f"{character!r} (U+{ord(character):04X})" for character in sorted(absent))
        raise ValueError(
            f"no typeface of the brief has {named}, needed in {text[:60]!r}; "
            "change the text or put a face that has it into the folder ANALYSIS_FONTS"
        )


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
