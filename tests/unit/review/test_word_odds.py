"""Words that tell two classes of texts apart, as the card marks them."""

from __future__ import annotations

import time

import numpy as np
import pytest

import explorer
from explorer.dataset.dataset import Dataset
from explorer.review.by_class import ByClass
from explorer.review.word_odds import MOST, WordOdds

COMMON = ["the", "report", "of", "monday", "said", "that", "it", "was", "about", "more", "than", "before"]
OWN = (["goal", "match", "coach"], ["market", "shares", "profit"])


def texts(n: int) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(0)
    made = [" ".join([*rng.choice(COMMON, 8), *rng.choice(OWN[i % 2], 3), str(i)]) for i in range(n)]
    return made, [("sports", "business")[i % 2] for i in range(n)]


@pytest.fixture
def dataset() -> Dataset:
    made, labels = texts(200)
    return explorer.read(made, label=labels)


def words(dataset: Dataset, text: str, of: str, against: str, item: int = 0) -> list[str]:
    odds = WordOdds(dataset)
    odds.wait()
    code = dataset.classes.index
    marks = odds.marks(dataset.given.copy(), item, text, of=code(of), against=code(against))
    assert marks is not None
    return [text[start:end] for start, end in marks]


def test_words_of_the_one_class_are_marked_and_common_ones_are_not(dataset: Dataset) -> None:
    text = "The report said: GOAL, market, more shares and a goal"
    assert words(dataset, text, "sports", "business") == ["GOAL", "goal"]
    assert words(dataset, text, "business", "sports") == ["market", "shares"]


def test_a_word_that_is_in_one_text_only_says_nothing(dataset: Dataset) -> None:
    assert words(dataset, "something never seen 12", "sports", "business") == []


def test_an_items_own_label_does_not_speak_for_its_words() -> None:
    made, labels = texts(200)
    dataset = explorer.read([f"{made[0]} rare " * 2, *made[1:]], label=labels)
    odds = WordOdds(dataset)
    odds.wait()
    code = dataset.classes.index
    for codes in (dataset.given, np.where(np.arange(200) == 0, code("business"), dataset.given).astype(np.int32)):
        found = odds.marks(codes, 0, "rare coach", of=code("sports"), against=code("business"))
        assert found == [(5, 10)]


def test_places_are_counted_as_browsers_count_them(dataset: Dataset) -> None:
    odds = WordOdds(dataset)
    odds.wait()
    code = dataset.classes.index
    found = odds.marks(dataset.given, 0, "😀 goal", of=code("sports"), against=code("business"))
    assert found == [(3, 7)]
    assert "😀 goal".encode("utf-16-le")[2 * 3 : 2 * 7].decode("utf-16-le") == "goal"


def test_few_words_are_marked(dataset: Dataset) -> None:
    many = [f"w{n}" for n in range(30)]
    made, labels = texts(200)
    texts_ = [
        f"{text} {' '.join(many)}" if label == "sports" else text for text, label in zip(made, labels, strict=True)
    ]
    marked = words(explorer.read(texts_, label=labels), " ".join(many), "sports", "business")
    assert len(marked) == MOST


def test_no_card_waits_for_the_counting(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = []
    load = Dataset.load

    def slow(self: Dataset, item: int) -> object:
        while not gate:
            time.sleep(0.001)
        return load(self, item)

    monkeypatch.setattr(Dataset, "load", slow)
    odds = WordOdds(dataset)
    odds.wait(0.01)
    assert odds.marks(dataset.given, 0, "goal", of=1, against=0) is None
    gate.append(True)
    odds.wait()
    assert odds.marks(dataset.given, 0, "goal", of=1, against=0) == [(0, 4)]


def test_a_class_is_counted_again_only_where_its_items_have_changed() -> None:
    asked: list[list[bool]] = []

    def count(members: np.ndarray) -> int:
        asked.append(members.tolist())
        return int(members.sum())

    counts = ByClass(count)
    before = np.array([0, 0, 1, 2], dtype=np.int32)
    assert [counts.of(before, label) for label in (0, 1, 2, 0)] == [2, 1, 1, 2]
    assert len(asked) == 3
    after = np.array([0, 1, 1, 2], dtype=np.int32)
    assert [counts.of(after, label) for label in (0, 1, 2)] == [1, 2, 1]
    assert len(asked) == 5
    assert counts.of(after[:3], 2) == 0
