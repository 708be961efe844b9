"""Raters who copy: the model by its formula, and who is found to copy whom."""

import numpy as np
import pytest
from consensus_help import copied, crowd, drawn, even

from explorer.consensus import Answers, copying, dawid_skene
from explorer.consensus.sources import close_groups, joined, paired, repeats, root, sources

NOBODY = np.full(4, -1, np.int32)


def by_definition(answers, source, c, q, steps):
    """Do EM item by item, answer by answer; return log-likelihood before the last step's learning, c and q."""
    k, n = answers.n_classes, answers.n_items
    said = {(i, j): a for i, j, a in zip(answers.items, answers.raters, answers.codes, strict=True)}
    c, own = list(c), {key: np.ones(k) for key in said}
    total = 0.0
    for _ in range(steps):
        matrices = []
        for j in range(answers.n_raters):
            counts = np.zeros((k, k))
            for (i, r), a in said.items():
                if r == j:
                    counts[:, a] += own[i, r] * q[i]
            accuracy = (np.trace(counts) + 1) / (counts.sum() + 2)
            accuracy = min(max(accuracy, 1 / k), 1 - 1e-9)
            matrix = counts + 0.5 * k * np.where(np.eye(k) > 0, accuracy, (1 - accuracy) / (k - 1))
            matrices.append(matrix / matrix.sum(axis=1, keepdims=True))
        some = sorted({i for i, _ in said})
        prior = (sum(q[i] for i in some) + 1 / k) / (len(some) + 1)
        total, q, own, repeated = 0.0, np.array(q), {}, {j: [] for j in range(answers.n_raters)}
        for i in range(n):
            mine = [(r, a) for (item, r), a in said.items() if item == i]
            weight = np.array(prior)
            each = {}
            for r, a in mine:
                p = np.array(matrices[r][:, a])
                if source[r] >= 0 and (i, source[r]) in said:
                    apart = (1 - c[r]) * p
                    p = apart + c[r] * (said[i, source[r]] == a)
                    each[r] = apart / p
                weight = weight * p
                own[i, r] = each.get(r, np.ones(k))
            if mine:
                total += np.log(weight.sum())
            q[i] = weight / weight.sum()
            for r in each:
                repeated[r].append(float(q[i] @ (1 - own[i, r])))
        c = [np.mean(repeated[j]) if repeated[j] else 0.0 for j in range(answers.n_raters)]
    return total, np.array(c), q


@pytest.mark.parametrize("steps", [1, 4])
def test_the_model_by_its_formula(monkeypatch, steps):
    rng = np.random.default_rng(0)
    wide = copied(rng, drawn(rng, rng.integers(0, 3, 60), [even(0.7, 3)] * 4, 0.7), 0, 1, 0.6)
    answers = Answers.of(wide, 3)
    source, c = np.int32([-1, 0, 0, -1]), np.array([0, 0.5, 0.3, 0.0])
    begin = rng.dirichlet(np.ones(3), 60)
    monkeypatch.setattr(copying, "STEPS", steps)
    monkeypatch.setattr(copying, "SETTLED", -1.0)
    found = copying.fit(answers, source, c, begin)
    total, share, q = by_definition(answers, source, c, begin, steps)
    assert found.log_likelihood == pytest.approx(total)
    np.testing.assert_allclose(found.copied, share, atol=1e-9)
    np.testing.assert_allclose(found.posterior, q, atol=1e-9)


def test_where_nobody_copies_it_is_dawid_and_skenes_model(monkeypatch):
    monkeypatch.setattr(copying, "STEPS", 300)
    monkeypatch.setattr(copying, "SETTLED", -1.0)
    answers, _ = crowd(n=500)
    found, plain = copying.fit(answers, NOBODY, np.zeros(4)), dawid_skene.fit(answers, steps=300)
    np.testing.assert_allclose(found.posterior, plain.posterior, atol=0.01)
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, abs=0.1)


def test_the_share_that_is_copied_is_found():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 3000)
    for share in (0.2, 0.5, 0.9):
        wide = copied(rng, drawn(rng, truth, [even(0.75, 3)] * 5), 0, 1, share)
        found = copying.fit(Answers.of(wide, 3), np.int32([-1, 0, -1, -1, -1]), np.full(5, 0.5))
        assert found.copied[1] == pytest.approx(share, abs=0.06)
        assert found.copied[[0, 2, 3, 4]].tolist() == [0] * 4


def test_the_likeliest_share_of_repeats_by_trying_all():
    rng = np.random.default_rng(0)
    apart, same = rng.uniform(0.1, 0.9, 200), rng.random(200) < 0.7
    each = np.linspace(0, 0.999, 1000)
    tried = [np.log(1 - c + c * same / apart).sum() for c in each]
    c, gain = repeats(apart, same)
    assert c == pytest.approx(each[int(np.argmax(tried))], abs=2e-3)
    assert gain == pytest.approx(max(tried), abs=1e-3)
    assert repeats(apart, np.zeros(200, bool))[0] == pytest.approx(0, abs=1e-6)


def test_sources_make_no_circles():
    source = np.full(6, -1, np.int32)
    for a, b in ((0, 1), (2, 3), (3, 4), (1, 4)):
        source = joined(source, a, b)
    assert len({root(source, rater) for rater in range(5)}) == 1
    assert (source >= 0).sum() == 4
    assert source[5] == -1


def test_groups_leave_somebody_outside():
    answers, _ = crowd(n=300, accuracies=(0.9, 0.8, 0.7, 0.6, 0.8))
    first, second, shared = paired(answers)
    assert len(first) == 10
    both = [
        np.intersect1d(*(answers.items[answers.raters == j] for j in p)).size for p in zip(first, second, strict=True)
    ]
    assert shared.tolist() == both
    groups = close_groups(answers, first, second)
    assert all(2 <= len(group) < 5 for group in groups)
    assert len(set(groups)) == len(groups) <= 6


def test_copies_who_are_the_majority_are_found_all_the_same():
    """They pass for the truth in any vote: only a model in which all of them copy at once tells."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 4, 800)
        wide = drawn(rng, truth, [even(a, 4) for a in (0.8, 0.85, 0.75, 0.9, 0.6, 0.6, 0.6, 0.6)])
        for copier in (5, 6, 7):
            wide = copied(rng, wide, 4, copier, 0.9)
        found = sources(Answers.of(wide, 4))
        assert (found.source >= 0).sum() == 3
        assert len({root(found.source, rater) for rater in (4, 5, 6, 7)}) == 1
        assert found.copied[found.source >= 0].min() > 0.8


def test_of_three_raters_nothing_is_said():
    rng = np.random.default_rng(0)
    wide = copied(rng, drawn(rng, rng.integers(0, 3, 500), [even(0.7, 3)] * 3), 0, 1, 0.9)
    assert (sources(Answers.of(wide, 3)).source == -1).all()
