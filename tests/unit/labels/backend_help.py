"""Commits for the tests of the backends, without the store on top."""

import datetime as dt

from labels_help import rows

from explorer.labels.model.drafts import CommitDraft, EventDraft
from explorer.labels.model.hashing import schema_id
from explorer.labels.model.snapshot import from_frame
from explorer.labels.model.types import LabelClass, LabelSchema, Rater
from explorer.labels.storage.rows import classes_json

ITEMS = [*"abcdefgh", "0f" * 32, "é–ü"]
START = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def snapshot(items=ITEMS, given="cat"):
    return from_frame(rows(*items, given=given), ["cat", "dog", "emu"], keyed=True)


def schema(names=("cat", "dog", "emu"), parent=None):
    classes = tuple(LabelClass(n, n) for n in names)
    draft = LabelSchema("", parent, classes)
    return LabelSchema(schema_id(classes_json(draft), parent, ()), parent, classes)


class Hand:
    """Writes commits to an backend, and knows the newest event of each cell on each branch."""

    def __init__(self, backend, rater=None, items=ITEMS):
        self.backend = backend
        self.rater = Rater(rater or backend.login or "ann")
        self.snapshot, self.schema = snapshot(items), schema()
        self.clock = START
        self.newest = {}

    def now(self):
        self.clock += dt.timedelta(minutes=1)
        return self.clock

    def draft(self, item, new="dog", branch="main", **more):
        field = more.get("field", "label")
        said = {
            "op_id": None, "content_hash": None, "rater": self.rater, "op": "set", "old": "cat",
            "previous": self.newest.get((branch, item, field)), **more,
        }  # fmt: skip
        return EventDraft(item=item, new=new, **said)

    def commit(self, *drafts, branch="main", kind="edit", **more):
        drafts = tuple(self.draft(d, branch=branch) if isinstance(d, str) else d for d in drafts)
        said = {
            "rater": self.rater,
            "time": self.now(),
            "message": "",
            "snapshot": self.snapshot,
            "schema": self.schema,
        }
        with self.backend.exclusive(branch):
            tip = self.backend.tip(branch)
            draft = CommitDraft(kind=kind, events=drafts, **{**said, **more})
            made = self.backend.append(branch, draft, tip.id if tip else None)
        for event in made.events:
            self.newest[branch, event.item, event.field] = event.id
        return made

    def undo(self, commit, branch="main"):
        """Take a commit back, without looking at what holds now."""
        drafts = [self.draft(e.item, "cat", branch, op="clear", undoes=e.id) for e in commit.events]
        return self.commit(*drafts, branch=branch, kind="revert")

    def branch(self, name, commit=None, kind="branch"):
        at = commit or self.backend.tip("main")
        with self.backend.exclusive():
            self.backend.move_ref(name, kind, at.id, self.rater, self.now(), "because")
        for logged in self.backend.heads_at(at):
            self.newest[name, logged.event.item, logged.event.field] = logged.event.id
        return at

    def delete(self, name, kind="branch"):
        with self.backend.exclusive():
            self.backend.move_ref(name, kind, None, self.rater, self.now(), "done")
        for cell in [c for c in self.newest if c[0] == name]:
            del self.newest[cell]


def found(backend):
    """What a backend finds wrong with itself."""
    return [problem.text for problem in backend.problems()]
