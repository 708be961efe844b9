"""A plain function as a detector."""

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from sklearn.metrics import roc_auc_score

import explorer
from explorer import detectors
from explorer.detectors import Result
from explorer.errors import DataError, UnknownName


@pytest.fixture(autouse=True)
def _as_before():
    """Whatever a test registers is gone after it."""
    before = set(detectors.names())
    yield
    for name in set(detectors.names()) - before:
        detectors.forget(name)


def own(name="mine", **options):
    """Register a function that is as good as self-confidence."""

    @explorer.detector(name, **options)
    def mine(inputs):
        """A high score means that the model doubts the label."""
        return 1 - inputs.probs[np.arange(inputs.n), np.maximum(inputs.labels, 0)]

    return mine


def test_a_function_becomes_a_method():
    inputs, _, _ = flipped_digits()
    mine = own(needs=("probs",))
    assert mine(inputs).shape == (inputs.n,), "it stays a function"
    assert detectors.names()[-1] == "mine"
    assert detectors.page("mine") == "A high score means that the model doubts the label."
    findings = detectors.run(inputs, only=["confident", "mine"])
    np.testing.assert_allclose(findings.results["mine"].score, findings.results["confident"].score, atol=1e-6)
    combined = detectors.combine(inputs, findings)
    assert "mine" not in combined.columns, "it takes no part until it says that it is exact"
    worst = int(np.nanargmax(findings.results["mine"].score))
    said = [r for r in detectors.explain(worst, inputs, findings, combined, CLASSES) if r.method == "mine"]
    assert said[0].text == f"mine: place 1 of {inputs.n}, most suspicious first"
    frame = detectors.table(np.arange(inputs.n), CLASSES, inputs, findings, combined, sort=False)
    np.testing.assert_array_equal(frame["mine_raw"], findings.results["mine"].score)


def test_it_is_stale_after_a_relabel_unless_it_is_exact():
    inputs, _, _ = flipped_digits()
    own("shown", needs="probs")
    own("exact", needs="probs", exact=True)
    findings = detectors.run(inputs, only=["shown", "exact"])
    changed = inputs.relabelled({5: int(inputs.labels[5] + 1) % 10})
    after = detectors.update(changed, findings, [5])
    assert after.results["shown"].stale
    np.testing.assert_array_equal(after.results["shown"].score, findings.results["shown"].score)
    assert (
        "labels have changed since"
        in detectors.get("shown").explain(5, changed, after.results["shown"], CLASSES)[0].text
    )
    assert not after.results["exact"].stale
    assert after.results["exact"].score[5] != findings.results["exact"].score[5]
    full = detectors.run(changed, only=["exact"]).results["exact"]
    np.testing.assert_array_equal(after.results["exact"].score, full.score)


def test_an_exact_one_takes_part_in_p_error():
    inputs, _, wrong = flipped_digits()

    @explorer.detector("oracle_of_mine", exact=True)
    def oracle_of_mine(inputs_):
        return (inputs_.labels != inputs.labels) | wrong

    findings = detectors.run(inputs, only=["vote", "oracle_of_mine"])
    combined = detectors.combine(inputs, findings)
    alone = detectors.combine(inputs, detectors.run(inputs, only=["vote"]))
    assert "oracle_of_mine" in combined.columns
    assert roc_auc_score(wrong, combined.p_error) > roc_auc_score(wrong, alone.p_error)
    assert detectors.pushes(int(np.flatnonzero(wrong)[0]), inputs, findings, combined)["oracle_of_mine"] > 1


def test_the_same_function_again_replaces_itself_and_another_does_not():
    def cell(factor):
        @explorer.detector("again")
        def mine(inputs):
            return np.full(inputs.n, float(factor))

    own("after")
    cell(1)
    place = detectors.names().index("again")
    cell(2)
    assert detectors.names().index("again") == place
    inputs, _, _ = flipped_digits()
    assert detectors.run(inputs, only=["again"]).results["again"].score[0] == 2
    with pytest.raises(DataError, match=r"already a detector 'again'.*forget\('again'\)"):
        own("again")
    with pytest.raises(DataError, match="already a detector 'vote'"):
        own("vote")


def test_forgotten_ones_run_no_more_and_what_they_found_stays():
    inputs, _, _ = flipped_digits()
    own(needs="probs")
    findings = detectors.run(inputs, only=["vote", "mine"])
    combined = detectors.combine(inputs, findings)
    explorer.forget("mine")
    assert "mine" not in detectors.names()
    assert "mine" in {r.method for r in detectors.explain(3, inputs, findings, combined, CLASSES)}
    with pytest.raises(UnknownName, match="'mine'"):
        detectors.run(inputs, only=["mine"])
    with pytest.raises(UnknownName, match="'mine'"):
        explorer.forget("mine")
    with pytest.raises(DataError, match="comes with the package"):
        explorer.forget("vote")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda n: None, "returned nothing"),
        (lambda n: np.zeros(n + 1), r"shape \(701,\) for 700 items"),
        (lambda n: np.zeros((n, 2)), r"shape \(700, 2\)"),
        (lambda n: 0.5, r"shape \(\)"),
        (lambda n: ["high"] * n, "type <U4"),
        (lambda n: np.zeros(n, complex), "type complex128"),
        (lambda n: np.where(np.arange(n) == 4, np.inf, 0), "infinite value, the first at position 4"),
        (lambda n: Result(np.zeros(n), suggestion=np.full(n, 10)), "suggests the class 10"),
        (lambda n: Result(np.zeros(n), suggestion=np.zeros(n)), "suggestions of the shape"),
        (lambda n: Result(np.zeros(n), flags=np.zeros(n)), "flags of the shape"),
        (lambda n: Result(np.zeros(n), columns={"more": np.zeros(3)}), "the column 'more' of the shape"),
        (lambda n: Result(np.zeros(n), pairs=np.array([[0, n]])), "pairs of items that are none"),
    ],
)
def test_an_answer_that_is_none_becomes_a_named_failure(answer, message):
    inputs, _, _ = flipped_digits()

    @explorer.detector("poor")
    def poor(inputs):
        return answer(inputs.n)

    findings = detectors.run(inputs, only=["vote", "poor"])
    assert set(findings.results) == {"vote"}
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(findings.failures["poor"])


