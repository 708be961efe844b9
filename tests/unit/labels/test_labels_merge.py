"""Merging branches: three ways, cell by cell."""

import pytest
from labels_help import CLASSES, clock, opened, rows

from explorer import labels
from explorer.errors import DataError, UnknownName
from explorer.labels import Edit, Pick, StoreError


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path / "pets.labels.db", "a", "b", "c", "d", "e", "f", clock=clock()) as store:
        store.set("a", "dog", why="before")
        store.branch("exp")
        yield store


@pytest.fixture
def bob(store):
    with labels.open(store.path, rater="bob", branch="exp", clock=clock()) as bob:
        yield bob


def test_each_side_brings_what_only_it_changed(store, bob):
    bob.set("b", "emu", why="it runs", evidence={"p_error": 0.75})
    bob.keep("c", why="sure")
    bob.undo()
    bob.flag("d", reason="blurred")
    store.set("e", "dog")
    merge = store.merge("exp", why="weekly")
    assert (merge.taken, merge.same, merge.conflicts, merge.open) == (2, 0, [], [])
    made = merge.made
    assert (made.kind, made.merge_parent, made.parent) == ("merge", bob.head, store.commits()["commit"].iloc[1])
    assert made.message == "merge exp into main: weekly"
    b, d = store.get("b"), store.get("d")
    assert (b.value, b.rater, b.why, b.evidence) == ("emu", "bob", "it runs", {"p_error": 0.75})
    assert (d.state, d.rater, d.reason) == ("flagged", "bob", "blurred")
    assert [store.get(i).value for i in "ae"] == ["dog", "dog"]
    assert store.commits()["merged_from"].iloc[0] == bob.head
    assert bob.get("e").value == "cat", "the other branch stays as it is"
    assert store.verify().ok
    store.rebuild_heads()
    assert store.get("b").value == "emu"


def test_a_merge_is_a_commit_even_where_only_one_side_moved(store, bob):
    bob.set("b", "emu")
    made = store.merge("exp").made
    assert made.branch == "main"
    assert made.id != bob.head
    again = store.merge("exp")
    assert (again.made, again.up_to_date) == (None, True)
    assert "already up to date" in repr(again)
    bob.merge("main")
    assert bob.get("b").value == "emu"
    assert bob.merge("main").up_to_date
    assert store.merge("exp").made.events == (), "bob's merge commit brings no label"


def test_both_changed_to_the_same_label_is_no_conflict(store, bob):
    bob.set("b", "emu", why="theirs")
    store.set("b", "emu", why="ours")
    bob.keep("c")
    store.set("c", "cat")
    merge = store.merge("exp")
    assert (merge.taken, merge.same, merge.conflicts) == (0, 2, [])
    assert store.get("b").why == "ours"


def test_different_labels_are_a_conflict_that_somebody_settles(store, bob):
    for item, theirs, ours in (("b", "emu", "dog"), ("c", "dog", None), ("d", "dog", "emu")):
        bob.set(item, theirs, why=f"bob on {item}")
        store.set(item, ours, why=f"ann on {item}")
    bob.set("e", "emu")
    head = store.head
    merge = store.merge("exp")
    assert merge.made is None
    assert store.head == head, "nothing is written while a conflict is open"
    assert [c.item for c in merge.open] == ["b", "c", "d"]
    first = merge.conflicts[0]
    assert (first.base.value, first.ours.value, first.theirs.value) == ("cat", "dog", "emu")
    assert (first.ours.why, first.theirs.rater) == ("ann on b", "bob")
    with pytest.raises(StoreError, match="3 conflicts.*'b', 'c', 'd'"):
        merge.commit()
    merge.resolve("b", "ours", why="ann was there")
    merge.resolve("c", Pick.THEIRS)
    merge.resolve("d", "value", "cat", why="neither")
    assert [(c.item, c.pick, c.value) for c in merge.conflicts] == [
        ("b", "ours", None),
        ("c", "theirs", None),
        ("d", "value", "cat"),
    ]
    assert merge.table()["pick"].tolist() == ["ours", "theirs", "value"]
    made = merge.commit("all settled")
    assert merge.made == made
    assert [store.get(i).value for i in "bcde"] == ["dog", "dog", "cat", "emu"]
    b, c, d = (store.get(i) for i in "bcd")
    assert (b.rater, b.why) == ("ann", "ann on b")
    assert (c.rater, c.why) == ("bob", "bob on c")
    assert (d.rater, d.why) == ("ann", "neither")
    for cell, conflict in ((b, merge_of(b)), (d, merge_of(d))):
        assert len(conflict) == 2, cell
    assert b.evidence["resolved"] == {"pick": "ours", "by": "ann", "why": "ann was there"}
    assert store.merge("exp").up_to_date
    assert store.verify().ok


