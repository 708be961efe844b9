"""Labels out of a review and back: in the user's own values, to a file, from one; and what made the results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError
from explorer.labels import Commit, Store
from explorer.media.image import ImageFiles
from explorer.reports.manifest import ReportParts
from explorer.review.decisions import Decisions
from explorer.review.label_columns import CurrentLabels
from explorer.review.more_columns import MoreColumns
from explorer.review.runs import Runs
from explorer.review.state import ReviewState
from explorer.review.sync import StoreSync

if TYPE_CHECKING:
    import pandas as pd


class ExportExtent(NamedTuple):
    """How much an export holds: rows, those of them with another label than was given, and those left out."""

    rows: int
    relabelled: int
    left_out: int


class Exports:
    """What of a review has to do with labels elsewhere.

    Parameters
    ----------
    bound
        The dataset that the store is bound to: the review's may lose unreadable items later; decisions on them stay.
    store_name
        Where corrections go, for people.
    more
        Makes the columns that an export may have beside the labels.
    """

    def __init__(
        self,
        state: ReviewState,
        sync: StoreSync,
        runs: Runs,
        decisions: Decisions,
        store: Store,
        bound: Dataset,
        store_name: str,
        more: MoreColumns,
    ) -> None:
        self._state = state
        self._sync = sync
        self._runs = runs
        self._decisions = decisions
        self._store = store
        self._bound = bound
        self._store_name = store_name
        self._more = more

    def corrected(self, *, left_out: bool = False) -> pd.Series[Any] | pd.DataFrame:
        """Return the labels now, aligned to the user's own rows; see `Review.corrected`."""
        with self._state.lock:
            now = CurrentLabels(self._bound, self._store)
            labels = now.corrected()
        if not left_out:
            return labels
        table = labels.to_frame("label" if labels.name is None else labels.name)
        table.insert(1, "left_out", now.rows_left_out(), allow_duplicates=True)
        return table

    def export(
        self,
        path: str | Path,
        *,
        format: str | None = None,  # noqa: A002
        at: str | dt.date = "head",
        drop: bool = False,
        changed: bool = False,
        votes: bool = False,
        columns: bool | str | Sequence[str] = False,
        soft: bool = False,
        weights: bool = False,
    ) -> Path:
        """Write the labels, with who changed what, when and why; see `Review.export`."""
        return self.write(
            path,
            format=format,
            at=at,
            drop=drop,
            changed=changed,
            votes=votes,
            columns=columns,
            soft=soft,
            weights=weights,
        )[0]

    def write(
        self,
        path: str | Path,
        *,
        format: str | None = None,  # noqa: A002
        at: str | dt.date = "head",
        drop: bool = False,
        changed: bool = False,
        votes: bool = False,
        columns: bool | str | Sequence[str] = False,
        soft: bool = False,
        weights: bool = False,
    ) -> tuple[Path, ExportExtent]:
        """Do what `export` does; returns the file and how much it holds."""
        from explorer import export

        self._check_target(Path(path))
        self._more.check(columns, at if soft or weights else "head")
        table = self._table(at, drop, changed, votes=votes)
        whole = self._more.added(table, columns=columns, soft=soft, weights=weights)
        return export.write(whole, path, format), _extent(table)

    def target(self, path: str | Path, *, format: str | None = None) -> Path:  # noqa: A002
        """Return the whole path of the file that `export` would write, by its own checks; writes nothing."""
        from explorer import export

        target = export.target_of(path, format)
        self._check_target(target)
        return target

    def extent(self, *, drop: bool = False, changed: bool = False) -> ExportExtent:
        """Say how much `export` would write now; writes nothing."""
        return _extent(self._table("head", drop, changed))

    def _table(self, at: str | dt.date, drop: bool, changed: bool, *, votes: bool = False) -> pd.DataFrame:
        from explorer import export

        ids = self._bound.item_ids if isinstance(at, str) and at == "head" else None
        return export.frame(ids, self._store, at, drop=drop, changed=changed, votes=votes)

    def import_corrections(self, path: str | Path, *, new_classes: bool = False) -> Commit | None:
        """Bring an export's labels into this review's store; see `Review.import_corrections`."""
        from explorer import export

        with self._state.lock:
            commit = export.import_into(self._store, path, add_classes=new_classes)
            self._sync.catch_up()
            return commit

    def parts(self) -> ReportParts:
        """Return what a report says about these results, as plain values."""
        state, store = self._state, self._store
        with state.lock:
            dataset, results, options = state.dataset, state.results, state.options
        return ReportParts(
            options=vars(options) | {"rater": self._decisions.rater},
            source=dataset.source,
            items=len(dataset),
            set_aside=len(dataset.set_aside),
            digest=dataset.digest(),
            embedding=results.embedding,
            store=self._store_name,
            snapshot=store.snapshot,
            head=store.head,
            stages=self._runs.status.stages,
        )

    def _check_target(self, path: Path) -> None:
        """Refuse to write over the data under review, or over its label store (`DataError`)."""
        target = path.expanduser()
        if not target.exists():
            return
        own = [Path(self._store.path), *([] if self._bound.path is None else [self._bound.path])]
        if isinstance(self._bound.content, ImageFiles):
            own += [self._bound.content.root / path for path in self._bound.content.paths]
        if any(file.exists() and target.samefile(file) for file in own):
            raise DataError(
                f"{target} holds the data under review, or its labels: an export there would replace them.",
                f"Give another name, such as {f'{target.stem}-corrected{target.suffix}'!r}.",
            )


def _extent(table: pd.DataFrame) -> ExportExtent:
    from explorer import export

    left_out = table["left_out"].to_numpy(bool)
    return ExportExtent(len(table), int((export.is_changed(table) & ~left_out).sum()), int(left_out.sum()))
