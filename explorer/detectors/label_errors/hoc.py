"""HOC: how given labels come from true ones, read off how often near items agree; no model is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import counts as kernels
from explorer.detectors.incremental import Change
from explorer.detectors.label_state import LabelState, label_state
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.graph import NeighbourGraph
from explorer.progress import Progress

COUNTED = 1_000_000
"""Most items whose triples are counted for a fit; beyond it a sample is."""

DENSE = 20
"""Up to this many classes the true class of a triple may be any; beyond it, one of the triple's own labels."""

STEPS = 300
"""Most steps of the fit."""

SETTLED = 1e-5
"""The fit ends when no entry of T moves by more than this."""

SMOOTH = 1e-3
"""Share of the uniform distribution mixed into T and prior to judge by: what the fit never saw is not impossible."""

LISTED = 100
"""Up to this many classes T is listed in full in the summary."""

CELLS = 2**21
"""Most cells [rows, K] held at once."""

NEW = (-1, -1)
"""What `count_kernels.move_triples` says where a kind of triple comes up or dies out."""


class Transition(NamedTuple):
    """How given labels come from true ones.

    Attributes
    ----------
    matrix
        float64 [K, K], T: row true class, column given label; rows sum to 1. The identity's row for a class that no
        item seems to be of.
    prior
        float64 [K]: share of each true class; sums to 1.
    noise_rate
        Share of labels that are wrong, 1 − Σ_i prior_i T_ii.
    """

    matrix: NDArray[np.float64]
    prior: NDArray[np.float64]
    noise_rate: float


@dataclass(frozen=True, eq=False)
class Consensus:
    """How often each triple (label of an item, of its nearest, of its second nearest labelled neighbour) occurs.

    Only triples that occur are held, so that many classes cost nothing. Pairs and single labels are its margins.

    Attributes
    ----------
    keys
        int64 [M], ascending: the triples, packed; `unpack` gives them back.
    counts
        int64 [M], all positive.
    total
        Number of items counted.
    alike
        Number of items that are labelled like both their neighbours.
    """

    keys: NDArray[np.int64]
    counts: NDArray[np.int64]
    total: int
    alike: int

    def moved(self, before: NDArray[np.int32], after: NDArray[np.int32]) -> Consensus:
        """Return the counts after some items' triples [n, 3] became others; exact."""
        few = self._few_moved(before, after)
        if few is not None:
            return few
        minus, plus = count(before), count(after)
        keys, counts = self.keys, self.counts.copy()
        at = np.searchsorted(keys, plus.keys)
        new = np.flatnonzero(keys.take(at, mode="clip") != plus.keys) if len(keys) else np.arange(len(at))
        if len(new):
            keys, counts = np.insert(keys, at[new], plus.keys[new]), np.insert(counts, at[new], 0)
            at = np.searchsorted(keys, plus.keys)
        counts[at] += plus.counts
        counts[np.searchsorted(keys, minus.keys)] -= minus.counts
        if (counts[np.searchsorted(keys, minus.keys)] == 0).any():
            keys, counts = keys[counts > 0], counts[counts > 0]
        return Consensus(keys, counts, self.total + plus.total - minus.total, self.alike + plus.alike - minus.alike)

    def _few_moved(self, before: NDArray[np.int32], after: NDArray[np.int32]) -> Consensus | None:
        """Return what `moved` does where no kind of triple comes up or dies out: that takes no sorting."""
        counts = self.counts.copy()
        total, alike = kernels.move_triples(self.keys, before, after, counts)
        if (total, alike) == NEW:
            return None
        return Consensus(self.keys, counts, self.total + total, self.alike + alike)

    def facts(self) -> dict[str, Any]:
        """Return what the summary says of it."""
        return {"items": self.total, "agreeing": self.alike / max(1, self.total)}


def pack(found: NDArray[np.int32]) -> NDArray[np.int64]:
    """Pack triples [n, 3] of class codes (-1 for a missing one) below 2²⁰ into one integer each, in the same order."""
    wide = found.astype(np.int64) + 1
    keys: NDArray[np.int64] = (wide[:, 0] << 42) | (wide[:, 1] << 21) | wide[:, 2]
    return keys


