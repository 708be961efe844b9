"""Files that are missing, foreign, newer, read-only, locked, full, moved or tampered with."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from labels_help import CLASSES, opened, rows

from explorer import labels
from explorer.labels import Edit, StoreError
from explorer.labels.storage.ddl import FORMAT


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pets.labels.db"


def test_a_file_that_is_no_sqlite_file_is_left_alone(path):
    path.write_bytes(b"item,label\na,cat\n" * 100)
    with pytest.raises(StoreError, match="no SQLite file"):
        labels.open(path, rater="ann")
    assert path.read_bytes().startswith(b"item,label")


def test_another_sqlite_file_is_left_alone(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    with pytest.raises(StoreError, match="not a label store"):
        labels.open(path, rater="ann")
    db = sqlite3.connect(path)
    assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    db.close()


def test_a_newer_format_is_refused_with_both_numbers(path):
    opened(path).close()
    db = sqlite3.connect(path)
    db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT + 1),))
    db.commit()
    db.close()
    with pytest.raises(StoreError, match=f"format {FORMAT + 1}.*up to format {FORMAT}.*pip install -U"):
        labels.open(path, rater="ann")


def test_an_empty_file_becomes_a_store(path):
    path.touch()
    with pytest.raises(StoreError, match="is empty"):
        labels.open(path, read_only=True)
    with opened(path) as store:
        store.set("a", "dog")


def test_paths_that_cannot_be_a_file(tmp_path):
    with pytest.raises(StoreError, match="is a folder"):
        labels.open(tmp_path)
    with pytest.raises(StoreError, match="does not exist"):
        labels.open(tmp_path / "no" / "x.labels.db")
    with pytest.raises(StoreError, match="no label store at"):
        labels.open(tmp_path / "x.labels.db", read_only=True)


def test_a_half_cut_file_is_damaged(path):
    with opened(path) as store:
        for n in range(50):
            store.set("a", CLASSES[n % 3], why="x" * 500)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError, match="damaged"), labels.open(path, rater="ann") as store:
        store.log()


def test_a_store_opened_read_only_reads_and_refuses_to_write(path):
    with opened(path) as store:
        store.set("a", "dog")
    before = path.read_bytes()
    with labels.open(path, rater="ann", read_only=True) as store:
        assert store.get("a").value == "dog"
        assert len(store.log()) == 1
        assert store.verify().ok
        assert store.bind(rows("a", "b", "c", "d"), CLASSES).commit is None
        with pytest.raises(StoreError, match="read-only"):
            store.set("a", "emu")
    assert path.read_bytes() == before


_UNPRIVILEGED = """
import os, sys
from explorer import labels
from explorer.labels import StoreError
from explorer.labels.storage.commits import tool
import psutil, pyarrow.parquet
tool()  # what is imported late may lie where the other user cannot read
if os.geteuid() == 0:
    os.setuid(65534)
path = sys.argv[1] + "/pets.labels.db"
store = labels.open(path, rater="ann")
assert store.get("a").value == "dog"
try:
    store.set("a", "emu")
except StoreError as error:
    print(error)
assert store.get("a").value == "dog"
store.close()
store = labels.open(path, rater="ann", read_only=True)
print(store.get("a").value)
try:
    labels.open(sys.argv[1] + "/new.labels.db", rater="ann")
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_file_and_folder_that_may_not_be_written(path):
    with opened(path) as store:
        store.set("a", "dog")
    folder = Path(tempfile.mkdtemp())  # everybody can reach it, unlike pytest's folders
    try:
        shutil.copy(path, folder)
        (folder / path.name).chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", _UNPRIVILEGED, str(folder)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        written, read, made = done.stdout.splitlines()
        assert "cannot be written" in written
        assert "read-only" in written
        assert read == "dog"
        assert "cannot be opened" in made
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_full_disk_leaves_the_store_as_it_was(path):
    with opened(path) as store:
        store.set("a", "dog")
        run = store.working_copy.backend.all
        pages = run("PRAGMA page_count")[0][0]
        run(f"PRAGMA max_page_count = {pages + 2}")  # SQLite then says what it says on a full disk
        with pytest.raises(StoreError, match="is full.*not written") as full:
            store.apply([Edit("b", "set", "dog", why="long " * 5000), Edit("c", "keep")])
        assert full.value.transient
        assert store.get("b").state == store.get("c").state == "given"
        assert len(store.log()) == 1
        run("PRAGMA max_page_count = 1000000")
        store.set("b", "dog")
        assert store.verify().ok


def test_another_process_that_holds_the_file_is_waited_for_then_named(path):
    store = opened(path)
    store.close()
    with labels.open(path, rater="ann", timeout=0.2) as store:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked") as locked:
            store.set("a", "dog")
        assert locked.value.transient
        db.execute("ROLLBACK")
        db.close()
        store.set("a", "dog")
        assert store.get("a").value == "dog"


