"""What a page sorts by damage with."""

from __future__ import annotations

import numpy as np
from panels_help import Page

from explorer.review.review import Review


def test_a_page_is_told_the_harm(review: Review) -> None:
    page = Page(review)
    body = page.call("damage")
    harm = page.array(body["harm"])
    assert body["why"] == ""
    p = review.results.combined.p_error
    np.testing.assert_allclose(np.nan_to_num(p) * harm, review.damage.to_numpy(), rtol=1e-6)


def test_where_the_method_did_not_run_that_is_said(review: Review, monkeypatch) -> None:
    monkeypatch.setattr(review.listings, "harms", lambda: None)
    page = Page(review)
    body = page.call("damage")
    assert body["why"].startswith("The damage is not known: the method that tells how much each item misleads")
    assert not page.array(body["harm"]).any()
