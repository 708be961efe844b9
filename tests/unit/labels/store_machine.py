"""A machine that does the same to a store and to the model of plain dicts, and compares."""

import itertools

import pandas as pd
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from labels_help import CLASSES, rows
from labels_model import Changed, Commit, NothingThere, Schema, State, best_ancestors, merging

from explorer import labels
from explorer.errors import ExplorerError, UnknownName
from explorer.labels import Conflict, Edit, Pick, StoreError

ITEMS = [f"item {i}" for i in range(6)]
NAMES = ["x", "y"]  # of branches beside main
TAGS = ["t1", "t2"]
item = st.sampled_from(ITEMS)
picked = st.integers(0, 1_000)  # chooses one of what there is by then
few = st.integers(0, 2)  # so that branches meet on the same items
op = st.sampled_from(["set", "set", "keep", "clear", "flag", "leave_out"])
STORED = {"leave_out": ("flag", "left out")}
"""How an op that the store has no number for is stored: op and reason."""
edits = st.lists(st.tuples(few, op, picked), min_size=1, max_size=4)
settling = st.tuples(
    st.lists(st.tuples(st.sampled_from(["ours", "theirs", "value"]), picked), min_size=1, max_size=4),
    st.integers(0, 4),
    st.sampled_from(["commit", "commit", "commit", "at once", "abort", "later"]),
)


def one_of(choices, number):
    return choices[number % len(choices)]


def raised(kind, call, *given, **named):
    """Return the error of a call that has to fail; a state machine cannot use `pytest.raises` across its rules."""
    with pytest.raises(kind) as caught:
        call(*given, **named)
    return caught.value


def edit(item, op, name, seen, why):
    op, reason = STORED.get(op, (op, ""))
    return Edit(item, op, name if op == "set" else None, seen, why, reason)


def as_dict(series):
    return {i: None if missing else v for i, v, missing in zip(series.index, series, series.isna(), strict=True)}


