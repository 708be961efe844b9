"""What the label store should be, as plain dicts: every commit keeps a whole copy of what was true then.

Decisions and events are told apart by a number. A decision is what a rater said; an event changes which decision is in
force on an item. An undo puts back the one before, and a merge takes over the one of the other branch.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

numbers = itertools.count(1)


class Changed(Exception):
    """Somebody decided otherwise on these items."""

    def __init__(self, items):
        self.items = set(items)


class NothingThere(Exception):
    """There is nothing to take back."""


@dataclass(frozen=True, eq=False)
class Decision:
    op: str
    label: str | None  # class id
    content: str
    given: str | None  # name of the given label, in the dataset that it was made on
    rater: str
    why: str | None
    withdraws: bool = False  # says that on another branch all was taken back


@dataclass(frozen=True, eq=False)
class Event:
    item: str
    before: Decision | None
    after: Decision | None
    rater: str
    recorded: str | None  # class id
    undoes: Event | None = None
    merged: bool = False  # says again what the rater said on the other branch, or on this one in a conflict
    ours: bool = False  # keeps what this branch says in a conflict


@dataclass(frozen=True)
class Schema:
    names: dict[str, str]  # of each class id
    meaning: dict[str, str]  # class id of each name, also of former ones
    into: dict[str, str] = field(default_factory=dict)  # class id that a class id reads as

    def read(self, class_id):
        """Name that a class id reads as."""
        class_id = self.into.get(class_id, class_id)
        return self.names.get(class_id, class_id)

    def id_of(self, name):
        return self.meaning.get(name, name)

    def given(self, name):
        """What a given label reads as."""
        return None if name is None else self.read(self.id_of(name))

    def active(self):
        return [name for i, name in self.names.items() if i not in self.into]

    def extended(self, names):
        new = {n: n for n in names if n is not None and n not in self.meaning}
        return replace(self, names={**self.names, **new}, meaning={**self.meaning, **new}) if new else self

    def renamed(self, old, new):
        i = self.id_of(old)
        return replace(self, names={**self.names, i: new}, meaning={**self.meaning, new: i})

    def merged_class(self, old, into):
        return replace(self, into={**self.into, self.id_of(old): self.id_of(into)})


@dataclass(frozen=True)
class State:
    rows: dict[str, tuple[str, str | None]]  # the dataset: content and given label of each item, in order
    schema: Schema
    heads: dict[str, Event] = field(default_factory=dict)

    def decision(self, item):
        return self.heads[item].after if item in self.heads else None

    def given_id(self, item):
        name = self.rows[item][1]
        return None if name is None else self.schema.id_of(name)

    def outcome(self, item, schema=None):
        """Label in force and state of an item."""
        schema = schema or self.schema
        content, given = self.rows[item]
        given = schema.given(given)
        decision = self.decision(item)
        if decision is None or decision.op == "clear":
            return given, "given"
        if decision.content != content:
            return given, "stale"
        label = None if decision.label is None else schema.read(decision.label)
        if label != given and schema.given(decision.given) != given:
            return label, "conflict"
        if decision.op in ("flag", "leave_out"):
            return label, "flagged" if decision.op == "flag" else "left out"
        return label, "kept" if decision.op == "keep" or label == given else "relabelled"

    def left_out(self, item):
        """Whether an item of the dataset is left out."""
        decision = self.decision(item)
        return decision is not None and decision.op == "leave_out" and self.outcome(item)[1] != "stale"

    def label_id(self, item):
        return self.given_id(item) if self.outcome(item)[1] in ("given", "stale") else self.decision(item).label

    def labels(self, schema=None):
        return {i: self.outcome(i, schema)[0] for i in self.rows}

    def decide(self, item, op, label, rater, why):
        """Make the event of a new decision."""
        label = label if op == "set" else self.label_id(item)
        return self.event(item, Decision(op, label, *self.rows[item], rater, why), rater)

    def event(self, item, after, rater, undoes=None):
        """Make the event that puts a decision in force."""
        given = self.given_id(item) if item in self.rows else None
        recorded = given if after is None or after.op == "clear" else after.label
        return Event(item, self.decision(item), after, rater, recorded, undoes)

    def with_event(self, event):
        return replace(self, heads={**self.heads, event.item: event})


@dataclass(frozen=True, eq=False)
class Commit:
    state: State
    parent: Commit | None = None
    merged: Commit | None = None
    kind: str = "edit"
    events: tuple[Event, ...] = ()
    number: int = field(default_factory=lambda: next(numbers))

    def history(self):
        """The commits of the branch, newest first."""
        commit = self
        while commit is not None:
            yield commit
            commit = commit.parent

    def ancestors(self):
        found, waiting = set(), [self]
        while waiting:
            commit = waiting.pop()
            if commit is not None and commit not in found:
                found.add(commit)
                waiting += [commit.parent, commit.merged]
        return found

    def taken_back(self):
        """Events of the history that were undone, by an undo that was not undone itself."""
        gone = set()
        for commit in self.history():
            gone |= {e.undoes for e in commit.events if e.undoes is not None and e not in gone}
        return gone

    def withdrawn(self):
        """What was taken back in the history, or on the branches that were merged into it; newest first."""
        gone = set()
        for commit in self.history():
            for event in reversed(commit.events):
                if event in gone:
                    continue
                if event.undoes is not None:
                    gone.add(event.undoes)
                elif commit.merged is not None and not event.ours:
                    gone |= {e for e in commit.merged.withdrawn() if e.item == event.item}
        return gone

    def votes(self):
        """The event of each rater's vote, by item and rater."""
        gone, newest = self.withdrawn(), {}
        for commit in self.history():
            for event in reversed(commit.events):
                if event.undoes is None and event not in gone and not event.after.withdraws:
                    newest.setdefault((event.item, event.rater), event)
        return {k: e for k, e in newest.items() if e.after.op != "clear"}

    # What makes a new commit

    def then(self, events=(), kind="edit", **changed):
        """The next commit; `changed` are parts of the state."""
        state = replace(self.state, **changed)
        for event in events:
            state = state.with_event(event)
        return Commit(state, self, None, kind, tuple(events))

    def applied(self, wishes, rater, why):
        state, events = self.state, []
        for item, op, label in wishes:
            events.append(state.decide(item, op, label, rater, why))
            state = state.with_event(events[-1])
        return self.then(events)

    def undone(self, n, rater):
        """Take back the newest n commits that still stand; `None` if there are none."""
        gone = self.taken_back()
        standing = [c for c in self.history() if c.kind != "revert" and any(e not in gone for e in c.events)][:n]
        return self._inverse([e for c in standing for e in reversed(c.events) if e not in gone], rater)

    def reverted(self, commits, items, rater):
        gone = self.taken_back()
        ordered = [c for c in self.history() if c in commits]
        events = [e for c in ordered for e in reversed(c.events) if (not items or e.item in items) and e not in gone]
        if not events:
            raise NothingThere
        return self._inverse(events, rater)

    def _inverse(self, events, rater):
        state, made, changed, gone = self.state, [], set(), self.taken_back()
        again = [e for c in self.history() for e in reversed(c.events) if e.merged and e not in gone]
        ordered = {}  # a decision is taken back with all merges that said it again; an undo is no decision
        for event in events:
            first = not event.merged and event.undoes is None
            copies = [e for e in again if e.item == event.item and e.after is event.after] if first else []
            ordered.update(dict.fromkeys([*copies, event]))
        for event in ordered:
            if event.item in changed:
                continue
            if state.decision(event.item) is not event.after:
                changed.add(event.item)
                continue
            made.append(state.event(event.item, event.before, rater, event))
            state = state.with_event(made[-1])
        if changed:
            raise Changed(changed)
        return self.then(made, "revert") if made else None


