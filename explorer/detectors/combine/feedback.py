"""Learning from the reviewer: decisions on some labels move `p_error` of all those that nobody has looked at.

The formula, its priors and its sources are in `explorer/detectors/pages/feedback.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.detectors.combine.feedback_weights import EXTREME, Weights, beyond
from explorer.errors import DataError
from explorer.utils.logits import clipped_logit, expit

FEWEST = 10
"""With fewer decisions nothing is learnt."""

FEWEST_ALIKE = 20
"""With fewer decisions that are all alike nothing is learnt: the first ones of a queue are often all errors."""

ROWS = 2**13
"""Most items worked on at a time."""


@dataclass(frozen=True, eq=False)
class Taught:
    """What was learnt from decisions. Classes and pairs that nobody decided on add nothing.

    Attributes
    ----------
    decisions, wrong
        How many it was taught on, and how many of those labels were changed.
    intercept
        What is added to all log-odds.
    given, rival
        float64 [K]: what a class adds as the given one, and as the rival.
    pairs, pair
        int64 [P]: the pairs that occurred, given·K + rival, ascending; float64 [P]: what each adds.
    centre
        float64 [D]: mean of the vectors; empty without vectors.
    shared
        float64 [D]: weights of the centred unit vectors, for all items.
    classes, own
        int64 [C]: the given classes that occurred, ascending; float64 [C, D]: further weights for the items of each.
    shares
        Weights of the three models that it is the average of; they sum to 1.
    extremes
        float64 [2]: the free offsets of the decisions above `EXTREME` and as far below. `adjust` leaves them out.
    rows, apart
        intp [n]: positions of the decisions, ascending; float64 [n]: what is added to the log-odds of each by what was
        learnt without it. Whoever asks how well what was learnt foretells decisions asks by these.
    note
        One sentence on why nothing was learnt, else "".
    """

    decisions: int
    wrong: int
    n_classes: int
    intercept: float = 0.0
    given: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    rival: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    pairs: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    pair: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    centre: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    shared: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    classes: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    own: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    shares: tuple[float, ...] = (1.0, 0.0, 0.0)
    extremes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    rows: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    apart: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    note: str = ""

    @property
    def learnt(self) -> bool:
        """Whether there was enough to learn from; if not, `adjust` changes nothing."""
        return not self.note

    def shift(
        self,
        rows: ArrayLike,
        labels: NDArray[np.int32],
        rivals: NDArray[np.int32],
        vectors: NDArray[Any] | None = None,
    ) -> NDArray[np.float64]:
        """Return what is added to the log-odds of some items, float64 [rows]; 0 where unlabelled. Costs O(rows).

        Parameters
        ----------
        rows
            Positions.
        labels, rivals
            int32 [N]: given class, and the most probable other one; -1 for none.
        vectors
            float [N, D], if it was taught with vectors; only the rows are read.

        Raises
        ------
        DataError
            Vectors are missing, or have another number of dimensions than those it was taught with.
        """
        at = np.asarray(rows, dtype=np.intp)
        total = np.zeros(len(at))
        if not self.learnt:
            return total
        if len(self.centre) and (vectors is None or vectors.shape[1] != len(self.centre)):
            got = "none" if vectors is None else f"{vectors.shape[1]}"
            raise DataError(
                f"What was learnt from decisions reads vectors of {len(self.centre)} dimensions, and got {got}.",
                "Teach it again with the vectors at hand.",
            )
        for start in range(0, len(at), ROWS):
            part = at[start : start + ROWS]
            given, rival = labels[part], rivals[part]
            found = np.full(len(part), self.intercept)
            found += np.where(given >= 0, self.given[given], 0) + np.where(rival >= 0, self.rival[rival], 0)
            place, seen = _look_up(self.pairs, given.astype(np.int64) * self.n_classes + rival)
            found += np.where(seen & (rival >= 0), self.pair[place], 0)
            if vectors is not None and len(self.centre):
                x = _units(vectors[part], self.centre)
                place, seen = _look_up(self.classes, given.astype(np.int64))
                found += x @ self.shared + np.where(seen, np.einsum("nd,nd->n", x, self.own[place]), 0)
            total[start : start + ROWS] = np.where(given >= 0, found, 0)
        return total

    def foretold(
        self,
        p_error: NDArray[np.floating[Any]],
        labels: NDArray[np.int32],
        rivals: NDArray[np.int32],
        vectors: NDArray[Any] | None,
        rows: NDArray[np.intp],
    ) -> NDArray[np.float32]:
        """Return `adjust` of items that may have been learnt from, each by what was learnt without it."""
        if not self.learnt:
            return np.array(p_error, dtype=np.float32)
        place = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        mine = self.rows[place] == rows
        shift = np.where(mine, self.apart[place], 0)
        shift[~mine] = self.shift(rows[~mine], labels, rivals, vectors)
        moved = expit(clipped_logit(p_error.astype(np.float64)) + shift).astype(np.float32)
        return np.where(np.isnan(p_error), np.float32(np.nan), moved)

    def adjust(
        self,
        p_error: NDArray[np.floating[Any]],
        labels: NDArray[np.int32],
        rivals: NDArray[np.int32],
        vectors: NDArray[Any] | None = None,
        rows: ArrayLike | None = None,
    ) -> NDArray[np.float32]:
        """Return `p_error` float32 after the decisions; NaN stays NaN. Whoever calls leaves out decided items.

        `p_error` is that of the positions `rows`, all by default; labels, rivals and vectors are as in `shift`.
        """
        if not self.learnt:
            return np.array(p_error, dtype=np.float32)
        shift = self.shift(np.arange(len(p_error)) if rows is None else rows, labels, rivals, vectors)
        moved = expit(clipped_logit(p_error.astype(np.float64)) + shift).astype(np.float32)
        return np.where(np.isnan(p_error), np.float32(np.nan), moved)


def rivals_of(q: NDArray[np.floating[Any]], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return each item's most probable class other than its given one, int32 [n]; -1 where unlabelled or K is 1.

    Parameters
    ----------
    q
        float [n, K]: pooled opinion.
    """
    if q.shape[1] < 2:
        return np.full(len(q), -1, dtype=np.int32)
    other = np.array(q)
    other[np.arange(len(q)), np.maximum(labels, 0)] = -1
    result: NDArray[np.int32] = np.where(labels >= 0, other.argmax(axis=1), -1).astype(np.int32)
    return result


