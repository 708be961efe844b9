"""Since when something has held: which commit brought a class, a field or a snapshot, without reading the history."""

from __future__ import annotations

from collections.abc import Callable

from explorer.labels.model.types import Commit, LabelSchema
from explorer.labels.storage.basis_queries import BasisQueries
from explorer.labels.storage.commit_queries import CommitQueries


class Origins:
    """Finds the commit of a history since which something holds."""

    def __init__(self, commits: CommitQueries, basis: BasisQueries) -> None:
        self._commits, self._basis = commits, basis

    def brought(self, at: Commit, has: Callable[[LabelSchema], bool]) -> Commit | None:
        """Return the first commit since which every schema of a history has had something; see `Backend.brought`."""
        lacking = [n for n, key in self._basis.schema_ids() if not has(self._basis.schema(key))]
        listed = ", ".join(str(int(n)) for n in lacking)
        return self._commits.since(at, f'c."schema" IN ({listed})' if listed else "1 = 0")

    def bound_with(self, at: Commit) -> LabelSchema:
        """Return the schema under which the snapshot of a commit was bound: the names of that time."""
        unlike = "c.snapshot <> (SELECT s.snapshot FROM commits s WHERE s.n = :own)"
        first = self._commits.since(at, unlike, own=self._commits.number_of(at))
        return self._basis.schema((first or at).schema)
