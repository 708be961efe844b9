"""A search by the sketch of the vectors against one that looks at all of them, while labels change."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nearest_help import random_inputs

from explorer.detectors.compiled import jit
from explorer.detectors.compiled import nearest as kernels
from explorer.detectors.compiled.prefetch import ahead, cell_ahead
from explorer.detectors.label_state import label_state
from explorer.detectors.nearest_of_label import sketch
from explorer.detectors.nearest_of_label.sketch import Index


def searched(inputs, index, queries, label):
    """Return who the sketch finds, and who is found without it; cosines too."""
    found = []
    for by_sketch in (True, False):
        who, best = np.empty((len(queries), 2), np.int32), np.empty((len(queries), 2), np.float32)
        if by_sketch:
            index.sketch.search(inputs, label_state(inputs), queries, label, index.lengths, who, best)
        else:
            candidates = np.flatnonzero(inputs.labels == label)
            kernels.search_two(candidates, queries, inputs.vectors, index.lengths, who, best)
        found.append((who, best))
    return found


def agree(inputs, index):
    queries = np.arange(inputs.n)
    for label in range(inputs.n_classes):
        (who, best), (expected, most) = searched(inputs, index, queries, label)
        np.testing.assert_array_equal(who >= 0, expected >= 0)
        np.testing.assert_allclose(best, most, rtol=0, atol=2e-6)
        other = who != expected  # as near, but for rounding
        np.testing.assert_allclose(best[other], most[other], rtol=0, atol=2e-6)
        assert ((who < 0) | (inputs.labels[who] == label)).all()
        assert (who != queries[:, None]).all()
        assert ((who[:, 0] != who[:, 1]) | (who[:, 1] < 0)).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.3, 0.9]), wide=st.sampled_from([1, 6, 40]))
def test_the_sketch_finds_whom_a_look_at_all_finds(seed, blank, wide):
    rng = np.random.default_rng(seed)
    inputs = random_inputs(seed, blank=blank)
    inputs.vectors = (inputs.vectors @ rng.normal(size=(6, wide))).astype(np.float32)
    inputs.vectors[rng.random(inputs.n) < 0.05] = 0
    index = Index.of(inputs, label_state(inputs))
    agree(inputs, index)
    for _ in range(3):
        changed = np.sort(rng.choice(inputs.n, 5, replace=False))
        new = rng.integers(-1, inputs.n_classes, 5)
        inputs = inputs.relabelled(dict(zip(changed.tolist(), new.tolist(), strict=True)))
        index = index.following(changed)
        agree(inputs, index)
    standing = index.standing(label_state(inputs)).sketch.strays
    assert set(standing.tolist()) <= set(index.sketch.strays.tolist())
    assert (np.diff(index.sketch.strays) > 0).all()
    agree(inputs, index.standing(label_state(inputs)))


def test_of_equal_vectors_the_first_counts_also_where_it_came_late():
    inputs = random_inputs(0, blank=0)
    inputs.vectors[:] = inputs.vectors[0]
    inputs.labels[:] = np.arange(inputs.n) % 2
    index = Index.of(inputs, label_state(inputs))
    (who, _), (expected, _) = searched(inputs, index, np.array([7]), 0)
    np.testing.assert_array_equal(who, [[0, 2]])
    after = inputs.relabelled({1: 0, 0: 1})
    (who, _), (expected, _) = searched(after, index.following(np.array([0, 1])), np.array([7]), 0)
    np.testing.assert_array_equal(who, [[1, 2]])
    np.testing.assert_array_equal(who, expected)


def test_nearly_all_are_passed_over():
    rng = np.random.default_rng(0)
    inputs = random_inputs(0, n=400, blank=0)
    inputs.vectors = rng.normal(size=(400, 64)).astype(np.float32)
    inputs.labels[:] = 0
    index = Index.of(inputs, label_state(inputs))
    unit = inputs.vectors / index.lengths[:, None]
    about = index.sketch.codes * index.sketch.grain[:, :1]
    away = np.abs(unit @ unit.T - about @ unit.T).max(axis=1)
    assert (away <= index.sketch.grain[:, 1]).all()
    assert index.sketch.grain[:, 1].max() < 0.02


@pytest.mark.parametrize("why", ["none", "strided", "many", "unlabelled"])
def test_without_a_sketch_all_vectors_are_looked_at(why, monkeypatch):
    inputs = random_inputs(3)
    if why == "none":
        inputs = replace(inputs, vectors=None)
    elif why == "strided":
        inputs = replace(inputs, vectors=np.repeat(inputs.vectors, 2, axis=1)[:, ::2])
    elif why == "unlabelled":
        inputs = replace(inputs, labels=np.full(inputs.n, -1, np.int32), n_classes=0)
    else:
        monkeypatch.setattr(sketch, "CELLS", 10)
    index = Index.of(inputs, label_state(inputs))
    assert index.sketch is None
    assert index.following(np.array([1])) is index
    assert index.standing(label_state(inputs)) is index


@jit.kernel("out")
def summed(values: jit.Reals, table: jit.Reals, out: jit.Reals) -> None:
    for i in range(len(values)):
        if i + 1 < len(values):
            ahead(values, i + 1)
            ahead(table, i + 1)
            cell_ahead(table, i + 1, table.shape[1] - 1)
        out[i] = values[i] + table[i].sum()


def test_memory_asked_for_ahead_changes_nothing():
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        values, table = rng.normal(size=9).astype(dtype), rng.normal(size=(9, 700)).astype(dtype)
        out, plain = np.empty(9), np.empty(9)
        summed(values, table, out)
        summed.function(values, table, plain)
        np.testing.assert_allclose(out, plain, rtol=1e-4)
        np.testing.assert_allclose(out, values + table.sum(axis=1), rtol=1e-4)
