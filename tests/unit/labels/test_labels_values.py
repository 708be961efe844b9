"""Fields next to the label: what each type takes, refuses and gives back."""

import ast
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labels_help import CLASSES, opened

from explorer import labels
from explorer.errors import DataError, UnknownName
from explorer.labels import Conflict, Edit
from explorer.labels.model.hashing import read_value, value_text
from explorer.labels.model.schema import Names, extend, with_field
from explorer.labels.model.values import to_public, to_stored

FIELDS = {
    "tags": "classes",
    "age": "number",
    "parts": "spans",
    "faces": "boxes",
    "belief": "soft",
    "maybe": "candidates",
    "breed": "class",
}
SPAN = {"start": 0, "end": 4, "class": "cat"}
BOX = {"x": 1.5, "y": 0.0, "w": 10.0, "h": 2.0, "class": "dog"}
GOOD = {
    "tags": (("cat", "emu"), {"classes": ["cat", "emu"]}),
    "age": (3.0, {"number": 3.0}),
    "parts": ((SPAN, {"start": 2, "end": 3, "class": "emu"}), None),
    "faces": ((BOX,), {"boxes": [BOX]}),
    "belief": ({"cat": 0.25, "dog": 0.75}, {"soft": {"cat": 0.25, "dog": 0.75}}),
    "maybe": (("emu", "cat"), {"candidates": ["emu", "cat"]}),
    "breed": ("dog", "dog"),
}


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path / "pets.labels.db") as store:
        for name, kind in FIELDS.items():
            store.add_field(name, kind)
        yield store


