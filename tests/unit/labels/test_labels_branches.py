"""Branches, tags, reverts: versions that have names, and decisions that are taken back."""

import datetime as dt

import pytest
from labels_help import CLASSES, clock, opened, rows

from explorer import labels
from explorer.errors import DataError, UnknownName
from explorer.labels import Conflict, Edit, StoreError


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path / "pets.labels.db", clock=clock()) as store:
        store.set("a", "dog")
        yield store


def test_a_branch_goes_its_own_way(store):
    store.branch("exp")
    assert store.current_branch == "main", "making one is not going there"
    store.switch("exp")
    store.set("a", "emu")
    store.set("b", "dog")
    assert store.get("a").value == "emu"
    store.switch("main")
    assert [store.get(i).value for i in "ab"] == ["dog", "cat"]
    assert store.as_of("exp").to_dict() == {"a": "emu", "b": "dog", "c": "cat", "d": "cat"}
    store.set("c", "emu")
    table = store.branch()
    assert table["name"].tolist() == ["exp", "main"]
    assert table["current"].tolist() == [False, True]
    assert table["commits_ahead_of_main"].tolist() == [2, 0]
    assert table["commits_behind_main"].tolist() == [1, 0]
    assert len(store.log()) == 2
    assert store.log()["branch"].tolist() == ["main", "main"]
    store.switch("exp")
    assert len(store.log()) == 3
    assert store.log()["branch"].tolist() == ["exp", "exp", "main"]
    assert store.diff("main")["item"].tolist() == ["a", "b", "c"]
    assert store.verify().ok


def test_other_handles_stay_on_their_branch_and_can_open_one(store):
    store.switch("exp", create=True)
    store.set("b", "dog")
    with labels.open(store.path, rater="bob") as other, labels.open(store.path, rater="eve", branch="exp") as third:
        assert other.current_branch == "main"
        assert other.get("b").value == "cat"
        assert third.get("b").value == "dog"
        third.set("b", "emu")
    assert store.get("b").value == "emu"
    with pytest.raises(UnknownName, match="no branch 'nope'.*'exp'"):
        labels.open(store.path, rater="bob", branch="nope")


def test_a_branch_can_begin_anywhere(store):
    first = store.commits()["commit"].iloc[-1]
    store.branch("clean", first)
    store.tag("v1")
    store.set("a", "emu")
    store.branch("from-tag", "v1")
    assert store.as_of("clean")["a"] == "cat"
    assert store.as_of("from-tag")["a"] == "dog"
    store.switch("clean")
    store.keep("a")
    assert store.get("a").state == "kept"
    assert store.undo() is not None
    assert store.undo() is None, "what is on main is not of this branch"


@pytest.mark.parametrize("name", ["", " x", "head", "base", 3, "main", "exp", "v1"])
def test_a_name_that_is_taken_or_none_is_refused(store, name):
    store.branch("exp")
    store.tag("v1")
    with pytest.raises(DataError, match="cannot be the name of a branch"):
        store.branch(name)
    with pytest.raises(DataError, match="cannot be the name of a tag"):
        store.tag(name)


def test_a_deleted_branch_is_gone_and_its_commits_stay(store):
    store.switch("exp", create=True)
    commit = store.set("a", "emu")
    for name in ("exp", "main"):
        with pytest.raises(DataError, match="cannot be deleted"):
            store.delete_branch(name)
    with labels.open(store.path, rater="bob", branch="exp") as left_behind:
        store.switch("main")
        with pytest.raises(StoreError, match=r"commits that no other branch or tag has.*force=True"):
            store.delete_branch("exp")
        store.delete_branch("exp", force=True)
        with pytest.raises(UnknownName, match="no branch 'exp'"):
            store.switch("exp")
        with pytest.raises(StoreError, match=r"no branch 'exp' any more.*switch"):
            left_behind.set("b", "dog")
    assert store.as_of(commit.id)["a"] == "emu"
    moves = store.reflog("exp")
    assert moves["new"].isna().tolist() == [True, False]
    assert moves["old"].iloc[0] == commit.id
    store.switch("exp", create=True)
    store.set("a", "cat")
    assert store.get("a").state == "kept"
    assert store.verify().ok


