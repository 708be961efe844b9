"""What is found of the whole is a fact with items, a scope of few examples, and a reason on the card."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer.cues.finding import Finding, examples
from explorer.cues.measurement import Measures, measure
from explorer.pipeline import progress_bar
from explorer.progress import Stage
from explorer.review.events import ScopesChanged
from explorer.review.review import Review
from explorer.review.whole_facts import whole_facts

N = 300


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory):
    """Texts of three classes, of which one has a word of its own, and a few are of a class in another spelling."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, N)
    own = [["goal", "match", "team"], ["bank", "share", "market"], ["film", "actor", "scene"]]
    filler = [f"word{n}" for n in range(30)]
    texts = [" ".join([*rng.choice(own[c], 2), *rng.choice(filler, 6), f"n{i}"]) for i, c in enumerate(truth)]
    given_away = (truth == 1) & (np.arange(N) % 5 > 0)
    texts = [f"{text} {'xyzzy' if away else 'plain'}" for text, away in zip(texts, given_away, strict=True)]
    names = np.array(["sport", "money", "film"], dtype=object)[truth]
    names[np.flatnonzero(truth == 0)[:6]] = "Sport"
    made = Review(
        explorer.read(texts, label=names, key=[f"k{i:03d}" for i in range(N)]),
        tmp_path_factory.mktemp("whole") / "s.labels.db",
        embedder="tfidf",
        k=15,
        rater="ann",
    )
    yield made.wait("score", progress=False)
    made.close()


def test_a_cue_is_a_fact_with_its_items(review: Review) -> None:
    facts = review.facts()
    assert "“xyzzy” for money" in facts.giveaways.index
    row = facts.giveaways.loc["“xyzzy” for money"]
    ids = facts.items("giveaways", "“xyzzy” for money")
    assert row["share"] == 1.0
    assert len(ids) == row["items"]
    assert all("xyzzy" in review.dataset.load(review.dataset.position(each)) for each in ids)
    assert "“xyzzy”" in facts["giveaways"].sentence
    assert facts.odd_classes["kind"].tolist() == ["spelling"]
    assert len(facts.items("odd_classes")) == 6
    assert facts["shifted"].sentence.startswith("The labels stand beside their rows")
    assert facts.shifted.empty
    assert "<script" not in facts._repr_html_()


def test_a_scope_has_few_examples_and_says_why(review: Review) -> None:
    table = review.queue_of("giveaways")
    assert 0 < len(table) <= 0.2 * N
    assert table["why"].str.startswith("It has the word").all()
    assert "giveaway" in table.columns
    lint = review.queue_of("odd classes", decided=True)
    assert set(lint.index) == set(review.facts().items("odd_classes"))
    assert lint["why"].iloc[0] == "Its class looks like another spelling of sport."
    assert review.queue_of("shifted").empty
    assert len(review.filter(scope="odd_class")) == 6
    other = next(i for i in review.dataset.item_ids if i not in set(lint.index))
    assert review.whole.reason("odd_class", review.dataset.position(str(other))) == ""


