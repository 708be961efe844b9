"""Branches and tags: which there are, and making, moving between and deleting them."""

from __future__ import annotations

from explorer.panels import payloads
from explorer.panels.registry import call
from explorer.panels.schema.history import BranchArgs, TagArgs, Versions
from explorer.panels.schema.labels import NameArgs
from explorer.review.review import Review


@call("versions", slow=True, locked=False)
def versions(review: Review) -> Versions:
    """Return branches and tags."""
    return payloads.versions(review)


@call("tag")
def tag(review: Review, args: TagArgs) -> Versions:
    """Name a version."""
    review.labels.tag(args.name.strip(), args.when, args.why)
    return payloads.versions(review)


@call("untag")
def untag(review: Review, args: NameArgs) -> Versions:
    """Delete a tag; the version stays."""
    review.labels.untag(args.name)
    return payloads.versions(review)


@call("branch")
def branch(review: Review, args: BranchArgs) -> Versions:
    """Make a branch, and go there if asked to."""
    review.labels.branch(args.name.strip(), args.at)
    if args.go:
        review.labels.switch(args.name.strip())
    return payloads.versions(review)


@call("switch")
def switch(review: Review, args: NameArgs) -> Versions:
    """Show and write another branch from now on; every panel reads its columns anew."""
    review.labels.switch(args.name)
    return payloads.versions(review)
