"""Review: what a notebook holds. It builds its parts and delegates to them; each owns its state. It knows no widget."""

from __future__ import annotations

import datetime as dt
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from explorer import labels as label_store
from explorer.dataset.dataset import Dataset
from explorer.dataset.descriptions import described
from explorer.labels import BindReport, Commit, Store
from explorer.pipeline.names import check_names
from explorer.pipeline.results import Options, Results
from explorer.pipeline.status import Status
from explorer.readers import read
from explorer.readers.training import attach
from explorer.review.arguments import FOR_PEOPLE, Items, check_arguments, check_open, check_place, rater_name
from explorer.review.contrasts import Contrasts
from explorer.review.decisions import Decisions
from explorer.review.estimates import Estimates
from explorer.review.events import Closed, Events, LabelsReset
from explorer.review.exports import Exports
from explorer.review.label_columns import bind
from explorer.review.listings import Listings
from explorer.review.model_votes import ModelVotes
from explorer.review.more_columns import MoreColumns
from explorer.review.outputs import Outputs
from explorer.review.queue import Queue
from explorer.review.rater_views import RaterViews
from explorer.review.raters import Raters
from explorer.review.removal import Removals, check_mode
from explorer.review.runs import Runs
from explorer.review.sample.random_sample import AUDIT, RandomSample
from explorer.review.score_updates import ScoreUpdates
from explorer.review.scores import Scores
from explorer.review.selection import Selection
from explorer.review.slices import Slices
from explorer.review.state import ReviewState
from explorer.review.sync import StoreSync, commit_of
from explorer.review.views import Views

if TYPE_CHECKING:
    import pandas as pd

    from explorer.estimates.drift import Drift
    from explorer.estimates.helped import Helped
    from explorer.estimates.removal import Removal
    from explorer.estimates.results import Below, Left
    from explorer.progress import Progress


