"""Growing a selection."""

import importlib
from dataclasses import replace

import numpy as np
import pytest
from detectors_help import flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from other_issues_help import random_case, renumbered

from explorer.detectors import Inputs
from explorer.errors import DataError
from explorer.graph import NeighbourGraph, build
from explorer.review.grow import grow

module = importlib.import_module("explorer.review.grow")  # the package's `grow` could be the function


def weights(inputs, other):
    """Return all edge weights, [N, N], from the definition."""
    w = np.zeros((inputs.n, inputs.n))
    for i in range(inputs.n):
        for slot, j in enumerate(inputs.graph.indices[i, : module.NEAR]):
            if inputs.graph.similarity[i, slot] > 0:
                same = inputs.labels[i] == inputs.labels[j] and inputs.labels[i] >= 0
                w[i, j] += 1 if same else other
                w[j, i] += 1 if same else other
    return w


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.5, 1.0]))
def test_scores_are_the_personalised_pagerank(seed, other):
    inputs = random_case(seed, n=60, k=6)
    chosen = np.unique(np.random.default_rng(seed).integers(0, 60, 3))
    w = weights(inputs, other)
    degree = w.sum(axis=1)
    start = np.zeros(60)
    start[chosen] = 1
    walk = w / np.maximum(degree, 1e-300)[:, None]
    mass = np.linalg.solve(np.eye(60) - (1 - module.TELEPORT) * walk.T, module.TELEPORT * start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "COARSE", 1e-10)
        grown = grow(chosen, inputs, other=other, size=60)
    strength = mass[grown.positions] / np.maximum(degree[grown.positions], 1e-300)
    np.testing.assert_allclose(grown.scores, strength / strength.max(), atol=1e-5)
    assert (np.diff(grown.scores[len(chosen) :]) <= 1e-6).all()
    inside = np.isin(np.arange(60), grown.positions)
    assert mass[~inside].max(initial=0) < 1e-6
    volume = degree[inside].sum()
    across = w[inside][:, ~inside].sum()
    rest = max(2.0 * 60 * inputs.graph.k - volume, 0)
    assert grown.conductance == pytest.approx(across / max(min(volume, rest), 1e-300), abs=1e-6, rel=1e-6)


def test_it_finds_the_class_of_a_digit_behind_wrong_labels():
    inputs, truth, wrong = flipped_digits(rate=0.2, taught=False)
    shares, plain, sizes = [], [], []
    for item in np.flatnonzero(~wrong)[:20]:
        grown = grow([int(item)], inputs, size=40)
        shares.append((truth[grown.positions] == truth[item]).mean())
        plain.append((truth[grow([int(item)], inputs, size=40, same_label=False).positions] == truth[item]).mean())
        sizes.append(grown.natural)
    assert np.mean(shares) > 0.95
    assert np.mean(shares) > np.mean(plain)
    assert 20 < np.median(sizes) < 150  # some seventy items a class


def test_the_natural_size_of_a_clump():
    rng = np.random.default_rng(0)
    clump = np.repeat(np.arange(4), 50)
    x = (np.eye(4, 10)[clump] + rng.normal(scale=0.1, size=(200, 10))).astype(np.float32)
    inputs = Inputs(np.full(200, -1, np.int32), 4, graph=build(x, 15))
    grown = grow([60, 70], inputs)
    assert grown.natural == len(grown.positions) == 50
    assert set(grown.positions) == set(range(50, 100))
    assert grown.positions[:2].tolist() == [60, 70]
    assert grown.conductance < 0.01
    assert (np.diff(grown.scores[2:]) <= 1e-6).all()
    assert grown.scores.max() == 1


def test_labels_hold_the_mass_back():
    """One clump under two labels: from one of them it grows to its own first."""
    rng = np.random.default_rng(0)
    x = (np.eye(1, 10) + rng.normal(scale=0.2, size=(200, 10))).astype(np.float32)
    labels = (np.arange(200) % 2).astype(np.int32)
    inputs = Inputs(labels, 2, graph=build(x, 20))
    assert (labels[grow([0], inputs, size=60).positions] == 0).mean() > 0.9
    assert 0.3 < (labels[grow([0], inputs, size=60, same_label=False).positions] == 0).mean() < 0.7
    unlabelled = replace(inputs, labels=np.full(200, -1, np.int32))
    without = set(grow([0], inputs, size=60, same_label=False).positions)
    assert len(without & set(grow([0], unlabelled, size=60).positions)) > 50


