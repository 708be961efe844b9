"""Small random datasets with every kind of trouble, and what every exact detector on the graph must keep."""

from dataclasses import replace

import numpy as np

from explorer import graph
from explorer.detectors import Inputs, again, get
from explorer.progress import Progress


def random_inputs(seed, n=60, k=8, n_classes=4, blank=0.2, copies=True):
    """Return items in overlapping clusters; some unlabelled, some equal, labels a third wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n)
    x = (rng.normal(size=(n_classes, 6))[truth] + rng.normal(scale=0.7, size=(n, 6))).astype(np.float32)
    if copies:
        x[rng.integers(0, n, n // 6)] = x[rng.integers(0, n)]
    labels = np.where(rng.random(n) < 0.3, rng.integers(0, n_classes, n), truth)
    labels = np.where(rng.random(n) < blank, -1, labels).astype(np.int32)
    return Inputs(labels, n_classes, graph=graph.build(x, k), vectors=x, seed=seed)


def run(name, inputs):
    return get(name).run(inputs, Progress())


def same(a, b):
    """Compare two results: to the bit, but for float noise of 1e-6 where vectors were compared."""
    np.testing.assert_allclose(a.score, b.score, rtol=0, atol=1e-6 if "asked" in a.summary else 0)
    for field in ("suggestion", "flags"):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
    assert a.columns.keys() == b.columns.keys()
    for column in a.columns:
        np.testing.assert_array_equal(a.columns[column], b.columns[column])
    assert a.summary == b.summary


def check_updates(name, inputs, seed, rounds=4):
    """Relabel a few items at a time, also to and from nothing and to rare classes; compare with a full run."""
    rng = np.random.default_rng(seed)
    result = run(name, inputs)
    same(get(name).update(inputs, result, np.empty(0, np.intp)), result)
    same(again(name, inputs, result), result)
    for _ in range(rounds):
        changed = np.sort(rng.choice(inputs.n, rng.integers(1, 4), replace=False))
        new = rng.integers(-1, inputs.n_classes, len(changed))
        after = inputs.relabelled(dict(zip(changed.tolist(), new.tolist(), strict=True)))
        kept = result.score.copy(), dict(result.summary)
        updated = get(name).update(after, result, changed)
        np.testing.assert_array_equal(result.score, kept[0])
        assert result.summary == kept[1]
        same(updated, again(name, after, result))
        inputs, result = after, updated
    return inputs, result


def permuted(inputs, seed=0):
    """Return the same dataset with its items in another order, and which item is where now."""
    order = np.random.default_rng(seed).permutation(inputs.n)
    place = np.argsort(order).astype(np.int32)
    g = inputs.graph
    moved = graph.NeighbourGraph(place[g.indices[order]], g.similarity[order])
    vectors = None if inputs.vectors is None else inputs.vectors[order]
    return replace(inputs, labels=inputs.labels[order], graph=moved, vectors=vectors, probs=None, dynamics=None), order


def check_permutation(name, inputs):
    other, order = permuted(inputs)
    a, b = run(name, replace(inputs, probs=None, dynamics=None)), run(name, other)
    np.testing.assert_array_equal(b.score, a.score[order])
    if a.suggestion is not None:
        np.testing.assert_array_equal(b.suggestion, a.suggestion[order])


def bad_inputs():
    """Return what a detector must survive, by name."""
    plain = random_inputs(0, blank=0)
    n = plain.n
    flat = graph.NeighbourGraph(plain.graph.indices, -np.abs(plain.graph.similarity))
    copies = np.ones((40, 3), np.float32)
    return {
        "nobody": replace(plain, labels=np.full(n, -1, np.int32)),
        "one": replace(plain, labels=np.where(np.arange(n) == 5, 0, -1).astype(np.int32)),
        "one class": replace(plain, labels=np.zeros(n, np.int32), n_classes=1),
        "one in use": replace(plain, labels=np.full(n, 2, np.int32)),
        "all different": replace(plain, labels=np.arange(n, dtype=np.int32), n_classes=n),
        "a single": replace(plain, labels=np.where(np.arange(n) == 7, 3, plain.labels % 3).astype(np.int32)),
        "many classes": replace(plain, n_classes=1000),
        "two items": Inputs(np.array([0, 1], np.int32), 2, graph=graph.build(np.eye(2, dtype=np.float32), 5)),
        "few items": random_inputs(1, n=5, k=50, blank=0, copies=False),
        "equal items": Inputs((np.arange(40) % 2).astype(np.int32), 2, graph=graph.build(copies, 10), vectors=copies),
        "negative similarity": replace(plain, graph=flat),
        "mostly unlabelled": random_inputs(3, n=200, k=5, blank=0.95),
        "no vectors": replace(random_inputs(4), vectors=None),
    }


def check_bad_inputs(name):
    """Run, update and explain; scores are finite or NaN, and NaN where there is nothing to compare."""
    for case, inputs in bad_inputs().items():
        result = run(name, inputs)
        assert result.score.dtype == np.float32, case
        assert result.score.shape == (inputs.n,), case
        assert not np.isinf(result.score).any(), case
        assert np.isnan(result.score[~inputs.labelled]).all(), case
        if case in ("nobody", "one", "one class", "one in use", "all different", "two items"):
            assert np.isnan(result.score).all(), case
        elif case != "negative similarity":
            assert np.isfinite(result.score).any(), case
        classes = tuple(map(str, range(inputs.n_classes)))
        for item in range(0, inputs.n, 7):
            for reason in get(name).explain(item, inputs, result, classes):
                assert reason.name == name
                assert reason.text
        check_updates(name, inputs, 1, rounds=2)
