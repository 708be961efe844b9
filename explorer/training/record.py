"""The arrays that a recorder writes to: of items that are trained on, or of those that are held out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError

LARGE = 2**28
"""Bytes beyond which an array lies in a file."""

LARGEST = 6e4
"""Largest margin that is told from larger ones: beyond, half precision has no numbers."""

MOST = 255
"""Most records of one item and epoch that are counted; further ones weigh like the last."""


class Record:
    """What was predicted for N items at up to T epochs, averaged over the times that it was.

    Parameters
    ----------
    n, epochs
        N and T.
    moments
        Epochs at which all probabilities are kept.
    folder
        Where large arrays lie; by default a temporary folder.
    """

    def __init__(self, n: int, epochs: int, moments: tuple[int, ...], folder: str | Path | None = None) -> None:
        self.n, self.epochs, self.moments = n, epochs, moments
        self._folder = folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._course: NDArray[np.float16] | None = None  # [N, T, 2]
        self._times: NDArray[np.uint8] | None = None  # [N, T]
        self._kept: NDArray[np.float16] | None = None  # [C, N, K]
        self._kept_times: NDArray[np.uint8] | None = None  # [C, N]
        self._last: NDArray[np.float16] | None = None  # [N, K]
        self._done = 0

    @property
    def items(self) -> int:
        """How many items were recorded."""
        return 0 if self._times is None else int(self._times.any(axis=1).sum())

    def add(self, epoch: int, rows: NDArray[np.intp], logits: NDArray[np.float32], labels: NDArray[np.int32]) -> None:
        """Write down the logits [B, K] of a batch with its labels [B]."""
        self._make(logits.shape[1])
        assert self._course is not None
        assert self._times is not None
        assert self._last is not None
        each = np.arange(len(rows))
        top = logits.max(axis=1, keepdims=True)
        probs = np.exp(logits - top)
        probs /= probs.sum(axis=1, keepdims=True)
        others = logits.copy()
        others[each, labels] = -np.inf
        margin = logits[each, labels] - others.max(axis=1, initial=-np.inf)
        values = np.stack([probs[each, labels], margin.clip(-LARGEST, LARGEST)], axis=1)
        # One at a time where an item is there more than once, as with weighted sampling.
        for part in _distinct(rows):
            at = rows[part]
            times = self._times[at, epoch]
            self._course[at, epoch] = _mean(self._course[at, epoch], values[part], times)
            self._times[at, epoch] = np.minimum(times, MOST - 1) + 1
            self._last[at] = probs[part]
            if epoch in self.moments and self._kept is not None and self._kept_times is not None:
                c = self.moments.index(epoch)
                before = self._kept_times[c, at]
                self._kept[c, at] = _mean(self._kept[c, at], probs[part], before)
                self._kept_times[c, at] = np.minimum(before, MOST - 1) + 1
        self._done = max(self._done, epoch + 1)

    def dynamics(self) -> NDArray[np.float16]:
        """Return the course float16 [N, T, 2] up to the last epoch recorded; gaps have what was before, or after."""
        if self._course is None or self._times is None or not self.items:
            raise DataError("Nothing was recorded.", "Call record() in the training loop.")
        known = self._times[:, : self._done] > 0
        course = np.array(self._course[:, : self._done])
        gaps = known.any(axis=1) & ~known.all(axis=1)
        if gaps.any():
            rows = np.flatnonzero(gaps)
            there = known[rows]
            at = np.maximum.accumulate(np.where(there, np.arange(self._done), -1), axis=1)
            at = np.where(at < 0, there.argmax(axis=1)[:, None], at)
            course[rows] = np.take_along_axis(course[rows], at[:, :, None], axis=1)
        return course

    def checkpoints(self) -> NDArray[np.float16]:
        """Return the probabilities float16 [C, N, K] at the moments that were recorded; NaN for other items."""
        reached = [] if self._kept_times is None else np.flatnonzero(self._kept_times.any(axis=1)).tolist()
        if self._kept is None or not reached:
            raise DataError("No checkpoint was recorded.", "Make the recorder with checkpoints=5, and record epochs.")
        return np.array(self._kept[reached])

    def last(self) -> NDArray[np.float32]:
        """Return the newest probabilities float32 [N, K]; NaN for items without any."""
        if self._last is None:
            raise DataError("No item was held out.", "Record such batches with held_out=True.")
        return self._last.astype(np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what `restored` takes."""
        found: dict[str, NDArray[Any]] = {"dynamics": self.dynamics()}
        if self._last is not None:
            found["probs"] = np.asarray(self._last)
        if self._kept_times is not None and self._kept_times.any():
            found["checkpoints"] = self.checkpoints()
            found["reached"] = np.array(self.moments)[self._kept_times.max(axis=1) > 0]
        return found

    @classmethod
    def restored(cls, n: int, epochs: int, moments: tuple[int, ...], arrays: dict[str, NDArray[Any]]) -> Record:
        """Return a record of arrays that `arrays` returned."""
        made = cls(n, epochs, moments)
        if "dynamics" not in arrays:
            return made
        course, probs = arrays["dynamics"].astype(np.float16), arrays["probs"].astype(np.float16)
        if course.shape != (n, course.shape[1], 2) or course.shape[1] > epochs or len(probs) != n:
            raise ValueError(f"dynamics of the shape {course.shape}")
        made._make(probs.shape[1])
        assert made._course is not None
        assert made._times is not None
        assert made._last is not None
        made._done = course.shape[1]
        made._course[:, : made._done] = course
        made._times[:, : made._done] = np.isfinite(course[..., 1])
        made._last[:] = probs
        if made._kept is not None and made._kept_times is not None and "checkpoints" in arrays:
            for moment, values in zip(arrays["reached"].tolist(), arrays["checkpoints"], strict=True):
                c = moments.index(moment)
                made._kept[c] = values
                made._kept_times[c] = np.isfinite(values).all(axis=1)
        return made

    def _make(self, k: int) -> None:
        """Make the arrays, once it is known how many classes there are."""
        if self._course is not None:
            return
        self._course = self._empty("dynamics", (self.n, self.epochs, 2))
        self._times = np.zeros((self.n, self.epochs), dtype=np.uint8)
        self._last = self._empty("last", (self.n, k))
        if self.moments:
            self._kept = self._empty("checkpoints", (len(self.moments), self.n, k))
            self._kept_times = np.zeros((len(self.moments), self.n), dtype=np.uint8)

    def _empty(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float16]:
        """Return an array of NaN, in a file where it is large."""
        if 2 * int(np.prod(shape, dtype=object)) <= LARGE:
            return np.full(shape, np.nan, dtype=np.float16)
        if self._folder is None:
            self._temporary = self._temporary or tempfile.TemporaryDirectory(prefix="explorer-recorder-")
            folder = Path(self._temporary.name)
        else:
            folder = Path(tempfile.mkdtemp(prefix="recorder-", dir=Path(self._folder).expanduser()))
        made: NDArray[np.float16] = np.lib.format.open_memmap(
            folder / f"{name}.npy", mode="w+", dtype=np.float16, shape=shape
        )
        made[:] = np.nan
        return made


def _mean(before: NDArray[np.float16], now: NDArray[np.float32], times: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean of `times` values [B, ·] and one more."""
    old = np.where(times[:, None] > 0, before.astype(np.float32), 0)
    result: NDArray[np.float32] = old + (now - old) / (times[:, None].astype(np.float32) + 1)
    return result


def _distinct(rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the places of a batch in parts in which no row is twice; mostly there is one part."""
    left = np.arange(len(rows))
    parts = []
    while len(left):
        _, first = np.unique(rows[left], return_index=True)
        parts.append(left[np.sort(first)])
        left = np.delete(left, first)
    return parts
