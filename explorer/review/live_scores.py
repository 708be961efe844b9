"""Live scores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from explorer.detectors import Combined, Findings, Inputs


MANY = 0.02
"""Beyond this share of changed labels a full run with the globals held is quicker than following each change."""


class Live:
    """The scores of the labels as they stand, for the judging thread alone: they are written to in place.

    Attributes
    ----------
    inputs, findings, combined
        What was last judged. Arrays of the run that it began with are never written to.
    decided
        bool [N]: decided on by then.
    shown
        Whether it is what the review shows.
    whole
        Whether it was not left half written by something that failed.
    """

    def __init__(self, inputs: Inputs, findings: Findings, combined: Combined, decided: NDArray[np.bool_]) -> None:
        from explorer.detectors.copies import Snapshots

        self.inputs, self.findings, self.combined = inputs, findings, combined
        self.decided = decided
        self.shown = True
        self._snapshots = Snapshots(findings)
        self._taken = findings
        self.whole = True

    def follow(self, labels: NDArray[np.int32], changed: NDArray[np.intp]) -> None:
        """Judge again whom the new labels at `changed` concern."""
        from explorer import detectors

        inputs = self.inputs.following(labels, changed)
        few = self.whole and len(changed) <= MANY * inputs.n
        self.whole = False
        if few:
            findings = detectors.update(inputs, self.findings, changed, inplace=True)
        else:
            findings = detectors.rerun(inputs, self.findings, changed)
        broken = findings.failures.keys() - self.findings.failures.keys()
        if broken:  # and perhaps half written: the last that was seen of them stands
            last = {name: replace(self._taken.results[name], stale=True) for name in broken}
            findings = replace(findings, results={**findings.results, **last})
        combined = detectors.combine(
            inputs, findings, like=self.combined, changed=changed if few and not broken else None, inplace=True
        )
        self.inputs, self.findings, self.combined = inputs, findings, combined
        self.whole = True

    def snapshot(self) -> Findings:
        """Return the findings as they are, for others: following the labels does not write to these."""
        self._taken = self._snapshots.take(self.findings)
        return self._taken


def _as_seen(live: Combined, before: Combined, decided: NDArray[np.bool_], findings: Findings) -> Combined:
    """Return the verdict with that of before for everybody who is decided on; all its arrays are its own."""
    return replace(
        live,
        p_error=np.where(decided, before.p_error, live.p_error),
        suggested=np.where(decided, before.suggested, live.suggested),
        suggested_p=np.where(decided, before.suggested_p, live.suggested_p),
        is_issue=np.where(decided, before.is_issue, live.is_issue),
        findings=findings,
        read=None,  # what the next step writes to
    )
