"""The neighbour graph: exact, deterministic, independent of row order, never a self-edge."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from explorer import graph
from explorer.errors import Cancelled, DataError, UnknownName
from explorer.progress import Progress


@pytest.fixture(scope="module")
def digits():
    data = load_digits().data / 16
    return (data - data.mean(axis=0)).astype(np.float32)


def by_hand(x, k):
    x = x.astype(np.float64)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosine = x @ x.T
    np.fill_diagonal(cosine, -np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(cosine, order, axis=1)


def assert_no_self_edges(g):
    assert not (g.indices == np.arange(g.n)[:, None]).any()
    assert all(len(set(row)) == g.k for row in g.indices.tolist())


def test_equals_the_definition(digits):
    g = graph.build(digits, 50)
    indices, cosine = by_hand(digits, 50)
    assert g.indices.shape == (len(digits), 50)
    assert g.indices.dtype == np.int32
    assert g.similarity.dtype == np.float32
    np.testing.assert_allclose(g.similarity, cosine, atol=2e-6)
    differ = g.indices != indices
    # Where the order differs, the similarities are equal to float precision.
    assert differ.mean() < 0.001
    assert g.method == "exact"
    assert g.recall == 1.0
    assert_no_self_edges(g)
    assert (np.diff(g.similarity, axis=1) <= 0).all()


def test_torch_search_equals_faiss(digits, monkeypatch):
    from explorer.graph import construction, exact_search

    expected = graph.build(digits, 20)
    # The search that runs on a GPU, here on the CPU, with blocks so small that rows and columns are both cut.
    monkeypatch.setattr(exact_search, "GPU_CELLS", 40_000)
    monkeypatch.setattr(
        construction,
        "search_faiss",
        lambda base, queries, fetch, progress: exact_search.search_torch(base, queries, fetch, "cpu", progress),
    )
    got = graph.build(digits, 20)
    np.testing.assert_allclose(got.similarity, expected.similarity, atol=2e-6)
    assert (got.indices != expected.indices).mean() < 1e-4


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 60),
    values=st.integers(2, 4),
    k=st.integers(1, 12),
)
def test_shuffling_the_rows_shuffles_the_result(seed, n, values, k):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, values, size=(n, 3)).astype(np.float32)  # few values: many ties, equal and zero vectors
    ids = np.array([f"item-{i}" for i in range(n)])
    order = rng.permutation(n)
    a, b = graph.build(x, k, ids=ids), graph.build(x[order], k, ids=ids[order])
    assert_no_self_edges(a)
    np.testing.assert_array_equal(a.similarity[order], b.similarity)
    np.testing.assert_array_equal(ids[a.indices[order]], ids[order][b.indices])


def test_many_identical_vectors_are_each_others_neighbours_and_nobodys_hub():
    rng = np.random.default_rng(0)
    x = np.concatenate([np.tile(rng.normal(size=8), (300, 1)), rng.normal(size=(40, 8))]).astype(np.float32)
    g = graph.build(x, 10, ids=[f"i{i}" for i in range(len(x))])
    assert_no_self_edges(g)
    assert (g.indices[:300] < 300).all()
    assert (g.similarity[:300] == 1).all()
    assert (g.indices[300:] >= 0).all()
    from_copies = np.bincount(g.indices[:300].ravel(), minlength=len(x))
    assert from_copies.max() <= 11  # a ring, not three hundred arrows at the same ten


def test_one_group_larger_than_k_and_smaller_ones_beside_it():
    x = np.repeat(np.eye(4, dtype=np.float32), [2, 3, 1, 6], axis=0)
    g = graph.build(x, 4)
    assert_no_self_edges(g)
    assert set(g.indices[0, :1]) == {1}
    assert set(g.indices[2, :2]) == {3, 4}
    assert (g.similarity[2, :2] == 1).all()
    assert (g.similarity[2, 2:] == 0).all()
    assert set(g.indices[7]) <= set(range(6, 12))


def test_fewer_items_than_neighbours():
    g = graph.build(np.eye(3, dtype=np.float32), 50)
    assert g.k == 2
    assert_no_self_edges(g)


@pytest.mark.parametrize("n", [0, 1])
def test_needs_two_items(n):
    with pytest.raises(DataError, match="at least two items"):
        graph.build(np.ones((n, 4), np.float32))


def test_refuses_nan_and_says_where(digits):
    broken = digits[:20].copy()
    broken[[3, 7], 0] = np.nan, np.inf
    with pytest.raises(DataError, match="2 vectors hold NaN or infinite values, the first at position 3"):
        graph.build(broken)


def test_refuses_what_is_no_matrix():
    with pytest.raises(DataError, match="two-dimensional"):
        graph.build(np.zeros(5))
    with pytest.raises(DataError, match="two-dimensional"):
        graph.build(np.array([["a"], ["b"]]))
    with pytest.raises(UnknownName, match="exact"):
        graph.build(np.eye(3), method="exakt")


def test_huge_and_tiny_lengths_have_the_same_directions(digits):
    scale = np.where(np.arange(len(digits)) % 2, 1e25, 1e-25)[:, None].astype(np.float32)
    a, b = graph.build(digits[:200], 5), graph.build(digits[:200] * scale[:200], 5)
    np.testing.assert_allclose(a.similarity, b.similarity, atol=3e-6)


def test_approximate_search_measures_its_recall():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 32))
    x = (centres[rng.integers(0, 40, 12_000)] + 0.4 * rng.normal(size=(12_000, 32))).astype(np.float32)
    exact, near = graph.build(x, 10), graph.build(x, 10, method="ivf", seed=1)
    assert_no_self_edges(near)
    true_recall = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(exact.indices, near.indices, strict=True)])
    assert near.method == "ivf"
    assert near.recall > 0.9
    assert near.recall == pytest.approx(true_recall, abs=0.02)
    again = graph.build(x, 10, method="ivf", seed=1)
    np.testing.assert_array_equal(near.indices, again.indices)


def test_auto_turns_approximate_beyond_the_budget(digits, monkeypatch):
    from explorer.graph import construction

    monkeypatch.setattr(construction, "CPU_BUDGET", 1e6)
    assert graph.build(digits, 10).method == "ivf"


def test_reports_progress_and_can_be_cancelled(digits):
    seen = []
    stop = threading.Event()

    def report(stage):
        seen.append(stage)
        if stage.done:
            stop.set()

    x = np.tile(digits, (4, 1)) + np.random.default_rng(0).normal(scale=0.01, size=(4 * len(digits), 64))
    progress = Progress(report=report, cancel=stop, interval=0.0)
    with pytest.raises(Cancelled):
        graph.build(x, 5, progress=progress)
    assert 0 < seen[-1].done < len(x)
    assert seen[0].device == "cpu"


@pytest.mark.parametrize("dimensions", [8, 32, 100, 256, 1024])
def test_a_block_of_queries_is_large_enough_for_a_matrix_product(dimensions):
    import faiss

    from explorer.graph.exact_search import block_for

    assert block_for(dimensions) * dimensions >= faiss.cvar.distance_compute_blas_threshold


@pytest.mark.parametrize("dimensions", [1, 2, 8, 4096])
def test_a_block_of_queries_stays_small_enough_to_be_cancelled(dimensions):
    from explorer.graph.exact_search import LEAST, MOST, block_for

    assert LEAST <= block_for(dimensions) <= MOST


@pytest.mark.parametrize(("n", "blocks"), [(1, 1), (99, 1), (100, 1), (199, 1), (200, 2), (1_050, 10)])
def test_blocks_are_of_about_one_size_and_none_is_too_small(n, blocks):
    from explorer.graph.exact_search import search_index

    asked = []

    class Index:
        def search(self, queries, fetch):
            asked.append(len(queries))
            return queries[:, :1].repeat(fetch, axis=1), queries[:, :1].astype(np.int64).repeat(fetch, axis=1)

    queries = np.arange(n, dtype=np.float32)[:, None]
    found, similarity = search_index(Index(), queries, 3, Progress(), block=100)
    assert len(asked) == blocks
    assert sum(asked) == n
    assert max(asked) - min(asked) <= 1
    np.testing.assert_array_equal(found, similarity)
    np.testing.assert_array_equal(found[:, 0], np.arange(n))


def test_asks_the_vectors_about_one_item(digits):
    labels = load_digits().target
    found, cosine = graph.nearest(digits, 7, 5, among=labels == 3)
    assert (labels[found] == 3).all()
    assert 7 not in found
    whole = (digits @ digits[7]) / np.linalg.norm(digits, axis=1) / np.linalg.norm(digits[7])
    best = np.sort(whole[(labels == 3) & (np.arange(len(labels)) != 7)])[::-1][:5]
    np.testing.assert_allclose(cosine, best, rtol=1e-5)
