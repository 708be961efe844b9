"""The nearest item of the same and of another label, for every item, and whose was too far for the graph to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.label_state import LabelState
from explorer.detectors.protocol import Inputs, Result

ONE_BY_ONE = 8
"""Most items that are moved from one label to another one by one."""

SAME, OTHER = 0, 1


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest item of the same (column 0) and of another label (column 1), for every item.

    Attributes
    ----------
    slot
        int16 [N, 2]: where in the graph's row it is; -1 where the row holds none.
    far
        int32 [N, 2]: who it is, where the graph does not say and the index was asked; else -1.
    similarity
        float32 [N, 2]: its cosine; the k-th neighbour's, an upper bound, where nobody knows; NaN where there is none.
    second
        int32 [N]: the second nearest of the same label, where the index gave it; -1 where it is not known (any more).
        Who loses his nearest then need not ask again.
    second_similarity
        float32 [N]: its cosine.
    """

    slot: NDArray[np.int16]
    far: NDArray[np.int32]
    similarity: NDArray[np.float32]
    second: NDArray[np.int32]
    second_similarity: NDArray[np.float32]

    @classmethod
    def unknown(cls, n: int) -> Nearest:
        """Return one of n items to be filled in: nobody has asked the index."""
        return cls(
            np.full((n, 2), -1, np.int16),
            np.full((n, 2), -1, np.int32),
            np.full((n, 2), np.nan, np.float32),
            np.full(n, -1, np.int32),
            np.full(n, np.nan, np.float32),
        )

    def own(self, result: Result) -> Nearest:
        """Return one that an update of `result` may write to."""
        return Nearest(
            result.own(self.slot),
            result.own(self.far),
            result.own(self.similarity),
            result.own(self.second),
            result.own(self.second_similarity),
        )

    def who(self, inputs: Inputs, rows: NDArray[np.intp], kind: int) -> NDArray[np.int32]:
        """Return the position of the nearest, int32 [rows]; -1 where it is not known."""
        assert inputs.distances is not None
        slot = self.slot[rows, kind]
        found: NDArray[np.int32] = np.where(slot >= 0, inputs.distances.indices[rows, slot], self.far[rows, kind])
        return found


class Askers(NamedTuple):
    """Whose nearest the index gave.

    Attributes
    ----------
    same
        Positions of those whose nearest of the same label it gave, by that label, in no order: a changed item is the
        answer, or could become it, only where its old and its new label are asked about.
    other
        Positions of those whose nearest of another label it gave, ascending.
    """

    same: Mapping[int, NDArray[np.intp]]
    other: NDArray[np.intp]

    @classmethod
    def of(cls, seen: LabelState, nearest: Nearest) -> Askers:
        """Look through all items."""
        same, other = (np.flatnonzero(nearest.far[:, kind] >= 0) for kind in (SAME, OTHER))
        labels = seen.labels[same]
        order = np.argsort(labels, kind="stable")
        classes, begins = np.unique(labels[order], return_index=True)
        parts = np.split(same[order], begins[1:])
        return cls(dict(zip(classes.tolist(), parts, strict=False)), other)

    @property
    def n(self) -> int:
        """Number of those who asked for the nearest of the same label."""
        return sum(map(len, self.same.values()))

    def moved(
        self, before: LabelState, after: LabelState, nearest: Nearest, rows: NDArray[np.intp], was: NDArray[np.bool_]
    ) -> Askers:
        """Return what `of` returns, by what has changed for some items; `was`, bool [rows, 2], says who had asked."""
        asks = nearest.far[rows] >= 0
        old, new = before.labels[rows], after.labels[rows]
        turned = np.flatnonzero((asks[:, SAME] != was[:, SAME]) | ((old != new) & asks[:, SAME]))
        if len(turned) > ONE_BY_ONE or (asks[:, OTHER] != was[:, OTHER]).any():
            return Askers.of(after, nearest)
        same = self.same
        if len(turned):
            same = dict(same)
            for at in turned.tolist():
                item, left, joined = rows[at], int(old[at]), int(new[at])
                if was[at, SAME]:
                    same[left] = same[left][same[left] != item]
                if asks[at, SAME]:
                    same[joined] = np.append(same.get(joined, rows[:0]), item)
        return Askers(same, self.other)

    def concerned(self, before: LabelState, after: LabelState, changed: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return those of whose answers one may be a changed item, or could now be one: all who ask for its labels."""
        labels = {*before.labels[changed].tolist(), *after.labels[changed].tolist()}
        parts = [self.same[label] for label in labels if label in self.same]
        return parts[0] if len(parts) == 1 else np.concatenate([changed[:0], *parts])
