"""An item left out: a state of its own in stores of every version, undone, merged, blamed, exported and imported."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from labels_help import CLASSES, opened, rows

from explorer import export, labels
from explorer.errors import DataError
from explorer.labels.model.states import State

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path / "x.labels.db") as store:
        yield store


def test_it_is_a_state_of_its_own_and_leaves_the_label(store):
    made = store.leave_out("a", why="two animals", op_id="click")
    assert store.leave_out("a", why="two animals", op_id="click").id == made.id
    cell = store.get("a")
    assert (cell.value, cell.state, cell.left_out, cell.why) == ("cat", State.LEFT_OUT, True, "two animals")
    assert "left out by ann" in repr(cell)
    assert cell.state.decided
    assert not cell.state.settled
    store.set("b", "dog")
    store.leave_out("b")
    assert (store.get("b").value, store.get("b").state) == ("dog", "left out")
    assert store.cells()["left_out"].to_dict() == {"a": True, "b": True, "c": False, "d": False}
    assert store.log(reason="left out")["item"].tolist() == ["b", "a"]
    assert "left out by ann" in repr(store.blame("a"))


def test_it_is_taken_back_and_put_back(store):
    store.set("a", "dog")
    store.leave_out("a")
    undone = store.undo()
    assert (store.get("a").value, store.get("a").state) == ("dog", "relabelled")
    store.revert(undone.id)
    assert store.get("a").state == "left out"
    store.clear("a")
    assert (store.get("a").value, store.get("a").state, store.get("a").left_out) == ("cat", "given", False)
    assert store.verify().ok


@pytest.mark.parametrize("name", ["store_v1.labels.db", "store_v2.labels.db"])
def test_a_store_of_any_version_holds_it(tmp_path, name):
    path = Path(shutil.copy(FIXTURES / name, tmp_path / "pets.labels.db"))
    with labels.open(path, rater="zoe") as store:
        before = store.cells()
        item = str(before.index[before["state"] == "given"][0])
        assert not before["left_out"].any()
        store.leave_out(item)
        assert store.get(item).state == "left out"
        assert store.verify().ok
        store.undo()
        pd.testing.assert_series_equal(store.cells()["value"], before["value"])


def test_other_content_ends_it_and_another_given_label_is_a_conflict_in_which_it_holds(store):
    store.leave_out("a")
    store.leave_out("b")
    store.bind(rows(("a", "new", "cat"), ("b", "hash of b", "emu"), "c", "d"), CLASSES)
    a, b = store.get("a"), store.get("b")
    assert (a.state, a.left_out) == ("stale", False)
    assert (b.state, b.left_out) == ("conflict", True)


@pytest.mark.parametrize("other", ["keep", "clear", "flag"])
def test_where_only_one_branch_leaves_it_out_somebody_settles_it(store, other):
    store.branch("x")
    store.leave_out("a")
    store.leave_out("b")
    store.switch("x")
    getattr(store, other)("a")
    store.leave_out("b")
    store.leave_out("c")
    store.switch("main")
    merge = store.merge("x", commit=False)
    assert ([c.item for c in merge.conflicts], merge.same, merge.taken) == (["a"], 1, 1)
    assert merge.conflicts[0].sides[0] == "'cat', left out by ann"
    merge.resolve("a", "theirs")
    merge.commit()
    assert [store.get(i).left_out for i in "abcd"] == [False, True, True, False]
    assert store.get("c").rater == "ann"
    store.undo()
    assert [store.get(i).left_out for i in "abcd"] == [True, True, False, False]


def test_a_diff_tells_it_in_both_directions(store):
    store.tag("v1")
    store.set("a", "dog")
    store.leave_out("a")
    store.leave_out("b", why="blank")
    columns = ["item", "old", "new", "left_out"]
    found = store.diff("v1")
    assert found[columns].values.tolist() == [["a", "cat", "dog", "left out"], ["b", "cat", "cat", "left out"]]
    assert found["why"].tolist() == ["", "blank"]
    assert found.attrs["counts"] == {("cat", "dog"): 1}
    assert store.diff("head", "v1")["left_out"].tolist() == ["back in", "back in"]
    store.tag("v2")
    store.keep("b")
    assert store.diff("v2")[columns].values.tolist() == [["b", "cat", "cat", "back in"]]
    assert store.diff("base")[columns].values.tolist() == [["a", "cat", "dog", "left out"]]
    assert store.diff("v1")[columns].values.tolist() == [["a", "cat", "dog", "left out"]]


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_an_export_tells_it_and_brings_it_back(store, tmp_path, kind):
    store.set("a", "dog")
    store.leave_out("a", why="two of them")
    store.keep("b")
    path = export.write(store, tmp_path / f"out.{kind}")
    table = export.read(path)
    assert table["left_out"].tolist() == [True, False, False, False]
    assert table["left_out"].dtype == bool
    assert table["corrected_label"].tolist() == ["dog", "cat", "cat", "cat"]
    with opened(tmp_path / "second.labels.db", rater="bob") as second:
        export.import_into(second, path)
        cell = second.get("a")
        assert (cell.value, cell.state, cell.why, cell.rater) == ("dog", "left out", "two of them", "ann")
        assert export.import_into(second, path) is None


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_an_export_can_drop_the_rows(store, tmp_path, kind):
    store.leave_out("b")
    path = export.write(store, tmp_path / f"out.{kind}", drop=True)
    assert export.read(path)["item_id"].tolist() == ["a", "c", "d"]
    table = export.frame(["d", "b", "a"], store, drop=True)
    assert table["item_id"].tolist() == ["d", "a"]
    assert export.read(export.write(export.frame(None, store), path, drop=True))["item_id"].tolist() == ["a", "c", "d"]


def test_exports_of_before_have_no_such_column(store, tmp_path):
    store.keep("a")
    store.leave_out("b")
    old = export.frame(None, store).drop(columns="left_out")
    old.loc[1, "state"] = "flagged"  # as a version reads it that does not know the state
    old.to_csv(tmp_path / "old.csv", index=False)
    with opened(tmp_path / "second.labels.db", rater="bob") as second:
        export.import_into(second, tmp_path / "old.csv")
        assert [second.get(i).state for i in "abc"] == ["kept", "left out", "given"]
        assert export.import_into(second, tmp_path / "old.csv") is None


def test_a_column_that_contradicts_the_state_is_refused(store, tmp_path):
    store.leave_out("a")
    table = export.frame(None, store)
    for values in ([False] * 4, [True, True, False, False], ["yes", "no", "no", "no"], [None] * 4):
        with pytest.raises(DataError, match="left_out"):
            export.write(table.assign(left_out=values), tmp_path / "x.csv")


def test_a_left_out_item_in_conflict_is_imported_as_left_out(store, tmp_path):
    store.leave_out("b")
    store.bind(rows("a", ("b", "hash of b", "emu"), "c", "d"), CLASSES)
    table = export.frame(None, store)
    assert table["state"].tolist()[1] == "conflict"
    with labels.open(tmp_path / "second.labels.db", rater="bob") as second:
        second.bind(rows("a", ("b", "hash of b", "emu"), "c", "d"), CLASSES)
        export.import_into(second, table)
        assert (second.get("b").value, second.get("b").state) == ("cat", "left out")
        assert export.import_into(second, table) is None
