"""The lock of a review's state."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType


class StateLock:
    """A reentrant lock with work that waits until nobody holds it.

    A store tells all its listeners of a commit on the thread that wrote it, and that thread may hold the lock of
    another review of the same store. Two that waited there for each other's lock would wait for ever. So a listener
    never waits for a lock: it leaves its work, which is done at once where the lock is free, and else by whoever lets
    go of it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0  # written by the holder alone; others see 0 or not
        self._left: deque[Callable[[], None]] = deque()
        self._holder = 0  # the thread that holds it, where one does
        self._own: list[Callable[[], None]] = []  # the holder's alone

    def __enter__(self) -> StateLock:
        """Wait for the lock."""
        self._lock.acquire()
        self._depth += 1
        self._holder = threading.get_ident()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go, and do what was left."""
        # In this order: whoever leaves work after our look at it sees that the lock is free.
        own: list[Callable[[], None]] = []
        if self._depth == 1:
            own, self._own = self._own, []
        self._depth -= 1
        self._lock.release()
        if self._left:
            self._work()
        for work in own:
            work()

    def afterwards(self, work: Callable[[], None]) -> None:
        """Do some work on this thread without the lock: now, or when this thread lets go of it."""
        if self._depth and self._holder == threading.get_ident():
            self._own.append(work)
        else:
            work()

    def later(self, work: Callable[[], None]) -> None:
        """Do some work as soon as nobody holds the lock: now, or on the thread that lets go of it."""
        self._left.append(work)
        self._work()

    def _work(self) -> None:
        while self._depth == 0:
            try:
                work = self._left.popleft()
            except IndexError:
                return
            work()
