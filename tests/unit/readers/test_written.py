"""Tables as people write them: decimal commas, lists as text, paths with slips, repeated names, gaps, parts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from explorer.errors import DataError, OutsideRoot, UnknownName
from explorer.readers import read

TEXTS = [f"some words number {i} here now" for i in range(12)]


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def pictures(folder: Path, n: int = 4) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        Image.new("RGB", (6, 4), (i * 20, 10, 200 - i)).save(folder / f"{i}.png")
    return [f"{i}.png" for i in range(n)]


@pytest.mark.parametrize(
    ("separator", "cells", "want"),
    [
        (";", ["1,5", "2,25", "", "-3"], [1.5, 2.25, np.nan, -3]),
        (";", ["1,234", "2,345", "NA", "3,456"], [1.234, 2.345, np.nan, 3.456]),
        (";", ["1.234,5", "12,0", "0,5", "7"], [1234.5, 12, 0.5, 7]),
        (",", ['"1,5"', '"2,25"', "3", "?"], [1.5, 2.25, 3, np.nan]),
        ("\t", ["1,5e3", "-,5", "+2,0", "1"], [1500, -0.5, 2, 1]),
    ],
)
def test_decimal_commas_are_fractions_and_said_to_be(tmp_path, separator, cells, want):
    lines = [separator.join((cell, str(n), "ab"[n % 2])) for n, cell in enumerate(cells)]
    dataset = read(write(tmp_path / "a.csv", separator.join(("x", "n", "label")), *lines), kind="table")
    np.testing.assert_array_equal(dataset.content.frame["x"].to_numpy(), want)
    assert "'x': numbers with a decimal comma" in dataset.notes


@pytest.mark.parametrize("cells", [['"1,234"', '"12,345"', "7", "8"], ["1,5 kg", "2,5 kg", "3", "4"]])
def test_thousands_and_units_stay_as_they_were(tmp_path, cells):
    separator = "," if '"' in cells[0] else ";"
    lines = [separator.join((cell, "ab"[n % 2])) for n, cell in enumerate(cells)]
    dataset = read(write(tmp_path / "a.csv", f"x{separator}label", *lines), kind="table")
    assert dataset.content.frame["x"].tolist() == [cell.strip('"') for cell in cells]


def test_rows_keep_the_ids_that_they_had_as_words(tmp_path):
    dataset = read(write(tmp_path / "a.csv", "x;label", "1,5;a", "2,5;b"), kind="table")
    words = read(pd.DataFrame({"x": ["1,5", "2,5"], "label": ["a", "b"]}), kind="table")
    assert dataset.item_ids.tolist() == words.item_ids.tolist()


@pytest.mark.parametrize("header", ["x,label,label", "label,x,x", "a,b,a"])
def test_a_name_that_two_columns_share_is_refused(tmp_path, header):
    with pytest.raises(DataError, match=r"a\.csv share a name"):
        read(write(tmp_path / "a.csv", header, "1,a,a", "2,b,b"))
    with pytest.raises(DataError, match="line 1: a name occurs twice"):
        read(write(tmp_path / "a.jsonl", '{"label": "a", "label": "b", "text": "x y"}'))


def test_names_that_pandas_would_make_are_names_like_others(tmp_path):
    dataset = read(write(tmp_path / "a.csv", "x,x.1,label", "1,2,a", "3,4,b"), kind="table")
    assert list(dataset.content.frame.columns) == ["x", "x.1"]


@pytest.mark.parametrize(
    "wrote",
    [
        lambda v: json.dumps([round(float(x), 4) for x in v]),
        lambda v: str(np.round(v, 4)),
        lambda v: " ".join(f"{x:.4f}" for x in v),
        lambda v: ", ".join(f"{x:.4f}" for x in v),
        lambda v: "(" + "; ".join(f"{x:.4f}" for x in v) + ")",
    ],
    ids=["json", "numpy", "blanks", "commas", "brackets"],
)
def test_a_list_of_numbers_as_text_is_the_embedding(tmp_path, wrote):
    vectors = np.random.default_rng(0).normal(size=(12, 3))
    frame = pd.DataFrame({"emb": [wrote(v) for v in vectors], "label": ["a", "b"] * 6})
    frame.to_csv(tmp_path / "a.csv", index=False)
    for source in (frame, tmp_path / "a.csv"):
        named = read(source, embedding="emb")
        np.testing.assert_allclose(named.features, vectors, atol=1e-4)
        if not frame.emb[0].startswith("("):
            assert read(source).kind == "vector"


def test_a_list_that_numpy_cut_short_is_named(tmp_path):
    frame = pd.DataFrame({"emb": [str(np.arange(2000.0) + i) for i in range(4)], "label": ["a", "b"] * 2})
    with pytest.raises(DataError, match=r"Row 0, column 'emb': the list was cut short with '\.\.\.'"):
        read(frame)


@pytest.mark.parametrize("texts", [["1 2 3", "4 5", "6"], ["[a] b", "[c] d", "[1] e"], ["3.5 4", "2.5 good", "x"]])
def test_texts_with_numbers_are_texts(texts):
    assert read(pd.DataFrame({"text": texts, "label": ["a", "b", "a"]})).kind == "text"


def test_features_that_name_a_column_of_lists_are_the_embedding():
    frame = pd.DataFrame({"emb": list(np.eye(4)), "x": range(4), "label": list("abab")})
    dataset = read(frame, features=["emb"])
    assert dataset.kind == "vector"
    np.testing.assert_array_equal(dataset.features, np.eye(4))
    with_text = read(frame.assign(text=TEXTS[:4]), features="emb", text="text")
    np.testing.assert_array_equal(with_text.features, np.eye(4))
    with pytest.raises(DataError, match="'emb' is not numeric.*embedding='emb'"):
        read(frame, features=["emb", "x"], kind="vector")


@pytest.mark.parametrize("slip", ["{} ", " {}", "{}?v=2", "./{}", "{}\t"])
def test_paths_with_slips_are_paths(tmp_path, slip):
    names = pictures(tmp_path)
    frame = pd.DataFrame({"image": [slip.format(name) for name in names], "label": list("abab")})
    dataset = read(frame, root=tmp_path)
    assert (dataset.kind, len(dataset), dataset.set_aside) == ("image", 4, ())
    assert dataset.load(1).size == (6, 4)


def test_backslashes_are_read_as_slashes_and_lead_nowhere_else(tmp_path):
    pictures(tmp_path / "in" / "sub")
    pictures(tmp_path / "out")
    frame = pd.DataFrame({"image": [rf"sub\{n}.png" for n in range(4)], "label": list("abab")})
    assert len(read(frame, root=tmp_path / "in")) == 4
    with pytest.raises(OutsideRoot):
        read(frame.assign(image=r"..\out\0.png"), root=tmp_path / "in", image="image")


def test_a_column_called_image_may_hold_other_files_too(tmp_path):
    names = pictures(tmp_path)
    (tmp_path / "4.heic").write_bytes(b"no picture that is known here")
    frame = pd.DataFrame({"image": [*names, "4.heic", "a\0.png"], "label": list("ababab")})
    dataset = read(frame, root=tmp_path)
    assert dataset.kind == "image"
    assert [s.row for s in dataset.set_aside] == [4, 5]
    assert "not a readable picture" in dataset.set_aside[0].reason


def test_large_whole_numbers_beside_gaps_are_exact(tmp_path):
    large = [2**53 + 1, 2**53, None, -(2**62) - 1] * 3
    table = pa.table({"text": TEXTS, "label": pa.array(large), "id": pa.array([2**60 + n for n in range(12)])})
    pq.write_table(table, tmp_path / "a.parquet")
    for source in (tmp_path / "a.parquet", datasets.Dataset(table)):
        dataset = read(source, key="id")
        assert set(dataset.classes) == {str(v) for v in large if v is not None}
        assert sorted(dataset.class_values) == sorted(v for v in large[:4] if v is not None)
        assert dataset.item_ids[0] == str(2**60)
    keys = pa.array([2**60 + n if n != 3 else None for n in range(12)])
    pq.write_table(table.set_column(2, "id", keys), tmp_path / "b.parquet")
    with pytest.raises(DataError, match="key of row 3 is missing"):
        read(tmp_path / "b.parquet", key="id")


@pytest.mark.parametrize("option", ["key", "label"])
def test_a_named_index_is_found_like_a_column(tmp_path, option):
    frame = pd.DataFrame(
        {"text": TEXTS, "label": ["a", "b"] * 6}, index=pd.Index([f"k{i}" for i in range(12)], name="id")
    )
    frame.to_parquet(tmp_path / "a.parquet")
    if option == "label":
        frame = frame.drop(columns="label").set_axis(pd.Index(["a", "b"] * 6, name="id"))
        frame.to_parquet(tmp_path / "a.parquet")
    for source in (frame, tmp_path / "a.parquet"):
        dataset = read(source, **{option: "id"})
        assert "column 'id' is the index of the table" in dataset.notes
        found = dataset.item_ids[:2].tolist() if option == "key" else list(dataset.classes)
        assert found == (["k0", "k1"] if option == "key" else ["a", "b"])
    with pytest.raises(UnknownName, match="no column 'idx'"):
        read(frame, key="idx", label="id" if option == "label" else "label")


@pytest.mark.parametrize("name", ["a.parquet", "table"])
def test_a_folder_of_parts_is_one_table(tmp_path, name):
    frame = pd.DataFrame({"text": TEXTS, "label": ["a", "b"] * 6})
    folder = tmp_path / name
    folder.mkdir()
    frame[:6].to_parquet(folder / "part-00000-3f2a.parquet")
    frame[6:].to_parquet(folder / "part-00001-3f2a.parquet")
    (folder / "_SUCCESS").touch()
    dataset = read(folder)
    assert [dataset.load(i) for i in range(12)] == TEXTS
    assert any("read as one table" in note for note in dataset.notes)


def test_splits_are_not_read_as_one_table(tmp_path):
    frame = pd.DataFrame({"text": TEXTS, "label": ["a", "b"] * 6})
    for split in ("train", "test"):
        frame.to_parquet(tmp_path / f"{split}-00000-of-00001.parquet")
    with pytest.raises(DataError, match=r"2 tables: 'test-.*'train-"):
        read(tmp_path)
    datasets.Dataset.from_pandas(frame).save_to_disk(tmp_path / "saved")
    with pytest.raises(DataError, match="load_from_disk"):
        read(tmp_path / "saved")


@pytest.mark.parametrize(("name", "text"), [("a.csv", "text,label"), ("a.tsv", "text\tlabel"), ("a.jsonl", "")])
def test_a_table_without_rows_is_empty(tmp_path, name, text):
    with pytest.raises(DataError, match="is empty: it has no rows"):
        read(write(tmp_path / name, text))
    with pytest.raises(DataError, match="is empty: it has no rows"):
        read(pd.DataFrame({"text": [], "label": []}))


def test_json_that_python_refuses_is_named_by_line(tmp_path):
    for line in ('{"label": ' + "9" * 5000 + "}", "[" * 100_000):
        with pytest.raises(DataError, match="line 2: "):
            read(write(tmp_path / "a.jsonl", '{"text": "a b", "label": 1}', line))


def test_a_source_that_is_no_path_is_refused():
    for source in ("a\0b", "x" * 5000, "~nobody-of-this-name/x"):
        with pytest.raises(DataError):
            read(source)


@pytest.mark.skipif(os.name != "posix", reason="names of any bytes")
def test_names_that_are_no_utf8_are_shown_escaped(tmp_path):
    for kind in ("png", "txt"):
        base = os.fsencode(tmp_path / kind)
        for number, folder in enumerate((b"a", b"b\xff")):
            os.makedirs(base + b"/" + folder)
            path = Path(os.fsdecode(base + b"/" + folder + b"/o\xfe." + kind.encode()))
            Image.new("RGB", (4, 4), (number, 9, 9)).save(path) if kind == "png" else path.write_text(f"words {number}")
        dataset = read(tmp_path / kind, key="path")
        assert dataset.classes == ("a", r"b\udcff")
        assert dataset.name(0) == rf"a/o\udcfe.{kind}"
        assert dataset.item_ids.tolist()[1] == rf"b\udcff/o\udcfe.{kind}"
        assert len(dataset.load(1)) if kind == "txt" else dataset.load(1).size == (4, 4)