class StoreMachine(RuleBasedStateMachine):
    """`self.tips` has the model's newest commit of each branch, `self.ids` the store's id of each of its commits."""

    def __init__(self, place, raters):
        super().__init__()
        self.place = place
        self.ann, self.bob = raters
        self.count = itertools.count(1)
        self.current = "main"
        self.ids, self.tags, self.seen, self.picks = {}, {}, {}, {}
        self.store = self.opened()
        given = [*CLASSES, None]
        content = {i: (f"{i} v0", one_of(given, n)) for n, i in enumerate(ITEMS)}
        schema = Schema({c: c for c in CLASSES}, {c: c for c in CLASSES})
        report = self.store.bind(self.frame(content), CLASSES, keyed=True)
        first = Commit(State(content, schema), kind="import")
        self.tips = {"main": first}
        self.ids[first] = report.commit.id
        for name in NAMES:
            self.store.branch(name)
            self.tips[name] = first

    def opened(self, rater=None):
        return labels.open(self.place, rater=rater or self.ann, branch=self.current)

    @staticmethod
    def frame(content):
        return rows(*((i, *row) for i, row in content.items()))

    @property
    def tip(self):
        return self.tips[self.current]

    @property
    def state(self):
        return self.tip.state

    def say(self):
        return f"because {next(self.count)}"

    def grown(self, commit, made):
        """Note a commit that the model and the store made."""
        assert made.id == self.store.head
        self.tips[self.current] = commit
        self.ids[commit] = made.id

    def present(self, number):
        return one_of(list(self.state.rows), number)

    def new_label(self, number):
        """A name to give, and its class id."""
        name = one_of([*self.state.schema.active(), None], number)
        return name, None if name is None else self.state.schema.id_of(name)

    # Labels

    @rule(wishes=edits, second=st.booleans())
    def apply(self, wishes, second):
        why, rater = self.say(), self.bob if second else self.ann
        wanted = [(self.present(i), o, *self.new_label(v)) for i, o, v in wishes]
        seen = {i: self.store.get(i).event for i, *_ in wanted}
        asked = [edit(i, o, name, seen[i], why) for i, o, name, _ in wanted]
        if second:
            with self.opened(self.bob) as other:
                made = other.apply(asked)
        else:
            made = self.store.apply(asked)
        self.grown(self.tip.applied([(i, o, label) for i, o, _, label in wanted], rater, why), made)

    @rule(i=few, v=picked, how=st.sampled_from(["set", "keep", "flag", "leave_out", "clear"]))
    def one_edit_and_its_retry(self, i, v, how):
        chosen, (name, label), why = self.present(i), self.new_label(v), self.say()
        given = (chosen, name) if how == "set" else (chosen,)
        made = getattr(self.store, how)(*given, why=why, op_id=why)
        self.grown(self.tip.applied([(chosen, how, label)], self.ann, why), made)
        assert getattr(self.store, how)(*given, why=why, op_id=why).id == made.id == self.store.head

    @rule(i=picked)
    def look_at_a_cell(self, i):
        chosen = self.present(i)
        state = self.state
        self.seen[chosen] = (self.store.get(chosen).event, state.heads.get(chosen), state.rows[chosen])

    @precondition(lambda self: self.seen)
    @rule(i=picked, v=picked)
    def write_what_was_seen(self, i, v):
        """Compare and swap with what was seen any time ago, on any branch; also an untouched cell of an old dataset."""
        chosen = one_of(list(self.seen), i)
        if chosen not in self.state.rows:
            raised(UnknownName, self.store.set, chosen, CLASSES[0])
            return
        event, head, (content, given) = self.seen[chosen]
        state, (name, label), why = self.state, self.new_label(v), self.say()
        same = state.rows[chosen][0] == content and state.schema.given(state.rows[chosen][1]) == state.schema.given(
            given
        )
        if head is state.heads.get(chosen) and (head is not None or same):
            made = self.store.set(chosen, name, expected=event, why=why)
            self.grown(self.tip.applied([(chosen, "set", label)], self.ann, why), made)
        else:
            conflict = raised(Conflict, self.store.set, chosen, name, expected=event)
            assert [c.item for c in conflict.cells] == [chosen]
            assert (conflict.cells[0].value, conflict.cells[0].state) == state.outcome(chosen)

    @rule(i=picked)
    def stale_writer(self, i):
        chosen, why = self.present(i), self.say()
        seen = self.store.get(chosen).event
        with self.opened(self.bob) as other:
            made = other.keep(chosen, why=why)
        self.grown(self.tip.applied([(chosen, "keep", None)], self.bob, why), made)
        conflict = raised(Conflict, self.store.set, chosen, None, expected=seen)
        assert (conflict.cells[0].rater, conflict.cells[0].why) == (self.bob, why)

    # Taking back

    def taken_back(self, expected, call, *given, **named):
        """Let store and model take something back, and compare how that ends."""
        try:
            commit = expected()
        except Changed as changed:
            conflict = raised(Conflict, call, *given, **named)
            assert {c.item for c in conflict.cells} == changed.items  # noqa: PT017  # of the model
        except NothingThere:
            raised(StoreError, call, *given, **named)
        else:
            made = call(*given, **named)
            assert (made is None) == (commit is None)
            if made is not None:
                assert made.kind == "revert"
                self.grown(commit, made)

    @rule(n=st.integers(1, 3))
    def undo(self, n):
        self.taken_back(lambda: self.tip.undone(n, self.ann), self.store.undo, n)

    @rule(which=st.lists(picked, min_size=1, max_size=2), some=st.lists(item, max_size=3, unique=True))
    def revert(self, which, some):
        history = list(self.tip.history())
        commits = {one_of(history, n) for n in which}
        self.taken_back(
            lambda: self.tip.reverted(commits, some, self.ann),
            self.store.revert,
            *(self.ids[c] for c in commits),
            items=some or None,
        )

    # The dataset and its classes

    def bound(self, content, classes):
        frame = self.frame(content)
        before, names = self.state, classes or sorted(frame["given_label"].dropna().unique())
        schema = before.schema.extended(names)
        report = self.store.bind(frame, classes, keyed=True)
        assert (report.commit is not None) == (content != before.rows or schema != before.schema)
        after = State(content, schema, before.heads)
        if report.commit is not None:
            self.grown(self.tip.then(kind="import", rows=content, schema=schema), report.commit)
        common = [i for i in content if i in before.rows]
        assert set(report.added) == content.keys() - before.rows.keys()
        assert set(report.removed) == before.rows.keys() - content.keys()
        assert set(report.changed) == {i for i in common if content[i][0] != before.rows[i][0]}
        given = schema.given
        assert set(report.given_changed) == {i for i in common if given(content[i][1]) != given(before.rows[i][1])}
        for state in ("stale", "conflict"):
            assert set(getattr(report, state)) == {i for i in content if after.outcome(i)[1] == state}
        return report

    @rule(i=picked, name=picked, all_classes=st.booleans())
    def another_given_label(self, i, name, all_classes):
        chosen = self.present(i)
        label = one_of([*self.state.schema.meaning, None, "fox"], name)  # under any name that its class had, or new
        content = {**self.state.rows, chosen: (self.state.rows[chosen][0], label)}
        self.bound(content, [*CLASSES, "fox"] if all_classes else None)

    @rule(i=picked, n=st.integers(0, 2))
    def edited_content(self, i, n):
        chosen = self.present(i)
        self.bound({**self.state.rows, chosen: (f"{chosen} v{n}", self.state.rows[chosen][1])}, None)

    @rule(i=item)
    def added_or_removed(self, i):
        content = dict(self.state.rows)
        if i not in content:
            content[i] = (f"{i} v0", CLASSES[0])
        elif len(content) > 3:
            del content[i]
        self.bound(content, None)

    @rule(order=st.permutations(ITEMS))
    def reordered(self, order):
        assert self.bound({i: self.state.rows[i] for i in order if i in self.state.rows}, None).commit is None

    @rule(which=picked)
    def rename_class(self, which):
        old, new = one_of(self.state.schema.active(), which), f"name {next(self.count)}"
        made = self.store.rename_class(old, new)
        self.grown(self.tip.then(kind="schema", schema=self.state.schema.renamed(old, new)), made)

    @precondition(lambda self: "emu" not in self.state.schema.into)
    @rule()
    def merge_classes(self):
        """Always this one into that one: what two branches do to the same class is tested apart."""
        old, into = (self.state.schema.names[c] for c in ("emu", "cat"))
        made = self.store.merge_classes(old, into)
        self.grown(self.tip.then(kind="schema", schema=self.state.schema.merged_class(old, into)), made)
        raised(UnknownName, self.store.set, next(iter(self.state.rows)), old)

    # Branches and tags

    @rule(name=st.sampled_from(NAMES), at=picked, go=st.booleans())
    def branch(self, name, at, go):
        if name in self.tips:
            raised(ExplorerError, self.store.branch, name)
            return
        start = one_of(list(self.tip.history()), at // 2) if at % 2 else self.tip
        self.store.branch(name, at=self.ids[start])
        self.tips[name] = start
        assert self.store.current_branch == self.current
        if go:
            self.switch(at)

    @rule(which=picked)
    def switch(self, which):
        self.go(one_of(sorted(self.tips), which))

    def go(self, name):
        self.current = name
        self.store.switch(name)
        assert self.store.head == self.ids[self.tip]
        assert sorted(self.store.branch()["name"]) == sorted(self.tips)

    @rule(which=picked)
    def delete_branch(self, which):
        name = one_of(sorted(self.tips), which)
        if name in ("main", self.current):
            raised(ExplorerError, self.store.delete_branch, name)
            return
        self.store.delete_branch(name, force=True)
        del self.tips[name]
        self.picks = {pair: kept for pair, kept in self.picks.items() if name not in pair}

    @rule(name=st.sampled_from(TAGS), which=picked, force=st.booleans())
    def tag(self, name, which, force):
        commit = one_of(list(self.ids), which)
        if name in self.tags and not force:
            raised(ExplorerError, self.store.tag, name, self.ids[commit])
            return
        self.store.tag(name, self.ids[commit], force=force)
        self.tags[name] = commit

    @precondition(lambda self: self.tags)
    @rule(which=picked)
    def untag(self, which):
        name = one_of(sorted(self.tags), which)
        self.store.untag(name)
        del self.tags[name]
        raised(UnknownName, self.store.as_of, name)

    @precondition(lambda self: len(self.tips) > 1)
    @rule(which=picked, there=edits, here=edits, second=st.booleans(), how=settling)
    def grow_apart_and_merge(self, which, there, here, second, how):
        into, source = self.current, one_of(sorted(self.tips.keys() - {self.current}), which)
        self.go(source)
        self.apply(there, second)
        self.go(into)
        self.apply(here, False)
        self.merge(source, *how)

    @precondition(lambda self: len(self.tips) > 1)
    @rule(which=picked, how=settling)
    def merge_as_it_is(self, which, how):
        others = sorted(self.tips.keys() - {self.current})
        behind = [name for name in others if self.tips[name] not in self.tip.ancestors()]
        self.merge(one_of(others if which % 10 == 0 or not behind else behind, which), *how)

    def merge(self, source, picks, settle, ending):
        ours, theirs = self.tip, self.tips[source]
        merge = self.store.merge(source, commit=False)
        assert merge.made is None
        if theirs in ours.ancestors():
            assert merge.conflicts == []
            assert self.store.merge(source).made is None
            return
        base = next(c for c in best_ancestors(ours, theirs) if self.ids[c] == merge.base)
        found = merging(ours, theirs, base)
        assert {c.item for c in merge.conflicts} == set(found.conflicts)
        assert (merge.taken, merge.same) == (len(found.taken), len(found.same))
        kept = self.picks.setdefault((self.current, source), {})
        for i, (pair, *_) in list(kept.items()):
            if i not in found.conflicts or pair != (ours.state.heads[i], theirs.state.heads[i]):
                del kept[i]
        assert {c.item for c in merge.open} == set(found.conflicts) - kept.keys()
        names = found.state.schema
        wishes = {
            i: (pick, one_of([*names.active(), None], n) if pick == "value" else None)
            for i, (pick, n) in zip(found.conflicts, itertools.cycle(picks))
        }
        if ending == "at once" and found.conflicts:
            why = self.say()
            asked = {i: name if pick == "value" else Pick(pick) for i, (pick, name) in wishes.items()}
            merge = self.store.merge(source, resolve=asked, why=why)
            settled, whys = wishes, dict.fromkeys(wishes, why)
        else:
            for i in found.conflicts[:settle] if ending == "later" else found.conflicts:
                why = self.say()
                merge.resolve(i, *wishes[i], why=why)
                kept[i] = ((ours.state.heads[i], theirs.state.heads[i]), wishes[i], why)
            self.see_the_same(source, kept)
            settled, whys = ({i: x[n] for i, x in kept.items()} for n in (1, 2))
            if ending == "abort":
                merge.abort()
                kept.clear()
                assert {c.item for c in merge.open} == set(found.conflicts)
            if ending in ("abort", "later"):
                if merge.open:
                    raised(StoreError, merge.commit)
                assert self.store.head == self.ids[ours]
                return
            merge.commit()
        ids = {i: (pick, None if name is None else names.id_of(name)) for i, (pick, name) in settled.items()}
        self.grown(found.settled(ours, ids, self.ann, whys), merge.made)
        del self.picks[self.current, source]
        assert self.store.merge(source).made is None

    def see_the_same(self, source, kept):
        """What was settled is there for others too."""
        with self.opened(self.bob) as other:
            found = other.merge(source, commit=False).conflicts
        assert {c.item: (c.pick, c.value) for c in found if c.pick} == {i: wish for i, (_, wish, _) in kept.items()}

    # Looking

    @rule(which=picked, latest=st.booleans())
    def look_back(self, which, latest):
        names = {self.ids[c]: c for c in self.ids} | self.tags | self.tips
        when = one_of(list(names), which)
        state = names[when].state
        found = self.store.as_of(when, schema="latest" if latest else "then")
        assert as_dict(found) == state.labels(self.state.schema if latest else None)
        assert self.store.commit_id(when) == self.ids[names[when]]

    @rule(one=picked, two=picked, latest=st.booleans())
    def diff(self, one, two, latest):
        a, b = one_of(list(self.ids), one), one_of(list(self.ids), two)
        table = self.store.diff(self.ids[a], self.ids[b], schema="latest" if latest else "then")
        schema = self.state.schema if latest else None
        old, new = a.state.labels(schema), b.state.labels(schema)
        cells = table[["old", "new"]].astype(object)
        pairs = cells.where(cells.notna(), None).itertuples(index=False, name=None)
        out = {i: (a.state.left_out(i), b.state.left_out(i)) for i in new if i in old}
        assert dict(zip(table["item"], pairs, strict=True)) == {
            i: (old[i], new[i]) for i, (x, y) in out.items() if old[i] != new[i] or x != y
        }
        moved = {i: "left out" if y else "back in" for i, (x, y) in out.items() if x != y}
        assert {i: v for i, v in zip(table["item"], table["left_out"], strict=True) if v} == moved
        assert (table.attrs["added"], table.attrs["removed"]) == (
            len(new.keys() - old.keys()),
            len(old.keys() - new.keys()),
        )

    @rule(i=picked)
    def blame(self, i):
        chosen = self.present(i)
        found, decision = self.store.blame(chosen), self.state.decision(chosen)
        assert (found.cell.value, found.cell.state) == self.state.outcome(chosen)
        if decision is None:
            assert found.decision is None
            return
        op, reason = STORED.get(decision.op, (decision.op, ""))
        assert (found.decision.rater, found.decision.op, found.decision.reason) == (decision.rater, op, reason)
        assert decision.why in (found.decision.why, None)

    @rule()
    def votes(self):
        votes = self.tip.votes()
        read = self.state.schema.read
        expected = {
            k: (None if e.recorded is None else read(e.recorded), STORED.get(e.after.op, (e.after.op,))[0])
            for k, e in votes.items()
        }
        found = self.store.votes()
        assert {
            (v.item, v.rater): (None if pd.isna(v.value) else v.value, v.op) for v in found.itertuples()
        } == expected

    @rule()
    def reopen(self):
        self.store.close()
        self.store = self.opened()

    @rule()
    def another_handle_sees_the_same(self):
        with self.opened(self.bob) as other:
            self.compare(other)

    @rule()
    def rebuild_heads(self):
        self.store.rebuild_heads()

    def compare(self, store):
        assert {i: ((c := store.get(i)).value, c.state) for i in self.state.rows} == {
            i: self.state.outcome(i) for i in self.state.rows
        }

    @invariant()
    def same_labels_and_states(self):
        self.compare(self.store)
        assert self.store.classes() == self.state.schema.active()

    def teardown(self):
        try:
            cells = self.store.cells()
            assert cells["state"].to_dict() == {i: self.state.outcome(i)[1] for i in self.state.rows}
            assert cells["left_out"].to_dict() == {i: self.state.left_out(i) for i in self.state.rows}
            self.another_handle_sees_the_same()
            verification = self.store.verify()
            assert verification.ok, verification.problem
            self.store.rebuild_heads()
            for name in self.tips:
                self.go(name)
                self.same_labels_and_states()
        finally:
            self.store.close()
