"""Branches and tags: which there are, and making, moving between and deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.labels import glance
from explorer.panels.calls import call

if TYPE_CHECKING:
    from explorer.panels.session import Session
    from explorer.review import Review


def versions(review: Review) -> dict[str, Any]:
    """Return the branch that is shown, all branches and all tags."""
    store = review.labels
    return {
        "branch": store.current_branch,
        "branches": [
            {"name": b.name, "current": b.current, "commit": b.tip.id, "time": b.tip.time.isoformat(), "ahead": b.ahead}
            for b in glance.branches(store)
        ],
        "tags": [
            {
                "name": t.name,
                "commit": t.commit,
                "time": None if t.move is None else t.move.time.isoformat(),
                "rater": "" if t.move is None else t.move.rater,
                "why": "" if t.move is None else t.move.why,
            }
            for t in glance.tags(store)
        ],
    }


@call("versions")
def all_versions(session: Session) -> dict[str, Any]:
    """Return branches and tags."""
    return versions(session.review)


@call("tag")
def tag(session: Session, *, name: str, when: str = "head", why: str = "") -> dict[str, Any]:
    """Name a version."""
    store = session.review.labels
    store.tag(name.strip(), when, why)
    return versions(session.review)


@call("untag")
def untag(session: Session, *, name: str) -> dict[str, Any]:
    """Delete a tag; the version stays."""
    session.review.labels.untag(name)
    return versions(session.review)


@call("branch")
def branch(session: Session, *, name: str, at: str = "head", go: bool = False) -> dict[str, Any]:
    """Make a branch, and go there if asked to."""
    store = session.review.labels
    store.branch(name.strip(), at)
    if go:
        store.switch(name.strip())
    return versions(session.review)


@call("switch")
def switch(session: Session, *, name: str) -> dict[str, Any]:
    """Show and write another branch from now on; every panel reads its columns anew."""
    session.review.labels.switch(name)
    return versions(session.review)
