"""What a review knows: its ranking, why, how good each method is, how many errors are left."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.errors import ExplorerError
from explorer.estimates.errors_left import below
from explorer.estimates.results import Below
from explorer.pipeline.requirements import REVIEW, needs
from explorer.review.estimates import FEWEST_DRAWS, WRONG, check_judged, check_progress
from explorer.review.item import explain
from explorer.review.label_columns import DECIDED, SETTLED, standing
from explorer.review.queue import RATE, check_rate, every
from explorer.review.sample.random_sample import Sampler
from explorer.utils.numbers import check_cut

if TYPE_CHECKING:
    from explorer.estimates.drift import Drift
    from explorer.estimates.errors_left import Heard
    from explorer.estimates.helped import Helped
    from explorer.estimates.results import Left
    from explorer.progress import Progress
    from explorer.review.sample.draws import Sample


class Insight(Sampler):
    """The half of a review that only reads."""

    _located: tuple[Dataset, pd.DataFrame, NDArray[np.intp]] | None = None
    _audit_rate: float = RATE

    @abstractmethod
    def catch_up(self) -> None:
        """Read what others have written."""

    @abstractmethod
    def _need(self, stage: str) -> None: ...

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
        """All items, those to be decided on first, each part worst first, indexed by item id (waits for "score").

        Columns follow cleanlab: `given_label`, `suggested_label`, `p_error`, `label_score` (0–1, low = bad),
        `is_label_issue`, `outlier_score`, `is_outlier_issue`, …; `label` and `state` say what stands now, `decided`
        whether somebody has decided on the item, and `where` names the file or row. `sort_values("p_error",
        ascending=False, kind="stable")` is the ranking whatever has been decided.
        """
        self._ready()
        with self.lock:
            decided = np.isin(self.states[self._positions(self._table())], DECIDED)
            if not decided.any():
                return self._shown(slice(None))  # nothing moves, so nothing is copied
            return self._shown(np.concatenate([np.flatnonzero(~decided), np.flatnonzero(decided)]))

    @property
    def trust(self) -> Any:
        """Whether the embedding is good enough to trust: probe accuracy and neighbour agreement, also per class."""
        self._need("score")
        return self._results.trust

    @property
    def detectors(self) -> pd.DataFrame:
        """List every method: what it looks for, whether it ran, and whether it is in step with the labels.

        Indexed by `method`; columns `issue`, `state` ("done", "skipped", "failed"), `note` (what it lacks and how to
        give that, how it failed, or what is doubtful), `in_p_error`, `stale_since` (missing where it is in step).
        """
        from explorer import detectors
        from explorer.readers.column_check import doubts

        self._ready()
        with self.lock:
            results, stale_since, error = self._results, self._judging.stale_since, self.following_error
            dataset = self.dataset
        doubtful = "the columns of the probabilities look swapped: see review.status" if doubts(dataset) else ""
        findings, combined, inputs = results.findings, results.combined, results.inputs
        if findings is None or combined is None or inputs is None:
            raise ExplorerError("There are no scores yet.", "See review.status.")
        rows = []
        for name in detectors.names():
            result = findings.results.get(name)
            failed, skipped = findings.failures.get(name), name in findings.skipped
            state = "failed" if failed else "done" if result is not None else "skipped"
            note = failed or (needs(name, inputs, REVIEW) if skipped else "")
            if result is None and not note:
                note = "registered since the last run; review.rerun() runs it"
            elif result is not None and not note:
                note = str(result.summary.get("note") or "")
                if "probs" in detectors.get(name).needs:
                    note = "; ".join(filter(None, (note, doubtful)))
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
        """The suspects still to be decided on, worst first, with draws mixed in at `audit_rate` (waits for "score").

        Columns and index of `issues`, and `drawn`: the item stands here because it was drawn at random. Decide on
        those too, whether or not they look wrong. What is decided on is left out, and the others keep their order; all
        of the ranking, decided or not, is `issues`. Where there is no suspect at all, the queue is the first 20 draws.
        """
        self._ready()
        with self.lock:
            table = self._table()
            suspects = self._positions(table)[table["is_label_issue"].to_numpy(dtype=bool)]
            decided = np.isin(self.states, DECIDED)
            order, drawn = self._sampling().mixed(suspects, every(self._audit_rate), decided)
            open_ = ~decided[order]
            place = np.empty(len(self.dataset), dtype=np.intp)
            place[self._positions(table)] = np.arange(len(table))
            return self._shown(place[order[open_]]).assign(drawn=drawn[open_])

    def left(self, *, wait: bool = True) -> Left:
        """Estimate how many wrong labels are left among those that nobody has decided on, with a 95 % interval.

        It rests on the random items that were decided on, in the queue or of `audit()`; before there are enough, on
        what the model believes. A mark as wrong counts as a label found wrong, any other mark as no answer. `per_class`
        is indexed by the given class. Without `wait` the scores are taken as they are, also while they follow the last
        decision.

        The sample lasts as long as the items and their given labels (see `sample_since`), over `rerun()` and over
        closing and opening: its file lies beside the store, whatever `cache` is. `found` counts from when
        it began. `new_sample()` begins another.
        """
        return self.left_and_below((), wait=wait)[0]

    def left_below(self, cut: int | None = None, *, wait: bool = True) -> Below:
        """Estimate how many wrong labels are left below a line across the ranking; `sentence()` says it.

        Parameters
        ----------
        cut
            Items above the line, of the whole ranking by `p_error`, decided on or not; by default the line is below the
            last suspect.

        Raises
        ------
        DataError
            No whole number from 0 to the number of items.
        """
        heard, draws, above = self._hear([cut], wait)
        return below(heard, above[0], draws)

    def left_and_below(self, cuts: Sequence[int | None], *, wait: bool = True) -> tuple[Left, list[Below]]:
        """Return `left()`, and `left_below()` of some lines, all of one moment and for hardly more than one of them."""
        heard, draws, above = self._hear(cuts, wait)
        found, classes = replace(heard.left(), draws=draws), self.classes
        if found.per_class is not None:
            names = [classes[code] for code in found.per_class.index]
            found = replace(found, per_class=found.per_class.set_axis(pd.Index(names, name="class")))
        return found, [below(heard, part, draws) for part in above]

    def drift(self, *, wait: bool = True) -> Drift:
        """Compare the last decisions with what `p_error` expected of them."""
        from explorer.estimates.drift import drift

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

        Raises
        ------
        DataError
            No label has been kept or changed yet; something else than a `Progress`.
        """
        from explorer.engine.devices import pick
        from explorer.estimates.helped import helped

        check_progress(progress)
        self.catch_up()
        with self.lock:
            check_judged(self.states, self.given, self.codes)
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
            sample = self._sampling()
            reached = sample.reached(sample.decided(self.states))
            answers = sample.answers(self.codes, self.states, self._found_wrong(sample))
            above = [sample.by_row(self._above(cut)) for cut in cuts]
            begun, shown = self._judging.begun, self._results.combined
            assert begun is not None  # else there is no sample
            assert shown is not None
            beyond = sample.beyond(shown.p_error, self.states)
            heard = sample.hearing(answers, reached, not sample.drawn_by(begun.combined.p_error), beyond)
        return (*heard(FEWEST_DRAWS), above)

    def _above(self, cut: int | None) -> NDArray[np.bool_]:
        """Return which items are above a line across the ranking, bool [N]."""
        table = self._table()
        above = np.zeros(len(self.dataset), dtype=bool)
        suspects = table["is_label_issue"].to_numpy(dtype=bool)
        above[self._positions(table)[suspects if cut is None else slice(check_cut(cut, len(above)))]] = True
        return above

    def _table(self) -> pd.DataFrame:
        """Return the scores' own table. Whoever calls holds the lock."""
        table = self._results.table
        if table is None:
            raise ExplorerError("There are no scores yet.", "See review.status.")
        return table

    def _shown(self, rows: slice | NDArray[np.intp]) -> pd.DataFrame:
        """Return rows of the ranking with what stands now. Whoever calls holds the lock."""
        table = self._table()
        position = self._positions(table)[rows]
        return table.iloc[rows].assign(
            where=[self.dataset.name(p) for p in position],
            **standing(self.codes, self.states, self.classes, position),
            decided=np.isin(self.states[position], DECIDED),
        )

    def _positions(self, table: pd.DataFrame) -> NDArray[np.intp]:
        """Return the positions of a table's items, looked up once per table. Whoever calls holds the lock."""
        located = self._located
        if located is None or located[0] is not self.dataset or located[1] is not table:
            position = pd.Index(self.dataset.item_ids).get_indexer(table.index)
            self._located = located = self.dataset, table, position
        return located[2]

    def _found_wrong(self, sample: Sample) -> list[int]:
        """Return the positions of the items marked as wrong: judged, also where nobody knows the right label."""
        marked = sample.marked(self.states)
        cells = self.labels.head_cells() if len(marked) else {}
        found = ((int(i), cells.get(str(self.dataset.item_ids[i]))) for i in marked)
        return [i for i, cell in found if cell is not None and cell.reason == WRONG]  # the store may be ahead of us
