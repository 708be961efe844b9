"""What a review knows: its ranking, why, how good each method is, how many errors are left."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.current import STATES, names_of
from explorer.dataset import Dataset
from explorer.errors import DataError, ExplorerError
from explorer.evidence import explain
from explorer.judging import SETTLED, Judging
from explorer.pipeline import Options, Results

if TYPE_CHECKING:
    from explorer.detectors.helped import Helped
    from explorer.detectors.remaining import Audit, Left
    from explorer.detectors.reviewer import Drift

FEWEST_DRAWS = 10
"""With fewer answers to the audit its interval is so wide that what the model believes says more."""


class Insight(ABC):
    """The half of a review that only reads."""

    dataset: Dataset
    lock: threading.RLock
    _results: Results
    _options: Options
    _judging: Judging
    _audit: tuple[Results | None, Audit, int] | None = None

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
    def states(self) -> NDArray[np.uint8]:
        """State of each item, uint8 [N]."""

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
        findings, combined = self._results.findings, self._results.combined
        if findings is None or combined is None:
            raise ExplorerError("There are no scores yet.", "See review.status.")
        rows = []
        for name in detectors.names():
            result = findings.results.get(name)
            failed, skipped = findings.failures.get(name), findings.skipped.get(name)
            state = "failed" if failed else "done" if result is not None else "skipped"
            note = failed or skipped or ""
            if result is not None and not note:
                note = str(result.summary.get("note") or "")
            stale = self._judging.stale_since if result is not None and result.stale else None
            rows.append((name, detectors.get(name).issue, state, note, name in combined.columns, stale))
        frame = pd.DataFrame(rows, columns=["method", "issue", "state", "note", "in_p_error", "stale_since"])
        return frame.set_index("method").astype({"stale_since": "datetime64[us, UTC]"})

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

    def audit(self, n: int = 20, *, wait: bool = True) -> list[str]:
        """Draw the next n items of a random audit and return their ids, those that nobody has decided on yet.

        Look at each of them, whether it looks interesting or not, and keep or change its label; then `left()` rests on
        a random sample and no longer on what the model believes. The draws follow from the seed.

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
            audit, asked = self._auditing()
            asked += n
            self._audit = (self._audited(), audit, asked)
            begun = self._judging.begun
            drawn = dict.fromkeys(audit.draw(asked).tolist())
            open_ = [i for i in drawn if begun is None or np.isnan(begun.wrong[i])]
            return [str(self.dataset.item_ids[i]) for i in open_]

    def left(self, *, wait: bool = True) -> Left:
        """Estimate how many wrong labels are left among those that nobody has looked at, with a 95 % interval.

        It rests on the items of `audit()` that were decided on; before there are any, on what the model believes.
        Without `wait` the scores are taken as they are, also while they follow the last decision.
        """
        if wait:
            self._ready()
        with self.lock:
            audit, asked = self._auditing()
            begun = self._judging.begun
            wrong = np.full(len(self.dataset), np.nan) if begun is None else begun.wrong
            drawn = audit.draw(asked)
            if np.isfinite(wrong[drawn]).sum() < FEWEST_DRAWS:
                asked, drawn = 0, drawn[:0]
            otherwise = np.isfinite(wrong)
            otherwise[drawn] = False
            combined = self._results.combined
            noise = None if combined is None or combined.model is None else combined.model.noise
            return audit.estimate(wrong, asked, otherwise, noise)

    def drift(self, *, wait: bool = True) -> Drift:
        """Compare the last decisions with what `p_error` expected of them."""
        from explorer.detectors.reviewer import drift

        if wait:
            self._ready()
        begun = self._judging.begun
        rows = [] if begun is None else [i for i in begun.order if np.isfinite(begun.wrong[i])]
        if begun is None or not rows:
            return drift([], [])
        return drift(begun.seen[rows], begun.wrong[rows] == 1)

    def helped(self) -> Helped:
        """Compare the probe taught on the given labels with one taught on the labels as they stand.

        Both are judged on the labels of the items that people have decided on. Takes as long as two runs of the probe.
        """
        from explorer.detectors.helped import helped

        self._ready()
        with self.lock:
            embedding, given, codes = self._results.embedding, self.dataset.given, self.codes
            if embedding is None:
                raise ExplorerError("There is no embedding.", "See review.status.")
            vectors, before, after = embedding.vectors, given.astype(np.int32), codes.astype(np.int32)
            settled, count = np.isin(self.states, SETTLED), max(1, len(self.classes))
        return helped(vectors, before, after, settled, count, seed=self._options.seed)

    def _audited(self) -> Any:
        begun = self._judging.begun
        return self._results.combined if begun is None else begun.combined

    def _auditing(self) -> tuple[Audit, int]:
        """Return the audit of the scores as they were made, and how many items it has asked about."""
        from explorer.detectors.remaining import Audit

        of = self._audited()
        if self._audit is not None and self._audit[0] is of:
            return self._audit[1], self._audit[2]
        if of is None:
            raise ExplorerError("There are no scores yet.", "See review.status.")
        begun = self._judging.begun
        p_error = of.p_error.astype(np.float64)
        labels = self._results.inputs.labels if self._results.inputs is not None else None
        if begun is not None:
            p_error[begun.before] = np.nan  # decided on before: nothing to find there
            labels = begun.labels
        return Audit.design(p_error, seed=self._options.seed, labels=labels), 0
