"""Sources in memory that are malformed: tables, lists, arrays, tensors, datasets of other libraries."""

from __future__ import annotations

import pathlib
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pytest
from fuzz_help import (
    ANY,
    ARRAYS,
    CELLS,
    NAMES,
    WORDS,
    check_dataset,
    columns,
    containers,
    frames,
    fuzz,
    lengths,
    outcome,
)
from hypothesis import strategies as st

import explorer
from explorer.dataset.dataset import Dataset
from explorer.embedding import embed

datasets.disable_progress_bars()

OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "label": st.one_of(NAMES, containers(), st.just("label")),
    "image": st.one_of(NAMES, st.just("image")),
    "text": st.one_of(NAMES, st.just("text")),
    "features": st.one_of(NAMES, ANY, st.lists(NAMES, max_size=2)),
    "embedding": NAMES,
    "probs": st.one_of(NAMES, ANY, st.just("p_"), st.lists(NAMES, max_size=2)),
    "key": st.one_of(NAMES, containers()),
    "kind": st.sampled_from(["image", "text", "table", "vector", "vector", "film", 3]),
    "classes": st.one_of(st.lists(WORDS, max_size=3), containers()),
    "root": st.one_of(st.just("/nowhere"), WORDS, st.integers(), st.just(pathlib.Path("."))),
    "split": st.one_of(WORDS, st.integers()),
    "encoding": st.one_of(WORDS, st.sampled_from(["utf-16", "base64", "idna", "cp1252"]), st.integers()),
    "pixel_limit": st.one_of(st.integers(-1, 30), CELLS),
}


@st.composite
def some_options(draw: st.DrawFn) -> dict[str, Any]:
    few = st.lists(st.sampled_from(list(OPTIONS)), max_size=2, unique=True)
    named = draw(st.one_of(st.just([]), few, st.just(["features"]), st.just(["probs"]), st.just(["kind"])))
    return {name: draw(OPTIONS[name]) for name in named}


def read(source: Any, options: dict[str, Any]) -> None:
    found = outcome(lambda: explorer.read(source, **options))
    if isinstance(found, Dataset):
        check_dataset(found)
        embedder = {"text": "tfidf", "table": "columns", "vector": "precomputed"}.get(found.kind)
        if embedder is not None:
            outcome(lambda: embed(found, embedder, cache=False, device="cpu"))


@lengths(150, 0.2)
def test_tables(examples: int) -> None:
    fuzz(lambda drawn: read(*drawn), examples, st.tuples(frames(), some_options()))


@lengths(100, 0.1)
def test_sources_of_any_type(examples: int) -> None:
    fuzz(lambda drawn: read(*drawn), examples, st.tuples(ANY, some_options()))


@st.composite
def beside(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """Draw items with as many labels, and what else stands beside them."""
    rows = draw(st.integers(1, 8))
    labels = draw(st.one_of(columns(rows), st.just(["a", "b"] * rows).map(lambda v: v[:rows])))
    return draw(st.one_of(columns(rows).map(list), ARRAYS)), {"label": labels, **draw(some_options())}


@lengths(100, 0.1)
def test_items_with_labels_beside_them(examples: int) -> None:
    fuzz(lambda drawn: read(*drawn), examples, beside())


class Pairs:
    """A map-style dataset of whatever it is given."""

    def __init__(self, items: list[Any], labels: list[Any], classes: Any) -> None:
        self.items = items
        self.labels = labels
        if classes is not None:
            self.classes = classes

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, row: int) -> Any:
        return (self.items[row], self.labels[row]) if self.labels else self.items[row]


@lengths(60, 0.05)
def test_datasets_of_torch(examples: int) -> None:
    same = st.integers(0, 5).flatmap(lambda n: st.tuples(columns(n).map(list), columns(n).map(list)))
    drawn = st.tuples(same, st.one_of(st.none(), st.lists(WORDS, max_size=3)), some_options())
    fuzz(lambda d: read(Pairs(*d[0], d[1]), d[2]), examples, drawn)


@lengths(40, 0.05)
def test_datasets_of_hugging_face(examples: int) -> None:
    def check(drawn: tuple[pd.DataFrame, dict[str, Any]]) -> None:
        frame, options = drawn
        try:
            made = datasets.Dataset.from_dict({str(name): frame.iloc[:, n].tolist() for n, name in enumerate(frame)})
        except Exception:  # Arrow does not hold it
            return
        read(made, options)

    fuzz(check, examples, st.tuples(frames(), some_options()))


@lengths(25, 0.03)
def test_find_issues(examples: int) -> None:
    def check(drawn: tuple[Any, dict[str, Any]]) -> None:
        found = outcome(lambda: explorer.find_issues(drawn[0], **drawn[1]))
        if isinstance(found, pd.DataFrame):
            assert len(found) > 0

    labels = st.one_of(containers(), st.just(["a", "b", "a", "b"]), st.just(np.array([0, 1, 1])))
    more = {
        "features": ANY,
        "probs": ANY,
        "trusted": st.one_of(ANY, st.just([True, False, True])),
        "classes": containers(),
        "detectors": st.one_of(st.just(["vote"]), CELLS, st.lists(CELLS, max_size=2)),
        "graph": CELLS,
        "seed": CELLS,
    }
    chosen = st.lists(st.sampled_from(list(more)), min_size=1, max_size=3, unique=True)
    options = chosen.flatmap(lambda names: st.fixed_dictionaries({name: more[name] for name in names}))
    fuzz(check, examples, st.tuples(labels, options))


def test_a_dataset_that_is_read_twice_is_the_same() -> None:
    frame = pd.DataFrame({"x": [1, None, "a"], "label": ["a", None, "b"]})
    first, second = (explorer.read(frame, kind="table") for _ in range(2))
    assert first.item_ids.tolist() == second.item_ids.tolist()
    with pytest.raises(ValueError, match="no column"):
        explorer.read(frame, label="y")
