"""What binding a dataset and verifying a store find."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.labels.display import box_html, heading_html, pairs_html, table_html
from explorer.labels.model.types import Commit

_FOUND = ("added", "removed", "changed", "moved", "given_changed", "stale", "conflict")


@dataclass(frozen=True, repr=False)
class BindReport:
    """What `Store.bind` found; lists of item ids.

    `added`, `removed`, `changed` (content), `moved` (the fewest items that explain a new order) and `given_changed`
    compare with the snapshot bound before. `stale` and `conflict` are the cells in these states now. `commit` is the
    commit that recorded it, `None` if nothing had to be written.
    """

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    given_changed: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    conflict: list[str] = field(default_factory=list)
    commit: Commit | None = None

    def __str__(self) -> str:
        names = {"given_changed": "with another given label", "conflict": "in conflict"}
        parts = [f"{len(getattr(self, f)):,} {names.get(f, f)}" for f in _FOUND if getattr(self, f)]
        return ", ".join(parts) or "nothing changed"

    def __repr__(self) -> str:
        return f"BindReport({self})"

    def _repr_html_(self) -> str:
        rows = []
        for name in _FOUND:
            items = getattr(self, name)
            if items:
                more = f" … and {len(items) - 5:,} more" if len(items) > 5 else ""
                rows.append((name.replace("_", " "), f"{len(items):,}", ", ".join(map(repr, items[:5])) + more))
        table = table_html(("what", "items", "which"), rows) if rows else ""
        return box_html(heading_html("Bound", str(self)), table)


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """Outcome of recomputing every hash: counts of what was checked, and the first problem if there is one.

    `commit` is the id of the first commit that is not as it was written, where one can be named.
    """

    ok: bool
    commits: int
    events: int
    problem: str | None = None
    commit: str | None = None

    def __str__(self) -> str:
        checked = f"{self.commits:,} commits with {self.events:,} events"
        return f"{checked}: all as written" if self.ok else f"damaged: {self.problem}"

    def __repr__(self) -> str:
        return f"Verification({self})"

    def _repr_html_(self) -> str:
        title = "The store is as it was written" if self.ok else "The store is damaged"
        pairs = {
            "commits": f"{self.commits:,}",
            "events": f"{self.events:,}",
            "problem": self.problem,
            "commit": self.commit,
        }
        return box_html(heading_html(title, bad=not self.ok), pairs_html(pairs))
