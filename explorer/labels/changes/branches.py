"""Branches, tags and merges of a store."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, overload

from explorer.errors import DataError, UnknownName
from explorer.labels.changes.merge import Merge
from explorer.labels.changes.three_way import Pick
from explorer.labels.head import When, read_time
from explorer.labels.model.hashing import check_text
from explorer.labels.model.types import StoreError
from explorer.labels.working_copy import Changer

if TYPE_CHECKING:
    import pandas as pd


_GOOD_NAME = "Choose another name, such as 'second-look', 'ann/birds' or 'v1.2'."


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
    if read_time(name) is not None:
        return "it reads as a time"
    return None


class Branching(Changer):
    """The part of `Store` that names versions and lets them grow apart and together again."""

    @overload
    def branch(self, name: None = None, at: When = "head") -> pd.DataFrame: ...
    @overload
    def branch(self, name: str, at: When = "head") -> None: ...

    def branch(self, name: str | None = None, at: When = "head") -> pd.DataFrame | None:
        """Make a branch, without going there; or list the branches.

        Parameters
        ----------
        name
            Name of the new branch. Without one, return the branches: name, current, commit, time, rater,
            commits_ahead_of_main, commits_behind_main.
        at
            Version that it begins with.

        Raises
        ------
        DataError, UnknownName
            The name is taken or cannot be one; there is no such version.
        """
        from explorer.labels.history import logs

        if name is None:
            with self._engine.lock, self._engine.reading():
                return logs.branches(self._engine, self.current_branch)
        self._point(self._new_name(name, "branch"), "branch", at, "branch")
        return None

    def delete_branch(self, name: str, *, force: bool = False) -> None:
        """Delete a branch: its name, that is. Its commits stay, and the reflog says where it was.

        Parameters
        ----------
        force
            Also where no other branch or tag has all of its commits.

        Raises
        ------
        DataError, UnknownName, StoreError
            It is main, or the current branch; there is no such branch; it has commits that nothing else has.
        """
        if name == "main":
            raise DataError("'main' cannot be deleted.", "Every store has it.")
        if name == self.current_branch:
            raise DataError(
                f"{name!r} is the branch that this store is on; it cannot be deleted.",
                "Go to another branch with switch() first.",
            )
        self._drop(name, "branch", None if force else self._check_part)

    def _check_part(self, name: str) -> None:
        """Raise `StoreError` if a branch has commits that nothing else has; nobody may write to it meanwhile."""
        refs = self._engine.refs()
        tip = self._live.find(refs[name].commit_id)
        others = [self._live.find(ref.commit_id) for ref in refs.values() if ref.name != name]
        if not any(self._engine.is_ancestor(tip, other) for other in others):
            raise StoreError(
                f"The branch {name!r} has commits that no other branch or tag has.",
                "Merge or tag it first, or delete it all the same with force=True.",
            )

    def switch(self, name: str, *, create: bool = False) -> None:
        """Go to another branch: read and write there from now on. Other open stores stay where they are.

        Parameters
        ----------
        create
            Make the branch first, from the tip of the current one.
        """
        if create:
            self.branch(name)
        with self._engine.lock:
            self._check_branch(name)
            self._live.switch(name)
        self._tell()

    @overload
    def tag(self, name: None = None, when: When = "head", why: str = "", *, force: bool = False) -> pd.DataFrame: ...
    @overload
    def tag(self, name: str, when: When = "head", why: str = "", *, force: bool = False) -> None: ...

    def tag(
        self, name: str | None = None, when: When = "head", why: str = "", *, force: bool = False
    ) -> pd.DataFrame | None:
        """Name a version; or list the tags.

        Parameters
        ----------
        name
            Name of the tag. Without one, return the tags: name, commit, time, rater, why.
        force
            Move a tag that exists; the reflog keeps where it was.

        Raises
        ------
        DataError, UnknownName
            The name is taken or cannot be one; there is no such version.
        """
        from explorer.labels.history import logs

        if name is None:
            with self._engine.lock, self._engine.reading():
                return logs.tags(self._engine)
        self._point(self._new_name(name, "tag", force), "tag", when, check_text(why, "why"))
        return None

    def untag(self, name: str) -> None:
        """Delete a tag; the reflog keeps where it was."""
        self._drop(name, "tag")

    def merge(
        self,
        source: str,
        *,
        resolve: str | Pick | Mapping[Any, Any] | None = None,
        why: str = "",
        commit: bool = True,
        op_id: str | None = None,
    ) -> Merge:
        """Merge a branch into the current one.

        Three ways, cell by cell, between the tips of both and the best commit that they have in common: what only one
        of them changed is taken from that one; what both changed to the same label stays; the rest are conflicts.
        Labels that are taken keep their rater, time and reasons in `blame`. Dataset and classes are merged too.

        Parameters
        ----------
        source
            Name of the branch.
        resolve
            How to settle conflicts: "ours" or "theirs" for all of them; or, by item (or by item and field),
            `Pick.OURS`, `Pick.THEIRS`, or else a label.
        why
            Goes into the message of the commit, and with what `resolve` settles.
        commit
            Write at once if no conflict is open; else look only, and leave it to `Merge.commit`.
        op_id
            Client-made id of the call; repeated with it, the merge is written once.

        Returns
        -------
        Merge
            `made` is the commit; `None` where conflicts are open, or there is nothing to merge (`up_to_date`). To take
            a merge back, `undo` it; since it stays in the history, merging again takes only what is new, and reverting
            the undo brings it back.

        Raises
        ------
        UnknownName, DataError
            No such branch; it is the current one; both gave a field of one name different types.
        """
        with self._engine.lock:
            if source == self.current_branch:
                raise DataError(f"{source!r} is the branch that this store is on.", "Name another one to merge.")
            self._check_branch(source)
            tip = self._engine.tip(source)
            if tip is None:
                raise DataError(f"The branch {source!r} has no commits.", "Merge another one.")
            found = Merge(self, source, tip)
        if resolve is not None and not found.up_to_date:
            found.resolve_all(resolve, why)
        if commit and not found.up_to_date and not found.open:
            found.commit(why, op_id)
        return found

    def _check_branch(self, name: str) -> None:
        branches = [ref.name for ref in self._engine.refs().values() if ref.kind == "branch"]
        if name not in branches:
            raise UnknownName("branch", name, branches, "branch() lists them; switch(name, create=True) makes one.")

    def _new_name(self, name: object, what: str, force: bool = False) -> str:
        if (wrong := _wrong_name(name)) is not None:
            raise DataError(f"{name!r} cannot be the name of a {what}: {wrong}.", _GOOD_NAME)
        assert isinstance(name, str)
        ref = self._engine.refs().get(check_text(name, what))
        if ref is not None and not (force and ref.kind == what):
            remedy = "Choose another name, or move it with force=True." if ref.kind == what == "tag" else ""
            raise DataError(
                f"{name!r} cannot be the name of a {what}: there is a {ref.kind} of this name.",
                remedy or "Choose another name.",
            )
        return name

    def _point(self, name: str, kind: str, when: When, why: str) -> None:
        with self._changing() as work:
            if isinstance(when, str) and when == "base":
                raise DataError(
                    f"The given labels are no version that can be {'tagged' if kind == 'tag' else 'branched off'}.",
                    "Name a commit or a time.",
                )
            commit = self._live.find(when)
            self._engine.move_ref(name, kind, commit.id, self._rater, self._now(), why)
            work.done = True

    def _check_kind(self, name: str, kind: str) -> None:
        refs = self._engine.refs()
        if name not in refs or refs[name].kind != kind:
            raise UnknownName(kind, name, [r.name for r in refs.values() if r.kind == kind])

    def _drop(self, name: str, kind: str, check: Callable[[str], None] | None = None) -> None:
        self._check_kind(name, kind)
        # Whoever is writing to the branch comes first, so that the reflog has its very last commit.
        with self._changing(name if kind == "branch" else None) as work:
            self._check_kind(name, kind)
            if check is not None:
                check(name)
            self._engine.move_ref(name, kind, None, self._rater, self._now(), f"delete {kind}")
            work.done = True
