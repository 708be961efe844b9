"""The queue with draws in it: where they stand, that nothing is asked twice, and that the estimate is unbiased."""

import numpy as np
import pytest
from scipy.special import expit, logit

from explorer.errors import DataError
from explorer.estimates import errors_left
from explorer.estimates.audit import Audit
from explorer.estimates.results import Below, Left, aim, more
from explorer.review.mixed_queue import QueuePlaces, mixed
from explorer.review.sample.draws import Draws
from explorer.review.sample.rate import check_rate, every

NOBODY = np.zeros(100, bool)


def test_every_so_many_places_go_to_the_next_draw():
    order, drawn = mixed(np.arange(10), [50, 3, 2, 60, 70], 4, NOBODY)
    # 3 and 2 stand above already when their turn comes; a place is never the last.
    assert order.tolist() == [0, 1, 2, 50, 3, 4, 5, 60, 6, 7, 8, 70, 9]
    assert np.flatnonzero(drawn).tolist() == [3, 7, 11]
    assert mixed(np.arange(10), [50], 0, NOBODY).order.tolist() == list(range(10))
    assert mixed(np.arange(3), [50], 4, NOBODY).order.tolist() == [0, 1, 2]
    assert mixed(np.arange(10), [], 4, NOBODY).order.tolist() == list(range(10))


def test_without_a_suspect_the_queue_is_the_first_draws():
    draws = np.arange(99, 49, -1)
    order, drawn = mixed([], draws, 10, NOBODY)
    assert order.tolist() == draws[:20].tolist()
    assert drawn.all()
    assert mixed([], draws, 0, NOBODY).order.tolist() == [], "nobody wants random items"
    assert mixed([], [], 10, NOBODY).order.tolist() == []
    decided, sampling = NOBODY.copy(), Fixed(draws)
    for item in order:
        decided[item] = True
        assert sampling.mixed([], 10, decided).order.tolist() == order.tolist(), "nothing moves"
    # A suspect that appears since finds a queue like any other.
    after = sampling.mixed(np.arange(30), 10, decided)
    assert after.order[after.drawn].tolist() == [79, 78, 77]


def test_a_suspect_that_is_drawn_stands_where_it_was_drawn_and_nowhere_else():
    order, drawn = mixed(np.arange(8), [6, 3], 3, NOBODY)
    assert order.tolist() == [0, 1, 6, 2, 3, 4, 5, 7]
    assert order[drawn].tolist() == [6]
    # The very next one of the ranking, too.
    order, drawn = mixed(np.arange(6), [2, 50], 3, NOBODY)
    assert order.tolist() == [0, 1, 2, 3, 4, 50, 5]
    assert order[drawn].tolist() == [2, 50]


def test_deciding_from_the_top_moves_nothing():
    rng = np.random.default_rng(0)
    ranked, draws = rng.permutation(100)[:60], rng.permutation(100)[:40]
    before, decided = mixed(ranked, draws, 5, NOBODY), NOBODY.copy()
    for item in before.order:
        decided[item] = True
        after = mixed(ranked, draws, 5, decided)
        assert after.order.tolist() == before.order.tolist()
        assert after.drawn.tolist() == before.drawn.tolist()


def test_a_draw_that_was_passed_over_comes_again():
    decided = NOBODY.copy()
    decided[[0, 1, 2]] = True
    assert mixed(np.arange(9), [50, 60], 4, decided).order.tolist()[3] == 50
    decided[3] = True  # the one after the draw
    assert mixed(np.arange(9), [50, 60], 4, decided).order.tolist() == [0, 1, 2, 3, 4, 5, 50, 6, 7, 8]


def test_answering_the_random_ones_alone_moves_nothing():
    before, decided = mixed(np.arange(30), np.arange(50, 80), 5, NOBODY), NOBODY.copy()
    for item in before.order[before.drawn]:
        decided[item] = True
        assert mixed(np.arange(30), np.arange(50, 80), 5, decided).order.tolist() == before.order.tolist()


def test_what_was_found_otherwise_takes_up_no_place():
    """Suspects of one pair were reviewed on their own: they stay where they are in the ranking."""
    decided = NOBODY.copy()
    decided[20:30] = True
    order, drawn = mixed(np.arange(40), [50, *range(20, 30), 51], 5, decided)
    assert order[drawn].tolist()[:2] == [50, 51]
    decided[50] = True
    assert mixed(np.arange(40), [50, *range(20, 30), 51], 5, decided).order.tolist() == order.tolist()


