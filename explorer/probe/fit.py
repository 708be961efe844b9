"""The probe: one linear softmax classifier per fold, all of them fitted at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.graph.order import canonical_order
from explorer.probe.folds import UNLABELLED, assign
from explorer.progress import Progress

if TYPE_CHECKING:
    import pandas as pd
    import torch

EPOCHS = 20
"""Points at which the dynamics are recorded."""

STEPS = 5
"""Optimisation steps (L-BFGS) between two of them."""

VARIANCE = 8.0
"""Total variance that the centred vectors are scaled to, so that one penalty fits every embedding."""

PENALTY = 1.0
"""Weight of the squared weights: logistic regression's 1/C."""

CELLS = 2**24
"""Most logits held at once."""


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
    """

    probs: NDArray[np.float32]
    dynamics: NDArray[np.float16]
    accuracy: float
    per_class: pd.DataFrame
    seconds: float


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
) -> Probe:
    """Fit the probe and predict every item by a classifier that was not trained on it.

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

    Raises
    ------
    DataError
        Lengths that differ, vectors that are not finite, fewer than two folds.
    Cancelled
        When `progress` says so.
    """
    import torch

    progress = progress or Progress()
    began = time.perf_counter()
    vectors, labels = np.asarray(vectors), np.asarray(labels, dtype=np.int32)
    n = len(labels)
    _check(vectors, labels, n_classes, folds)
    order = canonical_order(None if ids is None else [f"{seed}:{i}" for i in ids], n)
    if ids is None and seed:
        order = np.random.default_rng(seed).permutation(n)
    labelled = int((labels >= 0).sum())
    present = np.unique(labels[labels >= 0])
    probs = np.full((n, n_classes), 1 / max(1, n_classes), dtype=np.float32)
    dynamics = np.full((n, EPOCHS, 2), np.nan, dtype=np.float16)
    if len(present) == 1:
        # Nothing to tell apart: the one class is certain.
        probs[:] = 0
        probs[:, present[0]] = 1
        dynamics[labels >= 0] = (1, 0)
    elif len(present) > 1:
        folds = min(folds, labelled)
        place = torch.device(device or "cpu")
        progress.begin(EPOCHS, unit="epochs", device=str(place), note=f"linear probe, {folds} folds")
        fitted = _Fit(vectors[order], labels[order], n_classes, folds, place)
        for epoch in range(EPOCHS):
            fitted.train(progress)
            dynamics[order, epoch] = fitted.record()
            progress.advance()
        probs[order] = fitted.predict()
        progress.finish()
    right = probs.argmax(axis=1) == labels if n_classes else np.zeros(n, dtype=bool)
    return Probe(
        probs,
        dynamics,
        float(right[labels >= 0].mean()) if labelled else float("nan"),
        _per_class(labels, right, n_classes),
        time.perf_counter() - began,
    )


class _Fit:
    """The state of one fit. Rows are in canonical order; F folds, K classes, a bias as the last dimension."""

    def __init__(
        self, vectors: NDArray[Any], labels: NDArray[np.int32], n_classes: int, folds: int, device: torch.device
    ) -> None:
        import torch

        x = torch.as_tensor(vectors.astype(np.float32), device=device)
        x = x - x.mean(dim=0)
        x *= (VARIANCE / x.square().sum(dim=1).mean().clamp_min(1e-12)).sqrt()
        self.x = torch.cat([x, torch.ones(len(x), 1, device=device)], dim=1)
        self.fold = torch.as_tensor(assign(labels, n_classes, folds), device=device)
        self.labels = torch.as_tensor(labels.astype(np.int64), device=device)
        self.folds, self.classes = folds, n_classes
        each = torch.arange(folds, device=device, dtype=torch.int32)
        # trains[i, f]: classifier f learns from item i.
        self.trains = ((self.fold[:, None] != each) & (self.fold[:, None] != UNLABELLED)).float()
        self.weights = torch.zeros(self.x.shape[1], folds * n_classes, device=device, requires_grad=True)
        self.optimiser = torch.optim.LBFGS(
            [self.weights],
            max_iter=STEPS,
            max_eval=STEPS * 2,
            history_size=10,
            line_search_fn="strong_wolfe",
            tolerance_grad=1e-6,
            tolerance_change=1e-10,
        )
        self.rows = max(1, CELLS // (folds * n_classes))

    def train(self, progress: Progress) -> None:
        """Take `STEPS` steps."""
        import torch

        def loss() -> torch.Tensor:
            progress.check()
            with torch.no_grad():
                value, gradient = self._loss()
            self.weights.grad = gradient
            return value

        self.optimiser.step(loss)  # type: ignore[no-untyped-call]

    def _loss(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return penalised cross-entropy summed over the folds, per training item, and its gradient."""
        import torch

        scale = 1 / self.trains.sum(dim=0).clamp_min(1)  # per fold, so that folds are alike
        penalty = (PENALTY * scale).repeat_interleave(self.classes)
        plain = self.weights.clone()
        plain[-1] = 0  # the bias is free
        total = 0.5 * (plain.square() * penalty).sum()
        gradient = plain * penalty
        for rows, logits in self._logits():
            target = self.labels[rows].clamp_min(0)[:, None, None].expand(-1, self.folds, 1)
            weight = self.trains[rows] * scale
            logs = torch.log_softmax(logits, dim=2)
            total = total - (logs.gather(2, target)[..., 0] * weight).sum()
            error = logs.exp_()
            error.scatter_add_(2, target, torch.full_like(target, -1, dtype=error.dtype))
            error *= weight[:, :, None]
            gradient = gradient + self.x[rows].T @ error.reshape(len(error), -1)
        return total, gradient

    def _logits(self) -> Any:
        """Yield blocks of rows with their logits [rows, F, K]."""
        for start in range(0, len(self.x), self.rows):
            rows = slice(start, start + self.rows)
            yield rows, (self.x[rows] @ self.weights.detach()).reshape(-1, self.folds, self.classes)

    def record(self) -> NDArray[np.float16]:
        """Return probability and margin of the given label now, float16 [N, 2], over the training classifiers."""
        import torch

        parts = []
        for rows, logits in self._logits():
            target = self.labels[rows].clamp_min(0)[:, None, None].expand(-1, self.folds, 1)
            weight = self.trains[rows]
            share = weight / weight.sum(dim=1, keepdim=True)  # 0/0 is the NaN of an unlabelled item
            p = torch.softmax(logits, dim=2).gather(2, target)[..., 0]
            own = logits.gather(2, target)[..., 0]
            margin = own - logits.scatter(2, target, -torch.inf).amax(dim=2)
            parts.append(torch.stack([(p * share).sum(dim=1), (margin * share).sum(dim=1)], dim=1))
        recorded: NDArray[np.float16] = torch.cat(parts).clamp(-6e4, 6e4).cpu().numpy().astype(np.float16)
        return recorded

    def predict(self) -> NDArray[np.float32]:
        """Return the probabilities [N, K], held out where the item has a fold, else the mean of all classifiers."""
        import torch

        parts = []
        for rows, logits in self._logits():
            p = torch.softmax(logits, dim=2)
            fold = self.fold[rows].long()
            held = p[torch.arange(len(p), device=p.device), fold.clamp_min(0)]
            parts.append(torch.where((fold >= 0)[:, None], held, p.mean(dim=1)))
        result: NDArray[np.float32] = torch.cat(parts).cpu().numpy()
        return result


def _check(vectors: NDArray[Any], labels: NDArray[np.int32], n_classes: int, folds: int) -> None:
    if vectors.ndim != 2 or len(vectors) != len(labels):
        raise DataError(f"The probe got vectors of the shape {vectors.shape} for {len(labels):,} labels.")
    if folds < 2:
        raise DataError(f"Held-out predictions need at least 2 folds, not {folds}.")
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
    with np.errstate(invalid="ignore"):
        return pd.DataFrame({"items": items, "accuracy": hits / items}, index=pd.RangeIndex(n_classes, name="class"))