def merge_of(cell):
    return cell.evidence["merged"]


def test_conflicts_can_be_settled_in_the_call(store, bob):
    for item in "bcd":
        bob.set(item, "emu")
        store.set(item, "dog")
    looked = store.merge("exp", resolve="theirs", commit=False)
    assert (looked.made, looked.open) == (None, [])
    looked.abort()
    assert len(store.merge("exp").open) == 3
    merge = store.merge("exp", resolve={"b": Pick.OURS, ("c", "label"): Pick.THEIRS, "d": "cat"}, why="so it is")
    assert merge.made is not None
    assert [store.get(i).value for i in "bcd"] == ["dog", "emu", "cat"]
    bob.merge("main", resolve="ours")
    assert [bob.get(i).value for i in "bcd"] == ["dog", "emu", "cat"], "main's word is newer"


def test_what_was_settled_survives_and_is_shared_until_a_side_is_decided_anew(store, bob):
    bob.set("b", "emu")
    bob.set("c", "emu")
    store.set("b", "dog")
    store.set("c", "dog")
    store.merge("exp").resolve("b", "theirs", why="looks so")
    with labels.open(store.path, rater="eve") as eve:
        merge = eve.merge("exp")
        assert [c.item for c in merge.open] == ["c"]
        settled = merge.conflicts[0]
        assert (settled.pick, settled.rater, settled.why) == ("theirs", "ann", "looks so")
        merge.resolve("c", "ours")
        merge.unresolve("c")
        assert [c.item for c in merge.open] == ["c"]
        merge.resolve("c", "ours")
        store.set("b", "cat")
        with pytest.raises(StoreError, match="'b'"):
            merge.commit()
        assert [c.item for c in merge.open] == ["b"], "it was settled for another event"
        merge.resolve("b", "ours")
        assert merge.commit().rater == "eve"
        assert [eve.get(i).value for i in "bc"] == ["cat", "dog"]


def test_a_pick_that_makes_no_sense_is_refused(store, bob):
    bob.set("b", "emu")
    store.set("b", "dog")
    merge = store.merge("exp")
    for arguments, message in (
        (("c", "ours"), "no conflict on item 'c'"),
        (("b", "mine"), "no pick 'mine'"),
        (("b", "value", "cow"), "no class 'cow'"),
        (("b", "ours", "cat"), "takes no value"),
    ):
        with pytest.raises(DataError, match=message):
            merge.resolve(*arguments)
    with pytest.raises(UnknownName, match="no branch 'nope'"):
        store.merge("nope")
    with pytest.raises(DataError, match="is the branch that this store is on"):
        store.merge("main")
    store.switch("exp")
    with pytest.raises(StoreError, match="merge into 'main'.*switch"):
        merge.commit()


def test_undo_takes_a_merge_back_and_reverting_that_brings_it_again(store, bob):
    bob.set("a", "emu")
    bob.set("b", "emu")
    store.set("b", "dog")
    store.merge("exp", resolve="theirs")
    assert [store.get(i).value for i in "ab"] == ["emu", "emu"]
    undone = store.undo()
    a, b = store.get("a"), store.get("b")
    assert (a.value, a.why, b.value) == ("dog", "before", "dog")
    store.revert(undone.id)
    assert [store.get(i).value for i in "ab"] == ["emu", "emu"]
    store.undo(2)
    assert [store.get(i).value for i in "ab"] == ["dog", "cat"]
    assert store.verify().ok


def test_a_commit_of_the_other_branch_can_be_reverted_after_the_merge(store, bob):
    one = bob.set("b", "emu")
    bob.set("c", "emu")
    store.merge("exp")
    store.revert(one.id)
    assert [store.get(i).value for i in "bc"] == ["cat", "emu"]
    with pytest.raises(StoreError, match="taken back already"):
        store.revert(one.id)


def test_what_was_taken_back_on_the_other_branch_is_taken_back_here(store, bob):
    bob.undo(1, rater="ann")
    assert bob.get("a").state == "given"
    store.merge("exp")
    assert (store.get("a").value, store.get("a").state) == ("cat", "given")
    assert store.merge("exp").up_to_date
    assert bob.merge("main").conflicts == []
    assert bob.get("a").state == "given"


def test_criss_cross_merges_do_not_ask_twice(store, bob):
    bob.set("b", "emu")
    store.set("b", "dog")
    store.merge("exp", resolve="ours")
    bob.set("c", "emu")
    assert bob.merge("main").conflicts == [], "ours was kept knowingly, and theirs has not moved since"
    assert bob.get("b").value == "dog"
    assert store.merge("exp").conflicts == []
    assert store.get("c").value == "emu"
    store.set("b", "cat")
    bob.set("b", "emu")
    assert len(store.merge("exp").open) == 1


