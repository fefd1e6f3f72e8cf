"""What is not in the language of a page is marked, so that a voice reads it as what it is."""

import re
from html import escape, unescape

LANGUAGES = {"zh": "zh-CN", "en": "en"}
_TEXT = re.compile(r"(?<=>)[^<]+")
_HAN = r"\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WIDE = r"\u3001-\u301f\uff01-\uff65"
# A run of Chinese keeps its numbers, its narrow commas and the x of what is blotted out.
_BETWEEN = r"(?:[^A-Za-z\s]|[Xx])*"
_WORD = r"[A-Za-z][A-Za-z'’-]*"
_FOREIGN = {
    "en": re.compile(rf"[{_WIDE}]{{0,2}}\d{{0,9}}[{_HAN}](?:{_BETWEEN}[{_HAN}{_WIDE}])?"),
    # Fewer Latin words than four are a name, a file or a command; more make a title or a sentence.
    "zh": re.compile(rf"(?<![A-Za-z0-9'’_./-]){_WORD}(?:[,;:.]?\s+(?:(?:\d+|&)\s+)?{_WORD}){{3,}}"),
}


def marked(html: str, language: str) -> str:
    """
    Mark the runs of the other language in what a page says.

    Parameters
    ----------
    html : str
        Elements whose texts and attributes are escaped.
    language : str
        "zh" or "en", that of the page.

    Returns
    -------
    str
        The same elements; around each run of the other language a `span` that names it.

    Examples
    --------
    >>> marked("<td>D10 累计退出5个村</td>", "en")
    '<td>D10 <span lang="zh-CN">累计退出5个村</span></td>'
    >>> marked("<p>来源：Statistics of rural poverty</p>", "zh")
    '<p>来源：<span lang="en">Statistics of rural poverty</span></p>'
    """
    other = LANGUAGES["en" if language == "zh" else "zh"]
    return _TEXT.sub(lambda text: _spanned(unescape(text[0]), _FOREIGN[language], other), html)


def _spanned(text: str, foreign: re.Pattern, other: str) -> str:
    said, done = [], 0
    for run in foreign.finditer(text):
        before, within = escape(text[done : run.start()]), escape(run[0])
        said.append(f'{before}<span lang="{other}">{within}</span>')
        done = run.end()
    return "".join([*said, escape(text[done:])])
