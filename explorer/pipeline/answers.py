"""Votes of a dataset's raters as the plain answers that methods read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.consensus import Answers

if TYPE_CHECKING:
    from explorer.dataset.votes import Votes


def answers_of(votes: Votes | None, n_classes: int) -> Answers | None:
    """Return all votes that are no abstentions; `None` where there are no raters.

    Parameters
    ----------
    n_classes
        K: at least as many classes as the votes name.
    """
    if votes is None or not len(votes):
        return None
    families = tuple(rater.family for rater in votes)
    return Answers(*votes.answers(), votes.n, len(votes), n_classes, families if any(families) else None)
