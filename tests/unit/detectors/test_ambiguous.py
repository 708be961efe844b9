"""Plausible clean labelings: the votes and draws by hand, exact updates, and that ambiguous is not wrong."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from explorer.detectors import Inputs, again, get
from explorer.detectors.label_errors.confident import estimate
from explorer.detectors.other_issues import ambiguous
from explorer.graph import NeighbourGraph, build
from explorer.progress import Progress


def score(inputs):
    return get("plausible").run(inputs, Progress())


def made_up(seed, n=40, k=12, classes=4, unlabelled=True):
    rng = np.random.default_rng(seed)
    indices = np.array([rng.choice(np.delete(np.arange(n), i), k, replace=False) for i in range(n)], np.int32)
    similarity = np.sort(rng.uniform(-0.2, 1, (n, k)).astype(np.float32), axis=1)[:, ::-1].copy()
    probs = rng.dirichlet(np.full(classes, 0.4), n).astype(np.float32)
    labels = np.where(rng.random(n) < 0.7, probs.argmax(axis=1), rng.integers(-unlabelled, classes, n)).astype(np.int32)
    return Inputs(labels, classes, graph=NeighbourGraph(indices, similarity), probs=probs, seed=3)


def slow_posterior(inputs, item, noise):
    """What one item may be, by the formula in plain Python."""
    k, y = inputs.n_classes, inputs.labels
    n = int((y >= 0).sum())
    count = [[noise[a, b] * n + 5 / k for b in range(k)] for a in range(k)]
    column = [sum(count[a][b] for a in range(k)) for b in range(k)]
    seen = [[count[a][b] / column[b] for b in range(k)] for a in range(k)]
    observed = [max(float(p), 1e-9) for p in inputs.probs[item]]
    clean = [p / sum(observed) for p in observed]
    observed = list(clean)
    for _ in range(5):
        mixed = [sum(seen[a][c] * clean[c] for c in range(k)) for a in range(k)]
        clean = [clean[b] * sum(observed[a] * seen[a][b] / mixed[a] for a in range(k)) for b in range(k)]
        clean = [c / sum(clean) for c in clean]
    q = [clean[b] * (seen[y[item]][b] if y[item] >= 0 else 1) for b in range(k)]
    return [v / sum(q) for v in q]


def test_by_hand():
    inputs = made_up(0)
    found = score(inputs)
    noise = estimate(inputs.probs, inputs.labels, 4).joint
    draws = found.frozen["draws"]
    for item in range(inputs.n):
        if inputs.labels[item] < 0:
            assert np.isnan(found.score[item])
            assert (draws[item] == -1).all()
            continue
        q, total = slow_posterior(inputs, item, noise), 0.0
        for m in range(draws.shape[1]):
            votes = [0.0] * 4
            for j, s in zip(inputs.graph.indices[item, :30], inputs.graph.similarity[item, :30], strict=True):
                if draws[j, m] >= 0:
                    votes[draws[j, m]] += max(0.0, float(s)) ** 4
            total += 1 - q[int(np.argmax(votes))]
        assert found.score[item] == pytest.approx(total / draws.shape[1], abs=1e-4)


def test_labelings_are_drawn_from_the_posterior():
    inputs = made_up(1, n=3000)
    draws = score(inputs).frozen["draws"]
    noise = estimate(inputs.probs, inputs.labels, 4).joint
    rows = np.flatnonzero(inputs.labels >= 0)[:400]
    expected = np.array([slow_posterior(inputs, i, noise) for i in rows])
    drawn = np.stack([(draws[rows] == c).mean(axis=1) for c in range(4)], axis=1)
    np.testing.assert_allclose(drawn.mean(axis=0), expected.mean(axis=0), atol=0.02)
    spread = ((drawn - expected) ** 2).sum() / (expected * (1 - expected)).sum()
    assert spread == pytest.approx(1 / draws.shape[1], rel=0.15)  # as independent draws have
    assert (score(replace(inputs, seed=4)).frozen["draws"] != draws).any()
    np.testing.assert_array_equal(score(inputs).frozen["draws"], draws)


@given(
    st.integers(0, 2**16), st.lists(st.lists(st.tuples(st.integers(0, 39), st.integers(-1, 3)), min_size=1), max_size=5)
)
@settings(max_examples=40, deadline=None)
def test_update_equals_a_full_run(seed, rounds):
    inputs = made_up(seed)
    found = score(inputs)
    for changes in rounds:
        changes = {i: c for i, c in dict(changes).items() if inputs.labels[i] != c}
        inputs = inputs.relabelled(changes) if changes else inputs
        before = found.score.copy()
        old, found = found, get("plausible").update(inputs, found, np.array(sorted(changes), dtype=np.intp))
        np.testing.assert_array_equal(old.score, before)
        whole = again("plausible", inputs, found)
        np.testing.assert_array_equal(found.score, whole.score)
        np.testing.assert_array_equal(found.flags, whole.flags)
        np.testing.assert_array_equal(found.frozen["draws"], whole.frozen["draws"])
        np.testing.assert_array_equal(found.frozen["seen"].counts, whole.frozen["seen"].counts)
        assert not found.stale


@pytest.mark.parametrize("classes", [2, 4, 40])
def test_updates_with_few_and_many_classes(classes):
    inputs = made_up(7, n=60, classes=classes)
    found = score(inputs)
    rng = np.random.default_rng(0)
    for _ in range(12):
        item = int(rng.integers(60))
        other = (int(inputs.labels[item]) + 2) % (classes + 1) - 1
        inputs = inputs.relabelled({item: other})
        found = get("plausible").update(inputs, found, np.array([item]))
        np.testing.assert_array_equal(found.score, again("plausible", inputs, found).score)


@pytest.mark.parametrize("classes", [4, 40])
def test_renumbering_renumbers(classes):
    inputs = made_up(2, n=80, classes=classes)
    order = np.random.default_rng(1).permutation(inputs.n)
    new = np.empty(inputs.n, np.int32)
    new[order] = np.arange(inputs.n)
    graph = NeighbourGraph(new[inputs.graph.indices[order]], inputs.graph.similarity[order])
    moved = Inputs(inputs.labels[order], classes, graph=graph, probs=inputs.probs[order], seed=3)
    np.testing.assert_allclose(score(moved).score, score(inputs).score[order], atol=1e-6)


def overlapping(n=1500):
    """Two classes that overlap in the middle, a third far away, and plain errors in it and at the ends."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, n)
    along = np.where(truth == 2, 0, rng.normal(size=n) + np.where(truth == 0, -1.2, 1.2))
    x = np.stack([np.cos(along / 3), np.sin(along / 3), np.zeros(n)], axis=1)
    x[truth == 2] = (0, 0, 1)
    x += rng.normal(size=x.shape) * 0.05
    odds = np.clip(2.4 * along, -30, 30)
    right = 1 / (1 + np.exp(-odds))
    probs = np.stack([1 - right, right, np.zeros(n)], axis=1) * 0.98 + 0.02 / 3
    probs[truth == 2] = (0.01, 0.01, 0.98)
    labels = truth.astype(np.int32)
    wrong = np.zeros(n, bool)
    sure = np.flatnonzero(probs.max(axis=1) > 0.97)
    wrong[rng.choice(sure, 60, replace=False)] = True
    labels[wrong] = (probs[wrong].argmax(axis=1) + rng.integers(1, 3, 60)) % 3
    inputs = Inputs(labels, 3, graph=build(x.astype(np.float32), 40), probs=probs.astype(np.float32))
    return inputs, wrong, probs.max(axis=1) < 0.75


