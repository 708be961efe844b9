"""Learns from labels flipped on purpose which columns give a flip away on these data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.combine import features as cols
from explorer.detectors.combine.features import Scale, Scales
from explorer.detectors.combine.flips import SHARE, choose, targets, transition
from explorer.detectors.combine.opinion_pool import Pool
from explorer.detectors.label_state import blocks
from explorer.detectors.protocol import Findings, Inputs, Result
from explorer.detectors.run import again
from explorer.errors import Cancelled
from explorer.progress import Progress
from explorer.utils.logits import expit

WANTED = 2_000
"""Flips to learn from; small data are copied and flipped several times."""

MOST_COPIES = 6

MOST = 20_000
"""Most items as given, and most flips, that are learnt from."""

FREE = cols.OF_POOL[1:]
"""Columns that say how hard an item is and not whether its label is wrong: their weights may have either sign."""

STRENGTH = 1.0
"""Inverse weight of the squared weights (columns have a spread of about 1)."""


@dataclass(frozen=True, eq=False)
class Reader:
    """Turns findings about labelled items into the matrix that the model reads.

    Attributes
    ----------
    opinions
        Detectors that are pooled.
    pool
        Their weights.
    detectors
        Detectors whose scores are columns.
    scales
        By column.
    """

    opinions: tuple[str, ...]
    pool: Pool
    detectors: tuple[str, ...]
    scales: Mapping[str, Scale]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix's columns, [C]: "pool", "pool/…", "<detector>", "<detector>/<column>"."""
        return (*cols.OF_POOL, *self.scales)

    @cached_property
    def _scales(self) -> Scales:
        return Scales(self.scales)

    @cached_property
    def _of(self) -> dict[tuple[str, ...], tuple[list[list[str]], NDArray[np.intp]]]:
        return {}

    def write(
        self,
        findings: Findings,
        detectors: tuple[str, ...],
        rows: NDArray[np.intp],
        into: NDArray[np.intp],
        matrix: NDArray[np.float32],
    ) -> NDArray[np.bool_]:
        """Write what some detectors say of some items into rows of a matrix float32 [·, C].

        Returns
        -------
        numpy.ndarray
            Bool [rows]: whose row has got another value.
        """
        if detectors not in self._of:
            mine = [(number, name.split("/", 1)) for number, name in enumerate(self.names)]
            mine = [(number, parts) for number, parts in mine if parts[0] in detectors]
            self._of[detectors] = [parts for _, parts in mine], np.array([number for number, _ in mine], dtype=np.intp)
        columns, numbers = self._of[detectors]
        told = [cols.column(findings, *parts) for parts in columns]
        return self._scales.write(told, numbers, rows, into, matrix)

    def opinion(self, inputs: Inputs, findings: Findings, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the pooled opinion on some items, float64 [rows, K]."""
        return self.pool.blend(cols.logs(inputs, findings, self.opinions, rows))

    def matrix(
        self, q: NDArray[np.float64], labels: NDArray[np.int32], findings: Findings, rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the matrix float64 [rows, C] for labelled items with the pooled opinion q."""
        matrix, into = np.empty((len(rows), len(self.names)), np.float32), np.arange(len(rows))
        cols.opinion(q, labels, into, matrix, np.empty(len(rows), np.int32), np.empty(len(rows), np.float32))
        self.write(findings, self.detectors, rows, into, matrix)
        return matrix.astype(np.float64)


@dataclass(frozen=True, eq=False)
class Learnt:
    """A logistic model of "this label was flipped" over the columns.

    Attributes
    ----------
    weights
        float64 [C].
    centre
        float64 [C]: mean of each column over the given labels, where a column speaks neither for nor against.
    bias
        Log-odds at the centre.
    found
        How well flips that it did not learn from are told from given labels: AUROC of "pool" and of "learnt".
    """

    weights: NDArray[np.float64]
    centre: NDArray[np.float64]
    bias: float
    found: Mapping[str, float] = field(default_factory=dict)

    def pushes(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each column adds to the log-odds, float64 [n, C]."""
        result: NDArray[np.float64] = (matrix - self.centre) * self.weights
        return result

    def log_odds(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds that a label is wrong, float64 [n]."""
        # Not by `@`: BLAS would wake its threads, which takes longer than the sums, and their order would depend on n.
        result: NDArray[np.float64] = self.bias + np.einsum("nc,c->n", matrix - self.centre, self.weights)
        return result


def reader(inputs: Inputs, findings: Findings, opinions: Sequence[str], pool: Pool) -> Reader:
    """Make the reader for some findings; scales are learnt from all labelled items."""
    detectors = tuple(cols.readable(findings))
    told = cols.raw(findings, detectors, np.flatnonzero(inputs.labelled))
    return Reader(tuple(opinions), pool, detectors, {name: Scale.of(column) for name, column in told.items()})


def learn(
    inputs: Inputs,
    findings: Findings,
    read: Reader,
    matrix: NDArray[np.float64],
    p_error: NDArray[np.float64],
    suggested: NDArray[np.int32],
    progress: Progress,
) -> Learnt | None:
    """Flip labels that are believed right, look at what every detector then says of them, and learn to tell them apart.

    Flipped items are the examples of wrong labels, weighted to the mass of `p_error`; items as given are those of right
    ones, each weighted 1 − p_error. Detectors score the flipped copy with the globals of the given labels, so that the
    columns mean the same in both. Which items are flipped depends on the evidence about them and the seed, not on the
    order of the rows.

    Parameters
    ----------
    matrix
        float64 [N, C] as given; rows of unlabelled items are not read.
    p_error
        float64 [N], a first belief; NaN where unlabelled.
    suggested
        int32 [N]: class that the pooled opinion holds.

    Returns
    -------
    Learnt or None
        Nothing where there are too few flips to learn from.
    """
    rows = np.flatnonzero(inputs.labelled)
    order = rows[np.lexsort((*matrix[rows].T[:8], p_error[rows]))]
    moves = transition(suggested, inputs.labels, np.nan_to_num(p_error), inputs.n_classes)
    rng = np.random.default_rng(inputs.seed)
    planted, halves = [], []
    copies = int(np.clip(round(WANTED / max(1, SHARE * len(rows))), 1, MOST_COPIES))
    half = np.zeros(inputs.n, dtype=np.int8)
    half[order] = np.arange(len(order)) // 2 % 2
    for _ in range(copies):
        progress.check()
        keys = np.ones((inputs.n, 2))
        keys[order] = rng.random((len(order), 2))
        chosen = choose(inputs.labels, p_error, keys[:, 0])
        labels = inputs.labels.copy()
        for part in blocks(chosen, inputs.n_classes):
            own = labels[part].copy()
            labels[part] = targets(read.opinion(inputs, findings, part), own, moves[own], keys[part, 1])
        copy = replace(inputs, labels=labels)
        told = Findings(
            {name: _again(name, copy, findings, progress) for name in dict.fromkeys((*read.detectors, *read.opinions))}
        )
        for part in blocks(chosen, inputs.n_classes):
            planted.append(read.matrix(read.opinion(copy, told, part), labels[part], told, part))
            halves.append(half[part])
    wrong, wrong_half = np.concatenate(planted), np.concatenate(halves)
    if min((wrong_half == h).sum() for h in (0, 1)) < 10:
        return None
    # Every so-manieth is enough to learn some twenty weights from.
    step = -(-len(order) // MOST)
    part, every = order[::step], -(-len(wrong) // MOST)
    wrong, wrong_half = wrong[::every], wrong_half[::every]
    right, right_half = matrix[part], half[part]
    belief = 1 - p_error[part]
    mass = max(float(p_error[part].sum()), 1.0)
    centre = right.mean(axis=0)
    found = _held_out(read.names, right, belief, right_half, wrong, mass, wrong_half, centre)
    weights, bias = _fit(read.names, right, belief, wrong, mass, centre)
    return Learnt(weights, centre, bias, found)


class Unreadable(Exception):
    """A detector failed on labels that were altered: `name`, `cause`."""

    def __init__(self, name: str, cause: Exception) -> None:
        super().__init__(f"{name}: {type(cause).__name__}: {cause}")
        self.name, self.cause = name, cause


def _again(name: str, copy: Inputs, findings: Findings, progress: Progress) -> Result:
    try:
        return again(name, copy, findings.results[name], progress)
    except Cancelled:
        raise
    except Exception as error:  # anybody's detector: `combine` goes on without it
        raise Unreadable(name, error) from error


def _fit(
    names: Sequence[str],
    right: NDArray[np.float64],
    belief: NDArray[np.float64],
    wrong: NDArray[np.float64],
    mass: float,
    centre: NDArray[np.float64],
) -> tuple[NDArray[np.float64], float]:
    """Fit a logistic model by L-BFGS-B; returns weights [C] and the bias.

    Every column is high where a label is suspicious, so no weight but those of the pool's further columns may fall
    below 0: columns that are much alike would otherwise be played off against each other, and a method whose evidence
    speaks against a label would be said to speak for it.
    """
    from scipy.optimize import minimize

    x = np.concatenate([right, wrong]) - centre
    spread = x[: len(right)].std(axis=0)
    kept = spread > 1e-9
    weights = np.zeros(x.shape[1])
    if not kept.any():
        return weights, float(np.log(mass / max(float(belief.sum()), 1e-9)))  # no column says anything
    x = np.column_stack([x[:, kept] / spread[kept], np.ones(len(x))])
    y = np.repeat([0.0, 1.0], [len(right), len(wrong)])
    weight = np.concatenate([belief, np.full(len(wrong), mass / len(wrong))])
    ridge = np.append(np.full(kept.sum(), 1 / STRENGTH), 0.0)

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = x @ point
        value = float(weight @ (np.logaddexp(0, z) - y * z) + 0.5 * (ridge * point) @ point)
        return value, x.T @ (weight * (expit(z) - y)) + ridge * point

    free = (None, None)
    bounds = [free if name in FREE else (0.0, None) for name, keep in zip(names, kept, strict=True) if keep]
    start = np.append(np.zeros(kept.sum()), np.log(mass / max(float(belief.sum()), 1e-9)))
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, free], options={"maxiter": 100, "ftol": 1e-7}
    )
    weights[kept] = found.x[:-1] / spread[kept]
    return weights, float(found.x[-1])


def _held_out(
    names: Sequence[str],
    right: NDArray[np.float64],
    belief: NDArray[np.float64],
    right_half: NDArray[np.int8],
    wrong: NDArray[np.float64],
    mass: float,
    wrong_half: NDArray[np.int8],
    centre: NDArray[np.float64],
) -> dict[str, float]:
    """Fit on one half of the items and judge the flips of the other: AUROC of the pooled opinion and of the model."""
    from sklearn.metrics import roc_auc_score

    weights, _ = _fit(names, right[right_half == 0], belief[right_half == 0], wrong[wrong_half == 0], mass / 2, centre)
    a, b = right[right_half == 1], wrong[wrong_half == 1]
    truth = np.repeat([0, 1], [len(a), len(b)])
    weight = np.concatenate([belief[right_half == 1], np.ones(len(b))])
    x = np.concatenate([a, b])
    return {
        "pool": float(roc_auc_score(truth, x[:, 0], sample_weight=weight)),
        "learnt": float(roc_auc_score(truth, (x - centre) @ weights, sample_weight=weight)),
    }
