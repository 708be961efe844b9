"""A merge in the hands of a person: what conflicts, how it is settled, and the commit in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from explorer.errors import DataError, UnknownName
from explorer.labels.changes.three_way import (
    Comparison,
    MergeConflict,
    Pick,
    _settled,
    _side,
    compare,
    drafts,
    find_conflicts,
    merge_conflict_text,
)
from explorer.labels.display import _QUIET, _SHOWN, _box, _head, _many, label_text, table_html
from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.hashing import check_text
from explorer.labels.model.refs import Resolution
from explorer.labels.model.schema import names_of
from explorer.labels.model.types import FIELD, Commit, StoreError
from explorer.labels.model.values import to_stored

if TYPE_CHECKING:
    import pandas as pd

    from explorer.labels.working_copy import Changer

_PICKS = tuple(p.value for p in Pick)


_MISSING = object()  # no label was given, which is not the label `None`


class Merge:
    """A merge of one branch into another; made by `Store.merge`.

    Settling a conflict is durable at once and shared with everybody who merges the same two branches. A resolution
    holds for the two events that it was made on: where either side is decided anew, the conflict is open again.

    Attributes
    ----------
    source, into
        Names of the branches.
    base
        Id of the best commit that both have in common.
    theirs
        Id of the commit that is merged: the tip of `source` when the merge was begun.
    taken
        Number of cells that are taken from `source`, since only it changed them.
    same
        Number of cells that both changed to the same label.
    notes
        One sentence for each thing that both branches changed (a name, an alias, the items); ours holds.
    made
        The commit, once there is one; `None` before, and where there was nothing to merge.
    up_to_date
        All of `source` is part of `into` already.
    """

    def __init__(self, store: Changer, source: str, theirs: Commit) -> None:
        self._store = store
        self._theirs = theirs
        self.source = source
        self.into = store.current_branch
        self.theirs = theirs.id
        self.made: Commit | None = None
        self.base: str | None = None
        self.taken = self.same = 0
        self.notes: tuple[str, ...] = ()
        self.up_to_date = False
        self._conflicts: list[MergeConflict] = []
        self.refresh()

    @property
    def conflicts(self) -> list[MergeConflict]:
        """The cells that both branches changed, to different labels; also those that are settled."""
        return list(self._conflicts)

    @property
    def open(self) -> list[MergeConflict]:
        """The conflicts that are not settled yet."""
        return [c for c in self._conflicts if c.pick is None]

    def refresh(self) -> Merge:
        """Look again: at what was committed to `into`, and settled by others, since."""
        with self._store._engine.lock, self._store._engine.reading():
            self._look()
        return self

    def resolve(self, item: str, pick: str | Pick, value: Any = _MISSING, *, field: str = FIELD, why: str = "") -> None:
        """Settle a conflict; durable at once.

        Parameters
        ----------
        pick
            "ours" (as it is here), "theirs" (as it is in the branch that is merged), or "value".
        value
            The label, where `pick` is "value"; `None`, which has to be said, is unlabelled.

        Raises
        ------
        UnknownName, DataError
            No such conflict or pick; no value, or one that does not fit.
        """
        if value is _MISSING and pick in (Pick.VALUE, Pick.VALUE.value):
            raise DataError(
                f"No label is given for item {item!r}.", "Pass it: resolve(item, 'value', label); None is unlabelled."
            )
        self._settle([(item, field, pick, None if value is _MISSING else value)], why)

    def resolve_all(self, picks: str | Pick | Mapping[Any, Any], why: str = "") -> None:
        """Settle several conflicts at once.

        Parameters
        ----------
        picks
            "ours" or "theirs" for all that are open; or, by item (or by item and field), `Pick.OURS`, `Pick.THEIRS`,
            or else a label.
        """
        if isinstance(picks, Mapping):
            wanted = []
            for key, value in picks.items():
                item, field = key if isinstance(key, tuple) else (key, FIELD)
                picked = isinstance(value, Pick)
                wanted.append((item, field, value if picked else Pick.VALUE, None if picked else value))
            self._settle(wanted, why)
        else:
            self._settle([(c.item, c.field, picks, None) for c in self.open], why)

    def unresolve(self, item: str, field: str = FIELD) -> None:
        """Make a conflict open again."""
        self._known(item, field)
        store = self._store
        with store._engine.exclusive(self.into):
            store._engine.drop_resolutions(self.into, self.source, item, field)
        self.refresh()
        store._tell()

    def abort(self) -> None:
        """Forget how conflicts were settled. Nothing else has to be taken back: a merge is written by `commit`."""
        store = self._store
        with store._engine.exclusive(self.into):
            store._engine.drop_resolutions(self.into, self.source)
        self.refresh()
        store._tell()

    def commit(self, why: str = "", op_id: str | None = None) -> Commit:
        """Write the merge as one commit; one that is written already is returned.

        Raises
        ------
        StoreError
            A conflict is open, which is named; there is nothing to merge; the store is on another branch by now.
        """
        store = self._store
        with store._changing() as work:
            if (known := store._known(op_id)) is not None:
                self.made = known
                return known
            found = self._look()
            if found is None and self.made is not None:
                return self.made
            if found is None:
                raise StoreError(f"{self.source!r} is part of {self.into!r} already; there is nothing to merge.")
            if self.open:
                first = ", ".join(_said(c) for c in self.open[:5])
                more = f", and {len(self.open) - 5:,} more" if len(self.open) > 5 else ""
                many = "conflict is" if len(self.open) == 1 else "conflicts are"
                raise StoreError(
                    f"{len(self.open):,} {many} open in the merge of {self.source!r} into {self.into!r}: "
                    f"{first}{more}. What was settled counts only while neither side has changed since.",
                    "Settle each with resolve(item, 'ours' | 'theirs' | 'value').",
                )
            settled = {(r.field, r.item): r for r in self._kept()}
            events = drafts(
                found,
                store._live.read,
                settled,
                store._lookup,
                op_id,
            )
            message = f"merge {self.source} into {self.into}"
            draft = CommitDraft(
                "merge",
                store._rater,
                max(store._now(), self._theirs.time),  # a commit is never earlier than its parents
                f"{message}: {check_text(why, 'why')}" if why else message,
                found.snapshot,
                found.schema,
                tuple(events),
                merge_parent=self.theirs,
            )
            made = work.append(draft)
            store._engine.drop_resolutions(self.into, self.source)
        self.made = made
        return made

    def table(self) -> pd.DataFrame:
        """Return the conflicts: item, field, base, ours, ours_rater, theirs, theirs_rater, pick, value, rater, why."""
        import pandas as pd

        from explorer.labels.display import to_text
        from explorer.labels.history.frames import TEXT

        columns = "item field base ours ours_rater theirs theirs_rater pick value rater why".split()  # noqa: SIM905
        rows = [
            (
                c.item,
                c.field,
                to_text(c.base.value),
                to_text(c.ours.value),
                c.ours.rater,
                to_text(c.theirs.value),
                c.theirs.rater,
                c.pick,
                to_text(c.value),
                c.rater,
                c.why,
            )
            for c in self._conflicts
        ]
        return pd.DataFrame(rows, columns=columns).astype(TEXT)

    def __repr__(self) -> str:

        return merge_text(self)

    def _repr_html_(self) -> str:

        return merge_html(self)

    # What it stands on

    def _look(self) -> Comparison | None:
        """Compare the branches as they are now; `None` if there is nothing to merge."""
        store = self._store
        if store.current_branch != self.into:
            raise StoreError(
                f"This is a merge into {self.into!r}, and the store is on {store.current_branch!r} now.",
                f"Go back with switch({self.into!r}).",
            )
        live, engine = store._live, store._engine
        ours = live.now()
        if engine.is_ancestor(self._theirs, ours.commit):
            self.up_to_date = True
            self._conflicts = []
            return None
        base = engine.merge_base(ours.commit, self._theirs)
        if base is None:
            raise StoreError(f"{self.source!r} and {self.into!r} have no commit in common.", "They cannot be merged.")
        found = compare(live.state_at(base), ours, live.state_at(self._theirs), self.source, live.read)
        self.base = base.id
        self.taken, self.same, self.notes = len(found.taken), found.same, found.notes
        self._conflicts = find_conflicts(found, live.read, self._kept())
        self._found = found
        return found

    def _kept(self) -> list[Resolution]:
        return self._store._engine.resolutions(self.into, self.source)

    def _known(self, item: str, field: str) -> MergeConflict:
        for conflict in self._conflicts:
            if (conflict.item, conflict.field) == (item, field):
                return conflict
        raise UnknownName("conflict on item", item, [c.item for c in self._conflicts])

    def _settle(self, wanted: Sequence[tuple[str, str, str | Pick, Any]], why: str) -> None:
        store = self._store
        resolutions = []
        for item, field, picked, value in wanted:
            pick = picked.value if isinstance(picked, Pick) else picked
            if pick not in _PICKS:
                raise UnknownName("pick", pick, _PICKS)
            conflict = self._known(item, field)
            if pick != "value" and value is not None:
                raise DataError(f"Item {item!r}: {pick!r} takes no value.", "Pick 'value' to give a label.")
            names = names_of(self._found.schema)
            resolutions.append(
                Resolution(
                    into=self.into,
                    source=self.source,
                    item=item,
                    field=field,
                    ours=conflict.ours.event,
                    theirs=conflict.theirs.event,
                    pick=pick,
                    value=to_stored(value, names.type_of(field), names, item, field) if pick == "value" else None,
                    rater=store.rater,
                    time=store._now(),
                    why=check_text(why, "why"),
                    rater_kind=store._rater.kind,
                )
            )
        if not resolutions:
            return
        with store._engine.exclusive(self.into):
            for resolution in resolutions:
                store._engine.keep_resolution(resolution)
        self.refresh()
        store._tell()


def _said(conflict: MergeConflict) -> str:
    field = "" if conflict.field == FIELD else f" ({conflict.field})"
    return f"{conflict.item!r}{field}"


def merge_text(merge: Merge) -> str:
    """Return a merge in one line, with its first open conflicts below."""
    head = f"Merge({merge.source!r} into {merge.into!r}: {_merge_outcome(merge)})"
    lines = [f"  {merge_conflict_text(c)}" for c in merge.open[:5]]
    more = [f"  … {len(merge.open) - 5:,} more"] if len(merge.open) > 5 else []
    return "\n".join([head, *(f"  note: {n}" for n in merge.notes), *lines, *more])


def _merge_outcome(merge: Merge) -> str:
    if merge.up_to_date:
        return "already up to date" if merge.made is None else f"merged as {merge.made.id[:12]}"
    parts = [f"{merge.taken:,} taken", f"{merge.same:,} the same", _many(len(merge.conflicts), "conflict")]
    if merge.made is not None:
        return f"merged as {merge.made.id[:12]}, {', '.join(parts)}"
    return f"{', '.join(parts)}, {len(merge.open):,} open; not committed"


def merge_html(merge: Merge) -> str:
    """Return a merge as HTML."""
    rows = [
        (
            c.item if c.field == FIELD else f"{c.item} ({c.field})",
            label_text(c.base.value),
            _side(c.ours),
            _side(c.theirs),
            _settled(c),
        )
        for c in sorted(merge.conflicts, key=lambda c: c.pick is not None)[:_SHOWN]
    ]
    columns = ("item", "base", f"ours ({merge.into})", f"theirs ({merge.source})", "settled")
    table = table_html(columns, rows, len(merge.conflicts)) if rows else ""
    notes = "".join(f'<div style="{_QUIET}">{escape(n)}</div>' for n in merge.notes)
    return _box(_head(f"Merge {merge.source} into {merge.into}", _merge_outcome(merge)), notes, table)