def test_it_is_the_same_each_time_and_does_not_depend_on_numbers():
    inputs = random_case(4, n=80, k=6)
    other, order = renumbered(inputs)
    place = np.argsort(order)
    one = grow([3, 9], inputs, size=30)
    again = grow([9, 3, 3], inputs, size=30)
    np.testing.assert_array_equal(one.positions, again.positions)
    two = grow(place[[3, 9]], other, size=30)
    np.testing.assert_allclose(np.sort(one.scores), np.sort(two.scores), rtol=1e-6)
    assert set(one.positions) == set(order[two.positions])
    assert one.natural == two.natural


def test_only_the_neighbourhood_is_touched():
    """A ring of a hundred thousand items: from one of them only those near it are looked at."""
    n = 100_000
    step = np.array([1, -1, 2, -2, 3, -3])
    indices = ((np.arange(n)[:, None] + step) % n).astype(np.int32)
    similarity = np.tile(np.array([0.9, 0.9, 0.8, 0.8, 0.7, 0.7], np.float32), (n, 1))
    seen = []

    class Watched(np.ndarray):
        """Columns that write down the rows that are read of them."""

        def __getitem__(self, key):
            seen.append(np.arange(n)[key[0] if isinstance(key, tuple) else key])
            return np.asarray(self)[key]

    graph = NeighbourGraph(indices.view(Watched), similarity.view(Watched))
    assert graph.reverse  # made once for all
    seen.clear()
    grown = grow([500], Inputs(np.zeros(n, np.int32), 2, graph=graph), size=21)
    assert sorted(grown.positions.tolist()) == list(range(490, 511))
    rows = np.unique(np.concatenate([np.ravel(each) for each in seen]))
    assert set(range(490, 511)) <= set(rows.tolist())
    assert np.minimum(abs(rows - 500), n - abs(rows - 500)).max() < 2_000


def test_a_selection_of_thousands_keeps_its_own():
    n = 5_000
    indices = ((np.arange(n)[:, None] + np.array([1, -1])) % n).astype(np.int32)
    inputs = Inputs(np.zeros(n, np.int32), 2, graph=NeighbourGraph(indices, np.full((n, 2), 0.5, np.float32)))
    grown = grow(np.arange(3_000), inputs)
    np.testing.assert_array_equal(grown.positions[:3_000], np.arange(3_000))
    assert np.isfinite(grown.scores).all()


def test_an_item_that_is_like_nothing_stays_alone():
    x = np.concatenate([np.zeros((1, 6)), np.random.default_rng(0).random((30, 6))]).astype(np.float32)
    inputs = Inputs(np.zeros(31, np.int32), 2, graph=build(x, 5))
    grown = grow([0], inputs, size=10)
    assert grown.positions.tolist() == [0]
    bare = NeighbourGraph(np.zeros((4, 0), np.int32), np.zeros((4, 0), np.float32))
    assert grow([2], Inputs(np.zeros(4, np.int32), 2, graph=bare)).positions.tolist() == [2]


def test_copies_come_first():
    inputs = random_case(2, n=80, k=6, copies=5, unlabelled=0)
    copies = np.flatnonzero(inputs.content_hashes == inputs.content_hashes[0])
    grown = grow([int(copies[0])], inputs, size=20, same_label=False)
    assert set(copies) <= set(grown.positions)


@pytest.mark.parametrize(
    ("selection", "options", "words"),
    [
        ([], {}, "no selection"),
        ([99], {}, "no item at position 99"),
        ([-1], {}, "no item at position -1"),
        ([0, 1, 2], {"size": 2}, "cannot grow to 2"),
        ([0], {"other": 0.0}, "weight of an edge"),
        ([0], {"other": 1.5}, "weight of an edge"),
    ],
)
def test_what_it_refuses(selection, options, words):
    with pytest.raises(DataError, match=words):
        grow(selection, random_case(0), **options)


def test_it_needs_a_graph():
    with pytest.raises(DataError, match="Build the graph"):
        grow([0], Inputs(np.zeros(3, np.int32), 2))
