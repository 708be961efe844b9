"""The one schema of both halves: the browser's types are made from it, and every call in it has its handler."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from explorer.panels import registry, typescript
from explorer.panels.schema.calls import CALLS


def test_the_browsers_types_are_those_of_the_schema() -> None:
    committed = typescript.TARGET.read_text(encoding="utf-8")
    assert committed == typescript.typescript(), "make schema"


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (str | None, "string | null"),
        (list[str | None], "(string | null)[]"),
        (dict[int, list[int]], "Record<string, number[]>"),
        (tuple[str, int], "[string, number]"),
        (typing.Literal["a", "b"], '"a" | "b"'),
        (dict[str, Any], "Record<string, unknown>"),
    ],
)
def test_types_have_their_counterparts(kind: Any, written: str) -> None:
    assert typescript.type_of(kind, {}) == written


def test_a_type_without_counterpart_is_refused() -> None:
    with pytest.raises(TypeError, match="complex"):
        typescript.type_of(complex, {})


def test_every_call_of_the_schema_is_answered_and_no_other() -> None:
    assert set(registry.HANDLERS) == set(CALLS)
