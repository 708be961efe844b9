"""Who gives labels."""

from __future__ import annotations

import getpass
import os

from explorer.errors import DataError, UnknownName
from explorer.labels.model.hashing import check_text
from explorer.labels.model.types import RATER_KINDS, Rater


def default_rater() -> str:
    """Return the name of whoever sits here: the hub's user name, else the system's."""
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run under a user without a name
        return "unknown"


def check_rater(name: object, kind: str) -> Rater:
    """Make a rater of a name and a kind; `DataError` or `UnknownName` if they are none."""
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"The rater is {name!r}.", "Say who gives the labels, as text: rater='ann'.")
    if kind not in RATER_KINDS:
        raise UnknownName("kind of rater", kind, RATER_KINDS)
    return Rater(check_text(name.strip(), "rater"), kind)
