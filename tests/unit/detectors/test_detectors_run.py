"""The registry: what runs, what is skipped, what a failure does."""

import threading
from pathlib import Path

import numpy as np
import pytest
from detectors_help import flipped_digits
from sklearn.metrics import average_precision_score

from explorer import detectors
from explorer.detectors import Inputs, Result
from explorer.errors import Cancelled, DataError, UnknownName
from explorer.progress import Progress


@pytest.fixture
def broken():
    """A detector that fails, there for one test."""

    @detectors.detector
    class Broken:
        name = "broken"
        issue = "label"
        needs = frozenset({"graph"})

        def run(self, inputs, _progress):
            raise ZeroDivisionError("no luck")

    yield Broken
    detectors.forget("broken")


def test_names():
    named = detectors.names()
    assert named[:3] == ("confident", "vote", "relation")
    assert {"hoc", "simifeat", "influence", "shapley", "distance_ratio", "graphcleaner", "beta_mixture"} <= set(named)
    assert {"conformal", "aum", "forgetting", "late_stopping", "averaged_margin", "archaeology", "plausible"} <= set(
        named
    )
    assert {"conflicting_duplicate", "near_duplicate", "outlier", "underperforming", "imbalance", "non_iid"} <= set(
        named
    )


def test_every_detector_has_a_page_and_says_when_to_trust_it():
    for name in detectors.names():
        page = detectors.page(name)
        for part in ("Formula\n-------", "When to trust it\n----------------", "References\n----------"):
            assert part in page, (name, part)
        assert "TRUST" not in page, name


def test_no_page_is_left_over_and_its_beginning_is_what_the_list_says():
    for path in Path(detectors.__file__).with_name("pages").glob("*.md"):
        written = path.read_text(encoding="utf-8")
        assert detectors.page(path.stem) == written.rstrip()
        assert detectors.about(path.stem) == " ".join(written.split("\n\n")[0].split())
    assert detectors.title("vote") == "Neighbour vote"
    assert detectors.title("influence") == "Influence"
    with pytest.raises(UnknownName, match="votes"):
        detectors.page("votes")


def test_a_failing_detector_is_named_and_the_others_go_on(broken):
    inputs, _, _ = flipped_digits()
    findings = detectors.run(inputs)
    assert findings.failures == {"broken": "ZeroDivisionError: no luck"}
    assert set(findings.results) == set(detectors.names()) - {"broken"} - set(findings.skipped)
    combined = detectors.combine(inputs, findings)
    assert np.isfinite(combined.p_error).all()


def test_a_failing_update_is_named_too(monkeypatch):
    inputs, _, _ = flipped_digits()
    findings = detectors.run(inputs)

    def fail(self, inputs, result, changed):
        raise RuntimeError("lost")

    monkeypatch.setattr(detectors.Vote, "update", fail)
    after = detectors.update(inputs.relabelled({3: 2}), findings, [3])
    assert after.failures == {"vote": "RuntimeError: lost"}
    assert "relation" in after.results


def test_what_lacks_its_inputs_is_skipped_with_the_reason():
    inputs, _, _ = flipped_digits()
    findings = detectors.run(Inputs(inputs.labels, 10, graph=inputs.graph))
    assert findings.skipped["confident"] == findings.skipped["relation"] == "needs probs"
    findings = detectors.run(Inputs(inputs.labels, 10))
    assert findings.skipped["relation"] == "needs graph and probs"
    assert "conflicting_duplicate" in findings.results
    assert not {"vote", "confident", "outlier"} & set(findings.results)


def test_only_some():
    inputs, _, _ = flipped_digits()
    assert list(detectors.run(inputs, only=["vote"]).results) == ["vote"]
    with pytest.raises(UnknownName, match="'vote'"):
        detectors.run(inputs, only=["votes"])


def test_a_name_can_be_taken_once():
    with pytest.raises(DataError, match="already a detector 'vote'"):
        detectors.detector(detectors.Vote)


def test_can_be_cancelled():
    inputs, _, _ = flipped_digits()
    stop = threading.Event()
    progress = Progress(report=lambda stage: stop.set() if stage.done else None, cancel=stop, interval=0.0)
    with pytest.raises(Cancelled):
        detectors.run(inputs, progress=progress)


def test_update_of_everything_equals_a_full_run_with_the_globals_held():
    inputs, truth, wrong = flipped_digits()
    items = np.flatnonzero(wrong)[:5]
    after = inputs.relabelled({int(i): int(truth[i]) for i in items})
    before = detectors.run(inputs)
    updated = detectors.update(after, before, items)
    for name, result in updated.results.items():
        if getattr(detectors.get(name), "exact", False):
            full = detectors.again(name, after, before.results[name])
            np.testing.assert_allclose(result.score, full.score, rtol=0, atol=1e-6, err_msg=name)
            assert not result.stale
    stale = {name for name, result in updated.results.items() if result.stale}
    assert stale == {"graphcleaner", "aum", "forgetting", "late_stopping", "averaged_margin"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probs": np.ones((3, 10), np.float32)}, "3 rows of probs"),
        ({"probs": np.ones((4, 3), np.float32)}, "3 columns for 10 classes"),
        ({"labels": np.array([0, 1, 10, 2], np.int32)}, "class codes from 0 to 9"),
        ({"conflicting": np.zeros(2, bool)}, "2 rows of conflicting"),
    ],
)
def test_inputs_must_belong_together(changes, message):
    with pytest.raises(DataError, match=message):
        Inputs(**{"labels": np.zeros(4, np.int32), "n_classes": 10, **changes})


def test_a_new_detector_with_an_opinion_joins_the_pool():
    inputs, truth, wrong = flipped_digits()

    @detectors.detector
    class Oracle:
        name = "oracle"
        issue = "label"
        needs = frozenset()
        weight = 1.0
        floor = 0.001

        def run(self, inputs, _progress):
            return Result(np.zeros(inputs.n, np.float32))

        def update(self, inputs, result, _changed):
            return result

        def explain(self, item, inputs, result, classes):
            return []

        def opinion(self, inputs, result, rows):
            return np.eye(10, dtype=np.float32)[truth[rows]]

    try:
        combined = detectors.combine(inputs, detectors.run(inputs))
    finally:
        detectors.forget("oracle")
    assert "oracle" in combined.columns
    weight = dict(zip(combined.model.read.opinions, combined.pool.weights, strict=True))
    assert weight["oracle"] > 0.5
    assert average_precision_score(wrong, combined.p_error) > 0.995


def test_a_detector_that_fails_on_altered_labels_has_no_say(caplog):
    inputs, _, wrong = flipped_digits()

    @detectors.detector
    class Picky:
        name = "picky"
        issue = "label"
        needs = frozenset()
        exact = True

        def run(self, given, _progress):
            if not np.array_equal(given.labels, inputs.labels):
                raise ArithmeticError("never seen such labels")
            return Result(np.zeros(given.n, np.float32))

        def update(self, inputs, result, _changed):
            return result

        def explain(self, item, inputs, result, classes):
            return []

    try:
        findings = detectors.run(inputs)
        combined = detectors.combine(inputs, findings)
    finally:
        detectors.forget("picky")
    assert "picky" in findings.results
    assert "picky" not in combined.columns
    assert "'picky' failed on altered labels" in caplog.text
    assert average_precision_score(wrong, combined.p_error) > 0.95
