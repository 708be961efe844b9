"""The relation map: against a transcription with loops."""

import numpy as np
import pytest

from explorer.detectors import Inputs
from explorer.detectors.relation_map import relation_map
from explorer.errors import DataError
from explorer.graph import build


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 4)).astype(np.float32)
    p = rng.dirichlet(np.ones(3), size=(5, 40)).astype(np.float16)
    labels = rng.integers(-1, 3, 40).astype(np.int32)
    return Inputs(labels, 3, graph=build(x, 30), checkpoints=p)


def test_by_hand(inputs):
    g, y, p = inputs.graph, inputs.labels, inputs.checkpoints.astype(float)
    negative = 0
    for item in range(inputs.n):
        found = relation_map(item, inputs)
        np.testing.assert_array_equal(found.neighbours, g.indices[item])
        for slot, j in enumerate(g.indices[item]):
            sign = 0 if y[item] < 0 or y[j] < 0 else 1 if y[item] == y[j] else -1
            s = max(0.0, float(g.similarity[item, slot]))
            r = [sign * s * sum(p[c, item, b] * p[c, j, b] for b in range(3)) for c in range(5)]
            assert found.mean[slot] == pytest.approx(np.mean(r), abs=1e-5)
            assert found.variance[slot] == pytest.approx(np.var(r), abs=1e-5)
            assert found.last[slot] == pytest.approx(r[-1], abs=1e-5)
            negative += g.similarity[item, slot] < 0
    assert negative  # so that the max is tested too
    assert found.mean.dtype == found.variance.dtype == found.last.dtype == np.float32


def test_weak_relations_are_kept_and_labels_are_those_of_now(inputs):
    item = int(np.flatnonzero(inputs.labels >= 0)[0])
    before = relation_map(item, inputs)
    everything = np.concatenate([relation_map(i, inputs).mean for i in range(inputs.n)])
    assert ((everything != 0) & (np.abs(everything) < 0.03)).any()
    other = (int(inputs.labels[item]) + 1) % 3
    after = relation_map(item, inputs.relabelled({item: other}))
    same = inputs.labels[before.neighbours] == inputs.labels[item]
    np.testing.assert_array_equal(after.mean[same], -before.mean[same])
    np.testing.assert_array_equal(after.variance[same], before.variance[same])


def test_one_checkpoint_has_no_variance(inputs):
    single = Inputs(inputs.labels, 3, graph=inputs.graph, checkpoints=inputs.checkpoints[-1:])
    found = relation_map(0, single)
    assert (found.variance == 0).all()
    np.testing.assert_array_equal(found.mean, found.last)


def test_says_what_is_missing(inputs):
    with pytest.raises(DataError, match="checkpoints"):
        relation_map(0, Inputs(inputs.labels, 3, graph=inputs.graph))
    with pytest.raises(DataError, match="graph"):
        relation_map(0, Inputs(inputs.labels, 3, checkpoints=inputs.checkpoints))
    for item in (-1, 40):
        with pytest.raises(DataError, match="no item at position"):
            relation_map(item, inputs)
