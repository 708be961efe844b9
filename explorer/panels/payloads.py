"""What a call that changes labels answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.labels.history import overview
from explorer.review.sync import FEW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from explorer.labels import Commit
    from explorer.panels.session import Session
    from explorer.review.review import Review


def saved(review: Review) -> str | None:
    """Return the time of the newest commit, ISO 8601."""
    time = overview.saved(review.labels)
    return None if time is None else time.isoformat()


def edit_reply(session: Session, commit: Commit | None, items: Iterable[str] | None = None) -> dict[str, Any]:
    """Describe a change: its commit, and the cells of its items (or of these) as they are now.

    Of a change of many items the cells are left out: every panel reads its columns anew then.
    """
    review = session.review
    names = [e.item for e in commit.events] if items is None and commit is not None else list(items or ())
    positions = [p for p in map(review.dataset.place, dict.fromkeys(names)) if p is not None]
    return {
        "commit": None if commit is None else commit.id,
        "saved": saved(review),
        "cells": session.cells(positions) if len(positions) <= FEW or items is not None else [],
        "counts": review.counts(),
        "classes": list(review.classes),
    }


def versions(review: Review) -> dict[str, Any]:
    """Return the branch that is shown, all branches and all tags."""
    store = review.labels
    return {
        "branch": store.current_branch,
        "branches": [
            {"name": b.name, "current": b.current, "commit": b.tip.id, "time": b.tip.time.isoformat(), "ahead": b.ahead}
            for b in overview.branches(store)
        ],
        "tags": [
            {
                "name": t.name,
                "commit": t.commit,
                "time": None if t.move is None else t.move.time.isoformat(),
                "rater": "" if t.move is None else t.move.rater,
                "why": "" if t.move is None else t.move.why,
            }
            for t in overview.tags(store)
        ],
    }
