"""Classes that are renamed, merged, split and retired, and datasets that still have the old names."""

import ast
import re

import pytest
from labels_help import CLASSES, opened, rows

from explorer import labels
from explorer.errors import DataError, UnknownName
from explorer.labels import StoreError
from explorer.labels.model.schema import extend, merge, merged, rename, retire, split, with_field


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path / "pets.labels.db") as store:
        store.set("a", "dog")
        yield store


def test_a_renamed_class_is_the_same_class_in_labels_given_before_and_after(store):
    before = store.head
    events = store.count_events()
    commit = store.rename_class("cat", "feline", why="as the vets say")
    assert (commit.kind, commit.message) == ("schema", "rename class cat to feline: as the vets say")
    assert store.count_events() == events, "no label is rewritten"
    assert store.classes() == ["feline", "dog", "emu"]
    assert [store.get(i).value for i in "ab"] == ["dog", "feline"]
    assert store.get("b").given == "feline"
    assert store.cells()["given"].tolist() == ["feline"] * 4
    assert store.as_of(before)["b"] == "cat"
    assert store.as_of(before, schema="latest")["b"] == "feline"
    assert store.diff(before)["item"].tolist() == ["b", "c", "d"], "they read differently"
    assert len(store.diff(before, schema="latest")) == 0
    store.set("c", "feline")
    assert store.get("c").state == "kept", "given as cat, which is the same"
    with pytest.raises(UnknownName, match="no class 'cat'"):
        store.set("c", "cat")
    store.rename_class("dog", "hound")
    assert store.get("a").value == "hound"
    assert store.log()["new"].tolist() == ["feline", "hound"]
    store.rename_class("feline", "cat")
    assert store.get("b").value == "cat"
    assert store.verify().ok


def test_a_dataset_under_old_names_is_no_other_dataset(store):
    store.rename_class("cat", "feline")
    head = store.head
    report = store.bind(rows("a", "b", "c", "d"), CLASSES)
    assert (report.commit, report.given_changed, store.classes()) == (None, [], ["feline", "dog", "emu"])
    assert store.head == head
    upstream = store.bind(rows("a", "b", "c", "d", given="feline"), ["feline", "dog", "emu"])
    assert (upstream.given_changed, upstream.conflict) == ([], [])
    assert upstream.commit is not None, "the dataset itself is another one"
    assert store.get("a").state == "relabelled"
    back = store.bind(rows(("a", "hash of a", "emu"), "b", "c", "d"))
    assert (back.given_changed, back.conflict) == (["a"], ["a"])


def test_a_former_name_cannot_come_to_mean_another_class(store):
    store.rename_class("cat", "feline")
    for change in (lambda: store.add_class("cat"), lambda: store.rename_class("dog", "cat")):
        with pytest.raises(DataError, match="former name of the class 'feline'"):
            change()
    with pytest.raises(DataError, match="exists already"):
        store.rename_class("dog", "emu")
    with pytest.raises(UnknownName, match="no class 'cow'"):
        store.rename_class("cow", "x")


def test_a_merged_class_reads_as_the_other_and_can_be_read_as_it_was(store):
    store.set("b", "emu")
    before = store.head
    events = store.count_events()
    store.merge_classes("emu", "dog")
    assert store.count_events() == events
    assert store.classes() == ["cat", "dog"]
    assert store.get("b").value == "dog"
    assert store.as_of("head")["b"] == "dog"
    assert store.as_of(before)["b"] == "emu"
    assert store.as_of(before, schema="latest")["b"] == "dog"
    with pytest.raises(UnknownName):
        store.set("c", "emu")
    report = store.bind(rows(("a", "hash of a", "emu"), ("b", "hash of b", "emu"), "c", "d"), CLASSES)
    assert report.conflict == [], "upstream's emu is the dog that was decided on"
    assert store.get("a").state == "kept"
    store.merge_classes("dog", "cat")
    assert store.get("b").value == "cat", "through both"
    with pytest.raises(DataError, match="into itself"):
        store.merge_classes("cat", "cat")


