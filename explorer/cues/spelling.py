"""Class names that are probably one name: another case, other blanks, accents, a plural, a slip of the pen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from explorer.tasks.classification import looks

REST = frozenset(
    [
        "other",
        "others",
        "unknown",
        "misc",
        "miscellaneous",
        "none",
        "rest",
        "unclear",
        "undefined",
        "unspecified",
        "unsure",
        "n/a",
        "na",
        "null",
        "nan",
        "nil",
        "todo",
        "tbd",
        "?",
        "-",
        "unlabelled",
        "unlabeled",
        "else",
        "various",
        "etc",
        "andere",
        "sonstige",
        "sonstiges",
        "autre",
        "autres",
        "otro",
        "otros",
    ]
)
"""Names that say what an item is not, or that nobody said what it is."""

_SIGNS = r"[\s_\-./'’]+"
_BETWEEN = re.compile(rf"(?<=[^\W\d]){_SIGNS}(?=\w)|(?<=\w){_SIGNS}(?=[^\W\d])|_+")
_NOT = re.compile(r"(?:no|not|non)(?:[\s_\-]+)(.+)")


def plain(name: str) -> str:
    """Return what is left of a name without case, blanks, accents, and signs between letters.

    >>> plain("Hot-Dog "), plain("hot_dog"), plain("Café"), plain("A-"), plain("C++"), plain("1-2")
    ('hotdog', 'hotdog', 'cafe', 'a-', 'c++', '1-2')
    """
    letters = unicodedata.normalize("NFKD", looks(name))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _BETWEEN.sub("", kept) or kept


def singular(name: str) -> str:
    """Return a plain name without the ending of an English plural.

    >>> singular("cats"), singular("berries"), singular("boxes"), singular("glass"), singular("bus")
    ('cat', 'berry', 'box', 'glass', 'bus')
    """
    if len(name) > 4 and name.endswith("ies"):
        return f"{name[:-3]}y"
    if len(name) > 4 and name.endswith(("xes", "ches", "shes", "sses", "zes")):
        return name[:-2]
    return name[:-1] if len(name) > 3 and name.endswith("s") and not name.endswith(("ss", "us", "is")) else name


def spellings(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the groups of names that are one name in other spellings, by what they have in common.

    Examples
    --------
    >>> spellings(["Dog", "dog ", "cats", "cat", "bird"])
    {'dog': [0, 1], 'cat': [2, 3]}
    """
    groups: dict[str, list[int]] = {}
    for code, name in enumerate(names):
        groups.setdefault(singular(plain(name)), []).append(code)
    return {common: codes for common, codes in groups.items() if len(codes) > 1}


def is_slip(one: str, other: str) -> bool:
    """Say whether two names differ by a slip of the pen: a letter more, less, another, or two exchanged.

    Of nine letters or more two slips will do. Digits must be equal: "class 11" is not "class 12".

    >>> is_slip("giraffe", "girafe"), is_slip("cat", "car"), is_slip("route 11", "route 12")
    (True, False, False)
    """
    a, b = plain(one), plain(other)
    if min(len(a), len(b)) < 5 or re.sub(r"\D", "", a) != re.sub(r"\D", "", b):
        return False
    return distance(a, b) <= (2 if min(len(a), len(b)) >= 9 else 1)


def distance(one: str, other: str) -> int:
    """Return how many letters must be put in, taken out, replaced or exchanged with the next (optimal alignment).

    References
    ----------
    Damerau: A technique for computer detection and correction of spelling errors (Communications of the ACM, 1964).

    >>> distance("teh", "the"), distance("kitten", "sitting")
    (1, 3)
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        last, before, row = before, row, [i + 1] + [0] * len(other)
        for j, against in enumerate(other):
            row[j + 1] = min(before[j + 1] + 1, row[j] + 1, before[j] + (letter != against))
            if i and j and letter == other[j - 1] and one[i - 1] == against:
                row[j + 1] = min(row[j + 1], last[j - 1] + 1)
    return row[-1]


def is_rest(name: str, names: Sequence[str] = ()) -> bool:
    """Say whether a name is one for what is left over: "other", "unknown", "not dog" where there is a dog.

    >>> is_rest("Other"), is_rest("other animals"), is_rest("not dog", ["dog"]), is_rest("not bad", ["good"])
    (True, True, True, False)
    """
    seen = looks(name)
    if seen in REST or seen.split(" ")[0].rstrip("_-") in ("other", "misc", "miscellaneous"):
        return True
    negated = _NOT.fullmatch(seen)
    return negated is not None and any(singular(plain(negated[1])) == singular(plain(each)) for each in names)
