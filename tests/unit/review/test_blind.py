"""Second opinions that are asked for blindly, the review by choice, and votes resolved into labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.errors import DataError, UnknownName
from explorer.review.blind import CHOICES
from explorer.review.events import VotesChanged
from explorer.review.review import Review

N = 120


def made(path: Path, start: bool = False) -> Review:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, N)
    x = (np.eye(6)[truth] * 5 + rng.normal(size=(N, 6))).astype(np.float32)
    given = np.array(["cat", "dog", "both"], dtype=object)[np.where(np.arange(N) < 8, (truth + 1) % 3, truth)]
    data = explorer.read(x, label=given, key=[f"k{n:03d}" for n in range(N)])
    return Review(data, path, rater="me", k=10, start=start)


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    one = made(tmp_path / "s.labels.db")
    yield one
    one.close()


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    one = made(tmp_path_factory.mktemp("blind") / "s.labels.db", start=True).wait("score", progress=False)
    yield one
    one.close()


KEYS = ["k003", "k001", "k002"]


def test_answers_are_votes_and_touch_no_label(review: Review) -> None:
    heard: list[object] = []
    review.events.subscribe(VotesChanged, heard.append)
    head = review.labels.head
    queue = review.raters.blind("bob", items=KEYS)
    assert queue.items == KEYS
    asked = queue.next()
    assert asked is not None
    assert (asked.item, asked.options, asked.suggestion) == ("k003", review.classes, None)
    queue.answer("k003", "dog")
    queue.answer("k001", None)
    assert queue.items == ["k002"]
    queue.answer("k002", "cat")
    assert queue.next() is None
    votes = review.raters.votes()["bob"]
    assert votes[["k003", "k001", "k002"]].tolist() == ["dog", None, "cat"]
    assert review.labels.head == head, "no label was written"
    assert review.counts()["reviewed"] == 0
    assert not heard
    queue.close()
    queue.close()
    assert len(heard) == 1, "the scores follow once"


def test_a_question_tells_nothing_of_what_others_say(review: Review) -> None:
    review.add_rater("gpt", {"k001": "dog"}, kind="model")
    review.relabel("k001", "both")
    asked = review.raters.blind("bob", items=["k001"]).next()
    assert asked is not None
    assert vars(asked) == {"item": "k001", "position": 1, "options": review.classes, "suggestion": None}


def test_an_item_with_enough_votes_is_asked_no_more(review: Review) -> None:
    review.add_rater("gpt", dict.fromkeys(KEYS, "dog"), kind="model")
    for name in ("ann", "bob"):
        review.raters.blind(name, votes=2, items=KEYS).answer("k002", "dog")
    assert review.raters.blind("eve", votes=2, items=KEYS).items == ["k003", "k001"]
    assert review.raters.blind("eve", votes=3, items=KEYS).items == KEYS
    review.raters.blind("dan", votes=3, items=KEYS).answer("k002", None)
    assert review.raters.blind("eve", votes=3, items=KEYS).items == KEYS, "an abstention is no vote"


def test_it_goes_on_when_the_store_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "s.labels.db"
    one = made(path)
    one.raters.blind("bob", items=KEYS).answer("k001", "dog")
    one.close()
    again = made(path)
    assert again.raters.blind("bob", items=KEYS).items == ["k003", "k002"]
    again.close()


def test_a_choice_shows_two_labels_in_an_order_that_does_not_tell(scored: Review) -> None:
    queue = scored.raters.blind("ann", votes=5, mode="choice")
    assert queue.items
    first = []
    for item in queue.items:
        place = scored.dataset.position(item)
        asked = queue.question(place)
        given = scored.classes[scored.state.given[place]]
        assert given in asked.options
        assert len(set(asked.options)) == 2
        assert asked.suggestion is None
        assert asked == scored.raters.blind("ann", votes=5, mode="choice").question(place), "the same whenever asked"
        others = [scored.raters.blind(f"r{n}", mode="choice").question(place).options for n in range(40)]
        first.append([options[0] == given for options in others])
    assert 0.3 < np.mean(first) < 0.7


def test_five_votes_are_resolved_by_a_rule_that_the_commit_tells(tmp_path: Path) -> None:
    review = made(tmp_path / "c.labels.db", start=True).wait("score", progress=False)
    items = review.raters.blind("x", mode="choice").items[:5]
    wanted = {
        items[0]: ["suggested"] * 3 + ["given", "both"],
        items[1]: ["given"] * 5,
        items[2]: ["both"] * 3 + ["neither", "given"],
        items[3]: ["neither"] * 4 + ["given"],
        items[4]: ["given", "given", "suggested", "suggested", "both"],
    }
    combined = review.results.combined
    assert combined is not None
    labels = {}
    for item in items:
        place = review.dataset.position(item)
        labels[item] = {
            "given": review.classes[review.state.given[place]],
            "suggested": review.classes[combined.suggested[place]],
        }
    for n in range(5):
        queue = review.raters.blind(f"r{n}", votes=5, mode="choice")
        for item, answers in wanted.items():
            options = queue.question(review.dataset.position(item)).options
            name = labels[item].get(answers[n])
            queue.answer(item, answers[n] if name is None else CHOICES[options.index(name)])
    assert review.counts()["reviewed"] == 0
    found = review.raters.resolve(votes=5)
    assert found.changed == (items[0],)
    assert found.kept == (items[1],)
    assert (found.several, found.neither, found.undecided) == ((items[2],), (items[3],), (items[4],))
    assert "more than half of an item's votes" in repr(found)
    assert review.issues.loc[items[0], "label"] == labels[items[0]]["suggested"]
    assert review.issues.loc[items[1], "state"] == "kept"
    assert review.issues.loc[items[2], "state"] == review.issues.loc[items[3], "state"] == "flagged"
    told = [str(one) for one in review.labels.commits()["message"]]
    assert any("resolved by the rule 'majority' from at least 5 votes an item" in one for one in told)
    assert items[4] in review.raters.resolve("majority", votes=5).undecided, "it stays open"
    assert not review.raters.resolve("unanimous", votes=6).undecided, "nothing has six votes"
    review.close()


def test_the_consensus_resolves_too(review: Review) -> None:
    for name in ("ann", "bob", "eve"):
        queue = review.raters.blind(name, items=KEYS)
        for key in KEYS:
            queue.answer(key, "dog")
    found = review.raters.resolve("consensus")
    assert sorted([*found.changed, *found.kept]) == sorted(KEYS)


def test_what_is_refused(review: Review) -> None:
    queue = review.raters.blind("bob", items=KEYS)
    with pytest.raises(UnknownName, match="cow"):
        queue.answer("k001", "cow")
    with pytest.raises(DataError, match="does not ask about item 50"):
        queue.answer("k050", "dog")
    with pytest.raises(UnknownName, match="mode"):
        review.raters.blind("bob", mode="five")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="rater"):
        review.raters.blind(" ")
    with pytest.raises(DataError, match="votes=0"):
        review.raters.blind("bob", votes=0)
    with pytest.raises(DataError, match="no suggested labels"):
        review.raters.blind("bob", mode="choice")
    with pytest.raises(DataError, match="no raters"):
        review.raters.resolve()
    queue.answer("k001", "dog")
    with pytest.raises(UnknownName, match="rule"):
        review.raters.resolve("best")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="rater"):
        review.raters.resolve(raters=["nobody"])


def test_an_answer_reads_and_writes_only_itself(review: Review) -> None:
    review.add_rater("bob", dict.fromkeys([f"k{n:03d}" for n in range(50, N)], "dog"), kind="person")
    queue = review.raters.blind("bob", items=[*KEYS, "k010"])
    before = queue._stored.readings
    for item in KEYS:
        asked = queue.next()
        assert asked is not None
        assert asked.item == item
        queue.answer(item, "cat")
    assert (queue._stored.readings, len(queue)) == (before, 1), "nothing was read as a whole"
    blobs = review.labels.working_copy.backend.all("SELECT votes FROM vote_block ORDER BY n")
    assert [bytes(b).startswith(b"PAR1") for (b,) in blobs] == [True, False, False, False]
    assert max(len(b) for (b,) in blobs[1:]) < 100
    votes = review.raters.votes()["bob"]
    assert votes[KEYS].tolist() == ["cat"] * 3
    assert (votes == "dog").sum() == N - 50
    assert review.labels.verify().ok


def test_what_others_answer_meanwhile_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "s.labels.db"
    one, other = made(path), made(path)
    mine = one.raters.blind("ann", votes=1, items=KEYS)
    theirs = other.raters.blind("bob", votes=1, items=KEYS)
    theirs.answer("k001", "dog")  # the first block is a whole one
    assert mine.items == ["k003", "k002"]
    theirs.answer("k003", "dog")
    asked = mine.next()
    assert asked is not None
    assert (asked.item, len(mine)) == ("k002", 1)
    theirs.answer("k003", None)
    assert mine.items == ["k003", "k002"], "a vote that was taken back counts no more"
    mine.answer("k003", "cat")
    assert theirs.items == ["k002"]
    assert one.raters.votes().loc["k003"].to_dict() == {"bob": None, "ann": "cat"}
    for review in (one, other):
        review.close()


def test_what_would_be_written_is_told_before(review: Review) -> None:
    for name in ("ann", "bob", "eve"):
        queue = review.raters.blind(name, items=KEYS)
        queue.answer("k003", "dog")
        queue.answer("k001", "cat" if name == "eve" else "both")
    review.raters.blind("ann", items=KEYS).answer("k002", "dog")
    head = review.labels.head
    found = review.raters.outlook("unanimous")
    assert (found.rule, found.raters, found.few) == ("unanimous", ("ann", "bob", "eve"), 1)
    assert [(found.ids[at], name) for at, name in found.labels] == [("k003", "dog")]
    assert [found.ids[at] for at in found.undecided] == ["k001"]
    assert "1 item with fewer than 3 votes would stay open" in repr(found)
    wider = review.raters.outlook("majority")
    assert len(wider.labels) == 2
    assert sum(n for _, _, n in wider.changes()) == len(wider.changed)
    assert review.labels.head == head, "nothing was written"
    done = review.raters.resolve("majority")
    assert (done.changed, done.kept) == (wider.changed, wider.kept)
    with pytest.raises(UnknownName):
        review.raters.outlook("loudest")  # type: ignore[arg-type]


def test_what_some_were_asked_is_asked_of_all_though_scores_moved(
    scored: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scored.raters.blind("first", mode="choice", votes=2)
    asked = first.next()
    assert asked is not None
    first.answer(asked.item, "both")
    nothing = np.empty(0, dtype=np.intp)
    monkeypatch.setattr("explorer.review.blind.suspects", lambda state: nothing)
    second = scored.raters.blind("second", mode="choice", votes=2)
    assert second.items == [asked.item]
    again = second.next()
    assert again is not None
    assert set(again.options) == set(asked.options), "the same two classes"
    assert scored.raters.blind("second", votes=2).items == [asked.item]
    second.answer(asked.item, "neither")
    assert scored.raters.blind("third", mode="choice", votes=2).items == []


def test_only_a_person_answers_blindly(review: Review) -> None:
    review.add_rater("gpt", dict.fromkeys(KEYS, "dog"), kind="model")
    for name in ("gpt", " gpt "):
        with pytest.raises(DataError, match="'gpt' is of the kind 'model', and no person"):
            review.raters.blind(name, items=["k050"])


def test_blanks_around_a_name_are_none_of_it(review: Review) -> None:
    queue = review.raters.blind("bob ", items=KEYS)
    queue.answer("k003", "dog")
    assert (queue.rater, queue.items) == ("bob", ["k001", "k002"])
    views = review.rater_views
    assert views.asked("bob ", "label", 3, True) is views.asked("bob", "label", 3, True)


def test_a_queue_follows_decisions_and_rows(review: Review) -> None:
    queue, named = review.raters.blind("bob"), review.raters.blind("bob", items=["k001"])
    review.keep("k000")
    assert (queue.items[0], len(queue)) == ("k001", N - 1)
    review.undo()
    assert len(queue) == N
    review.keep("k001")
    assert named.items == ["k001"], "that was asked for by name"
    state = review.state
    assert state.publish(state.generation, state.results, state.dataset.without({0: "cannot be read"}))
    asked = named.next()
    assert asked is not None
    assert (asked.item, asked.position) == ("k001", 0)
    assert len(queue) == N - 2


def test_items_asked_for_by_name_are_asked_of_nobody_else(scored: Review) -> None:
    combined = scored.results.combined
    assert combined is not None
    plain = str(scored.dataset.item_ids[int(combined.p_error.argmin())])
    scored.raters.blind("zoe", items=[plain]).answer(plain, None)
    assert plain not in scored.raters.blind("yan").items
