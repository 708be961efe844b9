"""Small random datasets with probabilities and every kind of trouble, and what detectors that read them must keep."""

from dataclasses import replace

import numpy as np

from explorer import graph
from explorer.detectors import Inputs, again, get
from explorer.progress import Progress


def random_inputs(seed, n=60, k=8, n_classes=4, blank=0.2):
    """Return overlapping clusters; some items unlabelled, some equal, some surely known; a fifth of labels random."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n)
    centres = rng.normal(size=(n_classes, 6))
    x = (centres[truth] + rng.normal(scale=0.6, size=(n, 6))).astype(np.float32)
    x[rng.integers(0, n, n // 6)] = x[rng.integers(0, n)]
    far = -2 * ((x[:, None] - centres) ** 2).sum(axis=2)
    probs = np.exp(far - far.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    sure = rng.random(n) < 0.1
    probs[sure] = np.eye(n_classes)[rng.integers(0, n_classes, n)][sure]
    labels = np.where(rng.random(n) < 0.2, rng.integers(0, n_classes, n), truth)
    labels = np.where(rng.random(n) < blank, -1, labels).astype(np.int32)
    trusted = rng.random(n) < 0.5
    probs = probs.astype(np.float32)
    dynamics = np.stack([np.repeat(probs.max(axis=1)[:, None], 3, axis=1)] * 2, axis=2).astype(np.float16)
    g = graph.build(x, k)
    return Inputs(labels, n_classes, graph=g, probs=probs, vectors=x, trusted=trusted, dynamics=dynamics, seed=seed)


def run(name, inputs):
    return get(name).run(inputs, Progress())


def same(a, b, atol=0.0):
    """Compare two results, to the bit unless told."""
    for field in ("score", "suggestion", "flags"):
        x, y = getattr(a, field), getattr(b, field)
        assert (x is None) == (y is None), field
        if x is not None:
            np.testing.assert_allclose(x, y, rtol=0, atol=atol, err_msg=field)
    assert a.columns.keys() == b.columns.keys()
    for column in a.columns:
        np.testing.assert_allclose(a.columns[column], b.columns[column], rtol=0, atol=atol, err_msg=column)


def check_updates(name, inputs, seed, rounds=4):
    """Relabel a few items at a time, also to and from nothing and to rare classes; compare with a full run."""
    rng = np.random.default_rng(seed)
    result = run(name, inputs)
    for _ in range(rounds):
        changed = np.sort(rng.choice(inputs.n, min(inputs.n, rng.integers(1, 4)), replace=False))
        new = rng.integers(-1, inputs.n_classes, len(changed))
        after = inputs.relabelled(dict(zip(changed.tolist(), new.tolist(), strict=True)))
        kept = result.score.copy()
        updated = get(name).update(after, result, changed)
        np.testing.assert_array_equal(result.score, kept)
        if get(name).exact:
            same(updated, again(name, after, result))
            assert updated.summary == result.summary
        else:
            assert updated.stale
        inputs, result = after, updated


def permuted(inputs, seed=0):
    """Return the same dataset with its items in another order, and which item is where now."""
    order = np.random.default_rng(seed).permutation(inputs.n)
    place = np.argsort(order).astype(np.int32)
    g = inputs.graph
    moved = None if g is None else graph.NeighbourGraph(place[g.indices[order]], g.similarity[order])
    arrays = {
        name: None if getattr(inputs, name) is None else getattr(inputs, name)[order]
        for name in ("probs", "vectors", "trusted", "dynamics")
    }
    return replace(inputs, labels=inputs.labels[order], graph=moved, **arrays), order


def check_permutation(name, inputs, atol=1e-6):
    """Number the items otherwise: every item keeps what it had."""
    other, order = permuted(inputs)
    a, b = run(name, inputs), run(name, other)
    for x, y in [(a.score, b.score), *((a.columns[c], b.columns[c]) for c in a.columns)]:
        np.testing.assert_allclose(y, x[order], rtol=0, atol=atol)
    for field in ("suggestion", "flags"):
        if getattr(a, field) is not None:
            np.testing.assert_array_equal(getattr(b, field), getattr(a, field)[order])


def bad_inputs():
    """Return what a detector must survive, by name."""
    plain = random_inputs(0, blank=0)
    n = plain.n
    g = plain.graph
    few = random_inputs(1, n=5, k=50, blank=0)
    wide = np.zeros((n, 1000), np.float32)
    wide[:, :4] = plain.probs
    copies = np.ones((40, 3), np.float32)
    return {
        "nobody": replace(plain, labels=np.full(n, -1, np.int32)),
        "one": replace(plain, labels=np.where(np.arange(n) == 5, 0, -1).astype(np.int32)),
        "one class": replace(plain, labels=np.zeros(n, np.int32), n_classes=1, probs=np.ones((n, 1), np.float32)),
        "one in use": replace(plain, labels=np.full(n, 2, np.int32)),
        "a single": replace(plain, labels=np.where(np.arange(n) == 7, 3, plain.labels % 3).astype(np.int32)),
        "many classes": replace(plain, n_classes=1000, probs=wide),
        "few items": few,
        "equal items": Inputs(
            (np.arange(40) % 2).astype(np.int32),
            2,
            graph=graph.build(copies, 10),
            probs=np.full((40, 2), 0.5, np.float32),
            vectors=copies,
            trusted=np.arange(40) < 30,
        ),
        "negative similarity": replace(plain, graph=graph.NeighbourGraph(g.indices, -np.abs(g.similarity))),
        "mostly unlabelled": random_inputs(3, n=200, k=5, blank=0.95),
        "no vectors": replace(random_inputs(4), vectors=None),
        "certain": replace(plain, probs=np.eye(4, dtype=np.float32)[plain.probs.argmax(axis=1)]),
        "nobody trusted": replace(plain, trusted=np.zeros(n, bool)),
    }


def check_bad_inputs(name, silent=()):
    """Run, update and explain; scores are finite or NaN, and NaN in the cases named."""
    for case, inputs in bad_inputs().items():
        result = run(name, inputs)
        for scores in (result.score, *result.columns.values()):
            assert scores.dtype == np.float32, case
            assert scores.shape == (inputs.n,), case
            assert not np.isinf(scores).any(), case
            assert np.isnan(scores[~inputs.labelled]).all(), case
        assert np.isfinite(result.score).any() == (case not in silent), case
        classes = tuple(map(str, range(inputs.n_classes)))
        for item in range(0, inputs.n, 7):
            for reason in get(name).explain(item, inputs, result, classes):
                assert reason.name
                assert reason.text
        check_updates(name, inputs, 1, rounds=2)
