"""SimiFeat: the neighbours' vote in ranks, cut per class where the estimated label noise says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change
from explorer.detectors.label_errors.hoc import Transition, transition
from explorer.detectors.label_errors.vote import compared
from explorer.detectors.label_state import LabelState, label_state
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

CELLS = 2**21
"""Most cells of votes [rows, K] held at once."""

NEVER = 2.0
"""The cut of a class without wrong labels: no score reaches it."""


@shipped
class SimiFeat:
    """SimiFeat: the formula, when to trust it and its sources are in `pages/simifeat.md`."""

    name = "simifeat"
    title = "SimiFeat"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph"})
    measures = True
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Let the neighbours vote, estimate the noise, and cut each class."""
        assert inputs.distances is not None
        seen = label_state(inputs)
        score, suggestion = _everyone(inputs, seen, progress)
        fitted = transition(inputs.labels, inputs.distances, inputs.n_classes, inputs.seed)
        wrong = noise_by_label(fitted)
        cuts = _cuts(score, inputs.labels, seen, wrong)
        summary = {"noise_rate": fitted.noise_rate, "wrong_by_class": wrong.tolist()}
        return _result(score, suggestion, seen, cuts, summary)

    def rerun(self, inputs: Inputs, result: Result, progress: Progress) -> Result:
        """Vote again, with the cuts of an earlier result."""
        seen = label_state(inputs)
        score, suggestion = _everyone(inputs, seen, progress)
        return _result(score, suggestion, seen, result.frozen["cuts"], result.summary)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Vote again where the item or one of its voters changed; the cuts stay as they were."""
        assert result.suggestion is not None
        assert result.flags is not None
        seen, change = result.frozen["seen"].follow(inputs, changed)
        rows = change.rows
        cuts, name = result.frozen["cuts"], "simifeat_beyond"
        score, suggestion = result.own(result.score), result.own(result.suggestion)
        flags, beyond = result.own(result.flags), result.own(result.columns[name])
        now, suggestion[rows] = _score(inputs, seen, change)
        score[rows] = now
        beyond[rows], flags[rows] = _cut(now, seen.labels[rows], cuts)
        return result.updated(
            change,
            score=score,
            suggestion=suggestion,
            flags=flags,
            columns={name: beyond},
            frozen={**result.frozen, "seen": seen},
        )

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say that the item is among those of its class that the noise estimate gives up."""
        assert result.flags is not None
        if not result.flags[item]:
            return []
        given = int(inputs.labels[item])
        text = f"its nearest agree less with {classes[given]} than those of nearly all items labelled so"
        return [Reason(self.name, text, float(result.score[item]))]


def noise_by_label(fitted: Transition) -> NDArray[np.float64]:
    """Return the share of wrong labels among those of each class, P(true ≠ j | labelled j), float64 [K]."""
    right = fitted.prior * fitted.matrix.diagonal()
    labelled = fitted.prior @ fitted.matrix
    result: NDArray[np.float64] = np.where(labelled > 0, 1 - right / np.maximum(labelled, 1e-300), 0.0).clip(0, 1)
    return result


def _score(inputs: Inputs, seen: LabelState, change: Change) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return 1 − cosine of vote and given label, and the strongest class (-1 where nobody votes)."""
    _, score, best = compared(inputs, change)
    if not seen.comparable or seen.singles:
        score = np.where(seen.judged(change.rows), score, np.float32(np.nan))
    return score, best


def _everyone(inputs: Inputs, seen: LabelState, progress: Progress) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    score, suggestion = np.empty(inputs.n, np.float32), np.empty(inputs.n, np.int32)
    block = max(1, CELLS // max(1, inputs.n_classes))
    for start in range(0, inputs.n, block):
        rows = np.arange(start, min(start + block, inputs.n))
        score[rows], suggestion[rows] = _score(inputs, seen, Change(rows))
        progress.check()
    return score, suggestion


def _cuts(
    score: NDArray[np.float32], labels: NDArray[np.int32], seen: LabelState, wrong: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return for each class the least score that is flagged, float32 [K].

    Equal scores are flagged together or not at all, whichever comes nearer to the number wanted.
    """
    cuts = np.full(len(wrong), NEVER, dtype=np.float32)
    rows = np.flatnonzero(~np.isnan(score))
    order = rows[np.lexsort((score[rows], labels[rows]))]
    starts = np.searchsorted(labels[order], np.arange(len(wrong) + 1))
    for j in np.flatnonzero(np.diff(starts)):
        members = score[order[starts[j] : starts[j + 1]]]
        wanted = min(len(members), round(float(seen.counts[j] * wrong[j])))
        if not wanted:
            continue
        cut = members[-wanted]
        with_ties = len(members) - int(np.searchsorted(members, cut, "left"))
        without = len(members) - int(np.searchsorted(members, cut, "right"))
        cuts[j] = cut if with_ties - wanted <= wanted - without else np.nextafter(cut, np.float32(NEVER))
    # A vote that agrees entirely is never flagged.
    floor = np.nextafter(np.float32(0), np.float32(1))
    result: NDArray[np.float32] = np.maximum(cuts, floor)
    return result


def _cut(
    score: NDArray[np.float32], labels: NDArray[np.int32], cuts: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return how far each score is beyond the cut of its class, and which are."""
    cut = cuts[labels]
    return score - cut, score >= cut  # NaN is above nothing


def _result(
    score: NDArray[np.float32],
    suggestion: NDArray[np.int32],
    seen: LabelState,
    cuts: NDArray[np.float32],
    summary: Mapping[str, Any],
) -> Result:
    beyond, flags = _cut(score, seen.labels, cuts)
    frozen = {"seen": seen, "cuts": cuts}
    return Result(score, suggestion, flags, columns={"simifeat_beyond": beyond}, frozen=frozen, summary=summary)
