"""Class names and descriptions beside the items: one model puts both into one space, and cosines compare them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.media.base import MediaKind
from explorer.progress import Progress
from explorer.utils.text import are, listed

TEMPERATURE: dict[MediaKind, float] = {"text": 0.05, "image": 0.01}
"""What cosines are divided by to be log-odds: what such models are taught with. Sentence-transformers multiplies by
20 in its ranking loss; CLIP ends at 100, SigLIP near it."""

PHRASINGS: dict[MediaKind, tuple[str, ...]] = {
    "text": ("{}", "This is about {}.", "This text is {}.", "This is an example of {}."),
    "image": ("a photo of {}.", "a picture of {}.", "an image that shows {}."),
}
"""Ways to say a name: as a topic, as a property, as a kind. Their mean leans less on a wording than any one does."""

NEIGHBOURS = 20
"""Nearest items whose scores an item's own are averaged with: enough that their mean is steady, few enough that they
are like it."""

CELLS = 2**24
"""Most cells [rows, width] held at once."""

_LETTER = re.compile(r"[^\W\d_]")
_BLANK = re.compile(r"[\s_]+")


@runtime_checkable
class SharedSpace(Protocol):
    """An embedder whose model reads texts too, into the space of its items."""

    def reads_texts(self) -> bool:
        """Say whether this model does; without loading its weights."""
        ...

    def encode_texts(self, texts: Sequence[str], progress: Progress, /) -> NDArray[np.float32]:
        """Return float32 [len(texts), D] in the items' space; loads the model if that has not been done."""
        ...


@dataclass(frozen=True, eq=False)
class NameScores:
    """How well each class's name fits each item.

    Attributes
    ----------
    scores
        float32 [N, K]: mean cosine over the phrasings, divided by the temperature; half of it the neighbours'.
    model
        Name of the model.
    phrasings
        What stood for each class.
    """

    scores: NDArray[np.float32]
    model: str
    phrasings: tuple[tuple[str, ...], ...]


def unreadable(classes: Sequence[str], descriptions: Mapping[str, str]) -> str:
    """Say why names cannot stand for the classes, as one sentence; "" where they can.

    Examples
    --------
    >>> unreadable(["0", "1"], {})
    "The classes '0', '1' are called by no word: describe them (descriptions=)."
    >>> unreadable(["0", "1"], {"0": "a handwritten zero", "1": "a handwritten one"})
    ''
    """
    if len(classes) < 2:
        return "There is only one class, so its name tells nothing." if classes else "There are no classes."
    mute = [name for name in classes if not descriptions.get(name) and not _LETTER.search(name)]
    if mute:
        one = len(mute) == 1
        return (
            f"The class{'' if one else 'es'} {listed(mute)} {are(len(mute))} called by no word: describe "
            f"{'it' if one else 'them'} (descriptions=)."
        )
    return ""


def phrasings(classes: Sequence[str], descriptions: Mapping[str, str], kind: MediaKind) -> tuple[tuple[str, ...], ...]:
    """Return what stands for each class: ways to say its description, also with the name before it, or else the name.

    Examples
    --------
    >>> phrasings(["cat"], {}, "text"), phrasings(["0"], {"0": "a handwritten zero"}, "text")[0][:2]
    ((('cat', 'This is about cat.', 'This text is cat.', 'This is an example of cat.'),), \
('a handwritten zero', 'This is about a handwritten zero.'))
    """
    found = []
    for name in classes:
        said, about = _BLANK.sub(" ", name).strip(), descriptions.get(name, "")
        short = about.rstrip(". ") or said
        ways = [about if about and way == "{}" else way.format(short) for way in PHRASINGS[kind]]
        if about and kind == "text" and _LETTER.search(said):
            ways.append(f"{said}: {about}")
        found.append(tuple(ways))
    return tuple(found)


