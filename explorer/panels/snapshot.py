"""The picture of a review that a saved notebook keeps beside its widget, for readers without a kernel.

A host shows a widget's output as an error where its model is gone, whatever else the output holds. So the picture is
an output of its own, before the widget's, and the page hides it while it shows the widget.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from explorer.errors import ExplorerError
from explorer.panels.handlers.previews import cell_text
from explorer.pipeline import kernel
from explorer.reports.snapshot import Facts, WorstItem, page
from explorer.review.events import CellsChanged, Closed, LabelsReset, ScoresChanged
from explorer.review.review import Review
from explorer.utils.text import counted

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

log = logging.getLogger("explorer")

WORST = 10
"""Items that are shown."""
PAIRS = 3
"""Pairs of labels that are shown."""
COLUMNS = 6
"""Columns of a table's row."""
AFTER_SCORES, AFTER_DECISIONS = 1.0, 30.0
"""Seconds from a change to the new picture: one that many changes share."""


class Snapshot:
    """Keeps the picture of one review up to date in the notebook's outputs."""

    def __init__(self, review: Review) -> None:
        self._review = review
        self._handle: DisplayHandle | None = None
        self._said = ""
        # NOTE: events come under the review's lock, which `html` takes: it is made while neither of these is held.
        self._showing = threading.Lock()
        self._timing = threading.Lock()
        self._timer: threading.Timer | None = None
        review.events.subscribe(ScoresChanged, self._scored)
        review.events.subscribe(CellsChanged, lambda _: self._soon(AFTER_DECISIONS))
        review.events.subscribe(LabelsReset, lambda _: self._soon(AFTER_DECISIONS))
        review.events.subscribe(Closed, lambda _: self._stop())

    def show(self) -> None:
        """Put the picture under the cell that runs, in a kernel whose notebook can keep it."""
        if not kernel.in_kernel():
            return
        from IPython.display import DisplayHandle

        said = self._made()
        if said is None:
            return
        with self._showing:
            self._handle = self._handle or DisplayHandle()
            self._said = said
            self._handle.display(self._bundle(), raw=True)

    def update(self) -> None:
        """Show what stands now, wherever the picture is shown."""
        with self._timing:
            self._timer = None
        said = None if self._handle is None or self._review.closed else self._made()
        if said is None:
            return
        with self._showing:
            if self._handle is not None and said != self._said:
                self._said = said
                self._handle.update(self._bundle(), raw=True)

    def _made(self) -> str | None:
        try:
            return page(facts(self._review), name_of(self._review))
        except ExplorerError as problem:  # the store is away: the widget says so, and the next change asks again
            log.info("There is no new picture of the review for the notebook: %s", problem)
            return None

    def _bundle(self) -> dict[str, Any]:
        return {"text/html": self._said, "text/plain": ""}

    def _scored(self, event: ScoresChanged) -> None:
        self._soon(AFTER_SCORES if event.rows is None else AFTER_DECISIONS)

    def _soon(self, seconds: float) -> None:
        with self._timing:
            if self._handle is None or self._timer is not None:
                return
            self._timer = threading.Timer(seconds, self.update)
            self._timer.daemon = True
            self._timer.start()

    def _stop(self) -> None:
        with self._timing:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._handle = None


def name_of(review: Review) -> str:
    """Return the class name by which the page knows the picture of a review."""
    return f"dqx-snapshot-{review.id}"


def facts(review: Review) -> Facts:
    """Return what the picture says of a review as it stands. Waits for nothing."""
    counts, state = review.counts(), review.state
    lines = [
        f"{counted(counts['reviewed'], 'item')} reviewed: {counts['relabelled']:,} given another label, "
        f"{counts['kept']:,} kept, {counts['flagged']:,} marked, {counts['left_out']:,} left out."
    ]
    with state.lock:
        combined, dataset, classes = state.results.combined, state.dataset, state.classes
        if combined is not None:
            left = combined.is_issue & ~state.decided() & np.isfinite(combined.p_error)
            codes, suggested, p_error = state.codes.copy(), combined.suggested.copy(), combined.p_error.copy()
    title = f"{counted(len(dataset), 'item')} with {counted(len(classes), 'class', 'classes')}"
    if combined is None:
        lines.append("The methods had not finished. Run the cell again to review the labels.")
        return Facts(title, lines)
    lines.append(f"{counted(int(left.sum()), 'suspect')} to decide on.")
    lines.append(review.left(wait=False).sentence())
    lines.append(f"As of {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC. Run the cell again to review the labels.")

    def name(code: int) -> str:
        return classes[code] if 0 <= code < len(classes) else "none"

    rows = np.flatnonzero(left)
    pairs, count = np.unique(np.stack([codes[rows], suggested[rows]]), axis=1, return_counts=True)
    most = np.argsort(-count, kind="stable")[:PAIRS]
    found = [(name(int(pairs[0, i])), name(int(pairs[1, i])), int(count[i])) for i in most]
    worst = rows[np.argsort(-p_error[rows], kind="stable")[:WORST]] if review.snapshot else rows[:0]
    items = []
    for i in worst.tolist():
        text, picture = _content(review, i)
        labels = name(int(codes[i])), name(int(suggested[i]))
        called = str(dataset.item_ids[i]) if dataset.keyed else dataset.name(i)
        items.append(WorstItem(called, *labels, float(p_error[i]), text, picture))
    return Facts(title, lines, found, items)


def _content(review: Review, item: int) -> tuple[str, Image.Image | None]:
    try:
        content = review.dataset.load(item)
    except ExplorerError as problem:
        return str(problem), None
    if isinstance(content, Image.Image):
        return "", content
    if isinstance(content, str):
        return content, None
    if isinstance(content, dict):
        return ", ".join(f"{k} {cell_text(v)}" for k, v in list(content.items())[:COLUMNS]), None
    return "", None
