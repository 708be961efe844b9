"""Texts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from explorer.errors import UnreadableItem
from explorer.media.base import MediaKind, Numbered
from explorer.utils.text import printable


class Texts(Numbered):
    """Strings in memory.

    Parameters
    ----------
    texts
        R strings; `None` and blank ones are missing.

    Examples
    --------
    >>> Texts(["good film", None]).load(0)
    'good film'
    """

    kind: MediaKind = "text"

    def __init__(self, texts: Sequence[str | None]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def digest(self, row: int) -> str:
        """Hash the UTF-8 bytes of the text as it was given."""
        return hashlib.sha256(self._text(row).encode("utf-8", "surrogatepass")).hexdigest()

    def load(self, row: int) -> str:
        """Return the text; halves of characters, which no file and no model takes, are escaped."""
        return printable(self._text(row))

    def _text(self, row: int) -> str:
        text = self.texts[row]
        if text is None or not text.strip():
            raise UnreadableItem(f"row {row}: the text is missing.", "Fill it in or remove the row.")
        return text