def test_every_commit_is_synced_and_the_file_stays_one_file(path):
    with opened(path) as store:
        asked = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        found = [store.working_copy.backend.all(f"PRAGMA {name}")[0][0] for name in asked]
    assert found == ["truncate", 3, 1, 1]  # 3 is EXTRA


def test_a_writer_waits_for_another_one_to_finish(path):
    with opened(path, timeout=30) as store:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.execute("BEGIN IMMEDIATE")
        finish = threading.Timer(0.3, db.execute, ["COMMIT"])
        finish.start()
        store.set("a", "dog")
        finish.join()
        db.close()
        assert store.get("a").value == "dog"


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be moved elsewhere")
def test_a_file_that_was_moved_away_takes_no_more_labels(path):
    with opened(path) as store:
        path.rename(path.with_name("other.labels.db"))
        with pytest.raises(StoreError, match="moved, replaced or deleted") as moved:
            store.set("a", "dog")
        assert not moved.value.transient


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_is_told_to_open_its_own(path):
    with opened(path) as store:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                store.set("a", "dog")
            except StoreError as error:
                os.write(writer, str(error).encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writer)
        assert b"opened by another process" in os.read(reader, 1000)
        os.close(reader)
        store.set("a", "emu")


@pytest.mark.parametrize(
    "table", ["lane", "snapshot", "label_schema", "rater", "value", "tool", "commits", "events", "reflog"]
)
def test_the_log_tables_refuse_update_delete_and_replace(path, table):
    with opened(path) as store:
        store.set("a", "dog", op_id="mine")
        store.tag("v1")
    db = sqlite3.connect(path)
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    for statement in (
        f"UPDATE {table} SET {columns[-1]} = {columns[-1]}",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(statement)
    db.close()


# Every claim in the file can be recomputed


def tamper(path, table, statement, *values):
    db = sqlite3.connect(path)
    guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
    for (name,) in db.execute(guards, (table,)).fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute(statement, values)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("table", "statement", "problem"),
    [
        (
            "events",
            "UPDATE events SET new = 0 WHERE n = (SELECT min(n) FROM events)",
            "event .* does not match its hash",
        ),
        ("events", "UPDATE events SET note = 'x' WHERE n >> 20 = 2", "event .* does not match its hash"),
        ("events", "DELETE FROM events WHERE n >> 20 = 3", "commit .* does not match its hash"),
        ("value", """UPDATE value SET json = '{"colour":1}' WHERE json = '{"class":"dog"}'""", "value .* its hash"),
        ("commits", "UPDATE commits SET time = time - 1 WHERE n = 1", "commit .* does not match its hash"),
        ("commits", "UPDATE commits SET message = 'x' WHERE n = 0", "commit .* does not match its hash"),
        ("commits", "UPDATE commits SET message = CAST(x'ff' AS TEXT) WHERE n = 2", "commit .* cannot be read"),
        ("rater", "UPDATE rater SET name = 'eve'", "rater 'person:ann'"),
        ("label_schema", "UPDATE label_schema SET classes = replace(classes, 'emu', 'owl')", "label schema"),
        ("snapshot", "UPDATE snapshot SET items = 5", "snapshot"),
        ("snapshot", "UPDATE snapshot SET ids = 'key'", "snapshot .* does not match its hash"),
        ("head", "DELETE FROM head WHERE event = (SELECT max(event) FROM head)", "cache of newest labels"),
        ("ref", 'UPDATE ref SET "commit" = 0', "does not point to its newest"),
    ],
)
def test_verify_finds_what_was_changed_behind_its_back(path, table, statement, problem):
    with opened(path) as store:
        store.set("a", "dog")
        store.keep("b", why="sure")
        store.undo()
        store.set("c", "emu")
        commits = [*store.commits()["commit"]]
        assert store.verify() == labels.Verification(True, 5, 4)
    tamper(path, table, statement)
    with labels.open(path, rater="ann") as store:
        found = store.verify()
    assert not found.ok
    assert re.search(problem, found.problem), found.problem
    assert (found.commit is None) == (table in ("head", "ref"))
    assert found.commit is None or found.commit in commits


def test_the_cache_of_newest_labels_can_be_rebuilt(path):
    with opened(path) as store:
        store.set("a", "dog")
        store.keep("b")
        store.set("a", "emu")
    tamper(path, "head", "DELETE FROM head")
    with labels.open(path, rater="ann") as store:
        assert "rebuild_heads" in store.verify().problem
        store.rebuild_heads()
        assert store.verify().ok
        assert store.get("a").value == "emu"
