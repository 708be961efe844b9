"""What an item *is*: picture, text, table row or bare vector, read row by row, and hashed.

A `Content` serves raw rows; `explorer.dataset` groups rows into items. Nothing here trusts the data: files are opened
only under declared roots, pictures only up to a number of pixels.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

MediaKind = Literal["image", "text", "table", "vector"]


class Content(Protocol):
    """Rows of one media kind. Row numbers count from 0 in the user's own order."""

    kind: MediaKind

    def __len__(self) -> int:
        """Count the rows."""
        ...

    def name(self, row: int) -> str:
        """Say where the row is, for messages and tables: a file path, or "row 12"; text that every file takes."""
        ...

    def digest(self, row: int) -> str:
        """Return the SHA-256 of the row's content as 64 hex digits; `UnreadableItem` if there is none."""
        ...

    def load(self, row: int) -> Any:
        """Return an RGB `PIL.Image`, a `str`, a `dict` of cells or a float32 vector; `UnreadableItem` if broken."""
        ...


class Numbered:
    """Rows that have no name of their own."""

    def name(self, row: int) -> str:
        """Name the row by its number."""
        return f"row {row}"
