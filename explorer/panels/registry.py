"""The calls that the browser may make: `@call` adds one where it is answered, `answer` checks arguments and runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec

from explorer.errors import DataError, UnknownName
from explorer.panels.schema.base import Args
from explorer.panels.schema.calls import CALLS
from explorer.review.review import Review

RELOAD = "Reload the page: it may be of another version."

F = TypeVar("F", bound=Callable[..., Any])


class Handler(NamedTuple):
    """What answers a call, and how it is run: see `call`."""

    function: Callable[..., Any]
    slow: bool
    locked: bool
    session: bool


HANDLERS: dict[str, Handler] = {}


def call(name: str, *, slow: bool = False, locked: bool = True, session: bool = False) -> Callable[[F], F]:
    """Answer the browser's call `name` with `function(review)`, or `function(review, args)` where it has arguments.

    Parameters
    ----------
    name
        As in `explorer.panels.schema.calls.CALLS`, which has the types of arguments and answer.
    slow
        Answered on a thread, so that the kernel stays free: it decodes pictures or reads many rows, and changes no
        label.
    locked
        The review's lock is held meanwhile, so that items, results and labels belong together. `False` for what reads
        one thing only (pictures, or the store, which has its own lock), or takes the lock itself.
    session
        The handler takes the review's session as well, as `session=`.
    """

    def register(function: F) -> F:
        HANDLERS[name] = Handler(function, slow, locked, session)
        return function

    return register


def find(name: Any) -> Handler:
    """Return the handler of a call; `UnknownName` if there is none of that name."""
    handler = HANDLERS.get(name) if isinstance(name, str) else None
    if handler is None:
        raise UnknownName("call", name, HANDLERS, RELOAD)
    return handler


def answer(review: Review, name: str, given: Any = None, session: Any = None) -> Any:
    """Run one call.

    Parameters
    ----------
    given
        Its arguments as they came: by name, or `None` for none.
    session
        Handed to the handlers that ask for it.

    Raises
    ------
    UnknownName
        There is no such call.
    DataError
        An argument is missing, unknown or of a wrong type; nothing was run.
    """
    handler = find(name)
    args = arguments(name, given)
    more = {"session": session} if handler.session else {}
    return handler.function(review, **more) if args is None else handler.function(review, args, **more)


def arguments(name: str, given: Any) -> Args | None:
    """Check and convert the arguments of a call; `None` for one that takes none."""
    kind = CALLS[name].args
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise DataError(f"The arguments of the call {name!r} are no names with values.", RELOAD)
    fields = {} if kind is None else {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in given:
        if key not in fields:
            raise DataError(f"The call {name!r} takes no argument {key!r}.", RELOAD)
    values = {}
    for key, field in fields.items():
        if key in given:
            values[field.name] = _converted(name, key, given[key], field.type)
        elif field.required:
            raise DataError(f"The call {name!r} lacks its argument {key!r}.", RELOAD)
    return None if kind is None else kind(**values)


def item_at(review: Review, item: int) -> int:
    """Check a position that came from the browser."""
    n = len(review.dataset)
    if not 0 <= item < n:
        raise DataError(f"There is no item {item!r}; the dataset has {n:,}.", "Reload the page: the dataset changed.")
    return item


def _converted(name: str, key: str, value: Any, kind: Any) -> Any:
    try:
        converted = msgspec.convert(value, kind, str_keys=True)
        for text in _texts(converted):
            text.encode()  # half of a character can neither be stored nor sent
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise DataError(f"The call {name!r} has a wrong argument {key!r}: {error}.", RELOAD) from error
    return converted


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
