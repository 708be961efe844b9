"""Plausible clean labelings: what the labels may really have been, and where that leaves the class open."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import labelings
from explorer.detectors.incremental import Change, distinct
from explorer.detectors.label_errors.confident import estimate
from explorer.detectors.label_errors.vote import NEIGHBOURS, SQUARINGS
from explorer.detectors.label_state import label_state
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

DRAWS = 20
"""Labelings that are drawn."""

DOUBT = 5.0
"""Items' worth of each class that are taken to have a random given label, so that no confusion is ruled out because it
was never seen."""

AMBIGUOUS = 0.4
"""An item is flagged when its clean label and its neighbours' disagree in this share of the labelings."""

SECOND = 0.1
"""Least probability of a second class worth naming."""

OPEN = 16
"""Most classes that an item may be besides its given one."""

STEPS = 5
"""Steps of expectation-maximisation that take the noise out of the probabilities."""

CELLS = 2**21
"""Most cells [rows, K, draws] held at once."""


@shipped
class Plausible:
    """Plausible clean labelings: the formula, when to trust it and its sources are in `pages/plausible.md`."""

    name = "plausible"
    title = "Plausible clean labelings"
    issue = "ambiguous"
    needs: frozenset[Need] = frozenset({"graph", "probs"})
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Estimate the noise, draw labelings from it, and let the neighbours vote on each."""
        assert inputs.probs is not None
        return _full(inputs, _model(inputs, progress), progress)

    def rerun(self, inputs: Inputs, result: Result, progress: Progress) -> Result:
        """Draw and vote again under the noise that was estimated."""
        return _full(inputs, result.frozen["model"], progress)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Draw the changed items' labels again, and vote where they have a voice."""
        assert inputs.graph is not None
        assert result.flags is not None
        frozen = result.frozen
        seen, last = label_state(inputs), frozen["seen"]
        if not (seen.comparable and last.comparable):
            return _full(inputs, frozen["model"], Progress())
        draws = result.own(frozen["draws"])
        drawn = np.empty((len(changed), DRAWS), draws.dtype)
        _draw(inputs, frozen["model"], changed, drawn)
        rows: list[NDArray[np.integer[Any]]] = [changed]
        for item, now in zip(changed, drawn, strict=True):
            if now.tobytes() != draws[item].tobytes():
                pointing, slots = inputs.graph.pointing_at(int(item))
                rows.append(pointing[slots < NEIGHBOURS])
        draws[changed] = drawn
        # An item alone in its class has no score; a class that became one, or is one no more, changes that.
        touched = distinct(*rows, *last.turned(seen)) if len(rows) > 1 or seen.singles or last.singles else changed
        score, flags = result.own(result.score), result.own(result.flags)
        _vote(inputs, frozen["model"], draws, touched, score)
        flags[touched] = score[touched] >= AMBIGUOUS
        new = {**frozen, "draws": draws, "seen": seen}
        return result.updated(Change(touched), score=score, flags=flags, frozen=new)

    @staticmethod
    def public_score(result: Result) -> NDArray[np.float32]:
        """Return the score as a table shows it, float32 [N] in [0, 1], low = bad: 1 minus it."""
        score: NDArray[np.float32] = np.clip(1 - result.score, 0, 1)
        return score

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Name the classes that it may be, where that is open."""
        assert result.flags is not None
        if not result.flags[item]:
            return []
        (first, _), (second, q) = likeliest(item, inputs, result)
        if q < SECOND:
            text = f"ambiguous: likely {classes[first]}, and its neighbours often another class"
        else:
            text = f"ambiguous: {classes[first]} or {classes[second]}, so not plainly wrong"
        return [Reason(self.name, text, float(result.score[item]))]


def likeliest(item: int, inputs: Inputs, result: Result) -> list[tuple[int, float]]:
    """Return the two classes that an item most likely is, and the probability of each, the likelier first."""
    open_to, q = (part[0] for part in _posterior(inputs, result.frozen["model"], np.array([item])))
    return [(int(open_to[at]), float(q[at])) for at in np.argsort(-q, kind="stable")[:2]]


class _Model(NamedTuple):
    """What the labelings are drawn from; no relabel changes it."""

    confusion: NDArray[np.float32]  # [K (a), K (b)]: Pr(given label a | true label b)
    classes: NDArray[np.int32]  # [N, R]: what an item may be besides its given label
    clean: NDArray[np.float32]  # [N, R]: probability of each, without the noise


def _model(inputs: Inputs, progress: Progress) -> _Model:
    assert inputs.probs is not None
    k = inputs.n_classes
    joint = estimate(inputs.probs, inputs.labels, k).joint * inputs.labelled.sum()
    doubted = joint + DOUBT / k
    confusion = (doubted / doubted.sum(axis=0, keepdims=True)).astype(np.float32)
    width = min(OPEN, k)
    classes = np.broadcast_to(np.arange(k, dtype=np.int32), (inputs.n, k))
    if k > OPEN:
        classes = np.empty((inputs.n, width), dtype=np.int32)
    clean = np.empty((inputs.n, width), dtype=np.float32)
    for rows in _blocks(inputs, max(k, width * width)):
        p = inputs.probs[rows]
        if k > OPEN:
            classes[rows] = np.sort(np.argpartition(p, -OPEN, axis=1)[:, -OPEN:], axis=1)
            p = np.take_along_axis(p, classes[rows], axis=1)
        clean[rows] = _without_noise(p, confusion[classes[rows][:, :, None], classes[rows][:, None, :]])
        progress.check()
    return _Model(confusion, classes, clean)


def _without_noise(p: NDArray[np.float32], confusion: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what true classes, confused so, would be seen as p [rows, R], as far as `STEPS` steps get."""
    observed = np.maximum(p, np.float32(1e-9))
    observed = observed / observed.sum(axis=1, keepdims=True)
    confusion = confusion / confusion.sum(axis=1, keepdims=True)
    clean: NDArray[np.float32] = observed
    for _ in range(STEPS):
        expected = np.maximum((confusion @ clean[:, :, None])[..., 0], np.float32(1e-12))
        clean = clean * ((observed / expected)[:, None, :] @ confusion)[:, 0]
        clean = clean / clean.sum(axis=1, keepdims=True)
    return clean


