"""What the scores began with, and what was decided since: what is learnt from the reviewer rests on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.review.label_columns import is_settled

if TYPE_CHECKING:
    from explorer.detectors import Combined, Inputs
    from explorer.detectors.combine.feedback import Taught
    from explorer.detectors.combine.rescore import Settled


class Baseline:
    """What stood when the scores were made, and what was decided since. Read and written under the state's lock.

    Attributes
    ----------
    combined
        The verdict then.
    labels
        int32 [N]: the labels that it was about.
    before
        bool [N]: decided on before.
    settled
        What people had settled before, to be learnt from.
    seen
        float64 [N]: `p_error` that detectors held when an item was decided on since; NaN for others.
    shown
        float64 [N]: `p_error` that was shown then, with what had been learnt from the reviewer; NaN for others.
    wrong
        float64 [N]: 1 where that label was changed or marked as wrong, 0 where it was kept; NaN for others, and for
        what was marked otherwise or left out.
    """

    def __init__(
        self,
        combined: Combined,
        labels: NDArray[np.int32],
        before: NDArray[np.bool_],
        settled: Settled | None = None,
    ) -> None:
        self.combined = combined
        self.labels = labels
        self.before = before
        self.settled = settled
        self._earlier = np.full(len(labels), np.nan)  # as `wrong`, of what was settled before
        self.seen = np.full(len(labels), np.nan)
        self.shown = np.full(len(labels), np.nan)
        self.wrong = np.full(len(labels), np.nan)
        self._order: dict[int, None] = {}
        self._rivals: NDArray[np.int32] | None = None

    @property
    def order(self) -> list[int]:
        """Positions of the items decided on since, the oldest first."""
        return list(self._order)

    @property
    def decisions(self) -> int:
        """How many items have been decided on since."""
        return len(self._order)

    def note(
        self,
        rows: NDArray[np.intp],
        decided: NDArray[np.bool_],
        p_error: NDArray[np.float32],
        shown: NDArray[np.float32],
        codes: NDArray[np.int32],
        states: NDArray[np.uint8],
        given: NDArray[np.int32],
        marked_wrong: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take down what has been decided on some items, and taken back, since the last time. Costs O(rows).

        Parameters
        ----------
        rows
            Positions, ascending; all other arrays are [rows].
        decided
            Which are decided on now.
        p_error, shown
            What detectors hold now, and what is shown.
        codes, states
            As they stand.
        given
            What the given labels read as now: where a class was merged into another since, that.
        marked_wrong
            Of which labels somebody said that they are wrong, and not which is right; `None` for none.
        """
        since = decided & ~self.before[rows]
        new = since & np.isnan(self.seen[rows])
        for kept, now in ((self.seen, p_error), (self.shown, shown)):
            kept[rows[new]] = now[new]
            kept[rows[~since]] = np.nan
        marked = np.zeros(len(rows), dtype=bool) if marked_wrong is None else marked_wrong
        label, judged = self.labels[rows], is_settled(states) | marked
        other = codes != given
        self.wrong[rows] = np.where(since & judged & (label >= 0), marked | (other & (codes != label)), np.nan)
        if self.settled is not None:
            first = self.settled.labels[rows]
            still = self.before[rows] & judged & (first >= 0)
            self._earlier[rows] = np.where(still, marked | (other & (codes != first)), np.nan)
        undone = rows[~since]
        if len(undone) > len(self._order):
            undone = undone[np.isin(undone, self.order)]
        for row in undone.tolist():
            self._order.pop(row, None)
        self._order.update(dict.fromkeys(rows[new].tolist()))

    def teach(self, inputs: Inputs) -> Taught | None:
        """Learn from the decisions; `None` where there is nothing to learn from. Looks at all items."""
        from explorer.detectors.combine.feedback import rivals_of, teach
        from explorer.detectors.label_state import blocks

        if self.combined.model is None or inputs.n_classes < 2:
            return None
        wrong, seen, labels = self.wrong, self.seen, self.labels
        earlier = np.isfinite(self._earlier)
        if self.settled is not None:
            wrong = np.where(earlier, self._earlier, wrong)
            seen = np.where(earlier, self.settled.p_error, seen)
            labels = np.where(earlier, self.settled.labels, labels)
        rows = np.flatnonzero(np.isfinite(wrong) & np.isfinite(seen))
        if not len(rows):
            return None
        if self._rivals is None:
            self._rivals = np.full(inputs.n, -1, dtype=np.int32)
            read, findings = self.combined.model.read, self.combined.findings
            assert findings is not None
            first = replace(inputs, labels=self.labels)
            for part in blocks(np.arange(inputs.n), inputs.n_classes):
                self._rivals[part] = rivals_of(read.opinion(first, findings, part), self.labels[part])
        rivals = self._rivals if self.settled is None else np.where(earlier, self.settled.rivals, self._rivals)
        return teach(rows, wrong[rows] == 1, seen, labels, rivals, inputs.n_classes, inputs.vectors)

    def held(self, rows: NDArray[np.intp], taught: Taught | None, inputs: Inputs) -> NDArray[np.float32]:
        """Return how likely the labels of decided items were held to be wrong, with what was learnt, float32 [rows].

        Of the labels that they had then, each by what was learnt from the others: what has seen an answer would seem
        to foretell it. NaN where that is not known. Costs O(rows).
        """
        seen, labels, rivals = self.seen, self.labels, self._rivals
        if self.settled is not None:
            first = self.before & (self.settled.labels >= 0)
            seen = np.where(first, self.settled.p_error, seen)
            labels = np.where(first, self.settled.labels, labels)
            rivals = None if rivals is None else np.where(first, self.settled.rivals, rivals)
        p_error = seen[rows].astype(np.float32)
        if taught is None or rivals is None:
            return p_error
        return taught.foretold(p_error, labels, rivals, inputs.vectors, rows)

    def adjusted(
        self, p_error: NDArray[np.float32], taught: Taught | None, inputs: Inputs, rows: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Return `p_error` of some items, float32 [rows], with what was learnt. Costs O(rows)."""
        if taught is None or self._rivals is None:
            return p_error
        return taught.adjust(p_error, inputs.labels, self._rivals, inputs.vectors, rows)
