"""The random sample outlasts the scores and the review: what it keeps, what ends it, and what its answers are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_help import Planted

import explorer
from explorer import Review
from explorer.estimates.results import Left
from explorer.review.events import ScoresChanged
from explorer.utils import files

N = 200

Opened = Callable[..., Review]


@pytest.fixture
def opened(planted: Planted, tmp_path: Path) -> Iterator[Opened]:
    """Open reviews of 200 digits by their vectors on one store; each that is opened closes the one before."""
    made: list[Review] = []

    def opening(items: np.ndarray | None = None, labels: np.ndarray | None = None, **options: object) -> Review:
        for review in made:
            review.close()
        at = np.arange(N) if items is None else items
        given = planted.labels if labels is None else labels
        dataset = explorer.read(
            planted.images[at].reshape(len(at), -1).astype(np.float32),
            label=given[at],
            key=[planted.keys[i] for i in at],
        )
        settings = {"store": tmp_path / "s.labels.db", "rater": "ann", "k": 20, **options}
        made.append(Review(dataset, **settings).wait("score", progress=False))
        return made[-1]

    yield opening
    for review in made:
        review.close()


def answer(review: Review, planted: Planted, n: int) -> list[str]:
    """Decide on the first draws of the queue as somebody would who knows the truth; returns the others' order."""
    drawn = [str(review.dataset.item_ids[i]) for i in review.sample.draws()]
    for item in drawn[:n]:
        decide(review, planted, item)
    return drawn[n:]


def decide(review: Review, planted: Planted, item: str) -> None:
    at = planted.keys.index(item)
    if planted.labels[at] == planted.truth[at]:
        review.keep(item)
    else:
        review.relabel(item, str(planted.truth[at]))


def same(one: Left, other: Left) -> None:
    """Compare what was answered. What is left may be reckoned otherwise by scores that know the corrections."""
    numbers = ("unreviewed", "found", "basis", "draws", "skipped")
    assert [getattr(one, name) for name in numbers] == [getattr(other, name) for name in numbers]
    assert one.low <= other.left <= one.high
    assert other.low <= one.left <= other.high
    known = ["labels", "unreviewed", "found"]
    pd.testing.assert_frame_equal(one.per_class[known], other.per_class[known])


def test_it_goes_on_when_the_scores_are_made_anew(opened: Opened, planted: Planted) -> None:
    review = opened()
    since = review.sample_since
    rest = answer(review, planted, 20)
    review.mark(rest[0], "wrong")
    review.mark(rest[1], "ambiguous")
    before = review.left()
    assert before.basis == "audit"
    assert before.draws >= 20
    review.rerun()
    review.wait("score", progress=False)
    same(review.left(), before)
    assert review.sample_since == since
    assert [str(review.dataset.item_ids[i]) for i in review.sample.draws()][20:] == rest
    # What is decided on after it counts as well.
    decide(review, planted, rest[2])
    assert review.left().unreviewed == before.unreviewed - 1


def test_it_goes_on_when_the_store_is_opened_again(opened: Opened, planted: Planted) -> None:
    review = opened()
    asked = review.audit(15)
    for item in asked[:12]:
        decide(review, planted, item)
    answer(review, planted, 5)
    worst = [item for item in review.queue.index if item not in asked[12:]][:8]
    for item in worst:
        decide(review, planted, item)
    before, since, draws = review.left(), review.sample_since, review.sample.draws()
    assert before.basis == "audit"
    again = opened(seed=7, embedder="auto")
    same(again.left(), before)
    assert again.sample_since == since
    np.testing.assert_array_equal(again.sample.draws(), draws)
    assert again.audit(len(asked) - 12) == asked[12:], "what was asked about and left open comes again"


def test_rows_in_another_order_are_the_same_items(opened: Opened, planted: Planted) -> None:
    review = opened()
    asked = review.audit(4)
    rest = answer(review, planted, 20)
    before = review.left()
    again = opened(np.random.default_rng(0).permutation(N))
    same(again.left(), before)
    assert [str(again.dataset.item_ids[i]) for i in again.sample.draws()][20:] == rest
    assert again.audit(4) == asked
    decide(again, planted, rest[0])
    once = again.left()
    same(opened().left(), once)