class Review(Views, Outputs):
    """Embed, rank, show and fix the labels of one dataset. Returns at once; the work goes on in the background.

    Parameters
    ----------
    dataset
        A `Dataset`, or anything `explorer.read` takes.
    store
        Path of the label store (made on first use), `postgresql://…` for one on a server, or an open `labels.Store`.
        Without one, corrections go to a temporary file, and the review says so.
    embedder
        Name or folder of an embedder, or "auto"; `None` judges a dataset with links of its own by these alone.
    device
        "cpu", "cuda", "cuda:1", "mps"; chosen when not given.
    k, seed
        Neighbours per item in the neighbour graph; what everything random follows from.
    rater
        Who gives the labels; by default the hub's or the system's user name. On a server it is the login.
    start
        Whether to begin at once; otherwise the first attribute that needs a stage begins.
    cache
        Whether what was computed is kept on disk, or the folder for it. The random sample is no cache: its file lies
        beside the store's (a server's in the default cache folder).
    snapshot
        Whether a saved notebook holds the ten worst items, beside how far the review is.
    allow_changed
        Open a store with keyed items although the content of all of them is another one now.
    descriptions, dynamics, checkpoints, graph
        What classes mean, what a training of your own has left, and links, as `explorer.read` takes them.
    names
        Who compares items with class names and descriptions: "auto" (the embedder, where it reads texts), False, or the
        name or folder of a model that does (a sentence model, CLIP), which embeds the items once more.
    **embedder_options
        Passed on to the embedder.

    Attributes
    ----------
    labels
        The label store: history, branches, tags, blame.
    sample, scores
        The random sample that `left` rests on (`RandomSample`: `draw`, `rate`, `new`), and what the methods say
        (`Scores`: `methods`, `why`, `trust`).
    raters
        Whoever else gives labels, and their votes (`Raters`: `add`, `remove`, `votes`, `table`).
    model_votes
        Asks language models (`ModelVotes`: `ask`).

    Examples
    --------
    >>> import explorer
    >>> review = explorer.Review(explorer.read(["good film", "dull film"], label=["+", "-"]), start=False)
    >>> review.classes
    ('+', '-')
    """

    def __init__(
        self,
        dataset: Any,
        store: str | Path | Store | None = None,
        *,
        embedder: str | None = "auto",
        device: str | None = None,
        k: int = 50,
        seed: int = 0,
        rater: str | None = None,
        start: bool = True,
        cache: bool | str = True,
        snapshot: bool = True,
        allow_changed: bool = False,
        descriptions: Mapping[Any, str] | None = None,
        names: str | bool = "auto",
        dynamics: Any = None,
        checkpoints: Any = None,
        graph: Any = None,
        **embedder_options: Any,
    ) -> None:
        bound = described(dataset if isinstance(dataset, Dataset) else read(dataset), descriptions)
        bound = attach(bound, dynamics=dynamics, checkpoints=checkpoints, graph=graph)
        k, seed = check_arguments(bound, store, embedder, k, seed, rater)
        check_place(device, cache)
        check_names(names, bound.kind)
        self.id = uuid.uuid4().hex
        self.closed, self.snapshot = False, snapshot
        self.temporary = store is None
        path = store or Path(tempfile.mkdtemp(prefix="explorer-")) / "temporary.labels.db"
        self.labels: Store = path if isinstance(path, Store) else label_store.open(path, rater=rater)
        self.store_name = "temporary file" if self.temporary else str(self.labels.path)  # never with a password
        self.binding = bind(bound, self.labels, allow_changed)
        differs = str(self.binding) != str(BindReport())
        self.binding_note = f"Since the label store was last bound: {self.binding}." if differs else ""
        # Each part is given those that it stands on. The order in which they subscribe is that in which they are told.
        self.events = Events()
        options = Options(embedder or "", embedder_options, device, k, seed, cache, names)
        self.state = ReviewState(bound, self.labels, options)
        self.sync = StoreSync(self.state, self.labels, self.events)
        self.decisions = Decisions(self.state, self.sync, self.labels, rater or self.labels.rater)
        self.raters = Raters(self.state, self.labels, self.events, bound, self.decisions)
        self.model_votes = ModelVotes(self.state, self.raters, self.labels)
        self.selected = Selection(self.state, self.events)
        self.runs = Runs(self.state, self.events)
        self._updates = ScoreUpdates(self.state, self.events)
        self.scores = Scores(self.state, self.sync, self.runs, self._updates)
        self.sample = RandomSample(self.state, self.scores, self.labels, self.events, temporary=self.temporary)
        self.contrasts = Contrasts()
        self.rater_views = RaterViews(self.state, self.scores, self.raters)
        self._queue = Queue(self.state, self.scores, self.sample)
        self.listings = Listings(self.state, self.scores, self.sample, self.selected, self.events)
        self.by_slice = Slices(self.state, self.scores, self.sample)
        self.estimates = Estimates(self.state, self.sync, self.runs, self.scores, self.sample, self._updates)
        self.removal = Removals(self.state, self.sync, self.runs, self.scores)
        more = MoreColumns(self.state, self.scores, bound)
        self.exports = Exports(
            self.state, self.sync, self.runs, self.decisions, self.labels, bound, self.store_name, more
        )
        if start:
            self.runs.start()

    def __dir__(self) -> list[str]:
        return FOR_PEOPLE.split()

    def __repr__(self) -> str:
        if self.closed:
            return f"Review({self.dataset!r}, store={self.store_name!r}, closed)"
        counts = self.counts()
        on = self.labels.current_branch
        branch = "" if on == "main" else f", on branch {on!r}"
        note = f"{self.binding_note}\n" if self.binding_note else ""
        return (
            f"Review({self.dataset!r}, store={self.store_name!r}, reviewed {counts['reviewed']:,}, "
            f"relabelled {counts['relabelled']:,}{branch})\n{note}{self.status!r}"
        )

    @property
    def dataset(self) -> Dataset:
        """The items; fewer than at first once some could not be embedded."""
        return self.state.dataset

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names by code, as the store has them now: the dataset's own, then those added on purpose."""
        return self.state.classes

    @property
    def rater(self) -> str:
        """Name that corrections are stored under; assign to change it."""
        return self.decisions.rater

    @rater.setter
    def rater(self, name: str) -> None:
        self.labels.rater = rater_name(name)  # a server's store refuses another name than its login
        self.decisions.rater = self.labels.rater
        with self.state.lock:
            self.events.emit(LabelsReset())

    @property
    def options(self) -> Options:
        """What the pipeline runs with."""
        return self.state.options

    @property
    def results(self) -> Results:
        """Everything computed so far, `None` where a stage has not finished. Does not wait. Nobody writes to it."""
        return self.scores.results()

    @property
    def status(self) -> Status:
        """The stages of the pipeline as they stand."""
        return self.runs.status

    def counts(self) -> dict[str, int]:
        """Count what people have decided on: reviewed, relabelled, kept, flagged, left_out; and the suspects."""
        self.sync.catch_up()
        return self.state.counts()

    def start(self) -> None:
        """Begin the pipeline of a review that was made with `start=False`."""
        check_open(self.closed, self.labels)
        self.runs.start()

    def wait(self, stage: str | None = None, *, timeout: float | None = None, progress: bool = True) -> Review:
        """Wait for a stage ("embed", "graph", "probe", "score", "layout"; default: all), with progress.

        Returns the review itself. `TimeoutError` after `timeout` seconds, and the work goes on.
        """
        self.runs.wait(stage, timeout, progress=progress)
        return self

    def cancel(self) -> None:
        """Stop the pipeline at the next batch. What is finished stays; `rerun()` goes on from the cache."""
        self.runs.cancel()

    def rerun(
        self,
        embedder: str | None = None,
        *,
        device: str | None = None,
        names: str | bool | None = None,
        **embedder_options: Any,
    ) -> None:
        """Run the pipeline again, in the background: with another embedder, and on the labels as they stand now.

        The random sample goes on. What cannot be had is refused (`UnknownName`, `MissingExtra`, `DataError`).
        """
        check_open(self.closed, self.labels)
        check_place(device)
        self.raters.refresh()
        self.runs.rerun(embedder, device, embedder_options, names)

    def add_rater(self, rater: Any, labels: Any = None, **about: Any) -> Any:
        """Add a rater, or what it says now: `review.raters.add`. The scores are computed anew, in the background."""
        return self.raters.add(rater, labels, **about)

    def ask(self, rater: str, items: Items, **how: Any) -> Any:
        """Let a language model vote on items: `model_votes.ask` says how. `dry_run=True` says what it would cost."""
        check_open(self.closed, self.labels)
        return self.model_votes.ask(rater, items, **how)

    def relabel(
        self, items: Items, label: Any, *, why: str = "", reason: str = "", new_class: bool = False
    ) -> Commit | None:
        """Give one item, or many, another label. Durable when it returns, as a click is.

        Parameters
        ----------
        items
            An id (the index of `issues`), without keys also a file's path or a position; a list of them; or a mask of
            every item: a Series by id (`issues.p_error > .9`), or an array in the order of the items, not of `issues`.
        label
            A class, or one for each item. `UnknownName` for what is none, but with `new_class`, which adds it.
        reason
            One of "wrong", "ambiguous", "guideline unclear", "several fit", "none fits", "duplicate".
        """
        return commit_of(self.decisions.relabel(items, label, why=why, reason=reason, new_class=new_class))

    def keep(self, items: Items, *, why: str = "", reason: str = "") -> Commit | None:
        """Say that the given label is right: a decision, stored as one. For `items` see `relabel`."""
        return commit_of(self.decisions.keep(items, why=why, reason=reason))

    def mark(self, items: Items, reason: str, *, why: str = "") -> Commit | None:
        """Set items aside with a reason (see `relabel`), without another label."""
        return commit_of(self.decisions.mark(items, reason, why=why))

    def leave_out(self, items: Items, *, why: str = "") -> Commit | None:
        """Leave items out of the dataset, their labels as they are: `export` tells them, or drops them."""
        return commit_of(self.decisions.leave_out(items, why=why))

    def clear(self, items: Items, *, why: str = "") -> Commit | None:
        """Take a decision back to "not reviewed"; the history stays."""
        return commit_of(self.decisions.clear(items, why=why))

    def undo(self, *, op_id: str | None = None) -> Commit | None:
        """Take back the rater's newest decision that still stands, by an inverse event; `None` if there is none."""
        return commit_of(self.decisions.undo(op_id=op_id))

    def edit(self, op: str, items: Sequence[str], **how: Any) -> Commit | None:
        """Write one commit for items by id; see `Decisions.edit`."""
        return commit_of(self.decisions.edit(op, items, **how))

    @overload
    def left(self, *, by: None = None, wait: bool = True) -> Left: ...

    @overload
    def left(self, *, by: str, wait: bool = True) -> pd.DataFrame: ...

    def left(self, *, by: str | None = None, wait: bool = True) -> Left | pd.DataFrame:
        """Estimate how many wrong labels are left among those that nobody has decided on, with a 95 % interval.

        It rests on the random items that were decided on, in the queue or of `audit()` (see `sample`), or else on what
        the model believes. A mark as wrong is a label found wrong; any other, or leaving out, is no answer. Without
        `wait` the scores are taken as they are, also while they follow the last decision. With `by`, a column of your
        own, a table by slice: `labels`, `unreviewed`, `found`, `left`, `low`, `high` (see `slices`).
        """
        return self.estimates.left(wait=wait) if by is None else self.by_slice.left(by, wait=wait)

    def left_below(self, cut: int | None = None, *, wait: bool = True) -> Below:
        """Estimate how many wrong labels are left below a line across the ranking; `sentence()` says it.

        `cut` items, decided on or not, are above the line (else `DataError`); by default it is below the last suspect.
        """
        return self.estimates.left_below(cut, wait=wait)

    def audit(self, n: int = AUDIT, *, wait: bool = True) -> list[str]:
        """Return the ids of the next n items of a random audit (`sample.draw`)."""
        return self.sample.draw(n, wait=wait)

    @property
    def audit_rate(self) -> float:
        """Share of the queue that is drawn at random (`sample.rate`); assign 0, or a share from 0.001 to 0.5."""
        return self.sample.rate

    @audit_rate.setter
    def audit_rate(self, rate: float) -> None:
        self.sample.rate = rate

    @property
    def sample_since(self) -> dt.datetime | None:
        """When the random sample began, UTC (`sample.since`); `None` while there are no scores."""
        return self.sample.since

    def new_sample(self, *, wait: bool = True) -> None:
        """Begin a new random sample, on the scores and the labels as they stand (`sample.new`)."""
        self.sample.new(wait=wait)

    def drift(self, *, wait: bool = True) -> Drift:
        """Compare the last decisions with what `p_error` expected of them."""
        return self.estimates.drift(wait=wait)

    @overload
    def helped(self, progress: Progress | None = None, *, mode: Literal["relabel"] = "relabel") -> Helped: ...

    @overload
    def helped(self, progress: Progress | None = None, *, mode: Literal["remove"]) -> Removal: ...

    def helped(self, progress: Progress | None = None, *, mode: str = "relabel") -> Helped | Removal:
        """Compare the probe taught on the given labels with one taught on the labels as they stand.

        Both are judged on the items that people have decided on (none: `DataError`). Takes as long as two probes.
        With `mode="remove"` the second is taught the given labels without the worst, up to 30 % of them, beside as many
        that are removed at random; judged on the same items, or without any on all labels. Takes 13 probes.
        """
        return self.estimates.helped(progress) if check_mode(mode) == "relabel" else self.removal.curve(progress)

    def close(self) -> None:
        """Stop the pipeline, close the widgets and the store. What was decided is on disk already."""
        self.closed = True
        self.runs.cancel()
        self.sync.close()
        self._updates.close()
        self.events.emit(Closed())
        self.events.close()
        self.selected.close()
        self.labels.close()