def _full(inputs: Inputs, model: _Model, progress: Progress) -> Result:
    seen = label_state(inputs)
    draws = np.empty((inputs.n, DRAWS), dtype=np.min_scalar_type(-max(2, inputs.n_classes)))
    for rows in _blocks(inputs, max(inputs.n_classes, OPEN * DRAWS)):
        _draw(inputs, model, rows, draws[rows[0] : rows[-1] + 1])
        progress.check()
    score = np.full(inputs.n, np.nan, dtype=np.float32)
    if seen.comparable:
        for rows in _blocks(inputs, DRAWS):
            _vote(inputs, model, draws, rows, score)
            progress.check()
    frozen = {"model": model, "draws": draws, "seen": seen}
    flags = np.nan_to_num(score) >= AMBIGUOUS
    judged = np.isfinite(score)
    rate = float(score[judged].mean()) if judged.any() else float("nan")
    return Result(score, flags=flags, frozen=frozen, summary={"mean_ambiguity": rate})


def _blocks(inputs: Inputs, cells: int) -> list[NDArray[np.intp]]:
    step = max(1, CELLS // cells)
    return [np.arange(start, min(start + step, inputs.n)) for start in range(0, inputs.n, step)]


def _posterior(inputs: Inputs, model: _Model, rows: NDArray[np.intp]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return what each item may be: classes [rows, R], and the probability of each, float32 [rows, R]."""
    assert inputs.probs is not None
    labels = inputs.labels[rows]
    given = np.maximum(labels, 0)
    classes = model.classes[rows]
    likelihood = model.confusion[given[:, None], classes]
    likelihood[labels < 0] = 1
    q = model.clean[rows] * likelihood
    if inputs.n_classes > OPEN:  # the given class may be none of the most probable
        missing = (labels >= 0) & (classes != given[:, None]).all(axis=1)
        own = np.maximum(inputs.probs[rows, given], np.float32(1e-9)) * model.confusion[given, given]
        classes = np.column_stack([classes, given])
        q = np.column_stack([q, np.where(missing, own, np.float32(0))])
    q /= q.sum(axis=1, keepdims=True)
    return classes, q


def _draw(inputs: Inputs, model: _Model, rows: NDArray[np.intp], draws: NDArray[np.integer]) -> None:
    """Draw a label for every labeling, [rows, draws]; -1 for unlabelled items, which take no part.

    The uniform numbers that they are drawn by belong to the item and not to its position or label: they are hashed from
    its probabilities and similarities, so that renumbering the items renumbers the results, and a relabel and its
    undoing find the same draws. Exact duplicates share them, as they share their true label.
    """
    assert inputs.probs is not None
    assert inputs.graph is not None
    probs, similarity = (np.asarray(part, np.float32) for part in (inputs.probs, inputs.graph.similarity))
    width = min(NEIGHBOURS, inputs.graph.k)
    labelings.draw_labels(
        inputs.labels,
        rows,
        probs,
        model.confusion,
        model.classes,
        model.clean,
        probs.view(np.uint32),
        similarity.view(np.uint32),
        _odd(inputs.seed, 0, probs.shape[1]),
        _odd(inputs.seed, 1, width),
        _odd(inputs.seed, 2, DRAWS),
        draws,
    )


@lru_cache(maxsize=16)
def _odd(seed: int, which: int, count: int) -> NDArray[np.uint64]:
    """Return odd numbers to hash with."""
    drawn = np.random.default_rng([seed, which]).integers(0, 2**63, count, dtype=np.uint64)
    return drawn * np.uint64(2) + np.uint64(1)


def _vote(
    inputs: Inputs,
    model: _Model,
    draws: NDArray[np.integer],
    rows: NDArray[np.intp],
    score: NDArray[np.float32],
) -> None:
    """Write the mean probability, over the labelings, that an item is not what its neighbours' drawn labels say."""
    assert inputs.graph is not None
    assert inputs.probs is not None
    graph, width = inputs.graph, min(NEIGHBOURS, inputs.graph.k)
    labelings.vote_on_labelings(
        inputs.labels,
        inputs.sizes,
        graph.indices,
        graph.similarity,
        rows,
        width,
        SQUARINGS,
        inputs.probs,
        model.confusion,
        model.classes,
        model.clean,
        draws,
        score,
    )
