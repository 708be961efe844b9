"""A merge in the hands of a person: what conflicts, how it is settled, and the commit in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from explorer.errors import DataError, UnknownName
from explorer.labels.changes import branches
from explorer.labels.changes.three_way import Comparison, MergeConflict, Pick, compare, drafts, find_conflicts
from explorer.labels.display import SHOWN, box_html, counted, heading_html, label_text, quiet_html, table_html, to_text
from explorer.labels.history.frames import TEXT
from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.hashing import check_text
from explorer.labels.model.refs import Resolution
from explorer.labels.model.schema import names_of
from explorer.labels.model.types import FIELD, Commit, Logged, StoreError
from explorer.labels.model.values import to_stored
from explorer.labels.working_copy import WorkingCopy

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

    def __init__(self, copy: WorkingCopy, source: str, theirs: Commit) -> None:
        self._copy = copy
        self._theirs = theirs
        self.source = source
        self.into = copy.branch
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
        with self._copy.backend.lock, self._copy.backend.reading():
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
        self._drop(item, field)

    def abort(self) -> None:
        """Forget how conflicts were settled. Nothing else has to be taken back: a merge is written by `commit`."""
        self._drop()

    def commit(self, why: str = "", op_id: str | None = None) -> Commit:
        """Write the merge as one commit; one that is written already is returned.

        Raises
        ------
        StoreError
            A conflict is open, which is named; there is nothing to merge; the store is on another branch by now.
        """
        copy = self._copy
        with copy.exclusive():
            if (known := copy.known(op_id)) is not None:
                self.made = known
                return known
            found = self._look()
            if found is None and self.made is not None:
                return self.made
            if found is None:
                raise StoreError(f"{self.source!r} is part of {self.into!r} already; there is nothing to merge.")
            if self.open:
                named = (f"{c.item!r}{'' if c.field == FIELD else f' ({c.field})'}" for c in self.open[:5])
                first = ", ".join(named)
                more = f", and {len(self.open) - 5:,} more" if len(self.open) > 5 else ""
                many = "conflict is" if len(self.open) == 1 else "conflicts are"
                raise StoreError(
                    f"{len(self.open):,} {many} open in the merge of {self.source!r} into {self.into!r}: "
                    f"{first}{more}. What was settled counts only while neither side has changed since.",
                    "Settle each with resolve(item, 'ours' | 'theirs' | 'value').",
                )
            settled = {(r.field, r.item): r for r in self._kept()}
            events = drafts(found, copy.head.read, settled, self._event, op_id)
            message = f"merge {self.source} into {self.into}"
            draft = CommitDraft(
                "merge",
                copy.rater,
                max(copy.now(), self._theirs.time),  # a commit is never earlier than its parents
                f"{message}: {check_text(why, 'why')}" if why else message,
                found.snapshot,
                found.schema,
                tuple(events),
                merge_parent=self.theirs,
            )
            made = copy.commit(draft)
            copy.backend.drop_resolutions(self.into, self.source)
        self.made = made
        return made

    def table(self) -> pd.DataFrame:
        """Return the conflicts: item, field, base, ours, ours_rater, theirs, theirs_rater, pick, value, rater, why."""
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

    @property
    def outcome(self) -> str:
        """How it stands, in words."""
        if self.up_to_date:
            return "already up to date" if self.made is None else f"merged as {self.made.id[:12]}"
        parts = [f"{self.taken:,} taken", f"{self.same:,} the same", counted(len(self._conflicts), "conflict")]
        if self.made is not None:
            return f"merged as {self.made.id[:12]}, {', '.join(parts)}"
        return f"{', '.join(parts)}, {len(self.open):,} open; not committed"

    def __repr__(self) -> str:
        head = f"Merge({self.source!r} into {self.into!r}: {self.outcome})"
        lines = [f"  {c!r}" for c in self.open[:5]]
        more = [f"  … {len(self.open) - 5:,} more"] if len(self.open) > 5 else []
        return "\n".join([head, *(f"  note: {n}" for n in self.notes), *lines, *more])

    def _repr_html_(self) -> str:
        rows = [
            (
                c.item if c.field == FIELD else f"{c.item} ({c.field})",
                label_text(c.base.value),
                *c.sides,
                c.outcome,
            )
            for c in sorted(self._conflicts, key=lambda c: c.pick is not None)[:SHOWN]
        ]
        columns = ("item", "base", f"ours ({self.into})", f"theirs ({self.source})", "settled")
        table = table_html(columns, rows, len(self._conflicts)) if rows else ""
        notes = "".join(map(quiet_html, self.notes))
        return box_html(heading_html(f"Merge {self.source} into {self.into}", self.outcome), notes, table)

    # What it stands on

    def _look(self) -> Comparison | None:
        """Compare the branches as they are now; `None` if there is nothing to merge."""
        copy = self._copy
        if copy.branch != self.into:
            raise StoreError(
                f"This is a merge into {self.into!r}, and the store is on {copy.branch!r} now.",
                f"Go back with switch({self.into!r}).",
            )
        head, backend = copy.head, copy.backend
        ours = head.now()
        if backend.is_ancestor(self._theirs, ours.commit):
            self.up_to_date = True
            self._conflicts = []
            return None
        base = backend.merge_base(ours.commit, self._theirs)
        if base is None:
            raise StoreError(f"{self.source!r} and {self.into!r} have no commit in common.", "They cannot be merged.")
        found = compare(head.state_at(base), ours, head.state_at(self._theirs), self.source, head.read)
        self.base = base.id
        self.taken, self.same, self.notes = len(found.taken), found.same, found.notes
        self._conflicts = find_conflicts(found, head.read, self._kept())
        self._found = found
        return found

    def _kept(self) -> list[Resolution]:
        return self._copy.backend.resolutions(self.into, self.source)

    def _event(self, item: str, event_id: str | None) -> Logged | None:
        return None if event_id is None else self._copy.backend.event(item, event_id)

    def _drop(self, item: str | None = None, field: str | None = None) -> None:
        """Forget how conflicts were settled: of one cell, or all."""
        with self._copy.backend.exclusive(self.into):
            self._copy.backend.drop_resolutions(self.into, self.source, item, field)
        self.refresh()
        self._copy.tell()

    def _known(self, item: str, field: str) -> MergeConflict:
        for conflict in self._conflicts:
            if (conflict.item, conflict.field) == (item, field):
                return conflict
        raise UnknownName("conflict on item", item, [c.item for c in self._conflicts])

    def _settle(self, wanted: Sequence[tuple[str, str, str | Pick, Any]], why: str) -> None:
        copy = self._copy
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
                    rater=copy.rater.name,
                    time=copy.now(),
                    why=check_text(why, "why"),
                    rater_kind=copy.rater.kind,
                )
            )
        if not resolutions:
            return
        with copy.backend.exclusive(self.into):
            for resolution in resolutions:
                copy.backend.keep_resolution(resolution)
        self.refresh()
        copy.tell()


def begin(
    copy: WorkingCopy,
    source: str,
    resolve: str | Pick | Mapping[Any, Any] | None = None,
    why: str = "",
    commit: bool = True,
    op_id: str | None = None,
) -> Merge:
    """Merge a branch into the current one, as far as it goes; see `Store.merge`."""
    with copy.backend.lock:
        if source == copy.branch:
            raise DataError(f"{source!r} is the branch that this store is on.", "Name another one to merge.")
        branches.check(copy, source)
        tip = copy.backend.tip(source)
        if tip is None:
            raise DataError(f"The branch {source!r} has no commits.", "Merge another one.")
        found = Merge(copy, source, tip)
    if resolve is not None and not found.up_to_date:
        found.resolve_all(resolve, why)
    if commit and not found.up_to_date and not found.open:
        found.commit(why, op_id)
    return found
