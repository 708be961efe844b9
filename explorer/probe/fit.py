"""The probe: one linear softmax classifier per fold, all of them fitted at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.engine.threads import torch_workers
from explorer.errors import DataError
from explorer.probe.folds import assign
from explorer.probe.linear import Linear
from explorer.probe.suites import KINDS, Planted, Suites, plant
from explorer.progress import Progress
from explorer.utils.ordering import canonical_order

if TYPE_CHECKING:
    import pandas as pd

EPOCHS = 20
"""Points at which the dynamics are recorded."""

PENALTIES = (0.25, 1.0, 4.0)
"""Weights of the squared weights to choose from (logistic regression's 1/C, for vectors of total variance 1)."""

CHOSEN_ON = 3_000
"""Most items that the choice is made on."""

CHOOSING = 6
"""Rounds of optimisation for the choice."""


@dataclass(frozen=True, eq=False)
class Probe:
    """What the probe says about N items of K classes.

    Attributes
    ----------
    probs
        float32 [N, K]: each row from a classifier that did not see the item; an unlabelled item, and one that is alone
        in its class, gets the mean of all classifiers.
    dynamics
        float16 [N, T, 2]: probability of the given label, and its logit minus the largest other one, at T points of the
        training, mean over the classifiers that trained on the item; NaN where unlabelled.
    accuracy
        Share of the labelled items whose given label is the most probable class; NaN if there are none.
    per_class
        Table with a row a class: `items`, `accuracy`.
    seconds
        How long it took.
    penalty
        The penalty that was chosen; NaN where there was nothing to fit.
    suites
        The probe suites and how their training went; `None` where they were not asked for, or could not be made (fewer
        than two classes, or hardly an item that the probe gets right).
    checkpoints
        float16 [C, N, K]: `probs` as they stood at C geometrically spaced epochs, the last one included; `None` where
        they were not asked for.
    """

    probs: NDArray[np.float32]
    dynamics: NDArray[np.float16]
    accuracy: float
    per_class: pd.DataFrame
    seconds: float
    penalty: float = float("nan")
    suites: Suites | None = None
    checkpoints: NDArray[np.float16] | None = None


def out_of_fold(
    vectors: NDArray[Any],
    labels: NDArray[np.int32],
    n_classes: int,
    *,
    ids: Sequence[Any] | NDArray[Any] | None = None,
    folds: int = 5,
    seed: int = 0,
    device: str | None = None,
    progress: Progress | None = None,
    suites: bool = False,
    checkpoints: int = 0,
    silent: NDArray[np.bool_] | None = None,
) -> Probe:
    """Fit the probe and predict every item by a classifier that was not trained on it.

    Multinomial logistic regression by L-BFGS on all items at once. The penalty is the one of `PENALTIES` whose held-out
    log loss is lowest on a part of the items. Deterministic for a seed and a device.

    Parameters
    ----------
    vectors
        float [N, D], finite. They are centred and scaled by one factor here.
    labels
        int32 [N]: class codes, -1 for unlabelled.
    ids
        [N] item ids; with them the folds do not depend on the order of the rows.
    folds
        How many classifiers; no more than there are labelled items.
    seed
        Varies the folds.
    device
        "cpu", "cuda", "mps" …
    suites
        Train the probe suites along with the data: up to 2.5 % more rows for the probe (more below 1,200 items), which
        move the probabilities a little. Copies are held out together with their originals.
    checkpoints
        C, how often to keep the held-out probabilities, at most `EPOCHS`. They take 2·C·N·K bytes: 5 MB for five of
        50,000 items with 10 classes, 500 MB with 1,000. Small data are learnt within the first few epochs, and later
        checkpoints are then alike.
    silent
        bool [N]: items whose labels teach nothing, as if they were removed; folds are those of all labels, and these
        items are held out in theirs. Not together with `suites`.

    Raises
    ------
    DataError
        Lengths that differ, vectors that are not finite, fewer than two folds, more checkpoints than epochs.
    Cancelled
        When `progress` says so.

    Examples
    --------
    >>> labels = np.repeat([0, 1], 30).astype(np.int32)
    >>> vectors = np.random.default_rng(0).normal(size=(60, 3)) + 6 * labels[:, None]
    >>> found = out_of_fold(vectors, labels, n_classes=2)
    >>> found.probs.shape, found.accuracy > 0.9
    ((60, 2), True)
    """
    progress = progress or Progress()
    began = time.perf_counter()
    vectors, labels = np.asarray(vectors), np.asarray(labels, dtype=np.int32)
    n = len(labels)
    _check(vectors, labels, n_classes, folds, checkpoints)
    if silent is not None and (suites or silent.shape != labels.shape):
        raise DataError("Items are silenced one mark each, and not beside probe suites.")
    if ids is None:
        order = np.random.default_rng(seed).permutation(n)
    else:
        order = canonical_order([f"{seed}:{i}" for i in ids], n)
    known = labels >= 0
    present = np.unique(labels[known])
    probs = np.full((n, n_classes), 1 / max(1, n_classes), dtype=np.float32)
    dynamics = np.full((n, EPOCHS, 2), np.nan, dtype=np.float16)
    kept = np.empty((checkpoints, n, n_classes), dtype=np.float16)
    penalty = float("nan")
    planted = None
    if len(present) > 1:
        folds = min(folds, int(known.sum()))
        device = device or "cpu"
        trial = len(PENALTIES) * min(int(known.sum()), CHOSEN_ON)
        work, note = CHOOSING * trial + EPOCHS * n, f"linear probe, {folds} folds"
        progress.begin(CHOOSING + EPOCHS, unit="epochs", device=device, note=note, work=work)
        with torch_workers("probe") if device.startswith("cpu") else nullcontext() as pool:
            fitted, penalty, planted = _start(
                vectors[order],
                labels[order],
                n_classes,
                folds,
                device,
                pool,
                progress,
                seed if suites else None,
                None if silent is None else silent[order],
            )
            record = _train(fitted, kept, order, progress)
            probs[order], dynamics[order] = fitted.predict()[:n], record[:n]
        progress.finish()
    else:
        if len(present) == 1:
            # Nothing to tell apart: the one class is certain.
            probs[:] = 0
            probs[:, present[0]] = 1
            dynamics[known] = (1, 0)
        kept[:] = probs
    found = None
    if planted is not None:
        found = Suites(KINDS, planted.kind, np.concatenate([record[planted.reference], record[n:]]))
    right = probs.argmax(axis=1) == labels if n_classes else np.zeros(n, dtype=bool)
    accuracy = float(right[known].mean()) if known.any() else float("nan")
    per_class = _per_class(labels, right, n_classes)
    seconds = time.perf_counter() - began
    return Probe(probs, dynamics, accuracy, per_class, seconds, penalty, found, kept if checkpoints else None)


def _start(
    x: NDArray[Any],
    y: NDArray[np.int32],
    n_classes: int,
    folds: int,
    device: str,
    pool: ThreadPoolExecutor | None,
    progress: Progress,
    seed: int | None,
    silent: NDArray[np.bool_] | None = None,
) -> tuple[Linear, float, Planted | None]:
    """Choose the penalty; return the classifiers to train, the penalty, and the suites, made where there is a seed."""
    part = np.flatnonzero(y >= 0)[:CHOSEN_ON]
    quiet = None if silent is None else silent[part]
    trial = Linear(x[part], y[part], n_classes, folds, PENALTIES, device, pool, silent=quiet)
    for _ in range(CHOOSING):
        trial.train(progress)
        progress.advance(work=len(PENALTIES) * len(part))
    best = int(np.argmin(trial.held_out_loss()))
    fold, planted = None, None
    if seed is not None:
        fold = assign(y, n_classes, folds)
        planted = plant(x, y, fold, part, trial.predict(best), seed)
        if planted is not None:
            x = np.concatenate([x, planted.vectors])
            y, fold = np.concatenate([y, planted.labels]), np.concatenate([fold, planted.fold])
    penalty = PENALTIES[best]
    return Linear(x, y, n_classes, folds, (penalty,), device, pool, fold=fold, silent=silent), penalty, planted


def _train(
    fitted: Linear, checkpoints: NDArray[np.float16], order: NDArray[np.intp], progress: Progress
) -> NDArray[np.float16]:
    """Train, filling the checkpoints [C, N, K] in the order of the data, and return the dynamics [n, T, 2]."""
    n, count = len(order), len(checkpoints)
    # Geometric, since the first epochs move the probabilities most; what rounding made alike is filled up from below.
    chosen = {round(EPOCHS ** ((c + 1) / count)) - 1 for c in range(count)}
    spare = [epoch for epoch in range(EPOCHS) if epoch not in chosen][: count - len(chosen)]
    moments = sorted([*chosen, *spare])
    dynamics = np.empty((len(fitted.x), EPOCHS, 2), dtype=np.float16)
    for epoch in range(EPOCHS):
        fitted.train(progress)
        dynamics[:, epoch] = fitted.record()
        if epoch in moments:
            checkpoints[moments.index(epoch), order] = fitted.predict()[:n]
        progress.advance(work=n)
    return dynamics


def _check(vectors: NDArray[Any], labels: NDArray[np.int32], n_classes: int, folds: int, checkpoints: int) -> None:
    if vectors.ndim != 2 or len(vectors) != len(labels):
        raise DataError(f"The probe got vectors of the shape {vectors.shape} for {len(labels):,} labels.")
    if folds < 2:
        raise DataError(f"Held-out predictions need at least 2 folds, not {folds}.")
    if not 0 <= checkpoints <= EPOCHS:
        raise DataError(f"The probe trains {EPOCHS} epochs and cannot keep {checkpoints} checkpoints of them.")
    if len(labels) and (labels.min() < -1 or labels.max() >= n_classes):
        raise DataError(f"Labels are class codes from 0 to {n_classes - 1}, or -1 for unlabelled.")
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        raise DataError(
            f"{int((~finite).sum()):,} vectors hold NaN or infinite values, the first at position "
            f"{int(np.flatnonzero(~finite)[0])}.",
            "Set these items aside first.",
        )


def _per_class(labels: NDArray[np.int32], right: NDArray[np.bool_], n_classes: int) -> pd.DataFrame:
    import pandas as pd

    rows = labels >= 0
    items = np.bincount(labels[rows], minlength=n_classes)
    hits = np.bincount(labels[rows], right[rows].astype(float), minlength=n_classes)
    accuracy = np.where(items > 0, hits / np.maximum(items, 1), np.nan)
    return pd.DataFrame({"items": items, "accuracy": accuracy}, index=pd.RangeIndex(n_classes, name="class"))
