"""Simulated raters: what the consensus tests share."""

import numpy as np

from explorer.consensus import Answers


def drawn(rng, truth, matrices, share=1.0):
    """Return answers int [N, R] drawn from each rater's matrix P(answer | class); -1 where not asked."""
    matrices = np.asarray(matrices)
    n, r, k = len(truth), *matrices.shape[:2]
    found = np.full((n, r), -1)
    for j in range(r):
        below = np.cumsum(matrices[j][truth], axis=1)
        found[:, j] = np.minimum((rng.random(n)[:, None] > below).sum(axis=1), k - 1)
    return np.where(rng.random((n, r)) < share, found, -1)


def even(accuracy, k):
    """Return the matrix of a rater who errs evenly."""
    found = np.full((k, k), (1 - accuracy) / max(1, k - 1))
    np.fill_diagonal(found, accuracy)
    return found


def crowd(seed=0, n=400, k=3, accuracies=(0.9, 0.8, 0.7, 0.6), share=0.8):
    """Return answers of raters who err evenly, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    return Answers.of(drawn(rng, truth, [even(a, k) for a in accuracies], share), k), truth


def copied(rng, answers, source, copier, share):
    """Let one rater repeat another's answer in a share of the items that both have answered."""
    # Numbers of their own: with those that the truth was drawn from, some classes would be copied more than others.
    chance = rng.spawn(1)[0].random(len(answers))
    both = (answers[:, source] >= 0) & (answers[:, copier] >= 0) & (chance < share)
    answers[both, copier] = answers[both, source]
    return answers
