"""Malformed inputs of every kind, and what must come of them: a value, a counted set-aside, or an error on purpose."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import io
import logging
import math
import os
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from explorer.dataset.dataset import Dataset
from explorer.errors import ExplorerError

T = TypeVar("T")

SOAK = int(os.environ.get("EXPLORER_FUZZ", "10000"))
"""Examples of the long run, all its tests together; `make soak`."""

HANG = 10_000
"""Milliseconds after which an example counts as hanging."""


def lengths(short: int, share: float) -> Any:
    """Run a test for a moment, and once more with its share of the long run."""
    long = pytest.param(max(1, round(SOAK * share)), marks=pytest.mark.soak, id="long")
    return pytest.mark.parametrize("examples", [pytest.param(short, id="short"), long])


def fuzz(check: Callable[[Any], None], examples: int, strategy: st.SearchStrategy[Any]) -> None:
    """Run a check over examples of a strategy; the short run takes the same ones each time."""
    short = examples < 500
    configured = settings(
        max_examples=examples,
        deadline=None if short else HANG,
        derandomize=short,
        database=None,
        print_blob=False,
        phases=[Phase.explicit, Phase.generate] + ([] if short else [Phase.shrink]),
        suppress_health_check=list(HealthCheck),
    )
    log = logging.getLogger("explorer")
    before = log.level
    log.setLevel(logging.CRITICAL)  # thousands of warnings about what is malformed on purpose
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            configured(given(strategy)(lambda example: check(example)))()
    finally:
        log.setLevel(before)


def outcome(call: Callable[[], T]) -> T | ExplorerError:
    """Return a value, or an error that was raised on purpose and says what is wrong; any other goes on."""
    try:
        return call()
    except ExplorerError as found:
        error = found
    assert str(error).strip()
    assert len(str(error)) < 10_000
    return error


def check_dataset(dataset: Dataset) -> None:
    """Hold a dataset to what its users rely on."""
    rows, n = len(dataset.row_item), len(dataset)
    assert n > 0
    assert len(dataset.set_aside) == int((dataset.row_item < 0).sum())
    assert len(dataset.set_aside_table()) == len(dataset.set_aside)
    assert len(dataset.row_given) == len(dataset.row_index) == rows
    assert len(set(dataset.item_ids)) == n
    assert len(set(dataset.classes)) == len(dataset.classes) == len(dataset.class_values)
    assert dataset.given.max(initial=-1) < len(dataset.classes)
    assert (dataset.row_item[dataset.first_row] == np.arange(n)).all()
    for text in (repr(dataset), *dataset.classes, *dataset.item_ids, *dataset.notes):
        text.encode()
    for item in range(min(n, 5)):
        dataset.name(item).encode()
        outcome(lambda item=item: dataset.load(item))  # type: ignore[misc]  # a picture may break when it is decoded
    if dataset.features is not None:
        assert dataset.features.dtype == np.float32
        assert np.isfinite(dataset.features).all()
    if dataset.probs is not None:
        np.testing.assert_allclose(dataset.probs.sum(axis=1), 1, atol=1e-3)


class Colour(enum.Enum):
    RED = 1


def pictures() -> list[Image.Image]:
    """Return small pictures of several modes, some with EXIF data."""
    turned = Image.Exif()
    turned[0x0112] = 6
    made = []
    for mode in ("RGB", "L", "RGBA", "P", "I;16", "F", "1", "CMYK"):
        picture = Image.new(mode, (5, 3), 1)
        picture.info["exif"] = turned.tobytes()
        made.append(picture)
    made.append(Image.fromarray(np.array([[np.nan, np.inf], [-np.inf, 1e38]], dtype=np.float32)))
    return made


def encoded() -> list[bytes]:
    """Return files of pictures in several formats."""
    found = []
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        stream = io.BytesIO()
        Image.new("RGB", (6, 4), (200, 30, 7)).save(stream, kind)
        found.append(stream.getvalue())
    return found


TEXT = st.text(st.characters(exclude_categories=()), max_size=12)  # surrogates, NUL and private characters too
WORDS = st.sampled_from(
    ["cat", "cat ", "dog", "", " ", "nan", "1", "1,5", "[1, 2]", "007", "a\0.png", "x.png", "①", "\udcff"]
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.floats(),
    st.sampled_from([10**30, -(10**400), 10**4100, 2**63, 2**53 + 1, 1e308, 5e-324, math.nan, -0.0]),
)
OTHERS = st.sampled_from(
    [
        decimal.Decimal("NaN"),
        decimal.Decimal("1.5"),
        fractions.Fraction(1, 3),
        1j,
        dt.date(2024, 1, 1),
        dt.datetime(1, 1, 1),
        dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        dt.time(1),
        dt.timedelta(days=1),
        pd.Timestamp("2024", tz="Asia/Tokyo"),
        pd.NaT,
        pd.NA,
        pd.Interval(0, 1),
        pd.Period("2024"),
        np.datetime64("2024-01-01", "ns"),
        np.timedelta64(1, "s"),
        np.float32("nan"),
        np.int8(3),
        np.str_("x"),
        np.void(b"ab"),
        np.array(3),
        np.array(["a"]),
        np.zeros((2, 2)),
        np.full((4, 4, 3), 7, dtype=np.uint8),
        np.zeros((0, 3)),
        np.array([None, 1], dtype=object),
        torch.tensor(3),
        torch.ones(2).bfloat16(),
        torch.zeros(3, 4, 4),
        torch.empty(2, device="meta"),
        sp.csr_matrix(np.eye(2)),
        uuid.UUID(int=1),
        Colour.RED,
        Path("x.png"),
        memoryview(b"abc"),
        bytearray(b"ab"),
        object(),
        object,
        len,
        range(3),
        float,
        Ellipsis,
        NotImplemented,
        ValueError("x"),
    ]
)
FILES = st.one_of(st.binary(max_size=20), st.sampled_from([*encoded(), *(b[:-9] for b in encoded())]))
DICTS = st.one_of(
    st.fixed_dictionaries({"bytes": st.one_of(st.none(), FILES), "path": st.one_of(st.none(), WORDS)}),
    st.dictionaries(WORDS, NUMBERS, max_size=2),
)
PLAIN = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT, WORDS)
CELLS = st.one_of(PLAIN, PLAIN, OTHERS, FILES, DICTS, st.sampled_from(pictures()), st.lists(PLAIN, max_size=3))
NESTED = st.recursive(
    CELLS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.tuples(inner, inner)), max_leaves=6
)


@st.composite
def columns(draw: st.DrawFn, rows: int) -> Any:
    """Draw the cells of one column: of one kind, or of all."""
    few = st.sampled_from(["a", "b", "c"])
    kind = draw(
        st.sampled_from(
            [few, few, PLAIN, NUMBERS, TEXT, WORDS, FILES, DICTS, CELLS, OTHERS, NESTED, st.floats(), st.integers(0, 2)]
        )
    )
    cells = draw(st.lists(kind, min_size=rows, max_size=rows))
    made = draw(st.integers(0, 7))
    try:
        if made == 0:
            return pd.Categorical(cells)
        if made == 1:
            return pd.array(cells)
        if made == 2:
            return np.array(cells)
    except Exception:  # numpy and pandas cannot hold these: as a list, then
        pass
    series = pd.Series([None] * rows, dtype=object)
    for row, cell in enumerate(cells):
        series.iat[row] = cell
    return series


def _series(cells: Any) -> pd.Series[Any]:
    try:
        return pd.Series(cells).reset_index(drop=True)
    except (UnicodeEncodeError, ValueError):  # Arrow holds no half characters, pandas no arrays of two dimensions
        return pd.Series(list(cells), dtype=object)


NAMES = st.one_of(
    st.sampled_from(["label", "text", "image", "emb", "p_a", "p_b", "id", "x", "Unnamed: 0", "", " "]),
    st.integers(-1, 2),
    st.none(),
    TEXT,
    st.tuples(st.just("a"), st.just("b")),
)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a table."""
    rows = draw(st.integers(0, 12))
    parts = [_series(draw(columns(rows))) for _ in range(draw(st.integers(0, 4)))]
    if draw(st.booleans()):
        parts.append(pd.Series(draw(st.lists(st.sampled_from(["a", "b"]), min_size=rows, max_size=rows)), dtype=object))
    frame = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=pd.RangeIndex(rows))
    several = st.lists(NAMES, min_size=len(parts), max_size=len(parts), unique_by=str)
    names = draw(several) if draw(st.integers(0, 4)) != 3 else [draw(NAMES) for _ in parts]
    if parts and "label" not in names and draw(st.integers(0, 4)) != 3:
        names[-1] = "label"
    frame.columns = pd.Index(names, dtype=object) if draw(st.integers(0, 5)) else pd.Index(range(len(names)))
    index = draw(st.integers(0, 3))
    if index == 1:
        frame.index = pd.Index(draw(st.permutations(range(rows))), name="id")
    elif index == 2:
        frame.index = pd.MultiIndex.from_product([["u"], range(rows)], names=["id", None])
    return frame


