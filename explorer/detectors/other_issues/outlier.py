"""Outliers: items far from everything, whatever they are called."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress
from explorer.utils.text import percentage

NEIGHBOURS = 10
"""Nearest neighbours whose distance is averaged."""

DEVIATIONS = 3.5
"""An item is flagged when its distance is this many robust standard deviations above the median."""

LEAST = 0.02
"""Least cosine distance beyond the median that makes an outlier."""

SMALLEST = 1e-6
"""Distances below this are noise of float32, and the relations of an item that is related to nothing."""

CUT = 0.03
"""Relations this weak count as none."""

UNRELATED = 0.125
"""An item is flagged too when its relations sum to less than this share of what those of the median item do. On
digits, news, reviews and CIFAR-10, labels wrong in up to a fifth, that is at most 4 in a thousand."""

CELLS = 2**22
"""Most cells [rows, k, K] of neighbours' probabilities held at once."""


@shipped
class Outlier:
    """Outliers: the formula, when to trust it and its sources are in `pages/outlier.md`."""

    name = "outlier"
    title = "Outliers"
    issue = "outlier"
    needs: frozenset[Need] = frozenset({"graph"})
    measures = True
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Average the distances; labels play no part."""
        assert inputs.distances is not None
        if not inputs.distances.similarity.size:
            return Result(
                np.full(inputs.n, np.nan, np.float32),
                flags=np.zeros(inputs.n, bool),
                frozen={"median": 0.0, "cut": 0.0},
            )
        distance = (1 - inputs.distances.similarity[:, :NEIGHBOURS]).mean(axis=1).astype(np.float32)
        median = float(np.median(distance))
        spread = float(1.4826 * np.median(np.abs(distance - median)))
        # Among copies of a few items the spread is none; what is barely different is no outlier.
        cut = median + max(DEVIATIONS * spread, LEAST)
        flags = distance > cut
        summary = {"median_distance": median, "cut": cut}
        frozen = {"median": median, "cut": cut}
        columns = {}
        if inputs.has("probs"):
            relation = columns["outlier_relation"] = relations(inputs, progress)
            frozen["median_relation"] = float(np.median(relation))
            unrelated = relation * np.float32(UNRELATED) > frozen["median_relation"]
            flags |= unrelated
            summary["unrelated"] = int(unrelated.sum())
        summary["outliers"] = int(flags.sum())
        return Result(distance, flags=flags, columns=columns, frozen=frozen, summary=summary)

    def update(self, _inputs: Inputs, result: Result, _changed: NDArray[np.intp]) -> Result:
        """Return the result unchanged: no label was read."""
        return result

    @staticmethod
    def public_score(result: Result) -> NDArray[np.float32]:
        """Return the score as the table shows it, float32 [N] in (0, 1], low = bad; the median item has .5."""
        halves: NDArray[np.float32] = np.exp2(-result.score / max(result.frozen["median"], SMALLEST)).astype(np.float32)
        return halves

    @staticmethod
    def columns(result: Result) -> dict[str, Any]:
        """Return the score by relations as it is, high = far from all, as `outlier_relation`, where there is one."""
        return dict(result.columns)

    def explain(self, item: int, _inputs: Inputs, result: Result, _classes: tuple[str, ...]) -> list[Reason]:
        """Say how far away the item is, or how little related, if it is."""
        assert result.flags is not None
        if not result.flags[item]:
            return []
        reasons = []
        distance = float(result.score[item])
        if distance > result.frozen["cut"]:
            times = distance / max(result.frozen["median"], SMALLEST)
            reasons.append(Reason("outlier", f"{times:.1f} times as far from its nearest as a typical item", times))
        relation = result.columns.get("outlier_relation")
        if relation is not None and relation[item] * np.float32(UNRELATED) > result.frozen["median_relation"]:
            share = result.frozen["median_relation"] / float(relation[item])
            text = f"to the model it is {percentage(share)} as like its nearest as a typical item is"
            reasons.append(Reason("outlier_relation", text, float(relation[item])))
        return reasons


def relations(inputs: Inputs, progress: Progress) -> NDArray[np.float32]:
    """Return one over the sum of an item's relations to its neighbours, float32 [N]; 10⁶ where it has none."""
    assert inputs.distances is not None
    assert inputs.probs is not None
    graph, probs = inputs.distances, inputs.probs
    total = np.empty(graph.n, dtype=np.float32)
    block = max(1, CELLS // max(1, graph.k * inputs.n_classes))
    for start in range(0, graph.n, block):
        rows = slice(start, start + block)
        agreement = np.matmul(probs[graph.indices[rows]], probs[rows, :, None])[..., 0]
        value = np.maximum(graph.similarity[rows], 0) * agreement
        total[rows] = np.where(value > CUT, value, 0).sum(axis=1)
        progress.check()
    result: NDArray[np.float32] = np.reciprocal(total + np.float32(SMALLEST), dtype=np.float32)
    return result