def unpack(keys: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the triples int32 [n, 3] that `pack` packed."""
    mask = 2**21 - 1
    return np.stack([(keys >> 42), (keys >> 21) & mask, keys & mask], axis=1).astype(np.int32) - 1


def triples(labels: NDArray[np.int32], graph: NeighbourGraph, rows: NDArray[np.intp]) -> NDArray[np.int32]:
    """Return the labels of each item and of its two nearest labelled neighbours, int32 [rows, 3].

    Unlabelled neighbours are passed over; -1 where there are too few.
    """
    return _find(labels, graph, rows, None)[1]


def _find(
    labels: NDArray[np.int32], graph: NeighbourGraph, rows: NDArray[np.intp], known: NDArray[np.int32] | None
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Return who of `rows` has another triple than is `known` (int32 [N, 3]; by default all), and the triples."""
    who, now = np.empty(len(rows), np.intp), np.empty((len(rows) + 1, 3), np.int32)  # a row to try the next in
    last = now if known is None else known
    count = kernels.find_triples(labels, graph.indices, rows, last, known is None, who, now)
    return who[:count], now[:count]


def count(found: NDArray[np.int32]) -> Consensus:
    """Count triples [n, 3]; those with a label missing are left out."""
    full = found[(found >= 0).all(axis=1)]
    keys, counts = np.unique(pack(full), return_counts=True)
    return Consensus(keys, counts, len(full), int((full == full[:, :1]).all(axis=1).sum()))


def transition(labels: NDArray[np.int32], graph: NeighbourGraph, n_classes: int, seed: int = 0) -> Transition:
    """Estimate how given labels come from true ones, from the labels of items and of their two nearest neighbours.

    Parameters
    ----------
    labels
        int32 [N]: class codes, -1 where unlabelled.
    n_classes
        K.
    seed
        Draws the sample, where there are more than a million items.

    Returns
    -------
    Transition
        T, clean prior and noise rate. Where no item has two labelled neighbours: no noise.
    """
    rows = np.flatnonzero(labels >= 0)
    if len(rows) > COUNTED:
        rows = np.sort(np.random.default_rng(seed).choice(rows, COUNTED, replace=False))
    start = np.bincount(labels[rows], minlength=n_classes).astype(np.float64)
    return fit(count(triples(labels, graph, rows)), n_classes, start)


def fit(consensus: Consensus, n_classes: int, members: NDArray[np.float64]) -> Transition:
    """Find the T and prior under which the counted triples are most likely (expectation–maximisation).

    Parameters
    ----------
    members
        float64 [K]: items of each given class; the prior starts from it.
    """
    prior = members / members.sum() if members.sum() else np.full(n_classes, 1 / n_classes)
    if not consensus.total:
        return Transition(np.eye(n_classes), prior, 0.0)
    # The order of the three labels says nothing.
    keys, which = np.unique(pack(np.sort(unpack(consensus.keys), axis=1)), return_inverse=True)
    kinds, times = unpack(keys), np.bincount(which, consensus.counts)
    true = _candidates(kinds, n_classes)
    real = true >= 0
    true = np.maximum(true, 0).astype(np.int64)
    # Only the entries of T that some triple could come by are held, flat.
    cells, entry = np.unique(true[:, :, None] * n_classes + kinds[:, None, :], return_inverse=True)
    entry = entry.reshape(len(true), -1, 3)
    row, column = np.divmod(cells, n_classes)
    t = np.where(row == column, 0.9, 0.1 / max(1, n_classes - 1))
    flat, spread = entry.ravel(), np.repeat(np.arange(true.size), 3)
    for _ in range(STEPS):
        likelihood = prior[true] * t[entry[..., 0]] * t[entry[..., 1]] * t[entry[..., 2]] * real
        belief = (likelihood * (times / likelihood.sum(axis=1))[:, None]).ravel()
        prior = np.bincount(true.ravel(), belief, minlength=n_classes) / times.sum()
        mass = np.bincount(flat, belief[spread], minlength=len(cells))
        whole = np.bincount(row, mass, minlength=n_classes)
        before, t = t, mass / np.maximum(whole[row], 1e-300)
        if np.abs(t - before).max() < SETTLED:
            break
    matrix = np.zeros((n_classes, n_classes))
    matrix[row, column] = t
    nobody = np.flatnonzero(prior <= 0)
    matrix[nobody] = 0
    matrix[nobody, nobody] = 1
    matrix /= matrix.sum(axis=1, keepdims=True)
    return Transition(matrix, prior, float(1 - prior @ matrix.diagonal()))


@shipped
class Hoc:
    """HOC: the formula, when to trust it and its sources are in `pages/hoc.md`."""

    name = "hoc"
    title = "HOC"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph"})
    measures = True
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Count the triples, fit T and prior, judge every item by them."""
        assert inputs.distances is not None
        fitted = transition(inputs.labels, inputs.distances, inputs.n_classes, inputs.seed)
        progress.check()
        return _result(inputs, fitted)

    def rerun(self, inputs: Inputs, result: Result, _progress: Progress) -> Result:
        """Count and judge again by the T and prior of an earlier result."""
        return _result(inputs, result.frozen["transition"])

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Judge again whose triple changed, and move the counts; T and prior stay as they were."""
        assert inputs.distances is not None
        assert result.suggestion is not None
        last: LabelState = result.frozen["seen"]
        seen, change = last.follow(inputs, changed)
        found = result.own(result.frozen["triples"])
        # Few have the changed item as one of their two nearest.
        all_alike = not (seen.singles or last.singles) and seen.comparable == last.comparable
        rows, now = _find(inputs.labels, inputs.distances, change.rows, found if all_alike else None)
        consensus = result.frozen["consensus"].moved(found[rows], now)
        found[rows] = now
        score, suggestion = result.own(result.score), result.own(result.suggestion)
        wrong, best = judge(now, result.frozen["factors"])
        if not all_alike or not seen.complete or not seen.comparable:
            wrong = np.where(seen.judged(rows) & (now[:, 1] >= 0), wrong, np.float32(np.nan))
        score[rows] = wrong
        suggestion[rows] = best
        frozen = {**result.frozen, "seen": seen, "triples": found, "consensus": consensus}
        summary = {**result.summary, **consensus.facts()}
        return result.updated(Change(rows), score=score, suggestion=suggestion, frozen=frozen, summary=summary)

    def explain(self, item: int, _inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say what the two nearest items are called, where that makes the label more likely wrong than right."""
        assert result.suggestion is not None
        if not result.score[item] > 0.5:
            return []
        given, first, second = (int(c) for c in result.frozen["triples"][item])
        if second < 0:
            text = f"the nearest labelled item says {classes[first]}"
        elif first == second:
            text = f"both nearest items say {classes[first]}"
        else:
            text = f"the nearest items say {classes[first]} and {classes[second]}"
        best = int(result.suggestion[item])
        if best != given:
            text += f"; as labels go wrong in this dataset, {classes[best]} is likelier than {classes[given]}"
        return [Reason(self.name, text, float(result.score[item]))]


def judge(
    found: NDArray[np.int32], factors: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the probability that the first label is wrong, and the likeliest true class (-1 where all are missing).

    Parameters
    ----------
    found
        int32 [n, 3]: triples, -1 where a label is missing.
    factors
        As of `smoothed`.
    """
    prior, likelihood = factors
    wrong, best = np.empty(len(found), np.float32), np.empty(len(found), np.int32)
    block = max(1, CELLS // len(prior))
    for start in range(0, len(found), block):
        part = found[start : start + block]
        belief = likelihood[part[:, 1]] * likelihood[part[:, 2]]
        belief *= likelihood[part[:, 0]]
        belief *= prior
        total = belief.sum(axis=1)
        wrong[start : start + block] = 1 - belief[np.arange(len(part)), np.maximum(part[:, 0], 0)] / total
        best[start : start + block] = np.where((part >= 0).any(axis=1), belief.argmax(axis=1), -1)
    return wrong, best


def smoothed(fitted: Transition) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return prior [K] and likelihood [K + 1, K] of a label under each true class; the last row: a missing label's."""
    k = len(fitted.prior)
    prior = (1 - SMOOTH) * fitted.prior + SMOOTH / k
    likelihood = (1 - SMOOTH) * fitted.matrix.T + SMOOTH / k
    return prior, np.concatenate([likelihood, np.ones((1, k))])


def _result(inputs: Inputs, fitted: Transition) -> Result:
    assert inputs.distances is not None
    seen, everyone = label_state(inputs), np.arange(inputs.n)
    found = triples(inputs.labels, inputs.distances, everyone)
    factors = smoothed(fitted)
    # Each kind of triple is judged once: there are far fewer than items.
    keys, which = np.unique(pack(found), return_inverse=True)
    wrong, best = judge(unpack(keys), factors)
    score = np.where(seen.judged(everyone) & (found[:, 1] >= 0), wrong[which], np.nan).astype(np.float32)
    consensus = count(found).moved(found[:0], found[:0])  # compiled before the first correction asks for it
    true, given = np.nonzero(fitted.matrix)
    true, given = true[true != given], given[true != given]
    share = fitted.prior[true] * fitted.matrix[true, given]
    top = np.lexsort((given, true, -share))[:10]
    summary: dict[str, Any] = {
        "noise_rate": fitted.noise_rate,
        "prior": fitted.prior.tolist(),
        **consensus.facts(),
        "largest": [
            {"true": int(true[cell]), "given": int(given[cell]), "share": float(share[cell])}
            for cell in top
            if share[cell]
        ],
    }
    if inputs.n_classes <= LISTED:
        summary["transition"] = fitted.matrix.tolist()
    frozen = {"transition": fitted, "factors": factors, "seen": seen, "triples": found, "consensus": consensus}
    return Result(score, best[which], frozen=frozen, summary=summary)


def _candidates(kinds: NDArray[np.int32], n_classes: int) -> NDArray[np.int32]:
    """Return the true classes that each (sorted) triple may come from, int32 [M, C]; -1 fills up."""
    if n_classes <= DENSE:
        return np.broadcast_to(np.arange(n_classes, dtype=np.int32), (len(kinds), n_classes))
    result = kinds.copy()
    result[:, 1:][kinds[:, 1:] == kinds[:, :-1]] = -1
    return result
