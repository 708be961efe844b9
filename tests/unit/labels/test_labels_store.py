"""What a person does with the label store: label, keep, flag, clear, undo, look back."""

import datetime as dt
import math
import threading

import numpy as np
import pandas as pd
import pytest
from labels_help import CLASSES, clock, opened, rows

from explorer import labels
from explorer.errors import DataError, UnknownName
from explorer.labels import Conflict, Edit, StoreError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pets.labels.db"


@pytest.fixture
def store(path):
    with opened(path, clock=clock()) as store:
        yield store


def test_an_untouched_item_has_its_given_label(store):
    cell = store.get("a")
    assert (cell.value, cell.state, cell.op, cell.rater) == ("cat", "given", None, None)
    assert cell.event == f"base:{store.snapshot}"


def test_each_decision_has_its_state_and_says_who_when_and_why(store):
    store.set("a", "dog", why="it barks", reason="wrong", evidence={"p_error": 0.9})
    store.keep("b")
    store.flag("c", reason="ambiguous")
    store.set("d", None)
    a, b, c, d = (store.get(i) for i in "abcd")
    assert (a.value, a.state, a.rater, a.why, a.reason) == ("dog", "relabelled", "ann", "it barks", "wrong")
    assert a.time == dt.datetime(2026, 1, 2, 3, 5, 5, tzinfo=dt.UTC)
    assert a.evidence == {"p_error": 0.9}
    assert (b.value, b.state) == ("cat", "kept")
    assert (c.value, c.state, c.reason) == ("cat", "flagged", "ambiguous")
    assert (d.value, d.state) == (None, "relabelled")
    store.clear("a")
    assert (store.get("a").value, store.get("a").state) == ("cat", "given")


def test_the_given_label_given_again_is_kept(store):
    store.set("a", "dog")
    store.set("a", "cat")
    assert (store.get("a").value, store.get("a").state) == ("cat", "kept")


def test_a_second_process_sees_what_the_first_wrote_while_both_are_open(store, path):
    other = labels.open(path, rater="bob")
    assert other.get("a").state == "given"
    store.set("a", "dog")
    assert other.get("a").value == "dog"
    other.set("b", "emu")
    assert store.get("b").rater == "bob"
    other.close()


def test_a_label_that_is_no_class_is_refused_with_a_hint_until_it_is_added(store):
    with pytest.raises(UnknownName, match=r"no class 'dogg'.*'dog'.*add_class"):
        store.set("a", "dogg")
    commit = store.add_class("fox")
    assert store.classes() == [*CLASSES, "fox"]
    assert store.add_class("fox").id == commit.id
    store.set("a", "fox")
    assert store.get("a").value == "fox"


@pytest.mark.parametrize("value", [["cat", "dog"], {"x": 1}, np.array([1, 2]), ("cat",)])
def test_labels_that_are_no_class_labels_are_refused(store, value):
    with pytest.raises(DataError, match="Only one class per item"):
        store.set("a", value)
    assert store.get("a").state == "given"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit("zz", "set", "dog"), "no item 'zz'"),
        (Edit("a", "put", "dog"), "no op 'put'"),
        (Edit("a", "keep", "dog"), "takes no value"),
        (Edit("a", "set", 3), "no class '3'"),
        (Edit("a", "set", "dog", why="\ud800"), "no valid text"),
        (Edit("a", "set", "dog", evidence={"x": object()}), "evidence holds a object"),
    ],
)
def test_a_bad_edit_writes_nothing_at_all(store, edit, message):
    before = store.head
    with pytest.raises(DataError, match=message):
        store.apply([Edit("b", "set", "dog"), edit])
    assert store.head == before
    assert store.get("b").state == "given"


def test_evidence_drops_what_is_missing_and_keeps_numpy_numbers(store):
    seen = {"p_error": np.float32(0.25), "score": math.nan, "rank": np.int64(3), "model": None, "more": {"x": math.inf}}
    store.set("a", "dog", evidence=seen)
    assert store.get("a").evidence == {"p_error": 0.25, "rank": 3, "more": {}}
    store.set("a", "dog", evidence={"score": math.nan})
    assert store.get("a").evidence is None


