"""A review of items with links of their own: judged and laid out by these alone, or beside vectors."""

import numpy as np
import pytest

import explorer
from explorer.errors import DataError
from explorer.panels.handlers.neighbours import relations
from explorer.panels.schema.items import ItemArgs
from explorer.review.item import neighbours


@pytest.fixture(scope="module")
def papers():
    """Two communities of 50 texts with links mostly among themselves, one wrong label each, the last without links."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 50)
    edges = []
    for i in range(99):
        for _ in range(4):
            inside = rng.random() < 0.95
            edges.append((i, int(rng.choice(np.flatnonzero((truth == truth[i]) == inside)))))
    labels = truth.copy()
    labels[[3, 60]] = 1 - labels[[3, 60]]
    edges = [(a, b) for a, b in edges if b != 99]
    words = np.array(["graph node edge", "cell gene protein"])[truth]
    return [f"{word} {i}" for i, word in enumerate(words)], [("net", "bio")[c] for c in labels], edges


def test_links_alone(papers, tmp_path):
    texts, labels, edges = papers
    dataset = explorer.read(texts, label=labels, graph=edges)
    review = explorer.Review(dataset, tmp_path / "a.labels.db", embedder=None, device="cpu", cache=False)
    try:
        review.wait(progress=False)
        states = {stage.name: stage.state for stage in review.status.stages}
        assert states == {"embed": "skipped", "graph": "done", "probe": "skipped", "score": "done", "layout": "done"}
        assert review.status["graph"].note.startswith("given: ")
        assert review.results.layout.shape == (100, 2)
        assert np.isfinite(review.results.layout).all()
        assert set(review.issues.index[:2]) == {dataset.item_ids[3], dataset.item_ids[60]}
        assert review.detectors.note["outlier"].startswith("needs distances between items, which links have not")
        found = neighbours(review.results, review.state.codes, 0)
        assert [one.item for one in found] == review.results.graph.near(0).tolist()[:16]
        assert neighbours(review.results, review.state.codes, 99) == []
        review.relabel(dataset.item_ids[3], "net")
        assert review.issues.loc[dataset.item_ids[3], "label"] == "net"
        assert len(review.grow([dataset.item_ids[0]])) > 1
        review.rerun()
        review.wait("score", progress=False)
        review.manifest()
        repr(review)
    finally:
        review.close()


def test_links_beside_vectors(papers, tmp_path):
    texts, labels, edges = papers
    _, p = np.unique(labels, return_inverse=True)
    checkpoints = np.stack([np.where(np.eye(2)[p] > 0, a, 1 - a) for a in (0.6, 0.9)])
    review = explorer.Review(
        explorer.read(texts, label=labels), tmp_path / "b.labels.db",
        device="cpu", cache=str(tmp_path / "cache"), graph=edges, checkpoints=checkpoints,
    )  # fmt: skip
    try:
        review.wait("score", progress=False)
        assert "distances: k 50" in review.status["graph"].note
        results = review.results
        assert not results.graph.measured
        assert results.distances.measured
        assert {"outlier", "near_duplicate", "hoc"} <= set(results.findings.results)
        body = relations(review, ItemArgs(item=0))
        assert body.checkpoints == 2
        assert body.neighbours.tolist() == results.graph.near(0).tolist()
        assert len(body.similarity) == len(body.mean) == len(body.neighbours)
    finally:
        review.close()


def test_no_embedder_needs_links():
    with pytest.raises(DataError, match="The embedder is None"):
        explorer.Review(explorer.read(["a", "b"], label=["x", "y"]), embedder=None, start=False)
