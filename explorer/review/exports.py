"""The part of a review by which labels leave it, and come back: in the user's own values, to a file, and from one."""

from __future__ import annotations

import datetime as dt
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.review.label_columns import CurrentLabels

if TYPE_CHECKING:
    import pandas as pd

    from explorer.dataset.dataset import Dataset
    from explorer.labels import Commit, Store
    from explorer.review.sync import Following


class Outgoing(ABC):
    """What of a review has to do with labels elsewhere."""

    labels: Store
    lock: threading.RLock
    _bound: Dataset
    _following: Following

    @abstractmethod
    def catch_up(self) -> None:
        """Read what others have written to the store since."""

    def corrected(self) -> pd.Series[Any]:
        """Return the labels now, aligned to the user's own rows and in the user's own values."""
        with self.lock:
            return CurrentLabels(self._bound, self.labels).corrected()

    def export(
        self,
        path: str | Path,
        *,
        format: str | None = None,  # noqa: A002  # the word users expect
        at: str | dt.date = "head",
    ) -> Path:
        """Write the labels, with who changed what, when and why, to CSV, Parquet or JSONL.

        Parameters
        ----------
        at
            The version to write: a commit, tag or branch, a time, or "base" for the labels as they were given. Labels
            have the names that their classes had then. An earlier version has the items that it had.
        """
        from explorer import export

        ids = self._bound.item_ids if isinstance(at, str) and at == "head" else None
        return export.write(export.frame(ids, self.labels, at), path, format)

    def import_corrections(self, path: str | Path, *, new_classes: bool = False) -> Commit | None:
        """Bring an export's labels into this review's store; importing the same file twice changes nothing.

        Labels that are no classes here are refused (`UnknownName`), or with `new_classes=True` added.
        """
        from explorer import export

        with self._following.writing():
            commit = export.import_into(self.labels, path, add_classes=new_classes)
            self.catch_up()
            return commit
