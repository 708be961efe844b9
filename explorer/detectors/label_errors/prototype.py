"""Class prototype: is an item more alike the middle of another class than that of its own, without itself?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change
from explorer.detectors.label_state import blocks
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

TRIM = 0.2
"""Share of a class's members, the least alike the rest, that its prototype leaves out: a trimmed mean is safe as long
as no more than this share is out of place. A fifth is the usual choice, for it costs a clean class little."""

CELLS = 2**22
"""Most cells [rows, width] held at once."""


@dataclass(frozen=True, eq=False)
class Prototypes:
    """The classes' trimmed sums, as they were when the scores were made; by them all labels are judged later.

    Attributes
    ----------
    sums
        float64 [K, D]: sum of the unit vectors that a prototype is made of.
    counts
        int64 [K]: how many these are.
    member
        int32 [N]: the class whose prototype an item is part of, -1 for none.
    best, second
        int32 [N]: the classes whose prototypes, without the item, are most and second most alike it; -1 for none.
    best_cosine, second_cosine
        float32 [N]: how much so; NaN for none.
    """

    sums: NDArray[np.float64]
    counts: NDArray[np.intp]
    member: NDArray[np.int32]
    best: NDArray[np.int32]
    second: NDArray[np.int32]
    best_cosine: NDArray[np.float32]
    second_cosine: NDArray[np.float32]

    @classmethod
    def of(cls, inputs: Inputs, progress: Progress) -> Prototypes:
        """Sum every class, leave out the members least alike the others, and compare every item with what is left."""
        assert inputs.vectors is not None
        n, k, width = inputs.n, inputs.n_classes, inputs.vectors.shape[1]
        labels = inputs.labels
        whole = _sums(inputs, labels, progress)
        alike = np.full(n, np.nan)
        for rows in _blocks(n, width):
            labelled = rows[labels[rows] >= 0]
            unit = _unit(inputs.vectors, labelled)
            alike[labelled] = _cosine(unit, whole[labels[labelled]], inside=np.ones(len(labelled), dtype=bool))
            progress.check()
        member = _kept(alike, labels, k)
        sums, counts = _sums(inputs, member, progress), np.bincount(member[member >= 0], minlength=k)
        ranks = [np.full(n, -1, np.int32), np.full(n, -1, np.int32)]
        cosines = [np.full(n, np.nan, np.float32), np.full(n, np.nan, np.float32)]
        made = cls(sums, counts, member, ranks[0], ranks[1], cosines[0], cosines[1])
        lengths = np.maximum(np.linalg.norm(sums, axis=1), 1e-300)
        middles = (sums / lengths[:, None]).T
        for rows in _blocks(n, max(width, k)):
            each = _unit(inputs.vectors, rows) @ middles
            each[:, counts == 0] = np.nan
            inside = np.flatnonzero(member[rows] >= 0)
            each[inside, member[rows[inside]]] = made.cosine(inputs, rows[inside], member[rows[inside]])
            each = np.where(np.isnan(each), -np.inf, each)
            for rank, cosine in zip(ranks, cosines, strict=True):
                if k == 0:
                    break
                top = each.argmax(axis=1)
                value = each[np.arange(len(rows)), top]
                known = np.isfinite(value)
                rank[rows[known]], cosine[rows[known]] = top[known], value[known]
                each[np.arange(len(rows)), top] = -np.inf
            progress.check()
        return made

    def cosine(self, inputs: Inputs, rows: NDArray[np.intp], codes: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return how alike some items are each the prototype of one class, without the item; NaN where none is left."""
        assert inputs.vectors is not None
        result = np.empty(len(rows))
        for part in _blocks(len(rows), inputs.vectors.shape[1]):
            some, of = rows[part], codes[part]
            inside = self.member[some] == of
            found = _cosine(_unit(inputs.vectors, some), self.sums[of], inside=inside)
            result[part] = np.where(self.counts[of] - inside > 0, found, np.nan)
        return result

    def score(self, inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return by how much another class is more alike than the label's, float32 [rows]; NaN where unknown."""
        labels, best, second = inputs.labels[rows], self.best[rows], self.second[rows]
        first, next_ = self.best_cosine[rows], self.second_cosine[rows]
        own = np.where(labels == best, first, next_)
        far = np.flatnonzero((labels >= 0) & (labels != best) & (labels != second))
        own[far] = self.cosine(inputs, rows[far], labels[far])
        result: NDArray[np.float32] = np.where(labels == best, next_, first) - own
        result[labels < 0] = np.nan
        return result


@shipped
class Prototype:
    """Class prototype: the formula, when to trust it and its sources are in `pages/prototype.md`."""

    name = "prototype"
    title = "Class prototype"
    issue = "label"
    needs: frozenset[Need] = frozenset({"vectors"})
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Make the prototypes and compare every item with them."""
        return _result(inputs, Prototypes.of(inputs, progress))

    def rerun(self, inputs: Inputs, result: Result, _progress: Progress) -> Result:
        """Judge all labels by the earlier prototypes."""
        return _result(inputs, result.frozen["prototypes"])

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Judge the changed labels by the earlier prototypes: each reads its own label alone."""
        score = result.own(result.score)
        score[changed] = result.frozen["prototypes"].score(inputs, changed)
        return result.updated(Change(changed), score=score)

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say which class's middle the item is nearest to, where that is not its label's."""
        found: Prototypes = result.frozen["prototypes"]
        given, best = int(inputs.labels[item]), int(found.best[item])
        if given < 0 or best < 0 or best == given or not result.score[item] > 0:
            return []
        near = float(found.best_cosine[item])
        own = near - float(result.score[item])
        text = f"more alike the middle of {classes[best]} ({near:.2f}) than that of {classes[given]} ({own:.2f})"
        return [Reason(self.name, text, float(result.score[item]))]


def _result(inputs: Inputs, made: Prototypes) -> Result:
    return Result(made.score(inputs, np.arange(inputs.n)), made.best, frozen={"prototypes": made})


def _blocks(n: int, width: int) -> Iterator[NDArray[np.intp]]:
    return blocks(np.arange(n), width, CELLS)


def _unit(vectors: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return some vectors with length 1, float64 [rows, D]; what is zero stays so."""
    some = vectors[rows].astype(np.float64)
    some /= np.maximum(np.sqrt(np.einsum("nd,nd->n", some, some)), 1e-300)[:, None]
    return some


def _cosine(unit: NDArray[np.float64], sums: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the cosine of each unit vector [n, D] with a sum [n, D], less itself where it is inside of it.

    With f of length 1, f·(S − f) = f·S − 1 and |S − f|² = |S|² − 2 f·S + 1.
    """
    # Not by `@`: what BLAS adds up depends on how many rows there are.
    along, square = np.einsum("nd,nd->n", unit, sums), np.einsum("nd,nd->n", sums, sums)
    own = np.where(inside, np.einsum("nd,nd->n", unit, unit), 0.0)
    length = np.sqrt(np.maximum(square - 2 * np.where(inside, along, 0.0) + own, 0.0))
    result: NDArray[np.float64] = np.clip((along - own) / np.maximum(length, 1e-9), -1.0, 1.0)
    return result


def _sums(inputs: Inputs, codes: NDArray[np.int32], progress: Progress) -> NDArray[np.float64]:
    """Return the sum of the unit vectors of the items of each code, float64 [K, D]; code -1 takes no part."""
    from scipy.sparse import csr_matrix

    assert inputs.vectors is not None
    total = np.zeros((inputs.n_classes, inputs.vectors.shape[1]))
    for rows in _blocks(inputs.n, inputs.vectors.shape[1]):
        taken = rows[codes[rows] >= 0]
        which = (np.ones(len(taken)), (codes[taken], np.arange(len(taken))))
        total += csr_matrix(which, shape=(inputs.n_classes, len(taken))) @ _unit(inputs.vectors, taken)
        progress.check()
    return total


def _kept(alike: NDArray[np.float64], labels: NDArray[np.int32], n_classes: int) -> NDArray[np.int32]:
    """Return the class of each item that its prototype is made of, -1 for those left out; ties stay in together."""
    member = np.full(len(labels), -1, np.int32)
    order = np.lexsort((-alike, labels))
    begins = np.searchsorted(labels[order], np.arange(n_classes + 1))
    for code, (begin, end) in enumerate(zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True)):
        mine = order[begin:end]
        if len(mine):
            least = alike[mine[math.ceil((1 - TRIM) * len(mine)) - 1]]
            member[mine[alike[mine] >= least]] = code
    return member
