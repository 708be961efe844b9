"""Columns of votes in the store: a block a rater and version, beside the events, in files and on a server."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from labels_help import clock, opened, rows
from pg import as_login
from test_labels_verify import tamper

from explorer import labels
from explorer.errors import DataError, UnknownName
from explorer.labels import StoreError, VoteDraft
from explorer.labels.history.vote_blocks import last_of, news, standing
from explorer.labels.storage import ddl

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(params=["sqlite", "postgres"])
def again(request, tmp_path):
    """Opens the same store once more, bound to a, b, c and d, of which all are cats."""
    path = tmp_path / "x.labels.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    made = []

    def enter(**options):
        rater = "ann" if request.param == "sqlite" else None
        made.append(labels.open(path, rater=rater, clock=clock(), **options))
        return made[-1]

    yield enter
    for store in made:
        store.close()


@pytest.fixture
def store(again):
    made = again()
    made.bind(rows("a", "b", "c", "d"), ["cat", "dog", "emu"])
    return made


def said(store, item=None):
    return store.votes(item)[["item", "rater", "value", "op", "event"]].values.tolist()


def test_a_block_is_a_version_of_one_rater(store, again):
    block = store.add_votes("gpt", ["c", "a", "b"], ["dog", "cat", None], kind="model", family="g")
    assert (block.rater, block.version, block.votes, block.abstentions) == ("gpt", 1, 2, 1)
    assert said(store) == [["a", "gpt", "cat", "set", "votes:gpt:1"], ["c", "gpt", "dog", "set", "votes:gpt:1"]]
    store.add_votes("gpt", ["a"], ["emu"], kind="model", family="g")
    store.add_votes("bob", ["a"], ["dog"], confidence=[0.5])
    assert said(store, "a") == [
        ["a", "gpt", "emu", "set", "votes:gpt:2"],
        ["a", "bob", "dog", "set", "votes:bob:1"],
    ], "the newest block of a rater counts"
    assert said(store, "c") == []
    listed = again(read_only=True).vote_blocks()
    assert listed[["rater", "version", "kind", "family", "votes", "abstentions"]].values.tolist() == [
        ["gpt", 1, "model", "g", 2, 1], ["gpt", 2, "model", "g", 1, 0], ["bob", 1, "person", "", 1, 0],
    ]  # fmt: skip
    assert set(listed["by"]) == {store.rater}
    assert store.as_of("head").tolist() == ["cat"] * 4, "no label is overwritten"
    assert store.count_events() == 0
    assert store.verify().ok


def test_what_is_the_same_is_written_once(store):
    first = store.add_votes("gpt", ["a", "b"], ["dog", None], kind="model", confidence=[0.5, np.nan])
    assert store.add_votes("gpt", ["b", "a"], [None, "dog"], kind="model", confidence=[np.nan, 0.5]) == first
    changed = [
        {"labels": ["dog", "dog"]},
        {"labels": ["dog", None], "family": "g"},
        {"labels": ["dog", None], "kind": "function"},
        {"labels": ["dog", None], "kind": "function", "confidence": [0.25, 1]},
        {"labels": ["cat", None], "kind": "function", "confidence": [0.25, 1]},
    ]
    for version, more in enumerate(changed, 2):
        assert store.add_votes("gpt", ["a", "b"], more.pop("labels"), **{"kind": "model", **more}).version == version
    assert len(store.vote_blocks()) == 6


def test_a_call_that_is_repeated_is_written_once(store):
    first = store.add_votes("gpt", ["a"], ["dog"], op_id="one")
    store.add_votes("gpt", ["a"], ["emu"], op_id="two")
    assert store.add_votes("gpt", ["a"], ["dog"], op_id="one") == first
    assert store.vote_blocks()["version"].tolist() == [1, 2]


def test_several_raters_are_written_together_or_not_at_all(store):
    store.add_vote_blocks([VoteDraft("x", ["a"], ["dog"]), VoteDraft("y", ["b"], ["dog"])])
    with pytest.raises(UnknownName, match="item 'zz'.*'z' votes on it"):
        store.add_vote_blocks([VoteDraft("w", ["a"], ["dog"]), VoteDraft("z", ["zz"], ["dog"])])
    assert store.vote_blocks()["rater"].tolist() == ["x", "y"]
    assert store.verify().ok


def test_a_first_call_that_fails_leaves_the_store_as_it_was(store):
    with pytest.raises(UnknownName):
        store.add_vote_blocks([VoteDraft("w", ["a"], ["dog"]), VoteDraft("z", ["zz"], ["dog"])])
    assert len(store.vote_blocks()) == 0
    assert store.votes().empty
    assert store.add_votes("w", ["a"], ["dog"]).version == 1
    assert store.verify().ok


@pytest.mark.parametrize(
    ("call", "match"),
    [
        ({"labels": ["wolf"]}, "class 'wolf'.*'gpt' gives it to item 'a'"),
        ({"items": ["zz"]}, "item 'zz'"),
        ({"items": ["a", "a"], "labels": ["dog", "cat"]}, "votes on item 'a' twice"),
        ({"labels": ["dog", "cat"]}, "1 items and 2 labels"),
        ({"labels": [3]}, "label is 3"),
        ({"kind": "robot"}, "kind of rater 'robot'"),
        ({"rater": " "}, "rater is ' '"),
        ({"confidence": [1.5]}, "confidence of 'gpt' is none: item 'a'"),
        ({"confidence": [0.5, 0.5]}, "confidence of 'gpt' is none"),
        ({"items": "a"}, "items= is the text 'a'"),
    ],
)
def test_votes_that_are_none_are_refused(store, call, match):
    given = {"rater": "gpt", "items": ["a"], "labels": ["dog"], **call}
    if call.get("items") == "a":
        given["labels"] = 7
    with pytest.raises(DataError, match=match):
        store.add_votes(**given)
    assert len(store.vote_blocks()) == 0


def test_votes_follow_classes_and_items(store):
    store.add_votes("gpt", ["a", "b", "c"], ["dog", "emu", "cat"], confidence=[0.1, 0.2, 0.3])
    store.rename_class("dog", "hound")
    store.merge_classes("emu", into="cat")
    assert [v for _, _, v, *_ in said(store)] == ["hound", "cat", "cat"]
    store.bind(rows("c", ("b", "other content", "cat"), "a", "e"), ["cat", "dog", "emu"])
    assert said(store) == [
        ["c", "gpt", "cat", "set", "votes:gpt:1"],
        ["a", "gpt", "hound", "set", "votes:gpt:1"],
    ], "d is gone, and the content of b is another one"
    (one,) = standing(store)
    assert one.lost == 1
    assert one.confidence.tolist() == pytest.approx([0.3, 0.1])
    assert store.add_votes("gpt", ["a", "c"], ["hound", "cat"], confidence=[0.1, 0.3]).version == 2
    assert store.verify().ok


def test_of_a_rater_with_both_the_decision_counts(store):
    me = store.rater
    store.add_votes(me, ["a", "b"], ["emu", "emu"])
    store.set("a", "dog")
    assert [v[:3] for v in said(store)] == [["a", me, "dog"], ["b", me, "emu"]]
    store.clear("a")
    assert [v[:3] for v in said(store)] == [["a", me, "emu"], ["b", me, "emu"]]
    assert store.votes("b", field="label")["value"].tolist() == ["emu"]
    store.add_field("age", "number")
    assert store.votes(field="age").empty


def test_votes_are_cited_where_an_item_is_resolved(store):
    store.add_votes("gpt", ["a"], ["dog"])
    store.add_votes("bob", ["a", "b"], ["cat", "cat"])
    commit = store.resolve("a", "dog", why="two of three")
    assert commit.events[0].evidence["votes"] == ["votes:gpt:1", "votes:bob:1"]
    assert store.resolve("b", "cat", votes=["votes:bob:1"]).events[0].evidence["votes"] == ["votes:bob:1"]
    with pytest.raises(UnknownName, match="vote on this item 'votes:gpt:1'"):
        store.resolve("b", "cat", votes=["votes:gpt:1"])


def test_an_empty_version_takes_the_votes_away(store):
    store.add_votes("gpt", ["a"], ["dog"])
    store.add_votes("gpt", [], [])
    assert said(store) == []
    assert standing(store) == []
    assert store.vote_blocks()["votes"].tolist() == [1, 0]


def test_votes_belong_to_the_store_whatever_the_branch(store):
    store.switch("try", create=True)
    store.add_votes("gpt", ["a"], ["dog"])
    store.switch("main")
    assert len(said(store)) == 1


def test_listeners_hear_of_votes_and_nothing_can_be_written_before_something_is_bound(again):
    store = again()
    with pytest.raises(StoreError, match="no items yet"):
        store.add_votes("gpt", ["a"], ["dog"])
    assert len(store.vote_blocks()) == 0
    assert store.votes().empty
    store.bind(rows("a"), ["cat", "dog"])
    heard = []
    store.listen(lambda: heard.append(1))
    store.add_votes("gpt", ["a"], ["dog"])
    assert heard == [1]
    store.add_votes("gpt", ["a"], ["dog"])
    assert heard == [1], "nothing was written"
    with pytest.raises(StoreError, match="read-only"):
        again(read_only=True).add_votes("gpt", ["a"], ["cat"])


def test_nothing_of_a_block_can_be_changed_and_what_was_changed_behind_its_back_is_found(store):
    store.add_votes("gpt", ["a", "b"], ["dog", None], kind="model", family="g", confidence=[0.5, 0.25], op_id="one")
    store.add_votes("gpt", ["a"], ["emu"], op_id="two")
    store.add_votes("bob", ["a"], ["dog"])
    backend = store.working_copy.backend
    for statement in (
        "UPDATE vote_block SET voter = 'x'",
        "DELETE FROM vote_block",
        "INSERT OR REPLACE INTO vote_block SELECT * FROM vote_block WHERE n = 1",
        "INSERT OR REPLACE INTO vote_block SELECT 99, voter, version, kind, family, snapshot, votes, given, abstained, "
        "rater, time, NULL, digest FROM vote_block WHERE n = 1",
    ):
        if backend.login is None or "REPLACE" not in statement:
            with pytest.raises(StoreError, match=r"append-only|permission denied"):
                backend.all(statement)
    change = "UPDATE vote_block SET {0} = :value WHERE n = :n"
    for column in ["voter", "version", "kind", "family", "votes", "given", "abstained", "time", "op_id", "digest"]:
        for n, value in backend.all(f"SELECT n, {column} FROM vote_block WHERE {column} IS NOT NULL ORDER BY n")[:2]:
            other = {"kind": "import", "time": 7, "version": 9, "given": 9, "abstained": 9}.get(column)
            if other is None and isinstance(value, str):
                other = f"{value}?"
            if other is None:
                raw = bytearray(value)
                raw[len(raw) // 2] ^= 1
                other = bytes(raw)
            tamper(backend, "vote_block", change.format(column), value=other, n=n)
            assert not store.verify().ok, f"{column} of row {n}"
            tamper(backend, "vote_block", change.format(column), value=value, n=n)
            assert store.verify().ok
    tamper(backend, "vote_block", "DELETE FROM vote_block WHERE n = 1")
    assert "does not follow version 0" in str(store.verify())


# Stores of earlier versions


def test_a_file_without_votes_is_what_an_earlier_version_wrote(tmp_path):
    store = opened(tmp_path / "x.labels.db")
    assert frozenset(store.working_copy.backend.all(ddl.MADE)) == ddl.made()
    store.add_votes("gpt", ["a"], ["dog"])
    assert frozenset(store.working_copy.backend.all(ddl.MADE)) == ddl.made(votes=True)
    assert store.verify().ok
    store.close()
    db = sqlite3.connect(tmp_path / "x.labels.db")
    assert db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == ("2",), "they still open it"
    db.execute("DROP TABLE vote_block")
    db.commit()
    db.close()
    with labels.open(tmp_path / "x.labels.db", rater="ann") as found:
        assert "vote_block" in str(found.verify()), "a table that was taken away is missed"


@pytest.mark.parametrize("fixture", ["store_v1.labels.db", "store_v2.labels.db"])
def test_stores_of_earlier_formats_take_votes_and_are_read_without(fixture, tmp_path):
    path = tmp_path / fixture
    shutil.copy(FIXTURES / fixture, path)
    before = path.read_bytes()
    with labels.open(path, read_only=True) as store:
        assert len(store.vote_blocks()) == 0
        store.votes()
    assert path.read_bytes() == before
    with labels.open(path, rater="ann") as store:
        item = str(store.cells().index[0])
        store.add_votes("gpt", [item], [store.classes()[0]], kind="model")
        assert "gpt" in store.votes(item)["rater"].tolist()
        assert store.verify().ok
    with labels.open(path, read_only=True) as store:
        assert len(store.vote_blocks()) == 1


def test_a_server_store_of_an_earlier_version_gets_the_table_from_its_owner(pg_url):
    import psycopg

    with psycopg.connect(pg_url, autocommit=True) as admin:
        for login in ("boss", "ann"):
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (login,)).fetchone():
                admin.execute(f"CREATE ROLE {login} LOGIN")
        database = admin.execute("SELECT current_database()").fetchone()[0]
        admin.execute(f"GRANT CREATE ON DATABASE {database} TO boss")
        with labels.open(as_login(pg_url, "boss")) as boss:
            boss.bind(rows("a", "b"), ["cat", "dog"])
            boss.grant("ann")
        admin.execute("DROP TABLE labels.vote_block")
    with labels.open(as_login(pg_url, "ann")) as ann:
        assert len(ann.vote_blocks()) == 0
        assert ann.votes().empty
        with pytest.raises(StoreError, match="earlier version.*owner open it once"):
            ann.add_votes("gpt", ["a"], ["dog"])
        assert ann.verify().ok
    with labels.open(as_login(pg_url, "boss"), read_only=True) as boss:
        assert len(boss.vote_blocks()) == 0
    with labels.open(as_login(pg_url, "boss")), labels.open(as_login(pg_url, "ann")) as ann:
        ann.add_votes("gpt", ["a"], ["dog"])
        assert ann.vote_blocks()[["rater", "by"]].values.tolist() == [["gpt", "ann"]], "who wrote them signs"
        assert ann.verify().ok


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_written_is_read_back(seed, tmp_path):
    draw = np.random.default_rng(seed)
    items = [f"i{n}" for n in range(40)]
    store = opened(tmp_path / "x.labels.db", *items)
    newest: dict[str, dict[str, str | None]] = {}
    for _ in range(12):
        rater = str(draw.choice(["a", "b", "é–ü"]))
        chosen = draw.permutation(items)[: draw.integers(0, 40)].tolist()
        given = [[None, "cat", "dog", "emu"][i] for i in draw.integers(0, 4, len(chosen))]
        store.add_votes(rater, chosen, given, confidence=draw.random(len(chosen)) if draw.random() < 0.5 else None)
        newest[rater] = dict(zip(chosen, given, strict=True))
    found = store.votes()
    for rater, expected in newest.items():
        own = found[found["rater"] == rater]
        assert dict(zip(own["item"], own["value"], strict=True)) == {i: v for i, v in expected.items() if v is not None}
    assert store.verify().ok


def blobs(store):
    """What each block is kept as, oldest first."""
    return [bytes(b) for (b,) in store.working_copy.backend.all("SELECT votes FROM vote_block ORDER BY n")]


def test_what_is_said_anew_is_all_that_is_written(store, again):
    store.add_votes("gpt", ["a", "b", "c"], ["dog", None, "cat"], kind="model", family="g", confidence=[0.5, 0.25, 1])
    block = store.add_votes("gpt", ["b", "d"], ["emu", None], keep=True)
    assert (block.version, block.votes, block.abstentions, block.kind, block.family) == (2, 3, 1, "model", "g")
    assert len(blobs(store)[1]) < 100
    for each in (store, again()):
        (one,) = standing(each)
        assert one.positions.tolist() == [0, 1, 2, 3]
        assert [one.classes[c] if c >= 0 else None for c in one.codes] == ["dog", "emu", "cat", None]
        assert np.array_equal(one.confidence, np.float32([0.5, np.nan, 1, np.nan]), equal_nan=True)
    assert store.verify().ok
    assert store.add_votes("gpt", ["b"], ["emu"], keep=True).version == 2, "the same is not written again"
    # Both a version behind and one ahead are read in their place.
    columns = [store.working_copy.backend.vote_columns(b) for b in store.working_copy.backend.vote_blocks()]
    assert [len(each.positions) for each in columns] == [3, 4]
    store.add_votes("gpt", ["a"], ["cat"], kind="model", family="g")
    assert said(store) == [["a", "gpt", "cat", "set", "votes:gpt:3"]], "without it all is replaced"
    assert store.add_votes("bob", ["a"], ["dog"], keep=True).kind == "person"


def test_what_is_said_anew_of_other_items_is_written_as_a_whole(store):
    store.add_votes("bob", ["a", "c"], ["dog", "cat"])
    store.bind(rows("c", "b", "a"), ["cat", "dog", "emu"])
    block = store.add_votes("bob", ["b"], ["emu"], keep=True)
    assert blobs(store)[1].startswith(b"PAR1")
    assert (block.votes, said(store, "b")) == (3, [["b", "bob", "emu", "set", "votes:bob:2"]])
    assert {row[0]: row[2] for row in said(store)} == {"a": "dog", "b": "emu", "c": "cat"}
    assert store.verify().ok


def test_two_stores_tell_each_other_what_is_said_anew(store, again):
    other = again()
    other.add_votes("bob", ["a"], ["dog"])
    last = last_of(store)
    assert news(store, last) == (last, [])
    other.add_votes("bob", ["b"], ["emu"], confidence=[0.5], keep=True)
    found = news(store, last)
    assert [(block.rater, *rest) for block, *rest in found.votes] == [("bob", "b", "emu", 0.5)]
    other.add_votes("bob", ["a"], ["dog"])
    assert news(store, found.last).votes is None, "all of it has to be read"


def test_changed_votes_that_are_damaged_are_told(store, again):
    store.add_votes("bob", ["a"], ["dog"])
    store.add_votes("bob", ["b"], ["dog"], keep=True)
    backend, change = store.working_copy.backend, "UPDATE vote_block SET votes = :value WHERE version = 2"
    tamper(backend, "vote_block", change, value=b'{"changes":[[9,null,null]]}')
    assert "does not match its hash" in str(store.verify())
    for value in (b'{"changes":[[1,2,3]', b'{"changes":[[3,null,null],[1,null,null]]}', b'{"changes":[[1,7,null]]}'):
        tamper(backend, "vote_block", change, value=value)
        with pytest.raises(StoreError, match="damaged"):
            again().votes()