def test_the_look_is_made_once_and_again_when_labels_changed(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    first = review.whole.look()
    assert review.whole.look() is first
    monkeypatch.setattr("explorer.review.whole.measure", None)  # items are not opened a second time
    ids = review.facts().items("odd_classes")
    review.relabel(ids, "sport")
    assert review.facts().odd_classes.empty
    while review.undo() is not None:
        continue
    assert len(review.facts().odd_classes) == 1


def test_nobody_waits_for_what_is_being_looked_for(tmp_path: Path) -> None:
    texts = [f"{'good' if i % 2 else 'dull'} film {i}" for i in range(60)]
    made = Review(explorer.read(texts, label=["-", "+"] * 30), tmp_path / "s.labels.db", embedder="tfidf", k=8)
    made.wait("score", progress=False)
    told = threading.Event()
    made.events.subscribe(ScopesChanged, lambda _: told.set())
    facts = made.facts(wait=False)
    assert "odd_classes" in facts.found
    assert facts.missing["giveaways"] == "is being looked for in the background"
    counts = {each.scope.name: each for each in made.listings.counts()}
    assert "looked for" in counts["giveaway"].lacking
    assert told.wait(30)
    facts = made.facts(wait=False)
    assert set(facts.giveaways["class"]) == {"+", "-"}
    counts = {each.scope.name: each for each in made.listings.counts()}
    assert 0 < counts["giveaway"].all <= 12
    made.close()


def test_whoever_waits_sees_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, names = threading.Event(), list[str]()

    def show(_bar: object, stage: Stage) -> None:
        names.append(stage.name)
        shown.set()

    def measured(*args: Any) -> Measures:
        shown.wait(30)
        return measure(*args)

    monkeypatch.setattr(progress_bar, "PATIENCE", 0)
    monkeypatch.setattr(progress_bar.TerminalBar, "show", show)
    monkeypatch.setattr("explorer.review.whole.measure", measured)
    texts = [f"{'good' if i % 2 else 'dull'} film {i}" for i in range(60)]
    made = Review(explorer.read(texts, label=["-", "+"] * 30), tmp_path / "s.labels.db", embedder="tfidf", k=8)
    made.wait("score", progress=False)
    assert "giveaways" in made.facts().found
    assert set(names) == {"measure"}
    monkeypatch.setattr("explorer.review.whole.measure", None)
    made.facts()  # nothing is opened a second time
    made.close()


def test_a_measuring_that_fails_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Measures:
        raise OSError("gone")

    monkeypatch.setattr("explorer.review.whole.measure", broken)
    made = Review(explorer.read(["a b", "c d"] * 20, label=["-", "+"] * 20), tmp_path / "s.labels.db", embedder="tfidf")
    made.wait("score", progress=False)
    with pytest.raises(OSError, match="gone"):
        made.facts()
    made.close()


def test_rows_that_were_shifted_lead_to_their_items(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 4, 800)
    x = (np.eye(6)[truth] * 6 + rng.normal(size=(800, 6))).astype(np.float32)
    given = truth.copy()
    given[500:] = truth[499:-1]
    made = Review(explorer.read(x, label=given, key=range(800)), tmp_path / "s.labels.db", k=15)
    made.wait("score", progress=False)
    facts = made.facts()
    assert facts.shifted["by"].tolist() == [1]
    assert abs(facts.shifted["start"].iloc[0] - 500) < 5
    assert all(int(each) >= 498 for each in facts.items("shifted"))
    table = made.queue_of("shifted labels")
    assert len(table) == 50
    assert table["why"].eq("Its row seems to carry the label of the row before, which would fit.").all()
    assert (
        facts["giveaways"].sentence
        == "Bare vectors have no words, pictures or cells, so nothing can be looked for that gives labels away."
    )
    made.close()


def test_pictures_that_cannot_be_opened_are_counted(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(60):
        folder = tmp_path / "data" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        light = 40 if i % 2 else 160
        Image.fromarray((light + rng.integers(0, 60, (8, 8))).astype(np.uint8)).save(folder / f"{i:02d}.png")
    dataset = explorer.read(tmp_path / "data")
    made = Review(dataset, tmp_path / "s.labels.db", embedder="pixels", k=8, cache=False)
    made.wait("score", progress=False)
    (tmp_path / "data" / "a" / "00.png").unlink()
    facts = made.facts()
    assert {"brighter for a", "darker for b"} <= set(facts.giveaways.index)
    assert "1 item could not be opened." in facts["giveaways"].sentence
    made.close()


def test_one_class_and_one_item_say_nothing(tmp_path: Path) -> None:
    for texts, labels in ((["one text"], ["a"]), ([f"text {i}" for i in range(30)], ["a"] * 30)):
        made = Review(explorer.read(texts, label=labels), tmp_path / f"{len(texts)}.labels.db", embedder="tfidf", k=5)
        made.wait("score", progress=False)
        facts = made.facts()
        assert facts.giveaways.empty
        assert facts.shifted.empty
        made.close()


def test_a_look_that_fails_is_said() -> None:
    assert whole_facts(None, "OSError: gone").missing["odd_classes"] == "could not be looked for (OSError: gone)"
    assert isinstance(whole_facts(None).missing, dict)


def test_no_list_of_examples_has_more_than_a_fifth_of_all() -> None:
    found = [Finding("word", str(n), "", "", "", np.arange(n, 1000)) for n in range(30)]
    for n in (1000, 100, 10, 3):
        lists = examples([Finding(f.kind, f.name, "", "", "", f.items[f.items < n]) for f in found], n)
        items = [item for _, its in lists for item in its]
        assert len(items) == len(set(items)) <= 0.2 * n
