"""The states of a label and the reasons: their texts and codes are stored, and stay what they are."""

import numpy as np

from explorer.labels.model.states import DECIDED_CODES, MARKED_CODES, SETTLED_CODES, Reason, State


def test_texts_and_codes_are_those_of_every_store_so_far():
    texts = ["given", "relabelled", "kept", "flagged", "stale", "conflict", "left out"]
    assert [str(state) for state in State] == [state.value for state in State] == texts
    assert [State(text).code for text in texts] == list(range(7))
    assert [str(r) for r in Reason] == [
        "wrong", "ambiguous", "guideline unclear", "several fit", "none fits", "duplicate",
    ]  # fmt: skip


def test_decided_and_settled():
    assert [s for s in State if s.settled] == [State.RELABELLED, State.KEPT]
    assert [s for s in State if not s.decided] == [State.GIVEN, State.STALE]
    assert [s for s in State if s.marked] == [State.FLAGGED, State.LEFT_OUT]
    assert [s.code for s in State if s.decided] == DECIDED_CODES.tolist()
    assert [s.code for s in State if s.settled] == SETTLED_CODES.tolist()
    assert [s.code for s in State if s.marked] == MARKED_CODES.tolist()
    assert not DECIDED_CODES.flags.writeable
    assert DECIDED_CODES.dtype == SETTLED_CODES.dtype == np.uint8


def test_a_state_is_text_wherever_text_is_asked_for():
    assert State.KEPT == "kept"
    assert repr(State.KEPT) == "'kept'"
    assert {"kept": 1}[State.KEPT] == 1
    assert Reason.NONE_FITS == "none fits"
