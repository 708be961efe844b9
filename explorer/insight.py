"""What a review knows: its ranking, why, how good each method is, how many errors are left."""

from __future__ import annotations

import datetime as dt
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.current import STATES, names_of
from explorer.dataset import Dataset
from explorer.errors import DataError, ExplorerError
from explorer.evidence import explain
from explorer.judging import DECIDED, SETTLED, Judging
from explorer.mixing import RATE, Sampling, check_rate, every
from explorer.pipeline import Options, Results
from explorer.stopping import Below, below

if TYPE_CHECKING:
    from explorer.detectors.drift import Drift
    from explorer.detectors.helped import Helped
    from explorer.detectors.remaining import Heard, Left
    from explorer.labels import Store
    from explorer.progress import Progress

FEWEST_DRAWS = 10
"""With fewer answers to the audit its interval is so wide that what the model believes says more."""


FLAGGED = STATES.index("flagged")

WRONG = "wrong"
"""Reason of a mark that says of a label what a correction says, but for the right one."""


class Insight(ABC):
    """The half of a review that only reads."""

    dataset: Dataset
    labels: Store
    lock: threading.RLock
    _results: Results
    _options: Options
    _judging: Judging
    _sampled: Sampling | None = None
    _located: tuple[Dataset, pd.DataFrame, NDArray[np.intp]] | None = None
    _audit_rate: float = RATE

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Class names by code."""

    @property
    @abstractmethod
    def codes(self) -> NDArray[np.int32]:
        """Class code of each item's label now, int32 [N]."""

    @property
    @abstractmethod
    def given(self) -> NDArray[np.int32]:
        """Class code that each item's given label reads as, int32 [N]."""

    @property
    @abstractmethod
    def states(self) -> NDArray[np.uint8]:
        """State of each item, uint8 [N]."""

    @abstractmethod
    def catch_up(self) -> None:
        """Read what others have written."""

    @abstractmethod
    def _need(self, stage: str) -> None: ...

    @abstractmethod
    def _tell(self, event: str, **details: Any) -> None: ...

    def _ready(self) -> None:
        """Wait for the scores, and for them to follow the labels."""
        self._need("score")
        self.catch_up()
        self._judging.settle()

    @property
    def calibrated(self) -> bool:
        """Whether `p_error` may be read as a probability."""
        combined = self._results.combined
        return combined is not None and combined.calibrated

    @property
    def issues(self) -> pd.DataFrame:
        """The ranking, worst first, indexed by item id (waits for the stage "score").

        Columns follow cleanlab: `given_label`, `suggested_label`, `p_error`, `label_score` (0–1, low = bad),
        `is_label_issue`, `outlier_score`, `is_outlier_issue`, …; `label` and `state` say what stands now, and `where`
        names the file or row.
        """
        self._ready()
        with self.lock:
            table = self._results.table
            if table is None:
                raise ExplorerError("There are no scores yet.", "See review.status.")
            position = pd.Series(np.arange(len(self.dataset)), index=self.dataset.item_ids).loc[table.index].to_numpy()
            return table.assign(
                where=[self.dataset.name(p) for p in position],
                label=names_of(self.codes[position], self.classes),
                state=np.asarray(STATES, dtype=object)[self.states[position]],
            )

    @property
    def trust(self) -> Any:
        """Whether the embedding is good enough to trust: probe accuracy and neighbour agreement, also per class."""
        self._need("score")
        return self._results.trust

    @property
    def detectors(self) -> pd.DataFrame:
        """List every method: what it looks for, whether it ran, and whether it is in step with the labels.

        Indexed by `method`; columns `issue`, `state` ("done", "skipped", "failed"), `note` (why it was skipped or how
        it failed), `in_p_error`, `stale_since` (missing where it is in step).
        """
        from explorer import detectors

        self._ready()
        with self.lock:
            results, stale_since, error = self._results, self._judging.stale_since, self.following_error
        findings, combined = results.findings, results.combined
        if findings is None or combined is None:
            raise ExplorerError("There are no scores yet.", "See review.status.")
        rows = []
        for name in detectors.names():
            result = findings.results.get(name)
            failed, skipped = findings.failures.get(name), findings.skipped.get(name)
            state = "failed" if failed else "done" if result is not None else "skipped"
            note = failed or skipped or ""
            if result is None and not note:
                note = "registered since the last run; review.rerun() runs it"
            elif result is not None and not note:
                note = str(result.summary.get("note") or "")
                if error is not None:
                    note = f"has not followed the labels: {type(error).__name__}: {error}"
            stale = stale_since if result is not None and result.stale else None
            rows.append((name, detectors.get(name).issue, state, note, name in combined.columns, stale))
        frame = pd.DataFrame(rows, columns=["method", "issue", "state", "note", "in_p_error", "stale_since"])
        return frame.set_index("method").astype({"stale_since": "datetime64[us, UTC]"})

    @property
    def behind(self) -> tuple[dt.datetime | None, int]:
        """Since when methods that need a new run are behind the labels, and on how many items. Does not wait."""
        with self.lock:
            begun = self._judging.begun
            if begun is None or len(begun.labels) != len(self.codes):
                return None, 0
            return self._judging.stale_since, int((self.codes != begun.labels).sum())

    @property
    def following_error(self) -> Exception | None:
        """Why the scores could not follow the labels the last time; `None` where they did."""
        return self._judging.error

    def method(self, name: str) -> str:
        """Return what a method does, its formula, when to trust it and its source; "p_error" for the number itself."""
        from explorer import detectors

        return detectors.page(name)

    def explain(self, item: str | int) -> pd.DataFrame:
        """Say in words why an item is suspect (waits for "score").

        Columns: `name`, `text` and `value` of a piece of evidence, the `method` that holds it, and by how much that
        `push`es the log-odds of a wrong label.
        """
        self._need("score")
        return explain(self._results, self.classes, self.dataset.find(item))

    @property
    def audit_rate(self) -> float:
        """Share of the queue that is drawn at random, so that `left()` rests on a sample: 0.1, one in ten.

        Assign 0 (none) or a share from 0.001 to 0.5; it is what a widget begins with.
        """
        return self._audit_rate

    @audit_rate.setter
    def audit_rate(self, rate: float) -> None:
        self._audit_rate = check_rate(rate)
        if self._results.combined is not None:
            self._tell("scores")

    @property
    def queue(self) -> pd.DataFrame:
        """The suspects in the order to look at them, with draws mixed in at `audit_rate` (waits for "score").

        Columns and index of `issues`, and `drawn`: the item stands here because it was drawn at random. Decide on
        those too, whether or not they look wrong.
        """
        table = self.issues
        with self.lock:
            position = pd.Index(self.dataset.item_ids).get_indexer(table.index)
            suspects = position[table["is_label_issue"].to_numpy(dtype=bool)]
            decided = np.isin(self.states, DECIDED)
            queue = self._sampling().mixed(suspects, every(self._audit_rate), decided)
            found: pd.DataFrame = table.loc[self.dataset.item_ids[queue.order].tolist()]
            return found.assign(drawn=queue.drawn)

    def draws(self) -> NDArray[np.int32]:
        """Return the positions of the items that the queue mixes in, int32 [D], in the order in which they were drawn.

        Without those that `audit()` asked for. Does not wait.
        """
        with self.lock:
            return self._sampling().draws()

    def audit(self, n: int = 20, *, wait: bool = True) -> list[str]:
        """Draw the next n items of a random audit and return their ids, those that nobody has decided on yet.

        Look at each of them, whether it looks interesting or not, and keep or change its label, or mark it as wrong;
        then `left()` rests on a random sample and no longer on what the model believes. Another mark is no answer. The
        draws follow from the seed. The `queue` mixes in draws of the same sequence, and no item is asked about twice:
        those that are left open come again in the next audit and not in the queue, and the others count without them.

        Raises
        ------
        DataError
            A number below 1.
        """
        if n < 1:
            raise DataError(f"{n} items cannot be drawn.", "Ask for at least one.")
        if wait:
            self._ready()
        with self.lock:
            return [str(self.dataset.item_ids[i]) for i in self._sampling().ask(n, self._decided())]

    def left(self, *, wait: bool = True) -> Left:
        """Estimate how many wrong labels are left among those that nobody has decided on, with a 95 % interval.

        It rests on the random items that were decided on, in the queue or of `audit()`; before there are enough, on
        what the model believes. A mark as wrong counts as a label found wrong, any other mark as no answer. `per_class`
        is indexed by the given class. Without `wait` the scores are taken as they are, also while they follow the last
        decision.
        """
        return self.left_and_below((), wait=wait)[0]

    def left_below(self, cut: int | None = None, *, wait: bool = True) -> Below:
        """Estimate how many wrong labels are left below a line across the ranking; `sentence()` says it.

        Parameters
        ----------
        cut
            Items of the ranking above the line; by default the line is below the last suspect.
        """
        heard, _, above = self._hear([cut], wait)
        return below(heard, above[0])

    def left_and_below(self, cuts: Sequence[int | None], *, wait: bool = True) -> tuple[Left, list[Below]]:
        """Return `left()`, and `left_below()` of some lines, all of one moment and for hardly more than one of them."""
        heard, draws, above = self._hear(cuts, wait)
        found, classes = replace(heard.left(), draws=draws), self.classes
        if found.per_class is not None:
            names = [classes[code] for code in found.per_class.index]
            found = replace(found, per_class=found.per_class.set_axis(pd.Index(names, name="class")))
        return found, [below(heard, part) for part in above]

    def drift(self, *, wait: bool = True) -> Drift:
        """Compare the last decisions with what `p_error` expected of them."""
        from explorer.detectors.drift import drift

        if wait:
            self._ready()
        with self.lock:  # decisions are taken down under it
            begun = self._judging.begun
            rows = [] if begun is None else [i for i in begun.order if np.isfinite(begun.wrong[i])]
            if begun is None or not rows:
                return drift([], [])
            return drift(begun.shown[rows], begun.wrong[rows] == 1)

    def helped(self, progress: Progress | None = None) -> Helped:
        """Compare the probe taught on the given labels with one taught on the labels as they stand.

        Both are judged on the labels of the items that people have decided on. Takes as long as two runs of the probe,
        and needs the embedding only. `per_class` is indexed by class name.

        Parameters
        ----------
        progress
            Hears how far it is, and carries the request to cancel.
        """
        from explorer.detectors.helped import helped
        from explorer.embedding.device import pick

        if self._results.embedding is None:
            self._need("embed")
        self.catch_up()
        with self.lock:
            embedding, given, codes, classes = self._results.embedding, self.given, self.codes, self.classes
            if embedding is None or len(embedding.vectors) != len(codes):
                raise ExplorerError("There is no embedding.", "See review.status.")
            # Codes of a class that was merged into another read as that one's: nobody corrected these labels.
            vectors, before, after = embedding.vectors, given.astype(np.int32), codes.astype(np.int32)
            settled, count = np.isin(self.states, SETTLED), max(1, len(classes))
        device = str(pick(self._options.device)[0])
        found = helped(vectors, before, after, settled, count, self._options.seed, progress, device)
        table = found.per_class
        return replace(found, per_class=table.set_axis(pd.Index(classes, name="class"))) if classes else found

    def _hear(self, cuts: Sequence[int | None], wait: bool) -> tuple[Heard, int, list[NDArray[np.bool_]]]:
        """Return what the audit has heard, how many answers that is, and which items are above each line, bool [N].

        Reads under the lock, and reckons without.
        """
        if wait:
            self._ready()
        with self.lock:
            sampling, wrong = self._sampling(), self._answers()
            audit, reached = sampling.audit, sampling.reached(self._decided())
            combined = self._results.combined
            noise = None if combined is None or combined.model is None else combined.model.noise
            above = [self._above(cut) for cut in cuts]
        otherwise = np.isfinite(wrong)
        otherwise[audit.draw(reached)] = False
        heard = audit.hear(wrong, reached, otherwise, noise)
        draws = round(heard.standing)
        if draws < FEWEST_DRAWS:
            heard = audit.hear(wrong, 0, np.isfinite(wrong), noise)
        return heard, len(heard.draws) or draws, above

    def _above(self, cut: int | None) -> NDArray[np.bool_]:
        """Return which items are above a line across the ranking, bool [N]."""
        table = self._results.table
        if table is None:
            raise ExplorerError("There are no scores yet.", "See review.status.")
        above = np.zeros(len(self.dataset), dtype=bool)
        suspects = table["is_label_issue"].to_numpy(dtype=bool)
        above[self._positions(table)[suspects if cut is None else slice(max(0, cut))]] = True
        return above

    def _positions(self, table: pd.DataFrame) -> NDArray[np.intp]:
        """Return the positions of a table's items, looked up once per table. Whoever calls holds the lock."""
        located = self._located
        if located is None or located[0] is not self.dataset or located[1] is not table:
            position = pd.Index(self.dataset.item_ids).get_indexer(table.index)
            self._located = located = self.dataset, table, position
        return located[2]

    def _answers(self) -> NDArray[np.float64]:
        """Return 1 where a label was found wrong since the scores were made, 0 where it was kept, NaN elsewhere [N]."""
        begun = self._judging.begun
        if begun is None:
            return np.full(len(self.dataset), np.nan)
        wrong = begun.wrong.copy()
        if len(self.states) == len(wrong):
            # What is marked as wrong has been judged, whether or not somebody knows the right label.
            marked = np.flatnonzero((self.states == FLAGGED) & np.isfinite(begun.seen) & (begun.labels >= 0))
            cells = self.labels.head_cells() if len(marked) else {}
            for i in marked:
                cell = cells.get(str(self.dataset.item_ids[i]))  # the store may be ahead of what is shown
                if cell is not None and cell.reason == WRONG:
                    wrong[i] = 1
        return wrong

    def _decided(self) -> NDArray[np.bool_]:
        """Return which items were decided on since the scores were made, bool [N]."""
        begun = self._judging.begun
        return np.zeros(len(self.dataset), dtype=bool) if begun is None else np.isfinite(begun.seen)

    def _sampling(self) -> Sampling:
        """Return the audit of the scores as they were made."""
        from explorer.detectors.remaining import Audit

        begun = self._judging.begun
        of = self._results.combined if begun is None else begun.combined
        if self._sampled is not None and self._sampled.of is of:
            return self._sampled
        if of is None:
            raise ExplorerError("There are no scores yet.", "See review.status.")
        p_error = of.p_error.astype(np.float64)
        labels = self._results.inputs.labels if self._results.inputs is not None else None
        if begun is not None:
            p_error[begun.before] = np.nan  # decided on before: nothing to find there
            labels = begun.labels
        self._sampled = Sampling(of, Audit.design(p_error, seed=self._options.seed, labels=labels))
        return self._sampled
