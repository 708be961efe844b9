"""Small random data sets with every kind of trouble, steps from one set of labels to the next, and what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from explorer import detectors, graph
from explorer.consensus import Answers
from explorer.detectors import Combined, Findings, Inputs, Result, Suites

Array = NDArray[np.generic]

INPLACE = "inplace" in signature(detectors.update).parameters
"""Whether an update can be asked to write into the arrays of the one before it."""

CLOSE = {"distance_ratio": 1e-6}
"""How far a score may be from a full run's; where nothing is said every bit is the same, as each detector promises."""

VERDICT = 1e-6
"""How far `p_error` may be from that of judging everybody again."""

FIELDS = ("score", "suggestion", "flags", "pairs")


@dataclass(frozen=True)
class Case:
    """What a data set is like; see `made`."""

    seed: int
    n: int
    n_classes: int
    k: int = 8
    graph: str | None = "built"  # or "random", which no vectors could have, or none
    probs: bool = True
    vectors: bool = True
    clustered: bool = True
    copies: float = 0.1  # share of the items that are equal to another one
    blank: float = 0.1  # share without a label
    single: bool = False  # the last class has one member
    trusted: bool = False
    twice: bool = False  # content hashes, and items whose occurrences disagree
    trained: bool = False  # records of a training, and probe suites
    named: bool = False  # scores of class names
    votes: str = ""  # raters who vote "apart" from the labels, or of whom the labels are the "majority"


class State(NamedTuple):
    """The labels at some moment, and what was made of them."""

    inputs: Inputs
    findings: Findings
    combined: Combined