# Optimistic concurrency and retries


def test_a_writer_that_saw_an_older_cell_writes_nothing_and_learns_what_changed(store, path):
    seen = {i: store.get(i).event for i in "ab"}
    with labels.open(path, rater="bob") as other:
        other.set("b", "emu", why="it runs", expected=seen["b"])
    before = store.head
    with pytest.raises(Conflict, match=r"'b' changed.*'emu'.*by bob.*it runs.*Nothing was written") as caught:
        store.apply([Edit("a", "set", "dog", seen["a"]), Edit("b", "set", "dog", seen["b"])])
    assert [(c.item, c.value, c.rater) for c in caught.value.cells] == [("b", "emu", "bob")]
    assert store.head == before
    assert store.get("a").state == "given"
    store.set("b", "dog", expected=caught.value.cells[0].event)
    assert store.get("b").value == "dog"


def test_what_was_seen_after_a_clear_is_not_the_untouched_cell(store):
    seen = store.get("a").event
    store.set("a", "dog")
    store.clear("a")
    with pytest.raises(Conflict):
        store.set("a", "emu", expected=seen)


def test_a_repeated_op_id_writes_once_and_returns_the_first_commit(store):
    first = store.set("a", "dog", op_id="click 1")
    store.set("a", "emu")
    again = store.set("a", "dog", op_id="click 1")
    assert again == first
    assert store.get("a").value == "emu"
    batch = [Edit("b", "set", "dog"), Edit("c", "keep")]
    one = store.apply(batch, op_id="lasso")
    assert [e.op_id for e in one.events] == ["lasso:0", "lasso:1"]
    assert store.apply(batch, op_id="lasso").id == one.id
    undone = store.undo(op_id="u")
    assert store.undo(op_id="u").id == undone.id
    assert store.get("a").value == "emu"


def test_an_op_id_used_for_something_else_is_refused(store):
    store.apply([Edit("b", "set", "dog")], op_id="x")
    with pytest.raises(StoreError, match="used before"):
        store.apply([Edit("b", "set", "dog"), Edit("c", "set", "dog")], op_id="x")
    with pytest.raises(DataError, match="same op_id"):
        store.apply([Edit("b", "keep", op_id="y"), Edit("c", "keep", op_id="y")])
    with pytest.raises(DataError, match="nothing to apply"):
        store.apply([])


def test_a_later_edit_of_one_call_sees_the_earlier_one(store):
    commit = store.apply([Edit("a", "set", "dog"), Edit("a", "flag", reason="odd")])
    assert (store.get("a").value, store.get("a").state) == ("dog", "flagged")
    assert commit.events[1].previous == commit.events[0].id
    assert (commit.events[1].old, commit.events[1].new) == ("dog", "dog")
    store.undo()
    assert (store.get("a").value, store.get("a").state) == ("cat", "given")


