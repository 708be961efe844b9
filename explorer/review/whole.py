"""What is found of a review's data as a whole, and not item by item: giveaways, classes, labels beside the wrong rows.

It is looked for once a run, in the background, and again where somebody asks for the facts after labels have changed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.cues.alignment import CHANCE, Alignment, alignment
from explorer.cues.finding import Finding, examples
from explorer.cues.label_space import label_space
from explorer.cues.measurement import Measures, measurable, measure, sample
from explorer.cues.properties import property_cues
from explorer.cues.shifts import NEAR
from explorer.cues.words import word_cues
from explorer.dataset.dataset import Dataset
from explorer.errors import Cancelled
from explorer.pipeline import result_cache
from explorer.progress import Progress, Stage
from explorer.review.events import Closed, Events, ScopesChanged
from explorer.review.label_columns import is_decided
from explorer.review.scope_members import Shown
from explorer.review.state import ReviewState, Snapshot
from explorer.utils.cache import digest

log = logging.getLogger("explorer")

FORMAT = 1
"""Raised when what is measured of a picture comes out differently."""

QUIET = 1.0
"""Seconds after which the look in the background begins: pages that have just got their scores come first."""

PAUSE = 0.002
"""Seconds that others get the processor after each block of items."""

NAMED = 3
"""Findings that a card names of one item."""


class Found(NamedTuple):
    """What was found.

    Attributes
    ----------
    of
        The number of the run, and the version of the scores.
    dataset
        The items that positions count in.
    cues
        What gives labels away, the clearest first; `None` while the items are not measured.
    odd_classes
        What is odd about the classes.
    alignment
        How labels and rows fit; `items` are positions of items.
    measured, unreadable
        How many items were measured for cues, and of how many that failed.
    """

    of: tuple[int, int]
    dataset: Dataset
    cues: list[Finding] | None
    odd_classes: list[Finding]
    alignment: Alignment
    measured: int = 0
    unreadable: int = 0


class Whole:
    """Looks at the whole. Emits `ScopesChanged` when a look in the background has ended.

    Examples
    --------
    >>> [one.name for one in review.whole.look().odd_classes], review.whole.reason("odd_class", 0)
    ([], '')
    """

    def __init__(self, state: ReviewState, events: Events) -> None:
        self._state = state
        self._events = events
        self._found: Found | None = None
        self._shown: tuple[Found, Shown] | None = None
        self._measures: tuple[Dataset, Measures] | None = None
        self._tried = (0, 0)  # the run and the version that were last looked at in the background
        self._working = threading.Lock()
        self._progress: Progress | None = None
        self._cancel = threading.Event()
        self._closed = threading.Event()
        self.error = ""
        events.subscribe(Closed, lambda _: self._close())

    def begin(self) -> None:
        """Look in the background, unless that has been done with the scores as the run made them. Returns at once."""
        with self._state.lock:
            if self._state.scored and self._tried[0] != self._state.scored:
                self._start()

    def measure(self) -> None:
        """Open the items and measure them, where that has not been done, and draw how far that is.

        On a thread of its own, so that widgets are answered meanwhile; an interrupt ends the waiting, not the work.
        """
        from explorer.pipeline.progress_bar import watch

        with self._state.lock:
            snapshot = self._state.read()
            if not self._state.scored or not measurable(snapshot.dataset) or self._measured(snapshot.dataset):
                return
        ended = threading.Event()

        def work() -> None:
            with suppress(Exception), self._working:  # `look` meets what fails again, and raises it
                self._measures_of(snapshot.dataset)
            ended.set()

        threading.Thread(target=work, name="explorer-measure", daemon=True).start()
        watch(ended.wait, lambda: None if self._progress is None else self._progress.stage)

    def look(self, *, wait: bool = True) -> Found | None:
        """Return what is found by the labels as they stand; `None` where there are no scores.

        Parameters
        ----------
        wait
            Measure the items first, where that has not been done, and follow the labels. Without, what was found of
            the same run is returned as it is, and followed in the background.
        """
        with self._state.lock:
            now = (self._state.scored, self._state.version)
            known = self._found
            if not self._state.scored or self._state.results.combined is None:
                return None
            if known is not None and not wait and known.dataset is self._state.dataset and known.of[0] == now[0]:
                if now not in (known.of, self._tried):
                    self._start()
                return known
            measured = self._measured(self._state.dataset) is not None or not measurable(self._state.dataset)
            if known is not None and known.of == now and known.cues is not None:
                return known
            snapshot = self._state.read()
            labels, rows = snapshot.codes, self._rows(snapshot)
        found = _found_of(now, snapshot, labels, rows)
        if wait or measured:
            with self._working:
                cues, measures = self._cues(snapshot)
            found = found._replace(cues=cues, measured=len(measures.items), unreadable=measures.unreadable)
        with self._state.lock:
            known = self._found
            if found.cues is None and known is not None and known.of == now:
                return known  # another look was faster
            if snapshot.dataset is self._state.dataset:
                self._found = found
        return found

    def shown(self) -> Shown | None:
        """Return the examples of each scope; `None` while nothing was looked for, and "giveaway" not before it was.

        Waits for nothing. Whoever calls holds the state's lock.
        """
        found = self._found
        if found is None or found.dataset is not self._state.dataset:
            return None
        if self._shown is None or self._shown[0] is not found:
            n = len(found.dataset)
            parts = {"odd_class": found.odd_classes, "shifted": found.alignment.findings}
            if found.cues is not None:
                parts["giveaway"] = found.cues
            self._shown = found, {name: examples(findings, n) for name, findings in parts.items()}
        return self._shown[1]

    def reason(self, scope: str, item: int) -> str:
        """Say why an item is in one of these scopes; "" where it is not. Whoever calls holds the state's lock."""
        findings = (self.shown() or {}).get(scope, [])
        if not any(item in items for _, items in findings):
            return ""
        return " ".join([one.reason for one, _ in findings if item in one.items][:NAMED])

    def _close(self) -> None:
        self._closed.set()
        self._cancel.set()

    def _start(self) -> None:
        """Look in the background. The lock is held."""
        if self._closed.is_set():
            return
        self._tried = (self._state.scored, self._state.version)
        threading.Thread(target=self._work, name="explorer-whole", daemon=True).start()

    def _work(self) -> None:
        if self._closed.wait(QUIET):
            return
        try:
            self.error = ""
            self.look(wait=True)
        except Cancelled:
            return
        except Exception as error:  # said where the facts are; the review goes on
            self.error = f"{type(error).__name__}: {error}"
            log.exception("The whole could not be looked at.")
        if not self._closed.is_set():
            with self._state.lock:
                self._events.emit(ScopesChanged())

    def _measured(self, dataset: Dataset) -> Measures | None:
        return self._measures[1] if self._measures is not None and self._measures[0] is dataset else None

    def _cues(self, now: Snapshot) -> tuple[list[Finding], Measures]:
        """Return what gives labels away; measures the items where that has not been done."""
        options, measures = self._state.options, self._measures_of(now.dataset)
        combined = now.results.combined
        at = measures.items
        suspicion = None if combined is None else combined.p_error[at]
        labels = np.where(now.codes < len(now.classes), now.codes, -1)[at]
        found = property_cues(measures.properties, labels, now.classes, options.seed, measures.called)
        if measures.words is not None:
            found += word_cues(measures.words, labels, now.classes, suspicion)
        found.sort(key=lambda one: -float(one.figures["reach"]))
        return [replace(one, items=at[one.items]) for one in found], measures

    def _measures_of(self, dataset: Dataset) -> Measures:
        """Return what the items are measured to be; whoever calls holds `_working`."""
        known, options = self._measured(dataset), self._state.options
        if known is not None:
            return known

        def kept(make: Callable[[], NDArray[np.float64]]) -> NDArray[np.float64]:
            hashes = dataset.content_hashes[sample(dataset, options.seed)]
            return result_cache.cached(
                options,
                "pictures",
                lambda: digest(hashes, FORMAT),
                make,
                lambda values: {"properties": values},
                lambda arrays: arrays["properties"],
            )[0]

        self._progress = Progress(Stage("measure"), cancel=self._cancel)
        try:
            measures = measure(dataset, self._progress, options.seed, PAUSE, kept)
        finally:
            self._progress = None
        self._measures = dataset, measures
        return measures

    def _rows(self, now: Snapshot) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the label of each of the user's own rows as it stands, and the item of each. The lock is held."""
        d = now.dataset
        item = d.row_item
        given = self._state.labels.reading(d.row_given)
        settled = (item >= 0) & is_decided(now.states)[np.maximum(item, 0)]
        return np.where(settled, now.codes[np.maximum(item, 0)], given).astype(np.int32), item


