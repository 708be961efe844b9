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