def test_other_items_or_other_given_labels_begin_a_new_one(
    opened: Opened, planted: Planted, caplog: pytest.LogCaptureFixture
) -> None:
    review = opened()
    answer(review, planted, 20)
    since = review.sample_since
    fewer = opened(np.arange(N - 20))
    assert fewer.left().basis == "model"
    assert fewer.sample_since != since
    assert opened().sample_since == since, "all of the items again"
    assert not caplog.records
    labels = planted.labels.copy()
    untouched = next(i for i in range(N) if review.dataset.item_ids[i] in set(opened().queue.index))
    labels[untouched] = (labels[untouched] + 1) % 10
    with caplog.at_level(logging.WARNING, "explorer"):
        other = opened(labels=labels)
    assert other.sample_since != since
    assert other.left().draws == 0
    assert "drawn from other given labels" in caplog.text


def test_a_new_one_begins_on_the_scores_as_they_stand(opened: Opened, planted: Planted) -> None:
    review = opened()
    told: list[ScoresChanged] = []
    answer(review, planted, 20)
    old = review.left()
    draws = review.sample.draws()
    review.events.subscribe(ScoresChanged, told.append)
    review.new_sample()
    assert told[-1].rows is None, "the widgets ask for its draws"
    left = review.left()
    assert (left.basis, left.draws, left.found) == ("model", 0, 0)
    assert left.unreviewed == old.unreviewed, "what is decided counts as reviewed"
    assert not np.isin(review.state.states[review.sample.draws()], (1, 2)).any()
    assert (
        review.sample.draws()[:20].tolist()
        != [i for i in draws.tolist() if i in set(review.sample.draws().tolist())][:20]
    )
    assert review.left().left == pytest.approx(
        np.nansum(np.where(review.state.states == 0, review.results.combined.p_error, np.nan)), rel=1e-4
    )
    answer(review, planted, 15)
    before = review.left()
    same(opened().left(), before)


def test_one_that_nothing_hangs_on_follows_better_scores(opened: Opened, planted: Planted) -> None:
    review = opened()
    since = review.sample_since
    review.rerun()
    review.wait("score", progress=False)
    later = review.sample_since
    assert later > since, "nobody has decided on anything"
    review.audit(1)
    review.rerun()
    review.wait("score", progress=False)
    assert review.sample_since == later, "somebody was asked"


def test_a_handful_of_items_may_be_audited(opened: Opened) -> None:
    review = opened(np.arange(12))
    assert set(review.audit()) <= set(review.issues.index)


def test_answers_follow_from_the_labels_as_they_stand(opened: Opened, planted: Planted) -> None:
    review = opened()
    first = review.queue.index[0]
    review.keep(first)
    assert (review.left().found, review.left().unreviewed) == (0, N - 1)
    review.relabel(first, str((int(review.issues.given_label[first]) + 1) % 10))
    assert review.left().found == 1
    review.clear(first)
    assert (review.left().found, review.left().unreviewed) == (0, N)
    review.mark(first, "wrong")
    assert review.left().found == 1
    review.mark(first, "duplicate")
    assert (review.left().found, review.left().unreviewed) == (0, N)


def test_classes_may_be_renamed_added_merged_and_split(opened: Opened, planted: Planted) -> None:
    review = opened()
    answer(review, planted, 30)
    one = str(next(i for i in review.issues.index if review.issues.given_label[i] == "1" and review.state.states.any()))
    review.keep(one)
    before = review.left()
    review.labels.rename_class("1", "one")
    review.labels.add_class("no digit")
    after = review.left()
    assert "one" in after.per_class.index
    assert after.per_class.loc["one"].tolist() == pytest.approx(before.per_class.loc["1"].tolist(), rel=1e-6)
    assert after.found == before.found
    # What was learnt is learnt anew under the new name, and the level with it: from scores that know of the last label.
    now, then = ((one.left, one.low, one.high) for one in (after, before))
    assert now == pytest.approx(then, rel=1e-6)
    again = opened()
    known = ["labels", "unreviewed", "found"]  # the scores are others
    assert again.left().per_class.loc["one", known].tolist() == before.per_class.loc["1", known].tolist()
    item = next(i for i in again.queue.index)
    again.relabel(item, "no digit")
    assert again.left().found == before.found + 1
    # A label of a class that was merged is none that was found wrong, and those of both are one class.
    again.labels.merge_classes("no digit", into="7")
    sevens, ones = (again.left().per_class.loc[name, "labels"] for name in ("7", "one"))
    found = again.left().found
    again.labels.merge_classes("one", into="7")
    merged = again.left()
    assert merged.per_class.loc["7", "labels"] == sevens + ones
    assert merged.found <= found
    kept = again.labels.get(one)
    assert kept.value == "7"
    # To say which of two a label's class was split into finds no error either.
    two = next(i for i in again.issues.index if again.issues.given_label[i] == "2" and again.issues.state[i] == "given")
    again.labels.split_class("2", into=["curly", "plain"])
    again.relabel(two, "curly")
    assert again.left().found == merged.found
    assert opened().left().found == merged.found


