"""CROWDLAB and ActiveLab against the papers' formulas, and against cleanlab."""

import numpy as np
import pandas as pd
import pytest
from consensus_help import crowd, drawn, even

from explorer.consensus import Answers, consensus, crowdlab
from explorer.consensus.crowdlab import LEAST
from explorer.errors import DataError


def case(seed=0, n=150, k=3, share=0.6):
    """Return answers, a model's probabilities and the truth."""
    answers, truth = crowd(seed, n=n, k=k, share=share)
    rng = np.random.default_rng(seed + 1)
    probs = rng.dirichlet(np.ones(k), n) + 2 * np.eye(k)[truth]
    return answers, probs / probs.sum(axis=1, keepdims=True), truth


def by_definition(answers, probs):
    """Weigh and average, rater by rater and item by item."""
    n, k, r = answers.n_items, answers.n_classes, answers.n_raters
    said = [{} for _ in range(n)]
    for i, j, a in zip(answers.items, answers.raters, answers.codes, strict=True):
        said[i][j] = a
    majority = []
    for i in range(n):
        votes = [list(said[i].values()).count(c) for c in range(k)]
        tied = [c for c in range(k) if votes[c] == max(votes)]
        majority.append(max(tied, key=lambda c: probs[i][c]))
    several = [i for i in range(n) if len(said[i]) > 1]
    sure = np.mean([np.mean([a == majority[i] for a in said[i].values()]) for i in several])
    agreement = []
    for j in range(r):
        pairs = [said[i][j] == b for i in several if j in said[i] for m, b in said[i].items() if m != j]
        agreement.append(np.mean(pairs))
    answered = [i for i in range(n) if said[i]]
    commonest = max(range(k), key=lambda c: [majority[i] for i in answered].count(c))
    chance = np.mean([majority[i] == commonest for i in several])
    accuracy = np.mean([probs[i].argmax() == majority[i] for i in several])
    w = [max(LEAST, 1 - (1 - s) / (1 - chance)) for s in agreement]
    w_model = max(LEAST, 1 - (1 - accuracy) / (1 - chance)) * np.sqrt(np.mean([len(said[i]) for i in answered]))
    posterior, active = [], []
    for i in range(n):
        total = w_model * probs[i]
        for j, a in said[i].items():
            total = total + w[j] * np.where(np.arange(k) == a, sure, (1 - sure) / (k - 1))
        weight = w_model + sum(w[j] for j in said[i])
        posterior.append(total / weight)
        active.append((total.max() + np.mean(w) / k) / (weight + np.mean(w)))
    return np.array(posterior), np.array(active), np.array(w), w_model


@pytest.mark.parametrize("seed", range(3))
def test_is_as_the_formulas_say(seed):
    answers, probs, _ = case(seed)
    found = crowdlab.crowdlab(answers, probs)
    posterior, active, weights, model = by_definition(answers, probs)
    np.testing.assert_allclose(found.posterior, posterior, atol=1e-9)
    np.testing.assert_allclose(found.active(), active, atol=1e-9)
    np.testing.assert_allclose(found.rater_weights, weights, atol=1e-9)
    assert found.model_weight == pytest.approx(model)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)


def test_agrees_with_cleanlab():
    multiannotator = pytest.importorskip("cleanlab.multiannotator")
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 2000)
    wide = drawn(rng, truth, [even(a, 4) for a in (0.9, 0.8, 0.7)])
    probs = rng.dirichlet(np.ones(4), 2000) + 1.5 * np.eye(4)[truth]
    probs /= probs.sum(axis=1, keepdims=True)
    rival = multiannotator.get_label_quality_multiannotator(pd.DataFrame(wide), probs, verbose=False)
    found = crowdlab.crowdlab(Answers.of(wide, 4), probs)
    labels = rival["label_quality"]["consensus_label"].to_numpy(int)
    assert (found.labels == labels).mean() > 0.995
    own = found.posterior[np.arange(2000), labels]
    quality = rival["label_quality"]["consensus_quality_score"].to_numpy(float)
    assert np.corrcoef(own, quality)[0, 1] > 0.99
    theirs = rival["annotator_stats"]["annotator_quality"].sort_index().to_numpy(float)
    np.testing.assert_array_equal(np.argsort(found.quality), np.argsort(theirs))


def test_items_without_answers_have_the_models_word():
    answers, probs, _ = case(share=0.3)
    found = consensus(answers, probs, "crowdlab")
    silent = ~answers.answered
    assert silent.any()
    np.testing.assert_allclose(found.posterior[silent], probs[silent], atol=1e-6)
    assert (found.labels[silent] == -1).all()


def test_without_two_answers_on_any_item_all_are_believed_alike():
    answers = Answers.of([[0, -1], [-1, 1], [0, -1]], 2)
    probs = np.array([[0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    found = crowdlab.crowdlab(answers, probs)
    assert np.ptp(found.rater_weights) == 0
    assert np.isfinite(found.posterior).all()


def test_needs_a_model():
    with pytest.raises(DataError, match="joins raters and a model"):
        consensus(crowd()[0], method="crowdlab")
