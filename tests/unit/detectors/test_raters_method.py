"""Raters: their opinion by definition, exact updates, words, and votes that the labels were made of."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import flipped_digits
from probs_help import check_bad_inputs, check_updates, random_inputs, run
from sklearn.metrics import average_precision_score, roc_auc_score

from explorer import detectors
from explorer.consensus import Answers, consensus
from explorer.detectors import Inputs, get
from explorer.detectors.label_errors import raters as module
from explorer.errors import DataError


def votes_on(truth, k, accuracies=(0.9, 0.8, 0.7), share=0.8, seed=0, families=None):
    """Return votes of raters who err evenly, int [N, R] and as answers."""
    rng = np.random.default_rng([seed, 2])  # no numbers that labels are flipped with
    wide = np.full((len(truth), len(accuracies)), -1)
    for j, accuracy in enumerate(accuracies):
        right = rng.random(len(truth)) < accuracy
        wide[:, j] = np.where(right, truth, (truth + rng.integers(1, k, len(truth))) % k)
    wide[rng.random(wide.shape) >= share] = -1
    return wide, Answers.of(wide, k, families)


def plurality(wide, k, rng):
    """Return each row's commonest code, ties at random."""
    counts = np.stack([(wide == c).sum(axis=1) for c in range(k)], axis=1)
    return (counts + 0.1 * rng.random(counts.shape)).argmax(axis=1).astype(np.int32)


def with_votes(inputs, truth, **more):
    return replace(inputs, votes=votes_on(truth, inputs.n_classes, **more)[1])


def test_the_opinion_is_the_consensus_and_the_score_what_is_left_of_the_label():
    inputs = random_inputs(0, n=200)
    truth = np.random.default_rng(1).integers(0, 4, 200)
    inputs = with_votes(inputs, truth, share=0.5)
    result = run("raters", inputs)
    found = consensus(inputs.votes)
    opinion = get("raters").opinion(inputs, result, np.arange(200))
    silent = ~inputs.votes.answered
    assert silent.any()
    for i in range(200):
        expected = np.full(4, 0.25) if silent[i] else found.posterior[i]
        np.testing.assert_allclose(opinion[i], expected, atol=1e-6)
        if silent[i] or inputs.labels[i] < 0:
            assert np.isnan(result.score[i])
        else:
            assert result.score[i] == pytest.approx(1 - expected[inputs.labels[i]], abs=1e-6)
        assert result.suggestion[i] == (-1 if silent[i] else found.labels[i])


@pytest.mark.parametrize("seed", range(3))
def test_updates_equal_a_run_with_the_same_votes(seed):
    inputs = random_inputs(seed, n=100)
    truth = np.random.default_rng([seed, 1]).integers(0, 4, 100)
    check_updates("raters", with_votes(inputs, truth), seed)
    # Also where the labels are a rater's, or the majority's.
    wide, votes = votes_on(truth, 4)
    for labels in (truth, plurality(wide, 4, np.random.default_rng(0))):
        check_updates("raters", replace(inputs, labels=labels.astype(np.int32), votes=votes), seed)


def test_no_vote_reads_a_label():
    inputs, truth, _ = flipped_digits(400, taught=False)
    inputs = with_votes(inputs, truth)
    result = run("raters", inputs)
    other = run("raters", inputs.relabelled({3: int(truth[3] + 1) % 10}))
    rows = np.arange(400)
    np.testing.assert_array_equal(
        get("raters").opinion(inputs, result, rows), get("raters").opinion(inputs, other, rows)
    )


def test_a_rater_whose_answers_are_the_labels_is_left_out():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 2000)
    wide, votes = votes_on(truth, 3)
    labels = np.where(wide[:, 0] >= 0, wide[:, 0], truth).astype(np.int32)
    assert module.sources(votes, labels) == [0]
    inputs = Inputs(labels, 3, votes=votes)
    result = run("raters", inputs)
    assert result.summary["left_out"] == [0]
    assert "1 of 3 raters is left out" in result.summary["note"]
    rest = consensus(votes.without([0]))
    opinion = get("raters").opinion(inputs, result, np.arange(2000))
    heard = rest.answers.answered
    np.testing.assert_allclose(opinion[heard], rest.posterior[heard], atol=1e-6)
    assert roc_auc_score((labels != truth)[heard], result.score[heard]) > 0.8
    # Corrections since do not hide it: settled labels say nothing of it.
    moved = np.where(np.arange(2000) < 3, (labels + 1) % 3, labels).astype(np.int32)
    assert module.sources(votes, moved) == [0]
    far = np.where(np.arange(2000) < 400, (labels + 1) % 3, labels).astype(np.int32)
    assert module.sources(votes, far) == []
    heard = module.listen(votes, far, trusted=np.arange(2000) < 400)
    assert heard.left_out == (0,)


