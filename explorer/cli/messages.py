"""Messages."""

from __future__ import annotations

import logging
import re

from explorer.cli.data_options import DATA_OPTIONS

# Remedies are written for Python; here the same is said as one types it.
_SAID_HERE = {
    "force=True": "-f",
    "branch() lists them": "`explorer branch STORE` lists them",
    "switch(name, create=True) makes one": "`explorer branch STORE NAME` makes one",
    "name one with format=": "name one with --format",
    "give an array: probs=table[[…]].to_numpy()": "give a .npy file with --probs",
    "Give columns called after the classes (a DataFrame), or": "Give columns of the data called after the classes, or",
}


_OPTION = re.compile(rf"\b({'|'.join(DATA_OPTIONS)})=(\[…\])?(?=[\s.,;:)]|$)")
"""An argument of Python's without a value of its own, which is an option here."""


def said_here(text: str) -> str:
    """Say a message's remedy as one types it: "label=" as "--label"."""
    for python, shell in _SAID_HERE.items():
        text = text.replace(python, shell)
    return _OPTION.sub(lambda found: f"--{found[1]}{' …' if found[2] else ''}", text)


class SaidHere(logging.Formatter):
    """Writes what is logged as `said_here` does; a traceback stays as it is."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        """Write the message alone."""
        return said_here(super().formatMessage(record))
