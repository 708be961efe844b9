"""Results say in a sentence what their numbers mean, in a notebook, on a terminal and in print."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from explorer.estimates.drift import FEWEST, drift
from explorer.estimates.helped import Helped
from explorer.estimates.results import Below, Left
from explorer.utils.text import are, counted, listed

TABLE = pd.DataFrame({"judged": [3]}, index=pd.Index(["<b>"], name="class"))


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (Helped(0.5, 0.75, 0.25, 0.1, 0.4, 40, 7, True, TABLE), "75.0 % of 40 reviewed items right"),
        (Left(20, 15, 10, 20, 0.1, 280, 5, "audit", 20), "About 15 wrong labels are left among 280 labels"),
        (Below(4, 2, 6, 100, "audit", 20), "about 4 wrong labels left below this line (2 to 6)"),
        (Below(4, 2, 7, 1000, "model"), "(2 to 7; answer 30 random ones to be sure)"),
        (drift([], []), "so far there are 0 decisions on items with a p_error since these scores were made."),
        (drift([0.5], [True]), "so far there is 1 decision on"),
        (drift(np.full(40, 0.5), np.arange(40) % 2 == 0), "In the last 40 decisions you changed 20 labels; 20 were"),
        (drift(np.full(40, 0.9), np.zeros(40, bool)), "You changed 0 of the last 40 labels; 36 were expected"),
    ],
)
def test_the_sentence_is_what_is_shown(result, says):
    sentence = result.sentence()
    assert says in sentence
    assert repr(result) == str(result) == f"{result}" == sentence
    assert result._repr_html_().startswith("<p>")
    assert says in result._repr_html_()


def test_nothing_in_it_is_markup():
    found = Helped(0.5, 0.75, 0.25, 0.1, 0.4, 40, 7, True, TABLE, note="<script>&")
    assert found._repr_html_().endswith("<p>&lt;script&gt;&amp;</p>")


def test_numbers_can_still_be_taken_apart():
    left, low, high, *_ = Below(4.5, 2, 6, 100, "audit", 20)
    assert (left, low, high) == (4.5, 2, 6)
    assert drift([0.5] * FEWEST, [True] * FEWEST).found == FEWEST


def test_counts_agree_with_their_nouns() -> None:
    assert [counted(n, "class", "classes") for n in (0, 1, 2000)] == ["0 classes", "1 class", "2,000 classes"]
    assert [are(n) for n in (0, 1, 2)] == ["are", "is", "are"]
    assert listed(["a", "b", "c"], 2) == "'a', 'b' and 1 more"
