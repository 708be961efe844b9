"""Class names as an opinion: against the formula, the check that they mean something, exact updates, words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import detectors
from explorer.detectors import Inputs, get
from explorer.detectors.label_errors import names as method
from explorer.errors import DataError
from explorer.progress import Progress

ONE = get("names")


def scored(n=600, k=4, seed=0, *, accuracy=0.8, noise=0.2, tilt=0.0):
    """Name scores that are right on a share of the items, and labels of which a share is wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    said = np.where(rng.random(n) < accuracy, truth, rng.integers(0, k, n))
    scores = rng.normal(scale=0.5, size=(n, k)) + 2.0 * (said[:, None] == np.arange(k)) + 7.0
    scores[:, 0] += tilt
    labels = np.where(rng.random(n) < noise, (truth + rng.integers(1, k, n)) % k, truth).astype(np.int32)
    return scores.astype(np.float32), labels, truth


def inputs_of(scores, labels):
    return Inputs(labels, scores.shape[1], name_scores=scores)


def run(inputs):
    return ONE.run(inputs, Progress())


def slow_likelihood(point, scores, labels):
    """The mean log-likelihood with its ridge, item by item."""
    a, b = point[0], point[1:]
    total = 0.0
    for row, label in zip(scores, labels, strict=True):
        odds = [a * z + offset for z, offset in zip(row, b, strict=True)]
        total += odds[label] - np.log(sum(np.exp(o - max(odds)) for o in odds)) - max(odds)
    away = np.append(a - 1, b)
    return total / len(labels) - 0.5 * method.PRIOR / len(labels) * float(away @ away)


def test_equals_its_formula():
    """Transcribed: no point near the fitted one is likelier, and scores are differences of the softmax there."""
    from scipy.optimize import minimize

    scores, labels, _ = scored(120, 3)
    centred = scores.astype(float) - scores.mean(axis=0, dtype=float)
    best = minimize(
        lambda p: -slow_likelihood(p, centred, labels),
        np.array([1.0, 0, 0, 0]),
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-10, "maxiter": 4000},
    ).x
    found = run(inputs_of(scores, labels))
    reading = found.frozen["reading"]
    assert reading.sharpness == pytest.approx(best[0], rel=1e-2)
    for i in range(0, 120, 7):
        odds = [best[0] * z + offset for z, offset in zip(centred[i], best[1:], strict=True)]
        p = [np.exp(o) / sum(np.exp(odds)) for o in odds]
        np.testing.assert_allclose(ONE.opinion(inputs_of(scores, labels), found, np.array([i]))[0], p, atol=0.01)
        others = [value for c, value in enumerate(p) if c != labels[i]]
        assert found.score[i] == pytest.approx(max(others) - p[labels[i]], abs=0.01)
        assert found.suggestion[i] == int(np.argmax(p))


def test_the_opinion_reads_no_label_of_its_own():
    scores, labels, _ = scored()
    found = run(inputs_of(scores, labels))
    rows = np.arange(len(labels))
    other = inputs_of(scores, np.roll(labels, 1))
    np.testing.assert_array_equal(ONE.opinion(inputs_of(scores, labels), found, rows), ONE.opinion(other, found, rows))


def test_a_name_that_fits_everything_a_little_is_set_right():
    scores, labels, truth = scored(tilt=5.0)
    assert (scores.argmax(axis=1) == 0).mean() > 0.9
    found = run(inputs_of(scores, labels))
    assert found.summary["used"]
    assert (found.suggestion == truth).mean() > 0.75


@pytest.mark.parametrize("k", [2, 3, 5, 12])
@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_names_that_mean_something_are_heard(k, noise):
    scores, labels, _ = scored(2000, k, accuracy=0.6, noise=noise)
    result = run(inputs_of(scores, labels))
    assert result.summary["used"], result.summary
    assert ": used." in result.summary["why"]
    assert ONE.combinable(result)


@pytest.mark.parametrize("k", [2, 3, 5, 12])
def test_names_that_mean_nothing_are_not_heard(k):
    scores, labels, _ = scored(2000, k, accuracy=0.0)
    inputs = inputs_of(scores, labels)
    result = run(inputs)
    assert not result.summary["used"]
    assert result.summary["why"].startswith("The class names tell nothing of the items: not used.")
    assert np.isnan(result.score).all()
    assert (result.suggestion == -1).all()
    np.testing.assert_array_equal(ONE.opinion(inputs, result, np.arange(5)), np.float32(1 / k))
    assert ONE.explain(3, inputs, result, tuple("abcdefghijkl")) == []
    assert not ONE.combinable(result)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_names_at_the_wrong_classes_are_not_heard(k):
    """As for numbers in another order: they tell classes apart, and say the wrong thing of each."""
    scores, labels, _ = scored(2000, k, accuracy=0.9)
    result = run(inputs_of(np.roll(scores, 1, axis=1), labels))
    assert not result.summary["used"]