def test_tags_are_listed_moved_on_purpose_and_removed(store):
    store.tag("v1", why="sent to the client")
    with pytest.raises(DataError, match="there is a tag of this name.*force=True"):
        store.tag("v1")
    store.set("a", "emu")
    assert store.as_of("v1")["a"] == "dog"
    store.tag("v1", force=True)
    assert store.as_of("v1")["a"] == "emu"
    table = store.tag()
    assert table["name"].tolist() == ["v1"]
    assert table[["commit", "rater"]].values.tolist() == [[store.head, "ann"]]
    assert store.reflog("v1")["why"].tolist() == ["", "sent to the client"]
    store.untag("v1")
    assert store.tag().empty
    with pytest.raises(UnknownName, match="no tag 'v1'"):
        store.untag("v1")
    with pytest.raises(UnknownName, match="commit, tag, branch or time 'v1'"):
        store.as_of("v1")


# Revert


def test_a_revert_takes_back_one_commit_however_old(store):
    old = store.apply([Edit("b", "set", "dog", why="w"), Edit("c", "set", "dog")])
    store.set("d", "emu")
    commit = store.revert(old.id[:10], why="it was the wrong folder")
    assert commit.kind == "revert"
    assert commit.message == f"revert {old.id[:12]}: it was the wrong folder"
    assert [store.get(i).value for i in "abcd"] == ["dog", "cat", "cat", "emu"]
    with pytest.raises(StoreError, match="was taken back already"):
        store.revert(old.id)
    store.revert(commit.id)
    assert [store.get(i).value for i in "abcd"] == ["dog", "dog", "dog", "emu"]
    assert (store.get("b").why, store.get("b").state) == ("w", "relabelled")
    assert store.verify().ok


def test_what_a_revert_brought_back_can_be_undone_and_reverted_again(store):
    undone = store.undo()
    store.revert(undone.id)
    assert store.get("a").value == "dog"
    again = store.undo()
    assert store.get("a").state == "given"
    assert store.undo() is None
    store.revert(again.id)
    assert store.get("a").value == "dog"


def test_a_revert_of_some_items_leaves_the_others_to_be_reverted_later(store):
    commit = store.apply([Edit(i, "set", "emu") for i in "bcd"])
    assert len(store.revert(commit.id, items=["b"]).events) == 1
    assert [store.get(i).value for i in "bcd"] == ["cat", "emu", "emu"]
    with pytest.raises(StoreError, match="taken back already"):
        store.revert(commit.id, items=["b"])
    with pytest.raises(StoreError, match="changed no labels on these items"):
        store.revert(commit.id, items=["a"])
    assert len(store.revert(commit.id).events) == 2
    assert [store.get(i).value for i in "bcd"] == ["cat"] * 3


def test_a_revert_is_refused_where_somebody_decided_otherwise(store):
    commit = store.apply([Edit("b", "set", "dog"), Edit("c", "set", "dog")])
    with labels.open(store.path, rater="bob") as other:
        other.set("c", "emu", why="no")
    head = store.head
    with pytest.raises(
        Conflict, match=r"'c': a later decision stands in the way by bob at .* \(no\).*'emu'.*items="
    ) as caught:
        store.revert(commit.id)
    assert "A later decision stands in the way" in caught.value._repr_html_()
    assert store.head == head
    store.revert(commit.id, items=["b"])
    assert store.get("b").state == "given"


def test_several_commits_are_reverted_as_one_whatever_the_order_they_are_named_in(store):
    first = store.set("b", "dog")
    second = store.set("b", "emu")
    store.tag("last")
    commit = store.revert(first.id, "last")
    assert len(commit.events) == 2
    assert store.get("b").state == "given"
    assert second.id[:12] in commit.message


