"""Commands that change a label store, or take something out of it: tag, branch, revert, classes, export, …"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.output import FORMATS, plain, short, show
from explorer.cli.stores import copy_store, is_url, open_store, store_options
from explorer.errors import DataError

if TYPE_CHECKING:
    from explorer.labels import Store


def _describe_tag(parser: argparse.ArgumentParser) -> None:
    store_options(parser, write=True)
    parser.add_argument("name", nargs="?", help="name to give; without it, the tags are listed")
    parser.add_argument("when", nargs="?", default="head", help="commit, tag, branch or time (%(default)s)")
    parser.add_argument("-m", "--why", default="", help="what the version is for")
    parser.add_argument("-f", "--force", action="store_true", help="move a tag that exists")
    parser.add_argument("-d", "--delete", action="store_true", help="delete the tag")
    _format(parser)
    parser.set_defaults(run=_tag)


def _describe_branch(parser: argparse.ArgumentParser) -> None:
    store_options(parser, write=True, branch=False)
    parser.add_argument("name", nargs="?", help="branch to make; without it, the branches are listed")
    parser.add_argument("at", nargs="?", default="head", help="where it begins: a commit, tag, branch or time (head)")
    parser.add_argument(
        "-d", "--delete", action="store_true", help="delete the branch, if its commits are elsewhere too"
    )
    parser.add_argument(
        "-D", "-f", "--force", action="store_true", help="delete it although nothing else has its commits"
    )
    _format(parser)
    parser.set_defaults(run=_branch)


def _describe_revert(parser: argparse.ArgumentParser) -> None:
    store_options(parser, write=True)
    parser.add_argument("when", nargs="+", metavar="COMMIT", help="commit or tag")
    parser.add_argument("--item", action="append", metavar="ITEM", help="only this item (may be repeated)")
    parser.add_argument("-m", "--why", default="", help="why it is taken back")
    parser.set_defaults(run=_revert)


def _describe_classes(parser: argparse.ArgumentParser) -> None:
    store_options(parser, write=True)
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "add", "rename", "merge", "split", "retire", "queue", "log"),
        default="list",
        help="add NAME · rename OLD NEW · merge OLD INTO · split NAME INTO… · retire NAME · queue: items that still "
        "have a class that was split · log: every change so far (%(default)s)",
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    _format(parser)
    parser.set_defaults(run=_classes, usage=parser)


def _describe_export(parser: argparse.ArgumentParser) -> None:
    store_options(parser)
    parser.add_argument("path", type=Path)
    parser.add_argument("--at", default="head", metavar="WHEN", help="commit, tag, branch, time or base (%(default)s)")
    parser.add_argument("--format", choices=("csv", "parquet", "jsonl"), help="when the file's name does not say")
    parser.add_argument("--drop", action="store_true", help="write no rows of items that are left out")
    parser.add_argument(
        "--changed", action="store_true", help="write only rows with another label than was given, or left out"
    )
    parser.add_argument("--votes", action="store_true", help="write the votes of raters too, a column each")
    parser.add_argument("-f", "--force", action="store_true", help="replace a file that is no export")
    parser.set_defaults(run=_export)


def _describe_backup(parser: argparse.ArgumentParser) -> None:
    store_options(parser, branch=False)
    parser.add_argument("path", type=Path)
    parser.set_defaults(run=_backup)


def _describe_grant(parser: argparse.ArgumentParser) -> None:
    store_options(parser, branch=False)
    parser.add_argument("login")
    parser.set_defaults(run=_grant, rater=None)


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "tag": _describe_tag,
    "branch": _describe_branch,
    "revert": _describe_revert,
    "classes": _describe_classes,
    "export": _describe_export,
    "backup": _describe_backup,
    "grant": _describe_grant,
}
"""How the parser of each command is made."""


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="table", help="(%(default)s)")


def _tag(given: argparse.Namespace) -> int:

    if given.name is None:
        with open_store(given) as store:
            show(store.tag(), given.format, empty="No tags yet.")
        return 0
    with open_store(given, write=True) as store:
        if given.delete:
            store.untag(given.name)
            print(f"Deleted the tag {plain(given.name)}.")
        else:
            store.tag(given.name, given.when, given.why, force=given.force)
            print(f"{plain(given.name)} is {short(store.commit_id(given.name))}.")
    return 0


def _branch(given: argparse.Namespace) -> int:
    import pandas as pd

    from explorer.labels.history import overview

    if given.name is None:
        with open_store(given) as store:
            rows = [(b.name, b.tip.id, b.tip.time, b.tip.rater, b.ahead) for b in overview.branches(store)]
        columns = ["name", "commit", "time", "rater", "commits_ahead_of_main"]
        show(pd.DataFrame(rows, columns=columns), given.format)
        return 0
    with open_store(given, write=True) as store:
        if given.delete or given.force:
            store.delete_branch(given.name, force=given.force)
            print(f"Deleted the branch {plain(given.name)}; its commits stay in the store.")
        else:
            store.branch(given.name, given.at)
            print(f"The branch {plain(given.name)} begins at {short(store.commit_id(given.name))}.")
    return 0


def _revert(given: argparse.Namespace) -> int:
    with open_store(given, write=True) as store:
        commit = store.revert(*given.when, items=given.item, why=given.why)
    print(f"{short(commit.id)} takes back {len(commit.events):,} change{'' if len(commit.events) == 1 else 's'}.")
    return 0


def _classes(given: argparse.Namespace) -> int:
    names: list[str] = given.names
    takes = {"list": (0, 0), "queue": (0, 0), "log": (0, 0), "rename": (2, 2), "merge": (2, 2), "split": (2, 99)}
    least, most = takes.get(given.action, (1, 1))
    if not least <= len(names) <= most:
        needs = {"rename": "OLD NEW", "merge": "OLD INTO", "split": "NAME INTO…"}.get(given.action, "NAME")
        given.usage.error(f"classes {given.action} takes {'no names' if most == 0 else needs}")
    if most == 0:
        with open_store(given) as store:
            _list_classes(store, given.action, given.format)
        return 0
    with open_store(given, write=True) as store:
        commit = {
            "add": lambda: store.add_class(names[0]),
            "rename": lambda: store.rename_class(*names),
            "merge": lambda: store.merge_classes(*names),
            "split": lambda: store.split_class(names[0], into=names[1:]),
            "retire": lambda: store.retire_class(names[0]),
        }[given.action]()
    print(f"{short(commit.id)} {plain(commit.message)}")
    return 0


def _list_classes(store: Store, what: str, style: str) -> None:
    import pandas as pd

    if what == "queue":
        show(store.to_split(), style, empty="No item has a class that was split.")
    elif what == "log":
        show(store.schema_log(), style)
    elif style == "table":
        print(*map(plain, store.classes()), sep="\n")
    else:
        show(pd.DataFrame({"name": store.classes()}), style)


def _export(given: argparse.Namespace) -> int:
    from explorer import export

    if not given.force and given.path.is_file() and given.path.stat().st_size and not _is_export(given):
        raise DataError(
            f"{given.path} exists and is no export of labels; it may be the dataset itself.",
            "Give another name, or replace it all the same with -f.",
        )
    with open_store(given) as store:
        whole = export.frame(None, store, given.at, votes=given.votes)
        path = export.write(whole, given.path, given.format, drop=given.drop, changed=given.changed)
    left_out = int(whole["left_out"].sum())
    frame = whole[export.is_changed(whole)] if given.changed else whole
    frame = frame[~frame["left_out"]] if given.drop else frame
    changed = int((frame["state"] != "given").sum())
    at = "" if given.at == "head" else f" as of {plain(given.at)}"
    out = f" ({left_out:,} left out{'' if given.drop else ', see the column left_out'})" if left_out else ""
    print(f"Wrote {len(frame):,} labels{at}, {changed:,} of them reviewed, to {path}{out}")
    return 0


def _is_export(given: argparse.Namespace) -> bool:
    from explorer import export

    try:
        export.read(given.path, given.format)
    except DataError:
        return False
    return True


def _backup(given: argparse.Namespace) -> int:
    if is_url(given.store):
        raise DataError("A store on a server is copied by the server's own tools.", "Use pg_dump.")
    if given.path.exists():
        raise DataError(f"{given.path} exists already.", "Give a new file; a copy is never written over another.")
    with open_store(given) as store:  # says what is wrong with a file that is no store
        source = Path(store.path)
    copy_store(source, given.path)
    print(f"Copied {source} to {given.path}")
    return 0


def _grant(given: argparse.Namespace) -> int:
    if not is_url(given.store):
        raise DataError("A file knows no logins.", "Set the file's permissions, or put the store on a server.")
    with open_store(given, write=True) as store:
        store.grant(given.login)
    print(f"{plain(given.login)} may look and label now.")
    return 0
