"""Scores of labels of which people have settled a part: what is left is not held to be worse than it is."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from explorer import detectors, graph
from explorer.detectors.combine.rescore import put_back, score
from explorer.labels.model.states import State
from explorer.review.baseline import Baseline

KEPT, RELABELLED = State.KEPT.code, State.RELABELLED.code


def world(share=0.1, seed=0):
    data = load_digits()
    truth = data.target.astype(np.int32)
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(truth)) < share
    given = np.where(wrong, (truth + rng.integers(1, 10, len(truth))) % 10, truth).astype(np.int32)
    return (data.data / 16).astype(np.float32), truth, given


def inputs_of(x, labels, **more):
    probs = cross_val_predict(LogisticRegression(max_iter=300), x, labels, cv=5, method="predict_proba")
    return detectors.Inputs(labels, 10, graph=graph.build(x), probs=probs.astype(np.float32), vectors=x, **more)


@pytest.fixture(scope="module")
def reviewed():
    """All suspects of digits with 10 % wrong labels are looked at: what is settled, and the labels then."""
    x, truth, given = world()
    first = inputs_of(x, given)
    seen = detectors.combine(first, detectors.run(first)).is_issue
    now = np.where(seen, truth, given)
    return x, truth, given, now, seen


def test_labels_are_put_back_where_somebody_corrected_a_mistake():
    labels = np.array([0, 1, 0, 1, 1, 2, -1], np.int32)
    given = np.array([0, 0, 0, 0, 1, -1, -1], np.int32)
    settled = np.array([1, 1, 0, 0, 1, 1, 1], bool)
    expected = [0, 0, 0, 1, 1, 2, -1]
    np.testing.assert_array_equal(put_back(labels, given, settled, 3), expected)
    np.testing.assert_array_equal(labels, [0, 1, 0, 1, 1, 2, -1], "its own array")


def test_a_class_that_was_divided_by_hand_stays_so():
    given = np.array([0] * 10 + [1] * 10, np.int32)
    labels = given.copy()
    labels[:8] = 2  # most of class 0 has become class 2
    labels[10:12] = 0  # and two of class 1 were mistakes
    after = put_back(labels, given, np.ones(20, bool), 3)
    np.testing.assert_array_equal(after[:10], labels[:10])
    np.testing.assert_array_equal(after[10:], given[10:])


def test_what_is_left_after_all_suspects_were_seen_is_not_held_to_be_wrong(reviewed):
    x, truth, given, now, seen = reviewed
    inputs = inputs_of(x, now, trusted=seen)
    findings, combined, settled = score(inputs, given, seen)
    rest, left = ~seen, float((now != truth).sum())
    plain = detectors.combine(inputs, detectors.run(inputs))
    # Without looking back it is, by where labels and opinion disagree; what is counted knows better by itself.
    assert plain.model.noise.rate.mean() * len(now) > left + 12
    assert plain.p_error[rest].sum() < left + 12
    assert combined.p_error[rest].sum() < left + 6
    assert combined.is_issue[rest].sum() <= 4
    assert "conformal" in findings.results, "the detectors know whom to trust"
    assert not any(result.stale for result in findings.results.values())
    np.testing.assert_array_equal(settled.labels, np.where(seen, given, -1))
    assert settled.p_error[seen].mean() > 0.8, "as their given labels were"
    assert (settled.rivals[seen] == truth[seen]).mean() > 0.9


def test_with_nothing_settled_it_is_one_plain_run():
    x, _, given = world()
    inputs = inputs_of(x, given)
    findings, combined, settled = score(inputs, given, None)
    assert settled is None
    plain = detectors.combine(inputs, detectors.run(inputs))
    np.testing.assert_array_equal(combined.p_error, plain.p_error)
    assert findings.results.keys() == detectors.run(inputs).results.keys()


def test_labels_that_were_only_kept_are_lessons_too():
    x, _, given = world()
    kept = np.zeros(len(given), bool)
    kept[::20] = True
    inputs = inputs_of(x, given, trusted=kept)
    _, combined, settled = score(inputs, given, kept)
    np.testing.assert_array_equal(settled.labels, np.where(kept, given, -1))
    np.testing.assert_array_equal(settled.p_error, combined.p_error)


def test_lessons_of_before_are_heard_and_taken_back(reviewed):
    x, _, given, now, seen = reviewed
    inputs = inputs_of(x, now, trusted=seen)
    _, combined, settled = score(inputs, given, seen)
    states = np.where(seen, np.where(now != given, RELABELLED, KEPT), 0).astype(np.uint8)
    begun = Baseline(combined, now, seen.copy(), settled)
    begun.note(np.arange(len(states)), seen, combined.p_error, combined.p_error, now, states, given)
    taught = begun.teach(inputs)
    assert taught.decisions == seen.sum()
    assert taught.wrong == (now != given)[seen].sum()
    assert begun.order == [], "drift is about decisions since"
    assert not np.isfinite(begun.wrong).any()

    again = states.copy()
    again[np.flatnonzero(seen)[:5]] = 0
    begun.note(np.arange(len(states)), seen & (again > 0), combined.p_error, combined.p_error, now, again, given)
    assert begun.teach(inputs).decisions == seen.sum() - 5


def test_decisions_of_before_and_since_are_lessons_alike(reviewed):
    x, truth, given, now, seen = reviewed
    inputs = inputs_of(x, now, trusted=seen)
    _, combined, settled = score(inputs, given, seen)
    begun = Baseline(combined, now, seen.copy(), settled)
    more = np.flatnonzero(~seen)[:7]
    decided, states, codes = seen.copy(), np.where(seen, RELABELLED, 0).astype(np.uint8), now.copy()
    decided[more], states[more], codes[more] = True, KEPT, truth[more]
    begun.note(np.arange(len(states)), decided, combined.p_error, combined.p_error, codes, states, given)
    assert begun.teach(inputs).decisions == seen.sum() + 7
    assert begun.order == more.tolist()


def test_an_opinion_that_only_settled_labels_make_does_not_teach_anew(reviewed):
    """What was taught on the labels as given is kept; the further opinion has no say."""
    x, truth, given, now, seen = reviewed

    @detectors.detector
    class Trusting:
        """It says what the probabilities say, where some labels can be trusted."""

        name = "trusting"
        issue = "label"
        needs = frozenset({"trusted", "probs"})
        exact = True
        weight = 1.0
        floor = 1e-3

        def run(self, inputs, _progress):
            return detectors.Result(1 - inputs.probs[np.arange(inputs.n), inputs.labels])

        def update(self, inputs, _result, _changed):
            return self.run(inputs, None)

        def opinion(self, inputs, _result, rows):
            return inputs.probs[rows]

        def explain(self, *_):
            return []

    try:
        findings, combined, _ = score(inputs_of(x, now, trusted=seen), given, seen)
    finally:
        detectors.forget("trusting")
    assert "trusting" in findings.results
    assert "trusting" not in combined.columns
    assert combined.p_error[~seen].sum() < (now != truth)[~seen].sum() + 6


def test_a_method_that_fails_on_the_settled_labels_alone_is_left_out_of_both(reviewed, monkeypatch):
    x, truth, given, now, seen = reviewed
    calls = []
    run = detectors.Shapley.run

    def fail_later(self, inputs, progress):
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("no")
        return run(self, inputs, progress)

    monkeypatch.setattr(detectors.Shapley, "run", fail_later)
    findings, combined, _ = score(inputs_of(x, now, trusted=seen), given, seen)
    assert "shapley" in findings.failures
    assert "shapley" not in combined.columns
    assert combined.p_error[~seen].sum() < (now != truth)[~seen].sum() + 6


def test_a_class_that_was_merged_since_makes_no_kept_label_wrong(reviewed):
    x, _, given, now, seen = reviewed
    inputs = inputs_of(x, now, trusted=seen)
    _, combined, settled = score(inputs, given, seen)
    begun = Baseline(combined, now, seen.copy(), settled)
    states = np.where(seen, KEPT, 0).astype(np.uint8)
    merged = np.where(now == 3, 5, now)
    begun.note(
        np.arange(len(states)), seen, combined.p_error, combined.p_error, merged, states, np.where(given == 3, 5, given)
    )
    before = (now != given)[seen]
    assert begun.teach(inputs).wrong <= before.sum()
