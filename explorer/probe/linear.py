"""Many softmax classifiers over the same vectors, one for each penalty and fold, fitted in one optimisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.probe.folds import UNLABELLED, assign
from explorer.progress import Progress

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

STEPS = 5
"""L-BFGS steps in one round of training."""

CELLS = 2**24
"""Most logits held at once."""

CPU_ROWS = 4096
"""Most rows that one core works on at a time."""


class Linear:
    """The state of one fit on n rows with K classes; C = penalties × folds classifiers side by side.

    Parameters
    ----------
    vectors
        float [n, D], in canonical order; centred and scaled to a total variance of 1 here.
    labels
        int32 [n], -1 for unlabelled.
    penalties
        Weights of the squared weights, as logistic regression's 1/C.
    pool
        Threads for the blocks of rows, on a CPU.
    fold
        int32 [n]: which fold a row is held out in, as `folds.assign` gives it; by default that.
    silent
        bool [n]: rows that teach nothing, and are held out in their fold all the same.
    """

    def __init__(
        self,
        vectors: NDArray[Any],
        labels: NDArray[np.int32],
        n_classes: int,
        folds: int,
        penalties: Sequence[float],
        device: str,
        pool: ThreadPoolExecutor | None = None,
        *,
        fold: NDArray[np.int32] | None = None,
        silent: NDArray[np.bool_] | None = None,
    ) -> None:
        import torch

        x = torch.as_tensor(vectors.astype(np.float32), device=device)
        x = x - x.mean(dim=0)
        x /= x.square().sum(dim=1).mean().clamp_min(1e-12).sqrt()
        self.x = torch.cat([x, torch.ones(len(x), 1, device=device)], dim=1)  # the last weight is the bias
        self.fold = torch.as_tensor(assign(labels, n_classes, folds) if fold is None else fold, device=device)
        self.labels = torch.as_tensor(labels.astype(np.int64), device=device)
        self.folds, self.n_classes, self.count = folds, n_classes, folds * len(penalties)
        each = torch.arange(folds, device=device, dtype=torch.int32)
        teaches = (self.fold[:, None] != each) & (self.fold[:, None] != UNLABELLED)
        self.judged = self.fold >= 0
        if silent is not None:
            speaks = ~torch.as_tensor(silent, device=device)
            teaches &= speaks[:, None]
            self.judged &= speaks
        # trains[i, c]: classifier c learns from row i; c runs over the folds of the first penalty, then of the next.
        self.trains = teaches.float().repeat(1, len(penalties))
        # Loss and penalty are divided by the classifier's number of rows, so that all of them weigh alike.
        self.scale = 1 / self.trains.sum(dim=0).clamp_min(1)
        weights = torch.tensor(penalties, device=device, dtype=torch.float32).repeat_interleave(folds)
        self.penalty = (weights * self.scale).repeat_interleave(n_classes)
        self.weights = torch.zeros(self.x.shape[1], self.count * n_classes, device=device, requires_grad=True)
        self.optimiser = torch.optim.LBFGS(
            [self.weights],
            max_iter=STEPS,
            max_eval=STEPS * 2,
            history_size=10,
            line_search_fn="strong_wolfe",
            tolerance_grad=1e-6,
            tolerance_change=1e-10,
        )
        # Blocks do not depend on the number of cores, so neither do the sums over them.
        self.pool = pool
        most = CPU_ROWS if self.x.device.type == "cpu" else len(self.x)
        self.rows = max(1, min(most, CELLS // (self.count * n_classes)))

    def train(self, progress: Progress) -> None:
        """Take `STEPS` steps."""

        def loss() -> torch.Tensor:
            progress.check()
            value, self.weights.grad = self._loss()
            return value

        self.optimiser.step(loss)  # type: ignore[no-untyped-call]  # torch leaves it untyped

    def predict(self, penalty: int = 0) -> NDArray[np.float32]:
        """Return probabilities [n, K] of one penalty: held out where a row has a fold, else the mean of all."""
        import torch

        def block(rows: slice) -> torch.Tensor:
            return self._held_out(rows, torch.softmax(self._logits(rows), dim=2))[:, penalty]

        result: NDArray[np.float32] = torch.cat(list(self._blocks(block))).cpu().numpy()
        return result

    def held_out_loss(self) -> NDArray[np.float32]:
        """Return the mean log loss of the given labels under held-out probabilities, for each penalty."""
        import torch

        def block(rows: slice) -> torch.Tensor:
            p = self._held_out(rows, torch.softmax(self._logits(rows), dim=2))
            given = self._given(rows)[:, : p.shape[1]]
            return -p.gather(2, given)[..., 0].clamp_min(1e-9).log()[self.judged[rows]]

        result: NDArray[np.float32] = torch.cat(list(self._blocks(block))).mean(dim=0).cpu().numpy()
        return result

    def record(self) -> NDArray[np.float16]:
        """Return probability and logit margin of the given label, float16 [n, 2], mean over those that saw the row."""
        import torch

        def block(rows: slice) -> torch.Tensor:
            logits, given, weight = self._logits(rows), self._given(rows), self.trains[rows]
            share = weight / weight.sum(dim=1, keepdim=True)  # 0/0 is the NaN of an unlabelled row
            p = torch.softmax(logits, dim=2).gather(2, given)[..., 0]
            margin = logits.gather(2, given)[..., 0] - logits.scatter(2, given, -torch.inf).amax(dim=2)
            return torch.stack([(p * share).sum(dim=1), (margin * share).sum(dim=1)], dim=1)

        whole = torch.cat(list(self._blocks(block))).clamp(-6e4, 6e4)  # float16 ends at 65504
        recorded: NDArray[np.float16] = whole.cpu().numpy().astype(np.float16)
        return recorded

    def _loss(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return penalised cross-entropy, summed over the classifiers, and its gradient."""
        import torch

        def block(rows: slice) -> tuple[torch.Tensor, torch.Tensor]:
            given, weight = self._given(rows), self.trains[rows] * self.scale
            logs = torch.log_softmax(self._logits(rows), dim=2)
            part = -(logs.gather(2, given)[..., 0] * weight).sum()
            error = logs.exp_()
            error.scatter_add_(2, given, torch.full_like(given, -1, dtype=error.dtype))
            error *= weight[:, :, None]
            return part, self.x[rows].T @ error.reshape(len(error), -1)

        plain = self.weights.detach().clone()
        plain[-1] = 0  # the bias is free
        gradient = plain * self.penalty
        total = 0.5 * (plain * gradient).sum()
        for part, slope in self._blocks(block):
            total = total + part
            gradient += slope
        return total, gradient

    def _blocks(self, work: Callable[[slice], T]) -> Iterator[T]:
        """Do something for every block of rows, in order; on the pool where there is one."""
        blocks = [slice(start, start + self.rows) for start in range(0, len(self.x), self.rows)]
        return map(work, blocks) if self.pool is None else self.pool.map(work, blocks)

    def _logits(self, rows: slice) -> torch.Tensor:
        """Return logits [rows, C, K]."""
        return (self.x[rows] @ self.weights.detach()).reshape(-1, self.count, self.n_classes)

    def _given(self, rows: slice) -> torch.Tensor:
        """Return the given labels as an index [rows, C, 1]; 0 stands in for unlabelled ones, which have no weight."""
        return self.labels[rows].clamp_min(0)[:, None, None].expand(-1, self.count, 1)

    def _held_out(self, rows: slice, p: torch.Tensor) -> torch.Tensor:
        """Pick from p [rows, C, K] the classifier that did not see the row, for each penalty [rows, penalties, K]."""
        import torch

        fold = self.fold[rows].long()
        p = p.reshape(len(p), -1, self.folds, self.n_classes)
        held = p[torch.arange(len(p), device=p.device), :, fold.clamp_min(0)]
        return torch.where((fold >= 0)[:, None, None], held, p.mean(dim=2))