class Fixed:
    """A queue with draws that are given."""

    def __init__(self, draws):
        self.draws, self.places = np.array(draws), QueuePlaces()

    def mixed(self, ranked, r, decided):
        return self.places.mixed(ranked, self.draws, r, decided)


def test_what_was_found_otherwise_takes_up_no_place_whatever_is_answered_since():
    decided, sampling = NOBODY.copy(), Fixed([50, *range(20, 30), 51, 52])
    sampling.mixed(np.arange(40), 5, decided)
    sampling.mixed(np.arange(20, 30), 0, decided)  # a lasso
    decided[20:30] = True
    before = sampling.mixed(np.arange(40), 5, decided)
    assert before.order[before.drawn].tolist() == [50, 51, 52]
    assert np.flatnonzero(before.drawn).tolist() == [4, 9, 14]
    for item in before.order:
        decided[item] = True
        after = sampling.mixed(np.arange(40), 5, decided)
        assert after.order.tolist() == before.order.tolist()
        assert after.drawn.tolist() == before.drawn.tolist()


@pytest.mark.parametrize("seed", range(60))
def test_no_answer_moves_the_queue_whatever_was_decided_elsewhere(seed):
    rng = np.random.default_rng(seed)
    ranked, r = rng.permutation(100)[: rng.integers(5, 70)], int(rng.integers(2, 8))
    decided, sampling = NOBODY.copy(), Fixed(rng.permutation(100)[: rng.integers(1, 80)])
    sampling.mixed(ranked, r, decided)
    for _ in range(3):
        sampling.mixed(ranked, 0, decided)
        decided[rng.permutation(100)[: rng.integers(0, 20)]] = True
        before = sampling.mixed(ranked, r, decided)
        assert set(ranked.tolist()) <= set(before.order.tolist())
        for item in before.order[~decided[before.order]][: rng.integers(0, 20)]:
            decided[item] = True
            after = sampling.mixed(ranked, r, decided)
            assert after.order.tolist() == before.order.tolist()
            assert after.drawn.tolist() == before.drawn.tolist()


def test_one_that_was_passed_over_comes_again_and_those_answered_stay():
    decided, sampling = NOBODY.copy(), Fixed([50, 60, 70])
    sampling.mixed(np.arange(12), 4, decided)
    decided[:4] = True  # the one after the draw too
    assert sampling.mixed(np.arange(12), 4, decided).order.tolist()[:8] == [0, 1, 2, 3, 4, 5, 50, 6]
    decided[[4, 5, 50]] = True
    after = sampling.mixed(np.arange(12), 4, decided).order.tolist()
    assert after[:12] == [0, 1, 2, 3, 4, 5, 50, 6, 7, 8, 60, 9], "where it was answered, and 60 no earlier than before"
    assert sampling.mixed(np.arange(12), 0, decided).order.tolist() == list(range(12))
    assert sampling.mixed(np.arange(12), 4, decided).order.tolist() == after


def test_what_was_decided_without_draws_is_not_caught_up_on():
    """The rate was off for a while: no row of draws stands above the reviewer's place."""
    decided = NOBODY.copy()
    decided[:20] = True
    drawn = mixed(np.arange(40), np.arange(50, 80), 5, decided).drawn
    assert np.flatnonzero(drawn)[0] >= 20


def population(seed, n, off):
    rng = np.random.default_rng(10_000 + seed)
    p = rng.beta(0.3, 2.5, n)
    return expit(logit(p) + off), (rng.random(n) < p).astype(float)


def answered(seed, n, off, r, decisions):
    """Answer the mixed queue from the top; return the estimate, the truth, and how the draws stand."""
    p, wrong = population(seed, n, off)
    sampling = Draws(Audit.design(p, seed))
    order, drawn = mixed(np.argsort(-p, kind="stable"), sampling.draws(), r, np.zeros(n, bool))
    assert len(np.unique(order)) == len(order), "nothing is asked twice"
    looked = np.zeros(n, bool)
    looked[order[:decisions]] = True
    reached = sampling.reached(looked)
    seen = sampling.audit.draw(reached)
    assert looked[seen].all()
    assert np.isin(order[:decisions][drawn[:decisions]], seen).all(), "every answer counts"
    answers, otherwise = np.where(looked, wrong, np.nan), looked.copy()
    otherwise[seen] = False
    return errors_left.estimate(sampling.audit, answers, reached, otherwise), wrong[~looked].sum()


