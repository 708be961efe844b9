"""Data of which nothing is labelled: every source can say so, and no column or folder is then the label."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from explorer.errors import DataError
from explorer.readers import read

ABOUT = {"sports": "games and players", "money": "banks and prices"}
TEXTS = ["two players scored", "the bank raised its rate", "rain fell in the hills"]


def frame() -> pd.DataFrame:
    return pd.DataFrame({"text": TEXTS, "label": ["sports", "money", None]})


def files(folder):
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text(TEXTS[0])
    (folder / "sub" / "b.txt").write_text(TEXTS[1])
    (folder / "sub" / "c.txt").write_text(TEXTS[2])
    return folder


class Pairs:
    classes = ("sports", "money")

    def __len__(self):
        return 3

    def __getitem__(self, row):
        return TEXTS[row], row % 2


def sources(tmp_path):
    for suffix in ("csv", "jsonl", "parquet"):
        path = tmp_path / f"t.{suffix}"
        if suffix == "csv":
            frame().to_csv(path, index=False)
        elif suffix == "jsonl":
            frame().to_json(path, orient="records", lines=True)
        else:
            frame().to_parquet(path)
        yield path
    yield frame()
    yield TEXTS
    yield np.eye(3, dtype=np.float32)
    yield files(tmp_path / "folder")
    yield Pairs()


def test_every_source_can_be_read_without_labels(tmp_path):
    for source in sources(tmp_path):
        dataset = read(source, label=False, descriptions=ABOUT)
        assert dataset.given.tolist() == [-1, -1, -1]
        assert dataset.classes == ("sports", "money")
        assert dataset.descriptions == ABOUT


def test_a_hugging_face_dataset_without_labels():
    datasets = pytest.importorskip("datasets", reason="the extra 'hf' is not installed")
    table = datasets.Dataset.from_dict({"text": TEXTS, "label": [0, 1, 0]})
    table = table.cast_column("label", datasets.ClassLabel(names=["sports", "money"]))
    dataset = read(table, label=False)
    assert (dataset.given == -1).all()
    assert dataset.classes == ()


def test_the_column_that_would_have_been_the_label_is_kept_beside(tmp_path):
    frame().to_csv(tmp_path / "t.csv", index=False)
    dataset = read(tmp_path / "t.csv", label=False)
    assert list(dataset.columns) == ["label"]
    assert any("'label'" in note for note in dataset.notes)


def test_a_folder_without_labels_has_its_loose_files_too(tmp_path):
    folder = files(tmp_path / "folder")
    dataset = read(folder, label=False)
    assert [dataset.load(i) for i in range(3)] == TEXTS
    assert dataset.notes == ("the text files are the items; none is labelled",)
    assert len(read(folder)) == 2
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "a.txt").write_text("alone")
    with pytest.raises(DataError, match=r"no sub-folders to take classes from.*label=False"):
        read(tmp_path / "flat")
    assert len(read(tmp_path / "flat", label=False)) == 1


def test_who_gives_no_label_column_is_told_how_to_say_that_there_is_none(tmp_path):
    frame()[["text"]].to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(
        DataError, match=r"No column is called label.*If nothing is labelled, say so with label=False\."
    ):
        read(tmp_path / "t.csv", descriptions=ABOUT)
    with pytest.raises(DataError, match=r"one label per item .*, or label=False\."):
        read(TEXTS)
    with pytest.raises(DataError, match=r"sub-folder is the label.*label=False says"):
        read(files(tmp_path / "folder"), label=["x"] * 3)


def test_raters_beside_no_label_still_label_nothing():
    dataset = read(frame(), label=False, raters=["label"], descriptions=ABOUT)
    assert (dataset.given == -1).all()
    assert dataset.votes is not None
