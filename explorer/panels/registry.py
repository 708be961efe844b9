"""The registry of calls that the browser may make: each panel's module adds its own with `@call`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from explorer.errors import DataError, UnknownName

if TYPE_CHECKING:
    from explorer.panels.session import Session

Handler = Callable[..., Any]
HANDLERS: dict[str, Handler] = {}
F = TypeVar("F", bound=Handler)


def call(name: str) -> Callable[[F], F]:
    """Answer the browser's call `name` with `function(session, **args)`."""

    def register(function: F) -> F:
        HANDLERS[name] = function
        return function

    return register


def answer(session: Session, name: str, args: dict[str, Any]) -> Any:
    """Run one call; `UnknownName` if there is none of that name."""
    handler = HANDLERS.get(name)
    if handler is None:
        raise UnknownName("call", name, HANDLERS)
    return handler(session, **args)


def item_at(session: Session, item: Any) -> int:
    """Check a position that came from the browser."""
    n = len(session.review.dataset)
    if isinstance(item, bool) or not isinstance(item, int) or not 0 <= item < n:
        raise DataError(f"There is no item {item!r}; the dataset has {n:,}.", "Reload the page: the dataset changed.")
    return item
