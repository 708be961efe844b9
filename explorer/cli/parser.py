"""The parser of each command: made when the command is named, so that no other command's modules are loaded."""

from __future__ import annotations

import argparse
import importlib

from explorer.cli.overview import COMMANDS


def parser_of(name: str) -> argparse.ArgumentParser:
    """Return the parser of a command.

    `parse_intermixed_args` of it takes options before, between and after the positional arguments, as git does:
    `tag STORE -m why v1`.
    """
    module, text = COMMANDS[name]
    parser = argparse.ArgumentParser(prog=f"explorer {name}", description=f"{text[0].upper()}{text[1:]}.")
    # By name: an import of every command is what shall not be paid for.
    importlib.import_module(f"explorer.cli.commands.{module}").COMMANDS[name](parser)
    answer = parser.get_default("answer")
    one = f"; 1 {answer}" if answer else ""
    parser.epilog = f"Exit status: 0 done{one}; 2 refused with a reason, or used wrongly."
    return parser
