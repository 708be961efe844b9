"""Decisions on labels: relabel, keep, mark, leave out, clear, undo. Each is one commit of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explorer.errors import UnknownName
from explorer.labels import Edit, Store
from explorer.labels.model.states import Reason, State
from explorer.review.arguments import Items, labels_for, positions_of
from explorer.review.item import shown
from explorer.review.state import ReviewState
from explorer.review.sync import StoreSync, Written


class Decisions:
    """What a person decides about items. Every method returns what was written, `None` where nothing was.

    Attributes
    ----------
    rater
        Name that decisions are stored under.
    """

    def __init__(self, state: ReviewState, sync: StoreSync, store: Store, rater: str) -> None:
        self._state = state
        self._sync = sync
        self._store = store
        self.rater = rater

    def relabel(
        self, items: Items, label: Any, *, why: str = "", reason: str = "", new_class: bool = False
    ) -> Written | None:
        """Give items another label, or a list of one each; see `Review.relabel`."""
        ids = self.ids(items)
        names = labels_for(ids, label)
        for name in dict.fromkeys(names):
            self.check_label(name, new_class=new_class)
        return self.edit("set", ids, label=names, why=why, reason=reason)

    def keep(self, items: Items, *, why: str = "", reason: str = "") -> Written | None:
        """Say that the given label is right."""
        return self.edit("keep", self.ids(items), why=why, reason=reason)

    def mark(self, items: Items, reason: str, *, why: str = "") -> Written | None:
        """Set items aside with a reason."""
        return self.edit("flag", self.ids(items), reason=reason, why=why)

    def leave_out(self, items: Items, *, why: str = "") -> Written | None:
        """Leave items out of the dataset; see `Review.leave_out`."""
        return self.edit("leave_out", self.ids(items), why=why)

    def clear(self, items: Items, *, why: str = "") -> Written | None:
        """Take a decision back to "not reviewed"."""
        return self.edit("clear", self.ids(items), why=why)

    def undo(self, *, op_id: str | None = None) -> Written | None:
        """Take back the rater's newest decision that still stands."""
        return self._sync.write(lambda store: store.undo(rater=self.rater, op_id=op_id))

    def check_label(self, name: str, *, new_class: bool = False) -> None:
        """Refuse a label that is no class (`UnknownName`), or add it as one when that is meant."""
        known = self._store.classes()
        if name in known:
            return
        if not new_class:
            raise UnknownName("class", name, known, "Pass new_class=True to add it on purpose.")
        with self._state.lock:
            self._store.add_class(name)
            self._sync.catch_up()

    def edit(
        self,
        op: str | Sequence[str],
        items: Sequence[str],
        *,
        label: str | Sequence[str] | None = None,
        why: str = "",
        reason: str | Sequence[str] = "",
        expected: Mapping[str, str] | None = None,
        op_id: str | None = None,
        message: str = "",
        evidence: Sequence[Mapping[str, Any]] | None = None,
    ) -> Written | None:
        """Write one commit for items by id: what every click and every verb above comes to.

        Parameters
        ----------
        op
            "set" (to `label`: a class name, or one per item), "keep", "flag", "leave_out" or "clear"; or one per item.
        reason
            A `Reason`, or one per item: a must for "flag", allowed for all but "leave_out", which is a reason of its
            own.
        expected
            Per item id, the event that the writer saw (compare-and-swap).
        op_id
            Made by the client; the same one again returns the first commit.

        message
            Of the commit.
        evidence
            What speaks for each decision beside what a person could see.

        Raises
        ------
        Conflict
            Somebody changed one of the items since; nothing was written.
        UnknownName
            An item or a reason that there is none of.
        """
        ops = [op] * len(items) if isinstance(op, str) else list(op)
        reasons = [reason] * len(items) if isinstance(reason, str) else list(reason)
        for one_op, one in set(zip(ops, reasons, strict=True)):
            if one not in tuple(Reason) and (one or one_op == "flag"):
                remedy = "Items are left out with leave_out()." if one == State.LEFT_OUT else ""
                raise UnknownName("reason", one, tuple(Reason), remedy)
        state = self._state
        names = [label] * len(items) if label is None or isinstance(label, str) else label
        with state.lock:
            edits = [
                Edit(
                    item=item,
                    expected=None if expected is None else expected.get(item),
                    why=why,
                    reason=State.LEFT_OUT.value if op == "leave_out" else said,
                    evidence={**(shown(state.results, state.classes, position) or {}), **more} or None,
                    **state.labels.decision("flag" if op == "leave_out" else op, position, name),
                )
                for op, item, position, name, said, more in zip(
                    ops,
                    items,
                    map(state.dataset.position, items),
                    names,
                    reasons,
                    evidence or [{}] * len(items),
                    strict=True,
                )
            ]
            if not edits:
                return None
            kind = "edit" if len(edits) == 1 else "bulk"
            return self._sync.write(
                lambda store: store.apply(edits, kind=kind, message=message, rater=self.rater, op_id=op_id)
            )

    def ids(self, items: Items) -> list[str]:
        """Return item ids of one item or many, as a person names them; an unknown one raises `UnknownName`."""
        with self._state.lock:
            dataset = self._state.dataset
            return [str(dataset.item_ids[position]) for position in positions_of(dataset, items)]
