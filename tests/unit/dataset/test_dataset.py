"""Rows in, items inside."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from explorer.dataset.build import build
from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, UnknownName
from explorer.media.text import Texts
from explorer.media.vector import Vectors
from explorer.tasks.classification import UNLABELLED, encode_labels


def texts(rows: list[str | None], labels: list[object] | None, **options: object) -> Dataset:
    return build(Texts(rows), labels, **options)


def test_rows_with_equal_content_are_one_item_with_several_occurrences() -> None:
    d = texts(["a", "b", "a", "a"], ["x", "y", "y", "y"])
    assert len(d) == 2
    assert d.row_item.tolist() == [0, 1, 0, 0]
    assert d.item_ids[0] == hashlib.sha256(b"a").hexdigest()
    assert d.classes[d.given[0]] == "y", "the commonest of the occurrences' labels"
    assert d.conflicting.tolist() == [True, False]


def test_a_tie_between_occurrences_goes_to_the_first_class() -> None:
    assert texts(["a", "a"], ["y", "x"]).given.tolist() == [0]
    assert texts(["a", "a"], ["x", "y"]).given.tolist() == [0]


def test_with_keys_equal_content_stays_apart() -> None:
    d = texts(["a", "a"], ["x", "y"], keys=[7, 8.0])
    assert d.item_ids.tolist() == ["7", "8"]
    assert not d.conflicting.any()


def test_repeated_keys_are_listed() -> None:
    with pytest.raises(DataError, match=r"2 keys stand in more than one row: 'k' \(3×\), 'l' \(2×\)"):
        texts(list("abcdef"), ["x"] * 6, keys=["k", "k", "k", "l", "l", "m"])


def test_a_missing_key_names_its_row() -> None:
    with pytest.raises(DataError, match="key of row 1 is missing"):
        texts(["a", "b"], ["x", "y"], keys=["k", None])


@pytest.mark.parametrize("missing", [None, float("nan"), "", "  ", np.float64("nan")])
def test_missing_labels_are_unlabelled(missing: object) -> None:
    d = texts(["a", "b"], ["x", missing])
    assert d.given.tolist() == [0, UNLABELLED]
    assert d.classes == ("x",)


def test_integers_stay_integers_even_when_missing_ones_made_them_floats() -> None:
    codes, names, values = encode_labels([10.0, np.nan, 9.0, 9])
    assert names == ("9", "10"), "sorted by number, not by letter"
    assert values == (9, 10)
    assert codes.tolist() == [1, -1, 0, 0]


def test_given_classes_fix_the_order_and_refuse_others() -> None:
    d = texts(["a"], ["cat"], classes=["dog", "cat"])
    assert d.classes == ("dog", "cat")
    with pytest.raises(UnknownName, match=r"no class 'cst'.*mean 'cat'.*column 'label', row 0"):
        texts(["a"], ["cst"], classes=["dog", "cat"])


def test_several_labels_an_item_are_refused_by_row() -> None:
    with pytest.raises(DataError, match="Row 1, column 'tags': the label is a list"):
        texts(["a", "b"], ["x", ["x", "y"]], label_name="tags")


def test_an_empty_dataset_is_refused() -> None:
    with pytest.raises(DataError, match="empty"):
        texts([], [])


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(DataError, match="There is 1 label for 2 rows"):
        texts(["a", "b"], ["x"])


def test_unreadable_rows_are_set_aside_and_counted() -> None:
    d = texts(["a", None, "b"], ["x", "y", "z"])
    assert len(d) == 2
    assert d.row_item.tolist() == [0, -1, 1]
    assert d.set_aside_table().row.tolist() == [1]
    assert "1 row set aside" in repr(d)


def test_all_rows_unreadable_is_an_error_that_says_why() -> None:
    with pytest.raises(DataError, match="None of the 2 rows can be used: row 0: the text is missing"):
        texts([None, ""], ["x", "y"])


def test_embeddings_with_nan_are_set_aside() -> None:
    vectors = np.eye(3, dtype=np.float32)
    vectors[1, 0] = np.nan
    d = build(Vectors(vectors), ["x", "y", "x"], features=vectors)
    assert d.features is not None
    assert d.features.shape == (2, 3)
    assert "NaN" in d.set_aside[0].reason


def test_probabilities_are_checked_and_renormalised() -> None:
    good = np.array([[0.7, 0.301], [0.2, 0.8]])
    d = texts(["a", "b"], ["x", "y"], probs=good)
    assert d.probs is not None
    np.testing.assert_allclose(d.probs.sum(1), 1, rtol=1e-6)
    with pytest.raises(DataError, match=r"probabilities of row 1 .*sum to 2"):
        texts(["a", "b"], ["x", "y"], probs=np.array([[0.5, 0.5], [1.0, 1.0]]))
    with pytest.raises(DataError, match="2 rows × 2 classes were expected"):
        texts(["a", "b"], ["x", "y"], probs=np.ones((2, 3)) / 3)


def test_position_takes_ids_prefixes_and_numbers() -> None:
    d = texts(["a", "b"], ["x", "y"])
    assert d.position(d.item_ids[1]) == 1
    assert d.find(d.item_ids[1][:8]) == 1
    assert d.find(0) == 0
    for look in (d.position, d.find):
        with pytest.raises(UnknownName, match="no item 'nope'"):
            look("nope")
    with pytest.raises(UnknownName):
        d.position(d.item_ids[1][:8])


def test_an_unknown_item_is_not_answered_with_a_page_of_hashes() -> None:
    d = texts([f"text {i}" for i in range(3000)], ["x"] * 3000)
    with pytest.raises(UnknownName, match=r"There is '\w{64}', '\w{64}', '\w{64}' and 2,997 more\.$") as found:
        d.find("nope")
    assert len(str(found.value)) < 300
    few = texts(["a", "b"], ["x", "y"], keys=["one", "two"])
    with pytest.raises(UnknownName, match=r"There is 'one', 'two'\.$"):
        few.find("zzz")


def test_a_key_is_never_taken_for_a_position_or_a_prefix() -> None:
    keyed = texts(["a", "b"], ["x", "y"], keys=[1, 0])
    assert keyed.find(1) == 0
    named = texts(["a", "b"], ["x", "y"], keys=["item-10", "item-11"])
    for wrong in (0, "item-1"):
        with pytest.raises(UnknownName):
            named.find(wrong)


def test_without_drops_items_and_keeps_the_rest_aligned() -> None:
    d = texts(["a", "b", "c", "a"], ["x", "y", "x", "x"]).without({1: "cannot be decoded"})
    assert len(d) == 2
    assert d.row_item.tolist() == [0, -1, 1, 0]
    assert d.load(1) == "c"
    assert d.set_aside_table().reason.tolist() == ["cannot be decoded"]


def test_the_digest_does_not_depend_on_row_order() -> None:
    assert texts(["a", "b"], ["x", "y"]).digest() == texts(["b", "a"], ["y", "x"]).digest()
    assert texts(["a", "b"], ["x", "y"]).digest() != texts(["a", "c"], ["x", "y"]).digest()
