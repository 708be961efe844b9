"""How a rater errs: a confusion matrix each, or one accuracy where a matrix would have more cells than can be held."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers

ALPHA = 0.5
"""Pseudo-counts a class: half an answer for each cell of a row, as Jeffreys' prior has it."""

CELLS = 2**24
"""Most cells of all confusion matrices together (128 MB)."""

BLOCK = 2**21
"""Cells [pairs, K, K] held at once."""

TINY = 1e-9


class RaterModel(Protocol):
    """What is known of how the raters err, for items of one state."""

    def learn(self, posterior: NDArray[np.float64]) -> None:
        """Estimate it anew, given each item's class, float64 [N, K]."""
        ...

    def log_likelihood(self) -> NDArray[np.float64]:
        """Return log P(answers of item i | class k), float64 [N, K]."""
        ...

    def of_answers(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return log P(answer | class k) of some answers, float64 [rows, K]."""
        ...

    def confusion(self, rater: int) -> NDArray[np.float64]:
        """Return one rater's P(answer a | class k), float64 [K, K], a row a class."""
        ...

    def alike(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return Σ_a P(answer a of the one | class k)·P(a of the other | k) of pairs of raters, float64 [pairs, K]."""
        ...

    @property
    def free(self) -> int:
        """Number of free parameters."""
        ...


def rater_model(answers: Answers, weights: NDArray[np.float64], alike: bool = False) -> RaterModel:
    """Return matrices where they fit in memory, else one accuracy a rater; `alike`: one matrix for all."""
    cells = answers.n_raters * answers.n_classes**2
    return Matrices(answers, weights, alike) if cells <= CELLS else Coins(answers, weights)


class Matrices:
    """A confusion matrix a rater: C[k, a] = (n_ka + α·K·s_ka) / (n_k + α·K).

    n_ka is how many items of class k the rater called a; s is the rater's own accuracy (n_right + 1)/(n + 2) on the
    diagonal, and the rest spread evenly: a rater of whom little is known errs evenly.

    Parameters
    ----------
    weights
        float64 [M]: what each answer counts.
    alike
        All raters have one matrix, from the counts of all.
    """

    def __init__(self, answers: Answers, weights: NDArray[np.float64], alike: bool = False) -> None:
        self._answers = answers
        self._weights = weights
        self._alike = alike
        self._table = answers.table(weights)
        self._turned = answers.table().T.tocsr()  # what is learnt of a rater takes each answer in full
        self._logs = np.zeros((answers.n_raters, answers.n_classes, answers.n_classes))  # rater, answer, class

    def learn(self, posterior: NDArray[np.float64]) -> None:
        """Count answers by class."""
        r, k = self._answers.n_raters, self._answers.n_classes
        counts = np.asarray(self._turned @ posterior).reshape(r, k, k)
        if self._alike:
            counts = counts.sum(axis=0, keepdims=True)
        right = np.trace(counts, axis1=1, axis2=2)
        self._logs[:] = np.log(shrunk(counts, right, counts.sum(axis=(1, 2))))

    def log_likelihood(self) -> NDArray[np.float64]:
        """Add up the logarithms of what each rater's answer says."""
        k = self._answers.n_classes
        return np.asarray(self._table @ self._logs.reshape(-1, k))

    def of_answers(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return what single answers say, in full."""
        found: NDArray[np.float64] = self._logs[self._answers.raters[rows], self._answers.codes[rows]]
        return found

    def confusion(self, rater: int) -> NDArray[np.float64]:
        """Return one rater's matrix."""
        found: NDArray[np.float64] = np.exp(self._logs[rater].T)
        return found

    def alike(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.float64]:
        """Multiply the matrices cell by cell, and add up over the answers."""
        return agreeing(np.exp(self._logs), np.exp(self._logs), first, second)

    @property
    def free(self) -> int:
        """Each row of each matrix sums to 1."""
        matrices = 1 if self._alike else self._answers.n_raters
        return matrices * self._answers.n_classes * (self._answers.n_classes - 1)


def shrunk(counts: NDArray[np.float64], right: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P(answer | class) by rater, float64 [R, answer, class], from counts of the same shape."""
    k = counts.shape[1]
    if k == 1:
        return np.ones_like(counts)
    accuracy = np.clip((right + 1) / (total + 2), 1 / k, 1 - TINY)
    off = (1 - accuracy) / (k - 1)
    prior = np.broadcast_to(off[:, None, None], counts.shape).copy()
    each = np.arange(k)
    prior[:, each, each] = accuracy[:, None]
    made = counts + ALPHA * k * prior
    result: NDArray[np.float64] = made / made.sum(axis=1, keepdims=True)
    return result


def agreeing(
    one: NDArray[np.float64], other: NDArray[np.float64], first: NDArray[np.int32], second: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return Σ_a one[first, a, k]·other[second, a, k], float64 [pairs, K], of matrices [R, answer, class]."""
    k = one.shape[1]
    found = np.empty((len(first), k))
    step = max(1, BLOCK // k**2)
    for begin in range(0, len(first), step):
        part = slice(begin, begin + step)
        found[part] = np.einsum("pak,pak->pk", one[first[part]], other[second[part]])
    return found


class Coins:
    """One accuracy a rater, and errors spread evenly over the other classes: what matrices shrink towards."""

    def __init__(self, answers: Answers, weights: NDArray[np.float64]) -> None:
        self._answers = answers
        self._weights = weights
        self._accuracy = np.full(answers.n_raters, 0.5)

    def learn(self, posterior: NDArray[np.float64]) -> None:
        """Add up how likely each answer is right."""
        a = self._answers
        sure, total = posterior[a.items, a.codes], posterior.sum(axis=1)[a.items]
        right = np.bincount(a.raters, sure, a.n_raters)
        asked = np.bincount(a.raters, total, a.n_raters)
        self._accuracy = np.clip((right + 1) / (asked + 2), 1 / a.n_classes, 1 - TINY)

    def log_likelihood(self) -> NDArray[np.float64]:
        """Add up what each rater's answer says for its class, over what it says of all the others."""
        a = self._answers
        off, on = self._logs()
        gain = a.counts(self._weights * (on - off)[a.raters])
        gain += np.bincount(a.items, self._weights * off[a.raters], a.n_items)[:, None]
        return gain

    def of_answers(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return what single answers say, in full."""
        a = self._answers
        off, on = self._logs()
        result = np.repeat(off[a.raters[rows], None], a.n_classes, axis=1)
        result[np.arange(len(rows)), a.codes[rows]] = on[a.raters[rows]]
        return result

    def confusion(self, rater: int) -> NDArray[np.float64]:
        """Return the matrix that the accuracy stands for."""
        k = self._answers.n_classes
        accuracy = self._accuracy[rater]
        result = np.full((k, k), (1 - accuracy) / max(1, k - 1))
        np.fill_diagonal(result, accuracy)
        return result

    def alike(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.float64]:
        """Both are right, or both err alike; the same for all classes."""
        k = self._answers.n_classes
        a, b = self._accuracy[first], self._accuracy[second]
        return np.repeat((a * b + (1 - a) * (1 - b) / max(1, k - 1))[:, None], k, axis=1)

    def _logs(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        off = (1 - self._accuracy) / max(1, self._answers.n_classes - 1)
        return np.log(np.maximum(off, TINY)), np.log(self._accuracy)

    @property
    def free(self) -> int:
        """One number a rater."""
        return self._answers.n_raters
