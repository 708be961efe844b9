"""What follows the level agrees after every answer also of two classes, beside raters, with gaps, and after a bulk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from levels_help import Mirror, agree

import explorer
from explorer import Review
from explorer.estimates.level import ISSUE
from explorer.estimates.level_posterior import FEWEST

N = 200


def made(case: str, folder: Path) -> tuple[Review, Any]:
    """Return a review of blobs that lie near each other, a quarter of them labelled wrong, and the truth."""
    rng = np.random.default_rng(4)
    k = 2 if case in ("two classes", "two classes with gaps") else 4
    truth = rng.integers(0, k, N)
    vectors = (np.eye(6)[truth] * 1.7 + rng.normal(size=(N, 6))).astype(np.float32)
    labels = np.where(rng.random(N) < 0.25, (truth + rng.integers(1, k, N)) % k, truth)
    given: list[int | None] = labels.tolist()
    if "gaps" in case:
        given = [None if gap else label for gap, label in zip(rng.random(N) < 0.15, given, strict=True)]
    more: dict[str, Any] = {}
    if case == "raters":
        votes = [np.where(rng.random(N) < 0.25, rng.integers(0, k, N), truth) for _ in range(3)]
        more["raters"] = {
            name: [None if silent else int(vote) for silent, vote in zip(rng.random(N) < 0.3, each, strict=True)]
            for name, each in zip(("ann", "bob", "gpt"), votes, strict=True)
        }
    dataset = explorer.read(vectors, label=given, key=[f"k{i}" for i in range(N)], **more)
    review = Review(dataset, store=folder / "s.labels.db", rater="ann", k=15).wait("score", progress=False)
    return review, truth


@pytest.mark.parametrize("case", ["two classes", "two classes with gaps", "raters", "gaps"])
def test_all_agree_after_every_answer_and_after_a_bulk(case: str, tmp_path: Path) -> None:
    review, truth = made(case, tmp_path)
    try:
        review.scores.ready()
        agree(review)
        page = Mirror(review)
        asked = review.audit(FEWEST + 2)
        before = review.state.results.combined
        assert before is not None
        suggested = before.suggested.copy()
        for number, item in enumerate(asked, start=1):
            position = review.dataset.position(item)
            name = review.classes[int(truth[position])]
            if review.classes[review.state.codes[position]] == name:
                review.keep(item)
            else:
                review.relabel(item, name)
            if number % 8 == 0:
                # Several at once, of which some may have been drawn; then taken back, and decided on otherwise.
                rest = [each for each in review.issues.index[:12] if each not in asked][:5]
                review.keep(rest)
                review.scores.ready()
                agree(review)
                page.agrees()
                review.undo()
            review.scores.ready()
            agree(review)
            page.agrees()
        assert review.state.level.cut < ISSUE
        if case == "two classes":
            open_ = ~review.state.decided()
            now = review.state.results.combined
            assert now is not None
            assert (now.suggested != suggested)[open_].any(), "what is above the new cut has got a suggestion"
    finally:
        review.close()