def test_many_threads_share_one_store(store, path):
    def work(n):
        for i in range(10):
            store.set("abcd"[n % 4], CLASSES[i % 3], op_id=f"{n}/{i}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.log()) == 60
    assert store.verify().ok


# Undo


def test_undo_steps_back_and_never_undoes_an_undo(store):
    store.set("a", "dog", why="first")
    store.keep("b")
    store.set("a", "emu")
    store.undo()
    assert (store.get("a").value, store.get("a").why) == ("dog", "first")
    store.undo()
    assert store.get("b").state == "given"
    assert store.get("a").value == "dog"
    store.undo()
    assert (store.get("a").value, store.get("a").state) == ("cat", "given")
    assert store.undo() is None
    assert len(store.log()) == 6


def test_an_edit_after_an_undo_is_what_the_next_undo_takes_back(store):
    store.set("a", "dog")
    store.set("a", "emu")
    store.undo()
    store.keep("a")
    assert (store.get("a").value, store.get("a").state) == ("dog", "kept")
    store.undo()
    assert (store.get("a").value, store.get("a").state) == ("dog", "relabelled")
    store.undo()
    assert store.get("a").state == "given"


def test_several_commits_are_undone_as_one(store):
    store.set("a", "dog")
    store.apply([Edit("a", "set", "emu"), Edit("b", "flag", reason="odd")])
    commit = store.undo(2)
    assert commit.kind == "revert"
    assert len(commit.events) == 3
    assert store.get("a").state == store.get("b").state == "given"
    assert store.undo() is None


def test_undo_of_one_rater_leaves_the_others_and_their_later_decisions(store, path):
    store.set("a", "dog")
    store.set("b", "dog")
    with labels.open(path, rater="bob") as other:
        other.set("c", "emu")
        other.set("a", "emu")
    store.undo(rater="ann")
    assert store.get("b").state == "given"
    assert store.get("c").value == "emu"
    assert store.undo(rater="ann") is None  # nothing that ann decided still stands
    assert store.get("a").value == "emu"
    assert store.undo(rater="eve") is None
    with pytest.raises(Conflict) as caught:
        store.undo(2, rater="ann")
    assert caught.value.cells[0].rater == "bob"


def test_undo_of_one_rater_passes_over_what_others_have_overridden(store, path):
    store.set("a", "dog")
    store.set("b", "dog")
    store.set("b", "emu")
    store.apply([Edit("c", "set", "dog"), Edit("c", "flag")])
    with labels.open(path, rater="bob") as other:
        other.set("b", "cat")
        other.set("c", "emu")
    store.undo(rater="ann")
    assert [store.get(i).value for i in "abc"] == ["cat", "cat", "emu"]
    assert store.undo(rater="ann") is None
    with labels.open(path, rater="bob") as other:
        other.undo(2, rater="bob")  # ann's decisions are in force again
    store.undo(rater="ann")
    assert store.get("c").state == "given"
    store.undo(rater="ann")
    assert store.get("b").value == "dog"


def test_undo_of_one_rater_passes_over_what_an_undo_gave_back_to_others(store, path):
    store.keep("d")
    store.set("a", "dog")
    with labels.open(path, rater="bob") as other:
        other.set("a", "emu")
    store.set("a", "cat")
    store.undo(rater="ann")
    assert (store.get("a").value, store.get("d").state) == ("emu", "kept")
    store.undo(rater="ann")
    assert (store.get("a").value, store.get("d").state) == ("emu", "given")


def test_undo_of_one_rater_is_refused_where_others_have_overridden_a_part(store, path):
    store.keep("d")
    store.apply([Edit("a", "set", "dog"), Edit("b", "set", "dog")])
    with labels.open(path, rater="bob") as other:
        other.set("a", "emu")
    with pytest.raises(Conflict) as caught:
        store.undo(rater="ann")
    assert [cell.item for cell in caught.value.cells] == ["a"]
    assert [store.get(i).value for i in "ab"] == ["emu", "dog"]


# Looking back


def test_the_log_is_newest_first_and_typed(store):
    store.set("a", "dog", why="w", reason="r", evidence={"p_error": 0.5})
    store.set("a", None)
    log = store.log()
    assert log[["item", "op", "rater", "kind"]].values.tolist() == [["a", "set", "ann", "edit"]] * 2
    assert log["old"].tolist() == ["dog", "cat"]
    assert log["new"].isna().tolist() == [True, False]
    assert str(log["time"].dtype) == "datetime64[us, UTC]"
    assert log["p_error"].isna().tolist() == [True, False]
    assert log["commit"].iloc[0] == store.head
    assert len(store.log(1)) == 1
    store.keep("b")
    assert store.log(item="b")["op"].tolist() == ["keep"]
    assert store.count_events() == 3
    assert store.commits()["kind"].tolist() == ["keep", "edit", "edit", "import"]


def test_an_empty_log_has_the_same_columns_and_dtypes(store):
    empty = store.log()
    store.set("a", "dog")
    pd.testing.assert_series_equal(empty.dtypes, store.log().dtypes)
    assert len(empty) == 0


def test_labels_as_of_a_commit_a_prefix_a_time_a_tag(store):
    first = store.set("a", "dog")
    store.tag("release")
    second = store.set("a", "emu")
    store.set("b", "dog")
    assert store.as_of("head").to_dict() == {"a": "emu", "b": "dog", "c": "cat", "d": "cat"}
    assert store.as_of("base").to_dict() == dict.fromkeys("abcd", "cat")
    for when in (first.id, first.id[:10], first.time, "release", pd.Timestamp(first.time)):
        assert store.as_of(when)["a"] == "dog"
    naive_local = second.time.astimezone().replace(tzinfo=None) + dt.timedelta(seconds=1)
    assert store.as_of(naive_local).to_dict() == {"a": "emu", "b": "cat", "c": "cat", "d": "cat"}
    assert store.cells(first.id).loc["a", "state"] == "relabelled"
    with pytest.raises(UnknownName, match="relese"):
        store.as_of("relese")
    with pytest.raises(DataError, match="nothing as of"):
        store.as_of(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(DataError, match="name of a tag"):
        store.tag("head")
    with pytest.raises(DataError, match="no version that can be tagged"):
        store.tag("x", "base")


def test_diff_says_what_changed_and_who_did_it(store):
    a = store.set("a", "dog", why="w")
    store.set("b", "dog")
    store.set("c", "emu")
    store.undo()
    diff = store.diff("base")
    assert diff[["item", "old", "new", "rater", "why"]].values.tolist() == [
        ["a", "cat", "dog", "ann", "w"],
        ["b", "cat", "dog", "ann", ""],
    ]
    assert diff.attrs["counts"] == {("cat", "dog"): 2}
    assert store.diff(a.id)["item"].tolist() == ["b"]
    assert store.diff("head", a.id)[["old", "new"]].values.tolist() == [["dog", "cat"]]
    assert len(store.diff("head")) == 0


def test_cells_is_one_row_per_item_in_the_datasets_order(store):
    store.set("c", "dog", evidence={"p_error": 0.75})
    cells = store.cells()
    assert cells.index.tolist() == list("abcd")
    assert cells["value"].tolist() == ["cat", "cat", "dog", "cat"]
    assert cells["state"].tolist() == ["given", "given", "relabelled", "given"]
    assert cells.loc["c", "event"] == store.get("c").event
    assert cells.loc["a", "event"] == store.get("a").event
    assert cells["p_error"].tolist()[2] == 0.75
    assert cells["time"].notna().tolist() == [False, False, True, False]
    assert list(store.head_cells()) == ["c"]


def test_a_closed_store_and_an_unbound_store_say_so(path):
    store = labels.open(path, rater="ann")
    assert (store.head, store.snapshot, store.classes(), store.head_cells()) == (None, None, [], {})
    assert len(store.log()) == 0
    with pytest.raises(StoreError, match=r"Call bind\(\)"):
        store.set("a", "dog")
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.get("a")


def test_the_rater_defaults_to_the_hubs_or_systems_user(path, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_USER", "hub-user")
    with labels.open(path) as store:
        assert store.rater == "hub-user"
        store.rater = "zoe"
        store.bind(rows("a"), CLASSES)
        store.set("a", "dog")
        assert store.get("a").rater == "zoe"
        with pytest.raises(DataError, match="rater"):
            store.rater = " "
    with pytest.raises(UnknownName, match="kind of rater 'persn'"):
        labels.open(path, rater="x", rater_kind="persn")


def test_markup_and_odd_text_come_back_as_they_were(path):
    odd = "<img src=x onerror=alert(1)>"
    items = [(odd, "h1", odd), ("日本\x00語\n", "h2", "</script>"), ("'; DROP TABLE events; --", "h3", None)]
    with labels.open(path, rater="Zoë") as store:
        store.bind(rows(*items), [odd, "</script>"])
        for item, *_ in items:
            store.set(item, odd, why="\u2028“quoted”\x1f")
    with labels.open(path, rater="Zoë") as store:
        assert store.as_of("head").tolist() == [odd] * 3
        assert store.as_of("base").isna().tolist() == [False, False, True]
        assert store.get(items[1][0]).why == "\u2028“quoted”\x1f"
        assert store.verify().ok
