"""Answers: what they refuse, and that they stay sparse."""

import numpy as np
import pytest
from consensus_help import crowd, drawn, even
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from explorer.consensus import Answers, consensus
from explorer.errors import DataError


@settings(max_examples=50, deadline=None)
@given(matrix=arrays.arrays(np.int64, st.tuples(st.integers(1, 8), st.integers(1, 5)), elements=st.integers(-1, 2)))
def test_a_wide_table_and_its_triplets_say_the_same(matrix):
    answers = Answers.of(matrix, 3)
    back = np.full(matrix.shape, -1)
    back[answers.items, answers.raters] = answers.codes
    np.testing.assert_array_equal(back, matrix)
    expected = [[(row == c).sum() for c in range(3)] for row in matrix]
    np.testing.assert_array_equal(answers.counts(), expected)
    np.testing.assert_array_equal(answers.per_item, (matrix >= 0).sum(axis=1))
    np.testing.assert_array_equal(answers.per_rater, (matrix >= 0).sum(axis=0))
    wide = answers.table().toarray().reshape(len(matrix), matrix.shape[1], 3)
    np.testing.assert_array_equal(wide.argmax(axis=2)[matrix >= 0], matrix[matrix >= 0])
    for i in range(len(matrix)):
        assert answers.codes[answers.starts[i] : answers.starts[i + 1]].tolist() == [c for c in matrix[i] if c >= 0]


def test_order_does_not_matter():
    answers, _ = crowd(n=50)
    order = np.random.default_rng(0).permutation(len(answers))
    other = Answers(answers.items[order], answers.raters[order], answers.codes[order], 50, 4, 3)
    np.testing.assert_array_equal(other.items, answers.items)
    np.testing.assert_array_equal(other.codes, answers.codes)


def test_what_is_refused_is_named():
    def make(items, raters, codes, families=None):
        return Answers(np.array(items), np.array(raters), np.array(codes), 3, 2, 2, families)

    with pytest.raises(DataError, match="Answer 1 names 3 among its items, of which there are 3"):
        make([0, 3], [0, 1], [0, 1])
    with pytest.raises(DataError, match="Answer 0 names 2 among its codes"):
        make([0], [0], [2])
    with pytest.raises(DataError, match="Answer 0 names -1 among its codes.*Leave out abstentions"):
        make([0], [0], [-1])
    with pytest.raises(DataError, match="Rater 1 answered item 2 twice, with the classes 0 and 1"):
        make([2, 0, 2], [1, 0, 1], [0, 0, 1])
    with pytest.raises(DataError, match="2 items, 1 raters, 1 codes"):
        make([0, 1], [0], [0])
    with pytest.raises(DataError, match="2 raters and 1 families"):
        make([0], [0], [0], ("gpt",))
    with pytest.raises(DataError, match="shape"):
        make([0.5], [0], [0])
    with pytest.raises(DataError, match="no classes"):
        Answers.of(np.zeros((2, 2), int), 0)
    with pytest.raises(DataError, match="code -2"):
        Answers.of([[0, -2]], 2)


def test_some_more_and_fewer():
    answers, _ = crowd(n=30, share=0.5)
    fewer = answers.without([1])
    assert 1 not in fewer.raters
    assert fewer.n_raters == 4
    free = np.setdiff1d(np.arange(30), answers.items[answers.raters == 1])
    more = answers.plus(free[:2], [1, 1], [0, 2])
    assert len(more) == len(answers) + 2
    with pytest.raises(DataError, match="twice"):
        more.plus(free[:1], [1], [0])


def test_families_are_numbered_and_nobody_else_is_of_one():
    answers = Answers.of(np.zeros((2, 4), int), 2, ["gpt", "", "gpt", ""])
    a, b, c, d = answers.family_of().tolist()
    assert a == c
    assert len({a, b, d}) == 3


def test_a_thousand_raters_and_many_items_stay_sparse():
    rng = np.random.default_rng(0)
    n, r = 20_000, 1_000
    truth = rng.integers(0, 3, n)
    items = np.repeat(np.arange(n), 3)
    raters = (rng.integers(0, r, n)[:, None] + np.array([0, 7, 300])).ravel() % r
    skill = rng.uniform(0.6, 0.95, r)
    right = rng.random(len(items)) < skill[raters]
    codes = np.where(right, truth[items], (truth[items] + rng.integers(1, 3, len(items))) % 3)
    found = consensus(Answers(items, raters, codes, n, r, 3))
    assert (found.labels == truth).mean() > 0.88
    assert len(found.quality) == r


def test_drawn_answers_follow_their_matrices():
    rng = np.random.default_rng(0)
    answers = drawn(rng, np.zeros(5000, int), [even(0.7, 3)])
    assert (answers == 0).mean() == pytest.approx(0.7, abs=0.02)
