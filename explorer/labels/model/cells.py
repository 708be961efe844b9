"""A cell, which is the label of one field of one item now, and the error that shows cells which changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.errors import ExplorerError
from explorer.labels.display import (
    SHOWN,
    box_html,
    decided_text,
    heading_html,
    label_text,
    pairs_html,
    table_html,
    time_text,
    to_text,
)
from explorer.labels.model.states import State, leaves_out
from explorer.labels.model.types import FIELD


@dataclass(frozen=True, slots=True, repr=False)
class Cell:
    """The label of one field of one item now.

    Attributes
    ----------
    value
        The label in force: a class name, or what the type of the field has; `None` is unlabelled.
    event
        Newest event of the item, or `base:<snapshot id>`; hand it back as `Edit.expected`.
    op, rater, time, why, reason
        Of that event; `None` and "" where there is none. `time` is UTC.
    state
        A `State`, which is text: given, relabelled, kept, flagged, left out, stale (the decision is shown, as
        `recorded`, but does not hold) or conflict (`given` changed under it).
    given
        The given label now; only the field "label" has one.
    recorded
        The label that the newest event recorded; it differs from `value` where the cell is stale.
    evidence
        What the writer was shown.
    field
        Field of the item.
    """

    item: str
    value: Any
    event: str
    op: str | None = None
    rater: str | None = None
    time: dt.datetime | None = None
    why: str = ""
    reason: str = ""
    state: State = State.GIVEN
    given: str | None = None
    recorded: Any = None
    evidence: Mapping[str, Any] | None = None
    field: str = FIELD

    @property
    def state_text(self) -> str:
        """The state in words that a name may follow; going back to the given label is not giving it."""
        return "given label, cleared" if self.state == State.GIVEN and self.op == "clear" else self.state.value

    @property
    def left_out(self) -> bool:
        """The item is to be left out of the dataset: so also in a conflict, where only its given label changed."""
        return self.state.decided and leaves_out(self.op, self.reason)

    def __repr__(self) -> str:
        field = "" if self.field == FIELD else f".{self.field}"
        decided = decided_text(self.rater, self.time, self.why)
        state = f"{self.state_text} {decided}" if decided else self.state.value
        was = f", given {label_text(self.given)}" if self.field == FIELD and self.given != self.value else ""
        held = f", recorded {label_text(self.recorded)}" if self.recorded != self.value else ""
        reason = f", reason {self.reason!r}" if self.reason and self.state != State.LEFT_OUT else ""
        return f"Cell({self.item!r}{field}: {label_text(self.value)}, {state}{was}{held}{reason})"

    def _repr_html_(self) -> str:
        pairs = {
            "label": label_text(self.value),
            "given": label_text(self.given) if self.field == FIELD else None,
            "recorded": label_text(self.recorded) if self.recorded != self.value else None,
            "by": self.rater,
            "at": time_text(self.time),
            "why": self.why,
            "reason": None if self.state == State.LEFT_OUT else self.reason,
            "evidence": to_text(dict(self.evidence)) if self.evidence else None,
        }
        field = "" if self.field == FIELD else f", field {self.field!r}"
        return box_html(heading_html(f"Item {self.item!r}{field}", self.state), pairs_html(pairs))


class Conflict(ExplorerError):
    """Somebody changed a cell after the writer looked at it; nothing was written.

    Attributes
    ----------
    cells
        The cells as they are now: what, who, when and why.
    later
        What was asked for is to take a decision back, and a later one stands in the way.
    """

    def __init__(self, cells: Sequence[Cell], *, later: bool = False) -> None:
        self.cells = tuple(cells)
        self.later = later
        first = self.cells[0]
        who = f" by {first.rater}" if first.rater else ""
        when = f" at {first.time:%Y-%m-%d %H:%M:%S} UTC" if first.time else ""
        why = f" ({first.why})" if first.why else ""
        now = "unlabelled" if first.value is None else repr(first.value)
        place = "" if first.field == FIELD else f" in the field {first.field!r}"
        more = f", and {len(self.cells) - 1:,} more items changed" if len(self.cells) > 1 else ""
        if later:
            others = f"; so it is for {len(self.cells) - 1:,} more items" if len(self.cells) > 1 else ""
            super().__init__(
                f"Item {first.item!r}{place}: a later decision stands in the way{who}{when}{why}: it is now {now}, "
                f"{first.state}{others}. Nothing was written.",
                "Take the later decision back first, or revert the other items only: revert(commit, items=[…]).",
            )
            return
        super().__init__(
            f"Item {first.item!r} changed{place} after you looked: it is now {now}, {first.state}{who}{when}{why}"
            f"{more}. Nothing was written.",
            "Look again, and repeat the change if it still holds.",
        )

    def _repr_html_(self) -> str:
        rows = [(c.item, label_text(c.value), c.state, c.rater, time_text(c.time), c.why) for c in self.cells[:SHOWN]]
        table = table_html(("item", "label now", "state", "by", "at", "why"), rows, len(self.cells))
        title = "A later decision stands in the way" if self.later else "Changed after you looked"
        return box_html(heading_html(title, "nothing was written", bad=True), table)
