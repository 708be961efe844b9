"""Damage to the file is found: `verify()` never says that all is well of a store that says something else now."""

import random
import re
import sqlite3
from contextlib import suppress

import pytest
from stream import CLASSES, ITEMS, opened, rows

from explorer import export, labels
from explorer.errors import ExplorerError
from explorer.labels import Edit, StoreError
from explorer.labels.history import overview, timeline
from explorer.labels.storage.ddl import FORMAT

PAGE = 4096


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a store with something of everything in it, and those of its file before the newest commit."""
    path = tmp_path_factory.mktemp("damage") / "pets.labels.db"
    with opened(path) as store:
        for n, item in enumerate(ITEMS[:12]):
            store.set(item, CLASSES[n % 3], why=f"reason-{n}", reason="looks", evidence={"p_error": n / 12})
        store.keep(ITEMS[0], why="sure")
        store.flag(ITEMS[1], why="strange", reason="blurred")
        store.clear(ITEMS[2])
        store.undo(2)
        store.add_class("owl")
        store.rater = "bob"
        edits = [Edit(item, "set", "owl", why="all owls") for item in ITEMS[20:50]]
        store.apply(edits, kind="bulk", message="owls-message")
        store.bind(rows([*ITEMS[5:], "new"]), [*CLASSES, "owl"])
        store.tag("release", "head")
        before = path.read_bytes()
        store.set("new", "emu", why="the-newest")
        assert store.verify().ok
    return path.read_bytes(), before


def content(path):
    """Everything that SQL can see in a file, as bytes; `None` where it cannot be read. Comments in SQL mean nothing."""
    db = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)
    db.text_factory = bytes
    try:
        master = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
        tables = sorted(row[1].decode() for row in master if row[0] == b"table" and not row[1].startswith(b"sqlite_"))
        sql = [re.sub(rb"--.*", b"", row[3] or b"").split() for row in master]
        made = [(row[:3], words) for row, words in zip(master, sql, strict=True)]
        return made, [db.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2').fetchall() for table in tables]
    except (sqlite3.Error, UnicodeError):
        return None
    finally:
        db.close()


def said(path):
    """What a store says of itself: "fine", or the damage; anything but a `StoreError` is a failure."""
    try:
        with labels.open(path, rater="ann") as store:
            found = store.verify()
            assert found.ok == (found.problem in ("", None))
            return "fine" if found.ok else f"verify: {found.problem}"
    except StoreError as error:
        return f"error: {error}"


def outcome(path, damaged, same):
    """Lay a damaged file; return what the store says, having made sure that it is no lie."""
    path.write_bytes(damaged)
    now = content(path)
    answer = said(path)
    if answer == "fine":
        assert now == same, "verify() finds nothing wrong, but the content is another one"
    return answer.split(":", maxsplit=1)[0]


@pytest.mark.parametrize("count", [60, pytest.param(3000, marks=pytest.mark.soak)])
def test_one_changed_byte_anywhere_is_found_or_meant_nothing(tmp_path, whole, count, record_property):
    data, _ = whole
    path = tmp_path / "pets.labels.db"
    path.write_bytes(data)
    same = content(path)
    rng = random.Random(count)
    found = {"fine": 0, "verify": 0, "error": 0}
    for n in range(count):
        # A third of them in the header and at the heads of pages, where a byte does most.
        page = rng.randrange(len(data) // PAGE) * PAGE
        at = (rng.randrange(len(data)), rng.randrange(100), page + rng.randrange(16))[0 if n % 3 else 1 + n // 3 % 2]
        damaged = bytearray(data)
        damaged[at] ^= rng.choice((1 << rng.randrange(8), rng.randrange(1, 256)))
        try:
            found[outcome(path, damaged, same)] += 1
        except Exception as error:
            raise AssertionError(f"byte {at} (page {at // PAGE + 1}) made {damaged[at]} from {data[at]}") from error
    record_property("bytes", found)
    print(found)
    assert found["verify"] + found["error"] > count / 10


USES = {
    "cells": lambda store: store.cells(),
    "cell": lambda store: store.get(ITEMS[7]),
    "as_of": lambda store: store.as_of("release"),
    "log": lambda store: store.log(),
    "commits": lambda store: store.commits(),
    "diff": lambda store: store.diff("base"),
    "diff of commits": lambda store: store.diff("release"),
    "blame": lambda store: store.blame(ITEMS[7]),
    "votes": lambda store: store.votes(),
    "refs": lambda store: (store.branch(), store.tag(), store.reflog()),
    "schema_log": lambda store: store.schema_log(),
    "shown": lambda store: repr(store) + store._repr_html_(),
    "timeline": lambda store: timeline.timeline(store, 50, timeline.Wanted(label="cat")),
    "overview": lambda store: (overview.branches(store), overview.names(store), overview.raters(store)),
    "export": lambda store: export.frame(None, store),
    "set": lambda store: store.set(ITEMS[9], "cat"),
    "undo": lambda store: store.undo(),
    "merge": lambda store: store.merge("side"),
    "bind": lambda store: store.bind(rows([*ITEMS[5:], "newer"]), CLASSES),
    "rebuild": lambda store: store.rebuild_heads(),
}
"""What callers do with a store."""


@pytest.mark.parametrize("count", [60, pytest.param(5000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_a_damaged_store_answers_or_says_that_it_cannot(tmp_path, whole, count):
    path = tmp_path / "pets.labels.db"
    path.write_bytes(whole[0])
    with labels.open(path, rater="ann") as store:
        store.branch("side", "release")
        store.switch("side")
        store.set(ITEMS[6], "emu")
    data = path.read_bytes()
    rng = random.Random(count)
    for n in range(count):
        damaged = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            page = rng.randrange(len(data) // PAGE) * PAGE
            damaged[rng.choice((rng.randrange(len(data)), page + rng.randrange(16)))] ^= rng.randrange(1, 256)
        path.write_bytes(damaged)
        path.with_name(path.name + "-journal").unlink(missing_ok=True)
        uses = rng.sample(sorted(USES), 6)
        try:
            with labels.open(path, rater="ann") as store:
                for use in uses:
                    with suppress(ExplorerError):
                        USES[use](store)
        except StoreError:
            continue  # not even opened
        except Exception as error:
            raise AssertionError(f"the damaged store number {n} of {count}, at one of {uses}") from error


@pytest.mark.parametrize("text", [b"reason-7", b"all owls", b"owls-message", b"the-newest", b"looks", b"blurred"])
def test_the_commit_whose_words_were_changed_is_named(tmp_path, whole, text):
    data, _ = whole
    path = tmp_path / "pets.labels.db"
    path.write_bytes(data)
    with labels.open(path, rater="ann") as store:
        log, commits = store.log(), store.commits()
        hit = log["commit"][(log["why"] == text.decode()) | (log["reason"] == text.decode())].tolist()
        hit += commits["commit"][commits["message"] == text.decode()].tolist()
    assert hit
    at = data.find(text)
    while at >= 0:
        path.write_bytes(data[:at] + b"X" + data[at + 1 :])
        with labels.open(path, rater="ann") as store:
            found = store.verify()
        assert not found.ok
        assert found.commit in hit, found
        at = data.find(text, at + 1)


def _pages(data):
    return [data[i : i + PAGE] for i in range(0, len(data), PAGE)]


@pytest.mark.parametrize("how", ["zeros", "noise", "the page before", "the page after"])
def test_a_page_that_was_overwritten_is_found(tmp_path, whole, how):
    """By zeros or noise, or by a write that went to the wrong place."""
    data, _ = whole
    path = tmp_path / "pets.labels.db"
    path.write_bytes(data)
    same = content(path)
    pages = _pages(data)
    other = {
        "zeros": lambda i: bytes(PAGE),
        "noise": lambda i: random.Random(i).randbytes(PAGE),
        "the page before": lambda i: pages[i - 1],
        "the page after": lambda i: pages[(i + 1) % len(pages)],
    }[how]
    found = [outcome(path, b"".join([*pages[:i], other(i), *pages[i + 1 :]]), same) for i in range(len(pages))]
    assert found.count("fine") <= 1, found  # a page of the free list, if there is one


def test_a_page_that_missed_the_newest_commit_is_found(tmp_path, whole):
    """A disk that acknowledged a write which it lost: that page is as it was one commit before."""
    data, before = whole
    path = tmp_path / "pets.labels.db"
    path.write_bytes(data)
    same = content(path)
    now, then = _pages(data), _pages(before)
    changed = [i for i in range(1, len(then)) if now[i] != then[i]]
    assert len(changed) > 3
    for i in changed:
        assert outcome(path, b"".join([*now[:i], then[i], *now[i + 1 :]]), same) != "fine", i


@pytest.mark.parametrize("count", [15, pytest.param(300, marks=pytest.mark.soak)])
def test_a_file_that_was_cut_short_is_damaged(tmp_path, whole, count):
    data, _ = whole
    path = tmp_path / "pets.labels.db"
    rng = random.Random(count)
    for size in (2, 99, 100, 511, 512, PAGE, len(data) - PAGE, len(data) - 1, *rng.sample(range(2, len(data)), count)):
        assert outcome(path, data[:size], None) != "fine", size


def test_a_journal_of_another_store_does_no_harm(tmp_path, whole):
    """A file that was replaced by a copy while a journal of the old one lay beside it."""
    data, _ = whole
    path = tmp_path / "pets.labels.db"
    path.write_bytes(data)
    same = content(path)
    for journal in (b"", bytes(512), random.Random(0).randbytes(5000)):
        path.with_name(path.name + "-journal").write_bytes(journal)
        assert outcome(path, data, same) == "fine"


def test_a_newer_format_is_left_alone(tmp_path, whole):
    data, _ = whole
    path = tmp_path / "pets.labels.db"
    path.write_bytes(data)
    db = sqlite3.connect(path)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'meta'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT + 1),))
    db.commit()
    db.close()
    newer = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreError, match=f"format {FORMAT + 1}.*up to format {FORMAT}"):
            labels.open(path, rater="ann", read_only=read_only)
    assert path.read_bytes() == newer
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
