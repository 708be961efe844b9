"""Binding a dataset that was re-ordered, has grown, or was edited."""

import pandas as pd
import pytest
from labels_help import CLASSES, opened, rows

from explorer import labels
from explorer.errors import DataError, UnknownName
from explorer.labels import Conflict, StoreError


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path / "pets.labels.db", "a", "b", "c", "d") as store:
        yield store


def test_binding_the_same_again_writes_nothing(store):
    head = store.head
    report = store.bind(rows("a", "b", "c", "d"), CLASSES)
    assert report.commit is None
    assert str(report) == "nothing changed"
    assert store.head == head


def test_another_order_is_the_same_snapshot_and_moved_is_the_least_that_explains_it(store):
    report = store.bind(rows("d", "a", "b", "c"), CLASSES)
    assert report.commit is None
    assert report.moved == ["d"]


def test_a_dataset_that_grew_and_shrank_keeps_its_corrections(store):
    store.set("b", "dog")
    store.set("a", "emu")
    snapshot = store.snapshot
    report = store.bind(rows("x", "b", "c", "d", "e"), CLASSES)
    assert (report.added, report.removed, report.moved, report.changed) == (["x", "e"], ["a"], [], [])
    assert report.commit.kind == "import"
    assert store.snapshot != snapshot
    assert store.get("b").value == "dog"
    assert "a" not in store.head_cells()
    with pytest.raises(UnknownName):
        store.get("a")
    assert store.log()["item"].tolist() == ["a", "b"]
    store.bind(rows("a", "b", "c", "d"), CLASSES)
    assert store.get("a").value == "emu"


def test_a_correction_of_content_that_changed_is_stale_until_somebody_decides_anew(store):
    store.set("a", "dog", why="it barks")
    store.keep("b")
    edited = rows(("a", "new", "cat"), ("b", "new", "cat"), "c", "d")
    report = store.bind(edited, CLASSES, keyed=True)
    assert report.changed == report.stale == ["a", "b"]
    cell = store.get("a")
    assert (cell.state, cell.value, cell.recorded, cell.why) == ("stale", "cat", "dog", "it barks")
    assert store.as_of("head")["a"] == "cat"
    assert store.bind(edited, CLASSES, keyed=True).stale == ["a", "b"]
    store.set("a", "dog", expected=cell.event)
    assert store.get("a").state == "relabelled"
    store.undo()
    assert store.get("a").state == "stale"


def test_a_new_given_label_flows_through_or_is_a_conflict(store):
    store.set("a", "dog")
    store.keep("b")
    before = store.head
    report = store.bind(
        rows(("a", "hash of a", "emu"), ("b", "hash of b", "emu"), ("c", "hash of c", "emu"), "d"), CLASSES
    )
    assert report.given_changed == ["a", "b", "c"]
    assert report.conflict == ["a", "b"]
    assert store.as_of("head").to_dict() == {"a": "dog", "b": "cat", "c": "emu", "d": "cat"}
    assert (store.get("a").state, store.get("a").given) == ("conflict", "emu")
    assert store.get("c").state == "given"
    assert store.diff(before)[["item", "old", "new"]].values.tolist() == [["c", "cat", "emu"]]
    assert store.diff(before)["rater"].isna().all()
    assert store.as_of(before)["c"] == "cat"
    store.keep("a")
    assert (store.get("a").state, store.get("a").value) == ("kept", "dog")
    store.clear("b")
    assert (store.get("b").state, store.get("b").value) == ("given", "emu")


def test_an_undo_brings_the_conflict_back(store):
    store.set("a", "dog")
    store.bind(rows(("a", "hash of a", "emu"), "b", "c", "d"), CLASSES)
    store.set("a", "cat")
    store.undo()
    assert (store.get("a").state, store.get("a").value) == ("conflict", "dog")


def test_upstream_that_takes_a_correction_over_agrees_with_it(store):
    store.set("a", "dog")
    report = store.bind(rows(("a", "hash of a", "dog"), "b", "c", "d"), CLASSES)
    assert report.conflict == []
    assert store.get("a").state == "kept"


