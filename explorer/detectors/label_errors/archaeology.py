"""Metadata archaeology: an item is of the kind whose training curves are most like its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.errors import DataError
from explorer.progress import Progress

NEAREST = 20
"""Training curves that an item is likened to; fewer where the smallest suite is smaller."""

LEAST = 1e-4
"""Least probability that a loss tells apart from zero, in half precision."""

ALIKE = 1e-5
"""Curves farther away than the last of the nearest by no more than this share count with it."""

CELLS = 2**22
"""Most distances held at once."""

RECOGNISED = 0.5
"""Share of a suite that the others of its kind must recognise before anything is said of an item of that kind."""

UNKNOWN = -1
"""Kind of an item that has none."""

WORDS = {
    "atypical": "learnt like atypical items: hard, not necessarily wrong",
    "mislabelled": "learnt as slowly as mislabelled items",
    "corrupted": "learnt like items whose content is damaged",
    "out_of_distribution": "hardly learnt, like items that belong to no class",
}
"""What each kind of the suites means for an item; a kind without words is nothing to report."""


@shipped
class Archaeology:
    """Metadata archaeology: the formula, when to trust it and its sources are in `pages/archaeology.md`."""

    name = "archaeology"
    title = "Metadata archaeology"
    issue = "label"
    needs: frozenset[Need] = frozenset({"dynamics", "suites"})
    exact = False

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Liken every item to the suites.

        Raises
        ------
        DataError
            There is no suite of mislabelled items, or the suites were recorded at other epochs than the data.
        """
        assert inputs.dynamics is not None
        assert inputs.suites is not None
        suites = inputs.suites
        if "mislabelled" not in suites.kinds:
            raise DataError(f"The probe suites hold {', '.join(suites.kinds)}, and no mislabelled items.")
        if suites.dynamics.shape[1:] != inputs.dynamics.shape[1:]:
            raise DataError(
                f"The suites' dynamics have the shape {suites.dynamics.shape} and the data's {inputs.dynamics.shape}.",
                "Take both from one training.",
            )
        curves = _losses(inputs.dynamics)
        judged = inputs.labelled & np.isfinite(curves).all(axis=1)
        if len(np.unique(inputs.labels[inputs.labelled])) < 2 or not curves.shape[1] or not len(suites.kind):
            judged[:] = False  # there was nothing to learn
        rows = np.flatnonzero(judged)
        bad = suites.kinds.index("mislabelled")
        score = np.full(inputs.n, np.nan, dtype=np.float32)
        kind = np.full(inputs.n, UNKNOWN, dtype=np.int8)
        known = _losses(suites.dynamics)
        for start in range(0, len(rows), max(1, CELLS // max(1, len(known)))):
            block = rows[start : start + max(1, CELLS // len(known))]
            shares = _shares(curves[block], known, suites.kind, len(suites.kinds))
            score[block], kind[block] = shares[:, bad], _commonest(shares, bad)
            progress.check()
        counts = np.bincount(kind[rows], minlength=len(suites.kinds))
        summary = {
            "kinds": list(suites.kinds),
            "counts": dict(zip(suites.kinds, counts.tolist(), strict=True)),
            "recognised": dict(zip(suites.kinds, _recognised(known, suites.kind, len(suites.kinds)), strict=True)),
        }
        return Result(score, flags=kind == bad, frozen={"kind": kind, "labels": inputs.labels}, summary=summary)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Keep the scores, which tell of the labels that were trained on; items without a label lose theirs."""
        score, kind = result.own(result.score), result.own(result.frozen["kind"])
        assert result.flags is not None
        flags = result.own(result.flags)
        gone = changed[inputs.labels[changed] < 0]
        score[gone], kind[gone], flags[gone] = np.nan, UNKNOWN, False
        frozen = {**result.frozen, "kind": kind}
        return result.updated(Change(gone), score=score, flags=flags, frozen=frozen, stale=True)

    def explain(self, item: int, inputs: Inputs, result: Result, _classes: tuple[str, ...]) -> list[Reason]:
        """Say which kind of items were learnt alike.

        Nothing is said of the ordinary kind, of a kind that does not recognise its own, or of an item relabelled since.
        """
        kind = int(result.frozen["kind"][item])
        if kind == UNKNOWN or inputs.labels[item] != result.frozen["labels"][item]:
            return []
        name = result.summary["kinds"][kind]
        text = WORDS.get(name) if result.summary["recognised"][name] >= RECOGNISED else None
        return [Reason(self.name, text, float(result.score[item]))] if text else []


def kinds(result: Result) -> tuple[NDArray[np.int8], tuple[str, ...]]:
    """Return the kind of every item, int8 [N] with -1 for none, and the kinds' names."""
    kind: NDArray[np.int8] = result.frozen["kind"]
    return kind, tuple(result.summary["kinds"])


def _losses(dynamics: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return −log of the given label's probability, float32 [n, T]."""
    p = dynamics[..., 0].astype(np.float32)
    result: NDArray[np.float32] = -np.log(np.maximum(p, np.float32(LEAST)))
    return result


def _shares(
    curves: NDArray[np.float32],
    known: NDArray[np.float32],
    kind: NDArray[np.int8],
    n_kinds: int,
    *,
    among_themselves: bool = False,
) -> NDArray[np.float32]:
    """Return the share of each kind among the nearest of the known curves, float32 [rows, kinds].

    With `among_themselves` the curves are the known ones, and none is its own neighbour.
    """
    k = min(NEAREST, int(np.bincount(kind, minlength=n_kinds)[np.unique(kind)].min()), len(known) - among_themselves)
    square = (known * known).sum(axis=1) - 2 * curves @ known.T + (curves * curves).sum(axis=1, keepdims=True)
    if among_themselves:
        np.fill_diagonal(square, np.inf)
    last = np.partition(square, k - 1, axis=1)[:, k - 1 : k]
    scale = (curves * curves).sum(axis=1, keepdims=True) + 1
    near = (square <= last + np.float32(ALIKE) * scale).astype(np.float32)
    counts = near @ (kind[:, None] == np.arange(n_kinds)).astype(np.float32)
    result: NDArray[np.float32] = counts / counts.sum(axis=1, keepdims=True)
    return result


def _recognised(known: NDArray[np.float32], kind: NDArray[np.int8], n_kinds: int) -> list[float]:
    """Return for each kind the share of its suite that the other suite items would put there; NaN for an empty one."""
    if len(known) < 2:
        return [float("nan")] * n_kinds
    found = _shares(known, known, kind, n_kinds, among_themselves=True).argmax(axis=1) == kind
    return [float(found[kind == one].mean()) if (kind == one).any() else float("nan") for one in range(n_kinds)]


def _commonest(shares: NDArray[np.float32], bad: int) -> NDArray[np.int8]:
    """Return the kind with the largest share; mislabelled where it ties with another."""
    tied = shares[:, bad] >= shares.max(axis=1) - 1e-6
    result: NDArray[np.int8] = np.where(tied, bad, shares.argmax(axis=1)).astype(np.int8)
    return result
