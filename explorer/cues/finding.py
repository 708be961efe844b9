"""What a look at the whole has found: a sentence with what to do about it, its figures, and the items that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHOWN = 50
"""Items of a finding that a list of examples has."""

MOST = 0.2
"""Largest share of all items that are examples of anything."""


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    kind
        What it is, such as "word" or "spelling".
    name
        Tells it from all others, and names it in a table.
    sentence
        It in plain words.
    remedy
        What to do about it, in a sentence.
    reason
        Why an item is an example of it, in a sentence.
    items
        intp [M]: positions of all items that show it, the clearest first.
    figures
        Numbers and texts by name, alike for all of a kind.
    """

    kind: str
    name: str
    sentence: str
    remedy: str
    reason: str
    items: NDArray[np.intp]
    figures: Mapping[str, float | int | str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.sentence} {self.remedy}"


def examples(findings: Sequence[Finding], n: int) -> list[tuple[Finding, NDArray[np.intp]]]:
    """Return some items of each finding, the clearest first: at most `SHOWN`, and of n items no more than `MOST`.

    An item is the example of the first finding that has it.

    Examples
    --------
    >>> one = Finding("word", "xyz", "A word.", "Look.", "It has it.", np.arange(400))
    >>> [len(items) for _, items in examples([one], 1000)], [len(items) for _, items in examples([one], 40)]
    ([50], [8])
    """
    room = int(MOST * n)
    each = min(SHOWN, max(1, room // max(1, len(findings))))
    taken: set[int] = set()
    found = []
    for one in findings:
        new = [item for item in one.items.tolist() if item not in taken][: min(each, max(room - len(taken), 0))]
        taken.update(new)
        found.append((one, np.array(new, dtype=np.intp)))
    return found


def names(values: Sequence[str], limit: int = 3) -> str:
    """Write names with commas and quotes, those beyond `limit` as a number.

    >>> names(["a", "b", "c", "d"])
    '“a”, “b”, “c” and 1 more'
    """
    more = f" and {len(values) - limit:,} more" if len(values) > limit else ""
    return ", ".join(f"“{value}”" for value in values[:limit]) + more


def worst_first(items: NDArray[np.integer[Any]], suspicion: NDArray[np.floating[Any]] | None) -> NDArray[np.intp]:
    """Return positions in the order of a suspicion float [N], highest first; as they are without one."""
    at = np.asarray(items, dtype=np.intp)
    if suspicion is None or not len(at):
        return at
    return at[np.argsort(-np.nan_to_num(suspicion[at], nan=-1.0), kind="stable")]