def test_what_has_no_labels_or_another_history_is_not_reverted(store):
    bound = store.commits()["commit"].iloc[-1]
    with pytest.raises(StoreError, match="changed no labels"):
        store.revert(bound)
    with pytest.raises(DataError, match="no commit is named"):
        store.revert()
    store.switch("exp", create=True)
    there = store.set("b", "dog")
    store.switch("main")
    with pytest.raises(StoreError, match="not part of this branch"):
        store.revert(there.id)


def test_a_revert_that_is_repeated_is_written_once(store):
    commit = store.set("b", "dog")
    one = store.revert(commit.id, op_id="x")
    assert store.revert(commit.id, op_id="x").id == one.id
    assert store.count_events() == 3


# Listening


def test_listeners_hear_of_every_change_and_not_under_the_lock(store):
    heard = []
    unlisten = store.listen(lambda: heard.append(_free(store)))

    def news():
        n = len(heard)
        heard.clear()
        return n

    store.set("b", "dog", op_id="x")
    assert news() == 1
    store.set("b", "dog", op_id="x")
    assert news() == 0, "nothing was written"
    store.undo()
    store.branch("exp")
    store.switch("exp")
    store.tag("v")
    store.add_class("fox")
    store.bind(rows("a", "b", "c", "d", "e"), CLASSES)
    store.set("b", "emu")
    assert heard == [True] * 7
    store.switch("main")
    news()
    store.merge("exp")
    assert news() == 1
    store.bind(rows("a", "b", "c", "d", "e"), CLASSES)
    with pytest.raises(UnknownName):
        store.set("b", "cow")
    assert news() == 0
    unlisten()
    store.set("b", "dog")
    assert news() == 0


def _free(store):
    """Another thread can have the engine's lock."""
    import threading

    got = []

    def look():
        got.append(store.working_copy.backend.lock.acquire(timeout=2))
        if got[0]:
            store.working_copy.backend.lock.release()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return got[0]


def test_times_never_run_backwards(tmp_path):
    late = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    with opened(tmp_path / "x.db", clock=lambda: late) as store:
        store.switch("exp", create=True)
        store.set("a", "dog")
        store.switch("main")
        with labels.open(store.path, rater="bob", clock=clock()) as other:
            assert other.set("b", "dog").time == late
            assert other.merge("exp").made.time == late


def test_undo_takes_what_a_revert_of_some_items_left(store):
    store.keep("b")
    store.apply([Edit("b", "set", "dog"), Edit("c", "set", "dog")])
    store.revert("head", items=["b"])
    assert len(store.undo().events) == 1
    assert [store.get(i).state for i in "abc"] == ["relabelled", "kept", "given"]
    store.undo()
    assert store.get("b").state == "given"


def test_undo_passes_over_what_is_left_of_a_commit_where_others_decided(store):
    first = store.set("c", "dog")
    both = store.apply([Edit("a", "set", "dog"), Edit("b", "set", "dog")])
    store.revert(both.id, items=["b"])
    with labels.open(store.path, rater="zoe") as zoe:
        zoe.set("a", "emu")
    undone = store.undo(rater=store.rater)
    assert [e.undoes for e in undone.events] == [first.events[0].id]
    assert store.get("a").value == "emu"


def test_an_undo_never_writes_under_an_op_id_that_stands_for_something_else(tmp_path):
    with opened(tmp_path / "x.labels.db") as store:
        store.apply([Edit("a", "set", "dog"), Edit("b", "set", "dog")])
        store.set("c", "emu", op_id="k:1")
        with pytest.raises(StoreError, match="k:1"):
            store.undo(n=2, op_id="k")
        assert store.get("c").value == "emu"
        assert store.undo(op_id="k").message.startswith("undo")