def test_a_split_class_leaves_a_queue_that_empties(store):
    store.set("b", "dog")
    store.split_class("dog", ["husky", "emu", "poodle"])
    assert store.classes() == ["cat", "emu", "husky", "poodle"]
    queue = store.to_split()
    assert queue["item"].tolist() == ["a", "b"]
    assert queue["class"].tolist() == ["dog", "dog"]
    assert queue["into"].tolist() == [("husky", "emu", "poodle")] * 2
    store.set("a", "husky")
    assert store.to_split()["item"].tolist() == ["b"]
    with pytest.raises(UnknownName):
        store.set("c", "dog")
    store.keep("b")
    assert store.get("b").value == "dog", "what was given stays"
    with pytest.raises(DataError, match="cannot be split into 'emu'"):
        store.split_class("cat", ["emu"])
    store.split_class("cat", ["lion", "lynx"])
    assert store.to_split()["item"].tolist() == ["b", "c", "d"], "given labels wait too"


def test_a_retired_class_stays_where_it_was_given(store):
    store.retire_class("dog")
    assert store.classes() == ["cat", "emu"]
    assert store.get("a").value == "dog"
    assert store.bind(rows("a", "b", "c", "d"), CLASSES).commit is None
    with pytest.raises(DataError, match="is retired"):
        store.add_class("dog")
    with pytest.raises(UnknownName, match="It is retired"):
        store.retire_class("dog")


def test_undo_takes_back_labels_and_no_classes(store):
    store.rename_class("dog", "hound")
    store.undo()
    assert store.get("a").state == "given"
    assert "hound" in store.classes()


def test_the_log_of_the_schema_says_what_became_of_each_name(store):
    store.rename_class("cat", "feline")
    store.merge_classes("emu", "dog")
    store.split_class("dog", ["husky", "poodle"])
    store.add_field("age", "number")
    log = store.schema_log()
    assert log[["change", "name", "into"]].fillna("").values.tolist() == [
        ["add field", "age", "number"],
        ["split class", "dog", "husky, poodle"],
        ["merge classes", "emu", "dog"],
        ["rename class", "cat", "feline"],
        ["add class", "emu", ""],
        ["add class", "dog", ""],
        ["add class", "cat", ""],
    ]
    assert log["commit"].iloc[0] == store.head


def test_two_processes_that_change_classes_at_once_both_succeed(store):
    with labels.open(store.path, rater="bob") as other:
        assert other.classes() == CLASSES
        store.rename_class("cat", "feline")
        other.rename_class("dog", "hound")
        other.set("b", "hound")
        with pytest.raises(UnknownName):
            other.rename_class("cat", "moggy")
    assert store.classes() == ["feline", "hound", "emu"]


# Three ways


def names(schema):
    return [(c.name, c.retired) for c in schema.classes]


def test_schemas_are_united_and_our_name_wins_with_a_note():
    base = extend(None, CLASSES)
    ours = extend(rename(base, "cat", "feline"), ["fox"])
    theirs = extend(rename(rename(retire(base, "emu"), "cat", "moggy"), "dog", "hound"), ["fox", "gnu"])
    united, notes = merged(base, ours, theirs, "exp")
    assert names(united) == [("feline", False), ("hound", False), ("emu", True), ("fox", False), ("gnu", False)]
    assert notes == ["the class 'feline' is called 'moggy' in exp; the name here holds"]
    assert merged(base, base, theirs, "exp") == (theirs, [])
    assert merged(base, ours, base, "exp") == (ours, [])
    assert merged(base, ours, ours, "exp") == (ours, [])


def test_two_classes_of_one_name_and_aliases_in_a_circle_are_told_apart():
    base = extend(None, CLASSES)
    united, notes = merged(base, rename(base, "cat", "fox"), extend(base, ["fox"]), "exp")
    assert [c.name for c in united.classes] == ["fox", "dog", "emu", "fox (exp)"]
    assert "two classes were called 'fox'" in notes[0]
    united, notes = merged(base, merge(base, "cat", "dog"), merge(base, "dog", "cat"), "exp")
    assert names(united) == [("cat", True), ("dog", False), ("emu", False)]
    assert "was merged into" in notes[0]


