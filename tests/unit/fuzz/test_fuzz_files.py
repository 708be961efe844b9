"""Files that are malformed: tables as bytes, folders, pictures; and exports that are read back."""

from __future__ import annotations

import io
import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fuzz_help import PLAIN, TEXT, WORDS, check_dataset, encoded, fuzz, lengths, mutated, outcome, pictures
from hypothesis import strategies as st
from test_fuzz_readers import some_options

import explorer
from explorer import export, labels
from explorer.dataset.dataset import Dataset

ROWS = [{"id": n, "text": f"some words {n} here", "x": n / 3, "label": "ab"[n % 2]} for n in range(6)]


def tables() -> dict[str, list[bytes]]:
    """Return good files of each kind, to be damaged."""
    frame = pd.DataFrame(ROWS)
    gaps = frame.assign(x=frame.x.where(frame.id > 2), big=pd.array([2**53 + 1, None] * 3, dtype="Int64"))
    lists = frame.assign(emb=[[1.0, 2.0]] * 6)
    parquet = []
    for table in (frame, gaps, lists, frame.set_index("id")):
        stream = io.BytesIO()
        table.to_parquet(stream)
        parquet.append(stream.getvalue())
    return {
        ".csv": [frame.to_csv(index=False).encode(), gaps.to_csv(sep=";", decimal=",").encode(), b"label,text\n", b""],
        ".tsv": [frame.to_csv(index=False, sep="\t").encode("utf-16"), lists.to_csv(sep="\t").encode()],
        ".jsonl": ["\n".join(map(json.dumps, ROWS)).encode(), b'{"a": [[[[1]]]]}\n' * 3, b"[" * 5000],
        ".parquet": parquet,
    }


GOOD = tables()
DAMAGED = st.sampled_from(list(GOOD)).flatmap(
    lambda end: st.tuples(st.just(end), mutated(st.one_of(st.sampled_from(GOOD[end]), st.binary(max_size=60))))
)
WRITTEN = st.one_of(
    DAMAGED,
    st.tuples(
        st.sampled_from([".csv", ".tsv"]),
        st.lists(st.lists(TEXT, max_size=4), max_size=6).map(
            lambda rows: "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")
        ),
    ),
    st.tuples(
        st.just(".jsonl"),
        st.lists(
            st.dictionaries(
                WORDS, st.recursive(st.one_of(st.none(), st.booleans(), st.floats(), TEXT), st.lists), max_size=3
            ),
            max_size=5,
        ).map(lambda rows: "\n".join(map(json.dumps, rows)).encode()),
    ),
)


def read(path: Path, options: dict[str, Any]) -> None:
    found = outcome(lambda: explorer.read(path, **options))
    if isinstance(found, Dataset):
        check_dataset(found)


@pytest.fixture
def place(tmp_path: Path) -> Callable[[], Path]:
    """Make a new folder for each example."""
    numbers = itertools.count()

    def new() -> Path:
        made = tmp_path / str(next(numbers))
        made.mkdir()
        return made

    return new


@lengths(120, 0.2)
def test_tables_in_files(examples: int, tmp_path: Path) -> None:
    def check(drawn: tuple[tuple[str, bytes], dict[str, Any]]) -> None:
        (end, data), options = drawn
        path = tmp_path / f"table{end}"
        path.write_bytes(data)
        read(path, options)

    fuzz(check, examples, st.tuples(WRITTEN, some_options()))


def named(base: Path, name: str) -> bytes:
    """Return a path of a name of any characters that a file system takes, also such as are no UTF-8."""
    plain = (
        name.replace("\0", "").replace("/", "_").encode("utf-8", "surrogateescape" if name == "\udcff" else "replace")
    )
    return os.fsencode(base) + b"/" + (plain[:60].strip(b".") or b"x")


PICTURES = mutated(st.sampled_from(encoded()))
ENDS = st.sampled_from([".png", ".jpg", ".tif", ".txt", ".webp", "", ".PNG", ".csv"])


