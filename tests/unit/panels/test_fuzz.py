"""Whatever a page sends, the kernel answers: with a value, or an error that says what to do; and no store changes."""

from __future__ import annotations

import contextlib
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from panels_help import Wire

import explorer
from explorer.errors import ExplorerError
from explorer.panels import registry, session_of, show
from explorer.panels.schema.calls import CALLS
from explorer.review.review import Review

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "head", "main", "\ud800", "a\0b", "../../etc/passwd", "label_pairs", "2024-13-01"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)
"""What JSON can hold, and some that it cannot."""


def fitting(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type of the schema; many of them mean nothing to the review that is asked."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return st.integers(0, 2**53) | st.integers(0, 50)
    if origin is typing.Literal:
        return st.sampled_from(parts)
    if origin is list:
        return st.lists(fitting(parts[0]), max_size=4)
    if origin is dict:
        return st.dictionaries(fitting(parts[0]).map(str), fitting(parts[1]), max_size=3)
    if parts:
        return st.one_of(*(fitting(part) for part in parts if part is not msgspec.UnsetType))
    if kind is bool:
        return st.booleans()
    return st.none() if kind is type(None) else st.text(max_size=12) | st.sampled_from(["main", "head", "cat", "k01"])


WRITES = {
    "blind_answer",
    "resolution",
    "edit",
    "undo",
    "revert",
    "tag",
    "untag",
    "branch",
    "switch",
    "resolve",
    "mergeCommit",
    "mergeAbort",
}
"""Calls that may change the store where their arguments are right."""
RUNS = {"rerun", "cancel", "helped_start", "plotly", "export"}
"""Calls that begin long work, answer with megabytes, or write files."""
READS = sorted(set(CALLS) - WRITES - RUNS)


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """40 vectors of two classes, scored, with a decision and a branch."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 3)).astype(np.float32)
    vectors[::2] += 4
    keys = [f"k{i:02d}" for i in range(40)]
    dataset = explorer.read(vectors, label=["cat", "dog"] * 20, key=keys)
    made = Review(dataset, tmp_path_factory.mktemp("fuzz") / "s.labels.db", rater="ann").wait(progress=False)
    made.relabel("k01", "cat", why="looks like one")
    made.labels.branch("other")
    yield made
    made.close()


def contents(review: Review) -> tuple[Any, ...]:
    """What the store holds, as far as anybody can tell."""
    store = review.labels
    versions = [(name, tuple(row)) for name, row in store.reflog().iterrows()]
    return store.count_events(), store.head, store.current_branch, tuple(store.classes()), versions, review.rater


def ask(review: Review, name: Any, given: Any) -> None:
    with contextlib.suppress(ExplorerError):
        registry.answer(review, name, given, session_of(review))


QUICK = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate, Phase.shrink],
)
LONG = settings(QUICK, max_examples=3_000)


def wrong(review: Review, data: st.DataObject) -> None:
    before = contents(review)
    name = data.draw(st.sampled_from(sorted(CALLS)) | st.text(max_size=8))
    kind = CALLS[name].args if name in CALLS else None
    fields = [] if kind is None else [field.encode_name for field in msgspec.structs.fields(kind)]
    names = st.sampled_from(fields) | st.text(max_size=6) if fields else st.text(min_size=1, max_size=6)
    args = data.draw(st.dictionaries(names, ANYTHING, max_size=5) | ANYTHING)
    try:
        fit = name not in CALLS or registry.arguments(name, args) is not None or kind is None
    except ExplorerError:
        fit = False
    if not (fit and name in WRITES | RUNS | {"rater"}):  # by luck they were right
        ask(review, name, args)
        assert contents(review) == before


def right_by_type(review: Review, data: st.DataObject) -> None:
    before = contents(review)
    name = data.draw(st.sampled_from([name for name in READS if name not in ("rater", "audit", "new_sample")]))
    kind = CALLS[name].args
    args: dict[str, Any] = {}
    for field in [] if kind is None else msgspec.structs.fields(kind):
        if field.required or data.draw(st.booleans()):
            args[field.encode_name] = data.draw(fitting(field.type))
    ask(review, name, args)
    assert contents(review) == before


@QUICK
@given(data=st.data())
def test_wrong_arguments_end_in_an_error_that_says_so(review: Review, data: st.DataObject) -> None:
    wrong(review, data)


@QUICK
@given(data=st.data())
def test_right_types_with_wrong_values_end_so_too(review: Review, data: st.DataObject) -> None:
    right_by_type(review, data)


@QUICK
@given(data=st.data())
def test_calls_that_write_end_in_a_value_or_an_error(review: Review, data: st.DataObject) -> None:
    writes(review, data)


def writes(review: Review, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted((WRITES | {"audit", "new_sample", "rater"}) - {"switch"})))
    kind = CALLS[name].args
    args: dict[str, Any] = {}
    for field in [] if kind is None else msgspec.structs.fields(kind):
        if field.required or data.draw(st.booleans()):
            args[field.encode_name] = data.draw(fitting(field.type))
    if name == "edit" and data.draw(st.booleans()):
        args["order"] = review.dataset.order
    ask(review, name, args)


@pytest.mark.soak
@LONG
@given(data=st.data())
def test_of_thousands_of_calls_none_ends_otherwise(review: Review, data: st.DataObject) -> None:
    data.draw(st.sampled_from([wrong, right_by_type, writes]))(review, data)


@pytest.mark.parametrize(
    "content",
    [None, 3, [], "call", {}, {"call": None}, {"call": ["hello"]}, {"call": {"a": 1}, "id": 7}, {"id": "x"}],
)
def test_messages_that_are_no_calls_are_answered_or_passed_over(
    review: Review, monkeypatch: pytest.MonkeyPatch, content: Any
) -> None:
    page = Wire(show(review), review, monkeypatch)
    page.session.hear(page.widget, content)
    assert all(message.get("ok") is False for message, _ in page.sent)
    assert page.call("hello")["ok"]
