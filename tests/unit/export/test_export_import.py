"""An export, imported again, gives the same labels and states, with who, when and why."""

import pandas as pd
import pytest
from labels_help import CLASSES, clock, opened, rows

from explorer import export, labels
from explorer.errors import DataError, UnknownName

ITEMS = list("abcdefgh")


@pytest.fixture
def reviewed(tmp_path):
    with opened(tmp_path / "first.labels.db", *ITEMS, clock=clock()) as store:
        store.set("a", "dog", why="=it barks", reason="wrong", evidence={"p_error": 0.75})
        store.keep("b", why="sure")
        store.flag("c", reason="ambiguous")
        store.set("d", None, why="none of these")
        store.set("e", "emu")
        store.flag("e", reason="odd")
        store.set("f", "emu")
        store.keep("f", why="still")
        store.set("g", "dog")
        store.undo()
        yield store


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_an_export_imported_into_a_fresh_store_gives_the_same_state(reviewed, tmp_path, kind):
    path = export.write(export.frame(ITEMS, reviewed), tmp_path / f"out.{kind}")
    with opened(tmp_path / "second.labels.db", *ITEMS, rater="bob") as store:
        commit = export.import_into(store, path)
        assert commit.kind == "import"
        columns = ["value", "state", "rater", "why", "reason", "p_error", "given"]
        there = reviewed.cells()[columns]
        here = store.cells()[columns]
        there.loc["g", "rater"] = here.loc["g", "rater"]  # its decision was undone: nobody's, in the new store
        pd.testing.assert_frame_equal(here, there, check_categorical=False)
        assert store.as_of("head").equals(reviewed.as_of("head"))
        cell = store.get("a")
        assert cell.evidence["imported"] == {
            "file": f"out.{kind}",
            "version": reviewed.head,
            "state": "relabelled",
            "time": reviewed.get("a").time.isoformat(),
        }
        assert export.import_into(store, path) is None
        assert store.verify().ok
        store.undo()
        assert store.cells()["state"].tolist() == ["given"] * 8


def test_items_without_a_decision_in_the_file_are_left_alone(reviewed, tmp_path):
    table = export.frame(ITEMS, reviewed)
    with opened(tmp_path / "second.labels.db", *ITEMS, rater="bob") as store:
        store.set("h", "emu")
        store.set("a", "emu")
        export.import_into(store, table)
        assert store.get("h").value == "emu"
        assert store.get("a").value == "dog"


def test_stale_decisions_are_not_applied_and_conflicts_keep_their_label(reviewed, tmp_path):
    edited = rows(("a", "new", "cat"), ("b", "hash of b", "emu"), *ITEMS[2:])
    reviewed.bind(edited, CLASSES)
    table = export.frame(ITEMS, reviewed)
    assert table["state"].tolist()[:2] == ["stale", "conflict"]
    with labels.open(tmp_path / "second.labels.db", rater="bob") as store:
        store.bind(edited, CLASSES)
        export.import_into(store, table)
        assert store.get("a").state == "given"
        assert store.get("b").value == "cat"
        assert export.import_into(store, table) is None


def test_somebody_who_decides_during_the_import_is_not_overwritten(reviewed, tmp_path, monkeypatch):
    table = export.frame(ITEMS, reviewed)
    path = tmp_path / "second.labels.db"
    with opened(path, *ITEMS, rater="bob") as store, labels.open(path, rater="eve") as other:
        look = store.get

        def look_and_be_overtaken(item):
            cell = look(item)
            if item == "b":
                other.set("b", "emu")
            return cell

        monkeypatch.setattr(store, "get", look_and_be_overtaken)
        with pytest.raises(labels.Conflict):
            export.import_into(store, table)
        assert store.log()["rater"].tolist() == ["eve"]


def test_an_earlier_version_can_be_exported(reviewed):
    reviewed.tag("v1")
    reviewed.set("a", "emu")
    now, then, base = (export.frame(["a"], reviewed, v) for v in ("head", "v1", "base"))
    assert [t["corrected_label"].item() for t in (now, then, base)] == ["emu", "dog", "cat"]
    assert now["version"].item() == reviewed.head
    assert then["version"].item() == reviewed.commit_id("v1") != reviewed.head
    assert base["version"].item() == f"base:{reviewed.snapshot}"


def test_a_store_is_written_as_of_a_version_with_the_names_of_then(reviewed, tmp_path):
    reviewed.tag("v1")
    reviewed.rename_class("dog", "hound")
    reviewed.set("b", "hound")
    then = export.read(export.write(reviewed, tmp_path / "then.jsonl", at="v1")).set_index("item_id")
    now = export.read(export.write(reviewed, tmp_path / "now.jsonl")).set_index("item_id")
    assert then["corrected_label"].loc[["a", "b"]].tolist() == ["dog", "cat"]
    assert now["corrected_label"].loc[["a", "b"]].tolist() == ["hound", "hound"]
    assert then.index.tolist() == ITEMS
    with pytest.raises(UnknownName, match="'v2'"):
        export.write(reviewed, tmp_path / "none.csv", at="v2")
    assert not (tmp_path / "none.csv").exists()


def test_a_class_that_the_store_lacks_is_added_only_on_purpose(reviewed, tmp_path):
    reviewed.add_class("fox")
    reviewed.set("a", "fox")
    table = export.frame(ITEMS, reviewed)
    with opened(tmp_path / "second.labels.db", *ITEMS) as store:
        with pytest.raises(UnknownName, match=r"no class 'fox'.*add_classes=True"):
            export.import_into(store, table)
        assert len(store.log()) == 0
        export.import_into(store, table, add_classes=True)
        assert store.get("a").value == "fox"


def test_an_export_of_another_dataset_writes_nothing(reviewed, tmp_path):
    table = export.frame(ITEMS, reviewed)
    with opened(tmp_path / "second.labels.db", "a", "x") as store:
        with pytest.raises(DataError, match="5 of 6 decisions are on items that the store does not have"):
            export.import_into(store, table)
        with pytest.raises(DataError, match="'a' stands in more than one row"):
            export.import_into(store, pd.concat([table, table]))
        assert len(store.log()) == 0
