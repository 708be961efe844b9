"""The graph as an object: reverse view, saving, refusing nonsense."""

import pickle

import numpy as np
import pytest

from explorer.errors import DataError
from explorer.graph import NeighbourGraph, build, canonical_order


@pytest.fixture
def small():
    return build(np.random.default_rng(3).normal(size=(60, 5)), 7)


def test_reverse_view_lists_every_edge_once(small):
    indptr, rows, slots = small.reverse
    assert indptr[-1] == small.indices.size
    for item in range(small.n):
        mine, where = small.pointing_at(item)
        assert (small.indices[mine, where] == item).all()
        expected = np.argwhere(small.indices == item)
        np.testing.assert_array_equal(np.stack([mine, where], axis=1), expected)
    assert rows.dtype == np.int32
    assert slots.dtype == np.int32


def test_saves_and_loads_without_pickle(small, tmp_path):
    path = tmp_path / "graph.npz"
    small.save(path)
    again = NeighbourGraph.load(path)
    np.testing.assert_array_equal(again.indices, small.indices)
    np.testing.assert_array_equal(again.similarity, small.similarity)
    assert (again.method, again.recall, again.device) == (small.method, small.recall, small.device)
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"not a graph"])
def test_a_damaged_file_is_named(content, tmp_path):
    path = tmp_path / "graph.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"graph\.npz is no neighbour graph"):
        NeighbourGraph.load(path)


def test_a_file_of_a_newer_version_is_refused(small, tmp_path):
    path = tmp_path / "graph.npz"
    small.save(path)
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **{**arrays, "format": np.int64(99)})
    with pytest.raises(DataError, match="newer version"):
        NeighbourGraph.load(path)


def test_refuses_self_edges_wrong_types_and_strangers():
    similarity = np.ones((3, 1), np.float32)
    with pytest.raises(DataError, match="own neighbour"):
        NeighbourGraph(np.array([[1], [1], [0]], np.int32), similarity)
    with pytest.raises(DataError, match="outside"):
        NeighbourGraph(np.array([[1], [2], [3]], np.int32), similarity)
    with pytest.raises(DataError, match="int32"):
        NeighbourGraph(np.array([[1], [2], [0]]), similarity)
    with pytest.raises(DataError, match="shape"):
        NeighbourGraph(np.array([[1], [2], [0]], np.int32), np.ones((3, 2), np.float32))


def test_can_be_sent_to_another_process(small):
    again = pickle.loads(pickle.dumps(small))
    np.testing.assert_array_equal(again.indices, small.indices)


def test_canonical_order_depends_on_the_ids_alone():
    ids = np.array([f"x{i}" for i in range(100)])
    shuffled = ids[np.random.default_rng(0).permutation(100)]
    np.testing.assert_array_equal(ids[canonical_order(ids, 100)], shuffled[canonical_order(shuffled, 100)])
    assert not np.array_equal(canonical_order(ids, 100), np.arange(100))
    np.testing.assert_array_equal(canonical_order(None, 4), np.arange(4))
