"""One answer for each question of a brief, gathered from its chapters; the cover shows the same."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import exhibits, marks, words

if TYPE_CHECKING:
    import pandas as pd

ENDS = {"zh": re.compile("(?<=。)"), "en": re.compile(r"(?<=\.)\s+(?=[A-Z0-9])")}
ROOT = Path(os.environ.get("ANALYSIS_ROOT", Path(__file__).resolve().parents[1]))


def chosen(findings: Sequence[Mapping]) -> list[Mapping | None]:
    """
    Choose the finding that answers each question.

    A finding about the place goes before one about a synthetic city, and an earlier chapter
    before a later one.

    Parameters
    ----------
    findings : sequence of mapping
        Findings in the order of the chapters, each with `answer` (1 to 8, or None) and `synthetic`.

    Returns
    -------
    list of mapping or None
        One for each question, None where no chapter answers it.

    Examples
    --------
    >>> told = chosen([{"answer": 1, "synthetic": True}, {"answer": 1, "synthetic": False}])
    >>> told[0]["synthetic"], told[1]
    (False, None)
    """
    ranked = sorted(findings, key=lambda finding: finding["synthetic"])
    first = {finding["answer"]: finding for finding in reversed(ranked)}
    return [first.get(question) for question in exhibits.QUESTIONS]


def first_sentence(text: str, language: str) -> str:
    """
    Give the first sentence of a finding.

    Parameters
    ----------
    text : str
        One or more sentences.
    language : str
        "zh" or "en".

    Returns
    -------
    str
        Up to the first full stop; in English one that a space and a capital or a digit follow.

    Examples
    --------
    >>> first_sentence("It ends at 5.42 %. More is not said.", "en")
    'It ends at 5.42 %.'
    >>> first_sentence("为5.42%。其余未说明。", "zh")
    '为5.42%。'
    """
    return ENDS[language].split(text, maxsplit=1)[0]


def answers(brief: str = "") -> pd.DataFrame:
    """
    Gather the answers of chapters that were run.

    Parameters
    ----------
    brief : str
        Name of a brief that was made; the stored notebooks, if empty.

    Returns
    -------
    DataFrame
        One row a question: ``number``, ``question`` and ``said`` in each language, ``nature``
        (of the number) and ``sureness`` as keys of the catalogue, ``chapter``.

    Raises
    ------
    FileNotFoundError
        No chapter of such a brief; the message names the briefs there are.

    Examples
    --------
    >>> answers()["number"].tolist()
    [1, 2, 3, 4, 5, 6, 7, 8]
    """
    told = [finding for path in _chapters(brief) for finding in _findings(path)]
    import pandas as pd  # noqa: PLC0415 - the press chooses answers too, and needs no frames

    rows = zip(exhibits.QUESTIONS, chosen(told), strict=True)
    return pd.DataFrame([_answered(number, finding) for number, finding in rows])


def counts(answers: pd.DataFrame) -> dict[str, int]:
    """
    Count how many questions are answered about the place, on synthetic data only, or not at all.

    Parameters
    ----------
    answers : DataFrame
        What `answers` gives.

    Returns
    -------
    dict
        ``questions, answered, synthetic, silent``.

    Examples
    --------
    >>> import pandas as pd
    >>> counts(pd.DataFrame({"nature": ["status.observed", "status.synthetic", None]}))
    {'questions': 3, 'answered': 1, 'synthetic': 1, 'silent': 1}
    """
    silent, made_up = answers["nature"].isna(), answers["nature"].eq(f"status.{marks.STATUS}")
    return {
        "questions": len(answers),
        "answered": int((~silent & ~made_up).sum()),
        "synthetic": int(made_up.sum()),
        "silent": int(silent.sum()),
    }


def _chapters(brief: str) -> list[Path]:
    made = ROOT / "reports" / "generated"
    known = sorted(path.parent.name for path in made.glob("*/chapters"))
    if brief and brief not in known:
        named = ", ".join(known) or "none yet"
        raise FileNotFoundError(f"no brief {brief!r} was made; there is: {named}; run make briefs")
    folder = made / brief / "chapters" if brief else ROOT / "notebooks"
    return [path for path in sorted(folder.glob("[0-9]*.ipynb")) if not path.stem.startswith("00")]


def _findings(path: Path) -> Iterable[dict[str, object]]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            content = output.get("data", {}).get(exhibits.MIME, {})
            if content.get("kind") == "finding" and content["answer"]:
                made_up = content["status"] == marks.STATUS
                yield content | {"chapter": path.stem, "synthetic": made_up}


def _answered(number: int, finding: Mapping | None) -> dict[str, object]:
    said = finding or {"text": _in_each("summary.unanswered"), "confidence": None}
    return {
        "number": number,
        **{f"question_{each}": text for each, text in _in_each(f"question.{number}").items()},
        **{f"said_{each}": first_sentence(text, each) for each, text in said["text"].items()},
        "nature": f"status.{said['status']}" if finding else None,
        "sureness": f"confidence.{said['confidence'] or 'cannot_tell'}",
        "chapter": said.get("chapter"),
    }


def _in_each(key: str) -> dict[str, str]:
    return {language: words.say(key, language) for language in words.LANGUAGES}
