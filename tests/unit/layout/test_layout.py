"""The layouts: faithful, deterministic, and stoppable."""

import threading

import numpy as np
import psutil
import pytest
from sklearn.datasets import load_digits

from explorer import graph, layout
from explorer.errors import Cancelled, DataError, ExplorerError
from explorer.layout import Worker
from explorer.progress import Progress


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    x = (data.data / 16 - (data.data / 16).mean(axis=0)).astype(np.float32)
    return x, data.target, graph.build(x, 30)


def kept(points, g, k=15):
    """Share of the k nearest neighbours that are among the k nearest on the map."""
    on_map = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(on_map, np.inf)
    near = np.argsort(on_map, axis=1)[:, :k]
    return np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(near, g.indices[:, :k], strict=True)])


def test_principal_is_the_projection_of_largest_variance(digits):
    x, _, _ = digits
    points = layout.principal(x)
    assert points.dtype == np.float32
    assert points.shape == (len(x), 2)
    assert np.abs(points).max() <= 1
    _, _, directions = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    for axis in (0, 1):
        assert abs(np.corrcoef(points[:, axis], x @ directions[axis])[0, 1]) > 0.999
    assert points[:, 0].std() > points[:, 1].std()
    np.testing.assert_array_equal(points, layout.principal(x))


def test_one_wild_item_does_not_shrink_the_principal_map(digits):
    x = digits[0].copy()
    x[0] *= 1000
    assert np.abs(layout.principal(np.concatenate([digits[0], x[:1]]))[:-1]).mean() > 0.0
    assert np.abs(layout.principal(x)).max() <= 1


@pytest.mark.parametrize("shape", [(1, 5), (2, 5), (7, 1), (5, 3000)])
def test_principal_of_few_items_or_odd_dimensions(shape):
    points = layout.principal(np.random.default_rng(0).normal(size=shape).astype(np.float32))
    assert points.shape == (shape[0], 2)
    assert np.isfinite(points).all()


def test_principal_of_identical_vectors():
    assert (layout.principal(np.ones((5, 3), np.float32)) == 0).all()


def test_umap_keeps_neighbours_as_well_as_umap_learn(digits):
    import umap as umap_learn

    x, _, g = digits
    ours = kept(layout.umap(g, layout.principal(x)), g)
    theirs = kept(umap_learn.UMAP(metric="cosine", init="pca", random_state=0, n_jobs=1).fit_transform(x), g)
    assert ours > theirs - 0.02
    assert ours > 2 * kept(layout.principal(x), g)


def test_umap_parts_the_classes(digits):
    x, target, g = digits
    points = layout.umap(g, layout.principal(x), epochs=200)
    assert points.dtype == np.float32
    assert np.abs(points).max() <= 1
    on_map = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(on_map, np.inf)
    assert (target[on_map.argmin(axis=1)] == target).mean() > 0.95


def test_umap_is_the_same_for_the_same_seed(digits):
    x, _, g = digits
    init = layout.principal(x)
    with Worker() as worker:
        first, again, other = (layout.umap(g, init, epochs=30, seed=s, worker=worker) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, layout.umap(g, init, epochs=30))
    assert np.abs(other - first).max() > 0.01


def test_a_worker_that_dies_says_so(digits):
    x, _, g = digits
    before = set(psutil.Process().children())
    with Worker() as worker:
        (process,) = set(psutil.Process().children()) - before
        process.kill()
        with pytest.raises(ExplorerError, match="UMAP ended early"):
            layout.umap(g, layout.principal(x), worker=worker)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_umap_of_few_items(n):
    x = np.eye(n, dtype=np.float32)
    points = layout.umap(graph.build(x, 50), layout.principal(x), epochs=20)
    assert points.shape == (n, 2)
    assert np.isfinite(points).all()


def test_umap_of_identical_items():
    x = np.ones((200, 4), np.float32)
    points = layout.umap(graph.build(x, 10), layout.principal(x), epochs=30)
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) > 100


def test_umap_reports_epochs_and_can_be_cancelled(digits):
    x, _, g = digits
    stop = threading.Event()
    stages = []

    def report(stage):
        stages.append(stage)
        if stage.done >= 5:
            stop.set()

    with pytest.raises(Cancelled):
        layout.umap(g, layout.principal(x), progress=Progress(report=report, cancel=stop, interval=0.0))
    assert stages[-1].done < 400
    assert stages[-1].total == 500
    assert stages[-1].unit == "epochs"


def test_umap_refuses_a_start_of_another_size(digits):
    with pytest.raises(DataError, match="finite coordinates"):
        layout.umap(digits[2], np.zeros((3, 2), np.float32))
