"""The model of one dataset's labels: how opinions are pooled, what gives a flip away, and how high the noise is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.combine import features as cols
from explorer.detectors.combine import noise_level as levels
from explorer.detectors.combine.counted_noise import Block, counted_noise
from explorer.detectors.combine.flip_model import Learnt, Reader, learn, reader
from explorer.detectors.combine.noise_level import NoiseLevel
from explorer.detectors.combine.opinion_pool import Pool, fit
from explorer.detectors.label_state import blocks
from explorer.detectors.protocol import Findings, Inputs
from explorer.detectors.registry import get
from explorer.estimates.level import Level
from explorer.progress import Progress
from explorer.utils import logits

if TYPE_CHECKING:
    from explorer.detectors.protocol import Opinionated

FITTED_CELLS = 2**22
"""Most cells [rows, K] that the pool is fitted to."""

FITTED_ON = 20_000
"""Most items that the pool is fitted to."""

TOLD = 0.6
"""Model and neighbours are blind if the pooled opinion tells flips made on purpose with a smaller AUROC."""

AGREED = 0.1
"""So they are if they agree with the labels by less than this beyond chance (Cohen's kappa): two classes with 45 % of
the labels wrong, read without a mistake. Vectors of noise stay below .05."""

LEARNT = 0.5
"""Share of the log-odds that comes from the model taught on flips; the rest is the pooled opinion's."""


@dataclass(frozen=True, eq=False)
class Model:
    """What was learnt about these data, and stays as it is while labels are corrected.

    Attributes
    ----------
    read
        Which columns there are and how they are scaled.
    learnt
        The model taught on flips; `None` where there was too little to learn from.
    level
        Brings log-odds to probabilities.
    noise
        The estimated share of wrong labels; `None` with too few items.
    blind
        One sentence where model and neighbours know next to nothing of the labels, else "".
    """

    read: Reader
    learnt: Learnt | None
    level: Level
    noise: NoiseLevel | None
    blind: str = ""

    def fits(self, findings: Findings, opinions: Sequence[str]) -> bool:
        """Say whether it can read these findings; opinions that it has not learnt to weigh have no say."""
        return {*self.read.opinions} <= {*opinions} and all(name in findings.results for name in self.read.detectors)

    def log_odds(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log-odds before they are levelled, float64 [n]."""
        pooled = matrix[:, 0]
        if self.learnt is None:
            return pooled
        learnt = np.minimum(np.maximum(self.learnt.log_odds(matrix), -logits.LARGEST), logits.LARGEST)
        return (1 - LEARNT) * pooled + LEARNT * learnt

    def pushes(self, matrix: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return what each detector adds to some items' log-odds, by name, float64 [n]; "pool" is the opinions'."""
        total: dict[str, NDArray[np.float64]] = {}
        if self.learnt is None:
            return {cols.POOL: self.level.slope * matrix[:, 0]}
        pushes = LEARNT * self.learnt.pushes(matrix)
        pushes[:, 0] += (1 - LEARNT) * (matrix[:, 0] - self.learnt.centre[0])
        for name, push in zip(self.read.names, (self.level.slope * pushes).T, strict=True):
            detector = name.split("/")[0]
            total[detector] = total.get(detector, np.zeros(len(matrix))) + push
        return total


def fit_model(inputs: Inputs, findings: Findings, opinions: Sequence[str], progress: Progress) -> Model:
    """Fit the pool, level its posterior, teach a model on flips that follow it, and level the two together."""
    labelled = np.flatnonzero(inputs.labelled)
    read = reader(inputs, findings, opinions, _pool(inputs, findings, opinions, labelled))
    n, n_columns = inputs.n, len(read.names)
    matrix = np.zeros((n, n_columns))
    sureness, best, posterior = np.zeros(n), np.full(n, -1, np.int32), np.full(n, np.nan)
    for rows in blocks(labelled, inputs.n_classes):
        q, labels = read.opinion(inputs, findings, rows), inputs.labels[rows]
        matrix[rows] = read.matrix(q, labels, findings, rows)
        best[rows], sureness[rows], own = _best(q, labels)
        posterior[rows] = read.pool.wrong(own, inputs.n_classes)
        progress.check()
    disagrees = best[labelled] != inputs.labels[labelled]
    if len(labelled) < levels.FEWEST:
        # Too few to estimate anything of the whole: the noise model's posterior stands.
        alone = _blind(inputs, None, None)
        return Model(read, None, Level(1.0, _shift(read.pool, inputs.n_classes)), None, alone)

    def opined() -> Iterator[Block]:
        for rows in blocks(labelled, inputs.n_classes):
            progress.check()
            yield read.opinion(inputs, findings, rows), inputs.labels[rows]

    counted = counted_noise(opined, inputs.n_classes)
    noise = levels.estimate(sureness[labelled], disagrees, posterior[labelled], inputs.n_classes, counted)
    said = _said(inputs, findings, opinions)
    if said is not None:
        noise = replace(noise, overall=said, counted=float("nan"))
    first = levels.fit(matrix[labelled, 0], noise)
    belief = np.full(n, np.nan)
    belief[labelled] = first.apply(matrix[labelled, 0])
    learnt = learn(inputs, findings, read, matrix, belief, best, progress)
    if learnt is not None and said is None:
        noise = replace(noise, told=learnt.found.get(cols.POOL, float("nan")))
    draft = Model(read, learnt, first, noise)
    log_odds = draft.log_odds(matrix[labelled])
    level = levels.brought(log_odds, noise)
    return Model(read, learnt, level, noise, _blind(inputs, noise, learnt))


def _best(
    q: NDArray[np.float64], labels: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Return the class that fits best (int32 [n]; a tie goes to the given label), its share, and the given label's.

    The share of an unlabelled item's given label is that of class 0.
    """
    each, top = np.arange(len(q)), q.argmax(axis=1)
    most, own = q[each, top], q[each, np.maximum(labels, 0)]
    best: NDArray[np.int32] = np.where((labels >= 0) & (own >= most - cols.TIE), labels, top).astype(np.int32)
    return best, most, own


def _pool(inputs: Inputs, findings: Findings, opinions: Sequence[str], rows: NDArray[np.intp]) -> Pool:
    most = max(100, min(FITTED_ON, FITTED_CELLS // inputs.n_classes))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(inputs.seed).choice(rows, most, replace=False))
    start = {name: cast("Opinionated", get(name)).weight for name in opinions}
    held = [name for name in opinions if _held(name, findings)]
    free = [name for name in opinions if name not in held]
    pool = fit(cols.logs(inputs, findings, free, rows), inputs.labels[rows], [start[name] for name in free])
    weights = {**start, **dict(zip(free, pool.weights, strict=True))}
    return Pool(tuple(weights[name] for name in opinions), pool.noise)


def _held(name: str, findings: Findings) -> bool:
    """Say whether an opinion's weight is not to be learnt from the labels, because they were made of what it holds."""
    held = getattr(get(name), "held", None)
    return held is not None and bool(held(findings.results[name]))


def _said(inputs: Inputs, findings: Findings, opinions: Sequence[str]) -> float | None:
    """Return the share of wrong labels as the only opinion there is says it, where it can; else `None`.

    How well it tells flips made on purpose then says nothing of the labels: they are made of what it holds.
    """
    if len(opinions) != 1:
        return None
    share = getattr(get(opinions[0]), "share", None)
    return None if share is None else cast("float | None", share(inputs, findings.results[opinions[0]]))


def _shift(pool: Pool, n_classes: int) -> float:
    """Return what the noise model adds to the pooled log-odds."""
    return float(np.log(pool.noise / (1 - pool.noise) / (n_classes - 1)))


def _blind(inputs: Inputs, noise: NoiseLevel | None, learnt: Learnt | None) -> str:
    """Say so where model and neighbours know next to nothing of the labels: vectors that broke, or another set's."""
    if inputs.sizes.max(initial=0) == 1:
        return "No class has two items, so nothing is known of the share of wrong labels."
    if noise is None or learnt is None:
        return ""
    shares = inputs.sizes / inputs.sizes.sum()
    by_chance = 1 - float(shares @ shares)
    told = learnt.found.get(cols.POOL, 1.0)
    agreed = 1 - noise.disagreement / by_chance if by_chance else 1.0
    if told >= TOLD and agreed >= AGREED:
        return ""
    return (
        "Model and neighbours know next to nothing of these labels: they agree with them no better than chance would, "
        "or cannot tell flips made on purpose. Check that vectors and probabilities belong to these items."
    )
