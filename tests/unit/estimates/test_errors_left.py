"""How many errors are left: unbiased and covered whatever p_error says, and never absurd."""

from dataclasses import replace

import numpy as np
import pytest
from audit_help import population, reviewed
from scipy.special import expit, logit
from scipy.stats import t

from explorer.errors import DataError
from explorer.estimates import errors_left
from explorer.estimates.audit import Audit
from explorer.estimates.errors_left import SHIFT, SHIFTS, below
from explorer.estimates.noise_range import NoiseRange
from explorer.estimates.results import Left
from explorer.estimates.systematic_sampling import uneven

REPEATS = 200


@pytest.mark.parametrize("off", [0, 1, -1])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (150, 0), (60, 90)])
def test_intervals_hold_the_truth_and_the_estimate_is_unbiased(off, before, after):
    covered, errors, halves, simple = 0, [], [], []
    for seed in range(REPEATS):
        p, wrong = population(seed, 3000, off)
        left, truth, answers = reviewed(p, wrong, seed, 100, before, after)
        covered += left.low <= truth <= left.high
        errors.append(left.left - truth)
        halves.append((left.high - left.low) / 2)
        rest = int(np.isnan(answers).sum())
        simple.append(1.96 * rest * np.sqrt(truth / rest * (1 - truth / rest) / 200))
    assert covered >= 0.9 * REPEATS
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(REPEATS)
    # Half as many answers as a simple random sample, and hardly wider even where p_error is off.
    assert np.mean(halves) < 1.15 * np.mean(simple)


def test_a_sharp_p_error_makes_it_narrow():
    rng = np.random.default_rng(0)
    wrong = (rng.random(3000) < 0.1).astype(float)
    p = np.clip(np.where(wrong == 1, rng.beta(9, 1, 3000), rng.beta(0.2, 9, 3000)), 0, 1)
    left, truth, _ = reviewed(p, wrong, 0, 100)
    assert left.low <= truth <= left.high
    assert (left.high - left.low) / 2 < 0.5 * 1.96 * 3000 * np.sqrt(0.09 / 200)


def test_what_the_audit_drew_before_the_queue_came_to_it_stands_for_nobody():
    """With p_error far too low everywhere, counting such items for others would overestimate."""
    errors = []
    for seed in range(REPEATS):
        p, wrong = population(seed, 600)
        p = expit(logit(p) - 2)
        left, truth, _ = reviewed(p, wrong, seed, 60, top_after=300)
        errors.append(left.left - truth)
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(REPEATS) + 0.3


def test_estimate_follows_its_formula():
    p, wrong = population(1, 300)
    audit = Audit.design(p, 0)
    drawn = audit.draw(30)
    answers = np.full(300, np.nan)
    answers[drawn] = wrong[drawn]
    left = errors_left.estimate(audit, answers, 30, np.zeros(300, bool))
    found = wrong[np.unique(drawn)].sum()
    total = p.sum() + np.mean((wrong[drawn] - p[drawn]) / audit.chance[drawn])
    assert left.left == pytest.approx(max(0, total - found))
    assert left.found == found
    assert left.total == pytest.approx(left.left + found)
    assert left.rate == pytest.approx(left.total / 300)
    assert left.unreviewed == 300 - len(np.unique(drawn))
    assert (left.draws, left.skipped, left.basis) == (30, 0, "audit")


