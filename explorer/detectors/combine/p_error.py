"""From everything that detectors say to one number per item: how likely its given label is wrong, and which fits best.

`explorer.detectors.page("p_error")` has the formula and its sources.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.combine import features as cols
from explorer.detectors.combine.flip_model import Unreadable
from explorer.detectors.combine.label_model import LEARNT, Model, fit_model
from explorer.detectors.combine.opinion_pool import Pool
from explorer.detectors.compiled import verdict as kernels
from explorer.detectors.incremental import Change, Owned, distinct
from explorer.detectors.label_state import LabelState, blocks, label_state
from explorer.detectors.protocol import Findings, Inputs
from explorer.estimates.level import BINARY, ISSUE
from explorer.progress import Progress
from explorer.utils import logits

log = logging.getLogger("explorer")


@dataclass(eq=False)
class Read(Owned):
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
    odds
        float64 [N]: the log-odds that the matrix comes to.
    """

    seen: LabelState
    matrix: NDArray[np.float32]
    share: NDArray[np.float32]
    odds: NDArray[np.float64]


@dataclass(eq=False)
class Combined(Owned):
    """One verdict per item.

    Attributes
    ----------
    p_error
        float32 [N] in [0, 1]: probability that the given label is wrong; NaN where unlabelled. The ranking follows it.
    suggested
        int32 [N]: the class that fits best, often the given one; -1 where nothing is known of an unlabelled item. Of
        two classes the other one where the label is an issue, also if the given one fits better.
    suggested_p
        float32 [N]: probability that the suggested class is the true one; NaN where there is none.
    is_issue
        bool [N]: more likely wrong than right, with another class suggested.
    fits
        int32 [N]: the class that fits best by the pooled opinion.
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
    moved
        Positions, ascending, of the items of which `p_error`, `suggested`, `suggested_p` or `is_issue` is another one
        than in the verdict that this one followed; `None` where everybody was judged anew.
    read
        All that was read to get there; what stays as it is is not read again. `None` where it is not at hand: then
        whoever follows the labels reads everything anew.
    """

    p_error: NDArray[np.float32]
    suggested: NDArray[np.int32]
    suggested_p: NDArray[np.float32]
    is_issue: NDArray[np.bool_]
    fits: NDArray[np.int32]
    columns: list[str]
    calibrated: bool = False
    model: Model | None = None
    note: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)
    findings: Findings | None = field(default=None, repr=False)
    moved: NDArray[np.intp] | None = field(default=None, repr=False)
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

    Examples
    --------
    >>> from explorer import detectors, graph
    >>> labels = np.repeat([0, 1], 60).astype(np.int32)
    >>> vectors = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32) + 4 * labels[:, None]
    >>> labels[5] = 1  # a mistake
    >>> inputs = detectors.Inputs(labels, n_classes=2, graph=graph.build(vectors, k=10), vectors=vectors)
    >>> verdict = detectors.combine(inputs, detectors.run(inputs, only=["vote", "relation", "hoc"]))
    >>> int(verdict.p_error.argmax()), int(verdict.suggested[5])
    (5, 0)
    """
    opinions = cols.opinionated(findings)
    note = _nothing_to_compare(inputs, opinions)
    if note:
        p_error = np.where(inputs.labelled, 0, np.nan).astype(np.float32)
        none, labels = np.zeros(inputs.n, bool), inputs.labels
        return Combined(p_error, labels.copy(), 1 - p_error, none, labels.copy(), list(opinions), note=note)
    kept = None if like is None else like.model
    if kept is not None and like is not None and kept.fits(findings, opinions):
        # Only with the findings that it was made from at hand is it known what has moved.
        at_hand = like.read is not None and like.findings is not None and findings.after == like.findings.number
        if changed is not None and at_hand:
            return _followed(inputs, findings, like, kept, np.asarray(changed, dtype=np.intp), inplace)
        model = kept
    else:
        if kept is not None:
            log.warning("A method that p_error was read from is missing: it is learnt anew.")
        try:
            model = fit_model(inputs, findings, opinions, progress or Progress())
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
        np.empty(inputs.n, np.int32),
        sorted({*model.read.opinions, *model.read.detectors}, key=list(findings.results).index),
        calibrated=model.noise is not None,
        model=model,
        note=_note(inputs, model),
        facts={} if model.learnt is None else model.learnt.found,
        findings=findings,
        read=Read(
            label_state(inputs),
            np.empty((inputs.n, len(model.read.names)), np.float32),
            np.empty(inputs.n, np.float32),
            np.empty(inputs.n),
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

    What a detector says is read again where it may have moved; the pooled opinion on all whom the change reaches. Of
    whom nothing else is read than before, the verdict stands: scales have steps, and most move within one.
    """
    last = like.read
    assert last is not None
    seen, reached = last.seen.follow(inputs, changed)
    together: dict[int | bytes, tuple[Change, list[str]]] = {}
    for name in model.read.detectors:
        change = findings.moved.get(name)
        if change is not None and len(change.rows):
            together.setdefault(change.number or change.rows.tobytes(), (change, []))[1].append(name)
    if inplace:
        like.give()
        last.give()
    combined = Combined(
        like.own(like.p_error),
        like.own(like.suggested),
        like.own(like.suggested_p),
        like.own(like.is_issue),
        like.own(like.fits),
        like.columns,
        like.calibrated,
        model,
        _note(inputs, model),
        like.facts,
        findings,
        read=Read(seen, last.own(last.matrix), last.own(last.share), last.own(last.odds)),
    )
    assert combined.read is not None
    combined.fresh = combined.read.fresh = True
    others = []
    for change, names in together.values():
        for part in blocks(change.rows, len(names)):
            differs = model.read.write(findings, tuple(names), part, part, combined.read.matrix)
            if change.number != reached.number or not change.number:
                others.append(part[differs])  # some more than once, of whom the second look sees nothing new
    suggested = combined.suggested[reached.rows]
    _read(inputs, findings, combined, reached.rows)
    judged = _judge(inputs, combined, reached.rows)
    turned = reached.rows[combined.suggested[reached.rows] != suggested]
    parts = [part for part in (judged, turned) if len(part)]
    if others:
        parts.append(_judge(inputs, combined, np.concatenate(others), anew=False))
    combined.moved = distinct(*parts) if parts else reached.rows[:0]
    return combined


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


