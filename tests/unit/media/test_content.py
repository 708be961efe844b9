"""What is read from untrusted pictures, texts and cells, and how it is hashed."""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from explorer.errors import OutsideRoot, UnreadableItem
from explorer.media import text
from explorer.media.image import ImageArrays, ImageBytes, ImageFiles, PictureList
from explorer.media.table import Table


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def test_a_file_is_hashed_by_its_bytes(tmp_path: Path) -> None:
    data = encoded(Image.new("RGB", (5, 4), "red"))
    (tmp_path / "a.png").write_bytes(data)
    files = ImageFiles(tmp_path, ["a.png"])
    assert files.digest(0) == hashlib.sha256(data).hexdigest()
    assert files.load(0).size == (5, 4)


@pytest.mark.parametrize("path", ["../secret.png", "/etc/passwd", "sub/../../secret.png"])
def test_a_path_that_leaves_the_root_is_refused(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(encoded(Image.new("L", (2, 2))))
    files = ImageFiles(root, [path])
    for use in (files.digest, files.load):
        with pytest.raises(OutsideRoot, match="outside the dataset's root"):
            use(0)


def test_a_link_that_leaves_the_root_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.png").write_bytes(encoded(Image.new("L", (2, 2))))
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(OutsideRoot):
        ImageFiles(root, ["link.png"]).load(0)


def test_transparency_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (2, 2), (255, 0, 0, 0))
    assert ImageBytes([encoded(clear)]).load(0).getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    values = np.array([[0, 30_000], [45_000, 60_000]], dtype=np.uint16)
    shown = np.asarray(ImageBytes([encoded(Image.fromarray(values))]).load(0))
    assert shown[0, 0, 0] == 0
    assert shown[1, 1, 0] == 255
    assert 120 <= shown[0, 1, 0] <= 135


def test_a_palette_keeps_its_colours() -> None:
    picture = Image.new("RGB", (2, 1), "blue").convert("P", palette=Image.Palette.ADAPTIVE)
    assert ImageBytes([encoded(picture)]).load(0).getpixel((0, 0)) == (0, 0, 255)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"not a picture", "not a readable picture"),
        (encoded(Image.new("RGB", (64, 64), "red"), "JPEG")[:300], "not a readable picture"),
        (b"", "missing"),
        (None, "missing"),
    ],
    ids=["text", "truncated", "empty", "none"],
)
def test_a_broken_picture_says_which_row_and_why(data: bytes | None, says: str) -> None:
    with pytest.raises(UnreadableItem, match=f"row 1.*{says}"):
        ImageBytes([b"", data]).load(1)


def test_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(UnreadableItem, match="10 × 10 pixels, more than the limit of 99.*pixel_limit="):
        ImageBytes([encoded(Image.new("L", (10, 10)))], pixel_limit=99).load(0)


@pytest.mark.parametrize("size", [(30, 20), (20, 30)])
def test_a_picture_stands_the_way_its_exif_data_says(size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, "white")
    picture.paste("red", (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    shown = ImageBytes([encoded(picture, "PNG", exif=exif)]).load(0)
    assert shown.size == size[::-1]
    assert shown.getpixel((shown.width - 1, 0)) == (255, 0, 0)
    assert shown.getpixel((0, 0)) == (255, 255, 255)


def test_a_damaged_exif_entry_does_not_cost_the_picture() -> None:
    orientation = struct.pack(">HHII", 0x0112, 3, 1, 6 << 16)
    resolution = struct.pack(">HHI4s", 0x011A, 7, 3, b"abc")  # bytes where a number should be
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 2) + orientation + resolution + bytes(4)
    data = encoded(Image.new("RGB", (5, 4), "red"), "JPEG", exif=exif)
    assert ImageBytes([data]).load(0).size == (4, 5)


def test_the_pixel_limit_can_be_raised_for_pictures_in_memory() -> None:
    pictures = [np.zeros((10, 10), np.uint8)]
    with pytest.raises(UnreadableItem, match="more than 99 pixels.*pixel_limit="):
        PictureList(pictures, pixel_limit=99).load(0)
    assert PictureList(pictures, pixel_limit=100).load(0).size == (10, 10)


def test_arrays_of_equal_bytes_and_other_shape_differ() -> None:
    flat, tall = np.zeros((1, 2, 8), np.uint8), np.zeros((1, 4, 4), np.uint8)
    assert ImageArrays(flat).digest(0) != ImageArrays(tall).digest(0)


def test_a_table_row_is_hashed_by_its_cells_whatever_the_column_order() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, np.nan]})
    table = Table(frame)
    assert table.digest(0) == Table(frame[["c", "b", "a"]]).digest(0)
    assert table.digest(0) != table.digest(1)


def test_an_empty_text_is_set_aside() -> None:
    with pytest.raises(UnreadableItem, match="row 1: the text is missing"):
        text.Texts(["a", "  "]).digest(1)