def test_ambiguous_is_not_wrong():
    inputs, wrong, between = overlapping()
    found = score(inputs)
    assert roc_auc_score(between[~wrong], found.score[~wrong]) > 0.9
    assert found.score[between].mean() > 0.25
    assert np.median(found.score[wrong]) < 0.1
    assert found.flags[wrong].mean() < 0.15
    assert found.flags[~wrong & ~between].mean() < 0.1
    sure = ~between & ~wrong
    assert np.median(found.score[sure]) < 0.02


def test_on_digits_it_has_a_say_and_flags_few():
    inputs, _, wrong = flipped_digits()
    found = score(inputs)
    assert np.isfinite(found.score).all()
    assert ((found.score >= 0) & (found.score <= 1)).all()
    assert 0 < found.flags.mean() < 0.15
    assert get("plausible").issue == "ambiguous"
    assert roc_auc_score(wrong, found.score) < roc_auc_score(
        wrong, 1 - inputs.probs[np.arange(inputs.n), inputs.labels]
    )


def test_says_between_which_classes():
    inputs, _, _ = flipped_digits()
    found = score(inputs)
    item = int(np.flatnonzero(found.flags)[0])
    (reason,) = get("plausible").explain(item, inputs, found, CLASSES)
    assert reason.text.startswith("ambiguous: ")
    assert reason.value == pytest.approx(found.score[item])
    assert get("plausible").explain(int(np.flatnonzero(~found.flags)[0]), inputs, found, CLASSES) == []


