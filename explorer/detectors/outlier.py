"""Outliers: items far from everything, whatever they are called."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import detector
from explorer.progress import Progress

NEIGHBOURS = 10
"""Nearest neighbours whose distance is averaged."""

DEVIATIONS = 3.5
"""An item is flagged when its distance is this many robust standard deviations above the median."""

LEAST = 0.02
"""Least cosine distance beyond the median that makes an outlier."""

SMALLEST = 1e-6
"""Distances below this are noise of float32."""


@detector
class Outlier:
    """Suspicion is the mean cosine distance to the nearest neighbours.

    References
    ----------
    Ramaswamy, Rastogi, Shim: Efficient algorithms for mining outliers from large data sets (SIGMOD 2000).
    """

    name = "outlier"
    issue = "outlier"
    needs: frozenset[Need] = frozenset({"graph"})

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Average the distances; labels play no part."""
        assert inputs.graph is not None
        distance = (1 - inputs.graph.similarity[:, :NEIGHBOURS]).mean(axis=1).astype(np.float32)
        median = float(np.median(distance))
        spread = float(1.4826 * np.median(np.abs(distance - median)))
        # Among copies of a few items the spread is none; what is barely different is no outlier.
        cut = median + max(DEVIATIONS * spread, LEAST)
        return replace(Result(distance, flags=distance > cut), frozen={"median": median, "cut": cut})

    def update(self, _inputs: Inputs, result: Result, _changed: NDArray[np.intp]) -> Result:
        """Return the result unchanged: no label was read."""
        return result

    def explain(self, item: int, _inputs: Inputs, result: Result, _classes: tuple[str, ...]) -> list[Reason]:
        """Say how far away the item is, if it is."""
        assert result.flags is not None
        if not result.flags[item]:
            return []
        times = float(result.score[item]) / max(result.frozen["median"], SMALLEST)
        return [Reason("outlier", f"{times:.1f} times as far from its neighbours as a typical item", times)]


def public_score(result: Result) -> NDArray[np.float32]:
    """Return the score as the table shows it, float32 [N] in (0, 1], low = bad; the median item has .5."""
    halves: NDArray[np.float32] = np.exp2(-result.score / max(result.frozen["median"], SMALLEST)).astype(np.float32)
    return halves
