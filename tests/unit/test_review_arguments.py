"""What people pass to a review: refused with what it was and what to do, before anything is changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.errors import DataError, MissingExtra, UnknownName


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"embedder": "patchs"}, UnknownName, "Did you mean 'patches'"),
        ({"embedder": "/no/such/folder"}, (DataError, MissingExtra), "no/such/folder"),
        ({"embedder": "tfidf"}, DataError, "these are image items"),
        ({"embedder": "patches", "filtres": 8}, UnknownName, "Did you mean 'filters'"),
        ({"embeder": "patches"}, UnknownName, "'embeder'"),
        ({"device": "cudda"}, DataError, "no device 'cudda'"),
    ],
)
def test_an_embedder_that_is_none_costs_nothing(review, asked, error, says):
    before, status, options = review.issues, repr(review.status), review.options
    with pytest.raises(error, match=says):
        review.rerun(**asked)
    assert repr(review.status) == status
    assert review.options == options
    pd.testing.assert_frame_equal(review.issues, before)


def test_a_rerun_refused_while_it_runs_does_not_stop_the_run(planted, tmp_path):
    dataset = explorer.read(planted.images[:300], label=planted.labels[:300], key=planted.keys[:300])
    review = explorer.Review(dataset, tmp_path / "s.labels.db")
    with pytest.raises(UnknownName):
        review.rerun("pixel")
    review.wait(progress=False)
    assert review.status["score"].state == "done"
    review.close()


def test_options_of_the_embedder_go_on_without_its_name(review):
    review.rerun("patches", filters=16)
    review.rerun(filters=8)
    assert review.options.embedder == "patches"
    assert review.options.embedder_options == {"filters": 8}
    review.rerun("pixels")
    assert review.options.embedder_options == {}
    review.wait(progress=False)


def test_a_label_for_each_item(review):
    items = list(review.dataset.item_ids[:3])
    commit = review.relabel(items, ["1", 2, np.int64(3)], why="looked")
    assert commit.kind == "bulk"
    assert [review.labels.get(item).value for item in items] == ["1", "2", "3"]
    review.relabel(items[:2], pd.Series([5, 6]))
    assert [review.labels.get(item).value for item in items] == ["5", "6", "3"]
    assert review.relabel([], []) is None
    review.relabel(items, 7)
    assert {review.labels.get(item).value for item in items} == {"7"}


@pytest.mark.parametrize(
    ("items", "label", "says"),
    [
        (["digit-0000", "digit-0001"], ["1", "2", "3"], "2 items and 3 labels were given. Give one label for all"),
        ("digit-0000", ["1", "2"], "1 item and 2 labels"),
        (["digit-0000", "digit-0001"], ["1"], "2 items and 1 label were"),
        ("digit-0000", None, "The label for item 'digit-0000' is None, which is none. Name a class"),
        (["digit-0000", "digit-0001"], ["1", float("nan")], "item 'digit-0001' is nan"),
        ("digit-0000", "seven", "no class 'seven'.*new_class=True"),
        (["digit-0000", "digit-0001"], ["1", "seven"], "no class 'seven'"),
        ("digit-9999", "1", "no item 'digit-9999'"),
        (1.5, "1", "1.5 is a float and names no item. Give an item's id"),
        (None, "1", "None is a NoneType and names no item"),
    ],
)
def test_a_relabel_that_cannot_be_meant(review, items, label, says):
    with pytest.raises(DataError, match=says):
        review.relabel(items, label)
    assert review.labels.log().empty, "nothing was written"


def test_helped_takes_no_number(review):
    with pytest.raises(DataError, match=r"helped\(\) was given 1, a int. Call it without arguments"):
        review.helped(1)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"seed": "q"}, "seed is 'q'.*whole number from 0"),
        ({"seed": -1}, "seed is -1"),
        ({"k": "x"}, "k is 'x'.*whole number from 1"),
        ({"k": 0}, "k is 0"),
        ({"store": 3}, "store is 3.*a path"),
        ({"rater": 3}, "rater is 3.*as text"),
        ({"embedder": 3}, "embedder is 3.*a name"),
        ({"embedder": "tfidff"}, "embedder 'tfidff'.*mean 'tfidf'"),
        ({"embedder": "patches"}, "these are text items"),
    ],
)
def test_what_cannot_be_right_is_refused_before_a_store_is_made(tmp_path, asked, says):
    dataset = explorer.read(["good", "dull"], label=["x", "y"])
    path = tmp_path / "s.labels.db"
    with pytest.raises(DataError, match=says):
        explorer.Review(dataset, **{"store": path, "start": False, **asked})
    assert not path.exists()


def test_an_argument_of_read_that_is_none_is_hinted_at():
    with pytest.raises(UnknownName, match="mean 'label'"):
        explorer.read(["good", "dull"], labels=["x", "y"])
    with pytest.raises(DataError, match="The DataFrame is empty"):
        explorer.read(pd.DataFrame({"text": [], "label": []}))


def test_a_table_in_the_place_of_items_is_told_what_names_them(review):
    items = list(review.dataset.item_ids[:2])
    frame = pd.DataFrame({"note": ["a", "b"], "id": items})
    with pytest.raises(DataError, match=r"frame\['id'\]"):
        review.keep(frame)
    assert len(review.keep(frame["id"]).events) == 2
    with pytest.raises(DataError, match=r"frame\.index"):
        review.relabel(frame.set_index("id"), "1")
    assert len(review.relabel(frame.set_index("id").index, "1").events) == 2


def test_a_closed_review_says_so(tmp_path):
    from explorer.panels import show

    dataset = explorer.read(["good", "dull"], label=["x", "y"])
    made = explorer.Review(dataset, tmp_path / "s.labels.db", start=False)
    made.close()
    assert repr(made).endswith("closed)")
    for call in (lambda: show(made), made.rerun, made.start, made.undo):
        with pytest.raises(explorer.ExplorerError, match="is closed"):
            call()
