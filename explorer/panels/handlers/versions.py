"""Branches and tags: which there are, and making, moving between and deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.panels.payloads import versions
from explorer.panels.registry import call

if TYPE_CHECKING:
    from explorer.panels.session import Session


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
