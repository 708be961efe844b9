"""What can be measured of a text without knowing what it says."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

READ = 1_000
"""Characters by which the script of a text is told."""

NONE = "none"
"""Script of a text without letters."""


def script(text: str) -> str:
    """Return the script that most letters of a text are of, by the names that Unicode gives them.

    >>> script("good film"), script("хороший film"), script("好看的电影"), script("12:30")
    ('Latin', 'Cyrillic', 'CJK', 'none')
    """
    head = text[:READ]
    if head.isascii():
        return "Latin" if any(letter.isalpha() for letter in head) else NONE
    counts: dict[str, int] = {}
    for letter in head:
        if letter.isalpha():
            name = _script(letter)
            counts[name] = counts.get(name, 0) + 1
    return max(sorted(counts), key=lambda name: counts[name]) if counts else NONE


@lru_cache(maxsize=65_536)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, NONE).split(" ")[0]
    return name if name in ("CJK", NONE) else name.title()
