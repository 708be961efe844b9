"""Branches and tags: names of versions."""

from __future__ import annotations

import re
from collections.abc import Callable

from explorer.errors import DataError, Option, Said, UnknownName
from explorer.labels.head import When
from explorer.labels.model.hashing import check_text
from explorer.labels.model.times import named_time
from explorer.labels.model.types import StoreError
from explorer.labels.working_copy import WorkingCopy

_GOOD_NAME = "Choose another name, such as 'second-look', 'ann/birds' or 'v1.2'."

LISTED_AND_MADE = (Option("branches", "branch()"), Option("new branch", "switch(name, create=True)"))
"""What lists the branches, and what makes one."""


def _wrong_name(name: object) -> str | None:
    """Return why a name cannot be one of a branch or tag, `None` if it can. Names that are there already still work."""
    if not isinstance(name, str):
        return "it is no text"
    if not name.strip():
        return "it is empty"
    if name != name.strip():
        return "it begins or ends with a space"
    if name in ("head", "base") or name.startswith("base:"):
        return f"{name!r} always names a version of its own"
    if ".." in name:
        return "'..' stands between two versions, as in v1..head"
    if name.startswith("-"):
        return "with a '-' at its beginning it reads as an option"
    if name.endswith(("/", ".lock")):
        return f"it ends with {'/' if name.endswith('/') else '.lock'!r}"
    if re.fullmatch(r"[0-9a-fA-F]{4,}", name):
        return "it reads as the id of a commit"
    if named_time(name) is not None:
        return "it reads as a time"
    return None


def check(copy: WorkingCopy, name: str) -> None:
    """Raise `UnknownName` if there is no such branch."""
    branches = [ref.name for ref in copy.backend.refs().values() if ref.kind == "branch"]
    if name not in branches:
        raise UnknownName("branch", name, branches, Said("{} lists them; {} makes one.", *LISTED_AND_MADE))


def create(copy: WorkingCopy, name: str, at: When = "head") -> None:
    """Make a branch, without going there; see `Store.branch`."""
    _point(copy, _new_name(copy, name, "branch"), "branch", at, "branch")


def delete(copy: WorkingCopy, name: str, *, force: bool = False) -> None:
    """Delete a branch; see `Store.delete_branch`."""
    if name == "main":
        raise DataError("'main' cannot be deleted.", "Every store has it.")
    if name == copy.branch:
        raise DataError(
            f"{name!r} is the branch that this store is on; it cannot be deleted.",
            "Go to another branch with switch() first.",
        )
    _drop(copy, name, "branch", None if force else _check_part)


def switch(copy: WorkingCopy, name: str, *, create_it: bool = False) -> None:
    """Go to another branch; see `Store.switch`."""
    if create_it:
        create(copy, name)
    with copy.backend.lock:
        check(copy, name)
        copy.head.switch(name)
    copy.tell()


def tag(copy: WorkingCopy, name: str, when: When = "head", why: str = "", *, force: bool = False) -> None:
    """Name a version; see `Store.tag`."""
    _point(copy, _new_name(copy, name, "tag", force), "tag", when, check_text(why, "why"))


def untag(copy: WorkingCopy, name: str) -> None:
    """Delete a tag."""
    _drop(copy, name, "tag")


def _check_part(copy: WorkingCopy, name: str) -> None:
    """Raise `StoreError` if a branch has commits that nothing else has; nobody may write to it meanwhile."""
    refs, find = copy.backend.refs(), copy.head.find
    tip = find(refs[name].commit_id)
    others = [find(ref.commit_id) for ref in refs.values() if ref.name != name]
    if not any(copy.backend.is_ancestor(tip, other) for other in others):
        raise StoreError(
            f"The branch {name!r} has commits that no other branch or tag has.",
            Said("Merge or tag it first, or delete it all the same with {}.", Option("force", "force=True")),
        )


def _new_name(copy: WorkingCopy, name: object, what: str, force: bool = False) -> str:
    wrong = _wrong_name(name)
    if wrong is not None or not isinstance(name, str):
        raise DataError(f"{name!r} cannot be the name of a {what}: {wrong}.", _GOOD_NAME)
    ref = copy.backend.refs().get(check_text(name, what))
    if ref is not None and not (force and ref.kind == what):
        moved = Said("Choose another name, or move it with {}.", Option("force", "force=True"))
        remedy = moved if ref.kind == what == "tag" else ""
        raise DataError(
            f"{name!r} cannot be the name of a {what}: there is a {ref.kind} of this name.",
            remedy or "Choose another name.",
        )
    return name


def _point(copy: WorkingCopy, name: str, kind: str, when: When, why: str) -> None:
    with copy.exclusive():
        if isinstance(when, str) and when == "base":
            raise DataError(
                f"The given labels are no version that can be {'tagged' if kind == 'tag' else 'branched off'}.",
                "Name a commit or a time.",
            )
        copy.move_ref(name, kind, copy.head.find(when).id, why)


def _check_kind(copy: WorkingCopy, name: str, kind: str) -> None:
    refs = copy.backend.refs()
    if name not in refs or refs[name].kind != kind:
        raise UnknownName(kind, name, [r.name for r in refs.values() if r.kind == kind])


def _drop(
    copy: WorkingCopy, name: str, kind: str, check_first: Callable[[WorkingCopy, str], None] | None = None
) -> None:
    _check_kind(copy, name, kind)
    # Whoever is writing to the branch comes first, so that the reflog has its very last commit.
    with copy.exclusive(name if kind == "branch" else None):
        _check_kind(copy, name, kind)
        if check_first is not None:
            check_first(copy, name)
        copy.move_ref(name, kind, None, f"delete {kind}")