def test_the_interval_follows_its_formula():
    n, count, drawn_count = 40, 500, 14
    p = float(expit(-0.85))
    audit = Audit.design(np.full(count, p), 0)
    drawn = audit.draw(n)
    assert len(np.unique(drawn)) == n
    answers, w = np.full(count, np.nan), (np.arange(n) % 3 == 0).astype(float)
    answers[drawn] = w
    left = errors_left.estimate(audit, answers, n, np.zeros(count, bool))
    # A posterior of the shift on a grid, and what follows from it for those that nobody looked at.
    true = expit(-0.85 + SHIFTS)
    belief = np.exp(-0.5 * (SHIFTS / SHIFT) ** 2) * true**drawn_count * (1 - true) ** (n - drawn_count)
    belief /= belief.sum()
    expected = belief @ true * (count - n)
    doubt = belief @ (true * (1 - true) * (count - n) + (true * (count - n) - expected) ** 2)
    varies = uneven(np.full(count, 1 / count), n)[0]
    parts = ((w - p) * count).reshape(8, 5)
    seen = varies * ((parts - parts.mean(axis=1, keepdims=True)) ** 2).sum() / (n - 8)
    drawn_variance = (seen + belief @ (true * (1 - true)) * count**2 * varies) / 2 / n
    lean, off = 0.5, left.left - expected
    assert doubt < drawn_variance
    variance = doubt + (1 - lean) ** 2 * (drawn_variance - doubt) + (lean * off) ** 2
    half = t.ppf(0.975, n - 1) * np.sqrt(variance)
    assert (left.low, left.high) == pytest.approx((left.left - lean * off - half, left.left - lean * off + half))
    assert left.spread == pytest.approx(np.sqrt(variance * n))


def test_the_interval_holds_the_estimate_and_leans_less_with_more_draws():
    leaning = []
    for seed in range(40):
        p, wrong = population(seed, 4000)
        # p_error says nothing of three in ten errors, so that no shift makes it right.
        p = np.where((wrong == 1) & (np.random.default_rng([seed, 1]).random(4000) < 0.3), p * 0.02, p)
        off = []
        for draws in (60, 1000):
            left, _, _ = reviewed(p, wrong, seed, draws)
            assert left.low <= left.left <= left.high
            off.append(abs((left.low + left.high) / 2 - left.left))
        leaning.append(off)
    few, many = np.mean(leaning, axis=0)
    assert many < 0.25 * few


@pytest.mark.parametrize(("hidden", "least"), [(0.3, 0.75), (0.6, 0.72)])
def test_errors_that_p_error_is_blind_to_widen_the_interval(hidden, least):
    covered, wider = [], []
    for seed in range(REPEATS):
        rng = np.random.default_rng([seed, 1])  # apart from those that the population is drawn from
        p, wrong = population(seed, 3000)
        blind = (wrong == 1) & (rng.random(3000) < hidden)
        right, _, _ = reviewed(p, wrong, seed, 100)
        left, truth, _ = reviewed(np.where(blind, rng.permutation(p) * 0.02, p), wrong, seed, 100)
        covered.append(left.low <= truth <= left.high)
        wider.append((left.high - left.low) / (right.high - right.low))
    assert np.mean(covered) >= least
    assert np.mean(wider) > 1 + hidden / 2


def test_items_reviewed_otherwise_count_as_what_they_are():
    p, wrong = population(2, 400)
    otherwise = np.argsort(-p) < 100
    answers = np.where(otherwise, wrong, np.nan)
    left = errors_left.estimate(Audit.design(p), answers, 0, otherwise)
    assert left.basis == "model"
    assert left.left == pytest.approx(p[~otherwise].sum())
    assert left.total == pytest.approx(left.left + wrong[otherwise].sum())


def test_skipped_draws_are_counted_and_left_out():
    p, wrong = population(3, 400)
    audit = Audit.design(p)
    drawn = audit.draw(40)
    answers = np.full(400, np.nan)
    answers[drawn[:30]] = wrong[drawn[:30]]
    again = np.isin(drawn[30:], drawn[:30]).sum()
    left = errors_left.estimate(audit, answers, 40, np.zeros(400, bool))
    assert (left.draws, left.skipped) == (30 + again, 10 - again)


