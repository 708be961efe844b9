"""The outlier score of the relation graph, beside the mean distance."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import flipped_digits
from other_issues_help import random_case, renumbered

from explorer.detectors import Inputs, again, get
from explorer.graph import NeighbourGraph, build
from explorer.progress import Progress


def run(inputs):
    return get("outlier").run(inputs, Progress())


@pytest.mark.parametrize("seed", range(3))
def test_both_columns_equal_their_formulas(seed):
    inputs = random_case(seed, k=12)
    result = run(inputs)
    for i in range(inputs.n):
        related = distance = 0.0
        for slot, j in enumerate(inputs.graph.indices[i]):
            s = float(inputs.graph.similarity[i, slot])
            distance += (1 - s) / 10 if slot < 10 else 0
            k_ij = max(0.0, s) * float(inputs.probs[i] @ inputs.probs[j])
            related += k_ij if k_ij > 0.03 else 0
        assert result.score[i] == pytest.approx(distance, abs=1e-5)
        assert result.columns["outlier_relation"][i] == pytest.approx(1 / (related + 1e-6), rel=1e-4)


def test_blocks_make_no_difference(monkeypatch):
    inputs = random_case(1)
    whole = run(inputs).columns["outlier_relation"]
    monkeypatch.setattr("explorer.detectors.other_issues.outlier.CELLS", 100)
    np.testing.assert_array_equal(run(inputs).columns["outlier_relation"], whole)


def test_it_needs_probabilities_only_for_its_second_column():
    result = run(random_case(0, probs=False))
    assert result.columns == {}
    assert np.isfinite(result.score).all()


def test_renumbering_the_items_renumbers_the_result():
    inputs = random_case(2, copies=5)
    other, order = renumbered(inputs)
    one, two = run(inputs), run(other)
    np.testing.assert_array_equal(one.score[order], two.score)
    np.testing.assert_array_equal(one.columns["outlier_relation"][order], two.columns["outlier_relation"])


def test_no_label_is_read():
    inputs = random_case(0)
    result = run(inputs)
    after = inputs.relabelled({3: 1, 4: -1})
    assert get("outlier").update(after, result, np.array([3, 4])) is result
    np.testing.assert_array_equal(again("outlier", after, result).score, result.score)


def test_relations_single_out_noise_among_digits():
    inputs, _, _ = flipped_digits(taught=False)
    rng = np.random.default_rng(0)
    x = np.concatenate([inputs.vectors, rng.normal(scale=0.4, size=(7, 64)).astype(np.float32)])
    p = np.concatenate([inputs.probs, np.full((7, 10), 0.1, np.float32)])
    found = run(Inputs(np.append(inputs.labels, np.zeros(7, np.int32)), 10, graph=build(x, 50), probs=p))
    assert set(np.argsort(-found.columns["outlier_relation"])[:7]) == set(range(700, 707))
    assert found.summary["outliers"] == found.flags.sum()


def test_probabilities_of_nought_and_one():
    inputs = random_case(0)
    sure = np.eye(4, dtype=np.float32)[np.arange(inputs.n) % 4]
    found = run(replace(inputs, probs=sure)).columns["outlier_relation"]
    assert np.isfinite(found).all()
    assert found.max() <= 1e6 + 1


def test_a_graph_without_neighbours_has_no_say():
    inputs = random_case(0)
    result = run(replace(inputs, graph=NeighbourGraph(inputs.graph.indices[:, :0], inputs.graph.similarity[:, :0])))
    assert np.isnan(result.score).all()
    assert not result.flags.any()
