"""What says something of the level of `p_error`, compared; and somebody who shows it from what is told alone."""

from __future__ import annotations

import numpy as np
import pytest

from explorer import Review
from explorer.estimates.level import BINARY
from explorer.review.events import LevelChanged, ScoresChanged
from explorer.utils.logits import clipped_logit


def agree(review: Review) -> None:
    """Look at everything that says something of the level, and compare."""
    left, below = review.estimates.left_and_below([None])
    state = review.state
    with state.lock:
        combined, levelless, level = state.results.combined, state.levelless, state.level
        assert combined is not None
        assert levelless is not None
        open_ = ~state.decided() & np.isfinite(combined.p_error)
        p = combined.p_error
        np.testing.assert_array_equal(p[open_], level.move(levelless.p_error)[open_])
        assert left.left == pytest.approx(p[open_].sum(dtype=np.float64), abs=1e-3)
        assert left.unreviewed == open_.sum()
        assert left.per_class is not None
        assert left.per_class["left"].sum() == pytest.approx(left.left, abs=1e-3)
        assert left.low <= left.left <= left.high
        differs = combined.suggested != levelless.labels
        np.testing.assert_array_equal(combined.is_issue[open_], (differs & (p > level.cut))[open_])
        if levelless.n_classes == BINARY:
            np.testing.assert_array_equal(combined.is_issue[open_], (p > level.cut)[open_])
            fits = np.where(combined.is_issue, 1 - levelless.labels, levelless.fits)
            np.testing.assert_array_equal(combined.suggested[open_], fits[open_])
        else:
            np.testing.assert_array_equal(combined.suggested[open_], levelless.fits[open_])
        if levelless.n_classes == BINARY:
            sure = np.where(differs, p, 1 - p)
            np.testing.assert_allclose(combined.suggested_p[open_], sure[open_], atol=1e-6)
        assert state.suspects == combined.is_issue.sum() == review.counts()["suspects"]
        rest = open_ & ~combined.is_issue
        assert below[0].left == pytest.approx(p[rest].sum(dtype=np.float64), abs=1e-3)
        # The dial reckons with the column that the browser gets.
        columns = review.scores.columns()
        np.testing.assert_array_equal(columns["p_error"], p)
        np.testing.assert_array_equal(columns["is_label_issue"], combined.is_issue)
        np.testing.assert_array_equal(columns["suggested"], combined.suggested)
        # The card: of an item as such, and of the suspect that is nearest to the cut.
        items = [int(np.flatnonzero(open_)[0])]
        suspects = np.flatnonzero(open_ & combined.is_issue)
        if len(suspects):
            items.append(int(suspects[p[suspects].argmin()]))
        for item in items:
            card = review.scores.of_item(item)
            assert (card.p_error, card.suggested) == (p[item], combined.suggested[item])
            if card.pushes:
                again = sum(card.pushes.values()) + card.start
                assert again == pytest.approx(float(clipped_logit(p[item : item + 1].astype(float))[0]), abs=1e-6)
        for item in items[1:]:
            assert review.scores.of_item(item).suggested != levelless.labels[item]
    table = review.issues.reindex(np.asarray(review.dataset.item_ids))
    np.testing.assert_array_equal(table["p_error"].to_numpy(), p)
    np.testing.assert_array_equal(table["is_label_issue"].to_numpy(dtype=bool), combined.is_issue)
    names = [state.classes[code] if code >= 0 else None for code in combined.suggested.tolist()]
    assert [None if each != each else each for each in table["suggested_label"].tolist()] == names


class Mirror:
    """What a page shows that reads whole columns once, and then only what it is told."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.read()
        review.events.subscribe(ScoresChanged, self.tell)

    def read(self) -> None:
        with self.review.state.lock:
            self.columns = self.review.scores.columns()
            self.levelless, self.fits = self.review.scores.levelless(), self.review.scores.fits()

    def tell(self, event: ScoresChanged) -> None:
        state, columns = self.review.state, self.columns
        if isinstance(event, LevelChanged):
            assert state.levelless is not None
            rows = np.flatnonzero(~state.decided())
            p = event.level.move(self.levelless[rows])
            told = event.level.issues(p, self.fits[rows], state.codes[rows], state.levelless.n_classes)
            columns["p_error"][rows] = p
            columns["suggested"][rows], columns["is_label_issue"][rows] = told
        elif event.rows is None or event.values is None:
            self.read()
        else:
            columns["p_error"][event.rows] = event.values.p_error
            columns["suggested"][event.rows] = event.values.suggested
            columns["is_label_issue"][event.rows] = event.values.is_issue
            self.levelless[event.rows] = self.review.scores.levelless()[event.rows]
            self.fits[event.rows] = event.values.fits

    def agrees(self) -> None:
        with self.review.state.lock:
            now = self.review.scores.columns()
            for name in ("p_error", "suggested", "is_label_issue"):
                np.testing.assert_array_equal(self.columns[name], now[name], err_msg=name)
