"""What happens to a review, as typed events. "Who wakes the scores?" is answered by a search for `CellsChanged`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from explorer.estimates.level import Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.dataset.dataset import Dataset
    from explorer.labels import Cell, Commit
    from explorer.progress import Stage

log = logging.getLogger("explorer")


class Event:
    """Something that happened; whoever subscribes to this type hears of all."""


@dataclass(frozen=True, eq=False)
class CellsChanged(Event):
    """The labels of some items are others now.

    Attributes
    ----------
    positions
        Of the items.
    commit
        The commit of this review that changed them; `None` where somebody else did.
    cells
        What the store says of each now, in the order of `positions`.
    """

    positions: tuple[int, ...]
    commit: Commit | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, eq=False)
class LabelsReset(Event):
    """Everything about the labels is to be read anew: another branch, other items, other classes, many cells."""


@dataclass(frozen=True, eq=False)
class ScoreValues:
    """The scores of some rows.

    Attributes
    ----------
    p_error, suggested_p
        float32 [M].
    suggested
        int32 [M].
    is_issue
        bool [M].
    fits
        int32 [M]: the class that fits best, which is suggested but for what `Level.issues` says of two classes.
    labels
        int32 [M]: codes of the labels that they are about.
    flags
        By name of a column of the table: int32 positions and bool values of the flags that are others now. Only those
        of `state.FLAGS`, and only where one is.
    """

    p_error: NDArray[np.float32]
    suggested: NDArray[np.int32]
    suggested_p: NDArray[np.float32]
    is_issue: NDArray[np.bool_]
    fits: NDArray[np.int32]
    labels: NDArray[np.int32]
    flags: Mapping[str, tuple[NDArray[np.int32], NDArray[np.bool_]]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ScoresChanged(Event):
    """Scores are others now.

    Attributes
    ----------
    version
        `ReviewState.version`: with `rows`, one more than with the last such event; without, it may be the same.
    rows
        int32 [M]: positions of the items; `None` where all columns are to be read anew.
    values
        Of these rows; `None` where `rows` is.
    """

    version: int
    rows: NDArray[np.int32] | None = None
    values: ScoreValues | None = None


@dataclass(frozen=True, eq=False)
class LevelChanged(ScoresChanged):
    """`p_error` of all that is open was brought to another level, and nothing else is another.

    Attributes
    ----------
    level
        What the verdict before it is brought to now.
    """

    level: Level = field(default_factory=Level)


@dataclass(frozen=True, eq=False)
class ScoresReady(Event):
    """A run has scores, and is about to publish them. The only event that is told without the lock.

    What takes long and needs the items alone is made now.
    """

    dataset: Dataset


@dataclass(frozen=True, eq=False)
class LayoutChanged(Event):
    """The map has other places."""


@dataclass(frozen=True, eq=False)
class VersionsMoved(Event):
    """A branch or a tag was made, moved or deleted."""


@dataclass(frozen=True, eq=False)
class VotesChanged(Event):
    """Raters came or went, or say something else: everything about them is to be read anew."""


@dataclass(frozen=True, eq=False)
class SampleChanged(Event):
    """The random sample asks about more items."""


@dataclass(frozen=True, eq=False)
class StagesChanged(Event):
    """A stage of the pipeline moved."""

    stages: tuple[Stage, ...]


@dataclass(frozen=True, eq=False)
class SelectionChanged(Event):
    """Positions of the item that every panel shows, and of those that are chosen."""

    current: int | None
    chosen: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class HighlightChanged(Event):
    """Positions of the items that stand out on the map; empty where all are shown alike."""

    positions: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ScopeOpened(Event):
    """The pages show this scope from now on. `token` tells this wish from every other."""

    scope: str
    token: str


@dataclass(frozen=True, eq=False)
class ScopesChanged(Event):
    """Scopes may hold other items, and facts may say something else, though no score has changed."""


@dataclass(frozen=True, eq=False)
class Closed(Event):
    """The review was closed."""


E = TypeVar("E", bound=Event)


class Events:
    """Tells those who subscribed, on the thread that the event happens on and, but for `ScoresReady`, under the lock.

    A handler that fails is logged: a view that cannot be told must not undo what has happened.

    Examples
    --------
    >>> events, heard = Events(), []
    >>> stop = events.subscribe(LabelsReset, heard.append)
    >>> events.emit(LabelsReset()), events.emit(Closed())
    (None, None)
    >>> len(heard)
    1
    """

    def __init__(self) -> None:
        self._handlers: list[tuple[type[Event], Callable[[Any], None]]] = []

    def subscribe(self, kind: type[E], handler: Callable[[E], None]) -> Callable[[], None]:
        """Call `handler(event)` for each event of a type; returns the way to stop it."""
        entry = (kind, handler)
        self._handlers.append(entry)

        def unsubscribe() -> None:
            if entry in self._handlers:
                self._handlers.remove(entry)

        return unsubscribe

    def emit(self, event: Event) -> None:
        """Tell everybody, in the order in which they subscribed."""
        for kind, handler in tuple(self._handlers):
            if isinstance(event, kind):
                try:
                    handler(event)
                except Exception:
                    log.exception("A handler of %s failed.", type(event).__name__)

    def close(self) -> None:
        """Forget everybody."""
        self._handlers.clear()
