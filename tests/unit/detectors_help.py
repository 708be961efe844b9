"""Digits with flipped labels, their graph and probabilities: what the detector tests share."""

import functools

import numpy as np
from sklearn.datasets import load_digits

from explorer import graph, probe
from explorer.detectors import Inputs

CLASSES = tuple("0123456789")


@functools.cache
def flipped_digits(n=700, rate=0.1, *, taught=True):
    """Return inputs, true labels int32 [n] and which labels are flipped bool [n].

    With `taught=False` the probabilities are made up from the truth instead of taught, so quickly; without dynamics.
    """
    data = load_digits()
    x = (data.data / 16 - (data.data / 16).mean(axis=0)).astype(np.float32)[:n]
    truth = data.target[:n].astype(np.int32)
    rng = np.random.default_rng(0)
    wrong = np.zeros(n, bool)
    wrong[rng.choice(n, round(rate * n), replace=False)] = True
    y = np.where(wrong, (truth + rng.integers(1, 10, n)) % 10, truth).astype(np.int32)
    g = graph.build(x, 50, ids=np.arange(n))
    if not taught:
        probs = np.full((n, 10), 0.01, np.float32)
        probs[np.arange(n), truth] = 0.91
        return Inputs(y, 10, graph=g, probs=probs, vectors=x), truth, wrong
    found = probe.out_of_fold(x, y, 10, ids=np.arange(n))
    return Inputs(y, 10, graph=g, probs=found.probs, vectors=x, dynamics=found.dynamics), truth, wrong
