"""The store that everybody else holds: it binds a dataset, takes labels, and takes them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from explorer.errors import DataError, UnknownName
from explorer.labels.changes.bind import Difference, compare
from explorer.labels.changes.branches import Branching
from explorer.labels.changes.classes import Classes
from explorer.labels.changes.edits import Overlay, first_commit, operation_ids, plan
from explorer.labels.changes.undo import Past, invert, superseded, to_revert
from explorer.labels.display import _box, _head, _pairs, time_text
from explorer.labels.head import When
from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.hashing import check_text
from explorer.labels.model.raters import check_rater
from explorer.labels.model.schema import class_name, extend, names_of
from explorer.labels.model.snapshot import Snapshot, from_frame
from explorer.labels.model.states import State
from explorer.labels.model.types import FIELD, KINDS, BindReport, Commit, Edit, Rater, StoreError
from explorer.labels.storage.backend import Engine
from explorer.labels.working_copy import Clock

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Clock", "Store"]


class Store(Branching, Classes):
    """The label store of one dataset; made by `explorer.labels.open`. Safe from any thread.

    See `Reader` for looking, `Branching` for branches, tags and merges, `Classes` for classes and fields.
    """

    def __init__(self, engine: Engine, rater: Rater, clock: Clock, branch: str = "main") -> None:
        super().__init__(engine, rater, clock, branch)
        if branch != "main":
            self._check_branch(branch)

    def __repr__(self) -> str:

        return store_text(self)

    def _repr_html_(self) -> str:

        return store_html(self)

    # Binding

    def bind(
        self,
        frame: pd.DataFrame,
        classes: Sequence[str] | None = None,
        keyed: bool = False,
        *,
        allow_changed: bool = False,
    ) -> BindReport:
        """Say which items the labels are for; to be called whenever the dataset is opened.

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
            Bind keyed items although the content of all of them is another one. What was decided on them is then
            stale.

        Returns
        -------
        BindReport
            Binding what is bound already writes nothing.

        Raises
        ------
        StoreError
            The store belongs to another dataset: no item in common, or keyed items of which none has the content it
            had (see `allow_changed`).
        DataError, UnknownName
            The frame is no snapshot: see `explorer.labels.model.snapshot.from_frame`.
        """
        names = _given_names(frame) if classes is None else [class_name(c) for c in classes]
        commit = None
        with self._engine.lock:
            state = self._live.state()
            known = names_of(state.schema).ids if state else {}
            new = from_frame(frame, [*names, *known], keyed)
            if state is None or state.snapshot.id != new.id or not frozenset(names) <= frozenset(known):
                with self._engine.exclusive(self.current_branch):
                    commit, difference = self._bind(new, names, allow_changed)
            else:
                difference = compare(state.snapshot, new, names_of(state.schema), self.path, allow_changed)
            now = self._live.cells()
            report = BindReport(
                **vars(difference),
                stale=[item for item, cell in now.items() if cell.state == State.STALE],
                conflict=[item for item, cell in now.items() if cell.state == State.CONFLICT],
                commit=commit,
            )
        if commit is not None:
            self._tell()
        return report

    def _bind(self, new: Snapshot, names: list[str], allow_changed: bool) -> tuple[Commit | None, Difference]:
        """Write what is new about a snapshot and its classes; now nobody else can."""
        state = self._live.state()
        if state is None:
            schema, difference, kind = extend(None, names), Difference([], [], [], [], []), "import"
        else:
            schema = extend(state.schema, names)
            difference = compare(state.snapshot, new, names_of(schema), self.path, allow_changed)
            kind = "schema" if state.snapshot.id == new.id else "import"
            if kind == "schema":
                new = state.snapshot
                if schema.id == state.schema.id:  # another process has just bound the same
                    return None, difference
        message = f"bind {len(new):,} items, {len(schema.classes)} classes"
        return self._live.append(CommitDraft(kind, self._rater, self._now(), message, new, schema)), difference

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
        kind
            One of `KINDS`.
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
            An item, field, class or op that does not exist; a value that cannot be stored; a file that cannot be
            written.
        """
        edits = list(edits)
        if not edits:
            raise DataError("There is nothing to apply: no edits.", "Pass at least one Edit.")
        if kind not in KINDS:
            raise UnknownName("kind of commit", kind, KINDS)
        op_ids = operation_ids(edits, op_id)
        named = [i for i in op_ids if i is not None]
        who = self._rater if rater is None else check_rater(rater, self._rater.kind)
        self._check_signed([who, *(e.rater for e in edits if e.rater is not None)])
        with self._changing() as work:
            self._live.now()
            first = first_commit(named, self._engine.commit_of(named)) if named else None
            if first is not None:
                return self._commit(first)
            events = plan(self._live.bound, edits, op_ids, who)
            draft = self._draft(kind, check_text(message, "message"), events)
            # A server takes commits of the login only; its events say who decided.
            return work.append(draft if self._engine.login is not None else replace(draft, rater=who))

    def _check_signed(self, raters: Sequence[Rater]) -> None:
        """Raise `StoreError` if labels are given in the name of another person than the one who is logged in."""
        login = self._engine.login
        for rater in raters if login is not None else ():
            if rater.kind == "person" and rater.name != login:
                raise StoreError(
                    f"{self.path}: the login is {login!r}, so labels cannot be given as the person {rater.name!r}; "
                    "nothing was written.",
                    f"Leave the rater out, let {rater.name!r} log in, or bring the decisions in as an import: "
                    f"Edit(..., rater=Rater({rater.name!r}, 'import')).",
                )

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
        """Give an item a label; `None` makes it unlabelled. For other fields see `explorer.labels.model.values`."""
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
            Ids of the events that were weighed; by default every standing vote on the item.

        Raises
        ------
        UnknownName
            An id that is no vote on this item.
        """
        standing = [v.event for v in self._votes(item, field)]
        for vote in votes or ():
            if vote not in standing:
                raise UnknownName("vote on this item", vote, standing, "votes(item) lists them.")
        cited = {**(evidence or {}), "votes": standing if votes is None else list(votes)}
        return self.apply([Edit(item, "set", value, expected, why, reason, cited, op_id, field=field)])

    # Taking back

    def undo(self, n: int = 1, rater: str | None = None, op_id: str | None = None) -> Commit | None:
        """Take back the newest n commits that are not undone yet (of one rater, if named), as one commit.

        Called again it steps further back; it never undoes an undo (`revert` does). One commit of a named rater is the
        newest that still stands: those of which nothing is left, since others decided on all their items later, are
        passed over. A merge is taken back as a whole, but not the dataset and the classes that it brought. Returns
        `None` if there is nothing to take back.

        Raises
        ------
        Conflict
            Somebody has decided otherwise on one of the items since.
        """
        if n < 1:
            raise DataError(f"n is {n}.", "Undo one commit or more.")
        stem = None if op_id is None else check_text(op_id, "op_id")
        with self._changing() as work:
            tip = self._live.tip()
            if (first := self._known(stem)) is not None:
                return first
            past = Past(self._engine, tip)
            commits = self._engine.undoable(tip, rater, n)
            if rater is not None and n == 1:
                while commits and self._superseded(commits[0], rater, past):
                    commits = self._engine.undoable(tip, rater, n, before=commits[0])
            if not commits:
                return None
            events = [event for commit in commits for event in reversed(commit.events)]
            drafts = invert(Overlay(self._live.bound), past, events, self._rater, stem)
            message = "undo " + ", ".join(c.id[:12] for c in commits)
            return work.append(self._draft("revert", message, drafts))

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
        if not whens:
            raise DataError("There is nothing to revert: no commit is named.", "Pass ids, prefixes or tags of commits.")
        stem = None if op_id is None else check_text(op_id, "op_id")
        text = check_text(why, "why")
        with self._changing() as work:
            tip = self._live.tip()
            if (first := self._known(stem)) is not None:
                return first
            past, now = Past(self._engine, tip), Overlay(self._live.bound)
            named = {c.id: c for c in map(self._live.find, whens)}
            commits = [self._commit(c) for c in named]
            events = to_revert(now, past, commits, [items] if isinstance(items, str) else items, self.path)
            drafts = invert(now, past, events, self._rater, stem)
            message = "revert " + ", ".join(c[:12] for c in named)
            return work.append(self._draft("revert", f"{message}: {text}" if text else message, drafts))

    def _superseded(self, commit: Commit, rater: str, past: Past) -> bool:
        versions = [self._live.bound(f) for f in dict.fromkeys(e.field for e in commit.events)]
        return superseded(versions, commit, rater, past)

    def rebuild_heads(self) -> None:
        """Make the cache of newest labels anew from the log."""
        self._engine.rebuild_heads()
        self._live.forget()


def _given_names(frame: pd.DataFrame) -> list[str]:
    """Return the given labels of a frame, in order of the alphabet."""
    if "given_label" not in frame.columns:
        return []  # which from_frame says in its own words
    return sorted(class_name(v) for v in frame["given_label"].dropna().unique())


def store_text(store: Store) -> str:
    """Return a store in one line."""
    with store._engine.lock:
        version = store._live.version()
        bound = f"{len(version.snapshot):,} items, {len(version.heads):,} with events" if version else "nothing bound"
    branch = "" if store.current_branch == "main" else f", branch={store.current_branch!r}"
    return f"Store({store.path!r}, {bound}, rater={store.rater!r}{branch})"


def store_html(store: Store) -> str:
    """Return a store as HTML."""
    with store._engine.lock:
        state = store._live.state()
        events = len(store._live.bound().heads) if state else 0
    pairs: dict[str, Any] = {"rater": store.rater, "branch": store.current_branch}
    if state is not None:
        pairs["items"] = f"{len(state.snapshot):,}, {events:,} with events"
        pairs["classes"] = ", ".join(store.classes()[:12]) + (" …" if len(store.classes()) > 12 else "")
        pairs["newest"] = f"{state.commit.id[:12]}, {state.commit.kind} by {state.commit.rater}"
        pairs["at"] = time_text(state.commit.time)
    if store.network:
        pairs["file system"] = store.network
    return _box(_head(f"Label store {store.path}", "" if state else "nothing bound"), _pairs(pairs))
