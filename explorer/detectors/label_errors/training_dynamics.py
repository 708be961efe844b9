"""How an item's label went through the training: four readings of the same record."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change
from explorer.detectors.label_state import label_state
from explorer.detectors.protocol import Inputs, Issue, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

RUNNING = 3
"""Consecutive correct predictions after which an item counts as learnt for good."""

SMALL = 1e-4
"""Below this a probability in half precision is too coarse to multiply with."""

CELLS = 2**20
"""Most epochs of items read at once."""


class _OfTraining(ABC):
    """What the four have in common: they read an item's own record and nothing else.

    The record was made for the label that the item had in the training. After a relabel the probe's score therefore
    stays what it was, the result is marked stale, and `explain` is silent about the item until the probe has trained
    again. A training of the user's own is not made again by a run: an item whose label is another one than it was
    trained on has no score, and the result is stale for as long as there is such an item. An item that lost its label
    has no score; one that got its old label back has its old score, and once all have, nothing is stale.
    """

    name: str
    issue: Issue = "label"
    needs: frozenset[Need] = frozenset({"dynamics"})
    exact = False

    @abstractmethod
    def _read(self, p: NDArray[np.float64], margin: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the suspicion [rows] from the probability of the given label and its margin, both [rows, T]."""

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Read every item's record."""
        score = self._judge(inputs, np.arange(inputs.n))
        if len(np.unique(inputs.labels[inputs.labelled])) < 2:
            score[:] = np.nan  # with one class there was nothing to learn
        trained = inputs.labels if inputs.trained_on is None else inputs.trained_on
        other = int((inputs.labels != trained).sum())
        frozen = {"labels": trained, "seen": label_state(inputs), "other": other}
        return Result(score, frozen=frozen, stale=other > 0)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Keep the scores, and say that they are stale while any label differs from the one that was trained on."""
        score = result.own(result.score)
        # The record stays: only items that get a label, or lose theirs, have another score than before.
        own = inputs.trained_on is not None  # of the user's own training, what is of another label is out
        turned = changed if own else changed[np.isnan(score[changed]) | (inputs.labels[changed] < 0)]
        if len(turned):
            score[turned] = self._judge(inputs, turned)
        trained, before = result.frozen["labels"][changed], result.frozen["seen"].labels[changed]
        other = result.frozen["other"] + int((inputs.labels[changed] != trained).sum() - (before != trained).sum())
        frozen = {**result.frozen, "seen": label_state(inputs), "other": other}
        return result.updated(Change(changed), score=score, frozen=frozen, stale=other > 0)

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say how the training went, where it went badly."""
        assert inputs.dynamics is not None
        given, score = int(inputs.labels[item]), float(result.score[item])
        if not np.isfinite(score) or given != result.frozen["labels"][item]:
            return []
        when = "while the probe learnt" if inputs.trained_on is None else "in your training"
        text = self._say(score, inputs.dynamics[item].astype(np.float64), classes[given], when)
        return [Reason(self.name, text, score)] if text else []

    @abstractmethod
    def _say(self, score: float, record: NDArray[np.float64], given: str, when: str) -> str:
        """Put a score into words, `when` it was; nothing where it is not suspicious."""

    def _judge(self, inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        assert inputs.dynamics is not None
        epochs = inputs.dynamics.shape[1]
        score = np.full(len(rows), np.nan, dtype=np.float32)
        step = max(1, CELLS // max(1, epochs))
        for start in range(0, len(rows) if epochs else 0, step):
            block = rows[start : start + step]
            record = inputs.dynamics[block].astype(np.float64)
            known = (inputs.labels[block] >= 0) & np.isfinite(record).all(axis=(1, 2))
            if inputs.trained_on is not None:
                known &= inputs.labels[block] == inputs.trained_on[block]
            p, margin = (np.ascontiguousarray(record[known, :, part]) for part in (0, 1))
            score[start : start + step][known] = self._read(p, margin)
        return score


@shipped
class AreaUnderMargin(_OfTraining):
    """Area under the margin: the formula, when to trust it and its sources are in `pages/aum.md`."""

    name = "aum"
    title = "Area under the margin"

    def _read(self, _p: NDArray[np.float64], margin: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = -margin.mean(axis=1)
        return result

    def _say(self, score: float, _record: NDArray[np.float64], given: str, when: str) -> str:
        return f"another class was ahead of {given} on average {when}" if score > 0 else ""


@shipped
class Forgetting(_OfTraining):
    """Forgetting: the formula, when to trust it and its sources are in `pages/forgetting.md`."""

    name = "forgetting"
    title = "Forgetting"

    def _read(self, _p: NDArray[np.float64], margin: NDArray[np.float64]) -> NDArray[np.float64]:
        right = margin > 0
        lost = (right[:, :-1] & ~right[:, 1:]).sum(axis=1)
        result: NDArray[np.float64] = np.where(right.any(axis=1), lost, right.shape[1]).astype(np.float64)
        return result

    def _say(self, score: float, record: NDArray[np.float64], given: str, _when: str) -> str:
        if score >= len(record):
            return f"never learnt as {given}"
        times = "once" if score == 1 else f"{score:.0f} times"
        return f"learnt as {given} and forgotten again {times}" if score else ""


@shipped
class LateStopping(_OfTraining):
    """Late stopping: the formula, when to trust it and its sources are in `pages/late_stopping.md`."""

    name = "late_stopping"
    title = "Late stopping"

    def _read(self, _p: NDArray[np.float64], margin: NDArray[np.float64]) -> NDArray[np.float64]:
        right = margin > 0
        epochs = right.shape[1]
        k = min(RUNNING, epochs)
        begins = np.logical_and.reduce([right[:, lag : epochs - k + 1 + lag] for lag in range(k)])
        first = np.where(begins.any(axis=1), begins.argmax(axis=1) + 1, epochs + 1)
        result: NDArray[np.float64] = first.astype(np.float64)
        return result

    def _say(self, score: float, record: NDArray[np.float64], given: str, _when: str) -> str:
        epochs = len(record)
        if score > epochs:
            return f"never predicted as {given} in {min(RUNNING, epochs)} epochs running"
        return f"taken for {given} only from epoch {score:.0f} of {epochs} on" if score > epochs / 2 else ""


@shipped
class AveragedMargin(_OfTraining):
    """Averaged margin: the formula, when to trust it and its sources are in `pages/averaged_margin.md`."""

    name = "averaged_margin"
    title = "Averaged margin"

    def _read(self, p: NDArray[np.float64], margin: NDArray[np.float64]) -> NDArray[np.float64]:
        # Where the record's p is too coarse, the two classes are taken to share everything between them.
        alone = 1 / (1 + np.exp(-np.clip(margin, -500, 500)))
        coarse = p < SMALL
        own = np.where(coarse, alone, p)
        other = np.where(coarse, 1 - alone, np.minimum(p * np.exp(-np.clip(margin, -500, 500)), 1 - p))
        result: NDArray[np.float64] = np.log(np.maximum(other.mean(axis=1), 1e-30)) - np.log(
            np.maximum(own.mean(axis=1), 1e-30)
        )
        return result

    def _say(self, score: float, record: NDArray[np.float64], given: str, when: str) -> str:
        if score <= 0:
            return ""
        return f"a mean probability of {record[:, 0].mean():.2f} for {given} {when}, less than another's"