def beyond_by_definition(posterior, winner):
    """Divide by the chance of that majority, item by item."""
    k = posterior.shape[1]
    counts = [[0.5] * k for _ in range(k)]
    for q, w in zip(posterior, winner, strict=True):
        for c in range(k):
            if w >= 0:
                counts[c][w] += q[c]
    result = []
    for q, w in zip(posterior, winner, strict=True):
        share = [sum(counts[c]) / sum(map(sum, counts)) for c in range(k)]
        z = [q[c] / (share[c] * counts[c][w] / sum(counts[c])) if w >= 0 else q[c] for c in range(k)]
        result.append([x / sum(z) for x in z])
    return np.array(result)


def test_what_votes_say_beyond_their_majority_is_by_bayes_rule():
    rng = np.random.default_rng(0)
    q = rng.dirichlet(np.ones(4), 80)
    winner = rng.integers(-1, 4, 80)
    np.testing.assert_allclose(module.beyond(q, winner), beyond_by_definition(q, winner))


def test_the_majority_does_not_confirm_itself():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 6000)
    wide, votes = votes_on(truth, 4, (0.8, 0.8, 0.8), share=1.0)
    labels = plurality(wide, 4, rng)
    result = run("raters", Inputs(labels, 4, votes=votes))
    assert result.summary["majority"]
    agree = (wide == labels[:, None]).sum(axis=1)
    opinion = get("raters").opinion(Inputs(labels, 4, votes=votes), result, np.arange(6000))
    own = opinion[np.arange(6000), labels]
    # Three of three speak for it, two of three against it, next to what the label says by itself.
    wrong = labels != truth
    clear = agree >= 2
    rate = wrong[clear].mean()
    for count in (2, 3):
        at = agree == count
        given_alone = np.log(own[at]) + np.log((1 - rate) / 1) - np.log((1 - own[at]) * rate / 3)
        held = 1 / (1 + np.exp(given_alone))
        assert held.mean() == pytest.approx(wrong[at].mean(), abs=0.05), count
    independent = run("raters", Inputs(truth.astype(np.int32), 4, votes=votes))
    assert not independent.summary["majority"]


def test_the_share_of_wrong_labels_is_the_consensus_own_where_nothing_else_is_known():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, 3000)
    wide, votes = votes_on(truth, 4, (0.8, 0.8, 0.8), share=1.0)
    labels = plurality(wide, 4, rng)
    inputs = Inputs(labels, 4, votes=votes)
    findings = detectors.run(inputs)
    noise = detectors.combine(inputs, findings).model.noise
    posterior = consensus(votes).posterior
    assert noise.overall == pytest.approx(np.mean([1 - posterior[i, labels[i]] for i in range(3000)]), abs=1e-4)
    assert noise.overall == pytest.approx((labels != truth).mean(), rel=0.25)
    assert noise.range.low <= (labels != truth).mean() <= noise.range.high
    # The opinion on it, what votes say beyond their majority, is no posterior: counted on it, it would be far more.
    assert np.isnan(noise.counted)
    others = Inputs(wide[:, 0].astype(np.int32), 4, votes=votes_on(truth, 4, (0.8, 0.8), share=1.0, seed=9)[1])
    assert get("raters").share(others, run("raters", others)) is None, "labels and votes are apart"


def test_p_error_gains_by_votes_whatever_the_labels_were_made_of():
    """Simulated raters: apart from the labels, one of them the label, and the labels their majority."""
    plain, truth, _ = flipped_digits(1500, rate=0.2)
    rng = np.random.default_rng(0)
    wide, votes = votes_on(truth, 10, (0.8, 0.8, 0.8), share=1.0, seed=5)
    cases = {"apart": plain.labels, "one of them": wide[:, 0], "majority": plurality(wide, 10, rng)}
    for case, labels in cases.items():
        labels = labels.astype(np.int32)
        precision = []
        for heard in (None, votes):
            inputs = replace(plain, labels=labels, votes=heard, dynamics=None)
            combined = detectors.combine(
                inputs, detectors.run(inputs, only=["confident", "vote", "relation", "raters"])
            )
            precision.append(average_precision_score(labels != truth, combined.p_error))
        assert precision[1] > precision[0] - 0.005, (case, precision)


def test_words():
    wide = np.array([[0, 0, 1], [2, 2, 2], [0, -1, -1], [-1, -1, -1], [0, 1, 2]])
    votes = Answers.of(np.tile(wide, (8, 1)), 3, ["gpt", "gpt", ""])
    inputs = Inputs(np.tile([1, 2, 0, 0, -1], 8).astype(np.int32), 3, votes=votes)
    result = run("raters", inputs)
    said = [[r.text for r in get("raters").explain(i, inputs, result, ("dog", "cat", "fox"))] for i in range(5)]
    assert said[0] == ["2 of 3 raters say dog, both of the same family, 1 cat"]
    assert said[1] == ["3 of 3 raters say fox"]
    assert said[2] == ["1 of 1 rater says dog"]
    assert said[3] == []
    assert said[4] == ["1 of 3 raters says dog, 1 cat, 1 fox"]


