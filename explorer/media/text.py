"""Text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from explorer.errors import UnreadableItem
from explorer.media.base import MediaKind


class Texts:
    """Strings (`None` = missing)."""

    kind: MediaKind = "text"

    def __init__(self, texts: Sequence[str | None]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def name(self, row: int) -> str:
        """Name the row by its number."""
        return f"row {row}"

    def digest(self, row: int) -> str:
        """Hash the UTF-8 bytes."""
        return hashlib.sha256(self.load(row).encode("utf-8", "surrogatepass")).hexdigest()

    def load(self, row: int) -> str:
        """Return the text."""
        text = self.texts[row]
        if text is None or not text.strip():
            raise UnreadableItem(f"row {row}: the text is missing.", "Fill it in or remove the row.")
        return text
