"""From everything that detectors say to one number per item: how likely its given label is wrong, and which fits best.

Formula
-------
The opinions of model and neighbours are pooled, q ∝ Π opinion^weight, and give log-odds z₀ = log (1 − q_y)/q_y. A
logistic model over the columns of all detectors, taught on labels that were flipped on purpose, gives z₁. Then
p_error = expit(shift + slope·½(z₀ + z₁)), with shift and slope such that p_error has the estimated share of wrong
labels as its mean, overall and by how sure the pooled opinion is.

When to trust it
----------------
It ranks at least as well as the best single method on all benchmark sets. Its level rests on an assumption that labels
alone cannot prove: how many errors hide among the items that the model finds hard. A few dozen reviewed items settle
that; until then read the estimate with its range.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.combine import features as cols
from explorer.detectors.combine import noise_level as levels
from explorer.detectors.combine.flip_model import Learnt, Reader, Unreadable, learn, reader
from explorer.detectors.combine.noise_level import Level, NoiseLevel
from explorer.detectors.combine.opinion_pool import Pool, fit
from explorer.detectors.incremental import distinct
from explorer.detectors.kernels import verdict as kernels
from explorer.detectors.label_state import FEW, Seen, blocks, look
from explorer.detectors.protocol import Findings, Inputs, Opinionated
from explorer.detectors.registry import get
from explorer.progress import Progress
from explorer.utils import logits

log = logging.getLogger("explorer")

S = TypeVar("S", bound=np.generic)

FITTED_CELLS = 2**22
"""Most cells [rows, K] that the pool is fitted to."""

FITTED_ON = 20_000
"""Most items that the pool is fitted to."""

ISSUE = 0.5
"""A label is an issue when it is more likely wrong than right; the estimated noise is part of that likelihood."""

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


@dataclass(frozen=True, eq=False)
class Read:
    """What a verdict rests on, item by item.

    Attributes
    ----------
    seen
        The labels that it is about.
    matrix
        float32 [N, C]: what the model reads; all of an item lies together.
    share
        float32 [N]: probability of the suggested class if the given one is wrong; where that is the suggested one, or
        none is given, its probability by the pooled opinion.
    private
        A verdict made by following an earlier one: the next one may write into its arrays.
    """

    seen: Seen
    matrix: NDArray[np.float32]
    share: NDArray[np.float32]
    private: bool = False


@dataclass(frozen=True, eq=False)
class Combined:
    """One verdict per item.

    Attributes
    ----------
    p_error
        float32 [N] in [0, 1]: probability that the given label is wrong; NaN where unlabelled. The ranking follows it.
    suggested
        int32 [N]: the class that fits best, often the given one; -1 where nothing is known of an unlabelled item.
    suggested_p
        float32 [N]: probability that the suggested class is the true one; NaN where there is none.
    is_issue
        bool [N]: more likely wrong than right, with another class suggested.
    columns
        Names of the detectors that had a say.
    calibrated
        Whether `p_error` was brought to the estimated share of wrong labels; not so with fewer than a hundred.
    model
        What was learnt; `None` where there was nothing to compare.
    note
        One sentence on what could not be judged, else "".
    facts
        AUROC on flips that were held out, of the pooled opinion ("pool") and of the taught model ("learnt").
    findings
        What it was made from.
    read
        All that was read to get there; what stays as it is is not read again. `None` where it is not at hand: then
        whoever follows the labels reads everything anew.
    """

    p_error: NDArray[np.float32]
    suggested: NDArray[np.int32]
    suggested_p: NDArray[np.float32]
    is_issue: NDArray[np.bool_]
    columns: list[str]
    calibrated: bool = False
    model: Model | None = None
    note: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)
    findings: Findings | None = field(default=None, repr=False)
    read: Read | None = field(default=None, repr=False)

    @property
    def pool(self) -> Pool | None:
        """The weights of the opinions."""
        return None if self.model is None else self.model.read.pool

    @property
    def noise_rate(self) -> float:
        """Estimated share of wrong labels, of the labelled ones; NaN if there are none."""
        judged = self.p_error[np.isfinite(self.p_error)]
        return float(judged.mean()) if len(judged) else float("nan")


def combine(
    inputs: Inputs,
    findings: Findings,
    *,
    like: Combined | None = None,
    changed: Sequence[int] | NDArray[np.intp] | None = None,
    inplace: bool = False,
    progress: Progress | None = None,
) -> Combined:
    """Join all detectors in one calibrated number.

    Works with any of them: a model's opinion alone, the neighbours' alone, or all.

    Parameters
    ----------
    like
        An earlier verdict whose model is kept, so that relabelling one item moves no other but by its evidence.
    changed
        With `like`: positions of the items whose label changed since, where `findings` are those of `like`, updated.
        Only the items that the change reaches are judged again; the rest is taken over.
    inplace
        Write into the arrays of `like` if it was itself made by following an earlier verdict: nobody else may be
        reading it.
    """
    opinions = cols.opinionated(findings)
    note = _nothing_to_compare(inputs, opinions)
    if note:
        p_error = np.where(inputs.labelled, 0, np.nan).astype(np.float32)
        return Combined(p_error, inputs.labels.copy(), 1 - p_error, np.zeros(inputs.n, bool), list(opinions), note=note)
    kept = None if like is None else like.model
    if kept is not None and like is not None and kept.fits(findings, opinions):
        # Only with the findings that it was made from at hand is it known what has moved.
        at_hand = like.read is not None and like.findings is not None and findings.after is like.findings.mark
        if changed is not None and at_hand:
            return _followed(inputs, findings, like, kept, np.asarray(changed, dtype=np.intp), inplace)
        model = kept
    else:
        if kept is not None:
            log.warning("A method that p_error was read from is missing: it is learnt anew.")
        try:
            model = _learn(inputs, findings, opinions, progress or Progress())
        except Unreadable as failed:
            log.warning(
                "The detector %r failed on altered labels and has no say in p_error.", failed.name, exc_info=True
            )
            rest = {name: result for name, result in findings.results.items() if name != failed.name}
            return combine(inputs, replace(findings, results=rest), like=like, progress=progress)
    everyone = np.arange(inputs.n)
    combined = Combined(
        np.empty(inputs.n, np.float32),
        np.empty(inputs.n, np.int32),
        np.empty(inputs.n, np.float32),
        np.empty(inputs.n, bool),
        sorted({*model.read.opinions, *model.read.detectors}, key=list(findings.results).index),
        calibrated=model.noise is not None,
        model=model,
        note=_note(inputs, model),
        facts={} if model.learnt is None else model.learnt.found,
        findings=findings,
        read=Read(
            look(inputs), np.empty((inputs.n, len(model.read.names)), np.float32), np.empty(inputs.n, np.float32)
        ),
    )
    assert combined.read is not None
    _read(inputs, findings, combined, everyone)
    for rows in blocks(everyone, len(model.read.names)):
        model.read.write(findings, model.read.detectors, rows, rows, combined.read.matrix)
    _judge(inputs, combined, everyone)
    return combined


def _followed(
    inputs: Inputs, findings: Findings, like: Combined, model: Model, changed: NDArray[np.intp], inplace: bool
) -> Combined:
    """Return a verdict with those items judged again that a change of labels reaches.

    What a detector says is read again where it may have moved; the pooled opinion on all whom the change reaches.
    """
    read = like.read
    assert read is not None
    seen, reached = read.seen.follow(inputs, changed)

    def own(array: NDArray[S]) -> NDArray[S]:
        return array if inplace and read.private else array.copy()

    combined = object.__new__(Combined)  # takes a fraction of the time of `replace`
    combined.__dict__.update(
        like.__dict__,
        p_error=own(like.p_error),
        suggested=own(like.suggested),
        suggested_p=own(like.suggested_p),
        is_issue=own(like.is_issue),
        note=_note(inputs, model),
        findings=findings,
        read=Read(seen, own(read.matrix), own(read.share), True),
    )
    assert combined.read is not None
    _read(inputs, findings, combined, reached)
    together: dict[int, tuple[NDArray[np.intp], list[str]]] = {}
    for name in model.read.detectors:
        rows = findings.moved.get(name)
        if rows is not None and len(rows):
            together.setdefault(id(rows), (rows, []))[1].append(name)
    again = [reached]
    for rows, names in together.values():
        for part in blocks(rows, len(names)):
            model.read.write(findings, tuple(names), part, part, combined.read.matrix)
        if rows is not reached:
            again.append(rows)
    # Some are there more than once; of a few that takes less time than finding out.
    every = np.concatenate(again)
    _judge(inputs, combined, every if len(every) <= FEW else distinct(every))
    return combined


def issues(labels: NDArray[np.int32], suggested: NDArray[np.int32], p_error: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which labels are issues, bool [N]: more likely wrong than right, with another class suggested."""
    # p_error is NaN where unlabelled, and NaN is above nothing.
    result: NDArray[np.bool_] = (suggested != labels) & (p_error > ISSUE)
    return result


