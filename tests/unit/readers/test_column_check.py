"""Columns of probabilities that belong to other classes: found where they do, and no alarm where they do not."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer import graph
from explorer.pipeline.find_issues import find_issues_in
from explorer.readers.column_check import misplaced


def voices(n, classes, right=0.9, noise=0.05, seed=0, prior=None):
    """Probabilities of a model that is right so often, and labels with noise; codes and names of the classes."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(classes, n, p=prior)
    labels = np.where(rng.random(n) < noise, rng.integers(0, classes, n), truth)
    says = np.where(rng.random(n) < right, truth, rng.integers(0, classes, n))
    probs = np.full((n, classes), 0.1 / classes)
    probs[np.arange(n), says] += 0.9
    return probs, labels.astype(np.int32), [f"c{i}" for i in range(classes)]


def swapped(classes, a=0, b=1):
    order = np.arange(classes)
    order[[a, b]] = b, a
    return order


@pytest.mark.parametrize(("classes", "n"), [(2, 60), (3, 100), (10, 400), (300, 9000)])
@pytest.mark.parametrize("how", ["swapped", "shifted"])
def test_columns_out_of_order_are_found(classes, n, how):
    probs, codes, names = voices(n, classes)
    assert misplaced(probs, codes, names) == ""
    order = swapped(classes) if how == "swapped" else np.roll(np.arange(classes), 1)
    found = misplaced(probs[:, order], codes, names)
    moved = 2 if how == "swapped" else classes
    assert found.startswith(f"{moved:,} columns of the probabilities look swapped")
    assert "column 'c1' fits the label 'c0'" in found
    assert "classes=[…]" in found
    assert ("and 296 more" in found) == (moved == 300)


def test_two_pairs_and_a_class_that_no_item_carries():
    probs, codes, names = voices(600, 8)
    order = np.array([1, 0, 2, 3, 5, 4, 6, 7])
    assert misplaced(probs[:, order], codes, names).startswith("4 columns")
    known = codes != 7
    shifted = misplaced(probs[known][:, np.roll(np.arange(8), 1)], codes[known], names)
    assert shifted.startswith("8 columns")


def test_a_named_column_is_to_be_checked_by_its_name():
    probs, codes, names = voices(300, 3)
    table = pd.DataFrame(probs[:, swapped(3)], columns=names)
    frame = explorer.find_issues([names[c] for c in codes], probs=table)
    assert "Check what the columns are called" in frame.attrs["warnings"][0]


def test_no_false_alarm():
    """Models from useless to good, labels from clean to half noise, even and skewed classes, few items and many."""
    alarms = 0
    for n in (1, 2, 5, 20, 100, 400):
        for classes in (1, 2, 3, 10, 100):
            for right in (0, 0.3, 0.9):
                for noise in (0.0, 0.5):
                    for seed in range(4):
                        prior = np.random.default_rng(seed).dirichlet(np.full(classes, 0.5)) if seed % 2 else None
                        alarms += bool(misplaced(*voices(n, classes, right, noise, seed, prior)))
    assert alarms == 0


def test_what_says_nothing_of_the_order():
    probs, codes, names = voices(200, 2, prior=[0.9, 0.1])
    always = np.tile([0.1, 0.9], (200, 1))
    assert misplaced(always, codes, names) == "", "a model that always says the same fits any order"
    assert misplaced(np.full((200, 2), 0.5), codes, names) == ""
    assert misplaced(probs, np.full(200, -1, np.int32), names) == "", "no labels"
    assert misplaced(probs[:, ::-1], np.zeros(200, np.int32), names) == "", "one class"
    assert misplaced(probs[:, :1], codes, names) == "", "another shape is refused elsewhere"
    probs[:150] = np.nan
    assert misplaced(probs[:, ::-1], np.where(np.arange(200) < 150, 0, -1).astype(np.int32), names) == ""


def test_it_is_said_wherever_probabilities_come_in(caplog):
    probs, codes, names = voices(300, 3)
    labels = [names[c] for c in codes]
    bad = probs[:, swapped(3)]
    with caplog.at_level(logging.WARNING):
        frame = explorer.find_issues(labels, probs=bad)
    assert caplog.text.count("look swapped") == 1
    assert "look swapped" in frame.attrs["warnings"][0]
    assert explorer.find_issues(labels, probs=probs).attrs["warnings"] == []
    assert explorer.find_issues(labels, graph=graph.build(probs, 5)).attrs["warnings"] == []

    caplog.clear()
    vectors = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    with caplog.at_level(logging.WARNING):
        dataset = explorer.read(vectors, label=labels, probs=bad)
    assert "look swapped" in caplog.text
    assert "look swapped" in dataset.notes[-1]
    assert "look swapped" in find_issues_in(dataset, embedder=None).attrs["warnings"][0]
    assert not any("swapped" in note for note in explorer.read(vectors, label=labels, probs=probs).notes)


def test_a_review_shows_it(tmp_path):
    probs, codes, names = voices(300, 3)
    vectors = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    dataset = explorer.read(vectors, label=[names[c] for c in codes], probs=probs[:, swapped(3)])
    review = explorer.Review(dataset, tmp_path / "s.labels.db").wait(progress=False)
    assert review.status["probe"].state == "skipped"
    assert "column 'c1' fits the label 'c0'" in repr(review.status)
    notes = review.detectors.note
    assert "look swapped: see review.status" in notes["confident"]
    assert "swapped" not in notes["vote"], "it reads no probabilities"
    review.close()
