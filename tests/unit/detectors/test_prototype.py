"""Class prototypes: against their definition, exact updates, and what has no middle to be compared with."""

import math
from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from sklearn.metrics import average_precision_score
from updates_help import Case, made

from explorer.detectors import Inputs, get
from explorer.detectors.label_errors import prototype as module
from explorer.progress import Progress

ONE = get("prototype")


def run(inputs):
    return ONE.run(inputs, Progress())


def by_definition(inputs):
    """Score item by item, each sum anew."""
    f = [row / np.linalg.norm(row) if np.linalg.norm(row) else row for row in inputs.vectors.astype(float)]
    y, k = inputs.labels, inputs.n_classes

    def cosine(a, b):
        return float(a @ b) / max(float(np.linalg.norm(b)), 1e-9)

    kept = {}
    for c in range(k):
        members = [i for i in range(inputs.n) if y[i] == c]
        alike = {i: cosine(f[i], sum((f[j] for j in members if j != i), np.zeros(len(f[0])))) for i in members}
        ranked = sorted(alike.values(), reverse=True)
        least = ranked[math.ceil(0.8 * len(ranked)) - 1] if ranked else 0
        kept[c] = [i for i in members if alike[i] >= least - 1e-12]
    score, best = np.full(inputs.n, np.nan), np.full(inputs.n, -1)
    for i in range(inputs.n):
        near = {}
        for c in range(k):
            others = [f[j] for j in kept[c] if j != i]
            if others:
                near[c] = cosine(f[i], sum(others))
        if near:
            best[i] = max(near, key=near.get)
        if y[i] in near and len(near) > 1:
            score[i] = max(value for c, value in near.items() if c != y[i]) - near[y[i]]
    return score, best


@pytest.mark.parametrize("case", [Case(1, 90, 3, graph=None), Case(2, 60, 6, graph=None, blank=0.5, single=True)])
def test_equals_its_definition(case):
    inputs = made(case)
    score, best = by_definition(inputs)
    found = run(inputs)
    np.testing.assert_allclose(found.score, score, atol=1e-5)
    np.testing.assert_array_equal(found.suggestion, best)


def test_finds_planted_flips():
    inputs, truth, wrong = flipped_digits(taught=False)
    found = run(inputs)
    assert average_precision_score(wrong, found.score) > 0.7
    assert (found.suggestion[wrong] == truth[wrong]).mean() > 0.8


def test_an_item_does_not_speak_for_its_own_label():
    """A wrong label that sits in its class's sum is compared with the sum without it."""
    rng = np.random.default_rng(0)
    x = np.vstack([rng.normal([5, 0, 0], 0.3, (4, 3)), rng.normal([0, 5, 0], 0.3, (4, 3))]).astype(np.float32)
    labels = np.repeat([0, 1], 4).astype(np.int32)
    labels[0] = 1
    first = run(Inputs(labels, 2, vectors=x))
    assert first.score[0] == np.nanmax(first.score) > 0.9
    assert first.suggestion[0] == 0


def test_a_trimmed_middle_is_not_moved_by_a_fifth_of_strangers():
    rng = np.random.default_rng(0)
    x = np.vstack([rng.normal([4, 0, 0], 0.5, (80, 3)), rng.normal([0, 4, 0], 0.5, (100, 3))]).astype(np.float32)
    labels = np.repeat([0, 1], [80, 100]).astype(np.int32)
    labels[80:100] = 0  # a fifth of what is called 0
    made_of = run(Inputs(labels, 2, vectors=x)).frozen["prototypes"]
    assert (made_of.member[80:100] == -1).all()
    middle = made_of.sums[0] / np.linalg.norm(made_of.sums[0])
    assert middle[0] > 0.99


@pytest.mark.parametrize("case", [Case(3, 200, 4), Case(4, 80, 5, single=True, blank=0.3)])
def test_updates_equal_a_run_with_the_prototypes_held(case):
    inputs = made(case)
    before = run(inputs)
    rng = np.random.default_rng(case.seed)
    for _ in range(20):
        items = np.sort(rng.choice(inputs.n, 3, replace=False))
        after = inputs.relabelled({int(i): int(rng.integers(-1, case.n_classes)) for i in items})
        updated, whole = ONE.update(after, before, items), ONE.rerun(after, before, Progress())
        np.testing.assert_array_equal(updated.score, whole.score)
        np.testing.assert_array_equal(updated.moved.rows, items)
        inputs, before = after, updated


def test_few_vectors_are_held_at_once(monkeypatch):
    inputs = made(Case(2, 60, 6, graph=None, blank=0.5, single=True))
    whole, width, held = run(inputs), inputs.vectors.shape[1], []
    unit = module._unit
    monkeypatch.setattr(module, "CELLS", 4 * width)
    monkeypatch.setattr(module, "_unit", lambda vectors, rows: held.append(len(rows)) or unit(vectors, rows))
    np.testing.assert_allclose(run(inputs).score, whole.score, atol=1e-6)
    assert max(held) == 4, "labels that are neither the best nor the second class are compared in blocks too"


def test_what_has_no_middle_has_no_score():
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    x[3] = 0
    one = run(Inputs(np.zeros(6, np.int32), 1, vectors=x))
    assert np.isnan(one.score).all()
    nobody = run(Inputs(np.full(6, -1, np.int32), 3, vectors=x))
    assert np.isnan(nobody.score).all()
    assert (nobody.suggestion == -1).all()
    alone = run(Inputs(np.array([0, 0, 0, 1, 2, 2], np.int32), 3, vectors=x))
    assert np.isnan(alone.score[3])  # nothing is left of its class without it
    assert np.isfinite(alone.score[[0, 1, 2, 4, 5]]).all()


def test_words():
    inputs, _, wrong = flipped_digits(taught=False)
    found = run(inputs)
    worst = int(np.nanargmax(np.where(wrong, found.score, -9)))
    (reason,) = ONE.explain(worst, inputs, found, CLASSES)
    best, given = CLASSES[found.suggestion[worst]], CLASSES[inputs.labels[worst]]
    assert reason.text.startswith(f"more alike the middle of {best} (")
    assert f"than that of {given} (" in reason.text
    right = int(np.nanargmin(found.score))
    assert ONE.explain(right, inputs, found, CLASSES) == []
    blank = replace(inputs, labels=np.full(inputs.n, -1, np.int32))
    assert ONE.explain(worst, blank, run(blank), CLASSES) == []
