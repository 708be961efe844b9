"""Groups of similar items whose labels are seldom confirmed."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from other_issues_help import partition, random_case, renumbered

from explorer.detectors import Inputs, again, get
from explorer.detectors.label_errors.vote import shares
from explorer.detectors.other_issues import underperforming
from explorer.graph import NeighbourGraph, build
from explorer.graph.communities import communities
from explorer.progress import Progress


def run(inputs):
    return get("underperforming").run(inputs, Progress())


def same(one, two):
    for name in ("score", "flags"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.summary == two.summary


def blobs(seed, n=150, *, probs=True, unlabelled=0.1):
    """A few clumps, so that there are several groups."""
    rng = np.random.default_rng(seed)
    clump = rng.integers(0, 5, n)
    x = (2 * np.eye(5, 8)[clump] + rng.normal(scale=0.3, size=(n, 8))).astype(np.float32)
    labels = np.where(rng.random(n) < 0.2, rng.integers(0, 5, n), clump).astype(np.int32)
    labels[rng.random(n) < unlabelled] = -1
    p = rng.dirichlet(np.ones(5), n) + 2 * np.eye(5)[clump]
    return Inputs(
        labels, 5, graph=build(x, 10, ids=np.arange(n)), probs=(p / 3).astype(np.float32) if probs else None, seed=seed
    )


@pytest.fixture(scope="module")
def planted():
    """Digits of which one group has most of its labels wrong."""
    inputs, truth, _ = flipped_digits(taught=False)
    group = communities(inputs.graph)
    rows = np.flatnonzero(group == 2)
    rng = np.random.default_rng(0)
    labels = truth.copy()
    spoilt = rng.choice(rows, round(0.7 * len(rows)), replace=False)
    labels[spoilt] = (labels[spoilt] + rng.integers(1, 10, len(spoilt))) % 10
    return replace(inputs, labels=labels.astype(np.int32)), rows, spoilt


@pytest.mark.parametrize("with_probs", [True, False])
def test_it_equals_the_formula(with_probs):
    inputs = blobs(0, probs=with_probs)
    result = run(inputs)
    group = result.frozen["group"]
    votes = inputs.probs if with_probs else shares(inputs, np.arange(inputs.n))
    assert len(partition(group)) > 2
    for i in range(inputs.n):
        members = [j for j in range(inputs.n) if group[j] == group[i] and inputs.labels[j] >= 0]
        if inputs.labels[i] < 0 or group[i] < 0:
            assert np.isnan(result.score[i])
        else:
            mean = np.mean([float(votes[j, inputs.labels[j]]) for j in members])
            assert result.score[i] == pytest.approx(1 - mean, abs=2e-6)
    worst = result.summary["groups"][0]
    rows = [i for i in range(inputs.n) if group[i] == worst["group"] and inputs.labels[i] >= 0]
    others = [i for i in range(inputs.n) if group[i] != worst["group"] and inputs.labels[i] >= 0]
    right = votes.argmax(axis=1) == inputs.labels
    assert worst["size"] == len(rows)
    assert worst["accuracy"] == pytest.approx(right[rows].mean())
    assert worst["accuracy_elsewhere"] == pytest.approx(right[others].mean())
    counts = np.bincount(inputs.labels[rows], minlength=5)
    assert worst["given"][0] == [int(counts.argmax()), int(counts.max())]
    against = [i for i in rows if not right[i]]
    assert sum(n for _, n in worst["suggested"]) <= len(against)
    means = [row["mean"] for row in result.summary["groups"]]
    np.testing.assert_allclose(underperforming.Underperforming.public_score(result), 1 - result.score)
    assert means == sorted(means)


def test_a_spoilt_group_is_found(planted):
    inputs, rows, spoilt = planted
    for one in (inputs, replace(inputs, probs=None)):
        result = run(one)
        # What the neighbours say of the groups next to it is spoilt too.
        assert result.flags[rows].all()
        assert result.flags.sum() == len(rows) or one.probs is None
        first = result.summary["groups"][0]
        assert first["issue"]
        assert first["group"] == 2
        assert first["size"] == len(rows)
        assert first["accuracy"] < 0.5 < 0.8 < first["accuracy_elsewhere"]
        (reason,) = get("underperforming").explain(int(spoilt[0]), one, result, tuple("0123456789"))
        assert reason.text.startswith(f"in a group of {len(rows)} similar items of which the ")
        assert "; elsewhere " in reason.text
        assert (
            get("underperforming").explain(int(np.flatnonzero(~result.flags)[0]), one, result, tuple("0123456789"))
            == []
        )


def test_even_noise_makes_no_group():
    inputs, _, wrong = flipped_digits(taught=False)
    assert wrong.mean() == pytest.approx(0.1)
    assert not run(inputs).flags.any()
    assert not run(replace(inputs, probs=None)).flags.any()


@pytest.mark.parametrize("with_probs", [True, False])
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    changes=st.lists(st.tuples(st.integers(0, 149), st.integers(-1, 4)), min_size=1, max_size=12),
)
def test_update_equals_a_full_run(with_probs, seed, changes):
    inputs = blobs(seed, probs=with_probs)
    result = run(inputs)
    for start in range(0, len(changes), 3):
        some = dict(changes[start : start + 3])
        inputs = inputs.relabelled(some)
        before = result.score.copy(), result.frozen["tally"].sums.copy()
        updated = get("underperforming").update(inputs, result, np.array(sorted(some), dtype=np.intp))
        np.testing.assert_array_equal(result.score, before[0])
        np.testing.assert_array_equal(result.frozen["tally"].sums, before[1])
        same(updated, again("underperforming", inputs, updated))
        result = updated


def test_mending_the_group_takes_the_flag_away(planted):
    inputs, _, spoilt = planted
    result = run(inputs)
    truth = inputs.probs.argmax(axis=1)
    for item in spoilt:
        inputs = inputs.relabelled({int(item): int(truth[item])})
        result = get("underperforming").update(inputs, result, np.array([item]))
    assert not result.flags.any()
    same(result, run(inputs))


@pytest.mark.parametrize("with_probs", [True, False])
def test_renumbering_the_items_renumbers_the_result(with_probs):
    inputs = blobs(3, probs=with_probs)
    other, order = renumbered(inputs)
    one, two = run(inputs), run(other)
    np.testing.assert_array_equal(one.score[order], two.score)
    np.testing.assert_array_equal(one.flags[order], two.flags)
    assert partition(one.frozen["group"][order]) == partition(two.frozen["group"])


def test_groups_have_sizes_within_limits():
    inputs, truth, _ = flipped_digits(taught=False)
    group = communities(inputs.graph)
    sizes = np.bincount(group[group >= 0])
    assert sizes.min() >= 15
    assert len(sizes) > 8
    assert list(sizes) == sorted(sizes, reverse=True)
    pure = sum(np.bincount(truth[group == g]).max() for g in range(len(sizes)))
    assert pure / (group >= 0).sum() > 0.8


def test_copies_are_never_parted():
    inputs = random_case(0, n=200, copies=70)
    group = communities(inputs.graph)
    copies = np.flatnonzero(inputs.content_hashes == inputs.content_hashes[np.bincount(group).argmax()])
    same_content = [set(group[inputs.content_hashes == h]) for h in set(inputs.content_hashes)]
    assert len(copies) >= 1
    assert all(len(groups) == 1 for groups in same_content)


@pytest.mark.parametrize("labels", [np.full(60, -1), np.zeros(60), np.arange(60) % 2])
def test_few_labels_or_classes(labels):
    inputs = replace(random_case(0, n=60), labels=labels.astype(np.int32))
    for one in (inputs, replace(inputs, probs=None)):
        result = run(one)
        assert not result.flags.any()
        assert np.isnan(result.score[labels < 0]).all()
        assert result.summary["number_of_groups"] >= 1


def test_few_items():
    inputs = random_case(0, n=5, k=3)
    result = run(inputs)
    assert np.isnan(result.score).all()  # too few for a group
    assert result.summary["groups"] == []
    after = inputs.relabelled({0: 1})
    same(get("underperforming").update(after, result, np.array([0])), run(after))


def test_sure_probabilities_and_no_neighbours():
    inputs = blobs(0)
    sure = np.eye(5, dtype=np.float32)[np.arange(inputs.n) % 5]
    assert np.isfinite(run(replace(inputs, probs=sure)).score[inputs.labelled]).any()
    bare = NeighbourGraph(np.zeros((4, 0), np.int32), np.zeros((4, 0), np.float32))
    assert np.isnan(run(Inputs(np.zeros(4, np.int32), 2, graph=bare)).score).all()