def test_with_few_labels_names_are_taken_on_trust():
    scores, labels, truth = scored(300, 4, accuracy=1.0)
    for labelled, said in ((0, "there is no label"), (1, "there is one label"), (12, "there are only 12 labels")):
        few = np.where(np.arange(300) < labelled, labels, -1).astype(np.int32)
        result = run(inputs_of(scores, few))
        assert result.summary["used"]
        assert said in result.summary["why"]
        assert (result.suggestion == truth).mean() > 0.9
        assert np.isnan(result.score[labelled:]).all()
        assert np.isfinite(result.score[:labelled]).all()


def test_one_class_and_arrays_that_do_not_belong_together():
    one = run(inputs_of(np.ones((40, 1), np.float32), np.zeros(40, np.int32)))
    assert not one.summary["used"]
    assert np.isnan(one.score).all()
    with pytest.raises(DataError, match="scores of 3 names for 4 classes"):
        Inputs(np.zeros(5, np.int32), 4, name_scores=np.ones((5, 3), np.float32))
    with pytest.raises(DataError, match="5 labels and 6 rows of name_scores"):
        Inputs(np.zeros(5, np.int32), 3, name_scores=np.ones((6, 3), np.float32))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 30), accuracy=st.sampled_from([0.0, 0.9]))
def test_updates_equal_a_run_read_the_same_way(seed, count, accuracy):
    scores, labels, _ = scored(200, 3, seed, accuracy=accuracy)
    rng = np.random.default_rng(seed)
    inputs = inputs_of(scores, np.where(rng.random(200) < 0.1, -1, labels).astype(np.int32))
    before = run(inputs)
    items = np.sort(rng.choice(200, count, replace=False))
    after = inputs.relabelled({int(i): int(rng.integers(-1, 3)) for i in items})
    updated, whole = ONE.update(after, before, items), ONE.rerun(after, before, Progress())
    np.testing.assert_array_equal(updated.score, whole.score)
    np.testing.assert_array_equal(updated.suggestion, whole.suggestion)


def test_words():
    scores, labels, _ = scored()
    inputs = inputs_of(scores, labels)
    found = run(inputs)
    classes = ("World", "Sports", "Business", "Sci/Tech")
    item = int(np.nanargmax(found.score))
    (reason,) = ONE.explain(item, inputs, found, classes)
    best, label = classes[found.suggestion[item]], classes[labels[item]]
    assert reason.text.startswith(f"the name {best!r} fits best (")
    assert reason.text.endswith(f"{label!r} under .01") or f"{label!r} ." in reason.text


def test_names_alone_judge_labels_and_suggest_where_there_are_none():
    scores, labels, truth = scored(800, 4, accuracy=0.95)
    unlabelled = inputs_of(scores, np.full(800, -1, np.int32))
    alone = detectors.combine(unlabelled, detectors.run(unlabelled))
    assert (alone.suggested == truth).mean() > 0.9
    assert np.isfinite(alone.suggested_p).all()
    assert np.isnan(alone.p_error).all()
    inputs = inputs_of(scores, labels)
    verdict = detectors.combine(inputs, detectors.run(inputs))
    wrong = labels != truth
    assert verdict.p_error[wrong].mean() > verdict.p_error[~wrong].mean() + 0.4
    assert "names" in verdict.columns


def test_following_a_relabel_equals_judging_everybody():
    scores, labels, _ = scored(400, 4)
    inputs = inputs_of(scores, labels)
    findings = detectors.run(inputs)
    verdict = detectors.combine(inputs, findings)
    after = inputs.relabelled({3: 1, 7: 2})
    moved = detectors.update(after, findings, [3, 7])
    one = detectors.combine(after, moved, like=verdict, changed=[3, 7])
    two = detectors.combine(after, detectors.rerun(after, findings, np.array([3, 7])), like=verdict)
    np.testing.assert_allclose(one.p_error, two.p_error, atol=1e-6)
