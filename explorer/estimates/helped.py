"""Did correcting labels help: the accuracy of a probe taught on the corrected labels against one taught on the given.

Formula
-------
The probe predicts every item by a classifier that did not see it, once taught on the labels before and once on those
after. Both are judged on the corrected labels of the reviewed items: with b items that only the second gets right, c
that only the first does, and n in all, the difference is (b − c)/n. Its 95 % interval is Newcombe's for paired
proportions: from the Wilson intervals (l, u) of either accuracy p₁ (after) and p₀ (before) and the correlation φ of
the two, with which the squares are joined,

    low  = d − √((p₁ − l₁)² − 2φ(p₁ − l₁)(u₀ − p₀) + (u₀ − p₀)²),
    high = d + √((u₁ − p₁)² − 2φ(u₁ − p₁)(p₀ − l₀) + (p₀ − l₀)²).

When to trust it
----------------
The interval speaks of the items judged, as a sample of such items; that another training might have gone another way
is not in it. Reviewed items mostly come from the top of the queue: they are harder than the average, so both accuracies
are lower there than on all items, and the gain need not be the gain on all. The corrected labels of the items judged
are taught too, but never to the classifier that is asked about them. Intervals of single classes hold each by itself:
of 20 classes one misses by chance.

References
----------
Newcombe: Improved confidence intervals for the difference between binomial proportions based on paired data
(Statistics in Medicine 1998), method 10; Wilson: Probable inference, the law of succession, and statistical inference
(Journal of the American Statistical Association 1927).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer import probe
from explorer.errors import DataError
from explorer.probe.fit import CHOOSING, EPOCHS
from explorer.progress import Progress
from explorer.utils.proportions import wilson
from explorer.utils.text import Spoken, paragraph

if TYPE_CHECKING:
    import pandas as pd

ROUNDS = CHOOSING + EPOCHS
"""Epochs that one fit of the probe takes, those that choose its penalty among them."""

FEWEST = 30
"""With fewer items to judge on, the sentence says that they are few."""


@dataclass(frozen=True, eq=False, repr=False)
class Helped(Spoken):
    """What correcting labels did to a model's accuracy.

    Attributes
    ----------
    before, after
        Share of the judged items that the probe gets right when taught on the given labels, and on the corrected ones;
        NaN where there is nothing to judge on.
    difference, low, high
        `after` − `before`, and its 95 % interval.
    judged
        Items judged on.
    changed
        Items whose label changed.
    reviewed
        Whether it was judged on reviewed items; if not, on all labels as they are now.
    per_class
        Table by corrected class: `judged`, `before`, `after`, `difference`, `low`, `high`, `gained`, `lost`.
    note
        What to bear in mind, else "".
    gained, lost
        Judged items that the probe gets right only after the corrections, and only before them: negative flips.
    lost_at, gained_at
        intp: their positions.
    lost_items
        Ids of the negative flips, where the items have ids.
    """

    before: float
    after: float
    difference: float
    low: float
    high: float
    judged: int
    changed: int
    reviewed: bool
    per_class: pd.DataFrame
    note: str = ""
    gained: int = 0
    lost: int = 0
    lost_at: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    gained_at: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    lost_items: tuple[str, ...] = ()

    def verdict(self) -> str:
        """Say whether it helped, in a few words and without a full stop."""
        if not self.judged:
            return "There is no label to judge on"
        if not self.changed:
            return "No label changed, so nothing changed"
        if self.low > 0:
            return "The corrections helped"
        return "The corrections did harm" if self.high < 0 else "Whether the corrections helped cannot be told"

    def sentence(self) -> str:
        """Say it in plain words."""
        if not self.judged or not self.changed:
            return f"{self.verdict()}."
        on = "reviewed items" if self.reviewed else "items, none of them reviewed"
        few = " These are few." if self.judged < FEWEST else ""
        return (
            f"{self.verdict()}: taught on the corrected labels the probe gets {100 * self.after:.1f} % of "
            f"{self.judged:,} {on} right, on the given ones {100 * self.before:.1f} % "
            f"({100 * self.difference:+.1f} percentage points, 95 % "
            f"interval {100 * self.low:+.1f} to {100 * self.high:+.1f}).{few}{self.flips()}"
        )

    def flips(self) -> str:
        """Say how many items went from wrong to right and from right to wrong, with a space in front; "" for none."""
        if not self.gained and not self.lost:
            return ""
        more = f"{self.gained:,} that it got wrong before {'is' if self.gained == 1 else 'are'} right now"
        fewer = f"{self.lost:,} that it got right before {'is' if self.lost == 1 else 'are'} wrong now"
        return f" Of these {more}, {fewer}."

    def _repr_html_(self) -> str:
        return paragraph(self.sentence()) + (paragraph(self.note) if self.note else "")


def helped(
    vectors: NDArray[Any],
    before: NDArray[np.int32],
    after: NDArray[np.int32],
    trusted: ArrayLike | None,
    n_classes: int,
    seed: int = 0,
    progress: Progress | None = None,
    device: str | None = None,
) -> Helped:
    """Teach the probe on the labels before and after, and compare. Costs two fits; deterministic for a seed.

    Parameters
    ----------
    vectors
        float [N, D], finite.
    before, after
        int32 [N]: class codes as given and as corrected, -1 for unlabelled.
    trusted
        bool [N]: items whose corrected label somebody looked at. Where there is none (or `None`) all labels after the
        correction are judged on, and the note says so.
    seed
        Varies the folds, which are the same for both as far as the labels allow.
    progress
        Hears of both fits as of one stage, in epochs.
    device
        Where the probe is fitted: "cpu", "cuda", "mps" …

    Raises
    ------
    DataError
        Lengths that differ, codes outside the classes, vectors that are not finite.
    Cancelled
        When `progress` says so.
    """
    progress = progress or Progress()
    vectors = np.asarray(vectors)
    before, after = np.asarray(before, dtype=np.int32), np.asarray(after, dtype=np.int32)
    n = len(vectors)
    looked = np.zeros(n, dtype=bool) if trusted is None else np.asarray(trusted, dtype=bool)
    if not before.shape == after.shape == looked.shape == (n,):
        raise DataError(
            f"There are {n:,} vectors, {len(before):,} labels before, {len(after):,} after, and {len(looked):,} marks."
        )
    for labels in (before, after):
        if n and (labels.min() < -1 or labels.max() >= n_classes):
            raise DataError(f"Labels are class codes from 0 to {n_classes - 1}, or -1 for unlabelled.")
    known = after >= 0
    reviewed = bool((looked & known).any())
    judged = known & looked if reviewed else known
    changed = int((before != after).sum())
    progress.begin((2 if changed else 1) * ROUNDS, "epochs", device or "cpu", "taught on the given labels")
    first = right(vectors, before, after, n_classes, seed, progress, device)
    second = first
    if changed:
        progress.say("taught on the corrected labels")
        second = right(vectors, after, after, n_classes, seed, progress, device)
    progress.finish()
    old, new, d, low, high = compare(first[judged], second[judged])
    table = _per_class(first, second, judged, after, n_classes)
    note = _note(second, judged, known, reviewed)
    gained, lost = np.flatnonzero(judged & ~first & second), np.flatnonzero(judged & first & ~second)
    counts = len(gained), len(lost), lost, gained
    return Helped(old, new, d, low, high, int(judged.sum()), changed, reviewed, table, note, *counts)


def newcombe(both: int, after_only: int, before_only: int, neither: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two paired proportions, after − before; NaN of nothing.

    Parameters
    ----------
    both, after_only, before_only, neither
        Items that both get right, that one of them does, and that none does.
    """
    n = both + after_only + before_only + neither
    if not n:
        return float("nan"), float("nan")
    a, b, c, d = float(both), float(after_only), float(before_only), float(neither)
    p1, p0 = (a + b) / n, (a + c) / n
    low, high = wilson([both + after_only, both + before_only], [n, n])
    (l1, l0), (u1, u0) = low.tolist(), high.tolist()
    size = np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    cross = a * d - b * c
    # A positive correlation is taken for less than it seems, by half an item.
    cross = max(cross - n / 2, 0.0) if cross > 0 else cross
    phi = cross / size if size else 0.0

    def joined(x: float, y: float) -> float:
        return float(np.sqrt(max(x * x - 2 * phi * x * y + y * y, 0.0)))

    difference = (b - c) / n
    return max(-1.0, difference - joined(p1 - l1, u0 - p0)), min(1.0, difference + joined(u1 - p1, p0 - l0))