def test_needs_votes_that_belong_to_the_items():
    inputs = random_inputs(0, n=50)
    assert detectors.run(inputs, only=["raters"]).skipped == {"raters": "needs votes"}
    with pytest.raises(DataError, match="50 labels and 20 rows of votes"):
        replace(inputs, votes=votes_on(np.zeros(20, int), 4)[1])
    with pytest.raises(DataError, match="for 3 classes, and there are 4"):
        replace(inputs, votes=votes_on(np.zeros(50, int), 3)[1])


def test_bad_inputs(monkeypatch):
    from probs_help import bad_inputs

    def voted():
        for name, inputs in bad_inputs().items():
            wide, _ = votes_on(np.arange(inputs.n) % min(4, inputs.n_classes), max(2, inputs.n_classes), share=0.6)
            wide = np.minimum(wide, inputs.n_classes - 1)
            yield name, replace(inputs, votes=Answers.of(wide, inputs.n_classes))

    monkeypatch.setattr("probs_help.bad_inputs", lambda: dict(voted()))
    check_bad_inputs("raters", silent=("nobody",))


@pytest.mark.parametrize(
    "wide",
    [
        np.full((60, 3), -1),  # nobody
        np.where(np.arange(3) == np.arange(60)[:, None] % 3, 1, -1),  # nobody overlaps
        np.zeros((60, 1), int),  # one, who always says the same
        np.where(np.arange(1000) == 3, 2, -1) + np.zeros((60, 1), int),  # a thousand, of whom one speaks
    ],
)
def test_strange_raters(wide):
    inputs = replace(random_inputs(0, n=60), votes=Answers.of(wide, 4))
    result = run("raters", inputs)
    assert not np.isinf(result.score).any()
    opinion = get("raters").opinion(inputs, result, np.arange(60))
    np.testing.assert_allclose(opinion.sum(axis=1), 1, atol=1e-5)
    check_updates("raters", inputs, 0)


@pytest.mark.parametrize("wrong", [0.01, 0.003])
def test_good_raters_are_heard_where_few_labels_are_wrong(wrong):
    """Three who err apart agree with nearly all labels, and are no source of them."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 10, 5000)
    votes = votes_on(truth, 10, (0.992, 0.992, 0.992), share=1.0)[1]
    flipped = rng.random(5000) < wrong
    labels = np.where(flipped, (truth + 1) % 10, truth).astype(np.int32)
    result = run("raters", Inputs(labels, 10, votes=votes))
    assert result.summary["left_out"] == []
    assert not result.summary["majority"]
    assert average_precision_score(flipped, result.score) > 0.95


def test_where_the_labels_were_read_from_votes_it_is_known():
    """However many raters voted on an item: one vote is the label and says nothing beyond it."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 6000)
    wide, votes = votes_on(truth, 3, (0.9, 0.8, 0.7), share=0.6)
    labels, asked = module.first_plurality(votes, (0, 1, 2))
    assert (labels[asked == 0] == -1).all()
    for i in range(200):
        counts = [int((wide[i] == c).sum()) for c in range(3)]
        assert asked[i] == sum(counts)
        assert labels[i] == (counts.index(max(counts)) if sum(counts) else -1)
    inputs = Inputs(labels, 3, votes=votes, labelled_by=(0, 1, 2))
    heard = run("raters", inputs).frozen["heard"]
    assert heard.majority
    own = heard.opinion[np.arange(6000), np.maximum(labels, 0)]
    mean = [own[asked == count].mean() for count in (1, 2, 3)]
    assert mean[0] == pytest.approx(1 / 3, abs=0.08)  # by the average vote; a better rater's says a little more
    alike = own[(asked == 3) & ((wide == labels[:, None]).sum(axis=1) == 3)].mean()
    split = own[(asked == 3) & ((wide == labels[:, None]).sum(axis=1) == 2)].mean()
    assert alike > split + 0.1
    check_updates("raters", inputs, 0)
    # Labels of one rater are that rater's votes; others are heard in full.
    alone = run("raters", Inputs(np.maximum(wide[:, 0], -1).astype(np.int32), 3, votes=votes, labelled_by=(0,)))
    assert alone.summary["left_out"] == [0]


def test_votes_far_beyond_doubt_are_told_apart():
    """Thirty of thirty against the label is more than twenty, though 1 − q is rounded to the same."""
    wide = np.vstack([np.zeros((1, 30), int), np.where(np.arange(30) < 20, 0, 1)[None], np.tile([[0], [1]], (40, 30))])
    votes = Answers.of(np.where(np.random.default_rng(0).random(wide.shape) < 0.1, 1 - wide, wide), 2)
    labels = np.where(votes.counts().argmax(axis=1) == 0, 0, 1).astype(np.int32)
    labels[:20] = 0
    result = run("raters", Inputs(labels, 2, votes=votes))
    right = np.flatnonzero(votes.counts().argmax(axis=1) == labels)
    assert len(np.unique(result.score[right])) > 10


def test_cancelled_while_raters_are_weighed():
    from explorer.errors import Cancelled
    from explorer.progress import Progress

    progress = Progress()
    progress.cancel.set()
    inputs = with_votes(random_inputs(0, n=60), np.zeros(60, int))
    with pytest.raises(Cancelled):
        get("raters").run(inputs, progress)
