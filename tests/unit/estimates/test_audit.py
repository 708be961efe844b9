"""Which items a random audit draws: by their chances, evenly, and the same ones whenever it is asked."""

import numpy as np
import pytest
from audit_help import population, reviewed

from explorer.estimates.audit import Audit
from explorer.estimates.systematic_sampling import uneven

REPEATS = 200


def test_draws_are_an_endless_fixed_sequence():
    p, _ = population(0, 500)
    p[:50] = np.nan
    audit = Audit.design(p, 3)
    many = audit.draw(20_000)
    np.testing.assert_array_equal(audit.draw(17), many[:17])
    np.testing.assert_array_equal(Audit.design(p, 3).draw(100), many[:100])
    assert (Audit.design(p, 4).draw(100) != many[:100]).any()
    assert many.min() >= 50
    assert audit.chance.sum() == pytest.approx(1)
    share = np.bincount(many, minlength=500) / len(many)
    assert np.abs(share - audit.chance).max() < 5 * np.sqrt(audit.chance.max() / len(many))


@pytest.mark.parametrize("n", [20, 77, 100, 300])
def test_draws_lie_evenly_by_p_error(n):
    p, _ = population(0, 4000)
    audit = Audit.design(p, 1)
    order = np.argsort(p, kind="stable")
    fifth = np.empty(4000, int)
    fifth[order] = np.minimum(np.cumsum(audit.chance[order]) * 5, 4).astype(int)
    counts = np.bincount(fifth[audit.draw(n)], minlength=5)
    assert np.abs(counts - n / 5).max() < 3
    assert len(np.unique(audit.draw(n))) > 0.9 * n


@pytest.mark.parametrize("n", [1, 2, 7, 55, 100])
def test_how_far_the_number_of_times_an_item_is_drawn_varies_is_known(n):
    chance = np.array([0.004, 0.01, 0.03, 0.1, 0.2, 0.656])
    counts = [np.bincount(Audit(np.linspace(0, 1, 6), chance, seed).draw(n), minlength=6) for seed in range(4000)]
    np.testing.assert_allclose(np.mean(counts, axis=0), n * chance, atol=0.04)
    seen = np.var(counts, axis=0) / (n * chance)
    np.testing.assert_allclose(uneven(chance, n), seen, atol=0.02, rtol=0.3)


def test_where_everything_is_bound_to_be_drawn_hardly_anything_is_unsure():
    p, wrong = population(1, 40)
    left, truth, _ = reviewed(p, wrong, 0, 400)
    assert left.unreviewed == 0
    assert left.spread / np.sqrt(400) < 0.6
    few, _, _ = reviewed(p, wrong, 0, 10)
    assert few.spread / np.sqrt(10) > 1
    assert truth == 0


def test_design_follows_its_formula():
    p = np.array([0.0, 0.5, 0.9, np.nan])
    s = np.array([0.01, 0.5, 0.3])
    expected = 0.8 * s / s.mean() + 0.2
    np.testing.assert_allclose(Audit.design(p).chance, [*(expected / expected.sum()), 0])
    np.testing.assert_allclose(Audit.design(p, uniform=1).chance, [1 / 3, 1 / 3, 1 / 3, 0])


def test_items_are_laid_end_to_end_once(monkeypatch):
    p, _ = population(5, 2000)
    audit = Audit.design(p)
    first = audit.draw(50)
    monkeypatch.setattr(np, "lexsort", None)
    monkeypatch.setattr(np, "argsort", None)
    np.testing.assert_array_equal(audit.draw(50), first)