def test_before_the_first_draw_the_range_is_the_models():
    p, _ = population(4, 1000)
    nobody, nothing = np.zeros(1000, bool), np.full(1000, np.nan)
    noise = NoiseRange(0.1, 0.05, 0.2)
    left = errors_left.estimate(Audit.design(p), nothing, 0, nobody, noise)
    assert (left.low, left.left, left.high) == pytest.approx((50, p.sum(), 200))
    assert left.sentence() == (
        f"About {round(p.sum())} wrong labels are left among 1,000 labels that nobody has decided on "
        "(50 to 200; answer 30 random ones to be sure)."
    )
    blind = errors_left.estimate(Audit.design(p), nothing, 0, nobody)
    assert (blind.low, blind.high) == (0, 1000)


def test_before_the_first_draw_a_part_has_the_range_that_is_open_there():
    """What the whole may be off by lies where p_error is unsure, also below the suspects."""
    p, _ = population(4, 1000)
    noise = NoiseRange(0.1, 0.05, 0.2)
    heard = errors_left.hear(Audit.design(p), np.full(1000, np.nan), 0, np.zeros(1000, bool), noise)
    above = np.argsort(np.argsort(-p)) < 300
    parts = [below(heard, above), below(heard, ~above)]
    for part, rows in zip(parts, [~above, above], strict=True):
        said, share = p[rows].sum(), (p * (1 - p))[rows].sum() / (p * (1 - p)).sum()
        low, high = said + share * (50 - p.sum()), said + share * (200 - p.sum())
        assert part[:5] == pytest.approx((said, low, high, rows.sum(), "model"))
    assert below(heard, np.zeros(1000, bool))[:3] == pytest.approx((p.sum(), 50, 200))
    nothing = errors_left.hear(Audit.design(np.zeros(10)), np.full(10, np.nan), 0, np.zeros(10, bool), noise)
    assert below(nothing, np.arange(10) < 5).high == pytest.approx(1)


def test_what_is_left_below_suspects_that_were_all_seen_is_as_open_as_the_whole():
    p, wrong = population(6, 2000)
    noise = NoiseRange(0.1, 0.05, 0.2)
    above = p > 0.5
    answers = np.where(above, wrong, np.nan)
    heard = errors_left.hear(Audit.design(p), answers, 0, above, noise)
    part, whole = below(heard, above), heard.left()
    assert part[:3] == pytest.approx((whole.left, whole.low, whole.high))


def test_classes_add_up_to_the_whole():
    """Each is cut off at nothing; the others give up what that adds."""
    p, _ = population(7, 2000)
    labels = (np.arange(2000) % 10).astype(np.int32)
    audit, answers = Audit.design(p, labels=labels), np.full(2000, np.nan)
    answers[audit.draw(30)] = 0
    left = errors_left.estimate(audit, answers, 30, np.zeros(2000, bool))
    assert left.per_class.left.sum() <= left.left + 1e-6
    assert (left.per_class.low <= left.per_class.left).all()


def test_several_things_can_be_asked_of_the_same_answers():
    p, wrong = population(5, 2000)
    labels = (np.arange(2000) % 2).astype(np.int32)
    audit, nobody = Audit.design(p, labels=labels), np.zeros(2000, bool)
    answers = np.full(2000, np.nan)
    answers[audit.draw(80)] = wrong[audit.draw(80)]
    heard, left = errors_left.hear(audit, answers, 80, nobody), errors_left.estimate(audit, answers, 80, nobody)
    assert heard.whole == (left.left, left.spread, left.low, left.high)
    assert heard.standing == 80
    odd = left.per_class.loc[1]
    assert below(heard, labels == 0)[:4] == pytest.approx((odd.left, odd.low, odd.high, odd.unreviewed))
    assert below(heard, labels >= 0)[:5] == (0, 0, 0, 0, "audit")


