"""Looking back: the log and its filters, sittings, diffs, older versions; short cuts agree with the long way."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labels_help import CLASSES, clock, opened, rows

from explorer import labels
from explorer.errors import DataError, UnknownName
from explorer.labels import Edit
from explorer.labels.history.frames import values_of

ITEMS = "abcdefgh"


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path / "pets.labels.db", *ITEMS, clock=clock()) as store:
        yield store


def test_the_log_can_be_narrowed(store):
    with labels.open(store.path, rater="bob") as bob:
        store.set("a", "dog", reason="wrong")
        middle = bob.set("b", "emu", reason="wrong")
        bob.set("a", "cat")
        store.flag("c", reason="blurred")
    assert store.log(rater="bob")["item"].tolist() == ["a", "b"]
    assert store.log(reason="wrong")["item"].tolist() == ["b", "a"]
    assert store.log(label="dog")["item"].tolist() == ["a", "a"], "from it, and to it"
    assert store.log(label="dog", limit=1)["new"].tolist() == ["cat"]
    assert store.log(before=middle.id)["item"].tolist() == ["a"]
    assert store.log(item="a", rater="ann")["new"].tolist() == ["dog"]
    assert store.log(limit=2)["item"].tolist() == ["c", "a"]
    assert list(store.log(label="nothing").columns) == list(store.log().columns)
    assert set(store.log()["branch"]) == {"main"}


def test_commits_can_be_limited_and_say_what_was_merged(store):
    store.switch("exp", create=True)
    store.set("a", "dog")
    there = store.head
    store.switch("main")
    store.merge("exp")
    table = store.commits(limit=1)
    assert table[["kind", "merged_from", "branch"]].values.tolist() == [["merge", there, "main"]]
    assert len(store.commits()) == 2


def test_raters_are_counted_over_the_whole_store(store):
    with labels.open(store.path, rater="vit", rater_kind="model") as model:
        model.apply([Edit(i, "set", "dog") for i in "abc"])
    store.keep("a")
    table = store.raters().set_index("name")
    assert table.loc["vit", "kind"] == "model"
    assert table["events"].to_dict() == {"ann": 1, "vit": 3}
    assert table.loc["ann", "first"] == table.loc["ann", "last"]


def test_sittings_end_with_a_long_pause_and_are_each_raters_own(tmp_path):
    start = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
    minutes = iter([0, 5, 20, 21, 90, 95])
    with opened(tmp_path / "x.db", clock=lambda: start + dt.timedelta(minutes=next(minutes))) as store:
        store.set("a", "dog")
        with labels.open(store.path, rater="bob", clock=lambda: start + dt.timedelta(minutes=next(minutes))) as bob:
            bob.set("b", "dog")
            store.set("c", "dog")
            store.set("a", "emu")
            bob.set("d", "dog")
    with labels.open(tmp_path / "x.db", rater="ann") as store:
        found = store.sittings()
        assert [(s.rater, len(s.commits)) for s in found] == [("bob", 1), ("ann", 1), ("ann", 3), ("bob", 1)]
        assert (found[2].start, found[2].end) == (start, start + dt.timedelta(minutes=21))
        assert found[2].commits[0].time > found[2].commits[-1].time
        assert len(store.sittings(gap=dt.timedelta(days=1))) == 2


def test_versions_of_any_branch_can_be_looked_at(store):
    store.switch("exp", create=True)
    commit = store.set("a", "dog")
    store.switch("main")
    for when in ("exp", commit.id, commit.id[:8]):
        assert store.as_of(when)["a"] == "dog"
        assert store.diff("head", when)["item"].tolist() == ["a"]
    assert store.commit_id("exp") == commit.id
    with pytest.raises(UnknownName, match="schema 'now'"):
        store.as_of("head", schema="now")
    with pytest.raises(DataError, match="Give more of the id"):
        _ambiguous(store)


def _ambiguous(store):
    ids = [store.keep("b").id for _ in range(2)]
    real = store.working_copy.backend.commits_like
    store.working_copy.backend.commits_like = lambda prefix: real(ids[0]) + real(ids[1])
    store.as_of("abcd")


def test_a_diff_says_who_did_it_also_backwards_and_counts(store):
    first = store.set("a", "dog", why="w")
    store.apply([Edit("b", "set", "emu", why="x"), Edit("c", "set", "emu", why="x")])
    there = store.diff(first.id)
    back = store.diff("head", first.id)
    assert there[["item", "old", "new", "why"]].values.tolist() == [["b", "cat", "emu", "x"], ["c", "cat", "emu", "x"]]
    assert back[["item", "old", "new", "why"]].values.tolist() == [["b", "emu", "cat", "x"], ["c", "emu", "cat", "x"]]
    assert store.diff_counts("base").values.tolist() == [["cat", "emu", 2], ["cat", "dog", 1]]
    assert store.diff_counts("head").empty
    store.bind(rows(*ITEMS[1:], "x"), CLASSES)
    grown = store.diff(first.id)
    assert (grown.attrs["added"], grown.attrs["removed"]) == (1, 1)


OPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["set", "keep", "clear", "flag", "undo", "edit content", "new given", "back", "rename", "bulk"]
        ),
        st.sampled_from(ITEMS),
        st.integers(0, 2),
    ),
    max_size=14,
)


@settings(max_examples=10, deadline=None)
@given(OPS, OPS)
def test_diffs_agree_with_the_labels_of_both_versions(tmp_path_factory, before, after):
    path = tmp_path_factory.mktemp("diff") / "x.db"
    with opened(path, *ITEMS, clock=clock()) as store:
        _play(store, before)
        store.tag("mark")
        _play(store, after)
        with labels.open(path, rater="eve") as fresh:
            for one, two in (("mark", "head"), ("head", "mark"), ("base", "head"), ("mark", "base")):
                for schema in ("then", "latest"):
                    warm = store.diff(one, two, schema=schema)
                    pd.testing.assert_frame_equal(fresh.diff(one, two, schema=schema), warm)
                    a, b = store.as_of(one, schema=schema), store.as_of(two, schema=schema)
                    expected = [
                        (i, _none(a[i]), _none(b[i])) for i in b.index if i in a.index and _none(a[i]) != _none(b[i])
                    ]
                    found = [
                        (i, _none(o), _none(n)) for i, o, n in zip(warm["item"], warm["old"], warm["new"], strict=True)
                    ]
                    assert found == expected
            assert {i: _none(v) for i, v in store.as_of("head").items()} == {i: store.get(i).value for i in ITEMS}


def _none(value):
    return None if pd.isna(value) else value


def _play(store, operations):
    for op, item, n in operations:
        names = store.classes()
        if op == "set":
            store.set(item, [*names[:2], None][n])
        elif op in ("keep", "clear", "flag"):
            getattr(store, op)(item)
        elif op == "undo":
            store.undo(n + 1)
        elif op == "bulk":
            store.apply([Edit(i, "set", names[n]) for i in ITEMS[: n + 3]])
        elif op == "rename":
            store.rename_class(names[n], f"{names[n]}'")
        elif op == "back":
            store.bind(rows(*ITEMS), CLASSES, keyed=True)
        else:
            changed = (item, "new" if op == "edit content" else f"hash of {item}", CLASSES[n])
            store.bind(rows(*(changed if i == item else i for i in ITEMS)), CLASSES, keyed=True)


def test_columns_of_a_version_agree_with_its_cells(store):
    store.apply([Edit("a", "set", "dog"), Edit("b", "set", None), Edit("c", "flag"), Edit("d", "keep")])
    store.bind(rows(*ITEMS[:6], ("g", "hash of g", None), ("h", "hash of h", "emu")), CLASSES)
    series, frame = store.as_of("head"), store.cells()
    assert series.name == "label"
    assert series.index.name == "item_id"
    assert series.dtype == frame["value"].dtype
    with store.working_copy.backend.lock:
        plain = values_of(store.working_copy.head.version())
    wanted = [store.get(i).value for i in ITEMS]
    assert plain.tolist() == wanted == ["dog", None, "cat", "cat", "cat", "cat", None, "emu"]
    assert np.array_equal(series.isna().to_numpy(), frame["value"].isna().to_numpy())
    assert [_none(v) for v in series] == wanted
