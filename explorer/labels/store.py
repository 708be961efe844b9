"""The store that everybody else holds: it looks, binds a dataset, takes labels and takes them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

import pandas as pd

from explorer.labels.changes import bind, branches, classes, merge, undo
from explorer.labels.changes.edits import apply, resolve
from explorer.labels.changes.merge import Merge
from explorer.labels.changes.three_way import Pick
from explorer.labels.display import box_html, heading_html, pairs_html, time_text
from explorer.labels.head import When
from explorer.labels.history import logs
from explorer.labels.model.arguments import checked
from explorer.labels.model.raters import check_rater
from explorer.labels.model.reports import BindReport
from explorer.labels.model.states import State
from explorer.labels.model.types import FIELD, Commit, Edit
from explorer.labels.vote_writer import VoteWriter
from explorer.labels.working_copy import WorkingCopy


@checked
class Store(VoteWriter):
    """The label store of one dataset; made by `explorer.labels.open`. Safe from any thread.

    See `Reader` for looking. Every change is one durable commit, all or nothing.

    Examples
    --------
    >>> from explorer import labels
    >>> store = labels.open("photos.labels.db", rater="ann")  # doctest: +SKIP
    >>> store.bind(frame)  # doctest: +SKIP
    >>> store.set("img-7", "dog", expected=store.get("img-7").event, why="it barks")  # doctest: +SKIP
    """

    def __init__(self, copy: WorkingCopy) -> None:
        super().__init__(copy)
        if copy.branch != "main":
            branches.check(copy, copy.branch)

    @property
    def rater(self) -> str:
        """Name of whoever gives labels through this object. On a server it is the login, and cannot be another."""
        return self.working_copy.rater.name

    @rater.setter
    def rater(self, name: str) -> None:
        self.working_copy.rater = check_rater(name, self.working_copy.rater.kind)

    def __repr__(self) -> str:
        copy = self.working_copy
        with copy.backend.lock:
            now = copy.head.version()
            bound = f"{len(now.snapshot):,} items, {len(now.heads):,} with events" if now else "nothing bound"
        branch = "" if copy.branch == "main" else f", branch={copy.branch!r}"
        return f"Store({self.path!r}, {bound}, rater={self.rater!r}{branch})"

    def _repr_html_(self) -> str:
        copy = self.working_copy
        with copy.backend.lock:
            now = copy.head.newest()
            events = len(copy.head.bound().heads) if now else 0
        pairs: dict[str, Any] = {"rater": self.rater, "branch": copy.branch}
        if now is not None:
            pairs["items"] = f"{len(now.snapshot):,}, {events:,} with events"
            pairs["classes"] = ", ".join(self.classes()[:12]) + (" …" if len(self.classes()) > 12 else "")
            pairs["newest"] = f"{now.commit.id[:12]}, {now.commit.kind} by {now.commit.rater}"
            pairs["at"] = time_text(now.commit.time)
        if self.network:
            pairs["file system"] = self.network
        return box_html(heading_html(f"Label store {self.path}", "" if now else "nothing bound"), pairs_html(pairs))

    # Binding

    def bind(
        self,
        frame: pd.DataFrame,
        classes: Sequence[str] | None = None,
        keyed: bool = False,
        *,
        allow_changed: bool = False,
    ) -> BindReport:
        """Say which items the labels are for; whenever the dataset is opened. What is bound already writes nothing.

        Parameters
        ----------
        frame
            One row per item: item_id, content_hash, given_label (class name; missing is unlabelled). A class that was
            renamed may still have a former name here: it means the same.
        classes
            Classes of the dataset; the store keeps those that it has and adds those that it lacks. Without them, the
            given labels in order of the alphabet.
        keyed
            The item ids come from a key column; otherwise from the content.
        allow_changed
            Bind keyed items although the content of all of them is another one. Decisions on them are then stale.

        Raises
        ------
        StoreError
            The store belongs to another dataset: no item in common, or keyed items of which none has the content it
            had (see `allow_changed`).
        DataError, UnknownName
            The frame is no snapshot: see `explorer.labels.model.snapshot.from_frame`.
        """
        return bind.bind(self.working_copy, frame, classes, keyed, allow_changed)

    # Changing labels

    def apply(
        self,
        edits: Sequence[Edit],
        *,
        kind: str = "edit",
        message: str = "",
        rater: str | None = None,
        op_id: str | None = None,
    ) -> Commit:
        """Write edits as one durable commit, all or nothing.

        Parameters
        ----------
        edits
            In order; a later edit of the same cell sees the earlier one.
        kind, message
            One of `explorer.labels.model.types.KINDS`, and free text.
        rater
            Whoever decided, where it is not this store's rater. On a server a person gives labels under the login only.
        op_id
            Client-made id of the whole call; edits without one of their own get it with their place behind a colon.
            A call whose ids are known writes nothing and returns the first commit.

        Raises
        ------
        Conflict
            A cell is not as `Edit.expected` says.
        UnknownName, DataError, StoreError
            An item, field, class or op that does not exist; a value that cannot be stored, a file that cannot be.
        """
        return apply(self.working_copy, edits, kind, message, rater, op_id)

    def set(
        self,
        item: str,
        value: Any,
        expected: str | None = None,
        why: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
        op_id: str | None = None,
        *,
        field: str = FIELD,
    ) -> Commit:
        """Give an item a label; `None` makes it unlabelled.

        Parameters
        ----------
        value
            A class name; in other fields what their type asks for: see `explorer.labels.model.values`.
        item, expected, why, reason, evidence, op_id, field
            See `Edit`. They are the same in `keep`, `flag` and `clear`. Errors are those of `apply`.
        """
        return self.apply([Edit(item, "set", value, expected, why, reason, evidence, op_id, field=field)])

    def keep(
        self,
        item: str,
        expected: str | None = None,
        why: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
        op_id: str | None = None,
        *,
        field: str = FIELD,
    ) -> Commit:
        """Confirm the label that an item has."""
        return self.apply([Edit(item, "keep", None, expected, why, reason, evidence, op_id, field=field)], kind="keep")

    def flag(
        self,
        item: str,
        expected: str | None = None,
        why: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
        op_id: str | None = None,
        *,
        field: str = FIELD,
    ) -> Commit:
        """Mark an item with a reason; its label stays."""
        return self.apply([Edit(item, "flag", None, expected, why, reason, evidence, op_id, field=field)])

    def leave_out(self, item: str, expected: str | None = None, why: str = "", op_id: str | None = None) -> Commit:
        """Leave an item out of the dataset; its label stays. Stored as a flag with the reason "left out"."""
        return self.flag(item, expected, why, State.LEFT_OUT.value, op_id=op_id)

    def clear(
        self,
        item: str,
        expected: str | None = None,
        why: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
        op_id: str | None = None,
        *,
        field: str = FIELD,
    ) -> Commit:
        """Go back to the given label, whatever it is or becomes."""
        return self.apply([Edit(item, "clear", None, expected, why, reason, evidence, op_id, field=field)])

    def resolve(
        self,
        item: str,
        value: Any,
        *,
        expected: str | None = None,
        why: str = "",
        reason: str = "",
        votes: Sequence[str] | None = None,
        evidence: Mapping[str, Any] | None = None,
        op_id: str | None = None,
        field: str = FIELD,
    ) -> Commit:
        """Settle what raters do not agree on: a set that cites their votes in its evidence.

        Parameters
        ----------
        votes
            Ids of the events that were weighed; by default every standing vote on the item. `UnknownName` for an id
            that is no vote on this item.
        """
        edit = Edit(item, "set", value, expected, why, reason, evidence, op_id, field=field)
        return resolve(self.working_copy, edit, votes)

    # Taking back

    def undo(self, n: int = 1, rater: str | None = None, op_id: str | None = None) -> Commit | None:
        """Take back the newest n commits that are not undone yet (of one rater, if named), as one commit.

        Called again it steps further back; it never undoes an undo (`revert` does). One commit of a named rater is the
        newest that still stands: those of which nothing is left, since others decided on all their items later, are
        passed over. A merge is taken back as a whole, but not the dataset and the classes that it brought.

        `None` if there is nothing to take back; `Conflict` if somebody has decided otherwise on one of the items since.
        """
        return undo.undo(self.working_copy, n, rater, op_id)

    def revert(
        self, *whens: When, items: Sequence[str] | None = None, why: str = "", op_id: str | None = None
    ) -> Commit:
        """Take back the labels that some commits gave, however long ago, as one commit.

        A revert may be reverted itself, and so may an undo. The dataset and the classes stay as they are.

        Parameters
        ----------
        whens
            The commits: ids or prefixes, tags, or times.
        items
            Only the labels of these items.

        Raises
        ------
        Conflict
            Somebody has decided otherwise on one of the items since.
        StoreError
            There is nothing to take back, or it was taken back already.
        """
        return undo.revert(self.working_copy, whens, items, why, op_id)

    # Classes and fields. Each call writes on top of the newest commit, whoever made it.

    def add_class(self, name: str, why: str = "") -> Commit:
        """Add a class on purpose; for one that exists already, return the commit that brought it.

        In this and the next, `UnknownName` is a class that does not exist or is retired, `DataError` a taken name.
        """
        return classes.add(self.working_copy, name, why)

    def rename_class(self, old: str, new: str, why: str = "") -> Commit:
        """Give a class another name. Labels read so from now on; given labels with the old name mean it too."""
        return classes.rename(self.working_copy, old, new, why)

    def merge_classes(self, old: str, into: str | None = None, why: str = "") -> Commit:
        """Make a class read as another one, and retire it. No label is rewritten; older versions keep their words."""
        return classes.merge(self.working_copy, old, into, why)

    def split_class(self, name: str, into: Sequence[str], why: str = "") -> Commit:
        """Retire a class in favour of several others. Items keep it until they are labelled anew: see `to_split`."""
        return classes.split(self.working_copy, name, into, why)

    def retire_class(self, name: str, why: str = "") -> Commit:
        """Take no new labels of a class; those that were given stay."""
        return classes.retire(self.working_copy, name, why)

    def add_field(self, name: str, type: str, why: str = "") -> Commit:  # noqa: A002  # what callers call it
        """Add a field that items can be labelled with; for one of this type already, return the commit that brought it.

        The types are class, classes, number, spans, boxes, soft, candidates; see `explorer.labels.model.values`.
        """
        return classes.add_field(self.working_copy, name, type, why)

    # Branches and tags

    @overload
    def branch(self, name: None = None, at: When = "head") -> pd.DataFrame: ...
    @overload
    def branch(self, name: str, at: When = "head") -> None: ...

    def branch(self, name: str | None = None, at: When = "head") -> pd.DataFrame | None:
        """Make a branch that begins with a version, without going there; without a name, list the branches.

        The list has: name, current, commit, time, rater, commits_ahead_of_main, commits_behind_main. `DataError` if the
        name is taken or cannot be one, `UnknownName` if there is no such version.
        """
        if name is None:
            return logs.branches(self.working_copy)
        branches.create(self.working_copy, name, at)
        return None

    def delete_branch(self, name: str, *, force: bool = False) -> None:
        """Delete a branch: its name, that is. Its commits stay, and the reflog says where it was.

        Where no other branch or tag has all of its commits, this is a `StoreError`, unless `force` is given.
        """
        branches.delete(self.working_copy, name, force=force)

    def switch(self, name: str, *, create: bool = False) -> None:
        """Go to another branch: read and write there from now on. Other open stores stay where they are.

        With `create` the branch is made first, from the tip of the current one.
        """
        branches.switch(self.working_copy, name, create_it=create)

    @overload
    def tag(self, name: None = None, when: When = "head", why: str = "", *, force: bool = False) -> pd.DataFrame: ...
    @overload
    def tag(self, name: str, when: When = "head", why: str = "", *, force: bool = False) -> None: ...

    def tag(
        self, name: str | None = None, when: When = "head", why: str = "", *, force: bool = False
    ) -> pd.DataFrame | None:
        """Name a version; without a name, list the tags: name, commit, time, rater, why.

        With `force` a tag that exists is moved; the reflog keeps where it was. Errors are those of `branch`.
        """
        if name is None:
            return logs.tags(self.working_copy)
        branches.tag(self.working_copy, name, when, why, force=force)
        return None

    def untag(self, name: str) -> None:
        """Delete a tag; the reflog keeps where it was."""
        branches.untag(self.working_copy, name)

    def merge(
        self,
        source: str,
        *,
        resolve: str | Pick | Mapping[Any, Any] | None = None,
        why: str = "",
        commit: bool = True,
        op_id: str | None = None,
    ) -> Merge:
        """Merge a branch into the current one: three ways, cell by cell, against the best commit both have in common.

        What only one of them changed is taken from that one; what both changed to the same label stays; the rest, and
        what only one leaves out, are conflicts. Labels that are taken keep who, when and why. `undo` takes it back.

        Parameters
        ----------
        resolve
            How to settle conflicts: "ours" or "theirs" for all of them; or, by item (or by item and field),
            `Pick.OURS`, `Pick.THEIRS`, or else a label.
        why
            Goes into the message of the commit, and with what `resolve` settles.
        commit
            Write at once if no conflict is open; else look only, and leave it to `Merge.commit`. `Merge.made` is the
            commit; `None` where conflicts are open, or there is nothing to merge (`up_to_date`).
        op_id
            Client-made id of the call; repeated with it, the merge is written once.

        `UnknownName` or `DataError`: no such branch, the current one, or a field of one name with two types.
        """
        return merge.begin(self.working_copy, source, resolve, why, commit, op_id)

    # The store itself

    def grant(self, login: str) -> None:
        """Let another login of a server read the store and give labels under its own name; `StoreError` on a file."""
        self.working_copy.backend.grant(login)

    def rebuild_heads(self) -> None:
        """Make the cache of newest labels anew from the log."""
        self.working_copy.backend.rebuild_heads()
        self.working_copy.head.forget()
