"""Conflicting duplicates: the same content under different labels. One of them must be wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.near_duplicate import close_pairs, groups_of
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import detector
from explorer.progress import Progress


@detector
class Conflicting:
    """Flags an item whose occurrences, equal items or near-duplicates carry different labels: suspicion 1, else 0.

    Near-duplicates take part when the graph is there.
    """

    name = "conflicting_duplicate"
    issue = "conflicting_duplicate"
    needs: frozenset[Need] = frozenset()

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Join equal and almost equal items into groups and compare their labels."""
        pairs = [_equal_content(inputs.content_hashes)]
        if inputs.graph is not None:
            pairs.append(close_pairs(inputs.graph, float(np.median(1 - inputs.graph.similarity[:, 0]))))
        group = groups_of(np.unique(np.concatenate(pairs), axis=0), inputs.n)
        return _result(inputs, group)

    def update(self, inputs: Inputs, result: Result, _changed: NDArray[np.intp]) -> Result:
        """Compare the labels of the same groups again."""
        return _result(inputs, result.frozen["group"])

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say which labels the copies carry."""
        assert result.flags is not None
        if not result.flags[item]:
            return []
        group = result.frozen["group"]
        labels = inputs.labels[group == group[item]] if group[item] >= 0 else inputs.labels[[item]]
        called = [classes[c] for c in np.unique(labels[labels >= 0])]
        if len(called) < 2:
            return [Reason("duplicates", "occurs more than once, with different given labels", 1.0)]
        shown = ", ".join(called[:4]) + ("…" if len(called) > 4 else "")
        return [Reason("duplicates", f"copies of it are labelled {shown}", float(len(called)))]


def _equal_content(hashes: NDArray[np.object_] | None) -> NDArray[np.int32]:
    """Return pairs int32 [M, 2] that chain the items with equal hashes."""
    if hashes is None:
        return np.empty((0, 2), dtype=np.int32)
    last: dict[str, int] = {}
    pairs = []
    for item, content in enumerate(hashes):
        if content in last:
            pairs.append((last[content], item))
        last[content] = item
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)


def _result(inputs: Inputs, group: NDArray[np.int32]) -> Result:
    flags = np.zeros(inputs.n, dtype=bool) if inputs.conflicting is None else inputs.conflicting.copy()
    rows = np.flatnonzero((group >= 0) & inputs.labelled)
    if len(rows):
        lowest = np.full(group.max() + 1, inputs.n_classes, dtype=np.int64)
        highest = np.full(group.max() + 1, -1, dtype=np.int64)
        np.minimum.at(lowest, group[rows], inputs.labels[rows])
        np.maximum.at(highest, group[rows], inputs.labels[rows])
        flags[rows] |= (lowest != highest)[group[rows]]
    return Result(flags.astype(np.float32), flags=flags, frozen={"group": group})
