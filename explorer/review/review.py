"""Review: what a notebook holds. It ties dataset, pipeline and label store together and knows no widget.

Computation happens on a worker thread; labels change under one lock, one change at a time.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer import labels as label_store
from explorer.dataset.dataset import Dataset
from explorer.errors import Cancelled, DataError, ExplorerError, UnknownName
from explorer.labels import BindReport, Commit, Conflict, Edit, Store
from explorer.pipeline.results import Options, Results, other_options
from explorer.pipeline.runner import Pipeline
from explorer.pipeline.stages import STAGES
from explorer.pipeline.status import Status
from explorer.progress import Stage
from explorer.review.arguments import Items, labels_for, listed
from explorer.review.decisions import REASONS
from explorer.review.exports import Outgoing
from explorer.review.item import shown
from explorer.review.label_columns import SETTLED, CurrentLabels, bind
from explorer.review.score_updates import Judging, Standing
from explorer.review.scores import Insight
from explorer.review.sync import Following

log = logging.getLogger("explorer")


class Review(Insight, Outgoing):
    """Embed, rank, show and fix the labels of one dataset. Returns at once; the work goes on in the background.

    Parameters
    ----------
    dataset
        A `Dataset`, or anything `explorer.read` takes.
    store
        Path of the label store (made on first use), `postgresql://…` for one on a server, or an open `labels.Store`.
        Without one, corrections go to a temporary file, and the review says so.
    embedder
        Name or folder of an embedder, or "auto".
    device
        "cpu", "cuda", "cuda:1", "mps"; chosen when not given.
    k
        Neighbours per item in the neighbour graph.
    seed
        Everything random follows from it.
    rater
        Who gives the labels; by default the hub's or the system's user name. On a server it is the login.
    start
        Whether to begin at once; otherwise `start()`, or the first attribute that needs a stage, begins.
    cache
        Whether finished embeddings are kept on disk, or the folder for them. The random sample is no cache: its file
        lies beside the store's, or for a store on a server in the default cache folder, whatever is given here.
    allow_changed
        Open a store with keyed items although the content of all of them is another one now.
    **embedder_options
        Passed on to the embedder.

    Examples
    --------
    >>> import explorer
    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits()
    >>> dataset = explorer.read(digits.images.astype("uint8") * 15, label=digits.target)
    >>> review = explorer.Review(dataset)
    >>> review.issues.head()  # doctest: +SKIP
    """

    def __init__(
        self,
        dataset: Any,
        store: str | Path | Store | None = None,
        *,
        embedder: str = "auto",
        device: str | None = None,
        k: int = 50,
        seed: int = 0,
        rater: str | None = None,
        start: bool = True,
        cache: bool | str = True,
        allow_changed: bool = False,
        **embedder_options: Any,
    ) -> None:
        if not isinstance(dataset, Dataset):
            from explorer.readers import read

            dataset = read(dataset)
        if k < 1:
            raise DataError(f"k is {k}.", "Give at least one neighbour.")
        self.id = uuid.uuid4().hex
        self.dataset: Dataset = dataset
        self.epoch = 0
        self.closed = False
        self.temporary = store is None
        self.lock = threading.RLock()  # held by whoever reads several of dataset, results and labels together
        self._listeners: list[Callable[[str, dict[str, Any]], None]] = []
        self._options = Options(embedder, embedder_options, device, k, seed, cache)
        self._results = Results()
        self.selection: list[str] = []
        self.current: str | None = None
        self.labels: Store = (
            store
            if isinstance(store, Store)
            else label_store.open(
                store or Path(tempfile.mkdtemp(prefix="explorer-")) / "temporary.labels.db", rater=rater
            )
        )
        self._rater = rater or self.labels.rater
        self.binding = bind(dataset, self.labels, allow_changed)
        self._bound = dataset  # the dataset may lose unreadable items later; decisions on them stay
        self._following = Following(dataset, self.labels, self.lock, self._tell)
        self._judging = Judging(self.lock, self._standing, self._judged, lambda: self._tell("scores"))
        self._pipeline = self._new_pipeline()
        if start:
            self._pipeline.start()

    # What is known now ------------------------------------------------------------------------------------------

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names by code, as the store has them now: the dataset's own, then those added on purpose."""
        return self._now.classes

    @property
    def rater(self) -> str:
        """Name that corrections are stored under; assign to change it."""
        return self._rater

    @rater.setter
    def rater(self, name: str) -> None:
        if not name.strip():
            raise DataError("The rater's name is empty.", "Give the name that corrections shall be stored under.")
        self.labels.rater = name.strip()  # a server's store refuses another name than its login
        self._rater = self.labels.rater
        self._tell("hello")

    @property
    def options(self) -> Options:
        """What the pipeline runs with."""
        return self._options

    @property
    def results(self) -> Results:
        """Everything computed so far, `None` where a stage has not finished. Does not wait."""
        return self._results

    @property
    def codes(self) -> NDArray[np.int32]:
        """Class code of each item's label now, int32 [N]; -1 = unlabelled."""
        return self._now.codes

    @property
    def given(self) -> NDArray[np.int32]:
        """Class code that each item's given label reads as, int32 [N]; -1 = unlabelled."""
        return self._now.given

    @property
    def states(self) -> NDArray[np.uint8]:
        """State of each item as a position in `STATES`, uint8 [N]."""
        return self._now.states

    @property
    def status(self) -> Status:
        """The stages of the pipeline as they stand."""
        return Status(self._pipeline.stages)

    def counts(self) -> dict[str, int]:
        """Count what people have decided on: reviewed, relabelled, kept, flagged; and the suspects."""
        with self.lock:
            self.catch_up()
            table = self._results.table
            suspects = 0 if table is None else int(table["is_label_issue"].sum())
            return self._now.reviewed_counts() | {"suspects": suspects}

    def __repr__(self) -> str:
        counts = self.counts()
        on = self.labels.current_branch
        branch = "" if on == "main" else f", on branch {on!r}"
        note = f"{self.binding_note}\n" if self.binding_note else ""
        return (
            f"Review({self.dataset!r}, store={self.store_name!r}, reviewed {counts['reviewed']:,}, "
            f"relabelled {counts['relabelled']:,}{branch})\n{note}{self.status!r}"
        )

    @property
    def binding_note(self) -> str:
        """What differs from the dataset that the store was bound to before, in words; "" if nothing does."""
        found = str(self.binding)
        return "" if found == str(BindReport()) else f"Since the label store was last bound: {found}."

    @property
    def store_name(self) -> str:
        """Where corrections go, for people: never with a password."""
        return "temporary file" if self.temporary else str(self.labels.path)

    # Waiting, cancelling, running again --------------------------------------------------------------------------

    def wait(self, stage: str | None = None, *, timeout: float | None = None, progress: bool = True) -> Review:
        """Wait for a stage (default: all) with progress on the terminal; the review itself comes back.

        Raises
        ------
        TimeoutError
            After `timeout` seconds; the work goes on.
        """
        if stage is not None and stage not in STAGES:
            raise UnknownName("stage", stage, STAGES)
        from explorer.pipeline.progress_bar import follow

        self._pipeline.start()
        if not follow(self._pipeline, stage, timeout, progress):
            raise TimeoutError(f"The stage {stage or STAGES[-1]!r} has not finished after {timeout} s; it goes on.")
        return self

    def cancel(self) -> None:
        """Stop the pipeline at the next batch. What is finished stays; `rerun()` goes on from the cache."""
        self._pipeline.cancel()

    def start(self) -> None:
        """Begin the pipeline of a review made with `start=False`."""
        self._pipeline.start()

    def rerun(self, embedder: str | None = None, *, device: str | None = None, **embedder_options: Any) -> None:
        """Run the pipeline again, in the background: with another embedder, and on the labels as they stand now.

        The random sample that `left()` rests on goes on, with the answers given so far (`new_sample()` begins another).

        Raises
        ------
        UnknownName, MissingExtra, DataError
            An embedder, option or device that cannot be had: the run so far and its results stay as they are.
        """
        options = other_options(self.dataset, self._options, embedder, device, embedder_options)
        with self.lock:
            self._pipeline.cancel()
            self._options = options
            self._pipeline = self._new_pipeline()
        self._pipeline.start()

    # Changing labels --------------------------------------------------------------------------------------------

    def relabel(
        self, items: Items, label: Any, *, why: str = "", reason: str = "", new_class: bool = False
    ) -> Commit | None:
        """Give one item, or many, another label (or a list of one each). Durable when it returns, as a click is.

        Raises
        ------
        UnknownName
            `label` is no class of the dataset (with the nearest ones); `new_class=True` adds it on purpose.
        DataError
            Lists of different lengths; a label that is missing.
        """
        ids = self.ids(items)
        names = labels_for(ids, label)
        for name in dict.fromkeys(names):
            self.check_label(name, new_class=new_class)
        return self.edit("set", ids, label=names, why=why, reason=reason)

    def check_label(self, name: str, *, new_class: bool = False) -> None:
        """Refuse a label that is no class (`UnknownName`), or add it as one when that is meant."""
        known = self.labels.classes()
        if name in known:
            return
        if not new_class:
            raise UnknownName("class", name, known, "Pass new_class=True to add it on purpose.")
        with self._following.writing():
            self.labels.add_class(name)
            self.catch_up()

    def keep(self, items: Items, *, why: str = "", reason: str = "") -> Commit | None:
        """Say that the given label is right. A decision, stored as one."""
        return self.edit("keep", self.ids(items), why=why, reason=reason)

    def mark(self, items: Items, reason: str, *, why: str = "") -> Commit | None:
        """Set items aside with a reason (`REASONS`), without another label."""
        return self.edit("flag", self.ids(items), reason=reason, why=why)

    def clear(self, items: Items, *, why: str = "") -> Commit | None:
        """Take a decision back to "not reviewed"; the history stays."""
        return self.edit("clear", self.ids(items), why=why)

    def undo(self, *, op_id: str | None = None) -> Commit | None:
        """Take back the rater's newest decision that still stands, by an inverse event; `None` if there is none."""
        with self._following.writing():
            commit = self.labels.undo(rater=self._rater, op_id=op_id)
            if commit is not None:
                self._following.took(commit)
            return commit

    def edit(
        self,
        op: str,
        items: Sequence[str],
        *,
        label: str | Sequence[str] | None = None,
        why: str = "",
        reason: str = "",
        expected: Mapping[str, str] | None = None,
        op_id: str | None = None,
    ) -> Commit | None:
        """Write one commit for items by id: what every click and every verb above comes to.

        Parameters
        ----------
        op
            "set" (to `label`: a class name, or one per item), "keep", "flag" or "clear".
        reason
            One of `REASONS`: a must for "flag", allowed for all.
        expected
            Per item id, the event that the writer saw (compare-and-swap).
        op_id
            Made by the client; the same one again returns the first commit.

        Raises
        ------
        Conflict
            Somebody changed one of the items since; nothing was written.
        """
        if reason not in REASONS and (reason or op == "flag"):
            raise UnknownName("reason", reason, REASONS)
        names = [label] * len(items) if label is None or isinstance(label, str) else label
        with self._following.writing():
            edits = [
                Edit(
                    item=item,
                    expected=None if expected is None else expected.get(item),
                    why=why,
                    reason=reason,
                    evidence=shown(self._results, self._now.classes, position),
                    **self._now.decision(op, position, name),
                )
                for item, position, name in zip(items, map(self.dataset.position, items), names, strict=True)
            ]
            if not edits:
                return None
            try:
                commit = self.labels.apply(
                    edits, kind="edit" if len(edits) == 1 else "bulk", rater=self._rater, op_id=op_id
                )
            except Conflict:
                self.catch_up()  # another process wrote to the store: show what it wrote
                raise
            self._following.took(commit)
            return commit

    def select(self, items: Items | None) -> None:
        """Show an item, or choose several, in every panel."""
        positions = [] if items is None else self.positions(items)
        self.remember_selection(positions[0] if positions else None, positions if len(positions) > 1 else [])
        self._tell("select", item=positions[0] if positions else None, items=positions if len(positions) > 1 else [])

    def remember_selection(self, current: int | None, chosen: Sequence[int]) -> None:
        """Note what the panels show as current and chosen (`review.current`, `review.selection`)."""
        ids = self.dataset.item_ids
        self.current = None if current is None else str(ids[current])
        self.selection = [str(ids[i]) for i in chosen]

    def manifest(self) -> dict[str, Any]:
        """Say what made these results: versions, options, seed, device, hashes."""
        from explorer.reports.manifest import manifest

        return manifest(self)

    # For whoever shows the review ---------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[str, dict[str, Any]], None]) -> Callable[[], None]:
        """Call `listener(event, details)` on every change, from any thread; returns the way to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def positions(self, items: Items) -> list[int]:
        """Positions of one item id or many; an unknown id raises `UnknownName`."""
        return [self.dataset.find(item) for item in listed(items)]

    def ids(self, items: Items) -> list[str]:
        """Item ids of one item or many, as a person names them; an unknown one raises `UnknownName`."""
        with self.lock:
            return [str(self.dataset.item_ids[position]) for position in self.positions(items)]

    def event_of(self, position: int) -> str:
        """Event that the next change of an item must name: its newest, or the base of the snapshot."""
        return self._now.events.get(position, self.base_event)

    @property
    def base_event(self) -> str:
        """Stands for "no event yet" in a compare-and-swap."""
        return f"base:{self.labels.snapshot}"

    @property
    def events(self) -> dict[int, str]:
        """Newest event of each item that has one, by position."""
        return dict(self._now.events)

    def _new_pipeline(self) -> Pipeline:
        generation: list[Pipeline] = []

        def mine() -> bool:
            # An older run that is still stopping must not publish over the newer one.
            return not generation or generation[0] is self._pipeline

        def publish(what: str, results: Results, dataset: Dataset) -> None:
            if what == "scores":
                self._know_items(dataset)
            with self.lock:
                if mine():
                    self._published(what, results, dataset)

        def report(stages: tuple[Stage, ...]) -> None:
            if mine():
                self._tell("stages", stages=stages)

        settled = np.isin(self._now.states, SETTLED)
        codes, given, classes = self._now.codes.copy(), self._now.given.copy(), self._now.classes
        pipeline = Pipeline(self.dataset, codes, classes, self._options, publish, report, settled, given)
        generation.append(pipeline)
        return pipeline

    def _published(self, what: str, results: Results, dataset: Dataset) -> None:
        if dataset is self.dataset and self._results.table is not None and results.table is None:
            return  # a run over the same items: what stands stays until there are scores to put in its place
        first = self._results.table is None
        self._results = self._judging.carried(self._results, results)
        if dataset is not self.dataset:
            self.dataset = dataset
            self.epoch += 1
            self._following.show(self.dataset)
            self._tell("hello")
        if what == "scores":
            self._judging.begin(results, self._now.states)
            self._judging.wake()  # labels may have changed while it ran
            if not first:
                self._tell("layout")
            self._tell("scores")
            if not self.closed:
                self._begin_sampling()
        elif what == "layout":
            self._tell("layout")

    def _begin_sampling(self) -> None:
        """Begin the random sample with the scores, so that no decision comes before it."""
        try:
            self._sampling(fresh=True)
        except Exception:  # the scores stand without it; whoever asks for it tries again, and is told
            log.exception("The random sample could not begin with the scores.")

    def _need(self, stage: str) -> None:
        self._pipeline.start()
        self.wait(stage)
        ended = next(s for s in self._pipeline.stages if s.name == stage)
        if ended.state == "cancelled":
            raise Cancelled(f"The stage {stage!r} was cancelled.", "review.rerun() goes on from the cache.")
        if ended.state in ("failed", "skipped") and stage != "probe":
            failures = self._pipeline.failures
            cause = failures.get(stage) or next(iter(failures.values()), None)
            if cause is not None:
                failed = next((name for name, error in failures.items() if error is cause), stage)
                raise ExplorerError(f"The stage {failed!r} failed: {cause}", "See review.status.") from cause

    def _standing(self) -> Standing:
        with self.lock:
            return Standing(
                self._results,
                self.dataset,
                self._now.classes,
                self._now.codes.copy(),
                self._now.states.copy(),
                self._now.given.copy(),
            )

    def _judged(self, before: Results, after: Results) -> bool:
        """Put results that follow the labels in place, unless the pipeline has brought others meanwhile."""
        with self.lock:
            if self._results is not before:
                return False
            self._results = after
        self._tell("scores")
        return True

    def _tell(self, event: str, **details: Any) -> None:
        if event in ("cells", "hello"):
            self._judging.wake()
        for listener in list(self._listeners):
            try:
                listener(event, details)
            except Exception:  # a view that cannot be told must not undo what has happened
                log.exception("A listener of the review failed on %r.", event)

    def catch_up(self) -> None:
        """Read what others have written to the store since, and tell the panels."""
        self._following.catch_up()

    def look(self) -> None:
        """Catch up, also with branches and tags: what panels do every few seconds while they are shown."""
        self._following.look()
        self._look_at_sample()

    @property
    def _now(self) -> CurrentLabels:
        return self._following.now

    def close(self) -> None:
        """Stop the pipeline, close the widgets and the store. What was decided is on disk already."""
        self.closed = True
        self._pipeline.cancel()
        self._following.close()
        self._judging.close()
        self._tell("closed")
        self._listeners.clear()
        self.labels.close()
