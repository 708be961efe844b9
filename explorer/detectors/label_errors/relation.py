"""Neural Relation Graph: an item whose relations to similar items are mostly negative is probably mislabelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import neighbours
from explorer.detectors.incremental import Change, distinct
from explorer.detectors.label_errors.vote import count_votes, even_where_mute
from explorer.detectors.label_state import LabelState, label_state
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
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

WRONG = 2**STEPS
"""What an item that counts as mislabelled altogether is worth. Each step takes the mean of the new membership and the
one before, which halves what there is to tell apart; plain iteration can end in a cycle of two."""

SEVERAL = 10
"""Most items whose neighbours are not looked through for those that are there twice."""

BLOCK = 16_384


@shipped
class Relation:
    """Neural relation graph: the formula, when to trust it and its sources are in `pages/relation.md`."""

    name = "relation"
    title = "Neural relation graph"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph", "probs"})
    exact = True
    weight = 0.1
    floor = 0.01

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Sum every item's relations, then refine."""
        return self._scored(inputs, sparse_kernel(inputs, progress), progress)

    def rerun(self, inputs: Inputs, result: Result, progress: Progress) -> Result:
        """Do the same; strengths of relations are taken over where they are of the same graph and probabilities."""
        same = result.frozen["graph"] is inputs.graph and result.frozen["probs"] is inputs.probs
        return self._scored(inputs, result.frozen["kernel"] if same else sparse_kernel(inputs, progress), progress)

    @staticmethod
    def _scored(inputs: Inputs, kernel: NDArray[np.float32], progress: Progress) -> Result:
        everyone = np.arange(inputs.n)
        limit = NOISY * kernel.sum(axis=1)
        steps = [np.empty(inputs.n, np.float32) for _ in range(STEPS + 1)]
        members = [np.empty(inputs.n, np.uint8) for _ in range(STEPS + 1)]
        for t in range(STEPS + 1):
            progress.check()
            _step(inputs, kernel, limit, t, everyone, steps, members)
        seen = label_state(inputs)
        return Result(
            _suspicion(inputs, steps[-1], everyone, seen),
            columns={"relation_first_pass": _suspicion(inputs, steps[0], everyone, seen)},
            frozen={
                "kernel": kernel,
                "limit": limit,
                "steps": steps,
                "members": members,
                "seen": seen,
                # Kept to tell whether the kernel is still theirs.
                "graph": inputs.graph,
                "probs": inputs.probs,
            },
        )

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Score again what the change reaches, hop by hop; no global is read, so this is a full run's result."""
        frozen = result.frozen
        kernel, limit = frozen["kernel"], frozen["limit"]
        # A label is read by the item itself and by those that have it as neighbour, in every step.
        assert inputs.graph is not None
        seen, change = frozen["seen"].follow(inputs, changed)
        relabelled = change.rows
        steps: list[NDArray[np.float32]] = [result.own(part) for part in frozen["steps"]]
        members: list[NDArray[np.uint8]] = [result.own(part) for part in frozen["members"]]
        touched = relabelled
        moved = _step(inputs, kernel, limit, 0, relabelled, steps, members)
        for t in range(1, len(steps)):
            touched = relabelled
            if len(changed) == 1:
                moved = moved[moved != changed[0]]  # whom it reaches is among those already
            if len(moved):
                parts = [relabelled, moved, *(inputs.graph.pointing_at(int(i))[0] for i in moved)]
                # Who is there twice is only scored twice, which for a few takes less time than finding out.
                once = t == STEPS or len(moved) > SEVERAL
                touched = distinct(*parts) if once else np.concatenate(parts)
                if len(touched) == len(relabelled):
                    touched = relabelled  # nobody else
            moved = _step(inputs, kernel, limit, t, touched, steps, members)
        score, passed = result.own(result.score), result.own(result.columns["relation_first_pass"])
        score[touched] = _suspicion(inputs, steps[-1], touched, seen)
        passed[relabelled] = _suspicion(inputs, steps[0], relabelled, seen)
        return result.updated(
            change if touched is relabelled else Change(touched),
            score=score,
            columns={"relation_first_pass": passed},
            frozen={**frozen, "steps": steps, "members": members, "seen": seen},
        )

    def opinion(self, inputs: Inputs, result: Result, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the share of each class in an item's relations."""
        assert inputs.graph is not None
        shares, mute = count_votes(inputs, result.frozen["kernel"], rows, inputs.graph.k)
        return even_where_mute(shares, mute, inputs, rows)

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
            return [Reason("relation", "the model sees no other item as like it", 0.0)]
        text = f"{against} of {with_it + against} items that the model sees as alike are not labelled {classes[given]}"
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


def _step(
    inputs: Inputs,
    kernel: NDArray[np.float32],
    limit: NDArray[np.float32],
    t: int,
    rows: NDArray[np.intp],
    steps: list[NDArray[np.float32]],
    members: list[NDArray[np.uint8]],
) -> NDArray[np.intp]:
    """Write a step's sums and memberships of some items; return those whose membership is another one than it was."""
    assert inputs.graph is not None
    moved = np.empty(len(rows), np.intp)
    before = members[max(t - 1, 0)]
    count = neighbours.relate(
        inputs.labels,
        inputs.graph.indices,
        kernel,
        rows,
        limit,
        t,
        WRONG,
        steps[0],
        before,
        steps[t],
        members[t],
        moved,
    )
    return moved[:count]


def _suspicion(
    inputs: Inputs, step: NDArray[np.float32], rows: NDArray[np.intp], seen: LabelState
) -> NDArray[np.float32]:
    """Return minus the sums of a step, NaN where there is no label or no other item of it."""
    result = -step[rows]
    if not seen.complete or seen.singles:
        result[(inputs.labels[rows] < 0) | seen.alone(rows)] = np.nan
    return result
