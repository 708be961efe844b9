"""The store against a plain dict: any sequence of edits, undos and rebinds gives the labels that the model gives."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from labels_help import CLASSES, rows

from explorer import labels
from explorer.labels import Conflict, Edit

ITEMS = [f"item {i}" for i in range(6)]
item = st.sampled_from(ITEMS)
ops = st.sampled_from(["set", "keep", "clear", "flag"])
label = st.sampled_from([*CLASSES, None])
edits = st.lists(st.tuples(item, ops, label), min_size=1, max_size=4)


class StoreMachine(RuleBasedStateMachine):
    """The model keeps, for each item, the decision in force as (op, label, content then, given label then)."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "x.labels.db"
        self.given = dict.fromkeys(ITEMS, "cat")
        self.content = dict.fromkeys(ITEMS, 0)
        self.decided = {}
        self.history = []  # per commit not undone: the decisions before it
        self.versions = []  # (commit id, labels then)
        self.store = labels.open(self.path, rater="ann")
        self.bind()

    def bind(self):
        frame = rows(*((i, f"{i} {self.content[i]}", self.given[i]) for i in ITEMS))
        self.store.bind(frame, CLASSES, keyed=True)

    def outcome(self, item):
        given = self.given[item]
        if item not in self.decided:
            return given, "given"
        op, label, content, given_then = self.decided[item]
        if content != self.content[item]:
            return given, "stale"
        if given_then != given and label != given:
            return label, "conflict"
        if op == "flag":
            return label, "flagged"
        return label, "kept" if op == "keep" or label == given else "relabelled"

    def labels(self):
        return {i: self.outcome(i)[0] for i in ITEMS}

    @rule(wishes=edits)
    def apply(self, wishes):
        before = dict(self.decided)
        for i, op, value in wishes:
            label = value if op == "set" else self.outcome(i)[0]
            if op == "clear":
                self.decided.pop(i, None)
            else:
                self.decided[i] = (op, label, self.content[i], self.given[i])
        self.history.append(before)
        seen = {i: self.store.get(i).event for i, *_ in wishes}
        commit = self.store.apply([Edit(i, op, value if op == "set" else None, seen[i]) for i, op, value in wishes])
        self.versions.append((commit.id, self.labels()))

    @rule(n=st.integers(1, 3))
    def undo(self, n):
        commit = self.store.undo(n)
        if not self.history:
            assert commit is None
            return
        for _ in range(min(n, len(self.history))):
            self.decided = self.history.pop()
        self.versions.append((commit.id, self.labels()))

    @rule(i=item, given=label, edited=st.booleans())
    def rebind(self, i, given, edited):
        self.given[i] = given
        self.content[i] += edited
        self.bind()

    @rule(i=item)
    def stale_writer(self, i):
        seen = self.store.get(i).event
        with labels.open(self.path, rater="bob") as other:
            other.keep(i)
            other.undo()  # bob's two commits leave the decisions as they were, but the cell has moved on
        try:
            self.store.set(i, "dog", expected=seen)
        except Conflict as conflict:
            assert conflict.cells[0].rater == "bob"  # noqa: PT017  # a state machine has no `raises`
        else:
            raise AssertionError("the writer saw an older cell")

    @precondition(lambda self: self.versions)
    @rule(data=st.data())
    def look_back(self, data):
        commit, then = data.draw(st.sampled_from(self.versions))
        found = self.store.as_of(commit)
        assert {i: None if found.isna()[i] else found[i] for i in ITEMS} == then

    @rule()
    def reopen(self):
        self.store.close()
        self.store = labels.open(self.path, rater="ann")

    @invariant()
    def same_labels_and_states(self):
        assert {i: (self.store.get(i).value, self.store.get(i).state) for i in ITEMS} == {
            i: self.outcome(i) for i in ITEMS
        }

    def teardown(self):
        cells = self.store.cells()
        assert cells["state"].tolist() == [self.outcome(i)[1] for i in ITEMS]
        verification = self.store.verify()
        self.store.close()
        self.folder.cleanup()
        assert verification.ok, verification.problem


StoreMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestStoreMachine = StoreMachine.TestCase
