"""Properties that give a class away are found by permuted labels; digits as they are and random ones raise no alarm."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.stats import rankdata
from sklearn.datasets import load_digits

import explorer
from explorer.cues import pictures
from explorer.cues.measurement import measure
from explorer.cues.properties import PERMUTATIONS, best_cut, permutation_test, property_cues
from explorer.errors import DataError


def slow_z(values, labels, code):
    """Sum of the centred ranks of a class over its standard deviation, by a loop."""
    known = [i for i in range(len(values)) if labels[i] >= 0]
    n = len(known)
    there = [i for i in known if np.isfinite(values[i])]
    ranks = dict(zip(there, rankdata([values[i] for i in there]), strict=True))
    mean = sum(ranks.values()) / len(ranks)
    total = sum(ranks[i] - mean for i in there if labels[i] == code)
    squares = sum((ranks[i] - mean) ** 2 for i in there)
    size = sum(labels[i] == code for i in known)
    return total / math.sqrt(size * (n - size) * squares / (n * (n - 1)))


def test_the_statistic_is_that_of_a_plain_loop_and_as_wide_as_permutations_have_it():
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 3, 120).astype(np.int32)
    values = np.stack([rng.normal(size=120), rng.integers(0, 4, 120).astype(float)])
    values[0, :10] = np.nan
    test = permutation_test(values, labels, 3)
    for at in range(2):
        for code in range(3):
            assert test.z[at, code] == pytest.approx(slow_z(values[at], labels, code))
    known = np.flatnonzero(labels >= 0)
    drawn = []
    for _ in range(400):
        dealt = labels.copy()
        dealt[known] = rng.permutation(labels[known])
        drawn.append(slow_z(values[0], dealt, 1))
    assert np.std(drawn) == pytest.approx(1, abs=0.12)


def test_the_cut_is_the_best_of_all():
    rng = np.random.default_rng(1)
    for _ in range(50):
        values = rng.integers(0, 8, 30).astype(float)
        mine = rng.random(30) < 0.4
        if mine.all() or not mine.any():
            continue
        best = max(
            (values[mine] >= at).mean() - (values[~mine] >= at).mean()
            if up
            else (values[mine] <= at).mean() - (values[~mine] <= at).mean()
            for at in values
            for up in (False, True)
        )
        cut = best_cut(values, mine)
        beyond = values >= cut.at if cut.above else values <= cut.at
        assert cut.inside - cut.outside == pytest.approx(best)
        assert (cut.inside, cut.outside) == pytest.approx((beyond[mine].mean(), beyond[~mine].mean()))


def digits_as_pictures(n=600):
    digits = load_digits()
    return (digits.images[:n] * 255 / 16).astype(np.uint8), digits.target[:n].astype(np.int32)


def cues_of(images, labels, classes=10):
    dataset = explorer.read(images, label=labels, key=[f"k{i}" for i in range(len(images))])
    found = measure(dataset)
    return property_cues(found.properties, labels, [str(code) for code in range(classes)], words=found.called)


def test_pictures_of_one_class_made_darker_are_found():
    images, labels = digits_as_pictures()
    rng = np.random.default_rng(0)
    images = np.clip(images.astype(int) // 2 + 100 + rng.integers(0, 5, images.shape), 0, 255)
    images[labels == 3] -= 60
    found = cues_of(images.astype(np.uint8), labels)
    assert found[0].name == "darker for 3"
    assert set(found[0].items) <= set(np.flatnonzero(labels == 3))
    assert len(found[0].items) > 0.9 * (labels == 3).sum()
    assert "of 3 and" in found[0].sentence
    assert found[0].figures["p_value"] == 1 / (PERMUTATIONS + 1)


def test_blurred_pictures_of_one_class_are_found():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 150).astype(np.int32)
    sharp = [Image.fromarray(rng.integers(0, 255, (40, 40), dtype=np.uint8)) for _ in labels]
    soft = [p.resize((10, 10)).resize((40, 40)) if code == 1 else p for p, code in zip(sharp, labels, strict=True)]
    names = {one.name for one in cues_of(np.stack([np.asarray(p) for p in soft]), labels, 3)}
    assert "more blurred for 1" in names


def test_labels_dealt_anew_raise_no_alarm_on_clean_digits():
    images, labels = digits_as_pictures(400)
    dataset = explorer.read(images, label=labels, key=[f"k{i}" for i in range(400)])
    found = measure(dataset)
    alarms = 0
    for seed in range(60):
        dealt = np.random.default_rng(1000 + seed).permutation(labels)  # not with the numbers of the test itself
        alarms += bool(property_cues(found.properties, dealt, [str(code) for code in range(10)], seed))
    assert alarms <= 3


def test_the_correction_keeps_its_word_without_a_bound_on_the_size(monkeypatch):
    monkeypatch.setattr("explorer.cues.properties.HALF", 0.0)
    alarms = 0
    for seed in range(100):
        rng = np.random.default_rng(1000 + seed)
        labels = rng.choice(4, 120, p=[0.6, 0.2, 0.1, 0.1]).astype(np.int32)
        values = {f"p{n}": rng.exponential(size=120) for n in range(6)}
        values["binary"] = (rng.random(120) < 0.1).astype(float)
        alarms += bool(property_cues(values, labels, list("abcd"), seed))
    assert alarms <= 5 + 2 * math.sqrt(100 * 0.05 * 0.95)


@pytest.mark.parametrize("first", [0, 300, 600, 900, 1200])
def test_digits_as_they_are_give_nothing_away(first):
    images, labels = digits_as_pictures(1797)
    assert cues_of(images[first : first + 597], labels[first : first + 597]) == []


def test_what_is_measured_of_a_picture():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, (6, 9), dtype=np.uint8)
    mean, spread, sharp, pixels, aspect, entropy = pictures.properties(Image.fromarray(values))
    grey = values.astype(float)
    laplacian = [
        grey[i - 1, j] + grey[i + 1, j] + grey[i, j - 1] + grey[i, j + 1] - 4 * grey[i, j]
        for i in range(1, 5)
        for j in range(1, 8)
    ]
    assert (mean, spread) == pytest.approx((grey.mean(), grey.std()))
    assert sharp == pytest.approx(np.var(laplacian))
    assert (pixels, aspect) == (54.0, 1.5)
    share = np.unique(values, return_counts=True)[1] / values.size
    assert entropy == pytest.approx(-(share * np.log2(share)).sum())
    large = pictures.properties(Image.new("RGB", (3000, 10), (200, 200, 200)))
    assert large[3:5] == (30000.0, 300.0)


def test_lengths_scripts_and_gaps():
    texts = ["а б в г"] * 12 + ["one"] * 12 + ["two words"] * 12
    texts = [f"{text} {'x' * i}" for i, text in enumerate(texts)]
    found = measure(explorer.read(texts, label=["a", "b", "c"] * 12))
    assert set(found.properties) >= {"words", "Latin script"}
    frame = explorer.read(
        pd.DataFrame(
            {"size": [None if i % 2 else float(i) for i in range(60)], "n": range(60), "label": ["a", "b"] * 30}
        ),
        label="label",
    )
    gaps = measure(frame)
    assert list(gaps.properties) == ["gap in size"]
    cue = property_cues(gaps.properties, frame.given, frame.classes, words=gaps.called)
    assert {one.name for one in cue} == {"without a value in “size” for b", "with a value in “size” for a"}


def test_what_cannot_be_opened_is_counted(tmp_path):
    for i in range(24):
        folder = tmp_path / "ab"[i % 2]
        folder.mkdir(exist_ok=True)
        Image.fromarray(np.full((8, 8), 10 * i, np.uint8)).save(folder / f"{i:02d}.png")
    dataset = explorer.read(tmp_path)
    (tmp_path / "a" / "00.png").unlink()
    (tmp_path / "b" / "01.png").write_bytes(b"no picture")
    found = measure(dataset)
    assert found.unreadable == 2
    assert np.isnan(found.properties["brightness"]).sum() == 2
    assert property_cues(found.properties, dataset.given, dataset.classes, words=found.called) == []


def test_what_tells_nothing_says_nothing():
    none = np.empty(0, np.int32)
    assert property_cues({}, none, ["a"]) == []
    assert property_cues({"x": np.empty(0)}, none, ["a"]) == []
    assert property_cues({"x": np.arange(30.0)}, np.zeros(30, np.int32), ["a"]) == []
    assert property_cues({"x": np.full(30, np.nan)}, np.repeat([0, 1], 15).astype(np.int32), ["a", "b"]) == []
    assert property_cues({"x": np.ones(1)}, np.zeros(1, np.int32), ["a"]) == []
    with pytest.raises(DataError, match="row a property"):
        permutation_test(np.ones((2, 3)), np.zeros(4, np.int32), 1)
    with pytest.raises(DataError, match="from 0 to 0"):
        permutation_test(np.ones((1, 1)), np.array([3], np.int32), 1)
