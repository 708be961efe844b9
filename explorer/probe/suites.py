"""Probe suites: items of known kinds that train along with the data, so that other items can be likened to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = ("typical", "atypical", "mislabelled", "corrupted", "out_of_distribution")
"""Names of the suites; a kind is a position here."""

MOST = 250
"""Most items of a suite."""

ONE_IN = 120
"""A suite has one item for so many labelled ones: the three that are added make 2.5 % more rows."""

LEAST = 10
"""Least items of a suite, where there are enough to choose from."""

KEPT = 0.25
"""Share of a corrupted vector's variance that is still its own."""


@dataclass(frozen=True, eq=False)
class Suites:
    """Items of known kinds that were trained along with the data, and how their training went.

    Attributes
    ----------
    kinds
        Names of the kinds.
    kind
        int8 [M]: the kind of each suite item.
    dynamics
        float16 [M, T, 2], as `Probe.dynamics`.
    """

    kinds: tuple[str, ...]
    kind: NDArray[np.int8]
    dynamics: NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Planted:
    """What is trained besides the data.

    Attributes
    ----------
    reference
        intp [R]: rows of the data that are suite items themselves, the typical and the atypical ones. They train
        already; a copy of them would only teach the probe twice what is rare.
    vectors
        float32 [M, D]: added rows.
    labels
        int32 [M]: their labels.
    fold
        int32 [M]: the fold that they are held out in. An altered copy shares its original's fold, so that no
        classifier that judges the original has seen the copy.
    kind
        int8 [R + M]: kinds of the reference rows, then of the added ones.
    """

    reference: NDArray[np.intp]
    vectors: NDArray[np.float32]
    labels: NDArray[np.int32]
    fold: NDArray[np.int32]
    kind: NDArray[np.int8]


def plant(
    x: NDArray[Any],
    y: NDArray[np.int32],
    fold: NDArray[np.int32],
    part: NDArray[np.intp],
    probs: NDArray[np.float32],
    seed: int,
) -> Planted | None:
    """Choose and make the items of every suite.

    All of them come from items whose held-out prediction agrees with their label, since a low probability alone would
    fill the atypical suite with the very errors that are sought. Typical and atypical are those that rank highest and
    lowest by that probability within their class; mislabelled are copies with a random other label; corrupted, copies
    of which half is noise of the data's own spread; out of distribution, random directions and shuffled coordinates,
    with somebody's label.

    Parameters
    ----------
    x
        float [N, D], in canonical order.
    y
        int32 [N]: labels.
    fold
        int32 [N]: the fold of every row; negative ones are never held out.
    part
        Rows that the suites are drawn from.
    probs
        float32 [len(part), K]: held-out probabilities of these rows.
    seed
        Of the draws.

    Returns
    -------
    Planted or None
        `None` where fewer than two classes, or too few items that the probe gets right, are there to draw from.
    """
    right = (probs.argmax(axis=1) == y[part]) & (fold[part] >= 0)
    pool, own = part[right], probs[right, y[part[right]]]
    classes = np.unique(y[fold >= 0])
    size = min(MOST, max(LEAST, int((y >= 0).sum()) // ONE_IN), len(pool) // 4)
    if len(classes) < 2 or not size:
        return None
    rng = np.random.default_rng([seed, len(KINDS)])
    ladder = _by_typicality(own, y[pool])
    typical = rng.choice(ladder[len(ladder) // 2 :], size, replace=False)
    mislabelled, corrupted, shuffled, somebody = (rng.choice(pool, size, replace=False) for _ in range(4))
    place = np.searchsorted(classes, y[mislabelled])
    wrong = classes[(place + rng.integers(1, len(classes), size)) % len(classes)]
    sample = np.asarray(x[part], dtype=np.float32)
    middle, spread = sample.mean(axis=0), sample.std(axis=0)
    noise = rng.standard_normal((size, x.shape[1]), dtype=np.float32) * spread
    near = np.asarray(x[corrupted], dtype=np.float32) - middle
    far = rng.permuted(np.asarray(x[shuffled], dtype=np.float32) - middle, axis=1)
    half = size // 2
    direction = rng.standard_normal((half, x.shape[1]), dtype=np.float32)
    length = np.linalg.norm(far[:half], axis=1, keepdims=True)
    far[:half] = direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-12) * length
    vectors = [
        np.asarray(x[mislabelled], dtype=np.float32),
        middle + np.sqrt(np.float32(KEPT)) * near + np.sqrt(np.float32(1 - KEPT)) * noise,
        middle + far,
    ]
    return Planted(
        reference=pool[np.concatenate([typical, ladder[:size]])],
        vectors=np.concatenate(vectors).astype(np.float32),
        labels=np.concatenate([wrong, y[corrupted], y[somebody]]).astype(np.int32),
        fold=np.concatenate([fold[mislabelled], fold[corrupted], np.arange(size) % (fold.max() + 1)]).astype(np.int32),
        kind=np.repeat(np.arange(len(KINDS), dtype=np.int8), size),
    )


def _by_typicality(own: NDArray[np.float32], labels: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the order from the least to the most typical: by rank within the class, then by probability."""
    order = np.lexsort((own, labels))
    counts = np.bincount(labels)
    first = np.cumsum(counts) - counts
    rank = np.empty(len(own))
    rank[order] = np.arange(len(own)) - first[labels[order]]
    return np.lexsort((own, (rank + 0.5) / counts[labels]))
