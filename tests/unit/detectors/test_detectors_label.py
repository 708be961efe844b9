"""The three detectors of label errors: what they find, against their definitions, and their exact updates."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from explorer.detectors import Inputs, get, run
from explorer.detectors.label_errors import confident, relation, vote
from explorer.graph import build
from explorer.progress import Progress


def score(name, inputs):
    return get(name).run(inputs, Progress())


@pytest.mark.parametrize("name", ["confident", "vote", "relation"])
def test_finds_planted_flips(name):
    inputs, truth, wrong = flipped_digits()
    result = score(name, inputs)
    assert result.score.dtype == np.float32
    assert average_precision_score(wrong, result.score) > 0.93
    if result.suggestion is not None:
        assert (result.suggestion[wrong] == truth[wrong]).mean() > 0.9


def test_vote_by_hand():
    inputs, _, _ = flipped_digits()
    result = score("vote", inputs)
    g, y = inputs.graph, inputs.labels
    for item in range(0, inputs.n, 37):
        weight = g.similarity[item, :30].astype(float).clip(0) ** 4
        share = np.array([weight[y[g.indices[item, :30]] == c].sum() for c in range(10)]) / weight.sum()
        others = np.delete(share, y[item])
        assert result.score[item] == pytest.approx(others.max() - share[y[item]], abs=1e-5)
        assert result.suggestion[item] == share.argmax()


def all_pairs(vectors, probs, labels, *, refine=False):
    """Return the paper's suspicion over all pairs of items, float32 [N], without the item itself; O(N²) memory.

    With `refine` its one undamped step follows.
    """
    normal = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    value = np.maximum(normal @ normal.T, 0) * (probs @ probs.T)
    np.fill_diagonal(value, 0)
    alike = np.where(labels[:, None] == labels[None, :], 1, -1)
    relations = np.where(value > relation.CUT, value, 0) ** relation.POWER * alike
    score = relations.sum(axis=1)
    if refine:
        score = score - 2 * relations[:, score / max(np.abs(score).max(), 1e-30) < relation.NOISY].sum(axis=1)
    return -score.astype(np.float32)


def test_sparse_relation_equals_all_pairs_when_the_graph_holds_all_pairs():
    inputs, _, _ = flipped_digits()
    part = slice(0, 300)
    x, y, p = inputs.vectors[part], inputs.labels[part], inputs.probs[part]
    whole = Inputs(y, 10, graph=build(x, 299), probs=p)
    first = score("relation", whole).columns["relation_first_pass"]
    np.testing.assert_allclose(first, all_pairs(x, p, y), rtol=1e-3, atol=1e-4)


def test_sparse_relation_ranks_like_all_pairs():
    inputs, _, wrong = flipped_digits()
    everyone = all_pairs(inputs.vectors, inputs.probs, inputs.labels)
    refined = all_pairs(inputs.vectors, inputs.probs, inputs.labels, refine=True)
    ours = average_precision_score(wrong, score("relation", inputs).score)
    assert ours > average_precision_score(wrong, everyone) - 0.01
    assert ours > average_precision_score(wrong, refined) - 0.01


def test_refinement_turns_the_relations_of_mislabelled_items_round():
    # Two items lie among twenty others, wrongly labelled alike, and so support each other.
    x = np.tile([1.0, 0.0], (22, 1)) + np.random.default_rng(0).normal(scale=0.01, size=(22, 2))
    labels = np.repeat([0, 1], [20, 2]).astype(np.int32)
    result = score("relation", Inputs(labels, 2, graph=build(x, 21), probs=np.full((22, 2), [0.9, 0.1], np.float32)))
    first = result.columns["relation_first_pass"]
    assert (result.score[20:] > 0).all()
    assert (result.score[:20] < 0).all()
    # Once the two count as mislabelled, their conflict with the others speaks for the others,
    # and their support for each other against them.
    assert (result.score[:20] < first[:20]).all()
    assert (result.score[20:] > first[20:]).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), blank=st.floats(0, 0.5))
def test_updates_equal_a_full_run(seed, count, blank):
    inputs, _, _ = flipped_digits()
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(inputs.n) < blank, -1, inputs.labels).astype(np.int32)
    labels[rng.choice(inputs.n, 3)] = 9
    inputs = replace(inputs, labels=np.where(labels == 8, 9, labels).astype(np.int32))  # 8 is a class without items
    changed = rng.choice(inputs.n, count, replace=False)
    after = inputs.relabelled({int(i): int(rng.integers(-1, 10)) for i in changed})
    for name in ("vote", "relation"):
        updated = get(name).update(after, score(name, inputs), np.sort(changed))
        full = score(name, after)
        np.testing.assert_array_equal(updated.score, full.score)
        if full.suggestion is not None:
            np.testing.assert_array_equal(updated.suggestion, full.suggestion)
        for column in full.columns:
            np.testing.assert_array_equal(updated.columns[column], full.columns[column])


def test_a_second_update_goes_on_from_the_first():
    inputs, truth, wrong = flipped_digits()
    bad = np.flatnonzero(wrong)
    once = inputs.relabelled({int(bad[0]): int(truth[bad[0]])})
    twice = once.relabelled({int(bad[1]): int(truth[bad[1]])})
    for name in ("vote", "relation", "confident"):
        detector = get(name)
        first = detector.update(once, score(name, inputs), bad[:1])
        second = detector.update(twice, first, bad[1:2])
        expected = (
            score(name, twice).score if name != "confident" else 1 - twice.probs[np.arange(twice.n), twice.labels]
        )
        np.testing.assert_array_equal(second.score, expected)


def test_update_leaves_the_old_result_alone():
    inputs, _, _ = flipped_digits()
    for name in ("vote", "relation"):
        before = score(name, inputs)
        kept = before.score.copy()
        get(name).update(inputs.relabelled({5: 1}), before, np.array([5]))
        np.testing.assert_array_equal(before.score, kept)


def test_a_correction_reaches_its_neighbours():
    inputs, truth, wrong = flipped_digits()
    item = int(np.flatnonzero(wrong)[0])
    rows, slots = inputs.graph.pointing_at(item)
    neighbour = int(rows[slots < 10][0])
    before = score("vote", inputs)
    after = get("vote").update(inputs.relabelled({item: int(truth[item])}), before, np.array([item]))
    assert after.score[item] < before.score[item]
    assert after.score[neighbour] != before.score[neighbour]


def test_confident_learning_agrees_with_cleanlab_flags():
    cleanlab = pytest.importorskip("cleanlab.filter")
    inputs, _, _ = flipped_digits()
    theirs = cleanlab.find_label_issues(inputs.labels, inputs.probs, n_jobs=1)
    ours = score("confident", inputs).flags
    assert (ours & theirs).sum() / (ours | theirs).sum() > 0.9


def test_confident_learning_estimates_the_noise():
    # Class 1 is a third really class 0, class 0 is clean, the model is nearly sure.
    truth = np.repeat([0, 1], [400, 200]).astype(np.int32)
    y = truth.copy()
    y[:100] = 1
    p = np.where(truth[:, None] == [0, 1], 0.95, 0.05).astype(np.float32)
    noise = confident.estimate(p, y, 2)
    np.testing.assert_allclose(noise.joint, [[300 / 600, 0], [100 / 600, 200 / 600]], atol=1e-6)
    assert noise.noise == pytest.approx(1 / 6)
    flags = score("confident", Inputs(y, 2, probs=p)).flags
    np.testing.assert_array_equal(np.flatnonzero(flags), np.arange(100))


def test_unlabelled_items_get_no_score_and_do_not_vote():
    inputs, _, _ = flipped_digits()
    blank = np.arange(inputs.n) % 4 == 0
    findings = run(replace(inputs, labels=np.where(blank, -1, inputs.labels).astype(np.int32)))
    assert not findings.failures
    for name in ("confident", "vote", "relation"):
        assert np.isnan(findings.results[name].score[blank]).all()
        assert np.isfinite(findings.results[name].score[~blank]).all()
    nobody = replace(inputs, labels=np.full(inputs.n, -1, np.int32))
    assert (vote.shares(nobody, np.arange(10)) == 0).all()


def test_an_item_alone_in_its_class_is_not_judged_by_its_neighbours():
    inputs, _, _ = flipped_digits()
    y = np.where(inputs.labels == 9, 8, inputs.labels).astype(np.int32)
    y[11] = 9
    findings = run(replace(inputs, labels=y))
    assert np.isnan(findings.results["vote"].score[11])
    assert np.isnan(findings.results["relation"].score[11])


def test_words():
    inputs, truth, wrong = flipped_digits()
    results = run(inputs).results
    worst = int(np.flatnonzero(wrong)[results["vote"].score[wrong].argmax()])
    given, true = CLASSES[inputs.labels[worst]], CLASSES[truth[worst]]
    around = inputs.labels[inputs.graph.indices[worst]]
    (neighbours,) = get("vote").explain(worst, inputs, results["vote"], CLASSES)
    count = int((around == inputs.labels[worst]).sum()) or "none"
    assert neighbours.text == f"{(around == truth[worst]).sum()} of 50 nearest say {true}, {count} {given}"
    (model,) = get("confident").explain(worst, inputs, results["confident"], CLASSES)
    assert model.text.startswith(f"the model: {true} ")
    (related,) = get("relation").explain(worst, inputs, results["relation"], CLASSES)
    assert f"are not labelled {given}" in related.text


@pytest.mark.parametrize(("p", "text"), [(0.93, ".93"), (0.5, ".50"), (0.999, "over .99"), (0.001, "under .01")])
def test_probabilities_in_words(p, text):
    inputs = Inputs(np.zeros(1, np.int32), 2, probs=np.array([[p, 1 - p]], np.float32))
    (reason,) = get("confident").explain(0, inputs, get("confident").run(inputs, Progress()), ("cat", "dog"))
    assert reason.text.endswith(f"cat {text}" if p < 0.5 else f"the model: cat {text}")
