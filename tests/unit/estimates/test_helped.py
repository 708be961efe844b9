"""Did it help: the gain is found where there is one, not where there is none, and the interval holds what it says."""

import threading

import numpy as np
import pytest
from sklearn.datasets import load_digits

from explorer.errors import Cancelled, DataError
from explorer.estimates.helped import ROUNDS, helped, newcombe
from explorer.progress import Progress, Stage


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    return ((data.data - data.data.mean(axis=0)) / 16).astype(np.float32)[:800], data.target.astype(np.int32)[:800]


@pytest.fixture(scope="module")
def flipped(digits):
    rng = np.random.default_rng(0)
    truth = digits[1]
    wrong = rng.random(len(truth)) < 0.4
    # Errors that go one way mislead a model; uniform ones hardly do.
    return np.where(wrong, (truth + 1) % 10, truth).astype(np.int32)


@pytest.fixture(scope="module")
def found(digits, flipped):
    x, truth = digits
    return helped(x, flipped, truth, np.arange(800) < 500, 10)


def test_a_gain_is_found(found):
    assert found.low > 0
    assert found.low < found.difference < found.high
    assert found.difference == pytest.approx(found.after - found.before)
    assert found.judged == 500
    assert found.reviewed
    assert 250 < found.changed < 380
    assert found.sentence().startswith("The corrections helped: taught on the corrected labels the probe gets 9")


def test_harm_is_found(digits, flipped):
    x, truth = digits
    back = helped(x, truth, np.where(np.arange(800) < 400, truth, flipped).astype(np.int32), np.arange(800) < 400, 10)
    assert back.difference <= 0
    worse = helped(x, truth, flipped, np.zeros(800, bool), 10)
    assert worse.high < 0
    assert "did harm" in worse.sentence()


def test_by_class(digits, found):
    table = found.per_class
    assert table.judged.sum() == 500
    np.testing.assert_array_equal(table.judged, np.bincount(digits[1][:500], minlength=10))
    weighted = (table.judged * table.difference).sum() / 500
    assert weighted == pytest.approx(found.difference)
    assert (table.low <= table.difference).all()
    assert (table.difference <= table.high).all()
    assert (table.high - table.low).min() > found.high - found.low


def test_is_judged_on_reviewed_items_or_says_that_there_are_none(digits, flipped, found):
    x, truth = digits
    assert "500 reviewed items only" in found.note
    nobody = helped(x, flipped, truth, None, 10)
    assert nobody.judged == 800
    assert not nobody.reviewed
    assert "No item is reviewed" in nobody.note
    assert "none of them reviewed" in nobody.sentence()
    assert helped(x, flipped, truth, np.ones(800, bool), 10).note == ""


def test_the_same_seed_gives_the_same(digits, flipped, found):
    again = helped(digits[0], flipped, digits[1], np.arange(800) < 500, 10)
    assert (again.before, again.after, again.low, again.high) == (found.before, found.after, found.low, found.high)


def test_nothing_changed(digits):
    x, truth = digits
    same = helped(x, truth, truth, np.ones(800, bool), 10)
    assert same.difference == 0
    assert same.low <= 0 <= same.high
    assert same.sentence() == "No label changed, so nothing changed."


def test_few_random_corrections_are_not_told_apart(digits):
    x, truth = digits
    before = truth.copy()
    before[:3] = (before[:3] + 1) % 10
    few = helped(x, before, truth, np.arange(800) < 20, 10)
    assert few.low <= 0 <= few.high
    assert few.sentence().startswith("Whether the corrections helped cannot be told")
    assert few.sentence().endswith("These are few.")


def test_unlabelled_items_are_not_judged(digits, flipped):
    x, truth = digits
    before, after = flipped.copy(), truth.copy()
    before[:40] = -1
    after[30:60] = -1
    found = helped(x, before, after, np.arange(800) < 100, 10)
    assert found.judged == 70


