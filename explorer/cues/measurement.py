"""What is measured of a dataset's items before any label is looked at: words, lengths, scripts, light, gaps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.cues import pictures, texts
from explorer.cues.words import FEWEST, Words, words_of
from explorer.dataset.dataset import Dataset
from explorer.errors import UnreadableItem
from explorer.media.table import Table
from explorer.progress import Progress

MOST = {"image": 10_000, "text": 50_000}
"""Items that are measured, of each kind that must be opened for it; of more a sample. Rows of a table are all read."""

BLOCK = 50
"""Items after which others get the processor, and somebody who wants it to stop is heard."""

COLUMNS = 200
"""Columns of a table whose gaps are looked at: those with the most."""


class Measures(NamedTuple):
    """What was measured of M items.

    Attributes
    ----------
    items
        intp [M]: their positions, ascending.
    properties
        float64 [M] by name; NaN where it is not known.
    called
        By name of a property: what an item is called below and above a cut.
    words
        Of texts; `items` of it count in `items` here. `None` for other kinds.
    unreadable
        How many of them could not be opened.
    """

    items: NDArray[np.intp]
    properties: Mapping[str, NDArray[np.float64]]
    called: Mapping[str, tuple[str, str]]
    words: Words | None = None
    unreadable: int = 0


def measurable(dataset: Dataset) -> bool:
    """Say whether there is anything to measure: of bare vectors there is not."""
    return dataset.kind != "vector"


def sample(dataset: Dataset, seed: int = 0) -> NDArray[np.intp]:
    """Return which items are measured, ascending."""
    n, most = len(dataset), MOST.get(dataset.kind, len(dataset))
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def measure(
    dataset: Dataset,
    progress: Progress | None = None,
    seed: int = 0,
    pause: float = 0.0,
    pictures_of: Callable[[Callable[[], NDArray[np.float64]]], NDArray[np.float64]] | None = None,
) -> Measures:
    """Measure a dataset's items, opened one after the other; of many only a sample (`MOST`).

    Parameters
    ----------
    progress
        Is told of each block, and may stop it.
    seed
        Of the sample.
    pause
        Seconds that others get the processor after each block.
    pictures_of
        Gives what pictures come to, float64 [M, 6], from a cache or from what it is handed, which measures them.

    Examples
    --------
    >>> import explorer
    >>> found = measure(explorer.read(["good film", "dull"], label=["+", "-"]))
    >>> found.properties["words"].tolist(), found.words.vocabulary
    ([2.0, 1.0], ['good', 'film', 'dull'])
    """
    items, progress = sample(dataset, seed), progress or Progress()
    if isinstance(dataset.content, Table):
        return _of_table(dataset.content, dataset.first_row, items)
    if dataset.kind == "text":
        return _of_texts(_loaded(dataset, items, progress, pause), items)
    if dataset.kind == "image":

        def made() -> NDArray[np.float64]:
            missing = (np.nan,) * len(pictures.WORDS)
            rows = [
                missing if picture is None else pictures.properties(picture)
                for picture in _loaded(dataset, items, progress, pause)
            ]
            return np.array(rows, dtype=np.float64).reshape(len(items), len(pictures.WORDS))

        found = made() if pictures_of is None else pictures_of(made)
        columns = dict(zip(pictures.WORDS, found.T, strict=True))
        return Measures(items, columns, pictures.WORDS, unreadable=int(np.isnan(columns["brightness"]).sum()))
    return Measures(items, {}, {})


def _loaded(dataset: Dataset, items: NDArray[np.intp], progress: Progress, pause: float) -> Iterator[Any]:
    """Yield the content of each item, `None` where it cannot be opened."""
    progress.begin(len(items))
    for at, item in enumerate(items.tolist()):
        try:
            yield dataset.load(item)
        except UnreadableItem:
            yield None
        if at % BLOCK == BLOCK - 1:
            progress.advance(BLOCK)
            if pause:
                time.sleep(pause)


def _of_texts(loaded: Iterator[str | None], items: NDArray[np.intp]) -> Measures:
    lengths, of_script = np.full(len(items), np.nan), np.full(len(items), texts.NONE, dtype=object)

    def read() -> Iterator[str]:
        for at, text in enumerate(loaded):
            if text is not None:
                lengths[at], of_script[at] = len(text.split()), texts.script(text)
            yield text or ""

    found = words_of(read())
    columns: dict[str, NDArray[np.float64]] = {"words": lengths}
    called = {"words": ("shorter in words", "longer in words")}
    for name in sorted(set(of_script.tolist())):
        here = of_script == name
        if FEWEST <= here.sum() < len(items):
            columns[f"{name} script"] = np.where(np.isnan(lengths), np.nan, here)
            called[f"{name} script"] = (f"not in {name} script", f"in {name} script")
    return Measures(items, columns, called, found, int(np.isnan(lengths).sum()))


def _of_table(content: Table, first_row: NDArray[np.int32], items: NDArray[np.intp]) -> Measures:
    rows = first_row[items]
    gaps = {str(name): content.frame[name].isna().to_numpy(dtype=bool)[rows] for name in content.frame.columns}
    often = sorted(
        (name for name in gaps if FEWEST <= gaps[name].sum() < len(rows)), key=lambda name: -gaps[name].sum()
    )
    columns = {f"gap in {name}": gaps[name].astype(np.float64) for name in often[:COLUMNS]}
    called = {
        f"gap in {name}": (f"with a value in “{name}”", f"without a value in “{name}”") for name in often[:COLUMNS]
    }
    return Measures(items, columns, called)