def test_dataset_and_classes_are_merged_too(store, bob):
    bob.add_class("fox")
    bob.rename_class("emu", "ostrich")
    bob.add_field("age", "number")
    bob.bind(rows("a", "b", "c", "d", "e", "f", "g"), CLASSES)
    bob.set("g", "fox")
    bob.set("b", 3, field="age")
    store.rename_class("dog", "hound")
    store.set("c", "emu")
    merge = store.merge("exp")
    assert merge.made.snapshot == bob.snapshot
    assert store.classes() == ["cat", "hound", "ostrich", "fox"]
    assert store.get("g").value == "fox"
    assert (store.get("a").value, store.get("c").value) == ("hound", "ostrich")
    assert store.get("b", field="age").value == 3.0
    assert store.undo() is not None
    assert (store.get("g").state, store.get("b", field="age").value) == ("given", None)
    assert store.verify().ok


def test_both_renamed_a_class_and_ours_holds_with_a_note(store, bob):
    bob.rename_class("cat", "moggy")
    store.rename_class("cat", "feline")
    merge = store.merge("exp")
    assert store.classes()[0] == "feline"
    assert "'moggy' in exp" in merge.notes[0]
    assert merge.notes[0] in repr(merge)
    assert store.bind(rows("a", "b", "c", "d", "e", "f", given="moggy")).given_changed == []


def test_ours_keeps_its_dataset_where_both_bound_another_one(store, bob):
    bob.bind(rows("a", "b", "c", "x"), CLASSES)
    bob.set("x", "dog")
    store.bind(rows("a", "b", "c", "y"), CLASSES)
    snapshot = store.snapshot
    merge = store.merge("exp")
    assert "bound to other items" in merge.notes[0]
    assert merge.made.snapshot == snapshot
    assert "x" not in store.head_cells()
    store.bind(rows("a", "b", "c", "x", "y"), CLASSES)
    assert store.get("x").value == "dog", "what was decided on it is not lost"


def test_a_decision_on_content_that_changed_stays_stale_after_a_merge(store, bob):
    bob.set("b", "emu")
    edited = rows("a", ("b", "new", "cat"), "c", "d", "e", "f")
    store.bind(edited, CLASSES, keyed=True)
    store.merge("exp")
    assert (store.get("b").state, store.get("b").value, store.get("b").recorded) == ("stale", "cat", "emu")
    bob.bind(edited, CLASSES, keyed=True)
    bob.set("b", "emu")
    assert store.merge("exp").conflicts == []
    assert store.get("b").state == "relabelled"


def test_a_merge_that_is_repeated_is_written_once(store, bob):
    bob.set("b", "emu")
    one = store.merge("exp", op_id="m").made
    assert store.merge("exp", op_id="m").made is None
    assert store.head == one.id
    assert store.merge("exp").up_to_date


def test_many_cells_merge_at_once(store, bob):
    items = [f"{i}" for i in range(3000)]
    store.bind(rows("a", *items), CLASSES)
    bob.merge("main")
    bob.apply([Edit(i, "set", "emu") for i in items[:2000]])
    store.apply([Edit(i, "set", "dog") for i in items[1000:]])
    merge = store.merge("exp")
    assert (merge.taken, len(merge.open)) == (1000, 1000)
    merge.resolve_all("theirs")
    merge.commit()
    values = store.as_of("head").loc[items].tolist()
    assert values == ["emu"] * 2000 + ["dog"] * 1000


def test_a_conflict_that_a_model_settled_is_the_decision_of_a_model(store, bob):
    bob.set("a", "emu")
    store.set("a", "cat")
    with labels.open(store.path, rater="bot", rater_kind="model") as bot:
        merge = bot.merge("exp", commit=False)
        merge.resolve("a", "value", "dog", why="sure")
        assert merge.conflicts[0].rater == "bot"
    made = store.merge("exp").made
    assert [e.rater for e in made.events] == ["model:bot"]


def test_another_label_has_to_be_said(store, bob):
    bob.set("a", "emu")
    store.set("a", "cat")
    merge = store.merge("exp")
    with pytest.raises(DataError, match="No label is given"):
        merge.resolve("a", "value")
    with pytest.raises(StoreError, match="1 conflict is open"):
        merge.commit()
    merge.resolve("a", "value", None)
    made = merge.commit()
    assert store.get("a").value is None
    assert merge.commit() is made, "a merge that is written is not written again"