@lengths(40, 0.05)
def test_folders(examples: int, place: Callable[[], Path]) -> None:
    def check(drawn: tuple[list[tuple[str, str, str, bytes]], bool, dict[str, Any]]) -> None:
        files, link, options = drawn
        base = place()
        for folder, name, end, data in files:
            inside = named(base, folder)
            os.makedirs(inside, exist_ok=True)
            path = named(Path(os.fsdecode(inside)), name) + end.encode()
            if not os.path.isdir(path):
                Path(os.fsdecode(path)).write_bytes(data)
        if link and files:
            (base / "cat").mkdir(exist_ok=True)
            (base / "cat" / "loop.png").symlink_to("loop.png")
            (base / "cat" / "up").symlink_to("..")
        read(base, options)

    files = st.lists(st.tuples(WORDS, st.one_of(WORDS, TEXT), ENDS, PICTURES), max_size=6)
    fuzz(check, examples, st.tuples(files, st.booleans(), some_options()))


@lengths(60, 0.1)
def test_pictures(examples: int, tmp_path: Path) -> None:
    def check(cells: list[Any]) -> None:
        (tmp_path / "x.png").write_bytes(encoded()[0])
        table = pd.DataFrame({"image": pd.Series(cells, dtype=object), "label": ["a"] * len(cells)})
        found = outcome(lambda: explorer.read(table, image="image", root=tmp_path))
        if isinstance(found, Dataset):
            check_dataset(found)
            for item in range(len(found)):
                picture = outcome(lambda item=item: found.load(item))  # type: ignore[misc]
                assert isinstance(picture, Exception) or picture.mode == "RGB"

    cells = st.one_of(PICTURES, st.sampled_from(pictures()), WORDS, st.fixed_dictionaries({"bytes": PICTURES}), PLAIN)
    fuzz(check, examples, st.lists(cells, min_size=1, max_size=5))


@lengths(60, 0.1)
def test_arrays_of_pictures(examples: int, tmp_path: Path) -> None:
    def check(data: bytes) -> None:
        path = tmp_path / "a.npy"
        path.write_bytes(data)
        from explorer.readers.arrays import array_of_file

        outcome(lambda: array_of_file(path))

    good = []
    for array in (np.eye(3), np.zeros((2, 4, 4), dtype="u1"), np.array(["a"])):
        stream = io.BytesIO()
        np.save(stream, array)
        good.append(stream.getvalue())
    stream = io.BytesIO()
    np.savez(stream, a=np.eye(2))
    fuzz(check, examples, mutated(st.sampled_from([*good, stream.getvalue(), b"PK\x03\x04"])))


@lengths(60, 0.1)
def test_exports_read_back(examples: int, tmp_path: Path) -> None:
    """An export that is damaged is refused, or read; a store that it is brought into holds nothing of a refused one."""
    store = labels.open(tmp_path / "s.labels.db", rater="ann")
    frame = pd.DataFrame(
        {
            "item_id": [f"k{n}" for n in range(6)],
            "content_hash": [f"h{n}" for n in range(6)],
            "given_label": ["a", "b"] * 3,
        }
    )
    store.bind(frame, ["a", "b"])
    store.set("k0", "b", why="x")
    good: dict[str, bytes] = {}
    for end in ("csv", "jsonl", "parquet"):
        export.write(store, tmp_path / f"good.{end}")
        good[end] = (tmp_path / f"good.{end}").read_bytes()

    def check(drawn: tuple[str, bytes]) -> None:
        end, data = drawn
        path = tmp_path / f"damaged.{end}"
        path.write_bytes(data)
        before = (store.head, len(store.commits()))
        outcome(lambda: export.read(path))
        found = outcome(lambda: export.import_into(store, path))
        if isinstance(found, Exception):
            assert (store.head, len(store.commits())) == before

    drawn = st.sampled_from(list(good)).flatmap(lambda end: st.tuples(st.just(end), mutated(st.just(good[end]))))
    fuzz(check, examples, drawn)
    assert store.verify().ok
    store.close()
