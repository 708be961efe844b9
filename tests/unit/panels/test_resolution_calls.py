"""Second opinions over the wire: an item asked about once more, and votes that become what was seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from panels_help import Page

import explorer
from explorer.errors import DataError
from explorer.review.review import Review


def test_votes_become_what_was_seen_and_nothing_else(tmp_path: Path) -> None:
    data = explorer.read(np.eye(6, dtype=np.float32), label=["cat", "cat", "cat", "dog", "dog", "dog"])
    review = Review(data, tmp_path / "s.labels.db", rater="me", start=False)
    page = Page(review)
    with pytest.raises(DataError, match="no raters"):
        page.call("resolution_outlook")
    review.add_rater("gpt", ["dog"] * 6, kind="model")
    assert page.call("resolution_outlook")["sentence"] == "No person has voted yet."

    args = {"mode": "label", "votes": 3, "hide_suggestion": True}
    for rater in ("ann", "bob", "eve"):
        for answer in ("dog", "cat", "dog" if rater == "eve" else "cat"):
            asked = page.call("blind", rater=rater, **args)["question"]
            page.call("blind_answer", rater=rater, item=asked["item"], answer=answer, **args)
        again = page.call("blind", rater=rater, again=asked["item"], **args)
        assert (again["question"]["item"], again["left"]) == (2, 3)
    with pytest.raises(DataError):
        page.call("blind", rater="ann", again=99, **args)

    seen = page.call("resolution_outlook", rule="majority", votes=3)
    assert (seen["decides"], seen["changed"], seen["kept"], seen["changes"]) == (3, 1, 2, [["cat", "dog", 1]])
    assert page.call("resolution_outlook", rule="unanimous", votes=3)["undecided"] == 1
    assert page.call("resolution_outlook", rule="majority", votes=4)["few"] == 3
    assert review.counts()["reviewed"] == 0, "nothing is written yet"

    page.call("blind_answer", rater="ann", item=2, answer="dog", **args)
    with pytest.raises(DataError, match="have changed since"):
        page.call("resolution", rule="majority", votes=3, stamp=seen["stamp"])
    seen = page.call("resolution_outlook", rule="majority", votes=3)
    assert "2 labels changed and 1 kept" in page.call("resolution", rule="majority", stamp=seen["stamp"])["sentence"]
    assert review.counts()["reviewed"] == 3
    assert page.call("resolution_outlook")["decides"] == 0, "what is decided on is left alone"
    review.close()
