"""Every random answer moves one level, and everything that is read from it says the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from levels_help import agree
from planted_help import Planted

import explorer
from explorer import Review
from explorer.estimates.level import ISSUE, Level, Population
from explorer.estimates.level_posterior import FEWEST
from explorer.review.level_question import Question
from explorer.utils.logits import clipped_logit

N = 300

Opened = Callable[..., Review]


@pytest.fixture
def review(planted: Planted, tmp_path: Path) -> Iterator[Review]:
    rng = np.random.default_rng(5)
    n = min(N, len(planted.keys))
    # Many more wrong than planted, in classes that are mistaken for each other: the level begins too low.
    labels = planted.labels[:n].copy()
    more = rng.random(n) < 0.2
    labels[more] = (labels[more] + 1) % 10
    vectors = planted.images[:n].reshape(n, -1).astype(np.float32)
    dataset = explorer.read(vectors, label=labels, key=planted.keys[:n])
    made = Review(dataset, store=tmp_path / "s.labels.db", rater="ann", k=20).wait("score", progress=False)
    yield made
    made.close()


def decide(review: Review, planted: Planted, item: str) -> None:
    at, position = planted.keys.index(item), review.dataset.position(item)
    given, truth = review.classes[review.state.codes[position]], str(planted.truth[at])
    if given == truth:
        review.keep(item)
    else:
        review.relabel(item, truth)


def test_all_agree_after_every_answer(review: Review, planted: Planted) -> None:
    agree(review)
    assert review.state.level == Level()
    levels = [review.state.level]
    asked = review.audit(40)
    for number, item in enumerate(asked, start=1):
        decide(review, planted, item)
        review.scores.ready()
        agree(review)
        levels.append(review.state.level)
        if number < FEWEST:
            assert review.state.level.cut == ISSUE
    assert review.left().basis == "audit"
    assert len({level.shift for level in levels}) > 30, "every answer moves it"
    state = review.state
    assert state.levelless is not None
    assert state.level.cut == pytest.approx(
        Population(clipped_logit(state.levelless.p_error.astype(float))).best_cut(state.level), abs=0.03
    )
    # What is taken back is taken back everywhere.
    review.undo()
    review.scores.ready()
    agree(review)
    assert review.state.level.shift == pytest.approx(levels[-2].shift, abs=0.3)


def test_what_is_shown_in_between_agrees_too(review: Review, planted: Planted) -> None:
    for number, item in enumerate(review.audit(12)):
        decide(review, planted, item)
        if number % 3 == 0:
            with review.state.lock:
                p = review.state.results.combined.p_error
                left = review.left(wait=False)
                open_ = ~review.state.decided() & np.isfinite(p)
                assert left.left == pytest.approx(p[open_].sum(dtype=np.float64), abs=1e-3)


def test_the_ranking_does_not_move_by_the_level(review: Review, planted: Planted) -> None:
    review.scores.ready()
    state = review.state
    with state.lock:
        before = state.results.combined.p_error.copy()
        state.set_level(Level(0.8, 1.0, 0.3))
        after = state.results.combined.p_error
        assert (np.diff(after[np.argsort(before, kind="stable")]) >= 0).all()
        assert state.suspects == state.results.combined.is_issue.sum()
        state.set_level(Level())
        np.testing.assert_array_equal(state.results.combined.p_error, before)


def test_a_run_over_the_same_items_takes_the_level_up_again(review: Review, planted: Planted) -> None:
    for item in review.audit(32):
        decide(review, planted, item)
    review.scores.ready()
    before = review.state.level
    assert before != Level()
    review.rerun()
    review.wait("score", progress=False)
    review.scores.ready()
    assert review.state.level.cut < ISSUE
    agree(review)


def test_a_new_sample_begins_with_what_the_model_believes(review: Review, planted: Planted) -> None:
    for item in review.audit(20):
        decide(review, planted, item)
    review.scores.ready()
    assert review.state.level != Level()
    review.new_sample()
    assert review.state.level == Level()
    agree(review)


def test_a_mark_as_wrong_is_an_answer(review: Review, planted: Planted) -> None:
    first, second = review.audit(2)
    review.mark(first, "wrong")
    review.scores.ready()
    marked = review.state.level
    review.mark(first, "ambiguous")
    review.scores.ready()
    assert review.state.level == Level() != marked
    agree_open = review.left()
    assert agree_open.draws == 0
    decide(review, planted, second)
    review.scores.ready()
    assert review.state.level != Level()


def test_nobody_waits_for_what_is_summed(review: Review, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a level is reckoned the state's lock is free, and a decision taken meanwhile is heard as well."""
    free: list[bool] = []
    meanwhile = review.queue.index[-1]
    reckon = Question.level

    def level(asked: Question) -> Level:
        taken = threading.Event()

        def decide_meanwhile() -> None:
            with review.state.lock:
                taken.set()

        thread = threading.Thread(target=decide_meanwhile)
        thread.start()
        free.append(taken.wait(20))
        thread.join()
        if len(free) == 1:
            review.keep(meanwhile)
        return reckon(asked)

    items = review.audit(3)
    review.scores.ready()
    monkeypatch.setattr(Question, "level", level)
    for item in items:
        decide(review, planted, item)
        review.scores.ready()
        agree(review)
    assert free
    assert all(free)
    assert review.state.level != Level()
    assert not review.state.level.same
