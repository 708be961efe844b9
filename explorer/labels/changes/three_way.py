"""Three-way merge of two branches, cell by cell: what is taken, what agrees, what is a conflict.

A cell is compared by its *decision*, the event whose word holds. A decision that changed on one side only is taken from
that side. Changed on both sides to the same label, it stays as it is here; to different labels, or left out on one side
only, it is a conflict, which a person settles. Snapshot and schema are merged three ways too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from explorer.labels.changes.edits import Overlay, Versions
from explorer.labels.display import label_text
from explorer.labels.head import Contents
from explorer.labels.model import schema
from explorer.labels.model.cells import Cell
from explorer.labels.model.drafts import EventDraft
from explorer.labels.model.refs import Resolution
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.states import State
from explorer.labels.model.types import FIELD, LabelSchema, Logged, Rater
from explorer.labels.model.values import to_public
from explorer.labels.model.version import Version


class Pick(Enum):
    """How a conflict is settled: as it is here, as it is in the branch that is merged, or by another value."""

    OURS = "ours"
    THEIRS = "theirs"
    VALUE = "value"


CellKey = tuple[str, str]
"""Field and item."""


@dataclass(frozen=True, slots=True, repr=False)
class MergeConflict:
    """A cell that both branches changed, to different labels, or that one of them left out.

    Attributes
    ----------
    base, ours, theirs
        The cell at the merge base, here, and in the branch that is merged.
    pick
        "ours", "theirs" or "value" once somebody settled it, else `None`.
    value
        The label that was settled on, where `pick` is "value".
    rater, why
        Who settled it, and why.
    """

    item: str
    field: str
    base: Cell
    ours: Cell
    theirs: Cell
    pick: str | None = None
    value: Any = None
    rater: str | None = None
    why: str = ""

    @property
    def outcome(self) -> str:
        """How it is settled, in words: "open", "settled: ours", "settled: theirs" or the label."""
        if self.pick is None:
            return "open"
        return f"settled: {label_text(self.value) if self.pick == 'value' else self.pick}"

    @property
    def sides(self) -> tuple[str, str]:
        """The label here and the one in the branch that is merged, each with its rater, in words."""
        return _in_words(self.ours), _in_words(self.theirs)

    def __repr__(self) -> str:
        field = "" if self.field == FIELD else f".{self.field}"
        ours, theirs = self.sides
        return f"MergeConflict({self.item!r}{field}: ours {ours}, theirs {theirs}, {self.outcome})"


@dataclass(frozen=True)
class Comparison:
    """What a merge would do.

    Attributes
    ----------
    snapshot, schema
        What the merge commit will stand on.
    notes
        One sentence for each thing that both branches changed (a name, an alias, the items), where ours holds.
    taken
        Cells whose decision is taken from the other branch.
    same
        Number of cells that both changed to the same label, and both left out or both not.
    conflicts
        Cells that both changed otherwise.
    """

    ours: Contents
    theirs: Contents
    base: Contents
    snapshot: Snapshot
    schema: LabelSchema
    notes: tuple[str, ...]
    taken: tuple[CellKey, ...]
    same: int
    conflicts: tuple[CellKey, ...]


Read = Callable[[Contents, str, LabelSchema], Version]
"""Makes the version of a field at a state, read with a schema."""


def compare(base: Contents, ours: Contents, theirs: Contents, source: str, read: Read) -> Comparison:
    """Compare two branches with the best ancestor that they have in common.

    Parameters
    ----------
    source
        Name of the branch that `theirs` is of, for notes.

    Raises
    ------
    DataError
        The schemas cannot be united.
    """
    united, notes = schema.merged(base.schema, ours.schema, theirs.schema, source)
    snapshot = theirs.snapshot if ours.snapshot.id == base.snapshot.id else ours.snapshot
    if theirs.snapshot.id not in (base.snapshot.id, snapshot.id):
        notes.append(f"both branches were bound to other items; those that are bound here hold, not those of {source}")
    taken: list[CellKey] = []
    conflicts: list[CellKey] = []
    same = 0
    for field in dict.fromkeys([*theirs.heads, *base.heads]):
        here, there = (replace(read(s, field, united), snapshot=snapshot, known={}) for s in (ours, theirs))
        at_base = base.heads.get(field, {})
        for item, their in there.heads.items():
            old = at_base.get(item)
            if old is not None and old.event.id == their.event.id:
                continue  # which is so for nearly all
            our, before = here.heads.get(item), _decision(old)
            if _decision(their) == before or _decision(their) == _decision(our):
                continue
            if our is None or _decision(our) == before:
                taken.append((field, item))
            elif (outcome := _agree(here, there, item)) is None:
                conflicts.append((field, item))
            elif outcome:
                taken.append((field, item))
            else:
                same += 1
    return Comparison(ours, theirs, base, snapshot, united, tuple(notes), tuple(taken), same, tuple(conflicts))


def _decision(logged: Logged | None) -> str | None:
    return logged.event.decision if logged else None


def _agree(here: Version, there: Version, item: str) -> bool | None:
    """Tell what to do where both decided: `None` it is a conflict, false ours stays, true theirs is taken."""
    ours, theirs = here.anywhere(item), there.anywhere(item)
    if ours.value != theirs.value and _recorded(ours) != _recorded(theirs):
        return None
    # The same label, but here on content that is no more: theirs is the one that holds.
    if State.STALE in (ours.state, theirs.state):
        return ours.state != theirs.state and ours.state == State.STALE and here.snapshot.row(item) is not None
    return None if ours.left_out != theirs.left_out else False


def _in_words(cell: Cell) -> str:
    left_out = ", left out" if cell.left_out else ""
    return f"{label_text(cell.value)}{left_out}{f' by {cell.rater}' if cell.rater else ''}"


def _recorded(cell: Cell) -> Any:
    return cell.value if cell.op == "clear" else cell.recorded


def find_conflicts(found: Comparison, read: Read, kept: Iterable[Resolution]) -> list[MergeConflict]:
    """Return the conflicts, with how they were settled so far.

    Parameters
    ----------
    kept
        Resolutions; one that was made on other events than these does not count.
    """
    valid = {(r.field, r.item): r for r in kept}
    conflicts = []
    for field, item in found.conflicts:
        base, ours, theirs = (
            read(s, field, found.schema).anywhere(item) for s in (found.base, found.ours, found.theirs)
        )
        conflict = MergeConflict(item, field, base, ours, theirs)
        resolution = valid.get((field, item))
        if resolution is not None and (resolution.ours, resolution.theirs) == (ours.event, theirs.event):
            names = schema.names_of(found.schema)
            conflict = replace(
                conflict,
                pick=resolution.pick,
                value=to_public(resolution.value, names) if resolution.pick == "value" else None,
                rater=resolution.rater,
                why=resolution.why,
            )
        conflicts.append(conflict)
    return conflicts


def drafts(
    found: Comparison,
    read: Read,
    settled: Mapping[CellKey, Resolution],
    lookup: Callable[[str, str | None], Logged | None],
    op_id: str | None,
) -> list[EventDraft]:
    """Return the events of a merge commit.

    What is taken keeps its rater, reasons and evidence. The evidence of a conflict says who settled it (`resolved`).
    Where it was settled by a value, that is a decision of whoever settled it. Where ours was picked, an event says so,
    so that a later merge does not ask again.

    Parameters
    ----------
    settled
        The resolution of every conflict.
    lookup
        Returns the event of an item that has an id.
    """
    now = Overlay(_versions(found.ours, found, read))
    made: list[EventDraft] = []

    def add(draft: EventDraft) -> None:
        op = None if op_id is None else f"{op_id}:{len(made)}"
        made.append(now.add(replace(draft, op_id=op)))

    for field, item in found.taken:
        add(_copied(now, found.theirs.heads[field][item], lookup))
    for field, item in found.conflicts:
        resolution = settled[field, item]
        our, their = found.ours.heads[field][item], found.theirs.heads[field][item]
        cited: dict[str, Any] = {"merged": [our.event.id, their.event.id]}
        said = {"pick": resolution.pick, "by": resolution.rater}
        if resolution.why:
            said["why"] = resolution.why
        if resolution.pick == "value":
            add(
                EventDraft(
                    op_id=None,
                    item=item,
                    content_hash=None,
                    rater=Rater(resolution.rater, resolution.rater_kind),
                    op="set",
                    previous=our.event.id,
                    old=now.value(field, item),
                    new=resolution.value,
                    why=resolution.why,
                    evidence={**cited, "resolved": said},
                    field=field,
                )
            )
        else:
            ours = resolution.pick == "ours"
            draft = _copied(now, our if ours else their, lookup)
            more = {**cited, "resolved": said} if ours else {"resolved": said}
            add(replace(draft, evidence={**(draft.evidence or {}), **more}))
    return made


def _versions(state: Contents, found: Comparison, read: Read) -> Versions:
    """Return how to read a field of a state over the snapshot and schema of the merge."""
    made: dict[str, Version] = {}

    def version(field: str) -> Version:
        if field not in made:
            made[field] = replace(read(state, field, found.schema), snapshot=found.snapshot, known={})
        return made[field]

    return version


def _copied(now: Overlay, head: Logged, lookup: Callable[[str, str | None], Logged | None]) -> EventDraft:
    """Return a draft that says what the decision in force on one side said, by the rater whose decision it is."""
    decision = lookup(head.event.item, head.event.decision) or head
    kind, _, name = decision.event.rater.partition(":")
    return now.copy(decision, Rater(name, kind), restores=head.event.decision)
