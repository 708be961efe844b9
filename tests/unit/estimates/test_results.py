"""How many are left in a real review: what counts as an answer, and what is read under the lock."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import explorer


def test_a_mark_as_wrong_is_an_answer_and_another_mark_is_none(review):
    drawn = [review.dataset.item_ids[i] for i in review.sample.draws()[:14]]
    with review.state.lock:
        for item in drawn[:12]:
            review.mark(item, "wrong")
        review.mark(drawn[12], "ambiguous")
        review.keep(drawn[13])
    left = review.left()
    assert left.basis == "audit"
    assert left.found == 12
    assert left.unreviewed == 300 - 13
    assert left.skipped >= 1
    assert "that nobody has decided on" in left.sentence()
    review.clear(drawn[0])
    assert review.left().found == 11
    review.keep(drawn[1])
    assert review.left().found == 10


def test_drift_is_read_while_no_decision_is_taken_down(review):
    with ThreadPoolExecutor(1) as other:
        with review.state.lock:
            asked = other.submit(review.drift, wait=False)
            with pytest.raises(TimeoutError):
                asked.result(0.2)
        assert asked.result(10).decisions == 0


def test_nothing_is_said_to_be_decided_on_where_nothing_is_labelled():
    read = explorer.read(np.random.default_rng(0).normal(size=(30, 3)), label=False, classes=["a", "b"])
    review = explorer.Review(read, cache=False)
    review.wait(progress=False)
    assert str(review.left()) == "Nothing is labelled yet, so no label can be wrong."
    review.close()
