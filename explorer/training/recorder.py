"""`Recorder`: writes down, batch by batch, what a training says of every item's label."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.training.record import Record
from explorer.utils import files
from explorer.utils.numbers import whole
from explorer.utils.text import are, counted

FORMAT = 1
"""Version of the file format that `save` writes."""

NOT_TRAINED = -1
"""Label of an item that was not recorded."""


class Recorder:
    """The course of one training, or of several (folds), over N items; made for any loop.

    Predictions on items that a model trains on, and on items that are held out from it, are kept apart: only the first
    are the dynamics that methods such as the averaged margin were made for, and only the second are probabilities that
    can be given as `probs=`. Arrays are of half precision, made once, and in files where they are large.

    Parameters
    ----------
    n
        N, rows of the data that is read: they are recorded by their numbers there.
    epochs
        Most epochs of one training.
    checkpoints
        Moments at which all predictions are kept, geometrically spaced, the last epoch included; 2·N·K bytes each. No
        more than there are epochs.
    folder
        Where large arrays lie; by default a temporary folder that goes with the recorder.

    Examples
    --------
    >>> recorder = Recorder(3, epochs=2)
    >>> for _ in range(2):
    ...     recorder.record([2, 0], [[2.0, 0.0], [0.0, 1.0]], [0, 0])
    ...     recorder.end_epoch()
    >>> recorder.dynamics().shape, float(recorder.dynamics()[2, 0, 1]), recorder.labels.tolist()
    ((3, 2, 2), 2.0, [0, -1, 0])
    """

    def __init__(self, n: int, epochs: int, *, checkpoints: int = 5, folder: str | Path | None = None) -> None:
        self.n = whole(n, 1, 2**31 - 1, f"A recorder of n={n!r} items cannot be made.", "Give the number of rows")
        self.epochs = whole(epochs, 1, 100_000, f"epochs={epochs!r} is no number of epochs.", "Give the most there are")
        count = whole(checkpoints, 0, 1000, f"checkpoints={checkpoints!r} is no number of moments.", "Give how many")
        self.moments = moments(self.epochs, min(count, self.epochs))
        self.epoch = 0
        self.trainings = 0
        self._labels = np.full(self.n, NOT_TRAINED, dtype=np.int32)
        self._parts = {held_out: Record(self.n, self.epochs, self.moments, folder) for held_out in (False, True)}
        self._classes = 0

    @property
    def labels(self) -> NDArray[np.int32]:
        """Label that each item was recorded with, int32 [N], as the training numbers the classes; -1 = none."""
        return self._labels.copy()

    def __repr__(self) -> str:
        seen = int((self._labels >= 0).sum())
        more = f", {counted(self.trainings, 'training')} ended" if self.trainings else ""
        return f"Recorder({seen:,} of {self.n:,} items, epoch {self.epoch} of {self.epochs}{more})"

    def record(self, indices: Any, logits: Any, labels: Any, *, held_out: bool = False) -> None:
        """Write down a batch of this epoch.

        Parameters
        ----------
        indices
            int [B]: rows of the items in the data, not their places in the batch or the loader.
        logits
            float [B, K], before the softmax; [B] or [B, 1] of two classes. Tensors need no detaching.
        labels
            int [B]: class that each item is trained on, 0 to K − 1; rows below 0 are left out.
        held_out
            The model does not train on these items.

        Raises
        ------
        DataError
            Arrays of different lengths, rows or classes that do not exist, logits that are not finite, an item that
            was recorded with another label before, more epochs than the recorder was made for.
        """
        if self.epoch >= self.epochs:
            raise DataError(
                f"The recorder was made for {counted(self.epochs, 'epoch')}, and they have ended.",
                "Make it with epochs= of the longest training, or call end_training() before the next one.",
            )
        rows, values, given = self._batch(indices, logits, labels)
        before = self._labels[rows]
        other = (before >= 0) & (before != given)
        if other.any():
            at = int(np.flatnonzero(other)[0])
            raise DataError(
                f"Row {int(rows[at])} was recorded with the label {int(before[at])} and is now with {int(given[at])}; "
                f"{counted(int(other.sum()), 'row')} {are(int(other.sum()))} like it.",
                "Give the rows of the data as indices (explorer.training.Numbered adds them), not places in a batch.",
            )
        self._labels[rows] = given
        self._parts[held_out].add(self.epoch, rows, values, given)

    def end_epoch(self) -> None:
        """Go on to the next epoch."""
        self.epoch += 1

    def end_training(self) -> None:
        """Begin at the first epoch again: what follows is another training, of another fold. Records are averaged."""
        if self.epoch:
            self.trainings += 1
        self.epoch = 0

    def dynamics(self, *, held_out: bool = False) -> NDArray[np.float16]:
        """Return the probability of the label and its logit margin, float16 [N, T, 2].

        Over several trainings it is the mean of those that recorded the item. An epoch that lacks an item (the last
        batch was dropped) has what the epoch before says; an item that was never recorded is NaN.

        Parameters
        ----------
        held_out
            Of the epochs at which an item was held out, instead of those at which it was trained on.

        Raises
        ------
        DataError
            Nothing was recorded.
        """
        return self._parts[held_out].dynamics()

    def checkpoints(self, *, held_out: bool | None = None) -> NDArray[np.float16]:
        """Return the predicted probabilities at the moments that were reached, float16 [C, N, K].

        Parameters
        ----------
        held_out
            Of held-out items, or of trained ones; by default held-out ones where these are as many.

        Raises
        ------
        DataError
            Nothing was recorded at any of the moments.
        """
        if held_out is None:
            held_out = self._parts[True].items > 0 and self._parts[True].items >= self._parts[False].items
        return self._parts[held_out].checkpoints()

    def probs(self) -> NDArray[np.float32]:
        """Return held-out probabilities, float32 [N, K], of the last epoch of each training; give them as `probs=`.

        Raises
        ------
        DataError
            Not every recorded item was held out once.
        """
        held = self._parts[True]
        found = held.last()
        lost = (self._labels >= 0) & np.isnan(found).any(axis=1)
        if lost.any():
            raise DataError(
                f"{counted(int(lost.sum()), 'item')} {are(int(lost.sum()))} never held out, the first in row "
                f"{int(np.flatnonzero(lost)[0])}.",
                "Train once for each fold, record its items with held_out=True, and call end_training() after each.",
            )
        found[np.isnan(found).any(axis=1)] = 1 / max(1, found.shape[1])
        return found

    def save(self, path: str | Path) -> Path:
        """Write it as .npz (arrays alone, no pickle); `explorer.read(dynamics=path, checkpoints=path)` takes the file.

        A file of that name stays as it was until the new one is whole.

        Raises
        ------
        DataError
            Nothing was recorded, or a path of another ending.
        """
        place = Path(path).expanduser()
        if place.suffix.lower() != ".npz":
            raise DataError(f"{str(place)!r} does not end in .npz.", "Give a path that does.")
        arrays: dict[str, NDArray[Any]] = {}
        for held_out, part in self._parts.items():
            if part.items:
                arrays.update({f"{'held_out_' * held_out}{name}": values for name, values in part.arrays().items()})
        if "dynamics" not in arrays and "held_out_dynamics" not in arrays:
            raise DataError("Nothing was recorded.", "Call record() in the training loop.")
        numbers = np.array([FORMAT, self.n, self.epochs, self.epoch, self.trainings], dtype=np.int64)
        with files.replacing(place) as file:
            np.savez(file, recorder=numbers, moments=np.array(self.moments), labels=self._labels, **arrays)  # type: ignore[arg-type]
        return place

    @classmethod
    def load(cls, path: str | Path) -> Recorder:
        """Read what `save` wrote.

        Parameters
        ----------
        path
            Of a .npz file that `save` wrote.

        Raises
        ------
        DataError
            The file is none of a recorder, is damaged, or was written by a newer version.
        """
        try:
            with np.load(Path(path).expanduser(), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            version, n, epochs, epoch, trainings = arrays.pop("recorder").tolist()
            found = cls(n, epochs, checkpoints=0)
            found.moments = tuple(arrays.pop("moments").tolist())
            found.epoch, found.trainings = epoch, trainings
            found._labels = arrays.pop("labels").astype(np.int32)
            for held_out in (False, True):
                mark = "held_out_" * held_out
                own = {
                    name.removeprefix(mark): values
                    for name, values in arrays.items()
                    if name.startswith("held_out_") == held_out
                }
                found._parts[held_out] = Record.restored(n, epochs, found.moments, own)
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(
                f"{str(path)!r} is no file of a recorder ({error}).", "Record the training again."
            ) from error
        if version > FORMAT:
            raise DataError(f"{str(path)!r} was written by a newer version of this package.", "Upgrade the package.")
        return found

    def _batch(
        self, indices: Any, logits: Any, labels: Any
    ) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.int32]]:
        """Return a batch as plain arrays, checked, without the rows that have no label."""
        rows, values, given = _plain(indices), _plain(logits), _plain(labels)
        if values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1):
            flat = values.reshape(-1)
            values = np.stack([np.zeros_like(flat), flat], axis=1)  # one logit is the second class's, the first's is 0
        if rows.ndim != 1 or values.ndim != 2 or given.shape != rows.shape or len(values) != len(rows):
            raise DataError(
                f"The batch has indices of the shape {rows.shape}, logits of {values.shape} and labels of "
                f"{given.shape}.",
                "Give one index, one row of logits [B, K] and one label an item.",
            )
        for what, array in (("indices", rows), ("labels", given)):
            whole_numbers = array.dtype.kind in "iu" or (
                array.dtype.kind == "f" and bool((array == np.floor(array)).all())
            )
            if len(array) and not whole_numbers:
                raise DataError(f"The {what} of the batch are of the type {array.dtype}.", "Give whole numbers.")
        rows, given = rows.astype(np.intp), given.astype(np.int32)
        labelled = given >= 0
        rows, values, given = rows[labelled], values[labelled].astype(np.float32), given[labelled]
        if len(rows) and (rows.min() < 0 or rows.max() >= self.n):
            outside = rows[(rows < 0) | (rows >= self.n)][0]
            raise DataError(
                f"There is no row {int(outside)}: rows go from 0 to {self.n - 1:,}.", "Give rows of the data."
            )
        k = values.shape[1]
        if self._classes not in (0, k):
            raise DataError(f"The logits have {k} columns, and had {self._classes} before.", "Record one training.")
        self._classes = k
        if len(given) and given.max() >= k:
            at = int(np.flatnonzero(given >= k)[0])
            raise DataError(
                f"Row {int(rows[at])} has the label {int(given[at])}, and the logits have {k} columns.",
                "Give labels from 0 to K − 1.",
            )
        finite = np.isfinite(values).all(axis=1)
        if not finite.all():
            at = int(np.flatnonzero(~finite)[0])
            raise DataError(
                f"The logits of row {int(rows[at])} are not finite in epoch {self.epoch}; "
                f"{counted(int((~finite).sum()), 'row')} {are(int((~finite).sum()))} like it.",
                "The training has diverged: lower the learning rate, or clip the gradients.",
            )
        return rows, values, given


def moments(epochs: int, count: int) -> tuple[int, ...]:
    """Return the epochs, from 0, at which predictions are kept: geometric, as the first ones move them most.

    >>> moments(20, 5)
    (1, 2, 5, 10, 19)
    """
    chosen = {round(epochs ** ((c + 1) / count)) - 1 for c in range(count)}
    spare = [epoch for epoch in range(epochs) if epoch not in chosen][: count - len(chosen)]
    return tuple(sorted([*chosen, *spare]))


def _plain(values: Any) -> NDArray[Any]:
    """Return an array or a tensor, wherever it is and whatever it requires, as an array of numpy."""
    if hasattr(values, "detach") and hasattr(values, "cpu"):
        tensor = values.detach().cpu()
        return np.asarray((tensor.float() if tensor.is_floating_point() else tensor).numpy())
    return np.asarray(values)