def encode(model: SharedSpace, said: Sequence[Sequence[str]], progress: Progress) -> NDArray[np.float32]:
    """Return a vector for each class: the mean of its phrasings at length 1, float32 [K, D].

    Raises
    ------
    DataError
        The model gives no finite numbers for a class.
    """
    flat = [text for texts in said for text in texts]
    vectors = np.asarray(model.encode_texts(flat, progress), dtype=np.float64)
    if not np.isfinite(vectors).all():
        bad = flat[int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])]
        raise DataError(f"The model gives no finite numbers for {bad!r}.", "Take another model, or other words.")
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    ends = np.cumsum([len(texts) for texts in said])
    means = [vectors[end - len(texts) : end].mean(axis=0) for texts, end in zip(said, ends, strict=True)]
    return np.asarray(means, dtype=np.float32)


def compare(vectors: NDArray[np.float32], names: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return the mean cosine of every item with every class's phrasings over the temperature, float32 [N, K].

    Parameters
    ----------
    vectors
        float32 [N, D]; a row that is not finite says nothing: 0 for all classes.
    names
        float32 [K, D], as of `encode`.

    Examples
    --------
    >>> items, names = np.eye(2, dtype=np.float32), np.array([[0.6, 0.8], [1, 0]], dtype=np.float32)
    >>> compare(items, names, 0.1).round(3).tolist()
    [[6.0, 10.0], [8.0, 0.0]]
    """
    if vectors.shape[1] != names.shape[1]:
        raise DataError(f"Items have {vectors.shape[1]} numbers and class names {names.shape[1]}: two spaces.")
    found = np.empty((len(vectors), len(names)), np.float32)
    step = max(1, CELLS // max(1, vectors.shape[1], len(names)))
    for start in range(0, len(vectors), step):
        some = vectors[start : start + step]
        length = np.maximum(np.linalg.norm(some, axis=1, keepdims=True), 1e-12)
        found[start : start + step] = (some / length) @ names.T / np.float32(temperature)
    found[~np.isfinite(found).all(axis=1)] = 0
    return found


def smoothed(
    scores: NDArray[np.float32], neighbours: NDArray[np.int32], heard: NDArray[np.bool_], progress: Progress
) -> NDArray[np.float32]:
    """Return each item's scores averaged with the mean of its neighbours', half and half, float32 [N, K].

    One item's cosine with a name leans on its wording; items that are near each other are mostly of one class. No label
    is read. One step of label propagation with the names as the labels.

    Parameters
    ----------
    scores
        float32 [N, K], as of `compare`.
    neighbours
        int32 [N, k]: positions of the nearest items.
    heard
        bool [N]: whose scores say something. The others keep theirs, and are nobody's neighbours.

    References
    ----------
    Zhou, Bousquet, Lal, Weston, Schölkopf: Learning with local and global consistency (NIPS 2003).
    Stojnić, Kalantidis, Tolias: Label propagation for zero-shot classification with vision-language models (CVPR 2024).

    Examples
    --------
    >>> scores = np.array([[4, 0], [2, 0], [0, 2]], np.float32)
    >>> smoothed(scores, np.array([[1, 2], [0, 2], [1, 0]], np.int32), np.ones(3, bool), Progress()).tolist()
    [[2.5, 0.5], [2.0, 0.5], [1.5, 1.0]]
    """
    found = scores.copy()
    step = max(1, CELLS // max(1, scores.shape[1]))
    for start in range(0, len(scores), step):
        near = neighbours[start : start + step]
        says = heard[near]
        count = says.sum(axis=1, dtype=np.float32)
        total = np.zeros((len(near), scores.shape[1]), np.float32)
        for slot in range(near.shape[1]):
            total += np.where(says[:, slot, None], scores[near[:, slot]], 0)
        rows = np.flatnonzero(heard[start : start + step] & (count > 0))
        found[start + rows] = (scores[start + rows] + total[rows] / count[rows, None]) / 2
        progress.check()
    return found
