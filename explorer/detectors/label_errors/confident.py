"""Confident learning: how many items of each class are really of another, from out-of-fold probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress
from explorer.utils.text import short_probability

CELLS = 2**22
"""Most cells [rows, K] held at once."""

SMALLEST = 1e-30
"""Where a logarithm begins; below it p·log p is none."""

WRITTEN_OUT = 100
"""Most classes whose joint the summary writes out in full."""

CONFUSIONS = 50
"""Most pairs of classes that the summary names."""


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
    given = labels[rows]
    members = np.bincount(given, minlength=n_classes)
    own = np.bincount(given, probs[rows, given], minlength=n_classes)
    thresholds = np.where(members > 0, own / np.maximum(members, 1), np.inf)
    cells = np.zeros(n_classes * n_classes)
    block = max(1, CELLS // max(1, n_classes))
    for start in range(0, len(rows), block):
        p, y = probs[rows[start : start + block]], given[start : start + block]
        confident = np.where(p >= thresholds - 1e-6, p, -1)  # the margin keeps a class of one item confident of itself
        best = confident.argmax(axis=1)
        counted = confident[np.arange(len(p)), best] >= 0
        cells += np.bincount(y[counted] * n_classes + best[counted], minlength=n_classes * n_classes)
    counts = cells.reshape(n_classes, n_classes)
    # A class none of whose items is confident of anything is taken as it is given.
    empty = counts.sum(axis=1) == 0
    counts[empty, empty] = 1
    joint = counts / counts.sum(axis=1, keepdims=True) * members[:, None]
    return NoiseEstimate(thresholds, joint / max(1, joint.sum()))


@shipped
class Confident:
    """Confident learning: the formula, when to trust it and its sources are in `pages/confident.md`."""

    name = "confident"
    title = "Confident learning"
    issue = "label"
    needs: frozenset[Need] = frozenset({"probs"})
    exact = True
    weight = 1.0
    floor = 1e-4

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Estimate the noise, then score and flag."""
        assert inputs.probs is not None
        noise = estimate(inputs.probs, inputs.labels, inputs.n_classes)
        return _result(inputs, noise, _cuts(inputs, noise))

    def rerun(self, inputs: Inputs, result: Result, _progress: Progress) -> Result:
        """Score and flag with the earlier estimate of the noise and its cuts."""
        return _result(inputs, result.frozen["noise"], result.frozen["cuts"])

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Score the changed items again: each reads its own label alone. Noise estimate and cuts stay as they were."""
        assert result.flags is not None
        score, flags = result.own(result.score), result.own(result.flags)
        columns = {name: result.own(column) for name, column in result.columns.items()}
        score[changed], columns["confident_margin"][changed], columns["confident_entropy"][changed], flags[changed] = (
            _judge(inputs, changed, result.frozen["cuts"])
        )
        return result.updated(Change(changed), score=score, flags=flags, columns=columns)

    def opinion(self, inputs: Inputs, _result: Result, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the probabilities."""
        assert inputs.probs is not None
        return inputs.probs[rows]

    def explain(self, item: int, inputs: Inputs, _result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say what the model holds the item for: "the model: 7 .93, 3 .04"."""
        assert inputs.probs is not None
        p, given = inputs.probs[item], int(inputs.labels[item])
        best = int(p.argmax())
        text = f"the model: {classes[best]} {short_probability(p[best])}"
        if given >= 0 and best != given:
            text += f", {classes[given]} {short_probability(p[given])}"
        return [Reason("model", text, float(p[best]))]


def _result(inputs: Inputs, noise: NoiseEstimate, cuts: NDArray[np.float64]) -> Result:
    assert inputs.probs is not None
    score, margin, entropy = (np.empty(inputs.n, dtype=np.float32) for _ in range(3))
    flags = np.empty(inputs.n, dtype=bool)
    block = max(1, CELLS // max(1, inputs.n_classes))
    for start in range(0, inputs.n, block):
        rows = np.arange(start, min(start + block, inputs.n))
        score[rows], margin[rows], entropy[rows], flags[rows] = _judge(inputs, rows, cuts)
    return Result(
        score,
        inputs.probs.argmax(axis=1).astype(np.int32) if inputs.n_classes else np.full(inputs.n, -1, np.int32),
        flags,
        columns={"confident_margin": margin, "confident_entropy": entropy},
        frozen={"noise": noise, "cuts": cuts},
        summary=_summary(noise),
    )


def _summary(noise: NoiseEstimate) -> dict[str, Any]:
    """Return the noise rate, the commonest confusions [given, true, share], and the joint where it can be read."""
    k = len(noise.joint)
    given, true = np.nonzero(noise.joint * (1 - np.eye(k)))
    share = noise.joint[given, true]
    first = np.argsort(-share, kind="stable")[:CONFUSIONS]
    summary: dict[str, Any] = {
        "noise": noise.noise,
        "confusions": [[int(given[i]), int(true[i]), float(share[i])] for i in first],
    }
    if k <= WRITTEN_OUT:
        summary["joint"] = noise.joint.tolist()
    return summary


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
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return 1 − self-confidence, normalised margin, confidence-weighted entropy and flag of some items."""
    assert inputs.probs is not None
    p, labels = inputs.probs[rows], inputs.labels[rows]
    each, given, labelled = np.arange(len(rows)), np.maximum(labels, 0), labels >= 0
    own = p[each, given]
    gap = p - own[:, None]
    gap[each, given] = -np.inf
    margin = gap.max(axis=1) if inputs.n_classes > 1 else np.full(len(rows), -1, np.float32)
    entropy = -(p * np.log(np.maximum(p, SMALLEST))).sum(axis=1) / math.log(max(2, inputs.n_classes))
    weighted = np.where(own > 0, entropy / np.maximum(entropy + own, SMALLEST), 1)
    # An item that the model itself holds for its given label is never flagged.
    flags = labelled & (margin > 0)
    if flags.any():
        flags &= (gap >= cuts[given]).any(axis=1)
    found = np.array([1 - own, (1 + margin) / 2, weighted], dtype=np.float32)
    if not labelled.all():
        found[:, ~labelled] = np.nan
    return found[0], found[1], found[2], flags
