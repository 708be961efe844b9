"""The scores of the labels as they stand, kept by following each change of a label."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.review.state import FLAGS

if TYPE_CHECKING:
    from explorer.detectors import Combined, Findings, Inputs
    from explorer.detectors.combine.feedback import Taught


MANY = 0.02
"""Beyond this share of changed labels a full run with the globals held is quicker than following each change."""


class LiveScores:
    """What all methods say of the labels as they stand. One thread alone calls `follow`.

    Arrays are written to in place, so that a change costs what it reaches. Whoever else reads them holds `lock`
    meanwhile, or takes what `shared` returns, which nobody writes to. `follow` never waits for another lock while it
    holds this one.

    Attributes
    ----------
    inputs, findings, combined
        What was last judged. Arrays of the run that it began with are never written to.
    decided
        bool [N]: decided on by then.
    generation
        Number of the run that it began with.
    taught
        What was learnt from the reviewer; `None` for nothing.
    heard
        After how many tens of decisions that was.
    shown
        Whether it is what the review shows, but for items that are decided on.
    due
        Whether it was judged again and is about to be shown.
    """

    def __init__(
        self, generation: int, inputs: Inputs, findings: Findings, combined: Combined, decided: NDArray[np.bool_]
    ) -> None:
        self.generation = generation
        self.inputs, self.findings, self.combined = inputs, findings, combined
        self.decided = decided
        self.taught: Taught | None = None
        self.heard = 0
        self.shown = True
        self.due = False
        self.lock = threading.RLock()
        self._taken = findings
        self._whole = True  # not left half written by something that failed

    @property
    def whole(self) -> bool:
        """Whether the last `follow` ended well; after one that did not, the next judges everybody."""
        return self._whole

    def follow(self, changed: NDArray[np.intp], codes: NDArray[np.int32]) -> NDArray[np.intp] | None:
        """Judge again whom the new labels `codes` at `changed` concern.

        Returns
        -------
        numpy.ndarray or None
            Positions of the items of which the verdict may be another one; `None` where these may be all.
        """
        from explorer import detectors

        # Results remember the array of labels that they saw, so it is copied: 4 bytes an item, 0.05 ms at 200,000.
        labels = self.inputs.labels.copy()
        labels[changed] = codes
        inputs = self.inputs.following(labels, changed)
        if self._whole and len(changed) <= MANY * inputs.n:
            if self.findings is not self._taken:
                with self.lock:
                    return self._put(inputs, *self._updated(inputs, changed))
            # After a run, or after somebody took the findings, the first update writes to arrays of its own. It may
            # have to compile first: nobody need wait for that.
            found = self._updated(inputs, changed)
            with self.lock:
                return self._put(inputs, *found)
        self._whole = False
        findings = detectors.rerun(inputs, self.findings, changed)  # writes to arrays of its own
        findings = self._mended(findings, self._broken(findings))
        combined = detectors.combine(inputs, findings, like=self.combined)
        with self.lock:
            return self._put(inputs, findings, combined)

    def shared(self) -> Findings:
        """Return the findings as they are, for others: following the labels does not write to these."""
        with self.lock:
            if self.findings is not self._taken:
                self.findings = self._taken = self.findings.shared()
                # The next verdict is told by its findings from which one it goes on.
                self.combined = replace(self.combined, findings=self.findings)
            return self._taken

    def flags(
        self, shown: Mapping[str, NDArray[np.bool_]], *, behind: bool
    ) -> dict[str, tuple[NDArray[np.int32], NDArray[np.bool_]]]:
        """Return the other flags that differ from those shown, by name: positions and values.

        The last update tells which may, unless what is shown is `behind` by more than that one.
        """
        found = {}
        for name, detector in FLAGS.items():
            result = self.findings.results.get(detector)
            moved = self.findings.moved.get(detector)
            rows = None if moved is None or behind else moved.rows
            if result is None or result.flags is None or (rows is not None and not len(rows)):
                continue
            now, before = result.flags, shown[name]
            rows = np.arange(len(now)) if rows is None else rows
            rows = rows[now[rows] != before[rows]]
            if len(rows):
                found[name] = rows.astype(np.int32), now[rows]
        return found

    def _updated(self, inputs: Inputs, changed: NDArray[np.intp]) -> tuple[Findings, Combined]:
        from explorer import detectors

        self._whole = False
        findings = detectors.update(inputs, self.findings, changed, inplace=True)
        broken = self._broken(findings)
        findings = self._mended(findings, broken)
        again = None if broken else changed
        return findings, detectors.combine(inputs, findings, like=self.combined, changed=again, inplace=True)

    def _put(self, inputs: Inputs, findings: Findings, combined: Combined) -> NDArray[np.intp] | None:
        self.inputs, self.findings, self.combined = inputs, findings, combined
        self._whole = self.due = True
        return combined.moved

    def _broken(self, findings: Findings) -> set[str]:
        return set(findings.failures.keys() - self.findings.failures.keys())

    def _mended(self, findings: Findings, broken: set[str]) -> Findings:
        if not broken:
            return findings
        last = {name: replace(self._taken.results[name], stale=True) for name in broken}
        return replace(findings, results={**findings.results, **last})
