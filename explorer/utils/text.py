"""Results that say in a sentence what their numbers mean, wherever they are shown."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod


class Spoken(ABC):
    """Shows its sentence: on a terminal, in `print`, and in a notebook."""

    @abstractmethod
    def sentence(self) -> str:
        """Say it in plain words."""

    def __repr__(self) -> str:
        return self.sentence()

    def __str__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        return paragraph(self.sentence())


def paragraph(text: str) -> str:
    """Write text as HTML, in which nothing of it is markup."""
    return f"<p>{html.escape(text)}</p>"


def _count(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
