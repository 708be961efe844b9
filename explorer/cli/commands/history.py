"""Commands that only look at a label store: log, show, diff, blame, votes, raters, reflog, verify."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from explorer.cli.output import FORMATS, jsonl, label, lines, moment, one_line, plain, short, show
from explorer.cli.stores import open_store, store_options
from explorer.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from explorer.labels.history.timeline import Row


def _describe_log(parser: argparse.ArgumentParser) -> None:
    store_options(parser)
    parser.add_argument("-n", "--limit", type=int, help="at most this many rows")
    parser.add_argument("--oneline", action="store_true", help="one line per commit instead of one per change")
    parser.add_argument("--item", help="only this item")
    parser.add_argument("--by", metavar="RATER", help="only what this rater decided")
    parser.add_argument("--reason", help="only decisions with this reason code")
    parser.add_argument("--label", help="only changes from or to this class")
    _format(parser)
    parser.set_defaults(run=_log)


def _describe_show(parser: argparse.ArgumentParser) -> None:
    store_options(parser)
    parser.add_argument("when", nargs="?", default="head", help="commit, tag or branch (%(default)s)")
    parser.add_argument("-n", "--limit", type=int, default=50, help="at most this many changes (%(default)s)")
    _format(parser)
    parser.set_defaults(run=_show)


def _describe_diff(parser: argparse.ArgumentParser) -> None:
    store_options(parser)
    parser.add_argument("a", metavar="A", help="commit, tag, branch, time, head or base; or A..B")
    parser.add_argument("b", metavar="B", nargs="?", help="the other version (head)")
    parser.add_argument("--counts", action="store_true", help="count the changes by label instead of listing them")
    parser.add_argument("--field", default="label", help="field of the items (%(default)s)")
    parser.add_argument(
        "--names",
        choices=("then", "latest"),
        default="then",
        help="of classes: those of each version, or those of now (%(default)s)",
    )
    _format(parser)
    parser.set_defaults(run=_diff)


def _describe_blame(parser: argparse.ArgumentParser) -> None:
    store_options(parser)
    parser.add_argument("item", metavar="ITEM")
    parser.add_argument("--field", default="label", help="field of the item (%(default)s)")
    _format(parser)
    parser.set_defaults(run=_blame)


def _describe_votes(parser: argparse.ArgumentParser) -> None:
    store_options(parser)
    parser.add_argument("item", metavar="ITEM", nargs="?", help="only this item")
    parser.add_argument("--field", default="label", help="field of the items (%(default)s)")
    _format(parser)
    parser.set_defaults(run=_votes)


def _describe_raters(parser: argparse.ArgumentParser) -> None:
    store_options(parser)
    _format(parser)
    parser.set_defaults(run=_raters)


def _describe_reflog(parser: argparse.ArgumentParser) -> None:
    store_options(parser)
    parser.add_argument("name", nargs="?", help="only this branch or tag")
    _format(parser)
    parser.set_defaults(run=_reflog)


def _describe_verify(parser: argparse.ArgumentParser) -> None:
    store_options(parser)
    parser.set_defaults(run=_verify, answer="the store is damaged")


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "log": _describe_log,
    "show": _describe_show,
    "diff": _describe_diff,
    "blame": _describe_blame,
    "votes": _describe_votes,
    "raters": _describe_raters,
    "reflog": _describe_reflog,
    "verify": _describe_verify,
}
"""How the parser of each command is made."""


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="table", help="(%(default)s)")


def _log(given: argparse.Namespace) -> int:
    wanted = {"rater": given.by, "reason": given.reason, "label": given.label}
    with open_store(given) as store:
        if given.oneline:
            from explorer.labels.history.timeline import Wanted, pages, timeline

            filters = Wanted(item=given.item, **wanted)
            # Without a limit, page by page: the newest are there at once, however long the history is.
            some = iter([timeline(store, given.limit, filters).rows]) if given.limit else pages(store, filters)
            _one_line_each(some, given.format)
            return 0
        log = store.log(limit=given.limit, item=given.item, **wanted)
    if given.format != "table":
        show(log, given.format)
        return 0
    show(_for_people(log), "table", empty="No corrections yet." if not any(wanted.values()) else "Nothing like that.")
    return 0


def _for_people(log: pd.DataFrame) -> pd.DataFrame:
    """Put a log into few columns: when, who, what, and why with its reason code."""
    reasons = zip(log["op"], log["reason"], log["why"], strict=True)
    why = [" · ".join(filter(None, ("" if _leaves_out(o, r) else r, w))) for o, r, w in reasons]
    told = zip(log["op"], log["old"], log["new"], log["kind"], log["reason"], strict=True)
    change = [change_of(*row) for row in told]
    return log[["commit", "time", "rater", "item"]].assign(change=change, why=why)


def _leaves_out(op: str, reason: str) -> bool:
    from explorer.labels.model.states import leaves_out

    return leaves_out(op, reason)


def change_of(op: str, old: Any, new: Any, kind: str = "edit", reason: str = "") -> str:
    """Say in words what an event did."""
    if kind == "revert":
        return f"back to {label(new)}"
    if op == "keep":
        return f"keep {label(new)}"
    if _leaves_out(op, reason):
        return f"leave out {label(new)}"
    if op == "flag":
        return f"mark {label(new)}"
    return f"{label(old)} → {label(new)}"


def _one_line_each(pages: Iterator[list[Row]], style: str) -> None:
    page: list[Row] = next(pages, [])
    if style == "table" and not page:
        print("No commits.")
        return
    _one_page(page, style, header=True)
    for page in pages:
        _one_page(page, style)


def _one_page(rows: list[Row], style: str, *, header: bool = False) -> None:
    if style == "table":
        for row in rows:
            print(_line(row))
        return
    import pandas as pd

    table = pd.DataFrame(
        {
            "commit": [r.commit.id for r in rows],
            "time": [r.commit.time for r in rows],
            "rater": [r.commit.rater for r in rows],
            "kind": [r.commit.kind for r in rows],
            "changes": [r.count for r in rows],
            "tags": [" ".join(r.tags) for r in rows],
            "undone": [r.undone for r in rows],
            "summary": [summary(r) for r in rows],
        }
    )
    if style == "csv":
        table.to_csv(sys.stdout, index=False, header=header)
    else:
        jsonl(table)


def _line(row: Row) -> str:
    tags = f" ({', '.join(plain(t) for t in row.tags)})" if row.tags else ""
    undone = " [taken back]" if row.undone else ""
    when, who = moment(row.commit.time)[:16], plain(row.commit.rater)
    return one_line(f"{short(row.commit.id)} {when} {who}{tags}: {summary(row)}{undone}")


def summary(row: Row) -> str:
    """Say in one line what a commit did."""
    commit, entries = row.commit, row.entries
    if commit.kind in ("merge", "schema", "import") or not entries:
        return plain(commit.message or commit.kind)
    if row.count > 1:
        said = f": {commit.message}" if commit.message else ""
        return plain(f"{commit.kind} of {row.count:,} changes{said}")
    first = entries[0]
    reason = "" if _leaves_out(first["op"], first["reason"]) else first["reason"]
    why = " · ".join(filter(None, (reason, first["why"])))
    change = change_of(first["op"], first["old"], first["new"], commit.kind, first["reason"])
    return plain(f"{first['item']} {change}{f' ({why})' if why else ''}")


def _show(given: argparse.Namespace) -> int:
    from explorer.labels.history.timeline import one

    with open_store(given) as store:
        row = one(store, given.when, limit=None if given.format != "table" else given.limit)
    import pandas as pd

    changes = pd.DataFrame(row.entries)
    if given.format != "table":
        show(changes, given.format)
        return 0
    commit = row.commit
    tags = f" ({', '.join(map(plain, row.tags))})" if row.tags else ""
    print(f"commit {commit.id}{tags}")
    if commit.merge_parent:
        print(f"Merge:  {short(commit.parent)} {short(commit.merge_parent)} ({plain(row.merged_from or '')})")
    print(f"Rater:  {plain(commit.rater)} ({plain(commit.rater_kind)})")
    print(f"Date:   {moment(commit.time)} UTC")
    print(f"Kind:   {commit.kind} on {plain(commit.branch)}{', taken back since' if row.undone else ''}")
    if commit.message:
        print(f"\n    {plain(commit.message)}")
    if row.count:
        print()
        show(_for_people(changes)[["item", "change", "why"]], "table")
    if row.count > len(changes):
        print(f"… and {row.count - len(changes):,} more; -n {row.count} shows all.")
    return 0


def _diff(given: argparse.Namespace) -> int:

    a, b = versions(given.a, given.b)
    with open_store(given) as store:
        if given.counts:
            counts = store.diff_counts(a, b, field=given.field, schema=given.names)
            if given.format != "table":
                show(counts, given.format)
                return 0
            rows = [[label(old), label(new), f"{n:,}"] for old, new, n in counts.itertuples(index=False)]
            lines(["old", "new", "n"], rows) if rows else print(f"No label differs between {a} and {b}.")
            return 0
        found = store.diff(a, b, field=given.field, schema=given.names)
    if given.format != "table":
        show(found, given.format)
        return 0
    told = zip(found["old"], found["new"], found["left_out"], strict=True)
    change = [
        ", ".join(filter(None, (change_of("set", old, new) if old is not new and old != new else label(old), out)))
        for old, new, out in told
    ]
    table = found[["item", "rater", "time", "why", "commit"]].assign(change=change)
    show(table, "table", ["item", "change", "rater", "time", "commit", "why"], f"No label differs between {a} and {b}.")
    for name in ("added", "removed"):
        if found.attrs.get(name):
            print(f"{found.attrs[name]:,} item{'' if found.attrs[name] == 1 else 's'} {name}.")
    return 0


def versions(a: str, b: str | None) -> tuple[str, str]:
    """Read `A B`, `A..B`, `A..` and `A` (against head); a name may hold dots of its own where B is given."""
    if b is not None:
        return a, b
    if ".." in a:
        first, _, second = a.partition("..")
        if not first:
            raise DataError(f"{a!r} names no version to begin with.", "Write A..B, as in v1..head.")
        return first, second or "head"
    return a, "head"


def _blame(given: argparse.Namespace) -> int:
    with open_store(given) as store:
        blame = store.blame(given.item, field=given.field)
        table = blame.table()
    if given.format != "table":
        show(table, given.format)
        return 0
    decision, held = blame.decision, blame.cell
    print(f"{plain(held.item)}: {label(held.value)}, {held.state}")
    if decision is not None:
        reason = "" if _leaves_out(decision.op, decision.reason) else decision.reason
        why = " · ".join(filter(None, (reason, decision.why)))
        print(f"by {plain(decision.rater)}, {moment(decision.time)} UTC{f', {plain(why)}' if why else ''}")
        print(f"{plain(blame.settled)}\n" if blame.settled else "")
        show(_for_people(table).drop(columns="item"), "table")
    return 0


def _votes(given: argparse.Namespace) -> int:
    with open_store(given) as store:
        found = store.votes(given.item, field=given.field)
    names = ["item", "rater", "op", "value", "time", "reason", "why"]
    show(found, given.format, names, "No standing decisions.")
    return 0


def _raters(given: argparse.Namespace) -> int:
    with open_store(given) as store:
        show(store.raters(), given.format, empty="Nobody yet.")
    return 0


def _reflog(given: argparse.Namespace) -> int:
    with open_store(given) as store:
        show(store.reflog(given.name), given.format, empty="No branch or tag was made or moved.")
    return 0


def _verify(given: argparse.Namespace) -> int:
    with open_store(given) as store:
        found = store.verify()
        where = str(store.path)
    if found.ok:
        print(f"{plain(where)}: {found.commits:,} commits with {found.events:,} changes are as they were written.")
        return 0
    print(f"{plain(where)}: {plain(found.problem or 'damaged')}")
    if found.commit:
        print(f"The first commit concerned is {found.commit}.")
    return 1