def _read(inputs: Inputs, findings: Findings, combined: Combined, rows: NDArray[np.intp]) -> None:
    """Ask the opinions about some items, and write down what the verdict rests on."""
    model, read = combined.model, combined.read
    assert model is not None
    assert read is not None
    for part in blocks(rows, inputs.n_classes):
        q = model.read.opinion(inputs, findings, part)
        cols.opinion(q, inputs.labels[part], part, read.matrix, combined.fits, read.share)


def _judge(inputs: Inputs, combined: Combined, rows: NDArray[np.intp], *, anew: bool = True) -> NDArray[np.intp]:
    """Write the verdict on some items in place, by what was read of them; where not `anew`, by detectors alone.

    Returns
    -------
    numpy.ndarray
        Of whom p_error, the suggestion's probability or the flag is another one than it was.
    """
    model, read = combined.model, combined.read
    assert model is not None
    assert read is not None
    nothing = np.empty(0)
    centre, weights, bias = nothing, nothing, 0.0
    if model.learnt is not None:
        centre, weights, bias = model.learnt.centre, model.learnt.weights, model.learnt.bias
    moved = np.empty(len(rows), np.intp)
    count = kernels.judge(
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
        inputs.n_classes == BINARY,
        anew,
        combined.fits,
        combined.suggested,
        read.share,
        combined.p_error,
        combined.suggested_p,
        combined.is_issue,
        read.odds,
        moved,
    )
    return moved[:count]


def _nothing_to_compare(inputs: Inputs, opinions: Sequence[str]) -> str:
    if inputs.n_classes < 2:
        return "There is only one class, so no label can be compared with another: no label issues."
    if not opinions:
        return "There are neither probabilities nor a neighbour graph: no label can be judged."
    return ""


def _note(inputs: Inputs, model: Model) -> str:
    return " ".join(filter(None, (model.blind, _counted(inputs))))


def _counted(inputs: Inputs) -> str:
    seen = label_state(inputs)
    if seen.comparable and not seen.singles:
        return ""
    counts = inputs.sizes
    if not counts.sum():
        return "No item has a label."
    if not seen.comparable:
        return "All labels are of one class, so they can only be compared with given probabilities."
    alone = int((counts == 1).sum())
    return f"{alone:,} {'class has' if alone == 1 else 'classes have'} a single item: no neighbour can confirm it."