@st.composite
def containers(draw: st.DrawFn) -> Any:
    """Draw something that may hold labels, features, keys or items."""
    rows = draw(st.integers(0, 12))
    cells = draw(st.one_of(st.lists(CELLS, max_size=12), columns(rows)))
    made = draw(st.integers(0, 9))
    if made == 0:
        return draw(NESTED)
    if made == 1:
        return tuple(cells)
    if made == 2:
        return (cell for cell in list(cells))
    if made == 3:
        return pd.Series(list(cells), index=draw(st.permutations(range(len(cells)))), dtype=object)
    if made == 4:
        return draw(ARRAYS)
    if made == 5:
        array = draw(ARRAYS)
        return torch.tensor(array.astype(np.float32)) if array.dtype.kind in "fiub" else array.tolist()
    return cells


@st.composite
def _arrays(draw: st.DrawFn) -> Any:
    shape = draw(st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 12]), max_size=5))
    dtype = draw(st.sampled_from(["f2", "f4", "f8", "i1", "u1", "u8", "?", "c8", "M8[ns]", "m8[s]", "O", "S2", "U2"]))
    values = draw(st.sampled_from([0, 1, 255, -1, math.nan, math.inf, 1e300]))
    size = int(np.prod(shape))
    with np.errstate(all="ignore"):
        base = np.resize(np.array([values, 0.0, 1.0, 0.5]), size).reshape(shape)
        try:
            return base.astype(dtype)
        except (ValueError, TypeError, OverflowError):
            return base


ARRAYS = _arrays()
ANY = st.one_of(containers(), frames(), ARRAYS, NESTED, OTHERS)


@st.composite
def mutated(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Draw the bytes of a file with some of them flipped, cut, put in or doubled."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        how = draw(st.integers(0, 4))
        if how == 0 and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif how == 1:
            del data[at:]
        elif how == 2:
            data[at:at] = draw(st.binary(max_size=6))
        elif how == 3:
            data[at:at] = data[at : at + draw(st.integers(0, 60))]
        else:
            del data[at : at + draw(st.integers(0, 9))]
    return bytes(data)
