"""The half of `Review` that hands labels over: to a table, to a file, and from one. It holds no state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from explorer.labels import Commit
from explorer.labels.head import When
from explorer.reports.manifest import manifest
from explorer.review.exports import Exports
from explorer.review.raters import Raters


class Outputs:
    """What a review hands over; see `Review`."""

    exports: Exports
    raters: Raters

    def corrected(self, *, left_out: bool = False) -> Any:
        """Return the labels now, aligned to the user's own rows and in the user's own values: a Series.

        With `left_out` a table, whose bool column `left_out` tells the rows of items that are left out.
        """
        return self.exports.corrected(left_out=left_out)

    def export(
        self,
        path: str | Path,
        *,
        format: str | None = None,  # noqa: A002
        at: When = "head",
        drop: bool = False,
        changed: bool = False,
        votes: bool = False,
        columns: bool | str | Sequence[str] = False,
        soft: bool = False,
        weights: bool = False,
    ) -> Path:
        """Write the labels, with who changed what, when and why, to CSV, Parquet or JSONL.

        Parameters
        ----------
        path
            Of the file; one that is there is replaced. The data under review and its store are not (`DataError`).
        format
            "csv", "parquet" or "jsonl"; by default the ending of the path says so.
        at
            The version to write: a commit, tag or branch, a time, or "base" for the labels as they were given.
        drop
            Whether items that are left out have no row; by default the column `left_out` tells them.
        changed
            Whether only those items have a row whose label is not the given one any more, or that are left out.
        votes
            Whether each rater has a column of votes, as they count now.
        columns
            Whether your other columns are written too, as "column:NAME", values as they came; or names of some.
        soft
            Whether there is a column "soft:CLASS" for each class, with the distribution of the true label: 1 −
            `p_error` on the label, the rest as the pooled opinion has it; one-hot where somebody has said which is
            right, or the item is left out (waits for "score").
        weights
            Whether there is a column "weight": 1 − `p_error`; 1 where somebody has said which label is right, 0 where
            the item is left out, marked as wrong or unlabelled (waits for "score").

        Raises
        ------
        UnknownName
            A format, version or column that there is none of.
        DataError
            Soft labels or weights of another version than "head"; values that the format cannot hold.

        Examples
        --------
        >>> import tempfile
        >>> path = review.export(f"{tempfile.mkdtemp()}/labels.csv", weights=True)
        >>> from explorer import export
        >>> export.read(path).columns[-2:].tolist()
        ['left_out', 'weight']
        """
        return self.exports.export(
            path,
            format=format,
            at=at,
            drop=drop,
            changed=changed,
            votes=votes,
            columns=columns,
            soft=soft,
            weights=weights,
        )

    def import_corrections(self, path: str | Path, *, new_classes: bool = False) -> Commit | None:
        """Bring an export's labels into this review's store; importing the same file twice changes nothing.

        Labels that are no classes here are refused (`UnknownName`), or with `new_classes` added. Columns that the
        export has beside the labels are passed over.
        """
        commit = self.exports.import_corrections(path, new_classes=new_classes)
        self.raters.catch_up()
        return commit

    def manifest(self) -> dict[str, Any]:
        """Say what made these results: versions, options, seed, device, hashes."""
        return manifest(self.exports.parts())
