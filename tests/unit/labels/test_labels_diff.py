"""What differs between two versions, read from the events in between or by comparing all labels."""

import random

import pandas as pd
import pytest
from labels_help import CLASSES, clock, opened

from explorer import labels
from explorer.errors import DataError, UnknownName
from explorer.labels import Edit
from explorer.labels.history import diff

HEX = [f"{n:032x}" for n in range(3)] + ["f" * 64]
ITEMS = [*"dcba", "é 1", "img_10", "img_9", *HEX]


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path / "x.db", *ITEMS, clock=clock()) as store:
        yield store


def work(store, seed):
    draw = random.Random(seed)
    for _ in range(8):
        some = draw.sample(ITEMS, draw.choice([1, 3]))
        edits = [Edit(i, "set", draw.choice(CLASSES), why=draw.choice(["", "seen", "ünsure"])) for i in some]
        store.apply([Edit(some[0], "clear"), *edits[1:]] if draw.random() < 0.3 else edits)
        if draw.random() < 0.3:
            store.undo()


def quick_and_slow(store, a, b):
    copy = store.working_copy
    one, two = copy.head.at(a), copy.head.at(b)
    quick = diff.of_changes(copy.backend, copy.head.find(a), copy.head.find(b), None)
    return quick, diff.diff(one, two, diff.later(copy, one, two))


@pytest.mark.parametrize("seed", range(6))
def test_the_events_in_between_say_what_comparing_all_labels_does(store, seed):
    work(store, seed)
    store.tag("mark")
    work(store, seed + 100)
    with labels.open(store.path, rater="bob", clock=clock()) as bob:
        work(bob, seed + 200)
    for a, b in (("mark", "head"), ("head", "mark"), ("head", "head")):
        quick, slow = quick_and_slow(store, a, b)
        pd.testing.assert_frame_equal(quick, slow)
        assert sorted(quick.attrs["counts"].items(), key=str) == sorted(slow.attrs["counts"].items(), key=str)
        assert quick["item"].tolist() == sorted(quick["item"])
    assert len(store.diff("mark"))


def test_no_snapshot_is_decoded_for_labels_that_changed(store):
    store.tag("mark")
    store.set("a", "dog")
    with labels.open(store.path, rater="bob") as fresh:
        assert fresh.diff("mark")["new"].tolist() == ["dog"]
        assert not {"positions", "_columns"} & set(fresh.working_copy.head.now().snapshot.__dict__)


def test_what_was_taken_back_is_no_difference(store):
    store.tag("mark")
    store.set("a", "dog")
    store.undo()
    assert store.diff("mark").empty
    assert store.diff("mark").attrs == {"counts": {}, "added": 0, "removed": 0}


@pytest.mark.parametrize("text", ["2026-13-45", "2026-01-31T99:00", "2026-01-31 noon"])
def test_what_begins_like_a_time_and_is_none_is_told(store, text):
    with pytest.raises(DataError, match="is no time"):
        store.diff(text)


def test_a_tag_may_look_like_a_time(store):
    store.set("a", "dog")
    store.tag("2026-13-45")
    store.set("a", "emu")
    assert store.diff("2026-13-45")["old"].tolist() == ["dog"]
    with pytest.raises(UnknownName):
        store.diff("2026")