def pushes(item: int, inputs: Inputs, findings: Findings, combined: Combined) -> dict[str, float]:
    """Return by how much each detector moves one item's log-odds of being wrong, strongest first.

    What the pooled opinion moves is shared among its opinions by how far each prefers the strongest other class.
    """
    if combined.model is None or inputs.labels[item] < 0:
        return {}
    rows = np.array([item])
    read = combined.model.read
    label = int(inputs.labels[item])
    opinions = cols.logs(inputs, findings, read.opinions, rows)
    q = read.pool.blend(opinions)
    matrix = read.matrix(q, inputs.labels[rows], findings, rows)
    found = {name: float(push[0]) for name, push in combined.model.pushes(matrix).items()}
    rest = q[0].copy()
    rest[label] = -1
    rival = int(rest.argmax())
    parts = [w * float(o[0, rival] - o[0, label]) for w, o in zip(read.pool.weights, opinions, strict=True)]
    whole = found.pop(cols.POOL, 0.0)
    # Parts may have either sign: those that agree with the whole share it.
    agreeing = sum(abs(part) for part in parts if part * whole > 0)
    for name, part in zip(read.opinions, parts, strict=True):
        if part * whole > 0:
            found[name] = found.get(name, 0.0) + whole * abs(part) / agreeing
    return dict(sorted(found.items(), key=lambda pair: -abs(pair[1])))


