"""Label stores that are damaged, and stores that are called with wrong arguments: nothing of either changes a label."""

from __future__ import annotations

import inspect
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fuzz_help import CELLS, NAMES, PLAIN, TEXT, WORDS, containers, frames, fuzz, lengths, mutated, outcome
from hypothesis import strategies as st

from explorer import labels

ITEMS = [f"k{n}" for n in range(5)]
LEFT_OUT = {"close", "grant", "listen", "rebuild_heads"}


def bound() -> pd.DataFrame:
    return pd.DataFrame(
        {"item_id": ITEMS, "content_hash": [f"h{i}" for i in ITEMS], "given_label": ["a", "b", "a", None, "b"]}
    )


def made(path: Path) -> labels.Store:
    store = labels.open(path, rater="ann")
    store.bind(bound(), ["a", "b"])
    store.set("k0", "b", why="x")
    store.keep("k1")
    store.tag("first")
    store.branch("other")
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[labels.Store]:
    opened = made(tmp_path / "s.labels.db")
    yield opened
    opened.close()


@lengths(60, 0.05)
def test_damaged_files(examples: int, tmp_path: Path) -> None:
    """A damaged store opens and says that it is damaged, or does not open; its bytes stay for whoever rescues it."""
    made(tmp_path / "good.labels.db").close()
    good = (tmp_path / "good.labels.db").read_bytes()
    path = tmp_path / "damaged.labels.db"

    def check(data: bytes) -> None:
        for old in tmp_path.glob("damaged*"):
            old.unlink()
        path.write_bytes(data)
        opened = outcome(lambda: labels.open(path, rater="ann", read_only=True))
        if isinstance(opened, Exception):
            assert path.read_bytes() == data
            return
        for read in (opened.head_cells, opened.commits, opened.log, opened.verify, lambda: opened.cells("first")):
            outcome(read)
        opened.close()
        assert path.read_bytes() == data

    some = st.one_of(mutated(st.just(good)), mutated(st.just(good)), st.binary(max_size=200), st.just(good[:100]))
    fuzz(check, examples, some)


ARGUMENTS = st.one_of(
    st.sampled_from([*ITEMS, "a", "b", "head", "base", "first", "other", "main", "label", "", -1, None, True]),
    st.lists(st.sampled_from(ITEMS), max_size=3),
    CELLS,
    NAMES,
    WORDS,
    TEXT,
    PLAIN,
    frames(),
    containers(),
)


def methods() -> list[str]:
    """Return the names of what a store can be asked to do."""
    public = [n for n in dir(labels.Store) if not n.startswith("_") and n not in LEFT_OUT]
    return [n for n in public if callable(getattr(labels.Store, n))]


def standing(store: labels.Store) -> tuple[Any, ...]:
    return store.head, store.current_branch, store.snapshot, tuple(store.classes()), len(store.commits())


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, list[Any], dict[str, Any]]:
    name = draw(st.sampled_from(methods()))
    taken = [p for p in inspect.signature(getattr(labels.Store, name)).parameters.values() if p.name != "self"]
    positional, named = [], {}
    for parameter in taken:
        if parameter.kind is parameter.VAR_POSITIONAL or parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.default is not parameter.empty and draw(st.booleans()):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY or parameter.default is not parameter.empty:
            named[parameter.name] = draw(ARGUMENTS)
        else:
            positional.append(draw(ARGUMENTS))
    return name, positional, named


@lengths(120, 0.1)
def test_wrong_arguments(examples: int, store: labels.Store) -> None:
    """Whatever is passed, a call returns, or is refused and changes nothing; and the store verifies."""

    def check(drawn: tuple[str, list[Any], dict[str, Any]]) -> None:
        name, positional, named = drawn
        before = standing(store)
        found = outcome(lambda: getattr(store, name)(*positional, **named))
        if isinstance(found, Exception):
            assert standing(store) == before, name
        if isinstance(found, Iterator):
            outcome(lambda: list(found))

    fuzz(check, examples, calls())
    assert store.verify().ok


@lengths(40, 0.03)
def test_wrong_rows_to_bind(examples: int, store: labels.Store) -> None:
    def check(drawn: tuple[pd.DataFrame, list[str]]) -> None:
        frame, names = drawn
        frame.columns = pd.Index((names * (1 + frame.shape[1]))[: frame.shape[1]], dtype=object)
        before = standing(store)
        if isinstance(outcome(lambda: store.bind(frame, ["a", "b"])), Exception):
            assert standing(store) == before

    fuzz(check, examples, st.tuples(frames(), st.permutations(["item_id", "content_hash", "given_label"])))
    assert store.verify().ok


def test_files_that_are_no_stores(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("nothing of the kind")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    other.close()
    (tmp_path / "folder.db").mkdir()
    for path in sorted(tmp_path.iterdir()):
        copy = None if path.is_dir() else path.read_bytes()
        assert isinstance(outcome(lambda path=path: labels.open(path, rater="ann")), labels.StoreError)  # type: ignore[misc]
        assert copy is None or path.read_bytes() == copy
    shutil.rmtree(tmp_path / "folder.db")
