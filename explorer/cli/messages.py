"""Messages as one types things in a shell: what the package calls `label=` is `--label` here."""

from __future__ import annotations

import logging
from typing import Any

from explorer.cli.data_options import DATA_OPTIONS
from explorer.errors import ExplorerError, Option, Said

IN_A_SHELL = {
    **{name: f"--{name}" for name in (*DATA_OPTIONS, "format", "store")},
    **{name: f"--{name}" for name in ("endpoint", "model", "most")},
    "an endpoint": "--endpoint http://localhost:8000/v1",
    "key variable": "",
    "price": "--price 0.15,0.6",
    "request": """--request '{"response_format": null}'""",
    "unlabelled": "--unlabelled",
    "names": "--names",
    "no names": "none",
    "force": "-f",
    "branches": "`explorer branch STORE`",
    "new branch": "`explorer branch STORE NAME`",
    "array of probs": "a .npy file with --probs",
    "named columns": "columns of the data called after the classes",
}
"""How each `Option` is typed in a shell, by its name; any other stays as it is in Python."""


def worded(text: str) -> str:
    """Return a text with its options as one types them here."""
    return text.worded(_word) if isinstance(text, Said) else text


def error_text(error: ExplorerError) -> str:
    """Return what is wrong and what to do."""
    return f"{worded(error.problem)} {worded(error.remedy)}".strip()


class ShellFormatter(logging.Formatter):
    """Writes what is logged with its options as one types them here; a traceback stays as it is."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the message alone."""
        said = logging.makeLogRecord(vars(record))
        said.msg = worded(record.msg) if isinstance(record.msg, str) else record.msg
        if isinstance(record.args, tuple):
            said.args = tuple(_worded_argument(each) for each in record.args)
        return super().format(said)


def _worded_argument(value: Any) -> Any:
    if isinstance(value, ExplorerError):
        return error_text(value)
    return worded(value) if isinstance(value, str) else value


def _word(option: Option) -> str:
    typed = IN_A_SHELL.get(option.name, option.text)
    return f"{typed} …" if option.text.endswith("[…]") else typed
