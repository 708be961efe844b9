"""Votes of a dataset's raters as the plain answers that methods read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.consensus import Answers

if TYPE_CHECKING:
    from explorer.dataset.votes import Votes


def labellers(votes: Votes | None, names: Sequence[str]) -> tuple[int, ...]:
    """Return the positions of some raters among the votes; empty if one of them is gone, as nothing is known then."""
    if votes is None or not names or not set(names) <= set(votes.names):
        return ()
    return tuple(votes.names.index(name) for name in names)


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
    return Answers(*votes.answers(), votes.n, len(votes), n_classes, families if any(families) else None, votes.names)