def teach(
    rows: ArrayLike,
    wrong: ArrayLike,
    p_error: NDArray[np.floating[Any]],
    labels: NDArray[np.int32],
    rivals: NDArray[np.int32],
    n_classes: int,
    vectors: NDArray[Any] | None = None,
) -> Taught:
    """Learn from decisions how likely other labels are wrong. Deterministic, and independent of the decisions' order.

    Parameters
    ----------
    rows
        [n] positions of the items decided on; unlabelled ones, and those without `p_error`, are left out.
    wrong
        bool [n]: the label that the item had at that time was changed.
    p_error
        float [N]: as it was before any of these decisions.
    labels, rivals
        int32 [N]: class the items had before these decisions, and the most probable other one (`rivals_of`).
    vectors
        float [N, D], finite. Their number of weights is D for all and D for every given class decided on.

    Raises
    ------
    DataError
        Arrays of different lengths, an item twice, positions or classes that do not exist.
    """
    at, changed = np.asarray(rows, dtype=np.intp).ravel(), np.asarray(wrong, dtype=bool).ravel()
    _check(at, changed, p_error, labels, rivals, n_classes, vectors)
    order = np.argsort(at, kind="stable")
    at, changed = at[order], changed[order]
    known = (labels[at] >= 0) & np.isfinite(p_error[at])
    at, changed = at[known], changed[known]
    n, found = len(at), int(changed.sum())
    note = _too_little(n, found)
    if note:
        return Taught(n, found, n_classes, note=note)
    offset = clipped_logit(p_error[at].astype(np.float64))
    given, rival = labels[at].astype(np.int64), rivals[at].astype(np.int64)
    centre = np.empty(0) if vectors is None or not vectors.shape[1] else _mean(vectors)
    x = np.empty((n, 0)) if vectors is None or not len(centre) else _units(vectors[at], centre)
    far = beyond(p_error[at])
    offset[far.any(axis=1)] = 0
    offset += far @ (clipped_logit(np.array([EXTREME, 1 - EXTREME])))
    weights = Weights(given, rival, n_classes, x, far)
    shares, whole, apart = weights.average(offset, changed.astype(np.float64))
    b, extremes, g, r, m, u, v = weights.split(whole)
    dense_given, dense_rival = np.zeros(n_classes), np.zeros(n_classes)
    dense_given[weights.givens], dense_rival[weights.rivals] = g, r
    return Taught(
        n,
        found,
        n_classes,
        float(b[0]),
        dense_given,
        dense_rival,
        weights.pairs,
        m,
        centre,
        u,
        weights.givens,
        v,
        tuple(shares.tolist()),
        extremes,
        at,
        apart,
    )


def _look_up(codes: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where each wanted code stands among ascending ones (at least one), and whether it is there at all."""
    place: NDArray[np.intp] = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return place, codes[place] == wanted


def _units(vectors: NDArray[Any], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return centred vectors of length 1; the centre itself stays 0."""
    x = vectors.astype(np.float64) - centre
    length = np.sqrt(np.einsum("nd,nd->n", x, x))
    x /= np.where(length > 1e-12, length, np.inf)[:, None]
    return x


def _mean(vectors: NDArray[Any]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = vectors.mean(axis=0, dtype=np.float64)
    return total


def _too_little(n: int, found: int) -> str:
    if n < FEWEST:
        return f"{n} decisions are too few to learn from; {FEWEST} are enough."
    if found in (0, n) and n < FEWEST_ALIKE:
        return (
            f"All {n} decisions are alike; {FEWEST_ALIKE} of one kind, or one of the other, are enough to learn from."
        )
    return ""


def _check(
    at: NDArray[np.intp],
    changed: NDArray[np.bool_],
    p_error: NDArray[np.floating[Any]],
    labels: NDArray[np.int32],
    rivals: NDArray[np.int32],
    n_classes: int,
    vectors: NDArray[Any] | None,
) -> None:
    if len(at) != len(changed):
        raise DataError(f"There are {len(at):,} positions for {len(changed):,} decisions.")
    n = len(labels)
    if not n == len(p_error) == len(rivals) or (vectors is not None and (vectors.ndim != 2 or len(vectors) != n)):
        shape = "" if vectors is None else f", and vectors of the shape {vectors.shape}"
        raise DataError(f"There are {n:,} labels, {len(p_error):,} p_error, {len(rivals):,} rivals{shape}.")
    if len(at) and (at.min() < 0 or at.max() >= n):
        raise DataError(f"A decision is on position {at.min() if at.min() < 0 else at.max()}, of {n:,} items.")
    repeated = len(at) - len(np.unique(at))
    if repeated:
        raise DataError(f"{repeated:,} items are decided on twice.", "Hand over the decision in force only.")
    if n and max(int(labels.max()), int(rivals.max())) >= n_classes:
        raise DataError(f"Labels and rivals are class codes from 0 to {n_classes - 1}, or -1 for none.")
