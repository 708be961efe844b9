"""What a result saw of the labels: enough to tell, in O(degree), whom a change of some of them reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs


@dataclass(frozen=True, eq=False)
class Seen:
    """The labels that a result was computed with.

    Attributes
    ----------
    labels
        int32 [N], a copy.
    counts
        int64 [K]: items of each given class.
    """

    labels: NDArray[np.int32]
    counts: NDArray[np.int64]

    @property
    def comparable(self) -> bool:
        """Whether at least two classes are in use, so that a label can be compared with another."""
        return int((self.counts > 0).sum()) > 1

    def judged(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say which items' labels can be judged by their neighbours, bool [rows].

        Not those without one, not the only item of a class (nobody could confirm it), none where all are alike.
        """
        labels = self.labels[rows]
        result: NDArray[np.bool_] = (labels >= 0) & (self.counts[labels] != 1) & self.comparable
        return result

    def follow(self, inputs: Inputs, changed: NDArray[np.intp]) -> tuple[Seen, NDArray[np.intp]]:
        """Return what is seen after the labels at `changed` became others, and whom that may concern, sorted.

        These are the items themselves, those that have them as neighbours, and the members of a class that came to
        have a single item or ceased to. Everybody, where labels became comparable or ceased to be.
        """
        assert inputs.graph is not None
        changed = np.asarray(changed, dtype=np.intp)
        counts = self.counts.copy()
        for labels, step in ((self.labels[changed], -1), (inputs.labels[changed], 1)):
            np.add.at(counts, labels[labels >= 0], step)
        after = Seen(inputs.labels.copy(), counts)
        if after.comparable != self.comparable:
            return after, np.arange(inputs.n)
        parts: list[NDArray[Any]] = [changed, *(inputs.graph.pointing_at(int(item))[0] for item in changed)]
        turned = np.flatnonzero((counts == 1) != (self.counts == 1))
        parts += [np.flatnonzero(inputs.labels == single) for single in turned]
        return after, np.unique(np.concatenate(parts)).astype(np.intp, copy=False)


def look(inputs: Inputs) -> Seen:
    """Return what there is to see."""
    return Seen(inputs.labels.copy(), np.bincount(inputs.labels[inputs.labelled], minlength=inputs.n_classes))
