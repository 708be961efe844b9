"""What a person may say about a source; one value object that all readers take."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, get_args

from explorer.errors import DataError, UnknownName
from explorer.media.base import MediaKind


@dataclass(frozen=True)
class Options:
    """The keyword arguments of `explorer.read`, unchanged. `None` means "find out"."""

    label: Any = None
    image: Any = None
    text: Any = None
    features: Any = None
    embedding: Any = None
    probs: Any = None
    key: Any = None
    kind: MediaKind | None = None
    classes: Any = None
    root: Any = None
    split: Any = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in get_args(MediaKind):
            raise UnknownName("media kind", self.kind, get_args(MediaKind))

    def only(self, source: str, allowed: str) -> None:
        """Refuse options that mean nothing for a source. `allowed` lists the meaningful ones, separated by spaces."""
        for option in fields(self):
            if option.name not in allowed.split() and getattr(self, option.name) is not None:
                raise DataError(
                    f"{option.name}= has no meaning for {source}.",
                    f"Leave it out; {source} takes {', '.join(f'{name}=' for name in allowed.split())}.",
                )
