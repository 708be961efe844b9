"""The commands, and the text that `explorer --help` prints.

Nothing is imported here: the overview is printed before anything else is loaded, which argparse alone would double.
"""

from __future__ import annotations

COMMANDS = {
    "demo": ("review", "open the quickstart notebook in JupyterLab"),
    "review": ("review", "review a labelled dataset: ranking here, or the explorer in JupyterLab"),
    "issues": ("issues", "rank the labels that are probably wrong, and estimate how many are; makes no store"),
    "methods": ("issues", "list the methods that find issues, or say what one of them does, and when to trust it"),
    "ask": ("ask", "let a language model vote on items, or say what that would cost"),
    "helped": ("helped", "compare a model taught on the given labels with one taught on the corrected ones"),
    "log": ("history", "who changed what, when and why, newest first"),
    "show": ("history", "show one commit and its changes"),
    "diff": ("history", "show the labels that differ between two versions"),
    "blame": ("history", "say who gave an item the label it has, when and why"),
    "votes": ("history", "show the newest standing decision of each rater"),
    "raters": ("history", "list everybody who gave a label"),
    "reflog": ("history", "list every move of branches and tags, newest first"),
    "verify": ("history", "recompute every hash of the store; exits with 1 if it is damaged"),
    "tag": ("store", "list the tags, name a version, or delete a name"),
    "branch": ("store", "list the branches, make one, or delete one"),
    "revert": ("store", "take commits back by inverse changes; nothing is deleted"),
    "classes": ("store", "list, add, rename, merge, split or retire classes"),
    "export": ("store", "write the labels to a .csv, .parquet or .jsonl file"),
    "backup": ("store", "copy a store's file while others may write to it"),
    "grant": ("store", "let another login of the server look and label"),
    "merge": ("merge", "bring the decisions of a branch into another; exits with 1 while conflicts are open"),
    "bench": ("bench", "measure how well wrong labels are found, beside cleanlab, on sets of known truth"),
}
"""Name of each command: its module in `explorer.cli.commands`, and what it does."""

ABOUT = "Find labels that are wrong, see why, and fix them in place."
"""As the package's own text begins."""

USAGE = "usage: explorer [-h] [--version] COMMAND ..."
WIDTH = 78
INDENT = 12
"""Columns before the second column, of names to their texts."""


def text() -> str:
    """Return the overview: usage, options, and every command with a line of what it does."""
    options = [("-h, --help", "show this help message and exit"), ("--version", "show the version and exit")]
    commands = [(name, said) for name, (_, said) in COMMANDS.items()]
    parts = [USAGE, "", ABOUT, "", "options:"]
    parts += [line for name, said in options for line in _entry(name, said)]
    parts += ["", "commands:", *(line for name, said in commands for line in _entry(name, said)), ""]
    parts += _wrapped(
        "explorer COMMAND --help says more of each. Exit status: 0 done; 1 the answer that a command's help names; "
        "2 refused with a reason, or used wrongly.",
        WIDTH,
    )
    return "\n".join(parts)


def _entry(name: str, said: str) -> list[str]:
    first, *rest = _wrapped(said, WIDTH - INDENT - 2)
    return [f"  {name:<{INDENT}}{first}", *(f"  {'':<{INDENT}}{line}" for line in rest)]


def _wrapped(words: str, width: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines
