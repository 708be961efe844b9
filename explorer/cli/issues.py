"""`explorer issues`, the ranking and the share of wrong labels for a person or a build; and `explorer methods`."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.cli.data import DATA_OPTIONS, data_options
from explorer.cli.printing import FORMATS, cell, lines, plain, positive, show, show_frame, unread
from explorer.errors import DataError, ExplorerError

if TYPE_CHECKING:
    import pandas as pd

FIRST = 20
"""Rows of a table where no number is given."""

KINDS = ("outlier", "near_duplicate", "conflicting_duplicate", "ambiguous")
"""Kinds of issues that a table names beside the label; the others concern groups and the whole."""

log = logging.getLogger("explorer")


def add_commands(commands: Any) -> None:
    """Describe these commands."""
    issues = commands.add_parser(
        "issues",
        help="rank the labels that are probably wrong, and estimate how many are; makes no store",
        description="Rank the labels that are probably wrong. The estimated share of wrong labels and its range go to "
        "stderr, and into the head of --format json. Exit status: 0; 1 where the share is over --fail-over; 2 where "
        "something went wrong.",
    )
    issues.add_argument("data", help="folder with a sub-folder per class, or a CSV, TSV, Parquet or JSONL file")
    data_options(issues)
    issues.add_argument("--probs", metavar="FILE", help="held-out class probabilities, a .npy file [rows, classes]")
    issues.add_argument("--classes", nargs="+", metavar="CLASS", help="classes in the order of the columns of --probs")
    issues.add_argument("--embedder", help="embedder (auto; none where --probs is all that is given)")
    issues.add_argument("--methods", nargs="+", metavar="NAME", help="only these (`explorer methods` lists them)")
    issues.add_argument("--format", choices=(*FORMATS, "json"), default="table", help="(%(default)s)")
    issues.add_argument("-n", "--limit", type=positive, help=f"at most this many rows ({FIRST} of a table, else all)")
    issues.add_argument(
        "--fail-over", type=_share, metavar="SHARE", help="exit with 1 if more than this share of the labels is wrong"
    )
    issues.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    issues.set_defaults(run=_issues, refused=2)

    methods = commands.add_parser(
        "methods", help="list the methods that find issues, or say what one of them does, and when to trust it"
    )
    methods.add_argument("name", nargs="?", help="print the page of this one (p_error: how they are combined)")
    methods.add_argument("--format", choices=FORMATS, default="table", help="of the list (%(default)s)")
    methods.set_defaults(run=_methods)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share between 0 and 1, such as 0.02")
    return value


def _issues(given: argparse.Namespace) -> int:
    try:
        return _answer(given)
    except (ExplorerError, BrokenPipeError):
        raise
    except Exception:  # a crash must not look like the answer "too many", which is 1
        log.exception("The issues could not be found.")
        return 2


def _answer(given: argparse.Namespace) -> int:
    found = _found(given)
    estimate, note = found.attrs["estimate"], found.attrs["note"]
    try:
        _say(given, found)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has enough; the exit status is the answer all the same
        unread()
    if given.fail_over is None:
        return 0
    if estimate["error_rate"] is None:
        raise DataError("There is no estimate to compare with --fail-over.", note)
    over = estimate["error_rate"] > given.fail_over
    if over:
        print(f"{estimate['error_rate']:.2%} is over --fail-over {given.fail_over:.2%}.", file=sys.stderr)
    return int(over)


def _say(given: argparse.Namespace, found: pd.DataFrame) -> None:
    estimate, attrs = found.attrs["estimate"], found.attrs
    for name, reason in attrs["failures"].items():
        print(f"The method {name!r} failed: {plain(reason)}", file=sys.stderr)
    print(" ".join(filter(None, (in_words(estimate), attrs["note"]))), file=sys.stderr)
    limit = given.limit if given.limit is not None else FIRST if given.format == "table" else None
    rows = found if limit is None else found.head(max(0, limit))
    if given.format == "json":
        head = {"estimate": estimate, "limit": given.fail_over, "note": attrs["note"], "failures": attrs["failures"]}
        issues = json.loads(rows.reset_index().to_json(orient="records"))
        print(json.dumps({**head, "issues": issues}, indent=1, ensure_ascii=False))
    elif given.format == "table":
        _for_people(rows)
    else:
        show_frame(rows, given.format)


def in_words(estimate: dict[str, Any]) -> str:
    """Say how many labels are held to be wrong."""
    labels, issues, rate = estimate["labels"], estimate["issues"], estimate["error_rate"]
    if rate is None:
        return f"{labels:,} labels, of which none can be judged."
    between = ""
    if estimate["low"] is not None:
        between = f" (between {100 * estimate['low']:.1f} and {100 * estimate['high']:.1f} %)"
    return (
        f"{labels:,} labels, of which an estimated {100 * rate:.1f} %{between} are wrong; "
        f"{issues:,} {'is' if issues == 1 else 'are'} more likely wrong than right."
    )


def _for_people(rows: pd.DataFrame) -> None:
    if rows.empty:
        print("Nothing.")
        return
    said = []
    for _, row in rows.iterrows():
        kinds = [kind.replace("_", " ") for kind in KINDS if row.get(f"is_{kind}_issue", False)]
        suggested = row["suggested_label"] if row["suggested_label"] != row["given_label"] else None
        said.append(
            [
                plain(row["where"]),
                cell(row["given_label"]),
                cell(suggested),
                cell(float(row["p_error"])),
                ", ".join(kinds),
            ]
        )
    lines(["where", "given", "suggested", "p_error", "also"], said)


def _found(given: argparse.Namespace) -> pd.DataFrame:
    from explorer import read
    from explorer.api import find_issues_in
    from explorer.bench.sets import array_in

    data = Path(given.data)
    if not data.exists():
        raise DataError(f"There is no file or folder {str(data)!r}.", "Check the path.")
    options = {name: getattr(given, name) for name in DATA_OPTIONS if getattr(given, name) is not None}
    features = options.get("features")
    if features and len(features) == 1 and features[0].endswith((".npy", ".npz")):
        options["features"] = array_in(features[0])
    if given.classes:
        options["classes"] = given.classes
    alone = False
    if given.probs is not None:
        options["probs"] = array_in(given.probs)
        alone = given.embedder is None and not {"features", "embedding", "text", "image"} & set(options)
        if alone:
            # Nothing but the label column is needed then: rows are told apart by their number.
            options["features"] = np.arange(len(options["probs"]), dtype=np.float32)[:, None]
    dataset = read(data, **options)
    print(dataset, file=sys.stderr)
    embedder = None if alone else given.embedder or "auto"
    return find_issues_in(dataset, embedder=embedder, detectors=given.methods, seed=given.seed)


def _methods(given: argparse.Namespace) -> int:
    from explorer import detectors

    if given.name is not None:
        print(detectors.page(given.name))
        return 0
    import pandas as pd

    listed = [
        (name, detectors.get(name).issue, " ".join(sorted(detectors.get(name).needs))) for name in detectors.names()
    ]
    rows = [(name, issue, needs, first(detectors.page(name))) for name, issue, needs in listed]
    rows.append(("p_error", "label", "", first(detectors.page("p_error"))))
    table = pd.DataFrame(rows, columns=["name", "finds", "needs", "about"])
    if given.format == "table":
        lines(["name", "finds", "needs"], [row[:3] for row in rows])
        print("\nexplorer methods NAME says what one does, how, and when to trust it.")
        return 0
    show(table, given.format)
    return 0


def first(page: str) -> str:
    """Return the first paragraph of a page on one line."""
    return " ".join(page.split("\n\n", maxsplit=1)[0].split())