def right(
    vectors: NDArray[Any],
    taught: NDArray[np.int32],
    truth: NDArray[np.int32],
    n_classes: int,
    seed: int,
    progress: Progress,
    device: str | None,
    silent: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Return which items the probe gets right, bool [N], held out; `silent` ones teach nothing."""
    if not n_classes:
        return np.zeros(len(truth), dtype=bool)
    due = progress.stage.done + ROUNDS
    watched = _Half(progress)
    probs = probe.out_of_fold(
        vectors, taught, n_classes, seed=seed, device=device, progress=watched, silent=silent
    ).probs
    progress.advance(due - progress.stage.done)  # one class alone is no work
    found: NDArray[np.bool_] = probs.argmax(axis=1) == truth
    return found


class _Half(Progress):
    """One of the fits, which are one stage to whoever watches: it counts, and neither begins nor ends."""

    def __init__(self, whole: Progress) -> None:
        super().__init__(cancel=whole.cancel)
        self._whole = whole

    def begin(self, total: int, unit: str = "", device: str = "", note: str = "", work: float | None = None) -> None:
        """Hear whether it should stop before it begins."""
        del total, unit, device, note, work  # the whole has said its own
        self.check()

    def advance(self, units: int = 1, work: float | None = None) -> None:  # noqa: ARG002  # the whole counts rounds
        """Count for both."""
        self._whole.advance(units)

    def finish(self, state: str = "done", note: str | None = None) -> None:
        """Leave the stage to the whole."""


def compare(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[float, float, float, float, float]:
    """Return accuracy before, after, their difference and its interval."""
    n = len(first)
    if not n:
        return (float("nan"),) * 5
    both, after_only, before_only = (
        int((first & second).sum()),
        int((~first & second).sum()),
        int((first & ~second).sum()),
    )
    low, high = newcombe(both, after_only, before_only, n - both - after_only - before_only)
    return float(first.mean()), float(second.mean()), (after_only - before_only) / n, low, high


def _per_class(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    judged: NDArray[np.bool_],
    labels: NDArray[np.int32],
    n_classes: int,
) -> pd.DataFrame:
    import pandas as pd

    rows = np.flatnonzero(judged)
    rows = rows[np.argsort(labels[rows], kind="stable")]
    ends = np.searchsorted(labels[rows], np.arange(n_classes + 1))
    found = []
    for c in range(n_classes):
        mine = rows[ends[c] : ends[c + 1]]
        gained, lost = int((~first[mine] & second[mine]).sum()), int((first[mine] & ~second[mine]).sum())
        found.append((len(mine), *compare(first[mine], second[mine]), gained, lost))
    names = ["judged", "before", "after", "difference", "low", "high", "gained", "lost"]
    return pd.DataFrame(found, columns=names, index=pd.RangeIndex(n_classes, name="class"))


def _note(right: NDArray[np.bool_], judged: NDArray[np.bool_], known: NDArray[np.bool_], reviewed: bool) -> str:
    if not judged.any():
        return "No item has a label after the corrections."
    if not reviewed:
        return (
            "No item is reviewed, so both are judged on all labels as they are now, wrong ones among them: any change "
            "towards what a model expects looks like help."
        )
    rest = known & ~judged
    if not rest.any():
        return ""
    items = "one reviewed item" if judged.sum() == 1 else f"{int(judged.sum()):,} reviewed items"
    return (
        f"Judged on the {items} only. Most come to review because their labels look "
        f"wrong, so they are no average: the probe agrees with {100 * right[judged].mean():.1f} % of their labels, "
        f"and with {100 * right[rest].mean():.1f} % of the others."
    )
