"""Runs a command, says its errors as one types things, and turns them into an exit status."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from explorer.cli.messages import ShellFormatter, error_text
from explorer.cli.output import unread
from explorer.cli.overview import COMMANDS, USAGE
from explorer.cli.parser import parser_of
from explorer.errors import ExplorerError, UnknownName

log = logging.getLogger("explorer")


def run(given: Sequence[str]) -> int:
    """Run the command that the first word names, on the others."""
    name, *words = given
    if name == "--version":
        from importlib.metadata import version

        print(f"explorer {version('data-quality-explorer')}")
        return 0
    if name not in COMMANDS:
        print(USAGE, file=sys.stderr)
        problem = UnknownName("option" if name.startswith("-") else "command", name, COMMANDS)
        print(f"explorer: {error_text(problem)}", file=sys.stderr)
        return 2
    parsed = parser_of(name).parse_intermixed_args(words)
    with _logging():
        return _run(parsed)


def _run(given: argparse.Namespace) -> int:
    status = None
    try:
        status = int(given.run(given) or 0)
        sys.stdout.flush()  # a reader that went away shows here, and not when the interpreter ends
    except ExplorerError as error:
        print(f"explorer: {error_text(error)}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        unread()
        if status is None:  # where the status is an answer, none has been given
            return 2 if hasattr(given, "answer") else 0
        return status
    except KeyboardInterrupt:
        return 130
    except Exception:  # a crash must not look like an answer, which is 1
        log.exception("explorer: an error that was not expected; please report it.")
        return 2
    return status


@contextmanager
def _logging() -> Iterator[None]:
    """Let warnings be said as one types it, unless whoever calls has a place of their own for them."""
    if log.hasHandlers():
        yield
        return
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(ShellFormatter())
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
