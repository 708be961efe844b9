"""Neural Relation Graph: an item whose relations to similar items are mostly negative is probably mislabelled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import detector
from explorer.detectors.vote import alone, count_votes, even_where_mute
from explorer.progress import Progress

POWER = 4
"""Exponent of a relation; the paper's choice for images and text."""

CUT = 0.03
"""Relations this weak count as none."""

NOISY = -0.8
"""An item counts as mislabelled during refinement when its score is below this share of the most it could be (with all
its relations positive). The paper has −.05 of the largest score of all; with a probe's probabilities that costs up to
.03 of average precision on texts, this gains up to .005, and an item is judged by its own relations alone."""

STEPS = 3
"""Refinement steps."""

DAMPING = 0.5
"""Weight of the new membership in each step; plain iteration can end in a cycle of two."""

BLOCK = 16_384


@detector
class Relation:
    """Suspicion is minus the sum of an item's relations to its neighbours: + for the same label, − for another.

    The size of a relation is k_ij = max(0, cosine)·(P_i·P_j), to a power.

    The first pass is refined in a few damped steps of a maximum cut: relations to items that look mislabelled change
    sign. It runs on the stored neighbours; `all_pairs` is the paper's form, kept for tests.

    References
    ----------
    Kim, Jeong, Kim, Cho, Yun, Song: Neural Relation Graph: a unified framework for identifying label noise and outlier
    data (NeurIPS 2023).
    """

    name = "relation"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph", "probs"})
    weight = 0.1
    floor = 0.01

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Sum every item's relations, then refine."""
        kernel = sparse_kernel(inputs, progress)
        everyone = np.arange(inputs.n)
        first = _first_pass(inputs, kernel, everyone)
        steps, members = [first], [_membership(None, first, kernel)]
        for _ in range(STEPS):
            progress.check()
            steps.append(_refined(inputs, kernel, first, members[-1], everyone))
            members.append(_membership(members[-1], steps[-1], kernel))
        return _result(inputs, kernel, steps, members)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Score again what the change reaches, hop by hop; no global is read, so this is a full run's result."""
        kernel = result.frozen["kernel"]
        steps = [s.copy() for s in result.frozen["steps"]]
        members = [m.copy() for m in result.frozen["members"]]
        # A label is read by the item itself and by those that have it as neighbour, in every step.
        relabelled = _with_pointing(inputs, changed)
        steps[0][relabelled] = _first_pass(inputs, kernel, relabelled)
        moved = _set(members[0], relabelled, _membership(None, steps[0][relabelled], kernel[relabelled]))
        touched = relabelled
        for t in range(1, len(steps)):
            touched = np.union1d(relabelled, _with_pointing(inputs, moved))
            steps[t][touched] = _refined(inputs, kernel, steps[0], members[t - 1], touched)
            own = np.union1d(touched, moved)
            moved = _set(members[t], own, _membership(members[t - 1][own], steps[t][own], kernel[own]))
        return _result(inputs, kernel, steps, members)

    def opinion(self, inputs: Inputs, result: Result, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the share of each class in an item's relations."""
        assert inputs.graph is not None
        shares = count_votes(inputs.labels[inputs.graph.indices[rows]], result.frozen["kernel"][rows], inputs.n_classes)
        return even_where_mute(shares, inputs, rows)

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Count the supporting and the conflicting relations."""
        assert inputs.graph is not None
        given = int(inputs.labels[item])
        if given < 0:
            return []
        labels = inputs.labels[inputs.graph.indices[item]]
        real = (result.frozen["kernel"][item] > 0) & (labels >= 0)
        with_it, against = int((real & (labels == given)).sum()), int((real & (labels != given)).sum())
        if not with_it + against:
            return [Reason("relation", "related to no other item", 0.0)]
        text = f"{against} of {with_it + against} related items conflict with {classes[given]}"
        return [Reason("relation", text, float(result.score[item]))]


def sparse_kernel(inputs: Inputs, progress: Progress | None = None) -> NDArray[np.float32]:
    """Return k_ij to the power for every edge of the graph, float32 [N, k], 0 where it is below the cut."""
    assert inputs.graph is not None
    assert inputs.probs is not None
    graph, probs = inputs.graph, inputs.probs
    kernel = np.empty(graph.indices.shape, dtype=np.float32)
    block = max(1, min(BLOCK, 2**26 // max(1, graph.k * inputs.n_classes)))
    for start in range(0, graph.n, block):
        rows = slice(start, start + block)
        agreement = np.matmul(probs[graph.indices[rows]], probs[rows, :, None])[..., 0]
        value = np.maximum(graph.similarity[rows], 0) * agreement
        kernel[rows] = np.where(value > CUT, value, 0) ** POWER
        if progress is not None:
            progress.check()
    return kernel


def all_pairs(
    vectors: NDArray[np.float32], probs: NDArray[np.float32], labels: NDArray[np.int32], *, refine: bool = False
) -> NDArray[np.float32]:
    """Return the paper's suspicion over all pairs of items, float32 [N], without the item itself; O(N²) memory.

    With `refine` its one undamped step follows.
    """
    normal = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    value = np.maximum(normal @ normal.T, 0) * (probs @ probs.T)
    np.fill_diagonal(value, 0)
    relations = np.where(value > CUT, value, 0) ** POWER * np.where(labels[:, None] == labels[None, :], 1, -1)
    score = relations.sum(axis=1)
    if refine:
        score = score - 2 * relations[:, score / max(np.abs(score).max(), 1e-30) < NOISY].sum(axis=1)
    result: NDArray[np.float32] = -score.astype(np.float32)
    return result


def _signs(inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return +1 for the same label, −1 for another, 0 where either is unlabelled."""
    assert inputs.graph is not None
    labels = inputs.labels[inputs.graph.indices[rows]]
    own = inputs.labels[rows][:, None]
    return np.where((labels < 0) | (own < 0), 0, np.where(labels == own, 1, -1)).astype(np.float32)


def _first_pass(inputs: Inputs, kernel: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    total: NDArray[np.float32] = (kernel[rows] * _signs(inputs, rows)).sum(axis=1)
    return total


def _refined(
    inputs: Inputs,
    kernel: NDArray[np.float32],
    first: NDArray[np.float32],
    member: NDArray[np.float32],
    rows: NDArray[np.intp],
) -> NDArray[np.float32]:
    assert inputs.graph is not None
    against = kernel[rows] * _signs(inputs, rows) * member[inputs.graph.indices[rows]]
    refined: NDArray[np.float32] = first[rows] - 2 * against.sum(axis=1)
    return refined


def _membership(
    before: NDArray[np.float32] | None, score: NDArray[np.float32], kernel: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return how far each item counts as mislabelled, 0 to 1."""
    now: NDArray[np.float32] = (score < NOISY * kernel.sum(axis=1)).astype(np.float32)
    if before is None:
        return now
    mixed: NDArray[np.float32] = ((1 - DAMPING) * before + DAMPING * now).astype(np.float32)
    return mixed


def _set(target: NDArray[np.float32], rows: NDArray[np.intp], values: NDArray[np.float32]) -> NDArray[np.intp]:
    """Write values and return the rows where they changed anything."""
    moved: NDArray[np.intp] = rows[target[rows] != values]
    target[rows] = values
    return moved


def _with_pointing(inputs: Inputs, items: NDArray[np.intp]) -> NDArray[np.intp]:
    assert inputs.graph is not None
    parts = [np.asarray(items, dtype=np.intp), *(inputs.graph.pointing_at(int(i))[0].astype(np.intp) for i in items)]
    return np.unique(np.concatenate(parts))


def _result(
    inputs: Inputs,
    kernel: NDArray[np.float32],
    steps: list[NDArray[np.float32]],
    members: list[NDArray[np.float32]],
) -> Result:
    judged = inputs.labelled & ~alone(inputs, np.arange(inputs.n))
    score = np.where(judged, -steps[-1], np.nan).astype(np.float32)
    first = np.where(judged, -steps[0], np.nan).astype(np.float32)
    return replace(
        Result(score, columns={"relation_first_pass": first}),
        frozen={"kernel": kernel, "steps": steps, "members": members},
    )