def _found_of(
    of: tuple[int, int],
    now: Snapshot,
    labels: NDArray[np.int32],
    rows: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> Found:
    """Return what the arrays tell, without a look into the items."""
    inputs, combined = now.results.inputs, now.results.combined
    assert inputs is not None
    assert combined is not None
    k = inputs.n_classes  # a class that was added since is in no opinion yet
    classes = now.classes[:k]
    known = np.where(labels < k, labels, -1).astype(np.int32)
    probs = inputs.probs
    best = combined.suggested if probs is None else np.where(np.isfinite(probs[:, 0]), probs.argmax(axis=1), -1)
    row_label, item = rows
    has = item >= 0
    opinion = np.where(has, best[np.maximum(item, 0)], -1).astype(np.int32)
    graph = inputs.graph
    near = None
    if graph is not None and graph.k:
        near = now.dataset.first_row[graph.indices[np.maximum(item, 0), :NEAR]]
        near = np.where(has[:, None], near, -1).astype(np.int32)
    lint = label_space(known, classes, probs, combined.p_error) if len(classes) else []
    row_label = np.where(row_label < k, row_label, -1).astype(np.int32)
    fit = alignment(row_label, opinion, classes, near)
    if not fit.findings and fit.kappa < CHANCE and inputs.name_scores is not None:
        # What learnt nothing from these labels cannot tell how they are moved; the names of the classes may.
        named = np.where(has, inputs.name_scores.argmax(axis=1)[np.maximum(item, 0)], -1).astype(np.int32)
        by_name = alignment(row_label, named, classes)
        fit = by_name if by_name.findings else fit
    findings = [replace(one, items=_items(one.items, item)) for one in fit.findings]
    return Found(of, now.dataset, None if measurable(now.dataset) else [], lint, fit._replace(findings=findings))


def _items(rows: NDArray[np.intp], item: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the items of some rows, each once, in the order of the rows."""
    return np.array(list(dict.fromkeys(item[rows][item[rows] >= 0].tolist())), dtype=np.intp)
