"""A store of format 1 is brought up to format 2: the same ids, a copy beside it, all or nothing."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from explorer import labels
from explorer.labels.storage import migrate
from explorer.labels.storage.sqlite import SQLiteBackend

FIXTURE = Path(__file__).parents[2] / "fixtures" / "store_v1.labels.db"


@pytest.fixture
def path(tmp_path):
    return Path(shutil.copy(FIXTURE, tmp_path / "old.labels.db"))


def query(path, sql):
    db = sqlite3.connect(path)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def test_every_id_and_every_word_stays(path):
    old = {
        "commits": query(
            path, "SELECT id, parent, message, kind, tool, snapshot, schema FROM commits ORDER BY position"
        ),
        "events": query(path, "SELECT id, op_id, item, op, previous, note, undoes, restores FROM events ORDER BY seq"),
        "old, new": query(path, "SELECT old, new FROM events ORDER BY seq"),
        "heads": set(query(path, "SELECT event FROM head")),
    }
    engine = SQLiteBackend(path)
    commits = [engine.commit(c.id) for c in engine.commits(engine.tip("main"))][::-1]
    assert [(c.id, c.parent, c.message, c.kind, c.tool, c.snapshot, c.schema) for c in commits] == old["commits"]
    events = [e for c in commits for e in c.events]
    assert [(e.id, e.op_id, e.item, e.op, e.previous, e.why, e.undoes, e.restores) for e in events] == old["events"]
    assert engine.all("SELECT o.json, w.json FROM events e JOIN value o ON o.n = e.old JOIN value w ON w.n = e.new "
                      "ORDER BY e.n") == old["old, new"]  # fmt: skip
    assert {(x.event.id,) for x in engine.heads("main")} == old["heads"]
    assert engine.commit_of([events[0].op_id]) == {events[0].op_id: commits[1].id}
    assert list(engine.problems()) == []
    assert engine.all("PRAGMA foreign_keys") == [(1,)]
    assert engine.all("SELECT name FROM sqlite_master WHERE name LIKE 'old%'") == []
    engine.close()


def test_the_old_file_is_kept_and_never_written_over(path, tmp_path):
    before = query(path, "SELECT * FROM events")
    taken = tmp_path / "old.labels.db.format1-backup"
    taken.write_text("mine")
    labels.open(path, rater="zoe").close()
    assert taken.read_text() == "mine"
    kept = tmp_path / "old.labels.db.format1-backup-2"
    assert query(kept, "SELECT value FROM meta WHERE key = 'format'") == [("1",)]
    assert query(kept, "SELECT * FROM events") == before
    labels.open(path, rater="zoe").close()
    assert not list(tmp_path.glob("*-3")) + list(tmp_path.glob("*.part"))
    with labels.open(kept, rater="zoe", read_only=True) as store:
        assert store.verify().ok


def test_reading_leaves_the_file_as_it_is(path, tmp_path):
    before = path.read_bytes()
    with labels.open(path, rater="zoe", read_only=True) as store:
        assert store.verify().ok
        assert len(store.log()) == 10
        with pytest.raises(labels.StoreError, match="read-only"):
            store.set("i1", "emu")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["old.labels.db"]


@pytest.mark.parametrize("step", ["_copy_small", "_copy_commits", "_copy_refs"])
def test_what_fails_on_the_way_leaves_format_1(path, monkeypatch, step):
    before = query(path, "SELECT * FROM events")
    whole = getattr(migrate, step)

    def fail(*values):
        whole(*values)
        raise KeyboardInterrupt

    monkeypatch.setattr(migrate, step, fail)
    with pytest.raises(KeyboardInterrupt):
        labels.open(path, rater="zoe")
    assert query(path, "SELECT value FROM meta WHERE key = 'format'") == [("1",)]
    assert query(path, "SELECT * FROM events") == before
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    monkeypatch.undo()
    with labels.open(path, rater="zoe") as store:
        assert store.verify().ok
        store.set("i1", "emu")
        assert store.verify().ok


def test_a_one_row_commit_takes_about_200_bytes(tmp_path):
    from backend_help import Hand

    items = [f"item-{i:05d}" for i in range(1500)]
    engine = SQLiteBackend(tmp_path / "x.labels.db")
    engine.all("PRAGMA synchronous = OFF")  # bytes, not safety
    hand = Hand(engine, items=items)
    hand.commit(kind="import")
    before = Path(engine.path).stat().st_size
    for item in items:
        hand.commit(hand.draft(item, evidence={"p_error": 0.93}))
    assert (Path(engine.path).stat().st_size - before) / len(items) < 210
    middle = Path(engine.path).stat().st_size
    hand.commit(*(hand.draft(item, "emu", evidence={"p_error": 0.93}) for item in items), kind="bulk")
    assert (Path(engine.path).stat().st_size - middle) / len(items) < 150
    engine.close()