def made(case: Case) -> Inputs:
    """Make a data set: clusters that overlap, or noise; a quarter of the labels wrong."""
    rng = np.random.default_rng(case.seed)
    n, n_classes = case.n, case.n_classes
    truth = rng.integers(0, n_classes, n)
    centres = rng.normal(size=(n_classes, 6)) * case.clustered
    x = (centres[truth] + rng.normal(scale=0.7, size=(n, 6))).astype(np.float32)
    copied = rng.random(n) < case.copies
    x[copied] = x[rng.integers(0, max(1, n // 10), n)][copied]
    labels = np.where(rng.random(n) < 0.25, rng.integers(0, n_classes, n), truth)
    if case.single:
        labels = np.where(labels == n_classes - 1, 0, labels)
        labels[rng.integers(n)] = n_classes - 1
    labels = np.where(rng.random(n) < case.blank, -1, labels).astype(np.int32)
    votes = _votes(case, truth)
    if votes is not None and case.votes == "majority":
        labels = np.where((labels >= 0) & votes.answered, votes.counts().argmax(axis=1), labels).astype(np.int32)
    probs = _probs(rng, x, centres, n_classes)
    arrays: dict[str, Array] = {}
    if case.probs:
        arrays["probs"] = probs
    if case.vectors:
        arrays["vectors"] = x
    if case.trusted:
        arrays["trusted"] = rng.random(n) < 0.4
    if case.twice:
        arrays["content_hashes"] = np.array([row.tobytes().hex() for row in x], dtype=object)
        arrays["conflicting"] = rng.random(n) < 0.05
    if case.trained:
        own = probs[np.arange(n), labels]
        arrays["dynamics"] = _record(rng, own)
    if case.named:
        arrays["name_scores"] = (np.eye(n_classes)[truth] + rng.normal(scale=0.5, size=(n, n_classes))).astype(
            np.float32
        )
    more: dict[str, Any] = {**arrays, "votes": votes}
    inputs = Inputs(labels, n_classes, graph=_graph(case, rng, x), seed=case.seed, **more)
    if case.trained:
        kind = (np.arange(60) % 5).astype(np.int8)
        suites = Suites(
            ("typical", "atypical", "mislabelled", "corrupted", "out_of_distribution"),
            kind,
            _record(rng, np.choose(kind, [0.9, 0.5, 0.1, 0.3, 0.2])),
        )
        inputs = replace(inputs, suites=suites)
    return inputs


def _votes(case: Case, truth: NDArray[np.int64]) -> Answers | None:
    """Return the votes of three raters who err in a fifth of their answers and have seen most items."""
    if not case.votes:
        return None
    rng = np.random.default_rng(case.seed + 1)
    wrong = rng.random((case.n, 3)) < 0.2
    wide = np.where(wrong, rng.integers(0, case.n_classes, (case.n, 3)), truth[:, None])
    return Answers.of(np.where(rng.random((case.n, 3)) < 0.9, wide, -1), case.n_classes)


def digits(seed: int = 0) -> tuple[Inputs, NDArray[np.int32]]:
    """Return all of scikit-learn's digits with a tenth of the labels flipped, and the true ones.

    Their probabilities are those of the class means of the other folds: cheap, and out of fold like a probe's.
    """
    data = load_digits()
    x = (data.data / 16 - (data.data / 16).mean(axis=0)).astype(np.float32)
    truth = data.target.astype(np.int32)
    n, rng = len(x), np.random.default_rng(seed)
    wrong = rng.random(n) < 0.1
    labels = np.where(wrong, (truth + rng.integers(1, 10, n)) % 10, truth)
    labels = np.where(rng.random(n) < 0.03, -1, labels).astype(np.int32)
    fold = rng.integers(0, 5, n)
    far = np.empty((n, 10))
    for out in range(5):
        means = np.stack([x[(fold != out) & (labels == c)].mean(axis=0) for c in range(10)])
        far[fold == out] = ((x[fold == out, None] - means) ** 2).sum(axis=2)
    probs = np.exp(far.min(axis=1, keepdims=True) - far)
    probs = (probs / probs.sum(axis=1, keepdims=True)).astype(np.float32)
    g = graph.build(x, 50, ids=np.arange(n))
    trusted = rng.random(n) < 0.2
    return Inputs(labels, 10, graph=g, probs=probs, vectors=x, trusted=trusted, seed=seed), truth


def begun(inputs: Inputs) -> State:
    """Run everything for the first time; nothing may fail."""
    findings = detectors.run(inputs)
    assert not findings.failures, findings.failures
    return State(inputs, findings, detectors.combine(inputs, findings))


def followed(before: State, changes: dict[int, int], *, inplace: bool = False) -> State:
    """Relabel some items and follow the change, as a review does after a click.

    `before` has to stay as it is; only with `inplace`, which asks for it, may its arrays be written to.
    """
    held = {} if inplace else held_by(before)
    was = copied(held)
    inputs = before.inputs.relabelled(changes)
    changed = list(changes)
    how = {"inplace": True} if inplace else {}
    findings = detectors.update(inputs, before.findings, changed, **how)
    assert not findings.failures, findings.failures
    combined = detectors.combine(inputs, findings, like=before.combined, changed=changed, **how)
    unaltered(held, was)
    return State(inputs, findings, combined)


def in_full(now: State, frozen: Findings) -> State:
    """Judge all items again by what was learnt: the globals are those of the findings in `frozen`."""
    results: dict[str, Result] = dict(now.findings.results)
    for name in results:
        if exact(name):
            results[name] = detectors.again(name, now.inputs, frozen.results[name])
    findings = Findings(results, now.findings.failures, now.findings.skipped)
    return State(now.inputs, findings, detectors.combine(now.inputs, findings, like=now.combined))


def exact(name: str) -> bool:
    """Say whether a detector's updates claim to equal a full run."""
    return bool(getattr(detectors.get(name), "exact", False))


def check(now: State, whole: State) -> None:
    """Compare what updates have come to with a full run, or with what was shown for the same labels before.

    A detector that is not exact may say something else than it did then; what counts into the verdict may not.
    """
    for name, result in now.findings.results.items():
        if exact(name):
            same(name, result, whole.findings.results[name])
    same_verdict(now.combined, whole.combined, np.ones(now.inputs.n, dtype=bool))


def same(name: str, one: Result, two: Result, atol: float | None = None) -> None:
    """Compare all arrays that a detector returns, to the bit unless `CLOSE` or `atol` says otherwise."""
    score = CLOSE.get(name, 0.0) if atol is None else atol
    other = 0.0 if atol is None else atol
    for field in FIELDS:
        a, b = getattr(one, field), getattr(two, field)
        assert (a is None) == (b is None), (name, field)
        if a is not None:
            assert a.dtype == b.dtype, (name, field)
            near = score if field == "score" else 0.0
            np.testing.assert_allclose(a, b, rtol=0, atol=near, err_msg=f"{name}.{field}")
    assert one.columns.keys() == two.columns.keys(), name
    for column in one.columns:
        a, b = one.columns[column], two.columns[column]
        assert a.dtype == b.dtype, (name, column)
        np.testing.assert_allclose(a, b, rtol=0, atol=other, err_msg=f"{name}.columns[{column!r}]")


def same_verdict(one: Combined, two: Combined, rows: Array, atol: float = VERDICT) -> None:
    """Compare the verdicts on some items, bool [N]."""
    assert (one.columns, one.calibrated, one.note) == (two.columns, two.calibrated, two.note)
    for field in ("p_error", "suggested_p"):
        a, b = getattr(one, field)[rows], getattr(two, field)[rows]
        assert a.dtype == b.dtype == np.float32, field
        np.testing.assert_allclose(a, b, rtol=0, atol=atol, err_msg=field)
    np.testing.assert_array_equal(one.suggested, two.suggested, err_msg="suggested")
    # At the cut itself a last digit may decide.
    clear = rows & ~(np.abs(one.p_error - 0.5) <= atol)
    np.testing.assert_array_equal(one.is_issue[clear], two.is_issue[clear], err_msg="is_issue")


def held_by(state: State) -> dict[str, Array]:
    """Return every array that a state holds, by where it is: somebody on another thread may be reading it.

    What is frozen counts too, for an update starts from an earlier state again when newer scores came between.
    """
    found: dict[str, Array] = {}
    seen: set[int] = set()

    def look(value: Any, path: str) -> None:
        if id(value) in seen:
            return
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            found[path] = value
        elif isinstance(value, Mapping):
            for name, part in value.items():
                look(part, f"{path}[{name!r}]")
        elif isinstance(value, list | tuple):
            for place, part in enumerate(value):
                look(part, f"{path}[{place}]")
        elif is_dataclass(value):
            for one in fields(value):
                look(getattr(value, one.name), f"{path}.{one.name}")

    look(state.inputs, "inputs")
    look(state.findings, "findings")
    look(state.combined, "combined")
    return found


def copied(held: Mapping[str, Array]) -> dict[str, Array]:
    """Copy what a state holds."""
    return {path: array.copy() for path, array in held.items()}


def unaltered(held: Mapping[str, Array], was: Mapping[str, Array]) -> None:
    """Compare what an earlier state holds with a copy made before."""
    for path, array in held.items():
        np.testing.assert_array_equal(array, was[path], err_msg=f"{path} of an earlier state was altered")


def renumbered(inputs: Inputs, seed: int = 0) -> tuple[Inputs, NDArray[np.intp]]:
    """Return the same items in another order, and `order`: item i of the new ones is item `order[i]` of the old."""
    order = np.random.default_rng(seed).permutation(inputs.n)
    place = np.argsort(order).astype(np.int32)
    names = ("labels", "probs", "vectors", "dynamics", "trusted", "conflicting", "content_hashes", "name_scores")
    arrays = {name: getattr(inputs, name)[order] for name in names if getattr(inputs, name) is not None}
    g = inputs.graph
    moved = None if g is None else graph.NeighbourGraph(place[g.indices[order]], g.similarity[order])
    return replace(inputs, graph=moved, **arrays), order


def reordered(state: State, order: NDArray[np.intp]) -> State:
    """Return results with their arrays in another order (pairs are left out: they hold positions)."""
    results = {
        name: replace(
            result,
            score=result.score[order],
            suggestion=None if result.suggestion is None else result.suggestion[order],
            flags=None if result.flags is None else result.flags[order],
            pairs=None,
            columns={column: values[order] for column, values in result.columns.items()},
        )
        for name, result in state.findings.results.items()
    }
    verdict = {field: getattr(state.combined, field)[order] for field in ("p_error", "suggested", "suggested_p")}
    combined = replace(state.combined, is_issue=state.combined.is_issue[order], **verdict)
    return State(state.inputs, replace(state.findings, results=results), combined)


def _probs(
    rng: np.random.Generator, x: NDArray[np.float32], centres: NDArray[np.float64], n_classes: int
) -> NDArray[np.float32]:
    """Return what a fair model would say, but that it is sure, rightly or wrongly, of one item in ten."""
    far = -((x[:, None] - centres) ** 2).sum(axis=2) + rng.normal(scale=0.5, size=(len(x), n_classes))
    probs = np.exp(far - far.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    sure = rng.random(len(x)) < 0.1
    probs[sure] = np.eye(n_classes)[rng.integers(0, n_classes, len(x))][sure]
    result: NDArray[np.float32] = probs.astype(np.float32)
    return result


def _record(rng: np.random.Generator, own: NDArray[np.floating]) -> NDArray[np.float16]:
    """Return dynamics of six epochs at the end of which the given label has the probability `own` [n]."""
    p = np.clip(own[:, None] * np.linspace(0.5, 1, 6) + rng.normal(scale=0.05, size=(len(own), 6)), 0, 1)
    return np.stack([p, 2 * p - 1], axis=2).astype(np.float16)


def _graph(case: Case, rng: np.random.Generator, x: NDArray[np.float32]) -> graph.NeighbourGraph | None:
    n, k = case.n, min(case.k, case.n - 1)
    if case.graph is None:
        return None
    if case.graph == "built":
        return graph.build(x, k, ids=np.arange(n))
    # Anybody beside anybody, some as near as can be and some as far, many equally so.
    others = rng.random((n, n))
    np.fill_diagonal(others, np.inf)
    indices = np.argsort(others, axis=1)[:, :k].astype(np.int32)
    similarity = -np.sort(-np.clip(rng.normal(0.6, 0.4, size=(n, k)), -1, 1).round(1), axis=1)
    return graph.NeighbourGraph(indices, similarity.astype(np.float32))
