"""What others have done appears without a click: while a widget is there, it is looked for every two seconds.

Others write to the same store, and ask for random items of the same sample.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable

from explorer.errors import ExplorerError
from explorer.review.review import Review

log = logging.getLogger("explorer")

SECONDS = 2.0
"""Between two looks. A look is one question to the database, which answers that nobody has written."""


def watch(review: Review, shown: Callable[[], bool], looked: Callable[[], None]) -> threading.Thread:
    """Begin to look at a review and its store, until no widget is shown or the review is closed or forgotten.

    Parameters
    ----------
    shown
        A bound method that says whether a widget is still there.
    looked
        A bound method that is called after each look at the store.
    """
    # So that the thread keeps none of them alive.
    places = weakref.ref(review), weakref.WeakMethod(shown), weakref.WeakMethod(looked)
    thread = threading.Thread(target=_look, args=places, name="explorer-watch", daemon=True)
    thread.start()
    return thread


def _look(
    known: weakref.ref[Review],
    still: weakref.WeakMethod[Callable[[], bool]],
    after: weakref.WeakMethod[Callable[[], None]],
) -> None:
    troubled = False
    while True:
        time.sleep(SECONDS)
        review, shown, looked = known(), still(), after()
        if review is None or shown is None or looked is None or review.closed or not shown():
            return
        try:
            review.sync.look()
            review.sample.look()
            review.raters.look()
            looked()
            troubled = False
        except ExplorerError as problem:  # the server or the disk is away: whoever clicks hears of it; look again
            if not troubled:
                log.warning("The label store cannot be read at the moment: %s", problem)
            troubled = True
        del review, shown, looked
