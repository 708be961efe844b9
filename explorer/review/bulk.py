"""What one decision on many items would change, counted before it is made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError, UnknownName
from explorer.labels import Store
from explorer.labels.model.states import State
from explorer.review.label_columns import is_decided
from explorer.review.state import ReviewState

Action = Literal["accept", "relabel", "keep", "leave_out"]


@dataclass(frozen=True, eq=False)
class Outlook:
    """What a decision on many items would do.

    Attributes
    ----------
    n
        Number of items that it was asked for.
    unchanged
        Of them, those that would be left as they are: they have that label, or are kept already.
    without
        Of them, those that there is no suggested label for; with "keep", no given one.
    items
        int32 [M], ascending: positions of the others, which would be decided on.
    before, after
        int32 [M]: class codes of their labels now and then; -1 = unlabelled.
    decided
        bool [M]: whether somebody has decided on them.
    """

    n: int
    unchanged: int
    without: int
    items: NDArray[np.int32]
    before: NDArray[np.int32]
    after: NDArray[np.int32]
    decided: NDArray[np.bool_]

    def changes(self) -> list[tuple[int, int, int, int]]:
        """Return (before, after, number of items, of them decided on), the most frequent first."""
        pairs = np.stack([self.before, self.after], axis=1)
        found, of, counts = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
        decided = np.bincount(of.reshape(-1), weights=self.decided, minlength=len(found)).astype(int)
        rows = zip(found.tolist(), counts.tolist(), decided.tolist(), strict=True)
        return sorted(((a, b, n, m) for (a, b), n, m in rows), key=lambda row: (-row[2], row[0], row[1]))


def outlook(state: ReviewState, items: NDArray[np.int32], action: Action, label: str | None = None) -> Outlook:
    """Say what a decision on many items would do. Costs O(items). Whoever calls holds the lock of the state.

    Parameters
    ----------
    items
        int32 [n]: their positions; one that is named twice counts once.
    action
        "accept" gives each its suggested label, "relabel" all of them `label`, "keep" each its given one; "leave_out"
        leaves labels alone.
    label
        A class name.

    Raises
    ------
    UnknownName
        The label is no class.
    DataError
        There is no label, or there are no suggestions yet.
    """
    items = np.unique(items)
    now, given, states = state.codes[items], state.given[items], state.states[items]
    if action == "leave_out":
        after = now
        unchanged = states == State.LEFT_OUT.code
    elif action == "keep":
        after = given
        unchanged = (states == State.KEPT.code) & (after >= 0)
    else:
        after = _suggested(state, items) if action == "accept" else np.full_like(now, _code(state, label))
        unchanged = (after == now) & (after >= 0)
    lacking = (after < 0) & (action != "leave_out")
    changing = ~lacking & ~unchanged
    return Outlook(
        n=len(items),
        unchanged=int(unchanged.sum()),
        without=int(lacking.sum()),
        items=items[changing],
        before=now[changing],
        after=after[changing],
        decided=is_decided(states[changing]),
    )


def deciders(state: ReviewState, store: Store, found: Outlook) -> list[tuple[str, State, int]]:
    """Return (rater, state, number of items) of the decisions that an outlook's items hold, the most frequent first.

    Whoever calls holds the lock of the state.
    """
    decided = found.items[found.decided]
    if len(decided) == 0:
        return []
    cells = (store.get(str(item)) for item in state.dataset.item_ids[decided])
    counts = Counter((cell.rater or "", cell.state) for cell in cells)
    return [(rater, how, n) for (rater, how), n in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]


def _suggested(state: ReviewState, items: NDArray[np.int32]) -> NDArray[np.int32]:
    combined = state.results.combined
    if combined is None:
        raise DataError("There are no suggested labels yet.", "Wait for the stage 'score'.")
    return combined.suggested[items].astype(np.int32)


def _code(state: ReviewState, label: str | None) -> int:
    if label is None:
        raise DataError("A relabelling names no label.", "Choose one.")
    if label not in state.classes:
        raise UnknownName("class", label, state.classes)
    return state.classes.index(label)