def _learn(inputs: Inputs, findings: Findings, opinions: Sequence[str], progress: Progress) -> Model:
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
    noise = levels.estimate(sureness[labelled], disagrees, posterior[labelled], inputs.n_classes)
    first = levels.fit(matrix[labelled, 0], noise)
    belief = np.full(n, np.nan)
    belief[labelled] = first.apply(matrix[labelled, 0])
    learnt = learn(inputs, findings, read, matrix, belief, best, progress)
    draft = Model(read, learnt, first, noise)
    level = levels.fit(draft.log_odds(matrix[labelled]), noise)
    return Model(read, learnt, level, noise, _blind(inputs, noise, learnt))


def _read(inputs: Inputs, findings: Findings, combined: Combined, rows: NDArray[np.intp]) -> None:
    """Ask the opinions about some items, and write down what the verdict rests on."""
    model, read = combined.model, combined.read
    assert model is not None
    assert read is not None
    for part in blocks(rows, inputs.n_classes):
        q = model.read.opinion(inputs, findings, part)
        cols.opinion(q, inputs.labels[part], part, read.matrix, combined.suggested, read.share)


def _judge(inputs: Inputs, combined: Combined, rows: NDArray[np.intp]) -> None:
    """Write the verdict on some items in place, by what was read of them."""
    model, read = combined.model, combined.read
    assert model is not None
    assert read is not None
    nothing = np.empty(0)
    centre, weights, bias = nothing, nothing, 0.0
    if model.learnt is not None:
        centre, weights, bias = model.learnt.centre, model.learnt.weights, model.learnt.bias
    kernels.judge(
        inputs.labels,
        rows,
        read.matrix,
        centre,
        weights,
        bias,
        LEARNT,
        logits.LARGEST,
        model.level.slope,
        model.level.shift,
        ISSUE,
        combined.suggested,
        read.share,
        combined.p_error,
        combined.suggested_p,
        combined.is_issue,
    )


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
    start = []
    for name in opinions:
        one = get(name)
        assert isinstance(one, Opinionated)
        start.append(one.weight)
    return fit(cols.logs(inputs, findings, opinions, rows), inputs.labels[rows], start)


def _shift(pool: Pool, n_classes: int) -> float:
    """Return what the noise model adds to the pooled log-odds."""
    return float(np.log(pool.noise / (1 - pool.noise) / (n_classes - 1)))


def _nothing_to_compare(inputs: Inputs, opinions: Sequence[str]) -> str:
    if inputs.n_classes < 2:
        return "There is only one class, so no label can be compared with another: no label issues."
    if not opinions:
        return "There are neither probabilities nor a neighbour graph: no label can be judged."
    return ""


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


def _note(inputs: Inputs, model: Model) -> str:
    return " ".join(filter(None, (model.blind, _counted(inputs))))


def _counted(inputs: Inputs) -> str:
    seen = look(inputs)
    if seen.comparable and not seen.singles:
        return ""
    counts = inputs.sizes
    if not counts.sum():
        return "No item has a label."
    if not seen.comparable:
        return "All labels are of one class, so they can only be compared with given probabilities."
    alone = int((counts == 1).sum())
    return f"{alone:,} {'class has' if alone == 1 else 'classes have'} a single item: no neighbour can confirm it."
