"""How an item's label went through the training: four readings of the same record."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Issue, Need, Reason, Result
from explorer.detectors.registry import detector
from explorer.progress import Progress

RUNNING = 3
"""Consecutive correct predictions after which an item counts as learnt for good."""

SMALL = 1e-4
"""Below this a probability in half precision is too coarse to multiply with."""

CELLS = 2**20
"""Most epochs of items read at once."""


class _OfTraining(ABC):
    """What the four have in common: they read an item's own record and nothing else.

    The record was made for the label that the item had while the probe trained. After a relabel the score therefore
    stays what it was, the result is marked stale, and `explain` is silent about the item until the probe has trained
    again. An item that lost its label has no score; one that got its old label back has its old score, and once all
    have, nothing is stale.
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
        return Result(score, frozen={"labels": inputs.labels})

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Keep the scores, and say that they are stale while any label differs from the one that was trained on."""
        score = result.own(result.score)
        # The record stays: only items that get a label, or lose theirs, have another score than before.
        turned = changed[np.isnan(score[changed]) | (inputs.labels[changed] < 0)]
        if len(turned):
            score[turned] = self._judge(inputs, turned)
        trained: NDArray[np.int32] = result.frozen["labels"]
        # Kept with the answer, so that no other array can have its id.
        stale, _ = inputs.shared.once(("trained", id(trained)), lambda: ((inputs.labels != trained).any(), trained))
        return result.after(score=score, stale=bool(stale), moved=changed)

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say how the training went, where it went badly."""
        assert inputs.dynamics is not None
        given, score = int(inputs.labels[item]), float(result.score[item])
        if not np.isfinite(score) or given != result.frozen["labels"][item]:
            return []
        text = self._say(score, inputs.dynamics[item].astype(np.float64), classes[given])
        return [Reason(self.name, text, score)] if text else []

    @abstractmethod
    def _say(self, score: float, record: NDArray[np.float64], given: str) -> str:
        """Put a score into words; nothing where it is not suspicious."""

    def _judge(self, inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        assert inputs.dynamics is not None
        epochs = inputs.dynamics.shape[1]
        score = np.full(len(rows), np.nan, dtype=np.float32)
        step = max(1, CELLS // max(1, epochs))
        for start in range(0, len(rows) if epochs else 0, step):
            block = rows[start : start + step]
            record = inputs.dynamics[block].astype(np.float64)
            known = (inputs.labels[block] >= 0) & np.isfinite(record).all(axis=(1, 2))
            p, margin = (np.ascontiguousarray(record[known, :, part]) for part in (0, 1))
            score[start : start + step][known] = self._read(p, margin)
        return score


@detector
class AreaUnderMargin(_OfTraining):
    """High when another class stayed ahead of the given label throughout the training.

    Formula
    -------
    suspicion_i = −(1/T) Σ_t [z_t(y_i) − max over c ≠ y_i of z_t(c)]

    z_t(c) are the logits of item i at epoch t, y_i its given label; only classifiers that train on the item count.

    When to trust it
    ----------------
    Its strength is a trained network, which first follows the neighbours of an item and learns its own label late. A
    linear probe has little to show over time, and the score is then close to what the probabilities say: average
    precision .67 instead of .65 for CIFAR-10N's real errors, within .01 of it for planted ones in digits, news and film
    reviews. Items of rare classes are learnt late as well and rank high without being wrong.

    References
    ----------
    Pleiss, Zhang, Elenberg, Weinberger: Identifying mislabeled data using the area under the margin ranking (NeurIPS
    2020).
    """

    name = "aum"

    def _read(self, _p: NDArray[np.float64], margin: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = -margin.mean(axis=1)
        return result

    def _say(self, score: float, _record: NDArray[np.float64], given: str) -> str:
        return f"another class was ahead of {given} on average while the probe learnt" if score > 0 else ""


@detector
class Forgetting(_OfTraining):
    """High when the training learnt the label and lost it again, highest when it never learnt it.

    Formula
    -------
    suspicion_i = number of epochs t with item i predicted as its given label at t and as another class at t + 1; T,
    which no count can reach, where it was never predicted as its given label.

    When to trust it
    ----------------
    Made for networks trained in small steps, where every batch can push an item over the boundary. A linear probe is
    fitted on all items at once and seldom forgets: nearly all items share the count 0, so read it as "never learnt" and
    take the order from other methods.

    References
    ----------
    Toneva, Sordoni, Tachet des Combes, Trischler, Bengio, Gordon: An empirical study of example forgetting during deep
    neural network learning (ICLR 2019).
    """

    name = "forgetting"

    def _read(self, _p: NDArray[np.float64], margin: NDArray[np.float64]) -> NDArray[np.float64]:
        right = margin > 0
        lost = (right[:, :-1] & ~right[:, 1:]).sum(axis=1)
        result: NDArray[np.float64] = np.where(right.any(axis=1), lost, right.shape[1]).astype(np.float64)
        return result

    def _say(self, score: float, record: NDArray[np.float64], given: str) -> str:
        if score >= len(record):
            return f"never learnt as {given}"
        times = "once" if score == 1 else f"{score:.0f} times"
        return f"learnt as {given} and forgotten again {times}" if score else ""


@detector
class LateStopping(_OfTraining):
    """High when it took long until the training predicted the given label several times running.

    Formula
    -------
    suspicion_i = first epoch t (from 1) such that item i is predicted as its given label at t, t + 1, …, t + k − 1;
    T + 1 where there is none. k = 3, or T where that is less.

    When to trust it
    ----------------
    Kinder to hard items than a mean over the epochs: one that is learnt early counts as right however small its margin
    stays. On a linear probe most items are right from the first epochs on, so that it separates the late ones and
    leaves the others tied.

    References
    ----------
    Yuan, Feng, Liu: Late Stopping: avoiding confidently learning from mislabeled examples (ICCV 2023).
    """

    name = "late_stopping"

    def _read(self, _p: NDArray[np.float64], margin: NDArray[np.float64]) -> NDArray[np.float64]:
        right = margin > 0
        epochs = right.shape[1]
        k = min(RUNNING, epochs)
        begins = np.logical_and.reduce([right[:, lag : epochs - k + 1 + lag] for lag in range(k)])
        first = np.where(begins.any(axis=1), begins.argmax(axis=1) + 1, epochs + 1)
        result: NDArray[np.float64] = first.astype(np.float64)
        return result

    def _say(self, score: float, record: NDArray[np.float64], given: str) -> str:
        epochs = len(record)
        if score > epochs:
            return f"never predicted as {given} in {min(RUNNING, epochs)} epochs running"
        return f"taken for {given} only from epoch {score:.0f} of {epochs} on" if score > epochs / 2 else ""


@detector
class AveragedMargin(_OfTraining):
    """High when another class is ahead of the given label in the probabilities averaged over the training.

    Formula
    -------
    suspicion_i = log q_i − log p_i, with p_i = (1/T) Σ_t p_t(y_i) and q_i = (1/T) Σ_t max over c ≠ y_i of p_t(c)

    p_t are the probabilities of item i at epoch t under the classifiers that train on it. First probabilities are
    averaged, then the margin between logits is taken: so no weights are needed to bring the two to one scale, and one
    wild epoch counts no more than any other. The record holds p_t(y_i) and the logit margin m_t, from which the
    strongest other class has p_t(y_i)·exp(−m_t). Where that is not the same class throughout, q_i is too large.

    When to trust it
    ----------------
    Averaged probabilities with a logit margin came first in most of a published comparison of detectors on networks. On
    a linear probe it is near to the area under the margin. It too ranks hard and rare items high.

    References
    ----------
    Pickler, Kamassury, Silva: Benchmarking noisy label detection methods (2025).
    Yue, Jha: CTRL: clustering training losses for label error detection (IEEE Transactions on AI, 2024).
    """

    name = "averaged_margin"

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

    def _say(self, score: float, record: NDArray[np.float64], given: str) -> str:
        if score <= 0:
            return ""
        return (
            f"a mean probability of {record[:, 0].mean():.2f} for {given} while the probe learnt, less than another's"
        )