def sample_file(folder: Path) -> Path:
    (found,) = folder.glob("*.sample.npz")
    return found


@pytest.mark.parametrize("harm", ["cut", "flip", "text", "other"])
def test_a_file_that_does_not_fit_is_refused_and_set_aside(
    opened: Opened, planted: Planted, tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: str
) -> None:
    review = opened()
    answer(review, planted, 20)
    since = review.sample_since
    review.close()
    path = sample_file(tmp_path)
    data = path.read_bytes()
    if harm == "other":
        (tmp_path / "other").mkdir()
        opened(np.arange(50), store=tmp_path / "other" / "s.labels.db").close()
        data = sample_file(tmp_path / "other").read_bytes()
    spoilt = {"cut": data[: len(data) // 2], "flip": data[:99] + bytes([data[99] ^ 1]) + data[100:], "text": b"no"}
    path.write_bytes(spoilt.get(harm, data))
    with caplog.at_level(logging.WARNING, "explorer"):
        again = opened()
        assert again.sample_since > since
        assert again.left().basis == "model"
    (record,) = caplog.records
    assert str(path) in record.getMessage()
    assert ("of other items" if harm == "other" else "is damaged") in record.getMessage()
    aside = path.with_name(f"{path.name}.refused-1")
    assert str(aside) in record.getMessage()
    assert aside.read_bytes() == spoilt.get(harm, data), "nothing is lost"
    answer(again, planted, 12)
    before = again.left()
    same(opened().left(), before)


def test_where_it_is_kept(opened: Opened, planted: Planted, tmp_path: Path, own_cache: Path) -> None:
    review = opened()
    answer(review, planted, 20)
    before = review.left()
    (beside,) = tmp_path.glob("s.labels.db.*.sample.npz")
    same(opened().left(), before)
    assert beside.is_file()
    # A temporary store is never opened again.
    count = len(list(own_cache.glob("samples/*")))
    temporary = opened(store=None)
    assert temporary.sample_since is not None
    assert len(list(own_cache.glob("samples/*"))) == count


def test_a_folder_that_takes_no_file_costs_nothing_but_the_file(
    opened: Opened, planted: Planted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_args: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", fails)
    with caplog.at_level(logging.WARNING, "explorer"):
        review = opened(cache=False)
    assert "cannot be kept in" in caplog.text
    assert "No space left on device" in caplog.text
    answer(review, planted, 20)
    assert review.left().basis == "audit"


def test_an_audit_is_filled_up_to_as_many_as_are_asked_for(opened: Opened, planted: Planted) -> None:
    review = opened()
    first = review.audit(20)
    assert review.audit(20) == first, "all of them are still open"
    for item in first[:5]:
        decide(review, planted, item)
    again = review.audit(20)
    assert again[: len(first) - 5] == first[5:]
    assert len(first) - 5 < len(again) <= 20
    assert review.audit(3) == again[:3]


def test_what_is_taken_back_of_before_it_began_is_left_again(opened: Opened, planted: Planted) -> None:
    review = opened()
    items = list(review.issues.index[:8])
    for item in items:
        decide(review, planted, item)
    review.new_sample()
    n = len(review.dataset)
    assert review.left().unreviewed == n - 8
    assert review.left_below(0).unreviewed == n - 8
    for _ in items:
        review.undo()
    assert review.left().unreviewed == n
    assert review.left_below(0).unreviewed == n
    assert review.left().left > 5, "suspects are among them"


def test_a_file_that_cannot_be_read_just_now_is_not_written_over(
    opened: Opened, planted: Planted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    review = opened()
    answer(review, planted, 15)
    since, draws = review.sample_since, review.left().draws
    review.close()

    def fails(_path: Path) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fails)
        review = opened()
        assert review.sample_since != since
        review.audit(5)
        review.close()
    assert "stays as it is" in caplog.text
    again = opened()
    assert (again.sample_since, again.left().draws) == (since, draws)


def test_branches_have_samples_of_their_own(opened: Opened, planted: Planted) -> None:
    review = opened()
    review.labels.branch("other")
    on_main = review.audit(10)
    review.labels.switch("other")
    review.sync.catch_up()
    assert len(review.sample.asked()) == 0
    review.labels.switch("main")
    review.sync.catch_up()
    assert review.audit(10) == on_main
