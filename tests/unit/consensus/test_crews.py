"""Crews of every kind: the consensus is never far below Dawid and Skene's model, and above it beside copies."""

import numpy as np
import pytest
from consensus_help import drawn, even

from explorer.consensus import Answers, consensus, dawid_skene

SEEDS = 4


def crew(kind, seed, n):
    """Return the answers of a crew, int [N, R], the truth and the number of classes."""
    rng = np.random.default_rng(seed)
    k, share = int(rng.choice([2, 3, 5])), float(rng.choice([0.6, 0.8, 1.0]))
    truth = rng.choice(k, n, p=rng.dirichlet(np.full(k, 3.0)))
    low, high = {"excellent": (0.97, 0.999), "mixed": (0.5, 0.95)}.get(kind, (0.8, 0.97))
    some = drawn(rng, truth, [even(a, k) for a in rng.uniform(low, high, rng.integers(3, 7))], share)
    others = []
    if kind == "one-sided":
        for c in rng.integers(0, k, 3).tolist():
            hit = (truth == c) & (rng.random(n) < 0.8) | (rng.random(n) < 0.03)
            others.append(np.where(rng.random(n) < 0.02, (c + 1) % k, np.where(hit, c, -1)))
    if kind == "constant":
        others = [np.where(rng.random(n) < 0.02, (c + 1) % k, c) for c in rng.integers(0, k, 2).tolist()]
    if kind == "spammers":
        others = [rng.integers(0, k, n) for _ in range(3)]
    if kind == "copies":
        source = drawn(rng, truth, [even(0.6, k)])[:, 0]
        own = drawn(rng, truth, [even(0.6, k)] * 3)
        others = list(np.where(rng.random((n, 3)) < 0.95, source[:, None], own).T)
    return np.column_stack([some, *others]), truth, k


@pytest.mark.parametrize("n", [40, 100, 400])
@pytest.mark.parametrize("kind", ["good", "excellent", "mixed", "one-sided", "constant", "spammers", "copies"])
def test_never_far_below_the_plain_model(kind, n):
    gains = []
    for seed in range(SEEDS):
        wide, truth, k = crew(kind, seed, n)
        answers = Answers.of(wide, k)
        plain = dawid_skene.fit(answers).posterior.argmax(axis=1)
        gains.append((consensus(answers).labels == truth)[answers.answered].mean())
        gains[-1] -= (plain == truth)[answers.answered].mean()
    assert min(gains) > -0.05
    assert np.mean(gains) > -0.01
    if kind == "copies" and n == 400:
        assert np.mean(gains) > 0.02
