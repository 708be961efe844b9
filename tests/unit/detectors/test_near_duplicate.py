"""Groups of equal and almost equal items."""

from dataclasses import replace

import numpy as np
import pytest
from other_issues_help import partition, random_case, renumbered

from explorer.detectors import Inputs, again, get
from explorer.detectors.other_issues import near_duplicate
from explorer.graph import NeighbourGraph, build
from explorer.progress import Progress

CLASSES = ("cat", "dog", "cow", "hen")


def run(inputs):
    return get("near_duplicate").run(inputs, Progress())


def slow_groups(inputs):
    """Join whatever is equal or near, one pair at a time."""
    graph, hashes = inputs.graph, inputs.content_hashes
    cut = max(0.13 * float(np.median(1 - graph.similarity[:, 0])), 1e-6)
    group = list(range(inputs.n))
    pairs = [(int(i), int(graph.indices[i, slot])) for i, slot in np.argwhere(1 - graph.similarity <= cut)]
    if hashes is not None:
        pairs += [(i, j) for i in range(graph.n) for j in range(i) if hashes[i] and hashes[i] == hashes[j]]
    for i, j in pairs:
        old, new = group[i], group[j]
        group = [new if g == old else g for g in group]
    return {frozenset(i for i, g in enumerate(group) if g == one) for one in group if group.count(one) > 1}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("hashed", [True, False])
def test_groups_equal_those_of_a_slow_search(seed, hashed):
    inputs = random_case(seed, n=60, copies=6)
    rng = np.random.default_rng(seed)
    if hashed:
        hashes = inputs.content_hashes.copy()
        hashes[rng.choice(60, 4, replace=False)] = "same file, other vectors"
        hashes[rng.choice(60, 4, replace=False)] = None
        inputs = replace(inputs, content_hashes=hashes)
    else:
        inputs = replace(inputs, content_hashes=None)
    result = run(inputs)
    assert partition(result.frozen["group"]) == slow_groups(inputs)
    np.testing.assert_array_equal(result.flags, result.frozen["group"] >= 0)
    assert (result.pairs[:, 0] < result.pairs[:, 1]).all()
    assert len({tuple(p) for p in result.pairs.tolist()}) == len(result.pairs)


def test_each_group_says_whether_it_is_exact():
    x = np.eye(8, 10, dtype=np.float32)
    x = np.concatenate([x, x[:2], x[2:3] + 1e-4, x[3:4]])  # copies of 0 and 1, something near 2, an equal vector of 3
    hashes = np.array([f"h{i}" for i in range(8)] + ["h0", "h1", "other", None], dtype=object)
    result = run(Inputs(np.zeros(12, np.int32), 2, graph=build(x, 5), content_hashes=hashes))
    group, exact = result.frozen["group"], result.frozen["exact"]
    assert [bool(exact[group[i]]) for i in (0, 1, 2, 3)] == [True, True, False, False]
    assert group[3] == group[11] >= 0
    assert result.summary == {"groups": 4, "exact_groups": 2, "items": 8, "largest": 2, "surplus": 4}
    assert result.score[8] == 0


def test_equal_content_counts_where_the_graph_does_not_show_it():
    """Copies whose vectors differ (an embedder with noise), and one too far down the list of neighbours."""
    x = np.random.default_rng(0).normal(size=(30, 16)).astype(np.float32)
    hashes = np.array([f"h{i}" for i in range(30)], dtype=object)
    hashes[[4, 17, 29]] = "h4"
    result = run(Inputs(np.zeros(30, np.int32), 2, graph=build(x, 3), content_hashes=hashes))
    assert partition(result.frozen["group"]) == {frozenset({4, 17, 29})}
    assert (result.score[[4, 17, 29]] == 0).all()
    assert near_duplicate.NearDuplicate.public_score(result)[[4, 17, 29]].tolist() == [0, 0, 0]


def test_more_copies_than_neighbours_are_one_group():
    x = np.concatenate([np.repeat(np.eye(1, 6), 40, axis=0), np.eye(6)[1:]]).astype(np.float32)
    for hashes in (None, np.array(["h"] * 40 + [f"h{i}" for i in range(5)], dtype=object)):
        result = run(Inputs(np.zeros(45, np.int32), 2, graph=build(x, 6), content_hashes=hashes))
        assert partition(result.frozen["group"]) == {frozenset(range(40))}
        assert result.frozen["exact"].tolist() == [hashes is not None]


def test_what_it_says():
    x = np.concatenate([np.repeat(np.eye(1, 6), 3, axis=0), np.eye(6)[1:]]).astype(np.float32)
    x[2, 1] = 1e-3
    inputs = Inputs(
        np.array([0, 1, -1, 0, 1, 2, 3, 0], np.int32),
        4,
        graph=build(x, 4),
        content_hashes=np.array(list("aabcdefg"), dtype=object),
    )
    result = run(inputs)
    explain = get("near_duplicate").explain
    (reason,) = explain(0, inputs, result, CLASSES)
    assert reason.text == "almost the same as 2 other items (1 exactly), labelled dog"
    (reason,) = explain(2, inputs, result, CLASSES)
    assert reason.text == "almost the same as 2 other items, labelled cat, dog"
    assert explain(5, inputs, result, CLASSES) == []
    pure = replace(inputs, content_hashes=np.array(list("aaacdefg"), dtype=object))
    (reason,) = explain(0, pure, run(pure), CLASSES)
    assert reason.text == "the same as 2 other items, labelled dog"


def test_renumbering_the_items_renumbers_the_result():
    inputs = random_case(3, n=60, copies=8)
    other, order = renumbered(inputs)
    one, two = run(inputs), run(other)
    np.testing.assert_array_equal(one.score[order], two.score)
    assert partition(one.frozen["group"][order]) == partition(two.frozen["group"])


def test_no_label_is_read():
    inputs = random_case(0)
    result = run(inputs)
    assert get("near_duplicate").update(inputs.relabelled({1: 2}), result, np.array([1])) is result
    np.testing.assert_array_equal(again("near_duplicate", inputs.relabelled({1: 2}), result).score, result.score)


def test_a_graph_without_neighbours():
    graph = NeighbourGraph(np.zeros((3, 0), np.int32), np.zeros((3, 0), np.float32))
    hashes = np.array(["a", "b", "a"], dtype=object)
    result = run(Inputs(np.zeros(3, np.int32), 2, graph=graph, content_hashes=hashes))
    assert partition(result.frozen["group"]) == {frozenset({0, 2})}
