"""GraphCleaner: labels spoilt on purpose teach a small model how a wrong label looks among its neighbours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change, distinct
from explorer.detectors.label_errors.confident import NoiseEstimate, estimate
from explorer.detectors.label_state import label_state
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.graph.walks import Surroundings, surroundings
from explorer.progress import Progress
from explorer.utils.text import percentage

NAMES = ("P", "SP", "S²P", "S³P", "SL", "S²L", "S³L")
"""The features in their order."""

DRAWS = 3
"""Times that labels are spoilt."""

SHARE = 0.3
"""Share of the items believed right whose label is spoilt in each draw."""

DOUBTED = 0.2
"""Weight, as an example of a right label, of an item that the probabilities would call something else."""

SPREAD = 1e-3
"""Chance of a spoilt label that the estimated noise does not know, before scaling."""

FLOOR = 0.03
"""Added to a feature before its logarithm is taken."""

FOLDS = 5
"""Every item is scored by a model that has not seen it."""

FITTED_ON = 20_000
"""About so many items are learnt from at most."""

FEWEST = 20
"""Fewest items believed right to learn from."""

RIDGE = 20.0
"""Penalty on the squared weights of the model. The features are much alike, and on small data it would play one off
against another: with a penalty of .1, average precision on 700 digits falls from .98 to .92."""

CELLS = 2**22
"""Most cells [N, classes] of one kind of walk held at once, and most that are kept for updates."""


@dataclass(frozen=True, eq=False)
class Cleaner:
    """The fitted models, and the folds that say which of them scores which item.

    Attributes
    ----------
    weights
        float64 [FOLDS, 8]: one weight a feature, and the intercept.
    fold
        int8 [N].
    """

    weights: NDArray[np.float64]
    fold: NDArray[np.int8]

    def score(self, features: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the probability of a spoilt label, float32 [rows], from features [rows, 7]."""
        result = 1 / (1 + np.exp(-self.odds(features, rows)))
        return result.astype(np.float32)

    def odds(self, features: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return its log odds."""
        weights = self.weights[self.fold[rows]]
        result: NDArray[np.float64] = np.einsum("nf,nf->n", features, weights[:, :-1]) + weights[:, -1]
        return np.minimum(np.maximum(result, -700), 700)  # numpy.clip takes thrice as long for a few


@shipped
class GraphCleaner:
    """GraphCleaner: the formula, when to trust it and its sources are in `pages/graphcleaner.md`."""

    name = "graphcleaner"
    title = "GraphCleaner"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph", "probs"})
    exact = False

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Spoil labels, learn to tell them, then score."""
        assert inputs.graph is not None
        assert inputs.probs is not None
        around = surroundings(inputs.graph)
        progress.check()
        noise = estimate(inputs.probs, inputs.labels, inputs.n_classes)
        chance = Chance(inputs)
        right = (
            inputs.labelled & (inputs.probs.argmax(axis=1) == inputs.labels) if inputs.n_classes else inputs.labelled
        )
        summary: dict[str, Any] = {"noise": noise.noise, "note": ""}
        if (inputs.sizes > 0).sum() < 2 or right.sum() < FEWEST:
            summary["note"] = "There are too few items, or too few classes, to learn from labels spoilt on purpose."
            silent = np.full(inputs.n, np.nan, dtype=np.float32)
            return Result(silent, frozen={"cleaner": None}, summary=summary)
        rows = np.flatnonzero(inputs.labelled & (chance.draw(0) < FITTED_ON / max(1, inputs.labelled.sum())))
        planted, spoilt = spoil(inputs, noise, chance, rows[right[rows]])
        walks = _Walks.of(inputs, around)
        given = np.flatnonzero(inputs.labelled)
        read = walks.read(np.concatenate([given, planted]), np.concatenate([inputs.labels[given], spoilt]), progress)
        features = np.full((inputs.n, len(NAMES)), np.nan)
        features[given] = read[: len(given)]
        weight = np.where(right[rows], 1, DOUBTED)
        rate = min(max(noise.noise, 0.01), 0.5)
        heavy = rate / (1 - rate) * weight.sum() / max(1, len(planted))
        fold = (chance.draw(1) * FOLDS).astype(np.int8)
        fitted = []
        for out in range(FOLDS):
            a, b = fold[rows] != out, fold[planted] != out
            x = np.concatenate([features[rows[a]], read[len(given) :][b]])
            y = np.repeat([0.0, 1.0], [a.sum(), b.sum()])
            fitted.append(logistic(x, y, np.concatenate([weight[a], np.full(b.sum(), heavy)])))
            progress.check()
        cleaner = Cleaner(np.stack(fitted), fold)
        middle = cleaner.weights.mean(axis=0)
        summary |= {"planted": len(planted), "weights": dict(zip(NAMES, middle.tolist(), strict=False))}
        return _judged(inputs, cleaner, walks, features, summary)

    def rerun(self, inputs: Inputs, result: Result, progress: Progress) -> Result:
        """Score with the earlier models; the neighbours' labels are the new ones."""
        cleaner = result.frozen["cleaner"]
        if cleaner is None:
            return replace(result, score=np.full(inputs.n, np.nan, dtype=np.float32))
        assert inputs.graph is not None
        before: _Walks = result.frozen["walks"]
        walks = _Walks.of(inputs, before.around if before.inputs.graph is inputs.graph else surroundings(inputs.graph))
        given = np.flatnonzero(inputs.labelled)
        features = np.full((inputs.n, len(NAMES)), np.nan)
        features[given] = walks.read(given, inputs.labels[given], progress)
        return _judged(inputs, cleaner, walks, features, result.summary)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Score the changed items by the earlier models and the neighbours' earlier labels; the rest has to wait."""
        cleaner: Cleaner | None = result.frozen["cleaner"]
        walks: _Walks | None = result.frozen.get("walks")
        if cleaner is None or walks is None or walks.kept is None:
            return result.aged()
        seen = label_state(inputs)
        turned = result.frozen["seen"].turned(seen)
        rows = distinct(changed, *turned) if turned else changed
        score = result.own(result.score)
        labels = inputs.labels[rows]
        judged = labels >= 0
        if seen.singles:
            judged &= ~seen.alone(rows)
        again, labels = (rows, labels) if judged.all() else (rows[judged], labels[judged])
        if again is not rows:
            score[rows] = np.nan
        score[again] = cleaner.score(walks.read(again, labels, None), again)
        return result.updated(Change(rows), score=score, frozen={**result.frozen, "seen": seen}, stale=True)

    def combinable(self, result: Result) -> bool:
        """Say whether corrected items can be scored again at once, as a column of the combiner must be."""
        walks: _Walks | None = result.frozen.get("walks")
        return walks is not None and walks.kept is not None

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say what the surroundings are called, where the label looks spoilt."""
        given = int(inputs.labels[item])
        if given < 0 or not result.score[item] > 0.5:
            return []
        walks = result.frozen["walks"]
        text = f"the labels around it are like those around labels that are not {classes[given]}"
        if walks.kept is not None:
            share = np.mean([walk[item] for walk in walks.kept[4:]], axis=0)
            best = int(share.argmax())
            if best != given:
                text = f"{percentage(share[best])} of those up to three steps away are {classes[best]}"
                text += f", {percentage(share[given])} {classes[given]}"
        return [Reason(self.name, text, float(result.score[item]))]


class Chance:
    """Draws that depend on the seed and on what an item is, not on its number.

    Parameters
    ----------
    inputs
        With a graph and probabilities; an item is known by its similarities and its probabilities.
    """

    def __init__(self, inputs: Inputs) -> None:
        assert inputs.graph is not None
        assert inputs.probs is not None
        odd = np.random.default_rng(inputs.seed).integers(2**63, size=128, dtype=np.uint64) * np.uint64(2) + np.uint64(
            1
        )
        parts = (inputs.graph.similarity[:, :64], inputs.probs[:, :64])
        self.state = np.zeros(inputs.n, dtype=np.uint64)
        for part, factors in zip(parts, (odd[:64], odd[64:]), strict=True):
            for column, factor in zip(part.T, factors, strict=False):
                bits = np.ascontiguousarray(column, dtype=np.float32).view(np.uint32).astype(np.uint64)
                self.state = _mixed(self.state ^ (bits * factor))

    def draw(self, number: int) -> NDArray[np.float64]:
        """Return one number in [0, 1) an item, another one for every `number`."""
        mixed = _mixed(self.state + np.uint64((number + 1) * 0x9E3779B97F4A7C15 % 2**64))
        return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Stir the bits (the finalizer of splitmix64)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def spoil(
    inputs: Inputs, noise: NoiseEstimate, chance: Chance, rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Spoil labels as the estimated noise says, a share `SHARE` of the items in each of `DRAWS` draws.

    Parameters
    ----------
    inputs
        The items; only their labels are read.
    noise
        The joint of given and true labels; items of a true class get the other labels in its proportions.
    chance
        Who is drawn, and what it is called.
    rows
        intp [R]: items whose labels are believed right.

    Returns
    -------
    items
        intp [P]: the items that are spoilt, of one draw after the other.
    labels
        int32 [P]: their spoilt labels, never the given ones.
    """
    k = inputs.n_classes
    # How an item that is truly b gets another label a: the columns of the joint without its diagonal.
    wrong = noise.joint + SPREAD * noise.joint.sum(axis=0) / k + 1e-12
    np.fill_diagonal(wrong, 0)
    steps = np.cumsum((wrong / wrong.sum(axis=0)).T, axis=1)
    steps[:, -1] = 1
    steps[-1, -2:] = 1  # the last class is not its own mistake
    ladder = (steps + np.arange(k)[:, None]).ravel()
    items, labels = [], []
    for draw in range(DRAWS):
        chosen = rows[chance.draw(2 + 2 * draw)[rows] < SHARE]
        true = inputs.labels[chosen]
        cell = np.searchsorted(ladder, true + chance.draw(3 + 2 * draw)[chosen], side="right")
        items.append(chosen)
        labels.append((cell - true * k).clip(0, k - 1).astype(np.int32))
    return np.concatenate(items), np.concatenate(labels)


@dataclass(frozen=True, eq=False)
class _Walks:
    """The seven tables [N, K] that features are read from; made by blocks of classes where they are large."""

    inputs: Inputs
    around: Surroundings
    kept: tuple[NDArray[np.float32], ...] | None

    @classmethod
    def of(cls, inputs: Inputs, around: Surroundings) -> _Walks:
        kept = None
        if inputs.n * inputs.n_classes <= CELLS:
            kept = tuple(map(np.ascontiguousarray, _tables(inputs, around, slice(0, inputs.n_classes))))
        return cls(inputs, around, kept)

    def read(self, rows: NDArray[np.intp], labels: NDArray[np.int32], progress: Progress | None) -> NDArray[np.float64]:
        """Return the features of items with labels, float64 [rows, 7]: the logarithms."""
        if self.kept is not None:
            at = rows * self.inputs.n_classes + labels
            return np.log(np.array([table.ravel().take(at) for table in self.kept], dtype=np.float64).T + FLOOR)
        result = np.empty((len(rows), len(NAMES)))
        block = max(1, CELLS // self.inputs.n)
        for start in range(0, self.inputs.n_classes, block):
            here = np.flatnonzero((labels >= start) & (labels < start + block))
            if not len(here):
                continue
            tables = _tables(self.inputs, self.around, slice(start, min(start + block, self.inputs.n_classes)))
            result[here] = np.stack([table[rows[here], labels[here] - start] for table in tables], axis=1)
            if progress is not None:
                progress.check()
        return np.log(result + FLOOR)


def _tables(inputs: Inputs, around: Surroundings, classes: slice) -> tuple[NDArray[np.float32], ...]:
    """Return the tables of a range of classes, seven times float32 [N, classes]."""
    assert inputs.probs is not None
    probs = np.ascontiguousarray(inputs.probs[:, classes])
    onehot = (inputs.labels[:, None] == np.arange(classes.start, classes.stop)).astype(np.float32)
    everyone = np.ones(inputs.n, dtype=np.float32)
    known = inputs.labelled.astype(np.float32)
    return (probs, *around.means(probs, everyone), *around.means(onehot, known))


def logistic(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit a logistic model with weighted examples by Newton's method, its squared weights penalised by `RIDGE`.

    Parameters
    ----------
    x
        float64 [M, F].
    y
        float64 [M]: 0 or 1.
    weight
        float64 [M]: weight of each example.

    Returns
    -------
    float64 [F + 1]: weights of the features, and the intercept.
    """
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    ridge = np.full(x.shape[1], RIDGE)
    ridge[-1] = 1e-6
    found = np.zeros(x.shape[1])

    def loss(at: NDArray[np.float64]) -> float:
        z = x @ at
        return float(weight @ (np.logaddexp(0, z) - y * z) + 0.5 * ridge @ at**2)

    now = loss(found)
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ found, -700, 700)))
        slope = x.T @ (weight * (p - y)) + ridge * found
        bend = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        size, after = 1.0, loss(found - step)
        while after > now and size > 1e-4:
            size /= 2
            after = loss(found - size * step)
        if after > now:
            break
        found, now = found - size * step, after
        if np.abs(size * step).max() < 1e-8:
            break
    return found


def _judged(inputs: Inputs, cleaner: Cleaner, walks: _Walks, features: NDArray[np.float64], summary: Any) -> Result:
    everyone = np.arange(inputs.n)
    score = cleaner.score(features, everyone)
    score[label_state(inputs).alone(everyone)] = np.nan
    suggestion = None
    if walks.kept is not None:
        # The label with the least odds of being spoilt, class by class so as not to hold all features at once.
        least = np.full(inputs.n, np.inf)
        suggestion = np.full(inputs.n, -1, dtype=np.int32)
        for c in range(inputs.n_classes):
            odds = cleaner.odds(walks.read(everyone, np.full(inputs.n, c, dtype=np.int32), None), everyone)
            better = odds < least
            least[better], suggestion[better] = odds[better], c
    frozen = {"cleaner": cleaner, "walks": walks, "seen": label_state(inputs)}
    return Result(score, suggestion, frozen=frozen, summary=summary)
