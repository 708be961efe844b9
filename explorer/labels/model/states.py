"""The states that an item can be in, and the reasons for setting it aside: the one place that lists them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class State(StrEnum):
    """State of an item's label. A member is its name as text, as it is stored, exported and sent.

    The order is that of the codes in columns of states, which are written to disk and must not change.

    Examples
    --------
    >>> State("kept").code, State.KEPT.settled, State.STALE.decided
    (2, True, False)
    """

    GIVEN = "given"
    """Nobody decided; the given label holds."""
    RELABELLED = "relabelled"
    """Another label was given."""
    KEPT = "kept"
    """The given label was confirmed."""
    FLAGGED = "flagged"
    """Marked with a reason; the label is left as it is."""
    STALE = "stale"
    """The content changed after the decision, which therefore does not hold."""
    CONFLICT = "conflict"
    """The decision holds, but the given label changed under it."""
    LEFT_OUT = "left out"
    """The item is to be left out of the dataset; the label is left as it is. Stored as a flag with this as its reason,
    so that stores of every version can hold it, and versions before it read it as flagged."""

    __repr__ = str.__repr__  # a cell in a notebook shows 'kept', as it shows any other text
    __hash__ = str.__hash__

    @property
    def code(self) -> int:
        """Place in the order of the states: what columns of states hold, uint8."""
        return _CODES[self]

    @property
    def decided(self) -> bool:
        """Somebody decided on the item, and the decision holds: relabelled, kept, flagged, conflict or left out."""
        return self in _DECIDED

    @property
    def settled(self) -> bool:
        """Somebody said which label is right, and nothing speaks against it: relabelled or kept."""
        return self in _SETTLED

    @property
    def marked(self) -> bool:
        """Somebody set the item aside and left its label alone: flagged or left out."""
        return self in _MARKED


class Reason(StrEnum):
    """Why an item is set aside, or why its label was changed. A member is its text, as it is stored and sent."""

    WRONG = "wrong"
    AMBIGUOUS = "ambiguous"
    GUIDELINE_UNCLEAR = "guideline unclear"
    SEVERAL_FIT = "several fit"
    NONE_FITS = "none fits"
    DUPLICATE = "duplicate"

    __repr__ = str.__repr__
    __hash__ = str.__hash__


_CODES = {state: code for code, state in enumerate(State)}
_SETTLED = frozenset({State.RELABELLED, State.KEPT})
_MARKED = frozenset({State.FLAGGED, State.LEFT_OUT})
_DECIDED = _SETTLED | _MARKED | {State.CONFLICT}


def _codes(states: Iterable[State]) -> NDArray[np.uint8]:
    codes = np.array(sorted(state.code for state in states), dtype=np.uint8)
    codes.setflags(write=False)
    return codes


DECIDED_CODES = _codes(_DECIDED)
"""Codes of the states that are `State.decided`, uint8, read-only."""
SETTLED_CODES = _codes(_SETTLED)
"""Codes of the states that are `State.settled`, uint8, read-only."""
MARKED_CODES = _codes(_MARKED)
"""Codes of the states that are `State.marked`, uint8, read-only."""


def leaves_out(op: str | None, reason: str) -> bool:
    """Tell whether an event of this op and reason leaves its item out."""
    return op == "flag" and reason == State.LEFT_OUT.value
