"""Influence: which neighbours' labels argue against an item's, as training a last layer would feel it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import neighbours
from explorer.detectors.label_state import CELLS, LabelState, label_state
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

FEW = 1e-3
"""An influence below this share of an item's largest counts neither way in words."""


@shipped
class Influence:
    """Influence: the formula, when to trust it and its sources are in `pages/influence.md`."""

    name = "influence"
    title = "Influence"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph", "probs"})
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Sum the influences on every item."""
        return _scored(inputs, _frozen(inputs, progress), progress)

    def rerun(self, inputs: Inputs, result: Result, progress: Progress) -> Result:
        """Do the same; what reads no label is taken over where it is of the same graph, probabilities and vectors."""
        frozen = result.frozen
        same = all(frozen[name] is getattr(inputs, name) for name in ("graph", "probs", "vectors"))
        return _scored(inputs, frozen if same else _frozen(inputs, progress), progress)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Sum again where the item or one of its neighbours changed; no global is read."""
        seen, change = result.frozen["seen"].follow(inputs, changed)
        score, columns = result.own(result.score), {name: result.own(column) for name, column in result.columns.items()}
        _judge(inputs, result.frozen, change.rows, seen, score, columns)
        frozen = {**result.frozen, "seen": seen}
        return result.updated(change, score=score, columns=columns, frozen=frozen)

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Count the neighbours that argue for the label and against it, where they argue against it on the whole."""
        assert inputs.graph is not None
        given = int(inputs.labels[item])
        if given < 0 or not result.columns["influence_neighbours"][item] > 0:
            return []
        each = _influences(inputs, result.frozen, item)
        least = FEW * float(np.abs(each).max())
        against, in_favour = int((each < -least).sum()), int((each > least).sum())
        nearest = f"{len(inputs.graph.near(item))} {'nearest' if inputs.graph.measured else 'linked items'}"
        argue = f"{against} of {nearest} {'speaks' if against == 1 else 'speak'} against"
        text = f"as a model learns from them, {argue} {classes[given]}, {in_favour or 'none'} for it"
        return [Reason(self.name, text, float(result.columns["influence_neighbours"][item]))]


def _frozen(inputs: Inputs, progress: Progress) -> dict[str, Any]:
    """Return what reads no label: f_i·f_j and P_i·P_j of every edge [N, k], and of every item with itself [N]."""
    graph, probs, vectors = inputs.graph, inputs.probs, inputs.vectors
    assert graph is not None
    assert probs is not None
    alike, agree = np.empty_like(graph.similarity), np.empty_like(graph.similarity)
    length = np.ones(inputs.n, np.float32) if vectors is None else np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    block = max(1, CELLS // max(1, graph.k * inputs.n_classes))
    for start in range(0, inputs.n, block):
        rows = slice(start, start + block)
        near = graph.indices[rows]
        alike[rows] = graph.similarity[rows] * length[rows, None] * length[near]
        agree[rows] = np.matmul(probs[near], probs[rows, :, None])[..., 0]
        progress.check()
    return {
        "alike": alike,
        "agree": agree,
        "own_alike": length**2,
        "own_agree": np.einsum("nk,nk->n", probs, probs),
        # Kept to tell whether the rest is still theirs.
        "graph": graph,
        "probs": probs,
        "vectors": vectors,
    }


def _influences(inputs: Inputs, frozen: Mapping[str, Any], item: int) -> NDArray[np.float32]:
    """Return the influence of every neighbour on an item, float32 [k]; 0 where either is unlabelled."""
    assert inputs.graph is not None
    assert inputs.probs is not None
    near, own = inputs.graph.indices[item], inputs.labels[item]
    theirs = inputs.labels[near]
    # (P_i − onehot(y_i))·(P_j − onehot(y_j)), written out; code -1 reads a cell that is thrown away.
    pull = frozen["agree"][item] - inputs.probs[item, theirs] - inputs.probs[near, own] + (own == theirs)
    result: NDArray[np.float32] = np.where((own >= 0) & (theirs >= 0), pull * frozen["alike"][item], 0)
    return result


def _judge(
    inputs: Inputs,
    frozen: Mapping[str, Any],
    rows: NDArray[np.intp],
    seen: LabelState,
    score: NDArray[np.float32],
    columns: Mapping[str, NDArray[np.float32]],
) -> None:
    """Write of some items the score, minus the sum of the influences on them, and their influence on themselves."""
    assert inputs.graph is not None
    assert inputs.probs is not None
    neighbours.influence(
        inputs.labels,
        seen.counts,
        seen.comparable,
        inputs.graph.indices,
        inputs.probs,
        frozen["alike"],
        frozen["agree"],
        frozen["own_alike"],
        frozen["own_agree"],
        rows,
        score,
        columns["influence_neighbours"],
        columns["influence_self"],
    )


def _scored(inputs: Inputs, frozen: Mapping[str, Any], progress: Progress) -> Result:
    seen = label_state(inputs)
    score = np.empty(inputs.n, np.float32)
    columns = {name: np.empty(inputs.n, np.float32) for name in ("influence_neighbours", "influence_self")}
    _judge(inputs, frozen, np.arange(inputs.n), seen, score, columns)
    progress.check()
    return Result(score, columns=columns, frozen={**frozen, "seen": seen})
