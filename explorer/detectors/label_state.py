"""What a result saw of the labels: enough to tell, in O(degree), whom a change of some of them reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change, distinct
from explorer.detectors.protocol import Inputs

CELLS = 2**22
"""Most cells [rows, width] held at once."""


@dataclass(frozen=True, eq=False)
class LabelState:
    """The labels that a result was computed with.

    Attributes
    ----------
    labels
        int32 [N]: those of the inputs, which nobody writes to.
    counts
        int64 [K]: items of each given class.
    """

    labels: NDArray[np.int32]
    counts: NDArray[np.intp]

    @cached_property
    def comparable(self) -> bool:
        """Whether at least two classes are in use, so that a label can be compared with another."""
        return int((self.counts > 0).sum()) > 1

    @cached_property
    def singles(self) -> bool:
        """Whether any class has a single item."""
        return bool((self.counts == 1).any())

    def alone(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say which items are the only ones of their given class, bool [rows]."""
        if not self.singles:
            return np.zeros(len(rows), dtype=bool)
        labels = self.labels[rows]
        result: NDArray[np.bool_] = (labels >= 0) & (self.counts[labels] == 1)
        return result

    @cached_property
    def complete(self) -> bool:
        """Whether every item has a label."""
        return int(self.counts.sum()) == len(self.labels)

    def judged(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say which items' labels can be judged by their neighbours, bool [rows]; not to be written to.

        Not those without one, not the only item of a class (nobody could confirm it), none where all are alike.
        """
        if not self.comparable:
            return np.zeros(len(rows), dtype=bool)
        if self.complete and not self.singles:
            return np.ones(len(rows), dtype=bool)
        labels = self.labels[rows]
        result: NDArray[np.bool_] = labels >= 0
        return result & (self.counts[labels] != 1) if self.singles else result

    def follow(self, inputs: Inputs, changed: NDArray[np.intp]) -> tuple[LabelState, Change]:
        """Return what is seen after the labels at `changed` became others, and whom that may concern, sorted.

        These are the items themselves, those that have them as neighbours, and the members of a class that came to
        have a single item or ceased to. Everybody, where labels became comparable or ceased to be.

        All methods that saw the same labels get the same change, so that what they ask about it is made once.
        """
        return inputs.shared.once(("reached", self, changed.tobytes()), lambda: self._follow(inputs, changed))

    def _follow(self, inputs: Inputs, changed: NDArray[np.intp]) -> tuple[LabelState, Change]:
        after = label_state(inputs)
        if after.comparable != self.comparable:
            return after, Change.numbered(np.arange(inputs.n))
        parts: list[NDArray[Any]] = [changed]
        graphs = [inputs.graph] if inputs.distances is inputs.graph else [inputs.graph, inputs.distances]
        for graph in graphs:
            if graph is not None:
                parts += [graph.pointing_at(int(item))[0] for item in changed]
        return after, Change.numbered(distinct(*parts, *self.turned(after)))

    def turned(self, after: LabelState) -> list[NDArray[np.intp]]:
        """Return the members of the classes that have come to have a single item or have ceased to, class by class."""
        if not (self.singles or after.singles):
            return []
        turned = np.flatnonzero((after.counts == 1) != (self.counts == 1))
        return [np.flatnonzero(after.labels == single) for single in turned]


def blocks(rows: NDArray[np.intp], width: int, cells: int = CELLS) -> Iterator[NDArray[np.intp]]:
    """Cut positions into blocks of which [rows, width] fits in memory; the array itself where one is enough."""
    step = max(1, cells // max(1, width))
    if len(rows) <= step:
        yield rows
        return
    for begin in range(0, len(rows), step):
        yield rows[begin : begin + step]


def label_state(inputs: Inputs) -> LabelState:
    """Return what there is to see."""
    return inputs.shared.once("labels", lambda: LabelState(inputs.labels, inputs.sizes))