def test_odd_inputs():
    inputs = made_up(3, n=30, k=12)
    assert np.isnan(score(replace(inputs, labels=np.full(30, -1, np.int32))).score).all()
    assert np.isnan(score(replace(inputs, labels=np.full(30, 2, np.int32))).score).all()
    alone = np.where(np.arange(30) == 4, 3, np.arange(30) % 2).astype(np.int32)
    found = score(replace(inputs, labels=alone))
    assert np.isnan(found.score[4])
    assert np.isfinite(np.delete(found.score, 4)).all()
    certain = np.eye(4, dtype=np.float32)[np.arange(30) % 4]
    assert np.isfinite(score(replace(inputs, labels=alone, probs=certain)).score[:4]).all()
    away = NeighbourGraph(inputs.graph.indices, -np.abs(inputs.graph.similarity))
    assert np.isnan(score(replace(inputs, graph=away)).score).all()
    few = Inputs(np.array([0, 1], np.int32), 2, graph=build(np.eye(2, dtype=np.float32), 50), probs=certain[:2, :2])
    assert score(few).score.shape == (2,)
    one = Inputs(np.zeros(30, np.int32), 1, graph=inputs.graph, probs=np.ones((30, 1), np.float32))
    assert np.isnan(score(one).score).all()


def test_exact_duplicates_share_their_labels():
    x = np.repeat(np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32), 6, axis=0)
    probs = np.repeat(np.random.default_rng(1).dirichlet(np.ones(3), 20).astype(np.float32), 6, axis=0)
    labels = np.repeat(np.arange(20) % 3, 6).astype(np.int32)
    found = score(Inputs(labels, 3, graph=build(x, 5), probs=probs))
    draws = found.frozen["draws"].reshape(20, 6, -1)
    assert (draws == draws[:, :1]).all()
    assert np.isfinite(found.score).all()


def test_the_given_class_stays_open_among_many():
    classes = 60
    probs = np.full((40, classes), 1e-4, np.float32)
    probs[:, :20] = 0.05
    probs[20:39, 50] = 20
    probs[39, 50] = 0.04  # there are more than `OPEN` more probable ones
    probs /= probs.sum(axis=1, keepdims=True)
    labels = np.where(np.arange(40) < 20, np.arange(40), 50).astype(np.int32)
    x = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    found = score(Inputs(labels, classes, graph=build(x, 10), probs=probs))
    assert (found.frozen["draws"][39] == 50).mean() > 0.2
    assert (probs[39] > probs[39, 50]).sum() > ambiguous.OPEN
