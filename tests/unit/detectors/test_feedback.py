"""Learning from the reviewer: it finds what the reviewer changes, and keeps still where there is nothing to find."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from explorer.detectors.combine import feedback_weights
from explorer.detectors.combine.feedback import FEWEST, rivals_of, teach
from explorer.errors import DataError
from explorer.estimates.drift import drift

K = 5


def world(seed=0, n=4000, dims=8):
    """Return items that are wrong more often than p_error says for one pair, and along one direction of the vectors."""
    rng = np.random.default_rng(seed)
    labels, vectors = rng.integers(0, K, n).astype(np.int32), rng.normal(size=(n, dims)) + 3
    rivals = ((labels + rng.integers(1, K, n)) % K).astype(np.int32)
    p = rng.beta(1, 3, n)
    x = vectors - vectors.mean(axis=0)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    truth = logit(p) + 2.5 * ((labels == 1) & (rivals == 3)) + 8 * x[:, 0] * (labels == 2)
    wrong = rng.random(n) < expit(truth)
    return p.astype(np.float32), labels, rivals, vectors.astype(np.float32), wrong, truth


def test_learns_the_pair_and_the_direction():
    p, labels, rivals, vectors, wrong, truth = world()
    rows = np.arange(2500)
    plain = teach(rows, wrong[rows], p, labels, rivals, K)
    full = teach(rows, wrong[rows], p, labels, rivals, K, vectors)
    rest = np.arange(2500, 4000)

    def error(log_odds):
        return np.mean((log_odds - truth[rest]) ** 2)

    base = error(logit(p[rest]))
    by_class = error(logit(plain.adjust(p, labels, rivals)[rest]))
    by_all = error(logit(full.adjust(p, labels, rivals, vectors)[rest]))
    assert by_all < by_class < base
    assert by_all < base / 2
    shift = plain.shift(rest, labels, rivals)
    pair = (labels[rest] == 1) & (rivals[rest] == 3)
    assert shift[pair].mean() > 1
    assert abs(shift[~pair]).mean() < 0.3


def test_nothing_to_find_does_little_harm():
    """Whoever decides as p_error says teaches nothing; what is learnt of chance hardly hurts the ranking."""
    lost = []
    for seed in range(10):
        p, labels, rivals, vectors, _, _ = world(seed)
        wrong = np.random.default_rng([seed, 1]).random(len(p)) < p
        rows, rest = np.arange(600), np.arange(600, len(p))
        moved = teach(rows, wrong[rows], p, labels, rivals, K, vectors).adjust(p, labels, rivals, vectors)
        lost.append(roc_auc_score(wrong[rest], p[rest]) - roc_auc_score(wrong[rest], moved[rest]))
    assert np.mean(lost) < 0.007
    assert max(lost) < 0.02


def test_a_shift_of_all_is_learnt():
    p, labels, rivals, _, _, _ = world()
    wrong = np.random.default_rng(2).random(len(p)) < expit(logit(p) - 1.5)
    taught = teach(np.arange(1000), wrong[:1000], p, labels, rivals, K)
    rest = np.flatnonzero((p > 0.05) & (p < 0.95) & (np.arange(len(p)) >= 1000))
    assert taught.shift(rest, labels, rivals).mean() == pytest.approx(-1.5, abs=0.4)


def test_a_top_that_is_less_sure_than_it_looked_moves_nobody_in_the_middle():
    """Of 90 items held to be wrong with .998 six are dismissed: that says little about those of one half."""
    _, labels, rivals, _, _, _ = world()
    p, rows = np.full(len(labels), 0.5, np.float32), np.arange(90)
    p[rows] = 0.998
    taught = teach(rows, rows % 15 > 0, p, labels, rivals, K)
    assert taught.extremes[0] < -0.1
    assert abs(taught.intercept) < 0.1
    after = taught.adjust(p, labels, rivals)[90:]
    assert np.abs(after - 0.5).mean() < 0.1


def test_is_the_maximum_of_the_posterior(monkeypatch):
    """Any small step away makes log-likelihood plus log-prior smaller; the prior variances are the documented ones."""
    monkeypatch.setattr(feedback_weights, "BEFOREHAND", (1e-99, 1e-99, 1.0))
    p, labels, rivals, vectors, wrong, _ = world(n=200, dims=3)
    t = teach(np.arange(200), wrong, p, labels, rivals, K, vectors)
    x = vectors - vectors.mean(axis=0, dtype=np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    many = 1 - 2 / K

    edge = logit(np.array([0.95]))
    beyond = np.stack([p > 0.95, p < 0.05], axis=1)

    def posterior(b, e, g, r, m, u, v):
        pair = dict(zip(t.pairs.tolist(), m, strict=True))
        z = np.clip(logit(p.astype(np.float64)), -edge, edge) + b + beyond @ e + g[labels] + r[rivals]
        z += np.array([pair[c] for c in labels * K + rivals]) + x @ u
        z += np.einsum("nd,nd->n", x, v[np.searchsorted(t.classes, labels)])
        prior = (
            b**2 / 0.1
            + e @ e / 9
            + (g @ g + r @ r) / (0.3 * many)
            + m @ m / (0.6 * many)
            + u @ u / 0.3
            + (v * v).sum() / 0.7
        )
        return wrong @ z - np.logaddexp(0, z).sum() - prior / 2

    point = [t.intercept, t.extremes, t.given, t.rival, t.pair, t.shared, t.own]
    best, rng = posterior(*point), np.random.default_rng(0)
    for size in (0.1, 0.01):
        for _ in range(50):
            assert posterior(*(part + size * rng.normal(size=np.shape(part)) for part in point)) < best


def test_the_models_share_by_what_they_explain():
    p, labels, rivals, vectors, wrong, _ = world()
    rows = np.arange(400)
    assert teach(rows, wrong[rows], p, labels, rivals, K, vectors).shares[2] > 0.9
    pair = np.random.default_rng(1).random(len(p)) < expit(logit(p) + 3 * (rivals == 3))
    assert teach(np.arange(1500), pair[:1500], p, labels, rivals, K, vectors).shares[1] > 0.9
    chance = np.random.default_rng(2).random(len(p)) < p
    taught = teach(np.arange(1500), chance[:1500], p, labels, rivals, K, vectors)
    assert taught.shares[0] > 0.9
    assert sum(taught.shares) == pytest.approx(1)


def test_two_classes_have_no_class_weights():
    p, labels, _, vectors, wrong, _ = world()
    two = (labels % 2).astype(np.int32)
    taught = teach(np.arange(300), wrong[:300], p, two, 1 - two, 2, vectors)
    assert not taught.given.any()
    assert not taught.rival.any()
    assert not taught.pair.any()
    assert taught.own.shape == (2, 8)
    assert taught.intercept


def test_shift_of_some_is_shift_of_all_and_matches_adjust():
    p, labels, rivals, vectors, wrong, _ = world()
    p, labels = p.copy(), labels.copy()
    labels[7], p[8] = -1, np.nan
    rivals[9] = -1
    taught = teach(np.arange(100), wrong[:100], p, labels, rivals, K, vectors)
    assert taught.decisions == 98
    every = taught.shift(np.arange(len(p)), labels, rivals, vectors)
    some = np.array([3999, 7, 3, 9])
    np.testing.assert_allclose(taught.shift(some, labels, rivals, vectors), every[some], rtol=0, atol=1e-12)
    assert every[7] == 0
    moved = taught.adjust(p, labels, rivals, vectors)
    assert moved.dtype == np.float32
    np.testing.assert_array_equal(taught.adjust(p[some], labels, rivals, vectors, some), moved[some])
    assert np.isnan(moved[8])
    known = np.isfinite(p)
    np.testing.assert_allclose(logit(moved[known].astype(float)), (logit(p.astype(float)) + every)[known], atol=1e-3)


def test_only_the_rows_asked_for_are_read():
    p, labels, rivals, vectors, wrong, _ = world()
    taught = teach(np.arange(100), wrong[:100], p, labels, rivals, K, vectors)
    spoilt = np.full_like(vectors, np.nan)
    spoilt[5] = vectors[5]
    assert np.isfinite(taught.shift([5], labels, rivals, spoilt)).all()


def test_order_of_decisions_does_not_matter_and_repeats_are_equal():
    p, labels, rivals, vectors, wrong, _ = world()
    rows = np.random.default_rng(0).permutation(200)
    a = teach(rows, wrong[rows], p, labels, rivals, K, vectors)
    b = teach(np.arange(200), wrong[:200], p, labels, rivals, K, vectors)
    np.testing.assert_array_equal(a.adjust(p, labels, rivals, vectors), b.adjust(p, labels, rivals, vectors))


@pytest.mark.parametrize(
    ("wrong", "learns"),
    [([], False), ([1, 0] * 4, False), ([1] * 15, False), ([0] * 15, False), ([1, 0] * 5, True), ([0] * 20, True)],
)
def test_too_few_or_all_alike_change_nothing(wrong, learns):
    p, labels, rivals, _, _, _ = world()
    taught = teach(np.arange(len(wrong)), wrong, p, labels, rivals, K)
    assert taught.learnt == learns
    assert bool(taught.note) != learns
    changed = taught.adjust(p, labels, rivals) != p
    assert changed.any() == learns


def test_certain_beliefs_and_equal_vectors_stay_finite():
    n = 40
    p = np.tile([0, 1], n // 2).astype(np.float32)
    labels = np.zeros(n, np.int32)
    vectors = np.ones((n, 3), np.float32)
    taught = teach(np.arange(n), 1 - p, p, labels, labels + 1, 3, vectors)
    assert np.isfinite(taught.adjust(p, labels, labels + 1, vectors)).all()


def test_classes_without_decisions_add_nothing_of_their_own():
    p, labels, rivals, vectors, wrong, _ = world()
    rows = np.flatnonzero(labels != 4)[:300]
    taught = teach(rows, wrong[rows], p, labels, rivals, K, vectors)
    assert 4 not in taught.classes
    other = np.flatnonzero((labels == 4) & (rivals == 0))[:1]
    x = vectors[other] - taught.centre
    expected = taught.intercept + taught.rival[0] + (x / np.linalg.norm(x)) @ taught.shared
    np.testing.assert_allclose(taught.shift(other, labels, rivals, vectors), expected, atol=1e-9)


def test_rivals():
    q = np.array([[0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
    np.testing.assert_array_equal(rivals_of(q, np.array([0, 1, -1], np.int32)), [1, 0, -1])
    np.testing.assert_array_equal(rivals_of(q[:, :1], np.zeros(3, np.int32)), [-1, -1, -1])


def test_bad_input_is_refused():
    p, labels, rivals, vectors, wrong, _ = world()
    with pytest.raises(DataError, match="3 positions for 2"):
        teach([0, 1, 2], [True, False], p, labels, rivals, K)
    with pytest.raises(DataError, match="decided on twice"):
        teach([0, 1, 1], [True, False, True], p, labels, rivals, K)
    with pytest.raises(DataError, match="position 4000"):
        teach([0, 4000], [True, False], p, labels, rivals, K)
    with pytest.raises(DataError, match="3,999 p_error"):
        teach([0], [True], p[1:], labels, rivals, K)
    with pytest.raises(DataError, match="codes from 0 to 2"):
        teach([0], [True], p, labels, rivals, 3)
    taught = teach(np.arange(100), wrong[:100], p, labels, rivals, K, vectors)
    with pytest.raises(DataError, match="8 dimensions, and got none"):
        taught.adjust(p, labels, rivals)
    with pytest.raises(DataError, match="got 3"):
        taught.shift([1], labels, rivals, vectors[:, :3])


def test_drift_is_told_only_when_there_is_some():
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(300):
        p = rng.beta(2, 2, 50)
        told += bool(drift(p, rng.random(50) < p).note)
    assert told <= 12
    p = np.full(80, 0.62)
    found = drift(p, np.arange(80) % 4 == 0)
    assert found.decisions == 50
    assert found.z < -2.5
    assert found.note.startswith(f"You changed {found.found} of the last 50 labels; 31 were expected: ")
    assert "let less pass" in drift(p, np.ones(80)).note


def test_drift_looks_at_the_last_and_not_at_the_first():
    p = np.full(100, 0.5)
    wrong = np.r_[np.ones(50), np.tile([0, 1], 25)]
    assert drift(p, wrong).z == 0
    assert drift(p, wrong, last=100).z > 2.5


def test_drift_with_little_to_go_by():
    assert drift([], []).note == ""
    assert drift([0.5] * (FEWEST + 5), [True] * (FEWEST + 5)).z == 0
    assert drift([np.nan] * 60, [True] * 60).decisions == 0
    # One surprise where the belief was certain is no drift.
    assert drift(np.ones(50), np.arange(50) > 0).note == ""
    with pytest.raises(DataError, match="2 expectations for 1"):
        drift([0.5, 0.5], [True])
    with pytest.raises(DataError, match="at least one"):
        drift([0.5], [True], last=0)


def test_each_decision_is_foretold_by_the_others(monkeypatch):
    """Compared with a plain loop: taught anew without each fifth of the decisions."""
    monkeypatch.setattr(feedback_weights, "BEFOREHAND", (1e-99, 1e-99, 1.0))
    p, labels, rivals, vectors, wrong, _ = world(n=900, dims=3)
    rows = np.sort(np.random.default_rng(3).choice(900, 200, replace=False))
    taught = teach(rows, wrong[rows], p, labels, rivals, K, vectors)
    np.testing.assert_array_equal(taught.rows, rows)
    for k in range(5):
        out = np.arange(200) % 5 == k
        without = teach(rows[~out], wrong[rows[~out]], p, labels, rivals, K, vectors)
        np.testing.assert_allclose(taught.apart[out], without.shift(rows[out], labels, rivals, vectors), atol=0.02)
    asked = np.array([rows[3], 0 if rows[0] else 1, rows[0]])
    found = taught.foretold(p[asked], labels, rivals, vectors, asked)
    others = taught.adjust(p[asked], labels, rivals, vectors, asked)
    known = expit(logit(p[asked].astype(float)) + taught.apart[[3, 0, 0]])
    np.testing.assert_allclose(found[[0, 2]], known[[0, 2]], rtol=1e-5)
    if asked[1] not in rows:
        assert found[1] == others[1]


def test_what_is_foretold_has_not_seen_the_answer():
    """On answers that follow p_error alone, what has seen them seems to tell them better than it does."""
    seen, foretold = [], []
    for seed in range(8):
        p, labels, rivals, vectors, _, _ = world(seed, n=3000)
        rng = np.random.default_rng(seed)
        rows = np.sort(rng.choice(3000, 60, replace=False))
        wrong = rng.random(60) < p[rows]
        taught = teach(rows, wrong, p, labels, rivals, K, vectors)
        for scores, how in ((seen, taught.adjust), (foretold, taught.foretold)):
            q = np.clip(how(p[rows], labels, rivals, vectors, rows).astype(float), 1e-6, 1 - 1e-6)
            scores.append((wrong * np.log(q) + ~wrong * np.log(1 - q)).mean())
        truly = (p[rows] * np.log(p[rows]) + (1 - p[rows]) * np.log(1 - p[rows])).mean()
        seen[-1], foretold[-1] = seen[-1] - truly, foretold[-1] - truly
    assert np.mean(foretold) < np.mean(seen) - 0.02
