"""Class imbalance: classes with too few items to be learnt or judged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import counts as kernels
from explorer.detectors.incremental import Change, Later, everyone
from explorer.detectors.protocol import Inputs, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

FRACTION = 0.1
"""A class is rare below this fraction of an even share; cleanlab's default."""


@shipped
class Imbalance:
    """Class imbalance: the formula, when to trust it and its sources are in `pages/imbalance.md`."""

    name = "imbalance"
    title = "Class imbalance"
    issue = "imbalance"
    needs: frozenset[Any] = frozenset()
    exact = True

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Count the classes."""
        counts = inputs.sizes
        score, flags = _by_class(counts)
        return Result(
            _scores(score, inputs.labels),
            flags=_of_items(flags, inputs.labels),
            frozen={"counts": counts, "rare": bool(flags.any())},
            summary=Later(_summary, counts),
        )

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Count anew. Every item of a class moves with its count, so all look theirs up, unless no score has moved."""
        assert result.flags is not None
        counts = inputs.sizes
        of_class, flagged = _by_class(counts)
        score, flags = result.own(result.score), result.own(result.flags)
        rare = bool(flagged.any())
        last_score, last_flags = _by_class(result.frozen["counts"])
        if of_class.tobytes() == last_score.tobytes() and flagged.tobytes() == last_flags.tobytes():
            # No class that moved is below an even share, or has come to be.
            moved, labels = changed, inputs.labels[changed]
            score[changed], flags[changed] = of_class[labels], flagged[labels]
        else:
            moved = everyone(inputs.n)
            kernels.by_class(of_class, inputs.labels, score)
            if rare or result.frozen["rare"]:
                np.take(flagged, inputs.labels, mode="wrap", out=flags)
        return result.updated(
            Change(moved),
            score=score,
            flags=flags,
            frozen={"counts": counts, "rare": rare},
            summary=Later(_summary, counts),
        )

    @staticmethod
    def public_score(result: Result) -> NDArray[np.float32]:
        """Return the score as a table shows it, float32 [N] in [0, 1], low = bad: the share of an even share."""
        score: NDArray[np.float32] = 1 - result.score
        return score

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say how few items the class has, if it is rare."""
        assert result.flags is not None
        if not result.flags[item]:
            return []
        given = int(inputs.labels[item])
        counts = result.frozen["counts"]
        n, even = int(counts[given]), counts.sum() / len(counts)
        what = "only this item is" if n == 1 else f"only {n:,} items are"
        return [Reason("imbalance", f"{what} labelled {classes[given]}; an even share would be {even:,.0f}", float(n))]


def _by_class(counts: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return score and flag of each class, [K + 1]; the last entry, which code −1 picks, is that of the unlabelled."""
    even = float(counts.sum()) / max(1, len(counts))
    score = np.full(len(counts) + 1, np.nan, dtype=np.float32)
    flags = np.zeros(len(counts) + 1, dtype=bool)
    if np.count_nonzero(counts) > 1:  # one class alone can be compared with none
        score[:-1] = np.maximum(0, 1 - counts / even)
        np.less(counts, FRACTION * even, out=flags[:-1])
        flags[:-1] &= counts > 0
    return score, flags


def _scores(by_class: NDArray[np.float32], labels: NDArray[np.int32]) -> NDArray[np.float32]:
    score = np.empty(len(labels), np.float32)
    kernels.by_class(by_class, labels, score)
    return score


def _of_items(by_class: NDArray[Any], labels: NDArray[np.int32]) -> NDArray[Any]:
    """Look up every item's class, −1 at the end; `take` does it in half the time of indexing."""
    return np.take(by_class, labels, mode="wrap")


def _summary(counts: NDArray[np.int64]) -> dict[str, Any]:
    """Lay the counts out by class; as one list a column, since there may be thousands of classes."""
    total = int(counts.sum())
    used = counts[counts > 0]
    _, flags = _by_class(counts)
    return {
        "count": counts.tolist(),
        "share": (counts / max(1, total)).tolist(),
        "rare": np.flatnonzero(flags).tolist(),
        "empty": np.flatnonzero(counts == 0).tolist(),
        "unevenness": float(used.max() / used.min()) if len(used) else 1.0,
    }
