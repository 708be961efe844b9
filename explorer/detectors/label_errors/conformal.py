"""Conformal p-values: how many settled items of the class fit their label as badly as this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change, distinct
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

FEWEST = 20
"""Fewest trusted items to calibrate on."""

RATE = 0.1
"""Share of wrong flags among the flags that is aimed at."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """The trusted items, class by class, as they were when the p-values were calibrated.

    Attributes
    ----------
    start
        int64 [K + 1]: class c has the entries `start[c]:start[c + 1]`.
    fit
        float32 [M]: probability of the label of every trusted item, ascending within its class.
    member
        int32 [N]: the class under which an item takes part itself, -1 where it does not.
    """

    start: NDArray[np.intp]
    fit: NDArray[np.float32]
    member: NDArray[np.int32]

    @classmethod
    def of(cls, inputs: Inputs) -> Calibration:
        """Collect the trusted items that have a label."""
        assert inputs.probs is not None
        assert inputs.trusted is not None
        rows = np.flatnonzero(inputs.trusted & inputs.labelled)
        labels = inputs.labels[rows]
        fit = inputs.probs[rows, labels]
        start = np.zeros(inputs.n_classes + 1, dtype=np.intp)
        np.cumsum(np.bincount(labels, minlength=inputs.n_classes), out=start[1:])
        member = np.full(inputs.n, -1, dtype=np.int32)
        member[rows] = labels
        return cls(start, fit[np.lexsort((fit, labels))], member)

    def p_values(self, inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the p-values of some items, NaN where unlabelled or where no trusted item has the label."""
        assert inputs.probs is not None
        result = np.full(len(rows), np.nan, dtype=np.float32)
        if len(self.fit) < FEWEST:
            return result
        labels = inputs.labels[rows]
        order = np.argsort(labels, kind="stable")
        ordered = labels[order]
        present = distinct(labels)
        begins, ends = ordered.searchsorted(present), ordered.searchsorted(present, side="right")
        for c, begin, end in zip(present.tolist(), begins.tolist(), ends.tolist(), strict=True):
            trusted = self.fit[self.start[c] : self.start[c + 1]] if c >= 0 else self.fit[:0]
            if not len(trusted):
                continue
            mine = order[begin:end]
            own = inputs.probs[rows[mine], c]
            # An item that takes part itself is one of those that are counted; any other comes as one more.
            more = self.member[rows[mine]] != c
            worse = np.searchsorted(trusted, own, side="right")
            result[mine] = (worse + more) / (len(trusted) + more)
        return result


@shipped
class Conformal:
    """Conformal p-value: the formula, when to trust it and its sources are in `pages/conformal.md`."""

    name = "conformal"
    title = "Conformal p-value"
    issue = "label"
    needs: frozenset[Need] = frozenset({"trusted", "probs"})
    exact = True

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Calibrate on the trusted items, then test every label."""
        calibration = Calibration.of(inputs)
        p = calibration.p_values(inputs, np.arange(inputs.n))
        cut = rejected_up_to(p[calibration.member < 0], RATE)
        counts = np.diff(calibration.start)
        held, silent = int(counts.sum()), int((counts == 0).sum())
        note = ""
        if held < FEWEST:
            note = f"{held} settled labels: at least {FEWEST} are needed to compare with. Review some first."
        elif silent:
            note = f"{silent:,} of {len(counts):,} classes have no settled item, so their labels are not judged."
        summary: dict[str, Any] = {
            "trusted": held,
            "least_p_value": float(1 / (counts.max() + 1)) if held else None,
            "rate": RATE,
            "cut": cut,
            "note": note,
        }
        return _result(p, calibration, cut, summary)

    def rerun(self, inputs: Inputs, result: Result, _progress: Progress) -> Result:
        """Test every label against the earlier calibration and cut."""
        calibration, cut = result.frozen["calibration"], result.frozen["cut"]
        return _result(calibration.p_values(inputs, np.arange(inputs.n)), calibration, cut, result.summary)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Test the changed labels against the earlier calibration and cut: each reads its own label alone."""
        assert result.flags is not None
        score, flags = result.own(result.score), result.own(result.flags)
        calibration: Calibration = result.frozen["calibration"]
        p = calibration.p_values(inputs, changed)
        score[changed], flags[changed] = 1 - p, _flags(p, calibration.member[changed], result.frozen["cut"])
        return result.updated(Change(changed), score=score, flags=flags)

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say how few settled items fit their label as badly, where they are few."""
        assert inputs.probs is not None
        given = int(inputs.labels[item])
        if given < 0 or not result.score[item] > 0.8:
            return []
        calibration: Calibration = result.frozen["calibration"]
        trusted = calibration.fit[calibration.start[given] : calibration.start[given + 1]]
        among = len(trusted) - int(calibration.member[item] == given)
        worse = int(np.searchsorted(trusted, inputs.probs[item, given], side="right")) - (len(trusted) - among)
        count = f"{worse} of {among}" if worse else f"none of {among}"
        text = f"{count} items that are surely {classes[given]} fit{'s' if worse < 2 else ''} it as badly"
        return [Reason(self.name, text, float(result.score[item]))]


def rejected_up_to(p_values: NDArray[np.floating[Any]], rate: float) -> float:
    """Return the p-value up to which Benjamini and Hochberg's rule rejects; -1 where it rejects none."""
    known = np.sort(p_values[~np.isnan(p_values)])
    under = np.flatnonzero(known <= rate * np.arange(1, len(known) + 1) / max(1, len(known)))
    return float(known[under[-1]]) if len(under) else -1.0


def _flags(p: NDArray[np.float32], member: NDArray[np.int32], cut: float) -> NDArray[np.bool_]:
    """Return the flags of some items; what was calibrated on is settled and never flagged."""
    return np.asarray((p <= cut) & (member < 0))


def _result(p: NDArray[np.float32], calibration: Calibration, cut: float, summary: Mapping[str, Any]) -> Result:
    frozen = {"calibration": calibration, "cut": cut}
    return Result(1 - p, flags=_flags(p, calibration.member, cut), frozen=frozen, summary=summary)