@dataclass(frozen=True)
class Merging:
    """What a merge of `theirs` into `ours` does, given the ancestor that is compared with."""

    state: State  # ours, over the dataset and the classes of the merge
    theirs: Commit
    taken: list[str]
    same: list[str]
    conflicts: list[str]

    def settled(self, ours, picks, rater, whys):
        """The commit, given a (pick, class id) for each conflict."""
        state, events = self.state, []
        for item in [*self.taken, *self.conflicts]:
            pick, label = picks.get(item, ("theirs", None))
            if pick == "value":
                decision = Decision("set", label, *_row(state, item), rater, whys[item])
                events.append(state.event(item, decision, rater))
            else:
                ours_held = pick == "ours"
                head = (state if ours_held else self.theirs.state).heads[item]
                events.append(replace(carried(state, head), ours=ours_held))
            state = state.with_event(events[-1])
        return Commit(state, ours, self.theirs, "merge", tuple(events))


def _row(state, item):
    return state.rows.get(item, ("", None))


def carried(state, head):
    """The event that takes a decision over; an item that is untouched there is cleared here."""
    after = head.after or Decision("clear", None, *_row(state, head.item), head.rater, None, withdraws=True)
    return replace(state.event(head.item, after, after.rater), merged=head.after is not None)


def best_ancestors(a, b):
    common = a.ancestors() & b.ancestors()
    return {c for c in common if not any(c is not d and c in d.ancestors() for d in common)}


def merging(ours, theirs, base):
    there, here, before = theirs.state, ours.state, base.state
    # By content, not by order: the same items in another order are the same dataset.
    rows = there.rows if here.rows == before.rows else here.rows
    schema = united(before.schema, here.schema, there.schema)
    mine, other = replace(here, rows=rows, schema=schema), replace(there, rows=rows, schema=schema)
    taken, same, conflicts = [], [], []
    for item in there.heads:
        decisions = [s.decision(item) for s in (before, here, there)]
        if decisions[2] in (decisions[0], decisions[1]):
            continue
        # Without an event here nobody on this branch has decided, even where the ancestor is one whose decision was
        # taken back on a third branch that came in: a newer one stands for itself.
        if decisions[1] is decisions[0] or item not in here.heads:
            taken.append(item)
        elif not agree(mine, other, item):
            conflicts.append(item)
        elif item in rows and mine.outcome(item)[1] == "stale" and other.outcome(item)[1] != "stale":
            taken.append(item)  # the same label, but only theirs was decided on the content that the item has
        elif (
            item in rows
            and other.outcome(item)[1] != "stale"
            and mine.outcome(item)[1] != "stale"
            and (mine.left_out(item) != other.left_out(item))
        ):
            conflicts.append(item)
        else:
            same.append(item)
    return Merging(mine, theirs, taken, same, conflicts)


def agree(mine, other, item):
    """Tell whether two branches say the same of an item."""
    recorded = [None if (i := s.heads[item].recorded) is None else s.schema.read(i) for s in (mine, other)]
    if item not in mine.rows:
        return recorded[0] == recorded[1]
    given = mine.schema.given(mine.rows[item][1])
    told = [
        given if d is None or d.op == "clear" else r
        for d, r in zip((mine.decision(item), other.decision(item)), recorded, strict=True)
    ]
    return mine.outcome(item)[0] == other.outcome(item)[0] or told[0] == told[1]


def united(base, ours, theirs):
    names = dict(ours.names)
    for i, name in theirs.names.items():
        if i not in names or (i in base.names and ours.names[i] == base.names[i]):
            names[i] = name
    return Schema(names, {**theirs.meaning, **ours.meaning}, {**theirs.into, **ours.into})
