"""What a call that changes labels answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.following import FEW
from explorer.labels import glance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from explorer.labels import Commit
    from explorer.panels.session import Session
    from explorer.review import Review


def saved(review: Review) -> str | None:
    """Return the time of the newest commit, ISO 8601."""
    time = glance.saved(review.labels)
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