@pytest.mark.parametrize(("n", "classes"), [(0, 3), (1, 1), (5, 2), (6, 1000)])
def test_little_to_go_by(n, classes):
    x = np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32)
    labels = (np.arange(n) % min(classes, 2)).astype(np.int32)
    found = helped(x, np.zeros(n, np.int32), labels, np.ones(n, bool), classes)
    assert found.judged == n
    assert found.sentence()
    assert np.isnan(found.difference) == (n == 0)
    nothing = helped(x, labels, np.full(n, -1, np.int32), None, classes)
    assert nothing.judged == 0
    assert nothing.note == "No item has a label after the corrections."


def test_bad_input_is_refused(digits):
    x, truth = digits
    with pytest.raises(DataError, match="799 labels before"):
        helped(x, truth[1:], truth, None, 10)
    with pytest.raises(DataError, match="from 0 to 4"):
        helped(x, truth, truth, None, 5)
    with pytest.raises(DataError, match="NaN or infinite"):
        helped(np.full_like(x, np.nan), truth, truth, None, 10)


def test_progress_is_one_stage_and_can_be_cancelled(digits, flipped):
    stages = []
    helped(*(digits[0], flipped, digits[1], None, 10), progress=Progress(Stage("helped"), stages.append, interval=0))
    done = [s.done for s in stages]
    assert done == sorted(done)
    assert set(done) == set(range(2 * ROUNDS + 1)), "epoch by epoch through both fits"
    assert {(s.total, s.unit) for s in stages} == {(2 * ROUNDS, "epochs")}
    assert [s.note for s in stages][:: len(stages) - 1] == [
        "taught on the given labels",
        "taught on the corrected labels",
    ]
    assert all(s.left is not None and s.rate > 0 for s in stages[1:] if s.state == "running")
    assert stages[-1].state == "done"
    once = []
    helped(digits[0], digits[1], digits[1], None, 10, progress=Progress(Stage("helped"), once.append, interval=0))
    assert once[-1].done == once[-1].total == ROUNDS, "labels that are the same are taught once"
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        helped(*(digits[0], flipped, digits[1], None, 10), progress=Progress(Stage("helped"), cancel=cancel))
    late = threading.Event()

    def stop(stage):
        if stage.done > ROUNDS + 3:
            late.set()

    with pytest.raises(Cancelled):
        helped(*(digits[0], flipped, digits[1], None, 10), progress=Progress(Stage("helped"), stop, late, interval=0))


def test_newcombe_covers():
    """Exact coverage: the chance of every table times whether its interval holds the true difference."""
    from scipy.stats import multinomial

    n = 20
    tables = [(a, b, c, n - a - b - c) for a in range(n + 1) for b in range(n + 1 - a) for c in range(n + 1 - a - b)]
    intervals = np.array([newcombe(*t) for t in tables])
    for chance in ([0.6, 0.2, 0.1, 0.1], [0.85, 0.1, 0.02, 0.03], [0.3, 0.2, 0.2, 0.3], [0.1, 0.6, 0.1, 0.2]):
        true = chance[1] - chance[2]
        holds = (intervals[:, 0] <= true) & (true <= intervals[:, 1])
        assert 0.93 < multinomial.pmf(tables, n, chance)[holds].sum() <= 1


def test_newcombe_is_symmetric_and_bounded():
    for table in ([30, 8, 3, 4], [0, 5, 0, 0], [5, 0, 0, 0], [0, 0, 0, 5], [0, 0, 5, 0], [1, 0, 0, 0]):
        a, b, c, d = table
        low, high = newcombe(a, b, c, d)
        assert -1 <= low <= (b - c) / sum(table) <= high <= 1
        assert newcombe(a, c, b, d) == pytest.approx((-high, -low))
    assert np.isnan(newcombe(0, 0, 0, 0)).all()


def test_newcombe_on_a_pair_that_is_independent():
    """Where φ is 0 the interval is that of two independent proportions: Wilson's distances joined by squares."""
    low, high = newcombe(25, 25, 25, 25)
    z = 1.959963984540054
    centre, half = (0.5 + z * z / 200) / (1 + z * z / 100), z * np.sqrt(0.25 / 100 + z * z / 40_000) / (1 + z * z / 100)
    assert high == pytest.approx(np.hypot(centre + half - 0.5, 0.5 - (centre - half)))
    assert low == pytest.approx(-high)
