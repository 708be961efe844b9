"""A graph of links that somebody gave: its rows, what it refuses, and how every method that reads a graph takes it."""

import numpy as np
import pytest

import explorer
from explorer import detectors, graph
from explorer.detectors import Inputs
from explorer.detectors.registry import get
from explorer.detectors.run import again as run_again
from explorer.errors import DataError
from explorer.graph import NeighbourGraph
from explorer.graph.walks import surroundings
from explorer.layout import linked


def slow(edges, n, weights=None, directed=False):
    """Links of every item by their weight relative to the heaviest, in plain Python."""
    found = [{} for _ in range(n)]
    for number, (a, b) in enumerate(edges):
        weight = 1.0 if weights is None else float(weights[number])
        for source, target in ((a, b), (b, a))[: 1 if directed else 2]:
            if a != b:
                found[source][target] = max(weight, found[source].get(target, 0))
    return [{j: w / max(row.values()) for j, w in row.items()} for row in found]


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_links_by_hand(seed, weighted, directed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    edges = rng.integers(0, n, (int(rng.integers(3, 40)), 2))
    edges[0] = 0, 1
    weights = rng.integers(1, 9, len(edges)) / 2 if weighted else None
    found = NeighbourGraph.from_edges(edges, n, weights, directed)
    for item, expected in enumerate(slow(edges.tolist(), n, weights, directed)):
        degree = found.degree[item]
        assert dict(zip(found.near(item).tolist(), found.similarity[item, :degree].tolist(), strict=True)) == (
            pytest.approx(expected)
        )
        assert (np.diff(found.similarity[item]) <= 0).all()
        assert (found.similarity[item, degree:] == 0).all()
    assert not found.measured
    assert found.method == "given"
    assert found.real.sum() == found.degree.sum()


def test_the_heaviest_and_rarest_links_are_kept():
    edges = [(0, j) for j in range(1, 8)] + [(j, 8) for j in range(1, 4)]
    found = NeighbourGraph.from_edges(edges, 9, k=3)
    assert found.near(0).tolist() == [4, 5, 6]  # 1 to 3 are linked to 8 as well
    weights = np.ones(len(edges))
    weights[1] = 5
    assert NeighbourGraph.from_edges(edges, 9, weights, k=3).near(0)[0] == 2
    assert str(found).startswith("16 links of 9 items")
    assert str(NeighbourGraph.from_edges([(0, 1)], 3)) == "2 links of 3 items, 1 of them without any"


@pytest.mark.parametrize(
    ("edges", "n", "weights", "said"),
    [
        ([(0, 1)], 1, None, "at least two items, and there is one"),
        ([(0, 1)], 0, None, "there are none"),
        ([(0, 5), (0, 9)], 5, None, r"Edge 0 joins 0 and 5, and rows go from 0 to 4; 2 edges are like it"),
        ([(0, -1)], 3, None, "Edge 0 joins 0 and -1"),
        ([("a", "b")], 3, None, "name their ends by str"),
        ([(1, 1)], 3, None, "No edge joins two items"),
        ([(0, 1, 2, 3)], 3, None, r"shape \(1, 4\)"),
        ([0, 1], 3, None, r"shape \(2,\)"),
        ([(0.5, 1)], 3, None, "type float64"),
        ([(0, 1), (1, 2)], 3, [1.0], "2 numbers are expected"),
        ([(0, 1)], 3, [0.0], "weight of edge 0 is 0"),
        ([(0, 1)], 3, [np.nan], "weight of edge 0 is nan"),
        ([(0, 1)], 3, ["a"], "weights of the edges are of the type"),
    ],
)
def test_what_is_no_graph(edges, n, weights, said):
    with pytest.raises(DataError, match=said):
        NeighbourGraph.from_edges(edges, n, weights)


def test_saved_and_loaded(tmp_path):
    found = NeighbourGraph.from_edges([(0, 1), (1, 2)], 4)
    found.save(tmp_path / "links.npz")
    again = NeighbourGraph.load(tmp_path / "links.npz")
    np.testing.assert_array_equal(again.degree, found.degree)
    np.testing.assert_array_equal(again.indices, found.indices)
    graph.build(np.eye(4, dtype=np.float32), 2).save(tmp_path / "cosines.npz")
    assert NeighbourGraph.load(tmp_path / "cosines.npz").measured


def test_a_part_of_a_graph():
    found = NeighbourGraph.from_edges([(0, 1), (1, 2), (2, 3), (4, 1)], 5)
    part = found.part(np.array([4, 1, 2]))
    assert [sorted(part.near(i).tolist()) for i in range(3)] == [[1], [0, 2], [1]]
    alone = found.part(np.array([0, 3]))
    assert alone.degree.tolist() == [0, 0]
    assert found.part(np.array([3])).n == 1
    cosines = graph.build(np.random.default_rng(0).normal(size=(6, 3)), 2)
    assert cosines.part(np.arange(6)).measured
    assert not cosines.part(np.array([0, 1])).measured


def test_fillers_are_no_steps():
    found = NeighbourGraph.from_edges([(0, 1), (0, 2), (0, 3)], 6)
    steps = surroundings(found).steps.toarray()
    assert sorted(zip(*np.nonzero(steps), strict=True)) == [(0, 1), (0, 2), (0, 3), (1, 0), (2, 0), (3, 0)]


@pytest.fixture(scope="module")
def papers():
    """Two communities that link mostly among themselves, every tenth label wrong, two items without links."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 60).astype(np.int32)
    edges = [(i, int(rng.choice(np.flatnonzero((truth == truth[i]) == (rng.random() < 0.95))))) for i in range(118)
             for _ in range(3)]  # fmt: skip
    edges = [(a, b) for a, b in edges if b < 118]
    labels = truth.copy()
    labels[::10] = 1 - labels[::10]
    return np.array(edges), truth, labels


def test_every_method_runs_on_links_or_says_why_not(papers):
    edges, truth, labels = papers
    links = NeighbourGraph.from_edges(edges, 120)
    probs = np.where(np.arange(2) == truth[:, None], 0.9, 0.1).astype(np.float32)
    found = detectors.run(Inputs(labels, 2, graph=links, probs=probs))
    assert not found.failures
    assert {"vote", "relation", "influence", "graphcleaner", "plausible"} <= set(found.results)
    for name in ("near_duplicate", "outlier", "underperforming", "hoc", "simifeat", "shapley", "distance_ratio"):
        assert found.skipped[name] == "needs distances"
    # With vectors beside the links all of them run, on cosines.
    vectors = (np.eye(2)[truth] + np.random.default_rng(1).normal(size=(120, 2)) / 5).astype(np.float32)
    near = graph.build(vectors, 10)
    both = detectors.run(Inputs(labels, 2, graph=links, cosines=near, probs=probs, vectors=vectors))
    assert not both.failures
    alone = detectors.run(Inputs(labels, 2, graph=near, probs=probs, vectors=vectors))
    for name in ("near_duplicate", "outlier", "hoc", "shapley", "distance_ratio"):
        np.testing.assert_array_equal(both.results[name].score, alone.results[name].score)
    np.testing.assert_array_equal(both.results["vote"].score, found.results["vote"].score)


def test_an_item_without_links_is_not_judged_by_others(papers):
    edges, _, labels = papers
    inputs = Inputs(labels, 2, graph=NeighbourGraph.from_edges(edges, 120))
    result = detectors.run(inputs, only=["vote"]).results["vote"]
    assert get("vote").opinion(inputs, result, np.array([119])).tolist() == [[0.5, 0.5]]
    assert get("vote").explain(119, inputs, result, ("a", "b"))[0].text == "linked to no other item"
    assert "linked items say" in get("vote").explain(0, inputs, result, ("a", "b"))[0].text


@pytest.mark.parametrize("name", ["vote", "relation", "influence", "plausible", "shapley", "hoc", "distance_ratio"])
def test_updates_are_those_of_a_run_where_links_and_distances_differ(papers, name):
    edges, truth, labels = papers
    rng = np.random.default_rng(2)
    vectors = (np.eye(2)[truth] + rng.normal(size=(120, 2)) / 3).astype(np.float32)
    probs = np.where(np.arange(2) == truth[:, None], 0.8, 0.2).astype(np.float32)
    links = NeighbourGraph.from_edges(edges, 120)
    inputs = Inputs(labels, 2, graph=links, cosines=graph.build(vectors, 8), probs=probs, vectors=vectors)
    findings = detectors.run(inputs, only=[name])
    changes = {0: 0, 30: 1, 119: -1}
    later = inputs.relabelled(changes)
    updated = detectors.update(later, findings, list(changes)).results[name]
    again = run_again(name, later, findings.results[name])
    np.testing.assert_allclose(updated.score, again.score, rtol=1e-6, equal_nan=True)


def test_links_alone_find_the_wrong_labels(papers):
    edges, truth, labels = papers
    frame = explorer.find_issues(labels, graph=(edges, np.ones(len(edges))))
    wrong = (labels != truth)[:118]
    p = frame.p_error.to_numpy()[:118]
    assert p[wrong].mean() > p[~wrong].mean() + 0.3
    assert frame.attrs["skipped"]["outlier"].startswith("needs distances between items, which links have not")
    assert not frame.attrs["failures"]


def test_a_map_of_links(papers):
    edges, truth, _ = papers
    found = NeighbourGraph.from_edges(edges, 120)
    points = linked(found)
    assert points.shape == (120, 2)
    assert np.isfinite(points).all()
    np.testing.assert_array_equal(points, linked(found))
    inside = truth[:118].astype(bool)
    gap = np.linalg.norm(points[:118][inside].mean(axis=0) - points[:118][~inside].mean(axis=0))
    assert gap > 0.3