def test_a_field_of_two_types_stops_a_merge():
    base = extend(None, CLASSES)
    with pytest.raises(DataError, match="'age' has the type 'number' here and 'class' in 'exp'"):
        merged(base, with_field(base, "age", "number"), with_field(base, "age", "class"), "exp")
    united, _ = merged(base, with_field(base, "age", "number"), split(base, "cat", ["lion", "lynx"]), "exp")
    assert [f.name for f in united.fields] == ["age"]
    assert [c.name for c in united.classes] == ["cat", "dog", "emu", "lion", "lynx"]


# As they were given, and going back


def test_base_has_the_names_of_the_time_when_the_dataset_was_bound(store):
    store.set("a", "dog")
    store.rename_class("cat", "feline")
    assert store.as_of("base").unique().tolist() == ["cat"]
    assert store.as_of("base", schema="then").unique().tolist() == ["cat"]
    assert store.as_of("base", schema="latest").unique().tolist() == ["feline"]
    assert store.as_of("head")["b"] == "feline"
    store.bind(rows("a", "b", "c"))  # given as "cat", which means feline by now
    store.rename_class("feline", "kitty")
    assert store.as_of("base").unique().tolist() == ["feline"]
    assert store.as_of("base", schema="latest").unique().tolist() == ["kitty"]
    assert store.diff("base", schema="latest")["item"].tolist() == ["a"]
    store.branch("exp")
    store.switch("exp")
    assert store.as_of("base").unique().tolist() == ["feline"]


@pytest.mark.parametrize(
    ("change", "classes"),
    [
        (lambda s: s.rename_class("cat", "feline"), {"cat", "dog", "emu"}),
        (lambda s: s.merge_classes("dog", "cat"), {"cat 2", "dog 2", "emu"}),
        (lambda s: s.split_class("cat", ["lion", "lynx"]), {"cat 2", "dog", "emu"}),
        (lambda s: s.retire_class("emu"), {"cat", "dog", "emu 2"}),
        (lambda s: s.add_class("fox"), {"cat", "dog", "emu"}),
    ],
)
def test_reverting_a_change_of_classes_names_the_calls_that_do_it(store, change, classes):
    made = change(store)
    with pytest.raises(StoreError, match="changed classes or fields and no labels.*To go back: ") as caught:
        store.revert(made.id)
    calls = re.findall(r"(\w+_class(?:es)?)(\(.*?\))(?=,? |\.|$)", str(caught.value).split("To go back: ")[1])
    for name, given in calls:
        getattr(store, name)(*ast.literal_eval(given if "," in given else given[:-1] + ",)"))
    assert set(store.classes()) == classes


def test_reverting_a_new_field_says_that_it_stays(store):
    made = store.add_field("age", "number")
    with pytest.raises(StoreError, match="leave the field 'age' empty"):
        store.revert(made.id)


def test_classes_are_merged_one_at_a_time(store):
    for several in (["dog", "emu"], "dog, emu", ("dog", "emu")):
        with pytest.raises(DataError, match=r"one class at a time.*merge_classes\('dog', 'cat'\), then merge_classes"):
            store.merge_classes(several, "cat")
    for call in (lambda: store.merge_classes("cat, dog"), lambda: store.merge_classes("cat", ["dog"])):
        with pytest.raises(DataError, match=r"does not name .*merge_classes\('old', 'into'\)"):
            call()
    assert store.classes() == ["cat", "dog", "emu"]


def test_what_brought_a_class_is_found_without_reading_the_history(store, monkeypatch):
    first = store.commits()["commit"].iloc[-1]
    brought = store.add_class("fox")
    for _ in range(5):
        store.keep("a")
    field = store.add_field("age", "number")
    store.switch("exp", create=True)
    store.rename_class("cat", "feline")

    def everything(*_, **__):
        raise AssertionError("the whole history was read")

    monkeypatch.setattr(store.working_copy.backend, "commits", everything)
    assert store.add_class("fox").id == brought.id
    assert store.add_field("age", "number").id == field.id
    assert store.add_class("dog").id == first


def test_a_store_without_commits_has_an_empty_log_of_classes(tmp_path):
    with labels.open(tmp_path / "new.labels.db", rater="ann") as store:
        assert list(store.schema_log().columns) == ["time", "rater", "change", "name", "into", "commit"]
        assert len(store.schema_log()) == len(store.commits()) == len(store.log()) == len(store.to_split()) == 0
        assert store.sittings() == []
