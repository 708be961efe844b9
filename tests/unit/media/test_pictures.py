"""Pictures that are held in several ways, stand on their side, or hold numbers that are none."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from explorer.errors import DataError
from explorer.readers import read

datasets.disable_progress_bars()
LABELS = ["a", "b"] * 6


@pytest.fixture
def made(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{i}.png" for i in range(12)]
    for i, path in enumerate(paths):
        Image.new("RGB", (6, 6), (i * 20, 10, 200 - i)).save(path)
    return paths


def cells(paths: list[Path]) -> list[Any]:
    """Return each picture in another way."""
    ways = [
        lambda p: p.read_bytes(),
        str,
        lambda p: p.name,
        lambda p: p,
        lambda p: {"bytes": p.read_bytes(), "path": None},
        lambda p: {"bytes": None, "path": str(p)},
        Image.open,
        lambda p: np.asarray(Image.open(p)),
        lambda p: torch.tensor(np.asarray(Image.open(p))).permute(2, 0, 1),
        lambda p: bytearray(p.read_bytes()),
    ]
    return [ways[i % len(ways)](path) for i, path in enumerate(paths)]


def test_each_cell_of_a_column_is_read_by_what_it_holds(made, tmp_path):
    frame = pd.DataFrame({"image": pd.Series([*cells(made), None, 5], dtype=object), "label": [*LABELS, "a", "b"]})
    dataset = read(frame, image="image", root=tmp_path)
    assert [s.row for s in dataset.set_aside] == [12, 13]
    assert "int is no picture" in dataset.set_aside[1].reason
    assert [np.asarray(dataset.load(i))[0, 0].tolist() for i in range(12)] == [[i * 20, 10, 200 - i] for i in range(12)]
    listed = read([*cells(made)], label=LABELS, root=tmp_path)
    assert len(listed) == 12


def test_bytes_and_paths_in_one_column_are_found_without_its_name(made, tmp_path):
    frame = pd.DataFrame({"x": [made[0].read_bytes(), *map(str, made[1:])], "label": LABELS})
    assert len(read(frame, root=tmp_path)) == 12


def test_an_item_is_the_same_from_bytes_and_from_its_file(made, tmp_path):
    alone = read(pd.DataFrame({"image": list(map(str, made)), "label": LABELS}), root=tmp_path)
    mixed = read(pd.DataFrame({"image": [made[0].read_bytes(), *map(str, made[1:])], "label": LABELS}), root=tmp_path)
    assert alone.item_ids.tolist() == mixed.item_ids.tolist()


@pytest.mark.parametrize("order", [lambda d: d, lambda d: d.select(range(11, -1, -1)), lambda d: d.shuffle(seed=1)])
def test_hugging_face_columns_of_bytes_and_paths(made, tmp_path, order):
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b"])})
    halves = [
        datasets.Dataset.from_dict({"image": some, "label": [0, 1] * 3}, features=features)
        for some in ([Image.open(p) for p in made[:6]], list(map(str, made[6:])))
    ]
    both = order(datasets.concatenate_datasets(halves))
    with pytest.raises(DataError, match="no root is given"):
        read(both)
    dataset = read(both, root=tmp_path)
    assert len(dataset) == 12
    assert not dataset.set_aside
    assert {np.asarray(dataset.load(i))[0, 0, 0] for i in range(12)} == {i * 20 for i in range(12)}


@pytest.mark.parametrize("beside", ["text", "nothing"])
def test_sound_beside_texts_is_left_out_and_named(beside):
    sound = [{"bytes": b"RIFF\0\0\0\0WAVE" + bytes([i]), "path": "a.wav"} for i in range(12)]
    rows = {"audio": sound, "label": LABELS} | (
        {"text": [f"words {i} and more" for i in range(12)]} if beside == "text" else {}
    )
    made = datasets.Dataset.from_dict(rows).cast_column("audio", datasets.Audio())
    sources = (made, pd.DataFrame(rows))
    for source in sources:
        if beside == "text":
            assert read(source).kind == "text"
        else:
            with pytest.raises(DataError, match=r"Audio|sound, film") as found:
                read(source)
            assert "0x" not in str(found.value)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_photo_stands_the_same_way_from_wherever_it_comes(tmp_path, orientation, mode):
    grey = np.add.outer(np.arange(0, 80, 10), np.arange(0, 160, 8)).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "d" / "a" / "x.png"
    path.parent.mkdir(parents=True)
    Image.fromarray(grey).convert(mode).save(path, exif=exif)
    want = np.asarray(read(tmp_path / "d").load(0))
    frame = pd.DataFrame({"image": [Image.open(path)], "label": ["a"]})
    for dataset in (read([Image.open(path)], label=["a"]), read(frame), read([path.read_bytes()], label=["a"])):
        np.testing.assert_array_equal(np.asarray(dataset.load(0)), want)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_pixel_without_a_value_costs_itself_alone(bad):
    values = np.linspace(0, 1, 100, dtype="f4").reshape(10, 10)
    want = np.asarray(read([Image.fromarray(values)], label=["a"]).load(0))[..., 0]
    values[0, 5] = bad
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "TIFF")
    shown = np.asarray(read(pd.DataFrame({"image": [stream.getvalue()], "label": ["a"]})).load(0))[..., 0]
    others = np.ones((10, 10), dtype=bool)
    others[0, 5] = False
    np.testing.assert_array_equal(shown[others], want[others])
    assert shown[0, 5] == (255 if bad == np.inf else 0)


def test_a_picture_of_no_values_at_all_is_black():
    empty = Image.fromarray(np.full((4, 4), np.nan, dtype="f4"))
    assert np.asarray(read([empty], label=["a"]).load(0)).max() == 0


def test_the_pixel_limit_belongs_to_the_dataset(made, tmp_path):
    frame = pd.DataFrame({"image": list(map(str, made)), "label": LABELS})
    for source in (frame, pd.DataFrame({"image": [p.read_bytes() for p in made], "label": LABELS})):
        with pytest.raises(DataError, match=r"36 pixels|6 × 6 pixels, more than the limit of 35.*pixel_limit="):
            read(source, root=tmp_path, pixel_limit=35)
        assert len(read(source, root=tmp_path, pixel_limit=36)) == 12
    with pytest.raises(DataError, match="pixel_limit=0 is no number of pixels"):
        read(frame, pixel_limit=0)
