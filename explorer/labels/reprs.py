"""How the store's values show themselves: one or a few lines of text, and small tables in a notebook.

Everything that comes from data is escaped. Colours are JupyterLab's, so that both themes fit; there are no scripts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from explorer.labels.cells import seen_p_error
from explorer.labels.model import FIELD, BindReport, Cell, Commit, Conflict, Verification
from explorer.labels.values import to_text

if TYPE_CHECKING:
    from explorer.labels.blame import Blame, LogEntry
    from explorer.labels.merge import Merge
    from explorer.labels.merging import MergeConflict
    from explorer.labels.store import Store

_SHOWN = 20
"""Rows of a table; the rest is counted."""
_BOX = (
    "color:var(--jp-content-font-color1,#222);font-family:var(--jp-ui-font-family,system-ui,sans-serif);"
    "font-size:var(--jp-ui-font-size1,13px);line-height:1.45"
)
_QUIET = "color:var(--jp-content-font-color2,#666)"
_BAD = "color:var(--jp-error-color1,#c62828)"
_CELL = "padding:1px 12px 1px 0;text-align:left;vertical-align:top;font-variant-numeric:tabular-nums"
_LINE = "border-bottom:1px solid var(--jp-border-color2,#ddd)"


# Text


def label_text(value: Any) -> str:
    """Return a label in words."""
    return "unlabelled" if value is None else repr(value) if isinstance(value, str) else str(to_text(value))


def time_text(time: dt.datetime | None) -> str:
    """Return a time to the second, in UTC."""
    return "" if time is None else f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _decided(who: str | None, when: dt.datetime | None, why: str) -> str:
    parts = [f"by {who}" if who else "", f"at {time_text(when)}" if when else "", f"({why})" if why else ""]
    return " ".join(p for p in parts if p)


def commit_text(commit: Commit) -> str:
    """Return a commit in one line."""
    said = f": {commit.message}" if commit.message else ""
    events = f", {_many(len(commit.events), 'event')}" if commit.events else ""
    return f"Commit({commit.id[:12]}, {commit.kind} by {commit.rater} at {time_text(commit.time)}{events}{said})"


def cell_text(cell: Cell) -> str:
    """Return a cell in one line."""
    field = "" if cell.field == FIELD else f".{cell.field}"
    decided = _decided(cell.rater, cell.time, cell.why)
    state = _state(cell) if decided else cell.state
    was = f", given {label_text(cell.given)}" if cell.field == FIELD and cell.given != cell.value else ""
    held = f", recorded {label_text(cell.recorded)}" if cell.recorded != cell.value else ""
    reason = f", reason {cell.reason!r}" if cell.reason else ""
    return (
        f"Cell({cell.item!r}{field}: {label_text(cell.value)}, {state}{' ' if decided else ''}{decided}"
        f"{was}{held}{reason})"
    )


def _state(cell: Cell) -> str:
    """Return the state in words that a name may follow; going back to the given label is not giving it."""
    return "given label, cleared" if cell.state == "given" and cell.op == "clear" else cell.state


def merge_conflict_text(conflict: MergeConflict) -> str:
    """Return a conflict of a merge in one line."""
    field = "" if conflict.field == FIELD else f".{conflict.field}"
    return (
        f"MergeConflict({conflict.item!r}{field}: ours {_side(conflict.ours)}, theirs {_side(conflict.theirs)}, "
        f"{_settled(conflict)})"
    )


def _side(cell: Cell) -> str:
    return f"{label_text(cell.value)}{f' by {cell.rater}' if cell.rater else ''}"


def _settled(conflict: MergeConflict) -> str:
    if conflict.pick is None:
        return "open"
    return f"settled: {label_text(conflict.value) if conflict.pick == 'value' else conflict.pick}"


def merge_text(merge: Merge) -> str:
    """Return a merge in one line, with its first open conflicts below."""
    head = f"Merge({merge.source!r} into {merge.into!r}: {_merge_outcome(merge)})"
    lines = [f"  {merge_conflict_text(c)}" for c in merge.open[:5]]
    more = [f"  … {len(merge.open) - 5:,} more"] if len(merge.open) > 5 else []
    return "\n".join([head, *(f"  note: {n}" for n in merge.notes), *lines, *more])


def _merge_outcome(merge: Merge) -> str:
    if merge.up_to_date:
        return "already up to date" if merge.made is None else f"merged as {merge.made.id[:12]}"
    parts = [f"{merge.taken:,} taken", f"{merge.same:,} the same", _many(len(merge.conflicts), "conflict")]
    if merge.made is not None:
        return f"merged as {merge.made.id[:12]}, {', '.join(parts)}"
    return f"{', '.join(parts)}, {len(merge.open):,} open; not committed"


def blame_text(blame: Blame) -> str:
    """Return who gave a label, when and why, with what came before below."""
    cell, decision = blame.cell, blame.decision
    if decision is None:
        return f"Blame({cell.item!r}: {label_text(cell.value)}, as given; nobody decided)"
    settled = f"; {blame.settled}" if blame.settled else ""
    head = f"Blame({cell.item!r}: {label_text(cell.value)}, {_state(cell)} {_entry(decision)}{settled})"
    lines = [f"  {time_text(e.time)} {e.rater} {e.op} {label_text(e.new)}{_note(e)}" for e in blame.chain[:5]]
    more = [f"  … {len(blame.chain) - 5:,} more"] if len(blame.chain) > 5 else []
    return "\n".join([head, *lines, *more])


def _entry(entry: LogEntry) -> str:
    p = seen_p_error(entry.evidence)
    seen = "" if p != p else f", who saw p_error {p:.3g}"  # noqa: PLR0124  # NaN is what differs from itself
    return _decided(entry.rater, entry.time, entry.why) + seen


def _note(entry: LogEntry) -> str:
    what = " (undo)" if entry.undoes else f" ({entry.kind})" if entry.kind in ("merge", "import") else ""
    said = f"{what}: {entry.why}" if entry.why else what
    return f"{said}; {entry.settled}" if entry.settled else said


def store_text(store: Store) -> str:
    """Return a store in one line."""
    with store._engine.lock:
        version = store._live.version()
        bound = f"{len(version.snapshot):,} items, {len(version.heads):,} with events" if version else "nothing bound"
    branch = "" if store.current_branch == "main" else f", branch={store.current_branch!r}"
    return f"Store({store.path!r}, {bound}, rater={store.rater!r}{branch})"


# Notebook


def _box(*parts: str) -> str:
    return f'<div style="{_BOX}">{"".join(parts)}</div>'


def _head(title: str, quiet: str = "", bad: bool = False) -> str:
    style = f' style="{_BAD}"' if bad else ""
    rest = f' <span style="{_QUIET}">{escape(quiet)}</span>' if quiet else ""
    return f"<div><strong{style}>{escape(title)}</strong>{rest}</div>"


def table_html(columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int | None = None) -> str:
    """Return a table; every cell is escaped."""
    head = "".join(f'<th scope="col" style="{_CELL};{_LINE};{_QUIET}">{escape(c)}</th>' for c in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape("" if v is None else str(v))}</td>' for v in row) + "</tr>"
        for row in rows
    )
    left = "" if total is None or total <= _SHOWN else f'<div style="{_QUIET}">and {total - _SHOWN:,} more</div>'
    return (
        f'<table style="border-collapse:collapse;background:none"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{left}"
    )


def _pairs(pairs: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL};{_QUIET}">{escape(k)}</th><td style="{_CELL}">{escape(str(v))}</td></tr>'
        for k, v in pairs.items()
        if v not in (None, "")
    )
    return f'<table style="border-collapse:collapse;background:none"><tbody>{rows}</tbody></table>'


def commit_html(commit: Commit) -> str:
    """Return a commit as HTML."""
    shown = commit.events[:_SHOWN]
    rows = [(e.item, e.op, to_text(_inner(e.old)), to_text(_inner(e.new)), e.why) for e in shown]
    events = table_html(("item", "op", "old", "new", "why"), rows, len(commit.events)) if rows else ""
    quiet = f"{commit.kind} by {commit.rater} at {time_text(commit.time)}"
    about = _pairs({"message": commit.message, "branch": commit.branch, "merged from": commit.merge_parent})
    return _box(_head(f"Commit {commit.id[:12]}", quiet), about, events)


def _inner(value: Any) -> Any:
    """Return a stored value without the name of its type."""
    return next(iter(value.values())) if isinstance(value, dict) else value


def cell_html(cell: Cell) -> str:
    """Return a cell as HTML."""
    pairs = {
        "label": label_text(cell.value),
        "given": label_text(cell.given) if cell.field == FIELD else None,
        "recorded": label_text(cell.recorded) if cell.recorded != cell.value else None,
        "by": cell.rater,
        "at": time_text(cell.time),
        "why": cell.why,
        "reason": cell.reason,
        "evidence": to_text(dict(cell.evidence)) if cell.evidence else None,
    }
    field = "" if cell.field == FIELD else f", field {cell.field!r}"
    return _box(_head(f"Item {cell.item!r}{field}", cell.state), _pairs(pairs))


def conflict_html(conflict: Conflict) -> str:
    """Return what stood in the way of a change, as HTML."""
    rows = [(c.item, label_text(c.value), c.state, c.rater, time_text(c.time), c.why) for c in conflict.cells[:_SHOWN]]
    table = table_html(("item", "label now", "state", "by", "at", "why"), rows, len(conflict.cells))
    title = "A later decision stands in the way" if conflict.later else "Changed after you looked"
    return _box(_head(title, "nothing was written", bad=True), table)


def merge_html(merge: Merge) -> str:
    """Return a merge as HTML."""
    rows = [
        (
            c.item if c.field == FIELD else f"{c.item} ({c.field})",
            label_text(c.base.value),
            _side(c.ours),
            _side(c.theirs),
            _settled(c),
        )
        for c in sorted(merge.conflicts, key=lambda c: c.pick is not None)[:_SHOWN]
    ]
    columns = ("item", "base", f"ours ({merge.into})", f"theirs ({merge.source})", "settled")
    table = table_html(columns, rows, len(merge.conflicts)) if rows else ""
    notes = "".join(f'<div style="{_QUIET}">{escape(n)}</div>' for n in merge.notes)
    return _box(_head(f"Merge {merge.source} into {merge.into}", _merge_outcome(merge)), notes, table)


def blame_html(blame: Blame) -> str:
    """Return who gave a label as HTML."""
    said = "as given; nobody decided" if blame.decision is None else f"{_state(blame.cell)} {_entry(blame.decision)}"
    said += f"; {blame.settled}" if blame.settled else ""
    rows = [
        (
            time_text(e.time),
            e.rater,
            e.op + (" (undo)" if e.undoes else ""),
            label_text(e.old),
            label_text(e.new),
            "; ".join(filter(None, (e.why, e.settled))),
        )
        for e in blame.chain[:_SHOWN]
    ]
    table = table_html(("time", "rater", "op", "old", "new", "why"), rows, len(blame.chain)) if rows else ""
    return _box(_head(f"Item {blame.cell.item!r}: {label_text(blame.cell.value)}", said), table)


def bind_html(report: BindReport) -> str:
    """Return what a binding found as HTML."""
    fields = ("added", "removed", "changed", "moved", "given_changed", "stale", "conflict")
    rows = []
    for field in fields:
        items = getattr(report, field)
        if items:
            more = f" … and {len(items) - 5:,} more" if len(items) > 5 else ""
            rows.append((field.replace("_", " "), f"{len(items):,}", ", ".join(map(repr, items[:5])) + more))
    table = table_html(("what", "items", "which"), rows) if rows else ""
    return _box(_head("Bound", str(report)), table)


def verification_html(found: Verification) -> str:
    """Return the outcome of a verification as HTML."""
    title = "The store is as it was written" if found.ok else "The store is damaged"
    pairs = {
        "commits": f"{found.commits:,}",
        "events": f"{found.events:,}",
        "problem": found.problem,
        "commit": found.commit,
    }
    return _box(_head(title, bad=not found.ok), _pairs(pairs))


def store_html(store: Store) -> str:
    """Return a store as HTML."""
    with store._engine.lock:
        state = store._live.state()
        events = len(store._live.bound().heads) if state else 0
    pairs: dict[str, Any] = {"rater": store.rater, "branch": store.current_branch}
    if state is not None:
        pairs["items"] = f"{len(state.snapshot):,}, {events:,} with events"
        pairs["classes"] = ", ".join(store.classes()[:12]) + (" …" if len(store.classes()) > 12 else "")
        pairs["newest"] = f"{state.commit.id[:12]}, {state.commit.kind} by {state.commit.rater}"
        pairs["at"] = time_text(state.commit.time)
    if store.network:
        pairs["file system"] = store.network
    return _box(_head(f"Label store {store.path}", "" if state else "nothing bound"), _pairs(pairs))
