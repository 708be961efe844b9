"""Baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.review.label_columns import SETTLED

if TYPE_CHECKING:
    from explorer.detectors import Combined, Inputs
    from explorer.detectors.combine.feedback import Taught
    from explorer.detectors.combine.rescore import Settled


class Begun:
    """What stood when the scores were made, and what was decided since: what is learnt from the reviewer rests on it.

    Attributes
    ----------
    combined
        The verdict then.
    labels
        int32 [N]: the labels that it was about.
    before
        bool [N]: decided on before.
    seen
        float64 [N]: `p_error` that detectors held when an item was decided on since; NaN for others.
    shown
        float64 [N]: `p_error` that was shown then, with what had been learnt from the reviewer; NaN for others.
    wrong
        float64 [N]: 1 where that label was changed, 0 where it was kept; NaN for others, and for what was set aside.
    order
        Positions of the items decided on since, the oldest first.
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
        self._settled = settled
        self._earlier = np.full(len(labels), np.nan)  # as `wrong`, of what was settled before
        self.seen = np.full(len(labels), np.nan)
        self.shown = np.full(len(labels), np.nan)
        self.wrong = np.full(len(labels), np.nan)
        self.order: list[int] = []
        self._rivals: NDArray[np.int32] | None = None

    def note(
        self,
        decided: NDArray[np.bool_],
        p_error: NDArray[np.float32],
        shown: NDArray[np.float32],
        codes: NDArray[np.int32],
        states: NDArray[np.uint8],
        given: NDArray[np.int32],
    ) -> None:
        """Take down what has been decided, and taken back, since the last time.

        `given` is what the given labels, int32 [N], read as now: where a class was merged into another since, that.
        """
        since = decided & ~self.before
        new = np.flatnonzero(since & np.isnan(self.seen))
        # Others read these meanwhile: they are replaced, and not written to.
        self.seen, self.shown = (
            np.where(since, np.where(np.isnan(self.seen), now, before), np.nan)
            for now, before in ((p_error, self.seen), (shown, self.shown))
        )
        settled = since & np.isin(states, SETTLED) & (self.labels >= 0)
        other = codes != given
        self.wrong = np.where(settled, (other & (codes != self.labels)).astype(float), np.nan)
        if self._settled is not None:
            before = self._settled.labels
            still = self.before & np.isin(states, SETTLED) & (before >= 0)
            self._earlier = np.where(still, (other & (codes != before)).astype(float), np.nan)
        self.order = [i for i in self.order if since[i]] + new.tolist()

    def teach(self, inputs: Inputs) -> Taught | None:
        """Learn from the decisions; `None` where there is nothing to learn from."""
        from explorer.detectors.combine.feedback import rivals_of, teach
        from explorer.detectors.label_state import blocks

        if self.combined.model is None or inputs.n_classes < 2:
            return None
        wrong, seen, labels = self.wrong, self.seen, self.labels
        earlier = np.isfinite(self._earlier)
        if self._settled is not None:
            wrong = np.where(earlier, self._earlier, wrong)
            seen = np.where(earlier, self._settled.p_error, seen)
            labels = np.where(earlier, self._settled.labels, labels)
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
        rivals = self._rivals if self._settled is None else np.where(earlier, self._settled.rivals, self._rivals)
        return teach(rows, wrong[rows] == 1, seen, labels, rivals, inputs.n_classes, inputs.vectors)

    def adjusted(self, live: Combined, taught: Taught | None, inputs: Inputs) -> Combined:
        """Return a verdict with what was learnt from the decisions."""
        from explorer.detectors.combine.p_error import issues

        if taught is None or not taught.learnt or self._rivals is None:
            return live
        p_error = taught.adjust(live.p_error, inputs.labels, self._rivals, inputs.vectors)
        return replace(live, p_error=p_error, is_issue=issues(inputs.labels, live.suggested, p_error))
