"""A folder with a sub-folder per class."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.errors import DataError, OutsideRoot, UnknownName, UnreadableItem
from explorer.readers import read

links = pytest.mark.skipif(sys.platform == "win32", reason="making links needs rights on Windows")


def picture(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (value, 0, 0)).save(path)


@pytest.fixture
def photos(tmp_path):
    base = tmp_path / "photos"
    for i in (1, 2, 10):
        picture(base / "cat" / f"{i}.png", i)
    picture(base / "dog" / "more" / "deep.png", 50)
    picture(base / "dog" / "a.JPG", 60)
    return base


def test_classes_are_folders_in_natural_order(photos):
    dataset = read(photos)
    assert dataset.kind == "image"
    assert dataset.classes == ("cat", "dog")
    assert list(dataset.row_index) == ["cat/1.png", "cat/2.png", "cat/10.png", "dog/a.JPG", "dog/more/deep.png"]
    assert list(dataset.given) == [0, 0, 0, 1, 1]
    assert not dataset.keyed
    assert dataset.load(2).getpixel((0, 0))[0] == 10


def test_key_path_names_items(photos):
    dataset = read(photos, key="path")
    assert dataset.item_ids[0] == "cat/1.png"
    with pytest.raises(UnknownName, match="'path'"):
        read(photos, key="name")


def test_equal_files_in_two_classes_are_one_item_in_conflict(photos):
    (photos / "dog" / "copy.png").write_bytes((photos / "cat" / "1.png").read_bytes())
    dataset = read(photos)
    assert len(dataset) == 5
    assert dataset.conflicting.sum() == 1


def test_hidden_and_other_files_are_left_out_and_said(photos):
    picture(photos / "cat" / ".hidden.png", 3)
    picture(photos / ".trash" / "x.png", 3)
    picture(photos / "stray.png", 3)
    (photos / "cat" / "notes.md").write_text("x")
    (photos / "bird").mkdir()
    dataset = read(photos)
    assert len(dataset) == 5
    notes = " ".join(dataset.notes)
    assert "1 file directly in the folder" in notes
    assert "'cat/notes.md'" in notes
    assert "'bird'" in notes


def test_files_that_are_no_pictures_are_set_aside(photos):
    (photos / "cat" / "broken.png").write_bytes(b"\x89PNG....")
    dataset = read(photos)
    assert len(dataset) == 5
    assert [Path(s.name).name for s in dataset.set_aside] == ["broken.png"]
    assert "not a readable picture" in dataset.set_aside[0].reason


def test_truncated_pictures_are_found_when_decoded(photos):
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), dtype=np.uint8)).save(stream, "JPEG")
    (photos / "cat" / "aa.jpg").write_bytes(stream.getvalue()[:2000])
    dataset = read(photos)
    row = next(i for i in range(len(dataset)) if dataset.name(i).endswith("aa.jpg"))
    with pytest.raises(UnreadableItem, match=r"cat/aa\.jpg"):
        dataset.load(row)


def test_text_files(tmp_path):
    for name, text in {"a/1.txt": "one text", "b/2.txt": "another text"}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "b" / "bad.txt").write_bytes(b"caf\xe9")
    dataset = read(tmp_path)
    assert dataset.kind == "text"
    assert dataset.name(1) == "b/2.txt"
    assert dataset.set_aside[0].name == "b/bad.txt"
    assert "byte 3" in dataset.set_aside[0].reason
    assert read(tmp_path, encoding="latin-1").load(2) == "café"


def test_pictures_beside_texts_need_a_kind(photos):
    for i in (1, 2, 10):
        (photos / "cat" / f"{i}.txt").write_text(f"caption {i}")
    with pytest.raises(DataError, match="5 pictures and 3 text files"):
        read(photos)
    assert read(photos, kind="image").kind == "image"
    assert len(read(photos, kind="text")) == 3


def test_splits_are_not_classes(tmp_path):
    picture(tmp_path / "train" / "cat" / "1.png", 1)
    picture(tmp_path / "train" / "dog" / "1.png", 2)
    picture(tmp_path / "test" / "cat" / "1.png", 3)
    with pytest.raises(DataError, match="look like splits"):
        read(tmp_path)
    assert read(tmp_path, split="train").classes == ("cat", "dog")
    with pytest.raises(UnknownName, match="split 'trian'.*'train'"):
        read(tmp_path, split="trian")


@links
@pytest.mark.parametrize("whole_folder", [False, True])
def test_links_may_not_leave_the_root(photos, tmp_path, whole_folder):
    outside = tmp_path / "outside"
    picture(outside / "x.png", 9)
    target = outside if whole_folder else outside / "x.png"
    os.symlink(target, photos / "cat" / "link.png", target_is_directory=whole_folder)
    with pytest.raises(OutsideRoot, match=r"link\.png"):
        read(photos)
    if not whole_folder:
        assert len(read(photos, root=tmp_path)) == 6  # the person says that it may be there


@links
def test_a_loop_of_links_ends(photos):
    os.symlink(photos, photos / "cat" / "again", target_is_directory=True)
    dataset = read(photos)
    assert len(dataset) == 5
    assert any("not followed" in note for note in dataset.notes)


def test_nothing_to_read_is_explained(tmp_path):
    with pytest.raises(DataError, match="is empty"):
        read(tmp_path)
    picture(tmp_path / "loose.png", 1)
    with pytest.raises(DataError, match="no sub-folders"):
        read(tmp_path)
    (tmp_path / "meta.csv").write_text("file,label\nloose.png,a\n")
    with pytest.raises(DataError, match=r"the table 'meta\.csv'"):
        read(tmp_path)
    other = tmp_path / "other"
    (other / "a").mkdir(parents=True)
    (other / "a" / "x.pdf").write_bytes(b"x")
    with pytest.raises(DataError, match=r"only '\.pdf'"):
        read(other)


def test_a_label_column_means_nothing_for_a_folder(photos):
    with pytest.raises(DataError, match="the sub-folder is the label"):
        read(photos, label="label")
