"""Every claim in the store can be recomputed: what was changed behind its back is found, and named."""

import re

import pytest
from backend_help import found, schema, snapshot


def tamper(backend, table, statement, **binds):
    """Change what cannot be changed, as somebody with the file or the server in their hands could."""
    if backend.login:
        backend.all(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    else:
        backend.all("PRAGMA foreign_keys = OFF")
        guards = backend.all("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t", t=table)
        for name, _ in guards:
            backend.all(f"DROP TRIGGER {name}")
    backend.all(statement, **binds)
    if not backend.login:
        for _, sql in guards:
            backend.all(sql)


def worked_on(hand):
    """A history that has something in every column."""
    first = hand.commit(kind="import", message="bind")
    second = hand.commit(hand.draft("a", op_id="own", why="w", reason="r", evidence={"p_error": 0.5}), message="m")
    third = hand.commit(*(hand.draft(x, "emu", op_id=f"stem:{i}") for i, x in enumerate(["0f" * 32, "a"])))
    fourth = hand.commit(hand.draft("b", {"number": 1.0}, field="size", content_hash="old"))
    other = hand.commit(snapshot=snapshot(given="dog"), schema=schema(["cat", "dog", "emu", "fox"], hand.schema.id))
    hand.branch("wild", third)
    wild = hand.commit("c", branch="wild")
    merge = hand.commit(hand.draft("c", restores=wild.events[0].id), kind="merge", merge_parent=wild.id)
    undo = hand.undo(merge)
    return [first, second, third, fourth, other, merge, undo, wild]


USES = {
    "value": "SELECT min(n >> 20) FROM events WHERE old = {n} OR new = {n}",
    "snapshot": "SELECT min(n) FROM commits WHERE snapshot = {n}",
    "rater": "SELECT min(n) FROM commits WHERE rater = {n}",
    "label_schema": "SELECT min(n) FROM commits WHERE schema = {n}",
    "tool": "SELECT min(n) FROM commits WHERE tool = {n}",
    "lane": "SELECT min(n) FROM commits WHERE (n >> 28) = {n}",
}


def flipped(value, column):
    """The value with one bit of one byte changed."""
    if isinstance(value, int):
        return value ^ (2 if column == "kind" else 1)  # there are seven kinds
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    middle = len(raw) // 2
    raw[middle] ^= 1
    return raw.decode() if isinstance(value, str) else bytes(raw)


COLUMNS = {
    "commits": "id parent merge_parent rater time message kind schema snapshot tool op_id",
    "events": "id op_id item content_hash field rater op previous old new reason note evidence undoes restores",
    "value": "digest json",
    "snapshot": "id parent items labels digest",
    "rater": "id name",
    "label_schema": "id parent classes",
    "tool": "name",
    "lane": "name",
}


@pytest.mark.parametrize("table", COLUMNS)
def test_one_flipped_byte_is_found_with_the_first_commit_concerned(hand, backend, table):
    worked_on(hand)
    assert found(backend) == []
    known = {n: identity.hex() for n, identity in backend.all("SELECT n, id FROM commits")}
    for column in COLUMNS[table].split():
        rows = backend.all(f"SELECT n, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY n")
        rows = [(n, value) for n, value in rows if value not in ("", b"") and (n or table != "value")]
        assert rows
        for n, value in {rows[0], rows[-1]}:
            first = backend.all(USES[table].format(n=n))[0][0] if table in USES else n
            first = n >> 20 if table == "events" else first
            change = f"UPDATE {table} SET {column} = :value WHERE n = :n"
            tamper(backend, table, change, value=flipped(value, column), n=n)
            problem = next(iter(backend.problems()), None)
            assert problem is not None, f"{column} of row {n}"
            assert problem.commit == known[first], f"{column} of row {n}: {problem}"
            tamper(backend, table, change, value=value, n=n)
    assert found(backend) == []


@pytest.mark.parametrize("table", ["commits", "events", "rater", "value", "snapshot", "label_schema", "lane", "tool"])
def test_a_row_that_is_gone_is_found(hand, backend, table):
    worked_on(hand)
    rows = backend.all(f"SELECT n FROM {table} ORDER BY n")
    for (n,) in (rows[len(rows) // 2], rows[-1]):
        tamper(backend, table, f"DELETE FROM {table} WHERE n = :n", n=n)
        assert found(backend), f"row {n}"


def test_refs_and_the_cache_are_checked(hand, backend):
    worked_on(hand)
    hand.branch("v1", kind="tag")
    for statement, text in (
        ("DELETE FROM head WHERE event = (SELECT max(event) FROM head)", "cache of newest labels.*rebuild_heads"),
        ("INSERT INTO head (branch, event) VALUES (99, 1)", "branches that do not exist"),
        ("UPDATE ref SET \"commit\" = 0 WHERE name = 'v1'", "tag 'v1' does not point"),
        ("UPDATE ref SET \"commit\" = 0 WHERE name = 'main'", "branch 'main' does not point"),
    ):
        backend.all(statement)
        assert any(re.search(text, problem) for problem in found(backend)), text
        if "head" in statement:
            backend.rebuild_heads()
            assert found(backend) == []


def test_what_no_commit_covers_has_hashes_of_its_own(hand, backend):
    worked_on(hand)
    hand.branch("v1", kind="tag")
    hand.branch("v1", backend.commits(backend.tip("main"))[2], kind="tag")
    for column in ["name", "kind", "old", "new", "rater", "time", "why", "digest"]:
        (value,) = backend.all(f"SELECT {column} FROM reflog WHERE n = (SELECT max(n) FROM reflog)")[0]
        change = f"UPDATE reflog SET {column} = :value WHERE n = (SELECT max(n) FROM reflog)"
        tamper(backend, "reflog", change, value=flipped(value, column))
        assert any("move" in text for text in found(backend)), column
        tamper(backend, "reflog", change, value=value)
    for key in ("id", "made", "digest"):
        (value,) = backend.all("SELECT value FROM meta WHERE key = :key", key=key)[0]
        tamper(backend, "meta", "UPDATE meta SET value = :value WHERE key = :key", value=flipped(value, key), key=key)
        assert any("meta" in text for text in found(backend)), key
        tamper(backend, "meta", "UPDATE meta SET value = :value WHERE key = :key", value=value, key=key)
    assert found(backend) == []
    backend.all("UPDATE ref SET name = 'mbin' WHERE name = 'main'")
    assert any("'mbin'" in text for text in found(backend))


def test_a_guard_that_is_gone_is_missed(hand, backend):
    if backend.login:
        pytest.skip("of a file only: on a server the owner's rights are the server's matter")
    hand.commit("a")
    backend.all("DROP TRIGGER events_no_update")
    assert found(backend) == ["'events_no_update' is not defined as it was"]


def test_many_problems_are_told_one_by_one(hand, backend):
    made = worked_on(hand)
    tamper(backend, "events", "UPDATE events SET note = 'x' WHERE n IN (SELECT n FROM events)")
    named = [p.commit for p in backend.problems()]
    assert named[0] == made[1].id
    assert {c.id for c in made if c.events} <= set(named)