def test_a_branch_whose_commits_are_elsewhere_too_is_deleted_without_ado(store):
    store.branch("same")
    store.delete_branch("same")
    store.switch("exp", create=True)
    store.set("a", "emu")
    store.switch("main")
    store.merge("exp")
    store.delete_branch("exp")
    assert store.branch()["name"].tolist() == ["main"]


def test_a_time_may_be_text_or_a_day(store):
    first = store.commits(limit=1)["time"].iloc[0]
    store.set("a", "emu")
    for when in (first, str(first), first.isoformat(), f"{first:%Y-%m-%d %H:%M:%S} UTC"):
        assert store.as_of(when)["a"] == "dog"
    for when in (dt.date(2026, 1, 3), "2026-01-03"):
        assert store.as_of(when)["a"] == "emu", "a day stands for its end"
    with pytest.raises(DataError, match="nothing as of 2020"):
        store.as_of("2020-01-01")
    with pytest.raises(DataError, match="no commit"):
        store.revert("base")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("v1..v2", "two versions"),
        ("-x", "option"),
        ("ann/", "ends with '/'"),
        ("v1.lock", "ends with '.lock'"),
        ("beef", "id of a commit"),
        ("2026", "id of a commit"),
        ("BEEF", "id of a commit"),
        ("2026-01-02", "a time"),
        ("2026-01-02 10:00 UTC", "a time"),
        ("base:1", "version of its own"),
    ],
)
def test_a_name_that_reads_as_something_else_is_refused(store, name, why):
    for make in (store.branch, store.tag):
        with pytest.raises(DataError, match=f"cannot be the name of a .*{why}.*such as 'second-look'"):
            make(name)
    assert len(store.branch()) == 1


@pytest.mark.parametrize("name", ["v1.2", "ann/birds", "second-look", "bee", "beefy", "a.b", "née"])
def test_other_names_are_taken(store, name):
    store.branch(name)
    store.switch(name)
    store.tag(f"{name} done")
    assert store.current_branch == name


def test_a_name_that_would_be_refused_now_still_opens_and_reads(store):
    made = store.set("a", "emu")
    with store.working_copy.backend.exclusive():
        for name, kind in (("beef", "branch"), ("2026-01-02", "tag")):
            store.working_copy.backend.move_ref(name, kind, made.id, store.working_copy.rater, made.time, "")
    with labels.open(store.path, branch="beef", rater="bob") as old:
        old.set("b", "dog")
        assert old.as_of("2026-01-02")["a"] == "emu"
        assert old.commit_id("beef") == old.head
    assert store.merge("beef").made is not None
    store.delete_branch("beef")
    store.untag("2026-01-02")


def test_a_branch_that_grows_while_it_is_deleted_is_not_lost(store, monkeypatch):
    store.branch("exp")
    exclusive = store.working_copy.exclusive

    def late(branch=None):
        with labels.open(store.path, rater="bob", branch="exp") as bob:
            bob.set("a", "emu")
        return exclusive(branch)

    monkeypatch.setattr(store.working_copy, "exclusive", late)
    with pytest.raises(StoreError, match="commits that no other branch or tag has"):
        store.delete_branch("exp")
    assert store.as_of("exp")["a"] == "emu"


@pytest.mark.parametrize("call", ["merge", "undo", "revert"])
def test_an_op_id_that_stands_for_something_else_is_refused(store, call):
    store.branch("exp")
    made = store.apply([Edit("a", "set", "dog"), Edit("b", "set", "dog")])
    store.set("c", "emu", op_id="k:1")
    store.undo()
    with labels.open(store.path, rater="bob", branch="exp") as bob:
        bob.apply([Edit("c", "set", "dog"), Edit("d", "set", "dog")])
    head = store.head
    calls = {
        "merge": lambda: store.merge("exp", op_id="k"),
        "undo": lambda: store.undo(op_id="k"),
        "revert": lambda: store.revert(made.id, op_id="k"),
    }
    with pytest.raises(StoreError, match="'k:1' was used before, for something else"):
        calls[call]()
    assert store.head == head
