"""Scores that follow the labels of a review: who is judged again, who keeps the verdict that was seen."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits

import explorer
from explorer import detectors
from explorer.detectors.protocol import Change
from explorer.errors import DataError, UnknownName
from explorer.labels import Edit
from explorer.review.events import LabelsReset, ScoresChanged
from explorer.review.live_scores import LiveScores

N = 900


@pytest.fixture(scope="module")
def spoilt():
    data = load_digits()
    truth = data.target[:N]
    rng = np.random.default_rng(0)
    wrong = np.zeros(N, bool)
    wrong[rng.choice(N, 90, replace=False)] = True
    given = np.where(wrong, (truth + rng.integers(1, 10, N)) % 10, truth)
    return data.images[:N].astype("uint8") * 15, truth, wrong, given


@pytest.fixture
def review(spoilt, tmp_path):
    images, _, _, given = spoilt
    made = explorer.Review(explorer.read(images, label=given), store=tmp_path / "labels.db", seed=0)
    made.wait(progress=False)
    yield made
    made.close()


def truth_of(review, spoilt, items):
    position = [review.dataset.position(item) for item in items]
    return [str(spoilt[1][review.dataset.row_item == p][0]) for p in position]


def test_corrections_move_the_neighbours_and_leave_the_decided(review, spoilt):
    before = review.issues
    items = before.index[:15]
    with review.state.lock:  # all at once: each keeps the verdict that it had when it was decided on
        for item, label in zip(items, truth_of(review, spoilt, items), strict=True):
            review.relabel(item, label)
    after = review.issues.reindex(before.index)
    np.testing.assert_array_equal(after.p_error[items], before.p_error[items])
    assert after.is_label_issue[items].all(), "what was decided on stays where it was"
    assert (after.p_error != before.p_error).sum() > 15
    assert review.results.combined.p_error.dtype == np.float32


def test_it_equals_judging_everybody_anew_with_what_was_learnt(review, spoilt):
    first = review.results
    items = review.issues.index[:5]
    for item, label in zip(items, truth_of(review, spoilt, items), strict=True):
        review.relabel(item, label)
    _ = review.issues
    now = review.results
    full = {
        name: detectors.again(name, now.inputs, result)
        for name, result in first.findings.results.items()
        if getattr(detectors.get(name), "exact", False)
    }
    findings = detectors.Findings({**now.findings.results, **full})
    whole = detectors.combine(now.inputs, findings, like=first.combined)
    undecided = review.state.states == 0
    # Five decisions are too few to learn from, so nothing but the labels has changed.
    np.testing.assert_allclose(now.combined.p_error[undecided], whole.p_error[undecided], atol=1e-5)
    np.testing.assert_array_equal(now.combined.suggested[undecided], whole.suggested[undecided])


def test_undo_brings_the_scores_back(review):
    before = review.issues
    item = before.index[0]
    review.relabel(item, "0" if before.given_label[item] != "0" else "1")
    assert (review.issues.p_error.reindex(before.index) != before.p_error).any()
    review.undo()
    np.testing.assert_allclose(review.issues.p_error.reindex(before.index), before.p_error, atol=1e-6)


def test_many_changes_at_once(review, spoilt):
    before = review.issues
    items = before.index[:60]
    edits = [Edit(i, "set", label) for i, label in zip(items, truth_of(review, spoilt, items), strict=True)]
    review.labels.apply(edits, kind="bulk")
    after = review.issues.reindex(before.index)
    np.testing.assert_array_equal(after.p_error[items], before.p_error[items])
    rest = before.index.difference(items)
    assert (after.p_error[rest] != before.p_error[rest]).mean() > 0.5
    wrong = set(np.asarray(review.dataset.item_ids)[review.dataset.row_item[spoilt[2]]])
    caught = [i in wrong for i in after.p_error[rest].sort_values(ascending=False).index[:20]]
    assert np.mean(caught) > 0.8, "the rest is still ranked well"


def test_a_rerun_starts_from_the_labels_as_they_stand(review, spoilt):
    items = review.issues.index[:30]
    for item, label in zip(items, truth_of(review, spoilt, items), strict=True):
        review.relabel(item, label)
    assert review.detectors.stale_since.notna().any()
    review.rerun()
    review.wait(progress=False)
    assert review.issues.p_error[items].mean() < 0.2
    assert review.detectors.stale_since.isna().all()
    assert review.detectors.state["conformal"] == "done", "items that people settled can be trusted"


def test_a_class_of_its_own_does_not_break_what_was_learnt(review):
    item = review.issues.index[0]
    review.relabel(item, "no digit", new_class=True)
    assert np.isfinite(review.issues.p_error[item])
    review.keep(review.issues.index[1])
    assert len(review.issues) == N


def test_methods_are_listed_with_their_state_and_page(review):
    listed = review.detectors
    assert set(listed.index) == set(detectors.names())
    assert listed.state["vote"] == "done"
    assert listed.in_p_error["vote"]
    assert listed.state["conformal"] == "skipped"
    assert "labels known to be right" in listed.note["conformal"]
    assert "Formula" in review.method("relation")
    assert "flipped on purpose" in review.method("p_error")
    with pytest.raises(UnknownName, match="relations"):
        review.method("relations")


def test_how_many_are_left(review, spoilt):
    assert review.left().basis == "model"
    assert review.left().left == pytest.approx(90, rel=0.3)
    with pytest.raises(DataError, match="at least one"):
        review.audit(0)
    asked = review.audit(60)
    assert len(set(asked)) == len(asked) <= 60
    truth = truth_of(review, spoilt, asked)
    for item, label in zip(asked, truth, strict=True):
        if review.issues.given_label[item] == label:
            review.keep(item)
        else:
            review.relabel(item, label)
    left = review.left()
    assert left.basis == "audit"
    assert left.draws == 60
    assert left.found == (review.state.states == 1).sum()
    assert left.low <= 90 - left.found <= left.high
    assert "wrong labels are left" in left.sentence()
    assert review.audit(5) != [], "the next ones follow"


def test_drift_is_told(review, spoilt):
    items = review.issues.index[:40]
    review.keep(list(items))  # a reviewer who finds nothing wrong
    found = review.drift()
    assert found.decisions == 40
    assert found.found == 0
    assert found.z < -2.5
    assert "40" in found.note


def test_did_it_help(review, spoilt):
    wrong = np.asarray(review.dataset.item_ids)[review.dataset.row_item[spoilt[2]]]
    for item, label in zip(wrong, truth_of(review, spoilt, wrong), strict=True):
        review.relabel(item, label)
    found = review.helped()
    assert found.low <= found.difference <= found.high
    assert found.after >= found.before
    assert found.judged == found.changed == 90
    assert found.sentence()
    assert len(found.per_class) == 10


def labelled_alike(n, path):
    vectors = np.random.default_rng(0).random((n, 8), dtype=np.float32)
    made = explorer.Review(explorer.read(vectors, label=np.array(["cat"] * n)), store=path / "one.db", seed=0)
    made.wait(progress=False)
    return made


@pytest.mark.parametrize(("n", "changed"), [(30, 1), (100, 3)], ids=["one is many of a few", "many at once"])
def test_a_dataset_of_one_class_gets_a_second_one(tmp_path, n, changed):
    review = labelled_alike(n, tmp_path)
    for item in list(review.issues.index[:changed]):
        review.relabel(item, "dog", new_class=True)
    assert len(review.issues) == n
    assert review.scores.error is None
    review.close()


def test_a_change_is_not_lost_when_something_fails_late(review, spoilt, monkeypatch):
    item = review.issues.index[0]  # the scores are in step from here on
    first = review.results.combined
    told = []
    review.events.subscribe(ScoresChanged, told.append)
    with monkeypatch.context() as broken:
        broken.setattr(review.state, "publish_rows", lambda *_: 1 / 0)
        review.relabel(item, *truth_of(review, spoilt, [item]))
        assert "ZeroDivisionError" in review.detectors.note["vote"]
    assert isinstance(review.scores.error, ZeroDivisionError)
    assert told, "views ask again, and are told why"
    assert review.results.combined is first
    review.events.emit(LabelsReset())
    assert review.issues is not None
    assert review.scores.error is None
    assert review.results.combined is not first
    assert (review.results.combined.p_error != first.p_error).any()


def test_a_method_that_fails_keeps_what_was_learnt(review, spoilt, monkeypatch):
    model = review.results.combined.model
    items = list(review.issues.index[:2])
    monkeypatch.setattr(detectors.Vote, "update", lambda *_: 1 / 0)
    review.relabel(items[0], *truth_of(review, spoilt, items[:1]))
    assert review.detectors.state["vote"] == "failed"
    assert review.detectors.stale_since.notna()["vote"]
    assert review.results.combined.model is model, "nothing is learnt anew"
    assert "vote_raw" in review.issues
    monkeypatch.undo()
    review.relabel(items[1], *truth_of(review, spoilt, items[1:]))
    assert review.detectors.state["vote"] == "failed", "it has missed a change"
    rest = list(review.issues.index[5:60])
    review.relabel(rest, "1")
    assert review.detectors.state["vote"] == "done", "it is tried again where all is judged anew"


def test_what_is_shown_is_never_written_to(review, spoilt):
    items = list(review.issues.index[:4])
    for item in items:
        shown = review.results.findings
        kept = {name: result.score.copy() for name, result in shown.results.items()}
        review.relabel(item, *truth_of(review, spoilt, [item]))
        assert review.issues is not None
        for name, result in shown.results.items():
            np.testing.assert_array_equal(result.score, kept[name], err_msg=name)


def test_a_method_that_fails_half_way_shows_what_it_held_before(review, spoilt, monkeypatch):
    items = list(review.issues.index[:3])
    review.relabel(items[0], *truth_of(review, spoilt, items[:1]))
    assert review.issues is not None
    before = review.results.findings.results["vote"].score.copy()

    def breaks(_self, _inputs, result, _changed):
        result.own(result.score)[:] = 7
        raise RuntimeError("half way")

    monkeypatch.setattr(detectors.Vote, "update", breaks)
    review.relabel(items[1], *truth_of(review, spoilt, items[1:2]))
    assert review.detectors.state["vote"] == "failed"
    np.testing.assert_array_equal(review.results.findings.results["vote"].score, before)
    monkeypatch.undo()
    review.relabel(items[2], *truth_of(review, spoilt, items[2:]))
    assert review.issues is not None
    np.testing.assert_array_equal(review.results.findings.results["vote"].score, before)


def test_a_verdict_that_fails_half_way_is_made_anew(review, spoilt, monkeypatch):
    from explorer.detectors.combine import p_error

    items = list(review.issues.index[:3])
    review.relabel(items[0], *truth_of(review, spoilt, items[:1]))
    assert review.issues is not None

    def breaks(_inputs, combined, again):
        combined.p_error[again] = 7
        raise RuntimeError("half way")

    monkeypatch.setattr(p_error, "_judge", breaks)
    review.relabel(items[1], *truth_of(review, spoilt, items[1:2]))
    assert review.detectors is not None
    assert isinstance(review.scores.error, RuntimeError)
    assert review.results.combined.p_error.max() <= 1, "what is shown stays as it was"
    monkeypatch.undo()
    review.relabel(items[2], *truth_of(review, spoilt, items[2:]))
    assert review.issues is not None
    now = review.results
    whole = detectors.combine(now.inputs, now.findings, like=now.combined)
    undecided = review.state.states == 0
    np.testing.assert_allclose(now.combined.p_error[undecided], whole.p_error[undecided], atol=1e-6)


def test_a_flag_that_changed_is_told_after_a_failure(review, spoilt, monkeypatch):
    def flips(_inputs, result, changed):
        flags = result.flags.copy()
        flags[changed] = True
        return replace(result, flags=flags, moved=Change(changed))

    monkeypatch.setattr(detectors.get("outlier"), "update", flips)
    items = [name for name in review.issues.index if not review.issues.is_outlier_issue[name]][:2]
    rows = [review.dataset.position(item) for item in items]
    with monkeypatch.context() as broken:
        broken.setattr(review.state, "publish_rows", lambda *_: 1 / 0)
        review.relabel(items[0], *truth_of(review, spoilt, items[:1]))
        assert review.detectors is not None
    told = []
    review.events.subscribe(ScoresChanged, told.append)
    review.relabel(items[1], *truth_of(review, spoilt, items[1:]))
    assert review.issues.is_outlier_issue[items].all()
    assert review.state.flags["is_outlier_issue"][rows].all()
    flags = [event.values.flags["is_outlier_issue"] for event in told if event.values and event.values.flags]
    assert {row for at, _ in flags for row in at.tolist()} == set(rows)


def test_what_is_read_between_judging_and_showing_is_of_one_moment(review, spoilt, monkeypatch):
    follow, judged, go_on = LiveScores.follow, threading.Event(), threading.Event()

    def pauses(live, changed, codes):
        moved = follow(live, changed, codes)
        judged.set()
        assert go_on.wait(60)
        return moved

    items = list(review.issues.index[:2])
    review.relabel(items[0], *truth_of(review, spoilt, items[:1]))
    assert review.detectors is not None, "the scores have followed, and no table was made of them"
    before = review.state.read().results.combined.p_error
    monkeypatch.setattr(LiveScores, "follow", pauses)
    review.relabel(items[1], *truth_of(review, spoilt, items[1:]))
    assert judged.wait(60)
    with review.state.lock:
        between = review.scores.listed(slice(None))
        moved = np.flatnonzero(review.state.results.combined.p_error != before)
        one = review.scores.of_item(int(moved[0]))
        found = review.results
    go_on.set()
    after = review.scores.table
    assert one.p_error == between.p_error[review.dataset.item_ids[moved[0]]]
    np.testing.assert_array_equal(found.combined.p_error, review.results.combined.p_error)
    for column in ("p_error", "vote_raw"):
        np.testing.assert_array_equal(between[column], after[column].reindex(between.index))
