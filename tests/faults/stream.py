"""A stream of things that people do to a store, and what has to hold after any of them was the last one."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from explorer import labels
from explorer.labels import Commit, Edit, Store

CLASSES = ["cat", "dog", "emu"]
ITEMS = [f"item-{i:04d}" for i in range(60)]


def rows(items: list[str] = ITEMS) -> pd.DataFrame:
    """Rows of a dataset."""
    frame = [(item, f"hash of {item}", CLASSES[i % 3]) for i, item in enumerate(items)]
    return pd.DataFrame(frame, columns=["item_id", "content_hash", "given_label"])


def opened(path: Path, **options: Any) -> Store:
    """A store that is bound to `ITEMS`."""
    store = labels.open(path, rater="ann", **options)
    store.bind(rows(), CLASSES)
    return store


@dataclass(frozen=True)
class Deed:
    """Something that makes one commit, and makes it once however often it is repeated."""

    name: str
    do: Callable[[Store], Commit | None]


def deeds(name: str, n: int, rng: random.Random) -> list[Deed]:
    """Make up what is done: mostly clicks, some undos, now and then many edits at once."""
    return [_deed(f"{name}/{i}", rng) for i in range(n)]


def _deed(op: str, rng: random.Random) -> Deed:
    item, value = rng.choice(ITEMS), rng.choice([*CLASSES, None])
    kind = rng.choices(("set", "keep", "flag", "clear", "undo", "bulk"), (8, 2, 1, 1, 2, 1))[0]
    evidence = {"p_error": round(rng.random(), 2)}
    if kind == "set":
        return Deed(f"{op} set", lambda s: s.set(item, value, why=op, evidence=evidence, op_id=op))
    if kind == "undo":
        return Deed(f"{op} undo", lambda s: s.undo(op_id=op))
    if kind == "bulk":
        edits = [Edit(i, "set", value, why=f"{op} " + "long " * 40) for i in rng.sample(ITEMS, 40)]
        return Deed(f"{op} bulk", lambda s: s.apply(edits, kind="bulk", message=op, op_id=op))
    return Deed(f"{op} {kind}", lambda s: getattr(s, kind)(item, why=op, op_id=op))


Cells = dict[str, tuple[str | None, str, str]]


@dataclass(frozen=True)
class State:
    """What a store says: its commits, oldest first, and the label of each item that has events."""

    commits: tuple[str, ...]
    cells: Cells


def state(store: Store) -> State:
    """Look at a store; the commits are those with events."""
    commits = dict.fromkeys(reversed(store.log()["commit"].tolist()))
    return State(tuple(commits), {i: (c.value, c.state, c.event) for i, c in store.head_cells().items()})
