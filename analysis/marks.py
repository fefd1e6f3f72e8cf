"""The marks that a table carries with it: synthetic rows, and numbers that are not published."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

STATUS = "synthetic"
# Every code of a synthetic village, household, person or project starts so.
PREFIX = "SYN"
# Names that are shown end so, for a table of townships keeps no code.
SUFFIX = "（模拟）"
SUFFIXES = {"zh": SUFFIX, "en": " (synthetic)"}
# Column that names, row by row, the numbers not published, `;` between; it is not shown itself.
WITHHELD = "withheld"


def marked(frame: pd.DataFrame) -> pd.DataFrame:
    """
    Mark a frame as synthetic.

    Parameters
    ----------
    frame : DataFrame
        Any table.

    Returns
    -------
    DataFrame
        The same table, with ``attrs["status"]`` set to synthetic.

    Examples
    --------
    >>> import pandas as pd
    >>> marked(pd.DataFrame({"village": ["SYN001"]})).attrs["status"]
    'synthetic'
    """
    frame.attrs["status"] = STATUS
    return frame


def named(text: str, language: str) -> str:
    """
    Say in a language that what a name names is synthetic; the name itself is not translated.

    Parameters
    ----------
    text : str
        A name, or any text.
    language : str
        "zh" or "en".

    Returns
    -------
    str
        The text; the mark at its end, if it has one, in that language.

    Examples
    --------
    >>> named("上坪乡（模拟）", "en"), named("上坪乡", "en")
    ('上坪乡 (synthetic)', '上坪乡')
    """
    return text.removesuffix(SUFFIX) + SUFFIXES[language] if text.endswith(SUFFIX) else text


def is_made_up(source: str) -> bool:
    """
    Say whether a source is one that this project made up.

    Parameters
    ----------
    source : str
        Id of the list of sources.

    Returns
    -------
    bool
        True for the synthetic city and the synthetic county.

    Examples
    --------
    >>> is_made_up("synthetic_county"), is_made_up("speech")
    (True, False)
    """
    return source.startswith(f"{STATUS}_")


def is_synthetic(*frames: pd.DataFrame) -> bool:
    """
    Say whether any of the tables holds synthetic rows, by mark or by code.

    The mark on a frame is lost when pandas aggregates; the codes stay, in a file too.

    Parameters
    ----------
    *frames : DataFrame
        Tables, also ones that were read back from a file.

    Returns
    -------
    bool
        True when a frame is marked, or a text column or the index holds a synthetic code or
        name.

    Examples
    --------
    >>> import pandas as pd
    >>> is_synthetic(pd.DataFrame({"village": ["SYN001"]}), pd.DataFrame())
    True
    >>> is_synthetic(pd.DataFrame({"village": ["W01"]}))
    False
    """
    return any(frame.attrs.get("status") == STATUS or _has_code(frame) for frame in frames)


def carried(frame: pd.DataFrame, *origins: pd.DataFrame) -> pd.DataFrame:
    """
    Mark what was computed as synthetic where what it was computed from is.

    Parameters
    ----------
    frame : DataFrame
        A result.
    *origins : DataFrame
        The tables it was made from.

    Returns
    -------
    DataFrame
        The result, marked if any of its origins is synthetic.

    Examples
    --------
    >>> import pandas as pd
    >>> made_up = marked(pd.DataFrame({"task": ["T1"]}))
    >>> carried(pd.DataFrame({"tasks": [1]}), made_up).attrs["status"]
    'synthetic'
    """
    return marked(frame) if is_synthetic(*origins) else frame


def _has_code(frame: pd.DataFrame) -> bool:
    columns = frame.reset_index().select_dtypes(["object", "string", "category"])
    ends = tuple(SUFFIXES.values())
    return any(
        (texts.str.startswith(PREFIX) | texts.str.endswith(ends)).fillna(False).any()
        for texts in (columns[name].astype("string") for name in columns)
    )