def test_what_it_may_return():
    inputs, _, _ = flipped_digits()
    labels = inputs.labels.copy()
    labels[:10] = -1
    some = detectors.Inputs(labels, 10, probs=inputs.probs)

    @explorer.detector
    def whole(inputs):
        flags = np.ones(inputs.n, bool)
        return Result(list(range(inputs.n)), suggestion=np.zeros(inputs.n, np.int64), flags=flags)

    found = detectors.run(some, only=["whole"]).results["whole"]
    assert found.score.dtype == np.float32
    assert np.isnan(found.score[:10]).all(), "a label that is absent cannot be wrong"
    assert not found.flags[:10].any()
    assert found.flags[10:].all()
    assert found.suggestion.dtype == np.int32
    assert "suggests 0" in detectors.get("whole").explain(20, some, found, CLASSES)[0].text
    assert detectors.get("whole").explain(2, some, found, CLASSES) == []


def test_it_cannot_change_what_others_read():
    inputs, _, _ = flipped_digits()
    before = inputs.labels.copy()

    @explorer.detector("vandal")
    def vandal(inputs):
        inputs.labels[0] = 5

    assert "read-only" in detectors.run(inputs, only=["vandal"]).failures["vandal"]
    np.testing.assert_array_equal(inputs.labels, before)


def test_an_exact_one_that_fails_on_other_labels_fails_by_name_and_not_in_the_combiner():
    inputs, _, _ = flipped_digits()
    given = inputs.labels.copy()

    @explorer.detector("brittle", exact=True)
    def brittle(inputs):
        if (inputs.labels != given).any():
            raise RuntimeError("only the given labels, please")
        return np.zeros(inputs.n)

    findings = detectors.run(inputs, only=["vote", "brittle"])
    assert findings.failures == {"brittle": "RuntimeError: only the given labels, please"}
    assert np.isfinite(detectors.combine(inputs, findings).p_error).all()


@pytest.mark.parametrize("name", ["", "two words", "a/b", "p_error", "1st", "label"])
def test_names_that_are_none(name):
    with pytest.raises(DataError, match="cannot be called"):
        explorer.detector(name)


def test_what_it_asks_for_must_exist():
    with pytest.raises(UnknownName, match="'probs'"):
        explorer.detector("mine", needs=("prob",))
    with pytest.raises(UnknownName, match="'outlier'"):
        explorer.detector("mine", issue="outliers")
    with pytest.raises(DataError, match="is a class"):
        explorer.detector("mine")(Result)
    with pytest.raises(DataError, match="cannot be made of 3"):
        explorer.detector(3)
    inputs, _, _ = flipped_digits()
    own(needs=("probs", "checkpoints"))
    assert detectors.run(inputs, only=["mine"]).skipped == {"mine": "needs checkpoints"}


def test_the_decorator_of_classes_is_the_same_one():
    assert explorer.detector is detectors.detector

    @explorer.detector
    class Whole:
        """A page."""

        name = "whole"
        issue = "outlier"
        needs = frozenset()

        def run(self, inputs, _progress):
            return Result(np.zeros(inputs.n, np.float32))

    assert detectors.page("whole") == "A page."


def returning(score):
    class Mine:
        """Returns what it is given."""

        name = "mine"
        issue = "label"
        needs = frozenset({"probs"})
        exact = True

        def run(self, inputs, _progress):
            return detectors.Result(score(inputs))

        def update(self, inputs, _result, _changed):
            return self.run(inputs, None)

        def explain(self, *_):
            return []

    return detectors.detector(Mine)


def small(n=60):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, n).astype(np.int32)
    probs = rng.dirichlet(np.ones(3), n).astype(np.float32)
    return detectors.Inputs(labels, 3, probs=probs)


def test_scores_of_a_class_may_be_of_any_type_of_number():
    """numpy's own is float64; read as anything else, positions beyond the last item would be written to."""
    returning(lambda inputs: inputs.probs[:, 0].astype(np.float64) + (inputs.labels == 1))
    try:
        inputs = small()
        findings = detectors.run(inputs)
        assert findings.results["mine"].score.dtype == np.float32
        after = detectors.update(inputs.relabelled({5: int(inputs.labels[5] == 0)}), findings, [5])
        assert after.moved["mine"].rows.max(initial=0) < inputs.n
    finally:
        detectors.forget("mine")


@pytest.mark.parametrize(
    "score", [lambda inputs: inputs.probs, lambda inputs: inputs.probs[:5, 0], lambda inputs: list(inputs.labels)]
)
def test_scores_of_a_class_of_another_shape_are_refused_by_name(score):
    returning(score)
    try:
        failures = detectors.run(small()).failures
        assert "'mine' returned the scores" in failures["mine"]
    finally:
        detectors.forget("mine")
