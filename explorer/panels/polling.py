"""Other people's commits appear without a click: while a widget is there, the store is looked at every two seconds."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable

from explorer.errors import ExplorerError
from explorer.review import Review

log = logging.getLogger("explorer")

SECONDS = 2.0
"""Between two looks. A look is one question to the database, which answers that nobody has written."""


def watch(review: Review, shown: Callable[[], bool]) -> threading.Thread:
    """Begin to look at a review's store, until no widget is shown or the review is closed or forgotten.

    Parameters
    ----------
    shown
        A bound method that says whether a widget is still there.
    """
    places = weakref.ref(review), weakref.WeakMethod(shown)  # so that the thread keeps neither alive
    thread = threading.Thread(target=_look, args=places, name="explorer-watch", daemon=True)
    thread.start()
    return thread


def _look(known: weakref.ref[Review], still: weakref.WeakMethod[Callable[[], bool]]) -> None:
    troubled = False
    while True:
        time.sleep(SECONDS)
        review, shown = known(), still()
        if review is None or shown is None or review.closed or not shown():
            return
        try:
            review.look()
            troubled = False
        except ExplorerError as problem:  # the server or the disk is away: whoever clicks hears of it; look again
            if not troubled:
                log.warning("The label store cannot be read at the moment: %s", problem)
            troubled = True
        del review, shown