def test_by_class():
    rng = np.random.default_rng(0)
    p, wrong = population(5, 3000)
    labels = rng.integers(0, 3, 3000).astype(np.int32)
    labels[:10], p[:10] = -1, np.nan
    covered = 0
    for seed in range(100):
        left, _, answers = reviewed(p, wrong, seed, 150, 30, 20, labels=labels)
        table = left.per_class
        rest = np.isnan(answers) & (labels >= 0)
        truth = np.bincount(labels[rest], wrong[rest], minlength=3)
        covered += ((table.low <= truth) & (truth <= table.high)).sum()
        assert table.left.sum() == pytest.approx(left.left)
        assert table.labels.sum() == 2990
        assert table.unreviewed.sum() == left.unreviewed
        assert table.found.sum() == left.found
    assert covered >= 0.9 * 300
    assert left.per_class.index.name == "class"


def test_needed_draws_reach_the_width():
    p, wrong = population(6, 5000)
    left, _, _ = reviewed(p, wrong, 0, 100)
    half = (left.high - left.low) / 2
    more = left.needed(half / 2)
    assert 250 < more < 350
    halves = []
    for seed in range(10):
        after, _, _ = reviewed(p, wrong, seed, 100 + more)
        halves.append((after.high - after.low) / 2)
    assert np.mean(halves) == pytest.approx(half / 2, rel=0.2)
    assert left.needed(half * 2) == 0
    with pytest.raises(DataError, match="above 0"):
        left.needed(0)


def test_sentences():
    p, wrong = population(7, 1300)
    left, _, _ = reviewed(p, wrong, 0, 100)
    down, up = round(left.left - left.low), round(left.high - left.left)
    assert left.low > 0
    assert down != up, "it leans"
    middle = round(left.left)
    about = f"About {middle} wrong labels are left among {left.unreviewed:,} labels that nobody has decided on"
    assert left.sentence() == f"{about} ({round(left.low)} to {round(left.high)})."
    even = replace(left, low=middle - 30, high=middle + 30)
    assert even.sentence() == f"{about} ({middle - 30} to {middle + 30})."
    clipped, _, _ = reviewed(p, wrong, 0, 100, top_after=600)
    assert clipped.low == 0
    assert " (0 to " in clipped.sentence()
    whole = errors_left.estimate(Audit.design(p), wrong, 5, np.ones(1300, bool))
    assert whole.sentence() == f"All labels have been decided on; {int(wrong.sum())} wrong labels were found."


@pytest.mark.parametrize("n", [0, 1, 2, 5, 30])
@pytest.mark.parametrize("belief", [0.0, 1.0, 0.3, np.nan])
@pytest.mark.parametrize("draws", [0, 1, 2, 50])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_odd_inputs_give_finite_bounded_figures(n, belief, draws, share):
    p = np.full(n, belief)
    wrong = (np.arange(n) % 2).astype(float)
    audit = Audit.design(p, labels=np.zeros(n, np.int32))
    otherwise = np.arange(n) < share * n
    answers = np.where(otherwise, wrong, np.nan)
    drawn = audit.draw(draws)
    answers[drawn] = wrong[drawn]
    left = errors_left.estimate(audit, answers, draws, otherwise)
    assert 0 <= left.low <= left.left <= left.high <= left.unreviewed
    assert np.isfinite([left.total, left.spread]).all()
    assert np.isnan(left.rate) == (n == 0 or np.isnan(belief))
    assert left.sentence()
    assert left.needed(1) >= 0
    if not left.unreviewed:
        assert left.left == 0


def test_everything_reviewed_leaves_nothing():
    p, wrong = population(8, 200)
    left = errors_left.estimate(Audit.design(p), wrong, 50, np.arange(200) % 2 == 0)
    assert (left.low, left.left, left.high, left.unreviewed) == (0, 0, 0, 0)
    assert left.total == wrong.sum()


