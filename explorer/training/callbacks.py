"""Callbacks that record a training: of Lightning and of Keras, neither of which is imported before it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError, ExplorerError
from explorer.training.recorder import Recorder

LEAST = 1e-12
"""Least probability whose logarithm is taken for a logit."""

Batch = Callable[[Any, Any], tuple[Any, Any, Any]]
"""Takes what a step returned and its batch; returns indices, logits and labels."""


def last_of_batch(outputs: Any, batch: Any) -> tuple[Any, Any, Any]:
    """Return indices, logits and labels of a batch (item, label, row) whose step returned {"loss": …, "logits": …}.

    Raises
    ------
    DataError
        The step returned no logits, or the batch has no three parts.
    """
    if not isinstance(outputs, dict) or "logits" not in outputs:
        raise DataError(
            "The step returned no logits.", 'Return {"loss": loss, "logits": logits} from training_step, or give read=.'
        )
    if not isinstance(batch, list | tuple) or len(batch) < 3:
        raise DataError(
            "The batch does not say which rows it holds.",
            "Wrap the dataset: DataLoader(explorer.training.Numbered(dataset)), or give read=.",
        )
    return batch[-1], outputs["logits"], batch[1]


class LightningHooks:
    """The hooks of a Lightning callback that record; see `lightning_callback`."""

    def __init__(self, recorder: Recorder, read: Batch = last_of_batch) -> None:
        super().__init__()
        self.recorder = recorder
        self.read = read

    def on_train_batch_end(self, _trainer: Any, _module: Any, outputs: Any, batch: Any, *_: Any, **__: Any) -> None:
        """Record what the items are predicted as that the step has trained on."""
        self.recorder.record(*self.read(outputs, batch))

    def on_validation_batch_end(self, trainer: Any, _module: Any, outputs: Any, batch: Any, *_: Any, **__: Any) -> None:
        """Record items that are held out; those of the check before the training are not."""
        if not getattr(trainer, "sanity_checking", False) and outputs is not None:
            self.recorder.record(*self.read(outputs, batch), held_out=True)

    def on_train_epoch_end(self, *_: Any, **__: Any) -> None:
        """Go on to the next epoch; the validation of this one has run by then."""
        self.recorder.end_epoch()

    def on_fit_end(self, *_: Any, **__: Any) -> None:
        """End the training: another `fit` is another fold."""
        self.recorder.end_training()


def lightning_callback(recorder: Recorder, read: Batch = last_of_batch) -> Any:
    """Return a Lightning `Callback` for `Trainer(callbacks=[…])` that records every epoch.

    Parameters
    ----------
    read
        Takes what `training_step` or `validation_step` returned and the batch, and returns indices, logits and labels.
        By default the batch is (item, label, row), as of `Numbered`, and the step returns {"loss": …, "logits": …}. A
        validation step that returns nothing is not recorded.

    Raises
    ------
    ExplorerError
        Lightning is not installed.
    """
    base = _first("A Lightning callback", ("lightning.pytorch", "pytorch_lightning"), "lightning")
    return type("RecorderCallback", (LightningHooks, base), {})(recorder, read)


class KerasHooks:
    """The hooks of a Keras callback that record; see `keras_callback`."""

    model: Any

    def __init__(
        self,
        recorder: Recorder,
        x: Any,
        y: Any,
        rows: Sequence[int] | NDArray[Any] | None = None,
        *,
        validation: tuple[Any, Any, Any] | None = None,
        logits: bool = False,
        batch_size: int = 256,
    ) -> None:
        super().__init__()
        self.recorder = recorder
        self.data = {False: (x, np.asarray(y), np.arange(len(y)) if rows is None else np.asarray(rows))}
        if validation is not None:
            vx, vy, vrows = validation
            self.data[True] = (vx, np.asarray(vy), np.asarray(vrows))
        self.logits = logits
        self.batch_size = batch_size

    def on_epoch_end(self, _epoch: int, _logs: Any = None) -> None:
        """Predict all items, and record them."""
        for held_out, (x, y, rows) in self.data.items():
            found = np.asarray(self.model.predict(x, batch_size=self.batch_size, verbose=0))
            if not self.logits:
                p = found.reshape(len(found), -1)
                p = np.concatenate([1 - p, p], axis=1) if p.shape[1] == 1 else p
                found = np.log(np.maximum(p, LEAST))
            labels = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)
            self.recorder.record(rows, found, labels, held_out=held_out)
        self.recorder.end_epoch()

    def on_train_end(self, _logs: Any = None) -> None:
        """End the training: another `fit` is another fold."""
        self.recorder.end_training()


def keras_callback(
    recorder: Recorder,
    x: Any,
    y: Any,
    rows: Sequence[int] | NDArray[Any] | None = None,
    *,
    validation: tuple[Any, Any, Any] | None = None,
    logits: bool = False,
    batch_size: int = 256,
) -> Any:
    """Return a Keras `Callback` for `model.fit(callbacks=[…])` that records every epoch.

    Keras shows a callback no predictions, so all items are predicted anew at the end of each epoch.

    Parameters
    ----------
    x, y, rows
        What `fit` trains on, its labels (numbers or one-hot), and the rows of it in the data; by default all in order.
    validation
        Items that it does not train on: (x, y, rows).
    logits
        Whether the model ends in logits; by default in probabilities.
    batch_size
        Items predicted at once.

    Raises
    ------
    ExplorerError
        Keras is not installed.
    """
    base = _first("A Keras callback", ("keras.callbacks", "tensorflow.keras.callbacks"), "keras")
    made = type("RecorderCallback", (KerasHooks, base), {})
    return made(recorder, x, y, rows, validation=validation, logits=logits, batch_size=batch_size)


def _first(what: str, modules: Sequence[str], package: str) -> type:
    """Return the class `Callback` of the first module that is installed."""
    for name in modules:
        try:
            found: type = importlib.import_module(name).Callback
        except ImportError:
            continue
        return found
    raise ExplorerError(
        f"{what} needs the package {package!r}, which is not installed.", f"Install it with: pip install {package}"
    )
