"""Near-duplicates: groups of items that are almost the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import detector
from explorer.graph import NeighbourGraph
from explorer.progress import Progress

SHARE = 0.13
"""Two items are near-duplicates below this share of the median distance to the nearest neighbour."""

SMALLEST = 1e-6
"""Distances up to this are noise of float32: such items are equal."""


@detector
class NearDuplicate:
    """Suspicion is minus the distance to the nearest item; items closer than the threshold form groups.

    The threshold is the default of cleanlab's documentation: .13 of the median nearest distance.
    """

    name = "near_duplicate"
    issue = "near_duplicate"
    needs: frozenset[Need] = frozenset({"graph"})

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Find the pairs and join them into groups; labels play no part."""
        assert inputs.graph is not None
        distance = 1 - inputs.graph.similarity[:, 0]
        median = float(np.median(distance))
        pairs = close_pairs(inputs.graph, median)
        group = groups_of(pairs, inputs.n)
        return Result(
            -distance.astype(np.float32), flags=group >= 0, pairs=pairs, frozen={"group": group, "median": median}
        )

    def update(self, _inputs: Inputs, result: Result, _changed: NDArray[np.intp]) -> Result:
        """Return the result unchanged: no label was read."""
        return result

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say how many others are almost the same, and what they are called."""
        group = result.frozen["group"]
        if group[item] < 0:
            return []
        others = np.flatnonzero(group == group[item])
        others = others[others != item]
        labels = inputs.labels[others]
        called = [classes[c] for c in np.unique(labels[labels >= 0])]
        text = f"almost the same as {len(others)} other item{'s' if len(others) > 1 else ''}"
        if called:
            shown = ", ".join(called[:3]) + ("…" if len(called) > 3 else "")
            text += f", labelled {shown}"
        return [Reason("near-duplicate", text, float(len(others)))]


def close_pairs(graph: NeighbourGraph, median: float) -> NDArray[np.int32]:
    """Return pairs int32 [M, 2], the smaller position first, sorted, each once."""
    close = 1 - graph.similarity <= max(SHARE * median, SMALLEST)
    row, slot = np.nonzero(close)
    other = graph.indices[row, slot]
    both = np.stack([np.minimum(row, other), np.maximum(row, other)], axis=1)
    return np.unique(both, axis=0).astype(np.int32).reshape(-1, 2)


def groups_of(pairs: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Return the group of each item, int32 [N], numbered from 0 by their first item; -1 where it is alone."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    result = np.full(n, -1, dtype=np.int32)
    if not len(pairs):
        return result
    edges = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, component = connected_components(edges, directed=False)
    members = np.unique(pairs)
    _, first = np.unique(component[members], return_index=True)
    number = np.full(component.max() + 1, -1, dtype=np.int32)
    number[component[members[np.sort(first)]]] = np.arange(len(first), dtype=np.int32)
    result[members] = number[component[members]]
    return result


def public_score(result: Result) -> NDArray[np.float32]:
    """Return the score as the table shows it, float32 [N] in [0, 1), low = bad; the median item has .5."""
    ratio = -result.score / max(result.frozen["median"], SMALLEST)
    score: NDArray[np.float32] = (1 - np.exp2(-np.maximum(ratio, 0))).astype(np.float32)
    return score
