"""Words of a text that speak for one class and against another, by the labels as they are now.

The measure is the log-odds ratio with an informative Dirichlet prior over its standard error (Monroe, Colaresi & Quinn,
"Fightin' Words", Political Analysis 2008). The prior is the whole dataset's own words. A word counts once a text. It
says which words differ between two classes; it is no part of `p_error`, and no model went by it.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.errors import UnreadableItem
from explorer.review.by_class import ByClass

log = logging.getLogger("explorer")

WORD = re.compile(r"\w\w+")
"""Words of a single letter are left out."""
READ = 5_000
"""Characters of a text that are counted."""
PRIOR = 0.1
"""Weight of the prior: so many times the words of the whole dataset."""
SURE = 1.96
"""A word is marked from so many standard errors on."""
TWICE = np.log(2)
"""And from this log-odds ratio on: of the commonest words a difference is sure that tells nobody anything."""
MOST = 8
"""Words that are marked in a text; all their places are."""
BATCH = 200
"""Texts after which the counting lets others have the processor."""


@dataclass(frozen=True)
class Words:
    """The different words of every text.

    Attributes
    ----------
    number
        The number of each word.
    items, words
        int32 [M]: a text and a word in it, each pair once.
    everywhere
        int64 [V]: how many texts each word is in.
    """

    number: dict[str, int]
    items: NDArray[np.int32]
    words: NDArray[np.int32]
    everywhere: NDArray[np.int64]


class WordOdds:
    """Counts the words of a dataset of texts on a thread, once, and marks those that tell.

    Examples
    --------
    >>> import explorer
    >>> texts = [f"{word} film {n}" for n in range(40) for word in ("good", "dull")]
    >>> dataset = explorer.read(texts, label=["+", "-"] * 40)
    >>> odds = WordOdds(dataset)
    >>> odds.wait()
    >>> odds.marks(dataset.given, 0, "a dull film", of=1, against=0)
    [(2, 6)]
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._words: Words | None = None
        self._counts = ByClass(self._count)
        self._thread = threading.Thread(target=self._work, name="explorer-words", daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the words are counted, or so long."""
        self._thread.join(seconds)

    def marks(
        self, codes: NDArray[np.int32], item: int, text: str, *, of: int, against: int
    ) -> list[tuple[int, int]] | None:
        """Return the places of the words of `text` that speak most for one class against another.

        The item's own label is left out of the counts.

        Returns
        -------
        list of (start, end), or None
            Half open, in UTF-16 units as browsers count them, ascending; `None` while the words are not counted yet.
        """
        words = self._words
        if words is None:
            return None
        found = [(match[0].lower(), match.span()) for match in WORD.finditer(text)]
        known = sorted({words.number[word] for word, _ in found if word in words.number})
        if not known:
            return []
        chosen = np.array(known)
        own = np.isin(chosen, words.words[_span(words.items, item)])
        ratio, error = _log_odds(
            self._of(codes, of, chosen, own if codes[item] == of else None),
            self._of(codes, against, chosen, own if codes[item] == against else None),
            words.everywhere[chosen],
            int(words.everywhere.sum()),
        )
        best = chosen[np.argsort(-ratio / error, kind="stable")[:MOST]]
        sure = chosen[(ratio >= SURE * error) & (ratio >= TWICE)]
        telling = {int(word) for word in np.intersect1d(best, sure)}
        places = [span for word, span in found if words.number.get(word) in telling]
        return _utf16(text, places)

    def _of(
        self, codes: NDArray[np.int32], label: int, chosen: NDArray[np.intp], own: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.float64], float]:
        counts = self._counts.of(codes, label)
        some, total = counts[chosen].astype(np.float64), float(counts.sum())
        return (some, total) if own is None else (some - own, total - float(own.sum()))

    def _count(self, members: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Count in how many texts of a class each word is, int64 [V]."""
        words = self._words
        assert words is not None
        return np.bincount(words.words[members[words.items]], minlength=len(words.everywhere))

    def _work(self) -> None:
        try:
            self._words = _read(self.dataset)
        except Exception:
            log.exception("The words of the texts could not be counted; cards mark none.")


def _read(dataset: Dataset) -> Words:
    number: dict[str, int] = {}
    lengths, parts = np.zeros(len(dataset), dtype=np.int64), []
    for item in range(len(dataset)):
        if item % BATCH == 0:
            time.sleep(0.001)
        try:
            text = str(dataset.load(item))[:READ]
        except UnreadableItem:
            continue
        here = {number.setdefault(word, len(number)) for word in WORD.findall(text.lower())}
        lengths[item] = len(here)
        parts.append(np.fromiter(here, dtype=np.int32, count=len(here)))
    words = np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)
    items = np.repeat(np.arange(len(dataset), dtype=np.int32), lengths)
    return Words(number, items, words, np.bincount(words, minlength=len(number)))


def _span(items: NDArray[np.int32], item: int) -> slice:
    return slice(int(np.searchsorted(items, item)), int(np.searchsorted(items, item, side="right")))


def _log_odds(
    of: tuple[NDArray[np.float64], float],
    against: tuple[NDArray[np.float64], float],
    everywhere: NDArray[np.int64],
    total: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each word's log-odds ratio between two classes, and its standard error, float64 [n] both."""
    prior, weight = PRIOR * everywhere, PRIOR * total
    (a, n_a), (b, n_b) = of, against
    ratio = np.log((a + prior) / (n_a + weight - a - prior)) - np.log((b + prior) / (n_b + weight - b - prior))
    return ratio, np.sqrt(1 / (a + prior) + 1 / (b + prior))


def _utf16(text: str, places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return places in a text as browsers count them, where a character beyond the first plane is two."""
    if text.isascii():
        return list(places)
    at = np.concatenate([[0], np.cumsum([1 + (ord(letter) > 0xFFFF) for letter in text])])
    return [(int(at[start]), int(at[end])) for start, end in places]
