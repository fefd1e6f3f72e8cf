"""What a run says to whoever reads it, line by line, in the language of ANALYSIS_LANGUAGE."""

from analysis import exhibits, words


def language() -> str:
    """
    Tell in which language a run speaks.

    Returns
    -------
    str
        "zh" or "en"; "en" where ANALYSIS_LANGUAGE names neither.

    Examples
    --------
    >>> language() in words.LANGUAGES
    True
    """
    return exhibits.language() if exhibits.language() in words.LANGUAGES else "en"


def say(key: str, **values: object) -> str:
    """
    Say a line of the catalogue.

    Parameters
    ----------
    key : str
        Its key.
    **values
        What its placeholders ask for.

    Returns
    -------
    str
        The line.

    Raises
    ------
    ValueError
        If the catalogue has no such key, or asks for another value.

    Examples
    --------
    >>> say("run.seconds", number=40)
    '40 s'
    """
    return words.say(key, language(), **values)
