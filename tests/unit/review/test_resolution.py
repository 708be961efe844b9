"""Votes that become labels: who is heard, what counts as an answer, and what others decided meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.labels import Conflict
from explorer.review.blind import CONFIDENCE
from explorer.review.review import Review

N = 60


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    label = np.array(["cat", "dog", "both"], dtype=object)[np.arange(N) % 3]
    data = explorer.read(np.eye(N, dtype=np.float32), label=label, key=[f"k{n:03d}" for n in range(N)])
    one = Review(data, tmp_path / "s.labels.db", rater="me", start=False)
    yield one
    one.close()


def say(review: Review, rater: str, answers: dict[str, str]) -> None:
    """Store a person's answers; "=both" and "=neither" name no class."""
    review.add_rater(
        rater,
        {item: None if said[0] == "=" else said for item, said in answers.items()},
        kind="person",
        confidence={item: CONFIDENCE[said[1:]] if said[0] == "=" else None for item, said in answers.items()},
    )


def test_the_consensus_hears_that_several_or_none_fit(review: Review) -> None:
    words = {"k000": ["=neither"] * 3, "k001": ["=both", "=both", "dog"], "k002": ["=both", "=neither", "cat"]}
    rest = {f"k{n:03d}": ["cat", "dog", "both"][n % 3] for n in range(3, N)}
    for n, rater in enumerate(("ann", "bob", "eve")):
        say(review, rater, rest | {item: said[n] for item, said in words.items()})
    found = review.raters.resolve("consensus")
    assert (found.neither, found.several, found.undecided) == (("k000",), ("k001",), ("k002",))
    assert len(found.kept) == N - 3
    assert review.labels.get("k000").reason == "none fits"


def test_answers_that_all_name_no_class_need_no_consensus(review: Review) -> None:
    for rater in ("ann", "bob", "eve"):
        say(review, rater, {"k000": "=neither"})
    assert review.raters.resolve("consensus").neither == ("k000",)


def test_the_consensus_is_of_those_who_are_heard(review: Review) -> None:
    keys = [f"k{n:03d}" for n in range(N)]
    for rater in ("m1", "m2", "m3", "m4", "m5"):
        review.add_rater(rater, dict.fromkeys(keys, "dog"), kind="model")
    for rater in ("ann", "bob", "eve"):
        say(review, rater, {item: ["cat", "dog", "both"][n % 3] for n, item in enumerate(keys)})
    found = review.raters.outlook("consensus")
    assert found.raters == ("ann", "bob", "eve")
    assert len(found.kept) == N
    assert review.raters.outlook("consensus", raters=["m1", "m2", "m3"]).kept != found.kept


def test_the_consensus_is_made_once_for_the_same_votes(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    from explorer.review import resolution

    made: list[object] = []
    whole = resolution.consensus
    monkeypatch.setattr(resolution, "consensus", lambda answers: made.append(answers) or whole(answers))
    for rater in ("ann", "bob", "eve"):
        say(review, rater, {"k000": "dog", "k001": "dog"})
    for votes in (1, 2, 3):
        review.raters.outlook("consensus", votes=votes)
    assert len(made) == 1
    review.raters.blind("ann", items=["k001"]).answer("k001", "cat")
    review.raters.outlook("consensus")
    assert len(made) == 2


def test_what_somebody_decided_meanwhile_stands(review: Review) -> None:
    for rater in ("ann", "bob", "eve"):
        say(review, rater, {"k000": "dog", "k001": "=neither"})
    found = review.raters.outlook()
    review.relabel("k000", "both")
    with pytest.raises(Conflict):
        review.raters.settle(found)
    assert review.labels.get("k000").value == "both"
    assert review.counts()["flagged"] == 0, "nothing was written"


def test_it_is_one_commit_that_one_undo_takes_back(review: Review) -> None:
    words = {"k000": "dog", "k001": "dog", "k002": "=both", "k003": "=neither"}
    for rater in ("ann", "bob", "eve"):
        say(review, rater, words)
    before = len(review.labels.commits())
    review.raters.resolve()
    assert len(review.labels.commits()) == before + 1
    states = review.issues.loc[list(words), "state"] if review.results.combined else None
    assert states is None or states.tolist() == ["relabelled", "kept", "flagged", "flagged"]
    assert [review.labels.get(item).reason for item in ("k002", "k003")] == ["several fit", "none fits"]
    review.undo()
    assert review.counts()["reviewed"] == 0


def test_a_class_that_is_none_any_more_is_no_answer(review: Review) -> None:
    for rater in ("ann", "bob", "eve"):
        say(review, rater, {"k000": "dog", "k001": "cat"})
    review.labels.retire_class("dog")
    assert review.raters.blind("dan", items=["k000"]).question(0).options == ("both", "cat")
    found = review.raters.resolve()
    assert (found.changed, found.undecided) == (("k001",), ("k000",))


def test_a_class_called_both_is_told_from_the_answer(review: Review) -> None:
    for rater, said in (("ann", "both"), ("bob", "both"), ("eve", "=both")):
        say(review, rater, {"k000": said})
    assert review.raters.outlook().evidence == {0: {"=both": 2, "both": 1}}