def test_bad_input_is_refused():
    p, wrong = population(9, 20)
    audit = Audit.design(p)
    nobody = np.zeros(20, bool)
    with pytest.raises(DataError, match="is of 20 items"):
        errors_left.estimate(audit, wrong[:10], 3, nobody)
    with pytest.raises(DataError, match="1 for wrong"):
        errors_left.estimate(audit, wrong + 0.5, 3, nobody)
    with pytest.raises(DataError, match="cannot be drawn"):
        audit.draw(-1)
    with pytest.raises(DataError, match="between 0 and 1"):
        Audit.design(p + 1)
    with pytest.raises(DataError, match="above 0 and is at most 1"):
        Audit.design(p, uniform=0)
    with pytest.raises(DataError, match="3 labels for 20"):
        Audit.design(p, labels=np.zeros(3, np.int32))


def test_a_sample_without_an_error_is_no_proof_that_there_is_none():
    p, wrong = np.full(2_000, 1e-4), np.zeros(2_000)
    wrong[np.random.default_rng(0).choice(2_000, 60, replace=False)] = 1  # errors that p_error is blind to
    held = []
    for seed in range(100):
        audit = Audit.design(p, seed)
        answers = np.full(2_000, np.nan)
        drawn = audit.draw(20)
        answers[drawn] = wrong[drawn]
        left = errors_left.estimate(audit, answers, 20, np.zeros(2_000, bool))
        if not wrong[drawn].any():
            held.append(left.low <= 60 - wrong[drawn].sum() <= left.high)
    assert len(held) > 30
    assert all(held)


def test_no_more_are_needed_than_there_are():
    p = np.full(300, 0.3)
    audit = Audit.design(p, 0)
    answers = np.full(300, np.nan)
    drawn = audit.draw(30)
    answers[drawn] = np.arange(30) % 3 == 0
    left = errors_left.estimate(audit, answers, 30, np.zeros(300, bool))
    assert left.needed(0.01) == left.unreviewed


def other_scores(better: float, seed: int, n: int = 3000) -> tuple[Left, Left, float]:
    """Answer 100 draws, then 300 items by scores that know more than p⁰; what is left without that known, and with."""
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(-3.2, 1.6, n)).clip(1e-4, 0.999)
    wrong = (rng.random(n) < p).astype(float)
    audit = Audit.design(p, seed)
    drawn = audit.draw(100)
    score = logit(p) + better * (wrong - 0.3) + rng.normal(0, 0.5, n)
    queue = np.setdiff1d(np.argsort(-score, kind="stable")[:300], drawn)
    answers = np.full(n, np.nan)
    answers[drawn], answers[queue] = wrong[drawn], wrong[queue]
    otherwise = np.isin(np.arange(n), queue)
    both = (errors_left.hear(audit, answers, 100, otherwise, elsewhere=known).left() for known in (False, True))
    return *both, wrong[np.isnan(answers)].sum()


def test_scores_that_know_more_do_not_mislead_it() -> None:
    told = [other_scores(2.5, seed) for seed in range(60)]
    blind, knowing = (np.mean([one[way].low <= one[2] <= one[way].high for one in told]) for way in (0, 1))
    assert blind < 0.6, "the queue has found what the draws still stand for"
    assert knowing >= 0.9
    off = [one[1].left - one[2] for one in told]
    assert abs(np.mean(off)) < 20
    for _, left, _ in told:
        assert 0 <= left.low <= left.left <= left.high <= left.unreviewed


def test_items_beyond_the_audit_count_as_the_model_has_them() -> None:
    p = np.full(500, 0.1)
    p[:40] = np.nan  # decided on before it began
    audit = Audit.design(p)
    answers = np.full(500, np.nan)
    answers[audit.draw(50)] = 0
    nobody = np.zeros(500, bool)
    beyond = np.full(500, np.nan)
    beyond[:10] = 0.9  # taken back since
    without, with_them = (errors_left.hear(audit, answers, 50, nobody, beyond=part).left() for part in (None, beyond))
    assert with_them.unreviewed == without.unreviewed + 10
    assert with_them.left == pytest.approx(without.left + 9)
    assert without.low < with_them.low <= without.low + 9
    assert without.high + 9 <= with_them.high <= without.high + 10
