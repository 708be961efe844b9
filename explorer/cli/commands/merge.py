"""`explorer merge`: bring a branch's decisions into another, with the conflicts settled one by one."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from explorer.cli.output import FORMATS, label, lines, moment, plain, short, show
from explorer.cli.stores import is_url, open_store, store_options
from explorer.errors import UnknownName

if TYPE_CHECKING:
    from explorer.labels import Store
    from explorer.labels.changes.merge import Merge


def _describe(parser: argparse.ArgumentParser) -> None:
    store_options(parser, write=True, branch=False)
    parser.add_argument("source", metavar="SOURCE", help="branch to bring in")
    parser.add_argument("--into", dest="branch", default="main", help="branch that takes them (%(default)s)")
    side = parser.add_mutually_exclusive_group()
    side.add_argument("--ours", action="store_const", dest="side", const="ours", help="settle every conflict our way")
    side.add_argument("--theirs", action="store_const", dest="side", const="theirs", help="… or with SOURCE's labels")
    parser.add_argument(
        "--resolve",
        action="append",
        default=[],
        metavar="ITEM=PICK",
        help="settle one conflict: ours, theirs or a label (ITEM=label:ours for a class of that name); may be repeated",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would happen and change nothing")
    parser.add_argument("--abort", action="store_true", help="forget how conflicts were settled so far")
    parser.add_argument("-m", "--why", default="", help="why they are merged")
    parser.add_argument("--format", choices=FORMATS, default="table", help="how conflicts are listed (%(default)s)")
    parser.set_defaults(run=_merge, answer="conflicts are open")


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"merge": _describe}
"""How the parser of each command is made."""


def _merge(given: argparse.Namespace) -> int:
    with open_store(given, write=not given.dry_run) as store:
        merge = store.merge(given.source, commit=False)
        if given.abort:
            merge.abort()
            print("Forgot how conflicts were settled.")
            return 0
        picks = [_pick(merge, text) for text in given.resolve]
        open_before = len(merge.open)
        if given.dry_run:
            settled = {(item, field) for item, field, _, _ in picks}
            still = [] if given.side else [c for c in merge.open if (c.item, c.field) not in settled]
        else:
            for item, field, pick, value in picks:
                merge.resolve(item, pick, value, field=field, why=given.why)
            if given.side is not None:
                merge.resolve_all(given.side, given.why)
            still = merge.open
        if given.format == "table":
            _say(merge, open_before, given.dry_run)
        if still:
            _list(merge, still, given, store)
            return 1
        if not given.dry_run and not merge.up_to_date:
            commit = merge.commit(given.why)
            if given.format == "table":
                print(f"{short(commit.id)} {plain(commit.message)}")
    return 0


def _pick(merge: Merge, text: str) -> tuple[str, str, str, Any]:
    """Read ITEM=PICK as item, field, pick and value. An item id may hold "=" too."""
    fields = {c.item: c.field for c in reversed(merge.conflicts)}
    for at in (i for i, c in enumerate(text) if c == "="):
        item, pick = text[:at], text[at + 1 :]
        if item in fields:
            if pick in ("ours", "theirs"):
                return item, fields[item], pick, None
            value = pick.removeprefix("label:")
            return item, fields[item], "value", value if fields[item] == "label" else _typed(value)
    raise UnknownName("conflict", text.partition("=")[0], sorted(fields), "Write --resolve ITEM=ours|theirs|LABEL.")


def _typed(value: str) -> Any:
    """Read the value of a field other than the class, which is JSON; anything else is a name."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def _say(merge: Merge, conflicts: int, dry: bool) -> None:
    if merge.up_to_date:
        print(f"Already up to date: all of {plain(merge.source)} is part of {plain(merge.into)}.")
        return
    parts = [f"{merge.taken:,} taken from {plain(merge.source)}", f"{merge.same:,} the same on both"]
    total = len(merge.conflicts)
    if total:
        parts.append(f"{total:,} in conflict" + (f", {conflicts:,} of them open" if conflicts != total else ""))
    print(f"{'Would merge' if dry else 'Merge'} {plain(merge.source)} into {plain(merge.into)}: {', '.join(parts)}.")
    for note in merge.notes:
        print(f"Note: {plain(note)}")


def _list(merge: Merge, still: list[Any], given: argparse.Namespace, store: Store) -> None:
    if given.format != "table":
        table = merge.table()
        show(table[table["item"].isin([c.item for c in still])], given.format)
        return
    rows = [
        [plain(c.item), label(c.base.value), _side(c.ours), _side(c.theirs), plain(c.theirs.why or c.ours.why or "–")]
        for c in still
    ]
    print("\nOpen conflicts:")
    lines(["item", "base", "ours", "theirs", "why"], rows)
    where = str(store.path) if is_url(given.store) else given.store  # an address is printed without its password
    command = ["explorer", "merge", where, given.source]
    if given.branch != "main":
        command += ["--into", given.branch]
    print("\nSettle them, as many at a time as you like (it is kept), for example with")
    print(f"  {shlex.join([*command, '--resolve', f'{still[0].item}=theirs'])}")
    print("where ours, theirs or a label may stand; or all at once with --ours or --theirs.")


def _side(cell: Any) -> str:
    who = "" if cell.rater is None else f" ({plain(cell.rater)}, {moment(cell.time)[:10]})"
    return f"{label(cell.value)}{who}"