def test_what_was_seen_before_a_bind_counts_if_the_item_is_as_it_was(store):
    a, b = store.get("a").event, store.get("b").event
    store.bind(rows(("a", "hash of a", "emu"), "b", "c", "d", "e"), CLASSES)
    store.set("b", "dog", expected=b)
    with pytest.raises(Conflict):
        store.set("a", "dog", expected=a)
    with pytest.raises(Conflict):
        store.set("a", "dog", expected="base:nothing")


def test_new_classes_join_and_old_ones_stay(store):
    head = store.head
    report = store.bind(rows("a", "b", "c", "d"), ["cat", "fox"])
    assert report.commit.kind == "schema"
    assert report.commit.parent == head
    assert store.classes() == ["cat", "dog", "emu", "fox"]
    assert store.bind(rows("a", "b", "c", "d"), ["fox"]).commit is None


def test_the_store_of_another_dataset_is_refused_with_both_named(store):
    store.set("a", "dog")
    with pytest.raises(
        StoreError, match=r"pets\.labels\.db belongs to another dataset.*4 items.*'a'.*2 items.*'x'.*store="
    ):
        store.bind(rows("x", "y"), CLASSES)
    assert store.get("a").value == "dog"


def test_the_same_keys_on_other_content_are_refused_unless_that_is_meant(tmp_path):
    others = rows(*((i, f"other {i}", "cat") for i in "abcd"))
    with labels.open(tmp_path / "pets.labels.db", rater="ann") as store:
        store.bind(rows("a", "b", "c", "e"), CLASSES, keyed=True)
        store.set("a", "dog")
        head = store.head
        with pytest.raises(
            StoreError, match=r"pets\.labels\.db seems.*3 of its 4 items.*4 items.*'a'.*allow_changed=True"
        ):
            store.bind(others, CLASSES, keyed=True)
        assert store.head == head
        one_as_it_was = rows(("a", "other a", "cat"), ("b", "other b", "cat"), "c")
        assert store.bind(one_as_it_was, CLASSES, keyed=True).changed == ["a", "b"]
        report = store.bind(rows(*((i, "new", "cat") for i in "abc")), CLASSES, keyed=True, allow_changed=True)
        assert (report.changed, report.stale) == (["a", "b", "c"], ["a"])


def test_two_keys_on_other_content_may_have_been_edited(tmp_path):
    with labels.open(tmp_path / "pets.labels.db", rater="ann") as store:
        store.bind(rows("a", "b"), CLASSES, keyed=True)
        report = store.bind(rows(("a", "new", "cat"), ("b", "new", "cat")), CLASSES, keyed=True)
        assert report.changed == ["a", "b"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (rows("a", "a"), "'a' stands in more than one row"),
        (rows("a").iloc[:0], "no items"),
        (rows(("a", "h", "cow")), "no class 'cow'.*Item 'a'"),
        (rows(("a", "h", {"bytes": b""})), "no class .*bytes.*Item 'a'"),
        (rows(("", "h", "cat")), "item_id is ''"),
        (rows((3, "h", "cat")), "item_id is 3"),
        (rows("a").rename(columns={"item_id": "item_idx"}), "no column 'item_id'.*item_idx"),
    ],
)
def test_a_frame_that_is_no_snapshot_is_refused(tmp_path, frame, message):
    with labels.open(tmp_path / "x.labels.db", rater="ann") as store:
        with pytest.raises(DataError, match=message):
            store.bind(frame, CLASSES)
        assert store.head is None


def test_missing_given_labels_of_any_spelling_are_unlabelled(tmp_path):
    frame = rows("a", "b", "c", "d")
    frame["given_label"] = pd.Series([None, float("nan"), pd.NA, "cat"], dtype=object)
    with labels.open(tmp_path / "x.labels.db", rater="ann") as store:
        store.bind(frame, CLASSES)
        assert [store.get(i).value for i in "abcd"] == [None, None, None, "cat"]
        assert store.cells()["value"].isna().tolist() == [True, True, True, False]


def test_the_snapshot_id_does_not_depend_on_order_or_file(tmp_path):
    with opened(tmp_path / "1.db", "a", "b") as one, opened(tmp_path / "2.db", "b", "a") as two:
        one_id = one.snapshot
        assert two.snapshot == one_id
    with opened(tmp_path / "3.db", "a", "b", "c") as three:
        assert three.snapshot != one_id
