"""Duplicates: groups of items that are the same, or almost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.graph import NeighbourGraph
from explorer.progress import Progress

SHARE = 0.13
"""Two items are near-duplicates below this share of the median distance to the nearest neighbour."""

SMALLEST = 1e-6
"""Distances up to this are noise of float32: such items are equal."""


@shipped
class NearDuplicate:
    """Near duplicates: the formula, when to trust it and its sources are in `pages/near_duplicate.md`."""

    name = "near_duplicate"
    title = "Near duplicates"
    issue = "near_duplicate"
    needs: frozenset[Need] = frozenset({"graph"})
    measures = True
    exact = True

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Find the pairs and join them into groups; labels play no part."""
        assert inputs.distances is not None
        distance = nearest_distance(inputs.distances)
        median = float(np.median(distance)) if len(distance) else 0.0
        content = content_codes(inputs.content_hashes, inputs.n)
        pairs = duplicate_pairs(inputs.distances, content, inputs.n)
        group = groups_of(pairs, inputs.n)
        same = all_equal(group, content)
        distance = np.where(_has_equal(content), 0, distance)
        sizes = np.bincount(group[group >= 0])
        return Result(
            -distance.astype(np.float32),
            flags=group >= 0,
            pairs=pairs,
            frozen={"group": group, "median": median, "exact": same, "content": content},
            summary={
                "groups": len(sizes),
                "exact_groups": int(same.sum()),
                "items": int(sizes.sum()),
                "largest": int(sizes.max(initial=0)),
                "surplus": int(sizes.sum() - len(sizes)),
            },
        )

    def update(self, _inputs: Inputs, result: Result, _changed: NDArray[np.intp]) -> Result:
        """Return the result unchanged: no label was read."""
        return result

    @staticmethod
    def public_score(result: Result) -> NDArray[np.float32]:
        """Return the score as the table shows it, float32 [N] in [0, 1), low = bad; the median item has .5."""
        ratio = -result.score / max(result.frozen["median"], SMALLEST)
        score: NDArray[np.float32] = (1 - np.exp2(-np.maximum(ratio, 0))).astype(np.float32)
        return score

    @staticmethod
    def columns(result: Result) -> dict[str, Any]:
        """Return the number of each item's group, missing for none, as `near_duplicate_set`."""
        import pandas as pd

        group = result.frozen["group"]
        numbers = pd.array(np.where(group >= 0, group, 0), dtype="Int32")
        numbers[group < 0] = pd.NA
        return {"near_duplicate_set": numbers}

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say how many others are the same or almost, and what they are called."""
        group, content = result.frozen["group"], result.frozen["content"]
        if group[item] < 0:
            return []
        others = np.flatnonzero(group == group[item])
        others = others[others != item]
        labels = inputs.labels[others]
        called = [classes[c] for c in np.unique(labels[labels >= 0])]
        equal = int((content[others] == content[item]).sum()) if content[item] >= 0 else 0
        what = "the same" if equal == len(others) else "almost the same"
        text = f"{what} as {len(others)} other item{'s' if len(others) > 1 else ''}"
        if 0 < equal < len(others):
            text += f" ({equal} exactly)"
        if called:
            shown = ", ".join(called[:3]) + ("…" if len(called) > 3 else "")
            text += f", labelled {shown}"
        return [Reason("near_duplicate", text, float(len(others)))]


def nearest_distance(graph: NeighbourGraph) -> NDArray[np.float32]:
    """Return the cosine distance to the nearest neighbour, float32 [N]; infinite where there is none."""
    if not graph.k:
        return np.full(graph.n, np.inf, dtype=np.float32)
    return 1 - graph.similarity[:, 0]


def content_codes(hashes: NDArray[Any] | None, n: int) -> NDArray[np.int64]:
    """Number the contents, int64 [N]: equal numbers, equal content; -1 where an item has no hash."""
    if hashes is None:
        return np.full(n, -1, dtype=np.int64)
    import pandas as pd

    codes: NDArray[np.int64] = pd.factorize(np.asarray(hashes, dtype=object))[0].astype(np.int64)
    codes[np.asarray(hashes, dtype=object) == ""] = -1
    return codes


def equal_pairs(content: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return pairs int32 [M, 2] that chain the items of one content, each to the next of it."""
    order = np.argsort(content, kind="stable")
    joined = (content[order[1:]] == content[order[:-1]]) & (content[order[1:]] >= 0)
    result: NDArray[np.int32] = np.stack([order[:-1][joined], order[1:][joined]], axis=1).astype(np.int32)
    return result


def close_pairs(graph: NeighbourGraph, median: float) -> NDArray[np.int32]:
    """Return pairs int32 [M, 2], the smaller position first, sorted, each once."""
    close = 1 - graph.similarity <= max(SHARE * median, SMALLEST)
    row, slot = np.nonzero(close)
    other = graph.indices[row, slot]
    return _each_once(np.stack([np.minimum(row, other), np.maximum(row, other)], axis=1), graph.n)


def duplicate_pairs(graph: NeighbourGraph | None, content: NDArray[np.int64], n: int) -> NDArray[np.int32]:
    """Return the pairs of equal and, where there is a graph, of almost equal items, as `close_pairs` does."""
    pairs = equal_pairs(content)
    if graph is None or not graph.indices.size:
        return _each_once(pairs, n)
    near = close_pairs(graph, float(np.median(nearest_distance(graph))))
    return _each_once(np.concatenate([pairs, near]), n)


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


def all_equal(group: NDArray[np.int32], content: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say of each group whether all its items have one known content, bool [groups]."""
    members = np.flatnonzero(group >= 0)
    groups = int(group.max(initial=-1)) + 1
    lowest = np.full(groups, np.iinfo(np.int64).max)
    highest = np.full(groups, -1, dtype=np.int64)
    np.minimum.at(lowest, group[members], content[members])
    np.maximum.at(highest, group[members], content[members])
    result: NDArray[np.bool_] = (lowest == highest) & (lowest >= 0)
    return result


def _has_equal(content: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which items have another one of the same content, bool [N]."""
    known = content >= 0
    counts = np.bincount(content[known], minlength=1)
    result: NDArray[np.bool_] = known & (counts[np.maximum(content, 0)] > 1)
    return result


def _each_once(pairs: NDArray[Any], n: int) -> NDArray[np.int32]:
    """Sort pairs and drop repeated ones; as one number each, which sorts much faster than two columns."""
    key = np.unique(pairs[:, 0].astype(np.int64) * n + pairs[:, 1])
    return np.stack([key // max(n, 1), key % max(n, 1)], axis=1).astype(np.int32)
