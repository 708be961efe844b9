"""How people name items: ids, positions, and masks; and where an export may not be written."""

import shutil

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.errors import DataError, UnknownName

N = 12


@pytest.fixture
def review(tmp_path):
    texts = [f"some words number {i} here now" for i in range(N)]
    made = explorer.Review(explorer.read(texts, label=["a"] * 11 + ["b"]), tmp_path / "s.labels.db", start=False)
    yield made
    made.close()


def changed(review):
    return np.flatnonzero(review.state.states).tolist()


MASK = [i == 3 for i in range(N)]


@pytest.mark.parametrize(
    "mask",
    [
        MASK,
        tuple(MASK),
        np.array(MASK),
        np.array(MASK, dtype=object),
        pd.Series(MASK),
        pd.Series(MASK, dtype="boolean"),
        pd.array(MASK, dtype="boolean"),
        [np.bool_(one) for one in MASK],
    ],
    ids=["list", "tuple", "array", "objects", "Series", "nullable Series", "nullable array", "numpy's"],
)
def test_a_mask_marks_items(review, mask):
    review.relabel(mask, "b")
    assert changed(review) == [3]
    for decide in (review.keep, review.clear, review.select):
        decide(mask)
    review.mark(mask, "wrong")
    assert changed(review) == [3]


def test_a_mask_by_item_id_is_read_by_its_index(review):
    mask = pd.Series(MASK, index=review.dataset.item_ids).iloc[::-1]
    review.relabel(mask, "b")
    assert changed(review) == [3]
    with pytest.raises(DataError, match="index"):
        review.keep(pd.Series(MASK, index=[f"row {i}" for i in range(N)]))
    with pytest.raises(DataError, match="index"):
        review.keep(pd.Series(MASK, index=[review.dataset.item_ids[0]] * N))


@pytest.mark.parametrize(
    "items",
    [MASK[:-1], [*MASK, False], [True], [True, 3], [3, True], pd.array([*MASK[:-1], None], dtype="boolean"), True],
    ids=["too short", "too long", "one", "bool first", "bool last", "missing", "a bool"],
)
def test_another_list_of_bools_is_refused(review, items):
    for decide in (review.keep, review.clear, review.select, lambda some: review.relabel(some, "b")):
        with pytest.raises(DataError):
            decide(items)
    assert changed(review) == []


def test_nothing_and_a_mask_of_nothing_are_no_items(review):
    assert review.keep([]) is None
    assert review.keep([False] * N) is None


def test_items_are_named_by_id_and_position(review):
    review.keep(str(review.dataset.item_ids[2]))
    review.keep([4, np.int64(5)])
    review.keep(review.dataset.item_ids[[6, 7]])
    assert changed(review) == [2, 4, 5, 6, 7]
    with pytest.raises(UnknownName):
        review.keep(["nobody"])


def table(path):
    path.write_text("text,label\n" + "".join(f"some words number {i},{'ab'[i % 2]}\n" for i in range(N)))
    return path


@pytest.mark.parametrize("link", ["", "symbolic", "hard", "relative"])
def test_an_export_over_the_data_is_refused(tmp_path, monkeypatch, link):
    path = table(tmp_path / "data.csv")
    before, target = path.read_bytes(), path
    if link == "symbolic":
        target = tmp_path / "other.csv"
        target.symlink_to(path)
    elif link == "hard":
        target = tmp_path / "other.csv"
        target.hardlink_to(path)
    elif link == "relative":
        monkeypatch.chdir(tmp_path)
        target = "data.csv"
    review = explorer.Review(explorer.read(path), tmp_path / "s.labels.db", start=False)
    with pytest.raises(DataError, match="-corrected.csv"):
        review.export(target)
    assert path.read_bytes() == before
    with pytest.raises(DataError):
        review.export(tmp_path / "s.labels.db", format="csv")
    written = review.export(tmp_path / "data-corrected.csv")
    assert review.export(written) == written, "an export is replaced"
    review.close()


def test_an_export_over_a_picture_is_refused(planted, tmp_path):
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(2):
            Image.fromarray(planted.images[i + 2 * (name == "b")]).save(tmp_path / "photos" / name / f"{i}.png")
    review = explorer.Review(explorer.read(tmp_path / "photos"), tmp_path / "s.labels.db", start=False)
    with pytest.raises(DataError):
        review.export(tmp_path / "photos" / "a" / "0.png", format="csv")
    review.export(tmp_path / "photos" / "labels.csv")
    review.close()
    shutil.rmtree(tmp_path / "photos")
