"""Words that give a class away are found; words that do not are not; the fast code equals a plain loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explorer.cues.words import FEWEST, Words, statistics, word_cues, words_of
from explorer.errors import DataError

WORDS = [f"word{n}" for n in range(60)]


def texts_at_random(n: int, seed: int, long: int = 12) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, long)) for _ in range(n)]


def slow_statistics(texts: list[str], labels: list[int]) -> dict[tuple[str, int], tuple[int, int, float]]:
    """(p̂ − p₀) / sqrt(p₀ (1 − p₀) / n), word by word, straight from the paper."""
    sets = [set(text.split()) for text in texts]
    known = [i for i, label in enumerate(labels) if label >= 0]
    found = {}
    for word in {word for i in known for word in sets[i]}:
        having = [i for i in known if word in sets[i]]
        for code in {labels[i] for i in having}:
            p0 = sum(labels[i] == code for i in known) / len(known)
            together = sum(labels[i] == code for i in having)
            spread = math.sqrt(p0 * (1 - p0) / len(having))
            z = (together / len(having) - p0) / spread if spread else 0.0
            found[word, code] = (len(having), together, z)
    return found


def test_the_statistic_is_that_of_a_plain_loop():
    texts = texts_at_random(80, 1, 5)
    labels = np.random.default_rng(2).integers(-1, 3, 80).astype(np.int32)
    words = words_of(texts)
    fast = statistics(words, labels, 3)
    slow = slow_statistics(texts, labels.tolist())
    assert len(fast.z) == len(slow)
    for word, code, n, together, _, z in zip(*fast, strict=True):
        expected = slow[words.vocabulary[int(word)], int(code)]
        assert (int(n), int(together)) == expected[:2]
        assert z == pytest.approx(expected[2])


@pytest.mark.parametrize("classes", [2, 5])
def test_a_word_added_to_most_of_a_class_is_found_with_its_items(classes):
    texts = texts_at_random(400, 3)
    rng = np.random.default_rng(4)
    labels = rng.integers(0, classes, 400).astype(np.int32)
    mine = np.flatnonzero(labels == 1)
    added = mine[rng.random(len(mine)) < 0.8]
    for item in added:
        texts[item] += " xyzzy"
    found = word_cues(words_of(texts), labels, [f"c{code}" for code in range(classes)])
    assert [one.name for one in found] == ["“xyzzy” for c1"]
    assert found[0].items.tolist() == added.tolist()
    assert found[0].figures["reach"] == pytest.approx(len(added) / len(mine))
    assert found[0].figures["share"] == 1.0
    assert f"{len(added)} of the {len(added)} texts with the word “xyzzy” are c1" in found[0].sentence


def test_labels_that_have_nothing_to_do_with_the_words_raise_no_alarm():
    alarms = 0
    for seed in range(100):
        labels = np.random.default_rng(1000 + seed).integers(0, 3, 200).astype(np.int32)
        alarms += bool(word_cues(words_of(texts_at_random(200, seed)), labels, list("abc")))
    assert alarms <= 5


def test_the_correction_keeps_its_word_without_a_bound_on_the_size(monkeypatch):
    """The chance of any false alarm is at most .05 also where differences of every size are named."""
    monkeypatch.setattr("explorer.cues.words.HALFWAY", 0.0)
    monkeypatch.setattr("explorer.cues.words.REACH", 0.0)
    alarms = 0
    for seed in range(200):
        labels = np.random.default_rng(1000 + seed).choice(4, 150, p=[0.7, 0.2, 0.06, 0.04]).astype(np.int32)
        alarms += bool(word_cues(words_of(texts_at_random(150, seed, 6)), labels, list("abcd")))
    assert alarms <= 0.05 * 200 + 2 * math.sqrt(200 * 0.05 * 0.95)


def test_rare_words_and_weak_ones_are_not_named():
    texts = texts_at_random(300, 5)
    labels = np.repeat([0, 1], 150).astype(np.int32)
    for item in range(FEWEST - 1):
        texts[item] += " rare"
    for item in range(0, 300, 3):
        texts[item] += " even"
    assert word_cues(words_of(texts), labels, ["a", "b"]) == []


def test_order_of_texts_and_suspicion():
    texts = [*["plain xyzzy"] * 20, *["plain"] * 20]
    labels = np.repeat([1, 0], 20).astype(np.int32)
    suspicion = np.arange(40) / 40.0
    one = word_cues(words_of(texts), labels, ["a", "b"], suspicion)[0]
    assert one.items.tolist() == list(range(19, -1, -1))
    order = np.random.default_rng(0).permutation(40)
    other = word_cues(words_of([texts[i] for i in order]), labels[order], ["a", "b"])[0]
    assert (one.name, one.figures) == (other.name, other.figures)


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        ([], []),
        (["one text"], [0]),
        ([""] * 30, [0, 1] * 15),
        (["same word"] * 30, [0] * 30),
        (["x y"] * 20, [-1] * 20),
    ],
    ids=["nothing", "one item", "empty texts", "one class", "no labels"],
)
def test_what_tells_nothing_says_nothing(texts, labels):
    assert word_cues(words_of(texts), np.array(labels, dtype=np.int32), ["a", "b"]) == []


def test_wrong_arrays_are_refused():
    with pytest.raises(DataError, match="text 2 has words"):
        statistics(words_of(["aa", "bb", "cc"]), np.zeros(2, np.int32), 2)
    with pytest.raises(DataError, match="from 0 to 1"):
        statistics(words_of(["aa"]), np.array([5], np.int32), 2)
    assert isinstance(words_of(["Aa aa"]), Words)
