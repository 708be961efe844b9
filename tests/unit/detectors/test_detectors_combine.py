"""The combiner and the table: one ranking from whatever there is, and sane answers at the edges."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from detectors_help import CLASSES, flipped_digits
from sklearn.metrics import average_precision_score

from explorer import detectors
from explorer.detectors import Inputs
from explorer.graph import build


def verdict(inputs):
    findings = detectors.run(inputs)
    assert not findings.failures
    return findings, detectors.combine(inputs, findings)


def precision(wrong, score):
    return average_precision_score(wrong, np.nan_to_num(score, nan=-9))


def f1(flags, wrong):
    return 2 * (flags & wrong).sum() / (flags.sum() + wrong.sum())


def test_is_never_much_below_its_best_column():
    inputs, truth, wrong = flipped_digits()
    findings, combined = verdict(inputs)
    best = max(precision(wrong, findings.results[name].score) for name in combined.columns)
    assert precision(wrong, combined.p_error) > best - 0.005
    assert f1(combined.is_issue, wrong) > f1(findings.results["confident"].flags, wrong)
    assert f1(combined.is_issue, wrong) > 0.9
    assert (combined.suggested[wrong] == truth[wrong]).mean() > 0.95
    assert combined.calibrated
    assert combined.noise_rate == pytest.approx(wrong.mean(), abs=0.03)


@pytest.mark.parametrize(("lacking", "opinion"), [("graph", "confident"), ("probs", "vote")])
def test_works_with_a_part_of_the_inputs(lacking, opinion):
    inputs, _, wrong = flipped_digits()
    _, combined = verdict(replace(inputs, **{lacking: None}))
    assert combined.model.read.opinions == (opinion,)
    assert all(lacking not in detectors.get(name).needs for name in combined.columns)
    assert precision(wrong, combined.p_error) > 0.9
    assert f1(combined.is_issue, wrong) > 0.8


def test_an_opinion_that_is_noise_gets_no_weight():
    inputs, _, wrong = flipped_digits()
    noise = np.random.default_rng(0).dirichlet(np.ones(10), inputs.n).astype(np.float32)
    findings, combined = verdict(replace(inputs, probs=noise))
    weight = dict(zip(combined.model.read.opinions, combined.pool.weights, strict=True))
    assert weight["confident"] < 0.3 * weight["vote"]
    assert precision(wrong, combined.p_error) > precision(wrong, findings.results["vote"].score) - 0.01


def test_p_error_is_a_probability_and_follows_the_evidence():
    inputs, _, _ = flipped_digits()
    _, combined = verdict(inputs)
    assert combined.p_error.dtype == np.float32
    assert ((combined.p_error >= 0) & (combined.p_error <= 1)).all()
    assert (combined.suggested[combined.is_issue] != inputs.labels[combined.is_issue]).all()
    assert (
        combined.p_error[combined.is_issue].min()
        > combined.p_error[~combined.is_issue & (combined.suggested == inputs.labels)].max()
    )


def test_clean_labels_raise_few_flags():
    inputs, truth, _ = flipped_digits()
    clean = np.where(np.arange(10) == truth[:, None], 0.91, 0.01).astype(np.float32)
    _, combined = verdict(replace(inputs, labels=truth, probs=clean))
    assert combined.is_issue.mean() < 0.01


def test_deterministic():
    inputs, _, _ = flipped_digits()
    (_, a), (_, b) = verdict(inputs), verdict(inputs)
    np.testing.assert_array_equal(a.p_error, b.p_error)


def test_relabelling_with_the_weights_kept_moves_only_who_is_concerned():
    inputs, truth, wrong = flipped_digits()
    findings, before = verdict(inputs)
    item = int(np.flatnonzero(wrong)[0])
    after_inputs = inputs.relabelled({item: int(truth[item])})
    updated = detectors.update(after_inputs, findings, [item])
    after = detectors.combine(after_inputs, updated, like=before)
    assert after.pool == before.pool
    quick = detectors.combine(after_inputs, updated, like=before, changed=[item])
    for field in ("p_error", "suggested", "is_issue"):
        np.testing.assert_array_equal(getattr(quick, field), getattr(after, field))
    assert after.p_error[item] < 0.1 < before.p_error[item]
    moved = set(np.flatnonzero(after.p_error != before.p_error).tolist())
    assert len(moved) > 1


def test_unlabelled_items_get_a_suggestion_and_stand_last():
    inputs, truth, _ = flipped_digits()
    blank = np.arange(inputs.n) % 5 == 0
    some = replace(inputs, labels=np.where(blank, -1, inputs.labels).astype(np.int32))
    findings, combined = verdict(some)
    assert np.isnan(combined.p_error[blank]).all()
    assert not combined.is_issue[blank].any()
    assert (combined.suggested[blank] == truth[blank]).mean() > 0.95
    order = detectors.ranking(combined)
    assert blank[order[-blank.sum() :]].all()
    frame = detectors.table(np.arange(inputs.n), CLASSES, some, findings, combined)
    tail = frame.tail(blank.sum())
    assert tail.given_label.isna().all()
    assert tail.label_score.isna().all()
    assert tail.suggested_label.notna().all()
    item = int(np.flatnonzero(blank)[0])
    texts = [r.text for r in detectors.explain(item, some, findings, combined, CLASSES)]
    assert f"unlabelled; {CLASSES[combined.suggested[item]]} fits best" in texts


def test_one_class():
    x = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    inputs = Inputs(np.zeros(30, np.int32), 1, graph=build(x, 5), probs=np.ones((30, 1), np.float32))
    findings, combined = verdict(inputs)
    assert (combined.p_error == 0).all()
    assert not combined.is_issue.any()
    assert "only one class" in combined.note
    frame = detectors.table(np.arange(30), ["cat"], inputs, findings, combined)
    assert set(frame.suggested_label) == {"cat"}


def test_one_class_in_use_among_several():
    x = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    inputs = Inputs(np.zeros(30, np.int32), 3, graph=build(x, 5))
    _, combined = verdict(inputs)
    assert not combined.is_issue.any()
    assert combined.note


def test_a_class_with_one_item_is_not_called_wrong_for_being_alone():
    inputs, _, _ = flipped_digits()
    y = np.where(inputs.labels == 9, 8, inputs.labels).astype(np.int32)
    y[11] = 9
    _, combined = verdict(replace(inputs, labels=y, probs=None))
    assert not combined.is_issue[11]
    assert combined.p_error[11] < 0.9
    assert combined.note == "1 class has a single item: no neighbour can confirm it."


def test_nobody_is_labelled():
    inputs, _, _ = flipped_digits()
    nobody = replace(inputs, labels=np.full(inputs.n, -1, np.int32))
    _, combined = verdict(nobody)
    assert np.isnan(combined.p_error).all()
    assert (combined.suggested == inputs.probs.argmax(axis=1)).all()
    assert combined.note == "No item has a label."
    _, combined = verdict(replace(nobody, probs=None))
    assert (combined.suggested == -1).all()


def test_nothing_to_judge_by():
    _, combined = verdict(Inputs(np.array([0, 1, -1], np.int32), 2))
    np.testing.assert_array_equal(combined.p_error, [0, 0, np.nan])
    assert "no label can be judged" in combined.note


@pytest.mark.parametrize("n", [2, 3, 4, 6])
def test_few_items(n):
    x = np.eye(n, dtype=np.float32)
    labels = (np.arange(n) % 2).astype(np.int32)
    probs = np.full((n, 2), 0.5, np.float32)
    _, combined = verdict(Inputs(labels, 2, graph=build(x, 50), probs=probs))
    assert np.isfinite(combined.p_error).all()
    assert not combined.is_issue.any()


def test_heavy_noise_raises_the_noise_estimate():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 3000).astype(np.int32)
    wrong = rng.random(3000) < 0.5
    y = np.where(wrong, (truth + rng.integers(1, 5, 3000)) % 5, truth).astype(np.int32)
    probs = np.where(np.arange(5) == truth[:, None], 0.8, 0.05).astype(np.float32)
    _, combined = verdict(Inputs(y, 5, probs=probs))
    assert combined.pool.noise == pytest.approx(0.5, abs=0.1)
    assert f1(combined.is_issue, wrong) > 0.95


def test_table():
    inputs, _, _ = flipped_digits()
    findings, combined = verdict(inputs)
    ids = np.array([f"id{i}" for i in range(inputs.n)], dtype=object)
    frame = detectors.table(ids, CLASSES, inputs, findings, combined)
    assert frame.index.name == "item_id"
    assert frame.p_error.is_monotonic_decreasing
    np.testing.assert_allclose(frame.label_score, 1 - frame.p_error)
    for column in ("label_score", "outlier_score", "near_duplicate_score"):
        assert frame[column].between(0, 1).all()
    for column in ("is_label_issue", "is_outlier_issue", "is_near_duplicate_issue", "is_conflicting_duplicate_issue"):
        assert frame[column].dtype == bool
    assert isinstance(frame.given_label.dtype, pd.StringDtype)
    assert frame.loc["id17", "given_label"] == CLASSES[inputs.labels[17]]
    assert frame.near_duplicate_set.isna().to_numpy()[~frame.is_near_duplicate_issue.to_numpy()].all()
    aligned = detectors.table(ids, CLASSES, inputs, findings, combined, sort=False)
    assert aligned.index.tolist() == ids.tolist()


def test_reasons_come_in_words_neighbours_first():
    inputs, _, _ = flipped_digits()
    findings, combined = verdict(inputs)
    worst = int(detectors.ranking(combined)[0])
    reasons = detectors.explain(worst, inputs, findings, combined, CLASSES)
    assert {r.name for r in reasons} >= {"neighbours", "model"}
    assert all(r.text and np.isfinite(r.value) for r in reasons)


def test_labels_with_markup_are_plain_text_in_reasons():
    inputs, _, _ = flipped_digits()
    findings, combined = verdict(inputs)
    classes = ("<img src=x onerror=alert(1)>", *CLASSES[1:])
    texts = " ".join(r.text for r in detectors.explain(0, inputs, findings, combined, classes))
    assert "&lt;" not in texts  # escaping is the display's business, and only its
