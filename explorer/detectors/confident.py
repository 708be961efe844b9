"""Confident learning: how many items of each class are really of another, from out-of-fold probabilities."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import detector
from explorer.progress import Progress

CELLS = 2**22
"""Most cells [rows, K] held at once."""


@dataclass(frozen=True, eq=False)
class NoiseEstimate:
    """How given and true labels go together.

    Attributes
    ----------
    thresholds
        float64 [K]: mean probability of a class over the items that carry it; infinite for a class that none carries.
    joint
        float64 [K, K]: estimated share of items with given label a (row) and true label b (column); sums to 1.
    """

    thresholds: NDArray[np.float64]
    joint: NDArray[np.float64]

    @property
    def noise(self) -> float:
        """Estimated share of wrong labels."""
        return float(1 - np.trace(self.joint))


def estimate(probs: NDArray[np.float32], labels: NDArray[np.int32], n_classes: int) -> NoiseEstimate:
    """Estimate the joint distribution of given and true labels.

    An item is counted at the most probable class among those whose probability reaches the class's threshold. Rows of
    the counts are scaled to the number of items of each given class. Unlabelled items take no part.
    """
    rows = np.flatnonzero(labels >= 0)
    given, p = labels[rows], probs[rows]
    members = np.bincount(given, minlength=n_classes)
    own = np.bincount(given, p[np.arange(len(rows)), given], minlength=n_classes)
    thresholds = np.where(members > 0, own / np.maximum(members, 1), np.inf)
    confident = np.where(p >= thresholds - 1e-6, p, -1)  # the margin keeps a class of one item confident of itself
    best = confident.argmax(axis=1)
    counted = confident[np.arange(len(rows)), best] >= 0
    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (given[counted], best[counted]), 1)
    # A class none of whose items is confident of anything is taken as it is given.
    empty = counts.sum(axis=1) == 0
    counts[empty, empty] = 1
    joint = counts / counts.sum(axis=1, keepdims=True) * members[:, None]
    return NoiseEstimate(thresholds, joint / max(1, joint.sum()))


@detector
class Confident:
    """Suspicion is 1 − the probability of the given label (self-confidence); flags are pruned by noise rate.

    For every pair of classes a, b as many items of a are flagged as the joint says are really b: those with the
    largest P_b − P_a.

    References
    ----------
    Northcutt, Jiang, Chuang: Confident learning: estimating uncertainty in dataset labels (JAIR 2021).
    """

    name = "confident"
    issue = "label"
    needs: frozenset[Need] = frozenset({"probs"})
    weight = 1.0
    floor = 1e-4

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Estimate the noise, then score and flag."""
        assert inputs.probs is not None
        noise = estimate(inputs.probs, inputs.labels, inputs.n_classes)
        cuts = _cuts(inputs, noise)
        block = max(1, CELLS // max(1, inputs.n_classes))
        parts = [
            _judge(inputs, np.arange(start, min(start + block, inputs.n)), cuts) for start in range(0, inputs.n, block)
        ]
        score, margin, flags = (np.concatenate(column) for column in zip(*parts, strict=True))
        best = inputs.probs.argmax(axis=1).astype(np.int32)
        return Result(score, best, flags, columns={"margin": margin}, frozen={"noise": noise, "cuts": cuts})

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Score the changed items again: each reads its own label alone. Noise estimate and cuts stay as they were."""
        assert result.flags is not None
        score, margin, flags = result.score.copy(), result.columns["margin"].copy(), result.flags.copy()
        score[changed], margin[changed], flags[changed] = _judge(inputs, changed, result.frozen["cuts"])
        return replace(result, score=score, flags=flags, columns={"margin": margin})

    def opinion(self, inputs: Inputs, _result: Result, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the probabilities."""
        assert inputs.probs is not None
        return inputs.probs[rows]

    def explain(self, item: int, inputs: Inputs, _result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say what the model holds the item for: "gives 7 a probability of .93"."""
        assert inputs.probs is not None
        p, given = inputs.probs[item], int(inputs.labels[item])
        best = int(p.argmax())
        text = f"gives {classes[best]} a probability of {_short(p[best])}"
        if given >= 0 and best != given:
            text += f", {classes[given]} {_short(p[given])}"
        return [Reason("model", text, float(p[best]))]


def _cuts(inputs: Inputs, noise: NoiseEstimate) -> NDArray[np.float64]:
    """Return for each pair the least P_b − P_a at which an item of a is flagged as b; infinite where none is."""
    assert inputs.probs is not None
    k = inputs.n_classes
    cuts = np.full((k, k), np.inf)
    wanted = np.round(noise.joint * inputs.labelled.sum()).astype(int)
    for a in range(k):
        rows = np.flatnonzero(inputs.labels == a)
        for b in np.flatnonzero(wanted[a]):
            if b == a:
                continue
            gap = inputs.probs[rows, b] - inputs.probs[rows, a]
            n = min(wanted[a, b], len(rows))
            cuts[a, b] = np.partition(gap, len(rows) - n)[len(rows) - n]
    return cuts


def _judge(
    inputs: Inputs, rows: NDArray[np.intp], cuts: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return 1 − self-confidence, margin and flag of some items."""
    assert inputs.probs is not None
    p, labels = inputs.probs[rows], inputs.labels[rows]
    each, given, labelled = np.arange(len(rows)), np.maximum(labels, 0), labels >= 0
    own = p[each, given]
    gap = p - own[:, None]
    gap[each, given] = -np.inf
    margin = gap.max(axis=1) if inputs.n_classes > 1 else np.zeros(len(rows), np.float32)
    # An item that the model itself holds for its given label is never flagged.
    flags = labelled & (margin > 0) & (gap >= cuts[given]).any(axis=1)
    return (
        np.where(labelled, 1 - own, np.nan).astype(np.float32),
        np.where(labelled, margin, np.nan).astype(np.float32),
        flags,
    )


def _short(p: float) -> str:
    """Write a probability as ".93"; the ends as what they are."""
    if p >= 0.995:
        return "over .99"
    return "under .01" if p < 0.005 else f"{p:.2f}".lstrip("0")
