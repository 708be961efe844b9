"""The vectors in a byte a cell, class by class: tells whom a search may pass over, so that its answers stay exact."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import nearest as kernels
from explorer.detectors.label_state import LabelState, blocks
from explorer.detectors.protocol import Inputs

CELLS = 2**28
"""Most cells [N, D] that a sketch is made of; each takes a byte."""

LARGEST = 127
"""Largest number that a cell holds."""

NOISE = 1e-5
"""More than float32 errs by in a cosine."""


@dataclass(frozen=True, eq=False)
class Sketch:
    """The vectors' directions in int8, those of a class one after the other.

    A search reads a quarter of the memory, in its order, and looks up the vectors of those alone that may be nearest.

    Attributes
    ----------
    order
        int32 [M]: positions of the items that were labelled, by their label, ascending in each.
    begins
        intp [K + 1]: class c has `order[begins[c]:begins[c + 1]]`.
    codes
        int8 [M, D]: their directions, in steps.
    grain
        float32 [M, 2]: the step, and by how much a cosine with what is written down may err.
    home
        int32 [N]: the labels that it was made with; not to be written to.
    strays
        intp [S], ascending: all items that have had another label since.
    """

    order: NDArray[np.int32]
    begins: NDArray[np.intp]
    codes: NDArray[np.int8]
    grain: NDArray[np.float32]
    home: NDArray[np.int32]
    strays: NDArray[np.intp]

    @classmethod
    def of(cls, inputs: Inputs, seen: LabelState, lengths: NDArray[np.float32]) -> Sketch | None:
        """Make one of the vectors; `None` where these are too many or do not lie in one piece, and without labels."""
        vectors = inputs.vectors
        if vectors is None or vectors.size > CELLS or not vectors.size or not vectors.flags.c_contiguous:
            return None
        if not seen.counts.any():
            return None
        order = np.argsort(seen.labels, kind="stable").astype(np.int32)[inputs.n - int(seen.counts.sum()) :]
        codes, grain = np.empty((len(order), vectors.shape[1]), np.int8), np.empty((len(order), 2), np.float32)
        for part in blocks(np.arange(len(order)), vectors.shape[1]):
            items = order[part]
            unit = vectors[items] / lengths[items, None]
            step = np.maximum(np.abs(unit).max(axis=1), 1e-30) / LARGEST
            found = np.rint(unit / step[:, None])
            unit -= found * step[:, None]
            codes[part] = found
            grain[part, 0], grain[part, 1] = step, np.sqrt(np.einsum("nd,nd->n", unit, unit)) + NOISE
        begins = np.concatenate([[0], np.cumsum(seen.counts)]).astype(np.intp)
        return cls(order, begins, codes, grain, seen.labels, np.empty(0, np.intp))

    def following(self, changed: NDArray[np.intp]) -> Sketch:
        """Return it after the labels at `changed`, ascending, became others."""
        at = np.searchsorted(self.strays, changed)
        new = self.strays.take(at, mode="clip") != changed if len(self.strays) else np.ones(len(changed), bool)
        if not new.any():
            return self
        return replace(self, strays=np.insert(self.strays, at[new], changed[new]))

    def standing(self, seen: LabelState) -> Sketch:
        """Return it for other labels of the same vectors. Looks at all."""
        return replace(self, strays=np.flatnonzero(self.home != seen.labels))

    def search(
        self,
        inputs: Inputs,
        seen: LabelState,
        queries: NDArray[np.intp],
        label: int,
        lengths: NDArray[np.float32],
        who: NDArray[np.int32],
        best: NDArray[np.float32],
    ) -> None:
        """Write the two most similar items of a class to each query, as `kernels.nearest.search_two` does."""
        assert inputs.vectors is not None
        begin, end = int(self.begins[label]), int(self.begins[label + 1])
        kernels.search_sketch(
            queries,
            seen.labels,
            label,
            begin,
            end,
            self.order,
            self.codes,
            self.grain,
            self.home,
            self.strays,
            inputs.vectors,
            lengths,
            who,
            best,
        )


@dataclass(frozen=True, eq=False)
class Index:
    """What questions that the graph cannot answer are put to.

    Attributes
    ----------
    lengths
        float32 [N]: of the vectors, never 0; `None` without vectors.
    sketch
        `None` where there is none.
    """

    lengths: NDArray[np.float32] | None
    sketch: Sketch | None = None

    @classmethod
    def of(cls, inputs: Inputs, seen: LabelState) -> Index:
        """Make one of the vectors, if there are any."""
        if inputs.vectors is None:
            return cls(None)
        squares = np.einsum("nd,nd->n", inputs.vectors, inputs.vectors)
        lengths = np.sqrt(np.maximum(squares, 1e-24)).astype(np.float32)
        return cls(lengths, Sketch.of(inputs, seen, lengths))

    def following(self, changed: NDArray[np.intp]) -> Index:
        """Return it after the labels at `changed`, ascending, became others."""
        return self if self.sketch is None else Index(self.lengths, self.sketch.following(changed))

    def standing(self, seen: LabelState) -> Index:
        """Return it for other labels of the same vectors. Looks at all."""
        return self if self.sketch is None else Index(self.lengths, self.sketch.standing(seen))