@pytest.mark.parametrize("off", [0, 1, -1])
@pytest.mark.parametrize("r", [5, 10])
def test_answering_the_mixed_queue_from_the_top_gives_an_unbiased_estimate(off, r):
    repeats = 150
    found = [answered(seed, 3000, off, r, 200) for seed in range(repeats)]
    errors = np.array([left.left - truth for left, truth in found])
    assert np.mean([left.low <= truth <= left.high for left, truth in found]) >= 0.9
    assert abs(errors.mean()) < 3 * errors.std() / np.sqrt(repeats)
    assert all(left.draws >= 200 // r for left, _ in found)
    # Not what p_error says: where that is off, it is corrected.
    if off:
        believed = np.mean([population(seed, 3000, off)[0].sum() - left.found for seed, (left, _) in enumerate(found)])
        assert abs(errors.mean()) < 0.3 * abs(believed - np.mean([truth for _, truth in found]))


def test_the_queue_follows_from_the_seed():
    p, _ = population(0, 300, 0)
    first = Draws(Audit.design(p, 3)).draws()
    np.testing.assert_array_equal(first, Draws(Audit.design(p, 3)).draws())
    assert (first[:50] != Draws(Audit.design(p, 4)).draws()[:50]).any()
    assert len(np.unique(first)) == len(first)


def test_draws_count_up_to_the_first_that_nobody_has_decided_on():
    p, _ = population(1, 300, 0)
    sampling = Draws(Audit.design(p))
    draws, decided = sampling.draws(), np.zeros(300, bool)
    assert sampling.reached(decided) == 0
    decided[draws[1]] = True
    assert sampling.reached(decided) == 0, "the one before is open"
    decided[draws[0]] = True
    assert set(sampling.audit.draw(sampling.reached(decided)).tolist()) == set(draws[:2].tolist())
    assert sampling.audit.draw(sampling.reached(decided) + 1)[-1] == draws[2]


def test_draws_that_the_queue_would_have_come_to_stand_for_nobody():
    p, wrong = population(4, 300, 0)
    audit = Audit.design(p)
    nobody, drawn = np.zeros(300, bool), audit.draw(30)
    answers = np.full(300, np.nan)
    answers[drawn[:20]] = wrong[drawn[:20]]
    assert errors_left.hear(audit, answers, 20, nobody).standing == pytest.approx(20)
    assert errors_left.hear(audit, answers, 0, nobody).standing == 0
    top = np.argsort(-p)[:200]
    otherwise = nobody.copy()
    otherwise[top] = True
    otherwise[drawn] = False
    answers[top] = wrong[top]
    outside = ~np.isin(drawn[:20], top)
    assert errors_left.hear(audit, answers, 20, otherwise).standing == pytest.approx(outside.sum(), abs=3)


def test_what_audit_asks_for_is_not_asked_again():
    p, _ = population(2, 300, 0)
    sampling = Draws(Audit.design(p))
    first, decided = sampling.draws(), np.zeros(300, bool)
    decided[first[:3]] = True  # by the queue
    asked = sampling.ask(10, decided)
    assert asked
    assert not np.isin(asked, sampling.draws()).any()
    assert not decided[asked].any()
    assert asked[0] == first[3], "the next ones"
    # Left open, they hold up nothing: the draws after them count.
    after = sampling.reached(decided)
    assert after >= sampling.asked
    following = next(i for i in sampling.draws() if not decided[i])
    decided[following] = True
    assert sampling.reached(decided) > after
    assert asked[0] in sampling.ask(1, decided), "what is open is listed again"


def test_a_whole_that_is_decided_on_comes_to_an_end():
    p, _ = population(3, 50, 0)
    sampling = Draws(Audit.design(p))
    assert sampling.reached(np.ones(50, bool)) >= 1000
    nothing = Draws(Audit.design(np.full(5, np.nan)))
    assert nothing.draws().tolist() == []
    assert nothing.reached(np.zeros(5, bool)) == 0


def test_rates():
    assert [every(rate) for rate in (0, 0.05, 0.1, 0.2, 0.5)] == [0, 20, 10, 5, 2]
    assert check_rate(0.2) == 0.2
    # A half rounds up, as in the browser.
    assert [every(rate) for rate in (0.4, 1 / 4.5)] == [3, 5]
    assert every(check_rate(0.001)) == 1000
    for rate in (-0.1, 0.6, float("nan"), 5e-324, 0.0009):
        with pytest.raises(DataError, match=r"cannot be mixed.*from 0\.001 to 0\.5"):
            check_rate(rate)


def test_how_many_more():
    left = Left(60, 37, 25, 49, 0.1, 400, 23, "audit", 100, spread=60.0)
    assert aim(left) == 6
    assert more(left) == f"For ± 6 about {round(left.needed(6), -1)} more random items are needed."
    assert more(Left(60, 37, 25, 49, 0.1, 60, 23, "audit", 100, spread=60.0)).startswith("For ± 6 nearly all")
    assert aim(Left(60, 370, 0, 741, 0.1, 4000, 23, "audit", 10)) == 200
    assert more(Left(5, 1, 0, 2, 0.1, 40, 4, "audit", 100, spread=1.0)) == ""
    assert more(Left(5, 0, 0, 0, 0.1, 0, 5, "audit", 100)) == ""


def test_where_to_stop():
    found = Below(37.2, 25, 49.1, 900, "audit").sentence()
    assert found == "Stop here: about 37 wrong labels left below this line (25 to 49)."
    assert Below(1, 0, 9, 900, "audit").sentence() == "Stop here: about 1 wrong label left below this line (0 to 9)."
    assert Below(37, 0, 90, 900, "model").sentence() == (
        "Stop here: about 37 wrong labels left below this line (0 to 90; answer 30 random ones to be sure)."
    )
    assert Below(37, 0, 90, 900, "model", 1).sentence().endswith("; answer 29 more random ones to be sure).")
    assert Below(37, 0, 90, 900, "model", 9).sentence().endswith("; answer 21 more random ones to be sure).")
    assert "has been decided on" in Below(0, 0, 0, 0, "audit").sentence()


def test_the_queue_of_a_review(review):
    assert review.audit_rate == 0.1
    review.audit_rate = 0.2
    queue = review.queue
    assert queue.index.is_unique
    suspects = queue[~queue.drawn]
    assert suspects.is_label_issue.all()
    assert set(review.issues.index[review.issues.is_label_issue]) <= set(queue.index)
    assert np.flatnonzero(queue.drawn)[:3].tolist() == [4, 9, 14]
    position = [review.dataset.position(item) for item in queue.index[queue.drawn]]
    assert position == [p for p in review.sample.draws().tolist() if p in position]
    with pytest.raises(DataError, match="audit rate of 2"):
        review.audit_rate = 2
    review.audit_rate = 0
    assert not review.queue.drawn.any()
    assert review.queue.index.tolist() == review.issues.index[review.issues.is_label_issue].tolist()


def test_the_answers_in_the_queue_are_an_audit(review):
    review.audit_rate = 0.5
    assert review.left().basis == "model"
    assert review.left().draws == 0
    before = review.queue
    items = before.index[:-1]
    assert len(items) >= 20
    assert before.drawn[:-1].sum() >= 10
    for item in items[:6]:
        review.keep(item)
    left = review.left()
    assert left.basis == "model", "too few to rest on"
    assert 0 < left.draws < 10
    assert "more random ones to be sure" in left.sentence()
    assert "more random ones to be sure" in review.left_below().sentence()
    after = review.queue
    still = [item for item in before.index[6:] if item in after.index]
    assert len(still) > 10
    assert after.index.tolist()[: len(still)] == still, "what is still to be decided on, in the order that it had"
    assert set(after.state) == {"given"}
    assert set(items) <= set(review.issues.index)
    with review.state.lock:
        for item in items[6:]:
            review.keep(item)
    left = review.left()
    assert left.basis == "audit"
    assert left.draws >= 10
    assert not set(review.queue.index) & set(items)
    assert left.per_class.index.name == "class"
    assert set(left.per_class.index) <= set(review.classes)
    below = review.left_below()
    assert below.basis == "audit"
    assert below.left <= left.left
    assert 0 <= below.low <= below.left <= below.high <= below.unreviewed <= left.unreviewed
    assert review.left_below(0).left == pytest.approx(left.left)
    assert review.left_below(300).unreviewed == 0
    for cut in (-1, 0.5, True, 301, "10", np.nan):
        with pytest.raises(DataError, match=r"no line at cut=.*whole number from 0 to 300\."):
            review.left_below(cut)
    assert review.left_below(np.int64(300)).unreviewed == 0
    for n in (2.5, True, 0, -3, 301, "20"):
        with pytest.raises(DataError, match=r"cannot be drawn.*at least one: a whole number from 1 to 300\."):
            review.audit(n)
    asked = review.audit(15)
    assert not set(asked) & set(items)
    assert not set(asked) & set(review.queue[review.queue.drawn].index)