@pytest.mark.parametrize("field", FIELDS)
def test_each_type_gives_back_what_was_given_also_to_another_process(store, field):
    value, stored = GOOD[field]
    commit = store.set("a", value, field=field, why="seen")
    if stored is not None:
        assert commit.events[0].new == stored
    with labels.open(store.path, rater="bob") as other:
        cell = other.get("a", field=field)
        assert (cell.value, cell.state, cell.rater, cell.why, cell.field) == (value, "relabelled", "ann", "seen", field)
        assert other.as_of("head", field=field).tolist() == [value, None, None, None]
        assert other.cells(field=field).loc["a", "value"] == value
    assert store.get("a").state == "given", "the label is another cell"
    assert store.verify().ok
    store.set("a", None, field=field)
    assert store.get("a", field=field).value is None
    store.undo(2)
    assert (store.get("a", field=field).value, store.get("a", field=field).state) == (None, "given")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("tags", "cat", "no list of classes"),
        ("tags", ("cat", "cat"), "stands twice"),
        ("tags", ("cow",), "no class 'cow'"),
        ("age", "3", "finite number"),
        ("age", True, "finite number"),
        ("age", math.nan, "finite number"),
        ("age", 1e300, r"smaller than 2\*\*53"),
        ("parts", SPAN, "no spans"),
        ("parts", [{**SPAN, "start": 4}], "0 <= start < end"),
        ("parts", [{**SPAN, "start": -1}], "0 <= start < end"),
        ("parts", [{**SPAN, "end": 4.5}], "whole number"),
        ("parts", [{"start": 0, "end": 4}], "start, end, class"),
        ("parts", [{**SPAN, "note": "x"}], "and no more"),
        ("faces", [{**BOX, "w": 0}], "w > 0 and h > 0"),
        ("faces", [{**BOX, "x": math.inf}], "finite number"),
        ("faces", [{**BOX, "class": "cow"}], "no class 'cow'"),
        ("belief", {"cat": 0.5}, "sum to 1"),
        ("belief", {"cat": 1.5, "dog": -0.5}, "0 or more"),
        ("belief", ["cat"], "no soft label"),
        ("maybe", (), "no candidates"),
        ("maybe", ("cat", "cat"), "stands twice"),
        ("breed", ["cat"], "Only one class"),
        ("breed", "cow", "no class 'cow'"),
        ("colour", "red", "no field 'colour'"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_writes_nothing(store, field, value, message):
    head = store.head
    with pytest.raises(DataError, match=message):
        store.apply([Edit("b", "set", "dog"), Edit("a", "set", value, field=field)])
    assert store.head == head


def test_numpy_numbers_and_any_order_of_classes_are_taken(store):
    store.set("a", ["emu", "cat"], field="tags")
    assert store.get("a", field="tags").value == ("cat", "emu"), "in the order of the classes"
    store.set("a", np.float32(0.5), field="age")
    assert store.get("a", field="age").value == 0.5
    store.set("a", [{"start": np.int64(1), "end": np.int64(3), "class": "cat"}], field="parts")
    assert store.get("a", field="parts").value == ({"start": 1, "end": 3, "class": "cat"},)


def test_fields_are_changed_kept_and_checked_on_their_own(store):
    seen = store.get("a", field="age").event
    assert seen == store.get("a").event == f"base:{store.snapshot}"
    store.set("a", "dog")
    store.set("a", 3, expected=seen, field="age")
    with pytest.raises(Conflict, match="field 'age'.*3.0"):
        store.set("a", 4, expected=seen, field="age")
    store.keep("a", field="age", why="sure")
    assert (store.get("a", field="age").state, store.get("a").state) == ("kept", "relabelled")
    store.clear("a", field="age")
    assert (store.get("a", field="age").value, store.get("a").value) == (None, "dog")
    both = store.apply([Edit("b", "set", "emu"), Edit("b", "set", 1, field="age"), Edit("b", "set", 2, field="age")])
    assert both.events[2].previous == both.events[1].id
    assert both.events[1].previous is None
    assert store.get("b", field="age").value == 2.0
    store.undo()
    assert (store.get("b").state, store.get("b", field="age").value) == ("given", None)
    store.rebuild_heads()
    assert store.get("a", field="age").op == "clear"
    assert store.verify().ok


def test_fields_are_part_of_the_schema_and_of_diffs(store):
    assert store.fields() == {"label": "class", **FIELDS}
    before = store.head
    assert store.add_field("age", "number").id == store.add_field("age", "number").id
    assert store.head == before, "a field that is there already"
    with pytest.raises(DataError, match="exists, with the type 'number'"):
        store.add_field("age", "class")
    with pytest.raises(UnknownName, match="type of field"):
        store.add_field("x", "colour")
    store.set("a", {"cat": 1.0}, field="belief")
    diff = store.diff(before, field="belief")
    assert diff[["item", "old", "new"]].values.tolist() == [["a", None, {"cat": 1.0}]]
    assert len(store.diff(before)) == 0
    assert store.log()["new"].tolist() == ['{"cat": 1.0}']
    first = store.commits()["commit"].iloc[-1]
    assert store.as_of(first, field="belief").isna().all(), "before there was such a field"


def test_a_merge_of_classes_reaches_into_values_that_hold_several(store):
    store.set("a", ("cat", "dog"), field="tags")
    store.set("a", {"cat": 0.25, "dog": 0.5, "emu": 0.25}, field="belief")
    store.merge_classes("dog", "cat")
    assert store.get("a", field="tags").value == ("cat",)
    assert store.get("a", field="belief").value == {"cat": 0.75, "emu": 0.25}
    store.rename_class("cat", "feline")
    assert store.get("a", field="tags").value == ("feline",)


SCHEMA = extend(None, CLASSES)
for _name, _kind in FIELDS.items():
    SCHEMA = with_field(SCHEMA, _name, _kind)
CLASS = st.sampled_from(CLASSES)
FINITE = st.floats(-1e6, 1e6)
VALUES = {
    "classes": st.lists(CLASS, unique=True),
    "number": FINITE,
    "spans": st.lists(
        st.builds(
            lambda a, n, c: {"start": a, "end": a + n, "class": c}, st.integers(0, 2**40), st.integers(1, 99), CLASS
        )
    ),
    "boxes": st.lists(
        st.fixed_dictionaries(
            {"x": FINITE, "y": FINITE, "w": st.floats(1e-6, 1e6), "h": st.floats(1e-6, 1e6), "class": CLASS}
        )
    ),
    "candidates": st.lists(CLASS, unique=True, min_size=1),
    "class": CLASS,
}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind])))
def test_every_value_survives_the_way_through_the_stored_text(kind_and_value):
    kind, value = kind_and_value
    names = Names(SCHEMA)
    stored = to_stored(value, kind, names, "a")
    assert to_public(read_value(value_text(stored)), names) == to_public(stored, names)
    expected = tuple(sorted(value, key=CLASSES.index)) if kind == "classes" else value
    assert to_public(stored, names) == (tuple(expected) if isinstance(expected, list) else expected)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parts", [{"start": 4, "end": 2, "class": "cat"}]),
        ("parts", [(0, 4, "cat")]),
        ("parts", SPAN),
        ("faces", [{**BOX, "w": 0}]),
        ("faces", [{"x": 1}]),
        ("faces", "everywhere"),
    ],
)
def test_a_wrong_span_or_box_is_answered_with_a_right_one(store, field, value):
    with pytest.raises(DataError) as caught:
        store.set("a", value, field=field)
    text = str(caught.value)
    right = ast.literal_eval(text[text.rindex("{") : text.rindex("}") + 1])
    store.set("a", [right], field=field)
    assert store.get("a", field=field).value == (right,)
