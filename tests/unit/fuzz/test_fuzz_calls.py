"""Calls as the browser makes them, with wrong arguments: each ends in an answer or a refusal, and no refusal writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fuzz_help import fuzz, lengths, outcome
from hypothesis import strategies as st

import explorer
from explorer.panels import registry, session_of, show, wire
from explorer.panels.schema.calls import CALLS
from explorer.review.review import Review

HEAVY = {"rerun", "helped_start", "export"}  # each valid one begins a computation of minutes, or writes a file


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b"], 30)
    vectors = rng.normal(size=(60, 4)) + (labels == "b")[:, None] * 4
    dataset = explorer.read(vectors, label=labels, key=[f"k{n}" for n in range(60)])
    made = Review(dataset, tmp_path_factory.mktemp("calls") / "s.labels.db", rater="ann", cache=False)
    yield made.wait(progress=False)
    made.close()


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 70),
        st.sampled_from([2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 1e308, float("nan"), float("inf")]),
        st.floats(),
        st.text(st.characters(exclude_categories=()), max_size=8),
        st.sampled_from(
            ["k0", "k1", "a", "b", "set", "keep", "clear", "flag", "head", "base", "main", "", "label", "__proto__"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["op", "item", "a", ""]), inner, max_size=3)
    ),
    max_leaves=6,
)


def names_of(call: str) -> list[str]:
    """Return the names of a call's arguments as they stand on the wire."""
    kind = CALLS[call].args
    return [] if kind is None else [str(name) for name in kind.__struct_encode_fields__]


@st.composite
def messages(draw: st.DrawFn) -> tuple[Any, Any]:
    call = draw(st.sampled_from(sorted(set(registry.HANDLERS) - HEAVY)))
    known = names_of(call)
    args = {name: draw(JSON) for name in known if draw(st.integers(0, 5)) != 3}
    if draw(st.integers(0, 6)) == 3:
        args[draw(st.text(max_size=5))] = draw(JSON)
    made = draw(st.integers(0, 12))
    return (draw(JSON), args) if made == 3 else (call, draw(JSON)) if made == 5 else (call, args)


@lengths(150, 0.3)
def test_calls_with_wrong_arguments(examples: int, review: Review) -> None:
    session = session_of(review)

    def check(drawn: tuple[Any, Any]) -> None:
        call, args = drawn
        before = (review.labels.head, review.labels.current_branch, len(review.labels.commits()))
        found = outcome(lambda: registry.answer(review, call, args, session))
        if isinstance(found, Exception):
            assert (review.labels.head, review.labels.current_branch, len(review.labels.commits())) == before, call
        else:
            body, _ = wire.pack(found)
            json.dumps(body, allow_nan=False)

    fuzz(check, examples, messages())
    assert review.labels.verify().ok


@lengths(40, 0.05)
def test_messages_of_any_shape(examples: int, review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that is none is answered or left alone; the session goes on."""
    widget = show(review)
    sent: list[Any] = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append(content))
    session = session_of(review)

    def check(message: Any) -> None:
        if isinstance(message, dict) and str(message.get("call")) in HEAVY:
            return
        session.hear(widget, message)

    shaped = st.fixed_dictionaries(
        {},
        optional={"id": JSON, "call": st.one_of(JSON, st.sampled_from(sorted(registry.HANDLERS))), "args": JSON},
    )
    fuzz(check, examples, st.one_of(shaped, JSON))
    assert review.labels.verify().ok
