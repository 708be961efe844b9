"""`explorer bench`: how well wrong labels are found, on sets where the truth is known."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from explorer.errors import DataError


def _describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Plant wrong labels, or take those of known truth, and measure how well they are found, beside cleanlab on the "
        "same probabilities. digits comes with scikit-learn; the folder that EXPLORER_DATA names holds the other sets."
    )
    parser.add_argument("--sets", nargs="+", metavar="SET", help="digits ag_news sst2 cifar10n (digits)")
    parser.add_argument("--add", action="append", default=[], metavar="NAME=DATA", help="a set of your own: a folder "
                        "with features.npy, labels.npy and, as far as there are, true.npy and probs.npy; or whatever "
                        "`explorer review` reads, a saved Hugging Face dataset, or hf:NAME")  # fmt: skip
    parser.add_argument("--noise", nargs="+", default=["uniform", "confusable", "instance"], metavar="KIND",
                        help="uniform confusable instance")  # fmt: skip
    parser.add_argument("--rates", nargs="+", type=float, default=[0.1], metavar="RATE", help="(.1)")
    parser.add_argument("--seeds", type=int, default=3, help="how often each is planted (%(default)s)")
    parser.add_argument("--methods", action="store_true", help="a line for every method too, not for p_error alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure of every seed there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write charts there, one HTML file")
    parser.set_defaults(run=_bench)


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"bench": _describe}
"""How the parser of each command is made."""


def _bench(given: argparse.Namespace) -> int:
    from explorer import bench

    own: dict[str, str | Path] = {}
    for added in given.add:
        name, _, folder = added.partition("=")
        if not name or not folder:
            raise DataError(f"--add {added!r} names no set and folder.", "Write --add name=folder.")
        own[name] = folder
    for path in filter(None, (given.json, given.plot)):
        if not path.parent.is_dir():
            raise DataError(f"{path} cannot be written: there is no folder {path.parent}.", "Make it first.")
    runs = bench.run(
        given.sets if given.sets is not None else [] if own else ["digits"],
        own=own,
        noise=given.noise,
        rates=given.rates,
        seeds=given.seeds,
        methods=given.methods,
        heard=lambda text: print(text, file=sys.stderr, flush=True),
    )
    table = bench.summary(runs)
    print(bench.as_text(table))
    if given.json is not None:
        given.json.write_text(json.dumps(bench.as_plain(runs), indent=1) + "\n")
    if given.plot is not None:
        bench.plot(runs, given.plot)
    return 0
