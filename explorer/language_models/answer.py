"""What a language model answered, read strictly: a class, an abstention, or nothing that counts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from explorer.dataset.votes import ABSTAINS

Problem = Literal["", "declined", "unreadable", "no class"]
"""Why an answer is an abstention that the model did not say: it declined; it wrote no JSON; it named no class here."""

_BLOCK = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """A vote.

    Attributes
    ----------
    code
        Of the class; -1 for an abstention.
    confidence
        From 0 to 1; `None` where none was said that is such a number.
    problem
        Why the answer counts as an abstention, "" where it is one, or a vote.
    """

    code: int
    confidence: float | None = None
    problem: Problem = ""


def read_answer(text: str | None, codes: Mapping[str, int]) -> Answer:
    """Read the text that a model wrote.

    Parameters
    ----------
    text
        One JSON object, maybe in a block of Markdown; `None` where the model declined to answer.
    codes
        Class codes by name. What names none of them is an abstention: an item may have talked the model into it.

    Examples
    --------
    >>> codes = {"cat": 0, "dog": 1}
    >>> read_answer('{"label": "dog", "confidence": 0.9}', codes)
    Answer(code=1, confidence=0.9, problem='')
    >>> read_answer('{"label": "owner", "confidence": 1}', codes)
    Answer(code=-1, confidence=None, problem='no class')
    """
    if text is None:
        return Answer(ABSTAINS, problem="declined")
    block = _BLOCK.match(text)
    try:
        found = json.loads(block.group(1) if block else text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return Answer(ABSTAINS, problem="unreadable")
    if not isinstance(found, dict) or "label" not in found:
        return Answer(ABSTAINS, problem="unreadable")
    label = found["label"]
    if label is None:
        return Answer(ABSTAINS, _confidence(found.get("confidence")))
    if not isinstance(label, str):
        return Answer(ABSTAINS, problem="no class")
    code = codes.get(label, codes.get(label.strip()))
    if code is None:
        return Answer(ABSTAINS, problem="no class")
    return Answer(code, _confidence(found.get("confidence")))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says something twice: which of the two is meant, nobody knows."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _confidence(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value <= 1 else None
