"""Words that give a label away: the z-statistic of each word and class, with a correction for as many as there are.

`explorer/cues/pages/words.md` has the formula, when to trust it and its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.cues.finding import Finding, worst_first
from explorer.errors import DataError
from explorer.utils.text import percentage

WORD = re.compile(r"\w\w+")
"""Words of a single letter are left out."""

READ = 5_000
"""Characters of a text that are read."""

FEWEST = 10
"""Texts that a word must be in: of fewer nothing is sure that matters."""

SURE = 0.05
"""Chance that any word at all is named where none has to do with the labels."""

HALFWAY = 0.5
"""How far the share of a class among the texts with a word must be on the way from chance to all of them."""

REACH = 0.2
"""Least share of the texts of a class that the word gives away beyond chance: the words of its matter share a class
among them, one that reaches so many alone is in the way."""

A_CLASS = 5
"""Words that are named of one class, those that give away most first."""


class Words(NamedTuple):
    """The different words of some texts.

    Attributes
    ----------
    vocabulary
        [V] the words.
    items, words
        int32 [M]: a text and a word in it, each pair once.
    """

    vocabulary: Sequence[str]
    items: NDArray[np.int32]
    words: NDArray[np.int32]


class Statistics(NamedTuple):
    """How each word goes with each class; only pairs with at least one text, P of them.

    Attributes
    ----------
    word, label
        int [P].
    texts, together
        int [P]: labelled texts with the word; those of them that carry the class.
    prior
        float64 [P]: share p0 of the class among all labelled texts.
    z
        float64 [P]: (p − p0) / sqrt(p0 (1 − p0) / texts), where p is together / texts.
    """

    word: NDArray[np.intp]
    label: NDArray[np.intp]
    texts: NDArray[np.int64]
    together: NDArray[np.int64]
    prior: NDArray[np.float64]
    z: NDArray[np.float64]


def words_of(texts: Iterable[str]) -> Words:
    """Return the different words of texts, in lower case; each text is read up to `READ` characters.

    Examples
    --------
    >>> found = words_of(["A good film", "", "good good"])
    >>> found.vocabulary, found.items.tolist(), found.words.tolist()
    (['good', 'film'], [0, 0, 2], [0, 1, 0])
    """
    number: dict[str, int] = {}
    items, words = [], []
    for item, text in enumerate(texts):
        here = list(dict.fromkeys(number.setdefault(word, len(number)) for word in WORD.findall(text[:READ].lower())))
        items.append(np.full(len(here), item, dtype=np.int32))
        words.append(np.array(here, dtype=np.int32))
    none = np.empty(0, dtype=np.int32)
    return Words(list(number), np.concatenate([none, *items]), np.concatenate([none, *words]))


def statistics(found: Words, labels: NDArray[np.int32], n_classes: int) -> Statistics:
    """Return the z-statistic of every word and class that occur together.

    Parameters
    ----------
    found
        The words of N texts.
    labels
        int32 [N]: class codes, -1 for none; texts without a label are left out.
    n_classes
        K.

    Raises
    ------
    DataError
        A word of a text that has no label entry, or a code that is no class.

    References
    ----------
    Gardner, Merrill, Dodge, Peters, Ross, Singh, Smith: Competency problems: on finding and removing artifacts in
    language data (EMNLP 2021).

    Examples
    --------
    >>> found = statistics(words_of(["good film", "good", "dull film", "dull"]), np.array([1, 1, 0, 0], np.int32), 2)
    >>> [round(float(z), 2) for z in found.z]
    [1.41, 0.0, 0.0, 1.41]
    """
    from scipy.sparse import csr_array

    n = len(labels)
    if len(found.items) and int(found.items.max()) >= n:
        raise DataError(f"There are {n:,} labels, and text {int(found.items.max()):,} has words.", "Align them.")
    if n and (labels.min() < -1 or labels.max() >= n_classes):
        raise DataError(f"Labels are class codes from 0 to {n_classes - 1}, or -1 for unlabelled.")
    known = labels >= 0
    total = int(known.sum())
    keep = known[found.items]
    items, words = found.items[keep], found.words[keep]
    ones = np.ones(len(items), dtype=np.int64)
    size = len(found.vocabulary), max(n_classes, 1)
    # Pairs that occur several times add up.
    table = csr_array((ones, (words, labels[items])), shape=size).tocoo()
    word, label, together = table.coords[0], table.coords[1], table.data.astype(np.int64)
    texts = np.bincount(words, minlength=size[0])[word]
    prior = np.bincount(labels[known], minlength=size[1])[label] / max(total, 1)
    spread = np.sqrt(prior * (1 - prior) / np.maximum(texts, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(spread > 0, (together / np.maximum(texts, 1) - prior) / spread, 0.0)
    return Statistics(word.astype(np.intp), label.astype(np.intp), texts, together, prior, z)


def word_cues(
    found: Words,
    labels: NDArray[np.int32],
    classes: Sequence[str],
    suspicion: NDArray[np.floating[Any]] | None = None,
) -> list[Finding]:
    """Return the words that give a class away by more than chance and by a size that matters.

    A word is named of a class where all of this holds: at least `FEWEST` labelled texts have it; the tail of the
    hypergeometric distribution (labels dealt anew among the texts), times the number of words and classes looked at,
    is at most `SURE`; the share of the class among the texts with the word is at least `HALFWAY` from chance to all;
    and beyond chance it reaches at least `REACH` of the class. The five that reach most are named of each class.

    Parameters
    ----------
    found
        The words of N texts, as `words_of` has them.
    labels
        int32 [N]: class codes, -1 for none.
    classes
        [K] names.
    suspicion
        float [N]: orders the items of a finding, highest first; by default by position.

    Returns
    -------
    list of Finding
        Those that reach most first; `items` are the texts with the word that carry the class. Figures: `class`,
        `items` with the word, `share` of them with the class, `expected` by chance, `reach`, `z`, `p_value`
        (corrected). Empty with fewer than two classes in use.

    Raises
    ------
    DataError
        As `statistics`.

    Examples
    --------
    >>> texts = ["plain film"] * 30 + ["plain film xyzzy"] * 30
    >>> labels = np.repeat([0, 1], 30).astype(np.int32)
    >>> [(one.name, one.figures["share"]) for one in word_cues(words_of(texts), labels, ["-", "+"])]
    [('“xyzzy” for +', 1.0)]
    """
    from scipy.stats import hypergeom

    s = statistics(found, labels, len(classes))
    total = int((labels >= 0).sum())
    of_class = np.round(s.prior * total)
    often = s.texts >= FEWEST
    looked_at = len(np.unique(s.word[often])) * len(np.unique(labels[labels >= 0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        lift = np.where(s.prior < 1, (s.together / np.maximum(s.texts, 1) - s.prior) / (1 - s.prior), 0.0)
        reach = lift * s.texts / np.maximum(of_class, 1)
    chosen = np.flatnonzero(often & (lift >= HALFWAY) & (reach >= REACH))
    p = hypergeom.sf(s.together[chosen] - 1, total, of_class[chosen].astype(np.int64), s.texts[chosen])
    corrected = np.minimum(1.0, p * looked_at)
    # Words of one reach in the order of the alphabet, so that nothing hangs on the order of the texts.
    rows = sorted(
        np.flatnonzero(corrected <= SURE).tolist(),
        key=lambda at: (-reach[chosen[at]], found.vocabulary[int(s.word[chosen[at]])], int(s.label[chosen[at]])),
    )
    named: dict[int, int] = {}
    made = []
    for at in rows:
        pair = int(chosen[at])
        code, word = int(s.label[pair]), int(s.word[pair])
        named[code] = named.get(code, 0) + 1
        if named[code] <= A_CLASS:
            having = found.items[found.words == word]
            items = worst_first(np.unique(having[labels[having] == code]), suspicion)
            told = found.vocabulary[word], classes[code], float(reach[pair]), float(corrected[at])
            made.append(_finding(*told, s, pair, items))
    return made


def _finding(
    word: str, name: str, reach: float, p_value: float, s: Statistics, pair: int, items: NDArray[np.intp]
) -> Finding:
    texts, together, prior = int(s.texts[pair]), int(s.together[pair]), float(s.prior[pair])
    share = together / texts
    chance = f"by chance it would be {percentage(prior)}"
    return Finding(
        "word",
        f"“{word}” for {name}",
        f"{together:,} of the {texts:,} texts with the word “{word}” are {name} ({percentage(share)}; {chance}).",
        "Where the word does not belong to the matter, a model learns it instead: take it out, or collect texts of "
        "other classes that have it.",
        f"It has the word “{word}”, and {percentage(share)} of the texts with it are {name} ({chance}).",
        items,
        {
            "class": name,
            "items": texts,
            "share": share,
            "expected": prior,
            "reach": reach,
            "z": float(s.z[pair]),
            "p_value": p_value,
        },
    )
